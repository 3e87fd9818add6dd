//! Native and JSON syntax behind one face: blocks with labels, arguments with places.

use std::sync::Arc;

use hcl_edit::expr::{Expression, Object, ObjectKey, TraversalOperator};
use hcl_edit::structure::Body;
use hcl_edit::template::Template;
use hcl_edit::visit::{Visit, visit_expr};
use hcl_edit::{Decorated, Span as _};

use crate::parse::hcl::Hcl;
use crate::parse::{Node, Value};
use crate::scan::{Seen, SourceFile};
use crate::text::Span;

/// Where a tree was read: its file and the offset of its chunk in it.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// File.
    pub(super) file: &'a SourceFile,
    /// Bytes before the chunk.
    pub(super) offset: usize,
}

/// An expression of either syntax, with its origin.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Native syntax.
    Hcl(&'a Expression, Origin<'a>),
    /// JSON syntax.
    Json(&'a Node, &'a SourceFile),
}

impl<'a> Source<'a> {
    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Hcl(expression, origin) => {
                expression.span().map_or_else(Span::default, |span| Span::from(span).shifted(origin.offset))
            }
            Self::Json(node, _) => node.span,
        }
    }

    /// Its place, as evidence.
    pub(super) fn at(&self) -> Seen {
        self.file().at(self.span())
    }

    /// Its file.
    pub(super) fn file(&self) -> &SourceFile {
        match self {
            Self::Hcl(_, origin) => origin.file,
            Self::Json(_, file) => file,
        }
    }

    /// The variable that it is and nothing else, or the only element of the list that it is.
    pub(super) fn variable(&self) -> Option<&str> {
        let &Self::Hcl(mut expression, _) = self else { return None };
        if let Expression::Array(items) = expression
            && let (Some(one), 1) = (items.get(0), items.len())
        {
            expression = one;
        }
        let Expression::Traversal(traversal) = expression else { return None };
        match (&traversal.expr, traversal.operators.as_slice()) {
            (Expression::Variable(table), [one]) if table.as_str() == "var" => match one.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A text that is written out.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Hcl(Expression::String(text), _) => Some(text.value()),
            Self::Json(node, _) => node.text().filter(|text| !text.contains("${")),
            Self::Hcl(..) => None,
        }
    }

    /// The value of an object's entry whose key is written so, dots included.
    pub(super) fn entry(&self, name: &str) -> Option<Self> {
        match self {
            Self::Hcl(Expression::Object(object), origin) => {
                let key = |key: &ObjectKey| match key {
                    ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                    ObjectKey::Expression(expression) => expression.to_string().trim().trim_matches('"').to_owned(),
                };
                object.iter().find(|(at, _)| key(at) == name).map(|(_, value)| Self::Hcl(value.expr(), *origin))
            }
            Self::Json(node, file) => node.get(name).map(|node| Self::Json(node, file)),
            Self::Hcl(..) => None,
        }
    }

    /// A truth that is written out.
    pub(super) fn literal_truth(&self) -> Option<bool> {
        match self {
            Self::Hcl(Expression::Bool(truth), _) => Some(*truth.value()),
            Self::Json(Node { value: Value::Bool(truth), .. }, _) => Some(*truth),
            _ => None,
        }
    }

    /// Every `type.name`, `local.name`, `var.name`, `module.name` or `module.name.output` that the expression itself
    /// mentions, with its place.
    pub(super) fn references(&self) -> Vec<(String, Span)> {
        let mut found = References { offset: 0, found: Vec::new() };
        match self {
            Self::Hcl(expression, origin) => {
                found.offset = origin.offset;
                found.visit_expr(expression);
            }
            Self::Json(node, _) => {
                for text in node.walk() {
                    let before = found.found.len();
                    match text.text() {
                        Some(words) if words.contains("${") => {
                            if let Ok(template) = words.parse::<Template>() {
                                found.visit_template(&template);
                            }
                        }
                        // `depends_on` and `provider` name things without interpolation
                        Some(words) => {
                            if let Some((kind, name)) = words.split_once('.') {
                                let name = name.split(['.', '[']).next().unwrap_or(name);
                                found.found.push((format!("{kind}.{name}"), text.span));
                            }
                        }
                        None => {}
                    }
                    found.found[before..].iter_mut().for_each(|(_, span)| *span = text.span);
                }
            }
        }
        found.found
    }
}

/// `module.name[0].output`, `module.name[*].output`.
fn output_of_instance(operators: &[Decorated<TraversalOperator>]) -> Option<&str> {
    match operators.get(2)?.value() {
        TraversalOperator::GetAttr(output) => Some(output.as_str()),
        _ => None,
    }
}

struct References {
    offset: usize,
    found: Vec<(String, Span)>,
}

