//! Evaluation of templates and Bicep files: names, members, loops, conditions.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{Declared, Expr, Loop, Node, Template};
use crate::model::ComponentId;
use crate::scan::cloud::declared::value::{MAX_WEIGHT, Mention, Reason, Resolved, Value};
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// Deepest expression.
const DEPTH: usize = 80;
/// Elements of one loop that are evaluated.
pub(super) const MOST_INSTANCES: usize = 64;

/// What is left to do in one file and all that it calls.
pub(super) struct Budget {
    /// Values still to be evaluated.
    pub(super) steps: Cell<usize>,
    /// Templates still to be entered.
    pub(super) modules: Cell<usize>,
    /// Files of the modules that are entered and not left yet.
    pub(super) open: RefCell<Vec<RelPath>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(400_000), modules: Cell::new(200), open: RefCell::default() }
    }
}

/// A template with what it is given.
pub(super) struct Scope<'a, 't> {
    /// The file.
    pub(super) file: &'a SourceFile,
    /// What stands in it.
    pub(super) template: &'t Template,
    /// Values of parameters, by name in lower case.
    pub(super) given: BTreeMap<String, Resolved<'a>>,
    /// The template around a nested one that sees its names.
    pub(super) outer: Option<&'t Self>,
    /// What stands before the addresses of a nested template's resources.
    pub(super) prefix: String,
    /// Address of the module that calls it.
    pub(super) home: Option<String>,
    /// The tree, to read what modules give back.
    pub(super) input: Option<&'t Input<'t>>,
    /// Shared by all.
    pub(super) budget: &'t Budget,
    /// Names that are being evaluated.
    pub(super) busy: RefCell<BTreeSet<String>>,
    /// Values of variables, parameters and modules that were asked for.
    pub(super) known: RefCell<BTreeMap<String, Resolved<'a>>>,
}

/// Names of loops and functions, innermost first.
pub(super) struct Local<'l, 'a> {
    name: &'l str,
    value: Resolved<'a>,
    outer: Option<&'l Self>,
}

pub(super) type Locals<'l, 'a> = Option<&'l Local<'l, 'a>>;

impl<'a, 't> Scope<'a, 't> {
    /// A template with values of its parameters.
    pub(super) fn new(file: &'a SourceFile, template: &'t Template, budget: &'t Budget) -> Self {
        Self {
            file,
            template,
            given: BTreeMap::new(),
            outer: None,
            prefix: String::new(),
            home: None,
            input: None,
            budget,
            busy: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// What is not known, at a node.
    pub(super) fn unknown(&self, node: &Node, reason: Reason) -> Resolved<'a> {
        Resolved::unknown(self.file, node.span, reason)
    }

    /// A value at a node.
    pub(super) fn at(&self, node: &Node, value: Value<'a>) -> Resolved<'a> {
        Resolved::new(self.file, node.span, value)
    }

    /// A value outside of loops.
    pub(super) fn value(&self, node: &Node) -> Resolved<'a> {
        self.value_in(node, None, 0)
    }

    /// What an expression means.
    pub(super) fn value_in(&self, node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        if depth > DEPTH || !self.step(1) {
            return self.unknown(node, Reason::Limit);
        }
        let mut found = self.evaluate(node, locals, depth + 1);
        let is_written = matches!(node.expr, Expr::List(_) | Expr::Object(_));
        let weight = found.weight();
        // what is put together of names may double with each of them, lists as well
        if weight > MAX_WEIGHT || !is_written {
            let may = self.step(weight) && weight <= MAX_WEIGHT;
            found = if may { found } else { self.unknown(node, Reason::Limit) };
        }
        if !is_written {
            (found.file, found.span) = (self.file, node.span);
        }
        found
    }

    fn step(&self, cost: usize) -> bool {
        let left = self.budget.steps.get();
        self.budget.steps.set(left.saturating_sub(cost));
        left > cost
    }

    fn evaluate(&self, node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        match &node.expr {
            Expr::Null => self.at(node, Value::Null),
            Expr::Bool(truth) => self.at(node, Value::Bool(*truth)),
            Expr::Number(number) => self.at(node, Value::Number(*number)),
            Expr::Text(text) => self.at(node, Value::Text(text.clone())),
            Expr::Interpolated(parts) => {
                let parts = parts.iter().map(|part| self.value_in(part, locals, depth)).collect();
                self.joined(node, parts)
            }
            Expr::List(items) => {
                let items = items.iter().map(|item| self.value_in(item, locals, depth));
                self.at(node, Value::List(items.collect()))
            }
            Expr::Object(entries) => self.object(node, entries, locals, depth),
            Expr::Name(name) => self.name(name, node, locals, depth),
            Expr::Call(name, arguments) => self.call(name, arguments, node, locals, depth),
            Expr::Member(of, name) => self.member(of, name, node, locals, depth),
            Expr::Index(of, at) => {
                let of = self.value_in(of, locals, depth);
                let at = self.value_in(at, locals, depth);
                self.element(node, of, &at)
            }
            Expr::If(parts) => {
                let (condition, yes, no) = &**parts;
                self.choose(node, self.value_in(condition, locals, depth), yes, no, locals, depth)
            }
            Expr::For(all) => match self.rounds(all, locals, depth) {
                Ok(rounds) => {
                    let made = rounds.into_iter().map(|(item, index)| {
                        self.round(all, &item, index, locals, &mut |locals| self.value_in(&all.body, locals, depth))
                    });
                    self.at(node, Value::List(made.collect()))
                }
                Err(reason) => self.unknown(node, reason),
            },
            Expr::Unread(what) => self.unknown(node, Reason::Syntax(Arc::from(*what))),
        }
    }

    fn object(&self, node: &Node, entries: &[(Node, Node)], locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        let mut found = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = self.value_in(key, locals, depth).text() else { continue };
            // loops of properties in older templates
            if name.eq_ignore_ascii_case("copy")
                && let Expr::List(loops) = &value.expr
            {
                for one in loops {
                    if let (Some(name), Some(all)) = (one.get("name").and_then(Node::text), super::arm::copy(one)) {
                        found.push((name.to_owned(), self.value_in(&all, locals, depth)));
                    }
                }
                continue;
            }
            found.push((name, self.value_in(value, locals, depth)));
        }
        self.at(node, Value::Map(found))
    }

