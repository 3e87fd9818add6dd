//! Projects of one tree that build on each other, and the ways to packages through them.

use serde_json::Value;
use sovaudit::catalog::Catalog;
use sovaudit::model::{FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

use crate::cli::sovaudit;
use crate::judging::tree;

fn scan(files: &[(&str, &str)]) -> Inventory {
    let files =
        files.iter().map(|(path, text)| (RelPath::new(path).expect("is relative"), text.as_bytes().to_vec(), None));
    scan_files(files.collect(), &Catalog::embedded(), &Options::default())
}

/// What projects need, with the place that says so.
fn needs(found: &Inventory) -> Vec<String> {
    let direct = found.facts().filter_map(|(fact, evidence)| match fact {
        FactRef::Relation { from, kind: RelationKind::DependsOn, to, .. } if from.as_str().starts_with("project:") => {
            let seen = evidence.iter().find_map(|one| one.sighting()).expect("is seen");
            let line = seen.region().map_or(0, |region| region.start.line);
            let (from, to) = (from.as_str().replace("project:", ""), to.as_str().replace("project:", ""));
            Some(format!("{from} > {to} ({}:{line})", seen.path()))
        }
        _ => None,
    });
    direct.collect()
}

fn said(found: &Inventory) -> Vec<String> {
    found.diagnostics.iter().map(ToString::to_string).collect()
}

fn pom(own: &str, rest: &str) -> String {
    format!(
        "<project>\n<groupId>org.shop</groupId><artifactId>{own}</artifactId><version>1.0</version>\n{rest}\n</project>\n"
    )
}

fn asks(group: &str, artifact: &str, version: &str) -> String {
    format!(
        "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
    )
}

#[test]
fn modules_of_maven_lead_to_their_projects() {
    let child = |own: &str, rest: &str| {
        format!(
            "<project>\n<parent><groupId>org.shop</groupId><artifactId>shop</artifactId><version>1.0</version></parent>\n\
             <artifactId>{own}</artifactId>\n<dependencies>\n{rest}\n</dependencies>\n</project>\n"
        )
    };
    let top = pom("shop", "<packaging>pom</packaging><modules><module>web</module><module>core</module></modules>");
    let web = child("web", &format!("{}\n{}", asks("org.shop", "core", "${project.version}"), asks("com.x", "y", "2")));
    let core = child("core", &asks("com.x", "z", "3"));
    let old = pom("old", &format!("<dependencies>\n{}\n</dependencies>", asks("org.shop", "core", "0.9")));
    let found = scan(&[("pom.xml", &top), ("web/pom.xml", &web), ("core/pom.xml", &core), ("old/pom.xml", &old)]);
    assert_eq!(
        needs(&found),
        [
            "core > pkg:maven/com.x/z@3 (core/pom.xml:5)",
            "core > . (core/pom.xml:2)",
            // another version than the tree makes is fetched
            "old > pkg:maven/org.shop/core@0.9 (old/pom.xml:4)",
            "web > pkg:maven/com.x/y@2 (web/pom.xml:6)",
            "web > . (web/pom.xml:2)",
            "web > core (web/pom.xml:5)",
        ]
    );
    assert!(said(&found).is_empty(), "{:?}", said(&found));
    // two that make it, and neither is built with who asks
    let maker = pom("core", "");
    let asking = pom("web", &format!("<dependencies>\n{}\n</dependencies>", asks("org.shop", "core", "1.0")));
    let found = scan(&[("a/pom.xml", &maker), ("b/pom.xml", &maker), ("web/pom.xml", &asking)]);
    assert!(needs(&found).is_empty(), "{:?}", needs(&found));
    assert!(
        said(&found)[0].contains("several projects of the tree make `pkg:maven/org.shop/core@1.0`"),
        "{:?}",
        said(&found)
    );
}

#[test]
fn references_of_dotnet_projects_lead_to_them() {
    let app = r#"<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup>
    <ProjectReference Include="..\Core\Core.csproj;../Gone/Gone.csproj" />
    <ProjectReference Include="$(MSBuildThisFileDirectory)..\Data\Data.fsproj" />
    <PackageReference Include="Serilog" Version="4.0.0" />
    <PackageReference Include="Dapper" Version="2.0.0" />
    <PackageReference Remove="dapper" />
    <PackageReference Update="Polly" Version="8.0.0" />
    <PackageReference Update="Nowhere" Version="1.0.0" />
  </ItemGroup>
</Project>
"#;
    let props = "<Project>\n  <ItemGroup>\n    <PackageReference Include=\"Polly\" Version=\"7.0.0\" />\n    \
                 <ProjectReference Include=\"../Core/Core.csproj\" />\n  </ItemGroup>\n</Project>\n";
    let core = "<Project Sdk=\"Microsoft.NET.Sdk\" />\n";
    let found = scan(&[
        ("src/App/App.csproj", app),
        ("src/Core/Core.csproj", core),
        ("src/Data/Data.fsproj", core),
        ("src/Directory.Build.props", props),
    ]);
    assert_eq!(
        needs(&found),
        [
            "src/App > pkg:nuget/Polly@8.0.0 (src/App/App.csproj:8)",
            "src/App > pkg:nuget/Serilog@4.0.0 (src/App/App.csproj:5)",
            "src/App > src/Core (src/App/App.csproj:3)",
            "src/App > src/Data (src/App/App.csproj:4)",
            "src/Core > pkg:nuget/Polly@7.0.0 (src/Directory.Build.props:3)",
            "src/Data > pkg:nuget/Polly@7.0.0 (src/Directory.Build.props:3)",
        ]
    );
    let said = said(&found);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("App.csproj:3:5: unresolved: the project `../Gone/Gone.csproj` is not in this tree"),
        "{said:?}"
    );
    assert!(said[1].contains("is seen from each project that takes this file in"), "{said:?}");
}

