//! `sovaudit classify`.

use std::io;

use anyhow::{Context as _, bail};

use super::Outcome;
use super::prepare::{day, knowledge};
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::cli::ClassifyArgs;
use crate::export::{Bearing, Class, LETTER, bearing, classify};
use crate::model::{CountryCode, Date};

/// Runs the command.
pub(super) fn run(arguments: &ClassifyArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let knowledge = knowledge(&arguments.rules)?;
    let catalog = &knowledge.catalog;
    let as_of = day(arguments.as_of.as_deref())?;
    let row = find(catalog, &arguments.what)?;
    let class = classify(row, catalog, as_of);
    writeln!(out, "{} ({}), as of {as_of}", row.product, row.id)?;
    writeln!(out, "  class      {}", class.class)?;
    writeln!(out, "  arithmetic {}", class.arithmetic())?;
    if let Some(legal) = &class.legal {
        writeln!(out, "  clause     {legal}")?;
    }
    writeln!(out, "  figures    {} ({})", row.verification.as_str(), row.source)?;
    let Some(to) = &arguments.to else {
        writeln!(out, "By the clauses evaluated; no legal advice.")?;
        return Ok(Outcome::Passed);
    };
    let country =
        catalog.country(to).with_context(|| format!("`--to {to}` is no country; write an ISO code such as AE"))?;
    destination(row, &class, country, catalog, as_of, out)?;
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
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let head = format!("  to {country}      ");
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
                writeln!(out, "{head}licence required for {}: {} ({mark})", parts.join(", "), row.citation)?;
            }
            Bearing::Licence => {
                decided = true;
                let standing = match (row.enforced, &*row.standing) {
                    (false, _) => "codified, not enforced",
                    (true, LETTER) => "by company letter, in no printed rule",
                    (true, _) => "enforced",
                };
                writeln!(out, "{head}licence required ({standing}): {} ({mark})", row.citation)?;
            }
            Bearing::Origin => {
                decided = true;
                writeln!(out, "{head}not evaluated: embargoed or specially controlled destination ({})", row.citation)?;
                writeln!(out, "             whether a product designed outside the US is subject to that law is open")?;
            }
        }
        let letter = product.licence_letter.as_deref().filter(|_| &*row.standing == LETTER);
        for text in [letter, row.policy.as_deref(), row.note.as_deref()].into_iter().flatten() {
            writeln!(out, "             {text}")?;
        }
    }
    if class.class == "indeterminate" {
        writeln!(out, "{head}class indeterminate: {}", class.missing.join(", "))?;
    } else if !decided {
        writeln!(out, "{head}no licence required{elsewhere} by the clauses evaluated")?;
    }
    if letters {
        writeln!(out, "             individual \"is informed\" letters to companies are not evaluated")?;
    }
    Ok(())
}

fn find<'c>(catalog: &'c Catalog, what: &str) -> anyhow::Result<&'c Accelerator> {
    if let Some(row) = catalog.accelerator(what) {
        return Ok(row);
    }
    let mut rows = catalog.accelerators_by_name(what);
    for instance in catalog.instance_types_named(what) {
        rows.extend(instance.accelerator.as_deref().and_then(|id| catalog.accelerator(id)));
    }
    if rows.is_empty() {
        let word = what.to_lowercase();
        rows = catalog
            .tables()
            .accelerator
            .iter()
            .filter(|row| row.product.to_lowercase().contains(&word) || row.id.contains(&word))
            .collect();
    }
    rows.dedup_by(|a, b| a.id == b.id);
    match rows.as_slice() {
        [one] => Ok(one),
        [] => bail!("no accelerator is known as `{what}`; `sovaudit rules` folders can add one"),
        many => {
            let names: Vec<&str> = many.iter().map(|row| &*row.id).collect();
            bail!("`{what}` can mean {}; name one of them", names.join(", "))
        }
    }
}
