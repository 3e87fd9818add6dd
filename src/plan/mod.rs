//! The migration plan: for every finding the change, its effort, the order by dependency, and what
//! is left after each wave, computed by judging the changed system again.

mod actions;
mod edit;
mod settings;
mod target;
mod waves;

use std::collections::{BTreeMap, BTreeSet};

use crate::attribution::attribute;
use crate::catalog::Catalog;
use crate::graph::{Graph, Roots};
use crate::model::{ComponentId, ComponentKind, Date, Finding, Horizon, Inventory, Place, Severity};
use crate::rules::file::PlanAction;
use crate::rules::run::{Shared, View, judge};
use crate::rules::{Profile, RuleSet};
use crate::screening::Screener;
use crate::simulate::{Losses, simulate};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it changes.
    pub subject: ComponentId,
    /// How.
    pub kind: PlanAction,
    /// What to do, one sentence.
    pub text: String,
    /// The operator it moves to, where it moves.
    pub target: Option<String>,
    /// Named replacements.
    pub alternatives: Vec<String>,
    /// How data moves, where the catalog says.
    pub migration: Option<String>,
    /// Effort class: `S`, `M`, `L`, `XL`.
    pub effort: String,
    /// Lines that say where it is fetched from today: what to change so that it comes from elsewhere.
    pub settings: Vec<Place>,
    /// Rules whose findings on the subject it is meant to close.
    pub closes: BTreeSet<String>,
    /// Position of its wave, from 1.
    pub wave: usize,
}

/// The state of the system after a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Findings left, by severity.
    pub findings: BTreeMap<Severity, usize>,
    /// Workloads that stop at once if the most dangerous jurisdiction is lost.
    pub stop_at_once: usize,
    /// Workloads that have stopped by the next deploy.
    pub stop_by_deploy: usize,
    /// Workloads that nothing known stops, but whose cluster or machine is not known.
    pub undecided: usize,
    /// What must keep running, in all.
    pub workloads: usize,
    /// How many of these are of each kind.
    pub kinds: BTreeMap<ComponentKind, usize>,
}

/// The plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Changes, by wave, then effort, then subject.
    pub actions: Vec<Action>,
    /// State before (first) and after every wave.
    pub states: Vec<State>,
    /// The jurisdiction the states speak of: the one outside home whose loss stops most today.
    pub without: Option<crate::model::CountryCode>,
    /// Findings that no change of the plan closes, with the reason.
    pub left: Vec<(Finding, String)>,
    /// What the subjects in [`Self::left`] are called, where that is not what their id says.
    pub labels: BTreeMap<ComponentId, String>,
    /// Workloads that still stop without [`Self::without`] when all is done: name, when, and the way to what is lost.
    pub still: Vec<(String, Horizon, Vec<String>)>,
}

/// What planning looks at.
pub struct Inputs<'a> {
    /// Listed parties by name and identifier.
    pub screener: Option<&'a Screener<'a>>,
    /// Facts after attribution.
    pub inventory: &'a Inventory,
    /// The facts of the rule files.
    pub catalog: &'a Catalog,
    /// Rules.
    pub rules: &'a RuleSet,
    /// The chair.
    pub profile: &'a Profile,
    /// The day.
    pub as_of: Date,
}

