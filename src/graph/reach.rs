//! Why a jurisdiction's law reaches a component: the reach tests, each with its shortest witness.
//!
//! The tests follow the table of reach tests in the rule files (T1 incorporation … T7
//! counterparty). Where a server stands (T6) never clears control (T2): each test is answered by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{EdgeId, Graph, NodeId, Path};
use crate::model::{ComponentKind, Horizon, RelationKind};

/// The question a law asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReachTest {
    /// T1: the party is a legal person of the state.
    Incorporation,
    /// T2: a person of the state owns or controls the party, directly or through a chain.
    Control,
    /// T3: the party has an office, data centre or staff in the state.
    Presence,
    /// T4: the hardware is designed or made by a party of the state.
    Item,
    /// T5: people who can act on it are nationals or residents of the state; known from attestations only.
    Personnel,
    /// T6: the data or infrastructure lies in the state.
    Location,
    /// T7: a party that answers for it is on a list of the state. Asked of the catalog, see [`crate::control::laws`].
    Counterparty,
}

impl ReachTest {
    /// The word used in rules and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incorporation => "incorporation",
            Self::Control => "control",
            Self::Presence => "presence",
            Self::Item => "item",
            Self::Personnel => "personnel",
            Self::Location => "location",
            Self::Counterparty => "counterparty",
        }
    }

    /// The number the literature uses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Incorporation => "T1",
            Self::Control => "T2",
            Self::Presence => "T3",
            Self::Item => "T4",
            Self::Personnel => "T5",
            Self::Location => "T6",
            Self::Counterparty => "T7",
        }
    }
}

/// One answer: this state reaches the component by this test, along this path.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Which test.
    pub test: ReachTest,
    /// The jurisdiction's node.
    pub jurisdiction: NodeId,
    /// From the component to the jurisdiction.
    pub witness: Path,
}

/// How many relations lead from a component to what [`Graph::reach`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnlyWay {
    /// Nobody is reached.
    None,
    /// All that is found lies behind this relation and is the same for every component that has one of its kind there.
    One(EdgeId, NodeId),
    /// Several, or one along which the component itself may be met again.
    Many,
}

/// Which party answers for a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Who operates and supplies it (`provided-by`).
    Operator,
    /// Who wrote it (`maintained-by`).
    Maintainer,
    /// Who serves its bytes (`distributed-by` a host that is `provided-by`).
    Distributor,
    /// Who designed it (`designed-by`): the maker without the foundry.
    Designer,
    /// Who designed or made it (`designed-by`, `fabricated-by`).
    Maker,
}

impl Control {
    /// Every sort of party.
    pub const ALL: [Self; 5] = [Self::Operator, Self::Maintainer, Self::Distributor, Self::Designer, Self::Maker];

    /// The relations that lead to such a party, or to the host that it provides.
    fn relations(self) -> &'static [RelationKind] {
        match self {
            Self::Operator => &[RelationKind::ProvidedBy],
            Self::Maintainer => &[RelationKind::MaintainedBy],
            Self::Distributor => &[RelationKind::DistributedBy],
            Self::Designer => &[RelationKind::DesignedBy],
            Self::Maker => &[RelationKind::DesignedBy, RelationKind::FabricatedBy],
        }
    }

    /// The word used in rules and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Maintainer => "maintainer",
            Self::Distributor => "distributor",
            Self::Designer => "designer",
            Self::Maker => "maker",
        }
    }
}

