//! Several sources in one store: what one import leaves of the others.

use std::fs;

use super::{FIRST, Site};
use crate::cli::root;

fn names(site: &Site) -> Vec<String> {
    site.manifest()["sources"].as_object().expect("is an object").keys().cloned().collect()
}

/// All files of a set of OFAC's CSV, invented ones.
fn set(name: &str) -> Vec<String> {
    let folder = root().join("fixtures/lists/ofac-csv").join(name);
    let entries = fs::read_dir(folder).expect("is there").map(|entry| entry.expect("is readable").path());
    let mut files: Vec<String> = entries.map(|path| path.display().to_string()).collect();
    files.retain(|file| file.ends_with(".csv"));
    files.sort();
    files
}

#[test]
fn both_sets_of_ofac_in_one_call_are_two_sources() {
    let site = Site::new();
    let (sdn, other) = (set("sdn"), set("cons"));
    let import = |files: &[String]| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (code, out, error) =
            site.rules(&[&["import", "--accept-shrink", "--accept-incomplete"], files.as_slice()].concat());
        assert_eq!(code, 0, "{error}");
        out
    };
    import(&[sdn.clone(), other].concat());
    assert_eq!(names(&site), ["us-consolidated", "us-sdn"]);
    let before = site.manifest();
    let files = |source: &str| before["sources"][source]["inputs"].to_string();
    assert!(files("us-sdn").contains("\"sdn.csv\"") && !files("us-sdn").contains("cons_prim.csv"));
    assert!(files("us-consolidated").contains("cons_prim.csv") && !files("us-consolidated").contains("\"sdn.csv\""));
    let out = import(&sdn);
    assert!(out.contains("US-SDN") && out.contains("of 2 sources"), "{out}");
    assert_eq!(site.manifest()["sources"]["us-consolidated"], before["sources"]["us-consolidated"]);
}

