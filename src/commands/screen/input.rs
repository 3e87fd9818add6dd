//! Subjects to be screened, one after the other, from arguments and files of any size.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::cli::ScreenArgs;
use crate::model::CountryCode;
use crate::screening::query::kind_of;
use crate::screening::{Query, QueryKey};

/// Longest line that is read: names are shorter, and a file without line ends must not fill the memory.
const LONGEST_LINE: u64 = 1 << 20;

type Subjects<'a> = Box<dyn Iterator<Item = anyhow::Result<Query>> + 'a>;

/// The subjects of the command line or of its file.
pub(super) fn subjects<'a>(
    arguments: &'a ScreenArgs,
    default: &'a Query,
    country: impl Fn(&str) -> Option<CountryCode> + 'a,
) -> anyhow::Result<Subjects<'a>> {
    let Some(path) = &arguments.file else {
        if arguments.names.is_empty() {
            return Ok(Box::new(std::iter::once(Ok(default.clone()))));
        }
        return Ok(Box::new(
            arguments
                .names
                .iter()
                .map(|name| Ok(Query { name: name.as_str().into(), origin: "command line".into(), ..default.clone() })),
        ));
    };
    let shown = path.display().to_string();
    let file = open(path)?;
    let ending = path.extension().and_then(|end| end.to_str()).unwrap_or("").to_ascii_lowercase();
    Ok(match ending.as_str() {
        "csv" => Box::new(from_csv(file, shown, default, country)?),
        "jsonl" | "ndjson" | "json" => Box::new(Lines::of(file, shown.clone()).filter_map(move |line| {
            let read = |(text, at): (String, u64)| {
                (!text.trim().is_empty()).then(|| from_json(&text, &shown, at, default, &country))
            };
            line.map(read).unwrap_or_else(|error| Some(Err(error)))
        })),
        _ => Box::new(Lines::of(file, shown.clone()).filter_map(move |line| match line {
            Ok((text, _)) if text.trim().is_empty() => None,
            Ok((text, at)) => {
                Some(Ok(Query { name: text.trim().into(), origin: format!("{shown}:{at}").into(), ..default.clone() }))
            }
            Err(error) => Some(Err(error)),
        })),
    })
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(Box::new(BufReader::with_capacity(1 << 18, file)))
}

/// Lines with their numbers.
struct Lines {
    file: Box<dyn BufRead>,
    name: String,
    at: u64,
    ended: bool,
}

impl Lines {
    fn of(file: Box<dyn BufRead>, name: String) -> Self {
        Self { file, name, at: 0, ended: false }
    }

    fn read(&mut self) -> anyhow::Result<Option<String>> {
        use io::Read as _;
        let mut bytes = Vec::new();
        self.at += 1;
        let (name, at) = (&self.name, self.at);
        let place = || format!("cannot read line {at} of `{name}`");
        (&mut self.file).take(LONGEST_LINE).read_until(b'\n', &mut bytes).with_context(place)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') && bytes.len() as u64 == LONGEST_LINE {
            bail!("line {at} of `{name}` is longer than {LONGEST_LINE} bytes: this is no file of names");
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| anyhow::anyhow!("line {at} of `{name}` is not UTF-8: save the file as UTF-8"))?;
        let text = if at == 1 { text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned() } else { text };
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

impl Iterator for Lines {
    type Item = anyhow::Result<(String, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let line = self.read().map(|line| line.map(|line| (line, self.at)));
        self.ended = !matches!(line, Ok(Some(_)));
        line.transpose()
    }
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
            Self::One(text) => {
                text.split([',', ';', ' ']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
            }
            Self::Many(all) => all,
        }
    }
}

#[derive(Deserialize)]
struct Subject {
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
    #[serde(default)]
    born: Option<u16>,
}

