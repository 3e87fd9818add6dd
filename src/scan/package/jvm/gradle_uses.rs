//! Which entries of a version catalog the build files of a project use. Where that cannot be known, nothing is said.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::gradle_applied::{BUILD_SRC, applying};
use super::gradle_catalog::{Catalog, accessor};
use super::gradle_owners::words_for_others;
use super::gradle_script;
use super::gradle_settings::{Build, is_settings};
use crate::scan::Input;
use crate::text::{RelPath, Span};

/// Endings of code that a build is made with.
const CODE: [&str; 3] = [".kt", ".groovy", ".java"];

/// The folder of scripts that are plugins, in a path.
const SOURCES: &str = "/src/main/";

/// Build files that are looked into.
const SCRIPTS: usize = 2_000;

/// Settings of other folders that are looked into.
const SETTINGS: usize = 32;

/// Ways to ask a catalog for an entry whose name is computed.
const COMPUTED: [&str; 6] =
    ["findLibrary", "findBundle", "findPlugin", "libraryAliases", "bundleAliases", "pluginAliases"];

/// Words of a build that makes plugins of code, which may ask the catalog for entries, or that publishes the catalog.
const OF_CODE: [&str; 4] = ["kotlin-dsl", "java-gradle-plugin", "groovy-gradle-plugin", "version-catalog"];

/// Words by which a script asks for catalogs and their entries in another way than by their accessors.
const BY_NAME: [&str; 5] =
    ["VersionCatalogsExtension", "versionCatalogs.", "findLibrary(", "findBundle(", "findPlugin("];

/// Folders of the projects that use an entry. None for those that others use for them: these say so themselves.
pub(super) type Users = BTreeSet<RelPath>;

/// The accessors that build files write: `junit.jupiter`, `plugins.kotlin.jvm`.
pub(super) struct Uses(BTreeMap<String, Users>);

impl Uses {
    /// What the scripts of a folder and below use of the catalog of a name. Nothing when there is no script, or too many,
    /// and when one of them computes what it uses.
    pub(super) fn of(input: &Input<'_>, folder: &RelPath, name: &str) -> Option<Self> {
        // an accessor that is not the file's name is not followed
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_plain) || is_named_elsewhere(input, folder, name)? {
            return None;
        }
        // code that makes plugins may ask for entries as well
        let code = folder.join(BUILD_SRC)?;
        let mut builds = included(input, folder, name)?;
        builds.insert(code, true);
        let build_of = |path: &RelPath| builds.iter().rev().find(|(build, _)| lies_in(path, build));
        let is_read = |path: &&RelPath| {
            let ends = |ending: &str| path.name().ends_with(ending);
            let is_code = || CODE.iter().any(|ending| ends(ending));
            let is_script = ends(".gradle") || ends(".gradle.kts");
            // an included build without this catalog has another one
            (is_script || is_code()) && build_of(path).map_or(is_script, |(_, has_it)| *has_it)
        };
        let files: Vec<&RelPath> = input.below(folder).filter(is_read).take(SCRIPTS + 1).collect();
        // settings alone build nothing
        let is_script = |path: &RelPath| path.name().ends_with(".gradle") || path.name().ends_with(".gradle.kts");
        let is_src = |path: &RelPath| build_of(path).is_some_and(|(build, _)| build.name() == BUILD_SRC);
        let builds_any = files.iter().any(|path| is_script(path) && !is_settings(path) && !is_src(path));
        if !builds_any || files.len() > SCRIPTS {
            return None;
        }
        let mut found = Self(BTreeMap::new());
        // builds that make plugins of code, and those whose code is there
        let (mut making, mut with_code) = (BTreeSet::new(), BTreeSet::new());
        for path in files {
            let file = input.companion(path)?;
            let text = file.text();
            // of the code of such a build all is read
            let build = build_of(path).map(|(build, _)| build);
            let is_of_code = OF_CODE.iter().any(|word| text.contains(word));
            making.extend(build.filter(|_| is_of_code));
            with_code.extend(build.filter(|_| !is_script(path) || path.as_str().contains(SOURCES)));
            let makes_plugins = build.is_none() && is_of_code;
            let includes = !is_settings(path) && text.contains("includeBuild");
            if makes_plugins || includes || imports_otherwise(text, name) {
                return None;
            }
            // what code adds to the projects that apply it, it does not say
            let is_of_project = path.name().starts_with("build.gradle");
            let is_applied =
                || applying(path, &gradle_script::statements(text), input).is_ok_and(|all| !all.is_empty());
            let user = match (is_script(path), build) {
                // those that apply a script say so with it
                (true, _) if !is_of_project && is_applied() => None,
                (false, Some(build)) => Some(build.clone()),
                _ => Some(path.parent()),
            };
            found.read(text, name, user)?;
        }
        making.is_subset(&with_code).then_some(found)
    }

    /// Adds what a script uses; nothing when that is computed.
    fn read(&mut self, text: &str, name: &str, user: Option<RelPath>) -> Option<()> {
        if BY_NAME.iter().any(|word| text.contains(word)) {
            return None;
        }
        let bytes = text.as_bytes();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let for_others = OnceCell::new();
        let comments = Comments::of(text);
        for start in memchr::memmem::find_iter(bytes, name) {
            let before = start.checked_sub(1).map(|at| bytes[at]);
            let rest = &text[start + name.len()..];
            let next = rest.bytes().next();
            let is_other =
                before.is_some_and(|byte| is_word(&byte) || matches!(byte, b'.' | b'"' | b'\'' | b'/' | b'-'));
            // `libs { … }` makes the catalog
            let is_none = is_other || is_in_path(&bytes[..start]);
            if is_none || next.is_some_and(|byte| is_word(&byte)) || rest.trim_start().starts_with('{') {
                continue;
            }
            if comments.hold(start) {
                continue;
            }
            let path = rest.strip_prefix('.')?;
            let end = path.bytes().position(|byte| !is_word(&byte) && byte != b'.').unwrap_or(path.len());
            let path = &path[..end];
            if COMPUTED.iter().any(|word| path.starts_with(word)) {
                return None;
            }
            let users = self.0.entry(accessor(path)).or_default();
            if let Some(user) = &user
                && !names_made(&text[..start])
                && !for_others.get_or_init(|| words_for_others(text)).contains(&start)
            {
                users.insert(user.clone());
            }
        }
        Some(())
    }

    /// Accessors of the libraries that are used, themselves or as members of a bundle, with their users.
    pub(super) fn libraries<'c>(&self, catalog: &'c Catalog) -> BTreeMap<&'c str, Users> {
        let mut used: BTreeMap<&str, Users> = BTreeMap::new();
        for (word, users) in &self.0 {
            let bundle = word.strip_prefix("bundles.").and_then(|word| meant(word, &catalog.bundles));
            let members = bundle.into_iter().flat_map(|(_, members)| members).map(String::as_str);
            for name in members.chain(meant(word, &catalog.libraries).map(|(name, _)| name)) {
                used.entry(name).or_default().extend(users.iter().cloned());
            }
        }
        used
    }

    /// Accessors of the plugins that are used, with their users.
    pub(super) fn plugins<'c>(&self, catalog: &'c Catalog) -> BTreeMap<&'c str, Users> {
        let mut used: BTreeMap<&str, Users> = BTreeMap::new();
        for (word, users) in &self.0 {
            let plugin = word.strip_prefix("plugins.").and_then(|word| meant(word, &catalog.plugins));
            if let Some((name, _)) = plugin {
                used.entry(name).or_default().extend(users.iter().cloned());
            }
        }
        used
    }
}

