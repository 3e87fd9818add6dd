//! Just enough of Berkeley DB's hash files to read every value: the package database of older rpm (`Packages`).
//!
//! No locks, no log. Page numbers are checked and bytes counted, so that loops and lies in a hostile file end in an error.

use super::ParseError;
use crate::text::Span;

const MAGIC: u32 = 0x0006_1561;
/// Bytes before the items of a page.
const PAGE_HEADER: usize = 26;
/// Sorts of pages.
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;
/// Sorts of items.
const INLINE: u8 = 1;
const OFF_PAGE: u8 = 3;

/// True when `bytes` begin like a hash file of Berkeley DB.
#[must_use]
pub fn is_berkeley_hash(bytes: &[u8]) -> bool {
    let magic = bytes.get(12..16).and_then(|magic| <[u8; 4]>::try_from(magic).ok());
    magic.is_some_and(|magic| u32::from_le_bytes(magic) == MAGIC || u32::from_be_bytes(magic) == MAGIC)
}

/// Calls `value` for every value; one that cannot be put together is handed out as `None`.
///
/// # Errors
/// When the file is no such file, or its pages lead back to each other; values seen before were handed out.
pub fn values(bytes: &[u8], mut value: impl FnMut(Option<Vec<u8>>)) -> Result<(), ParseError> {
    let file = File::open(bytes)?;
    // pages of a hostile file may share what is on other pages; in an honest one nothing is read twice
    let mut total = 0_usize;
    for number in 1..bytes.len().div_ceil(file.page_size) {
        let Some(page) = file.page(number) else { return Err(damaged("its last page is cut")) };
        if !matches!(page[25], HASH | HASH_UNSORTED) {
            continue;
        }
        let entries = file.short(page, 20).unwrap_or(0);
        // keys and values take turns
        for index in (1..entries).step_by(2) {
            let found = file.item(page, index);
            total = total.saturating_add(found.as_ref().map_or(0, Vec::len));
            if total > bytes.len() {
                return Err(damaged("values share their content"));
            }
            value(found);
        }
    }
    Ok(())
}

struct File<'a> {
    bytes: &'a [u8],
    page_size: usize,
    big: bool,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ParseError> {
        if !is_berkeley_hash(bytes) {
            return Err(damaged("this is no hash file of Berkeley DB"));
        }
        let mut file = Self { bytes, page_size: 0, big: bytes[12] == 0 };
        file.page_size = file.word(bytes, 20).ok_or_else(|| damaged("its header is cut"))?;
        if !file.page_size.is_power_of_two() || !(512..=65_536).contains(&file.page_size) {
            return Err(damaged("the page size is impossible"));
        }
        if bytes.get(24).is_some_and(|algorithm| *algorithm != 0) {
            return Err(damaged("it is encrypted"));
        }
        Ok(file)
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(self.page_size)?;
        self.bytes.get(start..start.checked_add(self.page_size)?)
    }

    fn item(&self, page: &'a [u8], index: usize) -> Option<Vec<u8>> {
        let place = |index: usize| self.short(page, PAGE_HEADER + 2 * index);
        let start = place(index)?;
        // items lie from the end of the page to its middle
        let end = place(index.checked_sub(1)?)?;
        let item = page.get(start..end)?;
        match *item.first()? {
            INLINE => Some(item[1..].to_vec()),
            OFF_PAGE => self.chain(self.word(item, 4)?, self.word(item, 8)?),
            _ => None,
        }
    }

    /// A value that is spread over pages of its own.
    fn chain(&self, first: usize, length: usize) -> Option<Vec<u8>> {
        if length > self.bytes.len() {
            return None;
        }
        let mut value = Vec::with_capacity(length);
        let mut next = first;
        while value.len() < length {
            let page = self.page(next).filter(|page| page[25] == OVERFLOW)?;
            let part = page.get(PAGE_HEADER..PAGE_HEADER.checked_add(self.short(page, 22)?)?)?;
            // an empty page could lead back to itself for ever
            if part.is_empty() {
                return None;
            }
            value.extend_from_slice(part);
            next = self.word(page, 16)?;
        }
        value.truncate(length);
        Some(value)
    }

    fn word(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }).ok()
    }

    fn short(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let bytes = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(usize::from(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }))
    }
}

fn damaged(message: &str) -> ParseError {
    ParseError { span: Span::new(0, 0), message: message.to_owned() }
}
