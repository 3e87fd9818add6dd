//! Which column of a list of assets is what: by the words of its head, or as the configuration says.

use globset::{GlobBuilder, GlobMatcher};

use super::assets::Row;
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
    Purchased,
    Refresh,
    Status,
    Spares,
}

/// Words of heads, folded to lower-case words. Of one column's words the first that a list has counts.
const WORDS: [(Column, &[&str]); 14] = [
    (
        Column::Accelerator,
        &[
            "gpu model",
            "gpu type",
            "accelerator model",
            "accelerator type",
            "accelerator",
            "gpu",
            "gpu name",
            "card model",
            "card",
        ],
    ),
    (
        Column::Model,
        &[
            "model",
            "device type",
            "product",
            "product name",
            "hardware model",
            "device model",
            "hardware",
            "part id",
            "part",
            "part name",
            "type",
            "item",
            "description",
            "name",
        ],
    ),
    (Column::Maker, &["manufacturer", "vendor", "make", "brand", "supplier"]),
    (Column::Pci, &["pci id", "pciid", "pci device id", "pci"]),
    (Column::Sort, &["category", "role", "device role", "component type", "asset type", "class", "kind", "component"]),
    (Column::Count, &["count", "qty", "quantity", "units", "amount", "number", "pieces", "how many"]),
    (
        Column::Each,
        &[
            "gpu count",
            "gpus",
            "gpus per node",
            "gpus per server",
            "accelerators",
            "accelerator count",
            "num gpus",
            "number of gpus",
            "gpu qty",
        ],
    ),
    (
        Column::Site,
        &[
            "site",
            "data center",
            "data centre",
            "datacenter",
            "datacentre",
            "dc",
            "location",
            "facility",
            "place",
            "region",
            "room",
        ],
    ),
    (Column::Country, &["country", "country code", "nation", "state country"]),
    (
        Column::Holder,
        &["owner", "holder", "tenant", "team", "department", "business unit", "customer", "cost centre", "cost center"],
    ),
    (
        Column::Purchased,
        &[
            "purchase date",
            "purchased",
            "date of purchase",
            "acquisition date",
            "acquired",
            "bought",
            "order date",
            "in service since",
            "commissioned",
            "install date",
        ],
    ),
    (
        Column::Refresh,
        &[
            "refresh date",
            "refresh",
            "next refresh",
            "replacement date",
            "replace by",
            "end of life",
            "eol",
            "lease end",
            "end of lease",
            "end of support",
        ],
    ),
    (Column::Status, &["status", "state", "condition", "lifecycle"]),
    (Column::Spares, &["spares", "spare", "is spare", "spare units", "in stock"]),
];

/// Positions of the columns of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    at: Vec<(Column, usize)>,
}

impl Columns {
    /// By the words of the head; nothing when it is no head of a list of hardware.
    pub(crate) fn recognise(head: &csv::StringRecord) -> Option<Self> {
        let heads: Vec<String> = head.iter().map(fold).collect();
        let position = |words: &[&str]| words.iter().find_map(|word| heads.iter().position(|head| head == word));
        let at: Vec<(Column, usize)> =
            WORDS.iter().filter_map(|(column, words)| Some((*column, position(words)?))).collect();
        let found = Self { at };
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
            let column = column(ours).ok_or_else(|| {
                format!("`{ours}` is no column; choose among {}", NAMES.map(|(name, _)| name).join(", "))
            })?;
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
    pub(crate) fn columns(&self, head: &csv::StringRecord) -> Option<Columns> {
        let mut found = Columns::default();
        for (column, name) in &self.columns {
            let at = head
                .iter()
                .position(|head| head.trim() == name)
                .or_else(|| head.iter().position(|head| fold(head) == fold(name)))?;
            found.at.push((*column, at));
        }
        let own = Columns::recognise(head).unwrap_or_default();
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

/// Words of the configuration for columns.
const NAMES: [(&str, Column); 14] = [
    ("accelerator", Column::Accelerator),
    ("model", Column::Model),
    ("manufacturer", Column::Maker),
    ("pci", Column::Pci),
    ("category", Column::Sort),
    ("count", Column::Count),
    ("accelerators-each", Column::Each),
    ("site", Column::Site),
    ("country", Column::Country),
    ("owner", Column::Holder),
    ("purchased", Column::Purchased),
    ("refresh", Column::Refresh),
    ("status", Column::Status),
    ("spares", Column::Spares),
];

fn column(name: &str) -> Option<Column> {
    NAMES.into_iter().find(|(word, _)| *word == name).map(|(_, column)| column)
}
