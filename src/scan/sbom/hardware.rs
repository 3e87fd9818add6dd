//! Hardware in a bill of materials: parts of a machine, and how many accelerators there are.

use std::collections::BTreeMap;

use super::bom::{Part, What};
use super::parts;
use super::write::{Writer, Written};
use crate::model::{ComponentId, ComponentKind, key};
use crate::scan::hardware::machine::{Machine, Other, Pci, devices};
use crate::scan::{Facts, Seen};

impl Writer<'_, '_> {
    /// A part of a machine that is no accelerator, or its make.
    pub(super) fn device(&self, part: &Part<'_>, class: &'static str, out: &mut Facts<'_>) -> Option<ComponentId> {
        let said = |what| part.details.iter().find(|detail| detail.what == what).map(|detail| &*detail.text);
        let pci =
            said(What::PciId).and_then(|id| id.split_once(':')).and_then(|(vendor, device)| Pci::of(vendor, device));
        let name = part.name.map(|name| name.text);
        let place = part.name.map_or(part.span, |name| name.span);
        let vendor = said(What::Vendor);
        // a machine without a maker is called by its own name, which is nobody's product
        if class == "system" && vendor.is_none() {
            return None;
        }
        let version = parts::exact(part.version).map(|said| (key::VERSION, said.text.to_owned(), said.span));
        let count = said(What::Count).map(|count| (key::COUNT, count.to_owned(), part.span));
        let said = version.into_iter().chain(count).collect();
        let mut machine = Machine::with_id(self.subject.clone(), self.file, self.input.catalog, "observed");
        machine.device(&Other { class, pci, name, vendor, count: 1, place, said }, out)
    }

    /// How many there are of each accelerator: parts of one product add up.
    pub(super) fn count(&self, written: &[Written], out: &mut Facts<'_>) {
        let mut counts: BTreeMap<&ComponentId, (u64, Seen)> = BTreeMap::new();
        for (part, written_as) in self.bom.parts.iter().zip(written) {
            let Written::Is(id, ComponentKind::Accelerator) = written_as else { continue };
            let said = part.details.iter().find(|detail| detail.what == What::Count);
            let number = said.and_then(|detail| detail.text.trim().parse::<u64>().ok()).unwrap_or(1);
            let (all, _) = counts.entry(id).or_insert_with(|| (0, self.file.at(part.span)));
            *all = all.saturating_add(number);
        }
        for (id, (number, seen)) in counts {
            out.attribute(&self.subject, key::DEVICES, devices(id, number), seen);
        }
    }
}
