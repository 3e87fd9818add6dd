//! Charts that something depends on.

use super::super::places::Places;
use crate::model::{ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::Node;
use crate::scan::package::exact::exact;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Writes the chart that an entry with `name`, `version` and a repository asks for. `is_locked` when the version is one
/// that a lock file states; `repository` is the key of the address.
pub(in crate::scan::cluster) fn needs(
    entry: &Node,
    is_locked: bool,
    repository: &str,
    user: &ComponentId,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    let Some(name) = entry.get("name").filter(|name| name.text().is_some()) else { return };
    // a chart of the same tree is nobody else's
    if entry.text_at(repository).is_some_and(|address| address.starts_with("file:")) {
        return;
    }
    named(name, entry.get("version"), is_locked, entry.get(repository), user, places, out);
}

/// As [`needs`], for what a chart itself asks for, which its lock file answers.
pub(super) fn asked(entry: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(name) = entry.get("name").filter(|name| name.text().is_some()) else { return };
    let address = entry.get("repository").and_then(|address| Some((address.text()?, address.span)));
    // a chart of the same tree is nobody else's
    if address.is_some_and(|(address, _)| address.starts_with("file:")) {
        return;
    }
    let version = entry.get("version").and_then(Node::scalar).unwrap_or_default();
    let text = name.text().unwrap_or_default();
    let package = Package::new("helm", text, exact("helm", &version), file, name.span);
    let id = package.require(&version, "", project, out);
    if let Some((address, span)) = address {
        toolkit::fetched_from(&id, address, &file.at(span), out);
    }
}

/// As [`needs`], for entries that call things otherwise.
pub(in crate::scan::cluster) fn named(
    name: &Node,
    version: Option<&Node>,
    is_locked: bool,
    repository: Option<&Node>,
    user: &ComponentId,
    places: &dyn Places,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let text = name.text()?;
    // only lock files state exact versions here
    let at = |span: Span| if is_locked { places.at(span).resolved() } else { places.at(span) };
    let seen = at(name.span);
    let version = version.and_then(Node::scalar);
    let id = purl::package("helm", None, text, version.as_deref().filter(|_| is_locked));
    out.component(&id, ComponentKind::Package, seen.clone());
    out.attribute(&id, key::ECOSYSTEM, "helm", seen.clone());
    out.attribute(&id, key::NAME, text, seen.clone());
    out.attribute(&id, key::RELATION, "direct", seen.clone());
    if let Some(version) = version {
        out.attribute(&id, if is_locked { key::VERSION } else { key::REQUIREMENT }, version, seen.clone());
    }
    out.relation(user, RelationKind::DependsOn, &id, seen.clone());
    if is_locked {
        out.attribute(&id, key::RESOLUTION, "locked", seen.clone());
        out.relation(user, RelationKind::Contains, &id, seen);
    }
    if let Some(repository) = repository
        && let Some(address) = repository.text()
    {
        toolkit::fetched_from(&id, address, &at(repository.span), out);
    }
    Some(id)
}
