//! What evaluators read may be made to hurt: it ends soon, within bounds, and is told.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::Inventory;
use sovaudit::scan::{Options, scan_directory, scan_files};
use sovaudit::text::RelPath;

#[expect(unreachable_pub, reason = "shared with the package of the fuzz targets")]
#[path = "../../fuzz/src/tree.rs"]
mod tree;

/// Longest that anything here may take, without optimisation and beside other tests.
const LONGEST: Duration = Duration::from_secs(60);

fn scan(catalog: &Catalog, files: &[(&str, &[u8])]) -> Inventory {
    let begun = Instant::now();
    let path = |name: &str| RelPath::new(name).expect("is a path");
    let owned = files.iter().map(|(name, bytes)| (path(name), bytes.to_vec(), None)).collect();
    let found = scan_files(owned, catalog, &Options::default());
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert!(begun.elapsed() < LONGEST, "{names:?} took {:?}", begun.elapsed());
    let internal = found.diagnostics.iter().find(|one| one.kind == DiagnosticKind::Internal);
    assert!(internal.is_none(), "{internal:?} in {names:?}");
    assert!(found.facts().count() < 200_000, "{} facts from {names:?}", found.facts().count());
    found
}

const YAML: [&str; 10] = [
    "k8s/app.yaml",
    "kustomization.yaml",
    "values.yaml",
    "Chart.yaml",
    "compose.yaml",
    "stack.yaml",
    "serverless.yml",
    "Pulumi.yaml",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
];

#[test]
fn hostile_yaml_is_bounded_under_every_name() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let _ = writeln!(bomb, "a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}]", n - 1);
    }
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n";
    let texts = [
        format!("{head}{bomb}"),
        format!("{head}spec: {}1{}\n", "{a: ".repeat(5_000), "}".repeat(5_000)),
        format!("{head}spec: {}\n", "[".repeat(20_000)),
        format!("{head}{}", "spec: {replicas: 1}\n".repeat(5_000)),
        format!("{head}data: \"{}\"\n", "x".repeat(2 << 20)),
        format!("{head}data: |\n{}", "  line of a block\n".repeat(50_000)),
        format!("{head}spec:\n\treplicas: 3\n\ttemplate:\n\t\tspec: {{}}\n"),
        format!("{head}spec:\n{{{{- if .Values.on }}}}\n  replicas: {{{{ .Values.n }}}}\n{{{{- end }}}}\n"),
        format!("{head}a: &a {{b: *a}}\n<<: *a\n"),
        "---\n".repeat(20_000),
        format!("{head}\u{0}\u{feff}\u{202e}: [\n"),
        format!("{}x: 1\n", "? ".repeat(2_000)),
    ];
    let catalog = Catalog::embedded();
    for text in &texts {
        let files: Vec<(&str, &[u8])> = YAML.iter().map(|name| (*name, text.as_bytes())).collect();
        scan(&catalog, &files);
    }
}

#[test]
fn hostile_hcl_is_bounded() {
    let catalog = Catalog::embedded();
    let deep =
        |open: &str, close: &str, n: usize| format!("locals {{\n  x = {}1{}\n}}\n", open.repeat(n), close.repeat(n));
    let mut chain = String::from("locals {\n  l0 = [1, 2]\n");
    for n in 1..200 {
        let _ = writeln!(chain, "  l{n} = concat(local.l{0}, local.l{0})", n - 1);
    }
    chain.push_str("}\nresource \"aws_instance\" \"a\" {\n  count = length(local.l199)\n}\n");
    let cyclic = "locals {\n  a = local.b\n  b = \"${local.c}-x\"\n  c = [local.a]\n}\nresource \"aws_s3_bucket\" \"a\" {\n  region = \
                  local.a\n}\n";
    for text in [
        deep("(", ")", 60),
        deep("(", ")", 5_000),
        deep("[for a in [1] : ", "]", 40),
        deep("true ? ", " : 2", 40),
        deep("\"${", "}\"", 40),
        chain,
        cyclic.to_owned(),
        format!("locals {{\n  x = range({})\n  y = setproduct(local.x, local.x, local.x)\n}}\n", u32::MAX),
        "locals {\n  x = templatefile(\"main.tf\", { x = local.x })\n}\n".to_owned(),
        format!("locals {{\n  x = yamldecode(\"{}\")\n}}\n", "[".repeat(5_000)),
    ] {
        scan(&catalog, &[("main.tf", text.as_bytes())]);
    }
    let found = scan(&catalog, &[("main.tf", cyclic.as_bytes())]);
    assert!(found.diagnostics.iter().any(|one| one.message.contains("needs itself")), "{:?}", found.diagnostics);
    // modules that call each other, and one that calls itself
    let call = |source: &str| {
        format!("module \"m\" {{\n  count  = 3\n  source = \"{source}\"\n}}\nresource \"aws_s3_bucket\" \"a\" {{}}\n")
    };
    let (a, b, own) = (call("../b"), call("../a"), call("./"));
    scan(&catalog, &[("a/main.tf", a.as_bytes()), ("b/main.tf", b.as_bytes()), ("c/main.tf", own.as_bytes())]);
}

