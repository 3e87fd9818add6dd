//! Where Debian packages are fetched from: `etc/apt/sources.list` and `sources.list.d`.

use super::dpkg::stanzas;
use super::os_release::filesystem;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, Horizon, RelationKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::host_of;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `apt-sources`.
pub struct AptSources;

static META: ScannerMeta = ScannerMeta {
    id: "apt-sources",
    title: "Debian package sources",
    summary: "Hosts that a file system fetches its packages from, in the one-line and the paragraph form. Disabled \
              sources, source code archives and sources on disk do not count.",
    files: &["**/etc/apt/sources.list", "**/etc/apt/sources.list.d/*.list", "**/etc/apt/sources.list.d/*.sources"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Host],
    reference: "https://manpages.debian.org/stable/apt/sources.list.5.en.html",
};

impl Scanner for AptSources {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = filesystem(input, file, "/etc/apt/");
        if file.path().name().ends_with(".sources") {
            paragraphs(&root, file, out);
        } else {
            for line in lines(file.text()) {
                one_line(&root, &line, file, out);
            }
        }
        Ok(())
    }
}

pub(super) type Root = (ComponentId, ComponentKind);

/// `deb [options] address suite component…`
fn one_line(root: &Root, line: &Line<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let text = line.text.split('#').next().unwrap_or_default().trim();
    let Some(rest) = text.strip_prefix("deb").filter(|rest| rest.starts_with([' ', '\t', '['])) else {
        if !text.is_empty() && !text.starts_with("deb-src") {
            out.problem(DiagnosticKind::Malformed, file, Some(line.span), "neither `deb` nor `deb-src`");
        }
        return;
    };
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(options) => options.split_once(']').map_or("", |(_, after)| after).trim_start(),
        None => rest,
    };
    let address = rest.split_whitespace().next().unwrap_or_default();
    source(root, address, if address.is_empty() { line.span } else { span_within(line, address) }, file, out);
}

/// `Types: deb`, `URIs: address address`, `Enabled: no`.
fn paragraphs(root: &Root, file: &SourceFile, out: &mut Facts<'_>) {
    for entry in stanzas(file.text()) {
        let field = |name: &str| entry.iter().find(|(field, _, _)| field.trim().eq_ignore_ascii_case(name));
        if entry.iter().all(|(name, _, _)| name.starts_with('#')) {
            continue;
        }
        let disabled = field("Enabled").is_some_and(|(_, text, _)| matches!(*text, "no" | "false" | "0" | "off"));
        let binary = field("Types").is_none_or(|(_, text, _)| text.split_whitespace().any(|word| word == "deb"));
        if disabled || !binary {
            continue;
        }
        let Some((_, addresses, span)) = field("URIs") else {
            let place = entry.first().map(|(_, _, span)| *span);
            out.problem(DiagnosticKind::Malformed, file, place, "source without `URIs`");
            continue;
        };
        if addresses.is_empty() {
            out.problem(
                DiagnosticKind::Unsupported,
                file,
                Some(*span),
                "addresses on the lines below `URIs` are not read",
            );
        }
        for address in addresses.split_whitespace() {
            source(root, address, *span, file, out);
        }
    }
}

fn source(root: &Root, address: &str, span: Span, file: &SourceFile, out: &mut Facts<'_>) {
    let is_local = ["file:", "cdrom:", "copy:", "/"].iter().any(|start| address.starts_with(start));
    if is_local {
        return;
    }
    match host_of(address) {
        Some(host) => {
            fetches_from(root, &host, &place_of(address, span, file), file, out);
        }
        None => out.problem(DiagnosticKind::Malformed, file, Some(span), "source without a host that could be read"),
    }
}

/// Whoever builds the file system anew needs the host. It is not where an image itself is fetched from, so this is no
/// `distributed-by`.
pub(super) fn fetches_from(root: &Root, host: &str, seen: &Seen, file: &SourceFile, out: &mut Facts<'_>) {
    fetches_from_one_of(root, host, None, seen, file, out);
}

/// As [`fetches_from`], where any host of the group will do.
pub(super) fn fetches_from_one_of(
    root: &Root,
    host: &str,
    group: Option<&str>,
    seen: &Seen,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    out.component(&root.0, root.1, file.whole());
    let host = ComponentId::host(host);
    out.component(&host, ComponentKind::Host, seen.clone());
    if root.1 == ComponentKind::Image {
        out.attribute(&host, key::FETCHED_BY, "build", seen.clone());
    }
    out.relation_with(&root.0, RelationKind::DependsOn, &host, group, Some(Horizon::NextDeploy), seen.clone());
}

/// The place of an address; one with a password is not repeated.
pub(super) fn place_of(address: &str, span: Span, file: &SourceFile) -> Seen {
    let seen = file.at(span);
    if address.contains('@') { seen.without_excerpt() } else { seen }
}
