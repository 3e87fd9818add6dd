//! What files of NuGet settings say together: the nearest counts before those above it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::DiagnosticKind;
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, list};
use crate::scan::{Input, SourceFile, registries};
use crate::text::{Lookup, RelPath, Span};

/// Folders above a file in which others are looked for.
const ABOVE: usize = 32;

/// The names that NuGet looks for, in this order.
const NAMES: [&str; 3] = ["nuget.config", "NuGet.config", "NuGet.Config"];

/// Sources that one file states or turns off, and patterns that it maps; real ones have a handful.
const MOST: usize = 256;

/// What counts of the files of all folders above one: each of many folders could have it all anew.
const MOST_ABOVE: usize = 1_024;

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
    problems: Vec<(DiagnosticKind, Span, String)>,
    /// Patterns so far.
    patterns: usize,
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
            patterns: 0,
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
                    if layer.off.len() < MOST {
                        layer.off.insert(name.to_lowercase());
                    } else {
                        layer.cut("sources that are turned off", item.tag);
                    }
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
                ("packageSource", Some(name)) => layer.map(name, item),
                _ => {}
            }
        }
        layer
    }

    fn map(&mut self, name: &str, item: &Element) {
        let patterns = item.all("package").filter_map(|package| package.attribute("pattern")).map(str::trim);
        let mut patterns = patterns.filter(|pattern| !pattern.is_empty());
        let room = MOST.saturating_sub(self.patterns.max(self.mapping.len()));
        let taken: Vec<String> = patterns.by_ref().take(room).map(str::to_owned).collect();
        if room == 0 || patterns.next().is_some() {
            self.cut("patterns of names", item.tag);
        }
        if room > 0 {
            self.patterns += taken.len();
            let fresh = || Mapped { patterns: Vec::new(), span: item.tag };
            self.mapping.entry(name.to_lowercase()).or_insert_with(fresh).patterns.extend(taken);
        }
    }

    /// Says once that more is stated than counts.
    fn cut(&mut self, what: &str, span: Span) {
        let message = format!("more than {MOST} {what}; further ones do not count");
        if self.problems.iter().all(|(_, _, known)| *known != message) {
            self.problems.push((DiagnosticKind::LimitReached, span, message));
        }
    }

    fn source(&mut self, item: &Element) {
        match &*item.name {
            "clear" => {
                self.clears.sources = true;
                self.sources.clear();
            }
            "add" => match item.attribute("key").zip(item.attribute("value")) {
                Some(_) if self.sources.len() >= MOST => self.cut("sources", item.tag),
                Some((name, address)) => {
                    let stated = Stated { address: address.to_owned(), span: item.tag };
                    self.sources.insert(name.to_lowercase(), stated);
                }
                None => {
                    let message = "a source without `key` or `value`".to_owned();
                    self.problems.push((DiagnosticKind::Malformed, item.tag, message));
                }
            },
            "remove" => {
                let name = item.attribute("key").unwrap_or("");
                let message = format!("NuGet knows no `<remove>`: the source `{name}` stays");
                self.problems.push((DiagnosticKind::Malformed, item.tag, message));
            }
            _ => {}
        }
    }

    /// What is wrong in the file.
    pub(super) fn problems(&self) -> &[(DiagnosticKind, Span, String)] {
        &self.problems
    }

    /// The files of the folders above one, the nearest first; each is read once a run.
    pub(super) fn above(folder: &RelPath, input: &Input<'_>) -> Vec<Arc<Self>> {
        let files = input.memo.once(|| Files::of(input));
        let above = folder.and_above().skip(1).take(ABOVE);
        above.filter_map(|folder| Self::at(files.at(&folder)?, input)).collect()
    }

    fn at(path: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let read = || {
            let file = input.companion(path).map(Arc::new);
            let bytes = file.as_ref().map_or(0, |file| file.text().len());
            // a broken file has its diagnostic where it is scanned itself
            let layer = file.and_then(|file| {
                let root = file.xml_root().filter(|root| &*root.name == "configuration")?;
                Some(Arc::new(Self::of(&file, &root)))
            });
            (layer, bytes)
        };
        Option::clone(&input.memo.of(path, read))
    }
}

/// The settings of each folder of the tree that NuGet finds first. To look for all of their names in all folders above each of
/// many would take long where folders lie deep in each other.
#[derive(Default)]
struct Files(Lookup<RelPath, Option<(usize, RelPath)>>);

impl Files {
    fn of(input: &Input<'_>) -> Self {
        let mut found = Self::default();
        for path in input.paths {
            let Some(name) = NAMES.iter().position(|name| *name == path.name()) else { continue };
            let folder = path.parent();
            // as that of the folder beside a solution that has it in one of its own
            if let Some(older) = OLDER.iter().position(|older| *older == folder.name()) {
                found.add(folder.parent(), (older + 1) * NAMES.len() + name, path);
            }
            found.add(folder, name, path);
        }
        found
    }

