//! Julia's `Project.toml`: what a project asks for.

use std::collections::BTreeMap;

use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `julia-project`.
pub struct JuliaProject;

static META: ScannerMeta = ScannerMeta {
    id: "julia-project",
    title: "Julia project",
    summary: "Direct, optional and test dependencies with the constraint of `[compat]` and the git host of `[sources]`. \
              A package in whose folder the file lies is a \
              project of the tree. A Manifest.toml in the folder or above answers the others; what comes with Julia is left out. In a depot \
              (`packages/NAME/SLUG`) the package itself, as installed.",
    files: &["**/Project.toml", "**/JuliaProject.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pkgdocs.julialang.org/v1/toml-files/#Project.toml",
};

impl Scanner for JuliaProject {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        if installed(root, input, file, out) {
            return Ok(());
        }
        let tables = [("deps", scope::RUNTIME), ("weakdeps", scope::OPTIONAL), ("extras", scope::TEST)];
        if tables.iter().all(|(table, _)| root.get(table).is_none()) {
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        let (deps, weak) = (table_of(root, "deps"), table_of(root, "weakdeps"));
        let above = packages_above(input);
        let (compat, sources) = (table_of(root, "compat"), table_of(root, "sources"));
        for (table, scope) in tables {
            for entry in root.get(table).map_or(&[][..], Node::entries) {
                let name = &*entry.key;
                let source = sources.get(name).copied();
                let own = source.and_then(|source| source.get("path"));
                if let Some(path) = own
                    && let Some(text) = path.text()
                {
                    let place = (&file.folder(), text, manifest::JULIA);
                    toolkit::needs_project(&project, place, input, (file, path.span), out);
                }
                // tests and documents of a package have projects of their own, which ask for the package
                if own.is_none()
                    && let Some(folder) = above.get(entry.value.text().unwrap_or_default())
                {
                    toolkit::uses_project(&project, folder, input, &file.at(entry.key_span), out);
                    continue;
                }
                let repeated = table == "extras" && (deps.contains_key(name) || weak.contains_key(name));
                if own.is_none() && !repeated && !super::is_standard(name) {
                    let constraint = compat.get(name).and_then(|node| node.text()).unwrap_or("");
                    dependency(entry, scope, constraint, source, &project, file, out);
                }
            }
        }
        Ok(())
    }
}

/// The folders of the packages in whose folders the file lies, by `uuid`.
fn packages_above(input: &Input<'_>) -> BTreeMap<String, RelPath> {
    let mut found = BTreeMap::new();
    for folder in input.file().folder().and_above().skip(1).take(MOST_FOLDERS) {
        for name in manifest::JULIA {
            let package = folder.join(name).and_then(|path| input.companion(&path));
            let Some(package) = package else { continue };
            if let Some(uuid) = package.toml_root().text_at("uuid") {
                found.entry(uuid.to_owned()).or_insert_with(|| folder.clone());
            }
        }
    }
    found
}

/// True for a package that lies in a depot, as `packages/NAME/SLUG/Project.toml`: it is written, and what it asks for is
/// answered by the manifest of whoever uses it.
fn installed(root: &Node, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> bool {
    let parts: Vec<&str> = file.path().as_str().split('/').collect();
    let [.., "packages", folder, slug, _] = parts.as_slice() else { return false };
    let is_slug = (4..=5).contains(&slug.len()) && slug.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (Some(name), Some(version)) = (root.get("name"), root.text_at("version")) else { return false };
    let Some(text) = name.text().filter(|text| is_slug && text == folder) else { return false };
    let above = parts[..parts.len() - 4].join("/");
    let holder = input.root_subject_at(&RelPath::new(&above).unwrap_or_else(RelPath::root));
    out.component(&holder, input.root_kind(), file.whole());
    let qualifiers = [("uuid", root.text_at("uuid").unwrap_or_default())];
    Package::new("julia", text, Some(version), file, name.span).qualified(&qualifiers).write(&holder, out);
    true
}

/// How far above a project the package that it belongs to is looked for.
const MOST_FOLDERS: usize = 12;

fn table_of<'n>(root: &'n Node, name: &str) -> BTreeMap<&'n str, &'n Node> {
    root.get(name).map_or(&[][..], Node::entries).iter().map(|entry| (&*entry.key, &entry.value)).collect()
}

fn dependency(
    entry: &Entry,
    scope: &'static str,
    constraint: &str,
    source: Option<&Node>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let qualifiers = [("uuid", entry.value.text().unwrap_or(""))];
    let stated = |key| source.and_then(|source| source.get(key)).and_then(|node| Some((node, node.text()?)));
    let (revision, address) = (stated("rev"), stated("url"));
    // a repository has the version of its revision, whatever is asked of it
    let version = toolkit::exact("julia", constraint).filter(|_| address.is_none());
    let package = Package::new("julia", &entry.key, version, file, entry.key_span)
        .at_fixed_revision(address.is_some() && revision.is_some_and(|(_, text)| toolkit::is_fixed(text)));
    let id = package.qualified(&qualifiers).require(constraint, scope, project, out);
    if let Some((revision, text)) = revision {
        out.attribute(&id, key::REVISION, text, file.at(revision.span));
    }
    match address {
        Some((address, text)) => toolkit::from_git(&id, text, &file.at(address.span), out),
        None => toolkit::from_default(&id, "julia", &file.at(entry.key_span), out),
    }
}
