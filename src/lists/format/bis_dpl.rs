//! The Denied Persons List of BIS: a table with tabs.

use super::cells::{Build as _, boxed, date_mdy, joined};
use super::error::ListError;
use super::head::Head;
use super::reading::Reading;
use super::table::Table;
use super::{Format, FormatId, Input, Part, WHOLE, entry_of};
use crate::lists::{CountryRole, NameRole, Party};

pub(super) static FORMAT: Format = Format {
    id: FormatId("bis-dpl"),
    title: "BIS Denied Persons List, text with tabs",
    publisher: "US Commerce, Bureau of Industry and Security",
    lists: &["US-DPL"],
    licence: super::ofac::LICENCE,
    // 581 in September 2022
    floors: &[("*", 200)],
    recognise,
    read,
    ..Format::USUAL
};

fn recognise(head: &Head<'_>) -> Option<Part> {
    let row = head.row(0, b'\t');
    (row.len() >= 6 && row[0] == "Name" && row[1] == "Street_Address").then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut table = Table::open(input.file, b'\t')?;
        let (name, country) = (table.need("Name")?, table.need("Country")?);
        let (from, to) = (table.need("Effective_Date")?, table.need("Expiration_Date")?);
        let citation = table.need("FR_Citation")?;
        let order = table.find("Standard_Order");
        let address = ["Street_Address", "City", "State", "Postal_Code"].map(|column| table.find(column));
        while table.next(reading)? {
            let mut party = Party { list: "US-DPL".into(), ..Party::default() };
            party.add_name(table.at(name), NameRole::Primary, false);
            if party.names.is_empty() {
                reading.bad(input.file.name(), table.line(), "the row has no name");
                continue;
            }
            // the list has no numbers: name and date of the order stay when the rest is amended
            party.entry = entry_of(&[party.name(), table.at(from), table.at(address[1])]);
            party.listed = date_mdy(table.at(from));
            party.delisted = date_mdy(table.at(to));
            party.citation = boxed(table.at(citation));
            let code = reading.words.country(table.at(country));
            party.add_country(code, CountryRole::Address);
            party.add_address(joined(address.map(|column| table.at(column))));
            if table.at(order) == "Y" {
                party.note = Some("standard order".into());
            }
            reading.record();
            reading.give(party);
        }
        reading.file(input, table.count());
    }
    Ok(())
}
