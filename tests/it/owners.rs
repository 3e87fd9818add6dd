//! Whose an entry is: packages go to the projects that ask for them, and none gets lost on the way.

use crate::entries::{found, has, lacks};

#[test]
fn options_before_the_verb_of_a_command() {
    let steps = "FROM scratch\nRUN npm --prefix web install left-pad@1.0.0 && pnpm -C web add p1@1.0.0 && yarn --cwd web add y1\n\
                 RUN pip --no-cache-dir install a1==1.0 && python -m pip --isolated install a2==1.0; uv --quiet pip install a3\n\
                 RUN cargo +nightly --locked install ripgrep; go -C dir install example.com/x@v1.0.0\n\
                 RUN yarn workspace web add y2 && dotnet add src/App package A.B\n\
                 RUN npm --prefix web run install gone\n";
    let found = found(&[("Dockerfile", steps)]);
    let asked = |name: &str| format!("project:. depends-on pkg:{name}");
    for name in [
        "npm/left-pad@1.0.0",
        "npm/p1@1.0.0",
        "npm/y1",
        "npm/y2",
        "pypi/a1@1.0",
        "pypi/a2@1.0",
        "pypi/a3",
        "cargo/ripgrep",
        "golang/example.com/x@v1.0.0",
        "nuget/A.B",
    ] {
        has(&found, &[&asked(name)]);
    }
    lacks(&found, &["gone"]);
}

#[test]
fn scripts_are_read_as_the_steps_of_a_build() {
    let script = "#!/usr/bin/env bash\nset -euo pipefail\nVERSION=2.4.0\nif ! command -v torchrun; then\n  \
                  pip install \"torch==$VERSION\"\nfi\nnpm install -g left-pad@1.0.0\ndocker run -d redis:7\n\
                  curl -fsSL https://get.example.org/i.sh | bash\ncurl -X POST https://hooks.example.com/done\n\
                  echo 'pip install never'\n";
    let found = found(&[("tools/setup.sh", script), ("plain.sh", "echo hello\n")]);
    has(
        &found,
        &[
            "project:tools is project",
            "project:tools depends-on pkg:pypi/torch@2.4.0",
            "project:tools depends-on pkg:npm/left-pad@1.0.0",
            "pkg:npm/left-pad@1.0.0 resolution = pinned",
            "project:tools distributed-by host:get.example.org",
        ],
    );
    assert!(found.iter().any(|line| line.starts_with("project:tools depends-on pkg:oci/redis")), "{found:?}");
    lacks(&found, &["never", "hooks.example.com", "project:.", "scope"]);
}

#[test]
fn literal_parts_of_dictionaries_in_setup_py() {
    let script = "import itertools\nfrom setuptools import setup\n\
                  EXTRAS = {\"cli\": [\"click==8.1.7\"], \"web\": [\"flask==3.0.0\"]}\n\
                  EXTRAS[\"dev\"] = EXTRAS[\"cli\"] + [\"pytest==8.0.0\"]\n\
                  EXTRAS[\"all\"] = sum(EXTRAS.values(), [])\n\
                  EXTRAS[\"every\"] = [x for v in EXTRAS.values() for x in v]\n\
                  EXTRAS[\"chain\"] = sorted(set(itertools.chain(*EXTRAS.values())))\n\
                  setup(name=\"a\", install_requires=EXTRAS[\"web\"] + [\"requests==2.0.0\"], extras_require=EXTRAS)\n";
    let found_all = found(&[("setup.py", script)]);
    has(
        &found_all,
        &[
            "pkg:pypi/click@8.1.7 scope = optional",
            "pkg:pypi/flask@3.0.0 scope = optional",
            "pkg:pypi/flask@3.0.0 scope = runtime",
            "pkg:pypi/requests@2.0.0 scope = runtime",
            "pkg:pypi/pytest@8.0.0 scope = optional",
        ],
    );
    // another key is another list
    lacks(&found_all, &["computed", "pkg:pypi/click@8.1.7 scope = runtime", "pkg:pypi/pytest@8.0.0 scope = runtime"]);
    let script = "EXTRAS = read()\nsetup(install_requires=EXTRAS[\"web\"] + [\"a==1\"], tests_require=sum(EXTRAS.values(), []))\n";
    let computed = found(&[("setup.py", script)]);
    has(&computed, &["project:. depends-on pkg:pypi/a@1"]);
    has(&computed, &["setup.py:1:10: unresolved: requirements are computed here; a script is not run"]);
}

