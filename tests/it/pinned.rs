//! Exact versions that manifests and commands state themselves, and what lock files make of them.

use sovaudit::catalog::Catalog;
use sovaudit::model::{FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_directory};

use crate::fetched_from::fetched;
use crate::judging::tree;

fn scan(files: &[(&str, &str)]) -> Inventory {
    scan_directory(tree(files).path(), &Catalog::embedded(), &Options::default()).expect("scans")
}

/// Packages with the values of an attribute: `gem/rails@7.0.0 pinned`.
fn stated(inventory: &Inventory, wanted: &str) -> Vec<String> {
    let rows = inventory.facts().filter_map(|(fact, _)| match fact {
        FactRef::Attribute { of, key, value } if key == wanted && of.as_str().starts_with("pkg:") => {
            let id = of.as_str().trim_start_matches("pkg:");
            Some(format!("{} {value}", id.split('?').next().unwrap_or(id)))
        }
        _ => None,
    });
    rows.collect()
}

fn resolved(files: &[(&str, &str)]) -> Vec<String> {
    stated(&scan(files), "resolution")
}

fn said(inventory: &Inventory) -> Vec<String> {
    inventory.diagnostics.iter().map(|one| one.message.clone()).collect()
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The text with a commit in the place of its mark.
fn at(text: &str) -> String {
    text.replace("COMMIT", COMMIT)
}

#[test]
fn exact_versions_of_manifests_are_pinned() {
    for (path, text, expected) in [
        (
            "Gemfile",
            "source 'https://rubygems.org'\ngem 'a', '7.0.0'\ngem 'b', '= 6.4'\ngem 'c', '~> 2.2'\ngem 'd', '>= 1', '= 1.2'\n\
             gem 'e', '1.0.0', git: ENV['E']\n",
            &["gem/a@7.0.0 pinned", "gem/b@6.4 pinned", "gem/c unlocked", "gem/d@1.2 pinned", "gem/e unlocked"][..],
        ),
        (
            "x.gemspec",
            "Gem::Specification.new do |s|\n  s.add_dependency 'a', '= 1.2'\n  s.add_dependency 'b', '>= 1'\nend\n",
            &["gem/a@1.2 pinned", "gem/b unlocked"],
        ),
        ("Podfile", "pod 'A', '1.2.3'\npod 'B', '~> 1.2'\n", &["cocoapods/A@1.2.3 pinned", "cocoapods/B unlocked"]),
        (
            "mix.exs",
            "defp deps do\n[{:a, \"1.7.10\"}, {:b, \"== 3.1.0\"}, {:c, \"~> 1.4\"}, {:d, \"1.7\"}]\nend\n",
            &["hex/a@1.7.10 pinned", "hex/b@3.1.0 pinned", "hex/c unlocked", "hex/d unlocked"],
        ),
        (
            "Package.swift",
            "let package = Package(dependencies: [\n.package(url: \"https://github.com/o/a\", exact: \"2.1.0\"),\n\
             .package(url: \"https://github.com/o/b\", .exact(\"1.2.3\")),\n.package(url: \"https://github.com/o/c\", from: \
             \"1.0.0\"),\n.package(url: \"https://github.com/o/d\", .upToNextMajor(from: \"1.0.0\"))])\n",
            &[
                "swift/github.com/o/a@2.1.0 pinned",
                "swift/github.com/o/b@1.2.3 pinned",
                "swift/github.com/o/c unlocked",
                "swift/github.com/o/d unlocked",
            ],
        ),
        (
            "x.cabal",
            "name: x\nlibrary\n  build-depends: a ==4.18.*, b ==2.1.0.0, c == 2.0 || == 2.1, d == 1.0\n",
            &["hackage/a unlocked", "hackage/b@2.1.0.0 pinned", "hackage/c unlocked", "hackage/d@1.0 pinned"],
        ),
        (
            "composer.json",
            r#"{"require": {"o/a": "1.2.3", "o/b": "v1.2.3", "o/c": "=1.2.3", "o/d": "^1", "o/e": "1.2.*", "o/f": "dev-main"}}"#,
            &[
                "composer/o/a@1.2.3 pinned",
                "composer/o/b@v1.2.3 pinned",
                "composer/o/c@1.2.3 pinned",
                "composer/o/d unlocked",
                "composer/o/e unlocked",
                "composer/o/f unlocked",
            ],
        ),
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\n[dependencies]\na = \"=1.2.3\"\nb = \"=1.2\"\nc = \"1.2.3\"\n",
            &["cargo/a@1.2.3 pinned", "cargo/b unlocked", "cargo/c unlocked"],
        ),
        ("pubspec.yaml", "name: x\ndependencies: {a: 1.2.3, b: ^1.2.3}\n", &["pub/a@1.2.3 pinned", "pub/b unlocked"]),
        (
            "Project.toml",
            "[deps]\nA = \"7876af07-990d-54b4-ab0e-23690620f79a\"\nB = \"7876af07-990d-54b4-ab0e-23690620f79b\"\n[compat]\n\
             A = \"=1.2.3\"\nB = \"1.2.3\"\n",
            &["julia/A@1.2.3 pinned", "julia/B unlocked"],
        ),
        (
            "environment.yml",
            "dependencies: [a=1.26.4=py310_0, b==1.11.0, c=2.0]\n",
            &["conda/a@1.26.4 pinned", "conda/b@1.11.0 pinned", "conda/c unlocked"],
        ),
        ("conanfile.txt", "[requires]\na/1.2.13\nb/[>=10]\n", &["conan/a@1.2.13 pinned", "conan/b unlocked"]),
    ] {
        assert_eq!(resolved(&[(path, text)]), expected, "{path}");
    }
}

