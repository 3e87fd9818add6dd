//! Registries: the one module that opens a socket, and only when an image reference was given.
//!
//! The client library is asynchronous; everything here blocks on a runtime of its own, and layers reach
//! the reader through a bounded pipe. The library reads manifests whole, so their size can only be
//! judged afterwards. No credential helper is run unless that was allowed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_distribution::client::{ClientConfig, ClientProtocol};
use oci_distribution::errors::{OciDistributionError, OciErrorCode};
use oci_distribution::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
    OciDescriptor,
};
use oci_distribution::secrets::RegistryAuth;
use oci_distribution::{Client, Reference};
use tokio::io::AsyncWrite;
use tokio::runtime::Runtime;

use super::Limits;
use super::archive::{Digest, LimitReached};
use super::image::{EachLayer, ImageOptions, LayerSource, Location, Store, parallel};
use crate::model::purl::ImageReference;
use crate::text::{clean_line, shorten};

const CONNECT: Duration = Duration::from_secs(30);
/// Silence of a registry after which it is given up.
const SILENCE: Duration = Duration::from_secs(60);
/// Layers of an image that are fetched at a time, at least.
const DOWNLOADS: usize = 4;
/// Chunks of a layer that wait for the reader.
const CHUNKS: usize = 16;
const ACCEPTED: [&str; 4] =
    [OCI_IMAGE_INDEX_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE];

/// One image of a registry.
pub(super) struct Registry {
    runtime: Runtime,
    client: Client,
    auth: RegistryAuth,
    reference: Reference,
    wanted: ImageReference,
    limits: Limits,
}

impl Registry {
    /// Prepares everything that needs no network.
    pub(super) fn connect(wanted: &ImageReference, limits: &Limits, options: &ImageOptions) -> anyhow::Result<Self> {
        let reference = reference(wanted, wanted.digest.as_deref());
        let auth = credentials(&wanted.registry, options.credential_helpers)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let insecure = is_loopback(wanted.host())
            || options.insecure_registries.iter().any(|name| *name == wanted.registry || name == wanted.host());
        let client = client(&reference, insecure)?;
        Ok(Self { runtime, client, auth, reference, wanted: wanted.clone(), limits: *limits })
    }

    /// The manifest or index that the reference stands for.
    pub(super) fn first_manifest(&self) -> anyhow::Result<Vec<u8>> {
        let bytes = self.pull_manifest(&self.reference)?;
        if let Some(text) = &self.wanted.digest {
            let digest = Digest::parse(text).with_context(|| format!("`{text}` is no sha256 or sha512 digest"))?;
            ensure!(
                digest.matches(&bytes),
                "the registry answers `{digest}` with other content; it is damaged or forged"
            );
        }
        Ok(bytes)
    }

    fn pull_manifest(&self, reference: &Reference) -> anyhow::Result<Vec<u8>> {
        let pulled = self.runtime.block_on(self.client.pull_manifest_raw(reference, &self.auth, &ACCEPTED));
        let (bytes, _) = pulled.map_err(|error| self.explain(error))?;
        let (size, limit) = (bytes.len() as u64, self.limits.manifest_bytes);
        ensure!(size <= limit, "the manifest has {size} bytes, the limit is {limit}");
        Ok(bytes.to_vec())
    }

