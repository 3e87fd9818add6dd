//! The text of `yarn.lock`, both of version 1 and of Berry: blocks of two levels, told by indentation. Berry writes
//! YAML, but so little of it that lines are enough; a parser of lines is ten times faster and gives the same places.

use crate::diagnostic::DiagnosticKind;
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// A word of the file with its place, quotes included in the place only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'t> {
    /// Without quotes.
    pub(crate) text: &'t str,
    /// With quotes.
    pub(crate) span: Span,
}

/// One entry.
#[derive(Debug)]
pub(crate) struct Block<'t> {
    /// What asks for it: `lodash@^4.17.0`.
    pub(crate) patterns: Vec<&'t str>,
    /// Where those stand.
    pub(crate) span: Span,
    /// `version`, `resolved`, `resolution`, `integrity`, …
    pub(crate) fields: Vec<(&'t str, Word<'t>)>,
    /// Table, name and range of every line of a table.
    pub(crate) rows: Vec<(&'t str, Word<'t>, &'t str)>,
}

impl<'t> Block<'t> {
    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<Word<'t>> {
        self.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// All entries, and whether the file is Berry's. Lines that fit nowhere are problems.
pub(crate) fn blocks<'t>(file: &'t SourceFile, out: &mut Facts<'_>) -> (Vec<Block<'t>>, bool) {
    let mut all: Vec<Block<'t>> = Vec::new();
    let mut berry = false;
    // no entry is open before the first, after a broken key, and in `__metadata`
    let mut open = false;
    let mut passed_over = false;
    let mut table = None;
    for line in lines(file.text()) {
        let text = line.text.trim_start_matches(' ');
        if text.trim_end().is_empty() || text.starts_with('#') {
            continue;
        }
        let indent = line.text.len() - text.len();
        let understood = match indent {
            0 => {
                (open, passed_over, table) = (false, false, None);
                match text.trim_end() {
                    "__metadata:" => (berry, passed_over) = (true, true),
                    // second half of a key that was too long for one line
                    ":" => open = !all.is_empty(),
                    key => {
                        let block = key_of(&line, key, berry);
                        // what follows a key that is none was told with it
                        (open, passed_over) = (block.is_some(), block.is_none());
                        if block.is_none() {
                            let message = "neither an entry nor a comment";
                            out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
                        }
                        all.extend(block);
                    }
                }
                true
            }
            _ if passed_over => true,
            _ if !open => false,
            2 => all.last_mut().is_some_and(|block| field(&line, text, block, &mut table)),
            4 => match (table, pair(&line, text)) {
                (Some(table), Some((name, value))) => {
                    let row = value.map(|value| (table, name, value.text));
                    all.last_mut().map(|block| block.rows.extend(row)).is_some()
                }
                _ => false,
            },
            // `dependenciesMeta` and the like
            _ => table.is_some(),
        };
        if !understood {
            out.problem(DiagnosticKind::Malformed, file, Some(line.span), "a line that belongs to no entry");
        }
    }
    (all, berry)
}

/// The patterns of an entry's first line.
fn key_of<'t>(line: &Line<'t>, text: &'t str, berry: bool) -> Option<Block<'t>> {
    let long = text.strip_prefix("? ");
    let text = long.or_else(|| text.strip_suffix(':'))?;
    let mut patterns = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                rest = quoted[end + 1..].trim_start_matches([',', ' ']);
                &quoted[..end]
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let word = &rest[..end];
                rest = rest[end..].trim_start_matches([',', ' ']);
                word
            }
        };
        if berry {
            patterns.extend(word.split(", "));
        } else {
            patterns.push(word);
        }
    }
    let sound =
        !patterns.is_empty() && patterns.iter().all(|pattern| pattern.get(1..).is_some_and(|at| at.contains('@')));
    sound.then(|| Block { patterns, span: span_within(line, text), fields: Vec::new(), rows: Vec::new() })
}

/// A field, or the name of a table whose lines follow.
fn field<'t>(line: &Line<'t>, text: &'t str, block: &mut Block<'t>, table: &mut Option<&'t str>) -> bool {
    *table = None;
    match pair(line, text) {
        Some((name, Some(value))) => block.fields.push((name.text, value)),
        Some((name, None)) => *table = Some(name.text),
        None => return false,
    }
    true
}

/// `name value`, `name: value`, or `name:`; either may be quoted.
fn pair<'t>(line: &Line<'t>, text: &'t str) -> Option<(Word<'t>, Option<Word<'t>>)> {
    let word = |raw: &'t str| {
        let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        Word { text: inner, span: span_within(line, raw) }
    };
    let text = text.trim_end();
    let end = match text.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => text.find([' ', ':']).unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at(end);
    let value = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    if name.is_empty() || value.is_empty() && !rest.starts_with(':') {
        return None;
    }
    Some((word(name), (!value.is_empty()).then(|| word(value))))
}
