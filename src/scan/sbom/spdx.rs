//! SPDX 2: the vocabulary that JSON and tag-value share, read from the tree of the JSON form.

use super::bom::{Bom, Edge, Part, Said, Sort, What};
use super::cyclonedx::start;
use crate::diagnostic::DiagnosticKind;
use crate::model::RelationKind;
use crate::parse::Node;
use crate::scan::package::toolkit::scope;
use crate::scan::{Facts, SourceFile};

/// Versions that are read as what they are.
const VERSIONS: [&str; 4] = ["SPDX-2.0", "SPDX-2.1", "SPDX-2.2", "SPDX-2.3"];

/// How a word relates two elements: what it says, whether the second one is the user, and for what it is needed.
type Meaning = (RelationKind, bool, Option<&'static str>);

/// Relations between packages that say nothing of what is needed.
const OTHER: [&str; 23] = [
    "AMENDS",
    "COPY_OF",
    "DATA_FILE_OF",
    "DISTRIBUTION_ARTIFACT",
    "DOCUMENTATION_OF",
    "EXAMPLE_OF",
    "EXPANDED_FROM_ARCHIVE",
    "FILE_ADDED",
    "FILE_DELETED",
    "FILE_MODIFIED",
    "METAFILE_OF",
    "OTHER",
    "PACKAGE_OF",
    "PATCH_APPLIED",
    "PATCH_FOR",
    "REQUIREMENT_DESCRIPTION_FOR",
    "SPECIFICATION_FOR",
    "TEST_CASE_OF",
    "TEST_OF",
    "VARIANT_OF",
    "DEPENDENCY_MANIFEST_OF",
    "DESCRIBES",
    "DESCRIBED_BY",
];

/// Reads a document.
pub(super) fn read<'a>(root: &'a Node, file: &SourceFile, out: &mut Facts<'_>) -> Bom<'a> {
    match root.get("spdxVersion") {
        Some(node) if node.text().is_some_and(|text| VERSIONS.contains(&text)) => {}
        found => {
            let at = found.map_or_else(|| start(root), |node| node.span);
            let message = "a specification version that is not known; read as SPDX-2.3";
            out.problem(DiagnosticKind::Unsupported, file, Some(at), message);
        }
    }
    let mut bom = Bom::default();
    // the document itself and its files are no components, and relations name them
    let inner = |node: &'a Node, reference: Option<Said<'a>>| {
        let mut part = Part::new(Sort::Inner, start(node));
        part.reference = reference;
        part
    };
    let mut document = inner(root, Said::at(root, "SPDXID"));
    document.sort = Sort::List;
    bom.parts.push(document);
    for node in root.get("packages").map_or(&[][..], Node::list) {
        bom.parts.push(package(node, file, out));
    }
    for list in ["files", "snippets"] {
        for node in root.get(list).map_or(&[][..], Node::list) {
            bom.parts.push(inner(node, Said::at(node, "SPDXID")));
        }
    }
    bom.described.extend(root.get("documentDescribes").map_or(&[][..], Node::list).iter().filter_map(Said::of));
    for node in root.get("relationships").map_or(&[][..], Node::list) {
        relation(node, &mut bom, file, out);
    }
    bom
}

fn package<'a>(node: &'a Node, file: &SourceFile, out: &mut Facts<'_>) -> Part<'a> {
    let mut part = Part::new(Sort::Software, start(node));
    part.reference = Said::at(node, "SPDXID");
    part.name = Said::at(node, "name");
    part.version = Said::at(node, "versionInfo").filter(|said| !said.text.eq_ignore_ascii_case("unknown"));
    part.sort = match node.text_at("primaryPackagePurpose").map(|text| text.replace('_', "-")).as_deref() {
        Some("CONTAINER") => Sort::Image,
        Some("OPERATING-SYSTEM") => Sort::System,
        Some("DEVICE") => Sort::Device,
        Some("FILE") => Sort::Inner,
        _ => Sort::Software,
    };
    for reference in node.get("externalRefs").map_or(&[][..], Node::list) {
        let Some(locator) = Said::at(reference, "referenceLocator") else { continue };
        match reference.text_at("referenceType") {
            Some("purl") if part.purl.is_none() => part.purl = Some(locator),
            Some("purl") => {
                let message = "a second purl of one package; the first one is taken";
                out.problem(DiagnosticKind::Conflict, file, Some(locator.span), message);
            }
            Some("cpe23Type" | "cpe22Type") if part.cpe.is_none() => part.cpe = Some(locator),
            _ => {}
        }
    }
    if part.sort == Sort::Inner && part.purl.is_some() {
        part.sort = Sort::Software;
    }
    agent(&mut part, What::Vendor, Said::at(node, "supplier"));
    let originator = Said::at(node, "originator");
    agent(&mut part, What::Author, originator);
    if !part.has_vendor() && originator.is_some_and(|said| said.text.starts_with("Organization:")) {
        agent(&mut part, What::Maker, originator);
    }
    part.say(What::Download, Said::at(node, "downloadLocation"));
    part.say(What::Site, Said::at(node, "homepage"));
    for checksum in node.get("checksums").map_or(&[][..], Node::list) {
        part.hash(Said::at(checksum, "algorithm"), Said::at(checksum, "checksumValue"));
    }
    part.say(What::Licence, Said::at(node, "licenseDeclared").or_else(|| Said::at(node, "licenseConcluded")));
    for comment in node.get("annotations").map_or(&[][..], Node::list).iter().filter_map(|one| Said::at(one, "comment"))
    {
        for (name, value) in comment.text.lines().filter_map(|line| line.split_once('=')) {
            part.say_own(name, Some(Said { text: value, span: comment.span }));
        }
    }
    if part.name.is_none() && part.purl.is_none() {
        let message = "a package with neither `name` nor purl; it cannot be told what it is";
        out.problem(DiagnosticKind::Malformed, file, Some(start(node)), message);
        part.sort = Sort::Inner;
    }
    part.settle();
    part
}

/// `Organization: Acme (mail@acme.example)`, `Person: …`, `Tool: …`.
fn agent<'a>(part: &mut Part<'a>, what: What, said: Option<Said<'a>>) {
    let Some(said) = said else { return };
    let (kind, text) = said.text.split_once(':').map_or(("", said.text), |(kind, text)| (kind, text.trim()));
    let (name, mail) = match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((name, mail)) => (name.trim(), Some(mail.trim())),
        None => (text, None),
    };
    let part_of = |text: &'a str| (!matches!(text, "" | "NOASSERTION")).then_some(Said { text, span: said.span });
    match kind {
        "Organization" => part.say(what, part_of(name)),
        // nobody's name says more than for whom somebody writes
        "Person" => part.say(What::Author, part_of(name)),
        "Tool" => {}
        _ => part.say(what, part_of(said.text)),
    }
    part.say(What::Mail, mail.and_then(part_of));
}

