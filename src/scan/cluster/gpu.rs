//! Accelerators that a pod asks for, and the product its placement names.

use std::collections::{BTreeMap, BTreeSet};

use super::places::Places;
use super::workload::Ground;
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::catalog::sku::{Asked, Sku};
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Entry, Node};
use crate::scan::Facts;
use crate::scan::hardware::machine::{describe, identify};
use crate::text::Span;

/// Labels whose value is a product.
pub(super) const PRODUCT_LABELS: [&str; 18] = [
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "beta.amd.com/gpu.product-name",
    "amd.com/gpu.device-id",
    "beta.amd.com/gpu.device-id",
    "gpu.intel.com/product",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "gpu.nvidia.com/class",
    "gpu.nvidia.com/model",
    "k8s.amazonaws.com/accelerator",
    "eks.amazonaws.com/instance-gpu-name",
    "eks.amazonaws.com/instance-accelerator-name",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.k8s.aws/instance-accelerator-name",
    "karpenter.azure.com/sku-gpu-name",
    "huawei.com/npu.chip.name",
    "accelerator",
];
/// Labels whose value is a cloud instance type.
const INSTANCE_LABELS: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];

/// Slices of a device that is parted.
pub(super) const SLICES: u64 = 7;

/// How many slices of a device a resource of a part has: `nvidia.com/mig-3g.40gb`.
pub(super) fn slices(resource: &str) -> Option<u64> {
    let (_, profile) = resource.split_once("/mig-")?;
    let number = profile.split('g').next()?.parse::<u64>().ok()?;
    (1..=SLICES).contains(&number).then_some(number)
}

/// Writes what a pod spec says about accelerators; gives how many of each product one pod asks for, where it names one.
pub(super) fn accelerators(
    pod: &Node,
    workload: &ComponentId,
    catalog: &Catalog,
    places: &dyn Places,
    out: &mut Facts<'_>,
) -> BTreeMap<ComponentId, u64> {
    let list = |name| pod.get(name).map_or(&[][..], Node::list).iter().map(requests).collect();
    requested(pod, &[list("containers"), list("initContainers")], workload, catalog, places, out)
}

/// As [`accelerators`], of what is asked for beside what says where it may run.
pub(super) fn asked_beside(
    (beside, asked): (&Node, Vec<&Entry>),
    workload: &ComponentId,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) -> BTreeMap<ComponentId, u64> {
    requested(beside, &[vec![asked]], workload, ground.catalog, ground.places, out)
}

fn requested(
    pod: &Node,
    containers: &[Vec<Vec<&Entry>>],
    workload: &ComponentId,
    catalog: &Catalog,
    places: &dyn Places,
    out: &mut Facts<'_>,
) -> BTreeMap<ComponentId, u64> {
    let mut asked = BTreeMap::new();
    // of the whole pod, whichever product it is
    let mut number: Option<(u64, Span)> = None;
    let placed = placement(pod);
    for (label, value) in &placed {
        if INSTANCE_LABELS.contains(label)
            && let Some(text) = value.text()
        {
            out.attribute(workload, key::INSTANCE_TYPE, text, places.at(value.span));
        }
    }
    let products = products(&placed, catalog);
    for list in containers {
        let mut together: BTreeMap<ComponentId, u64> = BTreeMap::new();
        let mut cores: BTreeMap<ComponentId, (u64, Span)> = BTreeMap::new();
        let mut here: Option<(u64, Span)> = None;
        let mut add = |count: u64, span: Span| {
            let (all, _) = here.get_or_insert((0, span));
            *all = all.saturating_add(count);
        };
        for container in list {
            for entry in container.iter().copied() {
                let Some(row) = catalog.accelerator_resource(&entry.key) else { continue };
                let id = write(entry, &products, workload, catalog, places, out);
                let Some(text) = entry.value.scalar() else { continue };
                match (text.parse::<u64>(), id) {
                    (Ok(count), Some(id)) if row.is_part => {
                        let (all, _) = cores.entry(id).or_insert((0, entry.value.span));
                        *all = all.saturating_add(count);
                    }
                    (Ok(count), id) if !row.is_part => {
                        let parts = slices(&entry.key).map(|slices| SLICES / slices);
                        let count = match (parts, &id) {
                            // several pods have one device between them
                            (Some(parts), Some(id)) if id.rest().starts_with("?/") => {
                                out.attribute(id, key::SHARED_BY, parts.to_string(), places.at(entry.key_span));
                                count
                            }
                            (Some(parts), _) => count.div_ceil(parts),
                            (None, _) => count,
                        };
                        add(count, entry.value.span);
                        let of_pod = id.map(|id| together.entry(id).or_default());
                        of_pod.into_iter().for_each(|all| *all = all.saturating_add(count));
                    }
                    (Err(_), _) if !row.is_part => {
                        out.attribute(workload, key::COUNT, text, places.at(entry.value.span));
                    }
                    _ => {}
                }
            }
        }
        // the fewest devices that have so many cores
        for (id, (cores, span)) in cores {
            let Some(each) = catalog.cores(id.rest()) else { continue };
            let count = cores.div_ceil(u64::from(each.get()));
            add(count, span);
            let all = together.entry(id).or_default();
            *all = all.saturating_add(count);
        }
        // containers that prepare a pod are done when the others begin
        for (id, count) in together {
            let most = asked.entry(id).or_default();
            *most = count.max(*most);
        }
        number = number.into_iter().chain(here).max_by_key(|(count, _)| *count);
    }
    if let Some((count, span)) = number {
        out.attribute(workload, key::COUNT, count.to_string(), places.at(span));
    }
    asked
}

