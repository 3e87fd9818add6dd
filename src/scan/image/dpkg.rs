//! Debian package database: `var/lib/dpkg/status` and `status.d`.

use super::os_release::distribution_of;
use crate::model::{Basis, ComponentKind, RelationKind, key, purl};
use crate::parse::lines::{Line, lines};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `dpkg`.
pub struct Dpkg;

static META: ScannerMeta = ScannerMeta {
    id: "dpkg",
    title: "Debian package database",
    summary: "Installed packages with version, architecture and the domains of maintainer and homepage. Packages that \
              are removed but leave configuration are not installed and not counted.",
    files: &["**/var/lib/dpkg/status", "**/var/lib/dpkg/status.d/*"],
    unit: Unit::File,
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
        let file = input.file();
        if file.path().name().ends_with(".md5sums") {
            return Ok(());
        }
        let root = super::os_release::filesystem(input, file, "/var/lib/dpkg/");
        out.component(&root.0, root.1, file.whole());
        let distribution = distribution_of(input, file, "/var/lib/dpkg/", "debian");
        for entry in stanzas(file.text()) {
            let field = |name: &str| entry.iter().find(|(field, _, _)| field.eq_ignore_ascii_case(name));
            let (Some((_, name, span)), Some((_, version, _))) = (field("Package"), field("Version")) else { continue };
            if field("Status").is_some_and(|(_, status, _)| !status.ends_with(" installed")) {
                continue;
            }
            let architecture = field("Architecture").map(|(_, text, _)| *text);
            let qualifiers: Vec<(&str, &str)> = architecture.iter().map(|arch| ("arch", *arch)).collect();
            let id = purl::build("deb", Some(&distribution), name, Some(version), &qualifiers);
            let seen = || file.at(*span);
            out.component(&id, ComponentKind::Package, seen());
            out.attribute(&id, key::ECOSYSTEM, "deb", seen());
            out.attribute(&id, key::NAME, name, seen());
            out.attribute(&id, key::VERSION, version, seen());
            out.attribute(&id, key::RESOLUTION, "locked", seen());
            out.attribute(&id, key::IDENTITY, format!("distribution:{distribution}"), seen());
            if let Some(domain) = field("Maintainer").and_then(|(_, text, _)| mail_domain(text)) {
                out.attribute(&id, key::IDENTITY, format!("mail:{domain}"), seen());
            }
            out.relation(&root.0, RelationKind::Contains, &id, seen());
        }
        Ok(())
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
pub(super) fn mail_domain(text: &str) -> Option<String> {
    let address = text.rsplit_once('<').map_or(text, |(_, rest)| rest).trim_end_matches('>');
    let domain = address.rsplit_once('@')?.1.trim();
    (domain.contains('.') && !domain.contains(' ')).then(|| domain.to_ascii_lowercase())
}
