//! Rules are data; this module loads them, selects what they speak about and judges.
//!
//! A rule file holds text, sources, parameters of its *kind*, and examples that run as tests. The
//! kinds are code ([`kind`]): one file each. Nine of ten additions need no kind.

mod aside;
pub mod condition;
pub mod decided;
pub mod draft;
pub mod example;
pub mod file;
pub mod found;
pub mod gate;
pub mod kind;
pub mod load;
mod names;
pub mod page;
pub mod profile;
pub mod run;
pub mod select;
mod witness;

pub use file::Rule;
pub use load::RuleSet;
pub use profile::Profile;
pub use run::{Judgement, Shared, View, judge};