/// What a label of the placement says that the devices are.
enum Product<'a> {
    /// The product's name, behind this label.
    Named(&'a str, &'a Node),
    /// A machine type that has the one product.
    OfMachine(ComponentId, Span),
}

/// The products that a placement names; where it names none, those of its machine types.
fn products<'a>(placed: &[(&'a str, &'a Node)], catalog: &Catalog) -> Vec<Product<'a>> {
    let named = placed.iter().filter(|(label, value)| names_product(label, value, catalog));
    let named: Vec<Product<'a>> = named.map(|(label, value)| Product::Named(label, value)).collect();
    if !named.is_empty() {
        return named;
    }
    let machines = placed.iter().filter(|(label, _)| INSTANCE_LABELS.contains(label));
    machines
        .filter_map(|(_, value)| {
            let rows = catalog.instance_types_named(value.text()?);
            let sku = rows.first()?.accelerator.as_deref()?;
            let is_one = rows.iter().all(|row| row.accelerator.as_deref() == Some(sku));
            is_one.then(|| Product::OfMachine(ComponentId::accelerator(sku), value.span))
        })
        .collect()
}

/// True for a label whose value is a product; `accelerator` is a word of many, and counts where its value is known.
pub(super) fn names_product(label: &str, value: &Node, catalog: &Catalog) -> bool {
    let known = |text: &str| {
        !matches!(catalog.sku(Asked { name: Some(text), is_exact: true, ..Asked::default() }), Sku::Unknown)
    };
    PRODUCT_LABELS.contains(&label) && (label != "accelerator" || value.text().is_some_and(known))
}

/// Limits and requests; a limit without request counts once.
pub(super) fn requests(container: &Node) -> Vec<&Entry> {
    let mut found: Vec<&Entry> = container.at(&["resources", "limits"]).map_or(&[][..], Node::entries).iter().collect();
    for entry in container.at(&["resources", "requests"]).map_or(&[][..], Node::entries) {
        if !found.iter().any(|known| known.key == entry.key) {
            found.push(entry);
        }
    }
    found
}

