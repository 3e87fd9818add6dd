//! Projects of the tree that build on each other.

use super::toolkit::Locked;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, RelationKind};
use crate::scan::{Facts, Input, Seen, SourceFile};
use crate::text::{RelPath, Span};

/// Files that make a folder a project, by what names folders.
pub(crate) mod manifest {
    /// Of paths of Cargo.
    pub(crate) const CARGO: &[&str] = &["Cargo.toml"];
    /// Of Go modules.
    pub(crate) const GO: &[&str] = &["go.mod"];
    /// Of `file:` and `link:` of Node.
    pub(crate) const NODE: &[&str] = &["package.json"];
    /// Of paths of Dart.
    pub(crate) const DART: &[&str] = &["pubspec.yaml"];
    /// Of paths and umbrellas of Elixir.
    pub(crate) const ELIXIR: &[&str] = &["mix.exs"];
    /// Of paths of Swift.
    pub(crate) const SWIFT: &[&str] = &["Package.swift"];
    /// Of modules of Bazel that a folder overrides.
    pub(crate) const BAZEL: &[&str] = &["MODULE.bazel"];
    /// Of sources of Julia.
    pub(crate) const JULIA: &[&str] = &["Project.toml", "JuliaProject.toml"];
    /// Of paths of Composer.
    pub(crate) const COMPOSER: &[&str] = &["composer.json"];
    /// Of ports that lie over those of a registry of vcpkg.
    pub(crate) const VCPKG: &[&str] = &["vcpkg.json"];
    /// Of paths that pip and other tools of Python install.
    pub(crate) const PYTHON: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg"];
}

/// The project builds on another one of the tree, which lies in the folder that `path`, seen from `from`, leads to. Where none
/// of the manifests lies there, outside of the tree too, that is told; true when one does.
pub(crate) fn needs_project(
    project: &ComponentId,
    (from, path, manifests): (&RelPath, &str, &[&str]),
    input: &Input<'_>,
    (file, span): (&SourceFile, Span),
    out: &mut Facts<'_>,
) -> bool {
    let Some(folder) = from.join(path).filter(|folder| is_project(folder, manifests, input)) else {
        let message = format!("the folder `{path}` holds no manifest in this tree");
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        return false;
    };
    uses_project(project, &folder, input, &file.at(span), out);
    true
}

/// True for a folder of the tree with one of the manifests.
pub(crate) fn is_project(folder: &RelPath, manifests: &[&str], input: &Input<'_>) -> bool {
    let holds = |name: &&str| {
        folder.join(name).is_some_and(|path| input.paths.binary_search(&path).is_ok() || input.file().path() == &path)
    };
    manifests.iter().any(holds)
}

/// The project of a folder that a lock file of `project` names, and which it then speaks of.
pub(crate) fn member_at(
    folder: &RelPath,
    project: &ComponentId,
    input: &Input<'_>,
    seen: Seen,
    out: &mut Facts<'_>,
) -> Locked {
    let member = input.root_subject_at(folder);
    if member != *project {
        out.component(&member, input.root_kind(), seen);
    }
    Locked::own(&member)
}

/// The project builds on that of a folder of the tree.
pub(crate) fn uses_project(
    project: &ComponentId,
    folder: &RelPath,
    input: &Input<'_>,
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    let other = input.root_subject_at(folder);
    if other != *project {
        out.component(&other, input.root_kind(), seen.clone());
        out.relation(project, RelationKind::DependsOn, &other, seen.clone());
    }
}
