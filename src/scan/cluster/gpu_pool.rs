//! Accelerators of a pool of nodes, by what its requirements name.

use std::collections::BTreeSet;

use super::gpu::{PRODUCT_LABELS, asked, names_product, number_of, product};
use super::workload::Ground;
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::catalog::sku::Sku;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;

/// Labels whose value is a family of machine types, with the provider and what stands behind the family in their names.
const FAMILY_LABELS: [(&str, &str, char); 3] = [
    ("karpenter.k8s.aws/instance-family", "aws", '.'),
    ("eks.amazonaws.com/instance-family", "aws", '.'),
    ("cloud.google.com/machine-family", "gcp", '-'),
];

/// Writes what the requirements of a pool say about accelerators: products by name, of those of its machine types where it
/// names families of them.
pub(super) fn pool<'a>(
    id: &ComponentId,
    values: &dyn Fn(&str) -> Vec<&'a Node>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let catalog = ground.catalog;
    let (families, of_families) = of_families(values, catalog);
    let mut is_named = false;
    for label in PRODUCT_LABELS {
        for node in values(label) {
            let Some(name) = node.text().filter(|_| names_product(label, node, catalog)) else { continue };
            is_named = true;
            let mut rows = match catalog.sku(asked(name, number_of(name).as_deref())) {
                Sku::Several(rows) => rows,
                _ => Vec::new(),
            };
            let before = rows.len();
            rows.retain(|row| of_families.contains(&*row.id));
            if rows.is_empty() || rows.len() == before {
                product(id, name, node.span, ground, out);
            } else {
                one_in_pool(id, &rows, node, ground, out);
            }
        }
    }
    if let Some(family) = families.first().filter(|_| !is_named) {
        let rows: Vec<&Accelerator> = of_families.iter().filter_map(|sku| catalog.accelerator(sku)).collect();
        one_in_pool(id, &rows, family, ground, out);
    }
}

/// Families of machine types that a pool names, with their accelerators; nothing where some of their machines have none.
fn of_families<'a, 'c>(
    values: &dyn Fn(&str) -> Vec<&'a Node>,
    catalog: &'c Catalog,
) -> (Vec<&'a Node>, BTreeSet<&'c str>) {
    let (mut families, mut found) = (Vec::new(), BTreeSet::new());
    for (label, provider, sign) in FAMILY_LABELS {
        for node in values(label) {
            let Some(family) = node.text() else { continue };
            let is_of = |name: &str| name.split_once(sign).is_some_and(|(begin, _)| begin == family);
            let types = catalog.tables().instance_type.iter();
            let types = types.filter(|row| *row.provider == *provider && is_of(&row.name));
            let own: Vec<Option<&str>> = types.map(|row| row.accelerator.as_deref()).collect();
            if own.is_empty() || own.contains(&None) {
                return (Vec::new(), BTreeSet::new());
            }
            families.push(node);
            found.extend(own.into_iter().flatten());
        }
    }
    (families, found)
}

/// The pool has one of some products.
fn one_in_pool(id: &ComponentId, rows: &[&Accelerator], node: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let Some(name) = node.text() else { return };
    let seen = || ground.at(node.span);
    let accelerator = match rows {
        [] => return,
        [one] => {
            let accelerator = ComponentId::accelerator(&one.id);
            out.component(&accelerator, ComponentKind::Accelerator, seen());
            out.attribute(&accelerator, key::NAME, &one.product, seen());
            accelerator
        }
        _ => {
            let accelerator = ComponentId::unknown_accelerator(name);
            out.component(&accelerator, ComponentKind::Accelerator, seen());
            for row in rows {
                out.attribute(&accelerator, key::CANDIDATE, &row.id, seen());
            }
            accelerator
        }
    };
    out.relation(id, RelationKind::RunsOn, &accelerator, seen());
}
