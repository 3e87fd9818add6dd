//! The text of a file: decoded, without what no scanner reads, and words of it fit to be shown.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::text::{Span, after_scheme, bare_secret, channel_token, clean_line, plain_query, token};

/// A few words of a text, one line, without secrets.
pub(super) fn excerpt(text: &str, span: Span) -> Cow<'_, str> {
    const LONGEST: usize = 200;
    let start = floor_boundary(text, span.start.min(text.len()));
    let end = floor_boundary(text, span.end.min(start + LONGEST).min(text.len()));
    let mut words = text[start..end.max(start)].trim();
    // a cut inside of an address may hide the `@` that tells a password
    if end < span.end
        && let Some(at) = words.rfind("://")
        && !words[at + 3..].contains(['/', '?', '#', '"', '\'', ' '])
    {
        words = &words[..at + 3];
    }
    match clean_line(words) {
        Cow::Borrowed(words) => masked(words),
        Cow::Owned(words) => Cow::Owned(masked(&words).into_owned()),
    }
}

/// User, password and tokens of addresses made unreadable: excerpts and messages end up in reports.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if holds_no_secret(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    match with_scheme_masked(text) {
        Cow::Borrowed(text) => bare_masked(text),
        Cow::Owned(text) => Cow::Owned(bare_masked(&text).into_owned()),
    }
}

/// True where one look tells that there is nothing to mask, as in nearly every text: no user, no token of a channel, and no
/// parameters of an address.
fn holds_no_secret(bytes: &[u8]) -> bool {
    let mut has_scheme = false;
    for at in memchr::memchr2_iter(b'@', b'/', bytes) {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        if bytes[at] == b'@' || before == Some(b't') && begins_word(bytes, at - 1) {
            return false;
        }
        has_scheme |= before == Some(b':');
    }
    !has_scheme || memchr::memchr(b'?', bytes).is_none()
}

/// True where a word may begin.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    at == 0 || !bytes[at - 1].is_ascii_alphanumeric() && !matches!(bytes[at - 1], b'-' | b'_' | b'.')
}

/// As [`masked`], of addresses without a scheme.
fn bare_masked(text: &str) -> Cow<'_, str> {
    if !may_be_bare(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    // a password may hold what ends other words
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')) {
        if !mask_word(word, |c| c.is_whitespace() || matches!(c, '"' | '\'' | '`'), &mut out) {
            for part in word.split_inclusive(is_end) {
                if !mask_word(part, is_end, &mut out) {
                    out.push_str(part);
                }
            }
        }
    }
    Cow::Owned(out)
}

/// What stands between words, and between parts of a specification.
fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '[' | ']' | '(' | ')' | ',' | ';' | '=' | '<' | '>')
}

/// Writes a word with its secret masked; false where it holds none. Addresses with a scheme were masked before.
fn mask_word(word: &str, is_end: impl Fn(char) -> bool, out: &mut String) -> bool {
    let whole = word.trim_end_matches(&is_end);
    if after_scheme(word).is_some() {
        return false;
    }
    // what a specification of conda names as its channel has a token there, however it looks
    let named = || out.trim_end_matches(['"', '\'', '`']).ends_with("channel=").then(|| channel_token(whole)).flatten();
    let Some((start, end)) = bare_secret(whole).or_else(named) else { return false };
    out.extend([&word[..start], "***", &word[end..]]);
    true
}

/// True where a word may begin with a user, or hold the token of a channel: few texts do.
fn may_be_bare(text: &str) -> bool {
    static TOKEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("t/"));
    let bytes = text.as_bytes();
    // no user has a slash: the scopes of npm's addresses are none
    let has_user = memchr::memchr_iter(b'@', bytes).any(|at| {
        let begin = memchr::memrchr3(b'/', b' ', b'\n', &bytes[..at]).map_or(0, |begin| begin + 1);
        memchr::memchr(b':', &bytes[begin..at]).is_some()
    });
    has_user || TOKEN.find_iter(bytes).any(|at| begins_word(bytes, at))
}

