//! What threads of this program need beside their work.

use std::cell::Cell;

/// Bytes of stack that the deepest nesting which readers allow has room in.
pub const STACK: usize = 8 << 20;

/// The processor on which something was begun that several threads do.
#[derive(Clone, Copy, Debug)]
pub struct Home(#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nothing is moved there"))] usize);

impl Home {
    /// Where this thread is now.
    #[must_use]
    pub fn here() -> Self {
        #[cfg(target_os = "linux")]
        return Self(nix::sched::sched_getcpu().unwrap_or(usize::MAX));
        #[cfg(not(target_os = "linux"))]
        return Self(0);
    }

    /// Moves this thread, about to begin as the so manieth helper, to another processor if it is on the one where the work was
    /// begun and may use others; it may use all of them afterwards as before. Some systems (guests of Firecracker among them,
    /// on which much continuous integration runs) leave a thread that was begun or woken up there for up to a dozen
    /// milliseconds while other processors do nothing, which is half of a small scan.
    pub fn leave(self, helper: usize) {
        #[cfg(target_os = "linux")]
        leave(self.0, helper);
        #[cfg(not(target_os = "linux"))]
        let _ = helper;
    }
}

/// What cannot be asked or set stays as it is: this is about time alone.
#[cfg(target_os = "linux")]
fn leave(home: usize, helper: usize) {
    use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use nix::unistd::Pid;

    let this = Pid::from_raw(0);
    // where the system chose another one, it knew why
    if helper == 0 || sched_getcpu() != Ok(home) {
        return;
    }
    let Ok(allowed) = sched_getaffinity(this) else { return };
    let all: Vec<usize> = (0..CpuSet::count()).filter(|at| allowed.is_set(*at) == Ok(true)).collect();
    let Some(other) = other(&all, home, helper) else { return };
    let mut only = CpuSet::new();
    if only.set(other).is_ok() && sched_setaffinity(this, &only).is_ok() {
        let _ = sched_setaffinity(this, &allowed);
    }
}

/// The processor for a helper, of those that may be used.
#[cfg(target_os = "linux")]
fn other(all: &[usize], home: usize, helper: usize) -> Option<usize> {
    let start = all.iter().position(|at| *at == home)?;
    Some(all[(start + helper) % all.len()]).filter(|other| *other != home)
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
    #[cfg(target_os = "linux")]
    fn helpers_go_round_among_the_processors_that_may_be_used() {
        let all = [0, 2, 3, 7];
        let of = |home, helper| other(&all, home, helper);
        assert_eq!((of(2, 1), of(2, 2), of(2, 3)), (Some(3), Some(7), Some(0)));
        assert_eq!((of(2, 0), of(2, 4), of(2, 5)), (None, None, Some(3)));
        assert_eq!((of(1, 1), of(usize::MAX, 1)), (None, None), "not one of them");
        assert_eq!((other(&[4], 4, 1), other(&[], 4, 1)), (None, None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_helper_that_left_may_run_where_it_could_before() {
        use nix::sched::sched_getaffinity;
        use nix::unistd::Pid;

        let mask = || sched_getaffinity(Pid::from_raw(0)).expect("can be asked");
        for helper in [0, 1, 2, 1_000_000] {
            // in a thread of its own, so that no other test is moved
            let moved = std::thread::spawn(move || {
                let before = mask();
                Home::here().leave(helper);
                (before, mask())
            });
            let (before, after) = moved.join().expect("does not panic");
            assert_eq!(before, after, "{helper}");
        }
    }

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