impl Visit for References {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::Traversal(traversal) = node
            && let Expression::Variable(first) = &traversal.expr
        {
            let fields = traversal.operators.iter().map_while(|operator| match operator.value() {
                TraversalOperator::GetAttr(field) => Some(field.as_str()),
                _ => None,
            });
            let words: Vec<&str> = std::iter::once(first.as_str()).chain(fields.take(2)).collect();
            let name = match words.as_slice() {
                ["each" | "count" | "path" | "terraform" | "self" | "data", ..] => None,
                ["module", name] => Some(match output_of_instance(&traversal.operators) {
                    Some(output) => format!("module.{name}.{output}"),
                    None => format!("module.{name}"),
                }),
                ["module", name, output] => Some(format!("module.{name}.{output}")),
                [kind, name, ..] => Some(format!("{kind}.{name}")),
                _ => None,
            };
            if let Some(name) = name {
                let span = node.span().map_or_else(Span::default, Span::from).shifted(self.offset);
                self.found.push((name, span));
            }
        }
        visit_expr(self, node);
    }
}

/// A block's inside.
#[derive(Clone, Copy)]
pub(super) enum Inside<'a> {
    /// Native syntax.
    Hcl(&'a Body, Origin<'a>),
    /// An object of native syntax that a module takes for a block.
    Object(&'a Object, Origin<'a>),
    /// JSON syntax.
    Json(&'a Node, &'a SourceFile),
}

/// A key of an object that is written out.
pub(super) fn object_key(key: &ObjectKey) -> Option<&str> {
    match key {
        ObjectKey::Ident(ident) | ObjectKey::Expression(Expression::Variable(ident)) => Some(ident.as_str()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.value()),
        ObjectKey::Expression(_) => None,
    }
}

impl<'a> Inside<'a> {
    /// An argument.
    pub(super) fn get(&self, name: &str) -> Option<Source<'a>> {
        match self {
            Self::Hcl(body, origin) => body.get_attribute(name).map(|attribute| Source::Hcl(&attribute.value, *origin)),
            Self::Object(object, origin) => object
                .iter()
                .find(|(key, _)| object_key(key) == Some(name))
                .map(|(_, value)| Source::Hcl(value.expr(), *origin)),
            Self::Json(node, file) => node.get(name).map(|node| Source::Json(node, file)),
        }
    }

    /// Nested blocks of a name.
    pub(super) fn blocks(&self, name: &str) -> Vec<Self> {
        match self {
            Self::Hcl(body, origin) => {
                let direct =
                    body.blocks().filter(|block| block.has_ident(name)).map(|block| Inside::Hcl(&block.body, *origin));
                direct.collect()
            }
            Self::Object(..) => Vec::new(),
            Self::Json(node, file) => match node.get(name) {
                Some(inner) if inner.is_map() => vec![Inside::Json(inner, file)],
                Some(inner) => inner.list().iter().map(|node| Inside::Json(node, file)).collect(),
                None => Vec::new(),
            },
        }
    }

    /// Nested blocks of a name; of `dynamic` blocks what they make.
    pub(super) fn blocks_or_content(&self, name: &str) -> Vec<Self> {
        let mut found = self.blocks(name);
        let dynamic = self.labelled("dynamic").into_iter().filter(|(label, _)| label == name);
        found.extend(dynamic.flat_map(|(_, inside)| inside.blocks("content")));
        found
    }

    /// Nested blocks of a name with their first label: `required_providers`-like maps do not count.
    pub(super) fn labelled(&self, name: &str) -> Vec<(String, Self)> {
        match self {
            Self::Hcl(body, origin) => body
                .blocks()
                .filter(|block| block.has_ident(name))
                .filter_map(|block| {
                    Some((block.labels.first()?.as_str().to_owned(), Inside::Hcl(&block.body, *origin)))
                })
                .collect(),
            Self::Object(..) => Vec::new(),
            Self::Json(node, file) => node
                .get(name)
                .map_or(&[][..], Node::entries)
                .iter()
                .map(|entry| (entry.key.to_string(), Inside::Json(&entry.value, file)))
                .collect(),
        }
    }

    /// Arguments directly inside.
    pub(super) fn arguments(&self) -> Vec<(String, Source<'a>)> {
        match self {
            Self::Hcl(body, origin) => body
                .attributes()
                .map(|attribute| (attribute.key.as_str().to_owned(), Source::Hcl(&attribute.value, *origin)))
                .collect(),
            Self::Object(object, origin) => object
                .iter()
                .filter_map(|(key, value)| Some((object_key(key)?.to_owned(), Source::Hcl(value.expr(), *origin))))
                .collect(),
            Self::Json(node, file) => {
                node.entries().iter().map(|entry| (entry.key.to_string(), Source::Json(&entry.value, file))).collect()
            }
        }
    }

    /// Blocks directly inside, with their names, in order. JSON writes blocks as objects or lists of objects.
    pub(super) fn nested(&self) -> Vec<(String, Self)> {
        match self {
            Self::Hcl(body, origin) => body
                .blocks()
                .map(|block| (block.ident.as_str().to_owned(), Inside::Hcl(&block.body, *origin)))
                .collect(),
            Self::Object(..) => Vec::new(),
            Self::Json(node, file) => node
                .entries()
                .iter()
                .flat_map(|entry| {
                    let blocks: Vec<&Node> =
                        if entry.value.is_map() { vec![&entry.value] } else { entry.value.list().iter().collect() };
                    let maps = blocks.into_iter().filter(|node| node.is_map());
                    maps.map(|node| (entry.key.to_string(), Inside::Json(node, file))).collect::<Vec<_>>()
                })
                .collect(),
        }
    }

    /// Itself and every block below, outermost first.
    pub(super) fn below(&self) -> Vec<Self> {
        let mut found = vec![*self];
        let mut at = 0;
        while let Some(inside) = found.get(at) {
            let nested = inside.nested();
            found.extend(nested.into_iter().map(|(_, inside)| inside));
            at += 1;
        }
        found
    }

    /// Every argument in it, also in nested blocks; the blocks themselves are not arguments.
    pub(super) fn all(&self) -> Vec<(String, Source<'a>)> {
        let is_block = |source: &Source<'a>| match source {
            Source::Hcl(..) => false,
            Source::Json(node, _) => node.is_map() || node.list().iter().any(Node::is_map),
        };
        self.below().iter().flat_map(Self::arguments).filter(|(_, source)| !is_block(source)).collect()
    }
}

