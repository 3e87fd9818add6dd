//! What resources carry: images, models and settings of programs, Kubernetes objects, values of charts.

use std::collections::BTreeSet;

use super::chart_values;
use super::facts::{Context, Instances, MOST_INSTANCES, unresolved};
use super::opened::{DEEPEST, Reader};
use super::places::with_role;
use super::started;
use super::syntax::{Inside, Item, Source};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::parse::{self, Entry, Node};
use crate::scan::cloud::declared::value::{Reason, Resolved, Value as Plain};
use crate::scan::cloud::declared::write::{self, Resource};
use crate::scan::cluster::carried;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::Span;

/// Types that are Kubernetes objects by another name, with kind and interface.
const OBJECTS: [(&str, &str, &str); 12] = [
    ("kubernetes_deployment", "Deployment", "apps/v1"),
    ("kubernetes_stateful_set", "StatefulSet", "apps/v1"),
    ("kubernetes_daemonset", "DaemonSet", "apps/v1"),
    ("kubernetes_daemon_set", "DaemonSet", "apps/v1"),
    ("kubernetes_replication_controller", "ReplicationController", "v1"),
    ("kubernetes_job", "Job", "batch/v1"),
    ("kubernetes_cron_job", "CronJob", "batch/v1"),
    ("kubernetes_pod", "Pod", "v1"),
    ("kubernetes_service", "Service", "v1"),
    ("kubernetes_config_map", "ConfigMap", "v1"),
    ("kubernetes_persistent_volume_claim", "PersistentVolumeClaim", "v1"),
    ("kubernetes_ingress", "Ingress", "networking.k8s.io/v1"),
];
/// Blocks that the interface has as lists under another name.
const LISTS: [(&str, &str); 9] = [
    ("container", "containers"),
    ("init_container", "initContainers"),
    ("env", "env"),
    ("env_from", "envFrom"),
    ("volume", "volumes"),
    ("volume_mount", "volumeMounts"),
    ("port", "ports"),
    ("toleration", "tolerations"),
    ("image_pull_secrets", "imagePullSecrets"),
];

/// Parts of the names of arguments that say something of what runs: a quick look.
#[derive(Default)]
pub(super) struct Words {
    /// Of programs: images, models, settings.
    programs: BTreeSet<String>,
    /// Of what machines start.
    pub(super) scripts: BTreeSet<String>,
}

impl Words {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let parts = |roles: &[Role]| {
            let rows = roles.iter().flat_map(|role| catalog.arguments_as(*role));
            rows.flat_map(|row| row.name.split('.').map(str::to_owned).collect::<Vec<_>>()).collect()
        };
        Self { programs: parts(&[Role::Image, Role::Model, Role::Settings]), scripts: parts(&[Role::Script]) }
    }
}

/// Writes what a resource carries.
pub(super) fn write<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let Some(input) = context.input else { return };
    if let Instances::Each(all) = instances
        && all.len() > MOST_INSTANCES
    {
        let message = format!("{id} has {} instances, of which {MOST_INSTANCES} are read one by one", all.len());
        out.problem(DiagnosticKind::LimitReached, item.file, Some(item.span), message);
    }
    for reader in Reader::all(context.scope, item.file, instances) {
        one(id, item, &reader, input, context, out);
    }
    started::write(id, item, instances, input, context, out);
}

/// Writes what one instance of a resource carries.
fn one<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    reader: &Reader<'a, '_>,
    input: &Input<'_>,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let kind = item.label(0);
    let file: &'a SourceFile = item.file;
    let plain = kind.rsplit_once("_v").filter(|(_, end)| end.starts_with(|c: char| c.is_ascii_digit()));
    let plain = plain.map_or(kind, |(plain, _)| plain);
    if let Some((_, object, api)) = OBJECTS.iter().find(|(name, ..)| *name == plain) {
        let mut root = reader.object(&item.inside, item.span, 0);
        if let parse::Value::Map(entries) = &mut root.value {
            entries.insert(0, entry("kind", text(object, item.span)));
            entries.insert(0, entry("apiVersion", text(api, item.span)));
        }
        return carried::objects(root, file, input, out);
    }
    for (name, source) in item.inside.arguments() {
        match context.catalog.argument(kind, std::slice::from_ref(&name)).map(|(_, row)| row.role) {
            Some(Role::Objects) => reader.objects(id, source, input, out),
            Some(Role::ChartValues) => reader.values(id, source, out),
            _ => {}
        }
    }
    if kind == "helm_release" {
        chart_values::write(id, item, reader, out);
    }
    programs(id, item, reader, context, out);
}

/// On which clouds of others a service runs, where its arguments or those of its parts say so.
pub(super) fn beneath<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let kind = item.label(0);
    let mut rows = context.catalog.arguments_as(Role::Cloud);
    if !rows.any(|row| context.catalog.argument_as(kind, &row.name, Role::Cloud).is_some()) {
        return;
    }
    for (_, source) in with_role(&item.inside, kind, &[Role::Cloud], context.catalog) {
        for value in instances.values(context.scope, &source) {
            match (value.text(), value.reason()) {
                (Some(text), _) if !text.is_empty() => context.scope.write(id, key::CLOUD, &text, &source, out),
                (None, Some(reason)) => unresolved("cloud", id, &source, reason, out),
                _ => {}
            }
        }
    }
    for reader in Reader::all(context.scope, item.file, instances) {
        let properties = reader.block(&item.inside, item.span, 0);
        let mut resource = Resource::new(id.clone(), kind, properties, item.span);
        resource.file = item.file;
        write::parts_beneath(&resource, context.catalog, out);
    }
}

