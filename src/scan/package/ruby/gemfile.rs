//! `Gemfile` and `gems.rb`: what a project asks Bundler for, as far as it is written as plain literals.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::ruby::literal::{Argument, Statement, Value, statements};
use crate::scan::package::toolkit::{self, Package, Revision, Standing, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `gemfile`.
pub struct Gemfile;

static META: ScannerMeta = ScannerMeta {
    id: "gemfile",
    title: "Bundler manifest",
    summary: "Gems with requirement, group, platform and the server or repository they are asked from, where these are \
              plain literals. Nothing is run: what is computed is told. A lock file answers the requirements.",
    files: &["**/{Gemfile,gems.rb,*.gemfile}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://bundler.io/man/gemfile.5.html",
};

/// Blocks in blocks; deeper ones are counted and say nothing of their gems.
const DEPTH: usize = 64;

/// What a block says of the gems in it.
enum Block<'a> {
    Groups(Vec<&'a str>),
    Source(Option<&'a str>, Span),
    Repository(String, Option<Revision<'a>>, Span),
    /// Gems of a folder; nothing where that is computed.
    Own(Option<&'a str>),
    Condition(String),
    Other,
}

impl Scanner for Gemfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let statements: Vec<Statement<'_>> = statements(file.text()).collect();
        let mut servers = statements.iter().filter(|one| is_server(one)).filter_map(|one| one.positional(0)?.text());
        let mut reader = Reader {
            file,
            input,
            project: &project,
            blocks: Vec::new(),
            deeper: 0,
            standing: if servers.any(is_default) { Standing::Beside } else { Standing::Instead },
            shorthands: BTreeSet::new(),
        };
        for statement in &statements {
            reader.statement(statement, out);
        }
        mirrors(input, file, &project, out);
        if let Some(open) = reader.blocks.first() {
            out.problem(DiagnosticKind::Malformed, file, Some(open.1), "a block that is not closed");
        }
        Ok(())
    }
}

/// Mirrors that Bundler is told of beside the file: `BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "https://…"`.
fn mirrors(input: &Input<'_>, file: &SourceFile, project: &ComponentId, out: &mut Facts<'_>) {
    let path = file.folder().join(".bundle/config");
    let Some(settings) = path.and_then(|path| input.companion(&path)) else { return };
    for line in lines(settings.text()) {
        let Some((name, value)) = line.text.split_once(": ") else { continue };
        let of = name.trim().trim_matches(['"', '\'']).strip_prefix("BUNDLE_MIRROR__");
        let server = of.map(|of| of.replace("___", "-").replace("__", ".").to_ascii_lowercase());
        // a mirror of another server than the public one says nothing of the gems here
        let is_meant = |server: &String| server == "all" || is_default(server.trim_end_matches('/'));
        let value = value.trim().trim_matches(['"', '\'']);
        if server.as_ref().is_some_and(is_meant) && value.contains("://") {
            let seen = settings.at(span_within(&line, value));
            toolkit::registry(project, "gem", "*", Standing::Instead, value, &seen, out);
        }
    }
}

struct Reader<'a, 'p> {
    file: &'a SourceFile,
    input: &'p Input<'p>,
    project: &'p ComponentId,
    blocks: Vec<(Block<'a>, Span)>,
    /// Blocks that are open within the deepest of those.
    deeper: usize,
    /// How the servers for all gems stand to the public one: beside it where the file names it as well.
    standing: Standing,
    /// Keys that the file defines for repositories.
    shorthands: BTreeSet<&'a str>,
}

impl<'a> Reader<'a, '_> {
    fn statement(&mut self, statement: &Statement<'a>, out: &mut Facts<'_>) {
        if statement.closes() {
            match self.deeper.checked_sub(1) {
                Some(left) => self.deeper = left,
                None => drop(self.blocks.pop()),
            }
            return;
        }
        match statement.method {
            "gem" if statement.receiver.is_empty() => self.gem(statement, out),
            "source" if is_server(statement) => self.server(statement, out),
            "ruby" if statement.receiver.is_empty() => {
                if let Some(version) = statement.positional(0).and_then(Argument::text) {
                    let seen = self.file.at(statement.span);
                    out.attribute(self.project, key::TOOLCHAIN, format!("ruby {version}"), seen);
                }
            }
            "git_source" => {
                self.shorthands.extend(statement.positional(0).and_then(Argument::text));
            }
            "eval_gemfile" => {
                let message = "another Gemfile is read from here; it counts under its own name only";
                out.problem(DiagnosticKind::Unresolved, self.file, Some(statement.span), message);
            }
            _ => {}
        }
        if statement.opens {
            if self.blocks.len() < DEPTH {
                self.blocks.push((block(statement), statement.span));
            } else {
                self.deeper += 1;
            }
        }
    }

    /// A server for all gems.
    fn server(&mut self, statement: &Statement<'a>, out: &mut Facts<'_>) {
        let Some(argument) = statement.positional(0) else { return };
        let Some(address) = argument.text() else {
            let message = "the address of the gem server is computed";
            out.problem(DiagnosticKind::Unresolved, self.file, Some(argument.span), message);
            return;
        };
        if !is_default(address) {
            toolkit::registry(self.project, "gem", "*", self.standing, address, &self.file.at(argument.span), out);
        }
    }

    fn gem(&self, statement: &Statement<'a>, out: &mut Facts<'_>) {
        let Some(first) = statement.positional(0) else { return };
        let Value::Text(name) = first.value else {
            let message = "the name of the gem is computed";
            out.problem(DiagnosticKind::Unresolved, self.file, Some(statement.span), message);
            return;
        };
        // the tool itself: lock files never hold it
        if name == "bundler" {
            return;
        }
        let of_block = || {
            self.blocks.iter().rev().find_map(|(block, _)| match block {
                Block::Own(path) => Some(*path),
                _ => None,
            })
        };
        let path = statement.option("path").map(Argument::text).or_else(of_block);
        if let Some(path) = path {
            match path.and_then(|path| folder_of(name, path, self.input)) {
                Some(folder) => {
                    toolkit::uses_project(self.project, &folder, self.input, &self.file.at(first.span), out);
                }
                None => {
                    let message = format!("the folder of `{name}` holds no specification of it in this tree");
                    out.problem(DiagnosticKind::Unresolved, self.file, Some(first.span), message);
                }
            }
            return;
        }
        let stated: Vec<&Argument<'a>> =
            statement.arguments.iter().filter(|argument| argument.key.is_none()).skip(1).collect();
        if let Some(computed) = stated.iter().find(|argument| argument.value == Value::Computed) {
            let message = format!("the requirement of `{name}` is computed");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(computed.span), message);
        }
        let scope = scope_of(&self.groups(statement));
        let stated: Vec<&str> = stated.iter().flat_map(|argument| argument.texts()).collect();
        let repository = self.repository(statement);
        // a repository has the version of its revision, whatever is asked of it
        let is_of_server = repository.is_none() && self.computed_repository(statement).is_none();
        let version = super::exact(&stated).filter(|_| is_of_server);
        let revision = repository.as_ref().and_then(|(_, revision, _)| *revision);
        let id = Package::new("gem", name, version, self.file, first.span)
            .at_fixed_revision(revision.is_some_and(|revision| revision.is_fixed))
            .require(&stated.join(", "), scope, self.project, out);
        for condition in self.conditions(statement) {
            out.attribute(&id, key::CONDITION, condition, self.file.at(statement.span));
        }
        match repository {
            Some((address, revision, span)) => {
                let revision = revision.map(|revision| revision.text);
                toolkit::from_repository(&id, &address, revision, &self.file.at(span), out);
            }
            None => self.origin(&id, name, statement, out),
        }
    }

    /// The repository that the gem is taken from: what its own options say, else the block it stands in.
    fn repository(&self, statement: &Statement<'a>) -> Option<(String, Option<Revision<'a>>, Span)> {
        if let Some((address, span)) = repository(&statement.arguments) {
            return Some((address, revision(statement), span));
        }
        if self.computed_repository(statement).is_some() || statement.option("source").is_some() {
            return None;
        }
        let mut origins =
            self.blocks.iter().rev().filter(|(block, _)| matches!(block, Block::Source(..) | Block::Repository(..)));
        match origins.next() {
            Some((Block::Repository(address, revision, span), _)) => Some((address.clone(), *revision, *span)),
            _ => None,
        }
    }

    /// The option that names a repository which only the program knows.
    fn computed_repository<'s>(&self, statement: &'s Statement<'a>) -> Option<&'s Argument<'a>> {
        let is_stated = repository(&statement.arguments).is_some();
        let mut options = statement.arguments.iter().filter(|_| !is_stated);
        options.find(|one| one.key.is_some_and(|key| self.is_shorthand(key)))
    }

    fn groups(&self, statement: &Statement<'a>) -> Vec<&'a str> {
        let mut found: Vec<&str> =
            ["group", "groups"].iter().filter_map(|key| statement.option(key)).flat_map(Argument::texts).collect();
        for (block, _) in &self.blocks {
            if let Block::Groups(groups) = block {
                found.extend(groups);
            }
        }
        found
    }

    fn conditions(&self, statement: &Statement<'a>) -> Vec<String> {
        let mut found = Vec::new();
        for key in ["platform", "platforms", "install_if"] {
            if let Some(option) = statement.option(key) {
                let texts = option.texts();
                found.push(if texts.is_empty() { key.to_owned() } else { format!("platform {}", texts.join(", ")) });
            }
        }
        if !statement.rest.is_empty() {
            found.push(statement.rest.to_owned());
        }
        found.extend(self.blocks.iter().filter_map(|(block, _)| match block {
            Block::Condition(words) => Some(words.clone()),
            _ => None,
        }));
        found
    }

    /// The server that the gem is fetched from: what its own options say, else the block it stands in, else the default.
    fn origin(&self, id: &ComponentId, name: &str, statement: &Statement<'a>, out: &mut Facts<'_>) {
        if let Some(option) = self.computed_repository(statement) {
            let message = format!("the repository of `{name}` is computed");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(option.span), message);
            return;
        }
        if let Some(source) = statement.option("source") {
            self.served_by(id, name, source.text(), source.span, out);
            return;
        }
        let served = self.blocks.iter().rev().find_map(|(block, _)| match block {
            Block::Source(address, span) => Some((*address, *span)),
            _ => None,
        });
        if let Some((address, span)) = served {
            return self.served_by(id, name, address, span, out);
        }
        toolkit::from_default(id, "gem", &self.file.at(statement.span), out);
    }

    fn is_shorthand(&self, key: &str) -> bool {
        self.shorthands.contains(key) || matches!(key, "git" | "github" | "gist" | "bitbucket")
    }

    fn served_by(&self, id: &ComponentId, name: &str, address: Option<&str>, span: Span, out: &mut Facts<'_>) {
        match address.and_then(toolkit::host_of) {
            Some(host) => toolkit::distributed_by(id, &host, &self.file.at(span), out),
            None => {
                let message = format!("the gem server of `{name}` is computed");
                out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
            }
        }
    }
}

/// What a statement that opens a block says of the gems in it.
fn block<'a>(statement: &Statement<'a>) -> Block<'a> {
    let texts = || -> Vec<&'a str> {
        statement.arguments.iter().filter(|one| one.key.is_none()).flat_map(Argument::texts).collect()
    };
    match statement.method {
        "group" => Block::Groups(texts()),
        "source" => Block::Source(statement.positional(0).and_then(Argument::text), statement.span),
        "path" => Block::Own(statement.positional(0).and_then(Argument::text)),
        "git" | "github" => match repository_of(statement.method, statement.positional(0).and_then(Argument::text)) {
            Some(address) => Block::Repository(address, revision(statement), statement.span),
            None => Block::Other,
        },
        "platform" | "platforms" => Block::Condition(format!("platform {}", texts().join(", "))),
        "install_if" => Block::Condition("install_if".to_owned()),
        word @ ("if" | "unless" | "case") => Block::Condition(format!("{word} {}", statement.rest)),
        _ => Block::Other,
    }
}

