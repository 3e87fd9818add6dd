//! Terraform and OpenTofu: a module folder at a time.

mod attached;
mod calls;
mod evaluate;
mod facts;
mod follow;
mod functions;
mod machines;
mod operators;
mod places;
mod replication;
mod supply;
mod syntax;
#[cfg(test)]
mod tests;
mod types;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use evaluate::{Scope, Variable};
use syntax::{Item, Origin, Source};

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::Node;
use crate::parse::hcl::{Hcl, hcl};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `terraform`.
pub struct Terraform;

static META: ScannerMeta = ScannerMeta {
    id: "terraform",
    title: "Terraform and OpenTofu module",
    summary: "Resources with provider, region, machine type and count resolved through variables, tfvars, locals and \
              other resources; references, replication and failover; modules, charts, state backends and providers. \
              What `count` or `for_each` switch off is named at its project and is no component. \
              Of a module call the arguments are read, the called module is not evaluated with them. What depends on \
              state or data stays unresolved and says why.",
    files: &[
        "**/*.tf",
        "**/*.tf.json",
        "**/*.tofu",
        "**/*.tofu.json",
        "**/terraform.tfvars",
        "**/terraform.tfvars.json",
        "**/*.auto.tfvars",
        "**/*.auto.tfvars.json",
        "**/.terraform.lock.hcl",
    ],
    unit: Unit::Directory,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Service,
        ComponentKind::Delivery,
        ComponentKind::Package,
        ComponentKind::Host,
        ComponentKind::Repository,
        ComponentKind::Accelerator,
    ],
    reference: "https://developer.hashicorp.com/terraform/language",
};

/// Values of variables given in files, lowest precedence first.
type Given<'a> = Vec<(&'a SourceFile, BTreeMap<String, Source<'a>>)>;

impl Scanner for Terraform {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let trees: Vec<(&Arc<SourceFile>, Hcl)> = input
            .files
            .iter()
            .filter(|file| !file.path().name().ends_with(".json"))
            .map(|file| (file, hcl(file.text())))
            .collect();
        let mut items: Vec<Item<'_>> = Vec::new();
        let mut given: Given<'_> = Vec::new();
        for (file, tree) in &trees {
            for problem in &tree.problems {
                out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
            }
            if file.path().name() == ".terraform.lock.hcl" {
                supply::locked_providers(file, tree, out);
            } else if file.path().name().ends_with(".tfvars") {
                given.push((file, values(file, tree)));
            } else {
                syntax::native(file, tree, &mut items);
            }
        }
        for file in input.files.iter().filter(|file| file.path().name().ends_with(".json")) {
            match file.json() {
                Ok(root) if file.path().name().ends_with(".tfvars.json") => given.push((file, json_values(file, root))),
                Ok(root) => syntax::json(file, root, &mut items),
                Err(error) => out.problem(DiagnosticKind::Malformed, file, Some(error.span), &error.message),
            }
        }
        // `terraform.tfvars` first, then `*.auto.tfvars` by name: later ones win; override files come last
        given.sort_by_key(|(file, _)| (!file.path().name().starts_with("terraform.tfvars"), file.path().clone()));
        items.sort_by_key(|item| is_override(item.file));
        let mut scope = names(&items, given);
        scope.off = facts::switched_off(&items, &scope);
        scope.calls = calls::speaking(&items, &scope, input.catalog);
        facts::write(&items, &scope, input, out);
        Ok(())
    }
}

fn is_override(file: &SourceFile) -> bool {
    let stem = file.path().name().split('.').next().unwrap_or("");
    stem == "override" || stem.ends_with("_override")
}

fn values<'a>(file: &'a SourceFile, tree: &'a Hcl) -> BTreeMap<String, Source<'a>> {
    let attributes =
        tree.chunks.iter().flat_map(|chunk| chunk.body.attributes().map(move |attribute| (attribute, chunk.offset)));
    attributes
        .map(|(attribute, offset)| {
            (attribute.key.as_str().to_owned(), Source::Hcl(&attribute.value, Origin { file, offset }))
        })
        .collect()
}

fn json_values<'a>(file: &'a SourceFile, root: &'a Node) -> BTreeMap<String, Source<'a>> {
    root.entries().iter().map(|entry| (entry.key.to_string(), Source::Json(&entry.value, file))).collect()
}

/// Variables with their values, locals and resources. Values in files win over defaults.
fn names<'a>(items: &[Item<'a>], given: Given<'a>) -> Scope<'a> {
    let mut scope = Scope::default();
    for item in items {
        match item.kind.as_str() {
            "variable" => {
                let known = scope.variables.entry(item.label(0).to_owned()).or_default();
                known.value = item.inside.get("default").or(known.value);
                known.kind = match item.inside.get("type") {
                    Some(Source::Hcl(expression, _)) => Some(expression),
                    _ => known.kind,
                };
            }
            "locals" => scope.locals.extend(item.inside.arguments()),
            "resource" if item.labels.len() == 2 => {
                scope.resources.insert(format!("{}.{}", item.label(0), item.label(1)), item.inside);
            }
            _ => {}
        }
    }
    for (_, values) in given {
        for (name, value) in values {
            let known: &mut Variable<'a> = scope.variables.entry(name).or_default();
            known.value = Some(value);
        }
    }
    scope
}