fn relation<'a>(node: &'a Node, bom: &mut Bom<'a>, file: &SourceFile, out: &mut Facts<'_>) {
    let (Some(word), Some(from)) = (node.get("relationshipType"), Said::at(node, "spdxElementId")) else {
        let message = "a relationship without `spdxElementId` or `relationshipType`";
        out.problem(DiagnosticKind::Malformed, file, Some(start(node)), message);
        return;
    };
    // related to nothing, or to what nobody knows
    let Some(to) = Said::at(node, "relatedSpdxElement") else { return };
    let name = word.text().unwrap_or_default();
    match name {
        "DESCRIBES" => bom.described.push(to),
        "DESCRIBED_BY" => bom.described.push(from),
        _ => {}
    }
    match meaning(name) {
        Some((kind, is_reversed, scope)) => {
            let (from, to) = if is_reversed { (to, from) } else { (from, to) };
            bom.edges.push(Edge { from, kind, to, scope, span: node.span });
        }
        None if OTHER.contains(&name) => {}
        None => {
            let message = format!("`{name}` is no relationship type of SPDX 2.3");
            out.problem(DiagnosticKind::Malformed, file, Some(word.span), message);
        }
    }
}

fn meaning(word: &str) -> Option<Meaning> {
    use RelationKind::{BasedOn, Contains, DependsOn};
    Some(match word {
        "CONTAINS" => (Contains, false, None),
        "CONTAINED_BY" => (Contains, true, None),
        "DEPENDS_ON" | "DYNAMIC_LINK" | "STATIC_LINK" | "HAS_PREREQUISITE" | "GENERATED_FROM" => {
            (DependsOn, false, None)
        }
        "DEPENDENCY_OF" | "PREREQUISITE_FOR" | "GENERATES" | "OPTIONAL_COMPONENT_OF" => (DependsOn, true, None),
        "RUNTIME_DEPENDENCY_OF" | "PROVIDED_DEPENDENCY_OF" => (DependsOn, true, Some(scope::RUNTIME)),
        "OPTIONAL_DEPENDENCY_OF" => (DependsOn, true, Some(scope::OPTIONAL)),
        "BUILD_DEPENDENCY_OF" | "BUILD_TOOL_OF" => (DependsOn, true, Some(scope::BUILD)),
        "DEV_DEPENDENCY_OF" | "DEV_TOOL_OF" => (DependsOn, true, Some(scope::DEV)),
        "TEST_DEPENDENCY_OF" | "TEST_TOOL_OF" => (DependsOn, true, Some(scope::TEST)),
        "DESCENDANT_OF" => (BasedOn, false, None),
        "ANCESTOR_OF" => (BasedOn, true, None),
        _ => return None,
    })
}
