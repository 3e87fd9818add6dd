//! What cannot be right about who owns whom: shares of more than everything, days out of order.

use std::collections::BTreeMap;

use super::layer::{Layer, RuleError};
use super::rows::{Ownership, Percent};
use super::tables::Tables;
use crate::model::{Date, Validity};
use crate::text::Span;

/// Every mistake in the ownership rows, each with its place.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let mut owned: BTreeMap<&str, Vec<&Ownership>> = BTreeMap::new();
    for row in &tables.ownership {
        owned.entry(&row.of).or_default().push(row);
        let wrong = [("agreed", row.agreed, "from", row.from), ("from", row.from, "to", row.to)];
        for (first, one, last, other) in wrong {
            if let (Some(one), Some(other)) = (one, other)
                && other < one
            {
                let message = format!(
                    "`{last}` of an `ownership` is before its `{first}`: {} by {}, {one} and {other}",
                    row.of, row.by
                );
                errors.push(locate(layers, row, last, message));
            }
        }
        if row.of == row.by {
            errors.push(locate(layers, row, "by", format!("`{}` cannot own itself", row.of)));
        }
    }
    for rows in owned.values() {
        errors.extend(too_much(rows, layers));
    }
    let lists = |list: &str| tables.list.iter().any(|known| *known.id == *list);
    for (law, list) in tables.law.iter().flat_map(|law| law.lists.iter().map(move |list| (law, list))) {
        if !lists(list) {
            errors.push(RuleError::whole(
                "rules",
                format!("law `{}` names the list `{list}`, which nothing defines", law.id),
            ));
        }
    }
    for (row, one) in tables.mitigation.iter().flat_map(|row| row.operators.iter().map(move |one| (row, one))) {
        if tables.organisation.iter().all(|known| known.id != *one) {
            let message = format!("mitigation `{}` names the operator `{one}`, which nothing defines", row.id);
            errors.push(RuleError::whole("rules", message));
        }
    }
    for row in &tables.ownership_rule {
        let says = |message: &str| at_rule(layers, &row.id, format!("ownership rule `{}` {message}", row.id));
        if row.lists.is_empty() == row.outside.is_none() {
            errors.push(says("needs either `lists` or `outside`"));
        }
        if row.percent.is_none() && !row.control {
            errors.push(says("needs `percent` or `control`"));
        }
        if row.outside.as_deref().is_some_and(|group| tables.group.iter().all(|known| *known.id != *group)) {
            errors.push(says("names in `outside` a country group that nothing defines"));
        }
        for list in row.lists.iter().filter(|list| !lists(list)) {
            errors.push(says(&format!("names the list `{list}`, which nothing defines")));
        }
        if row.law.as_ref().is_some_and(|law| tables.law.iter().all(|known| known.id != *law)) {
            errors.push(says("names in `law` a law that nothing defines"));
        }
        if let (Some(from), Some(to)) = (row.from, row.to)
            && to < from
        {
            errors.push(says("ends before it begins"));
        }
    }
    errors
}

/// Owners that hold more than everything at the same time.
fn too_much(rows: &[&Ownership], layers: &[Layer]) -> Option<RuleError> {
    let held: Vec<&Ownership> = rows.iter().filter(|row| !row.is_pending()).copied().collect();
    // sums change on first days only
    for start in &held {
        for field in ["share_percent", "votes_percent"] {
            let share = |row: &Ownership| if field == "share_percent" { row.share_percent } else { row.votes_percent };
            let mut least: BTreeMap<&str, u64> = BTreeMap::new();
            for row in held.iter().filter(|row| together(row, start.from)) {
                let parts = share(row).map_or(0, |share| share.least.parts());
                let most = least.entry(&row.by).or_default();
                *most = parts.max(*most);
            }
            let sum: u64 = least.values().sum();
            if sum > Percent::WHOLE.parts() {
                let day = start.from.map_or_else(String::new, |day| format!(" on {day}"));
                let message = format!(
                    "the owners of `{}` hold more than 100 percent together{day} by `{field}`: {}",
                    start.of,
                    least.keys().copied().collect::<Vec<_>>().join(", ")
                );
                return Some(locate(layers, start, field, message));
            }
        }
    }
    None
}

/// Held on the day, or, without one, from the beginning.
fn together(row: &Ownership, day: Option<Date>) -> bool {
    match day {
        Some(day) => Validity { from: row.from, to: row.to }.holds_on(day),
        None => row.from.is_none(),
    }
}

/// The field of the last row that says this of the pair, else the row.
fn locate(layers: &[Layer], row: &Ownership, field: &str, message: String) -> RuleError {
    let wanted = [format!("of = \"{}\"", row.of), format!("by = \"{}\"", row.by)];
    let fits = |block: &str| {
        let mut dates = [("from", row.from), ("to", row.to)].into_iter().filter_map(|(key, day)| Some((key, day?)));
        wanted.iter().all(|words| block.contains(words.as_str()))
            && dates.all(|(key, day)| block.contains(&format!("{key} = {day}")))
    };
    place(layers, "[[ownership]]", fits, field, message)
}

fn at_rule(layers: &[Layer], id: &str, message: String) -> RuleError {
    let wanted = format!("id = \"{id}\"");
    place(layers, "[[ownership_rule]]", |block| block.contains(&wanted), "id", message)
}

/// The line of a key in the last table of that name which fits; else its heading.
fn place(layers: &[Layer], heading: &str, fits: impl Fn(&str) -> bool, key: &str, message: String) -> RuleError {
    for layer in layers.iter().rev() {
        for (path, text) in layer.files.iter().rev() {
            for (start, _) in text.rmatch_indices(heading) {
                let body = start + heading.len();
                let end = text[body..].find("\n[").map_or(text.len(), |end| body + end);
                if !fits(&text[body..end]) {
                    continue;
                }
                let at = text[body..end].find(&format!("\n{key} = ")).map_or(start, |at| body + at + 1);
                let length = if at == start { heading.len() } else { key.len() };
                return RuleError::at(path, text, Span::new(at, at + length), message);
            }
        }
    }
    RuleError::whole("rules", message)
}
