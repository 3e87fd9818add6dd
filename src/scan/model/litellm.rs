//! LiteLLM's configuration: which models go to which provider.

use super::hosted::routed_model;
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::{Node, Value};
use crate::scan::cloud::api::calls_in;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `litellm`.
pub struct Litellm;

static META: ScannerMeta = ScannerMeta {
    id: "litellm",
    title: "LiteLLM configuration",
    summary: "The models of `model_list` with the service that the word before their name means, or that answers at \
              `api_base`, and the regions stated. Names read from the environment stay unknown.",
    files: &["**/*litellm*.yaml", "**/*litellm*.yml", "**/config.yaml", "**/config.yml", "**/proxy_config.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Service, ComponentKind::Model, ComponentKind::Host],
    reference: "https://docs.litellm.ai/docs/proxy/configs",
};

impl Scanner for Litellm {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_configuration(file.text()) {
            return Ok(());
        }
        let project = input.root_subject(file);
        let before = out.len();
        for document in file.yaml_or_part(out) {
            routes(document, &Ground { user: &project, catalog: input.catalog, place: &|span| (file, span) }, out);
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

/// True for a text that may be a configuration: a quick look.
pub(crate) fn is_configuration(text: &str) -> bool {
    text.contains("model_list") && text.contains("litellm_params")
}

/// Whose configuration it is, and where its words stand: another file may carry it.
pub(crate) struct Ground<'g, 'f> {
    /// What runs with it.
    pub(crate) user: &'g ComponentId,
    /// Vocabulary.
    pub(crate) catalog: &'g Catalog,
    /// File and place of a span.
    pub(crate) place: &'g dyn Fn(Span) -> (&'f SourceFile, Span),
}

/// Writes what the routes of a configuration call.
pub(crate) fn routes(document: &Node, ground: &Ground<'_, '_>, out: &mut Facts<'_>) {
    let Some(Value::List(models)) = document.get("model_list").map(|list| &list.value) else { return };
    for parameters in models.iter().filter_map(|model| model.get("litellm_params")) {
        route(parameters, ground, out);
    }
}

fn route(parameters: &Node, ground: &Ground<'_, '_>, out: &mut Facts<'_>) {
    let unresolved = |span: Span, message: &str, out: &mut Facts<'_>| {
        let (file, span) = (ground.place)(span);
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    };
    let seen = |span: Span| {
        let (file, span) = (ground.place)(span);
        file.at(span)
    };
    let address = parameters.get("api_base").filter(|node| node.text().is_some());
    if let Some((address, text)) = address.and_then(|node| Some((node, node.text()?))) {
        if text.starts_with("os.environ/") {
            unresolved(address.span, "the address is read from the environment", out);
        } else {
            let (file, span) = (ground.place)(address.span);
            calls_in(ground.user, text, ground.catalog, file, span, out);
        }
    }
    let Some(model) = parameters.get("model") else { return };
    let Some(text) = model.text() else { return };
    if text.starts_with("os.environ/") {
        unresolved(model.span, "the model is read from the environment", out);
        return;
    }
    // an own address for Azure is one of Azure
    let is_elsewhere = address.is_some() && !text.starts_with("azure");
    let service = routed_model(ground.user, text, is_elsewhere, ground.catalog, &seen(model.span), out);
    let region = ["aws_region_name", "vertex_location", "region_name"].iter().find_map(|name| parameters.get(name));
    if let Some((service, region)) = service.zip(region)
        && let Some(text) = region.text().filter(|text| !text.starts_with("os.environ/"))
    {
        out.attribute(&service, crate::model::key::REGION, text, seen(region.span));
    }
}
