//! [`RelPath`]: a relative path that cannot leave its root.

use std::fmt;
use std::path::{Component, Path};
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A path below the scanned root: `/` between parts, no leading `/`, no `.` or `..`, never empty
/// parts. The root itself is the empty path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Arc<str>);

impl RelPath {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// Normalises `text`; `None` when it is absolute or climbs above the root.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut parts: Vec<&str> = Vec::new();
        if text.starts_with('/') {
            return None;
        }
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                _ => parts.push(part),
            }
        }
        Some(Self(Arc::from(parts.join("/"))))
    }

    /// The part of `path` below `root`, with bytes that are not UTF-8 replaced.
    #[must_use]
    pub fn below(root: &Path, path: &Path) -> Option<Self> {
        let rest = path.strip_prefix(root).ok()?;
        let mut parts: Vec<String> = Vec::new();
        for component in rest.components() {
            match component {
                Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
                Component::CurDir => {}
                _ => return None,
            }
        }
        Some(Self(Arc::from(parts.join("/"))))
    }

    /// The text of the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown: the root is `.`.
    #[must_use]
    pub fn shown(&self) -> Arc<str> {
        if self.is_root() { Arc::from(self.to_string()) } else { Arc::clone(&self.0) }
    }

    /// Last part: the file name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// Whether the last parts of the path are these.
    #[must_use]
    pub fn ends_with_parts(&self, tail: &str) -> bool {
        self.0.strip_suffix(tail).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    }

    /// The folder that holds this path; the root's parent is the root.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self.0.rfind('/') {
            Some(cut) => Self(Arc::from(&self.0[..cut])),
            None => Self::root(),
        }
    }

    /// This folder and those that hold it, up to the root.
    pub fn and_above(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(self.clone()), |folder| (!folder.is_root()).then(|| folder.parent()))
    }

    /// `self/other`, normalised; `None` when it would leave the root.
    #[must_use]
    pub fn join(&self, other: &str) -> Option<Self> {
        if other.starts_with('/') {
            return None;
        }
        if self.0.is_empty() { Self::new(other) } else { Self::new(&format!("{}/{other}", self.0)) }
    }

    /// True for the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_leaves_the_root() {
        assert_eq!(RelPath::new("a/./b/../c").map(|p| p.to_string()), Some("a/c".into()));
        assert_eq!(RelPath::new("../x"), None);
        assert_eq!(RelPath::new("/etc/passwd"), None);
        let dir = RelPath::new("a/b").expect("is relative");
        assert_eq!(dir.join("../../.."), None);
        assert_eq!(dir.join("../c").map(|p| p.to_string()), Some("a/c".into()));
        assert_eq!(dir.parent().to_string(), "a");
        assert_eq!(dir.and_above().map(|p| p.to_string()).collect::<Vec<_>>(), ["a/b", "a", "."]);
        assert_eq!(RelPath::root().join("x").map(|p| p.to_string()), Some("x".into()));
    }
}
