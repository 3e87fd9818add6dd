//! Places in text: byte spans, lines and columns, and the only path type that reaches a report.
//!
//! Nothing here knows a format. Parsers speak in byte [`Span`]s; [`LineIndex`] turns them into
//! 1-based lines and columns (Unicode code points, as SARIF's `unicodeCodePoints`).

mod address;
mod fill;
mod globs;
mod lines;
mod lookup;
mod marks;
mod path;
mod sanitize;

pub use address::{after_scheme, bare_secret, channel_token, is_public_host, plain_query, token, without_secrets};
pub use fill::{COLUMNS, count, fill, fill_markdown, plural, thousands};
pub use globs::Globs;
pub use lines::{LineColumn, LineIndex, Region, Span};
pub use lookup::Lookup;
pub use marks::Marks;
pub use path::RelPath;
pub use sanitize::{clean, clean_line, shorten};

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}
