//! Where a package is fetched from: a host, one of several, a repository at a revision.

use super::address::{
    archive_revision, host_and_path, host_of, is_commit, is_git, on_code_host, owner_of_address, without_secrets,
};
use super::publisher::repository_owner_of;
use super::unnamed::revision_in;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Seen};

/// The package is fetched from a host that the file states.
pub(crate) fn fetched_from(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if is_git(address) {
        return from_git(id, address, seen, out);
    }
    out.attribute(id, key::DOWNLOAD, without_secrets(address), seen.clone());
    if let Some(host) = host_of(address) {
        distributed_by(id, &host, seen, out);
    }
}

/// The package is taken from a Git repository: the address, its host, the revision that the address states, and the
/// owner of the repository as a key.
pub(crate) fn from_git(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    out.attribute(id, key::FETCHED_AS, "git", seen.clone());
    out.attribute(id, key::DOWNLOAD, without_secrets(address), seen.clone());
    if let Some(host) = host_of(address) {
        distributed_by(id, &host, seen, out);
    }
    repository_owner_of(id, address, seen, out);
    if let Some(revision) = revision_in(address) {
        out.attribute(id, key::REVISION, revision, seen.clone());
    }
}

/// The package is fetched from a host.
pub(crate) fn distributed_by(id: &ComponentId, host: &str, seen: &Seen, out: &mut Facts<'_>) {
    let host = out.host(host);
    out.component(&host, ComponentKind::Host, seen.clone());
    out.relation(id, RelationKind::DistributedBy, &host, seen.clone());
}

/// A source repository that `user` needs, at its revision: nothing for an address without a host.
pub(crate) fn needs_repository(
    user: &ComponentId,
    address: &str,
    revision: Option<&str>,
    seen: &Seen,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let host = host_of(address)?;
    let id = ComponentId::repository(&host_and_path(address)?);
    out.component(&id, ComponentKind::Repository, seen.clone());
    out.attribute(&id, key::DOWNLOAD, without_secrets(address), seen.clone());
    if let Some(owner) = owner_of_address(address) {
        out.attribute(&id, key::IDENTITY, owner, seen.clone());
    }
    revision_of(&id, revision, seen, out);
    out.relation(user, RelationKind::DependsOn, &id, seen.clone());
    distributed_by(&id, &host, seen, out);
    Some(id)
}

/// The revision of a repository, and how far it is pinned: a commit never moves, a tag or branch may, and without
/// any the newest is taken.
pub(crate) fn revision_of(id: &ComponentId, revision: Option<&str>, seen: &Seen, out: &mut Facts<'_>) {
    let pinned = match revision {
        Some(revision) if is_commit(revision) => "digest",
        Some(_) => "tag",
        None => "latest",
    };
    if let Some(revision) = revision {
        out.attribute(id, key::REVISION, revision, seen.clone());
    }
    out.attribute(id, key::PINNED, pinned, seen.clone());
}

/// An archive or repository that is fetched by its address: its purl type, and the name and revision that the
/// address of a code host tells. Elsewhere it is `generic` under the name that the file gives it.
pub(crate) fn fetched_name<'t>(address: &'t str, name: &str) -> (&'static str, String, Option<&'t str>) {
    match on_code_host(address) {
        Some((kind, path)) => (kind, path, archive_revision(address)),
        None => ("generic", name.to_owned(), None),
    }
}

/// The package is fetched from one of several addresses that hold the same: losing one of them is no loss.
pub(crate) fn fetched_from_any(id: &ComponentId, addresses: &[(&str, Seen)], out: &mut Facts<'_>) {
    if let [(address, seen)] = addresses {
        fetched_from(id, address, seen, out);
        return;
    }
    for (address, seen) in addresses {
        out.attribute(id, key::DOWNLOAD, without_secrets(address), seen.clone());
        if let Some(host) = host_of(address) {
            let host = ComponentId::host(&host);
            out.component(&host, ComponentKind::Host, seen.clone());
            out.relation_with(id, RelationKind::DistributedBy, &host, Some("mirrors"), None, seen.clone());
        }
    }
}

/// The package is a state of a repository: fetched from there, with its owner as a key and the commit, tag or
/// branch where one is stated.
pub(crate) fn from_repository(
    id: &ComponentId,
    address: &str,
    revision: Option<&str>,
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    from_git(id, address, seen, out);
    if let Some(revision) = revision.filter(|text| !text.is_empty()) {
        out.attribute(id, key::REVISION, revision, seen.clone());
    }
}

/// One of these hosts gives the package, and the file does not say which.
pub(crate) fn distributed_by_one_of(id: &ComponentId, hosts: &[String], seen: &Seen, out: &mut Facts<'_>) {
    if let [host] = hosts {
        distributed_by(id, host, seen, out);
        return;
    }
    for host in hosts {
        let host = ComponentId::host(host);
        out.component(&host, ComponentKind::Host, seen.clone());
        out.relation_with(id, RelationKind::DistributedBy, &host, Some("registry"), None, seen.clone());
    }
}
