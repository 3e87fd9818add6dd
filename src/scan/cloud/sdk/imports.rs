//! What a file imports, under which names.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::modules::HOME;
use super::syntax::{Language, field, inside, is_string, of};
use crate::text::Span;

/// Imports of a file.
#[derive(Default)]
pub(super) struct Imports {
    /// What a name of the file stands for: `openai.AzureOpenAI`, `@aws-sdk/client-s3.S3Client`.
    pub(super) names: BTreeMap<String, String>,
    /// Namespaces whose names stand without one.
    pub(super) open: Vec<String>,
    /// Modules whose names a file has without an import: its own package, as [`super::modules`] calls it.
    pub(super) own: Vec<String>,
    /// Everything imported, with its place: the module as written, and the name below it.
    pub(super) all: Vec<Import>,
    /// Names that stand for the default export of their module.
    pub(super) defaults: BTreeSet<String>,
    /// What Python imports from beside the file, under the name that the file has for it.
    pub(super) beside: Vec<(String, Import)>,
    /// The same, kept for the texts among them.
    pub(super) by_dots: Vec<(String, Import)>,
    /// What the file gives out under a name: its own name for it, or a module and a name there. `*` is all of them.
    pub(super) given: Vec<Given>,
}

/// A name that a file of JavaScript gives out.
pub(super) struct Given {
    /// What others call it.
    pub(super) outer: String,
    /// What the file, or the module, calls it.
    pub(super) inner: String,
    /// The module that it comes from.
    pub(super) module: Option<String>,
}

/// One imported module or name.
#[derive(Clone)]
pub(super) struct Import {
    /// `google.cloud`, `@aws-sdk/client-s3`, `github.com/a/b`.
    pub(super) module: String,
    /// `bigquery`, when a name of the module is imported.
    pub(super) name: String,
    /// Where the module stands.
    pub(super) span: Span,
}

impl Import {
    /// Module and name.
    pub(super) fn full(&self) -> String {
        match (&*self.name, self.module.ends_with('.')) {
            ("", _) => self.module.clone(),
            // `from . import a`
            (name, true) => format!("{}{name}", self.module),
            (name, false) => format!("{}.{name}", self.module),
        }
    }
}

impl Imports {
    fn add(&mut self, local: &str, module: &str, name: &str, span: Span) {
        let import = Import { module: module.to_owned(), name: name.to_owned(), span };
        if !local.is_empty() {
            self.names.insert(local.to_owned(), import.full());
        }
        self.all.push(import);
    }
}

/// Namespaces of one file.
const MOST_OWN: usize = 16;

/// Reads a node when it is an import.
pub(super) fn read(node: Node<'_>, text: &str, language: Language, found: &mut Imports) -> bool {
    match (language, node.kind()) {
        (Language::Python, "import_statement") => python(node, text, found),
        (Language::Python, "import_from_statement") => python_from(node, text, found),
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "import_statement") => {
            return script(node, text, found);
        }
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "export_statement") => {
            given(node, text, found);
            return field(node, "source").is_some();
        }
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "variable_declarator") => {
            // the names that it gives are read here, the value like any other
            require(node, text, found);
            return false;
        }
        (Language::Go, "import_spec") => go(node, text, found),
        (Language::Java, "import_declaration") => java(node, text, found),
        (Language::Rust, "use_declaration") => {
            if let Some(tree) = field(node, "argument") {
                rust(tree, "", text, found, 16);
            }
        }
        (Language::CSharp, "using_directive") => csharp(node, text, found),
        (Language::Java, "package_declaration") => {
            let name = children(node).into_iter().find(|child| child.kind().ends_with("identifier"));
            found.own.extend(name.map(|name| format!("{HOME}{}", of(name, text))));
        }
        (Language::CSharp, "namespace_declaration" | "file_scoped_namespace_declaration") => {
            // what stands in a namespace sees those around it
            let name = field(node, "name").map_or("", |name| of(name, text));
            let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
            for own in ends.rev().map(|end| format!("{HOME}{}", &name[..end])) {
                if !found.own.contains(&own) && found.own.len() < MOST_OWN {
                    found.own.push(own);
                }
            }
            return false;
        }
        _ => return false,
    }
    true
}

/// What a module of JavaScript gives out without a name.
pub(super) const DEFAULT: &str = "default";

