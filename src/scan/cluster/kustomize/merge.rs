//! Strategic merge patches: tables merge, lists of named things merge by their key, anything else is replaced.

use super::super::tree;
use crate::parse::{Entry, Node, Text, Value};
use crate::text::Lookup;

/// Lists of built-in kinds whose elements are told apart by a field.
const MERGE_KEYS: [(&str, &str); 16] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("imagePullSecrets", "name"),
    ("secrets", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("hostAliases", "ip"),
    ("resourceClaims", "name"),
    ("topologySpreadConstraints", "topologyKey"),
    ("volumeClaimTemplates", ""),
    ("ports", ""),
    ("ownerReferences", "uid"),
    ("conditions", "type"),
];

/// Merges `patch` into `target`. `is_built_in` says whether lists merge by their keys: those of custom resources do not.
pub(super) fn merge(target: &mut Node, patch: &Node, is_built_in: bool) {
    let Value::Map(changes) = &patch.value else {
        *target = patch.clone();
        return;
    };
    match patch.text_at("$patch") {
        Some("replace") => {
            *target = patch.clone();
            tree::remove(target, "$patch");
            return;
        }
        Some("delete") => {
            target.value = Value::Null;
            return;
        }
        _ => {}
    }
    if !matches!(target.value, Value::Map(_)) {
        *target = Node::new(patch.span, Value::Map(Vec::new()));
    }
    let Value::Map(entries) = &mut target.value else { return };
    // large tables are merged as well: each key is looked up, and what goes is taken out at the end
    let mut places: Lookup<Text, usize> = Lookup::with_capacity(entries.len());
    let mut gone = vec![false; entries.len()];
    for (at, entry) in entries.iter().enumerate() {
        if let Some(earlier) = places.insert(entry.key.clone(), at) {
            gone[earlier] = true;
        }
    }
    for change in changes.iter().filter(|change| !change.key.starts_with('$')) {
        let removes = matches!(change.value.value, Value::Null);
        match places.get(&change.key).copied().filter(|at| !gone[*at]) {
            Some(at) => {
                let old = &mut entries[at].value;
                if !removes {
                    merge_value(&change.key, old, &change.value, is_built_in);
                }
                gone[at] = removes || matches!(old.value, Value::Null);
            }
            None if removes => {}
            None => {
                places.insert(change.key.clone(), entries.len());
                gone.push(false);
                entries.push(added(change, is_built_in));
            }
        }
    }
    let mut is_gone = gone.into_iter();
    entries.retain(|_| is_gone.next() == Some(false));
}

fn added(change: &Entry, is_built_in: bool) -> Entry {
    let mut value = change.value.clone();
    if matches!(value.value, Value::Map(_)) {
        // directives inside of what is new
        let mut clean = Node::new(value.span, Value::Map(Vec::new()));
        merge(&mut clean, &value, is_built_in);
        value = clean;
    }
    Entry { key: change.key.clone(), key_span: change.key_span, value }
}

fn merge_value(key: &str, old: &mut Node, new: &Node, is_built_in: bool) {
    let Value::List(items) = &new.value else {
        return merge(old, new, is_built_in);
    };
    let by = MERGE_KEYS.iter().find(|(list, _)| *list == key && is_built_in).map(|(_, by)| *by);
    let by = match by {
        Some("") if key == "ports" => {
            items.iter().find_map(|item| ["containerPort", "port"].into_iter().find(|field| item.get(field).is_some()))
        }
        Some("") => None,
        by => by,
    };
    let whole = items.iter().any(|item| item.text_at("$patch") == Some("replace"));
    match (by, &mut old.value) {
        (Some(by), Value::List(known)) if !whole && items.iter().all(|item| item.get(by).is_some()) => {
            items.iter().for_each(|item| merge_element(known, item, by, is_built_in));
        }
        _ => {
            *old = new.clone();
            if let Value::List(items) = &mut old.value {
                items.retain(|item| item.get("$patch").is_none());
            }
        }
    }
}

fn merge_element(known: &mut Vec<Node>, item: &Node, by: &str, is_built_in: bool) {
    let wanted = item.get(by).and_then(Node::scalar);
    let at = known.iter().position(|other| other.get(by).and_then(Node::scalar) == wanted);
    match (at, item.text_at("$patch")) {
        (Some(at), Some("delete")) => {
            known.remove(at);
        }
        (Some(at), _) => merge(&mut known[at], item, is_built_in),
        (None, Some("delete")) => {}
        (None, _) => known.push(item.clone()),
    }
}
