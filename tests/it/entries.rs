//! Entries of manifests and lock files that are easily lost, misread or counted for more than they are.

use sovaudit::catalog::Catalog;
use sovaudit::model::{ComponentId, FactRef};
use sovaudit::scan::{Options, scan_directory};

use crate::cli::sovaudit;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("makes a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("lies in the folder")).expect("makes folders");
        std::fs::write(path, text).expect("writes");
    }
    folder
}

/// What a scan of a folder finds: `package key = value`, `from relation to`, and the diagnostics.
pub(crate) fn found(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let inventory = scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("reads the folder");
    let line = |fact: FactRef<'_>| match fact {
        FactRef::Component { id, kind } => format!("{id} is {}", kind.as_str()),
        FactRef::Attribute { of, key, value } => format!("{of} {key} = {value}"),
        FactRef::Relation { from, kind, to, .. } => format!("{from} {} {to}", kind.as_str()),
    };
    let facts = inventory.facts().map(|(fact, _)| line(fact));
    facts.chain(inventory.diagnostics.iter().map(ToString::to_string)).collect()
}

#[track_caller]
pub(crate) fn has(found: &[String], wanted: &[&str]) {
    for wanted in wanted {
        assert!(found.iter().any(|line| line == wanted), "{wanted} is not among\n{}", found.join("\n"));
    }
}

#[track_caller]
pub(crate) fn lacks(found: &[String], unwanted: &[&str]) {
    for unwanted in unwanted {
        assert!(!found.iter().any(|line| line.contains(unwanted)), "{unwanted} is among\n{}", found.join("\n"));
    }
}

#[test]
fn both_sides_of_an_unfinished_merge_count() {
    let manifest = "[package]\nname = \"app\"\n\n[dependencies]\nserde = \"1\"\n<<<<<<< HEAD\nrand = \"0.8\"\nlog = \"0.4\"\n\
                    =======\nrand = \"0.9\"\n>>>>>>> topic\n\n[dev-dependencies]\ninsta = \"1\"\n";
    let entry = |name: &str, version: &str| {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{source}\"\n\n")
    };
    let found_alone = found(&[("Cargo.toml", manifest)]);
    has(
        &found_alone,
        &[
            "pkg:cargo/serde requirement = 1",
            "pkg:cargo/insta requirement = 1",
            "pkg:cargo/log requirement = 0.4",
            "pkg:cargo/rand requirement = 0.8",
            "pkg:cargo/rand requirement = 0.9",
            "Cargo.toml:6:1: malformed: marks of an unfinished merge; both sides are read",
        ],
    );
    let lock = format!(
        "version = 4\n\n{}[[package]]\nname = \"rand\"\n<<<<<<< HEAD\nversion = \"0.8.5\"\n=======\nversion = \
         \"0.9.0\"\n>>>>>>> topic\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n{}",
        entry("log", "0.4.22"),
        entry("serde", "1.0.200")
    );
    let locked = found(&[("Cargo.lock", &lock)]);
    has(
        &locked,
        &[
            "pkg:cargo/log@0.4.22 resolution = locked",
            "pkg:cargo/serde@1.0.200 resolution = locked",
            "pkg:cargo/rand@0.8.5 resolution = locked",
            "pkg:cargo/rand@0.9.0 resolution = locked",
            "Cargo.lock:10:1: malformed: marks of an unfinished merge; both sides are read",
        ],
    );
    // what is broken otherwise is told as before
    let broken = found(&[("Cargo.toml", "[dependencies]\nserde = \"1\"\nrand = \n")]);
    lacks(&broken, &["unfinished merge"]);
}

