//! Lock files and manifests that Git left in the middle of a merge: the mark is told at its line, and what either side says
//! is read.

use crate::entries::{found, has, lacks};

const BOTH: &str = "malformed: marks of an unfinished merge; both sides are read";

fn conflict(ours: &str, theirs: &str) -> String {
    format!("<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> topic\n")
}

#[test]
fn lock_files_of_npm() {
    let lock = format!(
        "{{\"name\": \"a\", \"lockfileVersion\": 3, \"packages\": {{\n\"\": {{\"dependencies\": {{\"x\": \"1\", \"y\": \"1\", \
         \"z\": \"1\"}}}},\n\"node_modules/x\": {{\n{}}},\n{}\"node_modules/z\": {{\"version\": \"1.0.0\"}}\n}}}}\n",
        conflict("\"version\": \"1.0.0\"", "\"version\": \"1.1.0\""),
        conflict("\"node_modules/y\": {\"version\": \"2.0.0\"},", "\"node_modules/w\": {\"version\": \"3.0.0\"},"),
    );
    let found = found(&[("package-lock.json", &lock)]);
    has(
        &found,
        &[
            "pkg:npm/x@1.0.0 resolution = locked",
            "pkg:npm/x@1.1.0 resolution = locked",
            "project:. depends-on pkg:npm/x@1.1.0",
            "project:. depends-on pkg:npm/y@2.0.0",
            "pkg:npm/w@3.0.0 resolution = locked",
            "project:. depends-on pkg:npm/z@1.0.0",
            &format!("package-lock.json:4:1: {BOTH}"),
            &format!("package-lock.json:10:1: {BOTH}"),
        ],
    );
    lacks(&found, &["a second entry"]);
}

#[test]
fn lists_and_tables_in_json() {
    let composer = format!(
        "{{\"packages\": [\n{{\"name\": \"a/a\",\n{}}},\n{{\"name\": \"b/b\", \"version\": \"1.0.0\"}}\n]}}\n",
        conflict("\"version\": \"1.0.0\"", "\"version\": \"1.1.0\"")
    );
    let pipenv = format!(
        "{{\"_meta\": {{\n{}}},\n\"default\": {{\"x\": {{\n{}}}, \"z\": {{\"version\": \"==1.0\"}}}}}}\n",
        conflict("\"hash\": {\"sha256\": \"a\"}", "\"hash\": {\"sha256\": \"b\"}"),
        conflict("\"version\": \"==1.0\"", "\"version\": \"==1.1\"")
    );
    let nuget = format!(
        "{{\"version\": 1, \"dependencies\": {{\"net8.0\": {{\n{}\"Z\": {{\"type\": \"Transitive\", \"resolved\": \
         \"1.0.0\"}}}}}}}}\n",
        conflict(
            "\"X\": {\"type\": \"Direct\", \"requested\": \"[1.0.0, )\", \"resolved\": \"1.0.0\"},",
            "\"X\": {\"type\": \"Direct\", \"requested\": \"[1.1.0, )\", \"resolved\": \"1.1.0\"},"
        )
    );
    let manifest =
        format!("{{\"dependencies\": {{\n{}\"z\": \"1\"}}}}\n", conflict("\"x\": \"1.0.0\",", "\"x\": \"1.1.0\","));
    let found = found(&[
        ("php/composer.lock", &composer),
        ("py/Pipfile.lock", &pipenv),
        ("net/packages.lock.json", &nuget),
        ("js/package.json", &manifest),
    ]);
    has(
        &found,
        &[
            "pkg:composer/a/a@1.0.0 resolution = locked",
            "pkg:composer/a/a@1.1.0 resolution = locked",
            "pkg:composer/b/b@1.0.0 resolution = locked",
            "pkg:pypi/x@1.0 resolution = locked",
            "pkg:pypi/x@1.1 resolution = locked",
            "pkg:pypi/z@1.0 resolution = locked",
            "project:net depends-on pkg:nuget/X@1.0.0",
            "project:net depends-on pkg:nuget/X@1.1.0",
            "pkg:nuget/Z@1.0.0 resolution = locked",
            "project:js depends-on pkg:npm/x@1.0.0",
            "project:js depends-on pkg:npm/x@1.1.0",
            "project:js depends-on pkg:npm/z",
            &format!("php/composer.lock:3:1: {BOTH}"),
            &format!("py/Pipfile.lock:2:1: {BOTH}"),
            &format!("py/Pipfile.lock:9:1: {BOTH}"),
            &format!("net/packages.lock.json:2:1: {BOTH}"),
            &format!("js/package.json:2:1: {BOTH}"),
        ],
    );
    lacks(&found, &["a second `dependencies`"]);
}

