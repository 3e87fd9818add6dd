//! Templates: texts with expressions and directives in them.

use std::cell::Cell;

use hcl_edit::template::{Directive, Element, Template};

use super::evaluate::entries;
use super::scope::{Bound, Scope};
use super::value::{Reason, Value};
use crate::scan::cluster::carried::GAP;

/// Longest text a template may become.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// What a template becomes.
struct Made<'o> {
    text: &'o mut String,
    /// Set where what is not known becomes a gap: whether a whole part is left out.
    gaps: Option<&'o Cell<bool>>,
}

impl Scope<'_> {
    /// A text in which what is not known stands as [`GAP`], and whether a whole part is left out because its condition
    /// or list is not known.
    ///
    /// # Errors
    /// Why it is not evaluated to its end.
    pub(super) fn with_gaps(&self, template: &Template, bound: Option<&Bound<'_>>) -> Result<(String, bool), Reason> {
        let (mut out, is_part) = (String::new(), Cell::new(false));
        match self.pieces(template, bound, 0, &mut Made { text: &mut out, gaps: Some(&is_part) }) {
            None => Ok((out, is_part.get())),
            Some(refused) => Err(refused.reason().cloned().unwrap_or(Reason::Limit)),
        }
    }

    pub(super) fn template(&self, template: &Template, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return self.expression(&only.expr, bound, depth + 1);
        }
        let mut out = String::new();
        match self.pieces(template, bound, depth, &mut Made { text: &mut out, gaps: None }) {
            Some(refused) => refused,
            None => Value::Text(out),
        }
    }

    /// Adds the pieces of a template to a text; what cannot be added is the value of the whole.
    fn pieces(
        &self,
        template: &Template,
        bound: Option<&Bound<'_>>,
        depth: usize,
        out: &mut Made<'_>,
    ) -> Option<Value> {
        if let Some(reason) = self.ended(depth) {
            return Some(Value::Unknown(reason));
        }
        for element in template {
            match element {
                Element::Literal(text) => out.text.push_str(text.value()),
                Element::Interpolation(inner) => {
                    let value = self.expression(&inner.expr, bound, depth + 1);
                    match value.text() {
                        Some(text) => out.text.push_str(&text),
                        None if out.gaps.is_some() => out.text.push_str(GAP),
                        None => return Some(Value::because(&[&value], "no text")),
                    }
                }
                Element::Directive(directive) => {
                    let before = out.text.len();
                    match (self.directive(directive, bound, depth, out), out.gaps) {
                        (None, _) => {}
                        (Some(Value::Unknown(reason @ (Reason::Limit | Reason::Budget))), _) => {
                            return Some(Value::Unknown(reason));
                        }
                        (Some(_), Some(is_part)) => {
                            out.text.truncate(before);
                            is_part.set(true);
                        }
                        (Some(refused), None) => return Some(refused),
                    }
                }
            }
            if out.text.len() > MAX_TEXT {
                return Some(Value::Unknown(Reason::Limit));
            }
        }
        None
    }

    /// `%{ if … }` and `%{ for … }`.
    fn directive(
        &self,
        directive: &Directive,
        bound: Option<&Bound<'_>>,
        depth: usize,
        out: &mut Made<'_>,
    ) -> Option<Value> {
        match directive {
            Directive::If(either) => {
                let condition = self.expression(&either.if_expr.cond_expr, bound, depth + 1);
                match condition.truth() {
                    Some(true) => self.pieces(&either.if_expr.template, bound, depth + 1, out),
                    Some(false) => {
                        let other = either.else_expr.as_ref()?;
                        self.pieces(&other.template, bound, depth + 1, out)
                    }
                    None => Some(Value::because(&[&condition], "the condition is neither true nor false")),
                }
            }
            Directive::For(each) => {
                let collection = self.expression(&each.for_expr.collection_expr, bound, depth + 1);
                let items = match entries(collection) {
                    Ok(items) => items,
                    Err(refused) => return Some(refused),
                };
                for (key, item) in &items {
                    let outer = each.for_expr.key_var.as_ref().map(|name| Bound {
                        name: name.as_str(),
                        value: key,
                        outer: bound,
                    });
                    let inner =
                        Bound { name: each.for_expr.value_var.as_str(), value: item, outer: outer.as_ref().or(bound) };
                    if let Some(refused) = self.pieces(&each.for_expr.template, Some(&inner), depth + 1, out) {
                        return Some(refused);
                    }
                    if out.text.len() > MAX_TEXT {
                        return Some(Value::Unknown(Reason::Limit));
                    }
                }
                None
            }
        }
    }
}
