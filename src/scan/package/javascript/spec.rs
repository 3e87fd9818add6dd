//! What a dependency's value means to npm, Yarn, pnpm and Bun: a range, another name, an address, or a folder of
//! the tree itself.

use std::borrow::Cow;

use crate::model::{ComponentId, key};
use crate::scan::package::toolkit::{self, Locked};
use crate::scan::{Facts, Input, Seen, SourceFile};

/// A dependency's value, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Spec<'a> {
    /// A folder or file of the tree itself: `workspace:*`, `file:../a`, `link:./b`, see [`folder`].
    Own,
    /// Versions of a registry's package; under another name when the value says so: `npm:other@^1`.
    Range {
        /// `npm` or `jsr`.
        ecosystem: &'static str,
        /// The real name, when it is not the one that the dependency has.
        name: Option<Cow<'a, str>>,
        /// Range, tag or exact version.
        range: Cow<'a, str>,
    },
    /// A repository or an archive, as a full address.
    Address(Cow<'a, str>),
    /// `catalog:`, `catalog:name`: the range stands in the workspace's settings.
    Catalog,
}

/// Understands a value.
pub(crate) fn spec(text: &str) -> Spec<'_> {
    let text = text.trim();
    let own = ["workspace:", "file:", "link:", "portal:", "exec:", "./", "../", "/", "~/"];
    if own.iter().any(|prefix| text.starts_with(prefix)) || text == "." || is_archive(text) && !text.contains(':') {
        return Spec::Own;
    }
    if text.starts_with("catalog:") {
        return Spec::Catalog;
    }
    if let Some(rest) = text.strip_prefix("patch:") {
        return patched(rest);
    }
    for (prefix, ecosystem) in [("npm:", "npm"), ("jsr:", "jsr")] {
        // no name of a registry is an address
        if let Some(rest) = text.strip_prefix(prefix).filter(|rest| !rest.contains("://")) {
            let (name, range) = named(rest);
            return Spec::Range { ecosystem, name: name.map(Cow::Borrowed), range: Cow::Borrowed(range) };
        }
    }
    if text.contains("://") || text.starts_with("git@") {
        return Spec::Address(Cow::Borrowed(text));
    }
    for (prefix, host) in [("github:", "github.com"), ("gitlab:", "gitlab.com"), ("bitbucket:", "bitbucket.org")] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return Spec::Address(Cow::Owned(format!("https://{host}/{rest}")));
        }
    }
    // `user@host:owner/name`
    let path = text.split('#').next().unwrap_or(text);
    if path.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !user.contains('/') && host.contains(':')) {
        return Spec::Address(Cow::Borrowed(text));
    }
    // npm's short form of a repository on GitHub; ranges hold spaces, or no slash
    if text.contains('/') && !text.contains(' ') && !text.starts_with('@') {
        return Spec::Address(Cow::Owned(format!("https://github.com/{text}")));
    }
    Spec::Range { ecosystem: "npm", name: None, range: Cow::Borrowed(text) }
}

/// Yarn's `patch:name@npm%3A1.0.0#changes`: the package that the changes are made to.
fn patched(rest: &str) -> Spec<'_> {
    let inner = rest.split('#').next().unwrap_or(rest);
    let (name, inner) = named(inner);
    let decoded = inner.replace("%3A", ":").replace("%2F", "/").replace("%40", "@").replace("%23", "#");
    let owned = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
    if decoded.starts_with("patch:") {
        // a patch of a patch: the range is not worth the depth
        let name = owned(name.map(Cow::Borrowed));
        return Spec::Range { ecosystem: "npm", name, range: Cow::Borrowed("") };
    }
    match spec(&decoded) {
        Spec::Own => Spec::Own,
        Spec::Catalog => Spec::Catalog,
        Spec::Address(address) => Spec::Address(Cow::Owned(address.into_owned())),
        Spec::Range { ecosystem, name: inner, range } => Spec::Range {
            ecosystem,
            name: owned(inner).or_else(|| owned(name.map(Cow::Borrowed))),
            range: Cow::Owned(range.into_owned()),
        },
    }
}

/// `name@range`, `@scope/name`, or a bare range.
fn named(text: &str) -> (Option<&str>, &str) {
    match text.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => (Some(&text[..at]), &text[at + 1..]),
        None if text.starts_with('@') => (Some(text), ""),
        None => (None, text),
    }
}

