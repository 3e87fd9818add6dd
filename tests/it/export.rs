//! Export control: classes on both sides of every bound, destinations against a table made by hand, what people see.

use std::fs;
use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::Value;
use sovaudit::catalog::Catalog;
use sovaudit::catalog::rows::{Item, MemoryStack};
use sovaudit::export::{Answer, Class, Figures, Law, PartyFacts, Question, Rate, SeatFact, Subject, assess};
use sovaudit::model::{CountryCode, Date, Verification};

use crate::cli::{root, sovaudit};

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(Catalog::embedded)
}

fn day(text: &str) -> Date {
    Date::parse(text).expect("is a date")
}

fn country(code: &str) -> CountryCode {
    CountryCode::new(code).expect("is a code")
}

/// A circuit by its TPP, its die area, and whether it is for data centres.
fn circuit(tpp: f64, area: Option<f64>, data_centre: bool) -> Figures {
    Figures {
        item: Item::Processor,
        rates: [Rate { bits: 8, tera: tpp / 8.0 }].into_iter().collect(),
        area,
        interconnect: None,
        bandwidth: None,
        memory_area: None,
        data_centre,
    }
}

fn class(figures: &Figures, on: &str) -> Class {
    Class::of(figures, &Law::on(catalog(), day(on)))
}

const TODAY: &str = "2026-11-23";

#[test]
fn known_products_have_known_figures() {
    let known = [
        ("nvidia-a100-sxm4-80", 4992.0, 6.04, "3A090.a"),
        ("nvidia-h100-sxm", 15831.0, 19.45, "3A090.a"),
        ("nvidia-h200-sxm", 15831.0, 19.45, "3A090.a"),
        ("nvidia-l40s", 5864.0, 9.63, "3A090.a"),
        ("nvidia-h20", 2368.0, 2.91, "below"),
        ("nvidia-rtx-5090-d", 4750.0, 6.33, "excluded-note2"),
        ("nvidia-a30", 2644.0, 3.20, "3A090.b"),
        ("nvidia-a40", 2395.0, 3.81, "3A090.b"),
        ("nvidia-a10", 2000.0, 3.18, "below"),
        ("nvidia-l4", 1940.0, 6.60, "3A090.a"),
        ("nvidia-l40", 2896.0, 4.76, "3A090.b"),
        ("nvidia-l20", 1912.0, 3.139, "below"),
        ("nvidia-rtx-5090", 6704.0, f64::NAN, "3A090.a-nondc"),
        ("amd-mi100", 2954.0, 3.94, "3A090.b"),
        ("graphcore-gc200", 4000.0, 4.86, "3A090.b"),
        ("furiosa-rngd", 4096.0, 6.27, "3A090.a"),
    ];
    for (id, tpp, density, word) in known {
        let row = catalog().accelerator(id).expect("is in the table");
        let class = Subject::of(row, catalog()).class(&Law::on(catalog(), day(TODAY)));
        assert_eq!(class.class, word, "{id}: {}", class.arithmetic());
        assert!((class.tpp.expect("has rates") - tpp).abs() <= 1.0, "{id}: {:?}", class.tpp);
        if !density.is_nan() {
            assert!((class.density.expect("has an area") - density).abs() < 0.006, "{id}: {:?}", class.density);
        }
    }
}

