//! What is installed where, so that names find what Node would find for them.

use crate::parse::Entry;
use crate::scan::package::toolkit::Locked;
use crate::text::Lookup;

/// Levels of `node_modules` that are looked through for a name. Real trees have ten.
const LEVELS: usize = 100;

/// The root of the tree, among the places of [`Tree`].
pub(crate) const ROOT: usize = 0;

/// An entry with what it stands for and the place that holds its `node_modules`.
pub(crate) struct Installed<'a> {
    /// The package, or a project of the tree.
    pub(crate) locked: Locked,
    /// Its entry in the file.
    pub(crate) entry: &'a Entry,
    /// The place above.
    pub(crate) above: usize,
}

/// What is installed where.
#[derive(Default)]
pub(crate) struct Tree<'a> {
    /// Everything but the root, whose place is [`ROOT`]: the first has place 1.
    all: Vec<Installed<'a>>,
    /// Places by the place above and the name there.
    below: Lookup<(usize, &'a str), usize>,
}

impl<'a> Tree<'a> {
    /// Nothing yet, with room for so many entries.
    pub(crate) fn with_room(entries: usize) -> Self {
        Self { all: Vec::with_capacity(entries), below: Lookup::with_capacity(entries) }
    }

    /// Adds an entry; one without a name is no answer to anybody. Gives its place, and whether there was one of the name.
    pub(crate) fn add(
        &mut self,
        above: usize,
        name: Option<&'a str>,
        locked: Locked,
        entry: &'a Entry,
    ) -> (usize, bool) {
        self.all.push(Installed { locked, entry, above });
        let place = self.all.len();
        let is_second = name.is_some_and(|name| self.below.insert((above, name), place).is_some());
        (place, is_second)
    }

    /// Moves an entry below another.
    pub(crate) fn put(&mut self, place: usize, above: usize, name: &'a str) {
        self.below.insert((above, name), place);
        if let Some(installed) = place.checked_sub(1).and_then(|index| self.all.get_mut(index)) {
            installed.above = above;
        }
    }

    /// What stands at a place; nothing at the root.
    pub(crate) fn at(&self, place: usize) -> Option<&Installed<'a>> {
        self.all.get(place.checked_sub(1)?)
    }

    /// What a place holds itself under a name.
    pub(crate) fn child(&self, place: usize, name: &'a str) -> Option<usize> {
        self.below.get(&(place, name)).copied()
    }

    /// What `name` means to the package at a place, as Node looks for it: below itself, then upwards.
    pub(crate) fn resolve(&self, place: usize, name: &str) -> Option<usize> {
        let mut above = place;
        for _ in 0..LEVELS {
            if let Some(found) = self.below.get(&(above, name)) {
                return Some(*found);
            }
            if above == ROOT {
                return None;
            }
            above = self.at(above).map_or(ROOT, |installed| installed.above);
        }
        self.below.get(&(ROOT, name)).copied()
    }

    /// Everything but the root, from place 1 on.
    pub(crate) fn all(&self) -> &[Installed<'a>] {
        &self.all
    }

    /// Everything with its place.
    pub(crate) fn places(&self) -> impl Iterator<Item = (usize, &Installed<'a>)> {
        self.all.iter().enumerate().map(|(index, installed)| (index + 1, installed))
    }
}
