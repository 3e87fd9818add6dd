//! What a user may name as target, and the way from an image to an inventory.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{ComponentKind, Inventory};
use crate::scan::image::image_config::{image_facts, image_id};
use crate::scan::{Options, Selector, SizeClass, Subject, scan_files};
use crate::source::image::{ImageContent, ImageOptions, ImageTarget, read_images};
use crate::source::tar_entries::looks_like_tar;
use crate::text::{RelPath, clean_line};

/// A target of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A folder with sources, or an unpacked file system.
    Directory(PathBuf),
    /// One file: SBOM, plan, state, report.
    File(PathBuf),
    /// An image in one of its forms.
    Image(ImageTarget),
    /// The hardware of this machine, or of another one by a copy of its `/sys` and `/proc` in a folder.
    Host(PathBuf),
}

impl Target {
    /// Reads what a user wrote. What exists as a path is a path; an image of the same name is meant by
    /// `docker://NAME`.
    ///
    /// # Errors
    /// When it is neither a path nor an image reference.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        if let Some(root) = text.strip_prefix("host:") {
            return Ok(Self::Host(PathBuf::from(if root.is_empty() { "/" } else { root })));
        }
        if let Some(path) = text.strip_prefix("oci-layout:") {
            return Ok(Self::Image(ImageTarget::OciLayout(PathBuf::from(path))));
        }
        let path = Path::new(text);
        if path.is_dir() {
            let is_layout = path.join("oci-layout").is_file() && path.join("index.json").is_file();
            let path = path.to_path_buf();
            return Ok(if is_layout { Self::Image(ImageTarget::OciLayout(path)) } else { Self::Directory(path) });
        }
        if path.is_file() {
            let is_tar = File::open(path).and_then(looks_like_tar).unwrap_or(false);
            let path = path.to_path_buf();
            return Ok(if is_tar { Self::Image(ImageTarget::Archive(path)) } else { Self::File(path) });
        }
        let reference = text.strip_prefix("docker://").unwrap_or(text);
        let is_like_path = reference.starts_with(['.', '/', '~']) || reference.contains('\\');
        if !is_like_path
            && (names_an_image(reference) || reference.len() < text.len())
            && let Some(reference) = ImageReference::parse(reference)
        {
            return Ok(Self::Image(ImageTarget::Registry(reference)));
        }
        bail!(
            "`{}` is no existing folder or file and no image reference: check the path, or write an image as `docker://NAME:TAG`",
            clean_line(text)
        )
    }
}

/// True for what can only be meant as an image: a tag, a digest, or a registry with a dot or port. A mistyped path
/// such as `infra/prod` must not become a question to a public registry.
fn names_an_image(text: &str) -> bool {
    text.contains([':', '@']) || text.split_once('/').is_some_and(|(first, _)| first.contains('.'))
}

/// Scans an image: one, or every image of an archive or layout.
///
/// # Errors
/// When the image cannot be opened or fetched, is not made for the platform, or is not what its digests
/// say. Damage inside of it is a diagnostic.
pub fn scan_image(
    target: &ImageTarget,
    catalog: &Catalog,
    options: &Options,
    image_options: &ImageOptions,
) -> anyhow::Result<Inventory> {
    let selector = Selector::new();
    let wanted = |path: &RelPath| {
        let class = selector.size_class(path)?;
        let is_wanted = !options.excludes.is_match(path.as_str()) && speaks_for_image(path, class);
        is_wanted.then(|| class.limit(&options.limits))
    };
    let images = read_images(target, &wanted, &options.limits, image_options).with_context(|| describe(target))?;
    let mut inventory = Inventory::default();
    for image in images {
        inventory = inventory.merge(inventory_of(image, catalog, options));
    }
    Ok(inventory)
}

fn describe(target: &ImageTarget) -> String {
    match target {
        ImageTarget::OciLayout(path) | ImageTarget::Archive(path) => {
            format!("image `{}` cannot be scanned", path.display())
        }
        ImageTarget::Registry(reference) => format!("image `{}` cannot be scanned", reference.full_name()),
    }
}

/// Libraries and documents bring manifests, examples and code of their own that say nothing of the image.
/// What is installed is read from package databases and from the metadata of installed packages.
fn speaks_for_image(path: &RelPath, class: SizeClass) -> bool {
    const DOCUMENTS: [&str; 3] = ["usr/share/doc/", "usr/share/man/", "usr/src/"];
    const LIBRARIES: [&str; 7] = ["site-packages", "dist-packages", "node_modules", "vendor", ".venv", "gems", "pkgs"];
    const SYSTEM: [&str; 9] =
        ["usr/lib/", "usr/lib64/", "usr/local/lib/", "usr/share/", "usr/include/", "lib/", "lib64/", "proc/", "sys/"];
    const METADATA: [&str; 3] = ["METADATA", "PKG-INFO", "package.json"];
    let text = path.as_str();
    if DOCUMENTS.iter().any(|folder| text.starts_with(folder)) {
        return false;
    }
    if text.split('/').any(|part| LIBRARIES.contains(&part)) {
        return METADATA.contains(&path.name());
    }
    class != SizeClass::Code || !SYSTEM.iter().any(|folder| text.starts_with(folder))
}

fn inventory_of(mut image: ImageContent, catalog: &Catalog, options: &Options) -> Inventory {
    let stated = image_facts(&image, catalog);
    let subject = Subject { id: image_id(&image), kind: ComponentKind::Image };
    let options = Options { subject: Some(subject), trust_workspace: false, ..options.clone() };
    let mut found = scan_files(std::mem::take(&mut image.files), catalog, &options);
    found.coverage.seen = image.entries;
    for problem in image.diagnostics {
        if problem.kind == DiagnosticKind::LimitReached && !problem.path.is_root() {
            found.coverage.failed.insert(problem.path.clone());
        }
        found.diagnostics.insert(problem);
    }
    found.merge(stated)
}
