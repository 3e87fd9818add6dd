//! Subjects to be screened, one after the other, from arguments and files of any size.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use super::lines::Lines;
use super::remarks::filled;
use super::table::{Layout, Rows, expected};
use crate::catalog::Catalog;
use crate::cli::ScreenArgs;
use crate::model::{CountryCode, Date};
use crate::screening::query::kind_of;
use crate::screening::{Query, QueryKey};

type Subjects<'a> = Box<dyn Iterator<Item = anyhow::Result<Query>> + 'a>;

/// Rows by which the layout of a file is told.
const PEEKED: usize = 10;

/// Reads subjects.
pub(super) struct Reader<'a> {
    catalog: &'a Catalog,
    /// Kinds of identifiers by which the catalog knows organisations.
    kinds: BTreeSet<&'a str>,
    /// What is known of every subject that does not say it itself.
    default: Query,
}

impl<'a> Reader<'a> {
    pub(super) fn new(arguments: &ScreenArgs, catalog: &'a Catalog) -> anyhow::Result<Self> {
        let organisations = catalog.tables().organisation.iter();
        let kinds = organisations.flat_map(|row| row.keys.iter().map(|key| &*key.kind)).collect();
        let mut reader = Self { catalog, kinds, default: Query::default() };
        let kind = arguments.kind.as_deref().map(|word| {
            kind_of(word).with_context(|| format!("`--kind {word}` is none of organisation, person, vessel, aircraft"))
        });
        let countries = arguments.country.iter().map(|word| {
            let code = catalog.country(word);
            code.with_context(|| format!("`--country {word}` is no country; write an ISO code such as DE"))
        });
        reader.default = Query {
            kind: kind.transpose()?.unwrap_or_default(),
            countries: countries.collect::<anyhow::Result<_>>()?,
            born: arguments
                .born
                .as_deref()
                .map(|text| born(text).with_context(|| format!("`--born {text}`")))
                .transpose()?,
            keys: reader.keys(&arguments.key).map_err(|error| filled(&format!("{error:#}")))?,
            origin: "command line".into(),
            ..Query::default()
        };
        Ok(reader)
    }

    /// The subjects of the command line or of its file. What cannot be read is an error in its place, and the next
    /// subject follows.
    pub(super) fn subjects<'s>(&'s self, arguments: &'s ScreenArgs) -> anyhow::Result<Subjects<'s>> {
        let Some(path) = &arguments.file else { return self.named(&arguments.names) };
        let mut lines = Lines::open(path)?;
        let name = lines.name.clone();
        let first = lines.peek(PEEKED);
        let start = first.first().map_or("", |line| line.trim_start());
        let ending = path.extension().and_then(|end| end.to_str()).unwrap_or("").to_ascii_lowercase();
        let is_json = matches!(ending.as_str(), "jsonl" | "ndjson" | "json");
        let is_table = matches!(ending.as_str(), "csv" | "tsv");
        ensure!(
            !(is_json && start.starts_with('[')),
            "`{name}` is one JSON array: write one object a line, as `jq -c '.[]'` does"
        );
        if is_json || (!is_table && start.starts_with('{')) {
            return Ok(self.json(lines));
        }
        let layout = Layout::sniff(&first, &name)?;
        if is_table {
            ensure!(!first.is_empty() || lines_fail(&mut lines)?, "there is no subject to screen: `{name}` is empty");
            return Ok(self.table(lines, layout.ok_or_else(|| expected(&name))?));
        }
        // a name may have commas: a table without its ending is one whose first row says so
        Ok(match layout.filter(|layout| layout.has_header) {
            Some(layout) if layout.columns.tells_more() => self.table(lines, layout),
            Some(layout) if layout.columns.count == 1 => self.names(lines, 1),
            _ => self.names(lines, 0),
        })
    }

