//! The same workload for several clusters of one environment: each is a leg to stand on when another is lost. What
//! differs between them is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Cite, Work};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{ComponentId, ComponentKind, Confidence, Place, RelationKind, Verification, key};
use crate::scan::cluster::kubernetes::environment;
use crate::text::RelPath;

/// Folders whose children are one deployment each.
const HOLDERS: [&str; 7] = ["clusters", "overlays", "environments", "envs", "regions", "sites", "stamps"];
/// Deployments of one workload that are compared.
const COMPARED: usize = 200;

/// A workload of one deployment.
struct Leg {
    deployment: String,
    id: ComponentId,
}

pub(super) fn link(work: &mut Work<'_>) {
    let mut groups: BTreeMap<String, Vec<Leg>> = BTreeMap::new();
    for seen in work.components(|kind| kind == ComponentKind::Workload) {
        if let Some((group, deployment)) = place_of(seen.id.rest()) {
            groups.entry(group).or_default().push(Leg { deployment, id: seen.id });
        }
    }
    for legs in groups.values().filter(|legs| (2..=COMPARED).contains(&legs.len())) {
        drift(work, legs);
        failover(work, legs);
    }
}

/// What a workload is the twin of others by, and the name of its deployment: `clusters/NAME`, or the values of a chart.
fn place_of(rest: &str) -> Option<(String, String)> {
    let mut parts: Vec<&str> = rest.split('/').collect();
    let object = parts.split_off(parts.len().checked_sub(3)?);
    let holder = parts.iter().rposition(|part| HOLDERS.contains(part)).filter(|at| at + 1 < parts.len());
    let (at, name) = match (holder, parts.last()) {
        (_, Some(last)) if last.starts_with("values-") => (parts.len() - 1, *last),
        (Some(at), _) => (at + 1, parts[at + 1]),
        _ => return None,
    };
    // staging may well run something else than production
    let kind = RelPath::new(name).and_then(|name| environment(&name, "")).unwrap_or("");
    let group = [&parts[..at], &[kind], &parts[at + 1..], &object[..]].concat().join("/");
    Some((group, name.to_owned()))
}

/// Versions of one image that differ between deployments.
fn drift(work: &mut Work<'_>, legs: &[Leg]) {
    type Versions = BTreeMap<String, BTreeMap<String, (String, Option<Arc<Place>>)>>;
    let mut found = Versions::new();
    for leg in legs {
        let Some(known) = work.inventory.known(&leg.id) else { continue };
        for row in known.relations().iter().filter(|row| row.kind == RelationKind::DependsOn) {
            let Some(image) = work.inventory.known(&row.to).filter(|known| known.kind() == Some(ComponentKind::Image))
            else {
                continue;
            };
            let Some(name) = image.values(key::NAME).next() else { continue };
            let version = image.values(key::VERSION).next().map_or("latest", |version| version);
            let last = name.rsplit('/').next().unwrap_or(name);
            let last = last.split([':', '@']).next().unwrap_or(last);
            // where an overlay changes the version, its line is the last of all places
            let place = row.evidence.iter().rev().find_map(|one| one.place()).cloned();
            let versions = found.entry(last.to_owned()).or_default();
            versions.entry(version.to_owned()).or_insert_with(|| (leg.deployment.clone(), place));
        }
    }
    for (image, versions) in found.into_iter().filter(|(_, versions)| versions.len() > 1) {
        let mut versions = versions.into_iter();
        let (Some((one, (here, place))), Some((other, (there, other_place)))) = (versions.next(), versions.next())
        else {
            continue;
        };
        let Some(place) = place else { continue };
        let at_other = other_place.map_or_else(String::new, |place| match place.region {
            Some(region) => format!(" ({}:{})", place.path, region.start.line),
            None => format!(" ({})", place.path),
        });
        let message = format!(
            "deployments of one workload differ: `{here}` runs `{image}` {one}, `{there}` runs {other}{at_other}"
        );
        work.inventory.diagnostics.insert(Diagnostic {
            path: place.path.clone(),
            at: place.region.map(|region| region.start),
            kind: DiagnosticKind::Conflict,
            scanner: Arc::from("twins"),
            message,
        });
    }
}

/// Legs stand in for each other where traffic moves by itself; else a person must move it.
fn failover(work: &mut Work<'_>, legs: &[Leg]) {
    let deployments: BTreeSet<&str> = legs.iter().map(|leg| leg.deployment.as_str()).collect();
    if deployments.len() < 2 {
        return;
    }
    let moves = |leg: &Leg| {
        let known = work.inventory.known(&leg.id);
        known.is_some_and(|known| known.values(key::FAILOVER).any(|value| &**value == "automated"))
    };
    let automated: Vec<bool> = legs.iter().map(moves).collect();
    let cite = Cite {
        entry: "attribution/twins".to_owned(),
        source: "the same workload in deployments beside each other",
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    for (leg, moves) in legs.iter().zip(&automated) {
        if !moves {
            work.note(&leg.id, key::FAILOVER, "static", &cite);
            continue;
        }
        for (other, _) in
            legs.iter().zip(&automated).filter(|(other, moves)| **moves && other.deployment != leg.deployment)
        {
            work.relate(&leg.id, RelationKind::FailsOverTo, &other.id, &cite);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn twins_share_folder_environment_and_name() {
        let group = |id: &str| place_of(id).map(|(group, _)| group);
        assert_eq!(group("a/overlays/prod-eu/Deployment/x/app"), group("a/overlays/prod-us/Deployment/x/app"));
        assert_ne!(group("a/overlays/prod/Deployment/x/app"), group("a/overlays/staging/Deployment/x/app"));
        assert_eq!(group("clusters/eu/apps/Deployment/x/app"), group("clusters/us/apps/Deployment/x/app"));
        assert_eq!(group("chart/values-prod-eu/Deployment/x/a"), group("chart/values-prod-us/Deployment/x/a"));
        assert_eq!(group("base/Deployment/x/app"), None);
        assert_eq!(group("./Deployment/x/app"), None);
    }
}