#[test]
fn commits_and_tags_of_numbers_are_pinned_and_branches_are_not() {
    for (path, text, expected) in [
        (
            "Gemfile",
            "gem 'a', git: 'https://h.example/a.git', ref: 'COMMIT'\ngem 'b', github: 'o/b', tag: 'v1.2.3'\ngem 'c', github: \
             'o/c', branch: '1.2'\ngem 'd', github: 'o/d'\ngit 'https://h.example/e.git', ref: 'COMMIT' do\n  gem 'e', '1.0'\nend\n",
            &["gem/a pinned", "gem/b pinned", "gem/c unlocked", "gem/d unlocked", "gem/e pinned"][..],
        ),
        (
            "Podfile",
            "pod 'A', :git => 'https://h.example/a.git', :commit => 'COMMIT'\npod 'B', :git => 'https://h.example/b.git', \
             :branch => 'main'\n",
            &["cocoapods/A pinned", "cocoapods/B unlocked"],
        ),
        (
            "mix.exs",
            "defp deps do\n[{:a, github: \"o/a\", ref: \"COMMIT\"}, {:b, git: \"https://h.example/b.git\", branch: \"1.2\"}]\nend\n",
            &["hex/a pinned", "hex/b unlocked"],
        ),
        (
            "Package.swift",
            "let package = Package(dependencies: [\n.package(url: \"https://github.com/o/a\", revision: \"COMMIT\"),\n\
             .package(url: \"https://github.com/o/b\", .revision(\"COMMIT\")),\n.package(url: \"https://github.com/o/c\", \
             .branch(\"main\"))])\n",
            &["swift/github.com/o/a pinned", "swift/github.com/o/b pinned", "swift/github.com/o/c unlocked"],
        ),
        (
            "composer.json",
            r#"{"require": {"o/a": "dev-main#COMMIT", "o/b": "dev-main", "o/c": "dev-main#COMMIT as 1.0"}}"#,
            &["composer/o/a pinned", "composer/o/b unlocked", "composer/o/c pinned"],
        ),
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\n[dependencies]\na = { git = \"https://h.example/a\", rev = \"COMMIT\", version = \"=1.0.0\" }\n\
             b = { git = \"https://h.example/b\", branch = \"1.2\" }\nc = { git = \"https://h.example/c\", tag = \"v1.2.0\" }\n",
            &["cargo/a pinned", "cargo/b unlocked", "cargo/c pinned"],
        ),
        (
            "pubspec.yaml",
            "name: x\ndependencies:\n  a: {git: {url: \"https://h.example/a.git\", ref: COMMIT}}\n  b: {git: {url: \
             \"https://h.example/b.git\", ref: main}}\n",
            &["pub/a pinned", "pub/b unlocked"],
        ),
        (
            "Project.toml",
            "[deps]\nA = \"7876af07-990d-54b4-ab0e-23690620f79a\"\n[sources]\nA = {url = \"https://h.example/A.jl\", rev = \"COMMIT\"}\n",
            &["julia/A pinned"],
        ),
        (
            "pyproject.toml",
            "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\na = {git = \"https://h.example/a.git\", branch = \"1.2\"}\nb = {git \
             = \"https://h.example/b.git\", rev = \"COMMIT\"}\n",
            &["pypi/a unlocked", "pypi/b pinned"],
        ),
    ] {
        assert_eq!(resolved(&[(path, &at(text))]), expected, "{path}");
    }
}

#[test]
fn lock_files_answer_what_is_pinned() {
    let gemfile = ("Gemfile", "source 'https://rubygems.org'\ngem 'a', '7.0'\ngem 'b', '1.0'\n");
    let lock = "GEM\n  remote: https://rubygems.org/\n  specs:\n    a (7.0.0)\n    b (1.0)\n\nDEPENDENCIES\n  a (= 7.0)\n  b (= 1.0)\n";
    let found = scan(&[gemfile, ("Gemfile.lock", lock)]);
    assert_eq!(stated(&found, "resolution"), ["gem/a@7.0.0 locked", "gem/b@1.0 locked"]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));

    let stale = scan(&[("Gemfile", "gem 'a', '7.1'\n"), ("Gemfile.lock", lock)]);
    assert!(said(&stale).iter().any(|text| text.contains("pinned to 7.1 here and `Gemfile.lock` holds 7.0.0")));
    assert!(stated(&stale, "resolution").iter().all(|text| text.ends_with("locked")), "{:?}", said(&stale));

    let composer = ("composer.json", r#"{"require": {"o/a": "1.2.0", "o/b": "2.0"}}"#);
    let lock = r#"{"packages": [{"name": "o/a", "version": "v1.2.0"}, {"name": "o/b", "version": "2.0.0"}]}"#;
    let found = scan(&[composer, ("composer.lock", lock)]);
    assert_eq!(stated(&found, "resolution"), ["composer/o/a@v1.2.0 locked", "composer/o/b@2.0.0 locked"]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));

    let mix = ("mix.exs", "defp deps do\n[{:a, \"1.7.10\"}]\nend\n");
    let lock = ("mix.lock", "%{\n  \"a\": {:hex, :a, \"1.7.10\", \"00\", [:mix], [], \"hexpm\", \"00\"},\n}\n");
    assert_eq!(resolved(&[mix, lock]), ["hex/a@1.7.10 locked"]);

    let cargo = ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\n[dependencies]\na = \"=1.2.3\"\n");
    let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nsource = \
                \"registry+https://github.com/rust-lang/crates.io-index\"\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n\
                dependencies = [\"a\"]\n";
    assert_eq!(resolved(&[cargo, ("Cargo.lock", lock)]), ["cargo/a@1.2.3 locked"]);

    // a lock file of Stack answers for what it holds beside its snapshot
    let lock = "packages:\n- completed: {hackage: \"a-1.0@sha256:00,1\"}\nsnapshots:\n- completed: {url: \
                \"https://h.example/lts.yaml\"}\n  original: lts-21.25\n";
    let stack = ("stack.yaml", "resolver: lts-21.25\nextra-deps: [a-1.0]\n");
    let manifest = ("x.cabal", "name: x\nlibrary\n  build-depends: a, base\n");
    let found = scan(&[stack, ("stack.yaml.lock", lock), manifest]);
    assert_eq!(stated(&found, "resolution"), ["hackage/a@1.0 locked", "hackage/base unlocked"]);
    assert!(said(&found).iter().all(|text| !text.contains("does not hold")), "{:?}", said(&found));

    let freeze = ("cabal.project.freeze", "constraints: any.a ==1.0\n");
    assert_eq!(
        resolved(&[("x.cabal", "name: x\nlibrary\n  build-depends: a ==1.0\n"), freeze]),
        ["hackage/a@1.0 locked"]
    );
    // one that only fixes the day of the index holds no package, and answers for none
    let day = ("cabal.project.freeze", "index-state: hackage.haskell.org 2026-01-01T00:00:00Z\n");
    let found = scan(&[("x.cabal", "name: x\nlibrary\n  build-depends: a\n"), day]);
    assert_eq!(stated(&found, "resolution"), ["hackage/a unlocked"]);
    assert!(said(&found).iter().all(|text| !text.contains("does not hold")), "{:?}", said(&found));
}

