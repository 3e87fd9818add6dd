//! A live cluster: a server on loopback that answers as the Kubernetes API does, asked by the shipped program.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use assert_cmd::Command;
use serde_json::{Value, json};

/// What was asked, in order: method and path with query.
type Asked = Arc<Mutex<Vec<String>>>;

/// A server that answers by path; gives its address and what it was asked.
fn serve(answer: fn(&str, bool) -> (u16, Value)) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("has an address").to_string();
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || converse(stream, answer, &log));
        }
    });
    (address, asked)
}

fn converse(mut stream: TcpStream, answer: fn(&str, bool) -> (u16, Value), log: &Asked) {
    let mut reader = BufReader::new(stream.try_clone().expect("clones"));
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            lines.push(line);
        }
        let (method, path) = lines[0].split_once(' ').expect("a request line");
        let path = path.split(' ').next().expect("a path");
        log.lock().expect("no panic").push(format!("{method} {path}"));
        let aggregated = lines.iter().any(|line| line.to_ascii_lowercase().contains("apidiscovery.k8s.io"));
        let (status, body) = answer(path, aggregated);
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

/// A cluster as of before aggregated discovery: it answers the question with the older form.
fn cluster(path: &str, _: bool) -> (u16, Value) {
    let resource = |name: &str, kind: &str, namespaced: bool| json!({"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"]});
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path {
        "/api" => (200, json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        "/apis" => (
            200,
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [{
                "name": "apps",
                "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
                "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
            }]}),
        ),
        "/api/v1" => (
            200,
            json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                resource("nodes", "Node", false), resource("pods", "Pod", true),
                resource("secrets", "Secret", true), resource("configmaps", "ConfigMap", true),
            ]}),
        ),
        "/apis/apps/v1" => (
            200,
            json!({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [resource("deployments", "Deployment", true)]}),
        ),
        "/api/v1/nodes" => (
            200,
            json!({"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": [{
                "metadata": {"name": "n1", "managedFields": [{"manager": "x"}], "labels": {
                    "node.kubernetes.io/instance-type": "p4d.24xlarge",
                    "topology.kubernetes.io/region": "eu-central-1"}},
                "spec": {"providerID": "aws:///eu-central-1a/i-0"},
                "status": {"capacity": {"nvidia.com/gpu": "8"}},
            }]}),
        ),
        "/apis/apps/v1/deployments" => {
            let name = if query.contains("continue=next") { "second" } else { "first" };
            let next = if name == "first" { json!({"continue": "next"}) } else { json!({}) };
            let container = json!({"name": "app", "image": format!("registry.example/{name}:1")});
            let item = json!({
                "metadata": {"name": name, "namespace": "prod"},
                "spec": {"selector": {"matchLabels": {"app": name}},
                         "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}},
            });
            (200, json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": next, "items": [item]}))
        }
        "/api/v1/configmaps" => (
            403,
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Forbidden",
                "message": "configmaps is forbidden: user may not list", "code": 403}),
        ),
        _ => (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []})),
    }
}

/// A kubeconfig whose context `lab` means the server, and `cloud` one that signs in by a program.
fn kubeconfig(folder: &std::path::Path, address: &str) -> String {
    let path = folder.join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: lab\nclusters:\n- name: lab\n  cluster: {{server: \"http://{address}\"}}\n\
         users:\n- name: plain\n  user: {{token: abc}}\n- name: program\n  user:\n    exec: {{apiVersion: client.authentication.k8s.io/v1, \
         command: some-cloud-login}}\ncontexts:\n- name: lab\n  context: {{cluster: lab, user: plain}}\n- name: cloud\n  \
         context: {{cluster: lab, user: program}}\n"
    );
    fs::write(&path, text).expect("writes");
    path.display().to_string()
}

fn scan(config: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("sovaudit").expect("is built");
    command.env("KUBECONFIG", config).args(["scan", "--format", "json"]).args(arguments);
    let out = command.output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

#[test]
fn a_live_cluster_is_listed_and_read_as_its_dump_would_be() {
    let folder = tempfile::tempdir().expect("makes");
    let (address, asked) = serve(cluster);
    let config = kubeconfig(folder.path(), &address);
    for context in ["k8s:lab", "k8s:"] {
        let (code, out, error) = scan(&config, &["--online", context]);
        assert_eq!(code, 0, "{error}");
        for wanted in ["registry.example/first:1", "registry.example/second:1", "p4d.24xlarge", "k8s/lab.json"] {
            assert!(out.contains(wanted), "{wanted}: {out}");
        }
        assert!(out.contains("`configmaps` cannot be listed"), "what was refused is told: {out}");
    }
    let asked = asked.lock().expect("no panic");
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
    assert!(!asked.iter().any(|line| line.contains("secrets")), "{asked:?}");
}

#[test]
fn nobody_is_asked_and_nothing_started_unless_that_was_allowed() {
    let folder = tempfile::tempdir().expect("makes");
    let (address, asked) = serve(cluster);
    let config = kubeconfig(folder.path(), &address);
    let cases: [(&[&str], &str); 4] = [
        (&["k8s:lab"], "add --online"),
        (&["--online", "k8s:cloud"], "some-cloud-login"),
        (&["--online", "k8s:nowhere"], "it has lab, cloud"),
        (&["--online", "."], "is for k8s:CONTEXT"),
    ];
    for (arguments, wanted) in cases {
        let (code, _, error) = scan(&config, arguments);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
    assert!(asked.lock().expect("no panic").is_empty());
}

#[test]
fn a_cluster_that_does_not_answer_is_an_error() {
    let folder = tempfile::tempdir().expect("makes");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("has one").to_string();
    let (code, _, error) = scan(&kubeconfig(folder.path(), &closed), &["--online", "k8s:lab"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("does not tell what it has"), "{error}");
}
