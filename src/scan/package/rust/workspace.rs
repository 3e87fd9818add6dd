//! What files above a Cargo manifest say of it: the workspace it belongs to, and the registries that are configured.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::parse::{Node, toml};
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// How far above a manifest is looked.
const MOST_FOLDERS: usize = 12;

/// The manifest of a workspace.
pub(super) struct Workspace {
    /// Its file.
    pub(super) file: SourceFile,
    /// The file as a tree.
    pub(super) root: Node,
}

impl Workspace {
    /// The workspace that a manifest belongs to, unless the manifest is that itself.
    pub(super) fn of(input: &Input<'_>, file: &SourceFile, root: &Node) -> Option<Arc<Self>> {
        if root.get("workspace").is_some() {
            return None;
        }
        if let Some(stated) = root.at(&["package", "workspace"]).and_then(Node::text) {
            return Self::at(input, &file.folder().join(stated)?);
        }
        above(&file.folder()).skip(1).find_map(|folder| Self::at(input, &folder))
    }

    /// The workspace of a manifest in a folder, which all its members ask for.
    fn at(input: &Input<'_>, folder: &RelPath) -> Option<Arc<Self>> {
        let path = folder.join("Cargo.toml")?;
        let read = || {
            let Some(file) = input.companion(&path) else { return (None, 0) };
            let bytes = file.text().len();
            // most manifests above are none: they are not parsed
            if !file.text().contains("workspace") {
                return (None, 0);
            }
            let (root, _) = toml::toml_of(file.shared_text());
            (root.get("workspace").is_some().then(|| Arc::new(Self { file, root })), bytes)
        };
        Option::clone(&input.memo.of(&path, read))
    }
}

/// The names of the crates that the manifests in a folder and below make. Their versions do not count: a lock file may be
/// behind them.
pub(super) struct Crates(BTreeSet<Arc<str>>);

impl Crates {
    /// Manifests that are looked into.
    const MOST: usize = 20_000;

    /// Looks into all manifests of a folder and below.
    pub(super) fn below(folder: &RelPath, input: &Input<'_>) -> Self {
        let manifests = input.below(folder).filter(|path| path.name() == "Cargo.toml").take(Self::MOST);
        // lock files in folders within each other look into the same ones
        let made = |path: &RelPath| input.memo.of(path, || (Made::by(path, input), 0)).0.clone();
        Self(manifests.filter_map(made).collect())
    }

    /// True where one of them makes a crate of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The name of the crate that a manifest makes.
struct Made(Option<Arc<str>>);

impl Made {
    fn by(path: &RelPath, input: &Input<'_>) -> Self {
        let manifest = input.companion(path);
        let name = manifest.as_ref().and_then(|manifest| manifest.toml_root().at(&["package", "name"])?.text());
        Self(name.map(Arc::from))
    }
}

/// A folder and those above it, the nearest first.
fn above(folder: &RelPath) -> impl Iterator<Item = RelPath> {
    folder.and_above().take(MOST_FOLDERS)
}

/// Configuration files of Cargo that hold for a folder, the nearest first.
pub(super) fn configurations(input: &Input<'_>, folder: &RelPath) -> Vec<(SourceFile, Node)> {
    let paths = above(folder).flat_map(|folder| {
        [".cargo/config.toml", ".cargo/config"].into_iter().filter_map(move |path| folder.join(path))
    });
    let files = paths.filter_map(|path| input.companion(&path));
    files.map(|file| (toml::toml(file.text()).0, file)).map(|(root, file)| (file, root)).collect()
}

/// Address of a registry that one of these files names, with its place.
pub(super) fn registry_index<'c>(
    configurations: &'c [(SourceFile, Node)],
    name: &str,
) -> Option<(&'c SourceFile, &'c Node)> {
    configurations.iter().find_map(|(file, root)| Some((file, root.at(&["registries", name, "index"])?)))
}

/// True for the addresses of the public registry.
pub(super) fn is_public(address: &str) -> bool {
    address.contains("github.com/rust-lang/crates.io-index")
        || crate::scan::package::toolkit::host_of(address)
            .is_some_and(|host| host == "crates.io" || host.ends_with(".crates.io"))
}

/// An address without what Cargo takes for the same.
pub(super) fn plain(address: &str) -> &str {
    let address = address.trim_end_matches('/');
    address.strip_suffix(".git").unwrap_or(address)
}
