//! Real cases: what each left in trees is found, on the days on which it held, and nothing more.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::{root, sovaudit};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    case: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    finding: Vec<Finding>,
    #[serde(default)]
    nothing: Vec<Nothing>,
    #[serde(default)]
    explained: Vec<Explained>,
    #[serde(default)]
    command: Vec<Asked>,
}

/// What another command says of the case: `screen` of a name, `classify` of a product, `simulate` of the tree.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    as_of: toml::value::Datetime,
    /// Its words; `{case}` is the folder.
    run: Vec<String>,
    exit: i32,
    words: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
}

/// What `explain` says of a component of the case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explained {
    as_of: toml::value::Datetime,
    subject: String,
    words: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    as_of: toml::value::Datetime,
    profile: Option<String>,
    rule: String,
    subject: String,
    path: String,
    confidence: String,
    #[serde(default)]
    lists: Vec<String>,
    gate: bool,
    #[serde(default)]
    witness: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(rename = "package-cache")]
    package_cache: Option<String>,
    todo: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {
    why: String,
    as_of: toml::value::Datetime,
    profile: Option<String>,
    rules: Vec<String>,
    subject: Option<String>,
    todo: Option<String>,
}

/// One scan per case, day, profile and package cache: exit code with `--fail-on sanctioned`, and the report.
#[derive(Default)]
struct Scans(BTreeMap<[String; 4], (i32, Value)>);

