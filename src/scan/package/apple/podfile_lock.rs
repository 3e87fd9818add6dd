//! `Podfile.lock`: exact pods and their parts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Entries, Locked, MOST_ANSWERS, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `podfile-lock`.
pub struct PodfileLock;

static META: ScannerMeta = ScannerMeta {
    id: "podfile-lock",
    title: "CocoaPods lock file",
    summary: "Exact pods and their parts with edges, the specification repository or repository each comes from, and \
              checksums of the specifications. Pods of a folder are the tree's own.",
    files: &["**/Podfile.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://guides.cocoapods.org/using/using-cocoapods.html#what-is-podfilelock",
};

/// What the sections beside `PODS` say of a pod.
#[derive(Default)]
struct About<'a> {
    /// Specification repository.
    specs: Option<(&'a str, Span)>,
    external: Option<&'a Node>,
    checkout: Option<&'a Node>,
    /// What those two say, looked up once for all parts of a pod.
    origin: Origin<'a>,
    checksum: Option<&'a Node>,
}

/// Where a pod with a source of its own comes from.
#[derive(Default)]
struct Origin<'a> {
    is_local: bool,
    git: Option<&'a Node>,
    revision: Option<Cow<'a, str>>,
    other: Option<&'a Node>,
}

impl Scanner for PodfileLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("nothing that can be read: not a CocoaPods lock file")?;
        // a project without pods has only the other sections
        let is_lock = root.is_map() && root.entries().is_empty()
            || ["PODS", "COCOAPODS", "PODFILE CHECKSUM"].iter().any(|key| root.get(key).is_some());
        anyhow::ensure!(is_lock, "neither `PODS` nor `COCOAPODS`: not a CocoaPods lock file");
        // CocoaPods always writes its own version, behind all else
        if root.get("COCOAPODS").is_none() && !root.entries().is_empty() {
            let end = file.text().trim_end().len();
            let message = "no `COCOAPODS` at the end: the file is not whole";
            let at = crate::text::Span::new(end.saturating_sub(1), end);
            out.problem(DiagnosticKind::Malformed, file, Some(at), message);
        }
        let pods = root.get("PODS").map_or(&[][..], Node::list);
        let project = toolkit::locked_root("cocoapods", input, file, out);
        let about = about(root);
        let mut entries = Entries::default();
        let mut all: Vec<(Locked, &[Node])> = Vec::new();
        for node in pods {
            // a pod that needs others is the one key of a map
            let (words, span, needs) = match node.entries() {
                [Entry { key, key_span, value }] => (&**key, *key_span, value.list()),
                _ => (node.text().unwrap_or(""), node.span, &[][..]),
            };
            let Some((name, version)) = pod_words(words) else {
                out.problem(DiagnosticKind::Malformed, file, Some(span), "a pod without `(version)`");
                continue;
            };
            let about = about.get(root_of(name));
            let is_own = about.is_some_and(|about| about.origin.is_local);
            let locked = if is_own {
                Locked::own(&project)
            } else {
                let id = Package::new("cocoapods", name, Some(version), file, span).write(&project, out);
                describe(&id, about, span, file, out);
                Locked::package(id)
            };
            entries.add(name, Some(version), locked.clone());
            all.push((locked, needs));
        }
        for (from, needs) in &all {
            needs.iter().for_each(|need| edge(from, need, &entries, file, out));
        }
        let own = Locked::own(&project);
        for need in root.get("DEPENDENCIES").map_or(&[][..], Node::list) {
            edge(&own, need, &entries, file, out);
        }
        Ok(())
    }
}

