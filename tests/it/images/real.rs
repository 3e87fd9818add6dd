//! Images of a real registry (Debian's `docker-registry`), through the program as users run it: log-in, mirrors, several
//! images at a time, connections that break, blobs that were changed.
//!
//! Where no registry is installed the tests say so and pass.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use oci_distribution::client::{ClientConfig, ClientProtocol};
use oci_distribution::secrets::RegistryAuth;
use oci_distribution::{Client, Reference, RegistryOperation};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, digest};
use super::{MUSL, OS_RELEASE, crate_lock, expected, two_layers};

/// `user` with the password `secret`, as htpasswd writes it.
const PASSWORDS: &str = "user:$2y$04$M7d7duAcK4ZsRoWE6hOTvO6Blubt6vik.QbVAZC5tffsyhlE6Yz3.\n";
/// `user:secret` in base 64.
const LOGIN: &str = "dXNlcjpzZWNyZXQ=";

struct RealRegistry {
    child: Child,
    address: String,
    folder: TempDir,
    is_encrypted: bool,
}

impl Drop for RealRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a registry; `None`, said on standard error, where there is none.
fn registry(with_login: bool) -> Option<RealRegistry> {
    started(with_login, None)
}

/// The same; encrypted, with a certificate and its key, where they are given.
#[expect(clippy::disallowed_methods, reason = "the registry is part of the test, nothing audited")]
fn started(with_login: bool, certificate: Option<[&Path; 2]>) -> Option<RealRegistry> {
    let programs = ["/usr/bin/docker-registry", "/usr/bin/registry"];
    let Some(program) = programs.into_iter().find(|path| Path::new(path).exists()) else {
        let message = "SKIPPED: no registry on this machine; install `docker-registry` to run this test\n";
        std::io::stderr().write_all(message.as_bytes()).expect("stderr");
        return None;
    };
    let folder = TempDir::new().expect("a folder");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").to_string();
    let mut config = json!({
        "version": 0.1,
        "storage": { "filesystem": { "rootdirectory": folder.path() }, "maintenance": { "uploadpurging": { "enabled": false } } },
        "http": { "addr": address },
    });
    if with_login {
        let passwords = folder.path().join("htpasswd");
        fs::write(&passwords, PASSWORDS).expect("a file");
        config["auth"] = json!({ "htpasswd": { "realm": "test", "path": passwords } });
    }
    if let Some([certificate, key]) = certificate {
        config["http"]["tls"] = json!({ "certificate": certificate, "key": key });
    }
    let path = folder.path().join("config.yml");
    fs::write(&path, config.to_string()).expect("a file");
    let mut command = Command::new(program);
    command.arg("serve").arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
    let registry =
        RealRegistry { child: command.spawn().expect("starts"), address, folder, is_encrypted: certificate.is_some() };
    let start = Instant::now();
    while TcpStream::connect(&registry.address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the registry does not answer");
        thread::sleep(Duration::from_millis(50));
    }
    Some(registry)
}

impl RealRegistry {
    fn push(&self, repository: &str, tag: &str, image: &Image, auth: &RegistryAuth) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let protocol = if self.is_encrypted { ClientProtocol::Https } else { ClientProtocol::Http };
        let config = ClientConfig { protocol, accept_invalid_certificates: true, ..ClientConfig::default() };
        let client = Client::try_from(config).expect("a client");
        let reference = Reference::with_tag(self.address.clone(), repository.to_owned(), tag.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            client.auth(&reference, auth, RegistryOperation::Push).await.expect("may push");
            for (digest, bytes) in image.blobs() {
                client.push_blob(&reference, bytes.to_vec(), &digest).await.expect("is stored");
            }
            let kind = "application/vnd.oci.image.manifest.v1+json".parse().expect("is a header");
            client.push_manifest_raw(&reference, image.manifest.clone(), kind).await.expect("is stored");
        });
    }

    /// Stores a bill of materials about an image, in the way of registries that have no list of such documents.
    fn attach(&self, repository: &str, image: &Image, bill: &[u8]) {
        let about = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(&image.manifest), "size": image.manifest.len() });
        let empty = b"{}".to_vec();
        let artifact = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": "application/vnd.cyclonedx+json", "subject": about,
            "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": digest(&empty), "size": 2 },
            "layers": [{ "mediaType": "application/vnd.cyclonedx+json", "digest": digest(bill), "size": bill.len() }],
        });
        let artifact = artifact.to_string().into_bytes();
        let index = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(&artifact),
                "size": artifact.len(), "artifactType": "application/vnd.cyclonedx+json" }],
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() };
        let client = Client::try_from(config).expect("a client");
        let named = |tag: String| Reference::with_tag(self.address.clone(), repository.to_owned(), tag);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let reference = named("bill".to_owned());
            client.auth(&reference, &RegistryAuth::Anonymous, RegistryOperation::Push).await.expect("may push");
            for bytes in [&empty, &bill.to_vec()] {
                client.push_blob(&reference, bytes.clone(), &digest(bytes)).await.expect("is stored");
            }
            let kind = "application/vnd.oci.image.manifest.v1+json".parse().expect("is a header");
            client.push_manifest_raw(&reference, artifact, kind).await.expect("is stored");
            let kind = "application/vnd.oci.image.index.v1+json".parse().expect("is a header");
            let listed = named(digest(&image.manifest).replace(':', "-"));
            client.push_manifest_raw(&listed, index.to_string().into_bytes(), kind).await.expect("is stored");
        });
    }

    /// Where the registry keeps a blob.
    fn blob(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        self.folder.path().join(format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]))
    }
}

