//! One walk over a file's syntax tree: imports, names with their values, calls, texts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::{Node, Tree};

use super::imports::{self, DEFAULT, Imports};
use super::modules::HOME;
use super::outside::{Outside, Told};
use super::syntax::{Language, call, calls_before, field, is_string, of, path};

/// What was found in a file.
pub(super) struct Reading<'t> {
    pub(super) text: &'t str,
    pub(super) language: Language,
    pub(super) imports: Imports,
    pub(super) names: BTreeMap<&'t str, Vec<Binding<'t>>>,
    /// Types that names are declared to have, by scope; members of a structure are in the scope of its name.
    pub(super) types: BTreeMap<(usize, &'t str), Node<'t>>,
    /// Scopes of a class, structure or its `impl` blocks.
    pub(super) classes: BTreeMap<&'t str, Vec<usize>>,
    /// Names that are declared or set, with their scope.
    declared: BTreeSet<(&'t str, usize)>,
    pub(super) scopes: Vec<Scope<'t>>,
    /// What functions give back, with their scope.
    pub(super) returned: Vec<(usize, Node<'t>)>,
    /// What other files of the tree make, by the full name that this file has for it.
    pub(super) outside: BTreeMap<String, Outside>,
    /// Texts that other files of the tree give a name, in the same way.
    pub(super) told: BTreeMap<String, Told>,
    /// Names whose values were asked for and not known here.
    pub(super) missed: RefCell<BTreeSet<String>>,
    pub(super) calls: Vec<Call<'t>>,
    /// Literals that are neither documentation nor compared with something.
    pub(super) strings: Vec<Node<'t>>,
    /// Of the first call of a chain: names and first arguments of the calls behind it.
    pub(super) chained: BTreeMap<usize, Vec<(&'t str, Node<'t>)>>,
}

/// A name's value.
#[derive(Clone, Copy)]
pub(super) struct Binding<'t> {
    /// Absent for a parameter without default.
    pub(super) value: Option<Node<'t>>,
    pub(super) scope: usize,
    /// The scope that the value stands in: what a function sets may live in its class.
    pub(super) within: usize,
    pub(super) at: usize,
    /// True for what a caller may replace.
    pub(super) is_default: bool,
}

/// A call with where it stands.
#[derive(Clone, Copy)]
pub(super) struct Call<'t> {
    pub(super) node: Node<'t>,
    pub(super) callee: Node<'t>,
    pub(super) arguments: Option<Node<'t>>,
    pub(super) scope: usize,
}

/// A file, class or function: where names live.
pub(super) struct Scope<'t> {
    pub(super) parent: usize,
    /// Of a class.
    pub(super) class: Option<&'t str>,
    /// Where the class or function stands in the tree.
    pub(super) node: usize,
    /// Of a function that has a name.
    pub(super) function: Option<&'t str>,
}

/// Names of one file that are kept; generated tables have more.
pub(super) const NAMES: usize = 100_000;

impl<'t> Reading<'t> {
    pub(super) fn new(tree: &'t Tree, text: &'t str, language: Language) -> Self {
        let mut reading = Self {
            text,
            language,
            imports: Imports::default(),
            names: BTreeMap::new(),
            types: BTreeMap::new(),
            classes: BTreeMap::new(),
            declared: BTreeSet::new(),
            scopes: vec![Scope { parent: 0, class: None, node: tree.root_node().id(), function: None }],
            returned: Vec::new(),
            outside: BTreeMap::new(),
            told: BTreeMap::new(),
            missed: RefCell::default(),
            calls: Vec::new(),
            strings: Vec::new(),
            chained: BTreeMap::new(),
        };
        match language {
            Language::Go => reading.imports.own.push(HOME.to_owned()),
            Language::Rust => reading.imports.own.extend(["self", "crate", "super"].map(str::to_owned)),
            _ => {}
        }
        let mut cursor = tree.walk();
        let mut above: Vec<(Node<'t>, usize)> = Vec::new();
        let mut scope = 0;
        loop {
            let node = cursor.node();
            let inner = reading.visit(node, &above, scope);
            if let Some(inner) = inner
                && cursor.goto_first_child()
            {
                above.push((node, scope));
                scope = inner;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return reading;
                }
                scope = above.pop().map_or(0, |(_, scope)| scope);
            }
        }
    }

