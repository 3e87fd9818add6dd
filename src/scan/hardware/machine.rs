//! What all readers of observed hardware write: a machine, its accelerators and its other devices.

use std::collections::BTreeMap;

use super::forms::Form;
pub(crate) use super::pci::{Pci, mebibytes};
use super::same;

use crate::catalog::sku::{Asked, Sku};
use crate::catalog::{Catalog, Topic};
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// Places written for one product of one machine: eight are seen, of eight thousand nobody reads all.
const PLACES: u64 = 16;

/// An accelerator as a source tells it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found<'a> {
    pub(crate) pci: Option<Pci>,
    pub(crate) name: Option<&'a str>,
    /// A driver or an interface says the name, see [`Asked::is_exact`].
    pub(crate) is_exact: bool,
    pub(crate) memory_mib: Option<u64>,
    pub(crate) count: u64,
    pub(crate) place: Span,
    /// Firmware, memory and more, each with its place.
    pub(crate) said: Vec<(&'static str, String, Span)>,
    /// UUID and serial numbers, which tell it from all other devices. They are not kept, see [`super::same`].
    pub(crate) marks: Vec<&'a str>,
}

/// A device that is no accelerator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Other<'a> {
    /// One of [`key::DEVICE_CLASS`].
    pub(crate) class: &'static str,
    pub(crate) pci: Option<Pci>,
    pub(crate) name: Option<&'a str>,
    pub(crate) vendor: Option<&'a str>,
    pub(crate) count: u64,
    pub(crate) place: Span,
    pub(crate) said: Vec<(&'static str, String, Span)>,
}

/// A machine, or machines that a source tells as one.
pub(crate) struct Machine<'a> {
    pub(crate) id: ComponentId,
    file: &'a SourceFile,
    catalog: &'a Catalog,
    known_as: &'static str,
    is_written: bool,
    /// Where it is told, where that is less than the file.
    place: Option<Span>,
    /// Accelerators with how many there are, and how many of them have been written with their place.
    counts: BTreeMap<ComponentId, u64>,
    /// The sum of the counts.
    total: u64,
    others: BTreeMap<ComponentId, u64>,
}

impl<'a> Machine<'a> {
    /// The machine whose capture a file is. Captures of several tools that lie in one folder, or have the machine in
    /// their names, are of one machine.
    pub(crate) fn of_capture(file: &'a SourceFile, catalog: &'a Catalog) -> Self {
        Self::with_id(machine_of(file, catalog), file, catalog, "observed")
    }

    /// A machine that the source names. In a folder that has its name it is the machine of that folder.
    pub(crate) fn named(name: &str, file: &'a SourceFile, catalog: &'a Catalog, known_as: &'static str) -> Self {
        let folder = file.folder();
        let id = if folder.is_root() {
            ComponentId::of("machine", name)
        } else if is_called(name, folder.name()) {
            ComponentId::of("machine", &folder)
        } else {
            ComponentId::of("machine", format_args!("{folder}/{name}"))
        };
        Self::with_id(id, file, catalog, known_as)
    }

    pub(crate) fn with_id(id: ComponentId, file: &'a SourceFile, catalog: &'a Catalog, known_as: &'static str) -> Self {
        let (counts, others) = (BTreeMap::new(), BTreeMap::new());
        Self { id, file, catalog, known_as, is_written: false, place: None, counts, total: 0, others }
    }

    /// The same, told at a place of the file.
    pub(crate) fn at(mut self, place: Span) -> Self {
        self.place = Some(place).filter(|place| *place != Span::default());
        self
    }

    /// Writes the machine itself, once.
    pub(crate) fn exists(&mut self, out: &mut Facts<'_>) {
        if !self.is_written {
            self.is_written = true;
            let seen = || self.place.map_or_else(|| self.file.whole(), |place| self.file.at(place));
            out.component(&self.id, ComponentKind::Cluster, seen());
            out.attribute(&self.id, key::KNOWN_AS, self.known_as, seen());
        }
    }

    /// Something about the machine as a whole.
    pub(crate) fn say(&mut self, key: &'static str, value: &str, place: Span, out: &mut Facts<'_>) {
        let value = value.trim();
        if is_stated(value) {
            self.exists(out);
            out.attribute(&self.id, key, value, self.file.at(place));
        }
    }

