//! Registries that a project's settings name, brought to its packages after all files are read.
//!
//! A lock file that names no address means the ecosystem's own registry, unless a setting beside it or above says
//! otherwise (`.npmrc`, `pip.conf`, `nuget.config`): then the packages come from there. A name of the company's own
//! that a public registry can answer as well is a risk (dependency confusion); it is written as an attribute of the
//! package, for rules to judge. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::package::toolkit::{default_registry, list};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{
    Attribute, Basis, ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, Inventory, Relation, RelationKind,
    Sighting, key,
};
use crate::text::{Lookup, Region, RelPath};

/// The scanner of the lock files in which npm replaces its registry.
const NPM_LOCK: &str = "package-lock";

/// Settings of one ecosystem in one folder that count; real ones have a handful.
const MOST_SETTINGS: usize = 256;

/// Places of one setting that are told of every package.
const PLACES: usize = 4;

/// Registries that one package may come from.
const MOST_REGISTRIES: usize = 16;

/// A registry that the tools of a folder are told to ask.
pub(crate) struct Setting<'a> {
    /// npm scope, pattern of names with `*` at its end, or `*` alone.
    names: &'a str,
    /// Asked instead of the ecosystem's own, not beside it.
    instead: bool,
    /// Asked even where npm's lock file gives an address of the ecosystem's own.
    of_locked: bool,
    /// Asked beside it, and no name is in doubt.
    aside: bool,
    /// The only file of whose packages it speaks.
    file: Option<&'a str>,
    /// Host of the registry.
    pub(crate) host: &'a str,
    /// What states it.
    pub(crate) evidence: &'a EvidenceSet,
}

impl<'a> Setting<'a> {
    /// Ecosystem and setting of an attribute's value, see [`key::REGISTRY`].
    fn read(row: &'a Attribute) -> Option<(&'a str, Self)> {
        let mut words = row.value.splitn(5, ' ');
        let (ecosystem, names, standing, host) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let (instead, of_locked, aside) = match standing {
            "instead" => (true, false, false),
            "instead-of-locked" => (true, true, false),
            "beside" => (false, false, false),
            "aside" => (false, false, true),
            _ => return None,
        };
        let (file, evidence) = (words.next(), &row.evidence);
        Some((ecosystem, Self { names, instead, of_locked, aside, file, host, evidence }))
    }

    /// The first places that state it.
    fn places(&self) -> EvidenceSet {
        self.evidence.iter().take(PLACES).cloned().collect()
    }

    fn speaks_of(&self, name: &str, file: &RelPath) -> bool {
        speaks_of(self.names, name) && self.file.is_none_or(|of| of == file.as_str())
    }
}

/// Settings by ecosystem and folder.
pub(crate) type Settings<'a> = BTreeMap<&'a str, BTreeMap<RelPath, Vec<Setting<'a>>>>;

