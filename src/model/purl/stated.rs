//! Package URLs as files state them: read leniently, given back in canonical form.

use std::collections::BTreeMap;

use packageurl::PackageUrl;

use super::{ImageReference, fallback, normalise_name};
use crate::model::ComponentId;
use crate::text::without_secrets;

/// A package URL that a file states, in its parts, which are decoded and as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purl {
    /// Type, in lower case: `npm`, `deb`.
    pub kind: String,
    /// Namespace, if any.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Version, if any.
    pub version: Option<String>,
    /// Qualifiers without those that say what holds anyway.
    pub qualifiers: BTreeMap<String, String>,
    /// Path inside of the package, if any.
    pub subpath: Option<String>,
    /// What the specification does not allow in it; it can be read nevertheless.
    pub fault: Option<String>,
}

/// Qualifiers that say what holds without them: they would make two of one package.
const IMPLIED: [(&str, &str, &str); 2] = [("maven", "type", "jar"), ("golang", "type", "module")];

/// Reads a package URL.
///
/// # Errors
/// What is wrong, when no type or no name can be read.
pub fn parse(text: &str) -> Result<Purl, String> {
    let text = text.trim();
    let fault = text.parse::<PackageUrl<'_>>().err().map(|error| error.to_string());
    let wrong = || fault.clone().unwrap_or_else(|| "no type or no name".to_owned());
    let rest = text.strip_prefix("pkg:").ok_or_else(wrong)?.trim_start_matches('/');
    let (rest, subpath) = rest.rsplit_once('#').map_or((rest, None), |(rest, path)| (rest, Some(path)));
    // the first: a query of an address that is not encoded belongs to the qualifiers
    let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (rest, version) = match rest.rsplit_once('@') {
        // an npm scope that is not encoded
        Some((before, version)) if !version.contains('/') && !before.ends_with('/') => (before, Some(version)),
        _ => (rest, None),
    };
    let (kind, rest) = rest.split_once('/').ok_or_else(wrong)?;
    let rest = rest.trim_matches('/');
    let (namespace, name) = rest.rsplit_once('/').map_or((None, rest), |(before, name)| (Some(before), name));
    let is_type = |kind: &str| kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'));
    if name.is_empty() || kind.is_empty() || !is_type(kind) {
        return Err(wrong());
    }
    let kind = kind.to_ascii_lowercase();
    let stated = qualifiers.split('&').filter_map(|pair| pair.split_once('=')).filter(|(_, value)| !value.is_empty());
    let qualifiers = stated
        .map(|(key, value)| (key.to_ascii_lowercase(), decoded(value)))
        // ids are told everywhere: they never hold a password
        .map(|(key, value)| if key.ends_with("_url") { (key, public(&value)) } else { (key, value) })
        .filter(|(key, value)| !IMPLIED.contains(&(kind.as_str(), key, value)))
        .collect();
    let some = |text: Option<&str>| text.map(decoded).filter(|text| !text.is_empty());
    Ok(Purl {
        namespace: some(namespace.map(|text| text.trim_matches('/'))),
        name: decoded(name),
        version: some(version),
        qualifiers,
        subpath: some(subpath.map(|text| text.trim_matches('/'))),
        fault,
        kind,
    })
}

/// The address of a qualifier without user and password; those of registries have no scheme.
fn public(address: &str) -> String {
    let end = address.find(['/', '?', '#']).unwrap_or(address.len());
    match address[..end].rsplit_once('@') {
        Some((user, _)) if user.contains(':') => address[user.len() + 1..].to_owned(),
        _ => without_secrets(address),
    }
}

impl Purl {
    /// The canonical id.
    #[must_use]
    pub fn id(&self) -> ComponentId {
        let normal = normalise_name(&self.kind, &self.name);
        let made = (|| {
            let mut purl = PackageUrl::new(self.kind.as_str(), normal.as_str()).ok()?;
            if let Some(namespace) = &self.namespace {
                purl.with_namespace(namespace).ok()?;
            }
            if let Some(version) = &self.version {
                purl.with_version(version).ok()?;
            }
            for (key, value) in &self.qualifiers {
                purl.add_qualifier(key, value).ok()?;
            }
            if let Some(subpath) = &self.subpath {
                purl.with_subpath(subpath).ok()?;
            }
            Some(purl.to_string())
        })();
        let made = made
            .unwrap_or_else(|| fallback(&self.kind, self.namespace.as_deref(), &self.name, self.version.as_deref()));
        ComponentId::new(&made)
    }

    /// The name as the ecosystem writes it, as `purl::of` takes it. For packages of distributions, and where the
    /// namespace says no more than where something is from, the bare name.
    #[must_use]
    pub fn full_name(&self) -> String {
        let Some(namespace) = &self.namespace else { return self.name.clone() };
        match self.kind.as_str() {
            "maven" => format!("{namespace}:{}", self.name),
            "deb" | "rpm" | "apk" | "alpm" | "generic" | "conan" | "cocoapods" | "swid" => self.name.clone(),
            _ => format!("{namespace}/{}", self.name),
        }
    }

    /// The image that a purl of type `oci` or `docker` names; `None` when it does not say from where.
    #[must_use]
    pub fn image(&self) -> Option<ImageReference> {
        let url = self.qualifiers.get("repository_url").map(|url| url.trim_start_matches("https://"));
        let path = match (&*self.kind, url, &self.namespace) {
            ("oci", url, _) => url?.trim_end_matches('/').to_owned(),
            ("docker", url, namespace) => {
                let parts = [url, namespace.as_deref(), Some(&self.name)];
                parts.into_iter().flatten().collect::<Vec<_>>().join("/")
            }
            _ => return None,
        };
        let mut reference = ImageReference::parse(&path)?;
        let version = self.version.clone();
        let (digest, tag) = match version {
            Some(text) if text.contains(':') => (Some(text), None),
            other => (None, other),
        };
        reference.digest = digest;
        reference.tag = tag.or_else(|| self.qualifiers.get("tag").cloned()).filter(|tag| !tag.contains(','));
        Some(reference)
    }
}

/// A part of a purl with its percent signs resolved; what is none stays.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
