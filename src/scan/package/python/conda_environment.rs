//! `environment.yml`: what a conda environment asks for, its channels, and its `pip:` part.

use super::conda::{Spec, from_channel, from_file, from_own_channel, of_file};
use super::local;
use super::pep508::{Sheet, scope_of};
use super::requirements::{read_all, setting, split_options, understood};
use super::requirements_files::Run;
use super::requirements_lines::{Statement, What, what};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Of, Package, Registry, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, Unit};

/// Channels that one file may name: every package gets a relation to each of them.
const CHANNEL_LIMIT: usize = 32;

/// Scanner `conda-environment`.
pub struct CondaEnvironment;

static META: ScannerMeta = ScannerMeta {
    id: "conda-environment",
    title: "conda environment",
    summary: "Packages of conda with their channels, and the requirements of the `pip:` part, with the files that it includes. A package that names its \
              channel comes from there, others may come from each channel of the file; channels without an address are taken for those of \
              Anaconda's hosts.",
    files: &["**/environment*.yml", "**/environment*.yaml", "**/conda*.yml", "**/conda*.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html",
};

impl Scanner for CondaEnvironment {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        // the globs match folders of such names as well
        let name = file.path().name();
        if !name.starts_with("environment") && !name.starts_with("conda") {
            return Ok(());
        }
        // the name alone tells little: other things are called so as well
        if !text.starts_with("dependencies:") && !text.contains("\ndependencies:") {
            return Ok(());
        }
        for document in file.yaml_or_part(out) {
            let Some(dependencies) = document.get("dependencies") else { continue };
            if dependencies.list().is_empty() {
                continue;
            }
            let project = toolkit::root(input, file, out);
            let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input), own: None };
            let channels = channels(document, false, sheet, out);
            for item in dependencies.list() {
                match (item.text(), item.get("pip")) {
                    (Some(text), _) => conda(text, item, &channels, sheet, out),
                    (None, Some(list)) => pip(list.list(), sheet, input, out),
                    (None, None) => {
                        out.problem(DiagnosticKind::Malformed, file, Some(item.span), "not a package");
                    }
                }
            }
        }
        Ok(())
    }
}

/// The channels of the whole file; addresses among them are settings. Parts of the file may name `more`.
pub(super) fn channels<'n>(
    document: &'n Node,
    more: bool,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) -> Vec<(&'n str, &'n Node)> {
    let found = listed_channels(document, sheet, out);
    // a channel that is named is asked as well
    let all_addresses = !more && found.iter().all(|(address, _)| address.contains("://"));
    for (at, (address, node)) in found.iter().enumerate().filter(|(_, (address, _))| address.contains("://")) {
        let standing = if at == 0 && all_addresses { Standing::Instead } else { Standing::Beside };
        let seen = setting(sheet.file, node.span, address);
        let registry = Registry { ecosystem: "conda", names: "*", standing, id: "", of: Of::File(sheet.file.path()) };
        registry.write(sheet.project, address, &seen, out);
    }
    found
}

/// The channels of a list: names, addresses, or tables of pixi that hold one.
pub(super) fn listed_channels<'n>(
    document: &'n Node,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) -> Vec<(&'n str, &'n Node)> {
    let list = document.get("channels").map_or(&[][..], Node::list);
    let name = |node: &'n Node| node.text().or_else(|| node.text_at("channel")).map(|text| (text, node));
    let mut found: Vec<(&str, &Node)> = list.iter().filter_map(name).filter(|one| one.0 != "nodefaults").collect();
    if let Some((_, node)) = found.get(CHANNEL_LIMIT) {
        let message = format!("more than {CHANNEL_LIMIT} channels; this and further ones are left out");
        out.problem(DiagnosticKind::LimitReached, sheet.file, Some(node.span), message);
        found.truncate(CHANNEL_LIMIT);
    }
    found
}

fn conda(text: &str, item: &Node, channels: &[(&str, &Node)], sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let scope = scope_of(sheet.file.path().name());
    let seen = sheet.file.at(item.span);
    // the address of one package
    if let Some((name, version)) = of_file(text).filter(|_| toolkit::host_of(text).is_some()) {
        let package = Package::new("conda", name, Some(version), sheet.file, item.span);
        let id = package.require("", scope, sheet.project, out);
        return from_file(&id, text, &seen, out);
    }
    let Some(spec) = Spec::parse(text) else {
        let message = format!("not a package specification: `{text}`");
        out.problem(DiagnosticKind::Malformed, sheet.file, Some(item.span), message);
        return;
    };
    let constraint = if spec.version.is_some() { "" } else { spec.constraint };
    let id = Package::new("conda", spec.name, spec.version, sheet.file, item.span).require(
        constraint,
        scope,
        sheet.project,
        out,
    );
    match spec.channel {
        Some(channel) => from_own_channel(&id, channel, &seen, out),
        None => from_channels(&id, channels, &seen, sheet, out),
    }
}

/// A package that names no channel may come from each of the file's.
pub(super) fn from_channels(
    id: &ComponentId,
    channels: &[(&str, &Node)],
    seen: &Seen,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) {
    if channels.is_empty() {
        from_channel(id, "defaults", true, &seen.clone().inferred(), out);
    }
    for (channel, node) in channels {
        let seen = setting(sheet.file, node.span, channel);
        from_channel(id, channel, channels.len() == 1, &seen, out);
    }
}

/// The `pip:` part: lines of a requirements file, which conda gives to one run of pip.
fn pip(items: &[Node], sheet: Sheet<'_>, input: &Input<'_>, out: &mut Facts<'_>) {
    let mut all = Vec::new();
    for item in items {
        match item.text() {
            Some(text) => all.push(Statement { what: what(text.into()), span: item.span }),
            None => out.problem(DiagnosticKind::Malformed, sheet.file, Some(item.span), "not a requirement"),
        }
    }
    let run = Run::included(input, &all, out);
    let pins = run.pins(sheet.file.path());
    let mut packages = Vec::new();
    for Statement { what, span } in &all {
        match what {
            What::Requirement { text, .. } => {
                let (spec, hashes) = split_options(text);
                if let Some(path) = local::folder(spec).filter(|_| local::is_path(spec)) {
                    let _ = local::needs_somewhere(path, *span, sheet, out);
                    continue;
                }
                if local::is_path(spec) && local::is_packed(spec) {
                    local::packed(spec, "", scope_of(sheet.file.path().name()), *span, sheet, out);
                    continue;
                }
                let Some(requirement) = understood(spec, sheet.file, *span, out) else { continue };
                if let Some(asked) =
                    requirement.ask_within(&pins, scope_of(sheet.file.path().name()), *span, sheet, out)
                {
                    let seen = sheet.file.at(*span);
                    for hash in hashes {
                        out.attribute(&asked.id, key::INTEGRITY, hash, seen.clone());
                    }
                    packages.extend((!asked.states_host).then_some((asked.id, seen)));
                }
            }
            What::Unknown => out.problem(DiagnosticKind::Malformed, sheet.file, Some(*span), "not an option of pip"),
            What::Include { .. } | What::Index { .. } | What::NoIndex | What::Setting => {}
        }
    }
    read_all(&run, packages, sheet.project, input, out);
}