#[test]
fn constraints_hold_for_the_pip_part_of_an_environment() {
    let environment = "dependencies:\n- pip:\n  - -r requirements.txt\n  - -c constraints-more.txt\n  - flask>=2\n  - torch\n  - numpy==1.0\n";
    let found = found(&[
        ("environment.yml", environment),
        ("requirements.txt", "-c constraints.txt\nrequests\n"),
        ("constraints.txt", "flask==3.0.1\nnumpy==2.0\n"),
        ("constraints-more.txt", "torch==2.4.0\n"),
    ]);
    has(
        &found,
        &[
            "project:. depends-on pkg:pypi/flask@3.0.1",
            "pkg:pypi/flask@3.0.1 resolution = pinned",
            "pkg:pypi/flask@3.0.1 requirement = >=2",
            "project:. depends-on pkg:pypi/torch@2.4.0",
            "project:. depends-on pkg:pypi/numpy@1.0",
        ],
    );
    lacks(&found, &["numpy@2.0"]);
}

#[test]
fn crates_without_a_manifest_below_keep_their_edges() {
    let entry = |name: &str, source: &str, needs: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\n{source}dependencies = [{needs}]\n\n")
    };
    let fetched = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let lock = format!(
        "version = 4\n\n{}{}{}{}{}{}{}",
        entry("app", "", "\"beside\", \"gone\", \"tool\""),
        entry("beside", "", "\"rand\""),
        entry("gone", "", "\"serde\""),
        entry("log", fetched, ""),
        entry("rand", fetched, ""),
        entry("serde", fetched, ""),
        entry("tool", "", "\"log\"")
    );
    let manifest = |name: &str, needs: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n{needs}");
    let found = found(&[
        ("ws/Cargo.lock", &lock),
        (
            "ws/Cargo.toml",
            &manifest("app", "[dependencies]\ngone = { path = \"../../gone\" }\nbeside = { path = \"../beside\" }\n"),
        ),
        ("ws/tool/Cargo.toml", &manifest("tool", "[dependencies]\nlog = \"0.1\"\n")),
        ("beside/Cargo.toml", &manifest("beside", "[dependencies]\nrand = \"0.1\"\n")),
    ]);
    has(
        &found,
        &[
            "project:ws depends-on pkg:cargo/serde@0.1.0",
            "project:ws depends-on pkg:cargo/rand@0.1.0",
            "project:ws/tool depends-on pkg:cargo/log@0.1.0",
            "project:ws depends-on project:beside",
        ],
    );
    lacks(&found, &["project:ws depends-on pkg:cargo/log"]);
}

