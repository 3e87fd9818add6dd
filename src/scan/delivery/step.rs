//! What steps and scripts of pipelines call: services they sign in to, registries they push to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::variables::{Variables, tell_cut};
use super::{deploy, named};
use crate::catalog::Catalog;
use crate::catalog::rows::PipelineStep;
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::parse::shell::commands;
use crate::scan::cloud::api::{calls_in, calls_service, is_fetched_from, region_in_host};
use crate::scan::image::build::{Left, fetched, source_address, source_variable};
use crate::scan::model::reference::{HUGGING_FACE, hub_id, hub_in, needs_model_of, needs_models_at};
use crate::scan::{Facts, Input, SourceFile};
use crate::text::{RelPath, Span};

/// The first of some inputs or options, with its place.
type Inputs<'a> = dyn Fn(&[Box<str>]) -> Option<(String, Span)> + 'a;

/// Regions that steps before have set, by provider.
pub(super) type Regions = BTreeMap<String, (String, Span)>;

/// Words within which a command names the script that it runs: `uv run python bench.py`.
const SCRIPT_WITHIN: usize = 4;
/// Bytes of a script that are gone through for the places of its words.
const MOST_SEARCHED: usize = 256 << 20;
/// Bytes that variables may add to the words of a script.
const MOST_FILLED: usize = 16 << 20;

/// A pipeline that is being read.
#[derive(Clone, Copy)]
pub(super) struct Pipeline<'a> {
    pub(super) id: &'a ComponentId,
    pub(super) file: &'a SourceFile,
    pub(super) catalog: &'a Catalog,
    /// Puts in what the file sets, where inputs of steps name it.
    pub(super) fill: &'a dyn Fn(&str) -> String,
    /// The tree.
    pub(super) input: &'a Input<'a>,
    /// Scripts of the tree that were followed.
    pub(super) followed: &'a Cell<usize>,
    /// True where the file is a script that a pipeline runs: scripts that it runs itself are not followed.
    pub(super) is_script: bool,
    /// What scripts before told the tools of the same machine; nothing where each script has a machine of its own.
    pub(super) told: Option<&'a Told>,
}

/// What the scripts of one job left on its machine.
pub(super) type Told = RefCell<Left>;

impl<'a> Pipeline<'a> {
    pub(super) fn new(
        id: &'a ComponentId,
        file: &'a SourceFile,
        input: &'a Input<'a>,
        followed: &'a Cell<usize>,
    ) -> Self {
        Self { id, file, catalog: input.catalog, fill: &str::to_owned, input, followed, is_script: false, told: None }
    }
}

