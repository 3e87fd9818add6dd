//! Ollama's Modelfile: the model and adapter that one of the tree is made from.

use super::ollama::write_ollama;
use super::reference::{HUGGING_FACE, hub_id, write_model};
use super::tree_model;
use crate::model::{Basis, ComponentKind, RelationKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

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
        let mut is_text = false;
        for line in lines(file.text()) {
            // templates and system prompts go over several lines
            let quotes = line.text.matches("\"\"\"").count();
            let was_text = is_text;
            is_text ^= quotes % 2 == 1;
            let Some((word, value)) = line.text.trim().split_once(char::is_whitespace).filter(|_| !was_text) else {
                continue;
            };
            let value = value.trim();
            let seen = || file.at(span_within(&line, value));
            let model = match word.to_ascii_uppercase().as_str() {
                "FROM" | "ADAPTER" => tree_model(input, file, &seen(), out),
                "LICENSE" if quotes == 0 => {
                    let model = tree_model(input, file, &seen(), out);
                    out.attribute(&model, key::LICENSE, value.trim_matches('"'), seen());
                    continue;
                }
                _ => continue,
            };
            if value.starts_with(['.', '/', '~']) {
                // weights beside the file: nothing is fetched for them
                out.attribute(&model, key::HELD, file.folder().to_string(), seen());
                continue;
            }
            let base = match word.eq_ignore_ascii_case("adapter") {
                true => hub_id(value).map(|id| write_model(HUGGING_FACE, id, &seen(), out)),
                false => write_ollama(value, &seen(), out),
            };
            if let Some(base) = base {
                out.relation(&model, RelationKind::BasedOn, &base, seen());
            }
        }
        Ok(())
    }
}
