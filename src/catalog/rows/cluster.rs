//! Kinds of Kubernetes objects, and words in them behind which a cloud or a product stands.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::Verification;

rows! {
    /// A kind of Kubernetes object. Paths are names with dots between them; `*` is every entry or element, and elements
    /// of lists are looked into without saying so.
    ObjectKind {
        /// API group without version; empty for the core.
        #[serde(default)]
        group: Text,
        /// Kind.
        kind: Text,
        /// What it is for: `serving`, `training`, `notebook`, `pipeline`, `queue`, `operator` are workloads;
        /// `storage-class`, `ingress`, `secret-store`, `node-pool`, `node-class`, `cluster`, `dns` are services.
        what: Text,
        /// Provider id of the cloud that alone has it.
        #[serde(default)]
        provider: Option<Text>,
        /// Catalog service that it declares.
        #[serde(default)]
        service: Option<Text>,
        /// Where addresses or ids of models stand.
        #[serde(default)]
        models: Vec<Text>,
        /// Where addresses or ids of data sets stand.
        #[serde(default)]
        datasets: Vec<Text>,
        /// Where model formats and runtimes stand.
        #[serde(default)]
        runtimes: Vec<Text>,
        /// Where images stand outside of pod templates: as one text, or in parts.
        #[serde(default)]
        images: Vec<Text>,
        /// Where containers stand outside of the lists of a pod, each beside what says where it may run.
        #[serde(default)]
        containers: Vec<Text>,
        /// Where the number of replicas stands.
        #[serde(default)]
        replicas: Vec<Text>,
        /// Numbers beside replicas that multiply the pods below them: from where both stand.
        #[serde(default)]
        times: Vec<Text>,
        /// Where labels of nodes stand: a map of them, or a list of taints with `key` and `value`.
        #[serde(default)]
        labels: Vec<Text>,
        /// Where machine types of a cloud stand.
        #[serde(default)]
        instances: Vec<Text>,
        /// Where regions or zones stand.
        #[serde(default)]
        regions: Vec<Text>,
        /// Where it stands to whom logs are sent.
        #[serde(default)]
        logs: Vec<Text>,
        /// Where it stands to which store backups go.
        #[serde(default)]
        backups: Vec<Text>,
        /// Where a word stands that an `object_mark` explains: `place path`.
        #[serde(default)]
        marks: Vec<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// Accelerators that objects of a kind ask for outside of containers, in words of their own.
    DeviceRequest {
        /// API group without version.
        group: Text,
        /// Kind.
        kind: Text,
        /// Where what asks stands, as paths of kinds are written; all other paths begin there.
        each: Text,
        /// Where a plain number of accelerators stands; the first that is there counts.
        #[serde(default)]
        counts: Vec<Text>,
        /// Where it stands which resource the number is of.
        #[serde(default)]
        names: Vec<Text>,
        /// The resource that it is of where nothing says it.
        #[serde(default)]
        unnamed: Option<Text>,
        /// Where maps of resources under their full names stand, most telling first.
        #[serde(default)]
        resources: Vec<Text>,
        /// Where a container stands that may ask itself.
        #[serde(default)]
        container: Option<Text>,
        /// What says on which nodes it may run, where that is not the same place.
        #[serde(default)]
        beside: Option<Text>,
        /// Numbers that multiply what one asks for.
        #[serde(default)]
        times: Vec<Text>,
    }
    /// A word in Kubernetes objects that tells whose service is used.
    ObjectMark {
        /// Where it stands: `provisioner`, `annotation`, `ingress-class`, `gateway-class`, `secret-provider`,
        /// `node-class`, `node-label`, `provider-id`, `scheme`.
        place: Text,
        /// The word; one that ends in `*` is the beginning of one.
        word: Text,
        /// What is used by it: `block-storage`, `load-balancer`, `identity`, `secrets`, `compute`, `object-storage`.
        what: Text,
        /// Provider id of the cloud.
        #[serde(default)]
        provider: Option<Text>,
        /// Catalog service.
        #[serde(default)]
        service: Option<Text>,
        /// Who supplies it, where no cloud does.
        #[serde(default)]
        organisation: Option<Text>,
    }
}
