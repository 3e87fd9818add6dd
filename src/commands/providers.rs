//! `sovaudit providers`.

use std::io;

use anyhow::bail;

use super::Outcome;
use super::prepare::knowledge;
use crate::cli::ProvidersArgs;

/// Runs the command.
pub(super) fn run(arguments: &ProvidersArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let knowledge = knowledge(&arguments.rules)?;
    let tables = knowledge.catalog.tables();
    match arguments.action.as_deref() {
        None => {
            for row in &tables.provider {
                writeln!(
                    out,
                    "{:20} {} ({})",
                    row.id,
                    row.owner.as_deref().unwrap_or("owner not in the provider table"),
                    row.verification.as_str()
                )?;
            }
        }
        Some("compare") => {
            for row in &tables.stack_criterion {
                writeln!(out, "{} ({})", row.criterion, row.verification.as_str())?;
                writeln!(out, "  how to measure  {}", row.measure)?;
                writeln!(out, "  OVHcloud        {}", row.ovhcloud)?;
                writeln!(out, "  Gaia-X          {}", row.gaia_x)?;
                writeln!(out, "  on-premise      {}", row.on_premise)?;
                writeln!(out, "  hyperscaler     {}\n", row.hyperscaler)?;
            }
        }
        Some(other) => bail!("`providers {other}` is not known; use `providers` or `providers compare`"),
    }
    Ok(Outcome::Passed)
}
