//! The forms of `nvidia-smi` that people read: `-q`, `-L`, CSV of `--query-gpu`, and the table it shows by default.
//!
//! A capture may hold several of them one after the other. They speak of the same machine, so each is counted by
//! itself and the one that lists most GPUs is written.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::machine::{Found, Machine, Pci, is_stated, mebibytes};
use crate::diagnostic::DiagnosticKind;
use crate::model::key;
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, Input};
use crate::text::Span;

/// `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`.
static LISTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^GPU (\d+): (.+?) \(UUID: ([^)]*)").expect("constant pattern, tested"));

/// `|   0  NVIDIA H100 80GB HBM3          On  |   00000000:19:00.0 Off |                    0 |`, the persistence word
/// missing on some systems, the driver model in its place on others.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\|\s+\d+\s+(\S.*?)\s+(?:On|Off|WDDM|TCC|MCDM|N/A|ERR!)?\s*\|\s*[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:")
        .expect("constant pattern, tested")
});

/// `| … 40536MiB / 81920MiB |`.
static USED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:\d+|N/A)MiB /\s*(\d+MiB)").expect("constant pattern, tested"));

/// `Driver Version: 550.54 … CUDA Version: 12.4`, in the head of the table.
static VERSIONS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Driver Version: ([0-9.]+)(?:.*?CUDA Version: ([0-9.]+))?").expect("constant pattern, tested")
});

/// The beginning of a `-q` section about one GPU: `GPU 00000000:00:09.0`.
static SECTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^GPU [0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:").expect("constant pattern, tested"));

/// `00000000:00:06.0`, a bus id.
static BUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]$").expect("constant pattern, tested")
});

/// `580.159.04`, a version of the driver; `535.54` might be anything.
static DRIVER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[1-9][0-9]{2}\.[0-9]{2,3}\.[0-9]{2}$").expect("constant pattern, tested"));

/// `2026/11/01 10:00:05.000`, when a sample was taken.
static MOMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:.]+$").expect("constant pattern, tested"));

/// `96.00.A5.00.1A`, a version of the firmware.
static VBIOS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:[0-9A-Fa-f]{2}\.){4}[0-9A-Fa-f]{2}$").expect("constant pattern, tested"));

/// Names of CSV columns that tell a query of GPUs.
const COLUMNS: [&str; 3] = ["name", "gpu_name", "pci.device_id"];

/// True for text that the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.contains("NVSMI LOG")
        || text.contains("NVIDIA-SMI ") && text.contains("Driver Version:")
        || text.contains("(UUID: GPU-")
        || text.lines().take(4).any(|line| is_head(line) || headless(line).is_some())
}

/// Fields of a row that stands without a head (`--format=csv,noheader`), told by how their values look: a product's name
/// beside a UUID, a bus id, a PCI id or a version of the driver. Other fields stay without a name.
fn headless(line: &str) -> Option<Vec<&'static str>> {
    const MAKES: [&str; 5] = ["NVIDIA ", "Tesla ", "Quadro ", "GRID ", "GeForce "];
    if !line.contains(", ") || line.len() > 1000 {
        return None;
    }
    let mut fields: Vec<&'static str> = Vec::new();
    for value in line.split(',').map(str::trim) {
        let field = if MAKES.iter().any(|make| value.starts_with(make)) {
            "name"
        } else if value.starts_with("GPU-") && value.len() == 40 {
            "uuid"
        } else if numbers(value).is_some_and(|_| value.starts_with("0x")) {
            if fields.contains(&"pci.device_id") { "pci.sub_device_id" } else { "pci.device_id" }
        } else if BUS.is_match(value) {
            "pci.bus_id"
        } else if DRIVER.is_match(value) {
            "driver_version"
        } else if MOMENT.is_match(value) {
            "timestamp"
        } else if VBIOS.is_match(value) {
            "vbios_version"
        } else {
            ""
        };
        let is_taken = !field.is_empty() && fields.contains(&field);
        fields.push(if is_taken { "" } else { field });
    }
    // numbers alone may be of power or of use: the memory of a product is known without them
    let told = ["uuid", "pci.bus_id", "pci.device_id", "driver_version"];
    (fields.contains(&"name") && fields.iter().any(|field| told.contains(field))).then_some(fields)
}

