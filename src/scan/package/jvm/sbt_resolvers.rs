//! Resolvers of an sbt build that are written as literals, and those that sbt knows by name.

use super::Asking;
use super::gradle_script::{Placed, Token};
use crate::diagnostic::DiagnosticKind;
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Of, Registry, Standing, list};
use crate::text::Span;

/// Where things go, and not where they come from.
const PUBLISHING: [&str; 1] = ["publishTo"];

/// Resolvers in place of those that sbt has by itself.
const ALONE: &str = "externalResolvers";

/// What functions and values of resolvers begin with.
const KNOWN: &str = "Resolver.";

/// What sbt knows by name behind [`KNOWN`], with the addresses that it asks then, as `ResolverExtra.scala` of its library
/// management has them.
const BY_NAME: [(&str, &[&str]); 15] = [
    ("sonatypeRepo", &["https://oss.sonatype.org"]),
    ("sonatypeOssRepos", &["https://oss.sonatype.org", "https://s01.oss.sonatype.org"]),
    ("sonatypeCentralRepo", &["https://central.sonatype.com"]),
    ("sonatypeCentralSnapshots", &["https://central.sonatype.com"]),
    ("typesafeRepo", &["https://repo.typesafe.com"]),
    ("typesafeIvyRepo", &["https://repo.typesafe.com"]),
    ("sbtPluginRepo", &["https://repo.scala-sbt.org"]),
    ("sbtIvyRepo", &["https://repo.scala-sbt.org"]),
    ("bintrayRepo", &["https://dl.bintray.com"]),
    ("bintrayIvyRepo", &["https://dl.bintray.com"]),
    ("jcenterRepo", &["https://jcenter.bintray.com"]),
    ("JCenterRepository", &["https://jcenter.bintray.com"]),
    ("ApacheMavenSnapshotsRepo", &["https://repository.apache.org"]),
    ("ApacheMavenStagingRepo", &["https://repository.apache.org"]),
    ("JavaNet2Repository", &["https://maven.java.net"]),
];

/// The central repository behind [`KNOWN`], and its address.
const CENTRAL: [&str; 2] = ["mavenCentral", "DefaultMavenRepository"];
const CENTRAL_ADDRESS: &str = "https://maven.org";

/// What behind [`KNOWN`] names a folder of the machine, or no resolver.
const NO_HOST: [&str; 14] = [
    "mavenLocal",
    "publishMavenLocal",
    "defaultLocal",
    "defaultShared",
    "file",
    "ivyStylePatterns",
    "mavenStylePatterns",
    "defaultPatterns",
    "localBasePattern",
    "defaultIvyPatterns",
    "combineDefaultResolvers",
    "defaults",
    "isInsecureUrl",
    "validateURLRepository",
];

/// Words of repositories that hold nothing but snapshots.
const SNAPSHOTS: [&str; 4] = ["snapshots", "maven-snapshots", "sonatypeCentralSnapshots", "ApacheMavenSnapshotsRepo"];

/// What versions of snapshots end in.
const SNAPSHOT: &str = "-SNAPSHOT";

/// A resolver that was read.
pub(super) struct Read<'t> {
    pub(super) address: &'t str,
    span: Span,
    standing: Standing,
    /// It has nothing that the file asks for.
    pub(super) is_idle: bool,
}

impl Read<'_> {
    /// The same, of which only the host is told.
    pub(super) fn idle(self) -> Self {
        Self { is_idle: true, ..self }
    }

    /// Writes that a project asks it.
    pub(super) fn write(&self, asking: Asking<'_>, out: &mut Facts<'_>) {
        // the address may hold a password
        let seen = asking.file.at(self.span).without_excerpt();
        if self.is_idle {
            if let Some(host) = toolkit::host_of(self.address) {
                toolkit::registry_host(asking.project, &host, &seen, out);
            }
            return;
        }
        let ecosystem = asking.list.unwrap_or(list::OF_MAVEN[0]);
        toolkit::registry(asking.project, ecosystem, "*", self.standing, self.address, &seen, out);
    }
}

/// Writes that a project asks the central repository and no other, whatever the folders above say.
pub(super) fn central_alone(asking: Asking<'_>, out: &mut Facts<'_>) {
    let ecosystem = asking.list.unwrap_or(list::OF_MAVEN[0]);
    let registry = Registry { ecosystem, names: "*", standing: Standing::Beside, id: "", of: Of::All };
    registry.row(asking.project, CENTRAL_ADDRESS, &asking.file.whole(), out);
}

/// Reads resolvers on the way through a file.
pub(super) struct Resolvers<'t> {
    /// The setting that is being given a value, and whether that replaces what it had.
    setting: Option<(&'t str, bool)>,
    /// How many blocks and brackets stand around what is read, and around that setting.
    depth: usize,
    of_setting: usize,
    /// The central repository is left out of those that sbt has by itself.
    is_alone: bool,
    /// Something is asked for in a version of snapshots.
    has_snapshots: bool,
}

