//! Redfish resources as JSON: what a management controller says of its machine.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::{Found, Machine, Other, Pci, is_stated};
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Node, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `redfish`.
pub struct Redfish;

static META: ScannerMeta = ScannerMeta {
    id: "redfish",
    title: "Redfish resources (JSON)",
    summary: "Accelerators and processors (`Processors`, `PCIeDevices` and their functions), network adapters, management \
              controllers with their firmware (`Managers`), make and firmware of the machine (`Systems`, `Chassis`), from single \
              answers, expanded collections and whole trees of `index.json`. Serial numbers and UUIDs are not kept.",
    files: &["**/*redfish*.json", "**/redfish/**/*.json", "**/index.json"],
    unit: Unit::Below("index.json"),
    size: SizeClass::Ordinary,
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
    processors: Vec<Found<'a>>,
    functions: Vec<Found<'a>>,
    devices: Vec<Found<'a>>,
}

impl Scanner for Redfish {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let mut told: BTreeMap<String, Vec<(&SourceFile, &Node)>> = BTreeMap::new();
        for file in input.files.iter().filter(|file| is_it(file.text())) {
            match file.json_or_part(out) {
                Ok(root) => told.entry(group(file, root)).or_default().push((file, root)),
                Err(error) => out.problem_of(file, &error),
            }
        }
        let mut seen: BTreeSet<(ComponentId, &str)> = BTreeSet::new();
        for resources in told.into_values() {
            let Some((first, _)) = resources.first() else { continue };
            let machine = Machine::of_capture(first, input.catalog);
            // places lie in several files: each resource is written with its own
            let mut all: Vec<Told<'_>> = Vec::new();
            for (file, root) in resources {
                let machine = Machine::with_id(machine.id.clone(), file, input.catalog, "observed");
                let (processors, functions, devices) = (Vec::new(), Vec::new(), Vec::new());
                let mut one = Told { machine, processors, functions, devices };
                for node in root.walk().filter(|node| matches!(node.value, Value::Map(_))) {
                    // a collection that is written out holds its members, which have files of their own too
                    let is_new = node.get("@odata.type").is_none()
                        || text(node, "@odata.id").is_none_or(|(id, _)| seen.insert((one.machine.id.clone(), id)));
                    if is_new {
                        resource(node, &mut one, input, out);
                    }
                }
                all.push(one);
            }
            finish(all, out);
        }
        Ok(())
    }
}

/// Trees of `index.json` below one folder are of one controller, other files each of their own.
fn group(file: &SourceFile, root: &Node) -> String {
    if file.path().name() != "index.json" {
        return file.path().to_string();
    }
    let folder = file.folder().to_string();
    let own = text(root, "@odata.id").and_then(|(id, _)| id.trim_end_matches('/').strip_prefix("/redfish/v1"));
    let above = own.and_then(|own| format!("/{folder}").strip_suffix(own).map(str::to_owned)).unwrap_or_default();
    above.trim_end_matches("redfish/v1").trim_matches('/').to_owned()
}

fn finish(all: Vec<Told<'_>>, out: &mut Facts<'_>) {
    let sum = |part: fn(&Told<'_>) -> usize| all.iter().map(part).sum::<usize>();
    let processors = sum(|told| told.processors.len());
    let functions = sum(|told| told.functions.len());
    let devices = sum(|told| told.devices.len());
    let most = processors.max(functions).max(devices);
    let mut counts: BTreeMap<ComponentId, u64> = BTreeMap::new();
    let mut last = None;
    for mut told in all {
        // numbers tell a product better than names
        let chosen = if functions == most {
            told.functions
        } else if processors == most {
            told.processors
        } else {
            told.devices
        };
        for found in &chosen {
            if let Some(id) = told.machine.accelerator(found, out) {
                *counts.entry(id).or_default() += 1;
            }
        }
        if !told.machine.is_empty() {
            last = Some(told.machine);
        }
    }
    if let Some(mut machine) = last {
        machine.take_over(counts);
        machine.finish(out);
    }
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
                let found = accelerator(node);
                told.processors.extend(found);
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
                told.functions.push(Found { pci: Some(pci), count: 1, place, ..Found::default() });
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
            told.devices.extend(known);
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
    Some(Found { pci: None, name: Some(name), is_exact: false, memory_mib: memory, count: 1, place, said })
}
