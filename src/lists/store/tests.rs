//! The store as a whole, below the command line.

use std::fs;
use std::path::Path;

use super::*;
use crate::lists::{NameRole, Party, PartyKind, PartyName};
use crate::model::Date;

fn day(text: &str) -> Date {
    Date::parse(text).expect("is a day")
}

fn party(list: &str, entry: usize, name: &str) -> Party {
    let name = PartyName { text: name.into(), role: NameRole::Primary, weak: false, language: None };
    Party { list: list.into(), entry: entry.to_string().into(), names: vec![name], ..Party::default() }
}

fn parties(list: &str, count: usize) -> Vec<Party> {
    (0..count).map(|at| party(list, at, &format!("PARTY {at}"))).collect()
}

fn edition(name: &str, published: &str, parties: Vec<Party>) -> Edition {
    let about = Source {
        format: "test".to_owned(),
        title: "A list".to_owned(),
        licence: String::new(),
        attribution: None,
        lists: Vec::new(),
        published: Date::parse(published),
        retrieved: day("2026-11-20"),
        retrieval: Retrieval::Assumed,
        inputs: vec![Input { name: format!("{name}.csv"), ..Input::default() }],
        records: parties.len() as u64,
        parties: 0,
        names: 0,
        bad_rows: 0,
        bad: Vec::new(),
        notes: Vec::new(),
        incomplete: Vec::new(),
        screened: true,
        stored: Stored::default(),
    };
    Edition { name: name.to_owned(), about, parties, removed: Vec::new(), delta: false }
}

fn import(store: &Store, editions: Vec<Edition>) -> anyhow::Result<Manifest> {
    let mut transaction = Transaction::begin(store)?;
    for edition in editions {
        transaction.take(edition, Allowed::default())?;
    }
    transaction.commit(&Squares)
}

/// An index of one section, to see that it belongs to the parties.
struct Squares;

impl Index for Squares {
    fn version(&self) -> u32 {
        3
    }

    fn sections(&self, parties: &[Party]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let squares: Vec<u32> = (0..parties.len() as u32).map(|at| at * at).collect();
        Ok(vec![("squares".to_owned(), bytemuck::cast_slice(&squares).to_vec())])
    }
}

/// The store is whole: its index belongs to its parties. Gives their number and the generation.
fn whole(store: &Store) -> Option<(usize, u64)> {
    let opened = store.open(&Squares).expect("the store is whole")?;
    assert!(opened.notes().is_empty(), "{:?}", opened.notes());
    let parties = opened.parties().all().expect("every party is whole");
    let squares = opened.archive().section("squares").expect("there is an index");
    assert_eq!(squares.numbers::<u32>().expect("are numbers").len(), parties.len());
    Some((parties.len(), opened.manifest().generation))
}

fn files(store: &Store) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(store.folder())
        .expect("a folder")
        .map(|entry| entry.expect("is readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn new_store(folder: &Path) -> Store {
    Store::of(&folder.join("data"))
}

#[test]
fn broken_off_at_any_step_the_former_store_or_the_new_one_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    assert_eq!(whole(&store), None);
    import(&store, vec![edition("a", "2026-11-01", parties("A", 30)), edition("b", "", parties("B", 5))])
        .expect("imports");
    assert_eq!(whole(&store), Some((35, 1)));
    let mut seen_new = false;
    for steps in 0.. {
        let mut transaction = Transaction::begin(&store).expect("nobody else is at work");
        transaction.steps_left = Some(steps);
        let before = whole(&store).expect("there is a store");
        let taken = transaction.take(edition("a", "2026-11-02", parties("A", 31)), Allowed::default()).map(|_| ());
        // files of a killed process: nothing removes them
        fs::write(store.folder().join(".new-x"), "half").expect("writes");
        let done = taken.and_then(|()| transaction.commit(&Squares));
        let after = whole(&store).expect("there is a store");
        let is_new = after.1 > before.1;
        assert!(after == before || is_new && after.0 == 36, "step {steps}: {after:?}");
        seen_new |= is_new;
        if done.is_ok() {
            assert!(seen_new && steps >= 3, "{steps}");
            break;
        }
    }
    drop(Transaction::begin(&store).expect("cleans"));
    let generation = whole(&store).expect("there is a store").1;
    let left = files(&store);
    let expected =
        [format!("a.{generation:06}.sovlist"), "b.000001.sovlist".to_owned(), "current".to_owned(), "lock".to_owned()];
    assert_eq!(left[..4], expected);
    assert_eq!(left[4..], [format!("screening.{generation:06}.sovlist")]);
}

