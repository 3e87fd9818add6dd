//! Indices: host patterns, identity keys, and everything else by its natural key.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::rows::{List, Manifest, Organisation, OrganisationKey};
use super::{Catalog, Later, Override, Tables, embedded};
use crate::model::ComponentId;
use crate::model::purl::normalise_name;
use crate::text::{Globs, Lookup};

/// Host patterns looked up from the right, one label at a time: no pattern list is ever walked.
///
/// A pattern without `*` matches the host itself and every host below it. `*` stands for one or
/// more characters within the part it stands in; patterns with `*` are kept under their longest
/// literal suffix and tried only there. A pattern may go on with a path: `docker.io/nvidia`.
#[derive(Debug)]
pub struct HostIndex<T> {
    exact: BTreeMap<Box<str>, Vec<(Box<str>, T)>>,
    wild: BTreeMap<Box<str>, Vec<Wild<T>>>,
}

/// Host pattern, path below it, value.
type Wild<T> = (Box<str>, Box<str>, T);

/// Exact identity keys: organisation and key by kind and value.
pub(super) type Keys = BTreeMap<Box<str>, Lookup<Box<str>, (usize, usize)>>;

/// For every kind of key: prefix, row of the organisation, its key.
pub(super) type Prefixes = BTreeMap<Box<str>, Vec<(Box<str>, usize, usize)>>;

impl<T> Default for HostIndex<T> {
    fn default() -> Self {
        Self { exact: BTreeMap::new(), wild: BTreeMap::new() }
    }
}

impl<T: Clone> HostIndex<T> {
    /// Adds a pattern.
    pub fn insert(&mut self, pattern: &str, value: T) {
        let pattern = pattern.to_ascii_lowercase();
        let (host, path) = pattern.split_once('/').unwrap_or((&pattern, ""));
        let host = host.split(':').next().unwrap_or(host);
        if host.contains('*') {
            // whole labels only: lookups go label by label
            let suffix = host.rsplit('*').next().and_then(|last| last.split_once('.')).map_or("", |(_, labels)| labels);
            self.wild.entry(suffix.into()).or_default().push((host.into(), path.into(), value));
        } else {
            self.exact.entry(host.into()).or_default().push((path.into(), value));
        }
    }

    /// The best match for a host and a path below it: the longest host pattern, then the longest path.
    #[must_use]
    pub fn find(&self, host: &str, path: &str) -> Option<T> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let path = path.to_ascii_lowercase();
        let mut best: Option<((usize, usize), T)> = None;
        let mut keep = |length: usize, below: &str, value: &T| {
            let fits =
                below.is_empty() || path == below || path.starts_with(below) && path[below.len()..].starts_with('/');
            if fits && best.as_ref().is_none_or(|(score, _)| (length, below.len()) > *score) {
                best = Some(((length, below.len()), value.clone()));
            }
        };
        let mut rest: &str = &host;
        loop {
            for (below, value) in self.exact.get(rest).map_or(&[][..], Vec::as_slice) {
                keep(rest.len(), below, value);
            }
            for (pattern, below, value) in self.wild.get(rest).map_or(&[][..], Vec::as_slice) {
                if matches_wild(pattern, &host) {
                    keep(pattern.len(), below, value);
                }
            }
            match rest.split_once('.') {
                Some((_, after)) => rest = after,
                None => break,
            }
        }
        for (pattern, below, value) in self.wild.get("").map_or(&[][..], Vec::as_slice) {
            if matches_wild(pattern, &host) {
                keep(pattern.len(), below, value);
            }
        }
        best.map(|(_, value)| value)
    }

    /// Literal suffixes of all patterns: words to look for in text before looking closer.
    pub fn suffixes(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().chain(self.wild.keys()).map(AsRef::as_ref).filter(|suffix| suffix.contains('.'))
    }
}

/// Glob match with `*` only; greedy from the left is enough because the last part is anchored.
fn matches_wild(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some((last, middle)) = rest.split_last() else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    for part in middle {
        // `*` stands for at least one character
        let Some(at) = text.get(1..).and_then(|after| after.find(part)) else { return false };
        text = &text[1 + at + part.len()..];
    }
    text.len() > last.len() && text.ends_with(last)
}

/// How an identity key was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyMatch {
    /// Row of the organisation.
    pub organisation: usize,
    /// Its key.
    pub key: usize,
    /// True for an exact key or a delimited path prefix, false for a bare name prefix.
    pub exact: bool,
}

