//! Azure Pipelines: machines, containers, repositories, tasks and scripts.

use std::cell::Cell;

use super::step::Pipeline;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Node, Value};
use crate::scan::cloud::api::calls_service;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `azure-pipelines`.
pub struct AzurePipelines;

static META: ScannerMeta = ScannerMeta {
    id: "azure-pipelines",
    title: "Azure Pipelines",
    summary: "Each pipeline with the pools it runs on (hosted by Microsoft or by oneself), the containers of its jobs, the \
              repositories it takes templates from, the tasks that call services, and what its scripts push and call. \
              Expressions are not evaluated.",
    files: &[
        "**/azure-pipelines*.yml",
        "**/azure-pipelines*.yaml",
        "**/.azure-pipelines/**/*.yml",
        "**/.azure-pipelines/**/*.yaml",
        "**/azure-pipelines/**/*.yml",
        "**/.azuredevops/**/*.yml",
    ],
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
    reference: "https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/",
};

impl Scanner for AzurePipelines {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let documents = file.yaml_or_part(out);
        let id = ComponentId::of("delivery", format_args!("azure-pipelines/{}", file.path()));
        let followed = Cell::new(0);
        let pipeline = Pipeline::new(&id, file, input, &followed);
        const KEYS: [&str; 5] = ["steps", "jobs", "stages", "resources", "extends"];
        for document in documents {
            let entries = document.entries();
            if !entries.iter().any(|entry| KEYS.contains(&&*entry.key)) {
                continue;
            }
            out.component(&id, ComponentKind::Delivery, file.whole());
            out.attribute(&id, key::RESOURCE_TYPE, "azure-pipelines/pipeline", file.whole());
            if let Some(service) = input.catalog.service("azure/devops") {
                calls_service(&id, service, &file.whole().inferred(), out);
            }
            for node in document.walk() {
                if let Value::Map(_) = node.value {
                    read(node, &pipeline, out);
                }
            }
        }
        Ok(())
    }
}

fn read(node: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let (id, file) = (pipeline.id, pipeline.file);
    let text =
        |name: &str| node.entry(name).map(|entry| &entry.value).and_then(|value| Some((text_of(value)?, value.span)));
    for name in ["stages", "jobs", "steps"] {
        let Some(work) = node.entry(name).map(|entry| &entry.value) else { continue };
        // a template's parameter may stand for the list
        if text_of(work).is_some_and(|text| text.contains("${{")) {
            let message = format!("`{name}` are computed by an expression");
            out.problem(DiagnosticKind::Unresolved, file, Some(work.span), message);
            continue;
        }
        for item in work.list() {
            let _ = item.entries();
        }
    }
    if let Some(pool) = node.entry("pool").map(|entry| &entry.value) {
        let image = pool.entry("vmImage").map(|entry| &entry.value);
        match (image, text_of(pool), pool.entry("name").map(|entry| &entry.value)) {
            (Some(image), ..) => pipeline.runner("microsoft", image.span, out),
            (_, Some(name), _) => pipeline.runner(hosted(name), pool.span, out),
            (.., Some(name)) => pipeline.runner(hosted(text_of(name).unwrap_or_default()), name.span, out),
            _ => {}
        }
    }
    if let Some((task, span)) = text("task") {
        let name = task.split('@').next().unwrap_or(task);
        pipeline.step("azure", name, span, node.entry("inputs").map(|entry| &entry.value), out);
    }
    for name in ["script", "bash", "pwsh", "powershell", "inlineScript"] {
        if let Some((script, span)) = text(name) {
            pipeline.script(script, span, &str::to_owned, out);
        }
    }
    // `container: image`, `container: { image: … }`, and those of `resources`
    let image = match node.entry("container").map(|entry| &entry.value) {
        Some(container) if matches!(container.value, Value::Map(_)) => {
            container.entry("image").map(|entry| &entry.value)
        }
        Some(container) if text_of(container).is_some_and(|text| text.contains([':', '/'])) => Some(container),
        Some(_) => node.entry("image").map(|entry| &entry.value),
        None => None,
    };
    if let Some((image, text)) = image.and_then(|image| Some((image, text_of(image)?))) {
        needs_image(id, RelationKind::DependsOn, text, file, image.span, out);
    }
    if let (Some((_, _)), Some((name, span))) = (text("repository"), text("name")) {
        let host = match text("type").map(|(kind, _)| kind) {
            Some("github" | "githubenterprise") => "github.com",
            Some("bitbucket") => "bitbucket.org",
            _ => "dev.azure.com",
        };
        let repository = ComponentId::repository(&format!("{host}/{name}"));
        let seen = file.at(span);
        out.component(&repository, ComponentKind::Repository, seen.clone());
        let revision = text("ref")
            .map(|(revision, _)| revision.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/"));
        toolkit::revision_of(&repository, revision, &seen, out);
        if let Some((owner, _)) = name.split_once('/').filter(|_| host == "github.com") {
            out.attribute(&repository, key::IDENTITY, format!("github:{owner}"), seen.clone());
        }
        out.relation(id, RelationKind::DependsOn, &repository, seen.clone());
        toolkit::distributed_by(&repository, host, &seen, out);
    }
}

fn hosted(pool: &str) -> &'static str {
    if pool.is_empty() || pool.contains('$') {
        "unknown"
    } else if pool == "Azure Pipelines" || pool.starts_with("Hosted ") {
        "microsoft"
    } else {
        "self"
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
