//! CloudFormation templates in YAML and JSON, with the serverless transform, and what the CDK makes of its programs.

mod functions;
mod places;
mod sam;
mod stacks;
mod template;

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
              is told once that only a deployment knows it. Macros and `Fn::ForEach` are not run; a nested stack in the \
              tree is a dependency.",
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
        let begins = file.text().trim_start().starts_with('{');
        if begins || file.path().name().ends_with(".json") {
            if !file.text().contains("\"Resources\"") {
                return Ok(());
            }
            let root = match file.json() {
                Ok(root) => root,
                Err(_) if !file.text().contains("AWSTemplateFormatVersion") => return Ok(()),
                Err(_) => file.json_or_part(out)?,
            };
            if is_template(root, file) {
                read(file, root, input, out);
            }
            return Ok(());
        }
        if !file.text().contains("Resources") {
            return Ok(());
        }
        let yaml = file.yaml();
        let Some(root) = yaml.documents.iter().find(|root| is_template(root, file)) else {
            // a file that calls itself a template and is broken
            if file.text().contains("AWSTemplateFormatVersion") && !yaml.problems.is_empty() {
                file.yaml_or_part(out);
            }
            return Ok(());
        };
        file.yaml_or_part(out);
        read(file, root, input, out);
        Ok(())
    }
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
    let yaml = (!file.text().trim_start().starts_with('{')).then(|| file.yaml());
    let template = Template::new(file, yaml, root, &beside);
    template.tell_odd(out);
    let resources = template.resources(out);
    template.tell_region(out);
    beside.tell_odd_shapes(out);
    stacks::write(&resources, input, out);
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
    if let Some(region) = region {
        template.region = region;
    }
    template.tell_odd(out);
    let resources = template.resources(out);
    stacks::write(&resources, input, out);
    write::all(&resources, input.catalog, out);
}
