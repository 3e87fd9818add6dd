//! JSON: the whole report, with a published schema (`docs/report.schema.json`).

use std::io::{self, Write as _};

use super::{Format, Report};

/// Format `json`.
pub struct Json;

/// Bytes that are handed on together.
const BUFFER: usize = 64 << 10;

impl Format for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn needs_inventory(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        // it is written a few bytes at a time: the buffer's own call is cheap, that of a writer of any kind is not
        let mut buffer = io::BufWriter::with_capacity(BUFFER, out);
        serde_json::to_writer_pretty(&mut buffer, report)?;
        buffer.write_all(b"\n")?;
        buffer.flush()
    }
}

/// The JSON Schema of the report.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
