//! Packages of one workspace of npm, Yarn, Bun or pnpm that ask for each other by name, where no lock file says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::members::{LOCKS, holds};
use crate::parse::Node;
use crate::scan::package::folders::Folders;
use crate::scan::{Input, reconcile};
use crate::text::RelPath;

/// Folders above a member in which the root is looked for, patterns of one root, and manifests that are held against them.
const ABOVE: usize = 32;
const PATTERNS: usize = 256;
const MANIFESTS: usize = 2_000;

/// The members of the workspace that a folder is the root of, by name; empty where it is none.
struct Siblings(BTreeMap<String, Member>);

struct Member {
    folder: RelPath,
    version: Option<String>,
}

/// How one package asks for another.
#[derive(Clone, Copy)]
pub(super) enum Asks<'a> {
    /// `workspace:*`: for the member, whatever version it has.
    Member,
    /// For a range, which a member may meet.
    Range(&'a str),
}

/// The workspace that a manifest belongs to.
pub(super) struct Workspace {
    members: Arc<Siblings>,
    is_pnpm: bool,
}

impl Workspace {
    /// Nothing for a package alone, and where a lock file says what its members take.
    pub(super) fn of(input: &Input<'_>) -> Option<Self> {
        let own = input.file().folder();
        for root in own.and_above().take(ABOVE) {
            if holds(&root, &LOCKS, input) {
                return None;
            }
            let is_pnpm = holds(&root, &["pnpm-workspace.yaml"], input);
            if is_pnpm || holds(&root, &["package.json"], input) {
                let members = input.memo.of(&root, || Siblings::of(&root, is_pnpm, input));
                if members.0.values().any(|member| member.folder == own) {
                    return Some(Self { members, is_pnpm });
                }
            }
        }
        None
    }

    /// The folder of the member that a package gets for a name.
    pub(super) fn sibling(&self, name: &str, asks: Asks<'_>) -> Option<&RelPath> {
        // pnpm takes from the registry what is not said to be of the workspace
        if self.is_pnpm && matches!(asks, Asks::Range(_)) {
            return None;
        }
        self.members.0.get(name).filter(|member| member.meets(asks)).map(|member| &member.folder)
    }
}

impl Member {
    fn meets(&self, asks: Asks<'_>) -> bool {
        let Asks::Range(range) = asks else { return true };
        match &self.version {
            Some(version) => reconcile::is_within("npm", range, version) == Some(true),
            None => matches!(range.trim(), "" | "*"),
        }
    }
}

impl Siblings {
    fn of(root: &RelPath, is_pnpm: bool, input: &Input<'_>) -> (Self, usize) {
        let none = |bytes| (Self(BTreeMap::new()), bytes);
        let name = if is_pnpm { "pnpm-workspace.yaml" } else { "package.json" };
        let Some(file) = root.join(name).and_then(|path| input.companion(&path)) else { return none(0) };
        let bytes = file.text().len();
        let stated = if is_pnpm {
            file.yaml().documents.first().and_then(|root| root.get("packages"))
        } else {
            file.json().ok().and_then(|root| root.get("workspaces")).map(|all| all.get("packages").unwrap_or(all))
        };
        let texts = stated.map_or(&[][..], Node::list).iter().filter_map(Node::text).take(PATTERNS);
        let read = |pattern: &str| {
            let (is_in, pattern) = pattern.strip_prefix('!').map_or((true, pattern), |pattern| (false, pattern));
            Some((is_in, Folders::of(root, pattern.trim_start_matches('/'))?))
        };
        let patterns: Vec<(bool, Folders)> = texts.filter_map(read).collect();
        if patterns.is_empty() {
            return none(bytes);
        }
        // the last pattern that fits counts; the root is a member itself
        let is_member = |folder: &RelPath| {
            folder == root || patterns.iter().rev().find(|(_, all)| all.hold(folder)).is_some_and(|(is_in, _)| *is_in)
        };
        let is_manifest = |path: &&RelPath| path.name() == "package.json" && !path.as_str().contains("node_modules/");
        let folders = input.below(root).filter(is_manifest).take(MANIFESTS).map(RelPath::parent);
        let mut members = BTreeMap::new();
        for folder in folders.filter(is_member) {
            let Some(manifest) = folder.join("package.json").and_then(|path| input.companion(&path)) else { continue };
            let Ok(stated) = manifest.json() else { continue };
            let Some(name) = stated.text_at("name").filter(|name| !name.is_empty()) else { continue };
            let version = stated.text_at("version").map(str::to_owned);
            members.entry(name.to_owned()).or_insert(Member { folder, version });
        }
        (Self(members), bytes)
    }
}
