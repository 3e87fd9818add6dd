//! `vendor/modules.txt`: Go modules whose copies lie in the tree.

use std::collections::BTreeMap;

use super::go_mod::VERBS;
use super::syntax::Directives;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `go-vendor`.
pub struct GoVendor;

static META: ScannerMeta = ScannerMeta {
    id: "go-vendor",
    title: "Vendored Go modules",
    summary: "Exact modules whose packages lie in `vendor`, as `go mod vendor` lists them, with replacements. Files inside \
              of these copies are not read. Where go.mod requires another version than the list has, that is said.",
    files: &["**/vendor/modules.txt"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package],
    reference: "https://go.dev/ref/mod#vendoring",
};

/// A module that is being read: it counts once a package of it follows.
struct Current<'a> {
    folder: &'a str,
    name: &'a str,
    version: &'a str,
    span: Span,
    id: Option<ComponentId>,
}

impl Scanner for GoVendor {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let vendor = file.folder();
        let project = toolkit::locked_root_at("golang", &vendor.parent(), input, file, out);
        let mut current: Option<Current<'_>> = None;
        // packages of a module of the tree itself, or of an entry that could not be read
        let mut is_ours = false;
        for line in lines(file.text()).filter(|line| !line.text.trim().is_empty()) {
            let text = line.text.trim();
            if text.starts_with("## ") {
                continue;
            }
            if let Some(words) = text.strip_prefix("# ") {
                current = module(words, &line, &mut is_ours, file, out);
                continue;
            }
            match &mut current {
                Some(current) => package(current, &vendor, &project, file, out),
                None if is_ours => {}
                None => {
                    let message = "a package before any module";
                    out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
                    is_ours = true;
                }
            }
        }
        compare(input, out);
        Ok(())
    }
}

/// Says where the list and the manifest beside the folder name other versions: the go command refuses to build then.
fn compare(input: &Input<'_>, out: &mut Facts<'_>) {
    let (file, folder) = (input.file(), input.file().folder().parent());
    let beside = |name: &str| folder.join(name).filter(|path| input.paths.binary_search(path).is_ok());
    // the folder of a workspace holds what all of its modules need
    let Some(manifest) = beside("go.mod").filter(|_| beside("go.work").is_none()) else { return };
    let Some(manifest) = input.companion(&manifest) else { return };
    let directives = Directives::of(manifest.text(), &VERBS);
    let of_verb = |verb: &'static str| directives.all.iter().filter(move |directive| directive.verb == verb);
    // before Go 1.14 the list was not held against the manifest
    let language = of_verb("go").filter_map(|directive| directive.words.first()).next_back();
    let minor = language.and_then(|text| text.strip_prefix("1.")).and_then(|text| text.split('.').next());
    if minor.and_then(|text| text.parse::<u32>().ok()).is_none_or(|minor| minor < 14) {
        return;
    }
    let listed = lines(file.text()).filter_map(|line| {
        let mut words = line.text.trim().strip_prefix("# ")?.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    let listed: BTreeMap<&str, &str> = listed.filter(|(_, version)| *version != "=>").collect();
    for directive in of_verb("require") {
        let [name, version, ..] = directive.words.as_slice() else { continue };
        let message = match listed.get(name) {
            Some(there) if there == version => continue,
            Some(there) => format!("`{name}` is required as {version} here and `{}` holds {there}", file.path()),
            None => format!("`{name}` is required here and `{}` does not list it", file.path()),
        };
        out.problem(DiagnosticKind::Conflict, &manifest, Some(directive.span), message);
    }
}

/// `module version`, `module version => other version`, `module version => ./folder`; at the end of the file
/// replacements without packages.
fn module<'a>(
    words: &'a str,
    line: &Line<'a>,
    is_ours: &mut bool,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<Current<'a>> {
    let span = span_within(line, words);
    let all: Vec<&str> = words.split_whitespace().collect();
    *is_ours = true;
    let (folder, name, version) = match all.as_slice() {
        // the copy lies under the name that is required
        [folder, _, "=>", name, version] => (*folder, *name, *version),
        [name, version] => (*name, *name, *version),
        // a folder, or a replacement of what is not built
        [_, _, "=>", _] | [_, "=>", ..] => return None,
        _ => {
            let message = "not a module with its version";
            out.problem(DiagnosticKind::Malformed, file, Some(span), message);
            return None;
        }
    };
    Some(Current { folder, name, version, span, id: None })
}

/// The first package of a module shows that a copy lies in the tree.
fn package(current: &mut Current<'_>, vendor: &RelPath, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    if current.id.is_some() {
        return;
    }
    let package = Package::new("golang", current.name, Some(current.version), file, current.span);
    let id = package.write(project, out);
    let seen = file.at(current.span);
    out.attribute(&id, key::SCOPE, scope::RUNTIME, seen.clone());
    if let Some(folder) = vendor.join(current.folder) {
        toolkit::held(&id, &folder, &seen, out);
    }
    current.id = Some(id);
}
