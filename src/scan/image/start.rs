//! What machines do when they start: scripts and settings of cloud-init, wherever their text stands.

use super::build::Build;
use super::cloud_init;
use super::container_run::{Place, Runs};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind};
use crate::scan::origin::Origin;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::Span;

/// Parts of one text in several parts.
const MOST_PARTS: usize = 50;

/// For whom something is started.
#[derive(Clone, Debug)]
pub(crate) struct Starter {
    /// The machine, or the project that a script of its own speaks for.
    pub(crate) id: ComponentId,
    /// What it is.
    pub(crate) kind: ComponentKind,
}

impl Starter {
    /// A machine that is declared elsewhere.
    pub(crate) fn machine(id: &ComponentId) -> Self {
        Self { id: id.clone(), kind: ComponentKind::Service }
    }
}

/// Reads the text that a machine is given for its start: a script, settings of cloud-init, or several parts of these.
/// Compose files in it are read with the input.
pub(crate) fn read(file: &SourceFile, starter: &Starter, input: Option<&Input<'_>>, out: &mut Facts<'_>) {
    let text = file.text().trim_start();
    let before = out.len();
    if text.starts_with("Content-Type: multipart/") || text.starts_with("MIME-Version:") {
        parts(file, starter, input, out);
    } else {
        one(file, starter, input, out);
    }
    if out.len() > before && starter.kind == ComponentKind::Project {
        out.component(&starter.id, starter.kind, file.whole());
    }
}

/// A script, or settings of cloud-init.
fn one(file: &SourceFile, starter: &Starter, input: Option<&Input<'_>>, out: &mut Facts<'_>) {
    let is_settings = |line: &str| line.trim_end() == cloud_init::MARK;
    if file.text().trim_start().starts_with(cloud_init::MARK) || file.text().lines().take(5).any(is_settings) {
        cloud_init::settings_in(file, starter, input, out);
    } else if !file.text().trim_start().starts_with('<') {
        // what begins with a bracket is for other systems
        script(file, starter, out);
    }
}

/// A script: the containers that it runs, the models that it serves, and the hosts that it fetches from.
pub(super) fn script(file: &SourceFile, starter: &Starter, out: &mut Facts<'_>) {
    Runs::for_starter(file, starter).script(file.text(), Place::From(0), out);
    Build::new(file, &starter.id, '\\').script(file.text(), 0, out);
}

/// `multipart/mixed`: each part behind its own head.
fn parts(file: &SourceFile, starter: &Starter, input: Option<&Input<'_>>, out: &mut Facts<'_>) {
    let text = file.text();
    let Some(boundary) = text.split_once("boundary=").map(|(_, rest)| rest.trim_start_matches('"')) else { return };
    let end = boundary.find(['"', '\r', '\n', ';']).unwrap_or(boundary.len());
    let mark = format!("--{}", &boundary[..end]);
    let mut found: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut open) = (0, None);
    for line in text.split_inclusive('\n') {
        if line.trim_end().starts_with(&mark) {
            found.extend(open.map(|open| (open, at)));
            open = Some(at + line.len());
        }
        at += line.len();
    }
    if let Some((start, _)) = found.get(MOST_PARTS) {
        let message = format!("more than {MOST_PARTS} parts; this one and those behind it were not read");
        out.problem(DiagnosticKind::LimitReached, file, Some(Span::new(*start, *start)), message);
    }
    for (start, end) in found.into_iter().take(MOST_PARTS) {
        let part = &text[start..end];
        let Some(body) = ["\n\n", "\r\n\r\n"].iter().filter_map(|gap| Some(part.find(gap)? + gap.len())).min() else {
            continue;
        };
        let inner = file.part(&part[body..], file.lines_from(start + body));
        one(&inner, starter, input, out);
    }
}

/// A text that stands in a file as a value: line by line where the lines of the file are those of the text, else as a
/// whole.
pub(crate) fn within(file: &SourceFile, text: &str, span: Span) -> SourceFile {
    let written = file.text().get(span.start..span.end).unwrap_or_default();
    let before = file.text().get(..span.start).unwrap_or_default();
    let count = |text: &str| text.trim_end_matches('\n').split('\n').count();
    let begins_behind = written.starts_with("<<") || written.starts_with(['|', '>']);
    let begins_line = before.rsplit('\n').next().unwrap_or_default().trim().is_empty();
    // the last line of a heredoc is its word
    let outside = usize::from(begins_behind) + usize::from(written.starts_with("<<"));
    let lines = count(written).saturating_sub(outside);
    let is_same = written.contains('\n') && lines == count(text) && (begins_behind || begins_line);
    if !is_same {
        return file.part(text, Origin::At(file.region(span)));
    }
    let indent = written.lines().nth(usize::from(begins_behind)).map_or(0, |line| {
        let own = text.lines().next().unwrap_or_default();
        let depth = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        // the span of a block begins at its first letter
        let column = if begins_behind { depth(line) } else { before.rsplit('\n').next().unwrap_or_default().len() };
        column.saturating_sub(depth(own))
    });
    let first = if begins_behind { span.start + written.find('\n').map_or(0, |at| at + 1) } else { span.start };
    file.part(text, file.lines_from(first).indented(indent))
}
