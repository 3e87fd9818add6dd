//! How old lists may be.

use super::manifest::{Manifest, Source};
use crate::model::Date;
use crate::text::{clean_line, count};

/// Days after which a list is told to be old.
pub const WARN_AFTER: u32 = 7;

/// Days after which a list is too old to pass anything, where the user says nothing else.
pub const REFUSED_AFTER: u32 = 30;

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

/// What to say of sources of which files were missing: of each one sentence without full stop.
#[must_use]
pub fn incomplete(manifest: &Manifest) -> Vec<String> {
    let told = |source: &Source| {
        let lists = clean_line(&source.list_names()).into_owned();
        let what = clean_line(&source.incomplete.join("; ")).into_owned();
        format!("list {lists} is not whole: {what}; give all its files to `sovaudit rules import`")
    };
    manifest.sources.values().filter(|source| !source.incomplete.is_empty()).map(told).collect()
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

/// The lists that are old enough to be told; `most` is what the user allows instead of [`REFUSED_AFTER`].
///
/// # Errors
/// Which list is too old and how to renew it; and where the user asks for an age, that there is no list at all, or one
/// of which nobody knows the day.
pub fn demand_fresh(manifest: Option<&Manifest>, as_of: Date, most: Option<u32>) -> anyhow::Result<Vec<Old>> {
    let Some(manifest) = manifest.filter(|manifest| !manifest.sources.is_empty()) else {
        anyhow::ensure!(
            most.is_none(),
            "--max-data-age asks for lists, and none were imported: give the files of the authorities to \
             `sovaudit rules import`"
        );
        return Ok(Vec::new());
    };
    let too_old = staleness(manifest, as_of, most.unwrap_or(REFUSED_AFTER));
    if let Some(oldest) = too_old.first() {
        let others = match too_old.len() - 1 {
            0 => String::new(),
            more => format!("; {more} more are too old"),
        };
        let way = if most.is_none() { "; --max-data-age DAYS allows older ones" } else { "" };
        anyhow::bail!("{}{others}{way}", oldest.message);
    }
    if let Some(most) = most {
        demand_dated(manifest, most)?;
        return Ok(Vec::new());
    }
    Ok(staleness(manifest, as_of, WARN_AFTER))
}

/// A list of which nobody knows the day may be of any age.
fn demand_dated(manifest: &Manifest, most: u32) -> anyhow::Result<()> {
    let mut undated = manifest.sources.values().filter(|source| source.is_undated());
    let Some(source) = undated.next() else { return Ok(()) };
    let others = match undated.count() {
        0 => String::new(),
        more => format!("; {more} more have no day"),
    };
    let files: Vec<&str> = source.inputs.iter().map(|input| input.name.as_str()).collect();
    anyhow::bail!(
        "list {} has no day (day unknown, imported {}), so that nobody can tell whether it is older than the {} that \
         --max-data-age allows: give {} to `sovaudit rules import` again, with --retrieved and the day on which it was \
         fetched{others}",
        clean_line(&source.list_names()),
        source.retrieved,
        count(most as usize, "day"),
        clean_line(&files.join(", "))
    )
}
