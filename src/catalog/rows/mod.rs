//! The tables' rows, as written in TOML. Every row has a source and a verification mark.

mod cloud;
mod cluster;
mod code;
mod declared;
mod export;
mod export_terms;
mod framework;
mod hardware;
mod law;
mod listing;
mod notice;
mod party;
mod runtime;
mod share;
mod supply;

pub use cloud::{Provider, Region, RegionName, Service, StackCriterion};
pub use cluster::{DeviceRequest, ObjectKind, ObjectMark};
pub use code::{ClientName, ModelFamily, ModelRoute, PipelineStep, ResourceName, SdkCall, Setting};
pub use declared::{Argument, Copy, ResourceFamily, ResourceType, Role};
pub use export::{
    AcceleratorLink, Classification, DerivedGroup, Destination, Guidance, LicenceException, LicencePolicy, ListEffect,
    MemoryStack,
};
pub use export_terms::{Certainty, Enforcement, EnforcementPeriod, GuidanceEffect, Item, PartyEffect, When};
pub use framework::{Case, Criterion, Level, Objective};
pub use hardware::{
    Accelerator, AcceleratorAlias, AcceleratorBoard, AcceleratorCores, AcceleratorName, AcceleratorResource,
    AcceleratorSystem, Dense, HardwareWord, InstanceType, PciVendor, Topic,
};
pub use law::{
    Add, Country, CountryGroup, Effect, Indirect, Law, LawState, Measure, Mitigation, OwnershipRule, Period, Threshold,
};
pub use listing::{Aside, LibraryData, List, ListCitation, ListSource, Listing, SharedHost};
pub use notice::Notice;
pub use party::{Basis, Key, Organisation, OrganisationAlias, OrganisationKey, Ownership, Seat};
pub use runtime::Runtime;
pub use share::{Percent, Share};
pub use supply::{AcceleratorSupply, Platform, StackTie, SupplyStop, Tie, names};

use serde::Deserialize;

use crate::model::Date;

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
use rows;

/// A text column.
pub type Text = Box<str>;

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
