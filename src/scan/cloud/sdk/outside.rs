//! Clients that another file of the tree makes: `from .clients import client`, `import { client } from "./clients"`,
//! `clients.Bedrock` of a package of Go, `Clients.BEDROCK` of a class, `crate::clients::bedrock()`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::arguments::arguments;
use super::imports::{DEFAULT, Import, Imports};
use super::modules::{HOME, Modules};
use super::offered::{Offer, Offers, offers};
use super::reading::{Call, Reading};
use super::resolve::{below, fits};
use super::syntax::{Language, path};
use crate::catalog::Catalog;
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// Files that are gone through from one that passes a client on to the one that makes it.
const STEPS: usize = 5;
/// Modules that are asked for one file.
const MOST_MODULES: usize = 5_000;
/// Names of one file that are looked for.
const MOST_NAMES: usize = 1_000;
/// Names of clients that one file asks others for.
const MOST_ASKED: usize = 200;
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

/// A text that another file gives a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) text: String,
    /// What may have another, when it is a default.
    pub(super) default_of: Option<String>,
}

/// What a name of another file stands for.
#[derive(Clone, Debug)]
enum Found {
    Client(Outside),
    Text(Told),
}

impl Found {
    /// What is known of something that is made in one of two files.
    fn or(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Client(a), Self::Client(b)) => Some(Self::Client(a.or(b))),
            (Self::Text(a), Self::Text(b)) => (a == b).then_some(Self::Text(a)),
            _ => None,
        }
    }
}

impl Outside {
    /// What is known of something that is made in one of two files: of two services neither.
    fn or(mut self, other: Self) -> Self {
        if self.client != other.client {
            self.client = Some(Asked { service: None, is_default: false });
        }
        self.fulls.extend(other.fulls);
        self
    }
}

/// Whom a client speaks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The service; absent where only a run knows.
    pub(super) service: Option<Box<str>>,
    /// The address is the default of a setting.
    pub(super) is_default: bool,
}

/// Looks up what the calls of a file are made on, where another file makes it; false when there was more than is looked at.
pub(super) fn resolve(reading: &mut Reading<'_>, file: &SourceFile, input: &Input<'_>) -> bool {
    let asking: Vec<Call<'_>> =
        reading.calls.iter().filter(|call| may_ask(call, reading, input.catalog)).copied().collect();
    let beside = beside(&mut reading.imports);
    let ground = Ground::new(reading, input);
    let names = asking.iter().flat_map(|call| reading.target(call).fulls);
    let known = beside.iter().map(|(_, import)| import.clone()).chain(unsaid(&reading.imports)).collect();
    let asked = ground.ask_all(names, &Asking { from: file.path(), imports: &reading.imports, unsaid: known });
    let client = |(name, found)| match found {
        Some(Found::Client(outside)) => Some((name, outside)),
        _ => None,
    };
    let found: BTreeMap<String, Outside> = asked.into_iter().filter_map(client).collect();
    // a name from beside the file counts as known only when something is known of it
    for (local, import) in beside {
        let full = import.full();
        if !found.keys().any(|key| below(key, &full).is_some()) {
            reading.imports.names.remove(&local);
        }
    }
    reading.outside = found;
    !ground.is_cut.get()
}

/// Looks up the names whose values were asked for in vain; true when some are known now.
pub(super) fn tell(reading: &mut Reading<'_>, file: &SourceFile, input: &Input<'_>) -> bool {
    let missed = reading.missed.take();
    if missed.is_empty() {
        return false;
    }
    let ground = Ground::new(reading, input);
    let unsaid =
        unsaid(&reading.imports).chain(reading.imports.by_dots.iter().map(|(_, import)| import.clone())).collect();
    let asked = ground.ask_all(missed.into_iter(), &Asking { from: file.path(), imports: &reading.imports, unsaid });
    let text = |(name, found)| match found {
        Some(Found::Text(told)) => Some((name, told)),
        _ => None,
    };
    reading.told = asked.into_iter().filter_map(text).collect();
    !reading.told.is_empty()
}

