//! Letters of scripts that one letter alone does not tell: Greek, whose sounds are often written with two, and Arabic and
//! Hebrew, which write consonants.

use unicode_script::{Script, UnicodeScript as _};

/// Two Greek letters that are one sound, or that a romanisation writes in its own way: before the second group only at
/// the beginning of a word or behind a consonant.
const GREEK: [(&str, &str); 9] = [
    ("ου", "ou"),
    ("αυ", "av"),
    ("ευ", "ev"),
    ("γγ", "ng"),
    ("γχ", "nkh"),
    ("τζ", "tz"),
    ("χ", "kh"),
    ("η", "i"),
    ("υ", "y"),
];
const GREEK_STOPS: [(&str, &str); 3] = [("μπ", "b"), ("ντ", "d"), ("γκ", "g")];

/// A Greek word with what is told by two letters in Latin ones; its other letters as they stand, small and without
/// accents. Nothing for words of other scripts.
pub(super) fn greek(word: &str) -> Option<String> {
    if !word.chars().any(|c| c.script() == Script::Greek) {
        return None;
    }
    let plain: String = word.to_lowercase().chars().map(without_accent).collect();
    let mut out = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    let mut is_open = true;
    while let Some(c) = rest.chars().next() {
        let stop = GREEK_STOPS.iter().filter(|_| is_open);
        let found = stop.chain(&GREEK).find(|(letters, _)| rest.starts_with(letters));
        let length = match found {
            Some((letters, latin)) => {
                out.push_str(latin);
                letters.len()
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        is_open = !c.is_alphabetic() || !matches!(c, 'α' | 'ε' | 'η' | 'ι' | 'ο' | 'υ' | 'ω');
        rest = &rest[length..];
    }
    Some(out)
}

fn without_accent(c: char) -> char {
    match c {
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        _ => c,
    }
}

/// Words that stand before names and are names of nobody: father of, son of, servant of.
const PARTICLES: [&str; 8] = ["ابو", "ابي", "ابن", "بن", "بنت", "عبد", "ام", "ال"];

/// The consonants of a word in a script that writes them, folded as Latin ones are: nothing for a particle. With
/// `article`, the Arabic article before it is one, else letters of the name.
pub(super) fn consonants(word: &str, article: bool, out: &mut Vec<u8>) {
    out.clear();
    if PARTICLES.contains(&word) {
        return;
    }
    let name = word.strip_prefix("ال").filter(|name| article && name.chars().count() > 1).unwrap_or(word);
    let last = name.chars().count();
    for (at, c) in (1..).zip(name.chars()) {
        // what is written at the end of a name for a breath is often left out
        let silent = at == last && c == 'ه';
        if let Some(sound) = sound(c).filter(|sound| !silent && out.last() != Some(sound)) {
            out.push(sound);
        }
    }
}

/// True for a word with the Arabic article, or with letters that look like it.
pub(super) fn has_article(word: &str) -> bool {
    word.starts_with("ال")
}

/// The folded consonant that a letter stands for.
fn sound(c: char) -> Option<u8> {
    Some(match c {
        'ب' | 'ב' => b'b',
        'پ' | 'פ' | 'ף' => b'p',
        'ت' | 'ط' | 'ث' | 'ט' | 'ת' => b't',
        'ح' | 'خ' | 'ه' | 'ה' | 'ח' => b'h',
        'د' | 'ذ' | 'ض' | 'ד' => b'd',
        'ر' | 'ר' => b'r',
        'ز' | 'ظ' | 'س' | 'ص' | 'ז' | 'ס' | 'צ' | 'ץ' => b's',
        'ش' | 'ژ' | 'ש' => b'6',
        'چ' => b'5',
        'غ' | 'گ' | 'ג' => b'g',
        'ف' | 'ڤ' => b'f',
        'ق' | 'ك' | 'ک' | 'כ' | 'ך' | 'ק' => b'k',
        'ل' | 'ל' => b'l',
        'م' | 'מ' | 'ם' => b'm',
        'ن' | 'נ' | 'ן' => b'n',
        _ => return None,
    })
}

/// A Latin name without what stands for "servant of" in it, and without the breath at its end.
pub(super) fn heard(word: &str) -> &str {
    let rest = word.strip_prefix("abd").map_or(word, |rest| rest.strip_prefix(['u', 'a', 'e', 'o']).unwrap_or(rest));
    let rest = if rest.len() < word.len() { rest.strip_prefix('l').unwrap_or(rest) } else { rest };
    let word = if rest.len() >= 2 { rest } else { word };
    word.strip_suffix('h').filter(|rest| rest.ends_with(['a', 'e', 'i', 'o'])).unwrap_or(word)
}
