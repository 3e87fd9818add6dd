//! Parties come back as they were packed, and nonsense is no party.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof!["[A-Za-z .,]{0,20}", "\\PC{0,12}", "[ab]{120,300}"].prop_map(Into::into)
}

fn date() -> impl Strategy<Value = Date> {
    (1_u16..=9999, 1_u8..=12, 1_u8..=28)
        .prop_map(|(year, month, day)| Date::parse(&format!("{year:04}-{month:02}-{day:02}")).expect("is a date"))
}

prop_compose! {
    fn names()(all in vec((text(), select(&ROLES[..]), any::<bool>(), option::of(text())), 0..5)) -> Vec<PartyName> {
        all.into_iter().map(|(text, role, weak, language)| PartyName { text, role, weak, language }).collect()
    }
}

prop_compose! {
    fn countries()(all in vec(("[A-Z]{2}", select(&COUNTRY_ROLES[..])), 0..4)) -> Vec<PartyCountry> {
        all.into_iter()
            .map(|(code, role)| PartyCountry { code: CountryCode::new(&code).expect("two letters"), role })
            .collect()
    }
}

prop_compose! {
    fn links()(
        all in vec((select(&LINKS[..]), text(), option::of(text()), option::of(any::<u16>()), option::of(date()), option::of(date())), 0..3)
    ) -> Vec<PartyLink> {
        let link = |(kind, name, entry, share, from, to)| PartyLink { kind, name, entry, share, from, to };
        all.into_iter().map(link).collect()
    }
}

prop_compose! {
    fn party()(
        (list, entry, kind) in (text(), text(), select(&KINDS[..])),
        (names, countries, links) in (names(), countries(), links()),
        keys in vec((select(&KEYS[..]), text()), 0..4),
        (addresses, programmes, measures) in (vec(text(), 0..3), vec(text(), 0..3), vec(text(), 0..3)),
        (citation, url, note) in (option::of(text()), option::of(text()), option::of(text())),
        (listed, delisted) in (option::of(date()), option::of(date())),
        born in vec(any::<u16>(), 0..3),
    ) -> Party {
        let keys = keys.into_iter().map(|(kind, value)| PartyKey { kind, value }).collect();
        Party {
            list, entry, kind, names, countries, addresses, keys, links, programmes, measures, citation, url, listed,
            delisted, born, note,
        }
    }
}

fn packed(parties: &[Party]) -> Archive {
    let mut builder = Builder::new();
    Parties::encode(parties, &mut builder).expect("is small");
    let mut bytes = Vec::new();
    builder.write_to(&mut bytes).expect("writes to memory");
    Archive::from_bytes(&bytes).expect("is whole")
}

proptest! {
    #[test]
    fn what_is_packed_comes_back(parties in vec(party(), 0..12)) {
        let back = Parties::of(&packed(&parties)).expect("has the sections");
        prop_assert_eq!(back.len(), parties.len());
        for (at, party) in parties.iter().enumerate() {
            let again = back.get(at);
            prop_assert_eq!(again.as_ref(), Some(party));
            let head = back.head(at).expect("is there");
            prop_assert_eq!((head.list, head.entry, head.name, head.kind), (&*party.list, &*party.entry, party.name(), party.kind));
        }
        prop_assert!(back.get(parties.len()).is_none() && back.head(usize::MAX).is_none());
    }

    /// Sections that say nonsense give no party; they never end the program.
    #[test]
    fn nonsense_is_no_party(rows in vec(any::<u8>(), 0..200), cut in 0_usize..200, word in "[a-z]{0,9}") {
        let cut = cut.min(rows.len()) as u32;
        let offsets = [0, cut, rows.len() as u32];
        let mut builder = Builder::new();
        builder.add(ROWS, rows.as_slice()).add(OFFSETS, bytemuck::cast_slice::<u32, u8>(&offsets));
        builder.add(WORDS, word.as_bytes()).add(ENDS, (word.len() as u32).to_ne_bytes().to_vec());
        let mut bytes = Vec::new();
        builder.write_to(&mut bytes).expect("writes to memory");
        let parties = Parties::of(&Archive::from_bytes(&bytes).expect("is whole")).expect("has the sections");
        for at in 0..2 {
            let _ = (parties.get(at), parties.head(at));
        }
    }
}

#[test]
fn sections_that_do_not_fit_are_refused() {
    for offsets in [vec![], vec![1, 4], vec![0, 3, 2, 4], vec![0, 9]] {
        let mut builder = Builder::new();
        builder.add(ROWS, b"abcd".as_slice()).add(OFFSETS, bytemuck::cast_slice::<u32, u8>(&offsets));
        builder.add(WORDS, Vec::new()).add(ENDS, Vec::new());
        let mut bytes = Vec::new();
        builder.write_to(&mut bytes).expect("writes to memory");
        assert!(Parties::of(&Archive::from_bytes(&bytes).expect("is whole")).is_err(), "{offsets:?}");
    }
}
