//! Lists that are one document of XML: every record is an element that is taken whole.

use super::error::ListError;
use super::markup::{Node, Visitor, Want, walk};
use super::reading::Reading;
use super::{Input, Party};

/// What an element that was taken is.
pub(super) enum Taken {
    /// No record: a fact about the edition.
    About,
    /// An entry that is marked as taken off the list.
    Removed,
    /// A record: the party, once for each list that it is on.
    Parties(Vec<Party>),
    /// A record that cannot be used; what it lacks.
    Bad(&'static str),
}

impl Taken {
    /// A record of a list that names no other.
    pub(super) fn one(party: Option<Party>, lacks: &'static str) -> Self {
        party.map_or(Self::Bad(lacks), |party| Self::Parties(vec![party]))
    }

    /// A record that stands on several lists.
    pub(super) fn on(lists: &[&'static str], party: &Party) -> Self {
        Self::Parties(lists.iter().map(|list| Party { list: (*list).into(), ..party.clone() }).collect())
    }
}

/// Which elements are records, and what each says.
pub(super) trait Records {
    /// An element begins, as in [`Visitor::enter`].
    fn enter(&mut self, head: &Node, depth: usize, reading: &mut Reading<'_, '_>) -> Want;
    /// An element was taken.
    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken;
}

/// Reads the records of a file; gives their number.
///
/// # Errors
/// Those of [`walk`].
pub(super) fn records(
    input: &Input<'_>,
    reading: &mut Reading<'_, '_>,
    records: &mut dyn Records,
) -> Result<u64, ListError> {
    let mut each = Each { file: input.file.name(), reading, records, rows: 0 };
    walk(input.file, &mut each)?;
    let rows = each.rows;
    reading.file(input, rows);
    Ok(rows)
}

struct Each<'v, 'a, 's> {
    file: &'v str,
    reading: &'v mut Reading<'a, 's>,
    records: &'v mut dyn Records,
    rows: u64,
}

impl Visitor for Each<'_, '_, '_> {
    fn enter(&mut self, head: &Node, depth: usize) -> Want {
        self.records.enter(head, depth, self.reading)
    }

    fn take(&mut self, node: Node) -> Result<(), ListError> {
        let taken = self.records.take(&node, self.reading);
        self.rows += u64::from(!matches!(taken, Taken::About));
        match taken {
            Taken::About => {}
            Taken::Removed => self.reading.removed(),
            Taken::Bad(lacks) => self.reading.bad(self.file, node.line, lacks),
            Taken::Parties(parties) => {
                self.reading.record();
                parties.into_iter().for_each(|party| self.reading.give(party));
            }
        }
        Ok(())
    }
}
