//! `mix.lock`: exact Elixir packages with edges, one entry a line.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `mix-lock`.
pub struct MixLock;

static META: ScannerMeta = ScannerMeta {
    id: "mix-lock",
    title: "Elixir lock file",
    summary: "Exact packages of Hex and git with edges, both checksums and the git host. A git package's version is \
              its commit. What is direct stands in mix.exs.",
    files: &["**/mix.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://hexdocs.pm/mix/Mix.Tasks.Deps.html",
};

/// Bytes before an entry in which its key stands: a whole file may be one line.
const KEY_WITHIN: usize = 512;

/// An entry with its edges: names that it needs, with the places that say so.
struct Entry {
    locked: Locked,
    needs: Vec<(String, Span)>,
    app: String,
}

impl Scanner for MixLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        anyhow::ensure!(text.trim().is_empty() || text.contains("%{"), "no `%{{`: not an Elixir lock file");
        let project = toolkit::locked_root("hex", input, file, out);
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        // `"name": {:hex, …}`; edges within an entry are never reached, since a read entry is passed over
        let begins = |rest: &str| {
            let is_value = |at: &usize| {
                let before = rest[..*at].trim_end_matches(' ');
                let before = before.strip_suffix(':').or_else(|| before.strip_suffix("=>"));
                before.is_some_and(|before| before.trim_end_matches(' ').ends_with('"'))
            };
            rest.match_indices('{').map(|(at, _)| at).find(is_value)
        };
        super::entries(text, begins, |_, error| problems.push(error.clone()), |_, node| found.push(node.clone()));
        for problem in problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), problem.message);
        }
        let end = text.trim_end();
        if text.contains("%{") && !end.ends_with('}') {
            let at = Span::new(end.len().saturating_sub(1), end.len());
            out.problem(DiagnosticKind::Malformed, file, Some(at), "the file ends without `}`: it is cut off");
        }
        let all: Vec<Entry> = found.iter().filter_map(|node| package(node, &project, file, out)).collect();
        let mut entries = Entries::default();
        for entry in &all {
            entries.add(entry.app.as_str(), None, entry.locked.clone());
        }
        for entry in &all {
            for (name, span) in &entry.needs {
                for to in entries.named(name, None) {
                    entry.locked.needs(to, &file.at(*span), out);
                }
            }
        }
        Ok(())
    }
}

/// `{:hex, :name, "1.0.0", "inner", [managers], [deps], "repo", "outer"}` or `{:git, "address", "commit", [options]}`.
fn package(node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> Option<Entry> {
    let items = node.list();
    let text = |at: usize| super::text(items.get(at));
    let key_of = key_before(file.text(), node.span.start);
    match (text(0), text(1), text(2)) {
        (Some(("hex", _)), Some((name, span)), Some((version, _))) => {
            let repository = text(6).filter(|(name, _)| !name.is_empty() && *name != "hexpm");
            let full = repository.map_or_else(|| name.to_owned(), |(of, _)| format!("{}/{name}", organisation(of)));
            let id = Package::new("hex", &full, Some(version), file, span).write(project, out);
            for (hash, span) in [text(3), text(7)].into_iter().flatten().filter(|(hash, _)| !hash.is_empty()) {
                out.attribute(&id, key::INTEGRITY, format!("sha256:{hash}"), file.at(span));
            }
            if repository.is_none_or(|(name, _)| name.starts_with("hexpm:")) {
                toolkit::from_default(&id, "hex", &file.at(span), out);
            }
            let needs = items.get(5).map_or(&[][..], Node::list).iter().filter_map(|need| {
                let (name, span) = super::text(need.list().first())?;
                Some((name.to_owned(), span))
            });
            let needs = needs.collect();
            Some(Entry { locked: Locked::package(id), needs, app: key_of.unwrap_or(name).to_owned() })
        }
        (Some(("git", _)), Some((address, at)), Some((commit, _))) => {
            let Some(name) = key_of else {
                let message = "an entry of git without a key";
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
                return None;
            };
            let id = Package::new("hex", name, Some(commit), file, node.span).write(project, out);
            out.attribute(&id, key::REVISION, commit, file.at(node.span));
            toolkit::from_git(&id, address, &file.at(at), out);
            Some(Entry { locked: Locked::package(id), needs: Vec::new(), app: name.to_owned() })
        }
        // a folder of the tree
        (Some(("path", _)), _, _) => None,
        _ => {
            let message = "an entry that is neither of Hex nor of git";
            out.problem(DiagnosticKind::Unsupported, file, Some(node.span), message);
            None
        }
    }
}

/// A private repository of hex.pm is written `hexpm:organisation`.
fn organisation(repository: &str) -> &str {
    repository.strip_prefix("hexpm:").unwrap_or(repository)
}

/// The quoted key before an entry.
fn key_before(text: &str, start: usize) -> Option<&str> {
    let near = &text[text.floor_char_boundary(start.saturating_sub(KEY_WITHIN))..start];
    let line = near.rsplit('\n').next().unwrap_or(near);
    let (before, _) = line.rsplit_once('"')?;
    before.rsplit_once('"').map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_near_their_entries() {
        let text = format!("{}\"a\": {{", "é ".repeat(400));
        assert_eq!(key_before(&text, text.len() - 1), Some("a"));
        let text = format!("\"{}\": {{", "é".repeat(400));
        assert_eq!(key_before(&text, text.len() - 1), None);
        assert_eq!(key_before("\"a\",\n {", 6), None);
    }
}