/// The folder that holds the specification of a gem, where it is taken from a path: that, or the one of its name below.
pub(super) fn folder_of(name: &str, path: &str, input: &Input<'_>) -> Option<RelPath> {
    let base = input.file().folder().join(path)?;
    let file = format!("{name}.gemspec");
    let holds = |folder: &RelPath| folder.join(&file).is_some_and(|path| input.paths.binary_search(&path).is_ok());
    [Some(base.clone()), base.join(name)].into_iter().flatten().find(holds)
}

/// The repository that options name.
fn repository(arguments: &[Argument<'_>]) -> Option<(String, Span)> {
    arguments
        .iter()
        .find_map(|argument| repository_of(argument.key?, argument.text()).map(|address| (address, argument.span)))
}

fn repository_of(key: &str, value: Option<&str>) -> Option<String> {
    let value = value?;
    let full = |host: &str| match value.contains('/') {
        true => format!("https://{host}/{value}"),
        // `github: "rails"` is `rails/rails`
        false => format!("https://{host}/{value}/{value}"),
    };
    Some(match key {
        "git" => value.to_owned(),
        "github" if value.contains("://") => value.to_owned(),
        "github" => full("github.com"),
        "gitlab" => full("gitlab.com"),
        "bitbucket" => full("bitbucket.org"),
        "gist" => format!("https://gist.github.com/{value}"),
        _ => return None,
    })
}

fn revision<'a>(statement: &Statement<'a>) -> Option<Revision<'a>> {
    Revision::stated(|word| statement.option(word)?.text())
}

/// The scope that groups mean: what is only in groups of development or tests is not shipped.
fn scope_of(groups: &[&str]) -> &'static str {
    const DEV: [&str; 8] = ["development", "dev", "doc", "docs", "documentation", "lint", "ci", "rubocop"];
    if groups.is_empty() {
        scope::RUNTIME
    } else if groups.iter().all(|group| *group == "test") {
        scope::TEST
    } else if groups.iter().all(|group| *group == "test" || DEV.contains(group)) {
        scope::DEV
    } else {
        scope::RUNTIME
    }
}

/// True for a statement that names a server for all gems.
fn is_server(statement: &Statement<'_>) -> bool {
    statement.method == "source" && !statement.opens
}

fn is_default(address: &str) -> bool {
    address == "rubygems" || toolkit::host_of(address).is_some_and(|host| host == "rubygems.org")
}
