//! `sovaudit rules lists`, and the table that an import prints.

use std::io;

use anyhow::bail;

use super::super::prepare::day;
use super::super::terminal_width;
use super::need;
use crate::cli::DataDir;
use crate::lists::store::{Counts, Manifest, Retrieval, Source, Store, WARN_AFTER};
use crate::model::Date;
use crate::text::{clean_line, count, fill, plural, shorten, thousands};

/// Shows what was imported.
pub(in super::super) fn lists(
    data: &DataDir,
    as_of: Option<&str>,
    format: &str,
    out: &mut dyn io::Write,
) -> anyhow::Result<()> {
    let store = need(data)?;
    let today = day(as_of)?;
    let manifest = store.manifest()?;
    match format {
        "json" => {
            serde_json::to_writer_pretty(&mut *out, &with_undated(&manifest.unwrap_or_default())?)?;
            writeln!(out)?;
        }
        "table" => match manifest.filter(|manifest| !manifest.sources.is_empty()) {
            Some(manifest) => table(&manifest, &store, today, out)?,
            None => {
                let line = format!(
                    "No lists in `{}`. Give the files of the authorities to `sovaudit rules import`.",
                    clean_line(&store.folder().display().to_string())
                );
                write!(out, "{}", fill(&line, "", "", terminal_width()))?;
            }
        },
        other => bail!("there is no format `{other}`; choose table or json"),
    }
    Ok(())
}

/// The manifest with a word on every source of which nobody knows the day.
fn with_undated(manifest: &Manifest) -> anyhow::Result<serde_json::Value> {
    let mut shown = serde_json::to_value(manifest)?;
    for (name, source) in &manifest.sources {
        shown["sources"][name.as_str()]["day_unknown"] = source.is_undated().into();
    }
    Ok(shown)
}

fn table(manifest: &Manifest, store: &Store, today: Date, out: &mut dyn io::Write) -> anyhow::Result<()> {
    let put = |out: &mut dyn io::Write, line: &str| write!(out, "{}", fill(line, "  ", "    ", terminal_width()));
    let mut damaged = 0;
    for (name, source) in &manifest.sources {
        writeln!(out, "{name}  {}", shorten(&clean_line(&source.title), 56))?;
        for list in &source.lists {
            let floor =
                if list.floor > 0 { format!(", never fewer than {}", thousands(list.floor)) } else { String::new() };
            let (parties, names) = (number_of(list.parties, "party"), number_of(list.names, "name"));
            put(out, &format!("{}: {parties}, {names}{floor}", clean_line(&list.list)))?;
        }
        put(out, &dates(source, today))?;
        for input in &source.inputs {
            put(out, &format!("{}, {} bytes, SHA-256", clean_line(&input.name), thousands(input.bytes)))?;
            writeln!(out, "    {}", input.sha256)?;
        }
        for what in &source.incomplete {
            put(out, &format!("NOT WHOLE: {}", clean_line(what)))?;
        }
        if source.bad_rows > 0 {
            put(out, &format!("{} not used", number_of(source.bad_rows, "bad row")))?;
        }
        for note in &source.notes {
            put(out, &format!("note: {}", clean_line(note)))?;
        }
        if !source.licence.is_empty() {
            put(out, &format!("licence: {}", clean_line(&source.licence)))?;
        }
        if let Err(damage) = store.check(source) {
            damaged += 1;
            put(out, &format!("DAMAGED: {damage}; import these files again"))?;
        }
        writeln!(out)?;
    }
    notes(manifest, out)?;
    if manifest.rules.is_some() {
        let files: usize = store.layers()?.iter().map(|layer| layer.files.len()).sum();
        writeln!(out, "{} of a bundle\n", count(files, "rule file"))?;
    }
    let line = format!(
        "{} in `{}`, {}",
        count(manifest.sources.len(), "source"),
        clean_line(&store.folder().display().to_string()),
        if damaged == 0 { "none damaged".to_owned() } else { format!("{damaged} damaged") }
    );
    write!(out, "{}", fill(&line, "", "", terminal_width()))?;
    anyhow::ensure!(damaged == 0, "{} of the store is damaged", count(damaged, "archive"));
    Ok(())
}