#[test]
fn lock_files_in_yaml() {
    let pnpm = format!(
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      x:\n        specifier: ^1\n{}packages:\n{}  \
         z@1.0.0:\n    resolution: {{integrity: sha512-c}}\nsnapshots:\n{}  z@1.0.0: {{}}\n",
        conflict("        version: 1.0.0", "        version: 1.1.0"),
        conflict(
            "  x@1.0.0:\n    resolution: {integrity: sha512-a}",
            "  x@1.1.0:\n    resolution: {integrity: sha512-b}"
        ),
        conflict("  x@1.0.0: {}", "  x@1.1.0: {}"),
    );
    let entry = |name: &str| {
        format!(
            "  {name}:\n    dependency: \"direct main\"\n    description: {{name: {name}, url: \"https://pub.dev\"}}\n    source: hosted\n"
        )
    };
    let pub_lock = format!(
        "packages:\n{}{}{}    version: \"1.0.0\"\n",
        entry("x"),
        conflict("    version: \"1.0.0\"", "    version: \"1.1.0\""),
        entry("z")
    );
    let found = found(&[("pnpm-lock.yaml", &pnpm), ("dart/pubspec.lock", &pub_lock)]);
    has(
        &found,
        &[
            "project:. depends-on pkg:npm/x@1.0.0",
            "project:. depends-on pkg:npm/x@1.1.0",
            "pkg:npm/z@1.0.0 resolution = locked",
            "project:dart depends-on pkg:pub/x@1.0.0",
            "project:dart depends-on pkg:pub/x@1.1.0",
            "project:dart depends-on pkg:pub/z@1.0.0",
            &format!("pnpm-lock.yaml:7:1: {BOTH}"),
            &format!("dart/pubspec.lock:6:1: {BOTH}"),
        ],
    );
    lacks(&found, &["simple key expected"]);
}

#[test]
fn formats_of_lines_and_of_elements() {
    let go_mod = "module a\n\ngo 1.22\n\nrequire example.com/x v1.0.0\n";
    let hash = "7V1q2QmKgCwZC2Cqvvsq1Zz9pZ0Yb3BQc7u3p6zDq1k=";
    let sums = conflict(&format!("example.com/x v1.0.0 h1:{hash}"), &format!("example.com/x v1.1.0 h1:{hash}"));
    let yarn = format!(
        "# yarn lockfile v1\n\n{}\nz@^1:\n  version \"1.0.0\"\n",
        conflict("x@^1:\n  version \"1.0.0\"", "x@^1:\n  version \"1.1.0\"")
    );
    let dependency = |version: &str| {
        format!("<dependency><groupId>x</groupId><artifactId>x</artifactId><version>{version}</version></dependency>")
    };
    let pom = format!(
        "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies>\n{}</dependencies></project>\n",
        conflict(&dependency("1.0"), &dependency("1.1"))
    );
    let found = found(&[
        ("go/go.mod", go_mod),
        ("go/go.sum", &sums),
        ("js/yarn.lock", &yarn),
        ("py/requirements.txt", &format!("a==1\n{}c==1\n", conflict("b==1", "b==2"))),
        ("java/pom.xml", &pom),
    ]);
    has(
        &found,
        &[
            "pkg:golang/example.com/x@v1.0.0 resolution = locked",
            "go/go.sum:1:1: malformed: marks of an unfinished merge; both sides are read",
            "pkg:npm/x@1.0.0 resolution = locked",
            "pkg:npm/x@1.1.0 resolution = locked",
            "js/yarn.lock:3:1: malformed: marks of an unfinished merge; both sides are read",
            "project:py depends-on pkg:pypi/b@1",
            "project:py depends-on pkg:pypi/b@2",
            "project:py depends-on pkg:pypi/c@1",
            "py/requirements.txt:2:1: malformed: marks of an unfinished merge; both sides are read",
            "project:java depends-on pkg:maven/x/x@1.0",
            "project:java depends-on pkg:maven/x/x@1.1",
            &format!("java/pom.xml:2:1: {BOTH}"),
        ],
    );
    lacks(&found, &["not a requirement", "neither an entry", "not a module"]);
}

