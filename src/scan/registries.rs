//! Registries that a project's settings name, brought to its packages after all files are read.
//!
//! A lock file that names no address means the ecosystem's own registry, unless a setting beside it or above says
//! otherwise (`.npmrc`, `pip.conf`, `nuget.config`): then the packages come from there. A name of the company's own
//! that a public registry can answer as well is a risk (dependency confusion); it is written as an attribute of the
//! package, for rules to judge. A pure function of the inventory.

mod apart;
mod inherited;
mod maven;
mod mirrors;
mod setting;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::apart::Apart;
pub(crate) use self::apart::Asked;
use self::setting::{Setting, Standing};
pub(crate) use self::setting::{Settings, lists};
use super::package::toolkit::{default_registry, list};
use crate::catalog::Catalog;
use crate::model::{
    Basis, ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, Inventory, Relation, RelationKind, Sighting, key,
};
use crate::text::{Lookup, Region, RelPath};

/// The scanner of the lock files in which npm replaces its registry.
const NPM_LOCK: &str = "package-lock";

/// Public registries that are named in one sentence.
const MOST_NAMED: usize = 4;

/// What is added and taken away.
#[derive(Default)]
struct Changes {
    added: Vec<(Fact, EvidenceSet)>,
    gone: BTreeMap<Fact, BTreeSet<Evidence>>,
}

/// Brings settings to packages.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let mut left_out = BTreeSet::new();
    let settings = Settings::of(&inventory, &mut left_out);
    if settings.is_empty() {
        return inventory;
    }
    let mut changes = Changes::default();
    for (from, relation) in inventory.relations_of(RelationKind::DistributedBy) {
        let Some((ecosystem, name)) = package(from) else { continue };
        if !lists(&ecosystem).iter().any(|list| settings.knows(list)) {
            continue;
        }
        let apart = Apart::of(ecosystem, from, &inventory);
        let scopes = OnceCell::new();
        let mut told: Lookup<(*const EvidenceSet, &str), ()> = Lookup::default();
        for one in &relation.evidence {
            let Evidence::Observed(seen) = one else { continue };
            let (list, mut found) = apart.speaking(&settings, (ecosystem, &name), seen);
            if found.iter().any(Setting::is_inherited) {
                let scopes = scopes.get_or_init(|| places_of(key::SCOPE, from, &inventory));
                let scope = scopes.get(&(seen.path(), seen.region())).copied();
                inherited::leave_installed(&mut found, seen.path(), scope);
            }
            // what a lock file says is so because of the setting, which is what people change
            for setting in found.iter().filter(|_| seen.basis() != Basis::Declared) {
                let is_it = setting.host == relation.to.rest() && setting.standing != Standing::Own;
                if is_it && told.insert((std::ptr::from_ref(setting.evidence), setting.host), ()).is_none() {
                    changes.stated(from, relation, setting);
                }
            }
            if !found.is_empty() {
                changes.of_place(Package { id: from, list }, &relation.to, (one, seen), &found, (&inventory, catalog));
            }
        }
    }
    for (folder, host, lines) in settings.idle() {
        let fact = comes_from(&ComponentId::project(&folder), &ComponentId::host(host));
        changes.gone.entry(fact).or_default().extend(lines.into_iter().cloned());
    }
    inventory.extend_all(changes.added);
    inventory.diagnostics.extend(left_out);
    let mut left: BTreeSet<ComponentId> = BTreeSet::new();
    for (fact, gone) in changes.gone {
        if let Some(evidence) = inventory.remove(&fact) {
            let evidence: EvidenceSet = evidence.into_iter().filter(|one| !gone.contains(one)).collect();
            if !evidence.is_empty() {
                inventory.extend(fact, evidence);
            } else if let Fact::Relation { to, .. } = fact {
                left.insert(to);
            }
        }
    }
    without_idle(inventory, left)
}

