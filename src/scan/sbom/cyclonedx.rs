//! `CycloneDX`: the vocabulary that JSON and XML share, read from the tree of the JSON form.

use super::bom::{Bom, Edge, Part, Said, Sort, What};
use crate::diagnostic::DiagnosticKind;
use crate::model::RelationKind;
use crate::parse::Node;
use crate::scan::package::toolkit::scope;
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Specification versions that are read as what they are.
const VERSIONS: [&str; 8] = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// What waits to be read, and the part it stands in.
struct Open<'a> {
    node: &'a Node,
    is_service: bool,
    within: Option<(usize, RelationKind)>,
}

/// Reads a document.
pub(super) fn read<'a>(root: &'a Node, file: &SourceFile, out: &mut Facts<'_>) -> Bom<'a> {
    version_known(root, file, out);
    let mut bom = Bom::default();
    let mut open: Vec<Open<'a>> = Vec::new();
    let metadata = root.get("metadata");
    if let Some(node) = metadata.and_then(|metadata| metadata.get("component")) {
        open.push(Open { node, is_service: false, within: None });
        drain(&mut open, &mut bom, file, out);
        bom.root = (!bom.parts.is_empty()).then_some(0);
    }
    if let (Some(metadata), Some(about)) = (metadata, bom.root.and_then(|at| bom.parts.get_mut(at))) {
        // `manufacture` is who made the component; `manufacturer`, since 1.6, is who made the document
        for key in ["supplier", "manufacture"] {
            organisation(about, metadata.get(key));
        }
    }
    push(root, None, &mut open);
    drain(&mut open, &mut bom, file, out);
    for dependency in root.get("dependencies").map_or(&[][..], Node::list) {
        edges(dependency, &mut bom, file, out);
    }
    bom
}

fn version_known(root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(version) = root.get("specVersion") else {
        out.problem(DiagnosticKind::Malformed, file, Some(start(root)), "`specVersion` is missing; read as 1.7");
        return;
    };
    if !version.text().is_some_and(|text| VERSIONS.contains(&text)) {
        let message = "a specification version that is not known; read as 1.7";
        out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
    }
}

/// The first character of a node, for what is missing in it.
pub(super) fn start(node: &Node) -> Span {
    Span::new(node.span.start, node.span.start + 1)
}

/// Puts the parts inside of a node on the stack, so that the first one comes off first.
fn push<'a>(node: &'a Node, within: Option<usize>, open: &mut Vec<Open<'a>>) {
    let lists = [
        (node.get("services"), true, RelationKind::Contains),
        (node.at(&["pedigree", "ancestors"]), false, RelationKind::BasedOn),
        (node.get("components"), false, RelationKind::Contains),
    ];
    for (list, is_service, kind) in lists {
        let items = list.map_or(&[][..], Node::list).iter().rev();
        open.extend(items.map(|node| Open { node, is_service, within: within.map(|at| (at, kind)) }));
    }
}

/// Reads everything that is open, without recursion.
fn drain<'a>(open: &mut Vec<Open<'a>>, bom: &mut Bom<'a>, file: &SourceFile, out: &mut Facts<'_>) {
    while let Some(Open { node, is_service, within }) = open.pop() {
        if !node.is_map() {
            let message = "not a component or service: a mapping is expected here";
            out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
            continue;
        }
        let mut part = Part::new(Sort::Service, start(node));
        common(&mut part, node);
        if is_service {
            service(&mut part, node);
        } else {
            component(&mut part, node, file, out);
        }
        if part.name.is_none() && part.purl.is_none() {
            let message = "an entry with neither `name` nor `purl`; it cannot be told what it is";
            out.problem(DiagnosticKind::Malformed, file, Some(start(node)), message);
            part.sort = Sort::Inner;
        }
        part.within = within;
        part.settle();
        let at = bom.parts.len();
        // a variant or a patch is built on its ancestors only where those are images and models of their own
        if within.is_some_and(|(_, kind)| kind == RelationKind::BasedOn)
            && !matches!(part.sort, Sort::Image | Sort::Model)
        {
            part.sort = Sort::Inner;
        }
        bom.parts.push(part);
        push(node, Some(at), open);
        data_sets(node, at, bom, open);
    }
}

