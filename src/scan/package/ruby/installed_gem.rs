//! Installed gems: the specifications that RubyGems writes beside them, with literals only.

use anyhow::Context as _;

use crate::model::{Basis, ComponentKind, key};
use crate::scan::package::ruby::literal::{Argument, Statement, Value, statements};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `installed-gem`.
pub struct InstalledGem;

static META: ScannerMeta = ScannerMeta {
    id: "installed-gem",
    title: "Installed gems",
    summary: "Name, version, licence, code host and the mail domains of the authors of gems that lie in the tree or image, \
              from the folders `specifications` of RubyGems.",
    files: &["**/specifications/*.gemspec", "**/specifications/default/*.gemspec"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://guides.rubygems.org/specification-reference/",
};

impl Scanner for InstalledGem {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let Some(home) = home(input.file().path()) else { return Ok(()) };
        let all: Vec<Statement<'_>> = statements(input.file().text()).collect();
        installed(&all, &home, input, out)
    }
}

/// The folder that an installed gem belongs to: above `vendor/bundle`, else the one that holds `specifications`.
pub(super) fn home(path: &RelPath) -> Option<RelPath> {
    let (home, name) = path.as_str().rsplit_once("specifications/")?;
    if !(home.is_empty() || home.ends_with('/')) || name.strip_prefix("default/").unwrap_or(name).contains('/') {
        return None;
    }
    let home = match home.find("vendor/bundle/") {
        Some(end) if end == 0 || home[..end].ends_with('/') => &home[..end],
        _ => home,
    };
    RelPath::new(home)
}

fn installed(all: &[Statement<'_>], home: &RelPath, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = input.file();
    let assigned = |name: &str| {
        let found = all.iter().find(|one| one.assigns && one.method == name && !one.receiver.is_empty());
        found.and_then(|one| one.arguments.first())
    };
    let name = assigned("name").context("no literal `name`: not the specification of an installed gem")?;
    let text = name.text().context("the name of the gem is computed")?;
    let version = assigned("version").and_then(Argument::text).context("no literal `version`")?;
    let subject = input.root_subject_at(home);
    out.component(&subject, input.root_kind(), file.whole());
    let id = Package::new("gem", text, Some(version), file, name.span).write(&subject, out);
    toolkit::installed(&id, &file.folder(), input, &file.at(name.span), out);
    if let Some(authors) = assigned("email") {
        for text in authors.texts() {
            toolkit::mail(&id, text, &file.at(authors.span), out);
        }
    }
    if let Some(licences) = assigned("licenses").or_else(|| assigned("license")) {
        for text in licences.texts() {
            out.attribute(&id, key::LICENSE, text, file.at(licences.span));
        }
    }
    if let Some(Value::List(entries)) = assigned("metadata").map(|metadata| &metadata.value)
        && let Some(source) = entries.iter().find(|entry| entry.key == Some("source_code_uri"))
        && let Some(address) = source.text()
    {
        toolkit::repository(&id, address, &file.at(source.span), out);
    } else if let Some(homepage) = assigned("homepage")
        && let Some(address) = homepage.text()
    {
        toolkit::repository_owner_of(&id, address, &file.at(homepage.span), out);
    }
    Ok(())
}
