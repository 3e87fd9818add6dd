//! `nvidia-smi` output in all its forms: every GPU of a machine by PCI id and product name.

use super::machine::{Found, Machine, Pci, is_stated, mebibytes};
use super::nvidia_text;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::xml::Element;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `nvidia-smi`.
pub struct NvidiaSmi;

static META: ScannerMeta = ScannerMeta {
    id: "nvidia-smi",
    title: "nvidia-smi output (XML, query, list, CSV, table)",
    summary: "GPUs of a machine with product, PCI id and board, count, memory, firmware, driver and CUDA version, from \
              `-q -x` of any version, `-q`, `-L`, `--query-gpu` as CSV and the default table; a file may hold several of \
              them. UUIDs and serial numbers tell captures of one machine and are not kept.",
    files: &[
        "**/*nvidia*smi*",
        "**/*nvsmi*",
        "**/*gpu*.{xml,txt,log,out,csv}",
        "**/*cuda*.{txt,log,out}",
        "**/*nvidia*.{xml,txt,log,out,csv}",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://docs.nvidia.com/deploy/nvidia-smi/",
};

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.contains("<nvidia_smi_log") || nvidia_text::is_it(text)
}

impl Scanner for NvidiaSmi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !text.contains("<nvidia_smi_log") {
            if nvidia_text::is_it(text) {
                nvidia_text::scan(input, out);
            }
            return Ok(());
        }
        let root = file.xml_or_part(out)?;
        let mut machine = Machine::of_capture(file, input.catalog);
        machine.exists(out);
        for (name, attribute) in [("driver_version", key::DRIVER_VERSION), ("cuda_version", key::CUDA_VERSION)] {
            if let Some(stated) = root.child(name) {
                machine.say(attribute, stated.text(), stated.span, out);
            }
        }
        for gpu in root.all("gpu") {
            if machine.accelerator(&found(gpu), out).is_none() {
                let message = "a `gpu` element with neither `pci_device_id` nor `product_name`";
                out.problem(DiagnosticKind::Malformed, file, Some(gpu.span), message);
            }
        }
        let found = root.all("gpu").count();
        if let Some(attached) = root.child("attached_gpus")
            && let Ok(stated) = attached.text().parse::<usize>()
            && stated != found
        {
            let message = format!("`attached_gpus` says {stated}, the file lists {found}");
            out.problem(DiagnosticKind::Conflict, file, Some(attached.span), message);
        }
        machine.finish(out);
        Ok(())
    }
}

fn found(gpu: &Element) -> Found<'_> {
    // the element as a whole holds the serial number
    let number = gpu.child("pci").and_then(|pci| pci.child("pci_device_id"));
    let name = gpu.child("product_name").filter(|name| is_stated(name.text()));
    // old versions tell the memory apart from its use
    let memory = ["fb_memory_usage", "memory_usage"].iter().find_map(|name| gpu.child(name)?.child("total"));
    let mut said = Vec::new();
    for (stated, attribute) in [(gpu.child("vbios_version"), key::FIRMWARE_VERSION), (memory, key::MEMORY)] {
        said.extend(stated.map(|stated| (attribute, stated.text().to_owned(), stated.span)));
    }
    Found {
        pci: pci(gpu),
        name: name.map(|name| name.text()),
        is_exact: true,
        memory_mib: memory.and_then(|memory| mebibytes(memory.text())),
        count: 1,
        place: name.or(number).map_or_else(crate::text::Span::default, |named| named.span),
        said,
        marks: ["uuid", "serial"].iter().filter_map(|mark| gpu.child_text(mark)).collect(),
    }
}

/// From `pci_device_id`, which is `233010DE`: device, then vendor, hexadecimal; the board is written the same way.
fn pci(gpu: &Element) -> Option<Pci> {
    let pci = gpu.child("pci")?;
    let (vendor, device) = nvidia_text::numbers(pci.child_text("pci_device_id")?)?;
    let board = pci.child_text("pci_sub_system_id").and_then(nvidia_text::numbers);
    let (board_vendor, board_device) = board.map_or((None, None), |(vendor, device)| (Some(vendor), Some(device)));
    Some(Pci::of(vendor, device)?.on(board_vendor, board_device))
}