/// What the program makes of a target.
struct Scan {
    report: Value,
    errors: String,
}

impl Scan {
    /// Runs it with a home of its own.
    fn of(target: &str, more: &[&str], settings: &[(&str, &str)]) -> Self {
        let home = TempDir::new().expect("a folder");
        Self::at(home.path(), target, more, settings)
    }

    fn at(home: &Path, target: &str, more: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = crate::cli::sovaudit();
        for name in ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        command.env("HOME", home).envs(settings.iter().copied());
        let output = command.args(["scan", target, "--format", "json"]).args(more).output().expect("runs");
        let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Self { report, errors: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    fn packages(&self) -> std::collections::BTreeSet<String> {
        let all = self.report["components"].as_array().unwrap_or_else(|| panic!("no report: {}", self.errors));
        let ids = all.iter().filter_map(|component| component["id"].as_str());
        ids.filter(|id| id.starts_with("pkg:") && !id.starts_with("pkg:oci/")).map(str::to_owned).collect()
    }

    fn problems(&self) -> String {
        self.report["diagnostics"].to_string()
    }
}

/// A layer large enough to be cut on its way.
fn large_layer() -> Vec<u8> {
    let mut state = 7_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(3 << 20)
    .collect();
    TarBuilder::default()
        .file("etc/os-release", OS_RELEASE)
        .file("opt/noise", &noise)
        .file("lib/apk/db/installed", MUSL.as_bytes())
        .end()
}

fn musl() -> std::collections::BTreeSet<String> {
    super::set(&["pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1"])
}

/// Stands between program and registry: notes every request, and cuts the first answer whose request contains a word.
struct Between {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Between {
    fn new(upstream: &str, cut: Option<(String, u64)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("is bound").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (noted, upstream, cut) = (Arc::clone(&requests), upstream.to_owned(), Arc::new(Mutex::new(cut)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, upstream, cut) = (Arc::clone(&noted), upstream.clone(), Arc::clone(&cut));
                thread::spawn(move || pass(stream, &upstream, &noted, &cut));
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("is whole").clone()
    }
}

/// One request and its answer. Proxies get whole addresses; the registry wants paths.
fn pass(mut stream: TcpStream, upstream: &str, noted: &Mutex<Vec<String>>, cut: &Mutex<Option<(String, u64)>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut head = String::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
        line.clear();
    }
    if head.is_empty() {
        return;
    }
    let first = head.lines().next().unwrap_or_default().to_owned();
    let target = first.split(' ').nth(1).unwrap_or_default();
    let path = target.split_once("://").map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let sent = head.replacen(target, path, 1);
    noted.lock().expect("is whole").push(head.clone());
    let most = {
        let mut cut = cut.lock().expect("is whole");
        let applies = cut.as_ref().is_some_and(|(word, _)| path.contains(word.as_str()));
        if applies { cut.take().map_or(u64::MAX, |(_, bytes)| bytes) } else { u64::MAX }
    };
    let Ok(mut registry) = TcpStream::connect(upstream) else { return };
    if registry.write_all(format!("{sent}Connection: close\r\n\r\n").as_bytes()).is_err() {
        return;
    }
    let _ = std::io::copy(&mut registry.take(most), &mut stream);
    let _ = stream.shutdown(Shutdown::Both);
}

#[test]
fn tags_and_digests() {
    let Some(registry) = registry(false) else { return };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let name = format!("{}/team/app", registry.address);
    assert_eq!(Scan::of(&format!("{name}:1.0"), &[], &[]).packages(), expected());
    assert_eq!(Scan::of(&format!("{name}@{}", digest(&image.manifest)), &[], &[]).packages(), expected());
    let missing = Scan::of(&format!("{name}:2.0"), &[], &[]);
    assert!(missing.errors.contains("was not found; check name, tag and digest"), "{}", missing.errors);
}

#[test]
fn log_ins_come_from_the_files_of_docker_and_podman() {
    let Some(registry) = registry(true) else { return };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let auth = RegistryAuth::Basic("user".to_owned(), "secret".to_owned());
    registry.push("team/app", "1.0", &image, &auth);
    let target = format!("{}/team/app:1.0", registry.address);
    let refused = Scan::of(&target, &[], &[]);
    assert!(refused.errors.contains("log in with `docker login"), "{}", refused.errors);
    let folder = TempDir::new().expect("a folder");
    let write = |path: &str, content: &Value| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("a folder");
        fs::write(&path, content.to_string()).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let login = json!({ "auths": { &registry.address: { "auth": LOGIN } } });
    write("docker/config.json", &login);
    write("run/containers/auth.json", &login);
    write("settings/containers/auth.json", &login);
    let named = write("named.json", &login);
    let folder_named = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    for (name, value) in [
        ("DOCKER_CONFIG", folder_named("docker")),
        ("XDG_RUNTIME_DIR", folder_named("run")),
        ("XDG_CONFIG_HOME", folder_named("settings")),
        ("REGISTRY_AUTH_FILE", named),
    ] {
        assert_eq!(Scan::of(&target, &[], &[(name, value.as_str())]).packages(), expected(), "{name}");
    }
    // a helper is a program of the configuration's choice
    write("helper/config.json", &json!({ "credHelpers": { &registry.address: "sovaudit-test" } }));
    let helper = folder_named("helper");
    let refused = Scan::of(&target, &[], &[("DOCKER_CONFIG", helper.as_str())]);
    assert!(refused.errors.contains("only run with --trust-credential-helpers"), "{}", refused.errors);
    let program = write("bin/docker-credential-sovaudit-test", &json!(null));
    let script = "#!/bin/sh\nread server\nprintf '{\"ServerURL\":\"%s\",\"Username\":\"user\",\"Secret\":\"secret\"}' \"$server\"\n";
    fs::write(&program, script).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
        let path = format!("{}:{}", folder_named("bin"), std::env::var("PATH").unwrap_or_default());
        let settings = [("DOCKER_CONFIG", helper.as_str()), ("PATH", path.as_str())];
        assert_eq!(Scan::of(&target, &["--trust-credential-helpers"], &settings).packages(), expected());
    }
}

#[test]
fn mirrors_are_asked_first_and_the_registry_when_they_have_nothing() {
    let (Some(origin), Some(mirror)) = (registry(false), registry(false)) else { return };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    mirror.push("library/app", "1.0", &image, &RegistryAuth::Anonymous);
    let of_hub = format!("docker.io={}", mirror.address);
    assert_eq!(Scan::of("docker://app:1.0", &["--registry-mirror", &of_hub], &[]).packages(), expected());
    mirror.push("copies/of/team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let in_folder = format!("{}={}/copies/of", origin.address, mirror.address);
    let target = format!("{}/team/app:1.0", origin.address);
    assert_eq!(Scan::of(&target, &["--registry-mirror", &in_folder], &[]).packages(), expected());
    let other = Image::new(&[large_layer()], Packing::Gzip, &json!({}));
    origin.push("team/other", "1.0", &other, &RegistryAuth::Anonymous);
    let target = format!("{}/team/other:1.0", origin.address);
    assert_eq!(Scan::of(&target, &["--registry-mirror", &in_folder], &[]).packages(), musl());
    // the same from the configuration
    let folder = TempDir::new().expect("a folder");
    let config = folder.path().join("sovaudit.toml");
    fs::write(&config, format!("registry-mirrors = [\"{}\"]\n", mirror.address)).expect("a file");
    let config = config.to_string_lossy().into_owned();
    assert_eq!(Scan::of("docker://app:1.0", &["--config", &config], &[]).packages(), expected());
}

#[test]
fn what_breaks_off_goes_on_where_it_was() {
    let Some(registry) = registry(false) else { return };
    let image = Image::new(&[large_layer()], Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let layer = digest(&image.layers[0]);
    let between = Between::new(&registry.address, Some((layer.clone(), 1 << 20)));
    let scan = Scan::of(&format!("{}/team/app:1.0", between.address), &[], &[]);
    assert_eq!(scan.packages(), musl());
    assert_eq!(scan.problems(), "[]");
    let of_layer: Vec<String> = between.requests().into_iter().filter(|head| head.contains(&layer)).collect();
    assert_eq!(of_layer.len(), 2, "{of_layer:#?}");
    assert!(of_layer[1].to_ascii_lowercase().contains("range: bytes="), "{of_layer:#?}");
}

#[test]
fn changed_blobs_are_refused() {
    let Some(registry) = registry(false) else { return };
    let image = Image::new(&[large_layer()], Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let blob = registry.blob(&digest(&image.layers[0]));
    let mut bytes = fs::read(&blob).expect("is stored");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&blob, bytes).expect("can be changed");
    let scan = Scan::of(&format!("{}/team/app:1.0", registry.address), &[], &[]);
    assert!(scan.errors.contains("damaged or forged") && scan.report.is_null(), "{}", scan.errors);
}

#[test]
fn bills_of_materials_that_a_registry_lists_are_compared() {
    let Some(registry) = registry(false) else { return };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [{ "type": "library", "name": "absent", "version": "9.9.9", "purl": "pkg:npm/absent@9.9.9" }],
    });
    registry.attach("team/app", &image, bill.to_string().as_bytes());
    let scan = Scan::of(&format!("{}/team/app:1.0", registry.address), &[], &[]);
    assert!(scan.packages().contains("pkg:npm/absent@9.9.9"), "{:?}", scan.packages());
    assert!(scan.problems().contains("that were not found in it (`npm/absent@9.9.9`)"), "{}", scan.problems());
}

#[test]
fn a_registry_of_a_lab_may_have_a_certificate_that_nobody_signed() {
    let folder = TempDir::new().expect("a folder");
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    if !Path::new("/usr/bin/openssl").exists() {
        let message = "SKIPPED: install `openssl` to run this test\n";
        std::io::stderr().write_all(message.as_bytes()).expect("stderr");
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "makes a certificate for the test, nothing audited")]
    let made = Command::new("/usr/bin/openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lab", "-days", "2", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let Some(registry) = started(false, Some([&certificate, &key])) else { return };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let scan = Scan::of(&format!("{}/team/app:1.0", registry.address), &[], &[]);
    assert_eq!(scan.packages(), expected(), "{}", scan.errors);
    let missing = Scan::of(&format!("{}/team/app:2.0", registry.address), &[], &[]);
    assert!(missing.errors.contains("was not found; check name, tag and digest"), "{}", missing.errors);
}

#[test]
fn programs_that_pull_at_the_same_time_share_a_cache() {
    let Some(registry) = registry(false) else { return };
    let image = Image::new(&[large_layer()], Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let home = TempDir::new().expect("a folder");
    let target = format!("{}/team/app:1.0", registry.address);
    let scans: Vec<Scan> = thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| Scan::at(home.path(), &target, &[], &[]))).collect();
        all.into_iter().map(|one| one.join().expect("ends")).collect()
    });
    for scan in scans {
        assert_eq!(scan.packages(), musl(), "{}", scan.errors);
        assert_eq!(scan.problems(), "[]");
    }
}

