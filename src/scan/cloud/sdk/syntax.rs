//! Questions to a syntax tree, the same for every language: names of nodes hardly overlap between grammars.

use std::ops::ControlFlow;

use tree_sitter::{Language as Grammar, Node, ParseOptions, Parser, Tree};

/// A language that is read with a parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
    Java,
    Rust,
    CSharp,
}

impl Language {
    /// By the end of a file's name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name.rsplit_once('.')?.1 {
            "py" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "go" => Self::Go,
            "java" => Self::Java,
            "rs" => Self::Rust,
            "cs" => Self::CSharp,
            _ => return None,
        })
    }

    /// The word of the rule files.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript | Self::TypeScript | Self::Tsx => "javascript",
            Self::Go => "go",
            Self::Java => "java",
            Self::Rust => "rust",
            Self::CSharp => "csharp",
        }
    }

    fn grammar(self) -> Grammar {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
        }
    }

    /// True for JavaScript in all its forms.
    pub(super) fn is_script(self) -> bool {
        matches!(self, Self::JavaScript | Self::TypeScript | Self::Tsx)
    }

    /// True for languages in which every variable has a type that is written, or that its value has.
    pub(super) fn declares_types(self) -> bool {
        matches!(self, Self::Go | Self::Java | Self::Rust | Self::CSharp)
    }

    /// True for languages where a capital letter begins the name of a type that an import opens without naming it.
    pub(super) fn opens_namespaces(self) -> bool {
        matches!(self, Self::Java | Self::CSharp)
    }
}

/// Largest text that is parsed. Larger sources are made by programs, and an open quote at their beginning costs the
/// square of their size.
const LARGEST: usize = 256 << 10;

/// Steps of the parser while it recovers from errors. In 2,900 files of real repositories there was none; text that is no
/// code takes ten thousand. Counted rather than timed, so that every machine gives the same result.
const ERROR_STEPS: usize = 60;

/// Bytes of text for one step: code takes one in 60 at most.
const BYTES_OF_STEP: usize = 40;
const FEWEST_STEPS: usize = 2_000;

/// The tree of a text; nothing when the parser takes far longer than code takes.
pub(super) fn parse(text: &str, language: Language) -> Option<Tree> {
    if text.len() > LARGEST {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).ok()?;
    let most = FEWEST_STEPS + text.len() / BYTES_OF_STEP;
    let (mut steps, mut errors) = (0, 0);
    let mut ask = |state: &tree_sitter::ParseState| {
        steps += 1;
        errors += usize::from(state.has_error());
        if steps > most || errors > ERROR_STEPS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(ParseOptions::new().progress_callback(&mut ask)))
}

/// What is called, and the arguments.
pub(super) fn call(node: Node<'_>) -> Option<(Node<'_>, Option<Node<'_>>)> {
    let (callee, arguments) = match node.kind() {
        "call" | "call_expression" | "invocation_expression" => ("function", "arguments"),
        "new_expression" => ("constructor", "arguments"),
        "object_creation_expression" => ("type", "arguments"),
        "composite_literal" => ("type", "body"),
        "struct_expression" => ("name", "body"),
        "method_invocation" => return Some((node, node.child_by_field_name("arguments"))),
        // `Client client = new(…)`: what is made stands before the name
        "implicit_object_creation_expression" => {
            let of_name =
                ["equals_value_clause", "variable_declarator", "variable_declaration", "property_declaration"];
            let above = std::iter::successors(node.parent(), |above| above.parent());
            let mut above = above.take_while(|above| of_name.contains(&above.kind()));
            let declared = above.find_map(|above| above.child_by_field_name("type"));
            return Some((declared?, node.child_by_field_name("arguments").or_else(|| node.named_child(0))));
        }
        _ => return None,
    };
    Some((node.child_by_field_name(callee)?, node.child_by_field_name(arguments)))
}

/// Names from the root to the last, with what stands at the root.
pub(super) struct Path<'t> {
    pub(super) names: Vec<&'t str>,
    /// The node of the last name: where the call stands for people.
    pub(super) last: Option<Node<'t>>,
    /// The first call of a chain `a.b(…).c(…)`.
    pub(super) inner: Option<Node<'t>>,
}

/// Longest chain of names.
pub(super) const LONGEST_PATH: usize = 64;

