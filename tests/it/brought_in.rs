//! What commands and settings bring in: packages and images by name, sources by variables, clients at other addresses.

use serde_json::Value;

use crate::attribution::report;

/// The relations of a kind, as `from to`, that lead to names with a beginning.
fn relations(found: &Value, kind: &str, to: &str) -> Vec<String> {
    let rows = found["relations"].as_array().expect("is a list").iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = rows.filter(|row| row["kind"] == kind).map(|row| (text(row, "from"), text(row, "to")));
    rows.filter(|(_, is)| is.starts_with(to)).map(|(from, to)| format!("{from} {to}")).collect()
}

/// The values of a component's attribute.
fn values(found: &Value, id: &str, key: &str) -> Vec<String> {
    let all = found["components"].as_array().expect("is a list");
    let Some(one) = all.iter().find(|one| one["id"] == id) else { return Vec::new() };
    let values = one["attributes"][key].as_array().cloned().unwrap_or_default();
    values
        .iter()
        .map(|value| value.as_str().or_else(|| value["value"].as_str()).unwrap_or_default().to_owned())
        .collect()
}

fn messages(found: &Value) -> Vec<&str> {
    let all = found["diagnostics"].as_array().expect("is a list").iter();
    all.filter_map(|one| one["message"].as_str()).collect()
}

/// What stands behind the first word of each.
fn targets(rows: Vec<String>) -> Vec<String> {
    rows.into_iter().filter_map(|row| Some(row.split_once(' ')?.1.to_owned())).collect()
}

#[test]
fn lock_files_that_break_off_keep_what_stands_before() {
    let lock = "lockfileVersion: '9.0'\n\nimporters:\n  .:\n    dependencies:\n      left:\n        specifier: 1.0.0\n        \
                version: 1.0.0\n\npackages:\n  '@tinkoff/utils@2.1.0':\n    resolution: {integrity: sha512-aaa}\n  \
                left@1.0.0:\n    resolution: {integrity: sha512-aaa}\n\nsnapshots:\n  left@1.0.0:\n    dependencies:\n      '@tinkoff/ut";
    let found =
        report(&[("pnpm-lock.yaml", lock), ("package.json", "{\"name\":\"p\",\"dependencies\":{\"left\":\"1.0.0\"}}")]);
    let held = targets(relations(&found, "contains", "pkg:npm/"));
    assert_eq!(held, ["pkg:npm/%40tinkoff/utils@2.1.0", "pkg:npm/left@1.0.0"]);
    assert!(messages(&found).iter().any(|message| message.contains("unclosed quote")), "{:?}", messages(&found));
    let lock = "packages:\n  http:\n    dependency: \"direct main\"\n    description:\n      name: http\n      url: \
                \"https://pub.dev\"\n    source: hosted\n    version: \"1.2.0\"\n  path:\n    dependency: \"tran";
    let found = report(&[("pubspec.lock", lock)]);
    assert!(relations(&found, "contains", "pkg:pub/http@1.2.0").len() == 1, "{:?}", messages(&found));
}

#[test]
fn packages_that_build_steps_install() {
    let file = "FROM python:3.12\nARG V=1.6.0\nENV PIP_INDEX_URL=https://pypi.tuna.tsinghua.edu.cn/simple\n\
                RUN pip install --no-cache-dir deeppavlov==${V} catboost -r r.txt ./own && \\\n    \
                npm install -g @tinkoff/utils@2.1.0 --registry https://registry.npmmirror.com\n\
                RUN go install github.com/VKCOM/noverify@v0.5.0 && pip install $MORE\n\
                RUN cargo install --git https://gitee.com/a/c\nRUN [\"pip3\", \"install\", \"listed\"]\n";
    let lock = "version = 1\n[[package]]\nname = \"p\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n";
    let project = "[project]\nname = \"p\"\nversion = \"0.1.0\"\n";
    let found = report(&[("Dockerfile", file), ("uv.lock", lock), ("pyproject.toml", project)]);
    let mut needs = targets(relations(&found, "depends-on", "pkg:"));
    needs.retain(|id| !id.starts_with("pkg:oci/"));
    let expected = [
        "pkg:gitee/a/c",
        "pkg:golang/github.com/vkcom/noverify@v0.5.0",
        "pkg:npm/%40tinkoff/utils@2.1.0",
        "pkg:pypi/catboost",
        "pkg:pypi/deeppavlov@1.6.0",
        "pkg:pypi/listed",
    ];
    assert_eq!(needs, expected);
    let from = relations(&found, "distributed-by", "host:");
    for row in [
        "pkg:pypi/catboost host:pypi.tuna.tsinghua.edu.cn",
        "pkg:npm/%40tinkoff/utils@2.1.0 host:registry.npmmirror.com",
        "project:. host:gitee.com",
    ] {
        assert!(from.iter().any(|known| known == row), "{row}: {from:?}");
    }
    let said = messages(&found);
    assert!(said.iter().any(|message| message.contains("only known at run time")), "{said:?}");
    // no lock file answers a command
    assert!(!said.iter().any(|message| message.contains("does not hold it")), "{said:?}");
}

