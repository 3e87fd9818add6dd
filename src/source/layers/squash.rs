//! Layers on each other: what a container would see, and what lies hidden beneath.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Content, Kept, Layer, Link, Mark};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::text::{RelPath, clean_line};

/// Bytes that links to files of other layers may lead to, each link for itself.
const FOLLOWED: u64 = 1 << 30;

/// A wanted file of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayeredFile {
    /// Path in the image.
    pub path: RelPath,
    /// Digest of the layer that holds it.
    pub layer: Arc<str>,
    /// What `bytes` are.
    pub content: Content,
    /// Bytes the file has.
    pub size: u64,
    /// What was kept of it.
    pub bytes: Arc<[u8]>,
    /// Set when a later layer took it away.
    pub gone: Option<Gone>,
}

/// How a later layer took a file away; each with the digest of that layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Deleted, alone or with its folder.
    Deleted(Arc<str>),
    /// Another entry has taken its path.
    Replaced(Arc<str>),
}

/// The wanted files of all layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Squashed {
    /// Of every path the topmost version, unless a layer above took it away. Sorted by path.
    pub files: Vec<LayeredFile>,
    /// The others, in the same order.
    pub gone: Vec<LayeredFile>,
    /// Links under wanted names that lead to nothing that was read.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a layer does to a path of those below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Does {
    /// Takes it and all in it away, with another entry in its place.
    Replaces,
    /// Takes it away when it is a file.
    IsFolder,
    /// Takes it and all in it away.
    Deletes,
    /// Takes away what is in it.
    Empties,
}

/// Everything all layers hide: sorted, so that a path is found in a few steps.
struct Veil {
    marks: Vec<(Mark, usize, Does)>,
}

impl Veil {
    fn of(layers: &[(Arc<str>, Arc<Layer>)]) -> Self {
        let mut marks = Vec::new();
        for (number, (_, layer)) in layers.iter().enumerate() {
            let lists = [
                (&layer.others, Does::Replaces),
                (&layer.folders, Does::IsFolder),
                (&layer.deleted, Does::Deletes),
                (&layer.opaque, Does::Empties),
            ];
            for (list, does) in lists {
                marks.extend(list.iter().map(|mark| (*mark, number, does)));
            }
            marks.extend(layer.files.keys().map(|path| (Mark::of(path.as_str()), number, Does::Replaces)));
        }
        marks.sort_unstable();
        Self { marks }
    }

    /// The lowest layer above `number` that takes `path` away, and whether it deletes it.
    fn taken(&self, path: &RelPath, number: usize) -> Option<(usize, bool)> {
        let mut first = self.above(path.as_str(), number, |does| does != Does::Empties);
        let mut folder = path.clone();
        while !folder.is_root() {
            folder = folder.parent();
            if let Some(found) = self.above(folder.as_str(), number, |does| does != Does::IsFolder) {
                first = Some(first.map_or(found, |first| first.min(found)));
            }
        }
        first
    }

    fn above(&self, path: &str, number: usize, counts: impl Fn(Does) -> bool) -> Option<(usize, bool)> {
        let mark = Mark::of(path);
        let start = self.marks.partition_point(|(other, at, _)| (*other, *at) <= (mark, number));
        let same = self.marks[start..].iter().take_while(|(other, _, _)| *other == mark);
        same.filter(|(_, _, does)| counts(*does))
            .map(|(_, at, does)| (*at, matches!(does, Does::Deletes | Does::Empties)))
            .next()
    }
}

/// Lays layers on each other. They go from the bottom to the top, each with its digest.
#[must_use]
pub fn squash(layers: &[(Arc<str>, Arc<Layer>)]) -> Squashed {
    let veil = Veil::of(layers);
    let mut out = Squashed::default();
    let mut all: Vec<(&RelPath, usize, &Kept)> = Vec::new();
    for (number, (_, layer)) in layers.iter().enumerate() {
        all.extend(layer.files.iter().map(|(path, kept)| (path, number, kept)));
    }
    all.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    for (path, number, kept) in all {
        let taken = veil.taken(path, number);
        let gone = taken.map(|(by, deletes)| {
            let by = Arc::clone(&layers[by].0);
            if deletes { Gone::Deleted(by) } else { Gone::Replaced(by) }
        });
        let file = layered(path, &layers[number].0, kept, gone);
        if file.gone.is_some() { out.gone.push(file) } else { out.files.push(file) }
    }
    follow_links(layers, &veil, &mut out);
    out
}

