//! Questions about source code: what a call means, whether a file is worth reading closely, who made a model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::layer::{Layer, RuleError};
use super::rows::{ModelFamily, ModelRoute, PipelineStep, ResourceName, SdkCall, Setting};
use super::tables::{locate, nearest};
use super::{Catalog, Tables};
use crate::text::Marks;

/// Languages that a row may speak of.
const LANGUAGES: [&str; 6] = ["python", "javascript", "go", "java", "rust", "csharp"];

/// System of the rows that speak of commands.
const SHELL: &str = "shell";

/// Hubs that a row may name.
const HUBS: [&str; 2] = ["huggingface", "modelscope"];

/// Fewer letters than that are in every file.
const SHORTEST_WORD: usize = 4;

/// Letters of a call that is no common word.
const LONG_WORD: usize = 8;

/// Index of what is looked up for every call of a program.
#[derive(Debug, Default)]
pub(super) struct CodeIndex {
    /// Rows by language and last name of the call.
    calls: BTreeMap<(Box<str>, Box<str>), Vec<usize>>,
    /// Rows with a `*` in the last name, by language.
    wild: BTreeMap<Box<str>, Vec<usize>>,
    /// Arguments that name resources wherever they stand, and last names of the calls of which some do.
    naming: BTreeSet<Box<str>>,
    naming_calls: BTreeSet<Box<str>>,
    /// Words without which no file says anything of a service or model; made when first asked.
    gate: OnceLock<Marks>,
    /// Types of resources that steps of pipelines name.
    named: BTreeSet<Box<str>>,
    /// Commands of pipelines by their first word.
    commands: BTreeMap<Box<str>, Vec<usize>>,
}

impl CodeIndex {
    pub(super) fn new(tables: &Tables) -> Self {
        let mut index = Self::default();
        for (at, row) in tables.sdk_call.iter().enumerate() {
            for call in &row.calls {
                let last = call.rsplit('.').next().unwrap_or_default();
                let rows = if last.contains('*') {
                    index.wild.entry(row.language.clone()).or_default()
                } else {
                    index.calls.entry((row.language.clone(), last.into())).or_default()
                };
                if !rows.contains(&at) {
                    rows.push(at);
                }
            }
        }
        for row in &tables.resource_name {
            let lasts = row.calls.iter().filter_map(|call| call.rsplit('.').next());
            index.naming_calls.extend(lasts.map(Into::into));
            index.naming.extend(row.calls.is_empty().then(|| row.argument.clone()));
        }
        for (at, row) in tables.pipeline_step.iter().enumerate().filter(|(_, row)| &*row.system == SHELL) {
            let program = row.step.split(' ').next().unwrap_or_default();
            index.commands.entry(program.into()).or_default().push(at);
        }
        index.named = tables.pipeline_step.iter().flat_map(|row| row.types.iter().cloned()).collect();
        index
    }
}

