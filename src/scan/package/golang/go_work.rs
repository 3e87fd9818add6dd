//! `go.work`: modules of the tree that are built together, and what they replace.
//!
//! What a workspace replaces is written with the `go.mod` that requires it, see [`super::go_mod`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::scan::package::golang::go_mod::{self, Held};
use crate::scan::package::golang::syntax::{Directives, Replacements};
use crate::scan::package::toolkit::{self, manifest};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `go-work`.
pub struct GoWork;

static META: ScannerMeta = ScannerMeta {
    id: "go-work",
    title: "Go workspace file",
    summary: "Language version and modules of the tree. Its replacements hold for these modules and are written with \
              the go.mod that requires what they replace.",
    files: &["**/go.work"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project],
    reference: "https://go.dev/ref/mod#workspaces",
};

/// The directives of the language.
const VERBS: [&str; 5] = ["go", "toolchain", "godebug", "use", "replace"];

/// How far above a module its workspace is looked for.
const MOST_FOLDERS: usize = 12;

/// How many modules of a workspace are looked into for their names.
const MOST_MODULES: usize = 1_000;

/// How many of them are looked into for sums, which each of the others may ask for anew.
const MOST_SUMS: usize = 64;

impl Scanner for GoWork {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let directives = Directives::of(file.text(), &VERBS);
        directives.report(file, out);
        Replacements::of(&directives, |span, message| {
            out.problem(DiagnosticKind::Malformed, file, Some(span), message);
        });
        let project = toolkit::root(input, file, out);
        let uses = || directives.all.iter().filter(|directive| directive.verb == "use");
        for (most, what) in [(MOST_SUMS, "sums"), (MOST_MODULES, "names")] {
            if let Some(further) = uses().nth(most) {
                let message = format!("more than {most} modules; {what} of the others are not known here");
                out.problem(DiagnosticKind::LimitReached, file, Some(further.span), message);
            }
        }
        for directive in &directives.all {
            match (directive.verb, directive.words.as_slice()) {
                ("go", [version]) => {
                    out.attribute(&project, key::TOOLCHAIN, format!("go {version}"), file.at(directive.span));
                }
                ("toolchain", [version]) => {
                    out.attribute(&project, key::TOOLCHAIN, *version, file.at(directive.span));
                }
                ("use", [path]) => {
                    let folder = file.folder().join(path);
                    if !folder.is_some_and(|folder| toolkit::is_project(&folder, manifest::GO, input)) {
                        let message = format!("the folder `{path}` holds no go.mod in this tree");
                        out.problem(DiagnosticKind::Unresolved, file, Some(directive.span), message);
                    }
                }
                ("use", _) => {
                    out.problem(DiagnosticKind::Malformed, file, Some(directive.span), "`use` needs a folder");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Names of the modules of a workspace.
struct Names(BTreeMap<String, RelPath>);

/// The workspace that a module belongs to.
pub(super) struct Workspace {
    /// Its file.
    pub(super) file: SourceFile,
    /// Its modules by name with their folders, looked up once for all of them.
    own: Arc<Names>,
    /// Folders of its modules.
    folders: Vec<RelPath>,
}

impl Workspace {
    /// The nearest workspace above a folder, if it uses the folder's module.
    pub(super) fn above(input: &Input<'_>, folder: &RelPath) -> Option<Self> {
        let mut at = folder.clone();
        for _ in 0..MOST_FOLDERS {
            let path = at.join("go.work")?;
            if let Some(file) = input.companion(&path) {
                let folders: Vec<RelPath> = Directives::of(file.text(), &VERBS)
                    .all
                    .iter()
                    .filter(|directive| directive.verb == "use")
                    .filter_map(|directive| at.join(directive.words.first()?))
                    .collect();
                if !folders.contains(folder) {
                    return None;
                }
                let read = || {
                    let named = |folder: &RelPath| Some((module_of(input, folder)?, folder.clone()));
                    let names: BTreeMap<String, RelPath> =
                        folders.iter().take(MOST_MODULES).filter_map(named).collect();
                    let bytes = names.iter().map(|(name, folder)| name.len() + folder.as_str().len()).sum();
                    (Names(names), bytes)
                };
                let own = input.memo.of(&path, read);
                return Some(Self { file, own, folders });
            }
            if at.is_root() {
                break;
            }
            at = at.parent();
        }
        None
    }

    /// The folder of a module of the workspace itself.
    pub(super) fn own(&self, module: &str) -> Option<&RelPath> {
        self.own.0.get(module)
    }

    /// The sums that the go command knows besides those of a module itself: those of the workspace and of its others.
    pub(super) fn sums(&self, input: &Input<'_>) -> impl Iterator<Item = Arc<Held>> {
        let own = self.file.folder().join("go.work.sum");
        let of_modules = self.folders.iter().take(MOST_SUMS).filter_map(|folder| folder.join("go.sum"));
        own.into_iter().chain(of_modules).filter_map(|path| {
            let read = || {
                let file = input.companion(&path);
                let bytes = file.as_ref().map_or(0, |file| file.text().len());
                (file.map(|file| Arc::new(Held::of(file.text()))), bytes)
            };
            Option::clone(&input.memo.of(&path, read))
        })
    }

    /// The folder that it lies in.
    pub(super) fn folder(&self) -> RelPath {
        self.file.folder()
    }

    /// What it replaces.
    pub(super) fn replacements(&self) -> Replacements<'_> {
        Replacements::of(&Directives::of(self.file.text(), &VERBS), |_, _| {})
    }
}

fn module_of(input: &Input<'_>, folder: &RelPath) -> Option<String> {
    let file = input.companion(&folder.join("go.mod")?)?;
    let directives = Directives::of(file.text(), &go_mod::VERBS);
    let module = directives.all.iter().find(|directive| directive.verb == "module")?;
    module.words.first().map(|name| (*name).to_owned())
}
