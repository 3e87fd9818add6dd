//! A file of analysts' decisions, TOML or JSON lines. Seeds: `fixtures/decisions`.
#![no_main]

use std::sync::LazyLock;

use sovaudit::catalog::Catalog;
use sovaudit::model::Date;
use sovaudit::screening::decision::{Answer, Asked, Decisions};

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);
static DAY: LazyLock<Date> = LazyLock::new(|| Date::parse("2026-11-23").expect("is a date"));

libfuzzer_sys::fuzz_target!(|text: &str| {
    let decisions = match Decisions::parse("decisions", text, &CATALOG) {
        Ok(decisions) => decisions,
        // every message must be writable, and name the file
        Err(error) => return assert!(error.to_string().contains("decisions"), "{error}"),
    };
    for row in &decisions.rows {
        let asked = Asked {
            name: &row.subject.name,
            kind: row.subject.kind.as_deref().unwrap_or("unknown"),
            country: row.subject.country,
            keys: &row.subject.keys,
            list: &row.entry.list,
            entry: &row.entry.id,
            digest: &[0; 32],
        };
        if let Some(Answer::Holds(at)) = decisions.about(asked, *DAY) {
            let held = &decisions.rows[at];
            assert!(held.entry.sha256.bytes().all(|byte| byte == b'0'), "another entry was decided about: {held:?}");
            assert!(held.expires_on >= *DAY, "its last day has passed: {held:?}");
        }
    }
});
