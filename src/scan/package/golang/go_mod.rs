//! `go.mod` with the hashes of `go.sum`: modules that are required, replaced or used as tools.
//!
//! A module that only `go.sum` names is not built (older versions stay there); it is never counted.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::lines;
use crate::scan::package::golang::go_work::Workspace;
use crate::scan::package::golang::syntax::{Directive, Directives, Replacements, Target};
use crate::scan::package::toolkit::{self, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `go-mod`.
pub struct GoMod;

/// Steps up the path of a tool to the module that holds it.
const ABOVE: usize = 64;

static META: ScannerMeta = ScannerMeta {
    id: "go-mod",
    title: "Go module file",
    summary: "Required modules, direct or `// indirect`, replacements (those of a workspace above too), tools, and hashes \
              from go.sum; those that it has no sum of are told and count as pinned, not \
              as locked. What is replaced by a folder of the tree, and modules of the workspace, are its projects. Modules \
              that only go.sum names are not built and not counted. Modules come through the public \
              module proxy unless the environment says otherwise, which no file states: that host is inferred.",
    files: &["**/go.mod", "**/go.sum"],
    unit: Unit::Directory,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://go.dev/ref/mod#go-mod-file",
};

/// The directives of the language.
pub(crate) const VERBS: [&str; 10] =
    ["module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

impl Scanner for GoMod {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let sums = input.files.iter().find(|file| file.path().name() == "go.sum");
        let Some(file) = input.files.iter().find(|file| file.path().name() == "go.mod") else {
            out.problem(DiagnosticKind::Unresolved, input.file(), None, "no go.mod beside it says what is built");
            return Ok(());
        };
        let directives = Directives::of(file.text(), &VERBS);
        directives.report(file, out);
        let replacements = Replacements::of(&directives, |span, message| {
            out.problem(DiagnosticKind::Malformed, file, Some(span), message);
        });
        let project = toolkit::root(input, file, out);
        let workspace = Workspace::above(input, &file.folder());
        let above = workspace.as_ref().map(|workspace| (workspace, workspace.replacements()));
        let mut module = Module {
            file,
            project: &project,
            replacements,
            workspace: above.as_ref(),
            sums: sums.map(|file| Sums::of(file, out)),
            required: BTreeMap::new(),
            own: BTreeSet::new(),
            lacking: Vec::new(),
            others: OnceCell::new(),
            is_vendored: OnceCell::new(),
        };
        for directive in &directives.all {
            module.directive(directive, input, out);
        }
        if !directives.all.iter().any(|directive| directive.verb == "module") {
            out.problem(DiagnosticKind::Malformed, file, None, "no `module` directive");
        }
        for directive in directives.all.iter().filter(|directive| directive.verb == "tool") {
            module.tool(directive, own_name(&directives), out);
        }
        module.tell_lacking(input, out);
        if let Some(sums) = &module.sums {
            let required: BTreeSet<&str> = module.required.values().map(|(name, _)| *name).collect();
            sums.tell_of_others(&required, lists_all(&directives), out);
        }
        Ok(())
    }
}

fn own_name<'a>(directives: &Directives<'a>) -> Option<&'a str> {
    directives.all.iter().find(|directive| directive.verb == "module")?.words.first().copied()
}

/// From go 1.17 on, go.mod names every module that is built.
fn lists_all(directives: &Directives<'_>) -> bool {
    let version = directives.all.iter().find(|directive| directive.verb == "go").and_then(|go| go.words.first());
    let Some(minor) = version.and_then(|version| version.strip_prefix("1.")) else { return version.is_some() };
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    minor.parse::<u32>().is_ok_and(|minor| minor >= 17)
}

struct Module<'a, 'p> {
    file: &'a SourceFile,
    project: &'p ComponentId,
    replacements: Replacements<'a>,
    workspace: Option<&'p (&'p Workspace, Replacements<'p>)>,
    sums: Option<Sums<'a>>,
    /// Modules that are built, by the name they are required by: their own name and id.
    required: BTreeMap<&'a str, (&'p str, ComponentId)>,
    /// Required modules that are folders.
    own: BTreeSet<&'a str>,
    /// What is built in an exact version and has no line in `go.sum`, with who requires it.
    lacking: Vec<((&'p str, &'p str), Span)>,
    /// Sums of the workspace and of its other modules, read when the module's own do not do.
    others: OnceCell<Vec<Arc<Held>>>,
    is_vendored: OnceCell<bool>,
}

