//! `sovaudit screen`.

mod input;
mod output;
mod pairs;

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, bail, ensure};
use rayon::prelude::*;

use super::Outcome;
use super::prepare::{day, knowledge, lexicon};
use crate::cli::ScreenArgs;
use crate::model::CountryCode;
use crate::screening::gate::{self, outcome};
use crate::screening::listed::{Listed, listed_parties};
use crate::screening::query::kind_of;
use crate::screening::{Engine, Hit, Level, Memory, Query, QueryKey};
use output::{Answer, Judged, Writer};

/// Subjects that are screened at once: enough to keep every core busy, little to hold.
const BATCH: usize = 4_096;

/// Runs the command.
pub(super) fn run(arguments: &ScreenArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    ensure!(
        (0.7..=1.0).contains(&arguments.threshold),
        "`--threshold` must be between 0.7 and 1; {} is not",
        arguments.threshold
    );
    let lexicon = lexicon(&arguments.rules)?;
    if let Some(path) = &arguments.pairs {
        return pairs::run(path, &lexicon, out);
    }
    let form = output::Form::named(&arguments.format)?;
    let knowledge = knowledge(&arguments.rules)?;
    let catalog = &knowledge.catalog;
    let as_of = day(arguments.as_of.as_deref())?;
    let profile = knowledge.rules.profiles.get(&arguments.profile);
    let Some(profile) = profile else {
        let known: Vec<&str> = knowledge.rules.profiles.keys().map(String::as_str).collect();
        bail!("there is no profile `{}`; choose one of {}", arguments.profile, known.join(", "));
    };
    let lists: BTreeSet<String> = arguments.lists.iter().cloned().collect();
    let listed = listed_parties(catalog, &lexicon, as_of, &lists);
    demand_entries(&listed, &lists)?;
    let default = defaults(arguments, |word| catalog.country(word))?;
    let consequence = |list: &str| -> String {
        let own = profile.lists.get(list).map(String::as_str);
        own.or_else(|| catalog.list(list).map(|row| &*row.consequence)).unwrap_or("info").to_owned()
    };
    let engine = Engine { index: &listed.index, parties: &listed, lexicon: &lexicon, threshold: arguments.threshold };
    let judge = |query: &Query, memory: &mut Memory| -> Vec<Judged> {
        let hits = engine.screen(query, memory).into_iter();
        let shown = hits.filter(|hit| arguments.all || hit.level < Level::Info || form.is_for_machines());
        shown.map(|hit| judged(hit, &listed, &consequence, arguments.strict)).collect()
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.map_or(0, std::num::NonZeroUsize::get))
        .thread_name(|at| format!("screen-{at}"))
        .build()?;
    let mut writer = Writer::new(form, out, as_of, &listed, arguments)?;
    let mut failed = false;
    let mut subjects = input::subjects(arguments, &default, |word| catalog.country(word))?;
    loop {
        let batch: Vec<Query> = subjects.by_ref().take(BATCH).collect::<anyhow::Result<_>>()?;
        if batch.is_empty() {
            break;
        }
        let answers: Vec<Vec<Judged>> =
            pool.install(|| batch.par_iter().map_init(Memory::default, |memory, query| judge(query, memory)).collect());
        for (query, hits) in batch.iter().zip(answers) {
            failed |= hits.iter().any(|hit| hit.outcome == gate::Outcome::Fail);
            writer.answer(&Answer { query, hits })?;
        }
    }
    writer.finish(failed)?;
    Ok(if failed { Outcome::Failed } else { Outcome::Passed })
}

fn judged(hit: Hit, listed: &Listed<'_>, consequence: &impl Fn(&str) -> String, strict: bool) -> Judged {
    let consequence = consequence(&hit.party.list);
    let unsure = listed.unsure.get(&hit.at).copied();
    let mut outcome = outcome(&consequence, hit.level, strict);
    if unsure.is_some() {
        // an entry that may not have held never fails a gate
        outcome = outcome.max(gate::Outcome::Warn);
    }
    Judged { hit, consequence, outcome, unsure }
}

/// A list without entries answers nothing: that must never look like a pass.
fn demand_entries(listed: &Listed<'_>, lists: &BTreeSet<String>) -> anyhow::Result<()> {
    let has = |list: &str| listed.parties.iter().any(|party| &*party.list == list);
    let missing: Vec<&str> = lists.iter().map(String::as_str).filter(|list| !has(list)).collect();
    ensure!(
        missing.is_empty(),
        "no entries of {} are there to screen against; check the id, or import the list with `sovaudit rules import`",
        missing.join(", ")
    );
    ensure!(!listed.parties.is_empty(), "there are no listed parties to screen against on that day");
    Ok(())
}

/// What is known of every subject that does not say it itself.
fn defaults(arguments: &ScreenArgs, country: impl Fn(&str) -> Option<CountryCode>) -> anyhow::Result<Query> {
    let kind = arguments.kind.as_deref().map(|word| {
        kind_of(word).with_context(|| format!("`--kind {word}` is none of organisation, person, vessel, aircraft"))
    });
    let countries = arguments.country.iter().map(|word| {
        country(word).with_context(|| format!("`--country {word}` is no country; write an ISO code such as DE"))
    });
    let keys = arguments.key.iter().map(|text| QueryKey::parse(text).map_err(anyhow::Error::msg));
    Ok(Query {
        kind: kind.transpose()?.unwrap_or_default(),
        countries: countries.collect::<anyhow::Result<_>>()?,
        keys: keys.collect::<anyhow::Result<_>>()?,
        ..Query::default()
    })
}