#[test]
fn differences_are_counted_list_by_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    let both = |a: Vec<Party>, b: Vec<Party>| vec![edition("s", "", a.into_iter().chain(b).collect())];
    import(&store, both(parties("A", 10), parties("B", 4))).expect("imports");
    let mut a = parties("A", 12);
    a.remove(3);
    a[0].kind = PartyKind::Vessel;
    let error = import(&store, both(a.clone(), parties("C", 2))).expect_err("B may not be lost");
    assert!(error.to_string().contains("has no party of B, which had 4 parties"), "{error}");
    let mut transaction = Transaction::begin(&store).expect("nobody else is at work");
    let allowed = Allowed { shrink: true, older: true, ..Allowed::default() };
    assert!(transaction.take(both(a.clone(), parties("C", 2)).remove(0), allowed).is_err(), "whatever is allowed");
    drop(transaction);
    let others = parties("B", 3).into_iter().chain(parties("C", 2)).collect();
    let manifest = import(&store, both(a, others)).expect("imports");
    let source = &manifest.sources["s"];
    let lists: Vec<(&str, Option<Counts>)> =
        source.lists.iter().map(|list| (list.list.as_str(), list.changes)).collect();
    assert_eq!(
        lists,
        [
            ("A", Some(Counts { added: 2, changed: 1, removed: 1 })),
            ("B", Some(Counts { removed: 1, ..Counts::default() })),
            ("C", None)
        ]
    );
}

#[test]
fn a_delta_is_laid_over_the_edition_in_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    let delta = || {
        let changed = vec![party("A", 1, "RENAMED"), party("A", 77, "NEW")];
        let removed = vec![("A".into(), "2".into())];
        vec![Edition { removed, delta: true, ..edition("a", "", changed) }]
    };
    assert!(import(&store, delta()).is_err(), "nothing to lay it over");
    import(&store, vec![edition("a", "", parties("A", 10))]).expect("imports");
    let manifest = import(&store, delta()).expect("imports");
    assert_eq!(manifest.sources["a"].lists[0].changes, Some(Counts { added: 1, changed: 1, removed: 1 }));
    assert_eq!(whole(&store).expect("there is a store").0, 10);
}

#[test]
fn what_is_no_edition_is_refused_and_the_former_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    import(&store, vec![edition("a", "2026-11-01", parties("A", 100))]).expect("imports");
    let refused = |edition: Edition| {
        let error = import(&store, vec![edition]).expect_err("is refused");
        assert_eq!(whole(&store), Some((100, 1)));
        format!("{error:#}")
    };
    assert!(refused(edition("a", "2026-11-02", Vec::new())).contains("no party"));
    assert!(refused(edition("a", "2026-11-02", parties("A", 59))).contains("--accept-shrink"));
    assert!(refused(edition("a", "2026-11-02", parties("B", 100))).contains("has no party of A"));
    assert!(refused(edition("a", "2026-10-31", parties("A", 100))).contains("--allow-stale"));
    let mut aliased = parties("N", 30);
    for party in &mut aliased {
        party.names = vec![party.names[0].clone(), PartyName { text: "ALIAS".into(), ..party.names[0].clone() }];
    }
    let mut low = edition("c", "", parties("C", 3));
    low.about.lists = vec![ListCount { list: "C".to_owned(), floor: 4, ..ListCount::default() }];
    assert!(refused(low).contains("every edition has 4 or more"));
    let other = Store::of(&folder.path().join("other"));
    import(&other, vec![edition("n", "", aliased)]).expect("imports");
    let error = import(&other, vec![edition("n", "", parties("N", 30))]).expect_err("its aliases are missing");
    assert!(error.to_string().contains("N has 30 names, and had 60"), "{error}");
    let mut transaction = Transaction::begin(&store).expect("nobody else is at work");
    let allowed = Allowed { shrink: true, older: true, ..Allowed::default() };
    let source = transaction.take(edition("a", "2026-10-31", parties("A", 59)), allowed).expect("is allowed");
    assert_eq!(source.notes.len(), 2, "{:?}", source.notes);
    assert!(transaction.take(edition("a", "", Vec::new()), allowed).is_err(), "nothing is never a list");
    assert!(transaction.take(edition("../a", "", parties("A", 1)), allowed).is_err());
}

