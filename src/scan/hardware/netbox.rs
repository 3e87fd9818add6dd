//! NetBox as JSON: devices and inventory items with what they are and where they stand.

use std::borrow::Cow;

use super::assets::{Assets, Row};
use crate::model::{Basis, ComponentKind};
use crate::parse::{Node, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `netbox`.
pub struct Netbox;

static META: ScannerMeta = ScannerMeta {
    id: "netbox",
    title: "NetBox devices and inventory items (JSON)",
    summary: "Accelerators, adapters and machines by site, tenant and status, from answers of `/api/dcim/devices/`, \
              `/api/dcim/inventory-items/` and `/api/dcim/modules/`. Serial numbers, asset tags and names of devices are not kept. \
              Exports as CSV are read as lists of assets.",
    files: &["**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device, ComponentKind::Jurisdiction],
    reference: "https://netboxlabs.com/docs/netbox/models/dcim/device/",
};

/// True for an answer of its interface.
pub(super) fn is_it(text: &str) -> bool {
    let own = ["\"device_type\"", "\"part_id\"", "\"module_type\""];
    let is_item = || text.contains("\"manufacturer\"") && own.iter().any(|word| text.contains(word));
    text.trim_start().starts_with(['{', '[']) && (text.contains("/api/dcim/") || is_item())
}

impl Scanner for Netbox {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_it(file.text()) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let items = match &root.value {
            Value::List(items) => items.as_slice(),
            _ => root.get("results").map_or(&[][..], Node::list),
        };
        let mut assets = Assets::new(file, input.catalog);
        for item in items {
            if let Some(row) = row(item) {
                assets.add(&row);
            }
        }
        assets.write(out);
        Ok(())
    }
}

/// `{"name": …}`, or in older versions a text.
fn named<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    let value = node.get(key)?;
    match &value.value {
        Value::Map(_) => ["name", "model", "label", "display", "value"].iter().find_map(|key| value.get(key)?.text()),
        _ => value.text(),
    }
}

fn row(item: &Node) -> Option<Row<'_>> {
    let kind = item.get("device_type").or_else(|| item.get("module_type"));
    let (model, maker) = match kind {
        Some(kind) if kind.is_map() => (kind.get("model").or_else(|| kind.get("display")), named(kind, "manufacturer")),
        Some(kind) => (Some(kind), named(item, "manufacturer")),
        // an item is called by its slot: what it is, its part or its description says
        None => {
            let part = item.get("part_id").filter(|part| part.text().is_some_and(|text| !text.is_empty()));
            let told = item.get("description").filter(|text| text.text().is_some_and(|text| !text.is_empty()));
            (told.or(part).or_else(|| item.get("name")), named(item, "manufacturer"))
        }
    };
    let model = model?;
    let status = item
        .get("status")
        .and_then(|status| if status.is_map() { status.get("value").and_then(Node::text) } else { status.text() });
    let custom = |names: &[&str]| {
        let fields = item.get("custom_fields")?;
        names.iter().find_map(|name| fields.get(name)?.text())
    };
    let site = named(item, "site").or_else(|| named(item.get("device").filter(|device| device.is_map())?, "site"));
    let role = named(item, "role").or_else(|| named(item, "device_role"));
    Some(Row {
        model: model.text(),
        maker,
        sort: role,
        site: site.map(Cow::Borrowed),
        country: custom(&["country", "country_code"]).map(Cow::Borrowed),
        holder: named(item, "tenant").map(Cow::Borrowed),
        purchased: custom(&["purchase_date", "purchased"]),
        refresh: custom(&["refresh_date", "eol", "end_of_life", "replacement_date"]),
        status,
        place: model.span,
        ..Row::default()
    })
}
