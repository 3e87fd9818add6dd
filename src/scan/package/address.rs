//! Addresses that manifests and lock files state: their host, and whose repository they lead to.

use crate::text::after_scheme;
pub(crate) use crate::text::without_secrets;

/// `github:owner` of an address with or without scheme, of npm's `github:owner/name`, of `git@host:owner/name`.
pub(crate) fn owner_of_address(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, rest)| rest);
    if let Some((host, path)) = rest.split_once(':')
        && !path.starts_with(|c: char| c.is_ascii_digit())
    {
        return match host {
            "github" | "gitlab" => path.split_once('/').map(|(owner, _)| format!("{host}:{owner}")),
            host => repository_owner(&format!("{host}/{path}")),
        };
    }
    repository_owner(rest)
}

/// `github:owner` for paths under a code host, `git:host/owner` for one of an organisation's own.
pub(crate) fn repository_owner(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let host = parts.next()?;
    let owner = parts.next().filter(|owner| !owner.is_empty())?;
    let kind = match host {
        "github.com" => "github",
        "gitlab.com" => "gitlab",
        "gitee.com" => "gitee",
        "gitcode.com" => "gitcode",
        "bitbucket.org" => "bitbucket",
        "codeberg.org" => "codeberg",
        // hosts that say by their name that they serve repositories; elsewhere a path may be anything
        _ if is_git_host(host) && parts.next().is_some_and(|name| !name.is_empty()) => {
            return Some(format!("git:{}/{owner}", host.to_ascii_lowercase()));
        }
        _ => return None,
    };
    Some(format!("{kind}:{owner}"))
}

/// `git.example.org`, `gitlab.example.org`, `salsa.debian.org`, `sr.ht`.
fn is_git_host(host: &str) -> bool {
    let first = host.split('.').next().unwrap_or("");
    let is_named = matches!(first, "git" | "gitlab" | "gitea" | "forgejo" | "codehub" | "salsa");
    is_named && host.contains('.') && is_host(host) || host == "invent.kde.org"
}

/// True for an address that only Git can fetch: `git+https://…`, `git@host:…`, `….git`.
pub(crate) fn is_git(address: &str) -> bool {
    let path = until(address, memchr::memchr2(b'#', b'?', address.as_bytes()));
    // a revision may follow: `….git@v1`
    let at = memchr::memrchr(b'@', path.as_bytes());
    let path = until(path, at.filter(|at| path.as_bytes()[..*at].contains(&b'/')));
    address.starts_with("git+")
        || address.starts_with("git@")
        || address.starts_with("git://")
        || address.starts_with("ssh://git@")
        || path.ends_with(".git")
}

/// The text up to a place in it.
fn until(text: &str, end: Option<usize>) -> &str {
    &text[..end.unwrap_or(text.len())]
}

/// Host of an address, with or without scheme prefix such as `git+`, user or port.
pub(crate) fn host_of(address: &str) -> Option<String> {
    let rest = match after_scheme(address) {
        Some(start) => &address[start..],
        // scp-like git addresses: `git@host:path`
        None => {
            let (user_host, _) = address.split_once(':')?;
            let (_, host) = user_host.split_once('@')?;
            return is_host(host).then(|| host.to_ascii_lowercase());
        }
    };
    let authority = until(rest, memchr::memchr3(b'/', b'?', b'#', rest.as_bytes()));
    let authority = memchr::memrchr(b'@', authority.as_bytes()).map_or(authority, |at| &authority[at + 1..]);
    let host = until(authority, memchr::memchr(b':', authority.as_bytes()));
    is_host(host).then(|| host.to_ascii_lowercase())
}

/// `host/owner/name` of a repository's address in any of its forms; the host in lower case, without `.git`.
pub(crate) fn repository_path(address: &str) -> Option<String> {
    let host = host_of(address)?;
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address.split_once(':')?.1,
    };
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_good = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    is_good.then(|| format!("{host}/{path}"))
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && (text.as_bytes().contains(&b'.') || text == "localhost")
}

