//! `lspci -nn` output: accelerators by their `[vendor:device]` ids.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `lspci`.
pub struct Lspci;

static META: ScannerMeta = ScannerMeta {
    id: "lspci",
    title: "lspci output (numeric ids)",
    summary: "Accelerators among display, 3D and processing devices, by vendor and device id. Other devices are not \
              components yet.",
    files: &["**/*lspci*"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://man7.org/linux/man-pages/man8/lspci.8.html",
};

/// Device class and id: `3D controller [0302]: NVIDIA … [10de:2330]`.
static DEVICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\S+)\s+.*?\[([0-9a-f]{4})\]:\s*(.*?)\s*\[([0-9a-f]{4}):([0-9a-f]{4})\]")
        .expect("constant pattern, tested")
});

impl Scanner for Lspci {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let machine = ComponentId::of("machine", file.path());
        let mut counts: BTreeMap<ComponentId, usize> = BTreeMap::new();
        for line in lines(file.text()) {
            let Some(found) = DEVICE.captures(line.text) else { continue };
            let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
            let (class, name, vendor, device) = (part(2), part(3), part(4), part(5));
            // display controllers, 3D controllers and processing accelerators of accelerator makers
            let accelerates = class.starts_with("03") || class.starts_with("12");
            let pci = format!("{vendor}:{device}");
            let known = input.catalog.accelerators_by_name(&pci);
            if known.is_empty() && !(accelerates && class != "0300" && input.catalog.pci_vendor(vendor).is_some()) {
                continue;
            }
            let id = match known.as_slice() {
                [one] => ComponentId::accelerator(&one.id),
                _ => ComponentId::unknown_accelerator(&pci),
            };
            let seen = || file.at(span_within(&line, found.get(5).map_or(line.text, |part| part.as_str())));
            out.component(&machine, ComponentKind::Cluster, file.whole());
            out.component(&id, ComponentKind::Accelerator, seen());
            out.attribute(&id, key::DEVICE_NAME, name, seen());
            out.relation(&machine, RelationKind::RunsOn, &id, seen());
            *counts.entry(id).or_default() += 1;
        }
        if let [(_, count)] = counts.iter().collect::<Vec<_>>().as_slice() {
            out.attribute(&machine, key::COUNT, count.to_string(), file.whole());
        }
        Ok(())
    }
}
