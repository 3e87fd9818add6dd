//! What all files of OFAC share: list ids, kinds, and the Remarks text with its aliases and identifiers.

use super::cells::{Build as _, date_words, value};
use super::words::Words;
use crate::lists::identifier;
use crate::lists::{CountryRole, KeyKind, LinkKind, NameRole, Party, PartyKind};
use crate::model::Date;

pub(super) const LICENCE: &str = "work of the US Government, public domain in the United States";
pub(super) const PUBLISHER: &str = "US Treasury, Office of Foreign Assets Control";
pub(super) const LISTS: &[&str] =
    &["US-SDN", "US-SSI", "US-NS-CMIC", "US-NS-MBS", "US-NS-PLC", "US-CAPTA", "US-FSE", "US-NS"];

/// The 2021 edition had 8,976 primary names, that of 2026 over 19,000.
pub(super) const SDN_FLOOR: u64 = 5_000;

/// The lists that OFAC keeps beside the SDN list, by how their names or programmes begin.
const LISTS_BY_WORD: &[(&str, &str)] = &[
    ("NS-PLC", "US-NS-PLC"),
    ("UKRAINE-EO13662", "US-SSI"),
    ("CMIC-", "US-NS-CMIC"),
    ("561", "US-CAPTA"),
    ("CAPTA", "US-CAPTA"),
    ("FSE-", "US-FSE"),
    ("NS-MBS", "US-NS-MBS"),
    ("BURMA-EO14014", "US-NS-MBS"),
    ("ILLICIT-DRUGS-EO14059", "US-NS-MBS"),
    ("CAATSA - RUSSIA", "US-NS-MBS"),
];

/// Lists of a row of the consolidated (non-SDN) files: these do not name the list, their programmes do.
pub(super) fn consolidated_lists(programmes: &[Box<str>], remarks: &str) -> Vec<&'static str> {
    let mut lists = Vec::new();
    let mut add = |list: &'static str| {
        if !lists.contains(&list) {
            lists.push(list);
        }
    };
    for programme in programmes {
        if let Some((_, list)) = LISTS_BY_WORD.iter().find(|(word, _)| programme.starts_with(word)) {
            add(list);
        } else if &**programme == "RUSSIA-EO14024" {
            // Directive 2 is about correspondent accounts, 1a and 3 are on the menu-based list
            let second = remarks.contains("Directive 2)");
            if second {
                add("US-CAPTA");
            }
            if !second || remarks.contains("Directive 1a)") || remarks.contains("Directive 3)") {
                add("US-NS-MBS");
            }
        }
    }
    if lists.is_empty() {
        lists.push("US-NS");
    }
    lists
}

/// True for a programme under which the SDN list has no entries of its own.
pub(super) fn is_consolidated(programme: &str) -> bool {
    ["NS-PLC", "UKRAINE-EO13662", "CMIC-", "561", "FSE-"].iter().any(|word| programme.starts_with(word))
}

/// The list id of a list's name as the XML files and the Consolidated Screening List write it.
pub(super) fn list_by_name(name: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("sdn", "US-SDN"),
        ("specially designated", "US-SDN"),
        ("sectoral", "US-SSI"),
        ("ssi", "US-SSI"),
        ("military-industrial", "US-NS-CMIC"),
        ("military industrial", "US-NS-CMIC"),
        ("cmic", "US-NS-CMIC"),
        ("menu", "US-NS-MBS"),
        ("mbs", "US-NS-MBS"),
        ("palestinian", "US-NS-PLC"),
        ("plc", "US-NS-PLC"),
        ("correspondent", "US-CAPTA"),
        ("capta", "US-CAPTA"),
        ("561", "US-CAPTA"),
        ("evaders", "US-FSE"),
        ("fse", "US-FSE"),
        ("non-sdn", "US-NS"),
    ];
    let name = name.to_ascii_lowercase();
    // `Non-SDN ...` names hold `sdn` too: their own words come first
    let (own, sdn): (Vec<_>, Vec<_>) = NAMES.iter().partition(|(_, list)| *list != "US-SDN");
    own.iter().chain(&sdn).find(|(word, _)| name.contains(word)).map(|(_, list)| *list)
}