    /// The first in the order that NuGet looks in is kept.
    fn add(&mut self, folder: RelPath, rank: usize, path: &RelPath) {
        let first = self.0.entry(folder);
        if first.as_ref().is_none_or(|(known, _)| rank < *known) {
            *first = Some((rank, path.clone()));
        }
    }

    fn at(&self, folder: &RelPath) -> Option<&RelPath> {
        self.0.get(folder)?.as_ref().map(|(_, path)| path)
    }
}

/// A source that is asked, and where it is stated.
pub(super) struct Source<'a> {
    pub(super) address: &'a str,
    pub(super) file: &'a SourceFile,
    pub(super) span: Span,
}

/// Which registry names that match a pattern come from.
pub(super) enum Mapping<'a> {
    Source(&'a str),
    /// The public one of the user's own settings.
    Public,
    /// None: the source is turned off, taken away or stated nowhere in the tree.
    Nowhere,
}

/// What several files say together.
#[derive(Default)]
pub(super) struct Effective<'a> {
    sources: BTreeMap<&'a str, Source<'a>>,
    /// The sources of the user's own settings are taken away.
    is_cleared: bool,
    off: BTreeSet<&'a str>,
    mapping: BTreeMap<&'a str, (&'a SourceFile, &'a Mapped)>,
    /// The files say something of sources, even where none is left.
    is_stated: bool,
    /// The files say more than counts.
    is_cut: bool,
}

impl<'a> Effective<'a> {
    /// Puts files together, from the nearest to the farthest.
    pub(super) fn of(layers: impl Iterator<Item = &'a Layer>) -> Self {
        let mut found = Self::default();
        let mut cleared = Clears::default();
        let mut room = MOST_ABOVE;
        for (at, layer) in layers.enumerate() {
            let size = layer.sources.len() + layer.off.len() + layer.patterns.max(layer.mapping.len());
            if at > 0 && size > room {
                found.is_cut = true;
                break;
            }
            room -= size.min(room);
            let file = &*layer.file;
            if !cleared.sources {
                for (name, stated) in &layer.sources {
                    let source = || Source { address: &stated.address, file, span: stated.span };
                    found.sources.entry(name).or_insert_with(source);
                }
            }
            if !cleared.off {
                found.off.extend(layer.off.iter().map(String::as_str));
            }
            if !cleared.mapping {
                for (name, mapped) in &layer.mapping {
                    found.mapping.entry(name).or_insert((file, mapped));
                }
            }
            cleared.sources |= layer.clears.sources;
            cleared.off |= layer.clears.off;
            cleared.mapping |= layer.clears.mapping;
        }
        found.is_cleared = cleared.sources;
        found.is_stated = found.is_cleared || !found.sources.is_empty() || found.off.contains(PUBLIC);
        let Self { sources, off, .. } = &mut found;
        sources.retain(|name, _| !off.contains(name));
        found
    }

    /// The sources that are not turned off.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source<'a>> {
        self.sources.values()
    }

    /// True when the public registry is not asked unless one of the sources is that.
    pub(super) fn is_alone(&self) -> bool {
        !self.has_public() && !self.sources.values().any(|source| is_public(source.address))
    }

    /// True where the files say something of sources, even if none is left of them.
    pub(super) fn is_stated(&self) -> bool {
        self.is_stated
    }

    /// True where farther files are left out, as there is too much in them.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// True when names come from the sources that they are mapped to alone.
    pub(super) fn is_mapped(&self) -> bool {
        !self.mapping.is_empty()
    }

    /// Where the names of each mapping come from: the file and place of the mapping, its patterns, and the registry.
    pub(super) fn mapped(&self) -> impl Iterator<Item = (&'a SourceFile, Span, &'a [String], Mapping<'a>)> {
        self.mapping.iter().map(|(name, (file, mapped))| {
            let to = match self.sources.contains_key(name) {
                true => Mapping::Source(name),
                false if *name == PUBLIC && self.has_public() => Mapping::Public,
                false => Mapping::Nowhere,
            };
            (*file, mapped.span, mapped.patterns.as_slice(), to)
        })
    }

    /// A source that is not turned off.
    pub(super) fn source(&self, name: &str) -> Option<&Source<'a>> {
        self.sources.get(name)
    }

    /// The public registry of the user's own settings is asked, which no file of the tree has to state.
    fn has_public(&self) -> bool {
        !self.is_cleared && !self.off.contains(PUBLIC) && !self.sources.contains_key(PUBLIC)
    }
}

fn is_public(address: &str) -> bool {
    toolkit::host_of(address).is_some_and(|host| registries::is_public(list::NUGET, &host))
}
