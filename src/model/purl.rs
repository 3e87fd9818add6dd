//! Package URLs: the ids of packages and images, in canonical form.
//!
//! Normalisation per type (PyPI names, case of hosts and paths) is done by the `packageurl` crate
//! and, where the specification asks for more, here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use packageurl::PackageUrl;

use super::ComponentId;
use crate::text::without_secrets;

/// `pkg:type/namespace/name@version`. A name or type the specification refuses falls back to a
/// percent-encoded generic purl, so that nothing read is lost.
#[must_use]
pub fn package(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> ComponentId {
    build(kind, namespace, name, version, &[])
}

/// As [`package`], with qualifiers in the given order (the crate sorts them).
#[must_use]
pub fn build(
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    version: Option<&str>,
    qualifiers: &[(&str, &str)],
) -> ComponentId {
    if qualifiers.is_empty()
        && let Some(plain) = plain(kind, namespace, name, version)
    {
        return ComponentId::new(&plain);
    }
    let normal = normalise_name(kind, name);
    let made = (|| {
        let mut purl = PackageUrl::new(kind, normal.as_str()).ok()?;
        if let Some(namespace) = namespace.filter(|text| !text.is_empty()) {
            purl.with_namespace(namespace).ok()?;
        }
        if let Some(version) = version.filter(|text| !text.is_empty()) {
            purl.with_version(version).ok()?;
        }
        for (key, value) in qualifiers {
            purl.add_qualifier(*key, *value).ok()?;
        }
        Some(purl.to_string())
    })();
    ComponentId::new(&made.unwrap_or_else(|| fallback(kind, namespace, name, version)))
}

/// The purl of a name that no type normalises and nothing in it is encoded, which are nearly all: put together
/// without the crate, because lock files hold tens of thousands.
fn plain(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> Option<String> {
    let part = |text: &str| {
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        text.bytes().all(sound) && text.starts_with(|c: char| c.is_ascii_lowercase())
    };
    let exact = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let namespace = namespace.filter(|text| !text.is_empty());
    let version = version.filter(|text| !text.is_empty());
    let scope = namespace.map(|text| text.strip_prefix('@').unwrap_or(text));
    if kind != "npm" || !part(name) || !scope.is_none_or(part) || !version.is_none_or(|text| text.bytes().all(exact)) {
        return None;
    }
    let mut out = String::with_capacity(64);
    out.push_str("pkg:npm/");
    if let (Some(namespace), Some(scope)) = (namespace, scope) {
        out.push_str(if namespace.len() > scope.len() { "%40" } else { "" });
        out.push_str(scope);
        out.push('/');
    }
    out.push_str(name);
    if let Some(version) = version {
        out.push('@');
        out.push_str(version);
    }
    Some(out)
}

/// PEP 503 for PyPI: lower case, runs of `-`, `_`, `.` become one `-`.
fn normalise_name(kind: &str, name: &str) -> String {
    if kind != "pypi" {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

fn fallback(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> String {
    let mut out = String::from("pkg:generic/");
    for part in [Some(kind), namespace, Some(name)].into_iter().flatten() {
        encode(part, &mut out);
        out.push('/');
    }
    out.pop();
    if let Some(version) = version {
        out.push('@');
        encode(version, &mut out);
    }
    out
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
}

/// Splits an npm name into scope and name: `@huawei/x` is (`@huawei`, `x`).
#[must_use]
pub fn npm_parts(name: &str) -> (Option<&str>, &str) {
    match name.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((scope, base)) => (Some(&name[..=scope.len()]), base),
        None => (None, name),
    }
}

/// An npm package.
#[must_use]
pub fn npm(name: &str, version: Option<&str>) -> ComponentId {
    let (scope, base) = npm_parts(name);
    package("npm", scope, base, version)
}

/// A Go module: the path's last element is the name, the rest the namespace.
#[must_use]
pub fn golang(module: &str, version: Option<&str>) -> ComponentId {
    match module.rsplit_once('/') {
        Some((namespace, name)) => package("golang", Some(namespace), name, version),
        None => package("golang", None, module, version),
    }
}

/// A package as its ecosystem names it, namespace included: npm `@scope/name`, Go `host/owner/name`, Maven
/// `group:artifact`, Composer `vendor/name`, Swift and Carthage
/// `host/owner/name`, CocoaPods `Pod/Subspec`.
#[must_use]
pub fn of(ecosystem: &str, name: &str, version: Option<&str>) -> ComponentId {
    match ecosystem {
        "npm" | "jsr" => {
            let (scope, base) = npm_parts(name);
            package(ecosystem, scope, base, version)
        }
        "golang" => golang(name, version),
        "maven" => match name.split_once(':') {
            Some((group, artifact)) => package("maven", Some(group), artifact, version),
            None => package("maven", None, name, version),
        },
        "composer" | "swift" | "hex" | "conan" | "github" | "gitlab" | "bitbucket" | "gitee" | "generic" => {
            match name.rsplit_once('/') {
                Some((namespace, name)) => package(ecosystem, Some(namespace), name, version),
                None => package(ecosystem, None, name, version),
            }
        }
        "cocoapods" => match name.split_once('/') {
            Some((pod, subspec)) => with_subpath("cocoapods", pod, version, subspec),
            None => package("cocoapods", None, name, version),
        },
        // Carthage has no type of its own: it builds repositories
        "carthage" => match (name.strip_prefix("github.com/"), name.rsplit_once('/')) {
            (Some(path), _) if path.matches('/').count() == 1 => {
                let (owner, name) = path.split_once('/').unwrap_or(("", path));
                package("github", Some(owner), name, version)
            }
            (_, Some((namespace, name))) => package("generic", Some(namespace), name, version),
            (_, None) => package("generic", None, name, version),
        },
        other => package(other, None, name, version),
    }
}

/// A purl without qualifiers, with some: `uuid` of Julia, `port_version` of vcpkg. Empty values are left out.
#[must_use]
pub fn qualified(id: ComponentId, qualifiers: &[(&str, &str)]) -> ComponentId {
    let mut all: Vec<&(&str, &str)> = qualifiers.iter().filter(|(_, value)| !value.is_empty()).collect();
    if all.is_empty() {
        return id;
    }
    all.sort_unstable();
    let mut out = id.as_str().to_owned();
    for (at, (key, value)) in all.into_iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(key);
        out.push('=');
        encode(value, &mut out);
    }
    ComponentId::new(&out)
}

/// `pkg:type/name@version#subpath`.
fn with_subpath(kind: &str, name: &str, version: Option<&str>, subpath: &str) -> ComponentId {
    let made = (|| {
        let mut purl = PackageUrl::new(kind, name).ok()?;
        if let Some(version) = version.filter(|text| !text.is_empty()) {
            purl.with_version(version).ok()?;
        }
        purl.with_subpath(subpath).ok()?;
        Some(purl.to_string())
    })();
    ComponentId::new(&made.unwrap_or_else(|| fallback(kind, None, &format!("{name}/{subpath}"), version)))
}

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

    /// The name as the ecosystem writes it, as [`of`] takes it. For packages of distributions, and where the
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

/// Type, namespace and name of a package URL, decoded; `None` for other ids.
#[must_use]
pub fn parts(id: &str) -> Option<(String, Option<String>, String)> {
    let purl: PackageUrl<'_> = id.parse().ok()?;
    Some((purl.ty().to_owned(), purl.namespace().map(str::to_owned), purl.name().to_owned()))
}

/// A parsed container image reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageReference {
    /// Registry host with optional port; `docker.io` when the reference names none.
    pub registry: String,
    /// Repository path below the registry, `library/` added for official images.
    pub repository: String,
    /// Tag, if written.
    pub tag: Option<String>,
    /// `sha256:…`, if written.
    pub digest: Option<String>,
}

impl ImageReference {
    /// Parses as the container tools do: the first part is a registry when it holds a dot or a
    /// colon or is `localhost`, else the registry is `docker.io`. `None` when no such reference is possible
    /// (spaces, unresolved `${…}`, empty).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches("docker://");
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@+".contains(c);
        if text.is_empty() || text.len() > 512 || !text.chars().all(allowed) {
            return None;
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) if digest.contains(':') => (name, Some(digest.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((before, tag)) if !tag.contains('/') => (before, Some(tag.to_owned())),
            _ => (name, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (first.to_ascii_lowercase(), rest.to_owned())
            }
            _ => ("docker.io".to_owned(), name.to_owned()),
        };
        let registry = match registry.as_str() {
            "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" => "docker.io".to_owned(),
            _ => registry,
        };
        let repository = if registry == "docker.io" && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository
        };
        let good_part = |part: &str| !part.is_empty() && !matches!(part, "." | "..");
        if !repository.split('/').all(good_part) || tag.as_deref() == Some("") {
            return None;
        }
        Some(Self { registry, repository: repository.to_ascii_lowercase(), tag, digest })
    }

    /// Host without port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.registry.split(':').next().unwrap_or(&self.registry)
    }

    /// `registry/repository[:tag][@digest]`, the full name a person reads.
    #[must_use]
    pub fn full_name(&self) -> String {
        let mut out = format!("{}/{}", self.registry, self.repository);
        if let Some(tag) = &self.tag {
            out.push(':');
            out.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            out.push('@');
            out.push_str(digest);
        }
        out
    }

    /// `digest`, `tag`, or `latest` when nothing or `latest` is written.
    #[must_use]
    pub fn pinned(&self) -> &'static str {
        match (&self.digest, self.tag.as_deref()) {
            (Some(_), _) => "digest",
            (None, None | Some("latest")) => "latest",
            (None, Some(_)) => "tag",
        }
    }

    /// The image's id: `pkg:oci/name@digest?repository_url=registry/path&tag=…`.
    #[must_use]
    pub fn id(&self) -> ComponentId {
        let name = self.repository.rsplit('/').next().unwrap_or(&self.repository);
        let url = format!("{}/{}", self.registry, self.repository);
        let mut qualifiers = vec![("repository_url", url.as_str())];
        if let Some(tag) = &self.tag {
            qualifiers.push(("tag", tag));
        }
        build("oci", None, name, self.digest.as_deref(), &qualifiers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        assert_eq!(
            package("pypi", None, "Torch_Vision", Some("0.1+cu124")).as_str(),
            "pkg:pypi/torch-vision@0.1%2Bcu124"
        );
        assert_eq!(npm("@huawei/x", Some("1.0.0")).as_str(), "pkg:npm/%40huawei/x@1.0.0");
        assert_eq!(
            golang("github.com/mailru/easyjson", Some("v0.7.7")).as_str(),
            "pkg:golang/github.com/mailru/easyjson@v0.7.7"
        );
        assert_eq!(package("cargo", None, "serde", None).as_str(), "pkg:cargo/serde");
    }

    #[test]
    fn plain_names_are_what_the_crate_makes_of_them() {
        for (name, version) in
            [("a", None), ("@s/a-b.c", Some("1.0.0-rc.1")), ("left", Some("1.3.0")), ("x1", Some(""))]
        {
            let (scope, base) = npm_parts(name);
            let quick = plain("npm", scope, base, version).expect("is plain");
            let mut made = PackageUrl::new("npm", base).expect("is sound");
            if let Some(scope) = scope {
                made.with_namespace(scope).expect("is sound");
            }
            if let Some(version) = version.filter(|text: &&str| !text.is_empty()) {
                made.with_version(version).expect("is sound");
            }
            assert_eq!(quick, made.to_string());
        }
        for name in ["A", "a_b", "a b", "@S/a", "a%40", ""] {
            let (scope, base) = npm_parts(name);
            assert_eq!(plain("npm", scope, base, None), None, "{name}");
        }
    }

    #[test]
    fn stated_purls_become_canonical() {
        let read = |text: &str| {
            let purl = parse(text).map_err(|_| ())?;
            Ok::<_, ()>((purl.id().to_string(), purl.full_name(), purl.fault.is_some()))
        };
        let good = |id: &str, name: &str| Ok((id.to_owned(), name.to_owned(), false));
        assert_eq!(read("pkg:npm/@a/b@1.0.0"), good("pkg:npm/%40a/b@1.0.0", "@a/b"));
        assert_eq!(read("pkg:npm/@a/b"), good("pkg:npm/%40a/b", "@a/b"));
        assert_eq!(read("pkg:PyPI/Torch_Vision.x@1%2Bc"), good("pkg:pypi/torch-vision-x@1%2Bc", "Torch_Vision.x"));
        assert_eq!(read("pkg:maven/g.x/a@1?type=jar"), good("pkg:maven/g.x/a@1", "g.x:a"));
        assert_eq!(
            read("pkg:deb/debian/x@1%3A2?distro=debian-12&arch=all"),
            good("pkg:deb/debian/x@1:2?arch=all&distro=debian-12", "x")
        );
        assert_eq!(
            read("pkg:golang/github.com/BurntSushi/toml@v1?type=module#a/b"),
            good("pkg:golang/github.com/burntsushi/toml@v1#a/b", "github.com/BurntSushi/toml")
        );
        assert_eq!(read("pkg:huggingface/gpt2@1"), Ok(("pkg:huggingface/gpt2@1".into(), "gpt2".into(), true)));
        for wrong in ["npm/a", "pkg:", "pkg:npm", "pkg:npm/", "pkg:a b/c", "pkg:npm/@1", "pkg:/x"] {
            assert!(parse(wrong).map_or(true, |purl| purl.fault.is_some()), "{wrong}");
        }
        let image = |text: &str| parse(text).ok().and_then(|purl| purl.image()).map(|image| image.full_name());
        assert_eq!(
            image("pkg:oci/a@sha256:00?repository_url=ghcr.io/x/a&tag=1").as_deref(),
            Some("ghcr.io/x/a:1@sha256:00")
        );
        assert_eq!(image("pkg:docker/nginx@1.27").as_deref(), Some("docker.io/library/nginx:1.27"));
        assert_eq!(image("pkg:oci/a@sha256:00"), None);
    }

    #[test]
    fn addresses_in_purls_hold_no_passwords() {
        let id = |text: &str| parse(text).map(|purl| purl.id().to_string());
        let clean = Ok("pkg:generic/x@1?download_url=https:%2F%2Fh.example%2Fx".to_owned());
        assert_eq!(id("pkg:generic/x@1?download_url=https://u:p@h.example/x"), clean);
        assert_eq!(id("pkg:generic/x@1?download_url=https%3A%2F%2Fu:p%40h.example%2Fx"), clean);
        let image = Ok("pkg:docker/x@1?repository_url=h.example%2Fx".to_owned());
        assert_eq!(id("pkg:docker/x@1?repository_url=u:p@h.example/x"), image);
        let query = id("pkg:generic/x@1?download_url=https://u:p@h.example/x?y=1").unwrap();
        assert!(!query.contains("u:p"), "{query}");
    }

    #[test]
    fn image_references_resolve_as_container_tools_do() {
        let read = |text| ImageReference::parse(text).map(|r| (r.full_name(), r.pinned()));
        assert_eq!(read("nginx"), Some(("docker.io/library/nginx".into(), "latest")));
        assert_eq!(read("vllm/vllm-openai:v0.6"), Some(("docker.io/vllm/vllm-openai:v0.6".into(), "tag")));
        assert_eq!(read("localhost:5000/a/b:1"), Some(("localhost:5000/a/b:1".into(), "tag")));
        assert_eq!(read("ghcr.io/a/b@sha256:00"), Some(("ghcr.io/a/b@sha256:00".into(), "digest")));
        assert_eq!(read("${BASE}:1"), None);
        assert_eq!(read("a b"), None);
        assert_eq!(read(""), None);
        assert_eq!(
            ImageReference::parse("nginx:1.27").map(|r| r.id().to_string()).as_deref(),
            Some("pkg:oci/nginx?repository_url=docker.io%2Flibrary%2Fnginx&tag=1.27")
        );
    }
}
