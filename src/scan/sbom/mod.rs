//! Bills of materials that others made: `CycloneDX` and SPDX in all their forms.
//!
//! Every reader turns its form into one `bom::Bom`; `write` makes facts of it. XML becomes the tree that the JSON
//! form has, tag-value the tree of SPDX JSON, so that every vocabulary is read once.

mod bom;
mod cyclonedx;
pub mod cyclonedx_json;
pub mod cyclonedx_xml;
mod hardware;
mod made;
mod made_by;
mod parts;
mod spdx;
pub mod spdx3_json;
pub mod spdx_json;
pub mod spdx_tag_value;
mod write;

use crate::diagnostic::DiagnosticKind;
use crate::parse::Node;
use crate::scan::{Facts, SourceFile};
use crate::text::{RelPath, Span};

/// Bytes of a file in which the words that tell a format are looked for, when its name does not say what it is.
const HEAD: usize = 64 << 10;

/// Names under which JSON forms lie, and any JSON: what it is, its content tells.
const JSON_FILES: &[&str] =
    &["**/bom.json", "**/*.cdx.json", "**/*.spdx.json", "**/*.spdx3.json", "**/*.spdx", "**/*.jsonld", "**/*.json"];

/// Words that tell a JSON form, and the scanner that reads it. The first one in the text decides.
const JSON_WORDS: [(&str, &str); 4] = [
    ("\"bomFormat\"", "cyclonedx-json"),
    ("cyclonedx.org/schema/bom", "cyclonedx-json"),
    ("\"spdxVersion\"", "spdx-json"),
    ("spdx.org/rdf/3", "spdx3-json"),
];

/// The scanner for a bill of materials, by the beginning of its text; `None` when it is none.
#[must_use]
pub fn recognise(text: &str) -> Option<&'static str> {
    let mut end = HEAD.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    by_words(&text[..end])
}

/// As [`recognise`], for bytes that nobody has decoded yet.
#[must_use]
pub fn recognise_bytes(bytes: &[u8]) -> Option<&'static str> {
    // a little more than the head, as UTF-16 takes two bytes for a letter
    let head = bytes[..bytes.len().min(2 * HEAD)].to_vec();
    recognise(SourceFile::new(RelPath::root(), head, None).text())
}

fn by_words(text: &str) -> Option<&'static str> {
    match text.trim_start().chars().next()? {
        '{' | '[' => {
            let found = JSON_WORDS.iter().filter_map(|(words, id)| Some((text.find(words)?, *id)));
            found.min_by_key(|(at, _)| *at).map(|(_, id)| id)
        }
        '<' => text.contains("cyclonedx.org/schema/bom").then_some("cyclonedx-xml"),
        _ => text.lines().any(|line| line.starts_with("SPDXVersion:")).then_some("spdx-tag-value"),
    }
}

/// The scanner that has to say so when a file of this name turns out to be none.
fn by_name(path: &RelPath) -> Option<&'static str> {
    let name = path.name();
    let ends = |end: &str| name.ends_with(end);
    match name {
        "bom.json" => Some("cyclonedx-json"),
        "bom.xml" => Some("cyclonedx-xml"),
        _ if ends(".cdx.json") => Some("cyclonedx-json"),
        _ if ends(".cdx.xml") => Some("cyclonedx-xml"),
        _ if ends(".spdx3.json") => Some("spdx3-json"),
        _ if ends(".spdx.json") => Some("spdx-json"),
        _ if ends(".spdx") => Some("spdx-tag-value"),
        _ => None,
    }
}

/// True when the file is for the scanner: its content says so, or its name does and its content says nothing else.
/// Files whose name speaks of a bill of materials are searched as a whole.
fn is_for(id: &str, file: &SourceFile) -> bool {
    let named = by_name(file.path());
    let speaks = named.is_some() || file.path().name().to_ascii_lowercase().contains("sbom");
    let found = recognise(file.text()).or_else(|| speaks.then(|| by_words(file.text())).flatten());
    found.or(named) == Some(id)
}

