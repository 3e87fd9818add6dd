//! SPDX 3 in JSON-LD: a graph of elements that name each other.

use std::collections::{BTreeMap, BTreeSet};

use super::bom::{Bom, Edge, Part, Said, Sort, What};
use super::cyclonedx::start;
use super::{by_name, is_for, write};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, RelationKind};
use crate::parse::{Node, Value};
use crate::scan::package::toolkit::scope;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `spdx3-json`.
pub struct Spdx3Json;

const ID: &str = "spdx3-json";
/// Agents of a package and identifiers of an agent that are read: many packages may name one agent.
const AGENTS: usize = 32;
const IDENTIFIERS: usize = 16;

static META: ScannerMeta = ScannerMeta {
    id: ID,
    title: "SPDX 3 bill of materials (JSON-LD)",
    summary: "Versions 3.0 and 3.1: software, AI and data set packages with purl, suppliers, originators, hashes, licence \
              and download location, and the relationships that say what contains or needs what. Compact names of the \
              SPDX context are read; documents with a context of their own are not. Build and security elements are \
              not read.",
    files: super::JSON_FILES,
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: write::EMITS,
    reference: "https://spdx.github.io/spdx-spec/v3.0.1/",
};

impl Scanner for Spdx3Json {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_for(ID, file) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let graph = match root.get("@graph") {
            Some(graph) => graph.list(),
            // a document of one element needs no graph; `@context` alone is something else
            None if root.get("@context").is_some() && get(root, "type").is_some() => std::slice::from_ref(root),
            None => &[],
        };
        if graph.is_empty() {
            if by_name(file.path()) == Some(ID) {
                let message = "`@graph` is missing or empty: the name promises an SPDX 3 document";
                out.problem(DiagnosticKind::Malformed, file, Some(start(root)), message);
            }
            return Ok(());
        }
        let bom = read(graph, file, out);
        write::write(&bom, input, file, out);
        Ok(())
    }
}

/// The value under a name, whatever the prefix of its profile: `packageVersion` finds `software_packageVersion`.
fn get<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let exact = || node.get(name).or_else(|| node.get(&format!("@{name}")));
    let prefixed = || node.entries().iter().find(|entry| local(&entry.key) == name).map(|entry| &entry.value);
    exact().or_else(prefixed)
}

/// A name without the prefix of its profile: `software_Package`, `ai:AIPackage`, or a whole address.
fn local(name: &str) -> &str {
    name.rsplit(['/', ':', '#', '_']).next().unwrap_or(name)
}

fn said<'a>(node: &'a Node, name: &str) -> Option<Said<'a>> {
    get(node, name).and_then(Said::of)
}

/// The elements of a list, or the one value in its place.
fn many<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    match get(node, name) {
        Some(Node { value: Value::List(items), .. }) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn reference(node: &Node) -> Option<Said<'_>> {
    said(node, "spdxId").or_else(|| said(node, "id"))
}

fn sort(node: &Node) -> &str {
    get(node, "type").and_then(Node::text).map_or("", local)
}

/// Elements by what relations call them.
type Elements<'a> = BTreeMap<&'a str, &'a Node>;

fn read<'a>(graph: &'a [Node], file: &SourceFile, out: &mut Facts<'_>) -> Bom<'a> {
    let mut bom = Bom::default();
    let elements: Elements<'a> =
        graph.iter().filter_map(|node| reference(node).map(|said| (said.text, node))).collect();
    let mut licences: BTreeMap<&str, Said<'a>> = BTreeMap::new();
    let mut relations: Vec<&'a Node> = Vec::new();
    for node in graph {
        match sort(node) {
            "Relationship" | "LifecycleScopedRelationship" => relations.push(node),
            "CreationInfo" => version_known(node, file, out),
            _ => {}
        }
    }
    for relation in &relations {
        let is_declared = get(relation, "relationshipType").and_then(Node::text) == Some("hasDeclaredLicense");
        let is_concluded = get(relation, "relationshipType").and_then(Node::text) == Some("hasConcludedLicense");
        if let (true, Some(from)) = (is_declared || is_concluded, said(relation, "from")) {
            let found = many(relation, "to").iter().find_map(|to| licence(to, &elements));
            if let Some(found) = found.filter(|_| is_declared || !licences.contains_key(from.text)) {
                licences.insert(from.text, found);
            }
        }
    }
    for node in graph {
        let mut part = element(node, &elements, file, out);
        if !matches!(part.sort, Sort::Inner | Sort::List) {
            part.say(What::Licence, part.reference.and_then(|said| licences.get(said.text)).copied());
        }
        // relations are referred to by nobody; other elements may be the end of one
        if part.reference.is_some() && !sort(node).ends_with("Relationship") {
            bom.parts.push(part);
        }
    }
    for node in relations {
        relation(node, &mut bom, file, out);
    }
    bom.described.extend(roots(graph, &elements));
    bom
}

