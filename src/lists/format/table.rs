//! Tables of text: CSV with any delimiter, with or without a header, row by row.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::decode::{Budget, Decoded, ROW_BYTES, TOO_LONG};
use super::error::ListError;
use super::file::ListFile;
use super::reading::Reading;

/// A file with a header row; columns are found by name.
pub(super) struct Table<'f> {
    rows: Rows<'f>,
    header: Vec<String>,
}

/// Rows of a file.
pub(super) struct Rows<'f> {
    file: &'f ListFile,
    reader: csv::Reader<Decoded<Box<dyn Read + 'f>>>,
    budget: Budget,
    skipped: u64,
    /// The row that was read last.
    pub(super) row: StringRecord,
    /// Its line, counted from 1.
    pub(super) line: u64,
    /// Rows so far.
    pub(super) count: u64,
}

impl<'f> Rows<'f> {
    pub(super) fn open(file: &'f ListFile, delimiter: u8) -> Result<Self, ListError> {
        Ok(Self::over(file, file.text()?, delimiter))
    }

    /// The rows after what was read of `text` before.
    pub(super) fn over(file: &'f ListFile, text: Decoded<Box<dyn Read + 'f>>, delimiter: u8) -> Self {
        let (budget, skipped) = (text.budget(), text.line() - 1);
        // with line feeds as ends the reader counts lines exactly; a carriage return before one is trimmed with blanks
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(text);
        Self { file, reader, budget, skipped, row: StringRecord::new(), line: 0, count: 0 }
    }

    /// Reads the next row; false after the last. The end mark of old systems is no row.
    pub(super) fn next(&mut self) -> Result<bool, ListError> {
        loop {
            self.budget.renew();
            let line = self.reader.position().line() + self.skipped;
            let more = self.reader.read_record(&mut self.row).map_err(|error| {
                let message = match error.into_kind() {
                    csv::ErrorKind::Io(error) if error.to_string() == TOO_LONG => TOO_LONG.to_owned(),
                    csv::ErrorKind::Io(error) => format!("cannot be read: {error}"),
                    _ => "is no table of text".to_owned(),
                };
                ListError::new(self.file.name(), Some(line), message).hint("fetch the file again")
            })?;
            if !more {
                return Ok(false);
            }
            self.line = self.row.position().map_or(line, |at| at.line() + self.skipped);
            let ends = self.row.len() == 1 && self.row[0].trim_matches(['\u{1a}', ' ', '\r']).is_empty();
            if !ends {
                self.count += 1;
                return Ok(true);
            }
        }
    }

    /// True when the row can be used as far as its form goes; counted as bad otherwise.
    pub(super) fn sound(&self, columns: usize, reading: &mut Reading<'_, '_>) -> bool {
        if self.row.len() != columns {
            let message = format!("the row has {} fields instead of {columns}", self.row.len());
            reading.bad(self.file.name(), self.line, message);
            return false;
        }
        self.clean(reading)
    }

    /// True when the row holds no NUL and is not overlong; counted as bad otherwise.
    pub(super) fn clean(&self, reading: &mut Reading<'_, '_>) -> bool {
        let bytes = self.row.as_slice();
        let problem = match () {
            () if bytes.contains('\0') => "the row holds a NUL byte",
            () if bytes.len() as u64 > ROW_BYTES => TOO_LONG,
            () => return true,
        };
        reading.bad(self.file.name(), self.line, problem);
        false
    }
}

impl<'f> Table<'f> {
    pub(super) fn open(file: &'f ListFile, delimiter: u8) -> Result<Self, ListError> {
        Self::headed(Rows::open(file, delimiter)?)
    }

    /// The table whose header is the next row.
    pub(super) fn headed(mut rows: Rows<'f>) -> Result<Self, ListError> {
        rows.next()?;
        let header = rows.row.iter().map(normal).collect();
        rows.count = 0;
        Ok(Self { rows, header })
    }

    /// The place of a column.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = normal(name);
        self.header.iter().position(|column| *column == name)
    }

    /// The place of a column that must be there.
    pub(super) fn need(&self, name: &str) -> Result<usize, ListError> {
        self.find(name).ok_or_else(|| {
            ListError::new(self.rows.file.name(), Some(self.rows.line), format!("the column `{name}` is missing"))
                .hint("the format has changed, or the file was edited: give the file as it is published")
        })
    }

    /// Reads the next row that can be used; false after the last.
    pub(super) fn next(&mut self, reading: &mut Reading<'_, '_>) -> Result<bool, ListError> {
        while self.rows.next()? {
            if self.rows.sound(self.header.len(), reading) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A field of the current row, trimmed; empty when the column is not there.
    pub(super) fn at(&self, column: impl Into<Option<usize>>) -> &str {
        column.into().and_then(|column| self.rows.row.get(column)).unwrap_or("").trim()
    }

    /// Rows read so far.
    pub(super) fn count(&self) -> u64 {
        self.rows.count
    }

    /// Line of the current row.
    pub(super) fn line(&self) -> u64 {
        self.rows.line
    }
}

fn normal(column: &str) -> String {
    column.trim().to_ascii_lowercase()
}

/// The fields of one line.
pub(super) fn fields(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(line.as_bytes());
    let mut row = StringRecord::new();
    match reader.read_record(&mut row) {
        Ok(true) => row.iter().map(|field| field.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}
