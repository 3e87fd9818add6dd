//! What a package manager takes in the place of what a manifest asks for: one component, with the source that holds.

use sovaudit::catalog::Catalog;
use sovaudit::model::{ComponentId, FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_directory};

use crate::judging::tree;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn scan(files: &[(&str, &str)]) -> Inventory {
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (*path, text.replace("COMMIT", COMMIT))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    scan_directory(tree(&files).path(), &Catalog::embedded(), &Options::default()).expect("scans")
}

/// Packages with their resolution, hosts, and the projects that need them: `hackage/foo@1 pinned h.example < . app`.
fn packages(found: &Inventory) -> Vec<String> {
    let ids = found.components().map(|(id, _)| id).filter(|id| id.as_str().starts_with("pkg:"));
    let of = |id: &ComponentId| {
        let mut resolution = Vec::new();
        let mut hosts = Vec::new();
        let mut users = Vec::new();
        for (fact, _) in found.facts() {
            match fact {
                FactRef::Attribute { of, key: "resolution", value } if of == id => resolution.push(value.to_string()),
                FactRef::Relation { from, kind: RelationKind::DistributedBy, to, .. } if from == id => {
                    hosts.push(to.rest().to_owned());
                }
                FactRef::Relation { from, kind: RelationKind::DependsOn, to, .. } if to == id => {
                    users.push(from.as_str().trim_start_matches("project:").to_owned());
                }
                _ => {}
            }
        }
        let name = id.as_str().trim_start_matches("pkg:").replace(COMMIT, "COMMIT");
        let all = [vec![name], resolution, hosts, vec!["<".to_owned()], users];
        all.concat().join(" ")
    };
    ids.map(of).collect()
}

fn said(found: &Inventory) -> Vec<String> {
    found.diagnostics.iter().map(|one| format!("{}: {}", one.path, one.message)).collect()
}

fn cabal(name: &str, asks: &str) -> String {
    format!("name: {name}\nlibrary\n  build-depends: {asks}\n")
}

#[test]
fn extra_packages_of_stack_answer_without_a_lock_file() {
    let stack = "resolver: lts-21.25\nextra-deps:\n- acme-0.3\n- git: https://h.example/o/foo.git\n  commit: COMMIT\n\
                 - git: https://h.example/o/mono.git\n  commit: COMMIT\n  subdirs: [bar, lib/baz/]\n\
                 - archive: https://h.example/dl/zed-1.0.tar.gz\n- ../beside\n";
    let asks = cabal("x", "acme >=0.1, foo, bar >= 1, baz, zed, mono, base");
    let found = scan(&[("stack.yaml", stack), ("x.cabal", &asks)]);
    assert_eq!(
        packages(&found),
        [
            "generic/foo@COMMIT pinned h.example < .",
            // what its parts are called says nothing of a part with the name of the whole
            "generic/mono@COMMIT pinned h.example < .",
            "generic/zed-1.0.tar.gz unlocked h.example < .",
            "hackage/acme@0.3 pinned haskell.org < .",
            "hackage/base unlocked < .",
            "hackage/mono unlocked haskell.org < .",
        ]
    );
    // a package of another folder, which Stack does not build
    let other = ("other/y.cabal", cabal("y", "acme, foo"));
    let found = scan(&[("stack.yaml", stack), ("x.cabal", &asks), (other.0, &other.1)]);
    let of_other: Vec<String> = packages(&found).into_iter().filter(|one| one.ends_with("other")).collect();
    assert_eq!(of_other, ["hackage/acme unlocked haskell.org < other", "hackage/foo unlocked haskell.org < other"]);
}

