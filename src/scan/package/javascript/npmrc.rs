//! Settings of npm, Yarn and Bun: the registries that packages come from. Tokens and passwords are never kept.

use super::members;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Of, Registry, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `npmrc`.
pub struct Npmrc;

static META: ScannerMeta = ScannerMeta {
    id: "npmrc",
    title: "npm, Yarn and Bun settings",
    summary: "Registries in general (npm's own takes the place of registry.npmjs.org in its lock files, or of what `replace-registry-host` names) and \
              of single scopes, from `.npmrc`, `.yarnrc`, `.yarnrc.yml` and `bunfig.toml`. \
              npm does not read those of a workspace's member. Tokens, passwords and other settings are not kept.",
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
        if file.path().name() == ".npmrc"
            && file.text().contains("registry")
            && let Some(root) = members::root_of(&file.folder(), input)
        {
            let message = format!("npm does not read it: the workspace of `{root}` has the settings of its members");
            out.problem(DiagnosticKind::LeftOut, file, None, message);
            return Ok(());
        }
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

/// Whose addresses in lock files npm replaces, by `replace-registry-host`: none at all with `never`, `*` for all, empty for
/// those of npmjs.org, else the host that is named. Of several settings the last one counts, and what stands below a
/// `[section]` is none.
fn replaced_host(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let values =
        lines.filter_map(|line| line.split_once('=')).filter(|(name, _)| name.trim() == "replace-registry-host");
    let value = values.last().map_or("npmjs", |(_, value)| value);
    let value = value.split([';', '#']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    match value {
        "never" => None,
        "always" => Some("*".to_owned()),
        "npmjs" | "" => Some(String::new()),
        host => Some(ComponentId::host(host).rest().to_owned()),
    }
}

/// One registry: `names` is a scope, or `*`.
fn registry(
    (names, standing, id): (&str, Standing, &str),
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
    Registry { ecosystem: "npm", names, standing, id, of: Of::All }.write(project, address, &seen, out);
}

/// `registry=address` and `@scope:registry=address`; old Yarn writes `registry "address"`.
fn settings(equals: bool, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    // npm puts its registry in the place of npmjs.org in lock files, unless it is told not to
    let replaced = if equals { replaced_host(file.text()) } else { None };
    let general = match &replaced {
        Some(host) => ("*", Standing::InsteadOfLocked, host.as_str()),
        None => ("*", Standing::Instead, ""),
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
            Some(scope) if scope.starts_with('@') => (scope, Standing::Instead, ""),
            None if name == "registry" => general,
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

/// pnpm: `registry`, and in `registries` scopes or `default` with addresses, or since version 11.23 addresses with the scopes
/// that they are for, `@` for all others.
pub(super) fn pnpm(root: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(node) = root.get("registry") {
        address("*", node, project, file, out);
    }
    for Entry { key, key_span, value } in root.get("registries").map_or(&[][..], Node::entries) {
        if !key.contains("://") {
            address(if &**key == "default" { "*" } else { key }, value, project, file, out);
            continue;
        }
        for scope in value.get("scopes").map_or(&[][..], Node::list).iter().filter_map(Node::text) {
            let names = if scope == "@" { "*" } else { scope };
            registry((names, Standing::Instead, ""), key, *key_span, project, file, out);
        }
    }
}

fn address(names: &str, node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    match node.text() {
        Some(text) => registry((names, Standing::Instead, ""), text, node.span, project, file, out),
        None => out.problem(DiagnosticKind::Malformed, file, Some(node.span), "the registry is no address"),
    }
}
