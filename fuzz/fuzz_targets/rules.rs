//! A rule file of a user: the first byte chooses the table it replaces or the rule kind it is.
#![no_main]

use std::sync::LazyLock;

use sovaudit::catalog::{Catalog, Layer};
use sovaudit::rules::RuleSet;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut chars = text.chars();
    let path = match chars.next() {
        Some('a') => "profiles/mine.toml",
        Some('b') => "catalog/organisations-mine.toml",
        Some('c') => "catalog/services.toml",
        Some('d') => "jurisdictions/groups.toml",
        Some('e') => "export-control/classification.toml",
        _ => "findings/mine/rule.toml",
    };
    let mine = Layer { name: "mine".to_owned(), files: vec![(path.to_owned(), chars.as_str().to_owned())] };
    let errors = if path.starts_with("findings") || path.starts_with("profiles") {
        RuleSet::load(&[mine], &CATALOG).err()
    } else {
        Catalog::load(&[mine]).err()
    };
    // every message must be writable
    for error in errors.into_iter().flatten() {
        assert!(!error.to_string().is_empty());
    }
});