#[test]
fn packages_that_a_lock_file_of_stack_has_read_in_repositories_stand_once() {
    let stack = "resolver: lts-21.25\npackages: [app]\nextra-deps:\n- git: https://h.example/o/mono.git\n  commit: COMMIT\n  \
                 subdirs: [bar, baz]\n- github: o/foo\n  commit: COMMIT\n- acme-0.3\n";
    let git = |name: &str, folder: &str| {
        format!(
            "- completed:\n    git: https://h.example/o/mono.git\n    commit: COMMIT\n    name: {name}\n    version: '2.0'\n    \
             subdir: {folder}\n"
        )
    };
    let lock = format!(
        "packages:\n{}{}- completed:\n    url: https://github.com/o/foo/archive/COMMIT.tar.gz\n    name: foo\n    version: 1.2\n    \
         sha256: 00ff\n- completed: {{hackage: \"acme-0.3@sha256:00,1\"}}\nsnapshots:\n- completed: {{url: \
         \"https://h.example/lts.yaml\"}}\n  original: lts-21.25\n",
        git("bar", "bar"),
        git("mono-baz", "baz") + &git("other", "other")
    );
    let asks = cabal("x", "acme, foo, bar >= 1, mono-baz, baz");
    let found = scan(&[("stack.yaml", stack), ("stack.yaml.lock", &lock), ("app/x.cabal", &asks)]);
    assert_eq!(
        packages(&found),
        [
            "hackage/acme@0.3 locked haskell.org < . app",
            "hackage/bar@2.0 locked h.example < . app",
            // no name of the repository: the folder `baz` holds `mono-baz`
            "hackage/baz unlocked haskell.org < app",
            "hackage/foo@1.2 locked github.com < . app",
            "hackage/mono-baz@2.0 locked h.example < . app",
            "hackage/other@2.0 locked h.example <",
        ]
    );
}

#[test]
fn repositories_of_a_cabal_project_give_the_packages_that_are_called_so() {
    let project = "packages: . lib\nsource-repository-package\n  type: git\n  location: https://h.example/o/foo.git\n  \
                   tag: COMMIT\nsource-repository-package\n  type: git\n  location: https://github.com/o/mono\n  tag: COMMIT\n  \
                   subdir: bar\n          deep/baz\nsource-repository-package\n  type: git\n  location: ../beside\n";
    let (x, lib) = (cabal("x", "foo >=1, bar, beside, lib"), cabal("lib", "baz ==1.0, aeson"));
    let found = scan(&[("cabal.project", project), ("x.cabal", &x), ("lib/lib.cabal", &lib)]);
    assert_eq!(
        packages(&found),
        [
            "generic/foo@COMMIT pinned h.example < .",
            "github/o/mono@COMMIT pinned github.com < . lib",
            "hackage/aeson unlocked haskell.org < lib",
            // from a folder beside the tree: no host
            "hackage/beside unlocked < .",
        ]
    );
}

#[test]
fn constraints_of_a_cabal_project_hold_for_what_its_packages_ask() {
    let project = "packages: . lib\nconstraints: foo ==1.2.3, any.bar >=2 && <3,\n             setup.qux ==9.9, baz +flag\n  , \
                   base installed, tool ==4.0, any.hs2 (== 5.0), absent ==1.0\nif impl(ghc >= 9)\n  constraints: baz ==7.0\n";
    let x = cabal("x", "foo, bar, qux, baz, base\n  build-tool-depends: tool:tool, hs2:hs2");
    let lib = cabal("lib", "foo >=1, own ==2.0");
    let local = ("cabal.project.local", "constraints: own ==2.1\n");
    let files = [("cabal.project", project), ("x.cabal", &x), ("lib/lib.cabal", &lib), local];
    let found = scan(&files);
    assert_eq!(
        packages(&found),
        [
            "hackage/bar unlocked haskell.org < .",
            "hackage/base unlocked < .",
            "hackage/baz unlocked haskell.org < .",
            "hackage/foo@1.2.3 pinned haskell.org < . lib",
            "hackage/hs2@5.0 pinned haskell.org < .",
            // what the package itself says
            "hackage/own@2.0 pinned haskell.org < lib",
            "hackage/qux unlocked haskell.org < .",
            "hackage/tool unlocked haskell.org < .",
        ]
    );
    let requires = found.facts().filter_map(|(fact, evidence)| match fact {
        FactRef::Attribute { of, key: "requirement", value } if of.as_str() == "pkg:hackage/bar" => {
            let seen = evidence.iter().find_map(|one| one.sighting()).expect("is seen");
            Some(format!("{value} {}:{}", seen.path(), seen.region().map_or(0, |region| region.start.line)))
        }
        _ => None,
    });
    assert_eq!(requires.collect::<Vec<_>>(), [">=2 && <3 cabal.project:2"]);
    // a freeze file holds the same
    let freeze = ("cabal.project.freeze", "constraints: any.foo ==1.2.3\n");
    let found = scan(&[files[0], files[1], files[2], freeze]);
    assert!(packages(&found).contains(&"hackage/foo@1.2.3 locked haskell.org < . lib".to_owned()));
}

