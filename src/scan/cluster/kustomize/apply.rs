//! Applying patches and replacements to the objects that they are for.

use std::collections::BTreeSet;

use super::build::Built;
use super::resource::Resource;
use super::{patch, replace};
use crate::diagnostic::DiagnosticKind;
use crate::parse::{Node, Value};
use crate::text::Span;

/// Puts the value of one replacement where it belongs.
pub(super) fn replaced(entry: &Node, all: &mut [Resource], built: &mut Built) {
    if let Err(reason) = replace::replacement(entry, all, built) {
        built.problems.push((
            DiagnosticKind::Unresolved,
            entry.span,
            format!("the replacement was not made: {reason}"),
        ));
    }
}

/// Applies one document of a patch to the objects it is for.
pub(super) fn apply(document: &Node, target: Option<&Node>, at: Span, all: &mut Vec<Resource>, built: &mut Built) {
    let is_json = matches!(document.value, Value::List(_));
    let chosen: Vec<usize> = match target.map(patch::Target::new) {
        Some(target) => {
            if let Some(word) = target.unknown() {
                let message = format!("`{word}` of a patch is not evaluated; the patch was not applied");
                built.problems.push((DiagnosticKind::Unresolved, at, message));
                return;
            }
            (0..all.len()).filter(|index| target.fits(&all[*index])).collect()
        }
        None => (0..all.len()).filter(|index| is_for(document, &all[*index])).collect(),
    };
    if chosen.is_empty() {
        let message = "the patch is for an object that is not among those read";
        built.problems.push((DiagnosticKind::Unresolved, at, message.to_owned()));
    }
    let mut gone = BTreeSet::new();
    for index in chosen {
        let resource = &mut all[index];
        if !built.affords(document, 0, at) {
            return;
        }
        if is_json {
            let mut affords = |node: &Node, above: usize| built.affords(node, above, at);
            if let Err(message) = patch::json(resource, document, &mut affords) {
                built.problems.push((
                    DiagnosticKind::Unresolved,
                    at,
                    format!("the patch was applied in part: {message}"),
                ));
            }
        } else if !patch::strategic(resource, document, true) {
            gone.insert(index);
        }
    }
    let mut index = 0;
    all.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
}

/// A strategic merge patch without target names its object.
fn is_for(patch: &Node, resource: &Resource) -> bool {
    let group = |api: &str| api.split_once('/').map_or("", |(group, _)| group).to_owned();
    let namespace = patch.at(&["metadata", "namespace"]).and_then(Node::text).unwrap_or("");
    patch.text_at("kind") == Some(resource.kind())
        && patch.text_at("apiVersion").is_none_or(|api| group(api) == resource.api().0)
        && patch.at(&["metadata", "name"]).and_then(Node::text).is_some_and(|name| resource.is_called(name))
        && (namespace.is_empty() || resource.namespaces().iter().any(|known| known == namespace))
}
