//! The formats in which authorities publish their lists, read as streams of [`Party`].
//!
//! ```text
//! files ──► sort ──► editions ──► read ──► sink(Op, Party)   and   Loaded: dates, counts, bad rows
//!           content decides, never names
//! ```
//! Adding a format is one file and one line in [`FORMATS`]. A reader gets the files of one edition and gives every
//! record out as soon as it is complete; nothing holds a whole file of XML or JSON. What was given out before an error
//! is void: a load counts only when [`Edition::read`] ends well.

mod bis;
mod bis_dpl;
mod cells;
mod csl;
mod decode;
mod error;
mod eu;
mod file;
mod gleif;
mod grouped;
mod head;
mod json;
mod markup;
mod ofac;
mod ofac_advanced;
mod ofac_classic;
mod ofac_csv;
mod ofac_enhanced;
mod opensanctions;
mod reading;
mod records;
mod seco;
mod sema;
mod simple;
mod table;
mod uk;
mod un;
mod words;

use crate::catalog::Catalog;
use crate::lists::Party;
use crate::model::Date;

pub use error::{BadRow, ListError};
pub use file::ListFile;
pub use reading::Reading;

use head::Head;

/// Id under which parties of OpenSanctions are kept that are on no list and of which it says who owns them.
pub const REGISTER: &str = opensanctions::REGISTER;

/// The list whose entries the links of a party's list mean.
#[must_use]
pub fn list_of(list: &str) -> &str {
    if list == REGISTER { opensanctions::LIST } else { list }
}

/// The authority that numbers its parties, the same on all its lists, as the rules write it before a number: `OFAC`.
#[must_use]
pub fn numbered_by(list: &str) -> Option<&'static str> {
    ofac::LISTS.contains(&list).then_some("OFAC")
}

/// What a record is to the edition before. Whole lists only have [`Op::Put`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// The entry stands on the list as given (whole lists; `ADD` of a delta).
    Put,
    /// The entry has changed and now stands as given (`MOD` of a delta).
    Change,
    /// The entry has gone: only list and number mean something (`DEL` of a delta).
    Remove,
}

/// Where records go.
pub type Sink<'a> = dyn FnMut(Op, Party) + 'a;

/// A format's id: `ofac-csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct FormatId(&'static str);

impl FormatId {
    /// The id.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The format of this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Format> {
        FORMATS.iter().copied().find(|format| format.id.0 == id)
    }

    /// What is known of it.
    ///
    /// # Panics
    /// Never: an id is made by its format.
    #[must_use]
    pub fn format(self) -> &'static Format {
        Self::find(self.0).expect("an id is made by its format")
    }
}

impl std::fmt::Display for FormatId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// What a format is.
pub struct Format {
    /// Id, also its folder under fixtures/lists.
    pub id: FormatId,
    /// Name for people.
    pub title: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
    /// Ids of the lists that its records are on.
    pub lists: &'static [&'static str],
    /// Terms under which the data may be used.
    pub licence: &'static str,
    /// What has to be shown with results, where the terms ask for it.
    pub attribution: Option<&'static str>,
    /// Records that each of these lists must have at least: far below any edition, so that what fails is a damaged or
    /// half-written file. `*` stands for all together.
    pub floors: &'static [(&'static str, u64)],
    /// Why it is refused: the publisher no longer keeps it.
    pub stale: Option<&'static str>,
    /// Holds changes to an edition instead of an edition.
    pub delta: bool,
    /// Records are pieces of a party: those with one entry number belong together (GLEIF relationships).
    pub partial: bool,
    /// An edition is a set of files, each with a part of every record.
    pub set: bool,
    /// Which part of an edition a file is, if it is of this format.
    recognise: fn(&Head<'_>) -> Option<Part>,
    /// Reads an edition.
    read: Reader,
}

impl Format {
    /// A format as most are: whole lists that are kept up, each record a party. What a format says of itself is laid over it.
    const USUAL: Self = Self {
        id: FormatId(""),
        title: "",
        publisher: "",
        lists: &[],
        licence: "",
        attribution: None,
        floors: &[],
        stale: None,
        delta: false,
        partial: false,
        set: false,
        recognise: |_| None,
        read: |_, _| Ok(()),
    };
}

