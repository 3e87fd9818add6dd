//! Names of organisations in Chinese writing: `place, name, trade, legal form` without a blank between them.

use super::lexicon::Lexicon;
use super::{Flags, Form, script};

/// The text with its places and trades parted off and given in the words that the English names have, so that
/// `北京智谱华章科技` and `Beijing Zhipu Huazhang Technology` have the same words; none when nothing is parted.
pub(super) fn part(text: &str, lexicon: &Lexicon) -> Option<String> {
    if !text.chars().any(|c| !c.is_ascii() && script::is_han(c)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::PartyKind;

    #[test]
    fn places_and_trades_are_parted_off() {
        let lexicon = Lexicon::embedded();
        let words = |text: &str| part(text, &lexicon).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(words("北京智谱华章科技").as_deref(), Some("beijing 智谱华章 technology"));
        assert_eq!(words("杭州海康威视数字技术").as_deref(), Some("hangzhou 海康威视 digital technology"));
        assert_eq!(words("上海微电子").as_deref(), Some("shanghai microelectronics"));
        // a single letter is no name, and what stands in the middle is part of it
        assert_eq!(words("米电子"), None);
        assert_eq!(words("科大讯飞"), None);
        assert_eq!(words("Huawei Technologies"), None);
    }

    #[test]
    fn people_are_not_parted_and_what_is_left_is_a_name() {
        let lexicon = Lexicon::embedded();
        let shown = |text: &str, kind: PartyKind| -> Vec<String> {
            Form::all(text, kind, &lexicon).iter().map(|form| form.words().collect::<Vec<_>>().join(" ")).collect()
        };
        let company = shown("海康威视数字技术有限公司", PartyKind::Organisation);
        assert_eq!(company, ["haikangweishi digital technology", "海康威视 digital technology", "海康威视"]);
        // numbers are never dropped
        assert_eq!(shown("海康威视3号科技", PartyKind::Organisation).len(), 2);
        assert_eq!(shown("李技术", PartyKind::Person).last().map(String::as_str), Some("李技术"));
    }

    /// The table's words are words of the dictionary, so that they weigh what they weigh in English names.
    #[test]
    fn the_words_of_the_table_are_known() {
        let lexicon = Lexicon::embedded();
        let unknown = |latin: &str| latin.split(' ').any(|word| !lexicon.is_known(word));
        let bad: Vec<_> = lexicon.han.iter().filter(|word| unknown(&word.latin)).map(|word| &word.latin).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}
