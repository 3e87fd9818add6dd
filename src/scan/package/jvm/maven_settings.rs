//! Maven's `settings.xml` and `.mvn/extensions.xml`: mirrors, repositories, and extensions of the build.

use super::Asking;
use super::maven_pom::{Stated, repositories, setting};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Of, Registry, Standing, list, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `maven-settings`.
pub struct MavenSettings;

static META: ScannerMeta = ScannerMeta {
    id: "maven-settings",
    title: "Maven settings",
    summary: "Mirrors by the repositories that they stand for, blocked ones too, repositories of profiles, and core extensions. \
              A file that `.mvn/maven.config` names is the only one of what lies below; others at or above a pom may \
              each be the user's. Servers with their credentials are never read.",
    files: &["**/*settings.xml", "**/.mvn/*settings*.xml", "**/.mvn/extensions.xml"],
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
        // the folder that Maven keeps in the user's home is one that builds are given from a tree, too
        let folder = if of_build || folder.name() == ".m2" { folder.parent() } else { folder };
        let named = named_for(&folder, input);
        let project = toolkit::root_at(named.as_ref().unwrap_or(&folder), input, file, out);
        let of = if named.is_some() { Of::Settings } else { Of::MaybeSettings };
        let asking = Asking { file, project: &project, list: Some(list::PLUGINS), is_elsewhere: false };
        for mirror in root.group("mirrors").into_iter().flat_map(|all| all.all("mirror")) {
            self::mirror(mirror, of, asking, out);
        }
        for profile in root.group("profiles").into_iter().flat_map(|all| all.all_groups("profile")) {
            for repository in repositories(profile) {
                if let Some(url) = address(repository, asking, out) {
                    // which profiles a run takes is its own to say; those of settings are mostly switched on
                    let stated = Stated { repository, address: url.text(), span: url.span, is_sure: true };
                    setting(stated, asking, of, out);
                }
            }
        }
        for extension in root.all("extension") {
            extend(extension, asking, out);
        }
        Ok(())
    }
}

/// What is written into `.mvn/maven.config` before a path seen from the folder of the build.
const ROOTS: [&str; 3] = ["${maven.multiModuleProjectDirectory}/", "${session.rootDirectory}/", "./"];

/// Folders above a settings file in which arguments of Maven are looked for.
const ABOVE: usize = 16;

/// The folder whose `.mvn/maven.config` names this file as the settings, from that of the file upwards.
fn named_for(folder: &RelPath, input: &Input<'_>) -> Option<RelPath> {
    let mut above = folder.and_above().take(ABOVE);
    above.find(|folder| {
        let config = folder.join(".mvn/maven.config").and_then(|path| input.companion(&path));
        let paths = config.as_ref().map_or_else(Vec::new, |config| settings_of(config.text()));
        paths.into_iter().any(|path| {
            let path = ROOTS.iter().find_map(|root| path.strip_prefix(root)).unwrap_or(path);
            folder.join(path).is_some_and(|path| path == *input.file().path())
        })
    })
}

/// The files behind `-s`, `--settings`, `-gs` and `--global-settings`, as words or lines of their own or behind `=`.
fn settings_of(arguments: &str) -> Vec<&str> {
    let mut words = arguments.split_whitespace().map(|word| word.trim_matches('"'));
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        if matches!(option, "-s" | "--settings" | "-gs" | "--global-settings") {
            found.extend(value.or_else(|| words.next()));
        }
    }
    found
}

/// A mirror is asked in the place of what `mirrorOf` means, for plugins as for all else; one that is blocked answers nothing.
fn mirror(mirror: &Element, of: Of<'_>, asking: Asking<'_>, out: &mut Facts<'_>) {
    let Some(url) = address(mirror, asking, out) else { return };
    let words = mirror.child_text("mirrorOf").unwrap_or("").split(',').map(str::trim);
    let names = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(",");
    let is_blocked = mirror.child_text("blocked").is_some_and(|text| text.trim() == "true");
    let standing = if is_blocked { Standing::Blocked } else { Standing::Mirror };
    // the address may hold a password
    let seen = asking.file.at(url.span).without_excerpt();
    for ecosystem in ["maven", list::PLUGINS] {
        Registry { ecosystem, names: &names, standing, id: "", of }.write(asking.project, url.text(), &seen, out);
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