#[test]
fn references_of_shared_files_belong_to_the_projects_below() {
    let project = |items: &str| format!("<Project Sdk=\"Microsoft.NET.Sdk\">{items}</Project>");
    let found = found(&[
        (
            "Directory.Build.props",
            "<Project><PropertyGroup><StyleVersion>1.2.0</StyleVersion></PropertyGroup><ItemGroup>\
             <PackageReference Include=\"StyleCop.Analyzers\" Version=\"$(StyleVersion)\" PrivateAssets=\"all\" />\
             <PackageReference Include=\"Serilog\" />\
             <PackageReference Include=\"xunit\" Version=\"2.9.0\" Condition=\"'$(IsTestProject)' == 'true'\" />\
             <PackageReference Include=\"Maybe\" Version=\"1.0.0\" Condition=\"'$(Flavour)' == 'x'\" />\
             <PackageReference Include=\"Gone\" Version=\"1.0.0\" /></ItemGroup></Project>",
        ),
        (
            "Directory.Build.targets",
            "<Project><Import Project=\"eng/Analyzers.props\" /><ItemGroup><PackageReference Include=\"Last\" \
             Version=\"[3.0.0]\" /></ItemGroup></Project>",
        ),
        (
            "Directory.Packages.props",
            "<Project><ItemGroup><PackageVersion Include=\"Serilog\" Version=\"4.0.0\" /><PackageVersion \
             Include=\"Newtonsoft.Json\" Version=\"[13.0.1]\" /><GlobalPackageReference Include=\"GitVersioning\" \
             Version=\"3.6.0\" /></ItemGroup></Project>",
        ),
        (
            "eng/Analyzers.props",
            "<Project><ItemGroup><PackageReference Include=\"From.Eng\" Version=\"1.0.0\" /></ItemGroup></Project>",
        ),
        (
            "eng/Nobody.props",
            "<Project><ItemGroup><PackageReference Include=\"Of.Nobody\" Version=\"1.0.0\" /></ItemGroup></Project>",
        ),
        (
            "src/App/App.csproj",
            &project(
                "<ItemGroup><PackageReference Include=\"Newtonsoft.Json\" /><PackageReference Remove=\"Gone\" />\
                 <PackageReference Update=\"Serilog\" Version=\"4.1.0\" /></ItemGroup>",
            ),
        ),
        ("tests/T/T.csproj", &project("<PropertyGroup><IsTestProject>true</IsTestProject></PropertyGroup>")),
        // the nearest file of a name is the one that counts
        ("tools/Directory.Build.props", "<Project></Project>"),
        ("tools/X/X.csproj", &project("")),
    ]);
    has(
        &found,
        &[
            "project:src/App depends-on pkg:nuget/StyleCop.Analyzers@1.2.0",
            "project:src/App depends-on pkg:nuget/Serilog@4.1.0",
            "project:src/App depends-on pkg:nuget/GitVersioning@3.6.0",
            "project:src/App depends-on pkg:nuget/From.Eng@1.0.0",
            "project:src/App depends-on pkg:nuget/Maybe@1.0.0",
            "pkg:nuget/Maybe@1.0.0 condition = '$(Flavour)' == 'x'",
            "pkg:nuget/Newtonsoft.Json@13.0.1 resolution = pinned",
            "pkg:nuget/Last@3.0.0 resolution = pinned",
            "pkg:nuget/GitVersioning@3.6.0 resolution = unlocked",
            "project:tests/T depends-on pkg:nuget/Serilog@4.0.0",
            "project:tests/T depends-on pkg:nuget/xunit@2.9.0",
            "project:tests/T depends-on pkg:nuget/Gone@1.0.0",
            "project:tools/X depends-on pkg:nuget/Last@3.0.0",
            "project:tools/X depends-on pkg:nuget/GitVersioning@3.6.0",
            "project:eng depends-on pkg:nuget/Of.Nobody@1.0.0",
        ],
    );
    lacks(
        &found,
        &[
            "project:. ",
            "project:src/App depends-on pkg:nuget/xunit",
            "project:src/App depends-on pkg:nuget/Gone",
            "project:src/App depends-on pkg:nuget/Serilog@4.0.0",
            "project:eng depends-on pkg:nuget/From.Eng",
            "project:tools/X depends-on pkg:nuget/StyleCop",
            "pkg:nuget/xunit@2.9.0 condition",
        ],
    );
}

