//! Kind `export-class`, its questions about the product itself and about who operates it.

use super::export_class::Told;
use crate::catalog::rows::Accelerator;
use crate::catalog::{Standing, rows::Listing};
use crate::export::{Question, Subject, assess};
use crate::graph::{Control, EdgeId, NodeId, Path};
use crate::model::{Citation, Evidence, Place, RelationKind, Verification, key};
use crate::rules::draft::Hit;
use crate::rules::file::ExportParameters;
use crate::rules::run::View;

/// Guidance that speaks of the product, wherever it stands.
pub(super) fn guided(view: &View<'_>, parameters: &ExportParameters, node: NodeId, row: &Accelerator) -> Option<Hit> {
    let found = assess(view.catalog, &Subject::of(row, view.catalog), &Question::default(), view.as_of);
    let step = found.steps.iter().find(|step| parameters.guidance.contains(&step.clause))?;
    let message = format!("`{}` ({}; {}): {}", row.product, found.class.class, found.figures.arithmetic, step.text);
    let mut hit = Hit::new(node, step.clause.clone(), message);
    let rows = &view.catalog.tables().guidance;
    let told = rows.iter().find(|row| *row.id == *step.clause);
    let mark = told.map_or(Verification::Recalled, |row| row.verification);
    // a chip that is named is meant whatever its figures are
    let is_named = told.is_some_and(|told| told.when.products.iter().any(|id| **id == *row.id));
    hit.verification = if is_named { mark } else { mark.min(row.verification) };
    hit.citations.extend(step.citation.as_deref().map(|title| Citation { title: title.into(), url: None }));
    hit.notes.extend(step.conditions.iter().cloned());
    hit.notes.push("by the clauses evaluated; no legal advice".to_owned());
    Some(hit)
}

/// Holders whose operator, or who controls it, is on one of the rule's lists.
pub(super) fn listed(view: &View<'_>, parameters: &ExportParameters, node: NodeId, row: &Accelerator, out: &mut Told) {
    for (edge, holder) in view.graph.incoming(node) {
        if view.graph.edge(edge).kind != RelationKind::RunsOn {
            continue;
        }
        let parties = view.graph.parties(holder, Control::Operator);
        if parties.is_empty() || view.graph.attribute(holder, key::UNKNOWN_HOLDER).is_some() {
            out.undecided("who operates the accelerator is not known");
        }
        for party in parties {
            let organisation = view.graph.node(party.end()).id.rest().to_owned();
            let entries = view.catalog.listings(&organisation, view.as_of);
            let wanted = |(row, _): &(&Listing, Standing)| {
                row.about.as_deref() != Some("related-party")
                    && parameters
                        .operator_lists
                        .iter()
                        .any(|id| view.catalog.list(id).is_some_and(|list| list.id == row.list))
            };
            let entries: Vec<(&Listing, Standing)> = entries.filter(wanted).collect();
            if let Some((first, _)) = entries.first() {
                let beside = Path { start: holder, steps: vec![(edge, node)] };
                out.hits.push(hit(view, node, &party, row, first, &entries, beside));
            }
        }
    }
}

fn hit(
    view: &View<'_>,
    node: NodeId,
    party: &Path,
    row: &Accelerator,
    first: &Listing,
    entries: &[(&Listing, Standing)],
    beside: Path,
) -> Hit {
    let holder = party.start;
    let lists: Vec<&str> = entries.iter().map(|(row, _)| &*row.list).collect();
    let owner = view.graph.label(party.end());
    let how = if party.steps.len() > 1 { "is controlled by" } else { "is operated by" };
    let message = format!(
        "`{}` holds `{}` and {how} {owner}, which is listed: {}; items subject to the regulations need a licence, \
         service and spare parts too",
        view.graph.label(holder),
        row.product,
        lists.join(", ")
    );
    let mut hit =
        Hit::new(holder, format!("{}/{}", view.graph.node(node).id.rest(), view.graph.node(party.end()).id), message);
    hit.tail = party.clone();
    hit.at = beside.steps.first().map_or_else(Vec::new, |(edge, _)| rows_of(view, holder, *edge));
    hit.beside.push(beside);
    hit.verification =
        entries.iter().map(|(row, standing)| row.mark(*standing)).max().unwrap_or(Verification::Recalled);
    hit.effective = first.validity();
    hit.citations.extend(entries.iter().filter_map(|(row, _)| {
        let title = row.citation.as_deref()?;
        Some(Citation { title: format!("{}: {title}", row.list).into(), url: None })
    }));
    hit.notes.push("by the clauses evaluated; no legal advice".to_owned());
    hit
}

/// Rows of a list of assets that say that a group of it holds an accelerator; of other holders their own place says more.
pub(super) fn rows_of(view: &View<'_>, holder: NodeId, edge: EdgeId) -> Vec<Place> {
    if view.graph.attribute(holder, key::KNOWN_AS) != Some("recorded") {
        return Vec::new();
    }
    view.graph.edge(edge).evidence.iter().filter_map(Evidence::place).collect()
}
