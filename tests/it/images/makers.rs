//! Who stands behind what programs are built from.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::Value;
use tempfile::TempDir;

use super::build::TarBuilder;
use super::inside::{base, ids, report};

/// Who maintains each package, by the last part of its name.
fn makers(told: &Value) -> BTreeMap<String, Vec<String>> {
    let relations = told["relations"].as_array().expect("is a list").iter();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in relations.filter(|one| one["kind"] == "maintained-by") {
        let (from, to) = (one["from"].as_str().expect("has one"), one["to"].as_str().expect("has one"));
        let name = from.split_once('@').map_or(from, |(name, _)| name);
        found.entry(name.to_owned()).or_default().push(to.to_owned());
    }
    found
}

fn go_program(modules: &[&str]) -> Vec<u8> {
    let mut text = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6path\tapp.example/a\nmod\tapp.example/a\tv1.0.0\t\n".to_vec();
    modules.iter().for_each(|module| text.extend(format!("dep\t{module}\tv1.0.0\t\n").into_bytes()));
    text.extend_from_slice(b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2");
    let mut information = b"\xff Go buildinf:\x08\x02".to_vec();
    information.resize(32, 0);
    information.push(8);
    information.extend_from_slice(b"go1.22.1");
    [&b"\x7fELF\x02\x01\x01"[..], &[0; 5000], &information, &text, &[0; 100]].concat()
}

#[test]
fn modules_under_domains_of_their_own_have_makers() {
    let modules = [
        ("k8s.io/api", "org:cncf"),
        ("sigs.k8s.io/yaml", "org:cncf"),
        ("google.golang.org/grpc", "org:cncf"),
        ("google.golang.org/protobuf", "org:google"),
        ("golang.org/x/net", "org:google"),
        ("go.uber.org/zap", "org:uber"),
        ("go.opentelemetry.io/otel", "org:cncf"),
        ("gopkg.in/hashicorp/go-version.v1", "org:hashicorp"),
    ];
    let names: Vec<&str> =
        modules.iter().map(|(name, _)| *name).chain(["gopkg.in/yaml.v3", "mine.example/x"]).collect();
    let found = makers(&report(base().file("usr/bin/app", &go_program(&names)), &[]));
    for (name, maker) in modules {
        assert_eq!(
            found.get(&format!("pkg:golang/{name}")).map(Vec::as_slice),
            Some(&[maker.to_owned()][..]),
            "{name}"
        );
    }
    assert_eq!(found.get("pkg:golang/stdlib").map(Vec::len), Some(1));
    assert!(!found.contains_key("pkg:golang/mine.example/x") && !found.contains_key("pkg:golang/gopkg.in/yaml.v3"));
}

/// A program with the audit data of two crates.
fn rust_program() -> Vec<u8> {
    let audit = br#"{"packages":[{"name":"app","version":"0.1.0","source":"local","dependencies":[1,2],"root":true},{"name":"libc","version":"0.2.1","source":"crates.io"},{"name":"tied","version":"2.0.0","source":"crates.io"}]}"#;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(audit).expect("memory");
    let packed = encoder.finish().expect("memory");
    [&b"\x7fELF\x02\x01\x01"[..], &[0; 5000], &packed, &[0; 100]].concat()
}

#[test]
fn crates_of_a_program_have_the_makers_that_they_have_in_a_lock_file() {
    let lock = b"version = 4\n\n[[package]]\nname = \"libc\"\nversion = \"0.2.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n[[package]]\nname = \"tied\"\nversion = \"2.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let cache = TempDir::new().expect("a folder");
    let folder = cache.path().join("registry/src/index.crates.io-0000000000000000/tied-2.0.0");
    std::fs::create_dir_all(&folder).expect("a folder");
    let manifest = "[package]\nname = \"tied\"\nversion = \"2.0.0\"\nrepository = \"https://github.com/aws/tied\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("a file");
    let cache = cache.path().display().to_string();
    let program = base().file("usr/bin/app", &rust_program());
    for layer in [program, TarBuilder::default().file("srv/Cargo.lock", lock)] {
        let told = report(layer, &["--package-cache", &cache]);
        assert!(ids(&told, "package").contains(&"pkg:cargo/tied@2.0.0".to_owned()), "{:?}", ids(&told, "package"));
        let found = makers(&told);
        assert_eq!(found.get("pkg:cargo/libc").map(Vec::as_slice), Some(&["org:rust-foundation".to_owned()][..]));
        assert_eq!(found.get("pkg:cargo/tied").map(Vec::as_slice), Some(&["org:amazon".to_owned()][..]));
    }
}
