//! Generators of application sets, as far as the tree says what they give.

use std::collections::BTreeMap;

use crate::parse::{Node, Value};

/// Applications of one set.
pub(super) const MOST: usize = 500;
/// Generators inside of each other.
const DEEPEST: usize = 4;
/// What stands for a word that only the controller knows.
pub(super) const ANY: &str = "*";

/// Words by name that one application is made with.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    words: BTreeMap<String, String>,
}

/// What generators give, and what they do not tell.
#[derive(Default)]
pub(super) struct Generated<'n> {
    pub(super) sets: Vec<Words>,
    /// Generators that only the controller can evaluate.
    pub(super) unknown: Vec<&'n Node>,
}

impl Words {
    fn one(name: &str, value: impl Into<String>) -> Self {
        Self { words: BTreeMap::from([(name.to_owned(), value.into())]) }
    }

    fn with(&self, other: &Self) -> Self {
        let mut words = self.words.clone();
        words.extend(other.words.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self { words }
    }

    /// A template with its words filled in; what is not known stands as `*`.
    pub(super) fn fill(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(open) = rest.find("{{") {
            out.push_str(&rest[..open]);
            let Some(close) = rest[open..].find("}}") else { break };
            let name = rest[open + 2..open + close].trim().trim_start_matches('.');
            out.push_str(self.word(name));
            rest = &rest[open + close + 2..];
        }
        out.push_str(rest);
        out
    }

    fn word(&self, name: &str) -> &str {
        let name = match name {
            "path.path" => "path",
            other => other,
        };
        self.words.get(name).map_or(ANY, String::as_str)
    }
}

/// Evaluates a list of generators: each gives applications of its own.
pub(super) fn generated<'n>(generators: &'n [Node], depth: usize) -> Generated<'n> {
    let mut all = Generated::default();
    for generator in generators {
        let one = generate(generator, depth);
        all.sets.extend(one.sets);
        all.unknown.extend(one.unknown);
    }
    all.sets.truncate(MOST);
    all
}

fn generate(generator: &Node, depth: usize) -> Generated<'_> {
    let mut out = Generated::default();
    if let Some(list) = generator.get("list") {
        let elements = list.get("elements").map_or(&[][..], Node::list);
        out.sets.extend(elements.iter().map(element));
        if elements.is_empty() {
            out.unknown.push(list);
        }
    } else if let Some(git) = generator.get("git") {
        let kept = |entry: &&Node| entry.get("exclude").and_then(Node::as_bool) != Some(true);
        for entry in git.get("directories").map_or(&[][..], Node::list).iter().filter(kept) {
            if let Some(path) = entry.text_at("path") {
                let mut words = Words::one("path", path);
                let base = path.rsplit('/').next().unwrap_or(path);
                words.words.insert("path.basename".to_owned(), base.to_owned());
                out.sets.push(words);
            }
        }
        if let Some(files) = git.get("files") {
            out.sets.push(Words::default());
            out.unknown.push(files);
        }
    } else if let Some(matrix) = generator.get("matrix").filter(|_| depth < DEEPEST) {
        let mut sets = vec![Words::default()];
        for child in matrix.get("generators").map_or(&[][..], Node::list) {
            let given = generate(child, depth + 1);
            out.unknown.extend(given.unknown);
            let pairs = sets.iter().flat_map(|one| given.sets.iter().map(|other| one.with(other)));
            sets = pairs.take(MOST).collect();
        }
        out.sets = sets;
    } else {
        // clusters, pull requests, merges and plugins
        let unknown = generator.entries().first().map(|entry| &entry.value);
        out.unknown.extend(unknown);
        let mut words = Words::default();
        if let Some(values) = generator.get("clusters").and_then(|clusters| clusters.get("values")) {
            for entry in values.entries() {
                let value = entry.value.text().filter(|text| !text.contains("{{"));
                words.words.extend(value.map(|value| (format!("values.{}", entry.key), value.to_owned())));
            }
        }
        out.sets.push(words);
    }
    out
}

/// An element of a list: its fields, those of tables with their path.
fn element(node: &Node) -> Words {
    let mut words = BTreeMap::new();
    let mut open = vec![(String::new(), node)];
    while let Some((prefix, node)) = open.pop() {
        for entry in node.entries() {
            let name = if prefix.is_empty() { entry.key.to_string() } else { format!("{prefix}.{}", entry.key) };
            match &entry.value.value {
                Value::Map(_) => open.push((name, &entry.value)),
                _ => words.extend(entry.value.scalar().map(|value| (name, value.into_owned()))),
            }
        }
    }
    Words { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_folders_and_their_products() {
        let text = "- matrix:\n    generators:\n    - git: {directories: [{path: apps/*}, {path: apps/old, exclude: true}]}\n    \
                    - list: {elements: [{cluster: eu, values: {tier: a}}, {cluster: us}]}\n- clusters: {values: {x: y}}\n";
        let document = &crate::parse::yaml::yaml(text).documents[0];
        let found = generated(document.list(), 0);
        assert_eq!(found.sets.len(), 3);
        assert_eq!(found.unknown.len(), 1);
        assert_eq!(found.sets[0].fill("{{.path.basename}}-{{ cluster }}-{{values.tier}}"), "*-eu-a");
        assert_eq!(found.sets[1].fill("{{path}}/{{name}}"), "apps/*/*");
        assert_eq!(found.sets[2].fill("{{values.x}}{{"), "y{{");
    }
}
