//! From a template to resources that can be written, with all templates that it calls.

use std::sync::Arc;

use super::evaluate::{Locals, MOST_INSTANCES, Scope};
use super::expression::{Declared, Expr, Node};
use crate::diagnostic::DiagnosticKind;
use crate::scan::Facts;
use crate::scan::cloud::declared::value::{Mention, Reason, Resolved, Value};
use crate::scan::cloud::declared::write::{Resource, switched_off};

/// Instances of a declaration.
pub(super) enum Made<'a> {
    /// None: a condition switches it off.
    Off,
    /// These, and how many in all where that is known.
    Some(Vec<Resolved<'a>>, Option<f64>),
}

impl<'a> Scope<'a, '_> {
    /// Every resource that conditions do not switch off.
    pub(super) fn resources(&self, out: &mut Facts<'_>) -> Vec<Resource<'a>> {
        let mut found = Vec::new();
        for declared in self.template.resources.iter().filter(|declared| !declared.is_existing) {
            let id = self.id(declared);
            let (variants, instances) = match self.made(declared.condition.as_ref(), &declared.body) {
                Made::Off => {
                    switched_off(id.rest().rsplit('/').next().unwrap_or_default(), self.file, declared.span, out);
                    continue;
                }
                Made::Some(variants, instances) => (variants, instances),
            };
            let Some(first) = variants.first() else { continue };
            let name = first.get("name").cloned();
            let mut resource = Resource::new(id, &declared.kind, first.clone(), declared.span);
            resource.file = self.file;
            resource.name = name;
            resource.instances = instances;
            resource.needs = self.needs(declared, first);
            resource.region = Some(self.region(declared));
            resource.variants = variants.into_iter().map(without_name).collect();
            found.push(resource);
        }
        found
    }

    /// Evaluates a body once, or once for every round of its loop.
    pub(super) fn made(&self, condition: Option<&Node>, body: &Node) -> Made<'a> {
        self.made_at(condition, body, 0)
    }

    /// As [`Self::made`], so deep within another expression.
    pub(super) fn made_at(&self, condition: Option<&Node>, body: &Node, depth: usize) -> Made<'a> {
        let is_off =
            |node: &Node, locals: Locals<'_, 'a>| self.value_in(node, locals, depth).value.truth() == Some(false);
        let Expr::For(all) = &body.expr else {
            let is_off = condition.is_some_and(|condition| is_off(condition, None));
            return if is_off { Made::Off } else { Made::Some(vec![self.value_in(body, None, depth)], Some(1.0)) };
        };
        let rounds = match self.rounds(all, None, depth) {
            Ok(rounds) => rounds,
            Err(reason) => {
                // how many is not known; what one of them is may be
                let item = self.unknown(&all.over, reason);
                let one = self.round(all, &item, 0, None, &mut |locals| self.value_in(&all.body, locals, depth));
                return Made::Some(vec![one], None);
            }
        };
        let mut variants: Vec<Resolved<'a>> = Vec::new();
        let mut number = rounds.len() as f64;
        for (item, index) in rounds.iter().take(MOST_INSTANCES) {
            let made = self.round(all, item, *index, None, &mut |locals| {
                let is_off = condition.is_some_and(|condition| is_off(condition, locals));
                (!is_off).then(|| self.value_in(&all.body, locals, depth))
            });
            match made {
                Some(made) => variants.push(made),
                None => number -= 1.0,
            }
        }
        if variants.is_empty() { Made::Off } else { Made::Some(variants, Some(number)) }
    }

    /// `dependsOn`, `parent`, `scope`, and the resource around.
    fn needs(&self, declared: &Declared, body: &Resolved<'a>) -> Vec<Mention<'a>> {
        let mut found: Vec<Mention<'a>> = Vec::new();
        if let Some(Expr::List(items)) = declared.inner().get("dependsOn").map(|needs| &needs.expr) {
            for item in items {
                if let Some(to) = self.referred(item, None, 0) {
                    found.push(Mention { to, file: self.file, span: item.span });
                }
            }
        }
        if let Some(parent) = declared.parent.as_deref().and_then(|parent| self.declared(parent)) {
            found.push(Mention { to: self.id(parent), file: self.file, span: declared.span });
        } else if declared.symbol.is_empty()
            && let Some(name) = body.text_at("name")
            && let Some((above, _)) = name.rsplit_once('/')
            && let Some((kind, _)) = declared.kind.rsplit_once('/')
        {
            // a child names its parent
            let is_parent = |other: &&Declared| {
                other.kind.eq_ignore_ascii_case(kind)
                    && other.inner().get("name").and_then(|name| self.value(name).text()).as_deref() == Some(above)
            };
            if let Some(parent) = self.template.resources.iter().find(is_parent) {
                found.push(Mention { to: self.id(parent), file: self.file, span: declared.span });
            }
        }
        found
    }

    /// Children lie where their parent does; anything else without a place of its own where the deployment goes.
    fn region(&self, declared: &Declared) -> Resolved<'a> {
        let parent = declared.parent.as_deref().and_then(|parent| self.declared(parent));
        let location = parent.and_then(|parent| parent.inner().get("location"));
        match location {
            Some(location) => self.value(location).used_at(self.file, declared.span),
            None => {
                let reason = Reason::Target(Arc::from("the location of the deployment"));
                Resolved::unknown(self.file, declared.span, reason)
            }
        }
    }
}

/// Names of resources are no arguments of theirs: `name` means something else elsewhere.
fn without_name(mut properties: Resolved<'_>) -> Resolved<'_> {
    if let Value::Map(entries) = &mut properties.value {
        entries.retain(|(name, _)| name != "name");
    }
    properties
}

/// Says once that resources lie where they are deployed, and that a file asks for too much.
pub(super) fn tell(scope: &Scope<'_, '_>, resources: &[Resource<'_>], out: &mut Facts<'_>) {
    let places = resources.iter().flat_map(|resource| &resource.variants).filter_map(|all| all.get("location"));
    for place in places {
        if let Some(Reason::Target(_)) = place.value.unknown() {
            let message = "the location of the resource group is known only to its deployment";
            out.problem(DiagnosticKind::Unresolved, place.file, Some(place.span), message);
            break;
        }
    }
    if scope.budget.steps.get() == 0 {
        let message = "the file asks for too many steps; the rest of it was not evaluated";
        out.problem(DiagnosticKind::LimitReached, scope.file, None, message);
    }
}
