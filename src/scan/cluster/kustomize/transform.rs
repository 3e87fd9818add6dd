//! What a Kustomize layer changes in every object: names, namespaces, labels, replicas, images.

use super::super::places::Sources;
use super::super::tree;
use super::resource::Resource;
use crate::parse::{Node, Value};
use crate::text::Span;

/// Kinds that a prefix or suffix does not rename.
const KEEP_THEIR_NAME: [&str; 3] = ["CustomResourceDefinition", "APIService", "Namespace"];
/// Kinds that a count of replicas is for.
const COUNTED: [&str; 4] = ["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"];
/// Fields that name another object: the field, its kind, and the field above where there is one.
const REFERENCES: [(&str, &str, &str); 9] = [
    ("serviceAccountName", "ServiceAccount", ""),
    ("serviceAccount", "ServiceAccount", ""),
    ("claimName", "PersistentVolumeClaim", ""),
    ("name", "ConfigMap", "configMapRef"),
    ("name", "ConfigMap", "configMapKeyRef"),
    ("name", "ConfigMap", "configMap"),
    ("name", "Secret", "secretRef"),
    ("name", "Secret", "secretKeyRef"),
    ("secretName", "Secret", ""),
];

pub(super) fn namespace(all: &mut [Resource], value: &Node) {
    for resource in all.iter_mut().filter(|resource| resource.has_namespace()) {
        resource.settle(value);
    }
}

/// Puts a prefix and a suffix to every name, and follows the references in the same objects.
pub(super) fn names(all: &mut [Resource], prefix: Option<&Node>, suffix: Option<&Node>, sources: &mut Sources) {
    let (before, after) = (prefix.and_then(Node::text).unwrap_or(""), suffix.and_then(Node::text).unwrap_or(""));
    if before.is_empty() && after.is_empty() {
        return;
    }
    let mut renamed: Vec<(String, String, String)> = Vec::new();
    for resource in all.iter_mut() {
        let (kind, Some(name)) = (resource.kind().to_owned(), resource.name().map(str::to_owned)) else { continue };
        if KEEP_THEIR_NAME.contains(&kind.as_str()) {
            continue;
        }
        let new = format!("{before}{name}{after}");
        if let Some(node) = resource.node.at(&["metadata", "name"]) {
            prefix.iter().chain(&suffix).for_each(|by| sources.note(node.span, by.span));
        }
        resource.rename(new.clone());
        renamed.push((kind, name, new));
    }
    all.iter_mut().for_each(|resource| follow(&mut resource.node, "", &renamed));
}

fn follow(node: &mut Node, above: &str, renamed: &[(String, String, String)]) {
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| follow(item, above, renamed)),
        Value::Map(entries) => {
            for entry in entries {
                let reference = REFERENCES
                    .iter()
                    .find(|(field, _, holder)| *field == &*entry.key && (holder.is_empty() || *holder == above));
                if let Some((_, kind, _)) = reference
                    && let Some(new) = entry.value.text().and_then(|old| {
                        renamed.iter().find(|(of, from, _)| of == kind && from == old).map(|(_, _, to)| to.clone())
                    })
                {
                    entry.value = tree::text(&new, entry.value.span);
                }
                let key = entry.key.clone();
                follow(&mut entry.value, &key, renamed);
            }
        }
        _ => {}
    }
}

/// Labels of the objects themselves; selectors look at them.
pub(super) fn labels(all: &mut [Resource], pairs: &Node) {
    for resource in all.iter_mut() {
        let span = resource.node.span;
        let Some(meta) = tree::table_at(&mut resource.node, "metadata", span) else { continue };
        let Some(labels) = tree::table_at(meta, "labels", span) else { continue };
        pairs.entries().iter().for_each(|pair| tree::set(labels, &pair.key, pair.value.clone()));
    }
}

pub(super) fn replicas(all: &mut [Resource], entry: &Node) {
    let count = entry.get("count").filter(|count| count.scalar().is_some());
    let (Some(name), Some(count)) = (entry.text_at("name"), count) else { return };
    for resource in all.iter_mut().filter(|resource| resource.is_called(name) && COUNTED.contains(&resource.kind())) {
        if let Some(spec) = tree::get_mut(&mut resource.node, "spec") {
            tree::set(spec, "replicas", count.clone());
        }
    }
}

/// Replaces an image wherever containers name it; gives whether any does.
pub(super) fn image(all: &mut [Resource], entry: &Node, sources: &mut Sources) -> bool {
    let Some(name) = entry.text_at("name") else { return true };
    let mut found = false;
    for resource in all.iter_mut() {
        tree::each(&mut resource.node, &mut |node| {
            for list in ["containers", "initContainers", "ephemeralContainers"] {
                let containers = tree::get_mut(node, list).map_or(&mut [][..], tree::list_mut);
                for container in containers {
                    let Some(image) = tree::get_mut(container, "image") else { continue };
                    let Some(text) = image.text().and_then(|old| replaced(old, name, entry)) else { continue };
                    let span = image.span;
                    *image = tree::text(&text, span);
                    found = true;
                    changes(entry).for_each(|by| sources.note(span, by));
                }
            }
        });
    }
    found
}

/// Places of the words that change the image.
fn changes(entry: &Node) -> impl Iterator<Item = Span> {
    ["newName", "newTag", "digest"].into_iter().filter_map(|key| entry.get(key)).map(|node| node.span)
}

/// The reference with another name, tag or digest; nothing when it is another image.
fn replaced(old: &str, name: &str, entry: &Node) -> Option<String> {
    let (rest, digest) = old.split_once('@').map_or((old, None), |(rest, digest)| (rest, Some(digest)));
    let (is, tag) = match rest.rsplit_once(':') {
        Some((is, tag)) if !tag.contains('/') => (is, Some(tag)),
        _ => (rest, None),
    };
    if is != name {
        return None;
    }
    let word = |key: &str| entry.get(key).and_then(Node::scalar).filter(|text| !text.is_empty());
    let (new_name, new_tag, new_digest) = (word("newName"), word("newTag"), word("digest"));
    let mut out = new_name.map_or_else(|| is.to_owned(), std::borrow::Cow::into_owned);
    match (&new_tag, &new_digest) {
        (None, None) => {
            if let Some(tag) = tag {
                out = format!("{out}:{tag}");
            }
            if let Some(digest) = digest {
                out = format!("{out}@{digest}");
            }
        }
        (tag, digest) => {
            if let Some(tag) = tag {
                out = format!("{out}:{tag}");
            }
            if let Some(digest) = digest {
                out = format!("{out}@{digest}");
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_replaced_by_name() {
        for (old, entry, new) in [
            ("app:1", "{name: app, newTag: '2'}", Some("app:2")),
            ("r.example:5000/app", "{name: 'r.example:5000/app', newTag: v2}", Some("r.example:5000/app:v2")),
            ("app:1", "{name: app, newName: ghcr.io/x/app}", Some("ghcr.io/x/app:1")),
            ("app:1", "{name: app, digest: 'sha256:00'}", Some("app@sha256:00")),
            ("app@sha256:11", "{name: app, newTag: '2'}", Some("app:2")),
            ("my/app:1", "{name: app, newTag: '2'}", None),
        ] {
            let entry = crate::parse::yaml::yaml(entry).documents.remove(0);
            let name = entry.text_at("name").expect("is there");
            assert_eq!(replaced(old, name, &entry).as_deref(), new, "{old}");
        }
    }
}
