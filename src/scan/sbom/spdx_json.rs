//! SPDX 2 in JSON.

use super::{document, is_for, spdx, write};
use crate::model::Basis;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `spdx-json`.
pub struct SpdxJson;

const ID: &str = "spdx-json";

static META: ScannerMeta = ScannerMeta {
    id: ID,
    title: "SPDX 2 bill of materials (JSON)",
    summary: "Versions 2.2 and 2.3: packages with purl, supplier, originator, checksums, licence and download location, \
              and the relationships that say what contains or needs what. The one package that the document describes \
              is the project, or the image when it is one. Files and snippets are no components. Any JSON whose first \
              64 KiB tell the format is read.",
    files: super::JSON_FILES,
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: write::EMITS,
    reference: "https://spdx.github.io/spdx-spec/v2.3/",
};

impl Scanner for SpdxJson {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_for(ID, file) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        if let Some(document) = document(root, "spdxVersion", ID, file, out) {
            let bom = spdx::read(document, file, out);
            write::write(&bom, input, file, out);
        }
        Ok(())
    }
}
