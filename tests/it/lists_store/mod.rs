//! `sovaudit rules import`, `rules lists` and `rules bundle` as their users meet them.

mod bundle;
#[cfg(unix)]
mod kill;
mod minisign;
#[cfg(feature = "registry")]
mod online;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::sovaudit;

/// A data directory of one test, and a place for its files.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a list of one's own with so many parties; gives its path.
    fn list(&self, file: &str, list: &str, published: &str, count: usize) -> String {
        let mut text = format!(
            "{{\"sovaudit-list\":1,\"list\":\"{list}\",\"title\":\"A list\",\"licence\":\"internal\",\"published\":\"{published}\"}}\n"
        );
        for at in 0..count {
            text.push_str(&format!("{{\"entry\":\"{at}\",\"names\":[\"Example Party {at}\",\"EP {at}\"]}}\n"));
        }
        fs::write(self.path(file), text).expect("writes");
        self.path(file)
    }

    /// Runs `sovaudit rules …` with the data directory of the site.
    fn rules(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run("rules", arguments)
    }

    fn run(&self, command: &str, arguments: &[&str]) -> (i32, String, String) {
        let mut program = sovaudit();
        let output = program
            .env("SOVAUDIT_DATA_DIR", self.data())
            .env("SSL_CERT_DIR", "/etc/ssl/certs")
            .arg(command)
            .args(arguments)
            .output()
            .expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        let out = text(output.stdout);
        let long = out.lines().filter(|line| line.chars().count() > 80 && !line.contains('/')).collect::<Vec<_>>();
        assert!(long.is_empty() || arguments.contains(&"json"), "{long:?}");
        (output.status.code().unwrap_or(-1), out, text(output.stderr))
    }

    fn manifest(&self) -> Value {
        let (code, out, error) = self.rules(&["lists", "--format", "json"]);
        assert_eq!(code, 0, "{error}");
        serde_json::from_str(&out).expect("is JSON")
    }

    fn archive(&self, start: &str) -> PathBuf {
        let entries = fs::read_dir(self.data().join("lists")).expect("there is a store");
        let mut paths = entries.map(|entry| entry.expect("is readable").path());
        paths
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)))
            .expect("there is such a file")
    }
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("is readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).expect("writes");
}

const FIRST: &str = "fixtures/own-list/acme-2026-11-01.jsonl";
const SECOND: &str = "fixtures/own-list/acme-2026-11-20.jsonl";

