//! Words that the formats for people share.

use crate::model::component_name;
use crate::text::count;

use super::{ControlRow, CoverageRow, FindingRow, GateRow, PlaceRow, UndecidedRow};

/// A share; what is less than half a percent is not nothing.
pub(super) fn percent(row: &ControlRow) -> String {
    if row.percent == 0 { "<1%".to_owned() } else { format!("{}%", row.percent) }
}

/// What to say where only some scanners looked.
pub(super) fn only(coverage: &CoverageRow) -> Option<String> {
    (!coverage.only.is_empty())
        .then(|| format!("Only looked for: {} (--only); nothing else was read", coverage.only.join(", ")))
}

/// `path:line:column`.
pub(super) fn place(place: &PlaceRow) -> String {
    match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", place.path),
        _ => place.path.to_string(),
    }
}

/// The subject as people know it, without package URL noise.
pub(super) fn subject(finding: &FindingRow) -> String {
    let step = finding.witness.iter().find(|step| step.component == finding.subject);
    let name = shown(step.map_or(finding.subject.as_str(), |step| step.label.as_str()));
    let left = finding.members.iter().filter(|member| member.state == "open").count();
    match finding.members.len() {
        0 => name,
        several if left > 0 && left < several => format!("{left} of {}, first {name}", count(several, "component")),
        several => format!("{}, first {name}", count(several, "component")),
    }
}

/// How many components a rule could not decide about, and the first few.
pub(super) fn undecided_components(row: &UndecidedRow) -> String {
    let number = count(row.components, "component");
    if row.first.is_empty() {
        return number;
    }
    let names: Vec<String> = row.first.iter().map(|named| shown(&named.label)).collect();
    let more = row.components.saturating_sub(names.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{number}: {}{more}", names.join(", "))
}

/// The components of an aggregated finding: as many as fit into `columns`, at least one, and how many more.
pub(super) fn members(finding: &FindingRow, columns: usize) -> String {
    let left: Vec<_> = finding.members.iter().filter(|member| member.state == "open").collect();
    // those that nothing accepts; without any, all
    let named = if left.is_empty() { finding.members.iter().collect() } else { left };
    several(named.iter().map(|member| shown(&member.member.label())), columns)
}

/// Names of components: as many as fit into `columns`, at least one, and how many more.
pub(super) fn several(names: impl ExactSizeIterator<Item = impl AsRef<str>>, columns: usize) -> String {
    let total = names.len();
    let mut line = count(total, "component");
    for (at, name) in names.enumerate() {
        let left = total - at - 1;
        let mut longer = line.clone();
        longer.push_str(if at == 0 { ": " } else { ", " });
        longer.push_str(name.as_ref());
        let more = if left == 0 { 0 } else { format!(" and {left} more").chars().count() };
        if at > 0 && longer.chars().count() + more > columns {
            return format!("{line} and {} more", left + 1);
        }
        line = longer;
    }
    line
}

/// A label without package URL noise.
pub(crate) fn shown(label: &str) -> String {
    // `?/name` is an accelerator whose product is not known: the mark is no query there
    match label.strip_prefix("?/") {
        Some(raw) => format!("{raw} (product not known)"),
        None => component_name(label).to_owned(),
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
