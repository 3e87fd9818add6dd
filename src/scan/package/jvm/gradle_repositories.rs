//! Repositories of a Gradle script: which list they stand in, their address, and which names each is asked for.

use std::collections::BTreeSet;

use super::Asking;
use super::gradle_owners::{Owner, Owners};
use super::gradle_script::Statement;
use super::gradle_settings::{Build, MANAGEMENT, is_settings};
use crate::diagnostic::DiagnosticKind;
use crate::scan::package::toolkit::{self, Of, Registry, Standing, list};
use crate::scan::{Facts, Input};
use crate::text::{RelPath, Span};

/// What is said of a repository, or of several that `exclusiveContent` holds together.
#[derive(Default)]
struct Filter {
    /// Patterns of names that it is asked for.
    names: Vec<String>,
    /// It is asked for some names only, told or not.
    is_limited: bool,
}

/// A repository of a script.
struct Repository<'s, 't> {
    /// Number of the statement that begins it.
    at: usize,
    /// The statement that begins it.
    begin: &'s Statement<'t>,
    /// The statement that holds its address.
    address: Option<&'s Statement<'t>>,
    filter: Filter,
    /// Position of the `exclusiveContent` that it stands in.
    exclusive: Option<usize>,
    only_snapshots: bool,
}

/// All repositories of a script.
#[derive(Default)]
struct Repositories<'s, 't> {
    all: Vec<Repository<'s, 't>>,
    /// Filters of blocks of `exclusiveContent`.
    exclusive: Vec<Filter>,
}

/// The list of repositories that stands in blocks, or that what they ask for comes from.
pub(super) fn list_of(blocks: &[&str]) -> Option<&'static str> {
    blocks.iter().find_map(|block| match *block {
        "pluginManagement" => Some(list::PLUGINS),
        "buildscript" | "initscript" => Some(list::BUILDSCRIPT),
        _ => None,
    })
}

/// What the repositories of a script are written with.
pub(super) struct Writing<'a> {
    /// Gives a text with its names filled, or the name that is no literal.
    pub(super) fill: &'a dyn Fn(&str) -> Result<String, String>,
    /// Projects that blocks are about.
    pub(super) owners: &'a Owners,
    /// The script and its own project.
    pub(super) own: Asking<'a>,
    /// Its folder, or that of one that applies the script.
    pub(super) folder: &'a RelPath,
    pub(super) input: &'a Input<'a>,
    /// Others apply the script.
    pub(super) is_applied: bool,
}

/// Where a repository is asked: the number of the project, unless it is the script's own, and the list.
type Where<'a> = (Option<usize>, Option<&'a str>);

/// Writes the repositories of a script.
pub(super) fn write(statements: &[Statement<'_>], writing: &Writing<'_>, out: &mut Facts<'_>) {
    let found = Repositories::of(statements);
    if found.all.is_empty() {
        return;
    }
    let Writing { fill, own, input, folder, .. } = *writing;
    let build = Build::above(input, folder).filter(|_| !is_settings(own.file.path()));
    let forced = build.as_ref().and_then(|build| build.forced);
    // a project asks those of its own script and those of the scripts that it applies
    let has_more = || !is_settings(own.file.path()) && (writing.is_applied || statements.iter().any(applies));
    let is_shared = build.is_some_and(|build| build.shares_repositories() || build.is_nested(input)) || has_more();
    let open = found.all.iter().filter(|one| one.exclusive.is_none() && !one.filter.is_limited && !one.only_snapshots);
    let open: Vec<(&Repository<'_, '_>, Option<&str>)> = open.map(|one| (one, list_of(&one.begin.blocks))).collect();
    let asking = |of: &dyn Fn(&Repository<'_, '_>, Option<&str>) -> bool| -> BTreeSet<Where<'_>> {
        let all = open.iter().filter(|(one, list)| of(one, *list));
        all.flat_map(|(one, list)| writing.projects(one.at).map(|(number, _)| (number, *list))).collect()
    };
    // lists whose own registry is asked for every name, and those in which any other is
    let with_own = asking(&|one, list| match one.begin.head() {
        Some("mavenCentral") => true,
        Some("gradlePluginPortal") => list == Some(list::PLUGINS),
        _ => false,
    });
    let with_any = asking(&|_, _| true);
    let mut passed_over = None;
    for one in &found.all {
        let list = list_of(&one.begin.blocks);
        if let Some(mode) = forced.filter(|_| list.is_none()) {
            passed_over.get_or_insert((one.begin.tokens[0].span, mode));
            continue;
        }
        let (address, span, is_known) = match (known(one), one.address) {
            (Some(address), _) => (address.to_owned(), one.begin.tokens[0].span, true),
            (None, Some(statement)) => {
                let Some((address, span)) = address(statement, fill, own, out) else { continue };
                (address, span, false)
            }
            (None, None) => continue,
        };
        // which repositories a project asks in all is known where those of all scripts are: the central one among them
        let is_implied = is_known && one.begin.head() == Some("mavenCentral") && !found.is_limited(one);
        if is_implied && !(is_shared && list.is_none()) {
            continue;
        }
        for (number, asking) in writing.projects(one.at) {
            // no repository is asked that nobody states; what is asked for some names is asked beside others
            let is_beside = with_own.contains(&(number, list))
                || found.is_limited(one) && (is_known || with_any.contains(&(number, list)));
            let standing = if is_beside { Standing::Beside } else { Standing::Instead };
            let of_settings = one.begin.blocks.first() == Some(&MANAGEMENT);
            let registry = Registry {
                ecosystem: list.unwrap_or(list::OF_MAVEN[0]),
                names: "*",
                standing,
                id: if of_settings { list::OF_SETTINGS } else { "" },
                of: if is_shared && list.is_none() { Of::Project } else { Of::All },
            };
            if is_implied {
                let seen = asking.file.at(span).without_excerpt();
                registry.row(asking.project, &address, &seen, out);
            } else {
                found.write(one, registry, (&address, span), asking, out);
            }
        }
    }
    if let Some((span, mode)) = passed_over {
        let message =
            format!("the settings alone say which repositories are asked (`{mode}`): those of this script are not");
        out.problem(DiagnosticKind::Conflict, own.file, Some(span), message);
    }
}

