//! The files that one run of pip reads: a requirements file with what it includes, and the options that hold for all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pep508::{Pins, Requirement, normal, pinned, scope_of};
use super::requirements::{setting, split_options};
use super::requirements_lines::{Role, Statement, What, statements};
use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::scan::package::toolkit::{self, Of, Registry, Standing};
use crate::scan::{Facts, Input, Seen, SourceFile};
use crate::text::{RelPath, Span};

/// Files that one file may include, those of included files counted.
const INCLUDE_LIMIT: usize = 64;

/// A file that is read: the one at hand, or one that it includes.
pub(super) struct Listed {
    pub(super) file: Arc<SourceFile>,
    pub(super) scope: &'static str,
    pub(super) constrains: bool,
    /// It is read by itself as well.
    is_own: bool,
}

/// A registry or page that an option names.
struct Index {
    address: String,
    role: Role,
    file: Arc<SourceFile>,
    span: Span,
}

/// All files, and where the run fetches from.
#[derive(Default)]
pub(super) struct Run {
    pub(super) listed: Vec<Listed>,
    indexes: Vec<Index>,
    /// `--no-index` was read.
    none: bool,
    /// The line that last took the ecosystem's own index away.
    instead: Option<(Arc<SourceFile>, Span)>,
    /// The ecosystem's own index is not asked.
    pub(super) replaced: bool,
}

/// True for files that are read by themselves: what they list belongs to the project of their folder. Globs cannot
/// tell: their stars match folders as well.
pub(super) fn is_scanned(path: &RelPath) -> bool {
    let name = path.name();
    let is_listed = name.contains("requirements")
        || name.starts_with("constraints")
        || path.as_str().split('/').any(|folder| folder == "requirements");
    is_listed && (name.ends_with(".txt") || name.ends_with(".in"))
}

impl Run {
    /// A requirements file with all that it includes.
    pub(super) fn of(input: &Input<'_>, out: &mut Facts<'_>) -> Self {
        let file = Arc::clone(&input.files[0]);
        let name = file.path().name().to_owned();
        let constrains = name.starts_with("constraints");
        let first = Listed { file, scope: scope_of(&name), constrains, is_own: false };
        let mut walk = Walk::new(input, first.file.path().clone(), constrains);
        walk.list(first, out);
        walk.run.without_own()
    }

    /// What the statements of another file include.
    pub(super) fn included(input: &Input<'_>, all: &[Statement<'_>], out: &mut Facts<'_>) -> Self {
        let file = Arc::clone(&input.files[0]);
        let mut walk = Walk::new(input, file.path().clone(), false);
        let from = Listed { scope: scope_of(file.path().name()), file, constrains: false, is_own: false };
        walk.read(&from, all, out);
        walk.run.without_own()
    }

    /// Included files of the same folder that are read by themselves are left to that, unless an option says where from: it
    /// holds for whatever is included. Constraints hold for all of the run, whichever file includes them.
    fn without_own(mut self) -> Self {
        if self.indexes.is_empty() && !self.replaced {
            self.listed.retain(|one| !one.is_own || one.constrains);
        }
        self
    }

    /// An option counts from where it stands: an index takes the place of those before it.
    fn option(&mut self, index: Index) {
        match index.role {
            Role::Own => {
                self.replaced = true;
                self.instead = Some((Arc::clone(&index.file), index.span));
                self.indexes.retain(|one| one.role == Role::Links);
            }
            Role::Extra | Role::Links => {}
        }
        if !self.none || index.role == Role::Links {
            self.indexes.push(index);
        }
    }

    fn no_index(&mut self, file: &Arc<SourceFile>, span: Span) {
        (self.none, self.replaced) = (true, true);
        self.instead = Some((Arc::clone(file), span));
        self.indexes.retain(|one| one.role == Role::Links);
    }

    /// Exact versions that included constraints give, with their place.
    pub(super) fn pins(&self, own: &RelPath) -> Pins {
        let mut pins = BTreeMap::new();
        for one in self.listed.iter().filter(|one| one.constrains && one.file.path() != own) {
            for statement in statements(one.file.text()) {
                let What::Requirement { text, .. } = &statement.what else { continue };
                let (spec, _) = split_options(text);
                if let Some(constraint) = Requirement::parse(spec)
                    && let Some(version) = pinned(constraint.specifier)
                {
                    let seen = || (version.to_owned(), one.file.at(statement.span));
                    pins.entry(normal(constraint.name).into_owned()).or_insert_with(seen);
                }
            }
        }
        pins
    }

    /// Writes the registries as settings of the files, and further ones that the run is about; gives their hosts.
    pub(super) fn write_indexes<'m>(
        &'m self,
        more: impl Iterator<Item = &'m RelPath> + Clone,
        project: &ComponentId,
        out: &mut Facts<'_>,
    ) -> Vec<(String, Seen)> {
        let mut hosts = Vec::new();
        for Index { address, role, file, span } in &self.indexes {
            let Some(host) = toolkit::host_of(address) else {
                if address.contains('$') {
                    let message = "the address of this package index is a variable";
                    out.problem(DiagnosticKind::Unresolved, file, Some(*span), message);
                }
                continue;
            };
            let seen = setting(file, *span, address);
            let standing = match role {
                Role::Own => Standing::Instead,
                Role::Extra => Standing::Beside,
                Role::Links => Standing::Aside,
            };
            // constraints alone ask for nothing
            toolkit::registry_host(project, &host, &seen, out);
            let listed = self.listed.iter().filter(|one| !one.constrains).map(|one| one.file.path());
            for of in listed.chain(more.clone()) {
                let registry = Registry { ecosystem: "pypi", names: "*", standing, id: "", of: Of::File(of) };
                registry.write(project, address, &seen, out);
            }
            hosts.push((host, seen.without_excerpt()));
        }
        // an index that is a folder, or none: what projects of the tree need does not come from the own one either
        let is_host = |index: &Index| index.role == Role::Own && !is_folder(&index.address);
        if let Some((file, span)) = self.instead.as_ref().filter(|_| !self.indexes.iter().any(is_host)) {
            let listed = self.listed.iter().filter(|one| !one.constrains).map(|one| one.file.path());
            for of in listed.chain(more) {
                toolkit::no_registry(project, "pypi", Of::File(of), &file.at(*span), out);
            }
        }
        hosts
    }
}