/// The head of a query as CSV: names of fields that the tool has, most of them with a dot or an underscore.
fn is_head(line: &str) -> bool {
    const OWN: [&str; 12] = [
        "driver_version",
        "pci.bus_id",
        "memory.total",
        "pci.device_id",
        "vbios_version",
        "uuid",
        "gpu_uuid",
        "utilization.gpu",
        "temperature.gpu",
        "memory.used",
        "compute_cap",
        "pstate",
    ];
    let fields: Vec<&str> = line.split(',').map(field).collect();
    fields.iter().any(|field| COLUMNS.contains(field)) && fields.iter().any(|field| OWN.contains(field))
}

/// `memory.total [MiB]` is `memory.total`.
pub(super) fn field(text: &str) -> &str {
    text.split('[').next().unwrap_or(text).trim()
}

/// Vendor and device of `233010DE` or `0x233010DE`: device first.
pub(super) fn numbers(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let sound = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| (&digits[4..], &digits[..4]))
}

#[derive(Default)]
struct Read<'a> {
    /// Devices that a form has told already: a capture may hold the same form several times.
    seen: BTreeSet<(&'static str, String)>,
    query: Vec<Found<'a>>,
    list: Vec<Found<'a>>,
    csv: Vec<Found<'a>>,
    table: Vec<Found<'a>>,
    versions: Vec<(&'static str, &'a str, Span)>,
    attached: Option<(usize, Span)>,
}

/// Writes what a capture says.
pub(super) fn scan(input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let read = read(file.text());
    let mut machine = Machine::of_capture(file, input.catalog);
    for (key, value, place) in &read.versions {
        machine.say(key, value, *place, out);
    }
    if let Some((stated, place)) = read.attached
        && stated != read.query.len()
    {
        let message = format!("`Attached GPUs` says {stated}, the file lists {}", read.query.len());
        out.problem(DiagnosticKind::Conflict, file, Some(place), message);
    }
    // what tells most of each device comes first: of forms with as many devices the first counts
    let forms = [read.query, read.csv, read.list, read.table];
    let most = forms.iter().map(Vec::len).max().unwrap_or_default();
    let chosen = forms.iter().position(|form| form.len() == most).unwrap_or_default();
    for found in &forms[chosen] {
        if machine.accelerator(found, out).is_none() {
            let message = "a GPU with neither a name nor a PCI id";
            out.problem(DiagnosticKind::Malformed, file, Some(found.place), message);
        }
    }
    let others = forms.iter().enumerate().filter(|(at, _)| *at != chosen);
    for found in others.flat_map(|(_, form)| form) {
        machine.marked(&found.marks, None, out);
    }
    if machine.is_empty() {
        out.problem(DiagnosticKind::Malformed, file, None, "output of nvidia-smi that lists no GPU");
    }
    machine.finish(out);
}

