//! Identity keys to publishers and operators.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::{BY_NAME, Cite, LEAST, MAIL_OF_AUTHOR, Seen, Work};
use crate::catalog::Catalog;
use crate::catalog::rows::{Key, Organisation};
use crate::model::{ComponentId, ComponentKind, Confidence, Known, RelationKind, Verification, key};

pub(super) fn link(work: &mut Work<'_>) {
    let catalog = work.catalog;
    // nearly no package has a publisher that the catalog knows: only those that have are looked at one by one
    let speaks = |kind: ComponentKind, known: &Known| {
        let is_key = |identity: &str| {
            identity.split_once(':').is_some_and(|(kind, value)| by_identity(catalog, kind, value).is_some())
        };
        kind == ComponentKind::Host
            || known.values(key::IDENTITY).any(|identity| is_key(identity))
            || known.values(key::VENDOR).next().is_some()
    };
    for seen in work.components_if(is_published, speaks) {
        match seen.kind {
            ComponentKind::Host => operator(work, &seen),
            ComponentKind::Package
            | ComponentKind::Image
            | ComponentKind::Model
            | ComponentKind::Dataset
            | ComponentKind::Repository => publisher(work, &seen),
            _ => {}
        }
    }
}

/// Who operates a host: its registry or domain key, else the cloud whose domain it is under.
fn operator(work: &mut Work<'_>, seen: &Seen) {
    let host = seen.id.rest().to_owned();
    if let Some((organisation, key)) = work.catalog.operator_of_host(&host) {
        link_to(work, &seen.id, RelationKind::ProvidedBy, organisation, key, true);
        return;
    }
    if let Some(provider) = work.catalog.provider_by_host(&host)
        && let Some(node) = work.organisation(&provider.organisation)
    {
        let cite = Cite {
            entry: format!("provider/{}", provider.id),
            source: &provider.source,
            verification: provider.verification.min(Verification::OneSource),
            confidence: Confidence::Likely,
        };
        work.relate(&seen.id, RelationKind::ProvidedBy, &node, &cite);
    }
}

/// Who publishes it, by the first identity key that the catalog knows; further keys that lead to
/// other organisations are kept too, so that a conflict is seen.
fn publisher(work: &mut Work<'_>, seen: &Seen) {
    let mut claims: Vec<&Organisation> = Vec::new();
    // the name of what is called by its repository is that repository
    let of_registry = |kind: &&str| !matches!(*kind, "github" | "gitlab" | "bitbucket" | "gitee");
    let ecosystem = if is_of_repository(work, seen) { ecosystem(&seen.id).filter(of_registry) } else { None };
    for identity in seen.all(key::IDENTITY) {
        let Some((kind, value)) = identity.split_once(':') else { continue };
        // whoever owns the name in the registry need not own the repository that is taken in its place
        if ecosystem == Some(kind) {
            continue;
        }
        let Some((organisation, key, exact)) = by_identity(work.catalog, kind, value) else { continue };
        if kind == "mail" {
            by_mail(work, &seen.id, organisation, key);
            continue;
        }
        link_to(work, &seen.id, RelationKind::MaintainedBy, organisation, key, exact);
        // who packages for a distribution or a channel is somebody else than who wrote it, without conflict
        if exact && !matches!(kind, "distribution" | "conda") {
            claims.push(organisation);
        }
    }
    for name in seen.all(key::VENDOR) {
        if let Some(organisation) = work.catalog.organisation_by_supplier(name) {
            by_name(work, &seen.id, RelationKind::MaintainedBy, organisation, name);
            claims.push(organisation);
        }
    }
    conflict(work, &seen.id, &claims);
}

/// True for a package that is taken from a repository or an address of its own, and from no registry that everybody uses.
fn is_of_repository(work: &Work<'_>, seen: &Seen) -> bool {
    let is_registry = |host: &ComponentId| work.catalog.is_public_registry(host.rest());
    seen.kind == ComponentKind::Package && seen.all(key::FETCHED_AS).next().is_some() && {
        let relations = work.inventory.known(&seen.id).map_or(&[][..], Known::relations);
        !relations.iter().any(|row| row.kind == RelationKind::DistributedBy && is_registry(&row.to))
    }
}

/// The type of a package, which names of its registry have as their kind of key.
fn ecosystem(id: &ComponentId) -> Option<&str> {
    id.as_str().strip_prefix("pkg:")?.split('/').next()
}

