//! `sovaudit screen --pairs`: scores of pairs of names, for tuning.

use std::io;
use std::path::Path;

use anyhow::Context as _;

use super::Outcome;
use super::rows::csv_row;
use crate::screening::normalise::Lexicon;
use crate::screening::pair::score_pair;
use crate::screening::query::kind_of;

/// Writes every row of the file with the score of its names before it.
pub(super) fn run(path: &Path, lexicon: &Lexicon, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let place = || format!("cannot read `{}`", path.display());
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_path(path).with_context(place)?;
    let header = rows.headers().with_context(place)?.clone();
    let column = |name: &str| header.iter().position(|field| field.trim() == name);
    let (Some(first), Some(second)) = (column("name1"), column("name2")) else {
        anyhow::bail!("`{}` has no columns name1 and name2 in its first line", path.display());
    };
    let schema = column("schema");
    let with = |score: &str, row: &csv::StringRecord| -> Vec<String> {
        std::iter::once(score).chain(row).map(str::to_owned).collect()
    };
    csv_row(out, &with("score", &header))?;
    for row in rows.records() {
        let row = row.with_context(place)?;
        let text = |at: usize| row.get(at).unwrap_or("");
        let kind = schema.and_then(|at| kind_of(text(at))).unwrap_or_default();
        let score = score_pair(text(first), text(second), kind, lexicon).map_or(0.0, |scored| scored.2.score);
        csv_row(out, &with(&format!("{score:.4}"), &row))?;
    }
    Ok(Outcome::Passed)
}