#[test]
fn projects_of_gradle_lead_to_the_folders_of_the_settings() {
    let settings = "include ':app', ':lib:core-api'\ninclude(\"tools\")\nproject(':tools').projectDir = file('build/tools')\n\
                    includeBuild '../other'\n";
    let app = "dependencies {\n  implementation project(':lib:core-api')\n  implementation(project(path: ':tools', configuration: 'x'))\n\
               \x20 testImplementation projects.lib.coreApi\n  implementation 'g:a:1.0'\n  runtimeOnly project(\":$name\")\n  runtimeOnly project(':gone')\n}\n";
    let root = "project(':tools') {\n  dependencies {\n    implementation project(':lib:core-api')\n  }\n}\n";
    let nested = "dependencies {\n  api(project(\"core-api\"))\n}\n";
    let found = scan(&[
        ("svc/settings.gradle", settings),
        ("svc/build.gradle", root),
        ("svc/app/build.gradle", app),
        ("svc/lib/build.gradle.kts", nested),
        ("svc/lib/core-api/build.gradle", ""),
        ("svc/build/tools/build.gradle", ""),
    ]);
    assert_eq!(
        needs(&found),
        [
            "svc/app > pkg:maven/g/a@1.0 (svc/app/build.gradle:5)",
            "svc/app > svc/build/tools (svc/app/build.gradle:3)",
            "svc/app > svc/lib/core-api (svc/app/build.gradle:2)",
            "svc/build/tools > svc/lib/core-api (svc/build.gradle:3)",
            "svc/lib > svc/lib/core-api (svc/lib/build.gradle.kts:2)",
        ]
    );
    let told = said(&found);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("build.gradle:6:15: unresolved: which project this is is computed"), "{told:?}");
    assert!(told[1].contains("do not say where the project `:gone` lies"), "{told:?}");
    let alone = scan(&[("app/build.gradle", "dependencies {\n  implementation project(':core')\n}\n")]);
    assert!(
        needs(&alone).is_empty()
            && said(&alone)[0].contains("no settings.gradle of the tree gives the folder of 1 named project"),
        "{:?}",
        said(&alone)
    );
}

