//! Tiny images built in memory, in every form in which images come.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How a layer is packed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// A tar stream written entry by entry; nothing about the paths is checked.
#[derive(Default)]
pub(super) struct TarBuilder {
    bytes: Vec<u8>,
}

impl TarBuilder {
    pub(super) fn file(mut self, path: &str, content: &[u8]) -> Self {
        self.entry(path, tar::EntryType::Regular, content, None);
        self
    }

    pub(super) fn symlink(mut self, path: &str, target: &str) -> Self {
        self.entry(path, tar::EntryType::Symlink, b"", Some(target));
        self
    }

    pub(super) fn hard_link(mut self, path: &str, target: &str) -> Self {
        self.entry(path, tar::EntryType::Link, b"", Some(target));
        self
    }

    /// An entry of another type, without data.
    pub(super) fn special(mut self, path: &str, kind: tar::EntryType) -> Self {
        self.entry(path, kind, b"", None);
        self
    }

    /// A file whose header claims another size than it has.
    pub(super) fn claiming(mut self, path: &str, size: u64) -> Self {
        let start = self.bytes.len();
        self.entry(path, tar::EntryType::Regular, b"x", None);
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes().copy_from_slice(&self.bytes[start..start + 512]);
        header.set_size(size);
        header.set_cksum();
        self.bytes[start..start + 512].copy_from_slice(header.as_bytes());
        self
    }

    /// A file whose name is no text.
    pub(super) fn raw_named(mut self, path: &[u8], content: &[u8]) -> Self {
        self.entry_named(path, tar::EntryType::Regular, content, None);
        self
    }

    /// A file whose path stands in a GNU long name header.
    pub(super) fn long_named(mut self, path: &str, content: &[u8]) -> Self {
        self.entry("././@LongLink", tar::EntryType::GNULongName, &[path.as_bytes(), b"\0"].concat(), None);
        self.entry("short", tar::EntryType::Regular, content, None);
        self
    }

    /// A file whose path stands in a pax header that also holds `ballast` bytes.
    pub(super) fn pax_named(mut self, path: &str, content: &[u8], ballast: usize) -> Self {
        let mut records = record("comment", &"x".repeat(ballast));
        records.extend(record("path", path));
        self.entry("pax", tar::EntryType::XHeader, &records, None);
        self.entry("short", tar::EntryType::Regular, content, None);
        self
    }

    fn entry(&mut self, path: &str, kind: tar::EntryType, content: &[u8], link: Option<&str>) {
        self.entry_named(path.as_bytes(), kind, content, link);
    }