/// A list of objects with strings and nested lists, about as large as asked.
fn large_json(bytes: usize) -> Vec<u8> {
    let row = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"n\"},\"data\":{\"a\":[1,2,{\"b\":null}]}},";
    let mut text = String::from("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    text.push_str(&row.repeat(bytes / row.len()));
    text.push_str("{}]}");
    text.into_bytes()
}

fn large(bytes: usize, names: &[&str], longest: Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in names {
        std::fs::write(folder.path().join(name), large_json(bytes)).expect("writes");
        let begun = Instant::now();
        let found = scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("opens");
        assert!(begun.elapsed() < longest, "{name}: {:?}", begun.elapsed());
        assert!(found.diagnostics.iter().all(|one| one.kind != DiagnosticKind::Internal), "{:?}", found.diagnostics);
        std::fs::remove_file(folder.path().join(name)).expect("removes");
    }
}

#[test]
fn large_json_is_read_or_refused_soon() {
    large(4 << 20, &["dump.json", "tfplan.json", "package-lock.json"], LONGEST);
}

/// Some 25 seconds without optimisation when nothing else runs.
#[test]
fn a_hundred_megabytes_of_json_are_read_or_refused() {
    large(100 << 20, &["dump.json"], 4 * LONGEST);
}

/// Seeds of the fuzz target with pieces changed, doubled and taken out, always the same.
#[test]
fn evaluators_end_on_changed_trees() {
    let catalog = Catalog::embedded();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap_or_default()
    };
    let begun = Instant::now();
    for round in 0..240 {
        let at = round % tree::EVALUATORS.len();
        let parts: Vec<&[u8]> = tree::SEEDS[at].1.iter().map(|text| text.as_bytes()).collect();
        let mut data = tree::input(at, &parts);
        for _ in 0..next(6) {
            let (from, length) = (1 + next(data.len() - 1), next(24));
            let piece: Vec<u8> = data[from..data.len().min(from + length)].to_vec();
            match next(4) {
                0 => drop(data.drain(from..data.len().min(from + length))),
                1 => data[from] = b"{}[]()\"$%!&*:,\n\t 0-"[next(19)],
                _ => drop(data.splice(from..from, piece.repeat(1 + next(3)))),
            }
        }
        let files = tree::files(&data);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        scan(&catalog, &files);
        if begun.elapsed() > LONGEST {
            break;
        }
    }
}

fn told(found: &Inventory, words: &str) -> bool {
    found.diagnostics.iter().any(|one| one.message.contains(words))
}

/// A module that calls itself, and many that each need what the next gives back.
#[test]
fn bicep_modules_within_each_other_are_bounded() {
    let catalog = Catalog::embedded();
    let deep = |inner: &str| format!("{}{inner}{}", "concat('a', ".repeat(60), ")".repeat(60));
    let own = format!(
        "param p string = 'a'\nmodule m './main.bicep' = {{\n  name: 'x'\n  params: {{ p: 'b' }}\n}}\noutput o string = {}\n\
         resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {{\n  name: m.outputs.o\n  location: 'westeurope'\n}}\n",
        deep("m.outputs.o")
    );
    let found = scan(&catalog, &[("main.bicep", own.as_bytes())]);
    assert!(told(&found, "is part of itself"), "{:?}", found.diagnostics);
    let mut chain = String::from(
        "resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: m0.outputs.o\n  location: 'westeurope'\n}\n",
    );
    for n in 0..200 {
        let given = deep(&format!("m{}.outputs.o", n + 1));
        let _ = writeln!(chain, "module m{n} './leaf.bicep' = {{\n  name: 'x{n}'\n  params: {{ p: {given} }}\n}}");
    }
    let leaf = "param p string\noutput o string = p\n";
    scan(&catalog, &[("main.bicep", chain.as_bytes()), ("leaf.bicep", leaf.as_bytes())]);
}

