//! `conda-lock.yml`: exact packages of conda and pip for several platforms; and lists of addresses that begin with
//! `@EXPLICIT`.

use anyhow::Context as _;

use super::conda::{channel_of, from_file, of_file};
use super::reach::{Reach, of_groups, write_scope};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `conda-lock`.
pub struct CondaLock;

static META: ScannerMeta = ScannerMeta {
    id: "conda-lock",
    title: "conda lock file",
    summary: "Exact packages of conda and pip with edges, platform, category, hashes and addresses; explicit lists of \
              addresses. Packages that nothing else needs are taken as asked for by the project.",
    files: &["**/conda-lock.yml", "**/conda-lock.yaml", "**/*.conda-lock.yml", "**/conda-*.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://conda.github.io/conda-lock/output/",
};

impl Scanner for CondaLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let name = file.path().name();
        if name.ends_with(".lock") {
            // the glob matches folders of such names as well
            return if name.starts_with("conda-") { explicit(input, file, out) } else { Ok(()) };
        }
        let root = file.yaml_or_part(out).first().context("no document: not a conda lock file")?;
        let packages = root.get("package").context("no `package` list: not a conda lock file")?;
        let project = toolkit::locked_root("conda", input, file, out);
        if packages.list().iter().any(|node| node.text_at("manager") == Some("pip")) {
            toolkit::locked_root("pypi", input, file, out);
        }
        let mut all = Vec::new();
        let mut entries = Entries::default();
        for node in packages.list() {
            let name = node.get("name").and_then(|name| name.text().map(|text| (text, name.span)));
            let version = node.get("version").and_then(Node::scalar);
            let (Some((name, span)), Some(version)) = (name, version) else {
                let message = "package entry without `name` or `version`";
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
                continue;
            };
            let ecosystem = if node.text_at("manager") == Some("pip") { "pypi" } else { "conda" };
            let id = Package::new(ecosystem, name, Some(&version), file, span).write(&project, out);
            describe(&id, ecosystem, node, file, out);
            let locked = Locked::package(id);
            entries.add(format!("{} {name}", node.text_at("platform").unwrap_or("")), None, locked.clone());
            all.push((locked, file.at(span), node));
        }
        let mut reach = Reach::default();
        for (from, _, node) in &all {
            let platform = node.text_at("platform").unwrap_or("");
            for need in node.get("dependencies").map_or(&[][..], Node::entries) {
                // `__glibc` and its like are the machine's
                for to in entries.named(&format!("{platform} {}", need.key), None) {
                    from.needs(to, &file.at(need.key_span), out);
                    reach.edge(&from.id, &to.id);
                }
            }
        }
        let all: Vec<_> = all.into_iter().map(|(locked, seen, _)| (locked, seen)).collect();
        reach.direct(&project, &all, out);
        Ok(())
    }
}

fn describe(id: &ComponentId, ecosystem: &str, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let place = |key: &str| file.at(node.get(key).map_or(node.span, |node| node.span));
    if !super::artefact::fetched(id, node, "url", file, out) {
        toolkit::from_default(id, ecosystem, &place("name"), out);
    }
    if let Some(address) = node.text_at("url").filter(|_| ecosystem == "conda") {
        channel_of(id, address, &place("url"), out);
    }
    for kind in ["sha256", "md5"] {
        if let Some(hash) = node.at(&["hash", kind])
            && let Some(text) = hash.text()
        {
            out.attribute(id, key::INTEGRITY, format!("{kind}:{text}"), file.at(hash.span));
            break;
        }
    }
    if let Some(platform) = node.text_at("platform") {
        out.attribute(id, key::CONDITION, platform, place("platform"));
    }
    let is_optional = node.get("optional").and_then(Node::as_bool) == Some(true);
    let of_category = node.text_at("category").and_then(|category| of_groups(std::iter::once(category)));
    let scope = if is_optional && of_category == Some(scope::RUNTIME) { Some(scope::OPTIONAL) } else { of_category };
    write_scope(id, scope, &place("category"), out);
}

/// A line for each package: its address, with its hash behind `#`.
fn explicit(input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let is_explicit = lines(file.text()).any(|line| line.text.trim() == "@EXPLICIT");
    is_explicit.then_some(()).context("no `@EXPLICIT` line: not an explicit list of conda packages")?;
    let project = toolkit::locked_root("conda", input, file, out);
    for line in lines(file.text()) {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with(['#', '@']) {
            continue;
        }
        let span = span_within(&line, text);
        let Some((name, version)) = of_file(text) else {
            out.problem(DiagnosticKind::Malformed, file, Some(span), "not the address of a conda package");
            continue;
        };
        let id = Package::new("conda", name, Some(version), file, span).write(&project, out);
        from_file(&id, text, &file.at(span), out);
    }
    Ok(())
}
