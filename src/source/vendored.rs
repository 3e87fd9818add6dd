//! Folders that hold copies of packages of others, told by what the tool that filled them left there.
//!
//! A folder that is merely called `vendor` is none: without a mark its files are the tree's own.

use std::collections::BTreeSet;

use crate::text::RelPath;

/// The folders of one tree that hold packages of others.
#[derive(Debug, Default)]
pub struct Vendored {
    folders: BTreeSet<String>,
}

impl Vendored {
    /// Looks for marks among the files of a tree.
    #[must_use]
    pub fn of(paths: &[RelPath]) -> Self {
        let mut folders = BTreeSet::new();
        for path in paths {
            mark(path.as_str(), &mut |folder| {
                folders.insert(folder.to_owned());
            });
        }
        Self { folders }
    }

    /// True for what lies in such a folder: only what says which packages these are is read in there.
    #[must_use]
    pub fn holds(&self, path: &RelPath) -> bool {
        if self.folders.is_empty() {
            return false;
        }
        let path = path.as_str();
        path.match_indices('/').any(|(end, _)| self.folders.contains(&path[..end]))
    }
}

/// Gives the folders that a file marks.
fn mark(path: &str, give: &mut dyn FnMut(&str)) {
    // `cargo vendor` leaves checksums in the folder of every crate
    if let Some(folder) = path.strip_suffix("/.cargo-checksum.json") {
        give(folder);
    }
    // `go mod vendor` and Composer list what lies there
    for list in ["/modules.txt", "/composer/installed.json"] {
        if let Some(folder) = path.strip_suffix(list).filter(|folder| is_vendor(folder)) {
            give(folder);
        }
    }
    // RubyGems keeps the specification of every installed gem beside the gems
    if path.ends_with(".gemspec")
        && let Some((home, _)) = path.rsplit_once("/specifications/")
    {
        give(&format!("{home}/gems"));
        give(&format!("{home}/bundler/gems"));
    }
}

fn is_vendor(folder: &str) -> bool {
    folder == "vendor" || folder.ends_with("/vendor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_folders_hold_packages_of_others() {
        let paths = |texts: &[&str]| texts.iter().filter_map(|text| RelPath::new(text)).collect::<Vec<_>>();
        let vendored = Vendored::of(&paths(&[
            "a/vendor/modules.txt",
            "third/serde/.cargo-checksum.json",
            "modules.txt",
            "docs/composer/installed.json",
            "v/ruby/3.3.0/specifications/rack-3.0.gemspec",
        ]));
        let holds = |text| RelPath::new(text).is_some_and(|path| vendored.holds(&path));
        assert!(holds("a/vendor/github.com/x/y/package.json"));
        assert!(holds("third/serde/Cargo.toml"));
        assert!(holds("v/ruby/3.3.0/gems/rack-3.0/rack.gemspec"));
        assert!(!holds("vendor/x/package.json"));
        assert!(!holds("third/own/Cargo.toml"));
        assert!(!holds("docs/x/composer.json"));
        assert!(!holds("v/ruby/3.3.0/specifications/rack-3.0.gemspec"));
    }
}