/// Who asks.
struct Asking<'a> {
    from: &'a RelPath,
    imports: &'a Imports,
    /// Modules besides those that all imports name.
    unsaid: Vec<Import>,
}

/// Gives names to what Python imports from beside the file.
pub(super) fn beside(imports: &mut Imports) -> Vec<(String, Import)> {
    let all = std::mem::take(&mut imports.beside);
    imports.by_dots.extend(all.iter().cloned());
    all.into_iter().filter(|(local, import)| imports.names.insert(local.clone(), import.full()).is_none()).collect()
}

/// Modules whose names stand in a file without an import: those of its own package, of the whole crate.
pub(super) fn unsaid(imports: &Imports) -> impl Iterator<Item = Import> {
    let span = crate::text::Span::new(0, 0);
    imports.own.iter().map(move |module| Import { module: module.clone(), name: String::new(), span })
}

/// True for a call that could be made on a client.
fn may_ask(call: &Call<'_>, reading: &Reading<'_>, catalog: &Catalog) -> bool {
    let names = path(call.callee, reading.text).names;
    let Some(last) = names.last().filter(|_| names.len() > 1) else { return false };
    let whole = names.join(".");
    let mut rows = catalog.sdk_calls(reading.language.word(), last);
    rows.any(|row| row.calls.iter().any(|call| call.starts_with("*.") && fits(call, &whole))) || {
        let given = arguments(call.node, call.arguments, reading.text);
        catalog.may_name_resource(last, given.named.iter().map(|(name, _)| *name))
    }
}

/// The names of a full name that stand below a module.
pub(super) fn rest_below(full: &str, import: &Import) -> Option<Vec<String>> {
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
    modules: Modules<'a, 'i>,
    /// Modules that may still be asked: files that pass each other on have no end.
    left: Cell<usize>,
    /// Something was left out.
    is_cut: Cell<bool>,
}

impl<'a, 'i> Ground<'a, 'i> {
    fn new(reading: &Reading<'_>, input: &'a Input<'i>) -> Self {
        let modules = Modules { input, language: reading.language };
        Self { modules, left: Cell::new(MOST_MODULES), is_cut: Cell::new(false) }
    }

    /// Asks the modules of the tree for names.
    fn ask_all(&self, names: impl Iterator<Item = String>, who: &Asking<'_>) -> BTreeMap<String, Option<Found>> {
        let mut asked = BTreeMap::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for full in names {
            if seen.len() >= MOST_NAMES {
                self.is_cut.set(true);
                break;
            }
            if !seen.insert(full.clone()) {
                continue;
            }
            for import in who.imports.all.iter().chain(&who.unsaid) {
                let Some(rest) = rest_below(&full, import) else { continue };
                if self.modules.is_foreign(who.from, &import.module, &rest) {
                    continue;
                }
                if asked.len() >= MOST_ASKED {
                    self.is_cut.set(true);
                    return asked;
                }
                let is_default = who.imports.defaults.contains(&import.name);
                self.ask(who.from, import, &rest, is_default, &mut asked);
            }
        }
        asked
    }

