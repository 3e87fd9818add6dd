//! Owners on lists, for kind `listed`: by the list's ownership rule where there is one, else by plain control.

use std::collections::BTreeMap;

use super::listed::{consequence, entries, hit_of, how, listed_as, named};
use crate::catalog::Standing;
use crate::catalog::rows::{Listing, OwnershipRule};
use crate::control::{Answer, Assessment, Holdings, has_rule, has_rule_on};
use crate::graph::{Control, NodeId, Path};
use crate::model::{Citation, RelationKind, Validity, Verification};
use crate::rules::condition::OWNED_BY_LISTED;
use crate::rules::draft::Hit;
use crate::rules::file::ListedParameters;
use crate::rules::run::View;

/// Hits for owners of a party: one for each set of listed owners that an ownership rule counts, and one for each
/// controlling owner on lists that have no rule on the day.
pub(super) fn hits(
    view: &View<'_>,
    parameters: &ListedParameters,
    node: NodeId,
    control: Control,
    party: &Path,
) -> Vec<Hit> {
    let mut found = by_rules(view, parameters, node, control, party);
    // what only an officer or owner is listed for has no ownership rule
    let unruled = |list: &str| parameters.related_parties || !has_rule_on(view.catalog, list, view.as_of);
    for owner in view.graph.controlling_owners(party.end()) {
        let path = party.clone().then(&owner);
        let Some(mut hit) = hit_of(view, parameters, node, control, &path, &unruled) else { continue };
        let lists = entries(view, parameters, &hit.aspect, &unruled);
        if let Some((row, _)) = lists.iter().find(|(row, _)| has_rule(view.catalog, &row.list)) {
            let day = view.as_of;
            hit.notes.push(format!(
                "no ownership rule of {} is known to hold on {day}: the owner is listed, the party is not",
                row.list
            ));
        }
        // one finding for one owner: its further lists are told in it
        if let Some(known) = found.iter_mut().find(|known| known.aspect == hit.aspect) {
            // what is known better speaks
            if hit.verification > known.verification {
                std::mem::swap(known, &mut hit);
                known.notes.push(hit.message);
                known.citations.extend(hit.citations);
                known.listed.extend(hit.listed);
                continue;
            }
            let shown: Vec<String> = lists.iter().map(|(row, _)| named(row)).collect();
            known.notes.push(format!("the owner, which controls the party, is also listed: {}", shown.join(", ")));
            known.citations.extend(hit.citations);
            known.listed.extend(hit.listed);
            continue;
        }
        found.push(hit);
    }
    found
}

fn by_rules(view: &View<'_>, parameters: &ListedParameters, node: NodeId, control: Control, party: &Path) -> Vec<Hit> {
    let all = assessed(view, parameters, party.end()).into_iter().filter_map(|(owners, mut all)| {
        // what is certain speaks first, then what is better checked
        all.sort_by_key(|one| (std::cmp::Reverse(one.answer), std::cmp::Reverse(one.rule.verification)));
        one(view, parameters, node, control, party, &owners, &all)
    });
    all.collect()
}

/// True when an ownership rule counts listed owners of a party, or may.
pub(super) fn any_by_rules(view: &View<'_>, parameters: &ListedParameters, party: NodeId) -> bool {
    !assessed(view, parameters, party).is_empty()
}

/// What the ownership rules say of a party, by the owners that count.
fn assessed<'v>(
    view: &View<'v>,
    parameters: &ListedParameters,
    party: NodeId,
) -> BTreeMap<String, Vec<Assessment<'v>>> {
    let mut by_owners: BTreeMap<String, Vec<Assessment<'_>>> = BTreeMap::new();
    let organisation = view.catalog.organisation(view.graph.node(party).id.rest());
    let Some(organisation) = organisation.filter(|_| !parameters.related_parties) else { return by_owners };
    let holdings = Holdings::above(view.catalog, &organisation.id, view.as_of);
    if holdings.is_empty() {
        return by_owners;
    }
    let wanted = |list: &str| parameters.consequence.iter().any(|word| word == consequence(view, list));
    for rule in view.catalog.ownership_rules(view.as_of).filter(|rule| !rule.lists.is_empty()) {
        let assessment = holdings.assess(rule, wanted);
        if assessment.answer != Answer::Not {
            by_owners.entry(assessment.owners.join("+")).or_default().push(assessment);
        }
    }
    by_owners
}

