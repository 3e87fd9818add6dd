//! What is known of the end user: its seat and its owners from the catalog, entries of lists by screening.

use std::collections::BTreeSet;

use super::super::lists;
use super::super::prepare::Knowledge;
use super::named;
use crate::catalog::Catalog;
use crate::catalog::rows::Organisation;
use crate::cli::ClassifyArgs;
use crate::control::{Answer, Holdings};
use crate::export::{ListedFact, OwnedFact, PartyFacts, SeatFact};
use crate::lists::PartyKind;
use crate::model::{CountryCode, Date, Verification};
use crate::screening::{Candidate, Level, Memory, Query, QueryKey, Scope, Screener, THRESHOLD};

/// The end user, where one is told of.
pub(super) fn facts(
    knowledge: &Knowledge,
    arguments: &ClassifyArgs,
    name: Option<&str>,
    parent: Option<CountryCode>,
    as_of: Date,
) -> anyhow::Result<Option<PartyFacts>> {
    if name.is_none() && parent.is_none() {
        return Ok(None);
    }
    let catalog = &knowledge.catalog;
    let mut facts = PartyFacts { role: "end user".to_owned(), name: name.map(str::to_owned), ..PartyFacts::default() };
    if let Some(country) = parent {
        let why = format!("its ultimate parent is headquartered in {country}, as was told");
        // what the user says of the party is no fact of the rules: it weakens no clause
        facts.seats.push(SeatFact { country, why, verification: Verification::TwoSource });
    }
    let Some(name) = name else { return Ok(Some(facts)) };
    let row = catalog.organisation_named(name, as_of);
    if let Some(row) = row {
        facts.organisation = Some(row.id.to_string());
        owners(catalog, row, as_of, &mut facts);
    }
    facts.listed = listed(knowledge, arguments, name, row, &facts, as_of)?;
    Ok(Some(facts))
}

/// Seats of the organisation and of everybody above it, and the rules by which listed owners count.
fn owners(catalog: &Catalog, row: &Organisation, as_of: Date, facts: &mut PartyFacts) {
    let holdings = Holdings::above(catalog, &row.id, as_of);
    facts.group = catalog.controllers(&row.id, as_of).into_iter().map(str::to_owned).collect();
    let mut seen: BTreeSet<(CountryCode, String)> = BTreeSet::new();
    for id in &facts.group {
        let Some((country, _, verification)) = catalog.seat(id) else { continue };
        let name = catalog.organisation(id).map_or(id.as_str(), |row| &row.name);
        if seen.insert((country, name.to_owned())) {
            facts.seats.push(SeatFact { country, why: format!("{name} is headquartered in {country}"), verification });
        }
    }
    for rule in catalog.ownership_rules(as_of).filter(|rule| rule.lists.iter().any(|list| &**list == "US-EL")) {
        let found = holdings.assess(rule, |_| true);
        if found.answer == Answer::Not || found.owners.is_empty() {
            continue;
        }
        let owners: Vec<&str> =
            found.owners.iter().map(|id| catalog.organisation(id).map_or(*id, |row| &*row.name)).collect();
        let text = format!("{}: counts as owned by {}", rule.name, owners.join(", "));
        let marks = found.links.iter().map(|link| link.verification).chain([rule.verification]);
        facts.owned.push(OwnedFact {
            rule: rule.id.to_string(),
            text,
            is_sure: found.answer == Answer::Met,
            note: rule.note.as_deref().map(str::to_owned),
            citation: rule.citation.to_string(),
            verification: marks.min().unwrap_or(Verification::Recalled),
            review_by: rule.review_by,
            from: rule.from,
        });
    }
}

/// Entries that the name may be, by the tool's own screening: of the rules, and of what was imported.
fn listed(
    knowledge: &Knowledge,
    arguments: &ClassifyArgs,
    name: &str,
    row: Option<&Organisation>,
    facts: &PartyFacts,
    as_of: Date,
) -> anyhow::Result<Vec<ListedFact>> {
    let lexicon = knowledge.lexicon()?;
    let imported = lists::imported(&arguments.sources.data)?;
    let all = BTreeSet::new();
    let scope = Scope { catalog: &knowledge.catalog, lexicon: &lexicon, threshold: THRESHOLD, as_of, lists: &all };
    let screener = Screener::new(scope, imported.as_ref())?;
    let domains = row.into_iter().flat_map(|row| &row.keys).filter(|key| &*key.kind == "domain" && key.gate);
    let keys = domains.filter_map(|key| QueryKey::parse(&format!("domain:{}", key.value)).ok()).collect();
    let countries: BTreeSet<CountryCode> = facts.seats.iter().map(|seat| seat.country).collect();
    let query = Query { keys, ..Query::of(name, PartyKind::Organisation) };
    let seated = Query { countries: countries.into_iter().collect(), ..query.clone() };
    // the seat of an owner may strengthen a match; it says nothing against one
    let found = [seated, query].map(|query| screener.screen(&query, &mut Memory::default()));
    let mut all = named::entries(&knowledge.catalog, name, row, as_of);
    all.extend(found.into_iter().flatten().map(of_candidate));
    // of one entry the surest match stands
    all.sort_by(|a, b| (&a.list, &a.entry, a.level).cmp(&(&b.list, &b.entry, b.level)));
    all.dedup_by(|a, b| (&a.list, &a.entry) == (&b.list, &b.entry));
    // of a known organisation the rules hold the entries: names that are merely like its own say nothing more
    if row.is_some() {
        all.retain(|entry| entry.level < Level::Weak);
    }
    all.sort_by_key(|entry| entry.level);
    Ok(all)
}

fn of_candidate(one: Candidate) -> ListedFact {
    ListedFact {
        list: one.hit.party.list.to_string(),
        entry: one.hit.party.entry.to_string(),
        party: one.hit.party.name().to_owned(),
        level: one.hit.level,
        since: one.hit.party.listed,
        citation: one.hit.party.citation.as_deref().map(str::to_owned),
        unsure: one.unsure,
        verification: one.verification,
    }
}
