//! The section on supply: a few lines for the terminal, tables for Markdown.

use std::collections::BTreeSet;
use std::io;

use super::Report;
use super::markdown::escape;
use crate::supply::{PlacementRow, SecondSourceRow, ShareRow, StopRow, SupplyRow};
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

fn stop(row: &StopRow, out: &mut dyn io::Write) -> io::Result<()> {
    let from = if row.controlled_from.is_empty() { "unknown".to_owned() } else { row.controlled_from.join(", ") };
    let trusted = if row.trusted { " (trusted)" } else { "" };
    let (designer, what, text) = (escape(&row.designer), escape(&row.what), escape(&row.text));
    writeln!(out, "| {designer} | {from}{trusted} | {what} | {} | {text} | {} |", row.horizon, row.verification)
}
