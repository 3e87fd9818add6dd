//! Manifests and lock files of one project, read together.

use sovaudit::catalog::Catalog;
use sovaudit::model::{FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

fn scan(files: &[(&str, &str)]) -> Inventory {
    let files =
        files.iter().map(|(path, text)| (RelPath::new(path).expect("is relative"), text.as_bytes().to_vec(), None));
    scan_files(files.collect(), &Catalog::embedded(), &Options::default())
}

fn needs(inventory: &Inventory) -> Vec<String> {
    let direct = inventory.facts().filter_map(|(fact, _)| match fact {
        FactRef::Relation { from, kind: RelationKind::DependsOn, to, .. } if from.as_str().starts_with("project:") => {
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
    let direct = found.facts().any(|(fact, evidence)| {
        matches!(fact, FactRef::Attribute { key: "requirement", value, .. } if &**value == ">=2")
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
fn ranges_that_the_lock_file_contradicts_and_pins_that_it_lacks_are_told() {
    let python = |asked: &str| {
        let manifest = format!("[project]\nname = \"app\"\ndependencies = [{asked}]\n");
        said(&scan(&[("uv.lock", LOCK), ("pyproject.toml", &manifest)]))
    };
    let told = python("\"torch>=2.5,<3\", \"vllm==0.6.0\"");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|text| text.contains("`torch` is asked for as >=2.5,<3 here and `uv.lock` holds 2.4.0")));
    assert!(told.iter().any(|text| text.contains("`vllm` is asked for here and `uv.lock` does not hold it")));
    assert!(python("\"torch>=2.4,<3\"").is_empty());
    assert!(python("\"torch>=2.5rc1\"").is_empty(), "what is not understood is not claimed");
    let npm = |range: &str| {
        let manifest = format!("{{\"dependencies\": {{\"left\": \"{range}\"}}}}");
        let lock = "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/left\": {\"version\": \"1.4.0\"}}}";
        said(&scan(&[("package.json", &manifest), ("package-lock.json", lock)]))
    };
    assert!(npm("^1.2").is_empty() && npm("latest").is_empty());
    assert!(npm("^2.0.0")[0].contains("asked for as ^2.0.0 here and `package-lock.json` holds 1.4.0"));
}

#[test]
fn a_manifest_alone_says_so() {
    let found = scan(&[("requirements.txt", "torch>=2\nvllm==0.6.0\nray\n")]);
    assert_eq!(needs(&found), ["project:. pkg:pypi/ray", "project:. pkg:pypi/torch", "project:. pkg:pypi/vllm@0.6.0"]);
    assert_eq!(
        said(&found),
        [
            "requirements.txt:1:1: unresolved: no lock file answers this manifest: 2 requirements are listed, 1 with its constraint"
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
        "project:packages/b project:packages/a",
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
        let open = found.facts().any(
            |(fact, _)| matches!(fact, FactRef::Attribute { key: "resolution", value, .. } if &**value == "unlocked"),
        );
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

const GRADLE: &str = "dependencies {\n  implementation 'g:a:1.0'\n  testImplementation 'g:b:2.0'\n}\n";

#[test]
fn a_declared_version_stays_until_a_lock_file_answers() {
    let alone = scan(&[("app/build.gradle", GRADLE)]);
    assert_eq!(needs(&alone), ["project:app pkg:maven/g/a@1.0", "project:app pkg:maven/g/b@2.0"]);
    assert!(said(&alone).is_empty(), "{:?}", said(&alone));
    let resolution = |found: &Inventory, package: &str| -> Vec<String> {
        let of = |(fact, _): (FactRef<'_>, &sovaudit::model::EvidenceSet)| match fact {
            FactRef::Attribute { of, key: "resolution", value } if of.as_str() == package => Some(value.to_string()),
            _ => None,
        };
        found.facts().filter_map(of).collect()
    };
    assert_eq!(resolution(&alone, "pkg:maven/g/a@1.0"), ["unlocked"]);

    let lock = "g:a:1.0=runtimeClasspath\ng:b:2.1=testRuntimeClasspath\n";
    let locked = scan(&[("app/build.gradle", GRADLE), ("app/gradle.lockfile", lock), ("lib/build.gradle", GRADLE)]);
    assert_eq!(
        needs(&locked),
        [
            "project:app pkg:maven/g/a@1.0",
            "project:app pkg:maven/g/b@2.1",
            "project:lib pkg:maven/g/a@1.0",
            "project:lib pkg:maven/g/b@2.0"
        ]
    );
    assert_eq!(resolution(&locked, "pkg:maven/g/a@1.0"), ["locked", "unlocked"], "another project still declares it");
    assert!(said(&locked).is_empty(), "a later version is what Gradle may take: {:?}", said(&locked));
    let only = scan(&[("build.gradle", GRADLE), ("gradle.lockfile", lock)]);
    assert_eq!(resolution(&only, "pkg:maven/g/a@1.0"), ["locked"]);
    assert!(!only.facts().any(|(fact, _)| format!("{fact:?}").contains("g/b@2.0")), "the lock file wins");
}

#[test]
fn nuget_compares_names_and_versions_as_it_reads_them() {
    let lock = r#"{"version":1,"dependencies":{"net8.0":{"Serilog":{"type":"Direct","requested":"[4.0, )","resolved":"4.0.0"}}}}"#;
    let project = r#"<Project><ItemGroup><PackageReference Include="serilog" Version="4.0" /></ItemGroup></Project>"#;
    let found = scan(&[("a.csproj", project), ("packages.lock.json", lock)]);
    assert_eq!(needs(&found), ["project:. pkg:nuget/Serilog@4.0.0"]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));
}

/// A folder below with a manifest of its own is another project where no lock file names it: what it pins otherwise is its own.
#[test]
fn a_project_of_its_own_below_a_lock_file_keeps_its_pins() {
    let own = |dependencies: &str| format!("[project]\nname = \"one\"\ndependencies = [{dependencies}]\n");
    let files = |lock: String| {
        scan(&[
            ("uv.lock", &lock),
            ("pyproject.toml", &own("\"torch\"").replace("one", "app")),
            ("ex/pyproject.toml", &own("\"torch==2.1.0\"")),
            ("more/requirements.txt", "torch==2.2.0\nvllm==0.6.0\n"),
        ])
    };
    let found = files(LOCK.to_owned());
    let needs = needs(&found);
    assert!(needs.contains(&"project:more pkg:pypi/torch@2.2.0".to_owned()), "{needs:?}");
    assert!(needs.contains(&"project:more pkg:pypi/vllm@0.6.0".to_owned()), "{needs:?}");
    assert!(!needs.contains(&"project:ex pkg:pypi/torch@2.4.0".to_owned()), "{needs:?}");
    assert!(needs.contains(&"project:. pkg:pypi/torch@2.4.0".to_owned()), "{needs:?}");
    let said_of = said(&found);
    assert!(!said_of.iter().any(|text| text.contains("is pinned to")), "{said_of:?}");
    // a member that the lock file names is told
    let member = "\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\nsource = { editable = \"ex\" }\n\
                  dependencies = [{ name = \"torch\" }]\n";
    let said = said(&files(format!("{LOCK}{member}")));
    assert!(said.iter().any(|text| text.contains("ex/pyproject.toml") && text.contains("pinned to 2.1.0")), "{said:?}");
}

#[test]
fn a_disagreement_names_the_file_that_holds_the_other_version() {
    let manifest = "[project]\nname = \"app\"\ndependencies = [\"torch\"]\n";
    // made by `uv export` some time ago
    let exported = "# This file was autogenerated by uv via the following command:\n#    uv export\ntorch==2.3.0\n";
    let found = scan(&[("uv.lock", LOCK), ("pyproject.toml", manifest), ("requirements.txt", exported)]);
    let told = said(&found);
    assert!(told.iter().all(|text| !text.contains("`requirements.txt` holds")), "{told:?}");
    let composer = scan(&[
        ("composer.json", "{\"require\": {\"a/b\": \"2.5.3\"}}"),
        ("composer.lock", "{\"packages\": [{\"name\": \"a/b\", \"version\": \"v2.5.3\"}]}"),
    ]);
    assert!(said(&composer).is_empty(), "{:?}", said(&composer));
}

#[test]
fn what_hooks_need_stands_in_no_lock_file() {
    let hooks = "repos:\n- repo: https://github.com/a/b\n  rev: v1\n  hooks:\n  - id: c\n    additional_dependencies: [torch==1.0.0]\n";
    let found = scan(&[("uv.lock", LOCK), (".pre-commit-config.yaml", hooks)]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));
}

#[test]
fn resolutions_of_yarn_lead_to_what_they_put_in() {
    let lock = "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n  dependencies:\n    \
                ws: \"npm:~8.17.1\"\n    \"@s/t\": \"npm:^1.0.0\"\n\n\"ws@npm:^7.0.0\":\n  version: 7.1.0\n  resolution: \"ws@npm:7.1.0\"\n\n\
                \"ws@npm:^8.21.0\":\n  version: 8.21.0\n  resolution: \"ws@npm:8.21.0\"\n\n\"@s/t@npm:2.0.0\":\n  version: 2.0.0\n  \
                resolution: \"@s/t@npm:2.0.0\"\n\n\"@s/t@npm:3.0.0\":\n  version: 3.0.0\n  resolution: \"@s/t@npm:3.0.0\"\n";
    let manifest = "{\"resolutions\": {\"ws@npm:~8.17.1\": \"^8.21.0\", \"a/@s/t\": \"2.0.0\"}}";
    let found = scan(&[("yarn.lock", lock), ("package.json", manifest)]);
    let edges = found.facts().filter_map(|(fact, _)| match fact {
        FactRef::Relation { from, kind: RelationKind::DependsOn, to, .. } if from.as_str() == "pkg:npm/a@1.0.0" => {
            Some(to.to_string())
        }
        _ => None,
    });
    assert_eq!(edges.collect::<Vec<_>>(), ["pkg:npm/%40s/t@2.0.0", "pkg:npm/ws@8.21.0"]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));
}

/// npm puts the registry that it is told in the place of npmjs.org in its lock files, for everything that is locked.
#[test]
fn the_registry_of_npm_takes_the_place_of_locked_addresses() {
    let lock = "{\"lockfileVersion\":3,\"packages\":{\"\":{\"dependencies\":{\"a\":\"1.0.0\"}},\"node_modules/a\":{\"version\":\"1.0.0\",\
                \"resolved\":\"https://registry.npmjs.org/a/-/a-1.0.0.tgz\",\"dependencies\":{\"b\":\"1.0.0\"}},\"node_modules/b\":{\"version\":\"1.0.0\",\
                \"resolved\":\"https://registry.npmjs.org/b/-/b-1.0.0.tgz\"},\"node_modules/c\":{\"version\":\"1.0.0\",\
                \"resolved\":\"https://npm.other.example/c/-/c-1.0.0.tgz\"}}}";
    let hosts = |settings: &str| {
        let found = scan(&[("package-lock.json", lock), (".npmrc", settings)]);
        let hosts = found.facts().filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind: RelationKind::DistributedBy, to, .. }
                if from.as_str().starts_with("pkg:") =>
            {
                Some(format!("{from} {to}"))
            }
            _ => None,
        });
        hosts.collect::<Vec<_>>()
    };
    let mirrored = hosts("registry=https://registry.npmmirror.com/\n");
    let other = "pkg:npm/c@1.0.0 host:npm.other.example";
    assert_eq!(
        mirrored,
        ["pkg:npm/a@1.0.0 host:registry.npmmirror.com", "pkg:npm/b@1.0.0 host:registry.npmmirror.com", other]
    );
    let kept = ["pkg:npm/a@1.0.0 host:npmjs.org", "pkg:npm/b@1.0.0 host:npmjs.org", other];
    for setting in
        ["never", "\"never\"", "never ; as it stands", "npmjs\nreplace-registry-host=never", "npm.third.example"]
    {
        let found = hosts(&format!("registry=https://registry.npmmirror.com/\nreplace-registry-host = {setting}\n"));
        assert_eq!(found, kept, "{setting}");
    }
    for setting in
        ["npmjs", "registry.npmjs.org", "never\nreplace-registry-host=npmjs", "\n[x]\nreplace-registry-host=never"]
    {
        let found = hosts(&format!("registry=https://registry.npmmirror.com/\nreplace-registry-host = {setting}\n"));
        assert_eq!(found, mirrored, "{setting}");
    }
    // what Yarn is told says nothing of npm's lock file
    let yarn = "npmRegistryServer: https://yarn.corp.example\n";
    let both = scan(&[
        ("package-lock.json", lock),
        (".npmrc", "registry=https://registry.npmmirror.com/\n"),
        (".yarnrc.yml", yarn),
    ]);
    let of_a = both.facts().filter_map(|(fact, _)| match fact {
        FactRef::Relation { from, kind: RelationKind::DistributedBy, to, .. } if from.as_str() == "pkg:npm/a@1.0.0" => {
            Some(to.to_string())
        }
        _ => None,
    });
    assert_eq!(of_a.collect::<Vec<_>>(), ["host:registry.npmmirror.com"]);
}

/// Ranges of RubyGems and Composer that the lock file does not keep, and pins of Python that it does.
#[test]
fn what_lock_files_of_ruby_and_php_do_not_keep_is_told() {
    let gemfile =
        "source \"https://rubygems.org\"\ngem \"rails\", \"~> 7.1\"\ngem \"rack\", \"2.2.8\"\ngem \"puma\", \">= 6\"\n";
    let gem_lock = "GEM\n  remote: https://rubygems.org/\n  specs:\n    puma (6.4.2)\n    rack (2.2.9)\n    rails (7.0.8)\n\nPLATFORMS\n  ruby\n\n\
                    DEPENDENCIES\n  puma (>= 6)\n  rack (= 2.2.8)\n  rails (~> 7.1)\n";
    let found = said(&scan(&[("Gemfile", gemfile), ("Gemfile.lock", gem_lock)]));
    assert!(
        found.iter().any(|line| line.contains("`rails` is asked for as") && line.contains("holds 7.0.8")),
        "{found:?}"
    );
    assert!(found.iter().any(|line| line.contains("`rack`") && line.contains("holds 2.2.9")), "{found:?}");
    assert!(!found.iter().any(|line| line.contains("`puma`")), "{found:?}");
    let composer = "{\"require\":{\"symfony/yaml\":\"^7.0\",\"monolog/monolog\":\"~3.5\"}}";
    let composer_lock = "{\"packages\":[{\"name\":\"symfony/yaml\",\"version\":\"v6.4.8\"},{\"name\":\"monolog/monolog\",\"version\":\"3.7.0\"}],\"packages-dev\":[]}";
    let found = said(&scan(&[("composer.json", composer), ("composer.lock", composer_lock)]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("yaml` is asked for as ^7.0") && found[0].contains("v6.4.8"), "{found:?}");
    let project = "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"torch==2.4.0\", \"pinned==1.0.0\"]\n";
    let uv = "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"1\"\nsource = { editable = \".\" }\ndependencies = [{ name = \"pinned\" }, { name = \"torch\" }]\n\n\
              [[package]]\nname = \"pinned\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.org/simple\" }\n\n\
              [[package]]\nname = \"torch\"\nversion = \"2.4.0+cpu\"\nsource = { registry = \"https://download.pytorch.org/whl/cpu\" }\n";
    let found = said(&scan(&[("pyproject.toml", project), ("uv.lock", uv)]));
    assert!(found.is_empty(), "{found:?}");
}

/// Odd keys of npm's lock file lead where they led, and what stands twice is told.
#[test]
fn odd_keys_of_npm_locks_are_places_too() {
    let lock = "{\"lockfileVersion\":3,\"packages\":{\"\":{},\"/node_modules/a\":{\"version\":\"1.0.0\",\"dependencies\":{\"b\":\"1\"}},\
                \"/node_modules/a/node_modules/b\":{\"version\":\"1.0.0\"},\"node_modules/c\":{\"version\":\"1.0.0\"},\
                \"node_modules/c\":{\"version\":\"2.0.0\"}}}";
    let found = scan(&[("package-lock.json", lock)]);
    let edges = found.facts().filter_map(|(fact, _)| match fact {
        FactRef::Relation { from, kind: RelationKind::DependsOn, to, .. } => Some(format!("{from} {to}")),
        _ => None,
    });
    assert_eq!(edges.collect::<Vec<_>>(), ["pkg:npm/a@1.0.0 pkg:npm/b@1.0.0"]);
    assert_eq!(said(&found).len(), 1, "{:?}", said(&found));
    assert!(said(&found)[0].contains("a second entry `node_modules/c`"), "{:?}", said(&found));
}

/// The index of a file of requirements is asked for what it includes as well.
#[test]
fn an_index_is_asked_for_included_files() {
    let found = scan(&[
        (
            "requirements.txt",
            "-i https://mirrors.aliyun.com/pypi/simple\n-r requirements-extra.txt\nrequests==2.32.0\n",
        ),
        ("requirements-extra.txt", "pandas==2.2.2\n"),
    ]);
    let of = |name: &str| {
        let hosts = found.facts().filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind: RelationKind::DistributedBy, to, .. } if from.as_str().contains(name) => {
                Some(to.to_string())
            }
            _ => None,
        });
        hosts.collect::<Vec<_>>()
    };
    assert_eq!(of("requests"), ["host:mirrors.aliyun.com"]);
    assert!(of("pandas").contains(&"host:mirrors.aliyun.com".to_owned()), "{:?}", of("pandas"));
}

