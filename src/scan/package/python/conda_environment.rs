//! `environment.yml`: what a conda environment asks for, its channels, and its `pip:` part.

use super::conda::{Spec, from_channel, from_own_channel};
use super::local;
use super::pep508::{Sheet, scope_of};
use super::requirements::{setting, split_options, understood};
use super::requirements_lines::{What, what};
use super::tables::registry;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, Unit};

/// Channels that one file may name: every package gets a relation to each of them.
const CHANNEL_LIMIT: usize = 32;

/// Scanner `conda-environment`.
pub struct CondaEnvironment;

static META: ScannerMeta = ScannerMeta {
    id: "conda-environment",
    title: "conda environment",
    summary: "Packages of conda with their channels, and the requirements of the `pip:` part. A package that names its \
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
            let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input) };
            let channels = channels(document, false, sheet, out);
            for item in dependencies.list() {
                match (item.text(), item.get("pip")) {
                    (Some(text), _) => conda(text, item, &channels, sheet, out),
                    (None, Some(list)) => list.list().iter().for_each(|item| pip(item, sheet, out)),
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
        let standing = if at == 0 && all_addresses { Standing::InsteadHere } else { Standing::BesideHere };
        let seen = setting(sheet.file, node.span, address);
        toolkit::registry(sheet.project, "conda", "*", standing, address, &seen, out);
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
    let Some(spec) = Spec::parse(text) else {
        let message = format!("not a package specification: `{text}`");
        out.problem(DiagnosticKind::Malformed, sheet.file, Some(item.span), message);
        return;
    };
    let constraint = if spec.version.is_some() { "" } else { spec.constraint };
    let scope = scope_of(sheet.file.path().name());
    let id = Package::new("conda", spec.name, spec.version, sheet.file, item.span).require(
        constraint,
        scope,
        sheet.project,
        out,
    );
    let seen = sheet.file.at(item.span);
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

fn pip(item: &Node, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let span = Some(item.span);
    let Some(text) = item.text() else {
        out.problem(DiagnosticKind::Malformed, sheet.file, span, "not a requirement");
        return;
    };
    match what(text.into()) {
        What::Requirement { text, .. } => {
            let (spec, hashes) = split_options(&text);
            if let Some(path) = local::folder(spec).filter(|_| local::is_path(spec)) {
                return local::needs_somewhere(path, item.span, sheet, out);
            }
            let requirement = understood(spec, sheet.file, item.span, out);
            let Some(requirement) = requirement else { return };
            if let Some(asked) = requirement.ask(scope_of(sheet.file.path().name()), item.span, sheet, out) {
                let seen = sheet.file.at(item.span);
                for hash in hashes {
                    out.attribute(&asked.id, key::INTEGRITY, hash, seen.clone());
                }
                asked.default_host(&seen, out);
            }
        }
        What::Include { path, .. } => {
            let message = format!("`{path}` is read by itself, if its name is one of requirements");
            out.problem(DiagnosticKind::Unresolved, sheet.file, span, message);
        }
        What::Index { address, instead } => {
            let standing = if instead { Standing::InsteadHere } else { Standing::BesideHere };
            registry(&address, item.span, "*", standing, sheet, out);
        }
        What::Unknown => out.problem(DiagnosticKind::Malformed, sheet.file, span, "not an option of pip"),
        What::NoIndex | What::Setting => {}
    }
}