#[test]
fn repositories_and_exact_versions_are_pinned_wherever_they_stand() {
    let address = "git+https://git.example.org/ours/tool.git";
    let requirements = found(&[(
        "requirements.txt",
        &format!("tool @ {address}@v1.2.0\nbranch @ {address}@main\n{address}@0123abc\nclick==8.1.7\n"),
    )]);
    has(
        &requirements,
        &[
            "pkg:pypi/tool resolution = pinned",
            "pkg:pypi/tool revision = v1.2.0",
            "pkg:pypi/branch resolution = unlocked",
            "pkg:pypi/branch revision = main",
            "pkg:pypi/click@8.1.7 resolution = pinned",
        ],
    );
    let script = found(&[("install.sh", "pip install click\n")]);
    has(
        &script,
        &[
            "install.sh:1:13: unresolved: no lock file answers this script: 1 requirement is listed, without a constraint",
        ],
    );
    // what is pinned is not open
    has(
        &requirements,
        &["requirements.txt:2:1: unresolved: no lock file answers this manifest: 1 requirement is listed, without a \
           constraint"],
    );
    let project = format!("[project]\ndependencies = [\"tool @ {address}@v1.2.0\", \"click==8.1.7\", \"rich>=13\"]\n");
    let pipfile = "[packages]\nclick = \"==8.1.7\"\ntool = {git = \"https://git.example.org/ours/tool.git\", ref = \
                   \"v1.2.0\"}\n";
    for (path, text) in [("pyproject.toml", &*project), ("Pipfile", pipfile)] {
        has(
            &found(&[(path, text)]),
            &[
                "pkg:pypi/tool resolution = pinned",
                "pkg:pypi/tool revision = v1.2.0",
                "pkg:pypi/click@8.1.7 resolution = pinned",
            ],
        );
    }
    // the lock file of the same tool decides: its spelling, and its version where they disagree
    let lock = |version: &str| {
        format!(
            "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\ndependencies = \
             [{{ name = \"click\" }}]\n\n[[package]]\nname = \"click\"\nversion = \"{version}\"\nsource = {{ registry = \
             \"https://pypi.example.org/simple\" }}\n"
        )
    };
    let project = "[project]\nname = \"app\"\ndependencies = [\"click==8.1\"]\n";
    for version in ["8.1.0", "8.2.1"] {
        let all = found(&[("pyproject.toml", project), ("uv.lock", &lock(version))]);
        has(&all, &[&format!("pkg:pypi/click@{version} resolution = locked")]);
        lacks(&all, &["pkg:pypi/click@8.1 "]);
        let conflict = all.iter().any(|line| line.contains("`click` is pinned to 8.1 here"));
        assert_eq!(conflict, version == "8.2.1", "{all:?}");
    }
}

#[test]
fn npm_installs_addresses_repositories_and_other_names() {
    let script = "npm install -g tool@https://h.example/tool-1.0.0.tgz\n\
                  npm i @s/lib@git+ssh://git@github.com/acme/lib.git#v1.2.0\nyarn add acme/short#v2.0.0\n\
                  pnpm add gitlab:acme/other left@npm:real@1.3.0 plain@2.0.0 ./folder\n";
    let docker = format!("FROM scratch\nRUN {}\n", script.lines().collect::<Vec<_>>().join(" && "));
    let workflow = format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          {}\n",
        script.lines().collect::<Vec<_>>().join("\n          ")
    );
    for (path, text) in [("Dockerfile", &docker), (".github/workflows/a.yml", &workflow)] {
        let all = found(&[(path, text)]);
        has(
            &all,
            &[
                "pkg:npm/tool download = https://h.example/tool-1.0.0.tgz",
                "pkg:npm/tool distributed-by host:h.example",
                "pkg:npm/%40s/lib revision = v1.2.0",
                "pkg:npm/%40s/lib resolution = pinned",
                "pkg:github/acme/short@v2.0.0 resolution = pinned",
                "pkg:gitlab/acme/other resolution = unlocked",
                "pkg:npm/real@1.3.0 resolution = pinned",
                "pkg:npm/plain@2.0.0 resolution = pinned",
            ],
        );
        lacks(&all, &["pkg:npm/left", "pkg:npm/folder"]);
    }
}

