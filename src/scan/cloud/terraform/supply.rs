//! Where a module's parts come from and where its state lies: providers, called modules, charts, backends.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::facts::{Instances, unresolved};
use super::scope::Scope;
use super::syntax::{Inside, Item};
use super::value::Value;
use crate::model::{ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::hcl::Hcl;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::{RelPath, Span};

/// The registry that an address without host means, by the language's definition.
const DEFAULT_REGISTRY: &str = "registry.terraform.io";
/// Registries whose namespaces are accounts of GitHub, by their terms of publishing.
const PUBLIC_REGISTRIES: [&str; 2] = [DEFAULT_REGISTRY, "registry.opentofu.org"];
/// The host that a `cloud` block without host means, by the language's definition.
const DEFAULT_CLOUD: &str = "app.terraform.io";
/// Lock file of a root module.
pub(super) const LOCK_FILE: &str = ".terraform.lock.hcl";

/// What a module asks of a provider.
pub(super) struct Required {
    /// `hashicorp/aws`, with a host in front or not.
    pub(super) source: Option<String>,
    requirement: Option<String>,
    span: Span,
}

/// `required_providers` of a `terraform` block, by local name.
pub(super) fn required_providers<'a>(item: &Item<'a>, scope: &Scope<'a>) -> BTreeMap<String, Required> {
    let mut found = BTreeMap::new();
    if item.kind != "terraform" {
        return found;
    }
    for block in item.inside.blocks("required_providers") {
        for (name, source) in block.arguments() {
            let span = source.span();
            let required = match scope.value(&source) {
                Value::Object(fields) => {
                    let field = |name: &str| fields.get(name).and_then(Value::text);
                    Required { source: field("source"), requirement: field("version"), span }
                }
                // before 0.13 a provider was its version requirement
                value => Required { source: None, requirement: value.text(), span },
            };
            found.insert(name, required);
        }
    }
    found
}

/// A `terraform` block: backend and required providers.
pub(super) fn settings<'a>(item: &Item<'a>, scope: &Scope<'a>, is_locked: bool, out: &mut Facts<'_>) {
    backends(item, scope, out);
    // the lock file says the same with versions
    if is_locked {
        return;
    }
    for required in required_providers(item, scope).into_values() {
        let Some(address) = &required.source else { continue };
        let (host, name) = match address.splitn(3, '/').collect::<Vec<_>>().as_slice() {
            [host, namespace, name] => ((*host).to_owned(), format!("{namespace}/{name}")),
            [_, _] => (DEFAULT_REGISTRY.to_owned(), address.clone()),
            _ => continue,
        };
        let seen = item.file.at(required.span);
        let id = provider(item.file, &host, &name, None, &seen, out);
        out.attribute(&id, key::RESOLUTION, "unlocked", seen.clone());
        if let Some(requirement) = &required.requirement {
            out.attribute(&id, key::REQUIREMENT, requirement, seen);
        }
    }
}

/// A provider as a package of the folder.
fn provider(
    file: &SourceFile,
    host: &str,
    name: &str,
    version: Option<&str>,
    seen: &Seen,
    out: &mut Facts<'_>,
) -> ComponentId {
    let project = ComponentId::project(&file.folder());
    out.component(&project, ComponentKind::Project, file.whole());
    let (namespace, short) = name.rsplit_once('/').unwrap_or(("", name));
    let id = purl::package("terraform", Some(namespace), short, version);
    out.component(&id, ComponentKind::Package, seen.clone());
    out.attribute(&id, key::ECOSYSTEM, "terraform", seen.clone());
    out.attribute(&id, key::NAME, name, seen.clone());
    out.attribute(&id, key::RELATION, "direct", seen.clone());
    account(&id, host, namespace, seen, out);
    if PUBLIC_REGISTRIES.contains(&host) {
        out.attribute(&id, key::IDENTITY, format!("terraform:{namespace}/{short}"), seen.clone());
    }
    if let Some(version) = version {
        out.attribute(&id, key::VERSION, version, seen.clone());
    }
    out.relation(&project, RelationKind::DependsOn, &id, seen.clone());
    toolkit::distributed_by(&id, host, seen, out);
    id
}

/// A namespace of the public registries is an account of the same name; of a private one it says nothing.
fn account(id: &ComponentId, host: &str, namespace: &str, seen: &Seen, out: &mut Facts<'_>) {
    if PUBLIC_REGISTRIES.contains(&host) {
        out.attribute(id, key::IDENTITY, format!("github:{namespace}"), seen.clone().inferred());
    }
}

/// `.terraform.lock.hcl`: exact providers.
pub(super) fn locked_providers(file: &Arc<SourceFile>, tree: &Hcl, out: &mut Facts<'_>) {
    let mut items = Vec::new();
    super::syntax::native(file, tree, &mut items);
    let scope = Scope::default();
    for item in items.iter().filter(|item| item.kind == "provider") {
        let Some((host, name)) = item.label(0).split_once('/') else { continue };
        let version = item.inside.get("version").and_then(|source| scope.value(&source).text());
        let seen = file.at(item.span);
        let id = provider(file, host, name, version.as_deref(), &seen, out);
        out.attribute(&id, key::RESOLUTION, "locked", seen);
    }
}

