//! Metrics of exporters as text: DCGM, AMD's, node-exporter.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::{Found, Machine, Other, is_stated};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::{Span, count};

/// Scanner `hardware-metrics`.
pub struct Metrics;

static META: ScannerMeta = ScannerMeta {
    id: "hardware-metrics",
    title: "Metrics of hardware exporters (Prometheus text)",
    summary: "Accelerators by host from the DCGM exporter, the exporters for nvidia-smi, AMD and Habana; make and firmware \
              (DMI), processors and InfiniBand adapters from node-exporter. UUIDs tell devices apart and are not kept.",
    files: &["**/*metrics*.{txt,prom,log,out}", "**/metrics", "**/*.prom", "**/*{exporter,dcgm}*.{txt,log,out}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device],
    reference: "https://github.com/NVIDIA/dcgm-exporter",
};

/// Beginnings of metrics that are about one accelerator, and the labels of its name.
const ACCELERATORS: [(&str, &[&str]); 5] = [
    ("DCGM_FI_", &["modelName", "model_name"]),
    ("nvidia_smi_gpu_info", &["name"]),
    ("amd_gpu_", &["productname", "card_model", "gpu_product_name"]),
    ("gpu_", &["card_series", "card_model"]),
    ("habanalabs_", &["model", "device_name"]),
];

/// True for metrics that tell of hardware.
pub(super) fn is_it(text: &str) -> bool {
    [
        "DCGM_FI_",
        "nvidia_smi_gpu_info{",
        "node_dmi_info{",
        "node_cpu_info{",
        "node_infiniband_info{",
        "amd_gpu_",
        "habanalabs_",
    ]
    .iter()
    .any(|word| text.starts_with(word) || text.contains(&format!("\n{word}")))
}

impl Scanner for Metrics {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let mut machines: BTreeMap<String, Machine<'_>> = BTreeMap::new();
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        let (mut nameless, mut named, mut first) = (BTreeSet::new(), BTreeSet::new(), None);
        for line in lines(file.text()) {
            let Some((metric, rest)) = line.text.split_once('{') else { continue };
            if metric.starts_with('#') || !is_asked(metric) {
                continue;
            }
            let labels = labels(&line, rest);
            let get = |names: &[&str]| {
                // exporters write the labels in any order: the first of the names counts, not the first of the labels
                let of = |wanted: &&str| labels.iter().find(|(name, value, _)| name == wanted && is_stated(value));
                names.iter().find_map(of).map(|(_, value, span)| (value.as_str(), *span))
            };
            let host = get(&["Hostname", "hostname", "instance", "nodename", "node"]).map_or("", |(host, _)| host);
            let host = without_port(host).to_owned();
            let machine = machines.entry(host.clone()).or_insert_with(|| match host.as_str() {
                "" => Machine::of_capture(file, input.catalog),
                host => Machine::named(host, file, input.catalog, "observed"),
            });
            if let Some((_, names)) = ACCELERATORS.iter().find(|(beginning, _)| metric.starts_with(beginning)) {
                let Some((name, place)) = get(names) else {
                    if let Some((one, _)) = get(&["UUID", "uuid"]) {
                        nameless.insert(one.to_owned());
                        first = first.or(Some(line.span));
                    }
                    continue;
                };
                named.extend(get(&["UUID", "uuid"]).map(|(one, _)| one.to_owned()));
                // a device has a metric for everything that is measured of it; parts of one are no devices
                let one = get(&["UUID", "uuid", "gpu_uuid", "pci_bus_id", "device", "gpu", "gpu_id"]);
                if seen.insert((host, one.map_or(name, |(one, _)| one.trim_start_matches("GPU-")).to_owned())) {
                    let mut said = Vec::new();
                    for (label, key) in
                        [("DCGM_FI_DRIVER_VERSION", key::DRIVER_VERSION), ("vbios_version", key::FIRMWARE_VERSION)]
                    {
                        said.extend(get(&[label]).map(|(text, span)| (key, text.to_owned(), span)));
                    }
                    let marks = [get(&["UUID", "uuid", "gpu_uuid"]), get(&["serial_number", "serial"])];
                    let marks = marks.into_iter().flatten().map(|(mark, _)| mark).collect();
                    let found =
                        Found { name: Some(name), is_exact: true, count: 1, place, said, marks, ..Found::default() };
                    machine.accelerator(&found, out);
                }
            } else {
                node(metric, &get, &host, machine, &mut seen, out);
            }
        }
        // some metrics of a device have its name and others do not
        let lost = nameless.difference(&named).count();
        if let Some(place) = first.filter(|_| lost > 0) {
            let message =
                format!("metrics of {} without a name of the product (`modelName`)", count(lost, "accelerator"));
            out.problem(DiagnosticKind::Unsupported, file, Some(place), message);
        }
        machines.into_values().for_each(|machine| machine.finish(out));
        Ok(())
    }
}

