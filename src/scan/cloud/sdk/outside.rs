//! Clients that another file of the tree makes: `from .clients import client`, `import { client } from "./clients"`.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::facts::Writer;
use super::imports::{DEFAULT, Import, Imports};
use super::reading::{Call, Reading};
use super::resolve::{below, fits};
use super::syntax::{self, Language, call, field, of, path};
use super::{META, is_made};
use crate::catalog::Catalog;
use crate::model::ComponentId;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// Files that are gone through from one that passes a client on to the one that makes it.
const STEPS: usize = 5;
/// Names of clients that one file asks others for.
const MOST_ASKED: usize = 200;
/// Names that one file offers.
const MOST_OFFERED: usize = 2_000;
/// Facts of a file that is only asked for its clients.
const MOST_FACTS: usize = 20_000;
/// Parts of a name below its module: `clients.Llm.client`.
const PARTS: usize = 3;

/// What another file makes.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    /// Names of what makes it, from the package on.
    pub(super) fulls: Vec<String>,
    /// Set when it is a client: of whom.
    pub(super) client: Option<Asked>,
    /// The file.
    pub(super) path: RelPath,
}

/// Whom a client speaks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The service; absent where only a run knows.
    pub(super) service: Option<Box<str>>,
    /// The address is the default of a setting.
    pub(super) is_default: bool,
}

/// What a file gives to others, by name.
#[derive(Default)]
struct Offers {
    made: BTreeMap<String, Offer>,
    /// Modules of which everything is passed on.
    whole: Vec<String>,
}

#[derive(Clone)]
enum Offer {
    Made {
        fulls: Vec<String>,
        client: Option<Asked>,
    },
    /// It comes from a module itself, under that name there.
    Passed {
        module: String,
        name: Vec<String>,
    },
}

