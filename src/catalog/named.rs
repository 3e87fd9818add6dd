//! The organisation that people mean by a name.

use std::collections::BTreeSet;

use super::rows::{Listing, Organisation};
use super::{Catalog, Standing, fold_name};
use crate::model::Date;

/// What an entry is about that names others than its organisation.
const RELATED: &str = "related-party";

impl Catalog {
    /// By id, name, alias, or by the name of an entry about it.
    #[must_use]
    pub fn organisation_named(&self, name: &str, day: Date) -> Option<&Organisation> {
        let name = name.trim();
        let known = self.organisation(&name.to_lowercase());
        let known = known.or_else(|| self.organisation_by_name(name)).or_else(|| self.organisation_by_supplier(name));
        // `OVH SAS` is called as the row is
        let wanted = fold_name(name);
        let known =
            known.or_else(|| self.organisation(&wanted).filter(|row| !matches!(&*row.kind, "state" | "parent")));
        known.or_else(|| {
            let rows = self.entries_on(day).map(|(row, _)| row);
            let of = rows.filter(|row| row.about.as_deref() != Some(RELATED) && row.names().any(|own| own == wanted));
            let ids: BTreeSet<&str> = of.filter_map(|row| row.organisation.as_deref()).collect();
            match ids.into_iter().collect::<Vec<_>>()[..] {
                [] => self.organisation_by_supplier(without_group(&wanted)?),
                [id] => self.organisation(id),
                _ => None,
            }
        })
    }

    /// Entries about organisations that hold on a day.
    pub fn entries_on(&self, day: Date) -> impl Iterator<Item = (&Listing, Standing)> {
        let known = self.date();
        let rows = self.tables().listing.iter().filter(|row| &*row.kind == "entity");
        rows.filter_map(move |row| Some((row, row.standing_on(day, known)?)))
    }
}

/// A folded name without the word at its end that says of a company only that it holds others.
fn without_group(folded: &str) -> Option<&str> {
    const WORDS: [&str; 5] = ["group", "groupe", "gruppe", "holding", "holdings"];
    let (rest, last) = folded.rsplit_once(' ')?;
    WORDS.contains(&last).then_some(rest)
}

impl Listing {
    /// Its names, folded for comparison.
    pub fn names(&self) -> impl Iterator<Item = String> {
        [&self.entity].into_iter().chain(&self.aliases).map(|name| fold_name(name))
    }
}
