//! What names stand for: variables, locals, arguments, outputs of calls, and what data sources look up.

use std::sync::Arc;

use hcl_edit::expr::Expression;

use super::evaluate::MAX_STEPS;
use super::scope::{Bound, Scope, Variable};
use super::types::conform;
use super::value::{Reason, Value};

/// Data sources that look up what a resource of the tree may say: type, the argument that both share, the field.
const STATED: [(&str, &str, &str); 4] = [
    ("azurerm_resource_group", "name", "location"),
    ("azurerm_virtual_network", "name", "location"),
    ("google_container_cluster", "name", "location"),
    ("aws_s3_bucket", "bucket", "region"),
];
/// Resources of one type that a data source is compared with.
const MOST_STATED: usize = 2_000;

impl<'a> Scope<'a> {
    /// A variable or local, computed once; a name that needs itself is unknown.
    pub(super) fn name(&self, table: &str, field: &str, depth: usize) -> Value {
        let full = format!("{table}.{field}");
        self.once(full, |scope, full| {
            if table == "local" {
                return match scope.locals.get(field) {
                    Some(source) => scope.source(source, None, depth + 1),
                    None => Value::Unknown(Reason::Undeclared(Arc::from(full))),
                };
            }
            let Some(variable) = scope.variables.get(field) else {
                return Value::Unknown(Reason::Undeclared(Arc::from(full)));
            };
            let value = match scope.argument_of(variable, depth) {
                Some(value) if !(value == Value::Null && variable.never_null) => value,
                _ => match &variable.value {
                    Some(source) => scope.source(source, None, depth + 1),
                    None => return Value::Unknown(Reason::Variable(Arc::from(full))),
                },
            };
            let defaults = |expression: &Expression| scope.expression(expression, None, depth + 1);
            variable.kind.map_or_else(|| value.clone(), |kind| conform(&value, kind, &defaults, depth))
        })
    }

    /// What the caller gives a variable.
    fn argument_of(&self, variable: &Variable<'a>, depth: usize) -> Option<Value> {
        let source = variable.argument?;
        let caller = self.caller.as_ref()?;
        let scope = caller.scope()?;
        let bound = caller.bound.as_ref().map(|(name, value)| Bound { name, value, outer: None });
        Some(scope.source(&source, bound.as_ref(), depth + 1))
    }

    /// An output of this module.
    pub(super) fn own_output(&self, name: &str, depth: usize) -> Value {
        self.once(format!("output.{name}"), |scope, full| match scope.outputs.get(name) {
            Some(source) => scope.source(source, None, depth + 1),
            None => Value::Unknown(Reason::Undeclared(Arc::from(full))),
        })
    }

    /// What a data source gives: the region that its provider block says, and nothing else that is known here.
    pub(super) fn looked_up(&self, kind: &str, label: &str, field: &str, depth: usize) -> Value {
        let elsewhere = || Value::Unknown(Reason::Elsewhere(Arc::from(format!("data.{kind}.{label}.{field}"))));
        let is_region = match kind {
            "aws_region" => matches!(field, "name" | "id" | "region"),
            "google_client_config" => field == "region",
            _ => false,
        };
        let item = self.data.get(&format!("{kind}.{label}"));
        if is_region {
            return item.and_then(|item| self.provider_region(item, depth)).unwrap_or_else(elsewhere);
        }
        let stated = STATED.iter().find(|(known, _, wanted)| *known == kind && *wanted == field);
        stated.and_then(|(_, by, _)| self.stated(kind, by, item?, field, depth)).unwrap_or_else(elsewhere)
    }

    /// What a resource says that a data source looks up by its name: of this module, else of any folder of the tree
    /// where all that write the name agree.
    fn stated(&self, kind: &str, by: &str, item: &super::syntax::Item<'a>, field: &str, depth: usize) -> Option<Value> {
        let name = self.source(&item.inside.get(by)?, None, depth + 1).text()?;
        let prefix = format!("{kind}.");
        for (address, inside) in &self.resources {
            let Some(label) = address.strip_prefix(&prefix) else { continue };
            let own = inside.get(by).and_then(|source| self.source(&source, None, depth + 1).text());
            if own.is_some_and(|own| own == name) {
                return Some(self.argument(kind, label, field, depth));
            }
        }
        let items = self.tree?.folders().flat_map(|folder| &folder.items);
        let named = items.filter(|item| item.kind == "resource" && item.label(0) == kind);
        let mut found: Option<String> = None;
        for inside in named.map(|item| item.inside).take(MOST_STATED) {
            if inside.get(by).and_then(|source| source.literal().map(|text| text == name)) != Some(true) {
                continue;
            }
            let value = inside.get(field)?.literal()?.to_owned();
            if found.as_ref().is_some_and(|known| *known != value) {
                return None;
            }
            found = Some(value);
        }
        found.map(Value::Text)
    }

    /// An argument of a resource of this module. What is not written, or is null, the provider decides.
    pub(super) fn argument(&self, kind: &str, name: &str, argument: &str, depth: usize) -> Value {
        self.once(format!("{kind}.{name}.{argument}"), |scope, full| {
            let inside = scope.resources.get(&format!("{kind}.{name}"));
            let written = inside.and_then(|inside| inside.get(argument));
            let value = written.map_or(Value::Null, |source| scope.source(&source, None, depth + 1));
            if value == Value::Null { Value::Unknown(Reason::Elsewhere(Arc::from(full))) } else { value }
        })
    }

    pub(super) fn once(&self, full: String, compute: impl FnOnce(&Self, &str) -> Value) -> Value {
        if let Some(value) = self.known.borrow().get(&full) {
            return value.clone();
        }
        if !self.open.borrow_mut().insert(full.clone()) {
            return Value::Unknown(Reason::Cycle(Arc::from(full)));
        }
        let value = self.charged(compute(self, &full));
        self.open.borrow_mut().remove(&full);
        // a chain cut off by depth may be within reach from elsewhere
        if value.reason() != Some(&Reason::Limit) || self.budget.steps.get() > MAX_STEPS {
            self.known.borrow_mut().insert(full, value.clone());
        }
        value
    }
}
