//! A root file system in a folder, scanned as what an image holds.

use std::path::Path;

use super::content::scan_kept;
use super::{ImageWanter, add_problems, afterwards, left_out};
use crate::catalog::Catalog;
use crate::model::{Basis, ComponentKind, Inventory, key, purl};
use crate::scan::{Facts, Options, ScannerMeta, Selector, SizeClass, SourceFile, Subject, Unit};
use crate::source::rootfs::read_rootfs;
use crate::text::RelPath;

static META: ScannerMeta = ScannerMeta {
    id: "rootfs",
    title: "Root file system in a folder",
    summary: "The file system as a thing that holds packages.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Image],
    reference: "https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html",
};

/// Scans a root file system. It is one thing that holds what was found, as an image is; it has no reference.
pub(super) fn scan_rootfs(folder: &Path, catalog: &Catalog, options: &Options) -> anyhow::Result<Inventory> {
    let wanter = ImageWanter::new(catalog, options);
    let mut read = read_rootfs(folder, &wanter, &options.limits)?;
    let selector = Selector::of(options);
    let content = &mut read.content;
    let kept = left_out::Kept {
        files: &mut content.files,
        gone: &mut content.gone,
        problems: &mut content.diagnostics,
        layers: &[],
    };
    let carried = left_out::take_out(kept, &selector, catalog);
    let real = folder.canonicalize().ok();
    let name = real.as_deref().and_then(Path::file_name).map_or_else(|| "root".into(), |name| name.to_string_lossy());
    let id = purl::build("oci", None, &name, None, &[]);
    let mut out = Facts::new(&META, META.id, 100);
    let file = SourceFile::new(RelPath::root(), Vec::new(), None);
    out.component(&id, ComponentKind::Image, file.whole());
    out.attribute(&id, key::NAME, &name, file.whole());
    // what marks an image that was looked into: a folder is one layer
    out.attribute(&id, key::LAYERS, "1", file.whole());
    let stated = out.inventory();
    let subject = Subject { id, kind: ComponentKind::Image };
    let options = Options { subject: Some(subject), trust_workspace: false, ..options.clone() };
    let mut found = scan_kept(read.content.files, false, &selector, catalog, &options);
    found.coverage.seen = read.entries;
    add_problems(read.content.diagnostics, &[], &name, &mut found);
    let found = carried.put(afterwards::programs_of_no_package(found));
    Ok(afterwards::runtimes_once(found.merge(stated), catalog))
}
