//! `obj/project.assets.json`: what NuGet restored for a project, and the sources it asked.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::name_and_version;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Of, Package, Registry, Standing, list, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `nuget-assets`.
pub struct NugetAssets;

static META: ScannerMeta = ScannerMeta {
    id: "nuget-assets",
    title: "NuGet assets file",
    summary: "Packages that a restore resolved, with edges, hash, which the project asks for itself and which of those \
              are private to the build, and the sources that were asked. Projects are the tree's own.",
    files: &["**/project.assets.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://learn.microsoft.com/nuget/concepts/package-installation-process",
};

impl Scanner for NugetAssets {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let libraries = root.get("libraries").context("no `libraries`: not a NuGet assets file")?;
        let folder = file.folder();
        // the file lies in the project's intermediate folder
        let folder = if folder.name() == "obj" { folder.parent() } else { folder };
        let project = toolkit::locked_root_at("nuget", &folder, input, file, out);
        let sources = root.at(&["project", "restore", "sources"]).map_or(&[][..], Node::entries);
        let public = |address: &str| {
            toolkit::host_of(address).is_some_and(|host| crate::scan::registries::is_public("nuget", &host))
        };
        // all sources are listed: what is not among them is not asked
        let beside = sources.iter().any(|source| public(&source.key));
        // which source is asked for a name a configuration says, here they are only listed
        let is_mapped = maps(&folder, input);
        for source in sources.iter().filter(|_| !is_mapped) {
            let standing = if beside { Standing::Beside } else { Standing::Instead };
            let seen = file.at(source.key_span).without_excerpt();
            let registry = Registry { ecosystem: list::NUGET, names: "*", standing, id: "", of: Of::All };
            registry.write(&project, &source.key, &seen, out);
        }
        let mut written = Entries::default();
        for entry in libraries.entries() {
            if entry.value.text_at("type") == Some("project") {
                written.add(&*entry.key, None, Locked::own(&project));
                continue;
            }
            let (name, Some(version)) = name_and_version(&entry.key) else {
                let message = format!("`{}` is not `name/version`", entry.key);
                out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
                continue;
            };
            let id = Package::new("nuget", name, Some(version), file, entry.key_span).write(&project, out);
            if let Some(hash) = entry.value.get("sha512")
                && let Some(text) = hash.text().filter(|text| !text.is_empty())
            {
                out.attribute(&id, key::INTEGRITY, format!("sha512-{text}"), file.at(hash.span));
            }
            toolkit::from_default(&id, "nuget", &file.at(entry.key_span), out);
            written.add(&*entry.key, None, Locked::package(id));
        }
        let asked = asked(root);
        for target in root.get("targets").map_or(&[][..], Node::entries) {
            edges(&target.value, &written, &asked, &project, file, out);
        }
        Ok(())
    }
}

/// True where a configuration of NuGet in a folder or above maps names to sources.
fn maps(folder: &RelPath, input: &Input<'_>) -> bool {
    let names = ["nuget.config", "NuGet.Config", "NuGet.config"];
    folder.and_above().any(|folder| {
        let paths =
            names.iter().filter_map(|name| folder.join(name)).filter(|path| input.paths.binary_search(path).is_ok());
        paths.filter_map(|path| input.companion(&path)).any(|file| file.text().contains("<packageSourceMapping"))
    })
}

/// Names that the project asks for itself, in lower case, with whether they are private to its build.
fn asked(root: &Node) -> Vec<(String, bool)> {
    let frameworks = root.at(&["project", "frameworks"]).map_or(&[][..], Node::entries);
    let dependencies = frameworks.iter().flat_map(|one| one.value.get("dependencies").map_or(&[][..], Node::entries));
    dependencies
        .map(|entry| {
            let private = entry.value.text_at("suppressParent").is_some_and(|text| text.eq_ignore_ascii_case("all"));
            (entry.key.to_ascii_lowercase(), private)
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Edges of one target; names in it mean its own entries.
fn edges(
    target: &Node,
    written: &Entries<'_>,
    asked: &[(String, bool)],
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let mut here = Entries::default();
    for entry in target.entries() {
        let (name, _) = name_and_version(&entry.key);
        for locked in written.named(&entry.key, None) {
            here.add(name.to_ascii_lowercase(), None, locked.clone());
            let at = asked.binary_search_by(|(asked, _)| asked.as_str().cmp(&name.to_ascii_lowercase()));
            let seen = file.at(entry.key_span);
            match at.ok().map(|at| asked[at].1) {
                _ if locked.own => {}
                Some(private) => {
                    toolkit::direct(project, &locked.id, &seen, out);
                    let scope = if private { scope::BUILD } else { scope::RUNTIME };
                    out.attribute(&locked.id, key::SCOPE, scope, seen);
                }
                None => out.attribute(&locked.id, key::RELATION, "transitive", seen),
            }
        }
    }
    for entry in target.entries() {
        let (name, _) = name_and_version(&entry.key);
        let name = name.to_ascii_lowercase();
        for need in entry.value.get("dependencies").map_or(&[][..], Node::entries) {
            let to = need.key.to_ascii_lowercase();
            for (from, to) in here.named(&name, None).zip(here.named(&to, None)) {
                if !from.own {
                    from.needs(to, &file.at(need.key_span), out);
                }
            }
        }
    }
}
