//! What counts as an edition of a list, and what it changes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::{bail, ensure};

use super::combine::is_far_below;
use super::manifest::{Counts, Input, ListCount, Source};
use crate::lists::Party;
use crate::model::Date;
use crate::text::count;

/// A list with fewer parties than this may shrink as it likes: a few rows more or less are news and no damage.
const SMALL: u64 = 20;

/// What the user lets pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// Editions with far fewer parties than before or than any edition has.
    pub shrink: bool,
    /// Editions older than the one in the store.
    pub older: bool,
    /// Lists without a party: the day on which somebody says that the authority emptied them.
    pub empty: Option<Date>,
    /// Editions of which files are missing: the day on which somebody takes them all the same.
    pub incomplete: Option<Date>,
}

/// Fills in how many parties and names each list has; `parties` are sorted by list.
pub(super) fn count_lists(about: &mut Source, parties: &[Party]) {
    let floors: BTreeMap<String, u64> = about.lists.drain(..).map(|list| (list.list, list.floor)).collect();
    for group in parties.chunk_by(|a, b| a.list == b.list) {
        let list = group[0].list.to_string();
        let floor = floors.get(&list).copied().unwrap_or(0);
        let names = group.iter().map(|party| party.names.len() as u64).sum();
        about.lists.push(ListCount { list, parties: group.len() as u64, names, floor, changes: None });
    }
    for (list, floor) in floors {
        if !about.has(&list) {
            about.lists.push(ListCount { list, floor, ..ListCount::default() });
        }
    }
    about.lists.sort_by(|a, b| a.list.cmp(&b.list));
    about.parties = parties.len() as u64;
    about.names = about.lists.iter().map(|list| list.names).sum();
}

impl Source {
    fn has(&self, list: &str) -> bool {
        self.lists.iter().any(|other| other.list == list)
    }

    /// True when it has parties of the list.
    fn holds(&self, list: &str) -> bool {
        self.count_of(list).parties > 0
    }

    fn count_of(&self, list: &str) -> ListCount {
        self.lists.iter().find(|other| other.list == list).cloned().unwrap_or_default()
    }
}

/// Refuses what is no edition of the list: the former one stays.
pub(super) fn check(name: &str, about: &mut Source, former: Option<&Source>, allowed: Allowed) -> anyhow::Result<()> {
    let files = |inputs: &[Input]| inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
    let shown = files(&about.inputs);
    emptied(about, former, allowed.empty, &shown)?;
    if !about.incomplete.is_empty() {
        let what = about.incomplete.join("; ");
        let Some(day) = allowed.incomplete else {
            bail!(
                "{shown} is no whole edition: {what}; the list in the store stays as it was. Give all files of the edition \
                 in one call; to take it all the same, say --accept-incomplete: every report will tell it"
            )
        };
        about.notes.push(format!("accepted on {day} although {what}"));
    }
    let mut short: Vec<String> = Vec::new();
    // whether a list may be empty was asked above
    let is_empty = |parties: u64| parties == 0 && allowed.empty.is_some();
    for list in about.lists.iter().filter(|list| list.parties < list.floor && !is_empty(list.parties)) {
        let found = count_parties(list.parties);
        short.push(format!("{} has {found}, and every edition has {} or more", list.list, list.floor));
    }
    for list in former.iter().flat_map(|former| &former.lists) {
        let now = about.count_of(&list.list);
        if is_empty(now.parties) {
            continue;
        }
        if list.parties >= SMALL && is_far_below(now.parties, list.parties) {
            let found = count_parties(now.parties);
            short.push(format!("{} has {found}, and had {} at the import before", list.list, list.parties));
        } else if list.parties >= SMALL && is_far_below(now.names, list.names) {
            // a set of files without that of the aliases
            short.push(format!("{} has {} names, and had {} at the import before", list.list, now.names, list.names));
        }
    }
    if !short.is_empty() {
        ensure!(
            allowed.shrink,
            "{shown} looks damaged or incomplete: {}; the list in the store stays as it was. Fetch it again; if the list \
             really shrank, say so with --accept-shrink",
            short.join("; ")
        );
        about.notes.push(format!("accepted although {}", short.join("; ")));
    }
    let dates = former.and_then(|former| former.published).zip(about.published);
    if let Some((before, now)) = dates.filter(|(before, now)| now < before) {
        ensure!(
            allowed.older,
            "{shown} was published on {now}, and the store has the edition of {before} of `{name}`; it stays. To go back \
             all the same, say --allow-stale"
        );
        about.notes.push(format!("older than the edition of {before} that it replaces"));
    }
    Ok(())
}

/// Lists without a party: refused, or noted with the day on which somebody said that it is so.
fn emptied(about: &mut Source, former: Option<&Source>, accepted: Option<Date>, shown: &str) -> anyhow::Result<()> {
    let former = former.map_or(&[][..], |former| &former.lists);
    let gone: Vec<&ListCount> = former.iter().filter(|list| list.parties > 0 && !about.holds(&list.list)).collect();
    let Some(day) = accepted else {
        ensure!(
            about.parties > 0,
            "{shown} holds no party at all; the list in the store stays as it was. If the authority emptied it, say so \
             with --accept-empty"
        );
        if let Some(list) = gone.first() {
            bail!(
                "{shown} has no party of {0}, which had {1} at the import before; the lists in the store stay as they \
                 were. Fetch all files again; if the authority emptied {0}, say so with --accept-empty",
                list.list,
                count_parties(list.parties)
            );
        }
        return Ok(());
    };
    for list in gone {
        let had = count_parties(list.parties);
        about.notes.push(format!("{} has no party, and had {had}: accepted on {day} that it was emptied", list.list));
        if !about.has(&list.list) {
            about.lists.push(ListCount { list: list.list.clone(), ..ListCount::default() });
        }
    }
    if about.parties == 0 && about.notes.iter().all(|note| !note.contains("that it was emptied")) {
        about.notes.push(format!("it has no party: accepted on {day} that it was emptied"));
    }
    about.lists.sort_by(|a, b| a.list.cmp(&b.list));
    Ok(())
}

fn count_parties(number: u64) -> String {
    usize::try_from(number).map_or_else(|_| number.to_string(), |number| count(number, "party"))
}

/// Counts what is new, changed and gone, list by list.
pub(super) fn compare(about: &mut Source, before: &[Party], now: &[Party]) {
    for old in before.chunk_by(|a, b| a.list == b.list) {
        let list = &old[0].list;
        let start = now.partition_point(|party| party.list < *list);
        let length = now[start..].partition_point(|party| party.list == *list);
        if let Some(count) = about.lists.iter_mut().find(|count| *count.list == **list) {
            count.changes = Some(differences(old, &now[start..start + length]));
        }
    }
}

/// Both of one list and sorted by entry.
fn differences(before: &[Party], now: &[Party]) -> Counts {
    let mut counts = Counts::default();
    let (mut old, mut new) = (before.iter().peekable(), now.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return counts,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.entry.cmp(&b.entry),
        };
        match order {
            Ordering::Less => {
                counts.removed += 1;
                old.next();
            }
            Ordering::Greater => {
                counts.added += 1;
                new.next();
            }
            Ordering::Equal => {
                let same = old.next().map(Party::digest) == new.next().map(Party::digest);
                counts.changed += u64::from(!same);
            }
        }
    }
}