/// Who provides a service that no table knows: by the domain and the legal name that it states.
pub(super) fn provider(work: &mut Work<'_>, seen: &Seen) {
    let mut claims: Vec<&Organisation> = Vec::new();
    for domain in seen.all(key::IDENTITY).filter_map(|identity| identity.strip_prefix("domain:")) {
        if let Some((organisation, key)) = work.catalog.organisation_by_host(domain, "") {
            link_to(work, &seen.id, RelationKind::ProvidedBy, organisation, key, true);
            claims.push(organisation);
        }
    }
    for name in seen.all(key::VENDOR) {
        if let Some(organisation) = work.catalog.organisation_by_supplier(name) {
            by_name(work, &seen.id, RelationKind::ProvidedBy, organisation, name);
            claims.push(organisation);
        }
    }
    conflict(work, &seen.id, &claims);
}

/// The organisation that an identity key leads to, and whether the key is exact.
fn by_identity<'c>(catalog: &'c Catalog, kind: &str, value: &str) -> Option<(&'c Organisation, &'c Key, bool)> {
    match kind {
        "image" => image_namespace(catalog, value),
        "distribution" => catalog.organisation_by_host("docker.io", value).map(|(row, key)| (row, key, true)),
        // a maintainer's mail domain says for whom somebody works at most
        "mail" => {
            // everybody has mail there, whoever runs it
            let found = if catalog.is_shared_host(value) { None } else { catalog.organisation_by_host(value, "") };
            let found = found.filter(|(_, key)| &*key.kind == "domain");
            found.map(|(row, key)| (row, key, false))
        }
        "git" => git_host(catalog, value),
        // who has a name on one hub often has it on the other, and that is no proof
        "modelscope" => {
            let own = catalog.organisation_by_key(kind, value).map(|(row, key, found)| (row, key, found.exact));
            own.or_else(|| catalog.organisation_by_key("huggingface", value).map(|(row, key, _)| (row, key, false)))
        }
        "maven" => {
            let own = catalog.organisation_by_key(kind, value).map(|(row, key, found)| (row, key, found.exact));
            own.or_else(|| maven_domain(catalog, value))
        }
        _ => catalog.organisation_by_key(kind, value).map(|(row, key, found)| (row, key, found.exact)),
    }
}

/// A group of Maven is a domain written backwards: `com.example.tools` is of example.com. A hint, since nobody checks
/// groups in registries of one's own.
fn maven_domain<'c>(catalog: &'c Catalog, group: &str) -> Option<(&'c Organisation, &'c Key, bool)> {
    let group = group.split([':', '/']).next()?.to_ascii_lowercase();
    let labels: Vec<&str> = group.split('.').rev().collect();
    let domains: Vec<String> = (0..labels.len().saturating_sub(1)).map(|from| labels[from..].join(".")).collect();
    // everybody has pages or code there
    if domains.iter().any(|domain| catalog.is_shared_host(domain)) {
        return None;
    }
    let (row, key) = catalog.organisation_by_host(domains.first()?, "").filter(|(_, key)| &*key.kind == "domain")?;
    Some((row, key, false))
}

/// `host/owner` on a git host of somebody's own: a key for it, else a hint by the domain the host is under.
fn git_host<'c>(catalog: &'c Catalog, value: &str) -> Option<(&'c Organisation, &'c Key, bool)> {
    if let Some((row, key, found)) = catalog.organisation_by_key("git", value) {
        return Some((row, key, found.exact));
    }
    let (host, _) = value.split_once('/')?;
    let found = catalog.organisation_by_host(host, "").filter(|(_, key)| &*key.kind == "domain");
    found.map(|(row, key)| (row, key, false))
}

/// For whom somebody who wrote it reads mail: a hint, and said as one.
fn by_mail(work: &mut Work<'_>, id: &ComponentId, organisation: &Organisation, key: &Key) {
    let Some(node) = work.organisation(&organisation.id) else { return };
    let cite = Cite {
        entry: format!("organisation/{} {MAIL_OF_AUTHOR} {}", organisation.id, key.value),
        source: key.source.as_deref().unwrap_or(&organisation.source),
        verification: mark(key),
        confidence: Confidence::Possible,
    };
    work.relate(id, RelationKind::MaintainedBy, &node, &cite);
}

/// A supplier, vendor or manufacturer as the source names it. A name alone fails no gate.
fn by_name(work: &mut Work<'_>, id: &ComponentId, kind: RelationKind, organisation: &Organisation, name: &str) {
    let Some(node) = work.organisation(&organisation.id) else { return };
    let cite = Cite {
        entry: format!("organisation/{} {BY_NAME} {name}", organisation.id),
        source: &organisation.source,
        verification: Verification::Recalled,
        confidence: Confidence::Likely,
    };
    work.relate(id, kind, &node, &cite);
}