/// A folder whose manifests name images of a registry.
fn cluster(address: &str, images: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (number, image) in images.iter().enumerate() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": format!("p{number}") },
            "spec": { "containers": [{ "name": "c", "image": format!("{address}/{image}") }] },
        });
        fs::write(folder.path().join(format!("p{number}.json")), pod.to_string()).expect("a file");
        fs::write(folder.path().join(format!("p{number}.yaml")), pod.to_string()).expect("a file");
    }
    folder
}

#[test]
fn all_images_of_a_folder_are_scanned_and_each_layer_once() {
    let Some(registry) = registry(false) else { return };
    let names: Vec<String> = (0..6).map(|number| format!("team/app{number}:1.0")).collect();
    let mut wanted = musl();
    let base = large_layer();
    for name in &names {
        let own = name.replace(['/', ':', '.'], "-");
        let top = TarBuilder::default().file("app/Cargo.lock", &crate_lock(&own)).end();
        let image = Image::new(&[base.clone(), top], Packing::Gzip, &json!({}));
        let (repository, tag) = name.split_once(':').expect("has a tag");
        registry.push(repository, tag, &image, &RegistryAuth::Anonymous);
        wanted.insert(format!("pkg:cargo/{own}@1.0.0"));
    }
    let between = Between::new(&registry.address, None);
    let images: Vec<&str> = names.iter().map(String::as_str).chain(["team/absent:1.0"]).collect();
    let folder = cluster(&between.address, &images);
    let target = folder.path().to_string_lossy().into_owned();
    let home = TempDir::new().expect("a folder");
    let scan = Scan::at(home.path(), &target, &["--pull"], &[]);
    assert_eq!(scan.packages(), wanted);
    assert!(scan.problems().contains("team/absent:1.0` was not scanned"), "{}", scan.problems());
    let base = digest(&Image::new(&[base], Packing::Gzip, &json!({})).layers[0]);
    let of_base = |between: &Between| between.requests().iter().filter(|head| head.contains(&base)).count();
    assert_eq!(of_base(&between), 1);
    // what was read before is not fetched again, unless that is asked for
    let again = Scan::at(home.path(), &target, &["--pull"], &[]);
    assert_eq!(again.packages(), wanted);
    assert_eq!(of_base(&between), 1);
    let third = Scan::at(home.path(), &target, &["--pull", "--no-cache"], &[]);
    assert_eq!(third.packages(), wanted);
    assert_eq!(of_base(&between), 2);
    // without the option nothing is asked
    let before = between.requests().len();
    assert!(Scan::at(home.path(), &target, &[], &[]).packages().is_empty());
    assert_eq!(between.requests().len(), before);
}

