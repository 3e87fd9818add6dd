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

/// How a repository is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Encrypted,
    Plain,
    /// It lies on the machine that builds.
    Local,
}

/// The mirrors for a repository, by the way it is asked.
type Answer = [Option<usize>; 3];

impl<'a> Mirrors<'a> {
    /// Reads each `mirrorOf` once, whatever number of repositories is held against them.
    pub(super) fn of(all: Vec<Setting<'a>>) -> Self {
        let mut exact = BTreeMap::new();
        // mirrors with the word, true for those that mean it and false for those that leave it out
        let mut said: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
        let mut wild: [Vec<usize>; 3] = Default::default();
        for (at, mirror) in all.iter().enumerate() {
            exact.entry(mirror.names).or_insert(at);
            for word in mirror.names.split(',') {
                let (word, is_for) = word.strip_prefix('!').map_or((word, true), |word| (word, false));
                let rows = said.entry(word).or_default();
                // of one mirror what it says first counts
                if rows.last().is_none_or(|(last, _)| *last != at) {
                    rows.push((at, is_for));
                }
                let is_of_all = is_for && word == "*";
                let is_of_others = is_of_all || is_for && word == "external:*";
                let is_of_plain = is_of_others || is_for && word == "external:http:*";
                for (wild, is_it) in wild.iter_mut().zip([is_of_others, is_of_plain, is_of_all]) {
                    if is_it && wild.last() != Some(&at) {
                        wild.push(at);
                    }
                }
            }
        }
        let answer = |said: &[(usize, bool)]| [first(said, &wild[0]), first(said, &wild[1]), first(said, &wild[2])];
        let others = answer(&[]);
        let named = said.iter().map(|(word, said)| (*word, answer(said))).collect();
        Self { exact: exact.into_iter().collect(), named, others, all }
    }

    /// The mirror that stands for a repository: one for its id alone before others, and the first of those.
    pub(super) fn of_repository(&self, id: &str, way: Way) -> Option<&Setting<'a>> {
        let answer = || self.named.get(id).unwrap_or(&self.others)[way as usize];
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
    fn standing(patterns: &[&str], id: &str, way: Way) -> Option<usize> {
        let evidence = EvidenceSet::default();
        let mirrors = mirrors(patterns, &evidence);
        let found = mirrors.of_repository(id, way)?;
        mirrors.all.iter().position(|one| std::ptr::eq(one, found))
    }

    #[test]
    fn patterns_of_mirrors() {
        for (pattern, id, way, wanted) in [
            ("*", "a", Way::Encrypted, true),
            ("external:*", "a", Way::Encrypted, true),
            ("external:http:*", "a", Way::Encrypted, false),
            ("external:http:*", "a", Way::Plain, true),
            ("external:*", "a", Way::Local, false),
            ("external:http:*", "a", Way::Local, false),
            ("*", "a", Way::Local, true),
            ("external:*,a", "a", Way::Local, true),
            ("a,b", "b", Way::Encrypted, true),
            ("a,b", "c", Way::Encrypted, false),
            ("*,!a", "a", Way::Encrypted, false),
            ("!a,*", "a", Way::Encrypted, false),
            ("!a,*", "b", Way::Encrypted, true),
            ("a,!a", "a", Way::Encrypted, true),
            ("!a", "b", Way::Encrypted, false),
        ] {
            assert_eq!(standing(&[pattern], id, way).is_some(), wanted, "{pattern} {id}");
        }
    }

    #[test]
    fn the_first_of_several_mirrors() {
        for (patterns, id, way, wanted) in [
            (&["*", "a"][..], "a", Way::Encrypted, Some(1)),
            (&["*", "a,b"], "a", Way::Encrypted, Some(0)),
            (&["*,!a", "external:*"], "a", Way::Encrypted, Some(1)),
            (&["*,!a", "!a,*", "b", "x,a", "*"], "a", Way::Encrypted, Some(3)),
            (&["*,!a", "!a,*", "b", "*", "x,a"], "a", Way::Encrypted, Some(3)),
            (&["*,!a", "!a,*"], "a", Way::Plain, None),
            (&["x,y", "external:http:*", "*"], "a", Way::Plain, Some(1)),
            (&["x,y", "external:http:*", "*"], "a", Way::Encrypted, Some(2)),
            (&["a", "a"], "a", Way::Encrypted, Some(0)),
        ] {
            assert_eq!(standing(patterns, id, way), wanted, "{patterns:?} {id}");
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
        let found = (0..50_000).filter(|at| mirrors.of_repository(&format!("z{at}"), Way::Encrypted).is_some()).count();
        assert_eq!(found, 0);
        assert!(mirrors.of_repository("a0", Way::Encrypted).is_some_and(|one| std::ptr::eq(one, &mirrors.all[1])));
    }
}
