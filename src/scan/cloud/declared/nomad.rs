//! Nomad jobs: images, accelerators, models and hosts of their tasks.

use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body};

use super::machines::accelerator;
use super::value::{Resolved, Value, number_text};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::hcl::hcl;
use crate::scan::cloud::api::calls_in;
use crate::scan::image::reference::needs_image;
use crate::scan::model::reference::{needs_model, needs_models_in, setting_names_model};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `nomad`.
pub struct Nomad;

static META: ScannerMeta = ScannerMeta {
    id: "nomad",
    title: "Nomad job",
    summary: "Images, devices with their counts, models and hosts of known services in the tasks of a job. Variables \
              count by their defaults when they are the whole value; other expressions are not evaluated.",
    files: &["**/*.nomad", "**/*.nomad.hcl"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://developer.hashicorp.com/nomad/docs/job-specification",
};

struct Job<'a> {
    id: ComponentId,
    file: &'a SourceFile,
    offset: usize,
    defaults: &'a BTreeMap<String, String>,
}

impl Scanner for Nomad {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let tree = hcl(file.text());
        for problem in &tree.problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
        }
        let mut defaults = BTreeMap::new();
        for block in tree.chunks.iter().flat_map(|chunk| chunk.body.get_blocks("variable")) {
            if let (Some(name), Some(Expression::String(text))) = (label(block), value(&block.body, "default")) {
                defaults.insert(name.to_owned(), text.value().to_string());
            }
        }
        for chunk in &tree.chunks {
            for block in chunk.body.get_blocks("job") {
                let name = label(block).unwrap_or("unnamed");
                let namespace = value(&block.body, "namespace").and_then(Expression::as_str).unwrap_or_default();
                let id = ComponentId::workload(&file.folder(), "Nomad", namespace, name);
                let job = Job { id, file, offset: chunk.offset, defaults: &defaults };
                job.write(block, input, out);
            }
        }
        Ok(())
    }
}

fn label(block: &Block) -> Option<&str> {
    block.labels.first().map(|label| label.as_str())
}

fn value<'b>(body: &'b Body, name: &str) -> Option<&'b Expression> {
    body.get_attribute(name).map(|attribute| &attribute.value)
}

impl Job<'_> {
    fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        Span::new(range.start, range.end).shifted(self.offset)
    }

    fn write(&self, block: &Block, input: &Input<'_>, out: &mut Facts<'_>) {
        let seen = || self.file.at(self.span(block.ident.span()));
        out.component(&self.id, ComponentKind::Workload, seen());
        out.attribute(&self.id, key::RESOURCE_TYPE, "nomad/job", seen());
        for group in block.body.get_blocks("group") {
            let count = value(&group.body, "count").map_or(Some(1.0), number);
            for task in group.body.get_blocks("task") {
                self.task(&task.body, count, input, out);
            }
        }
    }

    /// A text, by the default of the variable that it is.
    fn text(&self, expression: &Expression) -> Option<String> {
        match expression {
            Expression::String(text) => Some(text.value().to_string()),
            Expression::Traversal(_) => {
                let written = expression.to_string();
                self.defaults.get(written.trim().strip_prefix("var.")?).cloned()
            }
            _ => None,
        }
    }

    fn task(&self, body: &Body, count: Option<f64>, input: &Input<'_>, out: &mut Facts<'_>) {
        for config in body.get_blocks("config") {
            if let Some(image) = value(&config.body, "image") {
                let span = self.span(image.span());
                match self.text(image) {
                    Some(text) => drop(needs_image(&self.id, RelationKind::DependsOn, &text, self.file, span, out)),
                    None => {
                        let message =
                            format!("the image of `{}` is an expression that is not evaluated", self.id.rest());
                        out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
                    }
                }
            }
            if let Some(Expression::Array(arguments)) = value(&config.body, "args") {
                let words: Vec<String> = arguments.iter().filter_map(|word| self.text(word)).collect();
                let span = self.span(arguments.span());
                needs_models_in(&self.id, &words.join(" "), self.file, span, out);
                words.iter().for_each(|word| calls_in(&self.id, word, input.catalog, self.file, span, out));
            }
        }
        for env in body.get_blocks("env") {
            for attribute in env.body.attributes() {
                self.setting(attribute.key.as_str(), &attribute.value, input, out);
            }
        }
        if let Some(Expression::Object(entries)) = value(body, "env") {
            for (key, entry) in entries {
                if let ObjectKey::Ident(name) = key {
                    self.setting(name.as_str(), entry.expr(), input, out);
                }
            }
        }
        for device in body.get_blocks("resources").flat_map(|resources| resources.body.get_blocks("device")) {
            self.device(device, count, input, out);
        }
    }

    fn setting(&self, name: &str, expression: &Expression, input: &Input<'_>, out: &mut Facts<'_>) {
        let Some(text) = self.text(expression) else { return };
        let span = self.span(expression.span());
        calls_in(&self.id, &text, input.catalog, self.file, span, out);
        if setting_names_model(name) {
            needs_model(&self.id, &text, self.file, span, out);
        }
    }

    /// `device "nvidia/gpu/product" { count = 2 }`: vendor and product may be missing.
    fn device(&self, block: &Block, count: Option<f64>, input: &Input<'_>, out: &mut Facts<'_>) {
        let Some(name) = label(block) else { return };
        let parts: Vec<&str> = name.split('/').collect();
        let product = match parts.as_slice() {
            [vendor, "gpu"] => vendor,
            [.., product] => product,
            [] => return,
        };
        let at = Resolved::new(self.file, self.span(block.ident.span()), Value::Null);
        accelerator(&self.id, product, &at, input.catalog, out);
        let each = value(&block.body, "count").map_or(Some(1.0), number);
        if let (Some(each), Some(count)) = (each, count) {
            out.attribute(&self.id, key::ACCELERATOR_COUNT, number_text(each * count), at.at());
        }
    }
}

fn number(expression: &Expression) -> Option<f64> {
    expression.as_number().and_then(|number| number.as_f64())
}
