//! `CycloneDX` in JSON.

use super::{cyclonedx, document, is_for, write};
use crate::model::Basis;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `cyclonedx-json`.
pub struct CyclonedxJson;

const ID: &str = "cyclonedx-json";

static META: ScannerMeta = ScannerMeta {
    id: ID,
    title: "CycloneDX bill of materials (JSON)",
    summary: "Versions 1.2 to 1.7: components (nested too) with purl, supplier, authors, licences, hashes, places and \
              addresses, images, models, data sets, services with endpoints, provider and data, hardware, and the \
              edges between them. The document's own component is the project, or the image when it is one. Files and \
              cryptographic assets are no components; compositions and vulnerabilities are not read. Any JSON whose \
              first 64 KiB tell the format is read.",
    files: super::JSON_FILES,
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: write::EMITS,
    reference: "https://cyclonedx.org/docs/1.7/json/",
};

impl Scanner for CyclonedxJson {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_for(ID, file) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        if let Some(document) = document(root, "bomFormat", ID, file, out) {
            let bom = cyclonedx::read(document, file, out);
            write::write(&bom, input, file, out);
        }
        Ok(())
    }
}
