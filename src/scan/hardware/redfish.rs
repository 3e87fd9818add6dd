//! Redfish resources as JSON: what a management controller says of its machine.
//!
//! A tree of resources has a file for each: every file is read by itself, and `forms` counts what those of one
//! controller tell together.

use std::collections::BTreeSet;

use super::forms::Form;
use super::machine::{Found, Machine, Other, Pci, is_stated};
use crate::catalog::Catalog;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Node, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `redfish`.
pub struct Redfish;

static META: ScannerMeta = ScannerMeta {
    id: "redfish",
    title: "Redfish resources (JSON)",
    summary: "Accelerators and processors (`Processors`, `PCIeDevices` and their functions), network adapters, management \
              controllers with their firmware (`Managers`), make and firmware of the machine (`Systems`, `Chassis`), from single \
              answers, expanded collections and whole trees, with an `index.json` or a file for each resource, whole or from any \
              folder on. UUIDs and serial numbers tell captures of one machine and are not kept.",
    files: &["**/*redfish*.json", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device],
    reference: "https://www.dmtf.org/standards/redfish",
};

/// True for a Redfish resource.
pub(super) fn is_it(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && text.contains("\"@odata.type\"") && text.contains("/redfish/v1")
}

/// What is said of one machine: devices that are told twice, as processors and as functions of PCIe devices, are
/// counted by whichever tells more.
struct Told<'a> {
    machine: Machine<'a>,
    /// Each with the resource that tells it.
    found: Vec<(Form, String, Found<'a>)>,
}

impl Scanner for Redfish {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let mut told = Told { machine: controller(file, root, input.catalog), found: Vec::new() };
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for node in root.walk().filter(|node| matches!(node.value, Value::Map(_))) {
            // a collection that is written out holds its members, which may stand elsewhere too
            let is_new =
                node.get("@odata.type").is_none() || text(node, "@odata.id").is_none_or(|(id, _)| seen.insert(id));
            if is_new {
                resource(node, &mut told, input, out);
            }
        }
        let Told { mut machine, found } = told;
        for (form, resource, found) in found {
            machine.marked(&found.marks, None, out);
            let found = Found { marks: Vec::new(), ..found };
            machine.told(form, &resource, &found, out);
        }
        Ok(())
    }
}

/// The machine whose controller has a resource: of a tree the folder that it lies in, whose files are called as their
/// resources are; of any other file the one that its name tells.
fn controller<'a>(file: &'a SourceFile, root: &Node, catalog: &'a Catalog) -> Machine<'a> {
    let own = Some(root).filter(|root| matches!(root.value, Value::Map(_))).and_then(|root| text(root, "@odata.id"));
    let own = own.map(|(id, _)| id.trim_matches('/').to_owned());
    match own.filter(|own| own.starts_with("redfish/v1")).and_then(|own| above(file.path(), &own)) {
        Some(id) => Machine::with_id(ComponentId::of("machine", id), file, catalog, "observed"),
        None => Machine::of_capture(file, catalog),
    }
}

