//! Serverless Framework files: provider, functions, and the template that they carry.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cloudformation;
use super::value::{Reason, Resolved, Value};
use super::write::{self, Resource};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::{self, Entry, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `serverless`.
pub struct Serverless;

static META: ScannerMeta = ScannerMeta {
    id: "serverless",
    title: "Serverless Framework file",
    summary: "Functions with region, runtime, image and settings, and the CloudFormation resources that the file \
              carries. `${self:}`, and the fallbacks of `${opt:}`, `${env:}` and `${param:}` are evaluated; what other \
              files, stores and stacks give stays unresolved. Plugins are not run.",
    files: &["**/serverless.yml", "**/serverless.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Service,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml",
};

/// Deepest value and longest chain of variables.
const DEPTH: usize = 40;
/// What a text becomes when a variable in it is not known: the template's reader takes it for a value of a store.
const UNKNOWN: &str = "{{resolve:variable}}";
/// Nodes of a file after evaluation.
const MOST: usize = 200_000;

/// Types of functions by the name of the provider.
const FUNCTIONS: [(&str, &str); 3] =
    [("aws", "AWS::Lambda::Function"), ("azure", "Microsoft.Web/sites"), ("google", "gcp:cloudfunctions:Function")];

impl Scanner for Serverless {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let Some(root) = file.yaml_or_part(out).first() else { return Ok(()) };
        if !root.is_map() {
            out.problem(DiagnosticKind::Malformed, file, Some(root.span), "the file is no table, and was not read");
            return Ok(());
        }
        let variables = Variables { root, left: std::cell::Cell::new(MOST) };
        let plain = variables.substitute(root, 0, &BTreeSet::new());
        for section in ["provider", "functions", "resources"] {
            let Some(node) = plain.get(section) else { continue };
            let is_fine = node.is_map()
                || matches!(node.value, parse::Value::List(_) | parse::Value::Null)
                || section == "provider" && matches!(node.value, parse::Value::Text(_));
            if !is_fine {
                let message = format!("`{section}` is no table, and was not read");
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
            }
        }
        functions(file, &plain, input, out);
        let resources = plain.get("resources");
        let one = resources.map(std::slice::from_ref).unwrap_or_default();
        let parts = resources.map(Node::list).filter(|list| !list.is_empty()).unwrap_or(one);
        for part in parts.iter().filter(|part| part.get("Resources").is_some()) {
            cloudformation::carried(file, part, region(file, &plain), input, out);
        }
        Ok(())
    }
}

/// Region of the provider; nothing where the file does not say.
fn region<'a>(file: &'a SourceFile, root: &Node) -> Option<Resolved<'a>> {
    let node = root.at(&["provider", "region"]).or_else(|| root.at(&["provider", "location"]))?;
    let text = node.text()?;
    Some(if text == UNKNOWN {
        Resolved::unknown(file, node.span, Reason::Target(Arc::from("provider.region")))
    } else {
        Resolved::new(file, node.span, Value::Text(text.to_owned()))
    })
}

fn functions(file: &SourceFile, root: &Node, input: &Input<'_>, out: &mut Facts<'_>) {
    let provider = root.get("provider");
    let name = provider.and_then(|provider| match &provider.value {
        parse::Value::Text(text) => Some(&**text),
        _ => provider.text_at("name"),
    });
    let Some(name) = name else { return };
    let kind = FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, kind)| (*kind).to_owned());
    let kind = kind.unwrap_or_else(|| format!("serverless:{name}:Function"));
    let region = region(file, root);
    let common = provider.and_then(|provider| provider.get("environment"));
    let mut found = Vec::new();
    for entry in root.get("functions").map_or(&[][..], Node::entries) {
        if !entry.value.is_map() {
            let message = format!("the function `{}` is no table, and was not read", entry.key);
            out.problem(DiagnosticKind::Malformed, file, Some(entry.value.span), message);
            continue;
        }
        let mut properties = convert(&entry.value, file, 0);
        if let Value::Map(entries) = &mut properties.value {
            // an image of the provider's list is named, one of its own is an address
            for (name, value) in entries.iter_mut().filter(|(name, _)| name == "image") {
                *name = "image_uri".to_owned();
                if !value.text().is_some_and(|text| text.contains('/')) {
                    value.value = Value::Null;
                }
            }
            if let Some(common) = common {
                entries.push(("environment".to_owned(), convert(common, file, 0)));
            }
            let runtime = provider.and_then(|provider| provider.get("runtime"));
            if let Some(runtime) = runtime.filter(|_| entry.value.get("runtime").is_none()) {
                entries.push(("runtime".to_owned(), convert(runtime, file, 0)));
            }
        }
        let id = ComponentId::resource(file.path(), &entry.key);
        let mut resource = Resource::new(id, &kind, properties, entry.key_span);
        resource.file = file;
        resource.region.clone_from(&region);
        found.push(resource);
    }
    if region.as_ref().is_none_or(|region| region.value.unknown().is_some()) && !found.is_empty() {
        let span = region.map_or_else(|| provider.map_or(root.span, |provider| provider.span), |region| region.span);
        let message = "the region of the functions is known only to their deployment";
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
    write::all(&found, input.catalog, out);
}