#[test]
fn packages_and_images_that_pipelines_bring_in() {
    let workflow = "on: push\nenv:\n  GOPROXY: https://goproxy.cn,direct\n  HF_ENDPOINT: https://hf-mirror.com\njobs:\n  z:\n    \
                    runs-on: ubuntu-latest\n    env: {PIP_INDEX_URL: \"https://mirrors.aliyun.com/pypi/simple\"}\n    steps:\n    \
                    - run: docker pull registry.cn-hangzhou.aliyuncs.com/x/y:1\n    \
                    - run: docker run --rm -v $PWD:/w -e URL=https://api.openai.com/v1 r.example.eu/x/z:1 make\n    \
                    - run: docker build -t acme/app:test . && docker run acme/app:test && docker run app\n    \
                    - run: docker run --not-known a r.example.eu/no:1\n    \
                    - run: pip install ${{ matrix.lib }} deeppavlov ./dist/a.whl\n    \
                    - run: npm i -g @vkontakte/vkui && npm ci\n";
    let found = report(&[(".github/workflows/r.yml", workflow)]);
    let needs = targets(relations(&found, "depends-on", "pkg:"));
    let expected = [
        "pkg:npm/%40vkontakte/vkui",
        "pkg:oci/y?repository_url=registry.cn-hangzhou.aliyuncs.com%2Fx%2Fy&tag=1",
        "pkg:oci/z?repository_url=r.example.eu%2Fx%2Fz&tag=1",
        "pkg:pypi/deeppavlov",
    ];
    assert_eq!(needs, expected);
    assert_eq!(values(&found, "pkg:pypi/deeppavlov", "scope"), ["build"]);
    assert!(relations(&found, "contains", "pkg:").is_empty());
    let hosts = targets(relations(&found, "distributed-by", "host:"));
    for host in ["goproxy.cn", "hf-mirror.com", "mirrors.aliyun.com"] {
        assert!(hosts.contains(&format!("host:{host}")), "{hosts:?}");
    }
    assert!(relations(&found, "calls", "api:openai").is_empty());
}

#[test]
fn clients_at_hosts_that_no_table_knows() {
    for (name, text) in [
        ("app.py", "from openai import OpenAI\nc = OpenAI(base_url=\"https://api.unknown-llm.cn/v1\")\n"),
        (
            "app.ts",
            "import OpenAI from \"openai\";\nconst c = new OpenAI({ baseURL: \"https://api.unknown-llm.cn/v1\" });\n",
        ),
        (
            "app.go",
            "package main\nimport openai \"github.com/sashabaranov/go-openai\"\nfunc main() {\n  oc := \
             openai.DefaultConfig(\"k\"); oc.BaseURL = \"https://api.unknown-llm.cn/v1\"\n  _ = \
             openai.NewClientWithConfig(oc)\n}\n",
        ),
    ] {
        let found = report(&[(name, text)]);
        assert_eq!(targets(relations(&found, "calls", "")), ["host:api.unknown-llm.cn"], "{name}");
        assert_eq!(values(&found, "host:api.unknown-llm.cn", "capability"), ["inference"], "{name}");
        let own = report(&[(name, &text.replace("api.unknown-llm.cn", "llm.ai.svc.cluster.local"))]);
        assert!(relations(&own, "calls", "").is_empty(), "{name}");
    }
    let moonshot = "package main\nimport openai \"github.com/sashabaranov/go-openai\"\nfunc main() {\n  oc := \
                    openai.DefaultConfig(\"k\")\n  oc.BaseURL = \"https://api.moonshot.cn/v1\"\n  _ = \
                    openai.NewClientWithConfig(oc)\n}\n";
    assert_eq!(targets(relations(&report(&[("b.go", moonshot)]), "calls", "")), ["api:moonshot/api"]);
}

