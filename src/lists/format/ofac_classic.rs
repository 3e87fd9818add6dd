//! OFAC's classic XML: `sdnList/sdnEntry`.

use super::cells::{Build as _, date_mdy, joined, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Want};
use super::ofac;
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::{Format, FormatId, Input, Part};
use crate::lists::{CountryRole, KeyKind, LinkKind, NameRole, Party, PartyKind, identifier};

pub(super) static FORMAT: Format = Format {
    id: FormatId("ofac-classic-xml"),
    title: "OFAC lists, classic XML (SDN.XML, CONSOLIDATED.XML)",
    publisher: ofac::PUBLISHER,
    lists: ofac::LISTS,
    licence: ofac::LICENCE,
    floors: &[("US-SDN", ofac::SDN_FLOOR), ("*", 100)],
    recognise,
    read,
    ..Format::USUAL
};

const SDN: Part = "sdn";
const CONSOLIDATED: Part = "cons";

fn recognise(head: &Head<'_>) -> Option<Part> {
    if head.root() != "sdnList" {
        return None;
    }
    // the root is the same for both files: the first entries tell which it is
    let mut programmes =
        head.text.split("<program>").skip(1).map(|rest| rest.split('<').next().unwrap_or("")).peekable();
    let consolidated = programmes.peek().is_some() && programmes.all(ofac::is_consolidated);
    Some(if consolidated { CONSOLIDATED } else { SDN })
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let sdn = input.part == SDN;
        reading.expect(if sdn { "US-SDN" } else { "*" });
        let mut classic = Classic { announced: None, sdn };
        let rows = records(input, reading, &mut classic)?;
        if let Some(announced) = classic.announced.filter(|announced| *announced != rows) {
            let message = format!("announces {announced} records and holds {rows}");
            return Err(ListError::new(input.file.name(), None, message).hint("fetch the file again"));
        }
    }
    Ok(())
}

struct Classic {
    announced: Option<u64>,
    sdn: bool,
}

impl Records for Classic {
    fn enter(&mut self, head: &Node, depth: usize, _: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            ("sdnList", 0) => Want::Enter,
            // the publisher's own spelling
            ("publshInformation" | "publishInformation" | "sdnEntry", 1) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        if &*node.name != "sdnEntry" {
            reading.dated(date_mdy(node.text_of("Publish_Date")));
            self.announced = value(node.text_of("Record_Count")).and_then(|count| count.parse().ok());
            return Taken::About;
        }
        match entry(node, reading) {
            Some((party, _)) if self.sdn => Taken::on(&["US-SDN"], &party),
            Some((party, remarks)) => Taken::on(&ofac::consolidated_lists(&party.programmes, &remarks), &party),
            None => Taken::Bad("the entry has no number or no name"),
        }
    }
}

/// `firstName lastName`; organisations have only the latter.
fn name(node: &Node) -> String {
    let (first, last) = (value(node.text_of("firstName")), value(node.text_of("lastName")));
    [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The party and its remarks.
fn entry(node: &Node, reading: &mut Reading<'_, '_>) -> Option<(Party, String)> {
    let entry: Box<str> = value(node.text_of("uid"))?.into();
    let kind = ofac::kind(node.text_of("sdnType")).unwrap_or_default();
    let mut party = Party { url: ofac::page(&entry), entry, kind, ..Party::default() };
    party.add_name(&name(node), NameRole::Primary, false);
    if party.names.is_empty() {
        return None;
    }
    for aka in node.within("akaList", "aka") {
        let role = if aka.text_of("type").starts_with("f.k.a") { NameRole::Former } else { NameRole::Alias };
        party.add_name(&name(aka), role, aka.text_of("category") == "weak");
    }
    for programme in node.within("programList", "program") {
        party.add_programme(&programme.text);
    }
    addresses(&mut party, node, reading);
    for id in node.within("idList", "id") {
        identity(&mut party, id, reading);
    }
    for (list, item) in [("nationalityList", "nationality"), ("citizenshipList", "citizenship")] {
        for nationality in node.within(list, item) {
            let code = reading.words.country(nationality.text_of("country"));
            party.add_country(code, CountryRole::Nationality);
        }
    }
    for birth in node.within("dateOfBirthList", "dateOfBirthItem") {
        party.add_born(birth.text_of("dateOfBirth"));
    }
    if let Some(vessel) = node.child("vesselInfo") {
        let code = reading.words.country(vessel.text_of("vesselFlag"));
        party.add_country(code, CountryRole::Flag);
        party.add_number(vessel.text_of("callSign"));
        if let Some(owner) = value(vessel.text_of("vesselOwner")) {
            party.add_link(LinkKind::OwnedBy, &owner, None);
        }
    }
    let remarks = node.text_of("remarks").to_owned();
    ofac::remarks(&mut party, &remarks, &mut reading.words);
    party.note = ofac::note([node.text_of("title")]);
    Some((party, remarks))
}

fn addresses(party: &mut Party, node: &Node, reading: &mut Reading<'_, '_>) {
    for address in node.within("addressList", "address") {
        let country = address.text_of("country");
        let code = reading.words.country(country);
        party.add_country(code, CountryRole::Address);
        let region = if code.is_some() { "" } else { country };
        let fields = ["address1", "address2", "address3", "city", "stateOrProvince", "postalCode"];
        party.add_address(joined(fields.map(|field| address.text_of(field)).into_iter().chain([region])));
    }
}

/// An identity document, a website or another fact with a type.
fn identity(party: &mut Party, id: &Node, reading: &mut Reading<'_, '_>) {
    document(party, id.text_of("idType"), id.text_of("idNumber"), id.text_of("idCountry"), reading);
}

/// An identifier by the type that OFAC's XML files give.
pub(super) fn document(party: &mut Party, kind: &str, number: &str, country: &str, reading: &mut Reading<'_, '_>) {
    let Some(number) = value(number) else { return };
    let is = |word: &str| kind.starts_with(word);
    let typed = match () {
        () if is("Unified Social Credit") => Some(KeyKind::Uscc),
        () if is("Legal Entity Number") => Some(KeyKind::Lei),
        () if is("SWIFT") => Some(KeyKind::Swift),
        () if is("D-U-N-S") => Some(KeyKind::Duns),
        () if is("ISIN") => Some(KeyKind::Isin),
        () if is("Equity Ticker") => Some(KeyKind::Ticker),
        () if is("Vessel Registration Identification") => Some(KeyKind::Imo),
        () => None,
    };
    if let Some(kind) = typed {
        party.add_key(kind, &number);
    } else if is("Website") {
        party.add_website(&number, &reading.words);
    } else if is("Email") {
        party.add_mail(&number, &reading.words);
    } else if is("Digital Currency Address - ") {
        party.add_key(KeyKind::Wallet, &number);
    } else if is("Gender") || is("Secondary sanctions") || is("Additional Sanctions") || is("Organization Type") {
        // facts that identify nobody
    } else if country == "Russia" && (is("Tax ID") || is("Registration")) {
        party.keys.extend(
            identifier::russian(&number).filter(|key| !party.keys.contains(key)).into_iter().collect::<Vec<_>>(),
        );
    } else if kind.contains("No")
        || kind.contains("Number")
        || is("Passport")
        || kind.contains("ID")
        || is("MMSI")
        || kind.contains('#')
    {
        party.add_number(&number);
    }
    let registers = ["Registration", "Tax ID", "Company", "Business", "Commercial", "Unified", "Trade License", "C.R."];
    if party.kind == PartyKind::Organisation && registers.iter().any(|word| is(word)) {
        let code = reading.words.country(country);
        party.add_country(code, CountryRole::Registration);
    }
}
