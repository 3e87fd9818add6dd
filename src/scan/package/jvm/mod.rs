//! Package formats of the JVM: Maven, Gradle, sbt.

mod gradle_above;
mod gradle_applied;
pub mod gradle_build;
pub mod gradle_catalog;
mod gradle_entries;
pub mod gradle_lock;
mod gradle_made;
mod gradle_owners;
mod gradle_repositories;
pub mod gradle_script;
pub mod gradle_settings;
mod gradle_uses;
pub mod gradle_verification;
pub mod java_archive;
pub mod jvm_wrapper;
pub mod maven_model;
pub mod maven_pom;
pub mod maven_settings;
pub mod sbt_build;
pub mod sbt_lock;
mod sbt_projects;
mod sbt_repositories;
mod sbt_resolvers;

use crate::model::{ComponentId, key};
use crate::scan::package::toolkit::{self, Package, Place, list};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// What a version text of Maven or Gradle asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'t> {
    /// This version.
    Exact(&'t str),
    /// One of several: a range, or whatever is the newest.
    Open,
}

/// True for a version that nothing else may replace: `[1.2.3]` of Maven, `1.2.3!!` of Gradle.
fn is_strict(text: &str) -> bool {
    let text = text.trim();
    text.ends_with("!!") || text.starts_with('[')
}

/// Reads a version: `1.2.3` and `[1.2.3]` are one version, `[1,2)`, `1.+`, `latest.release` are not.
pub(crate) fn wanted(text: &str) -> Wanted<'_> {
    let text = text.trim().trim_end_matches("!!");
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let text = inner.map_or(text, str::trim);
    let open = text.is_empty()
        || text.contains([',', '[', ']', '(', ')', '$', '{', '}', ' '])
        || text.ends_with('+')
        || text.starts_with("latest.")
        || matches!(text, "LATEST" | "RELEASE");
    if open { Wanted::Open } else { Wanted::Exact(text) }
}

/// Where something is asked for, and by whom.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The file.
    pub(crate) file: &'a SourceFile,
    /// The project that asks.
    pub(crate) project: &'a ComponentId,
    /// The list of repositories that is asked; `None` for that of what is built with.
    pub(crate) list: Option<&'static str>,
    /// The project asks its own repositories, and not those for the folder of the file.
    pub(crate) is_elsewhere: bool,
}

/// What the id of a Gradle plugin ends with where it is written as an artifact.
const MARKER: &str = ".gradle.plugin";

/// Says which list of repositories gives a package where it is seen, and which host that is unless a setting says otherwise:
/// Gradle looks up its plugins in a portal of its own. It is the list of the project, if one is given, and not of the file.
pub(crate) fn from_list(
    id: &ComponentId,
    name: &str,
    (list, project): (Option<&'static str>, Option<&ComponentId>),
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    match project {
        Some(project) => {
            let value = format!("{} {project}", list.unwrap_or(list::OF_MAVEN[0]));
            out.attribute(id, key::REPOSITORIES, value, seen.clone());
        }
        None => list.into_iter().for_each(|list| out.attribute(id, key::REPOSITORIES, list, seen.clone())),
    }
    if name.ends_with(MARKER) && list == Some(list::PLUGINS) {
        toolkit::distributed_by(id, "gradle.org", &seen.clone().inferred(), out);
    } else {
        toolkit::from_default(id, "maven", seen, out);
    }
}

impl Asking<'_> {
    /// Writes `group:artifact` with the version text that stands there; empty when none is known. It comes from the
    /// ecosystem's own registry unless a setting says otherwise.
    pub(crate) fn ask(
        &self,
        name: &str,
        version: &str,
        scope: &'static str,
        span: Span,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        let id = self.need(name, version, scope, span, out);
        let project =
            Some(self.project).filter(|project| self.is_elsewhere && project.as_str().starts_with("project:"));
        from_list(&id, name, (self.list, project), &self.file.at(span), out);
        id
    }

    /// A Gradle plugin by its id: the artifact that Gradle looks up for it, in the plugin portal unless told otherwise.
    pub(crate) fn plugin(&self, id: &str, version: &str, span: Span, out: &mut Facts<'_>) -> ComponentId {
        let name = format!("{id}:{id}{MARKER}");
        Self { list: Some(list::PLUGINS), ..*self }.ask(&name, version, toolkit::scope::BUILD, span, out)
    }

    /// Writes where the version of a package stands that is asked for in another place.
    pub(crate) fn stated_at(id: &ComponentId, version: &str, places: &[Place], out: &mut Facts<'_>) {
        let exact = match wanted(version) {
            Wanted::Exact(exact) => Some(exact),
            Wanted::Open => None,
        };
        toolkit::stated_at(id, exact, version, places, out);
    }

    /// As [`Self::ask`], without saying where it comes from.
    pub(crate) fn need(
        &self,
        name: &str,
        version: &str,
        scope: &'static str,
        span: Span,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        match wanted(version) {
            Wanted::Exact(exact) if is_strict(version) => {
                Package::new("maven", name, Some(exact), self.file, span).require(version, scope, self.project, out)
            }
            Wanted::Exact(exact) => {
                Package::new("maven", name, Some(exact), self.file, span).declared(version, scope, self.project, out)
            }
            Wanted::Open => {
                Package::new("maven", name, None, self.file, span).require(version, scope, self.project, out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_ranges() {
        assert_eq!(wanted("1.2.3"), Wanted::Exact("1.2.3"));
        assert_eq!(wanted("[1.2]"), Wanted::Exact("1.2"));
        assert_eq!(wanted("1.2!!"), Wanted::Exact("1.2"));
        for open in ["", "[1,2)", "(,1]", "1.+", "+", "latest.release", "RELEASE", "${x}"] {
            assert_eq!(wanted(open), Wanted::Open, "{open}");
        }
    }
}
