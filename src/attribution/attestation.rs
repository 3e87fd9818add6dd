//! What somebody attests of a system and no file can show: who the people are that can act on it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Cite, Work};
use crate::model::{
    ComponentId, ComponentKind, Confidence, CountryCode, Date, RelationKind, Verification, component_name,
};

/// A statement about the people who can act on components or for an organisation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attestation {
    /// Component or organisation: its id, the name that reports show, or a glob over these.
    pub subject: String,
    /// States whose nationals or residents can act on it.
    pub personnel: Vec<CountryCode>,
    /// The document that says so.
    pub source: String,
    /// Who answers for the statement.
    pub by: String,
    /// Day of the statement.
    pub date: Date,
    /// Last day it counts; mandatory, because people change.
    pub expires: Date,
}

/// Adds what is attested on the day.
pub(super) fn link(work: &mut Work<'_>, attestations: &[Attestation]) {
    for (at, attestation) in attestations.iter().enumerate() {
        if attestation.date > work.as_of || attestation.expires < work.as_of {
            continue;
        }
        let Ok(glob) = globset::Glob::new(&attestation.subject) else { continue };
        let glob = glob.compile_matcher();
        let is_meant = |id: &ComponentId| {
            let shown = id.as_str().replace("%40", "@");
            let names = [id.as_str(), id.rest(), component_name(&shown)];
            names.contains(&attestation.subject.as_str()) || names.iter().any(|name| glob.is_match(name))
        };
        let subjects: Vec<ComponentId> =
            work.inventory.components().map(|(id, _)| id.clone()).filter(is_meant).collect();
        let source = format!("{}, attested by {} on {}", attestation.source, attestation.by, attestation.date);
        let cite = Cite {
            entry: format!("attestation/{}", at + 1),
            source: &source,
            verification: Verification::OneSource,
            confidence: Confidence::Likely,
        };
        for id in subjects {
            for country in &attestation.personnel {
                let state = ComponentId::jurisdiction(country.as_str());
                work.component(&state, ComponentKind::Jurisdiction, &cite);
                work.relate(&id, RelationKind::StaffedFrom, &state, &cite);
            }
        }
    }
}
