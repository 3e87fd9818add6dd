//! Listings count on the days on which they held, and fail a gate only where that is known.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use sovaudit::catalog::{Catalog, Layer, Standing};
use sovaudit::lists::format::FORMATS;
use sovaudit::model::Date;
use sovaudit::rules::RuleSet;

use crate::cli::sovaudit;

fn date(text: &str) -> Date {
    Date::parse(text).expect("is a date")
}

/// Exit code, and the findings of a rule in a tree that needs one Python package.
fn judged(package: &str, day: &str, rule: &str, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("requirements.txt"), format!("{package}==1.0.0\n")).expect("writes");
    let arguments = ["--as-of", day, "--format", "json", "--fail-on", rule];
    let output = sovaudit().arg("scan").arg(folder.path()).args(arguments).args(more).output().expect("runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("is a report");
    let all = report["findings"].as_array().expect("findings").iter();
    (output.status.code(), all.filter(|finding| finding["rule"] == rule).cloned().collect())
}

/// No entry of the catalog counts before lists of that name existed, and every one has a date or says when about.
#[test]
fn every_entry_begins_at_some_time() {
    let catalog = Catalog::embedded();
    let organisations: BTreeSet<&str> =
        catalog.tables().listing.iter().filter_map(|row| row.organisation.as_deref()).collect();
    for organisation in organisations {
        let early: Vec<&str> = catalog.listings(organisation, date("2013-12-31")).map(|(row, _)| &*row.id).collect();
        assert!(early.is_empty(), "{organisation}: {early:?}");
    }
}

/// Entries without a date held on every day: a bank's software was sanctioned in 2015.
#[test]
fn a_listing_counts_from_its_day_on() {
    let on = |day| judged("gigachat", day, "sanctioned-owner", &[]);
    assert_eq!(on("2015-01-01"), (Some(0), Vec::new()));
    assert_eq!(on("2021-06-30"), (Some(0), Vec::new()));
    let (code, found) = on("2022-04-05");
    assert_eq!((code, found.len()), (Some(0), 1), "some time between two snapshots: shown only");
    let notes = found[0]["notes"].to_string();
    assert!(notes.contains("the day of listing is not known"), "{notes}");
    assert_eq!(found[0]["may_gate"], false);
    let (code, found) = on("2022-04-06");
    assert_eq!((code, found[0]["may_gate"].as_bool()), (Some(1), Some(true)), "{found:#?}");
    assert_eq!(found[0]["effective_from"], "2022-04-06");

    let catalog = Catalog::embedded();
    let own = |day: &str| {
        let rows = catalog.listings("tbank", date(day));
        rows.filter(|(row, _)| &*row.list == "US-SDN" && row.about.as_deref() == Some("organisation")).count()
    };
    assert_eq!((own("2023-07-19"), own("2023-07-20")), (0, 1));
}

/// An entry that a user adds without any date is reported for the past and cannot fail a gate there.
#[test]
fn an_undated_entry_fails_no_gate_of_the_past() {
    let rules = tempfile::tempdir().expect("a temporary folder");
    let row = "[[organisation]]\nid = \"invented\"\nname = \"Invented\"\nkind = \"company\"\n\
               keys = [{ type = \"pypi\", value = \"invented-client\", gate = true }]\nsource = \"test\"\n\
               verification = \"one-source\"\n\n[[listing]]\nid = \"mine\"\norganisation = \"invented\"\n\
               kind = \"entity\"\nabout = \"organisation\"\nentity = \"Invented\"\nlist = \"US-SDN\"\n\
               status = \"listed\"\nverified_fields = [\"entity\", \"status\"]\nsource = \"test\"\n\
               verification = \"two-source\"\n";
    fs::write(rules.path().join("mine.toml"), row).expect("writes");
    let folder = rules.path().display().to_string();
    let on = |day| judged("invented-client", day, "sanctioned-owner", &["--rules", &folder]);
    for (day, code, may) in [("2015-01-01", 0, false), ("2026-11-22", 0, false), ("2026-11-23", 1, true)] {
        let (real, found) = on(day);
        assert_eq!((real, found.len()), (Some(code), 1), "{day}: {found:#?}");
        assert_eq!(found[0]["may_gate"], may, "{day}");
    }
}

