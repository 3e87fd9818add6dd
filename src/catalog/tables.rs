//! Reading, layering and checking the tables.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Deserialize;

use super::layer::{Content, Layer, RuleError};
use super::rows::{
    Accelerator, AcceleratorAlias, AcceleratorResource, Case, Classification, Country, CountryGroup, Criterion,
    Destination, InstanceType, Law, Level, List, Listing, Manifest, Objective, Organisation, Ownership, PciVendor,
    Provider, Region, Seat, Service, StackCriterion, Threshold,
};
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
            $(#[serde(default)] pub $field: Vec<$row>,)*
        }

        impl Tables {
            /// Adds the rows of `other`; rows with the same key are replaced and named.
            fn layer(&mut self, other: Self, name: &str, replaced: &mut Vec<String>) {
                if other.manifest.is_some() {
                    self.manifest = other.manifest;
                }
                $(
                    let key: fn(&$row) -> Option<String> = $key;
                    merge(&mut self.$field, other.$field, key, stringify!($field), name, replaced);
                )*
            }
        }
    };
}

tables! {
    organisation: Organisation => |row| Some(row.id.to_string()),
    ownership: Ownership => |row| Some(format!("{}/{}", row.of, row.by)),
    seat: Seat => |row| Some(row.organisation.to_string()),
    listing: Listing => |row| Some(row.id.to_string()),
    list: List => |row| Some(row.id.to_string()),
    accelerator: Accelerator => |row| Some(row.id.to_string()),
    instance_type: InstanceType => |row| Some(format!("{}/{}", row.provider, row.name)),
    region: Region => |row| Some(format!("{}/{}", row.provider, row.code)),
    provider: Provider => |row| Some(row.id.to_string()),
    service: Service => |row| Some(row.id.to_string()),
    stack_criterion: StackCriterion => |row| Some(row.criterion.to_string()),
    case: Case => |row| Some(row.id.to_string()),
    law: Law => |row| Some(row.id.to_string()),
    threshold: Threshold => |row| Some(row.threshold.to_string()),
    // the same group may stand several times, for different days: a layer replaces all of them
    group: CountryGroup => |row| Some(row.id.to_string()),
    country: Country => |row| Some(row.code.to_string()),
    classification: Classification => |row| Some(row.id.to_string()),
    destination: Destination => |row| Some(row.id.to_string()),
    accelerator_alias: AcceleratorAlias => |row| Some(format!("{}/{}", row.provider, row.name)),
    accelerator_resource: AcceleratorResource => |row| Some(row.name.to_string()),
    pci_vendor: PciVendor => |row| Some(row.id.to_string()),
    objective: Objective => |row| Some(row.id.to_string()),
    level: Level => |row| Some(row.id.to_string()),
    criterion: Criterion => |row| Some(row.id.to_string()),
}

fn merge<Row>(
    into: &mut Vec<Row>,
    from: Vec<Row>,
    key: fn(&Row) -> Option<String>,
    table: &str,
    layer: &str,
    replaced: &mut Vec<String>,
) {
    if into.is_empty() {
        *into = from;
        return;
    }
    let new: BTreeSet<String> = from.iter().filter_map(key).collect();
    into.retain(|row| {
        let keep = key(row).is_none_or(|key| !new.contains(&key));
        if !keep && let Some(key) = key(row) {
            replaced.push(format!("{layer}: {table}/{key}"));
        }
        keep
    });
    into.extend(from);
}

/// Reads all layers in order.
///
/// # Errors
/// Every file that is not well formed, with its place.
pub(super) fn read(layers: &[Layer]) -> Result<(Tables, Vec<String>), Vec<RuleError>> {
    let mut tables = Tables::default();
    let mut replaced = Vec::new();
    let mut errors = Vec::new();
    for layer in layers {
        let files: Vec<&(String, String)> =
            layer.files.iter().filter(|(path, text)| Content::of(path, text) == Content::Tables).collect();
        let read: Vec<Result<Tables, RuleError>> = files
            .par_iter()
            .map(|(path, text)| toml::from_str(text).map_err(|error| RuleError::toml(path, text, &error)))
            .collect();
        let mut whole = Tables::default();
        for result in read {
            match result {
                // files of one layer add up; only another layer may replace
                Ok(file) => append(&mut whole, file),
                Err(error) => errors.push(error),
            }
        }
        tables.layer(whole, &layer.name, &mut replaced);
    }
    if errors.is_empty() { Ok((tables, replaced)) } else { Err(errors) }
}

fn append(whole: &mut Tables, file: Tables) {
    macro_rules! add {
        ($($field:ident),*) => { $(whole.$field.extend(file.$field);)* };
    }
    add!(
        seat,
        organisation,
        ownership,
        listing,
        list,
        accelerator,
        instance_type,
        region,
        provider,
        service,
        stack_criterion,
        case,
        law,
        threshold,
        group,
        country,
        classification,
        destination,
        accelerator_alias,
        accelerator_resource,
        pci_vendor,
        objective,
        level,
        criterion
    );
    if file.manifest.is_some() {
        whole.manifest = file.manifest;
    }
}

/// Finds ids that nothing defines and ids defined twice.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let organisations: BTreeSet<&str> = tables.organisation.iter().map(|row| &*row.id).collect();
    let providers: BTreeSet<&str> = tables.provider.iter().map(|row| &*row.id).collect();
    let accelerators: BTreeSet<&str> = tables.accelerator.iter().map(|row| &*row.id).collect();
    let groups: BTreeSet<&str> = tables.group.iter().map(|row| &*row.id).collect();
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
    for row in &tables.seat {
        dangling("seat", "organisation", &row.organisation, &organisations);
    }
    for row in tables.listing.iter().filter_map(|row| row.organisation.as_ref()) {
        dangling("listing", "organisation", row, &organisations);
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
    for row in &tables.region {
        dangling("region", "provider", &row.provider, &providers);
    }
    for row in &tables.instance_type {
        dangling("instance_type", "provider", &row.provider, &providers);
        if let Some(accelerator) = &row.accelerator {
            for one in accelerator.split(';') {
                dangling("instance_type", "accelerator", one, &accelerators);
            }
        }
    }
    for row in &tables.accelerator_alias {
        dangling("accelerator_alias", "provider", &row.provider, &providers);
        dangling("accelerator_alias", "accelerator", &row.accelerator, &accelerators);
    }
    for row in &tables.destination {
        dangling("destination", "set", &row.set, &groups);
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &tables.organisation {
        *seen.entry(&row.id).or_default() += 1;
    }
    for (id, _) in seen.into_iter().filter(|(_, count)| *count > 1) {
        errors.push(locate(layers, "id", id, format!("organisation `{id}` is defined twice in one layer")));
    }
    for (field, words) in tables.listing.iter().flat_map(Listing::unclear_times) {
        let message = format!(
            "`{field}` of a `listing` is `{words}`; write `2022`, `2022-06`, `2022-06-03`, two of them with ` to ` between \
             for some day in that time, or with ` and ` for two listings"
        );
        errors.push(locate(layers, field, words, message));
    }
    errors.sort();
    errors.dedup();
    errors
}

/// The last place where `field = "value"` stands: later layers are where a mistake is new.
fn locate(layers: &[Layer], field: &str, value: &str, message: String) -> RuleError {
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