/// Replacements that double what they copy, in width and in depth, and a long variable in long texts.
#[test]
fn copies_of_overlays_are_bounded() {
    let catalog = Catalog::embedded();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: {x: b}}\n";
    let overlay = |copies: &mut dyn Iterator<Item = (String, String)>| {
        let mut text = String::from("resources: [map.yaml]\nreplacements:\n");
        for (from, to) in copies {
            let _ = writeln!(
                text,
                "- source: {{kind: ConfigMap, fieldPath: {from}}}\n  targets:\n  - select: {{kind: ConfigMap}}\n    \
                 fieldPaths: ['{to}']\n    options: {{create: true}}"
            );
        }
        text
    };
    let wide = overlay(&mut (0..40).map(|n| ("data".to_owned(), format!("data.k{n}"))));
    let deep = overlay(&mut (0..16).map(|n| ("data.x".to_owned(), format!("data.x{}", ".x".repeat(1 << n)))));
    for (text, limit) in [(&wide, "the layers hold more than"), (&deep, "nested deeper than")] {
        let found = scan(&catalog, &[("kustomization.yaml", text.as_bytes()), ("map.yaml", map.as_bytes())]);
        assert!(told(&found, limit), "{:?}", found.diagnostics);
    }
    let copy = (0..40).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "- {{op: copy, from: /data, path: /data/k{n}}}");
        text
    });
    let patch = "resources: [map.yaml]\npatches:\n- target: {kind: ConfigMap}\n  path: copy.yaml\n";
    let files =
        [("kustomization.yaml", patch.as_bytes()), ("map.yaml", map.as_bytes()), ("copy.yaml", copy.as_bytes())];
    assert!(told(&scan(&catalog, &files), "the patch was applied in part: it copies too much"));
    let objects = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: {}}}\n---\napiVersion: v1\nkind: Pod\n\
         metadata: {{name: p}}\nspec: {{containers: [{{name: c, image: a, args: ['{}']}}]}}\n",
        "x".repeat(300_000),
        "$(A)".repeat(100_000)
    );
    let vars = "resources: [map.yaml]\nvars:\n- name: A\n  objref: {kind: ConfigMap, name: c}\n  fieldref: {fieldpath: data.a}\n";
    let found = scan(&catalog, &[("kustomization.yaml", vars.as_bytes()), ("map.yaml", objects.as_bytes())]);
    assert!(told(&found, "texts with a variable would be longer"), "{:?}", found.diagnostics);
    // many keys in one patch within the layer
    let keys: String = (0..20_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "      k{n}: v");
        text
    });
    let inline = format!(
        "resources: [map.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: |\n    kind: ConfigMap\n    \
         metadata: {{name: c}}\n    data:\n{keys}"
    );
    scan(&catalog, &[("kustomization.yaml", inline.as_bytes()), ("map.yaml", map.as_bytes())]);
}

