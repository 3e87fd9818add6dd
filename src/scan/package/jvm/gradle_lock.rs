//! `gradle.lockfile` and its like: exact versions with the configurations that need them.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `gradle-lock`.
pub struct GradleLock;

static META: ScannerMeta = ScannerMeta {
    id: "gradle-lock",
    title: "Gradle lock file",
    summary: "Exact packages with the scope of their configurations, for builds and build scripts, and the older form \
              of one file for each configuration. It answers the build file of its folder; the format has no edges.",
    files: &["**/*gradle.lockfile", "**/gradle/dependency-locks/*.lockfile"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.gradle.org/current/userguide/dependency_locking.html",
};

impl Scanner for GradleLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let old = file.path().as_str().split('/').rev().nth(1) == Some("dependency-locks");
        let folder = if old { file.folder().parent().parent() } else { file.folder() };
        let project = toolkit::locked_root_at("maven", &folder, input, file, out);
        let of_file = file.path().name().trim_end_matches(".lockfile");
        // `buildscript-gradle.lockfile` holds the class path of build scripts
        let of_script = file.path().name().starts_with("buildscript");
        for line in lines(file.text()) {
            let text = line.text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (coordinates, configurations) = text.split_once('=').unwrap_or((text, if old { of_file } else { "" }));
            if coordinates == "empty" {
                continue;
            }
            let Some((name, version)) = coordinates.rsplit_once(':').filter(|(name, version)| {
                name.matches(':').count() == 1 && !name.starts_with(':') && !name.ends_with(':') && !version.is_empty()
            }) else {
                let message = format!("not `group:artifact:version=configurations`: `{text}`");
                out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
                continue;
            };
            let span = span_within(&line, coordinates);
            let id = Package::new("maven", name, Some(version), file, span).write(&project, out);
            let seen = file.at(span);
            if let Some(scope) = scope_of_all(configurations.split(',')) {
                out.attribute(&id, key::SCOPE, scope, seen.clone());
            }
            let list = match name.ends_with(super::MARKER) {
                true => toolkit::list::PLUGINS,
                false => toolkit::list::BUILDSCRIPT,
            };
            super::from_list(&id, name, (Some(list).filter(|_| of_script), None), &seen, out);
        }
        Ok(())
    }
}

/// The scope of what several configurations need: what runs counts most, tests least.
pub(super) fn scope_of_all<'t>(configurations: impl Iterator<Item = &'t str>) -> Option<&'static str> {
    let rank = |scope: &&str| match *scope {
        scope::RUNTIME => 2,
        scope::BUILD => 1,
        _ => 0,
    };
    configurations.filter(|name| !name.trim().is_empty()).map(|name| scope_of(name.trim())).max_by_key(rank)
}

/// The scope of a configuration by the names that Gradle and its plugins give.
pub(super) fn scope_of(configuration: &str) -> &'static str {
    let name = configuration.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if is(&["test"]) {
        return scope::TEST;
    }
    let build = [
        "classpath",
        "compileonly",
        "provided",
        "annotationprocessor",
        "kapt",
        "ksp",
        "plugin",
        "developmentonly",
        "checkstyle",
        "pmd",
        "jacoco",
        "spotbugs",
        "detekt",
        "ktlint",
        "lint",
        "kotlincompiler",
        "kotlinbuildtools",
        "zinc",
        "errorprone",
    ];
    // what is needed to compile and not to run is in the compile class path only
    if !is(&["runtimeclasspath"]) && is(&build) { scope::BUILD } else { scope::RUNTIME }
}
