//! Concentration: on whom and where the fleet hangs, by share of devices.

use std::collections::BTreeMap;

use super::fleet::Fleet;
use super::rows::ShareRow;
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::model::Verification;

/// What shares are taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Who designed the chip.
    Designer,
    /// Who makes it.
    Foundry,
    /// Where it is made.
    FabricationCountry,
    /// Who makes its memory.
    Memory,
    /// Who packs it.
    Packaging,
}

impl Of {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Designer, Self::Foundry, Self::FabricationCountry, Self::Memory, Self::Packaging];

    /// The word used in rules and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Designer => "designer",
            Self::Foundry => "foundry",
            Self::FabricationCountry => "fabrication-country",
            Self::Memory => "memory",
            Self::Packaging => "packaging",
        }
    }

    /// What a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.as_str() == word)
    }
}

/// Shares of the fleet, the largest first.
#[must_use]
pub fn shares(fleet: &Fleet<'_>, catalog: &Catalog, of: Of) -> Vec<ShareRow> {
    // what is not known could be of anybody
    let all = fleet.all_devices();
    let mut found: BTreeMap<String, (f64, Verification)> = BTreeMap::new();
    let parts = fleet.parts.iter().map(|part| (name(part.row, catalog, of), part.devices));
    // of a family only what holds for all that it may be is known
    let families = fleet.families.iter().map(|family| (common(&family.rows, catalog, of), family.devices));
    for (name, devices) in parts.chain(families).filter(|(_, devices)| *devices > 0.0) {
        let (name, mark) = name.unwrap_or(("unknown".to_owned(), Verification::TwoSource));
        let entry = found.entry(name).or_insert((0.0, Verification::TwoSource));
        entry.0 += devices;
        entry.1 = entry.1.min(mark);
    }
    for one in fleet.unknown.iter().filter(|one| one.devices > 0.0) {
        // who designed it is often known of a product that is not
        let known = one.designer.clone().filter(|_| of == Of::Designer);
        let (name, mark) = known.unwrap_or(("unknown".to_owned(), Verification::TwoSource));
        let entry = found.entry(name).or_insert((0.0, Verification::TwoSource));
        *entry = (entry.0 + one.devices, entry.1.min(mark));
    }
    let mut rows: Vec<ShareRow> = found
        .into_iter()
        .map(|(name, (devices, mark))| ShareRow {
            of: of.as_str().to_owned(),
            name,
            devices,
            percent: percent(devices, all),
            verification: mark.as_str().to_owned(),
        })
        .collect();
    rows.sort_by(|a, b| b.devices.total_cmp(&a.devices).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// Whole percent, rounded down.
fn percent(part: f64, all: f64) -> u8 {
    let share = (part * 100.0 / all).floor();
    if share.is_finite() { share.clamp(0.0, 100.0) as u8 } else { 0 }
}

/// What is the same of all, with the weakest mark.
fn common(rows: &[&Accelerator], catalog: &Catalog, of: Of) -> Option<(String, Verification)> {
    let mut names = rows.iter().map(|row| name(row, catalog, of));
    let (first, mut mark) = names.next()??;
    for other in names {
        let (name, own) = other?;
        mark = mark.min(own);
        if name != first {
            return None;
        }
    }
    Some((first, mark))
}

fn name(row: &Accelerator, catalog: &Catalog, of: Of) -> Option<(String, Verification)> {
    match of {
        Of::Designer => Some((row.vendor.to_string(), row.verification)),
        Of::Foundry => Some((row.foundry.as_deref()?.to_owned(), row.verification)),
        Of::FabricationCountry if row.fab_countries.is_empty() => None,
        Of::FabricationCountry => {
            let places: Vec<&str> = row.fab_countries.iter().map(crate::model::CountryCode::as_str).collect();
            Some((places.join(" or "), row.verification))
        }
        Of::Memory => {
            let supply = catalog.accelerator_supply(&row.id).find(|supply| !supply.memory_makers.is_empty())?;
            let makers: Vec<&str> = supply.memory_makers.iter().map(AsRef::as_ref).collect();
            Some((makers.join(" or "), supply.verification))
        }
        Of::Packaging => {
            let supply = catalog.accelerator_supply(&row.id).find(|supply| !supply.packagers.is_empty())?;
            let makers: Vec<&str> = supply.packagers.iter().map(AsRef::as_ref).collect();
            let how = supply.packaging.as_deref().map_or_else(String::new, |how| format!(" ({how})"));
            Some((format!("{}{how}", makers.join(" or ")), supply.verification))
        }
    }
}
