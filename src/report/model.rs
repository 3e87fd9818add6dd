//! The report's shape. Its JSON Schema is made from these types; additions are minor, removals major.

mod finding;
mod lines;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::legal::{OwnedRow, ReachRow};
use crate::model::{Basis, Evidence, Place, Sighting};
use crate::supply::SupplyRow;

pub use finding::{FindingRow, ListedRow, MemberRow};

/// A report, schema version 1.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// `sovaudit-report/1`.
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Version of the rule set.
    pub rules: String,
    /// Entries of added layers that replaced embedded ones.
    pub overrides: Vec<OverrideRow>,
    /// Target as the user named it.
    pub target: String,
    /// Options without which another command sees something else; for the next commands that are proposed.
    #[serde(skip)]
    pub options: String,
    /// Profile id.
    pub profile: String,
    /// Day of the evaluation.
    pub as_of: String,
    /// Lists of parties that were asked.
    pub lists: Vec<ListRow>,
    /// How much was understood.
    pub coverage: CoverageRow,
    /// From where components are controlled, largest share first.
    pub control: Vec<ControlRow>,
    /// What stops if a jurisdiction is lost, worst first.
    pub survival: Vec<SurvivalRow>,
    /// Supply of accelerators, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supply: Option<SupplyRow>,
    /// The gate's decision.
    pub gate: GateRow,
    /// Worst first.
    pub findings: Vec<FindingRow>,
    /// Rules that speak in the findings.
    pub rule_texts: Vec<RuleRow>,
    /// What rules could not decide.
    pub undecided: Vec<UndecidedRow>,
    /// What was not understood, by path and place.
    pub diagnostics: Vec<DiagnosticRow>,
    /// Everything found, in id order.
    #[serde(serialize_with = "lines::one_a_line")]
    pub components: Vec<ComponentRow>,
    /// Every relation, ordered by near end, kind, far end.
    #[serde(serialize_with = "lines::one_a_line")]
    pub relations: Vec<RelationRow>,
    /// What later layers of an image took away, where that was asked for; among the components it carries `removed`.
    #[serde(skip)]
    pub removed: Vec<RemovedRow>,
    /// Columns of the terminal; no part of the data.
    #[serde(skip)]
    pub width: usize,
    /// Short name of the target, the same wherever it lies; only bills of materials write it.
    #[serde(skip)]
    pub name: String,
    /// When it was made, where that was asked for; only bills of materials write it.
    #[serde(skip)]
    pub created: Option<String>,
}

/// A package or model in layers of an image and in no container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedRow {
    /// Name a person would use.
    pub label: String,
    /// What took it away: `deleted by sha256:…`.
    pub how: Vec<String>,
    /// Where it was seen first.
    pub place: Option<PlaceRow>,
}

/// A list of parties that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListRow {
    /// List id.
    pub list: String,
    /// Entries that held, or may have held, on the day.
    pub parties: usize,
    /// True for an imported list; false for the selection that comes with the rules, which is never a whole list.
    pub imported: bool,
    /// Day on which an imported list was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// True when neither the files nor anybody says of which day the imported list is: `seen` is the day of its import.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub day_unknown: bool,
}

/// An entry that an added layer replaced.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OverrideRow {
    /// The added rules folder, as it was named.
    pub layer: String,
    /// File in it.
    pub file: String,
    /// `table/id`, `rule/id` or `profile/id`.
    pub entry: String,
}

/// How much was understood.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CoverageRow {
    /// Files the walk saw.
    pub files_seen: u64,
    /// Files that scanners asked for and that were read.
    pub files_read: usize,
    /// Files of which part was lost.
    pub partial: Vec<String>,
    /// Files that could not be read or parsed.
    pub failed: Vec<String>,
    /// Generated or excluded folders not entered.
    pub skipped_folders: Vec<String>,
    /// Groups or names of the scanners that looked, where not all did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Components by kind.
    pub components: BTreeMap<String, usize>,
    /// Components that should have an owner and have none known.
    pub owners_unknown: usize,
    /// Components that should have an owner.
    pub owners_asked: usize,
}

/// Share of components by control.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlRow {
    /// ISO code, or `unknown`.
    pub jurisdiction: String,
    /// How many components.
    pub components: usize,
    /// Percent of all, rounded down.
    pub percent: usize,
}

/// Survival without one jurisdiction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SurvivalRow {
    /// ISO codes lost together.
    pub without: Vec<String>,
    /// What must keep running, in all: workloads, services that run something of ours, and projects that call a service.
    pub workloads: usize,
    /// How many of these are of each kind.
    pub kinds: BTreeMap<String, usize>,
    /// How many of these have stopped by each horizon.
    pub stopped: BTreeMap<String, usize>,
    /// Each workload's fate.
    pub fates: Vec<FateRow>,
    /// Workloads that nothing known stops, but whose cluster or machine is not known.
    pub undecided: usize,
}

/// Fate of a workload.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FateRow {
    /// Workload id.
    pub workload: String,
    /// `immediate`, `next-deploy`, `next-renewal`, `next-refresh`, `none`.
    pub stops: String,
    /// From the workload to what was lost.
    pub witness: Vec<StepRow>,
}

/// The gate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GateRow {
    /// True when the build may go on.
    pub passed: bool,
    /// What was asked.
    pub fail_on: Vec<String>,
    /// Findings that fail it.
    pub failing: usize,
    /// Findings accepted by a waiver.
    pub waived: usize,
    /// Findings that analysts decided to be of no consequence.
    pub decided: usize,
    /// Decisions that hold no longer or speak of nothing here.
    pub decision_notes: Vec<String>,
    /// Findings known from the baseline.
    pub baseline: usize,
    /// Findings that were asked to fail it and rest on facts too weak for that, by severity.
    pub too_weak: BTreeMap<String, usize>,
    /// Every waiver with its state.
    pub waivers: Vec<WaiverRow>,
}

