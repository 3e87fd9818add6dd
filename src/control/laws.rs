//! Whose law reaches a component: every reach test with its laws, its shortest witness, and what weakens it.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use globset::{Glob, GlobMatcher};

use super::{Answer, Holdings};
use crate::catalog::rows::{Effect, Law, LawState, Mitigation, Text};
use crate::catalog::{Catalog, Standing};
use crate::graph::{Control, Graph, NodeId, Path, Reach, ReachTest};
use crate::model::{ComponentKind, CountryCode, Date, RelationKind, key};

/// One legal order that reaches a component by one test.
pub struct Reached<'c> {
    /// Country code, or a bloc such as `EU`.
    pub jurisdiction: String,
    /// The test.
    pub test: ReachTest,
    /// Laws of it that ask this test of such a component, with their standing on the day.
    pub laws: Vec<(&'c Law, LawState)>,
    /// The shortest way from the component to the state, or to the listed party.
    pub witness: Path,
    /// Lists that name the party, or those who own it, for T7.
    pub lists: Vec<&'c str>,
    /// For T7: not the party is on the lists, but those who own it as an ownership rule counts.
    pub by_owners: bool,
    /// What weakens it.
    pub mitigations: Vec<Mitigated<'c>>,
}

/// A mitigation with its evidence in the scanned system.
#[derive(Clone)]
pub struct Mitigated<'c> {
    /// The row.
    pub row: &'c Mitigation,
    /// `key-custody: customer-managed`, or the resource that is evidence.
    pub evidence: String,
}

/// The facts that reach is asked of.
pub struct Legal<'a, 'c> {
    /// The system.
    pub graph: &'a Graph<'a>,
    /// The rows.
    pub catalog: &'c Catalog,
    /// The day.
    pub day: Date,
    /// What was found before: many components answer to one party.
    known: RefCell<BTreeMap<&'c str, Rc<[Listed<'c>]>>>,
    /// What values of attributes are held against, by mitigation; making one takes longer than hundreds of questions.
    matchers: OnceCell<Vec<Matchers<'c>>>,
}

/// What the values of each attribute that a mitigation names are held against.
type Matchers<'c> = Vec<(&'c str, Vec<GlobMatcher>)>;

/// A list that names a party, itself or by an ownership rule, with laws that the rule belongs to.
#[derive(Clone)]
struct Listed<'c> {
    list: &'c str,
    /// By an ownership rule, and the law that it belongs to.
    by_rule: Option<Option<&'c Law>>,
}

/// How far up a component's needs evidence is looked for: the bucket's key, and the store of that key.
const STEPS: usize = 2;

impl<'a, 'c> Legal<'a, 'c> {
    /// Nothing asked yet.
    #[must_use]
    pub fn new(graph: &'a Graph<'a>, catalog: &'c Catalog, day: Date) -> Self {
        Self { graph, catalog, day, known: RefCell::default(), matchers: OnceCell::new() }
    }

