//! Kind `listed`: a party on a list, or one controlled by such a party, answers for the component.

use std::sync::Arc;

use super::alternatives;
use crate::attribution::MAIL_OF_AUTHOR;
use crate::catalog::Standing;
use crate::catalog::rows::Listing;
use crate::graph::{Control, NodeId, Path};
use crate::lists::{Party, embedded};
use crate::model::{Citation, Evidence, Horizon, ListedAs, RelationKind, Verification};
use crate::rules::condition::OWNED_BY_LISTED;
use crate::rules::draft::{Hit, describe};
use crate::rules::file::{ListedParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;
use crate::screening::query::kind_word;
use crate::text::Lookup;

/// Evaluates the rule: one hit per component and party, naming every list that counts.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.listed else { return };
    // thousands of packages have one publisher, of most of whom no list speaks
    let mut silent: Lookup<NodeId, bool> = Lookup::default();
    for node in select(view, rule) {
        let mut found = false;
        for control in &parameters.parties {
            for party in view.graph.parties(node, *control) {
                found = true;
                let end = party.end();
                let is_silent = silent.get(&end).copied().unwrap_or_else(|| is_silent(view, parameters, end));
                silent.insert(end, is_silent);
                if !is_silent {
                    look(view, parameters, node, *control, &party, out);
                }
            }
        }
        if !found {
            out.undecided("no owner is known", Some(node));
        }
    }
}

/// True when no list that counts speaks of a party or its owners, so that nothing can be said of what it answers for.
fn is_silent(view: &View<'_>, parameters: &ListedParameters, party: NodeId) -> bool {
    let is_told = |node: NodeId| !entries(view, parameters, view.graph.node(node).id.rest(), &|_| true).is_empty();
    let asks_owners = parameters.owners || parameters.only_owners;
    let owner_told = || {
        view.graph.controlling_owners(party).iter().any(|owner| is_told(owner.end()))
            || super::listed_owners::any_by_rules(view, parameters, party)
    };
    let is_any = is_told(party) || asks_owners && owner_told();
    !is_any
}

fn look(view: &View<'_>, parameters: &ListedParameters, node: NodeId, control: Control, party: &Path, out: &mut Hits) {
    if !parameters.only_owners {
        out.hits.extend(hit_of(view, parameters, node, control, party, &|_| true));
    }
    if parameters.owners || parameters.only_owners {
        out.hits.extend(super::listed_owners::hits(view, parameters, node, control, party));
    }
}

/// Entries of lists that name an organisation and count under the rule; what surely held speaks first.
pub(super) fn entries<'v>(
    view: &View<'v>,
    parameters: &ListedParameters,
    organisation: &str,
    of_list: &dyn Fn(&str) -> bool,
) -> Vec<(&'v Listing, Standing)> {
    let mut entries: Vec<(&Listing, Standing)> = view
        .catalog
        .listings(organisation, view.as_of)
        .filter(|(row, _)| (row.about.as_deref() == Some("related-party")) == parameters.related_parties)
        .filter(|(row, _)| parameters.consequence.iter().any(|word| *word == consequence(view, &row.list)))
        .filter(|(row, _)| of_list(&row.list))
        .collect();
    entries.sort_by_key(|(_, standing)| *standing != Standing::Held);
    entries
}

