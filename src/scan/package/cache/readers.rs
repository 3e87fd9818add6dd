//! From metadata files to authors, maintainers and repositories.

use anyhow::Context as _;

use super::places::pom;
use super::{Found, Wanted};
use crate::model::{ComponentId, RelationKind};
use crate::parse::Node;
use crate::parse::xml::Element;
use crate::scan::package::golang::go_mod::VERBS;
use crate::scan::package::golang::syntax::Directives;
use crate::scan::package::javascript::installed_node;
use crate::scan::package::python::installed_python;
use crate::scan::package::toolkit::{self, author};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::RelPath;

/// Parents of a Maven description that are looked at.
const PARENTS: usize = 6;

/// The address of the source code; nothing when it is empty.
pub(super) fn repository(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    let address = address.trim();
    if !address.is_empty() {
        toolkit::repository(id, address, &seen.clone().inferred(), out);
    }
}

/// A home page says whose repository it is when it is one, and nothing else.
pub(super) fn home_page(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    toolkit::repository_owner_of(id, address.trim(), seen, out);
}

/// `registry/src/HOST/NAME-VERSION/Cargo.toml`.
pub(super) fn cargo(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = found.file;
    let root = file.toml_or_part(out);
    let Some(package) = root.get("package") else { return Ok(()) };
    if package.text_at("version").is_some_and(|version| version != &*wanted.version) {
        return Ok(());
    }
    for node in package.get("authors").map_or(&[][..], Node::list) {
        if let Some(text) = node.text() {
            author(&wanted.id, text, &file.at(node.span), out);
        }
    }
    addresses(&wanted.id, package, &["repository"], &["homepage"], file, out);
    Ok(())
}

/// `node_modules/NAME/package.json`, when it is of that version.
pub(super) fn npm(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = found.file;
    let root = file.json_or_part(out)?;
    if root.text_at("version") != Some(&*wanted.version) || root.text_at("name") != Some(&*wanted.name) {
        return Ok(());
    }
    let maintainers = root.get("maintainers").map_or(&[][..], Node::list);
    for node in root.get("author").into_iter().chain(maintainers) {
        person(&wanted.id, node, file, out);
    }
    if let Some(node) = root.get("repository").map(|node| node.get("url").unwrap_or(node))
        && let Some(text) = node.text()
    {
        repository(&wanted.id, &installed_node::full(text), &file.at(node.span), out);
    }
    addresses(&wanted.id, root, &[], &["homepage"], file, out);
    Ok(())
}

/// A person as a text, or as a map with name and mail address.
fn person(id: &ComponentId, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let text = match (node.text(), node.text_at("name"), node.text_at("email")) {
        (Some(text), ..) => text.to_owned(),
        (None, name, mail) => {
            format!("{} {}", name.unwrap_or(""), mail.map(|mail| format!("<{mail}>")).unwrap_or_default())
        }
    };
    author(id, &text, &file.at(node.span), out);
}

/// Texts, or lists of texts, under keys that hold addresses.
fn addresses(
    id: &ComponentId,
    node: &Node,
    repositories: &[&str],
    pages: &[&str],
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let of = |keys: &[&str]| -> Vec<Node> {
        let values = keys.iter().filter_map(|key| node.get(key));
        let each = values.flat_map(|value| std::iter::once(value).chain(value.list()));
        each.filter(|value| value.text().is_some()).cloned().collect()
    };
    for value in of(repositories) {
        repository(id, value.text().unwrap_or_default(), &file.at(value.span), out);
    }
    for value in of(pages) {
        home_page(id, value.text().unwrap_or_default(), &file.at(value.span), out);
    }
}

/// `NAME-VERSION.dist-info/METADATA`.
pub(super) fn pypi(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = found.file;
    let fields = installed_python::header(file.text());
    installed_python::origins(&wanted.id, &fields, file, out);
    Ok(())
}

/// `cache/download/MODULE/@v/VERSION.info`: the repository that the go command found behind the module's path.
pub(super) fn golang(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let root = found.file.json_or_part(out)?;
    if let Some(origin) = root.get("Origin") {
        addresses(&wanted.id, origin, &["URL"], &[], found.file, out);
    }
    asked_modules(wanted, found, out);
    Ok(())
}

/// `VERSION.mod` beside it: what the module asks for itself. The go.mod of the tree names all modules that are built
/// side by side, and not which of them wants which.
fn asked_modules(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) {
    let info = found.file.path().as_str();
    let path = info.strip_prefix(super::PREFIX).and_then(|path| path.strip_suffix(".info"));
    let Some(file) = path.and_then(|path| RelPath::new(&format!("{path}.mod"))).and_then(|path| found.other(&path))
    else {
        return;
    };
    let directives = Directives::of(file.text(), &VERBS);
    for directive in directives.all.iter().filter(|directive| directive.verb == "require") {
        let is_indirect = directive.comment.split(';').any(|part| part.trim() == "indirect");
        let asked = directive.words.first().and_then(|name| found.modules.get(name)).filter(|_| !is_indirect);
        if let Some(asked) = asked {
            out.relation(&wanted.id, RelationKind::DependsOn, asked, file.at(directive.span));
        }
    }
}

