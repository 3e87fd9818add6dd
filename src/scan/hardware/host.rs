//! A Linux machine by what its kernel tells under `/sys` and `/proc`: the target `host:`, or a copy of such a tree.

use std::collections::BTreeMap;

use super::machine::{Found, Machine, Other, Pci, is_stated, mebibytes};
use crate::catalog::Topic;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::source::host::PLACES;
use crate::text::Span;

/// Scanner `host`.
pub struct Host;

static META: ScannerMeta = ScannerMeta {
    id: "host",
    title: "Hardware of a Linux machine (/sys, /proc)",
    summary: "Accelerators, network and InfiniBand adapters and management controllers by their PCI ids and boards, with \
              driver, firmware, memory and memory node; versions of accelerators' drivers; make and firmware (DMI); processors. \
              `sovaudit scan host:` reads it of the running machine without running any program; names of machines, \
              serial numbers and addresses are not read.",
    files: &PLACES,
    unit: Unit::Tree,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device],
    reference: "https://docs.kernel.org/PCI/sysfs-pci.html",
};

type Files<'a> = BTreeMap<&'a str, &'a SourceFile>;

impl Scanner for Host {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let files: Files<'_> = input.files.iter().map(|file| (file.path().as_str(), &**file)).collect();
        let mut host = OnHost { files, input, machines: BTreeMap::new(), adapters: BTreeMap::new() };
        host.devices(out);
        host.drivers(out);
        host.make(out);
        host.processors(out);
        host.infiniband(out);
        host.finish(out);
        Ok(())
    }
}

struct OnHost<'a> {
    files: Files<'a>,
    input: &'a Input<'a>,
    /// The one machine, as each file tells of it: evidence stands in the file that says it.
    machines: BTreeMap<&'a str, Machine<'a>>,
    /// Adapters by their PCI ids.
    adapters: BTreeMap<String, ComponentId>,
}

impl<'a> OnHost<'a> {
    fn machine(&mut self, file: &'a SourceFile) -> &mut Machine<'a> {
        let catalog = self.input.catalog;
        let id = || ComponentId::of("machine", "host");
        self.machines.entry(file.path().as_str()).or_insert_with(|| Machine::with_id(id(), file, catalog, "observed"))
    }

    fn file(&self, path: &str) -> Option<&'a SourceFile> {
        self.files.get(path).copied()
    }

    /// The first line of a small file, with the file.
    fn value(&self, path: &str) -> Option<(&'a str, &'a SourceFile, Span)> {
        let file = self.file(path)?;
        let line = lines(file.text()).next()?;
        let text = line.text.trim();
        is_stated(text).then(|| (text, file, span_within(&line, text)))
    }

    /// PCI devices by their folders.
    fn devices(&mut self, out: &mut Facts<'_>) {
        const BELOW: &str = "sys/bus/pci/devices/";
        let folders: Vec<&str> =
            self.files.keys().filter_map(|path| path.strip_prefix(BELOW)?.strip_suffix("/device")).collect();
        for folder in folders {
            let get = |name: &str| self.value(&format!("{BELOW}{folder}/{name}"));
            let Some((device, file, place)) = get("device") else { continue };
            let Some(pci) = get("vendor").and_then(|(vendor, ..)| Pci::of(vendor, device)) else {
                let message = "a PCI device without a vendor, or with numbers that are none";
                out.problem(DiagnosticKind::Malformed, file, Some(place), message);
                continue;
            };
            let text = |name: &str| get(name).map(|(text, ..)| text);
            let pci = pci.on(text("subsystem_vendor"), text("subsystem_device"));
            let class = text("class").unwrap_or_default().trim_start_matches("0x");
            let memory = text("mem_info_vram_total").and_then(mebibytes);
            let mut said: Vec<(&'static str, String, &'a SourceFile, Span)> = Vec::new();
            for (name, key) in [
                ("vbios_version", key::FIRMWARE_VERSION),
                ("fw_version", key::FIRMWARE_VERSION),
                ("numa_node", key::NUMA_NODE),
                ("uevent", key::DRIVER),
            ] {
                let Some(file) = self.file(&format!("{BELOW}{folder}/{name}")) else { continue };
                let found = lines(file.text()).find_map(|line| {
                    let text = if name == "uevent" { line.text.strip_prefix("DRIVER=")? } else { line.text.trim() };
                    // -1 is what the kernel says where there is one node only
                    (is_stated(text) && text != "-1").then(|| (text, span_within(&line, text)))
                });
                said.extend(found.map(|(text, span)| (key, text.to_owned(), file, span)));
            }
            let name = text("product_name");
            let is_product = !self.input.catalog.accelerators_by_name(&pci.id).is_empty();
            let is_accelerator = is_product || class.starts_with("0302") || class.starts_with("12");
            let other = match class {
                class if class.starts_with("0207") => Some("infiniband"),
                class if class.starts_with("0200") || class.starts_with("0280") => Some("network"),
                class if class.starts_with("03") && pci.vendor() == "1a03" => Some("management-controller"),
                _ => None,
            };
            let machine = self.machine(file);
            let id = if is_accelerator {
                let found = Found {
                    pci: Some(pci),
                    name,
                    is_exact: true,
                    memory_mib: memory,
                    count: 1,
                    place,
                    ..Found::default()
                };
                machine.accelerator(&found, out)
            } else if let Some(class) = other {
                let number = pci.id.clone();
                let id =
                    machine.device(&Other { class, pci: Some(pci), name, count: 1, place, ..Other::default() }, out);
                self.adapters.extend(id.clone().map(|id| (number, id)));
                id
            } else {
                None
            };
            for (key, text, file, span) in said {
                if let Some(id) = &id {
                    out.attribute(id, key, text, file.at(span));
                }
            }
        }
    }

