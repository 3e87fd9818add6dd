//! References of container images, as the container tools read them.

use super::build;
use crate::model::ComponentId;

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
            // a name behind it: what stands before is a user with a password
            Some((_, digest)) if digest.contains('/') => return None,
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
