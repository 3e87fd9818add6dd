//! `gradle/verification-metadata.xml`: checksums of what a Gradle build may fetch.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `gradle-verification`.
pub struct GradleVerification;

static META: ScannerMeta = ScannerMeta {
    id: "gradle-verification",
    title: "Gradle dependency verification",
    summary: "Checksums of components, attached to the packages. Components of which only descriptions (poms, module \
              files) are listed are parents and platforms and are left out.",
    files: &["**/gradle/verification-metadata.xml"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.gradle.org/current/userguide/dependency_verification.html",
};

/// Checksums, the strongest first.
const SUMS: [&str; 4] = ["sha512", "sha256", "sha1", "md5"];

impl Scanner for GradleVerification {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.xml_or_part(out)?;
        anyhow::ensure!(&*root.name == "verification-metadata", "the root element is `{}`", root.name);
        let project = toolkit::root_at(&file.folder().parent(), input, file, out);
        for component in root.group("components").into_iter().flat_map(|all| all.all("component")) {
            let values = ["group", "name", "version"].map(|name| component.attribute(name).unwrap_or(""));
            let [group, name, version] = values;
            if values.contains(&"") {
                let message = "a component without group, name or version";
                out.problem(DiagnosticKind::Malformed, file, Some(component.tag), message);
                continue;
            }
            let mut artifacts = component.all("artifact").filter(|artifact| {
                let file_name = artifact.attribute("name").unwrap_or("");
                !file_name.ends_with(".pom") && !file_name.ends_with(".module")
            });
            let Some(first) = artifacts.next() else { continue };
            let name = format!("{group}:{name}");
            let id = Package::new("maven", &name, Some(version), file, component.tag).confirm(&project, out);
            for artifact in std::iter::once(first).chain(artifacts) {
                if let Some((sum, value)) = checksum(artifact) {
                    out.attribute(&id, key::INTEGRITY, format!("{}:{value}", sum.name), file.at(sum.tag));
                }
            }
            toolkit::from_default(&id, "maven", &file.at(component.tag), out);
        }
        Ok(())
    }
}

fn checksum(artifact: &Element) -> Option<(&Element, &str)> {
    SUMS.iter().find_map(|name| artifact.child(name)).and_then(|sum| Some((sum, sum.attribute("value")?)))
}