#[test]
fn blocks_of_a_gradle_script_belong_to_the_projects_that_they_are_about() {
    let root = "plugins { alias(libs.plugins.shadow) apply false }\nsubprojects {\n  dependencies {\n    implementation \
                'sub:sub:1.0'\n    testImplementation libs.junit\n  }\n}\nallprojects { dependencies { implementation 'all:all:1.0' } }\n\
                configure([project(':app'), project(':lib')]) { dependencies { implementation 'two:two:1.0' } }\n\
                configure(subprojects.findAll { it.x }) { dependencies { implementation 'some:some:1.0' } }\n\
                project(':core') { dependencies { api 'core:only:1.0!!'\n implementation project(':lib') } }\n";
    let app = "dependencies {\n  implementation libs.guava\n  implementation('strict:block') { version { strictly '1.2.3' } }\n  \
               implementation project(':ghost')\n}\n";
    let found = found(&[
        (
            "settings.gradle",
            "plugins { id 'com.gradle.develocity' version '3.17' }\ninclude ':app', ':lib', ':core', ':ghost'\n",
        ),
        ("build.gradle", root),
        ("app/build.gradle", app),
        ("lib/build.gradle", "dependencies { implementation libs.okio }\n"),
        ("core/src/A.java", "class A {}\n"),
        ("buildSrc/build.gradle", "plugins { id 'groovy-gradle-plugin' }\n"),
        ("buildSrc/src/main/groovy/T.groovy", "class T { def x(p) { p.dependencies.add('api', libs.jackson) } }\n"),
        (
            "gradle/libs.versions.toml",
            "[libraries]\njunit = \"junit:junit:4.13\"\nguava = \"g:guava:33.0\"\nokio = { module = \"s:okio\", version = { \
             strictly = \"3.0.0\" } }\njackson = \"j:jackson:2.0\"\nunused = \"u:unused:1.0\"\n\n[plugins]\nshadow = { id = \
             \"com.shadow\", version = \"8.0\" }\n",
        ),
    ]);
    let asks = |project: &str, package: &str| format!("project:{project} depends-on pkg:maven/{package}");
    for (project, packages) in [
        (".", &["all/all@1.0", "some/some@1.0", "com.shadow/com.shadow.gradle.plugin@8.0"][..]),
        (
            "app",
            &["sub/sub@1.0", "junit/junit@4.13", "all/all@1.0", "two/two@1.0", "g/guava@33.0", "strict/block@1.2.3"],
        ),
        ("lib", &["sub/sub@1.0", "junit/junit@4.13", "all/all@1.0", "two/two@1.0", "s/okio@3.0.0"]),
        ("core", &["sub/sub@1.0", "junit/junit@4.13", "all/all@1.0", "core/only@1.0"]),
        ("buildSrc", &["j/jackson@2.0"]),
    ] {
        let asked: Vec<String> = packages.iter().map(|package| asks(project, package)).collect();
        has(&found, &asked.iter().map(String::as_str).collect::<Vec<_>>());
    }
    has(
        &found,
        &[
            "project:core depends-on project:lib",
            "project:. depends-on pkg:maven/com.gradle.develocity/com.gradle.develocity.gradle.plugin@3.17",
            "pkg:maven/core/only@1.0 resolution = pinned",
            "pkg:maven/strict/block@1.2.3 resolution = pinned",
            "pkg:maven/s/okio@3.0.0 resolution = pinned",
            "pkg:maven/sub/sub@1.0 resolution = unlocked",
            "app/build.gradle:4:18: unresolved: the project `:ghost` lies in `ghost`, where this tree holds \
             nothing that is read",
            "build.gradle:10:58: unresolved: which projects such blocks are about is not known here: the project of this \
             script stands for them",
        ],
    );
    lacks(
        &found,
        &[
            "project:ghost",
            "project:. depends-on pkg:maven/sub",
            "project:. depends-on pkg:maven/junit",
            "project:. depends-on pkg:maven/g/guava",
            "project:. depends-on pkg:maven/core",
            "project:core depends-on pkg:maven/two",
            "pkg:maven/u/unused",
        ],
    );
}

