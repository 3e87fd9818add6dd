//! Values as lists write them: nothings, dates, names, addresses.

use crate::lists::identifier;
use crate::lists::{CountryRole, KeyKind, LinkKind, NameRole, Party, PartyCountry, PartyKey, PartyLink, PartyName};
use crate::model::{CountryCode, Date};

use super::words::Words;

/// The value of a field, blanks collapsed; `None` for the many ways to write nothing.
pub(super) fn value(text: &str) -> Option<String> {
    let text = squeeze(text);
    let nothing = matches!(&*text.to_ascii_lowercase(), "" | "-0-" | "n/a" | "na" | "unknown" | "none" | "null" | "-");
    (!nothing).then_some(text)
}

/// Blanks collapsed, control characters gone.
pub(super) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Boxed value.
pub(super) fn boxed(text: &str) -> Option<Box<str>> {
    value(text).map(String::into_boxed_str)
}

/// `FAMILY, Given` in the order of speech; other names as they are.
pub(super) fn person_name(text: &str) -> String {
    match text.split_once(", ") {
        Some((family, given)) if !family.is_empty() && !given.is_empty() => format!("{given} {family}"),
        _ => text.to_owned(),
    }
}

/// `2026-10-08`, with anything after it.
pub(super) fn date_iso(text: &str) -> Option<Date> {
    Date::parse(text.trim().get(..10)?)
}

/// `08/10/2026`, `08-10-2026`, `08.10.2026`: day first.
pub(super) fn date_dmy(text: &str) -> Option<Date> {
    let [day, month, year] = numbers(text)?;
    Date::parse(&format!("{year:0>4}-{month:0>2}-{day:0>2}"))
}

/// `10/08/2026`: month first.
pub(super) fn date_mdy(text: &str) -> Option<Date> {
    let [month, day, year] = numbers(text)?;
    Date::parse(&format!("{year:0>4}-{month:0>2}-{day:0>2}"))
}

fn numbers(text: &str) -> Option<[&str; 3]> {
    let text = text.split_whitespace().next()?;
    let mut parts = text.split(['/', '-', '.']);
    let all = [parts.next()?, parts.next()?, parts.next()?];
    let fine = |part: &&str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.next().is_none() && all.iter().all(fine)).then_some(all)
}

/// `25 Sep 2023`, `25-Sep-2023`, `Sep 25, 2023`.
pub(super) fn date_words(text: &str) -> Option<Date> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mut parts = text.split([' ', '-', ',']).filter(|part| !part.is_empty());
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = |word: &str| {
        let word = word.get(..3)?.to_ascii_lowercase();
        MONTHS.iter().position(|month| *month == word)
    };
    let (day, month) = match month(first) {
        Some(month) => (second, month),
        None => (first, month(second)?),
    };
    Date::parse(&format!("{year}-{:02}-{day:0>2}", month + 1))
}

/// Years that a text names.
pub(super) fn years(text: &str) -> impl Iterator<Item = u16> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|part| part.len() == 4)
        .filter_map(|part| part.parse().ok())
        .filter(|year| (1850..2100).contains(year))
}

/// Parts joined by commas, nothings left out.
pub(super) fn joined<'t>(parts: impl IntoIterator<Item = &'t str>) -> String {
    let mut out = String::new();
    for part in parts.into_iter().filter_map(value) {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&part);
    }
    out
}

