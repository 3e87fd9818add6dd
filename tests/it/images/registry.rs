//! A scripted registry on this machine: answers and refusals of every sort. The real one is in `real.rs`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use sovaudit::model::purl::ImageReference;
use sovaudit::scan::Options;
use sovaudit::source::image::{ImageOptions, ImageTarget, Mirror, Retries};
use sovaudit::target::scan_image;

use super::build::{Image, Packing, digest};
use super::{CATALOG, contained, expected, two_layers};

type Routes = BTreeMap<String, (u16, Vec<u8>)>;

/// Where tokens are given out; a registry that has it lets nobody in without one.
const TOKEN: &str = "/token";
/// As [`TOKEN`], to those who log in with `user` and `secret` only.
const LOGIN: &str = "/login";

/// Answers every request from a table; ends with the test process.
fn scripted(routes: Routes, otherwise: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("is bound").to_string();
    let routes = Arc::new(routes);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let routes = Arc::clone(&routes);
            thread::spawn(move || answer(stream, &routes, otherwise));
        }
    });
    address
}

fn answer(mut stream: TcpStream, routes: &Routes, otherwise: u16) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() {
        return;
    }
    let mut line = String::new();
    let place = if routes.contains_key(LOGIN) { LOGIN } else { TOKEN };
    let mut may_enter = !routes.contains_key(place);
    let mut is_logged_in = false;
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        may_enter |= line.to_ascii_lowercase().trim() == "authorization: bearer pass";
        is_logged_in |= line.trim().ends_with("Basic dXNlcjpzZWNyZXQ=");
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    if !may_enter && !path.starts_with(place) || path.starts_with(LOGIN) && !is_logged_in {
        let host = stream.local_addr().expect("is bound");
        let challenge = format!(
            "HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer realm=\"http://{host}{place}\",service=\"here\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let _ = stream.write_all(challenge.as_bytes());
        return;
    }
    let path = path.split('?').next().unwrap_or_default();
    let empty = (otherwise, Vec::new());
    let (status, body) = if path == "/v2/" { &(200, Vec::new()) } else { routes.get(path).unwrap_or(&empty) };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // the client may have gone away: that is its right
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn routes_of(image: &Image) -> Routes {
    let mut routes = Routes::new();
    routes.insert("/v2/team/app/manifests/1.0".to_owned(), (200, image.manifest.clone()));
    for (digest, bytes) in image.blobs() {
        routes.insert(format!("/v2/team/app/blobs/{digest}"), (200, bytes.to_vec()));
    }
    routes
}

/// Short pauses: nothing here gets better with time.
const PATIENCE: Retries = Retries { times: 2, pause: Duration::from_millis(10) };

fn pull(name: &str) -> anyhow::Result<sovaudit::model::Inventory> {
    let reference = ImageReference::parse(name).expect("is a reference");
    let options = ImageOptions { retries: PATIENCE, ..ImageOptions::default() };
    scan_image(&ImageTarget::Registry(reference), &CATALOG, &Options::default(), &options)
}

#[test]
fn images_are_streamed_from_a_registry() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let address = scripted(routes_of(&image), 404);
    let inventory = pull(&format!("{address}/team/app:1.0")).expect("is readable");
    assert_eq!(contained(&inventory), expected());
    assert!(super::attribute(&inventory, "integrity").contains(&digest(&image.manifest)));
}

#[test]
fn an_index_leads_to_the_image_for_this_machine() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let platform = |architecture: &str| json!({ "platform": { "os": "linux", "architecture": architecture } });
    let host = sovaudit::source::image_manifest::Platform::host();
    let mut other = image.entry(&platform("other"));
    other["digest"] = json!(digest(b"never asked for"));
    let entries = [other, image.entry(&platform(&host.architecture))];
    let index = json!({ "schemaVersion": 2, "manifests": entries }).to_string().into_bytes();
    let mut routes = routes_of(&image);
    routes.insert("/v2/team/app/manifests/1.0".to_owned(), (200, index));
    routes.insert(format!("/v2/team/app/manifests/{}", digest(&image.manifest)), (200, image.manifest.clone()));
    let inventory = pull(&format!("{}/team/app:1.0", scripted(routes, 404))).expect("is readable");
    assert_eq!(contained(&inventory), expected());
}

