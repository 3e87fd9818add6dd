//! Scripts that others apply: precompiled script plugins, and those of `apply from`. What they say is said of the projects
//! that apply them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::gradle_catalog::{Catalog, accessor};
use super::gradle_owners::About;
use super::gradle_script::{self, Placed, Statement, Token};
use super::gradle_settings::{Build, is_settings};
use crate::scan::Input;
use crate::text::RelPath;

/// Scripts of one tree that are looked into for what they apply.
pub(super) const SCRIPTS: usize = 5_000;
/// Rows of who applies what.
pub(super) const ROWS: usize = 100_000;
/// Projects that one script is followed to.
const MOST: usize = 2_000;
/// Steps from scripts to those that apply them, of one tree; where scripts apply each other, each leads to all.
const STEPS: usize = 3_000_000;

/// Folders of code in which a script is a plugin.
const SOURCES: [&str; 2] = ["src/main/kotlin", "src/main/groovy"];

/// The folder of a build whose plugins its outer build has without a word.
pub(super) const BUILD_SRC: &str = "buildSrc";

/// A script that can be applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Applied {
    /// By the id of a plugin.
    Plugin(String),
    Script(RelPath),
}

/// Who applies one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Applier {
    /// The project of a folder.
    Project(RelPath),
    Other(Applied),
}

/// Who applies what in a tree.
#[derive(Default)]
pub(super) struct Table {
    rows: BTreeMap<Applied, BTreeSet<Applier>>,
    /// Folders of builds by those of the settings that include them, and the other way round.
    including: BTreeMap<RelPath, BTreeSet<RelPath>>,
    /// Catalogs of versions that scripts name plugins by.
    catalogs: BTreeMap<RelPath, Catalog>,
    /// Plugins that projects register, each with the folder of the project.
    pub(super) registered: BTreeSet<(String, RelPath)>,
    room: usize,
    reached: Reached,
}

/// The projects that what can be applied is followed to, worked out once for all.
#[derive(Default)]
struct Reached {
    folders: Vec<RelPath>,
    /// Numbers of folders; what is missing was not followed to its end.
    of: BTreeMap<Applied, Vec<usize>>,
}

/// The folders of the builds that have the plugins of a script.
#[derive(Default)]
pub(super) struct Roots<'t> {
    /// The folder of the build whose `buildSrc` makes them, or of the included one that does.
    pub(super) own: Option<RelPath>,
    /// Those of the builds that include that one.
    pub(super) including: Option<&'t BTreeSet<RelPath>>,
}

impl Roots<'_> {
    fn hold(&self, folder: &RelPath) -> bool {
        up(folder).any(|folder| {
            self.own.as_ref() == Some(&folder) || self.including.is_some_and(|including| including.contains(&folder))
        })
    }
}

/// A folder and those above it.
pub(super) fn up(folder: &RelPath) -> impl Iterator<Item = RelPath> + use<> {
    folder.and_above()
}

pub(super) fn is_script(path: &RelPath) -> bool {
    path.name().ends_with(".gradle") || path.name().ends_with(".gradle.kts")
}

/// The first script of the tree that is not looked into for what it applies and which plugins its project registers.
struct FirstLeft(Option<RelPath>);

/// What is told of that script.
pub(super) fn left(path: &RelPath, input: &Input<'_>) -> Option<String> {
    // what images hold is not followed at all
    if input.subject.is_some() {
        return None;
    }
    let first = input.memo.once(|| FirstLeft(input.paths.iter().filter(|path| is_script(path)).nth(SCRIPTS).cloned()));
    let message = || {
        format!(
            "the tree has more than {SCRIPTS} scripts of Gradle: what this one and those behind it apply, and plugins that their projects register, is not followed"
        )
    };
    (first.0.as_ref() == Some(path)).then(message)
}

/// The folders of the projects that apply a script, in order; none for a script of a project itself, and where nothing of
/// the tree applies it. An error where scripts of the tree apply each other so often that it is not worked out.
pub(super) fn applying(
    path: &RelPath,
    statements: &[Statement<'_>],
    input: &Input<'_>,
) -> Result<Vec<RelPath>, &'static str> {
    let applied = applied(path, statements).filter(|_| input.subject.is_none());
    let Some(applied) = applied else { return Ok(Vec::new()) };
    let table = input.memo.once(|| Table::of(input));
    if !table.rows.contains_key(&applied) {
        return Ok(Vec::new());
    }
    let reached = table.reached.of.get(&applied);
    let reached = reached.ok_or("scripts of the tree apply each other too often: who applies this one is not known")?;
    let folders = reached.iter().map(|number| &table.reached.folders[*number]);
    let roots = match &applied {
        Applied::Plugin(_) => table.roots(path),
        Applied::Script(_) => Roots { own: Some(RelPath::root()), including: None },
    };
    Ok(folders.filter(|folder| roots.hold(folder)).take(MOST).cloned().collect())
}

