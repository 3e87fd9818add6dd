//! Ruby: Bundler and RubyGems.

pub mod gemfile;
pub mod gemfile_lock;
pub mod gemspec;
pub mod installed_gem;
pub(crate) mod literal;

use crate::scan::package::toolkit;

/// The version that requirements of a gem or pod fix: `7.0.0`, `= 7.0.0`, alone or beside others.
pub(crate) fn exact<'t>(requirements: &[&'t str]) -> Option<&'t str> {
    requirements.iter().find_map(|one| toolkit::exact("gem", one))
}