#[test]
fn braces_and_brackets_of_cabal_files() {
    let text = "name: x\nlibrary {\n  build-depends: base (>= 4 && < 5), one (== 1.0), two ((>=1) && (<2)),\n\
                three\n (== 3.0), sub:{a, b} ^>= 1.2, set ^>= { 1.0, 2.0 }, multi:{a,\n b} == 2.0\n  \
                if os(windows) { build-depends: win == 2.0 }\n  if flag(x) {\n    build-depends: inner } else { build-depends: \
                other }\n  description: some { text: build-depends: no }\n}\ntest-suite t {\n  build-depends: { hspec, check }\n}\n\
                executable e { build-depends: last\n  main-is: Main.hs\n}\n";
    let found = scan(&[("x.cabal", text)]);
    let stated = |wanted: &str| -> Vec<String> {
        let rows = found.facts().filter_map(|(fact, _)| match fact {
            FactRef::Attribute { of, key, value } if key == wanted && of.as_str().starts_with("pkg:") => {
                Some(format!("{} {value}", of.as_str().trim_start_matches("pkg:hackage/")))
            }
            _ => None,
        });
        rows.collect()
    };
    assert_eq!(
        stated("requirement"),
        [
            "base >= 4 && < 5",
            "multi == 2.0",
            "one@1.0 == 1.0",
            "set ^>= { 1.0, 2.0 }",
            "sub ^>= 1.2",
            "three == 3.0",
            "two (>=1) && (<2)",
            "win@2.0 == 2.0"
        ]
    );
    let scopes = stated("scope");
    assert_eq!(scopes.len(), 13, "{scopes:?}");
    for wanted in ["check test", "hspec test", "inner runtime", "other runtime", "last runtime"] {
        assert!(scopes.iter().any(|one| one == wanted), "{wanted}: {scopes:?}");
    }
    assert!(said(&found).iter().all(|text| !text.contains("names no package")), "{:?}", said(&found));
}

#[test]
fn what_other_packages_of_composer_stand_for_is_not_fetched() {
    let manifest = r#"{"name":"org/app","require":{"o/frame":"^11.0","o/part":"^11.0","psr/client":"*","org/mine":"*"},
        "replace":{"org/mine":"2.1","o/poly":"*"},"provide":{"psr/log":"1.0"}}"#;
    let lock = r#"{"packages":[{"name":"o/frame","version":"v11.0.0","replace":{"o/Part":"self.version"},"provide":{"psr/client":"1.0"},
        "require":{"o/poly":"*","psr/log":"1.0","org/app":"*","o/gone":"*"},
        "dist":{"type":"zip","url":"https://h.example/f.zip"}}],"packages-dev":[]}"#;
    let found = scan(&[("composer.json", manifest), ("composer.lock", lock)]);
    assert_eq!(packages(&found), ["composer/o/frame@v11.0.0 locked h.example < ."]);
    assert_eq!(said(&found), ["composer.lock: `o/gone` is needed here and has no entry"]);
    // what nothing stands for is still told
    let lock = r#"{"packages":[{"name":"o/frame","version":"v11.0.0"}]}"#;
    let found = scan(&[("composer.json", manifest), ("composer.lock", lock)]);
    assert_eq!(
        said(&found),
        ["o/part", "psr/client"]
            .map(|name| format!("composer.json: `{name}` is asked for here and `composer.lock` does not hold it"))
    );
}

