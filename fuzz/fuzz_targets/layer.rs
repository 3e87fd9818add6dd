//! A layer of an image: decompression, tar entries, whiteouts.
#![no_main]

use sovaudit::source::Limits;
use sovaudit::source::layers::{Budget, read_layer};
use sovaudit::text::RelPath;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let limits = Limits { archive_bytes: 8 << 20, entries: 10_000, image_bytes: 4 << 20, ..Limits::default() };
    let wanted = |_: &RelPath| Some(1 << 20);
    let mut stream = data;
    let mut budget = Budget::new(&limits);
    let layer = read_layer(&mut stream, "sha256:fuzz", &wanted, &limits, &mut budget);
    assert!(layer.entries <= limits.entries);
});
