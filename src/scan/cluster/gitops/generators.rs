//! Generators of application sets, as far as the tree says what they give.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};

use super::clusters;
use crate::parse::{Node, Value};
use crate::scan::Input;
use crate::text::RelPath;

/// Applications of one set.
pub(super) const MOST: usize = 500;
/// Generators inside of each other.
const DEEPEST: usize = 4;
/// Sets that all generators of one set of applications may give, those that others take up among them.
const ALL: usize = 20_000;
/// Longest text that is filled in.
const LONGEST: usize = 1 << 16;
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
    /// Generators of which the tree says a part, with how many of its secrets name clusters: others may be registered.
    pub(super) parts: Vec<(&'n Node, usize)>,
    /// Generators that give more than is looked at.
    pub(super) cut: Vec<&'n Node>,
}

/// What generators read, and how much they may still give.
struct Work<'i> {
    input: &'i Input<'i>,
    left: Cell<usize>,
}

impl Work<'_> {
    /// Whether so many sets more may be given.
    fn takes(&self, sets: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(sets));
        left >= sets
    }
}

impl<'n> Generated<'n> {
    fn doubt(&mut self, node: &'n Node) {
        if !self.unknown.iter().any(|known| std::ptr::eq(*known, node)) {
            self.unknown.push(node);
        }
    }

    /// Takes over what another one could not tell.
    fn doubts_of(&mut self, other: &Self) {
        other.unknown.iter().for_each(|node| self.doubt(node));
        for (node, secrets) in &other.parts {
            self.part_of(node, *secrets);
        }
        for node in &other.cut {
            self.cut_at(node);
        }
    }

    fn part_of(&mut self, node: &'n Node, secrets: usize) {
        if !self.parts.iter().any(|(known, _)| std::ptr::eq(*known, node)) {
            self.parts.push((node, secrets));
        }
    }

    fn cut_at(&mut self, node: &'n Node) {
        if !self.cut.iter().any(|known| std::ptr::eq(*known, node)) {
            self.cut.push(node);
        }
    }

    /// What a generator gives is not known, but for the values that it adds itself.
    fn unknown_with(&mut self, node: &'n Node, outer: &Words) {
        self.doubt(node);
        let mut words = Words::default();
        words.add(node.get("values").map(|values| ("values", values)), outer);
        self.sets.push(words);
    }
}

impl Words {
    /// Adds the fields of a table under a name; what they ask of what is not known stays out.
    pub(super) fn add(&mut self, table: Option<(&str, &Node)>, outer: &Self) {
        let Some((name, table)) = table else { return };
        let known = outer.with(self);
        for entry in table.entries() {
            if let Some(value) = entry.value.scalar().map(|value| known.fill(&value)).filter(|text| text != ANY) {
                self.words.insert(format!("{name}.{}", entry.key), value);
            }
        }
    }

    /// Sets a word.
    pub(super) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.words.insert(name.into(), value.into());
    }

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
            // a text of such a length is no name, address or path
            if out.len() > LONGEST {
                return ANY.to_owned();
            }
        }
        out.push_str(rest);
        out
    }

    /// The value of an expression of a template: a name, or a part of a path.
    fn word(&self, expression: &str) -> &str {
        let name = match expression {
            "path.path" => "path".to_owned(),
            _ => match expression.strip_prefix("index .path.segments ") {
                Some(at) => format!("path[{}]", at.trim()),
                None => expression.replacen("path.segments[", "path[", 1),
            },
        };
        self.words.get(&name).map_or(ANY, String::as_str)
    }
}

/// Evaluates the generators of a set: each gives applications of its own.
pub(super) fn generated<'n>(generators: &'n [Node], input: &Input<'_>) -> Generated<'n> {
    let work = Work { input, left: Cell::new(ALL) };
    let mut all = Generated::default();
    for generator in generators {
        let one = generate(generator, &Words::default(), &work, 0);
        all.doubts_of(&one);
        all.sets.extend(one.sets);
        if all.sets.len() > MOST {
            all.sets.truncate(MOST);
            all.cut_at(generator);
            break;
        }
    }
    all
}

/// One generator; `outer` are the words that generators before it give in a product.
fn generate<'n>(generator: &'n Node, outer: &Words, work: &Work<'_>, depth: usize) -> Generated<'n> {
    let mut out = Generated::default();
    if let Some(list) = generator.get("list") {
        let elements = list.get("elements").map_or(&[][..], Node::list);
        out.sets.extend(elements.iter().take(MOST + 1).map(|node| element(node, outer)));
        if elements.is_empty() {
            out.unknown.push(list);
        }
    } else if let Some(git) = generator.get("git") {
        folders(git, outer, work.input, &mut out);
        files(git, outer, work.input, &mut out);
    } else if let Some(clusters) = generator.get("clusters") {
        match clusters::all(clusters, outer, work.input) {
            (found, 0) => {
                out.unknown_with(clusters, outer);
                out.sets.extend(found);
            }
            (found, secrets) => {
                out.sets = found;
                out.part_of(clusters, secrets);
            }
        }
    } else if let Some(matrix) = generator.get("matrix").filter(|_| depth < DEEPEST) {
        product(matrix, outer, work, depth, &mut out);
    } else if let Some(merge) = generator.get("merge").filter(|_| depth < DEEPEST) {
        merged(merge, outer, work, depth, &mut out);
    } else if let Some(other) = generator.entries().first() {
        // pull requests, repositories of an organisation, plugins
        out.unknown_with(&other.value, outer);
    }
    if out.sets.len() > MOST || !work.takes(out.sets.len().max(1)) {
        out.sets.truncate(MOST);
        out.cut_at(generator);
    }
    out
}

