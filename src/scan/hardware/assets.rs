//! Rows of lists of assets, counted by place: one machine for all rows that stand together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::asset_sort::{Sort, may_be_accelerator, pci_of, sort_of, with_maker};
use super::asset_told::Told;
use super::cells::{day, is_date, number};
use super::machine::{Found, Machine, Other, devices, is_stated};
use super::multiple;

use crate::catalog::{Catalog, Topic};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, SourceFile};
use crate::text::{Lookup, Span};

/// Most places, holders and dates that are told apart in one list.
const MOST_GROUPS: usize = 5_000;
/// Most different names of a list whose product is looked up once.
const MOST_NAMES: usize = 100_000;

/// A row, as CSV or NetBox give it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) accelerator: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    pub(crate) maker: Option<&'a str>,
    pub(crate) pci: Option<&'a str>,
    pub(crate) sort: Option<&'a str>,
    pub(crate) count: Option<&'a str>,
    pub(crate) each: Option<&'a str>,
    pub(crate) site: Option<Cow<'a, str>>,
    pub(crate) country: Option<Cow<'a, str>>,
    pub(crate) holder: Option<Cow<'a, str>>,
    pub(crate) operator: Option<Cow<'a, str>>,
    pub(crate) purchased: Option<&'a str>,
    pub(crate) refresh: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) spares: Option<&'a str>,
    /// The list has a column for accelerators beside that of models: the model is the machine that holds them.
    pub(crate) is_of_machines: bool,
    pub(crate) place: Span,
}

impl<'a> Row<'a> {
    /// The machine that a row about accelerators names beside them.
    fn machine(&self) -> Option<Self> {
        let model = self.model.filter(|text| is_stated(text))?;
        self.maker.filter(|text| is_stated(text))?;
        if !self.is_of_machines || self.accelerator.is_some_and(|name| name == model) {
            return None;
        }
        // where no column says how many accelerators one holds, the count is theirs
        let count = if self.each.is_some() || self.accelerator.is_none() { self.count } else { None };
        let (accelerator, each, pci, spares) = (None, None, None, None);
        Some(Self {
            accelerator,
            each,
            pci,
            spares,
            count,
            sort: Some("system"),
            is_of_machines: false,
            ..self.clone()
        })
    }
}

/// What stands together: site, country, holder, dates, operator.
type Place = [String; 6];

#[derive(Default)]
struct Tally {
    count: u64,
    spares: u64,
    /// Systems whose accelerators are counted, and those of which nobody knows how many they hold.
    systems: u64,
    open: u64,
    /// Rows whose count is no number.
    unclear: u64,
    /// Of the first row.
    name: String,
    maker: String,
    pci: String,
    place: Span,
}

/// The rows of a list, counted.
pub(crate) struct Assets<'a> {
    file: &'a SourceFile,
    catalog: &'a Catalog,
    /// What the names are, each looked up once: lists repeat a handful.
    names: Lookup<String, Option<usize>>,
    sorts: Vec<Sort>,
    /// Codes of countries by the words of the list.
    countries: Lookup<String, String>,
    groups: BTreeMap<Place, BTreeMap<usize, Tally>>,
    told: Told,
    has_accelerators: bool,
}

impl<'a> Assets<'a> {
    pub(crate) fn new(file: &'a SourceFile, catalog: &'a Catalog) -> Self {
        Self {
            file,
            catalog,
            names: Lookup::default(),
            sorts: Vec::new(),
            countries: Lookup::default(),
            groups: BTreeMap::new(),
            told: Told::default(),
            has_accelerators: false,
        }
    }

    /// True when no row named hardware.
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Counts a row.
    pub(crate) fn add(&mut self, row: &Row<'_>) {
        let status = row.status.unwrap_or_default().trim().to_lowercase().replace(['-', '_'], " ");
        let state = self.catalog.hardware_word(Topic::AssetStatus, &status);
        if state == Some("absent") {
            if self.sort(row).is_some() {
                self.told.absent.note(row.status.unwrap_or_default(), row.place);
            }
            return;
        }
        let machine = row.machine();
        let machine = machine.filter(|own| self.sort(own).is_some_and(|at| matches!(self.sorts[at], Sort::Other(_))));
        let is_machine = machine.is_some();
        if let Some(machine) = machine {
            // what is unclear in a row is told once
            let told = (self.told.unread.count, self.told.unclear.count);
            self.add(&machine);
            (self.told.unread.count, self.told.unclear.count) = told;
        }
        let Some(sort) = self.sort(row) else {
            if !is_machine {
                self.not_taken(row);
            }
            return;
        };
        self.has_accelerators |= matches!(self.sorts[sort], Sort::Accelerator(..));
        let system = match &self.sorts[sort] {
            Sort::Accelerator(_, system, _) => system.filter(|_| row.each.is_none()),
            Sort::Other(_) => None,
        };
        let multiple = match &self.sorts[sort] {
            Sort::Accelerator(_, _, multiple) if row.each.is_none() => *multiple,
            _ => 1,
        };
        let each = match (&self.sorts[sort], system) {
            (Sort::Accelerator(..), Some(held)) => Some(held.map_or(0, u64::from)),
            (Sort::Accelerator(..), None) => number(row.each),
            (Sort::Other(_), _) => Some(1),
        };
        let (Some(units), Some(each)) = (number(row.count), each) else {
            self.unclear(row, sort);
            return;
        };
        let units = units.saturating_mul(multiple);
        let count = units.saturating_mul(each);
        let in_store = state == Some("stored");
        let spares = match row.spares.map(|text| text.trim().to_ascii_lowercase()) {
            Some(text) if matches!(text.as_str(), "yes" | "true" | "y" | "x") => count,
            Some(text) => {
                let each = system.map_or(multiple, |_| each.saturating_mul(multiple));
                text.parse().unwrap_or(0_u64).saturating_mul(each)
            }
            None => 0,
        };
        let spares = if in_store { count } else { spares };
        let is_unread = |date: &str| is_stated(date) && !is_date(&day(date));
        if let Some(date) = [row.purchased, row.refresh].into_iter().flatten().find(|date| is_unread(date)) {
            self.told.unread.note(date, row.place);
        }
        let tally = self.tally(row, sort);
        // what lies in store is no part of what runs
        tally.count = tally.count.saturating_add(if in_store { 0 } else { count });
        tally.spares = tally.spares.saturating_add(spares);
        match system {
            Some(Some(_)) => tally.systems = tally.systems.saturating_add(units),
            Some(None) => tally.open = tally.open.saturating_add(units),
            None => {}
        }
    }

