//! `setup.py`: requirements that stand there as lists of plain texts. What is computed is said, not guessed.

use super::pep508::{Sheet, conditions};
use super::python_words::Word;
use super::requirements::understood;
use super::setup_lists::{Asked, Found, LIMIT, Script};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `setup-py`.
pub struct SetupPy;

static META: ScannerMeta = ScannerMeta {
    id: "setup-py",
    title: "setuptools build script",
    summary: "Requirements, extras, and what tests and the build need, where the script has them as lists of plain \
              texts, itself or under a name, with what is added to them (`+=`, `append`, `extend`, under a key), whatever \
              the condition. Computed ones are diagnostics; the script is never run.",
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
        let script = Script::new(file.text());
        let mut found = Found::default();
        let mut read_to = 0;
        for (at, (word, _)) in script.words.iter().enumerate() {
            if at < read_to {
                continue;
            }
            let (Word::Name(name) | Word::Text(Some(name))) = word else { continue };
            let Some((scope, is_map)) = keyword(name) else { continue };
            read_to = script.keyword(at, scope, is_map, &mut found).unwrap_or(read_to);
        }
        if found.texts.is_empty() && found.computed.is_empty() {
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        if found.is_full() {
            let message =
                format!("more than {LIMIT} requirements, or names that lead to as many; the rest is left out");
            out.problem(DiagnosticKind::LimitReached, file, None, message);
        }
        for span in found.computed {
            let message = "requirements are computed here; a script is not run";
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        }
        for Asked { text, span, scope, marker } in found.texts {
            let Some(requirement) = understood(text, file, span, out) else { continue };
            let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input), own: None };
            if let Some(asked) = requirement.ask(scope, span, sheet, out) {
                asked.default_host(&file.at(span), out);
                conditions(&asked.id, "", marker, &file.at(span), out);
            }
        }
        Ok(())
    }
}

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