    /// Writes an accelerator; gives its id, or nothing when the source says nothing that tells one.
    pub(crate) fn accelerator(&mut self, found: &Found<'_>, out: &mut Facts<'_>) -> Option<ComponentId> {
        let seen = self.file.at(found.place);
        let asked = asked(found);
        let id = identify(&asked, self.catalog)?;
        self.exists(out);
        let before = self.counts.get(&id).copied().unwrap_or_default();
        *self.counts.entry(id.clone()).or_default() += found.count.max(1);
        self.total = self.total.saturating_add(found.count.max(1));
        self.marked(&found.marks, Some(&id), out);
        if before >= PLACES {
            return Some(id);
        }
        describe(&id, &asked, self.catalog, &seen, out);
        if let Some(pci) = &found.pci {
            out.attribute(&id, key::IDENTITY, format!("pci-vendor:{}", pci.vendor()), seen.clone());
            if let Some(board) = &pci.subsystem {
                out.attribute(&id, key::SUBSYSTEM, board, seen.clone());
            }
        }
        out.relation(&self.id, RelationKind::RunsOn, &id, seen);
        for (key, value, place) in found.said.iter().filter(|(_, value, _)| is_stated(value)) {
            out.attribute(&id, key, value, self.file.at(*place));
        }
        Some(id)
    }

    /// Writes what tells a device from all others; of a device that is counted elsewhere without its product.
    pub(crate) fn marked(&self, marks: &[&str], id: Option<&ComponentId>, out: &mut Facts<'_>) {
        if let Some(marks) = same::digests(marks) {
            // two devices that have one number between them are two
            let number = id.map_or(0, |_| self.total());
            let of = id.map_or("", ComponentId::rest);
            out.attribute(&self.id, key::DEVICE_MARK, format!("{marks} {number} {of}"), self.file.whole());
        }
    }

    /// Writes an accelerator that a resource of a controller tells; [`super::forms`] counts it.
    pub(super) fn told(&mut self, form: Form, resource: &str, found: &Found<'_>, out: &mut Facts<'_>) {
        if let Some(id) = self.accelerator(found, out) {
            let value = format!("{} {} {}", form.as_str(), resource.replace(' ', "_"), id.rest());
            out.attribute(&self.id, key::DEVICE_FORM, value, self.file.at(found.place));
        }
    }

    /// Writes another device.
    pub(crate) fn device(&mut self, other: &Other<'_>, out: &mut Facts<'_>) -> Option<ComponentId> {
        let name = other.name.map(str::trim).filter(|name| is_stated(name));
        let vendor = other.vendor.map(str::trim).filter(|vendor| is_stated(vendor));
        let id = match (&other.pci, vendor, name) {
            (Some(pci), ..) => ComponentId::device(other.class, &pci.id),
            // `NVIDIA NVIDIA DGX` says it twice
            (None, Some(vendor), Some(name)) if !name.starts_with(vendor) => {
                ComponentId::device(other.class, &format!("{vendor} {name}"))
            }
            (None, vendor, name) => ComponentId::device(other.class, name.or(vendor)?),
        };
        self.exists(out);
        let before = self.others.get(&id).copied().unwrap_or_default();
        *self.others.entry(id.clone()).or_default() += other.count.max(1);
        if before >= PLACES {
            return Some(id);
        }
        let seen = || self.file.at(other.place);
        out.component(&id, ComponentKind::Device, seen());
        out.attribute(&id, key::DEVICE_CLASS, other.class, seen());
        if let Some(name) = name {
            out.attribute(&id, key::NAME, name, seen());
        }
        if let Some(vendor) = vendor {
            out.attribute(&id, key::VENDOR, vendor, seen());
        }
        if let Some(pci) = &other.pci {
            out.attribute(&id, key::IDENTITY, format!("pci-vendor:{}", pci.vendor()), seen());
            if let Some(board) = &pci.subsystem {
                out.attribute(&id, key::SUBSYSTEM, board, seen());
            }
        }
        out.relation(&self.id, RelationKind::Contains, &id, seen());
        for (key, value, place) in other.said.iter().filter(|(_, value, _)| is_stated(value)) {
            out.attribute(&id, key, value.trim(), self.file.at(*place));
        }
        Some(id)
    }