type Reader = fn(&[Input<'_>], &mut Reading<'_, '_>) -> Result<(), ListError>;

/// The part of an edition that a file is. Most formats have one.
type Part = &'static str;

/// The only part of most formats.
const WHOLE: Part = "list";

/// A file with the part that it is.
struct Input<'a> {
    part: Part,
    file: &'a ListFile,
}

/// Every format, the more exact before the more general.
pub static FORMATS: &[&Format] = &[
    &ofac_csv::FORMAT,
    &ofac_classic::FORMAT,
    &ofac_advanced::FORMAT,
    &ofac_enhanced::FORMAT,
    &csl::FORMAT,
    &bis_dpl::FORMAT,
    &eu::FORMAT,
    &uk::FORMAT,
    &uk::CLOSED,
    &un::FORMAT,
    &seco::FORMAT,
    &sema::FORMAT,
    &opensanctions::ENTITIES,
    &opensanctions::DELTA,
    &opensanctions::TARGETS,
    &gleif::ENTITIES,
    &gleif::RELATIONS,
    &simple::FORMAT,
];

/// How to read.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Countries, mail hosts.
    pub catalog: &'a Catalog,
    /// Reads formats that their publisher has given up.
    pub allow_stale: bool,
    /// Accepts editions below the floor: excerpts, tests.
    pub allow_small: bool,
    /// Accepts editions without a record: an authority may empty a list.
    pub allow_empty: bool,
}

/// What came of reading an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its format.
    pub format: FormatId,
    /// Parties given out, by list id.
    pub lists: Vec<(Box<str>, u64)>,
    /// Day of publication, where a file says it.
    pub source_date: Option<Date>,
    /// Records of the source: rows of the main file, entities.
    pub records: u64,
    /// Parties given out: more than records where one is on several lists, fewer where records were closed or merged.
    pub parties: u64,
    /// Names given out.
    pub names: u64,
    /// Entries that the file marks as taken off the list and that were left out.
    pub removed: u64,
    /// Files in the order given, each with its part and rows.
    pub files: Vec<FileRead>,
    /// Rows that could not be used, in all.
    pub bad_rows: u64,
    /// The first of them.
    pub bad: Vec<BadRow>,
    /// What the reader of a report should know: rows belong to nothing.
    pub notes: Vec<String>,
    /// Files of the edition that were not given, and what is missing for it: it is no whole edition.
    pub missing: Vec<String>,
}

/// A file of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// Its name.
    pub name: String,
    /// What it is: `list`, `alt`, …
    pub part: &'static str,
    /// Rows or records in it.
    pub rows: u64,
}

/// Files that belong together.
pub struct Edition<'a> {
    /// Their format.
    pub format: &'static Format,
    files: Vec<Input<'a>>,
}

impl Edition<'_> {
    /// Names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|input| input.file.name())
    }

    /// Reads the edition and gives its parties to `sink`.
    ///
    /// # Errors
    /// A file that cannot be read to its end, a column that is missing, no records or fewer than the floor, too many
    /// bad rows, a format that is no longer kept. What the sink got is then void.
    pub fn read(&self, options: &Options<'_>, sink: &mut Sink<'_>) -> Result<Loaded, ListError> {
        let first = self.files.first().map_or("", |input| input.file.name());
        if let (Some(why), false) = (self.format.stale, options.allow_stale) {
            let message = format!("{} is no longer kept: {why}", self.format.title);
            return Err(ListError::new(first, None, message).hint("give the current list, or allow stale lists"));
        }
        let mut reading = Reading::new(self.format, options, sink);
        (self.format.read)(&self.files, &mut reading)?;
        reading.finish(first)
    }
}

/// The format of a file, judged by its first bytes; 8 KiB are enough. Compression is looked through, zip archives are
/// not: see [`ListFile::members`].
#[must_use]
pub fn recognise(head: &[u8]) -> Option<FormatId> {
    Head::with(head, |head| part_of(head).map(|(format, _)| format.id))
}

fn part_of(head: &Head<'_>) -> Option<(&'static Format, Part)> {
    FORMATS.iter().find_map(|format| (format.recognise)(head).map(|part| (*format, part)))
}

/// Sorts files into editions, in the order of [`FORMATS`].
///
/// # Errors
/// A file that cannot be opened, or whose format is not known.
pub fn sort(files: &[ListFile]) -> Result<Vec<Edition<'_>>, ListError> {
    let mut editions: Vec<Edition<'_>> = Vec::new();
    for file in files {
        let head = file.head()?;
        let Some((format, part)) = Head::with(&head, part_of) else {
            return Err(ListError::new(file.name(), Some(1), "is no list in a known format")
                .hint("give the file as the authority publishes it; `rules import --help` names the formats"));
        };
        let input = Input { part, file };
        match editions.iter_mut().find(|edition| std::ptr::eq(edition.format, format)) {
            // two whole lists are two editions
            Some(edition) if format.set => edition.files.push(input),
            _ => editions.push(Edition { format, files: vec![input] }),
        }
    }
    let place = |format: &Format| FORMATS.iter().position(|other| std::ptr::eq(*other, format));
    editions.sort_by_key(|edition| place(edition.format));
    Ok(editions)
}

/// An entry number for lists that have none: what is stable of an entry, as 16 hexadecimal digits.
fn entry_of(parts: &[&str]) -> Box<str> {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(cells::squeeze(part).to_lowercase().as_bytes());
        hash.update([0x1f]);
    }
    crate::text::hex(&hash.finalize()[..8]).into()
}
