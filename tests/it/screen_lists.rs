//! How much of a list is asked, lists with two ids, parties with one number on several lists, and days of birth.

use std::fs;

use serde_json::Value;

use crate::cli::sovaudit;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = sovaudit().args(arguments).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

const DAY: [&str; 2] = ["--as-of", "2026-11-23"];

/// A data directory with rows of OFAC's consolidated list.
fn consolidated(rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [("cons_prim.csv", rows), ("cons_add.csv", ""), ("cons_alt.csv", "")];
    let paths = files.map(|(name, text)| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("writes");
        path.display().to_string()
    });
    let data = folder.path().display().to_string();
    let options = ["--accept-shrink", "--accept-incomplete", "--allow-stale", "--data-dir", &data];
    let arguments = [&["rules", "import"][..], &[paths[0].as_str()], &options].concat();
    let (code, out, error) = run(&arguments);
    assert_eq!(code, 0, "{out}{error}");
    folder
}

/// The number and the name under which the rules have the bank on the list of those whose property is blocked.
const BANK: &str = "17018,\"SBERBANK OF RUSSIA\",-0- ,\"UKRAINE-EO13662\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Executive \
                    Order 13662 Directive Determination - Subject to Directive 1; Tax ID No. 7707083893 (Russia).\"\n";

#[test]
fn a_selection_of_a_list_is_told_as_one() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let data = empty.path().display().to_string();
    let asked = ["screen", "Bank Melli Iran", "--lists", "US-SDN", "--data-dir", &data, DAY[0], DAY[1]];
    let (code, out, _) = run(&asked);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("entries that come with the rules, a selection; whole"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let (_, out, _) = run(&[&asked[..], &["--format", "json"]].concat());
    let found: Value = serde_json::from_str(&out).expect("is JSON");
    assert_eq!(found["screening"]["extent"], "selection");
    assert_eq!(found["screening"]["extents"][0]["list"], "US-SDN");
    assert_eq!(found["screening"]["extents"][0]["extent"], "selection");
    for format in ["csv", "jsonl"] {
        let (_, out, error) = run(&[&asked[..], &["--format", format]].concat());
        assert!(out.contains("selection") && error.contains("a selection"), "{out}{error}");
    }
    // what was imported is told apart from what was not
    let held = consolidated(BANK);
    let data = held.path().display().to_string();
    let asked = ["screen", "Example Unknown", "--lists", "US-SDN,US-SSI", "--format", "json", "--data-dir", &data];
    let (_, out, error) = run(&[&asked[..], &DAY].concat());
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
    let extents = found["screening"]["extents"].as_array().expect("is a list");
    let of = |list: &str| extents.iter().find(|row| row["list"] == list).map(|row| row["extent"].clone());
    assert_eq!(of("US-SDN"), Some("selection".into()));
    assert!(of("US-SSI").is_some_and(|extent| extent != "selection"), "{extents:?}");
}

#[test]
fn one_number_of_an_authority_is_one_party() {
    let held = consolidated(BANK);
    let data = held.path().display().to_string();
    for name in [&["Sberbank"][..], &[]] {
        let asked = [&["screen"], name, &["--key", "inn:7707083893", "--data-dir", &data], &DAY].concat();
        let (code, out, error) = run(&asked);
        assert_eq!(code, 1, "{out}{error}");
        assert!(out.contains("confirmed") && out.contains("US-SDN") && out.contains("one party"), "{out}");
    }
    // another name under the number: a slip of a pen, and no evidence
    let other = consolidated(&BANK.replace("SBERBANK OF RUSSIA", "EXAMPLE ORCHARDS"));
    let data = other.path().display().to_string();
    let asked = ["screen", "Sberbank", "--key", "inn:7707083893", "--data-dir", &data, DAY[0], DAY[1]];
    let (code, out, _) = run(&asked);
    assert_eq!(code, 0, "{out}");
    assert!(!out.contains("one party"), "{out}");
}

