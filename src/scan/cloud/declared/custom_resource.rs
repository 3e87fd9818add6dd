//! Custom resources that operators turn into resources of a cloud: ACK, Azure Service Operator, Config Connector,
//! Crossplane. The table of families says which groups are meant.

use std::collections::BTreeMap;

use super::value::{Mention, Resolved, Value};
use super::write::{self, Resource};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::{self, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `custom-resource`.
pub struct CustomResource;

static META: ScannerMeta = ScannerMeta {
    id: "custom-resource",
    title: "Custom resource of a cloud operator",
    summary: "Resources of AWS Controllers for Kubernetes, Azure Service Operator, Config Connector and Crossplane, also \
              those within compositions and lists: region, machine type, count, keys and references by name to others \
              in the same file. What patches and functions of a composition change is not followed.",
    files: &["**/*.yaml", "**/*.yml", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://aws-controllers-k8s.github.io/community/",
};

/// Deepest object.
const DEPTH: usize = 60;
/// Annotations that say where a resource lies.
const PLACES: [&str; 2] = ["services.k8s.aws/region", "services.k8s.aws/default-region"];

impl Scanner for CustomResource {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !input.catalog.may_name_custom_resources(file.text()) || file.is_binary() {
            return Ok(());
        }
        let mut roots: Vec<&Node> = Vec::new();
        if file.path().name().ends_with(".json") {
            roots.extend(file.json().ok());
        } else {
            roots.extend(&file.yaml().documents);
        }
        let found: Vec<Object<'_>> =
            roots.into_iter().flat_map(Node::walk).filter_map(|node| object(node, input)).collect();
        let mut names: BTreeMap<&str, Option<ComponentId>> = BTreeMap::new();
        for object in &found {
            let id = object.id(file);
            // one name that two objects have means neither
            names.entry(object.name).and_modify(|known| *known = None).or_insert(Some(id));
        }
        for spec in found.iter().filter_map(|object| object.node.get("spec")) {
            if !matches!(spec.value, parse::Value::Map(_) | parse::Value::Null) {
                out.problem(DiagnosticKind::Malformed, file, Some(spec.span), "`spec` is no table, and was not read");
            }
        }
        let resources: Vec<Resource<'_>> = found.iter().map(|object| resource(object, file, &names)).collect();
        write::all(&resources, input.catalog, out);
        Ok(())
    }
}

struct Object<'a> {
    kind: String,
    name: &'a str,
    node: &'a Node,
}

impl Object<'_> {
    fn id(&self, file: &SourceFile) -> ComponentId {
        let kind = self.kind.rsplit('/').next().unwrap_or_default();
        ComponentId::resource(file.path(), &format!("{kind}/{}", self.name))
    }
}

/// An object of a group that stands for resources of a provider.
fn object<'a>(node: &'a Node, input: &Input<'_>) -> Option<Object<'a>> {
    let parse::Value::Map(entries) = &node.value else { return None };
    let field = |name: &str| match &entries.iter().find(|entry| &*entry.key == name)?.value.value {
        parse::Value::Text(text) => Some(&**text),
        _ => None,
    };
    let (api, kind) = (field("apiVersion")?, field("kind")?);
    let (group, _) = api.split_once('/')?;
    let kind = format!("{group}/{kind}");
    // settings of the operators themselves are no resources
    let is_setting = kind.contains("ProviderConfig") || kind.ends_with("/StoreConfig") || group == "pkg.crossplane.io";
    if is_setting || !input.catalog.may_name_custom_resources(api) || input.catalog.provider_by_type(&kind).is_none() {
        return None;
    }
    let metadata = node.get("metadata");
    let name = metadata.and_then(|metadata| metadata.get("name").or_else(|| metadata.get("generateName")));
    Some(Object { kind, name: name.and_then(Node::text).unwrap_or("unnamed"), node })
}

fn resource<'a>(
    object: &Object<'a>,
    file: &'a SourceFile,
    names: &BTreeMap<&str, Option<ComponentId>>,
) -> Resource<'a> {
    let own = object.id(file);
    let spec = match object.node.get("spec") {
        Some(spec) => convert(spec, file, names, 0),
        None => Resolved::new(file, object.node.span, Value::Map(Vec::new())),
    };
    let span = object.node.entry("kind").map_or(object.node.span, |entry| entry.value.span);
    let mut resource = Resource::new(own, &object.kind, spec, span);
    resource.file = file;
    let annotations = object.node.at(&["metadata", "annotations"]);
    let place = annotations.and_then(|all| PLACES.iter().find_map(|name| all.get(name)));
    resource.region =
        place.and_then(|place| Some(Resolved::new(file, place.span, Value::Text(place.text()?.to_owned()))));
    resource.name = object
        .node
        .at(&["metadata", "name"])
        .map(|name| Resolved::new(file, name.span, Value::Text(object.name.to_owned())));
    resource
}

/// The object as it stands; `…Ref` and `owner` with a name mean another object.
fn convert<'a>(
    node: &'a Node,
    file: &'a SourceFile,
    names: &BTreeMap<&str, Option<ComponentId>>,
    depth: usize,
) -> Resolved<'a> {
    let value = match &node.value {
        _ if depth > DEPTH => Value::Unknown(super::value::Reason::Limit),
        parse::Value::Null => Value::Null,
        parse::Value::Bool(truth) => Value::Bool(*truth),
        parse::Value::Number(text) => text.parse().map_or_else(|_| Value::Text(text.to_string()), Value::Number),
        parse::Value::Text(text) => Value::Text(text.to_string()),
        parse::Value::List(items) => {
            Value::List(items.iter().map(|item| convert(item, file, names, depth + 1)).collect())
        }
        parse::Value::Map(entries) => {
            let entry = |entry: &'a parse::Entry| {
                let mut value = convert(&entry.value, file, names, depth + 1);
                let is_reference = ["Ref", "Refs", "Reference", "owner"].iter().any(|end| entry.key.ends_with(end));
                if is_reference {
                    value.mentions.extend(meant(&entry.value, file, names));
                }
                (entry.key.to_string(), value)
            };
            Value::Map(entries.iter().map(entry).collect())
        }
    };
    Resolved::new(file, node.span, value)
}

/// `{name: …}`, `{from: {name: …}}`, or a list of them.
fn meant<'a>(node: &Node, file: &'a SourceFile, names: &BTreeMap<&str, Option<ComponentId>>) -> Vec<Mention<'a>> {
    let one = std::slice::from_ref(node);
    let nodes = if let parse::Value::List(items) = &node.value { items.as_slice() } else { one };
    let name = |node: &Node| {
        let node = node.at(&["from", "name"]).or_else(|| node.get("name"))?.clone();
        Some(Mention { to: names.get(node.text()?)?.clone()?, file, span: node.span })
    };
    nodes.iter().filter(|node| matches!(node.value, parse::Value::Map(_))).filter_map(name).collect()
}
