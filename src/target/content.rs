//! From what is kept of the files of an image to an inventory.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::model::Inventory;
use crate::scan::extract::from_record;
use crate::scan::{Extract, Options, Selector, scan_with_extracts};
use crate::source::layers::{Content, LayeredFile};
use crate::text::RelPath;

/// Files for scanners, and extracts of others.
type Parts = (Vec<(RelPath, Arc<[u8]>, Option<Arc<str>>)>, Vec<(RelPath, Extract, Option<Arc<str>>)>);

/// Scans the files of an image. `layered` is false for a file system that has no layers.
pub(super) fn scan_kept(
    kept: Vec<LayeredFile>,
    layered: bool,
    selector: &Selector,
    catalog: &Catalog,
    options: &Options,
) -> Inventory {
    let (files, extracts) = parts(kept, layered, selector);
    scan_with_extracts(selector, files, extracts, catalog, options)
}

fn parts(kept: Vec<LayeredFile>, layered: bool, selector: &Selector) -> Parts {
    let (mut files, mut extracts) = Parts::default();
    for file in kept {
        let layer = layered.then_some(file.layer);
        match file.content {
            Content::Record(scanner) => {
                extracts.extend(
                    from_record(&scanner, &file.bytes).map(|extract| (file.path.clone(), extract, layer.clone())),
                );
                // scanners that need no more than a name may want it as well
                if selector.content_class(&file.path).is_none() {
                    files.push((file.path, Arc::from([]), layer));
                }
            }
            Content::Whole | Content::Head => files.push((file.path, file.bytes, layer)),
        }
    }
    (files, extracts)
}
