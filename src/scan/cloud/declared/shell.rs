//! Scripts: what they install and fetch, and the clusters and machines that they make with the command line of a cloud
//! (`gcloud container clusters create`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::value::{Reason, Resolved, Value};
use super::write::{self, Resource};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::dockerfile::expand;
use crate::parse::shell::{Command, commands};
use crate::scan::image::build::of_script;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `shell-script`.
pub struct ShellScript;

static META: ScannerMeta = ScannerMeta {
    id: "shell-script",
    title: "Shell script",
    summary: "Packages that a script installs by name, images that it pulls or runs, and hosts that it fetches from, as in \
              the steps of a Dockerfile (not of the scripts within an image). Clusters, pools of nodes and machines that commands of a cloud make (`gcloud container clusters create`, \
              `az aks create`, `eksctl create cluster`, `aws eks create-cluster`), with region, machine type, count and \
              accelerators from their options. Variables that the script sets are followed; what only a run knows is \
              unresolved. Which commands count is data, see rules/catalog/resource-types.toml.",
    files: &["**/*.sh", "**/*.bash"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Package,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Service,
        ComponentKind::Accelerator,
    ],
    reference: "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html",
};

/// Words that a command is known by, at most.
const LONGEST: usize = 5;
/// Bytes of the words of one command, filled in.
const MOST_FILLED: usize = 1 << 20;
/// Letters of a name.
const LONGEST_NAME: usize = 128;
/// Resources that one script makes.
const MOST: usize = 500;
/// Variables of one script, and the letters of a value.
const VARIABLES: usize = 2_000;
const VALUE: usize = 1 << 10;
/// Words behind the name of a program that change nothing.
const STAGES: [&str; 3] = ["alpha", "beta", "preview"];
/// Words that only say what is done.
const VERBS: [&str; 5] = ["create", "add", "deploy", "run", "create-auto"];
/// Options that name the resource.
const NAMES: [&str; 5] = ["name", "cluster-name", "nodegroup-name", "n", "node-pool-name"];

impl Scanner for ShellScript {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn may_tell(&self, _: &RelPath, bytes: &[u8], catalog: &Catalog) -> bool {
        std::str::from_utf8(bytes).map_or(true, |text| makes(text, catalog))
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.is_binary() {
            return Ok(());
        }
        let all = commands(file.text(), '\\');
        // scripts in an image are those of its packages: they install nothing that is not there
        if input.subject.is_none() {
            brings_in(&all, input, out);
        }
        if makes(file.text(), input.catalog) {
            resources(&all, input, out);
        }
        Ok(())
    }
}

/// What the script installs and fetches, as what the project of its folder needs.
fn brings_in(all: &[Command], input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let project = input.root_subject(file);
    let before = out.len();
    of_script(&project, all, file, out);
    if out.len() > before {
        out.component(&project, input.root_kind(), file.whole());
    }
}

/// The resources that the script makes.
fn resources(all: &[Command], input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let mut variables = Variables::default();
    let mut found = Vec::new();
    for command in all {
        if found.len() >= MOST {
            let message = "more resources than a script is read for: those behind the first 500 were not read";
            out.problem(DiagnosticKind::LimitReached, file, None, message);
            break;
        }
        if !variables.set(command)
            && let Some(resource) = resource(command, &variables, input.catalog, file, out)
        {
            found.push(resource);
        }
    }
    write::all(&found, input.catalog, out);
    for resource in &found {
        let service = input.catalog.service_by_type(&resource.kind);
        if service.is_some_and(|service| &*service.capability == "kubernetes")
            && !resource.kind.contains("pool")
            && let Some(name) = resource.name.as_ref().and_then(Resolved::text)
        {
            out.attribute(&resource.id, key::CLUSTER, name, file.at(resource.span));
        }
    }
}

/// A quick look: a program of a cloud, and something that is made.
fn makes(text: &str, catalog: &Catalog) -> bool {
    let does = VERBS.iter().any(|verb| text.contains(verb));
    does && catalog.command_lines().any(|program| text.contains(program))
}

/// What variables of the script hold, as far as it says so.
#[derive(Default)]
struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Remembers what a command sets; false when it does something else.
    fn set(&mut self, command: &Command) -> bool {
        let Some(all) = command.assignments() else { return false };
        for (name, value, word) in all {
            let value = if word.expands { self.filled(value) } else { value.to_owned() };
            if self.0.len() < VARIABLES && value.len() <= VALUE {
                self.0.insert(name.to_owned(), value);
            }
        }
        true
    }

    fn filled(&self, text: &str) -> String {
        if text.contains('$') { expand(text, &|name| self.0.get(name).cloned()).0 } else { text.to_owned() }
    }
}

