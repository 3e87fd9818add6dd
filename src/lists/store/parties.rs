//! Rows of listed parties, packed: each is decoded only when it is asked for.
//!
//! Four sections. `party.rows` holds one record behind the other, `party.offsets` (`u32`, one more than there are
//! parties) where each begins. Texts that many parties share (list, programme, measure, citation, language) are numbers
//! of `party.words`, whose ends are in `party.ends` (`u32`). A record begins with list, kind, entry and names, so that
//! these are had without the rest. Numbers in records are LEB128; a text is its length and its bytes.

use std::collections::BTreeMap;

use super::archive::{Archive, Builder, Damage, Section};
use crate::lists::{
    CountryRole, KeyKind, LinkKind, NameRole, Party, PartyCountry, PartyKey, PartyKind, PartyLink, PartyName,
};
use crate::model::{CountryCode, Date};

const ROWS: &str = "party.rows";
const OFFSETS: &str = "party.offsets";
const WORDS: &str = "party.words";
const ENDS: &str = "party.ends";

/// Numbers of the variants: only ever add at the end.
const KINDS: [PartyKind; 5] =
    [PartyKind::Unknown, PartyKind::Organisation, PartyKind::Person, PartyKind::Vessel, PartyKind::Aircraft];
const ROLES: [NameRole; 3] = [NameRole::Primary, NameRole::Alias, NameRole::Former];
const COUNTRY_ROLES: [CountryRole; 4] =
    [CountryRole::Address, CountryRole::Registration, CountryRole::Nationality, CountryRole::Flag];
const KEYS: [KeyKind; 15] = [
    KeyKind::Domain,
    KeyKind::MailDomain,
    KeyKind::Mail,
    KeyKind::Lei,
    KeyKind::Uscc,
    KeyKind::Inn,
    KeyKind::Ogrn,
    KeyKind::Imo,
    KeyKind::Isin,
    KeyKind::Duns,
    KeyKind::Swift,
    KeyKind::Wallet,
    KeyKind::Ticker,
    KeyKind::UnReference,
    KeyKind::Number,
];
const LINKS: [LinkKind; 6] = [
    LinkKind::OwnedBy,
    LinkKind::ControlledBy,
    LinkKind::Owns,
    LinkKind::ActsFor,
    LinkKind::LinkedTo,
    LinkKind::DirectedBy,
];

/// Parties of an archive.
#[derive(Clone, Debug)]
pub struct Parties {
    rows: Section,
    offsets: Section,
    words: Section,
    ends: Section,
    length: usize,
}

/// What stands at the beginning of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// List id.
    pub list: &'a str,
    /// Entry number on the list.
    pub entry: &'a str,
    /// Name under which it is listed.
    pub name: &'a str,
    /// What it is.
    pub kind: PartyKind,
}

impl Parties {
    /// Adds the sections of `parties` to an archive that is to be written.
    ///
    /// # Errors
    /// When the records are larger than 4 GiB.
    pub fn encode(parties: &[Party], builder: &mut Builder<'_>) -> anyhow::Result<()> {
        let mut writer = Writer::default();
        let mut offsets: Vec<u32> = Vec::with_capacity(parties.len() + 1);
        for party in parties {
            offsets.push(place(writer.rows.len())?);
            writer.party(party);
        }
        offsets.push(place(writer.rows.len())?);
        let mut words = vec![String::new(); writer.words.len()];
        for (word, number) in writer.words {
            words[number as usize] = word;
        }
        let mut ends: Vec<u32> = Vec::with_capacity(words.len());
        let mut end = 0;
        for word in &words {
            end += word.len();
            ends.push(place(end)?);
        }
        builder.add(ROWS, writer.rows);
        builder.add(OFFSETS, bytemuck::cast_slice::<u32, u8>(&offsets).to_vec());
        builder.add(WORDS, words.concat().into_bytes());
        builder.add(ENDS, bytemuck::cast_slice::<u32, u8>(&ends).to_vec());
        Ok(())
    }

