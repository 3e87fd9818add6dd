//! What tools write into `pyproject.toml` besides the standards: Poetry's tables, and package indexes and sources
//! of Poetry, uv and PDM.

use super::pep508::{Sheet, normal, scope_of_group};
use super::requirements::setting;
use super::tables::{Origins, registry, registry_of, stated};
use crate::diagnostic::DiagnosticKind;
use crate::model::key;
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Standing, scope};
use crate::text::Span;

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
        for item in list(Some(uv), "override-dependencies") {
            overridden("uv", item.text().unwrap_or_default(), "", item.span, sheet, out);
        }
        uv.get("sources").map_or(&[][..], Node::entries).iter().for_each(|entry| origins.package(entry));
    }
    let of_pdm = root.at(&["tool", "pdm", "resolution", "overrides"]).map_or(&[][..], Node::entries);
    for entry in of_pdm {
        overridden("pdm", &entry.key, entry.value.text().unwrap_or_default(), entry.key_span, sheet, out);
    }
    super::pdm_sources::read(list(root.at(&["tool", "pdm"]), "source"), sheet, out);
    origins
}

/// A package whose version the tool is told, whatever asks for it.
pub(super) fn overridden(
    tool: &str,
    requirement: &str,
    target: &str,
    span: Span,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let (name, rest) = requirement.split_at(requirement.find(|c| !is_of_name(c)).unwrap_or(requirement.len()));
    let stated = rest.split(';').next().unwrap_or(rest).trim();
    // a marker that never holds takes the package out
    let stated = if stated.is_empty() && rest.contains(';') { "-" } else { stated };
    let target = if target.is_empty() { stated } else { target };
    if !name.is_empty() {
        let value = format!("{tool} {} {target}", normal(name));
        out.attribute(sheet.project, key::OVERRIDES, value, sheet.file.at(span));
    }
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
pub(super) fn standing(instead: bool) -> Standing {
    if instead { Standing::Instead } else { Standing::Beside }
}

pub(super) fn address<'a>(
    source: &'a Node,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) -> Option<(&'a str, crate::text::Span)> {
    let found = stated(source, "url");
    if found.is_none() {
        out.problem(DiagnosticKind::Malformed, sheet.file, Some(source.span), "a package index without `url`");
    }
    found
}

pub(super) fn list<'a>(node: Option<&'a Node>, key: &str) -> &'a [Node] {
    node.and_then(|node| node.get(key)).map_or(&[], Node::list)
}
