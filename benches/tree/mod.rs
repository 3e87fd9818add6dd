//! Generated trees that look like the repositories of a platform team: the same for the same size.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Writes `size` files below `root`, about a hundred per project; gives their bytes.
pub(crate) fn write(root: &Path, size: usize) -> io::Result<usize> {
    let mut bytes = 0;
    for number in 0..size {
        let (project, place) = (number / 100, number % 100);
        let (name, text) = file(project, place, number);
        let path = root.join(format!("team{}/project{project}", project / 20)).join(name);
        std::fs::create_dir_all(path.parent().expect("below the root"))?;
        bytes += text.len();
        std::fs::write(path, text)?;
    }
    Ok(bytes)
}

fn file(project: usize, place: usize, number: usize) -> (String, String) {
    match place {
        0 => ("Cargo.lock".into(), cargo_lock(project, 120)),
        1 => ("web/package-lock.json".into(), package_lock(project, 200)),
        2 => ("service/requirements.txt".into(), requirements(project)),
        3 => ("api/go.mod".into(), go_mod(project)),
        4 => ("Cargo.toml".into(), "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\n".into()),
        5..10 => (format!("image{place}/Dockerfile"), dockerfile(number)),
        10..30 => (format!("deploy/app{place}.yaml"), manifest(number)),
        30..40 => (format!("infra/part{place}.tf"), terraform(number)),
        40..70 => (format!("service/module{place}.py"), python(number)),
        70..80 => (format!("web/src/part{place}.ts"), "export const value = (n: number) => n + 1;\n".repeat(60)),
        // nothing that any scanner wants
        _ => (format!("docs/page{place}.md"), "Some words about the project.\n".repeat(80)),
    }
}

pub(crate) fn cargo_lock(project: usize, packages: usize) -> String {
    let mut text = String::from("version = 4\n");
    for index in 0..packages {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"crate-{index}\"\nversion = \"1.{}.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{index:064x}\"\ndependencies = [\n \"crate-{}\",\n \"crate-{}\",\n]\n",
            project % 3,
            (index + 1) % packages,
            (index * 7 + 3) % packages,
        );
    }
    text
}

pub(crate) fn package_lock(project: usize, packages: usize) -> String {
    let mut text = String::from(
        "{\n  \"name\": \"web\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"\": {\"name\": \"web\"}",
    );
    for index in 0..packages {
        let _ = write!(
            text,
            ",\n    \"node_modules/part-{index}\": {{\n      \"version\": \"2.{}.0\",\n      \"resolved\": \"https://npmjs.org/part-{index}/-/part-{index}-2.0.0.tgz\",\n      \"integrity\": \"sha512-{index:086}==\",\n      \"dependencies\": {{\n        \"part-{}\": \"^2.0.0\"\n      }}\n    }}",
            project % 3,
            (index + 1) % packages,
        );
    }
    text.push_str("\n  }\n}\n");
    text
}

fn requirements(project: usize) -> String {
    (0..60).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "module-{index}=={}.{index}.0", project % 3);
        text
    })
}

fn go_mod(project: usize) -> String {
    let mut text = format!("module example.com/project{project}\n\ngo 1.24\n\nrequire (\n");
    for index in 0..40 {
        let _ = writeln!(text, "\tgithub.com/owner{index}/part v1.{}.0", project % 3);
    }
    text.push_str(")\n");
    text
}

pub(crate) fn dockerfile(number: usize) -> String {
    format!(
        "ARG BASE=python:3.12-slim\nFROM ${{BASE}} AS build\nRUN apt-get update \\\n    && apt-get install -y curl git \\\n    && rm -rf /var/lib/apt/lists/*\nCOPY . /app\nFROM ghcr.io/owner{}/runtime:1.{}\nCOPY --from=build /app /app\nENTRYPOINT [\"/app/run\"]\n",
        number % 50,
        number % 7
    )
}

pub(crate) fn manifest(number: usize) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  namespace: team-{}\n  labels:\n    app: app-{number}\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: app-{number}\n  template:\n    metadata:\n      labels:\n        app: app-{number}\n    spec:\n      nodeSelector:\n        nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3\n      initContainers:\n      - name: wait\n        image: busybox:1.36\n      containers:\n      - name: server\n        image: docker.io/owner{}/server:1.{}\n        args: [\"--port\", \"8080\"]\n        env:\n        - name: ENDPOINT\n          value: https://service-{}.example.com/v1\n        resources:\n          limits:\n            nvidia.com/gpu: 1\n            memory: 4Gi\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app-{number}\n  namespace: team-{}\nspec:\n  selector:\n    app: app-{number}\n  ports:\n  - port: 80\n    targetPort: 8080\n",
        number % 100,
        number % 50,
        number % 7,
        number % 20,
        number % 100,
    )
}

pub(crate) fn terraform(number: usize) -> String {
    format!(
        "variable \"size_{number}\" {{\n  type    = string\n  default = \"p5.48xlarge\"\n}}\n\nlocals {{\n  tags_{number} = merge({{ team = \"a\" }}, {{ app = \"app-{number}\" }})\n}}\n\nresource \"aws_instance\" \"node_{number}\" {{\n  instance_type     = var.size_{number}\n  availability_zone = \"eu-west-3a\"\n  tags              = local.tags_{number}\n\n  root_block_device {{\n    volume_size = 100\n  }}\n}}\n\nresource \"aws_s3_bucket\" \"data_{number}\" {{\n  bucket = \"data-${{var.size_{number}}}-{number}\"\n}}\n"
    )
}

fn python(number: usize) -> String {
    let mut text = String::from("import json\nimport boto3\n\n");
    for index in 0..40 {
        let _ = writeln!(
            text,
            "def handle_{index}(event):\n    return json.dumps({{\"id\": event[\"id\"], \"n\": {index}}})\n"
        );
    }
    let _ = writeln!(text, "client = boto3.client(\"sagemaker-runtime\", region_name=\"eu-west-{}\")", number % 3 + 1);
    text
}
