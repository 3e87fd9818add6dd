//! What machines do when they start: compose files and containers that cloud-init writes and runs.

use super::build::{Build, is_source_file};
use super::compose;
use super::container_run::{Place, Runs};
use super::start::{self, Starter};
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
    summary: "Settings of cloud-init and scripts of user data, by their usual names: compose files that they write, \
              containers that they run (`docker run`, `podman run`, `nerdctl run`) with their images, models that a \
              command serves or fetches, and the hosts that packages and downloads come from: sources of apt, yum and \
              zypper, options of pip and others, `curl`, `wget`. Expressions of templates stay as they are.",
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
pub(super) const MARK: &str = "#cloud-config";
/// Settings that say where packages come from.
const SOURCES: [&str; 6] = ["apt", "apt_sources", "apt_mirror", "yum_repos", "zypper", "apk_repos"];
/// What stands among them and is no source.
const NO_SOURCES: [&str; 8] = ["proxy", "http_proxy", "https_proxy", "ftp_proxy", "conf", "key", "keyid", "filename"];
/// Where personal package archives are served (`ppa:name/archive`).
const PERSONAL_ARCHIVES: &str = "https://ppa.launchpadcontent.net";
/// Settings in settings.
const DEEPEST: usize = 8;
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
        let starter = Starter { id: input.root_subject(file), kind: input.root_kind() };
        let starts = ["#!", "Content-Type: multipart/", "MIME-Version:"];
        let is_named = starts.iter().any(|word| file.text().starts_with(word));
        if is_named || file.text().lines().take(5).any(|line| line.trim_end() == MARK) {
            start::read(file, &starter, Some(input), out);
        }
        Ok(())
    }
}

/// Reads settings, which may stand in a value of another file.
pub(super) fn settings_in(file: &SourceFile, starter: &Starter, input: Option<&Input<'_>>, out: &mut Facts<'_>) {
    let plain = without_directives(file);
    for document in plain.yaml_or_part(out) {
        let mut reader = Reader { file: &plain, starter, input, runs: Runs::for_starter(&plain, starter), parts: 0 };
        reader.document(document, out);
    }
    plain.tell_odd_shapes(out);
}

/// Reads the settings of one machine.
struct Reader<'a> {
    file: &'a SourceFile,
    starter: &'a Starter,
    input: Option<&'a Input<'a>>,
    runs: Runs<'a>,
    /// Compose files that were read.
    parts: usize,
}

impl Reader<'_> {
    fn document(&mut self, document: &Node, out: &mut Facts<'_>) {
        for written in document.get("write_files").map_or(&[][..], Node::list) {
            if let (Some(path), Some(content)) = (written.text_at("path"), written.get("content")) {
                self.written(path, content, written.get("encoding").is_some(), out);
            }
        }
        for list in ["runcmd", "bootcmd"] {
            for command in document.get(list).map_or(&[][..], Node::list) {
                // a text, or a list of words
                command.any_shape();
                self.runs.words(command.list(), out);
                self.build(self.file).words(command.list(), out);
                if let Some((text, place)) = text_of(self.file, command) {
                    self.script(text, place, out);
                }
            }
        }
        for name in SOURCES {
            if let Some(node) = document.get(name) {
                self.sources(node, 0, out);
            }
        }
    }

    fn build<'f>(&self, file: &'f SourceFile) -> Build<'f>
    where
        Self: 'f,
    {
        Build::new(file, &self.starter.id, '\\')
    }

    fn script(&mut self, text: &str, place: Place, out: &mut Facts<'_>) {
        self.runs.script(text, place, out);
        match place {
            Place::From(start) => self.build(self.file).script(text, start, out),
            Place::In(span) => {
                let part = self.file.part(text, Origin::At(self.file.region(span)));
                self.build(&part).script(text, 0, out);
            }
        }
    }

    /// A file that is written.
    fn written(&mut self, path: &str, content: &Node, is_encoded: bool, out: &mut Facts<'_>) {
        let file = self.file;
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_compose = name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"));
        if is_compose && is_encoded {
            let message = format!("`{path}` is encoded: what it runs is not known");
            out.problem(DiagnosticKind::Unresolved, file, Some(content.span), message);
        } else if is_compose {
            self.parts += 1;
            if self.parts == MOST_COMPOSE + 1 {
                let message = format!("more than {MOST_COMPOSE} compose files are written; the others were not read");
                out.problem(DiagnosticKind::LimitReached, file, Some(content.span), message);
            }
            let Some(within) = within(file, content).filter(|_| self.parts <= MOST_COMPOSE) else { return };
            match self.input {
                Some(input) => compose::documents(&within, input, out),
                None => {
                    let message = format!("what `{path}` runs is not read in a value of this format");
                    out.problem(DiagnosticKind::Unresolved, file, Some(content.span), message);
                }
            }
            within.tell_odd_shapes(out);
        } else if let Some((text, place)) = text_of(file, content).filter(|_| !is_encoded) {
            if name.ends_with(".service") {
                self.runs.unit(text, place, out);
            } else if text.trim_start().starts_with("#!") {
                self.script(text, place, out);
            } else if is_source_file(path) {
                self.build(file).sources(text, content.span, out);
            }
        }
    }

    /// Where packages come from, by settings of their own.
    fn sources(&self, node: &Node, depth: usize, out: &mut Facts<'_>) {
        if depth > DEEPEST {
            return;
        }
        node.any_shape();
        for item in node.list() {
            self.sources(item, depth + 1, out);
        }
        for entry in node.entries().iter().filter(|entry| !NO_SOURCES.contains(&&*entry.key)) {
            self.sources(&entry.value, depth + 1, out);
        }
        if let Some(text) = node.text() {
            let is_archive = text.starts_with("ppa:");
            let text = if is_archive { PERSONAL_ARCHIVES } else { text };
            self.build(self.file).sources(text, node.span, out);
        }
    }
}

/// The file with the directives of templates left out, every line at its place.
fn without_directives(file: &SourceFile) -> SourceFile {
    let keep = |line: &str| !line.trim_start().starts_with("%{");
    let lines = file.text().split('\n').map(|line| if keep(line) { line } else { "" });
    file.part(&lines.collect::<Vec<_>>().join("\n"), file.lines_from(0))
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
    let lines = lines.split('\n').map(|line| &line[depth(line).min(indent)..]);
    let text = lines.collect::<Vec<_>>().join("\n");
    Some(file.part(&text, file.lines_from(start).indented(indent)))
}
