//! Hashes of words with letters left out. Two words that differ in few letters have one in common.

/// Letters of a word, from the front, of which some are left out.
const DELETED_FROM: usize = 24;
/// Longest word of which letters are deleted.
const LONGEST: usize = 64;
/// The hash of a word is the value of its letters as digits of a number to this base, the first the lowest. What stands
/// behind a letter that is left out moves down by one place, which is a division by the base.
const BASE: u64 = 0x0001_0000_01B3;
const DOWN: u64 = inverse(BASE);

/// What an odd number must be multiplied with to give 1: every step doubles the bits that are right.
const fn inverse(odd: u64) -> u64 {
    let mut found = odd;
    let mut step = 0;
    while step < 5 {
        found = found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found)));
        step += 1;
    }
    found
}

/// Hashes of a folded word with up to so many letters deleted, itself among them.
pub(in crate::screening) fn deletions(folded: &[u8], budget: usize, mut each: impl FnMut(u64)) {
    let length = folded.len().min(LONGEST);
    let folded = &folded[..length];
    // what changes in the value when a letter is the first to be left out, and the second
    let (mut first, mut second) = ([0_u64; LONGEST], [0_u64; LONGEST]);
    let (mut value, mut power) = (0_u64, 1_u64);
    for (at, letter) in folded.iter().enumerate() {
        let next = value.wrapping_add((u64::from(*letter) + 1).wrapping_mul(power));
        let (before, behind) = (value.wrapping_mul(DOWN), next.wrapping_mul(DOWN));
        first[at] = value.wrapping_sub(behind);
        second[at] = before.wrapping_sub(behind.wrapping_mul(DOWN));
        value = next;
        power = power.wrapping_mul(BASE);
    }
    each(mix(value, length));
    if budget == 0 || length < 3 {
        return;
    }
    let once = value.wrapping_mul(DOWN);
    let twice = once.wrapping_mul(DOWN);
    let last = length.min(DELETED_FROM);
    for i in 0..last {
        // deleting either of two equal neighbours is the same
        if i > 0 && folded[i] == folded[i - 1] {
            continue;
        }
        each(mix(once.wrapping_add(first[i]), length - 1));
        if budget == 1 {
            continue;
        }
        let one = twice.wrapping_add(first[i]);
        for j in i + 1..last {
            if j == i + 1 || folded[j] != folded[j - 1] {
                each(mix(one.wrapping_add(second[j]), length - 2));
            }
        }
    }
}

fn mix(value: u64, length: usize) -> u64 {
    let mut state = (value ^ (length as u64) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state ^= state >> 32;
    state = state.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    state ^ state >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of a word as it stands.
    fn whole(word: &[u8]) -> u64 {
        let mut found = 0;
        deletions(word, 0, |hash| found = hash);
        found
    }

    #[test]
    fn a_word_without_letters_has_the_hash_of_what_is_left() {
        for word in ["abc", "huawei", "aabbcc", "mississippi", "kaspersky"] {
            let mut found = Vec::new();
            deletions(word.as_bytes(), 2, |hash| found.push(hash));
            let mut wanted = vec![whole(word.as_bytes())];
            for i in 0..word.len() {
                let mut one = word.as_bytes().to_vec();
                one.remove(i);
                wanted.push(whole(&one));
                for j in i..one.len() {
                    let mut two = one.clone();
                    two.remove(j);
                    wanted.push(whole(&two));
                }
            }
            for all in [&mut found, &mut wanted] {
                all.sort_unstable();
                all.dedup();
            }
            assert_eq!(found, wanted, "{word}");
        }
    }
}