/// Areas at which the density is the bound itself: the quotient of both is rounded to it.
#[test]
fn every_bound_holds_on_both_sides() {
    let cases = [
        // TPP 4800, whatever the area and the market
        (4800.0, None, true, "3A090.a"),
        (4800.0, None, false, "3A090.a-nondc"),
        (4799.99, Some(100_000.0), true, "below"),
        (4799.99, Some(500.0), false, "excluded-note2"),
        // TPP 1600 with PD 5.92
        (1600.0, Some(100.0), true, "3A090.a"),
        (1599.99, Some(100.0), true, "below"),
        (2960.0, Some(500.0), true, "3A090.a"),
        (2960.0, Some(500.1), true, "3A090.b"),
        (2960.0, Some(500.0), false, "excluded-note2"),
        // TPP 2400 with PD 1.6
        (2400.0, Some(1500.0), true, "3A090.b"),
        (2400.0, Some(1500.1), true, "below"),
        (2399.99, Some(1500.0), true, "below"),
        // TPP 1600 with PD 3.2
        (1600.0, Some(500.0), true, "3A090.b"),
        (1600.0, Some(500.1), true, "below"),
        (1599.99, Some(499.0), true, "below"),
        (1600.0, Some(500.0), false, "excluded-note2"),
        // planar dies only: no density, and only the performance decides
        (4700.0, Some(0.0), true, "below"),
        (4800.0, Some(0.0), true, "3A090.a"),
        // unknown areas: one criterion alone may decide
        (1599.99, None, true, "below"),
        (1600.0, None, true, "indeterminate"),
        (4799.99, None, true, "indeterminate"),
    ];
    for (tpp, area, data_centre, word) in cases {
        let found = class(&circuit(tpp, area, data_centre), TODAY);
        assert_eq!(found.class, word, "TPP {tpp}, area {area:?}, data centre {data_centre}");
    }
    let memory =
        |area| Figures { item: Item::Memory, bandwidth: Some(819.0), memory_area: area, ..circuit(0.0, None, true) };
    assert_eq!(class(&memory(Some(409.4)), TODAY).class, "3A090.c");
    assert_eq!(class(&memory(Some(409.5)), TODAY).class, "below", "the figure itself is not above it");
    assert_eq!(class(&memory(None), TODAY).class, "indeterminate");
    assert_eq!(class(&memory(Some(110.0)), "2024-12-01").class, "below");
    // the law of 2022 asked for the rate of links besides
    let linked = |tpp, rate| Figures { interconnect: rate, ..circuit(tpp, None, true) };
    for (tpp, rate, word) in [
        (4800.0, Some(600.0), "3A090.a"),
        (4800.0, Some(599.9), "below"),
        (4799.9, Some(900.0), "below"),
        (4800.0, None, "indeterminate"),
        (4799.9, None, "below"),
    ] {
        assert_eq!(class(&linked(tpp, rate), "2022-10-21").class, word, "TPP {tpp}, links {rate:?}");
        assert_eq!(class(&linked(tpp, rate), "2023-11-16").class, word, "TPP {tpp}, links {rate:?}");
    }
    assert_eq!(class(&linked(4800.0, Some(0.0)), "2023-11-17").class, "3A090.a");
    let before = class(&linked(4800.0, Some(900.0)), "2022-10-20");
    assert_eq!((before.class.as_str(), &*before.missing), ("indeterminate", &["clauses for that day"][..]));
}

#[test]
fn what_is_missing_is_told_with_its_bounds() {
    let open = class(&circuit(2960.0, None, true), TODAY);
    assert_eq!(open.missing, ["die area"]);
    assert_eq!(
        open.bounds,
        [
            "3A090.a for die area up to 500 mm2",
            "3A090.b for die area above 500 up to 1850 mm2",
            "below for die area above 1850 mm2"
        ]
    );
    let without = Figures { rates: Default::default(), ..circuit(0.0, Some(400.0), true) };
    let open = class(&without, TODAY);
    assert_eq!(open.missing, ["dense rates"]);
    assert_eq!(
        open.bounds,
        ["below for TPP below 1600", "3A090.b for TPP from 1600 to below 2368", "3A090.a for TPP from 2368"]
    );
}

fn rank(class: &str) -> u8 {
    match class {
        "below" | "excluded-note2" => 0,
        "indeterminate" => 1,
        "3A090.b" => 2,
        _ => 3,
    }
}

proptest! {
    #[test]
    fn raising_any_rate_never_lowers_the_class(
        rates in prop::collection::vec((prop::sample::select(vec![4_u32, 6, 8, 16]), 0.0..1500.0_f64), 1..5),
        at in 0_usize..5,
        more in 0.0..1500.0_f64,
        area in prop::option::of(50.0..1700.0_f64),
        link in prop::option::of(0.0..1200.0_f64),
        data_centre in any::<bool>(),
        on in prop::sample::select(vec!["2022-12-01", "2024-06-01", TODAY]),
    ) {
        let mut low = circuit(0.0, area, data_centre);
        low.interconnect = link;
        low.rates = rates.iter().map(|(bits, tera)| Rate { bits: *bits, tera: *tera }).collect();
        let mut high = low.clone();
        let at = at % high.rates.len();
        high.rates[at].tera += more;
        let (low, high) = (class(&low, on), class(&high, on));
        prop_assert!(rank(&high.class) >= rank(&low.class), "{} then {}", low.class, high.class);
    }

    #[test]
    fn adding_die_area_never_raises_density_or_class(
        tpp in 0.0..9000.0_f64, area in 1.0..1700.0_f64, more in 0.0..1700.0_f64, data_centre in any::<bool>(),
    ) {
        let (small, large) = (circuit(tpp, Some(area), data_centre), circuit(tpp, Some(area + more), data_centre));
        prop_assert!(large.density() <= small.density());
        prop_assert!(rank(&class(&large, TODAY).class) <= rank(&class(&small, TODAY).class));
    }

    #[test]
    fn a_party_of_d5_never_makes_the_answer_lighter(
        at in 0_usize..200, to in prop::sample::select(vec!["FR", "SG", "AE", "CN", "VN", "MO", "RU"]),
        on in prop::sample::select(vec!["2022-12-01", "2024-06-01", TODAY]),
    ) {
        let rows = &catalog().tables().accelerator;
        let subject = Subject::of(&rows[at % rows.len()], catalog());
        let plain = Question { to: Some(country(to)), ..Question::default() };
        let before = assess(catalog(), &subject, &plain, day(on)).answer;
        let after = assess(catalog(), &subject, &with_parent(to, "CN"), day(on)).answer;
        prop_assert!(after >= before, "{} to {to}: {before:?} then {after:?}", subject.id);
    }
}

