//! Layers with changed bytes: every way of keeping a file, links, deletions, the cache's form of a layer, layers on each
//! other. The fuzz target `layer` does the same for hours.

use std::io::{self, Read};
use std::sync::Arc;

use sovaudit::source::Limits;
use sovaudit::source::layers::{Budget, Content, FileHead, Gone, Layer, Visitor, decode, encode, read_layer, squash};
use sovaudit::text::RelPath;

use self::every_way::EveryWay;
use super::build::{Packing, TarBuilder, pack};

#[path = "../../../fuzz/src/every_way.rs"]
#[expect(unreachable_pub, reason = "the fuzz package uses it from its targets")]
mod every_way;

struct FirstBytes;

impl Visitor for FirstBytes {
    fn name(&self) -> &'static str {
        "first-bytes/1"
    }

    fn visit(&self, _: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes)?;
        assert_ne!(&bytes, b"boom", "as visitors fail that have a mistake");
        Ok((bytes[0] != 0).then(|| bytes.to_vec()))
    }
}

fn read(bytes: &[u8], limits: &Limits) -> Layer {
    let mut stream = bytes;
    read_layer(&mut stream, "sha256:test", &EveryWay { visitor: &FirstBytes }, limits, &Budget::new(limits))
}

fn bottom() -> Vec<u8> {
    TarBuilder::default()
        .file("whole/a", &[1; 3000])
        .file("head/b", &[2; 5000])
        .file("visit/c", b"data of it")
        .file("not/d", b"nobody wants it")
        .hard_link("whole/e", "whole/a")
        .hard_link("visit/g", "visit/c")
        .symlink("whole/i", "../whole/a")
        .long_named(&format!("{}/a", "x".repeat(200)), b"long")
        .pax_named("pax/a", b"pax", 10)
        .file("visit/k", b"boom")
        .end()
}

fn top() -> Vec<u8> {
    TarBuilder::default()
        .file("whole/.wh.a", b"")
        .file("head/.wh..wh..opq", b"")
        .file("head/f", b"new")
        .file("visit", b"a file in the place of a folder")
        .end()
}

fn names<'a>(files: impl IntoIterator<Item = &'a RelPath>) -> Vec<String> {
    files.into_iter().map(ToString::to_string).collect()
}

#[test]
fn every_way_of_keeping_a_file() {
    let layer = read(&pack(&bottom(), Packing::Gzip), &Limits::default());
    let long = format!("{}/a", "x".repeat(200));
    assert_eq!(names(layer.files.keys()), ["head/b", "pax/a", "visit/c", "visit/g", "whole/a", "whole/e", &long]);
    let of = |path: &str| layer.files.get(&RelPath::new(path).expect("is relative")).expect("is kept");
    assert_eq!((of("head/b").content.clone(), of("head/b").bytes.len(), of("head/b").size), (Content::Head, 700, 5000));
    assert_eq!((of("whole/a").content.clone(), of("whole/a").bytes.len()), (Content::Whole, 3000));
    assert_eq!(
        (of("visit/c").content.clone(), &*of("visit/c").bytes),
        (Content::Record("first-bytes/1".into()), &b"data"[..])
    );
    assert!(Arc::ptr_eq(&of("whole/e").bytes, &of("whole/a").bytes), "a hard link shares the bytes");
    let told: Vec<&str> = layer.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    let [panicked] = told.as_slice() else { panic!("{told:#?}") };
    assert!(panicked.contains("`first-bytes/1` panicked on this file"), "{panicked}");
}

#[test]
fn what_later_layers_take_away_is_kept_apart() {
    let layers: Vec<(Arc<str>, Arc<Layer>)> = [("sha256:bottom", bottom()), ("sha256:top", top())]
        .into_iter()
        .map(|(name, bytes)| (Arc::from(name), Arc::new(read(&bytes, &Limits::default()))))
        .collect();
    let all = squash(&layers);
    let long = format!("{}/a", "x".repeat(200));
    assert_eq!(names(all.files.iter().map(|file| &file.path)), ["head/f", "pax/a", "whole/e", &long]);
    let gone: Vec<(String, Gone)> =
        all.gone.iter().map(|file| (file.path.to_string(), file.gone.clone().expect("is gone"))).collect();
    let by = Arc::from("sha256:top");
    let wanted = [
        ("head/b", Gone::Deleted(Arc::clone(&by))),
        ("visit/c", Gone::Replaced(Arc::clone(&by))),
        ("visit/g", Gone::Replaced(Arc::clone(&by))),
        ("whole/a", Gone::Deleted(by)),
    ];
    assert_eq!(gone, wanted.map(|(path, gone)| (path.to_owned(), gone)));
}

#[test]
fn changed_bytes_never_panic_and_lose_no_kept_file() {
    let (bottom, top) = (bottom(), top());
    let limits = Limits { archive_bytes: 1 << 20, entries: 200, image_bytes: 1 << 20, ..Limits::default() };
    let mut state = 1_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..600 {
        let layers: Vec<(Arc<str>, Arc<Layer>)> = [&bottom, &top]
            .into_iter()
            .map(|bytes| {
                let mut bytes = bytes.clone();
                for _ in 0..=next(4) {
                    // headers more often than data
                    let at = next(bytes.len() / 512) * 512 + next(512);
                    bytes[at] = [0, b'/', b'.', b'7', 0xFF, b'5'][next(6)];
                }
                let layer = read(&repaired(bytes), &limits);
                let mut stored = Vec::new();
                encode(&layer, &mut stored).expect("memory");
                let again = decode(&stored).expect("is whole");
                assert_eq!((&again.files, &again.links), (&layer.files, &layer.links));
                (Arc::from("sha256:test"), Arc::new(layer))
            })
            .collect();
        let kept: usize = layers.iter().map(|(_, layer)| layer.files.len()).sum();
        let all = squash(&layers);
        assert!(all.files.len() + all.gone.len() >= kept);
        assert!(all.files.is_sorted_by(|a, b| a.path < b.path));
    }
}

/// Puts the right checksum into every block that looks like a header, so that a changed byte does not end every try.
fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}
