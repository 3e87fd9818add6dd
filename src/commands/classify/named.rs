//! Entries of the rules' lists that a name means: those of the organisation that bears it, and those whose name it is or
//! begins.

use crate::catalog::rows::{Listing, Organisation};
use crate::catalog::{Catalog, Standing, fold_name};
use crate::export::ListedFact;
use crate::model::Date;
use crate::screening::Level;

const RELATED: &str = "related-party";

/// The entries. One of an organisation that is known by name holds for it; a name alone needs a person.
pub(super) fn entries(catalog: &Catalog, name: &str, own: Option<&Organisation>, day: Date) -> Vec<ListedFact> {
    let wanted = fold_name(name);
    let mut all = Vec::new();
    for (row, standing) in catalog.entries_on(day) {
        let level = match (own, row.organisation.as_deref()) {
            (Some(own), Some(id)) if *own.id == *id && is_about(row, own) => Level::Probable,
            _ if wanted.is_empty() => continue,
            _ if row.names().any(|name| name == wanted) => Level::Possible,
            _ if own.is_none() && row.names().any(|name| begins(&name, &wanted)) => Level::Weak,
            _ => continue,
        };
        all.push(fact(row, standing, level));
    }
    all
}

/// True when an entry names the organisation itself, if only together with its parts: `… (SMIC) and subsidiaries`.
fn is_about(row: &Listing, own: &Organisation) -> bool {
    if row.about.as_deref() != Some(RELATED) {
        return true;
    }
    let entity = row.entity.to_lowercase();
    let name = own.name.to_lowercase();
    entity.contains(&format!("({name})")) || entity.starts_with(&format!("{name} and ")) || entity == name
}

/// True when the words stand first in the name.
fn begins(name: &str, words: &str) -> bool {
    name.strip_prefix(words).is_some_and(|rest| rest.starts_with(' '))
}

fn fact(row: &Listing, standing: Standing, level: Level) -> ListedFact {
    ListedFact {
        list: row.list.to_string(),
        entry: row.id.to_string(),
        party: row.entity.to_string(),
        level,
        since: row.listed,
        citation: row.citation.as_deref().map(str::to_owned),
        unsure: if let Standing::Unsure(why) = standing { Some(why) } else { None },
        verification: row.mark(standing),
    }
}
