//! Ray clusters on machines of a cloud (`ray up`): types of machines, how many, and what they have.

use super::value::{Resolved, Value, number_text, written};
use super::write::{self, Resource};
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::hardware::machine::named;
use crate::scan::image::reference::needs_image;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `ray`.
pub struct Ray;

static META: ScannerMeta = ScannerMeta {
    id: "ray",
    title: "Ray cluster",
    summary: "Machines of a cluster that `ray up` starts: cloud, region, types of machines with the most of each, accelerators \
              that a type names, and the image. Clusters of the Kubernetes operator are read as Kubernetes objects.",
    files: &["**/*.yaml", "**/*.yml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Accelerator,
    ],
    reference: "https://docs.ray.io/en/latest/cluster/vms/references/ray-cluster-configuration.html",
};

/// Where clouds write the type of a machine in a node's configuration.
const MACHINES: [&[&str]; 4] =
    [&["InstanceType"], &["machineType"], &["azure_arm_parameters", "vmSize"], &["instance_type"]];

impl Scanner for Ray {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !text.contains("available_node_types:") || !text.contains("provider:") || file.is_binary() {
            return Ok(());
        }
        for root in file.yaml_or_part(out) {
            if root.is_map() && root.entry("available_node_types").is_some() {
                cluster(root, input, file, out);
            }
        }
        Ok(())
    }
}

fn cluster(root: &Node, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let stem = file.path().name().split('.').next().unwrap_or_default().to_owned();
    let name = root.get("cluster_name").and_then(Node::scalar).map_or(stem, |name| name.into_owned());
    let workload = ComponentId::workload(&file.folder(), "Ray", "", &name);
    let place = root.entry("cluster_name").map_or(root.span, |entry| entry.value.span);
    out.component(&workload, ComponentKind::Workload, file.at(place));
    out.attribute(&workload, key::RESOURCE_TYPE, "ray/cluster", file.at(place));
    if let Some(image) = root.at(&["docker", "image"])
        && let Some(text) = image.text()
    {
        needs_image(&workload, RelationKind::DependsOn, text, file, image.span, out);
    }
    let cloud = root.at(&["provider", "type"]).and_then(Node::text).unwrap_or_default().to_ascii_lowercase();
    let head = root.get("head_node_type").and_then(Node::text);
    let mut found = Vec::new();
    for entry in root.get("available_node_types").map_or(&[][..], Node::entries) {
        let id = ComponentId::resource(file.path(), &format!("{name}/{}", entry.key));
        let (properties, count) = machines(root, &entry.value, head == Some(&entry.key), file);
        let resource = Resource::new(id, format!("ray:{cloud}"), properties, entry.key_span);
        out.relation(&workload, RelationKind::RunsOn, &resource.id, file.at(entry.key_span));
        accelerators(&resource.id, &entry.value, count, input, file, out);
        found.push(resource);
    }
    write::all(&found, input.catalog, out);
}

/// The type, place and number of machines. Of what a cluster may grow to the most counts; the head is one more.
fn machines<'a>(root: &Node, node: &Node, is_head: bool, file: &'a SourceFile) -> (Resolved<'a>, Option<f64>) {
    let mut entries: Vec<(String, Resolved<'a>)> = Vec::new();
    let config = node.get("node_config");
    let machine = MACHINES.iter().find_map(|path| config?.at(path));
    entries.extend(machine.map(|machine| ("instance_type".to_owned(), written(machine, file, 0))));
    for name in ["region", "location"] {
        let region = root.at(&["provider", name]);
        entries.extend(region.map(|region| ("region".to_owned(), written(region, file, 0))));
    }
    let most = node.get("max_workers").or_else(|| node.get("min_workers"));
    let number = most.and_then(Node::scalar).and_then(|text| text.parse::<f64>().ok()).filter(|number| *number >= 0.0);
    let number = match (number, is_head) {
        (Some(number), true) => Some(number + 1.0),
        (None, true) => Some(1.0),
        (number, false) => number,
    };
    if let Some(number) = number {
        let span = most.map_or(node.span, |most| most.span);
        entries.push(("node_count".to_owned(), Resolved::new(file, span, Value::Number(number))));
    }
    (Resolved::new(file, node.span, Value::Map(entries)), number)
}

/// `resources: {GPU: 8, "accelerator_type:A100": 1}`: the name of the type, and how many a machine has.
fn accelerators(
    id: &ComponentId,
    node: &Node,
    machines: Option<f64>,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let resources = node.get("resources").map_or(&[][..], Node::entries);
    let kind = resources.iter().find_map(|entry| Some((entry.key.strip_prefix("accelerator_type:")?, entry.key_span)));
    let count = resources.iter().find(|entry| matches!(&*entry.key, "GPU" | "TPU" | "HPU" | "NPU" | "neuron_cores"));
    let each = count.and_then(|entry| entry.value.scalar()?.parse::<f64>().ok());
    let Some((kind, span)) = kind else { return };
    let Some(product) = named(kind, &file.at(span), input.catalog, out) else { return };
    out.relation(id, RelationKind::RunsOn, &product, file.at(span));
    if let Some(total) = each.zip(machines).map(|(each, machines)| each * machines)
        && let Some(entry) = count
    {
        out.attribute(id, key::ACCELERATOR_COUNT, number_text(total), file.at(entry.value.span));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_of_clouds() {
        let read = crate::parse::yaml::yaml(
            "provider: {region: r}\nn:\n  max_workers: 2\n  node_config: {azure_arm_parameters: {vmSize: V}}\n",
        );
        let root = &read.documents[0];
        let file = SourceFile::new(crate::text::RelPath::new("a.yaml").expect("a path"), root_text(), None);
        let node = root.get("n").expect("is there");
        assert_eq!(machines(root, node, false, &file).1, Some(2.0));
        assert_eq!(machines(root, node, true, &file).1, Some(3.0));
    }

    fn root_text() -> Vec<u8> {
        vec![b' '; 200]
    }
}
