//! Where Alpine packages are fetched from: `etc/apk/repositories`.

use super::apt_sources::{fetches_from, place_of};
use super::os_release::filesystem;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::host_of;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `apk-repositories`.
pub struct ApkRepositories;

static META: ScannerMeta = ScannerMeta {
    id: "apk-repositories",
    title: "Alpine package repositories",
    summary: "Hosts that a file system fetches its packages from. Commented lines and repositories on disk do not count.",
    files: &["**/etc/apk/repositories"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Host],
    reference: "https://wiki.alpinelinux.org/wiki/Repositories",
};

impl Scanner for ApkRepositories {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = filesystem(input, file, "/etc/apk/");
        for line in lines(file.text()) {
            let text = line.text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            // `@tag address`
            let address = text.rsplit(char::is_whitespace).next().unwrap_or(text);
            let span = span_within(&line, address);
            if address.starts_with('/') || address.starts_with("file:") {
                continue;
            }
            match host_of(address) {
                Some(host) => {
                    fetches_from(&root, &host, &place_of(address, span, file), file, out);
                }
                None => {
                    let message = "repository without a host that could be read";
                    out.problem(DiagnosticKind::Malformed, file, Some(span), message);
                }
            }
        }
        Ok(())
    }
}
