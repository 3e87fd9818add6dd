//! Words that the formats for people share.

use super::{ControlRow, FindingRow, GateRow, PlaceRow};

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A share; what is less than half a percent is not nothing.
pub(super) fn percent(row: &ControlRow) -> String {
    if row.percent == 0 { "<1%".to_owned() } else { format!("{}%", row.percent) }
}

/// `path:line:column`.
pub(super) fn place(place: &PlaceRow) -> String {
    match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", place.path),
        _ => place.path.clone(),
    }
}

/// The subject as people know it, without package URL noise.
pub(super) fn subject(finding: &FindingRow) -> String {
    let step = finding.witness.iter().find(|step| step.component == finding.subject);
    let label = step.map_or(finding.subject.as_str(), |step| step.label.as_str());
    let name = label.strip_prefix("pkg:").unwrap_or(label);
    // `?/name` is an accelerator whose product is not known: the mark is no query there
    let name = match name.strip_prefix("?/") {
        Some(raw) => format!("{raw} (product not known)"),
        None => name.split('?').next().unwrap_or(name).to_owned(),
    };
    match finding.members.len() {
        0 => name,
        several => format!("{several} components, first {name}"),
    }
}

/// Why findings that were asked to fail the gate do not.
pub(super) fn too_weak(gate: &GateRow) -> Option<String> {
    let counts: Vec<String> =
        gate.too_weak.iter().rev().map(|(severity, number)| format!("{number} {severity}")).collect();
    (!counts.is_empty()).then(|| {
        format!("{} not counted: they rest on facts too weak to fail a build (`explain` says which)", counts.join(", "))
    })
}