/// Exact keys, prefixes and registry hosts of organisations.
#[derive(Debug, Default)]
pub(super) struct Identities {
    pub(super) keys: Keys,
    pub(super) prefixes: Prefixes,
    pub(super) registries: HostIndex<(usize, usize)>,
    /// Registries whose key is another name than the one that scans know them by: `nuget.org` for `api.nuget.org`. These fit
    /// the very host, none below it.
    pub(super) also_registries: BTreeMap<Box<str>, (usize, usize)>,
}

/// What providers are known by.
#[derive(Debug, Default)]
pub(super) struct ProviderNames {
    pub(super) prefixes: BTreeMap<Box<str>, usize>,
    pub(super) hosts: HostIndex<usize>,
    pub(super) realms: BTreeMap<Box<str>, usize>,
}

/// What services are known by.
#[derive(Debug, Default)]
pub(super) struct ServiceNames {
    pub(super) terraform_types: BTreeMap<Box<str>, usize>,
    pub(super) sdk: BTreeMap<Box<str>, usize>,
    pub(super) clients: BTreeMap<Box<str>, usize>,
    pub(super) hosts: HostIndex<usize>,
}

impl Catalog {
    pub(super) fn index(mut tables: Tables, manifest: Manifest, overrides: Vec<Override>) -> Self {
        more_keys(&mut tables.organisation, &tables.organisation_key);
        one_id_per_list(&mut tables);
        Self::of(tables, manifest, overrides)
    }

    /// As [`Self::index`], where organisations have all their keys and lists their own ids.
    pub(super) fn of(tables: Tables, manifest: Manifest, overrides: Vec<Override>) -> Self {
        let tables = &Arc::new(tables);
        Self {
            organisations: later(tables, |all| by(&all.organisation, |row| row.id.clone())),
            identities: later(tables, Identities::of),
            owners: later(tables, |all| all_by(&all.ownership, |row| Some(row.of.clone()))),
            seats: later(tables, |all| by(&all.seat, |row| row.organisation.clone())),
            names: later(tables, |all| by(&all.organisation, |row| row.name.to_lowercase().into())),
            suppliers: later(tables, suppliers),
            listings: later(tables, |all| all_by(&all.listing, |row| row.organisation.clone())),
            lists: later(tables, lists),
            accelerators: later(tables, |all| by(&all.accelerator, |row| row.id.clone())),
            accelerator_names: later(tables, accelerator_names),
            name_rules: later(tables, super::sku::NameRules::new),
            instances: later(tables, |all| {
                by(&all.instance_type, |row| (row.provider.clone(), row.name.to_ascii_lowercase().into()))
            }),
            regions: later(tables, |all| {
                by(&all.region, |row| (row.provider.clone(), row.code.to_ascii_lowercase().into()))
            }),
            providers: later(tables, |all| by(&all.provider, |row| row.id.clone())),
            provider_names: later(tables, ProviderNames::of),
            services: later(tables, |all| by(&all.service, |row| row.id.clone())),
            service_names: later(tables, ServiceNames::of),
            declared: later(tables, super::declared::Declared::of),
            objects: later(tables, super::objects::Objects::of),
            countries: later(tables, |all| all.country.iter().map(|row| row.code).collect()),
            shared_hosts: later(tables, |all| hosts_of(all, |usage| usage != PACKAGES)),
            public_registries: later(tables, |all| hosts_of(all, |usage| usage == PACKAGES)),
            aside: later(tables, aside),
            groups: later(tables, |all| all_by(&all.group, |row| Some(row.id.clone()))),
            code: later(tables, super::code::CodeIndex::new),
            tables: Arc::clone(tables),
            manifest,
            overrides,
        }
    }
}

/// What `make` gives for the tables, when somebody asks for it.
fn later<T: 'static>(tables: &Arc<Tables>, make: fn(&Tables) -> T) -> Later<T> {
    let tables = Arc::clone(tables);
    Later::new(Box::new(move || make(&tables)))
}

impl ProviderNames {
    fn of(tables: &Tables) -> Self {
        let mut found = Self::default();
        for (at, provider) in tables.provider.iter().enumerate() {
            provider.host_suffixes.iter().for_each(|host| found.hosts.insert(host, at));
            found.realms.extend(provider.realms.iter().map(|realm| (realm.clone(), at)));
            for prefix in &provider.terraform_prefixes {
                found.prefixes.entry(prefix.clone()).or_insert(at);
            }
        }
        found
    }
}

impl ServiceNames {
    fn of(tables: &Tables) -> Self {
        let mut found = Self::default();
        for (at, service) in tables.service.iter().enumerate() {
            service.hosts.iter().for_each(|host| found.hosts.insert(host, at));
            for (index, names) in [
                (&mut found.terraform_types, &service.terraform_types),
                (&mut found.sdk, &service.sdk),
                (&mut found.clients, &service.clients),
            ] {
                names.iter().for_each(|name| {
                    index.entry(name.clone()).or_insert(at);
                });
            }
        }
        let services = by(&tables.service, |row| row.id.clone());
        for row in &tables.client_name {
            if let Some(at) = services.get(&row.service) {
                found.clients.entry(row.name.clone()).or_insert(*at);
            }
        }
        found
    }
}

