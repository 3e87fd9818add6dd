//! Requirements that are folders of the tree: `./lib`, `-e ../lib[extra]`, `lib @ file:../lib`, `{ path = "../lib" }`.

use super::ini;
use super::pep508::{Requirement, Sheet, decoded, file_parts, is_local, normal};
use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::scan::package::toolkit::{self, Locked, Package, manifest};
use crate::scan::{Facts, Input};
use crate::text::{RelPath, Span};

/// Folders above a requirements file from which its paths are tried.
const ABOVE: usize = 16;

/// Endings of packed packages.
const PACKED: [&str; 6] = [".whl", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip"];

/// What tools write for the folder of the project.
const HERE: [&str; 4] = ["///${PROJECT_ROOT}", "//${PROJECT_ROOT}", "///{root}", "//localhost/${PROJECT_ROOT}"];

/// The folder that a requirement or an address is, without extras, fragment and marker; nothing for a name, an address
/// elsewhere and what is packed.
pub(super) fn folder(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.split(" ;").next().unwrap_or(text);
    let text = text.split('#').next().unwrap_or(text).trim();
    // Hatch fills its own names in
    let text = text.strip_prefix("{root:uri}").map_or(text, |rest| rest.trim_start_matches('/'));
    let path = match text.strip_prefix("file:") {
        Some(address) => {
            let own = HERE.iter().find_map(|start| address.strip_prefix(start));
            own.map_or_else(
                || address.strip_prefix("//").unwrap_or(address),
                |rest| if rest.is_empty() { "." } else { rest.trim_start_matches('/') },
            )
        }
        None if text.contains("://") || text.starts_with("git+") => return None,
        None => text,
    };
    let path = path.strip_suffix(']').and_then(|inner| inner.rsplit_once('[')).map_or(path, |(path, _)| path);
    let path = path.trim_end_matches('/').trim();
    (!path.is_empty() && !PACKED.iter().any(|ending| path.ends_with(ending))).then_some(path)
}

/// True for what pip takes for a path and no name: it begins as one, or has a slash where no requirement has any.
pub(super) fn is_path(spec: &str) -> bool {
    let begins = || spec.starts_with(['.', '/', '~', '\\']) || spec.starts_with("file:");
    let is_plain = || spec.contains('/') && !spec.contains("://") && !spec.contains(' ');
    begins() || is_plain() && Requirement::parse_any(spec).is_none()
}

/// True for what is packed, and lies in the tree or on the machine that builds.
pub(super) fn is_packed(text: &str) -> bool {
    let path = text.split(['#', ';']).next().unwrap_or(text).trim();
    PACKED.iter().any(|ending| path.ends_with(ending)) && is_local(path)
}

/// Writes the package of a packed file that lies in the tree or on the machine that builds: its name says name and version
/// (PEP 427, PEP 625). It comes from no registry.
pub(super) fn packed(
    text: &str,
    name: &str,
    scope: &'static str,
    span: Span,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let path = text.split(['#', ';']).next().unwrap_or(text).trim();
    let stated = file_parts(path);
    let name = if name.is_empty() { stated.map_or("", |(name, _)| name) } else { name };
    if name.is_empty() {
        let message = "a packed package whose file name does not say which";
        out.problem(DiagnosticKind::Unsupported, sheet.file, Some(span), message);
        return None;
    }
    let version = stated.map(|(_, version)| decoded(version));
    let package = Package::new("pypi", name, version.as_deref(), sheet.file, span);
    Some(package.require("", scope, sheet.project, out))
}

/// What an address in the tree, or on the machine that builds, means: the project builds on that of a folder, or takes what
/// is packed, whose package is given.
pub(super) fn own(
    address: &str,
    name: &str,
    scope: &'static str,
    span: Span,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    match folder(address) {
        Some(path) => needs(path, span, sheet, out),
        None if is_packed(address) => return packed(address, name, scope, span, sheet, out),
        None => {}
    }
    None
}

/// The project builds on that of a folder, seen from the folder of the file.
pub(super) fn needs(path: &str, span: Span, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    needs_from(&sheet.file.folder(), path, span, sheet, out);
}

/// As [`needs`], of a requirements file: pip takes a path from the folder that it is called in. That is none which the file
/// names: the nearest one, from its own upwards, in which the path leads to a project.
/// Gives the folder, if it is in the tree.
pub(super) fn needs_somewhere(path: &str, span: Span, sheet: Sheet<'_>, out: &mut Facts<'_>) -> Option<RelPath> {
    let input = sheet.tree?;
    let own = sheet.file.folder();
    let is_it =
        |from: &RelPath| from.join(path).is_some_and(|folder| toolkit::is_project(&folder, manifest::PYTHON, input));
    let from = own.and_above().take(ABOVE).find(is_it).unwrap_or(own);
    needs_from(&from, path, span, sheet, out);
    from.join(path)
}

/// The name under which the project of a folder is installed, as far as a manifest states it.
pub(super) fn name_at(folder: &RelPath, input: &Input<'_>) -> Option<String> {
    let file = |name: &str| input.companion(&folder.join(name)?);
    let stated = file("pyproject.toml").and_then(|file| {
        let root = file.toml_root();
        let tables = [&["project", "name"][..], &["tool", "poetry", "name"]];
        tables.into_iter().find_map(|path| root.at(path)?.text().map(|name| normal(name).into_owned()))
    });
    stated.or_else(|| {
        let file = file("setup.cfg")?;
        let (settings, _) = ini::read(file.text());
        let name = settings.iter().find(|setting| setting.section == "metadata" && setting.key == "name")?;
        name.values.first().map(|(name, _)| normal(name).into_owned())
    })
}

/// The manifests of Python in a folder of the tree.
pub(super) fn manifests(folder: &RelPath, input: &Input<'_>) -> Vec<RelPath> {
    let paths = manifest::PYTHON.iter().filter_map(|name| folder.join(name));
    paths.filter(|path| input.paths.binary_search(path).is_ok()).collect()
}

fn needs_from(from: &RelPath, path: &str, span: Span, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    // what an image holds was put together elsewhere; a folder needs nothing of itself
    let Some(input) = sheet.tree.filter(|input| input.subject.is_none()) else { return };
    if from.join(path).is_none_or(|folder| folder != sheet.file.folder()) {
        toolkit::needs_project(sheet.project, (from, path, manifest::PYTHON), input, (sheet.file, span), out);
    }
}

/// The project of a folder that a lock file names, which the lock file then speaks of; nothing outside of the tree.
pub(super) fn member(path: &str, span: Span, input: &Input<'_>, out: &mut Facts<'_>) -> Option<Locked> {
    let file = input.file();
    let folder = file.folder().join(path)?;
    Some(toolkit::member_at(&folder, &input.root_subject(file), input, file.at(span), out))
}

/// As [`member`], of a lock file that does not say who needs the folder: nothing where no manifest lies there, so that what
/// it needs is not cut off from who asks for it.
pub(super) fn known_member(path: &str, span: Span, input: &Input<'_>, out: &mut Facts<'_>) -> Option<Locked> {
    let path = folder(path)?;
    let folder = input.file().folder().join(path)?;
    if toolkit::is_project(&folder, manifest::PYTHON, input) { member(path, span, input, out) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_from_names_and_archives() {
        for (text, wanted) in [
            ("./lib", Some("./lib")),
            ("../lib[gpu]", Some("../lib")),
            ("./lib ; python_version > '3'", Some("./lib")),
            ("file:../lib#egg=lib", Some("../lib")),
            ("file:///${PROJECT_ROOT}/part#egg=part", Some("part")),
            ("file:///${PROJECT_ROOT}", Some(".")),
            ("{root:uri}/../lib", Some("../lib")),
            ("file:///opt/lib", Some("/opt/lib")),
            (".", Some(".")),
            ("./dist/lib-1.0-py3-none-any.whl", None),
            ("https://h.example/lib", None),
            ("git+file:///srv/lib", None),
            ("", None),
        ] {
            assert_eq!(folder(text), wanted, "{text}");
        }
    }
}
