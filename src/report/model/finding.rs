//! A finding as reports show it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{PlaceRow, StepRow};
use crate::model::Member;

/// A finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingRow {
    /// Stable identity.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Category for `--fail-on`.
    pub category: String,
    /// Further words for `--fail-on` that mean it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// True when we ask for the subject ourselves; false when something else brings it in.
    pub direct: bool,
    /// `info` to `critical`.
    pub severity: String,
    /// `possible`, `likely`, `certain`.
    pub confidence: String,
    /// Component id.
    pub subject: String,
    /// Kind of the component.
    pub subject_kind: String,
    /// One sentence.
    pub message: String,
    /// When the loss would hurt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizon: Option<String>,
    /// Where to look first.
    pub primary: PlaceRow,
    /// Every component of an aggregated finding, with its own sentence; empty for a finding about one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberRow>,
    /// Other places.
    pub related: Vec<PlaceRow>,
    /// Why, step by step.
    pub witness: Vec<StepRow>,
    /// Entries of lists that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<ListedRow>,
    /// Law, list entry or document.
    pub citations: Vec<String>,
    /// First day of the law or listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<String>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<String>,
    /// Weakest mark of the facts it rests on.
    pub verification: String,
    /// What to do.
    pub remedy: String,
    /// Replacements.
    pub alternatives: Vec<String>,
    /// Notes.
    pub notes: Vec<String>,
    /// False when the facts are too weak to fail a gate.
    pub may_gate: bool,
    /// `failing`, `waived`, `decided`, `baseline`, `too-weak` (asked to fail, and the facts do not carry it), `open`.
    pub state: String,
    /// Why it fails or who accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedRow {
    /// The organisation that it speaks of.
    pub about: String,
    /// What that is: `organisation`, `person`, …
    pub kind: String,
    /// Its country, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its identifiers that were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// What the list means to us: `block`, `review`, `warn`.
    pub consequence: String,
    /// What names the entry in decisions.
    pub id: String,
    /// The party as the list names it.
    pub party: String,
    /// List id.
    pub list: String,
    /// Entry number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Since when, and until when.
    pub dates: String,
    /// Legal citation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// SHA-256 of the entry, for decisions about it.
    pub digest: String,
}

/// One component of an aggregated finding, which is written with its texts made out.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The component, with what is said of it: there may be tens of thousands, and their texts are made as they are written.
    pub member: Member,
    /// How it stands at the gate: `waived`, `baseline`, or `open`.
    pub state: &'static str,
}

/// One component of an aggregated finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MemberRow")]
struct MemberFields<'a> {
    /// Component id.
    component: &'a str,
    /// Name a person would use.
    label: Cow<'a, str>,
    /// One sentence.
    message: Cow<'a, str>,
    /// How it stands at the gate: `waived`, `baseline`, or `open`, which is new where there is a baseline.
    state: &'a str,
    /// Where it was seen first.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceRow>,
}

impl MemberRow {
    /// Where it was seen first.
    #[must_use]
    pub fn place(&self) -> Option<PlaceRow> {
        self.member.seen.as_ref().map(|seen| PlaceRow::from(&seen.place()))
    }
}

impl Serialize for MemberRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = MemberFields {
            component: self.member.component.as_str(),
            label: self.member.label(),
            message: self.member.message(),
            state: self.state,
            place: self.place(),
        };
        fields.serialize(serializer)
    }
}

impl JsonSchema for MemberRow {
    fn schema_name() -> Cow<'static, str> {
        MemberFields::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        MemberFields::json_schema(generator)
    }
}
