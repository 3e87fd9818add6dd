//! `mix.exs`: literal entries of the function `deps`. It is a program; nothing of it is run.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{Line, lines};
use crate::parse::{Node, ParseError, Value, terms};
use crate::scan::package::toolkit::{self, Package, Revision, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `mix-exs`.
pub struct MixExs;

static META: ScannerMeta = ScannerMeta {
    id: "mix-exs",
    title: "Elixir project",
    summary: "Literal entries of the function `deps` with constraint, scope, private organisation and git host. What \
              is computed is a diagnostic. A mix.lock in the folder or above answers them; `path` and `in_umbrella` \
              lead to projects of the tree.",
    files: &["**/mix.exs"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://hexdocs.pm/mix/Mix.Tasks.Deps.html",
};

impl Scanner for MixExs {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let text = file.text();
        let Some(body) = body(text) else {
            // a project without dependencies, or one that has them elsewhere
            if text.contains("deps:") && !text.contains("deps: []") {
                out.problem(
                    DiagnosticKind::Unresolved,
                    file,
                    None,
                    "no function `deps`: its dependencies are computed",
                );
            }
            return Ok(());
        };
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let begins = |rest| next(text, rest, body.start);
        let problem = |start, error: &ParseError| problems.push((start, error.clone()));
        super::entries(&text[..body.end], begins, problem, |_, node| found.push(node.clone()));
        for (start, problem) in problems {
            // an option is computed, name and constraint stand before it
            found.extend(head(text, start));
            let message = format!("a dependency that is no plain literal ({})", problem.message);
            out.problem(DiagnosticKind::Unresolved, file, Some(problem.span), message);
        }
        for span in joined(text, body) {
            let message = "what `++` adds is computed: only what stands in the function is read";
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        }
        for node in &found {
            dependency(node, &project, input, out);
        }
        Ok(())
    }
}

/// The function `deps`, to the next definition; without one, the list that `deps:` of the project holds.
fn body(text: &str) -> Option<Span> {
    function(text).or_else(|| {
        let list = text.match_indices("deps:").map(|(at, word)| at + word.len());
        let mut lists = list.filter(|at| text[*at..].trim_start().starts_with('['));
        let start = lists.next()?;
        // the end of a definition ends it in any case
        let rest = &text[start..];
        let end = ["\n  end", "\n def", "\n  def"].iter().filter_map(|word| rest.find(word)).min();
        text[start..].contains("{:").then(|| Span::new(start, start + end.unwrap_or(rest.len())))
    })
}

fn function(text: &str) -> Option<Span> {
    let mut start = None;
    for line in lines(text) {
        let code = line.text.trim_start();
        let Some(definition) = code.strip_prefix("defp ").or_else(|| code.strip_prefix("def ")) else { continue };
        if let Some(start) = start {
            return Some(Span::new(start, line.span.start));
        }
        let rest = definition.trim_start().strip_prefix("deps");
        if rest.is_some_and(|rest| rest.starts_with([' ', ',', '('])) {
            start = Some(line.span.start);
        }
    }
    start.map(|start| Span::new(start, text.len()))
}

/// Signs that are told of one file.
const MOST_SIGNS: usize = 64;

/// Signs that add a list which is no literal: the first of them.
fn joined(text: &str, body: Span) -> Vec<Span> {
    let is_in_body = |line: &Line<'_>| line.span.start >= body.start && line.span.end <= body.end;
    let mut found = Vec::new();
    for line in lines(text).filter(is_in_body) {
        // behind these stands no code, or none that is looked into
        let code = &line.text[..line.text.find(['#', '"']).unwrap_or(line.text.len())];
        for (at, sign) in code.match_indices("++") {
            let place = Span::new(line.span.start + at, line.span.start + at + sign.len());
            let is_list =
                text[..place.start].trim_end().ends_with(']') && text[place.end..].trim_start().starts_with('[');
            if !is_list {
                found.push(place);
            }
            if found.len() == MOST_SIGNS {
                return found;
            }
        }
    }
    found
}

/// Offset within `rest` (the end of `text`'s part) of the next tuple `{:name, …` that is no comment.
fn next(text: &str, rest: &str, from: usize) -> Option<usize> {
    let base = (rest.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let mut at = from.saturating_sub(base);
    loop {
        let found = at + rest.get(at..)?.find("{:")?;
        let line = rest[..found].rfind('\n').map_or(0, |line| line + 1);
        if !rest[line..found].contains('#') {
            return Some(found);
        }
        at = found + rest[found..].find('\n').unwrap_or(rest.len() - found);
    }
}

/// Name and constraint of an entry whose rest is no literal.
fn head(text: &str, start: usize) -> Option<Node> {
    let (name, end) = terms::term(text, start + 1).ok()?;
    let rest = text.get(end..)?;
    let blanks = |text: &str| text.len() - text.trim_start().len();
    let after = rest.trim_start().strip_prefix(',')?;
    let at = text.len() - after.len() + blanks(after);
    let (constraint, end) = terms::term(text, at).ok().filter(|_| text[at..].starts_with('"'))?;
    let is_whole = text[end..].trim_start().starts_with([',', '}']);
    is_whole.then(|| Node::new(Span::new(start, end), Value::List(vec![name, constraint])))
}

/// `{:name, "~> 1.0", only: :test}` or `{:name, git: "address", tag: "v1"}`.
fn dependency(node: &Node, project: &ComponentId, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let items = node.list();
    let Some((app, span)) = super::text(items.first()) else { return };
    let option = |key: &str| super::option(&items[1..], key);
    if let Some(path) = option("path") {
        match path.text() {
            Some(path) => {
                let place = (&file.folder(), path, manifest::ELIXIR);
                toolkit::needs_project(project, place, input, (file, span), out);
            }
            None => {
                let message = format!("which folder `{app}` lies in is computed");
                out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
            }
        }
        return;
    }
    if option("in_umbrella").is_some() {
        // the apps of an umbrella lie side by side under their names
        let place = (&file.folder(), &*format!("../{app}"), manifest::ELIXIR);
        toolkit::needs_project(project, place, input, (file, span), out);
        return;
    }
    let constraint = super::text(items.get(1)).map_or("", |(text, _)| text);
    let name = super::text(option("hex")).map_or(app, |(name, _)| name);
    let organisation = super::text(option("organization"));
    let full = organisation.map_or_else(|| name.to_owned(), |(of, _)| format!("{of}/{name}"));
    let git = super::text(option("git"));
    let github = super::text(option("github")).map(|(path, span)| (format!("https://github.com/{path}"), span));
    let repository = git.map(|(address, span)| (address.to_owned(), span)).or(github);
    let revision = Revision::stated(|word| Some(super::text(option(word))?.0)).filter(|_| repository.is_some());
    // a repository has the version of its revision, whatever is asked of it
    let version =
        toolkit::exact("hex", constraint).filter(|_| ["git", "github"].iter().all(|key| option(key).is_none()));
    let id = Package::new("hex", &full, version, file, span)
        .at_fixed_revision(revision.is_some_and(|revision| revision.is_fixed))
        .require(constraint, scope_of(option("only")), project, out);
    match repository {
        Some((address, span)) => {
            toolkit::from_git(&id, &address, &file.at(span), out);
            if let Some(revision) = revision {
                let place = super::text(option(revision.word)).map_or(span, |(_, span)| span);
                out.attribute(&id, key::REVISION, revision.text, file.at(place));
            }
        }
        None if option("repo").is_none() => toolkit::from_default(&id, "hex", &file.at(span), out),
        None => {}
    }
}

/// `only: :dev`, `only: [:dev, :test]`.
fn scope_of(only: Option<&Node>) -> &'static str {
    let Some(only) = only else { return scope::RUNTIME };
    let names: Vec<&str> = only.text().into_iter().chain(only.list().iter().filter_map(Node::text)).collect();
    match names.as_slice() {
        [] => scope::RUNTIME,
        names if names.contains(&"prod") => scope::RUNTIME,
        names if names.iter().all(|name| *name == "test") => scope::TEST,
        _ => scope::DEV,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_hold_no_tuples() {
        let text = "{:a} # {:b} {:c}\n# {:d}";
        assert_eq!(next(text, text, 0), Some(0));
        assert_eq!(next(text, &text[4..], 0), None);
        let text = "# {:a} {:b}\n {:c}";
        assert_eq!(next(text, text, 0), Some(13));
    }
}
