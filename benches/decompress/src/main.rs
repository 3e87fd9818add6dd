//! Unpacks gzip files to nothing, as many at a time as there are cores: `decompress FILE…`.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut buffer = vec![0; 256 << 10];
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let file = BufReader::with_capacity(64 << 10, File::open(file).expect("a file"));
                    let mut decoder = flate2::bufread::MultiGzDecoder::new(file);
                    while decoder.read(&mut buffer).expect("is gzip") > 0 {}
                }
            });
        }
    });
}
