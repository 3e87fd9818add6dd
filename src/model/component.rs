//! Components: the things a system uses, each with one stable id.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::{Arc, LazyLock};

use serde::{Serialize, Serializer};

use super::host;
use crate::text::clean_line;

/// Identity of a thing. Scanners meet only through ids, so every kind has one constructor here or
/// in [`super::purl`]:
///
/// | kind | id |
/// |---|---|
/// | package, image | `pkg:cargo/serde@1.0.0`, `pkg:oci/…` (package URL) |
/// | service resource | `resource:infra/aws_s3_bucket.orders` |
/// | accelerator | `accelerator:nvidia-h100-sxm`, `accelerator:?/raw name` |
/// | model, dataset | `model:huggingface/org/name` |
/// | host | `host:registry.example` |
/// | workload | `workload:path/Deployment/namespace/name` |
/// | project | `project:services/api` |
/// | organisation | `org:id`; jurisdiction `jurisdiction:US`; region `region:aws/eu-central-1` |
#[derive(Clone, Eq, PartialOrd, Ord)]
pub struct ComponentId {
    text: Arc<str>,
    /// Of the text: ids are looked up more often than they are made, mostly far from where their text lies.
    hash: u64,
}

/// Seeded anew in every process, see [`crate::text::Lookup`].
static SEED: LazyLock<foldhash::quality::RandomState> = LazyLock::new(Default::default);

impl PartialEq for ComponentId {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && (Arc::ptr_eq(&self.text, &other.text) || self.text == other.text)
    }
}

impl std::hash::Hash for ComponentId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ComponentId").field(&self.text).finish()
    }
}

