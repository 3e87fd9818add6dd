//! Packages of Haskell that are built together: what one of them asks for of another comes from the tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::parse::Node;
use crate::scan::Input;
use crate::scan::package::folders::Folders;
use crate::text::RelPath;

/// Folders of the packages that are built together, by name: what one of them asks for of another comes from the tree.
#[derive(Default)]
pub(super) struct Beside(BTreeMap<String, RelPath>);

/// The packages of the nearest `cabal.project` or `stack.yaml` in the folder or above that lists the file's own.
pub(super) fn beside(input: &Input<'_>) -> Arc<Beside> {
    let own = input.file().folder();
    let mut above = own.and_above().take(MOST_FOLDERS);
    let is_listed = |all: &Arc<Beside>| all.0.values().any(|folder| *folder == own);
    above.find_map(|folder| Beside::at(&folder, input).filter(is_listed)).unwrap_or_default()
}

impl Beside {
    /// The folder of a package that is built together with the file's own.
    pub(super) fn folder(&self, name: &str) -> Option<&RelPath> {
        self.0.get(name)
    }

    fn at(folder: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let read = || {
            let cabal = folder.join("cabal.project").and_then(|path| input.companion(&path));
            let patterns = match &cabal {
                Some(file) => packages_field(file.text()),
                None => {
                    let stack = folder.join("stack.yaml").and_then(|path| input.companion(&path));
                    let Some(stack) = stack else { return (None, 0) };
                    stack.yaml().documents.first().map(packages_of_stack).unwrap_or_default()
                }
            };
            let meant: Vec<Folders> = patterns.iter().filter_map(|pattern| folders(folder, pattern)).collect();
            let mut all = BTreeMap::new();
            for path in input.below(folder).filter(|path| is_manifest(path)).take(MOST_PACKAGES) {
                let place = path.parent();
                if meant.iter().any(|folders| folders.hold(&place))
                    && let Some(name) = name_of(path, input)
                {
                    all.insert(name, place);
                }
            }
            (Some(Arc::new(Self(all))), cabal.map_or(0, |file| file.text().len()))
        };
        Option::clone(&input.memo.of(folder, read))
    }
}

/// Files of a folder and below among which its manifest is looked for.
const MOST_FILES: usize = 10_000;

/// True for a file that makes its folder a package.
fn is_manifest(path: &RelPath) -> bool {
    path.name().ends_with(".cabal") || path.name() == "package.yaml"
}

/// True for a folder of the tree that is a package.
pub(super) fn is_package(folder: &RelPath, input: &Input<'_>) -> bool {
    let look = || {
        let mut near = input.below(folder).take(MOST_FILES);
        (IsPackage(near.any(|path| is_manifest(path) && path.parent() == *folder)), 0)
    };
    input.memo.of(folder, look).0
}

/// Whether a folder is a package: hundreds of entries may name the same, each with thousands of files below it.
struct IsPackage(bool);

/// The package of a manifest: a Cabal file has its name, that of hpack states it or has that of its folder.
fn name_of(path: &RelPath, input: &Input<'_>) -> Option<String> {
    if let Some(name) = path.name().strip_suffix(".cabal") {
        return Some(name.to_owned());
    }
    let manifest = input.companion(path)?;
    let name = manifest.yaml().documents.first().and_then(|root| root.text_at("name").map(str::to_owned));
    Some(name.unwrap_or_else(|| path.parent().name().to_owned()))
}

/// The folders that Stack builds: those that are listed, else its own; and extra packages that are folders.
fn packages_of_stack(root: &Node) -> Vec<String> {
    let texts = |key: &str| root.get(key).map_or(&[][..], Node::list).iter().filter_map(Node::text);
    let own = root.get("packages").is_none().then_some(".");
    let extra = texts("extra-deps").filter(|text| is_folder(text));
    own.into_iter().chain(texts("packages")).chain(extra).take(MOST_PATTERNS).map(str::to_owned).collect()
}

/// True for an entry of Stack that is a folder of the tree: no address, and no version of a package.
pub(super) fn is_folder(text: &str) -> bool {
    !text.contains("://") && super::versioned(text).is_none() && (text.contains('/') || text.starts_with('.'))
}

/// The words of the field `packages` of a `cabal.project`; without one, the folder itself.
fn packages_field(text: &str) -> Vec<String> {
    let mut found: Option<Vec<String>> = None;
    let mut is_open = false;
    for line in text.lines() {
        let code = line.split("--").next().unwrap_or("");
        let rest = match code.strip_prefix("packages:") {
            Some(rest) => {
                is_open = true;
                rest
            }
            None if code.starts_with([' ', '\t']) => code,
            None => {
                is_open &= code.is_empty();
                continue;
            }
        };
        if is_open {
            let words = rest.split([' ', ',', '\t']).filter(|word| !word.is_empty());
            found.get_or_insert_default().extend(words.take(MOST_PACKAGES).map(str::to_owned));
        }
    }
    let mut found = found.unwrap_or_else(|| vec![".".to_owned()]);
    found.truncate(MOST_PATTERNS);
    found
}

/// The folders that a pattern of packages means: `.`, `lib`, `libs/*/`, `lib/*.cabal`.
fn folders(from: &RelPath, pattern: &str) -> Option<Folders> {
    let pattern = match pattern.rsplit_once('/') {
        Some((above, file)) if file.ends_with(".cabal") => above,
        None if pattern.ends_with(".cabal") => "",
        _ => pattern,
    };
    Folders::of(from, pattern)
}

/// How far above a package its project is looked for, and the packages and patterns of one.
const MOST_FOLDERS: usize = 12;
const MOST_PATTERNS: usize = 256;
const MOST_PACKAGES: usize = 2_000;
