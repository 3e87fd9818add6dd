//! `rocm-smi` and `amd-smi` as JSON: AMD accelerators of a machine.

use super::machine::{Found, Machine, Pci, mebibytes};
use crate::model::{Basis, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `amd-smi`.
pub struct AmdSmi;

static META: ScannerMeta = ScannerMeta {
    id: "amd-smi",
    title: "rocm-smi and amd-smi output (JSON)",
    summary: "AMD accelerators with product, PCI id and board, memory, firmware and driver, from `rocm-smi --json` with \
              `--showproductname` or `-a`, and from `amd-smi static` and `list` with `--json`. Serial numbers are not kept.",
    files: &["**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://rocm.docs.amd.com/projects/amdsmi/en/latest/how-to/amdsmi-cli-tool.html",
};

/// True for what the tools wrote.
pub(super) fn is_it(text: &str) -> bool {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let is_rocm = text.contains("\"card0\"") || text.contains("\"Card series\"") || text.contains("\"Card Series\"");
    let is_amd = text.contains("\"gpu\"")
        && (text.contains("\"market_name\"") || text.contains("\"bdf\"") && text.contains("\"uuid\""));
    is_json && (is_rocm || is_amd)
}

impl Scanner for AmdSmi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let mut machine = Machine::of_capture(file, input.catalog);
        let listed =
            root.get("gpu_data").or(Some(root).filter(|root| matches!(root.value, crate::parse::Value::List(_))));
        match listed {
            Some(list) => list.list().iter().for_each(|gpu| amd(gpu, &mut machine, out)),
            // one device alone
            None if root.get("asic").is_some() => amd(root, &mut machine, out),
            None => rocm(root, &mut machine, out),
        }
        machine.finish(out);
        Ok(())
    }
}

/// An element of `amd-smi static`, or of `amd-smi list`, which says no more than that there is one.
fn amd(gpu: &Node, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    let Some(number) = gpu.get("gpu") else { return };
    let asic = gpu.get("asic");
    let text = |name: &str| asic.and_then(|asic| asic.get(name)).and_then(Node::text);
    let pci = text("vendor_id").zip(text("device_id")).and_then(|(vendor, device)| Pci::of(vendor, device));
    let name = asic.and_then(|asic| asic.get("market_name"));
    let mut said = Vec::new();
    let firmware = gpu.at(&["vbios", "version"]).or_else(|| gpu.at(&["ifwi", "version"]));
    said.extend(firmware.and_then(|node| Some((key::FIRMWARE_VERSION, node.text()?.to_owned(), node.span))));
    let size = gpu.at(&["vram", "size"]);
    let memory = size.and_then(|size| {
        size.any_shape();
        let value = size.get("value").unwrap_or(size);
        let unit = size.get("unit").and_then(Node::text).unwrap_or("MB");
        let text = value.scalar()?;
        mebibytes(&text)
            .filter(|_| !text.bytes().all(|byte| byte.is_ascii_digit()))
            .or_else(|| mebibytes(&format!("{text} {unit}")))
    });
    said.extend(memory.zip(size).map(|(mib, size)| (key::MEMORY, format!("{mib} MiB"), size.span)));
    if let Some(driver) = gpu.at(&["driver", "version"])
        && let Some(text) = driver.text()
    {
        machine.say(key::DRIVER_VERSION, text, driver.span, out);
    }
    let found = Found {
        pci: pci.map(|pci| pci.on(text("subvendor_id"), text("subsystem_id"))),
        name: name.and_then(Node::text).filter(|name| !name.is_empty()).or(Some("amd.com/gpu")),
        is_exact: true,
        memory_mib: memory,
        count: 1,
        place: name.unwrap_or(number).span,
        said,
    };
    machine.accelerator(&found, out);
}

/// `{"card0": {…}, "system": {…}}`; names of fields differ in case between versions.
fn rocm(root: &Node, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    for entry in root.entries() {
        if &*entry.key == "system" {
            if let Some(driver) = field(&entry.value, "driver version") {
                machine.say(key::DRIVER_VERSION, driver.value.text().unwrap_or_default(), driver.value.span, out);
            }
            continue;
        }
        if !entry.key.starts_with("card") {
            continue;
        }
        let card =
            |name: &str| field(&entry.value, name).and_then(|entry| Some((entry.value.text()?, entry.value.span)));
        // `Card model` is the number of the device in some versions, of the board in others
        let device = card("device id").or_else(|| card("gpu id")).or_else(|| card("card model"));
        let pci = device.and_then(|(device, _)| Pci::of("1002", device).filter(|_| device.starts_with("0x")));
        let board = card("subsystem id").map(|(board, _)| board).filter(|board| board.starts_with("0x"));
        let name = ["card series", "device name", "market name"].iter().find_map(|name| card(name));
        let mut said = Vec::new();
        said.extend(card("vbios version").map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)));
        let memory = field(&entry.value, "vram total memory (b)")
            .and_then(|entry| Some((mebibytes(&entry.value.scalar()?)?, entry.value.span)));
        said.extend(memory.map(|(mib, span)| (key::MEMORY, format!("{mib} MiB"), span)));
        let found = Found {
            pci: pci.map(|pci| pci.on(Some("1002"), board)),
            name: name.map(|(text, _)| text).filter(|text| !text.starts_with("0x")).or(Some("amd.com/gpu")),
            is_exact: true,
            memory_mib: memory.map(|(mib, _)| mib),
            count: 1,
            place: name.or(device).map_or(entry.key_span, |(_, span)| span),
            said,
        };
        machine.accelerator(&found, out);
    }
}

/// A field by its name in any case.
fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Entry> {
    node.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(name))
}
