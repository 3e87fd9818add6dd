//! Files that are well formed and hold something else than their format asks for: never silent.
//!
//! Every file of every scanner's `normal` fixture is written anew with one value replaced by a value of another
//! shape; in XML elements take the place of texts, and texts that of elements. Either nothing of what was known is lost, or a diagnostic names a place of the file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sovaudit::catalog::Catalog;
use sovaudit::model::Inventory;
use sovaudit::parse::xml::{Element, xml};
use sovaudit::parse::{Node, Value, json, toml, yaml};
use sovaudit::scan::{Options, SCANNERS, Selector, scan_files_with};
use sovaudit::text::RelPath;

use crate::cli::root;

/// How deep values are replaced; an element of a list is one level.
const DEPTH: usize = 4;

/// The same for elements of a markup: a plugin's dependency stands deep in a pom.
const DEPTH_OF_MARKUP: usize = 8;

/// Values that may be of several shapes: scanner, key, and why nothing is said. With `$` it is the end of a place.
const EITHER: &[(&str, &str, &str)] = &[
    // told by their content what they are: anything else is none of ours
    ("gitops", "", "an object of another kind"),
    ("helm", "values.yaml", "up to the chart"),
    ("kustomize", "app.yaml", "an object of another kind"),
    ("kustomize", "side.yaml", "a patch for another object"),
    ("kustomize", "/valuesInline", "up to the chart"),
    ("ansible", "cloud.aws_ec2.yml/regions$", "one or several"),
    ("ansible", "cloud.aws_ec2.yml/plugin", "an inventory by its plugin alone"),
    // functions, conditions and other values may stand for any value
    ("cloudformation", "/Properties/", ""),
    ("arm", "/location", ""),
    ("arm", "Value", "of a parameter"),
    ("arm", "/value", "of a parameter"),
    ("pulumi", "/properties/", ""),
    ("pulumi", "/variables/", ""),
    ("pulumi", "/config/", ""),
    ("pulumi", "/dependsOn", "one or several"),
    ("serverless", "/functions/", "values are variables, images a text or a table"),
    ("serverless", "/provider/", "values are variables"),
    ("serverless", "/resources", "a table, or a list of them"),
    ("serverless", "/functions", "a table, or a list of them"),
    ("litellm", "", "a configuration of another program"),
    ("model-card", "adapter_config.json", "a configuration of another program"),
    ("model-reference", "load.ipynb", "read as text"),
    ("sdk-use", "use.ipynb$", "without a word that names a service nothing is read"),
    ("sdk-use", "/source$", "a list of lines, or all as one text"),
    ("github-actions", "/runs-on", "a label, several, or a group"),
    ("gitlab-ci", "yml/", "only tables are jobs; images, includes and triggers are a text or a table"),
    ("compose", "/services/llm/command", "a text or a list of words"),
    ("composer-lock", "/license", "one or several"),
    ("cyclonedx-json", "/endpoints", "one or several"),
    ("cyclonedx-json", "/url", "one or several"),
    // a requirement is a text or a table, for some tools one or several
    ("vcpkg", "/dependencies/*", ""),
    ("hpack", "/dependencies$", "one, a list or a table"),
    ("hpack", "/build-tools$", "one, a list or a table"),
    ("pubspec", "ependencies/", ""),
    ("flake-lock", "/inputs/", "a name, or a path of names"),
    ("bun-lock", "/packages/", "an entry is read by what stands in it"),
    ("pnpm-lock", "ependencies/", "a version, in old files alone"),
    ("gradle-catalog", "/version", "a text or a table"),
    ("pipfile", "packages/", ""),
    ("pipfile", "/docs/", ""),
    ("pixi-toml", "ependencies/", ""),
    ("pixi-toml", "/channels/", ""),
    // told where their value is asked for
    ("dotnet-project", "/PropertyGroup/PollyVersion", ""),
    ("dotnet-project", "/PropertyGroup/AspNet", ""),
    ("dotnet-project", "/PropertyGroup/XunitVersion", ""),
    ("poetry-lock", "/markers", "one, or one for each group"),
    ("cargo-toml", "ependencies/", ""),
    ("toolchain", "/tools/", "one version or several"),
    ("gaia-x", "credentialSubject/gx:name", "a text, or a table with one in it"),
    ("gaia-x", "credentialSubject/type", "one or several"),
    // told by words that then are gone
    ("amd-smi", "amd-smi-list.json", ""),
    ("amd-smi", "/gpu_data", ""),
    ("amd-smi", "old/rocm-smi.json/card0", ""),
    ("lshw", "list/lshw.json/*", ""),
    ("neuron-ls", "/neuron_devices", ""),
    ("redfish", "/@odata.id", ""),
    ("xpu-smi", "/device_list", ""),
    ("netbox", "/device", "a name, or a table with one in it"),
    ("netbox", "/tenant", "a name, or a table with one in it"),
    ("netbox", "/site", "a name, or a table with one in it"),
    ("netbox", "/manufacturer", "a name, or a table with one in it"),
    ("host", "", "texts of the kernel"),
    // what others wrote, in all the ways that npm ever allowed
    ("installed-node", "/author", ""),
    ("installed-node", "/maintainers", ""),
    ("installed-node", "/repository", ""),
    ("installed-node", "/version", "folders inside of packages have stubs without"),
];

