//! Manifests and lock files of one project, read together.

use sovaudit::catalog::Catalog;
use sovaudit::model::{Fact, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

fn scan(files: &[(&str, &str)]) -> Inventory {
    let files =
        files.iter().map(|(path, text)| (RelPath::new(path).expect("is relative"), text.as_bytes().to_vec(), None));
    scan_files(files.collect(), &Catalog::embedded(), &Options::default())
}

fn needs(inventory: &Inventory) -> Vec<String> {
    let direct = inventory.facts.keys().filter_map(|fact| match fact {
        Fact::Relation { from, kind: RelationKind::DependsOn, to, .. } if from.as_str().starts_with("project:") => {
            Some(format!("{from} {to}"))
        }
        _ => None,
    });
    direct.collect()
}

fn said(inventory: &Inventory) -> Vec<String> {
    inventory.diagnostics.iter().map(ToString::to_string).collect()
}

const LOCK: &str = "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\n\
                    [[package]]\nname = \"torch\"\nversion = \"2.4.0\"\n";

#[test]
fn a_lock_file_answers_the_manifest_and_keeps_its_line() {
    let found = scan(&[
        ("svc/uv.lock", LOCK),
        ("svc/pyproject.toml", "[project]\nname = \"app\"\ndependencies = [\"torch>=2\"]\n"),
    ]);
    assert_eq!(needs(&found), ["project:svc pkg:pypi/torch@2.4.0"]);
    let direct = found.facts.iter().any(|(fact, evidence)| {
        matches!(fact, Fact::Attribute { key: "requirement", value, .. } if &**value == ">=2")
            && evidence.iter().any(|one| one.path().is_some_and(|path| path.name() == "pyproject.toml"))
    });
    assert!(direct, "the manifest's words stay as evidence");
    assert!(said(&found).is_empty(), "{:?}", said(&found));
}

#[test]
fn a_lock_file_above_answers_members() {
    let found = scan(&[
        ("uv.lock", LOCK),
        ("packages/one/pyproject.toml", "[project]\nname = \"one\"\ndependencies = [\"torch\"]\n"),
    ]);
    assert_eq!(needs(&found), ["project:packages/one pkg:pypi/torch@2.4.0"]);
}

#[test]
fn disagreements_are_told_and_nothing_is_hidden() {
    let found = scan(&[
        ("uv.lock", LOCK),
        ("pyproject.toml", "[project]\nname = \"app\"\ndependencies = [\"torch==2.5.0\", \"vllm\"]\n"),
    ]);
    assert_eq!(needs(&found), ["project:. pkg:pypi/torch@2.4.0", "project:. pkg:pypi/vllm"]);
    let said = said(&found);
    assert!(said.iter().any(|text| text.contains("pinned to 2.5.0") && text.contains("holds 2.4.0")), "{said:?}");
    assert!(said.iter().any(|text| text.contains("`vllm`") && text.contains("does not hold")), "{said:?}");
}

#[test]
fn a_manifest_alone_says_so() {
    let found = scan(&[("requirements.txt", "torch>=2\nvllm==0.6.0\nray\n")]);
    assert_eq!(needs(&found), ["project:. pkg:pypi/ray", "project:. pkg:pypi/torch", "project:. pkg:pypi/vllm@0.6.0"]);
    assert_eq!(
        said(&found),
        [
            "requirements.txt:1:1: unresolved: no lock file answers this manifest: 2 requirements are listed with their constraint"
        ]
    );
}

#[test]
fn each_workspace_folder_gets_the_version_that_its_lock_file_gives_it() {
    let manifests = [
        ("package.json", r#"{"name": "shop", "devDependencies": {"left": "^3.0.0"}}"#),
        ("packages/a/package.json", r#"{"name": "@shop/a", "dependencies": {"left": "^4.0.0"}}"#),
        ("packages/b/package.json", r#"{"name": "@shop/b", "dependencies": {"left": "^3.0.0", "@shop/a": "^1.0.0"}}"#),
    ];
    let wanted = [
        "project:. pkg:npm/left@3.10.1",
        "project:packages/a pkg:npm/left@4.17.21",
        "project:packages/b pkg:npm/left@3.10.1",
    ];
    // places below the folder, ranges that are locked, versions that folders state, ways through names
    let locks = [
        (
            "package-lock.json",
            r#"{"lockfileVersion": 3, "packages": {
                "": {"devDependencies": {"left": "^3.0.0"}}, "node_modules/left": {"version": "3.10.1"},
                "packages/a": {"dependencies": {"left": "^4.0.0"}}, "packages/a/node_modules/left": {"version": "4.17.21"},
                "packages/b": {"dependencies": {"left": "^3.0.0"}}}}"#,
        ),
        ("yarn.lock", "left@^3.0.0:\n  version \"3.10.1\"\n\nleft@^4.0.0, left@^4.1.0:\n  version \"4.17.21\"\n"),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    devDependencies:\n      left: {specifier: ^3.0.0, version: 3.10.1}\n  \
             packages/a:\n    dependencies:\n      left: {specifier: ^4.0.0, version: 4.17.21}\n  packages/b:\n    \
             dependencies:\n      left: {specifier: ^3.0.0, version: 3.10.1}\npackages:\n  left@3.10.1: {}\n  \
             left@4.17.21: {}\nsnapshots:\n  left@3.10.1: {}\n  left@4.17.21: {}\n",
        ),
        (
            "bun.lock",
            r#"{"workspaces": {"": {"devDependencies": {"left": "^3.0.0"}},
                "packages/a": {"name": "@shop/a", "dependencies": {"left": "^4.0.0"}},
                "packages/b": {"name": "@shop/b", "dependencies": {"left": "^3.0.0"}}},
              "packages": {"@shop/a": ["@shop/a@workspace:packages/a"], "@shop/a/left": ["left@4.17.21", "", {}],
                "left": ["left@3.10.1", "", {}],}}"#,
        ),
    ];
    for lock in locks {
        let mut files = manifests.to_vec();
        files.push(lock);
        let found = scan(&files);
        assert_eq!(needs(&found), wanted, "{}", lock.0);
        // what the tree makes itself is no package of others, and nothing is open
        assert!(said(&found).is_empty(), "{}: {:?}", lock.0, said(&found));
        let open = found
            .facts
            .keys()
            .any(|fact| matches!(fact, Fact::Attribute { key: "resolution", value, .. } if &**value == "unlocked"));
        assert!(!open, "{}", lock.0);
    }
}

#[test]
fn what_may_be_absent_is_no_disagreement() {
    let found = scan(&[
        ("yarn.lock", "left@^3.0.0:\n  version \"3.10.1\"\n"),
        (
            "package.json",
            r#"{"dependencies": {"left": "^3.0.0"}, "peerDependencies": {"view": "*", "host": "1"},
               "peerDependenciesMeta": {"view": {"optional": true}}}"#,
        ),
    ]);
    let said = said(&found);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("`host` is asked for here and `yarn.lock` does not hold it"), "{said:?}");
}
