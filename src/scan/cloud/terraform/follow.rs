//! What an expression mentions, followed through names: resources it needs, objects it is made of.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, TraversalOperator};

use super::evaluate::Scope;
use super::syntax::{Inside, Source};
use crate::text::Span;

impl<'a> Scope<'a> {
    /// Objects written in an expression, also in lists, calls such as `merge`, locals and variables.
    pub(super) fn objects(&self, source: &Source<'a>) -> Vec<Inside<'a>> {
        let mut found = Vec::new();
        let mut followed: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![*source];
        while let Some(source) = open.pop() {
            let (expression, origin) = match source {
                Source::Hcl(expression, origin) => (expression, origin),
                Source::Json(node, file) if node.is_map() => {
                    found.push(Inside::Json(node, file));
                    continue;
                }
                Source::Json(node, file) => {
                    open.extend(node.list().iter().map(|node| Source::Json(node, file)));
                    continue;
                }
            };
            match expression {
                Expression::Object(object) => found.push(Inside::Object(object, origin)),
                Expression::Array(items) => open.extend(items.iter().map(|item| Source::Hcl(item, origin))),
                Expression::Parenthesis(inner) => open.push(Source::Hcl(inner.inner(), origin)),
                Expression::FuncCall(call) => open.extend(call.args.iter().map(|item| Source::Hcl(item, origin))),
                Expression::Traversal(traversal) => {
                    let (Expression::Variable(table), [operator]) = (&traversal.expr, traversal.operators.as_slice())
                    else {
                        continue;
                    };
                    let TraversalOperator::GetAttr(name) = operator.value() else { continue };
                    let target = match table.as_str() {
                        "local" => self.locals.get(name.as_str()).copied(),
                        "var" => self.variables.get(name.as_str()).and_then(|variable| variable.value),
                        _ => None,
                    };
                    if followed.insert(format!("{}.{}", table.as_str(), name.as_str())) {
                        open.extend(target);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Resources that an expression needs, also through locals, with the place of the mention in it.
    pub(super) fn references(&self, source: &Source<'a>) -> BTreeMap<String, Span> {
        let mut found = BTreeMap::new();
        let mut followed = BTreeSet::new();
        let mut open = source.references();
        open.reverse();
        while let Some((name, span)) = open.pop() {
            if self.off.contains(&name) {
                continue;
            }
            if self.resources.contains_key(&name) || self.calls.contains(&name) {
                found.entry(name).or_insert(span);
            } else if let Some(local) = name.strip_prefix("local.")
                && followed.insert(local.to_owned())
                && let Some(source) = self.locals.get(local)
            {
                open.extend(source.references().into_iter().map(|(name, _)| (name, span)));
            }
        }
        found
    }
}
