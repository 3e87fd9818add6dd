//! Places in text: byte spans, lines and columns, and the only path type that reaches a report.
//!
//! Nothing here knows a format. Parsers speak in byte [`Span`]s; [`LineIndex`] turns them into
//! 1-based lines and columns (Unicode code points, as SARIF's `unicodeCodePoints`).

mod address;
mod fill;
mod lines;
mod lookup;
mod path;
mod sanitize;

pub use address::{plain_query, without_secrets};
pub use fill::{COLUMNS, count, fill, fill_markdown, plural, thousands};
pub use lines::{LineColumn, LineIndex, Region, Span};
pub use lookup::Lookup;
pub use path::RelPath;
pub use sanitize::{clean, clean_line, shorten};
