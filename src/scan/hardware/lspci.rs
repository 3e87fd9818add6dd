//! `lspci` output: accelerators, network adapters and management controllers by their `[vendor:device]` ids.
//!
//! Forms: `-nn` (names and numbers), `-n` (numbers), `-mm` and `-mmnn` (quoted), `-vmm`, `-vmmnn` and `-vmmnnk`
//! (records of `Name: value` lines), each with the detail lines of `-v` and `-k` or without.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::machine::{Found, Machine, Other, Pci};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `lspci`.
pub struct Lspci;

static META: ScannerMeta = ScannerMeta {
    id: "lspci",
    title: "lspci output (-nn, -n, -mm, -vmm, with -v or -k)",
    summary: "Accelerators among display, 3D and processing devices, Ethernet and InfiniBand adapters, and management \
              controllers, by vendor and device id, with the board's ids, driver and memory node where they are written. \
              Without numbers a product is found by its name only.",
    files: &["**/*lspci*", "**/*pci*.{txt,log,out}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device],
    reference: "https://man7.org/linux/man-pages/man8/lspci.8.html",
};

/// PCI vendor of chips whose display is that of a management controller.
const CONTROLLERS: [&str; 1] = ["1a03"];

/// `17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)`.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9a-f:.]+\s+.*?\[([0-9a-f]{4})\]:\s*(.*?)\s*\[([0-9a-f]{4}):([0-9a-f]{4})\]")
        .expect("constant pattern, tested")
});

/// `17:00.0 0302: 10de:2330 (rev a1)`.
static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9a-f:.]+\s+([0-9a-f]{4}):\s()([0-9a-f]{4}):([0-9a-f]{4})\b").expect("constant pattern, tested")
});

/// `18:00.0 3D controller: NVIDIA Corporation GH100`: a device without ids.
static WITHOUT_IDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] ([A-Z0-9][^:\[\]]*): (.+)$")
        .expect("constant pattern, tested")
});

/// `17:00.0 "3D controller [0302]" "NVIDIA Corporation [10de]" "GH100 [2330]" -ra1 "NVIDIA Corporation [10de]" "Device [16c1]"`.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^[0-9a-f:.]+\s+"([^"]*)"\s+"([^"]*)"\s+"([^"]*)"(?:\s+-\w+)*(?:\s+"([^"]*)"\s+"([^"]*)")?"#)
        .expect("constant pattern, tested")
});

/// The number at the end of a value: `GH100 [H100 SXM5 80GB] [2330]`.
static RECORD_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(.*?)\s*\[([0-9a-f]{4})\]$").expect("constant pattern, tested"));

/// `Subsystem: NVIDIA Corporation Device [10de:16c1]`, in detail lines.
static BOARD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s+Subsystem:.*?\[?([0-9a-f]{4}):([0-9a-f]{4})\]?\s*$").expect("constant pattern, tested")
});

/// A device of the list.
#[derive(Default)]
struct Device<'a> {
    slot: &'a str,
    class: &'a str,
    class_name: &'a str,
    name: &'a str,
    vendor: &'a str,
    vendor_name: &'a str,
    device: &'a str,
    board: (Option<&'a str>, Option<&'a str>),
    said: Vec<(&'static str, String, Span)>,
    place: Span,
}

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    lines(text)
        .take(60)
        .any(|line| NAMED.is_match(line.text) || NUMBERS.is_match(line.text) || QUOTED.is_match(line.text))
        || text.starts_with("Slot:\t")
        || text.contains("\nSlot:\t")
}

impl Scanner for Lspci {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let mut machine = Machine::of_capture(file, input.catalog);
        let mut without = None;
        for mut found in devices(file.text()) {
            found.number_by_name(input.catalog);
            if found.device.is_empty() && is_accelerator(&found) {
                without = without.or(Some(found.place));
            }
            write(found, input, &mut machine, out);
        }
        if let Some(place) = without {
            let message = "a device without numeric ids; write the list with `lspci -nn`";
            out.problem(DiagnosticKind::Unsupported, file, Some(place), message);
        }
        machine.finish(out);
        Ok(())
    }
}

/// 3D controllers, display controllers and processing accelerators. A plain display controller (0300) counts only as a
/// product of the catalog: most are built-in graphics.
fn is_accelerator(found: &Device<'_>) -> bool {
    if found.class.is_empty() {
        return matches!(found.class_name, "3D controller" | "Display controller" | "Processing accelerators");
    }
    found.class.starts_with("03") && found.class != "0300" || found.class.starts_with("12")
}

