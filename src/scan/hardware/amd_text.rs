//! What `rocm-smi` and `amd-smi` print for people, and as CSV.
//!
//! A capture may hold several forms one after the other. They speak of the same machine: what tells most devices is written,
//! and of forms with as many what tells most of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::amd_smi::{card, device, is_further};
use super::machine::{Machine, is_stated, mebibytes};
use crate::diagnostic::DiagnosticKind;
use crate::model::key;
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// `GPU[0]          : Card Series:          AMD Instinct MI300X OAM`.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^GPU\[(\d+)\]\s*:\s*([^:]*[^:\s])\s*:\s*(\S.*?)\s*$").expect("constant pattern, tested")
});

/// `0       1     0x73bf,   34495  43.0°C …`, a row of the tables of `rocm-smi`.
static ROW: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*(\d{1,3})\s+\S").expect("constant pattern, tested"));

/// `0x74a1`, the number of a device, in some versions `[0x74a0 : 0x00]`.
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b0x[0-9a-fA-F]{1,4}\b").expect("constant pattern, tested"));

/// `NPS4, CPX, 3`: memory, computing, number of the partition.
static PARTITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s[A-Z0-9/]+, [A-Z0-9/]+, (\d+)\s").expect("constant pattern, tested"));

/// `0000:c9:00.0`, a slot.
static SLOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]\b").expect("constant pattern, tested")
});

/// `| 0000:09:00.0    AMD Instinct MI325X | 0 %      49 °C …`, the first row of a device in the table of `amd-smi`.
static LISTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\|\s*([0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.([0-7]))\s+(\S.*?)\s*\|")
        .expect("constant pattern, tested")
});

/// `283/262128 MB |` at the end of the second.
static USED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d+/(\d+ [MG]i?B)\s*\|\s*$").expect("constant pattern, tested"));

/// `amdgpu Version:  6.16.13`.
static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"amdgpu [Vv]ersion: +([0-9][^\s|]*)").expect("constant pattern, tested"));

/// True for text that the tools wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.contains("ROCm System Management Interface") && !text.contains("usage: ")
        || text.contains("GPU[0]") && lines(text).take(200).any(|line| SAID.is_match(line.text))
        || text.contains("| AMD-SMI ") && text.contains("GPU-Name")
        || lines(text).take(60).any(|line| line.text.starts_with("GPU: "))
            && (text.contains("    BDF: ") || text.contains("    ASIC:"))
        || lines(text).take(4).any(|line| is_head(line.text))
}

/// The head of CSV: `device,Card series,Card model,…`, `gpu,market_name,…`.
fn is_head(line: &str) -> bool {
    let begins = line.starts_with("device,") || line.starts_with("gpu,");
    let own = ["card series", "device name", "device id", "gpu id", "market_name", "gpu_bdf", "bdf"];
    begins && line.split(',').any(|field| own.contains(&field.trim().to_ascii_lowercase().as_str()))
}

/// What is said of a device, by the name of a field in lower case.
#[derive(Default)]
struct Card<'a> {
    fields: BTreeMap<String, (&'a str, Span)>,
    memory: Option<(u64, Span)>,
    place: Span,
}

impl<'a> Card<'a> {
    fn at(place: Span) -> Self {
        Self { place, ..Self::default() }
    }

    fn say(&mut self, name: &str, value: &'a str, place: Span) {
        if is_stated(value) && value != "<redacted>" {
            self.fields.entry(name.to_owned()).or_insert((value, place));
        }
    }

    fn get(&self, name: &str) -> Option<(&'a str, Span)> {
        self.fields.get(name).copied()
    }
}

/// The devices of a form, by what the form tells them apart with.
type Cards<'a> = BTreeMap<String, Card<'a>>;

#[derive(Default)]
struct Read<'a> {
    /// `GPU[0] : name: value` of `rocm-smi`.
    said: Cards<'a>,
    /// Tables of `rocm-smi`.
    rows: Cards<'a>,
    /// `rocm-smi --csv`.
    csv: Cards<'a>,
    /// `amd-smi static` and `list`.
    sections: Cards<'a>,
    /// `amd-smi … --csv`.
    section_csv: Cards<'a>,
    /// The table of `amd-smi`.
    listed: Cards<'a>,
    driver: Option<(&'a str, Span)>,
}

