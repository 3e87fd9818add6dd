//! Many words of which a text may hold one.

/// Bytes of every word by which they are told apart.
const BEGIN: usize = 4;

/// Words, found wherever they stand in a text.
///
/// An automaton for some hundred words takes longer to make than most trees hold code to look through; a bit for what each
/// begins with is made at once, and tells nearly every place of a text.
#[derive(Debug)]
pub struct Marks {
    /// A bit for every word, see [`slot`].
    bits: Vec<u64>,
    /// In order.
    words: Vec<Box<[u8]>>,
}

impl Marks {
    /// Reads words.
    ///
    /// # Panics
    /// When one is shorter than four bytes.
    pub fn of(words: impl IntoIterator<Item = String>) -> Self {
        let mut words: Vec<Box<[u8]>> = words.into_iter().map(|word| word.into_bytes().into_boxed_slice()).collect();
        words.sort_unstable();
        let mut bits = vec![0_u64; (1 << 16) / 64];
        for word in &words {
            let at = slot(*word.first_chunk().expect("words are long enough"));
            bits[at / 64] |= 1 << (at % 64);
        }
        Self { bits, words }
    }

    /// True when one of them stands in a text.
    #[must_use]
    pub fn stand_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.windows(BEGIN).enumerate().any(|(at, begin)| {
            let Some(begin) = begin.first_chunk::<BEGIN>() else { return false };
            let slot = slot(*begin);
            self.bits[slot / 64] >> (slot % 64) & 1 == 1 && self.begin_at(*begin, &bytes[at..])
        })
    }

    fn begin_at(&self, begin: [u8; BEGIN], rest: &[u8]) -> bool {
        let first = self.words.partition_point(|word| word[..BEGIN] < begin[..]);
        let same = self.words[first..].iter().take_while(|word| word[..BEGIN] == begin);
        same.into_iter().any(|word| rest.starts_with(word))
    }
}

/// One of so many bits for four bytes.
fn slot(begin: [u8; BEGIN]) -> usize {
    (u32::from_le_bytes(begin).wrapping_mul(0x9E37_79B1) >> 16) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_found_as_one_by_one(
            words in prop::collection::vec("[abé]{4,6}", 0..6),
            text in "[abé]{0,40}",
        ) {
            let expected = words.iter().any(|word| text.contains(word.as_str()));
            prop_assert_eq!(Marks::of(words).stand_in(&text), expected);
        }
    }
}
