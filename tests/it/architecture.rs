//! The layers of docs/architecture.md, read from the source itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::root;

/// Modules from the ground up; a module may use those before it, and its own neighbours on the same line.
const LAYERS: [&[&str]; 13] = [
    &["text", "threads"],
    &["diagnostic", "model", "parse"],
    &["source"],
    &["catalog"],
    &["lists"],
    &["screening"],
    &["scan", "export"],
    &["target", "attribution", "graph", "control", "fleet"],
    &["supply"],
    &["rules", "score", "simulate"],
    &["plan", "report"],
    &["config", "cli"],
    &["commands", "main", "lib"],
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("is a folder") {
        let path = entry.expect("is readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn no_module_uses_a_higher_layer() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    files.sort();
    let mut wrong = Vec::new();
    for path in &files {
        let relative = path.strip_prefix(root().join("src")).expect("is below src").to_string_lossy().into_owned();
        let module = relative.split('/').next().unwrap_or("").trim_end_matches(".rs");
        let own = layer(module).unwrap_or_else(|| panic!("src/{relative} belongs to no layer"));
        let text = fs::read_to_string(path).expect("is UTF-8");
        assert!(text.starts_with("//!"), "src/{relative} does not say what it is for");
        let code: String = text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or("")
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        for word in code.split("crate::").skip(1) {
            let used: String = word.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if let Some(other) = layer(&used)
                && other > own
            {
                wrong.push(format!("src/{relative} uses {used}"));
            }
        }
        let lines = text.split("#[cfg(test)]").next().unwrap_or("").lines().count();
        assert!(lines <= 800, "src/{relative} has {lines} lines");
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_their_homes_use_these_crates() {
    let homes = [
        ("kube::", "source/cluster.rs"),
        ("petgraph::", "graph/"),
        ("cargo_metadata::", "scan/package/rust/cargo_metadata.rs"),
        ("oci_distribution::", "source/"),
        ("clap::", "cli/"),
        ("reqwest::", "source/"),
        ("memmap2::", "lists/store/archive.rs"),
        ("minisign_verify::", "lists/store/bundle.rs"),
    ];
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for path in files {
        let relative = path.strip_prefix(root().join("src")).expect("is below src").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("is UTF-8");
        for (name, home) in homes {
            let fits = relative.starts_with(home) || relative == "main.rs" && name == "clap::";
            let used = text.match_indices(name).any(|(at, _)| !text[..at].ends_with(':'));
            assert!(fits || !used, "src/{relative} uses {name} outside {home}");
        }
    }
}
