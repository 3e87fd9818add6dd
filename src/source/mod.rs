//! Where bytes come from. The only module that opens files or sockets.
//!
//! A source hands out candidates (path and size) first and bytes later, so that nothing is read
//! that no scanner asked for. Every cap is in [`Limits`].

pub mod directory;
mod limits;

pub use limits::Limits;
