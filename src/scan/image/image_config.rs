//! What an image says of itself: platform, labels, base image, endpoints in its environment.
//!
//! Not a scanner of the list: the configuration of an image is no file of a tree. The reader of image
//! targets hands it over together with what it knows of the image.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::accelerator_runtime;
use super::reference::{write_image, write_pinned};
use crate::catalog::Catalog;
use crate::model::purl::ImageReference;
use crate::model::{Basis, ComponentId, ComponentKind, Horizon, Inventory, RelationKind, key, purl};
use crate::parse::Node;
use crate::scan::cloud::api::calls_in;
use crate::scan::model::reference::needs_models_in;
use crate::scan::package::toolkit::{self, repository_owner, without_secrets};
use crate::scan::words::masked;
use crate::scan::{Facts, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::source::archive::Digest;
use crate::source::image::ImageContent;
use crate::text::{RelPath, Span, shorten};

static META: ScannerMeta = ScannerMeta {
    id: "image-config",
    title: "Image configuration and manifest",
    summary: "Platform, number of layers, what it runs, labels (source, vendor, authors, licence, base image), the tool it was \
              built with, and endpoints, registries and runtimes of accelerators in the environment.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Service,
        ComponentKind::Model,
        ComponentKind::Package,
    ],
    reference: "https://github.com/opencontainers/image-spec/blob/main/config.md",
};

/// The id of an image: that of its reference, so that it meets the manifests that name it; without one
/// its name and digest.
#[must_use]
pub fn image_id(image: &ImageContent) -> ComponentId {
    image
        .reference
        .as_ref()
        .map_or_else(|| purl::image_without_registry(&image.name, &image.digest.to_string()), ImageReference::id)
}

/// The facts that configuration and manifest of an image state.
#[must_use]
pub fn image_facts(image: &ImageContent, catalog: &Catalog) -> Inventory {
    let mut out = Facts::new(&META, META.id, 100_000);
    let layer = Arc::from(image.config_digest.to_string());
    let path = RelPath::new("image-config.json").expect("is a relative path");
    let config = SourceFile::new(path, image.config.clone(), Some(layer));
    let id = image_id(image);
    match &image.reference {
        Some(reference) => {
            // its bytes lie here: what pins it is known, whatever tag it came under
            write_pinned(reference, &config.whole(), &mut out);
        }
        None => {
            out.component(&id, ComponentKind::Image, config.whole());
            out.attribute(&id, key::NAME, &image.name, config.whole());
            out.attribute(&id, key::PINNED, "digest", config.whole());
        }
    }
    out.attribute(&id, key::INTEGRITY, image.digest.to_string(), config.whole());
    out.attribute(&id, key::LAYERS, image.layers.len().to_string(), config.whole());
    for platform in &image.platforms {
        out.attribute(&id, key::MADE_FOR, platform, config.whole());
    }
    match config.json() {
        Ok(root) => {
            configuration(&id, root, &config, catalog, &mut out);
            steps(&id, root, &image.layers, &config, &mut out);
        }
        Err(error) => {
            let kind = crate::diagnostic::DiagnosticKind::Malformed;
            out.problem(kind, &config, Some(error.span), &error.message);
        }
    }
    if let Some(bytes) = &image.manifest {
        let path = RelPath::new("image-manifest.json").expect("is a relative path");
        let manifest = SourceFile::new(path, bytes.clone(), Some(Arc::from(image.digest.to_string())));
        if let Ok(root) = manifest.json()
            && let Some(annotations) = root.get("annotations")
        {
            labels(&id, annotations, &manifest, &mut out);
        }
    }
    let mut inventory = out.take().finish();
    inventory.diagnostics = BTreeSet::from_iter(out.diagnostics);
    inventory
}