/// Scanners of files of any name: anything else than a table is none of theirs.
const BY_CONTENT: [&str; 11] = [
    "amd-smi",
    "ansible",
    "ansible-inventory/hosts.yml",
    "arm",
    "cloudformation",
    "lshw",
    "netbox",
    "neuron-ls",
    "redfish",
    "serverless",
    "xpu-smi",
];

/// The language a file is written in, told by its content.
#[derive(Clone, Copy, PartialEq)]
enum Language {
    Json,
    Toml,
    Yaml,
}

fn parse(path: &str, text: &str) -> Option<(Language, Node)> {
    if let Ok(root) = json::jsonc(text) {
        return Some((Language::Json, root));
    }
    if path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".lock") {
        let mut read = yaml::yaml(text);
        let structured =
            read.problems.is_empty() && read.documents.len() == 1 && !read.documents[0].entries().is_empty();
        if structured {
            return Some((Language::Yaml, read.documents.remove(0)));
        }
    }
    let (root, problems) = toml::toml(text);
    (problems.is_empty() && !root.entries().is_empty()).then_some((Language::Toml, root))
}

/// Writes a tree, with the value at `path` replaced by `instead`.
fn write(node: &Node, language: Language, path: Option<&[usize]>, instead: &str) -> String {
    let inner = |index: usize| path.filter(|path| path.first() == Some(&index)).map(|path| &path[1..]);
    if path.is_some_and(<[usize]>::is_empty) {
        return instead.to_owned();
    }
    let quoted = |text: &str| serde_json::to_string(text).expect("a text is JSON");
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(items) => {
            let items = items.iter().enumerate().map(|(at, item)| write(item, language, inner(at), instead));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let sign = if language == Language::Toml { "=" } else { ":" };
            let entries = entries.iter().enumerate().map(|(at, entry)| {
                format!("{} {sign} {}", quoted(&entry.key), write(&entry.value, language, inner(at), instead))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The whole file: the root of TOML has no braces.
fn document(root: &Node, language: Language, path: Option<&[usize]>, instead: &str) -> String {
    if language != Language::Toml {
        return write(root, language, path, instead) + "\n";
    }
    let mut out = String::new();
    for (at, entry) in root.entries().iter().enumerate() {
        let path = path.filter(|path| path.first() == Some(&at)).map(|path| &path[1..]);
        let key = serde_json::to_string(&*entry.key).expect("a text is JSON");
        out += &format!("{key} = {}\n", write(&entry.value, language, path, instead));
    }
    out
}

/// Paths of values down to [`DEPTH`], with the keys on the way and the shapes to put there.
fn places(root: &Node) -> Vec<(Vec<usize>, String, Vec<&'static str>)> {
    const TEXT: &str = "\"odd\"";
    const LIST: &str = "[\"odd\"]";
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), String::new(), root)];
    while let Some((path, keys, node)) = open.pop() {
        let others = match node.value {
            Value::Null => vec![],
            Value::Text(_) | Value::Number(_) | Value::Bool(_) => vec![LIST],
            Value::List(_) => vec![TEXT],
            Value::Map(_) => vec![TEXT, LIST],
        };
        if path.len() < DEPTH {
            let below = |at: usize, key: &str, node| {
                let path = path.iter().copied().chain([at]).collect();
                (path, format!("{keys}/{key}"), node)
            };
            // two elements of a list are as good as all
            open.extend(node.list().iter().take(2).enumerate().map(|(at, item)| below(at, "*", item)));
            open.extend(node.entries().iter().enumerate().map(|(at, entry)| below(at, &entry.key, &entry.value)));
        }
        found.push((path, keys, others));
    }
    found
}

fn facts(inventory: &Inventory) -> Vec<String> {
    inventory.facts().map(|(fact, _)| format!("{fact:?}")).collect()
}

fn files_of(case: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![case.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("is a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with("expected.snap") {
                let name = path.strip_prefix(case).expect("is below").to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).expect("is a file"));
            }
        }
    }
    found
}

