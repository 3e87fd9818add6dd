//! Repositories of builds of the JVM and of .NET: which project asks which of them, and whose the dependencies are.

use sovaudit::catalog::Catalog;
use sovaudit::model::{Inventory, RelationKind};
use sovaudit::scan::{Options, scan_directory, scan_files};
use sovaudit::text::RelPath;

use crate::fetched_from::{confused, fetched};
use crate::judging::tree;

fn scanned(files: &[(&str, &str)]) -> Inventory {
    let folder = tree(files);
    scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("scans")
}

/// Which project depends on which package, `folder name@version`; projects on each other as `folder -> folder`.
fn asked(files: &[(&str, &str)]) -> Vec<String> {
    let inventory = scanned(files);
    let rows = inventory.relations().filter(|(_, row)| row.kind == RelationKind::DependsOn);
    let of_project = rows.filter_map(|(from, row)| Some((from.as_str().strip_prefix("project:")?, row)));
    let mut found: Vec<String> = of_project
        .map(|(from, row)| match row.to.as_str().strip_prefix("project:") {
            Some(to) => format!("{from} -> {to}"),
            None => format!("{from} {}", row.to.as_str().rsplit('/').next().expect("a part")),
        })
        .collect();
    found.sort();
    found
}

/// What was not understood.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let mut told: Vec<String> = scanned(files)
        .diagnostics
        .iter()
        .map(|one| format!("{}:{} {}", one.path, one.at.map_or(0, |at| at.line), one.message))
        .collect();
    told.sort();
    told
}

fn nuget(sources: &str, more: &str) -> String {
    format!("<configuration><packageSources>{sources}</packageSources>{more}</configuration>")
}

fn source(name: &str, host: &str) -> String {
    format!("<add key=\"{name}\" value=\"https://{host}/v3/index.json\"/>")
}

fn project(names: &[&str]) -> String {
    let items: String =
        names.iter().map(|name| format!("<PackageReference Include=\"{name}\" Version=\"1.0.0\"/>")).collect();
    format!("<Project Sdk=\"x\"><ItemGroup>{items}</ItemGroup></Project>")
}

#[test]
fn settings_of_nuget_are_those_of_all_folders_above() {
    let above = nuget(&(source("Corp", "corp.example") + &source("old", "old.example")), "");
    let project = project(&["A.B"]);
    let with = |near: &str| {
        let files =
            [("nuget.config", above.as_str()), ("app/NuGet.Config", near), ("app/src/a.csproj", project.as_str())];
        fetched(&files).iter().map(|row| row.replace("A.B@1.0.0 ", "")).collect::<Vec<_>>()
    };
    // one that says nothing of sources takes nothing away
    assert_eq!(with("<configuration/>"), ["corp.example", "nuget.org", "old.example"]);
    // capitals mean nothing, and that a source is listed turns it off whatever the value
    let off = |names: &[&str]| {
        let all: String = names.iter().map(|name| format!("<add key=\"{name}\" value=\"true\"/>")).collect();
        format!("<disabledPackageSources>{all}</disabledPackageSources>")
    };
    assert_eq!(with(&nuget("", &off(&["OLD"]))), ["corp.example", "nuget.org"]);
    assert_eq!(with(&nuget("", &off(&["old", "nuget.org"]))), ["corp.example"]);
    // the nearer address of one name
    assert_eq!(with(&nuget(&source("corp", "near.example"), &off(&["old"]))), ["near.example", "nuget.org"]);
    assert_eq!(with(&nuget(&source("nuget.org", "mirror.example"), &off(&["old", "corp"]))), ["mirror.example"]);
    assert_eq!(with(&nuget(&("<clear/>".to_owned() + &source("x", "x.example")), "")), ["x.example"]);
}

#[test]
fn sources_of_nuget_that_are_turned_off_above_can_be_turned_on() {
    let off = "<disabledPackageSources><add key=\"corp\" value=\"true\"/></disabledPackageSources>";
    let above = nuget(&source("corp", "corp.example"), off);
    let near = nuget("", "<disabledPackageSources><clear/></disabledPackageSources>");
    let project = project(&["A.B"]);
    let files = [("nuget.config", above.as_str()), ("app/a.csproj", project.as_str())];
    assert_eq!(fetched(&files), ["A.B@1.0.0 nuget.org"]);
    let files = [files[0], files[1], ("app/nuget.config", near.as_str())];
    assert_eq!(fetched(&files), ["A.B@1.0.0 corp.example", "A.B@1.0.0 nuget.org"]);
}