/// Entries that were taken off never counted, not even for the days on which they stood.
#[test]
fn a_removed_entry_counts_until_its_removal() {
    let catalog = Catalog::embedded();
    let standing = |organisation: &str, list: &str, day: &str| {
        let found = catalog.listings(organisation, date(day)).find(|(row, _)| &*row.list == list);
        found.map(|(_, standing)| standing)
    };
    assert_eq!(standing("tornado-cash", "US-SDN", "2022-08-07"), None);
    assert_eq!(standing("tornado-cash", "US-SDN", "2025-03-20"), Some(Standing::Held));
    assert_eq!(standing("tornado-cash", "US-SDN", "2025-03-21"), None);
    assert_eq!(standing("megvii", "US-1260H", "2024-06-01"), Some(Standing::Held));
    assert_eq!(standing("megvii", "US-1260H", "2025-01-07"), None);
    for organisation in ["cxmt", "ymtc"] {
        assert_eq!(standing(organisation, "US-1260H", "2026-01-01"), Some(Standing::Held));
        assert!(matches!(standing(organisation, "US-1260H", "2026-03-01"), Some(Standing::Unsure(_))));
        assert_eq!(standing(organisation, "US-1260H", "2026-11-23"), Some(Standing::Held));
    }
    assert_eq!(standing("xiaomi", "US-1260H", "2026-11-23"), None, "never on that list");
}

/// Words that name no time are a mistake with a place.
#[test]
fn times_in_words_are_checked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let row = "[[listing]]\nid = \"mine\"\nkind = \"entity\"\nentity = \"X\"\nlist = \"US-SDN\"\nstatus = \"listed\"\n\
               listed_text = \"last spring\"\nsource = \"test\"\nverification = \"recalled\"\n";
    fs::write(folder.path().join("mine.toml"), row).expect("writes");
    let check = |folder: &Path| sovaudit().args(["rules", "check"]).arg(folder).output().expect("runs");
    let output = check(folder.path());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("mine.toml:7:1: `listed_text` of a `listing` is `last spring`"), "{error}");
}

/// What an import brings has a meaning: every list id that a format gives has a row. GLEIF says who is whose, and lists
/// nobody.
#[test]
fn every_list_of_every_format_has_a_row() {
    let catalog = Catalog::embedded();
    let ids: BTreeSet<&str> = FORMATS.iter().flat_map(|format| format.lists).copied().collect();
    assert!(ids.len() > 15, "{ids:?}");
    let without: Vec<&&str> = ids.iter().filter(|id| **id != "GLEIF" && catalog.list(id).is_none()).collect();
    assert!(without.is_empty(), "rules/catalog/lists-extra.toml has no row for {without:?}");
    for row in &catalog.tables().list {
        assert!(["block", "review", "warn", "rule"].contains(&&*row.consequence), "{}: {}", row.id, row.consequence);
    }
}

/// Entries of the rules name the UK's measures by the list that was closed, imports by the one that goes on: from no
/// chair does one block where the other does not.
#[test]
fn the_two_names_of_the_uk_list_mean_the_same() {
    let catalog = Catalog::embedded();
    let rows = ["UK-OFSI", "UK-UKSL"].map(|id| catalog.list(id).expect("has a row"));
    assert_eq!(rows[0].consequence, rows[1].consequence);
    assert_eq!(rows[0].jurisdiction, rows[1].jurisdiction);
    let rules = RuleSet::load(&[Layer::embedded()], &catalog).expect("the embedded rules load");
    for (id, profile) in &rules.profiles {
        assert_eq!(profile.lists.get("UK-OFSI"), profile.lists.get("UK-UKSL"), "{id}");
    }
}
