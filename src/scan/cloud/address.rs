//! Addresses in text: a host counts where it is the authority of an address, or a whole value by itself.
//! Mentions in sentences, in queries and in the path of another address do not.

use crate::text::Span;

/// A host that is used as an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The host in lower case; what is filled in at run time stands as `x`.
    pub(crate) host: String,
    /// The host as written, within the text looked at.
    pub(crate) span: Span,
}

/// Longest text that is filled in at run time.
const LONGEST_PLACE: usize = 80;

/// Addresses with a scheme.
pub(crate) fn addresses(text: &str) -> Vec<Address> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        let colon = from + at;
        // the word that the address stands in, as far as it was not looked at before
        let word = text[from..colon].rsplit(ends_word).next().unwrap_or_default();
        let is_first = from == 0 || text[from..colon].contains(ends_word);
        let scheme = word.rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))).next();
        // the scheme itself may be filled in
        let has_scheme =
            word.ends_with('}') || scheme.is_some_and(|scheme| scheme.starts_with(|c: char| c.is_ascii_alphabetic()));
        if has_scheme && is_first && !word.contains('?') {
            found.extend(authority(text, colon + 3));
        }
        from = colon + 3;
    }
    found
}

/// A value that is a host, with port and path or without.
pub(crate) fn bare_address(value: &str) -> Option<Address> {
    let end = value.find([':', '/']).unwrap_or(value.len());
    let host = &value[..end];
    (is_host(host) && !value.contains(char::is_whitespace))
        .then(|| Address { host: host.to_ascii_lowercase(), span: Span::new(0, end) })
}

/// What no address goes on over.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '<' | '>' | ',' | ';' | '|' | '\\')
}

/// The authority that begins at a position; user, password and port are left out.
fn authority(text: &str, start: usize) -> Option<Address> {
    let mut host = String::new();
    let mut begin = start;
    let mut at = start;
    let mut end = None;
    while let Some(next) = text[at..].chars().next() {
        if let Some(length) = place(&text[at..]) {
            host.push('x');
            at += length;
            continue;
        }
        match next {
            '/' | '?' | '#' => break,
            c if ends_word(c) => break,
            '@' => {
                host.clear();
                begin = at + 1;
                end = None;
            }
            ':' => {
                end.get_or_insert((at, host.len()));
                host.push(':');
            }
            c => host.push(c),
        }
        at += next.len_utf8();
    }
    let (end, length) = end.unwrap_or((at, host.len()));
    host.truncate(length);
    host.make_ascii_lowercase();
    is_host(&host).then_some(Address { host, span: Span::new(begin, end) })
}

/// The length of what is filled in at run time: `{region}`, `${REGION}`, `<region>`, `$REGION`, `%s`.
fn place(text: &str) -> Option<usize> {
    let closed = |open: usize, close: char| {
        let inside: &str = text.get(open..)?;
        let length = inside.find(close).filter(|length| (1..LONGEST_PLACE).contains(length))?;
        inside[..length].chars().all(|c| !c.is_whitespace() && c != '"').then_some(open + length + 1)
    };
    let bytes = text.as_bytes();
    match bytes {
        [b'$', b'{', ..] => closed(2, '}'),
        [b'{', b'{', ..] => closed(2, '}').map(|length| length + usize::from(text[length..].starts_with('}'))),
        [b'{', ..] => closed(1, '}'),
        [b'<', ..] => closed(1, '>'),
        [b'%', b's' | b'v', ..] => Some(2),
        [b'$', first, ..] if first.is_ascii_alphabetic() => {
            let rest = &bytes[1..];
            let end = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
            Some(1 + end.unwrap_or(rest.len()))
        }
        _ => None,
    }
}

fn is_host(text: &str) -> bool {
    (4..=253).contains(&text.len())
        && text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        addresses(text).into_iter().map(|address| address.host).collect()
    }

    #[test]
    fn authorities_count_and_mentions_do_not() {
        assert_eq!(hosts("base_url=\"https://user:pw@Api.A.example:8443/v1?x=1\""), ["api.a.example"]);
        assert_eq!(hosts("https://a.example/v1,https://b.example"), ["a.example", "b.example"]);
        assert_eq!(hosts("KEY=https://a.example"), ["a.example"]);
        assert_eq!(
            hosts("f\"https://{region}-ai.a.example/\" https://x.${R}.b.example"),
            ["x-ai.a.example", "x.x.b.example"]
        );
        assert!(hosts("api.a.example is not used; https://?x").is_empty());
        assert_eq!(hosts("https://gw.example/cb?next=https://api.a.example"), ["gw.example"]);
        assert_eq!(hosts("https://web.example/https://api.a.example"), ["web.example"]);
        assert!(hosts("\"?next=https://api.a.example\" ://a.example").is_empty());
        let text = "x https://api.a.example:1/";
        let [one] = addresses(text).try_into().expect("one");
        assert_eq!(&text[one.span.start..one.span.end], "api.a.example");
    }

    #[test]
    fn whole_values_count() {
        let host = |text: &str| bare_address(text).map(|address| address.host);
        assert_eq!(host("API.a.example").as_deref(), Some("api.a.example"));
        assert_eq!(host("api.a.example:443/v1").as_deref(), Some("api.a.example"));
        assert_eq!(host("api.a.example is not used"), None);
        assert_eq!(host("?next=api.a.example"), None);
        assert_eq!(host("me@a.example"), None);
    }
}
