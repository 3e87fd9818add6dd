//! What the targets `layer` and `archive` share: tar streams whose checksums are right, images whose digests are, seeds.

use std::fs;
use std::io;
use std::path::Path;

use sovaudit::source::archive::Digest;

/// Between the parts of an image in an input of `archive`.
pub const MARK: &[u8] = b"\xFF\xFE\xFD\n";

const BLOCK: usize = 512;

/// Puts the right checksum into every block that looks like a header, so that a changed byte does not end every try.
#[must_use]
pub fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for block in bytes.chunks_exact_mut(BLOCK).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}

/// One entry of a tar stream.
#[must_use]
pub fn entry(name: &str, kind: u8, link: &str, data: &[u8]) -> Vec<u8> {
    let mut head = [0; BLOCK];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
    head[156] = kind;
    head[157..157 + link.len()].copy_from_slice(link.as_bytes());
    head[257..265].copy_from_slice(b"ustar\x0000");
    let mut bytes = with_checksums(&head);
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

/// An archive with an image layout in it whose digests are right: the first part is the configuration, the second a
/// statement about the image, the others are layers.
#[must_use]
pub fn archive(parts: &[&[u8]]) -> Vec<u8> {
    let mut tar = entry("oci-layout", b'0', "", br#"{"imageLayoutVersion":"1.0.0"}"#);
    let mut blob = |bytes: &[u8]| {
        let digest = Digest::sha256(bytes);
        tar.extend(entry(&digest.blob_path(), b'0', "", bytes));
        digest.to_string()
    };
    let list = |digests: &[String], kind: &str| {
        let one = |digest: &String| format!(r#"{{"mediaType":"{kind}","digest":"{digest}"}}"#);
        digests.iter().map(one).collect::<Vec<_>>().join(",")
    };
    let config = blob(parts.first().copied().unwrap_or(b"{}"));
    let layers: Vec<String> = parts.iter().skip(2).map(|layer| blob(&with_checksums(layer))).collect();
    let layers = list(&layers, "application/vnd.oci.image.layer.v1.tar");
    let image = blob(format!(r#"{{"config":{{"digest":"{config}"}},"layers":[{layers}]}}"#).as_bytes());
    let statement = blob(parts.get(1).copied().unwrap_or(b"{}"));
    let statements = list(&[statement], "application/vnd.in-toto+json");
    let beside = blob(format!(r#"{{"config":{{"digest":"{config}"}},"layers":[{statements}]}}"#).as_bytes());
    let platform = r#""platform":{"os":"unknown","architecture":"unknown"}"#;
    let about = format!(
        r#""annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{image}"}}"#
    );
    let index = format!(r#"{{"manifests":[{{"digest":"{image}"}},{{"digest":"{beside}",{platform},{about}}}]}}"#);
    tar.extend(entry("index.json", b'0', "", index.as_bytes()));
    tar.resize(tar.len() + 2 * BLOCK, 0);
    tar
}

/// Writes the seeds of both targets.
///
/// # Errors
/// When a file cannot be written.
pub fn seeds() -> io::Result<()> {
    let layers = Path::new("corpus/layer");
    let archives = Path::new("corpus/archive");
    fs::create_dir_all(layers)?;
    fs::create_dir_all(archives)?;
    let apk = b"P:musl\nV:1.2.5-r0\nA:x86_64\n\n";
    let bottom = [
        entry("etc/os-release", b'0', "", b"ID=alpine\nVERSION_ID=3.20\n"),
        entry("lib/apk/db/installed", b'0', "", apk),
        entry("a/b/c", b'0', "", &[1; 700]),
        entry("a/b/d", b'1', "a/b/c", b""),
        entry("a/b/g", b'2', "../../../x", b""),
        entry("dev/x", b'3', "", b""),
    ]
    .concat();
    let pax = b"30 path=a/very/long/name/of/it\n";
    let top = [
        entry("a/.wh.b", b'0', "", b""),
        entry("a/.wh..wh..opq", b'0', "", b""),
        entry("lib/apk/db/installed", b'0', "", apk),
        entry("x", b'x', "", pax),
        entry("short", b'0', "", b"data"),
        entry("././@LongLink", b'L', "", b"long/name\0"),
        entry("short", b'0', "", b"data"),
        entry("sparse", b'S', "", b"data"),
        entry("../x", b'0', "", b"data"),
    ]
    .concat();
    fs::write(layers.join("seed-bottom"), [&[0], bottom.as_slice()].concat())?;
    fs::write(layers.join("seed-both"), [&[6], bottom.as_slice(), top.as_slice()].concat())?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/images/layout/blobs/sha256");
    for (number, blob) in fs::read_dir(fixtures)?.enumerate() {
        fs::write(layers.join(format!("seed-blob-{number}")), [&[0], fs::read(blob?.path())?.as_slice()].concat())?;
    }
    let config = br#"{"architecture":"amd64","os":"linux","config":{"Env":["A=b"],"Labels":{"org.opencontainers.image.source":"https://github.com/a/b"}}}"#;
    let statement = br#"{"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"materials":[{"uri":"pkg:docker/alpine@3.20","digest":{"sha256":"aa"}}]}}"#;
    let parts = [config.as_slice(), statement, &bottom, &top].join(MARK);
    fs::write(archives.join("seed-parts"), [&[1], parts.as_slice()].concat())?;
    let whole = archive(&[config, statement, &bottom, &top]);
    fs::write(archives.join("seed-whole"), [&[0], whole.as_slice()].concat())
}
