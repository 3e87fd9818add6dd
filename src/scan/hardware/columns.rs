//! Which column of a list of assets is what: by the words of its head, or as the configuration says.

use globset::{GlobBuilder, GlobMatcher};

use super::assets::Row;
use crate::catalog::{ASSET_COLUMNS, Catalog, Topic};
use crate::text::RelPath;
use std::borrow::Cow;

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    /// Name of an accelerator.
    Accelerator,
    /// Name of anything.
    Model,
    Maker,
    Pci,
    /// What sort of thing it is.
    Sort,
    Count,
    /// Accelerators in each.
    Each,
    Site,
    Country,
    Holder,
    Operator,
    Purchased,
    Refresh,
    Status,
    Spares,
}

/// Positions of the columns of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    at: Vec<(Column, usize)>,
}

impl Columns {
    /// By the words of the head; nothing when it is no head of a list of hardware.
    pub(crate) fn recognise(head: &csv::StringRecord, catalog: &Catalog) -> Option<Self> {
        let heads: Vec<String> = head.iter().map(fold).collect();
        let mut found = Self::default();
        for (means, word) in catalog.hardware_words(Topic::AssetColumn) {
            let at = column(means).filter(|column| found.at(*column).is_none());
            let Some((column, at)) = at.zip(heads.iter().position(|head| head == word)) else { continue };
            found.at.push((column, at));
        }
        let has = |column| found.at(column).is_some();
        let is_named = has(Column::Accelerator) || has(Column::Model) || has(Column::Pci);
        let others = found.at.iter().filter(|(column, _)| !matches!(column, Column::Accelerator | Column::Model));
        // one word alone may stand in any table
        (is_named && others.count() >= 1 && head.len() >= 2).then_some(found)
    }

    /// Position of a column.
    pub(crate) fn at(&self, column: Column) -> Option<usize> {
        self.at.iter().find(|(of, _)| *of == column).map(|(_, at)| *at)
    }

    /// Fewest fields of a row that says what it is about and how many there are.
    pub(crate) fn least(&self) -> usize {
        let at = |columns: &[Column]| columns.iter().filter_map(|column| self.at(*column)).collect::<Vec<_>>();
        let named = at(&[Column::Accelerator, Column::Model, Column::Pci]).into_iter().min();
        let counts = at(&[Column::Count, Column::Each]).into_iter().max();
        named.max(counts).map_or(1, |at| at + 1)
    }
}

/// A head's words: `GPU_Model (type)` is `gpu model type`.
fn fold(text: &str) -> String {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// How a list of assets is read that names its columns in its own words, from the configuration.
#[derive(Clone, Debug)]
pub struct AssetMapping {
    /// Paths it is about, as written.
    pub files: String,
    matcher: GlobMatcher,
    columns: Vec<(Column, String)>,
    site: Option<String>,
    country: Option<String>,
}

impl AssetMapping {
    /// From what the configuration says: a glob, and the list's own word for each of ours.
    ///
    /// # Errors
    /// A glob that is none, a word for a column that there is not.
    pub fn new<'w>(
        files: &str,
        columns: impl Iterator<Item = (&'w str, &'w str)>,
        site: Option<&str>,
        country: Option<&str>,
    ) -> Result<Self, String> {
        let glob = GlobBuilder::new(files).literal_separator(true).build().map_err(|error| error.to_string())?;
        let mut found = Vec::new();
        for (ours, theirs) in columns {
            let column = column(ours)
                .ok_or_else(|| format!("`{ours}` is no column; choose among {}", ASSET_COLUMNS.join(", ")))?;
            found.push((column, theirs.to_owned()));
        }
        Ok(Self {
            files: files.to_owned(),
            matcher: glob.compile_matcher(),
            columns: found,
            site: site.map(str::to_owned),
            country: country.map(str::to_owned),
        })
    }

    /// True for the lists that it is about.
    pub(crate) fn is_about(&self, path: &RelPath) -> bool {
        self.matcher.is_match(path.as_str())
    }

    /// The columns by the words of the configuration, and by our own for those that it does not name.
    pub(crate) fn columns(&self, head: &csv::StringRecord, catalog: &Catalog) -> Option<Columns> {
        let mut found = Columns::default();
        for (column, name) in &self.columns {
            let at = head
                .iter()
                .position(|head| head.trim() == name)
                .or_else(|| head.iter().position(|head| fold(head) == fold(name)))?;
            found.at.push((*column, at));
        }
        let own = Columns::recognise(head, catalog).unwrap_or_default();
        let taken: Vec<usize> = found.at.iter().map(|(_, at)| *at).collect();
        for (column, at) in own.at {
            if found.at(column).is_none() && !taken.contains(&at) {
                found.at.push((column, at));
            }
        }
        let is_named = [Column::Accelerator, Column::Model, Column::Pci].iter().any(|one| found.at(*one).is_some());
        is_named.then_some(found)
    }

    /// What the whole list says of every row.
    pub(crate) fn complete<'r>(&'r self, row: &mut Row<'r>) {
        if row.site.is_none() {
            row.site = self.site.as_deref().map(Cow::Borrowed);
        }
        if row.country.is_none() {
            row.country = self.country.as_deref().map(Cow::Borrowed);
        }
    }
}

/// What the words of the configuration and of the rules mean, in their order.
const COLUMNS: [Column; ASSET_COLUMNS.len()] = [
    Column::Accelerator,
    Column::Model,
    Column::Maker,
    Column::Pci,
    Column::Sort,
    Column::Count,
    Column::Each,
    Column::Site,
    Column::Country,
    Column::Holder,
    Column::Operator,
    Column::Purchased,
    Column::Refresh,
    Column::Status,
    Column::Spares,
];

fn column(name: &str) -> Option<Column> {
    ASSET_COLUMNS.into_iter().zip(COLUMNS).find(|(word, _)| *word == name).map(|(_, column)| column)
}