/// What components and services say in the same words.
fn common<'a>(part: &mut Part<'a>, node: &'a Node) {
    part.reference = Said::at(node, "bom-ref");
    part.group = Said::at(node, "group");
    part.name = Said::at(node, "name");
    part.version = Said::at(node, "version").filter(|said| !said.text.eq_ignore_ascii_case("unknown"));
    for entry in node.get("licenses").map_or(&[][..], Node::list) {
        let licence = entry.get("license").unwrap_or(entry);
        part.say(What::Licence, ["expression", "id", "name"].iter().find_map(|key| Said::at(licence, key)));
    }
    for property in node.get("properties").map_or(&[][..], Node::list) {
        part.say_own(property.text_at("name").unwrap_or_default(), Said::at(property, "value"));
    }
    for reference in node.get("externalReferences").map_or(&[][..], Node::list) {
        let what = match reference.text_at("type") {
            Some("vcs") => What::Repository,
            Some("distribution") => What::Download,
            Some("website") => What::Site,
            _ => continue,
        };
        part.say(what, Said::at(reference, "url"));
    }
}

fn component<'a>(part: &mut Part<'a>, node: &'a Node, file: &SourceFile, out: &mut Facts<'_>) {
    part.purl = Said::at(node, "purl");
    part.cpe = Said::at(node, "cpe");
    let properties = || node.get("properties").map_or(&[][..], Node::list);
    let is_lock_file = |node: &&Node| {
        node.text_at("name") == Some("aquasecurity:trivy:Class") && node.text_at("value") == Some("lang-pkgs")
    };
    let is_development = |node: &Node| {
        node.text_at("name") == Some("cdx:npm:package:development") && node.text_at("value") == Some("true")
    };
    part.sort = match node.get("type").and_then(Node::text) {
        Some("application") if part.purl.is_none() && properties().iter().any(|one| is_lock_file(&one)) => Sort::List,
        Some("application" | "framework" | "library" | "platform" | "firmware" | "device-driver") => Sort::Software,
        Some("container") => Sort::Image,
        Some("operating-system") => Sort::System,
        Some("device") => Sort::Device,
        Some("machine-learning-model") => Sort::Model,
        Some("data") => Sort::Dataset,
        Some("file" | "cryptographic-asset") if part.purl.is_none() => Sort::Inner,
        Some("file" | "cryptographic-asset") => Sort::Software,
        _ => {
            let at = node.get("type").map_or_else(|| start(node), |sort| sort.span);
            let message = "a component without a `type` that is known; read as software";
            out.problem(DiagnosticKind::Malformed, file, Some(at), message);
            Sort::Software
        }
    };
    part.scope = match node.text_at("scope") {
        Some("required") => Some(scope::RUNTIME),
        Some("optional") => Some(scope::OPTIONAL),
        // what is documented and not part of the running thing: tests and tools
        Some("excluded") => Some(scope::DEV),
        _ if properties().iter().any(is_development) => Some(scope::DEV),
        // what says nothing is required
        _ => (part.sort == Sort::Software).then_some(scope::RUNTIME),
    };
    organisation(part, node.get("supplier"));
    organisation(part, node.get("manufacturer"));
    part.say(What::Vendor, Said::at(node, "publisher"));
    part.say(What::Author, Said::at(node, "author"));
    for author in all(node, "authors") {
        part.say(What::Author, Said::at(author, "name"));
        part.say(What::Mail, Said::at(author, "email"));
    }
    for hash in all(node, "hashes") {
        part.hash(Said::at(hash, "alg"), Said::at(hash, "content"));
    }
    part.say(What::Requirement, Said::at(node, "versionRange"));
    hardware(part, properties());
    if let Some(evidence) = node.get("evidence") {
        found(part, evidence);
    }
}

/// How many of a device there are, and its PCI id.
fn hardware<'a>(part: &mut Part<'a>, properties: &'a [Node]) {
    let (mut vendor, mut product, mut is_pci) = (None, None, false);
    for property in properties {
        let value = || Said::at(property, "value");
        match property.text_at("name") {
            Some("cdx:device:quantity") => part.say(What::Count, value()),
            Some("cdx:hbom:vendorId") => vendor = value(),
            Some("cdx:hbom:productId") => product = value(),
            // USB devices have such numbers too
            Some(name) if name.starts_with("cdx:hbom:pci") => is_pci = true,
            _ => {}
        }
    }
    let is_number = |said: &Said<'_>| said.text.len() == 4 && said.text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let (Some(vendor), Some(product), true) = (vendor.filter(is_number), product.filter(is_number), is_pci) {
        let id = format!("{}:{}", vendor.text, product.text).to_ascii_lowercase();
        part.say_text(What::PciId, id, product.span);
    }
}

