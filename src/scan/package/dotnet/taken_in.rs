//! Files that projects of MSBuild take in: what they reference are references of the projects.

use std::collections::BTreeSet;

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
            if let Some(project) = input.companion(path) {
                all.extend(imports(project.text()).filter_map(|target| folder.join(&target)));
            }
            folders.insert(folder);
        }
        for folder in folders {
            all.extend(Around::looked_for(&folder, input));
        }
        Self(all)
    }
}

/// Literal paths of files that the text of a project imports.
fn imports(text: &str) -> impl Iterator<Item = String> {
    let starts = memchr::memmem::find_iter(text.as_bytes(), b"<Import");
    starts.filter_map(|at| {
        let tag = text[at..].split('>').next()?;
        let value = tag.split_once("Project=\"")?.1.split('"').next()?;
        let path = value.replace("$(MSBuildThisFileDirectory)", "./").replace('\\', "/");
        (!path.contains(['$', '*'])).then_some(path)
    })
}

/// True for a file that a project of the tree takes in.
pub(super) fn is_taken_in(path: &RelPath, input: &Input<'_>) -> bool {
    input.memo.once(|| TakenIn::of(input)).0.contains(path)
}
