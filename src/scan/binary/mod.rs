//! Programs and libraries as machines run them: what they were built from, as far as they say.

pub mod executable;
mod go;
mod programs;
mod rust;
mod window;

pub use programs::packaged_as;
