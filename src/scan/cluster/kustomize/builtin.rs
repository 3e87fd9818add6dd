//! Generators and transformers that Kustomize brings along, written as objects of their own: each is what a word of a
//! layer says otherwise.

use super::super::tree;
use crate::parse::{Node, Value};

/// The layer that says the same; nothing for what is no part of Kustomize.
pub(super) fn layer(object: &Node) -> Option<Node> {
    if object.text_at("apiVersion") != Some("builtin") {
        return None;
    }
    let mut layer = tree::table(object.span);
    let mut say = |key: &str, value: Option<&Node>| {
        if let Some(value) = value {
            tree::set(&mut layer, key, value.clone());
        }
    };
    let one = |node: Option<&Node>| node.map(|node| Node::new(node.span, Value::List(vec![node.clone()])));
    let whole = one(Some(object));
    match object.text_at("kind")? {
        "PrefixTransformer" => say("namePrefix", object.get("prefix")),
        "SuffixTransformer" => say("nameSuffix", object.get("suffix")),
        "PrefixSuffixTransformer" => {
            say("namePrefix", object.get("prefix"));
            say("nameSuffix", object.get("suffix"));
        }
        "NamespaceTransformer" => say("namespace", object.at(&["metadata", "namespace"])),
        "LabelTransformer" => say("commonLabels", object.get("labels")),
        "AnnotationsTransformer" => {}
        "ReplicaCountTransformer" => say("replicas", one(object.get("replica")).as_ref()),
        "ImageTagTransformer" => say("images", one(object.get("imageTag")).as_ref()),
        "PatchTransformer" => say("patches", whole.as_ref()),
        "PatchJson6902Transformer" => {
            let mut entry = object.clone();
            if let Some(operations) = object.get("jsonOp") {
                tree::set(&mut entry, "patch", operations.clone());
            }
            say("patches", one(Some(&entry)).as_ref());
        }
        "PatchStrategicMergeTransformer" => {
            let paths = object.get("paths").map_or(&[][..], Node::list).iter().cloned();
            let inline = object.get("patches");
            let patches = paths.chain(inline.filter(|node| node.text().is_some()).cloned()).collect();
            say("patchesStrategicMerge", Some(&Node::new(object.span, Value::List(patches))));
        }
        "ReplacementTransformer" => say("replacements", object.get("replacements")),
        "ConfigMapGenerator" => say("configMapGenerator", one(Some(&named(object))).as_ref()),
        "SecretGenerator" => say("secretGenerator", one(Some(&named(object))).as_ref()),
        "HelmChartInflationGenerator" => say("helmCharts", whole.as_ref()),
        _ => return None,
    }
    Some(layer)
}

/// A generator with the name and namespace of its object as its own.
fn named(object: &Node) -> Node {
    let mut entry = object.clone();
    for key in ["name", "namespace"] {
        if let Some(value) = object.at(&["metadata", key]) {
            tree::set(&mut entry, key, value.clone());
        }
    }
    entry
}