impl<'a: 'p, 'p> Module<'a, 'p> {
    fn directive(&mut self, directive: &Directive<'a>, input: &Input<'_>, out: &mut Facts<'_>) {
        match (directive.verb, directive.words.as_slice()) {
            ("require", [module, version]) => self.require(module, version, directive, input, out),
            ("require", _) => {
                let message = "`require` needs a module and a version";
                out.problem(DiagnosticKind::Malformed, self.file, Some(directive.span), message);
            }
            ("go", [version]) => {
                let seen = self.file.at(directive.span);
                out.attribute(self.project, key::TOOLCHAIN, format!("go {version}"), seen);
            }
            ("toolchain", [version]) => {
                out.attribute(self.project, key::TOOLCHAIN, *version, self.file.at(directive.span));
            }
            // the others say nothing of what is built
            _ => {}
        }
    }

    /// What is built in the place of a module: that of a folder, or a module with a version and what puts it there.
    fn built(&self, asked: &'a str, version: &'a str) -> Built<'p> {
        // what a workspace replaces comes before what the module itself replaces
        if let Some((workspace, replacements)) = self.workspace {
            if let Some(folder) = workspace.own(asked) {
                return Built::Own(folder.clone());
            }
            if let Some((target, span)) = replacements.get(asked, version) {
                return Built::of(target, workspace.folder(), workspace.file.at(span));
            }
        }
        match self.replacements.get(asked, version) {
            Some((target, span)) => Built::of(target, self.file.folder(), self.file.at(span)),
            None => Built::Module(asked, version, None),
        }
    }

    fn require(
        &mut self,
        asked: &'a str,
        version: &'a str,
        directive: &Directive<'a>,
        input: &Input<'_>,
        out: &mut Facts<'_>,
    ) {
        let (name, version, replaced) = match self.built(asked, version) {
            Built::Module(name, version, replaced) => (name, version, replaced),
            Built::Own(folder) => {
                self.own.insert(asked);
                if !is_indirect(directive) {
                    toolkit::uses_project(self.project, &folder, input, &self.file.at(directive.span), out);
                }
                return;
            }
            Built::Folder { from, path } => {
                self.own.insert(asked);
                let folder = from.join(path).filter(|folder| toolkit::is_project(folder, manifest::GO, input));
                match folder {
                    // what needs it says so itself
                    Some(_) if is_indirect(directive) => {}
                    Some(folder) => {
                        toolkit::uses_project(self.project, &folder, input, &self.file.at(directive.span), out);
                    }
                    None => self.outside((asked, version), path, directive, out),
                }
                return;
            }
        };
        let exact = version.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let holding = self.holding(name, version, input);
        let package = Package::new("golang", name, exact.then_some(version), self.file, directive.span);
        // what an image holds was built elsewhere, with sums that need not lie there
        let is_locked = holding == Holding::Module || input.subject.is_some() || self.is_vendored(input);
        let id = if is_locked { package.write(self.project, out) } else { package.write_unverified(self.project, out) };
        let seen = self.file.at(directive.span);
        if !exact {
            let message = format!("`{version}` is no version but what the go command makes one of");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(directive.span), message);
            out.attribute(&id, key::REQUIREMENT, version, seen.clone());
        }
        if let Some(replaced) = replaced {
            out.component(&id, ComponentKind::Package, replaced);
        }
        out.attribute(&id, key::SCOPE, scope::RUNTIME, seen.clone());
        self.relate(&id, directive, out);
        if let Some(sums) = &self.sums
            && let Some((hash, span)) = sums.hashes.get(&(name, version))
        {
            out.attribute(&id, key::INTEGRITY, *hash, sums.file.at(*span));
        }
        if exact && holding == Holding::Nothing {
            self.lacking.push(((name, version), directive.span));
        } else if exact && holding == Holding::File && !is_indirect(directive) && !is_locked {
            let message = format!("of `{name} {version}` only the sum of its go.mod is held, not that of the module");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(directive.span), message);
        }
        toolkit::from_default(&id, "golang", &seen, out);
        self.required.insert(asked, (name, id));
    }

    /// What the sums of the module hold, else those of its workspace.
    fn holding(&self, name: &str, version: &str, input: &Input<'_>) -> Holding {
        let own = self.sums.as_ref().map_or(Holding::Nothing, |sums| match sums.held.contains(&(name, version)) {
            _ if sums.hashes.contains_key(&(name, version)) => Holding::Module,
            true => Holding::File,
            false => Holding::Nothing,
        });
        if own == Holding::Module || self.workspace.is_none() {
            return own;
        }
        self.others(input).iter().map(|held| held.holding(name, version)).max().map_or(own, |best| best.max(own))
    }

    fn others(&self, input: &Input<'_>) -> &[Arc<Held>] {
        let read = || self.workspace.into_iter().flat_map(|(workspace, _)| workspace.sums(input)).collect();
        self.others.get_or_init(read)
    }

    /// True where copies of all modules are checked in.
    fn is_vendored(&self, input: &Input<'_>) -> bool {
        let workspace = self.workspace.map(|(workspace, _)| *workspace);
        *self.is_vendored.get_or_init(|| is_vendored(input, self.file, workspace))
    }

    /// A module whose code is that of a folder outside of the tree: nothing is fetched, and its version says nothing.
    fn outside(&self, (name, version): (&str, &str), path: &str, directive: &Directive<'_>, out: &mut Facts<'_>) {
        let seen = self.file.at(directive.span);
        let message = format!("`{name}` is replaced by the folder `{path}`, which holds no go.mod in this tree");
        out.problem(DiagnosticKind::Unresolved, self.file, Some(directive.span), message);
        let id = Package::new("golang", name, None, self.file, directive.span).write(self.project, out);
        out.attribute(&id, key::REQUIREMENT, version, seen.clone());
        out.attribute(&id, key::SCOPE, scope::RUNTIME, seen);
        self.relate(&id, directive, out);
    }

    /// Direct, or needed by what is.
    fn relate(&self, id: &ComponentId, directive: &Directive<'_>, out: &mut Facts<'_>) {
        let seen = self.file.at(directive.span);
        if is_indirect(directive) {
            out.attribute(id, key::RELATION, "transitive", seen.clone());
            out.relation(self.project, RelationKind::Contains, id, seen);
        } else {
            toolkit::direct(self.project, id, &seen, out);
        }
    }

    /// Says which modules have no sum, neither of what they hold nor of their own `go.mod`: in a workspace its sums and
    /// those of its other modules count as well. Without any sums that is one sentence, and none where copies of the
    /// modules are checked in; what an image holds was built elsewhere.
    fn tell_lacking(&self, input: &Input<'_>, out: &mut Facts<'_>) {
        if self.lacking.is_empty() || input.subject.is_some() {
            return;
        }
        let has_sums = self.sums.is_some() || !self.others(input).is_empty();
        let Some((_, first)) = self.lacking.first() else { return };
        if has_sums {
            let sums = self.sums.as_ref().map_or("go.sum", |sums| sums.file.path().as_str());
            for ((name, version), span) in &self.lacking {
                let message = format!("`{name} {version}` is asked for here and `{sums}` does not hold it");
                out.problem(DiagnosticKind::Conflict, self.file, Some(*span), message);
            }
        } else if !self.is_vendored(input) {
            let message = format!("no go.sum answers this manifest: {} without a sum", told(self.lacking.len()));
            out.problem(DiagnosticKind::Unresolved, self.file, Some(*first), message);
        }
    }

    /// A program that is run through `go tool`: the project asks for the module that holds it.
    fn tool(&self, directive: &Directive<'a>, own: Option<&str>, out: &mut Facts<'_>) {
        let [path] = directive.words.as_slice() else { return };
        let mut name = *path;
        for _ in 0..ABOVE {
            let is_member = || self.workspace.is_some_and(|(workspace, _)| workspace.own(name).is_some());
            if own == Some(name) || self.own.contains(name) || is_member() {
                return;
            }
            if let Some((_, id)) = self.required.get(name) {
                let seen = self.file.at(directive.span);
                toolkit::direct(self.project, id, &seen, out);
                out.attribute(id, key::SCOPE, scope::DEV, seen);
                return;
            }
            match name.rsplit_once('/') {
                Some((above, _)) => name = above,
                None => break,
            }
        }
        let message = format!("no required module holds the tool `{path}`");
        out.problem(DiagnosticKind::Unresolved, self.file, Some(directive.span), message);
    }
}

