//! `build.sbt` and the Scala files of a build: dependencies that are written as literals.

use std::collections::{BTreeMap, BTreeSet};

use super::gradle_script::{self, Placed, Token};
use super::sbt_projects::Projects;
use super::sbt_resolvers::{Read, Resolvers};
use super::{Asking, Wanted, sbt_repositories, sbt_resolvers, wanted};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::scan::package::toolkit::{self, list, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `sbt-build`.
pub struct SbtBuild;

static META: ScannerMeta = ScannerMeta {
    id: "sbt-build",
    title: "sbt build",
    summary: "Dependencies and plugins written as `\"group\" % \"artifact\" % \"version\"`, with the Scala version in the \
              name where `%%` asks for it and the file states it; those of a project that the file defines are its own, and \
              projects that others depend on. Resolvers by literal addresses or by names that sbt knows: those of plugins apart \
              from others, those of one project for it alone, `externalResolvers` instead of the central repository. Where things \
              are published to is none. A file of repositories may be the user's; it counts instead of the central one where \
              `.sbtopts` or `.jvmopts` names it. Anything computed is not executed.",
    files: &["**/*.sbt", "**/project/*.scala", "**/.sbt/repositories", "**/project/repositories"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://www.scala-sbt.org/1.x/docs/Library-Dependencies.html",
};

impl Scanner for SbtBuild {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.path().name() == "repositories" {
            sbt_repositories::read(input, file, out);
            return Ok(());
        }
        let tokens: Vec<Placed<'_>> =
            gradle_script::tokens(file.text()).into_iter().filter(|one| one.token != Token::Line).collect();
        let folder = file.folder();
        let of_build = folder.name() == "project";
        let base = if of_build { folder.parent() } else { folder };
        let project = toolkit::root_at(&base, input, file, out);
        // what a build is made with comes from resolvers of its own
        let plugins = of_build && file.path().name().ends_with(".sbt");
        let list = plugins.then_some(list::PLUGINS);
        let own = Asking { file, project: &project, list, is_elsewhere: false };
        let defined = if of_build { Projects::default() } else { Projects::of(file.text(), &tokens, &base) };
        let ids: Vec<ComponentId> = defined.all.iter().map(|one| input.root_subject_at(&one.folder)).collect();
        let of = |number: usize| Asking { project: &ids[number], is_elsewhere: ids[number] != project, ..own };
        let names = Names::of(&tokens, file.text());
        let scala = tokens.windows(4).find_map(|four| match four[3].token {
            Token::Text(text, _) if four[0].word() == Some("scalaVersion") && four[1].is(':') && four[2].is('=') => {
                Some(binary(text))
            }
            _ => None,
        });
        let mut resolvers = Resolvers::of(&tokens);
        let mut asked = Asked::default();
        let mut at = 0;
        while at < tokens.len() {
            let number = defined.at(at);
            let asking = number.map_or(own, of);
            let Some((group, cross, name, rest)) = coordinates(&tokens[at..]) else {
                let read = resolvers.read(&tokens[at..], asking, out);
                let room = MOST_RESOLVERS.saturating_sub(asked.resolvers.len());
                // what the project asks of it that asks it alone is not known
                let is_idle = defined.is_elsewhere(at);
                let read = read.into_iter().map(|one| if is_idle { one.idle() } else { one });
                asked.resolvers.extend(read.map(|one| (number, one)).take(room));
                for (other, name) in number.into_iter().flat_map(|_| defined.used(&tokens[at..])) {
                    let seen = file.at(name.span);
                    toolkit::uses_project(asking.project, &defined.all[other].folder, input, &seen, out);
                    asked.by.extend(number);
                }
                at += 1;
                continue;
            };
            at = tokens.len() - rest.len();
            let Token::Text(artifact, _) = name.token else { continue };
            let version = match rest {
                [sign, Placed { token: Token::Text(text, _), .. }, ..] if sign.is('%') => (*text).to_owned(),
                [sign, Placed { token: Token::Word(word), .. }, ..] if sign.is('%') => {
                    names.value(word).map_or_else(|| format!("${{{word}}}"), str::to_owned)
                }
                [sign, quote, ..] if sign.is('%') && (quote.is('"') || quote.is('\'')) => {
                    out.problem(DiagnosticKind::Malformed, file, Some(quote.span), "a text that is not closed");
                    continue;
                }
                // `"group" % "artifact"` alone names no dependency
                _ => continue,
            };
            let scope = if plugins { scope::BUILD } else { scope_of(rest.get(2..).unwrap_or(&[])) };
            let suffix = match (cross, scala.as_deref()) {
                (false, _) => String::new(),
                (true, Some(scala)) => format!("_{scala}"),
                (true, None) => {
                    let message =
                        format!("the name of `{artifact}` ends in a Scala version that the file does not state");
                    out.problem(DiagnosticKind::Unresolved, file, Some(name.span), message);
                    String::new()
                }
            };
            if version.starts_with('$') && wanted(&version) == Wanted::Open {
                let message = format!("the version of `{artifact}` is `{version}`, which is no literal here");
                out.problem(DiagnosticKind::Unresolved, file, Some(name.span), message);
            }
            asking.ask(&format!("{group}:{artifact}{suffix}"), &version, scope, name.span, out);
            asked.by.extend(number);
        }
        asked.write(own, of, input, out);
        Ok(())
    }
}

/// Which resolvers a file states, and which of its projects ask for something.
#[derive(Default)]
struct Asked<'t> {
    /// With the number of the project that they are for; nothing for those of all.
    resolvers: Vec<(Option<usize>, Read<'t>)>,
    by: BTreeSet<usize>,
}

/// Resolvers of one file: more than count for one folder, which is told.
const MOST_RESOLVERS: usize = 1_000;
/// Projects to whose own resolvers those of all are added.
const MOST_LISTS: usize = 64;

impl Asked<'_> {
    /// Writes which project asks which resolvers. Those of one are its own; the nearest folder of which any are told counts, so
    /// that beside such ones each is told all of its own.
    fn write<'a>(mut self, own: Asking<'a>, of: impl Fn(usize) -> Asking<'a>, input: &Input<'_>, out: &mut Facts<'_>) {
        self.by.extend(self.resolvers.iter().filter_map(|(number, _)| *number));
        for number in &self.by {
            let Asking { project, file, .. } = of(*number);
            out.component(project, input.root_kind(), file.whole());
        }
        let is_apart = self.resolvers.iter().any(|(number, _)| number.is_some());
        for (_, one) in self.resolvers.iter().filter(|(number, _)| number.is_none()) {
            one.write(own, out);
        }
        for number in self.by.iter().filter(|_| is_apart).take(MOST_LISTS) {
            let asking = of(*number);
            // of whose names nothing is told counts for its own project alone
            let its = |(of, one): &&(Option<usize>, Read<'_>)| of.map_or(!one.is_idle, |of| of == *number);
            let all = self.resolvers.iter().filter(its).map(|(_, one)| one);
            if all.clone().all(|one| one.is_idle) {
                sbt_resolvers::central_alone(asking, out);
            }
            all.for_each(|one| one.write(asking, out));
        }
    }
}