#[test]
fn names_of_nuget_are_mapped_across_folders() {
    let mapping = |rows: &[(&str, &str)]| {
        let rows = rows.iter().map(|(source, pattern)| {
            format!("<packageSource key=\"{source}\"><package pattern=\"{pattern}\"/></packageSource>")
        });
        format!("<packageSourceMapping>{}</packageSourceMapping>", rows.collect::<String>())
    };
    let above = nuget(
        &(source("corp", "corp.example") + &source("other", "other.example")),
        &mapping(&[("corp", "Corp.*"), ("nuget.org", "*"), ("other", "Corp.Core")]),
    );
    let project = project(&["A.B", "Corp.Core", "Corp.CoreX", "Corp.Public.X"]);
    let with = |near: &str| {
        fetched(&[("nuget.config", above.as_str()), ("app/nuget.config", near), ("app/a.csproj", project.as_str())])
    };
    assert_eq!(
        with("<configuration/>"),
        [
            "A.B@1.0.0 nuget.org",
            "Corp.Core@1.0.0 other.example",
            "Corp.CoreX@1.0.0 corp.example",
            "Corp.Public.X@1.0.0 corp.example"
        ]
    );
    // one of the same source takes its place, and the public registry is one of them without being stated
    let near = format!("<configuration>{}</configuration>", mapping(&[("Nuget.org", "Corp.Public.*")]));
    assert!(with(&near).contains(&"Corp.Public.X@1.0.0 nuget.org".to_owned()), "{:?}", with(&near));
    assert!(!with(&near).contains(&"Corp.Public.X@1.0.0 corp.example".to_owned()), "{:?}", with(&near));
    // without a mapping all are asked
    let near = "<configuration><packageSourceMapping><clear/></packageSourceMapping></configuration>";
    assert_eq!(with(near).len(), 12);
}

fn mapped(rows: &[(&str, &str)]) -> String {
    let rows = rows.iter().map(|(source, pattern)| {
        format!("<packageSource key=\"{source}\"><package pattern=\"{pattern}\"/></packageSource>")
    });
    format!("<packageSourceMapping>{}</packageSourceMapping>", rows.collect::<String>())
}

fn disabled(name: &str) -> String {
    format!("<disabledPackageSources><add key=\"{name}\" value=\"true\"/></disabledPackageSources>")
}

#[test]
fn settings_of_nuget_of_which_nothing_is_left_hide_those_above() {
    let corp = source("Corp", "corp.example");
    let project = project(&["A.B"]);
    let with = |above: &str, near: &str| {
        let files = [("nuget.config", above), ("sub/nuget.config", near), ("sub/a.csproj", project.as_str())];
        assert_eq!(confused(&files), [""; 0]);
        fetched(&files)
    };
    let off = format!("<configuration>{}</configuration>", disabled("Corp"));
    assert_eq!(with(&nuget(&corp, ""), &off), ["A.B@1.0.0 nuget.org"]);
    // without the user's own source nothing is left
    assert_eq!(with(&nuget(&format!("<clear/>{corp}"), ""), &off), [""; 0]);
    assert_eq!(with(&nuget(&corp, ""), &nuget("<clear/>", "")), [""; 0]);
    // names that are mapped to nothing but what is turned off
    let above = nuget(&format!("<clear/>{corp}"), &mapped(&[("corp", "*")]));
    let near = nuget(&source("nuget.org", "nuget.org"), &disabled("Corp"));
    assert_eq!(with(&above, &near), [""; 0]);
}

