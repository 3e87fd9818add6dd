//! What a pom inherits: its parents, properties and managed versions, as far as they lie in the tree.
//!
//! Poms of the tree are read through [`Input::companion`]: parents by their relative path, BOMs among the modules that
//! the parents list. Nothing outside of the tree is known, and nothing of it is guessed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::parse::xml::Element;
use crate::scan::package::toolkit::{MOST_PLACES, Place};
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// Parents above one pom.
const PARENTS: usize = 16;
/// BOMs that are read for one pom, those of BOMs included, and files tried for each.
const BOMS: usize = 32;
const TRIED: usize = 8;
/// Expansions for one text, and its longest result: properties that double each other end there.
const EXPANSIONS: usize = 200;
const LONGEST: usize = 4096;

/// A managed dependency or plugin.
#[derive(Clone, Default)]
pub(super) struct Managed {
    pub(super) version: Option<String>,
    /// Where the version stands.
    pub(super) places: Vec<Place>,
    pub(super) scope: Option<String>,
    pub(super) optional: bool,
}

/// A file of a pom, and the pom.
type Level = (Arc<SourceFile>, Arc<Element>);

/// A property with its place.
struct Property {
    text: String,
    place: Place,
}

/// A pom with what it inherits.
pub(super) struct Model {
    /// The pom and its parents in the tree, from below.
    levels: Vec<Level>,
    /// What the pom says of itself and its parent: `version`, `parent.version`.
    fields: BTreeMap<String, String>,
    /// Properties, the nearest first to count.
    properties: BTreeMap<String, Property>,
    /// Managed dependencies by group, artifact, type and classifier, see [`Model::key_of`].
    dependencies: BTreeMap<String, Managed>,
    /// Managed plugins by `group:artifact`.
    plugins: BTreeMap<String, Managed>,
    /// Parents and BOMs that are not in the tree, as `group:artifact:version`.
    outside: Vec<String>,
}

/// A text whose properties could not all be filled: what it depends on, in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown(pub(super) String);

impl Model {
    /// The model of a pom.
    pub(super) fn of(level: Level, input: &Input<'_>) -> Self {
        let mut left = BOMS;
        Self::bounded(level, input, &mut left)
    }

    fn bounded(level: Level, input: &Input<'_>, left: &mut usize) -> Self {
        let fields = fields(&level.1);
        let mut model = Self {
            fields,
            levels: vec![level],
            properties: BTreeMap::new(),
            dependencies: BTreeMap::new(),
            plugins: BTreeMap::new(),
            outside: Vec::new(),
        };
        model.read_parents(input);
        for (file, pom) in &model.levels {
            for property in pom.group("properties").map_or(&[][..], |all| all.children()) {
                let stated = || Property { text: property.text().to_owned(), place: Place::new(file, property.span) };
                model.properties.entry(property.name.to_string()).or_insert_with(stated);
            }
        }
        model.read_managed(input, left);
        model
    }

    fn read_parents(&mut self, input: &Input<'_>) {
        loop {
            let (file, pom) = &self.levels[self.levels.len() - 1];
            let Some(parent) = pom.child("parent") else { return };
            let found = (self.levels.len() <= PARENTS).then(|| parent_in_tree(file.path(), parent, input)).flatten();
            match found.filter(|(file, _)| self.levels.iter().all(|(seen, _)| seen.path() != file.path())) {
                Some(level) => self.levels.push(level),
                None => {
                    let words = ["groupId", "artifactId", "version"].map(|name| parent.child_text(name).unwrap_or("?"));
                    self.outside.push(words.join(":"));
                    return;
                }
            }
        }
    }

    fn read_managed(&mut self, input: &Input<'_>, left: &mut usize) {
        let mut dependencies = BTreeMap::new();
        let mut plugins = BTreeMap::new();
        let mut boms: Vec<String> = Vec::new();
        for (file, pom) in &self.levels {
            self.manage(pom, file, &mut dependencies, &mut boms);
            let build = pom.group("build");
            let listed = build.and_then(|build| build.group("pluginManagement")).and_then(|all| all.group("plugins"));
            for plugin in listed.into_iter().flat_map(|all| all.all("plugin")) {
                let Some(name) = self.name_of(plugin, Some(MAVEN_PLUGINS)) else { continue };
                plugins.entry(name).or_insert_with(|| managed(plugin, file));
            }
        }
        self.dependencies = dependencies;
        self.plugins = plugins;
        for bom in boms {
            self.import(&bom, input, left);
        }
    }

    /// Managed dependencies of one pom or profile, and the BOMs that it imports.
    pub(super) fn manage(
        &self,
        holder: &Element,
        file: &Arc<SourceFile>,
        into: &mut BTreeMap<String, Managed>,
        boms: &mut Vec<String>,
    ) {
        let listed = holder.group("dependencyManagement").and_then(|all| all.group("dependencies"));
        for entry in listed.into_iter().flat_map(|all| all.all("dependency")) {
            if entry.child_text("scope") == Some("import") {
                let Some(name) = self.name_of(entry, None) else { continue };
                boms.push(format!("{name}:{}", entry.child_text("version").unwrap_or("?")));
                continue;
            }
            let Some(key) = self.key_of(entry) else { continue };
            into.entry(key).or_insert_with(|| managed(entry, file));
        }
    }

