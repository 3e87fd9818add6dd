//! Registries on this machine: a scripted one for errors, and a real one where it is installed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use oci_distribution::client::{ClientConfig, ClientProtocol};
use oci_distribution::secrets::RegistryAuth;
use oci_distribution::{Client, Reference, RegistryOperation};
use serde_json::json;
use sovaudit::model::purl::ImageReference;
use sovaudit::scan::Options;
use sovaudit::source::image::ImageTarget;
use tempfile::TempDir;

use super::build::{Image, Packing, digest};
use super::{contained, expected, scan, two_layers};

type Routes = BTreeMap<String, (u16, Vec<u8>)>;

/// Where tokens are given out; a registry that has it lets nobody in without one.
const TOKEN: &str = "/token";

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
    let mut may_enter = !routes.contains_key(TOKEN);
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        may_enter |= line.to_ascii_lowercase().trim() == "authorization: bearer pass";
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    if !may_enter && !path.starts_with(TOKEN) {
        let host = stream.local_addr().expect("is bound");
        let challenge = format!(
            "HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer realm=\"http://{host}{TOKEN}\",service=\"here\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
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

fn pull(name: &str) -> anyhow::Result<sovaudit::model::Inventory> {
    let reference = ImageReference::parse(name).expect("is a reference");
    scan(&ImageTarget::Registry(reference), &Options::default())
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

struct RealRegistry {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Drop for RealRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the registry is part of the test, nothing audited")]
fn real() -> Option<RealRegistry> {
    let program =
        ["/usr/bin/docker-registry", "/usr/bin/registry"].into_iter().find(|path| Path::new(path).exists())?;
    let folder = TempDir::new().expect("a folder");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").to_string();
    let config = json!({
        "version": 0.1,
        "storage": { "filesystem": { "rootdirectory": folder.path() } },
        "http": { "addr": address },
    });
    let path = folder.path().join("config.yml");
    fs::write(&path, config.to_string()).expect("a file");
    let mut command = Command::new(program);
    command.arg("serve").arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
    let registry = RealRegistry { child: command.spawn().expect("starts"), address, _folder: folder };
    let start = Instant::now();
    while TcpStream::connect(&registry.address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "the registry does not answer");
        thread::sleep(Duration::from_millis(50));
    }
    Some(registry)
}

#[test]
fn tags_and_digests_of_a_real_registry() {
    let Some(registry) = real() else {
        let message = "SKIPPED: no registry on this machine; install `docker-registry` to run this test\n";
        std::io::stderr().write_all(message.as_bytes()).expect("stderr");
        return;
    };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() };
    let client = Client::try_from(config).expect("a client");
    let reference = Reference::with_tag(registry.address.clone(), "team/app".to_owned(), "1.0".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        client.auth(&reference, &RegistryAuth::Anonymous, RegistryOperation::Push).await.expect("no log-in needed");
        for (digest, bytes) in image.blobs() {
            client.push_blob(&reference, bytes.to_vec(), &digest).await.expect("is stored");
        }
        let kind = "application/vnd.oci.image.manifest.v1+json".parse().expect("is a header");
        client.push_manifest_raw(&reference, image.manifest.clone(), kind).await.expect("is stored");
    });
    let by_tag = pull(&format!("{}/team/app:1.0", registry.address)).expect("is readable");
    assert_eq!(contained(&by_tag), expected());
    let by_digest = pull(&format!("{}/team/app@{}", registry.address, digest(&image.manifest))).expect("is readable");
    assert_eq!(contained(&by_digest), expected());
    let error = pull(&format!("{}/team/app:2.0", registry.address)).expect_err("has no such tag");
    assert!(format!("{error:#}").contains("was not found"), "{error:#}");
}
