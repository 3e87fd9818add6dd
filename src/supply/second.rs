//! Second sources: on which platforms a workload could run, by the software it is known to use.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::Fleet;
use super::rows::{CannotRow, SecondSourceRow};
use super::tie::{Tied, needed_by};
use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, Platform, StackTie, Tie, names};
use crate::export::{Subject, prohibition};
use crate::graph::{Graph, NodeId};
use crate::model::{ComponentKind, Date, RelationKind, Verification};

/// One row for each workload and project that runs on an accelerator or uses tied software.
pub(super) fn sources(
    graph: &Graph<'_>,
    catalog: &Catalog,
    fleet: &Fleet<'_>,
    tied: &[Tied<'_>],
    as_of: Date,
) -> Vec<SecondSourceRow> {
    let mut by_workload: BTreeMap<NodeId, Vec<(NodeId, &StackTie)>> = BTreeMap::new();
    for one in tied {
        for workload in needed_by(graph, one.node) {
            by_workload.entry(workload).or_default().push((one.node, one.row));
        }
    }
    for holder in fleet.parts.iter().flat_map(|part| &part.holders) {
        if graph.node(*holder).kind == ComponentKind::Workload {
            by_workload.entry(*holder).or_default();
        }
    }
    let named = |platform| Named { platform, name: name(platform, catalog, as_of) };
    let platforms: Vec<Named<'_>> = catalog.tables().platform.iter().map(named).collect();
    let platforms = &platforms;
    by_workload.into_iter().map(|(workload, ties)| row(graph, platforms, workload, &ties)).collect()
}

/// A platform with the name by which it is told.
struct Named<'c> {
    platform: &'c Platform,
    name: String,
}

/// The platform's name, with the prohibition under which products of it stand: no second source is free of it.
fn name(platform: &Platform, catalog: &Catalog, as_of: Date) -> String {
    let is_of = |row: &&Accelerator| platform.accelerators.iter().any(|pattern| names(pattern, &row.id));
    let mut rows = catalog.tables().accelerator.iter().filter(is_of);
    match rows.find_map(|row| prohibition(catalog, &Subject::of(row, catalog), as_of)) {
        Some(step) => format!("{} [{}]", platform.name, step.title()),
        None => platform.name.to_string(),
    }
}

fn row(graph: &Graph<'_>, platforms: &[Named<'_>], workload: NodeId, ties: &[(NodeId, &StackTie)]) -> SecondSourceRow {
    let ends = graph.outgoing_of(workload, &[RelationKind::RunsOn]);
    let accelerators: Vec<NodeId> =
        ends.map(|(_, end)| end).filter(|end| graph.node(*end).kind == ComponentKind::Accelerator).collect();
    let now: BTreeSet<&str> = platforms
        .iter()
        .map(|named| named.platform)
        .filter(|platform| {
            let has =
                |node: &NodeId| platform.accelerators.iter().any(|pattern| names(pattern, graph.node(*node).id.rest()));
            accelerators.iter().any(has)
        })
        .map(|platform| &*platform.id)
        .collect();
    let (mut could, mut other_builds, mut cannot) = (Vec::new(), Vec::new(), Vec::new());
    for Named { platform, name } in platforms.iter().filter(|named| !now.contains(&*named.platform.id)) {
        let against = |tie: Tie| -> BTreeSet<String> {
            let missing = |(_, row): &&(NodeId, &StackTie)| row.tie == tie && !row.platforms.contains(&platform.id);
            ties.iter().filter(missing).map(|(node, _)| graph.label(*node).into_owned()).collect()
        };
        let because = against(Tie::Code);
        if !because.is_empty() {
            cannot.push(CannotRow { platform: platform.name.to_string(), because: because.into_iter().collect() });
        } else if !against(Tie::Build).is_empty() {
            other_builds.push(name.clone());
        } else if !ties.is_empty() {
            could.push(name.clone());
        }
    }
    let mut told: Vec<String> =
        ties.iter().map(|(node, row)| format!("{}: {}", graph.label(*node), row.what)).collect();
    told.sort();
    told.dedup();
    SecondSourceRow {
        workload: graph.label(workload).into_owned(),
        runs_on: accelerators.iter().map(|node| graph.label(*node).into_owned()).collect(),
        ties: told,
        could,
        could_with_other_builds: other_builds,
        cannot,
        verification: ties
            .iter()
            .map(|(_, row)| row.verification)
            .min()
            .unwrap_or(Verification::Recalled)
            .as_str()
            .to_owned(),
    }
}
