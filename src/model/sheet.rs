//! The places of one file that facts rest on, kept together: there are more of them than of anything else.
//!
//! A place costs two dozen bytes here, its words lie one behind the other in pages, and a fact names it by its
//! number. While a file is scanned its sheet grows; when the file is closed, nothing is added any more and reading
//! needs no lock.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::pages::{Pages, Words};
use super::{Basis, Place};
use crate::text::{LineColumn, Region, RelPath};

/// Places of one file.
pub struct Sheet {
    path: RelPath,
    layer: Option<Arc<str>>,
    open: Mutex<Spots>,
    closed: OnceLock<Spots>,
    aside: OnceLock<Option<u32>>,
}

/// Number of a place in its sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpotId(u32);

impl SpotId {
    /// The file as a whole, which stands in no sheet.
    pub const WHOLE: Self = Self(u32::MAX);
}

#[derive(Default)]
struct Spots {
    all: Pages<Spot>,
    words: Words,
    /// Scanners that saw something here: a handful.
    scanners: Vec<&'static str>,
}

/// Lines and columns, and where the words stand among the words of the sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spot {
    start: LineColumn,
    end: LineColumn,
    /// First byte and length of the words; the length is [`NO_WORDS`] where they are kept back.
    words: (u32, u32),
}

const NO_WORDS: u32 = u32::MAX;

const WHOLE: Spot =
    Spot { start: LineColumn { line: 0, column: 0 }, end: LineColumn { line: 0, column: 0 }, words: (0, NO_WORDS) };

impl Spot {
    fn region(&self) -> Option<Region> {
        (self.start.line > 0).then_some(Region { start: self.start, end: self.end })
    }
}

impl Spots {
    fn at(&self, id: SpotId) -> Spot {
        self.all.get(id.0 as usize).copied().unwrap_or(WHOLE)
    }

    fn words(&self, spot: Spot) -> Option<&str> {
        let (start, length) = (spot.words.0 as usize, spot.words.1 as usize);
        (spot.words.1 != NO_WORDS).then(|| self.words.get(start, length).unwrap_or(""))
    }

    fn add(&mut self, spot: Spot) -> SpotId {
        let is_last = self.all.last() == Some(&spot);
        // a file with more places than that has its last ones as a whole
        let Ok(id) = u32::try_from(self.all.len() - usize::from(is_last)) else { return SpotId::WHOLE };
        if !is_last && id < u32::MAX {
            self.all.push(spot);
        }
        SpotId(id)
    }
}

impl Sheet {
    /// An empty sheet of a file; `layer` is the digest of the image layer that holds it.
    #[must_use]
    pub fn new(path: RelPath, layer: Option<Arc<str>>) -> Self {
        Self { path, layer, open: Mutex::default(), closed: OnceLock::new(), aside: OnceLock::new() }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.path
    }

    /// The layer that holds the file.
    #[must_use]
    pub fn layer(&self) -> Option<&Arc<str>> {
        self.layer.as_ref()
    }

    /// Adds a place with its words, which must be fit to be shown. After [`Self::close`] nothing can be added.
    pub fn note(&self, region: Region, words: Option<&str>) -> SpotId {
        let mut spots = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = words.and_then(|words| {
            let length = u32::try_from(words.len()).ok()?;
            Some((spots.words.push(words)?, length))
        });
        spots.add(Spot { start: region.start, end: region.end, words: kept.unwrap_or((0, NO_WORDS)) })
    }

    /// The same place without its words.
    pub fn without_words(&self, id: SpotId) -> SpotId {
        let mut spots = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match spots.at(id) {
            WHOLE => SpotId::WHOLE,
            spot => spots.add(Spot { words: (0, NO_WORDS), ..spot }),
        }
    }

