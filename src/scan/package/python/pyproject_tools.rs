//! What tools write into `pyproject.toml` besides the standards: Poetry's tables, and package indexes and sources
//! of Poetry, uv and PDM.

use super::pep508::{Sheet, scope_of_group};
use super::requirements::setting;
use super::tables::{Origins, registry, registry_for, registry_of, stated};
use crate::diagnostic::DiagnosticKind;
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Standing, scope};
use crate::text::RelPath;

/// Tables of Poetry with their scope.
pub(super) fn poetry_tables(root: &Node) -> Vec<(&'static str, &Node)> {
    let Some(poetry) = root.at(&["tool", "poetry"]) else { return Vec::new() };
    let mut found: Vec<(&'static str, &Node)> = Vec::new();
    found.extend(poetry.get("dependencies").map(|table| (scope::RUNTIME, table)));
    found.extend(poetry.get("dev-dependencies").map(|table| (scope::DEV, table)));
    let groups = poetry.get("group").map_or(&[][..], Node::entries).iter();
    found.extend(groups.filter_map(|group| Some((scope_of_group(&group.key), group.value.get("dependencies")?))));
    found
}

/// Reads all indexes and what is said of single packages; writes the indexes as settings.
pub(super) fn origins<'a>(root: &'a Node, sheet: Sheet<'_>, out: &mut Facts<'_>) -> Origins<'a> {
    let mut origins = Origins::default();
    if let Some(poetry) = root.at(&["tool", "poetry"]) {
        poetry_sources(poetry, &mut origins, sheet, out);
        // its tables then add to what the project itself asks for
        if root.at(&["project", "dependencies"]).is_some() {
            let tables = poetry_tables(root).into_iter().flat_map(|(_, table)| table.entries());
            tables
                .filter(|entry| !entry.value.list().is_empty() || entry.value.is_map())
                .for_each(|entry| origins.package(entry));
        }
    }
    if let Some(uv) = root.at(&["tool", "uv"]) {
        uv_indexes(uv, &mut origins, sheet, out);
        uv.get("sources").map_or(&[][..], Node::entries).iter().for_each(|entry| origins.package(entry));
    }
    pdm_sources(list(root.at(&["tool", "pdm"]), "source"), sheet, out);
    origins
}

/// PDM asks its sources and PyPI, which one of that name stands in the place of. Names that a source includes are asked of it
/// alone, and those that it excludes of the others.
fn pdm_sources(sources: &[Node], sheet: Sheet<'_>, out: &mut Facts<'_>) {
    if sources.is_empty() {
        return;
    }
    if let Some(further) = sources.get(MOST_SOURCES) {
        too_many(further, "sources", sheet, out);
    }
    let sources = &sources[..sources.len().min(MOST_SOURCES)];
    let files = of_pdm(sheet);
    let mut left = MOST_EXCLUDED;
    let is_own = |source: &Node| source.text_at("name") == Some("pypi");
    let has_own = sources.iter().any(is_own);
    for (at, source) in sources.iter().enumerate() {
        let Some(place) = address(source, sheet, out) else { continue };
        let excluded: Vec<&Node> = list(Some(source), "exclude_packages").iter().collect();
        if !excluded.iter().any(|pattern| pattern.text() == Some("*")) {
            registry_of(&files, place, standing(is_own(source)), sheet, out);
        }
        for pattern in list(Some(source), "include_packages") {
            if let Some(names) = pattern.text().filter(|names| is_begin(names)) {
                registry_for(names, &files, place, Standing::Instead, sheet, out);
            }
        }
        for pattern in excluded {
            let Some(names) = pattern.text().filter(|names| *names != "*" && is_begin(names)) else { continue };
            if left == 0 {
                too_many(pattern, "excluded packages", sheet, out);
                return;
            }
            left -= 1;
            let others = sources.iter().enumerate().filter(|(other, _)| *other != at);
            let others = others.filter_map(|(_, other)| stated(other, "url").map(|(address, _)| address));
            for address in others.chain((!has_own).then_some(PYPI)) {
                registry_for(names, &files, (address, pattern.span), Standing::Instead, sheet, out);
            }
        }
    }
}

/// Sources of PDM, and packages that they exclude: real projects have a handful, and each of these is asked of all of those.
const MOST_SOURCES: usize = 64;
const MOST_EXCLUDED: usize = 64;

fn too_many(further: &Node, what: &str, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let message = format!("more {what} than are read; the rest was left out");
    out.problem(DiagnosticKind::LimitReached, sheet.file, Some(further.span), message);
}

