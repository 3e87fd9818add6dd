//! Kind `screened`: what a component says of its vendor or author, and the organisations that answer for it, against
//! the names and identifiers of listed parties.
//!
//! An entry that the rules tie to an organisation already is the business of kind `listed`; this one finds what they do
//! not know: imported lists, and vendors that no identity key leads to. People are not screened by their names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::graph::{Control, NodeId, Path};
use crate::lists::{Party, PartyKind};
use crate::model::{Citation, Confidence, CountryCode, Date, Evidence, Horizon, ListedAs, Validity, Verification, key};
use crate::rules::draft::Hit;
use crate::rules::file::{Rule, ScreenedParameters};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;
use crate::screening::evidence::Bearing;
use crate::screening::query::kind_word;
use crate::screening::{Candidate, Level, Memory, Query, QueryKey, Screener};

/// Who answers for a component.
const PARTIES: [Control; 3] = [Control::Operator, Control::Maintainer, Control::Maker];

/// What is known of a subject: its name, countries and identifiers.
type About = (Box<str>, Vec<CountryCode>, Vec<QueryKey>);

/// A name that is screened, and what it is to the component.
struct Named {
    query: Query,
    what: &'static str,
    /// The way to the organisation, for those of the catalog.
    path: Option<Path>,
    /// The organisation, for those of the catalog.
    organisation: Option<String>,
}

/// Evaluates the rule: one hit per component, name and list entry.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let (Some(parameters), Some(screener)) = (&rule.screened, view.screener) else { return };
    let mut memory = Memory::default();
    // thousands of packages share an author
    let mut known: BTreeMap<About, Vec<Candidate>> = BTreeMap::new();
    for node in select(view, rule) {
        let parties = parties(view, node);
        let told = told(view, &parties);
        for named in names(view, screener, node, &parties) {
            let about = (named.query.name.clone(), named.query.countries.clone(), named.query.keys.clone());
            let found = known.entry(about).or_insert_with(|| screener.screen(&named.query, &mut memory));
            let wanted = |one: &&Candidate| counts(view, parameters, one) && !told.contains(&entry_of(one));
            let wanted: Vec<&Candidate> = found.iter().filter(wanted).collect();
            out.hits.extend(hit(view, node, &named, &wanted));
        }
    }
}

/// Organisations of the catalog that surely answer for a component.
fn parties(view: &View<'_>, node: NodeId) -> Vec<Path> {
    let all = PARTIES.iter().flat_map(|control| view.graph.parties(node, *control));
    all.filter(|path| path.steps.iter().all(|(edge, _)| is_sure(view, *edge))).collect()
}

/// True when something better than a mere possibility says a relation.
fn is_sure(view: &View<'_>, edge: crate::graph::EdgeId) -> bool {
    view.graph.edge(edge).evidence.iter().any(|evidence| match evidence {
        Evidence::Cited(cited) => cited.confidence > Confidence::Possible,
        Evidence::Observed(_) => true,
    })
}

/// Entries that kind `listed` tells of these organisations, and that can carry a decision there.
fn told(view: &View<'_>, parties: &[Path]) -> BTreeSet<(String, String)> {
    let rows = parties.iter().flat_map(|path| {
        let organisation = view.graph.node(path.end()).id.rest();
        view.catalog
            .listings(organisation, view.as_of)
            .filter(|(row, standing)| row.mark(*standing) > Verification::Recalled)
    });
    rows.map(|(row, _)| (row.list.replace('-', ""), plain(row.entry.as_deref().unwrap_or(&row.id)).to_owned()))
        .collect()
}

fn entry_of(one: &Candidate) -> (String, String) {
    (one.hit.party.list.replace('-', ""), plain(&one.hit.party.entry).to_owned())
}

/// An entry's number without what the rules write before it.
fn plain(entry: &str) -> &str {
    crate::screening::screener::number(entry)
}

fn counts(view: &View<'_>, parameters: &ScreenedParameters, one: &Candidate) -> bool {
    let consequence = consequence_of(view, &one.hit.party);
    parameters.levels.iter().any(|word| word == one.hit.level.word())
        && parameters.consequence.iter().any(|word| word == consequence)
}

