//! Where the files of a module lie, as each language names its modules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::syntax::Language;
use crate::scan::Input;
use crate::text::RelPath;

/// Stands before the package that a file itself is of.
pub(super) const HOME: &str = ":";

/// Files of one folder that make up a package.
const MOST_OF_FOLDER: usize = 200;

/// The tree as one language sees it.
pub(super) struct Modules<'a, 'i> {
    pub(super) input: &'a Input<'i>,
    pub(super) language: Language,
}

/// Files of languages whose packages are folders or whose classes stand in files of their name.
#[derive(Default)]
struct Places {
    /// Files of Go by folder, without tests.
    folders: BTreeMap<RelPath, Vec<RelPath>>,
    /// Files of Java and C# by their name.
    classes: BTreeMap<String, Vec<RelPath>>,
}

/// Crates and modules of the tree; nothing where several have a name.
#[derive(Default)]
struct Manifests {
    crates: BTreeMap<String, Option<RelPath>>,
    modules: BTreeMap<String, Option<RelPath>>,
}

/// Manifests that are read for their names.
const MOST_MANIFESTS: usize = 2_000;

/// Names that a file of Go may declare.
struct GoDeclared(BTreeSet<Box<str>>);

/// What a `go.mod` calls the folder that it lies in.
struct GoModule(Option<String>);

