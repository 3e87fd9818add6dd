//! The embedded catalog: complete, consistent, and clear about mistakes in added files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sovaudit::catalog::{Catalog, Layer};
use sovaudit::model::{Date, Verification};

fn layer(path: &str, text: &str) -> Layer {
    Layer { name: "test".into(), files: vec![(path.into(), text.into())] }
}

#[test]
fn every_table_came_over_whole() {
    let catalog = Catalog::embedded();
    let tables = catalog.tables();
    assert!(tables.organisation.len() >= 270, "{}", tables.organisation.len());
    assert_eq!(tables.listing.len(), 330);
    assert_eq!(tables.accelerator.len(), 194);
    assert_eq!(tables.instance_type.len(), 468);
    assert_eq!(tables.region.len(), 577);
    assert!(tables.service.len() >= 92, "{}", tables.service.len());
    assert_eq!(tables.criterion.len(), 48);
    assert_eq!(tables.objective.iter().map(|row| u32::from(row.criteria)).sum::<u32>(), 48);
    assert_eq!(tables.objective.iter().map(|row| u32::from(row.weight_2025)).sum::<u32>(), 100);
    assert_eq!(tables.objective.iter().map(|row| u32::from(row.weight_2026)).sum::<u32>(), 100);
    assert_eq!(tables.country.len(), 250);
    assert!(tables.law.len() >= 38);
    for criterion in &tables.criterion {
        assert_eq!(criterion.values.len(), criterion.seal.len(), "criterion {}", criterion.id);
    }
    for row in &tables.listing {
        assert!(!row.source.is_empty(), "{}", row.id);
    }
}

#[test]
fn lookups_answer() {
    let catalog = Catalog::embedded();
    let day = Date::parse("2026-11-23").expect("is a date");
    let by = |kind: &str, value: &str| catalog.organisation_by_key(kind, value).map(|found| found.0.id.to_string());
    for written in ["qwen-agent", "qwen_agent", "Qwen.Agent"] {
        assert_eq!(by("pypi", written), by("pypi", "qwen-agent"), "{written}");
    }
    assert_eq!(by("pypi", "torch_npu").as_deref(), Some("ascend-community"));
    assert_eq!(by("github", "mailru").as_deref(), Some("vk"));
    assert_eq!(by("github", "MailRu").as_deref(), Some("vk"));
    assert_eq!(by("golang", "github.com/mailru/easyjson/jlexer").as_deref(), Some("vk"));
    assert_eq!(by("npm", "@huawei").as_deref(), Some("huawei"));
    assert_eq!(by("npm", "@huaweix").as_deref(), None, "a scope is matched whole");
    assert_eq!(by("huggingface", "Qwen").as_deref(), Some("qwen"));
    let host = |host: &str, path: &str| catalog.organisation_by_host(host, path).map(|found| found.0.id.to_string());
    assert_eq!(host("docker.io", "library/nginx").as_deref(), Some("docker"));
    assert_eq!(host("docker.io", "bitnami/redis").as_deref(), Some("broadcom"));
    assert_eq!(host("registry.npmmirror.com", "").as_deref(), Some("eggjs-cnpm"));
    assert_eq!(
        catalog.region("aws", "eu-central-1a").and_then(|row| row.country).map(|c| c.to_string()).as_deref(),
        Some("DE")
    );
    assert_eq!(
        catalog.region("gcp", "europe-west4-b").and_then(|row| row.country).map(|c| c.to_string()).as_deref(),
        Some("NL")
    );
    assert_eq!(
        catalog.region("azure", "West Europe").and_then(|row| row.country).map(|c| c.to_string()).as_deref(),
        Some("NL")
    );
    assert_eq!(
        catalog.instance_type("aws", "ml.p5.48xlarge").and_then(|row| row.accelerator.as_deref()),
        Some("nvidia-h100-sxm")
    );
    assert_eq!(
        catalog.accelerators_by_name("NVIDIA-H100-80GB-HBM3").first().map(|row| &*row.id),
        Some("nvidia-h100-sxm")
    );
    assert_eq!(
        catalog.service_by_terraform("aws_sagemaker_endpoint").map(|row| &*row.id),
        Some("aws/sagemaker-endpoint")
    );
    assert_eq!(
        catalog.service_by_host("runtime.sagemaker.eu-west-1.amazonaws.com").map(|row| &*row.id),
        Some("aws/sagemaker-endpoint")
    );
    assert_eq!(catalog.service_by_host("api.openai.com").map(|row| &*row.id), Some("openai/api"));
    let supplier = |kind: &str| catalog.service_by_terraform(kind).and_then(|row| row.organisation.as_deref());
    assert_eq!(supplier("googleworkspace_user"), Some("google"), "not the other vendor of its row");
    let container = catalog.service_by_terraform("openstack_objectstorage_container_v1").expect("is a service");
    assert_eq!((&*container.id, &*container.capability), ("openstack/object-storage", "object-storage"));
    assert!(container.open_api && container.stateful);
    assert!(catalog.listings("smic", day).next().is_some());
    let ae = |day: &str| {
        let day = Date::parse(day).expect("is a date");
        catalog.group_members("a5", day).expect("is a group").iter().any(|code| code.as_str() == "AE")
    };
    assert!(!ae("2026-07-09") && ae("2026-07-10"), "the group changes on the day the law says");
}

