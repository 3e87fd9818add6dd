//! Terraform and OpenTofu: a module folder at a time.

mod attached;
mod calls;
mod carried;
mod chart_values;
mod evaluate;
mod facts;
mod folders;
mod follow;
mod functions;
mod held;
mod instances;
mod machines;
mod names;
mod opened;
mod operators;
mod places;
pub mod planned;
mod replication;
mod scope;
mod started;
mod supply;
mod syntax;
mod templates;
#[cfg(test)]
mod tests;
mod types;
mod value;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use folders::{Folder, Tree};
use rayon::prelude::*;
use scope::Scope;
use syntax::{Origin, Source};

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
              other resources; references, replication and failover; images, models and Kubernetes objects that they carry; \
              containers, models and hosts of packages in the scripts that machines start with; modules, charts with \
              their values, state backends and providers. \
              What `count` or `for_each` switch off is named at its project and is no component. \
              Modules of the tree are evaluated with the arguments of every call; of others the arguments are read. What \
              depends on state or data stays unresolved and says why.",
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
    unit: Unit::Tree,
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
        ComponentKind::Image,
        ComponentKind::Workload,
        ComponentKind::Model,
    ],
    reference: "https://developer.hashicorp.com/terraform/language",
};

impl Scanner for Terraform {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        // the parser is the larger half of the work, and files do not need each other for it
        let trees: Vec<(&Arc<SourceFile>, Hcl)> = input
            .files
            .par_iter()
            .filter(|file| !file.path().name().ends_with(".json"))
            .map(|file| (file, hcl(file.text())))
            .collect();
        let mut tree = Tree::reading(input.companions);
        for (file, hcl) in &trees {
            for problem in &hcl.problems {
                out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
            }
            let folder = tree.folder_mut(&file.folder());
            if file.path().name() == supply::LOCK_FILE {
                folder.is_locked = true;
                supply::locked_providers(file, hcl, out);
            } else if file.path().name().ends_with(".tfvars") {
                folder.given.push((file, values(file, hcl)));
            } else {
                syntax::native(file, hcl, &mut folder.items);
            }
        }
        for file in input.files.iter().filter(|file| file.path().name().ends_with(".json")) {
            let folder = tree.folder_mut(&file.folder());
            match file.json() {
                Ok(root) if file.path().name().ends_with(".tfvars.json") => {
                    folder.given.push((file, json_values(file, root)));
                }
                Ok(root) => syntax::json(file, root, &mut folder.items),
                Err(error) => out.problem(DiagnosticKind::Malformed, file, Some(error.span), &error.message),
            }
        }
        tree.settle();
        for folder in tree.folders() {
            supplies(&tree, folder, out);
        }
        let words = carried::Words::of(input.catalog);
        for folder in tree.roots() {
            // what is wrong with one root must not hide the others
            let whole = catch_unwind(AssertUnwindSafe(|| {
                facts::write(&Scope::root(&tree, folder), input, &words, out);
            }));
            if let (Err(_), Some(item)) = (whole, folder.items.first()) {
                let message = "the scanner panicked on this module; please report it";
                out.problem(DiagnosticKind::Internal, item.file, None, message);
            }
        }
        Ok(())
    }
}

/// Where the parts of a folder's module come from and where its state lies: the same whoever calls it.
fn supplies<'a>(tree: &'a Tree<'a>, folder: &'a Folder<'a>, out: &mut Facts<'_>) {
    let scope = Scope::root(tree, folder);
    for item in &folder.items {
        match item.kind.as_str() {
            "module" => {
                supply::module(item, &scope, out);
                tree.tell_missing(item, out);
            }
            "terraform" => supply::settings(item, &scope, folder.is_locked, out),
            _ => {}
        }
    }
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