#[test]
fn overrides_of_dart_hold_for_the_whole_workspace() {
    let member = |name: &str, more: &str| format!("name: {name}\nresolution: workspace\n{more}");
    let a =
        member("a", "dependencies:\n  http: ^1.0.0\n  path: ^1.0.0\n  meta: any\n  other: ^2.0.0\n  flutter: any\n");
    let b = member("b", "dependency_overrides:\n  meta:\n    git: {url: \"https://h.example/meta\", ref: COMMIT}\n");
    let overrides = "dependency_overrides:\n  http: 1.2.0\n  path: {path: local}\n  flutter: {sdk: flutter}\n";
    let root = "name: root\nworkspace: [a, b]\n";
    let expected =
        ["pub/http@1.2.0 pinned pub.dev < . a", "pub/meta pinned h.example < a b", "pub/other unlocked pub.dev < a"];
    let local = ("local/pubspec.yaml", "name: path\n");
    let in_root = format!("{root}{overrides}");
    let found = scan(&[("pubspec.yaml", &in_root), ("a/pubspec.yaml", &a), ("b/pubspec.yaml", &b), local]);
    assert_eq!(packages(&found), expected);
    // the file beside the manifest takes the place of what it overrides
    let old = format!("{root}dependency_overrides:\n  other: 9.9.9\n");
    let beside = ("pubspec_overrides.yaml", overrides);
    let found = scan(&[("pubspec.yaml", &old), beside, ("a/pubspec.yaml", &a), ("b/pubspec.yaml", &b), local]);
    assert_eq!(packages(&found), expected);
    let uses = |fact: FactRef<'_>| matches!(fact, FactRef::Relation { from, to, .. } if from.as_str() == "project:a" && to.as_str() == "project:local");
    assert!(found.facts().any(|(fact, _)| uses(fact)));
    // a package that is no member asks for itself
    let alone = "name: a\ndependencies:\n  http: ^1.0.0\n";
    let found = scan(&[("pubspec.yaml", &in_root), ("c/pubspec.yaml", alone), local]);
    assert!(packages(&found).contains(&"pub/http unlocked pub.dev < c".to_owned()));
}

#[test]
fn filters_of_content_limit_their_own_repository_only() {
    let asks = "dependencies { implementation 'com.b:x:1.0'\n implementation 'org.o:y:1.0' }\n";
    let with = |repositories: &str| packages(&scan(&[("build.gradle", &format!("{repositories}\n{asks}"))]));
    let [x, y] = ["maven/com.b/x@1.0 unlocked", "maven/org.o/y@1.0 unlocked"];
    let a = "maven { url 'https://a.example/r' }";
    let b = "maven { url 'https://b.example/r'\n content { includeGroup('com.b') } }";
    let both = [format!("{x} a.example b.example < ."), format!("{y} a.example < .")];
    assert_eq!(with(&format!("repositories {{ {a}\n {b} }}")), both);
    assert_eq!(with(&format!("repositories {{ {b}\n {a} }}")), both);
    let exclusive =
        "exclusiveContent { forRepository { maven { url 'https://b.example/r' } }\n filter { includeGroup('com.b') } }";
    let found = with(&format!("repositories {{ {a}\n {exclusive} }}"));
    assert_eq!(found, [format!("{x} b.example < ."), format!("{y} a.example < .")]);
    let found = with(&format!("repositories {{ google()\n {b} }}"));
    assert_eq!(found, [format!("{x} b.example maven.google.com < ."), format!("{y} maven.google.com < .")]);
    let found = with(&format!("repositories {{ mavenCentral()\n {b} }}"));
    assert_eq!(found, [format!("{x} b.example maven.org < ."), format!("{y} maven.org < .")]);
}

