//! The rule file format: these types are its definition; the JSON Schema is made from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{Control, ReachTest};
use crate::model::{Date, Horizon, RelationKind, Severity, Validity, Verification};

/// Findings that weigh less where only tests, examples or documentation show what they are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LowAside {
    /// None.
    #[default]
    Never,
    /// Those about services that code calls.
    Calls,
    /// All.
    All,
}

/// One rule.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Kebab-case, equal to the file name.
    pub id: String,
    /// How it is computed.
    pub kind: Kind,
    /// What a finding says, in a few words.
    pub title: String,
    /// Category for `--fail-on`: `sanctioned`, `export-control`, `control`, `lock-in`, `concentration`,
    /// `data-gravity`, `delivery`, `supply-chain`, `unknown-owner`, …
    pub category: String,
    /// Further words for `--fail-on` that mean this rule too: `refused-jurisdiction`.
    #[serde(default)]
    pub words: Vec<String>,
    /// How bad a finding is, before profile and horizon speak.
    pub severity: Severity,
    /// Severity when the loss would hurt at a certain horizon.
    #[serde(default)]
    pub severity_at: BTreeMap<Horizon, Severity>,
    /// Severity seen from a certain profile; wins over the horizon.
    #[serde(default)]
    pub severity_for: BTreeMap<String, Severity>,
    /// Rules whose finding on the same component says this one too: then there is one finding, with the sentence of this
    /// one beside it and with its words for `--fail-on`.
    #[serde(default)]
    pub carried_by: Vec<String>,
    /// What is of low severity where only tests, examples or documentation show it.
    #[serde(default)]
    pub low_aside: LowAside,
    /// Profiles the rule speaks to; all when empty.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Why it matters, two or three sentences.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
    /// Which components it looks at.
    #[serde(default)]
    pub select: Select,
    /// Further components it looks at, beside those of `select`.
    #[serde(default)]
    pub also: Option<Select>,
    /// One finding for all subjects of the rule instead of one each: for what is common and mild.
    #[serde(default)]
    pub aggregate: bool,
    /// Parameters of kind `reach`.
    #[serde(default)]
    pub reach: Option<ReachParameters>,
    /// Parameters of kind `listed`.
    #[serde(default)]
    pub listed: Option<ListedParameters>,
    /// Parameters of kind `owned`.
    #[serde(default)]
    pub owned: Option<OwnedParameters>,
    /// Parameters of kind `export-class`.
    #[serde(default)]
    pub export: Option<ExportParameters>,
    /// Parameters of kind `fleet`.
    #[serde(default)]
    pub fleet: Option<FleetParameters>,
    /// Parameters of kind `tied`.
    #[serde(default)]
    pub tied: Option<TiedParameters>,
    /// Parameters of kind `concentration`.
    #[serde(default)]
    pub concentration: Option<ConcentrationParameters>,
    /// Parameters of kind `missing`.
    #[serde(default)]
    pub missing: Option<MissingParameters>,
    /// Parameters of kind `single`.
    #[serde(default)]
    pub single: Option<SingleParameters>,
    /// Parameters of kind `screened`.
    #[serde(default)]
    pub screened: Option<ScreenedParameters>,
    /// Parameters of kind `noticed`.
    #[serde(default)]
    pub noticed: Option<NoticedParameters>,
    /// Parameters of kind `stated`.
    #[serde(default)]
    pub stated: Option<StatedParameters>,
    /// What the migration plan does about a finding; without it the finding stays for people to decide.
    #[serde(default)]
    pub plan: Option<PlanParameters>,
    /// Where the rule has it from; at least one.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// When it applies.
    #[serde(default)]
    pub effective: Validity,
    /// How well it is checked and when to look again.
    pub review: Review,
    /// Examples that run as tests and are printed in the documents: at least one flagged, one not.
    #[serde(rename = "example")]
    pub examples: Vec<Example>,
}