#[test]
fn many_conflicts_within_each_other_cost_no_more_than_they_hold() {
    // every level differs in a value of its own: each could stand twice
    let mut text = String::new();
    for level in 0..150 {
        text.push_str(&format!("{{\n{}\"k\": ", conflict(&format!("\"v\": {level},"), &format!("\"v\": -{level},"))));
    }
    text.push_str(&format!("\"{}\"{}\n", "x".repeat(1 << 20), "}".repeat(150)));
    let began = std::time::Instant::now();
    found(&[("composer.lock", &text)]);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// Files of formats that are read by lines or as a script, with marks within an entry.
fn files_of_lines() -> [(&'static str, String); 15] {
    let either =
        |before: &str, ours: &str, theirs: &str, after: &str| format!("{before}{}{after}", conflict(ours, theirs));
    let yarn = either(
        "# yarn lockfile v1\n\n\nx@^1:\n",
        "  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/x/-/x-1.0.0.tgz#aa\"",
        "  version \"1.1.0\"\n  resolved \"https://registry.yarnpkg.com/x/-/x-1.1.0.tgz#bb\"",
        "\nz@^1:\n  version \"1.0.0\"\n",
    );
    let setup_py =
        either("from setuptools import setup\nsetup(\n    install_requires=[\n", "'b==1',", "'b==2',", "'c==1'])\n");
    let setup_cfg =
        either("[metadata]\nname = a\n[options]\ninstall_requires =\n", "    b==1", "    b==2", "    c==1\n");
    let gradle = either(
        "dependencies {\n",
        "  implementation 'g:b:1.0'",
        "  implementation 'g:b:2.0'",
        "  implementation 'g:c:1.0'\n}\n",
    );
    let kotlin = gradle.replace(" '", "(\"").replace('\'', "\")");
    let gemfile = either("gem 'a'\n", "gem 'b', '1.0'", "gem 'b', '2.0'", "gem 'c', '1.0'\n");
    let mix = either("  defp deps do\n    [\n", "{:b, \"1.0.0\"},", "{:b, \"2.0.0\"},", "{:c, \"1.0.0\"}]\n  end\n");
    let bazel = either(
        "module(name = \"a\")\n",
        "bazel_dep(name = \"b\", version = \"1.0\")",
        "bazel_dep(name = \"b\", version = \"2.0\")",
        "bazel_dep(name = \"c\", version = \"1.0\")\n",
    );
    let pods = either("target 'A' do\n", "pod 'B', '1.0'", "pod 'B', '2.0'", "pod 'C', '1.0'\nend\n");
    let swift = either(
        "let package = Package(name: \"a\", dependencies: [\n",
        ".package(url: \"https://github.com/o/b.git\", exact: \"1.0.0\"),",
        ".package(url: \"https://github.com/o/b.git\", exact: \"2.0.0\"),",
        "])\n",
    );
    let script = either("set -e\n", "pip install b==1.0", "pip install b==2.0", "pip install c==1.0\n");
    let docker = either("FROM alpine:3\nRUN pip install \\\n", "  b==1.0 \\", "  b==2.0 \\", "  c==1.0\n");
    let npmrc = either("", "registry=https://one.example/", "registry=https://two.example/", "");
    let hashes = either("b==1 \\\n", "  --hash=sha256:aa", "  --hash=sha256:bb", "c==1\n");
    let pip = either("[global]\n", "index-url = https://one.example/s", "index-url = https://two.example/s", "");
    [
        ("yarn/yarn.lock", yarn),
        ("setup/setup.py", setup_py),
        ("cfg/setup.cfg", setup_cfg),
        ("gradle/build.gradle", gradle),
        ("kotlin/build.gradle.kts", kotlin),
        ("gem/Gemfile", gemfile),
        ("mix/mix.exs", mix),
        ("bazel/MODULE.bazel", bazel),
        ("pods/Podfile", pods),
        ("swift/Package.swift", swift),
        ("script/install.sh", script),
        ("docker/Dockerfile", docker),
        ("npm/.npmrc", npmrc),
        ("pip/pip.conf", pip),
        ("hashes/requirements.txt", hashes),
    ]
}

/// Each side is a file of its own, wherever the marks stand in it.
#[test]
fn what_either_side_says_in_files_of_lines_and_scripts() {
    let files = files_of_lines();
    let found = found(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    for (folder, ids) in [
        ("yarn", ["npm/x@1.0.0", "npm/x@1.1.0", "npm/z@1.0.0"]),
        ("setup", ["pypi/b@1", "pypi/b@2", "pypi/c@1"]),
        ("cfg", ["pypi/b@1", "pypi/b@2", "pypi/c@1"]),
        ("gradle", ["maven/g/b@1.0", "maven/g/b@2.0", "maven/g/c@1.0"]),
        ("kotlin", ["maven/g/b@1.0", "maven/g/b@2.0", "maven/g/c@1.0"]),
        ("gem", ["gem/b@1.0", "gem/b@2.0", "gem/c@1.0"]),
        ("mix", ["hex/b@1.0.0", "hex/b@2.0.0", "hex/c@1.0.0"]),
        ("bazel", ["bazel/b", "bazel/b", "bazel/c"]),
        ("pods", ["cocoapods/B@1.0", "cocoapods/B@2.0", "cocoapods/C@1.0"]),
        ("script", ["pypi/b@1.0", "pypi/b@2.0", "pypi/c@1.0"]),
        ("docker", ["pypi/b@1.0", "pypi/b@2.0", "pypi/c@1.0"]),
        ("hashes", ["pypi/b@1", "pypi/b@1", "pypi/c@1"]),
    ] {
        for id in ids {
            let is_it = |line: &String| {
                let holds =
                    |words: &str| words == format!("contains pkg:{id}") || words == format!("depends-on pkg:{id}");
                line.strip_prefix(&format!("project:{folder} ")).is_some_and(holds)
            };
            assert!(found.iter().any(is_it), "{folder} {id}\n{}", found.join("\n"));
        }
    }
    for version in ["1.0", "2.0"] {
        let requirement = format!("pkg:bazel/b requirement = {version}");
        assert!(found.contains(&requirement), "{version}\n{}", found.join("\n"));
    }
    has(
        &found,
        &[
            "project:npm distributed-by host:one.example",
            "project:npm distributed-by host:two.example",
            "project:pip distributed-by host:one.example",
            "project:pip distributed-by host:two.example",
            "pkg:pypi/b@1 integrity = sha256:aa",
            "pkg:pypi/b@1 integrity = sha256:bb",
            "pkg:hex/b@1.0.0 requirement = 1.0.0",
            "pkg:hex/b@2.0.0 requirement = 2.0.0",
            "pkg:swift/github.com/o/b@1.0.0 requirement = exact 1.0.0",
            "pkg:swift/github.com/o/b@2.0.0 requirement = exact 2.0.0",
        ],
    );
    // one word at the line of each mark that begins a conflict, and no other of the marks
    for (path, text) in &files {
        let line = text.lines().position(|line| line.starts_with("<<<<<<<")).expect("has a conflict") + 1;
        let told: Vec<&String> = found.iter().filter(|told| told.starts_with(path)).collect();
        assert!(told.contains(&&format!("{path}:{line}:1: {BOTH}")), "{told:?}");
        assert!(told.iter().filter(|told| told.contains("malformed")).count() == 1, "{told:?}");
    }
}

#[test]
fn quoted_edits_and_rulers_are_no_conflicts() {
    let prompt = "PROMPT = '''\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n'''\n";
    let found = found(&[("ask.py", prompt), ("requirements.txt", "# a\n#<<<<<<<\nb==1\n")]);
    has(&found, &["project:. depends-on pkg:pypi/b@1"]);
    lacks(&found, &["unfinished merge"]);
}

#[test]
fn places_count_the_letters_of_both_sides() {
    let text = "[project]\nname = \"x\"\n<<<<<<< a\ndependencies = [\"a\"]\n=======\ndependencies = [\"b\"]\nx = \"\"\"\n>>>>>>> 漢漢漢";
    let found = found(&[("pyproject.toml", text)]);
    has(&found, &["pyproject.toml:8:12: malformed: invalid multi-line basic string, expected `\"`"]);
}