/// Every name that is screened for a component.
fn names(view: &View<'_>, screener: &Screener<'_>, node: NodeId, parties: &[Path]) -> Vec<Named> {
    let attributes = view.graph.all_attributes(node);
    let identities = attributes.iter().filter(|row| row.key == key::IDENTITY);
    let keys: Vec<QueryKey> = identities.filter_map(|row| domain(&row.value)).collect();
    let mut all = Vec::new();
    for row in attributes.iter().filter(|row| row.key == key::VENDOR || row.key == key::AUTHOR) {
        let is_vendor = row.key == key::VENDOR;
        // a name without anything of a company in it may be a person's, and people are not screened
        if !is_vendor && !screener.is_company(&row.value) {
            continue;
        }
        let query = Query { keys: keys.clone(), ..Query::of(&row.value, PartyKind::Organisation) };
        let what = if is_vendor { "vendor" } else { "author" };
        all.push(Named { query, what, path: None, organisation: None });
    }
    for path in parties {
        let id = view.graph.node(path.end()).id.rest();
        let Some(row) = view.catalog.organisation(id) else { continue };
        let domains = row.keys.iter().filter(|key| &*key.kind == "domain" && key.gate);
        let keys = domains.filter_map(|key| QueryKey::parse(&format!("domain:{}", key.value)).ok()).collect();
        let countries = view.catalog.seat(id).map(|(country, _, _)| country).into_iter().collect();
        let query = Query { keys, countries, ..Query::of(&row.name, PartyKind::Organisation) };
        all.push(Named { query, what: "organisation", path: Some(path.clone()), organisation: Some(id.to_owned()) });
    }
    all
}

/// The domain of a mail address or a page of the vendor, as a key.
fn domain(identity: &str) -> Option<QueryKey> {
    let (kind, value) = identity.split_once(':')?;
    let kind = match kind {
        "mail" => "mail-domain",
        "domain" => "domain",
        _ => return None,
    };
    QueryKey::parse(&format!("{kind}:{value}")).ok()
}

/// One hit for a name, with every entry that it matches; the likeliest speaks.
fn hit(view: &View<'_>, node: NodeId, named: &Named, all: &[&Candidate]) -> Option<Hit> {
    let one = all.first()?;
    let name = &named.query.name;
    let speaking = one.hit.pieces.iter().filter(|piece| piece.bearing != Bearing::Unknown);
    let evidence: Vec<&str> = speaking.map(|piece| piece.detail.as_str()).collect();
    let beside = if evidence.is_empty() { String::new() } else { format!("; {}", evidence.join("; ")) };
    let entries: Vec<String> =
        all.iter().map(|one| format!("{} entry {}", one.hit.party.list, one.hit.party.entry)).collect();
    let message = format!(
        "`{}` names `{name}` as its {}: {} match with {}, {} (name {:.2}{beside})",
        view.graph.label(node),
        named.what,
        one.hit.level.word(),
        one.hit.listed_name(),
        entries.join(", "),
        one.hit.score,
    );
    let party = &one.hit.party;
    let about = named.organisation.as_deref().unwrap_or(name);
    let mut hit = Hit::new(node, format!("{about}/{}/{}", party.list, plain(&party.entry)), message);
    if let Some(path) = &named.path {
        hit.tail = path.clone();
    }
    hit.horizon = Some(Horizon::None);
    hit.confidence = Some(match one.hit.level {
        Level::Confirmed => Confidence::Certain,
        Level::Probable => Confidence::Likely,
        _ => Confidence::Possible,
    });
    // an imported list is the authority's own word; one entry that surely held is enough
    hit.verification = all.iter().map(|one| one.verification).max().unwrap_or(Verification::Recalled);
    hit.effective = Validity { from: party.listed, to: party.delisted.and_then(Date::day_before) };
    hit.citations = all.iter().filter_map(|one| citation(&one.hit.party)).collect();
    hit.citations.dedup();
    hit.notes.extend(one.unsure.map(|why| format!("{why}; it may not have held on {}", view.as_of)));
    hit.notes.push("a match of names is a question, not an answer; `sovaudit screen` tells it part by part".to_owned());
    hit.listed = all.iter().map(|one| listed_as(view, named, &one.hit.party)).collect();
    Some(hit)
}

/// What the party's list means from the profile's chair.
fn consequence_of<'v>(view: &'v View<'_>, party: &Party) -> &'v str {
    view.profile.file.consequence(view.catalog, &party.list, &party.measures)
}

fn citation(party: &Party) -> Option<Citation> {
    let title = party.citation.as_deref()?;
    Some(Citation { title: format!("{}: {title}", party.list).into(), url: party.url.as_deref().map(Arc::from) })
}

fn listed_as(view: &View<'_>, named: &Named, party: &Party) -> ListedAs {
    ListedAs {
        about: Arc::from(&*named.query.name),
        country: named.query.countries.first().copied(),
        id: Arc::from(&*party.entry),
        kind: kind_word(named.query.kind).into(),
        keys: named.query.keys.iter().map(|key| format!("{}:{}", key.kind, key.value)).collect(),
        consequence: consequence_of(view, party).into(),
        party: party.name().into(),
        list: Arc::from(&*party.list),
        entry: Some(Arc::from(&*party.entry)),
        dates: party.listed.map_or_else(|| "date unknown".to_owned(), |day| day.to_string()),
        citation: super::listed::legal_basis(party),
        digest: party.digest(),
    }
}
