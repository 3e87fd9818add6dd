//! What an MSBuild project takes from the files around it: properties and central versions.
//!
//! Files of the tree are read through [`Input::companion`]: those that the SDK looks for in the folders above, and those
//! that are imported by a literal path. Conditions are judged by properties alone that hang on none: a property that has two values under conditions
//! has none, a version under a condition is one of several.

mod answers;
mod items;

use std::sync::Arc;

use super::elements::sections;
use super::layered::Layered;
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{MOST_PLACES, Place};
use crate::scan::{Input, SourceFile};
use crate::text::{RelPath, Span};

/// Files read for one project, and imports in imports.
const FILES: usize = 32;
const NESTED: usize = 8;
/// References that the files around one project may have.
const SHARED: usize = 2_000;
/// Folders above in which files are looked for.
const ABOVE: usize = 32;
/// Longest value of a property: properties that double each other end there.
const LONGEST: usize = 4096;
/// Versions kept for one name.
pub(super) const VERSIONS: usize = 32;

/// Files that the SDK looks for above a project, and reads before it.
const PROPERTIES: &str = "Directory.Build.props";
const CENTRAL: &str = "Directory.Packages.props";
/// The same that it reads behind one.
const TARGETS: &str = "Directory.Build.targets";

/// Properties that say something by themselves, in lower case.
const READ_BY_NAME: [&str; 1] = ["istestproject"];

/// A version with the condition under which it holds.
#[derive(Clone)]
pub(super) struct Version {
    pub(super) text: String,
    pub(super) condition: Option<String>,
    /// Where it stands, other than with who asks for it.
    pub(super) places: Vec<Place>,
    /// When it is given, where an item does so.
    pub(super) at: At,
}

/// When an item is read, seen from the project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    /// Where the project stands then: nought before it, behind it the most, else the place of an item of its own or of the
    /// import.
    pub(super) place: usize,
    /// How many items were read before.
    pub(super) order: usize,
}

/// An item that takes references away.
#[derive(Clone)]
struct Removal {
    /// Conditions around it and its own.
    conditions: Vec<Box<str>>,
    at: At,
}

/// The value of a property, and where it and those that it is made of stand.
#[derive(Clone)]
struct Value {
    text: String,
    /// It is stated without a condition, and so is what it is made of: nothing but a later statement gives it another one.
    is_sure: bool,
    places: Vec<Place>,
}

/// Values by name in lower case; nothing where several are possible.
type Properties = Layered<Option<Value>>;

/// A file that many projects look for.
enum Surrounding {
    Absent,
    Present(Arc<SourceFile>),
}

/// A reference in a file that projects take in: it is one of each of them.
pub(super) struct Shared {
    pub(super) file: Arc<SourceFile>,
    /// The tag.
    pub(super) span: Span,
    /// What sort of item it is.
    pub(super) sort: Box<str>,
    /// What it includes, as it stands there.
    pub(super) names: Box<str>,
    pub(super) version: Option<Box<str>>,
    /// The version is one that no other item changes.
    pub(super) is_override: bool,
    pub(super) is_private: bool,
    /// Conditions around it and its own.
    pub(super) conditions: Vec<Box<str>>,
    /// When it is read.
    pub(super) at: At,
}

/// Items that ask for packages.
pub(super) const REFERENCES: [&str; 4] =
    ["PackageReference", "GlobalPackageReference", "PackageDownload", "DotNetCliToolReference"];

/// What is known around a project.
pub(super) struct Around<'a> {
    input: &'a Input<'a>,
    /// The project file, while what it says itself is read.
    own: Option<RelPath>,
    known: Known,
    /// Where the project stands while other files are read.
    place: usize,
}

/// What files have said so far.
#[derive(Clone, Default)]
struct Known {
    properties: Properties,
    /// Central versions by name in lower case.
    versions: Layered<Vec<Version>>,
    /// Versions that `Update` items give.
    updates: Layered<Vec<Version>>,
    /// References of the files around, by name in lower case.
    included: Layered<bool>,
    /// Where references are taken away, see [`removal`].
    removed: Layered<Vec<Removal>>,
    /// Items that were read.
    items: usize,
    /// The same as they stand there.
    shared: Vec<Arc<Shared>>,
    /// How many names these have, and whether there are more of them.
    names: usize,
    is_cut: bool,
    seen: Vec<RelPath>,
}

