//! Archives as they are written, damaged and forged.

use super::*;

fn sample() -> Vec<u8> {
    let mut out = Vec::new();
    let mut builder = Builder::new();
    builder.add("numbers", bytemuck::cast_slice::<u32, u8>(&[1, 2, 3]).to_vec());
    builder.add("empty", Vec::new());
    builder.add("text", b"a text of odd length".as_slice());
    builder.write_to(&mut out).expect("writes to memory");
    out
}

#[test]
fn sections_come_back_and_outlive_the_archive() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.sovlist");
    let large: Vec<u8> = (0..3 * PIECE + 5).map(|at| (at % 251) as u8).collect();
    let mut builder = Builder::new();
    builder.add("large", large.as_slice()).add("numbers", bytemuck::cast_slice::<u32, u8>(&[1, 2, 3]));
    let hash = builder.write(&path).expect("writes");
    let archive = Archive::open(&path).expect("is whole");
    assert_eq!(archive.hash(), hash);
    assert_eq!(archive.names().collect::<Vec<_>>(), ["large", "numbers"]);
    let (large_again, numbers) = (archive.section("large"), archive.section("numbers"));
    assert!(archive.section("other").is_none());
    // replaced and removed while it is read
    Builder::new().add("x", b"y".as_slice()).write(&path).expect("writes");
    std::fs::remove_file(&path).expect("removes");
    drop(archive);
    assert_eq!(&*large_again.expect("is there"), large);
    assert_eq!(numbers.expect("is there").numbers::<u32>(), Some([1, 2, 3].as_slice()));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing unfinished is left");
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    let whole = sample();
    Archive::from_bytes(&whole).expect("is whole");
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bad = whole.clone();
            bad[at] ^= 1 << bit;
            assert!(Archive::from_bytes(&bad).is_err(), "bit {bit} of byte {at}");
        }
        assert!(Archive::from_bytes(&whole[..at]).is_err(), "cut at {at}");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert!(matches!(Archive::from_bytes(&longer), Err(Damage::Length { .. })));
}

/// A head made anew, so that only what the table says is wrong.
fn with_row(change: impl Fn(&mut [u8])) -> Result<Archive, Damage> {
    let mut bytes = sample();
    change(&mut bytes);
    let end = HEAD + ROW * 3;
    let whole = Sha256::new().chain_update(&bytes[..32]).chain_update(&bytes[HEAD..end]).finalize();
    bytes[32..64].copy_from_slice(&whole);
    Archive::from_bytes(&bytes)
}

#[test]
fn forged_places_are_refused() {
    with_row(|_| ()).expect("an unchanged head is whole");
    for (at, value) in [
        (NAME, 0),
        (NAME, u64::MAX),
        (NAME + 8, u64::MAX),
        (NAME + 8, 1 << 40),
        (NAME + 8, 3),
        (ROW + NAME, 64),
        (ROW + NAME + 8, 5),
    ] {
        let result = with_row(|bytes| bytes[HEAD + at..HEAD + at + 8].copy_from_slice(&u64::to_le_bytes(value)));
        assert!(matches!(result, Err(Damage::Head | Damage::Section(_))), "{at} {value}: {result:?}");
    }
    assert!(matches!(with_row(|bytes| bytes[8] = 9), Err(Damage::Version(9))));
    assert!(matches!(with_row(|bytes| bytes[24..28].reverse()), Err(Damage::ByteOrder)));
    assert!(matches!(with_row(|bytes| bytes[15] = 0xff), Err(Damage::Head)));
    assert!(matches!(Archive::from_bytes(b"PK\x03\x04"), Err(Damage::NoArchive)));
}

#[test]
fn names_are_plain_and_stand_once() {
    let mut out = Vec::new();
    let longest = "n".repeat(NAME);
    Builder::new().add(longest.as_str(), Vec::new()).write_to(&mut out).expect("just fits");
    assert_eq!(Archive::from_bytes(&out).expect("is whole").names().collect::<Vec<_>>(), [longest.as_str()]);
    let too_long = "n".repeat(NAME + 1);
    for names in [["a", "a"], ["", "b"], ["a b", "c"], [too_long.as_str(), "c"]] {
        let mut builder = Builder::new();
        for name in names {
            builder.add(name, Vec::new());
        }
        assert!(builder.write_to(&mut out).is_err(), "{names:?}");
    }
}
