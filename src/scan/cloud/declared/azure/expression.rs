//! Expressions that ARM templates and Bicep share.

use crate::text::Span;

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Where it stands.
    pub(super) span: Span,
    /// What it is.
    pub(super) expr: Expr,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Pieces of a text.
    Interpolated(Vec<Node>),
    /// A list.
    List(Vec<Node>),
    /// Names, which may be expressions, with values.
    Object(Vec<(Node, Node)>),
    /// A parameter, variable, resource or local.
    Name(String),
    /// A function with its arguments. Namespaces are dropped, names are in lower case.
    Call(String, Vec<Node>),
    /// `of.name`.
    Member(Box<Node>, String),
    /// `of[at]`.
    Index(Box<Node>, Box<Node>),
    /// `condition ? yes : no`.
    If(Box<(Node, Node, Node)>),
    /// One value for each element.
    For(Box<Loop>),
    /// Syntax that is not evaluated.
    Unread(&'static str),
}

/// `[for item in over: body]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Loop {
    /// Names that the element has inside.
    pub(super) item: Vec<String>,
    /// Name of the position.
    pub(super) index: Option<String>,
    /// What it goes through.
    pub(super) over: Node,
    /// What it makes.
    pub(super) body: Node,
}

impl Node {
    /// An expression at a place.
    pub(super) fn new(span: Span, expr: Expr) -> Self {
        Self { span, expr }
    }

    /// The text, when it is written as one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.expr {
            Expr::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Names with values; none of anything but an object.
    pub(super) fn entries(&self) -> &[(Self, Self)] {
        match &self.expr {
            Expr::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a name, in any case, as both languages compare them.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let is_it = |(key, _): &&(Self, Self)| key.text().is_some_and(|text| text.eq_ignore_ascii_case(name));
        self.entries().iter().rev().find(is_it).map(|(_, value)| value)
    }
}

/// A template: what it is given, what it names, what it declares.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// Parameters with their defaults.
    pub(super) parameters: Vec<(String, Span, Option<Node>)>,
    /// Variables.
    pub(super) variables: Vec<(String, Node)>,
    /// Resources, parents before their children.
    pub(super) resources: Vec<Declared>,
    /// Modules and nested templates.
    pub(super) modules: Vec<Module>,
    /// What it gives back to who calls it.
    pub(super) outputs: Vec<(String, Node)>,
}

/// A declared resource.
#[derive(Debug)]
pub(super) struct Declared {
    /// Symbolic name; empty in older templates.
    pub(super) symbol: String,
    /// Type without version, in full for children.
    pub(super) kind: String,
    /// Where.
    pub(super) span: Span,
    /// Declared elsewhere, only named here.
    pub(super) is_existing: bool,
    /// When it is deployed at all.
    pub(super) condition: Option<Node>,
    /// All of it: an object, or a loop that makes objects.
    pub(super) body: Node,
    /// Symbol of the resource that it stands in.
    pub(super) parent: Option<String>,
}

impl Declared {
    /// The object itself, within a loop or not.
    pub(super) fn inner(&self) -> &Node {
        match &self.body.expr {
            Expr::For(all) => &all.body,
            _ => &self.body,
        }
    }
}

/// Another template that is deployed with this one.
#[derive(Debug)]
pub(super) struct Module {
    /// Symbolic name.
    pub(super) symbol: String,
    /// Where.
    pub(super) span: Span,
    /// What it names: a path, an address of a registry, or an expression.
    pub(super) source: Source,
    /// When it is deployed at all.
    pub(super) condition: Option<Node>,
    /// `name`, `params`, `scope`; a loop may make several.
    pub(super) body: Node,
}

/// Where another template stands.
#[derive(Debug)]
pub(super) enum Source {
    /// Written out: a path or an address.
    Text(String, Span),
    /// An address that an expression gives.
    Computed(Node),
    /// In the same file; true when it sees none of the names outside.
    Inline(Box<Template>, bool),
}
