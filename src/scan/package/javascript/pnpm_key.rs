//! Keys of `pnpm-lock.yaml`: how versions 5 to 9 write the name, version and peers of a package.

/// What a key says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key<'t> {
    /// Name; nothing for keys that are addresses.
    pub(crate) name: Option<&'t str>,
    /// Exact version; nothing for keys with an address in its place.
    pub(crate) version: Option<&'t str>,
    /// A registry other than the default one.
    pub(crate) host: Option<&'t str>,
}

/// Splits a key: `/a/1.0.0_react@18.2.0` (5), `/a@1.0.0(react@18.2.0)` (6), `a@1.0.0(react@18.2.0)` (9),
/// `registry.example/a/1.0.0` (5).
pub(crate) fn parse(text: &str) -> Key<'_> {
    let nothing = Key { name: None, version: None, host: None };
    let text = without_peers(text);
    if text.starts_with("file:") || text.starts_with("link:") {
        return nothing;
    }
    let (host, path) = match text.strip_prefix('/') {
        Some(path) => (None, path),
        None => match text.split_once('/') {
            // a host stands before the name in old versions; names hold no dot before a slash
            Some((host, path)) if !host.starts_with('@') && !host.contains('@') && host.contains('.') => {
                (Some(host), path)
            }
            _ => (None, text),
        },
    };
    let Some((name, version)) = name_and_version(path) else { return nothing };
    let version = version.split('_').next().unwrap_or(version);
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    match host {
        // `github.com/owner/name/commit`
        Some(_) if !is_version || !version.contains('.') => nothing,
        _ => Key { name: Some(name), version: is_version.then_some(version), host },
    }
}

/// The key without `(react@18.2.0)` and the like.
pub(crate) fn without_peers(text: &str) -> &str {
    text.find('(').map_or(text, |cut| &text[..cut])
}

fn name_and_version(path: &str) -> Option<(&str, &str)> {
    let scope = if path.starts_with('@') { path.find('/')? + 1 } else { 0 };
    let end = scope + path[scope..].find(['@', '/'])?;
    let (name, version) = (&path[..end], &path[end + 1..]);
    (end > scope && !version.is_empty()).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_all_versions() {
        let read = |text| {
            let key = parse(text);
            (key.name, key.version, key.host)
        };
        assert_eq!(read("/a/1.0.0_react@18.2.0+x@1.0.0"), (Some("a"), Some("1.0.0"), None));
        assert_eq!(read("/@s/a/1.0.0-rc.1"), (Some("@s/a"), Some("1.0.0-rc.1"), None));
        assert_eq!(read("/@s/a@1.0.0(react@18.2.0(x@1.0.0))"), (Some("@s/a"), Some("1.0.0"), None));
        assert_eq!(read("a@1.0.0"), (Some("a"), Some("1.0.0"), None));
        assert_eq!(read("@s/a@1.0.0(@t/b@2.0.0)"), (Some("@s/a"), Some("1.0.0"), None));
        assert_eq!(read("a@https://codeload.github.com/o/n/tar.gz/abc"), (Some("a"), None, None));
        assert_eq!(read("a@file:x.tgz"), (Some("a"), None, None));
        assert_eq!(read("registry.example/@s/a/1.0.0"), (Some("@s/a"), Some("1.0.0"), Some("registry.example")));
        assert_eq!(read("github.com/o/n/0abc1"), (None, None, None));
        assert_eq!(read("file:../a"), (None, None, None));
        assert_eq!(read(""), (None, None, None));
    }
}
