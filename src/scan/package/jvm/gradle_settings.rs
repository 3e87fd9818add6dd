//! `settings.gradle`: which folders the projects of a Gradle build lie in, and the projects that its scripts name.
//!
//! Nothing is executed: projects whose names or folders are computed are not known, unless a build script lies where
//! Gradle looks for one.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Asking;
use super::gradle_owners::is_there;
use super::gradle_script::{self, Placed, Statement, Token};
use crate::diagnostic::DiagnosticKind;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::{RelPath, Span, count};

/// Projects in projects; deeper ones are not read.
const DEPTH: usize = 32;
const SETTINGS: [&str; 2] = ["settings.gradle", "settings.gradle.kts"];
const SCRIPTS: [&str; 2] = ["build.gradle", "build.gradle.kts"];
/// The block of settings that gives repositories to projects.
pub(super) const MANAGEMENT: &str = "dependencyResolutionManagement";

/// The projects of a build.
pub(super) struct Build {
    /// Folder of the settings.
    root: RelPath,
    /// Folders by path (`:lib:api`); nothing for one that lies outside of the tree, or where that is computed.
    folders: BTreeMap<String, Option<RelPath>>,
    /// Paths by folder.
    paths: BTreeMap<RelPath, String>,
    /// Paths that are included by themselves, and not only as what others lie in.
    included: BTreeSet<String>,
    /// Paths by what type-safe accessors call them; nothing where that can be two.
    accessors: BTreeMap<String, Option<String>>,
    /// The word of the mode in which the settings alone say which repositories are asked.
    pub(super) forced: Option<&'static str>,
    /// The settings give repositories to projects.
    gives_repositories: bool,
    /// Folders of builds that are included.
    pub(super) builds: BTreeSet<RelPath>,
}

/// Modes in which repositories of projects are not asked.
const FORCED: [&str; 2] = ["FAIL_ON_PROJECT_REPOS", "PREFER_SETTINGS"];

impl Build {
    pub(super) fn at(input: &Input<'_>, folder: &RelPath) -> Option<Arc<Self>> {
        let paths = SETTINGS.iter().filter_map(|name| folder.join(name));
        let path = paths.into_iter().find(|path| input.paths.binary_search(path).is_ok())?;
        let read = || match input.companion(&path) {
            Some(file) => {
                let statements = gradle_script::statements(file.text());
                (Some(Arc::new(Self::of(folder.clone(), &statements))), file.text().len())
            }
            None => (None, 0),
        };
        Option::clone(&input.memo.of(&path, read))
    }

