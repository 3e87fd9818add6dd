//! `sovaudit classify`.

mod family;
mod find;
mod named;
mod party;

use std::io;

use anyhow::{Context as _, bail};

use super::prepare::{day, knowledge};
use super::{Outcome, terminal_width};
use crate::catalog::Catalog;
use crate::cli::ClassifyArgs;
use crate::export::{Question, assess, write};
use crate::model::CountryCode;

/// Runs the command.
pub(super) fn run(arguments: &ClassifyArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    if !matches!(&*arguments.format, "text" | "json") {
        bail!("there is no format `{}`; choose text or json", arguments.format);
    }
    let knowledge = knowledge(&arguments.sources.data, &arguments.sources.rules)?;
    let catalog = &knowledge.catalog;
    let as_of = day(arguments.as_of.as_deref())?;
    // a mistaken country must not be found out below a class that was printed
    let to = country(catalog, arguments.to.as_deref(), "--to")?;
    let parent = country(catalog, arguments.end_user_parent.as_deref(), "--end-user-parent")?;
    let what = arguments.what.join(" ");
    let found = find::find(catalog, &what)?;
    let name = arguments.end_user.as_deref().map(str::trim);
    if name.is_some_and(str::is_empty) {
        bail!("`--end-user` names nobody; leave it out, or give a name");
    }
    let parties = party::facts(&knowledge, arguments, name, parent, as_of)?;
    let question = Question { to, parties: parties.into_iter().collect(), machine: found.machine };
    let each = found.subjects.iter().map(|subject| assess(catalog, subject, &question, as_of));
    let assessment = family::one(&what, each.collect(), found.is_part)?;
    if arguments.format == "json" {
        serde_json::to_writer_pretty(&mut *out, &assessment)?;
        writeln!(out)?;
    } else {
        write(&assessment, terminal_width(), out)?;
    }
    Ok(Outcome::Passed)
}

fn country(catalog: &Catalog, word: Option<&str>, option: &str) -> anyhow::Result<Option<CountryCode>> {
    let find = |word: &str| {
        catalog.country(word).with_context(|| format!("`{option} {word}` is no country; write an ISO code such as AE"))
    };
    word.map(find).transpose()
}
