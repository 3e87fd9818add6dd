//! Which registry an entry is fetched from, and the findings and plans about it.

use std::collections::BTreeSet;

use serde_json::Value;
use sovaudit::catalog::Catalog;
use sovaudit::model::RelationKind;
use sovaudit::scan::{Options, scan_directory};

use crate::cli::sovaudit;
use crate::judging::{findings, report, tree};

/// Packages of a tree with the hosts they come from, `name@version host`.
pub(crate) fn fetched(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tree(files);
    let inventory = scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("scans");
    let rows = inventory
        .relations()
        .filter(|(from, row)| row.kind == RelationKind::DistributedBy && from.as_str().starts_with("pkg:"));
    let name = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
    let found: BTreeSet<String> =
        rows.map(|(from, row)| format!("{} {}", name(from.as_str()), row.to.rest())).collect();
    found.into_iter().collect()
}

/// Names that two registries may answer for.
pub(crate) fn confused(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tree(files);
    let (_, report) = report(folder.path(), &[]);
    let found = findings(&report, "dependency-confusion");
    let members = found.iter().flat_map(|finding| {
        let members = finding["members"].as_array().filter(|all| !all.is_empty());
        members.map_or_else(|| vec![&finding["subject"]], |all| all.iter().map(|one| &one["component"]).collect())
    });
    members.map(|one| one.as_str().expect("an id").to_owned()).collect()
}

/// Where the only finding of a rule points, and its other places.
fn places(files: &[(&str, &str)], rule: &str) -> (String, Vec<String>) {
    let folder = tree(files);
    let (_, report) = report(folder.path(), &[]);
    let found = findings(&report, rule);
    let [one] = found.as_slice() else { panic!("{rule}: {report:#}") };
    let line = |place: &Value| {
        let line = place["region"]["start"]["line"].as_u64().or_else(|| place["line"].as_u64()).unwrap_or(0);
        format!("{}:{line}", place["path"].as_str().expect("a path"))
    };
    let others = one["related"].as_array().into_iter().flatten().map(line).collect();
    (line(&one["primary"]), others)
}

const BUILD: &str = "plugins { id 'org.plugin' version '2.0' }\n\
                     buildscript { repositories { maven { url 'https://scripts.corp.example' } }\n\
                     dependencies { classpath 'org.script:tool:1.0' } }\n\
                     dependencies { implementation 'org.lib:lib:1.0' }\n";

#[test]
fn gradle_keeps_repositories_of_plugins_scripts_and_libraries_apart() {
    let settings = "pluginManagement { repositories { maven { url 'https://plugins.corp.example' } } }\n\
                    dependencyResolutionManagement { repositories { maven { url 'https://libs.corp.example' } } }\n";
    let found = fetched(&[("settings.gradle", settings), ("build.gradle", BUILD)]);
    assert_eq!(
        found,
        [
            "lib@1.0 libs.corp.example",
            "org.plugin.gradle.plugin@2.0 plugins.corp.example",
            "tool@1.0 scripts.corp.example"
        ]
    );
    // the portal is asked where nothing else is said, and stays where it is named
    let portal =
        "pluginManagement { repositories { maven { url 'https://plugins.corp.example' }\ngradlePluginPortal() } }\n";
    let found = fetched(&[("settings.gradle", portal), ("build.gradle", BUILD)]);
    assert!(found.contains(&"org.plugin.gradle.plugin@2.0 gradle.org".to_owned()), "{found:?}");
    assert!(found.contains(&"lib@1.0 maven.org".to_owned()), "{found:?}");
    let locked = "org.plugin:org.plugin.gradle.plugin:2.0=classpath\norg.script:tool:1.0=classpath\n";
    let files = [
        ("settings.gradle", settings),
        ("buildscript-gradle.lockfile", locked),
        ("gradle.lockfile", "org.lib:lib:1.0=runtimeClasspath\n"),
    ];
    let found = fetched(&files);
    assert_eq!(
        found,
        ["lib@1.0 libs.corp.example", "org.plugin.gradle.plugin@2.0 plugins.corp.example", "tool@1.0 maven.org"]
    );
}