    /// The number of a scanner in this sheet.
    pub(crate) fn scanner(&self, name: &'static str) -> u16 {
        let mut spots = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = spots.scanners.iter().position(|known| *known == name);
        let at = known.unwrap_or(spots.scanners.len());
        if known.is_none() {
            spots.scanners.push(name);
        }
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Lines and columns of a place; nothing for the file as a whole.
    #[must_use]
    pub fn region(&self, id: SpotId) -> Option<Region> {
        self.with(|spots| spots.at(id).region())
    }

    /// From here on the sheet is only read.
    pub fn close(&self) {
        let mut spots = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        spots.all.shrink_to_fit();
        spots.words.shrink_to_fit();
        // closed twice, it stays as it was
        let _ = self.closed.set(spots);
    }

    fn with<T>(&self, read: impl FnOnce(&Spots) -> T) -> T {
        match self.closed.get() {
            Some(spots) => read(spots),
            None => read(&self.open.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

/// What a scanner saw at a place.
#[derive(Clone)]
pub struct Sighting {
    sheet: Arc<Sheet>,
    spot: SpotId,
    scanner: u16,
    basis: Basis,
}

impl Sighting {
    /// A place of a sheet; the scanner by its number there.
    pub(crate) fn new(sheet: Arc<Sheet>, spot: SpotId, scanner: u16, basis: Basis) -> Self {
        Self { sheet, spot, scanner, basis }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.sheet.path
    }

    /// What the catalogue says of the file's path, asked once: thousands of facts rest on one file. The number means
    /// something to who gave it only, the one catalogue of a run.
    pub(crate) fn aside(&self, tell: impl FnOnce(&RelPath) -> Option<u32>) -> Option<u32> {
        *self.sheet.aside.get_or_init(|| tell(&self.sheet.path))
    }

    /// For images: digest of the layer that holds the file.
    #[must_use]
    pub fn layer(&self) -> Option<&Arc<str>> {
        self.sheet.layer()
    }

    /// The same place for what is deduced from what stands there.
    #[must_use]
    pub(crate) fn inferred(&self) -> Self {
        Self { basis: Basis::Inferred, ..self.clone() }
    }

    /// How the scanner came to it.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Id of the scanner.
    #[must_use]
    pub fn scanner(&self) -> &'static str {
        self.sheet.with(|spots| spots.scanners.get(usize::from(self.scanner)).copied().unwrap_or(""))
    }

    /// Lines and columns, where known.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.sheet.region(self.spot)
    }

    /// The words there, where they are kept.
    #[must_use]
    pub fn excerpt(&self) -> Option<String> {
        self.sheet.with(|spots| spots.words(spots.at(self.spot)).map(str::to_owned))
    }

    /// Everything about the place.
    #[must_use]
    pub fn place(&self) -> Place {
        let (region, excerpt) = self.sheet.with(|spots| {
            let spot = spots.at(self.spot);
            (spot.region(), spots.words(spot).map(Arc::from))
        });
        Place { path: self.sheet.path.clone(), region, excerpt, layer: self.sheet.layer.clone() }
    }

    fn same_sheet(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.sheet, &other.sheet)
    }

    /// The order of two places on different sheets, as [`Place`] has it: a file that several threads read has several.
    fn order_apart(&self, other: &Self) -> Ordering {
        match (self.sheet.closed.get(), other.sheet.closed.get()) {
            (Some(mine), Some(theirs)) => {
                let (one, two) = (mine.at(self.spot), theirs.at(other.spot));
                let region = one.region().cmp(&two.region());
                let words = || mine.words(one).cmp(&theirs.words(two));
                region.then_with(words).then_with(|| self.layer().cmp(&other.layer()))
            }
            _ => self.place().cmp(&other.place()),
        }
    }
}

/// By place (file, region, words, layer), then scanner, then basis.
impl Ord for Sighting {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = if !self.same_sheet(other) {
            self.path().cmp(other.path()).then_with(|| self.order_apart(other))
        } else if self.spot == other.spot {
            Ordering::Equal
        } else {
            self.sheet.with(|spots| {
                let (one, two) = (spots.at(self.spot), spots.at(other.spot));
                one.region().cmp(&two.region()).then_with(|| spots.words(one).cmp(&spots.words(two)))
            })
        };
        let scanner = || match self.same_sheet(other) && self.scanner == other.scanner {
            true => Ordering::Equal,
            false => self.scanner().cmp(other.scanner()),
        };
        place.then_with(scanner).then_with(|| self.basis.cmp(&other.basis))
    }
}

impl PartialOrd for Sighting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sighting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sighting {}

impl fmt::Debug for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sighting")
            .field("place", &self.place())
            .field("scanner", &self.scanner())
            .field("basis", &self.basis)
            .finish()
    }
}

impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sheet").field("path", &self.path).field("layer", &self.layer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(line: u32) -> Region {
        let at = |column| LineColumn { line, column };
        Region { start: at(1), end: at(4) }
    }

    #[test]
    fn places_come_back_as_they_were_noted() {
        let sheet = Arc::new(Sheet::new(RelPath::new("a/b").expect("is relative"), None));
        let scanner = sheet.scanner("one");
        let first = sheet.note(region(3), Some("abc"));
        assert_eq!(sheet.note(region(3), Some("abc")).0, first.0 + 1, "words stand anew");
        let bare = sheet.without_words(first);
        let see = |spot| Sighting::new(Arc::clone(&sheet), spot, scanner, Basis::Declared);
        let check = || {
            assert_eq!(see(first).place().excerpt.as_deref(), Some("abc"));
            assert_eq!(see(first).region(), Some(region(3)));
            assert_eq!(see(bare).place().excerpt, None);
            assert_eq!(see(SpotId::WHOLE).region(), None);
            assert_eq!(see(first).scanner(), "one");
        };
        check();
        sheet.close();
        check();
    }

    #[test]
    fn sightings_are_ordered_as_their_places_are() {
        let make = |path: &str, spots: &[u32]| {
            let sheet = Arc::new(Sheet::new(RelPath::new(path).expect("is relative"), None));
            let scanner = sheet.scanner("one");
            let ids: Vec<SpotId> = spots.iter().map(|line| sheet.note(region(*line), Some("x"))).collect();
            let whole = std::iter::once(SpotId::WHOLE);
            let all = ids.into_iter().chain(whole);
            all.map(move |spot| Sighting::new(Arc::clone(&sheet), spot, scanner, Basis::Resolved)).collect::<Vec<_>>()
        };
        let mut all: Vec<Sighting> = [make("b", &[2, 1, 2]), make("a", &[5, 4]), make("b", &[1])].concat();
        all.sort();
        let mut places: Vec<Place> = all.iter().map(Sighting::place).collect();
        places.sort();
        assert_eq!(all.iter().map(Sighting::place).collect::<Vec<_>>(), places);
        all.dedup();
        assert_eq!(all.len(), 6, "the same place of two sheets is one place");
    }
}