/// A table of what was computed before: whatever a thread that panicked left in it is complete.
fn lock<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Graph<'_> {
    /// Organisations that answer for `node` in the way `control` says, each with the path to it.
    #[must_use]
    pub fn parties(&self, node: NodeId, control: Control) -> Vec<Path> {
        let mut found = Vec::new();
        for (edge, to) in self.outgoing_of(node, control.relations()) {
            let path = Path { start: node, steps: vec![(edge, to)] };
            if self.node(to).kind == ComponentKind::Organisation {
                found.push(path);
            } else if control == Control::Distributor {
                for (edge, operator) in self.outgoing_of(to, &[RelationKind::ProvidedBy]) {
                    let mut path = path.clone();
                    path.steps.push((edge, operator));
                    found.push(path);
                }
            }
        }
        found
    }

    /// Further hosts that a component is fetched from, besides that of `first`, which the state reaches by one of the tests.
    #[must_use]
    pub fn further_hosts(
        &self,
        node: NodeId,
        first: EdgeId,
        jurisdiction: NodeId,
        tests: &[ReachTest],
    ) -> Vec<(EdgeId, NodeId)> {
        let is_reached = |organisation: NodeId| {
            let reaches = self.organisation_reach(organisation);
            reaches.iter().any(|one| one.jurisdiction == jurisdiction && tests.contains(&one.test))
        };
        let others = self
            .outgoing_of(node, &[RelationKind::DistributedBy])
            .filter(|(edge, _)| *edge != first && self.edge(*edge).horizon != Horizon::None);
        others
            .filter(|(_, host)| {
                self.outgoing_of(*host, &[RelationKind::ProvidedBy]).any(|(_, operator)| is_reached(operator))
            })
            .collect()
    }

    /// Whether one relation alone leads to what [`Self::reach`] finds.
    #[must_use]
    pub fn only_way(&self, node: NodeId, controls: &[Control]) -> OnlyWay {
        let leads = |kind: RelationKind| {
            matches!(kind, RelationKind::StaffedFrom | RelationKind::HostedIn)
                || controls.iter().any(|control| control.relations().contains(&kind))
        };
        let mut ways = self.leaving.of(node).iter().filter(|way| leads(way.kind));
        match (ways.next(), ways.next()) {
            (None, _) => OnlyWay::None,
            (Some(way), None) if way.kind != RelationKind::HostedIn => OnlyWay::One(way.edge, way.node),
            _ => OnlyWay::Many,
        }
    }

    /// Jurisdictions that reach an organisation: by seat (T1), by control through the chain of
    /// owners (T2), by establishment (T3). The path starts at the organisation.
    #[must_use]
    pub fn organisation_reach(&self, organisation: NodeId) -> Arc<[Reach]> {
        if let Some(known) = lock(&self.reach_known).get(&organisation) {
            return Arc::clone(known);
        }
        let found: Arc<[Reach]> = self.find_organisation_reach(organisation).into();
        lock(&self.reach_known).insert(organisation, Arc::clone(&found));
        found
    }

    fn find_organisation_reach(&self, organisation: NodeId) -> Vec<Reach> {
        let mut best: BTreeMap<(ReachTest, NodeId), Path> = BTreeMap::new();
        let mut owners = vec![Path::at(organisation)];
        owners.extend(self.controlling_owners(organisation));
        for owner in &owners {
            for (edge, to) in self.outgoing(owner.end()) {
                let test = match (self.edge(edge).kind, owner.steps.is_empty()) {
                    (RelationKind::IncorporatedIn, true) => ReachTest::Incorporation,
                    (RelationKind::IncorporatedIn, false) => ReachTest::Control,
                    (RelationKind::EstablishedIn, true) => ReachTest::Presence,
                    (RelationKind::StaffedFrom, true) => ReachTest::Personnel,
                    _ => continue,
                };
                let mut path = owner.clone();
                path.steps.push((edge, to));
                best.entry((test, to)).or_insert(path);
            }
        }
        best.into_iter().map(|((test, jurisdiction), witness)| Reach { test, jurisdiction, witness }).collect()
    }

    /// Owners that control an organisation, nearest first. Stakes without control (their relation
    /// carries the horizon `none`) are not followed.
    #[must_use]
    pub fn controlling_owners(&self, organisation: NodeId) -> Vec<Path> {
        let mut found: Vec<Path> = Vec::new();
        let mut seen = vec![organisation];
        let mut frontier = vec![Path::at(organisation)];
        while let Some(path) = frontier.pop() {
            for (edge, owner) in self.outgoing(path.end()) {
                let about = self.edge(edge);
                if about.kind != RelationKind::OwnedBy || about.horizon == Horizon::None || seen.contains(&owner) {
                    continue;
                }
                seen.push(owner);
                let mut next = path.clone();
                next.steps.push((edge, owner));
                frontier.insert(0, next.clone());
                found.push(next);
            }
        }
        found.sort_by_key(|path| (path.steps.len(), path.end()));
        found
    }

    /// Every way a jurisdiction reaches `node` through the parties that answer for it and the
    /// place where it lies, shortest witness per test and jurisdiction.
    #[must_use]
    pub fn reach(&self, node: NodeId, controls: &[Control]) -> Vec<Reach> {
        let mut best: BTreeMap<(ReachTest, NodeId), Path> = BTreeMap::new();
        let mut keep = |test: ReachTest, jurisdiction: NodeId, path: Path| {
            let slot = best.entry((test, jurisdiction)).or_insert_with(|| path.clone());
            if path.steps.len() < slot.steps.len() {
                *slot = path;
            }
        };
        for control in controls {
            for party in self.parties(node, *control) {
                for reach in self.organisation_reach(party.end()).iter() {
                    let made = matches!(control, Control::Designer | Control::Maker);
                    let test = match reach.test {
                        // where a maker has an office or staff is no origin of what it makes
                        ReachTest::Presence | ReachTest::Personnel if made => continue,
                        _ if made => ReachTest::Item,
                        test => test,
                    };
                    keep(test, reach.jurisdiction, party.clone().then(&reach.witness));
                }
            }
        }
        for (edge, state) in self.outgoing_of(node, &[RelationKind::StaffedFrom]) {
            keep(ReachTest::Personnel, state, Path { start: node, steps: vec![(edge, state)] });
        }
        let in_place = |kind| kind == RelationKind::HostedIn;
        // most components lie nowhere
        let lies = self.leaving.of(node).iter().any(|way| in_place(way.kind));
        for path in lies.then(|| self.reachable(node, in_place)).into_iter().flatten() {
            if self.node(path.end()).kind == ComponentKind::Jurisdiction {
                keep(ReachTest::Location, path.end(), path);
            }
        }
        best.into_iter().map(|((test, jurisdiction), witness)| Reach { test, jurisdiction, witness }).collect()
    }

    /// The states that in the end control the party that answers for `node`: the seats of the
    /// last owners of every chain, or the seat of the party itself when nobody owns it.
    /// `controls` are tried in order; the first that finds a party answers.
    #[must_use]
    pub fn controlled_from(&self, node: NodeId, controls: &[Control]) -> Vec<NodeId> {
        for control in controls {
            let parties = self.parties(node, *control);
            if parties.is_empty() {
                continue;
            }
            let mut states: Vec<NodeId> = parties.iter().flat_map(|party| self.seats_of_control(party.end())).collect();
            states.sort_unstable();
            states.dedup();
            return states;
        }
        Vec::new()
    }

    /// Seats of the last controlling owners of an organisation.
    #[must_use]
    pub fn seats_of_control(&self, organisation: NodeId) -> Vec<NodeId> {
        if let Some(known) = lock(&self.seats_known).get(&organisation) {
            return known.clone();
        }
        let found = self.find_seats_of_control(organisation);
        lock(&self.seats_known).insert(organisation, found.clone());
        found
    }

    fn find_seats_of_control(&self, organisation: NodeId) -> Vec<NodeId> {
        let owners = self.controlling_owners(organisation);
        let has_owner = |node: NodeId| {
            self.outgoing(node).any(|(edge, _)| {
                self.edge(edge).kind == RelationKind::OwnedBy && self.edge(edge).horizon != Horizon::None
            })
        };
        let mut last: Vec<NodeId> = owners.iter().map(Path::end).filter(|owner| !has_owner(*owner)).collect();
        if last.is_empty() {
            last.push(organisation);
        }
        let mut seats: Vec<NodeId> =
            last.into_iter().flat_map(|owner| self.related(owner, RelationKind::IncorporatedIn)).collect();
        seats.sort_unstable();
        seats.dedup();
        seats
    }
}
