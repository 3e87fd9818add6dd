//! The section on supply: a few lines for the terminal, tables for Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::Report;
use super::markdown::escape;
use crate::supply::{PlacementRow, SecondSourceRow, ServiceRow, ShareRow, StopRow, SupplyRow};
use crate::text::{clean_line, count, fill};

/// Workloads that the terminal shows.
const SHOWN: usize = 3;
/// Indent of the lines under `Accelerators`.
const INDENT: &str = "                  ";

/// For the terminal.
pub(super) fn table(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(supply) = &report.supply else { return Ok(()) };
    let mut line = |text: &str| out.write_all(fill(&clean_line(text), "", INDENT, report.width).as_bytes());
    line(&format!("Accelerators      {}", head(supply)))?;
    let shares: Vec<String> = ["designer", "foundry", "memory"].iter().filter_map(|of| largest(supply, of)).collect();
    if !shares.is_empty() {
        line(&format!("  hang on         {}", shares.join("  ")))?;
    }
    let designers: BTreeSet<&str> =
        supply.stops.iter().filter(|row| !row.trusted).map(|row| row.designer.as_str()).collect();
    for (at, designer) in designers.iter().enumerate() {
        let name = if at == 0 { "can be stopped" } else { "" };
        line(&format!("  {name:14}  by {designer}: {}", stops(supply, designer)))?;
    }
    if let Some(text) = spares(supply) {
        line(&format!("  spares          {text}"))?;
    }
    if let Some(text) = refresh(supply) {
        line(&format!("  to be replaced  {text}"))?;
    }
    for row in supply.second_source.iter().filter(|row| !row.runs_on.is_empty()).take(SHOWN) {
        line(&format!("  second source   {}: {}", row.workload, second(row)))?;
    }
    writeln!(out)
}

fn head(supply: &SupplyRow) -> String {
    let (all, known) = (whole(supply.all_devices), whole(supply.devices));
    let mut text = match supply.products {
        0 if supply.unknown_products == 0 => "none found; there is software that needs one".to_owned(),
        0 if all == 0 => "none of a known product".to_owned(),
        0 => format!("{}, none of a known product", count(all, "device")),
        products if all > known => format!("{}, {known} of {}", count(all, "device"), count(products, "known product")),
        products => format!("{} of {}", count(known, "device"), count(products, "known product")),
    };
    if supply.uncounted > 0 {
        text.push_str(&format!(", {} without a number", supply.uncounted));
    }
    if supply.unknown_products > 0 {
        text.push_str(&format!(", {} not known", count(supply.unknown_products, "product")));
    }
    text
}

fn whole(devices: f64) -> usize {
    if devices.is_finite() && devices >= 0.0 { devices.round() as usize } else { 0 }
}

/// `designer NVIDIA 100%`.
fn largest(supply: &SupplyRow, of: &str) -> Option<String> {
    let row: &ShareRow = supply.shares.iter().find(|row| row.of == of)?;
    (row.name != "unknown").then(|| format!("{of} {} {}%", row.name, row.percent).replace(' ', "\u{a0}"))
}

/// What each designer that is not trusted can stop, by horizon.
fn stops<'s>(supply: &'s SupplyRow, designer: &'s str) -> String {
    let horizons = ["immediate", "next-deploy", "next-renewal", "next-refresh"].iter().filter_map(|horizon| {
        let rows =
            supply.stops.iter().filter(|row| row.horizon == *horizon && !row.trusted && row.designer == designer);
        let words: Vec<&str> = rows.map(|row| row.what.as_str()).collect();
        (!words.is_empty()).then(|| format!("{horizon}: {}", words.join("; ")))
    });
    horizons.collect::<Vec<_>>().join("  ")
}

/// `2 of A100 SXM4 80GB`, by product.
fn spares(supply: &SupplyRow) -> Option<String> {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for row in supply.service.iter().filter(|row| row.spares > 0) {
        let number = all.entry(&row.accelerator).or_default();
        *number = number.saturating_add(row.spares);
    }
    told(all.into_iter().map(|(name, number)| format!("{number} of {name}")))
}

/// `2027-03-01: 8 of H100 SXM5 80GB`, the first days.
fn refresh(supply: &SupplyRow) -> Option<String> {
    let mut all: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for row in &supply.service {
        let Some(day) = row.refresh.as_deref() else { continue };
        let number = all.entry((day, &row.accelerator)).or_default();
        *number = number.saturating_add(row.devices);
    }
    told(all.into_iter().map(|((day, name), number)| format!("{day}: {number} of {name}")))
}

