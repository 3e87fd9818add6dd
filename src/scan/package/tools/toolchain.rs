//! `rust-toolchain.toml`, `global.json` of .NET, `mise.toml`.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `toolchain`.
pub struct Toolchain;

static META: ScannerMeta = ScannerMeta {
    id: "toolchain",
    title: "Toolchain files",
    summary: "Rust toolchains, the .NET SDK and MSBuild SDKs of global.json, and tools of mise with the ecosystem that \
              each comes from, as build tools.",
    files: &["**/rust-toolchain.toml", "**/global.json", "**/mise.toml", "**/.mise.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://mise.jdx.dev/configuration.html",
};

impl Scanner for Toolchain {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        match input.file().path().name() {
            "global.json" => dotnet(input, out),
            "rust-toolchain.toml" => rust(input, out),
            _ => {
                mise(input, out);
                Ok(())
            }
        }
    }
}

/// `[toolchain] channel = "1.90.0"`.
pub(super) fn rust(input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = input.file();
    let root = file.toml_or_part(out);
    if root.at(&["toolchain", "path"]).is_some() {
        return Ok(());
    }
    let project = toolkit::root(input, file, out);
    match root.at(&["toolchain", "channel"]).and_then(|node| Some((node.text()?, node.span))) {
        Some((channel, span)) => {
            super::tool("rust", channel, span, &project, file, out);
        }
        None => out.problem(DiagnosticKind::Malformed, file, None, "no `channel` of a toolchain"),
    }
    Ok(())
}

fn dotnet(input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = input.file();
    // comments are allowed there
    let root = file.jsonc_or_part(out)?;
    let (sdk, sdks) = (root.get("sdk"), root.get("msbuild-sdks"));
    // other tools have a file of that name as well
    if sdk.is_none() && sdks.is_none() {
        return Ok(());
    }
    let project = toolkit::root(input, file, out);
    if let Some(version) = sdk.and_then(|sdk| sdk.get("version"))
        && let Some(text) = version.text()
    {
        // without a policy the newest patch of the version is taken, never another version
        let policy = sdk.and_then(|sdk| sdk.text_at("rollForward")).unwrap_or("patch");
        let fixed = matches!(policy, "patch" | "latestPatch" | "disable");
        let package = Package::new("generic", "dotnet-sdk", Some(text).filter(|_| fixed), file, version.span);
        package.require(text, scope::BUILD, &project, out);
    }
    for entry in sdks.map_or(&[][..], Node::entries) {
        let Some(version) = entry.value.text() else {
            out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "an SDK without a version");
            continue;
        };
        let package = Package::new("nuget", &entry.key, Some(version), file, entry.key_span);
        let id = package.require(version, scope::BUILD, &project, out);
        toolkit::from_default(&id, "nuget", &file.at(entry.key_span), out);
    }
    Ok(())
}

fn mise(input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let root = file.toml_or_part(out);
    let Some(tools) = root.get("tools") else { return };
    let project = toolkit::root(input, file, out);
    for entry in tools.entries() {
        let several = entry.value.list();
        let all = if several.is_empty() { std::slice::from_ref(&entry.value) } else { several };
        for value in all {
            let version = value.get("version").unwrap_or(value).scalar();
            match version {
                Some(version) => mise_tool(&entry.key, &version, entry.key_span, &project, file, out),
                None => out.problem(DiagnosticKind::Malformed, file, Some(value.span), "a tool without a version"),
            }
        }
    }
}

/// `node`, `npm:prettier`, `pipx:black`, `ubi:owner/name`.
fn mise_tool(name: &str, version: &str, span: Span, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let (backend, rest) = name.split_once(':').unwrap_or(("core", name));
    let rest = rest.split('[').next().unwrap_or(rest);
    let is_path = rest.contains('/');
    let ecosystem = match backend {
        "npm" => "npm",
        "pipx" if !is_path => "pypi",
        "cargo" if !is_path => "cargo",
        "gem" => "gem",
        "go" => "golang",
        "dotnet" => "nuget",
        "ubi" | "aqua" | "github" if is_path => "github",
        "gitlab" if is_path => "gitlab",
        _ => {
            super::tool(rest.rsplit('/').next().unwrap_or(rest), version, span, project, file, out);
            return;
        }
    };
    if version == "system" {
        return;
    }
    let package = Package::new(ecosystem, rest, super::exact(version), file, span);
    let id = package.require(version, scope::BUILD, project, out);
    let seen = file.at(span);
    match ecosystem {
        "github" => toolkit::distributed_by(&id, "github.com", &seen.inferred(), out),
        "gitlab" => toolkit::distributed_by(&id, "gitlab.com", &seen.inferred(), out),
        _ => toolkit::from_default(&id, ecosystem, &seen, out),
    }
}
