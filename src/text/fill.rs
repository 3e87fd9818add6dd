//! Text for people: lines filled to a width, counts with their noun.

use std::borrow::Cow;

/// Columns of lines where nothing is known of the reader's screen.
pub const COLUMNS: usize = 80;

/// Words filled into lines of at most `columns` characters, each line ended. The first line begins with `first`,
/// the others with `rest`. A word longer than a line stands alone and is never broken; a no-break space holds
/// words together and becomes a space.
#[must_use]
pub fn fill(text: &str, first: &str, rest: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len() + first.len() + 1);
    let mut line = first.to_owned();
    let mut width = first.chars().count();
    let mut is_empty = true;
    for word in text.split_inclusive([' ', '\n']) {
        let length = word.chars().count();
        if !is_empty && width + word.trim_end_matches([' ', '\n']).chars().count() > columns {
            put(&mut out, &line);
            rest.clone_into(&mut line);
            width = rest.chars().count();
        }
        line.push_str(word.trim_end_matches('\n'));
        if word.ends_with('\n') {
            line.push(' ');
        }
        width += length;
        is_empty = false;
    }
    put(&mut out, &line);
    out
}

fn put(out: &mut String, line: &str) {
    out.push_str(line.replace('\u{a0}', " ").trim_end_matches(' '));
    out.push('\n');
}

/// Paragraphs and lists of a Markdown text filled to a width; headings, tables and code stay as they are.
#[must_use]
pub fn fill_markdown(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut paragraph: Vec<&str> = Vec::new();
    let mut in_code = false;
    let flush = |paragraph: &mut Vec<&str>, out: &mut String| {
        if !paragraph.is_empty() {
            out.push_str(&fill(&paragraph.join(" "), "", "", columns));
            paragraph.clear();
        }
    };
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        if in_code || fence || line.trim().is_empty() || line.starts_with(['#', '|']) {
            flush(&mut paragraph, &mut out);
            out.push_str(line);
            out.push('\n');
        } else if let Some(item) = line.strip_prefix("- ") {
            flush(&mut paragraph, &mut out);
            out.push_str(&fill(item, "- ", "  ", columns));
        } else {
            paragraph.push(line);
        }
        in_code ^= fence;
    }
    flush(&mut paragraph, &mut out);
    out
}

/// `1 file`, `2 files`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// A number with its thousands set apart: `19,365`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The noun for a number of things: `file`, `files`, `repositories`.
#[must_use]
pub fn plural(number: usize, noun: &str) -> Cow<'_, str> {
    match noun.strip_suffix('y') {
        _ if number == 1 => Cow::Borrowed(noun),
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => Cow::Owned(format!("{stem}ies")),
        _ => Cow::Owned(format!("{noun}s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_the_width_and_words_stay_whole() {
        assert_eq!(fill("one two three", "- ", "  ", 9), "- one two\n  three\n");
        assert_eq!(fill("a averylongword b", "", "  ", 6), "a\n  averylongword\n  b\n");
        assert_eq!(fill("next: 1  last:\u{a0}2", "", "", 10), "next: 1\nlast: 2\n");
        assert_eq!(fill("", "x ", "", 10), "x\n");
        assert_eq!(fill("é é é", "", "", 3), "é é\né\n");
    }

    #[test]
    fn code_is_not_filled() {
        let text = "# A long heading\n\none two\nthree\n\n```\nlet x = 1;\n```\n\n- one two three\n";
        let filled = "# A long heading\n\none two\nthree\n\n```\nlet x = 1;\n```\n\n- one two\n  three\n";
        assert_eq!(fill_markdown(text, 9), filled);
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
        assert_eq!(count(2, "repository"), "2 repositories");
        assert_eq!(count(2, "way"), "2 ways");
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
