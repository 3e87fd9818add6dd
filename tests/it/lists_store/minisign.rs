//! Signs as minisign does: BLAKE2b of the file, Ed25519 over that, and again over signature and trusted comment.

use ring::signature::{Ed25519KeyPair, KeyPair as _};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// A pair of keys.
pub(super) struct Signer {
    pair: Ed25519KeyPair,
    id: [u8; 8],
}

impl Signer {
    pub(super) fn new(seed: u8) -> Self {
        Self { pair: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("32 bytes"), id: [seed; 8] }
    }

    /// As the file `minisign.pub` has it in its second line.
    pub(super) fn public(&self) -> String {
        base64(&[b"Ed".as_slice(), &self.id, self.pair.public_key().as_ref()].concat())
    }

    /// The text of a `.minisig` file.
    pub(super) fn sign(&self, bytes: &[u8]) -> String {
        let signature = self.pair.sign(&blake2b(bytes));
        let comment = "timestamp:0\tfile:bundle\thashed";
        let global = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        format!(
            "untrusted comment: signature\n{}\ntrusted comment: {comment}\n{}\n",
            base64(&[b"ED".as_slice(), &self.id, signature.as_ref()].concat()),
            base64(global.as_ref())
        )
    }
}

const START: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

const ORDER: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// BLAKE2b with 64 bytes and no key, RFC 7693.
fn blake2b(bytes: &[u8]) -> [u8; 64] {
    let mut state = START;
    state[0] ^= 0x0101_0040;
    let blocks = bytes.len().div_ceil(128).max(1);
    for at in 0..blocks {
        let mut block = [0; 128];
        let part = &bytes[at * 128..bytes.len().min(at * 128 + 128)];
        block[..part.len()].copy_from_slice(part);
        compress(&mut state, &block, (at * 128 + part.len()) as u64, at + 1 == blocks);
    }
    let mut out = [0; 64];
    for (to, word) in out.chunks_exact_mut(8).zip(state) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    out
}

fn compress(state: &mut [u64; 8], block: &[u8; 128], count: u64, last: bool) {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(8)) {
        *word = u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
    }
    let mut v = [0; 16];
    v[..8].copy_from_slice(state);
    v[8..].copy_from_slice(&START);
    v[12] ^= count;
    if last {
        v[14] = !v[14];
    }
    let mut mix = |a: usize, b: usize, c: usize, d: usize, x: u64, y: u64| {
        v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
        v[d] = (v[d] ^ v[a]).rotate_right(32);
        v[c] = v[c].wrapping_add(v[d]);
        v[b] = (v[b] ^ v[c]).rotate_right(24);
        v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
        v[d] = (v[d] ^ v[a]).rotate_right(16);
        v[c] = v[c].wrapping_add(v[d]);
        v[b] = (v[b] ^ v[c]).rotate_right(63);
    };
    for round in 0..12 {
        let s = &ORDER[round % 10];
        for at in 0..4 {
            mix(at, at + 4, at + 8, at + 12, words[s[2 * at]], words[s[2 * at + 1]]);
        }
        for at in 0..4 {
            let (b, c, d) = (4 + (at + 1) % 4, 8 + (at + 2) % 4, 12 + (at + 3) % 4);
            mix(at, b, c, d, words[s[8 + 2 * at]], words[s[9 + 2 * at]]);
        }
    }
    for at in 0..8 {
        state[at] ^= v[at] ^ v[at + 8];
    }
}
