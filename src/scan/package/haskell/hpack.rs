//! `package.yaml`: what a Haskell package asks for, in the form of hpack.

use super::beside::{beside, is_package};
use super::cabal::{Context, need, split};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `hpack`.
pub struct Hpack;

static META: ScannerMeta = ScannerMeta {
    id: "hpack",
    title: "hpack package",
    summary: "Dependencies of libraries, executables, tests and benchmarks, build tools and set-up, with their constraint, \
              under conditions too; repositories and folders that one is taken from. Where a Cabal file lies beside it, \
              that was made from this one and is read in its place.",
    files: &["**/package.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://github.com/sol/hpack#readme",
};

/// Parts of a package, with what their dependencies are for. Those in the plural hold parts by name.
const PARTS: [(&str, &str); 7] = [
    ("library", scope::RUNTIME),
    ("executable", scope::RUNTIME),
    ("internal-libraries", scope::RUNTIME),
    ("executables", scope::RUNTIME),
    ("tests", scope::TEST),
    ("benchmarks", scope::TEST),
    ("custom-setup", scope::BUILD),
];

/// Conditions within conditions.
const DEPTH: usize = 16;

impl Scanner for Hpack {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let folder = file.folder();
        let mut beside_it = input.below(&folder).take(MOST_FILES).filter(|path| path.parent() == folder);
        if beside_it.any(|path| path.name().ends_with(".cabal")) {
            return Ok(());
        }
        let documents = file.yaml_or_part(out);
        let Some(root) = documents.first().filter(|root| is_hpack(root)) else { return Ok(()) };
        let project = toolkit::root(input, file, out);
        let beside = beside(input);
        let context = Context { input, project: &project, beside: &beside };
        let package = Package { own: root.text_at("name").unwrap_or_else(|| folder.name()), context: &context };
        package.part(root, scope::RUNTIME, DEPTH, out);
        for (word, scope) in PARTS {
            let Some(part) = root.get(word) else { continue };
            let is_one = matches!(word, "library" | "executable" | "custom-setup");
            if is_one {
                package.part(part, scope, DEPTH, out);
            } else {
                part.entries().iter().for_each(|entry| package.part(&entry.value, scope, DEPTH, out));
            }
        }
        Ok(())
    }
}

/// Files of a folder and below among which a Cabal file is looked for.
const MOST_FILES: usize = 10_000;

/// True for a file of hpack: others have files of that name too.
fn is_hpack(root: &Node) -> bool {
    let is_object = root.get("apiVersion").is_some() || root.get("kind").is_some();
    let parts = PARTS.iter().map(|(word, _)| *word).chain(["dependencies", "ghc-options"]);
    !is_object && parts.into_iter().any(|word| root.get(word).is_some())
}

/// A package that is being read.
struct Package<'a> {
    own: &'a str,
    context: &'a Context<'a>,
}

impl Package<'_> {
    /// What a part asks for, and what it asks for under conditions.
    fn part(&self, part: &Node, scope: &'static str, depth: usize, out: &mut Facts<'_>) {
        self.all(part.get("dependencies"), scope, out);
        self.all(part.get("build-tools"), scope::BUILD, out);
        let Some(conditions) = part.get("when").filter(|_| depth > 0) else { return };
        let listed = conditions.list();
        for condition in if listed.is_empty() { std::slice::from_ref(conditions) } else { listed } {
            self.part(condition, scope, depth - 1, out);
            for word in ["then", "else"] {
                condition.get(word).into_iter().for_each(|branch| self.part(branch, scope, depth - 1, out));
            }
        }
    }

    /// A text, a list of texts and tables, or a table by name.
    fn all(&self, all: Option<&Node>, scope: &'static str, out: &mut Facts<'_>) {
        let Some(all) = all else { return };
        all.any_shape();
        for entry in all.entries() {
            self.one((&entry.key, entry.key_span), &entry.value, scope, out);
        }
        let listed = all.list().iter().chain(all.text().map(|_| all));
        for item in listed {
            match (item.text(), item.get("name")) {
                (Some(text), _) => _ = need(split(text.trim()), item.span, scope, self.own, self.context, out),
                (None, Some(name)) => self.one((name.text().unwrap_or_default(), name.span), item, scope, out),
                (None, None) => {
                    let message = "a dependency without a name";
                    out.problem(DiagnosticKind::Malformed, self.context.input.file(), Some(item.span), message);
                }
            }
        }
    }

    /// A dependency with its constraint, or a table that says where it is taken from.
    fn one(&self, (text, span): (&str, Span), value: &Node, scope: &'static str, out: &mut Facts<'_>) {
        let (input, project) = (self.context.input, self.context.project);
        let git = value.get("git").or_else(|| value.get("github"));
        if let Some(node) = git
            && let Some(address) = node.text()
        {
            let is_short = value.get("git").is_none();
            let full = if is_short { format!("https://github.com/{address}") } else { address.to_owned() };
            let revision = value.get("ref").and_then(Node::scalar);
            super::repository(&full, (revision.as_deref(), None), node.span, project, input.file(), out);
            return;
        }
        if let Some(path) = value.get("path")
            && let Some(text) = path.text()
        {
            let file = input.file();
            match file.folder().join(text).filter(|folder| is_package(folder, input)) {
                Some(folder) => toolkit::uses_project(project, &folder, input, &file.at(path.span), out),
                None => {
                    let message = format!("the folder `{text}` holds no manifest in this tree");
                    out.problem(DiagnosticKind::Unresolved, file, Some(path.span), message);
                }
            }
            return;
        }
        let (name, own) = split(text.trim());
        let constraint = value.scalar().or_else(|| value.get("version")?.scalar()).unwrap_or_default();
        let constraint = if own.is_empty() { constraint.trim() } else { own };
        need((name, constraint), span, scope, self.own, self.context, out);
    }
}
