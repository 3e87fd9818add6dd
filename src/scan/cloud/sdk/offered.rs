//! What a file offers to others: the clients that it makes, and what it passes on.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::facts::Writer;
use super::imports::{DEFAULT, Import};
use super::modules::HOME;
use super::outside::{Asked, Told, beside, rest_below, unsaid};
use super::reading::{Reading, Scope};
use super::resolve::{below, outermost};
use super::syntax::{self, Language, call, field, of, path};
use super::value::Value;
use super::{META, is_made};
use crate::catalog::Catalog;
use crate::model::ComponentId;
use crate::scan::{Facts, SourceFile};

/// Names that one file offers.
const MOST_OFFERED: usize = 2_000;
/// Names and calls of a file that are followed to what makes a value.
const STEPS: usize = 5;
/// Parts of one object.
const MOST_PARTS: usize = 200;
/// Values of a file that are looked at.
const MOST_VALUES: usize = 20_000;
/// Facts of a file that is only asked for its clients.
const MOST_FACTS: usize = 20_000;

/// What a file gives to others, by name.
#[derive(Default)]
pub(super) struct Offers {
    /// Packages or namespaces that the file is of, where the language has it say so.
    pub(super) packages: Vec<String>,
    pub(super) made: BTreeMap<String, Offer>,
    /// Modules of which everything is passed on.
    pub(super) whole: Vec<String>,
    /// More than is looked at: nothing of it counts.
    pub(super) is_cut: bool,
}

#[derive(Clone)]
pub(super) enum Offer {
    Made {
        fulls: Vec<String>,
        client: Option<Asked>,
    },
    /// A text; nothing where it is one of several.
    Text(Option<Told>),
    /// One of a class of the file.
    One(String),
    /// It comes from a module itself, under that name there.
    Passed {
        module: String,
        name: Vec<String>,
    },
}

/// What a file offers, as far as it says so itself.
pub(super) fn offers(file: &SourceFile, catalog: &Catalog) -> Offers {
    let mut found = Offers::default();
    let Some(language) = Language::of(file.path().name()).filter(|_| !file.is_binary()) else { return found };
    let text = file.text();
    let Some(tree) = Some(text).filter(|text| !is_made(text)).and_then(|text| syntax::parse(text, language)) else {
        return found;
    };
    let mut reading = Reading::new(&tree, text, language);
    let mut beside = beside(&mut reading.imports);
    beside.extend(unsaid(&reading.imports).map(|import| (String::new(), import)));
    found.packages.extend(reading.imports.own.iter().filter_map(|own| own.strip_prefix(HOME)).map(str::to_owned));
    // what it tells is told when the file itself is read
    let mut unheard = Facts::new(&META, META.id, MOST_FACTS);
    let project = ComponentId::project(&file.folder());
    let mut writer = Writer::new(&reading, catalog, file, &project, &mut unheard);
    writer.calls();
    let maker = Maker { reading: &reading, writer: &writer, beside: &beside, left: Cell::new(MOST_VALUES) };
    for (name, value, scope) in offered(&reading).into_iter().take(MOST_OFFERED) {
        if let Some(offer) = maker.offer(value, scope, STEPS) {
            let offer = match found.made.remove(&name) {
                Some(known) => both(known, offer),
                None => offer,
            };
            found.made.insert(name, offer);
        }
    }
    maker.typed(&mut found);
    if maker.left.get() == 0 {
        // of values that were not looked at nothing is known, and so of none that they may stand for
        return Offers { is_cut: true, ..Offers::default() };
    }
    maker.passed(&mut found);
    found
}

/// Names that others can ask for, with their values: those of the file and of its classes, and what its functions give.
fn offered<'t>(reading: &Reading<'t>) -> Vec<(String, Node<'t>, usize)> {
    let mut found = Vec::new();
    let scope_of = |node: Node<'t>| reading.scopes.iter().position(|scope| scope.node == node.id());
    let returns = |scope: usize| reading.returned.iter().filter(move |(of, _)| *of == scope).map(|(_, value)| *value);
    for (name, bindings) in &reading.names {
        for binding in bindings {
            let Some(value) = binding.value else { continue };
            let own =
                ["self.", "this.", "module.exports.", "exports."].iter().find_map(|start| name.strip_prefix(start));
            let own = own.unwrap_or(name);
            let own = if *name == "module.exports" { DEFAULT } else { own };
            let name = match reading.scopes[binding.scope].class {
                Some(class) => format!("{class}.{own}"),
                None if binding.scope == 0 => own.to_owned(),
                None => continue,
            };
            // `const make = () => new Client()`
            let is_function = matches!(value.kind(), "arrow_function" | "function_expression" | "lambda");
            match scope_of(value).filter(|_| is_function) {
                Some(scope) => {
                    let body = field(value, "body").filter(|body| body.kind() != "statement_block");
                    found.extend(body.into_iter().chain(returns(scope)).map(|value| (name.clone(), value, scope)));
                }
                None => {
                    let inner = value.named_child(0).filter(|_| value.kind() == "as_expression").unwrap_or(value);
                    found.extend(parts(&name, inner, binding.within, reading.text));
                    found.push((name, value, binding.within));
                }
            }
        }
    }
    for (at, scope) in reading.scopes.iter().enumerate() {
        let Some(name) = scope.function else { continue };
        let name = match reading.scopes[scope.parent].class {
            Some(class) => format!("{class}.{name}"),
            None if scope.parent == 0 => name.to_owned(),
            None => continue,
        };
        found.extend(returns(at).map(|value| (name.clone(), value, at)));
    }
    found
}