#[test]
fn an_import_is_kept_with_where_it_is_from_and_the_next_tells_what_changed() {
    let site = Site::new();
    let (code, out, error) = site.rules(&["lists"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("No lists in"), "{out}");
    let (code, out, error) = site.rules(&["import", FIRST]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("OWN-ACME                3        5  2026-11-01     new"), "{out}");
    let (code, out, error) = site.rules(&["import", SECOND, "--retrieved", "2026-11-21"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("OWN-ACME                3        6  2026-11-20       1       1       1        0"), "{out}");
    let manifest = site.manifest();
    let source = &manifest["sources"]["own-acme"];
    assert_eq!(source["published"], "2026-11-20");
    assert_eq!(source["retrieved"], "2026-11-21");
    assert_eq!(source["retrieval"], "stated");
    assert_eq!(source["licence"], "internal");
    assert_eq!(source["inputs"][0]["name"], "acme-2026-11-20.jsonl");
    let bytes = fs::read(crate::cli::root().join(SECOND)).expect("is there");
    let hash = sovaudit::text::hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    assert_eq!(source["inputs"][0]["sha256"], hash.as_str());
    let (code, out, _) = site.rules(&["lists", "--as-of", "2026-11-29"]);
    assert_eq!(code, 0);
    assert!(out.contains("published 2026-11-20, fetched 2026-11-21; 8 days old, OLD"), "{out}");
    assert!(out.contains(&hash) && out.contains("none damaged"), "{out}");
    // one generation is kept
    assert_eq!(fs::read_dir(site.data().join("lists")).expect("there is a store").count(), 4);
    let opened = sovaudit::lists::store::Store::of(&site.data()).open(&sovaudit::lists::store::NoIndex);
    let opened = opened.expect("opens").expect("is there");
    let names: Vec<&str> = (0..3).filter_map(|at| opened.parties().head(at)).map(|head| head.name).collect();
    assert_eq!(names, ["Example Chips Ltd", "Пример Диджитал", "MV EXAMPLE STAR"]);
}

#[test]
fn files_that_are_no_edition_change_nothing() {
    let site = Site::new();
    let list = site.list("a.jsonl", "OWN-A", "2026-11-02", 100);
    assert_eq!(site.rules(&["import", &list]).0, 0);
    let before = site.manifest();
    let short = site.list("short.jsonl", "OWN-A", "2026-11-03", 59);
    let older = site.list("older.jsonl", "OWN-A", "2026-11-01", 100);
    let none = site.list("none.jsonl", "OWN-A", "2026-11-03", 0);
    let other = site.list("other.jsonl", "OWN-B", "2026-11-03", 5);
    fs::write(site.path("bad.jsonl"), fs::read_to_string(&other).expect("is there") + "{\"entry\":\"\\u001b[31m\"}\n")
        .expect("writes");
    fs::write(site.path("x.bin"), [0, 159, 1]).expect("writes");
    let cases: [(&[&str], &str); 8] = [
        (&[&short], "say so with --accept-shrink"),
        (&[&other, &short], "OWN-A has 59 parties, and had 100"),
        (&[&older], "say --allow-stale"),
        (&[&none], "holds no party at all"),
        (&[&site.path("bad.jsonl")], "the first at line 7"),
        (&[&site.path("x.bin")], "x.bin"),
        (&[&site.path("missing")], "cannot read"),
        (&[&list, &list], "two of the files are editions of `own-a`"),
    ];
    for (files, words) in cases {
        let (code, out, error) = site.rules(&[&["import"], files].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(error.contains(words), "{words}: {error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
        assert_eq!(site.manifest(), before, "{words}");
    }
    let (code, out, error) = site.rules(&["import", &short, "--accept-shrink"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("accepted although OWN-A has 59 parties"), "{out}");
    assert_eq!(site.rules(&["import", &older, "--allow-stale"]).0, 0);
    assert_eq!(site.manifest()["sources"]["own-a"]["parties"], 100);
}

#[test]
fn a_damaged_store_is_mended_from_its_archives_or_says_what_to_import() {
    let site = Site::new();
    let (a, b) = (site.list("a.jsonl", "OWN-A", "2026-11-02", 30), site.list("b.jsonl", "OWN-B", "2026-11-02", 7));
    assert_eq!(site.rules(&["import", &a, &b]).0, 0);
    let store = sovaudit::lists::store::Store::of(&site.data());
    let open = || store.open(&sovaudit::lists::store::NoIndex);
    flip(&site.archive("screening"));
    let opened = open().expect("is built anew").expect("is there");
    assert_eq!((opened.parties().len(), opened.notes().len()), (37, 1));
    flip(&site.archive("current"));
    assert_eq!(open().expect("is recovered").expect("is there").parties().len(), 37);
    flip(&site.archive("own-a"));
    let (code, out, error) = site.rules(&["lists"]);
    assert_eq!(code, 2, "{error}");
    assert!(out.contains("DAMAGED") && out.contains("1 damaged"), "{out}");
    flip(&site.archive("screening"));
    let error = format!("{:#}", open().expect_err("the parties of `own-a` are nowhere"));
    assert!(error.contains("import a.jsonl again"), "{error}");
    let (code, _, error) = site.rules(&["import", &b]);
    assert_eq!(code, 2);
    assert!(error.contains("import a.jsonl"), "{error}");
    assert_eq!(site.rules(&["import", &a]).0, 0);
    assert_eq!(site.rules(&["lists"]).0, 0);
}

#[test]
fn old_lists_are_told_and_fail_where_they_must_be_fresh() {
    let site = Site::new();
    let target = crate::cli::root().join("fixtures/ai-platform/infra/ovh").display().to_string();
    let scan = |more: &[&str]| site.run("scan", &[&[target.as_str(), "--as-of", "2026-11-23"], more].concat());
    let (code, out, _) = scan(&[]);
    assert_eq!(code, 0);
    assert!(!out.contains("stale"), "{out}");
    let (code, _, error) = scan(&["--max-data-age", "3"]);
    assert_eq!(code, 2, "no lists are no fresh lists");
    assert!(error.contains("sovaudit rules import"), "{error}");
    assert_eq!(site.rules(&["import", FIRST]).0, 0);
    let (code, out, error) = scan(&["--strict"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("OWN-ACME is of 2026-11-01, 22 days old"), "{out}");
    let (code, _, error) = scan(&["--max-data-age", "21"]);
    assert_eq!(code, 2);
    assert!(error.contains("OWN-ACME") && error.contains("acme-2026-11-01.jsonl"), "{error}");
    assert_eq!(scan(&["--max-data-age", "22"]).0, 0);
    // without a word of the user 30 days are the end, for `scan` and for `screen`
    let later = |command: &str, subject: &str, more: &[&str]| {
        site.run(command, &[&[subject, "--as-of", "2026-12-02"], more].concat())
    };
    for (command, subject) in [("scan", target.as_str()), ("screen", "Example Harmless GmbH")] {
        let (code, _, error) = later(command, subject, &[]);
        assert_eq!(code, 2, "{command}");
        assert!(error.contains("31 days old") && error.contains("--max-data-age DAYS allows"), "{error}");
        assert_eq!(later(command, subject, &["--max-data-age", "31"]).0, 0, "{command}");
    }
    assert_eq!(site.rules(&["import", FIRST, "--retrieved", "2026-11-22"]).0, 0);
    let (code, out, _) = scan(&["--max-data-age", "1"]);
    assert_eq!(code, 0);
    assert!(!out.contains("days old"), "{out}");
    // what is proposed next sees the same lists
    let next = |out: &str| out.split("Next:").nth(1).unwrap_or_default().to_owned();
    assert!(next(&out).contains("--max-data-age 1") && !next(&out).contains("--data-dir"), "{out}");
    let data = site.data().join(".").display().to_string();
    let (_, out, _) = scan(&["--data-dir", &data]);
    assert!(next(&out).contains(&format!("--data-dir {data}")), "{out}");
    // files without a day of their own are told to be so, and no longer where somebody says the day
    let undated = |more: &[&str]| {
        let all = [&["import", "fixtures/lists/bis-dpl/list/dpl.txt", "--accept-shrink"], more].concat();
        let (code, out, error) = site.rules(&all);
        assert_eq!(code, 0, "{error}");
        out.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("their day is unknown, and --max-data-age refuses")
    };
    assert!(undated(&[]) && !undated(&["--retrieved", "2026-11-22"]));
}

#[test]
fn a_list_of_no_day_is_told_and_refused_where_an_age_is_asked_for() {
    let site = Site::new();
    let file = "fixtures/lists/bis-dpl/list/dpl.txt";
    let (code, _, error) = site.rules(&["import", file, "--accept-shrink"]);
    assert_eq!(code, 0, "{error}");
    let target = site.path("tree");
    fs::create_dir_all(&target).expect("creates");
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for command in ["scan", "screen"] {
        let subject = if command == "scan" { target.as_str() } else { "Example Harmless GmbH" };
        let (code, out, error) = site.run(command, &[subject, "--max-data-age", "1"]);
        assert_eq!(code, 2, "{out}{error}");
        let told = flat(&error);
        assert!(told.contains("day unknown, imported") && told.contains("with --retrieved"), "{error}");
        assert!(told.contains("dpl.txt") && !told.contains("days old"), "{error}");
        let (code, out, error) = site.run(command, &[subject]);
        assert_eq!(code, 0, "{error}");
        assert!(flat(&(out + &error)).contains("day unknown, imported"), "{command}: {error}");
    }
    let (_, out, _) = site.run("scan", &[&target, "--format", "json"]);
    let report: Value = serde_json::from_str(&out).expect("is JSON");
    let rows = report["lists"].as_array().expect("lists");
    let unknown: Vec<&Value> = rows.iter().filter(|row| row["day_unknown"] == true).collect();
    assert!(unknown.len() == 1 && unknown[0]["list"] == "US-DPL" && unknown[0]["imported"] == true, "{rows:#?}");
    let (_, out, _) = site.rules(&["lists"]);
    assert!(out.contains("day unknown, imported"), "{out}");
    let (_, out, _) = site.rules(&["lists", "--format", "json"]);
    assert!(out.contains("\"day_unknown\": true"), "{out}");
    // somebody who says the day is believed
    let today = report["as_of"].as_str().expect("a day");
    assert_eq!(site.rules(&["import", file, "--accept-shrink", "--retrieved", today]).0, 0);
    let (code, out, error) = site.run("scan", &[&target, "--max-data-age", "1"]);
    assert!(code == 0 && !out.contains("day unknown"), "{out}{error}");
}