    /// Elements that a loop goes through, with their positions.
    pub(super) fn rounds(
        &self,
        all: &Loop,
        locals: Locals<'_, 'a>,
        depth: usize,
    ) -> Result<Vec<(Resolved<'a>, usize)>, Reason> {
        let over = self.value_in(&all.over, locals, depth);
        match over.value {
            Value::List(items) => Ok(items.into_iter().enumerate().map(|(at, item)| (item, at)).collect()),
            Value::Unknown(reason) => Err(reason),
            _ => Err(Reason::Invalid(Arc::from("a loop over what is no list"))),
        }
    }

    /// One round of a loop, with its names set.
    pub(super) fn round<T>(
        &self,
        all: &Loop,
        item: &Resolved<'a>,
        index: usize,
        locals: Locals<'_, 'a>,
        body: &mut dyn FnMut(Locals<'_, 'a>) -> T,
    ) -> T {
        let place = Local {
            name: all.index.as_deref().unwrap_or(""),
            value: Resolved::new(item.file, item.span, Value::Number(index as f64)),
            outer: locals,
        };
        match all.item.as_slice() {
            [one] => body(Some(&Local { name: one, value: item.clone(), outer: Some(&place) })),
            [one, other, ..] => {
                let first = Local { name: one, value: item.clone(), outer: Some(&place) };
                body(Some(&Local { name: other, value: item.clone(), outer: Some(&first) }))
            }
            [] => body(Some(&place)),
        }
    }

    /// Pieces of a text; one that is not known makes the whole unknown.
    pub(super) fn joined(&self, node: &Node, parts: Vec<Resolved<'a>>) -> Resolved<'a> {
        let mut text = String::new();
        let mut reason = None;
        let mut mentions: Vec<Mention<'a>> = Vec::new();
        for part in &parts {
            mentions.extend(part.all_mentions().into_iter().cloned());
            match part.text() {
                Some(piece) if text.len() + piece.len() < 1 << 16 => text.push_str(&piece),
                Some(_) => reason = reason.or(Some(Reason::Limit)),
                None => {
                    let other = || Reason::Invalid(Arc::from("a list or table within a text"));
                    reason = reason.or_else(|| Some(part.reason().cloned().unwrap_or_else(other)));
                }
            }
        }
        let mut found = self.at(node, reason.map_or(Value::Text(text), Value::Unknown));
        mentions.iter_mut().for_each(|mention| (mention.file, mention.span) = (self.file, node.span));
        found.mentions = mentions;
        found
    }

    /// One of two values; the same twice is known all the same.
    pub(super) fn choose(
        &self,
        node: &Node,
        condition: Resolved<'a>,
        yes: &Node,
        no: &Node,
        locals: Locals<'_, 'a>,
        depth: usize,
    ) -> Resolved<'a> {
        match condition.value.truth() {
            Some(true) => self.value_in(yes, locals, depth),
            Some(false) => self.value_in(no, locals, depth),
            None => {
                let (yes, no) = (self.value_in(yes, locals, depth), self.value_in(no, locals, depth));
                if yes == no && yes.reason().is_none() {
                    return yes;
                }
                let reason = condition.reason().cloned();
                let reason = reason.unwrap_or_else(|| Reason::Invalid(Arc::from("a condition that is no truth value")));
                let mut found = self.unknown(node, reason);
                found.mentions = yes.all_mentions().into_iter().chain(no.all_mentions()).cloned().collect();
                found
            }
        }
    }

    /// What a bare name stands for: a local, a parameter, a variable, a resource, a module.
    fn name(&self, name: &str, node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        let mut local = locals;
        while let Some(at) = local {
            if at.name == name {
                return at.value.clone();
            }
            local = at.outer;
        }
        if let Some(found) = self.parameter(name, node, depth).or_else(|| self.variable(name, node, depth)) {
            return found;
        }
        match self.mention(name) {
            Some(to) => Resolved::of_resource(self.file, node.span, name, to),
            None if self.template.modules.iter().any(|module| module.symbol == name) => {
                self.unknown(node, Reason::Elsewhere(Arc::from(name)))
            }
            None => self.unknown(node, Reason::Undeclared(Arc::from(name))),
        }
    }

