//! Recognising model ids of the Hugging Face hub, and writing them.

use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// `user` needs a model of the hub, if `text` has the form of a model id.
pub(crate) fn needs_model(user: &ComponentId, text: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) -> bool {
    let Some(id) = hub_id(text) else { return false };
    let model = ComponentId::model("huggingface", id);
    let seen = || file.at(span);
    out.component(&model, ComponentKind::Model, seen());
    out.attribute(&model, key::NAME, id, seen());
    if let Some((organisation, _)) = id.split_once('/') {
        out.attribute(&model, key::IDENTITY, format!("huggingface:{organisation}"), seen());
    }
    out.relation(user, RelationKind::DependsOn, &model, seen());
    let host = ComponentId::host("huggingface.co");
    out.component(&host, ComponentKind::Host, seen().inferred());
    out.relation(&model, RelationKind::DistributedBy, &host, seen().inferred());
    true
}

/// `organisation/name` as the hub allows it; paths, addresses and templates are not ids.
pub(crate) fn hub_id(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches(['"', '\'', '`']);
    let text = text.strip_prefix("hf://").or_else(|| text.strip_prefix("https://huggingface.co/")).unwrap_or(text);
    let mut parts = text.split('/');
    let (organisation, rest) = (parts.next()?, parts.next()?);
    let name = rest.split(['@', ':']).next()?;
    if matches!(
        organisation,
        "datasets" | "spaces" | "models" | "tmp" | "mnt" | "data" | "opt" | "app" | "src" | "home" | "usr"
    ) {
        return None;
    }
    let good = |part: &str| {
        !part.is_empty()
            && part.len() <= 96
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let file_like =
        [".json", ".py", ".txt", ".yaml", ".yml", ".md", ".bin", ".gguf", ".pt"].iter().any(|end| name.ends_with(end));
    (good(organisation) && good(name) && parts.next().is_none() && !file_like && !organisation.contains('.'))
        .then(|| &text[..organisation.len() + 1 + name.len()])
}

/// True for settings that carry a model id.
pub(crate) fn setting_names_model(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    matches!(
        name.as_str(),
        "MODEL"
            | "MODEL_ID"
            | "MODEL_NAME"
            | "HF_MODEL_ID"
            | "HF_MODEL"
            | "VLLM_MODEL"
            | "EMBEDDING_MODEL"
            | "LLM_MODEL"
            | "RERANKER_MODEL"
    ) || name.ends_with("_MODEL_ID")
}

/// Model ids after launch options (`--model`, `--model-id`, `--model-path`, `vllm serve`) in a command.
pub(crate) fn needs_models_in(user: &ComponentId, command: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
    let clean = |word: &str| word.trim_matches(['"', '\'', '[', ']', ',', '\\', ';']).to_owned();
    let words: Vec<String> = command.split([' ', '\n', '\t', ',']).map(clean).filter(|word| !word.is_empty()).collect();
    for (at, word) in words.iter().enumerate() {
        let value = match word.split_once('=') {
            Some((option, value)) if is_model_option(option) => Some(value),
            _ if is_model_option(word) => words.get(at + 1).map(String::as_str),
            _ if word == "serve" && at > 0 && words[at - 1].ends_with("vllm") => words.get(at + 1).map(String::as_str),
            _ => None,
        };
        if let Some(value) = value {
            needs_model(user, value, file, span, out);
        }
    }
}

fn is_model_option(word: &str) -> bool {
    matches!(
        word,
        "--model"
            | "--model-id"
            | "--model-path"
            | "--model_id"
            | "--served-model"
            | "--hf-model-id"
            | "--tokenizer"
            | "--speculative-model"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_what_only_looks_like_one() {
        assert_eq!(hub_id("Qwen/Qwen2.5-7B-Instruct"), Some("Qwen/Qwen2.5-7B-Instruct"));
        assert_eq!(hub_id("hf://BAAI/bge-m3@main"), Some("BAAI/bge-m3"));
        for other in [
            "/models/x",
            "./a/b",
            "a/b/c",
            "src/main.py",
            "{{ .Values.model }}",
            "s3://bucket/x",
            "gpt-4o",
            "example.com/x",
        ] {
            assert_eq!(hub_id(other), None, "{other}");
        }
    }
}
