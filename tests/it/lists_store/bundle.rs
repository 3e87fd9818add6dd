//! Bundles: only what was signed, in time and in order.

use std::fs;

use super::minisign::Signer;
use super::{FIRST, SECOND, Site};

const OWN_RULE: &str = "[[organisation]]\nid = \"sample-cloud\"\nname = \"Sample Cloud\"\n";

/// A bundle with one list, and its signature.
fn bundle(site: &Site, file: &str, number: &str, expires: &str, more: &[&str]) -> Vec<u8> {
    let path = site.path(file);
    let fixed = ["bundle", "--out", path.as_str(), "--number", number, "--made", "2026-11-20", "--expires", expires];
    let (code, out, error) = site.rules(&[&fixed, more].concat());
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("minisign -Sm"), "{out}");
    let bytes = fs::read(&path).expect("was written");
    fs::write(format!("{path}.minisig"), Signer::new(1).sign(&bytes)).expect("writes");
    bytes
}

const LATER: &str = "2999-01-01";

/// A site with a bundle `b.tar` of number 7.
fn maker() -> (Site, Vec<u8>) {
    let site = Site::new();
    assert_eq!(site.rules(&["import", FIRST, "--retrieved", "2026-11-03"]).0, 0);
    let bytes = bundle(&site, "b.tar", "7", LATER, &[]);
    (site, bytes)
}

fn import(at: &Site, from: &Site, file: &str, more: &[&str]) -> (i32, String, String) {
    let path = from.path(file);
    at.rules(&[&["import", path.as_str(), "--verify-key", &Signer::new(1).public()], more].concat())
}

#[test]
fn a_bundle_carries_lists_and_rules_into_a_site_that_has_nothing() {
    let (maker, _) = maker();
    let rules = maker.path("rules");
    fs::create_dir_all(format!("{rules}/catalog")).expect("makes");
    let row = fs::read_to_string(crate::cli::root().join("rules/catalog/list-sources.toml")).expect("is there");
    fs::write(format!("{rules}/catalog/sources.toml"), row.replace("us-csl", "copied")).expect("writes");
    let one = bundle(&maker, "r.tar", "8", LATER, &["--rules", &rules]);
    assert_eq!(bundle(&maker, "again.tar", "8", LATER, &["--rules", &rules]), one, "the same bytes every time");
    let site = Site::new();
    let key = maker.path("key.pub");
    fs::write(&key, format!("untrusted comment: minisign public key\n{}\n", Signer::new(1).public())).expect("writes");
    let (code, out, error) = site.rules(&["import", &maker.path("r.tar"), "--verify-key", &key]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("Bundle 8 of 2026-11-20") && out.contains("1 rule file"), "{out}");
    assert!(out.contains("OWN-ACME                3        5  2026-11-01     new"), "{out}");
    let (ours, theirs) = (site.manifest(), maker.manifest());
    for field in ["retrieved", "retrieval", "inputs", "published", "licence", "lists"] {
        assert_eq!(ours["sources"]["own-acme"][field], theirs["sources"]["own-acme"][field], "{field}");
    }
    let (code, out, error) = site.rules(&["lists"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("1 rule file of a bundle"), "{out}");
    let (code, _, error) = site.rules(&["list"]);
    assert_eq!(code, 0, "{error}");
    // the rules of the bundle are in force
    let (_, report, _) = site.run("scan", &["fixtures/ai-platform", "--format", "json"]);
    assert!(report.contains("bundle/00-rules"), "no mention of the layer");
    // a bundle without rules takes them away
    bundle(&maker, "b.tar", "9", LATER, &[]);
    assert_eq!(import(&site, &maker, "b.tar", &[]).0, 0);
    assert_eq!(site.manifest()["rules"], serde_json::Value::Null);
}

#[test]
fn what_is_unsigned_changed_or_of_another_is_refused() {
    let (maker, bytes) = maker();
    let site = Site::new();
    let refused = |words: &str, result: (i32, String, String)| {
        let (code, out, error) = result;
        assert_eq!((code, out.as_str()), (2, ""), "{words}: {error}");
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(site.manifest()["sources"], serde_json::json!({}), "{words}");
    };
    let path = maker.path("b.tar");
    refused("never imported", site.rules(&["import", &path]));
    refused("another key", site.rules(&["import", &path, "--verify-key", &Signer::new(2).public()]));
    refused("neither a minisign public key", site.rules(&["import", &path, "--verify-key", "nokey"]));
    refused("import it alone", site.rules(&["import", &path, FIRST, "--verify-key", "k"]));
    refused("are for bundles", site.rules(&["import", FIRST, "--verify-key", "k"]));
    let signature = fs::read_to_string(format!("{path}.minisig")).expect("is there");
    for at in [600, bytes.len() / 2, bytes.len() - 2000] {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).expect("writes");
        refused("does not fit", import(&site, &maker, "b.tar", &[]));
    }
    fs::write(&path, [bytes.as_slice(), b"more"].concat()).expect("writes");
    refused("does not fit", import(&site, &maker, "b.tar", &[]));
    fs::write(&path, &bytes).expect("writes");
    for text in
        ["", "untrusted comment: x\n", "\u{e9}\n\u{e9}\ntrusted comment: \n\n", &signature.replace("hashed", "hasheD")]
    {
        fs::write(format!("{path}.minisig"), text).expect("writes");
        refused("signature", import(&site, &maker, "b.tar", &[]));
    }
    fs::remove_file(format!("{path}.minisig")).expect("removes");
    refused("has no signature", import(&site, &maker, "b.tar", &[]));
    fs::write(maker.path("elsewhere"), signature).expect("writes");
    assert_eq!(import(&site, &maker, "b.tar", &["--signature", &maker.path("elsewhere")]).0, 0);
}