impl Reached {
    /// Follows each of those that are applied to the projects that apply it in the end.
    fn of(rows: &BTreeMap<Applied, BTreeSet<Applier>>) -> Self {
        let project = |applier: &Applier| match applier {
            Applier::Project(folder) => Some(folder.clone()),
            Applier::Other(_) => None,
        };
        let folders: BTreeSet<RelPath> = rows.values().flatten().filter_map(project).collect();
        let folders: Vec<RelPath> = folders.into_iter().collect();
        let numbers: BTreeMap<&Applied, usize> = rows.keys().zip(0..).collect();
        // the projects of each, and the others that apply it
        let mut direct: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for appliers in rows.values() {
            let mut here = (Vec::new(), Vec::new());
            for applier in appliers {
                match applier {
                    Applier::Project(folder) => here.0.extend(folders.binary_search(folder)),
                    Applier::Other(other) => here.1.extend(numbers.get(other)),
                }
            }
            direct.push(here);
        }
        let mut found = Self { folders, of: BTreeMap::new() };
        let mut steps = STEPS;
        let mut seen = vec![usize::MAX; direct.len()];
        for (applied, start) in &numbers {
            let mut projects = BTreeSet::new();
            let mut open = VecDeque::from([*start]);
            seen[*start] = *start;
            while let Some((of, others)) = open.pop_front().map(|one| &direct[one]) {
                steps = steps.saturating_sub(1 + of.len() + others.len());
                if steps == 0 {
                    return found;
                }
                projects.extend(of.iter().copied());
                for other in others {
                    if seen[*other] != *start {
                        seen[*other] = *start;
                        open.push_back(*other);
                    }
                }
            }
            found.of.insert((*applied).clone(), projects.into_iter().collect());
        }
        found
    }
}