#[test]
fn proxies_of_the_environment_are_used() {
    let Some(registry) = registry(false) else { return };
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    registry.push("team/app", "1.0", &image, &RegistryAuth::Anonymous);
    let between = Between::new(&registry.address, None);
    let proxy = format!("http://{}", between.address);
    let settings = [("HTTP_PROXY", proxy.as_str()), ("http_proxy", proxy.as_str()), ("NO_PROXY", ""), ("no_proxy", "")];
    let more = ["--insecure-registry", "registry.lab.example:5000"];
    let scan = Scan::of("registry.lab.example:5000/team/app:1.0", &more, &settings);
    assert_eq!(scan.packages(), expected(), "{}", scan.errors);
    let requests = between.requests();
    assert!(requests.iter().all(|head| head.contains("http://registry.lab.example:5000/v2/")), "{requests:#?}");
}

#[test]
fn images_of_skopeo_and_umoci_are_read() {
    let Some(registry) = registry(false) else { return };
    let tools = ["/usr/bin/skopeo", "/usr/bin/umoci"];
    if tools.iter().any(|path| !Path::new(path).exists()) {
        let message = "SKIPPED: install `skopeo` and `umoci` to run this test\n";
        std::io::stderr().write_all(message.as_bytes()).expect("stderr");
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    let tree = [("fs/etc/os-release", OS_RELEASE), ("fs/lib/apk/db/installed", MUSL.as_bytes())];
    super::write_all(root, &tree.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())));
    let run = |program: &str, arguments: &[&str]| {
        #[expect(clippy::disallowed_methods, reason = "makes an image for the test, nothing audited")]
        let output = Command::new(program).args(arguments).current_dir(root).output().expect("runs");
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(tools[1], &["init", "--layout", "img"]);
    run(tools[1], &["new", "--image", "img:1"]);
    run(tools[1], &["insert", "--rootless", "--image", "img:1", "fs/etc", "/etc"]);
    run(tools[1], &["insert", "--rootless", "--image", "img:1", "fs/lib", "/lib"]);
    let pushed = format!("docker://{}/made/app:1", registry.address);
    run(tools[0], &["copy", "--dest-tls-verify=false", "oci:img:1", &pushed]);
    run(tools[0], &["copy", "oci:img:1", "oci-archive:oci.tar:app"]);
    run(tools[0], &["copy", "oci:img:1", "docker-archive:docker.tar:made/app:1"]);
    run(tools[0], &["copy", "--dest-compress-format", "zstd", "--dest-compress", "oci:img:1", "dir:plain"]);
    let targets = [pushed.as_str(), "img", "oci.tar", "docker.tar", "fs"];
    for target in targets {
        let path = root.join(target);
        let target = if path.exists() { path.to_string_lossy().into_owned() } else { target.to_owned() };
        let scan = Scan::of(&target, &[], &[]);
        assert_eq!(scan.packages(), musl(), "{target}: {}", scan.errors);
        assert_eq!(scan.problems(), "[]", "{target}");
    }
}
