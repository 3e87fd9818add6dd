//! `composer.lock`: exact PHP packages.

use anyhow::Context as _;

use crate::model::{Basis, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::php::entry;
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `composer-lock`.
pub struct ComposerLock;

static META: ScannerMeta = ScannerMeta {
    id: "composer-lock",
    title: "Composer lock file",
    summary: "Exact packages with scope, edges, revision, checksum, the address each is fetched from and who says to be \
              behind it. Packages of a path are the tree's own; PHP and its extensions are no packages.",
    files: &["**/composer.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control",
};

impl Scanner for ComposerLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let packages = root.get("packages").context("no `packages`: not a Composer lock file")?;
        let project = toolkit::locked_root("composer", input, file, out);
        let dev = root.get("packages-dev").map_or(&[][..], Node::list);
        let lists = [(packages.list(), scope::RUNTIME), (dev, scope::DEV)];
        let mut all = Vec::new();
        for (list, scope) in lists {
            all.extend(
                list.iter().filter_map(|node| entry::write(node, scope, (&project, &file.folder()), input, out)),
            );
        }
        entry::edges(&all, (&project, &file.folder()), input, out);
        for group in ["platform", "platform-dev"] {
            for asked in root.get(group).map_or(&[][..], Node::entries) {
                if let Some(text) = asked.value.text().filter(|_| asked.key.starts_with("php")) {
                    let seen = file.at(asked.key_span);
                    out.attribute(&project, key::TOOLCHAIN, format!("{} {text}", asked.key), seen);
                }
            }
        }
        Ok(())
    }
}