    /// A row that says nothing of hardware that is looked at.
    fn not_taken(&mut self, row: &Row<'_>) {
        let Some(name) = row.accelerator.or(row.model).filter(|name| is_stated(name)) else { return };
        let rows = if may_be_accelerator(row, self.catalog) { &mut self.told.doubtful } else { &mut self.told.other };
        rows.note(&with_maker(name, row.maker.unwrap_or_default()), row.place);
    }

    /// A row whose count is none: its product is there, in a number that is not known.
    fn unclear(&mut self, row: &Row<'_>, sort: usize) {
        let said = [row.count, row.each].into_iter().flatten().find(|text| number(Some(text)).is_none());
        self.told.unclear.note(said.unwrap_or_default(), row.place);
        let tally = self.tally(row, sort);
        tally.unclear = tally.unclear.saturating_add(1);
    }

    fn tally(&mut self, row: &Row<'_>, sort: usize) -> &mut Tally {
        let place = self.place_of(row);
        let catalog = self.catalog;
        self.groups.entry(place).or_default().entry(sort).or_insert_with(|| Tally {
            name: multiple::split(row.accelerator.or(row.model).unwrap_or_default(), catalog).1.into_owned(),
            maker: row.maker.unwrap_or_default().to_owned(),
            pci: row.pci.unwrap_or_default().to_owned(),
            place: row.place,
            ..Tally::default()
        })
    }

