//! Scanner of what Terraform itself computed: plans and states as JSON. They say what the files alone leave open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::{self, Context};
use super::scope::Scope;
use super::syntax::{Inside, Item};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Deepest chain of modules that is read.
const DEEPEST: usize = 32;
/// The version of state files that is read; Terraform has written no other since 2018.
const STATE_VERSION: &str = "4";

/// Scanner `terraform-plan`.
pub struct TerraformPlan;

static META: ScannerMeta = ScannerMeta {
    id: "terraform-plan",
    title: "Terraform and OpenTofu plan or state",
    summary: "Plans and states as `terraform show -json` writes them, and state files of version 4: resources of all \
              modules with region, machine type, count, keys and what they depend on. What they say wins over what the \
              files of the same folder say. Data sources are not kept, secrets are not shown.",
    files: &[
        "**/*.tfstate",
        "**/*.tfstate.json",
        "**/*.tfplan.json",
        "**/*-tfplan.json",
        "**/tfplan.json",
        "**/tfstate.json",
        "**/terraform-plan.json",
        "**/terraform-state.json",
    ],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Service, ComponentKind::Accelerator, ComponentKind::Host],
    reference: "https://developer.hashicorp.com/terraform/internals/json-format",
};

impl Scanner for TerraformPlan {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.files.first().expect("the engine never calls a scanner without a file");
        let root = file.json_or_part(out)?;
        let mut found = Computed::default();
        if let Some(values) = root.get("planned_values").or_else(|| root.get("values")) {
            if let Some(module) = values.get("root_module") {
                found.modules(module, file, out);
            }
            found.configured(root);
        } else if root.get("lineage").is_some() || root.get("terraform_version").is_some() {
            match root.get("version").and_then(Node::scalar) {
                Some(version) if version == STATE_VERSION => found.state(root),
                version => {
                    let message = format!(
                        "a state of version {}; only version {STATE_VERSION} is read: run `terraform show -json`",
                        version.as_deref().unwrap_or("unknown")
                    );
                    out.problem(DiagnosticKind::Unsupported, file, Some(root.span), message);
                }
            }
        } else {
            out.problem(DiagnosticKind::Unsupported, file, None, "neither a Terraform plan nor a state");
        }
        found.write(file, input, out);
        Ok(())
    }
}

/// Resources by address without the index of instances.
#[derive(Default)]
struct Computed<'a> {
    resources: BTreeMap<String, Resource<'a>>,
    /// Key of the provider's configuration, by address without any index.
    provider_keys: BTreeMap<String, &'a str>,
    /// What resources mention, by address without any index, and the argument in which they do: none in a state.
    mentions: BTreeMap<String, Vec<(String, Span, &'a str)>>,
    /// Region that a provider's configuration says.
    regions: BTreeMap<&'a str, &'a Node>,
}

#[derive(Default)]
struct Resource<'a> {
    kind: &'a str,
    name: &'a str,
    span: Span,
    instances: Vec<&'a Node>,
}

impl<'a> Computed<'a> {
    fn add(&mut self, address: &str, kind: &'a str, name: &'a str, span: Span, values: &'a Node) {
        let resource = self.resources.entry(without_last_index(address).to_owned()).or_default();
        if resource.instances.is_empty() {
            (resource.kind, resource.name, resource.span) = (kind, name, span);
        }
        resource.instances.push(values);
    }

    /// Resources of `planned_values` or `values`.
    fn modules(&mut self, root: &'a Node, file: &SourceFile, out: &mut Facts<'_>) {
        let mut open = vec![(root, 0)];
        while let Some((module, depth)) = open.pop() {
            for resource in module.get("resources").map_or(&[][..], Node::list) {
                let text = |name: &str| resource.text_at(name);
                if text("mode").is_some_and(|mode| mode != "managed") {
                    continue;
                }
                let (address, values) = (resource.get("address"), resource.get("values"));
                match (address.and_then(|node| Some((node.text()?, node.span))), text("type"), text("name"), values) {
                    (Some((at, span)), Some(kind), Some(name), Some(values)) => self.add(at, kind, name, span, values),
                    _ => {
                        let message = "a resource without address, type, name or values; it is not read";
                        out.problem(DiagnosticKind::Malformed, file, Some(resource.span), message);
                    }
                }
            }
            let children = module.get("child_modules").map_or(&[][..], Node::list);
            if depth < DEEPEST {
                open.extend(children.iter().map(|child| (child, depth + 1)));
            } else if let Some(child) = children.first() {
                let message = "modules lie too deep; the rest is not read";
                out.problem(DiagnosticKind::LimitReached, file, Some(child.span), message);
            }
        }
    }

