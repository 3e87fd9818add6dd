//! Hosted services used in code: known hosts in strings, SDK imports, SDK clients.

use std::sync::LazyLock;

use regex::Regex;

use super::api::{calls_service, region_in_host};
use super::code::without_comment;
use crate::catalog::Catalog;
use crate::catalog::rows::Service;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `endpoint`.
pub struct Endpoint;

static META: ScannerMeta = ScannerMeta {
    id: "endpoint",
    title: "Hosted services in code",
    summary: "Host names of known services in strings, SDK imports and `boto3` style clients, with the region where the \
              line states it. Line comments do not count. What a file does with an import is not followed.",
    files: &[
        "**/*.py",
        "**/*.ipynb",
        "**/*.ts",
        "**/*.tsx",
        "**/*.js",
        "**/*.mjs",
        "**/*.cjs",
        "**/*.jsx",
        "**/*.go",
        "**/*.rs",
        "**/*.java",
        "**/*.kt",
        "**/*.cs",
        "**/*.rb",
        "**/*.php",
        "**/*.sh",
        "**/.env",
        "**/.env.*",
        "**/*.env",
    ],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Service],
    reference: "https://docs.aws.amazon.com/general/latest/gr/rande.html",
};

static HOST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+")
        .expect("constant pattern, tested")
});
static CLIENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\.(?:client|resource)\(\s*(?:service_name\s*=\s*)?["']([a-z0-9-]+)["']"#)
        .expect("constant pattern, tested")
});
static REGION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:region_name|region|location)["']?\s*[=:]\s*["']([A-Za-z0-9-]+)["']"#)
        .expect("constant pattern, tested")
});
static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"^\s*(?:from\s+([\w.]+)\s+import|import\s+([\w.]+)|use\s+([\w:]+)|(?:import|export)\b[^"']*["']([^"']+)["']|.*\brequire\(\s*["']([^"']+)["']|(?:[\w.]+\s+)?["']([\w./@-]+)["']\s*$)"#,
    )
    .expect("constant pattern, tested")
});

impl Scanner for Endpoint {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.is_binary() {
            return Ok(());
        }
        let name = file.path().name();
        let project = input.root_subject(file);
        let aws = file.text().contains("boto3") || file.text().contains("botocore");
        let before = out.len();
        for line in lines(file.text()) {
            // minified bundles have lines of a megabyte that no person wrote
            if line.text.len() > 2_000 {
                continue;
            }
            let code = without_comment(line.text, name);
            hosts(code, &line, input.catalog, &project, file, out);
            imports(code, &line, name, input.catalog, &project, file, out);
            if aws {
                clients(code, &line, input.catalog, &project, file, out);
            }
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

fn hosts(
    code: &str,
    line: &Line<'_>,
    catalog: &Catalog,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if !code.contains('.') || !(code.contains("://") || code.contains(['"', '\'', '='])) {
        return;
    }
    for found in HOST.find_iter(code) {
        let host = found.as_str();
        if host.len() < 6 || host.len() > 253 {
            continue;
        }
        if let Some(service) = catalog.service_by_host(host) {
            // registries and code hosts are named to fetch from, which build files and manifests tell better
            if FETCHED.contains(&&*service.capability) || !is_address(code, found.start(), found.end()) {
                continue;
            }
            let place = file.at(span_within(line, host));
            let id = calls_service(project, service, &place.clone().inferred(), out);
            if let Some(region) = region_in_host(host, service, catalog) {
                out.attribute(&id, key::REGION, region, place.inferred());
            }
        }
    }
}

/// Capabilities whose hosts are fetched from rather than called while running.
const FETCHED: [&str; 4] = ["registry", "git", "ci", "model-hub"];

/// An address that a program uses: after `://`, or a whole string or setting by itself. Links to
/// documents and parts of mail addresses are not.
fn is_address(code: &str, start: usize, end: usize) -> bool {
    let (before, after) = (&code[..start], &code[end..]);
    let link = ["/docs", "/blog", "/issues", "/pull/", "/blob/", "/tree/", "/wiki", "/pricing", "/signup"];
    if link.iter().any(|word| after.starts_with(word)) || before.ends_with('@') {
        return false;
    }
    let whole = before.ends_with(['"', '\'', '`', '=']) && after.starts_with(['"', '\'', '`', ':', '/'])
        || before.ends_with('=') && after.trim().is_empty();
    before.ends_with("://") || whole
}

fn clients(
    code: &str,
    line: &Line<'_>,
    catalog: &Catalog,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    for found in CLIENT.captures_iter(code) {
        let Some(client) = found.get(1) else { continue };
        let Some(service) = catalog.service_by_client(client.as_str()) else { continue };
        let place = file.at(span_within(line, client.as_str()));
        let id = calls_service(project, service, &place, out);
        if let Some(region) = REGION.captures(code).and_then(|found| found.get(1)) {
            out.attribute(&id, key::REGION, region.as_str(), file.at(span_within(line, region.as_str())));
        }
    }
}

fn imports(
    code: &str,
    line: &Line<'_>,
    name: &str,
    catalog: &Catalog,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if !(code.contains("import") || code.contains("use ") || code.contains("require(") || name.ends_with(".go")) {
        return;
    }
    let Some(found) = IMPORT.captures(code) else { return };
    let Some(module) = found.iter().skip(1).flatten().next() else { return };
    if let Some(service) = service_of_import(module.as_str(), name, catalog) {
        calls_service(project, service, &file.at(span_within(line, module.as_str())), out);
    }
}

/// The SDK package that a module belongs to, by the conventions of the language.
fn service_of_import<'c>(module: &str, name: &str, catalog: &'c Catalog) -> Option<&'c Service> {
    match name.rsplit('.').next()? {
        "py" | "ipynb" => {
            // `google.cloud.bigquery` is `google-cloud-bigquery`; try the longest name first
            let parts: Vec<&str> = module.split('.').collect();
            (1..=parts.len().min(4)).rev().find_map(|count| {
                let name = parts[..count].join("-").replace('_', "-");
                catalog
                    .service_by_sdk("pypi", &name)
                    .or_else(|| catalog.service_by_sdk("pypi", &name.replace('-', "_")))
            })
        }
        "ts" | "tsx" | "js" | "mjs" | "cjs" | "jsx" => {
            let parts = if module.starts_with('@') { 2 } else { 1 };
            let package: Vec<&str> = module.split('/').take(parts).collect();
            catalog.service_by_sdk("npm", &package.join("/"))
        }
        "go" => {
            let mut rest = module;
            loop {
                if let Some(service) = catalog.service_by_sdk("golang", rest) {
                    return Some(service);
                }
                rest = rest.rsplit_once('/')?.0;
            }
        }
        "rs" => catalog.service_by_sdk("cargo", &module.split("::").next()?.replace('_', "-")),
        _ => None,
    }
}