/// How the public registry comes to be asked for a package.
#[derive(Clone, Copy)]
struct Asked {
    /// No file names a host, so that the ecosystem's own is implied; or a setting names a mirror in its place.
    implied: bool,
    /// A setting names it beside another one.
    public_beside: bool,
}

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
    let settings = settings(&inventory, &mut left_out);
    if settings.is_empty() {
        return inventory;
    }
    let mut changes = Changes::default();
    for (from, relation) in inventory.relations_of(RelationKind::DistributedBy) {
        let Some((ecosystem, name)) = package(from) else { continue };
        if !lists(&ecosystem).iter().any(|list| settings.contains_key(list)) {
            continue;
        }
        let apart = Apart::of(ecosystem, from, &inventory);
        let mut told: Lookup<*const Setting<'_>, ()> = Lookup::default();
        for one in &relation.evidence {
            let Evidence::Observed(seen) = one else { continue };
            let list = apart.list(ecosystem, seen);
            let Some(folders) = settings.get(list) else { continue };
            let found = nearest(folders, &name, seen.path());
            // what a lock file says is so because of the setting, which is what people change
            for setting in found.iter().filter(|_| seen.basis() != Basis::Declared) {
                if setting.host == relation.to.rest() && told.insert(std::ptr::from_ref(*setting), ()).is_none() {
                    changes.stated(from, relation, setting);
                }
            }
            if !found.is_empty() {
                changes.of_place(Package { id: from, list }, &relation.to, (one, seen), &found, (&inventory, catalog));
            }
        }
    }
    inventory.extend_all(changes.added);
    inventory.diagnostics.extend(left_out);
    for (fact, gone) in changes.gone {
        if let Some(left) = inventory.remove(&fact) {
            let left: EvidenceSet = left.into_iter().filter(|one| !gone.contains(one)).collect();
            if !left.is_empty() {
                inventory.extend(fact, left);
            }
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

/// Places where a package is looked up in a list of its own: Maven and Gradle keep those of plugins apart.
#[derive(Default)]
struct Apart<'a>(Option<Lookup<(&'a RelPath, Option<Region>), &'a str>>);

impl<'a> Apart<'a> {
    fn of(ecosystem: &str, package: &ComponentId, inventory: &'a Inventory) -> Self {
        if ecosystem != list::OF_MAVEN[0] {
            return Self::default();
        }
        let rows = inventory.known(package).into_iter().flat_map(|known| known.attributes());
        let rows = rows.filter(|row| row.key == key::REPOSITORIES);
        let seen =
            rows.flat_map(|row| row.evidence.iter().filter_map(Evidence::sighting).map(|seen| (seen, &*row.value)));
        let mut seen = seen.map(|(seen, list)| ((seen.path(), seen.region()), list)).peekable();
        Self(seen.peek().is_some().then(|| seen.collect()))
    }

    fn list<'s>(&self, ecosystem: &'s str, seen: &Sighting) -> &'s str
    where
        'a: 's,
    {
        let apart = self.0.as_ref().and_then(|places| places.get(&(seen.path(), seen.region())));
        apart.copied().unwrap_or(ecosystem)
    }
}

/// The words under which [`Settings`] hold what is said of packages of an ecosystem.
pub(crate) fn lists<'s>(ecosystem: &'s &'s str) -> &'s [&'s str] {
    if *ecosystem == list::OF_MAVEN[0] { &list::OF_MAVEN } else { std::slice::from_ref(ecosystem) }
}

/// The settings of an inventory; what is more than may count is told.
pub(crate) fn settings<'a>(inventory: &'a Inventory, left_out: &mut BTreeSet<Diagnostic>) -> Settings<'a> {
    let mut found = Settings::new();
    for (of, row) in inventory.attributes_of(key::REGISTRY) {
        if let (Some((ecosystem, setting)), Some(folder)) =
            (Setting::read(row), of.as_str().strip_prefix("project:").and_then(RelPath::new))
        {
            let here = found.entry(ecosystem).or_default().entry(folder).or_default();
            // every package is held against every setting
            if here.len() < MOST_SETTINGS {
                here.push(setting);
            } else if let Some(path) = row.evidence.iter().find_map(Evidence::path) {
                left_out.insert(Diagnostic {
                    path: path.clone(),
                    at: None,
                    kind: DiagnosticKind::LimitReached,
                    scanner: Arc::from("registries"),
                    message: format!("more than {MOST_SETTINGS} registries of one folder; further ones do not count"),
                });
            }
        }
    }
    found
}

/// The settings that speak of a name in the nearest folder that has any: of those that stand in the place of others the
/// most exact pattern wins, and what is asked beside them counts as far as it is as exact.
pub(crate) fn nearest<'s, 'a>(
    folders: &'s BTreeMap<RelPath, Vec<Setting<'a>>>,
    name: &str,
    file: &RelPath,
) -> Vec<&'s Setting<'a>> {
    let mut folder = file.parent();
    loop {
        let here = folders.get(&folder).into_iter().flatten();
        let speaking: Vec<&Setting<'a>> = here.filter(|setting| setting.speaks_of(name, file)).collect();
        if !speaking.is_empty() {
            let alone = speaking.iter().filter(|setting| setting.instead).map(|setting| setting.names.len()).max();
            let exact = speaking.into_iter().filter(|setting| setting.names.len() >= alone.unwrap_or(0));
            return exact.take(MOST_REGISTRIES).collect();
        }
        if folder.is_root() {
            return Vec::new();
        }
        folder = folder.parent();
    }
}

