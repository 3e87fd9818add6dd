//! CloudFormation templates in YAML and JSON, with the serverless transform, and what the CDK makes of its programs.

mod exports;
mod functions;
mod nested;
mod places;
mod sam;
mod template;

use std::cell::Cell;

use template::Template;

use super::value::Resolved;
use super::write;
use crate::model::{Basis, ComponentKind};
use crate::parse::{self, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cloudformation`.
pub struct Cloudformation;

static META: ScannerMeta = ScannerMeta {
    id: "cloudformation",
    title: "CloudFormation, SAM and CDK template",
    summary: "Resources with region, machine type, count, keys, images and references; parameters by their defaults, \
              mappings, conditions and intrinsic functions are evaluated, `Globals` of the serverless transform are \
              applied. The region comes from `samconfig.toml` or the CDK's `manifest.json` beside the template, else it \
              is told once that only a deployment knows it. Nested stacks whose template is in the tree are evaluated with \
              their parameters and give back their outputs; imports find the export of another template of the tree. \
              Macros and `Fn::ForEach` are not run.",
    files: &["**/*.yaml", "**/*.yml", "**/*.json", "**/*.template"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-reference.html",
};

/// Words of which every template has one.
const WORDS: [&str; 3] = ["AWSTemplateFormatVersion", "AWS::", "Alexa::"];

impl Scanner for Cloudformation {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let is_synthesised = file.path().name().ends_with(".template.json");
        if file.is_binary() || !is_synthesised && !WORDS.iter().any(|word| file.text().contains(word)) {
            return Ok(());
        }
        let is_json = is_json(file);
        if !file.text().contains(if is_json { "\"Resources\"" } else { "Resources" }) {
            return Ok(());
        }
        if let Some((_, root)) = root_of(file) {
            if !is_json {
                file.yaml_or_part(out);
            }
            read(file, root, input, out);
        } else if file.text().contains("AWSTemplateFormatVersion") {
            // a file that calls itself a template and is broken
            if !is_json {
                file.yaml_or_part(out);
            } else if file.json().is_err() {
                let root = file.json_or_part(out)?;
                if is_template(root, file) {
                    read(file, root, input, out);
                }
            }
        }
        Ok(())
    }
}

/// Name under which nested stacks are written: what their templates say by themselves gives way to it.
const NESTED: &str = "nested-stack";

fn is_json(file: &SourceFile) -> bool {
    file.text().trim_start().starts_with('{') || file.path().name().ends_with(".json")
}

/// The template that a file holds, whole.
fn root_of(file: &SourceFile) -> Option<(Option<&parse::yaml::Yaml>, &Node)> {
    if is_json(file) {
        return file.json().ok().filter(|root| is_template(root, file)).map(|root| (None, root));
    }
    let yaml = file.yaml();
    let root = yaml.documents.iter().find(|root| is_template(root, file))?;
    Some((Some(yaml), root))
}

/// True for what calls itself a template, and for a table of resources with types of the language's form.
fn is_template(root: &Node, file: &SourceFile) -> bool {
    let Some(entry) = root.entry("Resources") else { return false };
    let says_so = root.entry("AWSTemplateFormatVersion").is_some()
        || root.entry("Transform").is_some_and(|entry| is_transform(&entry.value))
        || file.path().name().ends_with(".template.json");
    says_so
        || entry
            .value
            .entries()
            .iter()
            .any(|resource| resource.value.text_at("Type").is_some_and(|kind| kind.contains("::")))
}

fn is_transform(node: &Node) -> bool {
    let one = std::slice::from_ref(node);
    let names = if let parse::Value::List(items) = &node.value { items.as_slice() } else { one };
    names.iter().any(|name| matches!(&name.value, parse::Value::Text(text) if text.starts_with("AWS::")))
}

fn read(file: &SourceFile, root: &Node, input: &Input<'_>, out: &mut Facts<'_>) {
    let beside = places::beside(file, root, input, out);
    let yaml = (!is_json(file)).then(|| file.yaml());
    let mut template = Template::new(file, yaml, root, &beside);
    let left = Cell::new(nested::MOST_CALLS);
    template.calls = Some(nested::Calls { input, left: &left, depth: 0 });
    template.tell_odd(out);
    let resources = template.resources(out);
    template.tell_region(out);
    beside.tell_odd_shapes(out);
    nested::write(&template, &resources, out);
    write::all(&resources, input.catalog, out);
}

/// Reads a template that a file of another kind carries, deployed to a region that the file says.
pub(super) fn carried<'a>(
    file: &'a SourceFile,
    root: &'a Node,
    region: Option<Resolved<'a>>,
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let beside = places::Beside { settings: None, manifest: None };
    let mut template = Template::new(file, Some(file.yaml()), root, &beside);
    let left = Cell::new(nested::MOST_CALLS);
    template.calls = Some(nested::Calls { input, left: &left, depth: 0 });
    if let Some(region) = region {
        template.region = region;
    }
    template.tell_odd(out);
    let resources = template.resources(out);
    nested::write(&template, &resources, out);
    write::all(&resources, input.catalog, out);
}
