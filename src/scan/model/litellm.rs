//! LiteLLM's configuration: which models go to which provider.

use super::hosted::routed_model;
use crate::model::{Basis, ComponentKind};
use crate::parse::{Node, Value};
use crate::scan::cloud::api::calls_in;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

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
        if !file.text().contains("model_list") || !file.text().contains("litellm_params") {
            return Ok(());
        }
        let project = input.root_subject(file);
        let before = out.len();
        for document in file.yaml_or_part(out) {
            let Some(Value::List(models)) = document.get("model_list").map(|list| &list.value) else { continue };
            for parameters in models.iter().filter_map(|model| model.get("litellm_params")) {
                route(parameters, input, out);
            }
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

fn route(parameters: &Node, input: &Input<'_>, out: &mut Facts<'_>) {
    use crate::diagnostic::DiagnosticKind;
    let file = input.file();
    let project = input.root_subject(file);
    let address = parameters.get("api_base").filter(|node| node.text().is_some());
    if let Some((address, text)) = address.and_then(|node| Some((node, node.text()?))) {
        if text.starts_with("os.environ/") {
            let message = "the address is read from the environment";
            out.problem(DiagnosticKind::Unresolved, file, Some(address.span), message);
        } else {
            calls_in(&project, text, input.catalog, file, address.span, out);
        }
    }
    let Some(model) = parameters.get("model") else { return };
    let Some(text) = model.text() else { return };
    if text.starts_with("os.environ/") {
        let message = "the model is read from the environment";
        out.problem(DiagnosticKind::Unresolved, file, Some(model.span), message);
        return;
    }
    // an own address for Azure is one of Azure
    let is_elsewhere = address.is_some() && !text.starts_with("azure");
    let service = routed_model(&project, text, is_elsewhere, input.catalog, &file.at(model.span), out);
    let region = ["aws_region_name", "vertex_location", "region_name"].iter().find_map(|name| parameters.get(name));
    if let Some((service, region)) = service.zip(region)
        && let Some(text) = region.text().filter(|text| !text.starts_with("os.environ/"))
    {
        out.attribute(&service, crate::model::key::REGION, text, file.at(region.span));
    }
}
