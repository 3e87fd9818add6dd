//! `nvidia-smi -q -x` output: every GPU of a machine by PCI id and product name.

use std::collections::BTreeMap;

use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::xml::{Element, xml};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `nvidia-smi`.
pub struct NvidiaSmi;

static META: ScannerMeta = ScannerMeta {
    id: "nvidia-smi",
    title: "nvidia-smi query output (XML)",
    summary: "GPUs of a machine with product, PCI id, count, driver and CUDA version. Serial numbers and UUIDs are \
              not kept.",
    files: &["**/*nvidia*smi*.xml", "**/nvidia-smi*.xml", "**/gpu*.xml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://docs.nvidia.com/deploy/nvidia-smi/",
};

impl Scanner for NvidiaSmi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !file.text().contains("<nvidia_smi_log") {
            return Ok(());
        }
        let root = xml(file.text()).map_err(|error| file.parse_error(&error))?;
        let machine = ComponentId::of("machine", file.path());
        out.component(&machine, ComponentKind::Cluster, file.whole());
        if let Some(version) = root.child_text("driver_version") {
            out.attribute(&machine, key::DRIVER_VERSION, version, file.whole());
        }
        let mut counts: BTreeMap<ComponentId, usize> = BTreeMap::new();
        for gpu in root.all("gpu") {
            let Some(id) = identify(gpu, input) else { continue };
            let place = gpu.child("product_name").map_or(gpu.span, |name| name.span);
            out.component(&id, ComponentKind::Accelerator, file.at(place));
            if let Some(name) = gpu.child_text("product_name") {
                out.attribute(&id, key::DEVICE_NAME, name, file.at(place));
            }
            out.relation(&machine, RelationKind::RunsOn, &id, file.at(place));
            *counts.entry(id).or_default() += 1;
        }
        if let [(_, count)] = counts.iter().collect::<Vec<_>>().as_slice() {
            out.attribute(&machine, key::COUNT, count.to_string(), file.whole());
        }
        Ok(())
    }
}

/// By PCI device id first, then by product name; both only when they mean one product.
fn identify(gpu: &Element, input: &Input<'_>) -> Option<ComponentId> {
    let pci = gpu.child("pci").and_then(|pci| pci.child_text("pci_device_id"));
    // `233010DE`: device then vendor, hexadecimal
    let by_pci = pci
        .map(|text| text.trim_start_matches("0x"))
        .filter(|text| text.len() == 8 && text.is_ascii())
        .map(|text| format!("{}:{}", &text[4..], &text[..4]).to_ascii_lowercase());
    let name = gpu.child_text("product_name");
    for key in by_pci.iter().map(String::as_str).chain(name) {
        if let [one] = input.catalog.accelerators_by_name(key).as_slice() {
            return Some(ComponentId::accelerator(&one.id));
        }
    }
    name.or(by_pci.as_deref()).map(ComponentId::unknown_accelerator)
}