#[test]
fn two_imports_wait_for_each_other_and_a_left_lock_does_not_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    let first = Transaction::begin(&store).expect("nobody else is at work");
    let error = Transaction::begin(&store).expect_err("one at a time");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    fs::write(store.folder().join("lock"), "4000000").expect("writes");
    drop(Transaction::begin(&store).expect("the process of the lock is gone"));
}

/// Flips a bit in the middle of a file.
fn damage(store: &Store, start: &str) {
    let name = files(store).into_iter().find(|name| name.starts_with(start)).expect("there is such a file");
    let path = store.folder().join(name);
    let mut bytes = fs::read(&path).expect("is readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).expect("writes");
}

#[test]
fn what_is_damaged_is_built_anew_or_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    import(&store, vec![edition("a", "", parties("A", 30)), edition("b", "", parties("B", 5))]).expect("imports");
    let original = store.open(&Squares).expect("opens").expect("is there");
    let mended = |what: &str| {
        let opened = store.open(&Squares).expect("mends").expect("is there");
        assert_eq!(opened.parties().all().expect("whole"), original.parties().all().expect("whole"), "{what}");
        assert_eq!(opened.notes().len(), 1, "{what}");
        assert!(whole(&store).is_some(), "{what} stays mended");
    };
    damage(&store, "screening");
    mended("a flipped bit");
    let path = store.folder().join(files(&store).pop().expect("a file"));
    fs::write(&path, &fs::read(&path).expect("is readable")[..500]).expect("writes");
    mended("a cut file");
    fs::remove_file(store.folder().join(files(&store).pop().expect("a file"))).expect("removes");
    mended("a lost file");
    // the manifest itself: the archive of all parties has a copy
    damage(&store, "current");
    assert_eq!(store.manifest().expect("is recovered").expect("is there").sources.len(), 2);
    mended("a damaged manifest");
    // without that the archives of the sources, all of them
    damage(&store, "current");
    damage(&store, "screening");
    damage(&store, "b.");
    let error = format!("{:#}", store.open(&Squares).expect_err("`b` may not be left out"));
    assert!(error.contains("b.000001.sovlist") && error.contains("import all lists again"), "{error}");
    damage(&store, "b.");
    let opened = store.open(&Squares).expect("is recovered").expect("is there");
    assert_eq!((opened.parties().len(), opened.notes().len()), (35, 2));
    assert!(whole(&store).is_some());
    // a damaged source alone does not matter until all are joined anew
    damage(&store, "a.");
    assert_eq!(whole(&store).expect("is there").0, 35);
    damage(&store, "screening");
    let error = format!("{:#}", store.open(&Squares).expect_err("nothing has the parties of `a`"));
    assert!(error.contains("import a.csv again"), "{error}");
    assert!(import(&store, vec![edition("b", "", parties("B", 5))]).is_err());
    import(&store, vec![edition("a", "", parties("A", 30))]).expect("heals");
    assert_eq!(whole(&store).expect("is there").0, 35);
}

#[test]
fn without_a_manifest_bundles_are_not_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    let mut transaction = Transaction::begin(&store).expect("nobody else is at work");
    transaction.accept_bundle("key", 7);
    transaction.take(edition("a", "", parties("A", 3)), Allowed::default()).expect("is an edition");
    transaction.commit(&Squares).expect("imports");
    import(&store, vec![edition("b", "", parties("B", 3))]).expect("imports");
    damage(&store, "current");
    damage(&store, "screening");
    assert_eq!(store.manifest().expect("is recovered").expect("is there").bundles["key"], 7);
    drop(store.open(&Squares).expect("mends"));
    let mut transaction = Transaction::begin(&store).expect("nobody else is at work");
    let rules = crate::catalog::Layer { name: "bundle/00".to_owned(), files: Vec::new() };
    transaction.take_rules(&[rules]).expect("writes");
    transaction.commit(&Squares).expect("imports");
    damage(&store, "current");
    assert!(store.manifest().expect("the copy is whole").expect("is there").rules.is_some());
    damage(&store, "screening");
    let error = format!("{:#}", store.manifest().expect_err("the rule files may not be left out"));
    assert!(error.contains("rule files of a bundle") && error.contains("import the bundle"), "{error}");
}

