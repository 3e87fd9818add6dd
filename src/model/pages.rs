//! Long lists that are only appended to, in pages.
//!
//! A vector that grows is copied into twice the memory again and again, and every page of that is one the system has not
//! given yet: for a lock file of ten megabytes that was a fifth of all pages asked for. Pages of one size stay where they are.

/// Rows of a page.
const ROWS: usize = 1 << 10;

/// Rows in the order in which they came.
#[derive(Debug)]
pub(super) struct Pages<T> {
    /// Of [`ROWS`] rows each.
    full: Vec<Vec<T>>,
    last: Vec<T>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { full: Vec::new(), last: Vec::new() }
    }
}

impl<T> Pages<T> {
    pub(super) fn push(&mut self, row: T) {
        if self.last.len() == ROWS {
            let full = std::mem::replace(&mut self.last, Vec::with_capacity(ROWS));
            self.full.push(full);
        }
        self.last.push(row);
    }

    pub(super) fn len(&self) -> usize {
        self.full.len() * ROWS + self.last.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        self.full.get(at / ROWS).unwrap_or(&self.last).get(at % ROWS).filter(|_| at < self.len())
    }

    /// The row that was added last.
    pub(super) fn last(&self) -> Option<&T> {
        self.last.last().or_else(|| self.full.last()?.last())
    }

    /// Takes back all but the first rows.
    pub(super) fn truncate(&mut self, rows: usize) {
        if rows / ROWS < self.full.len() {
            self.full.truncate(rows / ROWS + 1);
            self.last = self.full.pop().unwrap_or_default();
        }
        self.last.truncate(rows.saturating_sub(self.full.len() * ROWS));
    }

    /// Gives back memory that no row needs.
    pub(super) fn shrink_to_fit(&mut self) {
        self.full.shrink_to_fit();
        self.last.shrink_to_fit();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().flatten().chain(&self.last)
    }
}

impl<T> Extend<T> for Pages<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        more.into_iter().for_each(|row| self.push(row));
    }
}

impl<T> IntoIterator for Pages<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::iter::Flatten<std::vec::IntoIter<Vec<T>>>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.full.into_iter().flatten().chain(self.last)
    }
}

/// Words one behind the other in pages, each found again by where it begins.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<String>);

/// Bytes of a page; a longer text has one of its own.
const BYTES: usize = 1 << 16;

impl Words {
    /// Adds a text, and says where it begins; nothing when there are four gigabytes already.
    pub(super) fn push(&mut self, text: &str) -> Option<u32> {
        let is_full = self.0.last().is_none_or(|last| !last.is_empty() && last.len() + text.len() > BYTES);
        if is_full {
            // many files have few words
            let room = if self.0.is_empty() { text.len() } else { BYTES.max(text.len()) };
            self.0.push(String::with_capacity(room));
        }
        let page = self.0.len() - 1;
        let last = &mut self.0[page];
        let start = u32::try_from(page * BYTES + last.len()).ok()?;
        last.push_str(text);
        Some(start)
    }

    /// The text of so many bytes that begins at a place that [`Self::push`] gave.
    pub(super) fn get(&self, start: usize, length: usize) -> Option<&str> {
        self.0.get(start / BYTES)?.get(start % BYTES..start % BYTES + length)
    }

    /// Gives back memory that no text needs.
    pub(super) fn shrink_to_fit(&mut self) {
        self.0.last_mut().into_iter().for_each(String::shrink_to_fit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_do_what_a_vector_does() {
        for rows in [0, 1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS, 3 * ROWS + 7] {
            let mut pages = Pages::default();
            pages.extend(0..rows);
            assert_eq!(pages.len(), rows);
            assert_eq!(pages.last().copied(), rows.checked_sub(1));
            assert!(pages.iter().copied().eq(0..rows));
            for at in [0, ROWS - 1, ROWS, rows.saturating_sub(1), rows, rows + 1, 9 * ROWS] {
                assert_eq!(pages.get(at).copied(), (at < rows).then_some(at), "{at} of {rows}");
            }
            for kept in [0, 1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS, rows, rows + 5] {
                let mut pages = Pages::default();
                pages.extend(0..rows);
                pages.truncate(kept);
                assert_eq!(pages.len(), kept.min(rows), "{kept} of {rows}");
                assert_eq!(pages.last().copied(), kept.min(rows).checked_sub(1));
                pages.push(usize::MAX);
                assert!(pages.into_iter().eq((0..kept.min(rows)).chain([usize::MAX])));
            }
        }
    }

    #[test]
    fn words_are_found_where_they_begin() {
        let long = "é".repeat(BYTES);
        let texts = ["", "a", &long, "", "b", &long[..BYTES], &long[..BYTES - 2], "xyz", "", &long, &long, "end"];
        let mut words = Words::default();
        let starts: Vec<u32> = texts.iter().map(|text| words.push(text).expect("far below the limit")).collect();
        words.shrink_to_fit();
        for (text, start) in texts.iter().zip(starts) {
            assert_eq!(words.get(start as usize, text.len()), Some(*text), "at {start}");
        }
        assert_eq!(words.get(BYTES * 40, 1), None);
    }
}