fn configuration(id: &ComponentId, root: &Node, file: &SourceFile, catalog: &Catalog, out: &mut Facts<'_>) {
    if let (Some(os), Some(architecture)) = (root.text_at("os"), root.get("architecture")) {
        let variant = root.text_at("variant").filter(|text| !text.is_empty());
        let variant = variant.map(|text| format!("/{text}")).unwrap_or_default();
        let platform = format!("{os}/{}{variant}", architecture.text().unwrap_or_default());
        out.attribute(id, key::PLATFORM, platform, file.at(architecture.span));
    }
    if let Some(found) = root.at(&["config", "Labels"]) {
        labels(id, found, file, out);
    }
    // tools write themselves there as well; a person has an address
    let author = root.get("author").and_then(|node| Some((node.text()?, node.span)));
    if let Some(author) = author.filter(|(text, _)| text.contains('@')) {
        toolkit::author(id, author.0, &file.at(author.1), out);
    }
    for setting in root.at(&["config", "Env"]).map_or(&[][..], Node::list) {
        let Some(text) = setting.text() else { continue };
        // an address may carry a password or, in its path, a token: then only the name of the variable is shown
        let span = match text.split_once('=') {
            Some((name, value)) if value.contains('@') || names_an_address(name) => {
                Span::new(setting.span.start + 1, setting.span.start + 1 + name.len())
            }
            _ => setting.span,
        };
        calls_in(id, text, catalog, file, span, out);
        if let Some((name, value)) = text.split_once('=') {
            variable(id, name, value, catalog, &file.at(span), out);
        }
    }
    runs(id, root, file, out);
    history(id, root, file, out);
}

/// Variables that name what is called while it runs.
const ENDPOINTS: [&str; 16] = [
    "HF_ENDPOINT",
    "OPENAI_BASE_URL",
    "OPENAI_API_BASE",
    "ANTHROPIC_BASE_URL",
    "AZURE_OPENAI_ENDPOINT",
    "MISTRAL_API_BASE",
    "OLLAMA_HOST",
    "VLLM_API_BASE",
    "MLFLOW_TRACKING_URI",
    "WANDB_BASE_URL",
    "LANGFUSE_HOST",
    "LANGSMITH_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "S3_ENDPOINT",
    "S3_ENDPOINT_URL",
];
/// Variables that name where packages are fetched from when it is built.
const REGISTRIES: [&str; 12] = [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "NPM_CONFIG_REGISTRY",
    "YARN_NPM_REGISTRY_SERVER",
    "GOPROXY",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    "CONDA_CHANNEL_ALIAS",
    "GEM_SOURCE",
];

/// What a variable of the environment tells: an endpoint, a registry, the version of a runtime.
fn variable(id: &ComponentId, name: &str, value: &str, catalog: &Catalog, seen: &Seen, out: &mut Facts<'_>) {
    let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let (endpoint, registry) = (is_one_of(&ENDPOINTS), is_one_of(&REGISTRIES));
    if endpoint || registry {
        let addresses = value.split([' ', ',', '|']).filter(|address| address.contains("://"));
        for host in addresses.filter_map(toolkit::host_of).filter(|host| !is_this_machine(host)) {
            let host = ComponentId::host(&host);
            out.component(&host, ComponentKind::Host, seen.clone());
            if name.eq_ignore_ascii_case("HF_ENDPOINT") {
                // the hub's models come from there
                let setting = format!("huggingface * instead {}", host.rest());
                out.attribute(id, key::REGISTRY, setting, seen.clone());
            }
            if endpoint {
                out.relation(id, RelationKind::Calls, &host, seen.clone());
            } else {
                // who builds on it needs the registry; the image itself does not come from there
                let horizon = Some(Horizon::NextDeploy);
                out.attribute(&host, key::FETCHED_BY, "build", seen.clone());
                out.relation_with(id, RelationKind::DependsOn, &host, None, horizon, seen.clone());
            }
        }
    }
    if let Some(row) = catalog.runtime_by_variable(name) {
        accelerator_runtime::write(id, &row.id, Some(value), catalog, seen, out);
    }
}

/// True for variables of endpoints and registries.
fn names_an_address(name: &str) -> bool {
    ENDPOINTS.iter().chain(&REGISTRIES).any(|known| known.eq_ignore_ascii_case(name))
}

/// The command without what follows or equals the name of a secret: `--api-key X`, `--token=X`, `PASSWORD=X`.
fn without_secret_arguments(command: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut words = command.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let bare = word.trim_start_matches(['"', '\'']);
        let (value, is_secret) = match bare.split_once('=') {
            Some((name, value)) if is_secret(name) => {
                out.push(format!("{name}=***"));
                (Some(value), true)
            }
            None if bare.starts_with('-') && is_secret(bare) => {
                out.push(word.to_owned());
                let value = words.next_if(|next| !next.starts_with("--"));
                out.extend(value.map(|_| "***".to_owned()));
                (value, true)
            }
            _ => {
                out.push(word.to_owned());
                (None, false)
            }
        };
        // a quoted value goes on to its quote
        let quote = value.and_then(|value| value.chars().next()).filter(|c| matches!(c, '"' | '\''));
        if let (true, Some(quote), Some(value)) = (is_secret, quote, value)
            && !(value.len() > 1 && value.ends_with(quote))
        {
            while words.next().is_some_and(|next| !next.ends_with(quote)) {}
        }
    }
    out.join(" ")
}