/// How a party answers for a component, in words. A mail address says whose post somebody reads, not who publishes.
pub(super) fn how(view: &View<'_>, control: Control, path: &Path) -> &'static str {
    let only_mail = path.steps.first().is_some_and(|(edge, _)| {
        let mut evidence = view.graph.edge(*edge).evidence.iter();
        evidence.all(|one| matches!(one, Evidence::Cited(cited) if cited.entry.contains(MAIL_OF_AUTHOR)))
    });
    match control {
        Control::Maintainer if only_mail => "by an author whose mail is of",
        Control::Operator => "operated by",
        Control::Maintainer => "published by",
        Control::Distributor => "served by",
        Control::Designer => "designed by",
        Control::Maker => "designed or made by",
    }
}

/// When losing the party would be felt.
pub(super) fn horizon(view: &View<'_>, path: &Path) -> Option<Horizon> {
    path.steps.iter().map(|(edge, _)| view.graph.edge(*edge).horizon).max().or(Some(Horizon::None))
}

/// A hit for the organisation at the end of a path, when it is on a list that counts.
pub(super) fn hit_of(
    view: &View<'_>,
    parameters: &ListedParameters,
    node: NodeId,
    control: Control,
    path: &Path,
    of_list: &dyn Fn(&str) -> bool,
) -> Option<Hit> {
    let organisation = view.graph.node(path.end()).id.rest().to_owned();
    let entries = entries(view, parameters, &organisation, of_list);
    let (first, _) = entries.first()?;
    let lists: Vec<String> = entries.iter().map(|(row, _)| named(row)).collect();
    let owned = path.steps.iter().position(|(edge, _)| view.graph.edge(*edge).kind == RelationKind::OwnedBy);
    let direct = owned.map_or(path.end(), |at| if at == 0 { path.start } else { path.steps[at - 1].1 });
    let party = view.graph.label(direct);
    let how = how(view, control, path);
    let between = match owned.map(|at| path.steps.len() - at) {
        None => String::new(),
        Some(1) => format!(", controlled by {}", view.graph.label(path.end())),
        Some(_) => format!(", controlled along {}", describe(view, path)),
    };
    let what = if parameters.related_parties { "not listed itself, but related to" } else { "listed:" };
    let message = format!("`{}` is {how} {party}{between}; {what} {}", view.graph.label(node), lists.join(", "));
    let mut hit = Hit::new(node, organisation.clone(), message);
    hit.tail = path.clone();
    hit.horizon = horizon(view, path);
    hit.citations = entries
        .iter()
        .filter_map(|(row, _)| {
            row.citation.as_deref().map(|title| Citation { title: format!("{}: {title}", row.list).into(), url: None })
        })
        .collect();
    hit.citations.dedup();
    // the entry counts as checked only when the table says so of its name and status
    hit.verification = entries.iter().map(|entry| mark(*entry)).max().unwrap_or(Verification::Recalled);
    hit.effective = first.validity();
    hit.notes.extend(entries.iter().filter_map(|(row, standing)| match standing {
        Standing::Held => None,
        Standing::Unsure(why) => Some(format!("{}: {why}; it may not have held on {}", named(row), view.as_of)),
    }));
    hit.notes.extend(first.policy.as_deref().map(|policy| format!("{}: {policy}", first.list)));
    hit.alternatives = alternatives(view, node);
    hit.listed = entries.iter().map(|(row, _)| listed_as(view, &organisation, row)).collect();
    if path.steps.iter().any(|(edge, _)| view.graph.edge(*edge).kind == RelationKind::OwnedBy) {
        hit.words.push(OWNED_BY_LISTED.into());
    }
    Some(hit)
}

/// `US-SDN (2022-08-08 until 2025-03-21, entry OFAC:39796)`.
pub(super) fn named(row: &Listing) -> String {
    let entry = row.entry.as_deref().map_or_else(String::new, |entry| format!(", entry {entry}"));
    format!("{} ({}{entry})", row.list, row.dates())
}

pub(super) fn listed_as(view: &View<'_>, organisation: &str, row: &Listing) -> ListedAs {
    let party = embedded::party(row, view.catalog);
    ListedAs {
        about: view.catalog.organisation(organisation).map_or(organisation, |row| &row.name).into(),
        country: view.catalog.seat(organisation).map(|(country, _, _)| country),
        id: Arc::from(&*party.entry),
        kind: kind_word(party.kind).into(),
        keys: Vec::new(),
        consequence: consequence(view, &row.list).into(),
        party: party.name().into(),
        list: Arc::from(&*row.list),
        entry: row.entry.as_deref().map(Arc::from),
        dates: row.dates(),
        citation: legal_basis(&party),
        digest: party.digest(),
    }
}

/// Programmes of an entry that are told with its citation.
const PROGRAMMES: usize = 4;

/// `OFAC SDN List, under RUSSIA-EO14024`: a citation that only names the list says nothing of the order behind it, which
/// the entry's programme does.
pub(super) fn legal_basis(party: &Party) -> Option<Arc<str>> {
    let cited = party.citation.as_deref().unwrap_or_default();
    let under: Vec<&str> =
        party.programmes.iter().map(|word| &**word).filter(|word| !cited.contains(*word)).take(PROGRAMMES).collect();
    let text = match (cited.is_empty(), under.is_empty()) {
        (true, true) => return None,
        (false, true) => cited.to_owned(),
        (true, false) => format!("under {}", under.join(", ")),
        (false, false) => format!("{cited}, under {}", under.join(", ")),
    };
    Some(text.into())
}

pub(super) fn mark((row, standing): (&Listing, Standing)) -> Verification {
    row.mark(standing)
}

/// What a listing means from the profile's chair. Entries of the rules do not tell measures one by one.
pub(super) fn consequence<'v>(view: &'v View<'_>, list: &str) -> &'v str {
    view.profile.file.consequence(view.catalog, list, &[])
}
