//! A listed party, the same whichever authority lists it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{CountryCode, Date};

/// What a party is. Authorities leave it out for many entries: `Unknown` agrees with everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// Company, authority, group, any legal person.
    Organisation,
    /// Natural person.
    Person,
    /// Ship.
    Vessel,
    /// Aeroplane, helicopter.
    Aircraft,
    /// The list does not say.
    #[default]
    Unknown,
}

/// What a name is to the party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameRole {
    /// The name under which it is listed.
    Primary,
    /// Also known as.
    Alias,
    /// Formerly known as.
    Former,
}

/// A name of a party, as the list writes it, never normalised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyName {
    /// The words; for persons in the order given name, family name.
    pub text: Box<str>,
    /// What it is.
    pub role: NameRole,
    /// The authority marks it as of low quality: it confirms and never finds.
    pub weak: bool,
    /// Language tag or name as the list gives it.
    pub language: Option<Box<str>>,
}

/// How a party has to do with a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountryRole {
    /// It has an address there.
    Address,
    /// It is registered there.
    Registration,
    /// Nationality or citizenship of a person.
    Nationality,
    /// Flag of a ship.
    Flag,
}

/// A country of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyCountry {
    /// ISO 3166-1.
    pub code: CountryCode,
    /// What it is.
    pub role: CountryRole,
}

/// Kinds of identifiers. Those with check digits are kept only when these are right; what fails them, or has none,
/// is a `Number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// Registrable domain of a website, ASCII form, lower case.
    Domain,
    /// Domain of an e-mail address, never a public mail host.
    MailDomain,
    /// E-mail address.
    Mail,
    /// Legal entity identifier, ISO 17442.
    Lei,
    /// Unified social credit code of China.
    Uscc,
    /// Russian tax number.
    Inn,
    /// Russian registration number.
    Ogrn,
    /// Ship number of the International Maritime Organization.
    Imo,
    /// Securities identifier.
    Isin,
    /// D-U-N-S number.
    Duns,
    /// SWIFT or BIC.
    Swift,
    /// Digital currency address, without the code of the currency.
    Wallet,
    /// Stock exchange symbol.
    Ticker,
    /// UN reference, which several lists share.
    UnReference,
    /// Registration, tax, passport or other number without check digits.
    Number,
}

impl KeyKind {
    /// True for those that belong to one party only and cannot be mistyped unnoticed: who has the same is the same.
    #[must_use]
    pub const fn is_proof(self) -> bool {
        matches!(self, Self::Lei | Self::Uscc | Self::Inn | Self::Ogrn)
    }
}

/// An identifier of a party.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyKey {
    /// What it is.
    pub kind: KeyKind,
    /// The value, without blanks and punctuation where these mean nothing.
    pub value: Box<str>,
}

/// What a party is to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// The other owns it, with a share where the list gives one.
    OwnedBy,
    /// The other controls it.
    ControlledBy,
    /// It owns the other.
    Owns,
    /// It acts for the other.
    ActsFor,
    /// The list says no more than that they belong together.
    LinkedTo,
    /// The other is an officer of it.
    DirectedBy,
}

/// A link of a party to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyLink {
    /// What it is to the other.
    pub kind: LinkKind,
    /// The other's name as the list writes it.
    pub name: Box<str>,
    /// The other's entry number in the same list, where given.
    pub entry: Option<Box<str>>,
    /// Share in hundredths of a percent (10,000 is all of it).
    pub share: Option<u16>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

impl PartyLink {
    /// True when it says that the other owns or controls the party.
    #[must_use]
    pub fn is_ownership(&self) -> bool {
        matches!(self.kind, LinkKind::OwnedBy | LinkKind::ControlledBy)
    }
}

/// An entry of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Party {
    /// List id: `US-SDN`, `EU-FSF`, …: a row of the catalog's list table.
    pub list: Box<str>,
    /// Entry number on the list, stable over editions.
    pub entry: Box<str>,
    /// What it is.
    pub kind: PartyKind,
    /// Names; the primary one first.
    pub names: Vec<PartyName>,
    /// Countries.
    pub countries: Vec<PartyCountry>,
    /// Places named in addresses: streets and towns as written, one text per address.
    pub addresses: Vec<Box<str>>,
    /// Identifiers.
    pub keys: Vec<PartyKey>,
    /// Links to other parties.
    pub links: Vec<PartyLink>,
    /// Sanctions programmes.
    pub programmes: Vec<Box<str>>,
    /// What is forbidden (`Asset freeze`, …), where the list says it for each entry.
    pub measures: Vec<Box<str>>,
    /// Legal citation of the entry.
    pub citation: Option<Box<str>>,
    /// Address of a page about the entry.
    pub url: Option<Box<str>>,
    /// Day of listing.
    pub listed: Option<Date>,
    /// Day of removal: the first on which it no longer holds.
    pub delisted: Option<Date>,
    /// Years of birth that are given, for persons.
    pub born: Vec<u16>,
    /// Policy of licences, title, position: one line.
    pub note: Option<Box<str>>,
}

impl Party {
    /// The name under which it is listed.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |name| &name.text)
    }

    /// SHA-256 of what a decision about this entry rests on: list, number, kind, names, countries, programmes,
    /// identifiers, in sorted order. An analyst's decision lapses when it changes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.names.iter().map(|name| format!("n{:?}{}{}", name.role, u8::from(name.weak), name.text)));
        parts.extend(self.countries.iter().map(|country| format!("c{}{:?}", country.code, country.role)));
        parts.extend(self.programmes.iter().map(|programme| format!("p{programme}")));
        parts.extend(self.keys.iter().map(|key| format!("k{:?}{}", key.kind, key.value)));
        parts.sort_unstable();
        parts.dedup();
        let mut hash = Sha256::new();
        for part in [format!("{}\u{1f}{}\u{1f}{:?}", self.list, self.entry, self.kind)].iter().chain(&parts) {
            hash.update(part.as_bytes());
            hash.update([0x1e]);
        }
        hash.finalize().into()
    }
}