    fn entry_named(&mut self, name: &[u8], kind: tar::EntryType, content: &[u8], link: Option<&str>) {
        let mut header = tar::Header::new_gnu();
        assert!(name.len() <= 100, "short names only");
        header.as_gnu_mut().expect("is a GNU header").name[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        if let Some(link) = link {
            header.set_link_name_literal(link).expect("short link");
        }
        header.set_cksum();
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }
}

fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub(super) fn pack(bytes: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::Plain => bytes.to_vec(),
        Packing::Gzip => gzip(bytes),
        Packing::Zstd => {
            // a skippable frame in front, and two frames, as parallel compressors write them
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            let (first, second) = bytes.split_at(bytes.len() / 2);
            let mut out = vec![0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
            out.extend(ruzstd::encoding::compress_to_vec(first, level));
            out.extend(ruzstd::encoding::compress_to_vec(second, level));
            out
        }
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// An image: stored layers, configuration and manifest.
pub(super) struct Image {
    pub(super) layers: Vec<Vec<u8>>,
    pub(super) unpacked: Vec<Vec<u8>>,
    pub(super) config: Vec<u8>,
    pub(super) manifest: Vec<u8>,
}

impl Image {
    /// Layers as tar streams, bottom first; `settings` is the `config` part of the configuration.
    pub(super) fn new(layers: &[Vec<u8>], packing: Packing, settings: &Value) -> Self {
        let stored: Vec<Vec<u8>> = layers.iter().map(|layer| pack(layer, packing)).collect();
        let ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": settings,
            "rootfs": { "type": "layers", "diff_ids": ids },
        });
        Self::of_parts(stored, layers.to_vec(), config.to_string().into_bytes())
    }

    /// Layers of a build whose history is told.
    pub(super) fn built(layers: &[Vec<u8>], history: &Value) -> Self {
        let ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {}, "history": history,
            "rootfs": { "type": "layers", "diff_ids": ids },
        });
        Self::of_parts(layers.to_vec(), layers.to_vec(), config.to_string().into_bytes())
    }

    /// Without settings, for an architecture.
    pub(super) fn for_platform(layers: &[Vec<u8>], architecture: &str) -> Self {
        let ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({
            "architecture": architecture, "os": "linux", "config": {},
            "rootfs": { "type": "layers", "diff_ids": ids },
        });
        let stored = layers.iter().map(|layer| pack(layer, Packing::Gzip)).collect();
        Self::of_parts(stored, layers.to_vec(), config.to_string().into_bytes())
    }

    /// From layers as stored, whatever they hold.
    pub(super) fn of_stored(stored: Vec<Vec<u8>>) -> Self {
        let ids: Vec<String> = stored.iter().map(|layer| digest(layer)).collect();
        let config = json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": ids } });
        Self::of_parts(stored.clone(), stored, config.to_string().into_bytes())
    }

    fn of_parts(layers: Vec<Vec<u8>>, unpacked: Vec<Vec<u8>>, config: Vec<u8>) -> Self {
        let described: Vec<Value> = layers
            .iter()
            .map(|layer| {
                json!({
                    "mediaType": "application/vnd.oci.image.layer.v1.tar",
                    "digest": digest(layer), "size": layer.len(),
                })
            })
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len(),
            },
            "layers": described,
        });
        Self { layers, unpacked, config, manifest: manifest.to_string().into_bytes() }
    }

    /// Every blob with its digest.
    pub(super) fn blobs(&self) -> Vec<(String, &[u8])> {
        let documents = [self.config.as_slice(), self.manifest.as_slice()];
        self.layers.iter().map(Vec::as_slice).chain(documents).map(|bytes| (digest(bytes), bytes)).collect()
    }

    /// Entry of an index.
    pub(super) fn entry(&self, extra: &Value) -> Value {
        let mut entry = json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest(&self.manifest), "size": self.manifest.len(),
        });
        let map = entry.as_object_mut().expect("is a map");
        map.extend(extra.as_object().expect("is a map").clone());
        entry
    }

    /// The files of an image layout.
    pub(super) fn layout_files(&self) -> Vec<(String, Vec<u8>)> {
        layout_files(&[self], &[self.entry(&json!({}))])
    }

    /// `docker save` with `manifest.json`, layers unpacked, documents last.
    pub(super) fn docker_archive(&self, tag: &str) -> Vec<u8> {
        let mut archive = TarBuilder::default();
        let mut paths = Vec::new();
        for (number, layer) in self.unpacked.iter().enumerate() {
            let path = format!("{number}/layer.tar");
            archive = archive.file(&path, layer);
            paths.push(path);
        }
        let config = format!("{}.json", &digest(&self.config)["sha256:".len()..]);
        let manifest = json!([{ "Config": config, "RepoTags": [tag], "Layers": paths }]);
        archive.file(&config, &self.config).file("manifest.json", manifest.to_string().as_bytes()).end()
    }
}

/// The files of a layout with several images.
pub(super) fn layout_files(images: &[&Image], entries: &[Value]) -> Vec<(String, Vec<u8>)> {
    let index = json!({ "schemaVersion": 2, "manifests": entries });
    let mut files = vec![
        ("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
        ("index.json".to_owned(), index.to_string().into_bytes()),
    ];
    for image in images {
        for (digest, bytes) in image.blobs() {
            files.push((format!("blobs/{}", digest.replace(':', "/")), bytes.to_vec()));
        }
    }
    files
}

/// Writes files below a folder.
pub(super) fn write_all(root: &Path, files: &[(String, Vec<u8>)]) -> PathBuf {
    for (path, bytes) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    root.to_path_buf()
}