/// True for the name of an argument or variable whose value is a secret. `--tokenizer` and `--max-tokens` are none.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 10] = [
        "token",
        "password",
        "passwd",
        "passphrase",
        "pass",
        "secret",
        "secrets",
        "apikey",
        "credential",
        "credentials",
    ];
    const KEYS: [&str; 6] = ["api", "access", "private", "secret", "auth", "master"];
    let name = name.to_ascii_lowercase();
    let parts: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    parts.iter().any(|part| WORDS.contains(part))
        || parts.windows(2).any(|pair| KEYS.contains(&pair[0]) && matches!(pair[1], "key" | "keys"))
}

fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "::1" | "[::1]")
}

/// What the image runs, and the models that its command names.
fn runs(id: &ComponentId, root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let words = |name: &str| root.at(&["config", name]).map_or(&[][..], Node::list);
    let all: Vec<&Node> = words("Entrypoint").iter().chain(words("Cmd")).collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let command = all.iter().filter_map(|node| node.text()).collect::<Vec<_>>().join(" ");
    let shown = shorten(&without_secret_arguments(&masked(&command)), 300).into_owned();
    let span = if first.span.start <= last.span.start { first.span } else { last.span };
    // no more than the program: arguments may be secrets
    let program = first.text().unwrap_or_default().split_whitespace().next().map_or(0, str::len);
    let span = Span::new(span.start, span.end.min(span.start + 1 + program));
    out.attribute(id, key::ENTRYPOINT, shown, file.at(span).without_excerpt());
    needs_models_in(id, &command, file, span, out);
}

/// Letters of a step that are shown.
const LONGEST_STEP: usize = 160;

/// The step of the build behind each layer, where the history has one for each.
fn steps(id: &ComponentId, root: &Node, layers: &[Arc<str>], file: &SourceFile, out: &mut Facts<'_>) {
    let makes_one = |step: &&Node| step.get("empty_layer").and_then(Node::as_bool) != Some(true);
    let made: Vec<&Node> = root.get("history").map_or(&[][..], Node::list).iter().filter(makes_one).collect();
    if made.len() != layers.len() {
        return;
    }
    for (layer, step) in layers.iter().zip(made) {
        let told = ["created_by", "comment"].iter().filter_map(|name| step.get(name));
        let Some((text, span)) =
            told.filter_map(|node| Some((node.text()?, node.span))).find(|(text, _)| !text.is_empty())
        else {
            continue;
        };
        let shown = shorten(&without_secret_arguments(&masked(&step_of(text))), LONGEST_STEP).into_owned();
        out.attribute(id, key::LAYER_MADE_BY, format!("{layer} {shown}"), file.at(span).without_excerpt());
    }
}

/// A step as its build file has it: `RUN pip install torch` of `/bin/sh -c pip install torch # buildkit`.
fn step_of(text: &str) -> String {
    let text = text.trim().trim_end_matches("# buildkit").trim_end();
    // what stands before the shell are arguments of the build, which may be secrets
    match text.split_once("/bin/sh -c ") {
        Some((_, rest)) => match rest.trim_start().strip_prefix("#(nop)") {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {}", rest.trim()),
        },
        None => text.to_owned(),
    }
}

/// What the steps of the build tell: the tool, and with some tools the base image.
fn history(id: &ComponentId, root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    // how each tool writes itself into steps, comments or the author
    const TOOLS: [(&str, &str); 11] = [
        ("buildkit.", "buildkit"),
        ("kaniko", "kaniko"),
        ("jib-", "jib"),
        ("bazel", "bazel"),
        ("github.com/ko-build/ko", "ko"),
        ("github.com/google/ko", "ko"),
        ("apko", "apko"),
        ("nixpkgs", "nix"),
        ("buildpacks", "buildpacks"),
        ("umoci", "umoci"),
        ("buildah", "buildah"),
    ];
    let mut told: Vec<&str> = Vec::new();
    for step in root.get("history").map_or(&[][..], Node::list) {
        for part in ["comment", "created_by", "author"].iter().filter_map(|name| step.get(name)) {
            let Some(text) = part.text() else { continue };
            let begins = |(start, _): &&(&str, &str)| {
                text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
            };
            if let Some((_, tool)) = TOOLS.iter().find(begins)
                && !told.contains(tool)
            {
                told.push(tool);
                out.attribute(id, key::BUILT_WITH, *tool, file.at(part.span));
            }
        }
        // `FROM registry.example/base:1` as buildah comments its first step
        if let Some(comment) = step.get("comment")
            && let Some(base) = comment.text().and_then(|text| text.strip_prefix("FROM "))
            && base.contains(['/', ':'])
            && !base.contains(' ')
        {
            based_on(id, base, None, &file.at(comment.span), out);
        }
    }
}