#[test]
fn names_of_nuget_that_are_mapped_to_what_is_turned_off_come_from_nowhere() {
    let sources = format!("<clear/>{}{}", source("nuget.org", "nuget.org"), source("corp", "corp.example"));
    let mapping = mapped(&[("nuget.org", "*"), ("corp", "Acme.*")]);
    let project = project(&["Acme.Core", "Other"]);
    let alone = nuget(&sources, &format!("{mapping}{}", disabled("corp")));
    let files = [("nuget.config", alone.as_str()), ("a.csproj", project.as_str())];
    assert_eq!(fetched(&files), ["Other@1.0.0 nuget.org"]);
    assert_eq!(confused(&files), [""; 0]);
    // the public one, in a nearer file
    let above = nuget(&sources, &mapping);
    let near = nuget(&source("extra", "extra.example"), &disabled("nuget.org"));
    let files = [("nuget.config", above.as_str()), ("b/NuGet.Config", near.as_str()), ("b/b.csproj", project.as_str())];
    assert_eq!(fetched(&files), ["Acme.Core@1.0.0 corp.example"]);
}

#[test]
fn settings_of_nuget_have_limits() {
    let many: String = (0..300).map(|at| source(&format!("s{at}"), "many.example")).collect();
    let many = nuget(&many, "");
    let of_sources = "more than 256 sources; further ones do not count";
    assert_eq!(told(&[("nuget.config", &many)]), [format!("nuget.config:1 {of_sources}")]);
    let patterns: Vec<(String, String)> = (0..300).map(|at| ("s".to_owned(), format!("a{at}"))).collect();
    let patterns: Vec<(&str, &str)> =
        patterns.iter().map(|(name, pattern)| (name.as_str(), pattern.as_str())).collect();
    assert_eq!(
        told(&[("nuget.config", &nuget(&source("s", "s.example"), &mapped(&patterns)))]),
        ["nuget.config:1 more than 256 patterns of names; further ones do not count"]
    );
    let paths: Vec<String> = (1..=6).map(|depth| format!("{}nuget.config", "a/".repeat(depth))).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), many.as_str())).collect();
    let above = "too many sources and patterns in the folders above; those of the farther ones do not count";
    assert!(told(&files).contains(&format!("a/a/a/a/a/a/nuget.config:0 {above}")), "{:?}", told(&files));
}

#[test]
fn nuget_knows_no_way_to_remove_a_source() {
    let config = nuget("<remove key=\"corp\"/>\n", "");
    assert_eq!(
        told(&[("nuget.config", &config)]),
        ["nuget.config:1 NuGet knows no `<remove>`: the source `corp` stays"]
    );
}

const TWO: &str = "include 'app', 'lib'\n";
const APP: &str = "dependencies { implementation 'g:app:1' }\n";
const LIB: &str = "dependencies { implementation 'g:lib:1' }\n";

/// Where `app` and `lib` of a build with two projects come from.
fn two(settings: &str, root: &str, app: &str) -> Vec<String> {
    fetched(&[
        ("settings.gradle", &format!("{TWO}{settings}")),
        ("build.gradle", root),
        ("app/build.gradle", &format!("{app}{APP}")),
        ("lib/build.gradle", LIB),
    ])
}

#[test]
fn repositories_in_blocks_of_gradle_are_those_of_the_projects_meant() {
    let corp = "repositories { maven { url 'https://corp.example' } }";
    for block in [
        format!("project(':app') {{ {corp} }}\n"),
        format!("project(':app').{corp}\n"),
        format!("configure(project(':app')) {{\n{corp}\n}}\n"),
    ] {
        assert_eq!(two("", &block, ""), ["app@1 corp.example", "lib@1 maven.org"], "{block}");
    }
    for block in [
        format!("subprojects {{ {corp} }}\n"),
        format!("subprojects {{ one ->\n{corp}\n}}\n"),
        format!("allprojects {{ {corp} }}\n"),
        format!("subprojects {{ one -> one.{corp} }}\n"),
    ] {
        assert_eq!(two("", &block, ""), ["app@1 corp.example", "lib@1 corp.example"], "{block}");
        // what a project says itself comes on top
        let with_own = two("", &block, "repositories { maven { url 'https://own.example' } }\n");
        assert_eq!(with_own, ["app@1 corp.example", "app@1 own.example", "lib@1 corp.example"], "{block}");
        let with_central = two("", &block, "repositories { mavenCentral() }\n");
        assert_eq!(with_central, ["app@1 corp.example", "app@1 maven.org", "lib@1 corp.example"], "{block}");
    }
    // what stands outside of blocks is the script's own project's
    assert_eq!(two("", &format!("{corp}\n"), ""), ["app@1 maven.org", "lib@1 maven.org"]);
    let root = format!("{corp}\ndependencies {{ implementation 'g:root:1' }}\n");
    assert!(two("", &root, "").contains(&"root@1 corp.example".to_owned()));
}