/// A top-level block.
pub(super) struct Item<'a> {
    /// `resource`, `provider`, `variable`, …
    pub(super) kind: String,
    /// Labels.
    pub(super) labels: Vec<String>,
    /// What it holds.
    pub(super) inside: Inside<'a>,
    /// Its file.
    pub(super) file: &'a Arc<SourceFile>,
    /// Kind and labels.
    pub(super) span: Span,
}

impl Item<'_> {
    /// A label, or nothing.
    pub(super) fn label(&self, at: usize) -> &str {
        self.labels.get(at).map_or("", String::as_str)
    }
}

/// Top-level blocks of a native file.
pub(super) fn native<'a>(file: &'a Arc<SourceFile>, tree: &'a Hcl, items: &mut Vec<Item<'a>>) {
    for chunk in &tree.chunks {
        for block in chunk.body.blocks() {
            let start = block.ident.span().map_or(0, |span| span.start);
            let last = block.labels.last().and_then(|label| match label {
                hcl_edit::structure::BlockLabel::Ident(ident) => ident.span(),
                hcl_edit::structure::BlockLabel::String(text) => text.span(),
            });
            let end = last.or_else(|| block.ident.span()).map_or(start, |span| span.end);
            items.push(Item {
                kind: block.ident.as_str().to_owned(),
                labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
                inside: Inside::Hcl(&block.body, Origin { file, offset: chunk.offset }),
                file,
                span: Span::new(start, end).shifted(chunk.offset),
            });
        }
    }
}

/// How many labels each kind of block has in JSON syntax.
const LABELS: [(&str, usize); 8] = [
    ("resource", 2),
    ("data", 2),
    ("provider", 1),
    ("variable", 1),
    ("output", 1),
    ("module", 1),
    ("locals", 0),
    ("terraform", 0),
];

/// Top-level blocks of a JSON file.
pub(super) fn json<'a>(file: &'a Arc<SourceFile>, root: &'a Node, items: &mut Vec<Item<'a>>) {
    for top in root.entries() {
        let Some((_, labels)) = LABELS.iter().find(|(kind, _)| **kind == *top.key) else { continue };
        let mut level: Vec<(Vec<String>, Span, &'a Node)> = vec![(Vec::new(), top.key_span, &top.value)];
        for _ in 0..*labels {
            let deeper = level.into_iter().flat_map(|(names, _, node)| {
                node.entries().iter().map(move |entry| {
                    let mut names = names.clone();
                    names.push(entry.key.to_string());
                    (names, entry.key_span, &entry.value)
                })
            });
            level = deeper.collect();
        }
        for (labels, span, node) in level {
            // several blocks of one name are a list
            let nodes: Vec<&'a Node> =
                if matches!(node.value, Value::List(_)) { node.list().iter().collect() } else { vec![node] };
            for node in nodes {
                items.push(Item {
                    kind: top.key.to_string(),
                    labels: labels.clone(),
                    inside: Inside::Json(node, file),
                    file,
                    span,
                });
            }
        }
    }
}
