//! `bun.lock`, Bun's lock file as text. The binary `bun.lockb` is not read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use super::reach::Reach;
use super::spec::{self, Spec, split_at_sign};
use super::tree::{ROOT, Tree};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `bun-lock`.
pub struct BunLock;

static META: ScannerMeta = ScannerMeta {
    id: "bun-lock",
    title: "Bun lock file",
    summary: "Exact packages with edges resolved as Bun lays them out, integrity, repositories and archives they come \
              from, and what each workspace folder asks for. The scope is computed from what the folders ask for.",
    files: &["**/bun.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://bun.sh/docs/install/lockfile",
};

/// Tables of a workspace folder and what they mean.
const TABLES: [(&str, &str); 4] = [
    ("dependencies", scope::RUNTIME),
    ("optionalDependencies", scope::OPTIONAL),
    ("peerDependencies", scope::RUNTIME),
    ("devDependencies", scope::DEV),
];

impl Scanner for BunLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.jsonc_or_part(out)?;
        let workspaces = root.get("workspaces").context("no `workspaces`: not a Bun lock file")?;
        version_known(root, file, out);
        let lock = Lock { project: toolkit::locked_root("npm", input, file, out), input, file };
        let mut tree = Tree::default();
        lock.packages(root.get("packages").map_or(&[][..], Node::entries), &mut tree, out);
        let mut reach = Reach::new(tree.places().count());
        for workspace in workspaces.entries() {
            lock.asked(workspace, &tree, &mut reach, out);
        }
        for (place, installed) in tree.places() {
            let Some(details) = details(&installed.entry.value) else { continue };
            lock.needs((place, &installed.locked), details, &tree, &mut reach, out);
        }
        for ((_, installed), scope) in tree.places().zip(reach.scopes()) {
            if let Some(scope) = scope
                && !installed.locked.own
            {
                out.attribute(&installed.locked.id, key::SCOPE, scope, file.at(installed.entry.key_span));
            }
        }
        Ok(())
    }
}

fn version_known(root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(version) = root.get("lockfileVersion") else { return };
    if !version.scalar().is_some_and(|text| matches!(&*text, "0" | "1")) {
        let message = "a lock version that is not known; read as version 1";
        out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
    }
}

/// The table with a package's dependencies: its place in the entry depends on where the package comes from.
fn details(entry: &Node) -> Option<&Node> {
    entry.list().iter().skip(1).find(|item| item.is_map())
}

/// What every step needs.
struct Lock<'a> {
    project: ComponentId,
    input: &'a Input<'a>,
    file: &'a SourceFile,
}

