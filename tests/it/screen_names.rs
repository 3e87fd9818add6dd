//! The screening engine on names with known answers: look-alikes, listed names as people write them, the labelled set.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::cli::{root, sovaudit};

const LEVELS: [&str; 5] = ["confirmed", "probable", "possible", "weak", "info"];

fn rows(path: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(root().join(path)).expect("the table is there");
    reader.deserialize().map(|row| row.expect("is a row")).collect()
}

/// The hits of each name, in the order of the names.
fn hits(names: &[Value], more: &[&str]) -> Vec<Vec<Value>> {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().expect("a temporary file");
    for name in names {
        writeln!(file, "{name}").expect("writes");
    }
    let path = file.path().display().to_string();
    let output = sovaudit().args(["screen", "--file", &path, "--format", "jsonl"]).args(more).output().expect("runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{error}");
    let lines = String::from_utf8(output.stdout).expect("is UTF-8");
    let answers: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
    assert_eq!(answers.len(), names.len(), "one line per name");
    answers.iter().map(|answer| answer["hits"].as_array().expect("hits").clone()).collect()
}

fn query(row: &BTreeMap<String, String>, name: &str) -> Value {
    let mut query = json!({ "id": row.get("id").unwrap_or(&row[name]), "name": row[name], "kind": row["kind"] });
    if !row["country"].is_empty() {
        query["country"] = json!(row["country"]);
    }
    query
}

fn rank(level: &str) -> usize {
    LEVELS.iter().position(|known| *known == level).expect("is a level")
}

fn level(hit: &Value) -> usize {
    rank(hit["level"].as_str().expect("a level"))
}

/// A data directory into which the list of the labelled set was imported.
fn labelled_list() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = ["sdn.csv", "alt.csv", "add.csv"].map(|file| format!("tests/data/screening/{file}"));
    let options = ["--accept-shrink", "--accept-incomplete", "--allow-stale", "--data-dir"];
    let done =
        sovaudit().args(["rules", "import"]).args(files).args(options).arg(folder.path()).output().expect("runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    folder
}

#[test]
fn look_alikes_stay_weak() {
    let table = rows("fixtures/screening/look-alikes.csv");
    assert!(table.len() >= 30);
    let names: Vec<Value> = table.iter().map(|row| query(row, "name")).collect();
    let list = labelled_list();
    let list = list.path().display().to_string();
    for source in [&[][..], &["--data-dir", &list]] {
        let mut wrong = Vec::new();
        for (row, found) in table.iter().zip(hits(&names, source)) {
            wrong.extend(
                found.iter().filter(|hit| level(hit) < rank("weak")).map(|hit| format!("{}: {hit}", row["name"])),
            );
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn listed_names_are_found_however_they_are_written() {
    let table = rows("fixtures/screening/must-match.csv");
    let names: Vec<Value> = table.iter().map(|row| query(row, "name")).collect();
    let mut wrong = Vec::new();
    for (row, found) in table.iter().zip(hits(&names, &[])) {
        let best = found.iter().filter(|hit| hit["list"] == *row["list"]).map(level).min();
        if best.is_none_or(|best| best > rank(&row["at_least"])) {
            wrong.push(format!("{} ({}), {}: {best:?}", row["name"], row["listing"], row["why"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

/// Floors on the half that nothing was tuned on.
#[test]
fn the_labelled_set_keeps_its_floors() {
    let mut table = rows("tests/data/screening/queries.csv");
    table.retain(|row| row["split"] == "test");
    let names: Vec<Value> = table.iter().map(|row| query(row, "query")).collect();
    let list = labelled_list();
    let list = list.path().display().to_string();
    let (mut probable, mut right, mut found, mut listed, mut vendors, mut alarms) = (0, 0, 0, 0, 0, 0);
    for (row, hits) in table.iter().zip(hits(&names, &["--all", "--data-dir", &list])) {
        let entry = |hit: &Value| hit["entry"].as_str().unwrap_or_default().rsplit(':').next().map(str::to_owned);
        let accepted =
            |hit: &Value| row["expected"].split('|').any(|id| id.rsplit(':').next().map(str::to_owned) == entry(hit));
        let first = hits.first();
        let good = first.is_some_and(|hit| !row["expected"].is_empty() && accepted(hit));
        if hits.iter().any(|hit| level(hit) <= rank("probable")) {
            probable += 1;
            right += usize::from(good);
        }
        if !row["expected"].is_empty() && !row["category"].ends_with("-none") && !row["category"].ends_with("-part") {
            listed += 1;
            found += usize::from(good && first.is_some_and(|hit| level(hit) <= rank("weak")));
        }
        if row["category"].starts_with("vendor") {
            vendors += 1;
            alarms += usize::from(hits.iter().any(|hit| level(hit) <= rank("possible")));
        }
    }
    println!("probable {right}/{probable}, found first {found}/{listed}, alarms {alarms}/{vendors}");
    assert!(right * 100 >= probable * 99, "precision: {right} of {probable}");
    assert!(found * 100 >= listed * 92, "recall at rank one: {found} of {listed}");
    assert!(alarms * 500 <= vendors, "false alarms: {alarms} of {vendors}");
}

/// The tables say what they say: known words only, nothing twice.
#[test]
fn the_tables_are_sound() {
    for (path, column) in [("fixtures/screening/look-alikes.csv", "why"), ("fixtures/screening/must-match.csv", "why")]
    {
        let table = rows(path);
        let mut names: Vec<(&String, &String)> = table.iter().map(|row| (&row["name"], &row["list"])).collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "{path}: a name twice");
        assert!(table.iter().all(|row| !row[column].is_empty()), "{path}: a row without `{column}`");
    }
    let catalog = fs::read_to_string(root().join("rules/catalog/listings.toml")).expect("is read");
    let more = fs::read_to_string(root().join("rules/catalog/lists-extra.toml")).expect("is read");
    for row in rows("fixtures/screening/must-match.csv") {
        let id = format!("id = \"{}\"", row["listing"]);
        assert!(catalog.contains(&id) || more.contains(&id), "no listing {}", row["listing"]);
        assert!(LEVELS.contains(&row["at_least"].as_str()));
    }
}