impl Modules<'_, '_> {
    /// The files that may give out a name of a module, as seen from a file.
    pub(super) fn files(&self, from: &RelPath, module: &str, names: &[String]) -> Vec<RelPath> {
        let found = match self.language {
            Language::Python => self.python_file(from, module).into_iter().collect(),
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                self.script_file(from, module).into_iter().collect()
            }
            Language::Go => self.go_files(from, module, names),
            Language::Rust => self.rust_file(from, module).into_iter().collect(),
            Language::Java | Language::CSharp => names.first().map_or_else(Vec::new, |name| self.class_files(name)),
        };
        found.into_iter().filter(|path| path != from).collect()
    }

    /// True when a module is surely none of the tree: it is not even asked for.
    pub(super) fn is_foreign(&self, from: &RelPath, module: &str, names: &[String]) -> bool {
        match self.language {
            Language::Python | Language::JavaScript | Language::TypeScript | Language::Tsx => false,
            Language::Go => module != HOME && self.go_folder(from, module).is_none(),
            Language::Rust => {
                let first = module.split('.').next().unwrap_or_default();
                let further = || names.first().and_then(|name| self.rust_file(from, &format!("{module}.{name}")));
                !matches!(first, "crate" | "self" | "super") && self.rust_file(from, module).or_else(further).is_none()
            }
            Language::Java | Language::CSharp => {
                let places = self.places();
                let is_there = |name: &str| places.classes.contains_key(&self.class_file(name));
                !names.first().is_some_and(|name| is_there(name))
                    && !is_there(module.rsplit('.').next().unwrap_or(module))
            }
        }
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
            return at(from.parent().join(module)?);
        }
        // the usual names for the folder of the sources
        let below = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/"))?;
        let mut folder = from.parent();
        loop {
            let found = ["", "src/", "app/"].iter().find_map(|part| at(folder.join(&format!("{part}{below}"))?));
            if found.is_some() || folder.is_root() {
                return found;
            }
            folder = folder.parent();
        }
    }

    fn go_files(&self, from: &RelPath, module: &str, names: &[String]) -> Vec<RelPath> {
        let Some(folder) = self.go_folder(from, module) else { return Vec::new() };
        let places = self.places();
        let Some(name) = names.first() else { return Vec::new() };
        let all = places.folders.get(&folder).into_iter().flatten().take(MOST_OF_FOLDER);
        all.filter(|path| self.go_declared(path).0.contains(&**name)).cloned().collect()
    }

    /// Names that a file of Go declares for its package, without taking it apart.
    fn go_declared(&self, path: &RelPath) -> Arc<GoDeclared> {
        self.input.memo.of(path, || {
            let names = self.input.companion(path).map_or_else(BTreeSet::new, |file| go_declared(file.text()));
            let bytes = names.iter().map(|name| name.len()).sum();
            (GoDeclared(names), bytes)
        })
    }

    /// The folder of a package: that of the file itself, or one below the `go.mod` that the file lies under.
    fn go_folder(&self, from: &RelPath, module: &str) -> Option<RelPath> {
        if module == HOME {
            return Some(from.parent());
        }
        let mut root = from.parent();
        let manifest = loop {
            let path = root.join("go.mod")?;
            if self.is_there(&path) {
                break path;
            }
            root = (!root.is_root()).then(|| root.parent())?;
        };
        let name = self.input.memo.of(&manifest, || match self.input.companion(&manifest) {
            Some(file) => (GoModule(go_module(file.text())), file.text().len()),
            None => (GoModule(None), 0),
        });
        let inside = |root: &RelPath, below: &str| match below.strip_prefix('/') {
            Some(below) => root.join(below),
            None => below.is_empty().then(|| root.clone()),
        };
        let own = name.0.as_deref().and_then(|name| inside(&root, module.strip_prefix(name)?));
        own.or_else(|| {
            // another module of the tree
            let manifests = self.manifests();
            let ends = module.match_indices('/').map(|(at, _)| at).chain([module.len()]).rev();
            let root = ends.map(|end| (&module[..end], &module[end..]));
            root.filter_map(|(name, below)| Some((manifests.modules.get(name)?.as_ref()?, below)))
                .find_map(|(root, below)| inside(root, below))
        })
    }

    /// Crates and modules of the tree by their names.
    fn manifests(&self) -> Arc<Manifests> {
        self.input.memo.once(|| {
            let mut found = Manifests::default();
            let is_one = |path: &&RelPath| matches!(path.name(), "Cargo.toml" | "go.mod");
            for path in self.input.paths.iter().filter(is_one).take(MOST_MANIFESTS) {
                let Some(file) = self.input.companion(path) else { continue };
                let (names, name) = match path.name() {
                    "go.mod" => (&mut found.modules, go_module(file.text())),
                    _ => (&mut found.crates, crate_name(file.text())),
                };
                // of two of one name neither
                if let Some(name) = name {
                    names.entry(name).and_modify(|known| *known = None).or_insert_with(|| Some(path.parent()));
                }
            }
            found
        })
    }

    /// The file of a module: of the file's own crate, or of another crate of the tree.
    fn rust_file(&self, from: &RelPath, module: &str) -> Option<RelPath> {
        // a crate may be named without an import
        let named = module.strip_prefix("self.").unwrap_or(module);
        let (first, rest) = named.split_once('.').unwrap_or((named, ""));
        self.own_rust_file(from, module).or_else(|| {
            let root = self.manifests().crates.get(first)?.clone()?;
            self.rust_source(&root.join("src")?, &rest.replace('.', "/"))
        })
    }

    /// `crate.a.b` is `src/a/b.rs` or `src/a/b/mod.rs` beside the nearest `Cargo.toml`.
    fn own_rust_file(&self, from: &RelPath, module: &str) -> Option<RelPath> {
        let mut root = from.parent();
        while !self.is_there(&root.join("Cargo.toml")?) {
            root = (!root.is_root()).then(|| root.parent())?;
        }
        let sources = root.join("src")?;
        let own = from.as_str().strip_prefix(sources.as_str())?.strip_prefix('/')?.strip_suffix(".rs")?;
        let mut parts: Vec<&str> = own.split('/').collect();
        let is_root = parts.len() == 1 && matches!(parts[0], "lib" | "main");
        if is_root || parts.last() == Some(&"mod") {
            parts.pop();
        }
        let mut names = module.split('.').filter(|name| !name.is_empty()).peekable();
        match names.peek() {
            Some(&"crate") => {
                names.next();
                parts.clear();
            }
            Some(&"self") => {
                names.next();
            }
            _ => {}
        }
        while names.next_if_eq(&"super").is_some() {
            parts.pop()?;
        }
        parts.extend(names);
        self.rust_source(&sources, &parts.join("/"))
    }

    fn rust_source(&self, sources: &RelPath, below: &str) -> Option<RelPath> {
        let files = match below {
            "" => ["lib.rs".to_owned(), "main.rs".to_owned()],
            below => [format!("{below}.rs"), format!("{below}/mod.rs")],
        };
        files.iter().filter_map(|name| sources.join(name)).find(|path| self.is_there(path))
    }

    fn class_file(&self, name: &str) -> String {
        format!("{name}.{}", if self.language == Language::Java { "java" } else { "cs" })
    }

    /// The files of a class's name; whether they are of its package is for them to say.
    fn class_files(&self, name: &str) -> Vec<RelPath> {
        let places = self.places();
        let all = places.classes.get(&self.class_file(name)).map_or(&[][..], Vec::as_slice);
        all.iter().take(MOST_OF_FOLDER).cloned().collect()
    }

    /// How many folders two files have in common, where a class may stand in several files of its name.
    pub(super) fn nearness(&self, from: &RelPath, path: &RelPath) -> usize {
        let (from, path) = (from.as_str().split('/'), path.as_str().split('/'));
        if self.language.opens_namespaces() { from.zip(path).take_while(|(a, b)| a == b).count() } else { 0 }
    }

    fn places(&self) -> Arc<Places> {
        self.input.memo.once(|| {
            let mut found = Places::default();
            for path in self.input.paths {
                let name = path.name();
                if name.ends_with(".java") || name.ends_with(".cs") {
                    found.classes.entry(name.to_owned()).or_default().push(path.clone());
                } else if name.ends_with(".go") && !name.ends_with("_test.go") {
                    found.folders.entry(path.parent()).or_default().push(path.clone());
                }
            }
            found
        })
    }
}

