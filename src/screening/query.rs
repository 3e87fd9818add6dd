//! What is asked: a name with what is known of its bearer.

use std::collections::BTreeSet;

use crate::lists::{KeyKind, PartyKind, identifier};
use crate::model::CountryCode;

/// An identifier of the subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryKey {
    /// `domain`, `mail`, `lei`, `github`, `npm`, …
    pub kind: Box<str>,
    /// The value.
    pub value: Box<str>,
}

/// A subject to be screened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Its name, as written.
    pub name: Box<str>,
    /// Other names of the same subject: they corroborate.
    pub also: Vec<Box<str>>,
    /// What it is.
    pub kind: PartyKind,
    /// Countries in which it is registered or has an address.
    pub countries: Vec<CountryCode>,
    /// Identifiers.
    pub keys: Vec<QueryKey>,
    /// Addresses or towns.
    pub addresses: Vec<Box<str>>,
    /// Year of birth, of a person.
    pub born: Option<u16>,
    /// Where the name comes from: a file and line, a field of a manifest.
    pub origin: Box<str>,
}

impl Query {
    /// A bare name.
    #[must_use]
    pub fn of(name: &str, kind: PartyKind) -> Self {
        Self { name: name.into(), kind, ..Self::default() }
    }
}

/// Kinds of identifiers under the words by which they are given.
pub const KEY_WORDS: [(&str, KeyKind); 15] = [
    ("domain", KeyKind::Domain),
    ("mail-domain", KeyKind::MailDomain),
    ("mail", KeyKind::Mail),
    ("lei", KeyKind::Lei),
    ("uscc", KeyKind::Uscc),
    ("inn", KeyKind::Inn),
    ("ogrn", KeyKind::Ogrn),
    ("imo", KeyKind::Imo),
    ("isin", KeyKind::Isin),
    ("duns", KeyKind::Duns),
    ("swift", KeyKind::Swift),
    ("wallet", KeyKind::Wallet),
    ("ticker", KeyKind::Ticker),
    ("un-reference", KeyKind::UnReference),
    ("number", KeyKind::Number),
];

/// Currencies under which lists have wallets; the code may stand as the kind.
const CURRENCIES: [&str; 19] = [
    "XBT", "BTC", "ETH", "USDT", "USDC", "TRX", "LTC", "BCH", "BSV", "BTG", "ETC", "DASH", "XMR", "ZEC", "XRP", "XVG",
    "ARB", "BSC", "SOL",
];

impl QueryKey {
    /// From `kind:value`, the value in the form in which lists have it; domains are cut to what is registered.
    ///
    /// # Errors
    /// What is wrong with it: a part is missing, or the value cannot be one of its kind.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, value) = parts(text)?;
        let known = KEY_WORDS.iter().find(|(word, _)| *word == kind).map(|(_, kind)| *kind);
        let value = known.map_or_else(|| Some(value.to_owned()), |known| form(known, value));
        let value = value.ok_or_else(|| {
            format!(
                "`{text}` is no {kind}: its length, signs or check digits are wrong; look whether it was copied whole"
            )
        })?;
        Ok(Self { kind: kind.into(), value: value.into() })
    }

    /// As [`QueryKey::parse`], where the kind must be one that lists have, the code of a currency, or among `others`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_known(text: &str, others: &BTreeSet<&str>) -> Result<Self, String> {
        let (kind, value) = parts(text)?;
        if CURRENCIES.iter().any(|code| code.eq_ignore_ascii_case(&kind)) {
            return Self::parse(&format!("wallet:{value}"));
        }
        if !others.contains(&*kind) && KEY_WORDS.iter().all(|(word, _)| *word != kind) {
            let mut all: BTreeSet<&str> = KEY_WORDS.iter().map(|(word, _)| *word).collect();
            all.extend(others);
            let all: Vec<&str> = all.into_iter().collect();
            return Err(format!(
                "`{kind}` of `{text}` is no kind of identifier; choose one of {}, or the code of a currency",
                all.join(", ")
            ));
        }
        Self::parse(text)
    }

    /// The kind, where lists have it too.
    #[must_use]
    pub fn known(&self) -> Option<KeyKind> {
        KEY_WORDS.iter().find(|(word, _)| **word == *self.kind).map(|(_, kind)| *kind)
    }
}

/// Kind and value.
fn parts(text: &str) -> Result<(String, &str), String> {
    let Some((kind, value)) = text.split_once(':') else {
        return Err(format!("`{text}` is no identifier: write kind:value, such as domain:example.com"));
    };
    let (kind, value) = (kind.trim().to_ascii_lowercase(), value.trim());
    if kind.is_empty() || value.is_empty() {
        return Err(format!("`{text}` is no identifier: kind or value is missing"));
    }
    Ok((kind, value))
}

/// A value in the form in which lists have it; none when it cannot be one.
fn form(kind: KeyKind, value: &str) -> Option<String> {
    match kind {
        // unlike in lists, suffixes that nobody can register are let through: they match nothing else
        KeyKind::Domain | KeyKind::MailDomain => {
            let domain = registrable(value);
            (domain.contains('.') && !domain.contains(char::is_whitespace)).then_some(domain)
        }
        KeyKind::Mail => {
            let mail = value.to_ascii_lowercase();
            (mail.contains('@') && !mail.contains(char::is_whitespace)).then_some(mail)
        }
        KeyKind::UnReference => Some(value.to_owned()),
        kind => identifier::normal(kind, value),
    }
}

/// The domain that is registered, of a host or an address.
fn registrable(text: &str) -> String {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or(host);
    let host = host.rsplit('@').next().unwrap_or(host).trim_end_matches('.').to_ascii_lowercase();
    psl::domain_str(&host).map_or_else(|| host.clone(), str::to_owned)
}

/// The kind of a subject from a word.
#[must_use]
pub fn kind_of(word: &str) -> Option<PartyKind> {
    match word.trim().to_ascii_lowercase().as_str() {
        "organisation" | "organization" | "org" | "company" | "legalentity" => Some(PartyKind::Organisation),
        "person" | "individual" => Some(PartyKind::Person),
        "vessel" | "ship" => Some(PartyKind::Vessel),
        "aircraft" | "airplane" => Some(PartyKind::Aircraft),
        "" | "unknown" => Some(PartyKind::Unknown),
        _ => None,
    }
}

/// The word of a kind.
#[must_use]
pub const fn kind_word(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Organisation => "organisation",
        PartyKind::Person => "person",
        PartyKind::Vessel => "vessel",
        PartyKind::Aircraft => "aircraft",
        PartyKind::Unknown => "unknown",
    }
}