    /// A local of a loop by its name.
    pub(super) fn local(&self, name: &str, locals: Locals<'_, 'a>) -> Option<Resolved<'a>> {
        let mut local = locals;
        while let Some(at) = local {
            if at.name.eq_ignore_ascii_case(name) {
                return Some(at.value.clone());
            }
            local = at.outer;
        }
        None
    }

    /// The value of a parameter: given, else its default.
    pub(super) fn parameter(&self, name: &str, node: &Node, depth: usize) -> Option<Resolved<'a>> {
        let folded = name.to_ascii_lowercase();
        let declared = self.template.parameters.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let Some((known, _, default)) = declared else {
            return self.outer.and_then(|outer| outer.parameter(name, node, depth));
        };
        if let Some(given) = self.given.get(&folded) {
            return Some(given.clone());
        }
        let Some(default) = default else {
            return Some(self.unknown(node, Reason::Parameter(Arc::from(known.as_str()))));
        };
        Some(self.once(&format!("p:{folded}"), name, default, node, depth))
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str, node: &Node, depth: usize) -> Option<Resolved<'a>> {
        let found = self.template.variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some((_, value)) => Some(self.once(&format!("v:{}", name.to_ascii_lowercase()), name, value, node, depth)),
            None => self.outer.and_then(|outer| outer.variable(name, node, depth)),
        }
    }

    /// Evaluates what a name stands for, at most once.
    fn once(&self, key: &str, name: &str, value: &Node, node: &Node, depth: usize) -> Resolved<'a> {
        if let Some(known) = self.known.borrow().get(key) {
            return known.clone();
        }
        if !self.busy.borrow_mut().insert(key.to_owned()) {
            return self.unknown(node, Reason::Cycle(Arc::from(name)));
        }
        let found = self.value_in(value, None, depth);
        self.busy.borrow_mut().remove(key);
        self.keep(key, &found, depth);
        found
    }

    /// Keeps a value that was asked for. Too deep from here is not too deep from elsewhere.
    pub(super) fn keep(&self, key: &str, found: &Resolved<'a>, depth: usize) {
        if depth < DEPTH / 4 || found.reason() != Some(&Reason::Limit) {
            self.known.borrow_mut().insert(key.to_owned(), found.clone());
        }
    }

    /// The resource of a symbol.
    pub(super) fn declared(&self, symbol: &str) -> Option<&'t Declared> {
        self.template.resources.iter().find(|resource| !symbol.is_empty() && resource.symbol == symbol)
    }

    /// The component of a resource's symbol.
    fn mention(&self, symbol: &str) -> Option<ComponentId> {
        self.declared(symbol).map(|resource| self.id(resource))
    }

    /// `of.name`: of a resource its name and place are known.
    fn member(&self, of: &Node, name: &str, node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        if let Expr::Name(symbol) = &of.expr
            && matches!(name, "name" | "location")
            && self.local(symbol, locals).is_none()
            && let Some(resource) = self.declared(symbol)
            && let Some(value) = resource.inner().get(name)
            && self.busy.borrow_mut().insert(format!("r:{symbol}"))
        {
            let mut found = self.value_in(value, locals, depth);
            self.busy.borrow_mut().remove(&format!("r:{symbol}"));
            found.mentions.push(Mention { to: self.id(resource), file: self.file, span: node.span });
            return found;
        }
        if let Some(found) = self.given_back(of, name, node, locals, depth) {
            return found;
        }
        let of = self.value_in(of, locals, depth);
        let name = self.at(node, Value::Text(name.to_owned()));
        self.element(node, of, &name)
    }

    /// An element by name or position; what is below the unknown is unknown for the same reason.
    pub(super) fn element(&self, node: &Node, of: Resolved<'a>, at: &Resolved<'a>) -> Resolved<'a> {
        let mentions = of.mentions.clone();
        let mut found = match (of.value, at.text(), at.value.number()) {
            (Value::Unknown(reason), ..) => self.unknown(node, reason),
            (Value::Map(entries), Some(name), _) => {
                let is_it = |(key, _): &(String, Resolved<'a>)| key.eq_ignore_ascii_case(&name);
                match entries.into_iter().rev().find(is_it) {
                    Some((_, value)) => value,
                    None => self.at(node, Value::invalid(format!("no property `{name}`"))),
                }
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
            (Value::List(mut items), _, Some(at)) if at >= 0.0 && at < items.len() as f64 => {
                items.swap_remove(at as usize)
            }
            (Value::List(_) | Value::Map(_), ..) => {
                let reason = at.reason().cloned();
                self.unknown(node, reason.unwrap_or_else(|| Reason::Invalid(Arc::from("no element at this position"))))
            }
            (Value::Null, ..) => self.at(node, Value::Null),
            _ => self.at(node, Value::invalid("neither a list nor an object")),
        };
        found.mentions.extend(mentions);
        found
    }
}