#[test]
fn versions_of_commands_are_taken_whole() {
    let text =
        at("FROM scratch\nRUN pip install a1==1 b==2.0\nRUN gem install c -v 7.0\nRUN composer require o/d:v1.2.3\n\
                   RUN cargo install --git https://github.com/o/e --rev COMMIT\n\
                   RUN cargo install --git=https://github.com/o/f --branch main f-cli\n\
                   RUN cargo install --locked --git https://h.example/g.git --tag v1.2.3 g\n\
                   RUN cargo install --git https://github.com/o/h --branch 1.2\nRUN cargo install --path ./x\n");
    let found = scan(&[("Dockerfile", &text)]);
    let commit = format!("github/o/e@{COMMIT} pinned");
    assert_eq!(
        stated(&found, "resolution"),
        [
            "cargo/f-cli unlocked",
            "cargo/g pinned",
            "composer/o/d@v1.2.3 pinned",
            "gem/c@7.0 pinned",
            &*commit,
            "github/o/h unlocked",
            "pypi/a1@1 pinned",
            "pypi/b@2.0 pinned"
        ]
    );
    let revisions = stated(&found, "revision");
    for wanted in ["cargo/f-cli main", "cargo/g v1.2.3", "github/o/h 1.2"] {
        assert!(revisions.iter().any(|is| is == wanted), "{wanted} {revisions:?}");
    }
}

#[test]
fn what_tools_are_told_holds_for_commands_behind() {
    let commands = "pip config set global.extra-index-url https://extra.example/simple\npip install a==1.0\n\
                    pip config unset global.extra-index-url\npip config set global.index-url https://index.example/simple\n\
                    pip install b==1.0\npip config set global.no-index true\n\
                    pip config set global.find-links https://links.example\npip install c==1.0\n\
                    npm config set registry https://npm.example\nnpm install d@1.0.0\n\
                    go env -w GOPROXY=https://go.example\ngo install example.org/m/e@v1.0.0\n";
    let expected = [
        "a@1.0 extra.example",
        "a@1.0 pypi.org",
        "b@1.0 index.example",
        "c@1.0 links.example",
        "d@1.0.0 npm.example",
        "e@v1.0.0 go.example",
    ];
    let runs: String = commands.lines().map(|line| format!("RUN {line}\n")).collect();
    let of_dockerfile = fetched(&[("Dockerfile", &format!("FROM scratch\n{runs}"))]);
    assert_eq!(
        of_dockerfile.iter().filter(|line| !line.contains("docker.io")).collect::<Vec<_>>(),
        expected.each_ref()
    );
    assert_eq!(fetched(&[("install.sh", &format!("#!/bin/sh\n{commands}"))]), expected);
    let steps: String = commands.lines().map(|line| format!("      - run: {line}\n")).collect();
    let job = |name: &str, steps: &str| format!("  {name}:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    // another job has another machine
    let workflow =
        format!("on: push\njobs:\n{}{}", job("one", &steps), job("two", "      - run: pip install z==1.0\n"));
    let mut all = expected.to_vec();
    all.push("z@1.0 pypi.org");
    assert_eq!(fetched(&[(".github/workflows/ci.yml", &workflow)]), all);
    let steps: String = commands.lines().map(|line| format!("    - {line}\n")).collect();
    assert_eq!(fetched(&[(".gitlab-ci.yml", &format!("one:\n  script:\n{steps}"))]), expected);
}

#[test]
fn no_index_of_the_environment_leaves_pages_of_files() {
    let wanted = ["a@1.0 links.example"];
    let install = "pip install --find-links https://links.example a==1.0";
    let script = format!("#!/bin/sh\nexport PIP_NO_INDEX=1\n{install}\n");
    assert_eq!(fetched(&[("install.sh", &script)]), wanted);
    let workflow = format!(
        "on: push\nenv: {{PIP_NO_INDEX: \"true\"}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {install}\n"
    );
    assert_eq!(fetched(&[(".github/workflows/ci.yml", &workflow)]), wanted);
    let off = format!("#!/bin/sh\nexport PIP_NO_INDEX=0\n{install}\n");
    assert_eq!(fetched(&[("install.sh", &off)]), ["a@1.0 links.example", "a@1.0 pypi.org"]);
}

#[test]
fn what_is_overridden_in_dart_keeps_its_scope() {
    let manifest = "name: x\ndependencies: {a: ^1.0.0}\ndev_dependencies: {b: ^1.0.0, c: ^1.0.0}\n\
                    dependency_overrides: {a: 1.0.0, b: 1.0.0, d: 1.0.0}\n";
    let lock = "packages:\n  b: {dependency: \"direct overridden\", source: hosted, version: \"1.0.0\", description: {name: b, url: \
                \"https://pub.dev\"}}\n";
    let expected = ["pub/a@1.0.0 runtime", "pub/b@1.0.0 dev", "pub/c dev", "pub/d@1.0.0 runtime"];
    assert_eq!(stated(&scan(&[("pubspec.yaml", manifest)]), "scope"), expected);
    assert_eq!(stated(&scan(&[("pubspec.yaml", manifest), ("pubspec.lock", lock)]), "scope"), expected);
    // the file of overrides takes the place of those of the manifest
    let found = scan(&[("pubspec.yaml", manifest), ("pubspec_overrides.yaml", "dependency_overrides: {c: 2.0.0}\n")]);
    assert_eq!(stated(&found, "scope"), ["pub/a runtime", "pub/b dev", "pub/c@2.0.0 dev"]);
}

#[test]
fn folders_of_dart_workspaces_that_are_missing_are_told() {
    let found = scan(&[
        ("pubspec.yaml", "name: x\nworkspace: [one, gone, \"more/*\"]\n"),
        ("one/pubspec.yaml", "name: one\nresolution: workspace\ndependencies: {two: any}\n"),
        ("more/two/pubspec.yaml", "name: two\nresolution: workspace\n"),
    ]);
    assert_eq!(said(&found), ["the folder `gone` holds no manifest in this tree"]);
    let uses = |(from, row): (&sovaudit::model::ComponentId, &sovaudit::model::Relation)| {
        (row.kind == RelationKind::DependsOn).then(|| format!("{from} {}", row.to))
    };
    assert_eq!(found.relations().filter_map(uses).collect::<Vec<_>>(), ["project:one project:more/two"]);
}

#[test]
fn haskell_takes_packages_from_folders_repositories_and_archives() {
    let cabal = |name: &str, asks: &str| format!("name: {name}\nlibrary\n  build-depends: {asks}\n");
    let stack = at("snapshot: lts-22.0\npackages: [app, gone]\nextra-deps:\n- ./vendored\n- ../outside\n- git: \
                    https://h.example/o/g.git\n  commit: COMMIT\n- archive: https://h.example/dl/z-1.0.tar.gz\n  sha256: \"00\"\n\
                    - url: https://h.example/dl/y-1.0.zip\n");
    let found = scan(&[
        ("stack.yaml", &stack),
        ("app/app.cabal", &cabal("app", "vendored, other")),
        ("vendored/vendored.cabal", &cabal("vendored", "deep")),
    ]);
    let commit = format!("generic/g@{COMMIT} pinned");
    assert_eq!(
        stated(&found, "resolution"),
        [
            &*commit,
            "generic/y-1.0.zip unlocked",
            "generic/z-1.0.tar.gz pinned",
            "hackage/deep unlocked",
            "hackage/other unlocked"
        ]
    );
    let said = said(&found);
    for folder in ["gone", "../outside"] {
        assert!(said.contains(&format!("the folder `{folder}` holds no manifest in this tree")), "{said:?}");
    }
    let project = at(
        "packages: .\n\nsource-repository-package\n  type: git\n  location: https://github.com/o/a.git\n  tag: COMMIT\n  \
                      subdir: one\n          two\n\nsource-repository-package\n    type: git\n    location: \
                      https://h.example/o/b.git\n    branch: main\nconstraints: x ==1.0\n\nsource-repository-package\n  type: git\n",
    );
    let found = scan(&[("cabal.project", &project), ("x.cabal", &cabal("x", "x"))]);
    let commit = format!("github/o/a@{COMMIT} pinned");
    assert_eq!(stated(&found, "resolution"), ["generic/b unlocked", &*commit]);
    assert!(said_of(&found, "a repository without `location`"));
}

#[test]
fn packages_of_hpack_are_read_unless_a_cabal_file_was_made_of_them() {
    let manifest = "name: app\ndependencies:\n- lib\n- name: gone\n  path: ../gone\ntests:\n  spec:\n    dependencies: {hspec: \
                    \"== 2.10\"}\n";
    let stack = ("stack.yaml", "snapshot: lts-22.0\npackages: [app, lib]\n");
    let lib = ("lib/package.yaml", "library:\n  dependencies: [text]\n");
    let found = scan(&[stack, ("app/package.yaml", manifest), lib]);
    assert_eq!(stated(&found, "scope"), ["hackage/hspec@2.10 test", "hackage/text runtime"]);
    assert!(said_of(&found, "the folder `../gone` holds no manifest in this tree"), "{:?}", said(&found));
    let uses = |fact: FactRef<'_>| matches!(fact, FactRef::Relation { from, to, .. } if from.as_str() == "project:app" && to.as_str() == "project:lib");
    assert!(found.facts().any(|(fact, _)| uses(fact)));
    let cabal = ("app/app.cabal", "name: app\nlibrary\n  build-depends: base\n");
    assert_eq!(resolved(&[("app/package.yaml", manifest), cabal]), ["hackage/base unlocked"]);
    let other = "apiVersion: data.packaging.carvel.dev/v1alpha1\nkind: Package\ndependencies: [x]\n";
    assert!(resolved(&[("package.yaml", other)]).is_empty());
}

fn said_of(inventory: &Inventory, text: &str) -> bool {
    said(inventory).iter().any(|one| one == text)
}

#[test]
fn composer_installs_nothing_for_what_the_root_replaces_or_provides() {
    let manifest = r#"{"name": "o/app", "replace": {"o/polyfill": "*"}, "provide": {"o/log-implementation": "1.0"},
                       "require": {"o/polyfill": "^1", "o/log-implementation": "^1", "o/a": "^1"}}"#;
    assert_eq!(resolved(&[("composer.json", manifest)]), ["composer/o/a unlocked"]);
}