    /// Provider configurations and mentions of `configuration`.
    fn configured(&mut self, root: &'a Node) {
        let Some(configuration) = root.get("configuration") else { return };
        for entry in configuration.get("provider_config").map_or(&[][..], Node::entries) {
            let expressions = entry.value.get("expressions");
            let region = ["region", "zone"].iter().find_map(|name| expressions?.get(name));
            let known = region.and_then(|region| {
                let variable = || {
                    let first = region.get("references")?.list().first()?.text()?.strip_prefix("var.")?;
                    root.at(&["variables", first, "value"])
                };
                region.get("constant_value").or_else(variable)
            });
            self.regions.extend(known.map(|region| (&*entry.key, region)));
        }
        let mut open: Vec<(String, &'a Node, usize)> =
            configuration.get("root_module").map(|module| (String::new(), module, 0)).into_iter().collect();
        while let Some((prefix, module, depth)) = open.pop() {
            for resource in module.get("resources").map_or(&[][..], Node::list) {
                let Some(address) = resource.text_at("address") else { continue };
                let full = format!("{prefix}{address}");
                if let Some(provider) = resource.text_at("provider_config_key") {
                    self.provider_keys.insert(full.clone(), provider);
                }
                let mut mentions = Vec::new();
                for argument in resource.get("expressions").map_or(&[][..], Node::entries) {
                    let all = argument.value.walk().filter_map(|expression| expression.get("references"));
                    for mention in all.flat_map(Node::list) {
                        let address = mention.text().and_then(resource_of);
                        let name = &*argument.key;
                        mentions.extend(address.map(|address| (format!("{prefix}{address}"), mention.span, name)));
                    }
                }
                self.mentions.entry(full).or_default().extend(mentions);
            }
            for call in module.get("module_calls").map_or(&[][..], Node::entries) {
                if let Some(module) = call.value.get("module").filter(|_| depth < DEEPEST) {
                    open.push((format!("{prefix}module.{}.", call.key), module, depth + 1));
                }
            }
        }
    }

    /// Resources of a state file.
    fn state(&mut self, root: &'a Node) {
        for resource in root.get("resources").map_or(&[][..], Node::list) {
            let text = |name: &str| resource.text_at(name);
            let (Some("managed"), Some(kind), Some(name)) = (text("mode"), text("type"), text("name")) else {
                continue;
            };
            let module = text("module").map_or_else(String::new, |module| format!("{module}."));
            let address = format!("{module}{kind}.{name}");
            let span = resource.get("name").map_or(resource.span, |name| name.span);
            for instance in resource.get("instances").map_or(&[][..], Node::list) {
                if let Some(values) = instance.get("attributes") {
                    self.add(&address, kind, name, span, values);
                }
                for needed in instance.get("dependencies").map_or(&[][..], Node::list) {
                    let mention = needed.text().filter(|text| !text.contains("data.")).map(str::to_owned);
                    let mentions = self.mentions.entry(without_index(&address)).or_default();
                    mentions.extend(mention.map(|mention| (mention, needed.span, "")));
                }
            }
        }
    }

    fn write(&self, file: &Arc<SourceFile>, input: &Input<'_>, out: &mut Facts<'_>) {
        let folder = file.folder();
        let id = |address: &str| ComponentId::resource(&folder, address);
        let mut by_plain: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for address in self.resources.keys() {
            by_plain.entry(without_index(address)).or_default().push(address);
        }
        for (address, resource) in &self.resources {
            let scope = Scope::computed(&folder, resource.instances.len());
            let words = super::carried::Words::default();
            let context =
                Context { scope: &scope, catalog: input.catalog, sources: BTreeMap::new(), input: None, words: &words };
            let own = id(address);
            for values in &resource.instances {
                let item = Item {
                    kind: "resource".to_owned(),
                    labels: vec![resource.kind.to_owned(), resource.name.to_owned()],
                    inside: Inside::Json(values, file),
                    file,
                    span: resource.span,
                };
                facts::describe(&own, &item, &facts::Instances::of(&item, context.scope), &context, out);
                self.region(&own, (address, resource.kind), values, file, input.catalog, out);
            }
            if resource.instances.len() > 1 {
                out.attribute(&own, key::COUNT, resource.instances.len().to_string(), file.at(resource.span));
            }
            for (needed, span, argument) in self.mentions.get(&without_index(address)).into_iter().flatten() {
                for target in by_plain.get(needed).into_iter().flatten() {
                    // instances of one module call speak of their own
                    if same_modules(address, target) {
                        let seen = file.at(*span).without_excerpt();
                        if self.lie_together(resource, argument, target, input.catalog) {
                            out.attribute(&own, key::LIES_WITH, id(target).as_str(), seen.clone());
                        }
                        out.relation(&own, RelationKind::DependsOn, &id(target), seen);
                    }
                }
            }
        }
    }

    /// True where the argument says what a resource lies with. A state does not say in which one a mention stands:
    /// there it is what the type has its name from.
    fn lie_together(&self, resource: &Resource<'_>, argument: &str, target: &str, catalog: &Catalog) -> bool {
        let says = |name: &str| catalog.argument_as(resource.kind, name, Role::LiesWith).is_some();
        if !argument.is_empty() {
            return says(argument);
        }
        let service = |kind| catalog.service_by_type(kind).map(|service| &service.id);
        self.resources.get(target).is_some_and(|target| {
            let is_whole = resource.kind.starts_with(target.kind)
                || service(target.kind).is_some_and(|whole| service(resource.kind) == Some(whole));
            target.kind != resource.kind && is_whole && catalog.arguments_as(Role::LiesWith).any(|row| says(&row.name))
        })
    }

    /// The region, where no argument says it: of the identifier that the cloud gave, else of the provider's configuration.
    fn region(
        &self,
        id: &ComponentId,
        (address, kind): (&str, &str),
        values: &Node,
        file: &SourceFile,
        catalog: &Catalog,
        out: &mut Facts<'_>,
    ) {
        if ["region", "location", "zone", "availability_zone"].iter().any(|name| values.text_at(name).is_some()) {
            return;
        }
        for name in ["arn", "id"] {
            let Some(node) = values.get(name) else { continue };
            // arn:PARTITION:SERVICE:REGION:ACCOUNT:…
            let mut parts = node.text().unwrap_or_default().split(':');
            if parts.next() == Some("arn")
                && let Some(region) = parts.nth(2).filter(|region| !region.is_empty())
            {
                out.attribute(id, key::REGION, region, file.at(node.span).without_excerpt());
                return;
            }
        }
        let configured = self.provider_keys.get(&without_index(address)).and_then(|key| self.regions.get(key));
        if let Some(node) = configured
            && let Some(region) = node.text()
            && !catalog.is_everywhere(kind, region, |name| values.text_at(name).map(str::to_owned))
        {
            out.attribute(id, key::REGION, region, file.at(node.span));
        }
    }
}

/// `type.name` of a reference such as `type.name.attribute`; nothing for names that are no resources.
fn resource_of(reference: &str) -> Option<String> {
    let mut parts = reference.split('.');
    let (kind, name) = (parts.next()?, parts.next()?);
    let name = name.split('[').next().unwrap_or(name);
    (!matches!(kind, "var" | "local" | "each" | "count" | "module" | "data" | "path" | "terraform"))
        .then(|| format!("{kind}.{name}"))
}

/// An address without the index at its end.
fn without_last_index(address: &str) -> &str {
    match (address.ends_with(']'), address.rfind('[')) {
        (true, Some(at)) => &address[..at],
        _ => address,
    }
}

/// An address without any index; keys may hold any text.
pub(crate) fn without_index(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !inside => inside = true,
            ']' if inside && !quoted => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// True when two addresses name the same instances of the modules that both lie in.
fn same_modules(a: &str, b: &str) -> bool {
    let modules = |address: &str| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in address.match_indices("].") {
            found.insert(address[..=at].to_owned());
        }
        found
    };
    let (a, b) = (modules(a), modules(b));
    a.iter().all(|one| b.iter().all(|other| without_index(one) != without_index(other) || one == other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(without_last_index("module.a[\"x\"].t.n[0]"), "module.a[\"x\"].t.n");
        assert_eq!(without_index("module.a[\"x].\\\"]\"].t.n[0]"), "module.a.t.n");
        assert_eq!(resource_of("aws_vpc.main[0].id").as_deref(), Some("aws_vpc.main"));
        assert_eq!(resource_of("var.region"), None);
        assert!(same_modules("module.a[0].t.x", "module.a[0].t.y"));
        assert!(!same_modules("module.a[0].t.x", "module.a[1].t.y"));
        assert!(same_modules("module.a[0].t.x", "module.b[1].t.y"));
    }
}