const CARGO_LOCK: &str = "version = 4\n\n\
    [[package]]\nname = \"api\"\nversion = \"0.1.0\"\ndependencies = [\"core\", \"syn 1.0.109\", \"insta\"]\n\n\
    [[package]]\nname = \"core\"\nversion = \"0.1.0\"\ndependencies = [\"syn 2.0.1\"]\n\n\
    [[package]]\nname = \"insta\"\nversion = \"1.40.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    dependencies = [\"console\", \"quote\"]\n\n\
    [[package]]\nname = \"console\"\nversion = \"0.15.8\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n\
    [[package]]\nname = \"quote\"\nversion = \"1.0.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n\
    [[package]]\nname = \"syn\"\nversion = \"1.0.109\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n\
    [[package]]\nname = \"syn\"\nversion = \"2.0.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    dependencies = [\"quote\"]\n";

fn cargo_workspace(core_asks: &str) -> Inventory {
    let core = format!("[package]\nname = \"core\"\n\n[dependencies]\n{core_asks}\n");
    scan(&[
        ("Cargo.lock", CARGO_LOCK),
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
        (
            "crates/api/Cargo.toml",
            "[package]\nname = \"api\"\n\n[dependencies]\ncore = { path = \"../core\" }\nsyn = \"1\"\n\n\
             [dev-dependencies]\ninsta = \"1.40\"\n",
        ),
        ("crates/core/Cargo.toml", &core),
    ])
}