fn children_of(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.child_count()).filter_map(move |at| node.child(at))
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// `import a.b`, `import a.b as c`.
fn python(node: Node<'_>, text: &str, found: &mut Imports) {
    for child in children(node) {
        let name = field(child, "name").unwrap_or(child);
        let module = of(name, text);
        match field(child, "alias") {
            Some(alias) => found.add(of(alias, text), module, "", span(name)),
            None => {
                let root = module.split('.').next().unwrap_or(module);
                found.names.insert(root.to_owned(), root.to_owned());
                found.add("", module, "", span(name));
            }
        }
    }
}

/// `from a.b import c as d, e`.
fn python_from(node: Node<'_>, text: &str, found: &mut Imports) {
    let Some(from) = field(node, "module_name") else { return };
    let module = of(from, text);
    let mut cursor = node.walk();
    let names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
    if module.starts_with('.') {
        for child in names {
            let name = field(child, "name").unwrap_or(child);
            let local = field(child, "alias").unwrap_or(name);
            let (module, name) = (module.to_owned(), of(name, text).to_owned());
            found.beside.push((of(local, text).to_owned(), Import { module, name, span: span(from) }));
        }
        return;
    }
    if names.is_empty() {
        found.open.push(module.to_owned());
        found.add("", module, "", span(from));
    }
    for child in names {
        let name = field(child, "name").unwrap_or(child);
        let local = field(child, "alias").unwrap_or(name);
        found.add(of(local, text), module, of(name, text), span(from));
    }
}

/// `import a, { b as c } from "m"`, `import * as d from "m"`; types alone are no use.
fn script(node: Node<'_>, text: &str, found: &mut Imports) -> bool {
    let Some(source) = field(node, "source") else { return false };
    let range = inside(source, text);
    let (module, place) = (&text[range.clone()], Span::new(range.start, range.end));
    if of(node, text).starts_with("import type") {
        return true;
    }
    let clause = children(node).into_iter().find(|child| child.kind() == "import_clause");
    let Some(clause) = clause else {
        found.add("", module, "", place);
        return true;
    };
    for child in children(clause) {
        match child.kind() {
            // the default export is called by the name that the file gives it
            "identifier" => {
                found.add(of(child, text), module, of(child, text), place);
                found.defaults.insert(of(child, text).to_owned());
            }
            "namespace_import" => {
                let name = child.named_child(0).map_or("", |name| of(name, text));
                found.names.insert(name.to_owned(), module.to_owned());
                found.add("", module, "", place);
            }
            _ => {
                for one in children(child) {
                    let Some(name) = field(one, "name") else { continue };
                    let local = field(one, "alias").unwrap_or(name);
                    found.add(of(local, text), module, of(name, text), place);
                }
            }
        }
    }
    true
}

/// `export { a as b } from "m"`, `export * from "m"`, `export { a }`, `export default a`.
fn given(node: Node<'_>, text: &str, found: &mut Imports) {
    let module = field(node, "source").map(|source| text[inside(source, text)].to_owned());
    if let Some(value) = field(node, "value").filter(|value| value.kind() == "identifier") {
        found.given.push(Given { outer: DEFAULT.to_owned(), inner: of(value, text).to_owned(), module: None });
    }
    let is_default = children_of(node).any(|child| child.kind() == DEFAULT);
    let declared = field(node, "declaration").filter(|_| is_default).and_then(|declared| field(declared, "name"));
    if let Some(name) = declared {
        found.given.push(Given { outer: DEFAULT.to_owned(), inner: of(name, text).to_owned(), module: None });
    }
    let clause = children(node).into_iter().find(|child| child.kind() == "export_clause");
    for one in clause.map_or_else(Vec::new, children) {
        let Some(name) = field(one, "name") else { continue };
        let outer = of(field(one, "alias").unwrap_or(name), text).to_owned();
        found.given.push(Given { outer, inner: of(name, text).to_owned(), module: module.clone() });
    }
    if clause.is_none() && module.is_some() {
        found.given.push(Given { outer: "*".to_owned(), inner: "*".to_owned(), module });
    }
}