#[test]
fn sessions_keep_their_region() {
    let regions = |text: &str, api: &str| values(&report(&[("a.py", text)]), api, "region");
    let both = "import boto3\nb = boto3.Session(region_name=\"us-east-1\").client(\"bedrock-runtime\")\ns3 = \
                boto3.resource(\"s3\")\n";
    assert_eq!(regions(both, "api:aws/bedrock"), ["us-east-1"]);
    assert!(regions(both, "api:aws/s3").is_empty());
    let named = "import boto3\nsession = boto3.Session(region_name=\"eu-west-1\")\ns3 = session.client(\"s3\")\n";
    assert_eq!(regions(named, "api:aws/s3"), ["eu-west-1"]);
    let usual = "import boto3\nboto3.setup_default_session(region_name=\"eu-west-1\")\ns3 = boto3.client(\"s3\")\n";
    assert_eq!(regions(usual, "api:aws/s3"), ["eu-west-1"]);
}

#[test]
fn a_client_of_gemini_may_be_one_of_vertex() {
    for (name, text) in [
        (
            "a.py",
            "from google import genai\nc = genai.Client(vertexai=True, project=\"p\", location=\"asia-east1\")\n\
             c.models.generate_content(model=\"gemini-2.0-flash\", contents=\"x\")\n",
        ),
        (
            "a.ts",
            "import { GoogleGenAI } from \"@google/genai\";\nconst c = new GoogleGenAI({ vertexai: true, location: \
             \"asia-east1\" });\n",
        ),
        (
            "a.go",
            "package main\nimport \"google.golang.org/genai\"\nfunc main() {\n  c, _ := genai.NewClient(ctx, \
             &genai.ClientConfig{Backend: genai.BackendVertexAI, Location: \"asia-east1\"})\n  _ = c\n}\n",
        ),
    ] {
        let found = report(&[(name, text)]);
        assert_eq!(targets(relations(&found, "calls", "")), ["api:gcp/vertex-ai"], "{name}");
        assert_eq!(values(&found, "api:gcp/vertex-ai", "region"), ["asia-east1"], "{name}");
    }
    let plain = "from google import genai\nc = genai.Client(vertexai=False, api_key=\"k\")\n";
    assert_eq!(targets(relations(&report(&[("a.py", plain)]), "calls", "")), ["api:gcp/gemini-api"]);
}