#[test]
fn repositories_that_compose_builds_from() {
    let file = "services:\n  a:\n    build: github.com/o/r#main:sub\n  b:\n    build: {context: \"https://github.com/o/s.git#v1:dir\"}\n";
    let found = scan(&[("compose.yml", file)]);
    let rows = found.facts().filter_map(|(fact, _)| match fact {
        FactRef::Attribute { of, key: "identity" | "revision", value } => Some(format!("{of} {value}")),
        _ => None,
    });
    let wanted = ["repository:github.com/o/r github:o", "repository:github.com/o/r main"];
    let rows: Vec<String> = rows.collect();
    for wanted in wanted {
        assert!(rows.iter().any(|is| is == wanted), "{wanted} {rows:?}");
    }
    assert!(rows.iter().any(|row| row.ends_with(" v1")), "{rows:?}");
    assert!(
        !found
            .facts()
            .any(|(fact, _)| matches!(fact, FactRef::Relation { to, .. } if to.as_str().starts_with("project:")))
    );
}

#[test]
fn keys_of_setup_scripts_count_as_python_takes_them() {
    let script = "from setuptools import setup\nEXTRAS = {}\nEXTRAS[\"b\"] = [\"gone-b\"]\nEXTRAS[\"b\"] = [\"b\"]\n\
                  setup(\n    name=\"x\",\n    extras_require={\n        \"a\": [\"gone-a\"],\n        \"a\": [\"a\"],\n        \
                  \":python_version<'3.8'\": [\"back\"],\n        \"test:sys_platform=='win32'\": [\"win\"],\n        **EXTRAS,\n    },\n)\n";
    let found = scan(&[("setup.py", script)]);
    let expected = ["pypi/a optional", "pypi/b optional", "pypi/back runtime", "pypi/win optional"];
    assert_eq!(stated(&found, "scope"), expected);
    assert_eq!(stated(&found, "condition"), ["pypi/back python_version<'3.8'", "pypi/win sys_platform=='win32'"]);
}

