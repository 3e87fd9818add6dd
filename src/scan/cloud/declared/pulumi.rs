//! Pulumi programs in YAML, with the settings of their stacks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::value::{Mention, Reason, Resolved, Value};
use super::write::{self, Resource};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{self, Node};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pulumi`.
pub struct Pulumi;

static META: ScannerMeta = ScannerMeta {
    id: "pulumi",
    title: "Pulumi project, stacks and YAML program",
    summary: "Resources of programs in YAML with region, machine type, count, keys, images and references; settings by \
              their defaults and by the files of the stacks, variables and text interpolation are evaluated. Regions of \
              several stacks all count. Programs in other languages are code that is not run, which is said once.",
    files: &["**/Pulumi.yaml", "**/Pulumi.yml", "**/Pulumi.*.yaml", "**/Pulumi.*.yml"],
    unit: Unit::Directory,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Service,
        ComponentKind::Delivery,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/",
};

/// Settings and properties that say where a resource lies.
const PLACES: [&str; 3] = ["region", "location", "zone"];
/// Deepest expression.
const DEPTH: usize = 60;

impl Scanner for Pulumi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let is_project =
            |file: &&std::sync::Arc<SourceFile>| matches!(file.path().name(), "Pulumi.yaml" | "Pulumi.yml");
        let mut stacks: Vec<(&SourceFile, &Node)> = Vec::new();
        for file in input.files.iter().filter(|file| !is_project(file)) {
            stacks.extend(file.yaml_or_part(out).first().map(|root| (&**file, root)));
        }
        for file in input.files.iter().filter(is_project) {
            let Some(root) = file.yaml_or_part(out).first() else { continue };
            backend(root, file, out);
            let runtime = root.get("runtime");
            let language = runtime.and_then(|runtime| match &runtime.value {
                parse::Value::Map(_) => runtime.get("name").and_then(Node::text),
                _ => runtime.text(),
            });
            match (language, runtime) {
                (Some("yaml"), _) => {
                    let program = Program::new(file, root, &stacks);
                    let resources = program.resources(input.catalog, out);
                    write::all(&resources, input.catalog, out);
                }
                (Some(language), Some(runtime)) => {
                    let message =
                        format!("a program in {language} is code that is not run: what it declares is not known");
                    out.problem(DiagnosticKind::Unsupported, file, Some(runtime.span), message);
                }
                _ => {
                    out.problem(DiagnosticKind::Malformed, file, Some(root.span), "the project names no runtime");
                }
            }
        }
        Ok(())
    }
}

/// Where the state of the stacks lies.
fn backend(root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(url) = root.at(&["backend", "url"]) else { return };
    let Some((scheme, _)) = url.text().and_then(|text| text.split_once("://")) else { return };
    if scheme == "file" {
        return;
    }
    let project = ComponentId::project(&file.folder());
    let id = ComponentId::of("delivery", format_args!("pulumi-state/{}", file.folder()));
    let seen = || file.at(url.span).without_excerpt();
    out.component(&id, ComponentKind::Delivery, seen());
    out.attribute(&id, key::RESOURCE_TYPE, format!("pulumi-backend/{scheme}"), seen());
    out.component(&project, ComponentKind::Project, file.whole());
    out.relation(&project, RelationKind::DeployedBy, &id, seen());
    if let Some(host) = url.text().filter(|_| scheme.starts_with("http")).and_then(toolkit::host_of) {
        toolkit::distributed_by(&id, &host, &seen(), out);
    }
}

struct Program<'a> {
    file: &'a SourceFile,
    root: &'a Node,
    stacks: Vec<(&'a SourceFile, &'a Node)>,
    busy: RefCell<BTreeSet<String>>,
    known: RefCell<BTreeMap<String, Resolved<'a>>>,
}

impl<'a> Program<'a> {
    fn new(file: &'a SourceFile, root: &'a Node, stacks: &[(&'a SourceFile, &'a Node)]) -> Self {
        let (busy, known) = (RefCell::default(), RefCell::default());
        Self { file, root, stacks: stacks.to_vec(), busy, known }
    }

    fn entries(&self, section: &str) -> &'a [parse::Entry] {
        self.root.get(section).map_or(&[][..], Node::entries)
    }

    fn id(&self, name: &str) -> Option<ComponentId> {
        self.entries("resources").iter().find(|entry| &*entry.key == name)?;
        Some(ComponentId::resource(self.file.path(), name))
    }

    fn resources(&self, catalog: &Catalog, out: &mut Facts<'_>) -> Vec<Resource<'a>> {
        let mut found = Vec::new();
        for entry in self.entries("resources") {
            let Some(kind) = entry.value.text_at("type") else {
                let message = format!("`{}` of `resources` names no type, and was not read", entry.key);
                out.problem(DiagnosticKind::Malformed, self.file, Some(entry.key_span), message);
                continue;
            };
            let kind = token(kind);
            if kind.starts_with("pulumi:") {
                continue;
            }
            let properties = match entry.value.get("properties") {
                Some(properties) => {
                    if !properties.is_map() && properties.value != parse::Value::Null {
                        let message = format!("the properties of `{}` are no table, and were not read", entry.key);
                        out.problem(DiagnosticKind::Malformed, self.file, Some(properties.span), message);
                    }
                    self.value(properties, 0)
                }
                None => Resolved::new(self.file, entry.key_span, Value::Map(Vec::new())),
            };
            let id = ComponentId::resource(self.file.path(), &entry.key);
            let mut resource = Resource::new(id, &kind, properties, entry.key_span);
            resource.file = self.file;
            let options = entry.value.get("options");
            resource.region = Some(self.region(&kind, options.and_then(|options| options.get("provider"))));
            if let Some(needs) = options.and_then(|options| options.get("dependsOn")) {
                resource.needs = self.value(needs, 0).all_mentions().into_iter().cloned().collect();
            }
            found.push(resource);
        }
        let is_nowhere = |resource: &&Resource<'a>| {
            // what runs in a cluster or on one's own machine lies in no region
            if catalog.provider_by_type(&resource.kind).is_none() {
                return false;
            }
            let says = |name: &str| resource.variants.iter().any(|properties| properties.get(name).is_some());
            resource.region.as_ref().is_some_and(|at| at.value.unknown().is_some())
                && !PLACES.iter().any(|name| says(name))
        };
        let nowhere = found.iter().find(is_nowhere);
        if let Some(resource) = nowhere {
            let message = "no file of a stack says in which region the provider makes its resources";
            out.problem(DiagnosticKind::Unresolved, self.file, Some(resource.span), message);
        }
        found
    }

    /// Where the provider of a type makes its resources: its own setting, else what the stacks say.
    fn region(&self, kind: &str, provider: Option<&'a Node>) -> Resolved<'a> {
        let name = provider.and_then(Node::text).map(|text| text.trim_start_matches("${").trim_end_matches('}'));
        let named = name.and_then(|name| self.entries("resources").iter().find(|entry| &*entry.key == name));
        if let Some(properties) = named.and_then(|entry| entry.value.get("properties"))
            && let Some(region) = PLACES.iter().find_map(|name| properties.get(name))
        {
            return self.value(region, 0);
        }
        let package = kind.split(':').next().unwrap_or_default();
        for name in PLACES {
            let found = self.settings(&format!("{package}:{name}"));
            if !found.is_empty() {
                let span = found[0].span;
                return Resolved::new(found[0].file, span, Value::List(found));
            }
        }
        Resolved::unknown(self.file, self.root.span, Reason::Target(Arc::from(format!("{package}:region"))))
    }

    /// Values of a setting in the stacks, else its default in the project.
    fn settings(&self, name: &str) -> Vec<Resolved<'a>> {
        let plain = |file: &'a SourceFile, node: &'a Node| match &node.value {
            // `secure:` is encrypted
            parse::Value::Map(_) => {
                node.get("value").or_else(|| node.get("default")).map(|node| self.plain(file, node))
            }
            _ => Some(self.plain(file, node)),
        };
        let stacks = self.stacks.iter().filter_map(|(file, root)| plain(file, root.get("config")?.get(name)?));
        let found: Vec<Resolved<'a>> = stacks.collect();
        if !found.is_empty() {
            return found;
        }
        let own = ["config", "configuration"].into_iter().filter_map(|section| self.root.get(section)?.get(name));
        own.filter_map(|node| plain(self.file, node)).collect()
    }

    fn plain(&self, file: &'a SourceFile, node: &'a Node) -> Resolved<'a> {
        let value = match &node.value {
            parse::Value::Bool(truth) => Value::Bool(*truth),
            parse::Value::Number(text) => text.parse().map_or_else(|_| Value::Text(text.to_string()), Value::Number),
            parse::Value::Text(text) => Value::Text(text.to_string()),
            parse::Value::List(items) => Value::List(items.iter().map(|item| self.plain(file, item)).collect()),
            _ => Value::Null,
        };
        Resolved::new(file, node.span, value)
    }

    fn value(&self, node: &'a Node, depth: usize) -> Resolved<'a> {
        let at = |value: Value<'a>| Resolved::new(self.file, node.span, value);
        if depth > DEPTH {
            return at(Value::Unknown(Reason::Limit));
        }
        match &node.value {
            parse::Value::Null => at(Value::Null),
            parse::Value::Bool(truth) => at(Value::Bool(*truth)),
            parse::Value::Number(text) => {
                at(text.parse().map_or_else(|_| Value::Text(text.to_string()), Value::Number))
            }
            parse::Value::Text(text) => self.text(text, node, depth),
            parse::Value::List(items) => {
                at(Value::List(items.iter().map(|item| self.value(item, depth + 1)).collect()))
            }
            parse::Value::Map(entries) => match entries.as_slice() {
                [one] if one.key.to_ascii_lowercase().starts_with("fn::") => {
                    self.function(&one.key, &one.value, node, depth)
                }
                _ => at(Value::Map(
                    entries.iter().map(|entry| (entry.key.to_string(), self.value(&entry.value, depth + 1))).collect(),
                )),
            },
        }
    }

    fn function(&self, name: &str, argument: &'a Node, node: &'a Node, depth: usize) -> Resolved<'a> {
        let value = self.value(argument, depth + 1);
        if name.eq_ignore_ascii_case("fn::join")
            && let [separator, list] = value.list()
            && let Some(separator) = separator.text()
        {
            let parts: Option<Vec<String>> = list.list().iter().map(Resolved::text).collect();
            if let Some(parts) = parts {
                return Resolved::new(self.file, node.span, Value::Text(parts.join(&separator)));
            }
        }
        let reason = value.reason().cloned().unwrap_or_else(|| Reason::Elsewhere(Arc::from(name)));
        let mut found = Resolved::unknown(self.file, node.span, reason);
        found.mentions = value.all_mentions().into_iter().cloned().collect();
        found
    }

    /// A text with `${name.property}`; alone it is the value itself.
    fn text(&self, text: &str, node: &'a Node, depth: usize) -> Resolved<'a> {
        if let Some(inner) =
            text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|inner| !inner.contains("${"))
        {
            return self.name(inner, node, depth);
        }
        let mut out = String::new();
        let mut reason = None;
        let mut mentions: Vec<Mention<'a>> = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                out.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else { break };
            let value = self.name(&rest[at + 2..at + end], node, depth);
            mentions.extend(value.all_mentions().into_iter().cloned());
            match value.text() {
                Some(piece) if out.len() + piece.len() < 1 << 16 => out.push_str(&piece),
                _ => reason = reason.or_else(|| Some(value.reason().cloned().unwrap_or(Reason::Limit))),
            }
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        let mut found = Resolved::new(self.file, node.span, reason.map_or(Value::Text(out), Value::Unknown));
        found.mentions = mentions;
        found
    }

    /// `name.property[0]`: a resource, a variable, a setting.
    fn name(&self, path: &str, node: &'a Node, depth: usize) -> Resolved<'a> {
        let path = path.trim();
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, rest) = (&path[..end], path[end..].trim_start_matches('.'));
        let unknown = |reason: Reason| Resolved::unknown(self.file, node.span, reason);
        if let Some(to) = self.id(name) {
            return Resolved::of_resource(self.file, node.span, path, to);
        }
        let mut found = if let Some(entry) = self.entries("variables").iter().find(|entry| &*entry.key == name) {
            if let Some(known) = self.known.borrow().get(name) {
                known.clone()
            } else if self.busy.borrow_mut().insert(name.to_owned()) {
                let value = self.value(&entry.value, depth + 1);
                self.busy.borrow_mut().remove(name);
                self.known.borrow_mut().insert(name.to_owned(), value.clone());
                value
            } else {
                unknown(Reason::Cycle(Arc::from(name)))
            }
        } else {
            match self.settings(name).as_slice() {
                [] if name == "pulumi" => unknown(Reason::Target(Arc::from(path))),
                [] => {
                    let declared =
                        ["config", "configuration"].iter().any(|section| self.root.at(&[section, name]).is_some());
                    let text = Arc::from(name);
                    unknown(if declared { Reason::Parameter(text) } else { Reason::Undeclared(text) })
                }
                [one] => one.clone(),
                [one, more @ ..] if more.iter().all(|other| other == one) => one.clone(),
                // every stack has its own
                _ => unknown(Reason::Target(Arc::from(name))),
            }
        };
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            found = match found.get(part) {
                Some(inner) => inner.clone(),
                None => match found.value.unknown() {
                    Some(_) => found,
                    None => unknown(Reason::Elsewhere(Arc::from(path))),
                },
            };
        }
        found.used_at(self.file, node.span)
    }
}

/// `aws:s3/bucket:Bucket` and `aws:s3:Bucket` are one type.
fn token(kind: &str) -> String {
    match kind.split(':').collect::<Vec<_>>().as_slice() {
        [package, module, name] => format!("{package}:{}:{name}", module.split('/').next().unwrap_or(module)),
        _ => kind.to_owned(),
    }
}
