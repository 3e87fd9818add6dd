//! Instance types to accelerators, accelerators to designer and foundry.

use super::{BY_NAME, Cite, Seen, Work, makers};
use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, InstanceType, Organisation};
use crate::model::{ComponentId, ComponentKind, Confidence, Fact, RelationKind, Verification, key};
use crate::text::Lookup;

pub(super) fn link(work: &mut Work<'_>) {
    let hosts = |kind| matches!(kind, ComponentKind::Service | ComponentKind::Workload | ComponentKind::Cluster);
    for seen in work.components(hosts) {
        machines(work, &seen);
    }
    // a list of thousands of machines has a handful of holders, and each name is looked for in every list
    let mut known = Lookup::default();
    for seen in work.components(|kind| kind == ComponentKind::Cluster) {
        holders(work, &seen, &mut known);
    }
    for seen in work.components(|kind| kind == ComponentKind::Accelerator) {
        product(work, &seen);
    }
    for seen in work.components(|kind| kind == ComponentKind::Device) {
        device(work, &seen);
    }
}

/// Who operates what a list of assets records: the organisations that its owner, tenant and operator name.
fn holders<'c>(work: &mut Work<'c>, seen: &Seen, known: &mut Lookup<String, Option<&'c Organisation>>) {
    let (catalog, day) = (work.catalog, work.as_of);
    for name in seen.all(key::HOLDER) {
        let found = known.get(name).copied().unwrap_or_else(|| catalog.organisation_named(name, day));
        known.insert(name.to_owned(), found);
        let Some(row) = found else {
            let cite = Cite {
                entry: "attribution/holder".to_owned(),
                source: "names of the organisations table",
                verification: Verification::TwoSource,
                confidence: Confidence::Certain,
            };
            work.note(&seen.id, key::UNKNOWN_HOLDER, name, &cite);
            continue;
        };
        // the list itself says who it is: nothing is guessed but that the name means this organisation
        let cite = Cite {
            entry: format!("organisation/{} {BY_NAME}", row.id),
            source: &row.source,
            verification: row.verification,
            confidence: Confidence::Likely,
        };
        if let Some(node) = work.organisation(&row.id) {
            work.relate(&seen.id, RelationKind::ProvidedBy, &node, &cite);
        }
    }
}

/// Who designed a device: by its PCI vendor id, else by the maker's name.
fn device(work: &mut Work<'_>, seen: &Seen) {
    let catalog = work.catalog;
    let by_number = pci_vendor(seen).and_then(|id| catalog.pci_vendor(id));
    if let Some(row) = by_number {
        let cite = Cite {
            entry: format!("pci-vendor/{}", row.id),
            source: &row.source,
            verification: row.verification,
            confidence: Confidence::Certain,
        };
        if let Some(node) = work.organisation(&row.vendor) {
            work.relate(&seen.id, RelationKind::DesignedBy, &node, &cite);
        }
        return;
    }
    let Some(row) = seen.all(key::VENDOR).find_map(|name| maker(catalog, name)) else { return };
    let cite = Cite {
        entry: format!("organisation/{} {BY_NAME}", row.id),
        source: &row.source,
        verification: row.verification,
        confidence: Confidence::Likely,
    };
    let id = row.id.to_string();
    if let Some(node) = work.organisation(&id) {
        work.relate(&seen.id, RelationKind::DesignedBy, &node, &cite);
    }
}

/// A maker as devices name it: `Intel(R) Corporation`, `Dell Inc.`, `AuthenticAMD`.
fn maker<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Organisation> {
    let plain = name.replace("(R)", "").replace("(TM)", "");
    let plain = match plain.trim() {
        "AuthenticAMD" | "Advanced Micro Devices" => "AMD",
        "GenuineIntel" => "Intel",
        "HygonGenuine" => "Hygon",
        "Mellanox" => "Mellanox Technologies",
        other => other,
    };
    catalog.organisation_by_supplier(plain).or_else(|| catalog.organisation_by_name(plain)).or_else(|| {
        let first = plain.split([' ', ',']).next().unwrap_or(plain).to_lowercase();
        catalog.organisation(&first)
    })
}

/// Instance types of a component, in its own provider's table; for workloads, which do not name
/// a provider, only where all tables that know the name agree.
fn machines(work: &mut Work<'_>, seen: &Seen) {
    let catalog = work.catalog;
    let provider = seen.first(key::RESOURCE_TYPE).and_then(|kind| catalog.provider_by_type(kind)).map(|row| &*row.id);
    for name in seen.all(key::INSTANCE_TYPE) {
        let rows: Vec<&InstanceType> = match provider {
            Some(provider) => catalog.instance_type(provider, name).into_iter().collect(),
            None => catalog.instance_types_named(name),
        };
        let Some(first) = rows.first() else { continue };
        if rows.iter().any(|row| row.accelerator != first.accelerator) {
            continue;
        }
        accelerators(work, seen, first, name);
    }
}