#[test]
fn maven_keeps_repositories_of_plugins_and_libraries_apart() {
    let pom = "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>p</artifactId><version>1</version>
<repositories><repository><id>central</id><url>https://libs.corp.example/</url></repository></repositories>
<pluginRepositories><pluginRepository><id>x</id><url>https://plugins.corp.example/</url></pluginRepository></pluginRepositories>
<dependencies><dependency><groupId>g</groupId><artifactId>lib</artifactId><version>1</version></dependency></dependencies>
<build><plugins><plugin><groupId>g</groupId><artifactId>plugin</artifactId><version>1</version>
<dependencies><dependency><groupId>g</groupId><artifactId>inner</artifactId><version>1</version></dependency></dependencies>
</plugin></plugins></build></project>";
    let found = fetched(&[("pom.xml", pom)]);
    let of_plugins = ["inner@1", "plugin@1"];
    let mut wanted = vec!["lib@1 libs.corp.example".to_owned()];
    wanted.extend(
        of_plugins.iter().flat_map(|name| ["maven.org", "plugins.corp.example"].map(|host| format!("{name} {host}"))),
    );
    wanted.sort();
    assert_eq!(found, wanted);
    // a mirror of everything is asked for both
    let settings = "<settings><mirrors><mirror><mirrorOf>*</mirrorOf><url>https://mirror.corp.example/</url></mirror></mirrors></settings>";
    let bare = pom.replace("<id>central</id>", "<id>y</id>");
    let found = fetched(&[("pom.xml", &bare), ("settings.xml", settings)]);
    for name in ["inner@1", "plugin@1", "lib@1"] {
        assert!(found.contains(&format!("{name} mirror.corp.example")), "{found:?}");
        assert!(!found.contains(&format!("{name} maven.org")), "{found:?}");
    }
}

#[test]
fn options_of_pip_hold_for_a_whole_run_and_the_later_index_wins() {
    let other = "--index-url https://second.corp.example/simple\nsix==1.17.0\n";
    let first = "--index-url https://first.corp.example/simple\n-r other.txt\nidna==3.7\n";
    let found = fetched(&[("requirements.txt", first), ("other.txt", other)]);
    assert_eq!(found, ["idna@3.7 second.corp.example", "six@1.17.0 second.corp.example"]);
    // an included file that is read by itself as well
    let found = fetched(&[("requirements.txt", "-r requirements-x.txt\nidna==3.7\n"), ("requirements-x.txt", other)]);
    assert_eq!(found, ["idna@3.7 second.corp.example", "six@1.17.0 second.corp.example"]);
    let last = "-r other.txt\n--index-url https://first.corp.example/simple\nidna==3.7\n";
    let found = fetched(&[("requirements.txt", last), ("other.txt", other)]);
    assert_eq!(found, ["idna@3.7 first.corp.example", "six@1.17.0 first.corp.example"]);
    let found =
        fetched(&[("requirements.txt", "-r requirements-x.txt\nidna==3.7\n"), ("requirements-x.txt", "six==1.17.0\n")]);
    assert_eq!(found, ["idna@3.7 pypi.org", "six@1.17.0 pypi.org"]);
}

