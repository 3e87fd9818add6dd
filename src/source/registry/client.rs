//! The client of the library, and whom it trusts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use oci_distribution::client::{ClientConfig, ClientProtocol};
use oci_distribution::{Client, Reference};

use super::problem::chain;

const CONNECT: Duration = Duration::from_secs(30);
/// Silence of a registry after which it is given up.
const SILENCE: Duration = Duration::from_secs(60);

pub(in crate::source) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Chooses the cryptography, and says what is missing for any trusted connection.
pub(in crate::source) fn prepare_tls() -> anyhow::Result<()> {
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

/// How a registry is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Encrypted, and it must prove who it is.
    Proven,
    /// Without encryption.
    Plain,
    /// Encrypted, whoever it says it is: a registry of a lab with a certificate that nobody has signed.
    Claimed,
}

/// A client for one registry. Proxies are those of the usual variables (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
pub(super) fn client(reference: &Reference, trust: Trust) -> anyhow::Result<Client> {
    prepare_tls()?;
    let protocol = match trust {
        Trust::Plain => ClientProtocol::HttpsExcept(vec![reference.resolve_registry().to_owned()]),
        Trust::Proven | Trust::Claimed => ClientProtocol::Https,
    };
    let config = ClientConfig {
        protocol,
        accept_invalid_certificates: trust == Trust::Claimed,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        assert!(is_loopback("localhost") && is_loopback("127.0.0.1"));
        assert!(!is_loopback("10.0.0.1") && !is_loopback("localhost.example") && !is_loopback("registry.example"));
    }
}
