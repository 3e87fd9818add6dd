//! What an MSBuild project takes from the files around it: properties and central versions.
//!
//! Files of the tree are read through [`Input::companion`]: those that the SDK looks for in the folders above, and those
//! that are imported by a literal path. Conditions are never judged: a property that has two values under conditions
//! has none, a version under a condition is one of several.

use std::sync::Arc;

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

    fn item(&mut self, item: &Element, conditions: &[&str], file: &Arc<SourceFile>) {
        let central = &*item.name == "PackageVersion";
        let is_own = self.own.as_ref() == Some(file.path());
        self.known.items += 1;
        let at = At { place: if is_own { item.tag.start } else { self.place }, order: self.known.items };
        if !is_own {
            self.include(item, conditions);
            self.share(item, conditions, file, at);
        }
        self.remove(item, conditions, at);
        let name = item.attribute("Update").or_else(|| item.attribute("Include").filter(|_| central));
        let Some(name) = name.filter(|_| central || &*item.name == "PackageReference") else { return };
        let Some(version) = metadata(item, "Version") else { return };
        let (text, made_of) = self.expand_placed(version);
        let own = std::iter::once(Place::new(file, metadata_span(item, "Version", file.text())));
        let places: Vec<Place> = own.chain(made_of).take(MOST_PLACES).collect();
        let condition = joined(conditions, item);
        for name in name.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            let into = if central { &mut self.known.versions } else { &mut self.known.updates };
            let name = self_expand(&self.known.properties, name, &mut Vec::new()).to_ascii_lowercase();
            let all = into.entry_or(name, Vec::new);
            if condition.is_none() {
                all.retain(|known| known.condition.is_some());
            }
            if condition.is_none() || all.len() < VERSIONS {
                all.push(Version { text: text.clone(), condition: condition.clone(), places: places.clone(), at });
            }
        }
    }

    /// Notes which packages are referenced around the project, and which are not any more.
    fn include(&mut self, item: &Element, conditions: &[&str]) {
        if &*item.name != "PackageReference" {
            return;
        }
        let removed = item.attribute("Remove").filter(|_| joined(conditions, item).is_none());
        for (names, is_in) in [(item.attribute("Include"), true), (removed, false)] {
            let names = names.unwrap_or("").split(';').map(|name| self.expand(name).to_ascii_lowercase());
            let names: Vec<String> = names.collect();
            names.into_iter().for_each(|name| self.known.included.insert(name, is_in));
        }
    }

    fn remove(&mut self, item: &Element, conditions: &[&str], at: At) {
        let Some(names) = item.attribute("Remove").filter(|_| REFERENCES.contains(&&*item.name)) else { return };
        let conditions: Vec<Box<str>> =
            conditions.iter().copied().chain(item.attribute("Condition")).map(Into::into).collect();
        for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            let all = self
                .known
                .removed
                .entry_or(removal(&item.name, &self_expand(&self.known.properties, name, &mut Vec::new())), Vec::new);
            // of those that hold for sure the last one tells it all
            if conditions.is_empty() {
                all.retain(|known| !known.conditions.is_empty());
            }
            if conditions.is_empty() || all.len() < VERSIONS {
                all.push(Removal { conditions: conditions.clone(), at });
            }
        }
    }

    fn share(&mut self, item: &Element, conditions: &[&str], file: &Arc<SourceFile>, at: At) {
        let Some(names) = item.attribute("Include").filter(|_| REFERENCES.contains(&&*item.name)) else { return };
        // each is one of every project that takes the file in
        self.known.names += 1 + memchr::memchr_iter(b';', names.as_bytes()).count();
        if self.known.names > SHARED {
            self.known.is_cut = true;
            return;
        }
        let version = ["VersionOverride", "Version"].iter().find_map(|key| metadata(item, key));
        self.known.shared.push(Arc::new(Shared {
            file: Arc::clone(file),
            span: item.tag,
            sort: item.name.clone(),
            names: names.into(),
            version: version.map(Into::into),
            is_override: metadata(item, "VersionOverride").is_some(),
            is_private: is_private(item),
            conditions: conditions.iter().copied().chain(item.attribute("Condition")).map(Into::into).collect(),
            at,
        }));
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

    /// The references of the files around a project.
    pub(super) fn shared(&self) -> &[Arc<Shared>] {
        &self.known.shared
    }

    /// Whether a condition holds that compares what is known; nothing for others.
    pub(super) fn holds(&self, condition: &str) -> Option<bool> {
        let (first, second, is_same) = match condition.split_once("==") {
            Some((first, second)) => (first, second, true),
            None => condition.split_once("!=").map(|(first, second)| (first, second, false))?,
        };
        let side = |text: &str| {
            let text = text.trim();
            let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            let text = self.surely(inner.unwrap_or(text));
            (!text.contains(['$', '@', '%', '\'', '(', '='])).then(|| text.trim().to_ascii_lowercase())
        };
        Some((side(first)? == side(second)?) == is_same)
    }

    /// The text with the properties that are known; others stay as `$(Name)`.
    pub(super) fn expand(&self, text: &str) -> String {
        self_expand(&self.known.properties, text, &mut Vec::new())
    }

    /// As [`Self::expand`], of properties whose values hang on no condition alone.
    fn surely(&self, text: &str) -> String {
        let is_sure = |value: &Value| value.is_sure;
        expanded(&self.known.properties, text, &is_sure, &mut Vec::new())
    }

    /// A path with what is known of it filled in, seen from the folder of the file that it stands in.
    pub(super) fn path(&self, text: &str) -> String {
        let text = text.replace("$(MSBuildThisFileDirectory)", "./").replace("$(MSBuildProjectDirectory)", ".");
        self.expand(&text).replace('\\', "/")
    }

    /// The value of a property that hangs on no condition.
    pub(super) fn sure_property(&self, name: &str) -> Option<&str> {
        let value = self.known.properties.get(&name.to_ascii_lowercase())?.as_ref()?;
        value.is_sure.then_some(&*value.text)
    }

    /// The files that were read around the project, and its own.
    pub(super) fn seen(&self) -> &[RelPath] {
        &self.known.seen
    }

    /// True when references of the files around are more than are followed.
    pub(super) fn is_cut(&self) -> bool {
        self.known.is_cut
    }

    /// True for a package that a file around the project references.
    pub(super) fn includes(&self, name: &str) -> bool {
        self.known.included.get(&name.to_ascii_lowercase()) == Some(&true)
    }

    /// True where a reference that is read at a time is taken away later, by an item whose conditions hold.
    pub(super) fn is_removed(&self, sort: &str, name: &str, at: At, holds: &dyn Fn(&str) -> Option<bool>) -> bool {
        let keys = [removal(sort, name), removal(sort, &format!("@({sort})"))];
        let later = keys.iter().filter_map(|key| self.known.removed.get(key)).flatten().filter(|one| one.at > at);
        later.into_iter().any(|one| one.conditions.iter().all(|condition| holds(condition) == Some(true)))
    }

    /// The versions that items give to a reference with a version after it was read.
    pub(super) fn updates(&self, name: &str, at: At) -> impl Iterator<Item = &Version> {
        let all = self.known.updates.get(&name.to_ascii_lowercase());
        all.into_iter().flatten().filter(move |version| version.at > at)
    }

    /// True where central versions and global references do not hold; where no file says so, a file with them is enough.
    pub(super) fn is_central_off(&self) -> bool {
        self.sure_property("ManagePackageVersionsCentrally").is_some_and(|text| text.eq_ignore_ascii_case("false"))
    }

    /// As [`Self::expand`], with the places of the properties that are filled in.
    pub(super) fn expand_placed(&self, text: &str) -> (String, Vec<Place>) {
        let mut places = Vec::new();
        let text = self_expand(&self.known.properties, text, &mut places);
        (text, places)
    }

    /// True for a property that no file of the tree sets.
    pub(super) fn is_unset(&self, name: &str) -> bool {
        self.known.properties.get(&name.to_ascii_lowercase()).is_none()
    }

    /// The versions that other items give to a reference without one.
    pub(super) fn versions(&self, name: &str) -> &[Version] {
        let name = name.to_ascii_lowercase();
        let central = || self.known.versions.get(&name).filter(|_| !self.is_central_off());
        self.known.updates.get(&name).or_else(central).map_or(&[], Vec::as_slice)
    }
}

