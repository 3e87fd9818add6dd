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

/// Optimal string alignment distance, when it is no more than `most`, which is small: what differs first is taken for
/// each slip that it can be, and the rest is compared with one slip less.
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
    let swapped = |a: &[u8], b: &[u8]| a.len() > 1 && a[0] == b[1] && a[1] == b[0];
    match most {
        0 => None,
        1 => (b.len() == 1 || a.len() == 2 && b.len() == 2 && swapped(a, b)).then_some(1),
        _ => {
            let mut least = None;
            let mut most = most - 1;
            let mut rest = |a: &[u8], b: &[u8]| {
                if let Some(edits) = distance(a, b, most) {
                    least = Some(edits + 1);
                    most = edits.saturating_sub(1);
                }
            };
            // another letter, one too many in `b`, one too many in `a`, two in each other's place
            rest(&a[1..], &b[1..]);
            rest(a, &b[1..]);
            rest(&a[1..], b);
            if swapped(a, b) {
                rest(&a[2..], &b[2..]);
            }
            least
        }
    }
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

    /// The same distance by the whole table.
    fn table(a: &[u8], b: &[u8]) -> usize {
        let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                rows[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let mut cost = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        cost = cost.min(rows[i - 2][j - 2] + 1);
                    }
                    cost
                };
            }
        }
        rows[a.len()][b.len()]
    }

    proptest::proptest! {
        #[test]
        fn the_distance_is_that_of_the_whole_table(a in "[a-c]{0,9}", b in "[a-c]{0,9}", most in 0_usize..4) {
            let whole = table(a.as_bytes(), b.as_bytes());
            proptest::prop_assert_eq!(distance(a.as_bytes(), b.as_bytes(), most), Some(whole).filter(|edits| *edits <= most));
        }
    }
}
