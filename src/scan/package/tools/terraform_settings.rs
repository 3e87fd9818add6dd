//! Settings of Terraform and OpenTofu: mirrors that providers are installed from.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::hcl::hcl;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `terraform-settings`.
pub struct TerraformSettings;

static META: ScannerMeta = ScannerMeta {
    id: "terraform-settings",
    title: "Terraform and OpenTofu settings",
    summary: "Network mirrors of `provider_installation`, from which providers are fetched. Credentials and other settings \
              are not kept; mirrors in folders are the tree's own.",
    files: &["**/.terraformrc", "**/terraform.rc", "**/.tofurc", "**/tofu.rc", "**/*.tfrc"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation",
};

impl Scanner for TerraformSettings {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let tree = hcl(file.text());
        for problem in &tree.problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
        }
        let project = input.root_subject(file);
        let before = out.len();
        for chunk in &tree.chunks {
            for installation in chunk.body.get_blocks("provider_installation") {
                for mirror in installation.body.get_blocks("network_mirror") {
                    network_mirror(&mirror.body, chunk.offset, &project, file, out);
                }
            }
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

fn network_mirror(body: &Body, offset: usize, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let place = |span: Option<std::ops::Range<usize>>| span.map(|span| Span::from(span).shifted(offset));
    let Some(url) = body.get_attribute("url") else {
        out.problem(DiagnosticKind::Malformed, file, place(body.span()), "a mirror without `url`");
        return;
    };
    let span = place(url.value.span()).unwrap_or_default();
    let host = match &url.value {
        Expression::String(text) => toolkit::host_of(text.value()),
        _ => None,
    };
    let Some(host) = host else {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "`url` of a mirror is no address");
        return;
    };
    // an address may hold a password
    let seen = file.at(span).without_excerpt();
    toolkit::distributed_by(project, &host, &seen, out);
    out.attribute(&ComponentId::host(&host), key::FETCHED_BY, "build", seen);
}
