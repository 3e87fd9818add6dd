//! RPM databases in their three forms: SQLite, rpm's own (NDB), and Berkeley DB of older systems.

use super::dpkg::{homepage, is_of_known, mail_domain};
use super::installed::Installed;
use super::os_release::{Distribution, filesystem};
use crate::catalog::{Catalog, fold_name};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::ParseError;
use crate::parse::berkeley_hash::{is_berkeley_hash, values};
use crate::parse::ndb::{blobs, is_ndb};
use crate::parse::rpm_header::{Header, tag};
use crate::parse::sqlite::{Column, is_sqlite, rows};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `rpm-database`.
pub struct RpmDatabase;

static META: ScannerMeta = ScannerMeta {
    id: "rpm-database",
    title: "RPM package database",
    summary: "Installed packages with version, architecture, licence, vendor, packager, source package, the code host of the \
              homepage and which package needs which, from the SQLite, NDB and Berkeley DB forms. Changes that still lie \
              in a log of SQLite are reported and not read.",
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
        let markers = ["/usr/lib/sysimage/rpm/", "/usr/share/rpm/", "/var/lib/rpm/"];
        let path = format!("/{}", file.path());
        let marker = markers.into_iter().find(|marker| path.contains(marker)).unwrap_or("/var/lib/rpm/");
        let (root, kind) = filesystem(input, file, marker);
        let distribution = Distribution::of(input, file, marker, "");
        out.component(&root, kind, file.whole());
        let mut unread = 0_usize;
        let mut installed = Installed::default();
        let result = headers(file.bytes(), |bytes| {
            let header = bytes.and_then(Header::new);
            let is_read = header.is_some_and(|header| write(&header, &root, &distribution, &mut installed, file, out));
            unread += usize::from(!is_read);
        });
        // files are needed as well as packages: which of them lie in which package is asked once it is known which
        let is_open = installed.is_open();
        let mut number = 0;
        let _ = headers(file.bytes(), |bytes| {
            let Some(header) = bytes.and_then(Header::new).filter(is_package) else { return };
            for path in header.files().filter(|path| is_open(path)) {
                installed.provides(number, &path);
            }
            number += 1;
        });
        installed.write(out);
        if unread > 0 {
            let message = format!("{unread} package headers could not be read");
            out.problem(DiagnosticKind::Malformed, file, None, message);
        }
        result.map_err(|error| file.parse_error(&error))
    }
}

/// Hands out the header of every package, or nothing for one that cannot be put together.
fn headers(bytes: &[u8], mut each: impl FnMut(Option<&[u8]>)) -> Result<(), ParseError> {
    if is_ndb(bytes) {
        return blobs(bytes, each);
    }
    if is_berkeley_hash(bytes) {
        return values(bytes, |value| match value {
            // the number that the next package gets
            Some(value) if value.len() <= 8 => {}
            value => each(value.as_deref()),
        });
    }
    if !is_sqlite(bytes) {
        return Err(ParseError::new("this is no RPM database of a known form", crate::text::Span::new(0, 0)));
    }
    rows(bytes, "Packages", |columns| {
        let blob = columns.into_iter().find_map(|column| match column {
            Column::Blob(bytes) => Some(bytes),
            _ => None,
        });
        each(blob.as_deref());
    })
}

/// Hands out the files of packages of the distribution and of makers that the rules know: path below the root, and SHA-256 of
/// the content in hexadecimal digits. Whoever else packs something for rpm may pack what is theirs.
pub(crate) fn files_of_known_makers(
    bytes: &[u8],
    distribution: &str,
    catalog: &Catalog,
    mut each: impl FnMut(&str, String),
) {
    // that the database is damaged tells its scanner
    let _ = headers(bytes, |bytes| {
        let header = bytes.and_then(Header::new).filter(is_package);
        let Some(header) = header.filter(|header| is_of_known_maker(header, distribution, catalog)) else { return };
        for (path, digest) in header.files_with_digests() {
            each(path.strip_prefix('/').unwrap_or(&path), digest);
        }
    });
}

/// True for a package whose vendor is the distribution (`Fedora Project` on `fedora`) or an organisation that the rules know,
/// or whose packager writes from an address of one.
fn is_of_known_maker(header: &Header<'_>, distribution: &str, catalog: &Catalog) -> bool {
    const BODIES: [&str; 4] = ["", "project", "linux", "community"];
    let is_vendor = |vendor: String| {
        let name = fold_name(&vendor);
        // users of a distribution's build service are told by a longer name: `Fedora Copr - user …`
        let of_distribution = (!distribution.is_empty()).then(|| name.strip_prefix(distribution)).flatten();
        of_distribution.is_some_and(|rest| BODIES.contains(&rest.trim_start()))
            || catalog.organisation_by_supplier(&vendor).is_some()
    };
    let packager = header.text(tag::PACKAGER).and_then(|packager| mail_domain(&packager));
    header.text(tag::VENDOR).is_some_and(is_vendor) || packager.is_some_and(|domain| is_of_known(&domain, catalog))
}

/// True for what is a package: keys that packages are checked with are stored as if they were some.
fn is_package(header: &Header<'_>) -> bool {
    let name = header.text(tag::NAME);
    name.is_some_and(|name| name != "gpg-pubkey") && header.text(tag::VERSION).is_some()
}

/// One package; false when its header lacks what makes a package.
fn write(
    header: &Header<'_>,
    root: &ComponentId,
    distribution: &Distribution,
    installed: &mut Installed,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> bool {
    let (Some(name), Some(version)) = (header.text(tag::NAME), header.text(tag::VERSION)) else { return false };
    if !is_package(header) {
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
    if let Some(domain) = header.text(tag::PACKAGER).and_then(|packager| mail_domain(&packager)) {
        out.attribute(&id, key::IDENTITY, format!("mail:{domain}"), seen());
    }
    if let Some(source) = header.text(tag::SOURCE_RPM) {
        out.attribute(&id, key::SOURCE_PACKAGE, source_name(&source), seen());
    }
    out.relation(root, RelationKind::Contains, &id, seen());
    let number = installed.add(&id, &name, seen());
    for provided in header.texts(tag::PROVIDE_NAME) {
        installed.provides(number, &provided);
    }
    for needed in header.texts(tag::REQUIRE_NAME).filter(|needed| !needed.starts_with("rpmlib(")) {
        installed.needs(number, std::iter::once(needed.as_str()));
    }
    true
}

/// `bash-5.1.8-9.el9.src.rpm` is built from `bash`.
fn source_name(file: &str) -> &str {
    let stem = file.trim_end_matches(".rpm").trim_end_matches(".src").trim_end_matches(".nosrc");
    let name = stem.rsplit_once('-').and_then(|(rest, _)| rest.rsplit_once('-'));
    name.map_or(stem, |(name, _)| name)
}
