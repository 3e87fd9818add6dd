//! SkyPilot tasks: on which of several clouds and machines they may run.

use super::machines::accelerator;
use super::value::{Resolved, Value, number_text, written};
use super::write::{self, Resource};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{self, Node};
use crate::scan::cloud::api::calls_in;
use crate::scan::image::reference::needs_image;
use crate::scan::model::reference::{needs_model, needs_models_in, setting_names_model};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `skypilot`.
pub struct Skypilot;

static META: ScannerMeta = ScannerMeta {
    id: "skypilot",
    title: "SkyPilot task",
    summary: "Where a task may run: cloud, region, machine type, accelerators and number of nodes; of `any_of` and \
              `ordered` one is enough. Images, models in its commands and settings, and hosts of known services. \
              What the scheduler picks among clouds that a task does not name is not known.",
    files: &["**/*.yaml", "**/*.yml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://docs.skypilot.co/en/latest/reference/yaml-spec.html",
};

/// Names of which the resources of a task have one.
const ASKED: [&str; 6] = ["accelerators", "any_of", "ordered", "instance_type", "cloud", "infra"];
/// Names of which a task has one.
const TASK: [&str; 4] = ["run", "setup", "num_nodes", "service"];

impl Scanner for Skypilot {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let may_be = text.contains("resources:") && ASKED.iter().any(|word| text.contains(word));
        if !may_be || text.contains("apiVersion") || file.is_binary() {
            return Ok(());
        }
        for root in &file.yaml().documents {
            let parse::Value::Map(_) = &root.value else { continue };
            let Some(resources) = root.entry("resources").map(|entry| &entry.value) else { continue };
            let is_task = TASK.iter().any(|name| root.entry(name).is_some());
            let parse::Value::Map(_) = &resources.value else { continue };
            if is_task && ASKED.iter().any(|name| resources.entry(name).is_some()) {
                task(root, resources, input, file, out);
            }
        }
        Ok(())
    }
}

fn task(root: &Node, resources: &Node, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let stem = file.path().name().split('.').next().unwrap_or_default().to_owned();
    let name = root.get("name").and_then(Node::scalar).map_or(stem, |name| name.into_owned());
    let workload = ComponentId::workload(&file.folder(), "SkyPilot", "", &name);
    let span = root.entry("resources").map_or(root.span, |entry| entry.key_span);
    out.component(&workload, ComponentKind::Workload, file.at(span));
    out.attribute(&workload, key::RESOURCE_TYPE, "skypilot/task", file.at(span));
    commands(root, &workload, input, file, out);
    let alternatives = resources.get("any_of").or_else(|| resources.get("ordered"));
    let none = [Node::new(resources.span, parse::Value::Map(Vec::new()))];
    let options = alternatives.map(Node::list).filter(|list| !list.is_empty()).unwrap_or(&none);
    let mut found = Vec::new();
    for (at, option) in options.iter().enumerate() {
        let get = |name: &str| option.get(name).or_else(|| resources.get(name));
        let id = ComponentId::resource(file.path(), &format!("{name}/{at}"));
        let resource = place(id, option, &get, root, file);
        let group = (options.len() > 1).then_some("resources");
        out.relation_with(&workload, RelationKind::RunsOn, &resource.id, group, None, file.at(resource.span));
        if let Some(accelerators) = get("accelerators") {
            asked(&resource.id, accelerators, nodes(root), input, file, out);
        }
        if let Some(image) = get("image_id")
            && let Some(text) = image.text().and_then(|text| text.strip_prefix("docker:"))
        {
            needs_image(&workload, RelationKind::DependsOn, text, file, image.span, out);
        }
        found.push(resource);
    }
    write::all(&found, input.catalog, out);
}

fn nodes(root: &Node) -> f64 {
    let number = root.get("num_nodes").and_then(Node::scalar).and_then(|text| text.parse::<f64>().ok());
    number.filter(|number| number.is_finite()).unwrap_or(1.0)
}

/// One place where the task may run.
fn place<'a, 'n>(
    id: ComponentId,
    option: &Node,
    get: &dyn Fn(&str) -> Option<&'n Node>,
    root: &'n Node,
    file: &'a SourceFile,
) -> Resource<'a> {
    let infra = get("infra").and_then(Node::text).unwrap_or_default();
    let mut parts = infra.split('/');
    let cloud = get("cloud").and_then(Node::text).or_else(|| parts.next()).unwrap_or_default().to_ascii_lowercase();
    let mut entries: Vec<(String, Resolved<'a>)> = Vec::new();
    for name in ["region", "zone", "instance_type"] {
        entries.extend(get(name).map(|node| (name.to_owned(), written(node, file, 0))));
    }
    if let Some(region) = parts.next().filter(|region| !region.is_empty() && *region != "*")
        && let Some(node) = get("infra")
    {
        entries.push(("region".to_owned(), Resolved::new(file, node.span, Value::Text(region.to_owned()))));
    }
    entries.extend(root.get("num_nodes").map(|node| ("node_count".to_owned(), written(node, file, 0))));
    let properties = Resolved::new(file, option.span, Value::Map(entries));
    Resource::new(id, format!("skypilot:{cloud}"), properties, option.span)
}

/// `H100:8`, `{H100: 8}`, or several of them.
fn asked(id: &ComponentId, node: &Node, nodes: f64, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let mut found: Vec<(String, Option<f64>, &Node)> = Vec::new();
    let one = |text: &str| match text.split_once(':') {
        Some((name, count)) => (name.trim().to_owned(), count.trim().parse().ok()),
        None => (text.trim().to_owned(), Some(1.0)),
    };
    match &node.value {
        parse::Value::Text(text) => {
            let (name, count) = one(text);
            found.push((name, count, node));
        }
        parse::Value::List(items) => found.extend(items.iter().filter_map(|item| {
            let (name, count) = one(item.text()?);
            Some((name, count, item))
        })),
        parse::Value::Map(entries) => {
            let entry = |entry: &parse::Entry| entry.value.scalar().and_then(|count| count.parse().ok());
            found.extend(entries.iter().map(|one| (one.key.to_string(), entry(one), &one.value)));
        }
        _ => {
            out.problem(DiagnosticKind::Malformed, file, Some(node.span), "accelerators that name none");
        }
    }
    for (name, _, node) in found.iter().filter(|(name, ..)| !name.is_empty()) {
        accelerator(id, name, &Resolved::new(file, node.span, Value::Null), input.catalog, out);
    }
    if let [(_, Some(count), node)] = found.as_slice() {
        out.attribute(id, key::ACCELERATOR_COUNT, number_text(count * nodes), file.at(node.span));
    }
}

/// Models and hosts in the commands and settings of a task.
fn commands(root: &Node, workload: &ComponentId, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    for name in ["setup", "run"] {
        let Some(node) = root.get(name) else { continue };
        let Some(text) = node.text() else { continue };
        needs_models_in(workload, text, file, node.span, out);
        calls_in(workload, text, input.catalog, file, node.span, out);
    }
    for entry in root.get("envs").map_or(&[][..], Node::entries) {
        let Some(text) = entry.value.scalar() else { continue };
        calls_in(workload, &text, input.catalog, file, entry.value.span, out);
        if setting_names_model(&entry.key) {
            needs_model(workload, &text, file, entry.value.span, out);
        }
    }
}
