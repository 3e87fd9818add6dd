//! Components by their ids, for the many questions of one pass.

use std::sync::OnceLock;

use crate::model::{ComponentId, Inventory, Known};
use crate::text::Lookup;

/// What is known of each component. The inventory is in order, and to find something in it compares a dozen long names that
/// begin alike; this is made when first asked, and compares one.
pub(super) struct Index<'a> {
    inventory: &'a Inventory,
    known: OnceLock<Lookup<&'a ComponentId, &'a Known>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        Self { inventory, known: OnceLock::new() }
    }

    /// What is known of a component.
    pub(super) fn known(&self, id: &ComponentId) -> Option<&'a Known> {
        self.known.get_or_init(|| self.inventory.iter().collect()).get(id).copied()
    }
}
