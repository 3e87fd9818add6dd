//! Copies of data and takeover between resources, where arguments say so.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::address;
use super::scope::Scope;
use super::syntax::{Item, Source};
use crate::model::RelationKind;
use crate::scan::Facts;

/// Arguments whose value is the resource that this one is a copy of.
pub(super) const COPIED_FROM: [&str; 7] = [
    "replicate_source_db",
    "replication_source_identifier",
    "master_instance_name",
    "source_db_cluster_identifier",
    "source_server_id",
    "creation_source_server_id",
    "primary_cluster_name",
];

/// Writes the relations that need more than one argument or more than one block.
pub(super) fn write<'a>(items: &[Item<'a>], scope: &Scope<'a>, out: &mut Facts<'_>) {
    let items: Vec<&Item<'a>> = items
        .iter()
        .filter(|item| item.kind == "resource" && !item.labels.is_empty() && !scope.off().contains(&address(item)))
        .collect();
    for item in &items {
        match item.label(0) {
            "aws_s3_bucket_replication_configuration" => buckets(item, scope, out),
            "aws_dms_replication_task" => between(item, "source_endpoint_arn", "target_endpoint_arn", scope, out),
            _ => {}
        }
    }
    global_clusters(&items, scope, out);
    failover_records(&items, scope, out);
}

/// `bucket` replicates to `rule.destination.bucket`.
fn buckets<'a>(item: &Item<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    let Some(from) = item.inside.get("bucket") else { return };
    for rule in item.inside.blocks("rule") {
        for destination in rule.blocks("destination") {
            if let Some(to) = destination.get("bucket") {
                copies(&from, &to, scope, out);
            }
        }
    }
}

fn between<'a>(item: &Item<'a>, from: &str, to: &str, scope: &Scope<'a>, out: &mut Facts<'_>) {
    if let (Some(from), Some(to)) = (item.inside.get(from), item.inside.get(to)) {
        copies(&from, &to, scope, out);
    }
}

fn copies<'a>(from: &Source<'a>, to: &Source<'a>, scope: &Scope<'a>, out: &mut Facts<'_>) {
    for source in scope.references(from).keys() {
        for target in scope.references(to).keys() {
            let (source, target) = (scope.id_of(source), scope.id_of(target));
            out.relation(&source, RelationKind::ReplicatesTo, &target, to.at());
        }
    }
}

/// Members of one global database: the one that sets the administrator is copied to the others.
fn global_clusters<'a>(items: &[&Item<'a>], scope: &Scope<'a>, out: &mut Facts<'_>) {
    let mut members: BTreeMap<String, Vec<(&Item<'a>, Source<'a>)>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.label(0) == "aws_rds_cluster") {
        let Some(source) = item.inside.get("global_cluster_identifier") else { continue };
        for global in scope.references(&source).into_keys() {
            members.entry(global).or_default().push((item, source));
        }
    }
    for group in members.values() {
        let is_first = |item: &Item<'a>| item.inside.get("master_username").is_some();
        let firsts: Vec<&Item<'a>> = group.iter().map(|(item, _)| *item).filter(|item| is_first(item)).collect();
        let [first] = firsts.as_slice() else { continue };
        for (other, source) in group.iter().filter(|(item, _)| !is_first(item)) {
            out.relation(&scope.id(first), RelationKind::ReplicatesTo, &scope.id(other), other.file.at(source.span()));
        }
    }
}

/// DNS records of one name with a primary and a secondary: what the first points to fails over to
/// what the second points to.
fn failover_records<'a>(items: &[&Item<'a>], scope: &Scope<'a>, out: &mut Facts<'_>) {
    type Ends<'i, 'a> = Vec<(&'i Item<'a>, Source<'a>, BTreeSet<String>)>;
    let mut names: BTreeMap<String, (Ends<'_, 'a>, Ends<'_, 'a>)> = BTreeMap::new();
    for item in items.iter().filter(|item| item.label(0) == "aws_route53_record") {
        let Some(name) = item.inside.get("name") else { continue };
        let name = scope.value(&name).text().unwrap_or_else(|| written(&name));
        for policy in item.inside.blocks("failover_routing_policy") {
            let Some(role) = policy.get("type") else { continue };
            let mut points_to: BTreeSet<String> = BTreeSet::new();
            for alias in item.inside.blocks("alias") {
                points_to.extend(alias.get("name").iter().flat_map(|source| scope.references(source).into_keys()));
            }
            points_to.extend(item.inside.get("records").iter().flat_map(|source| scope.references(source).into_keys()));
            let ends = names.entry(name.clone()).or_default();
            match scope.value(&role).text().as_deref() {
                Some("PRIMARY") => ends.0.push((item, role, points_to)),
                Some("SECONDARY") => ends.1.push((item, role, points_to)),
                _ => {}
            }
        }
    }
    for (primaries, secondaries) in names.values() {
        for (_, _, from) in primaries {
            for (secondary, role, to) in secondaries {
                for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                    let (from, to) = (scope.id_of(from), scope.id_of(to));
                    out.relation(&from, RelationKind::FailsOverTo, &to, secondary.file.at(role.span()));
                }
            }
        }
    }
}

/// An expression as written: two records of one name write it alike.
fn written(source: &Source<'_>) -> String {
    match source {
        Source::Hcl(expression, _) => expression.to_string().trim().to_owned(),
        Source::Json(node, _) => node.text().unwrap_or_default().to_owned(),
    }
}
