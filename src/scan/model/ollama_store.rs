//! The store of Ollama: manifests by name, blobs by digest.

use anyhow::Context as _;

use super::ollama::write_ollama;
use super::weight_file::{Whole, model_at};
use crate::model::{Basis, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `ollama-store`.
pub struct OllamaStore;

static META: ScannerMeta = ScannerMeta {
    id: "ollama-store",
    title: "Ollama store",
    summary: "Models that were pulled into a store of Ollama, by their manifests: name, tag, digest of the weights, and the \
              file in the store that holds them.",
    files: &["**/models/manifests/*/*/*/*"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Image, ComponentKind::Model, ComponentKind::Host],
    reference: "https://docs.ollama.com/faq",
};

impl Scanner for OllamaStore {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let path = file.path().as_str();
        let Some((store, name)) =
            path.rsplit_once("/manifests/").or(path.strip_prefix("manifests/").map(|name| ("", name)))
        else {
            return Ok(());
        };
        let parts: Vec<&str> = name.split('/').collect();
        let [host, user, model, tag] = parts[..] else { return Ok(()) };
        let root = file.json_or_part(out)?;
        let layers = root.get("layers").context("no `layers`: not a manifest of Ollama")?;
        let name = match (host, user) {
            ("registry.ollama.ai", "library") => format!("{model}:{tag}"),
            ("registry.ollama.ai", _) => format!("{user}/{model}:{tag}"),
            ("hf.co" | "huggingface.co", _) => format!("hf.co/{user}/{model}"),
            // a store of one's own: the host is all that is known
            _ => format!("{user}/{model}:{tag}"),
        };
        let id = write_ollama(&name, &file.whole(), out).context("no name that Ollama would take")?;
        out.attribute(&id, key::HELD, store, file.whole());
        let weights = layers.list().iter().filter(|layer| {
            layer.text_at("mediaType").is_some_and(|kind| kind.starts_with("application/vnd.ollama.image.model"))
        });
        for digest in weights.filter_map(|layer| layer.get("digest")) {
            let Some(text) = Node::text(digest) else { continue };
            out.attribute(&id, key::INTEGRITY, text, file.at(digest.span));
            if let Some(blob) = RelPath::new(&format!("./{store}/blobs/{}", text.replace(':', "-"))) {
                let weights = model_at(&blob, Whole::File);
                out.component(&weights, ComponentKind::Model, file.at(digest.span));
                out.relation(&id, RelationKind::Contains, &weights, file.at(digest.span));
            }
        }
        if input.subject.is_some() {
            let root = toolkit::root(input, file, out);
            out.relation(&root, RelationKind::Contains, &id, file.whole());
        }
        Ok(())
    }
}
