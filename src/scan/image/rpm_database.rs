//! RPM databases: the SQLite form is read; the older forms are recognised and reported, never silent.

use super::dpkg::homepage;
use super::os_release::{Distribution, filesystem};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::sqlite::{Column, is_sqlite, rows};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `rpm-database`.
pub struct RpmDatabase;

static META: ScannerMeta = ScannerMeta {
    id: "rpm-database",
    title: "RPM package database",
    summary: "Installed packages with version, architecture, licence, vendor and the code host of the homepage, from the \
              SQLite form. The Berkeley DB and NDB forms of older systems are reported and not read.",
    files: &[
        "**/var/lib/rpm/Packages",
        "**/var/lib/rpm/Packages.db",
        "**/var/lib/rpm/rpmdb.sqlite",
        "**/usr/lib/sysimage/rpm/Packages.db",
        "**/usr/lib/sysimage/rpm/rpmdb.sqlite",
        "**/usr/share/rpm/rpmdb.sqlite",
        "**/rpm/rpmdb.sqlite-wal",
    ],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://rpm.org/docs/latest/manual/",
};

/// Tags of a package header.
mod tag {
    pub(super) const NAME: u32 = 1000;
    pub(super) const VERSION: u32 = 1001;
    pub(super) const RELEASE: u32 = 1002;
    pub(super) const EPOCH: u32 = 1003;
    pub(super) const VENDOR: u32 = 1011;
    pub(super) const LICENSE: u32 = 1014;
    pub(super) const URL: u32 = 1020;
    pub(super) const ARCH: u32 = 1022;
}

impl Scanner for RpmDatabase {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.path().name().ends_with("-wal") {
            if !file.bytes().is_empty() {
                let message =
                    "changes that are not yet written into the RPM database are not read; packages may be missing";
                out.problem(DiagnosticKind::Unsupported, file, None, message);
            }
            return Ok(());
        }
        if !is_sqlite(file.bytes()) {
            let message = "this older form of an RPM database is not read: the packages of this file system are missing; \
                           scan an SBOM of it instead";
            out.problem(DiagnosticKind::Unsupported, file, None, message);
            return Ok(());
        }
        let markers = ["/usr/lib/sysimage/rpm/", "/usr/share/rpm/", "/var/lib/rpm/"];
        let path = format!("/{}", file.path());
        let marker = markers.into_iter().find(|marker| path.contains(marker)).unwrap_or("/var/lib/rpm/");
        let (root, kind) = filesystem(input, file, marker);
        let distribution = Distribution::of(input, file, marker, "");
        out.component(&root, kind, file.whole());
        let mut unread = 0_usize;
        let result = rows(file.bytes(), "Packages", |columns| {
            let blob = columns.into_iter().find_map(|column| match column {
                Column::Blob(bytes) => Some(bytes),
                _ => None,
            });
            match blob.as_deref().and_then(Header::new) {
                Some(header) => unread += usize::from(!write(&header, &root, &distribution, file, out)),
                None => unread += 1,
            }
        });
        if unread > 0 {
            let message = format!("{unread} package headers could not be read");
            out.problem(DiagnosticKind::Malformed, file, None, message);
        }
        result.map_err(|error| file.parse_error(&error))
    }
}

/// One package; false when its header lacks what makes a package.
fn write(
    header: &Header<'_>,
    root: &ComponentId,
    distribution: &Distribution,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> bool {
    let (Some(name), Some(version)) = (header.text(tag::NAME), header.text(tag::VERSION)) else { return false };
    // keys that packages are checked with are stored as if they were packages
    if name == "gpg-pubkey" {
        return true;
    }
    let version = header.text(tag::RELEASE).map_or_else(|| version.clone(), |release| format!("{version}-{release}"));
    let epoch = header.number(tag::EPOCH).filter(|epoch| *epoch > 0).map(|epoch| epoch.to_string());
    let architecture = header.text(tag::ARCH);
    let mut distro = String::new();
    let mut qualifiers = distribution.qualifiers(architecture.as_deref(), &mut distro);
    qualifiers.extend(epoch.as_deref().map(|epoch| ("epoch", epoch)));
    let id = purl::build("rpm", Some(&distribution.id), &name, Some(&version), &qualifiers);
    let seen = || file.whole();
    out.component(&id, ComponentKind::Package, seen());
    out.attribute(&id, key::ECOSYSTEM, "rpm", seen());
    out.attribute(&id, key::NAME, &name, seen());
    out.attribute(&id, key::VERSION, &version, seen());
    out.attribute(&id, key::RESOLUTION, "locked", seen());
    if distribution.is_stated {
        out.attribute(&id, key::IDENTITY, format!("distribution:{}", distribution.id), seen());
    }
    if let Some(licence) = header.text(tag::LICENSE) {
        out.attribute(&id, key::LICENSE, licence, seen());
    }
    if let Some(vendor) = header.text(tag::VENDOR) {
        out.attribute(&id, key::VENDOR, vendor, seen());
    }
    if let Some(address) = header.text(tag::URL) {
        homepage(&id, &address, &seen(), out);
    }
    out.relation(root, RelationKind::Contains, &id, seen());
    true
}

/// A package header: an index of tags and the data they point into.
struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let entries = usize::try_from(word(bytes, 0)?).ok()?;
        let length = usize::try_from(word(bytes, 4)?).ok()?;
        let start = entries.checked_mul(16)?.checked_add(8)?;
        Some(Self { index: bytes.get(8..start)?, data: bytes.get(start..start.checked_add(length)?)? })
    }

    /// Type and data of a tag.
    fn find(&self, tag: u32) -> Option<(u32, &'a [u8])> {
        let entry = self.index.chunks_exact(16).find(|entry| word(entry, 0) == Some(tag))?;
        let offset = usize::try_from(word(entry, 8)?).ok()?;
        Some((word(entry, 4)?, self.data.get(offset..)?))
    }

    fn text(&self, tag: u32) -> Option<String> {
        let (kind, data) = self.find(tag)?;
        // text, list of texts, translated text
        if !matches!(kind, 6 | 8 | 9) {
            return None;
        }
        let end = data.iter().position(|byte| *byte == 0)?;
        let text = String::from_utf8_lossy(&data[..end]).into_owned();
        (!text.is_empty() && text != "(none)").then_some(text)
    }

    fn number(&self, tag: u32) -> Option<u32> {
        let (kind, data) = self.find(tag)?;
        (kind == 4).then(|| word(data, 0))?
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