    /// What an error of the client means and what to do.
    fn explain(&self, error: OciDistributionError) -> anyhow::Error {
        let (registry, image) = (&self.wanted.registry, self.wanted.full_name());
        match sort_of(&error) {
            Sort::Unauthorised => anyhow::anyhow!(
                "registry `{registry}` refuses access to `{image}`: log in with `docker login {registry}` and try again \
                 (some registries answer so when the image does not exist)"
            ),
            Sort::NotFound => anyhow::anyhow!("`{image}` was not found; check name, tag and digest"),
            Sort::RateLimited => anyhow::anyhow!(
                "registry `{registry}` limits the rate of requests: wait, or log in with `docker login {registry}` for a higher limit"
            ),
            Sort::Tls(reason) => anyhow::anyhow!(
                "no trusted TLS connection to `{registry}`: {reason}; if it speaks plain HTTP, name it with --insecure-registry"
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
        let mut bytes = Bounded { bytes: Vec::new(), limit };
        let descriptor = OciDescriptor { digest: digest.to_string(), ..OciDescriptor::default() };
        let (client, reference) = (&self.client, &self.reference);
        let pulled = self.runtime.block_on(async {
            client.store_auth_if_needed(reference.resolve_registry(), &self.auth).await;
            client.pull_blob(reference, &descriptor, &mut bytes).await
        });
        pulled.map_err(|error| self.explain(error))?;
        Ok(bytes.bytes)
    }

    fn manifest(&self, digest: &Digest, _: u64) -> anyhow::Result<Vec<u8>> {
        let reference = reference(&self.wanted, Some(&digest.to_string()));
        self.pull_manifest(&reference)
    }

    fn layers(&self, layers: &[LayerSource], threads: usize, each: &EachLayer<'_>) -> anyhow::Result<()> {
        parallel(layers.len(), threads.max(DOWNLOADS), |position| {
            let layer = &layers[position];
            let Location::Blob(digest) = &layer.location else { bail!("a registry has no paths") };
            let descriptor = OciDescriptor { digest: digest.to_string(), ..OciDescriptor::default() };
            let (sender, receiver) = sync_channel(CHUNKS);
            let (client, reference) = (self.client.clone(), self.reference.clone());
            let download = self
                .runtime
                .spawn(async move { client.pull_blob(&reference, &descriptor, PipeWriter { sender }).await });
            let mut reader = PipeReader { receiver, chunk: Vec::new(), position: 0 };
            let read = each(position, &mut reader);
            drop(reader);
            let download = self.runtime.block_on(download).context("the download of a layer was broken off")?;
            match (download, read) {
                (Ok(()), read) => read?,
                // our own words for what both sides noticed: wrong content, or a reader that gave up
                (Err(OciDistributionError::DigestError(_) | OciDistributionError::IoError(_)), Err(error)) => {
                    return Err(error);
                }
                (Err(error), _) => return Err(self.explain(error).context(format!("layer `{digest}`"))),
            }
            Ok(())
        })
    }
}

fn reference(wanted: &ImageReference, digest: Option<&str>) -> Reference {
    let (registry, repository) = (wanted.registry.clone(), wanted.repository.clone());
    match digest {
        Some(digest) => Reference::with_digest(registry, repository, digest.to_owned()),
        None => Reference::with_tag(registry, repository, wanted.tag.clone().unwrap_or_else(|| "latest".to_owned())),
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Chooses the cryptography, and says what is missing for any trusted connection.
pub(super) fn prepare_tls() -> anyhow::Result<()> {
    // an error only says that a provider is there already
    let _ = rustls::crypto::ring::default_provider().install_default();
    // the client library panics on a machine without certificates, even for plain HTTP
    ensure!(
        has_certificates(),
        "this machine has no CA certificates, so nobody can be trusted: install the package `ca-certificates` or name a \
         bundle in the variable SSL_CERT_FILE"
    );
    Ok(())
}

fn client(reference: &Reference, insecure: bool) -> anyhow::Result<Client> {
    prepare_tls()?;
    let protocol = if insecure {
        ClientProtocol::HttpsExcept(vec![reference.resolve_registry().to_owned()])
    } else {
        ClientProtocol::Https
    };
    let config = ClientConfig {
        protocol,
        connect_timeout: Some(CONNECT),
        read_timeout: Some(SILENCE),
        user_agent: concat!("sovaudit/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|error| anyhow::anyhow!("the registry client cannot start: {}", chain(&error)))
}

/// True when the places hold certificates that TLS libraries look at. Other systems than Linux keep
/// theirs elsewhere and always have some.
fn has_certificates() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let is_filled = |path: &Path| std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() > 0);
    let has_entry = |path: &Path| std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    let file = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let folder = std::env::var_os("SSL_CERT_DIR").map(PathBuf::from);
    if file.is_some() || folder.is_some() {
        return file.is_some_and(|path| is_filled(&path)) || folder.is_some_and(|path| has_entry(&path));
    }
    let files = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/ssl/cert.pem",
        "/opt/etc/ssl/certs/ca-certificates.crt",
    ];
    files.iter().any(|path| is_filled(Path::new(path)))
        || ["/etc/ssl/certs", "/etc/pki/tls/certs"].iter().any(|path| has_entry(Path::new(path)))
}

/// What the Docker configuration knows for a registry. A helper it names is only run when allowed; without
/// the permission it is as if none were named.
fn credentials(registry: &str, helpers: bool) -> anyhow::Result<RegistryAuth> {
    let folder = std::env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".docker")));
    let Some(path) = folder.map(|folder| folder.join("config.json")) else { return Ok(RegistryAuth::Anonymous) };
    let Ok(text) = std::fs::read(&path) else { return Ok(RegistryAuth::Anonymous) };
    credentials_in(&text, registry, helpers).with_context(|| format!("Docker configuration `{}`", path.display()))
}

fn credentials_in(text: &[u8], registry: &str, helpers: bool) -> anyhow::Result<RegistryAuth> {
    let mut config: serde_json::Value = serde_json::from_slice(text).context("it is no valid JSON")?;
    if !helpers && let Some(config) = config.as_object_mut() {
        config.remove("credsStore");
        config.remove("credHelpers");
    }
    let text = config.to_string();
    let key = if registry == "docker.io" { "https://index.docker.io/v1/" } else { registry };
    match docker_credential::get_credential_from_reader(text.as_bytes(), key) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(RegistryAuth::Basic(user, password)),
        // an identity token is the password of the user `<token>` by convention
        Ok(DockerCredential::IdentityToken(token)) => Ok(RegistryAuth::Basic("<token>".to_owned(), token)),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        // the error's own text may repeat what a helper printed
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            bail!("the credential helper `{helper}` failed for `{registry}`; run `docker login {registry}` again")
        }
        Err(error) => bail!("the credentials of `{registry}` cannot be used: {error}"),
    }
}

