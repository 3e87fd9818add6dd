//! What machines do when they start: compose files and containers that cloud-init writes and runs.

use super::compose;
use super::container_run::{Place, Runs};
use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;
use crate::parse::Node;
use crate::scan::origin::Origin;
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
    emits: &compose::KINDS,
    reference: "https://cloudinit.readthedocs.io/en/latest/reference/modules.html",
};

/// First line of settings.
const MARK: &str = "#cloud-config";
/// Compose files that one file writes: a machine has a few.
const MOST_COMPOSE: usize = 50;

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
            Runs::of(file).script(file.text(), Place::From(0), out);
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
    let mut runs = Runs::of(file);
    let mut parts = 0;
    for written in document.get("write_files").map_or(&[][..], Node::list) {
        let (Some(path), Some(content)) = (written.text_at("path"), written.get("content")) else { continue };
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_compose = name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"));
        if is_compose && written.get("encoding").is_some() {
            let message = format!("`{path}` is encoded: what it runs is not known");
            out.problem(DiagnosticKind::Unresolved, file, Some(content.span), message);
        } else if is_compose {
            parts += 1;
            if parts == MOST_COMPOSE + 1 {
                let message = format!("more than {MOST_COMPOSE} compose files are written; the others were not read");
                out.problem(DiagnosticKind::LimitReached, file, Some(content.span), message);
            }
            if let Some(within) = within(file, content).filter(|_| parts <= MOST_COMPOSE) {
                compose::documents(&within, input, out);
                within.tell_odd_shapes(out);
            }
        } else if let Some((text, place)) = text_of(file, content) {
            if name.ends_with(".service") {
                runs.unit(text, place, out);
            } else if text.trim_start().starts_with("#!") {
                runs.script(text, place, out);
            }
        }
    }
    for list in ["runcmd", "bootcmd"] {
        for command in document.get(list).map_or(&[][..], Node::list) {
            // a text, or a list of words
            command.any_shape();
            runs.words(command.list(), out);
            if let Some((text, place)) = text_of(file, command) {
                runs.script(text, place, out);
            }
        }
    }
}

/// The file with the directives of templates left out, every line at its place.
fn without_directives(file: &SourceFile) -> SourceFile {
    let keep = |line: &str| !line.trim_start().starts_with("%{");
    let lines = file.text().split('\n').map(|line| if keep(line) { line } else { "" });
    file.part(&lines.collect::<Vec<_>>().join("\n"), Origin::Lines { above: 0, indent: 0 })
}

/// The text of a value and where it stands. The lines of a block stay as they are written.
fn text_of<'n>(file: &'n SourceFile, value: &'n Node) -> Option<(&'n str, Place)> {
    let text = value.text()?;
    let written = file.text().get(value.span.start..value.span.end).unwrap_or_default();
    Some(match block(file.text(), value.span) {
        Some((start, lines)) => (lines, Place::From(start)),
        None if text == written => (written, Place::From(value.span.start)),
        None => (text, Place::In(value.span)),
    })
}

/// The whole lines of a block of text (`|`) and where they begin; its span begins at their first letter.
fn block(text: &str, span: Span) -> Option<(usize, &str)> {
    let before = text.get(..span.start)?.trim_end_matches(' ');
    let head = before.strip_suffix('\n')?.trim_end();
    let is_block = head.rsplit(char::is_whitespace).next().is_some_and(|word| word.starts_with('|'));
    // the span of a block may reach into the line after it
    Some((before.len(), text.get(before.len()..span.end)?.trim_end())).filter(|_| is_block)
}

/// A file within the file.
fn within(file: &SourceFile, value: &Node) -> Option<SourceFile> {
    let text = value.text()?;
    let Some((start, lines)) = block(file.text(), value.span) else {
        return Some(file.part(text, Origin::At(file.region(value.span))));
    };
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let filled = lines.lines().filter(|line| !line.trim().is_empty());
    let indent = filled.map(depth).min().unwrap_or(0);
    let above = file.region(Span::new(start, start)).start.line.saturating_sub(1);
    let lines = lines.split('\n').map(|line| &line[depth(line).min(indent)..]);
    let text = lines.collect::<Vec<_>>().join("\n");
    Some(file.part(&text, Origin::Lines { above, indent }))
}