fn adapter(found: &Device<'_>) -> Option<&'static str> {
    match (found.class, found.class_name) {
        ("0207", _) | ("", "Infiniband controller" | "InfiniBand controller") => Some("infiniband"),
        ("0200" | "0280", _) | ("", "Ethernet controller" | "Network controller") => Some("network"),
        ("0300", _) if CONTROLLERS.contains(&found.vendor) => Some("management-controller"),
        ("0300", _) | ("", "VGA compatible controller") if found.name.contains("ASPEED") => {
            Some("management-controller")
        }
        _ => None,
    }
}

fn write(device: Device<'_>, input: &Input<'_>, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    let pci = Pci::of(device.vendor, device.device).map(|pci| pci.on(device.board.0, device.board.1));
    // what the table of ids does not know is called `Device`
    let is_named = !device.name.is_empty() && device.name != "Device" && !device.name.ends_with(" Device");
    let name = Some(device.name).filter(|_| is_named);
    let is_product = pci.as_ref().is_some_and(|pci| !input.catalog.accelerators_by_name(&pci.id).is_empty());
    if is_product || is_accelerator(&device) {
        let Device { place, said, .. } = device;
        machine.accelerator(&Found { pci, name, count: 1, place, said, ..Found::default() }, out);
    } else if let Some(class) = adapter(&device) {
        let vendor = Some(device.vendor_name).filter(|vendor| !vendor.is_empty());
        let Device { place, said, .. } = device;
        machine.device(&Other { class, pci, name, vendor, count: 1, place, said }, out);
    }
}

/// Every device, in whichever form.
fn devices(text: &str) -> Vec<Device<'_>> {
    let mut found: Vec<Device<'_>> = Vec::new();
    let mut record = Device::default();
    for line in lines(text) {
        if let Some(parts) = NAMED.captures(line.text).or_else(|| NUMBERS.captures(line.text)) {
            let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
            let (first, last) = (parts.get(3), parts.get(4));
            let start = first.map_or(0, |part| part.start());
            let end = last.map_or(line.text.len(), |part| part.end());
            let place = span_within(&line, &line.text[start..end]);
            let (class, name, vendor, device) = (part(1), part(2), part(3), part(4));
            found.push(Device { slot: slot(line.text), class, name, vendor, device, place, ..Device::default() });
        } else if let Some(parts) = QUOTED.captures(line.text) {
            let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
            let mut device = Device { slot: slot(line.text), place: line.span, ..Device::default() };
            (device.class_name, device.class) = split(part(1));
            (device.vendor_name, device.vendor) = split(part(2));
            (device.name, device.device) = split(part(3));
            let number = |text| Some(split(text).1).filter(|number| !number.is_empty());
            device.board = (number(part(4)), number(part(5)));
            found.push(device);
        } else if let Some(parts) = WITHOUT_IDS.captures(line.text) {
            let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
            let name = part(2).trim_end();
            let place = span_within(&line, name);
            found.push(Device { slot: slot(line.text), class_name: part(1), name, place, ..Device::default() });
        } else if line.text.trim().is_empty() {
            found.push(std::mem::take(&mut record));
        } else if line.text.starts_with(char::is_whitespace) {
            if let Some(last) = found.last_mut() {
                detail(&line, last);
            }
        } else {
            field(&line, &mut record);
        }
    }
    found.push(record);
    found
        .retain(|device| !(device.class.is_empty() && device.class_name.is_empty() || device.place == Span::default()));
    once(found)
}

/// The slot that a line begins with.
fn slot(text: &str) -> &str {
    let slot = text.split_whitespace().next().unwrap_or_default();
    slot.strip_prefix("0000:").unwrap_or(slot)
}

