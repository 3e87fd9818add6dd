//! Module folders of a tree: which are roots, and which one calls which.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::{Call, Scope, Variable};
use super::supply::{ModuleSource, module_source};
use super::syntax::{Item, Source};
use crate::diagnostic::DiagnosticKind;
use crate::scan::{Companions, Facts, SourceFile};
use crate::text::RelPath;

/// Folders whose modules show how others are used.
const EXAMPLES: [&str; 7] = ["examples", "example", "test", "tests", "fixtures", "samples", "docs"];

/// Values of variables given in files, lowest precedence first.
pub(super) type Given<'a> = Vec<(&'a SourceFile, BTreeMap<String, Source<'a>>)>;

/// A module folder.
pub(super) struct Folder<'a> {
    /// Path.
    pub(super) path: RelPath,
    /// Its blocks, override files last.
    pub(super) items: Vec<Item<'a>>,
    /// Values of its files.
    pub(super) given: Given<'a>,
    /// True when a lock file says which providers.
    pub(super) is_locked: bool,
    /// Folders of the tree that it calls, by the name of the call.
    calls: BTreeMap<String, RelPath>,
}

/// All module folders of a target.
#[derive(Default)]
pub(super) struct Tree<'a> {
    /// Reads other files of the target.
    pub(super) companions: Option<&'a Companions<'a>>,
    folders: BTreeMap<RelPath, Folder<'a>>,
}

impl<'a> Tree<'a> {
    /// Nothing yet, with a reader of other files of the target.
    pub(super) fn reading(companions: &'a Companions<'a>) -> Self {
        Self { companions: Some(companions), folders: BTreeMap::new() }
    }

    /// The folder of a path, made when there is none yet.
    pub(super) fn folder_mut(&mut self, path: &RelPath) -> &mut Folder<'a> {
        self.folders.entry(path.clone()).or_insert_with(|| Folder {
            path: path.clone(),
            items: Vec::new(),
            given: Vec::new(),
            is_locked: false,
            calls: BTreeMap::new(),
        })
    }

    /// Every folder.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Folder<'a>> {
        self.folders.values()
    }

    /// Puts files in their order and finds out who calls whom.
    pub(super) fn settle(&mut self) {
        let paths: BTreeSet<RelPath> =
            self.folders.values().filter(|folder| !folder.items.is_empty()).map(|folder| folder.path.clone()).collect();
        for folder in self.folders.values_mut() {
            // `terraform.tfvars` first, then `*.auto.tfvars` by name: later ones win; override files come last
            folder
                .given
                .sort_by_key(|(file, _)| (!file.path().name().starts_with("terraform.tfvars"), file.path().clone()));
            folder.items.sort_by_key(|item| is_override(item.file));
            let calls = folder.items.iter().filter(|item| item.kind == "module");
            folder.calls = calls
                .filter_map(|item| Some((item.label(0).to_owned(), called_folder(item)?)))
                .filter(|(_, called)| paths.contains(called) && !only_shows(&folder.path, called))
                .collect();
        }
    }

    /// Tells of a call whose folder has no module: what it makes is not known, and must not look like nothing.
    pub(super) fn tell_missing(&self, item: &Item<'a>, out: &mut Facts<'_>) {
        let Some(source) = item.inside.get("source") else { return };
        let Some(ModuleSource::Local(path)) = source.literal().and_then(module_source) else { return };
        let called = RelPath::new(format!("{}/{path}", item.file.folder()).trim_start_matches('/'));
        let message = match &called {
            None => format!(
                "the module `{path}` lies outside of what is scanned: what it makes is not known; scan from the folder above"
            ),
            Some(called) if self.folders.get(called).is_none_or(|folder| folder.items.is_empty()) => {
                format!("there is no module at `{called}`: what it makes is not known")
            }
            Some(_) => return,
        };
        out.problem(DiagnosticKind::Unresolved, item.file, Some(source.span()), message);
    }

    /// Folders that no other folder calls, in order; then, for folders that only call each other, the first of them.
    pub(super) fn roots(&self) -> Vec<&Folder<'a>> {
        let called: BTreeSet<&RelPath> = self
            .folders
            .values()
            .flat_map(|folder| folder.calls.values().filter(|called| **called != folder.path))
            .collect();
        let mut roots: Vec<&Folder<'a>> =
            self.folders.values().filter(|folder| !called.contains(&folder.path)).collect();
        let mut reached: BTreeSet<&RelPath> = BTreeSet::new();
        roots.iter().for_each(|root| self.reach(root, &mut reached));
        for folder in self.folders.values() {
            if !reached.contains(&folder.path) {
                roots.push(folder);
                self.reach(folder, &mut reached);
            }
        }
        roots
    }

    fn reach<'t>(&'t self, from: &'t Folder<'a>, reached: &mut BTreeSet<&'t RelPath>) {
        let mut open = vec![from];
        while let Some(folder) = open.pop() {
            if reached.insert(&folder.path) {
                open.extend(folder.calls.values().filter_map(|path| self.folders.get(path)));
            }
        }
    }

    /// The names of a folder's module before anybody calls it. Values in files win over defaults.
    pub(super) fn names(&'a self, folder: &'a Folder<'a>) -> Scope<'a> {
        let mut scope = Scope::default();
        for item in &folder.items {
            match item.kind.as_str() {
                "variable" => declare(item, &mut scope),
                "locals" => scope.locals.extend(item.inside.arguments()),
                "output" => {
                    scope.outputs.extend(item.inside.get("value").map(|value| (item.label(0).to_owned(), value)))
                }
                "resource" if item.labels.len() == 2 => {
                    scope.resources.insert(format!("{}.{}", item.label(0), item.label(1)), item.inside);
                }
                "data" if item.labels.len() == 2 => {
                    scope.data.insert(format!("{}.{}", item.label(0), item.label(1)), item);
                }
                "provider" => {
                    let alias = item.inside.get("alias").and_then(|source| source.literal().map(str::to_owned));
                    let name = item.label(0);
                    scope
                        .providers
                        .insert(alias.map_or_else(|| name.to_owned(), |alias| format!("{name}.{alias}")), item);
                }
                "module" => {
                    let called = folder.calls.get(item.label(0)).and_then(|path| self.folders.get(path));
                    if let Some(called) = called {
                        scope.calls.insert(item.label(0).to_owned(), Call::new(item, called));
                    }
                }
                _ => {}
            }
        }
        scope.tree = Some(self);
        scope
    }
}