/// Names at the beginning of declarations; text that `gofmt` would set otherwise has fewer.
fn go_declared(text: &str) -> BTreeSet<Box<str>> {
    let mut found = BTreeSet::new();
    let mut is_within = false;
    for line in text.lines() {
        let declared = if let Some(rest) = ["var ", "const ", "type "].iter().find_map(|word| line.strip_prefix(word)) {
            is_within = rest.starts_with('(');
            rest
        } else if let Some(rest) = line.strip_prefix("func ") {
            // `func (s *Store) Keep(`
            rest.strip_prefix('(').and_then(|rest| Some(rest.split_once(')')?.1.trim_start())).unwrap_or(rest)
        } else {
            is_within &= !line.starts_with(')');
            match line.strip_prefix('\t').filter(|_| is_within) {
                Some(rest) => rest,
                None => continue,
            }
        };
        let names = declared.split(['=', '(', '[', '{']).next().unwrap_or_default().split(',');
        let is_name =
            |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
        let names = names.filter_map(|name| name.split_whitespace().next()).filter(is_name);
        found.extend(names.map(Into::into));
    }
    found
}

/// The name in a `Cargo.toml`, as code writes it.
fn crate_name(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| line.trim() != "[package]").skip(1);
    let name = lines.by_ref().take_while(|line| !line.starts_with('[')).find_map(|line| {
        line.trim().strip_prefix("name")?.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.split('"').next()
    })?;
    Some(name.replace('-', "_"))
}

/// The name in a `go.mod`.
fn go_module(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("module"))?;
    let name = line.split("//").next().unwrap_or(line).trim().trim_matches('"');
    (!name.is_empty() && line.starts_with(char::is_whitespace)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_go_declares() {
        let text = "package a\n\nvar A, b = 1, 2\nvar (\n\tc *x.Y\n\td = f(\n\t\te)\n)\n\nfunc F(x int) {\n\tg := 1\n}\n\
                    func (s *S) M() {}\nfunc G[T any](x T) {}\ntype T struct {\n\tf int\n}\nconst z = 1\n";
        let names: Vec<String> = go_declared(text).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["A", "F", "G", "M", "T", "b", "c", "d", "z"]);
    }

    #[test]
    fn names_of_crates() {
        assert_eq!(crate_name("[package]\nname = \"a-b\" # x\n").as_deref(), Some("a_b"));
        assert_eq!(crate_name("[workspace]\n[package]\nversion = \"1\"\n[lib]\nname = \"c\"\n"), None);
    }

    #[test]
    fn names_of_go_modules() {
        assert_eq!(
            go_module("// x\nmodule example.com/shop // main\n\ngo 1.24\n").as_deref(),
            Some("example.com/shop")
        );
        assert_eq!(go_module("module \"example.com/shop\"\n").as_deref(), Some("example.com/shop"));
        assert_eq!(go_module("modules x\n"), None);
    }
}
