//! Lists as authorities publish them: from the readers of formats to editions of the store.

use std::collections::BTreeMap;

use super::read::{Given, Reading, input};
use crate::lists::format::{self, Format, ListFile, Loaded, Op};
use crate::lists::store::{Edition, ListCount, Source, Stored};
use crate::lists::{ASSUMED_CONSEQUENCE, Party};

/// Bad rows whose places are kept.
const SHOWN: usize = 10;
/// A table of names of companies, which nobody is barred by.
const REGISTER: &str = "GLEIF";
/// The part of a collection that holds parties on no list, with their owners.
const OWNED: &str = format::REGISTER;

/// Reads the files; those that belong together become one edition.
pub(super) fn authorities(files: &[&Given], reading: &Reading<'_>) -> anyhow::Result<Vec<Edition>> {
    let readable = |text: String| with_names(text, files);
    let mut opened = Vec::new();
    for file in files {
        let members = ListFile::path(&file.path).members();
        opened.extend(members.map_err(|error| anyhow::anyhow!(readable(error.to_string())))?);
    }
    let sorted = format::sort(&opened).map_err(|error| anyhow::anyhow!(readable(error.to_string())))?;
    let options = format::Options {
        catalog: reading.catalog,
        allow_stale: reading.allow_stale,
        allow_small: reading.accept_shrink,
        allow_empty: reading.accept_empty,
    };
    let mut editions: Vec<Edition> = Vec::new();
    for edition in &sorted {
        let (mut parties, mut removed) = (Vec::new(), Vec::new());
        let mut sink = |op: Op, party: Party| match op {
            Op::Put | Op::Change => parties.push(party),
            Op::Remove => removed.push((party.list, party.entry)),
        };
        let loaded = edition.read(&options, &mut sink).map_err(|error| {
            // the reader knows nothing of a command line
            let words = readable(error.to_string());
            let words = words.replace("allow stale lists", "say --allow-stale");
            let words = words.replace("allow small lists for an excerpt", "for an excerpt say --accept-shrink");
            let words = words.replace("allow empty lists where", "say --accept-empty where you know that");
            anyhow::anyhow!(words)
        })?;
        let used: Vec<&Given> =
            files.iter().copied().filter(|file| edition.names().any(|name| is_of(name, file))).collect();
        let about = about(edition.format, &loaded, &used, files, reading)?;
        let delta = edition.format.delta;
        if edition.format.id.as_str() == "simple-list" {
            editions.extend(split(&about, parties));
        } else if let Some([sdn, other]) = both_of_ofac(&loaded) {
            let mains = [sdn, other].map(|name| with_names(name.to_owned(), files));
            editions.extend(split_ofac(&about, parties, &mains));
        } else {
            let name = source_name(edition.format, &loaded);
            let (owned, parties): (Vec<Party>, Vec<Party>) =
                parties.into_iter().partition(|party| &*party.list == OWNED);
            editions.extend((!owned.is_empty()).then(|| register(&about, owned)));
            let mut about = about;
            about.lists.retain(|count| count.list != OWNED);
            editions.push(Edition { name, about, parties, removed, delta });
        }
    }
    for about in editions.iter_mut().map(|edition| &mut edition.about).filter(|about| about.screened) {
        let unknown: Vec<&str> = about
            .lists
            .iter()
            .map(|count| count.list.as_str())
            .filter(|list| reading.catalog.list(list).is_none())
            .collect();
        if !unknown.is_empty() {
            let lists = unknown.join(", ");
            about.notes.push(format!(
                "the rules do not say what it means to be on {lists}: the consequence `{ASSUMED_CONSEQUENCE}` is assumed"
            ));
        }
    }
    Ok(editions)
}

