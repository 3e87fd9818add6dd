//! Kubernetes objects and values of charts that files of another format carry, as a text or as values of their own.

use super::gitops;
use super::helm::values;
use super::manifest::opened;
use super::places::Places;
use super::scene;
use super::tree;
use super::workload::Ground;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, RelationKind};
use crate::parse::yaml::yaml;
use crate::parse::{Node, Value};
use crate::scan::model::{litellm, modelfile};
use crate::scan::{Facts, Input, SourceFile};
use crate::text::{RelPath, Span};

/// What stands for a part of a text that is not known: no reader takes it for a value.
pub(in crate::scan) const GAP: &str = "${unknown}";

/// What stands in a file as a text, with the lines that it is written in.
struct Within<'a> {
    file: &'a SourceFile,
    /// Where the whole text stands.
    whole: Span,
    text: &'a str,
    /// Start of every line of the text in the file, where its lines are those of the file.
    lines: Vec<usize>,
}

impl<'a> Within<'a> {
    fn new(text: &'a str, file: &'a SourceFile, whole: Span) -> Self {
        let written = file.text().get(whole.start..whole.end).unwrap_or_default();
        let mut lines = Vec::new();
        // the first line says where the text ends, or how it is written; in YAML the span may begin behind it
        let begins_behind = written.starts_with("<<") || written.starts_with(['|', '>']);
        let before = file.text().get(..whole.start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let begins_here = written.contains('\n') && before[line..].trim().is_empty();
        if begins_behind || begins_here {
            let mut at = whole.start;
            for line in written.split_inclusive('\n') {
                lines.push(at);
                at += line.len();
            }
            if begins_behind {
                lines.remove(0);
            }
        }
        let count = text.trim_end_matches('\n').split('\n').count();
        if lines.len() != count && lines.len() != count + 1 {
            lines.clear();
        }
        Self { file, whole, text, lines }
    }
}

impl Places for Within<'_> {
    fn is_carried(&self) -> bool {
        true
    }

    fn place(&self, span: Span) -> (&SourceFile, Span) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let Some(start) = self.lines.get(before.matches('\n').count()) else { return (self.file, self.whole) };
        let line = self.file.text()[*start..].split('\n').next().unwrap_or_default();
        let words = self.text.get(span.start..span.end).and_then(|words| words.split('\n').next()).unwrap_or_default();
        let found = line.find(words).filter(|_| !words.is_empty());
        let (from, length) = match found {
            Some(at) => (start + at, words.len()),
            None => (start + line.len() - line.trim_start().len(), line.trim().len()),
        };
        (self.file, Span::new(from, from + length))
    }
}

/// Writes the objects of a text that a file carries.
pub(in crate::scan) fn text(text: &str, file: &SourceFile, span: Span, input: &Input<'_>, out: &mut Facts<'_>) {
    let mut read = yaml(text);
    let places = Within::new(text, file, span);
    read.documents.iter_mut().for_each(named);
    write(&read.documents, &file.folder(), &places, input, out);
}

/// Writes objects whose values stand in the file itself.
pub(in crate::scan) fn objects(mut root: Node, file: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) {
    named(&mut root);
    write(&[root], &file.folder(), file, input, out);
}

/// A name of which a part is not known keeps the rest; such a namespace is none.
fn named(root: &mut Node) {
    let Some(meta) = tree::get_mut(root, "metadata") else { return };
    if meta.get("namespace").is_some_and(|node| matches!(&node.value, Value::Text(text) if text.contains(GAP))) {
        tree::remove(meta, "namespace");
    }
    if let Some(name) = tree::get_mut(meta, "name")
        && let Value::Text(text) = &name.value
        && text.contains(GAP)
    {
        *name = tree::text(&text.replace(GAP, "*"), name.span);
    }
}

fn write(roots: &[Node], folder: &RelPath, places: &dyn Places, input: &Input<'_>, out: &mut Facts<'_>) {
    let ground = Ground { folder, catalog: input.catalog, input, places };
    let objects = opened(roots);
    scene::write(&objects, &ground, out);
    for object in &objects {
        gitops::write(object, &ground, out);
    }
}

/// Bytes of a text in a map of settings that is read as objects: settings are small.
const MOST_CARRIED: usize = 1 << 20;

/// Writes what a file of a program says that a map of settings carries: the routes of a gateway for models, and what a
/// Modelfile is made from.
pub(super) fn settings_file(
    (name, text): (&str, &str),
    user: &ComponentId,
    ground: &Ground<'_>,
    span: Span,
    out: &mut Facts<'_>,
) {
    if modelfile::is_modelfile(name) {
        let (file, span) = ground.places.place(span);
        let within = Within::new(text, file, span);
        for said in modelfile::said(text) {
            let (file, span) = within.place(said.span);
            if let Some(base) = said.base(&file.at(span), out) {
                out.relation(user, RelationKind::DependsOn, &base, file.at(span));
            }
        }
        return;
    }
    if is_manifest(text) {
        // objects within objects within objects are nobody's: one level is read, however deep they are nested
        if ground.places.is_carried() || text.len() > MOST_CARRIED {
            let (file, span) = ground.places.place(span);
            let message = "objects within a map of settings, too long or within another text: they were not read";
            out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
            return;
        }
        let (file, span) = ground.places.place(span);
        self::text(text, file, span, ground.input, out);
        return;
    }
    if !litellm::is_configuration(text) {
        return;
    }
    let (file, span) = ground.places.place(span);
    let within = Within::new(text, file, span);
    let place = |span: Span| within.place(span);
    for document in &yaml(text).documents {
        litellm::routes(document, &litellm::Ground { user, catalog: ground.catalog, place: &place }, out);
    }
}

/// True for objects that a map of settings holds for a controller to make, but for such maps themselves.
fn is_manifest(text: &str) -> bool {
    let has = |word: &str| text.lines().any(|line| line.starts_with(word));
    has("apiVersion:") && has("kind:") && !text.contains("ConfigMap")
}

/// Writes the images of a chart's values that a file carries as a text.
pub(in crate::scan) fn values_in(text: &str, user: &ComponentId, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
    let read = yaml(text);
    let places = Within::new(text, file, span);
    for document in &read.documents {
        values::images(document, user, false, &places, out);
    }
}

/// Writes the images of a chart's values that stand in the file itself.
pub(in crate::scan) fn values_of(root: &Node, user: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    values::images(root, user, false, file, out);
}
