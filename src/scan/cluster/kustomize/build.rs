//! Building a folder as Kustomize does: bases, components, patches and changes, layer by layer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::manifest::opened;
use super::super::places::{Places as _, Sources, moved};
use super::super::tree;
use super::apply::{apply, replaced};
use super::inline::inline_documents;
use super::remote::{Remote, remote};
use super::resource::Resource;
use super::{builtin, generate, patch, replace, transform};
use crate::diagnostic::DiagnosticKind;
use crate::parse::{MAX_DEPTH, Node, Value};
use crate::scan::{Input, SourceFile};
use crate::text::{RelPath, Span};

/// Layers on each other; real ones have five.
const DEEPEST: usize = 24;
/// Layers that one build may go through: each may name the same ones again.
const LAYER_LIMIT: usize = 5_000;
/// Values that one build may copy.
const NODE_LIMIT: usize = 2_000_000;
/// Values that all builds of a tree may copy.
pub(super) const ALL_NODES: usize = 40_000_000;
/// Words of a layer that change objects in ways that are not evaluated.
const NOT_EVALUATED: [&str; 3] = ["configurations", "helmChartInflationGenerator", "inventory"];

/// The layers of a tree and the files they name.
pub(super) struct Tree<'a> {
    pub(super) input: &'a Input<'a>,
    /// Folder of each layer, with its file.
    pub(super) layers: BTreeMap<RelPath, Arc<SourceFile>>,
    files: BTreeMap<RelPath, Option<Arc<SourceFile>>>,
    nodes: usize,
}

/// What one build gives besides its objects.
#[derive(Default)]
pub(super) struct Built {
    pub(super) sources: Sources,
    pub(super) resources: Vec<Resource>,
    /// Files that the build speaks for.
    pub(super) used: BTreeSet<RelPath>,
    pub(super) remotes: Vec<(Remote, Span)>,
    /// `helmCharts` entries.
    pub(super) charts: Vec<Node>,
    /// `images` entries that no object of this tree names.
    pub(super) images: Vec<Node>,
    pub(super) problems: Vec<(DiagnosticKind, Span, String)>,
    /// `vars` entries of all layers: they are filled in at the end.
    vars: Vec<Node>,
    nodes: usize,
    /// Values that the builds before it have copied.
    before: usize,
    layers: usize,
    stack: Vec<RelPath>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(input: &'a Input<'a>, layers: BTreeMap<RelPath, Arc<SourceFile>>) -> Self {
        Self { input, layers, files: BTreeMap::new(), nodes: 0 }
    }

    /// The first document of a layer.
    pub(super) fn root(file: &SourceFile) -> Option<&Node> {
        file.yaml().documents.first()
    }

    fn file(&mut self, path: &RelPath) -> Option<Arc<SourceFile>> {
        let input = self.input;
        self.files.entry(path.clone()).or_insert_with(|| input.companion(path).map(Arc::new)).clone()
    }

    /// Builds a folder.
    pub(super) fn build(&mut self, folder: &RelPath) -> Built {
        let mut built = Built { before: self.nodes, ..Built::default() };
        let mut resources = Vec::new();
        self.layer(folder, None, &mut resources, &mut built);
        let vars = std::mem::take(&mut built.vars);
        for lost in replace::variables(&vars, &mut resources, &mut built) {
            let message = "the variable names a field of an object that is not among those read";
            built.problems.push((DiagnosticKind::Unresolved, lost.span, message.to_owned()));
        }
        built.resources = resources;
        self.nodes += built.nodes;
        built
    }

    /// Puts a layer on what lies below it. A component is such a layer, with nothing of its own below.
    fn layer(&mut self, folder: &RelPath, asked: Option<Span>, all: &mut Vec<Resource>, built: &mut Built) {
        let Some(file) = self.layers.get(folder).cloned() else { return };
        let Some(root) = Self::root(&file) else { return };
        let start = built.sources.add(&file);
        let root = moved(root, start);
        let at = asked.unwrap_or(Span::new(start, start));
        if built.stack.contains(folder) || built.stack.len() >= DEEPEST {
            let message = format!("`{folder}` is part of itself, or lies under more than {DEEPEST} layers");
            built.problems.push((DiagnosticKind::Malformed, at, message));
            return;
        }
        built.layers += 1;
        if built.layers > LAYER_LIMIT {
            if built.layers == LAYER_LIMIT + 1 {
                let message = format!("more than {LAYER_LIMIT} layers build on each other; the rest is left out");
                built.problems.push((DiagnosticKind::LimitReached, at, message));
            }
            return;
        }
        built.stack.push(folder.clone());
        built.used.insert(file.path().clone());
        for key in ["resources", "bases"] {
            for entry in list(&root, key) {
                self.resource(entry, folder, all, built);
            }
        }
        for entry in list(&root, "components") {
            match entry.text().and_then(|text| folder.join(text)).filter(|path| self.layers.contains_key(path)) {
                Some(path) => self.layer(&path, Some(entry.span), all, built),
                None => self.elsewhere(entry, built),
            }
        }
        self.change(&root, folder, all, built);
        built.odd(&root);
        built.stack.pop();
    }

