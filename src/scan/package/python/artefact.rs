//! The files of a locked package: the hash that is kept, and where they lie.

use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::{Facts, SourceFile};

/// Writes the first hash that a file of the package states: `hash = "sha256:…"` or `hashes = { sha256 = "…" }`.
pub(super) fn integrity<'n>(
    id: &ComponentId,
    files: impl IntoIterator<Item = &'n Node>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    for node in files {
        if let Some(hash) = node.get("hash")
            && let Some(text) = hash.text()
        {
            out.attribute(id, key::INTEGRITY, text, file.at(hash.span));
            return;
        }
        let hashes = node.get("hashes").map_or(&[][..], Node::entries);
        if let Some(entry) = hashes.first()
            && let Some(text) = entry.value.text()
        {
            out.attribute(id, key::INTEGRITY, format!("{}:{text}", entry.key), file.at(entry.value.span));
            return;
        }
    }
}

/// Writes the host of an address that the file states under a key; true when there is one.
pub(super) fn fetched(id: &ComponentId, node: &Node, key: &str, file: &SourceFile, out: &mut Facts<'_>) -> bool {
    let Some((address, span)) = node.get(key).and_then(|node| node.text().map(|text| (text, node.span))) else {
        return false;
    };
    if toolkit::host_of(address).is_none() {
        return false;
    }
    let from = if key == "git" { toolkit::from_git } else { toolkit::fetched_from };
    from(id, address, &file.at(span), out);
    true
}
