//! C and C++: Conan, vcpkg, CMake.

pub mod cmake;
pub mod conan_lock;
pub mod conanfile;
pub mod vcpkg;

use crate::model::ComponentId;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// A Conan reference: `name/version@user/channel#revision%time`.
#[derive(Clone, Copy)]
struct Reference<'a> {
    name: &'a str,
    /// As written; a range is in brackets.
    version: &'a str,
    user: &'a str,
    channel: &'a str,
    revision: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (text, revision) = match text.split_once('#') {
            Some((text, rest)) => (text, rest.split(['%', ':', '#']).next().filter(|revision| !revision.is_empty())),
            None => (text, None),
        };
        let (name, rest) = text.split_once('/')?;
        let (version, place) = match rest.strip_prefix('[').and_then(|rest| rest.find(']')) {
            // a range may hold anything
            Some(end) => (rest.get(..end + 2)?, rest.get(end + 2..)?.strip_prefix('@').unwrap_or("")),
            None => rest.split_once('@').unwrap_or((rest, "")),
        };
        let (user, channel) = place.split_once('/').unwrap_or((place, ""));
        let user = if user == "_" { "" } else { user };
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
        let is_name = !name.is_empty() && name.chars().all(good);
        let is_version = version.starts_with(['[', '<']) || !version.is_empty() && version.chars().all(good);
        let channel = if channel == "_" { "" } else { channel };
        (is_name && is_version).then_some(Self { name, version, user, channel, revision })
    }

    /// The name with its user, as purls have it: what a user publishes is another package.
    fn full_name(&self) -> String {
        if self.user.is_empty() { self.name.to_owned() } else { format!("{}/{}", self.user, self.name) }
    }

    /// The version, unless it is a range or that of another (`<host_version>`).
    fn exact(&self) -> Option<&'a str> {
        (!self.version.starts_with(['[', '<'])).then_some(self.version)
    }
}

/// An archive or repository that a build fetches by address: the package, named by its code host where it is on one.
/// A revision that is no branch is its version.
fn fetched(
    name: &str,
    address: &str,
    revision: Option<&str>,
    project: &ComponentId,
    file: &SourceFile,
    span: Span,
    out: &mut Facts<'_>,
) -> ComponentId {
    let (ecosystem, full, told) = toolkit::fetched_name(address, name);
    let revision = revision.or(told);
    let version = revision.filter(|revision| revision.contains(|c: char| c.is_ascii_digit()));
    let constraint = revision.unwrap_or("");
    let scope = toolkit::scope::RUNTIME;
    Package::new(ecosystem, &full, version, file, span).require(constraint, scope, project, out)
}
