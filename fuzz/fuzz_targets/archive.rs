//! An image archive as a target: index, manifests, configuration, layers, digests, what is attached. An even first byte
//! for an archive as it is, an odd one for the parts of an image with `FF FE FD 0A` between, which are put into an archive
//! whose digests are right.
//!
//! `SOVAUDIT_FUZZ_DO=seeds` writes seeds into `corpus/archive/` and `corpus/layer/`.
#![no_main]

use std::sync::LazyLock;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::scan::Options;
use sovaudit::source::Limits;
use sovaudit::source::image::{ImageOptions, ImageTarget};
use sovaudit::target::scan_image;
use sovaudit_fuzz::image::{MARK, archive, seeds, with_checksums};

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

libfuzzer_sys::fuzz_target!(
    init: {
        if std::env::var("SOVAUDIT_FUZZ_DO").is_ok_and(|work| work == "seeds") {
            seeds().expect("seeds can be written");
            std::process::exit(0);
        }
    },
    |data: &[u8]| {
        let Some((first, rest)) = data.split_first() else { return };
        let bytes = if first % 2 == 0 { with_checksums(rest) } else { archive(&parts(rest)) };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image.tar");
        std::fs::write(&path, bytes).expect("a file");
        let limits = Limits { archive_bytes: 8 << 20, entries: 10_000, image_bytes: 4 << 20, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        if let Ok(inventory) = scan_image(&ImageTarget::Archive(path), &CATALOG, &options, &ImageOptions::default()) {
            assert!(inventory.diagnostics.iter().all(|problem| problem.kind != DiagnosticKind::Internal));
        }
    }
);

fn parts(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(end) = rest.windows(MARK.len()).position(|window| window == MARK) {
        parts.push(&rest[..end]);
        rest = &rest[end + MARK.len()..];
    }
    parts.push(rest);
    parts
}
