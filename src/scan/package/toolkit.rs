//! What every package scanner writes, written once: the package, its identity keys, its host.

use crate::model::{ComponentId, ComponentKind, RelationKind, key, purl};
use crate::scan::{Facts, Input, Seen, SourceFile};
use crate::text::Span;

/// A package about to be written.
#[derive(Clone, Copy)]
pub(crate) struct Package<'a> {
    /// Ecosystem word and purl type.
    ecosystem: &'static str,
    /// Name as the ecosystem writes it.
    name: &'a str,
    /// Exact version; `None` when only a requirement is known.
    version: Option<&'a str>,
    /// Where it stands.
    file: &'a SourceFile,
    /// The words that name it.
    span: Span,
}

impl<'a> Package<'a> {
    /// A package; npm scopes and Go paths stay in the name.
    pub(crate) fn new(
        ecosystem: &'static str,
        name: &'a str,
        version: Option<&'a str>,
        file: &'a SourceFile,
        span: Span,
    ) -> Self {
        Self { ecosystem, name, version, file, span }
    }

    /// Canonical id.
    pub(crate) fn id(&self) -> ComponentId {
        match self.ecosystem {
            "npm" => purl::npm(self.name, self.version),
            "golang" => purl::golang(self.name, self.version),
            other => purl::package(other, None, self.name, self.version),
        }
    }

    /// Writes the package, its name and version, and the keys that say who publishes it.
    pub(crate) fn write(&self, root: &ComponentId, out: &mut Facts<'_>) -> ComponentId {
        let id = self.id();
        // one place for all facts: lines and words are looked up once
        let seen = self.file.at(self.span);
        out.component(&id, ComponentKind::Package, seen.clone());
        out.attribute(&id, key::ECOSYSTEM, self.ecosystem, seen.clone());
        out.attribute(&id, key::NAME, self.name, seen.clone());
        if let Some(version) = self.version {
            out.attribute(&id, key::VERSION, version, seen.clone());
        }
        let resolution = if self.version.is_some() { "locked" } else { "unlocked" };
        out.attribute(&id, key::RESOLUTION, resolution, seen.clone());
        for identity in identities(self.ecosystem, self.name) {
            out.attribute(&id, key::IDENTITY, identity, seen.clone());
        }
        out.relation(root, RelationKind::Contains, &id, seen);
        id
    }

    /// Writes what a manifest asks for directly: the package with its constraint and scope, needed by
    /// `project`. A version that the constraint alone does not fix stays open; when a lock file answers it,
    /// [`crate::scan::reconcile`] puts the locked package in its place.
    pub(crate) fn require(
        &self,
        constraint: &str,
        scope: &'static str,
        project: &ComponentId,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        let id = self.write(project, out);
        let seen = self.file.at(self.span);
        if !constraint.is_empty() {
            out.attribute(&id, key::REQUIREMENT, constraint, seen.clone());
        }
        out.attribute(&id, key::SCOPE, scope, seen.clone());
        direct(project, &id, &seen, out);
        id
    }
}

/// An entry of a lock file that others name: a package, or a project of the tree itself.
#[derive(Clone)]
pub(crate) struct Locked {
    /// The package; for the tree's own, the project.
    pub(crate) id: ComponentId,
    /// The tree's own project, not a package of others.
    pub(crate) own: bool,
}

impl Locked {
    /// A package of others.
    pub(crate) fn package(id: ComponentId) -> Self {
        Self { id, own: false }
    }

    /// The tree's own.
    pub(crate) fn own(project: &ComponentId) -> Self {
        Self { id: project.clone(), own: true }
    }

    /// Writes that this entry needs another; what the tree's own needs is direct.
    pub(crate) fn needs(&self, to: &Self, seen: &Seen, out: &mut Facts<'_>) {
        if to.own {
            return;
        }
        if self.own {
            direct(&self.id, &to.id, seen, out);
        } else {
            out.relation(&self.id, RelationKind::DependsOn, &to.id, seen.clone());
        }
    }
}

/// The project needs a package directly.
pub(crate) fn direct(project: &ComponentId, id: &ComponentId, seen: &Seen, out: &mut Facts<'_>) {
    out.relation(project, RelationKind::DependsOn, id, seen.clone());
    out.attribute(id, key::RELATION, "direct", seen.clone());
}

/// As [`root`], for a lock file: says that requirements of this ecosystem in the folder and below are
/// answered by this file.
pub(crate) fn locked_root(ecosystem: &str, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> ComponentId {
    let project = root(input, file, out);
    out.attribute(&project, key::LOCKS, ecosystem, file.whole());
    project
}

/// A repository that the package says it comes from: its address, and its owner as a key.
pub(crate) fn repository(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    out.attribute(id, key::SOURCE, without_secrets(address), seen.clone());
    repository_owner_of(id, address, seen, out);
}

/// The owner of a repository's address as a key; an address that is none gives nothing.
pub(crate) fn repository_owner_of(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(owner) = owner_of_address(address) {
        out.attribute(id, key::IDENTITY, owner, seen.clone().inferred());
    }
}

/// `github:owner` of an address with or without scheme, of npm's `github:owner/name`, of `git@host:owner/name`.
fn owner_of_address(address: &str) -> Option<String> {
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

/// The domain of an author or maintainer's mail address, as a weak key: `Name <user@corp.example>`.
pub(crate) fn mail(id: &ComponentId, text: &str, seen: &Seen, out: &mut Facts<'_>) {
    for part in text.split(',') {
        if let Some(domain) = crate::scan::image::dpkg::mail_domain(part) {
            out.attribute(id, key::IDENTITY, format!("mail:{domain}"), seen.clone().inferred());
        }
    }
}

/// Keys under which the catalog may know the publisher of a name.
fn identities(ecosystem: &str, name: &str) -> Vec<String> {
    let mut keys = vec![format!("{ecosystem}:{name}")];
    match ecosystem {
        "npm" => keys.extend(purl::npm_parts(name).0.map(|scope| format!("npm:{scope}"))),
        "golang" => keys.extend(repository_owner(name)),
        _ => {}
    }
    keys
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

/// The component that holds what a file lists: the image being scanned, else the file's folder.
pub(crate) fn root(input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> ComponentId {
    let root = input.root_subject(file);
    out.component(&root, input.root_kind(), file.whole());
    root
}

/// The package is fetched from a host that the file states.
pub(crate) fn fetched_from(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    out.attribute(id, key::DOWNLOAD, without_secrets(address), seen.clone());
    if let Some(host) = host_of(address) {
        distributed_by(id, &host, seen, out);
    }
}

/// The package is fetched from a host.
pub(crate) fn distributed_by(id: &ComponentId, host: &str, seen: &Seen, out: &mut Facts<'_>) {
    let host = ComponentId::host(host);
    out.component(&host, ComponentKind::Host, seen.clone());
    out.relation(id, RelationKind::DistributedBy, &host, seen.clone());
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
    }
}
