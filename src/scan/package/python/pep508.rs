//! What Python tools write when they ask for a package: `name[extra] >= 1 ; marker`, `name @ address`,
//! addresses with a name in them. One reader for every manifest and for edges of lock files.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::local;
use crate::model::{ComponentId, key};
use crate::scan::package::toolkit::{self, Package, Unnamed, scope};
use crate::scan::{Facts, Input, Seen, SourceFile};
use crate::text::Span;

/// Exact versions that constraints give, with their place, by normal name.
pub(super) type Pins = BTreeMap<String, (String, Seen)>;

/// A requirement in its parts, all as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Requirement<'a> {
    /// Name as written; empty where an address stands alone and tells none.
    pub(super) name: &'a str,
    /// What stands between the brackets.
    pub(super) extras: &'a str,
    /// Version specifier, without the parentheses of old files.
    pub(super) specifier: &'a str,
    /// Address or path it is taken from.
    pub(super) address: Option<&'a str>,
    /// Environment marker.
    pub(super) marker: &'a str,
}

impl<'a> Requirement<'a> {
    /// Reads `name[extra] >= 1 ; marker` and `name @ address ; marker`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (name, rest) = text.split_at(text.find(|c| !is_of_name(c)).unwrap_or(text.len()));
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let rest = rest.trim_start();
        let (extras, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let extras = extras.trim();
        let rest = rest.trim_start();
        if let Some(address) = rest.strip_prefix('@') {
            // addresses may hold semicolons: the one of the marker has a space before it or behind it
            let cut = address.find(" ;").or_else(|| address.find("; ")).unwrap_or(address.len());
            let marker = address[cut..].trim_start().trim_start_matches(';').trim();
            let address = address[..cut].trim();
            return (!address.is_empty()).then_some(Self {
                name,
                extras,
                specifier: "",
                address: Some(address),
                marker,
            });
        }
        let (specifier, marker) = rest.split_once(';').unwrap_or((rest, ""));
        // not of the standard and found: `name == 1.0 @ address`
        let (specifier, address) = match specifier.split_once(" @ ") {
            Some((specifier, address)) => (specifier.trim(), Some(address.trim())),
            None => (specifier.trim(), None),
        };
        let specifier =
            specifier.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).map_or(specifier, str::trim);
        let marker = marker.trim();
        is_specifier(specifier).then_some(Self { name, extras, specifier, address, marker })
    }

    /// As [`Self::parse`], and reads `git+https://…#egg=name` and addresses of files that have the name in theirs.
    pub(super) fn parse_with_addresses(text: &'a str) -> Option<Self> {
        let Some((address, marker)) = alone(text) else { return Self::parse(text) };
        let fragment = address.split_once('#').map_or("", |(_, fragment)| fragment);
        let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg=")).and_then(Self::parse);
        let (name, extras) = match egg {
            Some(egg) => (egg.name, egg.extras),
            // what a code host packs of a tag is called as the tag is
            None => (file_parts(address).filter(|_| !is_packed_tag(address))?.0, ""),
        };
        Some(Self { name, extras, specifier: "", address: Some(address), marker })
    }

    /// As [`Self::parse_with_addresses`], and reads addresses that tell no name.
    pub(super) fn parse_any(text: &'a str) -> Option<Self> {
        Self::parse_with_addresses(text).or_else(|| {
            let (address, marker) = alone(text).filter(|(address, _)| !address.contains(char::is_whitespace))?;
            Unnamed::parse(address)?;
            Some(Self { address: Some(address), marker, ..Self::default() })
        })
    }

    /// What is known of an address that stands alone and tells no name.
    pub(super) fn unnamed(&self) -> Option<Unnamed<'a>> {
        self.address.filter(|_| self.name.is_empty()).and_then(Unnamed::parse)
    }

    /// The exact version that it asks for, by its specifier or by the name of the file it is taken from.
    pub(super) fn version(&self) -> Option<Cow<'a, str>> {
        let of_file = self.address.and_then(file_parts).map(|(_, version)| decoded(version));
        of_file.or_else(|| pinned(self.specifier).map(Cow::Borrowed))
    }

    /// Writes what a manifest asks for; `None` for paths, which are the tree's own.
    pub(super) fn ask(&self, scope: &'static str, span: Span, sheet: Sheet<'_>, out: &mut Facts<'_>) -> Option<Asked> {
        self.ask_at(self.is_at_fixed_revision(), scope, span, sheet, out)
    }

    /// True for extras of what the file describes, `own[test]`: they are listed by themselves.
    fn is_own(&self, sheet: Sheet<'_>) -> bool {
        self.address.is_none() && sheet.own.is_some_and(|own| normal(own) == normal(self.name))
    }

    /// As [`Self::ask`], where constraints may fix the version that the requirement leaves open.
    pub(super) fn ask_within(
        &self,
        pins: &Pins,
        scope: &'static str,
        span: Span,
        sheet: Sheet<'_>,
        out: &mut Facts<'_>,
    ) -> Option<Asked> {
        let pin = self.pin(pins).filter(|_| !self.is_own(sheet));
        let Some((version, place)) = pin else { return self.ask(scope, span, sheet, out) };
        let package = Package::new("pypi", self.name, Some(version), sheet.file, span);
        let id = package.require(self.specifier, scope, sheet.project, out);
        toolkit::stated(&id, Some(version), &format!("=={version}"), place, out);
        Some(self.described(id, &sheet.file.at(span), out))
    }

    /// What constraints say of a requirement that has neither a version nor an address of its own.
    pub(super) fn pin<'p>(&self, pins: &'p Pins) -> Option<&'p (String, Seen)> {
        let is_open = self.version().is_none() && self.address.is_none();
        pins.get(&*normal(self.name)).filter(|_| is_open)
    }

    /// As [`Self::ask`], where another table may say that it is taken at a revision that stays what it is.
    pub(super) fn ask_at(
        &self,
        is_fixed: bool,
        scope: &'static str,
        span: Span,
        sheet: Sheet<'_>,
        out: &mut Facts<'_>,
    ) -> Option<Asked> {
        if self.is_own(sheet) {
            return None;
        }
        if let Some(address) = self.address.filter(|address| is_local(address)) {
            let id = local::own(address, self.name, scope, span, sheet, out)?;
            conditions(&id, self.extras, self.marker, &sheet.file.at(span), out);
            return None;
        }
        if let Some(unnamed) = self.unnamed() {
            let id = unnamed.require(scope, span, sheet.project, sheet.file, out);
            conditions(&id, self.extras, self.marker, &sheet.file.at(span), out);
            return Some(Asked { id, states_host: true });
        }
        let version = self.version();
        let constraint = if version.is_some() && !sheet.asks_lock { "" } else { self.specifier };
        let id = Package::new("pypi", self.name, version.as_deref(), sheet.file, span)
            .at_fixed_revision(is_fixed)
            .require(constraint, scope, sheet.project, out);
        Some(self.described(id, &sheet.file.at(span), out))
    }

    /// True for a repository at a commit or a tag of numbers.
    pub(super) fn is_at_fixed_revision(&self) -> bool {
        self.address.is_some_and(toolkit::is_at_fixed_revision)
    }

    /// Writes the extras, the marker and the address of a package that was written.
    pub(super) fn described(&self, id: ComponentId, seen: &Seen, out: &mut Facts<'_>) -> Asked {
        conditions(&id, self.extras, self.marker, seen, out);
        if let Some(address) = self.address {
            toolkit::fetched_from(&id, address, seen, out);
        }
        Asked { id, states_host: self.address.is_some() }
    }
}

