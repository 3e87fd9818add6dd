//! Scanners of models and data sets.

pub mod dvc;
pub mod gguf;
pub(crate) mod hosted;
pub mod huggingface_cache;
pub mod litellm;
pub mod mlmodel;
pub mod model_card;
pub mod model_reference;
pub mod modelfile;
pub(crate) mod ollama;
pub mod ollama_store;
pub mod onnx;
pub mod pytorch;
pub(crate) mod reference;
pub mod safetensors;
pub(crate) mod setting;
mod weight_file;
pub mod weights;

use crate::model::{ComponentId, ComponentKind, RelationKind};
use crate::scan::{Facts, Input, Seen, SourceFile};

/// The model that lies in the folder of a file, whichever of its files says so; its project needs it.
fn tree_model(input: &Input<'_>, file: &SourceFile, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    // in a cache of the hub the folder says which model it is
    let held = weights::held(file.path().as_str()).filter(|(_, folder)| folder.contains("models--"));
    let model = match held {
        Some((id, _)) => ComponentId::model(reference::HUGGING_FACE.word(), &id),
        None => ComponentId::model("tree", &file.folder().to_string()),
    };
    let project = input.root_subject(file);
    out.component(&model, ComponentKind::Model, seen.clone());
    out.component(&project, input.root_kind(), file.whole());
    out.relation(&project, RelationKind::DependsOn, &model, seen.clone());
    model
}
