//! Registries that files tell tools to ask; [`crate::scan::registries`] brings them to packages.

use std::borrow::Cow;

use super::address::host_of;
use crate::model::{ComponentId, ComponentKind, Horizon, RelationKind, key};
use crate::scan::{Facts, Seen};
use crate::text::RelPath;

/// How a configured registry stands to the ecosystem's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is asked instead.
    Instead,
    /// As `Instead`, even where a lock file gives addresses of the ecosystem's own, or of the host that is named:
    /// npm's `replace-registry-host`.
    InsteadOfLocked,
    /// It is asked as well, so that either may answer.
    Beside,
    /// Maven asks it in the place of the repositories that its names mean.
    Mirror,
    /// As `Mirror`, to say that they are not asked at all; of other ecosystems the own registry is not asked.
    Blocked,
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
    /// The word of a repository that the settings of a Gradle build give to projects without any of their own.
    pub(crate) const OF_SETTINGS: &str = "settings";
    /// What NuGet asks.
    pub(crate) const NUGET: &str = "nuget";
    /// Both, for who asks for all lists of an ecosystem.
    pub(crate) const OF_MAVEN: [&str; 3] = ["maven", PLUGINS, BUILDSCRIPT];
}

/// Which files of its folder and below a registry is for.
#[derive(Clone, Copy)]
pub(crate) enum Of<'a> {
    /// All.
    All,
    /// One.
    File(&'a RelPath),
    /// What Maven reads, if it takes this file for the user's settings.
    MaybeSettings,
    /// What Maven reads, which the tree tells to take this file for the user's settings.
    Settings,
    /// All but those of other projects of Gradle below.
    Project,
}

impl Of<'_> {
    /// The word for [`Of::MaybeSettings`], which is no path.
    pub(crate) const MAYBE_SETTINGS: &'static str = "**";
    /// The word for [`Of::Settings`].
    pub(crate) const SETTINGS: &'static str = "-s";
    /// The word for [`Of::Project`].
    pub(crate) const PROJECT: &'static str = "./";
}

/// A setting of the project's tools: packages come from a registry.
#[derive(Clone, Copy)]
pub(crate) struct Registry<'a> {
    /// Ecosystem word, or one of [`list`].
    pub(crate) ecosystem: &'a str,
    /// npm scope (`@corp`), a pattern of package names with `*` at its end, or `*` for all; of a mirror of Maven the
    /// repositories that it stands for.
    pub(crate) names: &'a str,
    /// How it stands to the ecosystem's own.
    pub(crate) standing: Standing,
    /// The id of a repository of Maven, the host that npm puts it in the place of, or [`list::OF_SETTINGS`]; empty for none.
    pub(crate) id: &'a str,
    /// Whose packages are meant.
    pub(crate) of: Of<'a>,
}

impl Registry<'_> {
    /// Writes the setting; nothing for an address without a host.
    pub(crate) fn write(self, project: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
        if let Some(host) = host_of(address).filter(|_| self.standing != Standing::Blocked) {
            registry_host(project, &host, seen, out);
        }
        self.row(project, address, seen, out);
    }

    /// As [`Self::write`], for a registry that is asked anyway unless somebody says otherwise.
    pub(crate) fn row(self, project: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
        let Some(host) = host_of(address) else { return };
        let host = ComponentId::host(&host);
        // Maven has mirrors for what is asked without encryption
        let is_plain = !self.id.is_empty() && address.trim_start().starts_with("http://");
        self.tell(project, (if is_plain { "http://" } else { "" }, host.rest()), seen, out);
    }

    /// Writes that no registry is asked for the names.
    pub(crate) fn blocked(self, project: &ComponentId, seen: &Seen, out: &mut Facts<'_>) {
        Self { standing: Standing::Blocked, ..self }.tell(project, ("", NOWHERE), seen, out);
    }

    fn tell(self, project: &ComponentId, (scheme, host): (&str, &str), seen: &Seen, out: &mut Facts<'_>) {
        let Self { ecosystem, names, standing, id, of } = self;
        if names.is_empty() {
            return;
        }
        // the words of the value are told apart by blanks, which ids of Maven may have
        let (names, id) = (without_blanks(names), without_blanks(id));
        let standing = match standing {
            Standing::Instead => "instead",
            Standing::InsteadOfLocked => "instead-of-locked",
            Standing::Beside => "beside",
            Standing::Aside => "aside",
            Standing::Mirror => "mirror",
            Standing::Blocked => "blocked",
        };
        let about = if id.is_empty() { String::new() } else { format!("={id}") };
        let of = match of {
            Of::All => String::new(),
            Of::File(file) => format!(" {file}"),
            Of::MaybeSettings => format!(" {}", Of::MAYBE_SETTINGS),
            Of::Settings => format!(" {}", Of::SETTINGS),
            Of::Project => format!(" {}", Of::PROJECT),
        };
        let seen = seen.clone().without_excerpt();
        let value = format!("{ecosystem} {names} {standing}{about} {scheme}{host}{of}");
        out.attribute(project, key::REGISTRY, value, seen);
    }
}

/// In the place of a host: nothing is fetched, what is installed lies in a folder.
const NOWHERE: &str = "-";

/// Writes that the ecosystem's own registry is not asked, and none in its place.
pub(crate) fn no_registry(project: &ComponentId, ecosystem: &str, of: Of<'_>, seen: &Seen, out: &mut Facts<'_>) {
    Registry { ecosystem, names: "*", standing: Standing::Blocked, id: "", of }.blocked(project, seen, out);
}

/// A word with its blanks written as in addresses.
fn without_blanks(word: &str) -> Cow<'_, str> {
    if word.contains(char::is_whitespace) {
        Cow::Owned(word.replace(char::is_whitespace, "%20"))
    } else {
        Cow::Borrowed(word)
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
    Registry { ecosystem, names, standing, id: "", of: Of::All }.write(project, address, seen, out);
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

/// True for what tools of Python take for yes in a setting.
pub(crate) fn is_true(word: &str) -> bool {
    ["1", "true", "yes", "on", "y", "t"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
}