    /// Reads a node; gives the scope of what is below it, when that is to be read.
    fn visit(&mut self, node: Node<'t>, above: &[(Node<'t>, usize)], scope: usize) -> Option<usize> {
        let kind = node.kind();
        if imports::read(node, self.text, self.language, &mut self.imports) {
            return None;
        }
        if is_string(kind) {
            if !is_no_value(node, above, self.text) {
                self.strings.push(node);
            }
            // what is filled in may hold calls
            return Some(scope);
        }
        self.bind(node, scope);
        self.typed(node, scope);
        // `export default new Client()`
        if kind == "export_statement"
            && let Some(value) = field(node, "value")
        {
            let binding = Binding { value: Some(value), scope: 0, within: 0, at: node.start_byte(), is_default: false };
            self.names.entry(DEFAULT).or_default().push(binding);
        }
        if kind == "return_statement"
            && let Some(value) = node.named_child(0)
        {
            self.returned.push((scope, value));
        }
        if let Some((callee, arguments)) = call(node) {
            self.calls.push(Call { node, callee, arguments, scope });
            self.chain(node, callee, arguments);
        }
        if is_scope(kind) {
            let class = is_class(kind)
                .then(|| field(node, "name").or_else(|| field(node, "type")).map_or("", |name| of(name, self.text)));
            let function = field(node, "name").filter(|_| class.is_none()).map(|name| of(name, self.text));
            self.scopes.push(Scope { parent: scope, class, node: node.id(), function });
            let inner = self.scopes.len() - 1;
            if let Some(class) = class {
                self.classes.entry(class).or_default().push(inner);
            }
            self.parameters(node, inner);
            self.returned.extend(given_back(node).map(|value| (inner, value)));
            return Some(inner);
        }
        Some(scope)
    }

    /// Remembers a call of a chain with those before it: `Client.builder().region(R).build()`.
    fn chain(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Option<Node<'t>>) {
        let Some(value) = arguments.and_then(|list| list.named_child(0)) else { return };
        let value = if value.kind() == "argument" { value.named_child(0).unwrap_or(value) } else { value };
        let Some(name) = path(callee, self.text).names.last().copied() else { return };
        for inner in calls_before(callee).into_iter().filter(|inner| inner.id() != node.id()) {
            self.chained.entry(inner.id()).or_default().push((name, value));
        }
    }

    fn bind(&mut self, node: Node<'t>, scope: usize) {
        let (left, right, is_default) = match node.kind() {
            "assignment" | "assignment_expression" | "assignment_statement" | "short_var_declaration" => {
                (field(node, "left"), field(node, "right"), false)
            }
            "variable_declarator" => {
                let value = field(node, "value").or_else(|| node.named_child(1));
                (field(node, "name").or_else(|| node.named_child(0)), value, false)
            }
            "const_spec"
            | "var_spec"
            | "const_item"
            | "static_item"
            | "public_field_definition"
            | "property_declaration" => (field(node, "name"), field(node, "value"), false),
            "field_definition" => (field(node, "property"), field(node, "value"), false),
            "let_declaration" => (field(node, "pattern"), field(node, "value"), false),
            // `with Client() as client`
            "as_pattern" => (field(node, "alias"), node.named_child(0), false),
            "named_expression" => (field(node, "name"), field(node, "value"), false),
            _ => return,
        };
        let (Some(left), Some(right)) = (left, right) else {
            if let Some(left) = left.filter(|_| self.declares()) {
                self.declared.insert((of(left, self.text), scope));
            }
            return;
        };
        // `a, b := f()` gives `a` the first value
        let first = |node: Node<'t>| match node.kind() {
            "expression_list" | "pattern_list" | "as_pattern_target" => node.named_child(0).unwrap_or(node),
            _ => node,
        };
        let right = if right.kind() == "equals_value_clause" { right.named_child(0).unwrap_or(right) } else { right };
        let is_set = matches!(node.kind(), "assignment_expression" | "assignment_statement") && self.declares();
        let home = if is_set { self.home(of(first(left), self.text), scope) } else { scope };
        self.name(first(left), Some(first(right)), (home, scope), is_default);
    }

    /// Parameters of a function: their defaults are values that a caller may replace.
    fn parameters(&mut self, function: Node<'t>, scope: usize) {
        let Some(list) = field(function, "parameters").or_else(|| field(function, "parameter")) else { return };
        if list.kind() == "identifier" {
            self.name(list, None, (scope, scope), true);
            return;
        }
        let mut cursor = list.walk();
        for parameter in list.named_children(&mut cursor) {
            let name = ["name", "pattern", "left"].iter().find_map(|name| field(parameter, name));
            let name = name
                .or_else(|| if parameter.kind() == "identifier" { Some(parameter) } else { parameter.named_child(0) });
            let value = field(parameter, "value").or_else(|| field(parameter, "right"));
            if let Some(name) = name {
                self.name(name, value, (scope, scope), true);
            }
        }
    }

    fn name(&mut self, left: Node<'t>, value: Option<Node<'t>>, (home, scope): (usize, usize), is_default: bool) {
        if self.names.len() >= NAMES {
            return;
        }
        let name = of(left, self.text);
        let is_member = name.starts_with("self.") || name.starts_with("this.");
        // members live in their class
        let home = if is_member { self.class_of(scope).unwrap_or(0) } else { home };
        self.declared.insert((name, home));
        let binding = Binding { value, scope: home, within: scope, at: left.start_byte(), is_default };
        self.names.entry(name).or_default().push(binding);
    }

    /// True for languages in which a name that is set was declared before.
    fn declares(&self) -> bool {
        matches!(self.language, Language::Go | Language::Java | Language::CSharp)
    }

    /// Where a name is declared that a scope sets: the nearest scope that has it, else the class or the file.
    fn home(&self, name: &'t str, scope: usize) -> usize {
        let mut at = scope;
        while at != 0 && self.scopes[at].class.is_none() {
            if self.declared.contains(&(name, at)) {
                return at;
            }
            at = self.scopes[at].parent;
        }
        at
    }

    pub(super) fn class_of(&self, mut scope: usize) -> Option<usize> {
        while scope != 0 {
            if self.scopes[scope].class.is_some() {
                return Some(scope);
            }
            scope = self.scopes[scope].parent;
        }
        None
    }

    /// The values of a name as seen from a scope: those of the nearest scope that has any.
    pub(super) fn values(&self, name: &str, scope: usize) -> Vec<Binding<'t>> {
        let in_scope = |name: &str, scope: usize| -> Vec<Binding<'t>> {
            let all = self.names.get(name).map_or(&[][..], Vec::as_slice);
            all.iter().filter(|binding| binding.scope == scope).copied().collect()
        };
        let mut at = scope;
        loop {
            let found = in_scope(name, at);
            if !found.is_empty() {
                return found;
            }
            if at == 0 {
                break;
            }
            at = self.scopes[at].parent;
        }
        // `self.NAME`, `Settings.NAME`: what the class itself sets
        let Some((owner, member)) = name.split_once('.') else { return Vec::new() };
        let class = match owner {
            "self" | "this" | "cls" => self.class_of(scope),
            _ => self.scopes.iter().position(|scope| scope.class == Some(owner)),
        };
        class.map_or_else(Vec::new, |class| in_scope(member, class))
    }
}

