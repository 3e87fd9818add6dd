//! Imports that are killed at any moment leave a whole store.

use std::process::{Command, Stdio};
use std::time::Duration;

use sovaudit::lists::store::{NoIndex, Store};

use super::Site;

#[test]
#[expect(clippy::disallowed_methods, reason = "only a process can be killed")]
fn a_killed_import_leaves_the_former_store_or_the_new_one() {
    let site = Site::new();
    let files = [site.list("a.jsonl", "OWN-A", "2026-11-02", 1500), site.list("b.jsonl", "OWN-A", "2026-11-02", 1501)];
    let other = site.list("c.jsonl", "OWN-C", "2026-11-02", 1000);
    assert_eq!(site.rules(&["import", &files[0], &other]).0, 0);
    let store = Store::of(&site.data());
    let binary = assert_cmd::cargo::cargo_bin("sovaudit");
    let started = std::time::Instant::now();
    let import = |file: &str| {
        Command::new(&binary)
            .args(["rules", "import", file, "--data-dir"])
            .arg(site.data())
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts")
    };
    assert!(import(&files[1]).wait().expect("ends").success());
    let mut whole = started.elapsed();
    let (mut killed, mut new) = (0, 0);
    let mut generation = 2;
    for round in 0..24_u32 {
        let mut child = import(&files[round as usize % 2]);
        // spread over the whole run and a little beyond
        std::thread::sleep(whole * (8 + round * 11 % 24) / 29 + Duration::from_micros(u64::from(round) * 131));
        child.kill().expect("is ours");
        if child.wait().expect("ends").success() {
            // the machine was busy when the whole run was timed
            whole = whole * 9 / 10;
        } else {
            killed += 1;
        }
        let opened = store.open(&NoIndex).expect("the store is whole").expect("there is a store");
        assert_eq!(opened.notes(), &[] as &[String], "round {round}");
        let now = opened.manifest().generation;
        assert!(now == generation || now == generation + 1, "round {round}: {generation} {now}");
        new += usize::from(now > generation);
        generation = now;
        let count = opened.parties().all().expect("every party is whole").len();
        assert!(count == 2500 || count == 2501, "round {round}: {count}");
        for source in opened.manifest().sources.values() {
            store.check(source).expect("the archives of the sources are whole");
        }
    }
    // a busy machine may kill every one of them before its end
    assert!(killed > 5, "{killed} killed, {new} new: the moments are badly chosen");
    assert_eq!(site.rules(&["import", &files[0]]).0, 0);
    let left = std::fs::read_dir(store.folder()).expect("there is a store").count();
    assert_eq!(left, 5, "current, lock, two sources, all parties");
}