fn labels(id: &ComponentId, labels: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let label = |name: &str| labels.get(&format!("org.opencontainers.image.{name}"));
    let plain = |name: &str| {
        let node = labels.get(name)?;
        let text = node.text().map(str::trim).filter(|text| !text.is_empty())?;
        Some((text.to_owned(), file.at(node.span)))
    };
    let said = |name: &str| {
        let node = label(name)?;
        let text = node.text().map(str::trim).filter(|text| !text.is_empty())?;
        Some((text.to_owned(), file.at(node.span)))
    };
    if let Some((source, seen)) = said("source").or_else(|| plain("org.label-schema.vcs-url")) {
        let path = source.split_once("://").map_or(source.as_str(), |(_, rest)| rest);
        if let Some(owner) = repository_owner(path) {
            out.attribute(id, key::IDENTITY, owner, seen.clone());
        }
        out.attribute(id, key::SOURCE, without_secrets(&source), seen);
    }
    if let Some((vendor, seen)) =
        said("vendor").or_else(|| plain("vendor")).or_else(|| plain("org.label-schema.vendor"))
    {
        out.attribute(id, key::VENDOR, vendor, seen);
    }
    for (people, seen) in [said("authors"), plain("maintainer"), plain("MAINTAINER")].into_iter().flatten() {
        for person in people.split(',') {
            toolkit::author(id, person, &seen, out);
        }
    }
    if let Some((version, seen)) = plain("io.buildah.version") {
        out.attribute(id, key::BUILT_WITH, format!("buildah {version}"), seen);
    }
    if let Some((_, seen)) = plain("io.buildpacks.build.metadata") {
        out.attribute(id, key::BUILT_WITH, "buildpacks", seen.without_excerpt());
    }
    if let Some((licence, seen)) = said("licenses") {
        out.attribute(id, key::LICENSE, licence, seen);
    }
    if let Some((revision, seen)) = said("revision") {
        out.attribute(id, key::REVISION, revision, seen);
    }
    if let Some((base, seen)) = said("base.name") {
        based_on(id, &base, said("base.digest").map(|(digest, _)| digest), &seen, out);
    }
}

fn based_on(id: &ComponentId, base: &str, digest: Option<String>, seen: &Seen, out: &mut Facts<'_>) {
    let Some(reference) = ImageReference::parse(base) else { return };
    // name and digest together say which image it was, whatever the tag means today
    let digest = digest.filter(|text| Digest::parse(text).is_some());
    let base = match &digest {
        Some(digest) => {
            let reference = ImageReference { digest: reference.digest.or(Some(digest.clone())), ..reference };
            write_pinned(&reference, seen, out)
        }
        None => write_image(&reference, seen, out),
    };
    if let Some(digest) = digest {
        out.attribute(&base, key::INTEGRITY, digest, seen.clone());
    }
    out.relation(id, RelationKind::BasedOn, &base, seen.clone());
}

#[cfg(test)]
mod tests {
    use super::without_secret_arguments;

    #[test]
    fn secrets_of_arguments_are_masked() {
        let cases = [
            ("serve --api-key X --port 1", "serve --api-key *** --port 1"),
            ("serve --token=X --max-tokens 5", "serve --token=*** --max-tokens 5"),
            ("sh -c DB_PASSWORD=X serve --tokenizer t", "sh -c DB_PASSWORD=*** serve --tokenizer t"),
            ("serve --secret 'a b c' --on", "serve --secret *** --on"),
            ("serve --secret=\"a b\" --on", "serve --secret=*** --on"),
            ("serve --hf-token", "serve --hf-token"),
        ];
        for (command, shown) in cases {
            assert_eq!(without_secret_arguments(command), shown);
        }
    }
}
