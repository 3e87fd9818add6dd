//! Registries that files tell tools to ask; [`crate::scan::registries`] brings them to packages.

use super::address::host_of;
use crate::model::{ComponentId, ComponentKind, Horizon, RelationKind, key};
use crate::scan::{Facts, Seen};
use crate::text::RelPath;

/// How a configured registry stands to the ecosystem's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is asked instead.
    Instead,
    /// As `Instead`, even where a lock file gives addresses of the ecosystem's own: npm's `replace-registry-host`.
    InsteadOfLocked,
    /// It is asked as well, so that either may answer.
    Beside,
    /// It is asked as well, and no name of its own is in doubt: it is asked first and the ecosystem's own only for what it
    /// has not (uv), or it is a page of files (`--find-links`).
    Aside,
}

/// Lists of repositories that a tool keeps apart within its ecosystem: they stand in the place of the ecosystem's word.
pub(crate) mod list {
    /// What plugins and extensions of Maven come from, and plugins that Gradle's `plugins` blocks name.
    pub(crate) const PLUGINS: &str = "maven-plugins";
    /// What the class path of a build script of Gradle comes from.
    pub(crate) const BUILDSCRIPT: &str = "maven-buildscript";
    /// Both, for who asks for all lists of an ecosystem.
    pub(crate) const OF_MAVEN: [&str; 3] = ["maven", PLUGINS, BUILDSCRIPT];
}

/// A setting of the project's tools: packages come from a registry.
#[derive(Clone, Copy)]
pub(crate) struct Registry<'a> {
    /// Ecosystem word, or one of [`list`].
    pub(crate) ecosystem: &'a str,
    /// npm scope (`@corp`), a pattern of package names with `*` at its end, or `*` for all.
    pub(crate) names: &'a str,
    /// How it stands to the ecosystem's own.
    pub(crate) standing: Standing,
    /// The only file whose packages are meant; without one all of the folder and below are.
    pub(crate) file: Option<&'a RelPath>,
}

impl Registry<'_> {
    /// Writes the setting; nothing for an address without a host.
    pub(crate) fn write(self, project: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
        let Some(host) = host_of(address) else { return };
        registry_host(project, &host, seen, out);
        let Self { ecosystem, names, standing, file } = self;
        // no name has a space, and the words of the value are told apart by them
        if names.is_empty() || names.contains(char::is_whitespace) {
            return;
        }
        let standing = match standing {
            Standing::Instead => "instead",
            Standing::InsteadOfLocked => "instead-of-locked",
            Standing::Beside => "beside",
            Standing::Aside => "aside",
        };
        let of = file.map_or_else(String::new, |file| format!(" {file}"));
        let seen = seen.clone().without_excerpt();
        out.attribute(project, key::REGISTRY, format!("{ecosystem} {names} {standing} {host}{of}"), seen);
    }
}

/// As [`Registry::write`], for the file's folder and below.
pub(crate) fn registry(
    project: &ComponentId,
    ecosystem: &str,
    names: &str,
    standing: Standing,
    address: &str,
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    Registry { ecosystem, names, standing, file: None }.write(project, address, seen, out);
}

/// The host of a registry that a project asks, without saying for which packages.
pub(crate) fn registry_host(project: &ComponentId, host: &str, seen: &Seen, out: &mut Facts<'_>) {
    // addresses of private registries may carry tokens in any place
    let seen = &seen.clone().without_excerpt();
    let host_id = ComponentId::host(host);
    out.component(&host_id, ComponentKind::Host, seen.clone());
    if project.as_str().starts_with("pkg:oci/") {
        // who builds on the image needs the host; the image itself does not come from there
        out.attribute(&host_id, key::FETCHED_BY, "build", seen.clone());
        out.relation_with(project, RelationKind::DependsOn, &host_id, None, Some(Horizon::NextDeploy), seen.clone());
    } else {
        out.relation(project, RelationKind::DistributedBy, &host_id, seen.clone());
    }
}