#[test]
fn an_index_of_another_version_is_built_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    let mut transaction = Transaction::begin(&store).expect("nobody else is at work");
    transaction.take(edition("a", "", parties("A", 3)), Allowed::default()).expect("is an edition");
    transaction.commit(&NoIndex).expect("imports");
    assert_eq!(store.open(&Squares).expect("opens").expect("is there").notes().len(), 1);
    assert_eq!(whole(&store), Some((3, 2)));
    assert!(store.open(&NoIndex).expect("opens").expect("is there").notes().is_empty());
}

#[test]
fn ages_count_from_what_is_known() {
    let mut manifest = Manifest::default();
    let mut stated = edition("stated", "2026-10-21", Vec::new()).about;
    stated.retrieval = Retrieval::Stated;
    manifest.sources.insert("stated".to_owned(), stated);
    manifest.sources.insert("assumed".to_owned(), edition("assumed", "2026-11-10", Vec::new()).about);
    manifest.sources.insert("undated".to_owned(), edition("undated", "", Vec::new()).about);
    let old = |as_of: &str, most: u32| -> Vec<(String, u32)> {
        staleness(&manifest, day(as_of), most).into_iter().map(|old| (old.source, old.days)).collect()
    };
    assert_eq!(old("2026-11-27", 7), [("assumed".to_owned(), 17)]);
    assert_eq!(old("2026-11-28", 7).len(), 3);
    assert_eq!(old("2026-11-01", 0), []);
    let former = edition("former", "2025-11-18", Vec::new()).about;
    let former = Source { retrieval: Retrieval::Stated, ..former };
    assert_eq!(former.known_on(), day("2025-11-18"), "said to be fetched more than a year later");
    let unchanged = Source { published: Some(day("2026-02-27")), ..former.clone() };
    assert_eq!(unchanged.known_on(), day("2026-11-20"), "some lists go months without a new edition");
    assert_eq!(Source { retrieval: Retrieval::Online, ..former }.known_on(), day("2026-11-20"), "fetched by ourselves");
    let error = demand_fresh(Some(&manifest), day("2026-11-27"), Some(17)).expect_err("nobody knows the day of one");
    assert!(error.to_string().contains("undated.csv") && error.to_string().contains("--retrieved"), "{error}");
    manifest.sources.remove("undated");
    demand_fresh(Some(&manifest), day("2026-11-27"), Some(17)).expect("is fresh");
    let error = demand_fresh(Some(&manifest), day("2026-11-27"), Some(16)).expect_err("is old");
    assert!(error.to_string().contains("assumed.csv"), "{error}");
    assert_eq!(demand_fresh(Some(&manifest), day("2026-11-27"), None).expect("is not too old").len(), 1);
    assert!(demand_fresh(Some(&manifest), day("2026-12-20"), None).is_err());
    assert_eq!(demand_fresh(None, day("2026-11-27"), None).expect("nothing was asked"), []);
    assert!(demand_fresh(None, day("2026-11-27"), Some(99)).is_err());
    assert!(demand_fresh(Some(&Manifest::default()), day("2026-11-27"), Some(99)).is_err());
}

#[test]
fn the_platform_has_a_place_for_data() {
    let place =
        |rows: &[(&str, &str)]| platform_data_dir(|name| rows.iter().find(|row| row.0 == name).map(|row| row.1.into()));
    if cfg!(unix) {
        assert_eq!(place(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")]).expect("one"), Path::new("/x/sovaudit"));
        assert_eq!(
            place(&[("XDG_DATA_HOME", "x"), ("HOME", "/h")]).expect("one"),
            Path::new("/h/.local/share/sovaudit")
        );
        assert_eq!(place(&[]), None);
    }
}
