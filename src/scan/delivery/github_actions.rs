//! GitHub Actions workflows: actions used, container images, and the platform itself.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `github-actions`.
pub struct GithubActions;

static META: ScannerMeta = ScannerMeta {
    id: "github-actions",
    title: "GitHub Actions workflow",
    summary: "Each workflow with the actions it uses (pinned by commit or by tag) and the images its jobs run in.",
    files: &["**/.github/workflows/*.yml", "**/.github/workflows/*.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Delivery, ComponentKind::Repository, ComponentKind::Host, ComponentKind::Image],
    reference: "https://docs.github.com/actions/reference/workflow-syntax-for-github-actions",
};

impl Scanner for GithubActions {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let yaml = file.yaml();
        for problem in &yaml.problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
        }
        let id = ComponentId::of("delivery", format_args!("github-actions/{}", file.path()));
        for document in &yaml.documents {
            let Some(jobs) = document.get("jobs") else { continue };
            out.component(&id, ComponentKind::Delivery, file.whole());
            out.attribute(&id, key::RESOURCE_TYPE, "github-actions/workflow", file.whole());
            toolkit::distributed_by(&id, "github.com", &file.whole().inferred(), out);
            for job in jobs.entries() {
                scan_job(&job.value, &id, file, out);
            }
        }
        Ok(())
    }
}

fn scan_job(job: &Node, id: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let container = job.get("container").map(|node| node.get("image").unwrap_or(node));
    let services = job.get("services").map_or(&[][..], Node::entries);
    for image in container.into_iter().chain(services.iter().filter_map(|service| service.value.get("image"))) {
        if let Some(text) = image.text().filter(|text| !text.contains("${{")) {
            needs_image(id, RelationKind::DependsOn, text, file, image.span, out);
        }
    }
    let steps = job.get("steps").map_or(&[][..], Node::list);
    for uses in steps.iter().filter_map(|step| step.get("uses")).chain(job.get("uses")) {
        let Some(text) = uses.text() else { continue };
        if let Some(image) = text.strip_prefix("docker://") {
            needs_image(id, RelationKind::DependsOn, image, file, uses.span, out);
            continue;
        }
        let Some((action, revision)) = text.split_once('@') else { continue };
        let mut parts = action.split('/');
        let (Some(owner), Some(name)) = (parts.next(), parts.next()) else { continue };
        if owner == "." || text.contains("${{") {
            continue;
        }
        let repository = ComponentId::repository(&format!("github.com/{owner}/{name}"));
        let seen = || file.at(uses.span);
        out.component(&repository, ComponentKind::Repository, seen());
        out.attribute(&repository, key::REVISION, revision, seen());
        let commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        out.attribute(&repository, key::PINNED, if commit { "digest" } else { "tag" }, seen());
        out.attribute(&repository, key::IDENTITY, format!("github:{owner}"), seen());
        out.relation(id, RelationKind::DependsOn, &repository, seen());
        toolkit::distributed_by(&repository, "github.com", &seen(), out);
    }
}