/// A long parameter that a text names often, and addresses with many parts.
#[test]
fn texts_of_templates_are_bounded() {
    let catalog = Catalog::embedded();
    let stack = |address: &str| {
        format!(
            "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n  A: {{Type: String, Default: {}}}\nResources:\n  S:\n    \
             Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {address}\n",
            "x".repeat(300_000)
        )
    };
    let often = stack(&format!("!Sub '{}'", "${A}".repeat(100_000)));
    scan(&catalog, &[("stack.yaml", often.as_bytes())]);
    let long = stack(&format!("https://example.org/{}main.yaml", "a/".repeat(20_000)));
    let files: Vec<(String, &[u8])> = (0..20).map(|n| (format!("f{n}/stack.yaml"), long.as_bytes())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    scan(&catalog, &files);
}

/// The name of a file alone is no template of a known host; a macro of a called template is told.
#[test]
fn templates_elsewhere_are_not_taken_for_files_here() {
    let catalog = Catalog::embedded();
    let stack = |address: &str| {
        format!(
            "Resources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {address}\n"
        )
    };
    let inner =
        "AWSTemplateFormatVersion: '2010-09-09'\nTransform: MyMacro\nResources:\n  Q: {Type: AWS::SQS::Queue}\n";
    let files = |text: &str| scan(&catalog, &[("root.yaml", text.as_bytes()), ("parts/main.yaml", inner.as_bytes())]);
    let hosts =
        |found: &Inventory| found.components().filter(|(id, _)| id.as_str() == "host:other.example.org").count();
    let elsewhere = files(&stack("https://other.example.org/x/main.yaml"));
    assert_eq!(hosts(&elsewhere), 1, "the host is told");
    let here = files(&stack("https://other.example.org/parts/main.yaml"));
    assert_eq!(hosts(&here), 0, "two parts of the path are that file");
    assert!(told(&here, "the macro `MyMacro` is not run"), "{:?}", here.diagnostics);
}

/// Products of generators, and charts that name each other.
#[test]
fn products_of_generators_and_charts_are_bounded() {
    let catalog = Catalog::embedded();
    let elements: Vec<String> = (0..100).map(|n| format!("{{n: '{n}'}}")).collect();
    let list = format!("{{list: {{elements: [{}]}}}}", elements.join(", "));
    let product = (0..4).fold(list.clone(), |inner, _| format!("{{matrix: {{generators: [{list}, {inner}]}}}}"));
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: s}}\nspec:\n  generators:\n  - {product}\n  \
         template:\n    metadata: {{name: 'a-{{{{n}}}}'}}\n    spec: {{source: {{repoURL: 'https://git.example.org/a'}}}}\n"
    );
    let found = scan(&catalog, &[("set.yaml", set.as_bytes())]);
    assert!(told(&found, "generators that give more than"), "{:?}", found.diagnostics);
    let chart = |n: usize| {
        let others = (0..12).filter(|other| *other != n);
        others.fold(format!("apiVersion: v2\nname: c{n}\nversion: 1.0.0\ndependencies:\n"), |mut text, other| {
            let _ = writeln!(text, "- {{name: c{other}, version: 1.0.0, repository: 'file://../c{other}'}}");
            text
        })
    };
    let charts: Vec<(String, String)> = (0..12).map(|n| (format!("c{n}/Chart.yaml"), chart(n))).collect();
    let mut files: Vec<(&str, &[u8])> = charts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    files.push(("c0/templates/a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"));
    assert!(told(&scan(&catalog, &files), "the chart is put together of itself"));
}

/// Many groups and many hosts in one list.
#[test]
fn inventories_with_many_groups_are_bounded() {
    let mut text = String::new();
    for n in 0..2_000 {
        let _ = writeln!(text, "[g{n}]\nh{n}.example.eu\n[g{n}:children]\ng{}", n + 1);
    }
    scan(&Catalog::embedded(), &[("hosts.ini", text.as_bytes())]);
}

/// Small files by which a machine starts far too much.
#[test]
fn starts_of_machines_are_bounded() {
    let catalog = Catalog::embedded();
    let told = |text: &str, words: &str| {
        let found = scan(&catalog, &[("user-data", text.as_bytes())]);
        let is_told = |one: &sovaudit::diagnostic::Diagnostic| {
            one.kind == DiagnosticKind::LimitReached && one.message.contains(words)
        };
        assert!(found.diagnostics.iter().any(is_told), "{words}: {:?}", found.diagnostics);
    };
    told(&format!("#!/bin/sh\n{}", "docker run a ".repeat(50_000)), "containers are run");
    told(&format!("#!/bin/sh\n{}", "docker run a\n".repeat(50_000)), "containers are run");
    told(&format!("#!/bin/sh\ndocker run a{}", " --model a/b".repeat(50_000)), "words");
    let mut compose = String::from("#cloud-config\nwrite_files:\n");
    for n in 0..5_000 {
        let _ = writeln!(compose, "  - path: /c/compose{n}.yml\n    content: |\n      services: {{}}");
    }
    told(&compose, "compose files are written");
    for text in [
        format!("#!/bin/sh\n{}", "docker run ".repeat(50_000)),
        format!("#!/bin/sh\n{}", "sh -c 'docker run a' ".repeat(30_000)),
        format!("#!/bin/sh\n{}", "cat > a.sh <<E\n".repeat(30_000)),
        format!("#!/bin/sh\ndocker run '{}", "a \\\n".repeat(50_000)),
        format!("#cloud-config\nruncmd:\n{}", "  - [docker, run, a]\n".repeat(10_000)),
        format!("#cloud-config\nruncmd: [[{}]]\n", "docker, run, a, ".repeat(10_000)),
        format!("#cloud-config\nwrite_files:\n  - path: compose.yml\n    content: |\n{}", "      a:\n".repeat(50_000)),
        format!(
            "#cloud-config\nwrite_files:\n  - path: a.service\n    content: |\n{}",
            "      Exec \\\n".repeat(50_000)
        ),
    ] {
        scan(&catalog, &[("user-data", text.as_bytes())]);
    }
}

