//! What threads of this program need beside their work.

use std::cell::Cell;

/// Bytes of stack that the deepest nesting which readers allow has room in.
pub const STACK: usize = 8 << 20;

/// Asks for address space for what a scan needs and gives it back, which touches none of it. The allocator of the program keeps
/// it: to ask the system later, while another thread touches new memory, makes both wait for each other for milliseconds,
/// because the system holds the same lock for both.
pub fn reserve() {
    /// Larger blocks are given back to the system at once.
    const BLOCK: usize = 7 << 20;
    const BLOCKS: usize = 4;
    if cfg!(all(feature = "jemalloc", target_os = "linux")) {
        let blocks: [Vec<u8>; BLOCKS] = std::array::from_fn(|_| {
            let mut block = Vec::new();
            // where there is not so much, a scan may still do with less
            let _ = block.try_reserve_exact(BLOCK);
            block
        });
        std::hint::black_box(&blocks);
    }
}

thread_local! {
    /// Threads that may work on what this thread reads.
    static SHARE: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// How many threads may read a large file together, this one among them: all of its pool unless [`sharing`] says less, one
/// outside of a pool.
#[must_use]
pub fn for_one_file() -> usize {
    rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads().min(SHARE.get()).max(1))
}

/// Does something while large files are read by so many threads at most. Threads of their own in a pool that is busy with
/// other files take turns with it on the same processors, and whoever waits for them does nothing.
pub fn sharing<R>(threads: usize, work: impl FnOnce() -> R) -> R {
    struct Before(usize);
    impl Drop for Before {
        fn drop(&mut self) {
            SHARE.set(self.0);
        }
    }
    let _before = Before(SHARE.replace(threads));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_gets_what_is_shared_and_no_more_than_the_pool_has() {
        assert_eq!(for_one_file(), 1, "outside of a pool");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads can be started");
        pool.install(|| {
            assert_eq!(for_one_file(), 3);
            assert_eq!(sharing(1, for_one_file), 1);
            assert_eq!(sharing(0, for_one_file), 1);
            assert_eq!(sharing(9, for_one_file), 3);
            assert_eq!(sharing(1, || sharing(2, for_one_file)), 2);
            assert_eq!(for_one_file(), 3, "as before");
        });
    }
}
