//! The report: versioned data, and the formats that write it.

mod alike;
mod build;
mod failure;
pub mod json;
pub mod legal;
pub mod markdown;
mod model;
pub mod sarif;
pub mod sbom;
mod supply;
pub mod table;
mod words;

use std::io;

pub(crate) use build::survival_row;
pub use build::{Sources, build};
pub use model::{
    ComponentRow, ControlRow, CoverageRow, DiagnosticRow, EvidenceRow, FateRow, FindingRow, GateRow, ListRow,
    ListedRow, MemberRow, NamedRow, OverrideRow, PlaceRow, RelationRow, RemovedRow, Report, RuleRow, StepRow,
    SurvivalRow, UndecidedRow, WaiverRow,
};
pub(crate) use words::shown;

/// A way of writing a report.
pub trait Format: Sync {
    /// Word for `--format` and `--output`.
    fn id(&self) -> &'static str;

    /// True when it writes every component and relation; building them costs time and memory.
    fn needs_inventory(&self) -> bool {
        false
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Only those of the writer.
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()>;
}

/// Every format. The table is for terminals: 80 columns, no colour unless asked.
pub static FORMATS: &[&dyn Format] = &[
    &table::Table,
    &json::Json,
    &sarif::Sarif,
    &markdown::Markdown,
    &sbom::cyclonedx::CycloneDx,
    &sbom::spdx::Spdx,
    &sbom::tag_value::TagValue,
];

/// The format a word names.
#[must_use]
pub fn format(word: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.id() == word)
}
