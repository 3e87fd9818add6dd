//! Addresses as texts.

/// Query parameters that say which state of a repository or package is meant; any other may be a token.
const PLAIN: [&str; 9] = ["branch", "rev", "tag", "ref", "egg", "subdirectory", "subdir", "dir", "checksum"];

/// The address without user and password, and with the values of unknown query parameters replaced; as it is where no
/// scheme begins it.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let rest = rest[..end].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let (path, query, fragment) = query_of(rest);
    match query {
        Some(query) => format!("{scheme}://{path}?{}{fragment}", plain_query(query)),
        None => format!("{scheme}://{rest}"),
    }
}

/// Path, query and fragment with its `#` of what follows a scheme.
fn query_of(rest: &str) -> (&str, Option<&str>, &str) {
    let (before, fragment) = rest.find('#').map_or((rest, ""), |at| rest.split_at(at));
    match before.split_once('?') {
        Some((path, query)) => (path, Some(query), fragment),
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
