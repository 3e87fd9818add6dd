//! Packages whose copies lie in the tree are not fetched: losing their registry or mirror stops nothing.
//!
//! A project builds from a copy that lies in a store of its own folder or of one above. A package that some
//! project of the tree has to fetch stays fetched, and so does one whose copy is not checked in: it is made anew on the
//! next machine.

use std::collections::{BTreeMap, BTreeSet};

use super::reconcile::folder_of;
use crate::model::{ComponentId, Horizon, Inventory, RelationKind, key};
use crate::source::ignored::is_ignored;
use crate::text::RelPath;

/// Folders that tools fill with packages of others.
const STORES: [&str; 4] = ["node_modules", "vendor", "site-packages", "dist-packages"];

/// A folder with copies: the folder that its tool speaks for, and the folder that the tool fills.
struct Store {
    home: RelPath,
    folder: RelPath,
}

/// Says of the packages that every project holds that losing their host never hurts.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, read: &dyn Fn(&RelPath) -> Option<Vec<u8>>) -> Inventory {
    let held = held(&inventory, read);
    if held.is_empty() {
        return inventory;
    }
    let mut fetched: BTreeSet<ComponentId> = BTreeSet::new();
    for (user, row) in inventory.relations().filter(|(_, row)| row.kind == RelationKind::Contains) {
        let Some(copies) = held.get(&row.to) else { continue };
        let has_copy = folder_of(user).is_some_and(|folder| copies.iter().any(|copy| serves(copy, &folder)));
        if !has_copy {
            fetched.insert(row.to.clone());
        }
    }
    for (id, known) in inventory.iter_mut() {
        if held.contains_key(id) && !fetched.contains(id) {
            known.set_horizon(RelationKind::DistributedBy, Horizon::None);
        }
    }
    inventory
}

/// The copies of packages that are checked in, by package.
fn held(inventory: &Inventory, read: &dyn Fn(&RelPath) -> Option<Vec<u8>>) -> BTreeMap<ComponentId, Vec<Store>> {
    let mut ignored: BTreeMap<RelPath, bool> = BTreeMap::new();
    let mut held: BTreeMap<ComponentId, Vec<Store>> = BTreeMap::new();
    for (of, row) in inventory.attributes_of(key::HELD).filter(|(of, _)| folder_of(of).is_none()) {
        let Some(store) = RelPath::new(&row.value).map(|folder| store_of(&folder)) else { continue };
        let is_ignored = ignored.entry(store.folder.clone()).or_insert_with(|| is_ignored(&store.folder, read));
        if !*is_ignored {
            held.entry(of.clone()).or_default().push(store);
        }
    }
    held
}

/// The store that a copy lies in. Crates may be vendored into a folder of any name: there it is the folder above.
fn store_of(copy: &RelPath) -> Store {
    let text = copy.as_str();
    let mut at = 0;
    for part in text.split('/') {
        let end = at + part.len();
        if STORES.contains(&part) {
            let folder = RelPath::new(&text[..end]).unwrap_or_else(RelPath::root);
            return Store { home: home_of(&folder), folder };
        }
        at = end + 1;
    }
    let folder = copy.parent();
    Store { home: folder.parent(), folder }
}

/// The folder above a store; above the whole environment for Python's: `svc` of `svc/.venv/lib/python3.12/site-packages`.
fn home_of(folder: &RelPath) -> RelPath {
    let above = folder.parent();
    let is_python = above.name().starts_with("python") && above.parent().name() == "lib";
    if is_python { above.parent().parent().parent() } else { above }
}

/// True when a project in `folder` builds from the store.
fn serves(store: &Store, folder: &RelPath) -> bool {
    is_within(folder, &store.home) || *folder == store.folder
}

fn is_within(path: &RelPath, folder: &RelPath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    folder.is_root() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