#[test]
fn repositories_of_a_gradle_build_stand_beside_those_of_scripts_that_it_applies() {
    let asks = "dependencies { implementation 'com.b:x:1.0' }\n";
    let both = ["maven/com.b/x@1.0 unlocked a.example maven.org < ."];
    let a = "repositories { maven { url 'https://a.example/r' } }\n";
    let central = "repositories { mavenCentral() }\n";
    for (own, applied) in [(a, central), (central, a)] {
        let build = format!("apply from: 'gradle/repos.gradle'\n{own}{asks}");
        for settings in [&[][..], &[("settings.gradle", "rootProject.name = 'x'\n")][..]] {
            let files = [&[("build.gradle", build.as_str()), ("gradle/repos.gradle", applied)], settings].concat();
            assert_eq!(packages(&scan(&files)), both, "{own} {applied}");
        }
    }
}

#[test]
fn entries_of_a_catalog_that_an_included_build_shares_belong_to_those_that_use_them() {
    let catalog = "[libraries]\nlogic = \"g:logic:1.0\"\napp = \"g:app:1.0\"\nboth = \"g:both:1.0\"\nunused = \"g:unused:1.0\"\n\
                   [plugins]\nown = { id = \"own.conv\" }\n";
    let takes = "dependencyResolutionManagement { versionCatalogs { create(\"libs\") { \
                 from(files(\"../gradle/libs.versions.toml\")) } } }\ninclude(\":conv\")\n";
    let with = |settings: &str, of_logic: &str, code: &str| {
        let own = "[libraries]\nlogic = \"g:logic:2.0\"\nboth = \"g:both:2.0\"\n";
        let takes_it = of_logic.contains("versionCatalogs");
        scan(&[
            ("build-logic/gradle/libs.versions.toml", if takes_it { "" } else { own }),
            ("gradle/libs.versions.toml", catalog),
            ("settings.gradle.kts", settings),
            ("app/build.gradle.kts", "dependencies { implementation(libs.app)\n implementation(libs.both) }\n"),
            ("build-logic/settings.gradle.kts", of_logic),
            (
                "build-logic/conv/build.gradle.kts",
                "plugins { `kotlin-dsl` }\ndependencies { implementation(libs.logic)\n implementation(libs.both) }\n\
                 gradlePlugin { plugins { register(\"own\") {\n id = libs.plugins.own.get().pluginId\n } } }\n",
            ),
            ("build-logic/conv/src/main/kotlin/Conv.kt", code),
        ])
    };
    let settings = "pluginManagement { includeBuild(\"build-logic\") }\ninclude(\":app\")\n";
    let found = with(settings, takes, "class Conv\n");
    assert_eq!(
        packages(&found),
        [
            "maven/g/app@1.0 unlocked maven.org < app",
            "maven/g/both@1.0 unlocked maven.org < app build-logic/conv",
            "maven/g/logic@1.0 unlocked maven.org < build-logic/conv",
        ]
    );
    let unused = "gradle/libs.versions.toml: 1 entry is used by no build file and not counted: `g:unused`";
    assert!(said(&found).contains(&unused.to_owned()), "{:?}", said(&found));
    // where code asks for entries by name or is not there, or where another build lies is computed, all may be used
    let whole = "maven/g/unused@1.0 unlocked maven.org < .";
    let asks = "class Conv { val x = libs.findLibrary(\"unused\") }\n";
    let without = scan(&[
        ("gradle/libs.versions.toml", catalog),
        ("settings.gradle.kts", settings),
        ("build-logic/settings.gradle.kts", takes),
        ("build-logic/conv/build.gradle.kts", "plugins { `kotlin-dsl` }\n"),
        ("app/build.gradle.kts", "dependencies { implementation(libs.app) }\n"),
    ]);
    for found in [with(settings, takes, asks), with("includeBuild(where)\n", takes, "class Conv\n"), without] {
        assert!(packages(&found).contains(&whole.to_owned()), "{:?}", packages(&found));
    }
    // a build that does not take it has another one of that name
    let found = with(settings, "include(\":conv\")\n", "class Conv\n");
    assert_eq!(
        packages(&found),
        [
            "maven/g/app@1.0 unlocked maven.org < app",
            "maven/g/both@1.0 unlocked maven.org < app",
            // whose code may ask for all of its entries
            "maven/g/both@2.0 unlocked maven.org < build-logic build-logic/conv",
            "maven/g/logic@2.0 unlocked maven.org < build-logic build-logic/conv",
        ]
    );
}

