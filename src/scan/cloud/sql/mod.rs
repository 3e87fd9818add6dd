//! Copies of databases that statements of SQL set up: subscriptions of PostgreSQL, pglogical, replicas of MySQL.

mod conninfo;
mod statement;
mod words;

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use self::conninfo::Place;
use self::statement::{Said, read};
use self::words::Statements;
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `sql-replication`.
pub struct SqlReplication;

static META: ScannerMeta = ScannerMeta {
    id: "sql-replication",
    title: "Replication that SQL sets up",
    summary: "Which database takes the changes of which: publications and subscriptions of PostgreSQL, pglogical, physical \
              replicas (`primary_conninfo`), sources of replicas of MySQL and MariaDB. The taking database is the one that \
              the file connects to or that its node says, else the one that runs the file, which is told. Hosts only: users \
              and passwords of connections are read by nobody. A dump that has none of these words is not taken apart.",
    files: &["**/*.sql"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Service, ComponentKind::Host],
    reference: "https://www.postgresql.org/docs/current/logical-replication.html",
};

/// Words of which a file that matters has one.
const WORDS: [&str; 8] = [
    "create publication",
    "create subscription",
    "alter subscription",
    "replication source",
    "change master",
    "pglogical.create_",
    "primary_conninfo",
    "rds_set_external_",
];

/// What is told of a file that does not say which database runs it.
pub(crate) const UNPLACED: &str =
    "the database that takes the changes is the one that runs this file: where it lies is not said";

/// Statements of one file that say something.
const MOST: usize = 5_000;

impl Scanner for SqlReplication {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn may_tell(&self, _: &RelPath, bytes: &[u8], _: &Catalog) -> bool {
        may_tell(bytes)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.is_binary() || !may_tell(file.text().as_bytes()) {
            return Ok(());
        }
        let mut writer = Writer::new(file, out);
        let mut statements = Statements::new(file.text(), escapes(file.text()));
        let mut count = 0;
        while let Some(tokens) = statements.next() {
            for said in read(file.text(), &tokens) {
                count += 1;
                if count > MOST {
                    let message = "more statements of replication than are read; the rest was left out";
                    writer.out.problem(DiagnosticKind::LimitReached, file, None, message);
                    return Ok(());
                }
                writer.write(said);
            }
        }
        Ok(())
    }
}

/// True for a text that has one of the words, whatever stands between them.
fn may_tell(bytes: &[u8]) -> bool {
    static LAST: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let last = |word: &'static str| word.rsplit(' ').next().unwrap_or(word);
    let finder = LAST.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS.map(last)).ok());
    let Some(finder) = finder else { return true };
    finder.find_iter(bytes).any(|found| {
        let word = last(WORDS[found.pattern().as_usize()]);
        let mut before = WORDS.iter().filter(|known| last(known) == word).map(|known| known.split_once(' '));
        let head = bytes[..found.start()].trim_ascii_end();
        let ends_with = |word: &str| {
            let start = head.len().checked_sub(word.len()).filter(|_| head.len() < found.start());
            start.is_some_and(|start| head[start..].eq_ignore_ascii_case(word.as_bytes()))
        };
        before.any(|before| before.is_none_or(|(before, _)| ends_with(before)))
    })
}

/// True for the SQL of MySQL, where a backslash hides what follows it.
fn escapes(text: &str) -> bool {
    const HEAD: usize = 4 << 10;
    let head = &text.as_bytes()[..text.len().min(HEAD)];
    let has = |word: &[u8]| head.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    has(b"mysql") || has(b"mariadb") || has(b"change master") || has(b"change replication") || head.contains(&b'`')
}

/// Writes what a file says.
struct Writer<'f, 'o, 'm> {
    file: &'f SourceFile,
    out: &'o mut Facts<'m>,
    /// Where the statements are done, when the file says so.
    here: Option<ComponentId>,
    /// It was told that nobody says where the file is run.
    is_told: bool,
}

impl<'f, 'o, 'm> Writer<'f, 'o, 'm> {
    fn new(file: &'f SourceFile, out: &'o mut Facts<'m>) -> Self {
        Self { file, out, here: None, is_told: false }
    }

    fn write(&mut self, said: Said) {
        match said {
            Said::Here(place) => {
                self.here = self.database(&place).map(|(id, _)| id);
            }
            Said::Own(place) => {
                if self.here.is_none() {
                    self.here = self.database(&place).map(|(id, _)| id);
                }
            }
            Said::Offers(name) => {
                let seen = self.file.at(Span::new(name.start, name.end));
                let own = self.own(&seen);
                self.out.attribute(&own, key::PUBLISHES, &self.file.text()[name], seen);
            }
            Said::Takes { from, at, offered } => {
                let place = Span::new(at.start, at.end);
                let seen = self.file.at(place);
                let own = self.own(&seen);
                for name in offered {
                    let seen = self.file.at(Span::new(name.start, name.end));
                    self.out.attribute(&own, key::SUBSCRIBES, &self.file.text()[name], seen);
                }
                match self.database(&from) {
                    Some((id, seen)) => self.out.relation(&id, RelationKind::ReplicatesTo, &own, seen),
                    None if from == Place::Own => {}
                    None => {
                        self.unresolved(place, "the database that changes are taken from is only known at run time")
                    }
                }
                if self.here.is_none() && !self.is_told {
                    self.is_told = true;
                    self.unresolved(place, UNPLACED);
                }
            }
        }
    }

    /// The database that the statements are done in.
    fn own(&mut self, seen: &Seen) -> ComponentId {
        if let Some(here) = &self.here {
            return here.clone();
        }
        let id = ComponentId::of("database", self.file.path());
        self.stateful(&id, seen);
        id
    }

    /// The database at a place.
    fn database(&mut self, place: &Place) -> Option<(ComponentId, Seen)> {
        let Place::Host(name, at) = place else { return None };
        let seen = self.file.at(Span::new(at.start, at.end));
        if name.contains('.') {
            let id = ComponentId::host(name);
            self.out.component(&id, ComponentKind::Host, seen.clone());
            return Some((id, seen));
        }
        // a name that only the network of the database knows
        let id = ComponentId::of("database", name);
        self.stateful(&id, &seen);
        Some((id, seen))
    }

    fn stateful(&mut self, id: &ComponentId, seen: &Seen) {
        self.out.component(id, ComponentKind::Service, seen.clone());
        self.out.attribute(id, key::CAPABILITY, "database", seen.clone());
        self.out.attribute(id, key::DATA_CLASS, "stateful", seen.clone());
    }

    fn unresolved(&mut self, place: Span, message: &str) {
        self.out.problem(DiagnosticKind::Unresolved, self.file, Some(place), message);
    }
}
