//! What every bill of materials says, gathered from the report's rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hash::{Algorithm, hashes};
use super::licence::{Licence, licence};
use crate::attribution::MAIL_OF_AUTHOR;
use crate::model::purl::{self, ImageReference};
use crate::model::{ComponentKind, Evidence, RelationKind, key};
use crate::report::{ComponentRow, EvidenceRow, PlaceRow, RelationRow, Report};
use crate::scan::reads_lock_files;

/// Relations that pass a need on: the far end belongs into the dependency graph of a bill.
const NEEDS: [RelationKind; 4] =
    [RelationKind::DependsOn, RelationKind::Calls, RelationKind::RunsOn, RelationKind::BasedOn];

/// Relations that name who answers for a thing.
const ANSWERS: [RelationKind; 3] = [RelationKind::MaintainedBy, RelationKind::ProvidedBy, RelationKind::DesignedBy];

/// The bill of one report.
pub(super) struct Bill<'r> {
    /// What the system is made of, in id order.
    pub(super) parts: Vec<Part<'r>>,
    /// What a later layer of an image took away, in id order: in its layers, and no part of anything.
    pub(super) removed: Vec<Part<'r>>,
    /// Relations between parts: near end, kind, far end; sorted.
    pub(super) edges: Vec<(usize, RelationKind, usize)>,
    /// Images and packages that only lock files in them name: asked for there, and not seen there.
    pub(super) listed: BTreeSet<(usize, usize)>,
    /// What parts were made of, by position; of each in id order.
    ancestors: BTreeMap<usize, Vec<usize>>,
}

/// One entry of a bill.
pub(super) struct Part<'r> {
    /// The component.
    pub(super) row: &'r ComponentRow,
    /// Of what sort.
    pub(super) kind: ComponentKind,
    /// What stands before the name: npm scope, Maven group, owner of a repository.
    pub(super) group: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// The version, tag, digest or revision.
    pub(super) version: Option<&'r str>,
    /// Package URL.
    pub(super) purl: Option<String>,
    /// Licences as stated.
    pub(super) licences: BTreeSet<Licence>,
    /// Hashes of its artefacts.
    pub(super) hashes: BTreeSet<(Algorithm, String)>,
    /// Who stands behind it.
    pub(super) parties: Vec<Party<'r>>,
    /// Makers of the hardware that it is a runtime of, by id.
    runtime_of: BTreeSet<&'r str>,
    /// What bills have no field for: names below `sovaudit:` with values, in a fixed order.
    pub(super) notes: Vec<(&'r str, String)>,
}

/// An organisation behind a part.
#[derive(Clone)]
pub(super) struct Party<'r> {
    /// How it stands to the part.
    pub(super) relation: RelationKind,
    /// Its id without the prefix.
    id: &'r str,
    /// Its name.
    pub(super) name: &'r str,
    /// ISO code of the state it sits in.
    pub(super) seat: Option<&'r str>,
    /// Why we believe it: the entry of the rule files, with its mark and how exactly it fits.
    cited: Option<(&'r str, &'r str, &'r str)>,
}

impl Party<'_> {
    /// Larger is better known.
    fn strength(&self) -> (usize, usize) {
        let (_, mark, fits) = self.cited.unwrap_or(("", "", ""));
        let at = |words: &[&str], word: &str| words.iter().position(|known| *known == word).map_or(0, |at| at + 1);
        (at(&["possible", "likely", "certain"], fits), at(&["recalled", "one-source", "two-source"], mark))
    }

    /// A name that only resembles, or a maintainer's mail domain, says too little to be called the supplier.
    fn is_exact(&self) -> bool {
        self.cited.is_none_or(|(_, _, fits)| fits != "possible")
    }

    /// The mail address of who maintains it, which the package says, leads to it.
    fn is_by_mail(&self) -> bool {
        self.cited.is_some_and(|(entry, _, _)| entry.contains(MAIL_OF_AUTHOR))
    }

    /// `maintained-by T-Bank: organisation/tbank key npm:@x (two-source, certain)`.
    fn attribution(&self) -> String {
        let why = self.cited.map_or_else(String::new, |(entry, mark, fits)| format!(": {entry} ({mark}, {fits})"));
        format!("{} {}{why}", self.relation.as_str(), self.name)
    }
}