/// Writes what a capture says.
pub(super) fn scan<'a>(file: &'a SourceFile, machine: &mut Machine<'a>, out: &mut Facts<'_>) {
    let mut read = read(file.text());
    if let Some((version, place)) = read.driver {
        machine.say(key::DRIVER_VERSION, version, place, out);
    }
    // partitions of one device lie in its slot
    let mut slots: BTreeSet<&str> = BTreeSet::new();
    read.said.retain(|_, card| card.get("pci bus").is_none_or(|(slot, _)| slots.insert(slot)));
    // what tells most of each device comes first
    let forms = [
        (read.sections, true),
        (read.section_csv, true),
        (read.said, false),
        (read.csv, false),
        (read.listed, true),
        (read.rows, false),
    ];
    let most = forms.iter().map(|(cards, _)| cards.len()).max().unwrap_or_default();
    let named = |cards: &Cards<'_>| cards.values().filter(|card| card.is_named()).count();
    let best = forms.iter().filter(|(cards, _)| cards.len() == most).map(|(cards, _)| named(cards)).max();
    let chosen = forms.iter().position(|(cards, _)| cards.len() == most && Some(named(cards)) == best);
    for (at, (cards, is_amd)) in forms.iter().enumerate() {
        for one in cards.values() {
            let get = |name: &str| one.get(name);
            if Some(at) != chosen {
                let marks = ["uuid", "asic.asic_serial", "board.product_serial", "unique id", "serial number"];
                let marks: Vec<&str> = marks.iter().filter_map(|mark| Some(get(mark)?.0)).collect();
                machine.marked(&marks, None, out);
            } else if *is_amd {
                device(&get, one.memory, one.place, machine, out);
            } else {
                card(&get, one.memory, one.place, machine, out);
            }
        }
    }
    if machine.total() == 0 {
        out.problem(DiagnosticKind::Malformed, file, None, "output of rocm-smi or amd-smi that lists no GPU");
    }
}

impl Card<'_> {
    fn is_named(&self) -> bool {
        ["asic.market_name", "asic.device_id", "card series", "card model", "device id", "device name"]
            .iter()
            .any(|name| self.fields.contains_key(*name))
    }
}

/// What lines are read as.
enum In<'a> {
    Nothing,
    /// Rows below the head of a table of `rocm-smi`.
    Table {
        with_partition: bool,
    },
    /// Rows below the head of CSV.
    Csv(Vec<&'a str>),
    /// The lines of a device of `amd-smi`, with the section there.
    Section {
        gpu: String,
        section: &'a str,
    },
}

fn read(text: &str) -> Read<'_> {
    let mut read = Read::default();
    let mut state = In::Nothing;
    // the device that the table of `amd-smi` has told last
    let mut last: Option<String> = None;
    for line in lines(text) {
        if let Some(parts) = VERSION.captures(line.text).and_then(|parts| parts.get(1)) {
            read.driver = Some((parts.as_str(), span_within(&line, parts.as_str())));
        }
        if let Some(parts) = SAID.captures(line.text) {
            let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
            let one = read.said.entry(number(part(1))).or_insert_with(|| Card::at(span_within(&line, part(1))));
            let (name, place) = (part(2).to_ascii_lowercase(), span_within(&line, part(3)));
            if name == "vram total memory (b)" {
                one.memory = one.memory.or_else(|| Some((mebibytes(part(3))?, place)));
            }
            one.say(&name, part(3), place);
        } else if let Some(rest) = line.text.strip_prefix("Driver version:") {
            read.driver = Some((rest.trim(), span_within(&line, rest.trim())));
        } else if let Some(parts) = LISTED.captures(line.text) {
            last = listed(&line, &parts, &mut read.listed);
        } else if let Some(total) = USED.captures(line.text).and_then(|parts| parts.get(1))
            && let Some(one) = last.as_ref().and_then(|slot| read.listed.get_mut(slot))
        {
            one.memory = Some((mebibytes(total.as_str()).unwrap_or_default(), span_within(&line, total.as_str())));
            last = None;
        } else if let Some(gpu) = line.text.strip_prefix("GPU: ") {
            let gpu = number(gpu.trim());
            read.sections.entry(gpu.clone()).or_insert_with(|| Card::at(line.span));
            state = In::Section { gpu, section: "" };
        } else if is_head(line.text) {
            state = In::Csv(line.text.split(',').map(str::trim).collect());
        } else if let Some(with_partition) = table_head(line.text) {
            state = In::Table { with_partition };
        } else {
            state = body(&line, state, &mut read);
        }
    }
    read.sections.retain(|_, one| {
        let part = one.get("partition_id").or_else(|| one.get("partition.partition_id"));
        part.is_none_or(|(part, _)| !is_further(part))
    });
    read
}

/// Numbers in the order of the devices.
fn number(text: &str) -> String {
    format!("{text:0>4}")
}

