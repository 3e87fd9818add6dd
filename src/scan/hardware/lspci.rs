//! `lspci` output with numeric ids: accelerators by their `[vendor:device]` ids.
//!
//! Three forms: `-nn` (names and numbers), `-n` (numbers), `-vmmnn` (records of `Name: value` lines).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `lspci`.
pub struct Lspci;

static META: ScannerMeta = ScannerMeta {
    id: "lspci",
    title: "lspci output with numeric ids (-nn, -n, -vmmnn)",
    summary: "Accelerators among display, 3D and processing devices, by vendor and device id. Other devices are not \
              components yet.",
    files: &["**/*lspci*"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://man7.org/linux/man-pages/man8/lspci.8.html",
};

/// `17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)`.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\S+\s+.*?\[([0-9a-f]{4})\]:\s*(.*?)\s*\[([0-9a-f]{4}):([0-9a-f]{4})\]")
        .expect("constant pattern, tested")
});

/// `17:00.0 0302: 10de:2330 (rev a1)`.
static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9a-f:.]+\s+([0-9a-f]{4}):\s()([0-9a-f]{4}):([0-9a-f]{4})\b").expect("constant pattern, tested")
});

/// `18:00.0 3D controller: NVIDIA Corporation GH100`: a device that may accelerate, without ids.
static WITHOUT_IDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] (?:(?:3D|Display) controller|Processing accelerators): ",
    )
    .expect("constant pattern, tested")
});

/// The number at the end of a value: `GH100 [H100 SXM5 80GB] [2330]`.
static RECORD_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(.*?)\s*\[([0-9a-f]{4})\]$").expect("constant pattern, tested"));

/// A device of the list.
#[derive(Default)]
struct Device<'a> {
    class: &'a str,
    name: &'a str,
    vendor: &'a str,
    device: &'a str,
    place: Span,
}

impl Scanner for Lspci {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let machine = ComponentId::of("machine", file.path());
        let mut counts: BTreeMap<ComponentId, usize> = BTreeMap::new();
        for found in devices(file.text()) {
            // display controllers, 3D controllers and processing accelerators; a plain display
            // controller (0300) counts only as a product of the catalog: most are built-in graphics
            let accelerates = found.class.starts_with("03") && found.class != "0300" || found.class.starts_with("12");
            let pci = format!("{}:{}", found.vendor, found.device);
            let known = input.catalog.accelerators_by_name(&pci);
            if known.is_empty() && !(accelerates && input.catalog.pci_vendor(found.vendor).is_some()) {
                continue;
            }
            let id = match known.as_slice() {
                [one] => ComponentId::accelerator(&one.id),
                _ => ComponentId::unknown_accelerator(&pci),
            };
            let seen = || file.at(found.place);
            out.component(&machine, ComponentKind::Cluster, file.whole());
            out.component(&id, ComponentKind::Accelerator, seen());
            if !found.name.is_empty() {
                out.attribute(&id, key::DEVICE_NAME, found.name, seen());
            }
            out.attribute(&id, key::IDENTITY, format!("pci-vendor:{}", found.vendor), seen());
            out.relation(&machine, RelationKind::RunsOn, &id, seen());
            *counts.entry(id).or_default() += 1;
        }
        // a name says too little about the product; one word to the user is enough
        if let Some(line) = lines(file.text()).find(|line| WITHOUT_IDS.is_match(line.text)) {
            let message = "a device without numeric ids; write the list with `lspci -nn`";
            out.problem(DiagnosticKind::Unsupported, file, Some(line.span), message);
        }
        if let [(_, count)] = counts.iter().collect::<Vec<_>>().as_slice() {
            out.attribute(&machine, key::COUNT, count.to_string(), file.whole());
        }
        Ok(())
    }
}

/// Every device, in whichever form.
fn devices(text: &str) -> Vec<Device<'_>> {
    let mut found = Vec::new();
    let mut record = Device::default();
    for line in lines(text) {
        if let Some(parts) = NAMED.captures(line.text).or_else(|| NUMBERS.captures(line.text)) {
            let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
            let (first, last) = (parts.get(3), parts.get(4));
            let start = first.map_or(0, |part| part.start());
            let end = last.map_or(line.text.len(), |part| part.end());
            let place = span_within(&line, &line.text[start..end]);
            found.push(Device { class: part(1), name: part(2), vendor: part(3), device: part(4), place });
        } else if line.text.trim().is_empty() {
            found.push(std::mem::take(&mut record));
        } else {
            field(&line, &mut record);
        }
    }
    found.push(record);
    found.retain(|device| !device.class.is_empty() && !device.vendor.is_empty() && !device.device.is_empty());
    found
}

/// A line of a record.
fn field<'a>(line: &Line<'a>, record: &mut Device<'a>) {
    let Some((name, value)) = line.text.split_once(':') else { return };
    let Some(parts) = RECORD_ID.captures(value.trim()) else { return };
    let (Some(words), Some(id)) = (parts.get(1), parts.get(2)) else { return };
    match name {
        "Class" => record.class = id.as_str(),
        "Vendor" => record.vendor = id.as_str(),
        "Device" => {
            (record.name, record.device) = (words.as_str(), id.as_str());
            record.place = span_within(line, value.trim());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_say_the_same() {
        let named = "17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n";
        let numbers = "17:00.0 0302: 10de:2330 (rev a1)\n";
        let record = "Slot:\t17:00.0\nClass:\t3D controller [0302]\nVendor:\tNVIDIA Corporation [10de]\nDevice:\tGH100 [H100 SXM5 80GB] [2330]\nSVendor:\tNVIDIA Corporation [10de]\n";
        for text in [named, numbers, record] {
            let found = devices(text);
            let [device] = found.as_slice() else { panic!("one device in {text:?}") };
            assert_eq!((device.class, device.vendor, device.device), ("0302", "10de", "2330"));
            assert!(text[device.place.start..device.place.end].contains("2330"));
        }
        assert!(devices("nothing\n\n: [0302]\nClass: x [0302]\n").is_empty());
    }
}