impl Known {
    /// The same for many to lie on.
    fn shared(self) -> Self {
        let (properties, versions) = (self.properties.shared(), self.versions.shared());
        let (updates, included, removed) = (self.updates.shared(), self.included.shared(), self.removed.shared());
        Self { properties, versions, updates, included, removed, ..self }
    }
}

/// What the files say that the SDK looks for above a folder, the same for every project below it: read once, not once
/// for each of hundreds of projects. `PROJECT` is false for shared files, which nothing but central versions hold for.
struct Above<const PROJECT: bool>(Known);

impl<'a> Around<'a> {
    /// Reads what surrounds a project file, and the file itself.
    pub(super) fn of(file: &Arc<SourceFile>, project: &Element, input: &'a Input<'a>) -> Self {
        let path = file.path();
        let is_project = path.name().ends_with("proj");
        let folder = path.parent();
        let shared =
            if is_project { Self::above::<true>(&folder, input) } else { Self::above::<false>(&folder, input) };
        let is_central = path.name().eq_ignore_ascii_case(CENTRAL);
        // one that is itself among the files above is read where it is scanned, and not before
        let known = if is_central || shared.seen.contains(path) {
            let known = Known { seen: vec![path.clone()], ..Known::default() };
            let mut around = Self { input, own: None, known, place: 0 };
            around.read_above(&folder, is_project, is_central);
            around.known
        } else {
            Known { seen: [&shared.seen[..], std::slice::from_ref(path)].concat(), ..shared }
        };
        let mut around = Self { input, own: Some(path.clone()), known, place: 0 };
        around.read(file, project, 0);
        if is_project {
            around.place = usize::MAX;
            around.nearest(&folder, TARGETS, 0);
        }
        around
    }

    /// The files that the SDK looks for above the projects of a folder, and what these import.
    pub(super) fn looked_for(folder: &RelPath, input: &'a Input<'a>) -> Vec<RelPath> {
        let mut seen = Self::above::<true>(folder, input).seen;
        let mut behind = Self { input, own: None, known: Known::default(), place: usize::MAX };
        behind.nearest(folder, TARGETS, 0);
        seen.append(&mut behind.known.seen);
        seen
    }

    /// What the files above say, from the memo of the run: it is that of the nearest folder which has one of them.
    fn above<const PROJECT: bool>(folder: &RelPath, input: &'a Input<'a>) -> Known {
        let mut folder = folder.clone();
        for _ in 0..ABOVE {
            let has = |name: &str| folder.join(name).is_some_and(|path| surrounding(input, &path).is_some());
            if folder.is_root() || has(CENTRAL) || (PROJECT && has(PROPERTIES)) {
                break;
            }
            folder = folder.parent();
        }
        let read = || {
            let mut around = Self { input, own: None, known: Known::default(), place: 0 };
            around.read_above(&folder, PROJECT, false);
            let known = around.known.shared();
            let bytes = known.seen.iter().filter_map(|path| Some(surrounding(input, path)?.text().len())).sum();
            (Above::<PROJECT>(known), bytes)
        };
        input.memo.of(&folder, read).0.clone()
    }

    /// Reads what the SDK reads before a file.
    fn read_above(&mut self, folder: &RelPath, is_project: bool, is_central: bool) {
        if is_project {
            self.nearest(folder, PROPERTIES, 0);
        }
        // central versions hold for shared files as well
        if !is_central {
            self.nearest(folder, CENTRAL, 0);
        }
    }

    /// The nearest file of a name in a folder and those above.
    fn nearest(&mut self, folder: &RelPath, name: &str, nested: usize) {
        let mut folder = folder.clone();
        for _ in 0..ABOVE {
            let Some(path) = folder.join(name) else { return };
            if self.file(&path, nested) || folder.is_root() {
                return;
            }
            folder = folder.parent();
        }
    }

    /// Reads a file once; true when it is there.
    fn file(&mut self, path: &RelPath, nested: usize) -> bool {
        if self.known.seen.contains(path) {
            return true;
        }
        if self.known.seen.len() >= FILES || nested >= NESTED {
            return false;
        }
        let Some(file) = surrounding(self.input, path) else { return false };
        self.known.seen.push(path.clone());
        // a broken file has its diagnostic where it is scanned itself
        if let Some(root) = file.xml_root() {
            self.read(&file, &root, nested);
        }
        true
    }