/// Takes hosts out that packages were only thought to come from, and that nothing else leads to.
fn without_idle(mut inventory: Inventory, mut hosts: BTreeSet<ComponentId>) -> Inventory {
    if hosts.is_empty() {
        return inventory;
    }
    for (_, relation) in inventory.relations() {
        if hosts.remove(&relation.to) && hosts.is_empty() {
            break;
        }
    }
    for host in hosts {
        // mirrors of it and the like are said of the host itself
        if inventory.known(&host).is_some_and(|known| known.relations().is_empty() && known.attributes().is_empty()) {
            inventory.retain_evidence_of(&host, |_, _| false);
        }
    }
    inventory
}

/// A package, and the list of registries that it is looked up in.
#[derive(Clone, Copy)]
struct Package<'a> {
    id: &'a ComponentId,
    list: &'a str,
}

/// What is said of a package by place.
type Places<'a> = Lookup<(&'a RelPath, Option<Region>), &'a str>;

fn places_of<'a>(key: &str, package: &ComponentId, inventory: &'a Inventory) -> Places<'a> {
    let rows = inventory.known(package).into_iter().flat_map(|known| known.attributes());
    let rows = rows.filter(|row| row.key == key);
    let seen = rows.flat_map(|row| row.evidence.iter().filter_map(Evidence::sighting).map(|seen| (seen, &*row.value)));
    seen.map(|(seen, value)| ((seen.path(), seen.region()), value)).collect()
}

/// Ecosystem and name of a package's id, the name as people write it.
fn package(id: &ComponentId) -> Option<(&str, String)> {
    let (ecosystem, rest) = id.as_str().strip_prefix("pkg:")?.split_once('/')?;
    let end = rest.find(['@', '?', '#']).unwrap_or(rest.len());
    Some((ecosystem, rest[..end].replace("%40", "@")))
}

/// True for the ecosystem's own registry under any of its names.
pub(crate) fn is_public(ecosystem: &str, host: &str) -> bool {
    let is_under = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let of_maven = list::OF_MAVEN.contains(&ecosystem);
    default_registry(if of_maven { list::OF_MAVEN[0] } else { ecosystem }).is_some_and(is_under)
        || match ecosystem {
            list::PLUGINS => is_under("gradle.org") || is_under("maven.apache.org"),
            list::BUILDSCRIPT => is_under("maven.apache.org"),
            "conda" => is_under("repo.anaconda.com"),
            "npm" => is_under("yarnpkg.com"),
            "pypi" => is_under("pythonhosted.org"),
            "maven" => is_under("maven.apache.org"),
            _ => false,
        }
}

/// What settings make of the place where a package is seen to come from a host.
struct Meaning<'s, 'a> {
    found: Vec<&'s Setting<'a>>,
    /// No file names the host, or npm puts a setting in its place.
    is_implied: bool,
    /// A registry is asked in its place.
    is_replaced: bool,
    /// The public registries that are asked for the name.
    public: Vec<&'s str>,
}

impl<'s, 'a> Meaning<'s, 'a> {
    fn of(
        package: Package<'_>,
        to: &'s str,
        seen: &Sighting,
        found: &'s [Setting<'a>],
        (inventory, catalog): (&Inventory, &Catalog),
    ) -> Self {
        let is_open = |host: &str| is_public(package.list, host) || catalog.is_public_registry(host);
        let is_locked = seen.scanner() == NPM_LOCK && seen.basis() != Basis::Inferred;
        // a repository stays where it is
        let replaces = |setting: &&Setting<'_>| setting.replaces(to) && !is_of_repository(inventory, package.id);
        let replacing: Vec<&Setting<'a>> = found.iter().filter(|_| is_locked).filter(replaces).collect();
        let is_implied = !replacing.is_empty() || seen.basis() == Basis::Inferred && is_public(package.list, to);
        // beside an address in a lock file only what replaces such addresses counts
        let found = if replacing.is_empty() { found.iter().collect() } else { replacing };
        let is_instead = |setting: &&Setting<'_>| setting.is_instead() || setting.standing == Standing::Blocked;
        let is_replaced = is_implied && found.iter().any(is_instead);
        // the host itself may be one that a setting names
        let is_asked = is_implied || found.iter().any(|setting| setting.host == to);
        let mut public: Vec<&str> = Vec::new();
        if is_asked && !is_replaced && is_open(to) {
            public.push(to);
        }
        let named = found.iter().filter(|setting| is_asked && setting.is_asked());
        for host in named.map(|setting| setting.host).filter(|host| is_open(host)) {
            if !public.contains(&host) && public.len() < MOST_NAMED {
                public.push(host);
            }
        }
        Self { found, is_implied, is_replaced, public }
    }

    /// True when the host that was seen is asked all the same.
    fn keeps(&self, to: &str) -> bool {
        !self.is_replaced || self.found.iter().any(|setting| setting.host == to)
    }
}

