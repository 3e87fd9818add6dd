//! What a user may name as target, and the way from an image to an inventory.

mod afterwards;
mod attached;
mod bases;
mod carried;
mod content;
mod left_out;
mod of_packages;
mod pull;
mod removed;
mod root_folder;
mod spelling;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::purl::ImageReference;
use crate::model::{ComponentKind, Inventory};
use crate::scan::extract::visitor;
use crate::scan::image::image_config::{image_facts, image_id};
use crate::scan::{Options, SCANNERS, Selector, SizeClass, Subject};
use crate::source::image::{ImageContent, ImageOptions, ImageTarget, read_images};
use crate::source::layers::{FileHead, Want, Wanter};
use crate::source::rootfs::is_rootfs;
use crate::source::tar_entries::looks_like_tar;
use crate::text::{RelPath, clean_line};

pub use pull::with_images;

/// Raise it when [`ImageWanter`] or a visitor answers otherwise than before: what earlier versions cached is then read anew.
const IMAGE_WANTS: u32 = 7;

/// First bytes of a program or library of Linux.
const PROGRAM: &[u8] = b"\x7fELF";

/// Scanners of weights.
const WEIGHTS: [&str; 4] = ["gguf", "safetensors", "onnx", "pytorch"];

/// Folders of installed libraries.
const LIBRARIES: [&str; 9] =
    ["site-packages", "dist-packages", "node_modules", "vendor", ".venv", "gems", "pkgs", ".cargo", "gopath"];

/// Bytes of a file of a cache of models that is kept for the links to it: configurations, cards, indexes.
const BLOB: u64 = 4 << 20;

/// A target of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A folder with sources, or an unpacked file system.
    Directory(PathBuf),
    /// One file: SBOM, plan, state, report.
    File(PathBuf),
    /// An image in one of its forms.
    Image(ImageTarget),
    /// A root file system that lies unpacked in a folder.
    RootFs(PathBuf),
    /// The hardware of this machine, or of another one by a copy of its `/sys` and `/proc` in a folder.
    Host(PathBuf),
    /// A live cluster by its context in the kubeconfig; the current one where it is empty.
    Cluster(String),
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
        if let Some(context) = text.strip_prefix("k8s:") {
            return Ok(Self::Cluster(context.to_owned()));
        }
        if let Some(path) = text.strip_prefix("rootfs:") {
            return Ok(Self::RootFs(PathBuf::from(path)));
        }
        let path = Path::new(text);
        if path.is_dir() {
            let is_layout = path.join("oci-layout").is_file() && path.join("index.json").is_file();
            let folder = path.to_path_buf();
            return Ok(match folder {
                _ if is_layout => Self::Image(ImageTarget::OciLayout(folder)),
                _ if is_rootfs(path) => Self::RootFs(folder),
                _ => Self::Directory(folder),
            });
        }
        if path.is_file() {
            // what is called so and is none is a damaged one, and told as such
            let is_tar = File::open(path).and_then(looks_like_tar).unwrap_or(false) || is_called_tar(text);
            let path = path.to_path_buf();
            return Ok(if is_tar { Self::Image(ImageTarget::Archive(path)) } else { Self::File(path) });
        }
        if let Some(target) = spelling::prefixed(text)? {
            return Ok(target);
        }
        let is_like_path = text.starts_with(['.', '/', '~']) || text.contains('\\');
        if !is_like_path && names_an_image(text) && ImageReference::parse(text).is_some() {
            return spelling::registry(text, text);
        }
        if !is_like_path && ImageReference::parse(text).is_some() {
            let text = clean_line(text);
            bail!(
                "`{text}` is no existing folder or file: check the path; if an image of a registry is meant, write `docker://{text}`"
            )
        }
        bail!(
            "`{}` is no existing folder or file and no image reference: check the path, or write an image as `docker://NAME:TAG`",
            clean_line(text)
        )
    }
}

