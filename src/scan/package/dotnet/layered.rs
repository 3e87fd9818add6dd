//! A map on a map that many share.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by name. What lies below is never changed: a value of it that is to be changed is copied first.
#[derive(Clone)]
pub(super) struct Layered<V> {
    below: Arc<BTreeMap<String, V>>,
    own: BTreeMap<String, V>,
}

impl<V> Default for Layered<V> {
    fn default() -> Self {
        Self { below: Arc::default(), own: BTreeMap::new() }
    }
}

impl<V: Clone> Layered<V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.own.get(name).or_else(|| self.below.get(name))
    }

    pub(super) fn insert(&mut self, name: String, value: V) {
        self.own.insert(name, value);
    }

    /// The value of a name to be changed; that of `make` where it has none.
    pub(super) fn entry_or(&mut self, name: String, make: impl FnOnce() -> V) -> &mut V {
        let below = &self.below;
        self.own.entry(name).or_insert_with_key(|name| below.get(name).cloned().unwrap_or_else(make))
    }

    /// The same for many to lie on: nothing of its own is left to be copied.
    pub(super) fn shared(mut self) -> Self {
        if self.own.is_empty() {
            return self;
        }
        let mut all = Arc::unwrap_or_clone(self.below);
        all.append(&mut self.own);
        Self { below: Arc::new(all), own: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_stays_as_it_was() {
        let mut first: Layered<Vec<u8>> = Layered::default();
        first.entry_or("a".into(), Vec::new).push(1);
        let shared = first.shared();
        let mut own = shared.clone();
        own.entry_or("a".into(), Vec::new).push(2);
        own.insert("b".into(), vec![3]);
        assert_eq!(own.get("a"), Some(&vec![1, 2]));
        assert_eq!(shared.get("a"), Some(&vec![1]));
        assert_eq!((shared.get("b"), own.shared().get("b")), (None, Some(&vec![3])));
    }
}
