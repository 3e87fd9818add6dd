//! Reading, layering and checking the tables.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Deserialize;

use super::embedded;
use super::layer::{Content, Layer, Override, RuleError};
use super::rows::Copy as CopyRow;
use super::rows::{
    Accelerator, AcceleratorAlias, AcceleratorBoard, AcceleratorCores, AcceleratorLink, AcceleratorName,
    AcceleratorResource, AcceleratorSupply, AcceleratorSystem, Argument, Aside, Case, Classification, ClientName,
    Country, CountryGroup, Criterion, DerivedGroup, Destination, DeviceRequest, Guidance, HardwareWord, InstanceType,
    Law, Level, LibraryData, LicenceException, LicencePolicy, List, ListCitation, ListEffect, ListSource, Listing,
    Manifest, MemoryStack, Mitigation, ModelFamily, ModelRoute, Notice, ObjectKind, ObjectMark, Objective,
    Organisation, OrganisationAlias, OrganisationKey, Ownership, OwnershipRule, PciVendor, PipelineStep, Platform,
    Provider, Region, RegionName, ResourceFamily, ResourceName, ResourceType, Runtime, SdkCall, Seat, Service, Setting,
    SharedHost, StackCriterion, StackTie, SupplyStop, Threshold,
};
use super::table::Table;
use crate::text::Span;

