//! Package URLs: the ids of packages and images, in canonical form.
//!
//! Normalisation per type (PyPI names, case of hosts and paths) is done by the `packageurl` crate
//! and, where the specification asks for more, here.

mod image;
mod stated;

use std::fmt::Write as _;

use packageurl::PackageUrl;

pub use image::ImageReference;
pub use stated::{Purl, parse};

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

/// An image whose name says nothing of a registry: `app`, `team/app:1`.
#[must_use]
pub fn image_without_registry(name: &str, digest: &str) -> ComponentId {
    let (name, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((name, ""));
    let last = name.rsplit('/').next().unwrap_or(name);
    if tag.is_empty() {
        return build("oci", None, last, Some(digest), &[]);
    }
    build("oci", None, last, Some(digest), &[("tag", tag)])
}

/// The purl of a name that its type does not normalise and nothing in it is encoded, which are nearly all: put together
/// without the crate, because lock files hold tens of thousands.
fn plain(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> Option<String> {
    let is_low = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_exact = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase());
    let low = |text: &str| begins(text) && text.bytes().all(is_low);
    let cased = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(|byte| is_exact(byte) || byte == b'_')
    };
    let dashed = |text: &str| {
        let mut before = 0;
        let is_one = |byte: u8| std::mem::replace(&mut before, byte) != b'-' || byte != b'-';
        low(text) && !text.contains('.') && text.bytes().all(is_one)
    };
    let namespace = namespace.filter(|text| !text.is_empty());
    let version = version.filter(|text| !text.is_empty());
    let scope = namespace.map(|text| text.strip_prefix('@').filter(|_| kind == "npm").unwrap_or(text));
    let is_plain = match (kind, scope) {
        ("npm", scope) => low(name) && scope.is_none_or(low),
        ("pypi", None) => dashed(name),
        ("cargo" | "gem" | "nuget", None) => cased(name),
        ("golang", scope) => low(name) && scope.is_none_or(|path| path.split('/').all(low)),
        ("maven", Some(group)) => cased(name) && cased(group),
        _ => false,
    };
    if !is_plain || !version.is_none_or(|text| text.bytes().all(is_exact)) {
        return None;
    }
    let mut out = String::with_capacity(64);
    out.push_str("pkg:");
    out.push_str(kind);
    out.push('/');
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
pub(crate) fn normalise_name(kind: &str, name: &str) -> String {
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

/// Type, namespace and name of a package URL, decoded; `None` for other ids.
#[must_use]
pub fn parts(id: &str) -> Option<(String, Option<String>, String)> {
    let purl: PackageUrl<'_> = id.parse().ok()?;
    Some((purl.ty().to_owned(), purl.namespace().map(str::to_owned), purl.name().to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// What the crate makes of them.
    fn by_crate(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> String {
        let name = normalise_name(kind, name);
        let mut made = PackageUrl::new(kind, name.as_str()).expect("is sound");
        if let Some(namespace) = namespace {
            made.with_namespace(namespace).expect("is sound");
        }
        if let Some(version) = version.filter(|text| !text.is_empty()) {
            made.with_version(version).expect("is sound");
        }
        made.to_string()
    }

    #[test]
    fn plain_names_are_what_the_crate_makes_of_them() {
        let versions = [None, Some(""), Some("1.3.0"), Some("1.0.0-rc.1"), Some("v2"), Some("2.0B1")];
        let each = |kind: &str, namespace: Option<&str>, name: &str| {
            for version in versions {
                let quick = plain(kind, namespace, name, version).expect("is plain");
                assert_eq!(quick, by_crate(kind, namespace, name, version));
            }
        };
        for name in ["a", "@s/a-b.c", "left", "x1"] {
            let (scope, base) = npm_parts(name);
            each("npm", scope, base);
        }
        ["torch", "a-b-c", "x1-"].iter().for_each(|name| each("pypi", None, name));
        ["serde", "serde_json", "Inflector", "a__b.c"].iter().for_each(|name| each("cargo", None, name));
        ["rails", "RedCloth", "a_b-c"].iter().for_each(|name| each("gem", None, name));
        ["Newtonsoft.Json", "xunit"].iter().for_each(|name| each("nuget", None, name));
        each("golang", None, "toml");
        each("golang", Some("github.com/mailru"), "easyjson");
        each("golang", Some("gopkg.in"), "yaml.v3");
        each("maven", Some("org.apache.commons"), "commons-lang3");
        each("maven", Some("com.Example_x"), "Core_2.13");
    }

    #[test]
    fn other_names_are_left_to_the_crate() {
        for name in ["A", "a_b", "a b", "@S/a", "a%40", ""] {
            let (scope, base) = npm_parts(name);
            assert_eq!(plain("npm", scope, base, None), None, "{name}");
        }
        for name in ["a_b", "a.b", "a--b", "Torch", "1a", ""] {
            assert_eq!(plain("pypi", None, name, None), None, "{name}");
        }
        for (kind, namespace, name, version) in [
            ("golang", Some("github.com/BurntSushi"), "toml", None),
            ("golang", Some("github.com//x"), "toml", None),
            ("golang", Some("a/../b"), "toml", None),
            ("golang", Some("a"), "b", Some("v1.0.0+incompatible")),
            ("maven", Some("a/b"), "c", None),
            ("maven", None, "c", None),
            ("cargo", None, "a/b", None),
            ("cargo", Some("x"), "a", None),
            ("gem", None, "a", Some("1:2")),
            ("github", Some("a"), "b", None),
        ] {
            assert_eq!(plain(kind, namespace, name, version), None, "{kind} {namespace:?} {name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_plain_is_what_the_crate_makes_of_it(
            kind in prop::sample::select(vec!["npm", "pypi", "cargo", "gem", "nuget", "golang", "maven"]),
            namespace in prop::option::of("@?[a-cA-C][a-c.-]{0,3}(/[a-cA-C]?[a-c0-1._-]{0,3}){0,2}"),
            name in "[a-cA-C1-]?[a-c]{0,2}[a-cA-C0-1._%+~ -]{1,3}",
            version in prop::option::of("[a-bA-B0-1.-]{0,4}[._%+~ :-]?"),
        ) {
            if let Some(quick) = plain(kind, namespace.as_deref(), &name, version.as_deref()) {
                let namespace = namespace.as_deref().filter(|text| !text.is_empty());
                prop_assert_eq!(quick, by_crate(kind, namespace, &name, version.as_deref()));
            }
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
