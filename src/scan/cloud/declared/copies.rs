//! Copies of data and takeover between declared resources.

use std::collections::BTreeMap;

use super::value::{Mention, Resolved};
use super::write::{Argument, Resource, scalars, unresolved};
use crate::catalog::rows::Role;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::Facts;

/// Copies that a resource keeps in further regions: components of their own, which the rules can place.
pub(super) fn to_regions(
    resource: &Resource<'_>,
    arguments: &[Vec<Argument<'_, '_>>],
    regions: &[String],
    out: &mut Facts<'_>,
) {
    let mut values: Vec<&Resolved<'_>> = Vec::new();
    for argument in arguments.iter().flatten().filter(|argument| argument.role == Role::CopyRegion) {
        values.extend(scalars(argument.value));
    }
    let same = |a: &str, b: &str| fold(a) == fold(b);
    let mut known: Vec<String> = regions.to_vec();
    for value in values {
        let Some(region) = value.text().filter(|text| !text.is_empty()) else {
            if let Some(reason) = value.value.unknown() {
                unresolved("region of a copy", resource, value, reason, out);
            }
            continue;
        };
        if known.iter().any(|known| same(known, &region)) {
            continue;
        }
        if known.is_empty() {
            // where the resource itself lies is not said: one of the places of its data
            out.attribute(&resource.id, key::REGION, &region, value.at());
        } else {
            let copy = ComponentId::of("replica", format_args!("{}@{region}", resource.id.rest()));
            out.component(&copy, ComponentKind::Service, value.at());
            out.attribute(&copy, key::RESOURCE_TYPE, &resource.kind, value.at());
            out.attribute(&copy, key::REGION, &region, value.at());
            out.attribute(&copy, key::COPY_OF, resource.id.rest(), value.at());
            out.relation(&resource.id, RelationKind::ReplicatesTo, &copy, value.at());
        }
        known.push(region);
    }
}

/// Azure writes one region as `West Europe` and `westeurope`.
fn fold(region: &str) -> String {
    region.to_ascii_lowercase().replace(' ', "")
}

/// What several resources say only together.
pub(super) fn between(resources: &[Resource<'_>], out: &mut Facts<'_>) {
    for resource in resources {
        if resource.kind == "AWS::DMS::ReplicationTask" {
            ends(resource, "source_endpoint_arn", "target_endpoint_arn", out);
        }
    }
    global_clusters(resources, out);
    failover_records(resources, out);
}

/// The one argument names what is copied to what the other names.
fn ends(resource: &Resource<'_>, from: &str, to: &str, out: &mut Facts<'_>) {
    for properties in &resource.variants {
        let (Some(from), Some(to)) = (properties.get_folded(from), properties.get_folded(to)) else { continue };
        for source in from.all_mentions() {
            for target in to.all_mentions() {
                let seen = target.file.at(target.span).without_excerpt();
                out.relation(&source.to, RelationKind::ReplicatesTo, &target.to, seen);
            }
        }
    }
}

/// Members of one global database: the one that sets the administrator is copied to the others.
fn global_clusters(resources: &[Resource<'_>], out: &mut Facts<'_>) {
    let mut members: BTreeMap<&ComponentId, Vec<(&Resource<'_>, &Mention<'_>)>> = BTreeMap::new();
    for resource in resources.iter().filter(|resource| resource.kind.ends_with("::DBCluster")) {
        for properties in &resource.variants {
            let Some(global) = properties.get_folded("global_cluster_identifier") else { continue };
            for mention in global.all_mentions() {
                members.entry(&mention.to).or_default().push((resource, mention));
            }
        }
    }
    let is_first = |resource: &Resource<'_>| {
        resource.variants.iter().any(|properties| properties.get_folded("master_username").is_some())
    };
    for group in members.values() {
        let firsts: Vec<_> = group.iter().filter(|(resource, _)| is_first(resource)).collect();
        let [(first, _)] = firsts.as_slice() else { continue };
        for (other, mention) in group.iter().filter(|(resource, _)| !is_first(resource)) {
            let seen = mention.file.at(mention.span).without_excerpt();
            out.relation(&first.id, RelationKind::ReplicatesTo, &other.id, seen);
        }
    }
}

/// A record set that answers while another of its name does, or after it.
struct Record<'r, 'a> {
    name: String,
    is_primary: bool,
    role: &'r Resolved<'a>,
    points_to: Vec<&'r Mention<'a>>,
}

/// DNS records of one name with a primary and a secondary: what the first points to fails over to
/// what the second points to.
fn failover_records(resources: &[Resource<'_>], out: &mut Facts<'_>) {
    let mut records: Vec<Record<'_, '_>> = Vec::new();
    for resource in resources {
        match resource.kind.as_str() {
            "AWS::Route53::RecordSet" => records.extend(resource.variants.iter().filter_map(record)),
            "AWS::Route53::RecordSetGroup" => {
                let sets = resource.variants.iter().filter_map(|all| all.get_folded("record_sets"));
                records.extend(sets.flat_map(Resolved::list).filter_map(record));
            }
            _ => {}
        }
    }
    for primary in records.iter().filter(|record| record.is_primary) {
        for secondary in records.iter().filter(|other| !other.is_primary && other.name == primary.name) {
            for from in &primary.points_to {
                for to in &secondary.points_to {
                    out.relation(&from.to, RelationKind::FailsOverTo, &to.to, secondary.role.at());
                }
            }
        }
    }
}

fn record<'r, 'a>(properties: &'r Resolved<'a>) -> Option<Record<'r, 'a>> {
    let role = properties.get_folded("failover")?;
    let is_primary = match role.text()?.as_str() {
        "PRIMARY" => true,
        "SECONDARY" => false,
        _ => return None,
    };
    let name = properties.get_folded("name")?;
    // two records of one name write it alike
    let name = name.text().unwrap_or_else(|| name.file.text()[name.span.start..name.span.end].to_owned());
    let alias = properties.get_folded("alias_target").and_then(|alias| alias.get_folded("dns_name"));
    let ends = alias.into_iter().chain(properties.get_folded("resource_records"));
    let points_to = ends.flat_map(Resolved::all_mentions).collect();
    Some(Record { name, is_primary, role, points_to })
}