    /// Takes over what a BOM of the tree manages; one that is not there is noted.
    fn import(&mut self, bom: &str, input: &Input<'_>, left: &mut usize) {
        let mut parts = bom.splitn(3, ':');
        let (group, artifact) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let version = parts.next().unwrap_or("?");
        let found = (*left > 0).then(|| self.bom_in_tree(group, artifact, input)).flatten();
        let Some(level) = found else {
            let version = self.fill(version).unwrap_or_else(|_| version.to_owned());
            self.outside.push(format!("{group}:{artifact}:{version}"));
            return;
        };
        *left -= 1;
        let other = Self::bounded(level, input, left);
        for (name, managed) in &other.dependencies {
            let mut places = managed.places.clone();
            let mut fill =
                |text: &str| other.fill_with(text, &BTreeMap::new(), &mut places).unwrap_or_else(|_| text.to_owned());
            let version = managed.version.as_deref().map(&mut fill);
            self.dependencies.entry(name.clone()).or_insert(Managed { version, places, ..managed.clone() });
        }
        self.outside.extend(other.outside);
    }

    /// A BOM among the parents, beside them, or among the modules that they list.
    fn bom_in_tree(&self, group: &str, artifact: &str, input: &Input<'_>) -> Option<Level> {
        for (index, (file, pom)) in self.levels.iter().enumerate().skip(1) {
            if pom.child_text("artifactId") == Some(artifact) && self.group_at(index).as_deref() == Some(group) {
                return Some((Arc::clone(file), Arc::clone(pom)));
            }
        }
        let mut candidates = Vec::new();
        for (file, pom) in &self.levels {
            let folder = file.folder();
            let modules = pom.group("modules").map_or(&[][..], |all| all.children());
            let fitting = modules.iter().filter(|module| {
                let last = module.text().trim_end_matches("/pom.xml").rsplit('/').next().unwrap_or("");
                !last.is_empty() && (artifact == last || artifact.ends_with(&format!("-{last}")))
            });
            candidates.extend(fitting.filter_map(|module| folder.join(module.text())));
            candidates.extend(folder.join(artifact));
            candidates.extend(folder.join("..").and_then(|above| above.join(artifact)));
        }
        candidates.iter().take(TRIED).find_map(|candidate| {
            let (file, pom) = read(candidate, input)?;
            let its_group = pom.child_text("groupId").or_else(|| pom.child("parent")?.child_text("groupId"));
            let is_it = pom.child_text("artifactId") == Some(artifact)
                && its_group.is_some_and(|text| self.fill(text).is_ok_and(|text| text == group))
                && self.levels.iter().all(|(seen, _)| seen.path() != file.path());
            is_it.then_some((file, pom))
        })
    }

    /// `group:artifact` of an entry, filled; nothing when a part is missing or unknown.
    pub(super) fn name_of(&self, entry: &Element, group: Option<&str>) -> Option<String> {
        let group = entry.child_text("groupId").or(group)?;
        let artifact = entry.child_text("artifactId")?;
        Some(format!("{}:{}", self.fill(group).ok()?, self.fill(artifact).ok()?))
    }

    /// What tells a dependency from others in what is managed: `group:artifact:type:classifier`, filled. Nothing when a
    /// part is missing or unknown.
    pub(super) fn key_of(&self, entry: &Element) -> Option<String> {
        let name = self.name_of(entry, None)?;
        let part = |name, usual| self.fill(entry.child_text(name).filter(|text| !text.is_empty()).unwrap_or(usual));
        Some(format!("{name}:{}:{}", part("type", "jar").ok()?, part("classifier", "").ok()?))
    }

    /// What is managed for a dependency, by [`Self::key_of`].
    pub(super) fn dependency(&self, key: &str) -> Option<&Managed> {
        self.dependencies.get(key)
    }

    /// What is managed for a plugin.
    pub(super) fn plugin(&self, name: &str) -> Option<&Managed> {
        self.plugins.get(name)
    }

    /// Parents and BOMs that are not in the tree.
    pub(super) fn outside(&self) -> &[String] {
        &self.outside
    }

    /// The file of the pom.
    pub(super) fn file(&self) -> &Arc<SourceFile> {
        &self.levels[0].0
    }

    /// The pom itself.
    pub(super) fn pom(&self) -> &Element {
        &self.levels[0].1
    }

    /// The parents in the tree, from below, with their files.
    pub(super) fn parents(&self) -> impl Iterator<Item = (&Arc<SourceFile>, &Element)> {
        self.levels[1..].iter().map(|(file, pom)| (file, &**pom))
    }

    /// Folder of the topmost parent in the tree.
    pub(super) fn top(&self) -> RelPath {
        self.levels[self.levels.len() - 1].0.folder()
    }