impl Pipeline<'_> {
    /// A step by its name, with what its inputs say.
    pub(super) fn step(&self, system: &str, name: &str, span: Span, inputs: Option<&Node>, out: &mut Facts<'_>) {
        self.step_after(&mut Regions::new(), system, name, span, inputs, out);
    }

    /// As [`Self::step`], behind others that said in which region of a provider the steps after them work.
    pub(super) fn step_after(
        &self,
        regions: &mut Regions,
        system: &str,
        name: &str,
        span: Span,
        inputs: Option<&Node>,
        out: &mut Facts<'_>,
    ) {
        let Some(row) = self.catalog.pipeline_step(system, name) else { return };
        let input = |names: &[Box<str>]| {
            let node = names.iter().find_map(|name| inputs?.get(name))?;
            Some(((self.fill)(&node.scalar()?), node.span))
        };
        let is_off = row.when.as_ref().is_some_and(|name| {
            inputs.and_then(|inputs| inputs.get(name)).and_then(Node::scalar).is_none_or(|value| value == "false")
        });
        self.means(row, is_off, span, &input, out);
        self.configures(row, &input, out);
        let service = row.service.as_deref().and_then(|id| self.catalog.service(id));
        if let Some((name, span)) = input(&row.deploys) {
            let before = service.and_then(|service| regions.get(service.provider.as_deref()?));
            let region = input(&row.region).or_else(|| before.cloned()).map(|(region, _)| region);
            self.deploys(row, (&name, span), region.as_deref(), out);
        }
        let Some((service, provider)) = service.and_then(|service| Some((service, service.provider.as_deref()?)))
        else {
            return;
        };
        match (input(&row.region), regions.get(provider)) {
            (Some(own), _) => drop(regions.insert(provider.to_owned(), own)),
            (None, Some((region, span))) if !region.contains('$') => {
                let id = ComponentId::of("api", &service.id);
                out.attribute(&id, key::REGION, region.trim(), self.file.at(*span).inferred());
            }
            _ => {}
        }
    }

    /// A registry that a step tells tools, for the steps behind it.
    fn configures(&self, row: &PipelineStep, input: &Inputs<'_>, out: &mut Facts<'_>) {
        let Some((address, span)) = input(&row.registry_url).filter(|_| !row.configures.is_empty()) else { return };
        let scope = input(&row.scope).map(|(scope, _)| format!("@{}", scope.trim().trim_start_matches('@')));
        source_address(self.id, &address, span, self.file, out);
        if address.contains('$') || scope.as_ref().is_some_and(|scope| scope.contains('$')) {
            self.unresolved(span, "the registry is only known at run time", out);
        } else if scope.is_none() && row.owned.iter().any(|host| address.contains(&**host)) {
            let message = "the registry is asked for packages of the repository's owner, whom no file names";
            self.unresolved(span, message, out);
        } else if let Some(told) = self.told {
            let mut left = told.borrow_mut();
            row.configures.iter().for_each(|tool| left.tell(tool, scope.as_deref(), address.trim()));
        }
    }

    /// Where tools fetch from, as variables of a pipeline, a job or a step tell them.
    pub(super) fn sources(&self, table: Option<&Node>, before: &Variables<'_>, out: &mut Facts<'_>) {
        tell_cut(table.map_or(&[][..], Node::entries), self.file, out);
        for entry in table.map_or(&[][..], Node::entries) {
            if let Some(value) = entry.value.scalar() {
                let value = before.fill(&value);
                source_variable(self.id, (&entry.key, &value), entry.value.span, self.file, out);
            }
        }
    }

    /// A script: `place` is where it stands in the file, `fill` puts in the variables that the file sets.
    pub(super) fn script(&self, text: &str, place: Span, fill: &dyn Fn(&str) -> String, out: &mut Facts<'_>) {
        self.script_in(&self.root(), text, place, fill, out);
    }

    /// The folder that steps begin in: the one that has the file, or the folder that it keeps its settings in.
    pub(super) fn root(&self) -> RelPath {
        let folder = self.file.folder();
        let parts: Vec<&str> = folder.as_str().split('/').collect();
        let hidden = parts.iter().position(|part| part.starts_with('.')).unwrap_or(parts.len());
        RelPath::new(&parts[..hidden].join("/")).unwrap_or_else(RelPath::root)
    }

    /// A script that begins in a folder; gives the folder that it ends in.
    pub(super) fn script_in(
        &self,
        folder: &RelPath,
        text: &str,
        place: Span,
        fill: &dyn Fn(&str) -> String,
        out: &mut Facts<'_>,
    ) -> RelPath {
        let raw = self.file.text().get(place.start..place.end).unwrap_or_default();
        let left = Cell::new(MOST_SEARCHED);
        let find = |word: &str| {
            // a script of a million words would be gone through a million times
            if word.is_empty() || left.get() == 0 {
                return None;
            }
            let at = memchr::memmem::find(raw.as_bytes(), word.as_bytes());
            left.set(left.get().saturating_sub(at.unwrap_or(raw.len())));
            at
        };
        let found =
            |word: &str| find(word).map_or(place, |at| Span::new(place.start + at, place.start + at + word.len()));
        let all = commands(text, '\\');
        let of_file = fill;
        // what the script sets itself comes before what the file sets
        let own = Variables::of_script(&all, fill);
        // long values that are named again and again would fill the memory; what is not filled in stays open
        let room = Cell::new(MOST_FILLED);
        let fill = &|text: &str| {
            if room.get() == 0 {
                return text.to_owned();
            }
            let names_one = memchr::memchr(b'$', text.as_bytes()).is_some();
            let filled = if names_one { fill(&own.fill(text)) } else { fill(text) };
            room.set(room.get().saturating_sub(filled.len().saturating_sub(text.len())));
            filled
        };
        let mut told = self.told.map(RefCell::take).unwrap_or_default();
        fetched(self.id, (&all, text), &found, (fill, of_file), &mut told, self.file, out);
        if let Some(of_job) = self.told {
            of_job.replace(told);
        }
        let lines = deploy::lines(&all, fill);
        let (applied, end) = deploy::applied(&lines, folder);
        for (path, word) in applied {
            out.attribute(self.id, key::APPLIES_PATH, path, self.file.at(found(&word)));
        }
        self.follow(&lines, folder, fill, out);
        for (command, line) in all.iter().zip(&lines) {
            let begins = command.words.len() - line.words.len();
            let Some((program, rest)) = line.words.split_first() else { continue };
            let mut words = vec![program.rsplit('/').next().unwrap_or(program)];
            words.extend(rest.iter().map(String::as_str));
            let words = named::in_order(&words);
            // what a run puts in is a gap
            let known: Vec<&str> = words.iter().map(|word| if word.contains('$') { "$" } else { *word }).collect();
            let first = command.words.get(begins).map_or("", |word| word.text.as_str());
            let span = || found(first);
            let joined = known.join(" ");
            needs_models_at(hub_in(&joined), self.id, &joined, self.file, &span, out);
            self.given_to_script(&known, &span, out);
            let Some(row) = self.catalog.pipeline_command(&words) else { continue };
            let length = row.step.split(' ').count();
            let arguments = &words[length..];
            let input = |names: &[Box<str>]| {
                let value = names.iter().find_map(|name| argument(arguments, name))?;
                Some((value.to_owned(), found(value)))
            };
            let is_off = row.when.as_ref().is_some_and(|option| !arguments.contains(&&**option));
            // the command as it stands in the file: its first word there
            let span = command.words.get(begins).map_or(place, |word| found(&word.text));
            self.means(row, is_off, span, &input, out);
            if row.objects {
                self.deploys_objects(arguments, &found, span, out);
            } else if let Some((name, span)) = input(&row.deploys) {
                let region = input(&row.region).map(|(region, _)| region);
                // what other steps set for all commands of a cloud
                let region = region.or_else(|| Some(fill("$AWS_REGION")).filter(|_| words[0] == "aws"));
                self.deploys(row, (&name, span), region.as_deref(), out);
            }
        }
        if room.get() == 0 {
            let message = "variables add more to a script than is filled in; what comes later in it stays open";
            out.problem(DiagnosticKind::LimitReached, self.file, Some(place), message);
        }
        end
    }

    /// A model of a known publisher that a script of one's own is given: `python bench.py Qwen/Qwen3-8B`.
    fn given_to_script(&self, words: &[&str], span: &dyn Fn() -> Span, out: &mut Facts<'_>) {
        let is_script = |word: &&str| word.ends_with(".sh") || word.ends_with(".py");
        let Some(at) = words.iter().take(SCRIPT_WITHIN).position(is_script) else { return };
        for id in words[at + 1..].iter().filter_map(|word| hub_id(word)) {
            let publisher = id.split('/').next().unwrap_or_default();
            let is_known = self.catalog.organisation_by_key("huggingface", publisher).is_some();
            let is_named = id.contains(|letter: char| letter.is_ascii_digit());
            if is_known && is_named {
                needs_model_of(HUGGING_FACE, self.id, id, &self.file.at(span()).inferred(), out);
            }
        }
    }

    fn means(&self, row: &PipelineStep, is_off: bool, span: Span, input: &Inputs<'_>, out: &mut Facts<'_>) {
        if let Some(service) = row.service.as_deref().and_then(|id| self.catalog.service(id)) {
            let id = calls_service(self.id, service, &self.file.at(span), out);
            if let Some((region, span)) = input(&row.region) {
                if region.contains('$') {
                    self.unresolved(span, "the region is only known at run time", out);
                } else {
                    out.attribute(&id, key::REGION, region.trim(), self.file.at(span));
                }
            }
        }
        if let Some((registry, span)) = input(&row.registry) {
            self.registry(&registry, span, out);
        }
        if let Some((address, span)) = input(&row.address) {
            if address.contains('$') {
                self.unresolved(span, "the address is only known at run time", out);
            } else {
                calls_in(self.id, &address, self.catalog, self.file, span, out);
                if let Some(host) = crate::scan::package::toolkit::host_of(&address) {
                    self.host(&host, span, out);
                }
            }
        }
        if let Some((images, span)) = input(&row.image).filter(|_| !is_off) {
            for image in images.split(['\n', ',']).map(str::trim).filter(|image| !image.is_empty()) {
                self.pushed(image, span, out);
            }
        }
    }

    /// An image that is pushed: its registry is needed, under whatever name and tag.
    pub(super) fn pushed(&self, image: &str, span: Span, out: &mut Facts<'_>) {
        let image = image.trim_start_matches("docker://").trim_start_matches("oci://");
        let (host, _) = image.split_once('/').unwrap_or(("docker.io", image));
        if host.contains('$') || host.contains("{{") || image.starts_with('$') {
            self.unresolved(span, "the registry that is pushed to is only known at run time", out);
            return;
        }
        let is_host = host.contains(['.', ':']) || host == "localhost";
        let name = if is_host { host.split(':').next().unwrap_or(host) } else { "docker.io" };
        // a name that no registry would take is no image
        if ImageReference::parse(&image.replace(['$', '{', '}', '(', ')', ' '], "")).is_some() {
            self.host(name, span, out);
        }
    }

    /// A registry that is signed in to.
    pub(super) fn registry(&self, text: &str, span: Span, out: &mut Facts<'_>) {
        let text = text.trim().trim_start_matches("https://");
        let host = text.split(['/', ':']).next().unwrap_or(text);
        if text.contains('$') {
            self.unresolved(span, "the registry is only known at run time", out);
        } else if host.contains('.') {
            self.host(host, span, out);
        }
    }

    fn host(&self, host: &str, span: Span, out: &mut Facts<'_>) {
        let seen = self.file.at(span);
        // other services may have a registry among their hosts
        if let Some(service) = self.catalog.service_by_host(host).filter(|service| is_fetched_from(service)) {
            let id = calls_service(self.id, service, &seen, out);
            if let Some(region) = region_in_host(host, service, self.catalog) {
                out.attribute(&id, key::REGION, region, seen.inferred());
            }
            return;
        }
        let host = ComponentId::host(host);
        out.component(&host, ComponentKind::Host, seen.clone());
        out.relation(self.id, RelationKind::Calls, &host, seen);
    }

    pub(super) fn unresolved(&self, span: Span, message: &str, out: &mut Facts<'_>) {
        out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
    }

    /// Who hosts the machines that run the pipeline.
    pub(super) fn runner(&self, who: &str, span: Span, out: &mut Facts<'_>) {
        out.attribute(self.id, key::RUNNER, who, self.file.at(span));
    }
}

/// The value of an option (`--region x`, `--region=x`), or the word at a position, options and their values passed over.
fn argument<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    if name == "first" {
        return named::first(words);
    }
    let Ok(position) = name.parse::<usize>() else {
        let at = words.iter().position(|word| {
            *word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('=') && name.starts_with("--"))
        })?;
        return match words[at].split_once('=') {
            Some((_, value)) if words[at] != name => Some(value),
            _ => words.get(at + 1).copied(),
        };
    };
    let mut plain = Vec::new();
    let mut is_value = false;
    for word in words {
        if word.starts_with('-') {
            // options with a value of their own; others are switches
            is_value = !word.contains('=') && matches!(*word, "-u" | "-p" | "--username" | "--password" | "--authfile");
        } else if !std::mem::take(&mut is_value) {
            plain.push(*word);
        }
    }
    plain.get(position).copied()
}
