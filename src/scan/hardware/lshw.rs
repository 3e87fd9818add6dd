//! `lshw` as JSON and as XML: make, firmware, processors, accelerators and adapters of a machine.

use super::machine::{Found, Machine, Other, Pci, is_stated};
use crate::catalog::Topic;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::xml::Element;
use crate::parse::{Node, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `lshw`.
pub struct Lshw;

static META: ScannerMeta = ScannerMeta {
    id: "lshw",
    title: "lshw output (JSON, XML)",
    summary: "Accelerators, network adapters, processors, firmware and make of a machine. With `-numeric` products are found \
              by their PCI ids, else by their names. Serial numbers are not kept.",
    files: &["**/*lshw*.{xml,txt,log,out}", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device],
    reference: "https://ezix.org/project/wiki/HardwareLiSter",
};

/// Most nodes that are looked at.
const MOST: usize = 200_000;

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    let begin = text.trim_start();
    let has = |word: &str| text.contains(word);
    let in_json = begin.starts_with(['{', '[']) && has("\"class\"") && has("\"handle\"");
    let in_xml = begin.starts_with('<') && has("<node ") && has("class=\"");
    in_json && (has("\"claimed\"") || has("\"businfo\"")) || in_xml && (has("handle=\"") || has("<lshw"))
}

