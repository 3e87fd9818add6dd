//! Where RPM packages are fetched from: repository files of yum, dnf and zypper.

use super::apt_sources::{fetches_from_one_of, place_of};
use super::os_release::filesystem;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::host_of;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `rpm-repositories`.
pub struct RpmRepositories;

static META: ScannerMeta = ScannerMeta {
    id: "rpm-repositories",
    title: "RPM package repositories",
    summary: "Hosts that a file system fetches its packages or lists of mirrors from. Repositories that are switched off or \
              lie on disk do not count; a host that a variable names is reported.",
    files: &["**/etc/yum.repos.d/*.repo", "**/etc/zypp/repos.d/*.repo", "**/etc/yum.conf", "**/etc/dnf/dnf.conf"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Host],
    reference: "https://dnf.readthedocs.io/en/latest/conf_ref.html",
};

/// What is said of one repository.
#[derive(Default)]
struct Repository<'t> {
    name: &'t str,
    is_off: bool,
    addresses: Vec<(&'t str, Span)>,
}

impl Scanner for RpmRepositories {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = filesystem(input, file, "/etc/");
        for repository in repositories(file.text()).iter().filter(|repository| !repository.is_off) {
            // what is not there is fetched from the next
            let name = format!("repository {}", repository.name);
            let group = (repository.addresses.len() > 1).then_some(name.as_str());
            for (address, span) in &repository.addresses {
                source(&root, address, group, *span, file, out);
            }
        }
        Ok(())
    }
}

fn repositories(text: &str) -> Vec<Repository<'_>> {
    const ADDRESSES: [&str; 3] = ["baseurl", "mirrorlist", "metalink"];
    let mut all: Vec<Repository<'_>> = Vec::new();
    // further addresses stand in lines that are indented
    let mut goes_on = false;
    for line in lines(text) {
        let words = line.text.trim();
        if words.is_empty() || words.starts_with(['#', ';']) {
            continue;
        }
        if words.starts_with('[') {
            all.push(Repository { name: words.trim_matches(['[', ']']), ..Repository::default() });
            goes_on = false;
            continue;
        }
        let Some(last) = all.last_mut() else { continue };
        let is_indented = line.text.starts_with([' ', '\t']);
        let (name, value) = match words.split_once('=') {
            Some((name, value)) if !is_indented => (name.trim().to_ascii_lowercase(), value.trim()),
            _ if is_indented && goes_on => ("baseurl".to_owned(), words),
            _ => continue,
        };
        goes_on = name == "baseurl";
        if name == "enabled" {
            last.is_off = matches!(value.to_ascii_lowercase().as_str(), "0" | "no" | "false" | "off");
        } else if ADDRESSES.contains(&name.as_str()) {
            let values = value.split([' ', ',', '\t']).filter(|text| !text.is_empty() && *text != "_none_");
            last.addresses.extend(values.map(|address| (address, span_within(&line, address))));
        }
    }
    all
}

fn source(
    root: &super::apt_sources::Root,
    address: &str,
    group: Option<&str>,
    span: Span,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    // `dir:`, `iso:` and `hd:` are zypper's words for what lies on this machine
    if ["file:", "dir:", "iso:", "hd:", "cd:", "dvd:", "media:", "/"].iter().any(|start| address.starts_with(start)) {
        return;
    }
    match host_of(address).filter(|host| !host.contains('$')) {
        Some(host) => fetches_from_one_of(root, &host, group, &place_of(address, span, file), file, out),
        None if address.contains('$') => {
            let message = "the host of this repository is a variable";
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        }
        None => {
            out.problem(DiagnosticKind::Malformed, file, Some(span), "repository without a host that could be read")
        }
    }
}