/// True for a path in a folder.
fn lies_in(path: &RelPath, folder: &RelPath) -> bool {
    path.as_str().strip_prefix(folder.as_str()).is_some_and(|rest| folder.is_root() || rest.starts_with('/'))
}

/// The builds in a folder that its settings include, and whether each takes the catalog of that name; nothing where that is
/// not known.
fn included(input: &Input<'_>, folder: &RelPath, name: &str) -> Option<BTreeMap<RelPath, bool>> {
    let mut found = BTreeMap::new();
    let settings: Vec<&RelPath> = input.below(folder).filter(|path| is_settings(path)).take(SETTINGS + 1).collect();
    if settings.len() > SETTINGS {
        return None;
    }
    let file = format!("{name}.versions.toml");
    for path in settings {
        let text = input.companion(path)?;
        let stated = memchr::memmem::find_iter(text.text().as_bytes(), "includeBuild").count();
        if stated == 0 {
            continue;
        }
        let build = Build::at(input, &path.parent())?;
        // one whose folder is computed may be any
        if build.builds.len() != stated {
            return None;
        }
        for build in build.builds.iter().filter(|build| lies_in(build, folder) && *build != folder) {
            let names = ["settings.gradle", "settings.gradle.kts"].into_iter();
            let files = names.filter_map(|name| build.join(name)).filter_map(|path| input.companion(&path));
            let has_it = files.into_iter().any(|settings| settings.text().contains(&file));
            found.insert(build.clone(), has_it);
        }
        // every file of the tree is held against them
        if found.len() > SETTINGS {
            return None;
        }
    }
    Some(found)
}

/// The comments of a script, looked for when a word may stand in one.
struct Comments<'t> {
    text: &'t str,
    /// Where the first one may begin.
    first: usize,
    all: OnceCell<Vec<Span>>,
}

impl<'t> Comments<'t> {
    fn of(text: &'t str) -> Self {
        let first = ["//", "/*"].iter().filter_map(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes())).min();
        Self { text, first: first.unwrap_or(text.len()), all: OnceCell::new() }
    }

    fn hold(&self, at: usize) -> bool {
        if at < self.first {
            return false;
        }
        let all = self.all.get_or_init(|| gradle_script::comments(self.text));
        let after = all.partition_point(|one| one.start <= at);
        after.checked_sub(1).is_some_and(|before| at < all[before].end)
    }
}

