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
const SCRIPTS: usize = 5_000;
/// Rows of who applies what.
const ROWS: usize = 100_000;
/// Projects that one script is followed to.
const MOST: usize = 2_000;

/// Folders of code in which a script is a plugin.
const SOURCES: [&str; 2] = ["src/main/kotlin", "src/main/groovy"];

/// The folder of a build whose plugins its outer build has without a word.
const BUILD_SRC: &str = "buildSrc";

/// A script that can be applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Applied {
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
struct Table {
    rows: BTreeMap<Applied, BTreeSet<Applier>>,
    /// Folders of builds by those of the settings that include them, and the other way round.
    including: BTreeMap<RelPath, BTreeSet<RelPath>>,
    /// Catalogs of versions that scripts name plugins by.
    catalogs: BTreeMap<RelPath, Catalog>,
    room: usize,
}

/// The ids of the plugins that scripts of a tree make.
struct Made(BTreeSet<String>);

/// True for a plugin that a script of the tree makes: no registry is asked for it.
pub(super) fn is_made(id: &str, input: &Input<'_>) -> bool {
    let made = input.memo.once(|| {
        let plugins = input.paths.iter().filter(|path| is_script(path) && base_of(path).is_some()).take(SCRIPTS);
        let ids = plugins.filter_map(|path| {
            let file = input.companion(path)?;
            match applied(path, &gradle_script::statements(file.text()))? {
                Applied::Plugin(id) => Some(id),
                Applied::Script(_) => None,
            }
        });
        Made(ids.collect())
    });
    input.subject.is_none() && made.0.contains(id)
}

fn is_script(path: &RelPath) -> bool {
    path.name().ends_with(".gradle") || path.name().ends_with(".gradle.kts")
}

/// The folders of the projects that apply a script, in order; none for a script of a project itself, and where nothing of
/// the tree applies it.
pub(super) fn applying(path: &RelPath, statements: &[Statement<'_>], input: &Input<'_>) -> Vec<RelPath> {
    let Some(applied) = applied(path, statements).filter(|_| input.subject.is_none()) else { return Vec::new() };
    let table = input.memo.once(|| Table::of(input));
    let roots = match &applied {
        Applied::Plugin(_) => table.roots(path),
        Applied::Script(_) => vec![RelPath::root()],
    };
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([applied.clone()]);
    let mut open = VecDeque::from([applied]);
    while let Some(one) = open.pop_front() {
        for applier in table.rows.get(&one).into_iter().flatten() {
            match applier {
                Applier::Project(folder) if found.len() < MOST && roots.iter().any(|root| is_in(folder, root)) => {
                    found.insert(folder.clone());
                }
                Applier::Other(other) if seen.insert(other.clone()) => open.push_back(other.clone()),
                _ => {}
            }
        }
    }
    found.into_iter().collect()
}

/// What a script is applied as; nothing for those that Gradle runs by their names.
fn applied(path: &RelPath, statements: &[Statement<'_>]) -> Option<Applied> {
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
fn base_of(path: &RelPath) -> Option<RelPath> {
    let text = path.as_str();
    SOURCES.iter().find_map(|source| match text.strip_prefix(source) {
        Some(rest) if rest.starts_with('/') => Some(RelPath::root()),
        _ => RelPath::new(&text[..text.find(&format!("/{source}/"))?]),
    })
}

fn is_in(path: &RelPath, folder: &RelPath) -> bool {
    folder.is_root()
        || path == folder
        || path.as_str().strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

impl Table {
    fn of(input: &Input<'_>) -> Self {
        let mut table = Self { room: ROWS, ..Self::default() };
        for path in input.paths.iter().filter(|path| is_script(path)).take(SCRIPTS) {
            let Some(file) = input.companion(path) else { continue };
            // most say nothing of it
            if ["apply", "plugins", "includeBuild"].iter().any(|word| file.text().contains(word)) {
                table.read(path, file.text(), input);
            }
        }
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
        let (catalog, entry) = word.split_once(".plugins.")?;
        let next = |folder: &RelPath| (!folder.is_root()).then(|| folder.parent());
        let above = std::iter::successors(Some(folder.clone()), next);
        let mut paths = above.filter_map(|folder| folder.join(&format!("gradle/{catalog}.versions.toml")));
        let path = paths.find(|path| input.paths.binary_search(path).is_ok())?;
        if !self.catalogs.contains_key(&path) {
            let read = input.companion(&path).map(|file| Catalog::of(file.toml_root()));
            self.catalogs.insert(path.clone(), read.unwrap_or_default());
        }
        Some(self.catalogs.get(&path)?.plugins.get(&accessor(entry))?.name.clone())
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
    fn roots(&self, path: &RelPath) -> Vec<RelPath> {
        let next = |folder: &RelPath| (!folder.is_root()).then(|| folder.parent());
        for folder in std::iter::successors(base_of(path), next) {
            if folder.name() == BUILD_SRC {
                return vec![folder.parent()];
            }
            if let Some(roots) = self.including.get(&folder) {
                return roots.iter().cloned().chain([folder]).collect();
            }
        }
        Vec::new()
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
