//! Bills of materials: the inventory in the forms that other tools read.
//!
//! What CycloneDX and SPDX both say of a component (who answers for it, from where it is controlled, where it was
//! seen) is gathered once in `bill`; the format files only write it down. Parties and places (organisations,
//! jurisdictions, regions, hosts) are no entries of a bill: they are told with the components they stand behind.

mod address;
mod bill;
pub mod cyclonedx;
mod hash;
mod licence;
pub mod spdx;
pub mod tag_value;

use std::io;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A UUID of version 8 (RFC 9562: made as its maker likes) from the words of a document, so that the same facts
/// have the same serial number.
fn uuid(document: &impl Serialize) -> io::Result<String> {
    let mut hash = Hasher(Sha256::new());
    serde_json::to_writer(&mut hash, document)?;
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.0.finalize()[..16]);
    bytes[6] = (bytes[6] & 0x0F) | 0x80;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let hex = crate::text::hex(&bytes);
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
