//! `sovaudit providers`.

use std::io;

use anyhow::bail;

use super::prepare::knowledge;
use super::{Outcome, terminal_width};
use crate::cli::ProvidersArgs;
use crate::text::fill;

/// Runs the command.
pub(super) fn run(arguments: &ProvidersArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let knowledge = knowledge(&arguments.sources.data, &arguments.sources.rules)?;
    let tables = knowledge.catalog.tables();
    let width = terminal_width();
    match arguments.action.as_deref() {
        None => {
            for row in &tables.provider {
                let owner = row.owner.as_deref().unwrap_or("owner not in the provider table");
                let line = format!("{owner} ({})", row.verification.as_str());
                write!(out, "{}", fill(&line, &format!("{:20} ", row.id), &" ".repeat(21), width))?;
            }
        }
        Some("compare") => {
            for row in &tables.stack_criterion {
                write!(
                    out,
                    "{}",
                    fill(&format!("{} ({})", row.criterion, row.verification.as_str()), "", "  ", width)
                )?;
                let stacks = [
                    ("how to measure", &row.measure),
                    ("OVHcloud", &row.ovhcloud),
                    ("Gaia-X", &row.gaia_x),
                    ("on-premise", &row.on_premise),
                    ("hyperscaler", &row.hyperscaler),
                ];
                for (name, text) in stacks {
                    write!(out, "{}", fill(text, &format!("  {name:14}  "), &" ".repeat(18), width))?;
                }
                writeln!(out)?;
            }
        }
        Some(other) => bail!("`providers {other}` is not known; use `providers` or `providers compare`"),
    }
    Ok(Outcome::Passed)
}