    /// The parties of an archive.
    ///
    /// # Errors
    /// When sections are missing or do not belong together.
    pub fn of(archive: &Archive) -> Result<Self, Damage> {
        let [rows, offsets, words, ends] = [ROWS, OFFSETS, WORDS, ENDS].map(|name| archive.require(name));
        let (rows, offsets, words, ends) = (rows?, offsets?, words?, ends?);
        let bad = |name: &str| Damage::Section(name.into());
        let is_sorted = |numbers: &[u32], end: usize| {
            numbers.is_sorted() && numbers.last().is_none_or(|last| *last as usize == end)
        };
        let places = offsets.numbers::<u32>().filter(|all| all.first() == Some(&0) && is_sorted(all, rows.len()));
        let length = places.ok_or_else(|| bad(OFFSETS))?.len() - 1;
        ends.numbers::<u32>().filter(|all| is_sorted(all, words.len())).ok_or_else(|| bad(ENDS))?;
        Ok(Self { rows, offsets, words, ends, length })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A party. None beyond the end, and for a record that no writer of ours makes.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Party> {
        self.reader(at)?.party()
    }

    /// List, entry, name and kind of a party, without the rest of it.
    #[must_use]
    pub fn head(&self, at: usize) -> Option<Head<'_>> {
        let mut reader = self.reader(at)?;
        let (list, kind, entry) = (reader.word()?, reader.one_of(&KINDS)?, reader.text()?);
        let name = if reader.number()? == 0 {
            ""
        } else {
            reader.byte()?;
            reader.text()?
        };
        Some(Head { list, entry, name, kind })
    }

    /// The place of an entry, where parties are sorted by list and entry number, as those of the store are.
    #[must_use]
    pub fn find(&self, list: &str, entry: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let middle = low + (high - low) / 2;
            let head = self.head(middle)?;
            match (head.list, head.entry).cmp(&(list, entry)) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Places of the entries of a list, where parties are sorted by list.
    #[must_use]
    pub fn of_list(&self, list: &str) -> std::ops::Range<usize> {
        let bound = |is_before: &dyn Fn(&str) -> bool| {
            let (mut low, mut high) = (0, self.length);
            while low < high {
                let middle = low + (high - low) / 2;
                if self.head(middle).is_some_and(|head| is_before(head.list)) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            low
        };
        bound(&|other| other < list)..bound(&|other| other <= list)
    }

    /// All parties in order.
    ///
    /// # Errors
    /// When one cannot be decoded.
    pub fn all(&self) -> Result<Vec<Party>, Damage> {
        (0..self.length).map(|at| self.get(at).ok_or_else(|| Damage::Section(ROWS.into()))).collect()
    }

    fn reader(&self, at: usize) -> Option<Reader<'_>> {
        let [start, end] = *self.offsets.numbers::<u32>()?.get(at..at.checked_add(2)?)? else { return None };
        let rest = self.rows.get(start as usize..end as usize)?;
        Some(Reader { rest, parties: self })
    }

    fn word(&self, number: usize) -> Option<&str> {
        let ends = self.ends.numbers::<u32>()?;
        let end = *ends.get(number)? as usize;
        let start = number.checked_sub(1).map_or(0, |before| ends[before] as usize);
        std::str::from_utf8(self.words.get(start..end)?).ok()
    }
}

fn place(at: usize) -> anyhow::Result<u32> {
    u32::try_from(at).map_err(|_| anyhow::anyhow!("the parties of a source are larger than 4 GiB"))
}

#[derive(Default)]
struct Writer {
    rows: Vec<u8>,
    words: BTreeMap<String, u32>,
}

impl Writer {
    fn party(&mut self, party: &Party) {
        self.word(&party.list);
        self.variant(&KINDS, party.kind);
        self.text(&party.entry);
        self.number(party.names.len());
        for name in &party.names {
            let role = ROLES.iter().position(|role| *role == name.role).unwrap_or(0) as u8;
            self.rows.push(role | u8::from(name.weak) << 4 | u8::from(name.language.is_some()) << 5);
            self.text(&name.text);
            if let Some(language) = &name.language {
                self.word(language);
            }
        }
        self.number(party.countries.len());
        for country in &party.countries {
            self.rows.extend_from_slice(country.code.as_str().as_bytes());
            self.variant(&COUNTRY_ROLES, country.role);
        }
        self.number(party.addresses.len());
        party.addresses.iter().for_each(|address| self.text(address));
        self.number(party.keys.len());
        for key in &party.keys {
            self.variant(&KEYS, key.kind);
            self.text(&key.value);
        }
        self.number(party.links.len());
        for link in &party.links {
            self.variant(&LINKS, link.kind);
            self.text(&link.name);
            self.maybe_text(link.entry.as_deref());
            self.number(link.share.map_or(0, |share| usize::from(share) + 1));
            self.date(link.from);
            self.date(link.to);
        }
        for words in [&party.programmes, &party.measures] {
            self.number(words.len());
            words.iter().for_each(|word| self.word(word));
        }
        match &party.citation {
            Some(citation) => {
                self.rows.push(1);
                self.word(citation);
            }
            None => self.rows.push(0),
        }
        self.maybe_text(party.url.as_deref());
        self.date(party.listed);
        self.date(party.delisted);
        self.number(party.born.len());
        party.born.iter().for_each(|year| self.number(usize::from(*year)));
        self.maybe_text(party.note.as_deref());
    }

