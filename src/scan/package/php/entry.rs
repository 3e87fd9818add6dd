//! The package entry that `composer.lock` and `installed.json` share.

use std::borrow::Cow;

use super::in_folders::{STANDING_FOR, own_names};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, MOST_ANSWERS, Package, manifest};
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// A package that was read.
pub(crate) struct Entry<'a> {
    /// The package, or the tree's own.
    pub(crate) locked: Locked,
    /// Its name as written.
    pub(crate) name: &'a str,
    /// Its words.
    pub(crate) node: &'a Node,
}

/// True for what the platform gives: PHP itself, its extensions and libraries, Composer's interfaces. These are no
/// packages.
pub(crate) fn is_platform(name: &str) -> bool {
    !name.contains('/')
        && (name == "php"
            || ["php-", "ext-", "lib-", "composer"].iter().any(|prefix| name.starts_with(prefix))
            || name == "hhvm")
}

/// Writes the package of an entry; `None` when it is none. Paths are seen from the folder `base`.
pub(crate) fn write<'a>(
    node: &'a Node,
    scope: &'static str,
    (project, base): (&ComponentId, &RelPath),
    input: &Input<'_>,
    out: &mut Facts<'_>,
) -> Option<Entry<'a>> {
    let file = input.file();
    let (Some(name_node), Some(version)) = (node.get("name"), node.get("version")) else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "a package without `name` or `version`");
        return None;
    };
    let (Some(name), Some(version)) = (name_node.text(), version.text()) else {
        out.problem(DiagnosticKind::Malformed, file, Some(name_node.span), "`name` or `version` is no text");
        return None;
    };
    if node.at(&["dist", "type"]).and_then(Node::text) == Some("path") {
        let url = node.at(&["dist", "url"]);
        let folder = url.and_then(Node::text).and_then(|path| base.join(path));
        let folder = folder.filter(|folder| toolkit::is_project(folder, manifest::COMPOSER, input));
        let locked = match folder {
            Some(folder) => toolkit::member_at(&folder, project, input, file.at(name_node.span), out),
            None => Locked::own(project),
        };
        return Some(Entry { locked, name, node });
    }
    let id = Package::new("composer", name, Some(version), file, name_node.span).write(project, out);
    let seen = file.at(name_node.span);
    out.attribute(&id, key::SCOPE, scope, seen);
    origin(&id, node, file, out);
    publisher(&id, node, file, out);
    Some(Entry { locked: Locked::package(id), name, node })
}

/// Where it is fetched from: the archive, else the repository, else the registry that listed it.
fn origin(id: &ComponentId, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let address = |kind: &str| {
        let at = node.at(&[kind, "url"])?;
        let text = at.text().filter(|text| toolkit::host_of(text).is_some())?;
        Some((text, file.at(at.span)))
    };
    let (archive, repository) = (address("dist"), address("source"));
    if let Some((text, seen)) = &repository {
        toolkit::repository(id, text, seen, out);
    }
    match (&archive, &repository) {
        (Some((text, seen)), _) | (None, Some((text, seen))) => toolkit::fetched_from(id, text, seen, out),
        (None, None) => match node.get("notification-url").and_then(|at| at.text().map(|text| (text, at.span))) {
            Some((text, span)) if toolkit::host_of(text).is_some() => {
                let host = toolkit::host_of(text).unwrap_or_default();
                toolkit::distributed_by(id, &host, &file.at(span), out);
            }
            _ => toolkit::from_default(id, "composer", &file.at(node.get("name").unwrap_or(node).span), out),
        },
    }
    let reference = node.at(&["source", "reference"]).or_else(|| node.at(&["dist", "reference"]));
    if let Some(at) = reference
        && let Some(text) = at.text().filter(|text| !text.is_empty())
    {
        out.attribute(id, key::REVISION, text, file.at(at.span));
    }
    if let Some(at) = node.at(&["dist", "shasum"])
        && let Some(text) = at.text().filter(|text| !text.is_empty())
    {
        out.attribute(id, key::INTEGRITY, format!("sha1:{text}"), file.at(at.span));
    }
}

/// Who says to be behind it: mail domains of the authors, the repository it names, licence.
fn publisher(id: &ComponentId, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    for author in node.get("authors").map_or(&[][..], Node::list) {
        if let Some(at) = author.get("email")
            && let Some(text) = at.text()
        {
            toolkit::mail(id, text, &file.at(at.span), out);
        }
    }
    let homepage = node.get("homepage").into_iter();
    let support = node.get("support").into_iter().flat_map(|support| ["source", "issues"].map(|key| support.get(key)));
    for at in homepage.chain(support.flatten()) {
        if let Some(text) = at.text() {
            toolkit::repository_owner_of(id, text, &file.at(at.span), out);
        }
    }
    if let Some(at) = node.get("license") {
        let all: Vec<&str> =
            if let Some(text) = at.text() { vec![text] } else { at.list().iter().filter_map(Node::text).collect() };
        if !all.is_empty() {
            out.attribute(id, key::LICENSE, all.join(" OR "), file.at(at.span));
        }
    }
}

/// Writes the edges between entries. Names are compared without case; a package also answers to what it replaces
/// or provides, and the project in the folder `base` to what its manifest says so of.
pub(crate) fn edges(
    all: &[Entry<'_>],
    (project, base): (&ComponentId, &RelPath),
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let file = input.file();
    let mut by_name = Entries::default();
    for name in own_names(base, input) {
        by_name.add(name, None, Locked::own(project));
    }
    for entry in all {
        by_name.add(lower(entry.name), None, entry.locked.clone());
        for group in STANDING_FOR {
            for other in entry.node.get(group).map_or(&[][..], Node::entries) {
                by_name.add(lower(&other.key), None, entry.locked.clone());
            }
        }
    }
    for entry in all {
        for need in entry.node.get("require").map_or(&[][..], Node::entries) {
            if is_platform(&need.key) {
                continue;
            }
            let seen = file.at(need.key_span);
            let mut found = false;
            for to in by_name.named(&lower(&need.key), None).take(MOST_ANSWERS) {
                found = true;
                if to.id != entry.locked.id {
                    entry.locked.needs(to, &seen, out);
                }
            }
            if !found {
                let message = format!("`{}` is needed here and has no entry", need.key);
                out.problem(DiagnosticKind::Unresolved, file, Some(need.key_span), message);
            }
        }
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