/// A tree of more scripts of Gradle than are looked into for what they apply: the first one that is not says so.
#[test]
fn scripts_of_gradle_are_bounded() {
    let files: Vec<(String, &[u8])> =
        (0..5_003).map(|n| (format!("p{n:04}/build.gradle"), &b"plugins { id 'java' }\n"[..])).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let told = |found: sovaudit::model::Inventory| {
        let told = found.diagnostics.iter().filter(|one| one.message.contains("more than 5000 scripts of Gradle"));
        told.map(|one| format!("{:?}", one.path)).collect::<Vec<_>>()
    };
    let all = told(scan(&Catalog::embedded(), &files));
    assert!(all.len() == 1 && all[0].contains("p5000/build.gradle"), "{all:?}");
    assert_eq!(told(scan(&Catalog::embedded(), &files[..5_000])), Vec::<String>::new());
}

/// Scripts in arguments that go through far too many names, and parts within parts.
#[test]
fn scripts_in_arguments_are_bounded() {
    let catalog = Catalog::embedded();
    let mut wide = String::from("resource \"aws_instance\" \"a\" {\n  user_data = local.l0\n}\nlocals {\n");
    for n in 0..12 {
        let _ = writeln!(wide, "  l{n} = join(\"\", [{}])", format!("local.l{}, ", n + 1).repeat(20));
    }
    wide.push_str("  l12 = \"#!/bin/sh\\ndocker run r.example/a:1\\n\"\n}\n");
    let around =
        "resource \"aws_instance\" \"a\" {\n  user_data = local.l0\n}\nlocals {\n  l0 = local.l1\n  l1 = local.l0\n}\n";
    for text in [&*wide, around] {
        let found = scan(&catalog, &[("main.tf", text.as_bytes())]);
        let is_told = found.diagnostics.iter().any(|one| one.message.contains("runs when it starts is not known"));
        assert!(is_told, "{:?}", found.diagnostics);
    }
    let parts = "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(5_000);
    scan(&catalog, &[("user-data", parts.as_bytes())]);
    let map =
        |inner: &str| format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    {}", inner.replace('\n', "\n    "));
    let nested = (0..40).fold(String::from("apiVersion: v1\nkind: Pod\n"), |inner, _| map(&inner));
    scan(&catalog, &[("k8s/map.yaml", nested.as_bytes())]);
}

/// Settings that nobody takes are not read in dumps, which is told.
#[test]
fn settings_that_are_not_read_are_told() {
    let maps = (0..501).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{n}}}\ndata: {{a: b}}");
        text
    });
    let found = scan(&Catalog::embedded(), &[("k8s/maps.yaml", maps.as_bytes())]);
    assert!(told(&found, "501 maps of settings that no workload here takes"), "{:?}", found.diagnostics);
}

/// Objects within settings within settings, six deep and a hundred wide.
fn settings_in_settings(depth: usize) -> String {
    if depth == 0 {
        return "x: 1\n".to_owned();
    }
    let mut text = String::from("apiVersion: v1\nkind: \"Config\\x4dap\"\nmetadata: {name: a}\ndata:\n a0: &t |\n");
    settings_in_settings(depth - 1).lines().for_each(|line| {
        let _ = writeln!(text, "   {line}");
    });
    (1..100).for_each(|at| {
        let _ = writeln!(text, " a{at}: *t");
    });
    text
}

#[test]
fn what_leads_back_to_itself_ends() {
    let catalog = Catalog::embedded();
    let found = scan(&catalog, &[("k8s/app.yaml", settings_in_settings(6).as_bytes())]);
    assert!(told(&found, "objects within a map of settings"), "{:?}", found.diagnostics);
    let returns = format!("from openai import OpenAI\ndef c():\n{}", "    return c()\n".repeat(100));
    let asked = b"from a import c\nc.chat.completions.create(model='x')\n";
    let found = scan(&catalog, &[("a.py", returns.as_bytes()), ("main.py", asked)]);
    assert!(told(&found, "more clients of other files"), "{:?}", found.diagnostics);
    let (a, b) = ("export * from \"./b\"\n".repeat(200), "export * from \"./a\"\n".repeat(200));
    let asked = b"import {c} from \"./a\"; c.chat.completions.create({model: \"x\"})\n";
    scan(&catalog, &[("a.ts", a.as_bytes()), ("b.ts", b.as_bytes()), ("m.ts", asked)]);
    let open: String = (0..17_000).fold(String::new(), |mut text, at| {
        let _ = writeln!(text, "from a{at} import *");
        text
    });
    let open = open + &"x.chat.completions.create()\n".repeat(15_000);
    scan(&catalog, &[("x.py", open.as_bytes())]);
    let script: String = (0..100_000).fold(String::new(), |text, at| text + &format!(" w{at}"));
    let pipeline = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo{script}\n");
    scan(&catalog, &[(".github/workflows/ci.yml", pipeline.as_bytes())]);
}