impl<'a> Writing<'a> {
    /// The projects that ask the repositories of a statement.
    fn projects(&self, statement: usize) -> impl Iterator<Item = (Option<usize>, Asking<'a>)> + use<'a> {
        let own = self.own;
        let of = move |Owner { number, project }| (Some(number), Asking { project, ..own });
        let mut others = self.owners.asking(statement).map(of).peekable();
        let alone = others.peek().is_none().then_some((None, own));
        others.chain(alone)
    }
}

/// True for `apply from: 'other.gradle'`.
fn applies(statement: &Statement<'_>) -> bool {
    statement.head() == Some("apply") && statement.tokens.iter().any(|one| one.word() == Some("from"))
}

/// Repositories that Gradle knows by name.
fn known(one: &Repository<'_, '_>) -> Option<&'static str> {
    match one.begin.head() {
        Some("google") => Some("https://maven.google.com"),
        Some("gradlePluginPortal") => Some("https://plugins.gradle.org"),
        Some("jcenter") => Some("https://jcenter.bintray.com"),
        Some("mavenCentral") => Some("https://maven.org"),
        _ => None,
    }
}

fn address(
    statement: &Statement<'_>,
    fill: &dyn Fn(&str) -> Result<String, String>,
    asking: Asking<'_>,
    out: &mut Facts<'_>,
) -> Option<(String, Span)> {
    let Some((text, _, span)) = statement.texts().find(|(text, ..)| text.contains("://") || text.contains('$')) else {
        if statement.texts().next().is_none() {
            let message = "the address of a repository is computed; it is not read";
            out.problem(DiagnosticKind::Unresolved, asking.file, Some(statement.tokens[0].span), message);
        }
        return None;
    };
    match fill(text) {
        Ok(address) => Some((address, span)),
        Err(name) => {
            let message = format!("the address of a repository depends on `{name}`, which is no literal here");
            out.problem(DiagnosticKind::Unresolved, asking.file, Some(span), message);
            None
        }
    }
}

