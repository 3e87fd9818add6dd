//! `CycloneDX` in XML: turned into the tree of the JSON form, then read as that.

use super::made::{entry, list, map, text};
use super::{cyclonedx, is_for, write};
use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;
use crate::parse::xml::Element;
use crate::parse::{Entry, Node, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `cyclonedx-xml`.
pub struct CyclonedxXml;

const ID: &str = "cyclonedx-xml";

static META: ScannerMeta = ScannerMeta {
    id: ID,
    title: "CycloneDX bill of materials (XML)",
    summary: "The same as `cyclonedx-json`, from the XML form.",
    files: &["**/bom.xml", "**/*.cdx.xml", "**/*sbom*.xml"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: write::EMITS,
    reference: "https://cyclonedx.org/docs/1.7/xml/",
};

impl Scanner for CyclonedxXml {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_for(ID, file) {
            return Ok(());
        }
        let root = file.xml_or_part(out)?;
        if &*root.name != "bom" || version(&root).is_none() {
            let message = "the name promises a CycloneDX document and the root is no `bom` of its namespace";
            out.problem(DiagnosticKind::Malformed, file, Some(start(&root)), message);
            return Ok(());
        }
        let tree = tree(&root);
        let bom = cyclonedx::read(&tree, file, out);
        write::write(&bom, input, file, out);
        // the tree is none of the file's own: what is odd in it is told here
        let said = out.lost_at(file.path());
        for odd in tree.misshapen().iter().filter(|odd| !said.contains(&file.region(odd.span).start)) {
            out.problem(DiagnosticKind::Malformed, file, Some(odd.span), odd.to_string());
        }
        Ok(())
    }
}

/// The specification version at the end of the namespace.
fn version(root: &Element) -> Option<&str> {
    // with or without prefix; names of attributes come without it
    let namespaces = root.attributes.iter().map(|(_, value)| &**value);
    namespaces.filter_map(|value| value.split_once("cyclonedx.org/schema/bom/")).map(|(_, version)| version).next()
}

fn tree(root: &Element) -> Node {
    let mut node = convert(root);
    if let Value::Map(entries) = &mut node.value {
        let version = version(root).unwrap_or_default();
        entries.push(entry("specVersion", text(version, start(root))));
    }
    node
}

/// The opening tag's first character: elements end far away.
fn start(element: &Element) -> Span {
    Span::new(element.span.start, element.span.start + 1)
}

/// An element as the JSON form has it. The parser bounds the depth.
fn convert(element: &Element) -> Node {
    let span = element.span;
    match &*element.name {
        "components" | "services" => list(held(element).map(convert), span),
        "externalReferences" | "hashes" | "properties" | "dependencies" | "occurrences" | "ancestors" | "authors"
        | "endpoints" | "datasets" => list(element.children().iter().map(convert), span),
        "licenses" => list(element.children().iter().map(licence), span),
        "data"
            if element.has_children()
                && element.children().iter().any(|child| matches!(&*child.name, "classification" | "dataflow")) =>
        {
            let flows = element.children().iter().flat_map(|child| match &*child.name {
                "dataflow" => child.children(),
                _ => std::slice::from_ref(child),
            });
            list(
                flows.filter(|child| &*child.name == "classification").map(|flow| with_text(flow, "classification")),
                span,
            )
        }
        "hash" => with_text(element, "content"),
        "property" => with_text(element, "value"),
        "dependency" => dependency(element),
        // a text may have attributes beside it that say no more than its language or form
        _ if !element.has_children() && (element.attributes.is_empty() || element.has_text()) => {
            text(element.text(), span)
        }
        _ => {
            // an element of attributes alone is asked for nothing that it does not hold
            let inside = if element.has_children() { element.groups() } else { &[] };
            let inside = inside.iter().filter(|child| !child.is_cut() || HOLDERS.contains(&&*child.name));
            let own = inside.map(|child| entry(&child.name, convert(child)));
            map(attributes(element).chain(own).collect(), span)
        }
    }
}

/// Elements that hold entries: they count also where the document breaks off within them.
const HOLDERS: [&str; 4] = ["metadata", "components", "services", "dependencies"];

/// Components or services of a list. One that breaks off counts when it does so within a list of its own: what it says
/// of itself stands before that.
fn held(list: &Element) -> impl Iterator<Item = &Element> {
    let is_told = |cut: &&Element| cut.cut().is_some_and(|inner| HOLDERS.contains(&&*inner.name));
    list.entries().chain(list.cut().filter(is_told))
}

fn licence(element: &Element) -> Node {
    map(vec![entry(&element.name, convert(element))], element.span)
}

/// `<dependency ref="a"><dependency ref="b"/><provides ref="c"/></dependency>`.
fn dependency(element: &Element) -> Node {
    let ends = |name: &'static str| {
        let children = element.children().iter().filter(move |child| &*child.name == name);
        let of = |child: &Element| {
            let reference = child.attributes.iter().find(|(name, _)| &**name == "ref");
            text(reference.map_or("", |(_, value)| value), child.span)
        };
        list(children.map(of), element.span)
    };
    let more = [entry("dependsOn", ends("dependency")), entry("provides", ends("provides"))];
    map(attributes(element).chain(more).collect(), element.span)
}

/// An element with attributes and a text, which JSON has under a key of its own.
fn with_text(element: &Element, key: &str) -> Node {
    let own = std::iter::once(entry(key, text(element.text(), element.span)));
    map(attributes(element).chain(own).collect(), element.span)
}

fn attributes(element: &Element) -> impl Iterator<Item = Entry> {
    // an attribute has no place of its own: that of its element stands for it
    element.attributes.iter().map(|(name, value)| entry(name, text(value, element.span)))
}
