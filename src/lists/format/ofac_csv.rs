//! OFAC's legacy CSV: a file of primary names, and beside it aliases, addresses and the ends of long remarks, joined by
//! the entry number. The SDN list and the other lists of OFAC have the same files.

use super::cells::{Build as _, joined, person_name, value};
use super::error::ListError;
use super::head::Head;
use super::ofac;
use super::reading::Reading;
use super::table::Rows;
use super::{Format, FormatId, Input, Part};
use crate::lists::{CountryRole, NameRole, Party, PartyKind};
use crate::text::{Lookup, count};

pub(super) static FORMAT: Format = Format {
    id: FormatId("ofac-csv"),
    title: "OFAC lists, legacy CSV (sdn, alt, add, sdn_comments; cons_prim, cons_alt, cons_add, cons_comments)",
    publisher: ofac::PUBLISHER,
    lists: ofac::LISTS,
    licence: ofac::LICENCE,
    // the other lists together had 442 in December 2025
    floors: &[("US-SDN", ofac::SDN_FLOOR), ("*", 100)],
    set: true,
    recognise,
    read,
    ..Format::USUAL
};

const SDN: Part = "sdn";
const CONSOLIDATED: Part = "cons";
const ALT: Part = "alt";
const ADD: Part = "add";
const COMMENTS: Part = "comments";

/// Fields of a row of each part.
fn width(part: Part) -> usize {
    match part {
        SDN | CONSOLIDATED => 12,
        ALT => 5,
        ADD => 6,
        _ => 2,
    }
}

fn is_header(field: &str) -> bool {
    field.trim().eq_ignore_ascii_case("ent_num")
}

fn is_number(field: &str) -> bool {
    !field.is_empty() && field.len() <= 10 && field.bytes().all(|byte| byte.is_ascii_digit())
}

fn recognise(head: &Head<'_>) -> Option<Part> {
    let mut first = head.row(0, b',');
    let start = usize::from(first.first().is_some_and(|field| is_header(field)));
    if start == 1 {
        first = head.row(1, b',');
    }
    if !first.first().is_some_and(|field| is_number(field)) {
        return None;
    }
    match first.len() {
        12 => {
            // the head ends within a row
            let lines = head.text.lines().count().saturating_sub(1).max(start + 1);
            let mut programmes = (start..lines).filter_map(|line| head.row(line, b',').into_iter().nth(3));
            let all = programmes.all(|field| field.split("] [").any(ofac::is_consolidated));
            Some(if all { CONSOLIDATED } else { SDN })
        }
        5 if matches!(&*first[2], "aka" | "fka" | "nka") => Some(ALT),
        6 if is_number(&first[1]) => Some(ADD),
        2 if head.line().contains(",\"") || start == 1 => Some(COMMENTS),
        _ => None,
    }
}

/// What stands beside the primary names, by entry number.
#[derive(Default)]
struct Beside {
    alt: Lookup<u32, Vec<(NameRole, Box<str>)>>,
    add: Lookup<u32, Vec<Address>>,
    comments: Lookup<u32, Box<str>>,
}

struct Address {
    text: String,
    country: Box<str>,
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    let mains: Vec<&Input<'_>> = inputs.iter().filter(|input| matches!(input.part, SDN | CONSOLIDATED)).collect();
    if mains.is_empty() {
        let name = inputs.first().map_or("", |input| input.file.name());
        return Err(ListError::new(name, None, "the file of primary names is missing")
            .hint("give sdn.csv (or cons_prim.csv) together with its alt, add and comments files"));
    }
    for part in [SDN, CONSOLIDATED] {
        if let Some(second) = mains.iter().filter(|input| input.part == part).nth(1) {
            return Err(ListError::new(second.file.name(), None, "is a second file of primary names of the same list")
                .hint("give the files of one edition"));
        }
    }
    let mut beside = Beside::default();
    let mut rows_beside = 0;
    for input in inputs {
        if !matches!(input.part, SDN | CONSOLIDATED) {
            rows_beside += read_beside(input, &mut beside, reading)?;
        }
    }
    for (part, what) in [(ALT, "aliases"), (ADD, "addresses"), (COMMENTS, "ends of long remarks")] {
        // each set has one of its own
        match inputs.iter().filter(|input| input.part == part).count() {
            0 => reading.missing(format!("no `{part}` file was given: {what} are missing")),
            some if some < mains.len() => {
                reading.missing(format!("only one `{part}` file was given for two sets: {what} of one are missing"));
            }
            _ => {}
        }
    }
    let mut used = 0;
    for input in mains {
        used += read_main(input, &beside, reading)?;
    }
    if used < rows_beside {
        let rows = count(usize::try_from(rows_beside - used).unwrap_or(usize::MAX), "row");
        reading.note(format!("{rows} of aliases, addresses or remarks without an entry: are the files of one day?"));
    }
    Ok(())
}