/// What a script is applied as; nothing for those that Gradle runs by their names.
pub(super) fn applied(path: &RelPath, statements: &[Statement<'_>]) -> Option<Applied> {
    let name = path.name();
    if name.starts_with("build.gradle") || is_settings(path) {
        return None;
    }
    if base_of(path).is_none() {
        return Some(Applied::Script(path.clone()));
    }
    let stem = name.strip_suffix(".gradle.kts").or_else(|| name.strip_suffix(".gradle"))?;
    let package =
        statements.first().filter(|one| one.head() == Some("package")).and_then(|one| one.tokens.get(1)?.word());
    Some(Applied::Plugin(package.map_or_else(|| stem.to_owned(), |package| format!("{package}.{stem}"))))
}

/// The folder of the project that makes a plugin of a script, if one does.
pub(super) fn base_of(path: &RelPath) -> Option<RelPath> {
    let text = path.as_str();
    SOURCES.iter().find_map(|source| match text.strip_prefix(source) {
        Some(rest) if rest.starts_with('/') => Some(RelPath::root()),
        _ => RelPath::new(&text[..text.find(&format!("/{source}/"))?]),
    })
}

impl Table {
    pub(super) fn of(input: &Input<'_>) -> Self {
        let mut table = Self { room: ROWS, ..Self::default() };
        for path in input.paths.iter().filter(|path| is_script(path)).take(SCRIPTS) {
            let Some(file) = input.companion(path) else { continue };
            // most say nothing of it
            if ["apply", "plugins", "includeBuild"].iter().any(|word| file.text().contains(word)) {
                table.read(path, file.text(), input);
            }
        }
        table.reached = Reached::of(&table.rows);
        table
    }

    fn read(&mut self, path: &RelPath, text: &str, input: &Input<'_>) {
        let statements = gradle_script::statements(text);
        let folder = path.parent();
        if is_settings(path) {
            self.include(&folder, &statements);
        }
        let own = applied(path, &statements).map_or_else(|| Applier::Project(folder.clone()), Applier::Other);
        let about = About::of(&statements, (input, &folder), &|one| applies(one));
        for (at, statement) in statements.iter().enumerate() {
            if let Some(id) = self.registered(statement, &folder, input).filter(|_| self.room > 0) {
                self.room -= 1;
                self.registered.insert((id, folder.clone()));
            }
            let mut named = named(statement, text);
            named.extend(self.aliased(statement, &folder, input));
            let scripts = scripts(statement).filter_map(|text| script(text, &folder, input)).map(Applied::Script);
            for applied in named.into_iter().map(Applied::Plugin).chain(scripts) {
                match about.statements.get(&at).and_then(|number| about.folders.get(*number)) {
                    Some(Some(folders)) => {
                        folders.iter().for_each(|folder| self.add(&applied, Applier::Project(folder.clone())));
                    }
                    // of which ones it is not known
                    Some(None) => {}
                    None => self.add(&applied, own.clone()),
                }
            }
        }
    }

    /// The plugin of `alias(libs.plugins.x)`.
    fn aliased(&mut self, statement: &Statement<'_>, folder: &RelPath, input: &Input<'_>) -> Option<String> {
        if statement.blocks.last() != Some(&"plugins") || statement.head() != Some("alias") || is_left(statement) {
            return None;
        }
        let word = statement.tokens.iter().skip(1).find_map(Placed::word)?;
        self.id_of(word, folder, input)
    }

    /// The id of the plugin that a catalog has under `libs.plugins.x`.
    fn id_of(&mut self, word: &str, folder: &RelPath, input: &Input<'_>) -> Option<String> {
        let (catalog, entry) = word.split_once(".plugins.")?;
        let mut paths = up(folder).filter_map(|folder| folder.join(&format!("gradle/{catalog}.versions.toml")));
        let path = paths.find(|path| input.paths.binary_search(path).is_ok())?;
        if !self.catalogs.contains_key(&path) {
            let read = input.companion(&path).map(|file| Catalog::of(file.toml_root()));
            self.catalogs.insert(path.clone(), read.unwrap_or_default());
        }
        Some(self.catalogs.get(&path)?.plugins.get(&accessor(entry))?.name.clone())
    }

    /// The plugin that a statement within `gradlePlugin { plugins { … } }` registers: `id = "x"`, `id.set("x")`,
    /// `id = libs.plugins.x.get().pluginId`.
    fn registered(&mut self, statement: &Statement<'_>, folder: &RelPath, input: &Input<'_>) -> Option<String> {
        let is_id = matches!(statement.head(), Some("id" | "id.set"));
        if !is_id || !statement.blocks.contains(&"gradlePlugin") {
            return None;
        }
        if let Some((text, is_filled, _)) = statement.texts().next() {
            return (!is_filled).then(|| text.to_owned());
        }
        let word = statement.tokens.iter().skip(1).find_map(Placed::word)?;
        let word = word.strip_suffix(".get").unwrap_or(word);
        self.id_of(word.strip_suffix(".asProvider").unwrap_or(word), folder, input)
    }

    fn add(&mut self, applied: &Applied, applier: Applier) {
        if self.room > 0 {
            self.room -= 1;
            self.rows.entry(applied.clone()).or_default().insert(applier);
        }
    }

    /// `includeBuild("build-logic")`.
    fn include(&mut self, folder: &RelPath, statements: &[Statement<'_>]) {
        for statement in statements.iter().filter(|one| one.head() == Some("includeBuild")) {
            let stated = statement.texts().next().filter(|(_, is_filled, _)| !is_filled);
            if let Some(build) = stated.and_then(|(text, ..)| folder.join(text)) {
                self.including.entry(build).or_default().insert(folder.clone());
            }
        }
    }

    /// The folders of the builds that have the plugins of a script, and of the one that makes them.
    pub(super) fn roots(&self, path: &RelPath) -> Roots<'_> {
        base_of(path).map_or_else(Roots::default, |base| self.roots_of(&base))
    }

    /// As [`Self::roots`], for the plugins that the project of a folder makes.
    pub(super) fn roots_of(&self, base: &RelPath) -> Roots<'_> {
        for folder in up(base) {
            if folder.name() == BUILD_SRC {
                return Roots { own: Some(folder.parent()), including: None };
            }
            if let Some(including) = self.including.get(&folder) {
                return Roots { own: Some(folder), including: Some(including) };
            }
        }
        Roots::default()
    }
}

/// True for what may apply a script.
fn applies(statement: &Statement<'_>) -> bool {
    statement.blocks.last() == Some(&"plugins")
        || statement.head().is_some_and(|head| head == "apply" || head.ends_with(".apply"))
}