/// The document itself: what `GitHub` wraps in `sbom` and attestations in `predicate` is unwrapped. `None`, and a word
/// to the user where the name promises one, when the root lacks `marker`.
fn document<'a>(root: &'a Node, marker: &str, id: &str, file: &SourceFile, out: &mut Facts<'_>) -> Option<&'a Node> {
    let inner = [root.get("sbom"), root.get("predicate"), root.at(&["predicate", "Data"])];
    let found = std::iter::once(Some(root)).chain(inner).flatten().find(|node| node.get(marker).is_some());
    if found.is_none() && by_name(file.path()) == Some(id) {
        let at = Span::new(root.span.start, root.span.start + 1);
        let message = format!("`{marker}` is missing: the name promises a bill of materials and the file holds none");
        out.problem(DiagnosticKind::Malformed, file, Some(at), message);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::model::{ComponentId, ComponentKind, Inventory, RelationKind};
    use crate::scan::{Options, Subject, scan_files};

    fn scanned(name: &str, text: &str, subject: Option<Subject>) -> Inventory {
        let path = RelPath::new(name).expect("is a relative path");
        let options = Options { subject, ..Options::default() };
        scan_files(vec![(path, text.as_bytes().to_vec(), None)], &Catalog::embedded(), &options)
    }

    fn relates(inventory: &Inventory, from: &str, kind: RelationKind, to: &str) -> bool {
        let (from, to) = (ComponentId::new(from), ComponentId::new(to));
        inventory.known(&from).is_some_and(|known| known.relation(kind, &to).is_some())
    }

    #[test]
    fn content_tells_the_format() {
        assert_eq!(recognise(r#" {"a": "spdx.org/rdf/3", "bomFormat": 1}"#), Some("spdx3-json"));
        assert_eq!(recognise(r#"{"bomFormat": "CycloneDX", "spdxVersion": ""}"#), Some("cyclonedx-json"));
        assert_eq!(recognise("# c\nSPDXVersion: SPDX-2.3"), Some("spdx-tag-value"));
        assert_eq!(recognise(r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>"#), Some("cyclonedx-xml"));
        for none in ["", "{}", "see SPDXVersion: x", "<project/>", "bomFormat"] {
            assert_eq!(recognise(none), None, "{none}");
        }
        let far = format!("{{\"a\": \"{}\", \"bomFormat\": \"CycloneDX\"}}", "é".repeat(HEAD));
        assert_eq!(recognise(&far), None);
        assert_eq!(by_words(&far), Some("cyclonedx-json"));
        let wide: Vec<u8> = "\u{feff}{\"spdxVersion\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(recognise_bytes(&wide), Some("spdx-json"));
    }

    #[test]
    fn what_lies_in_an_image_is_part_of_it() {
        let image = "pkg:oci/x?repository_url=ghcr.io%2Facme%2Fx&tag=1";
        let subject = Subject { id: ComponentId::new(image), kind: ComponentKind::Image };
        let text = r#"{"spdxVersion": "SPDX-2.3", "documentDescribes": ["p"], "packages": [
            {"SPDXID": "p", "name": "p", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/p@1"}]},
            {"SPDXID": "q", "name": "q", "versionInfo": "2"}],
            "relationships": [{"spdxElementId": "p", "relationshipType": "CONTAINS", "relatedSpdxElement": "q"}]}"#;
        let found = scanned("opt/p/.spdx-p.spdx", text, Some(subject));
        assert!(relates(&found, image, RelationKind::DependsOn, "pkg:bitnami/p@1"));
        assert!(relates(&found, "pkg:bitnami/p@1", RelationKind::Contains, "pkg:generic/q@2"));
        assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    }

    #[test]
    fn hostile_documents_end() {
        let open = r#"{"type":"library","name":"a","components":["#;
        let deep = |levels: usize| {
            format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}{}]}}"#,
                open.repeat(levels),
                "]}".repeat(levels)
            )
        };
        assert!(scanned("bom.json", &deep(90), None).diagnostics.is_empty());
        assert!(!scanned("bom.json", &deep(5_000), None).diagnostics.is_empty());
        let edges = r#"{"ref":"x","dependsOn":["y"]},"#.repeat(20_000);
        let text = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","dependencies":[{edges}null]}}"#);
        assert!(!scanned("bom.json", &text, None).diagnostics.is_empty());
        let tags = "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: a\n".to_owned()
            + &"SPDXID: b\nPackageChecksum: SHA1: 0\n".repeat(20_000);
        assert!(!scanned("a.spdx", &tags, None).is_empty());
    }
}