    /// One entry of `resources`: a file, a folder with a layer, or something elsewhere.
    fn resource(&mut self, entry: &Node, folder: &RelPath, all: &mut Vec<Resource>, built: &mut Built) {
        let Some(text) = entry.text() else { return };
        let path = folder.join(text);
        if let Some(path) = path.as_ref().filter(|path| self.layers.contains_key(path)) {
            let mut below = Vec::new();
            self.layer(path, Some(entry.span), &mut below, built);
            for resource in &below {
                name_place(resource).into_iter().for_each(|span| built.sources.note(span, entry.span));
            }
            all.append(&mut below);
        } else if let Some(file) = path.as_ref().and_then(|path| self.file(path)) {
            self.read(&file, entry.span, all, built);
        } else {
            self.elsewhere(entry, built);
        }
    }

    /// The objects of a file.
    fn read(&mut self, file: &Arc<SourceFile>, asked: Span, all: &mut Vec<Resource>, built: &mut Built) {
        built.used.insert(file.path().clone());
        let start = built.sources.add(file);
        for object in opened(documents(file)) {
            if !built.affords(object.node, 0, asked) {
                return;
            }
            let resource = Resource::new(moved(object.node, start));
            name_place(&resource).into_iter().for_each(|span| built.sources.note(span, asked));
            all.push(resource);
        }
    }

    fn elsewhere(&self, entry: &Node, built: &mut Built) {
        let Some(text) = entry.text() else { return };
        match remote(text) {
            Some(found) => {
                let message = format!("`{text}` lies in another repository and was not read");
                built.problems.push((DiagnosticKind::Unresolved, entry.span, message));
                built.remotes.push((found, entry.span));
            }
            None => {
                let message =
                    format!("`{text}` is neither a file of the scanned tree nor a folder with a kustomization");
                built.problems.push((DiagnosticKind::Unresolved, entry.span, message));
            }
        }
    }

    /// What a layer makes and changes, in the order in which Kustomize does.
    fn change(&mut self, root: &Node, folder: &RelPath, all: &mut Vec<Resource>, built: &mut Built) {
        let generators = self.plugins(root, "generators", folder, built);
        for layer in std::iter::once(root).chain(&generators) {
            self.generate(layer, folder, all);
        }
        generators.iter().for_each(|layer| built.charts.extend(list(layer, "helmCharts").iter().cloned()));
        self.transform(root, folder, all, built);
        for layer in &self.plugins(root, "transformers", folder, built) {
            self.transform(layer, folder, all, built);
        }
        built.vars.extend(list(root, "vars").iter().cloned());
        built.charts.extend(list(root, "helmCharts").iter().cloned());
        for key in NOT_EVALUATED {
            if let Some(entry) = root.entry(key).filter(|entry| !is_empty(&entry.value)) {
                let message = format!("`{key}` is not evaluated: what it changes is not seen");
                built.problems.push((DiagnosticKind::Unresolved, entry.key_span, message));
            }
        }
    }

    fn transform(&mut self, root: &Node, folder: &RelPath, all: &mut Vec<Resource>, built: &mut Built) {
        for entry in list(root, "patchesStrategicMerge") {
            self.patch(entry, None, folder, all, built);
        }
        for entry in list(root, "patches").iter().chain(list(root, "patchesJson6902")) {
            let Some(what) = entry.get("patch").or_else(|| entry.get("path")) else { continue };
            self.patch(what, entry.get("target"), folder, all, built);
        }
        if let Some(value) = root.get("namespace").filter(|value| value.text().is_some()) {
            transform::namespace(all, value);
        }
        transform::names(all, root.get("namePrefix"), root.get("nameSuffix"), &mut built.sources);
        root.get("commonLabels").into_iter().for_each(|pairs| transform::labels(all, pairs));
        for entry in list(root, "labels") {
            entry.get("pairs").into_iter().for_each(|pairs| transform::labels(all, pairs));
        }
        list(root, "replicas").iter().for_each(|entry| transform::replicas(all, entry));
        for entry in list(root, "images") {
            if !transform::image(all, entry, &mut built.sources) {
                built.images.push(entry.clone());
            }
        }
        for entry in list(root, "replacements") {
            self.replacement(entry, folder, all, built);
        }
    }

    /// An entry of `replacements`, or the file that holds some.
    fn replacement(&mut self, entry: &Node, folder: &RelPath, all: &mut [Resource], built: &mut Built) {
        let Some(path) = entry.text_at("path").filter(|_| entry.get("source").is_none()) else {
            return replaced(entry, all, built);
        };
        let Some(file) = folder.join(path).and_then(|path| self.file(&path)) else {
            return self.elsewhere(entry.get("path").unwrap_or(entry), built);
        };
        built.used.insert(file.path().clone());
        let start = built.sources.add(&file);
        for document in documents(&file) {
            let document = moved(document, start);
            let one = std::slice::from_ref(&document);
            let entries = if let Value::List(items) = &document.value { items.as_slice() } else { one };
            entries.iter().for_each(|entry| replaced(entry, all, built));
        }
    }

