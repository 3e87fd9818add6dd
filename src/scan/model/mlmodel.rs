//! MLflow models and Triton model configurations: models that lie in the tree.

use super::reference::{HUGGING_FACE, hub_id, write_model};
use super::tree_model;
use crate::model::{Basis, ComponentKind, RelationKind, key};
use crate::parse::Value;
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `mlmodel`.
pub struct Mlmodel;

static META: ScannerMeta = ScannerMeta {
    id: "mlmodel",
    title: "MLflow model",
    summary: "The model of the file's folder with its flavours and, for transformers, the model it was saved from.",
    files: &["**/MLmodel"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Model, ComponentKind::Host],
    reference: "https://mlflow.org/docs/latest/ml/model/",
};

impl Scanner for Mlmodel {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        for document in file.yaml_or_part(out) {
            let Some(entry) = document.entry("flavors") else { continue };
            let flavors = &entry.value;
            let model = tree_model(input, file, &file.at(entry.key_span), out);
            out.attribute(&model, key::HELD, file.folder().to_string(), file.whole());
            for flavor in flavors.entries() {
                if &*flavor.key != "python_function" {
                    out.attribute(&model, key::RUNTIME, &flavor.key, file.at(flavor.key_span));
                }
                let Value::Map(_) = flavor.value.value else { continue };
                let source = ["source_model_name", "source_model"].iter().find_map(|name| flavor.value.get(name));
                if let Some((node, id)) = source.and_then(|node| Some((node, hub_id(node.text()?)?))) {
                    let seen = file.at(node.span);
                    let base = write_model(HUGGING_FACE, id, &seen, out);
                    out.relation(&model, RelationKind::BasedOn, &base, seen);
                }
            }
        }
        Ok(())
    }
}

/// Scanner `triton-config`.
pub struct TritonConfig;

static TRITON: ScannerMeta = ScannerMeta {
    id: "triton-config",
    title: "Triton model configuration",
    summary: "The model of the file's folder with its name and the platform or backend that runs it.",
    files: &["**/config.pbtxt"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Model],
    reference: "https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html",
};

impl Scanner for TritonConfig {
    fn meta(&self) -> &'static ScannerMeta {
        &TRITON
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let mut depth = 0_usize;
        for line in lines(file.text()) {
            let code = line.text.split('#').next().unwrap_or_default();
            // only what stands outside of all braces is of the model itself
            if depth == 0
                && let Some((name, value)) = code.split_once(':')
                && let Some(text) = value.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
                && !text.is_empty()
            {
                let key = match name.trim() {
                    "name" => key::NAME,
                    "platform" | "backend" => key::RUNTIME,
                    _ => continue,
                };
                let seen = file.at(span_within(&line, text));
                let model = tree_model(input, file, &seen, out);
                out.attribute(&model, key, text, seen);
            }
            depth += code.matches(['{', '[']).count();
            depth = depth.saturating_sub(code.matches(['}', ']']).count());
        }
        Ok(())
    }
}