/// Where a component was found, and what it was taken for.
fn found<'a>(part: &mut Part<'a>, evidence: &'a Node) {
    for occurrence in all(evidence, "occurrences") {
        let Some(location) = Said::at(occurrence, "location") else { continue };
        let line = occurrence.get("line").and_then(Node::scalar).map(|line| format!(":{line}")).unwrap_or_default();
        part.say_text(What::Occurrence, format!("{}{line}", location.text), location.span);
    }
    for identity in all(evidence, "identity") {
        // some tools write there where they looked
        let concluded = |start| Said::at(identity, "concludedValue").filter(|said| said.text.starts_with(start));
        match identity.text_at("field") {
            Some("purl") if part.purl.is_none() => part.purl = concluded("pkg:"),
            Some("cpe") if part.cpe.is_none() => part.cpe = concluded("cpe:"),
            _ => {}
        }
    }
}

fn service<'a>(part: &mut Part<'a>, node: &'a Node) {
    organisation(part, node.get("provider"));
    for endpoint in all(node, "endpoints") {
        part.say(What::Endpoint, Said::of(endpoint));
    }
    for data in all(node, "data") {
        let Some(class) = Said::at(data, "classification") else { continue };
        let flow = data.text_at("flow").unwrap_or("unknown");
        part.say_text(What::Flow, format!("{} {flow}", class.text), class.span);
    }
}

/// Name, pages and mail of an organisation.
fn organisation<'a>(part: &mut Part<'a>, node: Option<&'a Node>) {
    let Some(node) = node else { return };
    part.say(What::Vendor, Said::at(node, "name"));
    for address in all(node, "url") {
        part.say(What::VendorSite, Said::of(address));
    }
    for contact in all(node, "contact") {
        part.say(What::Mail, Said::at(contact, "email"));
    }
}

/// Data sets that a model card names: by reference, or described in place.
fn data_sets<'a>(node: &'a Node, model: usize, bom: &mut Bom<'a>, open: &mut Vec<Open<'a>>) {
    let Some(sets) = node.at(&["modelCard", "modelParameters", "datasets"]) else { return };
    for set in sets.list() {
        if let (Some(to), Some(from)) = (Said::at(set, "ref"), bom.parts[model].reference) {
            bom.edges.push(Edge { from, kind: RelationKind::DependsOn, to, scope: None, span: to.span });
        } else if set.text_at("type") == Some("dataset") && set.get("name").is_some() {
            let mut part = Part::new(Sort::Dataset, start(set));
            common(&mut part, set);
            part.within = Some((model, RelationKind::DependsOn));
            part.settle();
            bom.parts.push(part);
            push(set, None, open);
        }
    }
}

/// What one entry of `dependencies` says.
fn edges<'a>(dependency: &'a Node, bom: &mut Bom<'a>, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(from) = Said::at(dependency, "ref") else {
        let message = "a dependency entry without `ref`";
        out.problem(DiagnosticKind::Malformed, file, Some(start(dependency)), message);
        return;
    };
    let mut edge = |from: Said<'a>, to: Said<'a>, span: Span| {
        bom.edges.push(Edge { from, kind: RelationKind::DependsOn, to, scope: None, span });
    };
    for node in all(dependency, "dependsOn") {
        match Said::of(node) {
            Some(to) => edge(from, to, to.span),
            None => out.problem(DiagnosticKind::Malformed, file, Some(node.span), "a dependency that is no reference"),
        }
    }
    // what is provided works only with what implements it
    for provided in all(dependency, "provides").filter_map(Said::of) {
        edge(provided, from, provided.span);
    }
}

/// Every value under a key: the elements of lists, and of repeated keys, which XML has in their place.
fn all<'a>(node: &'a Node, key: &'a str) -> impl Iterator<Item = &'a Node> {
    node.entries().iter().filter(move |entry| &*entry.key == key).flat_map(|entry| match &entry.value.value {
        crate::parse::Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&entry.value),
    })
}
