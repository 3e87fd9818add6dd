//! Rules are embedded: a file added under `rules/` must trigger a rebuild.
//!
//! Tables, rules and profiles are embedded once more as JSON: every start of the program reads them, and JSON is read in a
//! fifth of the time and of the memory that TOML takes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders whose files are not read at every start.
const OTHERS: [&str; 2] = ["reference", "screening"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut files = Vec::new();
    collect(Path::new("rules"), &mut files)?;
    // in the order in which the texts themselves are read
    let name = |path: &PathBuf| path.iter().skip(1).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    files.sort_by_cached_key(name);
    let mut list = String::from("static FILES: &[(&str, &str)] = &[\n");
    for (at, path) in files.iter().enumerate() {
        // what is no TOML is told by the tests, with its place
        let Ok(table) = fs::read_to_string(path)?.parse::<toml::Table>() else { continue };
        fs::write(out.join(format!("{at}.json")), json(toml::Value::Table(table)).to_string())?;
        // writing into a text cannot fail
        let _ = writeln!(list, "    ({:?}, include_str!(concat!(env!(\"OUT_DIR\"), \"/{at}.json\"))),", name(path));
    }
    list.push_str("];\n");
    fs::write(out.join("tables.rs"), list)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !OTHERS.iter().any(|name| path.ends_with(name)) {
                collect(&path, into)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            into.push(path);
        }
    }
    Ok(())
}

/// The same value; dates become texts.
fn json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}
