//! Tekton: steps of tasks, and where tasks and pipelines are fetched from.

use std::cell::Cell;

use super::step::Pipeline;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Node, Value};
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `tekton`.
pub struct Tekton;

static META: ScannerMeta = ScannerMeta {
    id: "tekton",
    title: "Tekton tasks and pipelines",
    summary: "Tasks, pipelines and their runs: images of steps and sidecars, what scripts push and call, and the bundles, \
              git repositories and hubs that tasks and pipelines are resolved from. Parameters are not filled in.",
    files: &["**/*.yaml", "**/*.yml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Delivery,
        ComponentKind::Host,
        ComponentKind::Image,
        ComponentKind::Model,
        ComponentKind::Package,
        ComponentKind::Repository,
        ComponentKind::Service,
    ],
    reference: "https://tekton.dev/docs/pipelines/",
};

impl Scanner for Tekton {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !file.text().contains("tekton.dev/") {
            return Ok(());
        }
        for document in &file.yaml().documents {
            let said = |name: &str| document.entry(name).and_then(|entry| text_of(&entry.value));
            let Some(kind) =
                said("kind").filter(|_| said("apiVersion").is_some_and(|api| api.starts_with("tekton.dev/")))
            else {
                continue;
            };
            let meta = document.entry("metadata").map(|entry| &entry.value);
            let name = ["name", "generateName"].iter().find_map(|name| text_of(&meta?.entry(name)?.value));
            let name = name.unwrap_or("unnamed").trim_end_matches('-');
            let id = ComponentId::of("delivery", format_args!("tekton/{}/{kind}/{name}", file.folder()));
            let place = document.entry("kind").map_or(document.span, |entry| entry.value.span);
            out.component(&id, ComponentKind::Delivery, file.at(place));
            out.attribute(&id, key::RESOURCE_TYPE, format!("tekton.dev/{kind}"), file.at(place));
            let followed = Cell::new(0);
            let pipeline = Pipeline::new(&id, file, input, &followed);
            let Some(spec) = document.entry("spec").map(|entry| &entry.value) else { continue };
            for node in spec.walk() {
                read(node, &pipeline, out);
            }
        }
        Ok(())
    }
}

fn read(node: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let Value::Map(entries) = &node.value else { return };
    for entry in entries {
        match &*entry.key {
            "steps" | "sidecars" => {
                let Value::List(steps) = &entry.value.value else { continue };
                for step in steps {
                    scan_step(step, pipeline, out);
                }
            }
            "taskRef" | "pipelineRef" => resolved(&entry.value, pipeline, out),
            _ => {}
        }
    }
}

fn scan_step(step: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let at = |name: &str| step.entry(name).map(|entry| &entry.value);
    let image = at("image").and_then(|node| Some((node, text_of(node)?)));
    if let Some((node, text)) = image {
        if text.contains("$(") {
            let message = "the image of a step is a parameter";
            out.problem(DiagnosticKind::Unresolved, pipeline.file, Some(node.span), message);
        } else {
            needs_image(pipeline.id, RelationKind::DependsOn, text, pipeline.file, node.span, out);
        }
    }
    if let Some((node, text)) = at("script").and_then(|node| Some((node, text_of(node)?))) {
        pipeline.script(text, node.span, &str::to_owned, out);
    }
    if let Some(Value::List(arguments)) = at("args").map(|node| &node.value) {
        let program = image.and_then(|(_, text)| text.rsplit('/').next()?.split([':', '@']).next()).unwrap_or_default();
        let words: Vec<&str> = arguments.iter().filter_map(text_of).collect();
        let span = at("args").map_or(step.span, |node| node.span);
        pipeline.script(&format!("{program} {}", words.join(" ")), span, &str::to_owned, out);
    }
}

/// `bundle: image`, and resolvers with their parameters.
fn resolved(reference: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let (id, file) = (pipeline.id, pipeline.file);
    let at = |name: &str| reference.entry(name).map(|entry| &entry.value);
    if let Some((node, text)) = at("bundle").and_then(|node| Some((node, text_of(node)?))) {
        needs_image(id, RelationKind::DependsOn, text, file, node.span, out);
    }
    let Some(resolver) = at("resolver").and_then(text_of) else { return };
    let parameter = |wanted: &str| {
        let Some(Value::List(all)) = at("params").map(|node| &node.value) else { return None };
        let found = all.iter().find(|one| one.entry("name").and_then(|entry| text_of(&entry.value)) == Some(wanted))?;
        let value = &found.entry("value")?.value;
        Some((text_of(value)?, value))
    };
    match resolver {
        "bundles" => {
            if let Some((image, node)) = parameter("bundle") {
                needs_image(id, RelationKind::DependsOn, image, file, node.span, out);
            }
        }
        "git" => {
            if let Some((address, node)) = parameter("url") {
                let revision = parameter("revision").map(|(revision, _)| revision);
                toolkit::needs_repository(id, address, revision, &file.at(node.span), out);
            }
        }
        "hub" => {
            if let Some(node) = at("resolver") {
                toolkit::distributed_by(id, "artifacthub.io", &file.at(node.span).inferred(), out);
            }
        }
        _ => {}
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
