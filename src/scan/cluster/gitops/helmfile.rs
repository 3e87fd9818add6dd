//! Helmfile: releases of charts, and the repositories they come from.

use std::collections::BTreeMap;

use super::super::helm::{chart, values};
use super::super::manifest::is_template;
use super::super::tree;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `helmfile`.
pub struct Helmfile;

static META: ScannerMeta = ScannerMeta {
    id: "helmfile",
    title: "Helmfile",
    summary: "Releases with their chart, its version and the repository it comes from, and images that inline values \
              name. A release is brought by whoever runs the tool: it is no controller. Helmfiles that are templates \
              must be rendered first; releases that are switched off are left out.",
    files: &["**/helmfile.yaml", "**/helmfile.yml", "**/helmfile.d/*.yaml", "**/helmfile*.yaml.gotmpl"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host, ComponentKind::Image],
    reference: "https://helmfile.readthedocs.io/en/latest/",
};

impl Scanner for Helmfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if is_template(file.text()) && !file.yaml().problems.is_empty() {
            let at = file.yaml().problems.first().map(|problem| problem.span);
            let message = "a template that must be rendered before it can be read; render it and scan the result";
            out.problem(DiagnosticKind::Unsupported, file, at, message);
            return Ok(());
        }
        let documents = file.yaml_or_part(out);
        let repositories: BTreeMap<&str, &Node> = documents
            .iter()
            .flat_map(|document| document.get("repositories").map_or(&[][..], Node::list))
            .filter_map(|entry| Some((entry.text_at("name")?, entry.get("url")?)))
            .collect();
        let project = ComponentId::project(&file.folder());
        let before = out.len();
        for release in documents.iter().flat_map(|document| document.get("releases").map_or(&[][..], Node::list)) {
            let is_off = release.get("installed").and_then(Node::as_bool) == Some(false);
            if is_off {
                let name = release.text_at("name").unwrap_or("unnamed");
                out.attribute(&project, key::SWITCHED_OFF, format!("release {name}"), file.at(release.span));
                continue;
            }
            self::release(release, &repositories, &project, file, out);
        }
        if out.len() > before {
            out.component(&project, ComponentKind::Project, file.whole());
        }
        Ok(())
    }
}

fn release(
    release: &Node,
    repositories: &BTreeMap<&str, &Node>,
    project: &ComponentId,
    file: &crate::scan::SourceFile,
    out: &mut Facts<'_>,
) {
    for inline in release.get("values").map_or(&[][..], Node::list).iter().filter(|value| !value.entries().is_empty()) {
        values::images(inline, project, false, file, out);
    }
    let Some(chart) = release.get("chart") else { return };
    let Some(text) = chart.text().filter(|text| !text.starts_with(['.', '/'])) else { return };
    if text.contains("{{") {
        let message = "the chart is put together when the tool runs";
        out.problem(DiagnosticKind::Unresolved, file, Some(chart.span), message);
        return;
    }
    let (address, name) = match text.strip_prefix("oci://") {
        Some(rest) => {
            let (host, name) = rest.rsplit_once('/').unwrap_or((rest, rest));
            (Some(tree::text(&format!("oci://{host}"), chart.span)), name)
        }
        None => match text.split_once('/') {
            Some((repository, name)) => (repositories.get(repository).map(|url| (*url).clone()), name),
            None => (None, text),
        },
    };
    let name = tree::text(name, chart.span);
    chart::named(&name, release.get("version"), false, address.as_ref(), project, file, out);
}
