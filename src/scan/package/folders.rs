//! Folders that a manifest names by a pattern: `packages/*`.

use globset::{GlobBuilder, GlobMatcher};

use crate::text::RelPath;

/// Letters that make a pattern of a path.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// Folders of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    /// Above all of them.
    pub(crate) above: RelPath,
    /// How their paths look; nothing where there is only one, which is `above` itself.
    fits: Option<GlobMatcher>,
}

impl Folders {
    /// Reads a pattern that is seen from a folder; nothing for what is none, and for what lies outside of the tree.
    pub(crate) fn of(from: &RelPath, pattern: &str) -> Option<Self> {
        if pattern.starts_with('/') {
            return None;
        }
        let pattern = pattern.trim_end_matches('/');
        let wild = pattern.split('/').position(|part| part.contains(WILD));
        let Some(wild) = wild else { return Some(Self { above: from.join(pattern)?, fits: None }) };
        let (before, behind) = match pattern.match_indices('/').nth(wild.wrapping_sub(1)).filter(|_| wild > 0) {
            Some((at, _)) => (&pattern[..at], &pattern[at + 1..]),
            None => ("", pattern),
        };
        let above = if before.is_empty() { from.clone() } else { from.join(before)? };
        // what leads up again behind a star would have to be looked up
        if behind.split('/').any(|part| part == "..") {
            return None;
        }
        let glob = GlobBuilder::new(behind).literal_separator(true).build().ok()?;
        Some(Self { above, fits: Some(glob.compile_matcher()) })
    }

    /// True for a folder that is meant.
    pub(crate) fn hold(&self, folder: &RelPath) -> bool {
        let Some(fits) = &self.fits else { return *folder == self.above };
        let below = match folder.as_str().strip_prefix(self.above.as_str()) {
            Some(rest) if self.above.is_root() => Some(rest),
            Some(rest) => rest.strip_prefix('/'),
            None => None,
        };
        below.is_some_and(|below| !below.is_empty() && fits.is_match(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_folders() {
        let path = |text: &str| RelPath::new(text).expect("is relative");
        let hold = |from: &str, pattern: &str, folder: &str| {
            Folders::of(&path(from), pattern).is_some_and(|folders| folders.hold(&path(folder)))
        };
        assert!(hold("", "packages/*", "packages/a") && !hold("", "packages/*", "packages/a/b"));
        assert!(hold("", "./packages/*/", "packages/a") && hold("", "packages/**", "packages/a/b"));
        assert!(hold("a[1]/b", "../*", "a[1]/c") && !hold("a[1]/b", "../*", "a1/c"));
        assert!(hold("x", "lib", "x/lib") && !hold("x", "lib", "x/lib2") && hold("", "*", "a"));
        assert!(!hold("", "pack*", "") && !hold("", "../x/*", "x/a") && !hold("", "*/../b", "b"));
        assert!(hold("", "{a,b}/c?", "b/cd") && !hold("", "{a", "{a"));
    }
}
