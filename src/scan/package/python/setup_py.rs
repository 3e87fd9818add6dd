//! `setup.py`: requirements that stand there as plain lists of plain texts. What is computed is said, not guessed.

use std::collections::BTreeMap;

use super::pep508::Sheet;
use super::python_words::{Word, words};
use super::requirements::understood;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `setup-py`.
pub struct SetupPy;

static META: ScannerMeta = ScannerMeta {
    id: "setup-py",
    title: "setuptools build script",
    summary: "Requirements, extras, and what tests and the build need, where the script has them as plain lists of \
              plain texts, itself or under a name that is given such a list once. Computed ones are diagnostics; the \
              script is never run.",
    files: &["**/setup.py"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://setuptools.pypa.io/en/latest/references/keywords.html",
};

impl Scanner for SetupPy {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let script = Script::new(words(file.text()));
        let mut found = Found::default();
        let mut read_to = 0;
        for (at, (word, _)) in script.words.iter().enumerate() {
            if at < read_to {
                continue;
            }
            let (Word::Name(name) | Word::Text(Some(name))) = word else { continue };
            let Some((scope, is_map)) = keyword(name) else { continue };
            // `install_requires=[…]` of a call, `"install_requires": […]` of a dictionary
            let wanted = if matches!(word, Word::Name(_)) { '=' } else { ':' };
            if script.is_sign(at + 1, wanted) && !script.is_sign(at + 2, '=') {
                read_to = if is_map {
                    script.map(at + 2, scope, &mut found)
                } else {
                    script.value(at + 2, scope, &mut found)
                };
            }
        }
        if found.texts.is_empty() && found.computed.is_empty() {
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        if found.is_full() {
            let message = format!("more than {LIMIT} requirements; the rest is left out");
            out.problem(DiagnosticKind::LimitReached, file, None, message);
        }
        for span in found.computed {
            let message = "requirements are computed here; a script is not run";
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        }
        for (text, span, scope) in found.texts {
            let Some(requirement) = understood(text, file, span, out) else { continue };
            let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input) };
            if let Some(asked) = requirement.ask(scope, span, sheet, out) {
                asked.default_host(&file.at(span), out);
            }
        }
        Ok(())
    }
}

/// Requirements of one script: a name that is followed many times repeats its list.
const LIMIT: usize = 10_000;

/// Scope of a keyword of `setup`, and whether its value is a dictionary of lists.
fn keyword(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "install_requires" => (scope::RUNTIME, false),
        "tests_require" => (scope::TEST, false),
        "setup_requires" => (scope::BUILD, false),
        "extras_require" => (scope::OPTIONAL, true),
        _ => return None,
    })
}

/// What was found: plain texts, and places where something is computed.
#[derive(Default)]
struct Found<'a> {
    texts: Vec<(&'a str, Span, &'static str)>,
    computed: Vec<Span>,
}

impl Found<'_> {
    fn is_full(&self) -> bool {
        self.texts.len() + self.computed.len() >= LIMIT
    }
}

struct Script<'a> {
    words: Vec<(Word<'a>, Span)>,
    /// Where the value begins that a name is given; `None` when it is given several.
    given: BTreeMap<&'a str, Option<usize>>,
}

