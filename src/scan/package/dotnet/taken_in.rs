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

impl TakenIn {
    fn of(input: &Input<'_>) -> Self {
        let projects = input.paths.iter().filter(|path| path.name().ends_with("proj")).take(PROJECTS);
        let (mut all, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for path in projects {
            let folder = path.parent();
            // what a project imports itself, most import nothing
            let project = input.companion(path).filter(|file| file.text().contains("<Import"));
            if let Some(file) = project.map(Arc::new)
                && let Some(root) = file.xml_root()
            {
                all.extend(Around::of(&file, &root, input).seen().iter().cloned());
            }
            folders.insert(folder);
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