    /// How many of each product there are.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&ComponentId, u64)> {
        self.counts.iter().map(|(id, count)| (id, *count))
    }

    /// Counts that were taken elsewhere, file by file, in the place of its own.
    pub(crate) fn take_over(&mut self, counts: BTreeMap<ComponentId, u64>) {
        self.total = counts.values().copied().fold(0, u64::saturating_add);
        self.counts = counts;
    }

    /// True when nothing was found on it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_written
    }

    /// How many accelerators there are so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Writes how many it has of each product.
    pub(crate) fn finish(self, out: &mut Facts<'_>) {
        for (id, count) in &self.counts {
            out.attribute(&self.id, key::DEVICES, devices(id, *count), self.file.whole());
        }
        if !self.counts.is_empty() {
            out.attribute(&self.id, key::ACCELERATOR_COUNT, self.total().to_string(), self.file.whole());
        }
    }
}

/// The value of [`key::DEVICES`]: the id without its prefix, and how many.
pub(crate) fn devices(id: &ComponentId, count: u64) -> String {
    format!("{} {count}", id.rest())
}

fn asked<'a>(found: &'a Found<'a>) -> Asked<'a> {
    Asked {
        pci: found.pci.as_ref().map(|pci| &*pci.id),
        subsystem: found.pci.as_ref().and_then(|pci| pci.subsystem.as_deref()),
        name: found.name.map(str::trim).filter(|name| is_stated(name)),
        is_exact: found.is_exact,
        memory_mib: found.memory_mib,
    }
}

/// The product, or an unknown one by its name, else by its number; nothing when neither is said.
pub(crate) fn identify(asked: &Asked<'_>, catalog: &Catalog) -> Option<ComponentId> {
    match catalog.sku(*asked) {
        Sku::One(row) => Some(ComponentId::accelerator(&row.id)),
        Sku::Several(_) | Sku::Unknown => {
            // what a list of ids calls a device it has from a table; what a driver calls it is its own name
            let raw = if asked.is_exact { asked.name.or(asked.pci) } else { asked.pci.or(asked.name) };
            raw.map(ComponentId::unknown_accelerator)
        }
    }
}

/// Writes the accelerator that a declaration names; nothing for a name without words.
pub(crate) fn named(name: &str, seen: &Seen, catalog: &Catalog, out: &mut Facts<'_>) -> Option<ComponentId> {
    let name = name.trim();
    let asked = Asked { name: (!name.is_empty()).then_some(name), is_exact: true, ..Asked::default() };
    let id = identify(&asked, catalog)?;
    describe(&id, &asked, catalog, seen, out);
    Some(id)
}

/// Writes that there is an accelerator, how it is called and, where a name means several products, which.
pub(crate) fn describe(id: &ComponentId, asked: &Asked<'_>, catalog: &Catalog, seen: &Seen, out: &mut Facts<'_>) {
    out.component(id, ComponentKind::Accelerator, seen.clone());
    if let Some(name) = asked.name {
        out.attribute(id, key::DEVICE_NAME, name, seen.clone());
    }
    if let Sku::Several(rows) = catalog.sku(*asked) {
        for row in rows {
            out.attribute(id, key::CANDIDATE, &row.id, seen.clone());
        }
    }
}

