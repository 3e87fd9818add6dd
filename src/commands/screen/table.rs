//! Tables of subjects: which sign parts the fields, which column is which, and the rows.

use anyhow::{bail, ensure};

use super::lines::{LONGEST, Lines};

/// Words over a column of names.
const NAMES: [&str; 11] = [
    "name",
    "vendor",
    "company",
    "organisation",
    "organization",
    "supplier",
    "party",
    "entity",
    "vendor name",
    "company name",
    "supplier name",
];

/// Words over the other columns that are read.
const COUNTRY: [&str; 4] = ["country", "countries", "country code", "country name"];
const KIND: [&str; 3] = ["kind", "schema", "type"];
const KEYS: [&str; 2] = ["keys", "key"];
const BORN: [&str; 6] = ["born", "birth", "date of birth", "dob", "birth date", "year of birth"];

/// A row with the number of its first line.
pub(super) struct Row {
    fields: Vec<String>,
    pub(super) line: u64,
}

/// Where the columns stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    name: usize,
    country: Option<usize>,
    kind: Option<usize>,
    keys: Option<usize>,
    born: Option<usize>,
    /// Number of columns.
    pub(super) count: usize,
    /// Columns that nobody reads.
    pub(super) unread: Vec<String>,
}

/// What a row says.
pub(super) struct Cells<'r> {
    pub(super) name: &'r str,
    pub(super) country: &'r str,
    pub(super) kind: &'r str,
    pub(super) keys: &'r str,
    pub(super) born: &'r str,
}

impl Columns {
    /// By the first row; none when no field of it is a word for names.
    fn of(header: &[String]) -> anyhow::Result<Option<Self>> {
        let words: Vec<String> = header
            .iter()
            .map(|field| field.trim().to_lowercase().split(['_', '-', ' ']).collect::<Vec<_>>().join(" "))
            .collect();
        let column = |known: &[&str]| -> anyhow::Result<Option<usize>> {
            let mut found = (0..words.len()).filter(|at| known.contains(&words[*at].as_str()));
            let first = found.next();
            if let (Some(first), Some(second)) = (first, found.next()) {
                bail!(
                    "both columns `{}` and `{}` could be `{}`: rename the one that is not meant",
                    header[first].trim(),
                    header[second].trim(),
                    known[0]
                );
            }
            Ok(first)
        };
        let Some(name) = column(&NAMES)? else { return Ok(None) };
        let [country, kind, keys, born] = [column(&COUNTRY)?, column(&KIND)?, column(&KEYS)?, column(&BORN)?];
        let is_read = |at: &usize| [Some(name), country, kind, keys, born].contains(&Some(*at)) || words[*at] == "id";
        let unread = (0..words.len()).filter(|at| !is_read(at) && !words[*at].is_empty());
        let unread = unread.map(|at| header[at].trim().to_owned()).collect();
        Ok(Some(Self { name, country, kind, keys, born, count: words.len(), unread }))
    }

    /// True when something besides the name is read.
    pub(super) fn tells_more(&self) -> bool {
        [self.country, self.kind, self.keys, self.born].iter().any(Option::is_some)
    }

    /// The cells of a row; none of a blank one.
    pub(super) fn cells<'r>(&self, row: &'r Row, file: &str) -> anyhow::Result<Option<Cells<'r>>> {
        if row.fields.iter().all(|field| field.trim().is_empty()) {
            return Ok(None);
        }
        let beyond = row.fields.iter().skip(self.count).any(|field| !field.trim().is_empty());
        ensure!(
            !beyond,
            "line {} of `{file}` has {} fields, the first row {}: put names with the parting sign in quotes",
            row.line,
            row.fields.len(),
            self.count
        );
        let cell = |at: Option<usize>| at.and_then(|at| row.fields.get(at)).map_or("", |text| text.trim());
        Ok(Some(Cells {
            name: cell(Some(self.name)),
            country: cell(self.country),
            kind: cell(self.kind),
            keys: cell(self.keys),
            born: cell(self.born),
        }))
    }
}

/// How a table is laid out.
#[derive(Debug)]
pub(super) struct Layout {
    delimiter: char,
    /// Rows before the first subject: `sep=;` and the header.
    skipped: usize,
    pub(super) columns: Columns,
    pub(super) has_header: bool,
}