/// Looks up what the calls of a file are made on, where another file makes it.
pub(super) fn resolve(reading: &mut Reading<'_>, file: &SourceFile, input: &Input<'_>) {
    let is_script = matches!(reading.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    if !is_script && reading.language != Language::Python {
        return;
    }
    let asking: Vec<Call<'_>> =
        reading.calls.iter().filter(|call| may_ask(call, reading, input.catalog)).copied().collect();
    if asking.is_empty() {
        return;
    }
    let beside = beside(&mut reading.imports);
    let ground = Ground { input, language: reading.language };
    let mut asked: BTreeMap<String, Option<Outside>> = BTreeMap::new();
    for call in &asking {
        for full in reading.target(call).fulls {
            for import in reading.imports.all.iter().chain(beside.iter().map(|(_, import)| import)) {
                let Some(rest) = rest_below(&full, import) else { continue };
                if asked.len() >= MOST_ASKED {
                    break;
                }
                let is_default = reading.imports.defaults.contains(&import.name);
                ground.ask(file.path(), import, &rest, is_default, &mut asked);
            }
        }
    }
    let found: BTreeMap<String, Outside> =
        asked.into_iter().filter_map(|(name, outside)| Some((name, outside?))).collect();
    // a name from beside the file counts as known only when something is known of it
    for (local, import) in beside {
        let full = import.full();
        if !found.keys().any(|key| below(key, &full).is_some()) {
            reading.imports.names.remove(&local);
        }
    }
    reading.outside = found;
}

/// Gives names to what Python imports from beside the file.
fn beside(imports: &mut Imports) -> Vec<(String, Import)> {
    let all = std::mem::take(&mut imports.beside);
    all.into_iter().filter(|(local, import)| imports.names.insert(local.clone(), import.full()).is_none()).collect()
}

/// True for a call that could be made on a client.
fn may_ask(call: &Call<'_>, reading: &Reading<'_>, catalog: &Catalog) -> bool {
    let names = path(call.callee, reading.text).names;
    let Some(last) = names.last().filter(|_| names.len() > 1) else { return false };
    let whole = names.join(".");
    let mut rows = catalog.sdk_calls(reading.language.word(), last);
    rows.any(|row| row.calls.iter().any(|call| call.starts_with("*.") && fits(call, &whole)))
}

/// The names of a full name that stand below a module.
fn rest_below(full: &str, import: &Import) -> Option<Vec<String>> {
    let rest = if import.module.ends_with('.') {
        full.strip_prefix(&*import.module)?
    } else {
        full.strip_prefix(&*import.module)?.strip_prefix('.').or_else(|| (full == import.module).then_some(""))?
    };
    let first = rest.split('.').next().unwrap_or_default();
    (import.name.is_empty() || first == import.name)
        .then(|| rest.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// The tree that files are looked for in.
struct Ground<'a, 'i> {
    input: &'a Input<'i>,
    language: Language,
}

impl Ground<'_, '_> {
    /// Asks a module for the beginnings of a name.
    fn ask(
        &self,
        from: &RelPath,
        import: &Import,
        rest: &[String],
        is_default: bool,
        asked: &mut BTreeMap<String, Option<Outside>>,
    ) {
        for length in 0..=rest.len().min(PARTS) {
            let own = rest[..length].join(".");
            let key = match (&*own, import.module.ends_with('.')) {
                ("", _) => import.module.clone(),
                (own, true) => format!("{}{own}", import.module),
                (own, false) => format!("{}.{own}", import.module),
            };
            if asked.contains_key(&key) {
                continue;
            }
            let mut names = rest[..length].to_vec();
            match names.first_mut() {
                Some(first) if is_default => DEFAULT.clone_into(first),
                // `const client = require("./clients")`
                None if self.language != Language::Python => names.push(DEFAULT.to_owned()),
                None => continue,
                Some(_) => {}
            }
            let found = self.find(from, &import.module, &names, STEPS);
            asked.insert(key, found);
        }
    }

    /// What a name of a module stands for, as seen from a file.
    fn find(&self, from: &RelPath, module: &str, names: &[String], steps: usize) -> Option<Outside> {
        if steps == 0 || names.is_empty() {
            return None;
        }
        let path = self.file_of(from, module);
        let direct = path.and_then(|path| {
            let offers = self.offers(&path);
            match offers.made.get(&names.join(".")) {
                Some(Offer::Made { fulls, client }) => {
                    Some(Outside { fulls: fulls.clone(), client: client.clone(), path })
                }
                Some(Offer::Passed { module, name }) => self.find(&path, module, name, steps - 1),
                None => {
                    // `Llm.client`, of a class that is itself passed on
                    let passed = match offers.made.get(&names[0]) {
                        Some(Offer::Passed { module, name }) => {
                            let all: Vec<String> = name.iter().chain(&names[1..]).cloned().collect();
                            self.find(&path, module, &all, steps - 1)
                        }
                        _ => None,
                    };
                    let mut whole = offers.whole.iter();
                    passed.or_else(|| whole.find_map(|module| self.find(&path, module, names, steps - 1)))
                }
            }
        });
        // `from . import clients`, `from app import clients`: the name is a module itself
        direct.or_else(|| {
            if self.language != Language::Python || names.len() < 2 {
                return None;
            }
            let separator = if module.ends_with('.') { "" } else { "." };
            self.find(from, &format!("{module}{separator}{}", names[0]), &names[1..], steps - 1)
        })
    }

    /// The file of a module.
    fn file_of(&self, from: &RelPath, module: &str) -> Option<RelPath> {
        if self.language == Language::Python { self.python_file(from, module) } else { self.script_file(from, module) }
    }

    fn is_there(&self, path: &RelPath) -> bool {
        self.input.paths.binary_search(path).is_ok()
    }

    fn python_file(&self, from: &RelPath, module: &str) -> Option<RelPath> {
        let name = module.trim_start_matches('.');
        let dots = module.len() - name.len();
        let below = name.replace('.', "/");
        let at = |folder: &RelPath| {
            let names = match &*below {
                "" => vec!["__init__.py".to_owned()],
                below => vec![format!("{below}.py"), format!("{below}/__init__.py")],
            };
            names.iter().filter_map(|name| folder.join(name)).find(|path| self.is_there(path) && path != from)
        };
        let mut folder = from.parent();
        if dots > 0 {
            for _ in 1..dots {
                folder = (!folder.is_root()).then(|| folder.parent())?;
            }
            return at(&folder);
        }
        loop {
            let found = at(&folder).or_else(|| at(&folder.join("src")?));
            if found.is_some() || folder.is_root() {
                return found;
            }
            folder = folder.parent();
        }
    }

    fn script_file(&self, from: &RelPath, module: &str) -> Option<RelPath> {
        const ENDS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];
        let at = |base: RelPath| {
            if self.is_there(&base) {
                return Some(base);
            }
            let text = base.as_str();
            // TypeScript imports `./a.js` and means `./a.ts`
            let (stem, end) = text.rsplit_once('.').unwrap_or((text, ""));
            let stem = if ENDS.contains(&end) { stem } else { text };
            let files = ENDS.iter().map(|end| format!("{stem}.{end}"));
            let folders = ENDS.iter().map(|end| format!("{stem}/index.{end}"));
            files.chain(folders).filter_map(|path| RelPath::new(&path)).find(|path| self.is_there(path))
        };
        if module.starts_with('.') {
            return at(from.parent().join(module)?).filter(|path| path != from);
        }
        // the usual names for the folder of the sources
        let below = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/"))?;
        let mut folder = from.parent();
        loop {
            let found = ["", "src/", "app/"].iter().find_map(|part| at(folder.join(&format!("{part}{below}"))?));
            if found.is_some() || folder.is_root() {
                return found.filter(|path| path != from);
            }
            folder = folder.parent();
        }
    }

    fn offers(&self, path: &RelPath) -> std::sync::Arc<Offers> {
        self.input.memo.of(path, || match self.input.companion(path) {
            Some(file) => (offers(&file, self.input.catalog), file.text().len()),
            None => (Offers::default(), 0),
        })
    }
}

/// What a file offers, as far as it says so itself.
fn offers(file: &SourceFile, catalog: &Catalog) -> Offers {
    let mut found = Offers::default();
    let Some(language) = Language::of(file.path().name()).filter(|_| !file.is_binary()) else { return found };
    let text = file.text();
    let Some(tree) = Some(text).filter(|text| !is_made(text)).and_then(|text| syntax::parse(text, language)) else {
        return found;
    };
    let mut reading = Reading::new(&tree, text, language);
    let beside = beside(&mut reading.imports);
    // what it tells is told when the file itself is read
    let mut unheard = Facts::new(&META, META.id, MOST_FACTS);
    let project = ComponentId::project(&file.folder());
    let mut writer = Writer::new(&reading, catalog, file, &project, &mut unheard);
    writer.calls();
    let maker = Maker { reading: &reading, writer: &writer, beside: &beside };
    for (name, value, scope) in offered(&reading).into_iter().take(MOST_OFFERED) {
        if let Some(offer) = maker.offer(value, scope, STEPS) {
            let offer = match found.made.remove(&name) {
                Some(known) => both(known, offer),
                None => offer,
            };
            found.made.insert(name, offer);
        }
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
                None => found.push((name, value, binding.scope)),
            }
        }
    }
    for (at, scope) in reading.scopes.iter().enumerate() {
        if let Some(name) = scope.function.filter(|_| scope.parent == 0) {
            found.extend(returns(at).map(|value| (name.to_owned(), value, at)));
        }
    }
    found
}

