//! A layer of an image: decompression, tar entries, whiteouts, links, what is kept and how, and the layer as cached.
#![no_main]

use std::io::{self, Read};
use std::sync::Arc;

use sovaudit::source::Limits;
use sovaudit::source::layers::{Budget, FileHead, Visitor, decode, encode, read_layer, squash};
use sovaudit_fuzz::every_way::EveryWay;
use sovaudit_fuzz::image::with_checksums;

struct FirstBytes;

impl Visitor for FirstBytes {
    fn name(&self) -> &'static str {
        "first-bytes/1"
    }

    fn visit(&self, _: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = [0; 9];
        stream.read_exact(&mut bytes)?;
        Ok((bytes[0] != 0).then(|| bytes.to_vec()))
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let limits = Limits { archive_bytes: 8 << 20, entries: 10_000, image_bytes: 4 << 20, ..Limits::default() };
    let budget = Budget::new(&limits);
    // two layers on each other, cut at a place that the first byte names
    let Some((first, rest)) = data.split_first() else { return };
    let bytes = with_checksums(rest);
    let cut = (usize::from(*first) * 512).min(bytes.len());
    let parts = [&bytes[..cut], &bytes[cut..]];
    let layers: Vec<(Arc<str>, Arc<_>)> = parts
        .into_iter()
        .map(|part| {
            let mut stream = part;
            let layer = read_layer(&mut stream, "sha256:fuzz", &EveryWay { visitor: &FirstBytes }, &limits, &budget);
            assert!(layer.entries <= limits.entries);
            let mut bytes = Vec::new();
            encode(&layer, &mut bytes).expect("memory");
            let again = decode(&bytes).expect("is whole");
            assert_eq!(again.files, layer.files);
            (Arc::from("sha256:fuzz"), Arc::new(layer))
        })
        .collect();
    let wanted: usize = layers.iter().map(|(_, layer)| layer.files.len()).sum();
    let squashed = squash(&layers);
    assert!(squashed.files.len() + squashed.gone.len() >= wanted);
    assert!(squashed.files.is_sorted_by(|a, b| a.path < b.path));
    assert!(decode(data).is_none());
});