    fn named<'s>(&'s self, names: &'s [String]) -> anyhow::Result<Subjects<'s>> {
        if names.is_empty() {
            return Ok(Box::new(std::iter::once(Ok(self.default.clone()))));
        }
        let query = |name: &String| Query { name: name.as_str().into(), ..self.default.clone() };
        let all: Vec<Query> = names.iter().map(query).collect();
        for query in &all {
            ensure!(
                query.name.chars().any(char::is_alphanumeric),
                "the name `{}` has no letter and no digit: there is nobody to screen",
                query.name
            );
        }
        Ok(Box::new(all.into_iter().map(Ok)))
    }

    fn names(&self, lines: Lines, skipped: usize) -> Subjects<'_> {
        let name = lines.name.clone();
        let lines = lines.filter(|line| !line.as_ref().is_ok_and(|(text, _)| text.trim().is_empty()));
        Box::new(lines.skip(skipped).map(move |line| {
            let (text, at) = line?;
            let origin = format!("{name}:{at}").into();
            told(Query { name: text.trim().into(), origin, ..self.default.clone() }, at, &name)
        }))
    }

    fn json(&self, lines: Lines) -> Subjects<'_> {
        let name = lines.name.clone();
        let lines = lines.filter(|line| !line.as_ref().is_ok_and(|(text, _)| text.trim().is_empty()));
        Box::new(lines.map(move |line| {
            let (text, at) = line?;
            self.json_subject(&text, &name, at)
        }))
    }

    fn table(&self, lines: Lines, layout: Layout) -> Subjects<'_> {
        let name = lines.name.clone();
        if !layout.columns.unread.is_empty() {
            let unread = layout.columns.unread.join(", ");
            super::remark(&format!(
                "`{name}`: columns that are not read: {unread}; read are name, country, kind, keys, born"
            ));
        }
        Box::new(Rows::of(lines, &layout).filter_map(move |row| {
            let row = match row {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            let cells = match layout.columns.cells(&row, &name) {
                Ok(cells) => cells?,
                Err(error) => return Some(Err(error)),
            };
            let origin = format!("{name}:{}", row.line).into();
            let mut query = Query { name: cells.name.into(), origin, ..self.default.clone() };
            let filled = self.fill(&mut query, &[cells.country], cells.kind, &[cells.keys]);
            let filled = filled.and_then(|()| fill_born(&mut query, cells.born));
            let filled = filled.with_context(|| format!("line {} of `{name}`", row.line));
            Some(filled.and_then(|()| told(query, row.line, &name)))
        }))
    }

    fn json_subject(&self, text: &str, name: &str, at: u64) -> anyhow::Result<Query> {
        let place = || format!("line {at} of `{name}`");
        let subject: Subject = serde_json::from_str(text).map_err(|error| {
            let error = error.to_string();
            let why = error.split(" at line ").next().unwrap_or(&error);
            anyhow::anyhow!("{}: expected an object with `name`, and country, kind, keys as wanted: {why}", place())
        })?;
        let mut query =
            Query { name: subject.name.trim().into(), origin: format!("{name}:{at}").into(), ..self.default.clone() };
        query.also = subject.also.into_iter().map(Into::into).collect();
        query.addresses = subject.addresses.into_iter().map(Into::into).collect();
        let countries = subject.country.map(Texts::all).unwrap_or_default();
        let keys = subject.keys.map(Texts::all).unwrap_or_default();
        let kind = subject.kind.unwrap_or_default();
        self.fill(&mut query, &countries, &kind, &keys).with_context(place)?;
        let day = subject.born.map(Birth::text).unwrap_or_default();
        fill_born(&mut query, &day).with_context(place)?;
        told(query, at, name)
    }

    /// Sets what a row says of its subject.
    fn fill(
        &self,
        query: &mut Query,
        countries: &[impl AsRef<str>],
        kind: &str,
        keys: &[impl AsRef<str>],
    ) -> anyhow::Result<()> {
        if !kind.trim().is_empty() {
            query.kind = kind_of(kind)
                .with_context(|| format!("`{kind}` is no kind: organisation, person, vessel or aircraft"))?;
        }
        let mut codes = Vec::new();
        for text in countries.iter().map(AsRef::as_ref).filter(|text| !text.trim().is_empty()) {
            codes.extend(self.countries(text)?);
        }
        if !codes.is_empty() {
            query.countries = codes;
        }
        query.keys.extend(self.keys(keys)?);
        Ok(())
    }

    /// Countries by codes or names, parted by `;` or `|`; by commas where no name has them.
    fn countries(&self, text: &str) -> anyhow::Result<Vec<CountryCode>> {
        if let Some(code) = self.catalog.country(text) {
            return Ok(vec![code]);
        }
        let mut all = Vec::new();
        for part in text.split([';', '|']).map(str::trim).filter(|part| !part.is_empty()) {
            if let Some(code) = self.catalog.country(part) {
                all.push(code);
                continue;
            }
            for word in part.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                let code = self.catalog.country(word);
                all.push(code.with_context(|| {
                    format!("`{word}` is no country: write ISO codes or names, several with `;` or `|` between")
                })?);
            }
        }
        Ok(all)
    }

    fn keys(&self, texts: &[impl AsRef<str>]) -> anyhow::Result<Vec<QueryKey>> {
        let mut all = Vec::new();
        for text in texts.iter().flat_map(|text| several_keys(text.as_ref())) {
            all.push(QueryKey::parse_known(&text, &self.kinds).map_err(anyhow::Error::msg)?);
        }
        Ok(all)
    }
}