/// What stands before the name of a resource in the path of its file.
fn above(path: &RelPath, own: &str) -> Option<String> {
    let whole = path.as_str().strip_suffix(".json")?;
    // the folder of a tree, also one that begins below the resource's first names
    let place = whole.strip_suffix("/index").or((whole == "index").then_some("")).unwrap_or(whole);
    let here = |before: &str| {
        let before = before.trim_end_matches('/');
        let tree = ["redfish/v1", "redfish", "v1"].iter().find_map(|end| {
            let rest = before.strip_suffix(end)?;
            (rest.is_empty() || rest.ends_with('/')).then_some(rest)
        });
        let folder = tree.unwrap_or(before).trim_end_matches('/');
        if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
    };
    let short = own.strip_prefix("redfish/v1").unwrap_or(own).trim_start_matches('/');
    for name in [own, short] {
        let before = place.strip_suffix(name).filter(|_| !name.is_empty());
        if let Some(before) = before.filter(|before| before.is_empty() || before.ends_with('/')) {
            return Some(here(before));
        }
    }
    if format!("/{own}").ends_with(&format!("/{place}")) {
        return Some(".".to_owned());
    }
    // one folder for all, names with another sign in place of the stroke: `node7_redfish_v1_Systems_1.json`
    let (folder, name) = whole.rsplit_once('/').unwrap_or(("", whole));
    let plain = |text: &str| text.replace(['/', '-', '.', ' '], "_");
    let name = plain(name);
    let before = [plain(own), plain(short)].iter().find_map(|own| {
        let before = name.strip_suffix(own.as_str()).filter(|_| !own.is_empty())?;
        (before.is_empty() || before.ends_with('_')).then(|| before.trim_end_matches('_').to_owned())
    })?;
    let before = before.trim_end_matches("redfish_v1").trim_end_matches('_');
    Some(match (folder.is_empty(), before.is_empty()) {
        (true, true) => ".".to_owned(),
        (true, false) => before.to_owned(),
        (false, true) => here(folder),
        (false, false) => format!("{folder}/{before}"),
    })
}

fn text<'n>(node: &'n Node, key: &str) -> Option<(&'n str, Span)> {
    let value = node.entry(key)?;
    let text = value.value.text().filter(|text| is_stated(text))?;
    Some((text, value.value.span))
}

fn resource<'n>(node: &'n Node, told: &mut Told<'n>, input: &Input<'_>, out: &mut Facts<'_>) {
    let Some((kind, _)) = text(node, "@odata.type") else { return };
    // what is not there is listed with its slot
    if node
        .entry("Status")
        .is_some_and(|status| text(&status.value, "State").is_some_and(|(state, _)| state == "Absent"))
    {
        return;
    }
    let kind = kind.trim_start_matches('#').split('.').next().unwrap_or_default();
    let named = |class: &'static str, told: &mut Told<'n>, out: &mut Facts<'_>| {
        let (name, vendor) = (text(node, "Model"), text(node, "Manufacturer"));
        let Some((_, place)) = name.or(vendor) else { return };
        let said = firmware(node, &["FirmwareVersion", "FirmwarePackageVersion"]);
        let (name, vendor) = (name.map(|(text, _)| text), vendor.map(|(text, _)| text));
        told.machine.device(&Other { class, pci: None, name, vendor, count: 1, place, said }, out);
    };
    if let Some(members) = node.entry("Members").filter(|_| kind.ends_with("Collection")) {
        // asked for, so that anything else is told; resources are found wherever they stand
        let _asked = members.value.list().iter().filter(|member| member.entries().is_empty()).count();
    }
    match kind {
        "Processor" => match text(node, "ProcessorType").map_or("", |(kind, _)| kind) {
            "GPU" | "Accelerator" | "DSP" | "FPGA" => {
                let found = accelerator(node).map(|found| (Form::Processor, name_of(node), found));
                told.found.extend(found);
            }
            _ => named("processor", told, out),
        },
        "PCIeFunction" => {
            let get = |key| text(node, key).map(|(text, _)| text);
            let Some(pci) = get("VendorId").zip(get("DeviceId")).and_then(|(vendor, device)| Pci::of(vendor, device))
            else {
                return;
            };
            let class = get("DeviceClass").unwrap_or_default();
            let is_product = !input.catalog.accelerators_by_name(&pci.id).is_empty();
            let place = text(node, "DeviceId").map_or(node.span, |(_, span)| span);
            // further functions of a device, such as its sound, are none of their own
            let is_first =
                node.entry("FunctionId").and_then(|entry| entry.value.scalar()).is_none_or(|number| number == "0");
            let pci = pci.on(get("SubsystemVendorId"), get("SubsystemId"));
            if is_first && (is_product || class == "ProcessingAccelerators") {
                let found = Found { pci: Some(pci), count: 1, place, ..Found::default() };
                told.found.push((Form::Function, name_of(node), found));
            } else if is_first && class == "NetworkController" {
                told.machine
                    .device(&Other { class: "network", pci: Some(pci), count: 1, place, ..Other::default() }, out);
            }
        }
        "PCIeDevice" => {
            let known = accelerator(node).filter(|found| {
                let asked = crate::catalog::sku::Asked { name: found.name, ..Default::default() };
                !matches!(input.catalog.sku(asked), crate::catalog::sku::Sku::Unknown)
            });
            told.found.extend(known.map(|found| (Form::Whole, name_of(node), found)));
        }
        "NetworkAdapter" => named("network", told, out),
        "Manager" => named("management-controller", told, out),
        "Chassis" => named("chassis", told, out),
        "ComputerSystem" => {
            named("system", told, out);
            if let Some((version, place)) = text(node, "BiosVersion") {
                let said = vec![(key::VERSION, version.to_owned(), place)];
                let vendor = text(node, "Manufacturer").map(|(text, _)| text);
                let name = Some("BIOS");
                told.machine.device(&Other { class: "firmware", pci: None, name, vendor, count: 1, place, said }, out);
            }
        }
        _ => {}
    }
}