fn from_json(
    text: &str,
    name: &str,
    at: u64,
    default: &Query,
    country: &impl Fn(&str) -> Option<CountryCode>,
) -> anyhow::Result<Query> {
    let place = || format!("line {at} of `{name}`");
    let subject: Subject = serde_json::from_str(text)
        .with_context(|| format!("{}: expected an object with `name`, and country, kind, keys as wanted", place()))?;
    let mut query = Query { name: subject.name.into(), origin: format!("{name}:{at}").into(), ..default.clone() };
    query.also = subject.also.into_iter().map(Into::into).collect();
    query.addresses = subject.addresses.into_iter().map(Into::into).collect();
    query.born = subject.born;
    let countries = subject.country.map(Texts::all).unwrap_or_default();
    let keys = subject.keys.map(Texts::all).unwrap_or_default();
    fill(&mut query, &countries, subject.kind.as_deref(), &keys, country).with_context(place)?;
    Ok(query)
}

/// Sets what a row says of its subject.
fn fill(
    query: &mut Query,
    countries: &[String],
    kind: Option<&str>,
    keys: &[String],
    country: &impl Fn(&str) -> Option<CountryCode>,
) -> anyhow::Result<()> {
    if let Some(word) = kind.filter(|word| !word.trim().is_empty()) {
        query.kind =
            kind_of(word).with_context(|| format!("`{word}` is no kind: organisation, person, vessel or aircraft"))?;
    }
    if !countries.is_empty() {
        let code = |word: &String| country(word).with_context(|| format!("`{word}` is no country"));
        query.countries = countries.iter().map(code).collect::<anyhow::Result<_>>()?;
    }
    for key in keys {
        query.keys.push(QueryKey::parse(key).map_err(anyhow::Error::msg)?);
    }
    Ok(())
}

/// Rows of a CSV file. The first row is a header when one of its fields is `name`; else the first column is the name.
fn from_csv<'a>(
    file: Box<dyn BufRead>,
    name: String,
    default: &'a Query,
    country: impl Fn(&str) -> Option<CountryCode> + 'a,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Query>> + 'a> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file).into_records();
    let first = rows.next().transpose().with_context(|| format!("cannot read `{name}`"))?;
    let header = first.as_ref().map(|row| {
        row.iter().map(|field| field.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect::<Vec<_>>()
    });
    let has_header = header.as_ref().is_some_and(|fields| fields.iter().any(|field| field == "name"));
    let column = |names: &[&str]| {
        header.as_ref().filter(|_| has_header)?.iter().position(|field| names.contains(&field.as_str()))
    };
    let at_name = column(&["name"]).unwrap_or(0);
    let at_country = column(&["country", "countries"]);
    let at_kind = column(&["kind", "schema", "type"]);
    let at_keys = column(&["keys", "key"]);
    let rest = first.filter(|_| !has_header).map(Ok).into_iter().chain(rows);
    Ok(rest.enumerate().filter_map(move |(at, row)| {
        let row = match row.with_context(|| format!("row {} of `{name}`", at + 1)) {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let field = |at: Option<usize>| at.and_then(|at| row.get(at)).map(str::trim).filter(|text| !text.is_empty());
        let line = row.position().map_or(0, csv::Position::line);
        if row.iter().all(|field| field.trim().is_empty()) {
            return None;
        }
        // a row without a name can still be asked by its identifiers
        let text = field(Some(at_name)).unwrap_or_default();
        if text.is_empty() && field(at_keys).is_none() {
            return Some(Err(anyhow::anyhow!("line {line} of `{name}` has neither a name nor keys")));
        }
        let mut query = Query { name: text.into(), origin: format!("{name}:{line}").into(), ..default.clone() };
        let several = |text: &str| Texts::One(text.to_owned()).all();
        let countries = field(at_country).map(several).unwrap_or_default();
        let keys = field(at_keys).map(several).unwrap_or_default();
        let done = fill(&mut query, &countries, field(at_kind), &keys, &country);
        Some(done.with_context(|| format!("line {line} of `{name}`")).map(|()| query))
    }))
}