#[test]
fn sources_of_one_tool_are_not_those_of_another() {
    let pipfile =
        "[[source]]\nurl = \"https://ours.corp.example/simple\"\nname = \"ours\"\n[packages]\nrequests = \"*\"\n";
    let found = fetched(&[("Pipfile", pipfile), ("requirements.txt", "idna==3.7\n")]);
    assert_eq!(found, ["idna@3.7 pypi.org", "requests ours.corp.example"]);
    let lock = r#"{"_meta": {}, "default": {"requests": {"version": "==2.32.3"}}}"#;
    let found = fetched(&[("Pipfile", pipfile), ("Pipfile.lock", lock), ("requirements.txt", "idna==3.7\n")]);
    assert_eq!(found, ["idna@3.7 pypi.org", "requests@2.32.3 ours.corp.example"]);
    let poetry = "[tool.poetry.dependencies]\nrequests = \"*\"\n[[tool.poetry.source]]\nname = \"ours\"\nurl = \"https://ours.corp.example/simple\"\n";
    let found = fetched(&[("pyproject.toml", poetry), ("requirements.txt", "idna==3.7\n")]);
    assert_eq!(found, ["idna@3.7 pypi.org", "requests ours.corp.example"]);
}

#[test]
fn the_pip_part_of_a_conda_environment_includes_files() {
    let environment = "dependencies:\n  - pip:\n      - -r deps/base.txt\n      - idna==3.7\n";
    let base = "--index-url https://pypi.corp.example/simple\nsix==1.17.0\n";
    let found = fetched(&[("environment.yml", environment), ("deps/base.txt", base)]);
    assert_eq!(found, ["idna@3.7 pypi.corp.example", "six@1.17.0 pypi.corp.example"]);
}

const NPM_LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
  "": {"dependencies": {"left": "1.0.0"}},
  "node_modules/left": {"version": "1.0.0"}
}}"#;
const NPMRC: &str = "# ours\nregistry=https://registry.npmmirror.com/\n";

