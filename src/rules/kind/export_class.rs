//! Kind `export-class`: the class computed from an accelerator's figures, against where it stands
//! and who operates it there.

use super::country;
use crate::catalog::rows::{Accelerator, Destination};
use crate::export::classify;
use crate::graph::{Control, EdgeId, NodeId, Path};
use crate::model::{Citation, ComponentKind, CountryCode, RelationKind, Validity};
use crate::rules::draft::Hit;
use crate::rules::file::{ExportParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Evaluates the rule for every holder of an accelerator.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.export else { return };
    for node in select(view, &rule.select) {
        let Some(row) = view.catalog.accelerator(view.graph.node(node).id.rest()) else {
            out.undecided("the accelerator's product is not known");
            continue;
        };
        let class = classify(row, view.catalog, view.as_of);
        if !parameters.classes.contains(&class.class) {
            if class.class == "indeterminate" {
                out.undecided("figures for the class are missing");
            }
            continue;
        }
        let arithmetic = class.arithmetic();
        if parameters.destinations.is_empty() {
            let message = format!("`{}` is {}: {arithmetic}", row.product, class.class);
            let mut hit = Hit::new(node, class.class.clone(), message);
            hit.verification = row.verification;
            hit.citations.extend(class.citation());
            out.hits.push(hit);
            continue;
        }
        for (edge, holder) in view.graph.incoming(node) {
            if view.graph.edge(edge).kind == RelationKind::RunsOn {
                let base = class.class.trim_end_matches("-nondc").to_owned();
                held(view, parameters, &Held { node, holder, edge, class: &base, arithmetic: &arithmetic, row }, out);
            }
        }
    }
}

struct Held<'a> {
    node: NodeId,
    holder: NodeId,
    edge: EdgeId,
    class: &'a str,
    arithmetic: &'a str,
    row: &'a Accelerator,
}

fn held(view: &View<'_>, parameters: &ExportParameters, held: &Held<'_>, out: &mut Hits) {
    let places = view.graph.reachable(held.holder, |kind| kind == RelationKind::HostedIn);
    let states: Vec<&Path> =
        places.iter().filter(|path| view.graph.node(path.end()).kind == ComponentKind::Jurisdiction).collect();
    if states.is_empty() {
        out.undecided("the place where the accelerator stands is not known");
    }
    for row in view.catalog.tables().destination.iter().filter(|row| applies(view, parameters, row, held.class)) {
        let members = view.catalog.group_members(&row.set, view.as_of).unwrap_or_default();
        if row.headquarters {
            if !parameters.headquarters {
                continue;
            }
            for party in view.graph.parties(held.holder, Control::Operator) {
                for seat in view.graph.seats_of_control(party.end()) {
                    if let Some(country) = country(view, seat).filter(|country| members.contains(country)) {
                        out.hits.push(hit(view, held, row, country, &party, "its operator is headquartered there"));
                    }
                }
            }
            continue;
        }
        for path in &states {
            if let Some(country) = country(view, path.end()).filter(|country| members.contains(country)) {
                out.hits.push(hit(view, held, row, country, path, "it stands there"));
            }
        }
    }
}

fn applies(view: &View<'_>, parameters: &ExportParameters, row: &Destination, class: &str) -> bool {
    *row.class == *class
        && row.enforced
        && parameters.destinations.iter().any(|id| *id == *row.id)
        && Validity { from: row.from, to: row.to }.holds_on(view.as_of)
}

fn hit(view: &View<'_>, held: &Held<'_>, row: &Destination, country: CountryCode, path: &Path, why: &str) -> Hit {
    let message = format!(
        "`{}` ({}: {}) in `{}`: a licence is required for {country} because {why}",
        held.row.product,
        held.class,
        held.arithmetic,
        view.graph.label(held.holder)
    );
    let mut hit = Hit::new(held.holder, format!("{}/{country}/{}", view.graph.node(held.node).id, row.id), message);
    hit.tail = path.clone();
    hit.beside.push(Path { start: held.holder, steps: vec![(held.edge, held.node)] });
    hit.verification = row.verification.min(held.row.verification);
    hit.effective = Validity { from: row.from, to: row.to };
    hit.citations.push(Citation { title: row.citation.as_ref().into(), url: None });
    hit.notes.extend(row.policy.as_deref().map(|policy| format!("review policy: {policy}")));
    hit.notes.push("by the clauses evaluated; no legal advice".to_owned());
    hit
}
