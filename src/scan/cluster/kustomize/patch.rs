//! Patches: which objects they are for, and JSON patches (RFC 6902).

use regex::Regex;

use super::super::tree;
use super::merge::merge;
use super::resource::Resource;
use crate::parse::{Entry, Node, Value};

/// Longest expression of a patch's target.
const LONGEST_EXPRESSION: usize = 500;

/// What a `target` asks for; fields are expressions that must fit the whole word.
pub(super) struct Target<'a> {
    node: &'a Node,
}

impl<'a> Target<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self { node }
    }

    /// The word of the target that is not evaluated.
    pub(super) fn unknown(&self) -> Option<&'static str> {
        let is_odd = |key: &&str| requirements(self.node.text_at(key).unwrap_or("")).is_none();
        ["labelSelector", "annotationSelector"].into_iter().find(is_odd)
    }

    pub(super) fn fits(&self, resource: &Resource) -> bool {
        let (group, version) = resource.api();
        let exact = |key: &str, is: &str| self.node.text_at(key).is_none_or(|wanted| wanted.is_empty() || wanted == is);
        exact("group", group)
            && exact("version", version)
            && self.any("kind", std::slice::from_ref(&resource.kind().to_owned()))
            && self.any("name", resource.names())
            && self.any("namespace", resource.namespaces())
            && self.has("labelSelector", "labels", resource)
            && self.has("annotationSelector", "annotations", resource)
    }

    fn any(&self, key: &str, values: &[String]) -> bool {
        let Some(pattern) = self.node.text_at(key).filter(|text| !text.is_empty()) else { return true };
        if values.iter().any(|value| value == pattern) {
            return true;
        }
        if pattern.len() > LONGEST_EXPRESSION || !pattern.contains(['*', '.', '|', '[', '(', '+', '?', '\\', '^', '$'])
        {
            return false;
        }
        Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|fits| values.iter().any(|value| fits.is_match(value)))
    }

    fn has(&self, selector: &str, words: &str, resource: &Resource) -> bool {
        let known = resource.node.at(&["metadata", words]);
        let value = |key: &str| known.and_then(|known| known.get(key)).and_then(Node::scalar);
        let wanted = self.node.text_at(selector).unwrap_or("");
        requirements(wanted).unwrap_or_default().iter().all(|one| {
            let fits = match (value(one.key), one.values.is_empty()) {
                (Some(_), true) => true,
                (Some(value), false) => one.values.iter().any(|wanted| *wanted == value),
                (None, _) => false,
            };
            fits == one.is
        })
    }
}

/// What a selector asks of one label.
struct Requirement<'s> {
    key: &'s str,
    /// Any of these; none where the key alone is asked for.
    values: Vec<&'s str>,
    /// False when it must not be so.
    is: bool,
}

/// `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`; nothing when it is none of these.
fn requirements(selector: &str) -> Option<Vec<Requirement<'_>>> {
    let mut found = Vec::new();
    let mut rest = selector.trim();
    while !rest.is_empty() {
        let mut depth = 0_usize;
        let end = rest.find(|letter| {
            depth = (depth + usize::from(letter == '(')).saturating_sub(usize::from(letter == ')'));
            letter == ',' && depth == 0
        });
        let (one, more) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
        let one = one.trim();
        rest = more.trim();
        let set = one.split_once('(').map(|(head, set)| (head.trim(), set.trim_end_matches(')')));
        let is_word = |word: &str| !word.is_empty() && !word.contains([' ', '(', ')']);
        let made = if let Some((head, set)) = set {
            let (key, word) = head.rsplit_once(' ')?;
            let is = match word {
                "in" => true,
                "notin" => false,
                _ => return None,
            };
            Requirement { key: key.trim(), values: set.split(',').map(str::trim).collect(), is }
        } else if let Some((key, value)) = one.split_once('=') {
            let is = !key.ends_with('!');
            Requirement {
                key: key.trim_end_matches('!').trim(),
                values: vec![value.trim_start_matches('=').trim()],
                is,
            }
        } else {
            Requirement { key: one.trim_start_matches('!'), values: Vec::new(), is: !one.starts_with('!') }
        };
        if !is_word(made.key) {
            return None;
        }
        found.push(made);
    }
    Some(found)
}

