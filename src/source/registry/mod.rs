//! Registries: with [`super::download`] the one module that opens a socket, and only when an image reference was given.
//!
//! The client library is asynchronous; everything here blocks on a runtime of its own, and layers reach
//! the reader through a bounded pipe. The library reads manifests whole, so their size can only be
//! judged afterwards. No credential helper is run unless that was allowed.

mod client;
mod credentials;
mod problem;
mod transfer;

use anyhow::{Context as _, bail, ensure};
use oci_distribution::errors::OciDistributionError;
use oci_distribution::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use oci_distribution::secrets::RegistryAuth;
use oci_distribution::{Client, Reference};
use tokio::runtime::Runtime;

use super::Limits;
use super::archive::Digest;
use super::image::{EachLayer, ImageOptions, LayerSource, Location, Retries, Store, parallel};
use super::image_manifest::Descriptor;
use crate::model::purl::ImageReference;
use client::Trust;
use credentials::Found;
use problem::{Sort, sort_of};
use transfer::{Piped, document};

pub(super) use client::{is_loopback, prepare_tls};
pub(super) use problem::innermost;

/// Layers of an image that are fetched at a time, at least.
const DOWNLOADS: usize = 4;
const ACCEPTED: [&str; 4] =
    [OCI_IMAGE_INDEX_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE];

/// One image of a registry.
pub(super) struct Registry {
    runtime: Runtime,
    wanted: ImageReference,
    limits: Limits,
    retries: Retries,
    /// Where it may be had: mirrors, then the registry itself. Left as it is once the first manifest came from one.
    sources: Vec<Source>,
    /// The one that had it.
    source: usize,
}

/// One place that may have the image.
struct Source {
    /// As a person reads it.
    name: String,
    client: Client,
    auth: RegistryAuth,
    /// True when a user and password were found for it.
    is_logged_in: bool,
    /// Set when a credential helper would have been asked.
    helper: Option<String>,
    reference: Reference,
    /// True when it may be spoken to without proof of who it is.
    may_claim: bool,
}

impl Source {
    fn at_digest(&self, digest: &str) -> Reference {
        self.reference.clone_with_digest(digest.to_owned())
    }
}

impl Registry {
    /// Prepares everything that needs no network.
    pub(super) fn connect(wanted: &ImageReference, limits: &Limits, options: &ImageOptions) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let mut sources = Vec::new();
        for mirror in options.mirrors.iter().filter(|mirror| mirror.registry == wanted.registry) {
            let repository = match &mirror.folder {
                Some(folder) => format!("{folder}/{}", wanted.repository),
                None => wanted.repository.clone(),
            };
            sources.push(source(&mirror.host, &repository, wanted, options)?);
        }
        sources.push(source(&wanted.registry, &wanted.repository, wanted, options)?);
        Ok(Self { runtime, wanted: wanted.clone(), limits: *limits, retries: options.retries, sources, source: 0 })
    }

    /// The manifest or index that the reference stands for, of the first source that has it.
    pub(super) fn first_manifest(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut passed: Vec<String> = Vec::new();
        for at in 0..self.sources.len() {
            self.source = at;
            match self.pull_first() {
                Ok(bytes) => return self.checked(bytes),
                Err(error) if at + 1 < self.sources.len() => passed.push(format!("{error:#}")),
                Err(error) if passed.is_empty() => return Err(error),
                Err(error) => return Err(error.context(format!("no mirror has it either: {}", passed.join("; ")))),
            }
        }
        bail!("there is no registry to ask")
    }

    /// As [`Self::pull_manifest`], of the source's own reference. One that may be spoken to in the clear and gives no sense is
    /// asked with encryption.
    fn pull_first(&mut self) -> anyhow::Result<Vec<u8>> {
        let reference = self.source().reference.clone();
        let mut pulled = self.ask_manifest(&reference);
        let is_odd = matches!(&pulled, Err(error) if matches!(sort_of(error), Sort::Other(_)));
        if is_odd && self.source().may_claim {
            let encrypted = client::client(&reference, Trust::Claimed)?;
            let plain = std::mem::replace(&mut self.sources[self.source].client, encrypted);
            match self.ask_manifest(&reference) {
                Err(error) if matches!(sort_of(&error), Sort::Tls(_) | Sort::Other(_) | Sort::Unreachable(_)) => {
                    self.sources[self.source].client = plain;
                }
                answer => pulled = answer,
            }
        }
        self.judged(pulled)
    }

    fn checked(&self, bytes: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        if let Some(text) = &self.wanted.digest {
            let digest = Digest::parse(text).with_context(|| format!("`{text}` is no sha256 or sha512 digest"))?;
            ensure!(
                digest.matches(&bytes),
                "the registry answers `{digest}` with other content; it is damaged or forged"
            );
        }
        Ok(bytes)
    }

    fn source(&self) -> &Source {
        &self.sources[self.source]
    }

    fn pull_manifest(&self, reference: &Reference) -> anyhow::Result<Vec<u8>> {
        self.judged(self.ask_manifest(reference))
    }

    fn ask_manifest(&self, reference: &Reference) -> Result<Vec<u8>, OciDistributionError> {
        let source = self.source();
        let pull = async || {
            let (bytes, _) = source.client.pull_manifest_raw(reference, &source.auth, &ACCEPTED).await?;
            Ok(bytes)
        };
        self.runtime.block_on(transfer::patiently(self.retries, pull)).map(|bytes| bytes.to_vec())
    }

    fn judged(&self, pulled: Result<Vec<u8>, OciDistributionError>) -> anyhow::Result<Vec<u8>> {
        let bytes = pulled.map_err(|error| self.explain(error))?;
        let (size, limit) = (bytes.len() as u64, self.limits.manifest_bytes);
        ensure!(size <= limit, "the manifest has {size} bytes, the limit is {limit}");
        Ok(bytes)
    }

    /// What an error of the client means and what to do.
    fn explain(&self, error: OciDistributionError) -> anyhow::Error {
        let source = self.source();
        let (registry, image) = (&source.name, self.wanted.full_name());
        match sort_of(&error) {
            Sort::Unauthorised => match &source.helper {
                Some(helper) => anyhow::anyhow!(
                    "registry `{registry}` refuses access to `{image}`, and your configuration names the credential \
                     helper `{helper}` for it, which is only run with --trust-credential-helpers"
                ),
                None if source.is_logged_in => anyhow::anyhow!(
                    "registry `{registry}` refuses the log-in that was found for it, or it may not read `{image}`: log in \
                     anew with `docker login {registry}` (some registries answer so when the image does not exist)"
                ),
                None => anyhow::anyhow!(
                    "registry `{registry}` refuses access to `{image}`: no log-in was found for it; log in with `docker login {registry}` and try \
                     again (some registries answer so when the image does not exist)"
                ),
            },
            Sort::NotFound => anyhow::anyhow!("`{image}` was not found; check name, tag and digest"),
            Sort::RateLimited => anyhow::anyhow!(
                "registry `{registry}` limits the rate of requests: wait, or log in with `docker login {registry}` for a higher limit"
            ),
            Sort::Tls(reason) => anyhow::anyhow!(
                "no trusted TLS connection to `{registry}`: {reason}; if it speaks plain HTTP or \
                 has a certificate that nobody here trusts, name it with --insecure-registry"
            ),
            Sort::Unreachable(reason) => {
                anyhow::anyhow!("registry `{registry}` cannot be reached: {reason}; check the name and the network")
            }
            Sort::Other(reason) => anyhow::anyhow!("registry `{registry}` failed on `{image}`: {reason}"),
        }
    }
}