macro_rules! tables {
    ($($field:ident : $row:ty => $key:expr),* $(,)?) => {
        /// All tables. A file may hold rows of any of them.
        #[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "each table is documented by its row type")]
        pub struct Tables {
            #[serde(default)]
            pub manifest: Option<Manifest>,
            $(#[serde(default)] pub $field: Table<$row>,)*
        }

        impl Tables {
            /// What the embedded files hold, each table to be read when it is asked for.
            pub(super) fn embedded() -> Option<Self> {
                let manifest = embedded::rows_in("manifest.toml", "manifest")?;
                Some(Self { manifest, $($field: Table::later(|| embedded::rows(stringify!($field))),)* })
            }

            /// What an embedded file holds.
            pub(super) fn embedded_in(path: &str) -> Option<Self> {
                let manifest = embedded::rows_in(path, "manifest")?;
                Some(Self { manifest, $($field: embedded::rows_in::<Vec<$row>>(path, stringify!($field))?.into(),)* })
            }

            /// Adds the rows of a layer's files; what an earlier layer has with the same key is replaced and named.
            fn layer(&mut self, files: Vec<(&str, Self)>, name: &str, replaced: &mut Vec<Override>) {
                let from = |path: &str, entry: String| Override { layer: name.to_owned(), file: path.to_owned(), entry };
                $(let mut $field = Vec::new();)*
                for (path, file) in files {
                    if file.manifest.is_some() && self.manifest.is_some() {
                        replaced.push(from(path, "manifest".to_owned()));
                    }
                    self.manifest = file.manifest.or(self.manifest.take());
                    // files of one layer add up; only another layer may replace
                    $($field.extend(file.$field.into_rows().into_iter().map(|row| (path, row)));)*
                }
                $(
                    let key: fn(&$row) -> String = $key;
                    for (path, key) in merge(&mut self.$field, $field, key) {
                        replaced.push(from(path, format!("{}/{key}", stringify!($field))));
                    }
                )*
            }
        }
    };
}

tables! {
    organisation: Organisation => |row| row.id.to_string(),
    organisation_key: OrganisationKey => |row| format!("{}:{}", row.kind, row.value),
    organisation_alias: OrganisationAlias => |row| format!("{}/{}", row.organisation, row.name),
    ownership: Ownership => |row| format!("{}/{}", row.of, row.by),
    seat: Seat => |row| row.organisation.to_string(),
    aside: Aside => |row| row.pattern.to_string(),
    library_data: LibraryData => |row| row.pattern.to_string(),
    shared_host: SharedHost => |row| row.host.to_string(),
    listing: Listing => |row| row.id.to_string(),
    list: List => |row| row.id.to_string(),
    list_source: ListSource => |row| row.id.to_string(),
    list_citation: ListCitation => |row| format!("{}/{}", row.list, row.programme.as_deref().unwrap_or("")),
    notice: Notice => |row| row.id.to_string(),
    accelerator: Accelerator => |row| row.id.to_string(),
    instance_type: InstanceType => |row| format!("{}/{}", row.provider, row.name),
    region: Region => |row| format!("{}/{}", row.provider, row.code),
    region_name: RegionName => |row| format!("{}/{}", row.provider, row.name),
    provider: Provider => |row| row.id.to_string(),
    service: Service => |row| row.id.to_string(),
    resource_type: ResourceType => |row| row.name.to_string(),
    resource_family: ResourceFamily => |row| row.pattern.to_string(),
    argument: Argument => |row| format!("{}/{}", row.name, row.types.join(" ")),
    copy: CopyRow => |row| format!("{}/{:?}/{:?}/{:?}", row.of, row.from, row.to, row.to_region),
    object_kind: ObjectKind => |row| format!("{}/{}", row.group, row.kind),
    device_request: DeviceRequest => |row| format!("{}/{} {}", row.group, row.kind, row.each),
    object_mark: ObjectMark => |row| format!("{}/{}", row.place, row.word),
    sdk_call: SdkCall => |row| format!("{}/{}/{}", row.language, row.package, row.calls.join(",")),
    model_family: ModelFamily => |row| row.name.to_string(),
    client_name: ClientName => |row| row.name.to_string(),
    resource_name: ResourceName => |row| format!("{} {} {}", row.service, row.argument, row.calls.join(",")),
    setting: Setting => |row| format!("{}/{}", row.name, row.topic),
    pipeline_step: PipelineStep => |row| format!("{}/{}", row.system, row.step),
    model_route: ModelRoute => |row| row.word.to_string(),
    stack_criterion: StackCriterion => |row| row.criterion.to_string(),
    case: Case => |row| row.id.to_string(),
    law: Law => |row| row.id.to_string(),
    mitigation: Mitigation => |row| row.id.to_string(),
    ownership_rule: OwnershipRule => |row| row.id.to_string(),
    threshold: Threshold => |row| row.threshold.to_string(),
    // the same group may stand several times, for different days: a layer replaces all of them
    group: CountryGroup => |row| row.id.to_string(),
    country: Country => |row| row.code.to_string(),
    classification: Classification => |row| row.id.to_string(),
    destination: Destination => |row| row.id.to_string(),
    licence_policy: LicencePolicy => |row| row.id.to_string(),
    licence_exception: LicenceException => |row| row.id.to_string(),
    guidance: Guidance => |row| row.id.to_string(),
    list_effect: ListEffect => |row| row.list.to_string(),
    // as with groups: several times under one id
    derived_group: DerivedGroup => |row| row.id.to_string(),
    accelerator_link: AcceleratorLink => |row| row.accelerator.to_string(),
    memory_stack: MemoryStack => |row| row.id.to_string(),
    platform: Platform => |row| row.id.to_string(),
    stack_tie: StackTie => |row| row.id.to_string(),
    supply_stop: SupplyStop => |row| row.id.to_string(),
    accelerator_supply: AcceleratorSupply => |row| row.id.to_string(),
    accelerator_alias: AcceleratorAlias => |row| format!("{}/{}", row.provider, row.name),
    accelerator_name: AcceleratorName => |row| format!("{}/{}", row.words.join(" "), row.without.join(" ")),
    accelerator_system: AcceleratorSystem => |row| row.words.join(" "),
    accelerator_board: AcceleratorBoard => |row| format!("{}/{}", row.pci, row.subsystem),
    accelerator_resource: AcceleratorResource => |row| row.name.to_string(),
    accelerator_cores: AcceleratorCores => |row| row.accelerator.to_string(),
    runtime: Runtime => |row| row.id.to_string(),
    hardware_word: HardwareWord => |row| format!("{:?}/{}/{}", row.topic, row.means, row.language.as_deref().unwrap_or("")),
    pci_vendor: PciVendor => |row| row.id.to_string(),
    objective: Objective => |row| row.id.to_string(),
    level: Level => |row| row.id.to_string(),
    criterion: Criterion => |row| row.id.to_string(),
}

/// Adds rows, each with its file, and gives the keys that were there before.
fn merge<'p, Row>(into: &mut Vec<Row>, from: Vec<(&'p str, Row)>, key: fn(&Row) -> String) -> Vec<(&'p str, String)> {
    let mut gone = Vec::new();
    if !into.is_empty() {
        let new: BTreeMap<String, &str> = from.iter().map(|(path, row)| (key(row), *path)).collect();
        into.retain(|row| match new.get_key_value(&key(row)) {
            Some((key, path)) => {
                gone.push((*path, key.clone()));
                false
            }
            None => true,
        });
        gone.sort();
        gone.dedup();
    }
    into.extend(from.into_iter().map(|(_, row)| row));
    gone
}

