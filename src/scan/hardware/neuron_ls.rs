//! `neuron-ls --json-output`: AWS's own accelerators of a machine.

use super::machine::{Found, Machine, mebibytes};
use crate::catalog::Topic;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::{Node, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `neuron-ls`.
pub struct NeuronLs;

static META: ScannerMeta = ScannerMeta {
    id: "neuron-ls",
    title: "neuron-ls output (JSON)",
    summary: "Inferentia and Trainium devices with count and memory, and the type of the instance where it is told. The tool \
              names no product: what memory and instance type leave open is told as several candidates.",
    files: &["**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/tools/neuron-sys-tools/neuron-ls.html",
};

/// True for what the tool wrote.
pub(super) fn is_it(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && text.contains("\"neuron_device\"") && text.contains("\"nc_count\"")
}

impl Scanner for NeuronLs {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let mut machine = Machine::of_capture(file, input.catalog);
        let instance = if root.is_map() { root.get("instance_type") } else { None };
        let text = instance.and_then(Node::text);
        if let (Some(node), Some(text)) = (instance, text) {
            machine.say(key::INSTANCE_TYPE, text, node.span, out);
        }
        // `trn1.32xlarge`: the family is that of the product
        let family = text.and_then(|text| text.split('.').next()).and_then(|family| {
            let mut known = input.catalog.hardware_words(Topic::NeuronFamily);
            known.find(|(_, beginning)| family.starts_with(beginning)).map(|(name, _)| name)
        });
        let listed = match &root.value {
            Value::List(items) => items.as_slice(),
            _ => root.get("neuron_devices").or_else(|| root.get("devices")).map_or(&[][..], Node::list),
        };
        for device in listed {
            let Some(number) = device.get("neuron_device") else { continue };
            let memory = device.get("memory_size").or_else(|| device.get("memory"));
            let mib = memory.and_then(Node::scalar).and_then(|text| mebibytes(&text));
            let mut said = Vec::new();
            said.extend(mib.zip(memory).map(|(mib, node)| (key::MEMORY, format!("{mib} MiB"), node.span)));
            let name = Some(family.unwrap_or("AWS Neuron device"));
            let place = number.span;
            let found =
                Found { name, is_exact: family.is_some(), memory_mib: mib, count: 1, place, said, ..Found::default() };
            machine.accelerator(&found, out);
        }
        machine.finish(out);
        Ok(())
    }
}
