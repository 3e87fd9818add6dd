//! Haskell.

mod beside;
pub mod cabal;
pub mod cabal_freeze;
mod cabal_project;
pub mod hpack;
pub mod stack;
pub mod stack_lock;

use crate::model::ComponentId;
use crate::scan::package::toolkit::{self, Package, Revision, scope};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Writes a repository that holds packages of a project, at a commit or tag, or at a branch: what they are called, only the
/// repository says. Nothing for a place without a host.
fn repository(
    address: &str,
    (tag, branch): (Option<&str>, Option<&str>),
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    toolkit::host_of(address)?;
    let revision = Revision::stated(|word| match word {
        "tag" => tag,
        "branch" => branch,
        _ => None,
    });
    let last = address.trim_end_matches('/').trim_end_matches(".git").rsplit('/').next().unwrap_or(address);
    let (ecosystem, name, _) = toolkit::fetched_name(address, last);
    let version = revision.filter(|revision| revision.is_fixed).map(|revision| revision.text);
    let id = Package::new(ecosystem, &name, version, file, span).require("", scope::RUNTIME, project, out);
    toolkit::from_repository(&id, address, revision.map(|revision| revision.text), &file.at(span), out);
    Some(id)
}

/// Name, version and hash of `name-1.0@sha256:hash,size`.
fn versioned(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (stem, hash) = text.split_once('@').unwrap_or((text, ""));
    let (name, version) = stem.rsplit_once('-')?;
    let is_version = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    let hash = hash.split(',').next().filter(|hash| hash.starts_with("sha256:"));
    (!name.is_empty() && !name.contains('/') && is_version).then_some((name, version, hash))
}