/// Reads all layers in order.
///
/// # Errors
/// Every file that is not well formed, with its place.
pub(super) fn read(layers: &[Layer]) -> Result<(Tables, Vec<Override>), Vec<RuleError>> {
    let mut tables = Tables::default();
    let mut replaced = Vec::new();
    let mut errors = Vec::new();
    for layer in layers {
        let files: Vec<&(String, String)> =
            layer.files.iter().filter(|(path, text)| Content::of(path, text) == Content::Tables).collect();
        let read: Vec<Result<(&str, Tables), RuleError>> = files
            .par_iter()
            .map(|(path, text)| match embedded::read(path, text).map_or_else(|| toml::from_str(text), Ok) {
                Ok(file) => Ok((path.as_str(), file)),
                Err(error) => Err(RuleError::toml(path, text, &error)),
            })
            .collect();
        let mut whole = Vec::new();
        for result in read {
            match result {
                Ok(file) => whole.push(file),
                Err(error) => errors.push(error),
            }
        }
        tables.layer(whole, &layer.name, &mut replaced);
    }
    if errors.is_empty() { Ok((tables, replaced)) } else { Err(errors) }
}

/// Finds ids that nothing defines and ids defined twice.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let organisations: BTreeSet<&str> = tables.organisation.iter().map(|row| &*row.id).collect();
    let providers: BTreeSet<&str> = tables.provider.iter().map(|row| &*row.id).collect();
    let services: BTreeSet<&str> = tables.service.iter().map(|row| &*row.id).collect();
    let accelerators: BTreeSet<&str> = tables.accelerator.iter().map(|row| &*row.id).collect();
    let mut dangling = |table: &str, field: &str, value: &str, known: &BTreeSet<&str>| {
        if !known.contains(value) {
            let nearest = nearest(value, known);
            let hint = nearest.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let message = format!("`{field}` of a `{table}` names `{value}`, which nothing defines{hint}");
            errors.push(locate(layers, field, value, message));
        }
    };
    for row in &tables.ownership {
        dangling("ownership", "of", &row.of, &organisations);
        dangling("ownership", "by", &row.by, &organisations);
    }
    for row in &tables.organisation_key {
        dangling("organisation_key", "organisation", &row.organisation, &organisations);
    }
    for row in &tables.organisation_alias {
        dangling("organisation_alias", "organisation", &row.organisation, &organisations);
    }
    for row in &tables.seat {
        dangling("seat", "organisation", &row.organisation, &organisations);
    }
    for row in tables.listing.iter().filter_map(|row| row.organisation.as_ref()) {
        dangling("listing", "organisation", row, &organisations);
    }
    for row in tables.notice.iter().filter_map(|row| row.organisation.as_ref()) {
        dangling("notice", "organisation", row, &organisations);
    }
    for row in &tables.provider {
        dangling("provider", "organisation", &row.organisation, &organisations);
    }
    for row in &tables.service {
        if let Some(organisation) = &row.organisation {
            dangling("service", "organisation", organisation, &organisations);
        }
        if let Some(provider) = &row.provider {
            dangling("service", "provider", provider, &providers);
        }
    }
    tables.resource_type.iter().for_each(|row| dangling("resource_type", "service", &row.service, &services));
    tables.resource_family.iter().for_each(|row| dangling("resource_family", "provider", &row.provider, &providers));
    regions_named(tables, &providers, &mut dangling);
    for row in &tables.instance_type {
        dangling("instance_type", "provider", &row.provider, &providers);
        if let Some(accelerator) = &row.accelerator {
            for one in accelerator.split(';') {
                dangling("instance_type", "accelerator", one, &accelerators);
            }
        }
    }
    accelerators_named(tables, &accelerators, &providers, &mut dangling);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &tables.organisation {
        *seen.entry(&row.id).or_default() += 1;
    }
    for (id, _) in seen.into_iter().filter(|(_, count)| *count > 1) {
        errors.push(locate(layers, "id", id, format!("organisation `{id}` is defined twice in one layer")));
    }
    errors.extend(super::code::check(tables, layers));
    errors.extend(super::groups::check(tables, layers));
    errors.extend(super::export::check(tables, layers, &accelerators));
    errors.extend(super::export::check_supply(tables, layers, &organisations));
    errors.extend(unclear_times(tables, layers));
    errors.extend(patterns_of_notices(tables, layers));
    errors.extend(super::holdings::check(tables, layers));
    errors.extend(super::objects::check(tables, layers));
    errors.extend(super::runtimes::check(tables, layers));
    errors.extend(super::hardware_words::check(tables, layers));
    errors.sort();
    errors.dedup();
    errors
}