    fn drivers(&mut self, out: &mut Facts<'_>) {
        for (_, module) in self.input.catalog.hardware_words(Topic::DriverModule) {
            if let Some((version, file, place)) = self.value(&format!("sys/module/{module}/version")) {
                let text = format!("{module} {version}");
                self.machine(file).say(key::DRIVER_VERSION, &text, place, out);
            }
        }
        // `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.127.05  Release Build …`
        if let Some(file) = self.file("proc/driver/nvidia/version")
            && let Some(line) = lines(file.text()).next()
            && let Some(version) = line
                .text
                .split_whitespace()
                .find(|word| word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
        {
            let place = span_within(&line, version);
            self.machine(file).say(key::DRIVER_VERSION, &format!("nvidia {version}"), place, out);
        }
        self.by_driver(out);
        if let Some((version, file, place)) = self.value("proc/sys/kernel/osrelease") {
            self.machine(file).say(key::RUNTIME, &format!("linux {version}"), place, out);
        }
    }

    /// GPUs that the driver of NVIDIA tells by name: where PCI devices are hidden, as in containers, they are all there is.
    fn by_driver(&mut self, out: &mut Facts<'_>) {
        let is_told = self.machines.values().any(|machine| machine.total() > 0);
        let files: Vec<&'a SourceFile> = self
            .files
            .iter()
            .filter(|(path, _)| path.starts_with("proc/driver/nvidia/gpus/"))
            .map(|(_, file)| *file)
            .collect();
        for file in files.into_iter().filter(|_| !is_told) {
            let mut found = Found { is_exact: true, count: 1, ..Found::default() };
            for line in lines(file.text()) {
                let Some((name, value)) = line.text.split_once(':').map(|(name, value)| (name, value.trim())) else {
                    continue;
                };
                let place = span_within(&line, value);
                match name.trim() {
                    "Model" => (found.name, found.place) = (Some(value), place),
                    "Video BIOS" if !value.starts_with('?') => {
                        found.said.push((key::FIRMWARE_VERSION, value.to_owned(), place));
                    }
                    _ => {}
                }
            }
            if found.name.is_some() {
                self.machine(file).accelerator(&found, out);
            }
        }
    }

    fn make(&mut self, out: &mut Facts<'_>) {
        let dmi = |this: &Self, name: &str| this.value(&format!("sys/class/dmi/id/{name}"));
        for (class, vendor, name) in [("system", "sys_vendor", "product_name"), ("board", "board_vendor", "board_name")]
        {
            let (vendor, name) = (dmi(self, vendor), dmi(self, name));
            let Some((_, file, place)) = name.or(vendor) else { continue };
            let (vendor, name) = (vendor.map(|(text, ..)| text), name.map(|(text, ..)| text));
            let other = Other { class, name, vendor, count: 1, place, ..Other::default() };
            self.machine(file).device(&other, out);
        }
        if let Some((version, file, place)) = dmi(self, "bios_version") {
            let vendor = dmi(self, "bios_vendor").map(|(text, ..)| text);
            let said = vec![(key::VERSION, version.to_owned(), place)];
            let other = Other { class: "firmware", pci: None, name: Some("BIOS"), vendor, count: 1, place, said };
            self.machine(file).device(&other, out);
        }
        let files: Vec<&'a SourceFile> =
            self.files.iter().filter(|(path, _)| path.starts_with("sys/class/ipmi/")).map(|(_, file)| *file).collect();
        for file in files {
            let Some((version, _, place)) = self.value(file.path().as_str()) else { continue };
            let said = vec![(key::FIRMWARE_VERSION, version.to_owned(), place)];
            let class = "management-controller";
            let other = Other { class, pci: None, name: Some("IPMI controller"), vendor: None, count: 1, place, said };
            self.machine(file).device(&other, out);
        }
    }

    /// Sockets by `physical id`; ARM tells who designed the cores by a number.
    fn processors(&mut self, out: &mut Facts<'_>) {
        let catalog = self.input.catalog;
        let Some(file) = self.file("proc/cpuinfo") else { return };
        let mut sockets: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut vendor, mut name) = (None, None);
        for line in lines(file.text()) {
            let Some((key, value)) = line.text.split_once(':').map(|(key, value)| (key.trim(), value.trim())) else {
                continue;
            };
            match key {
                "physical id" => *sockets.entry(value).or_default() += 1,
                "vendor_id" => vendor = vendor.or(Some((value, span_within(&line, value)))),
                "model name" => name = name.or(Some((value, span_within(&line, value)))),
                "CPU implementer" => {
                    let known = catalog.hardware_word(Topic::CoreDesigner, value);
                    vendor = vendor.or(known.map(|name| (name, span_within(&line, value))));
                }
                _ => {}
            }
        }
        let Some((_, place)) = name.or(vendor) else { return };
        let vendor = vendor
            .map(|(text, _)| catalog.hardware_word(Topic::CoreDesigner, &text.to_ascii_lowercase()).unwrap_or(text));
        let count = sockets.len().max(1) as u64;
        let said = vec![(key::COUNT, count.to_string(), place)];
        let name = name.map(|(text, _)| text);
        let other = Other { class: "processor", pci: None, name, vendor, count, place, said };
        self.machine(file).device(&other, out);
    }

