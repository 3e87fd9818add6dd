//! Scripts: what is taken apart, what is romanised, what is kept as it is.

use any_ascii::any_ascii_char;
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};

/// What is done with the letters of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    /// Letters stand for sounds and the common romanisations agree.
    Romanise,
    /// Romanised, and kept as it is too: Han, Kana.
    Both,
    /// Romanisation would be guesswork: Arabic, Hebrew, Thai, Indic scripts.
    Keep,
}

fn care(script: Script) -> Care {
    match script {
        Script::Han | Script::Hiragana | Script::Katakana | Script::Bopomofo => Care::Both,
        Script::Latin
        | Script::Cyrillic
        | Script::Greek
        | Script::Armenian
        | Script::Georgian
        | Script::Hangul
        | Script::Common
        | Script::Inherited => Care::Romanise,
        _ => Care::Keep,
    }
}

/// A name after the first steps: compatibility forms, invisible characters and look-alikes are settled.
pub(super) fn settle(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // an acute accent that stands alone would become a blank
    plain.extend(text.chars().filter(|c| !is_invisible(*c) && *c != '´').nfkc());
    let mut out = String::with_capacity(plain.len());
    for piece in plain.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let start = out.len();
        settle_word(piece, &mut out);
        if let Some(word) = super::letters::greek(&out[start..]) {
            out.truncate(start);
            out.push_str(&word);
        }
    }
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{AD}'
        | '\u{61C}' | '\u{180E}' | '\u{FE00}'..='\u{FE0F}')
}

/// A word in two scripts whose letters look alike is read in the script of most of its letters.
fn settle_word(word: &str, out: &mut String) {
    let (mut latin, mut other) = (0, 0);
    for c in word.chars().filter(|c| c.is_alphabetic()) {
        match c.script() {
            Script::Latin => latin += 1,
            Script::Cyrillic | Script::Greek => other += 1,
            _ => {}
        }
    }
    if latin == 0 || other == 0 {
        out.push_str(word);
    } else if latin >= other {
        out.extend(word.chars().map(|c| latin_for(c).unwrap_or(c)));
    } else {
        out.extend(word.chars().map(|c| cyrillic_for(c).unwrap_or(c)));
    }
}

const ALIKE: [(char, char); 34] = [
    ('а', 'a'),
    ('в', 'b'),
    ('е', 'e'),
    ('к', 'k'),
    ('м', 'm'),
    ('н', 'h'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('т', 't'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('һ', 'h'),
    ('ԁ', 'd'),
    ('ӏ', 'l'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('Ѕ', 'S'),
    ('Ԁ', 'D'),
];

const GREEK: [(char, char); 22] = [
    ('α', 'a'),
    ('ο', 'o'),
    ('ν', 'v'),
    ('ρ', 'p'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

fn latin_for(c: char) -> Option<char> {
    ALIKE.iter().chain(&GREEK).find(|(other, _)| *other == c).map(|(_, latin)| *latin)
}

fn cyrillic_for(c: char) -> Option<char> {
    ALIKE.iter().find(|(_, latin)| *latin == c).map(|(other, _)| *other)
}

/// True when the text has words that are matched in their own script, besides their romanisation.
pub(super) fn has_both(text: &str) -> bool {
    text.chars().any(|c| !c.is_ascii() && c.is_alphabetic() && care(c.script()) == Care::Both)
}

/// True when the text has letters of a script that writes no vowels.
pub(super) fn is_without_vowels(text: &str) -> bool {
    text.chars().any(|c| !c.is_ascii() && matches!(c.script(), Script::Arabic | Script::Hebrew))
}

/// True for a letter of Chinese writing.
pub(crate) fn is_han(c: char) -> bool {
    c.script() == Script::Han
}

/// A letter as it is matched: ASCII, or the letter itself where its script is kept. `own` keeps scripts that would be
/// romanised besides.
pub(super) fn letter(c: char, own: bool, out: &mut String) {
    match care(c.script()) {
        Care::Both if own => out.push(c),
        Care::Keep => {
            if let Some(c) = same_letter(c) {
                out.push(c);
            }
        }
        _ => out.extend(any_ascii_char(c).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())),
    }
}

/// Letters of the Arabic script that are written for each other; nothing for what only stretches a word.
fn same_letter(c: char) -> Option<char> {
    match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ى' | 'ی' | 'ئ' => Some('ي'),
        'ة' => Some('ه'),
        'ک' => Some('ك'),
        'ؤ' => Some('و'),
        'ـ' => None,
        _ => c.to_lowercase().next(),
    }
}
