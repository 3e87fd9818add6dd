//! Debian package database: `var/lib/dpkg/status` and `status.d`.

use std::collections::BTreeMap;

use super::installed::Installed;
use super::os_release::Distribution;
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::lines::{Line, lines};
use crate::scan::package::toolkit::repository_owner;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `dpkg`.
pub struct Dpkg;

static META: ScannerMeta = ScannerMeta {
    id: "dpkg",
    title: "Debian package database",
    summary: "Installed packages with version, architecture, source package, the maintainer's mail domain, the code host of \
              the homepage, and which package needs which. Packages that are removed but leave configuration are not counted.",
    files: &["**/var/lib/dpkg/status", "**/var/lib/dpkg/status.d/*"],
    unit: Unit::Directory,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://man7.org/linux/man-pages/man5/deb-control.5.html",
};

impl Scanner for Dpkg {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        // a file for each package in images without a package manager, beside lists of checksums
        let mut installed = Installed::default();
        for file in input.files.iter().filter(|file| !file.path().name().ends_with(".md5sums")) {
            let root = super::os_release::filesystem(input, file, "/var/lib/dpkg/");
            out.component(&root.0, root.1, file.whole());
            let distribution = Distribution::of(input, file, "/var/lib/dpkg/", "debian");
            for entry in stanzas(file.text()) {
                write(&entry, &root.0, &distribution, input.catalog, &mut installed, file, out);
            }
        }
        installed.write(out);
        Ok(())
    }
}

/// One paragraph. Whatever is not a present package is passed over.
fn write(
    entry: &[Field<'_>],
    root: &ComponentId,
    distribution: &Distribution,
    catalog: &Catalog,
    installed: &mut Installed,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let field = |name: &str| entry.iter().find(|(field, _, _)| field.eq_ignore_ascii_case(name));
    if field("Status").is_some_and(|(_, status, _)| !is_present(status)) {
        return;
    }
    let (Some((_, name, span)), Some((_, version, _))) = (field("Package"), field("Version")) else {
        let place = entry.first().map(|(_, _, span)| *span);
        out.problem(DiagnosticKind::Malformed, file, place, "package entry without `Package` or `Version`");
        return;
    };
    let mut distro = String::new();
    let qualifiers = distribution.qualifiers(field("Architecture").map(|(_, text, _)| *text), &mut distro);
    let id = purl::build("deb", Some(&distribution.id), name, Some(version), &qualifiers);
    let seen = || file.at(*span);
    out.component(&id, ComponentKind::Package, seen());
    out.attribute(&id, key::ECOSYSTEM, "deb", seen());
    out.attribute(&id, key::NAME, name, seen());
    out.attribute(&id, key::VERSION, version, seen());
    out.attribute(&id, key::RESOLUTION, "locked", seen());
    let maintainer = field("Maintainer").and_then(|(_, text, span)| Some((mail_domain(text)?, *span)));
    if !maintainer.as_ref().is_some_and(|(domain, _)| is_of_vendor(&distribution.id, domain, catalog)) {
        out.attribute(&id, key::IDENTITY, format!("distribution:{}", distribution.id), distribution.evidence(seen()));
    }
    if let Some((domain, span)) = maintainer {
        out.attribute(&id, key::IDENTITY, format!("mail:{domain}"), file.at(span));
    }
    if let Some((_, address, span)) = field("Homepage") {
        homepage(&id, address, &file.at(*span), out);
    }
    if let Some((_, text, span)) = field("Source") {
        // `gcc-12 (12.2.0-14)`: the version where it is another one
        let source = text.split_whitespace().next().unwrap_or(text);
        out.attribute(&id, key::SOURCE_PACKAGE, source, file.at(*span));
    }
    out.relation(root, RelationKind::Contains, &id, seen());
    let number = installed.add(&id, name, seen());
    for provided in field("Provides").into_iter().flat_map(|(_, text, _)| text.split(',')) {
        installed.provides(number, bare(provided));
    }
    let needs = ["Pre-Depends", "Depends"].into_iter().filter_map(field);
    for needed in needs.flat_map(|(_, text, _)| text.split(',')) {
        installed.needs(number, needed.split('|').map(bare));
    }
}

/// True for a package that a maker built for a distribution and serves itself. Ubuntu's archive writes its own teams as
/// maintainers, so that a maker's address tells it; in Debian's, people of any company maintain.
fn is_of_vendor(distribution: &str, domain: &str, catalog: &Catalog) -> bool {
    const OWN: [&str; 3] = ["ubuntu.com", "canonical.com", "debian.org"];
    let is_below = |own: &str| domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let is_known = || !catalog.is_shared_host(domain) && catalog.organisation_by_key("domain", domain).is_some();
    distribution == "ubuntu" && !OWN.into_iter().any(is_below) && is_known()
}

/// The packages of a database, and of each whether its maintainer writes from an address of the distribution or of another
/// organisation of the catalog. Whoever else packs something for `dpkg` may pack what is theirs.
pub(crate) fn known_makers(text: &str, catalog: &Catalog) -> BTreeMap<String, bool> {
    let mut packages: BTreeMap<String, bool> = BTreeMap::new();
    for entry in stanzas(text) {
        let field = |name: &str| entry.iter().find(|(field, _, _)| field.eq_ignore_ascii_case(name));
        let Some((_, name, _)) = field("Package") else { continue };
        let domain = field("Maintainer").and_then(|(_, text, _)| mail_domain(text));
        let is_known = domain.is_some_and(|domain| is_of_known(&domain, catalog));
        // one package for several architectures has an entry for each
        packages.entry((*name).to_owned()).and_modify(|known| *known &= is_known).or_insert(is_known);
    }
    packages
}

/// True for a domain at or below one of an organisation of the catalog, unless everybody has mail there.
pub(super) fn is_of_known(domain: &str, catalog: &Catalog) -> bool {
    let mut above = std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, rest)| rest));
    !domain.contains("noreply")
        && !above.clone().any(|domain| catalog.is_shared_host(domain))
        && above.any(|domain| catalog.organisation_by_key("domain", domain).is_some())
}