#[test]
fn maven_manages_by_type_and_classifier_and_fetches_no_system_files() {
    let entry = |name: &str, rest: &str| {
        format!("<dependency><groupId>org.a</groupId><artifactId>{name}</artifactId>{rest}</dependency>\n")
    };
    let pom = format!(
        "<project><groupId>org.us</groupId><artifactId>app</artifactId><version>1</version>\n<dependencyManagement>\
         <dependencies>\n{}{}</dependencies></dependencyManagement>\n<dependencies>\n{}{}{}{}{}</dependencies></project>",
        entry("lib", "<version>1.0</version><type>test-jar</type>"),
        entry("lib", "<version>2.0</version><classifier>linux</classifier>"),
        entry("lib", "<type>test-jar</type><scope>test</scope>"),
        entry("lib", "<classifier>linux</classifier>"),
        entry("lib", ""),
        entry("local", "<version>3.0</version><scope>system</scope><systemPath>/opt/local.jar</systemPath>"),
        entry("range", "<version>[1,2)</version>"),
    );
    let all = found(&[("pom.xml", &pom)]);
    has(
        &all,
        &[
            "pkg:maven/org.a/lib@1.0 scope = test",
            "pkg:maven/org.a/lib@2.0 scope = runtime",
            "pkg:maven/org.a/lib scope = runtime",
            "pkg:maven/org.a/local@3.0 scope = build",
            "pom.xml:9:37: unresolved: no pom of the tree states the version of `org.a:lib`",
            "pom.xml:9:37: unresolved: this tool has no lock files, and the manifest does not fix everything: 2 \
             requirements are listed, 1 with its constraint",
        ],
    );
    lacks(&all, &["pkg:maven/org.a/local@3.0 distributed-by"]);
}

#[test]
fn go_modules_without_a_sum_are_not_locked() {
    let module = "module example.org/app\n\ngo 1.24\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/b v1.0.0\n\t\
                  example.org/c v1.0.0\n\texample.org/d v1.0.0 // indirect\n)\n";
    let sums = "example.org/a v1.0.0 h1:x=\nexample.org/b v1.0.0/go.mod h1:x=\nexample.org/d v1.0.0/go.mod h1:x=\n";
    let all = found(&[("go.mod", module), ("go.sum", sums)]);
    has(
        &all,
        &[
            "pkg:golang/example.org/a@v1.0.0 resolution = locked",
            "pkg:golang/example.org/b@v1.0.0 resolution = pinned",
            "pkg:golang/example.org/c@v1.0.0 resolution = pinned",
            "go.mod:7:2: unresolved: of `example.org/b v1.0.0` only the sum of its go.mod is held, not that of the module",
            "go.mod:8:2: conflict: `example.org/c v1.0.0` is asked for here and `go.sum` does not hold it",
        ],
    );
    lacks(&all, &["of `example.org/d", "pkg:golang/example.org/c@v1.0.0 resolution = locked"]);
}

#[test]
fn large_go_workspaces_know_all_their_modules() {
    let names: Vec<String> = (0..90).map(|number| format!("m{number:02}")).collect();
    let uses: String = names.iter().map(|name| format!("use ./{name}\n")).collect();
    let mut files = vec![("go.work".to_owned(), format!("go 1.24\n\n{uses}"))];
    for name in &names {
        let need = if name == "m00" { "\nrequire example.org/m89 v1.0.0\n" } else { "" };
        files.push((format!("{name}/go.mod"), format!("module example.org/{name}\n\ngo 1.24\n{need}")));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    lacks(&found(&files), &["pkg:golang/example.org/m89"]);
    let many: String = (0..1_001).map(|number| format!("use ./m{number}\n")).collect();
    let all = found(&[("go.work", &format!("go 1.24\n{many}"))]);
    has(&all, &["go.work:1002:1: limit-reached: more than 1000 modules; names of the others are not known here"]);
}

#[test]
fn an_open_requirement_keeps_only_the_lines_that_nothing_answers() {
    let manifest = r#"{"name": "a", "dependencies": {"left-pad": "^1.3.0"}}"#;
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"left-pad": "^1.3.0"}}, "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://npm.example/left-pad-1.3.0.tgz"}}}"#;
    let folder = folder(&[
        ("locked/package.json", manifest),
        ("locked/package-lock.json", lock),
        ("open/package.json", manifest),
    ]);
    let inventory = scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("reads the folder");
    let open = inventory.known(&ComponentId::new("pkg:npm/left-pad")).expect("stays open in one folder");
    let mut paths: Vec<&str> = open
        .attributes()
        .iter()
        .flat_map(|row| &row.evidence)
        .filter_map(|one| one.path())
        .map(|path| path.as_str())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths, ["open/package.json"]);
}

