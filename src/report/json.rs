//! JSON: the whole report, with a published schema (`docs/report.schema.json`).

use std::io::{self, Write as _};

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};

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
        report.serialize(&mut Serializer::with_formatter(&mut buffer, Indented::default()))?;
        buffer.write_all(b"\n")?;
        buffer.flush()
    }
}

/// A line for every value, two blanks for every level, as `serde_json` writes it by itself: there one write for each
/// level of each line.
#[derive(Default)]
struct Indented {
    depth: usize,
    has_value: bool,
}

/// A line break, and blanks for as many levels as reports have, and more.
const LINE: &[u8] = b"\n                                                                ";

impl Indented {
    fn line<W: ?Sized + io::Write>(&self, before: &[u8], out: &mut W) -> io::Result<()> {
        out.write_all(before)?;
        let blanks = 2 * self.depth;
        out.write_all(&LINE[..(1 + blanks).min(LINE.len())])?;
        (LINE.len() - 1..blanks).try_for_each(|_| out.write_all(b" "))
    }

    fn begin<W: ?Sized + io::Write>(&mut self, sign: &[u8], out: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        out.write_all(sign)
    }

    fn end<W: ?Sized + io::Write>(&mut self, sign: &[u8], out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.line(b"", out)?;
        }
        out.write_all(sign)
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(b"[", out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(b"]", out)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(if first { b"" } else { b"," }, out)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(b"{", out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(b"}", out)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(if first { b"" } else { b"," }, out)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

/// The JSON Schema of the report.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_serde_json() {
        let mut deep = serde_json::json!({"a": [], "b": {}, "c": [1, {"d": null, "e": "x\ny"}, []], "f": {"g": [[2]]}});
        for _ in 0..40 {
            deep = serde_json::json!([deep, {"more": [deep["f"], 1]}]);
        }
        let mut own = Vec::new();
        deep.serialize(&mut Serializer::with_formatter(&mut own, Indented::default())).expect("can be written");
        assert_eq!(String::from_utf8(own).ok(), serde_json::to_string_pretty(&deep).ok());
    }
}
