//! Which entries of pnpm's catalogs the manifests of a workspace mean by `catalog:`.

use std::collections::BTreeSet;

use super::overrides;
use crate::parse::Node;
use crate::scan::Input;
use crate::text::RelPath;

/// Manifests that are looked into.
const MANIFESTS: usize = 2_000;

/// Workspaces below one whose manifests are looked into.
const WORKSPACES: usize = 8;

/// The catalog that bears no name.
pub(super) const DEFAULT: &str = "default";

/// Catalogs and names that are used.
pub(super) struct Uses(BTreeSet<(String, String)>);

impl Uses {
    /// What the manifests of a folder and below, and the overrides of the settings themselves, use. Nothing when there
    /// is no manifest, or too many, and when one of them cannot be read.
    pub(super) fn of(input: &Input<'_>, folder: &RelPath, settings: &[Node]) -> Option<Self> {
        let is_installed = |path: &RelPath| path.as_str().split('/').any(|part| part == "node_modules");
        let is_manifest = |path: &&RelPath| path.name() == "package.json" && !is_installed(path);
        let manifests: Vec<&RelPath> = input.below(folder).filter(is_manifest).take(MANIFESTS + 1).collect();
        // workspaces within each other would read the same manifests again and again
        let workspaces = input.below(folder).filter(|path| path.name() == "pnpm-workspace.yaml").take(WORKSPACES + 1);
        if manifests.is_empty() || manifests.len() > MANIFESTS || workspaces.count() > WORKSPACES {
            return None;
        }
        let mut found = Self(BTreeSet::new());
        settings.iter().for_each(|root| found.read(root));
        for path in manifests {
            let file = input.companion(path)?;
            if file.text().contains("catalog:") {
                found.read(file.json().as_ref().ok()?);
            }
        }
        Some(found)
    }

    /// Adds every `name: catalog:…`, whatever table it stands in.
    fn read(&mut self, root: &Node) {
        for entry in root.walk().filter(|node| node.is_map()).flat_map(Node::entries) {
            if let Some(catalog) = entry.value.scalar().as_deref().and_then(|text| text.strip_prefix("catalog:")) {
                let catalog = if catalog.is_empty() { DEFAULT } else { catalog };
                // the key of an override may say of whom it is a dependency, and of which versions: `parent>name@>=2`
                self.0.insert((catalog.trim().to_owned(), overrides::named(&entry.key).0));
            }
        }
    }

    /// True when an entry of a catalog is used.
    pub(super) fn holds(&self, catalog: &str, name: &str) -> bool {
        self.0.contains(&(catalog.to_owned(), name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::json::json;

    #[test]
    fn overrides_name_a_package_with_its_user_and_versions() {
        let root = json(r#"{"a@<4.17": "catalog:", "b@>1": "catalog:", "c>d@>=2": "catalog:x", "@s/e@1": "catalog:"}"#);
        let mut found = Uses(BTreeSet::new());
        found.read(&root.expect("is JSON"));
        for name in ["a", "b", "@s/e"] {
            assert!(found.holds(DEFAULT, name), "{name}");
        }
        assert!(found.holds("x", "d") && !found.holds("x", "c"));
    }
}
