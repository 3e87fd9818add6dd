//! The INI form of Python's tools: `[section]`, `key = value`, values that go on in indented lines.

use crate::parse::lines::{lines, span_within};
use crate::text::Span;

/// One setting.
#[derive(Debug)]
pub(super) struct Setting<'a> {
    /// Section it stands in.
    pub(super) section: &'a str,
    /// Its name in lower case.
    pub(super) key: String,
    /// Lines of its value that are not empty, without comments, each with its place.
    pub(super) values: Vec<(&'a str, Span)>,
}

impl<'a> Setting<'a> {
    /// The words of the value, each with its place.
    pub(super) fn words(&self) -> impl Iterator<Item = (&'a str, Span)> {
        self.values.iter().flat_map(|(value, span)| {
            value.split_whitespace().map(|word| {
                let offset = word.as_ptr() as usize - value.as_ptr() as usize;
                (word, Span::new(span.start + offset, span.start + offset + word.len()))
            })
        })
    }
}

/// All settings, and the lines that are none.
pub(super) fn read(text: &str) -> (Vec<Setting<'_>>, Vec<Span>) {
    let (mut settings, mut problems): (Vec<Setting<'_>>, Vec<Span>) = (Vec::new(), Vec::new());
    let mut section = "";
    let mut is_open = false;
    for line in lines(text) {
        let trimmed = line.text.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let span = span_within(&line, trimmed);
        if line.text.starts_with([' ', '\t'])
            && let Some(setting) = settings.last_mut().filter(|_| is_open)
        {
            let value = without_comment(trimmed);
            setting.values.push((value, span_within(&line, value)));
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            (section, is_open) = (name.0.trim(), false);
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let value = without_comment(value.trim());
            let values = if value.is_empty() { Vec::new() } else { vec![(value, span_within(&line, value))] };
            settings.push(Setting { section, key: key.trim().to_ascii_lowercase(), values });
            is_open = true;
        } else {
            problems.push(span);
        }
    }
    (settings, problems)
}

/// A comment begins at ` #` or ` ;` — a marker's semicolon stands so too, so only ` #` is cut.
fn without_comment(value: &str) -> &str {
    value.find(" #").map_or(value, |at| value[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_with_sections_and_further_lines() {
        let (settings, problems) =
            read("[a b]\nKey = one  # why\n    two\n; no\n\tthree ; x\nempty =\nwhat\n[c]\nd: e");
        let found: Vec<(&str, &str, Vec<&str>)> = settings
            .iter()
            .map(|one| (one.section, one.key.as_str(), one.values.iter().map(|value| value.0).collect()))
            .collect();
        assert_eq!(
            found,
            [("a b", "key", vec!["one", "two", "three ; x"]), ("a b", "empty", vec![]), ("c", "d", vec!["e"])]
        );
        assert_eq!(problems.len(), 1);
    }
}