#[test]
fn projects_that_lie_in_folders_are_used_and_not_fetched() {
    let path = |name: &str, folder: &str| {
        format!(
            "{{\"name\": \"{name}\", \"version\": \"dev-main\", \"dist\": {{\"type\": \"path\", \"url\": \"{folder}\"}}, \"require\": {{\"psr/log\": \"^3\"}}}}"
        )
    };
    let composer_lock = format!(
        "{{\"packages\": [{}, {{\"name\": \"psr/log\", \"version\": \"3.0.0\"}}]}}",
        path("acme/lib", "packages/lib")
    );
    let gem_lock = "PATH\n  remote: engines\n  specs:\n    engine (0.1.0)\n      sidekiq\n\nGEM\n  remote: https://rubygems.org/\n  \
                    specs:\n    sidekiq (7.0.0)\n\nDEPENDENCIES\n  engine!\n";
    let julia = "name = \"App\"\n[deps]\nLocal = \"22222222-2222-2222-2222-222222222222\"\n[sources]\nLocal = {path = \"Local\"}\n";
    let found = found(&[
        (
            "php/composer.json",
            "{\"repositories\": [{\"type\": \"path\", \"url\": \"packages/*\"}], \"require\": {\"acme/lib\": \"*\"}}",
        ),
        ("php/composer.lock", &composer_lock),
        ("php/packages/lib/composer.json", "{\"name\": \"acme/lib\", \"require\": {\"psr/log\": \"^3\"}}"),
        (
            "ruby/Gemfile",
            "source \"https://rubygems.org\"\npath \"engines\" do\n  gem \"engine\"\nend\ngem \"gone\", path: \"../gone\"\n",
        ),
        ("ruby/Gemfile.lock", gem_lock),
        (
            "ruby/engines/engine/engine.gemspec",
            "Gem::Specification.new do |s|\n  s.name = \"engine\"\n  s.add_dependency \"sidekiq\"\nend\n",
        ),
        (
            "dart/pubspec.yaml",
            "name: app\nworkspace:\n- packages/a\n- packages/b\ndependencies:\n  util: {path: ../util}\n  over: ^1.0.0\n\
             dependency_overrides:\n  over: {path: ../util}\n",
        ),
        ("dart/packages/a/pubspec.yaml", "name: a\nresolution: workspace\ndependencies:\n  b: any\n  http: ^1.0.0\n"),
        ("dart/packages/b/pubspec.yaml", "name: b\nresolution: workspace\n"),
        ("util/pubspec.yaml", "name: util\n"),
        (
            "beam/apps/web/mix.exs",
            "defmodule W do\n  defp deps do\n    [{:core, in_umbrella: true}, {:local, path: \"../../local\"}]\n  end\nend\n",
        ),
        ("beam/apps/core/mix.exs", "defmodule C do\n  defp deps do\n    []\n  end\nend\n"),
        ("beam/local/mix.exs", "defmodule L do\n  def project, do: [app: :local, deps: [{:jason, \"~> 1.4\"}]]\nend\n"),
        ("swift/Package.swift", "let package = Package(name: \"A\", dependencies: [.package(path: \"Core\")])\n"),
        ("swift/Core/Package.swift", "let package = Package(name: \"Core\")\n"),
        (
            "bazel/MODULE.bazel",
            "bazel_dep(name = \"own\", version = \"1.0\")\nlocal_path_override(module_name = \"own\", path = \"third/own\")\n",
        ),
        ("bazel/third/own/MODULE.bazel", "module(name = \"own\")\n"),
        ("julia/Project.toml", julia),
        ("julia/Local/Project.toml", "name = \"Local\"\n[deps]\nJSON = \"682c06a0-de6a-54ab-a142-c8b1cf79cde6\"\n"),
        ("cabal/cabal.project", "packages:\n  .\n  lib/*.cabal -- its own\n"),
        ("cabal/app.cabal", "name: app\nlibrary\n  build-depends: mylib, other, aeson\n"),
        ("cabal/lib/mylib.cabal", "name: mylib\nlibrary\n  build-depends: containers\n"),
        ("cabal/elsewhere/other.cabal", "name: other\n"),
        ("vcpkg/vcpkg.json", "{\"dependencies\": [\"mylib\", \"fmt\"]}"),
        ("vcpkg/vcpkg-configuration.json", "{\"overlay-ports\": [\"./ports\"]}"),
        ("vcpkg/ports/mylib/vcpkg.json", "{\"name\": \"mylib\", \"dependencies\": [\"zlib\"]}"),
        (
            "nix/flake.lock",
            "{\"nodes\": {\"tar\": {\"locked\": {\"type\": \"tarball\", \"url\": \"https://dl.example.org/x.tar.gz\", \"narHash\": \
             \"sha256-c\"}}, \"root\": {\"inputs\": {\"tar\": \"tar\"}}}, \"root\": \"root\", \"version\": 7}",
        ),
    ]);
    has(
        &found,
        &[
            "project:php depends-on project:php/packages/lib",
            "project:php/packages/lib depends-on pkg:composer/psr/log@3.0.0",
            "project:ruby depends-on project:ruby/engines/engine",
            "project:ruby/engines/engine depends-on pkg:gem/sidekiq@7.0.0",
            "ruby/Gemfile:5:5: unresolved: the folder of `gone` holds no specification of it in this tree",
            "project:dart depends-on project:util",
            "project:dart/packages/a depends-on project:dart/packages/b",
            "project:dart/packages/a depends-on pkg:pub/http",
            "project:beam/apps/web depends-on project:beam/apps/core",
            "project:beam/apps/web depends-on project:beam/local",
            "project:beam/local depends-on pkg:hex/jason",
            "project:swift depends-on project:swift/Core",
            "project:bazel depends-on project:bazel/third/own",
            "project:julia depends-on project:julia/Local",
            "project:cabal depends-on project:cabal/lib",
            "project:cabal depends-on pkg:hackage/other",
            "project:cabal depends-on pkg:hackage/aeson",
            "project:vcpkg depends-on project:vcpkg/ports/mylib",
            "project:vcpkg depends-on pkg:vcpkg/fmt",
            "pkg:generic/tar resolution = locked",
        ],
    );
    lacks(
        &found,
        &[
            "project:php depends-on pkg:composer/psr/log",
            "project:ruby depends-on pkg:gem/sidekiq",
            "pkg:pub/b",
            "pkg:pub/over",
            "pkg:hackage/mylib",
            "pkg:vcpkg/mylib",
        ],
    );
}

