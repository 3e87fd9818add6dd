//! What becomes of an entry that several sources have, or one.

use super::super::manifest::{Retrieval, Source, Stored};
use super::*;
use crate::lists::{NameRole, PartyName};

fn party(list: &str, entry: &str, names: &[(&str, bool)]) -> Party {
    let names = names.iter().map(|(text, weak)| PartyName {
        text: (*text).into(),
        role: NameRole::Primary,
        weak: *weak,
        language: None,
    });
    Party { list: list.into(), entry: entry.into(), names: names.collect(), ..Party::default() }
}

fn source(published: &str, lists: &[&str]) -> Source {
    let lists = lists.iter().map(|list| ListCount { list: (*list).to_owned(), ..ListCount::default() }).collect();
    let day = Date::parse("2026-11-20").expect("is a day");
    Source {
        format: String::new(),
        title: String::new(),
        licence: String::new(),
        attribution: None,
        lists,
        published: Date::parse(published),
        retrieved: day,
        retrieval: Retrieval::Assumed,
        inputs: Vec::new(),
        records: 0,
        parties: 0,
        names: 0,
        bad_rows: 0,
        bad: Vec::new(),
        notes: Vec::new(),
        incomplete: Vec::new(),
        screened: true,
        stored: Stored::default(),
    }
}

#[test]
fn the_newest_source_says_who_is_listed_and_the_others_add_what_they_know() {
    let manifest = Manifest {
        sources: [
            ("rich".to_owned(), source("2026-11-01", &["US-SDN"])),
            ("terse".to_owned(), source("2026-11-19", &["US-SDN", "US-EL"])),
        ]
        .into(),
        ..Manifest::default()
    };
    let rich = vec![party("US-SDN", "1", &[("A", false), ("ALIAS", true)]), party("US-SDN", "9", &[("GONE", false)])];
    let terse = vec![
        party("US-SDN", "1", &[("A", false), ("ALIAS", false)]),
        party("US-SDN", "2", &[("NEW", false)]),
        party("US-EL", "x", &[("X", false)]),
    ];
    let Combined { parties: all, notes } = combined(&manifest, vec![("rich", rich), ("terse", terse)]);
    assert_eq!(
        notes,
        ["`rich` has 1 entry of US-SDN that `terse` does not have, left out: `terse`, of 2026-11-19, is newer"]
    );
    let names: Vec<(&str, &str)> = all.iter().map(|party| (&*party.entry, party.name())).collect();
    assert_eq!(names, [("x", "X"), ("1", "A"), ("2", "NEW")]);
    assert!(all[1].names[1].weak, "weak stays weak");
    assert_eq!(Editions::of(&manifest).newest["US-SDN"], "terse");
    let mut excerpt = manifest.clone();
    for (name, count) in [("rich", 100), ("terse", 59)] {
        excerpt.sources.get_mut(name).expect("is there").lists[0].parties = count;
    }
    assert_eq!(Editions::of(&excerpt).newest["US-SDN"], "rich", "an excerpt takes nobody off a list");
}

fn names(all: &[Party]) -> Vec<(&str, &str)> {
    all.iter().map(|party| (&*party.entry, party.name())).collect()
}

fn two_sources(rich: Source, terse: Source) -> Combined {
    let manifest =
        Manifest { sources: [("rich".to_owned(), rich), ("terse".to_owned(), terse)].into(), ..Manifest::default() };
    let rich = vec![party("US-SDN", "1", &[("A", false)]), party("US-SDN", "9", &[("ONLY RICH", false)])];
    let terse = vec![party("US-SDN", "1", &[("A", false)]), party("US-SDN", "2", &[("ONLY TERSE", false)])];
    combined(&manifest, vec![("rich", rich), ("terse", terse)])
}

#[test]
fn an_undated_edition_loses_nobody() {
    // imported on 2026-11-20, and nobody knows how old it is: neither may take the other's entries away
    let all = two_sources(source("2026-11-01", &["US-SDN"]), source("", &["US-SDN"]));
    assert_eq!(names(&all.parties), [("1", "A"), ("2", "ONLY TERSE"), ("9", "ONLY RICH")]);
    assert_eq!(all.notes, ["`rich` adds 1 entry of US-SDN that `terse` does not have: it may be the newer one"]);
    // fetched on that day: the dated one is surely older
    let stated = Source { retrieval: Retrieval::Stated, ..source("", &["US-SDN"]) };
    let all = two_sources(source("2026-11-01", &["US-SDN"]), stated);
    assert_eq!(names(&all.parties), [("1", "A"), ("2", "ONLY TERSE")]);
    assert!(all.notes[0].contains("left out"), "{:?}", all.notes);
}

#[test]
fn an_older_excerpt_keeps_what_only_it_has() {
    let (mut rich, mut terse) = (source("2026-11-01", &["US-SDN"]), source("2026-11-19", &["US-SDN"]));
    (rich.lists[0].parties, terse.lists[0].parties) = (2, 100);
    assert_eq!(two_sources(rich, terse).parties.len(), 3);
}

#[test]
fn different_parties_with_one_number_stay_apart() {
    let of = |kind, names: &[(&str, bool)]| Party { kind, ..party("CA-SEMA", "RU/1/", names) };
    let (person, vessel) = (PartyKind::Person, PartyKind::Vessel);
    let all = united(vec![
        of(person, &[("IVAN", false)]),
        of(vessel, &[("IVAN", false)]),
        of(PartyKind::Unknown, &[("BORIS", false), ("B", true)]),
        of(person, &[("BORIS", false)]),
        party("CA-SEMA", "RU/1/#2", &[("TAKEN", false)]),
    ]);
    let found: Vec<_> = all.parties.iter().map(|party| (&*party.entry, party.kind, party.name())).collect();
    let unknown = PartyKind::Unknown;
    assert_eq!(
        found,
        [
            ("RU/1/", person, "IVAN"),
            ("RU/1/#2", unknown, "TAKEN"),
            ("RU/1/#3", vessel, "IVAN"),
            ("RU/1/#4", person, "BORIS")
        ]
    );
    let notes = all.notes();
    assert!(notes[0].starts_with("1 record with") && notes[1].starts_with("2 parties with"), "{notes:?}");
    // a piece without a name belongs to what has the number
    let all = united(vec![party("GLEIF", "L", &[]), party("GLEIF", "L", &[("A", false)])]);
    assert_eq!((names(&all.parties), all.notes().len()), (vec![("L", "A")], 0));
}

#[test]
fn many_records_of_one_number_are_joined_in_time() {
    let rows = (0..20_000).map(|at| party("US-SDN", "1", &[("A", false), (&format!("ALIAS {at}"), false)]));
    let all = united(rows.collect());
    assert_eq!((all.parties.len(), all.parties[0].names.len()), (1, 20_001));
    let rows = (0..20_000).map(|at| party("US-SDN", "1", &[(&format!("PARTY {at}"), false)]));
    assert_eq!(united(rows.collect()).parties.len(), 20_000);
}
