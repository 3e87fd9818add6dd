//! Which folders are members of a workspace of npm: npm takes the settings of its root for them, and sets theirs aside.

use crate::parse::Node;
use crate::scan::Input;
use crate::scan::package::folders::Folders;
use crate::text::RelPath;

/// Folders above a member in which the root is looked for.
const ABOVE: usize = 32;

/// Patterns of one root; real ones have a handful.
const PATTERNS: usize = 256;

/// Files beside the root of a workspace that another tool than npm works in.
const OF_OTHERS: [&str; 8] = [
    ".yarnrc",
    ".yarnrc.yml",
    "bun.lock",
    "bun.lockb",
    "bunfig.toml",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
];

/// Lock files by which a folder is installed for itself.
pub(super) const LOCKS: [&str; 5] =
    ["bun.lock", "npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"];

/// What a manifest says of the members of its workspace, in order; the last pattern that fits counts.
struct Workspace(Vec<(bool, Folders)>);

impl Workspace {
    /// What the manifest of a folder says; empty where there is none, and where it is not npm that reads it.
    fn of(folder: &RelPath, input: &Input<'_>) -> (Self, usize) {
        let none = |bytes| (Self(Vec::new()), bytes);
        let Some(file) = folder.join("package.json").and_then(|path| input.companion(&path)) else { return none(0) };
        let bytes = file.text().len();
        let Ok(root) = file.json() else { return none(bytes) };
        let manager = root.text_at("packageManager");
        if manager.is_some_and(|manager| !manager.starts_with("npm@")) || holds(folder, &OF_OTHERS, input) {
            return none(bytes);
        }
        let stated = root.get("workspaces").map(|stated| stated.get("packages").unwrap_or(stated));
        let patterns = stated.map_or(&[][..], Node::list).iter().filter_map(Node::text).take(PATTERNS);
        let read = |pattern: &str| {
            let (is_in, pattern) = pattern.strip_prefix('!').map_or((true, pattern), |pattern| (false, pattern));
            Some((is_in, Folders::of(folder, pattern.trim_start_matches('/'))?))
        };
        (Self(patterns.filter_map(read).collect()), bytes)
    }

    fn has(&self, folder: &RelPath) -> bool {
        self.0.iter().rev().find(|(_, folders)| folders.hold(folder)).is_some_and(|(is_in, _)| *is_in)
    }
}

/// The folder of the root whose settings npm takes for the package of a folder in place of its own.
pub(super) fn root_of(folder: &RelPath, input: &Input<'_>) -> Option<RelPath> {
    if folder.is_root() || !holds(folder, &["package.json"], input) || holds(folder, &LOCKS, input) {
        return None;
    }
    let mut above = folder.clone();
    for _ in 0..ABOVE {
        if above.is_root() {
            break;
        }
        above = above.parent();
        if input.memo.of(&above, || Workspace::of(&above, input)).has(folder) {
            return Some(above);
        }
    }
    None
}

pub(super) fn holds(folder: &RelPath, names: &[&str], input: &Input<'_>) -> bool {
    let is_there = |name: &&str| folder.join(name).is_some_and(|path| input.paths.binary_search(&path).is_ok());
    names.iter().any(is_there)
}