/// One device for each slot: a capture may hold the list in several forms.
fn once(all: Vec<Device<'_>>) -> Vec<Device<'_>> {
    let mut found: Vec<Device<'_>> = Vec::new();
    let mut slots: BTreeMap<&str, usize> = BTreeMap::new();
    for device in all {
        let known = slots.get(device.slot).and_then(|at| found.get_mut(*at)).filter(|_| !device.slot.is_empty());
        match known {
            Some(known) if known.is_same(&device) => known.complete(device),
            _ => {
                slots.insert(device.slot, found.len());
                found.push(device);
            }
        }
    }
    found
}

impl<'a> Device<'a> {
    /// The number of a device without numbers that the table of ids did not know: the tool writes it as its name,
    /// `Device 2335`, beside the vendor's name or behind it.
    fn number_by_name(&mut self, catalog: &'a Catalog) {
        if !self.device.is_empty() {
            return;
        }
        self.name = self.name.split(" (rev ").next().unwrap_or(self.name);
        if self.vendor_name.is_empty()
            && let Some((vendor, rest)) = catalog.pci_vendor_before(self.name)
        {
            (self.vendor_name, self.name) = (vendor, rest);
        }
        let Some((before, number)) = self.name.rsplit_once("Device ") else { return };
        let number = number.split(' ').next().unwrap_or(number);
        let vendor = if before.is_empty() { self.vendor_name } else { before };
        let known = catalog.pci_vendor_named(vendor);
        if let Some(vendor) = known.filter(|_| number.len() == 4 && number.bytes().all(|c| c.is_ascii_hexdigit())) {
            (self.vendor, self.device, self.name) = (vendor, number, "");
        }
    }

    /// False for devices with other numbers: lists of two machines in one file.
    fn is_same(&self, other: &Self) -> bool {
        self.device.is_empty() || other.device.is_empty() || (self.vendor, self.device) == (other.vendor, other.device)
    }

    /// Takes over what another form of the list says besides.
    fn complete(&mut self, other: Self) {
        if self.device.is_empty() && !other.device.is_empty() {
            (self.vendor, self.device, self.place) = (other.vendor, other.device, other.place);
        }
        let fill = |own: &mut &'a str, theirs: &'a str| {
            if own.is_empty() {
                *own = theirs;
            }
        };
        fill(&mut self.class, other.class);
        fill(&mut self.class_name, other.class_name);
        fill(&mut self.name, other.name);
        fill(&mut self.vendor_name, other.vendor_name);
        self.board = (self.board.0.or(other.board.0), self.board.1.or(other.board.1));
        for said in other.said {
            if !self.said.iter().any(|(key, ..)| *key == said.0) {
                self.said.push(said);
            }
        }
    }
}

/// A text and the number in brackets at its end.
fn split(text: &str) -> (&str, &str) {
    RECORD_ID.captures(text).map_or((text, ""), |parts| {
        let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
        (part(1), part(2))
    })
}

/// A detail line of `-v` and `-k` below a device.
fn detail<'a>(line: &Line<'a>, device: &mut Device<'a>) {
    if let Some(parts) = BOARD.captures(line.text) {
        device.board = (parts.get(1).map(|part| part.as_str()), parts.get(2).map(|part| part.as_str()));
        return;
    }
    let Some((name, value)) = line.text.split_once(':').map(|(name, value)| (name.trim(), value.trim())) else {
        return;
    };
    let (key, value) = match name {
        "Kernel driver in use" => (key::DRIVER, value),
        // `Flags: bus master, fast devsel, latency 0, IRQ 18, NUMA node 0`
        "Flags" => match value.split_once("NUMA node ") {
            Some((_, node)) => (key::NUMA_NODE, node.split(',').next().unwrap_or(node)),
            None => return,
        },
        "NUMA node" => (key::NUMA_NODE, value),
        _ => return,
    };
    device.said.push((key, value.to_owned(), span_within(line, value)));
}

/// A line of a record.
fn field<'a>(line: &Line<'a>, record: &mut Device<'a>) {
    let Some((name, value)) = line.text.split_once(':') else { return };
    let value = value.trim();
    let (words, number) = split(value);
    let place = span_within(line, value);
    match name {
        "Slot" => record.slot = slot(value),
        "Class" => (record.class_name, record.class) = (words, number),
        "Vendor" => (record.vendor_name, record.vendor) = (words, number),
        "Device" => (record.name, record.device, record.place) = (words, number, place),
        "SVendor" => record.board.0 = Some(number).filter(|number| !number.is_empty()),
        "SDevice" => record.board.1 = Some(number).filter(|number| !number.is_empty()),
        "Driver" => record.said.push((key::DRIVER, value.to_owned(), place)),
        "NUMANode" => record.said.push((key::NUMA_NODE, value.to_owned(), place)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_say_the_same() {
        let named = "17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n\tSubsystem: NVIDIA Corporation Device [10de:16c1]\n\tKernel driver in use: nvidia\n";
        let numbers = "17:00.0 0302: 10de:2330 (rev a1)\n\tSubsystem: 10de:16c1\n";
        let record = "Slot:\t17:00.0\nClass:\t3D controller [0302]\nVendor:\tNVIDIA Corporation [10de]\nDevice:\tGH100 [H100 SXM5 80GB] [2330]\nSVendor:\tNVIDIA Corporation [10de]\nSDevice:\tDevice [16c1]\n";
        let quoted = "17:00.0 \"3D controller [0302]\" \"NVIDIA Corporation [10de]\" \"GH100 [H100 SXM5 80GB] [2330]\" -ra1 -p00 \"NVIDIA Corporation [10de]\" \"Device [16c1]\"\n";
        for text in [named, numbers, record, quoted] {
            let found = devices(text);
            let [device] = found.as_slice() else { panic!("one device in {text:?}") };
            assert_eq!((device.class, device.vendor, device.device), ("0302", "10de", "2330"));
            assert_eq!(device.board, (Some("10de"), Some("16c1")), "{text}");
            assert!(text[device.place.start..device.place.end].contains("2330"));
            assert!(is_it(text));
        }
        let all = devices(&[named, numbers, record, "\n", quoted].concat()).len();
        assert_eq!(all, 1, "one slot in all forms");
        assert!(devices("nothing\n\n: [0302]\nClass: x [0302]\n").is_empty());
    }
}