/// Tells a word of a field of a table that none of the known ids is.
type Dangling<'d> = dyn FnMut(&str, &str, &str, &BTreeSet<&str>) + 'd;

/// Providers and groups of states that regions name.
fn regions_named(tables: &Tables, providers: &BTreeSet<&str>, dangling: &mut Dangling<'_>) {
    let groups: BTreeSet<&str> = tables.group.iter().map(|row| &*row.id).collect();
    for row in &tables.region {
        dangling("region", "provider", &row.provider, providers);
        if let Some(group) = &row.within {
            dangling("region", "within", group, &groups);
        }
    }
    for row in &tables.region_name {
        dangling("region_name", "provider", &row.provider, providers);
    }
}

/// Accelerators and providers that names, boards and clouds' own names lead to.
fn accelerators_named(
    tables: &Tables,
    accelerators: &BTreeSet<&str>,
    providers: &BTreeSet<&str>,
    dangling: &mut Dangling<'_>,
) {
    for row in &tables.accelerator_alias {
        dangling("accelerator_alias", "provider", &row.provider, providers);
        dangling("accelerator_alias", "accelerator", &row.accelerator, accelerators);
    }
    for one in tables.accelerator_name.iter().flat_map(|row| &row.accelerators) {
        dangling("accelerator_name", "accelerators", one, accelerators);
    }
    for row in &tables.accelerator_board {
        dangling("accelerator_board", "accelerator", &row.accelerator, accelerators);
    }
}

/// Times of listings that are written in no known way.
fn unclear_times(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let all = tables.listing.iter().flat_map(Listing::unclear_times);
    let told = all.map(|(field, words)| {
        let message = format!(
            "`{field}` of a `listing` is `{words}`; write `2022`, `2022-06`, `2022-06-03`, two of them with ` to ` between \
             for some day in that time, or with ` and ` for two listings"
        );
        locate(layers, field, words, message)
    });
    told.collect()
}

/// Notices with patterns that cannot be read.
fn patterns_of_notices(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let is_wrong = |row: &&Notice| row.components.iter().any(|pattern| globset::Glob::new(pattern).is_err());
    let told = tables.notice.iter().filter(is_wrong).map(|row| {
        let message = format!("`components` of the notice `{}` holds what is no glob", row.id);
        locate(layers, "id", &row.id, message)
    });
    told.collect()
}

/// The last place where `field = "value"` stands: later layers are where a mistake is new.
pub(super) fn locate(layers: &[Layer], field: &str, value: &str, message: String) -> RuleError {
    let needle = format!("{field} = \"{value}\"");
    for layer in layers.iter().rev() {
        for (path, text) in layer.files.iter().rev() {
            if let Some(at) = text.rfind(&needle) {
                return RuleError::at(path, text, Span::new(at, at + needle.len()), message);
            }
        }
    }
    RuleError::whole("rules", message)
}

/// The known word nearest to a misspelt one, when it is near.
pub(crate) fn nearest<'a>(word: &str, known: &BTreeSet<&'a str>) -> Option<&'a str> {
    let limit = (word.len() / 3).clamp(1, 4);
    known
        .iter()
        .map(|other| (distance(word, other, limit), *other))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|found| found.1)
}

/// The nearest of some names with how far they are, the nearest first.
pub(crate) fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>, most: usize) -> Vec<(usize, &'a str)> {
    let limit = (word.len() / 3).clamp(1, 3);
    let far = known.map(|other| (distance(word, other, limit), other)).filter(|(far, _)| *far <= limit);
    let mut found: Vec<(usize, &str)> = far.collect();
    // of names that are as near those that go on where the word ends come first
    found.sort_unstable_by_key(|(far, name)| (*far, !name.starts_with(word), *name));
    // what is farther than the nearest by more than a letter is no help
    let nearest = found.first().map_or(0, |(far, _)| *far);
    found.retain(|(far, _)| *far <= nearest + 1);
    found.truncate(most);
    found
}

/// Levenshtein distance, cut off above `limit`.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
