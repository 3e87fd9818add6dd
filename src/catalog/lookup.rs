//! The questions asked of the catalog.

use super::index::{KeyMatch, fold};
use super::rows::{
    Accelerator, InstanceType, Key, LibraryData, List, Listing, Organisation, Ownership, OwnershipRule, Provider,
    Region, Service,
};
use super::{Catalog, Standing};
use crate::model::{CountryCode, Date, Horizon, Validity, Verification};

impl Catalog {
    /// An organisation by id.
    #[must_use]
    pub fn organisation(&self, id: &str) -> Option<&Organisation> {
        self.organisations.get(id).map(|at| &self.tables.organisation[*at])
    }

    /// Seat of an organisation, with where it is from and how well it is checked. A seat in the
    /// organisation's own row counts as checked only when the row says that its country is, and as given by two sources
    /// only when the row says that too.
    #[must_use]
    pub fn seat(&self, id: &str) -> Option<(CountryCode, &str, Verification)> {
        if let Some(at) = self.seats.get(id) {
            let row = &self.tables.seat[*at];
            return Some((row.country, &row.source, row.verification));
        }
        let row = self.organisation(id)?;
        let has = |fields: &[Box<str>]| fields.iter().any(|field| &**field == "country");
        let mark = match (has(&row.verified_fields), has(&row.two_source_fields)) {
            (true, true) => Verification::TwoSource,
            (true, false) => row.verification.min(Verification::OneSource),
            (false, _) => Verification::Recalled,
        };
        Some((row.country?, &row.source, mark))
    }

    /// An organisation by its name, in any case.
    #[must_use]
    pub fn organisation_by_name(&self, name: &str) -> Option<&Organisation> {
        self.names.get(&*name.to_lowercase()).map(|at| &self.tables.organisation[*at])
    }

    /// The organisation that a supplier's or manufacturer's name means: equal but for case, punctuation and legal form.
    #[must_use]
    pub fn organisation_by_supplier(&self, name: &str) -> Option<&Organisation> {
        let at = self.suppliers.get(&*super::fold_name(name))?;
        at.map(|at| &self.tables.organisation[at])
    }

    /// The provider that runs a region of another provider's region table: by its partition or realm, or by that and its code.
    #[must_use]
    pub fn provider_of_realm(&self, region: &Region) -> Option<&Provider> {
        let realm = region.realm.as_deref()?;
        let narrow = format!("{realm}/{}", region.code);
        let at = self.provider_names.realms.get(narrow.as_str()).or_else(|| self.provider_names.realms.get(realm))?;
        Some(&self.tables.provider[*at])
    }

    /// The organisation that an identity key belongs to, exact first, then by path prefix (Go
    /// modules, Maven groups, NuGet prefixes, Terraform namespaces: whole elements), then by name prefix (a hint).
    #[must_use]
    pub fn organisation_by_key(&self, kind: &str, value: &str) -> Option<(&Organisation, &Key, KeyMatch)> {
        let value = fold(kind, value);
        let found = self.exact_key(kind, &value).or_else(|| self.path_key(kind, &value)).or_else(|| {
            let prefixes = self.identities.prefixes.get(kind)?;
            let best = prefixes
                .iter()
                .filter(|(prefix, _, _)| value.starts_with(&**prefix))
                .max_by_key(|(prefix, _, _)| prefix.len())?;
            // a prefix that ends with the delimiter is a namespace, as registries reserve it
            let exact = matches!((kind, best.0.chars().last()), ("nuget", Some('.')) | ("terraform", Some('/')));
            Some(KeyMatch { organisation: best.1, key: best.2, exact })
        })?;
        let organisation = &self.tables.organisation[found.organisation];
        Some((organisation, &organisation.keys[found.key], found))
    }

    fn exact_key(&self, kind: &str, value: &str) -> Option<KeyMatch> {
        let (organisation, key) = *self.identities.keys.get(kind)?.get(value)?;
        Some(KeyMatch { organisation, key, exact: true })
    }

    /// Walks up `github.com/a/b/c` or `com.a.b` element by element. A NuGet key of one element is a name, not a prefix.
    fn path_key(&self, kind: &str, value: &str) -> Option<KeyMatch> {
        let separator = match kind {
            "golang" | "terraform" | "git" => '/',
            "maven" | "nuget" => '.',
            _ => return None,
        };
        let mut rest = value;
        while let Some((parent, _)) = rest.rsplit_once(separator) {
            if kind == "nuget" && !parent.contains(separator) {
                return None;
            }
            if let Some(found) = self.exact_key(kind, parent) {
                return Some(found);
            }
            rest = parent;
        }
        None
    }