/// The folder of the tree that a value of [`Spec::Own`] names; a workspace's member is named by its package and not by that.
pub(crate) fn folder(text: &str) -> Option<&str> {
    let text = text.trim();
    let path = ["file:", "link:", "portal:"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let is_path = path == "." || ["./", "../"].iter().any(|prefix| path.starts_with(prefix)) || path.len() < text.len();
    (is_path && !is_archive(path) && !path.starts_with(['/', '~'])).then_some(path)
}

/// True for a packed package, as opposed to a folder.
pub(crate) fn is_archive(path: &str) -> bool {
    let path = path.split(['#', '?']).next().unwrap_or(path);
    let path = path.split_once("::").map_or(path, |(path, _)| path);
    [".tgz", ".tar.gz", ".tar"].iter().any(|ending| path.ends_with(ending))
}

/// The project of a folder of the tree that a lock file names: `packages/a`, `file:../a`. One outside of the tree
/// counts as the lock file's own.
pub(crate) fn member(
    folder: &str,
    project: &ComponentId,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Locked {
    let path = folder.split_once(':').map_or(folder, |(_, path)| path);
    let Some(folder) = file.folder().join(path) else { return Locked::own(project) };
    toolkit::member_at(&folder, project, input, file.whole(), out)
}

/// Name and the rest of `name@rest`, where the name may begin with `@`.
pub(crate) fn split_at_sign(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    Some((&text[..at], &text[at + 1..]))
}

/// The version, when a range is an exact one: `1.2.3`, `=1.2.3`, `v1.2.3-rc.1`.
pub(crate) fn exact(range: &str) -> Option<&str> {
    let text = range.trim();
    let text = text.strip_prefix('=').map_or(text, str::trim_start);
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let mut parts = 0;
    for part in text[..end].split('.') {
        parts += 1;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    let rest = text[end..].chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    (parts == 3 && rest).then_some(text)
}

/// The package is fetched from a repository or archive: its address, and whose repository it is.
pub(crate) fn fetched(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if is_repository(address) {
        return toolkit::from_git(id, address, seen, out);
    }
    toolkit::fetched_from(id, address, seen, out);
    // npm's archives of GitHub repositories: `owner/name/tar.gz/commit`
    let archive = address.split_once("://codeload.github.com/").map(|(_, path)| path.split(['?', '#']).next());
    let revision = archive.flatten().and_then(|path| path.splitn(4, '/').nth(3));
    if let Some(revision) = revision.filter(|revision| toolkit::is_fixed(revision)) {
        out.attribute(id, key::REVISION, revision, seen.clone());
    }
    let repository = address.replace("://codeload.github.com/", "://github.com/");
    toolkit::repository_owner_of(id, &repository, seen, out);
}

/// As [`fetched`], from an address that a manifest gives itself in the place of a range.
pub(crate) fn at_address(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if !is_repository(address) && !toolkit::is_git(address) {
        out.attribute(id, key::FETCHED_AS, "address", seen.clone());
    }
    fetched(id, address, seen, out);
}

/// True for a repository at a commit or a tag of numbers.
pub(crate) fn is_at_fixed_revision(address: &str) -> bool {
    let is_repository = is_repository(address) || toolkit::is_git(address);
    is_repository && toolkit::revision_in(address).is_some_and(toolkit::is_fixed)
}

/// True where a lock file that holds an address in the place of a version says all of what is taken: an archive, or a repository
/// at a commit or a tag of numbers.
pub(crate) fn is_locked_at(address: &str) -> bool {
    is_at_fixed_revision(address) || !is_repository(address) && !toolkit::is_git(address)
}

/// True for the page of a repository, which npm takes for the repository itself: `https://github.com/owner/name#ref`.
pub(crate) fn is_repository(address: &str) -> bool {
    let path = address.split('#').next().unwrap_or_default();
    ["https://github.com/", "https://gitlab.com/", "https://bitbucket.org/"].iter().any(|host| {
        path.strip_prefix(host).is_some_and(|path| {
            let parts: Vec<&str> = path.split('/').collect();
            parts.len() == 2 && parts.iter().all(|part| !part.is_empty()) && !path.ends_with("gz")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(name: Option<&'static str>, range: &'static str) -> Spec<'static> {
        Spec::Range { ecosystem: "npm", name: name.map(Cow::Borrowed), range: Cow::Borrowed(range) }
    }

    #[test]
    fn values_are_understood() {
        assert_eq!(spec("^1.2.3 || 2"), range(None, "^1.2.3 || 2"));
        assert_eq!(spec("npm:^1.2.3"), range(None, "^1.2.3"));
        assert_eq!(spec("npm:@a/b@1.0.0"), range(Some("@a/b"), "1.0.0"));
        assert_eq!(spec("npm:@a/b"), range(Some("@a/b"), ""));
        assert_eq!(spec("workspace:^"), Spec::Own);
        assert_eq!(spec("catalog:react17"), Spec::Catalog);
        assert_eq!(spec("vendor/a.tgz"), Spec::Own);
        assert_eq!(spec("a/b#main"), Spec::Address("https://github.com/a/b#main".into()));
        assert_eq!(spec("gitlab:a/b"), Spec::Address("https://gitlab.com/a/b".into()));
        assert_eq!(spec("git@h.example:a/b.git"), Spec::Address("git@h.example:a/b.git".into()));
        assert_eq!(spec("patch:a@npm%3A1.0.0#./a.patch"), range(Some("a"), "1.0.0"));
        assert_eq!(spec("patch:@s/a@1.0.0#builtin<x>"), range(Some("@s/a"), "1.0.0"));
        assert_eq!(spec("patch:a@patch%3Aa@npm%253A1#x"), range(Some("a"), ""));
    }

    #[test]
    fn only_whole_versions_are_exact() {
        assert_eq!(exact("=1.2.3"), Some("1.2.3"));
        assert_eq!(exact("v1.2.3-rc.1+b"), Some("1.2.3-rc.1+b"));
        for open in ["1.2", "1.2.x", "^1.2.3", "1.2.3 || 2.0.0", "latest", "", "1.2.3.4", ">=1.2.3"] {
            assert_eq!(exact(open), None, "{open}");
        }
    }
}
