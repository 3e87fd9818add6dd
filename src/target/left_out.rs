//! Files of an image that speak for somebody else: what packages have brought, and what libraries test themselves with.
//! How many were passed over is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{WEIGHTS, of_packages};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::scan::Selector;
use crate::source::layers::{Content, LayeredFile};
use crate::text::{RelPath, count};

/// What was kept of an image.
pub(super) struct Kept<'a> {
    /// Files as a container would see them.
    pub(super) files: &'a mut Vec<LayeredFile>,
    /// Files that later layers took away.
    pub(super) gone: &'a mut Vec<LayeredFile>,
    /// What could not be read.
    pub(super) problems: &'a mut Vec<Diagnostic>,
    /// Digests of the layers, bottom first; none for a file system without layers.
    pub(super) layers: &'a [Arc<str>],
}

/// Takes out what does not speak for the image, and tells how much that was.
pub(super) fn take_out(mut kept: Kept<'_>, selector: &Selector, catalog: &Catalog) {
    let brought = of_packages::take_out(&mut kept, selector, catalog);
    let tests = take_out_tests(&mut kept);
    kept.problems.extend(told(
        &brought,
        "manifests and code that dpkg lists as brought by packages of the distribution or of known makers",
    ));
    kept.problems.extend(told(&tests, "weights with which installed libraries test themselves"));
}

fn told(left: &BTreeSet<RelPath>, what: &str) -> Option<Diagnostic> {
    let path = left.first()?.clone();
    let message = format!("{} left out, this one first: {what}", count(left.len(), "file"));
    Some(Diagnostic { path, at: None, kind: DiagnosticKind::LeftOut, scanner: Arc::from("image"), message })
}

fn take_out_tests(kept: &mut Kept<'_>) -> BTreeSet<RelPath> {
    let is_test = |file: &LayeredFile| {
        matches!(&file.content, Content::Record(name) if WEIGHTS.contains(&&**name)) && is_test_of_library(&file.path)
    };
    kept.gone.retain(|file| !is_test(file));
    let mut left = BTreeSet::new();
    kept.files.retain(|file| {
        let is_left = is_test(file);
        if is_left {
            left.insert(file.path.clone());
        }
        !is_left
    });
    left
}

/// True for what an installed library brings to test itself with; the weights among it are no models of the image.
fn is_test_of_library(path: &RelPath) -> bool {
    const INSTALLED: [&str; 3] = ["site-packages", "dist-packages", "node_modules"];
    const TESTS: [&str; 4] = ["test", "tests", "testing", "testdata"];
    let mut parts = path.as_str().split('/');
    parts.any(|part| INSTALLED.contains(&part)) && parts.any(|part| TESTS.contains(&part))
}