fn is_indirect(directive: &Directive<'_>) -> bool {
    directive.comment.split(';').any(|part| part.trim() == "indirect")
}

/// What is built where a module is required.
enum Built<'p> {
    /// A module in a version, with what puts it in the place of another.
    Module(&'p str, &'p str, Option<Seen>),
    /// A module of the workspace, in its folder.
    Own(RelPath),
    /// What a folder holds, by its path from another.
    Folder { from: RelPath, path: &'p str },
}

impl<'p> Built<'p> {
    fn of(target: Target<'p>, from: RelPath, seen: Seen) -> Self {
        match target {
            Target::Module(name, version) => Self::Module(name, version, Some(seen)),
            Target::Folder(path) => Self::Folder { from, path },
        }
    }
}

/// What `go.sum` holds.
struct Sums<'a> {
    file: &'a SourceFile,
    /// Hashes of modules by name and version.
    hashes: BTreeMap<(&'a str, &'a str), (&'a str, Span)>,
    /// Modules of which it has the hash, or that of their `go.mod`, by name and version.
    held: BTreeSet<(&'a str, &'a str)>,
    /// Every module it names.
    names: BTreeSet<&'a str>,
}

/// Names and versions in a file of sums, for the many modules of a workspace that ask for them, and whether it has the
/// sum of the module itself.
pub(super) struct Held(BTreeMap<Box<str>, BTreeMap<Box<str>, bool>>);

