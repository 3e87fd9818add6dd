//! Links of a layer: other names of its files, and ways to others.

use super::Reading;
use crate::diagnostic::DiagnosticKind;
use crate::source::layers::{Content, FileHead, HEAD, Kept, Link, Want};
use crate::text::{RelPath, shorten};

impl Reading<'_> {
    /// Another name for a file of this layer, or of one below: then it is looked up when all are read.
    pub(super) fn hard_link(&mut self, path: &RelPath, target: &str) {
        let Some(target) = RelPath::new(target.trim_start_matches('/')).filter(|target| !target.is_root()) else {
            self.nothing_of(path);
            let message = format!("hard link to `{}`, which leaves the image; not followed", shorten(target, 80));
            self.problem("hard links out of the image", DiagnosticKind::Malformed, path, &message);
            return;
        };
        let found = self.layer.files.get(&target).cloned();
        let (size, bytes) = match &found {
            Some(Kept { content: Content::Whole | Content::Head, size, bytes }) => {
                (*size, &bytes[..bytes.len().min(HEAD)])
            }
            _ => (0, &[][..]),
        };
        let is_record = found.as_ref().is_some_and(|kept| matches!(kept.content, Content::Record(_)));
        let is_wanted = is_record || !matches!(self.wanter.want(&FileHead { path, size, bytes }), Want::Nothing);
        if !is_wanted {
            self.nothing_of(path);
            return;
        }
        self.later_wins(path);
        // of code that says nothing only the name is left: a name of another sort asks for more
        let is_name = found.as_ref().is_some_and(|kept| kept.size > 0 && kept.bytes.is_empty());
        if is_name && self.wanter.needs(path, &[]) {
            self.nothing_of(path);
            let message = format!("hard link to `{target}`, of which nothing was kept; not read");
            self.problem("hard links to what was not kept", DiagnosticKind::Unsupported, path, &message);
            return;
        }
        match found {
            // the bytes are shared, the work of scanners is not
            Some(kept) if self.affords(path, kept.bytes.len() as u64) => {
                self.layer.files.insert(path.clone(), kept);
            }
            Some(_) => self.nothing_of(path),
            None => {
                self.mark(path, |layer| &mut layer.others);
                self.link(path, Link::Hard(target));
            }
        }
    }

    pub(super) fn symlink(&mut self, path: &RelPath, target: &str) {
        self.later_wins(path);
        self.mark(path, |layer| &mut layer.others);
        let is_wanted = !matches!(self.wanter.want(&FileHead { path, size: 0, bytes: &[] }), Want::Nothing);
        // an absolute link starts at the root of the image
        let inside = match target.strip_prefix('/') {
            Some(rest) => RelPath::new(rest.trim_start_matches('/')),
            None => path.parent().join(target),
        };
        match inside {
            Some(end) if is_wanted => self.link(path, Link::Symbolic(end)),
            Some(_) => {}
            None => {
                let kind = if is_wanted { DiagnosticKind::Unreadable } else { DiagnosticKind::Link };
                let message =
                    format!("symbolic link to `{}`, which leaves the image; not followed", shorten(target, 80));
                self.problem("symbolic links out of the image", kind, path, &message);
            }
        }
    }

    fn link(&mut self, path: &RelPath, link: Link) {
        if self.affords_mark(path) {
            self.layer.links.insert(path.clone(), link);
        }
    }
}