impl Changes {
    /// What the settings that count say of a package that is seen to come from a host.
    fn of_place(
        &mut self,
        package: Package<'_>,
        to: &ComponentId,
        (one, seen): (&Evidence, &Sighting),
        found: &[Setting<'_>],
        (inventory, catalog): (&Inventory, &Catalog),
    ) {
        let host = to.rest();
        let is_open = |host: &str| is_public(package.list, host) || catalog.is_public_registry(host);
        let meaning = Meaning::of(package, host, seen, found, (inventory, catalog));
        if !meaning.is_implied && !is_open(host) {
            return;
        }
        for setting in meaning.found.iter().filter(|setting| setting.is_asked()) {
            if meaning.is_implied && setting.host != host {
                self.moved(package.id, setting);
            }
            if !is_open(setting.host) {
                self.confused(package.id, (host, one), setting, &meaning, inventory);
            }
        }
        if meaning.is_implied && !meaning.keeps(host) {
            self.gone.entry(comes_from(package.id, to)).or_default().insert(one.clone());
        }
    }

    /// The setting says as well that the package comes from the host.
    fn stated(&mut self, package: &ComponentId, relation: &Relation, setting: &Setting<'_>) {
        let Relation { kind, to, group, horizon, .. } = relation;
        let (from, to, group) = (package.clone(), to.clone(), group.clone());
        self.added.push((Fact::Relation { from, kind: *kind, to, group, horizon: *horizon }, setting.places()));
    }

    /// The package comes from the host of the setting, which is what names it.
    fn moved(&mut self, package: &ComponentId, setting: &Setting<'_>) {
        let host = ComponentId::host(setting.host);
        self.added.push((Fact::Component { id: host.clone(), kind: ComponentKind::Host }, setting.places()));
        self.added.push((comes_from(package, &host), setting.places()));
    }

    /// A public registry can answer for a name that settings give to another one.
    fn confused(
        &mut self,
        package: &ComponentId,
        (host, one): (&str, &Evidence),
        setting: &Setting<'_>,
        meaning: &Meaning<'_, '_>,
        inventory: &Inventory,
    ) {
        let own_name = setting.names != "*";
        let public = meaning.public.join(" and ");
        let told = if !public.is_empty() && setting.standing != Standing::Aside && !has_hash(inventory, package) {
            // two registries are asked, and no hash says which file is meant
            format!("also answered by {public}")
        } else if public.is_empty() && setting.is_instead() && !meaning.is_implied && own_name {
            // the lock file fetches a name of ours from the public registry
            format!("fetched from {host}")
        } else {
            return;
        };
        let sent = if setting.is_instead() { "set to" } else { "asked of" };
        let value = format!("{sent} {}, {told}", setting.host);
        let fact = Fact::Attribute { of: package.clone(), key: key::CONFUSION, value: Arc::from(value) };
        let named = meaning.found.iter().filter(|one| meaning.public.contains(&one.host));
        let lines = named.flat_map(|one| one.places()).chain(setting.places());
        self.added.push((fact, std::iter::once(one.clone()).chain(lines).collect()));
    }
}

fn comes_from(of: &ComponentId, host: &ComponentId) -> Fact {
    let (from, to) = (of.clone(), host.clone());
    Fact::Relation { from, kind: RelationKind::DistributedBy, to, group: None, horizon: None }
}

fn has_hash(inventory: &Inventory, package: &ComponentId) -> bool {
    inventory.known(package).is_some_and(|known| known.values(key::INTEGRITY).next().is_some())
}

fn is_of_repository(inventory: &Inventory, package: &ComponentId) -> bool {
    inventory.known(package).is_some_and(|known| known.values(key::FETCHED_AS).next().is_some())
}
