//! Dockerfiles: base images with arguments expanded, and hosts that build steps fetch from.

use std::collections::BTreeSet;

use super::build::Build;
use super::reference::needs_image;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind};
use crate::parse::dockerfile::{Instruction, dockerfile, escape_character, expand};
use crate::scan::model::reference::{Hub, needs_models_of, uses_modelscope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `dockerfile`.
pub struct Dockerfile;

static META: ScannerMeta = ScannerMeta {
    id: "dockerfile",
    title: "Dockerfile",
    summary: "Base images of all stages with `ARG` defaults expanded, images that `COPY --from` takes files from, \
              and the hosts that build steps fetch from: index options, configuration commands and variables, edited \
              lists of package sources, downloads, clones; models that a step downloads from a hub or that a command \
              serves. Addresses that a step only prints do not count.",
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
        let mut build = Build::new(file, &project, escape_character(file.text()));
        let mut stages: BTreeSet<String> = BTreeSet::new();
        let hub = Hub::of_setting(uses_modelscope(file.text()));
        let mut stage = 0_usize;
        for instruction in &instructions {
            match instruction.keyword {
                "ARG" | "ENV" => build.declare(instruction, out),
                "FROM" => {
                    from(instruction, &build, &mut stages, &project, file, out);
                    stages.insert(stage.to_string());
                    stage += 1;
                }
                "COPY" => {
                    copy_from(instruction, &build, &stages, &project, file, out);
                    build.add(instruction, out);
                }
                "ADD" => build.add(instruction, out),
                "RUN" => {
                    build.run(instruction, out);
                    needs_models_of(hub, &project, &instruction.arguments, file, instruction.span, out);
                }
                "CMD" | "ENTRYPOINT" => {
                    needs_models_of(hub, &project, &instruction.arguments, file, instruction.span, out);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn from(
    instruction: &Instruction<'_>,
    build: &Build<'_>,
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
    let (image, _) = expand(image, &|name| build.variable(name));
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
    build: &Build<'_>,
    stages: &BTreeSet<String>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(source) = instruction.arguments.split_whitespace().find_map(|word| word.strip_prefix("--from=")) else {
        return;
    };
    let (source, _) = expand(source, &|name| build.variable(name));
    if !stages.contains(&source.to_ascii_lowercase()) {
        needs_image(project, RelationKind::DependsOn, &source, file, instruction.first_span, out);
    }
}