#[test]
fn members_of_a_cargo_workspace_get_what_they_ask_for() {
    let found = cargo_workspace("syn = \"2\"");
    let needs = needs(&found);
    let of_members: Vec<&str> =
        needs.iter().map(String::as_str).filter(|need| need.starts_with("project:crates")).collect();
    assert_eq!(
        of_members,
        [
            "project:crates/api pkg:cargo/insta@1.40.0",
            "project:crates/api pkg:cargo/syn@1.0.109",
            "project:crates/api project:crates/core",
            "project:crates/core pkg:cargo/syn@2.0.1",
        ]
    );
    assert!(said(&found).is_empty(), "{:?}", said(&found));
}

#[test]
fn a_cargo_lock_that_does_not_fit_a_member_is_told_as_that() {
    let said = said(&cargo_workspace("syn = \"3\"\ntokio = \"1\""));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("`syn` is asked for as 3 here and `Cargo.lock` holds 1.0.109, 2.0.1"), "{said:?}");
    assert!(said[1].contains("`tokio` is asked for here and `Cargo.lock` does not hold it"), "{said:?}");
}

#[test]
fn what_only_tests_lead_to_is_for_tests() {
    let found = cargo_workspace("syn = \"2\"");
    let scope = |id: &str| {
        let known = found.known(&sovaudit::model::ComponentId::new(id)).expect("is held");
        known.values("scope").map(|value| value.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(scope("pkg:cargo/insta@1.40.0"), ["dev"]);
    assert_eq!(scope("pkg:cargo/console@0.15.8"), ["dev"], "through insta alone");
    assert_eq!(scope("pkg:cargo/quote@1.0.1"), ["runtime"], "through syn 2 as well");
    // asked for by tests and needed by what runs
    let asked = cargo_workspace("syn = \"2\"\n\n[dev-dependencies]\nquote = \"1\"");
    let quote = asked.known(&sovaudit::model::ComponentId::new("pkg:cargo/quote@1.0.1")).expect("is held");
    assert_eq!(quote.values("scope").map(|value| value.to_string()).collect::<Vec<_>>(), ["dev", "runtime"]);
    // a member whose manifest is not there asks for things for a reason that nothing says
    let lock_alone = scan(&[("Cargo.lock", CARGO_LOCK)]);
    assert!(lock_alone.attributes().all(|(_, row)| row.key != "scope"));
}

#[test]
fn projects_that_build_on_each_other_are_connected() {
    let found = scan(&[
        ("package.json", r#"{"name": "shop", "private": true}"#),
        ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {}}}"#),
        ("a/package.json", r#"{"name": "@shop/a", "dependencies": {"@shop/b": "file:../b"}}"#),
        ("b/package.json", r#"{"name": "@shop/b"}"#),
    ]);
    assert!(needs(&found).contains(&"project:a project:b".to_owned()), "{:?}", needs(&found));
}

#[test]
fn an_exact_version_is_locked_where_a_lock_file_holds_it_and_pinned_elsewhere() {
    let stands = |files: &[(&str, &str)], package: &str| -> Vec<String> {
        let found = scan(files);
        let values = found.facts().filter_map(|(fact, _)| match fact {
            FactRef::Attribute { of, key: "resolution", value } if of.as_str() == package => Some(value.to_string()),
            _ => None,
        });
        values.collect()
    };
    let manifest = ("package.json", r#"{"name": "a", "dependencies": {"qs": "6.0.0"}}"#);
    let lock = |version: &str| {
        format!(
            r#"{{"name": "a", "lockfileVersion": 3, "packages": {{"": {{"name": "a", "dependencies": {{"qs": "6.0.0"}}}},
            "node_modules/qs": {{"version": "{version}"}}}}}}"#
        )
    };
    let (held, other) = (lock("6.0.0"), lock("6.5.0"));
    let qs = "pkg:npm/qs@6.0.0";
    assert_eq!(stands(&[manifest], qs), ["pinned"]);
    assert_eq!(stands(&[manifest, ("package-lock.json", &held)], qs), ["locked"]);
    // npm takes what the lock file holds, or calls it stale
    assert_eq!(stands(&[manifest, ("package-lock.json", &other)], qs), [""; 0]);
    assert_eq!(stands(&[manifest, ("package-lock.json", &other)], "pkg:npm/qs@6.5.0"), ["locked"]);
    let command = ("Dockerfile", "FROM scratch\nRUN npm install -g qs@6.0.0\n");
    assert_eq!(stands(&[command, ("package-lock.json", &other)], qs), ["pinned"]);
    // a file with hashes for all, or that a tool compiled, is its own lock file
    assert_eq!(stands(&[("requirements.txt", "a==1.0 --hash=sha256:00\n")], "pkg:pypi/a@1.0"), ["locked"]);
    let compiled = [("requirements.in", "a==1.0\n"), ("requirements.txt", "a==1.0\n    # via -r requirements.in\n")];
    assert_eq!(stands(&compiled, "pkg:pypi/a@1.0"), ["locked"]);
    assert_eq!(stands(&[("requirements.txt", "a==1.0\n")], "pkg:pypi/a@1.0"), ["pinned"]);
}