    /// Every legal order that reaches the component, by country and test.
    #[must_use]
    pub fn reached(&self, node: NodeId) -> Vec<Reached<'c>> {
        let kind = self.graph.node(node).kind;
        if matches!(kind, ComponentKind::Organisation | ComponentKind::Jurisdiction | ComponentKind::Region) {
            return Vec::new();
        }
        let mut found = Vec::new();
        // looked for where anything is to be weakened: most packages have no owner who is known
        let mitigations = OnceCell::new();
        for reach in self.graph.reach(node, parties(kind)) {
            let Some(country) = self.country(reach.jurisdiction) else { continue };
            let jurisdiction = country.to_string();
            let laws = self.laws_of(node, &reach);
            let mitigations =
                speaking(mitigations.get_or_init(|| self.mitigations(node)), &jurisdiction, reach.test, &laws);
            found.push(Reached {
                jurisdiction,
                test: reach.test,
                laws,
                witness: reach.witness,
                lists: vec![],
                by_owners: false,
                mitigations,
            });
        }
        found.extend(self.counterparties(node, kind));
        found.sort_by(|a, b| (&a.jurisdiction, a.test).cmp(&(&b.jurisdiction, b.test)));
        found
    }

    /// Laws that reach the component in that way, each with its standing.
    #[must_use]
    pub fn laws_of(&self, node: NodeId, reach: &Reach) -> Vec<(&'c Law, LawState)> {
        let Some(country) = self.country(reach.jurisdiction) else { return Vec::new() };
        self.laws(self.graph.node(node).kind, reach.test, |law| self.is_law_of(law, country))
    }

    /// What weakens that reach, as far as the system shows.
    #[must_use]
    pub fn mitigations_of(&self, node: NodeId, reach: &Reach) -> Vec<Mitigated<'c>> {
        let Some(country) = self.country(reach.jurisdiction) else { return Vec::new() };
        speaking(&self.mitigations(node), country.as_str(), reach.test, &self.laws_of(node, reach))
    }

    fn country(&self, node: NodeId) -> Option<CountryCode> {
        self.graph.node(node).id.as_str().strip_prefix("jurisdiction:").and_then(CountryCode::new)
    }

    /// A law of the country, or of a bloc that it belongs to.
    fn is_law_of(&self, law: &Law, country: CountryCode) -> bool {
        *law.jurisdiction == *country.as_str()
            || self.catalog.group_members(&law.jurisdiction, self.day).is_some_and(|members| members.contains(&country))
    }

    fn laws(&self, kind: ComponentKind, test: ReachTest, of: impl Fn(&Law) -> bool) -> Vec<(&'c Law, LawState)> {
        let asks = |law: &&Law| {
            law.tests.iter().any(|code| **code == *test.code())
                && (law.applies_to.is_empty() || law.applies_to.iter().any(|word| **word == *kind.as_str()))
                && of(law)
        };
        self.catalog.tables().law.iter().filter(asks).map(|law| (law, law.state_on(self.day))).collect()
    }

    /// T7: parties on a list, themselves or by an ownership rule.
    fn counterparties(&self, node: NodeId, kind: ComponentKind) -> Vec<Reached<'c>> {
        let mut found: BTreeMap<(&str, bool), Reached<'c>> = BTreeMap::new();
        for party in parties(kind).iter().flat_map(|control| self.graph.parties(node, *control)) {
            for Listed { list, by_rule } in &*self.listed(self.graph.node(party.end()).id.rest()) {
                let Some(jurisdiction) = self.catalog.list(list).map(|row| state(&row.jurisdiction)) else { continue };
                let slot = found.entry((jurisdiction, by_rule.is_some())).or_insert_with(|| Reached {
                    jurisdiction: jurisdiction.to_owned(),
                    test: ReachTest::Counterparty,
                    laws: vec![],
                    witness: party.clone(),
                    lists: vec![],
                    by_owners: by_rule.is_some(),
                    mitigations: vec![],
                });
                if !slot.lists.contains(list) {
                    slot.lists.push(list);
                }
                let own = self.laws(kind, ReachTest::Counterparty, |law| law.lists.iter().any(|one| **one == **list));
                for (law, standing) in own.into_iter().chain(by_rule.flatten().map(|law| (law, law.state_on(self.day))))
                {
                    if slot.laws.iter().all(|(known, _)| known.id != law.id) {
                        slot.laws.push((law, standing));
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// Lists that surely name an organisation or, by an ownership rule, its owners. What is only possible is told by
    /// the findings.
    fn listed(&self, organisation: &str) -> Rc<[Listed<'c>]> {
        let Some(organisation) = self.catalog.organisation(organisation) else { return Rc::default() };
        if let Some(known) = self.known.borrow().get(&*organisation.id) {
            return Rc::clone(known);
        }
        let mut found: Vec<Listed<'c>> =
            self.lists_of(&organisation.id).into_iter().map(|list| Listed { list, by_rule: None }).collect();
        let holdings = Holdings::above(self.catalog, &organisation.id, self.day);
        for rule in self.catalog.ownership_rules(self.day).filter(|rule| !rule.lists.is_empty()) {
            let assessment = holdings.assess(rule, |_| true);
            if assessment.answer != Answer::Met {
                continue;
            }
            let by_rule = self.catalog.tables().law.iter().find(|law| rule.law.as_deref() == Some(&law.id));
            let of_owners = assessment.owners.iter().flat_map(|owner| self.lists_of(owner));
            let counted = of_owners.filter(|list| rule.lists.iter().any(|one| **one == **list));
            found.extend(counted.map(|list| Listed { list, by_rule: Some(by_rule) }));
        }
        let found: Rc<[Listed<'c>]> = found.into();
        self.known.borrow_mut().insert(&organisation.id, Rc::clone(&found));
        found
    }

    /// Lists that surely name the organisation itself on the day.
    fn lists_of(&self, organisation: &str) -> BTreeSet<&'c str> {
        self.catalog
            .listings(organisation, self.day)
            .filter(|(row, standing)| *standing == Standing::Held && row.about.as_deref() != Some("related-party"))
            .map(|(row, _)| &*row.list)
            .collect()
    }

    /// Mitigations that something in the system is evidence of.
    fn mitigations(&self, node: NodeId) -> Vec<Mitigated<'c>> {
        let rows = self.catalog.tables().mitigation.iter().zip(self.matchers());
        rows.filter_map(|(row, values)| Some(Mitigated { row, evidence: self.evidence(node, row, values)? })).collect()
    }

    fn matchers(&self) -> &[Matchers<'c>] {
        self.matchers.get_or_init(|| {
            let matchers = |globs: &[Text]| {
                globs.iter().filter_map(|glob| Some(Glob::new(glob).ok()?.compile_matcher())).collect()
            };
            let of_row = |row: &'c Mitigation| row.attribute.iter().map(|(key, all)| (&**key, matchers(all))).collect();
            self.catalog.tables().mitigation.iter().map(of_row).collect()
        })
    }

    /// True when a resource has one of the values of every attribute.
    fn has_all(&self, node: NodeId, wanted: &BTreeMap<Text, Vec<Text>>) -> bool {
        wanted
            .iter()
            .all(|(key, values)| self.graph.attributes(node, key).any(|own| values.iter().any(|value| **value == *own)))
    }

    fn evidence(&self, node: NodeId, row: &Mitigation, values: &[(&str, Vec<GlobMatcher>)]) -> Option<String> {
        for (key, fitting) in values {
            for value in self.graph.attributes(node, key) {
                if fitting.iter().any(|fits| fits.is_match(value)) {
                    return Some(format!("{key}: {value}"));
                }
            }
        }
        for party in self.graph.parties(node, Control::Operator) {
            let operator = self.graph.node(party.end()).id.rest();
            if row.operators.iter().any(|one| **one == *operator) {
                return Some(format!("operator: {}", self.graph.label(party.end())));
            }
        }
        if row.resource_types.is_empty() {
            return None;
        }
        let mut near = vec![node];
        for step in 0..=STEPS {
            for one in &near {
                let types = &mut self.graph.attributes(*one, key::RESOURCE_TYPE);
                let has_type = types.any(|own| row.resource_types.iter().any(|wanted| **wanted == *own));
                if has_type && self.has_all(*one, &row.where_resource) {
                    let id = self.graph.node(*one).id;
                    return Some(if step == 0 { id.to_string() } else { format!("built on {id}") });
                }
            }
            near = near.iter().flat_map(|one| self.graph.related(*one, RelationKind::DependsOn)).collect();
        }
        None
    }
}

/// Those mitigations that speak to a test and its laws. What changes nothing is left out beside what does, and so is the
/// lesser of two things that one resource is evidence of.
fn speaking<'c>(
    all: &[Mitigated<'c>],
    jurisdiction: &str,
    test: ReachTest,
    laws: &[(&Law, LawState)],
) -> Vec<Mitigated<'c>> {
    let fits = |one: &&Mitigated<'c>| {
        let row = one.row;
        row.tests.iter().any(|word| **word == *test.code())
            && (row.jurisdictions.is_empty() || row.jurisdictions.iter().any(|word| **word == *jurisdiction))
            && laws.iter().any(|(law, _)| law.access || !row.access)
    };
    let mut found: Vec<Mitigated<'c>> = all.iter().filter(fits).cloned().collect();
    let strong: Vec<String> =
        found.iter().filter(|one| one.row.effect == Effect::Strong).map(|one| one.evidence.clone()).collect();
    if !strong.is_empty() {
        found.retain(|one| match one.row.effect {
            Effect::Strong => true,
            Effect::None => false,
            _ => !strong.contains(&one.evidence),
        });
    }
    found
}

/// Who answers for a component of a kind. The host of a package's bytes is a component of its own.
fn parties(kind: ComponentKind) -> &'static [Control] {
    match kind {
        ComponentKind::Package | ComponentKind::Repository => &[Control::Operator, Control::Maintainer, Control::Maker],
        _ => &[Control::Operator, Control::Distributor, Control::Maintainer, Control::Maker],
    }
}

/// Lists write the United Kingdom in the way of its own publishers.
fn state(jurisdiction: &str) -> &str {
    if jurisdiction == "UK" { "GB" } else { jurisdiction }
}

impl Reached<'_> {
    /// `T2 control`.
    #[must_use]
    pub fn test_name(&self) -> String {
        format!("{} {}", self.test.code(), self.test.as_str())
    }
}

/// A law as reports name it: `CLOUD Act (18 U.S.C. 2713), in force, recalled`.
#[must_use]
pub fn told(law: &Law, state: LawState) -> String {
    let reference = law.reference.as_deref().map_or_else(String::new, |text| format!(" ({text})"));
    format!("{}{reference}, {}, {}", law.name, state.as_str(), law.verification.as_str())
}