fn version_known(node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(version) = said(node, "specVersion").filter(|said| !said.text.starts_with("3.")) {
        let message = "a specification version that is not known; read as 3.0.1";
        out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
    }
}

/// What documents are about: their root elements, through collections.
fn roots<'a>(graph: &'a [Node], elements: &Elements<'a>) -> Vec<Said<'a>> {
    let is_collection = |node: &Node| matches!(sort(node), "SpdxDocument" | "Bom" | "Sbom" | "Bundle");
    let mut open: Vec<&'a Node> = graph.iter().filter(|node| sort(node) == "SpdxDocument").collect();
    if open.is_empty() {
        open.extend(graph.iter().filter(|node| is_collection(node)));
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        for root in many(node, "rootElement").iter().filter_map(Said::of) {
            if !seen.insert(root.text) {
                continue;
            }
            match elements.get(root.text) {
                Some(next) if is_collection(next) => open.push(next),
                _ => found.push(root),
            }
        }
    }
    found
}

/// The licence at the end of a relation: an element, or an address of the list.
fn licence<'a>(to: &'a Node, elements: &Elements<'a>) -> Option<Said<'a>> {
    let said_here = Said::of(to);
    let node = match &said_here {
        Some(said) => elements.get(said.text).copied(),
        None => Some(to),
    };
    if let Some(node) = node {
        return said(node, "licenseExpression").or_else(|| said(node, "name")).or_else(|| reference(node));
    }
    let Said { text, span } = said_here?;
    let name = text.strip_prefix("https://spdx.org/licenses/")?;
    Some(Said { text: name, span })
}

fn element<'a>(node: &'a Node, elements: &Elements<'a>, file: &SourceFile, out: &mut Facts<'_>) -> Part<'a> {
    let kind = match sort(node) {
        "Package" => match get(node, "primaryPurpose").and_then(Node::text) {
            Some("container") => Sort::Image,
            Some("operatingSystem") => Sort::System,
            Some("device") => Sort::Device,
            Some("model") => Sort::Model,
            Some("data") => Sort::Dataset,
            _ => Sort::Software,
        },
        "SpdxDocument" | "Sbom" | "Bom" => Sort::List,
        "AIPackage" => Sort::Model,
        "DatasetPackage" => Sort::Dataset,
        _ => Sort::Inner,
    };
    let mut part = Part::new(kind, start(node));
    part.reference = reference(node);
    if matches!(kind, Sort::Inner | Sort::List) {
        return part;
    }
    part.name = said(node, "name");
    part.version = said(node, "packageVersion");
    part.purl = said(node, "packageUrl");
    for identifier in many(node, "externalIdentifier") {
        let value = || said(identifier, "identifier");
        match get(identifier, "externalIdentifierType").and_then(Node::text).map(local) {
            Some("packageUrl" | "purl") if part.purl.is_none() => part.purl = value(),
            Some("cpe23" | "cpe22") if part.cpe.is_none() => part.cpe = value(),
            _ => {}
        }
    }
    for external in many(node, "externalRef") {
        if get(external, "externalRefType").and_then(Node::text).map(local) == Some("vcs") {
            many(external, "locator").iter().for_each(|locator| part.say(What::Repository, Said::of(locator)));
        }
    }
    part.say(What::Download, said(node, "downloadLocation"));
    part.say(What::Site, said(node, "homePage"));
    for hash in many(node, "verifiedUsing") {
        part.hash(said(hash, "algorithm"), said(hash, "hashValue"));
    }
    let mut agents = [("suppliedBy", What::Vendor), ("originatedBy", What::Author)]
        .into_iter()
        .flat_map(|(name, what)| many(node, name).iter().map(move |agent| (name, what, agent)));
    for (name, what, agent) in agents.by_ref().take(AGENTS) {
        let known = Said::of(agent).map_or(Some(agent), |said| elements.get(said.text).copied());
        match known {
            Some(known) => self::agent(&mut part, what, known),
            None => {
                let message = format!("`{name}` names an element that is not there");
                out.problem(DiagnosticKind::Malformed, file, Some(agent.span), message);
            }
        }
    }
    if let Some((.., agent)) = agents.next() {
        let message = format!("more than {AGENTS} agents of one package; the others are not read");
        out.problem(DiagnosticKind::LimitReached, file, Some(agent.span), message);
    }
    if part.name.is_none() && part.purl.is_none() {
        let message = "a package with neither `name` nor purl; it cannot be told what it is";
        out.problem(DiagnosticKind::Malformed, file, Some(start(node)), message);
        part.sort = Sort::Inner;
    }
    part.settle();
    part
}

