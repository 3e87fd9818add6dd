//! Addresses as texts.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Query parameters that say which state of a repository or package is meant; any other may be a token.
const PLAIN: [&str; 9] = ["branch", "rev", "tag", "ref", "egg", "subdirectory", "subdir", "dir", "checksum"];

/// Where the text behind the first `://` begins. Most texts hold no colon, so that one letter is looked for.
#[must_use]
pub fn after_scheme(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).find(|at| bytes[at + 1..].starts_with(b"//")).map(|at| at + 3)
}

/// The address without user and password, and with the values of unknown query parameters replaced; where no scheme begins
/// it, with what [`bare_secret`] finds replaced.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let Some(start) = after_scheme(address) else {
        return match bare_secret(address) {
            Some((start, end)) => format!("{}***{}", &address[..start], &address[end..]),
            None => address.to_owned(),
        };
    };
    let (scheme, rest) = address.split_at(start);
    let end = memchr::memchr3(b'/', b'?', b'#', rest.as_bytes()).unwrap_or(rest.len());
    let rest = memchr::memrchr(b'@', &rest.as_bytes()[..end]).map_or(rest, |at| &rest[at + 1..]);
    let (path, query, fragment) = query_of(rest);
    let (path, mark, below) = match token(path) {
        Some((start, end)) => (&path[..start], "***", &path[end..]),
        None => (path, "", ""),
    };
    match query {
        Some(query) => format!("{scheme}{path}{mark}{below}?{}{fragment}", plain_query(query)),
        None => [scheme, path, mark, below, fragment].concat(),
    }
}

/// Where the token of a conda channel stands in host and path: behind a folder `t` at the host's root, or further down
/// where it is long; `pool/main/t/tar` is a folder of a letter.
#[must_use]
pub fn token(path: &str) -> Option<(usize, usize)> {
    const MARK: &str = "/t/";
    /// Tokens are longer than names; most hold a UUID.
    const LONG: usize = 24;
    let root = memchr::memchr(b'/', path.as_bytes())?;
    // every address of a lock file is asked
    static MARKS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
    MARKS.find_iter(path.as_bytes()).find_map(|at| {
        let start = at + MARK.len();
        let end = path[start..].find('/').map_or(path.len(), |end| start + end);
        let found = &path[start..end];
        // to hosts of channels nothing else stands there, nor before the name of a package: `host/t/token/channel::name`
        let is_channel = || path[..root].contains("conda") || path[end..].contains("::");
        let is_token = at == root && (is_short_token(found) || is_channel())
            || found.len() >= LONG && found.bytes().any(|byte| byte.is_ascii_digit());
        (is_token && !found.is_empty()).then_some((start, end))
    })
}

/// Where the token of an address stands that is known to be one of a channel: in the folder behind `t` at the host's root.
#[must_use]
pub fn channel_token(path: &str) -> Option<(usize, usize)> {
    let start = memchr::memchr(b'/', path.as_bytes()).filter(|root| path[*root..].starts_with("/t/"))? + "/t/".len();
    let end = path[start..].find('/').map_or(path.len(), |end| start + end);
    (end > start).then_some((start, end))
}

/// Where the secret of an address without a scheme stands: `user:password@host/…`, `host/t/TOKEN/channel`, `t/TOKEN/channel`.
#[must_use]
pub fn bare_secret(word: &str) -> Option<(usize, usize)> {
    let authority = memchr::memchr3(b'/', b'?', b'#', word.as_bytes()).unwrap_or(word.len());
    if let Some(at) = memchr::memrchr(b'@', &word.as_bytes()[..authority]) {
        let (user, rest) = (&word[..at], &word[at + 1..]);
        let host = rest.split(['/', ':', '?', '#']).next().unwrap_or(rest);
        let below = &rest[host.len()..];
        let below = below.strip_prefix(':').map_or(below, |port| port.trim_start_matches(|c: char| c.is_ascii_digit()));
        // a digest is no host: `image:1@sha256:00`
        let is_below = below.starts_with('/');
        let is_user = user.split_once(':').is_some_and(|(name, password)| {
            !name.is_empty() && !password.is_empty() && !user.contains('/') && !PROTOCOLS.contains(&name)
        });
        if is_user && (is_dotted(host) || host.parse::<std::net::Ipv4Addr>().is_ok() || is_below && is_label(host)) {
            return Some((0, at));
        }
    }
    let path = word.trim_start_matches('/');
    let (start, end) = if let Some(rest) = path.strip_prefix("t/") {
        let found = rest.split('/').next().unwrap_or(rest);
        is_short_token(found).then_some((2, 2 + found.len()))?
    } else {
        let root = memchr::memchr(b'/', path.as_bytes())?;
        let is_named = || path.contains("::") && is_label(&path[..root]);
        (is_host(&path[..root]) || is_named()).then(|| token(path))??
    };
    let before = word.len() - path.len();
    Some((before + start, before + end))
}

