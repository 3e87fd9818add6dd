//! `Globals` of the serverless transform: what all functions, tables and interfaces have in common.

use super::template::Template;
use crate::parse::Node;
use crate::scan::cloud::declared::value::{Resolved, Value};

/// Common properties by section: `Function`, `Api`, `HttpApi`, `SimpleTable`, `StateMachine`.
pub(super) struct Globals<'a> {
    sections: Vec<(String, Resolved<'a>)>,
}

impl<'a> Globals<'a> {
    /// Evaluates the sections.
    pub(super) fn of(template: &Template<'a>, root: &'a Node) -> Self {
        let sections = root.get("Globals").map_or(&[][..], Node::entries).iter();
        Self { sections: sections.map(|entry| (entry.key.to_string(), template.value(&entry.value, 0))).collect() }
    }

    /// Adds what a resource of the type does not say itself.
    pub(super) fn apply(&self, kind: &str, properties: &mut Resolved<'a>) {
        let Some(section) = kind.strip_prefix("AWS::Serverless::") else { return };
        let Some((_, common)) = self.sections.iter().find(|(name, _)| name == section) else { return };
        merge(properties, common, 0);
    }
}

/// Tables are joined, lists are put behind each other, anything else of the resource's own wins.
fn merge<'a>(own: &mut Resolved<'a>, common: &Resolved<'a>, depth: usize) {
    match (&mut own.value, &common.value) {
        (Value::Map(entries), Value::Map(more)) if depth < 20 => {
            for (name, value) in more {
                match entries.iter_mut().find(|(known, _)| known == name) {
                    Some((_, own)) => merge(own, value, depth + 1),
                    None => entries.push((name.clone(), value.clone())),
                }
            }
        }
        (Value::List(items), Value::List(more)) => items.splice(0..0, more.iter().cloned()).for_each(drop),
        _ => {}
    }
}