impl Identities {
    fn of(tables: &Tables) -> Self {
        let mut found = Self::default();
        for (at, organisation) in tables.organisation.iter().enumerate() {
            for (which, key) in organisation.keys.iter().enumerate() {
                if matches!(&*key.kind, "registry" | "domain") {
                    found.registries.insert(&key.value, (at, which));
                    let host = ComponentId::host(&key.value);
                    if &*key.kind == "registry" && host.rest() != &*key.value {
                        found.also_registries.entry(host.rest().into()).or_insert((at, which));
                    }
                }
                if key.prefix {
                    let of_kind = found.prefixes.entry(key.kind.clone()).or_default();
                    of_kind.push((fold(&key.kind, &key.value).into(), at, which));
                } else {
                    let of_kind = found.keys.entry(key.kind.clone()).or_default();
                    let value = fold(&key.kind, &key.value).into_owned().into();
                    if !of_kind.contains::<Box<str>>(&value) {
                        of_kind.insert(value, (at, which));
                    }
                }
            }
        }
        found
    }
}

/// The organisations of the embedded files with the keys that stand beside them.
pub(super) fn embedded_organisations() -> Vec<Organisation> {
    let mut organisations = embedded::rows("organisation");
    more_keys(&mut organisations, &embedded::rows("organisation_key"));
    organisations
}

/// Rows of the embedded files, every list in them under its own id.
pub(super) fn embedded_with_lists<R: DeserializeOwned>(table: &str, lists: fn(&mut R) -> &mut [Box<str>]) -> Vec<R> {
    let own = own_ids(&embedded::rows::<List>("list"));
    let mut rows: Vec<R> = embedded::rows(table);
    rows.iter_mut().flat_map(lists).for_each(|id| put_own(id, &own));
    rows
}

/// The own ids of lists by their others.
fn own_ids(lists: &[List]) -> BTreeMap<Box<str>, Box<str>> {
    lists.iter().flat_map(|list| list.also.iter().map(|other| (other.clone(), list.id.clone()))).collect()
}

fn put_own(id: &mut Box<str>, own: &BTreeMap<Box<str>, Box<str>>) {
    if let Some(own) = own.get(id) {
        id.clone_from(own);
    }
}

/// Every list under its own id, in whatever way a row writes it: an entry must not be asked twice, or not at all.
fn one_id_per_list(tables: &mut Tables) {
    let own = own_ids(&tables.list);
    let put = |id: &mut Box<str>| put_own(id, &own);
    tables.listing.iter_mut().for_each(|row| put(&mut row.list));
    tables.list_effect.iter_mut().for_each(|row| put(&mut row.list));
    tables.list_citation.iter_mut().for_each(|row| put(&mut row.list));
    tables.law.iter_mut().flat_map(|row| &mut row.lists).for_each(put);
    tables.ownership_rule.iter_mut().flat_map(|row| &mut row.lists).for_each(put);
}

/// Lists by all their ids.
fn lists(tables: &Tables) -> BTreeMap<Box<str>, usize> {
    let mut all = by(&tables.list, |row| row.id.clone());
    for (at, list) in tables.list.iter().enumerate() {
        for other in &list.also {
            all.entry(other.clone()).or_insert(at);
        }
    }
    all
}

/// Adds the keys that stand beside the organisations' own rows.
fn more_keys(organisations: &mut [Organisation], rows: &[OrganisationKey]) {
    let places = by(organisations, |row| row.id.clone());
    for row in rows {
        if let Some(at) = places.get(&row.organisation) {
            let keys = &mut organisations[*at].keys;
            // a key that the organisation's own row has from somewhere else: what stands beside it is what was checked
            keys.retain(|known| (&known.kind, &known.value, known.prefix) != (&row.kind, &row.value, row.prefix));
            keys.push(super::rows::Key {
                kind: row.kind.clone(),
                value: row.value.clone(),
                prefix: row.prefix,
                gate: row.verification > crate::model::Verification::Recalled,
                two_source: row.verification == crate::model::Verification::TwoSource,
                source: Some(row.source.clone()),
            });
        }
    }
}

