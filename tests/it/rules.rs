//! Every rule loads, and every example of every rule does what it says.

use sovaudit::catalog::{Catalog, Layer};
use sovaudit::model::Date;
use sovaudit::rules::{RuleSet, example};

fn set(catalog: &Catalog) -> RuleSet {
    RuleSet::load(&[Layer::embedded()], catalog).unwrap_or_else(|errors| {
        let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", text.join("\n"))
    })
}

#[test]
fn every_example_does_what_it_says() {
    let catalog = Catalog::embedded();
    let set = set(&catalog);
    let (failures, count) = example::run_all(&set, &catalog);
    let text: Vec<String> = failures.iter().map(|f| format!("{} / {}: {}", f.rule, f.example, f.message)).collect();
    assert!(failures.is_empty(), "{} of {count} examples fail:\n{}", failures.len(), text.join("\n"));
    assert!(count >= 30, "{count}");
}

#[test]
fn profiles_of_the_product_are_there() {
    let catalog = Catalog::embedded();
    let set = set(&catalog);
    let names: Vec<&str> = set.profiles.keys().map(String::as_str).collect();
    assert_eq!(names, ["de-c3a", "eu", "eu-public-sector", "fr-secnumcloud", "neutral", "us-defense"]);
}

/// The classes we compute against the classes of the fact table, for every product with figures.
#[test]
fn export_classes_agree_with_the_table() {
    let catalog = Catalog::embedded();
    let day = Date::parse("2026-11-23").expect("is a date");
    let mut wrong = Vec::new();
    for row in &catalog.tables().accelerator {
        let class = sovaudit::export::classify(row, &catalog, day);
        let expected = row.reference_class.as_deref().unwrap_or("indeterminate");
        // a table row without figures may be classed by a note that figures alone cannot give
        let unclear = class.class == "indeterminate" && row.dense.is_empty();
        if class.class != expected && !unclear {
            wrong.push(format!("{}: computed {} ({}), table {expected}", row.id, class.class, class.arithmetic()));
        }
        if let (Some(tpp), Some(reference)) =
            (class.tpp, row.reference_tpp.as_deref().and_then(|t| t.parse::<f64>().ok()))
            && (tpp - reference).abs() > reference * 0.005 + 1.0
        {
            wrong.push(format!("{}: TPP {tpp}, table {reference}", row.id));
        }
    }
    for row in &catalog.tables().accelerator {
        let class = sovaudit::export::classify(row, &catalog, day);
        // several precisions may give the same TPP
        let bits = |name: &str| name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().unwrap_or(0.0);
        let by = |name: &str| Some(row.dense.get(name)?.parse::<f64>().ok()? * bits(name));
        if let (Some((name, _)), Some(reference)) = (&class.precision, row.reference_precision.as_deref())
            && by(reference).zip(class.tpp).is_none_or(|(by, tpp)| (by - tpp).abs() > tpp * 0.005 + 1.0)
        {
            wrong.push(format!("{}: decided by {name}, table {reference}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
    let class = |id: &str| {
        let class = sovaudit::export::classify(catalog.accelerator(id).expect("is in the table"), &catalog, day);
        (class.tpp.map(f64::round), class.density.map(|pd| (pd * 100.0).round() / 100.0))
    };
    assert_eq!(class("nvidia-h100-sxm"), (Some(15831.0), Some(19.45)));
    assert_eq!(class("nvidia-h20"), (Some(2368.0), Some(2.91)));
    assert_eq!(class("nvidia-l40s"), (Some(5864.0), Some(9.63)));
}

#[test]
fn a_malformed_rule_names_file_line_and_field() {
    let catalog = Catalog::embedded();
    let layer = |text: &str| Layer { name: "test".into(), files: vec![("findings/x/mine.toml".into(), text.into())] };
    let errors = |text: &str| match RuleSet::load(&[layer(text)], &catalog) {
        Ok(_) => panic!("must not load"),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    assert!(
        errors("id = \"mine\"\nseverty = \"high\"\n").contains("findings/x/mine.toml:2:1: unknown field `severty`")
    );
    for id in ["a--b", "-a", "a-", "A", "ä", ""] {
        let layer = Layer { name: "test".into(), files: vec![(format!("findings/x/{id}.toml"), rule_with_id(id))] };
        let found = RuleSet::load(&[layer], &catalog).map(|_| ()).expect_err("must not load");
        let text: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(text[0].contains(&format!("{id}.toml:1:1: `{id}` is not in kebab-case")), "{text:?}");
    }
}

fn rule_with_id(id: &str) -> String {
    format!(
        "id = \"{id}\"\nkind = \"match\"\ntitle = \"t\"\ncategory = \"c\"\nseverity = \"low\"\nwhy = \"w\"\nremedy = \"r\"\n\
         [select]\nkind = [\"package\"]\n[[source]]\ntitle = \"s\"\n[review]\nverification = \"recalled\"\nby = 2027-01-01\n\
         [[example]]\nname = \"one\"\nflagged = [\"a:1\"]\nfiles.\"a\" = \"x\"\n\
         [[example]]\nname = \"two\"\nflagged = []\nfiles.\"a\" = \"x\"\n"
    )
}
