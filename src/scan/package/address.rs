//! Addresses that manifests and lock files state: their host, and whose repository they lead to.

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

/// `github:owner` for paths under a code host.
pub(crate) fn repository_owner(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let host = parts.next()?;
    let owner = parts.next().filter(|owner| !owner.is_empty())?;
    let kind = match host {
        "github.com" => "github",
        "gitlab.com" => "gitlab",
        "gitee.com" => "gitee",
        _ => return None,
    };
    Some(format!("{kind}:{owner}"))
}

/// Host of an address, with or without scheme prefix such as `git+`, user or port.
pub(crate) fn host_of(address: &str) -> Option<String> {
    let rest = match address.split_once("://") {
        Some((_, rest)) => rest,
        // scp-like git addresses: `git@host:path`
        None => {
            let (user_host, _) = address.split_once(':')?;
            let (_, host) = user_host.split_once('@')?;
            return is_host(host).then(|| host.to_ascii_lowercase());
        }
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = authority.split(':').next().unwrap_or(authority);
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
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        && (text.contains('.') || text == "localhost")
}

/// The address without user and password.
pub(crate) fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_addresses() {
        assert_eq!(host_of("git+https://user:pw@Git.Example.org:8443/a/b.git#1").as_deref(), Some("git.example.org"));
        assert_eq!(host_of("git@github.com:a/b.git").as_deref(), Some("github.com"));
        assert_eq!(host_of("file:///x"), None);
        assert_eq!(host_of("../local"), None);
        assert_eq!(without_secrets("https://u:p@h.example/x@y"), "https://h.example/x@y");
        let path = |text| repository_path(text);
        assert_eq!(path("https://u@GitHub.com:443/Own/x.git/").as_deref(), Some("github.com/Own/x"));
        assert_eq!(path("git@github.com:Own/x.git").as_deref(), Some("github.com/Own/x"));
        assert_eq!(path("https://github.com"), None);
        assert_eq!(path("../x"), None);
    }
}