/// True when a pattern of a setting speaks of a name: `@corp` of `@corp/x`, `Corp.*` of `corp.json`, `*` of all.
fn speaks_of(pattern: &str, name: &str) -> bool {
    if pattern.starts_with('@') {
        return name.split_once('/').is_some_and(|(scope, _)| scope == pattern);
    }
    match pattern.strip_suffix('*') {
        Some(start) => name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => name.eq_ignore_ascii_case(pattern),
    }
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

impl Changes {
    /// What the settings that count say of a package that is seen to come from a host.
    fn of_place(
        &mut self,
        package: Package<'_>,
        to: &ComponentId,
        (one, seen): (&Evidence, &Sighting),
        found: &[&Setting<'_>],
        (inventory, catalog): (&Inventory, &Catalog),
    ) {
        let is_open = |host: &str| is_public(package.list, host) || catalog.is_public_registry(host);
        if !is_open(to.rest()) {
            return;
        }
        let public_beside = found.iter().any(|setting| !setting.instead && is_open(setting.host));
        let is_replaced = seen.scanner() == NPM_LOCK && found.iter().any(|setting| setting.of_locked);
        let implied = (seen.basis() == Basis::Inferred || is_replaced) && is_public(package.list, to.rest());
        // a mirror that is asked in the place of the ecosystem's own answers for it
        let mirror = found.iter().find(|setting| setting.instead && is_open(setting.host)).map(|found| found.host);
        let answering = mirror.filter(|_| implied).unwrap_or(to.rest());
        let is_asked = implied || mirror == Some(to.rest());
        for setting in found.iter().filter(|setting| !is_public(package.list, setting.host)) {
            // beside an address in a lock file only what replaces such addresses counts
            if implied && (!is_replaced || setting.of_locked || seen.basis() == Basis::Inferred) {
                self.moved(package.id, to, one, setting);
            }
            if !is_open(setting.host) {
                let asked = Asked { implied: is_asked, public_beside };
                self.confused(package.id, answering, one, setting, asked, inventory);
            }
        }
    }

    /// The setting says as well that the package comes from the host.
    fn stated(&mut self, package: &ComponentId, relation: &Relation, setting: &Setting<'_>) {
        let Relation { kind, to, group, horizon, .. } = relation;
        let (from, to, group) = (package.clone(), to.clone(), group.clone());
        self.added.push((Fact::Relation { from, kind: *kind, to, group, horizon: *horizon }, setting.places()));
    }

    /// The package comes from the host of the setting; the ecosystem's own host was only implied.
    fn moved(&mut self, package: &ComponentId, implied: &ComponentId, one: &Evidence, setting: &Setting<'_>) {
        let relation = |to: &ComponentId| Fact::Relation {
            from: package.clone(),
            kind: RelationKind::DistributedBy,
            to: to.clone(),
            group: None,
            horizon: None,
        };
        let host = ComponentId::host(setting.host);
        self.added.push((Fact::Component { id: host.clone(), kind: ComponentKind::Host }, setting.places()));
        // the setting is what names the host
        self.added.push((relation(&host), setting.places()));
        if setting.instead {
            self.gone.entry(relation(implied)).or_default().insert(one.clone());
        }
    }

    /// A public registry can answer for a name that settings give to another one.
    fn confused(
        &mut self,
        package: &ComponentId,
        public: &str,
        one: &Evidence,
        setting: &Setting<'_>,
        asked: Asked,
        inventory: &Inventory,
    ) {
        let own_name = setting.names != "*";
        let two_answer = if setting.instead { asked.public_beside } else { asked.implied && !setting.aside };
        let how = if two_answer && !has_hash(inventory, package) {
            // two registries are asked, and no hash says which file is meant
            "also answered by"
        } else if setting.instead && !asked.implied && own_name {
            // the lock file fetches a name of ours from the public registry
            "fetched from"
        } else {
            return;
        };
        let sent = if setting.instead { "set to" } else { "asked of" };
        let value = format!("{sent} {}, {how} {public}", setting.host);
        let fact = Fact::Attribute { of: package.clone(), key: key::CONFUSION, value: Arc::from(value) };
        self.added.push((fact, std::iter::once(one).chain(setting.evidence.iter().take(PLACES)).cloned().collect()));
    }
}

fn has_hash(inventory: &Inventory, package: &ComponentId) -> bool {
    inventory.known(package).is_some_and(|known| known.values(key::INTEGRITY).next().is_some())
}
