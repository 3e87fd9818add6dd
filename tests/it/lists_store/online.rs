//! Fetching lists, from this machine only.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use super::{FIRST, Site};

/// A server that gives each request the next answer; gives its address.
fn serve(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("has an address").to_string();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut lines = BufReader::new(stream.try_clone().expect("clones")).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = stream.write_all(&answer);
        }
    });
    address
}

fn ok(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes(), body]
        .concat()
}

fn rules(site: &Site, address: &str) -> String {
    let folder = site.path("rules");
    fs::create_dir_all(&folder).expect("makes");
    let row = format!(
        "[[list_source]]\nid = \"own-acme\"\nlist = \"OWN-ACME\"\nurl = \"{address}\"\nformat = \"own\"\n\
         licence = \"internal\"\nsource = \"a test\"\nverification = \"one-source\"\n"
    );
    fs::write(format!("{folder}/sources.toml"), row).expect("writes");
    folder
}

#[test]
fn a_published_list_is_fetched_when_asked_for() {
    let site = Site::new();
    let body = fs::read(crate::cli::root().join(FIRST)).expect("is there");
    let address = serve(vec![ok(&body)]);
    let rules = rules(&site, &format!("{address}/v1/acme.jsonl?token=secret"));
    let (code, out, error) = site.rules(&["import", "--online", "own-acme", "--rules", &rules]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("OWN-ACME"), "{out}");
    let source = &site.manifest()["sources"]["own-acme"];
    assert_eq!(source["retrieval"], "online");
    assert_eq!(source["inputs"][0]["name"], "acme.jsonl");
    assert_eq!(fs::read_dir(site.data().join("lists")).expect("there is a store").count(), 4, "no download is left");
}

#[test]
fn what_a_server_sends_instead_changes_nothing() {
    let site = Site::new();
    assert_eq!(site.rules(&["import", FIRST]).0, 0);
    let before = site.manifest();
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"sovaudit-list\"".to_vec();
    let cases: [(Vec<u8>, &str); 6] = [
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_vec(), "status 403; the server refuses programs"),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_vec(), "status 500"),
        (ok(b"<html>please wait</html>"), "no list in a known format"),
        (ok(b""), "sends nothing"),
        (cut, "cannot be fetched"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec(), "sends more than 1024 MiB"),
    ];
    for (answer, words) in cases {
        let rules = rules(&site, &format!("{}/acme.jsonl", serve(vec![answer])));
        let (code, _, error) = site.rules(&["import", "--online", "own-acme", "--rules", &rules]);
        assert_eq!(code, 2, "{words}");
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(site.manifest(), before, "{words}");
    }
    let (code, _, error) = site.rules(&["import", "--online", "us-sdm"]);
    assert_eq!(code, 2);
    assert!(error.contains("us-csl, us-sdn"), "{error}");
}

#[test]
fn a_list_that_cannot_be_had_tells_what_its_row_knows() {
    let site = Site::new();
    let address = serve(vec![b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()]);
    let folder = rules(&site, &format!("{address}/acme.jsonl?token=old"));
    let path = format!("{folder}/sources.toml");
    let row = fs::read_to_string(&path).expect("is there") + "note = \"take the token from the feed\"\n";
    fs::write(&path, row).expect("writes");
    let (code, _, error) = site.rules(&["import", "--online", "own-acme", "--rules", &folder]);
    assert_eq!(code, 2);
    assert!(error.contains("the list `own-acme` is not to be had (take the token from the feed)"), "{error}");
    assert!(error.contains("answers with status 403"), "{error}");
}
