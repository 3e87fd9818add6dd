//! Lists with several rows for one party, not always together.

use super::error::ListError;
use super::reading::Reading;
use crate::lists::Party;
use crate::text::Lookup;

/// Parties of such a list; the longest has some 10,000.
const PARTY_LIMIT: usize = 500_000;

/// Parties that are not complete before the file ends.
#[derive(Default)]
pub(super) struct Grouped {
    places: Lookup<Box<str>, Option<usize>>,
    parties: Vec<Party>,
}

impl Grouped {
    /// The party of a key, and whether it is new; new ones come from `make`.
    pub(super) fn of(
        &mut self,
        key: &str,
        file: &str,
        line: u64,
        make: impl FnOnce() -> Party,
    ) -> Result<(&mut Party, bool), ListError> {
        let known = self.places.get(key).copied().flatten();
        let at = match known {
            Some(at) => at,
            None if self.parties.len() >= PARTY_LIMIT => {
                return Err(ListError::new(file, Some(line), "holds more parties than any list has"));
            }
            None => {
                self.places.insert(key.into(), Some(self.parties.len()));
                self.parties.push(make());
                self.parties.len() - 1
            }
        };
        Ok((&mut self.parties[at], known.is_none()))
    }

    /// Gives all out, in the order of the file; those without a name are bad.
    pub(super) fn give(self, file: &str, reading: &mut Reading<'_, '_>) {
        for mut party in self.parties {
            if party.names.is_empty() {
                reading.bad(file, 0, format!("entry {} has no name", party.entry));
                continue;
            }
            // the primary name may stand in a later row
            party.names.sort_by_key(|name| name.role != crate::lists::NameRole::Primary);
            reading.record();
            reading.give(party);
        }
    }
}
