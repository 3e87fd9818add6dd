//! Repositories of a Gradle script: which list they stand in, their address, and which names each is asked for.

use std::collections::BTreeSet;

use super::Asking;
use super::gradle_script::Statement;
use crate::diagnostic::DiagnosticKind;
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Standing, list};
use crate::text::Span;

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

/// Writes the repositories; `fill` gives a text with its names filled, or the name that is no literal.
pub(super) fn write(
    statements: &[Statement<'_>],
    fill: &dyn Fn(&str) -> Result<String, String>,
    asking: Asking<'_>,
    out: &mut Facts<'_>,
) {
    let found = Repositories::of(statements);
    // lists whose own registry is asked for every name
    let open = found.all.iter().filter(|one| one.exclusive.is_none() && !one.filter.is_limited && !one.only_snapshots);
    let with_own: BTreeSet<Option<&str>> = open
        .map(|one| (one.begin.head(), list_of(&one.begin.blocks)))
        .filter(|(head, list)| match head {
            Some("mavenCentral") => true,
            Some("gradlePluginPortal") => *list == Some(list::PLUGINS),
            _ => false,
        })
        .map(|(_, list)| list)
        .collect();
    for one in &found.all {
        let list = list_of(&one.begin.blocks);
        let own = with_own.contains(&list);
        let (address, span, standing) = match (known(one), one.address) {
            (Some(address), _) => (address.to_owned(), one.begin.tokens[0].span, Standing::Beside),
            (None, Some(statement)) => {
                let Some((address, span)) = address(statement, fill, asking, out) else { continue };
                (address, span, if own { Standing::Beside } else { Standing::Instead })
            }
            (None, None) => continue,
        };
        found.write(one, list.unwrap_or("maven"), (&address, span, standing), asking, out);
    }
}

/// Repositories that Gradle knows by name. The central one is the ecosystem's own, and needs no word unless it alone is
/// asked for some names.
fn known(one: &Repository<'_, '_>) -> Option<&'static str> {
    match one.begin.head() {
        Some("google") => Some("https://maven.google.com"),
        Some("gradlePluginPortal") => Some("https://plugins.gradle.org"),
        Some("jcenter") => Some("https://jcenter.bintray.com"),
        Some("mavenCentral") if one.exclusive.is_some() || one.filter.is_limited => Some("https://maven.org"),
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
        for statement in statements {
            let depth = statement.blocks.len();
            inner = inner.filter(|inner| *inner < depth);
            outer = outer.filter(|outer| *outer < depth);
            if !statement.blocks.contains(&"repositories") || publishes(&statement.blocks) {
                continue;
            }
            let block = statement.blocks.iter().rfind(|block| !matches!(**block, "if" | "else" | "")).copied();
            let is_list = matches!(block, Some("repositories" | "forRepository" | "forRepositories"));
            match statement.head() {
                Some("exclusiveContent") if is_list => {
                    outer = Some(depth);
                    found.exclusive.push(Filter { is_limited: true, ..Filter::default() });
                }
                Some(head) if is_list => {
                    let is_stated = matches!(head, "maven" | "ivy") && statement.texts().next().is_some();
                    found.all.push(Repository {
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

    fn write(
        &self,
        one: &Repository<'_, '_>,
        list: &str,
        (address, span, standing): (&str, Span, Standing),
        asking: Asking<'_>,
        out: &mut Facts<'_>,
    ) {
        let (filter, standing) = match one.exclusive {
            Some(at) => (&self.exclusive[at], Standing::Instead),
            None => (&one.filter, standing),
        };
        // the address may hold a password
        let seen = asking.file.at(span).without_excerpt();
        if !filter.is_limited && !one.only_snapshots {
            toolkit::registry(asking.project, list, "*", standing, address, &seen, out);
            return;
        }
        // of whose names nothing is told, or that gives no release, the host alone is known
        if let Some(host) = toolkit::host_of(address) {
            toolkit::registry_host(asking.project, &host, &seen, out);
        }
        for names in filter.names.iter().filter(|_| !one.only_snapshots) {
            toolkit::registry(asking.project, list, names, standing, address, &seen, out);
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
