//! Python requirements files: pins, ranges, addresses, index options.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Index hosts that one file may name: every package gets a relation to each of them.
const INDEX_LIMIT: usize = 32;

/// Scanner `requirements`.
pub struct Requirements;

static META: ScannerMeta = ScannerMeta {
    id: "requirements",
    title: "Python requirements file",
    summary: "Pinned and ranged requirements, addresses and version control sources, hashes, index and find-links \
              hosts. Included files are read by themselves; editable and local paths are ours.",
    files: &["**/*requirements*.txt", "**/requirements/*.txt", "**/constraints*.txt", "**/*requirements*.in"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pip.pypa.io/en/stable/reference/requirements-file-format/",
};

impl Scanner for Requirements {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let mut packages = Vec::new();
        let mut indexes: Vec<(String, Span)> = Vec::new();
        let mut replaced = false;
        for line in logical_lines(file.text()) {
            let text = strip_comment(&line.text);
            if text.is_empty() {
                continue;
            }
            if let Some(option) = text.strip_prefix('-') {
                replaced |= index_option(option, line.span, &mut indexes);
            } else if let Some(id) = requirement(text, line.span, &project, file, out) {
                packages.push((id, line.span));
            }
        }
        let mut seen = BTreeSet::new();
        indexes.retain(|(host, _)| seen.insert(host.clone()));
        if let Some((_, span)) = indexes.get(INDEX_LIMIT) {
            let message = format!("more than {INDEX_LIMIT} package indexes; this and further ones are left out");
            out.problem(DiagnosticKind::LimitReached, file, Some(*span), message);
            indexes.truncate(INDEX_LIMIT);
        }
        for (id, span) in &packages {
            for (host, place) in &indexes {
                toolkit::distributed_by(id, host, &file.at(*place), out);
            }
            if !replaced {
                toolkit::distributed_by(id, "pypi.org", &file.at(*span).inferred(), out);
            }
        }
        Ok(())
    }
}

/// A line with its continuations.
struct Logical {
    text: String,
    span: Span,
}

fn logical_lines(text: &str) -> Vec<Logical> {
    let mut found: Vec<Logical> = Vec::new();
    let mut open: Option<Logical> = None;
    for line in lines(text) {
        let raw = line.text;
        let continued = raw.strip_suffix('\\');
        let part = continued.unwrap_or(raw);
        let current = open.get_or_insert_with(|| {
            let start = span_within(&line, raw.trim()).start;
            Logical { text: String::new(), span: Span::new(start, start + raw.trim().len()) }
        });
        current.text.push_str(part);
        if continued.is_none() {
            found.extend(open.take());
        }
    }
    found.extend(open);
    found
}

fn strip_comment(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with('#') {
        return "";
    }
    text.find(" #").map_or(text, |cut| text[..cut].trim_end())
}

/// Reads `-i`, `--index-url`, `--extra-index-url`, `-f`; true when the default index is replaced.
fn index_option(option: &str, span: Span, indexes: &mut Vec<(String, Span)>) -> bool {
    let option = option.trim_start_matches('-');
    let (name, value) = option.split_once(['=', ' ']).unwrap_or((option, ""));
    let replaces = matches!(name, "i" | "index-url" | "pypi-url") || name == "no-index";
    if matches!(name, "i" | "index-url" | "pypi-url" | "extra-index-url" | "f" | "find-links")
        && let Some(host) = toolkit::host_of(value.trim())
    {
        indexes.push((host, span));
    }
    replaces
}

fn requirement(
    text: &str,
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let (spec, hashes) = split_options(text);
    let (spec, _marker) = spec.split_once(';').unwrap_or((spec, ""));
    let spec = spec.trim();
    if spec.starts_with(['.', '/']) || spec.starts_with("file:") || spec.contains("{{") {
        return None;
    }
    let (name, rest, address) = split_requirement(spec);
    if name.is_empty() {
        if spec.contains("://") {
            out.problem(
                DiagnosticKind::Unsupported,
                file,
                Some(span),
                format!("address without a package name: `{spec}`"),
            );
        } else {
            out.problem(DiagnosticKind::Malformed, file, Some(span), format!("not a requirement: `{spec}`"));
        }
        return None;
    }
    let pinned = rest.strip_prefix("===").or_else(|| rest.strip_prefix("==")).map(str::trim);
    let version = pinned.filter(|version| !version.contains(['*', ',', ' ']) && !version.is_empty());
    let id = Package::new("pypi", name, version, file, span).write(project, out);
    out.relation(project, RelationKind::DependsOn, &id, file.at(span));
    out.attribute(&id, key::RELATION, "direct", file.at(span));
    if !rest.is_empty() && version.is_none() {
        out.attribute(&id, key::REQUIREMENT, rest, file.at(span));
    }
    for hash in hashes {
        out.attribute(&id, key::INTEGRITY, hash, file.at(span));
    }
    match address {
        Some(address) => {
            toolkit::fetched_from(&id, address, &file.at(span), out);
            None
        }
        None => Some(id),
    }
}

/// Cuts ` --hash=…` and other options off.
fn split_options(text: &str) -> (&str, Vec<&str>) {
    let cut = text.find(" --").unwrap_or(text.len());
    let hashes = text[cut..].split_whitespace().filter_map(|word| word.strip_prefix("--hash=")).collect();
    (text[..cut].trim(), hashes)
}

/// Name, version specifier, and address of `name[extra] >= 1`, `name @ https://…` or
/// `git+https://…#egg=name`.
fn split_requirement(spec: &str) -> (&str, &str, Option<&str>) {
    if spec.contains("://") && !spec.contains(" @ ") && !spec.split("://").next().is_some_and(|head| head.contains('@'))
    {
        let name = spec.split_once("#egg=").map_or("", |(_, name)| name);
        let end = name.find(['[', '&']).unwrap_or(name.len());
        return (&name[..end], "", Some(spec));
    }
    let end = spec.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(spec.len());
    let (name, rest) = spec.split_at(end);
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, after)| after).trim(),
        None => rest,
    };
    match rest.strip_prefix('@') {
        Some(address) => (name, "", Some(address.trim())),
        None if rest.is_empty() || rest.starts_with(['=', '<', '>', '!', '~', '(']) => (name, rest, None),
        None => ("", "", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirement_forms() {
        assert_eq!(split_requirement("torch==2.1.0+cu124"), ("torch", "==2.1.0+cu124", None));
        assert_eq!(split_requirement("vllm[extra] >= 0.6"), ("vllm", ">= 0.6", None));
        assert_eq!(split_requirement("x @ https://h.example/x.whl"), ("x", "", Some("https://h.example/x.whl")));
        assert_eq!(split_requirement("git+https://h.example/a.git@v1#egg=a").0, "a");
        assert_eq!(split_requirement("not a requirement").0, "");
    }
}
