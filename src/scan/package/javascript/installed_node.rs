//! Installed Node packages: the `package.json` of every folder of `node_modules`, and of Debian's `/usr/share/nodejs`.
//!
//! They say who publishes a package that the lock file names.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `installed-node`.
pub struct InstalledNode;

static META: ScannerMeta = ScannerMeta {
    id: "installed-node",
    title: "Installed Node packages",
    summary: "Name, version, licence, code host, authors and maintainers of what lies in `node_modules` or `/usr/share/nodejs`. Manifests deeper inside of a package \
              belong to its tests and builds and do not count.",
    files: &["**/node_modules/**/package.json", "**/usr/share/nodejs/**/package.json"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://docs.npmjs.com/cli/v10/configuring-npm/package-json",
};

impl Scanner for InstalledNode {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let Some(holder) = holder(file.path()) else { return Ok(()) };
        let root = file.json_or_part(out)?;
        let (Some(name), Some(version)) = (root.get("name"), root.text_at("version")) else {
            // module folders inside of a package have such stubs: `{ "type": "commonjs" }`
            return Ok(());
        };
        let Some(text) = name.text().filter(|text| !text.is_empty()) else {
            out.problem(DiagnosticKind::Malformed, file, Some(name.span), "`name` is no text");
            return Ok(());
        };
        let subject = input.root_subject_at(&holder);
        out.component(&subject, input.root_kind(), file.whole());
        let package = Package::new("npm", text, Some(version), file, name.span);
        let id = package.write(&subject, out);
        toolkit::installed(&id, &file.folder(), input, &file.at(name.span), out);
        // old packages have a table there
        let licence = root.get("license").map(|node| node.get("type").unwrap_or(node));
        if let Some(licence) = licence.filter(|node| node.text().is_some_and(|text| text.len() <= 100)) {
            out.attribute(&id, key::LICENSE, licence.text().unwrap_or_default(), file.at(licence.span));
        }
        let repository = root.get("repository").map(|node| node.get("url").unwrap_or(node));
        if let Some(node) = repository
            && let Some(text) = node.text()
        {
            toolkit::repository(&id, &full(text), &file.at(node.span), out);
        }
        let people = ["author", "maintainers", "contributors"].into_iter().filter_map(|key| root.get(key));
        for person in
            people.flat_map(|node| if node.list().is_empty() { std::slice::from_ref(node) } else { node.list() })
        {
            // `Name <mail> (page)`, or a table
            for part in [person.get("name"), person.get("email"), Some(person)].into_iter().flatten() {
                if let Some(text) = part.text() {
                    toolkit::author(&id, text, &file.at(part.span), out);
                }
            }
        }
        Ok(())
    }
}

/// The folder that holds the outermost `node_modules`; `None` when the manifest is no installed package's own.
fn holder(path: &RelPath) -> Option<RelPath> {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    let is_shared = |at: usize| parts[at] == "nodejs" && at > 1 && parts[at - 2..at] == ["usr", "share"];
    let holds = |at: &usize| parts[*at] == "node_modules" || is_shared(*at);
    let last = (0..parts.len()).rev().find(holds)?;
    let own = match &parts[last + 1..] {
        [name, _] => !name.starts_with('@'),
        [scope, _, _] => scope.starts_with('@'),
        _ => false,
    };
    let first = (0..parts.len()).find(holds)?;
    if own { RelPath::new(&parts[..first].join("/")) } else { None }
}

/// npm's short form `owner/name` means a repository on GitHub.
pub(crate) fn full(text: &str) -> std::borrow::Cow<'_, str> {
    match text.split_once('/') {
        Some((owner, name)) if !owner.contains([':', '.', '@']) && !name.contains('/') => {
            std::borrow::Cow::Owned(format!("github:{text}"))
        }
        _ => std::borrow::Cow::Borrowed(text),
    }
}
