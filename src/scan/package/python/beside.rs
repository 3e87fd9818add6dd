//! Which distributions lie beside one: what the requirements of an installed distribution are answered by.

use super::installed_python::{Field, header};
use super::pep508::{Requirement, normal};
use crate::model::{ComponentId, RelationKind};
use crate::scan::package::toolkit::Package;
use crate::scan::{Facts, Input};
use crate::text::{Lookup, RelPath};

/// Files that describe the distributions of one folder, by name.
struct Beside(Lookup<String, RelPath>);

/// Name and version that a distribution states of itself.
struct Stated(Option<(String, String)>);

/// Writes what a distribution needs of those that lie beside it. What is asked for with an extra only, or is not
/// installed, is needed by nobody here.
pub(super) fn needs(id: &ComponentId, fields: &[Field<'_>], folder: &RelPath, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let mut requirements = fields.iter().filter(|(name, _, _)| *name == "Requires-Dist").peekable();
    if requirements.peek().is_none() {
        return;
    }
    let beside = input.memo.of(folder, || beside(folder, input.paths));
    for (_, text, span) in requirements {
        let Some(asked) = Requirement::parse(text).filter(|asked| !asked.marker.contains("extra")) else { continue };
        let Some(path) = beside.0.get(&*normal(asked.name)).filter(|path| *path != file.path()) else { continue };
        let stated = input.memo.of(path, || stated(path, input));
        if let Some((name, version)) = &stated.0 {
            let other = Package::new("pypi", name, Some(version), file, *span).id();
            if other != *id {
                out.relation(id, RelationKind::DependsOn, &other, file.at(*span));
            }
        }
    }
}

fn stated(path: &RelPath, input: &Input<'_>) -> (Stated, usize) {
    let Some(file) = input.companion(path) else { return (Stated(None), 0) };
    let fields = header(file.text());
    let field = |name: &str| fields.iter().find(|field| field.0.eq_ignore_ascii_case(name)).map(|field| field.1);
    let found = field("Name").zip(field("Version"));
    let bytes = found.map_or(0, |(name, version)| name.len() + version.len());
    (Stated(found.map(|(name, version)| (name.to_owned(), version.to_owned()))), bytes)
}

/// The distributions of a folder, from the sorted paths of a tree.
fn beside(folder: &RelPath, paths: &[RelPath]) -> (Beside, usize) {
    let prefix = match folder.as_str() {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let first = paths.partition_point(|path| path.as_str() < prefix.as_str());
    let mut found = Lookup::default();
    let mut bytes = 0;
    for path in &paths[first..] {
        let Some(rest) = path.as_str().strip_prefix(&*prefix) else { break };
        let (entry, file) = rest.split_once('/').unwrap_or((rest, ""));
        let stem = match file {
            "METADATA" => entry.strip_suffix(".dist-info"),
            "PKG-INFO" | "" => entry.strip_suffix(".egg-info"),
            _ => None,
        };
        if let Some((name, _)) = stem.and_then(|stem| stem.split_once('-')) {
            bytes += path.as_str().len() + name.len();
            found.insert(normal(name).into_owned(), path.clone());
        }
    }
    (Beside(found), bytes)
}