fn with_parent(to: &str, parent: &str) -> Question {
    let seat = SeatFact { country: country(parent), why: "told".to_owned(), verification: Verification::TwoSource };
    let party = PartyFacts { role: "end user".to_owned(), seats: vec![seat], ..PartyFacts::default() };
    Question { to: Some(country(to)), parties: vec![party], machine: None }
}

/// Every class against 74 countries on five days, held against a table that was made by hand from the facts.
#[test]
fn destinations_agree_with_the_table_made_by_hand() {
    let text = fs::read_to_string(root().join("fixtures/export/destinations.csv")).expect("is there");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let days: Vec<&str> = lines.next().expect("a head").split(',').skip(2).collect();
    let stack = MemoryStack {
        id: "stack".into(),
        product: "stack".into(),
        bandwidth_gbs: 819.0,
        area_mm2: Some(110.0),
        note: None,
        source: "a test".into(),
        verification: Verification::Recalled,
    };
    let subject = |class: &str| {
        let id = match class {
            "3A090.a" => "nvidia-h100-sxm",
            "3A090.a-nondc" => "nvidia-rtx-4090",
            "3A090.b" => "nvidia-a30",
            "excluded-note2" => "nvidia-rtx-4090-d",
            "below" => "nvidia-t4",
            "indeterminate" => "intel-gaudi1",
            _ => return Subject::of_stack(&stack),
        };
        Subject::of(catalog().accelerator(id).expect("is in the table"), catalog())
    };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let subject = subject(cells[0]);
        for (on, wanted) in days.iter().zip(&cells[2..]) {
            let question = Question { to: Some(country(cells[1])), ..Question::default() };
            let found = assess(catalog(), &subject, &question, day(on));
            let policy = found.review.map_or_else(String::new, |row| format!(" / {}", row.policy));
            let answer = match found.answer {
                Answer::LicenceRequired => format!("licence{policy}"),
                Answer::NoLicenceRequired => "none".to_owned(),
                Answer::Indeterminate => "indeterminate".to_owned(),
                other => format!("{other:?}"),
            };
            if answer != *wanted {
                wrong.push(format!("{} to {} on {on}: {answer}, the table has {wanted}", cells[0], cells[1]));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 7 * 40 * 5, "{count}");
}

/// Sets that the law derives are those that the fact tables list.
#[test]
fn derived_sets_are_those_of_the_tables() {
    let today = day("2026-09-24");
    for (derived, listed) in [
        ("adv_computing", "adv_computing_a_enforced"),
        ("adv_computing", "adv_computing_b"),
        ("d5_or_macau", "hbm_3a090c"),
    ] {
        assert_eq!(catalog().group_members(derived, today), catalog().group_members(listed, today), "{derived}");
    }
    let is_in = |group: &str, code: &str, on: &str| catalog().is_named(country(code), group, day(on));
    assert!(!is_in("adv_computing", "NI", "2024-03-14") && is_in("adv_computing", "NI", "2024-03-15"));
    assert!(is_in("d5_or_macau", "KH", "2026-02-02") && !is_in("d5_or_macau", "KH", "2026-02-03"));
    assert!(is_in("adv_computing", "AE", "2026-07-09") && is_in("adv_computing", "AE", "2026-07-10"));
    assert!(!is_in("adv_computing_2022", "MO", "2023-01-16") && is_in("adv_computing_2022", "MO", "2023-01-17"));
}

fn run(words: &[&str]) -> String {
    let output = sovaudit().arg("classify").args(words).args(["--as-of", TODAY]).output().expect("runs");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("is UTF-8")
}

fn json(words: &[&str]) -> Value {
    serde_json::from_str(&run(&[words, &["--format", "json"]].concat())).expect("is JSON")
}

fn step<'v>(answer: &'v Value, clause: &str) -> &'v Value {
    let steps = answer["steps"].as_array().expect("has steps");
    steps.iter().find(|step| step["clause"] == clause).unwrap_or_else(|| panic!("no {clause} in {steps:#?}"))
}

#[test]
fn the_seat_of_the_last_owner_counts_anywhere_outside_the_united_states() {
    let answer = json(&["nvidia-h100-sxm", "--to", "SG", "--end-user-parent", "CN"]);
    assert_eq!(answer["answer"], "licence-required");
    assert_eq!(answer["review"]["policy"], "presumption of denial");
    assert_eq!(step(&answer, "3a090a-headquarters")["verification"], "two-source");
    assert_eq!(json(&["nvidia-h100-sxm", "--to", "US", "--end-user-parent", "CN"])["answer"], "no-licence-required");
    assert_eq!(json(&["nvidia-h100-sxm", "--to", "SG", "--end-user-parent", "MO"])["answer"], "licence-required");
    assert_eq!(json(&["nvidia-h100-sxm", "--to", "SG", "--end-user-parent", "VN"])["answer"], "no-licence-required");
    // what is not known makes nothing safe
    let answer = json(&["nvidia-h100-sxm", "--to", "SG", "--end-user", "Nobody Knows Compute Pte Ltd"]);
    assert_eq!(answer["answer"], "indeterminate");
    assert!(step(&answer, "3a090a-headquarters")["text"].as_str().expect("text").contains("--end-user-parent"));
}