#[test]
fn lists_that_only_hostile_files_have_are_cut_and_told() {
    let sources: String = (0..200)
        .map(|n| {
            format!("[[tool.pdm.source]]\nname = \"s{n}\"\nurl = \"https://s{n}.example/simple\"\nexclude_packages = [\"p{n}\"]\n")
        })
        .collect();
    let found = scan(&[("pyproject.toml", &format!("[project]\nname = \"x\"\ndependencies = [\"a\"]\n{sources}"))]);
    assert!(said_of(&found, "more sources than are read; the rest was left out"), "{:?}", said(&found));
    let excluded: Vec<String> = (0..100).map(|n| format!("\"p{n}\"")).collect();
    let source = format!(
        "[[tool.pdm.source]]\nname = \"s\"\nurl = \"https://s.example\"\nexclude_packages = [{}]\n",
        excluded.join(",")
    );
    let found = scan(&[("pyproject.toml", &format!("[project]\nname = \"x\"\ndependencies = [\"a\"]\n{source}"))]);
    assert!(said_of(&found, "more excluded packages than are read; the rest was left out"), "{:?}", said(&found));

    let patterns: String = (0..300).map(|n| format!("- p{n}/*\n")).collect();
    let found = scan(&[
        ("pubspec.yaml", &format!("name: r\nworkspace:\n{patterns}")),
        ("p1/a/pubspec.yaml", "name: a\nresolution: workspace\ndependencies: {b: any}\n"),
        ("p2/b/pubspec.yaml", "name: b\nresolution: workspace\n"),
    ]);
    assert!(said_of(&found, "more patterns of a workspace than are read; the rest was left out"), "{:?}", said(&found));
    assert!(uses(&found, "project:p1/a", "project:p2/b") && resolved_of(&found).is_empty());

    let folders: String = (0..1_200).map(|n| format!("- f{n}/\n")).collect();
    let found = scan(&[("stack.yaml", &format!("snapshot: lts-22.0\npackages:\n{folders}"))]);
    assert!(said_of(&found, "more folders than are looked up; the rest was left out"), "{:?}", said(&found));
}

fn uses(inventory: &Inventory, one: &str, other: &str) -> bool {
    let is_it = |row: FactRef<'_>| matches!(row, FactRef::Relation { from, to, .. } if from.as_str() == one && to.as_str() == other);
    inventory.facts().any(|(fact, _)| is_it(fact))
}

fn resolved_of(inventory: &Inventory) -> Vec<String> {
    stated(inventory, "resolution")
}

#[test]
fn what_is_taken_back_from_the_environment_no_longer_holds() {
    let script = "#!/bin/sh\nexport PIP_INDEX_URL=https://one.example/simple\npip install a==1\nunset PIP_INDEX_URL\n\
                  pip install b==1\nexport PIP_INDEX_URL=https://two.example/simple\nenv -u PIP_INDEX_URL pip install c==1\n\
                  pip install d==1\nexport -n PIP_INDEX_URL\npip install e==1\n";
    let expected = ["a@1 one.example", "b@1 pypi.org", "c@1 pypi.org", "d@1 two.example", "e@1 pypi.org"];
    assert_eq!(fetched(&[("install.sh", script)]), expected);
    let dockerfile = "FROM scratch\nENV PIP_NO_INDEX=1\nRUN unset PIP_NO_INDEX && pip install a==1\n\
                      RUN PIP_NO_INDEX= pip install b==1\nRUN env -u PIP_NO_INDEX pip install c==1\nRUN pip install d==1\n";
    let found = fetched(&[("Dockerfile", dockerfile)]);
    let found: Vec<&String> = found.iter().filter(|line| !line.contains("docker.io")).collect();
    assert_eq!(found, ["a@1 pypi.org", "b@1 pypi.org", "c@1 pypi.org"]);
    let gitlab = "variables: {PIP_NO_INDEX: \"1\"}\none:\n  script: [pip install a==1]\ntwo:\n  \
                  before_script: [pip config set global.index-url https://two.example/simple]\n  script:\n    - unset PIP_NO_INDEX\n    \
                  - pip install b==1\n  after_script:\n    - pip install c==1\n";
    assert_eq!(fetched(&[(".gitlab-ci.yml", gitlab)]), ["b@1 two.example"]);
}

#[test]
fn what_jobs_take_over_and_lines_of_a_script_share() {
    let gitlab = "default:\n  before_script:\n    - pip config set global.index-url https://def.example/simple\n\
                  one:\n  script: pip install a==1\ntwo:\n  before_script: []\n  script: [pip install b==1]\n\
                  .base:\n  variables: {PIP_INDEX_URL: \"https://base.example/simple\"}\n\
                  three:\n  extends: .base\n  before_script: []\n  script: [pip install c==1]\n\
                  four:\n  inherit: {default: false}\n  script: [pip install d==1]\n\
                  five:\n  script:\n    - export PIP_INDEX_URL=https://five.example/simple\n    - pip install e==1\n\
                  .setup:\n  before_script: [npm config set '@s:registry' https://scope.example/]\n\
                  six:\n  extends: [.base, .setup]\n  script:\n    - pip install f==1\n    - npm install @s/g@1.0.0 h@1.0.0\n";
    assert_eq!(
        fetched(&[(".gitlab-ci.yml", gitlab)]),
        [
            "a@1 def.example",
            "b@1 pypi.org",
            "c@1 base.example",
            "d@1 pypi.org",
            "e@1 five.example",
            "f@1 base.example",
            "g@1.0.0 scope.example",
            "h@1.0.0 npmjs.org"
        ]
    );
    let of_file = "before_script:\n  - pip config set global.index-url https://all.example/simple\none:\n  script:\n    - pip install a==1\n";
    assert_eq!(fetched(&[(".gitlab-ci.yml", of_file)]), ["a@1 all.example"]);

    let workflow = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      \
                    - run: echo \"PIP_INDEX_URL=https://kept.example/simple\" >> \"$GITHUB_ENV\"\n      - run: pip install a==1\n      \
                    - run: export PIP_INDEX_URL=https://shell.example/simple\n      - run: pip install b==1\n      \
                    - run: npm config set @s:registry https://scope.example/\n      - run: npm install @s/c@1.0.0\n";
    assert_eq!(
        fetched(&[(".github/workflows/ci.yml", workflow)]),
        ["a@1 kept.example", "b@1 kept.example", "c@1.0.0 scope.example"]
    );
}

