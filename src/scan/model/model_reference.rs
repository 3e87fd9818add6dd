//! Model ids in code, notebooks and shell scripts.

use regex::Regex;
use std::sync::LazyLock;

use super::reference::{needs_model, needs_models_in};
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::cloud::code::Code;
use crate::scan::cloud::endpoint::reads_with_parser;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `model-reference`.
pub struct ModelReference;

static META: ScannerMeta = ScannerMeta {
    id: "model-reference",
    title: "Model ids in notebooks and scripts",
    summary: "Hugging Face ids in loading calls (`from_pretrained`, `SentenceTransformer`, `snapshot_download`, \
              `pipeline(model=…)`, `LLM(model=…)`) and in commands of scripts that serve or \
              download. Comments do not count; ids put together at run time are not found. Code of languages with a \
              parser is left to `sdk-use`.",
    files: &["**/*.py", "**/*.ipynb", "**/*.ts", "**/*.js", "**/*.rs", "**/*.go", "**/*.sh"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Model, ComponentKind::Host],
    reference: "https://huggingface.co/docs/hub/repositories",
};

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?:from_pretrained|SentenceTransformer|CrossEncoder|snapshot_download|hf_hub_download|InferenceClient|AutoModel\w*|HuggingFaceEmbeddings|LLM|pipeline)\s*\([^()"'\\]*?\\?["']([^"'\\\s]+)\\?["'](?:[^()]*?model\s*=\s*\\?["']([^"'\\]+)\\?["'])?"#,
    )
    .expect("constant pattern, tested")
});
static KEYWORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\b(?:model|model_id|model_name|repo_id|model_name_or_path|pretrained_model_name_or_path)\s*[=:]\s*\\?["']([^"'\\\s]+)\\?["']"#)
        .expect("constant pattern, tested")
});
/// A library that loads from the hub must be in the file before a plain `model="a/b"` counts.
const LOADERS: [&str; 8] =
    ["transformers", "sentence_transformers", "huggingface_hub", "vllm", "diffusers", "HuggingFace", "sglang", "peft"];

impl Scanner for ModelReference {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if reads_with_parser(file.path().name()) {
            return Ok(());
        }
        let text = file.text();
        let script = file.path().name().ends_with(".sh");
        let loads = LOADERS.iter().any(|word| text.contains(word));
        let commands = ["--model", " download ", "git clone", "vllm serve", "-hf", "--hf-repo"];
        let serves = script && commands.iter().any(|word| text.contains(word)) || text.contains("ollama run");
        if !loads && !serves {
            return Ok(());
        }
        let project = input.root_subject(file);
        let before = out.len();
        let mut reader = Code::of(file.path().name());
        for line in lines(text) {
            for code in reader.of_line(line.text).into_iter().filter(|code| !code.is_empty()) {
                if script {
                    needs_models_in(&project, code, file, line.span, out);
                    continue;
                }
                for found in CALL.captures_iter(code).chain(KEYWORD.captures_iter(code)) {
                    for group in found.iter().skip(1).flatten() {
                        needs_model(&project, group.as_str(), file, span_within(&line, group.as_str()), out);
                    }
                }
            }
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}
