//! How old lists may be.

use super::manifest::{Manifest, Source};
use crate::model::Date;
use crate::text::{clean_line, count};

/// Days after which a list is told to be old.
pub const WARN_AFTER: u32 = 7;

/// A list that is older than it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    /// Name of the source.
    pub source: String,
    /// Ids of its lists.
    pub lists: String,
    /// Day from which the age is counted.
    pub known_on: Date,
    /// Its age in days.
    pub days: u32,
    /// What to say of it: one sentence without full stop.
    pub message: String,
}

/// The lists that are older on `as_of` than `most` days, the oldest first.
#[must_use]
pub fn staleness(manifest: &Manifest, as_of: Date, most: u32) -> Vec<Old> {
    let mut old: Vec<Old> =
        manifest.sources.iter().filter_map(|(name, source)| age(name, source, as_of, most)).collect();
    old.sort_by(|a, b| b.days.cmp(&a.days).then_with(|| a.source.cmp(&b.source)));
    old
}

fn age(name: &str, source: &Source, as_of: Date, most: u32) -> Option<Old> {
    let known_on = source.known_on();
    let days = u32::try_from(known_on.days_until(as_of)).ok().filter(|days| *days > most)?;
    let lists = clean_line(&source.list_names()).into_owned();
    let files: Vec<&str> = source.inputs.iter().map(|input| input.name.as_str()).collect();
    let message = format!(
        "list {lists} is of {known_on}, {} old, and {} are allowed: fetch {} anew and give it to \
         `sovaudit rules import`, with --retrieved and the day on which it was fetched",
        count(days as usize, "day"),
        most,
        clean_line(&files.join(", "))
    );
    Some(Old { source: name.to_owned(), lists, known_on, days, message })
}

/// Fails when a list is older than the user allows, or when there is none at all.
///
/// # Errors
/// Which list is too old and how to renew it.
pub fn demand_fresh(manifest: Option<&Manifest>, as_of: Date, most: u32) -> anyhow::Result<()> {
    let Some(manifest) = manifest.filter(|manifest| !manifest.sources.is_empty()) else {
        anyhow::bail!(
            "--max-data-age asks for lists, and none were imported: give the files of the authorities to \
             `sovaudit rules import`"
        );
    };
    let old = staleness(manifest, as_of, most);
    let Some(oldest) = old.first() else { return Ok(()) };
    let others = if old.len() > 1 { format!("; {} more are too old", old.len() - 1) } else { String::new() };
    anyhow::bail!("{}{others}", oldest.message)
}
