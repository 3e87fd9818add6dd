//! What manifests and lock files disagree about, and what only looks like it.

use sovaudit::catalog::Catalog;
use sovaudit::model::{FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

fn scan(files: &[(&str, &str)]) -> Inventory {
    let files =
        files.iter().map(|(path, text)| (RelPath::new(path).expect("is relative"), text.as_bytes().to_vec(), None));
    scan_files(files.collect(), &Catalog::embedded(), &Options::default())
}

/// Disagreements that are told.
fn conflicts(files: &[(&str, &str)]) -> Vec<String> {
    let all = scan(files).diagnostics;
    all.iter().map(ToString::to_string).filter(|text| text.contains(": conflict: ")).collect()
}

#[test]
fn what_a_tool_is_told_to_take_counts_for_its_own_lock_file() {
    let asked = |overrides: &str| format!(r#"{{"name": "a", "dependencies": {{"Left": "^3.0.0"}}, {overrides}}}"#);
    let npm = r#"{"lockfileVersion": 3, "packages": {"node_modules/Left": {"version": "2.0.0"}}}"#;
    let yarn = "# yarn lockfile v1\n\n\nLeft@^3.0.0:\n  version \"2.0.0\"\n";
    let told = |overrides: &str, lock: (&str, &str)| conflicts(&[("package.json", &asked(overrides)), lock]).len();
    let (npm, yarn) = (("package-lock.json", npm), ("yarn.lock", yarn));
    assert_eq!(told(r#""overrides": {"Left": "2.0.0"}"#, npm), 0);
    assert_eq!(told(r#""overrides": {"Left": {".": "2.0.0", "x": "1.0.0"}}"#, npm), 0);
    assert_eq!(told(r#""resolutions": {"**/Left": "2.0.0"}"#, yarn), 0);
    for (overrides, why) in [
        (r#""overrides": {"Left": "3.0.0"}"#, "another version is held than npm is told to take"),
        (r#""overrides": {"Left@^1": "1.9.0"}"#, "told for another range"),
        (r#""overrides": {"Left": "$Left"}"#, "what the manifest asks for itself"),
        (r#""overrides": {"other": {"Left": "2.0.0"}}"#, "below another package alone"),
        (r#""resolutions": {"Left": "2.0.0"}"#, "Yarn's word"),
        (r#""resolutions": {"@scope/other/Left": "2.0.0"}"#, "below another package alone"),
    ] {
        assert_eq!(told(overrides, npm), 1, "{why}");
    }
    assert_eq!(told(r#""overrides": {"Left": "2.0.0"}"#, yarn), 1, "npm's word");
    // what is put in its place has another name; what is only another version must be there
    let empty = ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {"name": "a"}}}"#);
    assert_eq!(told(r#""overrides": {"Left": "npm:@our/left@1.0.0"}"#, empty), 0);
    assert_eq!(told(r#""overrides": {"Left": "3.0.0"}"#, empty), 1);
}

#[test]
fn what_tools_of_python_are_told_counts_for_theirs() {
    let manifest = |tool: &str| format!("[project]\nname = \"a\"\ndependencies = [\"Left_x<2\"]\n{tool}");
    let uv = "version = 1\n[[package]]\nname = \"left-x\"\nversion = \"2.1\"\n";
    let poetry = "[[package]]\nname = \"left-x\"\nversion = \"2.1\"\n[metadata]\nlock-version = \"2.1\"\n";
    let told = |tool: &str, lock: (&str, &str)| conflicts(&[("pyproject.toml", &manifest(tool)), lock]).len();
    let of_uv = "[tool.uv]\noverride-dependencies = [\"left-x==2.1; sys_platform == 'linux'\"]\n";
    assert_eq!(told("", ("uv.lock", uv)), 1);
    assert_eq!(told(of_uv, ("uv.lock", uv)), 0);
    assert_eq!(told(of_uv, ("poetry.lock", poetry)), 1, "uv's word");
    assert_eq!(told("[tool.pdm.resolution.overrides]\nleft-x = \"2.1\"\n", ("pdm.lock", uv)), 0);
    let apart =
        [("pyproject.toml", &*manifest("")), ("uv.lock", uv), ("uv.toml", "override-dependencies = [\"left_x>2\"]")];
    assert_eq!(conflicts(&apart), [""; 0]);
}

#[test]
fn what_takes_bounds_away_is_heeded() {
    let package = "name: a\nversion: 1\nlibrary\n  build-depends: left <2\n";
    let freeze = "constraints: any.left ==2.0.1\n";
    let told = |project: &str| {
        conflicts(&[("a.cabal", package), ("cabal.project", project), ("cabal.project.freeze", freeze)]).len()
    };
    assert_eq!(told("packages: .\n"), 1);
    assert_eq!(told("packages: .\nallow-newer: left\n"), 0);
    let manifest = "[project]\nname = \"a\"\ndependencies = [\"left-x\"]\n[tool.uv]\noverride-dependencies = [\"left-x; sys_platform == 'never'\"]\n";
    assert_eq!(conflicts(&[("pyproject.toml", manifest), ("uv.lock", "version = 1\n")]), [""; 0]);
    let member = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\nrand = \"0.8\"\n[dev-dependencies]\nold = { package = \"rand\", version = \"0.7\" }\n";
    let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\"x\"]\n[[package]]\nname = \"rand\"\nversion = \"0.8.5\"\n\
                source = \"registry+https://github.com/rust-lang/crates.io-index\"\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\ndependencies = [\"rand\"]\n";
    let root = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\nx = { path = \"patched/x\" }\n[workspace]\nexclude = [\"patched/x\"]\n";
    let files = [("Cargo.toml", root), ("Cargo.lock", lock), ("patched/x/Cargo.toml", member)];
    assert_eq!(conflicts(&files), [""; 0]);
}

#[test]
fn each_name_of_a_crate_gets_its_own_version() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\n\
                    new = { package = \"rand\", version = \"0.8\" }\nold = { package = \"rand\", version = \"0.7\" }\n";
    let entry = |version: &str| {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        format!("[[package]]\nname = \"rand\"\nversion = \"{version}\"\nsource = \"{source}\"\n")
    };
    let lock = |versions: &[&str]| {
        let needs: Vec<String> = versions.iter().map(|version| format!("\"rand {version}\"")).collect();
        let own = format!("[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [{}]\n", needs.join(", "));
        format!("version = 4\n{own}{}", versions.iter().map(|version| entry(version)).collect::<String>())
    };
    let both = [("Cargo.toml", manifest), ("Cargo.lock", &*lock(&["0.7.3", "0.8.5"]))];
    let inventory = scan(&both);
    let lines = |version: &str| {
        let wanted = format!("pkg:cargo/rand@{version}");
        let mut found: Vec<u32> = Vec::new();
        for (fact, evidence) in inventory.facts() {
            if let FactRef::Relation { kind: RelationKind::DependsOn, to, .. } = fact
                && to.as_str() == wanted
            {
                let in_manifest =
                    evidence.iter().filter_map(|one| one.place()).filter(|place| place.path.name() == "Cargo.toml");
                found.extend(in_manifest.filter_map(|place| place.region.map(|region| region.start.line)));
            }
        }
        found
    };
    assert_eq!((lines("0.8.5"), lines("0.7.3")), (vec![5], vec![6]));
    assert_eq!(conflicts(&both), [""; 0]);
    let told = conflicts(&[("Cargo.toml", manifest), ("Cargo.lock", &lock(&["0.7.3"]))]);
    assert!(told.len() == 1 && told[0].contains("Cargo.toml:5:1") && told[0].contains("asked for as 0.8"), "{told:?}");
}

#[test]
fn what_lock_files_leave_out_by_design_is_not_missed() {
    let julia = "name = \"Own\"\n[deps]\nLacking = \"00000000-0000-0000-0000-000000000002\"\n[extras]\n\
                 Aqua = \"00000000-0000-0000-0000-000000000003\"\n[targets]\ntest = [\"Aqua\"]\n";
    let told = conflicts(&[("Project.toml", julia), ("Manifest.toml", "manifest_format = \"2.0\"\n[deps]\n")]);
    assert!(told.len() == 1 && told[0].contains("`Lacking`"), "{told:?}");
    let r = "Package: own\nVersion: 1.0\nLinkingTo: Rcpp\nSuggests: testthat\n";
    let lock = r#"{"R": {"Version": "4.4.0"}, "Packages": {"R6": {"Package": "R6", "Version": "2.5.1", "Source": "Repository"}}}"#;
    let told = conflicts(&[("DESCRIPTION", r), ("renv.lock", lock)]);
    assert!(told.len() == 1 && told[0].contains("`Rcpp`"), "{told:?}");
    let gems = "gem \"rack\"\ngem \"wdm\", \">= 0.1.0\" if Gem.win_platform?\ngem \"lacking\", platforms: :jruby\n";
    let lock = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rack (3.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  rack\n";
    let told = conflicts(&[("Gemfile", gems), ("Gemfile.lock", lock)]);
    assert!(told.len() == 1 && told[0].contains("`lacking`"), "{told:?}");
}

#[test]
fn ranges_of_many_ecosystems_are_held_against_their_lock_files() {
    let dart = "packages:\n  http:\n    dependency: \"direct main\"\n    source: hosted\n    version: \"0.13.6\"\n    \
                description:\n      name: http\n      url: \"https://pub.dev\"\n";
    let swift = r#"{"version": 2, "pins": [{"identity": "a", "kind": "remoteSourceControl",
        "location": "https://github.com/o/a.git", "state": {"revision": "0123", "version": "5.4.4"}}]}"#;
    let package = "let package = Package(name: \"x\", dependencies: [.package(url: \"https://github.com/o/a.git\", from: \"5.5.0\")])";
    let pods = "PODS:\n  - Left (5.4.0)\nDEPENDENCIES:\n  - Left (~> 5.9)\nCOCOAPODS: 1.15.2\n";
    let mix = "defmodule A do\n  defp deps do\n    [{:left, \"~> 1.7.12\"}]\n  end\nend\n";
    let cases = [
        [("pubspec.yaml", "name: a\ndependencies:\n  http: ^1.2.0\n"), ("pubspec.lock", dart)],
        [("Package.swift", package), ("Package.resolved", swift)],
        [("Podfile", "pod 'Left', '~> 5.9'\n"), ("Podfile.lock", pods)],
        [
            ("mix.exs", mix),
            ("mix.lock", "%{\n  \"left\": {:hex, :left, \"1.6.0\", \"aa\", [:mix], [], \"hexpm\", \"bb\"},\n}\n"),
        ],
        [
            ("conanfile.txt", "[requires]\nleft/[>=1.3 <2]\n"),
            ("conan.lock", r#"{"version": "0.5", "requires": ["left/1.2.11"]}"#),
        ],
    ];
    for case in cases {
        let told = conflicts(&case);
        assert!(told.len() == 1 && told[0].contains("is asked for as"), "{} {told:?}", case[0].0);
    }
}

#[test]
fn dart_and_conan_take_what_is_locked() {
    let dart = "packages:\n  dio:\n    dependency: \"direct main\"\n    source: hosted\n    version: \"5.4.3\"\n    \
                description:\n      name: dio\n      url: \"https://pub.dev\"\n";
    let files = [("pubspec.yaml", "name: a\ndependencies:\n  dio: 5.4.0\n"), ("pubspec.lock", dart)];
    let found = scan(&files);
    let ids = found.facts().filter_map(|(fact, _)| match fact {
        FactRef::Component { id, .. } if id.as_str().starts_with("pkg:") => Some(id.to_string()),
        _ => None,
    });
    assert_eq!(ids.collect::<Vec<_>>(), ["pkg:pub/dio@5.4.3"]);
    assert_eq!(conflicts(&files).len(), 1);
}
