//! The files of a folder, listed by one thread while another one loads the rules.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::scan::{Options, Selector, list_directory};
use crate::source::directory::Walk;
use crate::target::Target;

/// How far the listing is.
#[derive(Default)]
pub(super) struct Listing {
    has_begun: AtomicBool,
    has_found: AtomicBool,
    is_given_up: AtomicBool,
    is_done: AtomicBool,
}

/// Says that the listing is done, however it ends: whoever waits for it must not wait for ever when it panics.
struct Done<'l>(&'l Listing);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.is_done.store(true, Ordering::Relaxed);
    }
}

impl Listing {
    /// The files of a target that is a folder.
    pub(super) fn list(&self, target: &Target, options: &Options) -> Option<anyhow::Result<Walk>> {
        let _done = self.begin();
        Selector::make_ready();
        let goes_on = |has_found: bool| {
            // not written again and again: other threads read it
            if has_found && !self.has_found.load(Ordering::Relaxed) {
                self.has_found.store(true, Ordering::Relaxed);
            }
            !self.is_given_up.load(Ordering::Relaxed)
        };
        match target {
            Target::Directory(folder) => Some(list_directory(folder, options, goes_on)),
            _ => None,
        }
    }

    fn begin(&self) -> Done<'_> {
        self.has_begun.store(true, Ordering::Relaxed);
        Done(self)
    }

    /// Nobody will ask for the files: the rules have a mistake.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    /// True once something to read was found, while more is looked for; false when all is listed, and when nobody has begun:
    /// this may be the thread that will do it.
    pub(super) fn is_still_at_it(&self) -> bool {
        const AGAIN: Duration = Duration::from_micros(50);
        while self.has_begun.load(Ordering::Relaxed) && !self.is_done.load(Ordering::Relaxed) {
            if self.has_found.load(Ordering::Relaxed) {
                return true;
            }
            std::thread::sleep(AGAIN);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn nobody_waits_for_a_listing_that_has_not_begun_or_has_ended_badly() {
        let listing = Listing::default();
        assert!(!listing.is_still_at_it(), "not begun");
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let _done = listing.begin();
            panic!("asked to");
        }));
        assert!(ended.is_err());
        assert!(!listing.is_still_at_it(), "ended by a panic");
    }

    #[test]
    fn a_listing_goes_on_once_something_is_found_and_until_it_is_given_up() {
        let folder = tempfile::tempdir().expect("can be made");
        std::fs::write(folder.path().join("Cargo.toml"), "").expect("can be written");
        std::fs::write(folder.path().join("b"), "").expect("can be written");
        let target = Target::Directory(folder.path().to_owned());
        let listing = Listing::default();
        let seen = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                while !listing.has_begun.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                while listing.is_still_at_it() {}
            });
            let walk = listing.list(&target, &Options::default()).expect("is a folder").expect("can be opened");
            waiting.join().expect("does not wait for ever");
            walk.seen
        });
        assert_eq!(seen, 2);
        let given_up = Listing::default();
        given_up.give_up();
        let walk = given_up.list(&target, &Options::default()).expect("is a folder").expect("can be opened");
        assert_eq!(walk.seen, 0);
        let host = Target::Host("/".into());
        assert!(given_up.list(&host, &Options::default()).is_none());
    }
}