#[test]
fn dependencies_in_blocks_of_gradle_come_from_where_their_projects_ask() {
    let root = "project(':app') { dependencies { implementation 'g:for-app:1' } }\n\
                subprojects { dependencies { implementation 'g:for-both:1' } }\n";
    let found = two("", root, "repositories { maven { url 'https://own.example' } }\n");
    assert_eq!(
        found,
        [
            "app@1 own.example",
            "for-app@1 own.example",
            "for-both@1 maven.org",
            "for-both@1 own.example",
            "lib@1 maven.org"
        ]
    );
}

#[test]
fn entries_of_a_catalog_come_from_where_those_that_use_them_ask() {
    let catalog = "[libraries]\na = \"g:a:1\"\n";
    let files = [
        ("settings.gradle", TWO),
        ("gradle/libs.versions.toml", catalog),
        (
            "build.gradle",
            "// versions are kept in libs\nsubprojects { repositories { maven { url 'https://corp.example' } } }\n",
        ),
        ("app/build.gradle", "dependencies { implementation libs.a }\n"),
        ("lib/build.gradle", ""),
    ];
    assert_eq!(fetched(&files), ["a@1 corp.example"]);
    assert_eq!(asked(&files), ["app a@1"], "a word in a comment is no use");
}

#[test]
fn settings_of_gradle_give_repositories_to_projects_without_any() {
    let managed = |mode: &str| {
        format!(
            "dependencyResolutionManagement {{\n{mode}\nrepositories {{ maven {{ url 'https://settings.example' }} }}\n}}\n"
        )
    };
    let own = "repositories { maven { url 'https://own.example' } }\n";
    let by_project = ["app@1 own.example", "lib@1 settings.example"];
    let by_settings = ["app@1 settings.example", "lib@1 settings.example"];
    assert_eq!(two(&managed(""), "", own), by_project);
    assert_eq!(two(&managed("repositoriesMode = RepositoriesMode.PREFER_PROJECT"), "", own), by_project);
    assert_eq!(two(&managed(""), "", "repositories { mavenCentral() }\n")[0], "app@1 maven.org");
    for mode in ["FAIL_ON_PROJECT_REPOS", "PREFER_SETTINGS"] {
        let settings = managed(&format!("repositoriesMode.set(RepositoriesMode.{mode})"));
        assert_eq!(two(&settings, "", own), by_settings, "{mode}");
        let files = [("settings.gradle", &*settings), ("build.gradle", own)];
        assert_eq!(
            told(&files),
            [format!(
                "build.gradle:1 the settings alone say which repositories are asked (`{mode}`): those of this script are not"
            )]
        );
    }
    // of the script beside the settings
    let files = [("settings.gradle", &*managed("")), ("build.gradle", &*format!("{own}{APP}"))];
    assert_eq!(fetched(&files), ["app@1 own.example"]);
}

#[test]
fn other_ways_to_add_dependencies_of_gradle() {
    let root = "subprojects { one -> one.dependencies { implementation('g:a:1') } }\n\
                project(':app').dependencies { implementation 'g:b:1' }\n\
                project(':app').dependencies.add('testImplementation', 'g:c:1')\n\
                dependencies.add('implementation', 'g:d:1')\n\
                subprojects { dependencies.add('implementation', 'g:e:1') }\n\
                dependencies { add('implementation', 'g:f:1') }\n";
    let files = [("settings.gradle", TWO), ("build.gradle", root), ("app/build.gradle", ""), ("lib/build.gradle", "")];
    assert_eq!(asked(&files), [". d@1", ". f@1", "app a@1", "app b@1", "app c@1", "app e@1", "lib a@1", "lib e@1"]);
}

#[test]
fn projects_that_are_included_and_not_there_are_told() {
    let files = [("settings.gradle", "include 'app', 'ghost'\ninclude(':more:ghosts')\n"), ("app/build.gradle", APP)];
    let wanted = "settings.gradle:1 the project `:ghost` lies in `ghost`, where this tree holds nothing that is read; so it is with 1 project more";
    assert_eq!(told(&files), [wanted]);
}

