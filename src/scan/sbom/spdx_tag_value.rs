//! SPDX 2 as lines of tag and value: turned into the tree of the JSON form, then read as that.

use super::made::{entry, list, map, text};
use super::{is_for, spdx, write};
use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;
use crate::parse::lines::{Line, lines, span_within};
use crate::parse::{Entry, Node, ParseError, Value};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `spdx-tag-value`.
pub struct SpdxTagValue;

const ID: &str = "spdx-tag-value";

static META: ScannerMeta = ScannerMeta {
    id: ID,
    title: "SPDX 2 bill of materials (tag-value)",
    summary: "The same as `spdx-json`, from lines of tag and value.",
    files: &["**/*.spdx"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: write::EMITS,
    reference: "https://spdx.github.io/spdx-spec/v2.3/conformance/",
};

/// Beginnings of the tags that are known and say nothing of supply.
#[rustfmt::skip]
const PASSED: [&str; 27] = [
    "Annotat", "ArtifactOf", "BuiltDate", "Created", "Creator", "DataLicense", "Document", "ExternalDocumentRef",
    "ExternalRefComment", "ExtractedText", "File", "License", "PackageAnnotation", "PackageAttribution",
    "PackageComment", "PackageCopyright", "PackageDescription", "PackageFileName", "PackageLicense", "PackageSourceInfo",
    "PackageSummary", "PackageVerificationCode", "RelationshipComment", "ReleaseDate", "Review", "Snippet",
    "ValidUntilDate",
];

/// Tags of a package that JSON has under another name.
const PACKAGE: [(&str, &str); 9] = [
    ("SPDXID", "SPDXID"),
    ("PackageVersion", "versionInfo"),
    ("PackageSupplier", "supplier"),
    ("PackageOriginator", "originator"),
    ("PackageDownloadLocation", "downloadLocation"),
    ("PackageHomePage", "homepage"),
    ("PackageLicenseDeclared", "licenseDeclared"),
    ("PackageLicenseConcluded", "licenseConcluded"),
    ("PrimaryPackagePurpose", "primaryPackagePurpose"),
];

impl Scanner for SpdxTagValue {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_for(ID, file) {
            return Ok(());
        }
        let tree = tree(file, out);
        if tree.get("spdxVersion").is_none() && tree.get("packages").is_none_or(|list| list.list().is_empty()) {
            let message = "neither `SPDXVersion` nor a package: not an SPDX document of tags and values";
            return Err(file.parse_error(&ParseError::new(message, Span::default())));
        }
        let bom = spdx::read(&tree, file, out);
        write::write(&bom, input, file, out);
        Ok(())
    }
}

/// A tag with its value, which may go over several lines.
struct Tag<'a> {
    name: &'a str,
    /// Where the tag itself stands.
    at: Span,
    value: &'a str,
    /// Where the value stands.
    span: Span,
}

/// What the lines belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Document,
    Package,
    File,
    Other,
}

/// The lists of the document while its lines are read.
#[derive(Default)]
struct Lists {
    document: Vec<Entry>,
    packages: Vec<Node>,
    files: Vec<Node>,
    relationships: Vec<Node>,
}

fn tree(file: &SourceFile, out: &mut Facts<'_>) -> Node {
    let mut lists = Lists::default();
    let mut section = Section::Document;
    for tag in tags(file, out) {
        match tag.name {
            "PackageName" => {
                section = Section::Package;
                let empty = |key: &str| entry(key, list(std::iter::empty(), tag.span));
                let own = vec![said("name", &tag), empty("checksums"), empty("externalRefs"), empty("annotations")];
                lists.packages.push(map(own, tag.span));
                continue;
            }
            "FileName" | "SnippetSPDXID" | "SnippetSPDXIdentifier" => {
                section = Section::File;
                let key = if tag.name == "FileName" { "fileName" } else { "SPDXID" };
                lists.files.push(map(vec![said(key, &tag)], tag.span));
                continue;
            }
            "LicenseID" => section = Section::Other,
            "Relationship" => {
                lists.relationships.extend(relationship(&tag, file, out));
                continue;
            }
            "SPDXVersion" => {
                lists.document.push(said("spdxVersion", &tag));
                continue;
            }
            _ => {}
        }
        let current = match section {
            Section::Package => lists.packages.last_mut().map(|node| &mut node.value),
            Section::File => lists.files.last_mut().map(|node| &mut node.value),
            _ => None,
        };
        let entries = match current {
            Some(Value::Map(entries)) => entries,
            _ => &mut lists.document,
        };
        property(&tag, section, entries, file, out);
    }
    let whole = Span::new(0, file.text().len().min(1));
    let mut entries = lists.document;
    for (key, nodes) in [("packages", lists.packages), ("files", lists.files), ("relationships", lists.relationships)] {
        entries.push(entry(key, list(nodes.into_iter(), whole)));
    }
    map(entries, whole)
}