#[test]
fn pointers_of_git_lfs_are_told_and_not_taken_for_the_file() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let found = scan(&Catalog::embedded(), &[("package-lock.json", pointer), ("pom.xml", pointer)]);
    let said: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    let kinds = found.diagnostics.iter().all(|one| one.kind == DiagnosticKind::Unreadable);
    assert!(said.len() == 2 && kinds && said[0].contains("a pointer of Git LFS"), "{said:?}");
    assert!(found.is_empty(), "nothing is made of its lines");
    // weights are read as streams, and what nobody reads is nobody's loss
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["model.safetensors", "model.gguf", "picture.png"] {
        std::fs::write(folder.path().join(name), pointer).expect("is written");
    }
    let found = scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("is read");
    let said: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    assert!(said.len() == 2 && said.iter().all(|text| text.contains("a pointer of Git LFS")), "{said:?}");
}

#[test]
fn lists_of_build_scripts_and_sides_of_merges_are_bounded() {
    let catalog = Catalog::embedded();
    let scripts = [
        "install_requires.append(".repeat(20_000),
        format!("a=[b,b,b]\nb=a+a+a+a+a\n{}", "install_requires=a+a+a+a\n".repeat(10_000)),
        format!("a=[{}]\ninstall_requires=[{}]\n", "f(x+y),".repeat(30_000), "*a,".repeat(30_000)),
        format!("{}install_requires=[{}]\n", "a=[\"x\"]\n".repeat(20_000), "*a,".repeat(20_000)),
        format!("extras_require={}", "{**".repeat(200_000)),
        format!("install_requires={}", "list(".repeat(100_000)),
        format!("install_requires={}", "a+".repeat(300_000)),
    ];
    for script in &scripts {
        scan(&catalog, &[("setup.py", script.as_bytes())]);
    }
    let side = |number: usize| format!("<<<<<<< a\nk{number} = \"1\"\n=======\nk{number} = \"2\"\n>>>>>>> b\n");
    let merged: String = (0..5_000).map(side).collect();
    let found = scan(&catalog, &[("Cargo.toml", format!("[dependencies]\n{merged}").as_bytes())]);
    assert!(told(&found, "marks of an unfinished merge"));
    scan(&catalog, &[("Cargo.lock", "<<<<<<< a\n[[package]]\n".repeat(20_000).as_bytes())]);
}

#[test]
fn mirrors_and_repositories_of_maven_are_bounded() {
    let mut repositories = String::new();
    let mut dependencies = String::new();
    for at in 0..250 {
        let _ = write!(repositories, "<repository><id>r{at}</id><url>https://r{at}.example/m</url></repository>");
    }
    for at in 0..50 {
        let _ = write!(
            dependencies,
            "<dependency><groupId>g</groupId><artifactId>d{at}</artifactId><version>1</version></dependency>"
        );
    }
    let pom = format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>a</artifactId><version>1</version>\
         <repositories>{repositories}</repositories><dependencies>{dependencies}</dependencies></project>"
    );
    let words: String = (0..20).map(|at| format!("z{at},")).collect();
    let mut files = Vec::new();
    for depth in 0..8 {
        let mirrors: String = (0..250)
            .map(|at| {
                format!("<mirror><id>m</id><mirrorOf>{words}no{at}</mirrorOf><url>https://m{depth}-{at}.example/</url></mirror>")
            })
            .collect();
        let settings = format!("<settings><mirrors>{mirrors}</mirrors></settings>");
        files.push((format!("{}settings.xml", "d/".repeat(depth)), settings));
    }
    files.push((format!("{}pom.xml", "d/".repeat(7)), pom));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    // each dependency is asked of a few of the repositories, and of no mirror
    let found = scan(&Catalog::embedded(), &files);
    let asked = found.relations().filter(|(from, row)| {
        from.as_str().starts_with("pkg:maven/") && row.kind == sovaudit::model::RelationKind::DistributedBy
    });
    let asked = asked.count();
    assert!((50..=50 * 17).contains(&asked), "{asked}");
}
