//! Queues of Kueue: which workloads they take, and on nodes of which flavors they let them run. Queues, flavors and workloads
//! stand in files of their own: what is written here are words that `scan/queued.rs` joins once all files are read.

use super::gpu;
use super::manifest::Object;
use super::workload::{self, Ground};
use crate::model::{ComponentId, key};
use crate::parse::{Entry, Node};
use crate::scan::Facts;
use crate::text::Span;

/// The label of what is to wait in a queue.
const LABEL: &str = "kueue.x-k8s.io/queue-name";
/// Group of the kinds.
const GROUP: &str = "kueue.x-k8s.io";
/// Who brings workloads to other clusters.
const DISPATCHER: &str = "kueue.x-k8s.io/multikueue";
/// What stands for nothing in a list of words.
const NONE: &str = "-";

/// Writes what a queue, a cohort or a flavor says.
pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if object.group() != GROUP {
        return;
    }
    let queue = ComponentId::of("queue", object.workload(ground.folder).rest());
    match object.kind {
        "LocalQueue" => {
            if let Some(of) = object.node.at(&["spec", "clusterQueue"]) {
                say(&queue, "in", of.text().unwrap_or_default(), of.span, ground, out);
            }
        }
        "ClusterQueue" | "Cohort" => quotas(&queue, object, ground, out),
        "AdmissionCheck" if object.node.at(&["spec", "controllerName"]).and_then(Node::text) == Some(DISPATCHER) => {
            if let Some(config) = object.node.at(&["spec", "parameters", "name"]) {
                say(&queue, "config", config.text().unwrap_or_default(), config.span, ground, out);
            }
        }
        "MultiKueueConfig" => {
            for cluster in object.node.at(&["spec", "clusters"]).map_or(&[][..], Node::list) {
                say(&queue, "cluster", cluster.text().unwrap_or_default(), cluster.span, ground, out);
            }
        }
        "ResourceFlavor" => flavor(&object.resource(ground.folder), object, ground, out),
        _ => {}
    }
}

fn say(of: &ComponentId, word: &str, text: &str, span: Span, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if !text.is_empty() {
        out.attribute(of, key::QUEUED, format!("{word} {text}"), ground.at(span));
    }
}

/// Quotas of flavors: groups of resources, each with flavors that are tried one after the other.
fn quotas(queue: &ComponentId, object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let spec = |name: &str| object.node.at(&["spec", name]);
    // `cohort` until v1beta1, `cohortName` since
    if let Some(cohort) = spec("cohortName").or_else(|| spec("cohort")) {
        say(queue, "cohort", cohort.text().unwrap_or_default(), cohort.span, ground, out);
    }
    let checks = object.node.at(&["spec", "admissionChecksStrategy", "admissionChecks"]);
    for check in checks.or_else(|| spec("admissionChecks")).map_or(&[][..], Node::list) {
        let name = check.get("name").unwrap_or(check);
        say(queue, "check", name.text().unwrap_or_default(), name.span, ground, out);
    }
    for (group, of) in spec("resourceGroups").map_or(&[][..], Node::list).iter().enumerate() {
        for covered in of.get("coveredResources").map_or(&[][..], Node::list) {
            let name = covered.text().unwrap_or_default();
            say(queue, "covers", &format!("{group} {name}"), covered.span, ground, out);
        }
        for flavor in of.get("flavors").map_or(&[][..], Node::list) {
            let Some(name) = flavor.get("name") else { continue };
            let Some(text) = name.text() else { continue };
            say(queue, "flavor", &format!("{group} {text}"), name.span, ground, out);
            for resource in flavor.get("resources").map_or(&[][..], Node::list) {
                quota(queue, (group, text), resource, ground, out);
            }
        }
    }
}

/// How many accelerators of a flavor a queue has.
fn quota(
    queue: &ComponentId,
    (group, flavor): (usize, &str),
    resource: &Node,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let Some(name) = resource.get("name") else { return };
    let Some(text) = name.text().filter(|text| ground.catalog.accelerator_resource(text).is_some()) else { return };
    let Some(quota) = resource.get("nominalQuota") else { return };
    let count = quota.scalar().filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
    let accelerator = gpu::resource(text, name.span, ground.catalog, ground.places, out);
    let count = count.unwrap_or_else(|| "?".into());
    let words = format!("{group} {flavor} {text} {count} {}", accelerator.rest());
    say(queue, "quota", &words, quota.span, ground, out);
}

/// Labels and taints of a flavor's nodes, and what it tolerates for its pods.
fn flavor(id: &ComponentId, object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    out.attribute(id, key::KNOWN_AS, "allotted", ground.at(object.name_span));
    let labels = object.node.at(&["spec", "nodeLabels"]).map_or(&[][..], Node::entries);
    if labels.is_empty() {
        // whatever nodes the cluster has
        out.attribute(id, key::CAPABILITY, "none", ground.at(object.name_span));
    }
    for entry in labels {
        label(id, &entry.key, &entry.value, ground, out);
    }
    for taint in object.node.at(&["spec", "nodeTaints"]).map_or(&[][..], Node::list) {
        let words = ["key", "value", "effect"].map(|name| taint.text_at(name).unwrap_or(NONE));
        say(id, "taint", &words.join(" "), taint.span, ground, out);
    }
    tolerates(id, object.node.get("spec"), ground, out);
}

fn label(of: &ComponentId, key: &str, value: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if let Some(text) = value.scalar() {
        say(of, "label", &format!("{key} {text}"), value.span, ground, out);
    }
}

fn tolerates(of: &ComponentId, spec: Option<&Node>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    for one in spec.and_then(|spec| spec.get("tolerations")).map_or(&[][..], Node::list) {
        let words = ["key", "operator", "value", "effect"].map(|name| one.text_at(name).unwrap_or(NONE));
        say(of, "tolerates", &words.join(" "), one.span, ground, out);
    }
}

/// Writes in which queue a workload waits, and what its pods ask of nodes.
pub(super) fn joins(id: &ComponentId, object: &Object<'_>, pods: &[&Node], ground: &Ground<'_>, out: &mut Facts<'_>) {
    let places = [&["metadata", "labels"][..], &["spec", "template", "metadata", "labels"]];
    let Some(name) = places.iter().find_map(|path| object.node.at(path)?.get(LABEL)) else { return };
    let Some(text) = name.text() else { return };
    let namespace = if object.namespace.is_empty() { "default" } else { object.namespace };
    out.attribute(id, key::QUEUE, format!("{namespace}/{text}"), ground.at(name.span));
    for pod in pods {
        for (key, value) in gpu::placement(pod) {
            label(id, key, value, ground, out);
        }
        tolerates(id, Some(pod), ground, out);
        let asked = workload::containers(pod).flat_map(gpu::requests);
        for Entry { key, key_span, .. } in asked {
            say(id, "asks", key, *key_span, ground, out);
        }
    }
}
