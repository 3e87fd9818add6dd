//! Terraform and OpenTofu: a module folder at a time.

mod evaluate;
mod facts;
mod functions;
mod syntax;
mod value;

use std::sync::Arc;

use evaluate::Scope;
use syntax::{Inside, Item, Source};

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::hcl::{Hcl, hcl};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `terraform`.
pub struct Terraform;

static META: ScannerMeta = ScannerMeta {
    id: "terraform",
    title: "Terraform and OpenTofu module",
    summary: "Resources with provider, region, instance type and count resolved through variable defaults, tfvars and \
              locals; references between resources; replication and failover; modules, state backends and locked \
              providers. Module calls are not evaluated yet, and what depends on state or data stays unresolved and counted.",
    files: &[
        "**/*.tf",
        "**/*.tf.json",
        "**/*.tofu",
        "**/terraform.tfvars",
        "**/*.auto.tfvars",
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
    ],
    reference: "https://developer.hashicorp.com/terraform/language",
};

/// One folder's blocks and names.
struct Module<'a> {
    items: Vec<Item<'a>>,
    scope: Scope<'a>,
}

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
        let mut module = Module { items: Vec::new(), scope: Scope::default() };
        for (file, tree) in &trees {
            for problem in &tree.problems {
                out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
            }
            if file.path().name() == ".terraform.lock.hcl" {
                facts::locked_providers(file, tree, out);
            } else if file.path().name().ends_with(".tfvars") {
                values(tree, &mut module.scope);
            } else {
                syntax::native(file, tree, &mut module.items);
            }
        }
        for file in input.files.iter().filter(|file| file.path().name().ends_with(".json")) {
            match file.json() {
                Ok(root) => syntax::json(file, root, &mut module.items),
                Err(error) => out.problem(DiagnosticKind::Malformed, file, Some(error.span), &error.message),
            }
        }
        names(&mut module);
        facts::write(&module.items, &module.scope, out);
        Ok(())
    }
}

/// Values given in tfvars files win over defaults.
fn values<'a>(tree: &'a Hcl, scope: &mut Scope<'a>) {
    for chunk in &tree.chunks {
        for attribute in chunk.body.attributes() {
            scope.variables.insert(attribute.key.as_str().to_owned(), Source::Hcl(&attribute.value, chunk.offset));
        }
    }
}

/// Variable defaults and locals.
fn names(module: &mut Module<'_>) {
    for item in &module.items {
        match item.kind.as_str() {
            "variable" => {
                if let Some(default) = item.inside.get("default") {
                    module.scope.variables.entry(item.label(0).to_owned()).or_insert(default);
                }
            }
            "locals" => match item.inside {
                Inside::Hcl(body, offset) => {
                    for attribute in body.attributes() {
                        module
                            .scope
                            .locals
                            .insert(attribute.key.as_str().to_owned(), Source::Hcl(&attribute.value, offset));
                    }
                }
                Inside::Json(node) => {
                    for entry in node.entries() {
                        module.scope.locals.insert(entry.key.to_string(), Source::Json(&entry.value));
                    }
                }
            },
            _ => {}
        }
    }
}
