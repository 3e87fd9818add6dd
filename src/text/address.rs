//! Addresses as texts.

/// Query parameters that say which state of a repository or package is meant; any other may be a token.
const PLAIN: [&str; 9] = ["branch", "rev", "tag", "ref", "egg", "subdirectory", "subdir", "dir", "checksum"];

/// Where the text behind the first `://` begins. Most texts hold no colon, so that one letter is looked for.
#[must_use]
pub fn after_scheme(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).find(|at| bytes[at + 1..].starts_with(b"//")).map(|at| at + 3)
}

/// The address without user and password, and with the values of unknown query parameters replaced; as it is where no
/// scheme begins it.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let Some(start) = after_scheme(address) else { return address.to_owned() };
    let (scheme, rest) = address.split_at(start);
    let end = memchr::memchr3(b'/', b'?', b'#', rest.as_bytes()).unwrap_or(rest.len());
    let rest = memchr::memrchr(b'@', &rest.as_bytes()[..end]).map_or(rest, |at| &rest[at + 1..]);
    let (path, query, fragment) = query_of(rest);
    match query {
        Some(query) => format!("{scheme}{path}?{}{fragment}", plain_query(query)),
        None => [scheme, rest].concat(),
    }
}

/// Path, query and fragment with its `#` of what follows a scheme.
fn query_of(rest: &str) -> (&str, Option<&str>, &str) {
    let (before, fragment) = memchr::memchr(b'#', rest.as_bytes()).map_or((rest, ""), |at| rest.split_at(at));
    match memchr::memchr(b'?', before.as_bytes()) {
        Some(at) => (&before[..at], Some(&before[at + 1..]), fragment),
        None => (before, None, fragment),
    }
}

/// A query with the values of parameters that may be secret replaced by `***`.
#[must_use]
pub fn plain_query(query: &str) -> String {
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if !PLAIN.contains(&key) => format!("{key}=***"),
        _ => pair.to_owned(),
    });
    shown.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_go() {
        assert_eq!(without_secrets("https://u:p@h.example/x@y"), "https://h.example/x@y");
        assert_eq!(without_secrets("git+https://token@h.example"), "git+https://h.example");
        assert_eq!(without_secrets("git@h.example:a/b"), "git@h.example:a/b");
        assert_eq!(without_secrets("https://h.example/x?token=a&b#c"), "https://h.example/x?token=***&b#c");
        assert_eq!(without_secrets("https://h.example/x?branch=main#0123"), "https://h.example/x?branch=main#0123");
    }
}
