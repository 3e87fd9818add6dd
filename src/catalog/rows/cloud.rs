//! Providers, their regions and services, and how stacks compare.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Verification};

rows! {
    /// A provider's region.
    Region {
        /// Provider id.
        provider: Text,
        /// Code.
        code: Text,
        /// Where it lies.
        #[serde(default)]
        country: Option<CountryCode>,
        /// Id of the group of states in which it lies, where no single one is said: `eu`.
        #[serde(default)]
        within: Option<Text>,
        /// Several regions at once: its code is no beginning of the names of zones.
        #[serde(default)]
        several: bool,
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
    /// What others than the provider call one of its regions.
    RegionName {
        /// Provider id.
        provider: Text,
        /// The name, in any case: `WESTERN_EUROPE`.
        name: Text,
        /// Code of the region.
        code: Text,
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
        /// Partitions or realms of another provider's region table that are this provider's; `realm/region` for one region of it.
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
}