/// Sets the year of birth, where a row has one.
fn fill_born(query: &mut Query, text: &str) -> anyhow::Result<()> {
    if !text.trim().is_empty() {
        query.born = Some(born(text)?);
    }
    Ok(())
}

/// The year of a day of birth: `1958`, `1958-11`, `1958-11-05`. Lists are compared by the year: many have no more.
fn born(text: &str) -> anyhow::Result<u16> {
    let text = text.trim();
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u16>().ok())?
    };
    let year = parts.first().and_then(|part| number(part, 4)).filter(|year| (1800..=2100).contains(year));
    let is_month = parts.get(1).is_none_or(|part| number(part, 2).is_some_and(|month| (1..=12).contains(&month)));
    let is_day = parts.len() < 3 || Date::parse(text).is_some();
    let year = year.filter(|_| is_month && is_day && parts.len() <= 3);
    year.with_context(|| format!("`{text}` is no day of birth: write YYYY, YYYY-MM or YYYY-MM-DD"))
}

/// True when the file has no first row because it cannot be read, which its rows will tell.
fn lines_fail(lines: &mut Lines) -> anyhow::Result<bool> {
    lines.next().transpose().map(|line| line.is_some())
}

/// Identifiers parted by `;`, `|`, commas or blanks; what has no kind belongs to what is before it: `imo:IMO 9074729`.
fn several_keys(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in text.split([';', '|', ',']) {
        let mut is_first = true;
        for word in part.split_whitespace() {
            match all.last_mut().filter(|_| !is_first && !word.contains(':')) {
                Some(last) => {
                    last.push(' ');
                    last.push_str(word);
                }
                None => all.push(word.to_owned()),
            }
            is_first = false;
        }
    }
    all
}

/// A subject of whom something is said: a row without a name can still be asked by its identifiers.
fn told(query: Query, line: u64, file: &str) -> anyhow::Result<Query> {
    if !query.name.chars().any(char::is_alphanumeric) && query.keys.is_empty() {
        bail!("line {line} of `{file}` has neither a name nor keys");
    }
    Ok(query)
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(all) => all,
        }
    }
}

/// A year as a number, or a day as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Birth {
    Year(u16),
    Day(String),
}

impl Birth {
    fn text(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Day(text) => text,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    #[serde(default)]
    name: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default, alias = "countries")]
    country: Option<Texts>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default, alias = "key")]
    keys: Option<Texts>,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default, alias = "birth", alias = "date_of_birth", alias = "dob")]
    born: Option<Birth>,
    /// The user's own number of the subject; the origin tells the line.
    #[serde(default, rename = "id")]
    _id: Option<serde_json::Value>,
}
