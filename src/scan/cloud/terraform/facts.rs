//! What a module says, as facts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evaluate::Scope;
use super::syntax::{Inside, Item, Source};
use super::value::Value;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::hcl::Hcl;
use crate::scan::package::toolkit;
use crate::scan::{Facts, SourceFile};

/// Arguments that say where a resource lies, most telling first.
const PLACES: [&str; 5] = ["region", "location", "zone", "availability_zone", "aws_region"];
/// Arguments that name a machine type.
const MACHINES: [&str; 15] = [
    "instance_type",
    "instance_types",
    "machine_type",
    "vm_size",
    "size",
    "flavor",
    "flavor_name",
    "node_type",
    "instance_class",
    "commercial_type",
    "shape",
    "accelerator_type",
    "type",
    "node_size",
    "sku_name",
];
/// Arguments that say how many.
const COUNTS: [&str; 9] = [
    "initial_instance_count",
    "desired_size",
    "desired_capacity",
    "desired_nodes",
    "node_count",
    "instance_count",
    "instances",
    "size",
    "min_size",
];
/// Arguments that carry a key of the customer's.
const KEYS: [&str; 5] = ["kms_key_id", "kms_key_arn", "kms_master_key_id", "key_vault_key_id", "default_kms_key_name"];

/// Providers of a module: local name with alias to region and source.
struct Providers<'a> {
    regions: BTreeMap<String, Source<'a>>,
    items: BTreeMap<String, &'a Item<'a>>,
    sources: BTreeMap<String, String>,
}

/// Writes the facts of all blocks.
pub(super) fn write<'a>(items: &'a [Item<'a>], scope: &Scope<'a>, out: &mut Facts<'_>) {
    let providers = providers(items, scope);
    let known: BTreeSet<String> = items
        .iter()
        .filter(|item| item.kind == "resource")
        .map(|item| format!("{}.{}", item.label(0), item.label(1)))
        .collect();
    for item in items {
        match item.kind.as_str() {
            "resource" if item.labels.len() == 2 => resource(item, scope, &providers, &known, out),
            "module" => module(item, scope, out),
            "terraform" => backend(item, scope, out),
            _ => {}
        }
    }
}

fn providers<'a>(items: &'a [Item<'a>], scope: &Scope<'a>) -> Providers<'a> {
    let mut found = Providers { regions: BTreeMap::new(), items: BTreeMap::new(), sources: BTreeMap::new() };
    for item in items {
        if item.kind == "provider" {
            let alias = item.inside.get("alias").and_then(|source| scope.value(&source).text());
            let name = alias.map_or_else(|| item.label(0).to_owned(), |alias| format!("{}.{alias}", item.label(0)));
            if let Some(region) = item.inside.get("region").or_else(|| item.inside.get("zone")) {
                found.regions.insert(name.clone(), region);
            }
            found.items.insert(name, item);
        }
        if item.kind == "terraform" {
            for block in item.inside.blocks("required_providers") {
                for (name, source) in block.all() {
                    if let Value::Object(fields) = scope.value(&source)
                        && let Some(Value::Text(address)) = fields.get("source")
                    {
                        found.sources.insert(name, address.clone());
                    }
                }
            }
        }
    }
    found
}

fn id(item: &Item<'_>) -> ComponentId {
    ComponentId::resource(&item.file.folder(), &format!("{}.{}", item.label(0), item.label(1)))
}

fn resource<'a>(
    item: &Item<'a>,
    scope: &Scope<'a>,
    providers: &Providers<'a>,
    known: &BTreeSet<String>,
    out: &mut Facts<'_>,
) {
    let id = id(item);
    let kind = item.label(0);
    let seen = || item.file.at(item.span);
    out.component(&id, ComponentKind::Service, seen());
    out.attribute(&id, key::RESOURCE_TYPE, kind, seen());
    let written = item.inside.get("provider").map(|source| match source {
        Source::Hcl(expression, _) => expression.to_string().trim().to_owned(),
        Source::Json(node) => node.text().unwrap_or("").to_owned(),
    });
    let short = kind.split('_').next().unwrap_or(kind).to_owned();
    let provider = written.unwrap_or_else(|| short.clone());
    out.attribute(&id, key::PROVIDER, &provider, seen());
    let local = provider.split('.').next().unwrap_or(&provider);
    if let Some(source) = providers.sources.get(local) {
        out.attribute(&id, key::PROVIDER_SOURCE, source, seen());
    }
    if let Some(folder_environment) = crate::scan::cluster::kubernetes::environment(&item.file.folder(), "") {
        out.attribute(&id, key::ENVIRONMENT, folder_environment, seen().inferred());
    }
    place(&id, item, scope, providers, &provider, out);
    machines(&id, item, scope, out);
    if let Some((_, source)) = item.inside.all().into_iter().find(|(name, _)| KEYS.contains(&name.as_str())) {
        out.attribute(&id, key::KEY_CUSTODY, "customer-managed", item.file.at(source.span()));
    }
    authentication(&id, providers, &provider, scope, out);
    references(&id, item, known, out);
}

