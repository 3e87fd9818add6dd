//! Hashes of words with letters left out. Two words that differ in few letters have one in common.

/// Letters of a word, from the front, of which some are left out.
const DELETED_FROM: usize = 24;
/// Longest word of which letters are deleted.
const LONGEST: usize = 64;
/// The hash of a word is the value of its letters as digits of a number to this base, so that the hash of a word without
/// some letters follows from those of the parts around them.
const BASE: u64 = 0x0001_0000_01B3;

/// Hashes of a folded word with up to so many letters deleted, itself among them.
pub(in crate::screening) fn deletions(folded: &[u8], budget: usize, mut each: impl FnMut(u64)) {
    let length = folded.len().min(LONGEST);
    let folded = &folded[..length];
    // value of the first letters, and the base to a power
    let (mut front, mut power) = ([0_u64; LONGEST + 1], [1_u64; LONGEST + 1]);
    for (at, letter) in folded.iter().enumerate() {
        front[at + 1] = front[at].wrapping_mul(BASE).wrapping_add(u64::from(*letter) + 1);
        power[at + 1] = power[at].wrapping_mul(BASE);
    }
    let part = |from: usize, to: usize| front[to].wrapping_sub(front[from].wrapping_mul(power[to - from]));
    let whole = front[length];
    each(mix(whole, length));
    if budget == 0 || length < 3 {
        return;
    }
    let last = length.min(DELETED_FROM);
    for i in 0..last {
        // deleting either of two equal neighbours is the same
        if i > 0 && folded[i] == folded[i - 1] {
            continue;
        }
        let one = front[i].wrapping_mul(power[length - 1 - i]).wrapping_add(part(i + 1, length));
        each(mix(one, length - 1));
        if budget == 1 {
            continue;
        }
        for j in i + 1..last {
            let middle = front[i].wrapping_mul(power[j - 1 - i]).wrapping_add(part(i + 1, j));
            let two = middle.wrapping_mul(power[length - 1 - j]).wrapping_add(part(j + 1, length));
            each(mix(two, length - 2));
        }
    }
}

fn mix(value: u64, length: usize) -> u64 {
    let mut state = (value ^ (length as u64) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state ^= state >> 32;
    state = state.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    state ^ state >> 32
}