    /// Who operates a host, or owns a namespace below it (`docker.io`, `nvidia/cuda`).
    #[must_use]
    pub fn organisation_by_host(&self, host: &str, path: &str) -> Option<(&Organisation, &Key)> {
        let (organisation, key) = self.identities.registries.find(host, path)?;
        let organisation = &self.tables.organisation[organisation];
        Some((organisation, &organisation.keys[key]))
    }

    /// Who operates a host as scans name it: of several names of a registry they know one.
    #[must_use]
    pub fn operator_of_host(&self, host: &str) -> Option<(&Organisation, &Key)> {
        match self.identities.also_registries.get(host) {
            Some((organisation, key)) => {
                let organisation = &self.tables.organisation[*organisation];
                Some((organisation, &organisation.keys[*key]))
            }
            None => self.organisation_by_host(host, ""),
        }
    }

    /// Owners of an organisation on a day; one that has only agreed to buy is among them, see
    /// [`Ownership::is_pending`].
    pub fn owners(&self, organisation: &str, day: Date) -> impl Iterator<Item = &Ownership> {
        let rows = self.owners.get(organisation).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|at| &self.tables.ownership[*at]).filter(move |row| row.is_known_on(day))
    }

    /// Ownership rules that hold on a day.
    pub fn ownership_rules(&self, day: Date) -> impl Iterator<Item = &OwnershipRule> {
        let holds = move |row: &&OwnershipRule| Validity { from: row.from, to: row.to }.holds_on(day);
        self.tables.ownership_rule.iter().filter(holds)
    }

    /// List entries that name an organisation and hold, or may hold, on a day; not those about groups. How sure
    /// it is that they do is told beside each: see [`Listing::standing_on`].
    pub fn listings(&self, organisation: &str, day: Date) -> impl Iterator<Item = (&Listing, Standing)> {
        let rows = self.listings.get(organisation).map_or(&[][..], Vec::as_slice);
        let known = self.date();
        rows.iter()
            .map(|at| &self.tables.listing[*at])
            .filter(|row| &*row.kind == "entity")
            .filter_map(move |row| Some((row, row.standing_on(day, known)?)))
    }

    /// What a list means, by any of its ids.
    #[must_use]
    pub fn list(&self, id: &str) -> Option<&List> {
        self.lists.get(id).map(|at| &self.tables.list[*at])
    }

    /// A list by any of its ids, in any case.
    #[must_use]
    pub fn list_named(&self, word: &str) -> Option<&List> {
        let found = self.lists.iter().find(|(id, _)| id.eq_ignore_ascii_case(word));
        found.map(|(_, at)| &self.tables.list[*at])
    }

    /// An accelerator by id.
    #[must_use]
    pub fn accelerator(&self, id: &str) -> Option<&Accelerator> {
        self.accelerators.get(id).map(|at| &self.tables.accelerator[*at])
    }

    /// Accelerators that a PCI id, driver name, product label or a cloud's own name can mean; more than one is ambiguous.
    #[must_use]
    pub fn accelerators_by_name(&self, name: &str) -> Vec<&Accelerator> {
        let name = name.trim().to_ascii_lowercase();
        // sharing suffixes of the device plugin say nothing about the product
        let base =
            name.strip_suffix("-shared").or_else(|| name.split_once("-mig-").map(|(base, _)| base)).unwrap_or(&name);
        let rows = self
            .accelerator_names
            .get(base)
            .or_else(|| self.accelerator_names.get(&*format!("nvidia {base}")))
            .or_else(|| self.accelerator_names.get(&*base.replace('_', "-")));
        rows.map_or(&[][..], Vec::as_slice).iter().map(|at| &self.tables.accelerator[*at]).collect()
    }

    /// An instance type of a provider.
    #[must_use]
    pub fn instance_type(&self, provider: &str, name: &str) -> Option<&InstanceType> {
        let name = name.to_ascii_lowercase();
        // SageMaker writes the same types with a prefix
        let name = name.strip_prefix("ml.").unwrap_or(&name);
        self.instances.get(&(provider.into(), name.into())).map(|at| &self.tables.instance_type[*at])
    }

    /// A region of a provider. Zones (`europe-west4-a`, `eu-central-1a`, `fr-par-2`) give their region.
    #[must_use]
    pub fn region(&self, provider: &str, code: &str) -> Option<&Region> {
        let code: String = code.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        let find = |code: &str| self.regions.get(&(provider.into(), code.into())).map(|at| &self.tables.region[*at]);
        let of_zone = |code: &str| find(code).filter(|region| !region.several);
        find(&code)
            .or_else(|| code.rsplit_once('-').and_then(|(region, _)| of_zone(region)))
            .or_else(|| of_zone(code.trim_end_matches(|c: char| c.is_ascii_lowercase())))
            .or_else(|| of_zone(code.trim_end_matches(|c: char| c.is_ascii_digit())))
    }

    /// A provider by id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.get(id).map(|at| &self.tables.provider[*at])
    }

    /// The provider of a Terraform resource type: by its first word.
    #[must_use]
    pub fn provider_by_terraform(&self, resource_type: &str) -> Option<&Provider> {
        let word = resource_type.split('_').next().unwrap_or(resource_type);
        self.provider_names.prefixes.get(word).map(|at| &self.tables.provider[*at])
    }

    /// The provider under whose domain a host lies.
    #[must_use]
    pub fn provider_by_host(&self, host: &str) -> Option<&Provider> {
        self.provider_names.hosts.find(host, "").map(|at| &self.tables.provider[at])
    }

    /// A service by id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.get(id).map(|at| &self.tables.service[*at])
    }

    /// The service a Terraform resource type declares: exact, else by `prefix_*`.
    #[must_use]
    pub fn service_by_terraform(&self, resource_type: &str) -> Option<&Service> {
        let exact = self.service_names.terraform_types.get(resource_type);
        let found = exact.or_else(|| {
            let word = resource_type.split('_').next()?;
            self.service_names.terraform_types.get(&*format!("{word}_*"))
        });
        found.map(|at| &self.tables.service[*at])
    }

    /// The service an SDK package (`npm:@aws-sdk/client-sqs`) is made for.
    #[must_use]
    pub fn service_by_sdk(&self, ecosystem: &str, name: &str) -> Option<&Service> {
        self.service_names.sdk.get(&*format!("{ecosystem}:{name}")).map(|at| &self.tables.service[*at])
    }

    /// The service a client name (`boto3.client("sqs")`) stands for.
    #[must_use]
    pub fn service_by_client(&self, name: &str) -> Option<&Service> {
        self.service_names.clients.get(name).map(|at| &self.tables.service[*at])
    }

    /// The service that answers under a host.
    #[must_use]
    pub fn service_by_host(&self, host: &str) -> Option<&Service> {
        self.service_names.hosts.find(host, "").map(|at| &self.tables.service[at])
    }

    /// Words to look for in text before looking closer for service hosts.
    pub fn service_host_words(&self) -> impl Iterator<Item = &str> {
        self.service_names.hosts.suffixes()
    }

    /// True for the code of a region of any provider.
    #[must_use]
    pub fn is_region_code(&self, code: &str) -> bool {
        self.tables.region.iter().any(|row| row.code.eq_ignore_ascii_case(code))
    }

    /// True for an ISO 3166-1 code.
    #[must_use]
    pub fn is_country(&self, code: CountryCode) -> bool {
        self.countries.contains(&code)
    }

    /// A country by code, name or alias, in any case.
    #[must_use]
    pub fn country(&self, word: &str) -> Option<CountryCode> {
        let word = word.trim();
        CountryCode::new(word).filter(|code| self.is_country(*code)).or_else(|| {
            let same = |name: &str| name.eq_ignore_ascii_case(word);
            self.tables
                .country
                .iter()
                .find(|row| same(&row.name) || row.aliases.iter().any(|alias| same(alias)))
                .map(|row| row.code)
        })
    }

    /// What lies at a path that is no part of what is deployed: tests, examples, documentation.
    #[must_use]
    pub fn aside(&self, path: &crate::text::RelPath) -> Option<&str> {
        self.tables.aside.get(self.aside_row(path)?).map(|row| &*row.what)
    }

    /// As [`Self::aside`], for where something was seen: a file is asked about once.
    #[must_use]
    pub fn aside_seen(&self, seen: &crate::model::Sighting) -> Option<&str> {
        let row = seen.aside(|path| self.aside_row(path).and_then(|at| u32::try_from(at).ok()))?;
        self.tables.aside.get(row as usize).map(|row| &*row.what)
    }

    fn aside_row(&self, path: &crate::text::RelPath) -> Option<usize> {
        // a pattern with capitals fits the name as it is written: `LoginTest.java`, not `Latest.java`
        let mut found = self.aside.matches(path.as_str());
        if path.as_str().bytes().any(|byte| byte.is_ascii_uppercase()) {
            found.extend(self.aside.matches(&path.as_str().to_ascii_lowercase()));
        }
        found.into_iter().min()
    }

    /// Weights that installed libraries bring along.
    #[must_use]
    pub fn library_data(&self) -> &[LibraryData] {
        &self.tables.library_data
    }

    /// True for a domain under which everybody has mail or pages.
    #[must_use]
    pub fn is_shared_host(&self, domain: &str) -> bool {
        self.shared_hosts.contains(domain)
    }

    /// True for a host from which everybody gets the public packages of an ecosystem: a mirror of its registry, or one
    /// that build tools know by name. A host below it counts.
    #[must_use]
    pub fn is_public_registry(&self, host: &str) -> bool {
        let mut domain = Some(host);
        std::iter::from_fn(|| {
            let here = domain?;
            domain = here.split_once('.').map(|(_, parent)| parent);
            Some(here)
        })
        .any(|domain| self.public_registries.contains(domain))
    }

    /// An organisation and everybody who controls it on a day, level by level. Owners without control are not among them.
    #[must_use]
    pub fn controllers<'c>(&'c self, organisation: &'c str, day: Date) -> Vec<&'c str> {
        let mut all = vec![organisation];
        let mut next = 0;
        while let Some(id) = all.get(next).copied() {
            for row in self.owners(id, day).filter(|row| row.control && !row.is_pending()) {
                if !all.contains(&&*row.by) {
                    all.push(&row.by);
                }
            }
            next += 1;
        }
        all
    }

    /// The extended resource a name is, by its beginning (`nvidia.com/mig-1g.10gb`).
    #[must_use]
    pub fn accelerator_resource(&self, name: &str) -> Option<&super::rows::AcceleratorResource> {
        // shares of a device's memory and cores are no devices
        const SHARES: [&str; 5] = ["mem", "core", "monitoring", "percentage", "priority"];
        let rows = || self.tables.accelerator_resource.iter();
        // a class of devices has a domain for a name, under which resources of another kind may lie
        let begins = |row: &&super::rows::AcceleratorResource| {
            let rest = name.strip_prefix(&*row.name).filter(|_| row.name.contains('/'));
            rest.is_some_and(|rest| !SHARES.iter().any(|word| rest.contains(word)))
        };
        rows().find(|row| *row.name == *name).or_else(|| rows().find(begins))
    }

    /// How many of the parts that resources count an accelerator has.
    #[must_use]
    pub fn cores(&self, accelerator: &str) -> Option<std::num::NonZeroU32> {
        let rows = &self.tables.accelerator_cores;
        rows.iter().find(|row| *row.accelerator == *accelerator).map(|row| row.cores)
    }

    /// Why accelerators of some market segments are lost at once with their designer, by its organisation id: it operates them
    /// for those who use them.
    #[must_use]
    pub fn rented_from(&self, designer: &str, segments: &[&str]) -> Option<&super::rows::SupplyStop> {
        let is_it = |row: &&super::rows::SupplyStop| {
            *row.designer == *designer && row.horizon == Horizon::Immediate && row.is_about(segments)
        };
        self.tables.supply_stop.iter().find(is_it)
    }

    /// What is known of the memory and the packaging of an accelerator.
    pub fn accelerator_supply<'c>(&'c self, id: &str) -> impl Iterator<Item = &'c super::rows::AcceleratorSupply> {
        let rows = self.tables.accelerator_supply.iter();
        rows.filter(move |row| row.accelerators.iter().any(|pattern| super::rows::names(pattern, id)))
    }

    /// The designer behind a PCI vendor id.
    #[must_use]
    pub fn pci_vendor(&self, id: &str) -> Option<&super::rows::PciVendor> {
        self.tables.pci_vendor.iter().find(|row| row.id.eq_ignore_ascii_case(id))
    }

    /// The name of a vendor that a device's name begins with, and the rest.
    pub(crate) fn pci_vendor_before<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        let names = self.tables.pci_vendor.iter().flat_map(|row| &row.names);
        let ends = names.filter_map(|own| {
            let begin = name.get(..own.len())?;
            begin.eq_ignore_ascii_case(own).then_some(own.len())
        });
        let (vendor, rest) = name.split_at(ends.max()?);
        rest.strip_prefix(' ').map(|rest| (vendor, rest))
    }

    /// The number of a vendor by its name in the PCI ID Repository.
    #[must_use]
    pub fn pci_vendor_named(&self, name: &str) -> Option<&str> {
        let name = name.trim().to_ascii_lowercase();
        self.tables.pci_vendor.iter().find(|row| row.names.iter().any(|own| **own == *name)).map(|row| &*row.id)
    }

    /// Instance types of this name, whatever the provider.
    pub fn instance_types_named(&self, name: &str) -> Vec<&InstanceType> {
        self.tables.provider.iter().filter_map(|provider| self.instance_type(&provider.id, name)).collect()
    }
}