    /// Firmware of InfiniBand and RDMA adapters, which their PCI devices do not tell.
    fn infiniband(&mut self, out: &mut Facts<'_>) {
        const BELOW: &str = "sys/class/infiniband/";
        let names: Vec<&str> =
            self.files.keys().filter_map(|path| path.strip_prefix(BELOW)?.strip_suffix("/fw_ver")).collect();
        for name in names {
            let Some((version, file, place)) = self.value(&format!("{BELOW}{name}/fw_ver")) else { continue };
            let number = |part: &str| self.value(&format!("{BELOW}{name}/device/{part}")).map(|(text, ..)| text);
            let pci = number("vendor").zip(number("device")).and_then(|(vendor, device)| Pci::of(vendor, device));
            if let Some(id) = pci.and_then(|pci| self.adapters.get(&pci.id)) {
                out.attribute(id, key::FIRMWARE_VERSION, version, file.at(place));
                continue;
            }
            let kind = self.value(&format!("{BELOW}{name}/hca_type")).map_or("InfiniBand adapter", |(text, ..)| text);
            let said = vec![(key::FIRMWARE_VERSION, version.to_owned(), place)];
            let other = Other { class: "infiniband", pci: None, name: Some(kind), vendor: None, count: 1, place, said };
            self.machine(file).device(&other, out);
        }
    }

    /// The counts of all files together.
    fn finish(self, out: &mut Facts<'_>) {
        let mut counts: BTreeMap<ComponentId, u64> = BTreeMap::new();
        for machine in self.machines.values() {
            for (id, count) in machine.counts() {
                *counts.entry(id.clone()).or_default() += count;
            }
        }
        let told = self.machines.into_values().filter(|machine| !machine.is_empty());
        // where devices are, their number is written
        let last = told.max_by_key(Machine::total);
        if let Some(mut machine) = last {
            machine.take_over(counts);
            machine.finish(out);
        }
    }
}
