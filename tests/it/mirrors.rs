//! Where packages come from when several registries, mirrors or runs of a tool are set.

use crate::cli::sovaudit;
use crate::fetched_from::{confused, fetched};
use crate::judging::{findings, report, tree};

/// What a command says of a tree.
fn said(command: &str, files: &[(&str, &str)]) -> String {
    let folder = tree(files);
    let output = sovaudit().arg(command).arg(folder.path()).args(["--as-of", "2026-11-23"]).output().expect("runs");
    String::from_utf8(output.stdout).expect("is UTF-8")
}

/// The hosts that a tree's report names.
fn hosts(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tree(files);
    let (_, report) = report(folder.path(), &[]);
    let all = report["components"].as_array().expect("a list").iter();
    let hosts = all.filter(|one| one["kind"] == "host").filter_map(|one| one["id"].as_str()?.strip_prefix("host:"));
    hosts.map(str::to_owned).collect()
}

const NPM_LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
  "": {"dependencies": {"own": "1.0.0", "plain": "1.0.0", "yarn": "1.0.0"}},
  "node_modules/own": {"version": "1.0.0", "resolved": "https://npm.corp.example/own/-/own-1.0.0.tgz"},
  "node_modules/plain": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/plain/-/plain-1.0.0.tgz"},
  "node_modules/git": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/a/git.git#0123456789012345678901234567890123456789"},
  "node_modules/yarn": {"version": "1.0.0", "resolved": "https://registry.yarnpkg.com/yarn/-/yarn-1.0.0.tgz"}
}}"#;

#[test]
fn npm_replaces_the_host_that_it_is_told_and_no_other() {
    let of = |more: &str| {
        let npmrc = format!("registry=https://registry.npmmirror.com/\n{more}");
        fetched(&[("package-lock.json", NPM_LOCK), (".npmrc", &npmrc)])
    };
    let with = |own: &str, plain: &str, yarn: &str| {
        let rows = [("git", "github.com"), ("own", own), ("plain", plain), ("yarn", yarn)];
        rows.map(|(name, host)| format!("{name}@1.0.0 {host}")).to_vec()
    };
    let (mirror, corp, yarn) = ("registry.npmmirror.com", "npm.corp.example", "registry.yarnpkg.com");
    assert_eq!(of(""), with(corp, mirror, yarn));
    assert_eq!(of("replace-registry-host=registry.npmjs.org"), with(corp, mirror, yarn));
    assert_eq!(of("replace-registry-host=registry.yarnpkg.com"), with(corp, "npmjs.org", mirror));
    assert_eq!(of("replace-registry-host=never"), with(corp, "npmjs.org", yarn));
    assert_eq!(of("replace-registry-host=always"), with(mirror, mirror, mirror));
    // Yarn fetches from where its lock file says
    let lock = "# yarn lockfile v1\n\nleft@1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/left/-/left-1.0.0.tgz#01\"\n";
    let found = fetched(&[("yarn.lock", lock), (".yarnrc", "registry \"https://npm.corp.example/\"\n")]);
    assert_eq!(found, ["left@1.0.0 registry.yarnpkg.com"]);
}

const LIB: &str = "[project]\nname = \"lib\"\nversion = \"1\"\ndependencies = [\"six==1.17.0\"]\n";
const INDEX: &str = "--index-url https://pypi.corp.example/simple\n";

#[test]
fn what_a_run_of_pip_installs_from_folders_comes_from_its_indexes() {
    let setup = "from setuptools import setup\nsetup(name='lib', install_requires=['six==1.17.0'])\n";
    let ours = ["six@1.17.0 pypi.corp.example"];
    for path in ["-e ./lib", "./lib", "lib @ file:./lib"] {
        let requirements = format!("{INDEX}{path}\n");
        for manifest in [("lib/pyproject.toml", LIB), ("lib/setup.py", setup)] {
            assert_eq!(fetched(&[("requirements.txt", &requirements), manifest]), ours, "{path}");
        }
    }
    // the folder itself
    assert_eq!(fetched(&[("requirements.txt", &format!("{INDEX}-e .\n")), ("pyproject.toml", LIB)]), ours);
    let poetry = "[tool.poetry.dependencies]\nlib = { path = \"../lib\" }\n[[tool.poetry.source]]\nname = \"ours\"\nurl = \"https://pypi.corp.example/simple\"\n";
    assert_eq!(fetched(&[("app/pyproject.toml", poetry), ("lib/pyproject.toml", LIB)]), ours);
    let pipfile = "[[source]]\nurl = \"https://pypi.corp.example/simple\"\nname = \"ours\"\n[packages]\nlib = { path = \"../lib\" }\n";
    assert_eq!(fetched(&[("app/Pipfile", pipfile), ("lib/pyproject.toml", LIB)]), ours);
    // further folders behind the first one
    let chain = "[project]\nname = \"mid\"\nversion = \"1\"\ndependencies = [\"lib @ file:../lib\"]\n";
    let requirements = format!("{INDEX}-e ./mid\n");
    let found =
        fetched(&[("requirements.txt", &requirements), ("mid/pyproject.toml", chain), ("lib/pyproject.toml", LIB)]);
    assert_eq!(found, ours);
}

