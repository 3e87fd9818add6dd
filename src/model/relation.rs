//! Typed relations between components, and when losing the other end hurts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What a relation says, read as `from KIND to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// A whole holds a part: project contains package, image contains package.
    Contains,
    /// Needs it to be built or to work: package to package, workload to image or model.
    DependsOn,
    /// Calls it over the network while running.
    Calls,
    /// Runs on it: workload on cluster, cluster on machine, machine on accelerator.
    RunsOn,
    /// Lies in it: resource in region, region in jurisdiction.
    HostedIn,
    /// Operated and supplied by an organisation.
    ProvidedBy,
    /// Its bytes are fetched from this host or registry.
    DistributedBy,
    /// Written and published by this organisation.
    MaintainedBy,
    /// Owned or controlled by.
    OwnedBy,
    /// Legal seat.
    IncorporatedIn,
    /// Has an establishment that local law can reach.
    EstablishedIn,
    /// People who can act on it are nationals or residents of the state, as somebody attests.
    StaffedFrom,
    /// Designed by (hardware).
    DesignedBy,
    /// Made by (hardware).
    FabricatedBy,
    /// Its memory is made by (hardware).
    MemoryFrom,
    /// Chip and memory are packed together by (hardware).
    PackagedBy,
    /// Brought into service by (GitOps controller, pipeline).
    DeployedBy,
    /// Its data is copied to, so that the other can serve it.
    ReplicatesTo,
    /// The other takes over when it is lost.
    FailsOverTo,
    /// Built on top of (image on base image, model on base model).
    BasedOn,
}

impl RelationKind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::Contains,
        Self::DependsOn,
        Self::Calls,
        Self::RunsOn,
        Self::HostedIn,
        Self::ProvidedBy,
        Self::DistributedBy,
        Self::MaintainedBy,
        Self::OwnedBy,
        Self::IncorporatedIn,
        Self::EstablishedIn,
        Self::StaffedFrom,
        Self::DesignedBy,
        Self::FabricatedBy,
        Self::MemoryFrom,
        Self::PackagedBy,
        Self::DeployedBy,
        Self::ReplicatesTo,
        Self::FailsOverTo,
        Self::BasedOn,
    ];

    /// The word used in rules, reports and the graph.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::DependsOn => "depends-on",
            Self::Calls => "calls",
            Self::RunsOn => "runs-on",
            Self::HostedIn => "hosted-in",
            Self::ProvidedBy => "provided-by",
            Self::DistributedBy => "distributed-by",
            Self::MaintainedBy => "maintained-by",
            Self::OwnedBy => "owned-by",
            Self::IncorporatedIn => "incorporated-in",
            Self::EstablishedIn => "established-in",
            Self::StaffedFrom => "staffed-from",
            Self::DesignedBy => "designed-by",
            Self::FabricatedBy => "fabricated-by",
            Self::MemoryFrom => "memory-from",
            Self::PackagedBy => "packaged-by",
            Self::DeployedBy => "deployed-by",
            Self::ReplicatesTo => "replicates-to",
            Self::FailsOverTo => "fails-over-to",
            Self::BasedOn => "based-on",
        }
    }

    /// When losing the far end of such a relation stops the near end, unless the relation itself
    /// says otherwise. `Contains`, `DependsOn` and `BasedOn` pass on whatever horizon the part has;
    /// maintainers of published code stop nothing (a held copy keeps working); hardware already
    /// bought keeps working until its refresh; being established or staffed somewhere is reach, not need.
    #[must_use]
    pub fn horizon(self) -> Horizon {
        match self {
            Self::Contains
            | Self::DependsOn
            | Self::BasedOn
            | Self::Calls
            | Self::RunsOn
            | Self::HostedIn
            | Self::ProvidedBy
            | Self::OwnedBy
            | Self::IncorporatedIn => Horizon::Immediate,
            Self::DistributedBy | Self::DeployedBy => Horizon::NextDeploy,
            Self::DesignedBy | Self::FabricatedBy | Self::MemoryFrom | Self::PackagedBy => Horizon::NextRefresh,
            Self::MaintainedBy | Self::EstablishedIn | Self::StaffedFrom | Self::ReplicatesTo | Self::FailsOverTo => {
                Horizon::None
            }
        }
    }
}

/// When a loss hurts. Ordered from soonest to never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Horizon {
    /// At once: hosted service, API.
    Immediate,
    /// When something is built, pulled or rolled out: registry, package host, model hub, CI.
    NextDeploy,
    /// When a licence, subscription or certificate runs out.
    NextRenewal,
    /// When hardware is replaced or enlarged.
    NextRefresh,
    /// Never: a held copy keeps working.
    None,
}

impl Horizon {
    /// Every horizon at which something can stop.
    pub const STOPS: [Self; 4] = [Self::Immediate, Self::NextDeploy, Self::NextRenewal, Self::NextRefresh];

    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::NextDeploy => "next-deploy",
            Self::NextRenewal => "next-renewal",
            Self::NextRefresh => "next-refresh",
            Self::None => "none",
        }
    }
}

/// Relations of one component that share a group are alternatives: one of them is enough.
/// Relations without a group are all needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Group(pub Arc<str>);
