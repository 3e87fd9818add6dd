//! `sovaudit rules bundle`.

use std::io;

use anyhow::{Context as _, ensure};

use super::super::prepare::{day, layered};
use super::super::terminal_width;
use super::{need, show};
use crate::catalog::read_folder;
use crate::cli::BundleArgs;
use crate::lists::store::bundle::{self, Stamp};
use crate::text::{clean_line, count, fill};

/// Days for which a bundle is good when nothing else is said.
const GOOD_FOR: u32 = 30;

/// Writes a bundle.
pub(in super::super) fn bundle(arguments: &BundleArgs, out: &mut dyn io::Write) -> anyhow::Result<()> {
    let store = need(&arguments.data)?;
    let manifest = store.manifest()?.unwrap_or_default();
    // a bundle with mistakes would be refused where nobody can mend it
    layered(Vec::new(), &arguments.rules)?;
    let mut layers = Vec::new();
    for folder in &arguments.rules {
        layers
            .push(read_folder(folder).with_context(|| format!("cannot read the rules folder `{}`", folder.display()))?);
    }
    let made = day(arguments.made.as_deref())?;
    let expires = arguments.expires.as_deref().map_or_else(|| Ok(made.days_later(GOOD_FOR)), |text| day(Some(text)))?;
    ensure!(expires >= made, "a bundle made on {made} cannot expire on {expires}");
    let number = match arguments.number {
        Some(number) => number,
        None => u64::try_from(jiff::Timestamp::now().as_second())
            .context("the clock of this machine is before 1970; use --number")?,
    };
    let files = bundle::write(&arguments.out, &store, &manifest, &layers, Stamp { number, made, expires })?;
    let shown = clean_line(&arguments.out.display().to_string()).into_owned();
    let line = format!("Bundle {number} with {}, good until {expires}: {shown}", count(files, "file"));
    write!(out, "{}", fill(&line, "", "  ", terminal_width()))?;
    for source in manifest.sources.values() {
        show::attribution(source, out)?;
    }
    let next = format!("Now sign it: minisign -Sm {shown}");
    write!(out, "{}", fill(&next, "", "  ", terminal_width()))?;
    Ok(())
}
