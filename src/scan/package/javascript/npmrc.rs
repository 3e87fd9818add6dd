//! Settings of npm, Yarn and Bun: the registries that packages come from. Tokens and passwords are never kept.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `npmrc`.
pub struct Npmrc;

static META: ScannerMeta = ScannerMeta {
    id: "npmrc",
    title: "npm, Yarn and Bun settings",
    summary: "Registries in general (npm's own takes the place of npmjs.org in its lock files, but for `replace-registry-host=never`) and \
              of single scopes, from `.npmrc`, `.yarnrc`, `.yarnrc.yml` and `bunfig.toml`. \
              Tokens, passwords and other settings are not kept.",
    files: &["**/.npmrc", "**/.yarnrc", "**/.yarnrc.yml", "**/bunfig.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://docs.npmjs.com/cli/configuring-npm/npmrc",
};

impl Scanner for Npmrc {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = input.root_subject(file);
        let before = out.len();
        match file.path().name() {
            "bunfig.toml" => bun(&project, file, out),
            ".yarnrc.yml" => yarn(&project, file, out),
            name => settings(name == ".npmrc", &project, file, out),
        }
        if out.len() > before {
            toolkit::root(input, file, out);
        }
        Ok(())
    }
}

/// True when lock files keep their addresses of npmjs.org: `replace-registry-host` is `never`, or names another host.
/// Of several the last one counts, and what stands below a `[section]` is none.
fn keeps_locked(text: &str) -> bool {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let values =
        lines.filter_map(|line| line.split_once('=')).filter(|(name, _)| name.trim() == "replace-registry-host");
    let value = values.last().map_or("npmjs", |(_, value)| value);
    let value = value.split([';', '#']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    !matches!(value, "npmjs" | "always" | "registry.npmjs.org" | "")
}

/// One registry: `names` is a scope, or `*`.
fn registry(
    (names, standing): (&str, Standing),
    address: &str,
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if toolkit::host_of(address).is_none() {
        // an excerpt is not part of the message: the value may be a secret
        let (kind, message) = if address.contains("${") {
            (DiagnosticKind::Unresolved, "the registry depends on the environment")
        } else {
            (DiagnosticKind::Malformed, "the registry is no address")
        };
        out.problem(kind, file, Some(span), message);
        return;
    }
    let seen = file.at(span).without_excerpt();
    toolkit::registry(project, "npm", names, standing, address, &seen, out);
}

/// `registry=address` and `@scope:registry=address`; old Yarn writes `registry "address"`.
fn settings(equals: bool, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    // npm puts its registry in the place of npmjs.org in lock files, unless it is told not to
    let general = match equals && !keeps_locked(file.text()) {
        true => Standing::InsteadOfLocked,
        false => Standing::Instead,
    };
    for line in lines(file.text()) {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with(['#', ';', '[']) {
            continue;
        }
        let parts = if equals { text.split_once('=') } else { text.split_once([' ', '\t']) };
        let (name, value) = parts.unwrap_or((text, ""));
        let name = name.trim().trim_matches('"');
        let value = value.trim().trim_matches(['"', '\'']);
        let names = match name.strip_suffix(":registry") {
            Some(scope) if scope.starts_with('@') => (scope, Standing::Instead),
            None if name == "registry" => ("*", general),
            _ => continue,
        };
        registry(names, value, span_within(&line, text), project, file, out);
    }
}

/// Yarn since version 2.
fn yarn(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for root in file.yaml_or_part(out) {
        let scopes = root.get("npmScopes").map_or(&[][..], Node::entries).iter();
        let scopes = scopes.map(|scope| (format!("@{}", scope.key), &scope.value));
        for (names, holder) in [("*".to_owned(), root)].into_iter().chain(scopes) {
            if let Some(server) = holder.get("npmRegistryServer") {
                address(&names, server, project, file, out);
            }
        }
    }
}

/// Bun: an address, or a table with one in `url`.
fn bun(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let root = file.toml_or_part(out);
    let Some(install) = root.get("install") else { return };
    if let Some(node) = install.get("registry") {
        address("*", node.get("url").unwrap_or(node), project, file, out);
    }
    for Entry { key, value, .. } in install.get("scopes").map_or(&[][..], Node::entries) {
        let names = if key.starts_with('@') { key.to_string() } else { format!("@{key}") };
        address(&names, value.get("url").unwrap_or(value), project, file, out);
    }
}

fn address(names: &str, node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    match node.text() {
        Some(text) => registry((names, Standing::Instead), text, node.span, project, file, out),
        None => out.problem(DiagnosticKind::Malformed, file, Some(node.span), "the registry is no address"),
    }
}
