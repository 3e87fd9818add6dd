//! Google Cloud Build: steps, pushed images, secrets and workers.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::step::Pipeline;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Node, Value};
use crate::scan::cloud::api::calls_service;
use crate::scan::image::reference::needs_image;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `cloud-build`.
pub struct CloudBuild;

static META: ScannerMeta = ScannerMeta {
    id: "cloud-build",
    title: "Cloud Build",
    summary: "Each build with the images of its steps, the images it pushes, the commands of its steps, secrets of Secret \
              Manager, and whose workers run it. Substitutions are filled in with the defaults of the file.",
    files: &["**/cloudbuild*.yaml", "**/cloudbuild*.yml", "**/cloudbuild*.json", "**/*.cloudbuild.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Delivery,
        ComponentKind::Host,
        ComponentKind::Image,
        ComponentKind::Model,
        ComponentKind::Package,
        ComponentKind::Service,
    ],
    reference: "https://cloud.google.com/build/docs/build-config-file-schema",
};

impl Scanner for CloudBuild {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let id = ComponentId::of("delivery", format_args!("cloud-build/{}", file.path()));
        let followed = Cell::new(0);
        let pipeline = Pipeline::new(&id, file, input, &followed);
        for document in file.yaml_or_part(out) {
            let Some(entry) = document.entry("steps") else { continue };
            let steps = &entry.value;
            out.component(&id, ComponentKind::Delivery, file.whole());
            out.attribute(&id, key::RESOURCE_TYPE, "cloud-build/build", file.whole());
            let call = |service: &str, span, out: &mut Facts<'_>| {
                if let Some(service) = input.catalog.service(service) {
                    calls_service(&id, service, &file.at(span), out);
                }
            };
            call("gcp/cloud-build", entry.key_span, out);
            let pool = document.at(&["options", "pool", "name"]).or_else(|| document.at(&["options", "workerPool"]));
            let (who, span) = pool.map_or(("google", entry.key_span), |pool| ("google, own pool", pool.span));
            pipeline.runner(who, span, out);
            let defaults: BTreeMap<&str, &str> = document
                .get("substitutions")
                .map_or(&[][..], Node::entries)
                .iter()
                .filter_map(|entry| Some((&*entry.key, entry.value.text()?)))
                .collect();
            let fill = |text: &str| filled(text, &defaults);
            for step in steps.list() {
                scan_step(step, &pipeline, &fill, out);
            }
            for image in document.get("images").map_or(&[][..], Node::list) {
                if let Some(text) = image.text() {
                    pipeline.pushed(&fill(text), image.span, out);
                }
            }
            if let Some(secrets) = document.entry("availableSecrets") {
                call("gcp/secret-manager", secrets.key_span, out);
            }
        }
        Ok(())
    }
}

fn scan_step(step: &Node, pipeline: &Pipeline<'_>, fill: &dyn Fn(&str) -> String, out: &mut Facts<'_>) {
    let name = step.get("name");
    if let Some((name, text)) = name.and_then(|name| Some((name, name.text()?))) {
        needs_image(pipeline.id, RelationKind::DependsOn, &fill(text), pipeline.file, name.span, out);
        // the builder's name says the program: `gcr.io/cloud-builders/docker`
        let program = text.rsplit('/').next().and_then(|name| name.split(':').next()).unwrap_or_default();
        let arguments = step.get("args").filter(|node| matches!(node.value, Value::List(_)));
        if let Some(arguments) = arguments {
            let words: Vec<String> =
                arguments.list().iter().filter_map(Node::scalar).map(|word| word.into_owned()).collect();
            let entry = step.get("entrypoint").and_then(Node::text).unwrap_or(program);
            match words.split_first() {
                Some((option, [script, ..])) if matches!(entry, "bash" | "sh") && option.starts_with('-') => {
                    pipeline.script(script, arguments.span, fill, out);
                }
                _ => pipeline.script(&format!("{entry} {}", words.join(" ")), arguments.span, fill, out),
            }
        }
    }
    if let Some((script, text)) = step.get("script").and_then(|node| Some((node, node.text()?))) {
        pipeline.script(text, script.span, fill, out);
    }
}

/// `$_NAME` and `${_NAME}` with the defaults of the file; others stay.
fn filled(text: &str, defaults: &BTreeMap<&str, &str>) -> String {
    let mut out = text.to_owned();
    for (name, value) in defaults.iter().rev().filter(|(name, value)| !name.is_empty() && value.len() < 256) {
        if out.len() < 4 << 10 {
            out = out.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
    }
    out
}
