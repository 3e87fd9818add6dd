//! Which resource an id means, although names in it are known only to a deployment: two expressions that are written
//! alike mean the same.

use super::evaluate::{Locals, Scope};
use super::expression::{Declared, Expr, Node};
use crate::model::ComponentId;

/// Longest shape.
const LONGEST: usize = 2_000;
/// Longest part of an address that is taken from an expression.
const LONGEST_NAME: usize = 120;

impl<'a> Scope<'a, '_> {
    /// The component of a declared resource: by its symbol, else by type and name.
    pub(super) fn id(&self, resource: &Declared) -> ComponentId {
        if !resource.symbol.is_empty() {
            return self.id_of(&resource.symbol);
        }
        let name = match resource.inner().get("name") {
            Some(name) => self.value(name).text().unwrap_or_else(|| self.written(name)),
            None => String::new(),
        };
        self.id_of(&format!("{}/{name}", resource.kind))
    }

    /// What stands before the names of its resources: the file, or the module that calls it.
    pub(super) fn base(&self) -> &str {
        self.home.as_deref().unwrap_or(self.file.path().as_str())
    }

    fn id_of(&self, name: &str) -> ComponentId {
        ComponentId::of("resource", format_args!("{}/{}{name}", self.base(), self.prefix))
    }

    /// What stands there, short: not the whole of a long expression.
    fn written(&self, node: &Node) -> String {
        let text = self.file.text().get(node.span.start..node.span.end).unwrap_or_default();
        let text = text.trim_matches('"').trim_start_matches('[').trim_end_matches(']');
        text.chars().filter(|c| !c.is_whitespace()).take(LONGEST_NAME).collect()
    }

    /// The resource of this or an outer template that an expression means: `resourceId(…)`, a name or an id put
    /// together.
    pub(super) fn referred(&self, node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Option<ComponentId> {
        let wanted = match &node.expr {
            Expr::Call(name, arguments) if name.ends_with("resourceid") => self.address(arguments, locals, depth)?,
            Expr::Name(symbol) => return self.declared(symbol).map(|resource| self.id(resource)),
            _ => self.shape(node, locals, depth),
        };
        let wanted = wanted.to_ascii_lowercase();
        if wanted.is_empty() {
            return None;
        }
        let fits = |resource: &&Declared| {
            let Some(name) = resource.inner().get("name") else { return false };
            let name = self.shape(name, None, depth).to_ascii_lowercase();
            let kind = resource.kind.to_ascii_lowercase();
            wanted == format!("{kind}/{name}") || wanted == name || wanted == interleaved(&kind, &name)
        };
        let by_symbol = self.declared(&wanted).map(|resource| self.id(resource));
        let found = by_symbol.or_else(|| self.template.resources.iter().find(fits).map(|found| self.id(found)));
        found.or_else(|| self.outer.and_then(|outer| outer.referred(node, None, depth)))
    }

    /// `type/name` of the arguments of `resourceId`: subscription and resource group may stand before the type.
    fn address(&self, arguments: &[Node], locals: Locals<'_, 'a>, depth: usize) -> Option<String> {
        let shapes: Vec<String> = arguments.iter().map(|one| self.shape(one, locals, depth)).collect();
        let at = shapes.iter().position(|shape| shape.contains('.') && shape.contains('/') && !shape.contains('{'))?;
        Some(format!("{}/{}", shapes[at], shapes[at + 1..].join("/")))
    }

    /// The text of an expression, with what is unknown as it is written.
    pub(super) fn shape(&self, node: &Node, locals: Locals<'_, 'a>, depth: usize) -> String {
        let mut out = String::new();
        self.shape_into(node, locals, depth, &mut out);
        out
    }

    fn shape_into(&self, node: &Node, locals: Locals<'_, 'a>, depth: usize, out: &mut String) {
        if out.len() > LONGEST || depth > 60 {
            return;
        }
        if let Some(text) = self.value_in(node, locals, depth).text() {
            out.push_str(&text);
            return;
        }
        let inner = |nodes: &[Node], out: &mut String| {
            nodes.iter().for_each(|one| self.shape_into(one, locals, depth + 1, out));
        };
        match &node.expr {
            Expr::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("concat" | "format", parts) => inner(parts, out),
                ("tolower", [one]) => self.shape_into(one, locals, depth + 1, out),
                ("variables", [name]) => {
                    let name = name.text().unwrap_or_default();
                    match self.template.variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                        Some((_, value)) => self.shape_into(value, None, depth + 1, out),
                        None => out.push_str("{?}"),
                    }
                }
                (name, arguments) => {
                    out.push('{');
                    out.push_str(name);
                    inner(arguments, out);
                    out.push('}');
                }
            },
            Expr::Interpolated(parts) => inner(parts, out),
            Expr::Name(name) => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
            Expr::Member(of, name) => {
                self.shape_into(of, locals, depth + 1, out);
                out.push('.');
                out.push_str(name);
            }
            Expr::Index(of, at) => {
                self.shape_into(of, locals, depth + 1, out);
                self.shape_into(at, locals, depth + 1, out);
            }
            _ => out.push_str("{?}"),
        }
    }
}

/// `a.b/c/d` and `x/y` as ids write them: `a.b/c/x/d/y`.
fn interleaved(kind: &str, name: &str) -> String {
    let mut parts = kind.split('/');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let names = name.split('/').map(Some).chain(std::iter::repeat(None));
    for (part, name) in parts.zip(names) {
        out.push('/');
        out.push_str(part);
        if let Some(name) = name {
            out.push('/');
            out.push_str(name);
        }
    }
    out
}