/// `const a = require("m")`, `const { b, c: d } = require("m")`, with `await import("m")` as well.
fn require(node: Node<'_>, text: &str, found: &mut Imports) {
    let (Some(name), Some(value)) = (field(node, "name"), field(node, "value")) else { return };
    let call = if value.kind() == "await_expression" { value.named_child(0).unwrap_or(value) } else { value };
    let function = field(call, "function").map_or("", |function| of(function, text));
    let argument = field(call, "arguments").and_then(|list| list.named_child(0));
    let Some(argument) = argument.filter(|node| matches!(function, "require" | "import") && is_string(node.kind()))
    else {
        return;
    };
    let range = inside(argument, text);
    let (module, place) = (&text[range.clone()], Span::new(range.start, range.end));
    if name.kind() == "identifier" {
        found.names.insert(of(name, text).to_owned(), module.to_owned());
        found.add("", module, "", place);
        return;
    }
    for one in children(name) {
        let key = field(one, "key").unwrap_or(one);
        let local = field(one, "value").unwrap_or(key);
        found.add(of(local, text), module, of(key, text), place);
    }
}

/// `import x "a/b"`: without a name the package is called like the last element, more or less.
fn go(node: Node<'_>, text: &str, found: &mut Imports) {
    let Some(path) = field(node, "path") else { return };
    let range = inside(path, text);
    let (module, place) = (&text[range.clone()], Span::new(range.start, range.end));
    found.add("", module, "", place);
    if let Some(name) = field(node, "name") {
        found.names.insert(of(name, text).to_owned(), module.to_owned());
        return;
    }
    let is_version = |part: &&str| !(part.starts_with('v') && part[1..].bytes().all(|byte| byte.is_ascii_digit()));
    let last = module.rsplit('/').find(is_version).unwrap_or(module);
    let last = last.split('.').next().unwrap_or(last);
    let short = last.strip_prefix("go-").or_else(|| last.strip_suffix("-go")).unwrap_or(last);
    for name in [last, short, short.rsplit('-').next().unwrap_or(short)] {
        found.names.entry(name.to_owned()).or_insert_with(|| module.to_owned());
    }
}

/// `import a.b.C;`, `import a.b.*;`.
fn java(node: Node<'_>, text: &str, found: &mut Imports) {
    let parts = children(node);
    let Some(name) = parts.iter().find(|child| child.kind() != "asterisk") else { return };
    let full = of(*name, text);
    if parts.iter().any(|child| child.kind() == "asterisk") {
        found.open.push(full.to_owned());
        found.add("", full, "", span(*name));
    } else if let Some((module, last)) = full.rsplit_once('.') {
        found.add(last, module, last, span(*name));
    }
}

/// `use a::b::{c, d as e};`.
fn rust(node: Node<'_>, prefix: &str, text: &str, found: &mut Imports, depth: usize) {
    if depth == 0 {
        return;
    }
    let joined = |part: &str| {
        let part = part.replace("::", ".");
        if prefix.is_empty() { part } else { format!("{prefix}.{part}") }
    };
    let mut add = |local: &str, full: &str| {
        let (module, name) = full.rsplit_once('.').unwrap_or((full, ""));
        found.add(local, module, name, span(node));
    };
    match node.kind() {
        "scoped_use_list" => {
            let path = field(node, "path").map_or(String::new(), |path| joined(of(path, text)));
            if let Some(list) = field(node, "list") {
                children(list).into_iter().for_each(|one| rust(one, &path, text, found, depth - 1));
            }
        }
        "use_list" => children(node).into_iter().for_each(|one| rust(one, prefix, text, found, depth - 1)),
        "use_as_clause" => {
            let (path, alias) = (field(node, "path"), field(node, "alias"));
            if let (Some(path), Some(alias)) = (path, alias) {
                add(of(alias, text), &joined(of(path, text)));
            }
        }
        "use_wildcard" => {
            let full = joined(of(node, text).trim_end_matches('*').trim_end_matches(':'));
            add("", &full);
            found.open.push(full);
        }
        "self" => add(prefix.rsplit('.').next().unwrap_or_default(), prefix),
        _ => {
            let full = joined(of(node, text));
            add(full.rsplit('.').next().unwrap_or_default(), &full);
        }
    }
}

/// `using A.B;`, `using X = A.B.C;`.
fn csharp(node: Node<'_>, text: &str, found: &mut Imports) {
    let parts = children(node);
    let Some(last) = parts.last() else { return };
    let full = of(*last, text);
    if parts.len() > 1 {
        let (module, name) = full.rsplit_once('.').unwrap_or((full, ""));
        found.add(of(parts[0], text), module, name, span(*last));
    } else {
        found.open.push(full.to_owned());
        found.add("", full, "", span(*last));
    }
}