fn agent<'a>(part: &mut Part<'a>, what: What, node: &'a Node) {
    let what = if sort(node) == "Person" { What::Author } else { what };
    part.say(what, said(node, "name"));
    if what == What::Author && sort(node) == "Organization" && !part.has_vendor() {
        part.say(What::Maker, said(node, "name"));
    }
    for identifier in many(node, "externalIdentifier").iter().take(IDENTIFIERS) {
        let kind = get(identifier, "externalIdentifierType").and_then(Node::text).map(local);
        let what = if kind == Some("email") { What::Mail } else { What::VendorSite };
        part.say(what, said(identifier, "identifier"));
    }
}

fn relation<'a>(node: &'a Node, bom: &mut Bom<'a>, file: &SourceFile, out: &mut Facts<'_>) {
    let (Some(word), Some(from)) = (get(node, "relationshipType"), said(node, "from")) else {
        let message = "a relationship without `from` or `relationshipType`";
        out.problem(DiagnosticKind::Malformed, file, Some(start(node)), message);
        return;
    };
    let stated = match get(node, "scope").and_then(Node::text) {
        Some("build" | "design") => Some(scope::BUILD),
        Some("development") => Some(scope::DEV),
        Some("test") => Some(scope::TEST),
        Some("runtime") => Some(scope::RUNTIME),
        _ => None,
    };
    let name = word.text().map(local).unwrap_or_default();
    let (kind, is_reversed, usual) = match name {
        "contains" => (RelationKind::Contains, false, None),
        "dependsOn" | "hasStaticLink" | "hasDynamicLink" | "hasPrerequisite" | "trainedOn" | "testedOn" => {
            (RelationKind::DependsOn, false, None)
        }
        "hasProvidedDependency" => (RelationKind::DependsOn, false, Some(scope::RUNTIME)),
        "hasOptionalDependency" | "hasOptionalComponent" => (RelationKind::DependsOn, false, Some(scope::OPTIONAL)),
        "usesTool" => (RelationKind::DependsOn, false, Some(scope::BUILD)),
        "generates" => (RelationKind::DependsOn, true, None),
        "descendantOf" => (RelationKind::BasedOn, false, None),
        "ancestorOf" => (RelationKind::BasedOn, true, None),
        // every other type says nothing of what is needed
        _ => return,
    };
    for to in many(node, "to") {
        let Some(to) = Said::of(to) else { continue };
        let (from, to_end) = if is_reversed { (to, from) } else { (from, to) };
        bom.edges.push(Edge { from, kind, to: to_end, scope: stated.or(usual), span: to.span });
    }
}
