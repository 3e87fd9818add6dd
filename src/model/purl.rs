//! Package URLs: the ids of packages and images, in canonical form.
//!
//! Normalisation per type (PyPI names, case of hosts and paths) is done by the `packageurl` crate
//! and, where the specification asks for more, here.

use std::fmt::Write as _;

use packageurl::PackageUrl;

use super::ComponentId;

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
/// `group:artifact`, Composer `vendor/name`, Swift `host/owner/name`, CocoaPods `Pod/Subspec`.
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
        "composer" | "swift" | "hex" | "conan" | "github" | "gitlab" | "bitbucket" | "gitee" => {
            match name.rsplit_once('/') {
                Some((namespace, name)) => package(ecosystem, Some(namespace), name, version),
                None => package(ecosystem, None, name, version),
            }
        }
        "cocoapods" => match name.split_once('/') {
            Some((pod, subspec)) => with_subpath("cocoapods", pod, version, subspec),
            None => package("cocoapods", None, name, version),
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
