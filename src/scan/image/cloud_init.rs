//! What machines do when they start: compose files and containers that cloud-init writes and runs.

use super::compose;
use super::reference::needs_image;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind};
use crate::parse::Node;
use crate::scan::model::reference::{Hub, needs_models_of, uses_modelscope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `cloud-init`.
pub struct CloudInit;

static META: ScannerMeta = ScannerMeta {
    id: "cloud-init",
    title: "Start of a machine",
    summary: "Settings of cloud-init and scripts of user data, by their usual names: compose files that they write, and \
              containers that they run (`docker run`, `podman run`, `nerdctl run`), with their images and the models that \
              the command names. Expressions of templates stay as they are.",
    files: &[
        "**/*cloud-init*",
        "**/*cloud_init*",
        "**/*cloudinit*",
        "**/*cloud-config*",
        "**/*cloud_config*",
        "**/user-data*",
        "**/user_data*",
        "**/userdata*",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Service,
        ComponentKind::Model,
        ComponentKind::Accelerator,
    ],
    reference: "https://cloudinit.readthedocs.io/en/latest/reference/modules.html",
};

/// First line of settings.
const MARK: &str = "#cloud-config";
/// Programs that run containers.
const RUNNERS: [&str; 3] = ["docker", "podman", "nerdctl"];
/// Options of theirs without a value of their own.
const SWITCHES: [&str; 10] = [
    "--rm",
    "--detach",
    "--interactive",
    "--tty",
    "--privileged",
    "--init",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--quiet",
];

impl Scanner for CloudInit {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.is_binary() {
            return Ok(());
        }
        if file.text().starts_with("#!") {
            commands(file, Span::new(0, file.text().len()), out);
        } else if file.text().lines().take(5).any(|line| line.trim_end() == MARK) {
            let plain = without_directives(file);
            for document in plain.yaml_or_part(out) {
                settings(document, &plain, input, out);
            }
            plain.tell_odd_shapes(out);
        }
        Ok(())
    }
}

fn settings(document: &Node, file: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) {
    for written in document.get("write_files").map_or(&[][..], Node::list) {
        let (Some(path), Some(content)) = (written.text_at("path"), written.get("content")) else { continue };
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_compose = name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"));
        if is_compose && written.get("encoding").is_some() {
            let message = format!("`{path}` is encoded: what it runs is not known");
            out.problem(DiagnosticKind::Unresolved, file, Some(content.span), message);
        } else if is_compose {
            let within = only(file, content.span);
            compose::documents(&within, input, out);
            within.tell_odd_shapes(out);
        } else if content.text().is_some_and(|text| text.starts_with("#!") || name.ends_with(".service")) {
            commands(file, content.span, out);
        }
    }
    for list in ["runcmd", "bootcmd"] {
        for command in document.get(list).map_or(&[][..], Node::list) {
            // a text, or a list of words
            command.any_shape();
            commands(file, command.span, out);
        }
    }
}

/// The file with the directives of templates left out, every line at its place.
fn without_directives(file: &SourceFile) -> SourceFile {
    let keep = |line: &str| !line.trim_start().starts_with("%{");
    let lines = file.text().split('\n').map(|line| if keep(line) { line } else { "" });
    made(file, &lines.collect::<Vec<_>>().join("\n"))
}

/// The lines of a text within a file and nothing else, each at its place: a text of several lines is indented as a whole.
fn only(file: &SourceFile, span: Span) -> SourceFile {
    // the span of a text of several lines may reach into the line after it
    let written = file.text().get(span.start..span.end).unwrap_or_default().trim_end();
    let region = file.region(Span::new(span.start, span.start + written.len()));
    let (first, last) = (region.start.line as usize, region.end.line as usize);
    let inside = |at: usize, line: &str| {
        (first..=last).contains(&at) && !line.trim_start_matches([' ', '-']).starts_with("content:")
    };
    let lines = file.text().split('\n').enumerate();
    let lines = lines.map(|(at, line)| if inside(at + 1, line) { line } else { "" });
    made(file, &lines.collect::<Vec<_>>().join("\n"))
}

