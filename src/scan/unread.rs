//! Formats that are known and not read yet: they are told, never passed over in silence.
//!
//! When a scanner for one of them is added, its line here goes.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;

/// Scanner `unread`.
pub struct Unread;

/// What each name is, in the order of [`FILES`].
const WORDS: [&str; FILES.len() - SNIFFED] = [
    "a Yarn lock file",
    "a pnpm lock file",
    "a Bun lock file",
    "a Deno lock file",
    "a Poetry lock file",
    "a PDM lock file",
    "a Pipenv lock file",
    "a Pipenv manifest",
    "a Python lock file (PEP 751)",
    "a conda environment",
    "a conda lock file",
    "a pixi lock file",
    "a Maven project",
    "a Gradle build",
    "a Gradle build",
    "a Gradle lock file",
    "a Bundler lock file",
    "a Composer lock file",
    "a NuGet lock file",
    "a .NET project",
    "a NuGet package list",
    "a Swift package lock file",
    "a CocoaPods lock file",
    "a Dart lock file",
    "an Elixir lock file",
    "an R lock file",
    "a Conan lock file",
    "a vcpkg manifest",
    "a Nix lock file",
    "a Bazel module",
    "an ARM template language file (Bicep)",
    "a Serverless Framework file",
    "a Pulumi project",
    "a CycloneDX bill of materials",
    "an SPDX bill of materials",
    "an SPDX bill of materials",
];

/// Globs at the end of [`FILES`] whose files are told by what they hold.
const SNIFFED: usize = 4;

const FILES: [&str; 40] = [
    "**/yarn.lock",
    "**/pnpm-lock.yaml",
    "**/bun.lock",
    "**/deno.lock",
    "**/poetry.lock",
    "**/pdm.lock",
    "**/Pipfile.lock",
    "**/Pipfile",
    "**/pylock*.toml",
    "**/environment.{yml,yaml}",
    "**/conda-lock.yml",
    "**/pixi.lock",
    "**/pom.xml",
    "**/build.gradle",
    "**/build.gradle.kts",
    "**/gradle.lockfile",
    "**/Gemfile.lock",
    "**/composer.lock",
    "**/packages.lock.json",
    "**/*.{csproj,fsproj,vbproj}",
    "**/packages.config",
    "**/Package.resolved",
    "**/Podfile.lock",
    "**/pubspec.lock",
    "**/mix.lock",
    "**/renv.lock",
    "**/conan.lock",
    "**/vcpkg.json",
    "**/flake.lock",
    "**/MODULE.bazel",
    "**/*.bicep",
    "**/serverless.{yml,yaml}",
    "**/Pulumi.yaml",
    "**/{bom.json,bom.xml,*.cdx.json,*.cdx.xml}",
    "**/*.spdx.json",
    "**/*.spdx",
    "**/*.yaml",
    "**/*.yml",
    "**/*.json",
    "**/*.template",
];

static META: ScannerMeta = ScannerMeta {
    id: "unread",
    title: "Formats that are not read yet",
    summary: "Lock files, manifests, templates and bills of materials that no scanner reads: each is a diagnostic of \
              kind `unsupported` and counts as unreadable.",
    files: &FILES,
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[],
    reference: "https://github.com/package-url/purl-spec",
};

/// Words at the head of a file that tell what it is.
const HEADS: [(&str, &str); 3] = [
    ("AWSTemplateFormatVersion", "a CloudFormation template"),
    ("\"bomFormat\"", "a CycloneDX bill of materials"),
    ("\"spdxVersion\"", "an SPDX bill of materials"),
];

/// Bytes of a file in which its head is looked for.
const HEAD: usize = 4096;

impl Scanner for Unread {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let by_name = names().matches(file.path().as_str()).first().map(|at| WORDS[*at]);
        let head = file.bytes().get(..HEAD).unwrap_or(file.bytes());
        let by_head = || {
            let is_there = |words: &str| head.windows(words.len()).any(|part| part == words.as_bytes());
            HEADS.iter().find(|(words, _)| is_there(words)).map(|(_, what)| *what)
        };
        if let Some(what) = by_name.or_else(by_head) {
            out.problem(DiagnosticKind::Unsupported, file, None, format!("{what}; this format is not read yet"));
        }
        Ok(())
    }
}

/// The globs that tell by name, compiled once.
fn names() -> &'static GlobSet {
    static SET: std::sync::OnceLock<GlobSet> = std::sync::OnceLock::new();
    SET.get_or_init(|| {
        let mut builder = GlobSetBuilder::new();
        for pattern in &FILES[..WORDS.len()] {
            builder.add(Glob::new(pattern).expect("scanner globs are constants and tested"));
        }
        builder.build().expect("scanner globs are constants and tested")
    })
}