/// One node of the tree, from either form.
#[derive(Default)]
struct Item<'a> {
    id: &'a str,
    class: &'a str,
    description: &'a str,
    product: (&'a str, Span),
    vendor: &'a str,
    version: (&'a str, Span),
    firmware: Option<(&'a str, Span)>,
    driver: Option<(&'a str, Span)>,
    is_disabled: bool,
    is_in: &'a str,
}

impl Scanner for Lshw {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !is_it(text) {
            if text.starts_with("H/W path") || text.contains("\n  *-core") {
                let message = "a form of lshw that is not read; write it with `lshw -json -numeric`";
                out.problem(DiagnosticKind::Unsupported, file, None, message);
            }
            return Ok(());
        }
        let mut machine = Machine::of_capture(file, input.catalog);
        if text.trim_start().starts_with('<') {
            let root = file.xml_or_part(out)?;
            let mut open = vec![(&*root, "")];
            let mut count = 0;
            while let Some((element, above)) = open.pop() {
                count += 1;
                if count > MOST {
                    break;
                }
                if &*element.name == "node" && !element.is_cut() {
                    write(&of_xml(element, above), input, &mut machine, out);
                }
                let id = element.attribute("id").unwrap_or_default();
                open.extend(
                    element
                        .groups()
                        .iter()
                        .rev()
                        .filter(|child| matches!(&*child.name, "node" | "list"))
                        .map(|child| (child, id)),
                );
            }
        } else {
            let root = file.json_or_part(out)?;
            let mut open: Vec<(&Node, &str)> = match &root.value {
                Value::List(items) => items.iter().rev().map(|item| (item, "")).collect(),
                _ => vec![(root, "")],
            };
            let mut count = 0;
            while let Some((node, above)) = open.pop() {
                count += 1;
                if count > MOST {
                    break;
                }
                write(&of_json(node, above), input, &mut machine, out);
                let id = node.get("id").and_then(Node::text).unwrap_or_default();
                let children = node.get("children").map_or(&[][..], Node::list);
                open.extend(children.iter().rev().map(|child| (child, id)));
            }
        }
        machine.finish(out);
        Ok(())
    }
}

fn of_json<'a>(node: &'a Node, above: &'a str) -> Item<'a> {
    let text = |name: &str| node.get(name).and_then(Node::text).unwrap_or_default();
    let placed = |name: &str| node.get(name).and_then(|node| Some((node.text()?, node.span)));
    let setting = |name: &str| node.at(&["configuration", name]).and_then(|node| Some((node.text()?, node.span)));
    Item {
        id: text("id"),
        class: text("class"),
        description: text("description"),
        product: placed("product").unwrap_or(("", node.span)),
        vendor: text("vendor"),
        version: placed("version").unwrap_or_default(),
        firmware: setting("firmware"),
        driver: setting("driver"),
        is_disabled: node.get("disabled").and_then(Node::as_bool) == Some(true),
        is_in: above,
    }
}

fn of_xml<'a>(node: &'a Element, above: &'a str) -> Item<'a> {
    let text = |name: &str| node.child_text(name).unwrap_or_default();
    let placed = |name: &str| node.child(name).map(|child| (child.text(), child.span));
    let setting = |name: &str| {
        let all = node.child("configuration")?;
        let one = all.all("setting").find(|setting| setting.attribute("id") == Some(name))?;
        Some((one.attribute("value")?, one.span))
    };
    Item {
        id: node.attribute("id").unwrap_or_default(),
        class: node.attribute("class").unwrap_or_default(),
        description: text("description"),
        product: placed("product").unwrap_or(("", node.tag)),
        vendor: text("vendor"),
        version: placed("version").unwrap_or_default(),
        firmware: setting("firmware"),
        driver: setting("driver"),
        is_disabled: node.attribute("disabled") == Some("true"),
        is_in: above,
    }
}

/// `GH100 [H100 SXM5 80GB] [10DE:2330]` with `-numeric`: name and numbers.
fn numbered(text: &str) -> (&str, Option<(&str, &str)>) {
    let Some((name, rest)) = text.trim_end().strip_suffix(']').and_then(|text| text.rsplit_once('[')) else {
        return (text, None);
    };
    match rest.split_once(':') {
        Some((vendor, device)) if vendor.len() == 4 && device.len() == 4 => (name.trim_end(), Some((vendor, device))),
        _ => (text, None),
    }
}

fn write(item: &Item<'_>, input: &Input<'_>, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
    let (name, numbers) = numbered(item.product.0);
    let pci = numbers.and_then(|(vendor, device)| Pci::of(vendor, device));
    // `NVIDIA Corporation [10DE]`
    let vendor = item.vendor.rsplit_once(" [").filter(|(_, rest)| rest.len() == 5 && rest.ends_with(']'));
    let vendor = vendor.map_or(item.vendor, |(vendor, _)| vendor);
    let name = Some(name).filter(|name| is_stated(name));
    let place = item.product.1;
    let mut said = Vec::new();
    said.extend(item.firmware.map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)));
    said.extend(item.driver.map(|(text, span)| (key::DRIVER, text.to_owned(), span)));
    let is_product = pci.as_ref().is_some_and(|pci| !input.catalog.accelerators_by_name(&pci.id).is_empty());
    let class = match item.class {
        "display" | "processing" | "generic" if is_product => None,
        "display" if !item.description.starts_with("VGA") || is_known(vendor, name, input) => None,
        "processing" => None,
        "display" if vendor.starts_with("ASPEED") => Some("management-controller"),
        "network" if item.description.to_ascii_lowercase().contains("infiniband") => Some("infiniband"),
        "network" => Some("network"),
        "processor" if !item.is_disabled && name.is_some() => Some("processor"),
        "system" if item.is_in.is_empty() && name.is_some() => Some("system"),
        "memory" if item.id == "firmware" => Some("firmware"),
        _ => return,
    };
    match class {
        None if pci.is_none() && name.is_none() => {
            let driver = item.driver.filter(|(driver, _)| {
                input.catalog.hardware_word(Topic::DriverModule, &driver.to_ascii_lowercase()) == Some("accelerator")
            });
            if let Some((driver, place)) = driver {
                let message = format!(
                    "a device with the driver `{driver}` and no product: the list of PCI ids was missing; write it with \
                     `lshw -numeric` where that list is"
                );
                out.problem(DiagnosticKind::Unsupported, input.file(), Some(place), message);
            }
        }
        None => {
            // the name alone is that of a chip family: the maker stands beside it
            let whole = format!("{vendor} {}", name.unwrap_or_default());
            let named = name.map(|_| whole.trim()).filter(|name| !name.is_empty());
            machine.accelerator(&Found { pci, name: named, count: 1, place, said, ..Found::default() }, out);
        }
        Some("firmware") => {
            said.push((key::VERSION, item.version.0.to_owned(), item.version.1));
            let name = Some(item.description).filter(|name| !name.is_empty());
            let place = item.version.1;
            machine.device(
                &Other { class: "firmware", pci: None, name, vendor: Some(vendor), count: 1, place, said },
                out,
            );
        }
        Some(class) => {
            machine.device(&Other { class, pci, name, vendor: Some(vendor), count: 1, place, said }, out);
        }
    }
}

/// True for a display whose name means a product: it has no ids to tell it by.
fn is_known(vendor: &str, name: Option<&str>, input: &Input<'_>) -> bool {
    let name = format!("{vendor} {}", name.unwrap_or_default());
    let asked = crate::catalog::sku::Asked { name: Some(&name), ..Default::default() };
    !matches!(input.catalog.sku(asked), crate::catalog::sku::Sku::Unknown)
}
