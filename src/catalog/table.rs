//! A table: its rows, which those that come with the program get when somebody asks for them.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// The rows of a table. A table of the embedded files is read when it is first looked at: most runs need a few of them.
pub struct Table<R> {
    rows: OnceLock<Vec<R>>,
    later: fn() -> Vec<R>,
}

impl<R> Table<R> {
    /// A table whose rows `later` gives when they are asked for.
    pub(super) fn later(later: fn() -> Vec<R>) -> Self {
        Self { rows: OnceLock::new(), later }
    }

    /// The rows themselves.
    #[must_use]
    pub fn into_rows(self) -> Vec<R> {
        self.rows.into_inner().unwrap_or_else(self.later)
    }
}

impl<R> From<Vec<R>> for Table<R> {
    fn from(rows: Vec<R>) -> Self {
        Self { rows: OnceLock::from(rows), later: Vec::new }
    }
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<R> Deref for Table<R> {
    type Target = Vec<R>;

    fn deref(&self) -> &Vec<R> {
        self.rows.get_or_init(self.later)
    }
}

impl<R> DerefMut for Table<R> {
    fn deref_mut(&mut self) -> &mut Vec<R> {
        self.rows.get_or_init(self.later);
        self.rows.get_mut().expect("was set in the line before")
    }
}

impl<R: Clone> Clone for Table<R> {
    fn clone(&self) -> Self {
        self.rows.get().map_or_else(|| Self::later(self.later), |rows| Self::from(rows.clone()))
    }
}

impl<R: fmt::Debug> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, R> IntoIterator for &'a Table<R> {
    type Item = &'a R;
    type IntoIter = std::slice::Iter<'a, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Table<R> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::from)
    }
}

/// In a file it is a list.
impl<R: JsonSchema> JsonSchema for Table<R> {
    fn inline_schema() -> bool {
        Vec::<R>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<R>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Vec::<R>::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<R>::json_schema(generator)
    }
}