#[test]
fn precompiled_script_plugins_give_to_the_projects_that_apply_them() {
    let base = "plugins { `java-library` }\nrepositories { maven { url = uri(\"https://corp.example\") } }\n\
                dependencies { implementation(\"g:base:1\") }\n";
    let more =
        "package org.corp\n\nplugins { id(\"base-conventions\") }\ndependencies { testImplementation(\"g:more:1\") }\n";
    let files = |folder: &str, settings: &str| {
        let at = |name: &str| format!("{folder}/src/main/kotlin/{name}.gradle.kts");
        [
            ("settings.gradle.kts".to_owned(), settings.to_owned()),
            (at("base-conventions"), base.to_owned()),
            (at("more"), more.to_owned()),
            (format!("{folder}/settings.gradle.kts"), String::new()),
            (format!("{folder}/build.gradle.kts"), "repositories { gradlePluginPortal() }\n".to_owned()),
            ("app/build.gradle.kts".to_owned(), "plugins { id(\"org.corp.more\") }\n".to_owned()),
            ("lib/build.gradle.kts".to_owned(), "plugins { `base-conventions` }\n".to_owned()),
            ("other/build.gradle.kts".to_owned(), "plugins { id(\"base-conventions\") apply false }\n".to_owned()),
        ]
    };
    let include = "include(\"app\", \"lib\", \"other\")\n";
    let of_logic = format!("pluginManagement {{ includeBuild(\"build-logic\") }}\n{include}");
    for files in [files("buildSrc", include), files("build-logic", &of_logic)] {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(asked(&files), ["app base@1", "app more@1", "lib base@1"]);
        assert_eq!(fetched(&files), ["base@1 corp.example", "more@1 corp.example"]);
    }
}

#[test]
fn plugins_of_the_tree_are_no_packages_and_applied_by_their_aliases() {
    let files = [
        ("settings.gradle", "include 'app'\n"),
        (
            "gradle/libs.versions.toml",
            "[plugins]\nours = { id = \"ours-x\" }\nother = { id = \"other\", version = \"2\" }\n",
        ),
        ("buildSrc/src/main/groovy/ours-x.gradle", "dependencies { implementation 'g:base:1' }\n"),
        ("app/build.gradle", "plugins {\n alias(libs.plugins.ours)\n alias(libs.plugins.other)\n}\n"),
    ];
    assert_eq!(asked(&files), ["app base@1", "app other.gradle.plugin@2"]);
}

#[test]
fn plugins_that_a_project_registers_are_no_packages_for_the_builds_that_have_it() {
    let with = |settings: &str| {
        asked(&[
            ("settings.gradle.kts", settings),
            ("gradle/libs.versions.toml", "[plugins]\nours-b = { id = \"ours.b\" }\n"),
            (
                "build-logic/convention/build.gradle.kts",
                "gradlePlugin {\n plugins {\n  register(\"a\") {\n   id = \"ours.a\"\n   implementationClass = \"A\"\n  }\n  \
                 register(\"b\") { id = libs.plugins.ours.b.asProvider().get().pluginId }\n  create(\"c\") { \
                 id.set(\"ours.c\") }\n }\n}\n",
            ),
            (
                "app/build.gradle.kts",
                "plugins {\n id(\"ours.a\")\n alias(libs.plugins.ours.b)\n id(\"ours.c\")\n id(\"other\") version \"2\"\n}\n",
            ),
        ])
    };
    let included = "pluginManagement { includeBuild(\"build-logic\") }\ninclude(\":app\")\n";
    assert_eq!(with(included), ["app other.gradle.plugin@2"]);
    // where nothing includes that build, its catalog alone says what the entry is
    let own = ["app other.gradle.plugin@2", "app ours.b.gradle.plugin"];
    assert_eq!(with("include(\":app\")\n"), own);
}