    /// Asks a module for the beginnings of a name.
    fn ask(
        &self,
        from: &RelPath,
        import: &Import,
        rest: &[String],
        is_default: bool,
        asked: &mut BTreeMap<String, Option<Found>>,
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
                None if self.modules.language.is_script() => names.push(DEFAULT.to_owned()),
                None => continue,
                Some(_) => {}
            }
            let found = self.find(from, &import.module, &names, STEPS);
            asked.insert(key, found);
        }
    }

    /// What a name of a module stands for, as seen from a file.
    fn find(&self, from: &RelPath, module: &str, names: &[String], steps: usize) -> Option<Found> {
        if steps == 0 || names.is_empty() || !self.may_go_on() {
            return None;
        }
        let mut found: Option<(usize, Option<Found>)> = None;
        for path in self.modules.files(from, module, names) {
            if !self.may_go_on() {
                return None;
            }
            let Some(here) = self.given(&path, module, names, steps) else { continue };
            let near = self.modules.nearness(from, &path);
            found = Some(match found.take() {
                None => (near, Some(here)),
                // of a package that is built in several ways, and of files as near as each other: one of them
                Some((known, _)) if known < near => (near, Some(here)),
                Some((known, first)) if known > near => (known, first),
                Some((_, first)) => (near, first.and_then(|first| first.or(here))),
            });
        }
        match found {
            Some((_, found)) => found,
            None => self.find_beside(from, module, names, steps),
        }
    }

    /// Counts one more module or file; false when there were too many.
    fn may_go_on(&self) -> bool {
        let left = self.left.get();
        self.is_cut.set(self.is_cut.get() || left == 0);
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// What a file gives out under a name.
    fn given(&self, path: &RelPath, module: &str, names: &[String], steps: usize) -> Option<Found> {
        let offers = self.offers(path);
        self.is_cut.set(self.is_cut.get() || offers.is_cut);
        let package = module.strip_prefix(HOME).unwrap_or(module);
        if self.modules.language.opens_namespaces() && !offers.packages.iter().any(|known| known == package) {
            return None;
        }
        match offers.made.get(&names.join(".")) {
            Some(Offer::Made { fulls, client }) => {
                Some(Found::Client(Outside { fulls: fulls.clone(), client: client.clone(), path: path.clone() }))
            }
            Some(Offer::Passed { module, name }) => self.find(path, module, name, steps - 1),
            Some(Offer::Text(told)) => told.clone().map(Found::Text),
            Some(Offer::One(_)) => None,
            None => {
                // `Llm.client`, of a class that is itself passed on
                let passed = match offers.made.get(&names[0]) {
                    // what one of a class has may be given to it
                    Some(Offer::One(class)) if names.len() > 1 && steps > 1 => {
                        let all: Vec<String> = std::iter::once(class).chain(&names[1..]).cloned().collect();
                        match self.given(path, module, &all, steps - 1)? {
                            Found::Text(Told { text, default_of }) => {
                                let default_of = default_of.or_else(|| names.last().cloned());
                                Some(Found::Text(Told { text, default_of }))
                            }
                            client => Some(client),
                        }
                    }
                    Some(Offer::Passed { module, name }) => {
                        let all: Vec<String> = name.iter().chain(&names[1..]).cloned().collect();
                        self.find(path, module, &all, steps - 1)
                    }
                    _ => None,
                };
                let mut whole = offers.whole.iter();
                passed.or_else(|| whole.find_map(|module| self.find(path, module, names, steps - 1)))
            }
        }
    }

    /// The same name, cut elsewhere: a name may be a module itself, and a module a class.
    fn find_beside(&self, from: &RelPath, module: &str, names: &[String], steps: usize) -> Option<Found> {
        match self.modules.language {
            // `from . import clients`, `from app import clients`, `use crate::clients`
            Language::Python | Language::Rust if names.len() > 1 => {
                let separator = if module.ends_with('.') { "" } else { "." };
                self.find(from, &format!("{module}{separator}{}", names[0]), &names[1..], steps - 1)
            }
            // `import static com.shop.Clients.BEDROCK`
            Language::Java | Language::CSharp => {
                let (package, class) = module.rsplit_once('.')?;
                let is_class = class.starts_with(|c: char| c.is_ascii_uppercase());
                let all: Vec<String> = std::iter::once(class.to_owned()).chain(names.iter().cloned()).collect();
                if is_class && all.len() <= PARTS { self.find(from, package, &all, 1) } else { None }
            }
            _ => None,
        }
    }

    fn offers(&self, path: &RelPath) -> std::sync::Arc<Offers> {
        let input = self.modules.input;
        input.memo.of(path, || match input.companion(path) {
            Some(file) => (offers(&file, input.catalog), file.text().len()),
            None => (Offers::default(), 0),
        })
    }
}