fn made(file: &SourceFile, text: &str) -> SourceFile {
    SourceFile::new(file.path().clone(), text.as_bytes().to_vec(), None)
}

/// Containers that commands run.
fn commands(file: &SourceFile, span: Span, out: &mut Facts<'_>) {
    let words = words(file.text(), span);
    let is_run = |at: usize| {
        let program = words[at].0.rsplit('/').next().unwrap_or_default();
        RUNNERS.contains(&program) && words.get(at + 1).is_some_and(|(word, _)| *word == "run")
    };
    for at in (0..words.len()).filter(|at| is_run(*at)) {
        let Some((image, rest)) = image_and_command(&words[at + 2..]) else { continue };
        let (text, place) = image;
        if text.contains('$') || text.contains("{{") {
            let message = "which container is run is only known at run time";
            out.problem(DiagnosticKind::Unresolved, file, Some(place), message);
            continue;
        }
        let name = text.rsplit('/').next().unwrap_or(text).split([':', '@']).next().unwrap_or(text);
        let workload = ComponentId::workload(&file.folder(), "container", "", name);
        out.component(&workload, ComponentKind::Workload, file.at(place));
        needs_image(&workload, RelationKind::DependsOn, text, file, place, out);
        if let (Some((_, first)), Some((_, last))) = (rest.first(), rest.last()) {
            let place = Span::new(first.start, last.end);
            let command = rest.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
            needs_models_of(Hub::of_setting(uses_modelscope(&command)), &workload, &command, file, place, out);
        }
    }
}

/// A word with its place.
type Word<'t> = (&'t str, Span);

/// The words of commands; a line that a command ends with gives a word of its own, `;`.
fn words(text: &str, span: Span) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut at = span.start;
    for line in text.get(span.start..span.end).unwrap_or_default().split_inclusive('\n') {
        let code = line.split(" #").next().unwrap_or(line).trim_end();
        if !code.trim_start().starts_with('#') {
            let mut from = at;
            for part in code.split_inclusive(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']')) {
                let word = part.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '"' | '\''));
                if !word.is_empty() && word != "\\" {
                    let start = from + part.find(word).unwrap_or_default();
                    found.push((word, Span::new(start, start + word.len())));
                }
                from += part.len();
            }
            if !code.ends_with('\\') {
                found.push((";", Span::new(at, at)));
            }
        }
        at += line.len();
    }
    found
}

/// The image that is run, and the words of its command.
fn image_and_command<'w, 't>(words: &'w [Word<'t>]) -> Option<(Word<'t>, &'w [Word<'t>])> {
    let end = words.iter().position(|(word, _)| matches!(*word, ";" | "&&" | "||" | "|")).unwrap_or(words.len());
    let words = &words[..end];
    let mut at = 0;
    while let Some((word, _)) = words.get(at).filter(|(word, _)| word.starts_with('-')) {
        let is_short = !word.starts_with("--");
        let is_switch =
            SWITCHES.contains(word) || is_short && word[1..].bytes().all(|letter| b"ditPq".contains(&letter));
        let has_value = word.contains('=') || is_short && word.len() > 2;
        at += if is_switch || has_value { 1 } else { 2 };
    }
    Some((*words.get(at)?, &words[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_stands_after_the_options() {
        for (command, image, rest) in [
            ("docker run -d --gpus all -p 8000:8000 r.example/vllm:1 --model a/b", "r.example/vllm:1", 2),
            ("docker run -it --rm --name=x -e A=b r.example/a", "r.example/a", 0),
            ("docker run --ipc=host \\\n  -v /a:/b \\\n  r.example/a:2 serve a/b\necho done", "r.example/a:2", 2),
        ] {
            let all = words(command, Span::new(0, command.len()));
            let found = image_and_command(&all[2..]).map(|((word, _), rest)| (word, rest.len()));
            assert_eq!(found, Some((image, rest)), "{command}");
        }
        let all = words("docker run -d", Span::new(0, 13));
        assert!(image_and_command(&all[2..]).is_none());
    }
}
