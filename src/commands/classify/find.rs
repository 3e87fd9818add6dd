//! The products that words name.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::catalog::rows::{Accelerator, InstanceType};
use crate::catalog::sku::{Asked, Sku, fits_memory, stated_memory};
use crate::catalog::tables::near;
use crate::catalog::{Catalog, Topic};
use crate::export::{MachineRow, Subject};
use crate::text::count;

/// Most names that are proposed in place of one that nobody knows.
const PROPOSED: usize = 3;
/// Share by which stated memory may lie beside the known.
const NEAR: f64 = 0.15;
/// Fewest letters before digits that are a word of their own: `RTX4090`.
const OWN_WORD: usize = 3;

/// What the words mean: one product, or all products of a family.
pub(super) struct Found<'c> {
    pub(super) subjects: Vec<Subject<'c>>,
    pub(super) machine: Option<MachineRow>,
    /// The words are a part of the products' names: there may be others of that name.
    pub(super) is_part: bool,
}

/// How words lead to products.
#[derive(Clone, Copy)]
enum Way {
    MarkedNumber,
    Name,
    Words,
    Number,
}

/// By id (with or without the vendor) or whole name, as a machine's accelerator, by the number of its PCI device, by the
/// words of its name as every scanner reads them, at last as all products whose names hold every word. Several are told,
/// never chosen from.
pub(super) fn find<'c>(catalog: &'c Catalog, what: &str) -> anyhow::Result<Found<'c>> {
    let wanted = words(what);
    if wanted.is_empty() {
        bail!("nothing was named; write a product, a PCI id such as 10de:2330, or a machine such as p5.48xlarge");
    }
    // `hbm3e-stack`, `HBM3E`
    let is_stack = |id: &str| words(id) == wanted || id.strip_suffix("-stack").is_some_and(|id| words(id) == wanted);
    if let Some(stack) = catalog.tables().memory_stack.iter().find(|row| is_stack(&row.id)) {
        return Ok(Found { subjects: vec![Subject::of_stack(stack)], machine: None, is_part: false });
    }
    let mut rows = named(catalog, &wanted);
    let machines = if rows.is_empty() { catalog.instance_types_named(what) } else { Vec::new() };
    rows.extend(machines.iter().flat_map(|machine| of_machine(catalog, machine)));
    let mut is_part = false;
    for way in [Way::MarkedNumber, Way::Name, Way::Words, Way::Number] {
        if rows.is_empty() {
            is_part = matches!(way, Way::Words);
            rows = match way {
                Way::MarkedNumber => by_marked_number(catalog, what),
                Way::Name => by_name(catalog, what),
                Way::Words => by_words(catalog, what),
                Way::Number => by_number(catalog, what),
            };
        }
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows.dedup_by(|a, b| a.id == b.id);
    if rows.is_empty() {
        bail!("{}", unknown(catalog, what));
    }
    // what a system states is the memory of all its accelerators
    if machines.is_empty() && catalog.system(what).is_none() {
        has_memory(what, &rows)?;
    }
    let subjects: Vec<Subject<'c>> = rows.into_iter().map(|row| Subject::of(row, catalog)).collect();
    let machine = match subjects.as_slice() {
        [one] => machines.first().map(|row| machine(row, one)),
        _ => None,
    };
    Ok(Found { subjects, machine, is_part })
}

/// An error where the name states memory that none of the products has.
fn has_memory(what: &str, rows: &[&Accelerator]) -> anyhow::Result<()> {
    let Some(stated) = stated_memory(what) else { return Ok(()) };
    // one row may stand for products with several sizes, which its name then tells
    let names = |row: &Accelerator| {
        let whole = format!("{stated}");
        words(&row.product).iter().any(|word| word.trim_end_matches("gb") == whole)
    };
    // makers state what is built in, tables what can be used
    let is_near = |row: &Accelerator| {
        let own = row.memory_gb.as_deref().and_then(|own| own.parse::<f64>().ok());
        own.is_none_or(|own| (stated / own - 1.0).abs() <= NEAR)
    };
    if rows.iter().any(|row| fits_memory(row, stated) != Some(false) || is_near(row) || names(row)) {
        return Ok(());
    }
    let known = |row: &&Accelerator| format!("{} ({} GB)", row.id, row.memory_gb.as_deref().unwrap_or("?"));
    let known: Vec<String> = rows.iter().map(known).collect();
    bail!(
        "no product of the name `{what}` is known here with {stated} GB of memory; known: {}; name one of them if it is meant",
        known.join(", ")
    )
}

