//! Files that projects of MSBuild take in: what they reference are references of the projects.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::msbuild::Around;
use crate::scan::Input;
use crate::text::RelPath;

/// Projects of a tree that are asked.
const PROJECTS: usize = 50_000;

/// The files that projects of a tree take in: those that the SDK looks for above a project, and those that are imported by a
/// literal path, by them or by the project itself.
struct TakenIn(BTreeSet<RelPath>);

/// The files that one project takes in.
struct Of(Vec<RelPath>);

impl Of {
    /// Those that were read around it, with what they cost to keep.
    fn around(around: &Around<'_>) -> (Self, usize) {
        let seen = around.seen().to_vec();
        let bytes = seen.iter().map(|path| path.as_str().len()).sum();
        (Self(seen), bytes)
    }
}

/// Keeps what a project takes in for [`is_taken_in`].
pub(super) fn takes_in(project: &RelPath, around: &Around<'_>, input: &Input<'_>) {
    input.memo.of(project, || Of::around(around));
}

impl TakenIn {
    fn of(input: &Input<'_>) -> Self {
        let projects = input.paths.iter().filter(|path| path.name().ends_with("proj")).take(PROJECTS);
        let (mut all, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for path in projects {
            // most were read before
            if let Some(of) = input.memo.known::<Of>(path) {
                all.extend(of.0.iter().cloned());
                continue;
            }
            let project = input.companion(path).map(Arc::new);
            match project.as_ref().and_then(|file| Some((file, file.xml_root()?))) {
                Some((file, root)) => all.extend(Around::of(file, &root, input).seen().iter().cloned()),
                None => _ = folders.insert(path.parent()),
            }
        }
        for folder in folders {
            all.extend(Around::looked_for(&folder, input));
        }
        Self(all)
    }
}

/// True for a file that a project of the tree takes in.
pub(super) fn is_taken_in(path: &RelPath, input: &Input<'_>) -> bool {
    input.memo.once(|| TakenIn::of(input)).0.contains(path)
}