#[test]
fn anonymous_tokens_are_asked_for() {
    let image = Image::new(&two_layers(), Packing::Zstd, &json!({}));
    let mut routes = routes_of(&image);
    routes.insert(TOKEN.to_owned(), (200, br#"{"token":"pass"}"#.to_vec()));
    let inventory = pull(&format!("{}/team/app:1.0", scripted(routes, 404))).expect("is readable");
    assert_eq!(contained(&inventory), expected());
}

#[test]
fn tokens_are_asked_for_with_the_log_in_of_a_file() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let mut routes = routes_of(&image);
    routes.insert(LOGIN.to_owned(), (200, br#"{"token":"pass"}"#.to_vec()));
    let address = scripted(routes, 404);
    let folder = tempfile::TempDir::new().expect("a folder");
    let login = json!({ "auths": { &address: { "auth": "dXNlcjpzZWNyZXQ=" } } });
    std::fs::write(folder.path().join("config.json"), login.to_string()).expect("a file");
    let scan = |folder: &std::path::Path| {
        let mut command = crate::cli::sovaudit();
        for name in ["REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command.env("DOCKER_CONFIG", folder).env("HOME", folder);
        let target = format!("{address}/team/app:1.0");
        let output = command.args(["scan", &target, "--no-cache", "--format", "json"]).output().expect("runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(scan(folder.path()).contains("pkg:cargo/kept@1.0.0"));
    let refused = scan(std::path::Path::new("/nowhere"));
    assert!(refused.contains("log in with `docker login"), "{refused}");
}

#[test]
fn forged_blobs_of_a_registry_are_refused() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    for blob in [&image.layers[1], &image.config] {
        let mut routes = routes_of(&image);
        let mut forged = blob.clone();
        forged[20] ^= 1;
        routes.insert(format!("/v2/team/app/blobs/{}", digest(blob)), (200, forged));
        let error = pull(&format!("{}/team/app:1.0", scripted(routes, 404))).expect_err("is forged");
        let words = format!("{error:#}");
        assert!(words.contains("forged") || words.contains("igest"), "{words}");
    }
}

#[test]
fn refusals_say_what_to_do() {
    for (status, words) in [
        (401, "log in with `docker login"),
        (403, "log in with `docker login"),
        (404, "was not found; check name, tag and digest"),
        (429, "limits the rate of requests"),
        (500, "failed on"),
    ] {
        let address = scripted(Routes::new(), status);
        let error = pull(&format!("{address}/team/app:1.0")).expect_err("is refused");
        assert!(format!("{error:#}").contains(words), "{status}: {error:#}");
    }
    // nobody listens on a port that was just given back
    let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port");
    let error = pull(&format!("{address}/team/app:1.0")).expect_err("nobody there");
    assert!(format!("{error:#}").contains("cannot be reached"), "{error:#}");
}

#[test]
fn oversized_manifests_are_refused() {
    let mut routes = Routes::new();
    routes.insert("/v2/team/app/manifests/1.0".to_owned(), (200, vec![b' '; 5 << 20]));
    let error = pull(&format!("{}/team/app:1.0", scripted(routes, 404))).expect_err("is too large");
    assert!(format!("{error:#}").contains("the limit is"), "{error:#}");
}

#[test]
fn a_busy_registry_is_asked_again() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let busy = Arc::new(AtomicUsize::new(2));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("is bound").to_string();
    let (routes, left) = (Arc::new(routes_of(&image)), Arc::clone(&busy));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut start = [0; 64];
            let count = stream.peek(&mut start).unwrap_or(0);
            let is_manifest = String::from_utf8_lossy(&start[..count]).contains("/manifests/");
            // the third question is that for the time to wait
            if is_manifest && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
            {
                let _ = stream.read(&mut [0; 4096]);
                let answer = "HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes());
                continue;
            }
            answer(stream, &routes, 404);
        }
    });
    let start = Instant::now();
    let inventory = pull(&format!("{address}/team/app:1.0")).expect("is readable in the end");
    assert_eq!(contained(&inventory), expected());
    assert!(start.elapsed() >= Duration::from_secs(1), "it asked for a second");
    assert_eq!(busy.load(Ordering::SeqCst), 0);
}

#[test]
fn a_mirror_that_fails_is_passed_over_and_told() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let (full, empty) = (scripted(routes_of(&image), 404), scripted(Routes::new(), 404));
    let with = |origin: &str, mirror: &str| {
        let options = ImageOptions {
            mirrors: vec![Mirror::parse(&format!("{origin}={mirror}")).expect("is a mirror")],
            retries: PATIENCE,
            ..ImageOptions::default()
        };
        let reference = ImageReference::parse(&format!("{origin}/team/app:1.0")).expect("is a reference");
        scan_image(&ImageTarget::Registry(reference), &CATALOG, &Options::default(), &options)
    };
    assert_eq!(contained(&with(&full, &empty).expect("the registry has it")), expected());
    assert_eq!(contained(&with(&empty, &full).expect("the mirror has it")), expected());
    let words = format!("{:#}", with(&empty, &empty).expect_err("nobody has it"));
    assert!(words.contains("no mirror has it either") && words.contains("was not found"), "{words}");
}

#[test]
fn a_registry_that_cannot_prove_who_it_is_is_told_so() {
    // a proxy that lets everything through to somebody who speaks no TLS
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let proxy = format!("http://{}", listener.local_addr().expect("is bound"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let mut command = crate::cli::sovaudit();
    for name in ["HTTPS_PROXY", "https_proxy"] {
        command.env(name, &proxy);
    }
    let output = command.env("NO_PROXY", "").args(["scan", "registry.example/team/app:1", "--no-cache"]).output();
    let error = String::from_utf8_lossy(&output.expect("runs").stderr).into_owned();
    assert!(error.contains("no trusted TLS connection to `registry.example`"), "{error}");
    assert!(error.contains("--insecure-registry"), "{error}");
}
