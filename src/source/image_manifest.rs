//! The documents that describe an image: index, manifest, configuration; and the choice of a platform.

use std::fmt;

use anyhow::{Context as _, bail};

use super::archive::Digest;
use crate::parse::{self, Node};
use crate::text::clean_line;

/// `os/architecture[/variant]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, `windows`.
    pub os: String,
    /// `amd64`, `arm64`, in the words of images.
    pub architecture: String,
    /// `v7`, `v8`.
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `linux/arm64` or `linux/arm/v7`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [os, architecture] if !os.is_empty() && !architecture.is_empty() => {
                Ok(Self { os: (*os).to_owned(), architecture: (*architecture).to_owned(), variant: None })
            }
            [os, architecture, variant] if parts.iter().all(|part| !part.is_empty()) => Ok(Self {
                os: (*os).to_owned(),
                architecture: (*architecture).to_owned(),
                variant: Some((*variant).to_owned()),
            }),
            _ => bail!("`{}` is no platform; write it as `linux/arm64`", clean_line(text)),
        }
    }

    /// What images for this machine are marked with. Containers are Linux on every desktop system.
    #[must_use]
    pub fn host() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            other => other,
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
    }

    /// As an index or a configuration writes it; none where it says nothing.
    pub(super) fn of(node: &Node) -> Option<Self> {
        Some(Self {
            os: node.text_at("os")?.to_owned(),
            architecture: node.text_at("architecture")?.to_owned(),
            variant: node.text_at("variant").filter(|text| !text.is_empty()).map(str::to_owned),
        })
    }

    pub(super) fn accepts(&self, other: &Self) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && self.variant.as_ref().is_none_or(|variant| other.variant.as_ref().is_none_or(|theirs| theirs == variant))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

/// A reference to a blob by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Media type as written; may be empty.
    pub media_type: String,
    /// Digest.
    pub digest: Digest,
    /// Platform, in an index.
    pub platform: Option<Platform>,
    /// The name the index gives to the entry.
    pub name: Option<String>,
    /// What the artifact is, or the predicate that a statement makes.
    pub artifact: Option<String>,
}

impl Descriptor {
    fn of(node: &Node) -> anyhow::Result<Self> {
        let text = node.text_at("digest").context("a descriptor has no digest")?;
        let digest =
            Digest::parse(text).with_context(|| format!("`{}` is no sha256 or sha512 digest", clean_line(text)))?;
        let annotation = |key: &str| node.at(&["annotations", key]).and_then(Node::text);
        let name = annotation("io.containerd.image.name").or_else(|| annotation("org.opencontainers.image.ref.name"));
        Ok(Self {
            media_type: node.text_at("mediaType").unwrap_or_default().to_owned(),
            digest,
            platform: node.get("platform").and_then(Platform::of),
            name: name.map(str::to_owned),
            artifact: annotation("in-toto.io/predicate-type")
                .or_else(|| node.text_at("artifactType"))
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
        })
    }

    /// Of an artifact in a list of a registry; `None` when the digest is none.
    #[must_use]
    pub fn of_artifact(digest: &str, artifact: Option<&str>) -> Option<Self> {
        let artifact = artifact.filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self { media_type: String::new(), digest: Digest::parse(digest)?, platform: None, name: None, artifact })
    }

    /// Attestations and signatures stand in an index beside the images they speak of.
    fn is_image(node: &Node) -> bool {
        let attests = node.at(&["annotations", "vnd.docker.reference.type"]).is_some();
        let unknown = node.at(&["platform", "architecture"]).and_then(Node::text) == Some("unknown");
        !attests && !unknown && node.get("artifactType").is_none()
    }
}

/// A manifest of an index that is about another one of it: what BuildKit adds to the images it makes, and what lies in a
/// layout beside its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attesting {
    /// Its digest.
    pub digest: Digest,
    /// The digest of what it is about, where the index says so.
    pub about: Option<Digest>,
}

