//! Indices: host patterns, identity keys, and everything else by its natural key.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::rows::Manifest;
use super::{Catalog, Override, Tables};
use crate::model::purl::normalise_name;
use crate::text::Lookup;

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

impl Catalog {
    pub(super) fn index(mut tables: Tables, manifest: Manifest, overrides: Vec<Override>) -> Self {
        more_keys(&mut tables);
        one_id_per_list(&mut tables);
        let (keys, prefixes, registries) = keys_of(&tables);
        let mut provider_hosts = HostIndex::default();
        let mut provider_prefixes = BTreeMap::new();
        let mut realms = BTreeMap::new();
        for (at, provider) in tables.provider.iter().enumerate() {
            provider.host_suffixes.iter().for_each(|host| provider_hosts.insert(host, at));
            realms.extend(provider.realms.iter().map(|realm| (realm.clone(), at)));
            for prefix in &provider.terraform_prefixes {
                provider_prefixes.entry(prefix.clone()).or_insert(at);
            }
        }
        let mut service_hosts = HostIndex::default();
        let (mut terraform_types, mut sdk, mut clients) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (at, service) in tables.service.iter().enumerate() {
            service.hosts.iter().for_each(|host| service_hosts.insert(host, at));
            for (index, names) in [
                (&mut terraform_types, &service.terraform_types),
                (&mut sdk, &service.sdk),
                (&mut clients, &service.clients),
            ] {
                names.iter().for_each(|name| {
                    index.entry(name.clone()).or_insert(at);
                });
            }
        }
        let services = by(&tables.service, |row| row.id.clone());
        for row in &tables.client_name {
            if let Some(at) = services.get(&row.service) {
                clients.entry(row.name.clone()).or_insert(*at);
            }
        }
        let accelerators = by(&tables.accelerator, |row| row.id.clone());
        let accelerator_names = accelerator_names(&tables, &accelerators);
        Self {
            organisations: by(&tables.organisation, |row| row.id.clone()),
            keys,
            prefixes,
            registries,
            owners: all_by(&tables.ownership, |row| Some(row.of.clone())),
            seats: by(&tables.seat, |row| row.organisation.clone()),
            names: by(&tables.organisation, |row| row.name.to_lowercase().into()),
            suppliers: suppliers(&tables),
            realms,
            listings: all_by(&tables.listing, |row| row.organisation.clone()),
            lists: lists(&tables),
            accelerators,
            accelerator_names,
            name_rules: super::sku::NameRules::new(&tables),
            instances: by(&tables.instance_type, |row| (row.provider.clone(), row.name.to_ascii_lowercase().into())),
            regions: by(&tables.region, |row| (row.provider.clone(), row.code.to_ascii_lowercase().into())),
            providers: by(&tables.provider, |row| row.id.clone()),
            provider_prefixes,
            provider_hosts,
            services,
            terraform_types,
            sdk,
            clients,
            service_hosts,
            declared: super::declared::Declared::of(&tables),
            objects: super::objects::Objects::of(&tables),
            countries: tables.country.iter().map(|row| row.code).collect::<BTreeSet<_>>(),
            shared_hosts: tables.shared_host.iter().map(|row| row.host.clone()).collect::<BTreeSet<_>>(),
            aside: aside(&tables),
            groups: all_by(&tables.group, |row| Some(row.id.clone())),
            code: super::code::CodeIndex::new(&tables),
            tables,
            manifest,
            overrides,
        }
    }
}

/// Every list under its own id, in whatever way a row writes it: an entry must not be asked twice, or not at all.
fn one_id_per_list(tables: &mut Tables) {
    let also = tables.list.iter().flat_map(|list| list.also.iter().map(|other| (other.clone(), list.id.clone())));
    let also: BTreeMap<Box<str>, Box<str>> = also.collect();
    let put = |id: &mut Box<str>| {
        if let Some(own) = also.get(id) {
            id.clone_from(own);
        }
    };
    tables.listing.iter_mut().for_each(|row| put(&mut row.list));
    tables.list_effect.iter_mut().for_each(|row| put(&mut row.list));
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

/// Exact keys, prefixes and registry hosts of organisations.
fn keys_of(tables: &Tables) -> (Keys, Prefixes, HostIndex<(usize, usize)>) {
    let mut keys = Keys::new();
    let mut prefixes = Prefixes::new();
    let mut registries = HostIndex::default();
    for (at, organisation) in tables.organisation.iter().enumerate() {
        for (which, key) in organisation.keys.iter().enumerate() {
            if matches!(&*key.kind, "registry" | "domain") {
                registries.insert(&key.value, (at, which));
            }
            if key.prefix {
                prefixes.entry(key.kind.clone()).or_default().push((fold(&key.kind, &key.value).into(), at, which));
            } else {
                let of_kind = keys.entry(key.kind.clone()).or_default();
                let value = fold(&key.kind, &key.value).into_owned().into();
                if !of_kind.contains::<Box<str>>(&value) {
                    of_kind.insert(value, (at, which));
                }
            }
        }
    }
    (keys, prefixes, registries)
}

/// Keys and names that stand beside the organisations' own rows.
fn more_keys(tables: &mut Tables) {
    let places = by(&tables.organisation, |row| row.id.clone());
    for row in std::mem::take(&mut tables.organisation_key) {
        if let Some(at) = places.get(&row.organisation) {
            let keys = &mut tables.organisation[*at].keys;
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
        tables.organisation_key.push(row);
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
fn accelerator_names(tables: &Tables, ids: &BTreeMap<Box<str>, usize>) -> BTreeMap<Box<str>, Vec<usize>> {
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
fn aside(tables: &Tables) -> globset::GlobSet {
    let mut set = globset::GlobSetBuilder::new();
    for row in &tables.aside {
        // a row that is no glob fits nothing, and stands for its number
        let glob = globset::Glob::new(&row.pattern).or_else(|_| globset::Glob::new("\0"));
        if let Ok(glob) = glob {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
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