impl Layout {
    /// By the first rows. A table of several columns without a known word in its first row is none.
    pub(super) fn sniff(first: &[String], file: &str) -> anyhow::Result<Option<Self>> {
        let said = first.first().and_then(|line| said_delimiter(line));
        let from = usize::from(said.is_some());
        let Some(header) = first.get(from) else { return Ok(None) };
        let among = said.map_or_else(|| vec![',', ';', '\t'], |delimiter| vec![delimiter]);
        let mut known = None;
        for delimiter in &among {
            let fields = split(header, *delimiter);
            let columns = Columns::of(&fields).map_err(|error| error.context(format!("the first row of `{file}`")))?;
            if let Some(columns) = columns {
                let layout = Self { delimiter: *delimiter, skipped: from + 1, columns, has_header: true };
                if known.as_ref().is_none_or(|other: &Self| other.columns.count < layout.columns.count) {
                    known = Some(layout);
                }
            }
        }
        if known.is_some() {
            return Ok(known);
        }
        let is_parted = |line: &String| among.iter().any(|delimiter| split(line, *delimiter).len() > 1);
        if first[from..].iter().any(is_parted) {
            return Ok(None);
        }
        let columns = Columns { count: 1, ..Columns::default() };
        Ok(Some(Self { delimiter: among[0], skipped: from, columns, has_header: false }))
    }
}

/// What a table must have.
pub(super) fn expected(file: &str) -> anyhow::Error {
    super::remarks::filled(&format!(
        "`{file}` has several columns, and its first row does not say which is the name: write a first row with name \
         (or vendor, company, organisation, supplier, party, entity) and as wanted country, kind, keys, born; a file of \
         names only has one column, names with commas in quotes"
    ))
}

/// `sep=;` as spreadsheets write it.
fn said_delimiter(line: &str) -> Option<char> {
    let mut rest = line.trim_matches([' ', '"', '\r']).get(4..)?.chars();
    let is_said = line.trim_matches([' ', '"']).get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep="));
    rest.next().filter(|sign| is_said && !sign.is_alphanumeric() && rest.next().is_none())
}

/// The fields of one line, as well as they can be had.
fn split(line: &str, delimiter: char) -> Vec<String> {
    let mut splitter = Splitter { delimiter, ..Splitter::default() };
    splitter.add(line);
    splitter.fields.push(splitter.field);
    splitter.fields
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Plain,
    Quoted,
    /// Behind a closing quote.
    Closed,
}

/// Fields of a row that may go over several lines.
#[derive(Debug, Default)]
struct Splitter {
    delimiter: char,
    fields: Vec<String>,
    field: String,
    place: Place,
    /// There is text behind a closing quote.
    spoilt: bool,
}

impl Splitter {
    fn add(&mut self, line: &str) {
        for sign in line.chars() {
            match (self.place, sign) {
                (Place::Quoted, '"') => self.place = Place::Closed,
                (Place::Quoted, _) => self.field.push(sign),
                (Place::Closed, '"') => {
                    self.field.push('"');
                    self.place = Place::Quoted;
                }
                (_, sign) if sign == self.delimiter => {
                    self.fields.push(std::mem::take(&mut self.field));
                    self.place = Place::Start;
                }
                (Place::Start, '"') => {
                    self.place = Place::Quoted;
                    self.field.clear();
                }
                (Place::Start, ' ') => {}
                (Place::Closed, sign) => self.spoilt |= !sign.is_whitespace(),
                (Place::Start | Place::Plain, _) => {
                    self.place = Place::Plain;
                    self.field.push(sign);
                }
            }
        }
    }
}

/// Rows of a table.
pub(super) struct Rows {
    pub(super) lines: Lines,
    delimiter: char,
    skip: usize,
}

impl Rows {
    pub(super) fn of(lines: Lines, layout: &Layout) -> Self {
        Self { lines, delimiter: layout.delimiter, skip: layout.skipped }
    }

    fn row(&mut self, first: &str, line: u64) -> anyhow::Result<Row> {
        if !first.contains('"') {
            let fields = first.split(self.delimiter).map(|field| field.trim_start_matches(' ').to_owned());
            return Ok(Row { fields: fields.collect(), line });
        }
        let mut splitter = Splitter { delimiter: self.delimiter, ..Splitter::default() };
        splitter.add(first);
        let mut length = first.len();
        while splitter.place == Place::Quoted {
            let next = self.lines.next().transpose()?;
            length += next.as_ref().map_or(0, |(text, _)| text.len() + 1);
            let Some((text, _)) = next.filter(|_| length <= LONGEST) else {
                // what follows cannot be told from the quoted text
                self.lines.stop();
                bail!(
                    "the quote that begins on line {line} of `{}` is not closed: nothing from there on was read",
                    self.lines.name
                );
            };
            splitter.field.push('\n');
            splitter.add(&text);
        }
        ensure!(
            !splitter.spoilt,
            "line {line} of `{}` has text behind a closing quote: write a quote in a name twice",
            self.lines.name
        );
        splitter.fields.push(splitter.field);
        Ok(Row { fields: splitter.fields, line })
    }
}

impl Iterator for Rows {
    type Item = anyhow::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (text, line) = match self.lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if text.trim().is_empty() {
                continue;
            }
            let row = self.row(&text, line);
            if self.skip == 0 {
                return Some(row);
            }
            // a header over several lines is one row
            self.skip -= 1;
            if row.is_err() {
                return Some(row);
            }
        }
    }
}
