//! `dmidecode`: make, firmware, management controller and processors of a machine.

use super::machine::{Machine, Other, is_stated};
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `dmidecode`.
pub struct Dmidecode;

static META: ScannerMeta = ScannerMeta {
    id: "dmidecode",
    title: "dmidecode output",
    summary: "Manufacturer and product of the machine and its board, vendor and version of its firmware, the management \
              controller's interface, and its processors. Serial numbers, UUIDs and asset tags are not kept.",
    files: &["**/*dmidecode*", "**/*dmi*.{txt,log,out}", "**/*smbios*.{txt,log,out}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Device],
    reference: "https://www.nongnu.org/dmidecode/",
};

/// Sections that are read, the class of their device, and the fields of its vendor, name and version.
const SECTIONS: [(&str, &str, &str, &str, &str); 4] = [
    ("BIOS Information", "firmware", "Vendor", "", "Version"),
    ("System Information", "system", "Manufacturer", "Product Name", ""),
    ("Base Board Information", "board", "Manufacturer", "Product Name", ""),
    ("Processor Information", "processor", "Manufacturer", "Version", ""),
];

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.starts_with("# dmidecode ") || text.contains("\nHandle 0x") && text.contains(", DMI type ")
}

impl Scanner for Dmidecode {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let mut machine = Machine::of_capture(file, input.catalog);
        let mut section = "";
        let mut fields: Vec<(&str, &str, Span)> = Vec::new();
        for line in lines(file.text()) {
            if line.text.starts_with("Handle ") || line.text.trim().is_empty() {
                write(section, &fields, &mut machine, out);
                (section, fields) = ("", Vec::new());
            } else if !line.text.starts_with(char::is_whitespace) {
                section = line.text.trim_end();
            } else if let Some((name, value)) = line.text.split_once(':') {
                // values in lists below a field are indented further
                if !line.text.starts_with("\t\t") && !line.text.starts_with("        ") {
                    fields.push((name.trim(), value.trim(), span_within(&line, value.trim())));
                }
            }
        }
        write(section, &fields, &mut machine, out);
        machine.finish(out);
        Ok(())
    }
}

fn write(section: &str, fields: &[(&str, &str, Span)], machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    let get = |wanted: &str| {
        let found = fields.iter().find(|(name, value, _)| *name == wanted && is_stated(value));
        found.map(|(_, value, span)| (*value, *span))
    };
    if section == "IPMI Device Information" {
        let kind = get("Interface Type");
        let version = get("Specification Version");
        let Some((name, place)) = kind else { return };
        let said = version.map(|(text, span)| (key::VERSION, format!("IPMI {text}"), span)).into_iter().collect();
        let class = "management-controller";
        machine.device(&Other { class, name: Some(name), count: 1, place, said, ..Other::default() }, out);
        return;
    }
    let Some((_, class, vendor, name, version)) = SECTIONS.iter().find(|(title, ..)| *title == section) else { return };
    // sockets without a processor are listed too
    if get("Status").is_some_and(|(status, _)| status.contains("Unpopulated")) {
        return;
    }
    let (vendor, name, version) = (get(vendor), get(name), get(version));
    let Some((_, place)) = name.or(vendor) else { return };
    let mut said = Vec::new();
    said.extend(version.map(|(text, span)| (key::VERSION, text.to_owned(), span)));
    if *class == "firmware" {
        said.extend(get("Firmware Revision").map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)));
    }
    let other = Other {
        class,
        pci: None,
        // firmware has no name of its own
        name: name.map(|(text, _)| text).or((*class == "firmware").then_some("BIOS")),
        vendor: vendor.map(|(text, _)| text),
        count: 1,
        place,
        said,
    };
    machine.device(&other, out);
}
