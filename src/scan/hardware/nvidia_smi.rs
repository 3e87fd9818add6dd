//! `nvidia-smi -q -x` output: every GPU of a machine by PCI id and product name.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::xml::{Element, xml};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `nvidia-smi`.
pub struct NvidiaSmi;

static META: ScannerMeta = ScannerMeta {
    id: "nvidia-smi",
    title: "nvidia-smi query output (XML)",
    summary: "GPUs of a machine with product, PCI id, count, memory, firmware, driver and CUDA version. Serial numbers \
              and UUIDs are not kept. The text forms of the tool are not read yet.",
    files: &[
        "**/*nvidia*smi*.xml",
        "**/*nvidia*smi*.txt",
        "**/*nvidia*smi*.log",
        "**/*nvidia*smi*.out",
        "**/*nvsmi*.xml",
        "**/*gpu*.xml",
    ],
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
        for (name, attribute) in [("driver_version", key::DRIVER_VERSION), ("cuda_version", key::CUDA_VERSION)] {
            if let Some(stated) = root.child(name).filter(|stated| is_stated(&stated.text)) {
                out.attribute(&machine, attribute, &stated.text, file.at(stated.span));
            }
        }
        let mut counts: BTreeMap<ComponentId, usize> = BTreeMap::new();
        for gpu in root.all("gpu") {
            let Some(id) = identify(gpu, input) else {
                let message = "a `gpu` element with neither `pci_device_id` nor `product_name`";
                out.problem(DiagnosticKind::Malformed, file, Some(gpu.span), message);
                continue;
            };
            write(gpu, &id, &machine, file, out);
            *counts.entry(id).or_default() += 1;
        }
        let found = root.all("gpu").count();
        if let Some(attached) = root.child("attached_gpus")
            && let Ok(stated) = attached.text.parse::<usize>()
            && stated != found
        {
            let message = format!("`attached_gpus` says {stated}, the file lists {found}");
            out.problem(DiagnosticKind::Conflict, file, Some(attached.span), message);
        }
        if let [(_, count)] = counts.iter().collect::<Vec<_>>().as_slice() {
            out.attribute(&machine, key::COUNT, count.to_string(), file.whole());
        }
        Ok(())
    }
}

fn write(gpu: &Element, id: &ComponentId, machine: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    // the element as a whole holds the serial number
    let id_element = gpu.child("pci").and_then(|pci| pci.child("pci_device_id"));
    let named = gpu.child("product_name").filter(|name| is_stated(&name.text)).or(id_element);
    let place = named.map_or_else(crate::text::Span::default, |named| named.span);
    out.component(id, ComponentKind::Accelerator, file.at(place));
    let memory = gpu.child("fb_memory_usage").and_then(|memory| memory.child("total"));
    for (stated, attribute) in [
        (gpu.child("product_name"), key::DEVICE_NAME),
        (gpu.child("vbios_version"), key::FIRMWARE_VERSION),
        (memory, key::MEMORY),
    ] {
        if let Some(stated) = stated.filter(|stated| is_stated(&stated.text)) {
            out.attribute(id, attribute, &stated.text, file.at(stated.span));
        }
    }
    if let Some(pci) = pci_id(gpu)
        && let Some((vendor, _)) = pci.split_once(':')
    {
        out.attribute(id, key::IDENTITY, format!("pci-vendor:{vendor}"), file.at(place));
    }
    out.relation(machine, RelationKind::RunsOn, id, file.at(place));
}

/// The tool writes `N/A` and the like for what it does not know.
fn is_stated(text: &str) -> bool {
    !matches!(text, "" | "N/A" | "[N/A]" | "Not Found" | "Unknown Error" | "ERR!")
}

/// `vendor:device` from `pci_device_id`, which is `233010DE`: device, then vendor, hexadecimal.
fn pci_id(gpu: &Element) -> Option<String> {
    let text = gpu.child("pci")?.child_text("pci_device_id")?;
    let text = text.trim_start_matches("0x");
    let sound = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| format!("{}:{}", &text[4..], &text[..4]).to_ascii_lowercase())
}

/// By PCI device id first, then by product name; both only when they mean one product.
fn identify(gpu: &Element, input: &Input<'_>) -> Option<ComponentId> {
    let by_pci = pci_id(gpu);
    let name = gpu.child_text("product_name").filter(|name| is_stated(name));
    for key in by_pci.iter().map(String::as_str).chain(name) {
        if let [one] = input.catalog.accelerators_by_name(key).as_slice() {
            return Some(ComponentId::accelerator(&one.id));
        }
    }
    name.or(by_pci.as_deref()).map(ComponentId::unknown_accelerator)
}
