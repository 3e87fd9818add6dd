//! The cache of the Hugging Face hub: which revision of a model or data set lies there.

use super::reference::{HUGGING_FACE, hub_id};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `huggingface-cache`.
pub struct HuggingfaceCache;

static META: ScannerMeta = ScannerMeta {
    id: "huggingface-cache",
    title: "Hugging Face cache",
    summary: "Models and data sets of the hub that lie in a cache (`models--org--name`, `datasets--org--name`), with the \
              revision that each branch or tag stood for.",
    files: &["**/models--*--*/refs/**", "**/datasets--*--*/refs/**"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Image, ComponentKind::Host, ComponentKind::Model, ComponentKind::Dataset],
    reference: "https://huggingface.co/docs/huggingface_hub/guides/manage-cache",
};

impl Scanner for HuggingfaceCache {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let path = file.path().as_str();
        let Some((above, _)) = path.split_once("/refs/") else { return Ok(()) };
        let folder = above.rsplit('/').next().unwrap_or(above);
        let (is_model, rest) = match (folder.strip_prefix("models--"), folder.strip_prefix("datasets--")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Ok(()),
        };
        let id = rest.replacen("--", "/", 1);
        let revision = file.text().trim();
        if hub_id(&id).is_none() || revision.is_empty() || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let message = "no revision of a model or data set of the hub";
            out.problem(DiagnosticKind::Malformed, file, None, message);
            return Ok(());
        }
        let hub = HUGGING_FACE.word();
        let (of, kind) = if is_model {
            (ComponentId::model(hub, &id), ComponentKind::Model)
        } else {
            (ComponentId::of("dataset", format_args!("{hub}/{id}")), ComponentKind::Dataset)
        };
        let start = file.text().len() - file.text().trim_start().len();
        let seen = file.at(crate::text::Span::new(start, start + revision.len()));
        out.component(&of, kind, seen.clone());
        out.attribute(&of, key::NAME, &id, seen.clone());
        if let Some((organisation, _)) = id.split_once('/') {
            out.attribute(&of, key::IDENTITY, format!("{hub}:{organisation}"), seen.clone());
        }
        out.attribute(&of, key::REVISION, revision, seen.clone());
        out.attribute(&of, key::HELD, above, seen.clone());
        // a setting of the environment (`HF_ENDPOINT`) takes its place
        let host = ComponentId::host(HUGGING_FACE.host());
        out.component(&host, ComponentKind::Host, seen.clone().inferred());
        out.relation(&of, RelationKind::DistributedBy, &host, seen.clone().inferred());
        if input.subject.is_some() {
            let root = toolkit::root(input, file, out);
            out.relation(&root, RelationKind::Contains, &of, seen);
        }
        Ok(())
    }
}