#[test]
fn a_repeated_entry_number_fuses_nobody() {
    let site = Site::new();
    let own = site.path("own.jsonl");
    let text = "{\"sovaudit-list\":1,\"list\":\"OWN-A\",\"title\":\"A list\"}\n\
        {\"entry\":\"1\",\"kind\":\"person\",\"names\":[\"Anna Example\"]}\n\
        {\"entry\":\"1\",\"kind\":\"vessel\",\"names\":[\"MV Example\"]}\n\
        {\"entry\":\"2\",\"names\":[\"Sample\",\"S\"]}\n{\"entry\":\"2\",\"names\":[\"Sample\",\"Sm\"]}\n";
    fs::write(&own, text).expect("writes");
    let simple = site.path("simple.csv");
    let text = "list,name,aliases,country,listed,entry\nXX-1,Example Works,,CN,2026-06-08,1\n\
        XX-1,Sample Works,,CN,2026-06-08,1\n";
    fs::write(&simple, text).expect("writes");
    let (code, out, error) = site.rules(&["import", &own, &simple]);
    assert_eq!(code, 0, "{error}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("OWN-A: 1 party with the entry number of another party got one of their own"), "{out}");
    assert!(words.contains("OWN-A: 1 record with the entry number of another"), "{out}");
    assert!(words.contains("XX-1: 1 party with the entry number of another"), "{out}");
    assert!(words.contains("to be on XX-1: the consequence `review` is assumed"), "{out}");
    assert!(!words.contains("to be on OWN-A"), "{out}");
    let store = sovaudit::lists::store::Store::of(&site.data());
    let opened = store.open(&sovaudit::lists::store::NoIndex).expect("opens").expect("is there");
    let heads = (0..opened.parties().len()).filter_map(|at| opened.parties().head(at));
    let heads: Vec<String> = heads.map(|head| format!("{} {} {}", head.list, head.entry, head.name)).collect();
    assert_eq!(
        heads,
        [
            "OWN-A 1 Anna Example",
            "OWN-A 1#2 MV Example",
            "OWN-A 2 Sample",
            "XX-1 1 Example Works",
            "XX-1 1#2 Sample Works"
        ]
    );
}

#[test]
fn nothing_is_fetched_in_the_future() {
    let site = Site::new();
    let (code, _, error) = site.rules(&["import", FIRST, "--retrieved", "9998-12-31"]);
    assert_eq!(code, 2);
    assert!(error.contains("--retrieved 9998-12-31 is in the future"), "{error}");
    assert_eq!(site.manifest()["sources"].as_object().map(serde_json::Map::len), Some(0));
}

#[test]
fn a_set_without_one_of_its_files_is_refused_or_told_ever_after() {
    let site = Site::new();
    let mut files = set("sdn");
    files.retain(|file| !file.ends_with("alt.csv"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let import = |more: &[&str]| site.rules(&[&["import", "--accept-shrink"], more, files.as_slice()].concat());
    let (code, _, error) = import(&[]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("no `alt` file was given: aliases are missing") && error.contains("--accept-incomplete"));
    assert!(names(&site).is_empty());
    let (code, out, error) = import(&["--accept-incomplete", "--retrieved", "2026-11-20"]);
    assert_eq!(code, 0, "{error}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("although no `alt` file was given") && words.contains("accepted on 20"), "{out}");
    let (_, out, _) = site.rules(&["lists", "--as-of", "2026-11-22"]);
    assert!(out.contains("NOT WHOLE: no `alt` file was given"), "{out}");
    let (code, _, error) = site.run("screen", &["Harmless Example GmbH", "--as-of", "2026-11-22"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("list US-SDN is not whole"), "{error}");
    let target = root().join("fixtures/ai-platform/infra/ovh").display().to_string();
    let (code, out, error) = site.run("scan", &[&target, "--as-of", "2026-11-22", "--fail-on", "none", "--strict"]);
    assert_eq!(code, 3, "{error}");
    assert!(out.contains("list US-SDN is not whole"), "{out}");
    // two sets need two files of each part
    let mut both = set("sdn");
    both.extend(set("cons").into_iter().filter(|file| file.ends_with("cons_prim.csv")));
    let both: Vec<&str> = both.iter().map(String::as_str).collect();
    let (code, _, error) = site.rules(&[&["import", "--accept-shrink"], both.as_slice()].concat());
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("only one `alt` file was given for two sets"), "{error}");
}

#[test]
fn a_list_is_empty_only_where_somebody_says_so() {
    let site = Site::new();
    let full = site.list("a.jsonl", "OWN-A", "2026-11-02", 30);
    let empty = site.list("empty.jsonl", "OWN-A", "2026-11-03", 0);
    assert_eq!(site.rules(&["import", &full]).0, 0);
    let (code, _, error) = site.rules(&["import", &empty]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("--accept-empty"), "{error}");
    let (code, out, error) = site.rules(&["import", "--accept-empty", &empty]);
    assert_eq!(code, 0, "{error}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("OWN-A has no party, and had 30 parties: accepted on 20"), "{out}");
    assert!(words.contains("that it was emptied"), "{out}");
    let source = &site.manifest()["sources"]["own-a"];
    assert_eq!((&source["lists"][0]["list"], &source["parties"]), (&"OWN-A".into(), &0.into()));
    assert_eq!(source["lists"][0]["changes"]["removed"], 30);
    // nobody is screened against it, and asking for it alone is no pass
    assert_eq!(site.run("screen", &["Harmless Example GmbH", "--lists", "OWN-A"]).0, 2);
    assert_eq!(site.run("screen", &["Harmless Example GmbH"]).0, 0);
    assert_eq!(site.rules(&["import", &full, "--allow-stale"]).0, 0);
    // a list of an authority that holds nothing but its frame
    let frame = site.path("un.xml");
    let text =
        "<CONSOLIDATED_LIST dateGenerated=\"2026-11-20T00:00:00Z\"><INDIVIDUALS/><ENTITIES/></CONSOLIDATED_LIST>";
    fs::write(&frame, text).expect("writes");
    let (code, _, error) = site.rules(&["import", &frame]);
    assert!(code == 2 && error.contains("say --accept-empty where you know that the authority emptied it"), "{error}");
    let (code, out, error) = site.rules(&["import", "--accept-empty", &frame]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("UN-SC                   0        0"), "{out}");
}
