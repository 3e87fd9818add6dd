//! `sovaudit classify`.

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, bail};

use super::prepare::{day, knowledge};
use super::{Outcome, terminal_width};
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::catalog::tables::nearest;
use crate::cli::ClassifyArgs;
use crate::export::{Bearing, Class, LETTER, bearing, classify};
use crate::model::{CountryCode, Date};
use crate::text::{count, fill};

/// Runs the command.
pub(super) fn run(arguments: &ClassifyArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let knowledge = knowledge(&arguments.sources.data, &arguments.sources.rules)?;
    let catalog = &knowledge.catalog;
    let as_of = day(arguments.as_of.as_deref())?;
    // a mistaken country must not be found out below a class that was printed
    let to = arguments.to.as_deref().map(|to| {
        catalog.country(to).with_context(|| format!("`--to {to}` is no country; write an ISO code such as AE"))
    });
    let to = to.transpose()?;
    let row = find(catalog, &arguments.what.join(" "), as_of)?;
    let class = classify(row, catalog, as_of);
    let width = terminal_width();
    let mut told =
        |name: &str, text: &str| write!(out, "{}", fill(text, &format!("  {name:10} "), &" ".repeat(13), width));
    told("product", &format!("{} ({}), as of {as_of}", row.product, row.id))?;
    told("class", &class.class)?;
    told("arithmetic", &class.arithmetic())?;
    if let Some(legal) = &class.legal {
        told("clause", legal)?;
    }
    told("figures", &format!("{} ({})", row.verification.as_str(), row.source))?;
    if let Some(country) = to {
        destination(row, &class, country, catalog, as_of, &mut told)?;
    }
    writeln!(out, "By the clauses evaluated; no legal advice.")?;
    Ok(Outcome::Passed)
}

/// Every row that speaks of the country, then what no row decided.
fn destination(
    product: &Accelerator,
    class: &Class,
    country: CountryCode,
    catalog: &Catalog,
    as_of: Date,
    told: &mut dyn FnMut(&str, &str) -> io::Result<()>,
) -> io::Result<()> {
    let to = format!("to {country}");
    let (mut decided, mut elsewhere, mut letters) = (false, "", false);
    for row in catalog.tables().destination.iter().filter(|row| !row.headquarters) {
        let is_member = catalog.group_members(&row.set, as_of).is_some_and(|members| members.contains(&country));
        let parts = catalog.group_parts(&row.set, country, as_of);
        if !is_member && parts.is_empty() {
            continue;
        }
        let Some(bearing) = bearing(row, product, class, as_of) else {
            letters |= &*row.standing == LETTER;
            continue;
        };
        let mark = row.verification.as_str();
        match bearing {
            Bearing::Licence if !is_member => {
                elsewhere = " elsewhere";
                told(&to, &format!("licence required for {}: {} ({mark})", parts.join(", "), row.citation))?;
            }
            Bearing::Licence => {
                decided = true;
                let standing = match (row.enforced, &*row.standing) {
                    (false, _) => "codified, not enforced",
                    (true, LETTER) => "by company letter, in no printed rule",
                    (true, _) => "enforced",
                };
                told(&to, &format!("licence required ({standing}): {} ({mark})", row.citation))?;
            }
            Bearing::Origin => {
                decided = true;
                told(&to, &format!("not evaluated: embargoed or specially controlled destination ({})", row.citation))?;
                told("", "whether a product designed outside the US is subject to that law is open")?;
            }
        }
        let letter = product.licence_letter.as_deref().filter(|_| &*row.standing == LETTER);
        for text in [letter, row.policy.as_deref(), row.note.as_deref()].into_iter().flatten() {
            told("", text)?;
        }
    }
    if class.class == "indeterminate" {
        told(&to, &format!("class indeterminate: {}", class.missing.join(", ")))?;
    } else if !decided {
        told(&to, &format!("no licence required{elsewhere} by the clauses evaluated"))?;
    }
    if letters {
        told("", "individual \"is informed\" letters to companies are not evaluated")?;
    }
    Ok(())
}

/// One product: by its id (with or without the vendor) or one of its exact names, as a machine's only accelerator, or
/// as the only one whose names hold every word that was asked for. Several are told, never chosen from.
fn find<'c>(catalog: &'c Catalog, what: &str, as_of: Date) -> anyhow::Result<&'c Accelerator> {
    let wanted = words(what);
    let all = &catalog.tables().accelerator;
    let named = |row: &&Accelerator| {
        let short = row.id.split_once('-').map_or(&*row.id, |(_, short)| short);
        let own = [&*row.id, short, &*row.product];
        !wanted.is_empty() && own.into_iter().chain(names(row)).any(|name| words(name) == wanted)
    };
    let mut rows: Vec<&Accelerator> = all.iter().filter(named).collect();
    if rows.is_empty() {
        rows.extend(catalog.instance_types_named(what).into_iter().flat_map(|machine| {
            let ids = machine.accelerator.as_deref().unwrap_or("").split(';');
            ids.filter_map(|id| catalog.accelerator(id)).collect::<Vec<_>>()
        }));
    }
    if rows.is_empty() {
        let holds = |row: &&Accelerator| {
            let known: BTreeSet<String> = [&*row.id, &*row.product, &*row.vendor].into_iter().flat_map(words).collect();
            !wanted.is_empty() && wanted.iter().all(|word| known.contains(word))
        };
        rows = all.iter().filter(holds).collect();
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows.dedup_by(|a, b| a.id == b.id);
    match rows.as_slice() {
        [one] => Ok(one),
        [] => bail!("{}", unknown(catalog, what)),
        many => {
            let lines: Vec<String> = many
                .iter()
                .map(|row| format!("  {:24} {:32} {}", row.id, row.product, classify(row, catalog, as_of).class))
                .collect();
            bail!("`{what}` can mean {}; name one of them:\n{}", count(many.len(), "product"), lines.join("\n"))
        }
    }
}

/// Names under which drivers, PCI tables and clusters know it.
fn names(row: &Accelerator) -> impl Iterator<Item = &str> {
    row.pci_ids.iter().chain(&row.device_names).chain(&row.k8s_labels).map(AsRef::as_ref)
}

/// Letters and digits that stand together, in lower case, in order.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn unknown(catalog: &Catalog, what: &str) -> String {
    let known: BTreeSet<&str> = catalog.tables().accelerator.iter().map(|row| &*row.id).collect();
    let hint = nearest(&what.to_lowercase(), &known)
        .map_or_else(|| "a folder given with --rules can add it".to_owned(), |near| format!("did you mean `{near}`?"));
    format!("no accelerator and no machine is known as `{what}`; {hint}")
}