/// Region of the resource itself, else of its provider block.
fn place<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    scope: &Scope<'a>,
    providers: &Providers<'a>,
    provider: &str,
    out: &mut Facts<'_>,
) {
    let own = PLACES.iter().find_map(|name| item.inside.get(name));
    let (source, file) = match (own, providers.regions.get(provider)) {
        (Some(source), _) => (source, item.file),
        (None, Some(source)) => (*source, providers.items.get(provider).map_or(item.file, |item| item.file)),
        (None, None) => return,
    };
    let span = source.span();
    match scope.value(&source).text() {
        Some(region) if !region.is_empty() => out.attribute(id, key::REGION, region, file.at(span)),
        // a place taken from another resource is that resource's place, which the reference tells
        _ if own.is_some() && !source.references().is_empty() => {}
        _ => {
            let message = format!("the region of `{}` depends on what only a run knows", id.rest());
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        }
    }
}

/// Machine types and how many, also in nested blocks (node pools, production variants).
fn machines<'a>(id: &ComponentId, item: &Item<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    let all = item.inside.all();
    let mut typed = false;
    for (name, source) in &all {
        if !MACHINES.contains(&name.as_str()) {
            continue;
        }
        let values = match scope.value(source) {
            Value::List(items) => items,
            Value::Unknown if name.starts_with("instance") || name.starts_with("machine") => {
                let message = format!("the machine type of `{}` depends on what only a run knows", id.rest());
                out.problem(DiagnosticKind::Unresolved, item.file, Some(source.span()), message);
                continue;
            }
            other => vec![other],
        };
        // `size` and `type` carry machine names only as text that is not a number
        for text in
            values.iter().filter_map(Value::text).filter(|text| text.parse::<f64>().is_err() && !text.is_empty())
        {
            out.attribute(id, key::INSTANCE_TYPE, text, item.file.at(source.span()));
            typed = true;
        }
    }
    if !typed {
        return;
    }
    let counted = COUNTS.iter().find_map(|wanted| all.iter().find(|(name, _)| name == wanted));
    let count = counted.map(|(_, source)| *source).or_else(|| item.inside.get("count"));
    if let Some(source) = count
        && let Some(number) = scope.value(&source).number()
    {
        out.attribute(id, key::COUNT, super::value::number_text(number), item.file.at(source.span()));
    }
}

/// `auth_url` of OpenStack-like providers tells who operates the cloud.
fn authentication<'a>(
    id: &ComponentId,
    providers: &Providers<'a>,
    provider: &str,
    scope: &Scope<'a>,
    out: &mut Facts<'_>,
) {
    let Some(item) = providers.items.get(provider) else { return };
    for name in ["auth_url", "universe_domain", "endpoint"] {
        let Some(source) = item.inside.get(name) else { continue };
        let Some(text) = scope.value(&source).text() else { continue };
        let host = toolkit::host_of(&text).unwrap_or(text);
        out.attribute(id, key::IDENTITY, format!("operator-host:{host}"), item.file.at(source.span()));
    }
}

/// References between resources, and the few arguments that mean replication or failover.
fn references(id: &ComponentId, item: &Item<'_>, known: &BTreeSet<String>, out: &mut Facts<'_>) {
    let folder = item.file.folder();
    for (name, source) in item.inside.all() {
        for address in source.references() {
            if !known.contains(&address) {
                continue;
            }
            let to = ComponentId::resource(&folder, &address);
            let seen = item.file.at(source.span());
            match name.as_str() {
                "replicate_source_db"
                | "replication_source_identifier"
                | "master_instance_name"
                | "source_db_cluster_identifier" => {
                    out.relation(&to, RelationKind::ReplicatesTo, id, seen);
                }
                _ => out.relation(id, RelationKind::DependsOn, &to, seen),
            }
        }
    }
    if item.label(0) == "aws_s3_bucket_replication_configuration" {
        replication(item, known, out);
    }
}

/// `bucket` replicates to `rule.destination.bucket`.
fn replication(item: &Item<'_>, known: &BTreeSet<String>, out: &mut Facts<'_>) {
    let folder = item.file.folder();
    let from = item.inside.get("bucket").map(|source| source.references()).unwrap_or_default();
    for rule in item.inside.blocks("rule") {
        for destination in rule.blocks("destination") {
            let Some(source) = destination.get("bucket") else { continue };
            for to in source.references().iter().filter(|to| known.contains(*to)) {
                for from in from.iter().filter(|from| known.contains(*from)) {
                    let (from, to) = (ComponentId::resource(&folder, from), ComponentId::resource(&folder, to));
                    out.relation(&from, RelationKind::ReplicatesTo, &to, item.file.at(source.span()));
                }
            }
        }
    }
}

