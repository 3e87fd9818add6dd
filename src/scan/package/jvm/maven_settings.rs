//! Maven's `settings.xml` and `.mvn/extensions.xml`: mirrors, repositories, and extensions of the build.

use super::Asking;
use super::maven_pom::{repositories, setting};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Standing, list, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `maven-settings`.
pub struct MavenSettings;

static META: ScannerMeta = ScannerMeta {
    id: "maven-settings",
    title: "Maven settings",
    summary: "Mirrors that are asked instead of or beside the central repository, repositories of profiles, and core \
              extensions. Servers with their credentials are never read.",
    files: &["**/settings.xml", "**/.mvn/*settings*.xml", "**/.mvn/extensions.xml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://maven.apache.org/settings.html",
};

impl Scanner for MavenSettings {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let folder = file.folder();
        let of_build = folder.name() == ".mvn";
        // other tools have files of that name
        if !of_build && !["<mirror", "<repositor", "maven.apache.org/"].iter().any(|words| file.text().contains(words))
        {
            return Ok(());
        }
        let root = file.xml_or_part(out)?;
        if !matches!(&*root.name, "settings" | "extensions") {
            return Ok(());
        }
        let project = toolkit::root_at(&if of_build { folder.parent() } else { folder }, input, file, out);
        let asking = Asking { file, project: &project, list: Some(list::PLUGINS) };
        for mirror in root.group("mirrors").into_iter().flat_map(|all| all.all("mirror")) {
            self::mirror(mirror, asking, out);
        }
        for profile in root.group("profiles").into_iter().flat_map(|all| all.all_groups("profile")) {
            for repository in repositories(profile) {
                if let Some(url) = address(repository, asking, out) {
                    setting(repository, url.text(), url.span, asking, None, out);
                }
            }
        }
        for extension in root.all("extension") {
            extend(extension, asking, out);
        }
        Ok(())
    }
}

/// A mirror of everything or of the central repository is asked instead, for plugins as for all else.
fn mirror(mirror: &Element, asking: Asking<'_>, out: &mut Facts<'_>) {
    let Some(url) = address(mirror, asking, out) else { return };
    let of = mirror.child_text("mirrorOf").unwrap_or("");
    let instead = of.split(',').map(str::trim).any(|one| matches!(one, "*" | "central" | "external:*"));
    let standing = if instead { Standing::Instead } else { Standing::Beside };
    // the address may hold a password
    let seen = asking.file.at(url.span).without_excerpt();
    for list in ["maven", list::PLUGINS] {
        toolkit::registry(asking.project, list, "*", standing, url.text(), &seen, out);
    }
}

fn address<'e>(holder: &'e Element, asking: Asking<'_>, out: &mut Facts<'_>) -> Option<&'e Element> {
    let url = holder.child("url").filter(|url| !url.text().is_empty());
    let Some(url) = url else {
        let message = format!("`<{}>` without `<url>`", holder.name);
        out.problem(DiagnosticKind::Malformed, asking.file, Some(holder.tag), message);
        return None;
    };
    if toolkit::host_of(url.text()).is_none() && url.text().contains("${") {
        let message = "the address depends on a property that only a run knows";
        out.problem(DiagnosticKind::Unresolved, asking.file, Some(url.tag), message);
        return None;
    }
    Some(url)
}

fn extend(extension: &Element, asking: Asking<'_>, out: &mut Facts<'_>) {
    let parts = (extension.child_text("groupId"), extension.child("artifactId"));
    let (Some(group), Some(artifact)) = parts else {
        let message = "an extension without group and artifact";
        out.problem(DiagnosticKind::Malformed, asking.file, Some(extension.tag), message);
        return;
    };
    let version = extension.child_text("version").unwrap_or("");
    asking.ask(&format!("{group}:{}", artifact.text()), version, scope::BUILD, artifact.span, out);
}
