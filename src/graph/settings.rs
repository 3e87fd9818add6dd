//! Lines that set a registry: what people change so that packages come from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{EdgeId, Graph};
use crate::model::{ComponentKind, Evidence, RelationKind, Sighting, key};
use crate::text::{Region, RelPath};

/// Lines of settings by file.
pub(super) type Lines = BTreeMap<RelPath, BTreeSet<Option<Region>>>;

impl<'a> Graph<'a> {
    /// The lines of settings that lead something to the host of a relation.
    pub fn set_at(&self, edge: EdgeId) -> impl Iterator<Item = &'a Sighting> + use<'a, '_> {
        let edge = self.edge(edge);
        let is_fetched = edge.kind == RelationKind::DistributedBy;
        let lines = if is_fetched { Some(self.lines_of_settings()).filter(|lines| !lines.is_empty()) } else { None };
        lines.into_iter().flat_map(|lines| {
            let is_of = |seen: &&Sighting| lines.get(seen.path()).is_some_and(|here| here.contains(&seen.region()));
            edge.evidence.iter().filter_map(Evidence::sighting).filter(is_of)
        })
    }

    fn lines_of_settings(&self) -> &Lines {
        self.lines_of_settings.get_or_init(|| {
            let mut lines = Lines::new();
            let rows = self.nodes_of(&[ComponentKind::Project]).flat_map(|project| self.all_attributes(project));
            for row in rows.filter(|row| row.key == key::REGISTRY) {
                for seen in row.evidence.iter().filter_map(Evidence::sighting) {
                    lines.entry(seen.path().clone()).or_default().insert(seen.region());
                }
            }
            lines
        })
    }
}