/// By id or product name, every word of it.
fn named<'c>(catalog: &'c Catalog, wanted: &[String]) -> Vec<&'c Accelerator> {
    let is_it = |row: &&Accelerator| {
        let short = row.id.split_once('-').map_or(&*row.id, |(_, short)| short);
        [&*row.id, short, &*row.product].into_iter().any(|name| words(name) == wanted)
    };
    catalog.tables().accelerator.iter().filter(is_it).collect()
}

fn of_machine<'c>(catalog: &'c Catalog, machine: &InstanceType) -> Vec<&'c Accelerator> {
    let ids = machine.accelerator.as_deref().unwrap_or("").split(';');
    ids.filter_map(|id| catalog.accelerator(id)).collect()
}

/// `10de:2330`, `10DE:0x2330`, `0x2330`: what nobody would write of anything but a PCI device.
fn by_marked_number<'c>(catalog: &'c Catalog, what: &str) -> Vec<&'c Accelerator> {
    let what = what.trim().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    match what.split_once(':') {
        Some((vendor, device)) => match (hexadecimal(vendor), hexadecimal(device)) {
            (Some(vendor), Some(device)) => of_number(catalog, |id| id == format!("{vendor}:{device}")),
            _ => Vec::new(),
        },
        None if what.starts_with("0x") => by_number(catalog, &what),
        None => Vec::new(),
    }
}

/// `2330`: the device alone, of whichever vendor.
fn by_number<'c>(catalog: &'c Catalog, what: &str) -> Vec<&'c Accelerator> {
    let what = what.trim().to_ascii_lowercase();
    let Some(device) = hexadecimal(&what) else { return Vec::new() };
    of_number(catalog, |id| id.split_once(':').is_some_and(|(_, own)| own == device))
}

fn of_number(catalog: &Catalog, is_it: impl Fn(&str) -> bool) -> Vec<&Accelerator> {
    let rows = catalog.tables().accelerator.iter();
    rows.filter(|row| row.pci_ids.iter().any(|id| is_it(&id.to_ascii_lowercase()))).collect()
}

/// Four hexadecimal digits.
fn hexadecimal(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    (digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// As the scanners resolve names that people write, also where words stand together.
fn by_name<'c>(catalog: &'c Catalog, what: &str) -> Vec<&'c Accelerator> {
    let ask = |name: &str| match catalog.sku(Asked { name: Some(name), ..Asked::default() }) {
        Sku::One(row) => vec![row],
        Sku::Several(rows) => rows,
        Sku::Unknown => Vec::new(),
    };
    let found = ask(what);
    if found.is_empty() { ask(&apart(what)) } else { found }
}

/// `RTX4090` as `RTX 4090`, `H100SXM` as `H100 SXM`.
fn apart(what: &str) -> String {
    const FORMS: [&str; 4] = ["sxm", "pcie", "nvl", "oam"];
    let mut parts = Vec::new();
    for word in what.split_whitespace() {
        let lower = word.to_ascii_lowercase();
        let at = FORMS.iter().find_map(|form| lower.find(form)).filter(|at| *at > 0);
        let (word, form) = at.map_or((&*lower, ""), |at| lower.split_at(at));
        let digits = word.find(|c: char| c.is_ascii_digit()).filter(|at| *at >= OWN_WORD);
        let (letters, digits) = digits.map_or((word, ""), |at| word.split_at(at));
        parts.extend([letters, digits, form].into_iter().filter(|part| !part.is_empty()).map(str::to_owned));
    }
    parts.join(" ")
}

/// All products whose id, name and maker hold every word.
fn by_words<'c>(catalog: &'c Catalog, what: &str) -> Vec<&'c Accelerator> {
    let wanted = words(what);
    // `HBM3 80GB` describes many and names none
    let describes = |word: &String| catalog.hardware_word(Topic::AcceleratorMaker, word) == Some("described");
    if wanted.iter().all(|word| describes(word) || stated_memory(word).is_some()) {
        return Vec::new();
    }
    let holds = |row: &&Accelerator| {
        let known: BTreeSet<String> = [&*row.id, &*row.product, &*row.vendor].into_iter().flat_map(words).collect();
        wanted.iter().all(|word| known.contains(word))
    };
    catalog.tables().accelerator.iter().filter(holds).collect()
}