    /// Folder of the pom's parent when that lies in the tree.
    pub(super) fn parent(&self) -> Option<RelPath> {
        self.levels.get(1).map(|(file, _)| file.folder())
    }

    fn group_at(&self, level: usize) -> Option<String> {
        let inherited = self.levels[level..]
            .iter()
            .find_map(|(_, pom)| pom.child_text("groupId").or_else(|| pom.child("parent")?.child_text("groupId")));
        inherited.map(str::to_owned)
    }

    /// What the pom itself says of a property, unfilled, and where it is one of its own.
    fn property(&self, name: &str) -> Option<(&str, Option<Place>)> {
        let of_project = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name);
        if let Some(field) = self.fields.get(of_project) {
            return Some((field, None));
        }
        self.properties.get(name).map(|property| (&*property.text, Some(property.place.clone())))
    }

    /// The text with its properties filled.
    ///
    /// # Errors
    /// The first property that no pom of the tree states as a literal.
    pub(super) fn fill(&self, text: &str) -> Result<String, Unknown> {
        self.fill_with(text, &BTreeMap::new(), &mut Vec::new())
    }

    /// As [`Self::fill`], with the properties of a profile before those of the project. Where they stand goes to
    /// `places`.
    pub(super) fn fill_with(
        &self,
        text: &str,
        profile: &BTreeMap<&str, &Element>,
        places: &mut Vec<Place>,
    ) -> Result<String, Unknown> {
        let mut text = text.trim().to_owned();
        for _ in 0..EXPANSIONS {
            let Some(start) = text.rfind("${") else { return Ok(text) };
            let Some(end) = text[start..].find('}').map(|at| start + at) else { return Ok(text) };
            let name = &text[start + 2..end];
            let of_profile =
                profile.get(name).map(|stated| (stated.text(), Some(Place::new(self.file(), stated.span))));
            let Some((value, place)) = of_profile.or_else(|| self.property(name)) else {
                return Err(Unknown(format!("`{name}`, which the tree does not state")));
            };
            let value = value.trim();
            if text.len() - (end + 1 - start) + value.len() > LONGEST {
                break;
            }
            places.extend(place.filter(|_| places.len() < MOST_PLACES));
            let value = value.to_owned();
            text.replace_range(start..=end, &value);
        }
        Err(Unknown("a property that contains itself".to_owned()))
    }

    /// The project's `group:artifact` and version, as far as they are known.
    pub(super) fn coordinates(&self) -> Option<(String, Option<String>)> {
        let group = self.fill(self.fields.get("groupId")?).ok()?;
        let artifact = self.fill(self.fields.get("artifactId")?).ok()?;
        let version = self.fields.get("version").and_then(|text| self.fill(text).ok());
        Some((format!("{group}:{artifact}"), version))
    }
}

/// What an entry manages.
fn managed(entry: &Element, file: &Arc<SourceFile>) -> Managed {
    let version = entry.child("version").filter(|version| !version.text().is_empty());
    Managed {
        version: version.map(|version| version.text().to_owned()),
        places: version.into_iter().map(|version| Place::new(file, version.span)).collect(),
        scope: entry.child_text("scope").map(str::to_owned),
        optional: entry.child_text("optional") == Some("true"),
    }
}

/// What a pom says of itself, with what its parent element gives in its place.
fn fields(pom: &Element) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for name in ["groupId", "artifactId", "version"] {
        if let Some(text) = pom.child("parent").and_then(|parent| parent.child_text(name)) {
            found.insert(format!("parent.{name}"), text.to_owned());
            if name != "artifactId" {
                found.insert(name.to_owned(), text.to_owned());
            }
        }
        if let Some(text) = pom.child_text(name) {
            found.insert(name.to_owned(), text.to_owned());
        }
    }
    found
}

/// Group of plugins that state none.
pub(super) const MAVEN_PLUGINS: &str = "org.apache.maven.plugins";

/// The parent by its relative path, when the file there is that parent.
fn parent_in_tree(path: &RelPath, parent: &Element, input: &Input<'_>) -> Option<Level> {
    // an empty element says that the parent is not in the tree
    let relative = parent.child("relativePath").map_or("../pom.xml", |stated| stated.text());
    if relative.is_empty() {
        return None;
    }
    let target = path.parent().join(&relative.replace('\\', "/"))?;
    let level = read(&target, input)?;
    (level.1.child_text("artifactId") == parent.child_text("artifactId")).then_some(level)
}

/// The pom at a path, or in the folder there.
fn read(target: &RelPath, input: &Input<'_>) -> Option<Level> {
    let file = if target.name().to_ascii_lowercase().ends_with(".xml") {
        input.companion(target)
    } else {
        input.companion(&target.join("pom.xml")?)
    }?;
    // a broken pom has its diagnostic where it is scanned itself
    let pom = file.xml_root().filter(|pom| &*pom.name == "project")?;
    Some((Arc::new(file), pom))
}