impl Scans {
    fn of(&mut self, case: &str, day: &str, profile: Option<&str>, cache: Option<&str>) -> &(i32, Value) {
        let profile = profile.unwrap_or("eu");
        let cache = cache.map_or_else(String::new, |cache| format!("fixtures/package-cache/{cache}"));
        let key = [case, day, profile, &cache].map(ToOwned::to_owned);
        self.0.entry(key).or_insert_with(|| {
            let target = format!("fixtures/cases/{case}");
            let arguments = ["scan", &target, "--as-of", day, "--profile", profile, "--format", "json"];
            let cache = ["--package-cache", &cache].into_iter().filter(|_| !cache.is_empty());
            let gate = ["--fail-on", "sanctioned"].into_iter();
            let output = sovaudit().args(arguments).args(gate.chain(cache)).output().expect("runs");
            let report = serde_json::from_slice(&output.stdout).expect("is a report");
            (output.status.code().unwrap_or(-1), report)
        })
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Why no finding of the report is the one that is expected.
fn missing(report: &Value, wanted: &Finding) -> Option<String> {
    let all = report["findings"].as_array().expect("findings");
    let mut about = all.iter().filter(|found| found["rule"] == *wanted.rule).peekable();
    if about.peek().is_none() {
        return Some("no finding of that rule".to_owned());
    }
    let reasons: Vec<String> = about.map(|found| differs(found, wanted)).collect();
    (!reasons.iter().any(String::is_empty)).then(|| reasons.join("; "))
}

/// What is not as expected in a finding; empty when all is.
fn differs(found: &Value, wanted: &Finding) -> String {
    let place = format!("{}:{}", text(&found["primary"], "path"), found["primary"]["line"]);
    // a finding about several components names the others in `related`
    let places: Vec<String> = found["related"].as_array().into_iter().flatten().map(|one| one.to_string()).collect();
    let subject = text(found, "subject").replace("%40", "@");
    let mut reasons = Vec::new();
    if !subject.contains(&wanted.subject) && !places.iter().any(|one| one.contains(&wanted.subject)) {
        reasons.push(format!("about {subject}"));
    }
    if place != wanted.path {
        reasons.push(format!("at {place}"));
    }
    if found["confidence"] != *wanted.confidence {
        reasons.push(format!("confidence {}", found["confidence"]));
    }
    if found["may_gate"] != wanted.gate {
        reasons.push(format!("may_gate {}", found["may_gate"]));
    }
    reasons.extend(wanted.lists.iter().filter(|list| !text(found, "message").contains(*list)).cloned());
    reasons.extend(wanted.notes.iter().filter(|note| !found["notes"].to_string().contains(*note)).cloned());
    let labels: Vec<&str> = found["witness"].as_array().into_iter().flatten().map(|step| text(step, "label")).collect();
    let mut rest = labels.iter();
    if let Some(step) = wanted.witness.iter().find(|step| !rest.any(|label| label.contains(step.as_str()))) {
        reasons.push(format!("`{step}` is not on the path {labels:?}"));
    }
    reasons.join(", ")
}

/// Findings that must not be there.
fn unwanted(report: &Value, nothing: &Nothing) -> Option<String> {
    let all = report["findings"].as_array().expect("findings").iter();
    let about = |found: &Value| {
        nothing.subject.as_ref().is_none_or(|subject| text(found, "subject").replace("%40", "@").contains(subject))
    };
    let mut bad = all.filter(|found| nothing.rules.iter().any(|rule| found["rule"] == **rule) && about(found));
    bad.next().map(|found| format!("{}: {}", text(found, "rule"), text(found, "message")))
}

/// The gate fails exactly where a sanctioned finding may fail it.
fn gate_agrees(code: i32, report: &Value) -> bool {
    let mut all = report["findings"].as_array().expect("findings").iter();
    let may = all.any(|found| found["category"] == "sanctioned" && found["may_gate"] == true);
    code == i32::from(may)
}

/// Words that `explain` should say and does not, or should not say and does.
fn unexplained(case: &str, wanted: &Explained) -> Option<String> {
    let target = format!("fixtures/cases/{case}");
    let run = ["explain", &wanted.subject, &target].map(ToOwned::to_owned);
    unsaid(case, &run, wanted.as_of, (0, &wanted.words, &wanted.without))
}

/// Another exit code, words that a command should say and does not, or should not say and does.
fn unsaid(
    case: &str,
    run: &[String],
    day: toml::value::Datetime,
    (exit, words, without): (i32, &[String], &[String]),
) -> Option<String> {
    let run = run.iter().map(|word| word.replace("{case}", &format!("fixtures/cases/{case}")));
    let output = sovaudit().args(run).args(["--as-of", &day.to_string()]).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("is UTF-8");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = output.status.code().unwrap_or(-1);
    let mut bad: Vec<&String> = words.iter().filter(|words| !text.contains(words.as_str())).collect();
    bad.extend(without.iter().filter(|words| text.contains(words.as_str())));
    let errors = String::from_utf8_lossy(&output.stderr);
    (code != exit || !bad.is_empty()).then(|| format!("exit {code}, {bad:?} in {text} {errors}"))
}

fn cases() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(root().join("fixtures/cases")).expect("there are cases");
    let folders = entries.map(|entry| entry.expect("is read").path()).filter(|path| path.is_dir());
    let mut cases: Vec<(String, PathBuf)> =
        folders.map(|path| (path.file_name().expect("has a name").to_string_lossy().into_owned(), path)).collect();
    cases.sort();
    cases
}

#[test]
fn real_cases_are_found_as_expected() {
    let known = fs::read_to_string(root().join("rules/catalog/cases.toml")).expect("is read");
    let (mut scans, mut wrong, mut open) = (Scans::default(), Vec::new(), Vec::new());
    for (name, folder) in cases() {
        let expected = fs::read_to_string(folder.join("expected.toml")).expect("each case says what is expected");
        let expected: Expected = toml::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        for id in expected.also.iter().chain([&expected.case]) {
            assert!(known.contains(&format!("id = \"{id}\"")), "{name}: there is no case `{id}`");
        }
        let mut judge = |what: String, problem: Option<String>, todo: Option<&String>| match (problem, todo) {
            (None, None) => {}
            (Some(problem), None) => wrong.push(format!("{name}: {what}: {problem}")),
            (Some(_), Some(todo)) => open.push(format!("{name}: {what}: {todo}")),
            (None, Some(_)) => wrong.push(format!("{name}: {what} holds now: take its `todo` out")),
        };
        for wanted in &expected.finding {
            let (day, cache) = (wanted.as_of.to_string(), wanted.package_cache.as_deref());
            let (code, report) = scans.of(&name, &day, wanted.profile.as_deref(), cache);
            assert!(gate_agrees(*code, report), "{name}: exit {code} on {}", wanted.as_of);
            let what = format!("{} about {} on {}", wanted.rule, wanted.subject, wanted.as_of);
            judge(what, missing(report, wanted), wanted.todo.as_ref());
        }
        for nothing in &expected.nothing {
            let (code, report) = scans.of(&name, &nothing.as_of.to_string(), nothing.profile.as_deref(), None);
            assert!(gate_agrees(*code, report), "{name}: exit {code} on {}", nothing.as_of);
            let what = format!("nothing on {}, {}", nothing.as_of, nothing.why);
            judge(what, unwanted(report, nothing), nothing.todo.as_ref());
        }
        for wanted in &expected.command {
            let what = format!("{} on {}", wanted.run.join(" "), wanted.as_of);
            let said = (wanted.exit, &wanted.words[..], &wanted.without[..]);
            judge(what, unsaid(&name, &wanted.run, wanted.as_of, said), None);
        }
        for wanted in &expected.explained {
            judge(format!("explain {} on {}", wanted.subject, wanted.as_of), unexplained(&name, wanted), None);
        }
    }
    println!("{} expectations are still to be met:\n  {}", open.len(), open.join("\n  "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every case has a fixture, or it is told why it leaves nothing in files.
#[test]
fn every_case_is_reproduced_or_told_why_not() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("is read");
    let known: toml::Table = read("rules/catalog/cases.toml").parse().expect("is TOML");
    let none: toml::Table = read("fixtures/cases/none.toml").parse().expect("is TOML");
    let none = none["none"].as_table().expect("a table");
    let mut shown = std::collections::BTreeSet::new();
    for (_, folder) in cases() {
        let expected = fs::read_to_string(folder.join("expected.toml")).expect("each case says what is expected");
        let expected: Expected = toml::from_str(&expected).expect("is of this form");
        let none = expected.finding.is_empty() && expected.nothing.is_empty() && expected.explained.is_empty();
        assert!(!(none && expected.command.is_empty()));
        shown.extend(expected.also.into_iter().chain([expected.case]));
    }
    let ids = known["case"].as_array().expect("cases").iter().map(|row| row["id"].as_str().expect("an id"));
    for id in ids {
        assert!(shown.contains(id) != none.contains_key(id), "case {id}: a fixture or a reason, not both, not neither");
    }
}