/// The kind that a type stands for; no type is an entity in the legacy files.
pub(super) fn kind(text: &str) -> Option<PartyKind> {
    match &*text.trim().to_ascii_lowercase() {
        "individual" => Some(PartyKind::Person),
        "entity" => Some(PartyKind::Organisation),
        "vessel" => Some(PartyKind::Vessel),
        "aircraft" => Some(PartyKind::Aircraft),
        _ => None,
    }
}

/// Programmes of a field: `IRAN] [SDGT] [IFSR`.
pub(super) fn programmes(party: &mut Party, text: &str) {
    for programme in text.split("] [") {
        party.add_programme(programme.trim_matches(['[', ']', ' ']));
    }
}

/// How a remark says what it is: its beginning, and what follows.
#[derive(Clone, Copy)]
enum Remark {
    Site,
    Mail,
    Key(KeyKind),
    Tax,
    Registration,
    Number,
    Wallet,
    Link,
    Born,
    Nationality,
    Flag,
    Listed,
}

const REMARKS: &[(&str, Remark)] = &[
    ("Website ", Remark::Site),
    ("Email Address ", Remark::Mail),
    ("Linked To: ", Remark::Link),
    ("DOB ", Remark::Born),
    ("nationality ", Remark::Nationality),
    ("citizen ", Remark::Nationality),
    ("Vessel Flag ", Remark::Flag),
    ("Tax ID No. ", Remark::Tax),
    ("Unified Social Credit Code (USCC) ", Remark::Key(KeyKind::Uscc)),
    ("Legal Entity Number ", Remark::Key(KeyKind::Lei)),
    ("SWIFT/BIC ", Remark::Key(KeyKind::Swift)),
    ("BIK (RU) ", Remark::Number),
    ("Vessel Registration Identification IMO ", Remark::Key(KeyKind::Imo)),
    ("Identification Number IMO ", Remark::Number),
    ("Company Number IMO ", Remark::Number),
    ("MMSI ", Remark::Number),
    ("D-U-N-S Number ", Remark::Key(KeyKind::Duns)),
    ("ISIN ", Remark::Key(KeyKind::Isin)),
    ("Equity Ticker ", Remark::Key(KeyKind::Ticker)),
    ("Digital Currency Address - ", Remark::Wallet),
    ("Registration Number ", Remark::Registration),
    ("Registration ID ", Remark::Registration),
    ("Business Registration Number ", Remark::Registration),
    ("Business Registration Document # ", Remark::Registration),
    ("Commercial Registry Number ", Remark::Registration),
    ("Company Number ", Remark::Registration),
    ("UK Company Number ", Remark::Registration),
    ("Central Registration System Number ", Remark::Registration),
    ("Chamber of Commerce Number ", Remark::Registration),
    ("Economic Register Number (CBLS) ", Remark::Registration),
    ("Trade License No. ", Remark::Registration),
    ("C.R. No. ", Remark::Registration),
    ("Folio Mercantil No. ", Remark::Registration),
    ("Matricula Mercantil No ", Remark::Registration),
    ("V.A.T. Number ", Remark::Registration),
    ("Government Gazette Number ", Remark::Registration),
    ("Enterprise Number ", Remark::Registration),
    ("License ", Remark::Number),
    ("RUC # ", Remark::Registration),
    ("NIT # ", Remark::Registration),
    ("RTN ", Remark::Number),
    ("RIF # ", Remark::Registration),
    ("R.F.C. ", Remark::Number),
    ("C.U.R.P. ", Remark::Number),
    ("C.U.I.T. ", Remark::Number),
    ("Cedula No. ", Remark::Number),
    ("D.N.I. ", Remark::Number),
    ("National ID No. ", Remark::Number),
    ("National Foreign ID Number ", Remark::Number),
    ("Identification Number ", Remark::Number),
    ("Passport ", Remark::Number),
    ("Aircraft Tail Number ", Remark::Number),
    ("Aircraft Manufacturer's Serial Number (MSN) ", Remark::Number),
    ("Aircraft Construction Number (also called L/N or S/N or F/N) ", Remark::Number),
    ("Aircraft Mode S Transponder Code ", Remark::Number),
    ("Listing Date (", Remark::Listed),
];