impl<'r> Part<'r> {
    /// Who supplies it: the best known of those who answer for it. A supplier that the facts only hint at is told in
    /// the notes and is none, unless two hints agree: what its name or its maintainer's mail says, and whose hardware the
    /// rules know it to be the runtime of.
    pub(super) fn supplier(&self) -> Option<&Party<'r>> {
        let answering = || self.parties.iter().filter(|party| ANSWERS.contains(&party.relation));
        // of equals the first
        let best = answering().filter(|party| party.is_exact()).rev().max_by_key(|party| party.strength());
        let agreed = answering().find(|party| !party.is_exact() && self.runtime_of.contains(party.id));
        let is_of_distribution = self.values(key::IDENTITY).iter().any(|value| value.starts_with("distribution:"));
        if !is_of_distribution {
            return best.or(agreed);
        }
        // a package of a company's own source carries the name of the distribution that it is installed on; whether the
        // company supplies it or somebody who works there maintains it for the distribution, a mail alone does not tell
        let is_in_doubt = || answering().any(|one| one.is_by_mail() && best.is_none_or(|best| best.id != one.id));
        match agreed {
            Some(_) => agreed,
            None if self.row.id.starts_with("pkg:deb/") && is_in_doubt() => None,
            None => best,
        }
    }

    /// Who designed it.
    pub(super) fn designer(&self) -> Option<&Party<'r>> {
        self.parties.iter().find(|party| party.relation == RelationKind::DesignedBy && party.is_exact())
    }

    /// The values of an attribute.
    pub(super) fn values(&self, key: &str) -> &'r [Arc<str>] {
        self.row.attributes.get(key).map_or(&[], Vec::as_slice)
    }

    /// Where it was seen, by which scanner and how well.
    pub(super) fn places(&self) -> impl Iterator<Item = (PlaceRow, String)> + use<'r> {
        self.row.evidence.iter().map(EvidenceRow::from).filter_map(|evidence| match evidence {
            EvidenceRow::Observed { place, layer, scanner, basis } => {
                let layer = layer.map_or_else(String::new, |layer| format!(", layer {layer}"));
                Some((place, format!("{scanner}, {basis}{layer}")))
            }
            EvidenceRow::Cited { .. } => None,
        })
    }
}

