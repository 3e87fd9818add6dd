//! `.pre-commit-config.yaml`: hooks that run on developers' machines and in checks.

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit::{self, Package, Unnamed, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `pre-commit`.
pub struct PreCommit;

static META: ScannerMeta = ScannerMeta {
    id: "pre-commit",
    title: "pre-commit hooks",
    summary: "Repositories of hooks with their revision, images of local hooks, and additional packages of Python, \
              Node, Go, Ruby and Rust hooks as development tools. The language of a hook stands in its repository; \
              where neither the hook nor the form of an entry tells it, that is a diagnostic.",
    files: &["**/.pre-commit-config.yaml", "**/.pre-commit-config.yml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Package,
        ComponentKind::Repository,
        ComponentKind::Host,
        ComponentKind::Image,
    ],
    reference: "https://pre-commit.com/#plugins",
};

/// Hooks whose language is known by their id.
const PYTHON: [&str; 18] = [
    "bandit",
    "black",
    "blacken-docs",
    "check-jsonschema",
    "codespell",
    "docformatter",
    "flake8",
    "isort",
    "mdformat",
    "mypy",
    "pydocstyle",
    "pylint",
    "pyupgrade",
    "ruff",
    "ruff-format",
    "sqlfluff-lint",
    "vulture",
    "yamllint",
];
const NODE: [&str; 7] =
    ["commitlint", "eslint", "markdownlint", "markdownlint-cli2", "prettier", "pyright", "stylelint"];

impl Scanner for PreCommit {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document that can be read")?;
        let project = toolkit::root(input, file, out);
        for entry in root.get("repos").map_or(&[][..], Node::list) {
            let Some(repo) = entry.get("repo") else {
                out.problem(DiagnosticKind::Malformed, file, Some(entry.span), "an entry without `repo`");
                continue;
            };
            match repo.text() {
                Some("local" | "meta") => {}
                Some(address) => repository(address, repo.span, entry, &project, file, out),
                None => out.problem(DiagnosticKind::Malformed, file, Some(repo.span), "`repo` is no text"),
            }
            for hook in entry.get("hooks").map_or(&[][..], Node::list) {
                additional(hook, &project, file, out);
            }
        }
        Ok(())
    }
}

fn repository(address: &str, span: Span, entry: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let revision = entry.get("rev").and_then(Node::scalar);
    if toolkit::needs_repository(project, address, revision.as_deref(), &file.at(span), out).is_none() {
        let is_own = address.starts_with(['.', '/']);
        if !is_own {
            out.problem(DiagnosticKind::Malformed, file, Some(span), "the address of a repository names no host");
        }
    }
    if revision.is_none() {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "a repository without `rev`");
    }
}

/// Ecosystem of a hook's additional packages.
fn ecosystem(hook: &Node, package: &str) -> Option<&'static str> {
    match hook.text_at("language") {
        Some("python") => return Some("pypi"),
        Some("node") => return Some("npm"),
        Some("golang") => return Some("golang"),
        Some("ruby") => return Some("gem"),
        Some("rust") => return Some("cargo"),
        Some("r") => return Some("cran"),
        _ => {}
    }
    let id = hook.text_at("id").unwrap_or("");
    if PYTHON.contains(&id) {
        return Some("pypi");
    }
    if NODE.contains(&id) {
        return Some("npm");
    }
    if package.contains("==") || package.contains(">=") || package.contains("~=") {
        return Some("pypi");
    }
    package.get(1..).is_some_and(|rest| rest.contains('@')).then_some("npm")
}

fn additional(hook: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    if hook.text_at("language") == Some("docker_image")
        && let Some(entry) = hook.get("entry")
        && let Some(words) = entry.text()
        && let Some(image) = words.split_whitespace().find(|word| !word.starts_with('-'))
    {
        needs_image(project, crate::model::RelationKind::DependsOn, image, file, entry.span, out);
    }
    for item in hook.get("additional_dependencies").map_or(&[][..], Node::list) {
        let Some(text) = item.text().map(str::trim).filter(|text| !text.is_empty()) else {
            out.problem(DiagnosticKind::Malformed, file, Some(item.span), "an additional package that is no text");
            continue;
        };
        // a folder of the tree
        if text.starts_with(['.', '/']) || text.starts_with("file:") {
            continue;
        }
        let Some(ecosystem) = ecosystem(hook, text) else {
            let message = format!("`{text}`: the language of this hook stands in no file of the tree");
            out.problem(DiagnosticKind::Unresolved, file, Some(item.span), message);
            continue;
        };
        package(ecosystem, text, item.span, project, file, out);
    }
}