/// The name in `name:any (>= 1.0)`.
fn bare(text: &str) -> &str {
    let text = text.split(['(', '[', '<']).next().unwrap_or(text).trim();
    text.split(':').next().unwrap_or(text)
}

/// The last word of `Status` tells what lies in the file system.
fn is_present(status: &str) -> bool {
    let state = status.rsplit(' ').next().unwrap_or(status);
    matches!(state, "installed" | "unpacked" | "half-configured" | "triggers-awaited" | "triggers-pending")
}

/// Where a package's upstream lives says who writes it, when it is a code host.
pub(super) fn homepage(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    if let Some(owner) = repository_owner(path) {
        out.attribute(id, key::IDENTITY, owner, seen.clone().inferred());
    }
}

type Field<'a> = (&'a str, &'a str, Span);

/// Paragraphs of `Name: value` lines; continuation lines are skipped.
pub(super) fn stanzas(text: &str) -> Vec<Vec<Field<'_>>> {
    let mut all: Vec<Vec<Field<'_>>> = Vec::new();
    let mut current: Vec<Field<'_>> = Vec::new();
    for line in lines(text) {
        let Line { text, .. } = line;
        if text.trim().is_empty() {
            if !current.is_empty() {
                all.push(std::mem::take(&mut current));
            }
        } else if !text.starts_with([' ', '\t'])
            && let Some((name, value)) = text.split_once(':')
        {
            let value = value.trim();
            current.push((name, value, crate::parse::lines::span_within(&line, value)));
        }
    }
    if !current.is_empty() {
        all.push(current);
    }
    all
}

/// Domain of the address in `Name <user@domain>`.
pub(crate) fn mail_domain(text: &str) -> Option<String> {
    let address = text.rsplit_once('<').map_or(text, |(_, rest)| rest).trim_end_matches('>');
    let domain = address.rsplit_once('@')?.1.trim();
    (domain.contains('.') && !domain.contains(' ')).then(|| domain.to_ascii_lowercase())
}
