//! Package database of Arch Linux and its kin: `var/lib/pacman/local/NAME-VERSION/desc`.

use std::collections::BTreeMap;

use super::dpkg::{homepage, is_of_known, mail_domain};
use super::installed::Installed;
use super::os_release::{Distribution, filesystem};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::lines::lines;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `pacman`.
pub struct Pacman;

static META: ScannerMeta = ScannerMeta {
    id: "pacman",
    title: "Arch Linux package database",
    summary: "Installed packages with version, architecture, licence, the packager's mail domain, the code host of the \
              homepage, and which package needs which.",
    files: &["**/var/lib/pacman/local/*/desc"],
    unit: Unit::Tree,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://man.archlinux.org/man/BUILDINFO.5",
};

const MARKER: &str = "/var/lib/pacman/local/";

impl Scanner for Pacman {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let mut databases: BTreeMap<ComponentId, Installed> = BTreeMap::new();
        for file in input.files {
            let (root, kind) = filesystem(input, file, MARKER);
            out.component(&root, kind, file.whole());
            let distribution = Distribution::of(input, file, MARKER, "arch");
            write(&root, &distribution, databases.entry(root.clone()).or_default(), file, out);
        }
        databases.into_values().for_each(|installed| installed.write(out));
        Ok(())
    }
}

/// The values below each `%NAME%`.
fn sections(text: &str) -> Vec<(&str, Vec<(&str, Span)>)> {
    let mut all: Vec<(&str, Vec<(&str, Span)>)> = Vec::new();
    for line in lines(text) {
        let heading = line.text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
        match (heading, all.last_mut()) {
            (Some(heading), _) => all.push((heading, Vec::new())),
            (None, Some((_, values))) if !line.text.is_empty() => values.push((line.text, line.span)),
            _ => {}
        }
    }
    all
}

/// True for a package that somebody at the distribution, or at another organisation that the rules know, has packed.
pub(crate) fn is_of_known_maker(text: &str, catalog: &Catalog) -> bool {
    let sections = sections(text);
    let packagers = sections.iter().filter(|(heading, _)| *heading == "PACKAGER").flat_map(|(_, values)| values);
    let mut domains = packagers.filter_map(|(packager, _)| mail_domain(packager));
    domains.any(|domain| is_of_known(&domain, catalog))
}

fn write(
    root: &ComponentId,
    distribution: &Distribution,
    installed: &mut Installed,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let sections = sections(file.text());
    let values =
        |name: &str| sections.iter().find(|(heading, _)| *heading == name).map_or(&[][..], |(_, values)| values);
    let (Some((name, span)), Some((version, _))) = (values("NAME").first(), values("VERSION").first()) else {
        out.problem(DiagnosticKind::Malformed, file, None, "package entry without `%NAME%` or `%VERSION%`");
        return;
    };
    let mut distro = String::new();
    let qualifiers = distribution.qualifiers(values("ARCH").first().map(|(arch, _)| *arch), &mut distro);
    let id = purl::build("alpm", Some(&distribution.id), name, Some(version), &qualifiers);
    let seen = || file.at(*span);
    out.component(&id, ComponentKind::Package, seen());
    out.attribute(&id, key::ECOSYSTEM, "alpm", seen());
    out.attribute(&id, key::NAME, name, seen());
    out.attribute(&id, key::VERSION, version, seen());
    out.attribute(&id, key::RESOLUTION, "locked", seen());
    out.attribute(&id, key::IDENTITY, format!("distribution:{}", distribution.id), distribution.evidence(seen()));
    for (licence, span) in values("LICENSE") {
        out.attribute(&id, key::LICENSE, licence, file.at(*span));
    }
    for (base, span) in values("BASE") {
        out.attribute(&id, key::SOURCE_PACKAGE, base, file.at(*span));
    }
    for (packager, span) in values("PACKAGER") {
        if let Some(domain) = mail_domain(packager) {
            out.attribute(&id, key::IDENTITY, format!("mail:{domain}"), file.at(*span));
        }
    }
    for (address, span) in values("URL") {
        homepage(&id, address, &file.at(*span), out);
    }
    out.relation(root, RelationKind::Contains, &id, seen());
    let number = installed.add(&id, name, seen());
    for (provided, _) in values("PROVIDES") {
        installed.provides(number, bare(provided));
    }
    for (needed, _) in values("DEPENDS") {
        installed.needs(number, std::iter::once(bare(needed)));
    }
}

/// The name in `glibc>=2.38`.
fn bare(text: &str) -> &str {
    text.split(['=', '<', '>', ':']).next().unwrap_or(text)
}
