//! Charts that something depends on.

use super::super::places::Places;
use crate::model::{ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::package::toolkit;

/// Writes the chart that an entry with `name`, `version` and a repository asks for. `exact` when the version is one
/// that a lock file states; `repository` is the key of the address.
pub(in crate::scan::cluster) fn needs(
    entry: &Node,
    exact: bool,
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
    named(name, entry.get("version"), exact, entry.get(repository), user, places, out);
}

/// As [`needs`], for entries that call things otherwise.
pub(in crate::scan::cluster) fn named(
    name: &Node,
    version: Option<&Node>,
    exact: bool,
    repository: Option<&Node>,
    user: &ComponentId,
    places: &dyn Places,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let text = name.text()?;
    let seen = places.at(name.span);
    let version = version.and_then(Node::scalar);
    let id = purl::package("helm", None, text, version.as_deref().filter(|_| exact));
    out.component(&id, ComponentKind::Package, seen.clone());
    out.attribute(&id, key::ECOSYSTEM, "helm", seen.clone());
    out.attribute(&id, key::NAME, text, seen.clone());
    out.attribute(&id, key::RELATION, "direct", seen.clone());
    if let Some(version) = version {
        out.attribute(&id, if exact { key::VERSION } else { key::REQUIREMENT }, version, seen.clone());
    }
    out.relation(user, RelationKind::DependsOn, &id, seen);
    if let Some(repository) = repository
        && let Some(address) = repository.text()
    {
        toolkit::fetched_from(&id, address, &places.at(repository.span), out);
    }
    Some(id)
}
