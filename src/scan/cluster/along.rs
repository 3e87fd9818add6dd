//! Values down a path of names, as rows of the rules write it.

use crate::parse::{Node, Value};
use crate::text::Span;

/// Values that one path may give.
const MOST: usize = 10_000;

/// Values at `path`: names with dots between them, `*` for every entry or element; lists are looked into without
/// saying so. `requirement:KEY` gives the values of node requirements under a key, wherever they stand.
pub(super) fn along<'n>(root: &'n Node, path: &str) -> Vec<&'n Node> {
    if let Some(key) = path.strip_prefix("requirement:") {
        return required(root, key);
    }
    let mut at = vec![root];
    for name in path.split('.') {
        let mut next = Vec::new();
        for node in at.into_iter().flat_map(opened) {
            match &node.value {
                Value::Map(entries) if name == "*" => next.extend(entries.iter().map(|entry| &entry.value)),
                _ => next.extend(node.get(name)),
            }
            if next.len() > MOST {
                break;
            }
        }
        at = next;
    }
    at.into_iter().flat_map(opened).take(MOST).collect()
}

/// Words at a path: what values say, and for a last `*` the names of the entries.
pub(super) fn words<'n>(root: &'n Node, path: &str) -> Vec<(&'n str, Span)> {
    if let Some(above) = path.strip_suffix(".*") {
        let entries = along(root, above).into_iter().flat_map(Node::entries);
        return entries.map(|entry| (&*entry.key, entry.key_span)).collect();
    }
    along(root, path).into_iter().filter_map(|node| Some((node.text()?, node.span))).collect()
}

fn opened(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// Values of `{key: KEY, operator: In, values: […]}`.
fn required<'n>(root: &'n Node, key: &str) -> Vec<&'n Node> {
    let fits = |node: &&Node| node.text_at("key") == Some(key) && node.text_at("operator") == Some("In");
    let found = root.walk().filter(|node| node.is_map()).filter(fits);
    found.filter_map(|node| node.get("values")).flat_map(Node::list).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_through_tables_and_lists() {
        let text = "spec: {a: {m: {uri: x}}, b: {m: {uri: [y, z]}}, l: [{n: 1}, {n: two}], provider: {aws: {r: eu}}, \
                    req: [{key: k, operator: In, values: [v]}, {key: k, operator: NotIn, values: [w]}]}";
        let root = &crate::parse::yaml::yaml(text).documents[0];
        let found = |path: &str| words(root, path).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        assert_eq!(found("spec.*.m.uri"), ["x", "y", "z"]);
        assert_eq!(found("spec.l.n"), ["two"]);
        assert_eq!(found("spec.provider.*"), ["aws"]);
        assert_eq!(found("requirement:k"), ["v"]);
        assert!(found("spec.none.x").is_empty());
    }
}