/// True for the name of an archive of files.
fn is_called_tar(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".tar", ".tar.gz", ".tgz", ".tar.zst"].iter().any(|ending| name.ends_with(ending))
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
    let wanter = ImageWanter::new(catalog, options);
    let images = read_images(target, &wanter, &options.limits, image_options).with_context(|| describe(target))?;
    let mut inventory = Inventory::default();
    let mut bases = bases::Bases::new(image_options.records.as_ref());
    for image in images {
        bases.add(&image);
        inventory = inventory.merge(inventory_of(image, catalog, options));
    }
    Ok(inventory.merge(bases.relations()))
}

/// Keeps whole what a scanner reads, the name where that is enough, and of programs, archives and weights what an
/// extract of them holds.
struct ImageWanter<'a> {
    selector: Arc<Selector>,
    catalog: &'a Catalog,
    options: &'a Options,
}

impl<'a> ImageWanter<'a> {
    fn new(catalog: &'a Catalog, options: &'a Options) -> Self {
        Self { selector: Selector::of(options), catalog, options }
    }
}

impl Wanter for ImageWanter<'_> {
    fn want(&self, file: &FileHead<'_>) -> Want {
        if self.options.excludes.is_match(file.path.as_str()) {
            return Want::Nothing;
        }
        // a program may have the name of what it writes: `nvidia-smi`
        if !file.bytes.starts_with(PROGRAM)
            && let Some(class) = self.selector.content_class(file.path)
            && speaks_for_image(file.path, class, &self.selector)
        {
            return Want::Whole(class.limit(&self.options.limits));
        }
        if of_packages::is_list(file.path) {
            return Want::Visit(&of_packages::LISTS);
        }
        if carried::is_record(file.path) {
            return Want::Visit(&carried::RECORDS);
        }
        if is_model_blob(file.path) {
            // its name is a digest: what begins like weights is read as if it were called so
            let called = file.path.parent().join(weights_like(file));
            if let Some(visitor) = called.and_then(|path| visitor(&path, file.size, file.bytes)) {
                return Want::Visit(visitor);
            }
            return if file.size <= BLOB { Want::Whole(BLOB) } else { Want::Nothing };
        }
        if let Some(visitor) = visitor(file.path, file.size, file.bytes) {
            return Want::Visit(visitor);
        }
        if self.wants_name(file.path) { Want::Head(0) } else { Want::Nothing }
    }

    fn needs(&self, path: &RelPath, bytes: &[u8]) -> bool {
        is_model_blob(path) || self.selector.may_tell(path, bytes, self.catalog)
    }

    fn wants_name(&self, path: &RelPath) -> bool {
        self.selector.wants(path)
            && self.selector.content_class(path).is_none()
            && speaks_for_image(path, SizeClass::Ordinary, &self.selector)
    }

    fn version(&self) -> String {
        let globs = SCANNERS.iter().flat_map(|scanner| scanner.meta().files.iter());
        let globs: Vec<&str> = globs.copied().collect();
        let words = self.catalog.service_words();
        format!(
            "{IMAGE_WANTS} {} {words} {:?} {}",
            globs.join(" "),
            self.options.excludes,
            self.options.selection.words().join(",")
        )
    }
}

/// A name that a file of weights with such a beginning may have.
fn weights_like(file: &FileHead<'_>) -> &'static str {
    let length = file.bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length));
    let is_short = length.is_some_and(|length| length.saturating_add(8) <= file.size);
    match file.bytes {
        [b'G', b'G', b'U', b'F', ..] => "model.gguf",
        [_, _, _, _, _, _, _, _, b'{', ..] if is_short => "model.safetensors",
        _ => "pytorch_model.bin",
    }
}

/// True for `models--OWNER--NAME/blobs/…` of Hugging Face's cache, where names are links to.
fn is_model_blob(path: &RelPath) -> bool {
    let folder = path.parent();
    folder.name() == "blobs" && folder.parent().name().starts_with("models--")
}