#[test]
fn a_folder_that_two_runs_install_comes_from_the_indexes_of_both() {
    let with = format!("{INDEX}-e ../lib\n");
    let files =
        [("one/requirements.txt", &*with), ("two/requirements.txt", "-e ../lib\n"), ("lib/pyproject.toml", LIB)];
    assert_eq!(fetched(&files), ["six@1.17.0 pypi.corp.example", "six@1.17.0 pypi.org"]);
    assert_eq!(confused(&files), [""; 0], "each run asks one index");
    // without an index anywhere nothing is said
    assert_eq!(fetched(&files[1..]), ["six@1.17.0 pypi.org"]);
    let circle =
        "[project]\nname = \"lib\"\nversion = \"1\"\ndependencies = [\"six==1.17.0\", \"mid @ file:../mid\"]\n";
    let back = "[project]\nname = \"mid\"\nversion = \"1\"\ndependencies = [\"lib @ file:../lib\"]\n";
    let files = [("one/requirements.txt", &*with), ("lib/pyproject.toml", circle), ("mid/pyproject.toml", back)];
    assert_eq!(fetched(&files), ["six@1.17.0 pypi.corp.example"]);
}

#[test]
fn a_run_elsewhere_does_not_hide_the_indexes_of_folders_above() {
    let root = "[project]\nname = \"root\"\nversion = \"1\"\n[[tool.uv.index]]\nurl = \"https://above.corp.example/simple\"\ndefault = true\n[tool.uv.workspace]\nmembers = [\"lib\"]\n";
    let run = format!("{INDEX}-e ../lib\n");
    let files = [("pyproject.toml", root), ("lib/pyproject.toml", LIB), ("ci/requirements.txt", &*run)];
    assert_eq!(fetched(&files[..2]), ["six@1.17.0 above.corp.example"]);
    assert_eq!(fetched(&files), ["six@1.17.0 above.corp.example", "six@1.17.0 pypi.corp.example"]);
}

