//! Recognising model ids of hubs, and writing them.

use std::sync::LazyLock;

use regex::Regex;

use super::ollama::needs_ollama;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// Where a model is fetched from: the word in its id and keys, and the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hub {
    word: &'static str,
    host: &'static str,
}

pub(crate) const HUGGING_FACE: Hub = Hub { word: "huggingface", host: "huggingface.co" };
pub(crate) const MODELSCOPE: Hub = Hub { word: "modelscope", host: "modelscope.cn" };
impl Hub {
    /// The word in ids and keys.
    pub(crate) fn word(self) -> &'static str {
        self.word
    }

    /// Where its models are fetched from.
    pub(crate) fn host(self) -> &'static str {
        self.host
    }

    /// By its word in rule files.
    pub(crate) fn named(word: &str) -> Option<Self> {
        [HUGGING_FACE, MODELSCOPE].into_iter().find(|hub| hub.word == word)
    }

    /// Where servers of models get them from: by themselves from Hugging Face.
    pub(crate) fn of_setting(uses_modelscope: bool) -> Self {
        if uses_modelscope { MODELSCOPE } else { HUGGING_FACE }
    }
}

/// The same models for users elsewhere.
const MODELSCOPE_AI: Hub = Hub { word: "modelscope", host: "modelscope.ai" };

/// `user` needs a model of the hub, if `text` has the form of a model id.
pub(crate) fn needs_model(user: &ComponentId, text: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) -> bool {
    needs_model_of(HUGGING_FACE, user, text, &file.at(span), out).is_some()
}

/// As [`needs_model`], of some hub; gives the model.
pub(crate) fn needs_model_of(
    hub: Hub,
    user: &ComponentId,
    text: &str,
    seen: &Seen,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let model = write_model(hub, hub_id(text)?, seen, out);
    out.relation(user, RelationKind::DependsOn, &model, seen.clone());
    Some(model)
}

/// A model of a hub with its publisher and where it is fetched from.
pub(crate) fn write_model(hub: Hub, id: &str, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    let model = ComponentId::model(hub.word, id);
    write_entry(&model, ComponentKind::Model, hub, id, seen, out);
    model
}

fn write_entry(of: &ComponentId, kind: ComponentKind, hub: Hub, id: &str, seen: &Seen, out: &mut Facts<'_>) {
    out.component(of, kind, seen.clone());
    out.attribute(of, key::NAME, id, seen.clone());
    if let Some((organisation, _)) = id.split_once('/') {
        out.attribute(of, key::IDENTITY, format!("{}:{organisation}", hub.word), seen.clone());
    }
    let host = ComponentId::host(hub.host);
    out.component(&host, ComponentKind::Host, seen.clone().inferred());
    out.relation(of, RelationKind::DistributedBy, &host, seen.clone().inferred());
}

/// `user` needs a model that a loading call names without its publisher: `bert-base-uncased`. Folders have such names
/// too: what looks like a path or a plain word is none.
#[cfg_attr(not(feature = "sdk"), expect(dead_code, reason = "told apart with a parser only"))]
pub(crate) fn needs_plain_model(hub: Hub, user: &ComponentId, text: &str, seen: &Seen, out: &mut Facts<'_>) {
    let good = text.len() <= 96
        && text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !is_file(text);
    if good {
        let model = write_model(hub, text, &seen.clone().inferred(), out);
        out.relation(user, RelationKind::DependsOn, &model, seen.clone().inferred());
    }
}

/// `user` needs a data set of a hub, if `text` has the form of an id.
#[cfg_attr(not(feature = "sdk"), expect(dead_code, reason = "told apart with a parser only"))]
pub(crate) fn needs_dataset(hub: Hub, user: &ComponentId, text: &str, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(id) = hub_id(text) {
        let set = write_data(hub, id, seen, out);
        out.relation(user, RelationKind::DependsOn, &set, seen.clone());
        return;
    }
    // the oldest sets have no publisher in their name; `json` and the like read files
    let is_reader = FILE_READERS.contains(&text);
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if !is_reader && (2..=64).contains(&text.len()) && text.chars().all(good) {
        let set = write_data(hub, text, &seen.clone().inferred(), out);
        out.relation(user, RelationKind::DependsOn, &set, seen.clone().inferred());
    }
}

/// Builders of the `datasets` library that load files.
const FILE_READERS: [&str; 12] = [
    "json",
    "csv",
    "parquet",
    "text",
    "arrow",
    "imagefolder",
    "audiofolder",
    "videofolder",
    "webdataset",
    "pandas",
    "sql",
    "xml",
];

/// A data set of a hub with its publisher and where it is fetched from.
pub(crate) fn write_data(hub: Hub, id: &str, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    let set = ComponentId::of("dataset", format_args!("{}/{id}", hub.word));
    write_entry(&set, ComponentKind::Dataset, hub, id, seen, out);
    set
}

