//! Legal forms are taken out of names.

use super::lexicon::{LegalClass, Lexicon, Position};
use super::words::Scratch;
use crate::screening::similar::distance;

/// Short legal forms as they are misspelt: with a letter too many, changed, or in another place.
pub(super) fn resembles_form(word: &str) -> bool {
    const FORMS: [&str; 12] =
        ["llc", "ltd", "jsc", "plc", "inc", "pjsc", "ojsc", "cjsc", "gmbh", "sarl", "ooo", "corp"];
    (4..=5).contains(&word.len()) && FORMS.iter().any(|form| distance(word.as_bytes(), form.as_bytes(), 1).is_some())
}

/// Marks the words of legal forms: from the end, from the beginning, then those that may stand anywhere.
pub(super) fn take_out_forms(lexicon: &Lexicon, scratch: &mut Scratch, person: bool) {
    let (mut first, mut last) = (0, scratch.raw.len());
    while let Some((start, length, class)) = form_at_end(lexicon, scratch, first, last, person) {
        mark(scratch, start, length, class);
        last = start;
    }
    if person {
        return;
    }
    while first + 1 < last {
        let fits = |position: Position, length: usize| {
            matches!(position, Position::Any | Position::Ends) && first + length < last
        };
        let Some((length, class)) = form_at(lexicon, scratch, first, fits) else { break };
        mark(scratch, first, length, class);
        first += length;
    }
    let mut at = first;
    while at < last {
        let all = |length: usize| at == first && at + length == last;
        let fits = |position: Position, length: usize| position == Position::Any && at + length <= last && !all(length);
        match form_at(lexicon, scratch, at, fits) {
            Some((length, class)) => {
                mark(scratch, at, length, class);
                at += length;
            }
            None => at += 1,
        }
    }
}

/// The longest legal form that ends before `last`, where a word is left before it.
fn form_at_end(
    lexicon: &Lexicon,
    scratch: &Scratch,
    first: usize,
    last: usize,
    person: bool,
) -> Option<(usize, usize, LegalClass)> {
    let from = last.saturating_sub(lexicon.longest).max(first + 1);
    (from..last).find_map(|start| {
        let fits = |position: Position, length: usize| start + length == last && (!person || position == Position::Any);
        form_at(lexicon, scratch, start, fits).map(|(length, class)| (start, length, class))
    })
}

fn mark(scratch: &mut Scratch, at: usize, length: usize, class: LegalClass) {
    scratch.kept[at..at + length].fill(false);
    scratch.form.legal.add(class);
}

/// The longest legal form that begins at a word and fits there.
fn form_at(
    lexicon: &Lexicon,
    scratch: &Scratch,
    at: usize,
    fits: impl Fn(Position, usize) -> bool,
) -> Option<(usize, LegalClass)> {
    let known = lexicon.words.get(scratch.meant(at))?;
    let found = known.forms.iter().find(|form| {
        fits(form.position, form.rest.len() + 1)
            && at + form.rest.len() < scratch.raw.len()
            && form.rest.iter().enumerate().all(|(next, word)| scratch.meant(at + 1 + next) == &**word)
    })?;
    Some((found.rest.len() + 1, found.class))
}