fn write(
    entry: &Entry,
    products: &[Product<'_>],
    workload: &ComponentId,
    catalog: &Catalog,
    places: &dyn Places,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let mut ids = Vec::new();
    let either = alternatives(products, catalog);
    if let Some(either) = &either {
        let id = one_of(either, places, out);
        ids.extend(either.iter().map(|(_, node)| (id.clone(), node.span)));
    }
    for product in products.iter().filter(|_| either.is_none()) {
        match product {
            Product::Named(_, node) => {
                let Some(name) = node.text() else { continue };
                ids.push((named(name, node.span, catalog, places, out), node.span));
            }
            Product::OfMachine(id, span) => {
                out.component(id, ComponentKind::Accelerator, places.at(*span));
                ids.push((id.clone(), *span));
            }
        }
    }
    if ids.is_empty() {
        ids.push((resource(&entry.key, entry.key_span, catalog, places, out), entry.key_span));
    }
    for (id, span) in &ids {
        out.relation(workload, RelationKind::RunsOn, id, places.at(*span));
    }
    out.attribute(workload, key::EXTENDED_RESOURCE, &*entry.key, places.at(entry.key_span));
    let first = ids.first().map(|(id, _)| id.clone());
    first.filter(|first| ids.iter().all(|(id, _)| id == first))
}

/// Products of which a pod's devices are one or another: several values of one label.
fn alternatives<'a, 'c>(
    products: &[Product<'a>],
    catalog: &'c Catalog,
) -> Option<Vec<(Vec<&'c Accelerator>, &'a Node)>> {
    let mut labels = BTreeSet::new();
    let mut all = Vec::new();
    let mut ids = BTreeSet::new();
    for product in products {
        let Product::Named(label, node) = product else { return None };
        labels.insert(label);
        let rows = match catalog.sku(asked(node.text()?, number_of(node.text()?).as_deref())) {
            Sku::One(row) => vec![row],
            Sku::Several(rows) => rows,
            Sku::Unknown => return None,
        };
        ids.extend(rows.iter().map(|row| &row.id));
        all.push((rows, *node));
    }
    (labels.len() == 1 && all.len() > 1 && ids.len() > 1).then_some(all)
}

/// Writes one accelerator that may be any of several products.
fn one_of(either: &[(Vec<&Accelerator>, &Node)], places: &dyn Places, out: &mut Facts<'_>) -> ComponentId {
    let names: BTreeSet<&str> = either.iter().filter_map(|(_, node)| node.text()).collect();
    let name = names.into_iter().collect::<Vec<_>>().join(" or ");
    let id = ComponentId::unknown_accelerator(&name);
    for (rows, node) in either {
        out.component(&id, ComponentKind::Accelerator, places.at(node.span));
        out.attribute(&id, key::NAME, &*name, places.at(node.span));
        for row in rows {
            out.attribute(&id, key::CANDIDATE, &row.id, places.at(node.span));
        }
    }
    id
}

/// AMD's labels have numbers of devices.
pub(super) fn number_of(name: &str) -> Option<String> {
    (name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| format!("1002:{name}"))
}

pub(super) fn asked<'a>(name: &'a str, pci: Option<&'a str>) -> Asked<'a> {
    Asked { pci, name: Some(name), is_exact: true, ..Asked::default() }
}

/// The accelerator that a product's name means.
fn named(name: &str, span: Span, catalog: &Catalog, places: &dyn Places, out: &mut Facts<'_>) -> ComponentId {
    let number = number_of(name);
    let asked = asked(name, number.as_deref());
    let id = identify(&asked, catalog).unwrap_or_else(|| ComponentId::unknown_accelerator(name));
    describe(&id, &asked, catalog, &places.at(span), out);
    let name = catalog.sku(asked).one().map_or(name, |row| &row.product);
    out.attribute(&id, key::NAME, name, places.at(span));
    id
}

/// What a resource's name means: one product, one of several, or whatever its vendor makes.
pub(super) fn resource(
    name: &str,
    span: Span,
    catalog: &Catalog,
    places: &dyn Places,
    out: &mut Facts<'_>,
) -> ComponentId {
    // `Ascend310P` behind the vendor's domain names a product; `gpu` is whatever the vendor makes
    let own = name.split_once('/').map_or(name, |(_, own)| own);
    let id = match catalog.sku(Asked { name: Some(own), ..Asked::default() }) {
        Sku::One(row) => ComponentId::accelerator(&row.id),
        _ => ComponentId::unknown_accelerator(name),
    };
    out.component(&id, ComponentKind::Accelerator, places.at(span));
    if id.rest().starts_with("?/") {
        let whole = format!("{name} resource");
        for row in [name, &whole].into_iter().flat_map(|name| catalog.accelerators_by_name(name)) {
            out.attribute(&id, key::CANDIDATE, &row.id, places.at(span));
        }
    }
    id
}

/// Devices that a claim of dynamic resource allocation asks for (`ResourceClaim`, `ResourceClaimTemplate`).
pub(super) fn claimed(
    workload: &ComponentId,
    claim: &Node,
    class: &dyn Fn(&str) -> Option<String>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let spec = claim.at(&["spec", "spec"]).or_else(|| claim.get("spec"));
    let requests = spec.and_then(|spec| spec.at(&["devices", "requests"])).map_or(&[][..], Node::list);
    for request in requests {
        // since v1 the request stands under `exactly`, or in a list of alternatives
        let first = request.get("firstAvailable").and_then(|list| list.list().first());
        let asked = request.get("exactly").or(first).unwrap_or(request);
        let Some(name) = asked.get("deviceClassName") else { continue };
        let Some(text) = name.text() else { continue };
        let selected = asked.get("selectors").map_or(&[][..], Node::list).iter().find_map(|selector| {
            let expression = selector.at(&["cel", "expression"])?;
            Some((product_of(expression.text()?)?, expression.span))
        });
        let id = match (selected, class(text)) {
            (Some((product, span)), _) => named(&product, span, ground.catalog, ground.places, out),
            (None, Some(product)) => named(&product, name.span, ground.catalog, ground.places, out),
            (None, None) if ground.catalog.accelerator_resource(text).is_some() => {
                resource(text, name.span, ground.catalog, ground.places, out)
            }
            _ => continue,
        };
        out.relation(workload, RelationKind::RunsOn, &id, ground.at(name.span));
        out.attribute(workload, key::EXTENDED_RESOURCE, text, ground.at(name.span));
        let count = asked.get("count").and_then(|count| Some((count.scalar()?, count.span)));
        let (count, span) = count.map_or(("1".into(), name.span), |(count, span)| (count, span));
        out.attribute(workload, key::COUNT, count, ground.at(span));
    }
}

/// The product that an expression compares with: `device.attributes["gpu.nvidia.com"].productName == "NVIDIA H100 …"`.
pub(super) fn product_of(expression: &str) -> Option<String> {
    let (_, rest) = expression.split_once("productName")?;
    let start = rest.find(['"', '\''])?;
    let quote = rest[start..].chars().next()?;
    // what lies between name and value must be a comparison, not another attribute
    let between = rest[..start].trim_matches([' ', ']', '.', '(', ')']);
    let is_compared =
        matches!(between, "==" | "matches" | "lowerAscii().matches" | "lowerAscii") || between.ends_with("matches");
    let value = rest[start + 1..].split(quote).next()?;
    let plain: String = value.chars().filter(|c| !matches!(c, '^' | '$' | '*')).collect();
    is_compared.then(|| plain.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A machine has the accelerator that its label names.
pub(super) fn product(
    machine: &ComponentId,
    name: &str,
    span: Span,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) -> ComponentId {
    let id = named(name, span, ground.catalog, ground.places, out);
    out.relation(machine, RelationKind::RunsOn, &id, ground.at(span));
    id
}

/// Node selectors, and `In` expressions of required node affinity.
pub(super) fn placement(pod: &Node) -> Vec<(&str, &Node)> {
    let selector = pod.get("nodeSelector").map_or(&[][..], Node::entries);
    let mut found: Vec<(&str, &Node)> = selector.iter().map(|entry| (&*entry.key, &entry.value)).collect();
    let terms =
        pod.at(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]);
    for term in terms.map_or(&[][..], Node::list) {
        for expression in term.get("matchExpressions").map_or(&[][..], Node::list) {
            if expression.text_at("operator") != Some("In") {
                continue;
            }
            if let Some(label) = expression.text_at("key") {
                found.extend(expression.get("values").map_or(&[][..], Node::list).iter().map(|value| (label, value)));
            }
        }
    }
    found
}