/// Every name and alias without its legal form. One that two organisations have names neither.
fn suppliers(tables: &Tables) -> BTreeMap<Box<str>, Option<usize>> {
    let places = by(&tables.organisation, |row| row.id.clone());
    let own = tables.organisation.iter().enumerate().filter(|(_, row)| !matches!(&*row.kind, "state" | "parent"));
    let own = own.flat_map(|(at, row)| row.name.split(" / ").map(move |name| (name, at)));
    let given = tables.organisation_alias.iter().filter_map(|row| Some((&*row.name, *places.get(&row.organisation)?)));
    let mut names: BTreeMap<Box<str>, Option<usize>> = BTreeMap::new();
    for (name, at) in own.chain(given) {
        let name = super::fold_name(name);
        if !name.is_empty() {
            let slot = names.entry(name.into()).or_insert(Some(at));
            *slot = slot.filter(|known| *known == at);
        }
    }
    names
}

/// Everything that tools, labels and clouds call an accelerator by, in lower case.
fn accelerator_names(tables: &Tables) -> BTreeMap<Box<str>, Vec<usize>> {
    let ids = by(&tables.accelerator, |row| row.id.clone());
    let own = tables.accelerator.iter().enumerate().flat_map(|(at, row)| {
        row.pci_ids.iter().chain(&row.device_names).chain(&row.k8s_labels).map(move |name| (name, at))
    });
    let given = tables.accelerator_alias.iter().filter_map(|row| Some((&row.name, *ids.get(&row.accelerator)?)));
    let mut names: BTreeMap<Box<str>, Vec<usize>> = BTreeMap::new();
    for (name, at) in own.chain(given) {
        let slot = names.entry(name.to_ascii_lowercase().into()).or_default();
        if !slot.contains(&at) {
            slot.push(at);
        }
    }
    names
}

/// Accounts and names compare without case; paths of Go modules and Maven groups as written; names of the Python index
/// as PEP 503 makes them one (`torch_npu`, `Torch.NPU`).
pub(super) fn fold<'v>(kind: &str, value: &'v str) -> Cow<'v, str> {
    if kind == "pypi" && value.bytes().any(|byte| matches!(byte, b'_' | b'.')) {
        return Cow::Owned(normalise_name(kind, value));
    }
    if matches!(kind, "golang" | "maven") || !value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.to_ascii_lowercase())
    }
}

fn by<Row, K: Ord>(rows: &[Row], key: impl Fn(&Row) -> K) -> BTreeMap<K, usize> {
    let mut index = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        index.entry(key(row)).or_insert(at);
    }
    index
}

fn all_by<Row, K: Ord>(rows: &[Row], key: impl Fn(&Row) -> Option<K>) -> BTreeMap<K, Vec<usize>> {
    let mut index: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(key) = key(row) {
            index.entry(key).or_default().push(at);
        }
    }
    index
}

/// The paths that are no part of what is deployed, as one set in the order of the rows.
fn aside(tables: &Tables) -> Globs {
    // a row that is no glob fits nothing, and stands for its number
    let globs =
        tables.aside.iter().map(|row| if globset::Glob::new(&row.pattern).is_ok() { &*row.pattern } else { "\0" });
    Globs::new(globs).unwrap_or_default()
}

/// What a shared host is used for that gives public packages.
const PACKAGES: &str = "packages";

/// Shared hosts by what they are used for.
fn hosts_of(all: &Tables, is_meant: impl Fn(&str) -> bool) -> BTreeSet<Box<str>> {
    let rows = all.shared_host.iter().filter(|row| is_meant(&row.service));
    // of several names of a registry scans know one
    rows.flat_map(|row| [row.host.clone(), ComponentId::host(&row.host).rest().into()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_patterns() {
        let mut index = HostIndex::default();
        for (pattern, value) in [
            ("docker.io", 1),
            ("docker.io/nvidia", 2),
            ("registry.*.aliyuncs.com", 3),
            ("*.dkr.ecr.*.amazonaws.com", 4),
            ("amazonaws.com", 5),
            ("*-aiplatform.googleapis.com", 6),
        ] {
            index.insert(pattern, value);
        }
        assert_eq!(index.find("docker.io", "library/nginx"), Some(1));
        assert_eq!(index.find("docker.io", "nvidia/cuda"), Some(2));
        assert_eq!(index.find("docker.io", "nvidiax/cuda"), Some(1));
        assert_eq!(index.find("registry.cn-hangzhou.aliyuncs.com", ""), Some(3));
        assert_eq!(index.find("123.dkr.ecr.eu-west-1.amazonaws.com", ""), Some(4));
        assert_eq!(index.find("s3.amazonaws.com", ""), Some(5));
        assert_eq!(index.find("europe-west4-aiplatform.googleapis.com", ""), Some(6));
        assert_eq!(index.find("notdocker.io", ""), None);
    }
}