#[test]
fn end_users_are_screened() {
    let answer = json(&["nvidia-t4", "--to", "CN", "--end-user", "Huawei"]);
    assert_eq!(answer["answer"], "licence-required", "{answer:#}");
    let listed = step(&answer, "list/US-EL");
    assert!(listed["citation"].as_str().is_some() && listed["text"].as_str().expect("text").contains("Huawei"));
    let answer = json(&["nvidia-t4", "--to", "FR", "--end-user", "Mistral AI"]);
    assert_eq!(answer["answer"], "no-licence-required", "{answer:#}");
}

#[test]
fn carve_outs_for_the_emirates_are_told_and_never_applied() {
    let answer = json(&["nvidia-h100-sxm", "--to", "AE", "--end-user", "Microsoft"]);
    assert_eq!(answer["answer"], "licence-required");
    let rows = answer["exceptions"].as_array().expect("rows");
    let named = rows.iter().find(|row| row["id"] == "uae-named-firms").expect("is told");
    assert_eq!(named["state"], "applies to this party");
    assert!(answer["answer_text"].as_str().expect("text").contains("unless the carve-out"));
    let answer = json(&["nvidia-h100-sxm", "--to", "AE", "--end-user", "G42"]);
    let rows = answer["exceptions"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["id"] == "uae-approved-entities" && row["state"] == "applies to this party"));
}

#[test]
fn chips_of_presumed_violation_are_prohibited_wherever_they_are() {
    for id in ["huawei-910b", "huawei-910c", "huawei-910d", "huawei-950pr"] {
        let answer = json(&[id]);
        assert_eq!(answer["answer"], "prohibited", "{id}");
        assert_eq!(json(&[id, "--to", "FR"])["answer"], "prohibited", "{id}");
    }
    let early = sovaudit().args(["classify", "huawei-910c", "--as-of", "2025-05-12", "--format", "json"]).output();
    let early: Value = serde_json::from_slice(&early.expect("runs").stdout).expect("is JSON");
    assert_eq!(early["answer"], "class-only");
    // the table's own column only tests the rows
    for row in &catalog().tables().accelerator {
        let found = assess(catalog(), &Subject::of(row, catalog()), &Question::default(), day(TODAY));
        let says = |word: &str| found.steps.iter().any(|step| step.clause == word);
        let wanted = row.gp10_risk.as_deref().unwrap_or("no");
        let computed = match () {
            () if says("gp10-named") => "named",
            () if says("gp10-presumed") => "presumed",
            () if says("gp10-possible") => "possible",
            () => "no",
        };
        assert_eq!(computed, wanted, "{}", row.id);
    }
}