impl Catalog {
    /// What it means that a setting has a value.
    pub fn settings<'c>(&'c self, name: &str, value: &str) -> impl Iterator<Item = &'c Setting> + use<'c> {
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim().to_ascii_lowercase());
        let is_named = move |row: &&Setting| match row.name.strip_prefix('*') {
            Some(end) => name.len() > end.len() && name.ends_with(&*end.to_ascii_uppercase()),
            None => row.name.eq_ignore_ascii_case(&name),
        };
        let has_value = move |row: &&Setting| row.values.is_empty() || row.values.iter().any(|known| **known == *value);
        self.tables.setting.iter().filter(is_named).filter(has_value)
    }

    /// Rows that may speak of a call with that last name; the package decides.
    pub fn sdk_calls(&self, language: &str, name: &str) -> impl Iterator<Item = &SdkCall> {
        let exact = self.code.calls.get(&(language.into(), name.into())).map_or(&[][..], Vec::as_slice);
        let wild = self.code.wild.get(language).map_or(&[][..], Vec::as_slice);
        exact.iter().chain(wild).map(|at| &self.tables.sdk_call[*at])
    }

    /// Arguments of calls of a service that name one of its resources.
    pub fn resource_names<'c>(&'c self, service: &'c str) -> impl Iterator<Item = &'c ResourceName> {
        self.tables.resource_name.iter().filter(move |row| &*row.service == service)
    }

    /// True for a call that could name a resource, by its last name and the names of its arguments.
    pub fn may_name_resource<'c>(&self, last: &str, mut arguments: impl Iterator<Item = &'c str>) -> bool {
        self.code.naming_calls.contains(last) || arguments.any(|name| self.code.naming.contains(name))
    }

    /// Rows of a language.
    pub fn sdk_calls_of<'c>(&'c self, language: &'c str) -> impl Iterator<Item = &'c SdkCall> {
        self.tables.sdk_call.iter().filter(move |row| &*row.language == language)
    }

    /// False when a text names no SDK, client or host that the catalog knows.
    #[must_use]
    pub fn may_use_services(&self, text: &str) -> bool {
        self.code.gate.get_or_init(|| Marks::of(self.words())).stand_in(text)
    }

    /// Changes when [`Self::may_use_services`] answers otherwise.
    #[must_use]
    pub fn service_words(&self) -> String {
        self.words().into_iter().collect::<Vec<_>>().join(" ")
    }

    /// The family of a hosted model's name; `eu.` and the like before it are where it is served from.
    #[must_use]
    pub fn model_family(&self, name: &str) -> Option<&ModelFamily> {
        let name = name.to_ascii_lowercase();
        let of = |name: &str| {
            let rows = self.tables.model_family.iter().filter(|row| name.starts_with(&*row.name));
            rows.max_by_key(|row| row.name.len())
        };
        of(&name).or_else(|| of(name.split_once('.').filter(|(place, _)| place.len() <= 6)?.1))
    }

    /// What a router's word before a model's name means.
    #[must_use]
    pub fn model_route(&self, word: &str) -> Option<&ModelRoute> {
        self.tables.model_route.iter().find(|row| &*row.word == word)
    }

    /// What a step of a pipeline means.
    #[must_use]
    pub fn pipeline_step(&self, system: &str, step: &str) -> Option<&PipelineStep> {
        self.tables.pipeline_step.iter().find(|row| &*row.system == system && row.step.eq_ignore_ascii_case(step))
    }

    /// What a command means, by its first words; the longest beginning decides.
    #[must_use]
    pub fn pipeline_command(&self, words: &[&str]) -> Option<&PipelineStep> {
        let rows = self.code.commands.get(*words.first()?)?.iter().filter_map(|at| self.tables.pipeline_step.get(*at));
        let begins =
            |row: &&PipelineStep| row.step.split(' ').enumerate().all(|(at, word)| words.get(at) == Some(&word));
        rows.filter(begins).max_by_key(|row| row.step.len())
    }

    /// True for a type of declared resources that steps bring into service by their names.
    #[must_use]
    pub fn is_deployed_by_name(&self, resource_type: &str) -> bool {
        self.code.named.contains(resource_type)
    }

    /// The code of a provider's region that a name in a program stands for: `EU_WEST_1`, `EUWest1`.
    #[must_use]
    pub fn region_by_symbol(&self, provider: &str, symbol: &str) -> Option<&str> {
        let squash = |text: &str| text.replace(['-', '_', ' '], "").to_ascii_lowercase();
        let wanted = squash(symbol);
        let regions = self.tables.region.iter().filter(|row| &*row.provider == provider);
        regions.map(|row| &*row.code).find(|code| squash(code) == wanted)
    }

    /// Words of hosts, SDK packages and calls.
    fn words(&self) -> BTreeSet<String> {
        let mut words: BTreeSet<String> = BTreeSet::new();
        for row in &self.tables.sdk_call {
            let package = row.package.split('*').next().unwrap_or_default();
            words.insert(package.trim_end_matches(['.', '-', '_', '/']).to_owned());
            // a model that a file asks of a client which another file makes: `chat.completions.create`
            let asks = row
                .calls
                .iter()
                .filter_map(|call| call.strip_prefix("*."))
                .filter(|_| row.hub.is_none() && !row.model.is_empty());
            let is_telling = |call: &&str| call.contains(['.', '_']) || call.contains(|c: char| c.is_ascii_uppercase());
            let (telling, plain): (Vec<&str>, Vec<&str>) = asks.partition(is_telling);
            words.extend(telling.into_iter().map(str::to_owned));
            words.extend(plain.into_iter().filter(|call| call.len() >= LONG_WORD).map(|call| format!(".{call}(")));
        }
        // a resource that a file names to a client which another file makes: `Bucket="orders"`, `.bucket("orders")`
        for row in &self.tables.resource_name {
            words.extend(row.calls.iter().filter(|_| !row.host).map(|call| format!(".{call}(")));
            if row.calls.is_empty() {
                words.extend(
                    ["=", ":", " ="]
                        .map(|end| format!("{}{end}", row.argument))
                        .into_iter()
                        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())),
                );
                words.insert(format!(".{}(", row.argument));
            }
        }
        for service in &self.tables.service {
            for host in &service.hosts {
                words.extend(host.split('*').map(|part| part.trim_matches(['.', '-']).to_owned()).next_back());
            }
            words.extend(service.sdk.iter().filter_map(|name| Some(import_word(name.split_once(':')?))));
        }
        words.retain(|word| word.len() >= SHORTEST_WORD);
        // crates and modules are written with the other line, or with dots
        let more: Vec<String> = words.iter().filter(|word| word.contains("::")).map(|w| w.replace("::", ".")).collect();
        words.extend(more);
        words
    }
}

