//! The same workload for several clusters of one environment: each is a leg to stand on when another is lost. What
//! differs between them is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Cite, Work};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{ComponentId, ComponentKind, Confidence, Place, RelationKind, Verification, key};
use crate::scan::cluster::kubernetes::environment;
use crate::text::RelPath;

/// Folders whose children are one deployment each; of overlays only where their names or what deploys them say so.
const HOLDERS: [&str; 7] = ["clusters", "overlays", "environments", "envs", "regions", "sites", "stamps"];
/// Words that tell places apart.
const PLACES: [&str; 14] =
    ["eu", "us", "uk", "na", "emea", "apac", "amer", "asia", "europe", "america", "east", "west", "north", "south"];
/// Deployments of one workload that are compared.
const COMPARED: usize = 200;

/// A workload of one deployment.
struct Leg {
    deployment: String,
    id: ComponentId,
    /// A name of a place, an environment or a cluster, or something that deploys it: more than a way to install it.
    is_deployment: bool,
}

pub(super) fn link(work: &mut Work<'_>) {
    let mut groups: BTreeMap<String, Vec<Leg>> = BTreeMap::new();
    for seen in work.components(|kind| kind == ComponentKind::Workload) {
        if let Some((group, deployment)) = place_of(seen.id.rest()) {
            let is_deployment = is_deployment(work, &seen.id, &deployment);
            groups.entry(group).or_default().push(Leg { deployment, id: seen.id, is_deployment });
        }
    }
    for (group, legs) in groups.into_iter().filter(|(_, legs)| (2..=COMPARED).contains(&legs.len())) {
        if !legs.iter().any(|leg| leg.is_deployment) {
            variants(work, &group, &legs);
            continue;
        }
        let legs: Vec<Leg> = legs.into_iter().filter(|leg| leg.is_deployment).collect();
        drift(work, &legs);
        failover(work, &legs);
    }
}

/// Overlays side by side may be ways to install one thing, of which one is chosen. A deployment is said by its folder, by
/// the name of a place or environment, or by an object that deploys it.
fn is_deployment(work: &Work<'_>, id: &ComponentId, name: &str) -> bool {
    let parts: Vec<&str> = id.rest().split('/').collect();
    let is_held = |holder: &&str| *holder != "overlays" && HOLDERS.contains(holder);
    let is_child = parts.windows(2).any(|pair| is_held(&pair[0]) && pair[1] == name);
    let is_environment = || RelPath::new(name).is_some_and(|name| environment(&name, "").is_some());
    let is_place = || {
        let regions = || work.catalog.is_region_code(name.strip_prefix("values-").unwrap_or(name));
        name.split(['-', '_', '.']).any(|word| PLACES.contains(&word)) || regions()
    };
    let is_deployed = || {
        let known = work.inventory.known(id);
        known.is_some_and(|known| known.relations().iter().any(|row| row.kind == RelationKind::DeployedBy))
    };
    is_child || is_environment() || is_place() || is_deployed()
}

/// Ways to install one workload: one of them runs.
fn variants(work: &mut Work<'_>, group: &str, legs: &[Leg]) {
    let cite = Cite {
        entry: "attribution/variants".to_owned(),
        source: "overlays of one base that no cluster, place or environment tells apart",
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    for leg in legs {
        work.note(&leg.id, key::VARIANT, group, &cite);
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
    type Versions = BTreeMap<String, BTreeMap<String, (String, Option<Place>)>>;
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
            let place = row.evidence.iter().rev().find_map(|one| one.place());
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
