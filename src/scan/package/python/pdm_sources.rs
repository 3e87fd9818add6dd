//! Sources of PDM: which of them are asked for which packages.

use super::pep508::Sheet;
use super::pyproject_tools::{address, list, standing};
use super::tables::{nowhere_for, registry_for, registry_of, stated};
use crate::diagnostic::DiagnosticKind;
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::package::toolkit::Standing;
use crate::text::{RelPath, Span};

/// Sources of PDM, and packages that they exclude: real projects have a handful, and each of these is asked of all of those.
const MOST_SOURCES: usize = 64;
const MOST_EXCLUDED: usize = 64;

/// Lock files of PDM under names of their own; more of them only a hostile tree has.
const MOST_LOCKS: usize = 16;

/// The ecosystem's own index, and what PDM calls it.
const PYPI: &str = "https://pypi.org/simple";
const OWN: &str = "pypi";

/// The pattern of all names.
const ALL: &str = "*";

/// A source with its patterns.
struct Source<'a> {
    node: &'a Node,
    included: Vec<(&'a str, Span)>,
    excluded: Vec<(&'a str, Span)>,
}

impl<'a> Source<'a> {
    fn of(node: &'a Node) -> Self {
        let patterns = |key: &str| {
            list(Some(node), key)
                .iter()
                .filter_map(|one| Some((one.text()?, one.span)))
                .take(MOST_EXCLUDED + 1)
                .collect()
        };
        Self { node, included: patterns("include_packages"), excluded: patterns("exclude_packages") }
    }

    /// It is the one that stands in the place of PyPI.
    fn is_own(&self) -> bool {
        self.node.text_at("name") == Some(OWN)
    }

    fn includes(&self, names: &str) -> bool {
        self.included.iter().any(|(pattern, _)| covers(pattern, names))
    }

    fn excludes(&self, names: &str) -> bool {
        self.excluded.iter().any(|(pattern, _)| covers(pattern, names))
    }
}

/// PDM asks its sources and PyPI, which one of that name stands in the place of. Names that a source includes are asked of it
/// alone, and those that it excludes of the others: of none, where all of them do.
pub(super) fn read(sources: &[Node], sheet: Sheet<'_>, out: &mut Facts<'_>) {
    if sources.is_empty() {
        return;
    }
    if let Some(further) = sources.get(MOST_SOURCES) {
        too_many(further.span, "sources", sheet, out);
    }
    let sources: Vec<Source<'_>> = sources.iter().take(MOST_SOURCES).map(Source::of).collect();
    let files = files(sheet);
    let mut left = MOST_EXCLUDED;
    let own = sources.iter().find(|source| source.is_own());
    let own_is_out = own.is_some_and(|own| own.excludes(ALL));
    for source in &sources {
        let Some(place) = address(source.node, sheet, out) else { continue };
        if !source.excludes(ALL) {
            registry_of(&files, place, standing(source.is_own() || own_is_out), sheet, out);
        }
        for (names, _) in source.included.iter().filter(|(names, _)| is_begin(names)) {
            registry_for(names, &files, place, Standing::Instead, sheet, out);
        }
        for (names, span) in source.excluded.iter().filter(|(names, _)| is_begin(names)) {
            if left == 0 {
                too_many(*span, "excluded packages", sheet, out);
                return;
            }
            left -= 1;
            // what one of them includes is asked of that one alone
            if sources.iter().any(|other| other.includes(names)) {
                continue;
            }
            let mut others: Vec<&str> = sources
                .iter()
                .filter(|other| !other.excludes(names))
                .filter_map(|other| stated(other.node, "url").map(|(address, _)| address))
                .collect();
            others.extend(own.is_none().then_some(PYPI));
            if others.is_empty() {
                let message = format!("all sources exclude `{names}`: where such packages come from is not known");
                out.problem(DiagnosticKind::Unresolved, sheet.file, Some(*span), message);
                nowhere_for(names, &files, *span, sheet, out);
            }
            // of all others it is said already where they are asked
            for address in others.into_iter().filter(|_| *names != ALL) {
                registry_for(names, &files, (address, *span), Standing::Instead, sheet, out);
            }
        }
    }
}

fn too_many(further: Span, what: &str, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let message = format!("more {what} than are read; the rest was left out");
    out.problem(DiagnosticKind::LimitReached, sheet.file, Some(further), message);
}

/// True for a pattern that is a name, or the begin of one: others are not told apart, so that both sides of them count.
fn is_begin(pattern: &str) -> bool {
    !pattern.is_empty() && !pattern.strip_suffix('*').unwrap_or(pattern).contains(['*', '?', '[', ' '])
}

/// True for a pattern that means all that another one means.
fn covers(pattern: &str, names: &str) -> bool {
    match pattern.strip_suffix('*').filter(|_| is_begin(pattern)) {
        Some(begin) => names.starts_with(begin),
        None => pattern == names,
    }
}

/// Files whose packages PDM fetches: the manifest, its lock file, and those that a build has for itself (`pdm.dev.lock`).
fn files(sheet: Sheet<'_>) -> Vec<&str> {
    let folder = sheet.file.folder();
    let begin = if folder.is_root() { "pdm.".to_owned() } else { format!("{folder}/pdm.") };
    let paths = sheet.tree.map_or(&[][..], |input| input.paths);
    // they stand together in the order of paths
    let from = paths.partition_point(|path| path.as_str() < begin.as_str());
    let begun = paths[from..].iter().take_while(|path| path.as_str().starts_with(&begin));
    let locks = begun.filter(|path| path.parent() == folder).map(RelPath::name).filter(|name| name.ends_with(".lock"));
    ["pyproject.toml", "pdm.lock"]
        .into_iter()
        .chain(locks.filter(|name| *name != "pdm.lock").take(MOST_LOCKS))
        .collect()
}
