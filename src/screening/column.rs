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
    /// The number, and above it half of the hash.
    slots: Column<'a, u64>,
    /// Two bits of one word for every hash: most questions end here, in memory that is near.
    bits: Column<'a, u64>,
}

/// A bucket that is asked: its slots, and the first of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::screening) struct Step {
    from: u32,
    to: u32,
    first: u64,
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
        let mut bits = vec![0_u64; count / 8];
        for (hash, _) in all {
            let (word, mask) = place(*hash, bits.len());
            bits[word] |= mask;
        }
        let mut next = heads.clone();
        let mut slots = vec![0; all.len()];
        for (hash, value) in all {
            let slot = &mut next[bucket(*hash, count)];
            slots[*slot as usize] = hash & UPPER | u64::from(*value);
            *slot += 1;
        }
        Self { heads: heads.into(), slots: slots.into(), bits: bits.into() }
    }

    /// Values that may have this hash.
    #[inline]
    pub(in crate::screening) fn get(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let (word, mask) = place(hash, self.bits.len());
        let range = if self.bits.get(word).is_some_and(|bits| bits & mask == mask) {
            let at = bucket(hash, self.heads.len().saturating_sub(1));
            match self.heads.get(at..at + 2) {
                Some([from, to]) => *from as usize..*to as usize,
                _ => 0..0,
            }
        } else {
            0..0
        };
        let slots = self.slots.get(range).unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the value")]
        slots.iter().filter(move |slot| **slot & UPPER == hash & UPPER).map(|slot| *slot as u32)
    }

    /// Values that may have any of many hashes, in no order, some more than once. Each step is done for all of them before
    /// the next, so that memory is waited for once a step and not once a hash.
    pub(in crate::screening) fn gather(&self, asked: &mut Vec<u64>, steps: &mut Vec<Step>, found: &mut Vec<u32>) {
        if self.bits.is_empty() || self.heads.is_empty() {
            return;
        }
        let mut kept = 0;
        for at in 0..asked.len() {
            let hash = asked[at];
            let (word, mask) = place(hash, self.bits.len());
            asked[kept] = hash;
            kept += usize::from(self.bits[word] & mask == mask);
        }
        asked.truncate(kept);
        steps.clear();
        steps.extend(asked.iter().map(|hash| {
            let at = bucket(*hash, self.heads.len() - 1);
            Step { from: self.heads[at], to: self.heads[at + 1], first: 0 }
        }));
        for step in &mut *steps {
            step.first = self.slots.get(step.from as usize).copied().unwrap_or(0);
        }
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the value")]
        for (hash, step) in asked.iter().zip(&*steps) {
            let fits = |slot: u64| slot & UPPER == hash & UPPER;
            if step.from < step.to && fits(step.first) {
                found.push(step.first as u32);
            }
            let rest = self.slots.get(step.from as usize + 1..step.to as usize).unwrap_or_default();
            found.extend(rest.iter().filter(|slot| fits(**slot)).map(|slot| *slot as u32));
        }
    }

    pub(in crate::screening) fn sections(&self) -> [(&'static str, &[u8]); 3] {
        [
            ("heads", bytemuck::cast_slice(&self.heads)),
            ("slots", bytemuck::cast_slice(&self.slots)),
            ("bits", bytemuck::cast_slice(&self.bits)),
        ]
    }

    pub(in crate::screening) fn read(section: impl Fn(&str) -> Option<&'a [u8]>) -> Option<Self> {
        let all = Self { heads: read(section("heads"))?, slots: read(section("slots"))?, bits: read(section("bits"))? };
        let sound = all.heads.len() > 1 && (all.heads.len() - 1).is_power_of_two() && all.bits.len().is_power_of_two();
        sound.then_some(all)
    }
}

/// The half of a hash that is kept beside a value.
const UPPER: u64 = !0 << 32;

fn bucket(hash: u64, count: usize) -> usize {
    usize::try_from(hash & 0xFFFF_FFFF).unwrap_or(0) & count.wrapping_sub(1)
}

/// Word of a hash in the bits, and its two bits.
fn place(hash: u64, words: usize) -> (usize, u64) {
    let at = usize::try_from(hash >> 12 & 0xFFFF_FFFF).unwrap_or(0);
    (at & words.wrapping_sub(1), 1 << (hash >> 52 & 63) | 1 << (hash >> 58))
}