#[test]
fn somebody_elses_copy_is_no_member() {
    let named = |folder: &str| (format!("{folder}/package.json"), r#"{"name": "react", "version": "0.0.1"}"#);
    let (path, copy) = named("test/fixtures/react");
    let found = scan(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"react": "^18.0.0"}}"#),
        ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"react": "^18.0.0"}}}}"#),
        (&path, copy),
    ]);
    assert_eq!(needs(&found), ["project:. pkg:npm/react"]);
    assert!(said(&found).iter().any(|text| text.contains("does not hold it")), "{:?}", said(&found));
    // members of a workspace that has no lock file, below the lock file of another project
    let found = scan(&[
        ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {}}}"#),
        ("nx/package.json", r#"{"name": "nx", "workspaces": ["infra", "site"]}"#),
        ("nx/infra/package.json", r#"{"name": "infra", "dependencies": {"site": "*"}}"#),
        ("nx/site/package.json", r#"{"name": "site"}"#),
    ]);
    assert_eq!(needs(&found), ["project:nx/infra project:nx/site"]);
    // a crate with a version alone is never one of the tree, and a name that two crates have tells neither
    let manifest = |name: &str, asks: &str| format!("[package]\nname = \"{name}\"\n\n[dependencies]\n{asks}\n");
    let (api, core, twin) = (manifest("api", "core = \"1\""), manifest("core", "gone = \"1\""), manifest("core", ""));
    let found = scan(&[
        ("Cargo.lock", CARGO_LOCK),
        ("crates/api/Cargo.toml", &api),
        ("crates/core/Cargo.toml", &core),
        ("fixtures/core/Cargo.toml", &twin),
    ]);
    assert!(needs(&found).contains(&"project:crates/api pkg:cargo/core".to_owned()), "{:?}", needs(&found));
    assert!(!said(&found).iter().any(|text| text.contains("`gone`")), "{:?}", said(&found));
}

