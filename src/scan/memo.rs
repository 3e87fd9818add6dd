//! What was made of files that many others look at: the manifest of a workspace, the central versions of a solution.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::text::RelPath;

/// Bytes of files of which something is kept.
const MOST_BYTES: usize = 32 << 20;

/// Values by their type and the file that they were made of, for one run. Whoever asks gives the way to make the value
/// from the tree's files and nothing else, so that it is the same whoever asks first.
#[derive(Default)]
pub struct Memo {
    files: Mutex<Kept>,
    tables: Mutex<BTreeMap<TypeId, Arc<Table>>>,
}

/// A table of the whole tree; empty until somebody asks for it.
type Table = OnceLock<Arc<dyn Any + Send + Sync>>;

#[derive(Default)]
struct Kept {
    values: BTreeMap<(TypeId, RelPath), Arc<dyn Any + Send + Sync>>,
    bytes: usize,
}

impl Memo {
    /// The value made of a file, and made once as long as there is room. `make` gives with it how many bytes were read.
    pub fn of<T: Any + Send + Sync>(&self, path: &RelPath, make: impl FnOnce() -> (T, usize)) -> Arc<T> {
        /// What a path and the entry cost even where there is no file.
        const ENTRY: usize = 256;
        let place = (TypeId::of::<T>(), path.clone());
        let lock = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().values.get(&place).cloned().and_then(|known| known.downcast().ok()) {
            return known;
        }
        let (value, bytes) = make();
        let value = Arc::new(value);
        let mut kept = lock();
        if kept.bytes + bytes + ENTRY <= MOST_BYTES {
            kept.bytes += bytes + ENTRY;
            kept.values.insert(place, Arc::clone(&value) as Arc<dyn Any + Send + Sync>);
        }
        value
    }

    /// The value made of a file, where somebody made it and it was kept.
    pub fn known<T: Any + Send + Sync>(&self, path: &RelPath) -> Option<Arc<T>> {
        let kept = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        kept.values.get(&(TypeId::of::<T>(), path.clone())).cloned()?.downcast().ok()
    }

    /// The one table of a sort that is made of the whole tree, however many ask for it and however much is kept besides:
    /// who asks while it is made waits. `make` bounds the table itself and must not lead to other work of the pool.
    pub fn once<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(tables.entry(TypeId::of::<T>()).or_default());
        drop(tables);
        let table = cell.get_or_init(|| Arc::new(make()) as Arc<dyn Any + Send + Sync>);
        Arc::clone(table).downcast().expect("the cell of a type holds that type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_made_once_while_there_is_room() {
        let memo = Memo::default();
        let path = RelPath::new("a").expect("is relative");
        assert_eq!(*memo.of(&path, || (1_u8, 10)), 1);
        assert_eq!(*memo.of(&path, || (2_u8, 10)), 1);
        assert_eq!(*memo.of(&path, || (3_u16, 10)), 3, "another type is another value");
        let large = RelPath::new("b").expect("is relative");
        assert_eq!(*memo.of(&large, || (1_u8, MOST_BYTES)), 1);
        assert_eq!(*memo.of(&large, || (2_u8, MOST_BYTES)), 2);
        assert_eq!(*memo.of(&path, || (1_u64, MOST_BYTES)), 1, "the memo is full");
    }

    #[test]
    fn tables_of_the_tree_are_made_once_beside_a_full_memo() {
        let memo = Memo::default();
        let path = RelPath::new("a").expect("is relative");
        memo.of(&path, || (0_u8, MOST_BYTES - 1_000));
        assert_eq!(*memo.once(|| 1_u8), 1);
        assert_eq!(*memo.once(|| 2_u8), 1);
        assert_eq!(*memo.once(|| 3_u16), 3, "another type is another table");
    }
}
