//! Names against listed parties: as users meet it, and the properties that the index must keep.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;
use sovaudit::catalog::Layer;
use sovaudit::lists::{CountryRole, KeyKind, NameRole, Party, PartyCountry, PartyKey, PartyKind, PartyName};
use sovaudit::model::CountryCode;
use sovaudit::screening::engine::manner;
use sovaudit::screening::index::{Index, Search, build};
use sovaudit::screening::normalise::{Form, Lexicon};
use sovaudit::screening::pair::{Ready, compare, score_pair};
use sovaudit::screening::score::Manner;
use sovaudit::screening::{Engine, Flag, Hit, Level, Memory, Parties, Query, QueryKey};

use crate::cli::sovaudit;

fn screen(arguments: &[&str]) -> (i32, String, String) {
    let command = sovaudit().arg("screen").args(arguments).args(["--as-of", "2026-11-23"]).output();
    let output = command.expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn lexicon() -> Lexicon {
    let layer = Layer::embedded();
    let files = layer.files.iter().filter(|(path, _)| path.starts_with("screening/"));
    Lexicon::read(files.map(|(path, text)| (path.as_str(), text.as_str()))).expect("the embedded words are sound")
}

#[test]
fn a_listed_bank_fails_the_gate_and_says_why() {
    let (code, out, error) = screen(&["Alfa-Bank JSC", "--kind", "organisation", "--country", "RU"]);
    assert_eq!(code, 1, "{out}{error}");
    for part in ["probable", "US-SDN", "OFAC:34682 (block)", "RUSSIA-EO14024", "since 2022-04-06", "RU on both sides"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(out.contains("Gate: failed") && out.contains("No legal advice"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    // the name alone is not enough, another country speaks against it, and a day before the listing has no entry
    let names = ["Alfa-Bank JSC", "--kind", "organisation", "--lists", "US-SDN"];
    assert_eq!(screen(&names).0, 0);
    assert_eq!(screen(&[&names[..], &["--strict"]].concat()).0, 1);
    assert_eq!(screen(&[&names[..], &["--country", "DE", "--strict"]].concat()).0, 0);
    let (code, out, _) = screen(&["Wagner Group GmbH", "--country", "DE", "--kind", "organisation"]);
    assert_eq!(code, 0, "{out}");
    let before = sovaudit()
        .args(["screen", "Alfa-Bank JSC", "--country", "RU", "--lists", "US-SDN", "--as-of", "2022-04-05"])
        .output()
        .expect("the binary runs");
    assert_eq!(before.status.code(), Some(0));
}

#[test]
fn what_cannot_be_asked_is_an_error_and_no_pass() {
    for (arguments, part) in [
        (&[""][..], "no letter"),
        (&[" - "], "no letter"),
        (&["X", "--lists", "US-NONE"], "there are entries of CN-"),
        (&["X", "--lists", "US-NONE"], "no entries of US-NONE"),
        (&["X", "--lists", " "], "names no list"),
        (&["X", "--kind", "planet"], "is none of organisation"),
        (&["X", "--country", "Atlantis"], "is no country"),
        (&["X", "--key", "example.com"], "is no identifier"),
        (&["X", "--threshold", "0.2"], "between 0.7 and 1"),
        (&["X", "--format", "xml"], "there is no format"),
        (&["--file", "no/such/file.txt"], "cannot read"),
        (&["X", "--profile", "mars"], "there is no profile"),
    ] {
        let (code, out, error) = screen(arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}");
        let error = error.replace("\n  ", " ");
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[test]
fn files_are_answered_in_their_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let lines: Vec<String> = (0..9_000).map(|at| format!("Harmless Name {at}")).collect();
    fs::write(path("names.txt"), format!("\u{feff}{}\n\n", lines.join("\r\n"))).expect("is written");
    let (code, out, error) = screen(&["--file", &path("names.txt"), "--format", "jsonl"]);
    assert_eq!(code, 0, "{error}");
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
    let names: Vec<&str> = answers.iter().map(|answer| answer["name"].as_str().expect("has a name")).collect();
    assert_eq!(names, lines);
    // a header names the columns; without one there is one column of names
    fs::write(
        path("s.csv"),
        "country,name,kind,keys\nCN,Huawei Technologies Co. Ltd,organisation,domain:https://www.huawei.com/en\n,,,\n",
    )
    .expect("is written");
    let (_, out, error) = screen(&["--file", &path("s.csv"), "--format", "csv"]);
    assert!(out.lines().any(|line| line.contains("US-EL") && line.contains("us-el-001")), "{out}{error}");
    fs::write(path("t.csv"), "\"Kaspersky Lab, AO\"\n").expect("is written");
    let (_, out, _) = screen(&["--file", &path("t.csv"), "--country", "RU", "--format", "csv"]);
    assert!(out.contains("AO Kaspersky Lab"), "{out}");
    fs::write(path("b.jsonl"), "{\"name\": \"A\"}\n{\"nam\": 1}\n").expect("is written");
    let (code, _, error) = screen(&["--file", &path("b.jsonl")]);
    assert!(code == 2 && error.contains("line 2"), "{error}");
    fs::write(path("e.jsonl"), "{\"name\": \"=1+2\\u001b[31m\", \"kind\": \"person\"}\n").expect("is written");
    let (_, out, _) = screen(&["--file", &path("e.jsonl"), "--format", "json"]);
    assert!(!out.contains('\u{1b}'), "{out}");
    let whole: Value = serde_json::from_str(&out).expect("is JSON");
    assert_eq!(whole["screening"]["gate"], "passed");
}

/// Screens a file with this name and text.
fn screen_file(name: &str, text: &str, more: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name).display().to_string();
    fs::write(&path, text).expect("is written");
    screen(&[&["--file", &path], more].concat())
}

#[test]
fn tables_of_any_layout_are_read_or_refused() {
    let bank = "\"Alfa-Bank, JSC\"";
    for (name, text) in [
        ("comma.csv", format!("Vendor,Country\n{bank},Russian Federation\n")),
        ("semicolon.csv", format!("Supplier;Land;Country\n{bank};x;RU|DE\n")),
        ("said.csv", format!("sep=;\r\nCompany_Name;country\r\n{bank};RU\r\n")),
        ("tab.tsv", format!("id\tcountry\tParty\n1\tRU\t{bank}\n")),
        ("tab.csv", format!("\u{feff}entity\tcountry\n{bank}\tRussia\n")),
        ("blank.csv", format!("\n\nname,country\n\n{bank},\"DE;RU\"\n")),
        ("table.txt", format!("organisation,country\n{bank},RU\n")),
    ] {
        let (code, out, error) = screen_file(name, &text, &["--kind", "organisation"]);
        assert_eq!(code, 1, "{name}: {out}{error}");
        assert_eq!(error.contains("not read: Land"), name == "semicolon.csv", "{error}");
    }
    for (name, text, part) in [
        ("a.csv", "Alfa-Bank JSC,RU\n", "does not say which is the name"),
        ("b.csv", "Alfa-Bank JSC;RU\n", "does not say which is the name"),
        ("c.csv", "company,name,country\nA,B,RU\n", "rename"),
        ("d.csv", "name,country\n", "no subject to screen"),
        ("e.csv", "", "no subject to screen"),
        ("f.txt", "\n \n", "no subject to screen"),
        ("g.csv", "name\nAcme, Inc\n", "line 2"),
        ("h.csv", "name,country\nA,DE\n\"Bad,DE\nC,DE\n", "quote that begins on line 3"),
        ("i.csv", "name,country\nUnited Kingdom Co,GB DE\n", "is no country"),
        ("j.json", "[{\"name\": \"A\"}]\n", "one object a line"),
        ("k.jsonl", "{\"name\": \"A\", \"nation\": \"DE\"}\n", "unknown field `nation`, expected one of `name`"),
    ] {
        let (code, out, error) = screen_file(name, text, &[]);
        let error = error.replace("\n  ", " ");
        assert!(code == 2 && error.contains(part), "{name}: {code} {out}{error}");
        assert!(!out.contains("Gate: passed"), "{out}");
    }
    let (code, out, error) = screen_file("names.csv", "Harmless Name\n\"Other, Inc.\"\n", &["--format", "csv"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.lines().nth(2).is_some_and(|row| row.starts_with("\"Other, Inc.\",unknown,,none,")), "{out}");
    assert!(out.lines().next().is_some_and(|row| row.ends_with("digest,decision,origin,extent")), "{out}");
}

#[test]
fn standard_input_is_told_by_its_first_line() {
    for text in
        ["{\"name\": \"Alfa-Bank JSC\", \"country\": \"RU\"}\n", "name;country\nAlfa-Bank JSC;RU\n", "Alfa-Bank JSC\n"]
    {
        let output = sovaudit()
            .args(["screen", "--file", "-", "--as-of", "2026-11-23", "--strict", "--kind", "organisation"])
            .args(["--country", "RU"])
            .write_stdin(text)
            .output()
            .expect("the binary runs");
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(1) && out.starts_with("Alfa-Bank JSC\n"), "{text}: {out}");
    }
}

#[test]
fn a_bad_row_is_told_and_the_rest_screened() {
    let text = "name,country\nHarmless Name,DE\nX,Atlantis\nAlfa-Bank JSC,RU\nY,Atlantis\n";
    let (code, out, error) = screen_file("x.csv", text, &["--kind", "organisation", "--format", "json"]);
    assert_eq!(code, 2, "{error}");
    let whole: Value = serde_json::from_str(&out).expect("is JSON");
    assert_eq!(whole["subjects"].as_array().map(Vec::len), Some(2));
    assert_eq!((&whole["screening"]["gate"], &whole["screening"]["unread"]), (&"failed".into(), &2.into()));
    assert!(error.contains("2 subjects") && error.contains("line 3") && error.contains("line 5"), "{error}");
    let many = format!("name,country\nA,DE\n{}", "X,Atlantis\n".repeat(30));
    let (code, out, error) = screen_file("x.csv", &many, &[]);
    assert!(code == 2 && error.contains("and 10 more"), "{error}");
    assert!(out.contains("Gate: incomplete; 30 subjects could not be read"), "{out}");
}

#[test]
fn identifiers_are_checked_before_they_are_asked() {
    for (key, part) in [
        ("domian:huawei.com", "choose one of"),
        ("imo:IMO 9074728", "check digits"),
        ("lei:253400WSS48YWMBUA689", "check digits"),
        ("inn:7707083894", "check digits"),
        ("wallet:x", "is no wallet"),
        ("domain:huawei", "is no domain"),
    ] {
        let (code, out, error) = screen(&["--key", key]);
        assert!(error.lines().all(|line| line.chars().count() <= 80), "{error}");
        let error = error.replace("\n  ", " ");
        assert!(code == 2 && error.contains(part), "{key}: {out}{error}");
    }
    let kinds = ["cocoapods:x", "github:nobody-at-all", "imo:IMO 9074729", "btc:1EXAMPLEaddressEXAMPLE"];
    for key in &kinds[1..] {
        assert_eq!(screen(&["--key", key]).0, 0, "{key}: {:?}", screen(&["--key", key]));
    }
    let error = screen(&["--key", "domian:x"]).2.replace("\n  ", " ");
    let help = sovaudit().args(["screen", "--help"]).output().expect("the binary runs");
    let help = String::from_utf8(help.stdout).expect("is UTF-8");
    let help: Vec<&str> = help.split([' ', ',', '.', ';', '\n']).collect();
    let listed = error.split("choose one of ").nth(1).expect("lists kinds").split(", or").next().expect("ends");
    for kind in listed.split(", ") {
        assert!(help.contains(&kind.trim()), "{kind}: {help:?}");
    }
    // a wallet is found with and without its currency
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().display().to_string();
    let files = ["sdn.csv", "alt.csv", "add.csv"].map(|file| format!("fixtures/lists/ofac-csv/sdn/{file}"));
    let options = ["--accept-shrink", "--accept-incomplete", "--allow-stale", "--data-dir", &data];
    let done = sovaudit().args(["rules", "import"]).args(files).args(options).output().expect("the binary runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let address = "1EXAMPLEaddressEXAMPLEaddress11";
    for kind in ["btc", "xbt", "wallet", "wallet:XBT"] {
        let key = format!("{kind}:{address}");
        let (_, out, error) = screen(&["--key", &key, "--data-dir", &data, "--lists", " us-sdn "]);
        assert_eq!(out.lines().next().map(|line| line.contains("BTC")), Some(false), "{out}");
        assert!(out.contains("confirmed by key  US-SDN: "), "{key}: {out}{error}");
    }
    let (_, out, _) = screen(&["X1", "--data-dir", &data, "--lists", "EU-269"]);
    assert!(out.contains("listed parties of EU-269") && !out.contains("US-SDN"), "{out}");
}

#[test]
fn the_table_says_once_what_would_change_and_counts_who_is_needed() {
    let (code, out, _) = screen(&["Alfa-Bank JSC", "--kind", "organisation", "--lists", "us-sdn, EU-269", "--all"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Gate: passed; ") && out.contains("(--strict fails on them)"), "{out}");
    assert!(out.contains("w is a warning") && out.matches("raised by").count() == 1, "{out}");
    assert!(out.contains("    sha256    "), "{out}");
    let (_, out, _) = screen(&["Harmless Name"]);
    assert!(!out.contains("is a warning") && out.contains("Gate: passed\n"), "{out}");
}

#[test]
fn decisions_that_matched_nothing_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("d.toml").display().to_string();
    let text = format!(
        "[[decision]]\nid = \"old-one\"\nsubject = {{ name = \"Nobody\" }}\nverdict = \"false-positive\"\n\
         entry = {{ list = \"US-SDN\", id = \"OFAC:34682\", sha256 = \"{}\" }}\nreason = \"x\"\n\
         decided-by = \"a\"\ndecided-on = \"2026-11-01\"\nexpires-on = \"2026-12-01\"\n",
        "0".repeat(64)
    );
    fs::write(&path, text).expect("is written");
    let alfa = ["--decisions", &path, "--country", "RU", "--kind", "organisation"];
    let (_, _, error) = screen(&[&["Alfa-Bank JSC"], &alfa[..]].concat());
    assert!(error.contains("decision `old-one` matched nothing"), "{error}");
}

#[test]
fn pairs_are_scored_row_by_row() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("pairs.csv");
    fs::write(&path, "id,name1,name2,schema\n1,Exampel Bank AG,Example Bank,Company\n2,Ann Bo,Cy Do,Person\n")
        .expect("is written");
    let (code, out, error) = screen(&["--pairs", &path.display().to_string()]);
    assert_eq!(code, 0, "{error}");
    let scores: Vec<f32> = out.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(scores[0] > 0.85 && scores[1] < 0.3, "{out}");
}

fn words(text: &str, kind: PartyKind) -> Vec<String> {
    let forms = Form::all(text, kind, &lexicon());
    forms.first().map(|form| form.words().map(str::to_owned).collect()).unwrap_or_default()
}

#[test]
fn names_are_brought_into_one_form() {
    let organisation = |text: &str| words(text, PartyKind::Organisation).join(" ");
    for (text, expected) in [
        ("The Example Company, Ltd.", "example"),
        ("ООО «Пример»", "primer"),
        ("Obshchestvo S Ogranichennoi Otvetstvennostyu PRIMER", "primer"),
        ("Example S.A. de C.V.", "example"),
        ("PT Contoh Tbk", "contoh"),
        ("A.B.C. Company", "abc"),
        ("J. P. Example & Co.", "jp example"),
        ("ExampleAG", "example"),
        ("Example Comapny", "example"),
        ("Brigade Forty-Four", "brigade 44"),
        ("Example Partners VI L.P.", "example partner 6"),
        ("11420 CORP.", "11420"),
        ("The Company", "the company"),
        ("ΠΑΡΑΔΕΙΓΜΑ ΑΕ", "paradeigma ae"),
        ("Ex\u{200b}ample\u{202e} Bank", "example bank"),
        // Cyrillic а and е in a Latin word
        ("Ex\u{430}mpl\u{435}", "example"),
        ("Int'l Example Trdg", "international example trading"),
        ("Long Ship610", "long ship 610"),
    ] {
        assert_eq!(organisation(text), expected, "{text}");
    }
    assert_eq!(words("Dr. Ann EXAMPLE", PartyKind::Person), ["ann", "example"]);
    assert_eq!(words("M/V Example Star", PartyKind::Vessel), ["example", "star"]);
    // two letters of Greek are one sound
    assert_eq!(words("Μπάμπης Παπαδόπουλος", PartyKind::Person), ["bampis", "papadopoulos"]);
    assert_eq!(words("Ντόκος Χουρ", PartyKind::Person), ["dokos", "khour"]);
    // Arabic by its consonants, with the article and without
    let score = |a: &str, b: &str| score_pair(a, b, PartyKind::Person, &lexicon()).expect("are names").2.score;
    for (a, b) in [
        ("كريم الكندي", "Karim AL-KINDI"),
        ("عبد الله الحمدان", "Abdullah AL-HAMDAN"),
        ("الياس كرم سالم", "Elias KARAM SALEM"),
    ] {
        assert!(score(a, b) > 0.95, "{a} ~ {b}: {}", score(a, b));
    }
    assert!(score("كريم الكندي", "Karim AL-KUNTI") < 0.80);
    // Han is matched as it stands and as it is read
    let both: Vec<String> = Form::all("例子技术有限公司", PartyKind::Organisation, &lexicon())
        .iter()
        .map(|form| form.words().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(both, ["lizi technology", "例子 technology", "例子"]);
    assert_eq!(organisation("شركة مثال"), organisation("مثال"));
    assert!(Form::all("!!! …", PartyKind::Unknown, &lexicon()).is_empty());
}

#[test]
fn scores_of_pairs_stand_where_they_should() {
    let lexicon = lexicon();
    let score = |a: &str, b: &str| {
        score_pair(a, b, PartyKind::Organisation, &lexicon).map_or(0.0, |(_, _, parts, _)| parts.score)
    };
    for (a, b) in [
        ("Huawie Technologies", "HUAWEI TECHNOLOGIES CO., LTD."),
        ("Good Will Company", "Goodwill Company"),
        ("Zavod Primer", "Primer Plant"),
        ("Technologies Orel", "OREL TECHNOLOGY LLC"),
        ("Primer Industries", "PRIMER INDUSTRIAL CO"),
        ("Example Capital Fund X L.P.", "Example Capital Fund XI L.P."),
        ("Пример Торг", "PRIMER TORG, OOO"),
    ] {
        assert!(score(a, b) >= 0.85, "{a} ~ {b}: {}", score(a, b));
    }
    for (a, b) in [
        ("Banco Santander S.A.", "Banco Santander México S.A."),
        ("Saudi Arabian Gas Company", "Saudi Arabian Oil Company"),
        ("Government of Estonia", "Government of Ethiopia"),
        ("Plant 423", "Plant 9"),
        ("Volkswagen AG", "Siemens AG"),
        ("SMT&C Co., Ltd.", "SMT-K OOO"),
        ("C Technologies AB", "K TECHNOLOGIES JSC"),
    ] {
        assert!(score(a, b) < 0.85, "{a} ~ {b}: {}", score(a, b));
    }
}

/// Invented parties of a small world, in which everything resembles something.
fn world() -> Vec<Party> {
    const FRONT: [&str; 14] =
        ["vol", "kar", "mash", "ruz", "al", "tem", "zor", "bel", "shen", "kha", "gor", "pet", "lin", "ax"];
    const BACK: [&str; 9] = ["nik", "ova", "tron", "gaz", "dar", "im", "berg", "yun", "ex"];
    const TRADE: [&str; 9] =
        ["bank", "trading", "technology", "oil", "shipping", "group", "institute", "china", "plant"];
    let mut parties = Vec::new();
    for at in 0..1_500_usize {
        let word = |salt: usize| format!("{}{}", FRONT[(at * 7 + salt) % 14], BACK[(at * 5 + at / 14 + salt * 3) % 9]);
        let kind = [PartyKind::Organisation, PartyKind::Person, PartyKind::Vessel, PartyKind::Unknown][at % 4];
        let texts = match kind {
            PartyKind::Person => {
                vec![format!("{} {} {}", word(1), &word(2)[..1], word(3)), format!("{} {}", word(1), word(3))]
            }
            PartyKind::Vessel => vec![format!("{} {}", word(1), at % 40)],
            _ => vec![
                format!("{} {} {} LLC", word(1), word(2), TRADE[at % 9]),
                format!("{}{} {}", word(1), word(2), TRADE[(at + 1) % 9]),
                format!("{} {} of {}", TRADE[(at + 3) % 9], TRADE[(at + 5) % 9], word(4)),
            ],
        };
        let name = |(at, text): (usize, String)| PartyName {
            text: text.into(),
            role: if at == 0 { NameRole::Primary } else { NameRole::Alias },
            weak: false,
            language: None,
        };
        parties.push(Party {
            list: "TEST".into(),
            entry: at.to_string().into(),
            kind,
            names: texts.into_iter().enumerate().map(name).collect(),
            ..Party::default()
        });
    }
    parties
}

/// A listed name made ready, with its party, its place there and its kind.
type Naive = (u32, u32, Ready, PartyKind);

fn naive(index: &Index<'_>, lexicon: &Lexicon, parties: &[Party]) -> Vec<Naive> {
    let mut all = Vec::new();
    for (at, party) in (0..).zip(parties) {
        for (name, text) in (0..).zip(&party.names) {
            for form in Form::all(&text.text, party.kind, lexicon) {
                all.push((at, name, index.ready(form), party.kind));
            }
        }
    }
    all
}

fn best(found: &mut BTreeMap<(u32, u32), f32>, key: (u32, u32), score: f32) {
    let slot = found.entry(key).or_insert(0.0);
    *slot = slot.max(score);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    /// Looking at every name finds what the index finds, with the same scores: blocking loses nothing.
    #[test]
    fn the_index_loses_no_match(
        seeds in prop::collection::vec((0_usize..1_500, 0_usize..3, 0_usize..60, 0_u8..5, 0_u8..8), 18),
        threshold in prop::sample::select(vec![0.70_f32, 0.80, 0.90]),
    ) {
        let lexicon = lexicon();
        let parties = world();
        let index = build(&parties, &lexicon);
        let all = naive(&index, &lexicon, &parties);
        let mut search = Search::default();
        for (at, name, place, slip, shape) in seeds {
            let party = &parties[at];
            let text = misspelt(&party.names[name % party.names.len()].text, place, slip);
            let text = reshaped(&text, &parties[(at + place) % parties.len()].names[0].text, place, shape);
            let kind = if place % 2 == 0 { PartyKind::Unknown } else { party.kind };
            for form in Form::all(&text, kind, &lexicon) {
                let mut found = BTreeMap::new();
                search.find(&index, &form, manner(kind), threshold, |one| {
                    best(&mut found, index.party_of(one.name), one.parts.score);
                });
                let query = index.ready(form);
                let mut expected = BTreeMap::new();
                for (party, name, ready, listed) in &all {
                    let person = *listed == PartyKind::Person;
                    let how = manner(kind).unwrap_or(if person { Manner::Person } else { Manner::Organisation });
                    let (parts, _) = compare(&query, ready, how);
                    if parts.score >= threshold {
                        best(&mut expected, (*party, *name), parts.score);
                    }
                }
                prop_assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{}", text);
                for (key, score) in &expected {
                    prop_assert!((found[key] - score).abs() < 1e-3, "{}: {:?}", text, key);
                }
            }
        }
    }

    /// Whatever is asked is answered, and two names score the same every time.
    #[test]
    fn any_text_is_a_name(a in ".{0,60}", b in ".{0,60}") {
        let lexicon = lexicon();
        for kind in [PartyKind::Organisation, PartyKind::Person, PartyKind::Vessel] {
            if let Some((_, _, parts, _)) = score_pair(&a, &b, kind, &lexicon) {
                prop_assert!((0.0..=1.0).contains(&parts.score), "{}", parts.score);
            }
            if let Some((_, _, parts, _)) = score_pair(&a, &a, kind, &lexicon) {
                prop_assert!(parts.score >= 0.85, "{:?}: {}", a, parts.score);
            }
        }
    }
}

fn misspelt(text: &str, place: usize, slip: u8) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = 1 + place % (letters.len() - 2);
    match slip {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, 'e'),
        2 => letters.swap(at, at + 1),
        3 => letters[at] = 'o',
        _ => {}
    }
    letters.into_iter().collect()
}

/// A name as people change it: a number more, first letters for words, a word less, words of another name.
fn reshaped(text: &str, other: &str, place: usize, shape: u8) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    let at = place % words.len();
    let number = format!("{} {}", place % 40, place % 7);
    match shape {
        0 => words.push(&number),
        1 => words[at] = words[at].get(..1).unwrap_or("a"),
        2 if words.len() > 1 => drop(words.remove(at)),
        3 => words.extend(other.split(' ').next()),
        4 => words[at] = other.split(' ').next_back().unwrap_or("x"),
        5 => words.reverse(),
        _ => {}
    }
    words.join(" ")
}

#[test]
fn stored_arrays_are_the_index_and_damaged_ones_are_none() {
    let lexicon = lexicon();
    let parties = world();
    let index = build(&parties, &lexicon);
    let stored: BTreeMap<String, Vec<u8>> =
        index.sections().into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect();
    // as the store does: sections begin at multiples of eight
    let aligned: BTreeMap<&str, Vec<u64>> = stored
        .iter()
        .map(|(name, bytes)| {
            let mut words = vec![0_u64; bytes.len().div_ceil(8)];
            bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
            (name.as_str(), words)
        })
        .collect();
    let section = |name: &str| Some(&bytemuck::cast_slice::<u64, u8>(aligned.get(name)?)[..stored[name].len()]);
    let again = Index::from_sections(section, lexicon.digest()).expect("is the same");
    assert_eq!((again.names(), again.parties()), (index.names(), parties.len()));
    let mut search = Search::default();
    let form = &Form::all(&parties[0].names[0].text, PartyKind::Organisation, &lexicon)[0];
    let mut found = Vec::new();
    search.find(&again, form, Some(Manner::Organisation), 0.9, |one| found.push(again.party_of(one.name).0));
    assert!(found.contains(&0));
    assert!(Index::from_sections(section, lexicon.digest() ^ 1).is_none(), "made with other words");
    for name in stored.keys() {
        let missing = |asked: &str| if asked == name { None } else { section(asked) };
        assert!(Index::from_sections(missing, lexicon.digest()).is_none(), "{name} is missing");
        let cut = |asked: &str| {
            section(asked).map(|bytes| if asked == name { &bytes[..bytes.len() / 16 * 8] } else { bytes })
        };
        if let Some(index) = Index::from_sections(cut, lexicon.digest()) {
            search.find(&index, form, None, 0.7, |_| ());
        }
        let noise = vec![0xA5_A5_A5_A5_A5_A5_A5_A5_u64; stored[name].len().div_ceil(8)];
        let noisy = |asked: &str| {
            let whole = bytemuck::cast_slice::<u64, u8>(&noise);
            if asked == name { Some(&whole[..stored[name].len()]) } else { section(asked) }
        };
        if let Some(index) = Index::from_sections(noisy, lexicon.digest()) {
            search.find(&index, form, None, 0.7, |_| ());
        }
    }
}

struct Few(Vec<Party>);

impl Parties for Few {
    fn party(&self, at: u32) -> Option<std::borrow::Cow<'_, Party>> {
        self.0.get(at as usize).map(std::borrow::Cow::Borrowed)
    }

    fn owners(&self, kind: &str, value: &str) -> Vec<u32> {
        if (kind, value) == ("github", "volnik") { vec![0] } else { Vec::new() }
    }
}

fn code(text: &str) -> CountryCode {
    CountryCode::new(text).expect("is a code")
}

/// The first hit of a query against two invented companies, a ship and a person.
fn hit(ask: impl FnOnce(&mut Query)) -> Option<Hit> {
    let party = |kind, names: &[(&str, bool)], country: &str| Party {
        list: "TEST".into(),
        entry: names[0].0.into(),
        kind,
        names: names
            .iter()
            .map(|(text, weak)| PartyName {
                text: (*text).into(),
                role: NameRole::Primary,
                weak: *weak,
                language: None,
            })
            .collect(),
        countries: vec![PartyCountry { code: code(country), role: CountryRole::Address }],
        ..Party::default()
    };
    let mut parties = vec![
        party(PartyKind::Organisation, &[("Volnik Karova Bank LLC", false), ("Zimdar Traktor", true)], "RU"),
        party(PartyKind::Organisation, &[("Tarmolin JSC", false)], "RU"),
        party(PartyKind::Vessel, &[("PIONEER STAR", false)], "RU"),
        party(PartyKind::Person, &[("Anna Petrovna Kuzmina", false)], "RU"),
    ];
    parties[0].keys = vec![
        PartyKey { kind: KeyKind::Domain, value: "volnik.example".into() },
        PartyKey { kind: KeyKind::Inn, value: "7707083893".into() },
    ];
    parties[1].addresses = vec!["12 Sadovaya, Novogorsk".into()];
    parties[3].born = vec![1970];
    let lexicon = lexicon();
    let index = build(&parties, &lexicon);
    let parties = Few(parties);
    let engine = Engine { index: &index, parties: &parties, lexicon: &lexicon, threshold: 0.85 };
    let mut query = Query { kind: PartyKind::Organisation, ..Query::default() };
    ask(&mut query);
    engine.screen(&query, &mut Memory::default()).into_iter().next()
}

#[test]
fn levels_follow_the_evidence() {
    let level = |ask: &dyn Fn(&mut Query)| hit(|query| ask(query)).map(|hit| hit.level);
    let named = |name: &'static str, country: Option<&'static str>| {
        move |query: &mut Query| {
            query.name = name.into();
            query.countries = country.into_iter().map(code).collect();
        }
    };
    let key = |name: &'static str, text: &'static str| {
        move |query: &mut Query| {
            query.name = name.into();
            query.keys = vec![QueryKey::parse(text).expect("is a key")];
        }
    };
    assert_eq!(level(&named("Karova Volnik Bank", Some("RU"))), Some(Level::Probable));
    assert_eq!(level(&named("Volnik Karova Bank", None)), Some(Level::Possible));
    assert_eq!(level(&named("Volnik Karova Bank", Some("DE"))), Some(Level::Info));
    assert_eq!(level(&named("Volnk Karova Bank", Some("RU"))), Some(Level::Possible), "misspelt");
    assert_eq!(level(&named("Tarmolin", Some("RU"))), Some(Level::Possible), "one word");
    assert_eq!(level(&named("Tarmolin", None)), Some(Level::Weak));
    let town = |query: &mut Query| {
        named("Tarmolin JSC", Some("RU"))(query);
        query.addresses = vec!["Novogorsk".into()];
    };
    assert_eq!(level(&town), Some(Level::Probable));
    assert_eq!(level(&named("Zimdar Traktor", Some("RU"))), Some(Level::Weak), "weak alias");
    let weak = hit(named("Zimdar Traktor", Some("RU"))).expect("is found");
    assert!(weak.score <= 0.80 && weak.flags.contains(&Flag::WeakAlias));
    assert_eq!(level(&named("Pioneer Star", Some("RU"))), Some(Level::Info), "a ship is no company");
    assert_eq!(level(&key("Something Else", "inn:7707083893")), Some(Level::Confirmed));
    assert_eq!(level(&key("Volnik Karova Bank", "domain:www.volnik.example")), Some(Level::Probable));
    assert_eq!(level(&key("Something Else", "github:volnik")), Some(Level::Confirmed));
    assert_eq!(level(&key("Something Else", "domain:other.example")), None);
    assert_eq!(level(&named("Harmless Widgets", Some("RU"))), None);
    let person = |born: Option<u16>| {
        move |query: &mut Query| {
            query.name = "KUZMINA, Anna".into();
            query.kind = PartyKind::Person;
            query.countries = vec![code("RU")];
            query.born = born;
        }
    };
    assert_eq!(level(&person(None)), Some(Level::Possible), "never higher on the name");
    assert_eq!(level(&person(Some(1980))), Some(Level::Info));
}

#[test]
fn a_rich_entry_scores_like_a_bare_one() {
    let lexicon = lexicon();
    let name = |text: &str| PartyName { text: text.into(), role: NameRole::Primary, weak: false, language: None };
    let bare = Party { list: "T".into(), entry: "1".into(), names: vec![name("Volnik Karova")], ..Party::default() };
    let mut rich = bare.clone();
    rich.names.extend(["Zimdar", "Belnik Trading", "Altron Oil"].map(name));
    rich.addresses = vec!["1 Long Road, Far City".into(); 9];
    let score = |party: &Party| {
        let index = build([party], &lexicon);
        let parties = Few(vec![party.clone()]);
        let engine = Engine { index: &index, parties: &parties, lexicon: &lexicon, threshold: 0.7 };
        let hits = engine.screen(&Query::of("Volnik Karowa", PartyKind::Unknown), &mut Memory::default());
        hits.first().map(|hit| hit.score)
    };
    assert!(score(&bare).is_some());
    assert_eq!(score(&bare), score(&rich));
}

/// Words of a rule folder count in a scan too, whether the command line or the configuration names it.
#[test]
fn words_of_rule_folders_count_in_scans() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        std::fs::write(path, text).expect("writes");
    };
    write("sovaudit.toml", "rules = [\"own\"]\n");
    write("own/screening/words.toml", "[[nonsense]]\n");
    write(
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [
        {"type": "library", "name": "a", "version": "1", "purl": "pkg:pypi/a@1", "authors": [{"name": "Example Ltd"}]}]}"#,
    );
    let output = sovaudit().arg("scan").arg(folder.path()).output().expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("screening/words.toml") && error.contains("nonsense"), "{error}");
}
