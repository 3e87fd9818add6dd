//! Copies of data and takeover between resources, where arguments say so.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::address;
use super::scope::Scope;
use super::syntax::{Inside, Item, Source};
use super::value::Value;
use crate::catalog::Catalog;
use crate::catalog::rows::Copy;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Seen};

/// Writes the relations that need more than one argument or more than one block.
pub(super) fn write<'a>(items: &[Item<'a>], scope: &Scope<'a>, catalog: &Catalog, out: &mut Facts<'_>) {
    let items: Vec<&Item<'a>> = items
        .iter()
        .filter(|item| item.kind == "resource" && !item.labels.is_empty() && !scope.off().contains(&address(item)))
        .collect();
    for item in &items {
        for row in catalog.copies(item.label(0)) {
            copy(item, row, scope, out);
        }
    }
    global_clusters(&items, scope, out);
    failover_records(&items, scope, out);
}

/// What a row of the rules says of a resource.
fn copy<'a>(item: &Item<'a>, row: &Copy, scope: &Scope<'a>, out: &mut Facts<'_>) {
    let from: Vec<ComponentId> = match &row.from {
        None => vec![scope.id(item)],
        Some(path) => named(item, path, scope).into_iter().map(|(id, _)| id).collect(),
    };
    let relation = if row.takes_over { RelationKind::FailsOverTo } else { RelationKind::ReplicatesTo };
    for (to, seen) in row.to.iter().flat_map(|path| named(item, path, scope)) {
        from.iter().for_each(|from| out.relation(from, relation, &to, seen.clone()));
    }
    for source in row.to_region.iter().flat_map(|path| at_path(item, path)) {
        let regions = match scope.value(&source) {
            Value::List(items) => items,
            one => vec![one],
        };
        for region in regions.iter().filter_map(Value::text) {
            for from in &from {
                let copy = ComponentId::of("replica", format_args!("{}@{region}", from.rest()));
                out.component(&copy, ComponentKind::Service, source.at());
                out.attribute(&copy, key::RESOURCE_TYPE, item.label(0), source.at());
                out.attribute(&copy, key::REGION, &region, source.at());
                out.attribute(&copy, key::COPY_OF, from.rest(), source.at());
                out.relation(from, relation, &copy, source.at());
            }
        }
    }
}

/// The resources that the arguments at a path name; behind `>` stands the argument of those that names what is meant.
fn named<'a>(item: &Item<'a>, path: &str, scope: &Scope<'a>) -> Vec<(ComponentId, Seen)> {
    let (path, further) = path.split_once('>').map_or((path, None), |(path, further)| (path, Some(further)));
    let mut found = Vec::new();
    for source in at_path(item, path) {
        for to in scope.references(&source).into_keys() {
            let inner = further.and_then(|name| scope.own(&to)?.1.get(name));
            let meant: Vec<String> =
                inner.map_or_else(Vec::new, |inner| scope.references(&inner).into_keys().collect());
            let all = if meant.is_empty() { vec![to] } else { meant };
            found.extend(all.iter().map(|to| (scope.id_of(to), source.at())));
        }
    }
    found
}

/// The arguments at the end of a way through blocks.
fn at_path<'a>(item: &Item<'a>, path: &str) -> Vec<Source<'a>> {
    let mut open = vec![item.inside];
    let (blocks, argument) = path.rsplit_once('.').map_or((None, path), |(blocks, last)| (Some(blocks), last));
    for name in blocks.into_iter().flat_map(|blocks| blocks.split('.')) {
        open = open.iter().flat_map(|inside| inside.blocks_or_content(name)).collect();
    }
    open.iter().filter_map(|inside| inside.get(argument)).collect()
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
    type Ends<'a> = Vec<(bool, Source<'a>, BTreeSet<String>)>;
    let mut names: BTreeMap<String, (Ends<'a>, Ends<'a>)> = BTreeMap::new();
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
            let checked = is_checked(item, scope);
            let ends = names.entry(name.clone()).or_default();
            match scope.value(&role).text().as_deref() {
                Some("PRIMARY") => ends.0.push((checked, role, points_to)),
                Some("SECONDARY") => ends.1.push((checked, role, points_to)),
                _ => {}
            }
        }
    }
    for (primaries, secondaries) in names.values() {
        for (checked, primary, from) in primaries {
            for (_, role, to) in secondaries {
                for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                    let (from, to) = (scope.id_of(from), scope.id_of(to));
                    out.relation(&from, RelationKind::FailsOverTo, &to, role.at());
                    out.attribute(&from, key::FAILOVER, if *checked { "automated" } else { "static" }, primary.at());
                }
            }
        }
    }
}

/// Without a health check the first of two records always answers, until a person changes them.
fn is_checked<'a>(record: &Item<'a>, scope: &Scope<'a>) -> bool {
    let evaluates = |alias: &Inside<'a>| {
        alias.get("evaluate_target_health").is_some_and(|source| scope.value(&source).truth() != Some(false))
    };
    record.inside.get("health_check_id").is_some() || record.inside.blocks("alias").iter().any(evaluates)
}

/// An expression as written: two records of one name write it alike.
fn written(source: &Source<'_>) -> String {
    match source {
        Source::Hcl(expression, _) => expression.to_string().trim().to_owned(),
        Source::Json(node, _) => node.text().unwrap_or_default().to_owned(),
    }
}
