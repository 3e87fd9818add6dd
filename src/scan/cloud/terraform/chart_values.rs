//! Values of charts that are set one by one: `set { name = "image.repository" … }` and `set = [{ … }]`.

use super::carried::{entry, node, text};
use super::opened::{DEEPEST, Reader};
use super::syntax::Item;
use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::parse::{Node, Value as Tree};
use crate::scan::Facts;
use crate::scan::cloud::declared::value::{Resolved, Value as Plain};
use crate::scan::cluster::carried;

/// Values of one chart; real ones have some dozens.
const MOST_SET: usize = 1_000;

/// Writes the images that such values name.
pub(super) fn write<'a>(id: &ComponentId, item: &Item<'a>, reader: &Reader<'a, '_>, out: &mut Facts<'_>) {
    let mut set: Vec<(String, Node)> = Vec::new();
    for inside in item.inside.blocks_or_content("set").iter().take(MOST_SET) {
        let (Some(name), Some(value)) = (inside.get("name"), inside.get("value")) else { continue };
        set.extend(pair(&reader.open(name, 0), &reader.open(value, 0)));
    }
    if let Some(source) = item.inside.get("set").filter(|_| set.is_empty()) {
        let Plain::List(items) = reader.open(source, 0).value else { return };
        for one in items.iter().take(MOST_SET) {
            let Plain::Map(entries) = &one.value else { continue };
            let find = |wanted: &str| entries.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
            set.extend(find("name").zip(find("value")).and_then(|(name, value)| pair(name, value)));
        }
    }
    if set.is_empty() {
        return;
    }
    if set.len() >= MOST_SET {
        let message = format!("more values of a chart are set than the {MOST_SET} that are read; others do not count");
        out.problem(DiagnosticKind::LimitReached, item.file, Some(item.span), message);
    }
    let mut root = Node::new(item.span, Tree::Map(Vec::new()));
    for (name, value) in set {
        put(&mut root, &name, value);
    }
    carried::values_of(&root, id, item.file, out);
}

fn pair(name: &Resolved<'_>, value: &Resolved<'_>) -> Option<(String, Node)> {
    Some((name.text()?, node(value, 0)))
}

/// Puts a value where its name says: `a.b.c`.
fn put(root: &mut Node, name: &str, value: Node) {
    let parts: Vec<&str> = name.split('.').collect();
    let Some((last, above)) = parts.split_last().filter(|(_, above)| above.len() < DEEPEST) else { return };
    let mut at = root;
    for part in above {
        let Tree::Map(entries) = &mut at.value else { return };
        let found = entries.iter().position(|entry| &*entry.key == *part).unwrap_or_else(|| {
            entries.push(entry(part, Node::new(value.span, Tree::Map(Vec::new()))));
            entries.len() - 1
        });
        at = &mut entries[found].value;
    }
    let Tree::Map(entries) = &mut at.value else { return };
    let is_image = above.last().is_some_and(|above| above.to_ascii_lowercase().ends_with("image"));
    if is_image && *last == "repository" && !entries.iter().any(|entry| &*entry.key == "pullPolicy") {
        // the tag may be the chart's own: it is an image all the same
        entries.push(entry("pullPolicy", text("IfNotPresent", value.span)));
    }
    entries.push(entry(last, value));
}
