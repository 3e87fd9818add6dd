//! SPDX 2.3 as tags and values: what `spdx` says, line by line.

use std::io;

use super::spdx::{Document, Package, document};
use crate::report::{Format, Report};

/// Format `spdx-tag-value`.
pub struct TagValue;

impl Format for TagValue {
    fn id(&self) -> &'static str {
        "spdx-tag-value"
    }

    fn needs_inventory(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let document = document(report)?;
        head(&document, out)?;
        for package in &document.packages {
            one(package, out)?;
        }
        writeln!(out)?;
        for relation in &document.relationships {
            let (from, to) = (&relation.spdx_element_id, &relation.related_spdx_element);
            writeln!(out, "Relationship: {from} {} {to}", relation.relationship_type)?;
            if let Some(comment) = relation.comment {
                tag("RelationshipComment", &text(comment), out)?;
            }
        }
        for licence in &document.has_extracted_licensing_infos {
            writeln!(out)?;
            tag("LicenseID", &licence.license_id, out)?;
            tag("ExtractedText", &text(&licence.extracted_text), out)?;
            tag("LicenseName", &line(&licence.name), out)?;
        }
        Ok(())
    }
}

fn head(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    tag("SPDXVersion", document.spdx_version, out)?;
    tag("DataLicense", document.data_license, out)?;
    tag("SPDXID", document.id, out)?;
    tag("DocumentName", &line(&document.name), out)?;
    tag("DocumentNamespace", &document.document_namespace, out)?;
    tag("LicenseListVersion", &document.creation_info.license_list_version, out)?;
    for creator in &document.creation_info.creators {
        tag("Creator", creator, out)?;
    }
    tag("Created", &document.creation_info.created, out)?;
    tag("CreatorComment", &text(&document.creation_info.comment), out)
}

fn one(package: &Package, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out)?;
    tag("PackageName", &line(&package.name), out)?;
    tag("SPDXID", &package.id, out)?;
    if let Some(version) = &package.version_info {
        tag("PackageVersion", &line(version), out)?;
    }
    tag("PackageSupplier", &line(&package.supplier), out)?;
    if let Some(originator) = &package.originator {
        tag("PackageOriginator", &line(originator), out)?;
    }
    tag("PackageDownloadLocation", &package.download_location, out)?;
    tag("PrimaryPackagePurpose", package.primary_package_purpose, out)?;
    tag("FilesAnalyzed", "false", out)?;
    for sum in &package.checksums {
        tag("PackageChecksum", &format!("{}: {}", sum.algorithm, sum.checksum_value), out)?;
    }
    if let Some(source) = &package.source_info {
        tag("PackageSourceInfo", &text(source), out)?;
    }
    tag("PackageLicenseConcluded", package.license_concluded, out)?;
    tag("PackageLicenseDeclared", &package.license_declared, out)?;
    tag("PackageCopyrightText", package.copyright_text, out)?;
    for reference in &package.external_refs {
        let (category, ty) = (reference.reference_category, reference.reference_type);
        tag("ExternalRef", &format!("{category} {ty} {}", reference.reference_locator), out)?;
    }
    for note in &package.annotations {
        tag("Annotator", &note.annotator, out)?;
        tag("AnnotationDate", &note.annotation_date, out)?;
        tag("AnnotationType", note.annotation_type, out)?;
        tag("SPDXREF", &package.id, out)?;
        tag("AnnotationComment", &text(&note.comment), out)?;
    }
    Ok(())
}

fn tag(name: &str, value: &str, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{name}: {value}")
}

/// A value of one line: a line break would begin another tag.
fn line(value: &str) -> String {
    crate::text::clean_line(value).replace("<text>", "&lt;text>")
}

/// A value of several lines; what it quotes cannot end it.
fn text(value: &str) -> String {
    format!("<text>{}</text>", value.replace("<text>", "&lt;text>").replace("</text>", "&lt;/text>"))
}