/// Says so when keys of one component lead to organisations that do not belong together. Both links stay.
fn conflict(work: &mut Work<'_>, id: &ComponentId, claims: &[&Organisation]) {
    let names: BTreeSet<&str> = claims.iter().map(|row| &*row.id).collect();
    if names.len() < 2 {
        return;
    }
    let groups: Vec<BTreeSet<&str>> = names.iter().map(|name| family(work, name)).collect();
    let is_one = groups.iter().enumerate().all(|(at, one)| groups[..at].iter().all(|other| !one.is_disjoint(other)));
    if is_one {
        return;
    }
    let shown: Vec<&str> = names.iter().filter_map(|name| Some(&*work.catalog.organisation(name)?.name)).collect();
    let cite = Cite {
        entry: "attribution/owner-conflict".to_owned(),
        source: "identity keys and names of the component",
        verification: Verification::TwoSource,
        confidence: Confidence::Certain,
    };
    work.note(id, key::OWNER_CONFLICT, &shown.join(", "), &cite);
}

/// An organisation and everybody above it.
fn family<'c>(work: &Work<'c>, organisation: &'c str) -> BTreeSet<&'c str> {
    let mut found = BTreeSet::new();
    let mut open = vec![organisation];
    while let Some(one) = open.pop() {
        if found.insert(one) {
            open.extend(work.catalog.owners(one, work.as_of).map(|row| &*row.by));
        }
    }
    found
}

/// How well a key is checked.
fn mark(key: &Key) -> Verification {
    match (key.gate, key.two_source) {
        (true, true) => Verification::TwoSource,
        (true, false) => Verification::OneSource,
        (false, _) => Verification::Recalled,
    }
}

/// The namespace of an image: only keys with a path say who publishes; a bare registry says who serves.
fn image_namespace<'c>(catalog: &'c Catalog, name: &str) -> Option<(&'c Organisation, &'c Key, bool)> {
    let (host, path) = name.split_once('/')?;
    // who makes an official image is told before who publishes all of them
    let paths = [path.strip_prefix("library/").unwrap_or(path), path];
    paths.into_iter().find_map(|path| {
        catalog
            .organisation_by_host(host, path)
            .filter(|(_, key)| key.value.contains('/'))
            .map(|(row, key)| (row, key, true))
    })
}

fn link_to(
    work: &mut Work<'_>,
    id: &ComponentId,
    kind: RelationKind,
    organisation: &Organisation,
    key: &Key,
    exact: bool,
) {
    let Some(node) = work.organisation(&organisation.id) else { return };
    let cite = Cite {
        entry: format!("organisation/{} key {}:{}", organisation.id, key.kind, key.value),
        source: key.source.as_deref().unwrap_or(&organisation.source),
        verification: mark(key),
        confidence: if exact { Confidence::Certain } else { Confidence::Possible },
    };
    work.relate(id, kind, &node, &cite);
}

/// Says for every component that should have an owner whether one was found.
pub(super) fn mark_unknown(work: &mut Work<'_>) {
    let answering = [RelationKind::ProvidedBy, RelationKind::MaintainedBy, RelationKind::DesignedBy];
    let mut all: Vec<&mut Known> = work.inventory.iter_mut_to_note(key::OWNER).map(|(_, known)| known).collect();
    all.par_chunks_mut(LEAST).for_each(|some| {
        // texts of its own for each thread: counting who holds one is what threads would wait for
        let evidence = Work::evidence(&Cite {
            entry: "attribution".to_owned(),
            source: "identity keys of the organisations table",
            verification: Verification::TwoSource,
            confidence: Confidence::Certain,
        });
        let [is_known, is_unknown]: [Arc<str>; 2] = [Arc::from("known"), Arc::from("unknown")];
        for known in some {
            // what the catalog says has no service behind it has no owner to be known
            let asked = known.kinds().iter().any(|(kind, _)| is_owned(*kind))
                && !known.values(key::CAPABILITY).any(|value| &**value == "none");
            if asked {
                let owned = known.relations().iter().any(|relation| answering.contains(&relation.kind));
                let value = Arc::clone(if owned { &is_known } else { &is_unknown });
                known.note(key::OWNER, value, evidence.clone());
            }
        }
    });
}

/// Kinds of components that somebody should answer for.
fn is_owned(kind: ComponentKind) -> bool {
    matches!(
        kind,
        ComponentKind::Package
            | ComponentKind::Image
            | ComponentKind::Model
            | ComponentKind::Service
            | ComponentKind::Accelerator
            | ComponentKind::Device
            | ComponentKind::Host
    )
}

/// Kinds of components that a host or a publisher answers for.
fn is_published(kind: ComponentKind) -> bool {
    matches!(
        kind,
        ComponentKind::Host
            | ComponentKind::Package
            | ComponentKind::Image
            | ComponentKind::Model
            | ComponentKind::Dataset
            | ComponentKind::Repository
    )
}
