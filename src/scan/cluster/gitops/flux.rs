//! Flux: sources, what is applied from them, and image automation.

use super::super::helm::{chart, values};
use super::super::manifest::Object;
use super::super::workload::Ground;
use super::{cluster_of, delivery_in, delivery_named, repository};
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;

pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let Some(spec) = object.node.get("spec") else { return };
    let places = ground.places;
    let cluster = cluster_of(ground.folder);
    let id = delivery_in(object, cluster.as_deref(), places, out);
    if let Some(cluster) = &cluster {
        let name = cluster.rsplit('/').next().unwrap_or(cluster);
        out.attribute(&id, key::CLUSTER, name, places.at(object.name_span).inferred());
    }
    // another cluster than the controller's own is named by the secret that opens it
    if let Some(secret) = spec.at(&["kubeConfig", "secretRef", "name"])
        && let Some(name) = secret.text()
    {
        out.attribute(&id, key::CLUSTER, name, places.at(secret.span).inferred());
    }
    if let Some(address) = spec.get("url") {
        let words = ["commit", "semver", "tag", "branch", "digest"];
        let revision = spec.get("ref").and_then(|node| words.into_iter().find_map(|word| node.text_at(word)));
        repository(&id, address, revision, places, out);
    }
    if let Some(path) = spec.get("path")
        && let Some(text) = path.text()
    {
        out.attribute(&id, key::DEPLOYS_PATH, text, places.at(path.span));
    }
    if object.kind == "Bucket" {
        bucket(&id, spec, ground, out);
    }
    if let Some(image) = spec.get("image").filter(|_| object.kind == "ImageRepository")
        && let Some(text) = image.text()
    {
        let (file, span) = places.place(image.span);
        needs_image(&id, RelationKind::DependsOn, text, file, span, out);
    }
    references(&id, object, spec, cluster.as_deref(), ground, out);
    if let Some(inline) = spec.get("values") {
        values::images(inline, &id, false, places, out);
    }
    for entry in spec.get("images").map_or(&[][..], Node::list) {
        values::replacement(entry, &id, places, out);
    }
    if let Some(name) = spec.at(&["chart", "spec", "chart"])
        && let Some(text) = name.text()
    {
        if text.starts_with('.') {
            out.attribute(&id, key::DEPLOYS_PATH, text.trim_start_matches("./"), places.at(name.span));
        } else {
            chart::named(name, spec.at(&["chart", "spec", "version"]), false, None, &id, places, out);
        }
    }
}

/// Other objects that an object names.
fn references(
    id: &ComponentId,
    object: &Object<'_>,
    spec: &Node,
    cluster: Option<&str>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let mut found: Vec<(&Node, &str, &str)> = Vec::new();
    let source = "source.toolkit.fluxcd.io";
    let image = "image.toolkit.fluxcd.io";
    for node in
        [spec.get("sourceRef"), spec.at(&["chart", "spec", "sourceRef"]), spec.get("chartRef")].into_iter().flatten()
    {
        found.extend(node.text_at("kind").map(|kind| (node, source, kind)));
    }
    found.extend(spec.get("imageRepositoryRef").map(|node| (node, image, "ImageRepository")));
    for node in spec.get("dependsOn").map_or(&[][..], Node::list) {
        found.push((node, object.group(), object.kind));
    }
    for (node, group, kind) in found {
        let Some(name) = node.text_at("name") else { continue };
        let namespace = node.text_at("namespace").unwrap_or(object.namespace);
        let to = delivery_named(group, kind, namespace, name, cluster);
        out.relation(id, RelationKind::DependsOn, &to, ground.at(node.span));
    }
}

/// A store of manifests: the host of its endpoint.
fn bucket(id: &ComponentId, spec: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if let Some(region) = spec.get("region")
        && let Some(text) = region.text()
    {
        out.attribute(id, key::REGION, text, ground.at(region.span));
    }
    let Some(endpoint) = spec.get("endpoint") else { return };
    let Some(text) = endpoint.text() else { return };
    ground.calls(id, text, endpoint.span, out);
    let host = toolkit::host_of(&format!("https://{text}"));
    if let Some(host) = host {
        let host = ComponentId::host(&host);
        out.component(&host, ComponentKind::Host, ground.at(endpoint.span));
        out.relation(id, RelationKind::DistributedBy, &host, ground.at(endpoint.span));
    }
}
