//! Clients that another file of the tree makes: `from .clients import client`, `import { client } from "./clients"`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::imports::{DEFAULT, Import, Imports};
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
    let is_script = matches!(reading.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    if !is_script && reading.language != Language::Python {
        return true;
    }
    let asking: Vec<Call<'_>> =
        reading.calls.iter().filter(|call| may_ask(call, reading, input.catalog)).copied().collect();
    if asking.is_empty() {
        return true;
    }
    let beside = beside(&mut reading.imports);
    let ground = Ground { input, language: reading.language, left: Cell::new(MOST_MODULES), is_cut: Cell::new(false) };
    let mut asked: BTreeMap<String, Option<Outside>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    'all: for call in &asking {
        for full in reading.target(call).fulls {
            if seen.len() >= MOST_NAMES {
                ground.is_cut.set(true);
                break 'all;
            }
            if !seen.insert(full.clone()) {
                continue;
            }
            for import in reading.imports.all.iter().chain(beside.iter().map(|(_, import)| import)) {
                let Some(rest) = rest_below(&full, import) else { continue };
                if asked.len() >= MOST_ASKED {
                    ground.is_cut.set(true);
                    break 'all;
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
    !ground.is_cut.get()
}

/// Gives names to what Python imports from beside the file.
pub(super) fn beside(imports: &mut Imports) -> Vec<(String, Import)> {
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
    input: &'a Input<'i>,
    language: Language,
    /// Modules that may still be asked: files that pass each other on have no end.
    left: Cell<usize>,
    /// Something was left out.
    is_cut: Cell<bool>,
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
        if self.left.get() == 0 {
            self.is_cut.set(true);
        }
        if steps == 0 || names.is_empty() || self.left.get() == 0 {
            return None;
        }
        self.left.set(self.left.get() - 1);
        let path = self.file_of(from, module);
        let direct = path.and_then(|path| {
            let offers = self.offers(&path);
            self.is_cut.set(self.is_cut.get() || offers.is_cut);
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