/// `1 party`, `19,365 parties`.
pub(super) fn number_of(number: u64, noun: &str) -> String {
    format!("{} {}", thousands(number), plural(usize::try_from(number).unwrap_or(usize::MAX), noun))
}

fn dates(source: &Source, today: Date) -> String {
    let age = source.known_on().days_until(today);
    if source.is_undated() {
        let old = if age > i64::from(WARN_AFTER) { ", OLD" } else { "" };
        return format!("day unknown, imported {}{old}; --retrieved DAY tells it to an import", source.retrieved);
    }
    let published =
        source.published.map_or_else(|| "no day of publication".to_owned(), |day| format!("published {day}"));
    let how = match source.retrieval {
        Retrieval::Stated | Retrieval::Online => format!("fetched {}", source.retrieved),
        Retrieval::Assumed => format!("imported {}", source.retrieved),
    };
    let old = if age > i64::from(WARN_AFTER) { ", OLD" } else { "" };
    format!("{published}, {how}; {} old{old}", count(usize::try_from(age).unwrap_or(0), "day"))
}

/// What an import changed, list by list.
pub(super) fn changes<'a>(sources: impl Iterator<Item = &'a Source>, out: &mut dyn io::Write) -> anyhow::Result<()> {
    let row = |out: &mut dyn io::Write, cells: [&str; 8]| {
        let [list, parties, names, published, added, changed, removed, bad] = cells;
        let line = format!(
            "{list:<16} {parties:>8} {names:>8}  {published:<10} {added:>7} {changed:>7} {removed:>7} {bad:>8}"
        );
        writeln!(out, "{}", line.trim_end())
    };
    row(out, ["list", "parties", "names", "published", "added", "changed", "removed", "bad rows"])?;
    let mut remarks: Vec<String> = Vec::new();
    let mut attributed = Vec::new();
    for source in sources {
        attributed.push(source);
        for (at, list) in source.lists.iter().enumerate() {
            let published = source.published.map_or_else(|| "-".to_owned(), |day| day.to_string());
            let [added, changed, removed] = list.changes.map_or_else(
                || ["new".to_owned(), String::new(), String::new()],
                |Counts { added, changed, removed }| [added, changed, removed].map(thousands),
            );
            let bad = if at == 0 { thousands(source.bad_rows) } else { String::new() };
            let (parties, names) = (thousands(list.parties), thousands(list.names));
            let name = clean_line(&list.list);
            row(out, [&shorten(&name, 16), &parties, &names, &published, &added, &changed, &removed, &bad])?;
        }
        remarks.extend(source.bad.iter().map(|bad| format!("bad row: {}", clean_line(bad))));
        remarks.extend(source.notes.iter().map(|note| format!("note: {}: {}", source.list_names(), clean_line(note))));
        if source.is_undated() {
            remarks.push(format!(
                "note: {}: the files do not say of which day they are: their day is unknown, and --max-data-age refuses \
                 them; with --retrieved DAY their age counts from the day on which they were fetched",
                source.list_names()
            ));
        }
    }
    for remark in &remarks {
        write!(out, "{}", fill(remark, "", "  ", terminal_width()))?;
    }
    for source in attributed {
        attribution(source, out)?;
    }
    Ok(())
}

/// What became of entries that only some sources of a list have.
pub(super) fn notes(manifest: &Manifest, out: &mut dyn io::Write) -> anyhow::Result<()> {
    for note in &manifest.notes {
        write!(out, "{}", fill(&format!("note: {}", clean_line(note)), "", "  ", terminal_width()))?;
    }
    Ok(())
}

/// Terms that have to be shown wherever data of a source goes.
pub(super) fn attribution(source: &Source, out: &mut dyn io::Write) -> anyhow::Result<()> {
    if let Some(words) = &source.attribution {
        let line = format!("{}: {} ({})", source.list_names(), clean_line(words), clean_line(&source.licence));
        write!(out, "{}", fill(&line, "", "  ", terminal_width()))?;
    }
    Ok(())
}
