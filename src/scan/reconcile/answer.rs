//! Locked packages in the place of what manifests ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::places::places;
use super::{Answered, folder_of, range};
use crate::model::{
    ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, FactRef, Inventory, Known, RelationKind, key,
};
use crate::text::{Lookup, RelPath};

/// Attributes that a manifest states of what it asks for; they go over to the answer.
const STATED: [&str; 5] = [key::RELATION, key::REQUIREMENT, key::SCOPE, key::CONDITION, key::EXTRAS];

/// Facts of one requirement that one manifest states; more of them only a hostile one has.
const MOST_STATED: usize = 64;

/// Answers that are worth a thread.
const AT_ONCE: usize = 128;

/// Key, value, and where it is stated.
type Property = (&'static str, Arc<str>, Evidence);

/// What is stated of an open requirement.
struct Stated {
    /// By manifest.
    by_file: BTreeMap<RelPath, Vec<Property>>,
    /// In files that manifests take it from.
    places: Vec<(Arc<str>, Evidence)>,
    /// Places with the requirements that they state, where these differ from place to place: Cargo knows one crate by two
    /// names, npm two versions by aliases.
    apart: Vec<(Arc<str>, Evidence)>,
}

impl Stated {
    /// True unless what a place asks for excludes the version.
    fn admits(&self, ecosystem: &str, version: &str, one: &Evidence) -> bool {
        let place = |one: &Evidence| one.sighting().map(|seen| (seen.path().clone(), seen.region()));
        let here = place(one);
        let mut asked = self.apart.iter().filter(|(_, at)| place(at) == here).peekable();
        asked.peek().is_none() || asked.any(|(text, _)| range::holds(ecosystem, text, version) != Some(false))
    }
}

/// Takes the projects' needs of answered requirements away, and gives the locked packages that answer them those
/// needs with what the manifests state. A requirement that nobody asks any more goes.
pub(super) fn replace(
    inventory: &mut Inventory,
    answered: &[Answered],
    kept: &BTreeMap<ComponentId, BTreeSet<RelPath>>,
    replaced: &BTreeMap<ComponentId, BTreeSet<RelPath>>,
) {
    if answered.is_empty() {
        return;
    }
    let parts: Vec<Part<'_>> =
        answered.par_chunks(AT_ONCE).map(|answered| Part::of(answered, inventory, kept)).collect();
    let mut more: Vec<(Fact, EvidenceSet)> = Vec::new();
    // asked once for every relation of the inventory
    let mut questions: Lookup<&ComponentId, ()> = Lookup::default();
    let mut taken: Lookup<(&ComponentId, &ComponentId), ()> = Lookup::default();
    let mut asking: Vec<(&ComponentId, RelPath)> = Vec::new();
    for (part, answered) in parts.into_iter().zip(answered.chunks(AT_ONCE)) {
        more.extend(part.facts);
        asking.extend(part.asking);
        answered.iter().for_each(|one| {
            questions.insert(&one.question, ());
            taken.insert((&one.project, &one.question), ());
        });
    }
    // thousands ask for one package in one file
    asking.par_sort_unstable();
    asking.dedup();
    let mut files_gone: Lookup<&ComponentId, &[(&ComponentId, RelPath)]> = Lookup::default();
    let stays = |question: &ComponentId, path: &RelPath| {
        kept.get(question).is_some_and(|files| files.contains(path)) || replaced.contains_key(question)
    };
    asking.retain(|(question, path)| !stays(question, path));
    let mut gone: Vec<&ComponentId> = Vec::new();
    for of_one in asking.chunk_by(|(one, _), (other, _)| one == other) {
        files_gone.insert(of_one[0].0, of_one);
        gone.push(of_one[0].0);
    }
    // what other files say of the same package stays
    let is_about = |id: &ComponentId| questions.contains(id);
    inventory.retain_evidence_about(is_about, |fact, one| {
        let is_gone = |id: &ComponentId| {
            let files = files_gone.get(id).copied().unwrap_or_default();
            one.path().is_some_and(|path| files.binary_search_by(|(_, file)| file.cmp(path)).is_ok())
        };
        match fact {
            FactRef::Component { id, .. } => !is_gone(id),
            FactRef::Attribute { of, .. } => !is_gone(of),
            FactRef::Relation { from, kind, to, .. } => {
                let is_need = matches!(kind, RelationKind::DependsOn | RelationKind::Contains);
                let is_taken = is_need && taken.contains(&(from, to));
                !is_gone(from) && !is_gone(to) && !is_taken
            }
        }
    });
    // of what no file names any more, nothing stays: a `[patch]` table may have said where it comes from
    let unnamed = |id: &&ComponentId| inventory.known(id).is_some_and(|known| known.kinds().is_empty());
    let unnamed: BTreeSet<ComponentId> = gone.iter().copied().filter(unnamed).cloned().collect();
    if !unnamed.is_empty() {
        inventory.retain(|fact| match fact {
            FactRef::Component { id, .. } => !unnamed.contains(id),
            FactRef::Attribute { of, .. } => !unnamed.contains(of),
            FactRef::Relation { from, to, .. } => !unnamed.contains(from) && !unnamed.contains(to),
        });
    }
    inventory.extend_all(more);
}

/// What comes in the place of some answered requirements.
struct Part<'a> {
    /// What stands twice is united once all is there.
    facts: Vec<(Fact, EvidenceSet)>,
    /// Requirements with the files that ask for them.
    asking: Vec<(&'a ComponentId, RelPath)>,
}

impl<'a> Part<'a> {
    fn of(answered: &'a [Answered], inventory: &Inventory, kept: &BTreeMap<ComponentId, BTreeSet<RelPath>>) -> Self {
        let (mut more, mut asking) = (Vec::new(), Vec::new());
        let mut stated: Lookup<&ComponentId, Option<Stated>> = Lookup::default();
        for Answered { project, question, answers } in answered {
            let stated = stated.entry(question).get_or_insert_with(|| stated_of(inventory, question));
            let asked = inventory.known(project).and_then(|known| known.relation(RelationKind::DependsOn, question));
            let asked = asked.map(|row| row.evidence.clone()).unwrap_or_default();
            let files: BTreeSet<&RelPath> = asked.iter().filter_map(Evidence::path).collect();
            for to in answers {
                let ecosystem = to.as_str().strip_prefix("pkg:").and_then(|rest| rest.split('/').next()).unwrap_or("");
                let version = super::version(to).unwrap_or_default();
                let admits = |one: &Evidence| stated.apart.is_empty() || stated.admits(ecosystem, version, one);
                // what no place asks for answers all of them
                let is_admitted = !stated.apart.is_empty() && asked.iter().any(admits);
                let asked: EvidenceSet =
                    if is_admitted { asked.iter().filter(|one| admits(one)).cloned().collect() } else { asked.clone() };
                let need = Fact::Relation {
                    from: project.clone(),
                    kind: RelationKind::DependsOn,
                    to: to.clone(),
                    group: None,
                    horizon: None,
                };
                more.push((need, asked.clone()));
                if folder_of(to).is_some() {
                    // a project of the tree's own is no package
                    continue;
                }
                let of_files = || {
                    let all = files.iter().filter_map(|path| stated.by_file.get(*path)).flatten();
                    all.filter(|(.., one)| !is_admitted || admits(one))
                };
                for (key, value, evidence) in of_files() {
                    let fact = Fact::Attribute { of: to.clone(), key, value: Arc::clone(value) };
                    more.push((fact, EvidenceSet::of(evidence.clone())));
                }
                let asked: BTreeSet<&str> =
                    of_files().filter(|(key, ..)| *key == key::REQUIREMENT).map(|(_, value, _)| &**value).collect();
                // an open requirement may be another one elsewhere
                let is_its = |value: &str| super::version(question).is_some() || asked.contains(value);
                for (value, evidence) in stated.places.iter().filter(|(value, _)| is_its(value)) {
                    let here = Fact::Component { id: to.clone(), kind: ComponentKind::Package };
                    more.push((here, EvidenceSet::of(evidence.clone())));
                    let fact = Fact::Attribute { of: to.clone(), key: key::REQUIREMENT, value: Arc::clone(value) };
                    more.push((fact, EvidenceSet::of(evidence.clone())));
                }
            }
            asking.extend(files.into_iter().map(|path| (question, path.clone())));
            // where a version stands that others take, it stands for all who ask
            let places = stated.places.iter().filter(|_| !kept.contains_key(question));
            asking.extend(places.filter_map(|(_, one)| Some((question, one.path()?.clone()))));
        }
        Self { facts: more, asking }
    }
}

fn stated_of(inventory: &Inventory, question: &ComponentId) -> Stated {
    let places = inventory.known(question).map(places).unwrap_or_default();
    let mut stated = Stated { by_file: BTreeMap::new(), places, apart: Vec::new() };
    let attributes = inventory.known(question).map_or(&[][..], Known::attributes);
    for row in attributes.iter().filter(|row| STATED.contains(&row.key)) {
        for one in &row.evidence {
            if let Some(path) = one.path() {
                let here = stated.by_file.entry(path.clone()).or_default();
                if here.len() < MOST_STATED {
                    here.push((row.key, Arc::clone(&row.value), one.clone()));
                }
            }
        }
    }
    let asked = || attributes.iter().filter(|row| row.key == key::REQUIREMENT);
    if asked().count() > 1 {
        let all = asked().flat_map(|row| row.evidence.iter().map(|one| (Arc::clone(&row.value), one.clone())));
        stated.apart = all.take(MOST_STATED).collect();
    }
    stated
}