/// A waiver with its state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WaiverRow {
    /// What it accepts.
    pub covers: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day.
    pub expires: String,
    /// `used`, `unused`, `outgrown` (it names not all lists of what it would accept), `expired`.
    pub state: String,
}

/// A place in the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceRow {
    /// File below the target.
    pub path: Arc<str>,
    /// First line, from 1; absent for a file as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// First column in code points, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Column after the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// The words there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// True for a file inside an image; evidence tells its layer.
    #[serde(skip)]
    pub is_in_image: bool,
}

impl From<&Sighting> for PlaceRow {
    fn from(seen: &Sighting) -> Self {
        let region = seen.region();
        Self {
            path: seen.path().shown(),
            line: region.map(|region| region.start.line),
            column: region.map(|region| region.start.column),
            end_line: region.map(|region| region.end.line),
            end_column: region.map(|region| region.end.column),
            excerpt: seen.excerpt(),
            is_in_image: seen.layer().is_some(),
        }
    }
}

impl From<&Place> for PlaceRow {
    fn from(place: &Place) -> Self {
        Self {
            path: place.path.shown(),
            line: place.region.map(|region| region.start.line),
            column: place.region.map(|region| region.start.column),
            end_line: place.region.map(|region| region.end.line),
            end_column: place.region.map(|region| region.end.column),
            excerpt: place.excerpt.as_ref().map(ToString::to_string),
            is_in_image: place.layer.is_some(),
        }
    }
}

/// A step of a witness path.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepRow {
    /// Relation from the step before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Component id.
    pub component: String,
    /// Name a person would use.
    pub label: String,
    /// Where it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceRow>,
    /// Rule-file entry that says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Mark of that entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
}

/// A rule that speaks in the findings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RuleRow {
    /// Rule id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Category.
    pub category: String,
    /// Severity before profile and horizon.
    pub severity: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Sources.
    pub sources: Vec<String>,
    /// The rule as a page, Markdown.
    pub page: String,
}

/// What a rule could not decide.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UndecidedRow {
    /// Rule id.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// How many components.
    pub components: usize,
    /// The first few of them, where the reason speaks of single ones.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub first: Vec<NamedRow>,
}

/// A component and what it is called.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NamedRow {
    /// Id.
    pub component: String,
    /// Name.
    pub label: String,
}

/// What was not understood.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiagnosticRow {
    /// File.
    pub path: String,
    /// Line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// `unreadable`, `malformed`, `unsupported`, `unresolved`, `conflict`, `link`, `left-out`, `limit-reached`, `internal`.
    pub kind: String,
    /// Scanner or stage.
    pub scanner: String,
    /// One sentence.
    pub message: String,
}

/// A component.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComponentRow {
    /// Stable id; a package URL for packages and images.
    pub id: Arc<str>,
    /// Kind.
    pub kind: &'static str,
    /// Properties.
    pub attributes: BTreeMap<&'static str, Vec<Arc<str>>>,
    /// Where it was seen or what says it.
    #[serde(serialize_with = "lines::evidence")]
    #[schemars(with = "Vec<EvidenceRow>")]
    pub evidence: Vec<Evidence>,
    /// States that in the end control who answers for it.
    pub controlled_from: Vec<String>,
    /// Whose law reaches it, by state and test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached_by: Vec<ReachRow>,
    /// Of an organisation: ownership rules under which it is owned, or may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned: Vec<OwnedRow>,
}

/// Evidence.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum EvidenceRow {
    /// Seen in the target.
    Observed {
        /// Place.
        #[serde(flatten)]
        place: PlaceRow,
        /// Layer digest, for images.
        #[serde(skip_serializing_if = "Option::is_none")]
        layer: Option<Arc<str>>,
        /// Scanner id.
        scanner: &'static str,
        /// `resolved`, `declared`, `inferred`.
        basis: &'static str,
    },
    /// Said by the rule files.
    Cited {
        /// Table and id.
        entry: Arc<str>,
        /// Where the rule files have it from.
        sources: Vec<Arc<str>>,
        /// Mark.
        verification: &'static str,
        /// How exactly the entry fits: `possible`, `likely`, `certain`.
        confidence: &'static str,
    },
}

impl From<&Evidence> for EvidenceRow {
    fn from(evidence: &Evidence) -> Self {
        match evidence {
            Evidence::Observed(seen) => Self::Observed {
                place: PlaceRow::from(seen),
                layer: seen.layer().cloned(),
                scanner: seen.scanner(),
                basis: match seen.basis() {
                    Basis::Resolved => "resolved",
                    Basis::Declared => "declared",
                    Basis::Inferred => "inferred",
                },
            },
            Evidence::Cited(cited) => Self::Cited {
                entry: Arc::clone(&cited.entry),
                sources: cited.sources.iter().map(|source| Arc::clone(&source.title)).collect(),
                verification: cited.verification.as_str(),
                confidence: cited.confidence.as_str(),
            },
        }
    }
}

/// A relation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RelationRow {
    /// Near end.
    pub from: Arc<str>,
    /// Kind.
    pub kind: &'static str,
    /// Far end.
    pub to: Arc<str>,
    /// When its loss hurts.
    pub horizon: &'static str,
    /// Alternatives share a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// Why we believe it.
    #[serde(serialize_with = "lines::evidence")]
    #[schemars(with = "Vec<EvidenceRow>")]
    pub evidence: Vec<Evidence>,
}