/// The text that is codified and not enforced is told apart from the law that is.
#[test]
fn codified_and_enforced_are_told_apart() {
    let on = |day: &str| {
        let words = ["classify", "nvidia-h100-sxm", "--to", "FR", "--as-of", day, "--format", "json"];
        let output = sovaudit().args(words).output().expect("runs");
        serde_json::from_slice::<Value>(&output.stdout).expect("is JSON")
    };
    for (day, enforcement) in [
        ("2025-01-13", "codified, compliance asked for later"),
        ("2025-05-12", "codified, compliance asked for later"),
        ("2025-05-13", "codified, not enforced"),
        (TODAY, "codified, not enforced"),
    ] {
        let answer = on(day);
        assert_eq!(answer["answer"], "no-licence-required", "{day}");
        let printed = step(&answer, "3a090a-codified");
        assert_eq!((&printed["enforcement"], &printed["counts"]), (&enforcement.into(), &false.into()), "{day}");
        assert!(answer["answer_text"].as_str().expect("text").contains("not enforced"), "{day}");
    }
    assert_eq!(
        on("2025-01-12")["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .filter(|one| one["clause"] == "3a090a-codified")
            .count(),
        0
    );
}

#[test]
fn answers_validate_against_the_published_schema_and_promise_nothing() {
    let schema: Value =
        serde_json::from_slice(&fs::read(root().join("docs/classify.schema.json")).expect("is published"))
            .expect("is JSON");
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    for words in [
        &["nvidia-h100-sxm"][..],
        &["nvidia-h200-sxm", "--to", "CN"],
        &["p5.48xlarge", "--to", "AE", "--end-user", "Microsoft"],
        &["hbm3-stack", "--to", "CN"],
        &["nvidia-h20-nvl16", "--to", "UA"],
        &["huawei-910c", "--to", "RU", "--end-user", "Huawei", "--end-user-parent", "CN"],
    ] {
        let answer = json(words);
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{words:?}: {errors:?}");
        assert_eq!(answer["schema"], "sovaudit-classify/1");
        let text = run(words);
        let lower = text.to_lowercase();
        assert!(!lower.contains("allowed") || lower.contains("allowed by the clauses evaluated"), "{text}");
        for line in text.lines() {
            let longest = line.split_whitespace().map(str::len).max().unwrap_or(0);
            assert!(line.chars().count() <= 80 || longest > 60, "{line}");
        }
        assert!(text.ends_with("By the clauses evaluated; no legal advice.\n"), "{text}");
    }
    let machine = json(&["p5.48xlarge"]);
    assert_eq!(machine["machine"]["accelerators"], 8.0);
}

#[test]
fn what_would_change_it_is_computed() {
    let text = json(&["nvidia-h200-sxm", "--to", "CN"])["changes"].to_string();
    assert!(text.contains("3A090.b for TPP from 2400 to below 4800"), "{text}");
    assert!(text.contains("memory bandwidth below 6500 GB/s (it is 4800)"), "{text}");
    assert!(text.contains("before 2026-01-15: 3A090.a, licence required; presumption of denial"), "{text}");
    let text = json(&["nvidia-b200", "--to", "CN"])["changes"].to_string();
    assert!(text.contains("case by case for TPP below 21000 (it is 36000)"), "{text}");
    let text = json(&["nvidia-l20"])["changes"].to_string();
    assert!(text.contains("3A090.b for die area above") && text.contains("TPP from 1948.8"), "{text}");
}

/// A new product and a new clause are rows; no line of code knows them.
#[test]
fn a_product_and_a_clause_are_rows_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("export-control")).expect("creates");
    fs::write(
        folder.path().join("export-control/mine.toml"),
        r#"
[[accelerator]]
id = "example-x1"
product = "Example X1"
vendor = "Example"
vendor_country = "FR"
ultimate_parent = "Example"
ultimate_parent_country = "FR"
segment = "datacenter"
die_area_mm2 = "500"
dense = { fp8 = "150" }
source = "a test"
verification = "recalled"

[[classification]]
id = "9A999.x"
class = "9A999"
min_tpp = 1000
below_tpp = 1600
from = 2026-01-01
citation = "an invented clause"
review_by = 2027-01-01
source = "a test"
verification = "recalled"

[[destination]]
id = "invented"
class = "9A999"
set = "eu"
standing = "announced"
certainty = "announced"
enforced = true
from = 2026-01-01
citation = "an invented requirement"
review_by = 2026-06-01
source = "a test"
verification = "recalled"
"#,
    )
    .expect("writes");
    let rules = folder.path().display().to_string();
    let answer = json(&["example-x1", "--to", "DE", "--rules", &rules]);
    assert_eq!((&answer["class"]["class"], &answer["answer"]), (&"9A999".into(), &"licence-required".into()));
    let invented = step(&answer, "invented");
    assert_eq!((&invented["certainty"], &invented["overdue"]), (&"announced".into(), &true.into()));
    assert_eq!(json(&["example-x1", "--to", "JP", "--rules", &rules])["answer"], "no-licence-required");
    fs::write(
        folder.path().join("export-control/wrong.toml"),
        "[[licence_policy]]\nid = \"mine\"\nrank = 1\nwhen = { to = [\"nowhere\"] }\npolicy = \"denial\"\ncitation = \"c\"\n\
         review_by = 2027-01-01\nsource = \"s\"\nverification = \"recalled\"\n",
    )
    .expect("writes");
    let failed = sovaudit().args(["classify", "nvidia-t4", "--rules", &rules]).output().expect("runs");
    let error = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(error.contains("wrong.toml:2:1") && error.contains("`nowhere`"), "{error}");
}

/// The strictest policy speaks: an embargo beats what the class alone would get.
#[test]
fn an_embargo_is_stricter_than_the_class() {
    for (product, to) in [("nvidia-rtx-5090", "RU"), ("amd-mi210", "RU"), ("amd-mi210", "BY"), ("nvidia-t4", "RU")] {
        let answer = json(&[product, "--to", to]);
        assert_eq!(answer["answer"], "licence-required", "{product} to {to}");
        assert_eq!(answer["review"]["policy"], "policy of denial", "{product} to {to}");
    }
    for (product, to, policy) in [
        ("amd-mi210", "IR", "policy of denial"),
        ("nvidia-t4", "IR", "policy of denial"),
        ("nvidia-h100-sxm", "KP", "presumption of denial"),
        ("nvidia-t4", "KP", "case by case"),
        ("nvidia-h100-sxm", "SY", "presumption of denial"),
        ("nvidia-t4", "SY", "case by case"),
    ] {
        assert_eq!(json(&[product, "--to", to])["review"]["policy"], policy, "{product} to {to}");
    }
}

