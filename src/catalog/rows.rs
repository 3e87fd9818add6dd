//! The tables' rows, as written in TOML. Every row has a source and a verification mark.

use serde::Deserialize;

use crate::model::{CountryCode, Date, Verification};

macro_rules! rows {
    ($($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident : $kind:ty),* $(,)? })*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $kind,)*
            /// Where the row has it from.
            pub source: Box<str>,
            /// How well it is checked.
            pub verification: Verification,
        }
    )*};
}

/// A text column.
pub type Text = Box<str>;

/// An identity key of an organisation.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// `github`, `npm`, `pypi`, `golang`, `maven`, `registry`, `domain`, `huggingface`, …
    #[serde(rename = "type")]
    pub kind: Text,
    /// The account, scope, path or host.
    pub value: Text,
    /// True when names that begin so belong to it as a hint only.
    #[serde(default)]
    pub prefix: bool,
    /// True when the key was checked and may carry a gate decision.
    #[serde(default)]
    pub gate: bool,
    /// True when two sources name the key.
    #[serde(default)]
    pub two_source: bool,
}

/// Dense rates in tera operations per second, as written: precision name to figure.
pub type Dense = std::collections::BTreeMap<Text, Text>;

rows! {
    /// A legal person, foundation, project body or team.
    Organisation {
        /// Kebab-case.
        id: Text,
        /// As people write it.
        name: Text,
        /// `company`, `foundation`, `project`, `parent`, `state`, …
        kind: Text,
        /// Seat.
        #[serde(default)]
        country: Option<CountryCode>,
        /// Lists it or its parent is on, in words; the listings table decides.
        #[serde(default)]
        list_status: Option<Text>,
        /// Last owner, in words.
        #[serde(default)]
        ultimate_parent: Option<Text>,
        /// Seat of the last owner.
        #[serde(default)]
        ultimate_parent_country: Option<CountryCode>,
        /// Identity keys.
        #[serde(default)]
        keys: Vec<Key>,
        /// Fields that were checked.
        #[serde(default)]
        verified_fields: Vec<Text>,
        /// What it controls.
        #[serde(default)]
        controls: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A seat checked in another table than the organisation's own row.
    Seat {
        /// Whose.
        organisation: Text,
        /// Where.
        country: CountryCode,
    }
    /// Who owns or controls whom.
    Ownership {
        /// The owned.
        of: Text,
        /// The owner.
        by: Text,
        /// Share of capital in percent, as written.
        #[serde(default)]
        share_percent: Option<Text>,
        /// Share of votes in percent, as written.
        #[serde(default)]
        votes_percent: Option<Text>,
        /// True when the owner decides.
        control: bool,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// An entry of a sanctions or entity list.
    Listing {
        /// Stable id of the row.
        id: Text,
        /// Organisation it names; absent for parties the catalog does not hold.
        #[serde(default)]
        organisation: Option<Text>,
        /// `entity` (names match), `group`, `list`.
        kind: Text,
        /// `organisation` when the entry names the organisation itself, `related-party` when it names an officer,
        /// owner or part of it.
        #[serde(default)]
        about: Option<Text>,
        /// Name as listed.
        entity: Text,
        /// Other names.
        #[serde(default)]
        aliases: Vec<Text>,
        /// Country as listed.
        #[serde(default)]
        country: Option<Text>,
        /// List id.
        list: Text,
        /// Day it was listed.
        #[serde(default)]
        listed: Option<Date>,
        /// The same in words, when no day is known.
        #[serde(default)]
        listed_text: Option<Text>,
        /// Legal citation.
        #[serde(default)]
        citation: Option<Text>,
        /// What the listing forbids.
        #[serde(default)]
        policy: Option<Text>,
        /// Programme or footnote.
        #[serde(default)]
        programme: Option<Text>,
        /// `listed`, `in-force`, `removed`, `not-listed`, `uncertain`, `guidance`.
        status: Text,
        /// Entry number on the list.
        #[serde(default)]
        entry: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Fields that were checked.
        #[serde(default)]
        verified_fields: Vec<Text>,
    }
    /// What a list means.
    List {
        /// `US-SDN`, …
        id: Text,
        /// Who publishes it.
        publisher: Text,
        /// Legal effect in one line.
        effect: Text,
        /// `block`, `review`, `warn`, `rule`.
        consequence: Text,
        /// The same in words.
        consequence_text: Text,
        /// Whose list.
        jurisdiction: Text,
    }
    /// An accelerator product.
    Accelerator {
        /// `nvidia-h100-sxm`, …
        id: Text,
        /// Name.
        product: Text,
        /// Designer.
        vendor: Text,
        /// Designer's seat.
        vendor_country: CountryCode,
        /// Designer's last owner.
        ultimate_parent: Text,
        /// Its seat.
        ultimate_parent_country: CountryCode,
        /// `datacenter`, `workstation`, `consumer`, `edge`, `cloud_internal`.
        segment: Text,
        /// Architecture.
        #[serde(default)]
        architecture: Option<Text>,
        /// Who makes the chip.
        #[serde(default)]
        foundry: Option<Text>,
        /// Where.
        #[serde(default)]
        fab_countries: Vec<CountryCode>,
        /// Process.
        #[serde(default)]
        process: Option<Text>,
        /// Area of all non-planar logic dies, mm².
        #[serde(default)]
        die_area_mm2: Option<Text>,
        /// Remark on it.
        #[serde(default)]
        die_area_note: Option<Text>,
        /// Dense rates.
        #[serde(default)]
        dense: Dense,
        /// Memory, GB.
        #[serde(default)]
        memory_gb: Option<Text>,
        /// Memory kind.
        #[serde(default)]
        memory_type: Option<Text>,
        /// Memory bandwidth, GB/s.
        #[serde(default)]
        memory_bandwidth_gbs: Option<Text>,
        /// TPP as the table has it; only tests our arithmetic.
        #[serde(default)]
        reference_tpp: Option<Text>,
        /// PD as the table has it; only tests our arithmetic.
        #[serde(default)]
        reference_density: Option<Text>,
        /// Class as the table has it; only tests our engine.
        #[serde(default)]
        reference_class: Option<Text>,
        /// Inside the January 2026 limits for CN and MO.
        #[serde(default)]
        case_by_case: Option<Text>,
        /// General Prohibition 10 guidance: `no`, `possible`, `presumed`, `named`.
        #[serde(default)]
        gp10_risk: Option<Text>,
        /// Is-informed letter.
        #[serde(default)]
        licence_letter: Option<Text>,
        /// `vendor:device`, lower case.
        #[serde(default)]
        pci_ids: Vec<Text>,
        /// Names drivers report.
        #[serde(default)]
        device_names: Vec<Text>,
        /// Values of product labels.
        #[serde(default)]
        k8s_labels: Vec<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A name that a cloud gives to an accelerator it attaches to machines.
    AcceleratorAlias {
        /// As its interfaces write it.
        name: Text,
        /// Provider id.
        provider: Text,
        /// Accelerator id.
        accelerator: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A cloud instance type with accelerators.
    InstanceType {
        /// Provider id.
        provider: Text,
        /// Name.
        name: Text,
        /// Accelerator id.
        #[serde(default)]
        accelerator: Option<Text>,
        /// How many, as written (`8`, `0.5`, `per size`).
        #[serde(default)]
        count: Option<Text>,
        /// GB each.
        #[serde(default)]
        memory_gb: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A provider's region.
    Region {
        /// Provider id.
        provider: Text,
        /// Code.
        code: Text,
        /// Where it lies.
        #[serde(default)]
        country: Option<CountryCode>,
        /// Place.
        #[serde(default)]
        place: Option<Text>,
        /// Partition or realm.
        #[serde(default)]
        realm: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A cloud provider.
    Provider {
        /// Id.
        id: Text,
        /// Name.
        name: Text,
        /// Who operates it.
        organisation: Text,
        /// Who customers in the EU contract with, where that is another legal person.
        #[serde(default)]
        eu_entity: Option<Text>,
        /// First words of its Terraform resource types.
        #[serde(default)]
        terraform_prefixes: Vec<Text>,
        /// Partitions or realms of another provider's region table that are this provider's.
        #[serde(default)]
        realms: Vec<Text>,
        /// Terraform sources.
        #[serde(default)]
        terraform_sources: Vec<Text>,
        /// Domains its services answer under.
        #[serde(default)]
        host_suffixes: Vec<Text>,
        /// Seat.
        #[serde(default)]
        seat: Option<Text>,
        /// Last owner, in words.
        #[serde(default)]
        owner: Option<Text>,
        /// Countries outside the EU and EEA with an establishment.
        #[serde(default)]
        establishments: Vec<CountryCode>,
        /// Certificates with their state.
        #[serde(default)]
        certifications: Vec<Text>,
        /// Accelerators offered.
        #[serde(default)]
        accelerators: Option<Text>,
        /// Managed Kubernetes.
        #[serde(default)]
        kubernetes: Option<Text>,
        /// Object storage.
        #[serde(default)]
        object_storage: Option<Text>,
        /// Managed PostgreSQL.
        #[serde(default)]
        postgresql: Option<Text>,
        /// AI service.
        #[serde(default)]
        ai_service: Option<Text>,
        /// Identity federation.
        #[serde(default)]
        identity: Option<Text>,
        /// Mark of the offer columns.
        #[serde(default)]
        offer_verification: Option<Verification>,
        /// Region codes, in words; the region table decides.
        #[serde(default)]
        regions_text: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A managed service.
    Service {
        /// `aws/sagemaker-endpoint`, …
        id: Text,
        /// Name.
        name: Text,
        /// Provider id, for clouds.
        #[serde(default)]
        provider: Option<Text>,
        /// Who supplies it; absent for what several operators offer.
        #[serde(default)]
        organisation: Option<Text>,
        /// What it does.
        capability: Text,
        /// True when it holds data.
        stateful: bool,
        /// True when others offer the same API.
        open_api: bool,
        /// Terraform resource types; may end in `*`.
        #[serde(default)]
        terraform_types: Vec<Text>,
        /// SDK packages as `ecosystem:name`.
        #[serde(default)]
        sdk: Vec<Text>,
        /// Names of SDK clients (`boto3.client("…")`).
        #[serde(default)]
        clients: Vec<Text>,
        /// Host patterns, `*` for one or more labels.
        #[serde(default)]
        hosts: Vec<Text>,
        /// Effort to leave: `S`, `M`, `L`, `XL`.
        effort: Text,
        /// Upper end of a range.
        #[serde(default)]
        effort_max: Option<Text>,
        /// False when keys, weights or hashes cannot be taken along.
        #[serde(default)]
        exportable: Option<bool>,
        /// Portable replacements, best first.
        #[serde(default)]
        alternatives: Vec<Text>,
        /// How data moves.
        #[serde(default)]
        migration: Option<Text>,
        /// Why leaving takes that long.
        why: Text,
    }
    /// A law that reaches across borders.
    Law {
        /// Id.
        id: Text,
        /// Whose law.
        jurisdiction: Text,
        /// Name.
        name: Text,
        /// Statute.
        #[serde(default)]
        reference: Option<Text>,
        /// Reach tests `T1` … `T7`.
        #[serde(default)]
        tests: Vec<Text>,
        /// Whom it reaches.
        #[serde(default)]
        reaches: Option<Text>,
        /// What it orders.
        #[serde(default)]
        content: Option<Text>,
        /// Standing.
        #[serde(default)]
        status: Option<Text>,
        /// EU transfer standing.
        #[serde(default)]
        eu_transfer: Option<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Look again by.
        review_by: Date,
    }
    /// An ownership threshold seen in law.
    Threshold {
        /// Figure.
        threshold: Text,
        /// Which rule.
        rule: Text,
    }
    /// A country group or destination set, as of some days.
    CountryGroup {
        /// Id.
        id: Text,
        /// `ear-group` or `set`.
        kind: Text,
        /// Code in the law.
        #[serde(default)]
        code: Option<Text>,
        /// Meaning.
        #[serde(default)]
        label: Option<Text>,
        /// Members; `*` for all.
        countries: Vec<Text>,
        /// Sub-national areas.
        #[serde(default)]
        regions: Vec<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
    }
    /// A criterion of ECCN 3A090.
    Classification {
        /// Paragraph.
        id: Text,
        /// Class it leads to.
        class: Text,
        /// TPP at least.
        #[serde(default)]
        min_tpp: Option<f64>,
        /// TPP below.
        #[serde(default)]
        below_tpp: Option<f64>,
        /// PD at least.
        #[serde(default)]
        min_density: Option<f64>,
        /// PD below.
        #[serde(default)]
        below_density: Option<f64>,
        /// Only what is designed or marketed for data centres.
        #[serde(default)]
        data_centre_only: bool,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
    }
    /// Where a class needs a licence.
    Destination {
        /// Id.
        id: Text,
        /// Class; `*` for every product that is subject to the law.
        class: Text,
        /// Country group.
        set: Text,
        /// `codified`, `announced`, or `letter` for what companies were told by letter: then only products whose row
        /// names a letter are meant.
        standing: Text,
        /// Whether it is enforced.
        enforced: bool,
        /// True when the seat of a party's last owner counts, not the place.
        #[serde(default)]
        headquarters: bool,
        /// Review policy.
        #[serde(default)]
        policy: Option<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A Kubernetes extended resource.
    AcceleratorResource {
        /// Name or its beginning.
        name: Text,
        /// Organisation id of the designer.
        #[serde(default)]
        vendor: Option<Text>,
    }
    /// A PCI vendor of accelerators.
    PciVendor {
        /// Four hexadecimal digits.
        id: Text,
        /// Organisation id.
        vendor: Text,
    }
    /// An objective of a sovereignty framework.
    Objective {
        /// `SOV-1`, …
        id: Text,
        /// Name.
        name: Text,
        /// Weight of October 2025, percent.
        weight_2025: u8,
        /// Weight of June 2026, percent.
        weight_2026: u8,
        /// Number of criteria.
        criteria: u8,
    }
    /// A SEAL level.
    Level {
        /// `SEAL-0`, …
        id: Text,
        /// Name.
        name: Text,
        /// Meaning.
        meaning: Text,
    }
    /// A scored criterion.
    Criterion {
        /// `1.1`, …
        id: Text,
        /// Objective.
        objective: Text,
        /// Name.
        name: Text,
        /// Value per answer, worst first.
        values: Vec<Text>,
        /// SEAL level per answer.
        seal: Vec<u8>,
        /// What the answers mean.
        steps: Vec<Text>,
    }
    /// One line of the comparison of stacks.
    StackCriterion {
        /// Criterion.
        criterion: Text,
        /// How to measure it.
        measure: Text,
        /// OVHcloud.
        ovhcloud: Text,
        /// Gaia-X federated services.
        gaia_x: Text,
        /// On-premise sovereign stack.
        on_premise: Text,
        /// Hyperscaler, commercial region.
        hyperscaler: Text,
    }
    /// A real case.
    Case {
        /// Id.
        id: Text,
        /// Title.
        title: Text,
        /// Identity keys.
        #[serde(default)]
        keys: Vec<Text>,
        /// What it exercises.
        #[serde(default)]
        exercises: Option<Text>,
    }
}

/// A country, ISO 3166-1.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Country {
    /// Code.
    pub code: CountryCode,
    /// English short name.
    pub name: Text,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<Text>,
}

/// What the rule set says of itself.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the file format.
    pub format: u32,
    /// Version of the content.
    pub set: Text,
    /// Day of the content.
    pub date: Date,
    /// Licence of the data.
    pub licence: Text,
    /// What it is not.
    pub disclaimer: Text,
}

impl Destination {
    /// True when the row speaks of every product, whatever its class.
    #[must_use]
    pub fn is_for_any_class(&self) -> bool {
        &*self.class == "*"
    }
}