/// Kinds of module addresses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ModuleSource {
    /// A folder of the same tree.
    Local(String),
    /// Host, then namespace/name/provider.
    Registry(String, String),
    /// Host and path of a repository, then the revision asked for.
    Repository(String, Option<String>),
    /// Host that serves an archive.
    Archive(String),
}

/// Reads a module address as the language defines it.
pub(super) fn module_source(address: &str) -> Option<ModuleSource> {
    if address.starts_with("./") || address.starts_with("../") || matches!(address, "." | "..") {
        return Some(ModuleSource::Local(address.to_owned()));
    }
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let revision = query.split('&').find_map(|pair| pair.strip_prefix("ref=")).map(ToOwned::to_owned);
    let (forced, address) = match address.split_once("::") {
        Some((getter, rest)) => (Some(getter), rest),
        None => (None, address),
    };
    // what follows `//` is a folder inside, the one of the scheme aside
    let start = address.find("://").map_or(0, |at| at + 3);
    let whole = address[start..].find("//").map_or(address, |at| &address[..start + at]);
    let plain = whole.split_once("://").map_or(whole, |(_, rest)| rest);
    if let Some((host, path)) = scp_like(plain) {
        return Some(ModuleSource::Repository(repository_path(&format!("{host}/{path}")), revision));
    }
    let first = plain.split('/').next().unwrap_or_default();
    let host = first.rsplit_once('@').map_or(first, |(_, host)| host).to_ascii_lowercase();
    let is_repository = matches!(forced, Some("git" | "hg"))
        || whole.starts_with("ssh://")
        || plain.contains(".git/")
        || plain.ends_with(".git")
        || forced.is_none() && matches!(host.as_str(), "github.com" | "bitbucket.org");
    if is_repository {
        let path = plain.split_once('/').map_or("", |(_, path)| path);
        return Some(ModuleSource::Repository(repository_path(&format!("{host}/{path}")), revision));
    }
    if whole.contains("://") || forced.is_some() {
        return (!host.is_empty()).then_some(ModuleSource::Archive(host));
    }
    match plain.split('/').count() {
        3 => Some(ModuleSource::Registry(DEFAULT_REGISTRY.to_owned(), plain.to_owned())),
        4 => {
            plain.split_once('/').map(|(host, rest)| ModuleSource::Registry(host.to_ascii_lowercase(), rest.to_owned()))
        }
        _ => None,
    }
}

/// `git@host:path`.
fn scp_like(text: &str) -> Option<(String, &str)> {
    let (user_host, path) = text.split_once(':')?;
    let (_, host) = user_host.split_once('@')?;
    let is_port = path.split('/').next().is_some_and(|part| part.parse::<u16>().is_ok());
    (!host.contains('/') && !is_port).then(|| (host.to_ascii_lowercase(), path))
}

fn repository_path(host_and_path: &str) -> String {
    let (host, path) = host_and_path.split_once('/').unwrap_or((host_and_path, ""));
    let host = host.split(':').next().unwrap_or(host);
    format!("{host}/{}", path.trim_end_matches('/').trim_end_matches(".git"))
}

/// Module calls: where the module's code comes from.
pub(super) fn module<'a>(item: &Item<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    let Some(source) = item.inside.get("source") else { return };
    let value = scope.value(&source);
    let project = ComponentId::project(&item.file.folder());
    let seen = || source.at().without_excerpt();
    let Some(address) = value.text() else {
        if let Some(reason) = value.reason() {
            let id = ComponentId::resource(&item.file.folder(), &format!("module.{}", item.label(0)));
            unresolved("source", &id, &source, reason, out);
        }
        return;
    };
    let Some(found) = module_source(&address) else { return };
    out.component(&project, ComponentKind::Project, item.file.whole());
    match found {
        ModuleSource::Local(path) => {
            // a folder above the scanned one is not ours to read
            let Some(folder) = RelPath::new(format!("{}/{path}", item.file.folder()).trim_start_matches('/')) else {
                return;
            };
            let called = ComponentId::project(&folder);
            out.component(&called, ComponentKind::Project, source.at());
            out.relation(&project, RelationKind::DependsOn, &called, source.at());
        }
        ModuleSource::Registry(host, name) => {
            let version = item.inside.get("version").and_then(|source| scope.value(&source).text());
            let is_exact = |text: &&str| text.split('.').all(|part| part.parse::<u32>().is_ok());
            let exact = version.as_deref().map(|text| text.trim_start_matches(['=', ' '])).filter(is_exact);
            let (namespace, short) = name.rsplit_once('/').unwrap_or(("", &name));
            let id = purl::package("terraform", Some(namespace), short, exact);
            out.component(&id, ComponentKind::Package, seen());
            out.attribute(&id, key::ECOSYSTEM, "terraform", seen());
            out.attribute(&id, key::NAME, &name, seen());
            out.attribute(&id, key::RELATION, "direct", seen());
            out.attribute(&id, key::RESOLUTION, if exact.is_some() { "locked" } else { "unlocked" }, seen());
            match (exact, &version) {
                (Some(exact), _) => out.attribute(&id, key::VERSION, exact, seen()),
                (None, Some(requirement)) => out.attribute(&id, key::REQUIREMENT, requirement, seen()),
                (None, None) => {}
            }
            account(&id, &host, name.split('/').next().unwrap_or_default(), &seen(), out);
            out.relation(&project, RelationKind::DependsOn, &id, seen());
            toolkit::distributed_by(&id, &host, &seen(), out);
        }
        ModuleSource::Repository(path, revision) => {
            let id = ComponentId::repository(&path);
            out.component(&id, ComponentKind::Repository, seen());
            out.attribute(&id, key::NAME, &path, seen());
            if let Some(owner) = toolkit::repository_owner(&path) {
                out.attribute(&id, key::IDENTITY, owner, seen());
            }
            if let Some(revision) = revision {
                out.attribute(&id, key::REVISION, revision, seen());
            }
            out.relation(&project, RelationKind::DependsOn, &id, seen());
            toolkit::distributed_by(&id, path.split('/').next().unwrap_or(&path), &seen(), out);
        }
        ModuleSource::Archive(host) => toolkit::distributed_by(&project, &host, &seen(), out),
    }
}