    fn read(&mut self, file: &Arc<SourceFile>, project: &Element, nested: usize) {
        for (element, conditions) in sections(project) {
            match &*element.name {
                "PropertyGroup" => {
                    for property in element.children() {
                        self.define(property, !conditions.is_empty(), file);
                    }
                }
                "ItemGroup" => {
                    for item in element.entries() {
                        self.item(item, &conditions, file);
                    }
                }
                "Import" => {
                    if self.own.as_ref() == Some(file.path()) {
                        self.place = element.tag.start;
                    }
                    self.import(file.path(), element, nested);
                }
                _ => {}
            }
        }
    }

    fn define(&mut self, property: &Element, conditional: bool, file: &Arc<SourceFile>) {
        let name = property.name.to_ascii_lowercase();
        // a value of elements is none that a version could be
        let is_text = !property.has_children() || READ_BY_NAME.contains(&&*name);
        let condition =
            property.attribute("Condition").map(|text| text.replace([' ', '\'', '"'], "").to_ascii_lowercase());
        let value = is_text.then(|| {
            let (text, made_of) = self.expand_placed(property.text());
            let own = std::iter::once(Place::new(file, property.span));
            let is_sure = !conditional && condition.is_none() && self.surely(property.text()).trim() == text;
            Value { text, is_sure, places: own.chain(made_of).take(MOST_PLACES).collect() }
        });
        let if_unset = condition.as_deref().is_some_and(|text| text == format!("$({name})=="));
        if if_unset && !conditional {
            self.known.properties.entry_or(name, || value);
        } else if condition.is_some() || conditional {
            let text_of = |value: &Option<Value>| value.as_ref().map(|value| value.text.clone());
            let stated = text_of(&value);
            let known = self.known.properties.entry_or(name, || value);
            if text_of(known) != stated {
                *known = None;
            }
        } else {
            self.known.properties.insert(name, value);
        }
    }

    fn import(&mut self, path: &RelPath, import: &Element, nested: usize) {
        let Some(target) = import.attribute("Project") else { return };
        let folder = path.parent();
        if target.contains("OfFileAbove") || target.contains("NameOfFileAbove") {
            let known = [PROPERTIES, CENTRAL, TARGETS];
            let own = path.name().to_owned();
            let name = known.into_iter().find(|name| target.contains(name)).unwrap_or(&own);
            if !folder.is_root() {
                self.nearest(&folder.parent(), name, nested + 1);
            }
            return;
        }
        let target = self.path(target);
        if let Some(path) = folder.join(&target).filter(|_| !target.contains(['$', '*'])) {
            self.file(&path, nested + 1);
        }
    }
}

/// A file around a project, read once a run.
fn surrounding(input: &Input<'_>, path: &RelPath) -> Option<Arc<SourceFile>> {
    let read = || match input.companion(path) {
        Some(file) => {
            let bytes = file.text().len();
            (Surrounding::Present(Arc::new(file)), bytes)
        }
        None => (Surrounding::Absent, 0),
    };
    match &*input.memo.of(path, read) {
        Surrounding::Absent => None,
        Surrounding::Present(file) => Some(Arc::clone(file)),
    }
}

fn self_expand(properties: &Properties, text: &str, places: &mut Vec<Place>) -> String {
    expanded(properties, text, &|_| true, places)
}

fn expanded(properties: &Properties, text: &str, is_meant: &dyn Fn(&Value) -> bool, places: &mut Vec<Place>) -> String {
    let mut out = String::new();
    let mut rest = text.trim();
    while let Some(at) = rest.find("$(") {
        let Some(end) = rest[at..].find(')').map(|end| at + end) else { break };
        out.push_str(&rest[..at]);
        match properties.get(&rest[at + 2..end].trim().to_ascii_lowercase()) {
            Some(Some(value)) if is_meant(value) && out.len() + value.text.len() <= LONGEST => {
                out.push_str(&value.text);
                let room = MOST_PLACES.saturating_sub(places.len());
                places.extend(value.places.iter().take(room).cloned());
            }
            _ => out.push_str(&rest[at..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
