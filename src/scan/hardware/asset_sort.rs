//! What a row of a list of assets is about.

use std::borrow::Cow;

use super::assets::Row;
use super::machine::{Pci, identify, is_stated};
use super::multiple;
use crate::catalog::Catalog;
use crate::catalog::sku::{Asked, Sku};
use crate::model::ComponentId;

/// What a name in the list is.
#[derive(Clone, Debug)]
pub(super) enum Sort {
    /// A product; where the name is that of a system, how many of it one holds as far as rules tell; and how many the
    /// name itself says.
    Accelerator(ComponentId, Option<Option<u32>>, u64),
    Other(&'static str),
}

/// The name with its maker before it, unless it stands there already.
pub(super) fn with_maker(name: &str, maker: &str) -> String {
    let begins = name.get(..maker.len()).is_some_and(|start| start.eq_ignore_ascii_case(maker));
    if begins || !is_stated(maker) { name.to_owned() } else { format!("{maker} {name}") }
}

pub(super) fn pci_of(text: &str) -> Option<Pci> {
    let (vendor, device) = text.trim().split_once(':')?;
    Pci::of(vendor, device)
}

pub(super) fn sort_of(row: &Row<'_>, catalog: &Catalog) -> Option<Sort> {
    let pci = row.pci.and_then(pci_of);
    let name = row.accelerator.or(row.model).filter(|name| is_stated(name));
    let (multiple, name) = match name.map(|name| multiple::split(name, catalog)) {
        Some((multiple, name)) => (multiple, Some(name)),
        None => (1, None),
    };
    let whole = name.as_deref().map(|name| with_maker(name, row.maker.unwrap_or_default()));
    let asked = Asked { pci: pci.as_ref().map(|pci| &*pci.id), name: whole.as_deref(), ..Asked::default() };
    let words = fold(row.sort.unwrap_or_default());
    let says = |all: &[&str]| all.iter().any(|word| words.iter().any(|own| own == word));
    let is_known = !matches!(catalog.sku(asked), Sku::Unknown);
    if is_known
        || name.is_some()
            && (row.accelerator.is_some() || says(&["gpu", "gpus", "accelerator", "accelerators", "npu", "tpu"]))
    {
        // `DGX H100 (8x H100)` tells itself how many a system holds
        let is_told = matches!(name, Some(Cow::Owned(_)));
        let system = whole.as_deref().filter(|_| pci.is_none() && !is_told).and_then(|name| catalog.system(name));
        return identify(&asked, catalog).map(|id| Sort::Accelerator(id, system, multiple));
    }
    name?;
    let class = match () {
        () if says(&["nic", "network", "adapter", "ethernet", "hca"]) => "network",
        () if says(&["infiniband"]) => "infiniband",
        () if says(&["cpu", "processor", "processors"]) => "processor",
        () if says(&["bmc"]) => "management-controller",
        () if says(&["server", "servers", "node", "compute", "system", "chassis", "host"]) => "system",
        () => return None,
    };
    Some(Sort::Other(class))
}

fn fold(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}