/// The ecosystem's own index.
const PYPI: &str = "https://pypi.org/simple";

/// True for a pattern that is a name, or the begin of one: others are not told apart, so that both sides of them count.
fn is_begin(pattern: &str) -> bool {
    !pattern.is_empty() && !pattern.strip_suffix('*').unwrap_or(pattern).contains(['*', '?', '[', ' '])
}

/// Poetry asks its own registry as well, unless a source is primary and the registry is not named itself.
fn poetry_sources<'a>(poetry: &'a Node, origins: &mut Origins<'a>, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let sources = list(Some(poetry), "source");
    let is_pypi = |source: &Node| source.text_at("name").is_some_and(|name| name.eq_ignore_ascii_case("pypi"));
    let priority = |source: &Node| {
        let old = |key: &str| source.get(key).and_then(Node::as_bool) == Some(true);
        match source.text_at("priority") {
            Some(text) => text.to_ascii_lowercase(),
            None if old("secondary") => "secondary".to_owned(),
            None => "primary".to_owned(),
        }
    };
    let mut own_is_asked = sources.iter().any(|source| is_pypi(source) && priority(source) != "explicit");
    for source in sources.iter().filter(|source| !is_pypi(source)) {
        let Some((address, span)) = address(source, sheet, out) else { continue };
        if let Some(name) = source.text_at("name") {
            origins.index(name, address);
        }
        match &*priority(source) {
            "primary" | "default" => {
                registry_of(&OF_POETRY, (address, span), standing(!own_is_asked), sheet, out);
                own_is_asked = true;
            }
            // only for packages that name it: they have its host
            "explicit" => {}
            // only for what the others have not, and which that is no file says
            "supplemental" => {
                if let Some(host) = toolkit::host_of(address) {
                    toolkit::registry_host(sheet.project, &host, &setting(sheet.file, span, address), out);
                }
            }
            _ => registry_of(&OF_POETRY, (address, span), Standing::Beside, sheet, out),
        }
    }
}

/// The indexes of `[tool.uv]` or of `uv.toml`, which has the same keys. uv asks one after the other and takes what the first
/// has that knows the name, the ecosystem's own being the last, unless it is told to ask all.
pub(super) fn uv_indexes<'a>(uv: &'a Node, origins: &mut Origins<'a>, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let strategy = |uv: &'a Node| uv.text_at("index-strategy");
    let asks_all = strategy(uv).or_else(|| strategy(uv.get("pip")?)).is_some_and(|text| text.starts_with("unsafe"));
    let beside = if asks_all { Standing::Beside } else { Standing::Aside };
    for index in list(Some(uv), "index") {
        let Some((address, span)) = address(index, sheet, out) else { continue };
        if let Some(name) = index.text_at("name") {
            origins.index(name, address);
        }
        let is = |key: &str| index.get(key).and_then(Node::as_bool) == Some(true);
        if !is("explicit") {
            registry((address, span), if is("default") { Standing::Instead } else { beside }, sheet, out);
        }
    }
    for uv in std::iter::once(uv).chain(uv.get("pip")) {
        if let Some(place) = stated(uv, "index-url") {
            registry(place, Standing::Instead, sheet, out);
        }
        for (key, standing) in [("extra-index-url", beside), ("find-links", Standing::Aside)] {
            for node in list(Some(uv), key) {
                if let Some(address) = node.text() {
                    registry((address, node.span), standing, sheet, out);
                }
            }
        }
    }
}

/// Files whose packages Poetry fetches.
const OF_POETRY: [&str; 2] = ["pyproject.toml", "poetry.lock"];
/// Lock files of PDM under names of their own; more of them only a hostile tree has.
const MOST_LOCKS: usize = 16;

/// Files whose packages PDM fetches: the manifest, its lock file, and those that a build has for itself (`pdm.dev.lock`).
fn of_pdm(sheet: Sheet<'_>) -> Vec<&str> {
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

fn standing(instead: bool) -> Standing {
    if instead { Standing::Instead } else { Standing::Beside }
}

fn address<'a>(source: &'a Node, sheet: Sheet<'_>, out: &mut Facts<'_>) -> Option<(&'a str, crate::text::Span)> {
    let found = stated(source, "url");
    if found.is_none() {
        out.problem(DiagnosticKind::Malformed, sheet.file, Some(source.span), "a package index without `url`");
    }
    found
}

fn list<'a>(node: Option<&'a Node>, key: &str) -> &'a [Node] {
    node.and_then(|node| node.get(key)).map_or(&[], Node::list)
}
