//! One party on several lists of one authority: an authority that numbers its parties, and not its entries, says with the
//! same number that it is the same party. An identifier that the rules' own entry leaves out, and that another list of the
//! authority has under this number, speaks for the rules' entry as well.

use super::engine::{Hit, Parties as _};
use super::evidence::{Bearing, Piece, What};
use super::level::decide;
use super::listed::Listed;
use super::normalise::Lexicon;
use super::pair::score_pair;
use super::query::Query;
use super::screener::Candidate;
use crate::lists::Party;
use crate::lists::format::numbered_by;
use crate::model::Verification;

/// Score from which names of two entries agree.
const AGREE: f32 = 0.85;

/// An identifier of the subject that stands in an imported entry.
struct Stated {
    party: Party,
    bearing: Bearing,
    detail: String,
}

/// Adds to entries of the rules what imported entries of the same party say of the subject's identifiers.
pub(super) fn corroborate(own: &Listed<'_>, lexicon: &Lexicon, query: &Query, all: &mut Vec<Candidate>) {
    for stated in stated(all) {
        for (at, party) in own.parties.iter().enumerate() {
            if !is_twin(party, &stated.party) || !names_agree(party, &stated.party, lexicon) {
                continue;
            }
            let Ok(place) = u32::try_from(at) else { continue };
            let is_it = |one: &&mut Candidate| same_entry(&one.hit.party, party);
            match all.iter_mut().find(is_it) {
                Some(known) => add(&mut known.hit, &stated),
                None => all.extend(new(own, place, query, &stated)),
            }
        }
    }
}

/// What imported entries say of the subject's identifiers.
fn stated(all: &[Candidate]) -> Vec<Stated> {
    let imported = all.iter().filter(|one| one.imported);
    let pieces = imported.flat_map(|one| one.hit.pieces.iter().map(move |piece| (one, piece)));
    let keys = pieces.filter(|(_, piece)| piece.what == What::Key && piece.bearing <= Bearing::Strong);
    keys.map(|(one, piece)| {
        let party = one.hit.party.clone();
        let detail = format!(
            "{} {} of {}; the same number of one authority is one party",
            piece.detail, party.entry, party.list
        );
        Stated { party, bearing: piece.bearing, detail }
    })
    .collect()
}

/// The same number of one authority on another list.
fn is_twin(own: &Party, imported: &Party) -> bool {
    let Some((authority, number)) = own.entry.split_once(':') else { return false };
    own.list != imported.list && *number == *imported.entry && numbered_by(&imported.list) == Some(authority)
}

fn same_entry(one: &Party, other: &Party) -> bool {
    one.list == other.list && super::screener::number(&one.entry) == super::screener::number(&other.entry)
}

/// True when a name of one entry is a name of the other: a number alone may be a slip of a pen.
fn names_agree(one: &Party, other: &Party, lexicon: &Lexicon) -> bool {
    let pairs = one.names.iter().flat_map(|ours| other.names.iter().map(move |theirs| (ours, theirs)));
    pairs
        .filter_map(|(ours, theirs)| score_pair(&ours.text, &theirs.text, other.kind, lexicon))
        .any(|(_, _, parts, _)| parts.score >= AGREE)
}

fn add(hit: &mut Hit, stated: &Stated) {
    let is_known = hit.pieces.iter().any(|piece| piece.what == What::Key && piece.bearing <= stated.bearing);
    if !is_known {
        hit.pieces.insert(0, Piece { what: What::Key, bearing: stated.bearing, detail: stated.detail.clone() });
        hit.level = decide(&hit.facts, &hit.pieces);
    }
}

/// A hit for an entry of the rules that only the identifier of its twin leads to.
fn new(own: &Listed<'_>, at: u32, query: &Query, stated: &Stated) -> Option<Candidate> {
    let party = own.party(at)?.into_owned();
    let mut hit = Hit::by_identifier(at, party, query);
    add(&mut hit, stated);
    let verification = own.marks.get(at as usize).copied().unwrap_or(Verification::Recalled);
    Some(Candidate { hit, unsure: own.unsure.get(&at).copied(), imported: false, verification })
}
