//! The package database of rpm in its own form (`Packages.db`): slots that point at blobs.

use super::ParseError;
use crate::text::Span;

const BLOCK: usize = 16;
const PAGE: usize = 4096;
const SLOTS_PER_PAGE: usize = PAGE / BLOCK;
/// Slots that the header takes.
const HEADER_SLOTS: usize = 2;

/// True when `bytes` begin like such a database.
#[must_use]
pub fn is_ndb(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RpmP")
}

/// Calls `blob` for every blob that a slot points at.
///
/// # Errors
/// When the file is no such database or its table of slots is cut; a blob that lies outside of it is handed out as
/// `None`. Blobs seen before were handed out.
pub fn blobs(bytes: &[u8], mut blob: impl FnMut(Option<&[u8]>)) -> Result<(), ParseError> {
    if !is_ndb(bytes) {
        return Err(damaged("this is no package database in the form of rpm itself"));
    }
    let pages = word(bytes, 12).ok_or_else(|| damaged("its header is cut"))?;
    let slots = pages.checked_mul(SLOTS_PER_PAGE).filter(|slots| *slots * BLOCK <= bytes.len());
    let slots = slots.ok_or_else(|| damaged("its table of packages is cut"))?;
    // slots of a hostile file may all point at one blob; in an honest one nothing is read twice
    let mut total = 0;
    for slot in HEADER_SLOTS..slots {
        let at = slot * BLOCK;
        if bytes.get(at..at + 4) != Some(b"Slot") {
            return Err(damaged("its table of packages is damaged"));
        }
        let (Some(number), Some(block)) = (word(bytes, at + 4), word(bytes, at + 8)) else { break };
        if number == 0 {
            continue;
        }
        let found = content(bytes, number, block);
        total += found.map_or(0, <[u8]>::len);
        if total > bytes.len() {
            return Err(damaged("packages share their content"));
        }
        blob(found);
    }
    Ok(())
}

fn content(bytes: &[u8], number: usize, block: usize) -> Option<&[u8]> {
    let at = block.checked_mul(BLOCK)?;
    let head = bytes.get(at..at.checked_add(BLOCK)?)?;
    if !head.starts_with(b"BlbS") || word(head, 4)? != number {
        return None;
    }
    bytes.get(at + BLOCK..(at + BLOCK).checked_add(word(head, 12)?)?)
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?)).ok()
}

fn damaged(message: &str) -> ParseError {
    ParseError { span: Span::new(0, 0), message: message.to_owned() }
}