/// Ends of names that are those of files.
fn is_file(name: &str) -> bool {
    const ENDS: [&str; 15] = [
        ".json",
        ".py",
        ".txt",
        ".yaml",
        ".yml",
        ".md",
        ".bin",
        ".gguf",
        ".pt",
        ".csv",
        ".jsonl",
        ".parquet",
        ".onnx",
        ".safetensors",
        ".pth",
    ];
    ENDS.iter().any(|end| name.ends_with(end))
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
    (good(organisation) && good(name) && parts.next().is_none() && !is_file(name) && !organisation.contains('.'))
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

/// Model ids after launch options (`--model`, `--model-id`, `--model-path`, `vllm serve`) in a command, and those that
/// it downloads (`huggingface-cli download`, `hf download`, `modelscope download`, `git clone` from a hub).
pub(crate) fn needs_models_in(user: &ComponentId, command: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
    needs_models_of(hub_in(command), user, command, file, span, out);
}

/// The hub that a command gets models from which says nothing of it but by a setting.
pub(crate) fn hub_in(command: &str) -> Hub {
    Hub::of_setting(uses_modelscope(command))
}

/// The same where servers of models get them from a hub.
pub(crate) fn needs_models_of(
    usual: Hub,
    user: &ComponentId,
    command: &str,
    file: &SourceFile,
    span: Span,
    out: &mut Facts<'_>,
) {
    needs_models_at(usual, user, command, file, &|| span, out);
}

/// As [`needs_models_of`], where the place has to be looked for: few commands name a model.
pub(crate) fn needs_models_at<'c>(
    usual: Hub,
    user: &ComponentId,
    command: &'c str,
    file: &SourceFile,
    place: &dyn Fn() -> Span,
    out: &mut Facts<'_>,
) {
    for (hub, id) in addressed(command) {
        needs_model_of(hub, user, id, &file.at(place()), out);
    }
    let clean = |word: &'c str| -> &'c str { word.trim_matches(['"', '\'', '[', ']', ',', '\\', ';']) };
    let words: Vec<&str> = command.split([' ', '\n', '\t', ',']).map(clean).filter(|word| !word.is_empty()).collect();
    for (at, word) in words.iter().enumerate() {
        if matches!(*word, "run" | "pull") && at > 0 && words[at - 1].rsplit('/').next() == Some("ollama") {
            let name = words[at + 1..].iter().find(|word| !word.starts_with('-'));
            if let Some(name) = name.filter(|name| !name.contains('$')) {
                needs_ollama(user, name, &file.at(place()), out);
            }
            continue;
        }
        if let Some((hub, value)) = downloaded(&words, at) {
            needs_model_of(hub, user, value, &file.at(place()), out);
            continue;
        }
        let value = match word.split_once('=') {
            Some((option, value)) if is_model_option(option) => Some(value),
            _ if is_model_option(word) => words.get(at + 1).copied(),
            _ if *word == "serve" && at > 0 && words[at - 1].ends_with("vllm") => words.get(at + 1).copied(),
            _ => None,
        };
        if let Some(value) = value {
            let of_modelscope = words[..at].iter().rev().take(OPTIONS).any(|word| *word == "modelscope");
            let hub = if of_modelscope { MODELSCOPE } else { usual };
            needs_model_of(hub, user, value, &file.at(place()), out);
        }
    }
}

/// Words between a download and what it names: options with their values.
const OPTIONS: usize = 12;

/// The hub and the model, when the word is the verb of a download. A data set or space is no model.
fn downloaded<'w>(words: &[&'w str], at: usize) -> Option<(Hub, &'w str)> {
    let before = words.get(at.checked_sub(1)?)?.rsplit('/').next().unwrap_or_default();
    let rest = words[at + 1..].iter().copied().take(OPTIONS).take_while(|word| !is_end(word));
    match (before, words[at]) {
        ("huggingface-cli" | "hf", "download") => {
            let rest: Vec<&str> = rest.collect();
            let is_other = rest.windows(2).any(|pair| pair[0] == "--repo-type" && pair[1] != "model")
                || rest.iter().any(|word| word.starts_with("--repo-type=") && !word.ends_with("=model"));
            Some((HUGGING_FACE, first_id(rest.into_iter())?)).filter(|_| !is_other)
        }
        // `--model` is read as in any other command
        ("modelscope", "download") => {
            let rest: Vec<&str> = rest.collect();
            let is_said = rest.iter().any(|word| word.starts_with("--model") || word.starts_with("--dataset"));
            Some((MODELSCOPE, first_id(rest.into_iter())?)).filter(|_| !is_said)
        }
        ("git" | "lfs", "clone") => rest.filter_map(hub_address).next(),
        _ => None,
    }
}

/// The first id; what stands behind an option is the option's.
fn first_id<'w>(words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let mut is_value = false;
    for word in words {
        if word.starts_with('-') {
            is_value = !word.contains('=') && !matches!(word, "--quiet" | "--force-download");
        } else if !std::mem::take(&mut is_value) {
            return hub_id(word);
        }
    }
    None
}

fn is_end(word: &str) -> bool {
    matches!(word, "&&" | "||" | "|" | "&")
}