#[test]
fn findings_about_mirrors_point_at_the_setting() {
    let resolved = r#""version": "1.0.0", "resolved": "https://registry.npmmirror.com/left/-/left-1.0.0.tgz""#;
    let resolved = NPM_LOCK.replace(r#""version": "1.0.0""#, resolved);
    for lock in [NPM_LOCK, &resolved] {
        for rule in ["foreign-mirror", "foreign-package-host"] {
            let (first, others) = places(&[("package-lock.json", lock), (".npmrc", NPMRC)], rule);
            assert_eq!(first, ".npmrc:2", "{rule}");
            assert!(others.contains(&"package-lock.json:3".to_owned()), "{others:?}");
        }
    }
    // what no setting says stands in the lock file alone
    let (first, _) = places(&[("package-lock.json", &resolved)], "foreign-mirror");
    assert_eq!(first, "package-lock.json:3");
    let conf = "[global]\nindex-url = https://pypi.tuna.tsinghua.edu.cn/simple\n";
    let (first, _) = places(&[("requirements.txt", "idna==3.7\n"), ("pip.conf", conf)], "foreign-mirror");
    assert_eq!(first, "pip.conf:2");
    let settings = "<settings>\n<mirrors><mirror><mirrorOf>central</mirrorOf>\n<url>https://maven.aliyun.com/repository/public</url></mirror></mirrors></settings>";
    let pom = "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>p</artifactId><version>1</version>
<properties><v>1</v></properties>
<dependencies><dependency><groupId>g</groupId><artifactId>lib</artifactId><version>${v}</version></dependency></dependencies></project>";
    let (first, _) = places(&[("pom.xml", pom), (".mvn/settings.xml", settings)], "foreign-mirror");
    assert_eq!(first, ".mvn/settings.xml:3");
    let gradle = "repositories {\n  maven { url \"$mirror\" }\n}\ndependencies { implementation \"g:lib:$v\" }\n";
    let properties = "v=1\nmirror=https://maven.aliyun.com/repository/public\n";
    let (first, _) = places(&[("build.gradle", gradle), ("gradle.properties", properties)], "foreign-mirror");
    assert_eq!(first, "build.gradle:2");
    let nuget = "<configuration><packageSources>\n<clear/>\n<add key=\"c\" value=\"https://repo.huaweicloud.com/repository/nuget/v3/index.json\"/></packageSources></configuration>";
    let project =
        "<Project Sdk=\"x\"><ItemGroup><PackageReference Include=\"A.B\" Version=\"1.0.0\"/></ItemGroup></Project>";
    let (first, _) = places(&[("a.csproj", project), ("nuget.config", nuget)], "foreign-mirror");
    assert_eq!(first, "nuget.config:3");
}

#[test]
fn a_plan_that_changes_the_setting_leaves_no_way_to_the_mirror() {
    let folder = tree(&[("package-lock.json", NPM_LOCK), (".npmrc", NPMRC)]);
    let output = sovaudit().arg("plan").arg(folder.path()).args(["--as-of", "2026-11-23"]).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("is UTF-8");
    assert!(text.contains("where it is set: .npmrc:2"), "{text}");
    assert!(!text.contains("Still stopping"), "{text}");
    // a second line that no package of this tree uses stays, and so does its way
    let two = format!("{NPMRC}@corp:registry=https://registry.npmmirror.com/\n");
    let folder = tree(&[("package-lock.json", NPM_LOCK), (".npmrc", &two)]);
    let output = sovaudit().arg("plan").arg(folder.path()).args(["--as-of", "2026-11-23"]).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("is UTF-8");
    assert!(text.contains("Still stopping"), "{text}");
}

#[test]
fn what_is_asked_for_other_things_only_confuses_nothing() {
    let build =
        ("build.gradle", "dependencies { implementation 'com.corp:own:1.0'\nimplementation 'org.lib:lib:1.0' }\n");
    let limited = |filter: &str| {
        format!(
            "dependencyResolutionManagement {{ repositories {{ mavenCentral()\nmaven {{ url 'https://maven.corp.example'\n{filter} }} }} }}\n"
        )
    };
    let settings = limited("content { includeGroup 'com.corp' }");
    assert_eq!(confused(&[("settings.gradle", &settings), build]), ["pkg:maven/com.corp/own@1.0"]);
    assert_eq!(confused(&[("settings.gradle", &limited("")), build]).len(), 2);
    let exclusive = "dependencyResolutionManagement { repositories { mavenCentral()\n\
                     exclusiveContent { forRepository { maven { url 'https://maven.corp.example' } }\n\
                     filter { includeGroup 'com.corp' } } } }\n";
    assert_eq!(confused(&[("settings.gradle", exclusive), build]), [""; 0]);
    let found = fetched(&[("settings.gradle", exclusive), build]);
    assert_eq!(found, ["lib@1.0 maven.org", "own@1.0 maven.corp.example"]);

    let nuget = "<configuration><packageSources><add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\"/>
<add key=\"corp\" value=\"https://nuget.corp.example/v3/index.json\"/><add key=\"idle\" value=\"https://idle.corp.example/v3/index.json\"/></packageSources>
<packageSourceMapping><packageSource key=\"nuget.org\"><package pattern=\"*\"/></packageSource>
<packageSource key=\"corp\"><package pattern=\"Corp.*\"/></packageSource></packageSourceMapping></configuration>";
    let project = "<Project Sdk=\"x\"><ItemGroup><PackageReference Include=\"A.B\" Version=\"1.0.0\"/>
<PackageReference Include=\"Corp.X\" Version=\"1.0.0\"/></ItemGroup></Project>";
    assert_eq!(confused(&[("nuget.config", nuget), ("a.csproj", project)]), [""; 0]);

    let poetry = |priority: &str| {
        format!(
            "[tool.poetry.dependencies]\nrequests = \"*\"\n[[tool.poetry.source]]\nname = \"ours\"\nurl = \"https://ours.corp.example/simple\"\npriority = \"{priority}\"\n[[tool.poetry.source]]\nname = \"pypi\"\n"
        )
    };
    for priority in ["explicit", "supplemental"] {
        assert_eq!(confused(&[("pyproject.toml", &poetry(priority))]), [""; 0], "{priority}");
    }
    assert_eq!(confused(&[("pyproject.toml", &poetry("primary"))]).len(), 1);

    let uv = |more: &str| {
        format!(
            "[project]\nname = \"a\"\ndependencies = [\"requests\"]\n[tool.uv]\n{more}\n[[tool.uv.index]]\nurl = \"https://ours.corp.example/simple\"\n"
        )
    };
    assert_eq!(confused(&[("pyproject.toml", &uv(""))]), [""; 0]);
    assert_eq!(confused(&[("pyproject.toml", &uv("index-strategy = \"unsafe-best-match\""))]).len(), 1);

    let requirements = ("requirements.txt", "--find-links https://wheels.corp.example/dist/\nidna==3.7\n");
    assert_eq!(confused(&[requirements]), [""; 0]);
    let conf = ("pip.conf", "[global]\nfind-links = ./wheels\n    https://wheels.corp.example/dist/\n");
    assert_eq!(confused(&[conf, ("requirements.txt", "idna==3.7\n")]), [""; 0]);
}

#[test]
fn a_registry_is_set_or_one_of_several() {
    let said = |files: &[(&str, &str)]| {
        let folder = tree(files);
        let (_, report) = report(folder.path(), &[]);
        let found = findings(&report, "dependency-confusion");
        found[0]["message"].as_str().expect("a message").to_owned()
    };
    let beside = said(&[("requirements.txt", "--extra-index-url https://pypi.corp.example/simple\nown==1.0\n")]);
    assert!(beside.contains("asked of pypi.corp.example, also answered by pypi.org"), "{beside}");
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"@corp/ui": "1.0.0"}},
"node_modules/@corp/ui": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/@corp/ui/-/ui-1.0.0.tgz"}}}"#;
    let alone = said(&[("package-lock.json", lock), (".npmrc", "@corp:registry=https://npm.corp.example/\n")]);
    assert!(alone.contains("set to npm.corp.example, fetched from npmjs.org"), "{alone}");
}