/// `Name/Part (1.2.3)`.
fn pod_words(words: &str) -> Option<(&str, &str)> {
    let (name, rest) = words.split_once(" (")?;
    let version = rest.strip_suffix(')')?;
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

fn root_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// True for a pod of a folder: `:path`, or a specification or repository in the file system.
fn is_local(external: &Node) -> bool {
    let is_here = |text: &str| toolkit::host_of(text).is_none();
    let places = [":podspec", ":git", ":hg", ":svn", ":http"];
    external.get(":path").is_some() || places.iter().any(|key| external.text_at(key).is_some_and(is_here))
}

fn about(root: &Node) -> BTreeMap<&str, About<'_>> {
    let mut found: BTreeMap<&str, About<'_>> = BTreeMap::new();
    let section = |name: &str| root.get(name).map_or(&[][..], Node::entries);
    for repository in section("SPEC REPOS") {
        for pod in repository.value.list().iter().filter_map(Node::text) {
            found.entry(pod).or_default().specs = Some((&repository.key, repository.key_span));
        }
    }
    for entry in section("EXTERNAL SOURCES") {
        found.entry(&entry.key).or_default().external = Some(&entry.value);
    }
    for entry in section("CHECKOUT OPTIONS") {
        found.entry(&entry.key).or_default().checkout = Some(&entry.value);
    }
    for entry in section("SPEC CHECKSUMS") {
        found.entry(&entry.key).or_default().checksum = Some(&entry.value);
    }
    for about in found.values_mut() {
        if let Some(external) = about.external {
            about.origin = origin(external, about.checkout);
        }
    }
    found
}

fn origin<'a>(external: &'a Node, checkout: Option<&'a Node>) -> Origin<'a> {
    let revision = [checkout, Some(external)]
        .into_iter()
        .flatten()
        .find_map(|node| [":commit", ":tag", ":branch"].iter().find_map(|key| node.get(key)).and_then(Node::scalar));
    Origin {
        is_local: is_local(external),
        git: external.get(":git").or_else(|| checkout.and_then(|checkout| checkout.get(":git"))),
        revision,
        other: [":http", ":hg", ":svn", ":podspec"].iter().find_map(|key| external.get(key)),
    }
}

/// Where a pod comes from, and the checksum of its specification.
fn describe(id: &ComponentId, about: Option<&About<'_>>, span: Span, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(about) = about else {
        return toolkit::from_default(id, "cocoapods", &file.at(span), out);
    };
    if let Some(sum) = about.checksum
        && let Some(text) = sum.scalar()
    {
        // of the specification, not of the code that it leads to
        out.attribute(id, key::INTEGRITY, format!("podspec-sha1:{text}"), file.at(sum.span));
    }
    if let Some(external) = about.external {
        let origin = &about.origin;
        if let Some(git) = origin.git
            && let Some(address) = git.text()
        {
            toolkit::from_repository(id, address, origin.revision.as_deref(), &file.at(git.span), out);
        } else if let Some(other) = origin.other
            && let Some(address) = other.text()
        {
            toolkit::fetched_from(id, address, &file.at(other.span), out);
        } else {
            let message = "a source of a pod that is not known";
            out.problem(DiagnosticKind::Unsupported, file, Some(external.span), message);
        }
        return;
    }
    match about.specs {
        Some((address, at)) if is_public(address) => {
            toolkit::distributed_by(id, "cocoapods.org", &file.at(at), out);
        }
        Some((address, at)) => match toolkit::host_of(address) {
            Some(host) => toolkit::distributed_by(id, &host, &file.at(at), out),
            None => {
                let message =
                    format!("`{address}` is the name of a specification repository; its address is a setting");
                out.problem(DiagnosticKind::Unresolved, file, Some(at), message);
            }
        },
        None => toolkit::from_default(id, "cocoapods", &file.at(span), out),
    }
}

/// The public list of pods, under its old name and its new one.
pub(super) fn is_public(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    address == "trunk"
        || toolkit::host_of(&address).is_some_and(|host| host == "cdn.cocoapods.org")
        || toolkit::repository_path(&address).is_some_and(|path| path == "github.com/cocoapods/specs")
}

/// `Name`, `Name/Part (~> 1)`, ``Name (from `../x`)``.
fn edge(from: &Locked, need: &Node, entries: &Entries<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(words) = need.text() else {
        out.problem(DiagnosticKind::Malformed, file, Some(need.span), "a dependency that is no text");
        return;
    };
    let name = words.split(" (").next().unwrap_or(words).trim();
    let mut targets = entries.named(name, None).peekable();
    if targets.peek().is_none() {
        let message = format!("`{name}` is needed here and has no entry");
        out.problem(DiagnosticKind::Unresolved, file, Some(need.span), message);
    }
    let seen = file.at(need.span);
    targets.take(MOST_ANSWERS).for_each(|to| from.needs(to, &seen, out));
}
