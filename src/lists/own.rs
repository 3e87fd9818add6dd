//! A list of one's own: parties that a company itself will not deal with, as JSON lines.
//!
//! ```text
//! {"sovaudit-list": 1, "list": "OWN-ACME", "title": "Barred suppliers", "licence": "internal", "published": "2026-11-01"}
//! {"entry": "1", "kind": "organisation", "names": ["Example Chips Ltd", "Example Semiconductor"], "countries": ["XZ"]}
//! ```

use std::io::BufRead;

use serde::Deserialize;

use super::{CountryRole, NameRole, Party, PartyCountry, PartyKind, PartyName};
use crate::model::{CountryCode, Date};
use crate::text::{clean_line, shorten};

/// Longest line.
const LONGEST: u64 = 1 << 20;
/// Bad rows that are told one by one.
const SHOWN: usize = 10;

/// The first line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    #[serde(rename = "sovaudit-list")]
    version: u32,
    /// Id of the list; begins with `OWN-`, so that it is never taken for an authority's.
    pub list: Box<str>,
    /// Name for people.
    pub title: Box<str>,
    /// Terms of use.
    #[serde(default)]
    pub licence: Box<str>,
    /// Day of the edition.
    #[serde(default)]
    pub published: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    entry: Box<str>,
    #[serde(default)]
    kind: PartyKind,
    names: Vec<Box<str>>,
    #[serde(default)]
    countries: Vec<CountryCode>,
    #[serde(default)]
    note: Option<Box<str>>,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct OwnList {
    /// Its first line.
    pub head: Head,
    /// Its parties.
    pub parties: Vec<Party>,
    /// Rows without the first.
    pub records: u64,
    /// Rows that could not be used.
    pub bad_rows: u64,
    /// The first of them: line and reason.
    pub bad: Vec<(u64, String)>,
}

/// True for the first bytes of such a file.
#[must_use]
pub fn is_own(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"{\"sovaudit-list\"")
}

/// Reads a list.
///
/// # Errors
/// When the first line is none, or a line cannot be read.
pub fn read(mut from: impl BufRead) -> anyhow::Result<OwnList> {
    let mut line = Vec::new();
    let mut number = 0;
    let mut list: Option<OwnList> = None;
    loop {
        line.clear();
        number += 1;
        if std::io::Read::take(&mut from, LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        anyhow::ensure!((line.len() as u64) < LONGEST, "line {number} is longer than {LONGEST} bytes");
        let Some(list) = &mut list else {
            list = Some(OwnList { head: head(&line)?, parties: Vec::new(), records: 0, bad_rows: 0, bad: Vec::new() });
            continue;
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        list.records += 1;
        match row(&line, &list.head.list) {
            Ok(party) => list.parties.push(party),
            Err(reason) => {
                list.bad_rows += 1;
                if list.bad.len() < SHOWN {
                    list.bad.push((number, shorten(&clean_line(&reason), 200).into_owned()));
                }
            }
        }
    }
    list.ok_or_else(|| anyhow::anyhow!("the file is empty"))
}

fn head(line: &[u8]) -> anyhow::Result<Head> {
    let head: Head =
        serde_json::from_slice(line).map_err(|error| anyhow::anyhow!("line 1 is no head of a list: {error}"))?;
    anyhow::ensure!(head.version == 1, "line 1: form {} of lists is not known; write 1", head.version);
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    let own = head.list.starts_with("OWN-") && head.list.len() > 4 && head.list.len() <= 40;
    anyhow::ensure!(
        own && head.list.chars().all(plain),
        "line 1: `list` must be an id of your own such as OWN-ACME: `OWN-`, then capital letters, digits and hyphens"
    );
    Ok(head)
}

fn row(line: &[u8], list: &str) -> Result<Party, String> {
    let row: Row = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if row.entry.trim().is_empty() || row.names.iter().all(|name| name.trim().is_empty()) {
        return Err("it has no entry number or no name".to_owned());
    }
    let name = |(at, text): (usize, Box<str>)| {
        let role = if at == 0 { NameRole::Primary } else { NameRole::Alias };
        PartyName { text: text.trim().into(), role, weak: false, language: None }
    };
    let names = row.names.into_iter().filter(|name| !name.trim().is_empty()).enumerate().map(name).collect();
    let countries =
        row.countries.into_iter().map(|code| PartyCountry { code, role: CountryRole::Registration }).collect();
    let (entry, kind, note) = (row.entry, row.kind, row.note);
    Ok(Party { list: list.into(), entry, kind, names, countries, note, ..Party::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_parties_and_bad_ones_are_told() {
        let text = "{\"sovaudit-list\":1,\"list\":\"OWN-A\",\"title\":\"t\",\"published\":\"2026-11-01\"}\n\
            {\"entry\":\"1\",\"kind\":\"organisation\",\"names\":[\"A\",\"B\"],\"countries\":[\"XZ\"]}\n\n\
            {\"entry\":\"2\"}\n{\"entry\":\"3\",\"names\":[\" \"]}\n";
        let list = read(text.as_bytes()).unwrap();
        assert_eq!((list.parties.len(), list.records, list.bad_rows), (1, 3, 2));
        assert_eq!(list.bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(list.parties[0].names[1].role, NameRole::Alias);
        for head in ["", "{}", "{\"sovaudit-list\":1,\"list\":\"US-SDN\",\"title\":\"t\"}", "{\"sovaudit-list\":2}"] {
            assert!(read(head.as_bytes()).is_err(), "{head}");
        }
    }
}
