//! What declarations of infrastructure call things: types of resources, families of types, arguments.
//!
//! Terraform's types stand in the rows of services and providers; these are for every other format.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::Verification;

/// What an argument of a resource says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Region or zone in which the resource lies.
    Region,
    /// The same, where the value is one that the provider's table has.
    RegionIfKnown,
    /// The resource that this one lies with, where it says no place of its own: the cluster of a pool of nodes.
    LiesWith,
    /// The cloud of somebody else that the service of a resource runs on: `AWS`.
    Cloud,
    /// A further region that holds a copy of the data.
    CopyRegion,
    /// Tags or labels, which may name the environment.
    Tags,
    /// A machine type.
    Machine,
    /// A machine type, where the value is one that the catalog knows.
    MachineIfKnown,
    /// How many machines.
    Count,
    /// An encryption key of the customer's.
    Key,
    /// Where a key is kept, or the store that it is kept in: a value that begins with `EXTERNAL` is outside of the provider.
    KeyStore,
    /// A key that the customer gives with every use and the provider does not keep.
    OwnKey,
    /// The resource that this one is a copy of.
    CopiedFrom,
    /// A resource that is a copy of this one.
    CopiedTo,
    /// The resource that takes over when this one fails.
    FailsOverTo,
    /// A container image.
    Image,
    /// A model of a hub or of a hosted service.
    Model,
    /// An accelerator product.
    Accelerator,
    /// How many accelerators one machine has.
    AcceleratorCount,
    /// Settings of the running program: names with values.
    Settings,
    /// Name under which others speak of a cluster.
    Cluster,
    /// Name under which calls of its service speak of it.
    Named,
    /// Language and version that a function runs on.
    Runtime,
    /// Where its logs go.
    LogSink,
    /// Where its backups go.
    Backup,
    /// Kubernetes objects, as a text or as values.
    Objects,
    /// Values of a chart.
    ChartValues,
    /// What a machine runs when it starts: a script, or settings of cloud-init.
    Script,
}

rows! {
    /// The service that a type of resource belongs to.
    ResourceType {
        /// Type as the format writes it, in any case: `AWS::SageMaker::Endpoint`. A `*` stands for any characters;
        /// the longest pattern wins.
        name: Text,
        /// Service id.
        service: Text,
    }
    /// The provider that runs the resources of a family of types, and whether they have a place.
    ResourceFamily {
        /// `AWS::*`, `Microsoft.*`, `*.services.k8s.aws/*`.
        pattern: Text,
        /// Provider id.
        provider: Text,
        /// True for what a cloud runs everywhere at once: no region is its place, whatever its configuration says.
        /// Types of Terraform have rows here for this alone.
        #[serde(default)]
        global: bool,
        /// `scope=CLOUDFRONT`: only where an argument has that value.
        #[serde(default)]
        when: Option<Text>,
    }
    /// What an argument of that name means.
    Argument {
        /// Name in snake case whatever the format writes; with the name of what it stands in where it means that only
        /// there: `sku.name`.
        name: Text,
        /// What it says. Of several counts the first row that is written decides.
        role: Role,
        /// Patterns of types for which it says so; all when there are none.
        #[serde(default)]
        types: Vec<Text>,
    }
    /// What a type of resource says of copies: data of one resource that stand at another as well.
    Copy {
        /// Type of the resource that says so: `aws_s3_bucket_replication_configuration`.
        of: Text,
        /// Way to the argument that names what is copied, blocks and argument joined by dots; without it the resource
        /// itself is copied. Behind `>`, of Terraform: the argument of what is named that names what is meant.
        #[serde(default)]
        from: Option<Text>,
        /// Way to the argument that names the resource that it is copied to.
        #[serde(default)]
        to: Option<Text>,
        /// Way to the argument that names a further region with a copy.
        #[serde(default)]
        to_region: Option<Text>,
        /// True where the far end takes over rather than holds a copy.
        #[serde(default)]
        takes_over: bool,
    }
}
