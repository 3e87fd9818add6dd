//! Patterns of names, with a quick no for the many names that none of them begins like.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::component_name;

/// Patterns that are held against every component.
pub(super) struct Names {
    patterns: Vec<Glob>,
    /// All of them, made when a name may be one of these: few components of few systems are.
    set: OnceLock<GlobSet>,
    /// What patterns begin with before their first wildcard, sorted, none of them the beginning of another.
    beginnings: Vec<String>,
    /// The bytes that they begin with: names without `pkg:` begin as few of them do.
    firsts: [bool; 256],
    /// How many of them are not behind the name that was asked for last: names come nearly in order.
    last: AtomicUsize,
    /// Words of the other patterns, one of each.
    words: Option<AhoCorasick>,
    /// There are patterns of which neither can be told.
    is_open: bool,
}

/// Words up to which the quickest automaton is made of them.
const MOST_IN_DFA: usize = 500;

/// Letters of a beginning that few names have, and of a word.
const LEAST: (usize, usize) = ("pkg:x/".len(), 3);

impl Names {
    /// Patterns were checked when rules and tables were loaded; one that is none is left out.
    pub(super) fn new<'p>(all: impl Iterator<Item = &'p str>) -> Option<Self> {
        let mut patterns = Vec::new();
        let (mut beginnings, mut words, mut is_open) = (Vec::new(), Vec::new(), false);
        for pattern in all {
            let Ok(glob) = Glob::new(pattern) else { continue };
            patterns.push(glob);
            let plain = &pattern[..pattern.find(['[', '{', '\\']).unwrap_or(pattern.len())];
            let beginning = &plain[..plain.find(['*', '?']).unwrap_or(plain.len())];
            if beginning.len() >= LEAST.0 {
                beginnings.push(beginning.to_owned());
                continue;
            }
            // `**/name` fits `name` as well
            let runs = plain.split(['*', '?']).map(|run| run.trim_matches('/'));
            match runs.max_by_key(|run| run.len()).filter(|run| run.len() >= LEAST.1) {
                Some(run) => words.push(run),
                None => is_open = true,
            }
        }
        beginnings.sort_unstable();
        // of two that begin alike the shorter says no to all that the longer does
        beginnings.dedup_by(|later, earlier| later.starts_with(earlier.as_str()));
        let mut firsts = [false; 256];
        beginnings.iter().filter_map(|text| text.bytes().next()).for_each(|first| firsts[usize::from(first)] = true);
        let words = if words.is_empty() {
            None
        } else {
            // names are short: to look for rare bytes first takes longer to begin than all of a name takes. Tables of a
            // user may have words by the thousand, whose automaton would be large.
            let kind = (words.len() <= MOST_IN_DFA).then_some(AhoCorasickKind::DFA);
            Some(AhoCorasick::builder().prefilter(false).kind(kind).build(words).ok()?)
        };
        let (set, last) = (OnceLock::new(), AtomicUsize::new(0));
        Some(Self { patterns, set, beginnings, firsts, last, words, is_open })
    }

    fn set(&self) -> &GlobSet {
        self.set.get_or_init(|| {
            let mut builder = GlobSetBuilder::new();
            for glob in &self.patterns {
                builder.add(glob.clone());
            }
            builder.build().unwrap_or_default()
        })
    }

    /// True when a component has such a name: by its id, or by the name that reports show.
    pub(super) fn speak_of(&self, id: &str, label: &str) -> bool {
        self.likely(id, label).any(|name| self.set().is_match(name))
    }

    /// False where a quick look says that no pattern fits.
    pub(super) fn may_speak_of(&self, id: &str, label: &str) -> bool {
        self.likely(id, label).next().is_some()
    }

    /// The numbers of the patterns that fit a component's names, by which it is called as in [`Self::speak_of`]; in no
    /// order, some twice.
    pub(super) fn matches(&self, id: &str, label: &str) -> Vec<usize> {
        self.likely(id, label).flat_map(|name| self.set().matches(name)).collect()
    }

    /// Names of a component that some pattern may fit.
    fn likely<'n>(&self, id: &'n str, label: &'n str) -> impl Iterator<Item = &'n str> {
        // a word that a name does not hold stands in no part of it either
        let mut without: [&'n str; 2] = [""; 2];
        names(id, label).filter(move |name| {
            let name: &'n str = name;
            if self.is_open || self.begins(name) {
                return true;
            }
            let Some(words) = &self.words else { return false };
            if without.iter().any(|whole| whole.ends_with(name)) {
                return false;
            }
            let holds = words.is_match(name);
            if !holds {
                without = [name, without[0]];
            }
            holds
        })
    }

    fn begins(&self, name: &str) -> bool {
        if !name.bytes().next().is_some_and(|first| self.firsts[usize::from(first)]) {
            return false;
        }
        // the greatest that is not behind the name is the only one that it can begin with
        let is_before = |at: usize| self.beginnings.get(at).is_some_and(|beginning| beginning.as_str() <= name);
        let last = self.last.load(Ordering::Relaxed);
        let behind = if (last == 0 || is_before(last - 1)) && !is_before(last) {
            last
        } else {
            let behind = self.beginnings.partition_point(|beginning| beginning.as_str() <= name);
            self.last.store(behind, Ordering::Relaxed);
            behind
        };
        behind > 0 && name.starts_with(self.beginnings[behind - 1].as_str())
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
        let patterns = [
            "pkg:npm/a",
            "pkg:npm/a@*",
            "pkg:npm/ab[:@]*",
            "host:{x,y}.example",
            "docker.io/b/*",
            "pkg:np?/z",
            "pkg:*/xz@5.6.0[-?]*",
            "*example.com/deep",
            "**/last",
        ];
        let names = Names::new(patterns.into_iter()).expect("patterns are sound");
        let open = Names::new(patterns.into_iter().chain(["*"])).expect("patterns are sound");
        assert!(names.words.is_some() && !names.is_open && open.is_open);
        let all = "pkg:npm/a pkg:npm/a@1 pkg:npm/ab pkg:npm/ab@1 host:x.example host:z.example docker.io/b/c docker.io/b \
                   pkg:npx/z pkg:np zz pkg:npm/aa@1 pkg:npm/%40a/b@1 pkg:deb/debian/xz@5.6.0-1 pkg:deb/xz@5.6.1 last a/last \
                   alast git.example.com/deep example.com/deep example.com/deeper";
        for id in all.split_whitespace().chain([""]) {
            let fits = [id, component_name(id)].iter().any(|name| names.set().is_match(name));
            assert_eq!(names.speak_of(id, id), fits, "{id}");
            assert_eq!(!names.matches(id, id).is_empty(), fits, "{id}");
            assert!(open.speak_of(id, id));
        }
        assert_eq!(names.matches("pkg:oci/c", "docker.io/b/c"), [4]);
    }
}
