//! Installed Python distributions: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO`, and `*.egg-info` as a file.

use super::beside;
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
    summary: "Name, version, licence, author, maintainer, code host, and the address it was installed from, of what is \
              installed. What it needs of what is installed beside it, other than for an extra.",
    files: &["**/*.dist-info/METADATA", "**/*.dist-info/direct_url.json", "**/*.egg-info/PKG-INFO", "**/*.egg-info"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package, ComponentKind::Host],
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
        if file.path().name() == "direct_url.json" {
            return direct_url(file, out);
        }
        let fields = header(file.text());
        let field = |name: &str| fields.iter().find(|field| field.0.eq_ignore_ascii_case(name));
        let (Some((_, name, span)), Some((_, version, _))) = (field("Name"), field("Version")) else {
            out.problem(DiagnosticKind::Malformed, file, None, "no `Name` or no `Version`");
            return Ok(());
        };
        let folder = match file.path().name() {
            "METADATA" | "PKG-INFO" => file.folder().parent(),
            _ => file.folder(),
        };
        let root = input.root_subject_at(&folder);
        out.component(&root, input.root_kind(), file.whole());
        let package = Package::new("pypi", name, Some(*version), file, *span);
        let id = package.write(&root, out);
        toolkit::installed(&id, &file.folder(), input, &file.at(*span), out);
        let stated = field("License-Expression").or_else(|| field("License"));
        let stated = stated.filter(|(_, text, _)| text.len() <= LICENCE).map(|(_, text, span)| (*text, *span));
        if let Some((licence, span)) = stated.or_else(|| classified(&fields)) {
            out.attribute(&id, key::LICENSE, licence, file.at(span));
        }
        origins(&id, &fields, file, out);
        beside::needs(&id, &fields, &folder, input, out);
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

/// The licence of the first classifier that names one: `License :: OSI Approved :: MIT License`.
fn classified<'a>(fields: &[Field<'a>]) -> Option<(&'a str, Span)> {
    fields.iter().filter(|(name, _, _)| *name == "Classifier").find_map(|(_, value, span)| {
        let (_, name) = value.strip_prefix("License ::")?.rsplit_once("::")?;
        Some((name.trim(), *span))
    })
}

/// Where a distribution was installed from that no index gave. The folder names it.
fn direct_url(file: &SourceFile, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let root = file.json_or_part(out)?;
    let folder = file.folder();
    let named = folder.name().strip_suffix(".dist-info").and_then(|stem| stem.rsplit_once('-'));
    let address = root.get("url").and_then(|node| node.text().map(|text| (text, node.span)));
    let (Some((name, version)), Some((address, span))) = (named, address) else {
        out.problem(DiagnosticKind::Malformed, file, Some(root.span), "no `url`, or a folder without name and version");
        return Ok(());
    };
    if toolkit::host_of(address).is_none() {
        // a folder or a file of the machine it was installed on
        return Ok(());
    }
    let id = Package::new("pypi", name, Some(version), file, span).id();
    let seen = file.at(span);
    out.component(&id, ComponentKind::Package, seen.clone());
    toolkit::fetched_from(&id, address, &seen, out);
    toolkit::repository_owner_of(&id, address, &seen, out);
    if let Some(commit) = root.at(&["vcs_info", "commit_id"])
        && let Some(text) = commit.text()
    {
        out.attribute(&id, key::REVISION, text, file.at(commit.span));
    }
    Ok(())
}

/// Who writes it, as far as mail domains and code hosts tell.
pub(crate) fn origins(id: &ComponentId, fields: &[Field<'_>], file: &SourceFile, out: &mut Facts<'_>) {
    let mut on_code_host = false;
    for (name, value, span) in fields {
        let seen = file.at(*span);
        match *name {
            "Author" | "Maintainer" | "Author-email" | "Maintainer-email" => {
                for one in value.split(',').filter(|one| !one.trim().is_empty()) {
                    toolkit::author(id, one, &seen, out);
                }
            }
            "Home-page" => {
                on_code_host |= toolkit::owner_of_address(value).is_some();
                toolkit::repository_owner_of(id, value, &seen, out);
            }
            "Project-URL" => {
                let Some((label, address)) = labelled(value) else { continue };
                let is = |words: &[&str]| words.iter().any(|word| label.contains(word));
                let is_source = is(&["source", "repo", "code", "github"]);
                if is_source {
                    toolkit::repository(id, address, &seen, out);
                } else if is(&["home"]) {
                    toolkit::repository_owner_of(id, address, &seen, out);
                }
                on_code_host |= (is_source || is(&["home"])) && toolkit::owner_of_address(address).is_some();
            }
            _ => {}
        }
    }
    if !on_code_host {
        elsewhere(id, fields, file, out);
    }
}

/// `Source, https://…`: the label in small letters, and the address.
fn labelled(value: &str) -> Option<(String, &str)> {
    let (label, address) = value.split_once(',')?;
    Some((label.trim().to_ascii_lowercase(), address.trim()))
}

/// Where nothing says where the source lies: the tracker of a project and its archives lie on its own account. Other
/// addresses lead to documents of others as well.
fn elsewhere(id: &ComponentId, fields: &[Field<'_>], file: &SourceFile, out: &mut Facts<'_>) {
    for (name, value, span) in fields {
        let address = match *name {
            "Download-URL" => Some(*value),
            "Project-URL" => labelled(value).and_then(|(label, address)| {
                ["issue", "bug", "tracker", "download"].iter().any(|word| label.contains(word)).then_some(address)
            }),
            _ => None,
        };
        if let Some(address) = address {
            toolkit::repository_owner_of(id, address, &file.at(*span), out);
        }
    }
}