#[test]
fn planar_dies_have_no_performance_density() {
    for product in ["nvidia-k80", "nvidia-m60"] {
        let answer = json(&[product]);
        assert!(answer["figures"]["performance_density"].is_null(), "{product}");
        // neither has a lower precision that is faster: the plain rate is the highest
        let tpp = answer["figures"]["tpp"].as_f64().expect("has rates");
        assert!(tpp < 160.0 && answer["class"]["class"] == "below", "{answer:#}");
    }
}

#[test]
fn macau_is_reviewed_as_china_is() {
    for product in ["amd-mi210", "nvidia-a30", "nvidia-h100-sxm", "nvidia-rtx-5090", "nvidia-b200"] {
        let policy = |words: &[&str]| json(&[&[product], words].concat())["review"]["policy"].clone();
        assert_eq!(policy(&["--to", "MO"]), policy(&["--to", "CN"]), "{product}");
        assert_eq!(policy(&["--to", "MO", "--end-user-parent", "CN"]), policy(&["--to", "CN"]), "{product}");
    }
    assert_eq!(json(&["nvidia-a30", "--to", "MO"])["review"]["policy"], "case by case");
}

/// The review of 2026 is one of China and Macau: a last owner in another state of D:5 is denied, there too.
#[test]
fn an_owner_in_another_embargoed_state_is_denied_in_china_too() {
    let policy =
        |parent: &[&str]| json(&[&["nvidia-h200-sxm", "--to", "CN"], parent].concat())["review"]["policy"].clone();
    assert_eq!(policy(&[]), "case by case");
    assert_eq!(policy(&["--end-user-parent", "CN"]), "case by case");
    assert_eq!(policy(&["--end-user-parent", "BY"]), "presumption of denial");
}

/// A listed party is never cleared by its short name, its product's class or the seat of an owner.
#[test]
fn listed_end_users_are_never_cleared() {
    for name in ["SMIC", "YMTC", "Megvii", "SenseTime", "smic", "Huawei"] {
        let answer = json(&["nvidia-t4", "--to", "SG", "--end-user", name]);
        assert_eq!(answer["answer"], "licence-required", "{name}: {answer:#}");
        assert!(step(&answer, "list/US-EL")["citation"].is_string(), "{name}");
    }
    for name in ["HiSilicon", "Candiru", "NetPosa", "4Paradigm", "Mikron", "NSO Group"] {
        for parent in [&[][..], &["--end-user-parent", "CN"], &["--end-user-parent", "FR"]] {
            let answer = json(&[&["nvidia-t4", "--to", "SG", "--end-user", name], parent].concat());
            let word = answer["answer"].as_str().expect("a word");
            assert!(
                matches!(word, "indeterminate" | "licence-required" | "prohibited"),
                "{name} {parent:?}: {answer:#}"
            );
            assert!(step(&answer, "list/US-EL")["text"].is_string(), "{name}");
        }
    }
}

/// An exception whose party is known not to be meant is told as such, with the reason.
#[test]
fn carve_outs_and_exceptions_fall_away_with_a_reason() {
    let answer = json(&["nvidia-h100-sxm", "--to", "AE", "--end-user", "G42", "--end-user-parent", "CN"]);
    assert_eq!(answer["answer"], "licence-required");
    assert!(!answer["answer_text"].as_str().expect("text").contains("carve-out"), "{answer:#}");
    for words in [
        &["nvidia-h100-sxm", "--to", "AE", "--end-user", "SenseTime"],
        &["nvidia-a30", "--to", "CN", "--end-user", "SMIC"],
    ] {
        let answer = json(words);
        for row in answer["exceptions"].as_array().expect("rows") {
            let state = row["state"].as_str().expect("text");
            assert!(!state.starts_with("may apply") && !state.starts_with("applies"), "{words:?}: {row:#}");
        }
    }
}

#[test]
fn findings_tell_the_carve_out_of_the_operator() {
    let folder = tempfile::tempdir().expect("can be made");
    let text = "provider \"aws\" {\n  region = \"me-central-1\"\n}\nresource \"aws_instance\" \"gpu\" {\n  \
                instance_type = \"p5.48xlarge\"\n  ami = \"ami-1\"\n}\n";
    fs::write(folder.path().join("main.tf"), text).expect("can be written");
    let output = sovaudit().arg("scan").arg(folder.path()).args(["--format", "json", "--as-of", TODAY]).output();
    let out = String::from_utf8(output.expect("runs").stdout).expect("is UTF-8");
    assert!(out.contains("controlled-accelerator-destination"), "{out}");
    assert!(out.contains("named US firms and their subsidiaries: names the operator"), "{out}");
    assert!(out.contains("unless the carve-out that names its operator is used"), "{out}");
}