#[test]
fn folders_that_python_installs_are_projects() {
    let lib = ("lib/pyproject.toml", "[project]\nname = \"lib\"\n");
    let setup = ("old/setup.py", "from setuptools import setup\nsetup(name='old')\n");
    let found = scan(&[
        lib,
        setup,
        (
            "svc/requirements.txt",
            "-e ../lib[gpu]\n../old ; python_version > '3'\nlib @ file:../lib\n./gone\n./x-1.0.tar.gz\nvendor/own\n",
        ),
        ("pyproject.toml", "[project]\nname = \"top\"\n"),
        ("svc/vendor/own/setup.cfg", "[metadata]\nname = own\n"),
        // pip takes a path from where it is called
        ("ci/requirements.txt", "-e .\n-e ./lib\n"),
    ]);
    assert_eq!(
        needs(&found),
        [
            "ci > . (ci/requirements.txt:1)",
            "ci > lib (ci/requirements.txt:2)",
            "svc > pkg:pypi/x@1.0 (svc/requirements.txt:5)",
            "svc > lib (svc/requirements.txt:1)",
            "svc > old (svc/requirements.txt:2)",
            "svc > svc/vendor/own (svc/requirements.txt:6)",
        ]
    );
    assert_eq!(
        said(&found),
        ["svc/requirements.txt:4:1: unresolved: the folder `./gone` holds no manifest in this tree"]
    );
    let poetry =
        "[tool.poetry]\nname = \"app\"\n[tool.poetry.dependencies]\nlib = { path = \"../lib\", develop = true }\n";
    let lock = "[[package]]\nname = \"lib\"\nversion = \"0.1\"\n[package.dependencies]\nx = \"*\"\n[package.source]\ntype = \"directory\"\nurl = \"../lib\"\n\n\
                [[package]]\nname = \"x\"\nversion = \"1.0\"\n[package.dependencies]\ny = \"*\"\n\n\
                [[package]]\nname = \"y\"\nversion = \"2.0\"\n\n[metadata]\nlock-version = \"2.0\"\n";
    let found = scan(&[lib, ("app/pyproject.toml", poetry), ("app/poetry.lock", lock)]);
    assert_eq!(
        needs(&found),
        ["app > lib (app/pyproject.toml:4)", "lib > pkg:pypi/x@1.0 (app/poetry.lock:5)"],
        "what the library needs is not the application's own"
    );
    let pdm = "[project]\nname = \"app\"\ndependencies = [\"lib @ file:///${PROJECT_ROOT}/../lib\"]\n\
               [tool.pdm.dev-dependencies]\ndev = [\"-e file:///${PROJECT_ROOT}/../old#egg=old\"]\n";
    let found = scan(&[lib, setup, ("app/pyproject.toml", pdm)]);
    assert_eq!(needs(&found), ["app > lib (app/pyproject.toml:3)", "app > old (app/pyproject.toml:5)"]);
    let uv = "[project]\nname = \"app\"\ndependencies = [\"lib\"]\n[tool.uv.sources]\nlib = { path = \"../lib\", editable = true }\n";
    assert_eq!(needs(&scan(&[lib, ("app/pyproject.toml", uv)])), ["app > lib (app/pyproject.toml:3)"]);
    let pipfile = "[packages]\nlib = { path = \"../lib\", editable = true }\napp = { path = \".\" }\n";
    let found = scan(&[lib, ("app/Pipfile", pipfile)]);
    assert_eq!(needs(&found), ["app > lib (app/Pipfile:2)"]);
    assert!(said(&found).is_empty(), "a folder needs nothing of itself: {:?}", said(&found));
    // a library whose folder holds no manifest: what the lock file says of it is not cut off from who asks for it
    let found = scan(&[("app/pyproject.toml", poetry), ("app/poetry.lock", lock)]);
    assert!(needs(&found).iter().any(|need| need.starts_with("app > pkg:pypi/x@1.0")), "{:?}", needs(&found));
}

#[test]
fn modules_of_go_that_are_folders_are_projects_and_do_not_vanish() {
    let module = |name: &str| format!("module example.org/{name}\n\ngo 1.24\n");
    let app = format!(
        "{}\nrequire (\n\texample.org/lib v0.0.0\n\texample.org/out v1.2.0\n\texample.org/far v0.0.0 // indirect\n)\n\n\
         replace example.org/lib => ../lib\n\nreplace example.org/out => ../../out\n\nreplace example.org/far => ../far\n",
        module("app")
    );
    let found = scan(&[("app/go.mod", &app), ("lib/go.mod", &module("lib")), ("far/go.mod", &module("far"))]);
    assert_eq!(
        needs(&found),
        ["app > pkg:golang/example.org/out (app/go.mod:7)", "app > lib (app/go.mod:6)"],
        "who needs an indirect one says so itself"
    );
    assert_eq!(
        said(&found),
        [
            "app/go.mod:7:2: unresolved: `example.org/out` is replaced by the folder `../../out`, which holds no go.mod in this tree"
        ]
    );
    let hosts = found.relations().filter(|(_, row)| row.kind == RelationKind::DistributedBy).count();
    assert_eq!(hosts, 0, "nothing is fetched");
    let user = format!("{}\nrequire example.org/lib v1.0.0\n", module("app"));
    let found = scan(&[
        ("go.work", "go 1.24\n\nuse (\n\t./app\n\t./lib\n)\n"),
        ("app/go.mod", &user),
        ("lib/go.mod", &module("lib")),
    ]);
    assert_eq!(needs(&found), ["app > lib (app/go.mod:5)"]);
}

