//! Files of an image that speak for somebody else: what packages have brought, and what libraries have for themselves.
//! How many were passed over is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use super::carried::{self, Carried};
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

/// Takes out what does not speak for the image, and tells how much that was. What is given back knows whose weights are.
pub(super) fn take_out(mut kept: Kept<'_>, selector: &Selector, catalog: &Catalog) -> Carried {
    let carried = carried::take_out(&mut kept);
    for (tool, left) in of_packages::take_out(&mut kept, selector, catalog) {
        let what = format!(
            "manifests and code that {tool} lists as brought by packages of the distribution or of known makers"
        );
        kept.problems.extend(told(&left, &what));
    }
    for (what, left) in take_out_data(&mut kept, catalog) {
        kept.problems.extend(told(&left, &format!("weights that installed libraries bring as {what}")));
    }
    carried
}

fn told(left: &BTreeSet<RelPath>, what: &str) -> Option<Diagnostic> {
    let path = left.first()?.clone();
    let message = format!("{} left out, this one first: {what}", count(left.len(), "file"));
    Some(Diagnostic { path, at: None, kind: DiagnosticKind::LeftOut, scanner: Arc::from("image"), message })
}

/// Takes out the weights that rows of the rules call data of libraries; gives them by what they are for.
fn take_out_data<'c>(kept: &mut Kept<'_>, catalog: &'c Catalog) -> BTreeMap<&'c str, BTreeSet<RelPath>> {
    let is_weights = |file: &LayeredFile| matches!(&file.content, Content::Record(name) if WEIGHTS.contains(&&**name));
    let mut left: BTreeMap<&str, BTreeSet<RelPath>> = BTreeMap::new();
    if !kept.files.iter().chain(&*kept.gone).any(is_weights) {
        return left;
    }
    let rows: Vec<(GlobMatcher, &str)> = catalog
        .library_data()
        .iter()
        .filter_map(|row| Some((Glob::new(&row.pattern).ok()?.compile_matcher(), &*row.what)))
        .collect();
    let data = |file: &LayeredFile| {
        let row = rows.iter().find(|(pattern, _)| is_weights(file) && pattern.is_match(file.path.as_str()));
        row.map(|(_, what)| *what)
    };
    kept.gone.retain(|file| data(file).is_none());
    kept.files.retain(|file| {
        let what = data(file);
        if let Some(what) = what {
            left.entry(what).or_default().insert(file.path.clone());
        }
        what.is_none()
    });
    left
}
