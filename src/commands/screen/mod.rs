//! `sovaudit screen`.

mod input;
mod output;
mod pairs;

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, bail, ensure};
use rayon::prelude::*;

use super::prepare::{day, knowledge, lexicon};
use super::{Outcome, lists};
use crate::cli::ScreenArgs;
use crate::lists::{Party, store};
use crate::model::{CountryCode, Date, Verification};
use crate::screening::decision::{Answer as Decided, Asked, Decisions, Verdict};
use crate::screening::gate::{self, outcome};
use crate::screening::query::{kind_of, kind_word};
use crate::screening::{Candidate, Level, Memory, Query, QueryKey, Scope, Screener};
use output::{Answer, Hidden, Judged, Writer};

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
    let knowledge = knowledge(&arguments.data, &arguments.rules)?;
    let catalog = &knowledge.catalog;
    let as_of = day(arguments.as_of.as_deref())?;
    let profile = knowledge.rules.profiles.get(&arguments.profile);
    let Some(profile) = profile else {
        let known: Vec<&str> = knowledge.rules.profiles.keys().map(String::as_str).collect();
        bail!("there is no profile `{}`; choose one of {}", arguments.profile, known.join(", "));
    };
    let wanted: BTreeSet<String> = arguments.lists.iter().cloned().collect();
    demand_fresh(arguments, as_of)?;
    let imported = lists::imported(&arguments.data)?;
    let scope = Scope { catalog, lexicon: &lexicon, threshold: arguments.threshold, as_of, lists: &wanted };
    let screener = Screener::new(scope, imported.as_ref())?;
    demand_entries(&screener, &wanted)?;
    let decisions = arguments.decisions.as_deref().map(|path| Decisions::read(path, catalog)).transpose()?;
    let decisions = decisions.unwrap_or_default();
    let default = defaults(arguments, |word| catalog.country(word))?;
    let consequence =
        |party: &Party| -> String { profile.consequence(catalog, &party.list, &party.measures).to_owned() };
    let judge = |query: &Query, memory: &mut Memory| -> (Vec<Judged>, Hidden) {
        let hits = screener.screen(query, memory).into_iter();
        let all = hits.map(|found| decided(judged(found, &consequence, arguments.strict), query, &decisions, as_of));
        // what analysts confirmed is shown whatever it was before
        let is_shown = |one: &Judged| arguments.all || one.hit.level < Level::Info || form.is_for_machines();
        let (shown, hidden): (Vec<_>, Vec<_>) = all.partition(is_shown);
        (shown, Hidden::of(&hidden))
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.map_or(0, std::num::NonZeroUsize::get))
        .thread_name(|at| format!("screen-{at}"))
        .build()?;
    let mut writer = Writer::new(form, out, as_of, &screener, arguments)?;
    let mut failed = false;
    let mut screened = 0;
    let mut subjects = input::subjects(arguments, &default, |word| catalog.country(word))?;
    loop {
        let batch: Vec<Query> = subjects.by_ref().take(BATCH).collect::<anyhow::Result<_>>()?;
        if batch.is_empty() {
            break;
        }
        screened += batch.len();
        let answers: Vec<(Vec<Judged>, Hidden)> =
            pool.install(|| batch.par_iter().map_init(Memory::default, |memory, query| judge(query, memory)).collect());
        for (query, (hits, hidden)) in batch.iter().zip(answers) {
            failed |= hits.iter().any(|hit| hit.outcome == gate::Outcome::Fail);
            writer.answer(&Answer { query, hits, hidden })?;
        }
    }
    // nobody screened is no pass
    ensure!(screened > 0, "there is no subject to screen: the file has no names");
    writer.finish(failed)?;
    Ok(if failed { Outcome::Failed } else { Outcome::Passed })
}

fn judged(found: Candidate, consequence: &impl Fn(&Party) -> String, strict: bool) -> Judged {
    let Candidate { hit, unsure, verification, .. } = found;
    let consequence = consequence(&hit.party);
    let mut outcome = outcome(&consequence, hit.level, strict);
    if unsure.is_some() || verification == Verification::Recalled {
        // an entry that may not have held, or that is only recalled, never fails a gate
        outcome = outcome.max(gate::Outcome::Warn);
    }
    let digest = hit.party.digest();
    Judged { hit, consequence, outcome, unsure, digest, decision: None }
}

/// A hit with what analysts decided about it: what they cleared is only told, what they confirmed is confirmed.
fn decided(mut one: Judged, query: &Query, decisions: &Decisions, as_of: Date) -> Judged {
    let keys: Vec<String> = query.keys.iter().map(|key| format!("{}:{}", key.kind, key.value)).collect();
    let asked = Asked {
        name: &query.name,
        kind: kind_word(query.kind),
        country: query.countries.first().copied(),
        keys: &keys,
        list: &one.hit.party.list,
        entry: &one.hit.party.entry,
        digest: &one.digest,
    };
    let Some(answer) = decisions.about(asked, as_of) else { return one };
    let (row, told) = match answer {
        Decided::Holds(at) => (&decisions.rows[at], None),
        Decided::Lapsed(at, why) => (&decisions.rows[at], Some(why)),
    };
    let word = row.verdict.as_str();
    let mut text =
        format!("{word} by {} on {}, until {}: {}", row.decided_by, row.decided_on, row.expires_on, row.reason);
    match (told, row.verdict) {
        (Some(why), _) => text = format!("{} ({word} by {}) does not hold: {why}", row.id, row.decided_by),
        (None, Verdict::AcceptedRisk) if one.consequence == "block" && !row.is_licensed() => {
            text = format!(
                "{} ({word} by {}) does not hold: the list blocks, and no licence is named",
                row.id, row.decided_by
            );
        }
        (None, Verdict::FalsePositive | Verdict::AcceptedRisk) => one.outcome = gate::Outcome::Info,
        (None, Verdict::TrueMatch) => {
            one.hit.level = Level::Confirmed;
            one.outcome = outcome(&one.consequence, Level::Confirmed, false);
        }
        (None, Verdict::NeedsInformation) => {}
    }
    one.decision = Some(text);
    one
}

/// Old lists fail under `--max-data-age` and are told otherwise.
fn demand_fresh(arguments: &ScreenArgs, as_of: Date) -> anyhow::Result<()> {
    let manifest = lists::manifest(&arguments.data)?;
    if let Some(most) = arguments.max_data_age {
        return store::demand_fresh(manifest.as_ref(), as_of, most);
    }
    for old in manifest.iter().flat_map(|manifest| store::staleness(manifest, as_of, store::WARN_AFTER)) {
        lists::warn(&old.message);
    }
    Ok(())
}

/// A list without entries answers nothing: that must never look like a pass.
fn demand_entries(screener: &Screener<'_>, wanted: &BTreeSet<String>) -> anyhow::Result<()> {
    let known = screener.lists();
    let missing: Vec<&str> = wanted.difference(&known).map(String::as_str).collect();
    ensure!(
        missing.is_empty(),
        "no entries of {} are there to screen against; check the id, or import the list with `sovaudit rules import`",
        missing.join(", ")
    );
    ensure!(!screener.is_empty(), "there are no listed parties to screen against on that day");
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
