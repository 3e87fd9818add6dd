//! Dockerfiles: base images with arguments expanded, and hosts that build steps fetch from.

use std::collections::{BTreeMap, BTreeSet};

use super::reference::needs_image;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind};
use crate::parse::dockerfile::{Instruction, dockerfile, expand};
use crate::scan::model::reference::needs_models_in;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `dockerfile`.
pub struct Dockerfile;

static META: ScannerMeta = ScannerMeta {
    id: "dockerfile",
    title: "Dockerfile",
    summary: "Base images of all stages with `ARG` defaults expanded, images that `COPY --from` takes files from, \
              and the hosts that index options, configuration commands and downloads in `RUN` name.",
    files: &[
        "**/Dockerfile",
        "**/Dockerfile.*",
        "**/*.Dockerfile",
        "**/*.dockerfile",
        "**/Containerfile",
        "**/Containerfile.*",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Host, ComponentKind::Model],
    reference: "https://docs.docker.com/reference/dockerfile/",
};

impl Scanner for Dockerfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let (instructions, problems) = dockerfile(file.text());
        for problem in problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), problem.message);
        }
        let project = ComponentId::project(&file.folder());
        out.component(&project, ComponentKind::Project, file.whole());
        let mut arguments: BTreeMap<String, String> = BTreeMap::new();
        let mut stages: BTreeSet<String> = BTreeSet::new();
        let mut stage = 0_usize;
        for instruction in &instructions {
            match instruction.keyword {
                "ARG" | "ENV" => remember(&instruction.arguments, &mut arguments),
                "FROM" => {
                    from(instruction, &arguments, &mut stages, &project, file, out);
                    stages.insert(stage.to_string());
                    stage += 1;
                }
                "COPY" => copy_from(instruction, &arguments, &stages, &project, file, out),
                "RUN" | "ADD" => fetches(instruction, &project, file, out),
                "CMD" | "ENTRYPOINT" => {
                    needs_models_in(&project, &instruction.arguments, file, instruction.span, out);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// `NAME=value` words of `ARG` and `ENV`.
fn remember(text: &str, arguments: &mut BTreeMap<String, String>) {
    for word in text.split_whitespace() {
        if let Some((name, value)) = word.split_once('=') {
            let value = value.trim_matches(['"', '\'']).to_owned();
            let (value, _) = expand(&value, &|name| arguments.get(name).cloned());
            arguments.insert(name.to_owned(), value);
        }
    }
}

fn from(
    instruction: &Instruction<'_>,
    arguments: &BTreeMap<String, String>,
    stages: &mut BTreeSet<String>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let words: Vec<&str> = instruction.arguments.split_whitespace().filter(|word| !word.starts_with("--")).collect();
    let Some(image) = words.first() else {
        out.problem(DiagnosticKind::Malformed, file, Some(instruction.span), "`FROM` names no image");
        return;
    };
    let (image, _) = expand(image, &|name| arguments.get(name).cloned());
    if image != "scratch" && !stages.contains(&image.to_ascii_lowercase()) {
        needs_image(project, RelationKind::DependsOn, &image, file, instruction.first_span, out);
    }
    if let [_, keyword, name, ..] = words.as_slice()
        && keyword.eq_ignore_ascii_case("as")
    {
        stages.insert(name.to_ascii_lowercase());
    }
}

fn copy_from(
    instruction: &Instruction<'_>,
    arguments: &BTreeMap<String, String>,
    stages: &BTreeSet<String>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(source) = instruction.arguments.split_whitespace().find_map(|word| word.strip_prefix("--from=")) else {
        return;
    };
    let (source, _) = expand(source, &|name| arguments.get(name).cloned());
    if !stages.contains(&source.to_ascii_lowercase()) {
        needs_image(project, RelationKind::DependsOn, &source, file, instruction.first_span, out);
    }
}

/// Hosts of addresses in build steps, with the words around them telling that bytes come from there.
fn fetches(instruction: &Instruction<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let text = file.text().get(instruction.span.start..instruction.span.end).unwrap_or("");
    for (at, word) in words_with_offset(text) {
        let word = word.trim_matches(['"', '\'', '(', ')', ';', ',', '`']);
        let word = word.rsplit_once('=').map_or(word, |(_, value)| value);
        if !(word.starts_with("https://")
            || word.starts_with("http://")
            || word.starts_with("git+")
            || word.starts_with("git@"))
        {
            continue;
        }
        if let Some(host) = toolkit::host_of(word) {
            let start = instruction.span.start + at;
            toolkit::distributed_by(project, &host, &file.at(start..start + word.len()), out);
        }
    }
    needs_models_in(project, text, file, instruction.span, out);
}

fn words_with_offset(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - base, word))
}