/// What has members: the modules and `impl` blocks of Rust as well.
fn is_class(kind: &str) -> bool {
    matches!(
        kind,
        "class_definition"
            | "class_declaration"
            | "class"
            | "interface_declaration"
            | "enum_declaration"
            | "record_declaration"
            | "struct_declaration"
            | "impl_item"
            | "mod_item"
            | "struct_item"
            | "type_spec"
    )
}

/// What a function gives back without a word for it: the end of a block of Rust, the one expression of C#.
fn given_back(function: Node<'_>) -> Option<Node<'_>> {
    let body = field(function, "body").or_else(|| field(function, "value"))?;
    match (function.kind(), body.kind()) {
        ("function_item" | "closure_expression", "block") => end_of(body),
        ("method_declaration" | "local_function_statement", "arrow_expression_clause") => body.named_child(0),
        _ => None,
    }
}

/// The expression that a block of Rust ends with.
pub(super) fn end_of(block: Node<'_>) -> Option<Node<'_>> {
    let last = block.named_child(u32::try_from(block.named_child_count()).ok()?.checked_sub(1)?)?;
    let is_statement = last.kind().ends_with("_statement") || last.kind().ends_with("_declaration");
    (!is_statement && !last.kind().ends_with("_item") && !last.kind().ends_with("comment")).then_some(last)
}

fn is_scope(kind: &str) -> bool {
    is_class(kind)
        || matches!(
            kind,
            "function_definition"
                | "lambda"
                | "function_declaration"
                | "function_expression"
                | "generator_function_declaration"
                | "arrow_function"
                | "method_definition"
                | "func_literal"
                | "method_declaration"
                | "function_item"
                | "closure_expression"
                | "constructor_declaration"
                | "local_function_statement"
                | "lambda_expression"
        )
}

/// Calls that ask about a text rather than use it.
const QUESTIONS: [&str; 18] = [
    "startswith",
    "endswith",
    "startsWith",
    "endsWith",
    "includes",
    "indexOf",
    "contains",
    "replace",
    "test",
    "match",
    "starts_with",
    "ends_with",
    "HasPrefix",
    "HasSuffix",
    "Contains",
    "StartsWith",
    "EndsWith",
    "equals",
];

/// True for documentation, and for what something is compared with.
fn is_no_value(node: Node<'_>, above: &[(Node<'_>, usize)], text: &str) -> bool {
    let Some((parent, _)) = above.last() else { return true };
    match parent.kind() {
        // a statement that is a text does nothing; in an expression of Go or Rust it would be a value
        "expression_statement" => parent.named_child_count() == 1,
        // the parts of a text are read with the whole
        "concatenated_string" => true,
        "comparison_operator"
        | "case_clause"
        | "switch_case"
        | "expression_case"
        | "match_pattern"
        | "case_pattern" => true,
        "binary_expression" => {
            let operator = field(*parent, "operator").map_or("", |operator| operator.kind());
            matches!(operator, "==" | "!=" | "===" | "!==" | "in")
        }
        "argument_list" | "arguments" | "argument" => {
            let call_at = above.iter().rev().map(|(node, _)| *node).find(|node| call(*node).is_some());
            let asks = call_at.and_then(|node| {
                let callee = match node.kind() {
                    "method_invocation" => field(node, "name"),
                    _ => call(node).map(|(callee, _)| callee),
                }?;
                ["attribute", "property", "field", "name"].iter().find_map(|name| field(callee, name)).or(Some(callee))
            });
            asks.is_some_and(|name| QUESTIONS.contains(&of(name, text)))
        }
        _ => node.start_byte() == node.end_byte(),
    }
}