#[test]
fn the_table_tells_what_weighs_most_and_writes_versions_as_people_do() {
    let many: Vec<(String, String)> =
        (0..6).map(|number| (format!("a{number}/requirements.txt"), "a>=1\n".repeat(number + 1))).collect();
    let mut files: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("z/requirements.txt", "torch==2.4.0+cu124\n???\n"));
    let folder = folder(&files);
    let run = sovaudit().arg("scan").arg(folder.path()).output().expect("runs");
    let text = String::from_utf8_lossy(&run.stdout);
    let told = text.split("Not understood: ").nth(1).expect("tells what was not understood");
    assert!(told.starts_with("1 malformed · ") && told.contains("z/requirements.txt:2"), "{told}");
    let run = sovaudit().arg("scan").arg(folder.path()).args(["--format", "markdown"]).output().expect("runs");
    assert!(!String::from_utf8_lossy(&run.stdout).contains("%2B"), "{text}");
    assert!(!text.contains("%2B"), "{text}");
}

#[test]
fn a_catalog_counts_whole_where_its_uses_are_not_known() {
    let catalog = ("gradle/libs.versions.toml", "[libraries]\nguava = \"com.google.guava:guava:33.2.1-jre\"\n");
    let counted = |path: &str, text: &str| {
        let all = found(&[catalog, (path, text)]);
        let told = all.iter().any(|line| line.contains("1 entry is used by no build file and not counted"));
        let is_there = all.iter().any(|line| line == "pkg:maven/com.google.guava/guava@33.2.1-jre is package");
        assert_ne!(told, is_there, "{all:?}");
        is_there
    };
    assert!(!counted("build.gradle", "dependencies { implementation libs.other }\n"));
    assert!(counted("build.gradle", "dependencies { implementation libs.guava }\n"));
    assert!(counted("settings.gradle", "rootProject.name = 'app'\n"));
    assert!(counted("build.gradle", "dependencies { implementation libs.findLibrary(name).get() }\n"));
    assert!(counted("build.gradle.kts", "plugins { `kotlin-dsl` }\n"));
}

#[test]
fn the_answer_of_a_lock_file_in_a_merge_is_the_one_that_the_manifest_asks_for() {
    let entry = |version: &str| {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        format!("[[package]]\nname = \"serde\"\nversion = \"{version}\"\nsource = \"{source}\"\n")
    };
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"cm\"\nversion = \"0.1.0\"\ndependencies = [\"serde\"]\n\n<<<<<<< HEAD\n{}=======\n{}>>>>>>> topic\n",
        entry("1.0.200"),
        entry("1.0.203")
    );
    let manifest = "[package]\nname = \"cm\"\nversion = \"0.1.0\"\n\n[dependencies]\nserde = \"1.0.203\"\n";
    let all = found(&[("Cargo.toml", manifest), ("Cargo.lock", &lock)]);
    has(&all, &["project:. depends-on pkg:cargo/serde@1.0.203", "pkg:cargo/serde@1.0.203 requirement = 1.0.203"]);
    lacks(&all, &["pkg:cargo/serde@1.0.200 requirement"]);
}