/// Reads rows of a part; gives those with a number and the right form to `each`.
fn rows(
    input: &Input<'_>,
    reading: &mut Reading<'_, '_>,
    mut each: impl FnMut(u32, &Rows<'_>, &mut Reading<'_, '_>),
) -> Result<u64, ListError> {
    let mut rows = Rows::open(input.file, b',')?;
    while rows.next()? {
        if rows.count == 1 && is_header(&rows.row[0]) {
            rows.count = 0;
            continue;
        }
        if !rows.sound(width(input.part), reading) {
            continue;
        }
        match rows.row[0].trim().parse() {
            Ok(number) => each(number, &rows, reading),
            Err(_) => reading.bad(input.file.name(), rows.line, "the entry number is no number"),
        }
    }
    reading.file(input, rows.count);
    Ok(rows.count)
}

fn read_beside(input: &Input<'_>, into: &mut Beside, reading: &mut Reading<'_, '_>) -> Result<u64, ListError> {
    rows(input, reading, |number, rows, _| {
        let row = &rows.row;
        match input.part {
            ALT => {
                let role = if row[2].trim() == "fka" { NameRole::Former } else { NameRole::Alias };
                into.alt.entry(number).push((role, row[3].trim().into()));
            }
            ADD => {
                let text = joined([&row[2], &row[3]]);
                into.add.entry(number).push(Address { text, country: row[4].trim().into() });
            }
            _ => {
                let text = format!("{}{}", into.comments.entry(number), &row[1]);
                into.comments.insert(number, text.into());
            }
        }
    })
}

/// Reads the primary names; gives the rows of other files that were used.
fn read_main(input: &Input<'_>, beside: &Beside, reading: &mut Reading<'_, '_>) -> Result<u64, ListError> {
    let sdn = input.part == SDN;
    if sdn {
        reading.expect("US-SDN");
    } else {
        reading.expect("*");
    }
    let mut used = 0;
    rows(input, reading, |number, rows, reading| {
        let row = &rows.row;
        let comments = beside.comments.get(&number).map_or("", |text| text);
        let remarks = format!("{}{comments}", value(&row[11]).as_deref().map_or("", |_| &row[11]));
        let Some(mut party) = main(number, rows, &remarks, reading) else {
            reading.bad(input.file.name(), rows.line, "the row has no name");
            return;
        };
        used += u64::from(!comments.is_empty());
        used += add_beside(&mut party, number, beside, reading);
        ofac::remarks(&mut party, &remarks, &mut reading.words);
        reading.record();
        let lists = if sdn { vec!["US-SDN"] } else { ofac::consolidated_lists(&party.programmes, &remarks) };
        for list in lists {
            reading.give(Party { list: list.into(), ..party.clone() });
        }
    })?;
    Ok(used)
}

fn main(number: u32, rows: &Rows<'_>, remarks: &str, reading: &mut Reading<'_, '_>) -> Option<Party> {
    let row = &rows.row;
    let name = value(&row[1])?;
    let entry = number.to_string();
    let kind = ofac::kind(&row[2]).unwrap_or(PartyKind::Organisation);
    let mut party = Party { url: ofac::page(&entry), entry: entry.into(), kind, ..Party::default() };
    let name = if kind == PartyKind::Person { person_name(&name) } else { name };
    party.add_name(&name, NameRole::Primary, false);
    ofac::programmes(&mut party, &row[3]);
    let flag = reading.words.country(&row[9]);
    party.add_country(flag, CountryRole::Flag);
    if let Some(owner) = value(&row[10]) {
        party.add_link(crate::lists::LinkKind::OwnedBy, &owner, None);
    }
    if let Some(call) = value(&row[5]) {
        party.add_number(&call);
    }
    let policy = remarks.split(';').map(str::trim).filter(|part| part.starts_with("Secondary sanctions risk"));
    party.note = ofac::note(std::iter::once(&row[4]).chain(policy));
    Some(party)
}

fn add_beside(party: &mut Party, number: u32, beside: &Beside, reading: &mut Reading<'_, '_>) -> u64 {
    let mut used = 0;
    for (role, name) in beside.alt.get(&number).into_iter().flatten() {
        used += 1;
        let name = if party.kind == PartyKind::Person { person_name(name) } else { name.to_string() };
        party.add_name(&name, *role, false);
    }
    for address in beside.add.get(&number).into_iter().flatten() {
        used += 1;
        let code = reading.words.country(&address.country);
        party.add_country(code, CountryRole::Address);
        // a region without a code stays in the words of the address
        let region = if code.is_some() { "" } else { &*address.country };
        party.add_address(joined([&*address.text, region]));
    }
    used
}
