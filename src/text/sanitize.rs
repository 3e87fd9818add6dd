//! Text from scanned files is never trusted: control and direction-changing characters are made
//! visible before anything is printed or stored.

use std::borrow::Cow;

/// Replaces control characters (except `\n` and `\t`) and bidirectional overrides with visible escapes.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    replace(text, |c| is_unsafe(c) && c != '\n' && c != '\t')
}

/// As [`clean`], and line breaks and tabs become escapes too: the result is one line.
#[must_use]
pub fn clean_line(text: &str) -> Cow<'_, str> {
    replace(text, is_unsafe)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

fn replace(text: &str, bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    // nearly every text is plain, and there are millions of them
    if is_plain(text.as_bytes()) || !text.chars().any(&bad) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if bad(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// True for printable ASCII alone. Looked at a few bytes at a time, without a branch for each of them.
fn is_plain(bytes: &[u8]) -> bool {
    let is_plain = |byte: u8| byte.wrapping_sub(b' ') <= b'~' - b' ';
    let mut chunks = bytes.chunks_exact(16);
    chunks.by_ref().all(|chunk| chunk.iter().fold(true, |plain, byte| plain & is_plain(*byte)))
        && chunks.remainder().iter().fold(true, |plain, byte| plain & is_plain(*byte))
}

/// At most `max` characters; a cut is shown by `…`, which counts as one of them.
#[must_use]
pub fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    if text.chars().count() <= max {
        return Cow::Borrowed(text);
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(clean("plain text"), "plain text");
        assert_eq!(clean("\u{1b}[31mred"), "\\u{1b}[31mred");
        assert_eq!(clean_line("a\nb"), "a\\nb");
        assert_eq!(clean("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(shorten("abcdef", 4), "abc…");
    }
}