    /// Generators or transformers of a layer, each as the layer that says the same.
    fn plugins(&mut self, root: &Node, key: &str, folder: &RelPath, built: &mut Built) -> Vec<Node> {
        let mut found = Vec::new();
        for entry in list(root, key) {
            let Some(text) = entry.text() else { continue };
            let path = folder.join(text);
            let objects: Vec<Node> = if text.contains('\n') {
                inline_documents(text, entry.span, built)
            } else if let Some(path) = path.as_ref().filter(|path| self.layers.contains_key(path)) {
                let mut below = Vec::new();
                self.layer(path, Some(entry.span), &mut below, built);
                below.into_iter().map(|resource| resource.node).collect()
            } else if let Some(file) = path.as_ref().and_then(|path| self.file(path)) {
                built.used.insert(file.path().clone());
                let start = built.sources.add(&file);
                documents(&file).into_iter().map(|node| moved(node, start)).collect()
            } else {
                self.elsewhere(entry, built);
                continue;
            };
            for object in objects.iter().filter(|object| object.is_map()) {
                match builtin::layer(object) {
                    Some(layer) => found.push(layer),
                    None => {
                        let kind = object.text_at("kind").unwrap_or("an object without a kind");
                        let message =
                            format!("`{kind}` is a program of its own and is not run: what it does is not seen");
                        built.problems.push((DiagnosticKind::Unresolved, object.span, message));
                    }
                }
            }
        }
        found
    }

    fn generate(&mut self, root: &Node, folder: &RelPath, all: &mut Vec<Resource>) {
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for entry in list(root, key) {
                let mut read = |path: &str| {
                    let file = self.file(&folder.join(path)?)?;
                    Some(file.text().to_owned())
                };
                let Some(node) = generate::object(entry, kind, &mut read) else { continue };
                let name = entry.text_at("name").unwrap_or("");
                let known = all.iter_mut().find(|other| other.kind() == kind && other.is_called(name));
                match (known, entry.text_at("behavior")) {
                    (Some(known), Some("merge")) => drop(patch::strategic(known, &node, true)),
                    (Some(known), Some("replace")) => *known = Resource::new(node),
                    _ => all.push(Resource::new(node)),
                }
            }
        }
    }

    /// Applies a patch that stands in the layer itself or in a file.
    fn patch(
        &mut self,
        what: &Node,
        target: Option<&Node>,
        folder: &RelPath,
        all: &mut Vec<Resource>,
        built: &mut Built,
    ) {
        let Some(text) = what.text() else { return };
        let inline = text.contains('\n') || text.trim_start().starts_with(['{', '[']);
        let documents = if inline {
            inline_documents(text, what.span, built)
        } else if let Some(file) = folder.join(text).and_then(|path| self.file(&path)) {
            built.used.insert(file.path().clone());
            let start = built.sources.add(&file);
            documents(&file).into_iter().map(|node| moved(node, start)).collect()
        } else {
            return self.elsewhere(what, built);
        };
        for document in &documents {
            if built.affords(document, 0, what.span) {
                apply(document, target, what.span, all, built);
            }
        }
    }
}

fn documents(file: &SourceFile) -> Vec<&Node> {
    if file.path().name().ends_with(".json") {
        file.json().ok().into_iter().collect()
    } else {
        file.yaml().documents.iter().collect()
    }
}

fn name_place(resource: &Resource) -> Option<Span> {
    let name = resource.node.at(&["metadata", "name"]).or_else(|| resource.node.at(&["metadata", "generateName"]));
    name.map(|name| name.span)
}

fn list<'n>(root: &'n Node, key: &str) -> &'n [Node] {
    root.get(key).map_or(&[], Node::list)
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

impl Built {
    /// Whether a value may be copied to where it has so many levels above it.
    pub(super) fn affords(&mut self, node: &Node, above: usize, asked: Span) -> bool {
        let (weight, depth) = tree::weight(node);
        self.nodes += weight;
        if self.is_full() {
            self.limit(asked, format!("the layers hold more than {NODE_LIMIT} values; the rest is left out"));
            return false;
        }
        if above + depth > MAX_DEPTH {
            self.limit(asked, format!("nested deeper than {MAX_DEPTH} levels; what is deeper is left out"));
            return false;
        }
        true
    }

    /// Whether all that may be copied was.
    pub(super) fn is_full(&self) -> bool {
        self.nodes > NODE_LIMIT || self.before + self.nodes > ALL_NODES
    }

    /// Tells a limit, once.
    pub(super) fn limit(&mut self, at: Span, message: String) {
        if self.problems.iter().all(|(_, _, known)| *known != message) {
            self.problems.push((DiagnosticKind::LimitReached, at, message));
        }
    }

    /// Tells what is of another shape than it was asked for.
    pub(super) fn odd(&mut self, node: &Node) {
        let odd = node.misshapen().into_iter().map(|odd| (DiagnosticKind::Malformed, odd.span, odd.to_string()));
        self.problems.extend(odd);
    }

    /// The file and span of a place.
    pub(super) fn place(&self, span: Span) -> (&SourceFile, Span) {
        self.sources.place(span)
    }
}