/// The name of a machine: `nexus`, `localhost`; a version has digits first.
fn is_label(host: &str) -> bool {
    host.starts_with(|c: char| c.is_ascii_alphabetic())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A name with dots, an address of numbers or this machine, with or without a port.
fn is_host(text: &str) -> bool {
    let host = text.split_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = host.map_or(text, |(host, _)| host);
    is_label(host) && (host == "localhost" || host.len() < text.len())
        || is_dotted(host)
        || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// What stands before a colon and is no user: `npm:name@1.0.0-rc.x`.
const PROTOCOLS: [&str; 8] = ["npm", "jsr", "workspace", "patch", "github", "gitlab", "bitbucket", "pkg"];

/// `host.example`: labels, the last of letters.
fn is_dotted(host: &str) -> bool {
    let labels =
        |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    host.rsplit_once('.').is_some_and(|(before, last)| {
        !before.is_empty() && last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic()) && labels(before)
    })
}

/// A token as servers of channels write it: two letters, a dash and a UUID. Other folders at the root of a host have names.
fn is_short_token(text: &str) -> bool {
    matches!(text.as_bytes(), [one, two, b'-', _, ..] if one.is_ascii_alphabetic() && two.is_ascii_alphabetic())
        || text.len() >= 16 && text.bytes().any(|byte| byte.is_ascii_digit())
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

/// True for the name of a host that anybody can look up: under an ending that a registry gives, and not kept for documents.
/// `vllm.internal`, `localhost`, plain addresses and `api.example.com` are not.
#[must_use]
pub fn is_public_host(host: &str) -> bool {
    const DOCUMENTS: [&str; 3] = ["example.com", "example.org", "example.net"];
    let is_given =
        psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes().len() < host.len());
    is_given
        && !DOCUMENTS
            .iter()
            .any(|name| host == *name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_go() {
        assert_eq!(without_secrets("https://u:p@h.example/x@y"), "https://h.example/x@y");
        assert_eq!(without_secrets("git+https://token@h.example"), "git+https://h.example");
        assert_eq!(without_secrets("git@h.example:a/b"), "git@h.example:a/b");
        for (bare, shown) in [
            ("u:p@h.example/x", "***@h.example/x"),
            ("h.example/t/tk-1/c/x.conda", "h.example/t/***/c/x.conda"),
            ("t/tk-1/c::x", "t/***/c::x"),
            ("//h.example/t/tk-1", "//h.example/t/***"),
            ("nexus/t/short/c::x=1", "nexus/t/***/c::x=1"),
            ("npm:name@1.0.0-rc.x", "npm:name@1.0.0-rc.x"),
            ("nginx:1.25@sha256:00", "nginx:1.25@sha256:00"),
            ("pool/main/t/tar", "pool/main/t/tar"),
        ] {
            assert_eq!(without_secrets(bare), shown);
        }
        assert_eq!(without_secrets("https://h.example/x?token=a&b#c"), "https://h.example/x?token=***&b#c");
        assert_eq!(without_secrets("https://h.example/x?branch=main#0123"), "https://h.example/x?branch=main#0123");
        assert_eq!(without_secrets("https://h.example/t/tk-1/c#a"), "https://h.example/t/***/c#a");
        assert_eq!(without_secrets("https://u@h.example/t/tk-1?a"), "https://h.example/t/***?a");
        let long = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";
        assert_eq!(without_secrets(&format!("https://h.example/c/t/{long}/x")), "https://h.example/c/t/***/x");
        for plain in [
            "https://h.example/pool/t/tar/x",
            "https://h.example/t",
            "https://h.example/t//x",
            "git+https://h.example/t/alpha.git",
            "https://h.example/t/one/a.tgz",
        ] {
            assert_eq!(without_secrets(plain), plain);
        }
    }

    #[test]
    fn hosts_that_anybody_can_look_up() {
        for host in ["api.unknown-llm.cn", "openrouter.ai", "x.co.uk"] {
            assert!(is_public_host(host), "{host}");
        }
        for own in [
            "localhost",
            "vllm",
            "127.0.0.1",
            "vllm.ai.svc.cluster.local",
            "api.example.com",
            "llm.internal",
            "com",
            "",
        ] {
            assert!(!is_public_host(own), "{own}");
        }
    }
}