#[test]
fn the_root_of_a_workspace_gets_the_version_that_it_asks_for() {
    let found = scan(&[
        ("Cargo.lock", &CARGO_LOCK.replace("\"syn 1.0.109\", \"insta\"", "\"syn 1.0.109\", \"syn 2.0.1\", \"insta\"")),
        ("Cargo.toml", "[package]\nname = \"api\"\n\n[workspace]\n\n[dependencies]\nsyn = \"2\"\n"),
    ]);
    let asked = |id: &str| {
        let known = found.known(&sovaudit::model::ComponentId::new(id)).expect("is held");
        known.values("requirement").map(|value| value.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(asked("pkg:cargo/syn@2.0.1"), ["2"]);
    assert!(asked("pkg:cargo/syn@1.0.109").is_empty());
}

#[test]
fn a_lock_files_address_wins_over_what_an_exact_version_implies() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"react": "18.3.1"}}, "node_modules/react":
        {"version": "18.3.1", "resolved": "https://registry.npmmirror.com/react/-/react-18.3.1.tgz"}}}"#;
    let manifest = ("package.json", r#"{"dependencies": {"react": "18.3.1"}}"#);
    let hosts = |files: &[(&str, &str)]| -> Vec<String> {
        let found = scan(files);
        let rows = found
            .relations()
            .filter(|(from, row)| from.as_str().contains("react") && row.kind == RelationKind::DistributedBy);
        rows.map(|(_, row)| row.to.to_string()).collect()
    };
    assert_eq!(hosts(&[manifest, ("package-lock.json", lock)]), ["host:registry.npmmirror.com"]);
    assert_eq!(hosts(&[manifest]), ["host:npmjs.org"]);
}

