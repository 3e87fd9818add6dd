//! Arguments of calls, by position and by name, wherever the language has them stand.

use tree_sitter::Node;

use super::syntax::{LONGEST_PATH, call, field, inside, is_string, last_named, of, path, unwrapped};

/// Arguments of a call: those by position, and those by name wherever they stand in it.
#[derive(Default)]
pub(super) struct Arguments<'t> {
    pub(super) positional: Vec<Node<'t>>,
    pub(super) named: Vec<(&'t str, Node<'t>)>,
    /// True when something is passed on whose names are not seen here.
    pub(super) is_open: bool,
}

impl<'t> Arguments<'t> {
    /// The first of some, each a name or a position.
    pub(super) fn find(&self, names: &[Box<str>]) -> Option<Node<'t>> {
        names.iter().find_map(|name| match name.parse::<usize>() {
            Ok(position) => self.positional.get(position).copied(),
            Err(_) => self.named.iter().find(|(is, _)| *is == &**name).map(|(_, node)| *node),
        })
    }
}

/// Nodes looked at for the arguments of one call.
const NODES: usize = 400;
/// Objects in objects.
const DEPTH: usize = 4;

/// The arguments in a node, and in the initialiser that C# writes behind it.
pub(super) fn arguments<'t>(call: Node<'t>, list: Option<Node<'t>>, text: &'t str) -> Arguments<'t> {
    let mut found = Arguments::default();
    let mut budget = NODES;
    if let Some(list) = list {
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor) {
            let value = match child.kind() {
                "comment" | "line_comment" | "block_comment" => continue,
                "list_splat" | "dictionary_splat" | "spread_element" => {
                    found.is_open = true;
                    continue;
                }
                // `f(name: value)`
                "argument" => match (field(child, "name"), last_named(child)) {
                    (Some(name), Some(value)) => {
                        found.named.push((of(name, text), value));
                        value
                    }
                    (_, value) => value.unwrap_or(child),
                },
                _ => child,
            };
            if !matches!(value.kind(), "keyword_argument" | "keyed_element" | "field_initializer") {
                found.positional.push(value);
            }
            named(value, text, DEPTH, &mut budget, &mut found);
        }
    }
    if let Some(initializer) = field(call, "initializer") {
        named(initializer, text, DEPTH, &mut budget, &mut found);
    }
    found
}

/// Adds what an object says that is passed by its name.
pub(super) fn object<'t>(node: Node<'t>, text: &'t str, found: &mut Arguments<'t>) {
    if matches!(node.kind(), "object" | "composite_literal" | "unary_expression" | "object_creation_expression") {
        let mut budget = NODES;
        named(node, text, DEPTH, &mut budget, found);
        if let Some(initializer) = field(node, "initializer") {
            named(initializer, text, DEPTH, &mut budget, found);
        }
    }
}

/// Settings of the environment that an argument of Python has: `env={"HF_MODEL_ID": …}`. No argument is called so.
pub(super) fn settings<'t>(value: Option<Node<'t>>, text: &'t str, found: &mut Arguments<'t>) {
    let Some(value) = value.filter(|value| value.kind() == "dictionary") else { return };
    let mut cursor = value.walk();
    for entry in value.named_children(&mut cursor).take(NODES) {
        let Some((key, value)) = field(entry, "key").zip(field(entry, "value")) else { continue };
        let name = if is_string(key.kind()) { &text[inside(key, text)] } else { continue };
        let is_setting = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if name.contains('_') && name.bytes().all(is_setting) {
            found.named.push((name, value));
        }
    }
}

fn named<'t>(node: Node<'t>, text: &'t str, depth: usize, budget: &mut usize, found: &mut Arguments<'t>) {
    if depth == 0 || *budget == 0 {
        return;
    }
    *budget -= 1;
    let pair = |name: Option<Node<'t>>, value: Option<Node<'t>>, found: &mut Arguments<'t>| {
        if let (Some(name), Some(value)) = (name, value) {
            let name = unwrapped(name).unwrap_or(name);
            let name = if is_string(name.kind()) { &text[inside(name, text)] } else { of(name, text) };
            // `o.Region = …` sets `Region`
            found.named.push((name.rsplit('.').next().unwrap_or(name), unwrapped_element(value)));
        }
        value
    };
    let value = match node.kind() {
        "keyword_argument" => {
            pair(field(node, "name"), field(node, "value"), found);
            return settings(field(node, "value"), text, found);
        }
        "pair" => pair(field(node, "key"), field(node, "value"), found),
        "keyed_element" => pair(node.named_child(0), node.named_child(1), found),
        "field_initializer" => pair(field(node, "field"), field(node, "value"), found),
        "assignment_expression" | "assignment_statement" => pair(field(node, "left"), field(node, "right"), found),
        "shorthand_property_identifier" => {
            found.named.push((of(node, text), node));
            return;
        }
        "spread_element" => {
            found.is_open = true;
            return;
        }
        // `config.WithRegion("…")`
        "call_expression" | "invocation_expression" => {
            if let Some((callee, Some(list))) = call(node)
                && let Some(name) = path(callee, text).names.last().copied()
                && let Some(value) = list.named_child(0)
            {
                found.named.push((name, value));
            }
            return;
        }
        // `request -> request.modelId("…").body(…)`, `Request.builder().modelId("…").build()`
        "lambda_expression" | "method_invocation" => {
            let mut at = if node.kind() == "lambda_expression" { field(node, "body") } else { Some(node) };
            for _ in 0..LONGEST_PATH {
                let Some(call) = at.filter(|node| node.kind() == "method_invocation") else { break };
                let value = field(call, "arguments").and_then(|list| list.named_child(0));
                if let (Some(name), Some(value)) = (field(call, "name"), value) {
                    found.named.push((of(name, text), value));
                }
                at = field(call, "object");
            }
            return;
        }
        "object"
        | "literal_value"
        | "composite_literal"
        | "unary_expression"
        | "literal_element"
        | "struct_expression"
        | "field_initializer_list"
        | "initializer_expression"
        | "func_literal"
        | "block"
        | "statement_list"
        | "statement_block"
        | "expression_statement"
        | "reference_expression"
        | "implicit_object_creation_expression"
        | "object_creation_expression" => {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                // braces of the language itself cost no depth
                let cost = usize::from(matches!(node.kind(), "object" | "literal_value" | "initializer_expression"));
                named(child, text, depth - cost, budget, found);
            }
            return;
        }
        _ => return,
    };
    if let Some(value) = value {
        named(value, text, depth, budget, found);
    }
}

fn unwrapped_element(node: Node<'_>) -> Node<'_> {
    if matches!(node.kind(), "literal_element" | "expression_list") {
        node.named_child(0).unwrap_or(node)
    } else {
        node
    }
}
