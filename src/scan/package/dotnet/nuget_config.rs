//! `nuget.config`: the sources that NuGet asks.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Of, Registry, Standing, list};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `nuget-config`.
pub struct NugetConfig;

static META: ScannerMeta = ScannerMeta {
    id: "nuget-config",
    title: "NuGet settings",
    summary: "Package sources that are asked, instead of or beside the public one, and which names come from which; those of folders above are asked too unless a \
              file clears them. \
              Credentials and keys are never read; folders are the tree's own.",
    files: &["**/[nN][uU][gG][eE][tT].[cC][oO][nN][fF][iI][gG]"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://learn.microsoft.com/nuget/reference/nuget-config-file",
};

impl Scanner for NugetConfig {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.xml_or_part(out)?;
        anyhow::ensure!(&*root.name == "configuration", "the root element is `{}`: not NuGet settings", root.name);
        let folder = file.folder();
        let folder = if folder.name().eq_ignore_ascii_case(".nuget") { folder.parent() } else { folder };
        let project = toolkit::root_at(&folder, input, file, out);
        let mut cleared = false;
        let mut id = "";
        let mut sources: BTreeMap<&str, (&str, &Element)> = BTreeMap::new();
        for item in root.all_groups("packageSources").flat_map(Element::entries) {
            match &*item.name {
                "clear" => {
                    cleared = true;
                    id = list::CLEARED;
                    sources.clear();
                }
                "remove" => {
                    let name = item.attribute("key").unwrap_or("");
                    cleared |= name.eq_ignore_ascii_case("nuget.org");
                    sources.remove(name);
                }
                "add" => match item.attribute("key").zip(item.attribute("value")) {
                    Some((name, address)) => {
                        sources.insert(name, (address, item));
                    }
                    None => {
                        let message = "a source without `key` or `value`";
                        out.problem(DiagnosticKind::Malformed, file, Some(item.tag), message);
                    }
                },
                _ => {}
            }
        }
        let off: BTreeSet<&str> = root
            .all_groups("disabledPackageSources")
            .flat_map(|all| all.all("add"))
            .filter(|item| item.attribute("value").is_some_and(|value| value.eq_ignore_ascii_case("true")))
            .filter_map(|item| item.attribute("key"))
            .collect();
        sources.retain(|name, _| !off.contains(name));
        let public = |address: &str| {
            toolkit::host_of(address).is_some_and(|host| crate::scan::registries::is_public("nuget", &host))
        };
        let alone = cleared && !sources.values().any(|(address, _)| public(address))
            || off.iter().any(|name| name.eq_ignore_ascii_case("nuget.org"));
        let mapping = mapping(&root);
        for (name, (address, item)) in &sources {
            // an address may hold a password
            let seen = file.at(item.tag).without_excerpt();
            match mapping.get(name) {
                Some(patterns) => {
                    for pattern in patterns {
                        let registry = Registry {
                            ecosystem: list::NUGET,
                            names: pattern,
                            standing: Standing::Instead,
                            id,
                            of: Of::All,
                        };
                        registry.write(&project, address, &seen, out);
                    }
                }
                // names that no source is mapped to come from nowhere
                None if !mapping.is_empty() => {}
                None => {
                    let standing = if alone { Standing::Instead } else { Standing::Beside };
                    let registry = Registry { ecosystem: list::NUGET, names: "*", standing, id, of: Of::All };
                    registry.write(&project, address, &seen, out);
                }
            }
        }
        Ok(())
    }
}

/// Patterns of names by the source that they come from.
fn mapping(root: &Element) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in root.all_groups("packageSourceMapping").flat_map(|all| all.all_groups("packageSource")) {
        let Some(name) = source.attribute("key") else { continue };
        let patterns = source.all("package").filter_map(|package| package.attribute("pattern"));
        found.entry(name).or_default().extend(patterns);
    }
    found
}
