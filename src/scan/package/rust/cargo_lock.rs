//! `Cargo.lock`, versions 1 to 4: exact packages, their edges, and where each is fetched from.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::replaced::Replaced;
use super::workspace::Crates;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key, purl};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Locked, MOST_ANSWERS, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-lock`.
pub struct CargoLock;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-lock",
    title: "Cargo lock file",
    summary: "Exact crates with checksums, dependency edges, and the registry or git host and commit each is \
              fetched from, of lock versions 1 to 4. \
              Packages without a source are the workspace's own; what members need beside a crate at its top say their manifests.",
    files: &["**/Cargo.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html",
};

/// One `[[package]]` entry.
struct Entry<'a> {
    locked: Locked,
    /// A member of the workspace of a crate, see [`Owner`].
    is_member: bool,
    name: &'a str,
    version: &'a str,
    source: Option<&'a Node>,
    node: &'a Node,
}

impl Scanner for CargoLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        // the oldest files keep the project's own package apart
        let own = root.get("root");
        let packages = match (root.get("package"), own) {
            (Some(packages), _) => packages.list(),
            (None, Some(_)) => &[],
            (None, None) => anyhow::bail!("no `[[package]]` entries: not a Cargo lock file"),
        };
        let project = toolkit::locked_root("cargo", input, file, out);
        let owner = Owner { project: &project, made: made_beside(input, file), input, crates: OnceCell::new() };
        let mut entries: Vec<Entry<'_>> =
            packages.iter().chain(own).filter_map(|node| entry(node, &owner, file, out)).collect();
        // cargo ends every file with a line break; without its source the last crate would pass for one of the workspace
        if !file.text().ends_with('\n')
            && let Some(last) = entries.pop_if(|last| last.source.is_none())
        {
            let message = "the last line has no end: the file may be cut off, and this entry is left out";
            out.problem(DiagnosticKind::Malformed, file, Some(last.node.span), message);
        }
        let mut names = Names::default();
        for entry in &entries {
            names.by_name.entry(entry.name).or_insert(entry);
            names.by_version.entry((entry.name, entry.version)).or_default().push(entry);
        }
        let from = Sources { sums: old_sums(root), replaced: Replaced::of(input, &file.folder()) };
        out.in_parts(file, &entries, |_, entry, out| {
            describe(entry, &from, &project, file, out);
            edges(entry, &names, file, out);
        });
        Ok(())
    }
}

/// Entries by what edges write.
#[derive(Default)]
struct Names<'e, 'a> {
    by_name: BTreeMap<&'a str, &'e Entry<'a>>,
    by_version: BTreeMap<(&'a str, &'a str), Vec<&'e Entry<'a>>>,
}

/// Lock version 1 keeps checksums in a table of their own: `"checksum name version (source)" = "hex"`.
fn old_sums(root: &Node) -> BTreeMap<(&str, &str), &Node> {
    let table = root.get("metadata").map_or(&[][..], Node::entries);
    let sums = table.iter().filter_map(|entry| {
        let mut words = entry.key.strip_prefix("checksum ")?.split(' ');
        Some(((words.next()?, words.next()?), &entry.value))
    });
    sums.collect()
}

/// Whose lock file it is.
struct Owner<'a> {
    project: &'a ComponentId,
    /// The crate that the manifest beside it makes. Other crates without a source have manifests of their own, which say what
    /// they need where they lie below, and the lock file answers them: it says their names and not where they lie.
    made: Option<String>,
    input: &'a Input<'a>,
    /// The crates of its folder and below, when first asked for.
    crates: OnceCell<Crates>,
}

impl Owner<'_> {
    /// True for a crate whose manifest lies below the folder of the lock file.
    fn is_member(&self, name: &str) -> bool {
        let crates = || self.crates.get_or_init(|| Crates::below(&self.input.file().folder(), self.input));
        self.made.as_deref().is_some_and(|made| made != name) && crates().has(name)
    }
}

/// The name of the crate that the manifest of the folder makes; nothing when it makes none, or manifests are not read.
fn made_beside(input: &Input<'_>, file: &SourceFile) -> Option<String> {
    let path = file.folder().join("Cargo.toml").filter(|path| input.paths.binary_search(path).is_ok())?;
    let manifest = input.companion(&path)?;
    manifest.toml_root().at(&["package", "name"])?.text().map(str::to_owned)
}

fn entry<'a>(node: &'a Node, owner: &Owner<'_>, file: &SourceFile, out: &mut Facts<'_>) -> Option<Entry<'a>> {
    let (Some(name), Some(version)) = (node.text_at("name"), node.text_at("version")) else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without `name` or `version`");
        return None;
    };
    let source = node.get("source");
    let locked = match source {
        Some(_) => Locked::package(purl::package("cargo", None, name, Some(version))),
        None => Locked::own(owner.project),
    };
    let is_member = source.is_none() && owner.is_member(name);
    Some(Entry { locked, is_member, name, version, source, node })
}

/// What is said of entries elsewhere.
struct Sources<'a> {
    /// Checksums of old lock files, see [`old_sums`].
    sums: BTreeMap<(&'a str, &'a str), &'a Node>,
    /// What the configuration puts in the place of sources.
    replaced: Replaced,
}

/// The package itself, its hash and the host it comes from.
fn describe(entry: &Entry<'_>, from: &Sources<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let span = entry.node.get("name").map_or(entry.node.span, |name| name.span);
    if entry.locked.own {
        // which members of a workspace it answers: it says their names and not where they lie
        out.attribute(project, key::HOLDS, format!("cargo {}", entry.name), file.at(span));
        return;
    }
    let package = Package::new("cargo", entry.name, Some(entry.version), file, span);
    package.write(project, out);
    let id = &entry.locked.id;
    // `<none>` stands for what no checksum was known of
    let sum = entry.node.get("checksum").or_else(|| from.sums.get(&(entry.name, entry.version)).copied());
    if let Some(sum) = sum
        && let Some(text) = sum.text().filter(|text| *text != "<none>")
    {
        out.attribute(id, key::INTEGRITY, format!("sha256:{text}"), file.at(sum.span));
    }
    if let Some(source) = entry.source
        && let Some(address) = source.text()
    {
        let seen = file.at(source.span);
        out.attribute(id, key::DOWNLOAD, toolkit::without_secrets(address), seen.clone());
        match source_host(address) {
            // the lock file names the index; a replaced source serves it from elsewhere
            Some(host) if host == "crates.io" => toolkit::from_default(id, "cargo", &seen, out),
            Some(host) => match from.replaced.host(address) {
                Some((host, set)) => toolkit::distributed_by(id, &host, &set, out),
                None => toolkit::distributed_by(id, &host, &seen, out),
            },
            None => {}
        }
        if let Some(repository) = address.strip_prefix("git+") {
            out.attribute(id, key::FETCHED_AS, "git", seen.clone());
            let (address, revision) = repository.split_once('#').unwrap_or((repository, ""));
            toolkit::repository_owner_of(id, address, &seen, out);
            if !revision.is_empty() {
                out.attribute(id, key::REVISION, revision, seen);
            }
        }
    }
}

/// The host that serves a source. The default registry is named by its index repository, whose
/// host is not where crates are fetched from.
fn source_host(source: &str) -> Option<String> {
    let (kind, address) = source.split_once('+')?;
    if kind == "registry" && memchr::memmem::find(address.as_bytes(), b"github.com/rust-lang/crates.io-index").is_some()
    {
        return Some("crates.io".to_owned());
    }
    toolkit::host_of(address).map(|host| if host.ends_with(".crates.io") { "crates.io".to_owned() } else { host })
}

/// Edges to what an entry needs: `name`, `name version` or `name version (source)`.
fn edges(entry: &Entry<'_>, names: &Names<'_, '_>, file: &SourceFile, out: &mut Facts<'_>) {
    for need in entry.node.get("dependencies").map_or(&[][..], Node::list) {
        let Some(spec) = need.text() else { continue };
        let mut words = spec.split(' ');
        let name = words.next().unwrap_or_default();
        let version = words.next();
        let source = words.next().map(|source| source.trim_matches(['(', ')']));
        let target = match version {
            Some(version) => {
                let all = names.by_version.get(&(name, version)).map_or(&[][..], Vec::as_slice);
                let same = |one: &&&Entry<'_>| one.source.and_then(Node::text).map(without_revision) == source;
                all.iter().take(MOST_ANSWERS).find(same).or(all.first())
            }
            None => names.by_name.get(name),
        };
        let Some(target) = target else {
            out.problem(DiagnosticKind::Malformed, file, Some(need.span), format!("dependency `{spec}` has no entry"));
            continue;
        };
        if !entry.is_member {
            entry.locked.needs(&target.locked, &file.at(need.span), out);
        }
    }
}

/// Edges name a git source without the commit.
fn without_revision(source: &str) -> &str {
    source.split('#').next().unwrap_or(source)
}
