//! How clusters share accelerators: time slices and partitions of device plugins, versions that operators install.

use super::gpu;
use super::manifest::Object;
use super::workload::Ground;
use crate::model::{ComponentKind, key};
use crate::parse::Node;
use crate::parse::yaml::yaml;
use crate::scan::Facts;

/// Operators whose objects name the version of a driver.
const DRIVERS: [(&str, &[&str]); 4] = [
    ("ClusterPolicy", &["spec", "driver", "version"]),
    ("NVIDIADriver", &["spec", "version"]),
    ("DeviceConfig", &["spec", "driver", "version"]),
    ("GpuDevicePlugin", &["spec", "sharedDevNum"]),
];

/// Writes what an object says of the accelerators of its cluster.
pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    match object.kind {
        "ConfigMap" => {
            for entry in object.node.get("data").map_or(&[][..], Node::entries) {
                let Some(text) = entry.value.text().filter(|text| is_plugin(text)) else { continue };
                for document in &yaml(text).documents {
                    shared(document, &entry.value, ground, out);
                }
            }
        }
        "RayService" => {
            let config = object.node.at(&["spec", "serveConfigV2"]);
            let Some((text, node)) = config.and_then(|node| Some((node.text()?, node))) else { return };
            for line in text.lines() {
                let Some((_, name)) = line.split_once("accelerator_type:") else { continue };
                let name = name.split('#').next().unwrap_or(name).trim().trim_matches(['"', '\'', ',', '}']);
                if !name.is_empty() {
                    gpu::product(&object.workload(ground.folder), name, node.span, ground, out);
                }
            }
        }
        "GpuDevicePlugin" => {
            let told = object.node.at(&["spec", "sharedDevNum"]);
            if let Some((count, node)) = told.and_then(|node| Some((node.scalar()?, node))) {
                by("gpu.intel.com/i915", &count, node, ground, out);
            }
        }
        kind => {
            let Some((_, path)) = DRIVERS.iter().find(|(own, _)| *own == kind) else { return };
            let Some(version) = object.node.at(path) else { return };
            let Some(text) = version.scalar().filter(|text| !text.is_empty()) else { return };
            // an object of an operator is a workload of its own where the rules know its kind
            let id = object.workload(ground.folder);
            out.component(&id, ComponentKind::Workload, ground.at(object.name_span));
            out.attribute(&id, key::DRIVER_VERSION, text, ground.at(version.span));
        }
    }
}

fn is_plugin(text: &str) -> bool {
    text.contains("replicas") && (text.contains("timeSlicing") || text.contains("mps:"))
}

/// `sharing.timeSlicing.resources` and `sharing.mps.resources` of NVIDIA's device plugin.
fn shared(config: &Node, place: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    for way in ["timeSlicing", "mps"] {
        for resource in config.at(&["sharing", way, "resources"]).map_or(&[][..], Node::list) {
            let name = resource.get("rename").or_else(|| resource.get("name")).and_then(Node::text);
            let count = resource.get("replicas").and_then(Node::scalar);
            if let Some((name, count)) = name.zip(count) {
                by(name, &count, place, ground, out);
            }
        }
    }
}

/// So many pods get one device of a resource.
fn by(name: &str, count: &str, place: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let is_number = count.parse::<u32>().is_ok_and(|count| count > 1);
    if is_number && ground.catalog.accelerator_resource(name).is_some() {
        let id = gpu::resource(name, place.span, ground.catalog, ground.places, out);
        out.attribute(&id, key::SHARED_BY, count, ground.at(place.span));
    }
}