#[test]
fn names_are_read_as_people_write_them() {
    for (name, id) in [
        ("RTX4090", "nvidia-rtx-4090"),
        ("ascend910b", "huawei-910b"),
        ("Ascend 910B3", "huawei-910b"),
        ("0x2330", "nvidia-h100-sxm"),
        ("2330", "nvidia-h100-sxm"),
        ("10DE:0x2330", "nvidia-h100-sxm"),
        ("[10de:2330]", "nvidia-h100-sxm"),
        ("H100PCIe", "nvidia-h100-pcie"),
        ("p5.48xlarge", "nvidia-h100-sxm"),
        ("gaudi3", "intel-gaudi3"),
        ("DGX Spark", "nvidia-gb10"),
    ] {
        assert_eq!(json(&[name])["product"]["id"], id, "{name}");
        assert!(json(&[name])["family"].is_null(), "{name}");
    }
}

#[test]
fn a_family_with_one_answer_is_answered_and_one_with_several_is_listed() {
    let answer = json(&["nvidia", "h100", "--to", "CN"]);
    let members = answer["family"]["members"].as_array().expect("a family");
    assert!(members.len() > 2 && members.iter().any(|one| one["id"] == "nvidia-h100-nvl"), "{answer:#}");
    assert_eq!(answer["class"]["class"], "3A090.a");
    let text = run(&["nvidia h100"]);
    assert!(text.contains("`nvidia h100` can mean") && text.contains("nvidia-h100-pcie"), "{text}");
    for name in ["DGX", "gaudi"] {
        let output = sovaudit().args(["classify", name, "--as-of", TODAY]).output().expect("runs");
        let told = String::from_utf8(output.stderr).expect("is UTF-8");
        assert_eq!(output.status.code(), Some(2), "{name}: {told}");
        assert!(told.contains("with different answers; name one"), "{told}");
    }
}

#[test]
fn near_misses_are_proposed() {
    for (name, near) in [
        ("nvidia-h10-sxm", "nvidia-h100-sxm"),
        ("h100x", "h100"),
        ("nvidia-h1000", "h100"),
        ("tpu v5", "tpu-v5e"),
        ("p5.48xlrge", "p5.48xlarge"),
    ] {
        let output = sovaudit().args(["classify", name]).output().expect("runs");
        let told = String::from_utf8(output.stderr).expect("is UTF-8");
        assert!(told.contains("did you mean") && told.contains(near), "{name}: {told}");
    }
}

#[test]
fn an_open_class_is_no_question_where_no_class_asks() {
    assert_eq!(json(&["intel-gaudi1", "--to", "CA"])["answer"], "no-licence-required");
    assert_eq!(json(&["intel-gaudi1", "--to", "CN"])["answer"], "indeterminate");
    assert_eq!(json(&["intel-gaudi1", "--to", "CA", "--end-user-parent", "CN"])["answer"], "indeterminate");
}

#[test]
fn parts_of_names_memory_and_makers_of_boards() {
    assert_eq!(json(&["HBM3E"])["product"]["id"], "hbm3e-stack");
    assert_eq!(json(&["Jetson Orin"])["product"]["part_of_name"], "Jetson Orin");
    assert!(json(&["Jetson AGX Orin 64GB"])["product"]["part_of_name"].is_null());
    assert_eq!(json(&["Lenovo L40S"])["product"]["id"], "nvidia-l40s");
    for (name, told) in [
        ("H100 2GB", "known here with 2 GB of memory; known: nvidia-h100-nvl (94 GB)"),
        ("H200 80GB", "known here with 80 GB"),
        ("HBM3 80GB", "no accelerator and no machine is known"),
        ("Dell PERC H200", "no accelerator and no machine is known"),
    ] {
        let output = sovaudit().args(["classify", name, "--as-of", TODAY]).output().expect("runs");
        let text = String::from_utf8(output.stderr).expect("is UTF-8");
        assert!(output.status.code() == Some(2) && text.contains(told), "{name}: {text}");
    }
    // what is built in is more than what can be used, slices are no memory, and a system states that of all
    for name in ["B200 192GB", "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "H100 1g.10gb", "DGX H100 640GB"] {
        assert_eq!(json(&[name])["class"]["class"], "3A090.a", "{name}");
    }
    assert_eq!(json(&["H100 64GB"])["class"]["class"], "3A090.a", "one row stands for 94, 96 and 64 GB");
}

#[test]
fn a_listed_party_is_an_answer_without_a_destination() {
    let answer = json(&["nvidia-h100-sxm", "--end-user", "Huawei Technologies"]);
    assert_eq!(answer["answer"], "licence-required");
    assert!(answer["answer_text"].as_str().expect("words").contains("wherever the product goes"), "{answer:#}");
    let text = run(&["nvidia-h100-sxm", "--end-user", "Some Unlisted Party GmbH"]);
    assert!(text.contains("answer       class only; name a destination with --to"), "{text}");
    assert!(!run(&["nvidia-h100-sxm"]).contains("  answer"), "nobody and no place was asked for");
}