fn one(
    view: &View<'_>,
    parameters: &ListedParameters,
    node: NodeId,
    control: Control,
    party: &Path,
    owners: &str,
    all: &[Assessment<'_>],
) -> Option<Hit> {
    let first = all.first()?;
    let mut lists: Vec<(&Listing, Standing, &OwnershipRule)> = Vec::new();
    for assessment in all {
        for owner in &assessment.owners {
            let of_rule = |list: &str| assessment.rule.lists.iter().any(|one| &**one == list);
            let entries = entries(view, parameters, owner, &of_rule);
            lists.extend(entries.into_iter().map(|(row, standing)| (row, standing, assessment.rule)));
        }
    }
    let is_sure = first.answer == Answer::Met;
    let what = match (is_sure, first.by_control) {
        (true, false) => "owned by listed parties",
        (true, true) => "controlled by listed parties",
        (false, _) => "possibly owned by listed parties",
    };
    let shown: Vec<String> = lists.iter().map(|(row, ..)| named(row)).collect();
    let message = format!(
        "`{}` is {} {}, {what}: {}; {}; listed: {}",
        view.graph.label(node),
        how(view, control, party),
        view.graph.label(party.end()),
        first.chain(view.catalog),
        first.verdict(),
        shown.join(", "),
    );
    let mut hit = Hit::new(node, owners, message);
    let mut paths = first.owners.iter().filter_map(|owner| up(view, party, first, owner));
    hit.tail = paths.next().unwrap_or_else(|| party.clone());
    hit.beside = paths.collect();
    hit.horizon = super::listed::horizon(view, &hit.tail);
    hit.citations = citations(&lists, all);
    hit.verification = first.rule.verification;
    // of each owner its best checked entry counts, of several owners the weakest
    let mut best: BTreeMap<&str, Verification> = BTreeMap::new();
    for (row, standing, _) in lists.iter().filter(|(.., rule)| rule.id == first.rule.id) {
        let mark = best.entry(row.organisation.as_deref().unwrap_or_default()).or_insert(Verification::Recalled);
        *mark = (*mark).max(super::listed::mark((row, *standing)));
    }
    hit.verification = best.into_values().fold(hit.verification, Verification::min);
    hit.verification = hit.verification.min(first.verification(view.catalog, view.as_of));
    hit.effective = Validity { from: first.rule.from, to: first.rule.to };
    hit.notes = notes(view, first, all);
    if !is_sure {
        hit.verification = Verification::Recalled;
        hit.notes.insert(0, "a share or a date is not known: whether the figure is met cannot be told".to_owned());
    }
    hit.alternatives = super::alternatives(view, node);
    hit.listed =
        lists.iter().map(|(row, ..)| listed_as(view, row.organisation.as_deref().unwrap_or(owners), row)).collect();
    hit.words.push(OWNED_BY_LISTED.into());
    Some(hit)
}

/// The way in the graph from the component over its party up to an owner, along the stakes that count.
pub(super) fn up(view: &View<'_>, party: &Path, assessment: &Assessment<'_>, owner: &str) -> Option<Path> {
    let mut open = std::collections::VecDeque::from([party.clone()]);
    let mut seen = vec![party.end()];
    while let Some(path) = open.pop_front() {
        let at = view.graph.node(path.end()).id.rest();
        for (edge, to) in view.graph.outgoing_of(path.end(), &[RelationKind::OwnedBy]) {
            let by = view.graph.node(to).id.rest();
            if seen.contains(&to) || !assessment.links.iter().any(|row| &*row.of == at && &*row.by == by) {
                continue;
            }
            seen.push(to);
            let mut next = path.clone();
            next.steps.push((edge, to));
            if by == owner {
                return Some(next);
            }
            open.push_back(next);
        }
    }
    None
}

fn citations(lists: &[(&Listing, Standing, &OwnershipRule)], all: &[Assessment<'_>]) -> Vec<Citation> {
    let entries = lists.iter().filter_map(|(row, ..)| Some(format!("{}: {}", row.list, row.citation.as_deref()?)));
    let rules = all.iter().map(|one| format!("{}: {}", one.rule.name, one.rule.citation));
    let mut titles: Vec<String> = entries.chain(rules).collect();
    titles.dedup();
    titles.into_iter().map(|title| Citation { title: title.into(), url: None }).collect()
}

/// Every share with its days and source, and what the other rules say.
pub(super) fn notes(view: &View<'_>, first: &Assessment<'_>, all: &[Assessment<'_>]) -> Vec<String> {
    let mut notes = first.told(view.catalog, view.as_of);
    for other in all.iter().skip(1) {
        let word = if other.answer == Answer::Met { "also" } else { "possibly also" };
        notes.push(format!("{word}: {}", other.verdict()));
    }
    for rule in all.iter().map(|one| one.rule) {
        if rule.verification == Verification::Recalled || rule.review_by < view.as_of {
            let note = rule.note.as_deref().map_or_else(String::new, |note| format!(" {note}"));
            notes.push(format!(
                "{} is {}, to be looked at again by {}.{note}",
                rule.name,
                rule.verification.as_str(),
                rule.review_by
            ));
        }
    }
    notes
}
