//! `cabal.project`: folders of a project, repositories that packages are taken from, and constraints.

use super::{Origin, repository};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Standing};
use crate::scan::registries::is_public;
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Registries of one file.
const MOST_SERVERS: usize = 64;

/// Folders of one repository that are packages; real ones have some dozens.
const MOST_FOLDERS: usize = 1_000;
/// Folders of a project, and constraints of it.
const MOST_WORDS: usize = 2_000;

/// What a file says.
#[derive(Default)]
pub(super) struct ProjectFile<'a> {
    /// Words of `packages` and `optional-packages`; nothing where neither stands there.
    pub(super) packages: Option<Vec<&'a str>>,
    pub(super) repositories: Vec<Stanza<'a>>,
    pub(super) constraints: Vec<Constraint<'a>>,
    /// Registries by name, with their addresses.
    servers: Vec<(&'a str, &'a str, Span)>,
    /// The first line by which bounds of packages do not count.
    loosened: Option<Span>,
    /// The first line with too many of them.
    cut: Option<Span>,
}

/// A stanza `source-repository-package`.
#[derive(Default)]
pub(super) struct Stanza<'a> {
    span: Span,
    location: Option<(&'a str, Span)>,
    tag: Option<&'a str>,
    branch: Option<&'a str>,
    folders: Vec<(&'a str, Span)>,
    /// The first folder of too many.
    cut: Option<Span>,
}

/// `foo ==1.2`, `any.foo >=1 && <2`.
pub(super) struct Constraint<'a> {
    pub(super) name: &'a str,
    pub(super) range: &'a str,
    pub(super) span: Span,
    /// It holds for build tools and set-up as well.
    pub(super) is_any: bool,
}

/// What the lines that are indented belong to.
enum Open<'a> {
    Nothing,
    Packages,
    Constraints,
    /// A stanza `repository NAME`: a registry.
    Server(&'a str),
    /// A repository, with the field of it.
    Repository(Stanza<'a>, &'a str),
}

impl<'a> ProjectFile<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut found = Self::default();
        let mut open = Open::Nothing;
        for line in lines(text) {
            let code = line.text.trim();
            if code.is_empty() || code.starts_with("--") {
                continue;
            }
            if line.text.starts_with([' ', '\t']) {
                found.further(&mut open, code, &line);
                continue;
            }
            found.close(std::mem::replace(&mut open, Open::Nothing));
            if code == "source-repository-package" {
                open = Open::Repository(Stanza { span: line.span, ..Stanza::default() }, "");
                continue;
            }
            if let Some(name) = code.strip_prefix("repository ").filter(|name| !name.contains(':')) {
                open = Open::Server(name.trim());
                continue;
            }
            let Some((field, rest)) = code.split_once(':') else { continue };
            match field.trim_end().to_ascii_lowercase().as_str() {
                "packages" | "optional-packages" => {
                    // one that names nothing names no folder
                    found.packages.get_or_insert_default();
                    open = Open::Packages;
                }
                "constraints" => open = Open::Constraints,
                "allow-newer" | "allow-older" => found.loosened = found.loosened.or(Some(line.span)),
                _ => {}
            }
            found.further(&mut open, rest.trim(), &line);
        }
        found.close(open);
        found
    }

    /// What goes on in a line.
    fn further(&mut self, open: &mut Open<'a>, code: &'a str, line: &Line<'a>) {
        match open {
            Open::Nothing => {}
            Open::Packages => {
                let code = code.split("--").next().unwrap_or("");
                let words = code.split([' ', ',', '\t']).filter(|word| !word.is_empty());
                let all = self.packages.get_or_insert_default();
                all.extend(words.take(MOST_WORDS + 1 - all.len()));
                self.cut = self.cut.or((all.len() > MOST_WORDS).then_some(line.span));
                all.truncate(MOST_WORDS);
            }
            Open::Constraints => {
                let all = super::cabal::parts(code).filter_map(|part| Constraint::of(part, line));
                self.constraints.extend(all.take(MOST_WORDS + 1 - self.constraints.len()));
                self.cut = self.cut.or((self.constraints.len() > MOST_WORDS).then_some(line.span));
                self.constraints.truncate(MOST_WORDS);
            }
            Open::Server(name) => {
                let url = code.split_once(':').filter(|(field, _)| field.trim_end().eq_ignore_ascii_case("url"));
                if let Some((_, url)) = url.filter(|_| self.servers.len() < MOST_SERVERS) {
                    self.servers.push((name, url.trim(), span_within(line, url.trim())));
                }
            }
            Open::Repository(stanza, field) => stanza.line(field, code, line),
        }
    }

    fn close(&mut self, open: Open<'a>) {
        if let Open::Repository(stanza, _) = open {
            self.repositories.push(stanza);
        }
    }
}

