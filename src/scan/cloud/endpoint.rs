//! Hosted services used in code: known hosts in strings, SDK imports, SDK clients.

use std::sync::LazyLock;

use regex::Regex;

use super::address::{Address, addresses, bare_address};
use super::api::{calls_service, is_fetched_from, region_in_host, setting};
use super::code::Code;
use crate::catalog::Catalog;
use crate::catalog::rows::Service;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `endpoint`.
pub struct Endpoint;

/// All code when there is no parser; with one, what it does not read.
#[cfg(feature = "sdk")]
const FILES: &[&str] =
    &["**/*.kt", "**/*.rb", "**/*.php", "**/*.sh", "**/.env", "**/.env.*", "**/*.env", "**/gridd.conf"];
#[cfg(not(feature = "sdk"))]
const FILES: &[&str] = &[
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
    "**/gridd.conf",
];

static META: ScannerMeta = ScannerMeta {
    id: "endpoint",
    title: "Hosted services in scripts and settings",
    summary: "Hosts of known services as the authority of an address or as a whole string or setting, SDK imports and \
              `boto3` style clients, with the region where the line states it, in notebooks of other languages than Python, scripts, settings and in \
              languages that no parser here reads. Comments, documentation strings and mentions in sentences or \
              queries do not count. What a file does with an import is not followed.",
    files: FILES,
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Service],
    reference: "https://docs.aws.amazon.com/general/latest/gr/rande.html",
};

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

    fn may_tell(&self, path: &RelPath, bytes: &[u8], catalog: &Catalog) -> bool {
        // what is no text is for the scan to judge
        let names = |text: &str| catalog.may_use_services(text) || text.contains("boto3") || text.contains("botocore");
        is_settings(path.name()) || std::str::from_utf8(bytes).map_or(true, names)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        read_lines(input, out);
        Ok(())
    }
}

/// True for code that scanner `sdk-use` reads.
pub(crate) fn reads_with_parser(name: &str) -> bool {
    #[cfg(feature = "sdk")]
    {
        super::sdk::reads(name)
    }
    #[cfg(not(feature = "sdk"))]
    {
        let _ = name;
        false
    }
}

/// True for a file whose lines give names their values.
fn is_settings(name: &str) -> bool {
    name.starts_with(".env") || name.ends_with(".env") || name.ends_with(".sh") || name == "gridd.conf"
}

/// Reads a file line by line.
pub(crate) fn read_lines(input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    if file.is_binary() {
        return;
    }
    let name = file.path().name();
    let project = input.root_subject(file);
    let aws = file.text().contains("boto3") || file.text().contains("botocore");
    let before = out.len();
    let mut reader = Code::of(name);
    let settings = is_settings(name);
    for line in lines(file.text()) {
        // minified bundles have lines of a megabyte that no person wrote
        if line.text.len() > 2_000 {
            continue;
        }
        for code in reader.of_line(line.text).into_iter().filter(|code| !code.is_empty()) {
            if let Some((name, value)) = code.split_once('=').filter(|_| settings) {
                let value = value.trim().trim_matches(['"', '\'']);
                let seen = file.at(span_within(&line, name.trim()));
                setting(&project, name, value, input.catalog, &seen, out);
            }
            hosts(code, &line, settings, input.catalog, &project, file, out);
            imports(code, &line, name, input.catalog, &project, file, out);
            if aws {
                clients(code, &line, input.catalog, &project, file, out);
            }
        }
    }
    if out.len() > before {
        out.component(&project, input.root_kind(), file.whole());
    }
}

fn hosts(
    code: &str,
    line: &Line<'_>,
    settings: bool,
    catalog: &Catalog,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if !code.contains('.') {
        return;
    }
    let found = addresses(code).into_iter().map(|address| (code, address));
    for (text, Address { host, span }) in found.chain(values(code, settings)) {
        let Some(service) = catalog.service_by_host(&host).filter(|service| !is_fetched_from(service)) else {
            continue;
        };
        if is_link(&text[span.end..]) {
            continue;
        }
        let place = file.at(span_within(line, &text[span.start..span.end]));
        let id = calls_service(project, service, &place.clone().inferred(), out);
        if let Some(region) = region_in_host(&host, service, catalog) {
            out.attribute(&id, key::REGION, region, place.inferred());
        }
    }
}

/// Paths of pages for people.
const LINKS: [&str; 14] = [
    "/docs",
    "/blog",
    "/issues",
    "/pull/",
    "/blob/",
    "/tree/",
    "/wiki",
    "/pricing",
    "/signup",
    "/keys",
    "/settings",
    "/terms",
    "/privacy",
    "/status",
];

/// True when what follows a host is the path of a page for people.
pub(crate) fn is_link(path: &str) -> bool {
    LINKS.iter().any(|word| path.starts_with(word))
}

/// Whole texts between quotes, and the value of a setting, that are an address by themselves.
fn values(code: &str, settings: bool) -> Vec<(&str, Address)> {
    let mut texts: Vec<&str> = Vec::new();
    if code.contains(['"', '\'', '`']) {
        let mut pieces = code.split(['"', '\'', '`']).skip(1).peekable();
        while let Some(piece) = pieces.next() {
            // the last one has no closing quote
            if pieces.peek().is_some() {
                // a notebook's quotes are escaped
                texts.push(piece.trim_end_matches('\\'));
            }
        }
    } else if settings {
        texts.extend(code.split_once('=').map(|(_, value)| value.trim()));
    }
    texts.into_iter().filter_map(|text| Some((text, bare_address(text)?))).collect()
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
pub(crate) fn service_of_import<'c>(module: &str, name: &str, catalog: &'c Catalog) -> Option<&'c Service> {
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
        "rs" => catalog.service_by_sdk("cargo", &module.split([':', '.']).next()?.replace('_', "-")),
        _ => None,
    }
}
