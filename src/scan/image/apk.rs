//! Alpine package database: `lib/apk/db/installed`.

use std::collections::BTreeSet;

use super::dpkg::{homepage, is_of_known, mail_domain};
use super::installed::Installed;
use super::os_release::{Distribution, filesystem};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, RelationKind, key, purl};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `apk`.
pub struct Apk;

static META: ScannerMeta = ScannerMeta {
    id: "apk",
    title: "Alpine package database",
    summary: "Installed packages with version, architecture, licence, source package, the maintainer's mail domain, the \
              code host of the homepage, and which package needs which.",
    files: &["**/lib/apk/db/installed"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://wiki.alpinelinux.org/wiki/Apk_spec",
};

impl Scanner for Apk {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let marker = if file.path().as_str().contains("usr/lib/apk/") { "/usr/lib/apk/" } else { "/lib/apk/" };
        let root = filesystem(input, file, marker);
        out.component(&root.0, root.1, file.whole());
        let distribution = Distribution::of(input, file, marker, "alpine");
        let mut installed = Installed::default();
        let mut fields: Vec<(&str, &str, Span)> = Vec::new();
        for line in lines(file.text()) {
            match line.text.split_once(':') {
                Some((name, value)) if name.len() == 1 => fields.push((name, value, span_within(&line, value))),
                _ => write(&std::mem::take(&mut fields), &root.0, &distribution, &mut installed, file, out),
            }
        }
        write(&fields, &root.0, &distribution, &mut installed, file, out);
        installed.write(out);
        Ok(())
    }
}

/// The files of packages whose maintainer writes from an address of the distribution or of another organisation that the
/// rules know: path below the root, and the checksum of the package, which is another one in another version.
pub(crate) fn files_of_known_makers<'t>(text: &'t str, catalog: &Catalog) -> BTreeSet<(String, &'t str)> {
    let mut found = BTreeSet::new();
    let (mut package, mut is_known, mut folder) = ("", false, "");
    let mut held: Vec<(&str, &str)> = Vec::new();
    for line in text.lines().chain([""]) {
        match line.split_once(':') {
            Some(("C", sum)) => package = sum,
            Some(("m", text)) => is_known = mail_domain(text).is_some_and(|domain| is_of_known(&domain, catalog)),
            Some(("F", path)) => folder = path,
            Some(("R", name)) => held.push((folder, name)),
            Some(_) => {}
            None => {
                let files = held.drain(..).filter(|_| is_known);
                found.extend(files.map(|(folder, name)| (format!("{folder}/{name}"), package)));
                (package, is_known, folder) = ("", false, "");
            }
        }
    }
    found
}

fn write(
    fields: &[(&str, &str, Span)],
    root: &crate::model::ComponentId,
    distribution: &Distribution,
    installed: &mut Installed,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let field = |name: &str| fields.iter().find(|(field, _, _)| *field == name);
    let (Some((_, name, span)), Some((_, version, _))) = (field("P"), field("V")) else {
        if let Some((_, _, span)) = fields.first() {
            out.problem(DiagnosticKind::Malformed, file, Some(*span), "package entry without `P` or `V`");
        }
        return;
    };
    let mut distro = String::new();
    let qualifiers = distribution.qualifiers(field("A").map(|(_, arch, _)| *arch), &mut distro);
    let id = purl::build("apk", Some(&distribution.id), name, Some(version), &qualifiers);
    let seen = || file.at(*span);
    out.component(&id, ComponentKind::Package, seen());
    out.attribute(&id, key::ECOSYSTEM, "apk", seen());
    out.attribute(&id, key::NAME, name, seen());
    out.attribute(&id, key::VERSION, version, seen());
    out.attribute(&id, key::RESOLUTION, "locked", seen());
    out.attribute(&id, key::IDENTITY, format!("distribution:{}", distribution.id), distribution.evidence(seen()));
    if let Some((_, licence, _)) = field("L") {
        out.attribute(&id, key::LICENSE, licence, seen());
    }
    if let Some((_, text, span)) = field("m")
        && let Some(domain) = mail_domain(text)
    {
        out.attribute(&id, key::IDENTITY, format!("mail:{domain}"), file.at(*span));
    }
    if let Some((_, address, span)) = field("U") {
        homepage(&id, address, &file.at(*span), out);
    }
    if let Some((_, origin, span)) = field("o") {
        out.attribute(&id, key::SOURCE_PACKAGE, origin, file.at(*span));
    }
    out.relation(root, RelationKind::Contains, &id, seen());
    let number = installed.add(&id, name, seen());
    let words = |name: &str| field(name).into_iter().flat_map(|(_, text, _)| text.split_whitespace());
    for provided in words("p") {
        installed.provides(number, bare(provided));
    }
    for needed in words("D").filter(|word| !word.starts_with('!')) {
        installed.needs(number, std::iter::once(bare(needed)));
    }
}

/// The name in `so:libcrypto.so.3=3.0.0` or `musl>=1.2`.
fn bare(word: &str) -> &str {
    word.split(['=', '<', '>', '~', '@']).next().unwrap_or(word)
}