fn declare<'a>(item: &Item<'a>, scope: &mut Scope<'a>) {
    let known = scope.variables.entry(item.label(0).to_owned()).or_default();
    known.value = item.inside.get("default").or(known.value);
    known.kind = match item.inside.get("type") {
        Some(Source::Hcl(expression, _)) => Some(expression),
        _ => known.kind,
    };
    known.never_null = item.inside.get("nullable").is_some_and(|source| source.literal_truth() == Some(false));
}

impl<'a> Folder<'a> {
    /// Gives the values of its files to the variables of a root module.
    pub(super) fn give(&self, scope: &mut Scope<'a>) {
        for (name, value) in self.given.iter().flat_map(|(_, values)| values) {
            let known: &mut Variable<'a> = scope.variables.entry(name.clone()).or_default();
            known.value = Some(*value);
        }
    }
}

/// The folder of the tree that a call names.
fn called_folder(item: &Item<'_>) -> Option<RelPath> {
    let source = item.inside.get("source")?;
    match module_source(source.literal()?)? {
        ModuleSource::Local(path) => RelPath::new(format!("{}/{path}", item.file.folder()).trim_start_matches('/')),
        _ => None,
    }
}

/// An example of a module says how it is used; the module stands for itself.
fn only_shows(caller: &RelPath, called: &RelPath) -> bool {
    let is_example = |path: &RelPath| path.as_str().split('/').any(|part| EXAMPLES.contains(&part));
    is_example(caller) && !is_example(called)
}

fn is_override(file: &SourceFile) -> bool {
    let stem = file.path().name().split('.').next().unwrap_or("");
    stem == "override" || stem.ends_with("_override")
}