#[test]
fn a_past_day_is_told_without_what_came_later() {
    let on = |day: &str| {
        let output = sovaudit().args(["classify", "nvidia-h100-sxm", "--to", "CN", "--as-of", day]).output();
        let text = String::from_utf8(output.expect("runs").stdout).expect("is UTF-8");
        let law = text.split("  to CN").nth(1).expect("an answer");
        law.split("  changes").next().expect("text before").to_owned()
    };
    let early = on("2023-12-01");
    assert!(early.contains("88 FR 73458") && !early.contains("91 FR") && !early.contains("2026"), "{early}");
    let between = on("2025-03-01");
    assert!(between.contains("from 2025-05-15") && !between.contains("2025-05-13"), "{between}");
    assert!(on("2026-11-01").contains("2026-05-31"));
}

/// What a list of assets with one row leads to, in JSON.
fn scanned(row: &str) -> Value {
    let folder = tempfile::tempdir().expect("can be made");
    let text = format!("Host,GPU,Count,Site,Country,Refresh,Operator\n{row}\n");
    fs::write(folder.path().join("gpus.csv"), text).expect("can be written");
    let output = sovaudit().arg("scan").arg(folder.path()).args(["--format", "json", "--as-of", TODAY]).output();
    serde_json::from_slice(&output.expect("runs").stdout).expect("is JSON")
}

fn finding<'v>(report: &'v Value, rule: &str) -> &'v Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {findings:#?}"))
}

#[test]
fn what_is_prohibited_is_no_milder_than_what_needs_a_licence() {
    let report = scanned("x5,Ascend 910C,16,Lyon,FR,,");
    let found = finding(&report, "presumed-violation-chip");
    assert_eq!((&found["severity"], &found["state"]), (&"critical".into(), &"failing".into()), "{found:#}");
    // where a place asks for a licence too, the prohibition is told first, and no licence is the remedy
    let report = scanned("x5,Ascend 910B,16,Shanghai,CN,,");
    let found = finding(&report, "controlled-accelerator-destination");
    let message = found["message"].as_str().expect("words");
    assert!(message.contains("prohibited wherever it stands (General Prohibition 10)"), "{found:#}");
    assert!(message.contains("a licence is required for CN"), "{found:#}");
    assert!(found["citations"][0].as_str().expect("words").contains("736.2(b)(10)"), "{found:#}");
    assert!(found["remedy"].as_str().expect("words").contains("does not lift General Prohibition 10"), "{found:#}");
    let licence = scanned("x5,NVIDIA A100 80GB PCIe,16,Dubai,AE,,");
    let found = finding(&licence, "controlled-accelerator-destination");
    assert!(found["remedy"].as_str().expect("words").starts_with("Check that the licence exists"), "{found:#}");
}

#[test]
fn a_policy_is_told_with_the_condition_that_decides_it() {
    let report = scanned("x5,NVIDIA H100 SXM5 80GB,8,Shanghai,CN,,");
    let found = finding(&report, "controlled-accelerator-destination");
    let notes = found["notes"].to_string();
    assert!(notes.contains("review policy: case by case"), "{found:#}");
    assert!(notes.contains("re-exports and transfers within a country: presumption of denial"), "{found:#}");
    let placement = &report["supply"]["placements"][0];
    assert!(placement["conditions"].to_string().contains("presumption of denial"), "{placement:#}");
}

#[test]
fn findings_on_lists_name_the_row() {
    let report = scanned("x5,NVIDIA A100 80GB PCIe,16,Dubai,AE,2027-01-01,Khazna");
    let found = finding(&report, "controlled-accelerator-destination");
    assert_eq!(found["primary"]["line"], 2, "{found:#}");
    let text = found.to_string();
    assert!(text.contains("gpus.csv: Dubai, AE, Khazna, until 2027-01-01"), "{found:#}");
}

#[test]
fn letters_of_past_days_are_not_asked_either() {
    for day in ["2022-11-01", "2023-11-01", TODAY] {
        let output = sovaudit().args(["classify", "nvidia-a800-sxm4-80", "--to", "CN", "--as-of", day]).output();
        let text = String::from_utf8(output.expect("runs").stdout).expect("is UTF-8");
        assert!(text.contains("\"is informed\" letters to companies are not evaluated"), "{day}: {text}");
    }
}

#[test]
fn systems_are_what_they_hold_and_families_of_machines_are_told() {
    for name in ["HGX B200", "DGX B200", "NVIDIA HGX B200 8-GPU"] {
        assert_eq!(json(&[name, "--to", "CN"])["product"]["id"], "nvidia-b200", "{name}");
    }
    let output = sovaudit().args(["classify", "p4d"]).output().expect("runs");
    let told = String::from_utf8(output.stderr).expect("is UTF-8");
    assert!(told.contains("`p4d` is a family of machine types") && told.contains("p4d.24xlarge"), "{told}");
}
