//! docs/images.md says what is: its limits are those of the program, its outputs those of the commands above them.

use std::fs;

use sovaudit::source::layer_cache::CACHE_BYTES;
use sovaudit::source::{IMAGE_LIMITS, Limits};

use crate::cli::{root, sovaudit};

fn size(number: u64) -> String {
    match number {
        _ if number >= 1 << 30 && number.is_multiple_of(1 << 30) => format!("{}G", number >> 30),
        _ if number >= 1 << 20 && number.is_multiple_of(1 << 20) => format!("{}M", number >> 20),
        _ => number.to_string(),
    }
}

fn limits() -> String {
    let mut defaults = Limits::default();
    let mut table = "| Name | Value | What it bounds |\n|---|---|---|\n".to_owned();
    for limit in IMAGE_LIMITS {
        let value = size(*(limit.place)(&mut defaults));
        table.push_str(&format!("| `{}` | {value} | {} |\n", limit.name, limit.meaning));
    }
    table.push_str(&format!(
        "| `cache-bytes` | {} | bytes of the cache; what was used longest ago goes |\n",
        size(CACHE_BYTES)
    ));
    table
}

#[test]
fn outputs_and_limits_are_current() {
    let path = root().join("docs/images.md");
    let now = fs::read_to_string(&path).expect("is there");
    let mut text = now.clone();
    let (start, end) = ("<!-- limits -->\n", "\nWhich files are left out");
    let from = text.find(start).expect("marks the table") + start.len();
    let to = text[from..].find(end).expect("goes on behind it") + from;
    text.replace_range(from..to, &format!("\n{}", limits()));
    let mut at = 0;
    let mut shown = 0;
    let begin = "```text\n$ sovaudit ";
    while let Some(found) = text[at..].find(begin) {
        let command = at + found + begin.len();
        let body = command + text[command..].find('\n').expect("a line") + 1;
        let end = body + text[body..].find("```").expect("the block ends");
        let words: Vec<&str> = text[command..body - 1].split(' ').collect();
        let output = sovaudit().args(words).args(["--no-cache"]).output();
        // a folder has no cache
        let output = output.expect("runs");
        let output = if output.status.code() == Some(2) && output.stderr.starts_with(b"error: `--no-cache`") {
            let words: Vec<&str> = text[command..body - 1].split(' ').collect();
            sovaudit().args(words).output().expect("runs")
        } else {
            output
        };
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("is UTF-8");
        text.replace_range(body..end, &said);
        at = body + said.len();
        shown += 1;
    }
    assert_eq!(shown, 3, "docs/images.md shows its examples");
    if text != now {
        let is_update = std::env::var_os("SOVAUDIT_UPDATE").is_some();
        assert!(is_update, "docs/images.md is not current; run SOVAUDIT_UPDATE=1 cargo test --test it images::docs");
        fs::write(&path, text).expect("writes");
    }
}
