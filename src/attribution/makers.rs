//! Who makes an accelerator, its memory, and packs it: of one product, or what is the same for all that a name may mean.

use super::hardware::party;
use super::{Cite, Work};
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::model::{ComponentId, Confidence, CountryCode, RelationKind, Verification};

/// Makers all of whom are needed, each one of several that can stand for another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need<'c> {
    all: Vec<Vec<&'c str>>,
    /// Where they are, where the rules say so of all of them.
    countries: &'c [CountryCode],
}

/// What a row says, and how well it is known.
struct Told<'c> {
    need: Need<'c>,
    entry: String,
    source: &'c str,
    verification: Verification,
}

const KINDS: [RelationKind; 3] = [RelationKind::FabricatedBy, RelationKind::MemoryFrom, RelationKind::PackagedBy];

/// Relates an accelerator to them; of several that a name may mean only where all say the same.
pub(super) fn link(work: &mut Work<'_>, id: &ComponentId, rows: &[&Accelerator]) {
    let catalog = work.catalog;
    for kind in KINDS {
        let mut told = rows.iter().map(|row| told(catalog, kind, row));
        let Some(Some(mut first)) = told.next() else { continue };
        let mut is_shared = true;
        for other in told {
            let same = other.filter(|other| other.need == first.need);
            is_shared &= same.is_some();
            first.verification = same.map_or(first.verification, |other| first.verification.min(other.verification));
        }
        if is_shared {
            let confidence = if rows.len() > 1 { Confidence::Likely } else { Confidence::Certain };
            relate(work, id, kind, &first, confidence);
        }
    }
}

fn told<'c>(catalog: &'c Catalog, kind: RelationKind, row: &Accelerator) -> Option<Told<'c>> {
    if kind == RelationKind::FabricatedBy {
        // the row as the catalog keeps it
        let row = catalog.accelerator(&row.id)?;
        let one =
            |text: &'c str| -> Vec<&'c str> { text.split('/').map(plain).filter(|name| !name.is_empty()).collect() };
        let all = row.foundry.as_deref()?.split('+').map(one).collect();
        return Some(Told {
            need: Need { all, countries: &row.fab_countries },
            entry: format!("accelerator/{}", row.id),
            source: &row.source,
            verification: row.verification,
        });
    }
    let is_packaging = kind == RelationKind::PackagedBy;
    let makers = |row: &'c crate::catalog::rows::AcceleratorSupply| {
        if is_packaging {
            (&row.packagers, &row.packaging_countries)
        } else {
            (&row.memory_makers, &row.memory_countries)
        }
    };
    let row = catalog.accelerator_supply(&row.id).find(|&row| !makers(row).0.is_empty())?;
    let (names, countries) = makers(row);
    // of several countries it is not said which maker is in which
    let countries = if countries.len() == 1 { countries.as_slice() } else { &[] };
    Some(Told {
        need: Need { all: vec![names.iter().map(|name| plain(name)).collect()], countries },
        entry: format!("accelerator-supply/{}", row.id),
        source: &row.source,
        verification: row.verification,
    })
}

/// A maker's name without the remark behind it: `SMIC (some TSMC wafers reported)`.
fn plain(name: &str) -> &str {
    name.split('(').next().unwrap_or(name).trim()
}

fn relate(work: &mut Work<'_>, id: &ComponentId, kind: RelationKind, told: &Told<'_>, confidence: Confidence) {
    let cite = Cite { entry: told.entry.clone(), source: told.source, verification: told.verification, confidence };
    for (at, any) in told.need.all.iter().enumerate() {
        for name in any {
            let maker = party(work, name, told.need.countries, &cite);
            if any.len() > 1 {
                work.relate_any(id, kind, &maker, &format!("{}/{at}", kind.as_str()), &cite);
            } else {
                work.relate(id, kind, &maker, &cite);
            }
        }
    }
}