/// HTML entities as characters, as far as lists use them; what is not known stays.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.find(';').filter(|end| *end <= 8);
        match end.and_then(|end| entity(&after[..end]).map(|c| (c, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &after[end + 1..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character of an HTML entity's name or number.
pub(super) fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "ldquo" | "rdquo" => '"',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "eacute" => 'é',
        "egrave" => 'è',
        "aacute" => 'á',
        "iacute" => 'í',
        "oacute" => 'ó',
        "uacute" => 'ú',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "szlig" => 'ß',
        _ => return None,
    })
}

/// Adding to a party, each thing once.
pub(super) trait Build {
    /// A name.
    fn add_name(&mut self, text: &str, role: NameRole, weak: bool);
    /// A name in a language.
    fn add_name_in(&mut self, text: &str, role: NameRole, weak: bool, language: Option<&str>);
    /// A country.
    fn add_country(&mut self, code: Option<CountryCode>, role: CountryRole);
    /// An address.
    fn add_address(&mut self, text: String);
    /// An identifier of a kind; one that fails its check is a number.
    fn add_key(&mut self, kind: KeyKind, text: &str);
    /// An identifier whose kind its form tells, if any.
    fn add_number(&mut self, text: &str);
    /// A website.
    fn add_website(&mut self, text: &str, words: &Words<'_>);
    /// An e-mail address.
    fn add_mail(&mut self, text: &str, words: &Words<'_>);
    /// A link to another party.
    fn add_link(&mut self, kind: LinkKind, name: &str, entry: Option<&str>);
    /// A year of birth.
    fn add_born(&mut self, text: &str);
    /// A programme.
    fn add_programme(&mut self, text: &str);
    /// What is forbidden.
    fn add_measure(&mut self, text: &str);
}

fn push<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Things of one kind that a party may have: the richest real one has some 300 names.
const MOST: usize = 2_000;

impl Build for Party {
    fn add_name(&mut self, text: &str, role: NameRole, weak: bool) {
        self.add_name_in(text, role, weak, None);
    }

    fn add_name_in(&mut self, text: &str, role: NameRole, weak: bool, language: Option<&str>) {
        let text = squeeze(text);
        let text = text.trim_matches([',', ';', ' ']);
        if text.is_empty() || text == "-0-" || self.names.len() >= MOST {
            return;
        }
        match self.names.iter_mut().find(|name| &*name.text == text) {
            // the better quality counts: a weak repetition of a name takes nothing away
            Some(same) => same.weak &= weak,
            None => self.names.push(PartyName { text: text.into(), role, weak, language: language.and_then(boxed) }),
        }
    }

    fn add_country(&mut self, code: Option<CountryCode>, role: CountryRole) {
        if let Some(code) = code {
            push(&mut self.countries, PartyCountry { code, role });
        }
    }

    fn add_address(&mut self, text: String) {
        if !text.is_empty() && self.addresses.len() < MOST {
            push(&mut self.addresses, text.into_boxed_str());
        }
    }

    fn add_key(&mut self, kind: KeyKind, text: &str) {
        if self.keys.len() < MOST
            && let Some(text) = value(text)
            && let Some(key) = identifier::key(kind, &text)
        {
            push(&mut self.keys, key);
        }
    }

    fn add_number(&mut self, text: &str) {
        if self.keys.len() < MOST
            && let Some(text) = value(text)
            && let Some(key) = identifier::guess(&text)
        {
            push(&mut self.keys, key);
        }
    }

    fn add_website(&mut self, text: &str, words: &Words<'_>) {
        if let Some(domain) = identifier::site_domain(text)
            && !words.is_shared(&domain)
            && self.keys.len() < MOST
        {
            push(&mut self.keys, PartyKey { kind: KeyKind::Domain, value: domain.into() });
        }
    }

    fn add_mail(&mut self, text: &str, words: &Words<'_>) {
        let Some((address, domain)) = identifier::mail(text) else { return };
        if self.keys.len() < MOST {
            push(&mut self.keys, PartyKey { kind: KeyKind::Mail, value: address.into() });
            if !words.is_shared(&domain) {
                push(&mut self.keys, PartyKey { kind: KeyKind::MailDomain, value: domain.into() });
            }
        }
    }

    fn add_link(&mut self, kind: LinkKind, name: &str, entry: Option<&str>) {
        let name = squeeze(name);
        if (!name.is_empty() || entry.is_some()) && self.links.len() < MOST {
            let link =
                PartyLink { kind, name: name.into(), entry: entry.and_then(boxed), share: None, from: None, to: None };
            push(&mut self.links, link);
        }
    }

    fn add_born(&mut self, text: &str) {
        for year in years(text) {
            push(&mut self.born, year);
        }
    }

    fn add_programme(&mut self, text: &str) {
        if let Some(text) = boxed(text)
            && self.programmes.len() < MOST
        {
            push(&mut self.programmes, text);
        }
    }

    fn add_measure(&mut self, text: &str) {
        if let Some(text) = boxed(text)
            && self.measures.len() < MOST
        {
            push(&mut self.measures, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(value(" -0- "), None);
        assert_eq!(value("Tehran \u{1a} 15946"), Some("Tehran 15946".to_owned()));
        assert_eq!(person_name("MORENO JR., Daniel Gonzalo"), "Daniel Gonzalo MORENO JR.");
        assert_eq!(unescaped("A &amp; B &#39;C&#x2019; &nosuch; &"), "A & B 'C’ &nosuch; &");
    }

    #[test]
    fn dates() {
        let day = |text| Date::parse(text);
        assert_eq!(date_dmy("08/10/2026"), day("2026-10-08"));
        assert_eq!(date_mdy("06/19/2003"), day("2003-06-19"));
        assert_eq!(date_words("25 Sep 2023"), day("2023-09-25"));
        assert_eq!(date_words("08-Oct-2026"), day("2026-10-08"));
        assert_eq!(date_iso("2026-10-08T12:00:00Z"), day("2026-10-08"));
        assert_eq!((date_dmy("dd/mm/1970"), date_iso("é2026-10-0"), date_words("é é é")), (None, None, None));
        assert_eq!(years("circa 1955; 1956-1958 or 30000").collect::<Vec<_>>(), [1955, 1956, 1958]);
    }
}
