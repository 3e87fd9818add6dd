//! What resources carry: images, models and settings of programs, Kubernetes objects, values of charts.

use std::collections::BTreeSet;
use std::sync::Arc;

use hcl_edit::expr::{Expression, ObjectKey};

use super::facts::Context;
use super::scope::Scope;
use super::syntax::{Inside, Item, Source};
use super::value::Value;
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::model::ComponentId;
use crate::parse::{self, Entry, Node};
use crate::scan::cloud::declared::value::{Reason, Resolved, Value as Plain};
use crate::scan::cloud::declared::write::{self, Resource};
use crate::scan::cluster::carried;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::Span;

/// Deepest value.
const DEEPEST: usize = 40;
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
pub(super) fn words(catalog: &Catalog) -> BTreeSet<String> {
    let rows = [Role::Image, Role::Model, Role::Settings].into_iter().flat_map(|role| catalog.arguments_as(role));
    rows.flat_map(|row| row.name.split('.').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Writes what a resource carries.
pub(super) fn write<'a>(id: &ComponentId, item: &Item<'a>, context: &Context<'a, '_>, out: &mut Facts<'_>) {
    let Some(input) = context.input else { return };
    let kind = item.label(0);
    let file: &'a SourceFile = item.file;
    let reader = Reader { scope: context.scope, file };
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
            Some(Role::Objects) => reader.objects(source, input, out),
            Some(Role::ChartValues) => reader.values(id, source, out),
            _ => {}
        }
    }
    programs(id, item, &reader, context, out);
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
    let is_word = |name: &String| context.words.contains(name);
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

/// Reads values with their places.
struct Reader<'a, 's> {
    scope: &'s Scope<'a>,
    file: &'a SourceFile,
}

impl<'a> Reader<'a, '_> {
    fn at(&self, source: &Source<'a>, value: Plain<'a>) -> Resolved<'a> {
        Resolved::new(self.file, source.span(), value)
    }

    /// A value, taken apart as far as it is written out.
    fn open(&self, source: Source<'a>, depth: usize) -> Resolved<'a> {
        let Source::Hcl(expression, origin) = source else { return self.evaluated(&source) };
        let inner = |expression| self.open(Source::Hcl(expression, origin), depth + 1);
        if depth > DEEPEST {
            return self.at(&source, Plain::Unknown(Reason::Limit));
        }
        match expression {
            Expression::Parenthesis(within) => inner(within.inner()),
            Expression::Array(items) => self.at(&source, Plain::List(items.iter().map(inner).collect())),
            Expression::Object(object) => {
                let pair = |(key, value): (&'a ObjectKey, &'a hcl_edit::expr::ObjectValue)| {
                    Some((super::syntax::object_key(key)?.to_owned(), inner(value.expr())))
                };
                self.at(&source, Plain::Map(object.iter().filter_map(pair).collect()))
            }
            Expression::FuncCall(call)
                if matches!(call.name.name.as_str(), "jsonencode" | "yamlencode" | "yamldecode" | "jsondecode") =>
            {
                call.args.iter().next().map_or_else(|| self.evaluated(&source), inner)
            }
            Expression::HeredocTemplate(heredoc) => {
                let text = self.scope.with_gaps(&heredoc.template);
                self.at(&source, text.map_or(Plain::Unknown(Reason::Limit), Plain::Text))
            }
            _ => self.evaluated(&source),
        }
    }

    /// A value as it is evaluated; a text that is JSON is what stands in it.
    fn evaluated(&self, source: &Source<'a>) -> Resolved<'a> {
        let found = self.plain(source, &self.scope.value(source), 0);
        match &found.value {
            Plain::Text(text) if text.trim_start().starts_with(['[', '{']) => match parse::json::json(text) {
                Ok(root) => self.parsed(source, &root, 0),
                Err(_) => found,
            },
            _ => found,
        }
    }

    fn plain(&self, source: &Source<'a>, value: &Value, depth: usize) -> Resolved<'a> {
        let value = match value {
            _ if depth > DEEPEST => Plain::Unknown(Reason::Limit),
            Value::Unknown(reason) => Plain::Unknown(Reason::Invalid(Arc::from(reason.to_string()))),
            Value::Null => Plain::Null,
            Value::Bool(truth) => Plain::Bool(*truth),
            Value::Number(number) => Plain::Number(*number),
            Value::Text(text) => Plain::Text(text.clone()),
            Value::List(items) => Plain::List(items.iter().map(|item| self.plain(source, item, depth + 1)).collect()),
            Value::Object(entries) => Plain::Map(
                entries.iter().map(|(name, value)| (name.clone(), self.plain(source, value, depth + 1))).collect(),
            ),
        };
        self.at(source, value)
    }

    fn parsed(&self, source: &Source<'a>, node: &Node, depth: usize) -> Resolved<'a> {
        let value = match &node.value {
            _ if depth > DEEPEST => Plain::Unknown(Reason::Limit),
            parse::Value::Null => Plain::Null,
            parse::Value::Bool(truth) => Plain::Bool(*truth),
            parse::Value::Number(text) => text.parse().map_or_else(|_| Plain::Text(text.to_string()), Plain::Number),
            parse::Value::Text(text) => Plain::Text(text.to_string()),
            parse::Value::List(items) => {
                Plain::List(items.iter().map(|item| self.parsed(source, item, depth + 1)).collect())
            }
            parse::Value::Map(entries) => Plain::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.to_string(), self.parsed(source, &entry.value, depth + 1)))
                    .collect(),
            ),
        };
        self.at(source, value)
    }

    /// A block as a table: blocks inside of it are lists of tables.
    fn block(&self, inside: &Inside<'a>, span: Span, depth: usize) -> Resolved<'a> {
        let mut entries: Vec<(String, Resolved<'a>)> = Vec::new();
        for (name, source) in inside.arguments() {
            entries.push((name, self.open(source, 0)));
        }
        for (name, inner) in inside.nested().into_iter().filter(|_| depth < DEEPEST) {
            // what a `dynamic` block makes stands in its content
            let is_made = name == "content";
            let value = self.block(&inner, span, depth + 1);
            match value.value {
                Plain::Map(more) if is_made => entries.extend(more),
                value => entries.push((name, Resolved::new(self.file, span, value))),
            }
        }
        Resolved::new(self.file, span, Plain::Map(entries))
    }

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

    /// Kubernetes objects that an argument holds.
    fn objects(&self, source: Source<'a>, input: &Input<'_>, out: &mut Facts<'_>) {
        let value = self.open(source, 0);
        match &value.value {
            Plain::Text(text) => carried::text(text, self.file, value.span, input, out),
            Plain::Map(_) => carried::objects(node(&value, 0), self.file, input, out),
            _ => {}
        }
    }

    /// Values of a chart: one text or table, or a list of them.
    fn values(&self, id: &ComponentId, source: Source<'a>, out: &mut Facts<'_>) {
        let value = self.open(source, 0);
        let one = std::slice::from_ref(&value);
        for value in if let Plain::List(items) = &value.value { items.as_slice() } else { one } {
            match &value.value {
                Plain::Text(text) => carried::values_in(text, id, self.file, value.span, out),
                Plain::Map(_) => carried::values_of(&node(value, 0), id, self.file, out),
                _ => {}
            }
        }
    }
}

/// A value as the tree that readers of objects know.
fn node(value: &Resolved<'_>, depth: usize) -> Node {
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

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_span: value.span, value }
}

fn text(words: &str, span: Span) -> Node {
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
