//! What files of NuGet settings say together: the nearest counts before those above it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, list};
use crate::scan::{Input, SourceFile, registries};
use crate::text::{RelPath, Span};

/// Folders above a file in which others are looked for.
const ABOVE: usize = 32;

/// The names that NuGet looks for, in this order.
const NAMES: [&str; 3] = ["nuget.config", "NuGet.config", "NuGet.Config"];

/// The folder beside a solution in which older ones keep theirs.
const OLDER: [&str; 2] = [".nuget", ".NuGet"];

/// The name under which the user's own settings have the public registry.
const PUBLIC: &str = "nuget.org";

/// A source as a file states it.
struct Stated {
    address: String,
    span: Span,
}

/// Patterns of names that come from a source.
struct Mapped {
    patterns: Vec<String>,
    span: Span,
}

/// What one file says; names of sources are in lower case, as their capitals mean nothing.
pub(super) struct Layer {
    file: Arc<SourceFile>,
    /// It takes away the sources of files above, and so on for those that are turned off and for the mapping.
    clears: Clears,
    sources: BTreeMap<String, Stated>,
    off: BTreeSet<String>,
    mapping: BTreeMap<String, Mapped>,
    problems: Vec<(Span, String)>,
}

#[derive(Default)]
struct Clears {
    sources: bool,
    off: bool,
    mapping: bool,
}

impl Layer {
    /// Reads a file.
    pub(super) fn of(file: &Arc<SourceFile>, root: &Element) -> Self {
        let mut layer = Self {
            file: Arc::clone(file),
            clears: Clears::default(),
            sources: BTreeMap::new(),
            off: BTreeSet::new(),
            mapping: BTreeMap::new(),
            problems: Vec::new(),
        };
        root.all_groups("packageSources").flat_map(Element::entries).for_each(|item| layer.source(item));
        for item in root.all_groups("disabledPackageSources").flat_map(Element::entries) {
            match (&*item.name, item.attribute("key")) {
                ("clear", _) => {
                    layer.clears.off = true;
                    layer.off.clear();
                }
                // that it stands there turns the source off, whatever its value
                ("add", Some(name)) => {
                    layer.off.insert(name.to_lowercase());
                }
                _ => {}
            }
        }
        for item in root.all_groups("packageSourceMapping").flat_map(Element::entries) {
            match (&*item.name, item.attribute("key")) {
                ("clear", _) => {
                    layer.clears.mapping = true;
                    layer.mapping.clear();
                }
                ("packageSource", Some(name)) => {
                    let patterns = item.all("package").filter_map(|package| package.attribute("pattern"));
                    let patterns = patterns.map(|pattern| pattern.trim().to_owned());
                    let fresh = || Mapped { patterns: Vec::new(), span: item.tag };
                    layer.mapping.entry(name.to_lowercase()).or_insert_with(fresh).patterns.extend(patterns);
                }
                _ => {}
            }
        }
        layer
    }

    fn source(&mut self, item: &Element) {
        match &*item.name {
            "clear" => {
                self.clears.sources = true;
                self.sources.clear();
            }
            "add" => match item.attribute("key").zip(item.attribute("value")) {
                Some((name, address)) => {
                    let stated = Stated { address: address.to_owned(), span: item.tag };
                    self.sources.insert(name.to_lowercase(), stated);
                }
                None => self.problems.push((item.tag, "a source without `key` or `value`".to_owned())),
            },
            "remove" => {
                let name = item.attribute("key").unwrap_or("");
                let message = format!("NuGet knows no `<remove>`: the source `{name}` stays");
                self.problems.push((item.tag, message));
            }
            _ => {}
        }
    }

    /// What is wrong in the file.
    pub(super) fn problems(&self) -> &[(Span, String)] {
        &self.problems
    }

    /// The files of the folders above one, the nearest first; each is read once a run.
    pub(super) fn above(folder: &RelPath, input: &Input<'_>) -> Vec<Arc<Self>> {
        let next = |folder: &RelPath| (!folder.is_root()).then(|| folder.parent());
        let above = std::iter::successors(next(folder), next).take(ABOVE);
        above.filter_map(|folder| Self::at(&folder, input)).collect()
    }