/// A file, or a member of an archive, by the name that the reader gives it.
fn is_of(name: &str, file: &Given) -> bool {
    let path = file.path.display().to_string();
    name.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Messages and stored remarks name files without their folders.
fn with_names(text: String, files: &[&Given]) -> String {
    files.iter().fold(text, |text, file| text.replace(&file.path.display().to_string(), &file.name))
}

fn about(
    format: &Format,
    loaded: &Loaded,
    used: &[&Given],
    files: &[&Given],
    reading: &Reading<'_>,
) -> anyhow::Result<Source> {
    let mut lists: Vec<ListCount> = Vec::new();
    for (list, _) in &loaded.lists {
        let only = if loaded.lists.len() == 1 { "*" } else { "" };
        let floor = format.floors.iter().find(|(other, _)| **other == **list || *other == only);
        // a floor that the user waived was waived for the reader as well
        let floor = floor.filter(|_| !reading.accept_shrink).map_or(0, |(_, floor)| *floor);
        lists.push(ListCount { list: list.to_string(), floor, ..ListCount::default() });
    }
    if let ([], [one]) = (lists.as_slice(), format.lists) {
        lists.push(ListCount { list: (*one).to_owned(), ..ListCount::default() });
    }
    let mut notes: Vec<String> = loaded.notes.iter().map(|note| with_names(note.clone(), files)).collect();
    if loaded.removed > 0 {
        notes.push(format!("{} entries that it marks as taken off were left out", loaded.removed));
    }
    if format.stale.is_some() {
        notes.push("its publisher no longer keeps it".to_owned());
    }
    Ok(Source {
        format: format.id.to_string(),
        title: format.title.to_owned(),
        licence: format.licence.to_owned(),
        attribution: format.attribution.map(str::to_owned),
        lists,
        published: loaded.source_date,
        retrieved: reading.retrieved,
        retrieval: used.first().map_or_else(Default::default, |file| file.retrieval),
        inputs: used.iter().map(|file| input(file)).collect::<anyhow::Result<_>>()?,
        records: loaded.records,
        parties: 0,
        names: 0,
        bad_rows: loaded.bad_rows,
        bad: loaded.bad.iter().take(SHOWN).map(|bad| with_names(bad.to_string(), files)).collect(),
        notes,
        incomplete: loaded.missing.clone(),
        screened: !format.lists.contains(&REGISTER),
        stored: Stored::default(),
    })
}

/// The name under which a set of lists is kept: the same for every format in which it is published.
fn source_name(format: &Format, loaded: &Loaded) -> String {
    let id = format.id.as_str();
    let has = |list: &str| loaded.lists.iter().any(|(other, _)| **other == *list);
    let is_sdn = has("US-SDN") || loaded.files.iter().any(|file| file.part == "sdn");
    match id {
        _ if id.starts_with("ofac-") && is_sdn => "us-sdn".to_owned(),
        _ if id.starts_with("ofac-") => "us-consolidated".to_owned(),
        _ if id.starts_with("opensanctions") => "opensanctions".to_owned(),
        _ => match format.lists {
            [one] if *one != REGISTER => one.to_ascii_lowercase(),
            _ => id.to_owned(),
        },
    }
}

/// The two files of primary names of OFAC's CSV, where the files of both sets were given together.
fn both_of_ofac(loaded: &Loaded) -> Option<[&str; 2]> {
    let main = |part: &str| loaded.files.iter().find(|file| file.part == part).map(|file| file.name.as_str());
    Some([main("sdn")?, main("cons")?])
}

/// Each set is kept for itself, so that a later import of one leaves the other as it is.
fn split_ofac(about: &Source, parties: Vec<Party>, mains: &[String; 2]) -> [Edition; 2] {
    let (sdn, other): (Vec<Party>, Vec<Party>) = parties.into_iter().partition(|party| &*party.list == "US-SDN");
    let edition = |name: &str, parties: Vec<Party>, foreign: &str| Edition {
        name: name.to_owned(),
        about: Source {
            lists: about
                .lists
                .iter()
                .filter(|count| parties.iter().any(|party| *party.list == *count.list))
                .cloned()
                .collect(),
            inputs: about.inputs.iter().filter(|input| input.name != foreign).cloned().collect(),
            records: parties.len() as u64,
            ..about.clone()
        },
        parties,
        removed: Vec::new(),
        delta: false,
    };
    [edition("us-sdn", sdn, &mains[1]), edition("us-consolidated", other, &mains[0])]
}

/// Parties on no list are kept apart from those that are on one: they are looked up, and nobody is screened against them.
fn register(about: &Source, parties: Vec<Party>) -> Edition {
    let lists = vec![ListCount { list: OWNED.to_owned(), ..ListCount::default() }];
    let about = Source {
        title: "OpenSanctions, owners of parties on no list".to_owned(),
        attribution: None,
        lists,
        records: parties.len() as u64,
        bad_rows: 0,
        bad: Vec::new(),
        notes: Vec::new(),
        screened: false,
        ..about.clone()
    };
    Edition { name: OWNED.to_ascii_lowercase(), about, parties, removed: Vec::new(), delta: false }
}

/// A transcription may hold several lists: each is kept for itself.
fn split(about: &Source, parties: Vec<Party>) -> Vec<Edition> {
    let mut lists: BTreeMap<Box<str>, Vec<Party>> = BTreeMap::new();
    for party in parties {
        lists.entry(party.list.clone()).or_default().push(party);
    }
    let editions = lists.into_iter().map(|(list, parties)| Edition {
        name: list.to_ascii_lowercase(),
        about: Source {
            title: format!("{list}, transcribed"),
            lists: about.lists.iter().filter(|count| *count.list == *list).cloned().collect(),
            records: parties.len() as u64,
            ..about.clone()
        },
        parties,
        removed: Vec::new(),
        delta: false,
    });
    editions.collect()
}