#[test]
fn a_layer_replaces_by_id_and_says_so() {
    let text = "[[organisation]]\nid = \"vk\"\nname = \"Other\"\nkind = \"company\"\nsource = \"test\"\nverification = \"recalled\"\n";
    let catalog = Catalog::load(&[Layer::embedded(), layer("catalog/mine.toml", text)]).expect("loads");
    assert_eq!(catalog.organisation("vk").map(|row| &*row.name), Some("Other"));
    let told: Vec<String> = catalog.overrides.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["test: organisation/vk in catalog/mine.toml"]);
}

#[test]
fn mistakes_name_file_line_and_field() {
    let errors = |path: &str, text: &str| match Catalog::load(&[Layer::embedded(), layer(path, text)]) {
        Ok(_) => panic!("must not load"),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let unknown_field = errors("catalog/a.toml", "[[region]]\nprovider = \"aws\"\ncode = \"x\"\ncolour = 1\n");
    assert!(unknown_field.starts_with("catalog/a.toml:4:1: unknown field `colour`"), "{unknown_field}");
    let wrong_mark = errors(
        "catalog/a.toml",
        "[[region]]\nprovider = \"aws\"\ncode = \"x\"\nsource = \"s\"\nverification = \"sure\"\n",
    );
    assert!(wrong_mark.contains("catalog/a.toml:5:16"), "{wrong_mark}");
    let dangling = errors(
        "catalog/a.toml",
        "[[region]]\nprovider = \"awz\"\ncode = \"x\"\nsource = \"s\"\nverification = \"recalled\"\n",
    );
    assert!(dangling.contains("catalog/a.toml:2:1") && dangling.contains("did you mean `aws`?"), "{dangling}");
}

/// Tables that nothing evaluates yet are kept whole, with their marks.
#[test]
fn reference_tables_are_well_formed() {
    let layer = Layer::embedded();
    let mut rows = 0;
    for (path, text) in layer.files.iter().filter(|(path, _)| path.starts_with("reference/")) {
        let value: toml::Table = toml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        for row in value["reference"].as_array().expect("rows") {
            assert!(row["verification"].is_str() && row["source"].is_str() && row["cells"].is_table(), "{path}");
            rows += 1;
        }
    }
    assert!(rows > 400, "{rows}");
}

/// Every file that is read names a schema that exists and that it keeps; what no schema speaks of names none.
#[test]
fn rule_files_keep_the_schema_that_they_name() {
    let mut validators: BTreeMap<PathBuf, jsonschema::Validator> = BTreeMap::new();
    for (path, text) in &Layer::embedded().files {
        let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
        if path.starts_with("reference/") || path.starts_with("screening/") {
            assert_eq!(schema, None, "rules/{path}");
            continue;
        }
        let schema = schema.unwrap_or_else(|| panic!("rules/{path} names no schema"));
        let folder = crate::cli::root().join("rules").join(path);
        let schema = folder.parent().expect("a file lies in a folder").join(schema);
        let schema = schema.canonicalize().unwrap_or_else(|_| panic!("rules/{path} names {}", schema.display()));
        let validator = validators.entry(schema.clone()).or_insert_with(|| {
            let text = std::fs::read(&schema).expect("is readable");
            jsonschema::validator_for(&serde_json::from_slice(&text).expect("is JSON")).expect("is a schema")
        });
        let value = as_json(&toml::Value::Table(toml::from_str(text).expect("is TOML")));
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "rules/{path}: {errors:#?}");
    }
}

/// As editors see it: dates are texts.
fn as_json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Datetime(day) => day.to_string().into(),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), as_json(value))).collect(),
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
    }
}

/// What a table says twice is said once: providers of instance types sit where their own rows say.
#[test]
fn providers_sit_where_their_machines_say() {
    let catalog = Catalog::embedded();
    for row in &catalog.tables().instance_type {
        let provider = catalog.provider(&row.provider).expect("checked at load");
        let (seat, _, _) = catalog.seat(&provider.organisation).expect("has a seat");
        assert_eq!(row.provider_jurisdiction, Some(seat), "{} {}", row.provider, row.name);
    }
}

