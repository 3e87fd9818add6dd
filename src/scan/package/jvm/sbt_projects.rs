//! Projects that an sbt build defines, and the stretches of its file that are about each.

use std::collections::BTreeMap;

use super::gradle_script::{Placed, Token};
use crate::text::RelPath;

/// Projects of one file; more of them only a hostile one has.
const MOST_PROJECTS: usize = 2_000;
/// Tokens of a call among which its arguments are looked for; calls in calls are read again.
const ARGUMENTS: usize = 512;
/// Tokens of a definition among which its folder is looked for.
const HEAD: usize = 24;

/// A project that a file defines: `lazy val core = (project in file("core")).settings(…)`.
pub(super) struct Defined {
    pub(super) folder: RelPath,
    /// The numbers of the first of its tokens, and of the first behind it.
    from: usize,
    to: usize,
}

/// The projects of a file.
#[derive(Default)]
pub(super) struct Projects<'t> {
    pub(super) all: Vec<Defined>,
    /// Stretches of tokens that are about projects whose folder is not known.
    elsewhere: Vec<(usize, usize)>,
    by_name: BTreeMap<&'t str, usize>,
}

impl<'t> Projects<'t> {
    /// Those of the build in a folder, whose file has these tokens. What stands in blocks is none of them: a project is a value
    /// at the begin of a line.
    pub(super) fn of(text: &str, tokens: &[Placed<'t>], folder: &RelPath) -> Self {
        let mut found = Self::default();
        let starts = starts(text, tokens);
        let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
        for (from, to) in starts.iter().copied().zip(ends) {
            // one that lies outside of the tree, or nowhere that is stated
            let defined = defined(&tokens[from..to]);
            let Some((name, folder)) = defined.and_then(|(name, stated)| Some((name, folder.join(stated?)?))) else {
                if defined.is_some() || has_settings(&tokens[from..to]) {
                    found.elsewhere.push((from, to));
                }
                continue;
            };
            if found.all.len() == MOST_PROJECTS {
                break;
            }
            found.by_name.insert(name, found.all.len());
            found.all.push(Defined { folder, from, to });
        }
        found
    }

    /// The number of the project that a token stands in the definition of.
    pub(super) fn at(&self, token: usize) -> Option<usize> {
        let after = self.all.partition_point(|one| one.from <= token);
        let last = after.checked_sub(1)?;
        (token < self.all[last].to).then_some(last)
    }

    /// True for a token in the definition of a project whose folder is not known.
    pub(super) fn is_elsewhere(&self, token: usize) -> bool {
        let after = self.elsewhere.partition_point(|(from, _)| *from <= token);
        after.checked_sub(1).is_some_and(|last| token < self.elsewhere[last].1)
    }

    /// The projects that `dependsOn(core, util % Test)` at the begin of the tokens names, with the token of each.
    pub(super) fn used<'s>(&self, tokens: &'s [Placed<'t>]) -> Vec<(usize, &'s Placed<'t>)> {
        let is_it = |word: &str| word == "dependsOn" || word.ends_with(".dependsOn");
        let is_call = tokens.first().and_then(Placed::word).is_some_and(is_it);
        if !is_call || !tokens.get(1).is_some_and(|one| one.is('(')) {
            return Vec::new();
        }
        let mut depth = 0_usize;
        let mut found = Vec::new();
        for two in tokens[1..].windows(2).take(ARGUMENTS) {
            match two[0].token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            let is_first = depth == 1 && (two[0].is('(') || two[0].is(','));
            // `core.jvm` is a platform of `core`
            let name = two[1].word().filter(|_| is_first).and_then(|word| word.split('.').next());
            found.extend(name.and_then(|name| self.by_name.get(name)).map(|number| (*number, &two[1])));
        }
        found
    }
}

/// The numbers of the tokens with which something begins at the begin of a line, outside of all brackets.
fn starts(text: &str, tokens: &[Placed<'_>]) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (at, one) in tokens.iter().enumerate() {
        match one.token {
            Token::Sign('(' | '{' | '[') => depth += 1,
            Token::Sign(')' | '}' | ']') => depth = depth.saturating_sub(1),
            Token::Word(_) if depth == 0 => {
                let start = one.span.start;
                let is_at_begin = start == 0 || text.as_bytes().get(start - 1) == Some(&b'\n');
                if is_at_begin && !at.checked_sub(1).is_some_and(|before| tokens[before].is('=')) {
                    found.push(at);
                }
            }
            _ => {}
        }
    }
    found
}

/// True for a value that is given settings: `lazy val core = ours("core").settings(…)`.
fn has_settings(tokens: &[Placed<'_>]) -> bool {
    let is_value = tokens.first().and_then(Placed::word).is_some_and(|word| matches!(word, "lazy" | "val"));
    is_value && tokens.windows(2).any(|two| two[0].is('.') && two[1].word() == Some("settings"))
}

/// Name and folder of the project that a definition makes; no folder where that is computed.
fn defined<'t>(tokens: &[Placed<'t>]) -> Option<(&'t str, Option<&'t str>)> {
    let tokens = match tokens.first()?.word()? {
        "lazy" => &tokens[1..],
        _ => tokens,
    };
    let [val, name, rest @ ..] = tokens else { return None };
    let name = name.word().filter(|_| val.word() == Some("val"))?;
    let at = rest.iter().take(HEAD).position(|one| one.is('='))?;
    let value = &rest[at + 1..];
    let at = value.iter().position(|one| !one.is('('))?;
    let word = value[at].word()?;
    let first = word.split('.').next().unwrap_or(word);
    // `project("core")` is a function of the build itself
    if word == "project" && value.get(at + 1).is_some_and(|one| one.is('(')) {
        return None;
    }
    if !matches!(first, "project" | "Project" | "crossProject" | "projectMatrix") {
        return None;
    }
    let is_file = |one: &Placed<'_>| one.word().is_some_and(|word| word == "file" || word.ends_with(".file"));
    let is_end = |one: &Placed<'_>| one.word().is_some_and(|word| word.ends_with("settings"));
    let head = value.iter().take(HEAD).take_while(|one| !is_end(one)).count();
    let head = &value[..head];
    let folder = match head.iter().position(is_file).map(|at| &head[at + 1..]) {
        Some([open, Placed { token: Token::Text(text, false), .. }, close, ..]) if open.is('(') && close.is(')') => {
            Some(*text)
        }
        Some(_) => None,
        // `lazy val core = project` lies in the folder of its name
        None if first == "Project" => None,
        None => Some(name),
    };
    Some((name, folder))
}

