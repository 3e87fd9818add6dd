//! What machines are given for their start: scripts in arguments such as `user_data`, read as the text that they become.

use std::cell::Cell;

use hcl_edit::expr::{Expression, FuncCall, TraversalOperator};

use super::facts::{Context, Instances};
use super::scope::{Bound, Scope};
use super::syntax::{Inside, Item, Origin, Source};
use super::value::{Reason, Value};
use crate::catalog::rows::Role;
use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::scan::image::start::{self, Starter};
use crate::scan::origin;
use crate::scan::{Facts, Input, SourceFile};

/// Names, calls and brackets that are followed to a text.
const STEPS: usize = 12;
/// Texts of one resource, and the expressions that are looked at for them.
const MOST_TEXTS: usize = 100;
const MOST_LOOKED_AT: usize = 1_000;
/// Functions that give their first argument in another form, which says the same.
const SAME: [&str; 8] =
    ["base64encode", "base64gzip", "textencodebase64", "trimspace", "chomp", "sensitive", "nonsensitive", "replace"];
/// Data sources that put texts together for the start of a machine.
const PUT_TOGETHER: [&str; 3] = ["cloudinit_config", "template_cloudinit_config", "template_file"];

/// A text that a machine starts with, as a file of its own, or why it is not known.
enum Text {
    Known(Box<SourceFile>),
    Unknown(Reason),
}

/// Writes what the machines of a resource start.
pub(super) fn write<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    input: &Input<'_>,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let sources = sources(item, context);
    if sources.is_empty() {
        return;
    }
    let starter = Starter::machine(id);
    let bound = instances.bound();
    let first = bound.first().map(|(name, value)| Bound { name, value, outer: None });
    for source in sources {
        let reader = Reader { scope: context.scope, bound: first.as_ref(), left: Cell::new(MOST_LOOKED_AT) };
        let texts = reader.texts(source, STEPS);
        if texts.len() > MOST_TEXTS || reader.left.get() == 0 {
            let message = format!("`{}` may run more when it starts than was read", id.rest());
            out.problem(DiagnosticKind::LimitReached, item.file, Some(source.span()), message);
        }
        for text in texts.into_iter().take(MOST_TEXTS) {
            match text {
                Text::Known(file) => start::read(&file, &starter, Some(input), out),
                Text::Unknown(reason) => {
                    let message = format!("what `{}` runs when it starts is not known: {reason}", id.rest());
                    out.problem(DiagnosticKind::Unresolved, item.file, Some(source.span()), message);
                }
            }
        }
    }
}

