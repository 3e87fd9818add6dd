//! Kubernetes objects behind which a cloud or a product stands: by the words in them that the catalog knows. And which
//! workloads use objects that lie in other files of the tree.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cite, Seen, Work, service};
use crate::model::{ComponentId, ComponentKind, Confidence, RelationKind, Verification, key};

pub(super) fn link(work: &mut Work<'_>) {
    uses(work);
    let mut marked = work.components(|kind| matches!(kind, ComponentKind::Service | ComponentKind::Cluster));
    marked.retain(|seen| seen.first(key::MARK).is_some());
    if marked.is_empty() {
        return;
    }
    let needs = work.inventory.relations().filter(|(_, row)| row.kind == RelationKind::DependsOn);
    let used: BTreeSet<ComponentId> = needs.map(|(_, row)| row.to.clone()).collect();
    for seen in marked {
        let marks: Vec<String> = seen.all(key::MARK).map(str::to_owned).collect();
        for mark in marks {
            explain(work, &seen, &mark, used.contains(&seen.id));
        }
    }
}

/// What the catalog knows of a mark.
struct Known<'c> {
    entry: String,
    source: &'c str,
    verification: Verification,
    what: &'c str,
    provider: Option<&'c str>,
    organisation: Option<&'c str>,
    confidence: Confidence,
}

fn known<'c>(work: &Work<'c>, mark: &str) -> Option<Known<'c>> {
    let stated = mark.strip_prefix(key::LIKELY);
    let confidence = if stated.is_some() { Confidence::Likely } else { Confidence::Certain };
    let (place, word) = stated.unwrap_or(mark).split_once(' ')?;
    if place == "kind" {
        let (group, kind) = word.rsplit_once('/')?;
        let row = work.catalog.object_kind(group, kind)?;
        return Some(Known {
            entry: format!("object-kind/{}/{}", row.group, row.kind),
            source: &row.source,
            verification: row.verification,
            what: "",
            provider: row.provider.as_deref(),
            organisation: None,
            confidence,
        });
    }
    let row = work.catalog.object_mark(place, word)?;
    Some(Known {
        entry: format!("object-mark/{}/{}", row.place, row.word),
        source: &row.source,
        verification: row.verification,
        what: &row.what,
        provider: row.provider.as_deref(),
        organisation: row.organisation.as_deref(),
        confidence,
    })
}

fn explain(work: &mut Work<'_>, seen: &Seen, mark: &str, is_used: bool) {
    let Some(known) = known(work, mark) else { return };
    let cite = Cite {
        entry: known.entry,
        source: known.source,
        verification: known.verification,
        confidence: known.confidence,
    };
    let is_described = seen.first(key::SERVICE).is_some();
    if !known.what.is_empty() && !is_described && seen.kind == ComponentKind::Service {
        work.note(&seen.id, key::CAPABILITY, known.what, &cite);
        // a class that nothing uses holds nothing
        if known.what.ends_with("-storage") && is_used {
            work.note(&seen.id, key::DATA_CLASS, "stateful", &cite);
        }
    }
    if let Some(organisation) = known.organisation
        && let Some(node) = work.organisation(organisation)
    {
        work.relate(&seen.id, RelationKind::ProvidedBy, &node, &cite);
    }
    let catalog = work.catalog;
    let Some(provider) = known.provider.and_then(|id| catalog.provider(id)) else { return };
    let regions: Vec<_> = seen.all(key::REGION).filter_map(|code| catalog.region(&provider.id, code)).collect();
    for region in &regions {
        service::place(work, &seen.id, region, known.confidence);
    }
    let region = regions.first().copied();
    // a partition run by another legal person: the region table says so
    let realm = region.and_then(|region| catalog.provider_of_realm(region));
    service::provided_by(work, &seen.id, realm.unwrap_or(provider), region, known.confidence);
    if let Some(node) = work.organisation(&realm.unwrap_or(provider).organisation) {
        work.relate(&seen.id, RelationKind::ProvidedBy, &node, &cite);
    }
}

/// Workloads name objects of other files: of those that fit, the one that lies nearest is meant.
fn uses(work: &mut Work<'_>) {
    let components = work.components(|kind| matches!(kind, ComponentKind::Service | ComponentKind::Workload));
    let mut named: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Service) {
        let kind = seen.first(key::RESOURCE_TYPE).and_then(|kind| kind.rsplit_once('/')).map(|(_, kind)| kind);
        if let (Some(kind), Some(name)) = (kind, seen.first(key::NAME)) {
            named.entry(format!("{kind} {name}")).or_default().push(seen);
        }
    }
    if named.is_empty() {
        return;
    }
    let cite = Cite {
        entry: "attribution/uses".to_owned(),
        source: "name of an object elsewhere in the tree",
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Workload) {
        for name in seen.all(key::USES) {
            let Some(all) = named.get(name) else { continue };
            let near = |other: &&&Seen| shared(seen.id.rest(), other.id.rest());
            let Some(nearest) = all.iter().map(|other| near(&other)).max() else { continue };
            let mut nearest = all.iter().filter(|other| near(other) == nearest);
            if let (Some(one), None) = (nearest.next(), nearest.next()) {
                work.relate(&seen.id, RelationKind::DependsOn, &one.id, &cite);
            }
        }
    }
}

/// Folders that two ids share from the root on.
fn shared(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}
