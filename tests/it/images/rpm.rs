//! Databases of rpm with one package, in their three forms.

use sha2::{Digest as _, Sha256};

/// A file of a package: its path and what the package brought.
pub(super) type Brought<'a> = (&'a str, &'a [u8]);

/// The header of a package, as rpm stores it.
pub(super) fn header(name: &str, vendor: &str, files: &[Brought<'_>]) -> Vec<u8> {
    let mut out = Tags::default();
    out.text(1000, name);
    out.text(1001, "1.0");
    out.text(1002, "1");
    out.text(1011, vendor);
    out.text(1022, "x86_64");
    let digest = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    out.texts(1035, files.iter().map(|(_, bytes)| digest(bytes)));
    let parts: Vec<(&str, &str)> =
        files.iter().map(|(path, _)| path.split_at(path.rfind('/').map_or(0, |at| at + 1))).collect();
    out.numbers(1116, &(0..u32::try_from(parts.len()).expect("few")).collect::<Vec<_>>());
    out.texts(1117, parts.iter().map(|(_, name)| (*name).to_owned()));
    out.texts(1118, parts.iter().map(|(folder, _)| (*folder).to_owned()));
    out.numbers(5011, &[8]);
    out.end()
}

#[derive(Default)]
struct Tags {
    index: Vec<u8>,
    data: Vec<u8>,
}

impl Tags {
    fn entry(&mut self, tag: u32, kind: u32, count: usize) {
        let count = u32::try_from(count).expect("few");
        let at = u32::try_from(self.data.len()).expect("short");
        for word in [tag, kind, at, count] {
            self.index.extend_from_slice(&word.to_be_bytes());
        }
    }

    fn text(&mut self, tag: u32, text: &str) {
        self.entry(tag, 6, 1);
        self.data.extend_from_slice(text.as_bytes());
        self.data.push(0);
    }

    fn texts(&mut self, tag: u32, texts: impl ExactSizeIterator<Item = String>) {
        self.entry(tag, 8, texts.len());
        for text in texts {
            self.data.extend_from_slice(text.as_bytes());
            self.data.push(0);
        }
    }

    fn numbers(&mut self, tag: u32, numbers: &[u32]) {
        self.entry(tag, 4, numbers.len());
        numbers.iter().for_each(|number| self.data.extend_from_slice(&number.to_be_bytes()));
    }

    fn end(self) -> Vec<u8> {
        let words = [self.index.len() / 16, self.data.len()].map(|count| u32::try_from(count).expect("short"));
        let head = words.into_iter().flat_map(u32::to_be_bytes).collect::<Vec<u8>>();
        [head, self.index, self.data].concat()
    }
}

/// Each form of the database with one package: where it lies, and its bytes.
pub(super) fn databases(header: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", sqlite(header)),
        ("usr/lib/sysimage/rpm/Packages.db", ndb(header)),
        ("var/lib/rpm/Packages", berkeley(header)),
    ]
}

const PAGE: usize = 4096;

fn put(page: &mut [u8], at: usize, bytes: &[u8]) {
    page[at..at + bytes.len()].copy_from_slice(bytes);
}

fn varint(number: usize) -> Vec<u8> {
    assert!(number < 1 << 14);
    if number < 128 {
        vec![number.to_le_bytes()[0]]
    } else {
        vec![0x80 | (number >> 7).to_le_bytes()[0], (number & 127).to_le_bytes()[0]]
    }
}

/// A row of a leaf page: columns as serial types and bytes.
fn row(columns: &[(usize, &[u8])]) -> Vec<u8> {
    let types: Vec<u8> = columns.iter().flat_map(|(kind, _)| varint(*kind)).collect();
    let mut record = varint(types.len() + 1);
    record.extend(types);
    columns.iter().for_each(|(_, bytes)| record.extend_from_slice(bytes));
    [varint(record.len()), varint(1), record].concat()
}

fn leaf(page: &mut [u8], start: usize, row: &[u8]) {
    let at = PAGE - row.len();
    put(page, at, row);
    let place = u16::try_from(at).expect("a page is short").to_be_bytes();
    put(page, start, &[0x0D, 0, 0, 0, 1, place[0], place[1], 0, place[0], place[1]]);
}

fn sqlite(header: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 2 * PAGE];
    put(&mut file, 0, b"SQLite format 3\0");
    put(&mut file, 16, &[0x10, 0]);
    let text = |text: &'static str| (13 + 2 * text.len(), text.as_bytes());
    let schema = row(&[text("table"), text("Packages"), text("Packages"), (1, &[2]), text("CREATE TABLE")]);
    leaf(&mut file[..PAGE], 100, &schema);
    leaf(&mut file[PAGE..], 0, &row(&[(1, &[1]), (12 + 2 * header.len(), header)]));
    file
}

fn ndb(header: &[u8]) -> Vec<u8> {
    let mut file = vec![0; PAGE + 16];
    put(&mut file, 0, b"RpmP");
    put(&mut file, 12, &1_u32.to_le_bytes());
    for slot in 2..PAGE / 16 {
        put(&mut file, slot * 16, b"Slot");
    }
    put(&mut file, 36, &1_u32.to_le_bytes());
    put(&mut file, 40, &u32::try_from(PAGE / 16).expect("few").to_le_bytes());
    put(&mut file, PAGE, b"BlbS");
    put(&mut file, PAGE + 4, &1_u32.to_le_bytes());
    put(&mut file, PAGE + 12, &u32::try_from(header.len()).expect("short").to_le_bytes());
    file.extend_from_slice(header);
    file
}

fn berkeley(header: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 2 * PAGE];
    put(&mut file, 12, &0x0006_1561_u32.to_le_bytes());
    put(&mut file, 20, &u32::try_from(PAGE).expect("few").to_le_bytes());
    let page = &mut file[PAGE..];
    put(page, 20, &2_u16.to_le_bytes());
    page[25] = 13;
    let key = PAGE - 5;
    put(page, key, &[1, 1, 0, 0, 0]);
    let value = key - header.len() - 1;
    page[value] = 1;
    put(page, value + 1, header);
    put(page, 26, &u16::try_from(key).expect("short").to_le_bytes());
    put(page, 28, &u16::try_from(value).expect("short").to_le_bytes());
    file
}