#[cfg(test)]
mod tests {
    use super::super::gradle_script;
    use super::*;

    #[test]
    fn folders_of_projects() {
        let text = "lazy val a = project\nlazy val b = (project in file(\"lib/b\"))\n  .settings(x := file(\"no\"))\n  \
                    .dependsOn(a % \"test->test\", c.jvm)\nval c = crossProject(JVMPlatform, JSPlatform).in(file(\"c\"))\n\
                    lazy val d = Project(\"d\", file(where))\nlazy val e: Project =\n  project.in(file(\".\"))\nval f = Seq(1)\n\
                    name := \"x\"\nlazy val g = Project(id = \"g\", base = file(\"g1\"))\n\
                    lazy val h = project(\"other-h\").settings(x)\n";
        let tokens = gradle_script::tokens(text);
        let tokens: Vec<_> = tokens.into_iter().filter(|one| one.token != Token::Line).collect();
        let found = Projects::of(text, &tokens, &RelPath::new("x").expect("is relative"));
        let folders: Vec<String> = found.all.iter().map(|one| one.folder.to_string()).collect();
        assert_eq!(folders, ["x/a", "x/lib/b", "x/c", "x", "x/g1"]);
        let call = tokens.iter().position(|one| one.word() == Some("dependsOn")).expect("is there");
        assert_eq!(found.at(call), Some(1));
        let used: Vec<usize> = found.used(&tokens[call..]).into_iter().map(|(number, _)| number).collect();
        assert_eq!(used, [0, 2]);
        let setting = tokens.iter().position(|one| one.word() == Some("name")).expect("is there");
        assert_eq!(found.at(setting), None);
    }
}
