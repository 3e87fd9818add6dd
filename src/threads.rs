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
    /// begun and may use others. It is bound to none. Some systems (guests of Firecracker among them, on which much continuous
    /// integration runs) leave a thread that was begun or woken up there for up to a dozen milliseconds while other
    /// processors do nothing, which is half of a small scan.
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
    let Some(start) = all.iter().position(|at| *at == home) else { return };
    let mut only = CpuSet::new();
    if all.len() > 1 && only.set(all[(start + helper) % all.len()]).is_ok() && sched_setaffinity(this, &only).is_ok() {
        let _ = sched_setaffinity(this, &allowed);
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
    #[cfg(target_os = "linux")]
    fn a_helper_that_left_may_run_where_it_could_before() {
        use nix::sched::sched_getaffinity;
        use nix::unistd::Pid;

        let mask = || sched_getaffinity(Pid::from_raw(0)).expect("can be asked");
        let masks = |helper| {
            let home = Home::here();
            let helper = move || {
                let before = mask();
                home.leave(helper);
                (before, mask())
            };
            std::thread::spawn(helper).join().expect("does not panic")
        };
        for helper in [1, 2, 1_000_000] {
            let (before, after) = masks(helper);
            assert_eq!(before, after, "{helper}");
        }
        // a processor that there is not, and no helper
        Home(usize::MAX).leave(1);
        Home::here().leave(0);
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