/// Applies a strategic merge patch to one object; false when the object is deleted by it.
pub(super) fn strategic(resource: &mut Resource, patch: &Node, keeps_name: bool) -> bool {
    let group = resource.api().0;
    let is_built_in = !group.contains('.') || group.ends_with(".k8s.io");
    let name = resource.node.at(&["metadata", "name"]).cloned();
    let kind = resource.node.get("kind").cloned();
    let namespace = resource.node.at(&["metadata", "namespace"]).cloned();
    merge(&mut resource.node, patch, is_built_in);
    if matches!(resource.node.value, Value::Null) {
        return false;
    }
    // a patch finds its object by name; it does not rename it, and its own place for the name is no news
    if keeps_name && let Some(kind) = kind {
        tree::set(&mut resource.node, "kind", kind);
    }
    if let Some(meta) = tree::get_mut(&mut resource.node, "metadata") {
        for (key, value) in [("name", name), ("namespace", namespace)] {
            if let Some(value) = value.filter(|_| keeps_name) {
                tree::set(meta, key, value);
            }
        }
    }
    resource.learn();
    true
}

/// Applies the operations of a JSON patch; `affords` says whether a value may be put below so many levels.
///
/// # Errors
/// What could not be done, with its place in the words of the patch.
pub(super) fn json(
    resource: &mut Resource,
    operations: &Node,
    affords: &mut dyn FnMut(&Node, usize) -> bool,
) -> Result<(), String> {
    for operation in operations.list() {
        let pointer = operation.text_at("path").ok_or("an operation without `path`")?;
        let value = operation.get("value").cloned();
        match operation.text_at("op").unwrap_or("") {
            "test" => {}
            "remove" => drop(take(&mut resource.node, pointer)?),
            "add" => put(&mut resource.node, pointer, value.ok_or("`add` without a value")?, true)?,
            "replace" => put(&mut resource.node, pointer, value.ok_or("`replace` without a value")?, false)?,
            op @ ("copy" | "move") => {
                let from = operation.text_at("from").ok_or("an operation without `from`")?;
                let kept = if op == "move" { None } else { find(&mut resource.node, from).ok().cloned() };
                let value = match kept {
                    Some(value) => value,
                    None => take(&mut resource.node, from)?,
                };
                if !affords(&value, parts(pointer).len()) {
                    return Err("it copies too much".to_owned());
                }
                put(&mut resource.node, pointer, value, true)?;
            }
            other => return Err(format!("`{other}` is no operation of a JSON patch")),
        }
    }
    resource.learn();
    Ok(())
}

fn parts(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn nothing(pointer: &str) -> String {
    format!("nothing stands at `{pointer}`")
}

fn step<'n>(node: &'n mut Node, part: &str) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::List(items) => items.get_mut(part.parse::<usize>().ok()?),
        Value::Map(entries) => entries.iter_mut().rev().find(|entry| &*entry.key == part).map(|entry| &mut entry.value),
        _ => None,
    }
}

fn find<'n>(root: &'n mut Node, pointer: &str) -> Result<&'n mut Node, String> {
    parts(pointer).iter().try_fold(root, |node, part| step(node, part)).ok_or_else(|| nothing(pointer))
}

fn holder<'n>(root: &'n mut Node, pointer: &str) -> Result<(&'n mut Node, String), String> {
    let mut parts = parts(pointer);
    let last = parts.pop().ok_or_else(|| format!("`{pointer}` is no path in an object"))?;
    let node = parts.iter().try_fold(root, |node, part| step(node, part)).ok_or_else(|| nothing(pointer))?;
    Ok((node, last))
}

fn take(root: &mut Node, pointer: &str) -> Result<Node, String> {
    let (node, last) = holder(root, pointer)?;
    match &mut node.value {
        Value::List(items) => {
            let at = last.parse::<usize>().ok().filter(|at| *at < items.len()).ok_or_else(|| nothing(pointer))?;
            Ok(items.remove(at))
        }
        Value::Map(entries) => {
            let at = entries.iter().rposition(|entry| *entry.key == *last).ok_or_else(|| nothing(pointer))?;
            Ok(entries.remove(at).value)
        }
        _ => Err(nothing(pointer)),
    }
}

fn put(root: &mut Node, pointer: &str, value: Node, is_new: bool) -> Result<(), String> {
    let (node, last) = holder(root, pointer)?;
    if matches!(node.value, Value::Null) && is_new {
        *node = tree::table(value.span);
    }
    match &mut node.value {
        Value::List(items) if last == "-" => items.push(value),
        Value::List(items) => {
            let at = last.parse::<usize>().map_err(|_| nothing(pointer))?;
            if is_new && at <= items.len() {
                items.insert(at, value);
            } else {
                *items.get_mut(at).filter(|_| !is_new).ok_or_else(|| nothing(pointer))? = value;
            }
        }
        Value::Map(entries) => match entries.iter_mut().rev().find(|entry| *entry.key == *last) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry { key: last.into(), key_span: value.span, value }),
        },
        _ => return Err(nothing(pointer)),
    }
    Ok(())
}
