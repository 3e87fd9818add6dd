//! Flat arrays, made here or lying in a mapped file.

use std::borrow::Cow;

/// A flat array.
pub(in crate::screening) type Column<'a, T> = Cow<'a, [T]>;

/// A section as an array of numbers; none when it is not there, not aligned, or not a whole number of them.
pub(in crate::screening) fn read<'a, T: bytemuck::Pod>(bytes: Option<&'a [u8]>) -> Option<Column<'a, T>> {
    bytemuck::try_cast_slice(bytes?).ok().map(Cow::Borrowed)
}

/// Numbers by hash, in one array: where each bucket begins, and what is in it with a part of its hash.
#[derive(Clone, Debug, Default)]
pub(in crate::screening) struct Buckets<'a> {
    heads: Column<'a, u32>,
    values: Column<'a, u32>,
    checks: Column<'a, u16>,
    /// A bit for every hash: most questions end here, in memory that is near.
    bits: Column<'a, u64>,
}

impl<'a> Buckets<'a> {
    /// From hashes with their values.
    pub(in crate::screening) fn build(all: &[(u64, u32)]) -> Self {
        let bits = usize::BITS - all.len().max(16).leading_zeros();
        let count = 1_usize << bits;
        let mut heads = vec![0_u32; count + 1];
        for (hash, _) in all {
            heads[bucket(*hash, count) + 1] += 1;
        }
        for at in 0..count {
            heads[at + 1] += heads[at];
        }
        let mut bits = vec![0_u64; (count / 16).max(1)];
        for (hash, _) in all {
            let (word, bit) = place(*hash, bits.len());
            bits[word] |= bit;
        }
        let mut next = heads.clone();
        let mut values = vec![0; all.len()];
        let mut checks = vec![0; all.len()];
        for (hash, value) in all {
            let slot = &mut next[bucket(*hash, count)];
            values[*slot as usize] = *value;
            checks[*slot as usize] = check(*hash);
            *slot += 1;
        }
        Self { heads: heads.into(), values: values.into(), checks: checks.into(), bits: bits.into() }
    }

    /// Values that may have this hash.
    #[inline]
    pub(in crate::screening) fn get(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let (word, bit) = place(hash, self.bits.len());
        let (from, to) = if self.bits.get(word).is_some_and(|bits| bits & bit != 0) {
            let at = bucket(hash, self.heads.len().saturating_sub(1));
            match self.heads.get(at..at + 2) {
                Some([from, to]) => (*from as usize, *to as usize),
                _ => (0, 0),
            }
        } else {
            (0, 0)
        };
        let check = check(hash);
        let checks = self.checks.get(from..to).unwrap_or_default();
        let values = self.values.get(from..to).unwrap_or_default();
        checks.iter().zip(values).filter(move |(other, _)| **other == check).map(|(_, value)| *value)
    }

    pub(in crate::screening) fn sections(&self) -> [(&'static str, &[u8]); 4] {
        [
            ("heads", bytemuck::cast_slice(&self.heads)),
            ("values", bytemuck::cast_slice(&self.values)),
            ("checks", bytemuck::cast_slice(&self.checks)),
            ("bits", bytemuck::cast_slice(&self.bits)),
        ]
    }

    pub(in crate::screening) fn read(section: impl Fn(&str) -> Option<&'a [u8]>) -> Option<Self> {
        let all = Self {
            heads: read(section("heads"))?,
            values: read(section("values"))?,
            checks: read(section("checks"))?,
            bits: read(section("bits"))?,
        };
        let sound = all.heads.len() > 1
            && (all.heads.len() - 1).is_power_of_two()
            && all.values.len() == all.checks.len()
            && all.bits.len().is_power_of_two();
        sound.then_some(all)
    }
}

fn bucket(hash: u64, count: usize) -> usize {
    usize::try_from(hash & 0xFFFF_FFFF).unwrap_or(0) & count.wrapping_sub(1)
}

/// Word and bit of a hash in the bits.
fn place(hash: u64, words: usize) -> (usize, u64) {
    let at = usize::try_from(hash >> 16 & 0xFFFF_FFFF).unwrap_or(0);
    (at >> 6 & words.wrapping_sub(1), 1 << (at & 63))
}

fn check(hash: u64) -> u16 {
    u16::try_from(hash >> 48).unwrap_or(0)
}