/// The entries of an index that are no images.
#[must_use]
pub fn attesting(bytes: &[u8]) -> Vec<Attesting> {
    let Some(root) = std::str::from_utf8(bytes).ok().and_then(|text| parse::json::json(text).ok()) else {
        return Vec::new();
    };
    let entries = root.get("manifests").map_or(&[][..], Node::list).iter().filter(|node| !Descriptor::is_image(node));
    entries
        .filter_map(|node| {
            let about = node.at(&["annotations", "vnd.docker.reference.digest"]).and_then(Node::text);
            let digest = Digest::parse(node.text_at("digest")?)?;
            Some(Attesting { digest, about: about.and_then(Digest::parse) })
        })
        .collect()
}

/// The digest of the manifest that an artifact's manifest is about, and the artifact's parts.
#[must_use]
pub fn artifact(bytes: &[u8]) -> Option<(Option<Digest>, Vec<Descriptor>)> {
    let root = parse::json::json(std::str::from_utf8(bytes).ok()?).ok()?;
    let about = root.at(&["subject", "digest"]).and_then(Node::text).and_then(Digest::parse);
    let layers = root.get("layers").or_else(|| root.get("blobs")).map_or(&[][..], Node::list);
    Some((about, layers.iter().filter_map(|node| Descriptor::of(node).ok()).collect()))
}

/// What a document turned out to be.
#[derive(Clone, Debug)]
pub enum Document {
    /// Images to choose from.
    Index(Vec<Descriptor>),
    /// One image.
    Manifest(Manifest),
}

/// One image's parts.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers, bottom first.
    pub layers: Vec<Descriptor>,
}

/// Reads an index or a manifest.
///
/// # Errors
/// When the text is neither.
pub fn document(bytes: &[u8]) -> anyhow::Result<Document> {
    let text = std::str::from_utf8(bytes).context("the manifest is not UTF-8")?;
    let root =
        parse::json::json(text).map_err(|error| anyhow::anyhow!("the manifest is no JSON: {}", error.message))?;
    if let Some(entries) = root.get("manifests") {
        let images = entries.list().iter().filter(|node| Descriptor::is_image(node));
        return Ok(Document::Index(images.map(Descriptor::of).collect::<anyhow::Result<_>>()?));
    }
    if root.get("fsLayers").is_some() {
        bail!(
            "the image has a manifest of schema version 1, which names no configuration; push it again with a current tool"
        );
    }
    let config = root.get("config").context("the document is neither an image index nor an image manifest")?;
    let layers = root.get("layers").map_or(&[][..], Node::list);
    Ok(Document::Manifest(Manifest {
        config: Descriptor::of(config)?,
        layers: layers.iter().map(Descriptor::of).collect::<anyhow::Result<_>>()?,
    }))
}

/// The entry for a platform: the only one there is, or the one that matches.
///
/// # Errors
/// When none or nothing matches; the message lists what there is.
pub fn choose<'a>(entries: &'a [Descriptor], platform: Option<&Platform>) -> anyhow::Result<&'a Descriptor> {
    if let ([only], None) = (entries, platform) {
        return Ok(only);
    }
    let wanted = platform.cloned().unwrap_or_else(Platform::host);
    let found = entries.iter().find(|entry| entry.platform.as_ref().is_some_and(|has| wanted.accepts(has)));
    if let Some(found) = found {
        return Ok(found);
    }
    // entries without a platform: the manifest's configuration says what it is for
    if let [only] = entries
        && only.platform.is_none()
    {
        return Ok(only);
    }
    let has: Vec<String> =
        entries.iter().filter_map(|entry| entry.platform.as_ref().map(Platform::to_string)).collect();
    if has.is_empty() {
        bail!("the index holds no image");
    }
    bail!("the image is not made for `{wanted}`; choose one of {} with --platform", has.join(", "))
}