impl<'s, 't> Repositories<'s, 't> {
    fn of(statements: &'s [Statement<'t>]) -> Self {
        let mut found = Self::default();
        // the repository, and the block that holds some together, in which statements stand; with their depth
        let (mut inner, mut outer): (Option<usize>, Option<usize>) = (None, None);
        for (at, statement) in statements.iter().enumerate() {
            let depth = statement.blocks.len();
            inner = inner.filter(|inner| *inner < depth);
            outer = outer.filter(|outer| *outer < depth);
            if !statement.blocks.iter().any(|block| is_repositories(block)) || publishes(&statement.blocks) {
                continue;
            }
            let block = statement.blocks.iter().rfind(|block| !matches!(**block, "if" | "else" | "")).copied();
            let is_list = block
                .is_some_and(|block| is_repositories(block) || matches!(block, "forRepository" | "forRepositories"));
            match statement.head() {
                Some("exclusiveContent") if is_list => {
                    outer = Some(depth);
                    found.exclusive.push(Filter { is_limited: true, ..Filter::default() });
                }
                Some(head) if is_list => {
                    let is_stated = matches!(head, "maven" | "ivy") && statement.texts().next().is_some();
                    found.all.push(Repository {
                        at,
                        begin: statement,
                        address: is_stated.then_some(statement),
                        filter: Filter::default(),
                        exclusive: outer.map(|_| found.exclusive.len() - 1),
                        only_snapshots: false,
                    });
                    inner = Some(depth);
                }
                _ => found.inside(statement, block, inner.is_some(), outer.is_some()),
            }
        }
        found
    }

    /// A statement that stands in a repository, or in a block that holds some together.
    fn inside(&mut self, statement: &'s Statement<'t>, block: Option<&str>, inner: bool, outer: bool) {
        let repository = self.all.last_mut().filter(|_| inner);
        match (block, statement.head()) {
            (Some("maven" | "ivy"), Some("url" | "setUrl" | "uri" | "url.set")) => {
                if let Some(repository) = repository {
                    repository.address = Some(statement);
                }
            }
            (_, Some("snapshotsOnly")) => {
                if let Some(repository) = repository {
                    repository.only_snapshots = true;
                }
            }
            (_, Some(head)) if head.starts_with("include") => {
                let of_several = self.exclusive.last_mut().filter(|_| outer);
                if let Some(filter) = repository.map(|one| &mut one.filter).or(of_several) {
                    filter.is_limited = true;
                    filter.names.extend(names(head, statement));
                }
            }
            _ => {}
        }
    }

    /// True for one that is asked for some names only.
    fn is_limited(&self, one: &Repository<'_, '_>) -> bool {
        one.exclusive.is_some() || one.filter.is_limited || one.only_snapshots
    }

    fn write(
        &self,
        one: &Repository<'_, '_>,
        registry: Registry<'_>,
        (address, span): (&str, Span),
        asking: Asking<'_>,
        out: &mut Facts<'_>,
    ) {
        let (filter, standing) = match one.exclusive {
            Some(at) => (&self.exclusive[at], Standing::Instead),
            None => (&one.filter, registry.standing),
        };
        // the address may hold a password
        let seen = asking.file.at(span).without_excerpt();
        if !filter.is_limited && !one.only_snapshots {
            registry.write(asking.project, address, &seen, out);
            return;
        }
        // of whose names nothing is told, or that gives no release, the host alone is known
        if let Some(host) = toolkit::host_of(address) {
            toolkit::registry_host(asking.project, &host, &seen, out);
        }
        for names in filter.names.iter().filter(|_| !one.only_snapshots) {
            Registry { names, standing, ..registry }.write(asking.project, address, &seen, out);
        }
    }
}

/// Patterns of names that a filter lets through: `includeGroup`, `includeModule` and their kin. A pattern that is no
/// beginning of names gives none.
fn names(head: &str, statement: &Statement<'_>) -> Vec<String> {
    let mut texts = statement.texts();
    let Some((group, false, _)) = texts.next() else { return Vec::new() };
    let module = texts.next().filter(|(_, filled, _)| !filled).map(|(text, ..)| text);
    match (head, module) {
        ("includeGroup", _) => vec![format!("{group}/*")],
        ("includeGroupAndSubgroups", _) => vec![format!("{group}/*"), format!("{group}.*")],
        ("includeGroupByRegex", _) => beginning(group).into_iter().collect(),
        ("includeModule" | "includeVersion", Some(module)) => vec![format!("{group}/{module}")],
        _ => Vec::new(),
    }
}

/// The pattern that a regular expression of groups comes to, if it is a literal text with `.*` at its end or without.
fn beginning(regex: &str) -> Option<String> {
    // between plain quotes a backslash is written twice
    let regex = regex.replace("\\\\", "\\");
    let (literal, is_open) = regex.strip_suffix(".*").map_or((regex.as_str(), false), |literal| (literal, true));
    let literal = literal.replace("\\.", ".");
    let is_plain = literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    (is_plain && !literal.is_empty()).then(|| if is_open { format!("{literal}*") } else { format!("{literal}/*") })
}

fn is_repositories(block: &str) -> bool {
    block == "repositories" || block.ends_with(".repositories")
}

fn publishes(blocks: &[&str]) -> bool {
    blocks.iter().any(|block| matches!(*block, "publishing" | "uploadArchives"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_are_beginnings() {
        assert_eq!(beginning(r"com\\.android.*").as_deref(), Some("com.android*"));
        assert_eq!(beginning(r"com\.google\..*").as_deref(), Some("com.google.*"));
        assert_eq!(beginning("androidx").as_deref(), Some("androidx/*"));
        for other in ["(a|b).*", ".*", "a+", ""] {
            assert_eq!(beginning(other), None, "{other}");
        }
    }
}