#[test]
fn npm_reads_the_settings_beside_its_lock_file_and_none_above() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"@corp/ui": "1.0.0"}},
"node_modules/@corp/ui": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/@corp/ui/-/ui-1.0.0.tgz"}}}"#;
    let yarn = "# yarn lockfile v1\n\n\n\"@corp/ui@1.0.0\":\n  version \"1.0.0\"\n  resolved \"https://registry.npmjs.org/@corp/ui/-/ui-1.0.0.tgz#00\"\n";
    let settings = "@corp:registry=https://npm.corp.example/\n";
    for (lock, text, home, told) in [
        ("app/package-lock.json", lock, "app/.npmrc", 1),
        ("app/package-lock.json", lock, ".npmrc", 0),
        // Yarn looks further up
        ("app/yarn.lock", yarn, ".npmrc", 1),
    ] {
        let manifest = ("app/package.json", r#"{"dependencies": {"@corp/ui": "1.0.0"}}"#);
        let folder = tree(&[(lock, text), (home, settings), manifest]);
        let (_, report) = report(folder.path(), &[]);
        assert_eq!(findings(&report, "dependency-confusion").len(), told, "{lock} {home}");
    }
}

#[test]
fn no_report_holds_a_token_or_a_password() {
    let environment = "channels:\n  - https://conda.corp.example/t/tk-SECRET/ours\n  - https://u:SECRET@conda.corp.example/two\n\
                       dependencies:\n  - scipy\n  - https://conda.corp.example/t/tk-SECRET/ours::a==1.0\n\
                       \x20 - https://conda.corp.example/t/tk-SECRET/ours/noarch/b-1.0-0.conda\n\
                       \x20 - https://conda.corp.example/t/tk-SECRET/odd thing\n\
                       \x20 - pip:\n      - --index-url https://u:SECRET@pypi.corp.example/simple\n      - six\n";
    let explicit = "@EXPLICIT\nhttps://conda.corp.example/t/tk-SECRET/ours/noarch/c-1.0-0.conda#0123456789abcdef0123456789abcdef\n";
    let docker = "FROM debian:12\nRUN conda install -c https://conda.corp.example/t/tk-SECRET/ours scipy\n\
                  RUN pip install -i https://u:SECRET@pypi.corp.example/simple torch\n";
    let gradle = "repositories { maven { url \"https://u:SECRET@maven.corp.example/r\" } }\ndependencies { implementation 'a:b:1' }\n";
    let npm = r#"{"dependencies": {"left": "https://u:SECRET@npm.corp.example/left.tgz"}}"#;
    let folder = tree(&[
        ("environment.yml", environment),
        ("conda-linux-64.lock", explicit),
        ("Dockerfile", docker),
        ("build.gradle", gradle),
        ("package.json", npm),
    ]);
    for format in ["table", "json", "sarif", "markdown", "cyclonedx", "spdx", "spdx-tag-value"] {
        let output = sovaudit().arg("scan").arg(folder.path()).args(["--format", format]).output().expect("runs");
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).expect("is UTF-8");
            let line = text.lines().find(|line| line.contains("SECRET"));
            assert_eq!(line, None, "{format}");
        }
    }
}