/// Every set of a generator with every one of those after it.
fn product<'n>(matrix: &'n Node, outer: &Words, work: &Work<'_>, depth: usize, out: &mut Generated<'n>) {
    let mut sets = vec![outer.clone()];
    for child in matrix.get("generators").map_or(&[][..], Node::list) {
        let mut next = Vec::new();
        for one in &sets {
            if next.len() > MOST || work.left.get() == 0 {
                out.cut_at(matrix);
                break;
            }
            let given = generate(child, one, work, depth + 1);
            out.doubts_of(&given);
            next.extend(given.sets.iter().map(|other| one.with(other)));
        }
        next.truncate(MOST);
        sets = next;
    }
    out.sets = sets;
}

/// Folders of the tree that a git generator names; a pattern that none fits stays as it is.
fn folders<'n>(git: &'n Node, outer: &Words, input: &Input<'_>, out: &mut Generated<'n>) {
    let entries = git.get("directories").map_or(&[][..], Node::list);
    let is_out = |entry: &&Node| entry.get("exclude").and_then(Node::as_bool) == Some(true);
    let path = |entry: &Node| entry.text_at("path").map(|path| outer.fill(path));
    let excluded: Vec<GlobMatcher> =
        entries.iter().filter(is_out).filter_map(path).filter_map(|it| glob(&it)).collect();
    for entry in entries.iter().filter(|entry| !is_out(entry)) {
        let Some(pattern) = path(entry) else { continue };
        let found = if pattern.contains(['*', '?', '[']) { below(&pattern, input) } else { BTreeSet::new() };
        if found.is_empty() {
            out.sets.push(of_path(&pattern));
            continue;
        }
        let kept = found.iter().filter(|folder| !excluded.iter().any(|glob| glob.is_match(folder)));
        out.sets.extend(kept.take(MOST).map(|folder| of_path(folder)));
    }
}

/// Folders that hold something and fit a pattern.
fn below<'i>(pattern: &str, input: &Input<'i>) -> BTreeSet<&'i str> {
    let Some(glob) = glob(pattern.trim_start_matches("./")) else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    for path in input.paths {
        let mut rest = path.as_str();
        while let Some((folder, _)) = rest.rsplit_once('/') {
            if glob.is_match(folder) {
                found.insert(folder);
            }
            rest = folder;
        }
    }
    found
}

/// Files of the tree that a git generator names: each gives its fields.
fn files<'n>(git: &'n Node, outer: &Words, input: &Input<'_>, out: &mut Generated<'n>) {
    let Some(entries) = git.get("files") else { return };
    let mut found: BTreeSet<&RelPath> = BTreeSet::new();
    for pattern in entries.list().iter().filter_map(|entry| entry.text_at("path")) {
        let Some(glob) = glob(outer.fill(pattern).trim_start_matches("./")) else { continue };
        found.extend(input.paths.iter().filter(|path| glob.is_match(path.as_str())));
    }
    if found.is_empty() {
        out.unknown_with(entries, outer);
    }
    for path in found.into_iter().take(MOST) {
        let Some(file) = input.companion(path) else { continue };
        let mut words = of_path(path.parent().as_str());
        words.words.insert("path.filename".to_owned(), path.name().to_owned());
        let values = git.get("values").map(|values| ("values", values));
        for document in file.yaml().documents.iter().take(1) {
            let one = std::slice::from_ref(document);
            let elements = if let Value::List(items) = &document.value { items.as_slice() } else { one };
            for node in elements.iter().take((MOST + 1).saturating_sub(out.sets.len())) {
                let mut all = words.with(&element(node, &Words::default()));
                all.add(values, outer);
                out.sets.push(all);
            }
        }
    }
}

/// Words that a folder gives: its path, the last part of it, and every part.
fn of_path(path: &str) -> Words {
    let mut words = Words::one("path", path);
    let base = path.rsplit('/').next().unwrap_or(path);
    words.words.insert("path.basename".to_owned(), base.to_owned());
    words.words.insert("path.basenameNormalized".to_owned(), base.replace(['_', '.'], "-").to_lowercase());
    for (at, part) in path.split('/').enumerate().take(20) {
        words.words.insert(format!("path[{at}]"), part.to_owned());
    }
    words
}

/// Sets of the first generator, with what those after it say of the same keys.
fn merged<'n>(merge: &'n Node, outer: &Words, work: &Work<'_>, depth: usize, out: &mut Generated<'n>) {
    let keys: Vec<&str> = merge.get("mergeKeys").map_or(&[][..], Node::list).iter().filter_map(Node::text).collect();
    for (at, child) in merge.get("generators").map_or(&[][..], Node::list).iter().enumerate() {
        let given = generate(child, outer, work, depth + 1);
        out.doubts_of(&given);
        if at == 0 {
            out.sets = given.sets;
            continue;
        }
        for more in given.sets {
            let same = |one: &&mut Words| keys.iter().all(|key| one.words.get(*key) == more.words.get(*key));
            for one in out.sets.iter_mut().filter(same) {
                *one = one.with(&more);
            }
        }
    }
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

/// An element of a list: its fields, those of tables with their path.
fn element(node: &Node, outer: &Words) -> Words {
    let mut words = BTreeMap::new();
    let mut open = vec![(String::new(), node)];
    while let Some((prefix, node)) = open.pop() {
        for entry in node.entries() {
            let name = if prefix.is_empty() { entry.key.to_string() } else { format!("{prefix}.{}", entry.key) };
            match &entry.value.value {
                Value::Map(_) => open.push((name, &entry.value)),
                _ => words.extend(entry.value.scalar().map(|value| (name, outer.fill(&value)))),
            }
        }
    }
    Words { words }
}
