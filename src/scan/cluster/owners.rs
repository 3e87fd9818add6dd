//! Objects that controllers made: the object that a person declared stands for them.

use std::collections::BTreeMap;

use super::manifest::Object;
use crate::parse::Node;

/// Controllers above each other.
const DEEPEST: usize = 8;

/// Owners of the objects of a dump.
pub(super) struct Owners<'a> {
    objects: BTreeMap<(&'a str, &'a str, &'a str), &'a Object<'a>>,
}

impl<'a> Owners<'a> {
    pub(super) fn of(objects: &'a [Object<'a>]) -> Self {
        let owned = objects.iter().any(|object| owner(object).is_some());
        let all = objects.iter().filter(|_| owned).map(|object| ((object.kind, object.name, object.namespace), object));
        Self { objects: all.collect() }
    }

    /// Kind and name of the outermost owner; nothing for what nobody owns. A replica set that is not in the dump is
    /// taken back to its deployment by its name.
    pub(super) fn owner(&self, object: &Object<'a>) -> Option<(&'a str, &'a str)> {
        if self.objects.is_empty() {
            return None;
        }
        let mut found = owner(object)?;
        for _ in 0..DEEPEST {
            let Some(above) = self.objects.get(&(found.0, found.1, object.namespace)) else { break };
            let Some(next) = owner(above) else { break };
            found = next;
        }
        if found.0 == "ReplicaSet"
            && let Some((name, _)) = found.1.rsplit_once('-')
            && self.objects.contains_key(&("Deployment", name, object.namespace))
        {
            return Some(("Deployment", name));
        }
        // pods of nodes themselves belong to nobody else
        (found.0 != "Node").then_some(found)
    }
}

fn owner<'a>(object: &Object<'a>) -> Option<(&'a str, &'a str)> {
    let owners = object.node.at(&["metadata", "ownerReferences"]).map_or(&[][..], Node::list);
    let controller = owners.iter().find(|owner| owner.get("controller").and_then(Node::as_bool) == Some(true));
    let owner = controller.or_else(|| owners.first())?;
    Some((owner.text_at("kind")?, owner.text_at("name")?))
}
