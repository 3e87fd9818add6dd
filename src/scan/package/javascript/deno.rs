//! `deno.json` and `deno.jsonc`: what a Deno project imports from elsewhere.

use super::spec::{self, split_at_sign};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `deno`.
pub struct Deno;

static META: ScannerMeta = ScannerMeta {
    id: "deno",
    title: "Deno configuration",
    summary: "Imports of npm and JSR packages with their range, and of modules by address with their host. A deno.lock in \
              the folder or above answers them; a separate import map is not read.",
    files: &["**/deno.json", "**/deno.jsonc"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.deno.com/runtime/fundamentals/configuration/",
};

impl Scanner for Deno {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.jsonc_or_part(out)?;
        if !root.is_map() {
            anyhow::bail!("no object: not a Deno configuration");
        }
        let project = input.root_subject(file);
        let before = out.len();
        if let Some(name) = root.get("name")
            && let Some(text) = name.text().filter(|text| !text.is_empty())
        {
            out.attribute(&project, key::MAKES, format!("jsr {text}"), file.at(name.span));
        }
        let scopes = root.get("scopes").map_or(&[][..], Node::entries).iter().map(|entry| &entry.value);
        for table in root.get("imports").into_iter().chain(scopes) {
            if !table.is_map() {
                let message = "no table of names and what they stand for";
                out.problem(DiagnosticKind::Malformed, file, Some(table.span), message);
            }
            for entry in table.entries() {
                import(entry, &project, file, out);
            }
        }
        if let Some(map) = root.get("importMap") {
            let message = "imports of a separate import map are not read";
            out.problem(DiagnosticKind::Unsupported, file, Some(map.span), message);
        }
        if out.len() > before {
            toolkit::root(input, file, out);
        }
        Ok(())
    }
}

fn import(entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let node = &entry.value;
    let Some(text) = node.text() else {
        let message = format!("what `{}` stands for is no text", entry.key);
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
        return;
    };
    if let Some((ecosystem, name, range)) = specifier(text) {
        let package = Package::new(ecosystem, name, spec::exact(range), file, node.span);
        let id = package.require(range, scope::RUNTIME, project, out);
        toolkit::from_default(&id, ecosystem, &file.at(node.span), out);
    } else if (text.starts_with("https://") || text.starts_with("http://"))
        && let Some(id) = module(text, node.span, project, file, out)
    {
        toolkit::direct(project, &id, &file.at(node.span), out);
    }
}

/// Ecosystem, name and range of `npm:name@range/path` and `jsr:@scope/name@range/path`.
pub(super) fn specifier(text: &str) -> Option<(&'static str, &str, &str)> {
    let (ecosystem, rest) = match (text.strip_prefix("npm:"), text.strip_prefix("jsr:")) {
        (Some(rest), _) => ("npm", rest),
        (_, Some(rest)) => ("jsr", rest),
        _ => return None,
    };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name_end = if rest.starts_with('@') { rest.find('/')? + 1 } else { 0 };
    let end = rest[name_end..].find('/').map_or(rest.len(), |at| name_end + at);
    let (name, range) = split_at_sign(&rest[..end]).unwrap_or((&rest[..end], ""));
    (!name.is_empty()).then_some((ecosystem, name, range))
}

/// A module by its address: the host, and where the address has a version (`deno.land/x/oak@v12.0.0`) the package.
pub(super) fn module(
    address: &str,
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let seen = file.at(span);
    let path = address.split_once("://")?.1;
    let host = toolkit::host_of(address)?;
    let Some((name, version)) = versioned(path) else {
        toolkit::distributed_by(project, &host, &seen, out);
        return None;
    };
    let id = Package::new("generic", name, Some(version), file, span).write(project, out);
    toolkit::distributed_by(&id, &host, &seen, out);
    Some(id)
}

/// Name and version of `host/path/name@version/rest`.
pub(super) fn versioned(path: &str) -> Option<(&str, &str)> {
    let at = path.char_indices().find(|(at, c)| *c == '@' && *at > 0 && !path[..*at].ends_with('/'))?.0;
    let rest = &path[at + 1..];
    let version = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // user and password stand before the first slash
    (path[..at].contains('/') && !version.is_empty()).then(|| (&path[..at], version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_and_addresses() {
        assert_eq!(specifier("npm:chalk@5/path"), Some(("npm", "chalk", "5")));
        assert_eq!(specifier("jsr:@std/path@^1.0.0/posix"), Some(("jsr", "@std/path", "^1.0.0")));
        assert_eq!(specifier("npm:/@a/b"), Some(("npm", "@a/b", "")));
        assert_eq!(specifier("jsr:@std"), None);
        assert_eq!(specifier("./a.ts"), None);
        assert_eq!(versioned("deno.land/x/oak@v12.0.0/mod.ts"), Some(("deno.land/x/oak", "v12.0.0")));
        assert_eq!(versioned("esm.example/@scope/a@1.0.0"), Some(("esm.example/@scope/a", "1.0.0")));
        assert_eq!(versioned("user@h.example/a.ts"), None);
        assert_eq!(versioned("h.example/a.ts"), None);
    }
}
