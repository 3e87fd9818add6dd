//! What `sovaudit explain` says of an organisation: what it answers for, and from where it is controlled.

use std::io;

use crate::graph::{Control, Graph, NodeId};
use crate::model::{ComponentKind, Evidence};
use crate::text::count;

/// Components that are named.
const NAMED: usize = 8;

/// Tells what an organisation answers for, where that stands, and where the organisation is seated.
pub(super) fn told(
    graph: &Graph<'_>,
    node: NodeId,
    told: &mut dyn FnMut(&str, &str) -> io::Result<()>,
) -> io::Result<()> {
    let found = answered(graph, node);
    told("", "")?;
    told(&format!("Answers for ({}):", count(found.len(), "component")), "")?;
    for (control, component) in found.iter().take(NAMED) {
        let about = graph.node(*component);
        let place = about.evidence.into_iter().flatten().find_map(Evidence::place);
        let place = place.map_or_else(String::new, |place| format!("   ({})", place.with_layer()));
        told(&format!("{} ({}){place}", about.id, control.as_str()), "  ")?;
    }
    if found.len() > NAMED {
        told(&format!("and {}", count(found.len() - NAMED, "more component")), "  ")?;
    }
    let seats: Vec<String> =
        graph.seats_of_control(node).into_iter().map(|seat| graph.label(seat).into_owned()).collect();
    told("", "")?;
    told("Controlled from:", "")?;
    told(if seats.is_empty() { "unknown".to_owned() } else { seats.join(", ") }.as_str(), "  ")
}

/// Components that an organisation answers for, each with the nearest way in which it does; not other organisations.
fn answered(graph: &Graph<'_>, organisation: NodeId) -> Vec<(Control, NodeId)> {
    let is_other =
        |kind| matches!(kind, ComponentKind::Organisation | ComponentKind::Jurisdiction | ComponentKind::Host);
    let mut found = Vec::new();
    for node in graph.nodes().filter(|node| !is_other(graph.node(*node).kind)) {
        let by = |control: &Control| graph.parties(node, *control).iter().any(|path| path.end() == organisation);
        if let Some(control) = Control::ALL.into_iter().find(by) {
            found.push((control, node));
        }
    }
    found.sort_by_key(|(control, node)| {
        (Control::ALL.iter().position(|one| one == control), graph.node(*node).id.as_str())
    });
    found
}
