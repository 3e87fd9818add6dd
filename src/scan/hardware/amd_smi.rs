//! `rocm-smi` and `amd-smi`: AMD accelerators of a machine, from JSON; what they print for people is read next door.

use std::collections::BTreeSet;

use super::amd_text;
use super::machine::{Found, Machine, Pci, is_stated, mebibytes};
use crate::model::{Basis, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `amd-smi`.
pub struct AmdSmi;

static META: ScannerMeta = ScannerMeta {
    id: "amd-smi",
    title: "rocm-smi and amd-smi output (JSON, text, CSV)",
    summary: "AMD accelerators with product, PCI id and board, memory, firmware and driver, from `rocm-smi` with \
              `--showproductname`, `-i`, `-a`, `--showhw` and its table of every version, from `amd-smi static` and `list` and \
              its table. Partitions of one device count once. UUIDs and serial numbers tell captures of one machine and are \
              not kept.",
    files: &["**/*.json", "**/*{rocm,amd}*smi*.{txt,log,out,csv}", "**/{rocm-smi,rocm_smi,amd-smi,amd_smi}"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://rocm.docs.amd.com/projects/amdsmi/en/latest/how-to/amdsmi-cli-tool.html",
};

/// True for what the tools wrote.
pub(super) fn is_it(text: &str) -> bool {
    if !text.trim_start().starts_with(['{', '[']) {
        return amd_text::is_it(text);
    }
    let is_rocm = text.contains("\"card0\"") || text.contains("\"Card series\"") || text.contains("\"Card Series\"");
    let is_amd = text.contains("\"gpu\"")
        && (text.contains("\"market_name\"") || text.contains("\"bdf\"") && text.contains("\"uuid\""));
    is_rocm || is_amd
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
        let mut machine = Machine::of_capture(file, input.catalog);
        if amd_text::is_it(file.text()) {
            amd_text::scan(file, &mut machine, out);
            machine.finish(out);
            return Ok(());
        }
        let root = file.json_or_part(out)?;
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
    let text = |path: &str| {
        let path: Vec<&str> = path.split('.').collect();
        let node = gpu.at(&path)?;
        Some((node.text()?, node.span))
    };
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
    let part = gpu.get("partition_id").or_else(|| gpu.at(&["partition", "partition_id"])).and_then(Node::scalar);
    if part.is_none_or(|part| !is_further(&part)) {
        device(&text, memory.zip(size.map(|size| size.span)), number.span, machine, out);
    }
}

/// True for the number of a partition that is not the first of its device.
pub(super) fn is_further(partition: &str) -> bool {
    partition.trim().parse::<u32>().is_ok_and(|number| number > 0)
}

/// What is said of a device by the path of a field, with its place.
pub(super) type Get<'g, 't> = dyn Fn(&str) -> Option<(&'t str, Span)> + 'g;

/// A device as `amd-smi` tells it.
pub(super) fn device(
    get: &Get<'_, '_>,
    memory: Option<(u64, Span)>,
    number: Span,
    machine: &mut Machine<'_>,
    out: &mut Facts<'_>,
) {
    let text = |name: &str| get(name).map(|(text, _)| text);
    let pci = text("asic.vendor_id").zip(text("asic.device_id")).and_then(|(vendor, device)| Pci::of(vendor, device));
    let name = get("asic.market_name").filter(|(name, _)| is_stated(name));
    let mut said = Vec::new();
    let firmware = get("vbios.version").or_else(|| get("ifwi.version"));
    said.extend(firmware.map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)));
    said.extend(memory.map(|(mib, span)| (key::MEMORY, format!("{mib} MiB"), span)));
    if let Some((version, place)) = get("driver.version") {
        machine.say(key::DRIVER_VERSION, version, place, out);
    }
    let marks = ["uuid", "asic.asic_serial", "board.product_serial"];
    let found = Found {
        pci: pci.map(|pci| pci.on(text("asic.subvendor_id"), text("asic.subsystem_id"))),
        name: name.map(|(name, _)| name).or(Some("amd.com/gpu")),
        is_exact: true,
        memory_mib: memory.map(|(mib, _)| mib),
        count: 1,
        place: name.map_or(number, |(_, span)| span),
        said,
        marks: marks.iter().filter_map(|mark| text(mark)).collect(),
    };
    machine.accelerator(&found, out);
}

/// `{"card0": {…}, "system": {…}}`; names of fields differ in case between versions.
fn rocm(root: &Node, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    let mut slots: BTreeSet<&str> = BTreeSet::new();
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
        let get =
            |name: &str| field(&entry.value, name).and_then(|entry| Some((entry.value.text()?, entry.value.span)));
        let memory = field(&entry.value, "vram total memory (b)")
            .and_then(|entry| Some((mebibytes(&entry.value.scalar()?)?, entry.value.span)));
        // partitions of one device lie in its slot
        if get("pci bus").is_none_or(|(slot, _)| slots.insert(slot)) {
            card(&get, memory, entry.key_span, machine, out);
        }
    }
}

/// A device as `rocm-smi` tells it.
pub(super) fn card(
    get: &Get<'_, '_>,
    memory: Option<(u64, Span)>,
    number: Span,
    machine: &mut Machine<'_>,
    out: &mut Facts<'_>,
) {
    // `Card model` is the number of the device in some versions, of the board in others
    let device = get("device id").or_else(|| get("gpu id")).or_else(|| get("card model"));
    let pci = device.and_then(|(device, _)| Pci::of("1002", device).filter(|_| device.starts_with("0x")));
    let board = get("subsystem id").map(|(board, _)| board).filter(|board| board.starts_with("0x"));
    let is_name = |(text, _): &(&str, Span)| is_stated(text) && !text.starts_with("0x");
    let name = ["card series", "device name", "market name"].iter().find_map(|name| get(name).filter(is_name));
    let mut said = Vec::new();
    said.extend(get("vbios version").map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)));
    said.extend(memory.map(|(mib, span)| (key::MEMORY, format!("{mib} MiB"), span)));
    let found = Found {
        pci: pci.map(|pci| pci.on(Some("1002"), board)),
        name: name.map(|(text, _)| text).or(Some("amd.com/gpu")),
        is_exact: true,
        memory_mib: memory.map(|(mib, _)| mib),
        count: 1,
        place: name.or(device).map_or(number, |(_, span)| span),
        said,
        marks: ["unique id", "serial number"].iter().filter_map(|mark| Some(get(mark)?.0)).collect(),
    };
    machine.accelerator(&found, out);
}

/// A field by its name in any case.
fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Entry> {
    node.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(name))
}