fn package(
    ecosystem: &'static str,
    text: &str,
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(stated) = split(ecosystem, text) else {
        if ecosystem == "pypi" && crate::scan::package::python::ask_address(text, scope::DEV, span, project, file, out)
        {
            return;
        }
        if let Some(unnamed) = Unnamed::parse(text) {
            unnamed.require(scope::DEV, span, project, file, out);
            return;
        }
        let message = format!("`{text}` is a form of package that is not read here");
        out.problem(DiagnosticKind::Unsupported, file, Some(span), message);
        return;
    };
    let package = Package::new(ecosystem, stated.name, stated.exact, file, span);
    let id = package.require(stated.constraint, scope::DEV, project, out);
    for (key, values) in [(key::EXTRAS, stated.extras), (key::CONDITION, stated.condition)] {
        if !values.is_empty() {
            out.attribute(&id, key, values, file.at(span));
        }
    }
    match stated.address {
        "" => toolkit::from_default(&id, ecosystem, &file.at(span), out),
        address => toolkit::from_git(&id, address, &file.at(span), out),
    }
}

/// A package as an ecosystem writes it.
#[derive(Default)]
pub(crate) struct Stated<'a> {
    pub(crate) name: &'a str,
    pub(crate) constraint: &'a str,
    pub(crate) exact: Option<&'a str>,
    pub(crate) extras: &'a str,
    pub(crate) condition: &'a str,
    pub(crate) address: &'a str,
}

/// What a word says that names a package of an ecosystem.
pub(crate) fn split<'a>(ecosystem: &str, text: &'a str) -> Option<Stated<'a>> {
    match ecosystem {
        "pypi" => python(text),
        "npm" => {
            // `@scope/name@1.0.0`
            let (name, version) = match text.get(1..)?.find('@') {
                Some(at) => (&text[..=at], text.get(at + 2..)?),
                None => (text, ""),
            };
            let stated = Stated { name, constraint: version, exact: plain(version), ..Stated::default() };
            (!name.contains(':')).then_some(stated)
        }
        "golang" => {
            let (name, version) = text.split_once('@').unwrap_or((text, ""));
            Some(Stated { name, constraint: version, exact: plain(version), ..Stated::default() })
        }
        "gem" | "cargo" => {
            // `cli:name:version` of Rust installs a tool
            let text = text.strip_prefix("cli:").unwrap_or(text);
            let (name, version) = text.split_once(':').unwrap_or((text, ""));
            let exact = plain(version).filter(|_| ecosystem == "gem" || version.split('.').count() >= 3);
            (!name.contains('/')).then(|| Stated { name, constraint: version, exact, ..Stated::default() })
        }
        _ => None,
    }
}

/// `name[extra]==1.0; python_version < "3.12"`, `name @ git+https://…`.
fn python(text: &str) -> Option<Stated<'_>> {
    let (text, condition) = text.split_once(';').unwrap_or((text, ""));
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let text = text.trim();
    let (name, rest) = text.split_at(text.find(|c| !good(c)).unwrap_or(text.len()));
    let rest = rest.trim_start();
    let (extras, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let rest = rest.trim();
    if name.is_empty() {
        return None;
    }
    let (constraint, address) = match rest.strip_prefix('@') {
        Some(address) => ("", address.trim()),
        None if rest.is_empty() || rest.starts_with(['=', '<', '>', '~', '!']) => (rest, ""),
        None => return None,
    };
    let exact = toolkit::exact("pypi", constraint);
    Some(Stated { name, constraint, exact, extras, condition: condition.trim(), address })
}

/// A version without operators or wildcards.
fn plain(text: &str) -> Option<&str> {
    let begins = text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    let good = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
    (begins && good && text.contains('.') && !text.contains(".x")).then_some(text)
}
