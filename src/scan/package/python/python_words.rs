//! Just enough of Python's words to find lists of plain texts in a build script. Nothing is evaluated.

use crate::text::Span;

/// A word of Python source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// A name, a keyword, a number.
    Name(&'a str),
    /// A text that means what is written; `None` for one with placeholders or escapes.
    Text(Option<&'a str>),
    /// Any other sign.
    Sign(char),
}

/// The words of a source with their places; comments and blanks are gone.
pub(super) fn words(source: &str) -> Vec<(Word<'_>, Span)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'#' => at = source[at..].find('\n').map_or(bytes.len(), |end| at + end),
            byte if byte.is_ascii_whitespace() => at += 1,
            b'"' | b'\'' => {
                let word;
                (word, at) = text(source, at, "");
                found.push((word, Span::new(start, at)));
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => {
                let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
                at += bytes[at..].iter().take_while(|byte| is_of_name(byte)).count();
                let name = &source[start..at];
                let is_prefix = name.len() <= 2 && name.bytes().all(|byte| b"rbufRBUF".contains(&byte));
                if is_prefix && matches!(bytes.get(at), Some(b'"' | b'\'')) {
                    let word;
                    (word, at) = text(source, at, name);
                    found.push((word, Span::new(start, at)));
                } else {
                    found.push((Word::Name(name), Span::new(start, at)));
                }
            }
            byte => {
                at += 1;
                found.push((Word::Sign(char::from(byte)), Span::new(start, at)));
            }
        }
    }
    found
}

/// A text from its quotes on, and where it ends. One that is not closed ends with its line.
fn text<'a>(source: &'a str, start: usize, prefix: &str) -> (Word<'a>, usize) {
    let bytes = source.as_bytes();
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote, quote, quote]);
    let open = if triple { 3 } else { 1 };
    let mut at = start + open;
    let mut escaped = false;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            escaped = true;
            at += 2;
        } else if bytes[at] == quote && (!triple || bytes[at..].starts_with(&[quote, quote, quote])) {
            let inner = &source[start + open..at];
            let is_of = |letter: char| prefix.chars().any(|c| c.eq_ignore_ascii_case(&letter));
            let is_plain = !is_of('f') && !is_of('b') && (is_of('r') || !escaped);
            return (Word::Text(is_plain.then_some(inner)), at + open);
        } else if bytes[at] == b'\n' && !triple {
            break;
        } else {
            at += 1;
        }
    }
    (Word::Text(None), at.min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_python() {
        let found = words("a = ['x', \"y\\n\", f'{z}', r'\\w'] # no\n'''t\n''' 'open\nß");
        let texts: Vec<_> =
            found.iter().filter_map(|(word, _)| if let Word::Text(text) = word { Some(*text) } else { None }).collect();
        assert_eq!(texts, [Some("x"), None, None, Some("\\w"), Some("t\n"), None]);
        assert_eq!(found.last().map(|(word, _)| *word), Some(Word::Name("ß")));
        assert_eq!(found[3], (Word::Text(Some("x")), Span::new(5, 8)));
    }
}