/// Address and marker of a text that begins with an address.
fn alone(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let scheme = text.split("://").next().unwrap_or(text);
    let has_scheme =
        scheme.len() < text.len() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !has_scheme && !text.starts_with("git+") {
        return None;
    }
    // as pip reads it, either sign ends an address; a `;` without a space may be part of one
    let end = [" ;", "; "].iter().filter_map(|sign| text.find(sign)).min();
    let (address, marker) = end.map_or((text, ""), |end| (&text[..end], text[end..].trim_start_matches([' ', ';'])));
    Some((address.trim(), marker.trim()))
}

/// Writes an address that a command or hook gives in the place of a package; false where nothing is known of it.
pub(crate) fn ask_address(
    text: &str,
    scope: &'static str,
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> bool {
    let Some(requirement) = Requirement::parse_any(text).filter(|found| found.address.is_some()) else { return false };
    requirement.ask(scope, span, Sheet { file, project, asks_lock: false, tree: None, own: None }, out).is_some()
}

/// The file that asks, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Sheet<'a> {
    /// The file.
    pub(super) file: &'a SourceFile,
    /// The project that needs what it lists.
    pub(super) project: &'a ComponentId,
    /// A lock file of the same tool decides what is installed: a pin is a question as well, which it answers.
    pub(super) asks_lock: bool,
    /// The tree in which folders that it names are looked for; none for a command, which runs elsewhere.
    pub(super) tree: Option<&'a Input<'a>>,
    /// The name of what the file describes: it asks for its own extras under it.
    pub(super) own: Option<&'a str>,
}

