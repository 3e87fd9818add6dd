//! Installed Python distributions: `*.dist-info/METADATA` and `*.egg-info/PKG-INFO`.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `installed-python`.
pub struct InstalledPython;

static META: ScannerMeta = ScannerMeta {
    id: "installed-python",
    title: "Installed Python distributions",
    summary: "Name, version, licence, author's mail domain and code host of what is installed. Requirements of a \
              distribution are not read: what they led to is installed beside it.",
    files: &["**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://packaging.python.org/en/latest/specifications/core-metadata/",
};

/// Longest licence text taken for a licence name.
const LICENCE: usize = 100;

impl Scanner for InstalledPython {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let fields = header(file.text());
        let field = |name: &str| fields.iter().find(|field| field.0.eq_ignore_ascii_case(name));
        let (Some((_, name, span)), Some((_, version, _))) = (field("Name"), field("Version")) else {
            out.problem(DiagnosticKind::Malformed, file, None, "no `Name` or no `Version`");
            return Ok(());
        };
        let root = input.root_subject_at(&file.folder().parent());
        out.component(&root, input.root_kind(), file.whole());
        let package = Package::new("pypi", name, Some(*version), file, *span);
        let id = package.write(&root, out);
        let licence = field("License-Expression").or_else(|| field("License"));
        if let Some((_, licence, span)) = licence.filter(|(_, text, _)| text.len() <= LICENCE) {
            out.attribute(&id, key::LICENSE, licence, file.at(*span));
        }
        origins(&id, &fields, file, out);
        Ok(())
    }
}

pub(crate) type Field<'a> = (&'a str, &'a str, Span);

/// The fields above the first empty line, without those that are empty; the description follows below.
pub(crate) fn header(text: &str) -> Vec<Field<'_>> {
    lines(text)
        .take_while(|line| !line.text.is_empty())
        .filter(|line| !line.text.starts_with([' ', '\t']))
        .filter_map(|line| {
            let (name, value) = line.text.split_once(':')?;
            let value = value.trim();
            let is_empty = value.is_empty() || value == "UNKNOWN";
            (!is_empty).then(|| (name, value, span_within(&line, value)))
        })
        .collect()
}

/// Who writes it, as far as mail domains and code hosts tell.
pub(crate) fn origins(id: &ComponentId, fields: &[Field<'_>], file: &SourceFile, out: &mut Facts<'_>) {
    for (name, value, span) in fields {
        let seen = file.at(*span);
        match *name {
            "Author-email" | "Maintainer-email" => toolkit::mail(id, value, &seen, out),
            "Home-page" => toolkit::repository_owner_of(id, value, &seen, out),
            // `Source, https://…`; other labels lead to trackers and documents of others as well
            "Project-URL" => {
                let Some((label, address)) = value.split_once(',') else { continue };
                let label = label.trim().to_ascii_lowercase();
                if ["source", "home", "repo", "code", "github"].iter().any(|word| label.contains(word)) {
                    toolkit::repository_owner_of(id, address.trim(), &seen, out);
                }
            }
            _ => {}
        }
    }
}
