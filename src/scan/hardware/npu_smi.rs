//! `npu-smi info`: Ascend accelerators of a machine.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::machine::{Found, Machine};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `npu-smi`.
pub struct NpuSmi;

static META: ScannerMeta = ScannerMeta {
    id: "npu-smi",
    title: "npu-smi info output",
    summary: "Huawei Ascend accelerators by the name of the chip, with count and the version of the tool, from the table \
              of `npu-smi info` and from `npu-smi info -l` and `-m`.",
    files: &["**/*npu*.{txt,log,out}", "**/*npu?smi*", "**/*ascend*.{txt,log,out}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://support.huawei.com/enterprise/en/doc/EDOC1100388854/ae16d52d/viewing-basic-information-about-all-devices",
};

/// `| 0     910B3               | OK            | 93.6        36 …`: number and name, then a state in words.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*\|\s*\d+(?:\s+\d+)?\s+([0-9A-Za-z][0-9A-Za-z_\-]*)\s*\|\s*(?:OK|Warning|Alarm|Critical|UNKNOWN|NA)\s",
    )
    .expect("constant pattern, tested")
});

/// `npu-smi 23.0.rc2   Version: 23.0.rc2`.
static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"npu-smi\s+\S+\s+Version:\s*([^\s|]+)").expect("constant pattern, tested"));

/// `0   0   0   Ascend 910B3` of `info -m`, where a control processor `Mcu` stands beside each chip.
static MAPPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(\d+\s+\d+)\s+\d+\s+(Ascend ?[0-9A-Za-z]+)\s*$").expect("constant pattern, tested")
});

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.contains("npu-smi ") && text.contains("Version:")
        || text.contains("Chip Logic ID") && text.contains("Ascend")
        || text.contains("| NPU") && text.contains("AICore")
}

/// Chips are called by their number alone; elsewhere that number means nothing.
fn whole(name: &str) -> String {
    let chip = name.replace(' ', "");
    if chip.starts_with("Ascend") { chip } else { format!("Ascend{chip}") }
}

impl Scanner for NpuSmi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let mut machine = Machine::of_capture(file, input.catalog);
        // the table and the list of chips are of the same devices: what tells most of them counts
        let mut table = Vec::new();
        let mut mapped: BTreeMap<String, (String, Span)> = BTreeMap::new();
        for line in lines(file.text()) {
            if let Some(version) = VERSION.captures(line.text).and_then(|parts| parts.get(1)) {
                machine.say(key::DRIVER_VERSION, version.as_str(), span_within(&line, version.as_str()), out);
            } else if line.text.trim_start().starts_with("| NPU") && line.text.contains("Name") {
                // the head of another table: a second look at the same machine
                table.clear();
            } else if let Some(name) = ROW.captures(line.text).and_then(|parts| parts.get(1)) {
                table.push((whole(name.as_str()), span_within(&line, name.as_str())));
            } else if let Some(parts) = MAPPED.captures(line.text) {
                let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
                let chip = part(1).split_whitespace().collect::<Vec<_>>().join(" ");
                mapped.entry(chip).or_insert_with(|| (whole(part(2)), span_within(&line, part(2))));
            }
        }
        let mapped: Vec<(String, Span)> = mapped.into_values().collect();
        for (name, place) in if mapped.len() > table.len() { mapped } else { table } {
            let found = Found { name: Some(&name), is_exact: true, count: 1, place, ..Found::default() };
            machine.accelerator(&found, out);
        }
        if machine.total() == 0 {
            out.problem(DiagnosticKind::Malformed, file, None, "output of npu-smi that lists no chip");
        }
        machine.finish(out);
        Ok(())
    }
}