#[test]
fn a_plugin_of_the_tree_is_one_for_the_builds_that_have_it_alone() {
    let app = "plugins { id 'org.sonarqube' version '4.0' }\n";
    let with = |path: &str, settings: &str| {
        asked(&[("settings.gradle", settings), (path, ""), ("x/build.gradle", ""), ("app/build.gradle", app)])
    };
    let from_registry = ["app org.sonarqube.gradle.plugin@4.0"];
    // nothing of `app` sees it
    assert_eq!(with("x/src/main/groovy/org.sonarqube.gradle", ""), from_registry);
    assert_eq!(with("x/buildSrc/src/main/groovy/org.sonarqube.gradle", ""), from_registry);
    assert_eq!(with("x/src/main/groovy/org.sonarqube.gradle", "includeBuild 'y'\n"), from_registry);
    // what `buildSrc` makes has no version
    assert_eq!(with("buildSrc/src/main/groovy/org.sonarqube.gradle", ""), from_registry);
    // an included build is asked first, whatever version is stated
    let settings = "pluginManagement { includeBuild('x') }\n";
    assert_eq!(with("x/src/main/groovy/org.sonarqube.gradle", settings), [""; 0]);
    // neither by the alias of another build
    let files = |folder: &str| {
        asked(&[
            (&format!("{folder}/buildSrc/src/main/groovy/ours.gradle"), ""),
            ("a/gradle/libs.versions.toml", "[plugins]\nours = { id = \"ours\" }\n"),
            ("a/build.gradle", "plugins { alias(libs.plugins.ours) }\n"),
        ])
    };
    assert_eq!(files("b"), ["a ours.gradle.plugin"]);
    assert_eq!(files("a"), [""; 0]);
}