/// What entries of lists rest on whose files do not say it.
#[test]
fn lists_have_a_citation() {
    let catalog = Catalog::embedded();
    let cited = |list: &str, programmes: &[&str]| {
        let programmes: Vec<Box<str>> = programmes.iter().map(|text| Box::from(*text)).collect();
        catalog.citation(list, &programmes).map(String::from)
    };
    for list in
        ["US-SSI", "US-NSMBS", "US-CAPTA", "US-NS-PLC", "US-NS-CMIC", "US-FSE", "US-EL", "US-UVL", "US-DPL", "US-MEU"]
            .into_iter()
            .chain(["US-DTC", "US-1260H", "UK-UKSL", "CH-SECO", "CA-SEMA"])
    {
        assert!(cited(list, &[]).is_some(), "{list}");
    }
    let same = |list: &str, programmes: &[&str], text: &str| assert_eq!(cited(list, programmes).as_deref(), Some(text));
    same("US-SDN", &["UKRAINE-EO13661", "RUSSIA-EO14024", "SDGT"], "EO 13661; EO 14024");
    same("US-NS-MBS", &["UKRAINE-EO13662", "RUSSIA-EO14024"], "EO 14024, Directive 1A, 3 or 4 as the entry says");
    same("US-NS-MBS", &["SOMETHING-EO15000"], "EO 15000");
    same("UN-SC", &["Taliban"], "Security Council resolution 1988 (2011)");
    assert_eq!(cited("US-SDN", &["SDGT"]), None);
    assert_eq!(cited("EU-FSF", &["X-EO14024"]), None, "only OFAC names orders so");
    let lists: Vec<&str> = catalog.tables().list_citation.iter().map(|row| &*row.list).collect();
    assert!(lists.iter().all(|list| catalog.list(list).is_some()), "{lists:?}");
}

/// Who is behind packages that nearly every project uses; what persons keep is nobody's.
#[test]
fn publishers_of_much_used_packages() {
    let catalog = Catalog::embedded();
    for (kind, value, organisation) in [
        ("npm", "@types", Some("microsoft")),
        ("npm", "@tailwindcss", Some("tailwind-labs")),
        ("npm", "@rolldown", Some("voidzero")),
        ("npm", "@jest", Some("openjs")),
        ("npm", "jest-worker", Some("openjs")),
        ("npm", "@npmcli", Some("github")),
        ("npm", "@react-aria", Some("adobe")),
        ("npm", "@opentelemetry", Some("cncf")),
        ("pypi", "requests", Some("psf")),
        ("pypi", "types-requests", Some("psf")),
        ("pypi", "pydantic_core", Some("pydantic")),
        ("pypi", "googleapis-common-protos", Some("google")),
        ("cargo", "url", Some("linux-foundation-europe")),
        ("cargo", "icu_provider", Some("unicode-consortium")),
        ("cargo", "windows-targets", Some("microsoft")),
        ("golang", "cel.dev/expr", Some("google")),
        ("github", "fluxcd", Some("cncf")),
        ("maven", "org.wildfly.security", Some("commonhaus")),
        ("maven", "com.fasterxml.jackson.core", Some("commonhaus")),
        ("maven", "org.slf4j", Some("qos-ch")),
        ("maven", "commons-io", Some("asf")),
        ("nuget", "System.Text.Json", Some("microsoft")),
        ("nuget", "OpenTelemetry.Api", Some("cncf")),
        ("composer", "spatie", Some("spatie")),
        ("pub", "shared_preferences", Some("google")),
        ("npm", "@babel", None),
        ("npm", "@vue", None),
        ("npm", "chalk", None),
        ("composer", "symfony", None),
        ("composer", "laravel", None),
        ("github", "spf13", None),
        ("cargo", "serde", None),
        ("maven", "com.squareup.okhttp3", None),
    ] {
        let found = catalog.organisation_by_key(kind, value);
        assert_eq!(found.map(|found| &*found.0.id), organisation, "{kind}:{value}");
        assert!(found.is_none_or(|(_, key, how)| how.exact && key.gate && key.source.is_some()), "{kind}:{value}");
    }
    let seat = |id: &str| catalog.seat(id).map(|(country, _, mark)| (country.to_string(), mark));
    assert_eq!(seat("qos-ch"), Some(("CH".to_owned(), Verification::OneSource)), "its licence names the state");
    assert_eq!(seat("sentry"), Some(("US".to_owned(), Verification::Recalled)));
    assert_eq!(seat("voidzero"), None, "no source names it");
}

/// Keys and fields of an organisation were taken for as well checked as the best of its row.
#[test]
fn keys_and_fields_carry_their_own_mark() {
    let catalog = Catalog::embedded();
    let key = |value: &str| {
        let (_, key, _) = catalog.organisation_by_key("github", value).expect("is known");
        (key.gate, key.two_source)
    };
    assert_eq!(key("kunpengcompute"), (true, false), "the row has two sources, this key one");
    assert_eq!(key("mindspore-ai"), (true, true));
    assert_eq!(catalog.organisation("huawei").map(|row| row.verification), Some(Verification::TwoSource));
    assert_eq!(catalog.seat("huawei").map(|seat| seat.2), Some(Verification::OneSource));
    let twice = catalog.tables().organisation.iter().flat_map(|row| &row.keys).filter(|key| key.two_source);
    assert!(twice.clone().count() >= 30 && twice.clone().all(|key| key.gate && !key.prefix));
}