/// Module calls: where the module's code comes from.
fn module<'a>(item: &Item<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    let Some(source) = item.inside.get("source") else { return };
    let Some(address) = scope.value(&source).text() else { return };
    if address.starts_with('.') || address.starts_with('/') {
        return;
    }
    let project = ComponentId::project(&item.file.folder());
    let seen = || item.file.at(source.span());
    out.component(&project, ComponentKind::Project, item.file.whole());
    let clean = address.trim_start_matches("git::");
    let host = toolkit::host_of(clean).or_else(|| {
        let first = clean.split('/').next().unwrap_or("");
        first.contains('.').then(|| first.to_ascii_lowercase())
    });
    let version = item.inside.get("version").and_then(|source| scope.value(&source).text());
    let exact = version.as_deref().filter(|text| text.starts_with(|c: char| c.is_ascii_digit()));
    let id =
        purl::package("terraform", None, toolkit::without_secrets(clean).split('?').next().unwrap_or(clean), exact);
    out.component(&id, ComponentKind::Package, seen());
    out.attribute(&id, key::ECOSYSTEM, "terraform", seen());
    out.attribute(&id, key::NAME, clean, seen());
    out.attribute(&id, key::RELATION, "direct", seen());
    out.relation(&project, RelationKind::DependsOn, &id, seen());
    let host = host.unwrap_or_else(|| "registry.terraform.io".to_owned());
    toolkit::distributed_by(&id, &host, &seen(), out);
    if let Some(owner) = toolkit::repository_owner(clean.split("://").last().unwrap_or(clean)) {
        out.attribute(&id, key::IDENTITY, owner, seen());
    }
}

/// State backends: losing one stops every change.
fn backend<'a>(item: &Item<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    let id = ComponentId::of("delivery", format_args!("terraform-state/{}", item.file.folder()));
    let mut write = |kind: &str, inside: &Inside<'a>| {
        out.component(&id, ComponentKind::Delivery, item.file.at(item.span));
        out.attribute(&id, key::RESOURCE_TYPE, format!("terraform-backend/{kind}"), item.file.at(item.span));
        let host = match kind {
            "cloud" | "remote" => Some(
                inside
                    .get("hostname")
                    .and_then(|source| scope.value(&source).text())
                    .unwrap_or_else(|| "app.terraform.io".to_owned()),
            ),
            "http" => inside
                .get("address")
                .and_then(|source| scope.value(&source).text())
                .and_then(|text| toolkit::host_of(&text)),
            _ => None,
        };
        if let Some(host) = host {
            toolkit::distributed_by(&id, &host, &item.file.at(item.span), out);
        }
        let provider = match kind {
            "s3" => Some("aws"),
            "azurerm" => Some("azurerm"),
            "gcs" => Some("google"),
            _ => None,
        };
        if let Some(provider) = provider {
            out.attribute(&id, key::PROVIDER, provider, item.file.at(item.span));
        }
        if let Some(source) = inside.get("region")
            && let Some(region) = scope.value(&source).text()
        {
            out.attribute(&id, key::REGION, region, item.file.at(source.span()));
        }
    };
    for (kind, inside) in item.inside.labelled("backend") {
        write(&kind, &inside);
    }
    for inside in item.inside.blocks("cloud") {
        write("cloud", &inside);
    }
}

/// `.terraform.lock.hcl`: exact providers.
pub(super) fn locked_providers(file: &Arc<SourceFile>, tree: &Hcl, out: &mut Facts<'_>) {
    let project = ComponentId::project(&file.folder());
    out.component(&project, ComponentKind::Project, file.whole());
    let mut items = Vec::new();
    super::syntax::native(file, tree, &mut items);
    let scope = Scope::default();
    for item in items.iter().filter(|item| item.kind == "provider") {
        let mut parts = item.label(0).splitn(2, '/');
        let (Some(host), Some(name)) = (parts.next(), parts.next()) else { continue };
        let version = item.inside.get("version").and_then(|source| scope.value(&source).text());
        let (namespace, short) = name.rsplit_once('/').unwrap_or(("", name));
        let id = purl::package("terraform", Some(namespace), short, version.as_deref());
        let seen = || file.at(item.span);
        out.component(&id, ComponentKind::Package, seen());
        out.attribute(&id, key::ECOSYSTEM, "terraform", seen());
        out.attribute(&id, key::NAME, name, seen());
        out.attribute(&id, key::RESOLUTION, "locked", seen());
        out.attribute(&id, key::IDENTITY, format!("github:{namespace}"), seen().inferred());
        if let Some(version) = &version {
            out.attribute(&id, key::VERSION, version, seen());
        }
        out.relation(&project, RelationKind::DependsOn, &id, seen());
        toolkit::distributed_by(&id, host, &seen(), out);
    }
}