fn accelerators(work: &mut Work<'_>, seen: &Seen, row: &InstanceType, name: &str) {
    let cite = Cite {
        entry: format!("instance-type/{}/{}", row.provider, row.name),
        source: &row.source,
        verification: row.verification,
        confidence: Confidence::Certain,
    };
    let Some(sku) = row.accelerator.as_deref() else { return };
    let id = ComponentId::accelerator(sku);
    work.component(&id, ComponentKind::Accelerator, &cite);
    // it is seen where the machine type is written
    let known = work.inventory.known(&seen.id);
    let rows = known.into_iter().flat_map(|known| known.attributes());
    let written = rows.filter(|row| row.key == key::INSTANCE_TYPE && *row.value == *name);
    let places: Vec<_> = written.flat_map(|row| row.evidence.iter().cloned()).collect();
    for place in places {
        work.inventory.add(Fact::Component { id: id.clone(), kind: ComponentKind::Accelerator }, place);
    }
    work.relate(&seen.id, RelationKind::RunsOn, &id, &cite);
    // a pod has the devices that it asks for, not all those of the machine that it is placed on
    if seen.first(key::EXTENDED_RESOURCE).is_some() {
        return;
    }
    let machines = seen.first(key::COUNT).map_or(Some(1.0), |count| count.parse::<f64>().ok());
    let each = row.count.as_deref().and_then(|count| count.parse::<f64>().ok());
    if let (Some(machines), Some(each)) = (machines, each) {
        work.note(&seen.id, key::ACCELERATOR_COUNT, &format!("{}", machines * each), &cite);
    }
}

fn product(work: &mut Work<'_>, seen: &Seen) {
    let catalog = work.catalog;
    let rest = seen.id.rest();
    if let Some(raw) = rest.strip_prefix("?/") {
        // the extended resource or driver names the designer even when the product is not known
        let name = raw.strip_prefix("compose:").unwrap_or(raw);
        let vendor = catalog
            .accelerator_resource(name)
            .map(|row| (row.vendor.as_deref(), &*row.source, row.verification))
            .or_else(|| {
                catalog
                    .pci_vendor(pci_vendor(seen).or_else(|| name.split(':').next())?)
                    .map(|row| (Some(&*row.vendor), &*row.source, row.verification))
            })
            .or_else(|| catalog.organisation(name).map(|row| (Some(&*row.id), &*row.source, row.verification)))
            .or_else(|| family(catalog, seen, name))
            .or_else(|| first_word(catalog, name));
        if let Some((Some(vendor), source, verification)) = vendor
            && let Some(node) = work.organisation(vendor)
        {
            let cite = Cite {
                entry: format!("accelerator-resource/{name}"),
                source,
                verification,
                confidence: Confidence::Likely,
            };
            work.relate(&seen.id, RelationKind::DesignedBy, &node, &cite);
            rented(work, &seen.id, vendor, &segments(catalog, seen, name), &node);
        }
        // as for a designer, the name is enough where all that it may mean have the same maker
        makers::link(work, &seen.id, &candidates(catalog, seen, name));
        return;
    }
    if let Some(row) = catalog.accelerator(rest) {
        parties(work, &seen.id, row);
    }
}

/// Market segments of what a name may mean: of its candidates, else of what a resource of that name asks for.
fn segments<'c>(catalog: &'c Catalog, seen: &Seen, name: &str) -> Vec<&'c str> {
    let rows: Vec<&str> =
        seen.all(key::CANDIDATE).filter_map(|id| catalog.accelerator(id)).map(|row| &*row.segment).collect();
    if rows.is_empty() {
        catalog.accelerator_resource(name).and_then(|row| row.segment.as_deref()).into_iter().collect()
    } else {
        rows
    }
}

/// What its designer does not sell it operates: it stops when the designer does.
fn rented(work: &mut Work<'_>, id: &ComponentId, designer: &str, segments: &[&str], node: &ComponentId) {
    let Some(row) = work.catalog.rented_from(designer, segments) else { return };
    let cite = Cite {
        entry: format!("supply-stop/{}", row.id),
        source: &row.source,
        verification: row.verification,
        confidence: Confidence::Certain,
    };
    work.relate(id, RelationKind::ProvidedBy, node, &cite);
}

