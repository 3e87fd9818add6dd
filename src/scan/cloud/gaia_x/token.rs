//! Credentials in tokens (VC 2.0 as JWT): the payload is read as a claim, the signature is not checked.

use crate::parse::{Node, Value, json::json};

/// Largest payload that is decoded.
const LARGEST: usize = 1 << 20;
/// Tokens in tokens.
const DEPTH: usize = 4;
/// Tokens of one file.
const TOKENS: usize = 500;

/// A decoded token.
pub(super) struct Token {
    /// What it claims.
    pub(super) payload: Node,
    /// False for the algorithm `none`, and where the signature is empty.
    pub(super) is_signed: bool,
}

/// Where a token begins and ends in a text: three parts of the URL alphabet that begin with an encoded `{"`.
pub(super) fn find(text: &str) -> Option<(usize, usize)> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=' | b'~');
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("eyJ") {
        let start = from + at;
        let length = text.as_bytes()[start..].iter().position(|byte| !part(*byte)).unwrap_or(text.len() - start);
        if text[start..start + length].split('~').next().is_some_and(|token| token.split('.').count() == 3) {
            return Some((start, start + length));
        }
        from = start + length.max(3);
    }
    None
}

/// The payloads of a token and of the tokens in it.
pub(super) fn read(token: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut open = vec![(token.to_owned(), 0)];
    while let Some((token, depth)) = open.pop() {
        let Some(decoded) = decode(&token) else { continue };
        if depth < DEPTH {
            for text in decoded.payload.walk().filter_map(text_of) {
                // `data:application/vc+jwt,eyJ…` and bare tokens
                if let Some((start, end)) = find(text).filter(|_| open.len() + found.len() < TOKENS) {
                    open.push((text[start..end].to_owned(), depth + 1));
                }
            }
        }
        found.push(decoded);
    }
    found
}

/// Texts, without a word about other shapes.
pub(super) fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn decode(token: &str) -> Option<Token> {
    // disclosures may follow behind `~`
    let mut parts = token.split('~').next()?.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let header = json(&unpacked(header)?).ok()?;
    let algorithm = header.entry("alg").and_then(|entry| text_of(&entry.value));
    let payload = json(&unpacked(payload)?).ok()?;
    matches!(payload.value, Value::Map(_)).then_some(())?;
    Some(Token { payload, is_signed: !signature.is_empty() && algorithm.is_some_and(|name| name != "none") })
}

/// Base64 of the URL alphabet, with or without padding.
fn unpacked(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=');
    if text.len() > LARGEST || text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xFF) as u8);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_and_decoded() {
        // {"alg":"none"} . {"a":"b"} .
        let token = "eyJhbGciOiJub25lIn0.eyJhIjoiYiJ9.";
        assert_eq!(find(&format!("x \"data:application/vc+jwt,{token}\"")), Some((27, 27 + token.len())));
        let [one] = read(token).try_into().ok().expect("one");
        assert!(!one.is_signed);
        assert_eq!(one.payload.entry("a").and_then(|entry| text_of(&entry.value)), Some("b"));
        assert!(read("eyJ.x.y").is_empty() && read("").is_empty() && find("eyJhIjoi").is_none());
    }
}