/// How a rule is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Every selected component is a finding.
    Match,
    /// A jurisdiction reaches the component by one of some tests.
    Reach,
    /// A listed party, or one owned by a listed party, answers for the component.
    Listed,
    /// A party that answers for the component counts as owned or controlled under one of some ownership rules.
    Owned,
    /// The computed export-control class of an accelerator against where it stands.
    ExportClass,
    /// The fleet of accelerators hangs on one designer, foundry or country, or is to be replaced soon.
    Fleet,
    /// Software that runs on the accelerators of some makers only.
    Tied,
    /// Too much is controlled from one jurisdiction.
    Concentration,
    /// A relation that should be there is not.
    Missing,
    /// All of a sort have one and the same end of a relation.
    Single,
    /// A vendor, author or organisation has the name or an identifier of a listed party.
    Screened,
    /// A notice of the catalog names the component, or the party that answers for it.
    Noticed,
    /// What is declared and what is observed of the accelerators at one place are not the same.
    Disagreement,
    /// Attributes of the component say it, each with its place.
    Stated,
}

/// Which components a rule looks at. All conditions must hold; an empty list asks nothing.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Select {
    /// Kinds of components: `package`, `image`, `service`, …
    #[serde(default)]
    pub kind: Vec<String>,
    /// Attribute equals one of the values: `capability = ["inference"]`. `*` asks only that it is there.
    #[serde(default)]
    pub attribute: BTreeMap<String, Vec<String>>,
    /// Attributes that must not be there, or not have these values.
    #[serde(default)]
    pub not: BTreeMap<String, Vec<String>>,
    /// Glob over the component id or the name that reports show.
    #[serde(default)]
    pub id: Vec<String>,
    /// Only what one of our workloads or projects needs.
    #[serde(default)]
    pub needed: bool,
}

/// Kind `reach`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReachParameters {
    /// Tests that count.
    pub tests: Vec<ReachTest>,
    /// Whose seat is asked about, in the order in which parties are looked for.
    pub parties: Vec<Control>,
    /// Which jurisdictions are meant.
    pub from: Jurisdictions,
    /// Say where the component lies too: control decides, and another place adds its own law.
    #[serde(default)]
    pub place_told: bool,
}

/// A set of jurisdictions, named from the profile or listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Jurisdictions {
    /// `profile.refused`, `profile.not-trusted`, `profile.foreign`.
    Named(String),
    /// ISO codes and ids of country groups.
    Listed(Vec<String>),
}

/// Kind `listed`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListedParameters {
    /// List consequences that count, as the profile sees them: `block`, `review`, `warn`.
    pub consequence: Vec<String>,
    /// Who is looked at.
    pub parties: Vec<Control>,
    /// Entries about officers, owners and parts of a party instead of those about the party itself.
    #[serde(default)]
    pub related_parties: bool,
    /// Look at controlling owners too.
    #[serde(default)]
    pub owners: bool,
    /// Only owners, not the party itself.
    #[serde(default)]
    pub only_owners: bool,
}

/// Kind `owned`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnedParameters {
    /// Ids of ownership rules.
    pub rules: Vec<String>,
    /// Who is looked at.
    pub parties: Vec<Control>,
}

/// Kind `export-class`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExportParameters {
    /// Classes that count: `3A090.a`, `3A090.b`, …, `indeterminate`.
    pub classes: Vec<String>,
    /// Destination rows (by id) in which the class needs a licence; rows for every class count whatever `classes`
    /// says. Empty: any place.
    #[serde(default)]
    pub destinations: Vec<String>,
    /// Look at the seat of the operator's last owner as well as at the place (headquarters rule).
    #[serde(default)]
    pub headquarters: bool,
    /// Instead of places: who operates it, or controls who does, is on one of these lists.
    #[serde(default)]
    pub operator_lists: Vec<String>,
    /// Instead of places: rows of guidance (by id) that speak of the product itself.
    #[serde(default)]
    pub guidance: Vec<String>,
    /// What helps where guidance prohibits dealing in the product itself, so that a licence for the place does not.
    #[serde(default)]
    pub remedy_prohibited: Option<String>,
}

/// Kind `fleet`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FleetParameters {
    /// What shares are taken of: `designer`, `foundry`, `fabrication-country`, `memory`, `packaging`.
    #[serde(default)]
    pub of: Vec<String>,
    /// Share of the devices in percent from which it counts.
    #[serde(default)]
    pub percent: u8,
    /// Fewest devices for a share to mean anything.
    #[serde(default)]
    pub at_least: u32,
    /// Instead of shares: hardware that is to be replaced within so many days.
    #[serde(default)]
    pub refresh_within_days: Option<u32>,
}

