//! Patterns of names, with a quick no for the many names that none of them begins like.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::component_name;

/// Patterns that are held against every component.
pub(super) struct Names {
    set: GlobSet,
    /// What the patterns begin with before their first wildcard, sorted, none of them the beginning of another; nothing
    /// when a pattern begins with a wildcard.
    beginnings: Option<Vec<String>>,
}

impl Names {
    /// Patterns were checked when rules and tables were loaded; one that is none is left out.
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p str>) -> Option<Self> {
        let mut builder = GlobSetBuilder::new();
        let mut beginnings = Vec::new();
        for pattern in patterns {
            let Ok(glob) = Glob::new(pattern) else { continue };
            builder.add(glob);
            let end = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
            beginnings.push(pattern[..end].to_owned());
        }
        beginnings.sort_unstable();
        // of two that begin alike the shorter says no to all that the longer does
        beginnings.dedup_by(|later, earlier| later.starts_with(earlier.as_str()));
        let is_open = beginnings.first().is_some_and(String::is_empty);
        Some(Self { set: builder.build().ok()?, beginnings: (!is_open).then_some(beginnings) })
    }

    /// True when a component has such a name: by its id, or by the name that reports show.
    pub(super) fn speak_of(&self, id: &str, label: &str) -> bool {
        names(id, label).any(|name| self.may_match(name) && self.set.is_match(name))
    }

    /// The numbers of the patterns that fit a component's names, by which it is called as in [`Self::speak_of`]; in no
    /// order, some twice.
    pub(super) fn matches(&self, id: &str, label: &str) -> Vec<usize> {
        names(id, label).filter(|name| self.may_match(name)).flat_map(|name| self.set.matches(name)).collect()
    }

    fn may_match(&self, name: &str) -> bool {
        let Some(beginnings) = &self.beginnings else { return true };
        // the greatest that is not behind the name is the only one that it can begin with
        let behind = beginnings.partition_point(|beginning| beginning.as_str() <= name);
        behind > 0 && name.starts_with(beginnings[behind - 1].as_str())
    }
}

/// What a component is called: most labels are their ids.
fn names<'n>(id: &'n str, label: &'n str) -> impl Iterator<Item = &'n str> {
    let label = Some(label).filter(|label| *label != id);
    let name = component_name(label.unwrap_or(id));
    [Some(id), label, Some(name).filter(|name| *name != label.unwrap_or(id))].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_no_is_never_wrong() {
        let patterns =
            ["pkg:npm/a", "pkg:npm/a@*", "pkg:npm/ab[:@]*", "host:{x,y}.example", "docker.io/b/*", "pkg:np?/z"];
        let names = Names::new(patterns.into_iter()).expect("patterns are sound");
        let open = Names::new(patterns.into_iter().chain(["*"])).expect("patterns are sound");
        assert!(names.beginnings.is_some() && open.beginnings.is_none());
        let all = [
            "pkg:npm/a",
            "pkg:npm/a@1",
            "pkg:npm/ab",
            "pkg:npm/ab@1",
            "host:x.example",
            "host:z.example",
            "docker.io/b/c",
            "docker.io/b",
            "pkg:npx/z",
            "pkg:np",
            "",
            "zz",
            "pkg:npm/aa@1",
            "pkg:npm/%40a/b@1",
        ];
        for id in all {
            assert_eq!(
                names.speak_of(id, id),
                [id, component_name(id)].iter().any(|name| names.set.is_match(name)),
                "{id}"
            );
            assert!(open.speak_of(id, id));
        }
        assert_eq!(names.matches("pkg:oci/c", "docker.io/b/c"), [4]);
    }
}
