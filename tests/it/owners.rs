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
