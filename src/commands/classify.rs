//! `sovaudit classify`.

use std::io;

use anyhow::{Context as _, bail};

use super::Outcome;
use super::prepare::{day, knowledge};
use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::cli::ClassifyArgs;
use crate::export::classify;
use crate::model::Validity;

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
    let base = class.class.trim_end_matches("-nondc");
    let rows = catalog.tables().destination.iter().filter(|row| {
        *row.class == *base && !row.headquarters && Validity { from: row.from, to: row.to }.holds_on(as_of)
    });
    let mut any = false;
    for row in rows {
        if catalog.group_members(&row.set, as_of).is_some_and(|members| members.contains(&country)) {
            any = true;
            let standing = if row.enforced { "enforced" } else { "codified, not enforced" };
            writeln!(out, "  to {country}      licence required ({standing}): {}", row.citation)?;
            for text in [row.policy.as_deref(), row.note.as_deref()].into_iter().flatten() {
                writeln!(out, "             {text}")?;
            }
        }
    }
    if class.class == "indeterminate" {
        writeln!(out, "  to {country}      indeterminate: {}", class.missing.join(", "))?;
    } else if !any {
        writeln!(out, "  to {country}      no licence required by the clauses evaluated")?;
    }
    writeln!(out, "By the clauses evaluated; no legal advice.")?;
    Ok(Outcome::Passed)
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