#[test]
fn a_central_repository_for_some_names_answers_for_no_others() {
    let settings = "dependencyResolutionManagement { repositories {\nmavenCentral { content { includeGroup 'org.slf4j' } }\n\
                    maven { url 'https://maven.corp.example' } } }\n";
    let build = (
        "build.gradle",
        "dependencies { implementation 'com.corp:x:1.0'\nimplementation 'org.slf4j:slf4j-api:2.0.13' }\n",
    );
    let files = [("settings.gradle", settings), build];
    assert!(fetched(&files).contains(&"x@1.0 maven.corp.example".to_owned()));
    assert!(!fetched(&files).contains(&"x@1.0 maven.org".to_owned()), "{:?}", fetched(&files));
    assert!(!confused(&files).contains(&"pkg:maven/com.corp/x@1.0".to_owned()));
}

#[test]
fn repositories_of_maven_come_from_parents_and_not_from_folders() {
    let dependency = |group: &str, artifact: &str| {
        format!(
            "<dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>1.0</version></dependency></dependencies>"
        )
    };
    let parent = "<project><groupId>a.b</groupId><artifactId>parent</artifactId><version>1</version><packaging>pom</packaging>\n\
                  <repositories><repository><id>corp</id>\n<url>https://maven.corp.example/public</url></repository></repositories></project>";
    let child = format!(
        "<project><parent><groupId>a.b</groupId><artifactId>parent</artifactId><version>1</version><relativePath>../parent/pom.xml</relativePath></parent><artifactId>app</artifactId>{}</project>",
        dependency("org.lib", "lib")
    );
    let stray = format!(
        "<project><groupId>x</groupId><artifactId>stray</artifactId><version>1</version>{}</project>",
        dependency("org.other", "other")
    );
    let files = [("parent/pom.xml", parent), ("app/pom.xml", &child), ("parent/stray/pom.xml", &stray)];
    assert_eq!(fetched(&files), ["lib@1.0 maven.corp.example", "lib@1.0 maven.org", "other@1.0 maven.org"]);
}

#[test]
fn the_address_of_the_defaults_of_conda_is_public() {
    let environment = |first: &str| format!("channels:\n  - {first}\n  - conda-forge\ndependencies:\n  - scipy\n");
    for first in ["https://repo.anaconda.com/pkgs/main", "defaults"] {
        assert_eq!(confused(&[("environment.yml", &environment(first))]), [""; 0], "{first}");
    }
    assert_eq!(confused(&[("environment.yml", &environment("https://conda.corp.example/ours"))]).len(), 1);
}

