//! Argo CD: applications, sets of them, and projects.

use super::super::helm::{chart, values};
use super::super::manifest::Object;
use super::super::places::Places;
use super::super::workload::Ground;
use super::generators::{ANY, MOST, Words, generated};
use super::{delivery, repository, repository_at};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::package::toolkit;

/// An application. Every map with a `repoURL` below the object is a source.
pub(super) fn application(object: &Object<'_>, places: &dyn Places, out: &mut Facts<'_>) {
    let id = delivery(object, places, out);
    let Some(spec) = object.node.get("spec") else { return };
    described(&id, spec, &Words::default(), places, out);
    if let Some(project) = spec.get("project")
        && let Some(name) = project.text().filter(|name| *name != "default" && !name.contains("{{"))
    {
        let to = ComponentId::of("delivery", format_args!("argoproj.io/AppProject/{}/{name}", namespace(object)));
        out.relation(&id, RelationKind::DependsOn, &to, places.at(project.span));
    }
}

fn namespace<'o>(object: &Object<'o>) -> &'o str {
    if object.namespace.is_empty() { "default" } else { object.namespace }
}

/// A set of applications, each as its generators make it.
pub(super) fn set(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let places = ground.places;
    let id = delivery(object, places, out);
    let generators = object.node.at(&["spec", "generators"]).map_or(&[][..], Node::list);
    let found = generated(generators, ground.input);
    for unknown in &found.unknown {
        let message = "a generator that only the controller can evaluate; what it gives stands as `*`";
        let (file, span) = places.place(unknown.span);
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
    for (part, secrets) in &found.parts {
        let clusters = if *secrets == 1 { "the one cluster whose secret is" } else { "the clusters whose secrets are" };
        let message = format!("evaluated for {clusters} in the tree; the controller adds all others that it is given");
        let (file, span) = places.place(part.span);
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
    for cut in &found.cut {
        let (file, span) = places.place(cut.span);
        let message = format!("generators that give more than {MOST} applications; the rest is left out");
        out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
    }
    let Some(spec) = object.node.at(&["spec", "template", "spec"]) else { return };
    let name = object.node.at(&["spec", "template", "metadata", "name"]);
    for words in &found.sets {
        let made = name.and_then(Node::text).map(|name| words.fill(name)).filter(|name| !name.contains(ANY));
        let one = match (&made, name) {
            (Some(made), Some(name)) => {
                let one =
                    ComponentId::of("delivery", format_args!("argoproj.io/Application/{}/{made}", namespace(object)));
                out.component(&one, ComponentKind::Delivery, places.at(name.span));
                out.attribute(&one, key::RESOURCE_TYPE, "argoproj.io/Application", places.at(name.span));
                out.relation(&one, RelationKind::DependsOn, &id, places.at(name.span));
                one
            }
            _ => id.clone(),
        };
        described(&one, spec, words, places, out);
    }
}

/// Destination and sources of an application.
fn described(id: &ComponentId, spec: &Node, words: &Words, places: &dyn Places, out: &mut Facts<'_>) {
    if let Some(destination) = spec.get("destination") {
        let server = destination
            .get("server")
            .filter(|node| node.text().is_some_and(|text| !text.contains("kubernetes.default.svc")));
        if let Some(node) = destination.get("name").or(server)
            && let Some(text) = node.text().filter(|text| !text.is_empty())
        {
            let name = toolkit::without_secrets(&words.fill(text));
            let name = name.split_once("://").map_or(name.as_str(), |(_, host)| host);
            if !name.contains(ANY) {
                out.attribute(id, key::CLUSTER, name, places.at(node.span));
            }
        }
    }
    for source in spec.walk().filter(|node| node.get("repoURL").is_some()) {
        let Some(address) = source.get("repoURL") else { continue };
        let Some(text) = address.text() else { continue };
        let filled = words.fill(text);
        if filled.contains(ANY) {
            let message = "the repository comes from a generator, which is not evaluated";
            let (file, span) = places.place(address.span);
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        } else if filled == text {
            let revision = source.text_at("targetRevision").map(|text| words.fill(text));
            repository(id, address, revision.as_deref().filter(|text| !text.contains(ANY)), places, out);
        } else {
            let revision = source.text_at("targetRevision").map(|text| words.fill(text));
            let revision = revision.filter(|text| !text.contains(ANY));
            repository_at(id, &filled, revision.as_deref(), &places.at(address.span), out);
        }
        if let Some(path) = source.get("path")
            && let Some(text) = path.text()
        {
            let filled = words.fill(text);
            if filled.split('/').any(|part| part != ANY) {
                out.attribute(id, key::DEPLOYS_PATH, filled, places.at(path.span));
            }
        }
        if let Some(name) = source.get("chart").filter(|name| name.text().is_some_and(|text| !text.contains("{{"))) {
            chart::named(name, source.get("targetRevision"), false, source.get("repoURL"), id, places, out);
        }
        if let Some(inline) = source.at(&["helm", "valuesObject"]) {
            values::images(inline, id, false, places, out);
        }
    }
}

/// A project: which clusters its applications may go to.
pub(super) fn project(object: &Object<'_>, places: &dyn Places, out: &mut Facts<'_>) {
    let id = delivery(object, places, out);
    for destination in object.node.at(&["spec", "destinations"]).map_or(&[][..], Node::list) {
        if let Some(name) = destination.get("name")
            && let Some(text) = name.text().filter(|text| !text.contains(['*', '!']) && !text.is_empty())
        {
            out.attribute(&id, key::CLUSTER, text, places.at(name.span));
        }
    }
}