impl<'a> Constraint<'a> {
    /// Nothing for flags, for what must be installed, and for what holds for the set-up of some package alone.
    fn of(part: &'a str, line: &Line<'a>) -> Option<Self> {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':')))?;
        let (name, range) = (&part[..end], super::bare(&part[end..]));
        let any = name.strip_prefix("any.");
        let name = any.unwrap_or(name);
        let is_range = range.starts_with(['=', '<', '>', '^', '(']);
        (is_range && !name.is_empty() && !name.contains(['.', ':'])).then(|| Self {
            name,
            range,
            span: span_within(line, part),
            is_any: any.is_some(),
        })
    }
}

/// Writes what the repositories of a file are.
pub(super) fn write(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let found = ProjectFile::read(file.text());
    if let Some(span) = found.cut {
        let message = format!("more than {MOST_WORDS} packages or constraints; those behind are left out");
        out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
    }
    if let Some(span) = found.loosened {
        out.attribute(project, key::OVERRIDES, "cabal * ", file.at(span));
    }
    for (name, url, span) in found.servers {
        // one by the name of Hackage takes its place, others are asked as well
        let standing = if name == "hackage.haskell.org" { Standing::Instead } else { Standing::Beside };
        let of_hackage = toolkit::host_of(url).is_some_and(|host| is_public("hackage", &host));
        if !of_hackage {
            toolkit::registry(project, "hackage", "*", standing, url, &file.at(span), out);
        }
    }
    for stanza in found.repositories {
        stanza.write(project, file, out);
    }
}

impl<'a> Stanza<'a> {
    /// Where its packages come from, with what they are probably called.
    pub(super) fn origin(&self) -> Option<Origin<'a>> {
        let folders = self.folders.iter().map(|(folder, _)| *folder).collect();
        Some(Origin { address: self.location?.0, tag: self.tag, branch: self.branch, folders })
    }

    fn line(&mut self, field: &mut &'a str, code: &'a str, line: &Line<'a>) {
        // an address has a colon too
        let stated =
            code.split_once(':').filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'));
        let value = match stated.filter(|(_, rest)| !rest.starts_with("//")) {
            Some((name, rest)) => {
                *field = name;
                rest.trim()
            }
            None => code,
        };
        if value.is_empty() {
            return;
        }
        match *field {
            "location" => self.location = Some((value, span_within(line, value))),
            "tag" => self.tag = Some(value),
            "branch" => self.branch = Some(value),
            "subdir" => {
                let mut words = value.split_whitespace().map(|word| (word, span_within(line, word)));
                let room = MOST_FOLDERS.saturating_sub(self.folders.len());
                self.folders.extend(words.by_ref().take(room));
                self.cut = self.cut.or(words.next().map(|(_, span)| span));
            }
            _ => {}
        }
    }

    fn write(&self, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
        if let Some(span) = self.cut {
            let message = format!("more than {MOST_FOLDERS} folders; this one and those behind it were left out");
            out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
        }
        let Some((address, span)) = self.location else {
            let message = "a repository without `location`";
            out.problem(DiagnosticKind::Malformed, file, Some(self.span), message);
            return;
        };
        // what lies beside the tree is fetched from nowhere
        let Some(id) = repository(address, (self.tag, self.branch), span, project, file, out) else { return };
        for (folder, span) in &self.folders {
            out.attribute(&id, key::EXTRAS, *folder, file.at(*span));
        }
    }
}