#[test]
fn conditions_of_shared_references_are_decided_by_what_always_holds() {
    let props = "<Project>\n<PropertyGroup Condition=\"$(MSBuildProjectName.EndsWith('.Tests'))\"><IsTestProject>true</IsTestProject></PropertyGroup>\n\
                 <PropertyGroup><Configuration Condition=\"'$(Configuration)' == ''\">Debug</Configuration><Always>yes</Always></PropertyGroup>\n\
                 <ItemGroup>\n<PackageReference Include=\"Tests\" Version=\"1.0.0\" Condition=\"'$(IsTestProject)' == 'true'\" />\n\
                 <PackageReference Include=\"Release\" Version=\"1.0.0\" Condition=\"'$(Configuration)' == 'Release'\" />\n\
                 <PackageReference Include=\"Never\" Version=\"1.0.0\" Condition=\"'$(Always)' != 'yes'\" />\n\
                 <PackageReference Include=\"X\" Version=\"1.0.0\" />\n</ItemGroup>\n</Project>\n";
    let project = "<Project Sdk=\"Microsoft.NET.Sdk\">\n<!-- <Import Project=\"../build/comment.props\" /> -->\n<Import Project='../build/single.props' />\n\
                   <ItemGroup Condition=\"'$(TargetFramework)' == 'net472'\"><PackageReference Update=\"X\" Version=\"2.0.0\" /></ItemGroup>\n</Project>\n";
    let one = |name: &str| {
        format!("<Project><ItemGroup><PackageReference Include=\"{name}\" Version=\"1.0.0\" /></ItemGroup></Project>\n")
    };
    let nested = "<Project><Import Project=\"nested.props\" /></Project>\n";
    let found = found(&[
        ("Directory.Build.props", props),
        ("src/App.csproj", project),
        ("build/comment.props", &one("Comment")),
        ("build/single.props", nested),
        ("build/nested.props", &one("Nested")),
    ]);
    has(
        &found,
        &[
            "project:src depends-on pkg:nuget/Tests@1.0.0",
            "pkg:nuget/Tests@1.0.0 condition = '$(IsTestProject)' == 'true'",
            "pkg:nuget/Release@1.0.0 condition = '$(Configuration)' == 'Release'",
            "project:src depends-on pkg:nuget/X@1.0.0",
            "project:src depends-on pkg:nuget/X@2.0.0",
            "project:src depends-on pkg:nuget/Nested@1.0.0",
            "project:build depends-on pkg:nuget/Comment@1.0.0",
        ],
    );
    lacks(&found, &["Never", "project:build depends-on pkg:nuget/Nested", "X@1.0.0 condition"]);
}

#[test]
fn a_project_of_beginnings_of_imports_costs_no_more_than_its_length() {
    let project = format!("<Project>{}</Project>\n", "<Import".repeat(150_000));
    let props =
        "<Project><ItemGroup><PackageReference Include=\"A\" Version=\"1.0.0\" /></ItemGroup></Project>\n".to_owned();
    let begin = std::time::Instant::now();
    found(&[("a/a.csproj", &project), ("b/b.props", &props)]);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
