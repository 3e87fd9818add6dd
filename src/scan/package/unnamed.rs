//! Packages that are asked for by an address and no name: what is packed there says its name, and is not read here.
//! The component is the repository or archive itself, so that nothing that is fetched is left out.

use super::address::{archive_revision, is_git, on_code_host, without_secrets};
use super::fetched::fetched_from;
use super::publisher::repository_owner_of;
use super::toolkit::Package;
use crate::model::{ComponentId, key};
use crate::scan::{Facts, SourceFile};
use crate::text::{Span, after_scheme};

/// True where something stands that is only known later: marks of templates and variables.
pub(crate) fn is_template(text: &str) -> bool {
    ["{{", "{%", "${", "%(", "%s", "{}"].iter().any(|mark| text.contains(mark))
}

/// The revision that the address of a repository states itself: `git+https://host/owner/name@v1` as pip writes it,
/// `…/name.git#v1` as npm does.
pub(crate) fn revision_in(address: &str) -> Option<&str> {
    let (place, fragment) = address.split_once('#').unwrap_or((address, ""));
    // npm writes the revision behind `#`, pip parameters, Yarn from its second version on the commit among some
    let of_npm = Some(fragment).filter(|text| !text.is_empty() && !text.contains(['=', ':']));
    let of_yarn = || fragment.split('&').find_map(|part| part.strip_prefix("commit="));
    split_revision(place).1.or(of_npm).or_else(of_yarn).filter(|text| !is_template(text))
}

/// True where the revision that a repository's address states stays what it is: a commit, or a tag of numbers.
pub(crate) fn is_at_fixed_revision(address: &str) -> bool {
    is_repository(address) && revision_in(address).is_some_and(is_fixed)
}

/// The revision of a repository that a manifest states beside its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision<'t> {
    /// The word that it stands under.
    pub(crate) word: &'static str,
    /// Commit, tag or branch.
    pub(crate) text: &'t str,
    /// It stays what it is, as far as an exact version does: a commit, or a tag of numbers. What a branch is called
    /// says nothing of that.
    pub(crate) is_fixed: bool,
}

impl<'t> Revision<'t> {
    /// The words under which manifests state a revision; that of a branch is the last.
    const WORDS: [&'static str; 6] = ["rev", "ref", "commit", "revision", "tag", "branch"];

    /// Looks for it: `of` tells what stands under a word.
    pub(crate) fn stated(of: impl Fn(&str) -> Option<&'t str>) -> Option<Self> {
        Self::WORDS.into_iter().find_map(|word| {
            let text = of(word)?;
            Some(Self { word, text, is_fixed: word != "branch" && is_fixed(text) })
        })
    }
}

/// An address in the place of a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unnamed<'t> {
    /// Purl type: that of the code host, or `generic`.
    ecosystem: &'static str,
    /// `owner/name` on a code host, elsewhere the last part of the path.
    name: String,
    /// Tag, branch or commit.
    revision: Option<&'t str>,
    /// The address as it stands.
    address: &'t str,
}

impl<'t> Unnamed<'t> {
    /// Reads `git+https://host/owner/name.git@v1#subdirectory=x`, `https://host/archive.zip`. Nothing for what names
    /// no host, and where owner or name are variables.
    pub(crate) fn parse(address: &'t str) -> Option<Self> {
        let place = address.split('#').next().unwrap_or(address);
        let (place, _) = split_revision(place);
        let revision = revision_in(address);
        super::address::host_of(place)?;
        let path = path_of(place)?;
        if path.is_empty() || is_template(path) {
            return None;
        }
        let (ecosystem, name) = on_code_host(place).unwrap_or_else(|| {
            let last = path.rsplit(['/', ':']).next().unwrap_or(path);
            ("generic", last.strip_suffix(".git").unwrap_or(last).to_owned())
        });
        let revision = revision.or_else(|| archive_revision(address));
        (!name.is_empty()).then_some(Self { ecosystem, name, revision, address })
    }

    /// Writes it as what a manifest or command asks for: a commit or a tag of numbers is its version, any other revision
    /// may be a branch.
    pub(crate) fn require(
        &self,
        scope: &'static str,
        span: Span,
        project: &ComponentId,
        file: &SourceFile,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        let version = self.revision.filter(|revision| is_fixed(revision) || self.address.contains("/refs/tags/"));
        let shown = without_secrets(self.address);
        let place = shown.split('#').next().unwrap_or(&shown);
        let which = if is_repository(self.address) { "vcs_url" } else { "download_url" };
        let qualifiers = [(which, if self.ecosystem == "generic" { place } else { "" })];
        let package = Package::new(self.ecosystem, &self.name, version, file, span).qualified(&qualifiers);
        let id = package.require(version.map_or(self.revision.unwrap_or(""), |_| ""), scope, project, out);
        let seen = file.at(span);
        fetched_from(&id, self.address, &seen, out);
        repository_owner_of(&id, self.address, &seen, out);
        if let Some(revision) = self.revision {
            out.attribute(&id, key::REVISION, revision, seen);
        }
        id
    }
}