/// The resource that a command makes.
fn resource<'a>(
    command: &Command,
    variables: &Variables,
    catalog: &Catalog,
    file: &'a SourceFile,
    out: &mut Facts<'_>,
) -> Option<Resource<'a>> {
    // values may be long and be named often: only so much of a command is filled in
    let mut left = MOST_FILLED;
    let filled = command.words.iter().map_while(|word| {
        let text = variables.filled(&word.text);
        left = left.checked_sub(text.len())?;
        Some((text, word.span))
    });
    let mut words: Vec<(String, Span)> = filled.collect();
    let is_cut = words.len() < command.words.len();
    let begins =
        words.iter().position(|(word, _)| !word.contains('=') && !matches!(&**word, "sudo" | "if" | "then" | "!"))?;
    words.drain(..begins);
    if let Some((first, _)) = words.first_mut() {
        *first = first.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if words.get(1).is_some_and(|(word, _)| STAGES.contains(&&**word)) {
        words.remove(1);
    }
    let (kind, length) = (2..=LONGEST.min(words.len())).rev().find_map(|length| {
        let whole: Vec<&str> = words[..length].iter().map(|(word, _)| &**word).collect();
        Some((catalog.made_by_command(&whole.join(" "))?, length))
    })?;
    let span = Span::new(words[0].1.start, words[length - 1].1.end);
    if is_cut {
        let message =
            "a command whose words are too long when their variables are filled in: the rest of it was not read";
        out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
    }
    let (mut entries, mut name) = options(&words[length..], file);
    let named = entries.iter().position(|(option, _)| NAMES.contains(&&**option));
    if let Some(at) = named {
        name = Some(entries.remove(at).1);
    }
    let is_name = |text: &str| text.len() <= LONGEST_NAME && !text.contains(char::is_whitespace);
    name = name.filter(|name| name.text().is_some_and(|text| is_name(&text)));
    let own = name.as_ref().and_then(Resolved::text).unwrap_or_else(|| file.region(span).start.line.to_string());
    let nouns: Vec<&str> = kind.split(' ').skip(1).filter(|word| !VERBS.contains(word)).collect();
    let id = ComponentId::resource(file.path(), &format!("{}/{own}", nouns.join("-")));
    let mut resource = Resource::new(id, kind, Resolved::new(file, span, Value::Map(entries)), span);
    resource.name = name;
    Some(resource)
}

type Entries<'a> = Vec<(String, Resolved<'a>)>;

/// Options with their values, and the first word that is none.
fn options<'a>(words: &[(String, Span)], file: &'a SourceFile) -> (Entries<'a>, Option<Resolved<'a>>) {
    let (mut entries, mut name) = (Entries::new(), None);
    let mut at = 0;
    while let Some((word, span)) = words.get(at) {
        at += 1;
        let Some(option) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            name = name.or_else(|| Some(value(word, *span, file)));
            continue;
        };
        let (option, value) = match option.split_once('=') {
            Some((option, text)) => (option, value(text, *span, file)),
            None => match words.get(at).filter(|(next, _)| !next.starts_with('-')) {
                Some((next, span)) => {
                    at += 1;
                    (option, value(next, *span, file))
                }
                None => (option, Resolved::new(file, *span, Value::Bool(true))),
            },
        };
        // what a machine is made from is no image of a registry
        if !option.starts_with("image") {
            entries.push((option.to_owned(), value));
        }
    }
    (entries, name)
}

/// `3`, `europe-west4`, `type=nvidia-l4,count=1`.
fn value<'a>(text: &str, span: Span, file: &'a SourceFile) -> Resolved<'a> {
    let plain = |text: &str| match text.parse::<f64>() {
        _ if text.contains('$') => Value::Unknown(Reason::Elsewhere(Arc::from(text))),
        Ok(number) if number.is_finite() => Value::Number(number),
        _ => Value::Text(text.to_owned()),
    };
    let parts: Option<Vec<(&str, &str)>> = text.split(',').map(|part| part.split_once('=')).collect();
    let value = match parts {
        Some(parts) => Value::Map(
            parts.into_iter().map(|(name, text)| (name.to_owned(), Resolved::new(file, span, plain(text)))).collect(),
        ),
        None => plain(text),
    };
    Resolved::new(file, span, value)
}
