//! Integrity values of lock files, in their several forms, as algorithm and hexadecimal digits.

use crate::text::hex;

/// A hash of an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Algorithm {
    /// Name at the beginning of integrity values; a longer one stands before a shorter one that begins it.
    word: &'static str,
    /// Bytes of a hash.
    bytes: usize,
    /// Word of CycloneDX.
    pub(super) cyclonedx: &'static str,
    /// Word of SPDX.
    pub(super) spdx: &'static str,
}

const fn algorithm(word: &'static str, bytes: usize, cyclonedx: &'static str, spdx: &'static str) -> Algorithm {
    Algorithm { word, bytes, cyclonedx, spdx }
}

const ALGORITHMS: [Algorithm; 12] = [
    algorithm("sha3-256", 32, "SHA3-256", "SHA3-256"),
    algorithm("sha3-384", 48, "SHA3-384", "SHA3-384"),
    algorithm("sha3-512", 64, "SHA3-512", "SHA3-512"),
    algorithm("sha512", 64, "SHA-512", "SHA512"),
    algorithm("sha384", 48, "SHA-384", "SHA384"),
    algorithm("sha256", 32, "SHA-256", "SHA256"),
    algorithm("sha1", 20, "SHA-1", "SHA1"),
    algorithm("md5", 16, "MD5", "MD5"),
    algorithm("blake2b-256", 32, "BLAKE2b-256", "BLAKE2b-256"),
    algorithm("blake2b-384", 48, "BLAKE2b-384", "BLAKE2b-384"),
    algorithm("blake2b-512", 64, "BLAKE2b-512", "BLAKE2b-512"),
    algorithm("blake3", 32, "BLAKE3", "BLAKE3"),
];

/// Every hash of an integrity value: `sha256:hex`, `sha512-base64` of npm, several of them with spaces between.
/// `None` when a part is something else, such as `h1:` of Go, which is a hash of a list of hashes.
pub(super) fn hashes(text: &str) -> Option<Vec<(Algorithm, String)>> {
    let found: Option<Vec<(Algorithm, String)>> = text.split_ascii_whitespace().map(one).collect();
    found.filter(|found| !found.is_empty())
}

fn one(text: &str) -> Option<(Algorithm, String)> {
    let lower = text.to_ascii_lowercase().replace('_', "-");
    let algorithm = ALGORITHMS
        .iter()
        .find(|algorithm| lower.strip_prefix(algorithm.word).is_some_and(|rest| rest.starts_with([':', '-', '='])))?;
    let value = &text[algorithm.word.len() + 1..];
    // npm allows options behind a question mark
    let value = value.split('?').next().unwrap_or(value);
    let is_hex = value.len() == algorithm.bytes * 2 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = if is_hex { value.to_ascii_lowercase() } else { hex(&base64(value)?) };
    (digits.len() == algorithm.bytes * 2).then_some((*algorithm, digits))
}

/// Bytes of base64 text, with or without padding, in the usual alphabet or the one for addresses.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xFF).unwrap_or(0));
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_integrity_values() {
        let read = |text: &str| -> Vec<(&str, String)> {
            hashes(text).unwrap_or_default().into_iter().map(|(algorithm, hex)| (algorithm.cyclonedx, hex)).collect()
        };
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(read(&format!("sha256:{}", empty.to_uppercase())), [("SHA-256", empty.to_owned())]);
        assert_eq!(read("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), [("SHA-256", empty.to_owned())]);
        let two = read("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(two[0], ("SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned()));
        assert_eq!(two.len(), 2);
        for text in ["h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256:abc", "sha256", "", "md5:é"] {
            assert_eq!(hashes(text), None, "{text}");
        }
    }
}
