//! Whether only tests, examples or documentation show a component.

use std::collections::BTreeSet;

use super::file::{LowAside, Rule};
use super::run::View;
use crate::graph::NodeId;
use crate::model::{Evidence, Sighting, key};

/// What the files are that show a component, where none of them is part of what is deployed. An environment of the
/// configuration has the last word: one by the name of `test` or `example` is none that is deployed.
pub(super) fn aside(view: &View<'_>, rule: &Rule, subject: NodeId) -> Option<String> {
    let is_asked = match rule.low_aside {
        LowAside::Never => false,
        LowAside::Calls => view.graph.node(subject).id.as_str().starts_with("api:"),
        LowAside::All => true,
    };
    if !is_asked || rule.aggregate {
        return None;
    }
    let is_said = |evidence: &Evidence| matches!(evidence, Evidence::Cited(cited) if cited.entry.starts_with("configuration/environment/"));
    let all = view.graph.all_attributes(subject).iter();
    if let Some(row) = all.filter(|row| row.key == key::ENVIRONMENT).find(|row| row.evidence.iter().any(is_said)) {
        return matches!(&*row.value, "test" | "example").then(|| format!("{}s", row.value));
    }
    let mut sorts: BTreeSet<&str> = BTreeSet::new();
    let evidence = view.graph.node(subject).evidence?;
    let places = places(view, subject);
    let is_asked_for = |one: &&Evidence| one.sighting().is_none_or(|seen| places.binary_search(&seen).is_err());
    for seen in evidence.iter().filter(is_asked_for).filter_map(Evidence::sighting) {
        sorts.insert(view.catalog.aside_seen(seen)?);
    }
    (!sorts.is_empty()).then(|| sorts.into_iter().collect::<Vec<_>>().join(" and "))
}

/// Where versions of a package stand that are asked for in other places, in order: a central version shows no package.
pub(super) fn places<'v>(view: &'v View<'_>, subject: NodeId) -> Vec<&'v Sighting> {
    let stated = |wanted: &'static str| {
        let rows = view.graph.all_attributes(subject).iter().filter(move |row| row.key == wanted);
        let mut all: Vec<&Sighting> = rows.flat_map(|row| row.evidence.iter()).filter_map(Evidence::sighting).collect();
        all.sort_unstable();
        all
    };
    let mut found = stated(key::REQUIREMENT);
    if !found.is_empty() {
        let asked = stated(key::RESOLUTION);
        found.retain(|seen| !asked.is_empty() && asked.binary_search(seen).is_err());
    }
    found
}

/// Why the severity is low.
pub(super) fn seen_aside(what: &str, rule: &Rule) -> String {
    let usual = rule.severity.as_str();
    format!(
        "severity low instead of the rule's {usual}: only {what} show it; an environment of sovaudit.toml can say otherwise"
    )
}