fn layered(path: &RelPath, layer: &Arc<str>, kept: &Kept, gone: Option<Gone>) -> LayeredFile {
    let Kept { content, size, bytes } = kept.clone();
    LayeredFile { path: path.clone(), layer: Arc::clone(layer), content, size, bytes, gone }
}

/// Links under wanted names: a hard link gets the file of a layer below; a symbolic one is no loss when its end is
/// read under its own name.
fn follow_links(layers: &[(Arc<str>, Arc<Layer>)], veil: &Veil, out: &mut Squashed) {
    let mut found: BTreeMap<RelPath, LayeredFile> = BTreeMap::new();
    let mut left = FOLLOWED;
    let symbolic = symbolic_links(layers, veil);
    'all: for (number, (digest, layer)) in layers.iter().enumerate() {
        for (path, link) in &layer.links {
            if veil.taken(path, number).is_some() {
                continue;
            }
            let end = match link {
                Link::Hard(end) => end,
                Link::Symbolic(end) => last_end(end, &symbolic),
            };
            let position = out.files.binary_search_by(|file| file.path.cmp(end)).ok();
            match (link, position) {
                // such a file has no name but those of the links to it
                (Link::Symbolic(_), Some(_)) if end.parent().name() != "blobs" => {}
                (_, Some(position)) => {
                    let bytes = out.files[position].bytes.len() as u64;
                    let Some(less) = left.checked_sub(bytes) else {
                        let message =
                            format!("links lead to more than {FOLLOWED} bytes; further ones are not followed");
                        out.diagnostics.push(problem(DiagnosticKind::LimitReached, path, &message));
                        break 'all;
                    };
                    left = less;
                    let file = LayeredFile { path: path.clone(), ..out.files[position].clone() };
                    found.insert(path.clone(), file);
                }
                (Link::Hard(_), None) => {
                    let message = format!("hard link to `{end}`, which was not kept; not read (layer `{digest}`)");
                    out.diagnostics.push(problem(DiagnosticKind::Unsupported, path, &message));
                }
                (Link::Symbolic(_), None) => {
                    let message =
                        format!("symbolic link to `{end}`, which is not read under its own name (layer `{digest}`)");
                    out.diagnostics.push(problem(DiagnosticKind::Unreadable, path, &message));
                }
            }
        }
    }
    if !found.is_empty() {
        out.files.extend(found.into_values());
        out.files.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// Symbolic links under wanted names that a container would see, with what each is said to lead to.
fn symbolic_links<'l>(layers: &'l [(Arc<str>, Arc<Layer>)], veil: &Veil) -> BTreeMap<&'l RelPath, &'l RelPath> {
    let mut links = BTreeMap::new();
    for (number, (_, layer)) in layers.iter().enumerate() {
        for (path, link) in &layer.links {
            if let Link::Symbolic(end) = link
                && veil.taken(path, number).is_none()
            {
                links.insert(path, end);
            }
        }
    }
    links
}

/// Where links end that lead to links: `etc/x.json`, `etc/alternatives/x.json`, the file.
fn last_end<'l>(first: &'l RelPath, links: &BTreeMap<&'l RelPath, &'l RelPath>) -> &'l RelPath {
    const STEPS: usize = 40;
    let mut end = first;
    for _ in 0..STEPS {
        match links.get(end) {
            Some(next) => end = next,
            None => break,
        }
    }
    end
}

fn problem(kind: DiagnosticKind, path: &RelPath, message: &str) -> Diagnostic {
    let message = clean_line(message).into_owned();
    Diagnostic { path: path.clone(), at: None, kind, scanner: Arc::from("image"), message }
}
