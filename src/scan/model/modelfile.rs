//! Ollama's Modelfile: the model and adapter that one of the tree is made from.

use super::ollama::write_ollama;
use super::reference::{HUGGING_FACE, hub_id, write_model};
use super::tree_model;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, Unit};
use crate::text::Span;

/// Scanner `modelfile`.
pub struct Modelfile;

static META: ScannerMeta = ScannerMeta {
    id: "modelfile",
    title: "Ollama Modelfile",
    summary: "The model of the file's folder with the model and the adapter it is made from, in the library of Ollama, on \
              a hub, or as weights of the tree, and its licence when it is one line.",
    files: &["**/Modelfile", "**/Modelfile.*", "**/*.Modelfile", "**/*.modelfile"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Model, ComponentKind::Host],
    reference: "https://docs.ollama.com/modelfile",
};

impl Scanner for Modelfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        for said in said(file.text()) {
            let seen = || file.at(said.span);
            let model = tree_model(input, file, &seen(), out);
            if said.sort == Sort::License {
                out.attribute(&model, key::LICENSE, said.value.trim_matches('"'), seen());
            } else if said.value.starts_with(['.', '/', '~']) {
                // weights beside the file: nothing is fetched for them
                out.attribute(&model, key::HELD, file.folder().to_string(), seen());
            } else if let Some(base) = said.base(&seen(), out) {
                out.relation(&model, RelationKind::BasedOn, &base, seen());
            }
        }
        Ok(())
    }
}

/// What a line says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    From,
    Adapter,
    License,
}

/// A line that says what the model is made from, or its licence.
pub(crate) struct Said<'t> {
    sort: Sort,
    value: &'t str,
    /// Where the value stands.
    pub(crate) span: Span,
}

impl Said<'_> {
    /// The model that it names, of Ollama's library or a hub.
    pub(crate) fn base(&self, seen: &Seen, out: &mut Facts<'_>) -> Option<ComponentId> {
        match self.sort {
            Sort::Adapter => hub_id(self.value).map(|id| write_model(HUGGING_FACE, id, seen, out)),
            Sort::From if !self.value.starts_with(['.', '/', '~']) => write_ollama(self.value, seen, out),
            _ => None,
        }
    }
}

/// True for the name of such a file.
pub(crate) fn is_modelfile(name: &str) -> bool {
    name == "Modelfile" || name.starts_with("Modelfile.") || name.to_ascii_lowercase().ends_with(".modelfile")
}

/// What the lines of such a file say.
pub(crate) fn said(text: &str) -> Vec<Said<'_>> {
    let mut found = Vec::new();
    let mut is_text = false;
    for line in lines(text) {
        // templates and system prompts go over several lines
        let quotes = line.text.matches("\"\"\"").count();
        let was_text = is_text;
        is_text ^= quotes % 2 == 1;
        let Some((word, value)) = line.text.trim().split_once(char::is_whitespace).filter(|_| !was_text) else {
            continue;
        };
        let value = value.trim();
        let sort = match word.to_ascii_uppercase().as_str() {
            "FROM" => Sort::From,
            "ADAPTER" => Sort::Adapter,
            "LICENSE" if quotes == 0 => Sort::License,
            _ => continue,
        };
        found.push(Said { sort, value, span: span_within(&line, value) });
    }
    found
}