fn describe(target: &ImageTarget) -> String {
    match target {
        ImageTarget::OciLayout(path) | ImageTarget::Archive(path) => {
            format!("image `{}` cannot be scanned", path.display())
        }
        ImageTarget::Named(inner, _) => describe(inner),
        ImageTarget::Registry(reference) => format!("image `{}` cannot be scanned", reference.full_name()),
    }
}

/// Libraries and documents bring manifests, examples and code of their own that say nothing of the image.
/// What is installed is read from package databases and from the metadata of installed packages.
fn speaks_for_image(path: &RelPath, class: SizeClass, selector: &Selector) -> bool {
    const DOCUMENTS: [&str; 3] = ["usr/share/doc/", "usr/share/man/", "usr/src/"];
    const SYSTEM: [&str; 9] =
        ["usr/lib/", "usr/lib64/", "usr/local/lib/", "usr/share/", "usr/include/", "lib/", "lib64/", "proc/", "sys/"];
    let text = path.as_str();
    if DOCUMENTS.iter().any(|folder| text.starts_with(folder)) {
        return false;
    }
    if text.split('/').any(|part| LIBRARIES.contains(&part)) || text.starts_with("usr/share/nodejs/") {
        return selector.reads_installed(path);
    }
    class != SizeClass::Code || selector.reads_installed(path) || !SYSTEM.iter().any(|folder| text.starts_with(folder))
}

fn inventory_of(mut image: ImageContent, catalog: &Catalog, options: &Options) -> Inventory {
    let stated = image_facts(&image, catalog);
    let subject = Subject { id: image_id(&image), kind: ComponentKind::Image };
    let options = Options { subject: Some(subject), trust_workspace: false, ..options.clone() };
    let selector = Selector::of(&options);
    let kept = left_out::Kept {
        files: &mut image.files,
        gone: &mut image.gone,
        problems: &mut image.diagnostics,
        layers: &image.layers,
    };
    let carried = left_out::take_out(kept, &selector, catalog);
    let mut found = content::scan_kept(std::mem::take(&mut image.files), true, &selector, catalog, &options);
    found.coverage.seen = image.entries;
    let name = image.reference.as_ref().map_or_else(|| image.name.clone(), ImageReference::full_name);
    add_problems(std::mem::take(&mut image.diagnostics), &image.layers, &name, &mut found);
    let gone = std::mem::take(&mut image.gone);
    let found = if options.removed { removed::with_removed(found, gone, catalog, &options) } else { found };
    let found = carried.put(afterwards::programs_of_no_package(found));
    let found = afterwards::runtimes_once(found.merge(stated), catalog);
    let found = afterwards::models_from_mirror(found, &image_id(&image));
    attached::with_attached(found, &image, catalog, &options)
}

/// Adds the problems of reading, and counts what each has lost: a file, a layer, or of the image what is not known.
fn add_problems(problems: Vec<Diagnostic>, layers: &[Arc<str>], name: &str, found: &mut Inventory) {
    for problem in problems {
        if problem.kind.is_loss() {
            let coverage = &mut found.coverage;
            if problem.path.is_root() {
                let layer = layers.iter().find(|layer| problem.message.contains(&***layer));
                let place = RelPath::new(layer.map_or(name, |layer| layer)).unwrap_or_else(RelPath::root);
                // a layer of an unknown type was not read at all
                let is_unread = layer.is_none() && problem.kind == DiagnosticKind::Unsupported;
                if is_unread { &mut coverage.failed } else { &mut coverage.partial }.insert(place);
            } else if coverage.read.contains(&problem.path) {
                coverage.partial.insert(problem.path.clone());
            } else {
                coverage.failed.insert(problem.path.clone());
            }
        }
        found.diagnostics.insert(problem);
    }
}

/// Scans a root file system that lies unpacked in a folder.
///
/// # Errors
/// When the folder itself cannot be opened.
pub fn scan_rootfs(folder: &Path, catalog: &Catalog, options: &Options) -> anyhow::Result<Inventory> {
    root_folder::scan_rootfs(folder, catalog, options)
}
