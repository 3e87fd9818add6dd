//! Damaged and hostile files: refused with a place, in bounded memory, and never taken for an empty list.

use std::io::Write as _;

use sovaudit::lists::format::{ListFile, Options, recognise, sort};

use super::{CATALOG, load_with, options};

const SDN: &str = "9001,\"EXAMPLE ONE\",-0- ,\"IRAN\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n";

fn error_of(name: &str, bytes: impl Into<Vec<u8>>) -> String {
    let file = ListFile::memory(name, bytes.into());
    match load_with(vec![file], &options()) {
        Ok((loaded, _)) => panic!("{name} was loaded: {loaded:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn small_lists_and_stale_formats_are_refused() {
    let strict = Options { catalog: &CATALOG, allow_stale: false, allow_small: false, allow_empty: false };
    let error = load_with(vec![ListFile::memory("sdn.csv", SDN.as_bytes())], &strict).unwrap_err();
    assert!(
        error.to_string().starts_with("sdn.csv: holds 1 records of US-SDN; every edition has more than"),
        "{error}"
    );
    let closed = "Last Updated,27/01/2026\nName 6,Name 1,Group Type,Group ID\nEXAMPLE,,Entity,1\n";
    let error = error_of("ConList.csv", closed);
    assert!(error.contains("is no longer kept: since 28 January 2026"), "{error}");
    // no rows at all
    let error = error_of(
        "dpl.txt",
        "\"Name\"\t\"Street_Address\"\t\"City\"\t\"State\"\t\"Country\"\t\"Postal_Code\"\t\"Effective_Date\"\t\"Expiration_Date\"\t\"FR_Citation\"\n",
    );
    assert!(error.contains("holds no record"), "{error}");
}

#[test]
fn one_bad_row_in_a_thousand_is_the_limit() {
    let rows = |good: usize, bad: usize| {
        let mut text = String::new();
        for number in 0..good {
            text.push_str(&SDN.replacen("9001", &(10_000 + number).to_string(), 1));
        }
        for _ in 0..bad {
            text.push_str("77,\"SHORT\"\r\n");
        }
        text.push_str(SDN);
        text.push('\u{1a}');
        text
    };
    let (loaded, _) = load_with(vec![ListFile::memory("sdn.csv", rows(1_998, 2).into_bytes())], &options()).unwrap();
    assert_eq!((loaded.records, loaded.bad_rows), (1_999, 2));
    assert_eq!(loaded.bad[0].to_string(), "sdn.csv:1999: the row has 2 fields instead of 12");
    let error = error_of("sdn.csv", rows(998, 2));
    assert!(error.starts_with("sdn.csv:999: 2 of 1001 rows cannot be used"), "{error}");
}

#[test]
fn a_file_that_ends_within_a_row_is_no_whole_list() {
    let error = error_of("sdn.csv", format!("{}{}", SDN.repeat(3_000), &SDN[..30]));
    assert!(error.starts_with("sdn.csv:3001: ends within a row"), "{error}");
}

#[test]
fn endless_rows_and_texts_are_bounded() {
    // a row that does not end
    let mut text = SDN.as_bytes().to_vec();
    text.extend(std::iter::repeat_n(b'a', 64 << 20));
    let error = error_of("sdn.csv", [SDN.as_bytes(), &text].concat());
    assert!(error.starts_with("sdn.csv:3: a row or text of more than 4 MiB"), "{error}");
    let mut xml = b"<CONSOLIDATED_LIST>\n<INDIVIDUALS><INDIVIDUAL><FIRST_NAME>".to_vec();
    xml.extend(std::iter::repeat_n(b'a', 64 << 20));
    let error = error_of("un.xml", xml);
    assert!(error.starts_with("un.xml:2: a row or text of more than 4 MiB"), "{error}");
    let mut json = b"{\"id\":\"Q1\",\"schema\":\"Company\",\"properties\":{}}\n{\"id\":\"".to_vec();
    json.extend(std::iter::repeat_n(b'a', 64 << 20));
    let error = error_of("entities.ftm.json", json);
    assert!(error.starts_with("entities.ftm.json:2: a row or text of more than 4 MiB"), "{error}");
    let mut json = b"{\"total\":1,\"sources\":[],\"results\":[{\"source\":\"".to_vec();
    json.extend(std::iter::repeat_n(b'a', 64 << 20));
    assert!(error_of("consolidated.json", json).contains("a row or text of more than 4 MiB"));
}

#[test]
fn many_elements_and_deep_ones_are_bounded() {
    let mut xml = "<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL>".to_owned();
    xml.push_str(&"<A/>".repeat(300_000));
    let error = error_of("un.xml", xml);
    assert!(error.contains("too many elements"), "{error}");
    let xml = format!("<CONSOLIDATED_LIST>{}", "<A>".repeat(100_000));
    let error = error_of("un.xml", xml);
    assert!(error.contains("nested more than 64 deep"), "{error}");
    let error = error_of(
        "consolidated.json",
        format!("{{\"total\":1,\"sources\":[],\"results\":[{{\"source\":{}", "[".repeat(1_000_000)),
    );
    assert!(error.contains("recursion limit"), "{error}");
}

#[test]
fn nul_bytes_and_entities_have_a_place() {
    let un = "<CONSOLIDATED_LIST>\n<INDIVIDUALS><INDIVIDUAL><FIRST_NAME>A\0B</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>";
    assert!(error_of("un.xml", un).starts_with("un.xml:2: holds a NUL byte"));
    let error = error_of("un.xml", un.replace("A\0B", "&xxe;"));
    assert!(error.starts_with("un.xml:2: refers to `&xxe;`, which XML does not define"), "{error}");
    let error =
        error_of("un.xml", format!("<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"file:///etc/passwd\">\n{un}"));
    assert!(error.starts_with("un.xml:2: declares types or entities"), "{error}");
}

#[test]
fn a_list_is_read_out_of_gzip_and_zip_and_in_other_encodings() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(SDN.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(recognise(&gzip).map(|id| id.as_str()), Some("ofac-csv"));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("sdn.csv", SDN), ("alt.csv", "9001,1,\"aka\",\"SOCI\u{c9}T\u{c9}\",-0- \r\n")] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("is Latin-1")).collect();
        zip.write_all(&bytes).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    let bomb = vec![0_u8; 4];
    for (name, bytes) in [("sdn.csv.gz", gzip), ("sdn.zip", zip)] {
        let (loaded, parties) = load_with(vec![ListFile::memory(name, bytes)], &options()).unwrap();
        assert_eq!(loaded.records, 1);
        if name == "sdn.zip" {
            assert_eq!(&*parties[0].1.names[1].text, "SOCIÉTÉ");
            assert_eq!(loaded.files[0].name, "sdn.zip/alt.csv");
        }
    }
    assert!(sort(&[ListFile::memory("x", bomb)]).is_err());
    assert_eq!(recognise(b""), None);
    assert_eq!(recognise(b"PK\x03\x04"), None);
    assert!(ListFile::memory("x.zip", &b"PK\x03\x04broken"[..]).members().is_err());
}

#[test]
fn decompression_bombs_end() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("sdn.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(SDN.as_bytes()).unwrap();
    let line = format!("{},\n", "a".repeat((1 << 20) - 2)).into_bytes();
    for _ in 0..200 {
        zip.write_all(&line).unwrap();
    }
    let error = error_of("sdn.zip", zip.finish().unwrap().into_inner());
    assert!(error.contains("200 times its size"), "{error}");
}
