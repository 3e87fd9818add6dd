//! Go templates as Helm runs them: text with actions, bounded in every way, and each stretch of
//! what comes out knows the place of the template, and of the values, that made it.

mod functions;
mod lexer;
mod machine;
mod parser;
mod program;
mod value;

pub(super) use functions::HOME;
pub(super) use machine::Machine;
pub(super) use program::{Failure, Output, Program, Shelf, Stretch};
pub(super) use value::{Held, Table, Value, override_values};

#[cfg(test)]
mod tests;