    fn at(folder: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let in_older = OLDER.iter().filter_map(|older| folder.join(older));
        let folders = std::iter::once(folder.clone()).chain(in_older);
        let mut paths = folders.flat_map(|folder| NAMES.iter().filter_map(move |name| folder.join(name)));
        let path = paths.find(|path| input.paths.binary_search(path).is_ok())?;
        let read = || {
            let file = input.companion(&path).map(Arc::new);
            let bytes = file.as_ref().map_or(0, |file| file.text().len());
            // a broken file has its diagnostic where it is scanned itself
            let layer = file.and_then(|file| {
                let root = file.xml_root().filter(|root| &*root.name == "configuration")?;
                Some(Arc::new(Self::of(&file, &root)))
            });
            (layer, bytes)
        };
        Option::clone(&input.memo.of(&path, read))
    }
}

/// A source that is asked, and where it is stated.
pub(super) struct Source<'a> {
    pub(super) address: &'a str,
    pub(super) file: &'a SourceFile,
    pub(super) span: Span,
}

/// What several files say together.
#[derive(Default)]
pub(super) struct Effective<'a> {
    sources: BTreeMap<&'a str, Source<'a>>,
    /// The sources of the user's own settings are taken away.
    is_cleared: bool,
    off: BTreeSet<&'a str>,
    mapping: BTreeMap<&'a str, (&'a SourceFile, &'a Mapped)>,
}

impl<'a> Effective<'a> {
    /// Puts files together, from the farthest to the nearest.
    pub(super) fn of(layers: impl Iterator<Item = &'a Layer>) -> Self {
        let mut found = Self::default();
        for layer in layers {
            if layer.clears.sources {
                found.is_cleared = true;
                found.sources.clear();
            }
            if layer.clears.off {
                found.off.clear();
            }
            if layer.clears.mapping {
                found.mapping.clear();
            }
            let file = &*layer.file;
            let sources = layer
                .sources
                .iter()
                .map(|(name, stated)| (name.as_str(), Source { address: &stated.address, file, span: stated.span }));
            found.sources.extend(sources);
            found.off.extend(layer.off.iter().map(String::as_str));
            found.mapping.extend(layer.mapping.iter().map(|(name, mapped)| (name.as_str(), (file, mapped))));
        }
        let Self { sources, off, .. } = &mut found;
        sources.retain(|name, _| !off.contains(name));
        found
    }

    /// The sources that are not turned off, by name.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&'a str, &Source<'a>)> {
        self.sources.iter().map(|(name, source)| (*name, source))
    }

    /// True when the public registry is not asked unless one of the sources is that.
    pub(super) fn is_alone(&self) -> bool {
        let of_user = !self.is_cleared && !self.off.contains(PUBLIC) && !self.sources.contains_key(PUBLIC);
        !of_user && !self.sources.values().any(|source| is_public(source.address))
    }

    /// True when names come from the sources that they are mapped to alone.
    pub(super) fn is_mapped(&self) -> bool {
        !self.mapping.is_empty()
    }

    /// The patterns of the names that come from a source, if any is mapped to it.
    pub(super) fn patterns(&self, name: &str) -> Option<&'a [String]> {
        self.mapping.get(name).map(|(_, mapped)| mapped.patterns.as_slice())
    }

    /// The patterns of the names that come from the public registry of the user's own settings, with their place.
    pub(super) fn mapped_public(&self) -> Option<(&'a SourceFile, Span, &'a [String])> {
        let is_stated = self.is_cleared || self.off.contains(PUBLIC) || self.sources.contains_key(PUBLIC);
        let (file, mapped) = self.mapping.get(PUBLIC).filter(|_| !is_stated)?;
        Some((file, mapped.span, &mapped.patterns))
    }
}

fn is_public(address: &str) -> bool {
    toolkit::host_of(address).is_some_and(|host| registries::is_public(list::NUGET, &host))
}