/// What was written of a requirement.
pub(super) struct Asked {
    /// The package.
    pub(super) id: ComponentId,
    /// The requirement states an address, so that no index is asked.
    pub(super) states_host: bool,
}

impl Asked {
    /// The package comes from the ecosystem's own registry when the requirement states no address.
    pub(super) fn default_host(&self, seen: &Seen, out: &mut Facts<'_>) {
        if !self.states_host {
            toolkit::from_default(&self.id, "pypi", seen, out);
        }
    }
}

/// Extras asked for and the marker under which a package is needed.
pub(super) fn conditions(id: &ComponentId, extras: &str, marker: &str, seen: &Seen, out: &mut Facts<'_>) {
    for extra in extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()) {
        out.attribute(id, key::EXTRAS, extra, seen.clone());
    }
    if !marker.is_empty() {
        out.attribute(id, key::CONDITION, marker, seen.clone());
    }
}

/// The scope that the name of a group, an extra or a file tells; production when it tells nothing.
pub(super) fn scope_of(name: &str) -> &'static str {
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    let is = |known: &[&str]| words().any(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)));
    if is(&["test", "tests", "testing"]) {
        scope::TEST
    } else if is(&["dev", "develop", "development", "lint", "linting", "docs", "doc", "typing", "mypy", "ci"]) {
        scope::DEV
    } else if is(&["build"]) {
        scope::BUILD
    } else {
        scope::RUNTIME
    }
}

/// As [`scope_of`], for groups that are development tools unless their name says tests.
pub(super) fn scope_of_group(name: &str) -> &'static str {
    if scope_of(name) == scope::TEST { scope::TEST } else { scope::DEV }
}

/// PEP 503: the name that all spellings share.
pub(super) fn normal(name: &str) -> Cow<'_, str> {
    let mut before = 0;
    let is_normal = |byte: u8| {
        let is_second = std::mem::replace(&mut before, byte) == b'-' && byte == b'-';
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' && !is_second
    };
    if name.bytes().all(is_normal) {
        return Cow::Borrowed(name);
    }
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    Cow::Owned(parts.collect::<Vec<_>>().join("-").to_lowercase())
}

/// The exact version of a specifier: `==2.4.0`, `===1`, one clause of several.
pub(super) fn pinned(specifier: &str) -> Option<&str> {
    specifier.split(',').find_map(|clause| {
        let clause = clause.trim();
        let version = clause.strip_prefix("===").or_else(|| clause.strip_prefix("=="))?.trim();
        // `v1.0` is another spelling of 1.0
        let version = version.strip_prefix('v').unwrap_or(version);
        is_version(version).then_some(version)
    })
}

/// True for what can be one exact version.
pub(super) fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
}

/// True for paths: things of the tree itself.
pub(super) fn is_local(address: &str) -> bool {
    let address = address.strip_prefix("git+").unwrap_or(address);
    address.starts_with("file:") || !address.contains("://") && toolkit::host_of(address).is_none()
}

/// True for the archive that a code host makes of a tag or commit.
fn is_packed_tag(address: &str) -> bool {
    toolkit::archive_revision(address).is_some() && !address.contains("/releases/download/")
}

/// Name and version that the name of a wheel or source archive states.
pub(super) fn file_parts(address: &str) -> Option<(&str, &str)> {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let file = path.rsplit('/').next().unwrap_or(path);
    let (name, version) = match file.strip_suffix(".whl") {
        Some(wheel) => {
            let mut parts = wheel.split('-');
            let found = (parts.next()?, parts.next()?);
            (parts.count() >= 3).then_some(found)?
        }
        None => {
            let source = [".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip"]
                .iter()
                .find_map(|ending| file.strip_suffix(ending))?;
            let (name, version) = source.rsplit_once('-')?;
            // `foo-1.0-2`: a release after 1.0, as old tools write it
            let is_again = version.bytes().all(|byte| byte.is_ascii_digit());
            let before = name.rsplit_once('-').filter(|(_, of)| is_again && of.contains('.') && is_version(of));
            before.map_or((name, version), |(name, _)| (name, &source[name.len() + 1..]))
        }
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_of_name);
    (is_name && is_version(&decoded(version))).then_some((name, version))
}

