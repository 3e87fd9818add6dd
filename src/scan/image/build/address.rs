//! Hosts in words: addresses with a scheme, and names that stand where a host must.

use std::ops::Range;

use crate::scan::package::toolkit::host_of;

/// Schemes of what a build fetches. Buckets (`s3://`) name no host.
const SCHEMES: [&str; 10] = ["https", "http", "git", "ssh", "ftp", "ftps", "rsync", "oci", "hkp", "hkps"];

/// What a text says about a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The host; `None` when it depends on a reference without a value.
    pub(super) host: Option<String>,
    /// Where the address stands in the text; what may be secret behind its path is left out.
    pub(super) range: Range<usize>,
}

impl Address {
    /// The same in a text that has `by` bytes before this one.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { host: self.host, range: self.range.start + by..self.range.end + by }
    }
}

/// Every address with a scheme, and `git@host:path` at the start.
pub(super) fn addresses(text: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for (at, _) in text.match_indices("://") {
        if found.last().is_some_and(|last| at < last.range.end) {
            continue;
        }
        let start = scheme_start(text, at);
        let is_scheme = text[start..at].rsplit('+').next().is_some_and(|scheme| SCHEMES.contains(&scheme));
        if !is_scheme && !text[..at].ends_with('}') {
            continue;
        }
        let end = at + 3 + text[at + 3..].find(ends_address).unwrap_or(text.len() - at - 3);
        let authority = text[at + 3..end].split('/').next().unwrap_or_default();
        let host = host_of(&text[at..end]).filter(|host| !is_loopback(host));
        let start = if is_scheme { start } else { at };
        match host {
            Some(_) => found.push(Address { host, range: start..end }),
            None if authority.contains('$') => found.push(Address { host: None, range: start..end }),
            None => {}
        }
    }
    if found.is_empty() && !text.contains("://") && text.starts_with("git@") {
        let host = host_of(text);
        found.extend(host.map(|host| Address { host: Some(host), range: 0..text.len() }));
    }
    found
}

/// The host that a text names where one must stand: an address, or a bare `host[:port][/path]`.
pub(super) fn host_in_place(text: &str) -> Vec<Address> {
    let found = addresses(text);
    if !found.is_empty() || text.contains("://") {
        return found;
    }
    let bare = text.trim_start_matches('/');
    let start = text.len() - bare.len();
    let end = bare.find(|c: char| ends_address(c) || c == '/' || c == ':').unwrap_or(bare.len());
    let host = &bare[..end];
    if host.contains('$') {
        return vec![Address { host: None, range: start..start + end }];
    }
    let host = is_bare_host(host).then(|| host.to_ascii_lowercase());
    host.map(|host| Address { host: Some(host), range: start..start + end }).into_iter().collect()
}

/// Where a machine asks its cloud about itself.
const METADATA: [&str; 4] = ["169.254.169.254", "169.254.170.2", "metadata.google.internal", "100.100.100.200"];

/// True for names with a dot whose last part can be a top-level domain and is not the ending of a file.
pub(super) fn is_bare_host(text: &str) -> bool {
    const FILES: [&str; 34] = [
        "conf", "cfg", "ini", "json", "yaml", "yml", "toml", "xml", "txt", "md", "log", "list", "repo", "sources",
        "py", "pyc", "js", "ts", "css", "html", "java", "rb", "c", "h", "cpp", "so", "jar", "whl", "gz", "xz", "zip",
        "deb", "env", "service",
    ];
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    host_of(&format!("://{text}")).is_some()
        && !text.starts_with('.')
        && last.len() >= 2
        && last.chars().all(|c| c.is_ascii_alphabetic())
        && !FILES.contains(&last)
        && !is_loopback(text)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "0.0.0.0"
        || METADATA.contains(&host)
}

fn scheme_start(text: &str, end: usize) -> usize {
    let is_part = |c: char| c.is_ascii_alphabetic() || c == '+';
    text[..end].rfind(|c: char| !is_part(c)).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
}

/// A query may hold a token, so an address ends before it.
fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '\'' | ',' | ';' | '|' | '<' | '>' | '\\' | '^' | '`' | '?' | '#' | '[' | ']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|address| &text[address.range]).collect()
    }

    #[test]
    fn addresses_in_words() {
        assert_eq!(
            hosts("https://a.example,direct|http://b.example/x?token=1"),
            ["https://a.example", "http://b.example/x"]
        );
        assert_eq!(hosts("name@git+https://u:p@h.example/r.git"), ["git+https://u:p@h.example/r.git"]);
        assert_eq!(hosts("--index-url=https://h.example/simple"), ["https://h.example/simple"]);
        assert_eq!(hosts("git@h.example:a/b"), ["git@h.example:a/b"]);
        assert_eq!(hosts("s3://bucket.x/y http://localhost:80 https:///x x://y.z"), [""; 0]);
        assert_eq!(addresses("https://$H/x")[0].host, None);
        assert_eq!(addresses("https://h.example/$X")[0].host.as_deref(), Some("h.example"));
    }

    #[test]
    fn bare_names() {
        assert!(is_bare_host("mirrors.example.org"));
        for other in ["app.conf", "a", "1.2.3", "x.py", ".example", "a..b c", "requirements.txt"] {
            assert!(!is_bare_host(other), "{other}");
        }
        assert_eq!(host_in_place("//h.example:80/x")[0].host.as_deref(), Some("h.example"));
    }
}