#[test]
fn files_of_an_index_that_lie_elsewhere_come_from_there_as_well() {
    let lock = |index: &str, file: &str| {
        format!(
            "version = 1\n\n[[package]]\nname = \"idna\"\nversion = \"3.7\"\nsource = {{ registry = \"{index}\" }}\nwheels = [\n    {{ url = \"{file}/a.whl\", hash = \"sha256:00\" }},\n    {{ url = \"{file}/b.whl\", hash = \"sha256:01\" }},\n]\n"
        )
    };
    let of = |index: &str, file: &str| fetched(&[("uv.lock", &lock(index, file))]);
    let elsewhere = of("https://pypi.corp.example/simple", "https://files.other.example/x");
    assert_eq!(elsewhere, ["idna@3.7 files.other.example", "idna@3.7 pypi.corp.example"]);
    let beside = of("https://pypi.corp.example/simple", "https://pypi.corp.example/files");
    assert_eq!(beside, ["idna@3.7 pypi.corp.example"]);
    assert_eq!(of("https://pypi.org/simple", "https://files.pythonhosted.org/x"), ["idna@3.7 pypi.org"]);
}

#[test]
fn sources_of_pdm_hold_for_all_of_its_lock_files() {
    let manifest =
        "[project]\nname = \"a\"\n\n[[tool.pdm.source]]\nname = \"pypi\"\nurl = \"https://pypi.corp.example/simple\"\n";
    let lock = "[metadata]\nlock_version = \"4.5.0\"\n\n[[package]]\nname = \"requests\"\nversion = \"2.32.0\"\n";
    let found = fetched(&[("pyproject.toml", manifest), ("pdm.dev.lock", lock), ("other/pdm.lock", lock)]);
    assert_eq!(
        found,
        ["requests@2.32.0 pypi.corp.example", "requests@2.32.0 pypi.org"],
        "the folder below has its own"
    );
    let found = fetched(&[("pyproject.toml", manifest), ("pdm.dev.lock", lock)]);
    assert_eq!(found, ["requests@2.32.0 pypi.corp.example"]);
}

#[test]
fn what_pip_installs_asks_what_its_settings_say() {
    let pins = ("requirements.txt", "idna==3.7\n");
    let hosts = |conf: &str| fetched(&[pins, ("pip.conf", conf)]);
    let general = "[global]\nindex-url = https://general.corp.example/simple\n";
    // what holds for the command counts before what holds for all, and other commands install nothing
    let found = hosts(&format!("{general}[install]\nindex-url = https://install.corp.example/simple\n"));
    assert_eq!(found, ["idna@3.7 install.corp.example"]);
    let found = hosts(&format!("[download]\nindex-url = https://download.corp.example/simple\n{general}"));
    assert_eq!(found, ["idna@3.7 general.corp.example"]);
    // nothing comes from an index
    let none = Vec::<String>::new();
    assert_eq!(hosts("[global]\nno-index = true\nfind-links = ./wheels\n"), none);
    assert_eq!(hosts(&format!("{general}[install]\nno-index = yes\n")), none);
    assert_eq!(hosts("[global]\nindex-url = file:///srv/simple\n"), none);
    assert_eq!(hosts("[global]\nno-index = true\n[install]\nno-index = false\n"), ["idna@3.7 pypi.org"]);
    let found = hosts("[install]\nno-index = 1\nfind-links = https://pages.corp.example/wheels\n");
    assert_eq!(found, ["idna@3.7 pages.corp.example"]);
}