impl<'t> Resolvers<'t> {
    pub(super) fn of(tokens: &[Placed<'t>]) -> Self {
        let is_left_out = |three: &[Placed<'_>]| {
            three[0].word() == Some("mavenCentral") && three[1].is('=') && three[2].word() == Some("false")
        };
        let is_snapshot = |one: &Placed<'_>| matches!(one.token, Token::Text(text, _) if text.ends_with(SNAPSHOT));
        let (is_alone, has_snapshots) = (tokens.windows(3).any(is_left_out), tokens.iter().any(is_snapshot));
        Self { setting: None, depth: 0, of_setting: 0, is_alone, has_snapshots }
    }

    /// Reads what begins with the tokens: a setting, or `"name" at "https://…"` and its like. What cannot be read of a resolver
    /// is told.
    pub(super) fn read(&mut self, tokens: &[Placed<'t>], asking: Asking<'_>, out: &mut Facts<'_>) -> Vec<Read<'t>> {
        let Some((first, rest)) = tokens.split_first() else { return Vec::new() };
        self.follow(first, rest);
        let found = resolver(first, rest);
        if self.setting.is_some_and(|(setting, _)| PUBLISHING.contains(&setting)) {
            return Vec::new();
        }
        let replaces = self.setting == Some((ALONE, true));
        let standing = if self.is_alone || replaces { Standing::Instead } else { Standing::Beside };
        let read = |address, span, is_idle| Read { address, span, standing, is_idle };
        match found {
            Found::Nothing => Vec::new(),
            Found::Address(address, span) => vec![read(address, span, false)],
            // where others do not take its place it is asked anyway
            Found::Central if replaces => vec![read(CENTRAL_ADDRESS, first.span, false)],
            Found::Central => Vec::new(),
            Found::Known(addresses, is_of_snapshots) => {
                let is_idle = is_of_snapshots && !self.has_snapshots;
                addresses.iter().map(|address| read(address, first.span, is_idle)).collect()
            }
            Found::Unread(message) => {
                out.problem(DiagnosticKind::Unresolved, asking.file, Some(first.span), message);
                Vec::new()
            }
        }
    }

    /// Which setting is given a value: up to the next one, or a value of its own outside of its blocks.
    fn follow(&mut self, first: &Placed<'t>, rest: &[Placed<'t>]) {
        match first.token {
            Token::Sign('{' | '(') => self.depth += 1,
            Token::Sign('}' | ')') => self.depth = self.depth.saturating_sub(1),
            Token::Word("val" | "def" | "lazy") if self.depth <= self.of_setting => self.setting = None,
            Token::Word(word) => {
                let is_set = match rest {
                    [sign, same, ..] if sign.is(':') && same.is('=') => Some(true),
                    [sign, same, ..] if sign.is('+') && (same.is('=') || same.is('+')) => Some(false),
                    _ => None,
                };
                if let Some(is_set) = is_set {
                    self.setting = Some((last(word), is_set));
                    self.of_setting = self.depth;
                }
            }
            _ => {}
        }
    }
}

/// The name of a setting without what it is for: `ThisBuild / resolvers`, `Global.resolvers`.
fn last(word: &str) -> &str {
    word.rsplit('.').next().unwrap_or(word)
}

/// What begins with a token.
enum Found<'t> {
    Nothing,
    Address(&'t str, Span),
    Central,
    /// Addresses of what sbt knows by name, and whether only snapshots are there.
    Known(&'static [&'static str], bool),
    /// A resolver that is not read, and why.
    Unread(String),
}

/// The resolver in `"name" at "https://…"`, `Resolver.url("name", url("https://…"))`, `MavenRepository("name", "https://…")` and
/// `Resolver.typesafeRepo("releases")`.
fn resolver<'t>(first: &Placed<'t>, rest: &[Placed<'t>]) -> Found<'t> {
    const COMPUTED: &str = "the address of a resolver is computed; it is not read";
    let text = |one: &Placed<'t>| match one.token {
        // one of a folder has no host
        Token::Text(text, false) => Found::Address(text, one.span),
        _ => Found::Unread(COMPUTED.to_owned()),
    };
    match (&first.token, rest) {
        (Token::Text(..), [at, address, ..]) if at.word() == Some("at") => text(address),
        (Token::Word("Resolver.url"), [open, _, comma, url, inner, address, ..])
            if open.is('(') && comma.is(',') && matches!(url.word(), Some("url" | "uri")) && inner.is('(') =>
        {
            text(address)
        }
        // `new URL("https://…")`
        (Token::Word("Resolver.url"), [open, _, comma, new, _, inner, address, ..])
            if open.is('(') && comma.is(',') && new.word() == Some("new") && inner.is('(') =>
        {
            text(address)
        }
        (Token::Word("Resolver.url"), _) => Found::Unread(COMPUTED.to_owned()),
        (Token::Word("MavenRepository" | "MavenRepo"), [open, _, comma, address, ..])
            if open.is('(') && comma.is(',') =>
        {
            text(address)
        }
        (Token::Word(word), rest) => word.strip_prefix(KNOWN).map_or(Found::Nothing, |name| known(name, rest)),
        _ => Found::Nothing,
    }
}

/// What sbt knows by a name.
fn known<'t>(name: &'t str, rest: &[Placed<'t>]) -> Found<'t> {
    // `Resolver.mavenLocal.toString`, `Resolver.sonatypeOssRepos("x").map(…)`
    let name = name.split('.').next().unwrap_or(name);
    let argument = match rest {
        [open, Placed { token: Token::Text(text, false), .. }, ..] if open.is('(') => Some(*text),
        _ => None,
    };
    if CENTRAL.contains(&name) {
        return Found::Central;
    }
    if let Some((_, addresses)) = BY_NAME.iter().find(|(known, _)| *known == name) {
        let is_of_snapshots = SNAPSHOTS.contains(&name) || argument.is_some_and(|text| SNAPSHOTS.contains(&text));
        return Found::Known(addresses, is_of_snapshots);
    }
    // what begins so is no resolver but an address or a name of one, and types
    let is_value = name.starts_with(|first: char| first.is_ascii_lowercase());
    if NO_HOST.contains(&name) || !is_value {
        return Found::Nothing;
    }
    Found::Unread(format!("what `{KNOWN}{name}` asks is not known here"))
}
