//! Packages whose version the tool is told, whatever asks for them: `overrides` of npm, Bun and pnpm, `resolutions` of
//! Yarn.

use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::scan::{Facts, SourceFile};

/// What a manifest overrides, with the table that says so: each tool reads its own. Only that of the folder with the lock
/// file counts, as for the tools.
pub(super) fn of_manifest(root: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let pnpm = root.get("pnpm").and_then(|pnpm| pnpm.get("overrides"));
    for (word, table) in
        [("overrides", root.get("overrides")), ("resolutions", root.get("resolutions")), ("pnpm", pnpm)]
    {
        if let Some(table) = table {
            of_table(word, table, project, file, out);
        }
    }
}

/// What a table of names overrides for projects themselves: not what counts below one package alone, which npm nests.
pub(super) fn of_table(word: &str, table: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for entry in table.entries() {
        let (name, _) = named(&entry.key);
        let whole = entry.key.strip_prefix("**/").unwrap_or(&entry.key);
        let is_of_all = whole.strip_prefix(&*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'));
        let target = entry.value.text().or_else(|| entry.value.text_at("."));
        // `$name` means what the manifest itself asks for
        if let Some(target) = target.filter(|target| is_of_all && !target.starts_with('$')) {
            out.attribute(project, key::OVERRIDES, format!("{word} {name} {target}"), file.at(entry.key_span));
        }
    }
}

/// Name and, where only that one is replaced, range of a key: `name`, `name@npm:range`, `**/name`, `parent/name` or
/// `parent@1>name`, of which the last counts.
pub(super) fn named(key: &str) -> (String, Option<&str>) {
    // a sign of comparison is followed by no name
    let begins = |part: &str| part.starts_with(|first: char| first.is_alphabetic() || first == '@');
    let last = key.rmatch_indices('>').map(|(at, _)| &key[at + 1..]).find(|part| begins(part));
    let key = last.unwrap_or(key);
    // the sign of a scope stands at the beginning of a part
    let at = key.rfind('@').filter(|at| *at > 0 && key.as_bytes()[at - 1] != b'/');
    let (name, range) = match at.map(|at| (&key[..at], &key[at + 1..])) {
        Some((name, range)) => (name, Some(range.strip_prefix("npm:").unwrap_or(range))),
        None => (key, None),
    };
    let parts: Vec<&str> = name.split('/').collect();
    // the last part, with its scope if it has one
    let last = parts.len() - 1;
    let from = last - usize::from(last > 0 && parts[last - 1].starts_with('@'));
    (parts[from..].join("/"), range)
}