/// A line below a head.
fn body<'a>(line: &Line<'a>, state: In<'a>, read: &mut Read<'a>) -> In<'a> {
    match state {
        In::Table { with_partition } => {
            if let Some(index) = ROW.captures(line.text).and_then(|parts| parts.get(1)) {
                table_row(line, index.as_str(), with_partition, &mut read.rows);
            } else if line.text.starts_with("=====") && !read.rows.is_empty() {
                return In::Nothing;
            }
            In::Table { with_partition }
        }
        In::Csv(head) => {
            let values: Vec<&str> = line.text.split(',').map(str::trim).collect();
            if values.len() != head.len() {
                return In::Nothing;
            }
            csv_row(line, &head, &values, read);
            In::Csv(head)
        }
        In::Section { gpu, section } => {
            let Some((name, value)) = line.text.split_once(':') else { return In::Section { gpu, section } };
            let indent = name.len() - name.trim_start().len();
            let (name, value) = (name.trim(), value.trim());
            // values of several lines, and sections within sections, say nothing that is asked
            let section = match (indent, value) {
                (1..=4, "") => name,
                (1..=4, _) => "",
                _ => section,
            };
            if let Some(one) = read.sections.get_mut(&gpu).filter(|_| !value.is_empty() && indent <= 8) {
                let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
                let (path, place) = (path.to_ascii_lowercase(), span_within(line, value));
                if path == "vram.size" {
                    one.memory = one.memory.or_else(|| Some((mebibytes(value)?, place)));
                }
                one.say(&path, value, place);
            }
            In::Section { gpu, section }
        }
        In::Nothing => In::Nothing,
    }
}

/// The head of a table of `rocm-smi`, with whether its rows end with the number of a partition.
fn table_head(line: &str) -> Option<bool> {
    let mut words = line.split_whitespace();
    let (first, second) = (words.next()?, words.next()?);
    let is_table = match first {
        "Device" => matches!(second, "Node" | "[Model"),
        "GPU" => matches!(second, "NODE" | "DID" | "Temp" | "Temp(C)" | "Temp(DieEdge)"),
        _ => false,
    };
    is_table.then(|| line.trim_end().ends_with("PARTITION ID"))
}

fn table_row<'a>(line: &Line<'a>, index: &str, with_partition: bool, rows: &mut Cards<'a>) {
    let last = line.text.split_whitespace().last().unwrap_or_default();
    let by_words = PARTITION.captures(line.text).and_then(|parts| parts.get(1)).map(|part| part.as_str());
    let part = by_words.or(with_partition.then_some(last));
    // the slot tells partitions apart from devices where a row has one
    let slot = SLOT.find(line.text).map(|slot| slot.as_str().to_owned());
    if part.is_some_and(is_further) || slot.as_ref().is_some_and(|slot| rows.contains_key(slot)) {
        return;
    }
    let one = rows.entry(slot.unwrap_or_else(|| number(index))).or_insert_with(|| Card::at(line.span));
    if let Some(number) = NUMBER.find(line.text) {
        one.say("device id", number.as_str(), span_within(line, number.as_str()));
    }
}

fn csv_row<'a>(line: &Line<'a>, head: &[&str], values: &[&'a str], read: &mut Read<'a>) {
    let Some(first) = values.first() else { return };
    let cards = match first.strip_prefix("card") {
        // `cardsystem` stands for the machine
        Some("system") | None if head.first() == Some(&"device") => return,
        Some(_) => &mut read.csv,
        None => &mut read.section_csv,
    };
    let index = first.trim_start_matches("card");
    let one = cards.entry(number(index)).or_insert_with(|| Card::at(span_within(line, first)));
    for (name, value) in head.iter().zip(values) {
        let name = name.to_ascii_lowercase();
        let place = span_within(line, value);
        match name.as_str() {
            "vram total memory (b)" => one.memory = one.memory.or_else(|| Some((mebibytes(value)?, place))),
            "gpu_uuid" => one.say("uuid", value, place),
            "market_name" | "vendor_id" | "device_id" | "subvendor_id" | "subsystem_id" | "asic_serial" => {
                one.say(&format!("asic.{name}"), value, place);
            }
            "product_serial" => one.say("board.product_serial", value, place),
            _ => {}
        }
        one.say(&name, value, place);
    }
}

/// The first row of a device in the table of `amd-smi`; gives its slot.
fn listed<'a>(line: &Line<'a>, parts: &regex::Captures<'a>, cards: &mut Cards<'a>) -> Option<String> {
    let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
    // partitions are further functions of the device
    if is_further(part(2)) {
        return None;
    }
    // long names are cut in front: `...adeon 860M Graphics`
    let name = part(3);
    let name = name.strip_prefix("...").map_or(name, |rest| rest.split_once(' ').map_or(rest, |(_, whole)| whole));
    let slot = part(1).to_ascii_lowercase();
    let one = cards.entry(slot.clone()).or_insert_with(|| Card::at(line.span));
    one.say("asic.market_name", name, span_within(line, name));
    Some(slot)
}