/// The parts of an object of JavaScript: `export const models = { small: "…" }`.
fn parts<'t>(name: &str, value: Node<'t>, scope: usize, text: &'t str) -> Vec<(String, Node<'t>, usize)> {
    if value.kind() != "object" {
        return Vec::new();
    }
    let mut cursor = value.walk();
    let pairs = value.named_children(&mut cursor).take(MOST_PARTS).filter_map(|pair| {
        let (key, value) = field(pair, "key").zip(field(pair, "value"))?;
        (key.kind() == "property_identifier").then(|| (format!("{name}.{}", of(key, text)), value, scope))
    });
    pairs.collect()
}

/// Tells what values are.
struct Maker<'a, 't, 'w, 'o, 'm> {
    reading: &'a Reading<'t>,
    writer: &'a Writer<'w, 't, 'o, 'm>,
    beside: &'a [(String, Import)],
    /// Values that may still be looked at: functions that return each other have no end.
    left: Cell<usize>,
}

impl<'t> Maker<'_, 't, '_, '_, '_> {
    fn offer(&self, value: Node<'t>, scope: usize, steps: usize) -> Option<Offer> {
        if steps == 0 || self.left.get() == 0 {
            return None;
        }
        self.left.set(self.left.get() - 1);
        let value = outermost(value, self.reading.text);
        let Some((callee, _)) = call(value) else {
            return self.plain(value, scope, steps);
        };
        let whole = path(callee, self.reading.text);
        let name = whole.names.last().copied().unwrap_or_default();
        // `Client.builder().region(…).build()`
        let value = whole.inner.filter(|_| name.to_ascii_lowercase().starts_with("build")).unwrap_or(value);
        let found = self.reading.calls.iter().find(|call| call.node.id() == value.id())?;
        let target = self.reading.target(found);
        let fulls = self.writer.makers(&target);
        if !fulls.is_empty() {
            return Some(Offer::Made { fulls, client: self.writer.client_of(value.id()) });
        }
        // a function of the file, or of one beside it
        let is_class = |scope: &Scope<'_>| scope.class.is_some_and(|class| !class.is_empty() && class == name);
        if whole.names.len() == 1 && self.reading.scopes.iter().any(is_class) {
            return Some(Offer::One(name.to_owned()));
        }
        let mut scopes = self.reading.scopes.iter();
        let own = scopes.position(|scope| whole.names.len() == 1 && scope.function == Some(name));
        if let Some(own) = own {
            let values = self.reading.returned.iter().filter(|(of, _)| *of == own);
            return self.one(values.map(|(_, value)| *value), own, steps - 1);
        }
        let passed = || target.fulls.iter().find_map(|full| self.passed_on(full));
        self.text(value, scope).or_else(passed)
    }

    /// A text, with what may have another.
    fn text(&self, value: Node<'t>, scope: usize) -> Option<Offer> {
        match self.reading.value(value, scope) {
            Value::Text { text, default_of, .. } if !text.contains('{') => {
                Some(Offer::Text(Some(Told { text, default_of })))
            }
            _ => None,
        }
    }

    /// What a value that is no call stands for: a text, another name, what is imported.
    fn plain(&self, value: Node<'t>, scope: usize, steps: usize) -> Option<Offer> {
        let name = path(value, self.reading.text).names.join(".");
        match self.reading.values(&name, scope).as_slice() {
            [one] if one.value.is_some_and(|inner| inner.id() != value.id()) => {
                return self.offer(one.value?, one.within, steps - 1);
            }
            [] => {}
            _ => return None,
        }
        let passed = || self.reading.fulls(value, scope).iter().find_map(|full| self.passed_on(full));
        self.text(value, scope).or_else(passed)
    }