#[test]
fn scripts_of_gradle_that_all_apply_each_other_are_told() {
    let all: Vec<(String, String)> = (0..400)
        .map(|at| {
            let text: String =
                (1..100).map(|next| format!("apply plugin: 'p{}'\n", (at + next * 3 + 1) % 400)).collect();
            (format!("buildSrc/src/main/groovy/p{at}.gradle"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let told = told(&files);
    let limit = "scripts of the tree apply each other too often: who applies this one is not known";
    assert!(!told.is_empty() && told.len() < 400 && told.iter().all(|one| one.ends_with(limit)), "{told:?}");
}

#[test]
fn build_src_and_included_builds_have_repositories_of_their_own() {
    let settings = "pluginManagement { includeBuild('logic') }\n\
                    dependencyResolutionManagement {\n repositoriesMode.set(RepositoriesMode.FAIL_ON_PROJECT_REPOS)\n \
                    repositories { maven { url 'https://only.example' } }\n}\ninclude 'app'\n";
    for folder in ["buildSrc", "logic"] {
        let with = |repositories: &str| {
            let build = format!("repositories {{ {repositories} }}\ndependencies {{ implementation 'g:inner:1' }}\n");
            let path = format!("{folder}/build.gradle");
            let files = [("settings.gradle", settings), (path.as_str(), build.as_str()), ("app/build.gradle", APP)];
            assert_eq!(told(&files), [""; 0], "{folder}");
            fetched(&files)
        };
        assert_eq!(with("maven { url 'https://corp.example' }"), ["app@1 only.example", "inner@1 corp.example"]);
        assert_eq!(with("mavenCentral()"), ["app@1 only.example", "inner@1 maven.org"]);
        assert_eq!(with("gradlePluginPortal()"), ["app@1 only.example", "inner@1 gradle.org"]);
    }
}

#[test]
fn gradle_asks_no_repository_that_nobody_states() {
    let with = |repositories: &str| {
        let build = format!("repositories {{ {repositories} }}\ndependencies {{ implementation 'g:x:1' }}\n");
        fetched(&[("build.gradle", &build)])
    };
    assert_eq!(with("google()"), ["x@1 maven.google.com"]);
    assert_eq!(with("gradlePluginPortal()"), ["x@1 gradle.org"]);
    assert_eq!(with("google()\nmavenCentral()"), ["x@1 maven.google.com", "x@1 maven.org"]);
    // what is asked for some names is asked beside others
    let some = "google { content { includeGroup 'g' } }\nmaven { url 'https://corp.example' }";
    assert!(with(some).contains(&"x@1 corp.example".to_owned()), "{:?}", with(some));
}

#[test]
fn scripts_of_gradle_give_to_the_projects_that_apply_them() {
    let shared =
        "repositories { maven { url 'https://corp.example' } }\ndependencies { implementation 'g:shared:1' }\n";
    let files = [
        ("settings.gradle", TWO),
        ("gradle/shared.gradle", shared),
        ("gradle/nobody.gradle", "dependencies { implementation 'g:lone:1' }\n"),
        ("app/build.gradle", "apply from: \"$rootDir/gradle/shared.gradle\"\n"),
        ("lib/build.gradle", "apply(from = \"../gradle/shared.gradle\")\n"),
    ];
    assert_eq!(asked(&files), ["app shared@1", "gradle lone@1", "lib shared@1"]);
    assert_eq!(fetched(&files), ["lone@1 maven.org", "shared@1 corp.example"]);
}

fn pom(more: &str) -> String {
    format!(
        "<project><groupId>a</groupId><artifactId>p</artifactId><version>1</version>{more}<dependencies><dependency><groupId>g</groupId><artifactId>x</artifactId><version>1</version></dependency></dependencies></project>"
    )
}

fn repository(id: &str, address: &str) -> String {
    format!("<repositories><repository><id>{id}</id><url>{address}</url></repository></repositories>")
}

#[test]
fn mirrors_of_maven_leave_repositories_of_the_machine_alone() {
    let settings = |of: &str| {
        format!(
            "<settings><mirrors><mirror><mirrorOf>{of}</mirrorOf><url>https://mirror.example</url></mirror></mirrors></settings>"
        )
    };
    let with = |of: &str, address: &str| {
        fetched(&[("pom.xml", &pom(&repository("r", address))), (".mvn/settings.xml", &settings(of))])
    };
    for local in ["http://localhost:8081/r", "http://127.0.0.1/r"] {
        let host = if local.contains("localhost") { "localhost" } else { "127.0.0.1" };
        assert_eq!(with("external:*", local), [format!("x@1 {host}"), "x@1 mirror.example".to_owned()]);
        assert_eq!(with("external:http:*", local), [format!("x@1 {host}"), "x@1 maven.org".to_owned()]);
        assert_eq!(with("*", local), ["x@1 mirror.example"]);
    }
    assert_eq!(with("external:*", "file:///srv/r"), ["x@1 mirror.example"]);
    assert_eq!(with("external:http:*", "http://r.example"), ["x@1 maven.org", "x@1 mirror.example"]);
    assert_eq!(with("external:http:*", "https://r.example"), ["x@1 maven.org", "x@1 r.example"]);
}

#[test]
fn repositories_of_profiles_of_maven() {
    let profile = |active: &str, id: &str| {
        format!(
            "<profiles><profile><id>c</id>{active}<properties><at>c.example</at></properties>{}</profile></profiles>",
            repository(id, "https://${at}/r")
        )
    };
    let active = "<activation><activeByDefault>true</activeByDefault></activation>";
    assert_eq!(fetched(&[("pom.xml", &pom(&profile("", "c")))]), ["x@1 c.example", "x@1 maven.org"]);
    assert_eq!(fetched(&[("pom.xml", &pom(&profile(active, "central")))]), ["x@1 c.example"]);
    // one that only some runs take leaves the central one to others
    assert_eq!(fetched(&[("pom.xml", &pom(&profile("", "central")))]), ["x@1 c.example", "x@1 maven.org"]);
    // and of a parent
    let child = "<project><parent><groupId>a</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>c</artifactId><dependencies><dependency><groupId>g</groupId><artifactId>y</artifactId><version>1</version></dependency></dependencies></project>";
    let found = fetched(&[("pom.xml", &pom(&profile(active, "central"))), ("c/pom.xml", child)]);
    assert_eq!(found, ["x@1 c.example", "y@1 c.example"]);
}

#[test]
fn where_maven_publishes_to_is_no_source() {
    let more = "<distributionManagement><repository><id>central</id><url>https://out.example/r</url></repository></distributionManagement>";
    assert_eq!(fetched(&[("pom.xml", &pom(more))]), ["x@1 maven.org"]);
}

#[test]
fn resolvers_of_sbt() {
    let with =
        |more: &str| fetched(&[("build.sbt", &format!("{more}\nlibraryDependencies += \"g\" % \"x\" % \"1\"\n"))]);
    let both = ["x@1 corp.example", "x@1 maven.org"];
    assert_eq!(with("resolvers += \"corp\" at \"https://corp.example/r\""), both);
    assert_eq!(with("ThisBuild / resolvers ++= Seq(\"corp\" at \"https://corp.example/r\")"), both);
    assert_eq!(
        with("resolvers += Resolver.url(\"corp\", url(\"https://corp.example/r\"))(Resolver.ivyStylePatterns)"),
        both
    );
    assert_eq!(with("resolvers += MavenRepository(\"corp\", \"https://corp.example/r\")"), both);
    assert_eq!(with("val corp = \"corp\" at \"https://corp.example/r\"\nresolvers += corp"), both);
    assert_eq!(with("externalResolvers := Seq(\"corp\" at \"https://corp.example/r\")"), ["x@1 corp.example"]);
    let left_out = "resolvers += \"corp\" at \"https://corp.example/r\"\n\
                    externalResolvers := Resolver.combineDefaultResolvers(resolvers.value.toVector, mavenCentral = false)";
    assert_eq!(with(left_out), ["x@1 corp.example"]);
    for publishing in [
        "publishTo := Some(\"corp\" at \"https://corp.example/r\")",
        "ThisBuild / publishTo := {\n val a = 1\n Some(\"corp\" at \"https://corp.example/r\") }",
    ] {
        assert_eq!(with(publishing), ["x@1 maven.org"], "{publishing}");
    }
    let files = [
        ("build.sbt", "libraryDependencies += \"g\" % \"x\" % \"1\"\n"),
        (
            "project/plugins.sbt",
            "resolvers += \"corp\" at \"https://corp.example/r\"\naddSbtPlugin(\"g\" % \"p\" % \"2\")\n",
        ),
    ];
    assert_eq!(fetched(&files), ["p@2 corp.example", "p@2 maven.org", "x@1 maven.org"]);
}

#[test]
fn a_file_of_repositories_of_sbt() {
    let with = |repositories: &str, options: &str| {
        fetched(&[
            ("build.sbt", "libraryDependencies += \"g\" % \"x\" % \"1\"\n"),
            ("project/repositories", repositories),
            (".sbtopts", options),
        ])
    };
    let corp = "[repositories]\n  local\n  # ours\n  corp: https://corp.example/r\n  \
                typed: https://typed.example/ivy, [organization]/[module]/[revision]\n";
    let named = "-Dsbt.repository.config=project/repositories\n";
    assert_eq!(with(corp, named), ["x@1 corp.example", "x@1 typed.example"]);
    assert_eq!(with(corp, ""), ["x@1 corp.example", "x@1 maven.org", "x@1 typed.example"]);
    let central = format!("{corp}  maven-central\n");
    assert_eq!(with(&central, named), ["x@1 corp.example", "x@1 maven.org", "x@1 typed.example"]);
}

#[test]
fn builds_of_other_tools_are_told() {
    let files =
        [("project.clj", ""), ("build.mill", ""), ("x/ivy.xml", ""), ("x/ivysettings.xml", ""), ("y/deps.edn", "")];
    assert_eq!(
        told(&files),
        [
            "build.mill:0 a Mill build; this format is not read yet",
            "project.clj:0 a Leiningen project; this format is not read yet",
            "x/ivy.xml:0 a module of Apache Ivy; this format is not read yet",
            "x/ivysettings.xml:0 settings of Apache Ivy; this format is not read yet",
            "y/deps.edn:0 dependencies of a Clojure project; this format is not read yet"
        ]
    );
}

/// Folders within folders cost as much as folders beside each other, but for their longer names.
#[test]
fn settings_of_nuget_deep_in_each_other_are_read_soon() {
    let config = nuget(&source("corp", "corp.example"), "");
    let took = |path: &dyn Fn(usize) -> String| {
        let paths: Vec<String> = (0..1_900).map(path).collect();
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), config.as_str())).collect();
        let owned =
            files.iter().map(|(path, text)| (RelPath::new(path).expect("is a path"), text.as_bytes().to_vec(), None));
        let owned = owned.collect();
        let begun = std::time::Instant::now();
        let found = scan_files(owned, &Catalog::embedded(), &Options::default());
        assert!(found.facts().count() >= 1_900, "{:?}", found.diagnostics);
        begun.elapsed()
    };
    let deep = took(&|at| format!("{}nuget.config", "a/".repeat(at)));
    let beside = took(&|at| format!("d{at}/nuget.config"));
    assert!(deep < beside * 8 + std::time::Duration::from_secs(1), "{deep:?} {beside:?}");
}
