//! Values of arguments taken apart as far as they are written out, with their places.

use std::cell::RefCell;
use std::sync::Arc;

use hcl_edit::expr::{Expression, ObjectKey};

use super::facts::Instances;
use super::scope::{Bound, Scope};
use super::syntax::{Inside, Source};
use super::value::Value;
use crate::diagnostic::DiagnosticKind;
use crate::parse::{self, Node};
use crate::scan::cloud::declared::value::{Reason, Resolved, Value as Plain};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Deepest value.
pub(super) const DEEPEST: usize = 40;

/// Reads values with their places.
pub(super) struct Reader<'a, 's> {
    scope: &'s Scope<'a>,
    pub(super) file: &'a SourceFile,
    /// What `each` or `count` is in the instance that is read.
    instance: Option<(&'static str, Value)>,
    /// Where a part of a template is left out.
    parts: RefCell<Vec<Span>>,
}

impl<'a, 's> Reader<'a, 's> {
    /// A reader for each instance.
    pub(super) fn all(scope: &'s Scope<'a>, file: &'a SourceFile, instances: &Instances) -> Vec<Self> {
        let bound = instances.bound().into_iter().map(Some);
        let one = |instance| Self { scope, file, instance, parts: RefCell::default() };
        let all: Vec<Self> = bound.map(one).collect();
        if all.is_empty() { vec![one(None)] } else { all }
    }

    /// Gives what is bound in the instance.
    fn bound<T>(&self, then: impl FnOnce(Option<&Bound<'_>>) -> T) -> T {
        match &self.instance {
            Some((name, value)) => then(Some(&Bound { name, value, outer: None })),
            None => then(None),
        }
    }

    fn value(&self, source: &Source<'a>) -> Value {
        self.bound(|bound| self.scope.value_in(source, bound))
    }

    fn at(&self, source: &Source<'a>, value: Plain<'a>) -> Resolved<'a> {
        Resolved::new(self.file, source.span(), value)
    }

    /// A value, taken apart as far as it is written out.
    pub(super) fn open(&self, source: Source<'a>, depth: usize) -> Resolved<'a> {
        let Source::Hcl(expression, origin) = source else { return self.evaluated(&source) };
        let inner = |expression| self.open(Source::Hcl(expression, origin), depth + 1);
        if depth > DEEPEST {
            return self.at(&source, Plain::Unknown(Reason::Limit));
        }
        match expression {
            Expression::Parenthesis(within) => inner(within.inner()),
            Expression::Array(items) => self.at(&source, Plain::List(items.iter().map(inner).collect())),
            Expression::Object(object) => {
                let pair = |(key, value): (&'a ObjectKey, &'a hcl_edit::expr::ObjectValue)| {
                    Some((super::syntax::object_key(key)?.to_owned(), inner(value.expr())))
                };
                self.at(&source, Plain::Map(object.iter().filter_map(pair).collect()))
            }
            Expression::FuncCall(call)
                if matches!(call.name.name.as_str(), "jsonencode" | "yamlencode" | "yamldecode" | "jsondecode") =>
            {
                call.args.iter().next().map_or_else(|| self.evaluated(&source), inner)
            }
            Expression::FuncCall(call) if call.name.name.as_str() == "templatefile" => {
                let value = |expression| self.value(&Source::Hcl(expression, origin));
                let arguments: Vec<Value> = call.args.iter().map(value).collect();
                match self.scope.template_file_with_gaps(&arguments) {
                    Some(text) => self.gapped(&source, text),
                    None => self.evaluated(&source),
                }
            }
            Expression::HeredocTemplate(heredoc) => {
                match self.bound(|bound| self.scope.with_gaps(&heredoc.template, bound)) {
                    Ok(text) => self.gapped(&source, text),
                    Err(reason) => self.at(&source, Plain::Unknown(Reason::Invalid(Arc::from(reason.to_string())))),
                }
            }
            _ => self.evaluated(&source),
        }
    }

    /// A text with gaps; of parts that are left out is told later.
    fn gapped(&self, source: &Source<'a>, (text, is_part): (String, bool)) -> Resolved<'a> {
        if is_part {
            self.parts.borrow_mut().push(source.span());
        }
        self.at(source, Plain::Text(text))
    }

    /// Tells which values are not whole.
    pub(super) fn tell_parts(&self, out: &mut Facts<'_>) {
        for span in self.parts.take() {
            let message = "a part of the template is left out: its condition or list is not known";
            out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
        }
    }

    /// A value as it is evaluated; a text that is JSON is what stands in it.
    pub(super) fn evaluated(&self, source: &Source<'a>) -> Resolved<'a> {
        let found = self.plain(source, &self.value(source), 0);
        match &found.value {
            Plain::Text(text) if text.trim_start().starts_with(['[', '{']) => match parse::json::json(text) {
                Ok(root) => self.parsed(source, &root, 0),
                Err(_) => found,
            },
            _ => found,
        }
    }

    fn plain(&self, source: &Source<'a>, value: &Value, depth: usize) -> Resolved<'a> {
        let value = match value {
            _ if depth > DEEPEST => Plain::Unknown(Reason::Limit),
            Value::Unknown(reason) => Plain::Unknown(Reason::Invalid(Arc::from(reason.to_string()))),
            Value::Null => Plain::Null,
            Value::Bool(truth) => Plain::Bool(*truth),
            Value::Number(number) => Plain::Number(*number),
            Value::Text(text) => Plain::Text(text.clone()),
            Value::List(items) => Plain::List(items.iter().map(|item| self.plain(source, item, depth + 1)).collect()),
            Value::Object(entries) => Plain::Map(
                entries.iter().map(|(name, value)| (name.clone(), self.plain(source, value, depth + 1))).collect(),
            ),
        };
        self.at(source, value)
    }

    fn parsed(&self, source: &Source<'a>, node: &Node, depth: usize) -> Resolved<'a> {
        let value = match &node.value {
            _ if depth > DEEPEST => Plain::Unknown(Reason::Limit),
            parse::Value::Null => Plain::Null,
            parse::Value::Bool(truth) => Plain::Bool(*truth),
            parse::Value::Number(text) => text.parse().map_or_else(|_| Plain::Text(text.to_string()), Plain::Number),
            parse::Value::Text(text) => Plain::Text(text.to_string()),
            parse::Value::List(items) => {
                Plain::List(items.iter().map(|item| self.parsed(source, item, depth + 1)).collect())
            }
            parse::Value::Map(entries) => Plain::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.to_string(), self.parsed(source, &entry.value, depth + 1)))
                    .collect(),
            ),
        };
        self.at(source, value)
    }

    /// A block as a table: blocks inside of it are lists of tables.
    pub(super) fn block(&self, inside: &Inside<'a>, span: Span, depth: usize) -> Resolved<'a> {
        let mut entries: Vec<(String, Resolved<'a>)> = Vec::new();
        for (name, source) in inside.arguments() {
            entries.push((name, self.open(source, 0)));
        }
        for (name, inner) in inside.nested().into_iter().filter(|_| depth < DEEPEST) {
            // what a `dynamic` block makes stands in its content
            let is_made = name == "content";
            let value = self.block(&inner, span, depth + 1);
            match value.value {
                Plain::Map(more) if is_made => entries.extend(more),
                value => entries.push((name, Resolved::new(self.file, span, value))),
            }
        }
        Resolved::new(self.file, span, Plain::Map(entries))
    }
}
