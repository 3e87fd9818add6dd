//! Scripts of the tree that steps run: what they do is done by the pipeline.

use super::deploy::{self, Line};
use super::step::Pipeline;
use crate::diagnostic::DiagnosticKind;
use crate::scan::Facts;
use crate::text::{RelPath, Span};

/// Scripts that are followed from one pipeline, and the bytes of one.
const MOST: usize = 16;
const LARGEST: usize = 256 << 10;

impl Pipeline<'_> {
    /// Reads the scripts that commands run, as if they stood in the pipeline.
    pub(super) fn follow(&self, lines: &[Line], folder: &RelPath, fill: &dyn Fn(&str) -> String, out: &mut Facts<'_>) {
        if self.is_script {
            return;
        }
        for (path, at) in deploy::ran(lines, folder) {
            if self.followed.get() >= MOST {
                let message = format!("a pipeline runs more than {MOST} scripts; the others were not followed");
                out.problem(DiagnosticKind::LimitReached, self.file, None, message);
                return;
            }
            let Some(file) = self.input.companion(&path).filter(|file| !file.is_binary()) else { continue };
            self.followed.set(self.followed.get() + 1);
            if file.text().len() > LARGEST {
                let message = "a script that a pipeline runs is larger than 256 KiB and was not followed";
                out.problem(DiagnosticKind::LimitReached, &file, None, message);
                continue;
            }
            let inner = Pipeline { file: &file, is_script: true, ..*self };
            inner.script_in(&at, file.text(), Span::new(0, file.text().len()), fill, out);
        }
    }
}
