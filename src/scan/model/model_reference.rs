//! Model ids in code, notebooks and shell scripts.

use regex::Regex;
use std::sync::LazyLock;

use super::reference::{Hub, MODELSCOPE, addressed, needs_model_of, needs_models_of, uses_modelscope};
use crate::catalog::Catalog;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::cloud::code::Code;
use crate::scan::cloud::endpoint::reads_with_parser;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `model-reference`.
pub struct ModelReference;

static META: ScannerMeta = ScannerMeta {
    id: "model-reference",
    title: "Model ids in notebooks and scripts",
    summary: "Ids of Hugging Face and ModelScope in loading calls (`from_pretrained`, `SentenceTransformer`, \
              `snapshot_download`, `pipeline(model=…)`, `LLM(model=…)`), in addresses of models and their files, and in \
              commands of scripts that serve or download. The hub is ModelScope for what is imported from its package, \
              in files that import no other loader, and where `VLLM_USE_MODELSCOPE`, `SGLANG_USE_MODELSCOPE` or \
              `USE_MODELSCOPE_HUB` is set. Comments do not count; ids put together at run time are not found. Calls in \
              code of languages with a parser are left to `sdk-use`.",
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

fn loads(text: &str) -> bool {
    LOADERS.iter().any(|word| text.contains(word))
}

/// False when a text holds no word next to which models are named.
fn names_a_model(text: &str, name: &str) -> bool {
    const COMMANDS: [&str; 6] = ["--model", " download ", "git clone", "vllm serve", "-hf", "--hf-repo"];
    let addresses = text.contains("modelscope") || text.contains("huggingface.co/") || text.contains("ollama run");
    addresses || loads(text) || name.ends_with(".sh") && COMMANDS.iter().any(|word| text.contains(word))
}

impl Scanner for ModelReference {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn may_tell(&self, path: &RelPath, bytes: &[u8], _: &Catalog) -> bool {
        // what is no text is for the scan to judge
        std::str::from_utf8(bytes).map_or(true, |text| names_a_model(text, path.name()))
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        // calls of such code are read by the scanner that parses it; addresses in it are read here
        let parsed = reads_with_parser(file.path().name());
        let text = file.text();
        let script = file.path().name().ends_with(".sh");
        let loads = loads(text);
        if !names_a_model(text, file.path().name()) {
            return Ok(());
        }
        let project = input.root_subject(file);
        let before = out.len();
        let origin = Origin::of(text, loads);
        let mut reader = Code::of(file.path().name());
        for line in lines(text) {
            for code in reader.of_line(line.text).into_iter().filter(|code| !code.is_empty()) {
                if script {
                    needs_models_of(origin.usual, &project, code, file, line.span, out);
                    continue;
                }
                for (hub, id) in addressed(code) {
                    needs_model_of(hub, &project, id, &file.at(span_within(&line, id)), out);
                }
                if parsed || !loads && !origin.imports {
                    continue;
                }
                for (hub, id) in loaded(code, &origin) {
                    needs_model_of(hub, &project, id, &file.at(span_within(&line, id)), out);
                }
            }
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

/// Ids in a line of code: what a loading call names, and what stands behind a keyword elsewhere.
fn loaded<'c>(code: &'c str, origin: &Origin<'_>) -> Vec<(Hub, &'c str)> {
    let mut found = Vec::new();
    let mut calls: Vec<std::ops::Range<usize>> = Vec::new();
    for call in CALL.captures_iter(code) {
        let whole = call.get(0).expect("a match has a whole");
        let hub = origin.hub(code, whole.start());
        found.extend(call.iter().skip(1).flatten().map(|group| (hub, group.as_str())));
        calls.push(whole.range());
    }
    let keywords = KEYWORD.captures_iter(code).filter_map(|keyword| keyword.get(1));
    let elsewhere = keywords.filter(|id| !calls.iter().any(|call| call.contains(&id.start())));
    found.extend(elsewhere.map(|id| (origin.usual, id.as_str())));
    found
}

/// Where the loaders of a file come from.
struct Origin<'t> {
    /// Where models come from when nothing says it.
    usual: Hub,
    /// The file imports the package of ModelScope.
    imports: bool,
    /// Names imported from it.
    names: Vec<&'t str>,
}

static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:\bfrom\s+modelscope[\w.]*\s+import\s+(\([^)]*\)|[^\n;\\"]*)|\bimport\s+modelscope\b)"#)
        .expect("constant pattern, tested")
});

impl<'t> Origin<'t> {
    fn of(text: &'t str, loads: bool) -> Self {
        let mut names = Vec::new();
        let mut imports = false;
        if text.contains("modelscope") {
            for import in IMPORT.captures_iter(text) {
                imports = true;
                let list = import.get(1).map_or("", |list| list.as_str().trim_matches(['(', ')']));
                // `a as b` is called b
                let own = list.split(',').filter_map(|one| one.split_whitespace().next_back());
                names.extend(own.filter(|name| !name.starts_with('#')));
            }
        }
        Self { usual: Hub::of_setting(imports && !loads || uses_modelscope(text)), imports, names }
    }

    /// Where the call at a place of a line gets its model from, by the name before its first dot.
    fn hub(&self, code: &str, at: usize) -> Hub {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let start = code[..at].trim_end_matches(is_name).len();
        let end = code[at..].find(|c| !is_name(c)).map_or(code.len(), |end| at + end);
        let first = code[start..end].split('.').next().unwrap_or_default();
        let ours = first == "modelscope" || self.names.contains(&first);
        if ours { MODELSCOPE } else { self.usual }
    }
}