#[test]
fn a_list_has_one_id() {
    let row = "9102,\"EXAMPLE ELECTRONICS GROUP\",-0- ,\"CMIC-EO13959\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Listing Date \
               (CMIC) 03 Jun 2021.\"\n";
    let held = consolidated(row);
    let data = held.path().display().to_string();
    for id in ["US-NSCMIC", "us-ns-cmic"] {
        let asked = ["screen", "Example Electronics Group", "Huawei Technologies Co., Ltd.", "--lists", id];
        let asked = [&asked[..], &["--format", "json", "--data-dir", &data], &DAY].concat();
        let (code, out, error) = run(&asked);
        assert_eq!(code, 0, "{out}{error}");
        let found: Value = serde_json::from_str(&out).expect("is JSON");
        assert_eq!(found["screening"]["lists"], "US-NS-CMIC");
        for at in [0, 1] {
            let hit = &found["subjects"][at]["hits"][0];
            assert_eq!(hit["list"], "US-NS-CMIC", "{hit}");
            assert_eq!(hit["consequence"], "review");
            assert_eq!(hit["citation"], "EO 13959 as amended by EO 14032");
        }
    }
}

/// Files of lists leave out what their entries rest on; the rules say it by programme, or for the whole list.
#[test]
fn entries_have_a_citation() {
    let row = |number: u32, name: &str, programmes: &str, remark: &str| {
        format!("{number},\"{name}\",-0- ,\"{programmes}\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{remark}.\"\n")
    };
    let third = "Listing Date (EO 14024 Directive 3): 24 Feb 2022";
    let second = "Listing Date (EO 14024 Directive 2): 24 Feb 2022";
    // which list the file is shows at its beginning, where the menu-based entries do not stand
    let first: String =
        (0..150).map(|at| row(10_000 + at, &format!("EXAMPLE PLANT {at}"), "UKRAINE-EO13662", "-")).collect();
    let held = consolidated(
        &[
            first,
            row(9200, "EXAMPLE SAVINGS BANK", "UKRAINE-EO13662] [RUSSIA-EO14024", second),
            row(9201, "EXAMPLE DEFENCE PROCUREMENT AGENCY", "CAATSA - RUSSIA", "CAATSA Section 235 Information"),
            row(9202, "EXAMPLE TELECOM WORKS", "RUSSIA-EO14024", third),
            row(9204, "EXAMPLE OIL ENTERPRISE", "BURMA-EO14014", "Listing Date (EO 14014 Directive 1): 31 Oct 2023"),
        ]
        .concat(),
    );
    let data = held.path().display().to_string();
    let cited = |name: &str| {
        let asked = ["screen", name, "--format", "json", "--data-dir", &data, DAY[0], DAY[1]];
        let (_, out, error) = run(&asked);
        let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
        let hits = found["subjects"][0]["hits"].as_array().cloned().unwrap_or_default();
        let ours = hits.iter().filter(|hit| hit["entry"].as_str().is_some_and(|entry| entry.starts_with("92")));
        let word = |hit: &Value, of: &str| hit[of].as_str().unwrap_or("-").to_owned();
        ours.map(|hit| format!("{}: {}", word(hit, "list"), word(hit, "citation"))).collect::<Vec<_>>()
    };
    let menu = ["US-NS-MBS: CAATSA section 235, as implemented by EO 13849"];
    assert_eq!(cited("EXAMPLE DEFENCE PROCUREMENT AGENCY"), menu);
    assert_eq!(cited("EXAMPLE TELECOM WORKS"), ["US-NS-MBS: EO 14024, Directive 1A, 3 or 4 as the entry says"]);
    let bank = cited("EXAMPLE SAVINGS BANK");
    assert!(bank.contains(&"US-SSI: EO 13662 and the directives under it".to_owned()), "{bank:?}");
    assert!(bank.contains(&"US-CAPTA: EO 14024, Directive 2".to_owned()), "{bank:?}");
    assert_eq!(cited("EXAMPLE OIL ENTERPRISE"), ["US-NS-MBS: EO 14014, Directive 1"]);
}

