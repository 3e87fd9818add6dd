//! Copies of databases that SQL sets up: who takes whose changes, and that no password is ever shown.

use std::fs;

use sovaudit::catalog::Catalog;
use sovaudit::model::{ComponentId, Inventory};
use sovaudit::scan::{Options, scan_directory};

fn scan(files: &[(&str, &str)]) -> Inventory {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder")).expect("creates");
        fs::write(path, text).expect("writes");
    }
    scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("the folder can be opened")
}

fn copies(found: &Inventory) -> Vec<(String, String)> {
    let rows = found.relations().filter(|(_, row)| row.kind.as_str() == "replicates-to");
    let mut all: Vec<(String, String)> = rows.map(|(from, row)| (from.to_string(), row.to.to_string())).collect();
    all.sort();
    all
}

const SUBSCRIBER: &str = "\\connect \"host=orders-copy.example.eu dbname=orders\"\nCREATE SUBSCRIPTION s CONNECTION \
                          'host=orders.c9akciq32.eu-west-1.rds.amazonaws.com user=u password=s3cret-word' PUBLICATION p;\n";

/// The host of a connection is the declared database of that name: it has a second leg, and nothing asks for one.
#[test]
fn a_subscription_is_a_copy_of_the_declared_database() {
    let declared = "resource \"aws_db_instance\" \"orders\" {\n  identifier = \"orders\"\n  engine = \"postgres\"\n}\n\
                    resource \"aws_db_instance\" \"other\" {\n  identifier = \"other\"\n  engine = \"postgres\"\n}\n";
    let found = scan(&[("main.tf", declared), ("db/copy.sql", SUBSCRIBER)]);
    let is = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(
        copies(&found),
        [
            is("host:orders.c9akciq32.eu-west-1.rds.amazonaws.com", "host:orders-copy.example.eu"),
            is("resource:aws_db_instance.orders", "host:orders-copy.example.eu"),
        ]
    );
}

/// Short names are workloads of the network, names of publications mean who offers them.
#[test]
fn names_that_only_the_network_knows() {
    let compose = "services:\n  primary:\n    image: postgres:17\n";
    let one = "CREATE SUBSCRIPTION s CONNECTION 'host=primary dbname=x' PUBLICATION p;";
    let found = scan(&[("compose.yaml", compose), ("copy.sql", one)]);
    let all = copies(&found);
    assert!(all.iter().any(|(from, to)| from.starts_with("workload:") && to == "database:copy.sql"), "{all:?}");
    let offered = "CREATE PUBLICATION p FOR ALL TABLES;";
    let taken = "CREATE SUBSCRIPTION s CONNECTION :'where' PUBLICATION p;";
    let found = scan(&[("a.sql", offered), ("b.sql", taken)]);
    assert_eq!(copies(&found), [("database:a.sql".to_owned(), "database:b.sql".to_owned())]);
    let found = scan(&[("a.sql", offered), ("c.sql", offered), ("b.sql", taken)]);
    assert!(copies(&found).is_empty(), "two offer it");
    assert!(found.diagnostics.iter().any(|problem| problem.kind.as_str() == "unresolved"));
}

/// The database that runs a file first is the workload that mounts it, or whose image is built with it.
#[test]
fn files_are_run_by_workloads() {
    let compose = "services:\n  primary:\n    build: ./primary\n  copy:\n    image: postgres:17\n    volumes:\n      - \
                   ./copy.sql:/docker-entrypoint-initdb.d/10.sql:ro\n      - data:/var/lib/postgresql/data\n";
    let build = "FROM postgres:17\nCOPY --chown=0 scripts/ /docker-entrypoint-initdb.d/\n";
    let taken = "CREATE SUBSCRIPTION s CONNECTION :'where' PUBLICATION p;";
    let found = scan(&[
        ("db/compose.yaml", compose),
        ("db/primary/Dockerfile", build),
        ("db/primary/scripts/offer.sql", "CREATE PUBLICATION p FOR ALL TABLES;"),
        ("db/copy.sql", taken),
        // one of the same name elsewhere
        ("other/compose.yaml", "services:\n  primary:\n    image: postgres:17\n"),
    ]);
    let all = copies(&found);
    let one = ("workload:db/compose/default/primary".to_owned(), "workload:db/compose/default/copy".to_owned());
    assert!(all.contains(&one), "{all:?}");
    let named = taken.replace(":'where'", "'host=primary dbname=x'");
    let found = scan(&[
        ("db/compose.yaml", compose),
        ("db/copy.sql", &named),
        ("other/compose.yaml", "services:\n  primary:\n    image: postgres:17\n"),
    ]);
    assert!(copies(&found).contains(&one));
    assert!(found.diagnostics.iter().all(|problem| &*problem.scanner != "sql-replication"), "both are known");
}

/// Nothing that is printed holds a password of a connection.
#[test]
fn passwords_are_never_shown() {
    let root = crate::cli::root();
    let cases = root.join("fixtures/scanners/sql-replication");
    for format in ["table", "json", "sarif", "markdown", "cyclonedx", "spdx", "spdx-tag-value"] {
        let run = assert_cmd::Command::cargo_bin("sovaudit")
            .expect("is built")
            .args(["scan", "--format", format])
            .arg(&cases)
            .output()
            .expect("runs");
        let all = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(!all.contains("s3cret"), "{format} shows one");
        assert!(run.stdout.len() > 100, "{format}: {all}");
    }
    let found = scan(&[("copy.sql", SUBSCRIBER)]);
    assert!(found.known(&ComponentId::host("orders-copy.example.eu")).is_some());
    assert!(!format!("{found:?}").contains("s3cret"));
}

/// Dumps, open quotes and text that is none are read within bounds.
#[test]
fn hostile_sql_is_bounded() {
    let mut state = 7_u64;
    let random: String = (0..200_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(32 + (state >> 57) as u8 % 94)
        })
        .collect();
    let many = "CREATE SUBSCRIPTION s CONNECTION 'host=a.example.com' PUBLICATION p;\n".repeat(6_000);
    let brackets = format!("SELECT pglogical.create_subscription{}", "(".repeat(100_000));
    let cases = [
        ("random.sql", format!("CREATE PUBLICATION p;\n{random}")),
        ("many.sql", many),
        ("brackets.sql", brackets),
        ("open.sql", "CREATE SUBSCRIPTION s CONNECTION 'host=".to_owned() + &"a,".repeat(100_000)),
        ("dollars.sql", "CREATE PUBLICATION p;".to_owned() + &"$a$".repeat(100_001)),
        ("comments.sql", "CREATE PUBLICATION p;".to_owned() + &"/*".repeat(100_000)),
    ];
    let files: Vec<(&str, &str)> = cases.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let found = scan(&files);
    assert!(found.diagnostics.iter().all(|problem| problem.kind.as_str() != "internal"));
    assert!(found.diagnostics.iter().any(|problem| problem.kind.as_str() == "limit-reached"));
}