/// The plugins that a statement applies: `id("x")` and `` `x` `` in `plugins`, `apply plugin: 'x'`, `pluginManager.apply("x")`.
fn named(statement: &Statement<'_>, text: &str) -> Vec<String> {
    if !applies(statement) || is_from(statement) {
        return Vec::new();
    }
    let tokens = &statement.tokens;
    let literal = statement.texts().filter(|(_, is_filled, _)| !is_filled).map(|(text, ..)| text.to_owned());
    let head = statement.head().unwrap_or("");
    match (statement.blocks.last() == Some(&"plugins"), head) {
        (true, _) if is_left(statement) => Vec::new(),
        (true, "id") => literal.take(1).collect(),
        (true, _) if head.contains('`') => {
            let (first, last) = (tokens[0].span.start, tokens[tokens.len() - 1].span.end);
            let word = text[first..last].split_whitespace().next().unwrap_or("");
            vec![word.replace('`', "")]
        }
        (true, _) => Vec::new(),
        (false, _) => literal.collect(),
    }
}

/// `id("x") apply false`: it is there for projects below to apply.
fn is_left(statement: &Statement<'_>) -> bool {
    let mut pairs = statement.tokens.windows(2);
    pairs.any(|two| two[0].word() == Some("apply") && two[1].word() == Some("false"))
}

fn is_from(statement: &Statement<'_>) -> bool {
    statement.tokens.iter().any(|one| one.word() == Some("from"))
}

/// What stands behind `from` where a statement applies a script.
fn scripts<'t>(statement: &Statement<'t>) -> impl Iterator<Item = &'t str> {
    let is_meant = applies(statement) && is_from(statement);
    let texts = statement.tokens.iter().filter(move |_| is_meant).filter_map(|one| match one.token {
        Token::Text(text, _) => Some(text),
        _ => None,
    });
    texts.filter(|text| *text != "from").take(1)
}

/// The script of the tree that a text means: beside the one that applies it, or seen from the folder of the build.
fn script(text: &str, folder: &RelPath, input: &Input<'_>) -> Option<RelPath> {
    const OF_BUILD: [&str; 4] = ["$rootDir/", "${rootDir}/", "$rootProject.projectDir/", "${rootProject.projectDir}/"];
    const OF_PROJECT: [&str; 2] = ["$projectDir/", "${projectDir}/"];
    let of_build = OF_BUILD.iter().find_map(|start| text.strip_prefix(start));
    let rest = of_build.or_else(|| OF_PROJECT.iter().find_map(|start| text.strip_prefix(start))).unwrap_or(text);
    if rest.contains('$') || rest.contains("://") {
        return None;
    }
    let root = Build::above(input, folder).map(|build| build.root().clone());
    let folders = std::iter::once(folder.clone()).filter(|_| of_build.is_none()).chain(root);
    let mut paths = folders.filter_map(|folder| folder.join(rest.trim_start_matches('/')));
    paths.find(|path| input.paths.binary_search(path).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Option<Applied> {
        applied(&RelPath::new(path).expect("is relative"), &gradle_script::statements(text))
    }

    #[test]
    fn what_scripts_are_applied_as() {
        let plugin = |id: &str| Some(Applied::Plugin(id.to_owned()));
        assert_eq!(of("buildSrc/src/main/kotlin/a.b-conventions.gradle.kts", ""), plugin("a.b-conventions"));
        assert_eq!(of("x/src/main/kotlin/org/b.gradle.kts", "package org\n\nplugins { x }\n"), plugin("org.b"));
        assert_eq!(of("src/main/groovy/c.gradle", ""), plugin("c"));
        assert_eq!(of("app/build.gradle.kts", ""), None);
        assert_eq!(of("settings.gradle", ""), None);
        let script = RelPath::new("gradle/deps.gradle").expect("is relative");
        assert_eq!(of("gradle/deps.gradle", ""), Some(Applied::Script(script)));
    }

    #[test]
    fn plugins_that_are_applied() {
        let text = "plugins {\n id(\"a\")\n id 'b' version '1' apply false\n `c-d`\n kotlin(\"jvm\")\n}\n\
                    apply plugin: 'e'\napply(plugin = \"f\")\npluginManager.apply(\"g\")\napply from: 'x.gradle'\n";
        let statements = gradle_script::statements(text);
        let found: Vec<String> = statements.iter().flat_map(|one| named(one, text)).collect();
        assert_eq!(found, ["a", "c-d", "e", "f", "g"]);
        assert_eq!(statements.iter().flat_map(scripts).collect::<Vec<_>>(), ["x.gradle"]);
    }
}
