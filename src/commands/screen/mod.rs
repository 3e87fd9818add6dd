//! `sovaudit screen`.

mod extent;
mod input;
mod json;
mod lines;
mod output;
mod pairs;
mod remarks;
mod rows;
mod table;

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;

use anyhow::{bail, ensure};
use rayon::prelude::*;

use super::prepare::{day, knowledge};
use super::{Outcome, lists};
use crate::catalog::Catalog;
use crate::cli::ScreenArgs;
use crate::lists::{Party, store};
use crate::model::{Date, Verification};
use crate::screening::decision::{Answer as Decided, Asked, Decisions, Verdict};
use crate::screening::gate::{self, outcome};
use crate::screening::query::kind_word;
use crate::screening::{Candidate, Imported, Level, Memory, Query, Scope, Screener};
use output::{Answer, Hidden, Judged, Writer};
use remarks::{Bad, Matched, remark};

/// Subjects that are screened at once: enough to keep every core busy, little to hold.
const BATCH: usize = 4_096;

/// Runs the command.
pub(super) fn run(arguments: &ScreenArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    ensure!(
        (0.7..=1.0).contains(&arguments.threshold),
        "`--threshold` must be between 0.7 and 1; {} is not",
        arguments.threshold
    );
    let knowledge = knowledge(&arguments.sources.data, &arguments.sources.rules)?;
    let lexicon = knowledge.lexicon()?;
    if let Some(path) = &arguments.pairs {
        return pairs::run(path, &lexicon, out);
    }
    let form = output::Form::named(&arguments.format)?;
    let catalog = &knowledge.catalog;
    let as_of = day(arguments.as_of.as_deref())?;
    let profile = knowledge.rules.profiles.get(&arguments.profile);
    let Some(profile) = profile else {
        let known: Vec<&str> = knowledge.rules.profiles.keys().map(String::as_str).collect();
        bail!("there is no profile `{}`; choose one of {}", arguments.profile, known.join(", "));
    };
    demand_fresh(arguments, as_of)?;
    let imported = lists::imported(&arguments.sources.data)?;
    let wanted = wanted(&arguments.lists, catalog, imported.as_ref())?;
    let scope = Scope { catalog, lexicon: &lexicon, threshold: arguments.threshold, as_of, lists: &wanted };
    let screener = Screener::new(scope, imported.as_ref())?;
    demand_entries(&screener, scope, imported.as_ref())?;
    let decisions = arguments.decisions.as_deref().map(|path| Decisions::read(path, catalog)).transpose()?;
    let decisions = Matched::new(decisions.unwrap_or_default());
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
    let reader = input::Reader::new(arguments, catalog)?;
    let subjects = reader.subjects(arguments)?;
    let against = output::Against {
        lists: screener.lists().into_iter().collect::<Vec<_>>().join(", "),
        extents: extent::of(&screener, imported.as_ref()),
        parties: parties(&screener, imported.as_ref(), &wanted),
        as_of,
    };
    if matches!(form, output::Form::Csv | output::Form::JsonLines) {
        extent::told(&against.extents).iter().for_each(|words| remark(words));
    }
    let mut writer = Writer::new(form, out, against, arguments)?;
    let (failed, bad) = answer_all(subjects, &judge, &mut writer, arguments)?;
    writer.finish(failed, bad.count)?;
    for id in decisions.unused() {
        remark(&format!("decision `{id}` matched nothing: no subject with its name hit its entry"));
    }
    bad.into_error(arguments.file.as_deref())?;
    Ok(if failed { Outcome::Failed } else { Outcome::Passed })
}

/// Answers every subject in its order, many at once; true when one fails the gate, and what could not be read.
fn answer_all(
    mut subjects: impl Iterator<Item = anyhow::Result<Query>>,
    judge: &(impl Fn(&Query, &mut Memory) -> (Vec<Judged>, Hidden) + Sync),
    writer: &mut Writer<'_>,
    arguments: &ScreenArgs,
) -> anyhow::Result<(bool, Bad)> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.map_or(0, std::num::NonZeroUsize::get))
        .thread_name(|at| format!("screen-{at}"))
        .build()?;
    // of each thread, from batch to batch
    let memories: Vec<Mutex<Memory>> = (0..pool.current_num_threads()).map(|_| Mutex::default()).collect();
    let mut bad = Bad::default();
    let mut failed = false;
    let mut screened = 0;
    loop {
        let good = subjects.by_ref().filter_map(|subject| subject.map_err(|error| bad.add(&error)).ok());
        let batch: Vec<Query> = good.take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        screened += batch.len();
        let answer = |query: &Query| {
            let own = rayon::current_thread_index().and_then(|at| memories.get(at)).map(Mutex::try_lock);
            match own {
                Some(Ok(mut memory)) => judge(query, &mut memory),
                _ => judge(query, &mut Memory::default()),
            }
        };
        let answers: Vec<(Vec<Judged>, Hidden)> = pool.install(|| batch.par_iter().map(answer).collect());
        for (query, (hits, hidden)) in batch.iter().zip(answers) {
            failed |= hits.iter().any(|hit| hit.outcome == gate::Outcome::Fail);
            writer.answer(&Answer { query, hits, hidden })?;
        }
    }
    // nobody screened is no pass
    if screened == 0 && bad.count == 0 {
        bad.add(&anyhow::anyhow!("there is no subject to screen: the file has no names"));
    }
    Ok((failed, bad))
}