#[test]
fn names_that_all_sources_of_pdm_exclude_come_from_nowhere_that_is_known() {
    let with = |sources: &[(&str, &str)]| {
        let sources = sources.iter().map(|(name, more)| {
            format!("[[tool.pdm.source]]\nname = \"{name}\"\nurl = \"https://{name}.example/s\"\n{more}\n")
        });
        let project = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"idna\", \"corp-x\"]\n";
        scan(&[("pyproject.toml", &format!("{project}{}", sources.collect::<String>()))])
    };
    let out = "exclude_packages = [\"corp-*\"]";
    let found = with(&[("pypi", out), ("c", out)]);
    assert_eq!(packages(&found), ["pypi/corp-x unlocked < .", "pypi/idna unlocked c.example pypi.example < ."]);
    let told = "pyproject.toml: all sources exclude `corp-*`: where such packages come from is not known";
    assert!(said(&found).contains(&told.to_owned()), "{:?}", said(&found));
    // PyPI is asked where no source stands in its place
    let found = with(&[("b", out), ("c", out)]);
    assert_eq!(packages(&found)[0], "pypi/corp-x unlocked pypi.org < .");
    // what one includes, the others are not asked for
    let found = with(&[("pypi", out), ("b", "include_packages = [\"corp-*\"]"), ("c", "")]);
    assert_eq!(packages(&found)[0], "pypi/corp-x unlocked b.example < .");
    let found = with(&[("pypi", "exclude_packages = [\"*\"]"), ("c", "")]);
    assert_eq!(packages(&found)[1], "pypi/idna unlocked c.example < .");
}

#[test]
fn resolvers_of_one_sbt_project_are_for_it_alone() {
    let build = "ThisBuild / resolvers += \"all\" at \"https://all.example/r\"\n\
                 lazy val root = (project in file(\".\"))\n  .aggregate(core, web)\n  .settings(libraryDependencies += \"g\" % \"r\" % \"1\")\n\
                 lazy val core = project\n  .settings(\n    resolvers += \"core\" at \"https://core.example/r\",\n    \
                 libraryDependencies += \"g\" % \"c\" % \"1\"\n  )\n\
                 lazy val web = (project in file(\"apps/web\")).dependsOn(core % \"test->test\")\n  \
                 .settings(libraryDependencies += \"g\" % \"w\" % \"1\")\n";
    let found = scan(&[("build.sbt", build)]);
    assert_eq!(
        packages(&found),
        [
            "maven/g/c@1 unlocked all.example core.example maven.org < core",
            "maven/g/r@1 unlocked all.example maven.org < .",
            "maven/g/w@1 unlocked all.example maven.org < apps/web",
        ]
    );
    let uses = |fact: FactRef<'_>| matches!(fact, FactRef::Relation { from, to, .. } if from.as_str() == "project:apps/web" && to.as_str() == "project:core");
    assert!(found.facts().any(|(fact, _)| uses(fact)));
    // where nothing is said of all
    let found = scan(&[("build.sbt", &build[build.find("lazy").expect("is there")..])]);
    assert_eq!(packages(&found)[2], "maven/g/w@1 unlocked maven.org < apps/web");
    // of the root project alone
    let of_root = "lazy val root = (project in file(\".\"))\n  .settings(resolvers += \"r\" at \"https://root.example/r\",\n  \
                   libraryDependencies += \"g\" % \"r\" % \"1\")\nlazy val core = project.settings(libraryDependencies += \"g\" % \"c\" % \"1\")\n";
    let found = scan(&[("build.sbt", of_root)]);
    let expected = ["maven/g/c@1 unlocked maven.org < core", "maven/g/r@1 unlocked maven.org root.example < ."];
    assert_eq!(packages(&found), expected);
    // of a project whose folder is not known, the host alone is told
    let of_ours = "lazy val x = ours(\"x\")\n  .settings(resolvers += \"x\" at \"https://x.example/r\")\n\
                   libraryDependencies += \"g\" % \"r\" % \"1\"\n";
    let found = scan(&[("build.sbt", of_ours)]);
    assert_eq!(packages(&found), ["maven/g/r@1 unlocked maven.org < ."]);
    assert!(found.components().any(|(id, _)| id.as_str() == "host:x.example"));
}