/// `%2B` is how addresses write the plus of local versions.
pub(super) fn decoded(version: &str) -> Cow<'_, str> {
    if version.contains('%') {
        Cow::Owned(version.replace("%2B", "+").replace("%2b", "+"))
    } else {
        Cow::Borrowed(version)
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn is_specifier(text: &str) -> bool {
    text.split(',').map(str::trim).filter(|clause| !clause.is_empty()).all(|clause| {
        let version = clause.trim_start_matches(['=', '<', '>', '!', '~']);
        version.len() < clause.len() && !version.trim().is_empty() && !version.trim().contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&str, &str, &str, Option<&str>, &str)> {
        let found = Requirement::parse_with_addresses(text)?;
        Some((found.name, found.extras, found.specifier, found.address, found.marker))
    }

    #[test]
    fn requirement_forms() {
        assert_eq!(parts("torch==2.1.0+cu124"), Some(("torch", "", "==2.1.0+cu124", None, "")));
        assert_eq!(parts("vllm [a, b] >= 0.6; x < '3'"), Some(("vllm", "a, b", ">= 0.6", None, "x < '3'")));
        assert_eq!(parts("old (>=1,<2)"), Some(("old", "", ">=1,<2", None, "")));
        assert_eq!(
            parts("x @ https://h.example/x.whl ; y == 'z'"),
            Some(("x", "", "", Some("https://h.example/x.whl"), "y == 'z'"))
        );
        assert_eq!(parts("git+https://h.example/a.git@v1#subdirectory=s&egg=a[e]").map(|found| found.0), Some("a"));
        assert_eq!(parts("https://h.example/download"), None);
        assert_eq!(parts("https://github.com/a/b/archive/refs/tags/b-1.0.tar.gz"), None);
        assert_eq!(parts("https://github.com/a/b/releases/download/v1/b-1.0.tar.gz").map(|found| found.0), Some("b"));
        let any = |text| Requirement::parse_any(text).map(|found| (found.name, found.address, found.marker));
        assert_eq!(
            any("git+https://h.example/a/b@v1 ; x < '3'"),
            Some(("", Some("git+https://h.example/a/b@v1"), "x < '3'"))
        );
        assert_eq!(any("git+git@github.com:a/b.git").map(|found| found.0), Some(""));
        assert_eq!(any("https://h.example/a b"), None);
        assert_eq!(parts("not a requirement"), None);
        assert_eq!(parts("== 1.0"), None);
    }

    #[test]
    fn exact_versions() {
        let version =
            |text| Requirement::parse_with_addresses(text).and_then(|found| found.version().map(Cow::into_owned));
        assert_eq!(version("a==1.0").as_deref(), Some("1.0"));
        assert_eq!(version("a===1.0").as_deref(), Some("1.0"));
        assert_eq!(version("a==1.*"), None);
        assert_eq!(version("a==v1.0").as_deref(), Some("1.0"));
        assert_eq!(version("a == 1.0 @ git+https://h.example/a").as_deref(), Some("1.0"));
        assert_eq!(version("a>=1"), None);
        assert_eq!(version("https://h.example/torch-2.1%2Bcpu-cp39-cp39-any.whl").as_deref(), Some("2.1+cpu"));
        assert_eq!(version("a @ https://h.example/a-b-1.0.tar.gz").as_deref(), Some("1.0"));
        assert_eq!(version("https://h.example/a-b-1.0-2.tar.gz").as_deref(), Some("1.0-2"));
        assert_eq!(parts("https://h.example/a-b-1.0-2.tar.gz").map(|found| found.0), Some("a-b"));
        assert_eq!(parts("https://h.example/py-3-2.tar.gz").map(|found| found.0), Some("py-3"));
        assert_eq!(version("a @ https://h.example/archive/main.zip"), None);
    }

    #[test]
    fn names_and_scopes() {
        assert_eq!(normal("A_b..C"), "a-b-c");
        assert_eq!(scope_of("requirements-dev.txt"), scope::DEV);
        assert_eq!(scope_of("test_requirements.txt"), scope::TEST);
        assert_eq!(scope_of("requirements_rocm.txt"), scope::RUNTIME);
    }
}