#[test]
fn what_a_run_without_an_index_installs_comes_from_none() {
    let lib = "[project]\nname = \"lib\"\nversion = \"1\"\ndependencies = [\"idna==3.7\"]\n";
    for options in ["--no-index\n--find-links ./wheels\n", "--index-url file:///srv/simple\n"] {
        let requirements = format!("{options}-e ../lib\nsix==1.17.0\n");
        assert_eq!(
            fetched(&[("app/requirements.txt", &requirements), ("lib/pyproject.toml", lib)]),
            Vec::<String>::new(),
            "{options}"
        );
    }
    let build = |env: &str| format!("FROM alpine:3\nENV {env}\nRUN pip install six==1.17.0\n");
    let of_six = |env: &str| {
        let found = fetched(&[("Dockerfile", &build(env))]);
        found.into_iter().filter(|line| line.starts_with("six")).collect::<Vec<_>>()
    };
    assert_eq!(of_six("PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels"), Vec::<String>::new());
    assert_eq!(of_six("PIP_NO_INDEX=0"), ["six@1.17.0 pypi.org"]);
    assert_eq!(of_six("UV_NO_INDEX=1"), ["six@1.17.0 pypi.org"]);
}

#[test]
fn a_project_of_the_tree_that_a_run_installs_comes_from_no_index() {
    let requirements = "--index-url https://ours.corp.example/simple\n-e ../lib[gpu]\nMy_Lib>=1\nidna==3.7\n";
    let found = fetched(&[
        ("app/requirements.txt", requirements),
        ("lib/pyproject.toml", "[project]\nname = \"my-lib\"\nversion = \"1\"\n"),
    ]);
    assert_eq!(found, ["idna@3.7 ours.corp.example"]);
}

#[test]
fn indexes_of_single_packages() {
    let hosts = |text: &str| fetched(&[("pyproject.toml", text)]);
    // Poetry's table adds to what the project itself asks for
    let poetry = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"idna\", \"torch>=2\"]\n[tool.poetry.dependencies]\n\
                  torch = { source = \"pt\" }\n[[tool.poetry.source]]\nname = \"pt\"\nurl = \"https://pt.corp.example/s\"\n\
                  priority = \"explicit\"\n";
    assert_eq!(hosts(poetry), ["idna pypi.org", "torch pt.corp.example"]);
    let pdm = |more: &str| {
        format!(
            "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"idna\", \"corp-x\"]\n[[tool.pdm.source]]\nname = \"c\"\n\
             url = \"https://c.corp.example/s\"\n{more}"
        )
    };
    let [of_x, own] = ["corp-x c.corp.example", "idna pypi.org"];
    assert_eq!(hosts(&pdm("include_packages = [\"corp-*\"]\n")), [of_x, "idna c.corp.example", own]);
    assert_eq!(hosts(&pdm("include_packages = [\"corp-*\"]\nexclude_packages = [\"*\"]\n")), [of_x, own]);
    assert_eq!(hosts(&pdm("exclude_packages = [\"idna\"]\n")), [of_x, "corp-x pypi.org", own]);
    // a pattern that is no begin is not told from others
    assert_eq!(hosts(&pdm("include_packages = [\"*-x\"]\n")).len(), 4);
}

#[test]
fn registries_of_pnpm_stand_in_its_workspace() {
    let lock = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      left: {specifier: '1', version: 1.0.0}\n      \
                '@org/a': {specifier: '1', version: 1.0.0}\npackages:\n  left@1.0.0:\n    resolution: {integrity: sha512-a}\n  \
                '@org/a@1.0.0':\n    resolution: {integrity: sha512-b}\n";
    for settings in [
        "registries:\n  default: https://all.corp.example/\n  '@org': https://org.corp.example/\n",
        "registries:\n  https://all.corp.example/:\n    scopes: ['@']\n  https://org.corp.example/:\n    scopes: ['@org']\n",
        "registry: https://all.corp.example/\nregistries:\n  '@org': https://org.corp.example/\n",
    ] {
        let found = fetched(&[("pnpm-lock.yaml", lock), ("pnpm-workspace.yaml", settings)]);
        assert_eq!(found, ["a@1.0.0 org.corp.example", "left@1.0.0 all.corp.example"], "{settings}");
    }
}