impl Held {
    /// What stands in the text of a file.
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self(BTreeMap::new());
        for (name, version, hash) in lines(text).filter_map(|line| of_line(line.text)) {
            *found.0.entry(name.into()).or_default().entry(version.into()).or_default() |= hash.is_some();
        }
        found
    }

    fn holding(&self, name: &str, version: &str) -> Holding {
        match self.0.get(name).and_then(|versions| versions.get(version)) {
            Some(true) => Holding::Module,
            Some(false) => Holding::File,
            None => Holding::Nothing,
        }
    }
}

/// What files of sums hold of a module in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holding {
    Nothing,
    /// The sum of its `go.mod` alone: enough to choose versions, not to build.
    File,
    Module,
}

/// Name, version, and the hash when it is that of the module; `None` for a line that is none.
fn of_line(line: &str) -> Option<(&str, &str, Option<&str>)> {
    let mut words = line.split_whitespace();
    let (name, version, hash) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    Some(match version.strip_suffix("/go.mod") {
        Some(version) => (name, version, None),
        None => (name, version, Some(hash)),
    })
}

/// True where copies of all modules lie beside the file, or beside that of its workspace.
fn is_vendored(input: &Input<'_>, file: &SourceFile, workspace: Option<&Workspace>) -> bool {
    let mut folders = std::iter::once(file.folder()).chain(workspace.map(Workspace::folder));
    folders.any(|folder| folder.join("vendor/modules.txt").is_some_and(|path| input.companion(&path).is_some()))
}

fn told(count: usize) -> String {
    if count == 1 { "1 required module is".to_owned() } else { format!("{count} required modules are") }
}

impl<'a> Sums<'a> {
    fn of(file: &'a SourceFile, out: &mut Facts<'_>) -> Self {
        let mut found = Self { file, hashes: BTreeMap::new(), held: BTreeSet::new(), names: BTreeSet::new() };
        for line in lines(file.text()).filter(|line| !line.text.trim().is_empty()) {
            let Some((module, version, hash)) = of_line(line.text) else {
                let message = "not a module, a version and a hash";
                out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
                continue;
            };
            found.names.insert(module);
            found.held.insert((module, version));
            if let Some(hash) = hash {
                found.hashes.insert((module, version), (hash, line.span));
            }
        }
        found
    }

    /// Says how many modules it names that are not built.
    fn tell_of_others(&self, required: &BTreeSet<&str>, lists_all: bool, out: &mut Facts<'_>) {
        let count = self.names.iter().filter(|name| !required.contains(*name)).count();
        if count == 0 {
            return;
        }
        let why = if lists_all {
            "they are not built and not counted"
        } else {
            "a go.mod of go 1.16 or before does not name all that is built, so some of them may be; none is counted"
        };
        let message = format!("names {count} modules that go.mod does not require: {why}");
        out.problem(DiagnosticKind::Unresolved, self.file, None, message);
    }
}