/// `helm_release`: the host that the chart is fetched from.
pub(super) fn chart<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    scope: &Scope<'a>,
    out: &mut Facts<'_>,
) {
    if item.label(0) != "helm_release" {
        return;
    }
    for (argument, attribute) in [("chart", key::NAME), ("version", key::VERSION)] {
        let Some(source) = item.inside.get(argument) else { continue };
        for text in instances.values(scope, &source).iter().filter_map(Value::text) {
            out.attribute(id, attribute, toolkit::without_secrets(&text), source.at().without_excerpt());
        }
    }
    for argument in ["repository", "chart"] {
        let Some(source) = item.inside.get(argument) else { continue };
        for value in instances.values(scope, &source) {
            match (value.text(), value.reason()) {
                (Some(text), _) => {
                    if let Some(host) = toolkit::host_of(&text) {
                        let seen = source.at().without_excerpt();
                        out.attribute(id, key::DOWNLOAD, toolkit::without_secrets(&text), seen.clone());
                        toolkit::distributed_by(id, &host, &seen, out);
                    }
                }
                // a chart's path depends on where the module lies; it is no host then
                (None, Some(reason)) if argument == "repository" => {
                    unresolved(argument, id, &source, reason, out);
                }
                (None, _) => {}
            }
        }
    }
}

/// State backends: losing one stops every change.
fn backends<'a>(item: &Item<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    for (kind, inside) in item.inside.labelled("backend") {
        backend(item, &kind, &inside, scope, out);
    }
    for inside in item.inside.blocks("cloud") {
        backend(item, "cloud", &inside, scope, out);
    }
}

fn backend<'a>(item: &Item<'a>, kind: &str, inside: &Inside<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    // state on the machine that runs it depends on nobody
    if kind == "local" {
        return;
    }
    let text = |name: &str| inside.get(name).and_then(|source| scope.value(&source).text());
    let folder = item.file.folder();
    let id = ComponentId::of("delivery", format_args!("terraform-state/{folder}"));
    let seen = || item.file.at(item.span);
    out.component(&id, ComponentKind::Delivery, seen());
    out.attribute(&id, key::RESOURCE_TYPE, format!("terraform-backend/{kind}"), seen());
    let project = ComponentId::project(&folder);
    out.component(&project, ComponentKind::Project, item.file.whole());
    out.relation(&project, RelationKind::DeployedBy, &id, seen());
    let host = match kind {
        "cloud" | "remote" => Some(text("hostname").unwrap_or_else(|| DEFAULT_CLOUD.to_owned())),
        "http" => text("address").and_then(|address| toolkit::host_of(&address)),
        // an endpoint of one's own makes it somebody else's S3; blocks and the older argument
        "s3" => text("endpoint")
            .or_else(|| {
                let ends = inside.get("endpoints").map(|source| scope.value(&source));
                ends.and_then(|ends| ends.index(&Value::Text("s3".to_owned())).text())
            })
            .and_then(|address| toolkit::host_of(&address).or(Some(address))),
        _ => None,
    };
    let provider = match kind {
        "s3" if host.is_none() => Some("aws"),
        "azurerm" => Some("azurerm"),
        "gcs" => Some("google"),
        "oss" => Some("alicloud"),
        "cos" => Some("tencentcloud"),
        "oci" => Some("oci"),
        _ => None,
    };
    if let Some(host) = host {
        toolkit::distributed_by(&id, &host, &seen(), out);
    }
    if let Some(provider) = provider {
        out.attribute(&id, key::PROVIDER, provider, seen());
    }
    if let Some(source) = inside.get("region")
        && let Some(region) = scope.value(&source).text()
    {
        out.attribute(&id, key::REGION, region, source.at());
    }
}
