//! Findings that say the same of many components: one line of the table.

use std::collections::BTreeMap;

use super::FindingRow;

/// So many lines that say the same are read; more are one line.
const FEW: usize = 10;

/// What a finding says besides its subject: where its path leads from there, and what became of it at the gate.
type Said<'f> = (&'f str, Vec<&'f str>);

/// Findings of one rule and severity in their order, those together that differ in their subject only, where they are many.
pub(super) fn alike(findings: &[FindingRow]) -> Vec<Vec<&FindingRow>> {
    let mut numbers: BTreeMap<Said<'_>, usize> = BTreeMap::new();
    for said in findings.iter().filter_map(said) {
        *numbers.entry(said).or_default() += 1;
    }
    let mut rows: Vec<Vec<&FindingRow>> = Vec::new();
    let mut places: BTreeMap<Said<'_>, usize> = BTreeMap::new();
    for finding in findings {
        let said = said(finding).filter(|said| numbers.get(said).is_some_and(|number| *number > FEW));
        let known = said.and_then(|said| {
            let at = *places.entry(said).or_insert(rows.len());
            (at < rows.len()).then_some(at)
        });
        match known {
            Some(at) => rows[at].push(finding),
            None => rows.push(vec![finding]),
        }
    }
    rows
}

/// None for findings that speak of several components already, and for those whose path ends at their subject.
fn said(finding: &FindingRow) -> Option<Said<'_>> {
    let at = finding.witness.iter().position(|step| step.component == finding.subject)?;
    let rest: Vec<&str> = finding.witness[at + 1..].iter().map(|step| step.label.as_str()).collect();
    (finding.members.is_empty() && !rest.is_empty()).then_some((finding.state.as_str(), rest))
}
