//! The files of a locked package: the hash that is kept, and where they lie.

use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::registries::is_public;
use crate::scan::{Facts, SourceFile};
use crate::text::after_scheme;

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

/// Hosts that the files of one package lie on; more of them only a hostile lock file has.
const MOST_HOSTS: usize = 8;

/// Writes the hosts that files of the package lie on, where these are not the index's own: an index may send to a mirror, and
/// both are needed. What the public registry keeps its files on is the registry itself.
pub(super) fn hosts<'n>(
    id: &ComponentId,
    index: &str,
    files: impl IntoIterator<Item = &'n Node>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(index) = toolkit::host_of(index) else { return };
    let is_public = |host: &str| is_public("pypi", host);
    let mut told: Vec<String> = vec![index.clone()];
    // dozens of files lie side by side
    let mut last = "";
    for node in files {
        let Some((address, span)) = node.get("url").and_then(|node| node.text().map(|text| (text, node.span))) else {
            continue;
        };
        let root = after_scheme(address).and_then(|start| Some(start + address[start..].find('/')?));
        let root = root.map_or(address, |end| &address[..end]);
        if root == last {
            continue;
        }
        last = root;
        let Some(host) = toolkit::host_of(address) else { continue };
        if told.contains(&host) || is_public(&host) && is_public(&index) {
            continue;
        }
        toolkit::distributed_by(id, &host, &file.at(span), out);
        told.push(host);
        if told.len() > MOST_HOSTS {
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
