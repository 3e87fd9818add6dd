//! Sources that Cargo's configuration puts others in the place of.

use super::workspace;
use crate::diagnostic::DiagnosticKind;
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit;
use crate::scan::{Input, Seen, SourceFile};
use crate::text::{RelPath, Span};

/// Longest chain of sources that stand in for each other.
const MOST_STEPS: usize = 8;

/// Sources of one file that are held against those of a lock file.
const MOST_SOURCES: usize = 256;

/// The source that stands in for another, at the end of a chain.
///
/// # Errors
///
/// What is wrong with the chain, with its place.
pub(super) fn follow<'n>(entry: &'n Entry, root: &'n Node) -> Result<&'n Node, (DiagnosticKind, Span, String)> {
    let mut source = &entry.value;
    for _ in 0..MOST_STEPS {
        let Some(with) = source.get("replace-with") else { break };
        let name = with.text().unwrap_or("");
        let Some(next) = root.at(&["source", name]).or_else(|| root.at(&["registries", name])) else {
            let message = format!("`{name}` stands in for `{}` and is not configured here", entry.key);
            return Err((DiagnosticKind::Unresolved, with.span, message));
        };
        source = next;
    }
    match source.get("replace-with") {
        None => Ok(source),
        Some(with) => {
            let message = "sources that stand in for each other without end".to_owned();
            Err((DiagnosticKind::Malformed, with.span, message))
        }
    }
}

/// The address of a source: of a registry, its index, or a repository.
pub(super) fn address_of(source: &Node) -> Option<(&str, Span)> {
    let address = ["registry", "index", "git"].iter().find_map(|key| source.get(key))?;
    Some((address.text()?, address.span))
}

/// Configuration in a folder and above.
pub(super) struct Replaced(Vec<(SourceFile, Node)>);

impl Replaced {
    pub(super) fn of(input: &Input<'_>, folder: &RelPath) -> Self {
        Self(workspace::configurations(input, folder))
    }

    /// The host that stands in for a source as lock files write it (`git+https://…?rev=…#commit`), with the line that says so.
    pub(super) fn host(&self, source: &str) -> Option<(String, Seen)> {
        self.0.iter().find_map(|(file, root)| {
            let entries = root.get("source").map_or(&[][..], Node::entries);
            let is_it = |entry: &&Entry| entry.value.get("replace-with").is_some() && is_of(entry, source);
            let entry = entries.iter().take(MOST_SOURCES).find(is_it)?;
            let (address, span) = address_of(follow(entry, root).ok()?)?;
            Some((toolkit::host_of(address)?, file.at(span)))
        })
    }
}

/// True for the entry of a source: its address is the same, and so is the revision that it states.
fn is_of(entry: &Entry, source: &str) -> bool {
    let (_, locked) = source.split_once('+').unwrap_or(("", source));
    let locked = locked.split('#').next().unwrap_or(locked);
    let (locked, asked) = locked.split_once('?').unwrap_or((locked, ""));
    let stated = address_of(&entry.value).map_or(&*entry.key, |(address, _)| address);
    let stated = ["git+", "registry+", "sparse+"].iter().find_map(|kind| stated.strip_prefix(kind)).unwrap_or(stated);
    let stated = stated.split('?').next().unwrap_or(stated);
    let is_asked = |key: &&str| {
        entry.value.text_at(key).is_none_or(|revision| {
            asked
                .split('&')
                .any(|part| part.split_once('=').is_some_and(|(name, value)| (name, value) == (key, revision)))
        })
    };
    workspace::plain(stated) == workspace::plain(locked) && ["rev", "branch", "tag"].iter().all(is_asked)
}