/// One tag inside of a section.
fn property(tag: &Tag<'_>, section: Section, entries: &mut Vec<Entry>, file: &SourceFile, out: &mut Facts<'_>) {
    let known = PACKAGE.iter().find(|(name, _)| *name == tag.name);
    match (section, tag.name) {
        (Section::Package, _) if known.is_some() => {
            entries.extend(known.map(|(_, key)| said(key, tag)));
        }
        (_, "SPDXID") if section != Section::Other => entries.push(said("SPDXID", tag)),
        (Section::Package, "PackageChecksum") => match tag.value.split_once(':') {
            Some((algorithm, value)) => {
                let parts = [("algorithm", algorithm.trim()), ("checksumValue", value.trim())];
                append("checksums", object(&parts, tag.span), entries);
            }
            None => malformed("a checksum is written `ALGORITHM: value`", tag, file, out),
        },
        (Section::Package, "ExternalRef") => {
            let words: Vec<&str> = tag.value.split_whitespace().collect();
            match words.as_slice() {
                [category, kind, locator] => {
                    let parts =
                        [("referenceCategory", *category), ("referenceType", *kind), ("referenceLocator", *locator)];
                    append("externalRefs", object(&parts, tag.span), entries);
                }
                _ => malformed("an external reference is written `CATEGORY type locator`", tag, file, out),
            }
        }
        // our own bills annotate a package behind it
        (Section::Package, "AnnotationComment") => {
            append("annotations", object(&[("comment", tag.value)], tag.span), entries);
        }
        // the annotation names the package that it stands behind
        (Section::Package, "SPDXREF") | (Section::Package, "FilesAnalyzed") => {}
        (_, name) if PASSED.iter().any(|start| name.starts_with(start)) => {}
        (_, name) => malformed(&format!("`{name}` is no tag of this place"), tag, file, out),
    }
}

fn malformed(message: &str, tag: &Tag<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    out.problem(DiagnosticKind::Malformed, file, Some(tag.at), message);
}

/// `SPDXRef-A DEPENDS_ON SPDXRef-B`.
fn relationship(tag: &Tag<'_>, file: &SourceFile, out: &mut Facts<'_>) -> Option<Node> {
    let words: Vec<&str> = tag.value.split_whitespace().collect();
    let [from, word, to] = words.as_slice() else {
        malformed("a relationship is written `SPDXRef-A TYPE SPDXRef-B`", tag, file, out);
        return None;
    };
    Some(object(&[("spdxElementId", from), ("relationshipType", word), ("relatedSpdxElement", to)], tag.span))
}

/// Every tag of the file, in order.
fn tags<'a>(file: &'a SourceFile, out: &mut Facts<'_>) -> Vec<Tag<'a>> {
    let text = file.text();
    let mut found = Vec::new();
    // start of a value that is not closed yet
    let mut open: Option<(&str, usize, Span)> = None;
    for line in lines(text) {
        if let Some((name, start, at)) = open {
            if let Some(end) = line.text.find("</text>") {
                let end = line.span.start + end;
                found.push(Tag { name, at, value: text[start..end].trim(), span: Span::new(start, end) });
                open = None;
            }
            continue;
        }
        let trimmed = line.text.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some((name, value)) = tag(&line) else {
            let message = "a line that is neither `Tag: value` nor a comment";
            out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
            continue;
        };
        let at = span_within(&line, name);
        match value.strip_prefix("<text>") {
            None => found.push(Tag { name, at, value, span: span_within(&line, value) }),
            Some(rest) => match rest.find("</text>") {
                Some(end) => {
                    let value = rest[..end].trim();
                    found.push(Tag { name, at, value, span: span_within(&line, value) });
                }
                None => open = Some((name, span_within(&line, rest).start, at)),
            },
        }
    }
    if let Some((_, _, at)) = open {
        out.problem(DiagnosticKind::Malformed, file, Some(at), "`<text>` is not closed; what follows it was not read");
    }
    found
}

fn tag<'a>(line: &Line<'a>) -> Option<(&'a str, &'a str)> {
    let (name, value) = line.text.split_once(':')?;
    let name = name.trim();
    let is_tag = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_tag.then_some((name, value.trim()))
}

fn said(key: &str, tag: &Tag<'_>) -> Entry {
    entry(key, text(tag.value, tag.span))
}

fn object(parts: &[(&str, &str)], span: Span) -> Node {
    map(parts.iter().map(|(key, value)| entry(key, text(value, span))).collect(), span)
}

/// Adds to the list under a key, which stands among the first entries of its package.
fn append(key: &str, node: Node, entries: &mut [Entry]) {
    let found = entries.iter_mut().find(|entry| &*entry.key == key);
    if let Some(Value::List(items)) = found.map(|entry| &mut entry.value.value) {
        items.push(node);
    }
}