/// Purl type and `owner/name` of a repository's or archive's address on a code host.
pub(crate) fn on_code_host(address: &str) -> Option<(&'static str, String)> {
    let clean = host_and_path(address)?;
    let (host, path) = clean.split_once('/')?;
    let kind = match host {
        "github.com" | "www.github.com" | "codeload.github.com" => "github",
        "gitlab.com" => "gitlab",
        "bitbucket.org" => "bitbucket",
        "gitee.com" => "gitee",
        _ => return None,
    };
    // what follows `/-/` is a page of GitLab; its groups may be nested, those of the others are not
    let path = path.split("/-/").next().unwrap_or(path).trim_matches('/');
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = match (kind, parts.as_slice()) {
        ("gitlab", [_, _, ..]) => parts.join("/"),
        (_, [owner, name, ..]) => format!("{owner}/{name}"),
        _ => return None,
    };
    Some((kind, name.strip_suffix(".git").map(str::to_owned).unwrap_or(name)))
}

/// Tag or commit in the address of an archive on a code host: `…/archive/refs/tags/v1.tar.gz`,
/// `…/releases/download/v1/a.zip`, `…/-/archive/v1/a.zip`.
pub(crate) fn archive_revision(address: &str) -> Option<&str> {
    on_code_host(address)?;
    let path = address.split(['?', '#']).next().unwrap_or(address);
    if let Some((_, rest)) = path.split_once("/releases/download/").or_else(|| path.split_once("/-/archive/")) {
        return rest.split_once('/').map(|(tag, _)| tag);
    }
    let (_, rest) =
        ["/archive/", "/tarball/", "/zipball/", "/tar.gz/", "/zip/"].iter().find_map(|part| path.split_once(part))?;
    let rest = rest.strip_prefix("refs/tags/").unwrap_or(rest);
    let endings = [".tar.gz", ".tgz", ".zip", ".tar.xz", ".tar.bz2"];
    let rest = endings.iter().find_map(|ending| rest.strip_suffix(ending)).unwrap_or(rest);
    (!rest.is_empty() && !rest.starts_with("refs/heads/")).then_some(rest)
}

/// Host and path of a repository's address without scheme, user, query: `git@host:a/b` is `host/a/b`.
pub(crate) fn host_and_path(address: &str) -> Option<String> {
    host_of(address)?;
    let rest = match address.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        None => address.replacen(':', "/", 1),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or("");
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
    Some(if path.is_empty() { host } else { format!("{host}/{path}") })
}

/// True for a full commit hash.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_hosts() {
        let read = |address| on_code_host(address).map(|(kind, name)| format!("{kind} {name}"));
        assert_eq!(read("git@github.com:a/b.git").as_deref(), Some("github a/b"));
        assert_eq!(read("https://gitlab.com/a/b/c.git").as_deref(), Some("gitlab a/b/c"));
        assert_eq!(read("https://github.com/a/b/archive/v1.zip").as_deref(), Some("github a/b"));
        assert_eq!(read("https://h.example/a/b"), None);
        assert_eq!(archive_revision("https://github.com/a/b/archive/refs/tags/v1.2.tar.gz"), Some("v1.2"));
        assert_eq!(archive_revision("https://github.com/a/b/releases/download/2.0/x.zip"), Some("2.0"));
        assert_eq!(archive_revision("https://gitlab.com/a/b/-/archive/v3/b-v3.tar.gz"), Some("v3"));
        assert_eq!(host_and_path("ssh://git@H.example:22/a/b").as_deref(), Some("h.example:22/a/b"));
    }

    #[test]
    fn hosts_of_addresses() {
        assert_eq!(host_of("git+https://user:pw@Git.Example.org:8443/a/b.git#1").as_deref(), Some("git.example.org"));
        assert_eq!(host_of("git@github.com:a/b.git").as_deref(), Some("github.com"));
        assert_eq!(host_of("file:///x"), None);
        assert_eq!(host_of("../local"), None);
        let path = |text| repository_path(text);
        assert_eq!(path("https://u@GitHub.com:443/Own/x.git/").as_deref(), Some("github.com/Own/x"));
        assert_eq!(path("git@github.com:Own/x.git").as_deref(), Some("github.com/Own/x"));
        assert_eq!(path("https://github.com"), None);
        assert_eq!(path("../x"), None);
    }
}
