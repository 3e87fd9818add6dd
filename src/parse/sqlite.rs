//! Just enough of the SQLite file format to read every row of one table from a file in memory.
//!
//! No SQL, no indices, no write-ahead log. Page numbers are checked and pages counted, so that loops and
//! lies in a hostile file end in an error.

use super::ParseError;
use crate::text::Span;

/// A column's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Null, or a number that nobody asked for.
    Other,
    /// An integer.
    Integer(i64),
    /// A text; bytes that are not UTF-8 are replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// True when `bytes` begin like a SQLite file.
#[must_use]
pub fn is_sqlite(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SQLite format 3\0")
}

/// Calls `row` for every row of `table`.
///
/// # Errors
/// When the file is no SQLite file, has no such table, or is damaged; rows seen before were handed out.
pub fn rows(bytes: &[u8], table: &str, mut row: impl FnMut(Vec<Column>)) -> Result<(), ParseError> {
    let database = Database::open(bytes)?;
    let mut root = None;
    database.walk(1, &mut |columns| {
        if let [Column::Text(kind), Column::Text(name), _, Column::Integer(page), ..] = columns.as_slice()
            && kind == "table"
            && name == table
        {
            root = usize::try_from(*page).ok();
        }
    })?;
    let root = root.ok_or_else(|| damaged(&format!("there is no table `{table}`")))?;
    database.walk(root, &mut row)
}

struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    usable: usize,
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ParseError> {
        if !is_sqlite(bytes) || bytes.len() < 100 {
            return Err(damaged("this is no SQLite file"));
        }
        let page_size = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page_size.saturating_sub(usize::from(bytes[20]));
        if !page_size.is_power_of_two() || page_size < 512 || usable < 480 {
            return Err(damaged("the page size is impossible"));
        }
        Ok(Self { bytes, page_size, usable })
    }

    /// Page numbers begin at 1.
    fn page(&self, number: usize) -> Result<&'a [u8], ParseError> {
        let start = number.checked_sub(1).and_then(|index| index.checked_mul(self.page_size));
        start
            .and_then(|start| self.bytes.get(start..start.checked_add(self.page_size)?))
            .ok_or_else(|| damaged(&format!("page {number} lies outside of the file")))
    }

    /// All rows below a page, in order.
    fn walk(&self, root: usize, row: &mut dyn FnMut(Vec<Column>)) -> Result<(), ParseError> {
        let most = self.bytes.len() / self.page_size + 1;
        let mut seen = 0;
        let mut open = vec![root];
        // cells may share overflow pages in a hostile file; in an honest one nothing is read twice
        let mut payloads = 0;
        while let Some(number) = open.pop() {
            seen += 1;
            if seen > most {
                return Err(damaged("pages lead back to each other"));
            }
            let page = self.page(number)?;
            // the first page begins with the header of the file
            let start = if number == 1 { 100 } else { 0 };
            let kind = page[start];
            let count = be16(page, start + 3).ok_or_else(|| damaged("a page is cut"))?;
            let cells = start + if kind == 0x05 { 12 } else { 8 };
            match kind {
                0x05 => {
                    let mut below = Vec::with_capacity(count + 1);
                    for cell in 0..count {
                        let at = be16(page, cells + 2 * cell).and_then(|at| be32(page, at));
                        below.push(at.ok_or_else(|| damaged("a cell lies outside of its page"))?);
                    }
                    below.push(be32(page, start + 8).ok_or_else(|| damaged("a page is cut"))?);
                    open.extend(below.into_iter().rev());
                    if open.len() > most {
                        return Err(damaged("pages lead back to each other"));
                    }
                }
                0x0D => {
                    for cell in 0..count {
                        let at = be16(page, cells + 2 * cell).ok_or_else(|| damaged("a page is cut"))?;
                        let payload = self.payload(page, at)?;
                        payloads += payload.len();
                        if payloads > self.bytes.len() {
                            return Err(damaged("rows share their content"));
                        }
                        row(record(&payload).ok_or_else(|| damaged("a row is cut"))?);
                    }
                }
                other => return Err(damaged(&format!("page {number} has the unknown kind {other}"))),
            }
        }
        Ok(())
    }

    /// The whole payload of a cell, with what overflows into other pages.
    fn payload(&self, page: &[u8], at: usize) -> Result<Vec<u8>, ParseError> {
        let cut = || damaged("a cell lies outside of its page");
        let (length, at) = varint(page, at).ok_or_else(cut)?;
        let (_, at) = varint(page, at).ok_or_else(cut)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= self.bytes.len()).ok_or_else(cut)?;
        let most = self.usable - 35;
        let local = if length <= most {
            length
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let fitting = least + (length - least) % (self.usable - 4);
            if fitting <= most { fitting } else { least }
        };
        let mut payload = page.get(at..at + local).ok_or_else(cut)?.to_vec();
        let mut next = if local < length { be32(page, at + local).ok_or_else(cut)? } else { 0 };
        while payload.len() < length {
            let page = self.page(next)?;
            let part = (length - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(page.get(4..4 + part).ok_or_else(cut)?);
            next = be32(page, 0).ok_or_else(cut)?;
        }
        Ok(payload)
    }
}

/// The columns of a record.
fn record(payload: &[u8]) -> Option<Vec<Column>> {
    let (header, mut at) = varint(payload, 0)?;
    let header = usize::try_from(header).ok().filter(|header| *header <= payload.len())?;
    let mut body = header;
    let mut columns = Vec::new();
    while at < header {
        let (kind, next) = varint(payload, at)?;
        at = next;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            _ => usize::try_from((kind.checked_sub(12)?) / 2).ok()?,
        };
        let value = payload.get(body..body.checked_add(length)?)?;
        body += length;
        columns.push(match kind {
            8 => Column::Integer(0),
            9 => Column::Integer(1),
            1..=6 => {
                // big-endian two's complement of one to eight bytes
                let start = if value[0] & 0x80 == 0 { 0 } else { -1 };
                Column::Integer(value.iter().fold(start, |sum: i64, byte| (sum << 8) | i64::from(*byte)))
            }
            _ if kind >= 12 && kind % 2 == 0 => Column::Blob(value.to_vec()),
            _ if kind >= 13 => Column::Text(String::from_utf8_lossy(value).into_owned()),
            _ => Column::Other,
        });
    }
    Some(columns)
}

fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for index in 0..9 {
        let byte = *bytes.get(at + index)?;
        if index == 8 {
            return Some(((value << 8) | u64::from(byte), at + 9));
        }
        value = (value << 7) | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((value, at + index + 1));
        }
    }
    None
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

fn damaged(message: &str) -> ParseError {
    ParseError { span: Span::new(0, 0), message: message.to_owned() }
}