impl<'r> Bill<'r> {
    /// Gathers.
    pub(super) fn new(report: &'r Report) -> Self {
        let rows: BTreeMap<&str, &ComponentRow> = report.components.iter().map(|row| (&*row.id, row)).collect();
        let mut relations: BTreeMap<&str, Vec<&RelationRow>> = BTreeMap::new();
        let mut projects: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in &report.relations {
            relations.entry(&*row.from).or_default().push(row);
            if let Some(project) = row.from.strip_prefix("project:")
                && edge_kind(row.kind).is_some()
            {
                projects.entry(&*row.to).or_default().insert(project);
            }
        }
        let around = Around { rows, relations, projects };
        let all = report.components.iter().filter_map(|row| around.part(row));
        let (removed, parts): (Vec<Part<'r>>, Vec<Part<'r>>) =
            all.partition(|part| part.row.attributes.contains_key(key::REMOVED));
        let index: BTreeMap<&str, usize> = parts.iter().enumerate().map(|(at, part)| (&*part.row.id, at)).collect();
        let mut edges: Vec<(usize, RelationKind, usize)> = Vec::new();
        let mut listed = BTreeSet::new();
        for row in &report.relations {
            if let (Some(from), Some(kind), Some(to)) =
                (index.get(&*row.from), edge_kind(row.kind), index.get(&*row.to))
            {
                edges.push((*from, kind, *to));
                let is_image = parts[*from].kind == ComponentKind::Image;
                if is_image && kind == RelationKind::Contains && row.evidence.iter().all(is_of_lock_file) {
                    listed.insert((*from, *to));
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let mut ancestors: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (from, kind, to) in &edges {
            if is_descent(&parts[*from], *kind, &parts[*to]) {
                ancestors.entry(*from).or_default().push(*to);
            }
        }
        Self { parts, removed, edges, listed, ancestors }
    }

    /// What each part needs, by position. Containing is not needing where the facts tell the difference: of what a
    /// part contains, only what it does not reach through the needs of its other contents is added to its own.
    pub(super) fn needs(&self) -> Vec<BTreeSet<usize>> {
        let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.parts.len()];
        let mut contents: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (from, kind, to) in &self.edges {
            if *kind == RelationKind::Contains {
                contents[*from].push(*to);
            } else if !is_descent(&self.parts[*from], *kind, &self.parts[*to]) {
                needs[*from].insert(*to);
            }
        }
        let mut own: Vec<(usize, usize)> = Vec::new();
        for (holder, contents) in contents.iter().enumerate().filter(|(_, contents)| !contents.is_empty()) {
            let inside: BTreeSet<usize> = contents.iter().copied().collect();
            let mut reached: BTreeSet<usize> = BTreeSet::from([holder]);
            reach(&needs, holder, &inside, &mut reached);
            for part in contents {
                if reached.insert(*part) {
                    own.push((holder, *part));
                    reach(&needs, *part, &inside, &mut reached);
                }
            }
        }
        for (holder, part) in own {
            needs[holder].insert(part);
        }
        needs
    }

    /// What a part was made of, by position.
    pub(super) fn ancestors(&self, part: usize) -> &[usize] {
        self.ancestors.get(&part).map_or(&[], Vec::as_slice)
    }

    /// Parts from which all others are reached: those that no other part needs, and one of every circle. What is known as
    /// the ancestor of another part only is no part of the system itself.
    pub(super) fn tops(&self, needs: &[BTreeSet<usize>]) -> Vec<usize> {
        let needed: BTreeSet<usize> = needs.iter().flatten().copied().collect();
        let ancestors: BTreeSet<usize> = self.ancestors.values().flatten().copied().collect();
        let is_named_only = |part: &usize| ancestors.contains(part) && needs[*part].is_empty();
        let everything: BTreeSet<usize> = (0..needs.len()).filter(|part| !is_named_only(part)).collect();
        let mut reached = BTreeSet::new();
        let mut tops = Vec::new();
        let free = everything.iter().filter(|part| !needed.contains(part));
        for part in free.chain(&everything) {
            if reached.insert(*part) {
                tops.push(*part);
                reach(needs, *part, &everything, &mut reached);
            }
        }
        tops.sort_unstable();
        tops
    }
}

/// Adds what a part reaches without leaving a set.
fn reach(needs: &[BTreeSet<usize>], from: usize, within: &BTreeSet<usize>, reached: &mut BTreeSet<usize>) {
    let mut open = vec![from];
    while let Some(part) = open.pop() {
        for next in &needs[part] {
            if within.contains(next) && reached.insert(*next) {
                open.push(*next);
            }
        }
    }
}

/// True for an image and its base, and for a model and the one it was made from: what was made of the other holds its
/// own copy and does not depend on it. Both standards have words for that: pedigree and descendant.
fn is_descent(from: &Part<'_>, kind: RelationKind, to: &Part<'_>) -> bool {
    kind == RelationKind::BasedOn
        && matches!(
            (from.kind, to.kind),
            (ComponentKind::Image, ComponentKind::Image) | (ComponentKind::Model, ComponentKind::Model)
        )
}

fn edge_kind(word: &str) -> Option<RelationKind> {
    NEEDS.into_iter().chain([RelationKind::Contains]).find(|kind| kind.as_str() == word)
}

/// Rows by what they are about.
struct Around<'r> {
    rows: BTreeMap<&'r str, &'r ComponentRow>,
    relations: BTreeMap<&'r str, Vec<&'r RelationRow>>,
    /// Folders of the projects that need a part: a bill is one list for all of them.
    projects: BTreeMap<&'r str, BTreeSet<&'r str>>,
}

impl<'r> Around<'r> {
    fn of(&self, id: &str) -> &[&'r RelationRow] {
        self.relations.get(id).map_or(&[], Vec::as_slice)
    }

