//! Writing the use of a known hosted service.

use super::address::{addresses, bare_address};
use crate::catalog::Catalog;
use crate::catalog::rows::Service;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// The component of a hosted service as used by code: one per service, whoever uses it.
pub(crate) fn calls_service(user: &ComponentId, service: &Service, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    let id = ComponentId::of("api", &service.id);
    out.component(&id, ComponentKind::Service, seen.clone());
    out.attribute(&id, key::SERVICE, &service.id, seen.clone());
    out.relation(user, RelationKind::Calls, &id, seen.clone());
    id
}

/// Addresses in a setting's value: those of known services are calls.
pub(crate) fn calls_in(
    user: &ComponentId,
    text: &str,
    catalog: &Catalog,
    file: &SourceFile,
    span: Span,
    out: &mut Facts<'_>,
) {
    if is_sentence(text) {
        return;
    }
    let mut found = addresses(text);
    let is_bare = found.is_empty();
    if is_bare {
        // `NAME=value` of a list of settings
        let value = text.split_once('=').filter(|(name, _)| is_name(name)).map_or(text, |(_, value)| value);
        found.extend(bare_address(value.trim().trim_matches(['"', '\''])));
    }
    for address in found {
        // a bare registry is the beginning of an image's name
        let is_image = |row: &Service| is_bare && is_fetched_from(row) || serves_images(&address.host, row, catalog);
        if let Some(service) = catalog.service_by_host(&address.host).filter(|row| !is_image(row)) {
            let id = calls_service(user, service, &file.at(span), out);
            if let Some(region) = region_in_host(&address.host, service, catalog) {
                out.attribute(&id, key::REGION, region, file.at(span).inferred());
            }
        }
    }
}

/// True for a line that people read: words beside the address, and nothing that programs take.
fn is_sentence(text: &str) -> bool {
    /// Words that make a sentence.
    const WORDS: usize = 4;
    if text.contains('\n') {
        return false;
    }
    let is_for_programs = |word: &&str| word.starts_with(['-', '/', '$', '{']) || word.contains(['=', '"', '|', '{']);
    let is_word = |word: &&str| {
        let word = word.trim_end_matches([',', '.', '!', ';']);
        !word.is_empty() && word.chars().all(char::is_alphabetic)
    };
    let words = || text.split_whitespace().take(200);
    words().filter(is_word).count() >= WORDS && !words().any(|word| is_for_programs(&word))
}

/// What a setting means by its name, and addresses by number in it.
pub(crate) fn setting(
    user: &ComponentId,
    name: &str,
    value: &str,
    catalog: &Catalog,
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    let name = name.trim().trim_start_matches("export ").trim();
    if value.trim().is_empty() {
        return;
    }
    for row in catalog.settings(name, value) {
        let key = if &*row.topic == "off" { key::PHONES_HOME_OFF } else { key::PHONES_HOME };
        // the name tells it; a value may hold a secret
        out.attribute(user, key, format!("`{name}` {}", row.what), seen.clone().without_excerpt());
    }
    if let Some(address) = address_by_number(value) {
        out.attribute(user, key::STATIC_ADDRESS, address, seen.clone());
    }
}

/// Settings of `gridd.conf`, wherever its text stands.
pub(crate) fn licence_settings(user: &ComponentId, text: &str, catalog: &Catalog, seen: &Seen, out: &mut Facts<'_>) {
    for (name, value) in text.lines().take(1_000).filter_map(|line| line.split_once('=')) {
        if !name.trim_start().starts_with('#') {
            setting(user, name, value, catalog, seen, out);
        }
    }
}

/// An address by number of another machine: no loopback, no wildcard, no metadata service, no version.
pub(crate) fn address_by_number(value: &str) -> Option<String> {
    let value = value.trim().trim_matches(['"', '\'']);
    let has_scheme = value.contains("://");
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = rest.split(['/', '?', ',', ' ']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    // four numbers alone may be a version
    let is_port = port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    if !has_scheme && !is_port {
        return None;
    }
    let address: std::net::Ipv4Addr = host.parse().ok()?;
    let is_machine = !(address.is_loopback() || address.is_unspecified() || address.is_link_local());
    (is_machine && !address.is_documentation() && !address.is_broadcast()).then(|| authority.to_owned())
}

/// True for the registry of a platform: what names it is an image, and no call of the platform.
fn serves_images(host: &str, service: &Service, catalog: &Catalog) -> bool {
    let is_registry = || catalog.operator_of_host(host).is_some_and(|(_, key)| &*key.kind == "registry");
    &*service.capability == "kubernetes" && is_registry()
}

/// Capabilities whose hosts are fetched from rather than called while running.
const FETCHED: [&str; 4] = ["registry", "git", "ci", "model-hub"];

/// True for registries and code hosts: build files and manifests tell better what is fetched there.
pub(crate) fn is_fetched_from(service: &Service) -> bool {
    FETCHED.contains(&&*service.capability)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The label of a host that is a region of the service's provider.
pub(crate) fn region_in_host(host: &str, service: &Service, catalog: &Catalog) -> Option<String> {
    let provider = service.provider.as_deref()?;
    host.split('.')
        .flat_map(|label| std::iter::once(label).chain(label.strip_suffix("-aiplatform")))
        .find(|label| catalog.region(provider, label).is_some_and(|region| region.code.eq_ignore_ascii_case(label)))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_no_settings() {
        assert!(is_sentence("do not use https://api.openai.com any more"));
        for setting in [
            "https://api.openai.com/v1",
            "https://a.example https://b.example",
            "exec serve with model at --url https://a.example",
            "url=https://a.example but not the one of before",
        ] {
            assert!(!is_sentence(setting), "{setting}");
        }
    }
}
