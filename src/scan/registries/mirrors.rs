//! The mirrors of one settings file of Maven, and the repositories that they stand for.

use std::collections::BTreeMap;

use super::setting::Setting;
use crate::text::Lookup;

/// Mirrors in the order of their file.
pub(super) struct Mirrors<'a> {
    all: Vec<Setting<'a>>,
    /// The first whose `mirrorOf` is nothing but an id.
    exact: Lookup<&'a str, usize>,
    /// The one for each id that any `mirrorOf` has among its words.
    named: Lookup<&'a str, Answer>,
    /// The one for all other ids.
    others: Answer,
}

/// The mirror for a repository that is asked with encryption, and for one without.
type Answer = [Option<usize>; 2];

impl<'a> Mirrors<'a> {
    /// Reads each `mirrorOf` once, whatever number of repositories is held against them.
    pub(super) fn of(all: Vec<Setting<'a>>) -> Self {
        let mut exact = BTreeMap::new();
        // mirrors with the word, true for those that mean it and false for those that leave it out
        let mut said: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
        let mut wild: [Vec<usize>; 2] = Default::default();
        for (at, mirror) in all.iter().enumerate() {
            exact.entry(mirror.names).or_insert(at);
            for word in mirror.names.split(',') {
                let (word, is_for) = word.strip_prefix('!').map_or((word, true), |word| (word, false));
                let rows = said.entry(word).or_default();
                // of one mirror what it says first counts
                if rows.last().is_none_or(|(last, _)| *last != at) {
                    rows.push((at, is_for));
                }
                let is_of_all = is_for && matches!(word, "*" | "external:*");
                let is_of_plain = is_for && word == "external:http:*";
                for (wild, is_it) in wild.iter_mut().zip([is_of_all, is_of_all || is_of_plain]) {
                    if is_it && wild.last() != Some(&at) {
                        wild.push(at);
                    }
                }
            }
        }
        let answer = |said: &[(usize, bool)]| [first(said, &wild[0]), first(said, &wild[1])];
        let others = answer(&[]);
        let named = said.iter().map(|(word, said)| (*word, answer(said))).collect();
        Self { exact: exact.into_iter().collect(), named, others, all }
    }

    /// The mirror that stands for a repository: one for its id alone before others, and the first of those. Repositories of
    /// this machine have no host and are none here.
    pub(super) fn of_repository(&self, id: &str, is_plain: bool) -> Option<&Setting<'a>> {
        let answer = || self.named.get(id).unwrap_or(&self.others)[usize::from(is_plain)];
        self.all.get(self.exact.get(id).copied().or_else(answer)?)
    }
}

/// The first mirror that has the word, or is for all and does not have it.
fn first(said: &[(usize, bool)], wild: &[usize]) -> Option<usize> {
    let named = said.iter().find(|(_, is_for)| *is_for).map(|(at, _)| *at);
    // both are in order
    let mut having = said.iter().map(|(at, _)| *at).peekable();
    let is_free = |at: &&usize| {
        while having.next_if(|one| one < *at).is_some() {}
        having.peek() != Some(*at)
    };
    let free = wild.iter().find(is_free).copied();
    named.into_iter().chain(free).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EvidenceSet;
    use crate::scan::registries::setting::{Of, Standing};

    fn mirrors<'a>(patterns: &[&'a str], evidence: &'a EvidenceSet) -> Mirrors<'a> {
        let (standing, of, host) = (Standing::Mirror, Of::Settings(false), "m.example");
        let mirror = |names| Setting { names, standing, of, id: "", is_plain: false, host, evidence };
        Mirrors::of(patterns.iter().copied().map(mirror).collect())
    }

    /// Place of the mirror that stands for a repository.
    fn standing(patterns: &[&str], id: &str, is_plain: bool) -> Option<usize> {
        let evidence = EvidenceSet::default();
        let mirrors = mirrors(patterns, &evidence);
        let found = mirrors.of_repository(id, is_plain)?;
        mirrors.all.iter().position(|one| std::ptr::eq(one, found))
    }

    #[test]
    fn patterns_of_mirrors() {
        for (pattern, id, is_plain, wanted) in [
            ("*", "a", false, true),
            ("external:*", "a", false, true),
            ("external:http:*", "a", false, false),
            ("external:http:*", "a", true, true),
            ("a,b", "b", false, true),
            ("a,b", "c", false, false),
            ("*,!a", "a", false, false),
            ("!a,*", "a", false, false),
            ("!a,*", "b", false, true),
            ("a,!a", "a", false, true),
            ("!a", "b", false, false),
        ] {
            assert_eq!(standing(&[pattern], id, is_plain).is_some(), wanted, "{pattern} {id}");
        }
    }

    #[test]
    fn the_first_of_several_mirrors() {
        for (patterns, id, is_plain, wanted) in [
            (&["*", "a"][..], "a", false, Some(1)),
            (&["*", "a,b"], "a", false, Some(0)),
            (&["*,!a", "external:*"], "a", false, Some(1)),
            (&["*,!a", "!a,*", "b", "x,a", "*"], "a", false, Some(3)),
            (&["*,!a", "!a,*", "b", "*", "x,a"], "a", false, Some(3)),
            (&["*,!a", "!a,*"], "a", true, None),
            (&["x,y", "external:http:*", "*"], "a", true, Some(1)),
            (&["x,y", "external:http:*", "*"], "a", false, Some(2)),
            (&["a", "a"], "a", false, Some(0)),
        ] {
            assert_eq!(standing(patterns, id, is_plain), wanted, "{patterns:?} {id}");
        }
    }

    #[test]
    fn words_are_gone_through_once() {
        // so many that holding each against each would not end
        let names: String = (0..50_000).map(|at| format!("!z{at},")).collect();
        let patterns: Vec<String> = (0..8).map(|at| format!("{names}*,!a{at}")).collect();
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let evidence = EvidenceSet::default();
        let mirrors = mirrors(&patterns, &evidence);
        let found = (0..50_000).filter(|at| mirrors.of_repository(&format!("z{at}"), false).is_some()).count();
        assert_eq!(found, 0);
        assert!(mirrors.of_repository("a0", false).is_some_and(|one| std::ptr::eq(one, &mirrors.all[1])));
    }
}