/// The address of a model's repository on a hub.
fn hub_address(address: &str) -> Option<(Hub, &str)> {
    let rest = address.strip_prefix("https://")?;
    // a user and a token may stand before the host
    let rest = rest.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_once('/')?;
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    match host {
        "huggingface.co" | "hf.co" => Some((HUGGING_FACE, path)),
        "modelscope.cn" | "www.modelscope.cn" => Some((MODELSCOPE, path.strip_prefix("models/").unwrap_or(path))),
        "modelscope.ai" | "www.modelscope.ai" => Some((MODELSCOPE_AI, path.strip_prefix("models/").unwrap_or(path))),
        _ => None,
    }
    .filter(|(_, path)| hub_id(path).is_some())
}

/// Addresses of models and of their files on a hub.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:modelscope\.(cn|ai)/(?:api/v1/)?models/([\w.-]+/[\w.-]+)|huggingface\.co/([\w.-]+/[\w.-]+)/(?:resolve|blob|raw|tree)/)",
    )
    .expect("constant pattern, tested")
});

/// Models whose addresses stand in a text.
pub(crate) fn addressed(text: &str) -> impl Iterator<Item = (Hub, &str)> {
    // most lines have no address
    let is_there = text.contains("modelscope.") || text.contains("huggingface.co/");
    let found = is_there.then(|| ADDRESS.captures_iter(text)).into_iter().flatten();
    found.filter_map(|found| {
        let hub = match found.get(1).map(|end| end.as_str()) {
            Some("ai") => MODELSCOPE_AI,
            Some(_) => MODELSCOPE,
            None => HUGGING_FACE,
        };
        let id = found.get(2).or_else(|| found.get(3))?.as_str();
        Some((hub, id.trim_end_matches('.').trim_end_matches(".git")))
    })
}

/// Settings by which vLLM, SGLang and LLaMA-Factory get their models from ModelScope.
static BY_SETTING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"\b(?:(?:VLLM|SGLANG)_USE_MODELSCOPE|USE_MODELSCOPE_HUB)\b["']?\]?\s*(?:[=:,]\s*)?["']?(?i:true|1|yes)\b"#,
    )
    .expect("constant pattern, tested")
});

/// True where a text sets that models come from ModelScope.
pub(crate) fn uses_modelscope(text: &str) -> bool {
    text.contains("USE_MODELSCOPE") && BY_SETTING.is_match(text)
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
            | "--model-name"
            | "--model_name_or_path"
            | "--draft-model"
            | "--lora-modules"
            | "--hf-repo"
            | "-hf"
            | "-hfr"
            | "--speculative-model"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_name_models() {
        for (command, found) in [
            ("huggingface-cli download BAAI/bge-m3 --local-dir /m", Some("BAAI/bge-m3")),
            ("hf download --local-dir /m org/name", Some("org/name")),
            ("hf download --repo-type dataset org/name", None),
            ("hf download && echo org/name", None),
            ("git clone https://huggingface.co/org/name", Some("org/name")),
            ("git clone --depth 1 https://user:token@huggingface.co/org/name.git /m", Some("org/name")),
            ("git clone https://huggingface.co/datasets/org/name", None),
            ("git clone https://example.org/org/name", None),
            ("modelscope download org/name", Some("org/name")),
            ("modelscope download --model org/name", None),
            ("download org/name", None),
        ] {
            let words: Vec<&str> = command.split(' ').collect();
            let all = (0..words.len()).find_map(|at| downloaded(&words, at)).map(|(_, name)| name);
            assert_eq!(all, found, "{command}");
        }
    }

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

    #[test]
    fn addresses_and_settings_name_the_hub() {
        for (text, found) in [
            (
                "wget https://modelscope.cn/models/Qwen/Qwen3-8B/resolve/master/x.gguf",
                Some((MODELSCOPE, "Qwen/Qwen3-8B")),
            ),
            ("'https://www.modelscope.ai/models/org/name'", Some((MODELSCOPE_AI, "org/name"))),
            ("modelscope.cn/api/v1/models/org/name/repo?Revision=master", Some((MODELSCOPE, "org/name"))),
            ("https://huggingface.co/org/name/resolve/main/x.bin", Some((HUGGING_FACE, "org/name"))),
            ("https://huggingface.co/datasets/org/name/resolve/main/x", None),
            ("https://modelscope.cn/datasets/org/name", None),
            ("https://huggingface.co/org/name", None),
        ] {
            assert_eq!(addressed(text).next(), found, "{text}");
        }
        for text in [
            "export VLLM_USE_MODELSCOPE=True",
            "os.environ[\"VLLM_USE_MODELSCOPE\"] = \"true\"",
            "--env \"SGLANG_USE_MODELSCOPE=true\"",
            "ENV USE_MODELSCOPE_HUB 1",
            "VLLM_USE_MODELSCOPE: \"True\"",
        ] {
            assert!(uses_modelscope(text), "{text}");
        }
        for text in
            ["VLLM_USE_MODELSCOPE=False", "USE_MODELSCOPE_HUB=0", "if VLLM_USE_MODELSCOPE:", "MODELSCOPE_CACHE=/a"]
        {
            assert!(!uses_modelscope(text), "{text}");
        }
    }
}