fn read(text: &str) -> Read<'_> {
    let mut read = Read::default();
    let mut head: Option<Vec<&str>> = None;
    let mut query = Query::default();
    for line in lines(text) {
        if let Some(fields) = &head {
            if let Some((found, one)) = csv_row(&line, fields) {
                if one.is_empty() || read.seen.insert(("csv", one)) {
                    read.csv.push(found);
                }
                continue;
            }
            head = None;
        }
        if line.text.contains(',') && is_head(line.text) {
            // a capture that repeats a query tells the same devices anew
            read.csv.clear();
            read.seen.retain(|(form, _)| *form != "csv");
            head = Some(line.text.split(',').map(field).collect());
        } else if let Some((found, one)) = headless(line.text).and_then(|fields| csv_row(&line, &fields)) {
            // a row that nothing tells from the next may be another sample of the same device
            let first = line.text.split(',').next().unwrap_or_default().trim().to_owned();
            let is_index = first.len() < 4 && first.bytes().all(|byte| byte.is_ascii_digit());
            let one = if one.is_empty() { if is_index { first } else { "sample".to_owned() } } else { one };
            if read.seen.insert(("csv", one)) {
                read.csv.push(found);
            }
        } else if let Some(parts) = LISTED.captures(line.text) {
            let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
            if read.seen.insert(("list", format!("{} {}", part(1), part(3)))) {
                let marks = parts.get(3).map(|part| part.as_str()).into_iter().collect();
                read.list.push(Found { marks, ..named(&line, part(2)) });
            }
        } else if line.text.starts_with('|') {
            table_line(&line, &mut read);
        } else if line.text.contains("NVSMI LOG") {
            query.close(&mut read);
        } else {
            query.line(&line, &mut read);
        }
    }
    query.close(&mut read);
    // a list that stands twice, once for each state that was captured, names the same GPUs
    dedup_repeated(&mut read.list, text, "GPU 0: ");
    read
}

/// Keeps the first of several equal lists: those that begin with the first GPU again.
fn dedup_repeated(list: &mut Vec<Found<'_>>, text: &str, first: &str) {
    let mut starts = list.iter().enumerate().filter(|(_, found)| {
        text[..found.place.start].rsplit('\n').next().is_some_and(|before| before.starts_with(first))
    });
    if let Some((second, _)) = starts.nth(1) {
        list.truncate(second);
    }
}

fn named<'a>(line: &Line<'a>, name: &'a str) -> Found<'a> {
    Found { name: Some(name), is_exact: true, count: 1, place: span_within(line, name), ..Found::default() }
}

fn table_line<'a>(line: &Line<'a>, read: &mut Read<'a>) {
    if let Some(parts) = VERSIONS.captures(line.text) {
        // the head of another table: a second look at the same machine
        read.table.clear();
        for (at, key) in [(1, key::DRIVER_VERSION), (2, key::CUDA_VERSION)] {
            read.versions.extend(parts.get(at).map(|part| (key, part.as_str(), span_within(line, part.as_str()))));
        }
    } else if let Some(name) = ROW.captures(line.text).and_then(|parts| parts.get(1)) {
        // long names are cut: `NVIDIA A100-SXM...`
        let name = name.as_str();
        let whole = name.trim_end_matches('.');
        read.table.push(named(line, if whole.len() + 2 <= name.len() { whole } else { name }));
    } else if let Some(total) = USED.captures(line.text).and_then(|parts| parts.get(1))
        && let Some(last) = read.table.last_mut().filter(|last| last.memory_mib.is_none())
    {
        last.memory_mib = mebibytes(total.as_str());
        last.said.push((key::MEMORY, total.as_str().replace("MiB", " MiB"), span_within(line, total.as_str())));
    }
}

/// The section of `-q` that is being read.
#[derive(Default)]
struct Query<'a> {
    /// Where the GPU sits: `00000000:00:09.0`.
    slot: &'a str,
    open: Option<Found<'a>>,
    number: Option<(&'a str, &'a str)>,
    board: Option<(&'a str, &'a str)>,
    in_memory: bool,
}

impl<'a> Query<'a> {
    fn close(&mut self, read: &mut Read<'a>) {
        if let Some(mut found) = self.open.take() {
            let (vendor, device) = self.board.map_or((None, None), |(vendor, device)| (Some(vendor), Some(device)));
            found.pci = self.number.and_then(|(vendor, device)| Pci::of(vendor, device));
            found.pci = found.pci.map(|pci| pci.on(vendor, device));
            if read.seen.insert(("query", slot(self.slot))) {
                read.query.push(found);
            }
        }
        *self = Self::default();
    }