/// Arguments whose row says so, also in blocks and in tables that are written out.
fn sources<'a>(item: &Item<'a>, context: &Context<'a, '_>) -> Vec<Source<'a>> {
    let kind = item.label(0);
    let is_word = |(name, _): &(String, Source<'a>)| context.words.scripts.contains(name);
    if !item.inside.all().iter().any(is_word) {
        return Vec::new();
    }
    let is_script = |name: &str| context.catalog.argument_as(kind, name, Role::Script).is_some();
    let mut found = Vec::new();
    let mut open: Vec<(String, Inside<'a>)> = vec![(String::new(), item.inside)];
    while let Some((above, inside)) = open.pop() {
        for (name, source) in inside.arguments() {
            let name = name.replace('-', "_");
            if is_script(&name) || !above.is_empty() && is_script(&format!("{above}.{name}")) {
                found.push(source);
            } else if let Source::Hcl(Expression::Object(object), origin) = source {
                open.push((name, Inside::Object(object, origin)));
            }
        }
        open.extend(inside.nested().into_iter().map(|(name, inner)| (name.replace('-', "_"), inner)));
    }
    found
}

struct Reader<'a, 's> {
    scope: &'s Scope<'a>,
    /// What `each` or `count` is in the first instance: the scripts of the others are the same but for such values.
    bound: Option<&'s Bound<'s>>,
    /// Expressions that may still be looked at.
    left: Cell<usize>,
}

impl<'a> Reader<'a, '_> {
    fn texts(&self, source: Source<'a>, steps: usize) -> Vec<Text> {
        match self.left.get() {
            0 => return Vec::new(),
            left => self.left.set(left - 1),
        }
        if steps == 0 || self.left.get() == 0 {
            return vec![Text::Unknown(Reason::Limit)];
        }
        let Source::Hcl(expression, at) = source else { return self.evaluated(&source) };
        let inner = |expression| self.texts(Source::Hcl(expression, at), steps - 1);
        match expression {
            Expression::Parenthesis(within) => inner(within.inner()),
            Expression::Object(object) => object.iter().flat_map(|(_, value)| inner(value.expr())).collect(),
            Expression::Conditional(either) => match self.value(&either.cond_expr, at).truth() {
                Some(true) => inner(&either.true_expr),
                Some(false) => inner(&either.false_expr),
                None => self.evaluated(&source),
            },
            Expression::HeredocTemplate(heredoc) => {
                let text = self.scope.with_gaps(&heredoc.template, self.bound);
                self.known(&source, text.map(|(text, _)| text))
            }
            Expression::StringTemplate(template) => {
                let text = self.scope.with_gaps(template, self.bound);
                self.known(&source, text.map(|(text, _)| text))
            }
            Expression::FuncCall(call) => self.called(call, &source, at, steps),
            Expression::Traversal(traversal) => {
                let names: Vec<&str> = traversal
                    .operators
                    .iter()
                    .map_while(|operator| match operator.value() {
                        TraversalOperator::GetAttr(name) => Some(name.as_str()),
                        _ => None,
                    })
                    .collect();
                let Expression::Variable(first) = &traversal.expr else { return self.evaluated(&source) };
                match (first.as_str(), names.as_slice()) {
                    ("local", [name]) => match self.scope.locals.get(*name) {
                        Some(source) => self.texts(*source, steps - 1),
                        None => self.evaluated(&source),
                    },
                    ("data", [kind, label, "rendered"]) if PUT_TOGETHER.contains(kind) => {
                        let item = self.scope.data.get(&format!("{kind}.{label}"));
                        item.map_or_else(|| self.evaluated(&source), |item| self.put_together(item, steps))
                    }
                    _ => self.evaluated(&source),
                }
            }
            _ => self.evaluated(&source),
        }
    }

    fn value(&self, expression: &'a Expression, at: Origin<'a>) -> Value {
        self.scope.value_in(&Source::Hcl(expression, at), self.bound)
    }

    fn called(&self, call: &'a FuncCall, source: &Source<'a>, at: Origin<'a>, steps: usize) -> Vec<Text> {
        let name = call.name.name.as_str();
        let arguments: Vec<&'a Expression> = call.args.iter().collect();
        match (name, arguments.as_slice()) {
            ("templatefile" | "file" | "filebase64", [_, ..]) => {
                let values: Vec<Value> = arguments.iter().map(|one| self.value(one, at)).collect();
                let Some((path, own)) = self.scope.held_file(values.first()) else { return self.evaluated(source) };
                let text = match name {
                    "templatefile" => self.scope.template_file_with_gaps(&values).map(|(text, _)| text),
                    _ => Some(own.clone()),
                };
                let Some(text) = text else { return self.evaluated(source) };
                let file = SourceFile::new(path, own.into_bytes(), None);
                let count = |text: &str| text.split('\n').count();
                let is_same = count(&text) == count(file.text());
                let place =
                    if is_same { file.lines_from(0) } else { origin::Origin::At(file.region(first_line(&file))) };
                vec![Text::Known(Box::new(file.part(&text, place)))]
            }
            (name, [first, ..]) if SAME.contains(&name) => self.texts(Source::Hcl(first, at), steps - 1),
            // several texts, one behind the other
            ("join", [_, Expression::Array(items)]) => {
                items.iter().flat_map(|item| self.texts(Source::Hcl(item, at), steps - 1)).collect()
            }
            _ => self.evaluated(source),
        }
    }

    /// The parts of a data source.
    fn put_together(&self, item: &'a Item<'a>, steps: usize) -> Vec<Text> {
        let parts = item.inside.blocks_or_content("part");
        let own = item.inside.get("template").into_iter();
        let all = own.chain(parts.iter().filter_map(|part| part.get("content")));
        all.flat_map(|source| self.texts(source, steps - 1)).collect()
    }

    fn known(&self, source: &Source<'a>, text: Result<String, Reason>) -> Vec<Text> {
        match text {
            Ok(text) => vec![Text::Known(Box::new(start::within(source.file(), &text, source.span())))],
            Err(reason) => vec![Text::Unknown(reason)],
        }
    }

    fn evaluated(&self, source: &Source<'a>) -> Vec<Text> {
        match self.scope.value_in(source, self.bound) {
            Value::Text(text) if !text.trim().is_empty() => {
                let text = decoded(&text).unwrap_or(text);
                self.known(source, Ok(text))
            }
            Value::Unknown(reason) => vec![Text::Unknown(reason)],
            Value::Object(entries) => {
                let texts = entries.values().filter_map(Value::text).filter(|text| text.starts_with('#'));
                texts.flat_map(|text| self.known(source, Ok(text))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The text in base64, where it is a script or settings.
fn decoded(text: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    String::from_utf8(bytes).ok().filter(|text| text.starts_with(['#', 'C', 'M']))
}

fn first_line(file: &SourceFile) -> crate::text::Span {
    let end = file.text().find('\n').unwrap_or(file.text().len());
    crate::text::Span::new(0, end)
}