/// True for what is not handed on to who uses the project.
pub(super) fn is_private(item: &Element) -> bool {
    metadata(item, "PrivateAssets").is_some_and(|text| text.to_ascii_lowercase().contains("all"))
}

/// The word under which it is kept that references of a name are taken away.
fn removal(sort: &str, name: &str) -> String {
    format!("{sort} {name}").to_ascii_lowercase()
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

/// Property groups, item groups and imports of a project in order, with the conditions around them. What has no end
/// holds what was meant to stand beside it.
pub(super) fn sections(project: &Element) -> Vec<(&Element, Vec<&str>)> {
    let mut found = Vec::new();
    let mut open: Vec<(&Element, Vec<&str>)> = project.groups().iter().rev().map(|one| (one, Vec::new())).collect();
    while let Some((element, mut conditions)) = open.pop() {
        let around = element.is_cut().then(|| conditions.clone());
        conditions.extend(element.attribute("Condition"));
        match &*element.name {
            "PropertyGroup" | "ItemGroup" => {
                found.push((element, conditions));
                open.extend(around.into_iter().flat_map(|around| within(element, around)));
            }
            "Import" | "Sdk" if !element.is_cut() => found.push((element, conditions)),
            "Otherwise" => {
                conditions.push("otherwise");
                open.extend(within(element, conditions));
            }
            "Choose" | "When" | "ImportGroup" => open.extend(within(element, conditions)),
            _ => open.extend(around.into_iter().flat_map(|around| within(element, around))),
        }
    }
    found
}

/// What stands in an element, the last first, with conditions that hold for it.
fn within<'e>(element: &'e Element, conditions: Vec<&'e str>) -> impl Iterator<Item = (&'e Element, Vec<&'e str>)> {
    element.groups().iter().rev().map(move |one| (one, conditions.clone()))
}

/// Metadata of an item: an attribute, or an element inside.
pub(super) fn metadata<'e>(item: &'e Element, name: &str) -> Option<&'e str> {
    let same = |is: &str| is.eq_ignore_ascii_case(name);
    let attribute = item.attributes.iter().find(|(is, _)| same(is)).map(|(_, value)| &**value);
    attribute.or_else(|| item.children().iter().find(|child| same(&child.name)).map(|child| child.text()))
}

/// Where metadata of an item stands; without it the item's tag.
fn metadata_span(item: &Element, name: &str, text: &str) -> Span {
    let child = || item.children().iter().find(|child| child.name.eq_ignore_ascii_case(name)).map(|child| child.span);
    item.attribute_span(name, text).or_else(child).unwrap_or(item.tag)
}

/// The conditions around an item and its own as one text.
pub(super) fn joined(conditions: &[&str], item: &Element) -> Option<String> {
    let all: Vec<&str> = conditions.iter().copied().chain(item.attribute("Condition")).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}
