//! Models that settings of programs name.

use super::reference::{HUGGING_FACE, Hub, hub_id, needs_model_of, setting_names_model};
use crate::catalog::Catalog;
use crate::model::ComponentId;
use crate::scan::{Facts, Seen};

/// Words in the names of settings that take a model of a hub; `*_MODEL` alone may be a table, a class or a keyboard.
const WORDS: [&str; 13] = [
    "LLM",
    "CHAT",
    "EMBED",
    "RERANK",
    "VLLM",
    "SGLANG",
    "TGI",
    "WHISPER",
    "HF",
    "HUGGING",
    "INFERENCE",
    "COMPLETION",
    "DIFFUSION",
];

/// Beginnings of names that are written in small letters on the hub as well as where their makers serve them.
const SMALL_ON_HUB: [&str; 7] = ["gemma", "phi-", "granite", "gpt-oss", "whisper", "clip-", "embeddinggemma"];

/// How sure it is that a setting gives a model of a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// By the name of the setting.
    Said,
    /// By a word in its name, or by who publishes what it names.
    Likely,
}

/// `user` needs the model of a hub that a setting gives, if it gives one. Models that a router takes are none, though
/// their names look alike: `x-ai/grok-4`.
pub(crate) fn needs_model_of_setting(
    hub: Hub,
    user: &ComponentId,
    (name, text): (&str, &str),
    catalog: &Catalog,
    seen: &Seen,
    out: &mut Facts<'_>,
) -> bool {
    let Some(given) = given(name, text, catalog) else { return false };
    let seen = if given == Given::Said { seen.clone() } else { seen.clone().inferred() };
    needs_model_of(hub, user, text, &seen, out).is_some()
}

/// As [`needs_model_of_setting`], of the usual hub.
pub(crate) fn setting_model(
    user: &ComponentId,
    setting: (&str, &str),
    catalog: &Catalog,
    seen: &Seen,
    out: &mut Facts<'_>,
) -> bool {
    needs_model_of_setting(HUGGING_FACE, user, setting, catalog, seen, out)
}

fn given(name: &str, text: &str, catalog: &Catalog) -> Option<Given> {
    let name = name.trim().to_ascii_uppercase();
    let is_said = setting_names_model(&name);
    if !(is_said || name.ends_with("_MODEL") || name.ends_with("_MODEL_NAME")) {
        return None;
    }
    let (owner, model) = hub_id(text)?.split_once('/')?;
    // of programs that load models
    let is_of_hub = name == "MODEL_ID" || ["HF_", "VLLM_"].iter().any(|program| name.starts_with(program));
    if has_ending(model) || !is_of_hub && is_routed(owner, model, catalog) {
        return None;
    }
    if is_said {
        return Some(Given::Said);
    }
    let mut parts = name.split('_');
    let is_ai = parts.any(|part| WORDS.iter().any(|word| part.starts_with(word)));
    let is_published = || catalog.organisation_by_key("huggingface", owner).is_some();
    (is_ai || is_published()).then_some(Given::Likely)
}

/// `model.conf` and `app.Model`: what stands behind the last dot of a model's name is a number.
fn has_ending(model: &str) -> bool {
    model.rsplit_once('.').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|c| c.is_ascii_alphabetic()))
}

/// True for names of routers and hosted services. Some have the same name there as on the hub, where weights have
/// capitals in theirs.
fn is_routed(owner: &str, model: &str, catalog: &Catalog) -> bool {
    let is_small = !model.bytes().any(|letter| letter.is_ascii_uppercase());
    let is_known = || catalog.model_route(owner).is_some() || catalog.model_family(model).is_some();
    is_small && !SMALL_ON_HUB.iter().any(|begin| model.starts_with(begin)) && is_known()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_give_models_and_much_else() {
        let catalog = Catalog::embedded();
        for (name, text, expected) in [
            ("MODEL_ID", "acme/own-7B", Some(Given::Said)),
            ("LLM_MODEL", "Qwen/Qwen3-8B", Some(Given::Said)),
            ("CHAT_MODEL", "acme/own-7B", Some(Given::Likely)),
            ("WHISPER_MODEL", "Systran/faster-whisper-small", Some(Given::Likely)),
            ("SUMMARY_MODEL", "google/gemma-3-27b-it", Some(Given::Likely)),
            ("SUMMARY_MODEL_NAME", "Qwen/Qwen3-8B", Some(Given::Likely)),
            ("VLLM_MODEL", "deepseek/deepseek-chat", Some(Given::Said)),
            ("AUTH_USER_MODEL", "accounts/User", None),
            ("CHAT_USER_MODEL", "accounts/chat.User", None),
            ("CASBIN_MODEL", "config/model.conf", None),
            ("KEYBOARD_MODEL", "logitech/k120", None),
            ("DATA_MODEL", "warehouse/star", None),
            ("SIZE_MODEL", "small/medium", None),
            ("CHAT_MODEL", "x-ai/grok-4", None),
            ("LLM_MODEL", "google/gemini-2.5-pro", None),
            ("LLM_MODEL", "z-ai/glm-4.6", None),
            ("CHAT_MODEL", "moonshotai/kimi-k2", None),
            ("MODEL", "openai/gpt-4o", None),
            ("OR_MODEL", "meta-llama/llama-3.1-70b-instruct", None),
            ("CHAT_MODEL", "gpt-4o", None),
            ("QUESTION", "Qwen/Qwen3-8B", None),
        ] {
            assert_eq!(given(name, text, &catalog), expected, "{name}={text}");
        }
    }
}