fn convert<'a>(node: &Node, file: &'a SourceFile, depth: usize) -> Resolved<'a> {
    let value = match &node.value {
        _ if depth > DEPTH => Value::Unknown(Reason::Limit),
        parse::Value::Null => Value::Null,
        parse::Value::Bool(truth) => Value::Bool(*truth),
        parse::Value::Number(text) => text.parse().map_or_else(|_| Value::Text(text.to_string()), Value::Number),
        parse::Value::Text(text) if **text == *UNKNOWN => {
            Value::Unknown(Reason::Elsewhere(Arc::from("a variable of the file")))
        }
        parse::Value::Text(text) => Value::Text(text.to_string()),
        parse::Value::List(items) => Value::List(items.iter().map(|item| convert(item, file, depth + 1)).collect()),
        parse::Value::Map(entries) => Value::Map(
            entries.iter().map(|entry| (entry.key.to_string(), convert(&entry.value, file, depth + 1))).collect(),
        ),
    };
    Resolved::new(file, node.span, value)
}

/// Variables of the file.
struct Variables<'a> {
    root: &'a Node,
    left: std::cell::Cell<usize>,
}

impl Variables<'_> {
    /// The tree with its variables put in; every place stays.
    fn substitute(&self, node: &Node, depth: usize, busy: &BTreeSet<String>) -> Node {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        if depth > DEPTH || left == 0 {
            return Node::new(node.span, parse::Value::Text(UNKNOWN.into()));
        }
        let value = match &node.value {
            parse::Value::Text(text) if text.contains("${") => self.text(text, node, depth, busy),
            parse::Value::List(items) => {
                parse::Value::List(items.iter().map(|item| self.substitute(item, depth + 1, busy)).collect())
            }
            parse::Value::Map(entries) => {
                let entry = |entry: &Entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: self.substitute(&entry.value, depth + 1, busy),
                };
                parse::Value::Map(entries.iter().map(entry).collect())
            }
            value => value.clone(),
        };
        Node::new(node.span, value)
    }

    fn text(&self, text: &str, node: &Node, depth: usize, busy: &BTreeSet<String>) -> parse::Value {
        let unknown = || parse::Value::Text(UNKNOWN.into());
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let Some(inner) = braced(&rest[at..]) else { break };
            let after = &rest[at + inner.len() + 3..];
            // what is not of the framework is the template's own: `${AWS::Region}`, `${Name}`
            if !inner.contains(':') || inner.starts_with("AWS::") {
                out.push_str(&rest[at..at + inner.len() + 3]);
                rest = after;
                continue;
            }
            match self.variable(inner, depth, busy) {
                // alone it is the value itself, which may be a table
                Some(found) if at == 0 && after.is_empty() => {
                    return self.substitute(&Node::new(node.span, found.value), depth + 1, busy).value;
                }
                Some(found) => match found.scalar() {
                    Some(piece) if out.len() + piece.len() < 1 << 16 && *piece != *UNKNOWN => out.push_str(&piece),
                    _ => return unknown(),
                },
                None => return unknown(),
            }
            rest = after;
        }
        out.push_str(rest);
        parse::Value::Text(out.into())
    }

    /// `source:path, fallback`: the first that is known.
    fn variable(&self, inner: &str, depth: usize, busy: &BTreeSet<String>) -> Option<Node> {
        for part in split(inner) {
            let part = part.trim();
            if let Some(literal) = part.strip_prefix(['\'', '"']) {
                let text = literal.trim_end_matches(['\'', '"']);
                return Some(Node::new(self.root.span, parse::Value::Text(text.into())));
            }
            let part = part.strip_prefix("${").map_or(part, |inner| inner.trim_end_matches('}'));
            let Some((source, path)) = part.split_once(':') else { continue };
            let path = match source {
                "self" => path.to_owned(),
                "param" => format!("params.default.{path}"),
                "sls" if path == "stage" => "provider.stage".to_owned(),
                "aws" if path == "region" => "provider.region".to_owned(),
                _ => continue,
            };
            if busy.contains(&path) || busy.len() > DEPTH || path.contains("${") {
                continue;
            }
            let found = path.split('.').try_fold(self.root, |node, part| match part.parse::<usize>() {
                Ok(at) if !node.list().is_empty() => node.list().get(at),
                _ => node.get(part),
            });
            let Some(found) = found else { continue };
            let mut inside = busy.clone();
            inside.insert(path);
            let found = self.substitute(found, depth + 1, &inside);
            if !matches!(&found.value, parse::Value::Text(text) if **text == *UNKNOWN) {
                return Some(found);
            }
        }
        None
    }
}

/// What stands between `${` and its `}`.
fn braced(text: &str) -> Option<&str> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 1 => return text.get(2..at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Parts at commas outside of braces and quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut open, mut quote, mut start) = (0_usize, None, 0);
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '\'' | '"' if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            '{' | '(' if quote.is_none() => open += 1,
            '}' | ')' if quote.is_none() => open = open.saturating_sub(1),
            ',' if quote.is_none() && open == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}