#[test]
fn the_year_of_birth_speaks() {
    let row = "9103,\"EXAMPLE, Mohammed\",\"individual\",\"NS-PLC\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 03 Feb 1955.\"\n";
    let held = consolidated(row);
    let data = held.path().display().to_string();
    let asked = ["screen", "Mohammed Example", "--kind", "person", "--data-dir", &data, DAY[0], DAY[1], "--all"];
    let (_, out, _) = run(&asked);
    let told = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the year of birth (--born"), "{out}");
    let (_, out, _) = run(&[&asked[..], &["--born", "1955-02-03"]].concat());
    assert!(out.contains("born for: born 1955"), "{out}");
    let (_, out, _) = run(&[&asked[..], &["--born", "1971"]].concat());
    assert!(out.contains("born against: born 1971"), "{out}");
    let (code, _, error) = run(&[&asked[..], &["--born", "1971-13"]].concat());
    assert!(code == 2 && error.contains("YYYY-MM-DD"), "{error}");
    let (people, lines) = (held.path().join("people.csv"), held.path().join("people.jsonl"));
    fs::write(&people, "name,kind,date_of_birth\nMohammed Example,person,1955-02-03\n").expect("writes");
    fs::write(&lines, "{\"name\": \"Mohammed Example\", \"kind\": \"person\", \"dob\": \"1955-02\"}\n")
        .expect("writes");
    for path in [people, lines] {
        let path = path.display().to_string();
        let (_, out, error) = run(&["screen", "--file", &path, "--data-dir", &data, "--format", "csv", DAY[0], DAY[1]]);
        assert!(out.contains("born for: born 1955"), "{out}{error}");
        assert!(!error.contains("not read"), "{error}");
    }
}

/// A bank of Cuba with branches abroad, a person abroad, and companies of common names.
const ABROAD: [&str; 2] = [
    "9201,\"BANCO EJEMPLAR DE CUBA\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n\
     9202,\"EXAMPLE, Alberto\",\"individual\",\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n\
     9203,\"EJEMPLAR LTD.\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n",
    "9201,1,\"Bahnhofstrasse 1\",\"Zurich\",\"Switzerland\",-0- \n9201,2,-0- ,-0- ,\"Japan\",-0- \n\
     9202,3,-0- ,-0- ,\"Spain\",-0- \n9203,4,-0- ,-0- ,\"Spain\",-0- \n",
];

/// Best level and evidence of a name against entries that only have addresses abroad.
fn abroad(name: &str, kind: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = [("cons_prim.csv", ABROAD[0]), ("cons_add.csv", ABROAD[1])].map(|(file, text)| {
        let path = folder.path().join(file);
        fs::write(&path, text).expect("writes");
        path.display().to_string()
    });
    let data = folder.path().display().to_string();
    let options = ["--accept-shrink", "--accept-incomplete", "--allow-stale", "--data-dir", &data];
    let given = paths.each_ref().map(String::as_str);
    let (code, out, error) = run(&[&["rules", "import"][..], &given, &options].concat());
    assert_eq!(code, 0, "{out}{error}");
    let asked = ["screen", name, "--kind", kind, "--country", "CU", "--all", "--format", "json", "--data-dir", &data];
    let (_, out, error) = run(&[&asked[..], &DAY].concat());
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
    let hit = &found["subjects"][0]["hits"][0];
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    (text(&hit["level"]), text(&hit["evidence"][0]["detail"]))
}

#[test]
fn branches_abroad_do_not_hide_the_very_name() {
    let (level, detail) = abroad("Banco Ejemplar de Cuba", "organisation");
    assert_eq!((level.as_str(), detail.as_str()), ("possible", "CU; the entry has CH, JP, of addresses only"));
    for (name, kind) in
        [("Alberto Example", "person"), ("Ejemplar Ltd.", "organisation"), ("Banco Ejemplar", "organisation")]
    {
        let (level, _) = abroad(name, kind);
        assert!(["info", "weak", "none"].contains(&level.as_str()), "{name}: {level}");
    }
}

#[test]
fn the_own_country_behind_a_name_makes_no_daughter() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let data = empty.path().display().to_string();
    let hits = |name: &str, country: &str| {
        let asked = ["screen", name, "--country", country, "--all", "--format", "json", "--data-dir", &data];
        let (_, out, error) = run(&[&asked[..], &DAY].concat());
        let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
        found["subjects"][0]["hits"].as_array().expect("hits").clone()
    };
    for (name, list) in [("VTB Bank Russia", "EU-269"), ("Sberbank of Russia", "EU-269")] {
        let found = hits(name, "RU");
        let hit = found.iter().find(|hit| hit["list"] == list).expect("is found");
        assert_eq!(hit["level"], "possible", "{hit:#}");
        assert_eq!(hit["evidence"][0]["detail"], "RU on both sides");
        assert!(!hit["flags"].as_array().expect("flags").contains(&"relative".into()), "{hit:#}");
    }
    // another country's name makes a daughter of it, and what was given is told as given
    let found = hits("VTB Bank Deutschland", "DE");
    let hit = found.iter().find(|hit| hit["list"] == "EU-269").expect("is found");
    assert_eq!(hit["level"], "weak", "{hit:#}");
    assert!(hit["flags"].as_array().expect("flags").contains(&"relative".into()), "{hit:#}");
    assert_eq!(hit["evidence"][0]["bearing"], "against");
    assert!(found.iter().all(|hit| !hit.to_string().contains("not given")), "{found:#?}");
}
