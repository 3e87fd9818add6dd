//! Compose files: services as workloads with images, models, endpoints and accelerators.

use super::reference::needs_image;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::dockerfile::expand;
use crate::parse::{Entry, Node};
use crate::scan::cloud::api::calls_in;
use crate::scan::model::reference::{Hub, needs_model_of, needs_models_of, setting_names_model, uses_modelscope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `compose`.
pub struct Compose;

static META: ScannerMeta = ScannerMeta {
    id: "compose",
    title: "Compose file",
    summary: "Services with their images, environment addresses of known services, models, and reserved accelerators. \
              Variables are taken with their defaults only.",
    files: &["**/docker-compose*.yml", "**/docker-compose*.yaml", "**/compose*.yml", "**/compose*.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Service,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://github.com/compose-spec/compose-spec/blob/main/spec.md",
};

impl Scanner for Compose {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        for document in file.yaml_or_part(out) {
            for service in document.get("services").map_or(&[][..], Node::entries) {
                scan_service(service, input, file, out);
            }
        }
        Ok(())
    }
}

fn scan_service(service: &Entry, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let workload = ComponentId::workload(&file.folder(), "compose", "", &service.key);
    out.component(&workload, ComponentKind::Workload, file.at(service.key_span));
    let build = service.value.get("build").is_some();
    if let Some(image) = service.value.get("image")
        && let Some(text) = image.text()
    {
        let (text, _) = expand(text, &|_| None);
        // with `build`, `image` names the result, which may exist nowhere yet
        if !build {
            needs_image(&workload, RelationKind::DependsOn, &text, file, image.span, out);
        }
    }
    if let Some(context) = service.value.get("build") {
        let folder = context.text().or_else(|| context.text_at("context")).unwrap_or(".");
        if let Some(folder) = file.folder().join(folder) {
            out.relation(&workload, RelationKind::DependsOn, &ComponentId::project(&folder), file.at(context.span));
        }
    }
    let environment = environment(&service.value);
    let mut settings = environment.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.scalar()?)));
    let hub = Hub::of_setting(settings.any(|setting| uses_modelscope(&setting)));
    for (name, value) in environment {
        let Some(text) = value.scalar() else { continue };
        calls_in(&workload, &text, input.catalog, file, value.span, out);
        if setting_names_model(name) {
            needs_model_of(hub, &workload, &text, file, value.span, out);
        }
    }
    for key in ["command", "entrypoint"] {
        if let Some(command) = service.value.get(key) {
            let joined = command.text().map_or_else(
                || command.list().iter().filter_map(Node::text).collect::<Vec<_>>().join(" "),
                str::to_owned,
            );
            needs_models_of(hub, &workload, &joined, file, command.span, out);
        }
    }
    devices(&service.value, &workload, file, out);
    for need in service.value.get("depends_on").into_iter().flat_map(names) {
        let other = ComponentId::workload(&file.folder(), "compose", "", &need.0);
        out.relation(&workload, RelationKind::DependsOn, &other, file.at(need.1));
    }
}

/// `environment` as a map or as a list of `NAME=value`.
fn environment(service: &Node) -> Vec<(&str, &Node)> {
    let Some(node) = service.get("environment") else { return Vec::new() };
    let mut found: Vec<(&str, &Node)> = node.entries().iter().map(|entry| (&*entry.key, &entry.value)).collect();
    found.extend(node.list().iter().filter_map(|item| Some((item.text()?.split('=').next()?, item))));
    found
}

fn names(node: &Node) -> Vec<(String, crate::text::Span)> {
    let listed = node.list().iter().filter_map(|item| Some((item.text()?.to_owned(), item.span)));
    listed.chain(node.entries().iter().map(|entry| (entry.key.to_string(), entry.key_span))).collect()
}

/// `deploy.resources.reservations.devices` with a GPU capability, and `runtime: nvidia`.
fn devices(service: &Node, workload: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for device in service.at(&["deploy", "resources", "reservations", "devices"]).map_or(&[][..], Node::list) {
        let gpu =
            device.get("capabilities").is_some_and(|list| list.list().iter().any(|word| word.text() == Some("gpu")));
        if !gpu {
            continue;
        }
        let driver = device.text_at("driver").unwrap_or("gpu");
        let id = ComponentId::unknown_accelerator(&format!("compose:{driver}"));
        out.component(&id, ComponentKind::Accelerator, file.at(device.span));
        out.relation(workload, RelationKind::RunsOn, &id, file.at(device.span));
        if let Some(count) = device.get("count").and_then(Node::scalar) {
            out.attribute(workload, key::COUNT, count, file.at(device.span));
        }
    }
}