#[test]
fn words_and_variables_of_circleci() {
    let config = "version: 2.1\ncommands: {setup: {steps: []}}\njobs:\n  x:\n    docker:\n      - image: cimg/python:3.11\n    environment:\n      \
                  PIP_INDEX_URL: https://job.example/simple\n    steps:\n      - checkout\n      - setup\n      - node/install\n      - run: pip install a==1\n      \
                  - run:\n          environment: {PIP_INDEX_URL: \"https://step.example/simple\"}\n          command: pip install b==1\n      \
                  - run: echo 'export PIP_INDEX_URL=https://kept.example/simple' >> $BASH_ENV\n      - run: pip install c==1\n";
    let files = [(".circleci/config.yml", config)];
    let found: Vec<String> = fetched(&files).into_iter().filter(|line| !line.contains("docker.io")).collect();
    assert_eq!(found, ["a@1 job.example", "b@1 step.example", "c@1 kept.example"]);
    let said = said(&scan(&files));
    assert!(said.iter().all(|one| !one.contains("is expected")), "{said:?}");
}

#[test]
fn composer_takes_nothing_from_a_registry_that_is_switched_off() {
    let only = r#"{"repositories": [{"type": "composer", "url": "https://repo.example", "only": ["acme/*"]}, {"packagist.org": false}],
                   "require": {"acme/x": "1.0.0", "other/y": "2.0.0"}}"#;
    assert_eq!(fetched(&[("composer.json", only)]), ["x@1.0.0 repo.example"]);
    let source = r#"{"repositories": [{"type": "vcs", "url": "https://github.com/fork/console"}, {"packagist.org": false}],
                     "require": {"symfony/console": "dev-fix"}}"#;
    assert!(fetched(&[("composer.json", source)]).is_empty());
    assert_eq!(resolved(&[("composer.json", r#"{"require": {"o/a": "1.X"}}"#)]), ["composer/o/a unlocked"]);
}

#[test]
fn members_of_a_workspace_ask_for_each_other_without_a_lock_file() {
    let root = ("package.json", r#"{"name": "r", "workspaces": ["pk/*"]}"#);
    let asks =
        r#"{"name": "a", "version": "1.0.0", "dependencies": {"@s/b": "^1.0.0", "c": "^3.0.0", "left-pad": "1.3.0"}}"#;
    let (a, b) = (("pk/a/package.json", asks), ("pk/b/package.json", r#"{"name": "@s/b", "version": "1.2.0"}"#));
    let c = ("pk/c/package.json", r#"{"name": "c", "version": "1.0.0"}"#);
    let found = scan(&[root, a, b, c]);
    assert!(uses(&found, "project:pk/a", "project:pk/b") && !uses(&found, "project:pk/a", "project:pk/c"));
    assert_eq!(resolved_of(&found), ["npm/c unlocked", "npm/left-pad@1.3.0 pinned"]);

    let asks =
        r#"{"name": "a", "dependencies": {"r": "workspace:*", "b": "workspace:^", "zz": "workspace:*", "d": "*"}}"#;
    let found = scan(&[
        ("package.json", r#"{"name": "r"}"#),
        ("pnpm-workspace.yaml", "packages:\n  - \"pk/*\"\n  - \"!pk/d\"\n"),
        ("pk/a/package.json", asks),
        ("pk/b/package.json", r#"{"name": "b"}"#),
        ("pk/d/package.json", r#"{"name": "d"}"#),
    ]);
    assert!(uses(&found, "project:pk/a", "project:pk/b") && !uses(&found, "project:pk/a", "project:pk/d"));
    assert_eq!(resolved_of(&found), ["npm/d unlocked"]);
}

#[test]
fn what_a_subshell_sets_ends_with_it() {
    let script = "#!/bin/sh\n( export PIP_INDEX_URL=https://one.example/simple; pip install a==1 )\npip install b==1\n\
                  export PIP_INDEX_URL=https://two.example/simple\n\
                  ( unset PIP_INDEX_URL; ( export PIP_INDEX_URL=https://deep.example/simple; pip install c==1 ); pip install d==1 )\n\
                  pip install e==1\nX=$(export PIP_INDEX_URL=https://in.example/simple; pip install f==1)\npip install g==1\n";
    let expected = [
        "a@1 one.example",
        "b@1 pypi.org",
        "c@1 deep.example",
        "d@1 pypi.org",
        "e@1 two.example",
        "f@1 in.example",
        "g@1 two.example",
    ];
    assert_eq!(fetched(&[("install.sh", script)]), expected);
    let dockerfile =
        "FROM scratch\nRUN (export PIP_INDEX_URL=https://one.example/simple && pip install a==1) && pip install b==1\n";
    let found = fetched(&[("Dockerfile", dockerfile)]);
    let found: Vec<&String> = found.iter().filter(|line| !line.contains("docker.io")).collect();
    assert_eq!(found, ["a@1 one.example", "b@1 pypi.org"]);
    let gitlab = "a:\n  script:\n    - (export PIP_INDEX_URL=https://one.example/simple; pip install a==1)\n    - pip install b==1\n    \
                  - case $X in y) pip install c==1;; esac\n";
    assert_eq!(fetched(&[(".gitlab-ci.yml", gitlab)]), ["a@1 one.example", "b@1 pypi.org", "c@1 pypi.org"]);
}

/// What was not understood, with its place.
fn placed(files: &[(&str, &str)]) -> Vec<String> {
    scan(files).diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn jobs_of_gitlab_take_over_scripts_and_variables() {
    let gitlab = "variables: {PIP_INDEX_URL: \"https://all.example/simple\", TOOL: x}\n\
                  .setup:\n  script:\n    - pip install $TOOL==1\n    - [pip install in-list==1]\n\
                  one:\n  extends: .setup\n  variables: {TOOL: of-one, PIP_INDEX_URL: \"https://one.example/simple\"}\n\
                  two:\n  inherit: {variables: false}\n  script:\n    - !reference [.setup, script]\n    - pip install of-two==1\n\
                  three:\n  inherit: {variables: [TOOL]}\n  script: pip install $TOOL-three==1\n\
                  four:\n  script: !reference [.other, script]\n\
                  .other: {script: [pip install of-other==1]}\n\
                  five:\n  before_script: [!reference [.elsewhere, script]]\n  script: [pip install of-five==1]\n";
    let found = fetched(&[(".gitlab-ci.yml", gitlab)]);
    assert_eq!(
        found,
        [
            "in-list@1 one.example",
            "in-list@1 pypi.org",
            "of-five@1 all.example",
            "of-one@1 one.example",
            "of-other@1 all.example",
            "of-two@1 pypi.org",
            "x-three@1 pypi.org"
        ]
    );
    let is_told = |one: &String| {
        one.starts_with(".gitlab-ci.yml:21:") && one.ends_with("a `!reference` to what this file does not have")
    };
    assert!(placed(&[(".gitlab-ci.yml", gitlab)]).iter().any(is_told));
}

#[test]
fn limits_of_what_jobs_take_over_are_told() {
    let bases: String = (0..40).map(|n| format!(".b{n}: {{variables: {{V{n}: x}}}}\n")).collect();
    let names = (0..40).map(|n| format!(".b{n}")).collect::<Vec<_>>().join(", ");
    let found =
        placed(&[(".gitlab-ci.yml", &format!("{bases}one:\n  extends: [{names}]\n  script: [pip install a==1]\n"))]);
    let told = ".gitlab-ci.yml:42:12: limit-reached: a job takes over from more than 32 others, or over more than 11 levels; \
                the others were left out";
    assert!(found.contains(&told.to_owned()));

    let chain: String = (0..14).map(|n| format!(".c{n}: {{extends: .c{}}}\n", n + 1)).collect();
    let found = placed(&[(".gitlab-ci.yml", &format!("{chain}.c14: {{variables: {{A: x}}}}\n"))]);
    assert!(found.iter().any(|one| one.contains("over more than 11 levels")));

    let variables: String = (0..900).map(|n| format!("    V{n}: x\n")).collect();
    let jobs: String = (0..300).map(|n| format!("j{n}: {{extends: .base, script: [a]}}\n")).collect();
    let found = placed(&[(".gitlab-ci.yml", &format!(".base:\n  variables:\n{variables}{jobs}"))]);
    let limits: Vec<String> = found.into_iter().filter(|one| one.contains("limit-reached")).collect();
    assert_eq!(
        limits,
        [
            ".gitlab-ci.yml:1124:17: limit-reached: jobs take over more than 200000 variables of others; from here on nothing is \
          taken over, and sources that are set so are not known"
        ]
    );

    let many: String = (0..1_100).map(|n| format!("  V{n}: x\n")).collect();
    for (path, rest) in [
        (".gitlab-ci.yml", "one: {script: [a]}\n"),
        (".github/workflows/ci.yml", "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}\n"),
    ] {
        let name = if path == ".gitlab-ci.yml" { "variables" } else { "env" };
        let found = placed(&[(path, &format!("{name}:\n{many}{rest}"))]);
        let told = format!(
            "{path}:1002:3: limit-reached: more than 1000 variables; this one and those behind it count as not set"
        );
        assert!(found.contains(&told));
    }

    let script = format!(".s: {{script: [\"{}\"]}}\n", "echo ".repeat(100_000));
    let jobs: String = (0..30).map(|n| format!("j{n}: {{extends: .s}}\n")).collect();
    let found = placed(&[(".gitlab-ci.yml", &format!("{script}{jobs}"))]);
    assert!(found.iter().any(|one| one.contains("scripts that jobs take over are longer than is read")));
}

/// A workflow with these steps.
fn workflow(steps: &str) -> String {
    format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}")
}

#[test]
fn what_steps_set_that_may_not_run_is_possible_only() {
    let steps = "      - if: github.event_name == 'push'\n        run: pip config set global.index-url https://maybe.example/simple\n      \
                 - run: pip install a==1\n      \
                 - run: pip config set global.index-url https://sure.example/simple\n      - run: pip install b==1\n      \
                 - if: ${{ always() }}\n        run: npm config set registry https://npm.example/\n      - run: npm install c@1.0.0\n      \
                 - if: matrix.x\n        run: npm config set @s:registry https://scope.example/\n      \
                 - run: npm install @s/d@1.0.0 e@1.0.0\n";
    assert_eq!(
        fetched(&[(".github/workflows/ci.yml", &workflow(steps))]),
        [
            "a@1 maybe.example",
            "a@1 pypi.org",
            "b@1 sure.example",
            "c@1.0.0 npm.example",
            "d@1.0.0 npm.example",
            "d@1.0.0 scope.example",
            "e@1.0.0 npm.example"
        ]
    );
    let steps = "      - if: matrix.x\n        run: echo PIP_INDEX_URL=https://maybe.example/simple >> $GITHUB_ENV\n      \
                 - run: pip install a==1\n      \
                 - run: echo PIP_INDEX_URL=https://sure.example/simple >> $GITHUB_ENV\n      - run: pip install b==1\n      \
                 - if: matrix.x\n        run: pip install -i https://own.example/simple c==1\n";
    assert_eq!(
        fetched(&[(".github/workflows/ci.yml", &workflow(steps))]),
        ["a@1 maybe.example", "a@1 pypi.org", "b@1 sure.example", "c@1 own.example"]
    );
}

#[test]
fn steps_and_files_tell_tools_their_registries() {
    let steps = "      - run: npm install a@1.0.0\n      \
                 - uses: actions/setup-node@v4\n        with: {registry-url: \"https://npm.example/\", scope: \"@s\"}\n      \
                 - run: npm install @s/b@1.0.0 c@1.0.0\n      \
                 - uses: actions/setup-node@v4\n        with: {registry-url: \"https://all.example/\"}\n      \
                 - run: npm install d@1.0.0\n      \
                 - uses: actions/setup-dotnet@v4\n        with: {source-url: \"https://nuget.example/v3/index.json\"}\n      \
                 - run: dotnet tool install E.F --version 1.0.0\n";
    assert_eq!(
        fetched(&[(".github/workflows/ci.yml", &workflow(steps))]),
        [
            "E.F@1.0.0 nuget.example",
            "E.F@1.0.0 nuget.org",
            "a@1.0.0 npmjs.org",
            "b@1.0.0 npm.example",
            "c@1.0.0 npmjs.org",
            "d@1.0.0 all.example"
        ]
    );
    let steps = "      - uses: actions/setup-node@v4\n        with: {registry-url: \"https://npm.pkg.github.com\"}\n      \
                 - run: npm install a@1.0.0\n";
    let files = [(".github/workflows/ci.yml", &*workflow(steps))];
    assert_eq!(fetched(&files), ["a@1.0.0 npmjs.org"]);
    assert!(placed(&files).iter().any(|one| one.contains("the repository's owner, whom no file names")));

    let steps = "      - run: |\n          echo \"registry=https://npm.example/\" > .npmrc\n          npm install a@1.0.0\n          \
                 echo '@s:registry=https://scope.example/' >> ~/.npmrc\n      - run: npm install @s/b@1.0.0\n      \
                 - run: |\n          cat > ~/.config/pip/pip.conf <<EOF\n          [global]\n          index-url = https://pip.example/simple\n          \
                 [search]\n          index = https://no.example/\n          EOF\n          pip install c==1\n";
    assert_eq!(
        fetched(&[(".github/workflows/ci.yml", &workflow(steps))]),
        ["a@1.0.0 npm.example", "b@1.0.0 scope.example", "c@1 pip.example"]
    );
    let dockerfile = "FROM scratch\nRUN printf '[global]\\nindex-url=https://pip.example/simple\\n' > /etc/pip.conf\n\
                      RUN pip install a==1\nRUN cat > /root/.npmrc <<EOF\nregistry=https://npm.example/\nEOF\n\
                      RUN npm install b@1.0.0\nRUN echo registry=https://no.example/ > web/.npmrc && npm install c@1.0.0\n";
    let found = fetched(&[("Dockerfile", dockerfile)]);
    let found: Vec<&String> = found.iter().filter(|line| !line.contains("docker.io")).collect();
    assert_eq!(found, ["a@1 pip.example", "b@1.0.0 npm.example", "c@1.0.0 npm.example"]);
}

#[test]
fn lists_that_are_cut_are_told() {
    let many = |count: usize, row: &dyn Fn(usize) -> String| (0..count).map(row).collect::<String>();
    let ports = many(70, &|n| format!("\"p{n}\", "));
    let stages = many(102, &|n| format!("FROM scratch AS s{n}\nRUN npm config set registry https://n.example/\n"));
    let values = many(30_000, &|_| "echo $LONG\n".to_owned());
    let dockerfile = format!("FROM scratch\nENV LONG={}\nRUN <<EOF sh\n{values}EOF\n", "x".repeat(1_000));
    let parts = many(52, &|n| format!("--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\necho {n}\n"));
    for (files, told) in [
        (
            vec![
                ("compose.yaml", "services: {a: {image: \"$V1:1\"}}\n".to_owned()),
                (".env", many(1_100, &|n| format!("V{n}=x\n"))),
            ],
            ".env:1001:1: limit-reached: more than 1000 variables; this one and those behind it count as not set",
        ),
        (
            vec![(
                "vcpkg.json",
                format!("{{\"name\": \"x\", \"configuration\": {{\"overlay-ports\": [{ports}\"q\"]}}}}\n"),
            )],
            "more than 64 folders of ports; this one and those behind it do not count",
        ),
        (
            vec![(
                "cabal.project",
                format!(
                    "source-repository-package\n  type: git\n  location: https://git.example/a/b\n  tag: 0123\n  subdir: {}\n",
                    many(1_100, &|n| format!("d{n} "))
                ),
            )],
            "more than 1000 folders; this one and those behind it were left out",
        ),
        (
            vec![("Dockerfile", format!("{stages}FROM scratch\n"))],
            "more than 100 stages configure sources; stages built on others ask their own",
        ),
        (
            vec![("Dockerfile", dockerfile)],
            "variables add more to the words of the file than is filled in; what comes later stays open",
        ),
        (
            vec![(
                "user-data",
                format!("Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n{parts}--b--\n"),
            )],
            "more than 50 parts; this one and those behind it were not read",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert!(placed(&files).iter().any(|one| one.ends_with(told)), "{told}");
    }
}

#[test]
fn packed_files_that_manifests_name_are_packages() {
    let requirements = "./wheels/local_pkg-1.0-py3-none-any.whl\nlocal2 @ file:///opt/local2-2.0.tar.gz\n./odd.zip\n\
                        https://files.example/far-3.0.tar.gz\n";
    let found = scan(&[("requirements.txt", requirements)]);
    assert_eq!(resolved_of(&found), ["pypi/far@3.0 pinned", "pypi/local-pkg@1.0 pinned", "pypi/local2@2.0 pinned"]);
    let told: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|text| text.contains("file name does not say which")), "{told:?}");
    let hashed = "q[gpu] @ file:///opt/q-1.0.tar.gz ; python_version > '3' --hash=sha256:00ff\n";
    let found = scan(&[("requirements.txt", hashed)]);
    for (key, value) in [("integrity", "sha256:00ff"), ("extras", "gpu"), ("condition", "python_version > '3'")] {
        let is_said = found.attributes().any(|(_, row)| row.key == key && &*row.value == value);
        assert!(is_said, "{key}: {:?}", found.attributes().map(|(_, row)| (row.key, &row.value)).collect::<Vec<_>>());
    }
    let uv = "[project]\nname = \"x\"\ndependencies = [\"o\", \"p @ file:///opt/p-1.0-py3-none-any.whl\"]\n\
              [tool.uv.sources]\no = { path = \"wheels/o-1.5-py3-none-any.whl\" }\n";
    assert_eq!(resolved(&[("pyproject.toml", uv)]), ["pypi/o@1.5 pinned", "pypi/p@1.0 pinned"]);
    let poetry = "[tool.poetry.dependencies]\no = { path = \"dist/o-1.0.tar.gz\" }\n";
    assert_eq!(resolved(&[("pyproject.toml", poetry)]), ["pypi/o@1.0 pinned"]);
    let conda = "dependencies:\n  - pip:\n      - ./wheels/c-2.0-py3-none-any.whl\n";
    assert_eq!(resolved(&[("environment.yml", conda)]), ["pypi/c@2.0 pinned"]);
    let npm = r#"{"dependencies": {"o": "file:../o-1.0.0.tgz", "f": "file:../f"}}"#;
    assert_eq!(resolved(&[("package.json", npm)]), ["npm/o pinned"]);
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"o": "file:../o-1.0.0.tgz"}},
        "node_modules/o": {"version": "1.0.0", "resolved": "file:../o-1.0.0.tgz", "integrity": "sha512-00"}}}"#;
    let npm = r#"{"dependencies": {"o": "file:../o-1.0.0.tgz"}}"#;
    assert_eq!(resolved(&[("package.json", npm), ("package-lock.json", lock)]), ["npm/o@1.0.0 locked"]);
}