#[test]
fn members_of_uv_build_on_each_other_and_a_cut_cargo_lock_is_told() {
    let lock = "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
                dependencies = [{ name = \"lib\" }, { name = \"out\" }]\n\n\
                [[package]]\nname = \"lib\"\nversion = \"0.1.0\"\nsource = { editable = \"libs/lib\" }\n\n\
                [[package]]\nname = \"out\"\nversion = \"0.1.0\"\nsource = { directory = \"../out\" }\n\
                dependencies = [{ name = \"torch\" }]\n\n[[package]]\nname = \"torch\"\nversion = \"2.4.0\"\n";
    assert_eq!(needs(&scan(&[("uv.lock", lock)])), ["project:. project:libs/lib"]);
    let cut = CARGO_LOCK.find("source").map(|at| &CARGO_LOCK[..at - 1]).expect("has one");
    let found = scan(&[("Cargo.lock", cut)]);
    assert!(said(&found).iter().any(|text| text.contains("may be cut off")), "{:?}", said(&found));
    assert!(found.attributes().all(|(_, row)| &*row.value != "cargo insta"));
}

#[test]
fn modules_of_a_reactor_are_no_packages_where_their_versions_are_managed() {
    let managed = "<dependencyManagement><dependencies><dependency><groupId>eu.acme</groupId><artifactId>b</artifactId>\
                   <version>${project.version}</version></dependency></dependencies></dependencyManagement>";
    let root = format!(
        "<project><groupId>eu.acme</groupId><artifactId>top</artifactId><version>1.0</version><packaging>pom</packaging>\n\
         <modules><module>a</module><module>b</module></modules>\n{managed}</project>"
    );
    let parent = "<parent><groupId>eu.acme</groupId><artifactId>top</artifactId><version>1.0</version></parent>";
    let asks =
        "<dependencies><dependency><groupId>eu.acme</groupId><artifactId>b</artifactId></dependency></dependencies>";
    let a = format!("<project>{parent}<artifactId>a</artifactId>{asks}</project>");
    let b = format!("<project>{parent}<artifactId>b</artifactId></project>");
    let found = scan(&[("pom.xml", &root), ("a/pom.xml", &a), ("b/pom.xml", &b)]);
    let packages: Vec<String> =
        found.components().map(|(id, _)| id.to_string()).filter(|id| id.starts_with("pkg:")).collect();
    assert!(packages.is_empty(), "{packages:?}");
}

#[test]
fn addresses_end_before_their_markers_and_passwords_of_channels_are_not_told() {
    let found = scan(&[
        ("requirements.txt", "git+https://github.com/taiga-family/maskito.git@v3.0.0; python_version < \"3.9\"\n"),
        (
            "environment.yml",
            "dependencies:\n  - scipy[channel=https://user:pw-secret@conda.example/ours,version='>=1.1']\n",
        ),
    ]);
    let known = found.known(&sovaudit::model::ComponentId::new("pkg:github/taiga-family/maskito@v3.0.0"));
    let conditions: Vec<String> = known.expect("is read").values("condition").map(|value| value.to_string()).collect();
    assert_eq!(conditions, ["python_version < \"3.9\""]);
    assert!(found.attributes().all(|(_, row)| !row.value.contains("pw-secret")));
    let asked = found.attributes().find(|(id, row)| id.as_str().contains("scipy") && row.key == "requirement");
    assert_eq!(asked.map(|(_, row)| row.value.to_string()).as_deref(), Some(">=1.1"));
}

#[test]
fn a_go_workspace_has_its_sums_and_its_copies_for_all_modules() {
    let module = |name: &str| format!("module acme.eu/{name}\n\ngo 1.22\n\nrequire example.org/x v1.2.0\n");
    let (one, two) = (module("one"), module("two"));
    let work = ("go.work", "go 1.22\n\nuse (\n\t./one\n\t./two\n)\n");
    let alone = [work, ("one/go.mod", one.as_str()), ("two/go.mod", two.as_str())];
    assert_eq!(said(&scan(&alone)).iter().filter(|text| text.contains("no go.sum answers")).count(), 2);
    let with = |more: (&'static str, &'static str)| said(&scan(&[&alone[..], &[more]].concat()));
    let of_other = with(("two/go.sum", "example.org/x v1.2.0 h1:AAAA=\n"));
    assert!(of_other.is_empty(), "{of_other:?}");
    let other_version = with(("two/go.sum", "example.org/x v1.1.0 h1:AAAA=\n"));
    assert_eq!(other_version.iter().filter(|text| text.contains("does not hold it")).count(), 2, "{other_version:?}");
    let vendored = with(("vendor/modules.txt", "## workspace\n# example.org/x v1.2.0\n## explicit\nexample.org/x\n"));
    assert!(!vendored.iter().any(|text| text.contains("go.sum")), "{vendored:?}");
}

#[test]
fn a_member_asked_for_by_its_version_is_the_member() {
    let manifests = [
        ("package.json", r#"{"name": "r", "private": true, "workspaces": ["packages/*"]}"#),
        ("packages/ui/package.json", r#"{"name": "@app/ui", "version": "1.0.0"}"#),
        ("packages/api/package.json", r#"{"name": "api", "dependencies": {"@app/ui": "1.0.0", "ms": "2.0.0"}}"#),
    ];
    let npm = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["packages/*"]},
        "packages/ui": {"name": "@app/ui", "version": "1.0.0"},
        "packages/api": {"name": "api", "dependencies": {"@app/ui": "1.0.0", "ms": "2.0.0"}},
        "node_modules/@app/ui": {"resolved": "packages/ui", "link": true},
        "node_modules/api": {"resolved": "packages/api", "link": true},
        "node_modules/ms": {"version": "2.0.0", "resolved": "https://registry.npmjs.org/ms/-/ms-2.0.0.tgz"}}}"#;
    let yarn = "# yarn lockfile v1\n\n\nms@2.0.0:\n  version \"2.0.0\"\n";
    for lock in [("package-lock.json", npm), ("yarn.lock", yarn)] {
        let found = scan(&[&manifests[..], &[lock]].concat());
        let expected = ["project:packages/api pkg:npm/ms@2.0.0", "project:packages/api project:packages/ui"];
        assert_eq!(needs(&found), expected, "{}", lock.0);
        assert!(!found.iter().any(|(id, _)| id.as_str().contains("app/ui@")), "{}", lock.0);
    }
}

#[test]
fn a_lock_file_holds_what_has_no_version() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let asks = r#"{"dependencies": {"q": "git+https://git.example/a/q.git#v1", "open": "git+https://git.example/a/open.git"}}"#;
    let lock = format!(
        r#"{{"lockfileVersion": 1, "dependencies": {{"q": {{"version": "git+https://git.example/a/q.git#{commit}"}},
            "open": {{"version": "git+https://git.example/a/open.git"}}}}}}"#
    );
    let found = scan(&[("package.json", asks), ("package-lock.json", &lock)]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));
    let values = |id: &str, key: &str| {
        let all = found.facts().filter_map(|(fact, _)| match fact {
            FactRef::Attribute { of, key: is, value } if of.as_str() == id && is == key => Some(value.to_string()),
            _ => None,
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(values("pkg:npm/q", "resolution"), ["locked"]);
    assert_eq!(values("pkg:npm/q", "revision"), [commit], "not what the manifest wishes");
    assert_eq!(values("pkg:npm/open", "resolution"), ["unlocked"], "at no commit");
    let pipfile = "[packages]\nq = {git = \"https://git.example/a/q.git\"}\n";
    let lock = format!(
        r#"{{"_meta": {{}}, "default": {{"q": {{"git": "https://git.example/a/q.git", "ref": "{commit}"}}}}}}"#
    );
    let found = scan(&[("Pipfile", pipfile), ("Pipfile.lock", &lock)]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));
}

#[test]
fn a_least_version_is_met_by_a_later_one() {
    let lock = |version: &str| format!("org.slf4j:slf4j-api:{version}=runtimeClasspath\nempty=\n");
    let build = "dependencies {\n    implementation(\"org.slf4j:slf4j-api:2.0.9\")\n}\n";
    let told = |version: &str| said(&scan(&[("build.gradle.kts", build), ("gradle.lockfile", &lock(version))]));
    assert!(told("2.0.13").is_empty(), "{:?}", told("2.0.13"));
    assert!(told("2.0.7").iter().any(|text| text.contains("pinned to 2.0.9")), "{:?}", told("2.0.7"));
}

#[test]
fn the_lock_file_of_a_chart_answers_it() {
    let chart = "name: app\nversion: 0.1.0\ndependencies:\n  - name: db\n    version: ~15.2.0\n    repository: https://charts.example\n  \
                 - name: cache\n    version: 19.1.0\n    repository: https://charts.example\n";
    let lock = |db: &str| {
        format!(
            "dependencies:\n- name: db\n  repository: https://charts.example\n  version: {db}\n- name: cache\n  \
                 repository: https://charts.example\n  version: 19.1.0\n"
        )
    };
    let found = scan(&[("app/Chart.yaml", chart), ("app/Chart.lock", &lock("15.2.8"))]);
    assert_eq!(needs(&found), ["project:app pkg:helm/cache@19.1.0", "project:app pkg:helm/db@15.2.8"]);
    assert!(said(&found).is_empty(), "{:?}", said(&found));
    let found = scan(&[("app/Chart.yaml", chart), ("app/Chart.lock", &lock("14.0.0"))]);
    assert!(said(&found).iter().any(|text| text.contains("~15.2.0") && text.contains("14.0.0")), "{:?}", said(&found));
    let found = scan(&[("app/Chart.yaml", chart)]);
    assert_eq!(needs(&found), ["project:app pkg:helm/cache@19.1.0", "project:app pkg:helm/db"]);
}
