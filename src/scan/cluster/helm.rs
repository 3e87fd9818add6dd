//! Helm charts and Kustomize folders at a first level: images that values and overlays name, and
//! the charts a chart depends on.

use super::manifest::is_template;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::Node;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `helm`.
pub struct Helm;

static META: ScannerMeta = ScannerMeta {
    id: "helm",
    title: "Helm chart and Kustomize images",
    summary: "Chart dependencies with their repository, images that values name as `repository` and `tag`, and image \
              replacements of Kustomize. Templates are not rendered: what only a template says is not seen.",
    files: &[
        "**/Chart.yaml",
        "**/Chart.lock",
        "**/values*.yaml",
        "**/values*.yml",
        "**/kustomization.yaml",
        "**/kustomization.yml",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Image, ComponentKind::Host],
    reference: "https://helm.sh/docs/topics/charts/",
};

impl Scanner for Helm {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if is_template(file.text()) {
            return Ok(());
        }
        let documents = file.yaml_or_part(out);
        let project = ComponentId::project(&file.folder());
        let before = out.len();
        for document in documents {
            match file.path().name() {
                "Chart.yaml" | "Chart.lock" => charts(document, &project, file, out),
                "kustomization.yaml" | "kustomization.yml" => replacements(document, &project, file, out),
                _ => values(document, &project, file, out),
            }
        }
        if out.len() > before {
            out.component(&project, ComponentKind::Project, file.whole());
        }
        Ok(())
    }
}

fn charts(chart: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for need in chart.get("dependencies").map_or(&[][..], Node::list) {
        let Some(name) = need.get("name") else { continue };
        let Some(text) = name.text() else { continue };
        let seen = || file.at(name.span);
        // only the lock file states an exact version
        let exact = file.path().name() == "Chart.lock";
        let version = need.get("version").and_then(Node::scalar);
        let id = purl::package("helm", None, text, version.as_deref().filter(|_| exact));
        out.component(&id, ComponentKind::Package, seen());
        out.attribute(&id, key::ECOSYSTEM, "helm", seen());
        out.attribute(&id, key::NAME, text, seen());
        out.attribute(&id, key::RELATION, "direct", seen());
        if let Some(version) = version {
            out.attribute(&id, if exact { key::VERSION } else { key::REQUIREMENT }, version, seen());
        }
        out.relation(project, RelationKind::DependsOn, &id, seen());
        if let Some(repository) = need.get("repository")
            && let Some(address) = repository.text()
        {
            toolkit::fetched_from(&id, address, &file.at(repository.span), out);
        }
    }
}

fn replacements(node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for image in node.get("images").map_or(&[][..], Node::list) {
        let Some(name) = image.get("newName").or_else(|| image.get("name")) else { continue };
        // an entry that only counts or renames a tag says nothing that the base does not
        if image.get("newName").is_some() || image.get("newTag").is_some() || image.get("digest").is_some() {
            with_tag(name, image.get("newTag"), image.get("digest"), None, project, file, out);
        }
    }
}

/// Maps with `repository` (and `tag`, `registry`), and `image` as plain text.
fn values(root: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for node in root.walk() {
        // what values hold is up to the chart
        node.any_shape();
        if let Some(repository) = node.get("repository")
            && (node.get("tag").is_some() || node.get("digest").is_some() || node.get("pullPolicy").is_some())
        {
            with_tag(repository, node.get("tag"), node.get("digest"), node.get("registry"), project, file, out);
        }
        if let Some(image) = node.get("image")
            && let Some(text) = image.text()
            && text.contains(['/', ':'])
            && !text.contains(' ')
        {
            write(text, image.span, project, file, out);
        }
    }
}

fn with_tag(
    repository: &Node,
    tag: Option<&Node>,
    digest: Option<&Node>,
    registry: Option<&Node>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(name) = repository.text().filter(|name| !name.is_empty() && !name.contains("://")) else { return };
    let mut reference = registry
        .and_then(Node::text)
        .filter(|text| !text.is_empty())
        .map_or_else(String::new, |text| format!("{text}/"));
    reference.push_str(name);
    if let Some(tag) = tag.and_then(Node::scalar).filter(|text| !text.is_empty()) {
        reference.push(':');
        reference.push_str(&tag);
    }
    if let Some(digest) = digest.and_then(Node::text).filter(|text| text.contains(':')) {
        reference.push('@');
        reference.push_str(digest);
    }
    write(&reference, repository.span, project, file, out);
}

fn write(reference: &str, span: Span, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    needs_image(project, RelationKind::DependsOn, reference, file, span, out);
}