#[test]
fn what_a_crate_outside_of_the_tree_needs_is_kept() {
    let manifest =
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\n\n[dependencies]\nhelper = { path = \"../helper\" }\n";
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"helper\"]\n\n\
                [[package]]\nname = \"helper\"\nversion = \"0.1.0\"\ndependencies = [\"serde\"]\n\n\
                [[package]]\nname = \"serde\"\nversion = \"1.0.203\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let all = found(&[("Cargo.toml", manifest), ("Cargo.lock", lock)]);
    has(&all, &["project:. depends-on pkg:cargo/serde@1.0.203"]);
}

#[test]
fn catalogs_whose_accessor_is_not_followed_count_as_they_stand() {
    let catalog = "[libraries]\njunit = \"org.junit:junit:5.0.0\"\n";
    let settings = "dependencyResolutionManagement { versionCatalogs { create('testLibs') { from(files('gradle/more.versions.toml')) } } }\n";
    let build = ("app/build.gradle", "dependencies { testImplementation testLibs.junit }\n");
    let all = found(&[("settings.gradle", settings), ("gradle/more.versions.toml", catalog), build]);
    has(&all, &["pkg:maven/org.junit/junit@5.0.0 is package"]);
    lacks(&all, &["not counted"]);
    // a file without a name, and letters of two bytes
    let all = found(&[("gradle/.versions.toml", catalog), ("build.gradle", "aé = 1\n")]);
    has(&all, &["pkg:maven/org.junit/junit@5.0.0 is package"]);
    lacks(&all, &["panicked"]);
    let all = found(&[
        ("gradle/libs.versions.toml", catalog),
        ("buildSrc/build.gradle", "plugins { id 'groovy' }\n"),
        ("buildSrc/src/main/groovy/A.groovy", "class A { def x(c) { c.findLibrary('junit') } }\n"),
        ("build.gradle", "x\n"),
    ]);
    has(&all, &["pkg:maven/org.junit/junit@5.0.0 is package"]);
    // code that asks for nothing leaves nothing open
    let all = found(&[
        ("gradle/libs.versions.toml", catalog),
        ("buildSrc/build.gradle", "plugins { id 'groovy' }\n"),
        ("buildSrc/src/main/groovy/A.groovy", "class A {}\n"),
        ("build.gradle", "x\n"),
    ]);
    lacks(&all, &["pkg:maven/org.junit/junit"]);
}

#[test]
fn constraints_hold_for_what_a_conda_environment_includes() {
    let environment = "dependencies:\n  - pip\n  - pip:\n    - -c cons/pins.txt\n    - -r sub/list.txt\n";
    let all =
        found(&[("environment.yml", environment), ("cons/pins.txt", "numpy==1.26.4\n"), ("sub/list.txt", "numpy\n")]);
    has(&all, &["pkg:pypi/numpy@1.26.4 resolution = pinned"]);
}

#[test]
fn folders_of_a_go_workspace_that_are_not_there_are_told() {
    let all =
        found(&[("go.work", "go 1.24\nuse ./missing\nuse ./there\n"), ("there/go.mod", "module there\n\ngo 1.24\n")]);
    has(&all, &["go.work:2:1: unresolved: the folder `./missing` holds no go.mod in this tree"]);
    lacks(&all, &["./there` holds"]);
}

#[test]
fn ranges_of_npm_in_commands_are_read() {
    let all = found(&[(
        "Dockerfile",
        "FROM node:22\nRUN npm install -g @acme/cli@^2\nRUN npm install \"chalk@>=5 <6\"\nRUN npm install left@*\n",
    )]);
    has(
        &all,
        &["pkg:npm/%40acme/cli requirement = ^2", "pkg:npm/chalk requirement = >=5 <6", "pkg:npm/left is package"],
    );
}

#[test]
fn revisions_that_uv_states_beside_a_requirement_pin_it() {
    let manifest = |rev: &str| {
        format!(
            "[project]\nname = \"a\"\ndependencies = [\"fork\"]\n\n[tool.uv.sources]\nfork = {{ git = \"https://git.example.org/acme/fork\", {rev} }}\n"
        )
    };
    let commit = manifest("rev = \"0123456789abcdef0123456789abcdef01234567\"");
    has(&found(&[("pyproject.toml", &commit)]), &["pkg:pypi/fork resolution = pinned"]);
    has(&found(&[("pyproject.toml", &manifest("branch = \"main\""))]), &["pkg:pypi/fork resolution = unlocked"]);
}
