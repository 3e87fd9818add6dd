//! `cabal.project`: repositories that packages of a project are taken from.

use super::repository;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Folders of one repository that are packages; real ones have some dozens.
const MOST_FOLDERS: usize = 1_000;

/// A stanza `source-repository-package`.
#[derive(Default)]
struct Stanza<'a> {
    span: Span,
    location: Option<(&'a str, Span)>,
    tag: Option<&'a str>,
    branch: Option<&'a str>,
    folders: Vec<(&'a str, Span)>,
}

/// Reads the stanzas of a file.
pub(super) fn read(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let mut open: Option<Stanza<'_>> = None;
    let mut field = "";
    for line in lines(file.text()) {
        let code = line.text.trim();
        if code.is_empty() || code.starts_with("--") {
            continue;
        }
        if !line.text.starts_with([' ', '\t']) {
            if let Some(stanza) = open.take() {
                stanza.write(project, file, out);
            }
            field = "";
            if code == "source-repository-package" {
                open = Some(Stanza { span: line.span, ..Stanza::default() });
            }
            continue;
        }
        let Some(stanza) = &mut open else { continue };
        // an address has a colon too
        let stated =
            code.split_once(':').filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'));
        let value = match stated.filter(|(_, rest)| !rest.starts_with("//")) {
            Some((name, rest)) => {
                field = name;
                rest.trim()
            }
            None => code,
        };
        if value.is_empty() {
            continue;
        }
        match field {
            "location" => stanza.location = Some((value, span_within(&line, value))),
            "tag" => stanza.tag = Some(value),
            "branch" => stanza.branch = Some(value),
            "subdir" => {
                let mut words = value.split_whitespace().map(|word| (word, span_within(&line, word)));
                let room = MOST_FOLDERS.saturating_sub(stanza.folders.len());
                stanza.folders.extend(words.by_ref().take(room));
                if let Some((_, span)) = words.next() {
                    let message =
                        format!("more than {MOST_FOLDERS} folders; this one and those behind it were left out");
                    out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
                }
            }
            _ => {}
        }
    }
    if let Some(stanza) = open {
        stanza.write(project, file, out);
    }
}

impl Stanza<'_> {
    fn write(&self, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
        let Some((address, span)) = self.location else {
            let message = "a repository without `location`";
            out.problem(DiagnosticKind::Malformed, file, Some(self.span), message);
            return;
        };
        // what lies beside the tree is fetched from nowhere
        let Some(id) = repository(address, (self.tag, self.branch), span, project, file, out) else { return };
        for (folder, span) in &self.folders {
            out.attribute(&id, key::EXTRAS, *folder, file.at(*span));
        }
    }
}