#[test]
fn groups_and_extras_that_a_run_does_not_install_keep_their_own_index() {
    let lib = format!(
        "{LIB}[dependency-groups]\ndev = [\"pytest==8.0.0\"]\n[project.optional-dependencies]\nx = [\"idna==3.7\"]\n[build-system]\nrequires = [\"hatchling==1.2.0\"]\n"
    );
    let run = format!("{INDEX}-e ../lib\n");
    let found = fetched(&[("app/requirements.txt", &run), ("lib/pyproject.toml", &lib)]);
    // which extras the run names is not known
    let wanted = [
        "hatchling@1.2.0 pypi.corp.example",
        "idna@3.7 pypi.corp.example",
        "idna@3.7 pypi.org",
        "pytest@8.0.0 pypi.org",
        "six@1.17.0 pypi.corp.example",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn an_index_beside_one_of_ours_stays() {
    let conf = "[global]\nindex-url = https://pypi.corp.example/simple\nextra-index-url = https://pypi.org/simple\n";
    let files = [("pip.conf", conf), ("requirements.txt", "idna==3.7\n")];
    assert_eq!(fetched(&files), ["idna@3.7 pypi.corp.example", "idna@3.7 pypi.org"]);
    assert_eq!(confused(&files), ["pkg:pypi/idna@3.7"]);
}

const POM: &str = "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>p</artifactId><version>1</version>
<repositories><repository><id>ours</id><url>https://ours.corp.example/r</url></repository>
<repository><id>plain</id><url>http://plain.corp.example/r</url></repository></repositories>
<dependencies><dependency><groupId>g</groupId><artifactId>lib</artifactId><version>1</version></dependency></dependencies></project>";

fn mirror(of: &str, host: &str) -> String {
    format!(
        "<settings><mirrors><mirror><id>m</id><mirrorOf>{of}</mirrorOf>\n<url>https://{host}/r</url></mirror></mirrors></settings>"
    )
}

#[test]
fn mirrors_of_maven_stand_for_the_repositories_that_they_mean() {
    let (central, m, ours, plain) = ("maven.org", "m.corp.example", "ours.corp.example", "plain.corp.example");
    let cases: [(&str, &[&str]); 8] = [
        ("*", &[m]),
        ("external:*", &[m]),
        ("external:http:*", &[m, central, ours]),
        ("ours", &[m, central, plain]),
        ("ours, central", &[m, plain]),
        ("*,!ours", &[m, ours]),
        ("!ours,*", &[m, ours]),
        ("central", &[m, ours, plain]),
    ];
    for (of, wanted) in cases {
        let settings = mirror(of, m);
        let files = [("pom.xml", POM), ("settings.xml", &*settings)];
        let wanted: Vec<String> = wanted.iter().map(|host| format!("lib@1 {host}")).collect();
        assert_eq!(fetched(&files), wanted, "{of}");
        // what is mirrored is not asked, and stands nowhere in the report
        let hosts = hosts(&files);
        let named = wanted.iter().map(|row| &row["lib@1 ".len()..]);
        assert_eq!(hosts, named.collect::<Vec<_>>(), "{of}");
    }
    let two =
        "<settings><mirrors><mirror><id>a</id><mirrorOf>*</mirrorOf><url>https://all.corp.example/r</url></mirror>
<mirror><id>b</id><mirrorOf>ours</mirrorOf><url>https://exact.corp.example/r</url></mirror></mirrors></settings>";
    let found = fetched(&[("pom.xml", POM), ("settings.xml", two)]);
    assert_eq!(found, ["lib@1 all.corp.example", "lib@1 exact.corp.example"], "its own mirror before one of all");
    let blocked = mirror("external:http:*", "0.0.0.0").replace("</url>", "</url><blocked>true</blocked>");
    let found = fetched(&[("pom.xml", POM), ("settings.xml", &blocked)]);
    assert_eq!(found, ["lib@1 maven.org", "lib@1 ours.corp.example"]);
    // Gradle reads no settings of Maven
    let gradle = ("build.gradle", "dependencies { implementation 'g:lib:1' }\n");
    assert_eq!(fetched(&[gradle, ("settings.xml", &mirror("*", m))]), ["lib@1 maven.org"]);
}

#[test]
fn ids_of_maven_may_have_blanks() {
    let pom = POM.replace("<id>ours</id>", "<id>Our Repo</id>");
    let found = fetched(&[("pom.xml", &pom)]);
    assert_eq!(found, fetched(&[("pom.xml", POM)]));
    for of in ["*,!Our Repo", "*,\n  !Our Repo\n"] {
        let found = fetched(&[("pom.xml", &pom), ("settings.xml", &mirror(of, "m.corp.example"))]);
        assert_eq!(found, ["lib@1 m.corp.example", "lib@1 ours.corp.example"], "{of}");
    }
    let found = fetched(&[("pom.xml", &pom), ("settings.xml", &mirror("Our Repo", "m.corp.example"))]);
    assert_eq!(found, ["lib@1 m.corp.example", "lib@1 maven.org", "lib@1 plain.corp.example"]);
}

#[test]
fn a_settings_file_of_maven_counts_for_all_poms_below_it() {
    let above = mirror("*", "above.corp.example");
    // the repositories of the pom itself are nearer
    let found = fetched(&[("settings.xml", &above), ("app/pom.xml", POM)]);
    assert_eq!(found, ["lib@1 above.corp.example"]);
    // which one a run is given is not known, unless the tree says it
    let near = mirror("*", "near.corp.example");
    let found = fetched(&[(".m2/settings.xml", &*above), ("app/pom.xml", POM)]);
    assert_eq!(found, ["lib@1 above.corp.example"]);
    let files = [("settings.xml", &*above), ("app/settings.xml", &near), ("app/pom.xml", POM)];
    assert_eq!(fetched(&files), ["lib@1 above.corp.example", "lib@1 near.corp.example"]);
    for arguments in ["-s\nci/maven-settings.xml\n", "-T1 --settings=./ci/maven-settings.xml"] {
        let named = [
            (".mvn/maven.config", arguments),
            ("ci/maven-settings.xml", &*above),
            ("app/settings.xml", &near),
            ("app/pom.xml", POM),
        ];
        assert_eq!(fetched(&named), ["lib@1 above.corp.example"], "{arguments}");
    }
}

#[test]
fn all_mirrors_that_may_deliver_a_package_are_named() {
    let conf = "[global]\nindex-url = https://pypi.tuna.tsinghua.edu.cn/simple\nextra-index-url =\n    https://mirrors.aliyun.com/pypi/simple\n    https://pypi.corp.example/simple\n";
    let files = [("pip.conf", conf), ("requirements.txt", "idna==3.7\n")];
    let folder = tree(&files);
    let (_, report) = report(folder.path(), &[]);
    let found = findings(&report, "foreign-mirror");
    let [one] = found.as_slice() else { panic!("{report:#}") };
    let text = one.to_string();
    for host in ["mirrors.aliyun.com", "also from pypi.tuna.tsinghua.edu.cn"] {
        assert!(one["message"].as_str().is_some_and(|message| message.contains(host)), "{text}");
    }
    let line = |place: &serde_json::Value| format!("{}:{}", place["path"].as_str().unwrap_or(""), place["line"]);
    let related: Vec<String> = one["related"].as_array().into_iter().flatten().map(line).collect();
    assert_eq!(line(&one["primary"]), "pip.conf:4");
    assert!(related.contains(&"pip.conf:2".to_owned()), "{related:?}");
    let plan = said("plan", &files);
    assert!(plan.contains("where it is set: pip.conf:2, pip.conf:4\n"), "{plan}");
    let confusion = findings(&report, "dependency-confusion")[0]["message"].as_str().unwrap_or("").to_owned();
    assert!(confusion.contains("answered by mirrors.aliyun.com and pypi.tuna.tsinghua.edu.cn"), "{confusion}");
}

const PROJECT: &str = "<Project Sdk=\"x\"><ItemGroup><PackageReference Include=\"A.B\" Version=\"1.0.0\"/>
<PackageReference Include=\"Corp.X\" Version=\"1.0.0\"/></ItemGroup></Project>";

#[test]
fn sources_of_nuget_that_answer_for_one_name_are_told() {
    let source = |name: &str, host: &str| format!("<add key=\"{name}\" value=\"https://{host}/v3/index.json\"/>\n");
    let sources = |all: &[(&str, &str)]| {
        let all: String = all.iter().map(|(name, host)| source(name, host)).collect();
        format!("<configuration><packageSources><clear/>\n{all}</packageSources>")
    };
    // a mirror of the public registry before ours
    let config = sources(&[("m", "repo.huaweicloud.com"), ("e", "nuget.corp.example")]) + "</configuration>";
    let files = [("a.csproj", PROJECT), ("nuget.config", &*config)];
    assert_eq!(confused(&files), ["pkg:nuget/A.B@1.0.0", "pkg:nuget/Corp.X@1.0.0"]);
    // the same pattern of two
    let config = sources(&[("nuget.org", "api.nuget.org"), ("e", "nuget.corp.example")])
        + "<packageSourceMapping><packageSource key=\"nuget.org\"><package pattern=\"*\"/><package pattern=\"Corp.*\"/></packageSource>
<packageSource key=\"e\"><package pattern=\"Corp.*\"/></packageSource></packageSourceMapping></configuration>";
    let files = [("a.csproj", PROJECT), ("nuget.config", &*config)];
    let found = fetched(&files);
    assert_eq!(found, ["A.B@1.0.0 nuget.org", "Corp.X@1.0.0 nuget.corp.example", "Corp.X@1.0.0 nuget.org"]);
    assert_eq!(confused(&files), ["pkg:nuget/Corp.X@1.0.0"]);
}

#[test]
fn nuget_asks_the_sources_of_folders_above_unless_they_are_cleared() {
    let config = |clear: &str, host: &str| {
        format!(
            "<configuration><packageSources>{clear}<add key=\"{host}\" value=\"https://{host}/v3/index.json\"/></packageSources></configuration>"
        )
    };
    let project =
        "<Project Sdk=\"x\"><ItemGroup><PackageReference Include=\"A.B\" Version=\"1.0.0\"/></ItemGroup></Project>";
    let above = config("", "above.corp.example");
    for (clear, wanted) in
        [("", &["above.corp.example", "near.corp.example", "nuget.org"][..]), ("<clear/>", &["near.corp.example"])]
    {
        let near = config(clear, "near.corp.example");
        let found = fetched(&[("nuget.config", &*above), ("app/nuget.config", &near), ("app/a.csproj", project)]);
        let wanted: Vec<String> = wanted.iter().map(|host| format!("A.B@1.0.0 {host}")).collect();
        assert_eq!(found, wanted, "{clear}");
    }
}

#[test]
fn names_of_nuget_are_one_in_any_capitals() {
    let reference = |name: &str| {
        format!(
            "<Project Sdk=\"x\"><ItemGroup><PackageReference Include=\"{name}\" Version=\"13.0.1\"/></ItemGroup></Project>"
        )
    };
    let (one, other) = (reference("newtonsoft.json"), reference("Newtonsoft.Json"));
    let files = [("a/a.csproj", &*one), ("b/b.csproj", &*other)];
    assert_eq!(fetched(&files), ["Newtonsoft.Json@13.0.1 nuget.org"]);
    // both projects ask for it
    let folder = tree(&files);
    let (_, report) = report(folder.path(), &[]);
    let needs = report["relations"].as_array().expect("a list").iter().filter(|row| row["kind"] == "depends-on");
    let needs: Vec<&str> = needs.filter_map(|row| row["from"].as_str()).collect();
    assert_eq!(needs, ["project:a", "project:b"]);
    // what was resolved is written as it was
    let lock = r#"{"version": 1, "dependencies": {"net8.0": {"newtonsoft.json": {"type": "Direct", "requested": "[13.0.1, )", "resolved": "13.0.1", "contentHash": "x"}}}}"#;
    let found = fetched(&[("a/a.csproj", &*other), ("a/packages.lock.json", lock), ("b/b.csproj", &*other)]);
    assert_eq!(found, ["newtonsoft.json@13.0.1 nuget.org"]);
    let folder = tree(&[("a/a.csproj", &*other), ("a/packages.lock.json", lock)]);
    for name in ["pkg:nuget/Newtonsoft.Json@13.0.1", "NEWTONSOFT.json"] {
        let output = sovaudit().arg("explain").arg(name).arg(folder.path()).output().expect("runs");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn a_registry_is_one_host_under_any_of_its_names() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1.0.0", "b": "1.0.0"}},
"node_modules/a": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz"},
"node_modules/b": {"version": "1.0.0"}}}"#;
    assert_eq!(hosts(&[("package-lock.json", lock)]), ["npmjs.org"]);
    let folder = tree(&[("package-lock.json", lock)]);
    for name in ["registry.npmjs.org", "host:registry.npmjs.org", "npmjs.org"] {
        let output = sovaudit().arg("explain").arg(name).arg(folder.path()).output().expect("runs");
        assert!(output.stdout.starts_with(b"host:npmjs.org (host)"), "{output:?}");
    }
    let config = "<configuration><packageSources><add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\"/></packageSources></configuration>";
    assert_eq!(hosts(&[("a.csproj", PROJECT), ("nuget.config", config)]), ["nuget.org"]);
    let build = ("build.gradle", "plugins { id 'org.plugin' version '2.0' }\n");
    let settings = ("settings.gradle", "pluginManagement { repositories { gradlePluginPortal() } }\n");
    assert_eq!(hosts(&[build, settings]), ["gradle.org"]);
    // a host that was only implied goes with what was thought to come from it
    let conf = ("pip.conf", "[global]\nindex-url = https://pypi.corp.example/simple\n");
    assert_eq!(hosts(&[conf, ("requirements.txt", "idna==3.7\n")]), ["pypi.corp.example"]);
}

#[test]
fn secrets_of_addresses_without_a_scheme_are_in_no_output() {
    let environment = "channels:\n  - t/tk-SECRET/ours\n  - conda.corp.example/t/tk-SECRET/ours\n  - u:SECRET@conda.corp.example/ours\n\
                       dependencies:\n  - conda.corp.example/t/tk-SECRET/ours::numpy\n  - t/tk-SECRET/ours::scipy=1.0\n\
                       \x20 - pandas[channel=conda.corp.example/t/tk-SECRET/ours]\n\
                       \x20 - nexus/t/SECRET/ours::dask\n  - numba[channel=https://c.corp.example/t/SECRET/ours]\n";
    let script = "pip install --extra-index-url https://u:SECRET@pypi.corp.example/simple flask==1.0\n\
                  curl -u u:SECRET https://files.corp.example/x.sh | sh\ngit clone https://SECRET@git.corp.example/o/r\n\
                  docker login -u u -p SECRET images.corp.example\nexport OPENAI_API_KEY=SECRET\n";
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  \
                       source: {repoURL: 'https://u:SECRET@git.corp.example/o/r.git', path: x}\n  \
                       destination: {server: 'https://u:SECRET@cluster.corp.example'}\n";
    let workflow = "on: push\nenv: {TOKEN: SECRET, PIP_INDEX_URL: 'https://u:SECRET@pypi.corp.example/simple'}\njobs:\n  a:\n    \
                    runs-on: ubuntu-latest\n    steps:\n      - run: git clone https://x:SECRET@git.corp.example/o/r && pip install six\n";
    let explicit = "@EXPLICIT\nconda.corp.example/t/tk-SECRET/ours/linux-64/zlib-1.0-0.conda\n";
    let pixi = "[project]\nname = \"x\"\nchannels = [\"conda.corp.example/t/tk-SECRET/ours\", \"t/tk-SECRET/ours\"]\nplatforms = [\"linux-64\"]\n\
                [dependencies]\nnumpy = { version = \"*\", channel = \"conda.corp.example/t/tk-SECRET/ours\" }\n";
    let requirements = "-c u:SECRET@files.corp.example/c.txt\nu:SECRET@files.corp.example/x\nsix\n";
    let compose = "services:\n  a:\n    build: https://u:SECRET@git.corp.example/a/b.git#main:sub\n  b:\n    image: u:SECRET@images.corp.example/x:1\n";
    let npm =
        r#"{"dependencies": {"e": "u:SECRET@git.corp.example:a/e.git", "f": "npm:https://u:SECRET@f.corp.example/x"}}"#;
    let nuget = "<configuration><packageSources><add key=\"a\" value=\"https://u:SECRET@nuget.corp.example/v3/index.json\"/></packageSources>
<packageSourceCredentials><a><add key=\"ClearTextPassword\" value=\"SECRET\"/></a></packageSourceCredentials></configuration>";
    let settings = "<settings><servers><server><id>a</id><password>SECRET</password></server></servers>
<mirrors><mirror><mirrorOf>*</mirrorOf><url>https://u:SECRET@maven.corp.example/r</url></mirror></mirrors></settings>";
    let gradle = "repositories { maven { url 'https://maven.corp.example'\ncredentials { password 'SECRET' } } }\ndependencies { implementation 'a:b:1' }\n";
    let folder = tree(&[
        ("conda/environment.yml", environment),
        ("conda/conda-linux-64.lock", explicit),
        ("conda/pixi.toml", pixi),
        ("pip/requirements.txt", requirements),
        ("docker-compose.yml", compose),
        ("script/install.sh", script),
        ("argo/application.yaml", application),
        (".github/workflows/a.yml", workflow),
        ("npm/package.json", npm),
        ("npm/.npmrc", "//npm.corp.example/:_authToken=SECRET\nregistry=https://u:SECRET@npm.corp.example/\n"),
        ("nuget/nuget.config", nuget),
        ("nuget/a.csproj", PROJECT),
        ("maven/settings.xml", settings),
        ("maven/pom.xml", POM),
        ("gradle/build.gradle", gradle),
    ]);
    let formats = ["table", "json", "sarif", "markdown", "html", "cyclonedx", "spdx", "spdx-tag-value"];
    let path = folder.path().to_str().expect("is UTF-8");
    let runs = formats.iter().map(|format| vec!["scan", path, "--format", *format]);
    let explained = ["pypi/six", "conda/numpy", "conda/zlib@1.0", "maven/g/lib@1"];
    let runs = runs.chain(explained.iter().map(|what| vec!["explain", *what, path])).chain([vec!["plan", path]]);
    for run in runs {
        let output = sovaudit().args(&run).output().expect("runs");
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).expect("is UTF-8");
            let line = text.lines().find(|line| line.contains("SECRET"));
            assert_eq!(line, None, "{run:?}");
        }
    }
}