/// What stands at a place of a file, and the file with something else there.
type Mutation = (String, Vec<u8>);

/// The file as it is written anew, and every change of one value.
fn mutations(id: &str, name: &str, tree: &Node, language: Language) -> (Vec<u8>, Vec<Mutation>) {
    let mut found = Vec::new();
    for (path, keys, others) in places(tree) {
        let is_root_by_content = path.is_empty() && (language == Language::Toml || is_by_content(id, name));
        if is_root_by_content || is_either(id, name, &keys) {
            continue;
        }
        for instead in others {
            let changed = document(tree, language, Some(&path), instead).into_bytes();
            found.push((format!("`{keys}` replaced by {instead}"), changed));
        }
    }
    (document(tree, language, None, "").into_bytes(), found)
}

/// Every change of what one element of a markup holds.
fn mutations_of_markup(id: &str, name: &str, text: &str, root: &Element) -> Vec<Mutation> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), 0, root)];
    while let Some((keys, depth, element)) = open.pop() {
        let instead = match (element.has_children(), element.has_text()) {
            (true, _) => "odd",
            (false, true) => "<odd/>",
            (false, false) => "",
        };
        let is_root_by_content = depth == 0 && is_by_content(id, name);
        if !instead.is_empty() && !is_root_by_content && !is_either(id, name, &keys) {
            let end = element.span.start + text[element.span.start..element.span.end].rfind("</").expect("closes");
            let changed = [&text[..element.tag.end], instead, &text[end..]].concat();
            found.push((format!("what `{keys}` holds replaced by {instead}"), changed.into_bytes()));
        }
        if depth < DEPTH_OF_MARKUP {
            open.extend(element.children().iter().map(|one| (format!("{keys}/{}", one.name), depth + 1, one)));
        }
    }
    found
}

fn is_by_content(id: &str, name: &str) -> bool {
    BY_CONTENT.iter().any(|of| match of.split_once('/') {
        Some((of, file)) => of == id && name.ends_with(file),
        None => *of == id,
    })
}

fn is_either(id: &str, name: &str, keys: &str) -> bool {
    let place = format!("{name}{keys}");
    let fits = |key: &str| key.strip_suffix('$').map_or_else(|| place.contains(key), |end| place.ends_with(end));
    EITHER.iter().any(|(of, key, _)| *of == id && fits(key))
}

#[test]
fn values_of_another_shape_are_never_silent() {
    let (catalog, selector) = (Catalog::embedded(), Selector::new());
    let scan = |files: &BTreeMap<String, Vec<u8>>| {
        let path = |name: &String| RelPath::new(name).expect("is relative");
        let files = files.iter().map(|(name, bytes)| (path(name), bytes.clone(), None)).collect();
        scan_files_with(&selector, files, &catalog, &Options::default())
    };
    let mut silent = Vec::new();
    let mut tried = 0_usize;
    for scanner in SCANNERS.iter() {
        let id = scanner.meta().id;
        let case = root().join("fixtures/scanners").join(id).join("normal");
        if !case.is_dir() {
            continue;
        }
        let files = files_of(&case);
        for (name, bytes) in &files {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            let (plain, mutations) = if let Ok(root) = xml(text) {
                (bytes.clone(), mutations_of_markup(id, name, text, &root))
            } else if let Some((language, tree)) = parse(name, text) {
                mutations(id, name, &tree, language)
            } else {
                continue;
            };
            let mut changed = files.clone();
            changed.insert(name.clone(), plain);
            let before = scan(&changed);
            let known = facts(&before);
            for (what, bytes) in mutations {
                tried += 1;
                changed.insert(name.clone(), bytes);
                let after = scan(&changed);
                let said = after
                    .diagnostics
                    .iter()
                    .any(|problem| problem.path.as_str() == name && !before.diagnostics.contains(problem));
                if !said && facts(&after) != known {
                    silent.push(format!("{id}: {name}: {what}"));
                }
            }
        }
    }
    assert!(tried > 1000, "only {tried} tried");
    assert!(silent.is_empty(), "{} of {tried} are silent:\n{}", silent.len(), silent.join("\n"));
}
