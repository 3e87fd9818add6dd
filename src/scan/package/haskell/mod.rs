//! Haskell.

mod beside;
pub mod cabal;
pub mod cabal_freeze;
mod cabal_project;
pub mod hpack;
pub mod stack;
pub mod stack_lock;

use crate::model::{ComponentId, purl};
use crate::scan::package::toolkit::{self, Package, Revision, scope};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Where packages are taken from that no registry gives.
struct Origin<'a> {
    address: &'a str,
    tag: Option<&'a str>,
    branch: Option<&'a str>,
    /// Folders of it that are packages; without any it is one as a whole.
    folders: Vec<&'a str>,
}

impl<'a> Origin<'a> {
    /// What the packages are called, as far as folders and the repository tell: only the repository itself says it.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        let whole = self.folders.is_empty().then_some(".");
        let own = last_of(self.address);
        let last = move |folder: &'a str| match folder.trim_matches('/').rsplit('/').next() {
            Some("." | "") | None => own,
            Some(last) => last,
        };
        self.folders.clone().into_iter().chain(whole).map(last)
    }

    /// The repository as [`repository`] writes it; nothing for a place without a host.
    fn repository(&self) -> Option<ComponentId> {
        toolkit::host_of(self.address)?;
        let (ecosystem, name, version) = repository_parts(self.address, (self.tag, self.branch));
        Some(purl::of(ecosystem, &name, version))
    }
}

/// The last word of an address: the name of a repository.
fn last_of(address: &str) -> &str {
    address.trim_end_matches('/').trim_end_matches(".git").rsplit('/').next().unwrap_or(address)
}

fn revision<'a>((tag, branch): (Option<&'a str>, Option<&'a str>)) -> Option<Revision<'a>> {
    Revision::stated(|word| match word {
        "tag" => tag,
        "branch" => branch,
        _ => None,
    })
}

/// Purl type, name and version of a repository.
fn repository_parts<'a>(
    address: &str,
    at: (Option<&'a str>, Option<&'a str>),
) -> (&'static str, String, Option<&'a str>) {
    let (ecosystem, name, _) = toolkit::fetched_name(address, last_of(address));
    (ecosystem, name, revision(at).filter(|revision| revision.is_fixed).map(|revision| revision.text))
}

/// The packages that GHC itself consists of: no tool takes others in their place, so that they are fetched with the compiler
/// and never from a registry. As `nonReinstallablePackages` of cabal-install and `wiredInPackages` of Stack have them.
const OF_COMPILER: [&str; 9] = [
    "base",
    "ghc",
    "ghc-bignum",
    "ghc-internal",
    "ghc-prim",
    "integer-gmp",
    "integer-simple",
    "rts",
    "template-haskell",
];

/// True for a package that comes with the compiler, by its name.
fn is_of_compiler(name: &str) -> bool {
    OF_COMPILER.contains(&name)
}

/// True for a package that comes with the compiler: a lock file need not hold it.
pub(crate) fn comes_with_compiler(package: &ComponentId) -> bool {
    let name = package.as_str().strip_prefix("pkg:hackage/");
    name.is_some_and(|name| is_of_compiler(name.split('@').next().unwrap_or(name)))
}

/// Writes a repository that holds packages of a project, at a commit or tag, or at a branch: what they are called, only the
/// repository says. Nothing for a place without a host.
fn repository(
    address: &str,
    at: (Option<&str>, Option<&str>),
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    toolkit::host_of(address)?;
    let (ecosystem, name, version) = repository_parts(address, at);
    let id = Package::new(ecosystem, &name, version, file, span).require("", scope::RUNTIME, project, out);
    toolkit::from_repository(&id, address, revision(at).map(|revision| revision.text), &file.at(span), out);
    Some(id)
}

/// A range without the brackets around all of it: `(== 1.0)`.
fn bare(range: &str) -> &str {
    const MOST: usize = 8;
    let mut range = range.trim();
    for _ in 0..MOST {
        let Some(inner) = range.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { break };
        let mut depth = 0i64;
        let is_around = inner.bytes().all(|c| {
            depth += i64::from(c == b'(') - i64::from(c == b')');
            depth >= 0
        });
        if !is_around {
            break;
        }
        range = inner.trim();
    }
    range
}

/// Name, version and hash of `name-1.0@sha256:hash,size`.
fn versioned(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (stem, hash) = text.split_once('@').unwrap_or((text, ""));
    let (name, version) = stem.rsplit_once('-')?;
    let is_version = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    let hash = hash.split(',').next().filter(|hash| hash.starts_with("sha256:"));
    (!name.is_empty() && !name.contains('/') && is_version).then_some((name, version, hash))
}