enum Sort {
    Unauthorised,
    NotFound,
    RateLimited,
    Tls(String),
    Unreachable(String),
    Other(String),
}

fn sort_of(error: &OciDistributionError) -> Sort {
    match error {
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            Sort::Unauthorised
        }
        OciDistributionError::ImageManifestNotFoundError(_) => Sort::NotFound,
        OciDistributionError::ServerError { code, message, .. } => match code {
            401 | 403 => Sort::Unauthorised,
            404 => Sort::NotFound,
            429 => Sort::RateLimited,
            _ => Sort::Other(format!("status {code} {}", shorten(&clean_line(message), 200))),
        },
        OciDistributionError::RegistryError { envelope, .. } => {
            let first = envelope.errors.first();
            match first.map(|error| &error.code) {
                Some(OciErrorCode::Unauthorized | OciErrorCode::Denied) => Sort::Unauthorised,
                Some(
                    OciErrorCode::ManifestUnknown
                    | OciErrorCode::NameUnknown
                    | OciErrorCode::NotFound
                    | OciErrorCode::BlobUnknown
                    | OciErrorCode::ManifestBlobUnknown,
                ) => Sort::NotFound,
                Some(OciErrorCode::Toomanyrequests) => Sort::RateLimited,
                _ => Sort::Other(shorten(&clean_line(&envelope.to_string()), 200).into_owned()),
            }
        }
        OciDistributionError::RequestError(request) => {
            let chain = chain(request);
            let lower = chain.to_ascii_lowercase();
            if ["certificate", "tls", "handshake", "invalidcontenttype", "corrupt message"]
                .iter()
                .any(|word| lower.contains(word))
            {
                Sort::Tls(innermost(request))
            } else if request.is_connect() || request.is_timeout() {
                Sort::Unreachable(innermost(request))
            } else {
                Sort::Other(shorten(&clean_line(&chain), 300).into_owned())
            }
        }
        other => Sort::Other(shorten(&clean_line(&other.to_string()), 300).into_owned()),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        words.push_str(": ");
        words.push_str(&error.to_string());
        next = error.source();
    }
    words
}

pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    shorten(&clean_line(&last.to_string()), 200).into_owned()
}

/// Collects a small document.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>, chunk: &[u8]) -> Poll<io::Result<usize>> {
        if (self.bytes.len() + chunk.len()) as u64 > self.limit {
            let message = format!("the document has more than {} bytes", self.limit);
            return Poll::Ready(Err(LimitReached::error(message)));
        }
        self.bytes.extend_from_slice(chunk);
        Poll::Ready(Ok(chunk.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The download's end of the pipe. Waits while the reader is behind; other tasks move to another thread.
struct PipeWriter {
    sender: SyncSender<Vec<u8>>,
}

impl AsyncWrite for PipeWriter {
    fn poll_write(self: Pin<&mut Self>, _: &mut TaskContext<'_>, chunk: &[u8]) -> Poll<io::Result<usize>> {
        let sent = tokio::task::block_in_place(|| self.sender.send(chunk.to_vec()));
        Poll::Ready(sent.map(|()| chunk.len()).map_err(|_| io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The reader's end of the pipe; ends when the download ends, for whatever reason.
struct PipeReader {
    receiver: Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    position: usize,
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.chunk.len() {
            match self.receiver.recv() {
                Ok(chunk) => (self.chunk, self.position) = (chunk, 0),
                Err(_) => return Ok(0),
            }
        }
        let count = buffer.len().min(self.chunk.len() - self.position);
        buffer[..count].copy_from_slice(&self.chunk[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_helpers_run_only_when_allowed() {
        // "user:secret"
        let config = br#"{
            "credsStore": "sovaudit-test-missing", "credHelpers": { "a.example": "sovaudit-test-missing" },
            "auths": { "a.example": { "auth": "dXNlcjpzZWNyZXQ=" }, "https://index.docker.io/v1/": { "auth": "dXNlcjpodWI=" } }
        }"#;
        let basic = |password: &str| RegistryAuth::Basic("user".to_owned(), password.to_owned());
        let found = |registry: &str| credentials_in(config, registry, false).expect("no helper is needed");
        assert_eq!(found("a.example"), basic("secret"));
        assert_eq!(found("docker.io"), basic("hub"));
        assert_eq!(found("b.example"), RegistryAuth::Anonymous);
        // the helper does not exist, so trying to run it is an error
        assert!(credentials_in(config, "a.example", true).is_err());
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        assert!(is_loopback("localhost") && is_loopback("127.0.0.1"));
        assert!(!is_loopback("10.0.0.1") && !is_loopback("localhost.example") && !is_loopback("registry.example"));
    }
}