/// Plans.
#[must_use]
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let graph = Graph::new(inputs.inventory);
    let findings = findings(inputs, &graph);
    let (mut actions, without_target) = actions::actions(inputs, &graph, &findings);
    waves::assign(&graph, &mut actions);
    let without = worst(inputs, &graph);
    let mut states = vec![state(&graph, &findings, without)];
    let mut changed = inputs.inventory.clone();
    let last_wave = actions.iter().map(|action| action.wave).max().unwrap_or(0);
    let mut remaining = findings;
    for wave in 1..=last_wave {
        let of_wave: Vec<&Action> = actions.iter().filter(|action| action.wave == wave).collect();
        edit::apply(&mut changed, &of_wave, inputs);
        changed = attribute(changed, inputs.catalog, inputs.as_of);
        let graph = Graph::new(&changed);
        remaining = self::findings(inputs, &graph);
        states.push(state(&graph, &remaining, without));
    }
    let still = still(&Graph::new(&changed), without);
    let planned: BTreeSet<(&ComponentId, &str)> =
        actions.iter().flat_map(|action| action.closes.iter().map(|rule| (&action.subject, rule.as_str()))).collect();
    let left = remaining.into_iter().map(|finding| {
        let reason = if without_target.contains(&(finding.subject.clone(), finding.rule.to_string())) {
            "no operator at home or in a trusted state is known to offer it"
        } else if planned.contains(&(&finding.subject, &*finding.rule)) {
            "the planned change does not close it"
        } else {
            "needs a decision of people"
        };
        (finding, reason.to_owned())
    });
    let left: Vec<(Finding, String)> = left.collect();
    let labels = labels(&Graph::new(&changed), &left);
    Plan { left, labels, still, actions, states, without }
}

impl Plan {
    /// What a subject of [`Self::left`] is called.
    #[must_use]
    pub fn label<'p>(&'p self, subject: &'p ComponentId) -> &'p str {
        self.labels.get(subject).map_or_else(|| subject.rest(), String::as_str)
    }
}

/// Images are called by their reference: a package URL says it in a form that nobody types.
fn labels(graph: &Graph<'_>, left: &[(Finding, String)]) -> BTreeMap<ComponentId, String> {
    let nodes = left.iter().filter_map(|(finding, _)| graph.find(&finding.subject));
    let images = nodes.filter(|node| graph.node(*node).kind == crate::model::ComponentKind::Image);
    images.map(|node| (graph.node(node).id.clone(), graph.label(node).into_owned())).collect()
}

/// What still stops in the end state, and why.
fn still(graph: &Graph<'_>, without: Option<crate::model::CountryCode>) -> Vec<(String, Horizon, Vec<String>)> {
    let simulation = simulate(graph, without.as_slice());
    let stopped = simulation.workloads.iter().filter(|fate| fate.stops != Horizon::None);
    let told = stopped.map(|fate| {
        let steps = fate.witness.steps.iter();
        let words = steps.map(|(edge, node)| format!("{} {}", graph.edge(*edge).kind.as_str(), graph.label(*node)));
        (graph.label(fate.node).into_owned(), fate.stops, words.collect())
    });
    told.collect()
}

impl Inputs<'_> {
    /// What rules look at in a state of the system.
    fn view<'v>(&'v self, graph: &'v Graph<'v>, roots: &'v Roots) -> View<'v> {
        View {
            graph,
            catalog: self.catalog,
            profile: self.profile,
            as_of: self.as_of,
            roots,
            screener: self.screener,
            shared: Shared::default(),
        }
    }
}

fn findings(inputs: &Inputs<'_>, graph: &Graph<'_>) -> Vec<Finding> {
    let roots = Roots::new(graph);
    let view = inputs.view(graph, &roots);
    judge(&view, &inputs.rules.rules).findings
}

/// The jurisdiction outside home whose loss stops most, soonest first.
fn worst(inputs: &Inputs<'_>, graph: &Graph<'_>) -> Option<crate::model::CountryCode> {
    let codes = graph
        .nodes()
        .filter_map(|node| crate::score::country(graph, node))
        .filter(|code| !inputs.profile.home.contains(code));
    let losses = Losses::of(graph);
    codes
        .map(|code| {
            let simulation = losses.without(&[code]);
            (Horizon::STOPS.map(|horizon| simulation.stopped_by(horizon)), std::cmp::Reverse(code))
        })
        .max()
        .map(|(_, code)| code.0)
}

fn state(graph: &Graph<'_>, findings: &[Finding], without: Option<crate::model::CountryCode>) -> State {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    let simulation = simulate(graph, without.as_slice());
    State {
        findings: counts,
        stop_at_once: simulation.stopped_by(Horizon::Immediate),
        stop_by_deploy: simulation.stopped_by(Horizon::NextDeploy),
        undecided: simulation.undecided().count(),
        workloads: simulation.workloads.len(),
        kinds: simulation.kinds(graph),
    }
}
