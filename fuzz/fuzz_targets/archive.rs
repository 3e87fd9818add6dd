//! An image archive as a target: index, manifests, configuration, layers, digests.
#![no_main]

use std::sync::LazyLock;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::scan::Options;
use sovaudit::source::Limits;
use sovaudit::source::image::{ImageOptions, ImageTarget};
use sovaudit::target::scan_image;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image.tar");
    std::fs::write(&path, data).expect("a file");
    let limits = Limits { archive_bytes: 8 << 20, entries: 10_000, image_bytes: 4 << 20, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    if let Ok(inventory) = scan_image(&ImageTarget::Archive(path), &CATALOG, &options, &ImageOptions::default()) {
        assert!(inventory.diagnostics.iter().all(|problem| problem.kind != DiagnosticKind::Internal));
    }
});