    fn place_of(&mut self, row: &Row<'_>) -> Place {
        let owned = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let country = self.country(owned(&row.country));
        let mut place = [
            owned(&row.site),
            country,
            owned(&row.holder),
            row.purchased.map(day).unwrap_or_default(),
            row.refresh.map(day).unwrap_or_default(),
            owned(&row.operator),
        ];
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&place) {
            self.told.merged += 1;
            place[2..].iter_mut().for_each(String::clear);
            if self.groups.len() >= 2 * MOST_GROUPS && !self.groups.contains_key(&place) {
                place.iter_mut().for_each(String::clear);
            }
        }
        place
    }

    /// The code of a country; what is none as written.
    fn country(&mut self, word: String) -> String {
        if word.is_empty() {
            return word;
        }
        if let Some(known) = self.countries.get(&word) {
            return known.clone();
        }
        let code = self.catalog.country(&word).map_or_else(|| word.clone(), |code| code.as_str().to_owned());
        self.countries.insert(word, code.clone());
        code
    }

    /// What the row is about; nothing when it is nothing that is counted.
    fn sort(&mut self, row: &Row<'_>) -> Option<usize> {
        let parts = [row.accelerator, row.model, row.maker, row.pci, row.sort];
        let words = parts.map(Option::unwrap_or_default).join("\u{1f}");
        if let Some(known) = self.names.get(&words) {
            return *known;
        }
        let found = sort_of(row, self.catalog).map(|sort| {
            self.sorts.push(sort);
            self.sorts.len() - 1
        });
        if self.sorts.len() < MOST_NAMES {
            self.names.insert(words, found);
        }
        found
    }

    /// Writes what was counted.
    pub(crate) fn write(self, out: &mut Facts<'_>) {
        self.told.tell_doubtful(self.file, out);
        // a table of something else may have such columns too
        if !self.has_accelerators {
            return;
        }
        self.told.tell(self.file, out);
        for (place, tallies) in &self.groups {
            self.group(place, tallies, out);
        }
    }

    fn group(&self, place: &Place, tallies: &BTreeMap<usize, Tally>, out: &mut Facts<'_>) {
        let [site, country, holder, purchased, refresh, operator] = place;
        // every part keeps its position: a date of purchase is no date of refresh
        let words = place.each_ref().map(|word| word.replace('%', "%25").replace('/', "%2F")).join("/");
        let name = if place.iter().all(String::is_empty) { "unnamed" } else { words.trim_end_matches('/') };
        let id = ComponentId::of("machine", format_args!("{}/{name}", self.file.path()));
        let first = tallies.values().map(|tally| tally.place).min_by_key(|place| place.start).unwrap_or_default();
        let mut machine = Machine::with_id(id.clone(), self.file, self.catalog, "recorded").at(first);
        let mut counts: BTreeMap<&ComponentId, (u64, u64)> = BTreeMap::new();
        let mut systems: BTreeMap<(&str, u32), (u64, Span)> = BTreeMap::new();
        let mut open = 0_u64;
        for (sort, tally) in tallies {
            self.one(&self.sorts[*sort], tally, &mut machine, out);
            if let Sort::Accelerator(id, system, _) = &self.sorts[*sort] {
                // rows that differ in other words speak of the same systems
                if let Some(held) = system.flatten().filter(|_| tally.systems > 0) {
                    systems.entry((&tally.name, held)).or_insert((0, tally.place)).0 += tally.systems;
                }
                self.tell_open(tally, out);
                open = open.saturating_add(tally.open);
                if tally.open + tally.unclear > 0 && tally.count + tally.spares == 0 {
                    open = open.saturating_add(tally.unclear);
                    continue;
                }
                let entry = counts.entry(id).or_default();
                entry.0 = entry.0.saturating_add(tally.count);
                entry.1 = entry.1.saturating_add(tally.spares);
            }
        }
        if machine.is_empty() {
            return;
        }
        for (key, text) in [
            (key::NAME, &self.name_of(place)),
            (key::SITE, site),
            (key::HOLDER, holder),
            (key::HOLDER, operator),
            (key::PURCHASED, purchased),
            (key::REFRESH, refresh),
        ] {
            machine.say(key, text, first, out);
        }
        let total = counts.values().map(|(count, _)| *count).fold(0, u64::saturating_add);
        for (accelerator, (count, spares)) in counts {
            out.attribute(&id, key::DEVICES, devices(accelerator, count), self.file.at(first));
            if spares > 0 {
                out.attribute(&id, key::SPARES, devices(accelerator, spares), self.file.at(first));
            }
        }
        for ((name, held), (number, place)) in systems {
            let derived = format!("{number} × {name}, {held} accelerators each");
            out.attribute(&id, key::SYSTEMS, derived, self.file.at(place).inferred());
        }
        if open == 0 {
            out.attribute(&id, key::ACCELERATOR_COUNT, total.to_string(), self.file.at(first));
        }
        if let Some(code) = self.catalog.country(country) {
            let state = ComponentId::jurisdiction(code.as_str());
            out.component(&state, ComponentKind::Jurisdiction, self.file.at(first));
            out.relation(&id, RelationKind::HostedIn, &state, self.file.at(first));
        } else if !country.is_empty() {
            let message = format!("`{country}` is no country that is known");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(first), message);
        }
    }

    /// What people read in place of the id: the list, what is known of the place, and of the days.
    fn name_of(&self, place: &Place) -> String {
        let [site, country, holder, purchased, refresh, operator] = place;
        let dated = |word: &str, day: &str| if day.is_empty() { String::new() } else { format!("{word} {day}") };
        let parts = [
            site.clone(),
            country.clone(),
            holder.clone(),
            if operator == holder { String::new() } else { operator.clone() },
            dated("bought", purchased),
            dated("until", refresh),
        ];
        let said: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let said = if said.is_empty() { "no place named".to_owned() } else { said.join(", ") };
        format!("{}: {said}", self.file.path())
    }

    /// That it is not known how many accelerators some systems hold.
    fn tell_open(&self, tally: &Tally, out: &mut Facts<'_>) {
        if tally.open > 0 {
            let message = format!(
                "`{}` is a system, and no rule tells how many accelerators one holds: the number in {} is not known; a \
                 column of the list (`gpus per server`) or a row `accelerator_system` can say it",
                tally.name, tally.open
            );
            out.problem(DiagnosticKind::Unresolved, self.file, Some(tally.place), message);
        }
    }

    fn one(&self, sort: &Sort, tally: &Tally, machine: &mut Machine<'_>, out: &mut Facts<'_>) {
        let name = Some(tally.name.as_str()).filter(|name| is_stated(name));
        let pci = pci_of(&tally.pci);
        let place = tally.place;
        match sort {
            Sort::Accelerator(..) => {
                let whole = name.map(|name| with_maker(name, &tally.maker));
                let found = Found { pci, name: whole.as_deref(), count: tally.count.max(1), place, ..Found::default() };
                machine.accelerator(&found, out);
            }
            Sort::Other(class) => {
                let vendor = Some(tally.maker.as_str());
                let said = vec![(key::COUNT, tally.count.to_string(), place)];
                machine.device(&Other { class, pci, name, vendor, count: tally.count, place, said }, out);
            }
        }
    }
}