impl ComponentId {
    /// An id from its text. Control characters are escaped: ids are printed everywhere.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text: Arc<str> = Arc::from(clean_line(text).as_ref());
        Self { hash: SEED.hash_one(&*text), text }
    }

    /// `prefix:rest`.
    #[must_use]
    pub fn of(prefix: &str, rest: impl fmt::Display) -> Self {
        Self::new(&format!("{prefix}:{rest}"))
    }

    /// A buildable unit of ours: the folder that holds a manifest.
    #[must_use]
    pub fn project(folder: &crate::text::RelPath) -> Self {
        Self::of("project", folder)
    }

    /// A network host, lower-cased; of the hosts of one registry the registry.
    #[must_use]
    pub fn host(name: &str) -> Self {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        Self::of("host", host::of_registry(&name))
    }

    /// A declared infrastructure resource: folder and address such as `aws_s3_bucket.orders`.
    #[must_use]
    pub fn resource(folder: &crate::text::RelPath, address: &str) -> Self {
        if folder.is_root() {
            Self::of("resource", address)
        } else {
            Self::of("resource", format_args!("{folder}/{address}"))
        }
    }

    /// An organisation of the catalog.
    #[must_use]
    pub fn organisation(id: &str) -> Self {
        Self::of("org", id)
    }

    /// A legal order: an ISO 3166-1 alpha-2 code, or a bloc such as `EU`.
    #[must_use]
    pub fn jurisdiction(code: &str) -> Self {
        Self::of("jurisdiction", code)
    }

    /// A provider's region.
    #[must_use]
    pub fn region(provider: &str, code: &str) -> Self {
        Self::of("region", format_args!("{provider}/{code}"))
    }

    /// An accelerator product of the catalog.
    #[must_use]
    pub fn accelerator(sku: &str) -> Self {
        Self::of("accelerator", sku)
    }

    /// An accelerator known only by what a source calls it (`nvidia.com/gpu`, a device name, a PCI id).
    #[must_use]
    pub fn unknown_accelerator(raw: &str) -> Self {
        Self::of("accelerator", format_args!("?/{raw}"))
    }

    /// Hardware that is no accelerator: what it is, and how a source calls it (`network/15b3:1021`).
    #[must_use]
    pub fn device(sort: &str, name: &str) -> Self {
        Self::of("device", format_args!("{sort}/{name}"))
    }

    /// A model on a hub: `model:huggingface/org/name`.
    #[must_use]
    pub fn model(hub: &str, name: &str) -> Self {
        Self::of("model", format_args!("{hub}/{name}"))
    }

    /// A workload of a manifest.
    #[must_use]
    pub fn workload(folder: &crate::text::RelPath, kind: &str, namespace: &str, name: &str) -> Self {
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        Self::of("workload", format_args!("{folder}/{kind}/{namespace}/{name}"))
    }

    /// A source repository: host and path without scheme or `.git`.
    #[must_use]
    pub fn repository(host_and_path: &str) -> Self {
        Self::of("repository", host_and_path.trim_end_matches('/').trim_end_matches(".git"))
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of the id, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The text of the id as people read it: every `%40` is the `@` that it stands for.
    #[must_use]
    pub fn readable(&self) -> Cow<'_, str> {
        plain_signs(&self.text)
    }

    /// What follows the first `:`.
    #[must_use]
    pub fn rest(&self) -> &str {
        self.text.split_once(':').map_or(&self.text, |(_, rest)| rest)
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ComponentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The text with every `%40` as the `@` and every `%2B` as the `+` that it stands for; nearly no text has one.
fn plain_signs(text: &str) -> Cow<'_, str> {
    let Some(mut at) = memchr::memchr(b'%', text.as_bytes()) else { return Cow::Borrowed(text) };
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    loop {
        out.push_str(&rest[..at]);
        let (sign, length) = match rest.get(at..at + 3) {
            Some("%40") => ('@', 3),
            Some("%2B") => ('+', 3),
            _ => ('%', 1),
        };
        out.push(sign);
        rest = &rest[at + length..];
        match memchr::memchr(b'%', rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The part of a label that reports show: no `pkg:`, no qualifiers.
#[must_use]
pub fn component_name(label: &str) -> &str {
    let name = label.strip_prefix("pkg:").unwrap_or(label);
    // `?/name` is an accelerator whose product is not known: the mark is no query there
    name.split_once('?').map_or(name, |(before, _)| if before.is_empty() { name } else { before })
}

/// What sort of thing a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    /// A buildable unit of ours (manifest folder). Its build needs package hosts.
    Project,
    /// Something of ours that must keep running.
    Workload,
    /// A software package, of a language or an operating system.
    Package,
    /// A container image.
    Image,
    /// A declared infrastructure resource or hosted service we call.
    Service,
    /// An accelerator product.
    Accelerator,
    /// Hardware that is no accelerator: network adapter, processor, management controller, the machine's make.
    Device,
    /// A machine-learning model.
    Model,
    /// A data set.
    Dataset,
    /// A network host that serves bytes or an API.
    Host,
    /// A source repository.
    Repository,
    /// A Kubernetes cluster or other place that runs workloads.
    Cluster,
    /// A delivery controller or pipeline (Argo CD application, Flux object, CI workflow).
    Delivery,
    /// A provider's region.
    Region,
    /// A legal person or project body.
    Organisation,
    /// A legal order.
    Jurisdiction,
}

impl ComponentKind {
    /// The word used in rules, reports and the graph.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Workload => "workload",
            Self::Package => "package",
            Self::Image => "image",
            Self::Service => "service",
            Self::Accelerator => "accelerator",
            Self::Device => "device",
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Host => "host",
            Self::Repository => "repository",
            Self::Cluster => "cluster",
            Self::Delivery => "delivery",
            Self::Region => "region",
            Self::Organisation => "organisation",
            Self::Jurisdiction => "jurisdiction",
        }
    }

    /// Every kind, in order.
    pub const ALL: [Self; 16] = [
        Self::Project,
        Self::Workload,
        Self::Package,
        Self::Image,
        Self::Service,
        Self::Accelerator,
        Self::Device,
        Self::Model,
        Self::Dataset,
        Self::Host,
        Self::Repository,
        Self::Cluster,
        Self::Delivery,
        Self::Region,
        Self::Organisation,
        Self::Jurisdiction,
    ];

    /// The kind a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// True for what the user's system is made of, false for the parties and places around it.
    /// Only these are counted as components in summaries.
    #[must_use]
    pub fn is_counted(self) -> bool {
        !matches!(self, Self::Organisation | Self::Jurisdiction | Self::Region | Self::Host)
    }
}
