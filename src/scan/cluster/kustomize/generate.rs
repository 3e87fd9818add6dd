//! Configuration maps that a layer makes from literals and files.

use super::super::tree;
use crate::parse::Node;
use crate::text::Span;

/// `configMapGenerator` or `secretGenerator` entry as an object. Values of secrets are left out; `file` reads one.
pub(super) fn object(entry: &Node, kind: &str, file: &mut dyn FnMut(&str) -> Option<String>) -> Option<Node> {
    let name = entry.get("name")?;
    name.text()?;
    let mut data = tree::table(entry.span);
    let is_secret = kind == "Secret";
    let mut put = |key: &str, value: &str, span: Span| {
        let value = if is_secret { "" } else { value };
        tree::set(&mut data, key.trim(), tree::text(value, span));
    };
    for literal in entry.get("literals").map_or(&[][..], Node::list) {
        if let Some((key, value)) = literal.text().and_then(|text| text.split_once('=')) {
            put(key, value.trim_matches(['"', '\'']), literal.span);
        }
    }
    let single = entry.get("env").into_iter();
    for env in entry.get("envs").map_or(&[][..], Node::list).iter().chain(single) {
        let Some(text) = env.text().and_then(&mut *file) else { continue };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if let Some((key, value)) = line.split_once('=') {
                put(key, value, env.span);
            }
        }
    }
    for item in entry.get("files").map_or(&[][..], Node::list) {
        let Some(text) = item.text() else { continue };
        let (key, path) = text.split_once('=').unwrap_or((text.rsplit('/').next().unwrap_or(text), text));
        let content = if is_secret { None } else { file(path) };
        put(key, content.as_deref().unwrap_or(""), item.span);
    }
    let mut meta = tree::table(entry.span);
    tree::set(&mut meta, "name", name.clone());
    if let Some(namespace) = entry.get("namespace") {
        tree::set(&mut meta, "namespace", namespace.clone());
    }
    let mut node = tree::table(entry.span);
    tree::set(&mut node, "apiVersion", tree::text("v1", entry.span));
    tree::set(&mut node, "kind", tree::text(kind, entry.span));
    tree::set(&mut node, "metadata", meta);
    tree::set(&mut node, "data", data);
    Some(node)
}
