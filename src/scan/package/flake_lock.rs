//! `flake.lock`: inputs of a Nix flake.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `flake-lock`.
pub struct FlakeLock;

static META: ScannerMeta = ScannerMeta {
    id: "flake-lock",
    title: "Nix flake lock file",
    summary: "Inputs with their commit, content hash, edges and host: repositories of code hosts by their name, git \
              addresses and archives by the name that the flake gives them. Inputs of the tree (`path`) are not \
              packages of others. What an input builds is not in the file.",
    files: &["**/flake.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://nix.dev/manual/nix/latest/command-ref/new-cli/nix3-flake.html#lock-files",
};

/// Steps along `follows`: paths of real files have a few.
const STEPS: usize = 64;

/// Inputs by node and name.
type Inputs<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Node>>;

impl Scanner for FlakeLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let document = file.json_or_part(out)?;
        let all = document.get("nodes").context("no `nodes`: not a flake lock file")?;
        let project = toolkit::root(input, file, out);
        let root = document.text_at("root").unwrap_or("root");
        let mut known: BTreeMap<&str, Locked> = BTreeMap::new();
        let mut inputs: Inputs<'_> = BTreeMap::new();
        for entry in all.entries() {
            let locked =
                if *entry.key == *root { Some(Locked::own(&project)) } else { node(entry, &project, file, out) };
            known.extend(locked.map(|locked| (&*entry.key, locked)));
            let named = entry.value.get("inputs").map_or(&[][..], Node::entries);
            inputs.insert(&entry.key, named.iter().map(|input| (&*input.key, &input.value)).collect());
        }
        for (name, from) in &known {
            for input in inputs.get(name).into_iter().flat_map(BTreeMap::values) {
                let to = target(input, root, &inputs);
                if let Some(to) = to.and_then(|to| known.get(to)) {
                    from.needs(to, &file.at(input.span), out);
                } else if let Some(to) = to.filter(|to| !inputs.contains_key(to)) {
                    let message = format!("the input `{to}` has no node");
                    out.problem(DiagnosticKind::Malformed, file, Some(input.span), message);
                }
            }
        }
        Ok(())
    }
}

/// The node that an input means: its name, or a path of inputs from the root.
fn target<'a>(input: &'a Node, root: &'a str, inputs: &Inputs<'a>) -> Option<&'a str> {
    let mut input = input;
    let mut steps = STEPS;
    // a step of a path may be a path itself: what is left is kept, innermost last
    let mut left: Vec<&'a str> = Vec::new();
    loop {
        let path = input.list();
        if path.len() > STEPS {
            return None;
        }
        let at = input.text().unwrap_or_else(|| {
            left.extend(path.iter().rev().filter_map(Node::text));
            root
        });
        if left.len() > STEPS {
            return None;
        }
        let Some(next) = left.pop() else { return Some(at).filter(|at| !at.is_empty()) };
        steps = steps.checked_sub(1)?;
        input = inputs.get(at)?.get(next)?;
    }
}

fn node(entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> Option<Locked> {
    let Some(locked) = entry.value.get("locked") else {
        out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "an input without `locked`");
        return None;
    };
    let kind = locked.text_at("type").unwrap_or("");
    let text = |key: &str| locked.text_at(key);
    let revision = text("rev");
    let address = match kind {
        "path" => return Some(Locked::own(project)),
        "github" | "gitlab" | "sourcehut" => {
            let host = text("host").unwrap_or(match kind {
                "github" => "github.com",
                "gitlab" => "gitlab.com",
                _ => "git.sr.ht",
            });
            let (Some(owner), Some(repo)) = (text("owner"), text("repo")) else {
                out.problem(DiagnosticKind::Malformed, file, Some(locked.span), "an input without `owner` or `repo`");
                return None;
            };
            format!("https://{host}/{}/{repo}", owner.replace("%2F", "/"))
        }
        "git" | "hg" | "tarball" | "file" => match text("url") {
            Some(url) if url.starts_with("file:") || url.starts_with(['.', '/']) => return Some(Locked::own(project)),
            Some(url) => url.to_owned(),
            None => {
                out.problem(DiagnosticKind::Malformed, file, Some(locked.span), "an input without `url`");
                return None;
            }
        },
        _ => {
            let message = format!("an input of the kind `{kind}`, which is not read");
            out.problem(DiagnosticKind::Unsupported, file, Some(locked.span), message);
            return None;
        }
    };
    let (ecosystem, name, told) = toolkit::fetched_name(&address, &entry.key);
    let span = entry.key_span;
    let id = Package::new(ecosystem, &name, revision.or(told), file, span)
        // its content is fixed, whatever it is called
        .at_fixed_revision(locked.get("narHash").is_some())
        .write(project, out);
    let at = ["url", "repo"].iter().find_map(|key| locked.get(key)).map_or(locked.span, |node| node.span);
    match kind {
        "tarball" | "file" | "hg" => {
            toolkit::fetched_from(&id, &address, &file.at(at), out);
            toolkit::repository_owner_of(&id, &address, &file.at(at), out);
        }
        _ => toolkit::from_git(&id, &address, &file.at(at), out),
    }
    for (field, key) in [("narHash", key::INTEGRITY), ("rev", key::REVISION)] {
        if let Some(value) = locked.get(field)
            && let Some(text) = value.text()
        {
            out.attribute(&id, key, text, file.at(value.span));
        }
    }
    out.attribute(&id, key::SCOPE, toolkit::scope::BUILD, file.at(span));
    Some(Locked::package(id))
}
