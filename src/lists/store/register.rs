//! Tables that say who owns whom, of which nobody is screened: looked up by entry number and by identifier.

use sha2::{Digest as _, Sha256};

use super::archive::{Archive, Builder, Damage, Section};
use super::parties::Parties;
use crate::lists::{KeyKind, Party};

const HASHES: &str = "keys.hashes";
const PLACES: &str = "keys.places";

/// A source that is no list, opened for look-ups.
#[derive(Clone, Debug)]
pub struct Register {
    parties: Parties,
    /// Of every identifier with check digits, sorted.
    hashes: Section,
    /// Whose each is, in the same order.
    places: Section,
}

impl Register {
    /// Adds the identifiers of `parties` to an archive that is to be written.
    pub fn encode(parties: &[Party], builder: &mut Builder<'_>) {
        let keys = parties.iter().zip(0_u32..).flat_map(|(party, at)| {
            let proofs = party.keys.iter().filter(|key| key.kind.is_proof());
            proofs.map(move |key| (hash(key.kind, &key.value), at))
        });
        let mut keys: Vec<(u64, u32)> = keys.collect();
        keys.sort_unstable();
        let (hashes, places): (Vec<u64>, Vec<u32>) = keys.into_iter().unzip();
        builder.add(HASHES, bytemuck::cast_slice::<u64, u8>(&hashes).to_vec());
        builder.add(PLACES, bytemuck::cast_slice::<u32, u8>(&places).to_vec());
    }

    /// The register in an archive.
    ///
    /// # Errors
    /// When sections are missing or do not belong together.
    pub fn of(archive: &Archive) -> Result<Self, Damage> {
        let (parties, hashes, places) = (Parties::of(archive)?, archive.require(HASHES)?, archive.require(PLACES)?);
        let count = hashes.numbers::<u64>().filter(|all| all.is_sorted()).map(<[u64]>::len);
        let is_sound = count.is_some() && places.numbers::<u32>().map(<[u32]>::len) == count;
        if is_sound { Ok(Self { parties, hashes, places }) } else { Err(Damage::Section(HASHES.into())) }
    }

    /// What has the entry number.
    #[must_use]
    pub fn by_entry(&self, list: &str, entry: &str) -> Option<Party> {
        self.parties.get(self.parties.find(list, entry)?)
    }

    /// Everything that has an identifier.
    #[must_use]
    pub fn by_key(&self, kind: KeyKind, value: &str) -> Vec<Party> {
        let (Some(hashes), Some(places)) = (self.hashes.numbers::<u64>(), self.places.numbers::<u32>()) else {
            return Vec::new();
        };
        let wanted = hash(kind, value);
        let start = hashes.partition_point(|hash| *hash < wanted);
        let found = hashes[start..].iter().zip(&places[start..]).take_while(|(hash, _)| **hash == wanted);
        let has = |party: &Party| party.keys.iter().any(|key| key.kind == kind && *key.value == *value);
        found.filter_map(|(_, at)| self.parties.get(*at as usize)).filter(has).collect()
    }
}

fn hash(kind: KeyKind, value: &str) -> u64 {
    let digest = Sha256::new().chain_update([kind as u8]).chain_update(value.as_bytes()).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}
