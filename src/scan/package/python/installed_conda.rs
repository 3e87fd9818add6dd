//! Installed packages of conda: one file of `conda-meta` for each.

use super::conda::{channel_of, from_channel};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `installed-conda`.
pub struct InstalledConda;

static META: ScannerMeta = ScannerMeta {
    id: "installed-conda",
    title: "Installed packages of conda",
    summary: "Name, version, licence, hash, channel and address of what a conda environment holds, with edges between \
              its packages.",
    files: &["**/conda-meta/*.json"],
    unit: Unit::Directory,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/environments.html",
};

impl Scanner for InstalledConda {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let root = input.root_subject_at(&input.file().folder().parent());
        let mut entries = Entries::default();
        let mut installed = Vec::new();
        for file in input.files {
            let node = match file.json_or_part(out) {
                Ok(node) => node,
                Err(error) => {
                    out.problem_of(file, &error);
                    continue;
                }
            };
            if let Some((name, locked)) = package(node, &root, input, file, out) {
                entries.add(name, None, locked.clone());
                installed.push((locked, node, file));
            }
        }
        for (from, node, file) in installed {
            for need in node.get("depends").map_or(&[][..], Node::list) {
                let name = need.text().and_then(|text| text.split_whitespace().next()).unwrap_or("");
                for to in entries.named(name, None) {
                    from.needs(to, &file.at(need.span), out);
                }
            }
        }
        Ok(())
    }
}

fn package<'a>(
    node: &'a Node,
    root: &ComponentId,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<(&'a str, Locked)> {
    let text = |key: &str| node.get(key).and_then(|node| node.text().map(|text| (text, node.span)));
    let (Some((name, span)), Some((version, _))) = (text("name"), text("version")) else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "no `name` or no `version`");
        return None;
    };
    out.component(root, input.root_kind(), file.whole());
    let id = Package::new("conda", name, Some(version), file, span).write(root, out);
    if let Some((licence, span)) = text("license") {
        out.attribute(&id, key::LICENSE, licence, file.at(span));
    }
    for kind in ["sha256", "md5"] {
        if let Some((hash, span)) = text(kind) {
            out.attribute(&id, key::INTEGRITY, format!("{kind}:{hash}"), file.at(span));
            break;
        }
    }
    let has_address = super::artefact::fetched(&id, node, "url", file, out);
    if let Some((address, span)) = text("url") {
        channel_of(&id, address, &file.at(span), out);
    }
    if let Some((channel, span)) = text("channel").filter(|_| !has_address) {
        from_channel(&id, channel, true, &file.at(span), out);
    } else if !has_address {
        toolkit::from_default(&id, "conda", &file.at(span), out);
    }
    Some((name, Locked::package(id)))
}
