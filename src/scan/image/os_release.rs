//! The operating system of a file system: `etc/os-release`.

use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `os-release`.
pub struct OsRelease;

static META: ScannerMeta = ScannerMeta {
    id: "os-release",
    title: "Operating system release file",
    summary: "Name and version of the distribution a file system holds.",
    files: &["**/etc/os-release", "**/usr/lib/os-release"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image],
    reference: "https://www.freedesktop.org/software/systemd/man/latest/os-release.html",
};

impl Scanner for OsRelease {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let marker = if file.path().as_str().contains("usr/lib/") { "/usr/lib/" } else { "/etc/" };
        let root = filesystem(input, file, marker);
        for line in lines(file.text()) {
            let Some((name, value)) = line.text.split_once('=') else { continue };
            let value = value.trim_matches(['"', '\'']);
            let key = match name {
                "ID" => key::DISTRIBUTION,
                "VERSION_ID" => key::DISTRIBUTION_VERSION,
                _ => continue,
            };
            out.component(&root.0, root.1, file.whole());
            out.attribute(&root.0, key, value, file.at(span_within(&line, value)));
        }
        Ok(())
    }
}

/// What holds the packages of a file system: the image being scanned, else the folder above the
/// path that `marker` begins.
pub(super) fn filesystem(input: &Input<'_>, file: &SourceFile, marker: &str) -> (ComponentId, ComponentKind) {
    let path = format!("/{}", file.path());
    let above = path.find(marker).map_or("", |cut| &path[..cut]);
    let folder = crate::text::RelPath::new(above.trim_start_matches('/')).unwrap_or_else(crate::text::RelPath::root);
    (input.root_subject_at(&folder), input.root_kind())
}

/// The distribution's id from the release file of the same file system; else the database's usual one.
pub(super) fn distribution_of(input: &Input<'_>, file: &SourceFile, marker: &str, usual: &str) -> String {
    let path = format!("/{}", file.path());
    let above = path.find(marker).map_or("", |cut| &path[..cut]).trim_start_matches('/').to_owned();
    let names = ["etc/os-release", "usr/lib/os-release"];
    let release = names.iter().find_map(|name| {
        let path = if above.is_empty() { (*name).to_owned() } else { format!("{above}/{name}") };
        input.companion(&crate::text::RelPath::new(&path)?)
    });
    let id = release.as_ref().and_then(|file| {
        lines(file.text())
            .find_map(|line| line.text.strip_prefix("ID=").map(|id| id.trim_matches(['"', '\'']).to_ascii_lowercase()))
    });
    id.filter(|id| !id.is_empty()).unwrap_or_else(|| usual.to_owned())
}