    pub(super) fn of(root: RelPath, statements: &[Statement<'_>]) -> Self {
        let paths = BTreeMap::from([(root.clone(), ":".to_owned())]);
        let (folders, included, accessors) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let (forced, gives_repositories, builds) = (None, false, BTreeSet::new());
        let mut build = Self { root, folders, paths, included, accessors, forced, gives_repositories, builds };
        for statement in statements {
            build.managed(statement);
            let texts = statement.texts().filter(|(_, is_filled, _)| !is_filled).map(|(text, ..)| text);
            match statement.head() {
                Some("include") => texts.for_each(|path| build.include(path)),
                Some("includeFlat") => {
                    for name in texts {
                        let folder = build.root.join("..").and_then(|above| above.join(name));
                        build.insert(format!(":{name}"), folder);
                        build.included.insert(format!(":{name}"));
                    }
                }
                Some("project") => build.moved(statement),
                Some("includeBuild") => build.builds.extend(texts.take(1).filter_map(|text| build.root.join(text))),
                _ => {}
            }
        }
        build
    }

    /// What `dependencyResolutionManagement` says of repositories.
    fn managed(&mut self, statement: &Statement<'_>) {
        let blocks = &statement.blocks;
        if blocks.first().is_none_or(|block| *block != MANAGEMENT) {
            return;
        }
        self.gives_repositories |= blocks.contains(&"repositories");
        if statement.head().is_some_and(|head| head.starts_with("repositoriesMode")) {
            let words = statement.tokens.iter().filter_map(Placed::word);
            let last = words.filter_map(|word| word.rsplit('.').next()).next_back();
            self.forced = FORCED.into_iter().find(|mode| last == Some(*mode));
        }
    }

    /// True where which of several repositories a project asks depends on other scripts than its own.
    pub(super) fn shares_repositories(&self) -> bool {
        self.gives_repositories || !self.folders.is_empty()
    }

    /// Folder of the settings.
    pub(super) fn root(&self) -> &RelPath {
        &self.root
    }

    /// `include ':lib:api'`: that project and those that it lies in.
    fn include(&mut self, path: &str) {
        let mut whole = String::new();
        let mut folder = Some(self.root.clone());
        for name in path.split(':').filter(|name| !name.is_empty()).take(DEPTH) {
            whole = format!("{whole}:{name}");
            folder = match self.folders.get(&whole) {
                Some(known) => known.clone(),
                None => {
                    let folder = folder.and_then(|folder| folder.join(name));
                    self.insert(whole.clone(), folder.clone());
                    folder
                }
            };
        }
        self.included.insert(whole);
    }

    fn insert(&mut self, path: String, folder: Option<RelPath>) {
        if let Some(folder) = &folder {
            self.paths.insert(folder.clone(), path.clone());
        }
        let same = self.accessors.entry(called(&path)).or_insert_with(|| Some(path.clone()));
        if same.as_ref() != Some(&path) {
            *same = None;
        }
        self.folders.insert(path, folder);
    }

    /// `project(':lib').projectDir = file('libs/lib')`.
    fn moved(&mut self, statement: &Statement<'_>) {
        let is_folder = |word: &str| word.trim_start_matches('.') == "projectDir";
        if !statement.tokens.iter().filter_map(|one| one.word()).any(is_folder) {
            return;
        }
        let mut texts = statement.texts().map(|(text, ..)| text);
        let Some(path) = texts.next() else { return };
        // what is left of `"$rootDir/libs/lib"`
        let stated = texts.next().map(|text| {
            let settings = ["$rootDir", "${rootDir}", "$settingsDir", "${settingsDir}"];
            settings.iter().find_map(|start| text.strip_prefix(start)).map_or(text, |rest| rest.trim_start_matches('/'))
        });
        let folder = stated.filter(|text| !text.contains('$') && texts.next().is_none());
        let folder = folder.and_then(|text| self.root.join(text));
        self.insert(format!(":{}", path.trim_start_matches(':')), folder);
    }

    /// The folders of the projects below that of a folder, as far as something lies in them; nothing where it is none of the
    /// build. What others only lie in is one of them where it has a script.
    pub(super) fn below(&self, from: &RelPath, input: &Input<'_>) -> Option<Vec<RelPath>> {
        let own = format!("{}:", self.paths.get(from)?.trim_end_matches(':'));
        let below = self.folders.range(own.clone()..).take_while(|(path, _)| path.starts_with(&own));
        let all = below.filter_map(|(path, folder)| {
            let folder = folder.as_ref()?;
            let is_one = if self.included.contains(path) { is_there(folder, input) } else { has_script(folder, input) };
            is_one.then(|| folder.clone())
        });
        Some(all.collect())
    }

    /// The folder of the project that a script in `from` means by a path: `:lib:api`, or `api` for one below its own.
    pub(super) fn project(&self, path: &str, from: &RelPath, input: &Input<'_>) -> Option<RelPath> {
        let whole = match path.strip_prefix(':') {
            Some(rest) => format!(":{rest}"),
            None => format!("{}:{path}", self.paths.get(from)?.trim_end_matches(':')),
        };
        if whole == ":" {
            return Some(self.root.clone());
        }
        match self.folders.get(&whole) {
            Some(folder) => folder.clone(),
            None => {
                let folder = self.root.join(whole.trim_start_matches(':').replace(':', "/").as_str())?;
                has_script(&folder, input).then_some(folder)
            }
        }
    }

    /// The folder of the project that `projects.lib.api` means.
    fn accessed(&self, accessor: &str) -> Option<RelPath> {
        let accessor = accessor.strip_suffix(".dependencyProject").unwrap_or(accessor);
        let path = self.accessors.get(&called(&accessor.replace('.', ":")))?.as_ref()?;
        self.folders.get(path)?.clone()
    }
}

/// True for a folder with a build script.
fn has_script(folder: &RelPath, input: &Input<'_>) -> bool {
    SCRIPTS.iter().any(|name| folder.join(name).is_some_and(|path| input.paths.binary_search(&path).is_ok()))
}

/// What accessors call a project: `:lib-core:apiV2` is `libCore.apiV2`; small and large letters are not told apart here.
fn called(path: &str) -> String {
    let names = path.split(':').filter(|name| !name.is_empty());
    let names = names.map(|name| name.replace(['-', '_', '.'], "").to_lowercase());
    names.collect::<Vec<_>>().join(".")
}

/// True for the file that says which projects a build has.
pub(super) fn is_settings(path: &RelPath) -> bool {
    SETTINGS.contains(&path.name())
}

/// Says in one sentence which projects settings include that are not there.
pub(super) fn say_missing(statements: &[Statement<'_>], input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(build) = Build::at(input, &file.folder()).filter(|_| is_settings(file.path())) else { return };
    let included = statements.iter().filter(|one| one.head() == Some("include"));
    let paths = included.flat_map(Statement::texts).filter(|(_, is_filled, _)| !is_filled);
    let mut missing = paths.filter_map(|(path, _, span)| {
        let whole = format!(":{}", path.trim_start_matches(':'));
        let folder = build.folders.get(&whole)?.as_ref()?;
        (!is_there(folder, input)).then_some((whole, folder, span))
    });
    let Some((path, folder, span)) = missing.next() else { return };
    let more = match missing.count() {
        0 => String::new(),
        number => format!("; so it is with {} more", count(number, "project")),
    };
    let message = format!("the project `{path}` lies in `{folder}`, where this tree holds nothing that is read{more}");
    out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
}

/// How a script names a project.
#[derive(Clone, Copy)]
enum Meant<'t> {
    /// `project(':lib')`; nothing where the path is computed.
    Path(Option<&'t str>),
    /// `projects.lib`.
    Accessor(&'t str),
}

/// The projects that a script names.
#[derive(Default)]
pub(super) struct Projects {
    /// The build that the script belongs to.
    build: OnceCell<Option<Arc<Build>>>,
    /// Where projects are named though no settings say where they lie: the first place, and how many.
    unsettled: Option<(Span, usize)>,
}

impl Projects {
    /// Follows the project that the first of the tokens of a dependency names, if it does; gives how many of them that takes.
    pub(super) fn follow(
        &mut self,
        tokens: &[Placed<'_>],
        (asking, input): (Asking<'_>, &Input<'_>),
        out: &mut Facts<'_>,
    ) -> usize {
        let Some((first, after)) = tokens.split_first() else { return 0 };
        let word = first.word().unwrap_or("");
        let (meant, taken) = match word.strip_prefix("projects.") {
            Some(accessor) => (Meant::Accessor(accessor), 0),
            None => match argument(after).filter(|_| word == "project") {
                Some((path, taken)) => (Meant::Path(path), taken),
                None => return 1,
            },
        };
        let build = self.build.get_or_init(|| Build::above(input, &asking.file.folder())).clone();
        match build {
            Some(build) => {
                if let Err(message) = uses(&build, (meant, first.span), (asking, input), out) {
                    out.problem(DiagnosticKind::Unresolved, asking.file, Some(first.span), message);
                }
            }
            None => self.unsettled.get_or_insert((first.span, 0)).1 += 1,
        }
        1 + taken
    }

    /// One sentence for all projects that are not followed because the settings are not there.
    pub(super) fn say_unsettled(&self, file: &SourceFile, out: &mut Facts<'_>) {
        let Some((first, number)) = self.unsettled else { return };
        let message = format!("no settings.gradle of the tree gives the folder of {}", count(number, "named project"));
        out.problem(DiagnosticKind::Unresolved, file, Some(first), message);
    }
}

/// Writes that a project of the build is used.
fn uses(
    build: &Build,
    (meant, span): (Meant<'_>, Span),
    (asking, input): (Asking<'_>, &Input<'_>),
    out: &mut Facts<'_>,
) -> Result<(), String> {
    let (found, named) = match meant {
        Meant::Accessor(accessor) => (build.accessed(accessor), format!("projects.{accessor}")),
        Meant::Path(Some(path)) => (build.project(path, &asking.file.folder(), input), path.to_owned()),
        Meant::Path(None) => return Err("which project this is is computed: it is not followed".to_owned()),
    };
    let Some(found) = found else {
        return Err(format!("the settings of the build do not say where the project `{named}` lies"));
    };
    if !is_there(&found, input) {
        return Err(format!("the project `{named}` lies in `{found}`, where this tree holds nothing that is read"));
    }
    toolkit::uses_project(asking.project, &found, input, &asking.file.at(span), out);
    Ok(())
}

/// The path in `project(':lib')`, `project(path: ':lib', configuration: 'x')` and their like in Kotlin, and how many of the
/// tokens the call takes, its name not counted; nothing where they are no call. `None` for the path where it is computed.
pub(super) fn argument<'t>(after: &[Placed<'t>]) -> Option<(Option<&'t str>, usize)> {
    if !after.first()?.is('(') {
        return None;
    }
    let mut open = 0_usize;
    let mut end = after.len();
    for (at, one) in after.iter().enumerate() {
        if one.is('(') {
            open += 1;
        } else if one.is(')') {
            open -= 1;
            if open == 0 {
                end = at + 1;
                break;
            }
        }
    }
    let texts = after[..end].iter().filter_map(|one| match one.token {
        Token::Text(text, is_filled) => Some((text, is_filled)),
        _ => None,
    });
    let texts: Vec<(&str, bool)> = texts.filter(|(text, _)| !matches!(*text, "path" | "configuration")).collect();
    let path = texts.iter().find(|(text, _)| text.starts_with(':')).or(texts.first());
    Some((path.filter(|(_, is_filled)| !is_filled).map(|(text, _)| *text), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str) -> Build {
        Build::of(RelPath::new("svc").expect("is relative"), &gradle_script::statements(text))
    }

    #[test]
    fn projects_lie_where_the_settings_say() {
        let build = build(
            "include ':app', ':lib:api-v2'\ninclude(\"core\")\nincludeFlat 'side'\nincludeBuild 'other'\n\
             project(':core').projectDir = file('../libs/core')\nproject(\":app\").projectDir = new File(settingsDir, \"$name\")\n",
        );
        let at = |path: &str| build.folders.get(path).map(|folder| folder.as_ref().map(ToString::to_string));
        assert_eq!(at(":lib:api-v2"), Some(Some("svc/lib/api-v2".to_owned())));
        assert_eq!(at(":lib"), Some(Some("svc/lib".to_owned())));
        assert_eq!(at(":core"), Some(Some("libs/core".to_owned())));
        assert_eq!(at(":side"), Some(Some("side".to_owned())));
        assert_eq!(at(":app"), Some(None), "computed");
        assert_eq!(at(":other"), None, "a build of its own");
        assert_eq!(build.accessed("lib.apiV2").map(|folder| folder.to_string()).as_deref(), Some("svc/lib/api-v2"));
        assert_eq!(build.accessed("gone"), None);
    }

    #[test]
    fn modes_of_repositories() {
        let of = |mode: &str| {
            build(&format!("dependencyResolutionManagement {{\n {mode}\n repositories {{ mavenCentral() }}\n}}\n"))
        };
        assert_eq!(of("repositoriesMode.set(RepositoriesMode.FAIL_ON_PROJECT_REPOS)").forced, Some(FORCED[0]));
        assert_eq!(of("repositoriesMode = RepositoriesMode.PREFER_SETTINGS").forced, Some(FORCED[1]));
        assert_eq!(of("repositoriesMode = RepositoriesMode.PREFER_PROJECT").forced, None);
        assert!(of("").shares_repositories() && !build("rootProject.name = 'x'\n").shares_repositories());
    }

    #[test]
    fn arguments_of_calls() {
        let argument = |text: &str| {
            let tokens = gradle_script::tokens(text);
            argument(&tokens).map(|(path, end)| (path.map(str::to_owned), end))
        };
        assert_eq!(argument("(':a') 'x'"), Some((Some(":a".to_owned()), 3)));
        assert_eq!(argument("(path: ':a', configuration: 'x')").map(|found| found.0), Some(Some(":a".to_owned())));
        assert_eq!(argument("(mapOf(\"path\" to \":a\"))").map(|found| found.0), Some(Some(":a".to_owned())));
        assert_eq!(argument("(\":$a\")").map(|found| found.0), Some(None));
        assert_eq!(argument("(name)").map(|found| found.0), Some(None));
        assert_eq!(argument(".files"), None);
    }
}
