//! Bazel.

pub mod bazel_lock;
pub mod bazel_module;
pub mod bazel_rc;
pub mod bazel_workspace;

use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::parse::calls::{Call, calls};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, SourceFile};

/// Every call of a file; what could not be read is a problem.
fn calls_of<'a>(file: &'a SourceFile, out: &mut Facts<'_>) -> Vec<Call<'a>> {
    let (found, problems) = calls(file.text());
    for problem in problems {
        out.problem(DiagnosticKind::Malformed, file, Some(problem.span), problem.message);
    }
    found
}

/// Name of the rule that is called, also through `maybe(rule, …)`.
fn rule<'c>(call: &'c Call<'_>) -> &'c str {
    let name = if call.name == "maybe" { call.positional().next().map_or("", |first| first.raw) } else { call.name };
    name.rsplit('.').next().unwrap_or(name)
}

/// A source that a rule fetches: an archive, a file, a repository, a Go module. False for other calls.
fn fetch(call: &Call<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> bool {
    match rule(call) {
        "http_archive" | "http_file" | "http_jar" => archive(call, project, file, out),
        "git_repository" | "new_git_repository" => repository(call, "remote", project, file, out),
        "go_repository" => go_module(call, project, file, out),
        _ => return false,
    }
    true
}

/// What is computed is left out and said.
fn computed(call: &Call<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let message = format!("`{}` with an address, name or version that is no plain literal", call.name);
    out.problem(DiagnosticKind::Unresolved, file, Some(call.span), message);
}

fn archive(call: &Call<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let urls = call.value("urls").or_else(|| call.value("url"));
    let addresses: Vec<&Node> = urls
        .into_iter()
        .flat_map(|node| std::iter::once(node).chain(node.list()))
        .filter(|node| node.text().is_some())
        .collect();
    let Some(first) = addresses.first() else {
        computed(call, file, out);
        return;
    };
    let text = |node: &Node| node.text().unwrap_or("").to_owned();
    // mirrors stand beside the address of the source: that one names it best
    let named = addresses.iter().find(|node| toolkit::on_code_host(&text(node)).is_some()).unwrap_or(first);
    let is_hash = |name: &&str| call.value(name).and_then(Node::text).is_some_and(|text| !text.is_empty());
    let is_fixed = ["sha256", "integrity"].iter().any(is_hash);
    let Some(id) = package(call, (&text(named), None), is_fixed, project, file, out) else { return };
    let places: Vec<_> =
        addresses.iter().filter_map(|address| Some((address.text()?, file.at(address.span)))).collect();
    toolkit::fetched_from_any(&id, &places, out);
    toolkit::repository_owner_of(&id, &text(named), &file.at(named.span), out);
    for (name, prefix) in [("sha256", "sha256:"), ("integrity", "")] {
        if let Some(hash) = call.value(name)
            && let Some(text) = hash.text().filter(|text| !text.is_empty())
        {
            out.attribute(&id, key::INTEGRITY, format!("{prefix}{text}"), file.at(hash.span));
        }
    }
}

fn repository(call: &Call<'_>, remote: &str, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some((address, span)) = call.value(remote).and_then(|node| Some((node.text()?, node.span))) else {
        computed(call, file, out);
        return;
    };
    let revision = ["commit", "tag", "branch"].iter().find_map(|key| call.value(key));
    let pinned = ["commit", "tag"].iter().find_map(|key| call.text(key));
    let Some(id) = package(call, (address, pinned), false, project, file, out) else { return };
    toolkit::from_git(&id, address, &file.at(span), out);
    if let Some(revision) = revision
        && let Some(text) = revision.text()
    {
        out.attribute(&id, key::REVISION, text, file.at(revision.span));
    }
}

/// The package of an address, at the name that the call gives it. What has a hash is fixed, whatever it is called.
fn package(
    call: &Call<'_>,
    (address, version): (&str, Option<&str>),
    is_fixed: bool,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let Some(name) = call.value("name").or_else(|| call.value("module_name")) else {
        computed(call, file, out);
        return None;
    };
    let (ecosystem, full, told) = toolkit::fetched_name(address, name.text().unwrap_or(""));
    let package = Package::new(ecosystem, &full, version.or(told), file, name.span).at_fixed_revision(is_fixed);
    Some(package.require("", scope::RUNTIME, project, out))
}

/// A Go module that Gazelle's rule fetches.
fn go_module(call: &Call<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some((path, span)) = call.value("importpath").and_then(|node| Some((node.text()?, node.span))) else {
        computed(call, file, out);
        return;
    };
    let version = call.text("version").or_else(|| call.text("commit")).or_else(|| call.text("tag"));
    let id = Package::new("golang", path, version, file, span).require("", scope::RUNTIME, project, out);
    if let Some(sum) = call.value("sum")
        && let Some(text) = sum.text()
    {
        out.attribute(&id, key::INTEGRITY, text, file.at(sum.span));
    }
    match call.value("remote").and_then(|node| Some((node.text()?, node.span))) {
        Some((remote, span)) => toolkit::from_git(&id, remote, &file.at(span), out),
        None => toolkit::from_default(&id, "golang", &file.at(span), out),
    }
}