/// True where what comes next is the id of a plugin that the build makes: `id = libs.plugins.own.get().pluginId`.
fn names_made(before: &str) -> bool {
    let before =
        before.trim_end_matches([' ', '\t']).strip_suffix('=').map(|before| before.trim_end_matches([' ', '\t']));
    let before = before.and_then(|before| before.strip_suffix("id"));
    before.is_some_and(|before| {
        before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || c == '{' || c == ';')
    })
}

/// Bytes before a name in which the beginning of the path that it stands in is looked for.
const PATH: usize = 256;

/// True where what comes next stands in the path of a project, or another text without blanks: `":libs:core"`. A key of Groovy
/// ends with a quote and a colon as well: `'a':libs.x`.
fn is_in_path(before: &[u8]) -> bool {
    if before.last() != Some(&b':') {
        return false;
    }
    let is_of_path = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':');
    let mut back = before.iter().rev().take(PATH).skip_while(|byte| is_of_path(byte));
    let is_quote = back.next().is_some_and(|byte| matches!(byte, b'"' | b'\''));
    is_quote && back.next().is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.'))
}

/// True for a script that takes a catalog of such a file under another name.
fn imports_otherwise(text: &str, name: &str) -> bool {
    let is_named = || ["\"", "'"].iter().any(|quote| text.contains(&format!("{quote}{name}{quote}")));
    text.contains(&format!("{name}.versions.toml")) && !is_named()
}

/// True when settings of another folder take a catalog file of that name; nothing where there are too many to look into.
fn is_named_elsewhere(input: &Input<'_>, folder: &RelPath, name: &str) -> Option<bool> {
    let is_settings = |path: &&RelPath| matches!(path.name(), "settings.gradle" | "settings.gradle.kts");
    let prefix = format!("{folder}/");
    let is_below = |path: &RelPath| folder.is_root() || path.as_str().starts_with(&prefix);
    let others: Vec<&RelPath> =
        input.paths.iter().filter(is_settings).filter(|path| !is_below(path)).take(SETTINGS + 1).collect();
    if others.len() > SETTINGS {
        return None;
    }
    let file = format!("{name}.versions.toml");
    Some(others.into_iter().any(|path| input.companion(path).is_none_or(|settings| settings.text().contains(&file))))
}

/// The entry that an accessor leads to, which may go on: `.get`, `.asProvider`.
fn meant<'c, T>(word: &str, entries: &'c BTreeMap<String, T>) -> Option<(&'c str, &'c T)> {
    let mut word = word;
    loop {
        match entries.get_key_value(word) {
            Some((name, entry)) => return Some((name, entry)),
            None => word = word.rsplit_once('.')?.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Uses> {
        let mut found = Uses(BTreeMap::new());
        found.read(text, "libs", Some(RelPath::root())).map(|()| found)
    }

    #[test]
    fn catalogs_under_another_name() {
        let text = "create('testLibs') { from(files('gradle/test.versions.toml')) }";
        assert!(imports_otherwise(text, "test") && !imports_otherwise(text, "libs"));
        assert!(!imports_otherwise("create(\"libs\") { from(files(\"gradle/libs.versions.toml\")) }", "libs"));
    }

    #[test]
    fn uses_of_a_catalog() {
        let text = "create(\"libs\") { from(files(\"gradle/libs.versions.toml\")) }\nmylibs.z.y\n\
                    implementation(libs.junit.jupiter.get())\nalias(libs.plugins.kotlin) apply false\nlibs.a_b";
        let commented = "// takes them from libs\n/* or of\n libs */ x(libs.a) // libs.b\ny(\"http://libs\", libs.c)\n";
        assert!(read(commented).expect("computes nothing").0.keys().eq(["a", "c"]));
        let found = read(text).expect("computes nothing");
        let words: Vec<&str> = found.0.keys().map(String::as_str).collect();
        assert_eq!(words, ["a.b", "junit.jupiter.get", "plugins.kotlin"]);
        let entries = BTreeMap::from([("junit".to_owned(), 0), ("junit.jupiter".to_owned(), 1)]);
        assert_eq!(meant("junit.jupiter.get", &entries), Some(("junit.jupiter", &1)));
        assert_eq!(meant("junit.asProvider", &entries), Some(("junit", &0)));
        assert_eq!(meant("junitx", &entries), None);
        let paths = "include(\":app\", ':libs', \":my-x:libs:core\")\nproject(\":libs:core\")\nproject(path: ':libs')";
        assert!(read(paths).expect("computes nothing").0.is_empty());
        assert!(read("x('a':libs.b, c ? d:libs.e)").expect("computes nothing").0.keys().eq(["b", "e"]));
        for computed in ["libs.findLibrary(x)", "val all = libs\n", "named(\"libs\").findPlugin(x)", "the(libs)"] {
            assert!(read(computed).is_none(), "{computed}");
        }
    }
}
