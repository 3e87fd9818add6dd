//! What every reader writes to: parties, counts, bad rows, notes; and the rules under which a load counts.

use std::collections::BTreeMap;

use super::words::Words;
use super::{BadRow, FileRead, Format, Input, ListError, Loaded, Op, Options, Sink};
use crate::lists::Party;
use crate::model::Date;

/// Bad rows that are kept with their place.
const BAD_ROWS_KEPT: usize = 20;

/// Of so many rows one may be bad.
const ROWS_PER_BAD_ROW: u64 = 1_000;

/// A load on its way.
pub struct Reading<'a, 's> {
    /// Countries, mail hosts.
    pub(super) words: Words<'a>,
    pub(super) options: Options<'a>,
    format: &'static Format,
    sink: &'a mut Sink<'s>,
    lists: BTreeMap<Box<str>, u64>,
    expected: Option<Vec<&'static str>>,
    loaded: Loaded,
}

impl<'a, 's> Reading<'a, 's> {
    pub(super) fn new(format: &'static Format, options: &Options<'a>, sink: &'a mut Sink<'s>) -> Self {
        let loaded = Loaded {
            format: format.id,
            lists: Vec::new(),
            source_date: None,
            records: 0,
            parties: 0,
            names: 0,
            removed: 0,
            files: Vec::new(),
            bad_rows: 0,
            bad: Vec::new(),
            notes: Vec::new(),
            missing: Vec::new(),
        };
        let words = Words::new(options.catalog);
        Self { words, options: *options, format, sink, lists: BTreeMap::new(), expected: None, loaded }
    }

    /// Counts a record of the source.
    pub(super) fn record(&mut self) {
        self.loaded.records += 1;
    }

    /// Counts an entry that the file says is off the list.
    pub(super) fn removed(&mut self) {
        self.loaded.removed += 1;
    }

    /// Gives a party out.
    pub(super) fn give(&mut self, party: Party) {
        self.give_as(Op::Put, party);
    }

    /// Gives a party out.
    pub(super) fn give_as(&mut self, op: Op, party: Party) {
        self.loaded.parties += 1;
        self.loaded.names += party.names.len() as u64;
        match self.lists.get_mut(&party.list) {
            Some(count) => *count += 1,
            None => {
                self.lists.insert(party.list.clone(), 1);
            }
        }
        (self.sink)(op, party);
    }

    /// A record that cannot be used of a file whose lines are not known.
    pub(super) fn bad_record(&mut self, file: &str, number: u64, message: &str) {
        self.bad(file, 0, format!("record {number}: {message}"));
    }

    /// A row that cannot be used; line 0 is none.
    pub(super) fn bad(&mut self, file: &str, line: u64, message: impl AsRef<str>) {
        self.loaded.bad_rows += 1;
        if self.loaded.bad.len() < BAD_ROWS_KEPT {
            self.loaded.bad.push(BadRow::new(file, line, message));
        }
    }

    /// A file is read; it had so many rows.
    pub(super) fn file(&mut self, input: &Input<'_>, rows: u64) {
        self.loaded.files.push(FileRead { name: input.file.name().to_owned(), part: input.part, rows });
    }

    /// Something the reader of a report should know.
    pub(super) fn note(&mut self, note: String) {
        self.loaded.notes.push(note);
    }

    /// A file of the edition that was not given, and what is missing for it.
    pub(super) fn missing(&mut self, what: String) {
        self.loaded.missing.push(what);
    }

    /// The day of publication; the latest counts.
    pub(super) fn dated(&mut self, date: Option<Date>) {
        self.loaded.source_date = self.loaded.source_date.max(date);
    }

    /// A list of which the files at hand are an edition. Without a call all lists of the format are expected.
    pub(super) fn expect(&mut self, list: &'static str) {
        self.expected.get_or_insert_default().push(list);
    }

    /// Ends the load: it counts only when the file was whole, by all that can be seen.
    pub(super) fn finish(mut self, file: &str) -> Result<Loaded, ListError> {
        let loaded = &mut self.loaded;
        let rows: u64 = loaded.files.iter().map(|file| file.rows).sum::<u64>().max(loaded.records);
        if loaded.bad_rows.saturating_mul(ROWS_PER_BAD_ROW) > rows {
            let first = loaded.bad.first();
            let message = format!(
                "{} of {rows} rows cannot be used, more than one in {ROWS_PER_BAD_ROW}; the first: {}",
                loaded.bad_rows,
                first.map_or("", |row| &row.message)
            );
            let (file, line) = first.map_or((file, None), |row| (&row.file, Some(row.line).filter(|line| *line > 0)));
            return Err(ListError::new(file, line, message)
                .hint("fetch the file again; if it stays so, its format has changed"));
        }
        if loaded.records == 0 && !self.options.allow_empty {
            let message = format!("holds no record of {}", self.format.title);
            return Err(ListError::new(file, None, message)
                .hint("fetch the file again; allow empty lists where the authority emptied it"));
        }
        for (list, floor) in self.format.floors {
            let count = match *list {
                "*" => loaded.records,
                list => self.lists.get(list).copied().unwrap_or(0),
            };
            let expected = self.expected.as_ref().is_none_or(|lists| lists.contains(list));
            let may_be_empty = count == 0 && self.options.allow_empty;
            if expected && count < *floor && !self.options.allow_small && !may_be_empty {
                let what = if *list == "*" { "records".to_owned() } else { format!("records of {list}") };
                let message = format!("holds {count} {what}; every edition has more than {floor}");
                return Err(ListError::new(file, None, message).hint(
                    "fetch the file again, and give all files of the edition; allow small lists for an excerpt",
                ));
            }
        }
        loaded.lists = std::mem::take(&mut self.lists).into_iter().collect();
        Ok(self.loaded)
    }
}