/// True for a commit (`0123abc` and longer) and for a tag such as `v1.2`.
pub(crate) fn is_fixed(revision: &str) -> bool {
    let is_commit = (7..=64).contains(&revision.len()) && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut numbers = revision.strip_prefix('v').unwrap_or(revision).split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_commit || numbers.clone().count() > 1 && numbers.all(is_number)
}

/// True for an address of a repository, whatever its version control.
fn is_repository(address: &str) -> bool {
    is_git(address) || ["hg+", "svn+", "bzr+"].iter().any(|kind| address.starts_with(kind))
}

/// What stands behind the host: `owner/name`.
fn path_of(place: &str) -> Option<&str> {
    let rest = match after_scheme(place) {
        Some(start) => place[start..].split_once('/')?.1,
        None => place.split_once(':')?.1,
    };
    Some(rest.split('?').next().unwrap_or(rest).trim_matches('/'))
}

/// `…/name.git@v1`: the place, and the revision behind the last `@` of the path, as pip writes it. A tag may hold slashes.
fn split_revision(place: &str) -> (&str, Option<&str>) {
    let start = after_scheme(place).unwrap_or(0);
    let Some(path) = place[start..].find('/').map(|at| start + at) else { return (place, None) };
    // an `@` at the beginning of a part belongs to its name
    let sign = place[path..].rfind('@').filter(|at| *at > 0 && !place[..path + at].ends_with('/'));
    match sign.filter(|_| is_repository(place)) {
        Some(at) => (&place[..path + at], Some(&place[path + at + 1..]).filter(|text| !text.is_empty())),
        None => (place, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_no_versions() {
        for fixed in ["v1.2", "1.2.3", "0123abc", "0123456789abcdef0123456789abcdef01234567"] {
            assert!(is_fixed(fixed), "{fixed}");
        }
        for open in ["main", "release-2.x", "refs/pull/12/head", "py3", "v1", "1.", "1.x", "0123ab", ""] {
            assert!(!is_fixed(open), "{open}");
        }
    }

    #[test]
    fn what_a_branch_is_called_says_nothing() {
        let is_fixed = |word: &str, text| {
            Revision::stated(|asked| (asked == word).then_some(text)).map(|revision| revision.is_fixed)
        };
        assert_eq!(is_fixed("tag", "v1.2"), Some(true));
        assert_eq!(is_fixed("rev", "0123abc"), Some(true));
        assert_eq!(is_fixed("branch", "1.2"), Some(false));
        assert_eq!(is_fixed("ref", "main"), Some(false));
        assert_eq!(is_fixed("path", "1.2"), None);
    }

    #[test]
    fn addresses_without_a_name() {
        let read = |address| {
            let found = Unnamed::parse(address)?;
            Some(format!("{} {} {}", found.ecosystem, found.name, found.revision.unwrap_or("-")))
        };
        for (address, expected) in [
            ("git+https://github.com/acme/thing.git@v1.2", "github acme/thing v1.2"),
            ("git+https://${TOKEN}@github.com/acme/thing@release/1#subdirectory=x", "github acme/thing release/1"),
            ("git+ssh://git@bitbucket.org/acme/thing.git", "bitbucket acme/thing -"),
            ("git+git@github.com:acme/thing.git@main", "github acme/thing main"),
            ("git+https://gitlab.com/a/b/c.git@0123abc", "gitlab a/b/c 0123abc"),
            ("git+https://code.example/team/thing@v2", "generic thing v2"),
            ("hg+https://hg.example/thing@7", "generic thing 7"),
            ("https://github.com/acme/thing/archive/refs/tags/v1.2.tar.gz", "github acme/thing v1.2"),
            ("https://github.com/acme/thing/archive/main.zip?x=@1", "github acme/thing main"),
            ("https://host.example/dl/latest.zip?token=1", "generic latest.zip -"),
            ("https://github.com/acme/thing#v3", "github acme/thing v3"),
            ("git+https://github.com/acme/thing@${REF}", "github acme/thing -"),
        ] {
            assert_eq!(read(address).as_deref(), Some(expected), "{address}");
        }
        for address in ["https://host.example", "git+https://github.com/${OWNER}/thing", "file:///x", "git+file:///x/y"]
        {
            assert_eq!(read(address), None, "{address}");
        }
    }
}