type Found<'s, 't> = (&'t str, bool, &'s Placed<'t>, &'s [Placed<'t>]);

/// `"group" % "artifact"`, `%%`, `%%%`; what follows.
fn coordinates<'s, 't>(tokens: &'s [Placed<'t>]) -> Option<Found<'s, 't>> {
    let Token::Text(group, false) = tokens.first()?.token else { return None };
    let signs = tokens[1..].iter().take(4).take_while(|one| one.is('%')).count();
    let name = tokens.get(1 + signs)?;
    let is_name = matches!(name.token, Token::Text(text, false) if !text.is_empty());
    (signs > 0 && signs < 4 && is_name && !group.is_empty()).then(|| (group, signs > 1, name, &tokens[2 + signs..]))
}

/// What the names of a file stand for.
struct Names<'t> {
    literals: BTreeMap<&'t str, &'t str>,
    /// Versions of the artifacts that values are, `None` where they are several.
    revisions: BTreeMap<&'t str, Option<&'t str>>,
}

impl<'t> Names<'t> {
    fn of(tokens: &[Placed<'t>], text: &'t str) -> Self {
        let mut names =
            Self { literals: gradle_script::literals(&gradle_script::statements(text)), revisions: BTreeMap::new() };
        // val two = one
        for at in 0..tokens.len() {
            let [
                val,
                Placed { token: Token::Word(name), .. },
                sign,
                Placed { token: Token::Word(word), .. },
                rest @ ..,
            ] = &tokens[at..]
            else {
                continue;
            };
            let goes_on = rest
                .first()
                .is_some_and(|next| ['%', '(', '[', '{', '+', '.', '*', '/'].iter().any(|sign| next.is(*sign)));
            if val.word() == Some("val")
                && sign.is('=')
                && !goes_on
                && let Some(text) = names.literal(word)
            {
                names.literals.entry(name).or_insert(text);
            }
        }
        for at in 0..tokens.len() {
            // val http4s = "org.http4s" %% "http4s-core" % "1.0"
            let [val, Placed { token: Token::Word(name), .. }, sign, rest @ ..] = &tokens[at..] else { continue };
            if val.word() != Some("val") || !sign.is('=') {
                continue;
            }
            let Some((.., [percent, version, ..])) = coordinates(rest) else { continue };
            let version = match version.token {
                Token::Text(text, false) => Some(text),
                Token::Word(word) => names.literal(word),
                _ => None,
            };
            let version = version.filter(|_| percent.is('%'));
            names
                .revisions
                .entry(name)
                .and_modify(|known| *known = known.filter(|known| Some(*known) == version))
                .or_insert(version);
        }
        names
    }

    fn literal(&self, word: &str) -> Option<&'t str> {
        self.literals.get(word.rsplit('.').next().unwrap_or(word)).copied()
    }

    /// The version that a name means: of `http4s.revision`, that of the artifact `http4s`.
    fn value(&self, word: &str) -> Option<&'t str> {
        match word.strip_suffix(".revision") {
            Some(artifact) => *self.revisions.get(artifact.rsplit('.').next().unwrap_or(artifact))?,
            None => self.literal(word),
        }
    }
}

/// The configuration after a version: `% Test`, `% "test->test"`, `% Provided`.
fn scope_of(rest: &[Placed<'_>]) -> &'static str {
    let configuration = match rest {
        [sign, Placed { token: Token::Text(text, _) | Token::Word(text), .. }, ..] if sign.is('%') => text,
        _ => "",
    };
    let configuration = configuration.to_ascii_lowercase();
    let first = configuration.split(['-', ',', ';', '>']).next().unwrap_or("");
    match first {
        _ if first.contains("test") || first == "it" => scope::TEST,
        "provided" => scope::BUILD,
        "optional" => scope::OPTIONAL,
        _ => scope::RUNTIME,
    }
}

/// The part of a Scala version that names of artifacts carry: `2.13.14` is `2.13`, `3.4.2` is `3`.
fn binary(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    match parts.as_slice() {
        ["3", ..] => "3".to_owned(),
        [major, minor, ..] => format!("{major}.{minor}"),
        _ => version.to_owned(),
    }
}
