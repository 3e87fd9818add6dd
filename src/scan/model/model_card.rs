//! Models of the tree: cards, configurations and adapters, with what they are made from.

use super::reference::{HUGGING_FACE, hub_id, write_data, write_model};
use super::tree_model;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, Horizon, RelationKind, key};
use crate::parse::{self, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `model-card`.
pub struct ModelCard;

static META: ScannerMeta = ScannerMeta {
    id: "model-card",
    title: "Model card and configuration",
    summary: "The model that lies in a folder by the head of its card (README.md with base model, library or task) or by \
              the config.json and adapter_config.json of transformers and PEFT: the models it is based on, the data sets \
              it was trained on, its licence and library.",
    files: &["**/README.md", "**/config.json", "**/adapter_config.json"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Model, ComponentKind::Dataset, ComponentKind::Host],
    reference: "https://huggingface.co/docs/hub/model-cards",
};

impl Scanner for ModelCard {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if file.path().name() == "README.md" {
            if let Some(head) = head(text) {
                card(head, input, file, out);
            }
            return Ok(());
        }
        // configurations of that name are many: the words in the file decide
        let words = ["\"model_type\"", "\"_name_or_path\"", "\"base_model_name_or_path\""];
        if !words.iter().any(|word| text.contains(word)) {
            return Ok(());
        }
        let root = match file.json() {
            Ok(root) => root,
            Err(_) => file.json_or_part(out)?,
        };
        let Node { value: parse::Value::Map(_), .. } = root else { return Ok(()) };
        config(root, input, file, out);
        Ok(())
    }
}

/// The YAML between the two lines `---` at the beginning.
fn head(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
    let end = rest.find("\n---")?;
    Some(&text[..text.len() - rest.len() + end + 1])
}

fn card(head: &str, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let yaml = parse::yaml::yaml(head);
    let Some(root) = yaml.documents.first().filter(|root| matches!(root.value, parse::Value::Map(_))) else { return };
    let said = |name: &str| root.entry(name);
    let Some(first) = ["base_model", "pipeline_tag", "library_name", "model-index"].iter().find_map(|name| said(name))
    else {
        return;
    };
    for problem in &yaml.problems {
        out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
    }
    let model = tree_model(input, file, &file.at(first.key_span), out);
    if let Some(base) = root.get("base_model") {
        for one in each(base) {
            based_on(&model, one, file, out);
        }
    }
    if let Some(sets) = root.get("datasets") {
        for one in each(sets) {
            if let Some(id) = one.text().and_then(hub_id) {
                let seen = file.at(one.span);
                let set = write_data(HUGGING_FACE, id, &seen, out);
                // trained once: losing the data stops nothing
                out.relation_with(&model, RelationKind::BasedOn, &set, None, Some(Horizon::None), seen);
            }
        }
    }
    let license = root.get("license").filter(|node| node.text() != Some("other")).or_else(|| root.get("license_name"));
    for (key, node) in [(key::LICENSE, license), (key::RUNTIME, root.get("library_name"))] {
        if let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) {
            out.attribute(&model, key, text, file.at(node.span));
        }
    }
}

/// One value or several.
fn each(node: &Node) -> Vec<&Node> {
    match &node.value {
        parse::Value::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}

fn config(root: &Node, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let text = |name: &str| root.get(name).filter(|node| matches!(node.value, parse::Value::Text(_)));
    let base = text("base_model_name_or_path").or_else(|| text("_name_or_path").filter(|node| node.text() != Some("")));
    let kind = text("model_type").or_else(|| text("peft_type"));
    let Some(first) = base.or(kind) else { return };
    let model = tree_model(input, file, &file.at(first.span), out);
    if let Some(base) = base {
        based_on(&model, base, file, out);
    }
    if root.get("transformers_version").is_some() || root.get("architectures").is_some() {
        out.attribute(&model, key::RUNTIME, "transformers", file.at(first.span).inferred());
    }
}

fn based_on(model: &ComponentId, base: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(id) = base.text().and_then(hub_id) {
        let seen = file.at(base.span);
        let base = write_model(HUGGING_FACE, id, &seen, out);
        out.relation(model, RelationKind::BasedOn, &base, seen);
    }
}