#[test]
fn resolvers_that_sbt_knows_by_name() {
    let with = |more: &str, version: &str| {
        let found = scan(&[("build.sbt", &format!("{more}\nlibraryDependencies += \"g\" % \"x\" % \"{version}\"\n"))]);
        (packages(&found).concat().replace(&format!("maven/g/x@{version} unlocked "), ""), said(&found))
    };
    for (resolver, hosts) in [
        ("Resolver.sonatypeRepo(\"releases\")", "maven.org oss.sonatype.org < ."),
        ("Resolver.typesafeRepo(\"releases\")", "maven.org repo.typesafe.com < ."),
        ("Resolver.typesafeIvyRepo(\"releases\")", "maven.org repo.typesafe.com < ."),
        ("Resolver.bintrayRepo(\"o\", \"r\")", "dl.bintray.com maven.org < ."),
        ("Resolver.sbtPluginRepo(\"releases\")", "maven.org repo.scala-sbt.org < ."),
        ("Resolver.jcenterRepo", "jcenter.bintray.com maven.org < ."),
        ("Resolver.mavenLocal", "maven.org < ."),
        ("Resolver.mavenCentral", "maven.org < ."),
        ("Resolver.file(\"local\", file(\"repo\"))", "maven.org < ."),
        ("Resolver.url(\"x\", new URL(\"https://u.example/r\"))", "maven.org u.example < ."),
        // no release is there
        ("Resolver.sonatypeRepo(\"snapshots\")", "maven.org < ."),
    ] {
        let expected = (hosts.to_owned(), Vec::new());
        assert_eq!(with(&format!("resolvers += {resolver}"), "1.0"), expected, "{resolver}");
    }
    let several = with("resolvers ++= Resolver.sonatypeOssRepos(\"releases\")", "1.0").0;
    assert_eq!(several, "maven.org oss.sonatype.org s01.oss.sonatype.org < .");
    let snapshot = with("resolvers += Resolver.sonatypeCentralSnapshots", "1.0-SNAPSHOT").0;
    assert_eq!(snapshot, "central.sonatype.com maven.org < .");
    let own = with("externalResolvers := Seq(Resolver.mavenCentral, \"a\" at \"https://a.example/r\")", "1.0").0;
    assert_eq!(own, "a.example maven.org < .");
    let (_, told) = with("publishTo := Some(Resolver.sonatypeRepo(\"releases\"))", "1.0");
    assert!(told.is_empty(), "{told:?}");
    for (resolver, message) in [
        ("Resolver.ofOurs(\"x\")", "what `Resolver.ofOurs` asks is not known here"),
        ("\"x\" at sys.env(\"R\")", "the address of a resolver is computed; it is not read"),
        ("Resolver.url(\"x\", where)", "the address of a resolver is computed; it is not read"),
    ] {
        let (hosts, told) = with(&format!("resolvers += {resolver}"), "1.0");
        assert_eq!((hosts.as_str(), told), ("maven.org < .", vec![format!("build.sbt: {message}")]));
    }
}