impl Lock<'_> {
    /// Writes the packages. A key is the way to a package: `a`, or `a/b` for the `b` that only `a` sees.
    fn packages<'a>(&self, packages: &'a [Entry], tree: &mut Tree<'a>, out: &mut Facts<'_>) {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut nested = Vec::new();
        for entry in packages {
            let Some(locked) = self.write(entry, out) else { continue };
            let (above, name) = last_name(&entry.key);
            let (place, _) = tree.add(ROOT, above.is_none().then_some(name), locked, entry);
            places.insert(&entry.key, place);
            nested.extend(above.map(|above| (above, name, place)));
        }
        for (above, name, place) in nested {
            if let Some(above) = places.get(above) {
                tree.put(place, *above, name);
            }
        }
    }

    fn write(&self, entry: &Entry, out: &mut Facts<'_>) -> Option<Locked> {
        let file = self.file;
        let items = entry.value.list();
        let Some((name, reference)) = items.first().and_then(Node::text).and_then(split_at_sign) else {
            let message = format!("the entry `{}` does not begin with `name@version`", entry.key);
            out.problem(DiagnosticKind::Malformed, file, Some(entry.value.span), message);
            return None;
        };
        if let Some(folder) = reference.strip_prefix("workspace:") {
            return Some(self.member(folder, out));
        }
        let meaning = spec::spec(reference);
        if reference.starts_with("root:") || meaning == Spec::Own && !spec::is_archive(reference) {
            return Some(self.member(reference.strip_prefix("root:").map_or(reference, |_| ""), out));
        }
        let version = match &meaning {
            Spec::Range { range, .. } => Some(&**range),
            _ => None,
        };
        let is_held = matches!(&meaning, Spec::Address(address) if spec::is_locked_at(address));
        let package = Package::new("npm", name, version, file, entry.key_span).at_fixed_revision(is_held);
        let id = package.write(&self.project, out);
        let seen = file.at(entry.key_span);
        let registry = items.get(1).filter(|_| version.is_some());
        match (&meaning, registry.and_then(|node| node.text().map(|text| (text, node.span)))) {
            (Spec::Address(address), _) => spec::fetched(&id, address, &file.at(items[0].span), out),
            (_, Some((address, span))) if toolkit::host_of(address).is_some() => {
                toolkit::fetched_from(&id, address, &file.at(span), out);
            }
            (Spec::Own, _) => {}
            _ => toolkit::from_default(&id, "npm", &seen, out),
        }
        if let Some(node) = items.iter().skip(1).find(|item| item.text().is_some_and(|text| text.starts_with("sha"))) {
            out.attribute(&id, key::INTEGRITY, node.text().unwrap_or_default(), file.at(node.span));
        }
        Some(Locked::package(id))
    }

    /// What a workspace folder asks for.
    fn asked(&self, workspace: &Entry, tree: &Tree<'_>, reach: &mut Reach, out: &mut Facts<'_>) {
        let own = self.member(&workspace.key, out);
        // what only this folder sees stands below its name
        let place = workspace.value.text_at("name").filter(|_| !workspace.key.is_empty());
        let place = place.and_then(|name| tree.resolve(ROOT, name)).unwrap_or(ROOT);
        let absent = absent(&workspace.value);
        for (table, scope) in TABLES {
            for need in workspace.value.get(table).map_or(&[][..], Node::entries) {
                match tree.resolve(place, &need.key).and_then(|to| Some((to, tree.at(to)?))) {
                    Some((to, installed)) => {
                        own.needs(&installed.locked, &self.file.at(need.key_span), out);
                        reach.root(to - 1, scope);
                    }
                    None => self.missing(table, need, &absent, out),
                }
            }
        }
    }

    /// What a package needs.
    fn needs(
        &self,
        (place, locked): (usize, &Locked),
        details: &Node,
        tree: &Tree<'_>,
        reach: &mut Reach,
        out: &mut Facts<'_>,
    ) {
        let absent = absent(details);
        for (table, _) in &TABLES[..3] {
            for need in details.get(table).map_or(&[][..], Node::entries) {
                match tree.resolve(place, &need.key).and_then(|to| Some((to, tree.at(to)?))) {
                    Some((to, installed)) => {
                        locked.needs(&installed.locked, &self.file.at(need.key_span), out);
                        let optional = *table == "optionalDependencies" || absent.contains(&*need.key);
                        reach.need(place - 1, to - 1, optional);
                    }
                    None => self.missing(table, need, &absent, out),
                }
            }
        }
    }

    fn missing(&self, table: &str, need: &Entry, absent: &BTreeSet<&str>, out: &mut Facts<'_>) {
        let own = need.value.text().is_some_and(|text| spec::spec(text) == Spec::Own);
        if table == "optionalDependencies" || own || absent.contains(&*need.key) {
            return;
        }
        let message = format!("`{}` is asked for here and not among the packages", need.key);
        out.problem(DiagnosticKind::Unresolved, self.file, Some(need.key_span), message);
    }

    fn member(&self, folder: &str, out: &mut Facts<'_>) -> Locked {
        spec::member(folder, &self.project, self.input, self.file, out)
    }
}

/// Peers that may be absent.
fn absent(details: &Node) -> BTreeSet<&str> {
    details.get("optionalPeers").map_or(&[][..], Node::list).iter().filter_map(Node::text).collect()
}

/// The way without its last name, and that name: `@s/a/@t/b` is `@s/a` and `@t/b`.
fn last_name(key: &str) -> (Option<&str>, &str) {
    let Some(cut) = key.rfind('/') else { return (None, key) };
    let start = key[..cut].rfind('/').map_or(0, |at| at + 1);
    let cut = if key[start..].starts_with('@') { start } else { cut + 1 };
    (cut.checked_sub(1).map(|end| &key[..end]), &key[cut..])
}

#[cfg(test)]
mod tests {
    use super::last_name;

    #[test]
    fn ways_end_in_names() {
        assert_eq!(last_name("a"), (None, "a"));
        assert_eq!(last_name("@s/a"), (None, "@s/a"));
        assert_eq!(last_name("a/b"), (Some("a"), "b"));
        assert_eq!(last_name("a/@t/b"), (Some("a"), "@t/b"));
        assert_eq!(last_name("@s/a/@t/b"), (Some("@s/a"), "@t/b"));
        assert_eq!(last_name("@s/a/b"), (Some("@s/a"), "b"));
    }
}
