//! Machines that calls start: `deploy(instance_type="ml.g5.2xlarge", initial_instance_count=2)`.

use super::arguments::Arguments;
use super::facts::Writer;
use super::syntax::of;
use super::value::Value;
use crate::catalog::rows::{SdkCall, Service};
use crate::model::{ComponentId, key};
use crate::text::Span;

impl<'t> Writer<'_, 't, '_, '_> {
    /// Writes the type of machine that a call asks of a service, and how many.
    pub(super) fn machines(&mut self, row: &SdkCall, service: &Service, given: &Arguments<'t>, scope: usize) {
        let Some(node) = given.find(&row.machine) else { return };
        let id = ComponentId::of("api", &service.id);
        let Value::Text { text, span, default_of } = self.reading.value(node, scope) else {
            let span = Span::new(node.start_byte(), node.end_byte());
            self.unresolved(span, "which machines are started is only known at run time");
            return;
        };
        let seen = self.file.at(span);
        let seen = if default_of.is_some() { seen.inferred() } else { seen };
        self.out.attribute(&id, key::INSTANCE_TYPE, text.trim(), seen);
        let Some(node) = given.find(&row.count) else { return };
        // said rather than left out: what is left out means one
        let count = self.number(node, scope).map_or_else(|| "unknown".to_owned(), |number| number.to_string());
        let seen = self.file.at(Span::new(node.start_byte(), node.end_byte()));
        self.out.attribute(&id, key::COUNT, count, seen);
    }

    /// A number as written, or the one that a name has in the file.
    fn number(&self, node: tree_sitter::Node<'t>, scope: usize) -> Option<u32> {
        let written = |node| of(node, self.reading.text).parse().ok();
        written(node).or_else(|| match self.reading.values(of(node, self.reading.text), scope).as_slice() {
            [binding] if !binding.is_default => written(binding.value?),
            _ => None,
        })
    }
}
