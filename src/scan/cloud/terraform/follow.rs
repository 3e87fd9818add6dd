//! What an expression mentions, followed through names: resources it needs, objects it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hcl_edit::expr::{Expression, TraversalOperator};

use super::scope::{Made, Scope};
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
                        // what a caller gives is looked up by the caller's names, not here
                        "var" => {
                            self.variables.get(name.as_str()).filter(|it| it.argument.is_none()).and_then(|it| it.value)
                        }
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

    /// Resources that an expression needs, by address under the root, with the place of the mention in it: also
    /// through locals, what callers give, and outputs of called modules.
    pub(super) fn references(&self, source: &Source<'a>) -> BTreeMap<String, Span> {
        let mut found = BTreeMap::new();
        let mut followed: BTreeSet<(String, String)> = BTreeSet::new();
        let mut open: Vec<Mention<'a>> = Vec::new();
        let mentions = |source: &Source<'a>, scope: &Option<Rc<Self>>, span: Option<Span>| {
            let all = source.references().into_iter().rev();
            all.map(|(name, at)| Mention { scope: scope.clone(), name, span: span.unwrap_or(at) }).collect::<Vec<_>>()
        };
        open.extend(mentions(source, &None, None));
        while let Some(Mention { scope: at, name, span }) = open.pop() {
            let scope: &Self = at.as_deref().unwrap_or(self);
            if scope.off().contains(&name) || followed.len() > MOST_FOLLOWED {
                continue;
            }
            if scope.resources.contains_key(&name)
                || scope.opaque.get().is_some_and(|calls| calls.contains(call_of(&name)))
            {
                found.entry(scope.absolute(call_of(&name))).or_insert(span);
                continue;
            }
            if !followed.insert((scope.absolute(""), name.clone())) {
                continue;
            }
            let Some((table, rest)) = name.split_once('.') else { continue };
            match table {
                "local" => {
                    if let Some(source) = scope.locals.get(rest) {
                        open.extend(mentions(source, &at, Some(span)));
                    }
                }
                "var" => {
                    let argument = scope.variables.get(rest).and_then(|variable| variable.argument);
                    let caller = scope.caller.as_ref().and_then(super::scope::Caller::scope);
                    if let (Some(source), Some(caller)) = (argument, caller) {
                        open.extend(mentions(&source, &Some(caller), Some(span)));
                    }
                }
                "module" => {
                    let Some((call, output)) = rest.split_once('.') else { continue };
                    let Some(Made::Modules(modules)) = scope.made(call) else { continue };
                    for module in modules.iter() {
                        if let Some(source) = module.outputs.get(output) {
                            open.extend(mentions(source, &Some(Rc::clone(module)), Some(span)));
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }
}

/// A name, and the module that mentions it: the one that is asked, or another.
struct Mention<'a> {
    scope: Option<Rc<Scope<'a>>>,
    name: String,
    span: Span,
}

/// Most names that one expression is followed through.
const MOST_FOLLOWED: usize = 2_000;

/// `module.name` of `module.name.output`; other names as they are.
fn call_of(name: &str) -> &str {
    match name.strip_prefix("module.").and_then(|rest| rest.find('.')) {
        Some(at) => &name[.."module.".len() + at],
        None => name,
    }
}
