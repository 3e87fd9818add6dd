//! Speed and memory, on the binary as it ships: `cargo bench --bench scan`, with sizes of trees as
//! arguments if others than the usual ones are wanted (`cargo bench --bench scan -- 1000 300000`).
//!
//! Prints one table in Markdown, the source of `docs/performance.md`. Trees are generated, the same
//! ones every time, in a temporary folder. Memory is read from `/proc`, so on Linux only.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod tree;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sovaudit::catalog::{Catalog, Layer};
use sovaudit::parse;
use sovaudit::rules::RuleSet;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![30, 1_000, 10_000, 100_000] } else { sizes };
    println!("| What | Median | Per unit | Peak memory |");
    println!("|---|---|---|---|");
    loading();
    parsers();
    trees(&sizes);
}

/// Middle of an odd number of runs.
fn median(runs: usize, mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[runs / 2]
}

fn loading() {
    // a scan reads the tables that it asks; this reads and checks all of them
    let load = || Catalog::load(&[Layer::embedded()]).map(drop).expect("the embedded tables are sound");
    let catalog = median(11, load);
    println!("| catalogue, all tables read and checked | {} | | |", milliseconds(catalog));
    let known = Catalog::embedded();
    let rules = median(11, || {
        RuleSet::load(&[Layer::embedded()], &known).map(drop).expect("the embedded rules are sound");
    });
    println!("| rules and profiles | {} | | |", milliseconds(rules));
}

fn parsers() {
    let each = |name: &str, text: &str, run: &dyn Fn(&str)| {
        let time = median(5, || run(text));
        let megabytes = text.len() as f64 / 1e6;
        println!(
            "| {name}, {megabytes:.1} MB | {} | {:.0} MB/s | |",
            milliseconds(time),
            megabytes / time.as_secs_f64()
        );
    };
    let json = tree::package_lock(0, 40_000);
    each("JSON (`package-lock.json`)", &json, &|text| drop(parse::json::json(text).expect("sound")));
    let toml = tree::cargo_lock(0, 5_000);
    each("TOML (`Cargo.lock`)", &toml, &|text| drop(parse::toml::toml(text)));
    let yaml: String = (0..10_000).map(tree::manifest).collect();
    each("YAML (manifests)", &yaml, &|text| drop(parse::yaml::yaml(text)));
    let hcl: String = (0..2_000).map(tree::terraform).collect();
    each("HCL (Terraform)", &hcl, &|text| drop(parse::hcl::hcl(text)));
    let dockerfile: String = (0..10_000).map(tree::dockerfile).collect();
    each("Dockerfile", &dockerfile, &|text| drop(parse::dockerfile::dockerfile(text)));
}

fn trees(sizes: &[usize]) {
    let mut summary = String::new();
    let mut last: Option<(usize, Duration)> = None;
    for size in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bytes = tree::write(folder.path(), *size).expect("the tree can be written");
        let runs = if *size > 20_000 { 1 } else { 5 };
        let mut peak = 0;
        // the first run reads the files into the page cache
        scan(folder.path());
        let time = median(runs, || peak = peak.max(scan(folder.path())));
        let each = time.as_secs_f64() * 1e6 / *size as f64;
        let megabytes = bytes as f64 / 1e6;
        println!(
            "| `scan`, {size} files, {megabytes:.1} MB | {} | {each:.0} µs per file | {:.0} MB |",
            milliseconds(time),
            peak as f64 / 1024.0
        );
        if let Some((before, earlier)) = last {
            let ratio = (time.as_secs_f64() / earlier.as_secs_f64()) / (*size as f64 / before as f64);
            let _ = writeln!(summary, "{before} to {size} files: time per file grows {ratio:.2} times");
        }
        last = Some((*size, time));
    }
    println!("\n{summary}");
}

/// Runs `sovaudit scan` and gives its peak memory in KiB.
#[expect(clippy::disallowed_methods, reason = "the binary itself is what is measured")]
fn scan(folder: &Path) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sovaudit"))
        .args(["scan", "--as-of", "2026-01-01"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let value = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(value.unwrap_or(0));
        }
        if let Some(exit) = child.try_wait().expect("the child can be asked") {
            assert!(matches!(exit.code(), Some(0 | 1)), "{exit}");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
