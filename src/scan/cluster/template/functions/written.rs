//! Values as YAML, JSON, and other codes, and what only a run makes: dates, secrets.

use sha2::{Digest, Sha256, Sha512};

use super::texts::quoted;
use super::{Answer, Args};
use crate::parse;
use crate::scan::cluster::template::value::{DEEPEST, Table, Value};
use crate::text::hex;

/// What stands for a secret that each run makes anew.
const MADE_BY_A_RUN: &str = "made-by-a-run";

pub(super) fn call(name: &str, args: &Args) -> Answer {
    let last = args.last();
    let result = match name {
        "toYaml" | "toYamlPretty" => {
            let mut out = String::new();
            yaml(&last, 0, 0, false, &mut out);
            out.trim_end_matches('\n').to_owned()
        }
        "toJson" | "toRawJson" | "toPrettyJson" => {
            let mut out = String::new();
            json(&last, 0, &mut out);
            out
        }
        "fromYaml" | "fromYamlArray" => {
            let read = parse::yaml::yaml(&last.printed());
            let empty = if name == "fromYaml" { Value::table(Table::default()) } else { Value::list(Vec::new()) };
            return Some(Ok(read
                .documents
                .first()
                .filter(|_| read.problems.is_empty())
                .map_or(empty, |node| without_places(&Value::from_node(node, 0), 0))));
        }
        "fromJson" | "fromJsonArray" => {
            let read = parse::json::json(&last.printed());
            let empty = Value::table(Table::default());
            return Some(Ok(read.map_or(empty, |node| without_places(&Value::from_node(&node, 0), 0))));
        }
        "b64enc" => base64(last.printed().as_bytes()),
        "b64dec" => match unbase64(&last.printed()) {
            Some(text) => text,
            None => return Some(Err("a text that is not in base64".to_owned())),
        },
        "sha256sum" => hex(&Sha256::digest(last.printed().as_bytes())),
        "sha512sum" => hex(&Sha512::digest(last.printed().as_bytes())),
        "sha1sum" | "adler32sum" | "md5sum" => hex(&Sha256::digest(last.printed().as_bytes()))[..8].to_owned(),
        "randAlphaNum" | "randAlpha" | "randAscii" | "randNumeric" | "randBytes" => {
            "x".repeat(args.count(0).min(1_000))
        }
        "uuidv4" => "00000000-0000-4000-8000-000000000000".to_owned(),
        "derivePassword" | "htpasswd" | "bcrypt" | "genPrivateKey" | "encryptAES" | "decryptAES" => {
            MADE_BY_A_RUN.to_owned()
        }
        "genCA"
        | "genCAWithKey"
        | "genSelfSignedCert"
        | "genSelfSignedCertWithKey"
        | "genSignedCert"
        | "genSignedCertWithKey"
        | "buildCustomCert" => {
            return Some(Ok(Value::of([("Cert", Value::text(MADE_BY_A_RUN)), ("Key", Value::text(MADE_BY_A_RUN))])));
        }
        "now" | "date" | "dateInZone" | "htmlDate" | "toDate" | "dateModify" | "ago" | "unixEpoch" | "duration"
        | "durationRound" => "0".to_owned(),
        "getHostByName" | "env" | "expandenv" => String::new(),
        _ => return None,
    };
    Some(Ok(Value::text(result)))
}

/// Values of a text have no place in any file.
fn without_places(value: &Value, depth: usize) -> Value {
    if let Value::Table(table) = value
        && depth < DEEPEST
    {
        for (value, place) in table.borrow_mut().entries.values_mut() {
            *place = None;
            *value = without_places(value, depth + 1);
        }
    }
    value.clone()
}

fn yaml(value: &Value, indent: usize, depth: usize, inline: bool, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        _ if depth > DEEPEST => out.push_str("null\n"),
        Value::List(items) if items.is_empty() => out.push_str("[]\n"),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if !(inline && at == 0) {
                    out.push_str(&pad);
                }
                out.push_str("- ");
                yaml(item, indent + 2, depth + 1, true, out);
            }
        }
        Value::Table(table) if table.borrow().entries.is_empty() => out.push_str("{}\n"),
        Value::Table(table) => {
            for (at, (key, (value, _))) in table.borrow().entries.iter().enumerate() {
                if !(inline && at == 0) {
                    out.push_str(&pad);
                }
                scalar(key, indent, out);
                out.push(':');
                match value {
                    Value::List(items) if !items.is_empty() => {
                        out.push('\n');
                        yaml(value, indent, depth + 1, false, out);
                    }
                    Value::Table(table) if !table.borrow().entries.is_empty() => {
                        out.push('\n');
                        yaml(value, indent + 2, depth + 1, false, out);
                    }
                    other => {
                        out.push(' ');
                        yaml(other, indent + 2, depth + 1, true, out);
                    }
                }
            }
        }
        Value::Text(text) => {
            scalar(text, indent, out);
            out.push('\n');
        }
        Value::Nil => out.push_str("null\n"),
        other => {
            out.push_str(&other.printed());
            out.push('\n');
        }
    }
}

/// A text in a form that reads back as the same text.
fn scalar(text: &str, indent: usize, out: &mut String) {
    let is_block = text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control());
    if is_block {
        out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
        for line in text.trim_end_matches('\n').split('\n') {
            out.push('\n');
            if !line.is_empty() {
                out.push_str(&" ".repeat(indent.max(2)));
                out.push_str(line);
            }
        }
        return;
    }
    if is_plain(text) {
        out.push_str(text);
    } else {
        out.push_str(&quoted(text));
    }
}

fn is_plain(text: &str) -> bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".nan", ".inf"];
    !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | '.'))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./@:+=,$()<> ".contains(c))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && text.parse::<f64>().is_err()
        && !words.contains(&text.to_ascii_lowercase().as_str())
}

fn json(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Nil => out.push_str("null"),
        _ if depth > DEEPEST => out.push_str("null"),
        Value::Text(text) => out.push_str(&quoted(text)),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json(item, depth + 1, out);
            }
            out.push(']');
        }
        Value::Table(table) => {
            out.push('{');
            for (at, (key, (value, _))) in table.borrow().entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&quoted(key));
                out.push(':');
                json(value, depth + 1, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.printed()),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let word = part.iter().enumerate().fold(0_u32, |word, (at, byte)| word | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let sign = ALPHABET[(word >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= part.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

fn unbase64(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        word = word << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_there_and_back() {
        for text in ["", "a", "ab", "abc", "Zürich é漢"] {
            assert_eq!(unbase64(&base64(text.as_bytes())).as_deref(), Some(text));
        }
        assert_eq!(base64(b"hello"), "aGVsbG8=");
    }

    #[test]
    fn what_is_written_as_yaml_reads_as_the_same() {
        let text =
            "a: [1, 'true', {b: \"x: y\", c: [], d: {}}]\nm: \"l1\\nl2\"\nn: null\np: 'v1.2'\nq: '12'\nr: '- x'\n";
        let value = Value::from_node(&parse::yaml::yaml(text).documents[0], 0);
        let mut out = String::new();
        yaml(&value, 0, 0, false, &mut out);
        let again = parse::yaml::yaml(&out);
        assert!(again.problems.is_empty(), "{out}");
        assert!(Value::from_node(&again.documents[0], 0).equals(&value, 0), "{out}");
    }
}