impl<'a> Script<'a> {
    fn new(words: Vec<(Word<'a>, Span)>) -> Self {
        let mut script = Self { words, given: BTreeMap::new() };
        let mut depth = 0_usize;
        for at in 0..script.words.len() {
            match script.words[at].0 {
                Word::Sign('(' | '[' | '{') => depth += 1,
                Word::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
                // keywords of calls are no assignments
                Word::Name(name) if depth == 0 && script.is_sign(at + 1, '=') && !script.is_sign(at + 2, '=') => {
                    script.given.entry(name).and_modify(|value| *value = None).or_insert(Some(at + 2));
                }
                // `name += …`, `name.append(…)`
                Word::Name(name) if depth == 0 && (script.is_sign(at + 1, '+') || script.is_sign(at + 1, '.')) => {
                    script.given.entry(name).and_modify(|value| *value = None);
                }
                _ => {}
            }
        }
        script
    }

    fn is_sign(&self, at: usize, sign: char) -> bool {
        matches!(self.words.get(at), Some((Word::Sign(is), _)) if *is == sign)
    }

    fn span(&self, at: usize) -> Span {
        self.words.get(at).or(self.words.last()).map_or_else(Span::default, |(_, span)| *span)
    }

    /// Follows a name to the one value that it is given.
    fn followed(&self, at: usize) -> Option<usize> {
        match self.words.get(at)?.0 {
            Word::Name(name) if self.ends(at + 1) => *self.given.get(name)?,
            Word::Name(_) => None,
            _ => Some(at),
        }
    }

    /// True where a value ends: nothing is added to it or taken of it.
    fn ends(&self, at: usize) -> bool {
        match self.words.get(at) {
            Some((Word::Sign(sign), _)) => matches!(sign, ',' | ')' | '}' | ']'),
            Some((Word::Name(name), _)) => !matches!(*name, "if" | "for" | "or" | "and"),
            Some((Word::Text(_), _)) => false,
            None => true,
        }
    }

    /// Reads a list; gives the place up to which the script was read.
    fn value(&self, at: usize, scope: &'static str, found: &mut Found<'a>) -> usize {
        let followed = self.followed(at);
        let end = match followed {
            Some(from) if self.is_sign(from, '[') || self.is_sign(from, '(') => self.list(from + 1, scope, found),
            Some(from) if matches!(self.words.get(from), Some((Word::Text(Some(_)), _))) => {
                // one text may hold a line for each requirement
                self.item(from, scope, found);
                from + 1
            }
            _ => {
                found.computed.push(self.span(at));
                return at + 1;
            }
        };
        // `[…] + more`
        if !self.ends(end) {
            found.computed.push(self.span(end));
        }
        if followed == Some(at) { end } else { at + 1 }
    }

    /// Reads the items of a list up to its end; gives the place behind it.
    fn list(&self, mut at: usize, scope: &'static str, found: &mut Found<'a>) -> usize {
        while at < self.words.len() && !found.is_full() {
            if self.is_sign(at, ']') || self.is_sign(at, ')') {
                return at + 1;
            }
            if self.is_sign(at, ',') {
                at += 1;
                continue;
            }
            let end = self.behind(at);
            if end == at + 1 && matches!(self.words[at].0, Word::Text(Some(_))) {
                self.item(at, scope, found);
            } else {
                found.computed.push(self.span(at));
            }
            at = end;
        }
        at
    }

    fn item(&self, at: usize, scope: &'static str, found: &mut Found<'a>) {
        let (Word::Text(Some(text)), span) = self.words[at] else { return };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            found.texts.push((line, span, scope));
        }
    }

    /// The place of the comma or bracket that ends the item at `at`.
    fn behind(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for (offset, (word, _)) in self.words[at..].iter().enumerate() {
            match word {
                Word::Sign('(' | '[' | '{') => depth += 1,
                Word::Sign(',' | ')' | ']' | '}') if depth == 0 => return at + offset.max(1),
                Word::Sign(')' | ']' | '}') => depth -= 1,
                _ => {}
            }
        }
        self.words.len()
    }

    /// Reads a dictionary of lists; gives the place up to which the script was read.
    fn map(&self, start: usize, scope: &'static str, found: &mut Found<'a>) -> usize {
        let Some(from) = self.followed(start).filter(|from| self.is_sign(*from, '{')) else {
            found.computed.push(self.span(start));
            return start + 1;
        };
        let mut at = from + 1;
        while at < self.words.len() && !self.is_sign(at, '}') && !found.is_full() {
            if self.is_sign(at, ',') {
                at += 1;
                continue;
            }
            if matches!(self.words[at].0, Word::Text(_)) && self.is_sign(at + 1, ':') {
                self.value(at + 2, scope, found);
            } else {
                found.computed.push(self.span(at));
            }
            at = self.behind(at);
        }
        if from == start { at } else { start + 1 }
    }
}