#[test]
fn an_expired_bundle_and_one_older_than_the_last_are_refused() {
    let (maker, _) = maker();
    bundle(&maker, "old.tar", "9", "2026-11-21", &[]);
    bundle(&maker, "six.tar", "6", LATER, &[]);
    let site = Site::new();
    let (code, _, error) = import(&site, &maker, "old.tar", &[]);
    assert_eq!(code, 2);
    assert!(error.contains("expired on 2026-11-21"), "{error}");
    assert_eq!(import(&site, &maker, "b.tar", &[]).0, 0);
    let (code, _, error) = import(&site, &maker, "six.tar", &[]);
    assert_eq!(code, 2);
    assert!(error.contains("number 6, and number 7 was accepted"), "{error}");
    assert_eq!(import(&site, &maker, "b.tar", &[]).0, 0, "the same one again");
    // what shrinks is refused in a bundle as well
    let list = maker.list("big.jsonl", "OWN-BIG", "2026-11-02", 50);
    assert_eq!(maker.rules(&["import", &list]).0, 0);
    bundle(&maker, "big.tar", "10", LATER, &[]);
    assert_eq!(import(&site, &maker, "big.tar", &[]).0, 0);
    let list = maker.list("big.jsonl", "OWN-BIG", "2026-11-03", 20);
    assert_eq!(maker.rules(&["import", &list, SECOND, "--accept-shrink"]).0, 0);
    bundle(&maker, "small.tar", "11", LATER, &[]);
    assert_eq!(import(&site, &maker, "small.tar", &[]).0, 2);
    assert_eq!(site.manifest()["sources"]["own-big"]["parties"], 50);
    assert_eq!(import(&site, &maker, "small.tar", &["--accept-shrink"]).0, 0);
    assert_eq!(site.manifest()["sources"]["own-acme"]["published"], "2026-11-20");
}

/// A tar archive with the files as named, signed as it stands.
fn forged(site: &Site, contents: &str, files: &[(&str, &[u8], tar::EntryType)]) {
    let mut tar = tar::Builder::new(Vec::new());
    let mut put = |name: &str, bytes: &[u8], kind: tar::EntryType| {
        let mut header = tar::Header::new_gnu();
        // written by hand: the library refuses such names
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, bytes).expect("writes to memory");
    };
    put("bundle.json", contents.as_bytes(), tar::EntryType::Regular);
    files.iter().for_each(|(name, bytes, kind)| put(name, bytes, *kind));
    let bytes = tar.into_inner().expect("writes to memory");
    fs::write(site.path("forged.tar.minisig"), Signer::new(1).sign(&bytes)).expect("writes");
    fs::write(site.path("forged.tar"), bytes).expect("writes");
}

#[test]
fn a_signed_bundle_cannot_reach_outside_or_hold_what_it_does_not_name() {
    let site = Site::new();
    let hash = |bytes: &[u8]| sovaudit::text::hex(&<sha2::Sha256 as sha2::Digest>::digest(bytes));
    let contents = |path: &str, bytes: &[u8], length: usize| {
        format!(
            "{{\"sovaudit-bundle\":1,\"number\":1,\"made\":\"2026-11-20\",\"expires\":\"{LATER}\",\"files\":\
             [{{\"path\":\"{path}\",\"bytes\":{length},\"sha256\":\"{}\"}}]}}",
            hash(bytes)
        )
    };
    let rule = OWN_RULE.as_bytes();
    let plain = tar::EntryType::Regular;
    let size = rule.len();
    let refused = |words: &str| {
        let (code, _, error) = import(&site, &site, "forged.tar", &[]);
        assert_eq!(code, 2, "{words}");
        assert!(error.contains(words), "{words}: {error}");
    };
    for path in
        ["rules/../../x.toml", "/rules/x.toml", "rules//x.toml", "rules/a/./x.toml", "C:/x.toml", "rules\\\\x.toml"]
    {
        forged(&site, &contents(path, rule, size), &[(&path.replace("\\\\", "\\"), rule, plain)]);
        refused("is no name that is accepted");
    }
    forged(&site, &contents("rules/a/x.toml", rule, size), &[("rules/a/x.toml", rule, tar::EntryType::Symlink)]);
    refused("is no plain file");
    forged(&site, &contents("rules/a/x.toml", rule, size), &[("rules/a/x.toml", b"changed", plain)]);
    refused("is not what the bundle names there");
    forged(&site, &contents("rules/a/x.toml", rule, 3), &[("rules/a/x.toml", rule, plain)]);
    refused("larger than the bundle says");
    forged(&site, &contents("rules/a/x.toml", rule, size), &[]);
    refused("ends before its last file");
    forged(&site, &contents("rules/a/x.sh", rule, size), &[("rules/a/x.sh", rule, plain)]);
    refused("it is no rule file");
    forged(&site, &contents("bin/x.toml", rule, size), &[("bin/x.toml", rule, plain)]);
    refused("neither a list nor a rule file");
    forged(&site, &contents("lists/own-a", b"no archive", 10), &[("lists/own-a", b"no archive", plain)]);
    refused("no list archive");
    let one = ("rules/a/x.toml", rule, plain);
    forged(&site, &contents("rules/a/x.toml", rule, size), &[one, ("rules/a/y.toml", b"", plain)]);
    refused("more files than it names");
    // well signed and well formed, but the row lacks what every row must have
    forged(&site, &contents("rules/a/x.toml", rule, size), &[one]);
    refused("do not fit this version");
    forged(&site, "{\"sovaudit-bundle\":1}", &[]);
    refused("`bundle.json` of the bundle");
}
