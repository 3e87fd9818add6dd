//! What a row of a list of assets is about.

use std::borrow::Cow;

use super::assets::Row;
use super::machine::{Pci, identify, is_stated};
use super::multiple;
use crate::catalog::sku::{Asked, Sku};
use crate::catalog::{Catalog, Topic};
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
    // `DGX H100 (8x H100)` tells itself how many a system holds
    let is_told = matches!(name, Some(Cow::Owned(_)));
    let accelerator = || {
        let system = whole.as_deref().filter(|_| pci.is_none() && !is_told).and_then(|name| catalog.system(name));
        identify(&asked, catalog).map(|id| Sort::Accelerator(id, system, multiple))
    };
    if is_known
        || name.is_some()
            && (row.accelerator.is_some() || says(&["gpu", "gpus", "accelerator", "accelerators", "npu", "tpu"]))
    {
        return accelerator();
    }
    let whole_name = whole.as_deref()?;
    let class = match () {
        () if says(&["nic", "network", "adapter", "ethernet", "hca"]) => "network",
        () if says(&["infiniband"]) => "infiniband",
        () if says(&["cpu", "processor", "processors"]) => "processor",
        () if says(&["bmc"]) => "management-controller",
        () if says(&["server", "servers", "node", "compute", "system", "chassis", "host"]) => "system",
        // a product that nobody knows yet: its maker and a word of its name say what it is
        () if is_of_designer(whole_name, catalog) && has_sign(whole_name, catalog) => return accelerator(),
        () => return None,
    };
    Some(Sort::Other(class))
}

/// True when a row that is not taken for an accelerator may be one: its maker designs some, or a word of its name says so.
pub(super) fn may_be_accelerator(row: &Row<'_>, catalog: &Catalog) -> bool {
    let name = row.accelerator.or(row.model).filter(|name| is_stated(name));
    name.is_some_and(|name| {
        let whole = with_maker(name, row.maker.unwrap_or_default());
        is_of_designer(&whole, catalog) || has_sign(&whole, catalog)
    })
}

/// True when a name begins with that of a maker who sells accelerators of its own design.
fn is_of_designer(whole: &str, catalog: &Catalog) -> bool {
    let begins = |vendor: &str| {
        let own = vendor.split(" (").next().unwrap_or(vendor);
        let start = whole.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own));
        start && !whole[own.len()..].starts_with(char::is_alphanumeric)
    };
    let sold = catalog.tables().accelerator.iter().filter(|row| &*row.segment != "cloud_internal");
    sold.map(|row| &*row.vendor).any(begins)
}

/// True when a word of a name says that it is an accelerator, whoever makes it: `H300 SXM`.
fn has_sign(whole: &str, catalog: &Catalog) -> bool {
    fold(whole).iter().any(|word| catalog.hardware_word(Topic::AcceleratorSign, word).is_some())
}

fn fold(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}
