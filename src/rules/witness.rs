//! The way from a root of ours to what was found, step by step, each with the place that states it.

use std::sync::Arc;

use super::draft::seen;
use super::run::View;
use crate::graph::Path;
use crate::model::{Evidence, Place, Sighting, Step};
use crate::text::RelPath;

/// Places of the way in, from its first component to the last relation: where several files state the same, those
/// that state what follows, back from the `files` that state what was found.
fn places_in<'v>(view: &'v View<'_>, path: &Path, way_in: usize, mut files: Vec<&'v RelPath>) -> Vec<Option<Place>> {
    let mut found: Vec<Option<&Sighting>> = Vec::new();
    for (edge, _) in path.steps.iter().take(way_in).rev() {
        let seen = || view.graph.edge(*edge).evidence.iter().filter_map(Evidence::sighting);
        let best = seen().find(|seen| files.contains(&seen.path())).or_else(|| seen().next());
        files = best.map_or(files, |seen| vec![seen.path()]);
        found.push(best);
    }
    let seen = seen(view, path.start);
    let of_start = seen.iter().find(|seen| files.contains(&seen.path())).or(seen.first());
    found.push(of_start.copied());
    found.into_iter().rev().map(|seen| seen.map(Sighting::place)).collect()
}

/// Every step of a path with its best place; the first `way_in` relations lead to the subject.
pub(super) fn steps(view: &View<'_>, path: &Path, way_in: usize, files: Vec<&RelPath>) -> Vec<Step> {
    let graph = view.graph;
    let mut places = places_in(view, path, way_in, files).into_iter();
    let mut found = vec![Step {
        relation: None,
        component: graph.node(path.start).id.clone(),
        label: Arc::from(&*graph.label(path.start)),
        place: places.next().flatten(),
        entry: None,
        verification: None,
    }];
    for (edge, node) in &path.steps {
        let about = graph.edge(*edge);
        let observed = places.next().unwrap_or_else(|| about.evidence.iter().find_map(Evidence::place));
        let cited = about.evidence.iter().find_map(|evidence| match evidence {
            Evidence::Cited(cited) => Some((Arc::clone(&cited.entry), cited.verification)),
            Evidence::Observed(_) => None,
        });
        found.push(Step {
            relation: Some(about.kind),
            component: graph.node(*node).id.clone(),
            label: Arc::from(&*graph.label(*node)),
            place: observed,
            entry: cited.as_ref().map(|(entry, _)| Arc::clone(entry)),
            verification: cited.map(|(_, mark)| mark),
        });
    }
    found
}