    fn line(&mut self, line: &Line<'a>, read: &mut Read<'a>) {
        if SECTION.is_match(line.text) {
            self.close(read);
            self.slot = line.text.trim_start_matches("GPU ").trim();
            self.open = Some(Found { is_exact: true, count: 1, place: line.span, ..Found::default() });
            return;
        }
        let Some((name, value)) = line.text.split_once(':').map(|(name, value)| (name.trim(), value.trim())) else {
            self.in_memory = matches!(line.text.trim(), "FB Memory Usage" | "Memory Usage");
            return;
        };
        let place = span_within(line, value);
        let Some(found) = &mut self.open else {
            match name {
                "Driver Version" => read.versions.push((key::DRIVER_VERSION, value, place)),
                "CUDA Version" => read.versions.push((key::CUDA_VERSION, value, place)),
                "Attached GPUs" => read.attached = value.parse().ok().map(|count| (count, place)),
                _ => {}
            }
            return;
        };
        match name {
            "Product Name" if is_stated(value) => (found.name, found.place) = (Some(value), place),
            "Device Id" => self.number = numbers(value),
            "Sub System Id" => self.board = numbers(value),
            "GPU UUID" | "Serial Number" => found.marks.push(value),
            "VBIOS Version" => found.said.push((key::FIRMWARE_VERSION, value.to_owned(), place)),
            "Total" if self.in_memory && found.memory_mib.is_none() => {
                found.memory_mib = mebibytes(value);
                found.said.push((key::MEMORY, value.to_owned(), place));
            }
            _ => {}
        }
    }
}

/// A slot without the leading zeros of its domain, which tools write in several lengths.
fn slot(text: &str) -> String {
    text.trim_start_matches(['0', ':']).to_ascii_lowercase()
}

/// A row of a query as CSV with what tells the device apart; nothing when it has another number of fields.
fn csv_row<'a>(line: &Line<'a>, fields: &[&'a str]) -> Option<(Found<'a>, String)> {
    let values: Vec<&str> = line.text.split(',').map(str::trim).collect();
    if values.len() != fields.len() {
        return None;
    }
    let get = |wanted: &[&str]| {
        let at = fields.iter().position(|field| wanted.contains(field))?;
        values.get(at).copied().filter(|value| is_stated(value))
    };
    let name = get(&["name", "gpu_name"]);
    let own = [get(&["index"]), get(&["uuid", "gpu_uuid"]), get(&["pci.bus_id", "gpu_bus_id"])];
    let is_told = own[1].or(own[2]).is_some();
    let one = if is_told { own.map(Option::unwrap_or_default).join(" ") } else { String::new() };
    let number = get(&["pci.device_id"]).and_then(numbers);
    let board = get(&["pci.sub_device_id"]).and_then(numbers);
    let mut said = Vec::new();
    let memory = get(&["memory.total"]);
    let columns = [
        (get(&["vbios_version"]), key::FIRMWARE_VERSION),
        (memory, key::MEMORY),
        (get(&["driver_version"]), key::DRIVER_VERSION),
    ];
    for (value, key) in columns {
        said.extend(value.map(|value| (key, value.to_owned(), span_within(line, value))));
    }
    let (vendor, device) = board.map_or((None, None), |(vendor, device)| (Some(vendor), Some(device)));
    let found = Found {
        pci: number.and_then(|(vendor, device)| Pci::of(vendor, device)).map(|pci| pci.on(vendor, device)),
        name,
        is_exact: true,
        // without units the tool means MiB
        memory_mib: memory.and_then(|text| mebibytes(text).or_else(|| text.parse().ok())),
        count: 1,
        place: name.map_or(line.span, |name| span_within(line, name)),
        said,
        marks: [own[1], get(&["serial", "gpu_serial"])].into_iter().flatten().collect(),
    };
    Some((found, one))
}