    /// What is not made here, and whose type is that of a client.
    fn typed(&self, found: &mut Offers) {
        let mut typed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let members = self.reading.typed_members().into_iter().take(MOST_VALUES);
        for (name, full) in members.filter(|(name, full)| !found.made.contains_key(name) && self.is_of_sdk(full)) {
            typed.entry(name).or_default().push(full);
        }
        let offer = |(name, fulls)| (name, Offer::Made { fulls, client: None });
        found.made.extend(typed.into_iter().take(MOST_OFFERED).map(offer));
    }

    /// True for the full name of a type that stands in the package of an SDK.
    fn is_of_sdk(&self, full: &str) -> bool {
        let mut rows = self.writer.catalog.sdk_calls_of(self.reading.language.word());
        rows.any(|row| below(full, &row.package).is_some())
    }

    /// What several values all are.
    fn one(&self, values: impl Iterator<Item = Node<'t>>, scope: usize, steps: usize) -> Option<Offer> {
        let mut all = values.filter_map(|value| self.offer(value, scope, steps));
        let first = all.next()?;
        all.try_fold(first, |first, next| Some(both(first, next)))
    }

    fn passed_on(&self, full: &str) -> Option<Offer> {
        let mut imports = self.reading.imports.all.iter().chain(self.beside.iter().map(|(_, import)| import));
        imports.find_map(|import| {
            let name = rest_below(full, import).filter(|rest| !rest.is_empty())?;
            Some(Offer::Passed { module: import.module.clone(), name })
        })
    }

    /// What the file passes on.
    fn passed(&self, found: &mut Offers) {
        let imports = &self.reading.imports;
        if matches!(self.reading.language, Language::Python | Language::Rust) {
            let known = imports.all.iter().filter(|import| !import.name.is_empty());
            let beside = self.beside.iter().filter(|(local, _)| !local.is_empty());
            let known = known.map(|import| (&import.name, import)).chain(beside.map(|(local, one)| (local, one)));
            for (local, import) in known.take(MOST_OFFERED) {
                let passed = Offer::Passed { module: import.module.clone(), name: vec![import.name.clone()] };
                found.made.entry(local.clone()).or_insert(passed);
            }
            found.whole.extend(imports.open.iter().cloned());
        }
        for given in imports.given.iter().take(MOST_OFFERED) {
            match &given.module {
                Some(module) if given.outer == "*" => found.whole.push(module.clone()),
                Some(module) => {
                    let passed = Offer::Passed { module: module.clone(), name: vec![given.inner.clone()] };
                    found.made.insert(given.outer.clone(), passed);
                }
                None => {
                    let imported = || imports.names.get(&given.inner).and_then(|full| self.passed_on(full));
                    let known = found.made.get(&given.inner).cloned().or_else(imported);
                    found.made.extend(known.map(|offer| (given.outer.clone(), offer)));
                }
            }
        }
        self.common(found);
    }

    /// `module.exports = { client, other: value }`.
    fn common(&self, found: &mut Offers) {
        for binding in self.reading.values("module.exports", 0) {
            let Some(value) = binding.value else { continue };
            if value.kind() == "identifier" {
                let known = found.made.get(of(value, self.reading.text)).cloned();
                found.made.extend(known.map(|offer| (DEFAULT.to_owned(), offer)));
            }
            let mut cursor = value.walk();
            let pairs = value.named_children(&mut cursor).filter(|_| value.kind() == "object");
            for pair in pairs.take(MOST_OFFERED) {
                let (outer, inner) = match pair.kind() {
                    "shorthand_property_identifier" => (pair, pair),
                    _ => match (field(pair, "key"), field(pair, "value")) {
                        (Some(key), Some(value)) => (key, value),
                        _ => continue,
                    },
                };
                let known = found.made.get(of(inner, self.reading.text)).cloned();
                let known = known.or_else(|| self.offer(inner, 0, STEPS));
                found.made.extend(known.map(|offer| (of(outer, self.reading.text).to_owned(), offer)));
            }
        }
    }
}

/// What is known of something that is one of two: of two services neither.
fn both(first: Offer, second: Offer) -> Offer {
    match (first, second) {
        (Offer::Made { fulls, client: Some(a) }, Offer::Made { fulls: more, client })
            if client.as_ref() != Some(&a) =>
        {
            let all: BTreeSet<String> = fulls.into_iter().chain(more).collect();
            Offer::Made { fulls: all.into_iter().collect(), client: Some(Asked { service: None, is_default: false }) }
        }
        (Offer::Text(first), Offer::Text(second)) => Offer::Text(first.filter(|first| second.as_ref() == Some(first))),
        (first, _) => first,
    }
}
