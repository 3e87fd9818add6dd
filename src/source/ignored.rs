//! Whether a folder is left out of version control, told by the `.gitignore` files above it.

use ignore::gitignore::GitignoreBuilder;

use crate::text::RelPath;

/// True when a `.gitignore` in a folder above says that `folder` is not checked in: it is made anew where it is needed.
/// The deepest file that speaks of it decides, as for Git.
#[must_use]
pub fn is_ignored(folder: &RelPath, read: &dyn Fn(&RelPath) -> Option<Vec<u8>>) -> bool {
    let mut above = folder.clone();
    while !above.is_root() {
        above = above.parent();
        let Some(bytes) = above.join(".gitignore").and_then(|path| read(&path)) else { continue };
        let mut builder = GitignoreBuilder::new("/");
        for line in String::from_utf8_lossy(&bytes).lines() {
            // a line that is no pattern says nothing
            let _ = builder.add_line(None, line);
        }
        let Ok(rules) = builder.build() else { continue };
        let below = if above.is_root() { folder.as_str() } else { &folder.as_str()[above.as_str().len() + 1..] };
        let found = rules.matched_path_or_any_parents(below, true);
        if !found.is_none() {
            return found.is_ignore();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_file_decides() {
        let read = |path: &RelPath| match path.as_str() {
            ".gitignore" => Some(b"node_modules/\n/dist\n".to_vec()),
            "kept/.gitignore" => Some(b"!node_modules\n".to_vec()),
            _ => None,
        };
        let ignored = |text| is_ignored(&RelPath::new(text).expect("is relative"), &read);
        assert!(ignored("web/node_modules") && ignored("node_modules") && ignored("dist/vendor"));
        assert!(!ignored("kept/node_modules") && !ignored("web/vendor") && !ignored("web/dist"));
    }
}
