//! Dockerfiles: base images with arguments expanded, and hosts that build steps fetch from.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Build;
use super::first_start;
use super::reference::needs_image;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind};
use crate::parse::Node;
use crate::parse::dockerfile::{Instruction, dockerfile, escape_character, expand};
use crate::parse::lines::{lines, span_within};
use crate::scan::cloud::api::{calls_in, setting};
use crate::scan::model::reference::{Hub, needs_model, needs_models_of, setting_names_model, uses_modelscope};
use crate::scan::package::toolkit::scope;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Letters of an argument's value that are kept.
const LONGEST_ARGUMENT: usize = 1 << 10;

/// Scanner `dockerfile`.
pub struct Dockerfile;

static META: ScannerMeta = ScannerMeta {
    id: "dockerfile",
    title: "Dockerfile",
    summary: "Base images of all stages with `ARG` defaults expanded, images that `COPY --from` takes files from, \
              images that build steps mount or the file is read with, services and models in `ENV`, and the hosts that build steps fetch from: index options, configuration commands and variables, edited \
              lists of package sources, downloads, clones; packages that \
              a step installs by name, and images that it pulls or runs; models that a step downloads from a hub or that a command \
              serves. Addresses that a step only prints do not count.",
    files: &[
        "**/Dockerfile",
        "**/Dockerfile.*",
        "**/Dockerfile-*",
        "**/Dockerfile_*",
        "**/*.Dockerfile",
        "**/*.dockerfile",
        "**/Containerfile",
        "**/Containerfile.*",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Model,
        ComponentKind::Package,
        ComponentKind::Service,
    ],
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
        frontend(&project, file, out);
        let mut build = Build::new(file, &project, escape_character(file.text())).with_installs(scope::RUNTIME);
        let mut stages: BTreeSet<String> = BTreeSet::new();
        let hub = Hub::of_setting(uses_modelscope(file.text()));
        let mut stage = 0_usize;
        for instruction in &instructions {
            match instruction.keyword {
                "ARG" => build.declare(instruction, out),
                "ENV" => {
                    build.declare(instruction, out);
                    settings(instruction, &build, &project, input, out);
                }
                "FROM" => {
                    from(instruction, &mut build, &mut stages, &project, file, out);
                    stages.insert(stage.to_string());
                    stage += 1;
                }
                "COPY" => {
                    copy_from(instruction, &build, &stages, &project, file, out);
                    first_start::copied(&instruction.arguments, instruction.first_span, &project, file, out);
                    build.add(instruction, out);
                }
                "ADD" => build.add(instruction, out),
                "RUN" => {
                    mounts(instruction, &build, &stages, &project, file, out);
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
    build: &mut Build<'_>,
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
    let name = match words.as_slice() {
        [_, keyword, name, ..] if keyword.eq_ignore_ascii_case("as") => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    stages.extend(name.clone());
    build.begin_stage(&image.to_ascii_lowercase(), name, instruction.first_span, out);
}

/// A Dockerfile that stands in a value of another file: the images that its stages are built from.
pub(super) fn inline(node: &Node, user: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(text) = node.text() else { return };
    let (instructions, _) = dockerfile(text);
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    let mut stages: BTreeSet<String> = BTreeSet::new();
    let mut stage = 0_usize;
    for instruction in &instructions {
        let words: Vec<&str> =
            instruction.arguments.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        let fill = |text: &str| expand(text, &|name| arguments.get(name).cloned()).0;
        let image = match (instruction.keyword, words.as_slice()) {
            ("ARG", [word, ..]) => {
                let set =
                    word.split_once('=').map(|(name, value)| (name.to_owned(), fill(value.trim_matches(['"', '\'']))));
                arguments.extend(set.filter(|(_, value)| value.len() <= LONGEST_ARGUMENT));
                continue;
            }
            ("FROM", [image, rest @ ..]) => {
                let image = fill(image);
                let is_stage = stages.contains(&image.to_ascii_lowercase());
                stages.insert(stage.to_string());
                stage += 1;
                stages.extend(rest.get(1).map(|name| name.to_ascii_lowercase()));
                (!is_stage).then_some(image)
            }
            ("COPY", _) => {
                let from = instruction.arguments.split_whitespace().find_map(|word| word.strip_prefix("--from="));
                from.map(fill).filter(|source| !stages.contains(&source.to_ascii_lowercase()))
            }
            _ => None,
        };
        if let Some(image) = image.filter(|image| image != "scratch") {
            needs_image(user, RelationKind::DependsOn, &image, file, node.span, out);
        }
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

/// `# syntax=docker/dockerfile:1` at the beginning: the image that reads the file.
fn frontend(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for line in lines(file.text()).take_while(|line| line.text.starts_with('#')) {
        let Some((name, image)) = line.text[1..].split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("syntax") {
            let image = image.trim();
            needs_image(project, RelationKind::DependsOn, image, file, span_within(&line, image), out);
        }
    }
}

/// `RUN --mount=type=bind,from=image`.
fn mounts(
    instruction: &Instruction<'_>,
    build: &Build<'_>,
    stages: &BTreeSet<String>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let options = instruction.arguments.split_whitespace().take_while(|word| word.starts_with("--"));
    for from in options.flat_map(|option| option.split(',')).filter_map(|part| part.strip_prefix("from=")) {
        let (source, _) = expand(from, &|name| build.variable(name));
        if !stages.contains(&source.to_ascii_lowercase()) {
            needs_image(project, RelationKind::DependsOn, &source, file, instruction.first_span, out);
        }
    }
}

/// `ENV NAME=value`: addresses of services and names of models that the container is set to.
fn settings(
    instruction: &Instruction<'_>,
    build: &Build<'_>,
    project: &ComponentId,
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let file = input.file();
    for (name, value) in instruction.arguments.split_whitespace().filter_map(|word| word.split_once('=')) {
        let (value, _) = expand(value.trim_matches(['"', '\'']), &|name| build.variable(name));
        calls_in(project, &value, input.catalog, file, instruction.first_span, out);
        setting(project, name, &value, input.catalog, &file.at(instruction.first_span), out);
        if setting_names_model(name) {
            needs_model(project, &value, file, instruction.first_span, out);
        }
    }
}
