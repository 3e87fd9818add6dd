//! `xpu-smi discovery`, as JSON and as a table: Intel's data-centre GPUs of a machine.

use super::machine::{Found, Machine, Pci, mebibytes};
use crate::model::{Basis, ComponentKind, key};
use crate::parse::Node;
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `xpu-smi`.
pub struct XpuSmi;

static META: ScannerMeta = ScannerMeta {
    id: "xpu-smi",
    title: "xpu-smi discovery output (JSON, table)",
    summary: "Intel GPUs with product, PCI id, memory, firmware and driver, from `xpu-smi discovery`, with `-d` or without, \
              as JSON (`-j`) or as it is shown.",
    files: &["**/*{xpu-smi,xpu_smi,xpusmi,xpumcli}*.{txt,log,out}", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://github.com/intel/xpumanager/blob/master/doc/smi_user_guide.md",
};

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    if text.trim_start().starts_with('{') {
        return text.contains("\"pci_bdf_address\"") && text.contains("\"device_name\"");
    }
    text.contains("| Device Name:") && text.contains("PCI BDF Address:")
        || text.contains("| Device ID | Device Information")
}

impl Scanner for XpuSmi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !is_it(text) {
            return Ok(());
        }
        let mut machine = Machine::of_capture(file, input.catalog);
        if text.trim_start().starts_with('{') {
            let root = file.json_or_part(out)?;
            match root.get("device_list") {
                Some(list) => list.list().iter().for_each(|gpu| one(gpu, &mut machine, out)),
                None => one(root, &mut machine, out),
            }
        } else {
            table(text, &mut machine, out);
        }
        machine.finish(out);
        Ok(())
    }
}

fn one(gpu: &Node, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    // parts of a shared device are no devices of their own
    if gpu.text_at("device_function_type") == Some("virtual") {
        return;
    }
    let Some(name) = gpu.get("device_name") else { return };
    let number = gpu.text_at("pci_device_id");
    let vendor = gpu.text_at("pci_vendor_id").unwrap_or("8086");
    let pci = number.or_else(|| bracketed(name.text()?)).and_then(|device| Pci::of(vendor, device));
    let memory = gpu.get("memory_physical_size_byte");
    let mib = memory.and_then(Node::scalar).and_then(|text| mebibytes(&text));
    let mut said = Vec::new();
    said.extend(mib.zip(memory).map(|(mib, node)| (key::MEMORY, format!("{mib} MiB"), node.span)));
    for (field, key) in [("gfx_firmware_version", key::FIRMWARE_VERSION), ("driver_version", key::DRIVER_VERSION)] {
        said.extend(gpu.get(field).and_then(|node| Some((key, node.scalar()?.into_owned(), node.span))));
    }
    // its UUID is made of its address: another machine has the same
    let marks = gpu.text_at("serial_number").into_iter().collect();
    let found =
        Found { pci, name: name.text(), is_exact: true, memory_mib: mib, count: 1, place: name.span, said, marks };
    machine.accelerator(&found, out);
}

/// The number that drivers write for a name they do not know: `Intel(R) Graphics [0x56c0]`.
fn bracketed(name: &str) -> Option<&str> {
    name.trim_end().strip_suffix(']')?.rsplit_once('[').map(|(_, number)| number).filter(|n| n.starts_with("0x"))
}

/// `| 0 | Device Name: Intel(R) Data Center GPU Max 1550 |`, one line for each thing that is said.
fn table(text: &str, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    let mut open: Option<Found<'_>> = None;
    for line in lines(text) {
        for cell in line.text.split('|').map(str::trim) {
            let Some((name, value)) = cell.split_once(':').map(|(name, value)| (name.trim(), value.trim())) else {
                continue;
            };
            let place = span_within(&line, value);
            if name == "Device Name" {
                open.take().map(|found| machine.accelerator(&found, out));
                let pci = bracketed(value).and_then(|device| Pci::of("8086", device));
                open = Some(Found { pci, name: Some(value), is_exact: true, count: 1, place, ..Found::default() });
            }
            let Some(found) = &mut open else { continue };
            match name {
                // parts of a shared device are no devices of their own
                "Function Type" if value.eq_ignore_ascii_case("virtual") => open = None,
                "PCI Device ID" => found.pci = Pci::of("8086", value),
                "Memory Physical Size" => {
                    found.memory_mib = mebibytes(value);
                    found.said.push((key::MEMORY, value.to_owned(), place));
                }
                "GFX Firmware Version" => found.said.push((key::FIRMWARE_VERSION, value.to_owned(), place)),
                "Serial Number" => found.marks.push(value),
                "Driver Version" => found.said.push((key::DRIVER_VERSION, value.to_owned(), place)),
                _ => {}
            }
        }
    }
    open.map(|found| machine.accelerator(&found, out));
}
