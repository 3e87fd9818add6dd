//! `sovaudit init`.

use std::io;

use anyhow::{Context as _, bail};

use super::Outcome;
use crate::cli::InitArgs;
use crate::config::TEMPLATE;

/// Runs the command.
pub(super) fn run(arguments: &InitArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let path = arguments.folder.join("sovaudit.toml");
    if path.exists() {
        bail!("`{}` is there already; it was left as it is", path.display());
    }
    std::fs::write(&path, TEMPLATE).with_context(|| format!("cannot write `{}`", path.display()))?;
    writeln!(out, "wrote {}", path.display())?;
    Ok(Outcome::Passed)
}
