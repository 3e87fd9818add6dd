//! Scopes of packages from what the tree's projects ask for, for lock files that say it of direct needs only.

use crate::scan::package::toolkit::scope;

/// Needs between packages, which are numbers here.
#[derive(Default)]
pub(crate) struct Reach {
    /// For every package what it needs, and whether that may be absent.
    needs: Vec<Vec<(usize, bool)>>,
    /// What projects ask for, and as what.
    roots: Vec<(usize, &'static str)>,
}

impl Reach {
    /// So many packages without needs.
    pub(crate) fn new(count: usize) -> Self {
        Self { needs: vec![Vec::new(); count], roots: Vec::new() }
    }

    /// A package needs another.
    pub(crate) fn need(&mut self, from: usize, to: usize, optional: bool) {
        self.needs[from].push((to, optional));
    }

    /// A project asks for a package.
    pub(crate) fn root(&mut self, to: usize, scope: &'static str) {
        self.roots.push((to, scope));
    }

    /// The strongest scope of every package: what production needs is needed in production, whoever else needs it.
    pub(crate) fn scopes(&self) -> Vec<Option<&'static str>> {
        let mut found = vec![None; self.needs.len()];
        let mut absent = Vec::new();
        for scope in [scope::RUNTIME, scope::OPTIONAL, scope::DEV, scope::BUILD] {
            let mut open: Vec<usize> =
                self.roots.iter().filter(|(_, as_what)| *as_what == scope).map(|(to, _)| *to).collect();
            if scope == scope::OPTIONAL {
                open.append(&mut absent);
            }
            while let Some(at) = open.pop() {
                if found[at].is_some() {
                    continue;
                }
                found[at] = Some(scope);
                for (to, optional) in &self.needs[at] {
                    if *optional && scope == scope::RUNTIME { absent.push(*to) } else { open.push(*to) }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_scope_wins_and_circles_end() {
        let mut reach = Reach::new(6);
        // 0 needs 1, may have 2; 3 needs 1 and 4; 4 and 3 need each other
        for (from, to, optional) in [(0, 1, false), (0, 2, true), (3, 1, false), (3, 4, false), (4, 3, false)] {
            reach.need(from, to, optional);
        }
        reach.root(3, scope::DEV);
        reach.root(0, scope::RUNTIME);
        let scopes = [Some("runtime"), Some("runtime"), Some("optional"), Some("dev"), Some("dev"), None];
        assert_eq!(reach.scopes(), scopes);
    }
}