impl Store for Registry {
    fn document(&self, location: &Location, limit: u64) -> anyhow::Result<Vec<u8>> {
        let Location::Blob(digest) = location else { bail!("a registry has no paths") };
        let source = self.source();
        let pull = async || {
            source.client.store_auth_if_needed(source.reference.resolve_registry(), &source.auth).await;
            document(&source.client, &source.reference, &digest.to_string(), limit).await
        };
        self.runtime.block_on(transfer::patiently(self.retries, pull)).map_err(|error| self.explain(error))
    }

    fn manifest(&self, digest: &Digest, _: u64) -> anyhow::Result<Vec<u8>> {
        self.pull_manifest(&self.source().at_digest(&digest.to_string()))
    }

    fn layers(&self, layers: &[LayerSource], threads: usize, each: &EachLayer<'_>) -> anyhow::Result<()> {
        let threads = if threads > 1 { threads.max(DOWNLOADS) } else { 1 };
        parallel(layers.len(), threads, |position| {
            let Location::Blob(digest) = &layers[position].location else { bail!("a registry has no paths") };
            let (source, text) = (self.source(), digest.to_string());
            self.runtime
                .block_on(source.client.store_auth_if_needed(source.reference.resolve_registry(), &source.auth));
            let mut pipe = Piped::start(&self.runtime, &source.client, &source.reference, text, self.retries);
            let read = each(position, &mut pipe);
            match (pipe.finish(&self.runtime)?, read) {
                (Ok(()), read) => read,
                // our own words for what both sides noticed: wrong content, or a reader that gave up
                (Err(OciDistributionError::DigestError(_) | OciDistributionError::IoError(_)), Err(error)) => {
                    Err(error)
                }
                (Err(error), _) => Err(self.explain(error).context(format!("layer `{digest}`"))),
            }
        })
    }

    fn referrers(&self, digest: &Digest) -> anyhow::Result<Vec<Descriptor>> {
        let source = self.source();
        let reference = source.at_digest(&digest.to_string());
        let index = self.runtime.block_on(source.client.pull_referrers(&reference, None));
        let index = index.map_err(|error| self.explain(error))?;
        Ok(index
            .manifests
            .iter()
            .filter_map(|entry| Descriptor::of_artifact(&entry.digest, entry.artifact_type.as_deref()))
            .collect())
    }
}

fn source(host: &str, repository: &str, wanted: &ImageReference, options: &ImageOptions) -> anyhow::Result<Source> {
    let reference = reference(host, repository, wanted);
    let (auth, helper) = match credentials::of(host, repository, options.credential_helpers)? {
        Found::Login(user, password) => (RegistryAuth::Basic(user, password), None),
        Found::Helper(name) => (RegistryAuth::Anonymous, Some(name)),
        Found::Nothing => (RegistryAuth::Anonymous, None),
    };
    let is_logged_in = matches!(auth, RegistryAuth::Basic(..));
    let name = host.split(':').next().unwrap_or(host);
    let insecure = is_loopback(name) || options.insecure_registries.iter().any(|other| other == host || other == name);
    let client = client::client(&reference, if insecure { Trust::Plain } else { Trust::Proven })?;
    Ok(Source { name: host.to_owned(), client, auth, is_logged_in, helper, reference, may_claim: insecure })
}

fn reference(host: &str, repository: &str, wanted: &ImageReference) -> Reference {
    let (host, repository) = (host.to_owned(), repository.to_owned());
    match &wanted.digest {
        Some(digest) => Reference::with_digest(host, repository, digest.clone()),
        None => Reference::with_tag(host, repository, wanted.tag.clone().unwrap_or_else(|| "latest".to_owned())),
    }
}
