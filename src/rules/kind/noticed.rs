//! Kind `noticed`: what the notices of the catalog say of a component, or of the organisation that answers for it.

use rayon::prelude::*;

use super::listed::{horizon, how};
use crate::catalog::rows::Notice;
use crate::graph::{Control, NodeId, Path};
use crate::model::{Citation, ComponentId, Verification};
use crate::rules::draft::Hit;
use crate::rules::file::{NoticedParameters, Rule};
use crate::rules::names::Names;
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Components that are worth another thread.
const LEAST: usize = 1_024;

/// Who is looked at for notices about an organisation.
const PARTIES: [Control; 3] = [Control::Operator, Control::Maintainer, Control::Maker];

/// Notices of the rule's topics that hold on the day, with all their patterns in one set.
struct Known<'v> {
    rows: Vec<&'v Notice>,
    patterns: Names,
    /// The row of each pattern.
    of: Vec<usize>,
    /// Some of them are about organisations that the system has to do with.
    speaks_of_parties: bool,
}

/// Evaluates the rule: one hit per component, and one per organisation that answers for it.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.noticed else { return };
    let Some(known) = Known::of(view, parameters) else { return };
    let named = view.shared.noticed.get_or_init(|| {
        let all = all_patterns(view);
        view.graph.nodes().filter(|node| may_be_named(view, all.as_ref(), *node)).collect()
    });
    for node in select(view, rule) {
        let is_named = named.binary_search(&node).is_ok();
        if !is_named && !known.speaks_of_parties {
            continue;
        }
        let label = view.graph.label(node);
        let about = if is_named { known.about(view.graph.node(node).id.as_str(), &label) } else { Vec::new() };
        if !about.is_empty() {
            out.hits.extend(hit(view, parameters, &about, node, Path::at(node), "notice", &format!("`{label}`")));
        }
        for control in PARTIES.into_iter().filter(|_| known.speaks_of_parties) {
            for party in view.graph.parties(node, control) {
                let organisation = view.graph.node(party.end()).id.rest();
                let about = known.rows.iter().filter(|row| row.organisation.as_deref() == Some(organisation)).copied();
                let about: Vec<&Notice> = about.collect();
                if about.is_empty() {
                    continue;
                }
                let name = view.graph.label(party.end());
                let subject = format!("`{label}` is {} {name}", how(view, control, &party));
                out.hits.extend(hit(view, parameters, &about, node, party.clone(), organisation, &subject));
            }
        }
    }
}

/// Finds the components that a pattern of any notice may fit, once for all rules of the kind and by all threads: there are
/// thousands of names. Before the rules are evaluated: who waits for it then would hold up a thread.
pub fn make_ready(view: &View<'_>) {
    let all = all_patterns(view);
    let nodes: Vec<NodeId> = view.graph.nodes().collect();
    let named = nodes.into_par_iter().with_min_len(LEAST).filter(|node| may_be_named(view, all.as_ref(), *node));
    // what is there already is the same
    let _ = view.shared.noticed.set(named.collect());
}

/// The patterns of all notices.
fn all_patterns(view: &View<'_>) -> Option<Names> {
    let all = view.catalog.tables().notice.iter().flat_map(|row| row.components.iter());
    Names::new(all.map(|pattern| &**pattern))
}

fn may_be_named(view: &View<'_>, all: Option<&Names>, node: NodeId) -> bool {
    all.is_none_or(|patterns| patterns.may_speak_of(view.graph.node(node).id.as_str(), &view.graph.label(node)))
}

impl<'v> Known<'v> {
    fn of(view: &View<'v>, parameters: &NoticedParameters) -> Option<Self> {
        let wanted = |row: &&Notice| {
            parameters.topics.iter().any(|topic| **topic == *row.topic) && row.validity().holds_on(view.as_of)
        };
        let rows: Vec<&Notice> = view.catalog.tables().notice.iter().filter(wanted).collect();
        let all =
            rows.iter().enumerate().flat_map(|(at, row)| row.components.iter().map(move |pattern| (at, &**pattern)));
        let patterns = Names::new(all.clone().map(|(_, pattern)| pattern))?;
        let of = all.map(|(at, _)| at).collect();
        let is_here = |id: &str| view.graph.find(&ComponentId::organisation(id)).is_some();
        let speaks_of_parties = rows.iter().filter_map(|row| row.organisation.as_deref()).any(is_here);
        (!rows.is_empty()).then_some(Self { rows, patterns, of, speaks_of_parties })
    }

    /// Notices that name a component, in the order of the table.
    fn about(&self, id: &str, label: &str) -> Vec<&'v Notice> {
        let mut found: Vec<usize> = self.patterns.matches(id, label).into_iter().map(|at| self.of[at]).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| self.rows[at]).collect()
    }
}

fn hit(
    view: &View<'_>,
    parameters: &NoticedParameters,
    about: &[&Notice],
    node: NodeId,
    path: Path,
    aspect: &str,
    subject: &str,
) -> Option<Hit> {
    let is_ours =
        |row: &Notice| !parameters.home || row.jurisdiction.is_some_and(|state| view.profile.home.contains(&state));
    let (ours, others): (Vec<&Notice>, Vec<&Notice>) = about.iter().copied().partition(|row| is_ours(row));
    let first = ours.first()?;
    let said: Vec<&str> = ours.iter().map(|row| &*row.what).collect();
    let mut hit = Hit::new(node, aspect, format!("{subject}: {}", said.join("; ")));
    hit.verification = ours.iter().map(|row| row.verification).max().unwrap_or(Verification::Recalled);
    hit.effective = first.validity();
    let cited = ours.iter().filter_map(|row| row.citation.as_deref());
    hit.citations = cited.map(|title| Citation { title: title.into(), url: None }).collect();
    hit.citations.dedup();
    hit.notes = others.iter().map(|row| format!("elsewhere: {}", row.what)).collect();
    if !path.steps.is_empty() {
        hit.horizon = horizon(view, &path);
    }
    hit.tail = path;
    Some(hit)
}
