//! How much of each list was asked: nothing found on a selection says little of the list.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Date;
use crate::screening::screener::Told;
use crate::screening::{Imported, Screener};
use crate::text::thousands;

/// How much of a list is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Extent {
    /// The entries that come with the rules.
    Selection,
    /// It was imported, and some of its files were missing.
    Partial,
    /// It was imported.
    Whole,
}

/// A list that is asked.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Asked {
    list: String,
    extent: Extent,
    /// Parties: of the imported list, else of the selection.
    parties: usize,
    /// Day on which an imported list was seen.
    seen: Option<Date>,
    /// Nobody knows of which day the imported list is: `seen` is the day of its import.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    day_unknown: bool,
}

impl Asked {
    /// Its id, with what is not known of its day.
    fn shown(&self) -> String {
        match self.seen.filter(|_| self.day_unknown) {
            Some(day) => format!("{} (day unknown, imported {day})", self.list),
            None => self.list.clone(),
        }
    }
}

/// How much there is of every list that is asked.
pub(super) fn of(screener: &Screener<'_>, imported: Option<&Imported>) -> Vec<Asked> {
    let sources = || imported.iter().flat_map(|imported| imported.opened.manifest().sources.values());
    let is_partial = |list: &str| {
        let with = sources().filter(|source| source.lists.iter().any(|count| count.list == list));
        with.into_iter().all(|source| !source.incomplete.is_empty())
    };
    let mut all: BTreeMap<String, Asked> = BTreeMap::new();
    for told in screener.told() {
        let extent = match told.seen {
            None => Extent::Selection,
            Some(_) if is_partial(&told.list) => Extent::Partial,
            Some(_) => Extent::Whole,
        };
        let Told { parties, seen, is_undated: day_unknown, .. } = told;
        let asked = Asked { list: told.list.clone(), extent, parties, seen, day_unknown };
        match all.get_mut(&told.list) {
            Some(known) if known.extent >= extent => {}
            Some(known) => *known = asked,
            None => drop(all.insert(told.list, asked)),
        }
    }
    all.into_values().collect()
}

/// What to say of lists that are not there as a whole, or of which nobody knows the day; nothing where there is none.
pub(super) fn told(all: &[Asked]) -> Option<String> {
    let selected = || all.iter().filter(|asked| asked.extent == Extent::Selection);
    let ids: Vec<&str> = selected().map(|asked| asked.list.as_str()).collect();
    let is_told = |asked: &&Asked| asked.extent == Extent::Whole || asked.day_unknown;
    let whole: Vec<String> = all.iter().filter(is_told).map(Asked::shown).collect();
    if ids.is_empty() {
        return all.iter().any(|asked| asked.day_unknown).then(|| whole.join(", "));
    }
    let parties: usize = selected().map(|asked| asked.parties).sum();
    let which = if ids.len() == all.len() { String::new() } else { format!(" of {}", ids.join(", ")) };
    let before = if whole.is_empty() { String::new() } else { format!("imported {}; ", whole.join(", ")) };
    let (noun, verb) = if parties == 1 { ("entry", "comes") } else { ("entries", "come") };
    Some(format!(
        "{before}{} {noun}{which} that {verb} with the rules, a selection; whole lists: sovaudit rules import",
        thousands(parties as u64),
    ))
}

/// The least that there is of any list: `selection` where nothing found may only mean that the entry is not among those of the
/// rules.
pub(super) fn least(all: &[Asked]) -> &'static str {
    match all.iter().map(|asked| asked.extent).min() {
        Some(Extent::Whole) => "whole",
        Some(Extent::Partial) => "partial",
        _ => "selection",
    }
}
