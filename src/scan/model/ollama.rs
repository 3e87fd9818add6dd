//! Models of the Ollama library.

use super::reference::{HUGGING_FACE, hub_id, write_model};
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Seen};

/// The library that names without a host are pulled from.
const LIBRARY: &str = "registry.ollama.ai";

/// Writes a model by the name that `ollama run` takes: `llama3.2:3b`, `user/name`, `hf.co/org/name:Q4_K_M`.
pub(crate) fn write_ollama(name: &str, seen: &Seen, out: &mut Facts<'_>) -> Option<ComponentId> {
    let name = name.trim_matches(['"', '\'']);
    if let Some(id) = name.strip_prefix("hf.co/").or_else(|| name.strip_prefix("huggingface.co/")) {
        return Some(write_model(HUGGING_FACE, hub_id(id)?, seen, out));
    }
    let (base, tag) = name.split_once(':').map_or((name, None), |(base, tag)| (base, Some(tag)));
    let good = |text: &str| {
        !text.is_empty()
            && text.len() <= 96
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if base.split('/').count() > 2 || !base.split('/').all(good) || base.ends_with(".gguf") {
        return None;
    }
    let model = ComponentId::model("ollama", base);
    out.component(&model, ComponentKind::Model, seen.clone());
    out.attribute(&model, key::NAME, base, seen.clone());
    // a name of the library says who made the model; one of a user does not
    if !base.contains('/') {
        out.attribute(&model, key::IDENTITY, format!("ollama:{base}"), seen.clone().inferred());
    }
    if let Some(tag) = tag.filter(|tag| good(tag)) {
        out.attribute(&model, key::VERSION, tag, seen.clone());
    }
    toolkit::distributed_by(&model, LIBRARY, &seen.clone().inferred(), out);
    Some(model)
}

/// `user` runs or pulls such a model.
pub(crate) fn needs_ollama(user: &ComponentId, name: &str, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(model) = write_ollama(name, seen, out) {
        out.relation(user, RelationKind::DependsOn, &model, seen.clone());
    }
}
