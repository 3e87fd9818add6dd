//! Names of organisations in Chinese writing: `place, name, trade, legal form` without a blank between them.

use super::lexicon::Lexicon;
use super::{Flags, Form, script};

/// The text with its places and trades parted off and given in the words that the English names have, so that
/// `北京智谱华章科技` and `Beijing Zhipu Huazhang Technology` have the same words; none when nothing is parted.
pub(super) fn part(text: &str, lexicon: &Lexicon) -> Option<String> {
    if !text.chars().any(script::is_han) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut is_parted = false;
    let mut rest = text;
    while !rest.is_empty() {
        let is_run = rest.starts_with(script::is_han);
        let end = rest.find(|c| script::is_han(c) != is_run).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        if is_run {
            is_parted |= part_run(piece, lexicon, &mut out);
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
    is_parted.then_some(out)
}

/// Places stand before the name, trades behind it; in the name itself nothing is looked for. True when something was
/// parted off.
fn part_run(run: &str, lexicon: &Lexicon, out: &mut String) -> bool {
    let (mut places, mut trades) = (Vec::new(), Vec::new());
    let mut name = run;
    while let Some((written, latin)) =
        lexicon.han.iter().find(|word| word.place && name.starts_with(&*word.written)).map(taken)
    {
        places.push(latin);
        name = &name[written.len()..];
    }
    while let Some(word) = lexicon.han.iter().find(|word| name.ends_with(&*word.written)) {
        let left = &name[..name.len() - word.written.len()];
        // a single letter is no name: `小米科技` may be parted, `米电子` not
        if left.chars().count() == 1 {
            break;
        }
        trades.push(&*word.latin);
        name = left;
    }
    for word in places.iter().copied().chain([name]).chain(trades.iter().rev().copied()) {
        out.push(' ');
        out.push_str(word);
    }
    out.push(' ');
    places.len() + trades.len() > 0
}

fn taken(word: &super::lexicon::HanWord) -> (&str, &str) {
    (&word.written, &word.latin)
}

/// What is left of a name when places and trades are left out, as people call a company: `海康威视`. Nothing when
/// it has a number or a word of another sort, or when there was nothing to leave out.
pub(super) fn short(form: &Form) -> Option<Form> {
    let mut out = Form::default();
    for (at, token) in form.tokens.iter().enumerate() {
        if token.flags.has(Flags::SCRIPT) {
            out.push(form.word(at), token.flags.0, token.rank);
            out.letters.push_str(form.word(at));
        } else if !token.flags.has(Flags::KNOWN) {
            return None;
        }
    }
    out.paired.resize(out.tokens.len(), (0, 0));
    let is_shorter = !out.tokens.is_empty() && out.tokens.len() < form.tokens.len();
    is_shorter.then_some(out)
}