fn machine(row: &InstanceType, subject: &Subject<'_>) -> MachineRow {
    let accelerators = row.count.as_deref().and_then(|text| text.trim().parse::<f64>().ok());
    MachineRow {
        provider: row.provider.to_string(),
        name: row.name.to_string(),
        accelerators,
        tpp: accelerators.zip(subject.figures.tpp()).map(|(count, tpp)| count * tpp),
        verification: row.verification.as_str().to_owned(),
    }
}

/// Letters and digits that stand together, in lower case, in order.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// What is said of a name that nothing knows: the nearest names, else how to add one.
fn unknown(catalog: &Catalog, what: &str) -> String {
    let tables = catalog.tables();
    let what_words = words(what).join("-");
    let mut known: BTreeSet<String> = BTreeSet::new();
    for row in &tables.accelerator {
        known.insert(row.id.to_string());
        known.extend(row.id.split_once('-').map(|(_, short)| short.to_owned()));
    }
    let plain = tables.accelerator_name.iter().filter(|row| row.words.iter().all(|word| !word.contains('*')));
    known.extend(plain.map(|row| row.words.join("-")));
    let provided = tables.instance_type.iter().map(|row| row.name.to_lowercase());
    let machines: BTreeSet<String> = provided.collect();
    let lower = what.trim().to_lowercase();
    if let Some(told) = family_of_machines(what, &lower, &machines) {
        return told;
    }
    // `nvidia-h1000` may be meant as `h100`
    let makers: BTreeSet<String> = tables.accelerator.iter().flat_map(|row| words(&row.vendor)).collect();
    let short = what_words.split_once('-').filter(|(maker, _)| makers.contains(*maker)).map(|(_, rest)| rest);
    let names = known.iter().map(String::as_str);
    let mut found = near(short.unwrap_or(&what_words), names.clone(), PROPOSED);
    found.extend(near(&what_words, names, PROPOSED));
    found.extend(near(&lower, machines.iter().map(String::as_str), PROPOSED));
    // Azure writes its sizes with and without the word before them
    let bare = |name: &&String| name.strip_prefix("standard_").is_some_and(|rest| rest == lower);
    found.extend(machines.iter().filter(bare).map(|name| (0, name.as_str())));
    // `HGX B200`: what the system is named after
    let systems: BTreeSet<&str> =
        tables.accelerator_system.iter().filter_map(|row| Some(&**row.words.first()?)).collect();
    let rest: Vec<&str> = what_words.split('-').filter(|word| !systems.contains(word)).collect();
    let inner = rest.join("-");
    if !inner.is_empty() && inner != what_words {
        found.extend(near(&inner, known.iter().map(String::as_str), PROPOSED));
    }
    found.sort_unstable();
    found.dedup_by(|a, b| a.1 == b.1);
    let nearest = found.first().map_or(0, |(far, _)| *far);
    found.retain(|(far, _)| *far <= nearest.max(1));
    found.truncate(PROPOSED);
    let names: Vec<String> = found.iter().map(|(_, name)| format!("`{name}`")).collect();
    let head = format!("no accelerator and no machine is known as `{what}`");
    match names.as_slice() {
        [] => format!("{head}; a folder given with --rules can add it (docs/hardware.md)"),
        [one] => format!("{head}; did you mean {one}?"),
        [most @ .., last] => format!("{head}; did you mean {} or {last}?", most.join(", ")),
    }
}

/// `p4d` is no machine and no product: machines of that family are.
fn family_of_machines(what: &str, lower: &str, machines: &BTreeSet<String>) -> Option<String> {
    let is_of = |name: &&String| name.strip_prefix(lower).is_some_and(|rest| rest.starts_with(['.', '-']));
    let names: Vec<String> = machines.iter().filter(is_of).map(|name| format!("`{name}`")).collect();
    let shown = names.iter().take(PROPOSED).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(PROPOSED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty() && !lower.is_empty()).then(|| {
        format!(
            "`{}` is a family of machine types, each with its own accelerators: name one: {shown}{more}",
            what.trim()
        )
    })
}

/// Tells several products that do not have the same answer.
pub(super) fn several(what: &str, lines: &[String]) -> String {
    const SHOWN: usize = 24;
    let mut shown: Vec<&str> = lines.iter().take(SHOWN).map(String::as_str).collect();
    let rest = format!("  and {} more; write more of the name", lines.len().saturating_sub(SHOWN));
    if lines.len() > SHOWN {
        shown.push(&rest);
    }
    format!(
        "`{what}` can mean {} with different answers; name one:\n{}",
        count(lines.len(), "product"),
        shown.join("\n")
    )
}
