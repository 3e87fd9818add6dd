//! Rules are embedded: a file added under `rules/` must trigger a rebuild.
//!
//! Tables, rules and profiles are embedded once more as JSON, the rows of each table together: a run reads the tables that
//! it asks, and JSON is read in a fifth of the time and of the memory that TOML takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Folders whose files are read in other ways.
const OTHERS: [&str; 2] = ["reference", "screening"];

/// Folders whose files hold one thing each and not rows of tables.
const WHOLE: [&str; 2] = ["findings", "profiles"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    link_order();
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut files = Vec::new();
    collect(Path::new("rules"), &mut files)?;
    // in the order in which the texts themselves are read
    let name = |path: &PathBuf| path.iter().skip(1).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    files.sort_by_cached_key(name);
    let mut whole = Vec::new();
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for path in &files {
        // what is no TOML is told by the tests, with its place
        let Ok(table) = fs::read_to_string(path)?.parse::<toml::Table>() else { continue };
        let name = name(path);
        if WHOLE.iter().any(|folder| name.split('/').next() == Some(folder)) {
            whole.push((name, json(toml::Value::Table(table)).to_string()));
            continue;
        }
        for (key, rows) in table {
            tables.entry(key).or_default().push((name.clone(), json(rows).to_string()));
        }
    }
    let mut list =
        format!("/// Path and content.\nstatic FILES: &[(&str, &str)] = {};\n", pairs(&whole, "file", &out)?);
    list.push_str("/// Tables with the files that have rows of them, in order of their names.\n");
    list.push_str("static TABLES: &[(&str, &[(&str, &str)])] = &[\n");
    for (table, files) in &tables {
        // writing into a text cannot fail
        let _ = writeln!(list, "    ({table:?}, {}),", pairs(files, table, &out)?);
    }
    list.push_str("];\n");
    fs::write(out.join("tables.rs"), list)
}

/// The list of functions that scans call, which lie side by side in the shipped program: then a scan has a third of the
/// program in memory. It is made for one compiler (tests/tools/link_order.py), and only the linker that comes with that one
/// is known to take it: whoever links otherwise has the same program in another order.
fn link_order() {
    const LIST: &str = "src/link-order.txt";
    println!("cargo::rerun-if-changed={LIST}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    let links_otherwise = env::var_os("RUSTC_LINKER").is_some()
        || env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"));
    if !is("PROFILE", "release") || !is("TARGET", "x86_64-unknown-linux-gnu") || links_otherwise {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "the compiler that builds this, asked for its version")]
    let compiler = env::var_os("RUSTC").and_then(|rustc| Command::new(rustc).arg("-vV").output().ok());
    let compiler = compiler.and_then(|about| String::from_utf8(about.stdout).ok()).unwrap_or_default();
    let (Ok(list), Ok(path)) = (fs::read_to_string(LIST), fs::canonicalize(LIST)) else { return };
    let made_for = list.lines().next().and_then(|line| line.strip_prefix("# "));
    // distributions add a bracket of their own to the version, and link with what they have
    let is_upstream = compiler.lines().next().is_some_and(|line| line.matches('(').count() == 1);
    if is_upstream && compiler.lines().any(|line| Some(line) == made_for) {
        for argument in [&format!("--symbol-ordering-file={}", path.display()), "--no-warn-symbol-ordering"] {
            println!("cargo::rustc-link-arg-bins=-Xlinker");
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
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

/// Writes each text into a file of its own and gives the list of names and texts in Rust.
fn pairs(texts: &[(String, String)], name: &str, out: &Path) -> io::Result<String> {
    let mut list = String::from("&[");
    for (at, (path, text)) in texts.iter().enumerate() {
        fs::write(out.join(format!("{name}-{at}.json")), text)?;
        let _ = write!(list, "({path:?}, include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}-{at}.json\"))), ");
    }
    list.push(']');
    Ok(list)
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