/// What must stand in a file that imports a package.
fn import_word((ecosystem, name): (&str, &str)) -> String {
    let name = name.split('*').next().unwrap_or_default();
    match ecosystem {
        "pypi" => match name.split_once('-') {
            // `google-cloud-bigquery` is `google.cloud`, `bigquery`
            Some((first, _)) if matches!(first, "google" | "azure") => first.to_owned(),
            _ => name.replace('-', "_"),
        },
        "cargo" => name.replace('-', "_"),
        "maven" => name.split('/').next().unwrap_or_default().to_owned(),
        _ => name.to_owned(),
    }
}

/// Rows of a language, hub, service or provider that nothing defines.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let services: BTreeSet<&str> = tables.service.iter().map(|row| &*row.id).collect();
    let providers: BTreeSet<&str> = tables.provider.iter().map(|row| &*row.id).collect();
    let (languages, hubs) = (BTreeSet::from(LANGUAGES), BTreeSet::from(HUBS));
    let mut errors = Vec::new();
    let mut ask = |table: &str, field: &str, value: &str, known: &BTreeSet<&str>| {
        if !known.contains(value) {
            let hint = nearest(value, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let message = format!("`{field}` of a `{table}` names `{value}`, which nothing defines{hint}");
            errors.push(locate(layers, field, value, message));
        }
    };
    for row in &tables.sdk_call {
        ask("sdk_call", "language", &row.language, &languages);
        row.service.iter().for_each(|id| ask("sdk_call", "service", id, &services));
        row.switched.iter().for_each(|id| ask("sdk_call", "switched", id, &services));
        row.provider.iter().for_each(|id| ask("sdk_call", "provider", id, &providers));
        row.hub.iter().for_each(|id| ask("sdk_call", "hub", id, &hubs));
    }
    for row in &tables.client_name {
        ask("client_name", "service", &row.service, &services);
    }
    for row in &tables.resource_name {
        ask("resource_name", "service", &row.service, &services);
        if row.calls.is_empty() && row.argument.parse::<usize>().is_ok() {
            // a position of any call says nothing
            ask("resource_name", "argument", &row.argument, &BTreeSet::new());
        }
    }
    for row in &tables.pipeline_step {
        ask("pipeline_step", "system", &row.system, &BTreeSet::from(["github", "azure", "jenkins", "shell"]));
        row.service.iter().for_each(|id| ask("pipeline_step", "service", id, &services));
    }
    for row in &tables.model_route {
        row.service.iter().for_each(|id| ask("model_route", "service", id, &services));
        row.hub.iter().for_each(|id| ask("model_route", "hub", id, &hubs));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_name_nothing_are_not_looked_at() {
        let catalog = Catalog::embedded();
        assert!(catalog.may_use_services("import boto3"));
        assert!(catalog.may_use_services("x = 'https://api.deepseek.com'"));
        assert!(catalog.may_use_services("from google.cloud import bigquery"));
        assert!(!catalog.may_use_services("import os\n\n\ndef main(argv):\n    return sorted(argv)\n"));
    }

    #[test]
    fn names_of_models_tell_who_made_them() {
        let catalog = Catalog::embedded();
        let of = |name: &str| catalog.model_family(name).map(|row| row.identity.to_string());
        assert_eq!(of("gpt-4o").as_deref(), Some("domain:openai.com"));
        assert_eq!(of("eu.anthropic.claude-3-haiku-20240307-v1:0").as_deref(), Some("domain:anthropic.com"));
        assert_eq!(of("my-own"), None);
        for row in &catalog.tables().model_family {
            let (kind, value) = row.identity.split_once(':').expect("is a key");
            assert!(catalog.organisation_by_key(kind, value).is_some(), "{}", row.identity);
        }
        assert_eq!(catalog.region_by_symbol("aws", "EU_WEST_1"), Some("eu-west-1"));
        assert_eq!(catalog.region_by_symbol("aws", "EUWest1"), Some("eu-west-1"));
    }
}