/// `GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION.pom`; what it leaves to its parent is read there, as Maven does.
pub(super) fn maven(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let id = &wanted.id;
    let mut parent: Option<SourceFile> = None;
    let mut open = ["organization", "developers", "scm"].to_vec();
    for _ in 0..=PARENTS {
        let file = parent.as_ref().unwrap_or(found.file);
        let root = file.xml_or_part(out).with_context(|| file.path().to_string())?;
        open.retain(|part| !root.child(part).is_some_and(|element| described(id, element, file, out)));
        let next = root.child("parent").filter(|_| !open.is_empty()).and_then(|parent| parent_of(parent, found));
        parent = next;
        if parent.is_none() {
            break;
        }
    }
    Ok(())
}

fn parent_of(parent: &Element, found: &Found<'_>) -> Option<SourceFile> {
    let [group, artifact, version] = ["groupId", "artifactId", "version"].map(|name| parent.child_text(name));
    let places = pom(group?, artifact?, version?);
    places.iter().filter_map(|place| RelPath::new(place)).find_map(|path| found.other(&path))
}

/// Reads a part of a Maven description; true when it says something.
fn described(id: &ComponentId, element: &Element, file: &SourceFile, out: &mut Facts<'_>) -> bool {
    let before = out.len();
    // a value that only a build could fill says nothing
    let plain = |text: &&str| !text.contains("${");
    let at = |element: &Element| file.at(element.span);
    match &*element.name {
        "organization" => {
            if let Some(name) = element.child_text("name").filter(plain) {
                author(id, name, &at(element), out);
            }
        }
        "developers" => {
            for developer in element.all("developer") {
                for name in ["organization", "name"] {
                    if let Some(name) = developer.child_text(name).filter(plain) {
                        author(id, name, &at(developer), out);
                    }
                }
                if let Some(mail) = developer.child_text("email").filter(plain) {
                    toolkit::mail(id, mail, &at(developer).without_excerpt(), out);
                }
            }
        }
        _ => {
            let stated = ["url", "connection"].into_iter().filter_map(|name| element.child(name));
            if let Some(child) = stated.into_iter().find(|child| !child.text().is_empty() && plain(&child.text())) {
                // `scm:git:https://…`
                let address = child.text().trim_start_matches("scm:").trim_start_matches("git:");
                repository(id, address, &at(child), out);
            }
        }
    }
    out.len() > before
}

/// `ID/VERSION/ID.nuspec`.
pub(super) fn nuget(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = found.file;
    let root = file.xml_or_part(out)?;
    let Some(metadata) = root.group("metadata") else { return Ok(()) };
    for field in ["authors", "owners"] {
        for element in metadata.all(field) {
            for name in element.text().split(',').filter(|name| !name.trim().is_empty()) {
                author(&wanted.id, name, &file.at(element.span), out);
            }
        }
    }
    for element in metadata.all("repository") {
        if let Some((_, address)) = element.attributes.iter().find(|(name, _)| &**name == "url") {
            repository(&wanted.id, address, &file.at(element.span), out);
        }
    }
    if let Some(page) = metadata.child("projectUrl") {
        home_page(&wanted.id, page.text(), &file.at(page.span), out);
    }
    Ok(())
}

/// `vendor/composer/installed.json`: every installed package in one file.
pub(super) fn composer(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = found.file;
    let root = file.json_or_part(out)?;
    let packages = root.get("packages").map_or(root.list(), Node::list);
    let bare = |version: &str| version.trim_start_matches('v').to_owned();
    let is_it = |node: &&Node| {
        node.text_at("name").is_some_and(|name| name.eq_ignore_ascii_case(&wanted.name))
            && node.text_at("version").is_some_and(|version| bare(version) == bare(&wanted.version))
    };
    let Some(package) = packages.iter().find(is_it) else { return Ok(()) };
    for node in package.get("authors").map_or(&[][..], Node::list) {
        person(&wanted.id, node, file, out);
    }
    if let Some(source) = package.get("source") {
        addresses(&wanted.id, source, &["url"], &[], file, out);
    }
    addresses(&wanted.id, package, &[], &["homepage"], file, out);
    Ok(())
}

/// `NAME-VERSION-BUILD/info/about.json`.
pub(super) fn conda(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let root = found.file.json_or_part(out)?;
    addresses(&wanted.id, root, &["dev_url"], &["home"], found.file, out);
    Ok(())
}