/// Tells what values are.
struct Maker<'a, 't, 'w, 'o, 'm> {
    reading: &'a Reading<'t>,
    writer: &'a Writer<'w, 't, 'o, 'm>,
    beside: &'a [(String, Import)],
}

impl<'t> Maker<'_, 't, '_, '_, '_> {
    fn offer(&self, value: Node<'t>, scope: usize, steps: usize) -> Option<Offer> {
        if steps == 0 {
            return None;
        }
        let value = super::resolve::outermost(value);
        let Some((callee, _)) = call(value) else {
            let name = path(value, self.reading.text).names.join(".");
            return match self.reading.values(&name, scope).as_slice() {
                [one] if one.value.is_some_and(|inner| inner.id() != value.id()) => {
                    self.offer(one.value?, one.scope, steps - 1)
                }
                _ => None,
            };
        };
        let found = self.reading.calls.iter().find(|call| call.node.id() == value.id())?;
        let target = self.reading.target(found);
        let fulls = self.writer.makers(&target);
        if !fulls.is_empty() {
            return Some(Offer::Made { fulls, client: self.writer.client_of(value.id()) });
        }
        // a function of the file, or of one beside it
        let name = of(callee, self.reading.text);
        let own = self.reading.scopes.iter().position(|scope| scope.function == Some(name));
        if let Some(own) = own {
            let values = self.reading.returned.iter().filter(|(of, _)| *of == own);
            return self.one(values.map(|(_, value)| *value), own, steps - 1);
        }
        target.fulls.iter().find_map(|full| self.from_beside(full))
    }

    /// What several values all are.
    fn one(&self, values: impl Iterator<Item = Node<'t>>, scope: usize, steps: usize) -> Option<Offer> {
        let mut all = values.filter_map(|value| self.offer(value, scope, steps));
        let first = all.next()?;
        all.try_fold(first, |first, next| Some(both(first, next)))
    }

    fn from_beside(&self, full: &str) -> Option<Offer> {
        let mut imports = self.reading.imports.all.iter().chain(self.beside.iter().map(|(_, import)| import));
        imports.find_map(|import| {
            let name = rest_below(full, import).filter(|rest| !rest.is_empty())?;
            Some(Offer::Passed { module: import.module.clone(), name })
        })
    }

    /// What the file passes on.
    fn passed(&self, found: &mut Offers) {
        let imports = &self.reading.imports;
        if self.reading.language == Language::Python {
            let known = imports.all.iter().filter(|import| !import.name.is_empty());
            let known =
                known.map(|import| (&import.name, import)).chain(self.beside.iter().map(|(local, one)| (local, one)));
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
                    let imported = || imports.names.get(&given.inner).and_then(|full| self.from_beside(full));
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
        (first, _) => first,
    }
}
