//! Ansible at a first level: tasks whose module makes something at a cloud.

use std::sync::Arc;

use memchr::memmem;

use super::value::{Reason, Resolved, Value};
use super::write::{self, Resource};
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::{self, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `ansible`.
pub struct Ansible;

static META: ScannerMeta = ScannerMeta {
    id: "ansible",
    title: "Ansible tasks for clouds",
    summary: "Tasks of playbooks and roles whose module belongs to a cloud that the rules know (collections such as \
              `amazon.aws`, `azure.azcollection`, `google.cloud`, `openstack.cloud`), with region, machine type, count and \
              keys as written, and inventories that plugins of these collections ask of a cloud. Templates are not filled \
              in: what they decide is told as not known; tasks that take something away (`state: absent`) make nothing. \
              Loops are not followed.",
    files: &["**/*.yaml", "**/*.yml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://docs.ansible.com/ansible/latest/collections/",
};

/// Deepest value.
const DEPTH: usize = 60;
/// Tasks within blocks within plays.
const NESTED: usize = 12;
/// Lists of tasks that a play, block or handler holds.
const LISTS: [&str; 7] = ["tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"];
/// Modules for a cloud that anybody may run: who does, the address says.
const ANYBODYS: &str = "openstack.cloud.";

impl Scanner for Ansible {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let collections: Vec<&str> = input.catalog.collections().chain([ANYBODYS]).collect();
        if file.is_binary()
            || !collections.iter().any(|word| memmem::find(file.text().as_bytes(), word.as_bytes()).is_some())
        {
            return Ok(());
        }
        let mut tasks = Vec::new();
        let mut resources = Vec::new();
        for document in file.yaml_or_part(out) {
            match &document.value {
                parse::Value::List(_) => collect(document, 0, &mut tasks),
                parse::Value::Map(_) => resources.extend(asked(document, file, &collections)),
                _ => {}
            }
        }
        resources.extend(tasks.iter().enumerate().filter_map(|(at, task)| resource(task, at, file, &collections)));
        write::all(&resources, input.catalog, out);
        Ok(())
    }
}

/// Every task, in order.
fn collect<'a>(list: &'a Node, depth: usize, tasks: &mut Vec<&'a Node>) {
    if depth > NESTED {
        return;
    }
    let parse::Value::List(items) = &list.value else { return };
    for item in items {
        tasks.push(item);
        for name in LISTS {
            if let Some(inner) = item.get(name) {
                collect(inner, depth + 1, tasks);
            }
        }
    }
}

/// An inventory that a plugin asks of a cloud: whatever runs there, in the regions that it names.
fn asked<'a>(root: &'a Node, file: &'a SourceFile, collections: &[&str]) -> Option<Resource<'a>> {
    let plugin = root.get("plugin").filter(|plugin| matches!(plugin.value, parse::Value::Text(_)))?;
    let kind = plugin.text().filter(|text| collections.iter().any(|word| text.starts_with(word)))?;
    let name = kind.rsplit('.').next().unwrap_or_default();
    let id = ComponentId::resource(file.path(), name);
    let mut resource = Resource::new(id, kind, convert(root, file, 0), plugin.span);
    resource.file = file;
    resource.instances = None;
    // one region or several; anything else in their place is told
    if let Some(regions) = root.get("regions") {
        drop(regions.scalar());
        regions.list().iter().for_each(|region| drop(region.scalar()));
    }
    Some(resource)
}

fn resource<'a>(task: &'a Node, at: usize, file: &'a SourceFile, collections: &[&str]) -> Option<Resource<'a>> {
    let parse::Value::Map(entries) = &task.value else { return None };
    let is_module = |entry: &&parse::Entry| collections.iter().any(|word| entry.key.starts_with(word));
    let module = entries.iter().find(is_module)?;
    // what only asks makes nothing
    let is_question = module.key.ends_with("_info") || module.key.ends_with("_facts");
    let arguments = &module.value;
    if is_question || arguments.text_at("state").is_some_and(|state| matches!(state, "absent" | "terminated")) {
        return None;
    }
    let name = module.key.rsplit('.').next().unwrap_or_default();
    let own = ["name", "instance_name", "bucket"].iter().find_map(|name| arguments.text_at(name));
    let own = own.filter(|text| !text.contains("{{")).map_or_else(|| (at + 1).to_string(), str::to_owned);
    let id = ComponentId::resource(file.path(), &format!("{name}/{own}"));
    let mut resource = Resource::new(id, &*module.key, convert(arguments, file, 0), module.key_span);
    resource.file = file;
    let address = arguments.at(&["auth", "auth_url"]).filter(|address| address.scalar().is_some());
    resource.operator = address.map(|address| convert(address, file, 0));
    if ["loop", "with_items", "with_dict"].iter().any(|name| task.get(name).is_some()) {
        resource.instances = None;
    }
    Some(resource)
}

/// The arguments as they stand; what a template decides only a run knows.
fn convert<'a>(node: &'a Node, file: &'a SourceFile, depth: usize) -> Resolved<'a> {
    let value = match &node.value {
        _ if depth > DEPTH => Value::Unknown(Reason::Limit),
        parse::Value::Null => Value::Null,
        parse::Value::Bool(truth) => Value::Bool(*truth),
        parse::Value::Number(text) => text.parse().map_or_else(|_| Value::Text(text.to_string()), Value::Number),
        parse::Value::Text(text) if text.contains("{{") || text.contains("{%") => {
            Value::Unknown(Reason::Elsewhere(Arc::from("a template of Ansible")))
        }
        parse::Value::Text(text) => Value::Text(text.to_string()),
        parse::Value::List(items) => Value::List(items.iter().map(|item| convert(item, file, depth + 1)).collect()),
        parse::Value::Map(entries) => Value::Map(
            entries.iter().map(|entry| (entry.key.to_string(), convert(&entry.value, file, depth + 1))).collect(),
        ),
    };
    Resolved::new(file, node.span, value)
}