    /// The entry of a component; parties and places have none.
    fn part(&self, row: &'r ComponentRow) -> Option<Part<'r>> {
        let kind = ComponentKind::parse(row.kind).filter(|kind| kind.is_counted())?;
        let first = |key: &str| row.attributes.get(key).and_then(|values| values.first()).map(|value| &**value);
        // a branch or tag of the repository that a package is taken from is no version of the package
        let version = first(key::VERSION).or_else(|| first(key::REVISION).filter(|_| kind != ComponentKind::Package));
        let purl = package_url(row, kind, version);
        let (group, name) = names(row, kind, purl.as_deref());
        let mut part = Part {
            row,
            kind,
            group,
            name,
            version,
            purl,
            licences: BTreeSet::new(),
            hashes: BTreeSet::new(),
            parties: self.parties(&row.id),
            runtime_of: self.runtime_of(&row.id),
            notes: Vec::new(),
        };
        part.licences = part.values(key::LICENSE).iter().filter_map(|text| licence(text)).collect();
        part.hashes = part.values(key::INTEGRITY).iter().filter_map(|text| hashes(text)).flatten().collect();
        part.notes = self.notes(&part);
        Some(part)
    }

    fn parties(&self, id: &str) -> Vec<Party<'r>> {
        let behind = [ANSWERS.as_slice(), &[RelationKind::FabricatedBy]].concat();
        let rows = self.of(id).iter().filter_map(|row| {
            let relation = *behind.iter().find(|kind| kind.as_str() == row.kind)?;
            Some(self.party(relation, row))
        });
        rows.collect()
    }

    /// Makers of hardware whose runtime a package is by the rules' table.
    fn runtime_of(&self, id: &str) -> BTreeSet<&'r str> {
        let is_runtime = |row: &&&'r RelationRow| {
            row.kind == RelationKind::RunsOn.as_str()
                && row
                    .evidence
                    .iter()
                    .any(|one| matches!(one, Evidence::Cited(cited) if cited.entry.starts_with("runtime/")))
        };
        self.of(id).iter().filter(is_runtime).filter_map(|row| row.to.strip_prefix("accelerator:?/")).collect()
    }

    fn party(&self, relation: RelationKind, row: &'r RelationRow) -> Party<'r> {
        let name = self.rows.get(&*row.to).and_then(|org| org.attributes.get(key::NAME)?.first());
        let seat = self.of(&row.to).iter().find(|row| row.kind == RelationKind::IncorporatedIn.as_str());
        let seat = seat.and_then(|row| row.to.strip_prefix("jurisdiction:")).filter(|code| code.len() == 2);
        let name = name.map_or_else(|| rest(&row.to), |name| &**name);
        let party = |cited| Party { relation, id: rest(&row.to), name, seat, cited };
        let cited = row.evidence.iter().filter_map(|evidence| match evidence {
            Evidence::Cited(cited) => Some((&*cited.entry, cited.verification.as_str(), cited.confidence.as_str())),
            Evidence::Observed(_) => None,
        });
        cited.map(Some).map(party).max_by_key(Party::strength).unwrap_or_else(|| party(None))
    }

    /// Everything for which bills have no field.
    fn notes(&self, part: &Part<'r>) -> Vec<(&'r str, String)> {
        let mut notes: Vec<(&str, String)> = vec![("kind", part.row.kind.to_owned())];
        notes.extend(part.row.controlled_from.iter().map(|state| ("jurisdiction", state.clone())));
        let names: BTreeSet<&str> =
            part.parties.iter().filter(|party| ANSWERS.contains(&party.relation)).map(|party| party.name).collect();
        notes.extend(names.into_iter().map(|name| ("organisation", name.to_owned())));
        notes.extend(part.parties.iter().map(|party| ("attribution", party.attribution())));
        let projects = self.projects.get(&*part.row.id).into_iter().flatten();
        notes.extend(projects.map(|project| ("project", (*project).to_owned())));
        for row in self.of(&part.row.id) {
            self.relation_notes(row, &mut notes);
        }
        for (key, values) in &part.row.attributes {
            for value in values {
                let has_field = match *key {
                    key::NAME => true,
                    key::VERSION | key::REVISION => part.version == Some(&**value),
                    key::LICENSE => licence(value).is_some(),
                    key::INTEGRITY => hashes(value).is_some(),
                    _ => false,
                };
                if !has_field {
                    notes.push((*key, value.to_string()));
                }
            }
        }
        notes
    }

    /// Relations that are no edges of a bill.
    fn relation_notes(&self, row: &'r RelationRow, notes: &mut Vec<(&'r str, String)>) {
        let is = |kind: RelationKind| row.kind == kind.as_str();
        let is_told = edge_kind(row.kind).is_some() && self.rows.get(&*row.to).is_some_and(is_part);
        if is_told || ANSWERS.into_iter().any(is) {
            return;
        }
        let name = if is(RelationKind::FabricatedBy) {
            self.party(RelationKind::FabricatedBy, row).name
        } else {
            rest(&row.to)
        };
        notes.push((row.kind, name.to_owned()));
        if is(RelationKind::DistributedBy) {
            for operator in self.parties(&row.to) {
                let seat = operator.seat.map_or_else(String::new, |seat| format!(" ({seat})"));
                notes.push(("distributor", format!("{}{seat}", operator.name)));
            }
        }
    }
}