#[test]
fn a_sentence_is_no_address() {
    let pod = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: a\n    image: \
             ghcr.io/a/b:1\n    env: [{{name: NOTE, value: \"{value}\"}}]\n"
        )
    };
    let calls = |value: &str| relations(&report(&[("d.yaml", &pod(value))]), "calls", "api:").len();
    assert_eq!(calls("do not use https://api.openai.com any more"), 0);
    assert_eq!(calls("https://api.openai.com/v1"), 1);
}

#[test]
fn compose_reads_env_and_inline_dockerfiles() {
    let file = "services:\n  web:\n    image: ${REG:-swr.cn-north-4.myhuaweicloud.com}/a/web:${TAG:-1}\n    environment: \
                {OPENAI_BASE_URL: \"${LLM}\"}\n  own:\n    build:\n      context: .\n      dockerfile_inline: |\n        ARG \
                V=2\n        FROM registry.cn-hangzhou.aliyuncs.com/q/w:$V AS b\n        FROM b\n        COPY --from=b / /\n";
    let found =
        report(&[("docker-compose.yml", file), (".env", "# a\nREG=ghcr.io\nLLM='https://api.deepseek.com/v1'\n")]);
    let images = targets(relations(&found, "depends-on", "pkg:oci/"));
    let expected = [
        "pkg:oci/w?repository_url=registry.cn-hangzhou.aliyuncs.com%2Fq%2Fw&tag=2",
        "pkg:oci/web?repository_url=ghcr.io%2Fa%2Fweb&tag=1",
    ];
    assert_eq!(images, expected);
    let calls = relations(&found, "calls", "api:deepseek");
    assert!(calls.iter().any(|row| row.starts_with("workload:")), "{calls:?}");
    let alone = targets(relations(&report(&[("docker-compose.yml", file)]), "depends-on", "pkg:oci/web"));
    assert_eq!(alone, ["pkg:oci/web?repository_url=swr.cn-north-4.myhuaweicloud.com%2Fa%2Fweb&tag=1"]);
}

#[test]
fn bundler_is_told_of_mirrors() {
    let gemfile = ("Gemfile", "source \"https://rubygems.org\"\ngem \"rails\"\n");
    let config = "---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: \"https://gems.ruby-china.com\"\n";
    let found = report(&[gemfile, (".bundle/config", config)]);
    assert_eq!(
        relations(&found, "distributed-by", "host:"),
        ["pkg:gem/rails host:gems.ruby-china.com", "project:. host:gems.ruby-china.com"]
    );
}

#[test]
fn values_of_charts_that_are_set_one_by_one() {
    let file = "resource \"helm_release\" \"a\" {\n  name = \"a\"\n  repository = \"https://charts.example.eu\"\n  chart = \
                \"redis\"\n  set {\n    name = \"image.repository\"\n    value = \
                \"registry.cn-hangzhou.aliyuncs.com/r/redis\"\n  }\n}\nresource \"helm_release\" \"b\" {\n  name = \"b\"\n  chart = \
                \"./x\"\n  set = [{ name = \"image.registry\", value = \"swr.cn-north-4.myhuaweicloud.com\" }, { name = \
                \"image.repository\", value = \"r/redis3\" }, { name = \"image.tag\", value = \"7\" }]\n}\n";
    let images = relations(&report(&[("main.tf", file)]), "depends-on", "pkg:oci/");
    let expected = [
        "resource:helm_release.a pkg:oci/redis?repository_url=registry.cn-hangzhou.aliyuncs.com%2Fr%2Fredis",
        "resource:helm_release.b pkg:oci/redis3?repository_url=swr.cn-north-4.myhuaweicloud.com%2Fr%2Fredis3&tag=7",
    ];
    assert_eq!(images, expected);
}

/// The packages that commands of a script install, with the hosts they come from.
fn hosts_of(files: &[(&str, &str)]) -> Vec<String> {
    let found = report(files);
    let rows = relations(&found, "distributed-by", "host:").into_iter().filter(|row| row.starts_with("pkg:"));
    let short = |row: String| row.replacen("pkg:", "", 1).replace(" host:", " ");
    rows.map(short).filter(|row| !row.starts_with("oci/")).collect()
}

/// The same of a shell script, of a step of a pipeline, and of a Dockerfile, which read commands alike.
fn hosts_in(lines: &[&str], expected: &[&str]) {
    let script = hosts_of(&[("install.sh", &lines.join("\n"))]);
    assert_eq!(script, expected, "install.sh");
    let step = format!(
        "jobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          {}\n",
        lines.join("\n          ")
    );
    let mut step = hosts_of(&[(".github/workflows/ci.yml", &format!("on: push\n{step}"))]);
    step.retain(|row| !row.starts_with("github"));
    assert_eq!(step, expected, "workflow");
    let docker = format!("FROM debian:12\nRUN {}\n", lines.join(" && \\\n    "));
    assert_eq!(hosts_of(&[("Dockerfile", &docker)]), expected, "Dockerfile");
}

#[test]
fn a_variable_before_a_command_is_seen_by_that_command_alone() {
    hosts_in(
        &[
            "PIP_INDEX_URL=https://mirrors.aliyun.com/pypi/simple pip install a1==1.0",
            "pip install a2==1.0",
            "env GOPROXY=https://goproxy.cn go install github.com/acme/t1@v1.0.0",
            "go install github.com/acme/t2@v1.0.0",
            "npm_config_registry=https://registry.npmmirror.com npm i b1@1.0.0 && npm i b2@1.0.0",
            "export npm_config_registry=https://npm.corp.example/",
            "npm i b3@1.0.0",
            "npm_config_registry=https://registry.npmmirror.com npm i b4@1.0.0",
            "npm_config_registry= npm i b5@1.0.0",
            "npm i b6@1.0.0",
        ],
        &[
            "golang/github.com/acme/t1@v1.0.0 goproxy.cn",
            "golang/github.com/acme/t2@v1.0.0 golang.org",
            "npm/b1@1.0.0 registry.npmmirror.com",
            "npm/b2@1.0.0 npmjs.org",
            "npm/b3@1.0.0 npm.corp.example",
            "npm/b4@1.0.0 registry.npmmirror.com",
            "npm/b5@1.0.0 npmjs.org",
            "npm/b6@1.0.0 npm.corp.example",
            "pypi/a1@1.0 mirrors.aliyun.com",
            "pypi/a2@1.0 pypi.org",
        ],
    );
}

#[test]
fn registries_of_a_command_wherever_its_options_stand() {
    hosts_in(
        &[
            "npm --registry https://registry.npmmirror.com i b1@1.0.0",
            "pnpm --registry=https://registry.npmmirror.com add b2@1.0.0",
            "yarn --registry https://registry.npmmirror.com add b3@1.0.0",
            "pip --index-url https://mirrors.aliyun.com/pypi/simple install a1==1.0",
            "uv --default-index https://mirrors.aliyun.com/pypi/simple pip install a2==1.0",
            "pip install --extra-index-url https://pypi.corp.example/simple a3==1.0",
            "uv pip install --extra-index-url=https://pypi.corp.example/simple a4==1.0",
            "pip install --no-index --find-links https://wheels.corp.example/ --extra-index-url https://pypi.corp.example a5==1.0",
            "pip install a6==1.0 --no-index -f ./wheels",
            "pip install -i https://mirrors.aliyun.com/pypi/simple --extra-index-url https://pypi.corp.example/simple a7==1.0",
            "uv add --index own=https://pypi.corp.example/simple a8==1.0",
            "PIP_EXTRA_INDEX_URL=https://pypi.corp.example/simple python3 -m pip install a9==1.0",
            "PIP_INDEX_URL=https://mirrors.aliyun.com/pypi/simple uv pip install c1==1.0",
            "pip install c2==1.0",
        ],
        &[
            "npm/b1@1.0.0 registry.npmmirror.com",
            "npm/b2@1.0.0 registry.npmmirror.com",
            "npm/b3@1.0.0 registry.npmmirror.com",
            "pypi/a1@1.0 mirrors.aliyun.com",
            "pypi/a2@1.0 mirrors.aliyun.com",
            "pypi/a3@1.0 pypi.corp.example",
            "pypi/a3@1.0 pypi.org",
            "pypi/a4@1.0 pypi.corp.example",
            "pypi/a4@1.0 pypi.org",
            "pypi/a5@1.0 wheels.corp.example",
            "pypi/a7@1.0 mirrors.aliyun.com",
            "pypi/a7@1.0 pypi.corp.example",
            "pypi/a8@1.0 pypi.corp.example",
            "pypi/a8@1.0 pypi.org",
            "pypi/a9@1.0 pypi.corp.example",
            "pypi/a9@1.0 pypi.org",
            "pypi/c1@1.0 pypi.org",
            "pypi/c2@1.0 pypi.org",
        ],
    );
}

#[test]
fn what_commands_configure_holds_for_those_behind_them() {
    hosts_in(
        &[
            "npm i b1@1.0.0",
            "npm config set registry https://registry.npmmirror.com",
            "npm i b2@1.0.0 && pnpm add b3@1.0.0",
            "npm config delete registry",
            "npm i b4@1.0.0",
            "python3 -m pip config --user set global.index-url https://mirrors.aliyun.com/pypi/simple",
            "pip3 install a1==1.0",
            "uv pip install a2==1.0",
            "go env -w GO111MODULE=on GOPROXY=https://goproxy.cn,direct",
            "go install github.com/acme/t1@v1.0.0",
        ],
        &[
            "golang/github.com/acme/t1@v1.0.0 goproxy.cn",
            "npm/b1@1.0.0 npmjs.org",
            "npm/b2@1.0.0 registry.npmmirror.com",
            "npm/b3@1.0.0 registry.npmmirror.com",
            "npm/b4@1.0.0 npmjs.org",
            "pypi/a1@1.0 mirrors.aliyun.com",
            "pypi/a2@1.0 pypi.org",
        ],
    );
    // a stage that is not built on the one that was configured knows nothing of it
    let docker = "FROM debian:12 AS Base\nRUN npm set registry=https://registry.npmmirror.com\nRUN npm i b1@1.0.0\n\
                  FROM debian:12\nRUN npm i b2@1.0.0\nFROM base\nRUN npm i b3@1.0.0\n";
    assert_eq!(
        hosts_of(&[("Dockerfile", docker)]),
        ["npm/b1@1.0.0 registry.npmmirror.com", "npm/b2@1.0.0 npmjs.org", "npm/b3@1.0.0 registry.npmmirror.com"]
    );
}

#[test]
fn programs_that_run_a_command_are_passed_over() {
    let lines = [
        "sudo -E pip install a1==1.0",
        "sudo -H -u app pip install a2==1.0",
        "sudo -EH -- npm i -g b1@1.0.0",
        "env -i pip install a3==1.0",
        "timeout -k 5 60 pip install a4==1.0",
        "time nice -n 5 pip install a5==1.0",
        "command pip install a6==1.0",
        "doas pip install a7==1.0",
        "exec pip install a8==1.0",
    ];
    let all = (1..9).map(|number| format!("pypi/a{number}@1.0 pypi.org"));
    let all: Vec<String> = std::iter::once("npm/b1@1.0.0 npmjs.org".to_owned()).chain(all).collect();
    hosts_in(&lines, &all.iter().map(String::as_str).collect::<Vec<_>>());
}
