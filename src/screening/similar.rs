//! How alike two words are.
//!
//! Words are compared in a folded form, in which the usual romanisations of the same sound are one spelling. Then
//! edits are counted, each a letter too many, too few, other or changed places with its neighbour, and only as many
//! are allowed as a slip of the pen makes in a word of that length.

/// Edits that are allowed in a word of so many letters: the shorter of the two counts.
#[must_use]
pub const fn budget(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Edits that are allowed in words as they are written, where the folded form hides a slip: `bb` for `bib`.
#[must_use]
pub const fn as_written(letters: usize) -> usize {
    if letters < 4 { 0 } else { 1 }
}

/// Similarity of words that fold to the same.
const SAME_SOUND: f32 = 0.97;

/// Similarity of two words by their folded forms: 1 for the same word, none when they are different words.
#[must_use]
pub fn similarity(a: &[u8], b: &[u8], folded_a: &[u8], folded_b: &[u8]) -> Option<f32> {
    if a == b {
        return Some(1.0);
    }
    let shorter = a.len().min(b.len());
    if folded_a == folded_b {
        // short words of the same sound are different words more often than not
        return (shorter >= 4 && folded_a.len() >= 2).then_some(SAME_SOUND);
    }
    let most = budget(shorter);
    let written = distance(a, b, as_written(shorter)).map(|edits| likeness(edits, a.len().max(b.len())));
    // sounds of two letters must not make a word of short ones
    let spoken = distance(folded_a, folded_b, most)
        .filter(|edits| written.is_some() || distance(a, b, edits + 1).is_some())
        .map(|edits| likeness(edits, folded_a.len().max(folded_b.len())));
    written.into_iter().chain(spoken).reduce(f32::max)
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn likeness(edits: usize, letters: usize) -> f32 {
    1.0 - edits as f32 / letters as f32
}

/// One spelling for what romanisations write in several ways. Letters of other scripts stay.
pub fn fold(word: &str, out: &mut Vec<u8>) {
    out.clear();
    let bytes = word.as_bytes();
    if !word.is_ascii() {
        out.extend_from_slice(bytes);
        return;
    }
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (letter, length) = if at == 0 { first_sound(rest) } else { sound(rest) };
        at += length;
        for letter in letter.iter().copied().filter(|letter| *letter != 0) {
            if out.last() != Some(&letter) {
                out.push(letter);
            }
        }
    }
}

/// As [`sound`]; a word that begins with `je` or `ye` keeps both.
fn first_sound(rest: &[u8]) -> ([u8; 2], usize) {
    match rest {
        [b'i' | b'y' | b'j', b'e', ..] => ([b'i', 0], 1),
        _ => sound(rest),
    }
}

/// The first sound of a rest of a word and the letters that write it.
fn sound(rest: &[u8]) -> ([u8; 2], usize) {
    let next = |at: usize| rest.get(at).copied().unwrap_or(0);
    let one = |letter: u8, length: usize| ([letter, 0], length);
    match (rest[0], next(1), next(2)) {
        (b's', b'c', b'h') => one(b'6', 3),
        (b't', b'c', b'h') => one(b'5', 3),
        (b's', b'h', _) => one(b'6', 2),
        (b'c', b'h', _) => one(b'5', 2),
        (b'p', b'h', _) => one(b'f', 2),
        (b'k', b'h', _) => one(b'h', 2),
        (b'g', b'h', _) => one(b'g', 2),
        (b'd', b'h', _) => one(b'd', 2),
        (b't', b'h', _) => one(b't', 2),
        (b'c', b'k', _) => one(b'k', 2),
        (b't', b's' | b'z', _) => one(b's', 2),
        (b'd', b'j', _) => one(b'i', 2),
        (b'o', b'u' | b'o', _) => one(b'u', 2),
        (b'o' | b'a', b'e', _) => one(rest[0], 2),
        (b'u', b'e', _) => one(b'u', 2),
        (b'e', b'e', _) => one(b'i', 2),
        (b'i' | b'y' | b'j', b'e', _) => one(b'e', 2),
        (b'c' | b'q', _, _) => one(b'k', 1),
        (b'w', _, _) => one(b'v', 1),
        (b'y' | b'j', _, _) => one(b'i', 1),
        (b'z', _, _) => one(b's', 1),
        (b'x', _, _) => ([b'k', b's'], 1),
        (letter, _, _) => one(letter, 1),
    }
}

/// Letters of a word that are looked at when edits are counted.
const LONGEST: usize = 64;

/// Optimal string alignment distance, when it is no more than `most`.
#[must_use]
pub fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    let (a, b) = trim(a, b);
    let (a, b) = if a.len() > b.len() { (b, a) } else { (a, b) };
    if b.len() - a.len() > most || b.len() > LONGEST {
        return None;
    }
    if a.is_empty() {
        return Some(b.len());
    }
    if most == 0 {
        return None;
    }
    let mut before = [0_u8; LONGEST + 1];
    let mut last = [0_u8; LONGEST + 1];
    let mut row = [0_u8; LONGEST + 1];
    for (value, cell) in (0..).zip(&mut last[..=b.len()]) {
        *cell = value;
    }
    for (i, x) in a.iter().enumerate() {
        row[0] = u8::try_from(i + 1).unwrap_or(u8::MAX);
        let mut least = row[0];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + u8::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row[j + 1] = cost;
            least = least.min(cost);
        }
        if usize::from(least) > most {
            return None;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    Some(usize::from(last[b.len()])).filter(|edits| *edits <= most)
}

/// Without the common beginning and end.
fn trim<'w>(a: &'w [u8], b: &'w [u8]) -> (&'w [u8], &'w [u8]) {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[front..], &b[front..]);
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    (&a[..a.len() - back], &b[..b.len() - back])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(word: &str) -> String {
        let mut out = Vec::new();
        fold(word, &mut out);
        String::from_utf8(out).expect("is ASCII")
    }

    #[test]
    fn romanisations_of_a_sound_fold_to_one_spelling() {
        for (a, b) in [
            ("sergey", "sergei"),
            ("wladimir", "vladimir"),
            ("selenskyj", "zelenskyy"),
            ("khasan", "hassan"),
            ("mueller", "muller"),
            ("schell", "shell"),
            ("medwedew", "medvedev"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        assert_ne!(folded("lavrov"), folded("navrov"));
    }

    #[test]
    fn edits_are_counted_as_slips_of_the_pen() {
        assert_eq!(distance(b"huawei", b"huawie", 2), Some(1));
        assert_eq!(distance(b"abc", b"abc", 0), Some(0));
        assert_eq!(distance(b"kaspersky", b"kaspersk", 1), Some(1));
        assert_eq!(distance(b"kaspersky", b"kapsersk", 2), Some(2));
        assert_eq!(distance(b"kaspersky", b"kasparov", 2), None);
        assert_eq!(distance(b"ab", b"cd", 1), None);
    }
}
