//! `hl-smi`, its table and its CSV: Gaudi accelerators of a machine.

use std::sync::LazyLock;

use regex::Regex;

use super::machine::{Found, Machine, mebibytes};
use super::nvidia_text::field;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `hl-smi`.
pub struct HlSmi;

static META: ScannerMeta = ScannerMeta {
    id: "hl-smi",
    title: "hl-smi output (table, CSV)",
    summary: "Intel Gaudi accelerators with product, count, memory, firmware and driver, from the table that `hl-smi` shows \
              and from `hl-smi -Q ... -f csv`. Serial numbers and UUIDs are not kept.",
    files: &["**/*hl?smi*", "**/*gaudi*.{txt,log,out,csv}", "**/*habana*.{txt,log,out,csv}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://docs.habana.ai/en/latest/Management_and_Monitoring/Embedded_System_Tools_Guide/System_Management_Interface_Tool.html",
};

/// `|   0  HL-225                N/A  | 0000:33:00.0     N/A |`.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*\|\s+\d+\s+(HL-?\S+)\s.*?\|\s*[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:").expect("constant pattern, tested")
});

/// `|  500MiB / 98304MiB |`, in old versions `Mib`.
static USED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d+\s*Mi[Bb]\s*/\s*(\d+\s*Mi[Bb])").expect("constant pattern, tested"));

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\| (HL-SMI|Driver) Version:\s*([^\s|]+)").expect("constant pattern, tested"));

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.contains("HL-SMI Version") || text.lines().take(4).any(is_head)
}

fn is_head(line: &str) -> bool {
    const OWN: [&str; 4] = ["temperature.aip", "utilization.aip", "power.draw.aip", "module_id"];
    let fields: Vec<&str> = line.split(',').map(field).collect();
    let has_own = fields.iter().any(|field| OWN.contains(field) || *field == "serial" && line.contains("bus_id"));
    fields.contains(&"name") && has_own && !line.contains("pci.")
}

impl Scanner for HlSmi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let mut machine = Machine::of_capture(file, input.catalog);
        let (mut table, mut csv): (Vec<Found<'_>>, Vec<Found<'_>>) = (Vec::new(), Vec::new());
        let mut head: Vec<&str> = Vec::new();
        for line in lines(file.text()) {
            for parts in VERSION.captures_iter(line.text) {
                let (Some(what), Some(value)) = (parts.get(1), parts.get(2)) else { continue };
                // of the tool's own version the part after `fw-` is the firmware that it was made for
                let key = if what.as_str() == "Driver" { key::DRIVER_VERSION } else { key::RUNTIME };
                machine.say(key, value.as_str(), span_within(&line, value.as_str()), out);
            }
            if let Some(name) = ROW.captures(line.text).and_then(|parts| parts.get(1)) {
                let place = span_within(&line, name.as_str());
                let found = Found { name: Some(name.as_str()), is_exact: true, count: 1, place, ..Found::default() };
                table.push(found);
            } else if line.text.trim_start().starts_with('|') {
                if let Some(total) = USED.captures(line.text).and_then(|parts| parts.get(1))
                    && let Some(last) = table.last_mut().filter(|last| last.memory_mib.is_none())
                {
                    last.memory_mib = mebibytes(total.as_str());
                    last.said.push((key::MEMORY, total.as_str().to_owned(), span_within(&line, total.as_str())));
                }
            } else if is_head(line.text) {
                head = line.text.split(',').map(field).collect();
            } else if !head.is_empty() {
                let values: Vec<&str> = line.text.split(',').map(str::trim).collect();
                let get =
                    |name: &str| head.iter().position(|field| *field == name).and_then(|at| values.get(at)).copied();
                if values.len() == head.len()
                    && let Some(name) = get("name")
                {
                    let memory = get("memory.total");
                    let mut said = Vec::new();
                    said.extend(memory.map(|text| (key::MEMORY, text.to_owned(), span_within(&line, text))));
                    let memory_mib = memory.and_then(mebibytes);
                    let place = span_within(&line, name);
                    let marks = [get("uuid"), get("serial")].into_iter().flatten().collect();
                    csv.push(Found {
                        name: Some(name),
                        is_exact: true,
                        memory_mib,
                        count: 1,
                        place,
                        said,
                        marks,
                        pci: None,
                    });
                }
            }
        }
        let all = if csv.len() >= table.len() { csv } else { table };
        if all.is_empty() {
            out.problem(DiagnosticKind::Malformed, file, None, "output of hl-smi that lists no device");
        }
        for found in &all {
            machine.accelerator(found, out);
        }
        machine.finish(out);
        Ok(())
    }
}