fn is_of_lock_file(evidence: &Evidence) -> bool {
    evidence.sighting().is_some_and(|seen| reads_lock_files(seen.scanner()))
}

fn is_part(row: &&ComponentRow) -> bool {
    ComponentKind::parse(row.kind).is_some_and(ComponentKind::is_counted)
}

/// What follows the first `:` of an id.
fn rest(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, rest)| rest)
}

/// The package URL; of models and repositories where their hub has a type of its own.
fn package_url(row: &ComponentRow, kind: ComponentKind, version: Option<&str>) -> Option<String> {
    let rest = rest(&row.id);
    match kind {
        ComponentKind::Package | ComponentKind::Image if row.id.starts_with("pkg:") => Some(row.id.to_string()),
        ComponentKind::Model => {
            let (owner, name) = rest.strip_prefix("huggingface/")?.split_once('/')?;
            // the version of a model is a commit
            let commit = version.filter(|text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
            Some(purl::package("huggingface", Some(owner), name, commit).to_string())
        }
        ComponentKind::Repository => {
            let (owner, name) = rest.strip_prefix("github.com/")?.split_once('/')?;
            (!name.contains('/')).then(|| purl::package("github", Some(owner), name, version).to_string())
        }
        _ => None,
    }
}

/// Group and name.
fn names(row: &ComponentRow, kind: ComponentKind, purl: Option<&str>) -> (Option<String>, String) {
    let stated = row.attributes.get(key::NAME).and_then(|values| values.first());
    if kind == ComponentKind::Image
        && row.id.contains("repository_url=")
        && let Some(image) = stated.and_then(|name| ImageReference::parse(name))
    {
        return (None, format!("{}/{}", image.registry, image.repository));
    }
    let parts = purl.filter(|_| kind != ComponentKind::Image).and_then(purl::parts);
    match parts {
        // what no package URL can say stands as it was written
        Some((ty, _, name)) if ty == "generic" => (None, stated.map_or(name, |stated| stated.to_string())),
        // the group of an operating system's package is the system
        Some((ty, _, name)) if ["deb", "apk", "rpm"].contains(&ty.as_str()) => (None, name),
        // a module is named by its whole path
        Some((ty, Some(namespace), name)) if ty == "golang" => (None, format!("{namespace}/{name}")),
        Some((_, namespace, name)) => (namespace, name),
        None => (None, stated.map_or_else(|| rest(&row.id), |stated| &**stated).to_owned()),
    }
}
