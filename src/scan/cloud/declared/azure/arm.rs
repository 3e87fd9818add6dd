//! ARM templates in JSON.

use super::arm_syntax::{expression, literal};
use super::evaluate::{Budget, Scope};
use super::expression::{Declared, Expr, Loop, Module, Node, Source, Template};
use super::{modules, parameters};
use crate::model::Basis;
use crate::parse;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `arm`.
pub struct Arm;

static META: ScannerMeta = ScannerMeta {
    id: "arm",
    title: "Azure Resource Manager template",
    summary: "Resources with location, machine type, count, keys, images and references. Parameters by their defaults \
              or by the `.parameters.json` of the same name, variables, functions, copy loops, conditions and nested \
              templates are evaluated; what depends on the resource group, the subscription or other resources stays \
              unresolved and says why. Templates that Bicep made of a file beside them are read there.",
    files: &["**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: super::EMITS,
    reference: "https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax",
};

/// End of the schema that every template names.
const SCHEMA: &str = "eploymentTemplate.json";
/// Deepest resource within resources.
const DEPTH: usize = 8;

impl Scanner for Arm {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !file.text().contains(SCHEMA) || file.is_binary() {
            return Ok(());
        }
        let root = file.jsonc_or_part(out)?;
        if !root.text_at("$schema").is_some_and(|schema| schema.trim_end_matches('#').ends_with(SCHEMA)) {
            return Ok(());
        }
        if root.at(&["metadata", "_generator", "name"]).and_then(parse::Node::text) == Some("bicep")
            && let Some(stem) = file.path().as_str().strip_suffix(".json")
            && RelPath::new(&format!("{stem}.bicep")).and_then(|path| input.companion(&path)).is_some()
        {
            return Ok(());
        }
        let template = template(root, out, file);
        let budget = Budget::default();
        let beside = parameters::beside(file, input, out);
        let mut scope = Scope::new(file, &template, &budget);
        scope.input = Some(input);
        parameters::give(&mut scope, beside.as_ref());
        modules::write(&scope, input, out);
        Ok(())
    }
}

/// The parts of a template.
pub(super) fn template(root: &parse::Node, out: &mut Facts<'_>, file: &SourceFile) -> Template {
    let mut found = Template::default();
    for section in ["parameters", "variables", "resources"] {
        if let Some(node) = root.get(section) {
            let is_fine = node.is_map() || section == "resources" && matches!(node.value, parse::Value::List(_));
            if !is_fine && node.value != parse::Value::Null {
                use crate::diagnostic::DiagnosticKind::Malformed;
                out.problem(Malformed, file, Some(node.span), format!("`{section}` is no table, and was not read"));
            }
        }
    }
    for entry in root.get("parameters").map_or(&[][..], parse::Node::entries) {
        let default = entry.value.get("defaultValue").map(|node| convert(node, 0));
        found.parameters.push((entry.key.to_string(), entry.value.span, default));
    }
    for entry in root.get("variables").map_or(&[][..], parse::Node::entries) {
        let value = convert(&entry.value, 0);
        if &*entry.key == "copy"
            && let Expr::List(loops) = &value.expr
        {
            let made = loops.iter().filter_map(|one| Some((one.get("name")?.text()?.to_owned(), copy(one)?)));
            found.variables.extend(made);
            continue;
        }
        found.variables.push((entry.key.to_string(), value));
    }
    for entry in root.get("outputs").map_or(&[][..], parse::Node::entries) {
        if let Some(value) = entry.value.get("value") {
            found.outputs.push((entry.key.to_string(), convert(value, 0)));
        }
    }
    if let Some(resources) = root.get("resources") {
        all(resources, None, 0, &mut found, out, file);
    }
    found
}

/// Resources of a list, or of a table by symbolic names.
fn all(
    resources: &parse::Node,
    parent: Option<(&str, &Node)>,
    depth: usize,
    found: &mut Template,
    out: &mut Facts<'_>,
    file: &SourceFile,
) {
    for entry in if resources.is_map() { resources.entries() } else { &[] } {
        one(&entry.value, &entry.key, parent, depth, found, out, file);
    }
    if let parse::Value::List(items) = &resources.value {
        items.iter().for_each(|item| one(item, "", parent, depth, found, out, file));
    }
}

