//! Types that names are declared to have: who is handed a client knows it by nothing else.

use tree_sitter::Node;

use super::reading::{NAMES, Reading};
use super::syntax::{field, of, path};

/// Keepers in keepers.
const KEPT: usize = 4;
/// Members of members that are followed.
const MEMBERS: usize = 4;
/// Types that only keep another one.
const KEEPERS: [&str; 14] = [
    "Arc",
    "Rc",
    "Box",
    "Option",
    "Lazy",
    "LazyLock",
    "OnceCell",
    "OnceLock",
    "Mutex",
    "RwLock",
    "Optional",
    "Provider",
    "ObjectProvider",
    "Supplier",
];

/// `Client` of `Arc<Client>`.
fn held_type<'t>(kind: Node<'t>, text: &'t str) -> Node<'t> {
    let mut kind = kind;
    for _ in 0..KEPT {
        let whole = if kind.kind() == "reference_type" { field(kind, "type").unwrap_or(kind) } else { kind };
        let name = whole.named_child(0).filter(|_| matches!(whole.kind(), "generic_type" | "generic_name"));
        let is_keeper = name.is_some_and(|name| {
            let last = of(name, text).rsplit([':', '.']).next().unwrap_or_default();
            KEEPERS.contains(&last)
        });
        let inner = whole.named_child(1).filter(|_| is_keeper).and_then(|list| list.named_child(0));
        let Some(inner) = inner else { break };
        kind = inner;
    }
    kind
}

impl<'t> Reading<'t> {
    /// Remembers the type that a field, variable or parameter is declared to have.
    pub(super) fn typed(&mut self, node: Node<'t>, scope: usize) {
        let is_declared = matches!(
            node.kind(),
            "field_declaration"
                | "local_variable_declaration"
                | "formal_parameter"
                | "variable_declaration"
                | "parameter"
                | "property_declaration"
                | "parameter_declaration"
                | "var_spec"
                | "static_item"
        );
        let Some(kind) = field(node, "type").filter(|_| is_declared && self.language.declares_types()) else { return };
        let own = ["name", "pattern"].iter().find_map(|name| field(node, name));
        let mut cursor = node.walk();
        let within = node.named_children(&mut cursor).filter(|child| child.kind() == "variable_declarator");
        let within = within.filter_map(|child| field(child, "name").or_else(|| child.named_child(0)));
        for name in own.into_iter().chain(within) {
            if self.types.len() < NAMES {
                self.types.insert((scope, of(name, self.text)), kind);
            }
        }
    }

    /// The type that a name is declared to have, as seen from a scope, and what is left of the name: `store.client` is
    /// what the structure of `store` says of `client`.
    pub(super) fn type_of(&self, names: &[String], scope: usize) -> Option<(Node<'t>, usize)> {
        let is_own = matches!(names.first()?.as_str(), "self" | "this");
        let mut class = is_own.then(|| self.class_of(scope)).flatten().and_then(|class| self.scopes[class].class);
        let mut found = None;
        for (at, name) in names.iter().enumerate().skip(usize::from(is_own)).take(MEMBERS) {
            let kind = match (class, at) {
                (Some(class), _) => self.member(class, name),
                (None, 0) => self.above(scope).find_map(|scope| self.types.get(&(scope, name.as_str()))).copied(),
                _ => None,
            };
            let Some(kind) = kind.map(|kind| held_type(kind, self.text)) else { break };
            found = Some((kind, at + 1));
            let inner = path(kind, self.text).names;
            class = inner.first().copied().filter(|_| inner.len() == 1);
            if class.is_none() {
                break;
            }
        }
        found
    }

    fn above(&self, scope: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(scope), |at| (*at != 0).then(|| self.scopes[*at].parent))
    }

    fn member(&self, class: &str, name: &str) -> Option<Node<'t>> {
        let scopes = self.classes.get(class)?;
        scopes.iter().find_map(|at| self.types.get(&(*at, name)).copied())
    }

    /// Members of the file's classes and structures, and its own names, with the full names of their types.
    pub(super) fn typed_members(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for ((scope, name), kind) in &self.types {
            let name = match self.scopes[*scope].class {
                Some(class) => format!("{class}.{name}"),
                None if *scope == 0 => (*name).to_owned(),
                None => continue,
            };
            found.extend(self.fulls(*kind, 0).into_iter().map(|full| (name.clone(), full)));
        }
        found
    }
}