/// True for an index that lies on this machine.
fn is_folder(address: &str) -> bool {
    toolkit::host_of(address).is_none() && !address.contains('$')
}

/// Goes through files in the order in which pip reads their lines.
struct Walk<'i, 'a> {
    input: &'i Input<'a>,
    folder: RelPath,
    known: BTreeSet<(RelPath, bool)>,
    run: Run,
}

impl<'i, 'a> Walk<'i, 'a> {
    fn new(input: &'i Input<'a>, first: RelPath, constrains: bool) -> Self {
        Self { input, folder: first.parent(), known: BTreeSet::from([(first, constrains)]), run: Run::default() }
    }

    fn list(&mut self, one: Listed, out: &mut Facts<'_>) {
        let from = Listed { file: Arc::clone(&one.file), ..one };
        self.run.listed.push(one);
        self.read(&from, &statements(from.file.text()), out);
    }

    /// Reads the options of a file and what it includes; as deep as there may be files.
    fn read(&mut self, from: &Listed, all: &[Statement<'_>], out: &mut Facts<'_>) {
        for statement in all {
            match &statement.what {
                What::Index { address, role } => {
                    let (address, file) = (address.to_string(), Arc::clone(&from.file));
                    self.run.option(Index { address, role: *role, file, span: statement.span });
                }
                What::NoIndex => self.run.no_index(&from.file, statement.span),
                What::Include { path, constrains } => {
                    self.include(from, path, from.constrains || *constrains, statement.span, out);
                }
                What::Requirement { .. } | What::Setting | What::Unknown => {}
            }
        }
    }

    fn include(&mut self, from: &Listed, path: &str, constrains: bool, span: Span, out: &mut Facts<'_>) {
        let mut problem = |kind, message: String| out.problem(kind, &from.file, Some(span), message);
        let Some(target) = from.file.folder().join(path).filter(|_| !path.contains("://")) else {
            let path = toolkit::without_secrets(path);
            return problem(DiagnosticKind::Unresolved, format!("`{path}` is outside of the tree and not read"));
        };
        if !self.known.insert((target.clone(), constrains)) {
            return;
        }
        if self.run.listed.len() > INCLUDE_LIMIT {
            let message = format!("more than {INCLUDE_LIMIT} included files; `{path}` is left out");
            return problem(DiagnosticKind::LimitReached, message);
        }
        let Some(file) = self.input.companion(&target) else {
            return problem(DiagnosticKind::Unresolved, format!("`{path}` is included and cannot be read"));
        };
        let is_scanned = is_scanned(&target);
        let is_own = from.is_own || !constrains && is_scanned && target.parent() == self.folder;
        let scope = if is_scanned { scope_of(target.name()) } else { from.scope };
        self.list(Listed { file: Arc::new(file), scope, constrains, is_own }, out);
    }
}