/// What tells a resource from the others of its controller.
fn name_of(node: &Node) -> String {
    text(node, "@odata.id").map_or_else(|| format!("at {}", node.span.start), |(id, _)| id.to_owned())
}

fn firmware(node: &Node, keys: &[&str]) -> Vec<(&'static str, String, Span)> {
    let found = keys.iter().find_map(|key| text(node, key));
    found.map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)).into_iter().collect()
}

/// An accelerator by its model, with the maker before it where it does not stand there.
fn accelerator(node: &Node) -> Option<Found<'_>> {
    let (name, place) = text(node, "Model").or_else(|| text(node, "Name"))?;
    let memory = node
        .at(&["MemorySummary", "TotalMemorySizeMiB"])
        .or_else(|| node.at(&["ProcessorMemory", "0", "CapacityMiB"]))
        .and_then(Node::scalar)
        .and_then(|text| text.parse().ok());
    let said = firmware(node, &["FirmwareVersion"]);
    let marks = ["UUID", "SerialNumber"].iter().filter_map(|key| Some(text(node, key)?.0)).collect();
    Some(Found { pci: None, name: Some(name), is_exact: false, memory_mib: memory, count: 1, place, said, marks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_controller_are_of_one_machine() {
        let id = |path: &str, own: &str| above(&RelPath::new(path).expect("a path"), own);
        let gpu = "redfish/v1/Systems/1/Processors/GPU0";
        for (path, machine) in [
            ("node7/redfish/v1/Systems/1/Processors/GPU0/index.json", "node7"),
            ("node7/redfish/v1/Systems/1/Processors/GPU0.json", "node7"),
            ("node7/Systems/1/Processors/GPU0.json", "node7"),
            ("redfish/v1/Systems/1/Processors/GPU0/index.json", "."),
            ("v1/Systems/1/Processors/GPU0.json", "."),
            ("Systems/1/Processors/GPU0/index.json", "."),
            ("Processors/GPU0.json", "."),
            ("GPU0.json", "."),
            ("redfish_v1_Systems_1_Processors_GPU0.json", "."),
            ("dumps/redfish_v1_Systems_1_Processors_GPU0.json", "dumps"),
            ("dumps/node7-redfish-v1-Systems-1-Processors-GPU0.json", "dumps/node7"),
        ] {
            assert_eq!(id(path, gpu).as_deref(), Some(machine), "{path}");
        }
        assert_eq!(id("node7/redfish/v1/index.json", "redfish/v1").as_deref(), Some("node7"));
        assert_eq!(id("redfish/v1.json", "redfish/v1").as_deref(), Some("."));
        assert_eq!(id("dumps/gpu-of-node7.json", gpu), None);
    }
}