/// The names of `a.b.c`, through calls in it.
pub(super) fn path<'t>(node: Node<'t>, text: &'t str) -> Path<'t> {
    let mut found = Path { names: Vec::new(), last: None, inner: None };
    let mut at = Some(node);
    for _ in 0..LONGEST_PATH {
        let Some(node) = at else { break };
        let (name, rest) = match node.kind() {
            "identifier"
            | "type_identifier"
            | "field_identifier"
            | "property_identifier"
            | "package_identifier"
            | "self"
            | "this"
            | "super"
            | "crate"
            | "private_property_identifier"
            | "predefined_type" => (Some(node), None),
            "attribute" => (field(node, "attribute"), field(node, "object")),
            "member_expression" => (field(node, "property"), field(node, "object")),
            "selector_expression" => (field(node, "field"), field(node, "operand")),
            "field_access" => (field(node, "field"), field(node, "object")),
            "field_expression" => (field(node, "field"), field(node, "value")),
            "method_invocation" => {
                if found.last.is_some() {
                    found.inner = Some(node);
                }
                (field(node, "name"), field(node, "object"))
            }
            "scoped_identifier" | "scoped_type_identifier" => (last_named(node), first_of_two(node)),
            "qualified_type" | "qualified_name" => (last_named(node), first_of_two(node)),
            "member_access_expression" => (field(node, "name"), field(node, "expression")),
            _ => match call(node) {
                Some((callee, _)) => {
                    found.inner = Some(node);
                    at = Some(callee);
                    continue;
                }
                None => {
                    at = unwrapped(node);
                    if at.is_none() {
                        // what stands there has no name
                        found.names.push("");
                    }
                    continue;
                }
            },
        };
        let Some(name) = name else { break };
        found.last = found.last.or(Some(name));
        found.names.push(name_text(name, text));
        at = rest;
    }
    found.names.reverse();
    found
}

/// The calls that what is called stands behind: of `a.b(…).c(…).d` those of `c` and `b`.
pub(super) fn calls_before(callee: Node<'_>) -> Vec<Node<'_>> {
    const OBJECTS: [&str; 5] = ["object", "operand", "value", "expression", "function"];
    let mut found = Vec::new();
    let mut at = Some(callee);
    for _ in 0..LONGEST_PATH {
        let Some(node) = at else { break };
        let is_call = call(node).is_some();
        if is_call {
            found.push(node);
        }
        at = match node.kind() {
            "method_invocation" => field(node, "object"),
            _ if is_call => call(node).map(|(callee, _)| callee),
            _ => OBJECTS.iter().find_map(|name| field(node, name)).or_else(|| unwrapped(node)),
        };
    }
    found
}

/// What stands within brackets, casts, awaits and the like.
pub(super) fn unwrapped(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "await"
        | "await_expression"
        | "pointer_type"
        | "nullable_type"
        | "parenthesized_expression"
        | "non_null_expression"
        | "try_expression"
        | "as_expression"
        | "satisfies_expression"
        | "generic_type"
        | "generic_name"
        | "generic_function"
        | "literal_element"
        | "type"
        | "expression_list"
        | "pattern"
        | "arrow_expression_clause" => node.named_child(0),
        "reference_expression" => field(node, "value"),
        "reference_type" => field(node, "type"),
        "unary_expression" => field(node, "operand").or_else(|| field(node, "argument")),
        "cast_expression" | "type_conversion_expression" | "type_cast_expression" => field(node, "value"),
        _ => None,
    }
}

pub(super) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

pub(super) fn last_named(node: Node<'_>) -> Option<Node<'_>> {
    node.named_child(u32::try_from(node.named_child_count().checked_sub(1)?).ok()?)
}

fn first_of_two(node: Node<'_>) -> Option<Node<'_>> {
    if node.named_child_count() > 1 { node.named_child(0) } else { None }
}

/// The text of a name without type arguments.
fn name_text<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    let name = of(node, text);
    name.split('<').next().unwrap_or(name)
}

/// The text of a node.
pub(super) fn of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// True for literals of text.
pub(super) fn is_string(kind: &str) -> bool {
    matches!(
        kind,
        "string"
            | "concatenated_string"
            | "template_string"
            | "interpreted_string_literal"
            | "raw_string_literal"
            | "string_literal"
            | "verbatim_string_literal"
            | "interpolated_string_expression"
    )
}

/// The range between the quotes of a literal.
pub(super) fn inside(node: Node<'_>, text: &str) -> std::ops::Range<usize> {
    let all = of(node, text);
    let opened = all.find(['"', '\'', '`']).unwrap_or(0);
    let quote = all[opened..].chars().next().unwrap_or('"');
    let is_triple = all[opened..].starts_with("\"\"\"") || all[opened..].starts_with("'''");
    let length = if is_triple { 3 } else { 1 };
    let start = opened + length;
    let end = all.rfind(quote).filter(|end| *end >= start).map_or(all.len(), |end| (end + 1).saturating_sub(length));
    let start = start.min(all.len());
    node.start_byte() + start..node.start_byte() + end.max(start)
}
