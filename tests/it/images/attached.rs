//! Bills of materials and provenance beside an image, as BuildKit writes them into an index.

use std::fs;

use serde_json::{Value, json};
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{FactRef, Inventory, RelationKind};
use sovaudit::scan::Options;
use sovaudit::source::image::ImageTarget;
use tempfile::TempDir;

use super::build::{Image, Packing, digest, layout_files, write_all};
use super::{attribute, contained, problems, scan, set, two_layers};

const MUSL: &str = "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1";

fn spdx(purls: &[&str]) -> Value {
    let packages: Vec<Value> = purls
        .iter()
        .enumerate()
        .map(|(at, purl)| {
            let (name, version) = purl.split(['?']).next().and_then(|text| text.rsplit_once('@')).expect("has a version");
            json!({
                "SPDXID": format!("SPDXRef-{at}"), "name": name.rsplit('/').next(), "versionInfo": version,
                "downloadLocation": "NOASSERTION",
                "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl }],
            })
        })
        .collect();
    json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "sbom", "dataLicense": "CC0-1.0",
        "documentNamespace": "https://example.com/sbom", "creationInfo": { "created": "2026-01-01T00:00:00Z", "creators": ["Tool: buildkit"] },
        "packages": packages,
    })
}

fn provenance() -> Value {
    json!({
        "builder": { "id": "" },
        "invocation": { "configSource": { "uri": "https://github.com/builders/app.git#refs/heads/main" } },
        "materials": [
            { "uri": "pkg:docker/alpine@3.20?platform=linux%2Famd64", "digest": { "sha256": "a".repeat(64) } },
            { "uri": "https://github.com/builders/app.git", "digest": { "sha1": "b".repeat(40) } },
        ],
    })
}

/// A layout with an image and an attestation of it that holds statements.
fn with_statements(image: &Image, statements: &[(&str, Value)]) -> Vec<(String, Vec<u8>)> {
    let mut layers = Vec::new();
    let mut blobs = Vec::new();
    for (kind, predicate) in statements {
        let statement =
            json!({ "_type": "https://in-toto.io/Statement/v0.1", "predicateType": kind, "predicate": predicate });
        let bytes = statement.to_string().into_bytes();
        layers.push(json!({
            "mediaType": "application/vnd.in-toto+json", "digest": digest(&bytes), "size": bytes.len(),
            "annotations": { "in-toto.io/predicate-type": kind },
        }));
        blobs.push(bytes);
    }
    let config = b"{}".to_vec();
    let manifest = json!({
        "schemaVersion": 2, "config": { "digest": digest(&config), "size": 2 }, "layers": layers,
    });
    let manifest = manifest.to_string().into_bytes();
    let beside = json!({
        "digest": digest(&manifest), "size": manifest.len(), "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "platform": { "os": "unknown", "architecture": "unknown" },
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest(&image.manifest),
        },
    });
    let platform = json!({ "platform": { "os": "linux", "architecture": "amd64" } });
    let mut files = layout_files(&[image], &[image.entry(&platform), beside]);
    blobs.extend([config, manifest]);
    files.extend(blobs.into_iter().map(|blob| (format!("blobs/{}", digest(&blob).replace(':', "/")), blob)));
    files
}

fn scanned(files: &[(String, Vec<u8>)]) -> Inventory {
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), files);
    scan(&ImageTarget::OciLayout(root), &Options::default()).expect("is readable")
}

fn image() -> Image {
    let labels = json!({ "Labels": { "org.opencontainers.image.source": "https://github.com/acme/app" } });
    Image::new(&two_layers(), Packing::Gzip, &labels)
}

#[test]
fn a_bill_of_materials_is_compared_with_what_was_found() {
    let wanted = [
        MUSL,
        "pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.1",
        "pkg:cargo/kept@1.0.0",
        "pkg:cargo/new@1.0.0",
    ];
    let agreeing = scanned(&with_statements(&image(), &[("https://spdx.dev/Document", spdx(&wanted))]));
    assert_eq!(contained(&agreeing), set(&wanted));
    assert_eq!(problems(&agreeing), []);
    let other = [MUSL, "pkg:pypi/ghost@1.0"];
    let differing = scanned(&with_statements(&image(), &[("https://spdx.dev/Document", spdx(&other))]));
    assert!(contained(&differing).contains("pkg:pypi/ghost@1.0"), "what is stated is evidence as well");
    let found = problems(&differing);
    let [(DiagnosticKind::Conflict, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("names 2 packages, of these 1 that were not found in it (`pypi/ghost@1.0`)"), "{text}");
    assert!(text.contains("and not 3 that were"), "{text}");
}

#[test]
fn provenance_tells_source_and_images_that_went_in() {
    let inventory = scanned(&with_statements(&image(), &[("https://slsa.dev/provenance/v0.2", provenance())]));
    let needs: Vec<String> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { kind: RelationKind::DependsOn, to, .. } if to.as_str().starts_with("pkg:oci/") => {
                Some(to.to_string())
            }
            _ => None,
        })
        .collect();
    assert_eq!(needs.len(), 1, "{needs:?}");
    assert!(needs[0].starts_with("pkg:oci/alpine@sha256:aaaa"), "{needs:?}");
    assert!(attribute(&inventory, "identity").contains("github:builders"));
    let found = problems(&inventory);
    let [(DiagnosticKind::Conflict, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("built from `github:builders`, its labels say `github:acme`"), "{text}");
}

#[test]
fn what_is_attached_and_damaged_does_not_stop_the_image() {
    let files = with_statements(&image(), &[("https://spdx.dev/Document", spdx(&[MUSL]))]);
    let statement = files.iter().find(|(_, bytes)| bytes.starts_with(b"{\"_type\"")).expect("is there").0.clone();
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &files);
    fs::write(root.join(statement), b"{\"other\":1}").expect("a file");
    let inventory = scan(&ImageTarget::OciLayout(root), &Options::default()).expect("the image is readable");
    assert_eq!(contained(&inventory), super::expected());
    let found = problems(&inventory);
    let [(DiagnosticKind::Unreadable, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("damaged or forged"), "{text}");
    // about another image: nothing of it is taken
    let about_other = with_statements(
        &Image::new(&[], Packing::Plain, &json!({})),
        &[("https://spdx.dev/Document", spdx(&["pkg:pypi/ghost@1"]))],
    );
    let image = image();
    let mut files = image.layout_files();
    let index: Value = serde_json::from_slice(&about_other[1].1).expect("is JSON");
    let mut own: Value = serde_json::from_slice(&files[1].1).expect("is JSON");
    own["manifests"].as_array_mut().expect("a list").push(index["manifests"][1].clone());
    files[1].1 = own.to_string().into_bytes();
    files.extend(about_other.into_iter().skip(2));
    assert_eq!(contained(&scanned(&files)), super::expected());
}