/// Kind `tied`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TiedParameters {
    /// Only software all of whose platforms are made by parties that are controlled from one of these.
    pub makers: Jurisdictions,
}

/// Kind `concentration`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConcentrationParameters {
    /// Share in percent from which it counts; the profile may set its own.
    pub percent: u8,
    /// Fewest components for the share to mean anything.
    pub at_least: usize,
    /// Who is looked at, first found answers.
    pub parties: Vec<Control>,
}

/// Kind `missing`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MissingParameters {
    /// One of these relations must leave the component.
    pub relation: Vec<RelationKind>,
    /// A far end that has one of these attributes does not count.
    #[serde(default)]
    pub except_with: Vec<String>,
    /// The far end must answer to another operator's control.
    #[serde(default)]
    pub other_operator: bool,
    /// Only ask where the operator is controlled from one of these.
    #[serde(default)]
    pub controlled_from: Option<Jurisdictions>,
    /// Only ask when the target has at least one of these relations anywhere or of these component kinds.
    #[serde(default)]
    pub only_if_present: Vec<String>,
}

/// Kind `single`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SingleParameters {
    /// Relations whose far ends are compared.
    pub relation: Vec<RelationKind>,
    /// Kind of the far end, where the relation leads to several: `region`.
    #[serde(default)]
    pub end: Option<String>,
    /// Fewest components with a known end for it to mean anything.
    pub at_least: usize,
    /// Only where the end is controlled from one of these.
    #[serde(default)]
    pub controlled_from: Option<Jurisdictions>,
}

/// Kind `screened`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScreenedParameters {
    /// How sure a match must be: `confirmed`, `probable`, `possible`, `weak`.
    pub levels: Vec<String>,
    /// List consequences that count, as the profile sees them: `block`, `review`, `warn`.
    pub consequence: Vec<String>,
}

/// Kind `noticed`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NoticedParameters {
    /// Topics of notices that count.
    pub topics: Vec<String>,
    /// Only notices of a legal order that is our own; those of others are told beside them.
    #[serde(default)]
    pub home: bool,
}

/// Kind `stated`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StatedParameters {
    /// The attribute whose values are told.
    pub attribute: String,
    /// Between the component and the values: `is told or asked`.
    pub says: String,
    /// An attribute that says the opposite: a component with it alone is none.
    #[serde(default)]
    pub unless: Option<String>,
}

/// What the migration plan does about a finding.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlanParameters {
    /// What kind of change.
    pub action: PlanAction,
    /// Effort for one component: `S` under a week, `M` 1-4 weeks, `L` 1-3 months, `XL` more. A service's own
    /// effort in the catalog wins.
    pub effort: String,
}

/// Kinds of change a plan knows, each of which edits the graph so that its effect can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlanAction {
    /// Pin by digest.
    Pin,
    /// Fetch from a mirror under own control.
    Mirror,
    /// Take the component out.
    Remove,
    /// Let a GitOps controller deploy it.
    Gitops,
    /// Keep a replica with an operator under trusted control.
    Replicate,
    /// Replace by something with an open API, where it runs today.
    OpenApi,
    /// Move to an operator under trusted control, with an open API.
    ReplaceOperator,
}

/// A source.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Source {
    /// Law, document or measurement.
    pub title: String,
    /// Address without scheme.
    #[serde(default)]
    pub url: Option<String>,
    /// When it was published.
    #[serde(default)]
    pub date: Option<Date>,
}

/// How well a rule is checked.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Review {
    /// Two sources, one source, recalled. Recalled never fails a gate by default.
    pub verification: Verification,
    /// Look at it again by this day; an overdue rule says so in every finding.
    pub by: Date,
}

/// An example: files and the places the rule must flag in them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Seen from this profile; `eu` when absent.
    #[serde(default)]
    pub profile: Option<String>,
    /// Judged as of this day; the rule set's date when absent.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// `path:line` of every finding of this rule, and no others.
    pub flagged: Vec<String>,
    /// File name to content.
    pub files: BTreeMap<String, String>,
}