/// Reads a Remarks text: semicolons separate what it says.
pub(super) fn remarks(party: &mut Party, text: &str, words: &mut Words<'_>) {
    // the full stop at the end belongs to the text, those within to names
    let text = text.trim();
    for piece in text.strip_suffix('.').unwrap_or(text).split(';') {
        let piece = piece.trim();
        let piece = piece.strip_prefix("alt. ").unwrap_or(piece);
        if alias(party, piece) {
            continue;
        }
        let said = REMARKS.iter().find_map(|(word, remark)| piece.strip_prefix(word).map(|rest| (*remark, rest)));
        if let Some((remark, rest)) = said {
            say(party, remark, rest.trim(), words);
        }
    }
}

/// `a.k.a. 'BNC'.`: aliases of low quality stand nowhere else.
fn alias(party: &mut Party, piece: &str) -> bool {
    let Some((word, rest)) = piece.split_once(' ') else { return false };
    let role = match word {
        "a.k.a." | "n.k.a." => NameRole::Alias,
        "f.k.a." => NameRole::Former,
        _ => return false,
    };
    let Some(rest) = rest.trim().strip_prefix('\'') else { return false };
    let name = rest.trim_end_matches('.').trim_end_matches('\'');
    let name = if party.kind == PartyKind::Person { super::cells::person_name(name) } else { name.to_owned() };
    party.add_name(&name, role, true);
    true
}

fn say(party: &mut Party, remark: Remark, rest: &str, words: &mut Words<'_>) {
    let (text, country) = with_country(rest);
    match remark {
        Remark::Site => party.add_website(text.trim_end_matches('.'), words),
        Remark::Mail => party.add_mail(text, words),
        Remark::Key(KeyKind::Ticker) => party.add_key(KeyKind::Ticker, text.split_whitespace().next().unwrap_or("")),
        Remark::Key(kind) => party.add_key(kind, text),
        Remark::Wallet => {
            if let Some((_, address)) = rest.split_once(' ') {
                party.add_key(KeyKind::Wallet, address);
            }
        }
        Remark::Tax | Remark::Registration => {
            let key = if country == "Russia" { identifier::russian(text) } else { identifier::guess(text) };
            if let Some(key) = key.filter(|key| !party.keys.contains(key)) {
                party.keys.push(key);
            }
            if party.kind == PartyKind::Organisation {
                let code = words.country(country);
                party.add_country(code, CountryRole::Registration);
            }
        }
        Remark::Number => party.add_number(text),
        Remark::Link => party.add_link(LinkKind::LinkedTo, rest, None),
        Remark::Born => party.add_born(text),
        Remark::Nationality => {
            let code = words.country(rest);
            party.add_country(code, CountryRole::Nationality);
        }
        Remark::Flag => {
            let code = words.country(rest);
            party.add_country(code, CountryRole::Flag);
        }
        Remark::Listed => {
            let date = rest.split_once(')').and_then(|(_, date)| date_words(date.trim_start_matches([':', ' '])));
            party.listed = earliest(party.listed, date);
        }
    }
}

fn earliest(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    one.into_iter().chain(other).min()
}

/// `1027700342890 (Russia)`: the value and the country.
fn with_country(text: &str) -> (&str, &str) {
    let found = text.split_once(" (").and_then(|(value, rest)| Some((value, rest.split_once(')')?.0)));
    found.map_or((text, ""), |(value, country)| (value.trim(), country.trim()))
}

/// Title and licence remarks in one line.
pub(super) fn note<'t>(parts: impl IntoIterator<Item = &'t str>) -> Option<Box<str>> {
    let parts: Vec<String> = parts.into_iter().filter_map(value).collect();
    (!parts.is_empty()).then(|| parts.join("; ").into())
}

/// The page of the public search tool about an entry.
pub(super) fn page(entry: &str) -> Option<Box<str>> {
    entry
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| format!("https://sanctionssearch.ofac.treas.gov/Details.aspx?id={entry}").into())
}

/// What a kind of relation is, from the entry that has it to the other.
pub(super) fn relation(kind: &str) -> LinkKind {
    match kind {
        "Owned or Controlled By" => LinkKind::ControlledBy,
        "Acting for or on behalf of" | "Leader or official of" => LinkKind::ActsFor,
        _ => LinkKind::LinkedTo,
    }
}
