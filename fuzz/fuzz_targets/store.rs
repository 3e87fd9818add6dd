//! An archive of the store: an even first byte for its bytes as they are, an odd one for the contents of its sections
//! with `FF FE FD 0A` between, which are put into an archive that is whole, so that hashes do not end every try.
//!
//! `SOVAUDIT_FUZZ_DO=seeds` writes seeds of invented parties into `corpus/store/`.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use sovaudit::lists::store::{Archive, Builder, Parties, Register};
use sovaudit::lists::{KeyKind, LinkKind, NameRole, Party, PartyKey, PartyKind, PartyLink, PartyName};
use sovaudit::model::Date;
use sovaudit::screening::engine::Engine;
use sovaudit::screening::index::{self, Index};
use sovaudit::screening::normalise::Lexicon;
use sovaudit::screening::{Memory, Query, THRESHOLD};

const MARK: &[u8] = b"\xFF\xFE\xFD\n";
const OWN: [&str; 6] = ["party.rows", "party.offsets", "party.words", "party.ends", "keys.hashes", "keys.places"];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::embedded);
/// Sections of a whole archive, in their order.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let index = index::build(&parties(), &LEXICON);
    OWN.iter().map(|name| (*name).to_owned()).chain(index.sections().into_iter().map(|(name, _)| name)).collect()
});

libfuzzer_sys::fuzz_target!(
    init: {
        if std::env::var("SOVAUDIT_FUZZ_DO").is_ok_and(|work| work == "seeds") {
            seeds();
            std::process::exit(0);
        }
    },
    |data: &[u8]| {
        let Some((first, rest)) = data.split_first() else { return };
        let archive = if first % 2 == 0 { Archive::from_bytes(rest) } else { Archive::from_bytes(&whole(rest)) };
        if let Ok(archive) = archive {
            look(&archive);
        }
    }
);

/// An archive with these contents of its sections.
fn whole(mut rest: &[u8]) -> Vec<u8> {
    let mut builder = Builder::new();
    for name in NAMES.iter() {
        let end = rest.windows(MARK.len()).position(|window| window == MARK);
        builder.add(name.clone(), rest[..end.unwrap_or(rest.len())].to_vec());
        rest = end.map_or(&[][..], |end| &rest[end + MARK.len()..]);
    }
    let mut bytes = Vec::new();
    builder.write_to(&mut bytes).expect("writes to memory");
    bytes
}

/// Everything that readers of the store ask.
fn look(archive: &Archive) {
    if let Ok(parties) = Parties::of(archive) {
        for at in 0..parties.len().min(1000) {
            let (head, party) = (parties.head(at), parties.get(at));
            if let (Some(head), Some(party)) = (head, &party) {
                assert_eq!((head.list, head.entry, head.kind), (&*party.list, &*party.entry, party.kind));
            }
        }
        let _ = (parties.find("US-SDN", "1"), parties.of_list("US-SDN"), parties.all());
    }
    if let Ok(register) = Register::of(archive) {
        let _ = (register.by_key(KeyKind::Lei, "529900HARBOURSOFT027"), register.by_entry("GLEIF", "1"));
    }
    let sections: Vec<_> = NAMES.iter().map(|name| (name.as_str(), archive.section(name))).collect();
    let section = |name: &str| sections.iter().find(|(other, _)| *other == name)?.1.as_deref();
    if let Some(index) = Index::from_sections(section, LEXICON.digest()) {
        let _ = index.by_key(1).count();
        let none = NoParties;
        let engine = Engine { index: &index, parties: &none, lexicon: &LEXICON, threshold: THRESHOLD };
        let _ = engine.screen(&Query::of("Example Chips Ltd", PartyKind::Organisation), &mut Memory::default());
    }
}

struct NoParties;

impl sovaudit::screening::Parties for NoParties {
    fn party(&self, _: u32) -> Option<std::borrow::Cow<'_, Party>> {
        None
    }

    fn owners(&self, _: &str, _: &str) -> Vec<u32> {
        Vec::new()
    }
}

fn parties() -> Vec<Party> {
    let name = |text: &str| PartyName { text: text.into(), role: NameRole::Primary, weak: false, language: None };
    let party = |entry: &str, text: &str| Party {
        list: "US-SDN".into(),
        entry: entry.into(),
        kind: PartyKind::Organisation,
        names: vec![name(text)],
        keys: vec![PartyKey { kind: KeyKind::Lei, value: "529900HARBOURSOFT027".into() }],
        links: vec![PartyLink {
            kind: LinkKind::OwnedBy,
            name: "Holding".into(),
            entry: Some("2".into()),
            share: Some(5000),
            from: Date::parse("2024-01-01"),
            to: None,
        }],
        ..Party::default()
    };
    vec![party("1", "Example Chips Ltd"), party("2", "Пример Диджитал"), party("3", "Sample Works")]
}

fn seeds() {
    let folder = Path::new("corpus/store");
    fs::create_dir_all(folder).expect("makes the folder");
    for (kind, parties) in [("none", Vec::new()), ("three", parties())] {
        let mut builder = Builder::new();
        Parties::encode(&parties, &mut builder).expect("is small");
        Register::encode(&parties, &mut builder);
        let index = index::build(&parties, &LEXICON);
        for (name, bytes) in index.sections() {
            builder.add(name, bytes.to_vec());
        }
        let mut bytes = Vec::new();
        builder.write_to(&mut bytes).expect("writes to memory");
        let archive = Archive::from_bytes(&bytes).expect("is whole");
        fs::write(folder.join(format!("seed-{kind}-raw")), [&[0], bytes.as_slice()].concat()).expect("writes");
        let sections: Vec<Vec<u8>> =
            NAMES.iter().map(|name| archive.section(name).map_or_else(Vec::new, |bytes| bytes.to_vec())).collect();
        fs::write(folder.join(format!("seed-{kind}-sections")), [&[1], sections.join(MARK).as_slice()].concat())
            .expect("writes");
    }
}