fn with_scheme_masked(text: &str) -> Cow<'_, str> {
    if after_scheme(text).is_none_or(|start| is_plain(&text[start..]) && !names_channel(&text[..start])) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end =
            after.find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace()).unwrap_or(after.len());
        let after = match after[..end].rfind('@') {
            Some(user) => {
                out.push_str("***");
                &after[user..]
            }
            None => after,
        };
        // values of unknown parameters may be tokens
        let address = after.find(|c: char| matches!(c, '"' | '\'' | '#') || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..address].find('?') {
            Some(query) => {
                out.push_str(&after[..=query]);
                out.push_str(&plain_query(&after[query + 1..address]));
                &after[address..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    Cow::Owned(without_tokens(&out))
}

/// Tokens of conda channels in addresses made unreadable.
fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = after_scheme(rest) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let end = after.find(|c: char| matches!(c, '"' | '\'' | '#' | '?') || c.is_whitespace()).unwrap_or(after.len());
        let address = &after[..end];
        let named = || names_channel(before).then(|| channel_token(address)).flatten();
        rest = match token(address).or_else(named) {
            Some((start, end)) => {
                out.push_str(&after[..start]);
                out.push_str("***");
                &after[end..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}

/// True for what stands before the address of a channel in a specification of conda: `numpy[channel=https://`.
fn names_channel(before: &str) -> bool {
    before.contains("channel=")
}

/// True where what follows a scheme surely holds no user, no token, no parameters and no other address: nearly all
/// addresses.
fn is_plain(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    let end = memchr::memchr3(b'/', b'?', b'#', bytes).unwrap_or(bytes.len());
    memchr::memchr(b'@', &bytes[..end]).is_none()
        && memchr::memchr(b'?', &bytes[end..]).is_none()
        && token(rest).is_none()
        && after_scheme(rest).is_none()
}

/// The text with the documents of Kubernetes custom resource definitions blanked out: they are schemas of
/// megabytes that describe no system. Every other byte keeps its place.
pub(super) fn without_schemas(text: &str) -> Cow<'_, str> {
    const KIND: &str = "\nkind: CustomResourceDefinition";
    if !text.contains(KIND) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut start = 0;
    while start < text.len() {
        let end = text[start..].find("\n---").map_or(text.len(), |at| start + at + 4);
        let document = &text[start..end];
        if document.contains(KIND) {
            let keep = if document.ends_with("\n---") { document.len() - 4 } else { document.len() };
            out.extend(document[..keep].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            out.push_str(&document[keep..]);
        } else {
            out.push_str(document);
        }
        start = end;
    }
    Cow::Owned(out)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Text, whether something was replaced in it, and the bytes themselves when they are binary.
pub(super) fn decode(bytes: Vec<u8>) -> (String, bool, Option<Vec<u8>>) {
    let utf16 = |(text, lossy)| (text, lossy, None);
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf16(decode_utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => utf16(decode_utf16(rest, u16::from_be_bytes)),
        _ => match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{FEFF}') {
                    text.drain(..'\u{FEFF}'.len_utf8());
                }
                (text, false, None)
            }
            Err(error) => {
                let text = match String::from_utf8_lossy(error.as_bytes()) {
                    Cow::Borrowed(text) => text.to_owned(),
                    Cow::Owned(text) => text,
                };
                let bytes = error.into_bytes();
                let is_binary = bytes.iter().take(8192).any(|byte| *byte == 0);
                (text, true, is_binary.then_some(bytes))
            }
        },
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, bool) {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut lossy = !bytes.len().is_multiple_of(2);
    let text = char::decode_utf16(units)
        .map(|result| {
            result.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, lossy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_addresses_are_masked() {
        assert_eq!(
            masked("x git+https://user:pw@h.example/a https://h.example/b@c"),
            "x git+https://***@h.example/a https://h.example/b@c"
        );
        assert_eq!(
            masked("https://h.example/@b https://u:p@h.example/"),
            "https://h.example/@b https://***@h.example/"
        );
        assert_eq!(masked("'https://h.example/a?token=x&tag=1' b"), "'https://h.example/a?token=***&tag=1' b");
        assert_eq!(
            masked("- https://h.example/t/tk-1/c::x https://u:p@i.example/t/tk-2?x=1#y"),
            "- https://h.example/t/***/c::x https://***@i.example/t/***?x=***#y"
        );
        assert_eq!(masked("a https://h.example/t/tk-1"), "a https://h.example/t/***");
        assert_eq!(masked("a[channel=h.example/t/tk-1/c]"), "a[channel=h.example/t/***/c]");
        assert_eq!(masked("\"t/tk-1\": `u:p@h.example`, é"), "\"t/***\": `***@h.example`, é");
        assert_eq!(masked("--index-url=u:p,q=[@h.example/x y"), "***@h.example/x y");
        for host in ["10.1.1.1:5000", "nexus", "reg.corp.example"] {
            assert_eq!(masked(&format!("FROM bob:s3c@ret@{host}/a:1")), format!("FROM ***@{host}/a:1"));
        }
        let token = "ab-12345678-aaaa-bbbb-cccc-S3CRET0000001";
        for host in ["nexus:8080", "h.example/api/conda", "conda.example:8443", "10.0.0.5", "localhost:8080"] {
            assert_eq!(masked(&format!("- {host}/t/{token}/c::x=1")), format!("- {host}/t/***/c::x=1"));
        }
        assert_eq!(masked("- https://conda.example/t/letters/c"), "- https://conda.example/t/***/c");
        assert_eq!(masked("- nexus/t/short/c::x=1"), "- nexus/t/***/c::x=1");
        assert_eq!(masked("a[channel=https://h.example/t/short/c]"), "a[channel=https://h.example/t/***/c]");
        assert_eq!(masked("x[channel=h/t/tok/c]"), "x[channel=h/t/***/c]");
        assert_eq!(masked("x[channel='h.example/t/tok', a=1]"), "x[channel='h.example/t/***', a=1]");
        assert_eq!(masked("conda/t/short/c::x"), "conda/t/***/c::x");
        assert_eq!(masked("src/t/short/c"), "src/t/short/c");
        assert_eq!(masked("https://forum.example/t/some-topic/12"), "https://forum.example/t/some-topic/12");
        assert_eq!(masked("node_modules/@a/left/x b:c@1"), "node_modules/@a/left/x b:c@1");
    }

    /// What one look calls plain is what the long way leaves as it is.
    #[test]
    fn one_look_tells_what_the_long_way_tells() {
        const PIECES: [&str; 15] =
            ["@", "t/", ":", "://", "/", "?", "=", " ", "a", "t", "-", "https://h.example", "u:p", "\"", "tk-1"];
        let mut state = 7_u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..6 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(PIECES[(state >> 16) as usize % PIECES.len()]);
            }
            if holds_no_secret(text.as_bytes()) {
                let whole = with_scheme_masked(&text);
                assert_eq!(bare_masked(&whole), text);
            }
        }
    }

    #[test]
    fn schemas_are_blanked_and_nothing_moves() {
        let text = "apiVersion: v1\nkind: Pod\n---\na: é\nkind: CustomResourceDefinition\nb: 2\n---\nkind: Pod\n";
        let blank = without_schemas(text);
        assert_eq!(blank.len(), text.len());
        assert_eq!(blank.rfind("kind: Pod"), text.rfind("kind: Pod"));
        assert!(!blank.contains("Custom"));
    }
}