/// `node7:9400` is `node7`, `[fd00::1]:5000` is `fd00::1`.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => match host.split_once(':') {
            Some((name, port)) if !port.contains(':') => name,
            _ => host,
        },
    }
}

fn is_asked(metric: &str) -> bool {
    ACCELERATORS.iter().any(|(beginning, _)| metric.starts_with(beginning))
        || matches!(metric, "node_dmi_info" | "node_cpu_info" | "node_infiniband_info")
}

type Get<'g, 't> = dyn Fn(&[&str]) -> Option<(&'t str, Span)> + 'g;

/// Metrics of node-exporter that tell what a machine is.
fn node(
    metric: &str,
    get: &Get<'_, '_>,
    host: &str,
    machine: &mut Machine<'_>,
    seen: &mut BTreeSet<(String, String)>,
    out: &mut Facts<'_>,
) {
    let one = |class: &'static str,
               name: Option<(&str, Span)>,
               vendor: Option<(&str, Span)>,
               said: Vec<(&'static str, String, Span)>,
               machine: &mut Machine<'_>,
               out: &mut Facts<'_>| {
        let Some((_, place)) = name.or(vendor) else { return };
        let (name, vendor) = (name.map(|(text, _)| text), vendor.map(|(text, _)| text));
        machine.device(&Other { class, pci: None, name, vendor, count: 1, place, said }, out);
    };
    match metric {
        "node_dmi_info" => {
            one("system", get(&["product_name"]), get(&["system_vendor"]), Vec::new(), machine, out);
            let version = get(&["bios_version"]);
            let said = version.map(|(text, span)| (key::VERSION, text.to_owned(), span)).into_iter().collect();
            if let Some((_, place)) = get(&["bios_vendor"]) {
                one("firmware", Some(("BIOS", place)), get(&["bios_vendor"]), said, machine, out);
            }
        }
        // one line for each core: the socket is the processor
        "node_cpu_info" => {
            let socket = get(&["package"]).map_or("", |(package, _)| package);
            if seen.insert((host.to_owned(), format!("cpu {socket}"))) {
                one("processor", get(&["model_name"]), get(&["vendor"]), Vec::new(), machine, out);
            }
        }
        "node_infiniband_info" => {
            let version = get(&["firmware_version"]);
            let said = version.map(|(text, span)| (key::FIRMWARE_VERSION, text.to_owned(), span)).into_iter().collect();
            let name = get(&["hca_type"]).or_else(|| get(&["device"]));
            one("infiniband", name, None, said, machine, out);
        }
        _ => {}
    }
}

/// `name="value",…` with escapes; the places are those of the values as written.
fn labels<'a>(line: &Line<'a>, text: &'a str) -> Vec<(&'a str, String, Span)> {
    const MOST: usize = 64;
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MOST
        && let Some((name, after)) = rest.split_once("=\"")
    {
        let mut end = None;
        let mut escaped = false;
        for (at, byte) in after.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else { break };
        let value = &after[..end];
        let name = name.trim_start_matches([',', ' ']);
        found.push((name, value.replace("\\\"", "\"").replace("\\\\", "\\"), span_within(line, value)));
        rest = &after[end + 1..];
        if rest.starts_with('}') {
            break;
        }
    }
    found
}
