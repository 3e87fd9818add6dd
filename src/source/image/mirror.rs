//! Registries that stand in for others, and how much patience they get.

use std::time::Duration;

use anyhow::bail;

use crate::text::clean_line;

/// A registry that is asked in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The registry that images name.
    pub registry: String,
    /// Host and port of the mirror.
    pub host: String,
    /// Folder of the mirror under which the repositories lie.
    pub folder: Option<String>,
}

impl Mirror {
    /// Reads `REGISTRY=HOST[:PORT][/FOLDER]`, or without a registry a mirror of Docker Hub.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let (registry, place) = text.split_once('=').unwrap_or(("docker.io", text));
        let place = place.trim_end_matches('/');
        let (host, folder) = match place.split_once('/') {
            Some((host, folder)) => (host, Some(folder.to_owned())),
            None => (place, None),
        };
        let good = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
        };
        let good_folder = folder.as_deref().is_none_or(|folder| {
            folder.split('/').all(|part| good(part) && !part.contains(':') && !part.starts_with('.'))
        });
        if !good(registry) || !good(host) || !good_folder {
            bail!(
                "`{}` is no mirror; write it as `docker.io=mirror.example:5000` or `docker.io=mirror.example/folder`",
                clean_line(text)
            );
        }
        Ok(Self { registry: registry.to_ascii_lowercase(), host: host.to_ascii_lowercase(), folder })
    }
}

/// How often a registry is asked again that is busy or breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Further tries without progress.
    pub times: u32,
    /// The first pause; each further one is twice as long.
    pub pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { times: 4, pause: Duration::from_millis(500) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_have_a_registry_a_host_and_perhaps_a_folder() {
        let mirror = |registry: &str, host: &str, folder: Option<&str>| Mirror {
            registry: registry.to_owned(),
            host: host.to_owned(),
            folder: folder.map(str::to_owned),
        };
        let read = |text: &str| Mirror::parse(text).expect("is a mirror");
        assert_eq!(read("Mirror.example:5000"), mirror("docker.io", "mirror.example:5000", None));
        assert_eq!(read("ghcr.io=m.example/hub/x/"), mirror("ghcr.io", "m.example", Some("hub/x")));
        for text in ["", "a=", "=b", "https://m.example", "a=b/../c", "a=b//c", "a=b c"] {
            assert!(Mirror::parse(text).is_err(), "{text}");
        }
    }
}
