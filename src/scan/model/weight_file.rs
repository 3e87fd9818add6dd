//! What files of weights say of the model in them, whatever their format.

use super::reference::{HUGGING_FACE, hub_id, write_model};
use super::weights::held;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::extract::MOST;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// Longest value kept.
const LONGEST: usize = 300;

/// Whose the weights are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// A file is a model.
    File,
    /// The files of a folder are parts of one model.
    Folder,
}

/// Appends `name value` as a line that the scanner reads.
pub(super) fn say(out: &mut Vec<u8>, name: &str, value: &str) {
    // the rest is cut off, and told, by who asked for it
    if out.len() > MOST {
        return;
    }
    let clean = |text: &str| -> Vec<u8> {
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().into_bytes()
    };
    let value = clean(value);
    if value.iter().all(|byte| *byte == b' ') {
        return;
    }
    out.extend(clean(name));
    out.push(b'\t');
    out.extend(value);
    out.push(b'\n');
}

/// What was said under a name.
pub(super) fn said<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    all_said(text).find(|(key, _)| *key == name).map(|(_, value)| value.trim())
}

/// Everything that was said.
pub(super) fn all_said(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once('\t'))
}

/// The id of the model whose weights lie at a path: that of the hub where the folder tells, else the place.
pub(super) fn model_at(path: &RelPath, whole: Whole) -> ComponentId {
    match held(path.as_str()) {
        Some((id, _)) => ComponentId::model(HUGGING_FACE.word(), &id),
        None if whole == Whole::Folder => ComponentId::model("tree", &path.parent().to_string()),
        None => ComponentId::model("tree", path.as_str()),
    }
}

/// Writes the model that a file holds.
pub(super) fn write(
    format: &str,
    whole: Whole,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> ComponentId {
    let model = model_at(file.path(), whole);
    out.component(&model, ComponentKind::Model, file.whole());
    out.attribute(&model, key::RUNTIME, format, file.whole());
    // in a tree the folder's own scanners say whose the model is
    if input.subject.is_some() {
        let root = toolkit::root(input, file, out);
        out.relation(&root, RelationKind::Contains, &model, file.whole());
    }
    model
}

/// Writes an attribute if something was said.
pub(super) fn attribute(
    model: &ComponentId,
    key: &'static str,
    value: Option<&str>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        out.attribute(model, key, value, file.whole());
    }
}

/// The model is made from another, which an address or an id of the hub names.
pub(super) fn based_on(model: &ComponentId, text: &str, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(id) = hub_id(text) {
        let base = write_model(HUGGING_FACE, id, &file.whole(), out);
        out.relation(model, RelationKind::BasedOn, &base, file.whole());
    }
}

/// The address a model was taken from: of the hub it also tells the publisher.
pub(super) fn source(model: &ComponentId, address: &str, file: &SourceFile, out: &mut Facts<'_>) {
    match hub_id(address) {
        Some(id) => {
            if let Some((organisation, _)) = id.split_once('/') {
                let identity = format!("{}:{organisation}", HUGGING_FACE.word());
                out.attribute(model, key::IDENTITY, identity, file.whole());
            }
            out.attribute(model, key::SOURCE, format!("https://huggingface.co/{id}"), file.whole());
        }
        None => toolkit::repository(model, address, &file.whole(), out),
    }
}
