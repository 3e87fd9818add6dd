//! One file per command: from arguments to the library to output. The outcome is the exit code.

mod classify;
mod color;
mod component;
mod explain;
mod images;
mod init;
mod listing;
mod lists;
mod organisation;
mod plan;
mod prepare;
mod providers;
mod rules;
mod scan;
mod screen;
mod simulate;

use std::io;

use crate::cli::{Cli, Command};
use crate::text::COLUMNS;

/// What the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0.
    Passed,
    /// 1: the gate failed.
    Failed,
    /// 3: something could not be read, under `--strict`.
    Incomplete,
}

/// Runs a command; its result goes to `out`.
///
/// # Errors
/// Usage and configuration errors: exit code 2.
pub fn run(cli: &Cli, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Scan(arguments) => scan::run(arguments, out),
        Command::Simulate(arguments) => simulate::run(arguments, out),
        Command::Plan(arguments) => plan::run(arguments, out),
        Command::Explain(arguments) => explain::run(arguments, out),
        Command::Screen(arguments) => screen::run(arguments, out),
        Command::Classify(arguments) => classify::run(arguments, out),
        Command::Providers(arguments) => providers::run(arguments, out),
        Command::Rules(arguments) => rules::run(arguments, out),
        Command::Init(arguments) => init::run(arguments, out),
        Command::Completions(arguments) => {
            crate::cli::completions(arguments.shell, out)?;
            Ok(Outcome::Passed)
        }
        Command::Man(arguments) => {
            crate::cli::manual(&arguments.command, out)?;
            Ok(Outcome::Passed)
        }
    }
}

/// Columns to fill: the terminal's, within reason; 80 in a pipe or file.
fn terminal_width() -> usize {
    use std::io::IsTerminal as _;
    let size = if io::stdout().is_terminal() { terminal_size::terminal_size() } else { None };
    size.map_or(COLUMNS, |(width, _)| usize::from(width.0).clamp(60, 160))
}