    fn number(&mut self, number: usize) {
        let mut rest = number;
        while rest >= 0x80 {
            self.rows.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.rows.push(rest as u8);
    }

    fn variant<T: PartialEq>(&mut self, all: &[T], one: T) {
        self.rows.push(all.iter().position(|other| *other == one).unwrap_or(0) as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.rows.extend_from_slice(text.as_bytes());
    }

    fn maybe_text(&mut self, text: Option<&str>) {
        self.rows.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn word(&mut self, word: &str) {
        let next = self.words.len() as u32;
        let number = match self.words.get(word) {
            Some(number) => *number,
            None => *self.words.entry(word.to_owned()).or_insert(next),
        };
        self.number(number as usize);
    }

    /// As the number 20261123; 0 for none.
    fn date(&mut self, date: Option<Date>) {
        let digits = date.map(|date| date.to_string().replace('-', ""));
        self.number(digits.and_then(|digits| digits.parse().ok()).unwrap_or(0));
    }
}

/// Reads a record; every step ends with none where the record ends too early.
struct Reader<'a> {
    rest: &'a [u8],
    parties: &'a Parties,
}

impl<'a> Reader<'a> {
    fn party(&mut self) -> Option<Party> {
        let list = self.word()?.into();
        let kind = self.one_of(&KINDS)?;
        let entry = self.text()?.into();
        let names = self.many(Self::name)?;
        let countries = self.many(|reader| {
            let code = CountryCode::new(std::str::from_utf8(reader.take(2)?).ok()?)?;
            Some(PartyCountry { code, role: reader.one_of(&COUNTRY_ROLES)? })
        })?;
        let addresses = self.many(|reader| reader.text().map(Into::into))?;
        let keys = self.many(|reader| Some(PartyKey { kind: reader.one_of(&KEYS)?, value: reader.text()?.into() }))?;
        let links = self.many(Self::link)?;
        let programmes = self.many(|reader| reader.word().map(Into::into))?;
        let measures = self.many(|reader| reader.word().map(Into::into))?;
        let citation = if self.byte()? == 0 { None } else { Some(self.word()?.into()) };
        let url = self.maybe_text()?;
        let (listed, delisted) = (self.date()?, self.date()?);
        let born = self.many(|reader| u16::try_from(reader.number()?).ok())?;
        let note = self.maybe_text()?;
        self.rest.is_empty().then_some(Party {
            list,
            entry,
            kind,
            names,
            countries,
            addresses,
            keys,
            links,
            programmes,
            measures,
            citation,
            url,
            listed,
            delisted,
            born,
            note,
        })
    }

    fn name(&mut self) -> Option<PartyName> {
        let about = self.byte()?;
        let role = *ROLES.get(usize::from(about & 0xf))?;
        let text = self.text()?.into();
        let language = if about & 0x20 == 0 { None } else { Some(self.word()?.into()) };
        Some(PartyName { text, role, weak: about & 0x10 != 0, language })
    }

    fn link(&mut self) -> Option<PartyLink> {
        let (kind, name, entry) = (self.one_of(&LINKS)?, self.text()?.into(), self.maybe_text()?);
        let share = match self.number()? {
            0 => None,
            more => Some(u16::try_from(more - 1).ok()?),
        };
        let (from, to) = (self.date()?, self.date()?);
        Some(PartyLink { kind, name, entry, share, from, to })
    }

    fn many<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // each takes at least a byte: a wild number must not reserve memory
        let mut all = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            all.push(one(self)?);
        }
        Some(all)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(usize::from(self.byte()?)).copied()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn maybe_text(&mut self) -> Option<Option<Box<str>>> {
        if self.byte()? == 0 { Some(None) } else { Some(Some(self.text()?.into())) }
    }

    fn word(&mut self) -> Option<&'a str> {
        let number = self.number()?;
        self.parties.word(number)
    }

    fn date(&mut self) -> Option<Option<Date>> {
        match self.number()? {
            0 => Some(None),
            digits => {
                let text = format!("{:04}-{:02}-{:02}", digits / 10_000, digits / 100 % 100, digits % 100);
                Date::parse(&text).map(Some)
            }
        }
    }
}

#[cfg(test)]
mod tests;
