//! Canada's consolidated autonomous sanctions list: XML of flat records. Element names are English, or English and
//! French with a hyphen between.

use super::cells::{Build as _, boxed, date_iso, squeeze, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Want};
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::{Format, FormatId, Input, Part, WHOLE, entry_of};
use crate::lists::{KeyKind, NameRole, Party, PartyKind};
use crate::model::Date;

pub(super) static FORMAT: Format = Format {
    id: FormatId("ca-sema"),
    title: "Canadian consolidated autonomous sanctions list (SEMA, JVCFOA), XML",
    publisher: "Global Affairs Canada",
    lists: &["CA-SEMA"],
    licence: "Government of Canada; only the regulations are authentic",
    attribution: Some("Source: Global Affairs Canada"),
    floors: &[("*", 1_000)],
    recognise,
    read,
    ..Format::USUAL
};

fn recognise(head: &Head<'_>) -> Option<Part> {
    let flat = head.elements.iter().any(|name| name.starts_with("EntityOrShip") || name.starts_with("GivenName"));
    (head.has("record") && flat).then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        records(input, reading, &mut Rows)?;
    }
    Ok(())
}

struct Rows;

impl Records for Rows {
    fn enter(&mut self, head: &Node, depth: usize, _: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            (_, 0) => Want::Enter,
            ("record", 1) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, _: &mut Reading<'_, '_>) -> Taken {
        Taken::one(record(node), "the record has no name")
    }
}

fn record(node: &Node) -> Option<Party> {
    let field = |name: &str| {
        let same = |child: &&Node| child.name.split('-').next() == Some(name);
        node.children.iter().find(same).map_or("", |child| &child.text)
    };
    let entity = value(field("EntityOrShip"));
    let person = squeeze(&format!("{} {}", field("GivenName"), field("LastName")));
    let imo = value(field("ShipIMONumber"));
    let kind = match () {
        () if imo.is_some() => PartyKind::Vessel,
        () if entity.is_some() => PartyKind::Organisation,
        () => PartyKind::Person,
    };
    // the regulation, which is not a nationality: `Russia / Russie`
    let regulation = field("Country").split('/').next().unwrap_or("");
    // some schedules do not number their items
    let item = value(field("Item")).unwrap_or_else(|| {
        let parts = [entity.as_deref().unwrap_or(&person), field("DateOfBirthOrShipBuildDate"), field("TitleOrShip")];
        entry_of(&parts).into()
    });
    let entry = [regulation, field("Schedule"), &item].map(squeeze).join("/");
    let mut party = Party { list: "CA-SEMA".into(), entry: entry.into(), kind, ..Party::default() };
    party.add_name(entity.as_deref().unwrap_or(&person), NameRole::Primary, false);
    if party.names.is_empty() {
        return None;
    }
    for alias in field("Aliases").split(';') {
        // `Russian: …` says in which language
        let (label, name) = match alias.split_once(':') {
            Some((label, name)) if label.trim().len() < 20 && !label.trim().contains(' ') => (value(label), name),
            _ => (None, alias),
        };
        party.add_name_in(name, NameRole::Alias, false, label.as_deref());
    }
    party.add_programme(&squeeze(regulation));
    if let Some(imo) = imo {
        party.add_key(KeyKind::Imo, &imo);
    }
    if kind == PartyKind::Person {
        party.add_born(field("DateOfBirthOrShipBuildDate"));
    }
    let listed = field("DateOfListing");
    party.listed = date_iso(listed).or_else(|| date_serial(listed));
    party.note = boxed(field("TitleOrShip")).or_else(|| boxed(field("TitleOrShipType")));
    Some(party)
}

/// A date as spreadsheets count: days since 30 December 1899.
fn date_serial(text: &str) -> Option<Date> {
    let serial: i64 = text.trim().parse().ok().filter(|serial| (20_000..80_000).contains(serial))?;
    // days since 1 March 0000, in cycles of 400 years
    let days = serial + 693_899;
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (cycle * 400 + year + i64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    Date::parse(&format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_an_item_number_differ() {
        let node = |name: &str, text: &str, children| Node {
            name: name.into(),
            text: text.into(),
            children,
            ..Node::default()
        };
        let of = |item: &str, name: &str| {
            let fields = [("Country", "Belarus / Bélarus"), ("Schedule", "1"), ("Item", item), ("EntityOrShip", name)];
            let fields = fields.map(|(name, text)| node(name, text, Vec::new()));
            record(&node("record", "", fields.into())).expect("has a name").entry
        };
        assert_eq!(&*of("7", "Example Works"), "Belarus/1/7");
        assert_ne!(of("", "Example Works"), of(" ", "Sample Works"));
        assert_eq!(of("", "Example Works"), of("", "Example  Works"));
    }

    #[test]
    fn spreadsheet_dates() {
        assert_eq!(date_serial("44102"), Date::parse("2020-09-28"));
        assert_eq!(date_serial("36526"), Date::parse("2000-01-01"));
        assert_eq!(date_serial("45351"), Date::parse("2024-02-29"));
        assert_eq!(date_serial("12"), None);
    }
}
