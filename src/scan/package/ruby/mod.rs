//! Ruby: Bundler and RubyGems.

pub mod gemfile;
pub mod gemfile_lock;
pub mod gemspec;
pub mod installed_gem;
pub(crate) mod literal;