const SYN: &str = "[[package]]\nname = \"syn\"\nversion = \"VERSION\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

#[test]
fn a_crate_at_the_top_of_a_workspace_needs_its_own_only() {
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"member\"\nversion = \"0.1.0\"\ndependencies = [\"syn 2.0.1\", \"top\"]\n\n{}\n{}\n\
         [[package]]\nname = \"top\"\nversion = \"0.1.0\"\ndependencies = [\"syn 1.0.9\"]\n",
        SYN.replace("VERSION", "1.0.9"),
        SYN.replace("VERSION", "2.0.1")
    );
    let top = |asks: &str| {
        format!("[package]\nname = \"top\"\n\n[workspace]\nmembers = [\"member\"]\n\n[dependencies]\n{asks}\n")
    };
    let member = "[package]\nname = \"member\"\n\n[dependencies]\nsyn = \"2\"\ntop = { path = \"..\" }\n";
    let found = |top: &str| scan(&[("Cargo.lock", &lock), ("Cargo.toml", top), ("member/Cargo.toml", member)]);
    let wanted = |found: &Inventory| {
        let needs = needs(found);
        needs.iter().map(|need| need.split(" (").next().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    let all = [". > pkg:cargo/syn@1.0.9", "member > pkg:cargo/syn@2.0.1", "member > ."];
    assert_eq!(wanted(&found(&top("syn = \"1\""))), all);
    // one that does not fit its lock file gets what that says of it, and not what it says of the member
    assert_eq!(wanted(&found(&top("syn = \"3\""))), all);
    // without a manifest the folder of the lock file stands for all
    let alone = scan(&[("Cargo.lock", &lock)]);
    assert_eq!(wanted(&alone), [". > pkg:cargo/syn@1.0.9", ". > pkg:cargo/syn@2.0.1"]);
}

/// The ways that `explain` lists, as ids without their sort.
fn ways(files: &[(&str, &str)], what: &str) -> Vec<Vec<String>> {
    let folder = tree(files);
    let output =
        sovaudit().args(["explain", what, "--format", "json"]).arg(folder.path()).output().expect("the binary runs");
    let told: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let step = |step: &Value| step["component"].as_str().expect("an id").replace("project:", "");
    let path = |path: &Value| path.as_array().expect("steps").iter().map(step).collect();
    told["paths"].as_array().expect("paths").iter().map(path).collect()
}

fn package(name: &str, asks: &str) -> String {
    format!(r#"{{"name": "{name}", "dependencies": {{{asks}}}}}"#)
}

#[test]
fn ways_lead_through_projects_that_others_use() {
    // a diamond: the package stands at its end, and at one of its sides
    let (top, left) = (
        package("top", r#""l": "file:../l", "r": "file:../r""#),
        package("l", r#""end": "file:../end", "qs": "6.0.0""#),
    );
    let (right, end) = (package("r", r#""end": "file:../end""#), package("end", r#""qs": "6.0.0""#));
    let files = [
        ("top/package.json", top.as_str()),
        ("l/package.json", &left),
        ("r/package.json", &right),
        ("end/package.json", &end),
    ];
    let qs = "pkg:npm/qs@6.0.0";
    assert_eq!(ways(&files, qs), [&["top", "l", qs][..], &["top", "l", "end", qs], &["top", "r", "end", qs]]);
    assert_eq!(ways(&files, "project:end"), [["top", "l", "end"], ["top", "r", "end"]]);
}

#[test]
fn ways_begin_in_circles_that_nothing_comes_before() {
    let (a, b) = (package("a", r#""b": "file:../b""#), package("b", r#""a": "file:../a", "qs": "6.0.0""#));
    let circle = [("a/package.json", a.as_str()), ("b/package.json", &b)];
    let qs = "pkg:npm/qs@6.0.0";
    assert_eq!(ways(&circle, qs), [&["b", qs][..], &["a", "b", qs]]);
    assert_eq!(ways(&circle, "project:a"), [&["a"][..], &["b", "a"]]);
    // with something before it, the circle is a part of the way
    let top = package("top", r#""a": "file:../a""#);
    let mut files = circle.to_vec();
    files.push(("top/package.json", &top));
    assert_eq!(ways(&files, qs), [["top", "a", "b", qs]]);
    // beside a root of its own
    let other = package("other", r#""qs": "6.0.0""#);
    files.pop();
    files.push(("other/package.json", &other));
    assert_eq!(ways(&files, qs), [&["b", qs][..], &["other", qs], &["a", "b", qs]]);
}