fn one(
    node: &parse::Node,
    symbol: &str,
    parent: Option<(&str, &Node)>,
    depth: usize,
    found: &mut Template,
    out: &mut Facts<'_>,
    file: &SourceFile,
) {
    let Some(kind) = node.text_at("type").filter(|_| depth < DEPTH) else {
        use crate::diagnostic::DiagnosticKind::Malformed;
        out.problem(Malformed, file, Some(node.span), "a resource without a type, which was not read");
        return;
    };
    let kind = match parent {
        Some((above, _)) if !kind.contains('.') => format!("{above}/{kind}"),
        _ => kind.to_owned(),
    };
    let span = node.entry("type").map_or(node.span, |entry| entry.value.span);
    let mut body = convert(node, 0);
    if let Expr::Object(entries) = &mut body.expr {
        entries.retain(|(name, _)| {
            !matches!(name.text(), Some("resources" | "type" | "apiVersion" | "condition" | "comments"))
        });
        if let Some((_, above)) = parent {
            for (_, value) in entries.iter_mut().filter(|(name, _)| name.text() == Some("name")) {
                let slash = Node::new(value.span, Expr::Text("/".to_owned()));
                let parts = vec![above.clone(), slash, value.clone()];
                *value = Node::new(value.span, Expr::Interpolated(parts));
            }
        }
    }
    let condition = node.get("condition").map(|node| convert(node, 0));
    if kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        found.modules.extend(nested(node, symbol, condition, &body, out, file));
        return;
    }
    let name = body.get("name").cloned().unwrap_or_else(|| Node::new(span, Expr::Null));
    if let Some(resources) = node.get("resources") {
        all(resources, Some((&kind, &name)), depth + 1, found, out, file);
    }
    let body = match node.get("copy").map(|node| convert(node, 0)) {
        Some(copy) => looped(&copy, body.clone()).unwrap_or(body),
        None => body,
    };
    let is_existing = node.get("existing").is_some_and(|node| node.as_bool() == Some(true));
    found.resources.push(Declared {
        symbol: symbol.to_owned(),
        kind,
        span,
        is_existing,
        condition,
        body,
        parent: None,
    });
}

/// A deployment within a template.
fn nested(
    node: &parse::Node,
    symbol: &str,
    condition: Option<Node>,
    body: &Node,
    out: &mut Facts<'_>,
    file: &SourceFile,
) -> Option<Module> {
    let properties = node.get("properties")?;
    let source = if let Some(inner) = properties.get("template").filter(|inner| inner.is_map()) {
        let scope = properties.at(&["expressionEvaluationOptions", "scope"]).and_then(parse::Node::text);
        let is_alone = scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
        Source::Inline(Box::new(template(inner, out, file)), is_alone)
    } else {
        let link = properties.get("templateLink")?;
        let address = link.get("relativePath").or_else(|| link.get("uri"))?;
        match convert(address, 0) {
            Node { expr: Expr::Text(text), span } => Source::Text(text, span),
            computed => Source::Computed(computed),
        }
    };
    // `{"name": {"value": …}}`: the values are what the template is given
    let given = properties.get("parameters").map_or(&[][..], parse::Node::entries).iter().filter_map(|entry| {
        let value = convert(entry.value.get("value")?, 0);
        Some((Node::new(entry.key_span, Expr::Text(entry.key.to_string())), value))
    });
    let word = |text: &str| Node::new(body.span, Expr::Text(text.to_owned()));
    let mut entries = vec![(word("params"), Node::new(body.span, Expr::Object(given.collect())))];
    entries.extend(body.get("name").map(|name| (word("name"), name.clone())));
    let body = Node::new(body.span, Expr::Object(entries));
    let body = match node.get("copy").map(|node| convert(node, 0)) {
        Some(copy) => looped(&copy, body.clone()).unwrap_or(body),
        None => body,
    };
    let span = node.get("type").map_or(node.span, |kind| kind.span);
    Some(Module { symbol: symbol.to_owned(), span, source, condition, body })
}

/// `{"name": …, "count": …, "input": …}` as a loop.
pub(super) fn copy(one: &Node) -> Option<Node> {
    looped(one, one.get("input")?.clone())
}

fn looped(copy: &Node, mut body: Node) -> Option<Node> {
    let name = copy.get("name").and_then(Node::text).unwrap_or_default();
    let from = Node::new(copy.span, Expr::Number(0.0));
    let over = Node::new(copy.span, Expr::Call("range".to_owned(), vec![from, copy.get("count")?.clone()]));
    if let Expr::Object(entries) = &mut body.expr {
        entries.retain(|(key, value)| key.text() != Some("copy") || matches!(value.expr, Expr::List(_)));
    }
    let item = vec!["copyIndex:".to_owned(), format!("copyIndex:{name}")];
    Some(Node::new(copy.span, Expr::For(Box::new(Loop { item, index: None, over, body }))))
}

/// JSON with expressions in its texts.
pub(super) fn convert(node: &parse::Node, depth: usize) -> Node {
    if depth > parse::MAX_DEPTH {
        return Node::new(node.span, Expr::Unread("deep nesting"));
    }
    let expr = match &node.value {
        parse::Value::Null => Expr::Null,
        parse::Value::Bool(truth) => Expr::Bool(*truth),
        parse::Value::Number(text) => text.parse().map_or_else(|_| Expr::Text(text.to_string()), Expr::Number),
        parse::Value::Text(text) => match expression(text, node.span) {
            None => Expr::Text(literal(text).to_owned()),
            Some(Ok(found)) => return found,
            Some(Err(what)) => Expr::Unread(what),
        },
        parse::Value::List(items) => Expr::List(items.iter().map(|item| convert(item, depth + 1)).collect()),
        parse::Value::Map(entries) => {
            let entry = |entry: &parse::Entry| {
                // names may be expressions too
                let key = match expression(&entry.key, entry.key_span) {
                    Some(Ok(found)) => found,
                    _ => Node::new(entry.key_span, Expr::Text(entry.key.to_string())),
                };
                (key, convert(&entry.value, depth + 1))
            };
            Expr::Object(entries.iter().map(entry).collect())
        }
    };
    Node::new(node.span, expr)
}
