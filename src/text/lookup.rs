//! A table that is looked up and never gone through, so that its random order cannot reach a result.

use std::borrow::Borrow;
use std::hash::Hash;

use foldhash::quality::RandomState;

/// Values by key. There is no way to iterate: where an order matters, use a `BTreeMap`.
///
/// Keys come out of scanned files, so whoever writes those chooses them. The hash is seeded anew in every process: names
/// that all fall into one slot cannot be made beforehand. A hash that is quick and not seeded would make a lookup in a
/// hostile lock file as slow as a search through it.
#[derive(Clone, Debug)]
#[expect(clippy::disallowed_types, reason = "its order is never seen")]
pub struct Lookup<K, V>(std::collections::HashMap<K, V, RandomState>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(Default::default())
    }
}

impl<K: Eq + Hash, V> Lookup<K, V> {
    /// An empty table with room for so many entries.
    #[must_use]
    #[expect(clippy::disallowed_types, reason = "its order is never seen")]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(std::collections::HashMap::with_capacity_and_hasher(capacity, RandomState::default()))
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// True when the key has a value.
    #[must_use]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Sets the value of a key; gives the former one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }
}

impl<K: Eq + Hash, V: Default> Lookup<K, V> {
    /// The value of a key, the default one when it had none.
    pub fn entry(&mut self, key: K) -> &mut V {
        self.0.entry(key).or_default()
    }
}

impl<K: Eq + Hash, V> FromIterator<(K, V)> for Lookup<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}