/// Tools write `N/A` and the like for what they do not know, and makers of boards leave their own words.
pub(crate) fn is_stated(text: &str) -> bool {
    const NOTHING: [&str; 20] = [
        "",
        "n/a",
        "[n/a]",
        "not found",
        "unknown error",
        "err!",
        "unknown",
        "none",
        "null",
        "not supported",
        "[not supported]",
        "not specified",
        "not available",
        "not present",
        "default string",
        "to be filled by o.e.m.",
        "system product name",
        "system manufacturer",
        "undefined",
        "-",
    ];
    !NOTHING.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// Options that names of captures have behind the tool: `lspci-nnvk`, `nvidia-smi-q-x`. Elsewhere `ai` and `ml` are names.
fn is_option(tool: &str, part: &str) -> bool {
    const LSPCI: [&str; 31] = [
        "n", "nn", "v", "vv", "vvv", "k", "nk", "nnk", "nv", "nnv", "nnvv", "nnvvv", "nvk", "nnvk", "nnvvk", "vk",
        "vvk", "vnn", "vvnn", "vvvnn", "m", "mm", "vm", "vmm", "vmmk", "nmm", "nnmm", "mmnn", "vmmnn", "vmmnnk", "D",
    ];
    match tool {
        "lspci" => LSPCI.contains(&part),
        "smi" | "hl" | "info" | "list" | "query" | "topo" => {
            matches!(part, "q" | "Q" | "x" | "qx" | "L" | "l" | "m" | "a" | "i" | "d")
        }
        _ => false,
    }
}

/// True when a host has a name: `n1`, or `n1.example.com` for short.
fn is_called(host: &str, name: &str) -> bool {
    let short = host.split('.').next().unwrap_or(host);
    let is_short = short.eq_ignore_ascii_case(name) && short.bytes().any(|byte| byte.is_ascii_alphabetic());
    host.eq_ignore_ascii_case(name) || is_short
}

/// A number behind the form of a file: `nvidia-smi-csv-2`; or a day and what stands behind it.
fn is_number_of_capture(tool: &str, part: &str) -> bool {
    let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
    let is_form = matches!(tool, "csv" | "xml" | "json" | "txt" | "text");
    is_number && (is_form && part.len() < 3 || matches!(part.len(), 8 | 12 | 14) && part.starts_with("20"))
}

fn machine_of(file: &SourceFile, catalog: &Catalog) -> ComponentId {
    let name = file.path().name();
    let parts = name.split(['-', '_', '.', ' ']).filter(|part| !part.is_empty());
    let mut own: Vec<&str> = Vec::new();
    // the tool whose options may follow
    let mut tool = "";
    for part in parts {
        let word = part.to_ascii_lowercase();
        let mut words = catalog.hardware_words(Topic::CaptureName);
        if let Some((_, known)) = words.find(|(_, known)| *known == word) {
            tool = known;
        } else if !is_option(tool, part) && !is_number_of_capture(tool, part) {
            tool = "";
            own.push(part);
        }
    }
    let folder = file.folder();
    match (own.is_empty(), folder.is_root()) {
        (true, _) => ComponentId::of("machine", &folder),
        (false, true) => ComponentId::of("machine", own.join("-")),
        (false, false) => ComponentId::of("machine", format_args!("{folder}/{}", own.join("-"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RelPath;

    #[test]
    fn captures_of_one_machine() {
        let catalog = Catalog::embedded();
        let id = |path: &str| {
            let file = SourceFile::new(RelPath::new(path).expect("a path"), Vec::new(), None);
            machine_of(&file, &catalog).to_string()
        };
        assert_eq!(id("node7/lspci-nn.txt"), id("node7/nvidia-smi.xml"));
        assert_eq!(id("node7-nvidia-smi.xml"), id("lspci_node7.txt"));
        assert_eq!(id("node7/nvidia-smi-q-x.xml"), id("node7/lspci-nnvk.txt"));
        for host in ["ai", "ml", "lab", "dl"] {
            assert_eq!(id(&format!("{host}-lspci-nn.txt")), format!("machine:{host}"));
        }
        assert_ne!(id("node7-nvidia-smi.xml"), id("node8-nvidia-smi.xml"));
        for name in [
            "nvidia-smi-full.xml",
            "nvidia-smi-query-noheader.csv",
            "nvidia-smi-csv-nh.csv",
            "nvidia-smi-csv-2.csv",
            "lspci-gpus.txt",
            "nvidia-smi-topo-m.txt",
            "rocm-smi-version.txt",
            "nvidia-smi-20261123.txt",
        ] {
            assert_eq!(id(&format!("n1/{name}")), "machine:n1", "{name}");
        }
        assert_ne!(id("captures/nvidia-smi-1.txt"), id("captures/nvidia-smi-2.txt"));
    }
}
