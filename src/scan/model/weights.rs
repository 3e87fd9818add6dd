//! Weights that lie in the tree: a held copy of a model needs no hub.

use super::reference::{HUGGING_FACE, hub_id};
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `weights`.
pub struct Weights;

static META: ScannerMeta = ScannerMeta {
    id: "weights",
    title: "Model weights",
    summary: "Copies of models of the Hugging Face hub that lie in the tree, by their folders alone: caches \
              (`models--org--name`), and `org/name` below a folder called models, weights, hub or checkpoints. A copy that \
              is checked in is not fetched.",
    files: &["**/*.safetensors", "**/*.gguf", "**/pytorch_model*.bin", "**/model*.onnx"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Inferred,
    emits: &[ComponentKind::Model],
    reference: "https://huggingface.co/docs/huggingface_hub/guides/manage-cache",
};

impl Scanner for Weights {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn needs_no_content(&self, _path: &RelPath) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let Some((id, folder)) = held(file.path().as_str()) else { return Ok(()) };
        let model = ComponentId::model(HUGGING_FACE.word(), &id);
        out.component(&model, ComponentKind::Model, file.whole());
        out.attribute(&model, key::NAME, &id, file.whole());
        if let Some((organisation, _)) = id.split_once('/') {
            out.attribute(&model, key::IDENTITY, format!("{}:{organisation}", HUGGING_FACE.word()), file.whole());
        }
        out.attribute(&model, key::HELD, folder, file.whole());
        Ok(())
    }
}

/// The model whose weights a path holds, and the folder with the copy.
pub(super) fn held(path: &str) -> Option<(String, &str)> {
    let parts: Vec<&str> = path.split('/').collect();
    let end = |count: usize| parts[..count].iter().map(|part| part.len() + 1).sum::<usize>().saturating_sub(1);
    // a cache lies in a folder called hub
    for (at, part) in parts.iter().enumerate() {
        if let Some((organisation, name)) = part.strip_prefix("models--").and_then(|rest| rest.split_once("--")) {
            let id = format!("{organisation}/{name}");
            return hub_id(&id).is_some().then_some((id, &path[..end(at + 1)]));
        }
    }
    for (at, part) in parts.iter().enumerate() {
        if matches!(*part, "models" | "weights" | "hub" | "checkpoints") && parts.len() >= at + 4 {
            let id = format!("{}/{}", parts[at + 1], parts[at + 2]);
            // a folder of one's own has such a name too; those of the hub have a dash or a number
            let is_name = parts[at + 2].contains(['-', '.']) || parts[at + 2].bytes().any(|byte| byte.is_ascii_digit());
            return (is_name && hub_id(&id).is_some()).then_some((id, &path[..end(at + 3)]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_models() {
        assert_eq!(
            held("cache/models--BAAI--bge-m3/snapshots/5617a9f/model.safetensors"),
            Some(("BAAI/bge-m3".into(), "cache/models--BAAI--bge-m3"))
        );
        assert_eq!(
            held("models/Qwen/Qwen3-8B/model-1.safetensors"),
            Some(("Qwen/Qwen3-8B".into(), "models/Qwen/Qwen3-8B"))
        );
        assert_eq!(
            held("root/.cache/huggingface/hub/models--BAAI--bge-m3/blobs/9f3e"),
            Some(("BAAI/bge-m3".into(), "root/.cache/huggingface/hub/models--BAAI--bge-m3"))
        );
        assert_eq!(held("models/run/best/model.safetensors"), None);
        assert_eq!(held("out/model.safetensors"), None);
    }
}
