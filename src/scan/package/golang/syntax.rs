//! The syntax that `go.mod` and `go.work` share: directives with words, alone or in blocks.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::parse::lines::{UNFINISHED_MERGE, is_merge_mark, lines, span_within};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// One directive with its words.
pub(crate) struct Directive<'a> {
    /// `require`, `replace`, …
    pub(crate) verb: &'a str,
    /// What follows, quotes removed.
    pub(crate) words: Vec<&'a str>,
    /// What stands behind `//`.
    pub(crate) comment: &'a str,
    /// The words of the line; the verb too where it stands in no block.
    pub(crate) span: Span,
}

/// Every directive of a file, and the lines that are none.
pub(crate) struct Directives<'a> {
    /// In order.
    pub(crate) all: Vec<Directive<'a>>,
    /// What is wrong, with its place.
    pub(crate) problems: Vec<(Span, String)>,
}

impl<'a> Directives<'a> {
    /// Reads a file whose language has these verbs.
    pub(crate) fn of(text: &'a str, verbs: &[&'static str]) -> Self {
        let mut found = Self { all: Vec::new(), problems: Vec::new() };
        // verb of the open block; lines of an unknown one are passed over
        let mut block: Option<(&'a str, bool, Span)> = None;
        for line in lines(text) {
            let (code, comment) = line.text.split_once("//").unwrap_or((line.text, ""));
            let code = code.trim();
            if code.is_empty() {
                continue;
            }
            // both sides are read
            if is_merge_mark(code) {
                found.problems.push((span_within(&line, code), UNFINISHED_MERGE.to_owned()));
                continue;
            }
            if code == ")" && block.take().is_some() {
                continue;
            }
            let (verb, rest) = match block {
                Some((_, false, _)) => continue,
                Some((verb, true, _)) => (verb, code),
                None => code
                    .split_once(|c: char| c.is_whitespace() || c == '(')
                    .map_or((code, ""), |(verb, _)| (verb, code[verb.len()..].trim_start())),
            };
            let known = verbs.contains(&verb);
            if !known {
                found.problems.push((span_within(&line, code), format!("`{verb}` is not a directive")));
            }
            if rest.trim() == "(" {
                block = Some((verb, known, span_within(&line, code)));
            } else if known {
                let span = span_within(&line, line.text.trim());
                let words = rest.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
                found.all.push(Directive { verb, words, comment: comment.trim(), span });
            }
        }
        if let Some((_, _, span)) = block {
            found.problems.push((span, "a block that is not closed".to_owned()));
        }
        found
    }

    /// Writes what is wrong.
    pub(crate) fn report(&self, file: &SourceFile, out: &mut Facts<'_>) {
        for (span, message) in &self.problems {
            out.problem(DiagnosticKind::Malformed, file, Some(*span), message);
        }
    }
}

/// What takes the place of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// Another module, in a version.
    Module(&'a str, &'a str),
    /// A folder, by its path from the file.
    Folder(&'a str),
}

/// A replacement: the version it holds for (every one where none is stated), its target, and where it stands.
type Replacement<'a> = (Option<&'a str>, Target<'a>, Span);

/// Replacements by module.
#[derive(Default)]
pub(crate) struct Replacements<'a> {
    by_module: BTreeMap<&'a str, Vec<Replacement<'a>>>,
}

impl<'a> Replacements<'a> {
    /// Those that directives state: `a => b v1`, `a v0 => ../local`. What is wrong with them goes to `problem`.
    pub(crate) fn of(directives: &Directives<'a>, mut problem: impl FnMut(Span, &'static str)) -> Self {
        let mut found = Self::default();
        for directive in directives.all.iter().filter(|directive| directive.verb == "replace") {
            let (old, version, new) = match directive.words.as_slice() {
                [old, "=>", new @ ..] => (*old, None, new),
                [old, version, "=>", new @ ..] => (*old, Some(*version), new),
                _ => {
                    problem(directive.span, "`replace` needs `old => new`");
                    continue;
                }
            };
            let target = match new {
                [folder] if is_folder(folder) => Target::Folder(folder),
                [module, version] => Target::Module(module, version),
                _ => {
                    problem(directive.span, "`replace` needs a folder, or a module with a version");
                    continue;
                }
            };
            found.by_module.entry(old).or_default().push((version, target, directive.span));
        }
        found
    }

    /// What takes the place of a module in a version; a replacement of just that version comes first.
    pub(crate) fn get(&self, module: &str, version: &str) -> Option<(Target<'a>, Span)> {
        let all = self.by_module.get(module)?;
        let exact = all.iter().find(|(of, _, _)| *of == Some(version));
        exact.or_else(|| all.iter().rfind(|(of, _, _)| of.is_none())).map(|(_, target, span)| (*target, *span))
    }
}

/// A path and no module: so that both are told apart, it begins with a dot or a root.
fn is_folder(text: &str) -> bool {
    text.starts_with(['.', '/', '\\']) || text.as_bytes().get(1) == Some(&b':')
}