/// Images, models and settings, wherever they stand.
fn programs<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    reader: &Reader<'a, '_>,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let mut blocks = item.inside.nested();
    let mut at = 0;
    while let Some((_, inside)) = blocks.get(at) {
        blocks.extend(inside.nested());
        at += 1;
    }
    let is_word = |name: &String| context.words.programs.contains(name);
    let is_there =
        item.inside.all().iter().any(|(name, _)| is_word(name)) || blocks.iter().any(|(name, _)| is_word(name));
    if !is_there {
        return;
    }
    let properties = reader.block(&item.inside, item.span, 0);
    let mut resource = Resource::new(id.clone(), item.label(0), properties, item.span);
    resource.file = item.file;
    write::programs(&resource, context.catalog, out);
}

impl<'a> Reader<'a, '_> {
    /// A block as the Kubernetes object that it stands for.
    fn object(&self, inside: &Inside<'a>, span: Span, depth: usize) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for (name, source) in inside.arguments() {
            entries.push(entry(&camel(&name), node(&self.open(source, 0), 0)));
        }
        for (name, inner) in inside.nested().into_iter().filter(|_| depth < DEEPEST) {
            let span = inner.arguments().first().map_or(span, |(_, source)| source.span());
            let value = self.object(&inner, span, depth + 1);
            let Some((_, plural)) = LISTS.iter().find(|(one, _)| *one == name) else {
                entries.push(entry(&camel(&name), value));
                continue;
            };
            match entries.iter_mut().find(|known| &*known.key == *plural) {
                Some(Entry { value: Node { value: parse::Value::List(items), .. }, .. }) => items.push(value),
                _ => entries.push(entry(plural, Node::new(span, parse::Value::List(vec![value])))),
            }
        }
        Node::new(span, parse::Value::Map(entries))
    }

    /// What a resource brings into a cluster stands elsewhere.
    fn not_known(&self, id: &ComponentId, span: Span, reason: &Reason, out: &mut Facts<'_>) {
        let message = format!("what `{}` brings into the cluster is not known: {reason}", id.rest());
        out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
    }

    /// Kubernetes objects that an argument holds.
    fn objects(&self, id: &ComponentId, source: Source<'a>, input: &Input<'_>, out: &mut Facts<'_>) {
        let value = self.open(source, 0);
        self.tell_parts(out);
        match &value.value {
            Plain::Unknown(reason) => self.not_known(id, value.span, reason, out),
            Plain::Text(text) => carried::text(text, self.file, value.span, input, out),
            Plain::Map(_) => carried::objects(node(&value, 0), self.file, input, out),
            _ => {}
        }
    }

    /// Values of a chart: one text or table, or a list of them.
    fn values(&self, id: &ComponentId, source: Source<'a>, out: &mut Facts<'_>) {
        let value = self.open(source, 0);
        self.tell_parts(out);
        let one = std::slice::from_ref(&value);
        for value in if let Plain::List(items) = &value.value { items.as_slice() } else { one } {
            match &value.value {
                Plain::Text(text) => carried::values_in(text, id, self.file, value.span, out),
                Plain::Map(_) => carried::values_of(&node(value, 0), id, self.file, out),
                Plain::Unknown(reason) => self.not_known(id, value.span, reason, out),
                _ => {}
            }
        }
    }
}

/// A value as the tree that readers of objects know.
pub(super) fn node(value: &Resolved<'_>, depth: usize) -> Node {
    let plain = match &value.value {
        _ if depth > DEEPEST => parse::Value::Null,
        Plain::Unknown(_) => parse::Value::Text(carried::GAP.into()),
        Plain::Null => parse::Value::Null,
        Plain::Bool(truth) => parse::Value::Bool(*truth),
        Plain::Number(_) => parse::Value::Number(value.text().unwrap_or_default().as_str().into()),
        Plain::Text(text) => parse::Value::Text(text.as_str().into()),
        Plain::List(items) => parse::Value::List(items.iter().map(|item| node(item, depth + 1)).collect()),
        Plain::Map(entries) => {
            parse::Value::Map(entries.iter().map(|(name, value)| entry(name, node(value, depth + 1))).collect())
        }
    };
    Node::new(value.span, plain)
}

pub(super) fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_span: value.span, value }
}

pub(super) fn text(words: &str, span: Span) -> Node {
    Node::new(span, parse::Value::Text(words.into()))
}

/// `node_selector` as the interface writes it: `nodeSelector`. Keys of labels and resources stay as they are.
fn camel(name: &str) -> String {
    if name.contains(['.', '/', '-']) {
        return name.to_owned();
    }
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut all, part| {
        let mut letters = part.chars();
        all.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        all.push_str(letters.as_str());
        all
    })
}

#[cfg(test)]
mod tests {
    use super::camel;

    #[test]
    fn names_are_those_of_the_interface() {
        for (name, is) in [
            ("spec", "spec"),
            ("service_account_name", "serviceAccountName"),
            ("nvidia.com/gpu", "nvidia.com/gpu"),
            ("cloud.google.com/gke_accelerator", "cloud.google.com/gke_accelerator"),
        ] {
            assert_eq!(camel(name), is);
        }
    }
}