fn judged(found: Candidate, consequence: &impl Fn(&Party) -> String, strict: bool) -> Judged {
    let Candidate { hit, unsure, verification, .. } = found;
    let consequence = consequence(&hit.party);
    let mut outcome = outcome(&consequence, hit.level, strict);
    if unsure.is_some() || verification == Verification::Recalled {
        // an entry that may not have held, or that is only recalled, never fails a gate
        outcome = outcome.max(gate::Outcome::Warn);
    }
    let is_sure = unsure.is_none() && verification != Verification::Recalled;
    let digest = hit.party.digest();
    Judged { hit, consequence, outcome, unsure, is_sure, digest, decision: None }
}

/// A hit with what analysts decided about it: what they cleared is only told, what they confirmed is confirmed.
fn decided(mut one: Judged, query: &Query, decisions: &Matched, as_of: Date) -> Judged {
    let keys = remarks::keys(&query.keys);
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
        Decided::Holds(at) => (decisions.row(at), None),
        Decided::Lapsed(at, why) => (decisions.row(at), Some(why)),
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

/// Lists that are too old end the command; old ones, and those that are not whole, are told.
fn demand_fresh(arguments: &ScreenArgs, as_of: Date) -> anyhow::Result<()> {
    let manifest = lists::manifest(&arguments.sources.data)?;
    let old = store::demand_fresh(manifest.as_ref(), as_of, arguments.max_data_age)?;
    old.iter().for_each(|old| remark(&old.message));
    manifest.iter().flat_map(store::incomplete).for_each(|words| remark(&words));
    Ok(())
}

/// The lists that are asked for, spelt as they are known.
fn wanted(words: &[String], catalog: &Catalog, imported: Option<&Imported>) -> anyhow::Result<BTreeSet<String>> {
    let own = catalog.tables().list.iter().map(|list| list.id.to_string());
    let sources = imported.iter().flat_map(|imported| imported.opened.manifest().sources.values());
    let known: Vec<String> =
        own.chain(sources.flat_map(|source| source.lists.iter().map(|list| list.list.clone()))).collect();
    let given = !words.is_empty();
    let words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
    let also = |word: &str| catalog.list_named(word).map(|list| list.id.to_string());
    let spelt = |word: &str| known.iter().find(|id| id.eq_ignore_ascii_case(word)).cloned().or_else(|| also(word));
    let found: BTreeSet<String> = words.map(|word| spelt(word).unwrap_or_else(|| word.to_owned())).collect();
    ensure!(!given || !found.is_empty(), "`--lists` names no list: write ids such as US-SDN, or leave it out");
    Ok(found)
}

/// A list without entries answers nothing: that must never look like a pass.
fn demand_entries(screener: &Screener<'_>, scope: Scope<'_>, imported: Option<&Imported>) -> anyhow::Result<()> {
    let there = screener.lists();
    let missing: Vec<&str> = scope.lists.difference(&there).map(String::as_str).collect();
    if !missing.is_empty() {
        let all = BTreeSet::new();
        let known: Vec<String> = Screener::new(Scope { lists: &all, ..scope }, imported)?.lists().into_iter().collect();
        return Err(remarks::filled(&format!(
            "no entries of {} are there to screen against; check the id, or import the list with `sovaudit rules \
             import`; there are entries of {}",
            missing.join(", "),
            known.join(", ")
        )));
    }
    ensure!(!screener.is_empty(), "there are no listed parties to screen against on that day");
    Ok(())
}

/// Number of parties of the lists that are asked for.
fn parties(screener: &Screener<'_>, imported: Option<&Imported>, wanted: &BTreeSet<String>) -> usize {
    let Some(parties) = imported.map(|imported| imported.opened.parties()).filter(|_| !wanted.is_empty()) else {
        return screener.len();
    };
    // they are sorted by list
    let before = |is_before: &dyn Fn(&str) -> bool| {
        let (mut low, mut high) = (0, parties.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if parties.head(middle).is_some_and(|head| is_before(head.list)) { low = middle + 1 } else { high = middle }
        }
        low
    };
    let count = |list: &String| before(&|other| other <= list.as_str()) - before(&|other| other < list.as_str());
    screener.len() - parties.len() + wanted.iter().map(count).sum::<usize>()
}
