//! Organisations up their chains of owners, to the states they sit in.

use std::collections::BTreeSet;

use super::{Cite, Work};
use crate::model::{ComponentId, ComponentKind, Confidence, Horizon, Known, RelationKind, Verification, key};

pub(super) fn link(work: &mut Work<'_>) {
    if !work.present.contains(&ComponentKind::Organisation) {
        return;
    }
    let catalog = work.catalog;
    let is_one = |known: &Known| known.kinds().iter().any(|(kind, _)| *kind == ComponentKind::Organisation);
    let organisations = work.inventory.those(|_, known| is_one(known));
    let mut open: Vec<String> = organisations.into_iter().map(|(id, _)| id.rest().to_owned()).collect();
    let mut done: BTreeSet<String> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !done.insert(id.clone()) {
            continue;
        }
        let Some(node) = work.organisation(&id) else { continue };
        seat(work, &node, &id);
        for row in catalog.owners(&id, work.as_of) {
            let Some(owner) = work.organisation(&row.by) else { continue };
            let cite = Cite {
                entry: format!("{}/{}/{}", row.table(), row.of, row.by),
                source: &row.source,
                verification: row.verification,
                confidence: if row.verification > Verification::Recalled {
                    Confidence::Certain
                } else {
                    Confidence::Likely
                },
            };
            // a stake without control passes nothing on
            let horizon = if row.control { None } else { Some(Horizon::None) };
            work.relate_at(&node, RelationKind::OwnedBy, &owner, horizon, &cite);
            if let Some(share) = row.share_percent.or(row.votes_percent) {
                work.note(&node, key::OWNED_SHARE, &format!("{}={share}", row.by), &cite);
            }
            open.push(row.by.to_string());
        }
    }
    establishments(work);
}

fn seat(work: &mut Work<'_>, node: &ComponentId, id: &str) {
    let catalog = work.catalog;
    let Some((country, source, verification)) = catalog.seat(id) else { return };
    let state = ComponentId::jurisdiction(country.as_str());
    let cite = Cite { entry: format!("organisation/{id} seat"), source, verification, confidence: Confidence::Certain };
    work.component(&state, ComponentKind::Jurisdiction, &cite);
    work.relate(node, RelationKind::IncorporatedIn, &state, &cite);
}

/// Countries in which cloud operators have establishments of their own.
fn establishments(work: &mut Work<'_>) {
    let catalog = work.catalog;
    let present: BTreeSet<String> = work
        .inventory
        .components()
        .filter(|(_, kind)| *kind == ComponentKind::Organisation)
        .map(|(id, _)| id.rest().to_owned())
        .collect();
    for provider in catalog.tables().provider.iter().filter(|provider| present.contains(&*provider.organisation)) {
        let node = ComponentId::organisation(&provider.organisation);
        for country in &provider.establishments {
            let cite = Cite {
                entry: format!("provider/{} establishments", provider.id),
                source: &provider.source,
                verification: provider.verification,
                confidence: Confidence::Certain,
            };
            let state = ComponentId::jurisdiction(country.as_str());
            work.component(&state, ComponentKind::Jurisdiction, &cite);
            work.relate(&node, RelationKind::EstablishedIn, &state, &cite);
        }
    }
}