/// The first of some words, with how many there are besides.
fn told(words: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = words.collect();
    let first = all.iter().take(SHOWN).map(|word| word.replace(' ', "\u{a0}")).collect::<Vec<_>>().join("  ");
    match all.len() {
        0 => None,
        more if more > SHOWN => Some(format!("{first}  and {} more", more - SHOWN)),
        _ => Some(first),
    }
}

/// In one sentence.
fn second(row: &SecondSourceRow) -> String {
    let mut parts = Vec::new();
    if !row.could.is_empty() {
        parts.push(format!("could run on {}", row.could.join(", ")));
    }
    if !row.could_with_other_builds.is_empty() {
        parts.push(format!("with other builds on {}", row.could_with_other_builds.join(", ")));
    }
    if let Some(first) = row.cannot.first() {
        parts.push(format!("not on {} others ({})", row.cannot.len(), first.because.join(", ")));
    }
    if parts.is_empty() { "not known: its software says nothing".to_owned() } else { parts.join("; ") }
}

/// For Markdown.
pub(super) fn markdown(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(supply) = &report.supply else { return Ok(()) };
    writeln!(out, "## Supply of accelerators\n\n{}.\n", escape(&head(supply)))?;
    if !supply.placements.is_empty() {
        writeln!(
            out,
            "| accelerator | class | held by | stands in | operated by | by the clauses evaluated |\n|---|---|---|---|---|---|"
        )?;
        supply.placements.iter().try_for_each(|row| placement(row, out))?;
        writeln!(out)?;
    }
    writeln!(out, "| hangs on | who or where | devices | share | facts |\n|---|---|---:|---:|---|")?;
    for row in &supply.shares {
        let name = escape(&row.name);
        writeln!(out, "| {} | {name} | {} | {}% | {} |", row.of, row.devices, row.percent, row.verification)?;
    }
    if !supply.stops.is_empty() {
        writeln!(
            out,
            "\n| designer | controlled from | can stop | felt at | what then | facts |\n|---|---|---|---|---|---|"
        )?;
        supply.stops.iter().try_for_each(|row| stop(row, out))?;
    }
    if !supply.service.is_empty() {
        writeln!(
            out,
            "\n| accelerator | held by | in use | spares | bought | to be replaced |\n|---|---|---:|---:|---|---|"
        )?;
        supply.service.iter().try_for_each(|row| serviced(row, out))?;
    }
    if !supply.second_source.is_empty() {
        writeln!(out, "\n| workload | runs on | second source | facts |\n|---|---|---|---|")?;
        for row in &supply.second_source {
            let (name, on) = (escape(&row.workload), escape(&row.runs_on.join(", ")));
            writeln!(out, "| {name} | {on} | {} | {} |", escape(&second(row)), row.verification)?;
        }
    }
    writeln!(out)
}

fn placement(row: &PlacementRow, out: &mut dyn io::Write) -> io::Result<()> {
    let place = row.place.as_deref().unwrap_or("unknown");
    let operators = if row.operators.is_empty() { "unknown".to_owned() } else { row.operators.join(", ") };
    let seats =
        if row.controlled_from.is_empty() { String::new() } else { format!(" ({})", row.controlled_from.join(", ")) };
    let (product, holder, operators) = (escape(&row.accelerator), escape(&row.holder), escape(&operators));
    writeln!(out, "| {product} | {} | {holder} | {place} | {operators}{seats} | {} |", row.class, escape(&row.answer))
}

fn serviced(row: &ServiceRow, out: &mut dyn io::Write) -> io::Result<()> {
    let (product, holder) = (escape(&row.accelerator), escape(&row.holder));
    let day = |day: &Option<String>| escape(day.as_deref().unwrap_or_default()).to_string();
    let (bought, replaced) = (day(&row.purchased), day(&row.refresh));
    writeln!(out, "| {product} | {holder} | {} | {} | {bought} | {replaced} |", row.devices, row.spares)
}

fn stop(row: &StopRow, out: &mut dyn io::Write) -> io::Result<()> {
    let from = if row.controlled_from.is_empty() { "unknown".to_owned() } else { row.controlled_from.join(", ") };
    let trusted = if row.trusted { " (trusted)" } else { "" };
    let (designer, what, text) = (escape(&row.designer), escape(&row.what), escape(&row.text));
    writeln!(out, "| {designer} | {from}{trusted} | {what} | {} | {text} | {} |", row.horizon, row.verification)
}