/// What a row says of a designer: its id, where from, how well checked.
type Designer<'c> = (Option<&'c str>, &'c str, Verification);

/// Products that a name may mean.
fn candidates<'c>(catalog: &'c Catalog, seen: &Seen, name: &str) -> Vec<&'c Accelerator> {
    let rows: Vec<&Accelerator> = seen.all(key::CANDIDATE).filter_map(|id| catalog.accelerator(id)).collect();
    if rows.is_empty() { catalog.accelerators_by_name(name) } else { rows }
}

/// The one vendor of all products that a name may mean.
fn family<'c>(catalog: &'c Catalog, seen: &Seen, name: &str) -> Option<Designer<'c>> {
    let rows = candidates(catalog, seen, name);
    let first = *rows.first()?;
    if rows.iter().any(|row| row.vendor != first.vendor) {
        return None;
    }
    let vendor = maker(catalog, &first.vendor)?;
    let mark = rows.iter().map(|row| row.verification).min().unwrap_or(first.verification);
    Some((Some(&*vendor.id), &*first.source, mark))
}

/// The designer whose name stands first in that of a device: `huawei-Ascend910`.
fn first_word<'c>(catalog: &'c Catalog, name: &str) -> Option<Designer<'c>> {
    let (first, _) = name.split_once(|c: char| !c.is_alphanumeric())?;
    let begins = |vendor: &str, word: &str| vendor.split(' ').next().is_some_and(|own| own.eq_ignore_ascii_case(word));
    let rows = &catalog.tables().accelerator;
    let row = rows.iter().find(|row| begins(&row.vendor, first)).or_else(|| line(rows, first))?;
    let vendor = maker(catalog, &row.vendor)?;
    Some((Some(&*vendor.id), &*row.source, vendor.verification))
}

/// A product of the line that a word names, where all of the line have one designer: `GeForce GT 730`.
fn line<'c>(rows: &'c [Accelerator], word: &str) -> Option<&'c Accelerator> {
    const LEAST: usize = 5;
    if word.len() < LEAST || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let has = |name: &str| name.split(' ').any(|own| own.eq_ignore_ascii_case(word));
    let mut of_line = rows.iter().filter(|row| has(&row.product) || row.device_names.iter().any(|name| has(name)));
    let first = of_line.next()?;
    of_line.all(|row| row.vendor == first.vendor).then_some(first)
}

/// The vendor id that a tool reported beside a product name which the catalog does not know.
fn pci_vendor(seen: &Seen) -> Option<&str> {
    seen.all(key::IDENTITY).find_map(|identity| identity.strip_prefix("pci-vendor:"))
}

fn parties(work: &mut Work<'_>, id: &ComponentId, row: &Accelerator) {
    let cite = Cite {
        entry: format!("accelerator/{}", row.id),
        source: &row.source,
        verification: row.verification,
        confidence: Confidence::Certain,
    };
    work.note(id, key::NAME, &row.product, &cite);
    // `Intel (Habana Labs)`: the part of an organisation that designed it stands behind its name
    let vendor = row.vendor.split(" (").next().unwrap_or(&row.vendor);
    let is_known = organisation(work.catalog, &row.vendor).is_none() && organisation(work.catalog, vendor).is_some();
    let name = if is_known { vendor } else { &row.vendor };
    let designer = party(work, name, &[row.vendor_country], &cite);
    work.relate(id, RelationKind::DesignedBy, &designer, &cite);
    rented(work, id, designer.rest(), &[&row.segment], &designer);
    makers::link(work, id, &[row]);
}

fn organisation<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Organisation> {
    catalog.organisation_by_name(name).or_else(|| catalog.organisation(&name.to_lowercase().replace(' ', "-")))
}

/// The catalog's organisation of that name; else a node of its own, seated where the table says.
pub(super) fn party(
    work: &mut Work<'_>,
    name: &str,
    countries: &[crate::model::CountryCode],
    cite: &Cite<'_>,
) -> ComponentId {
    if let Some(row) = organisation(work.catalog, name) {
        let id = row.id.to_string();
        if let Some(node) = work.organisation(&id) {
            return node;
        }
    }
    let node = ComponentId::organisation(&format!("name/{}", name.to_lowercase()));
    work.component(&node, ComponentKind::Organisation, cite);
    work.note(&node, key::NAME, name, cite);
    for country in countries {
        let state = ComponentId::jurisdiction(country.as_str());
        work.component(&state, ComponentKind::Jurisdiction, cite);
        work.relate(&node, RelationKind::IncorporatedIn, &state, cite);
    }
    node
}
