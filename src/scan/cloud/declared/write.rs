//! What a declared resource says, as facts: what it is, where, on which machines, whose keys, what it needs.

use std::collections::BTreeSet;

use super::value::{Mention, Reason, Resolved, Value, number_text, snake};
use super::{copies, machines, place, settings};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::image::reference::needs_image;
use crate::scan::image::start::{self, Starter};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Values of one resource that are looked at.
const MOST_VALUES: usize = 20_000;

/// A resource after evaluation.
pub(crate) struct Resource<'a> {
    /// Its component.
    pub(crate) id: ComponentId,
    /// Type as the format writes it.
    pub(crate) kind: String,
    /// The file that declares it.
    pub(crate) file: &'a SourceFile,
    /// Where.
    pub(crate) span: Span,
    /// The name that it is given, where it stands beside the properties.
    pub(crate) name: Option<Resolved<'a>>,
    /// Its properties: one value, or one for each of its instances.
    pub(crate) variants: Vec<Resolved<'a>>,
    /// How many of it, where that is known.
    pub(crate) instances: Option<f64>,
    /// Where the whole template or provider lies; what is unknown there is told by who knows the template.
    pub(crate) region: Option<Resolved<'a>>,
    /// Who signs in where: the operator's host, for clouds that anybody may run.
    pub(crate) operator: Option<Resolved<'a>>,
    /// Resources that it says it needs.
    pub(crate) needs: Vec<Mention<'a>>,
}

/// An argument that means something, with its value.
pub(super) struct Argument<'r, 'a> {
    /// What it says.
    pub(super) role: Role,
    /// Row in the table: of several counts the first decides.
    pub(super) rank: usize,
    /// The value.
    pub(super) value: &'r Resolved<'a>,
    /// The map that it stands in.
    pub(super) within: &'r Resolved<'a>,
}

impl<'a> Resource<'a> {
    /// A resource of one instance.
    pub(crate) fn new(id: ComponentId, kind: impl Into<String>, properties: Resolved<'a>, span: Span) -> Self {
        Self {
            id,
            kind: kind.into(),
            file: properties.file,
            span,
            name: None,
            variants: vec![properties],
            instances: Some(1.0),
            region: None,
            operator: None,
            needs: Vec::new(),
        }
    }
}

/// Writes the facts of resources that belong together, and what several of them say only together.
pub(crate) fn all(resources: &[Resource<'_>], catalog: &Catalog, out: &mut Facts<'_>) {
    for resource in resources {
        one(resource, catalog, out);
    }
    copies::between(resources, out);
}

fn one(resource: &Resource<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    let id = &resource.id;
    let seen = || resource.file.at(resource.span);
    out.component(id, ComponentKind::Service, seen());
    out.attribute(id, key::RESOURCE_TYPE, &resource.kind, seen());
    if let Some(provider) = catalog.provider_by_type(&resource.kind) {
        out.attribute(id, key::PROVIDER, &*provider.id, seen());
    }
    let arguments: Vec<Vec<Argument<'_, '_>>> =
        resource.variants.iter().map(|properties| arguments(properties, &resource.kind, catalog)).collect();
    place::environments(resource, &arguments, out);
    let regions = place::write(resource, &arguments, catalog, out);
    machines::write(resource, &arguments, catalog, out);
    copies::to_regions(resource, &arguments, &regions, out);
    for argument in arguments.iter().flatten() {
        told(resource, argument, catalog, out);
    }
    operator(resource, out);
    references(resource, &arguments, out);
    cluster_name(resource, catalog, out);
    called(resource, catalog, out);
}

/// The name under which calls speak of a resource. That it is up to whoever deploys it is usual.
fn named(resource: &Resource<'_>, value: &Resolved<'_>, out: &mut Facts<'_>) {
    match (value.text(), value.value.unknown()) {
        (Some(text), _) if !text.is_empty() && !text.contains("${") => {
            out.attribute(&resource.id, key::CALLED, text, value.at());
        }
        (None, Some(Reason::Parameter(_) | Reason::Target(_) | Reason::Function(_))) => {}
        (None, Some(reason)) if value.mentions.is_empty() => unresolved("name", resource, value, reason, out),
        _ => {}
    }
}

/// The name that stands beside the properties, where calls speak of the resource by it.
fn called(resource: &Resource<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    let Some(name) = &resource.name else { return };
    if catalog.argument_as(&resource.kind, "name", Role::Named).is_some()
        && let Some(text) = name.text().filter(|text| !text.is_empty() && !text.contains("${"))
    {
        out.attribute(&resource.id, key::CALLED, text, name.at());
    }
}

/// Writes what a resource says of the programs that it runs, and nothing else: images, models, settings.
pub(crate) fn programs(resource: &Resource<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    for properties in &resource.variants {
        for argument in arguments(properties, &resource.kind, catalog) {
            if matches!(argument.role, Role::Image | Role::Model | Role::Settings) {
                told(resource, &argument, catalog, out);
            }
        }
    }
}

/// Every argument of a resource that the table knows, in order.
fn arguments<'r, 'a>(properties: &'r Resolved<'a>, kind: &str, catalog: &Catalog) -> Vec<Argument<'r, 'a>> {
    let mut found = Vec::new();
    let mut open: Vec<(Vec<String>, &'r Resolved<'a>)> = vec![(Vec::new(), properties)];
    let mut left = MOST_VALUES;
    while let Some((path, within)) = open.pop() {
        for (name, value) in within.entries() {
            left = left.saturating_sub(1);
            let path: Vec<String> = path.last().cloned().into_iter().chain([snake(name)]).collect();
            if let Some((rank, row)) = catalog.argument(kind, &path) {
                found.push(Argument { role: row.role, rank, value, within });
            }
            below(value, &path, &mut open);
        }
        if left == 0 {
            break;
        }
    }
    found.sort_by_key(|argument| (argument.value.span.start, argument.value.span.end));
    found
}

/// Maps directly below a value, through lists.
fn below<'r, 'a>(value: &'r Resolved<'a>, path: &[String], open: &mut Vec<(Vec<String>, &'r Resolved<'a>)>) {
    let mut values = vec![value];
    while let Some(value) = values.pop() {
        match &value.value {
            Value::Map(_) => open.push((path.to_vec(), value)),
            Value::List(items) => values.extend(items.iter().rev()),
            _ => {}
        }
    }
}

/// An argument that matters and is not known.
pub(super) fn unresolved(what: &str, resource: &Resource<'_>, at: &Resolved<'_>, reason: &Reason, out: &mut Facts<'_>) {
    let message = format!("the {what} of `{}` is not known: {reason}", resource.id.rest());
    out.problem(DiagnosticKind::Unresolved, at.file, Some(at.span), message);
}

/// The scalars of a value, through lists.
pub(super) fn scalars<'r, 'a>(value: &'r Resolved<'a>) -> Vec<&'r Resolved<'a>> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match &value.value {
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Map(_) | Value::Null => {}
            _ => found.push(value),
        }
    }
    found
}

/// What a single argument says by itself.
fn told(resource: &Resource<'_>, argument: &Argument<'_, '_>, catalog: &Catalog, out: &mut Facts<'_>) {
    let id = &resource.id;
    match argument.role {
        Role::Key => custody(id, argument.value, out),
        Role::KeyStore if argument.value.text().is_some_and(|text| text.starts_with("EXTERNAL")) => {
            out.attribute(id, key::KEY_CUSTODY, "external", argument.value.at());
        }
        Role::OwnKey if !matches!(argument.value.value, Value::Null) => {
            out.attribute(id, key::KEY_CUSTODY, "customer-exclusive", argument.value.at().without_excerpt());
        }
        Role::Image => {
            for value in scalars(argument.value) {
                match (value.text(), value.value.unknown()) {
                    // images of the build service itself and of machines are in no registry
                    (Some(text), _) if text.is_empty() || text.starts_with("aws/") || text.starts_with("ami-") => {}
                    (Some(text), _) => {
                        needs_image(id, RelationKind::DependsOn, &text, value.file, value.span, out);
                    }
                    // the image of another resource is its own affair
                    (None, Some(reason)) if value.mentions.is_empty() => {
                        unresolved("image", resource, value, reason, out)
                    }
                    _ => {}
                }
            }
        }
        Role::Cloud => cloud(resource, argument.value, out),
        Role::Model => settings::model(resource, argument.value, catalog, out),
        Role::Settings => settings::write(resource, argument.value, catalog, out),
        Role::Runtime => {
            if let Some(text) = argument.value.text().filter(|text| !text.is_empty()) {
                out.attribute(id, key::RUNTIME, text, argument.value.at());
            }
        }
        // a name within is that of a part
        Role::Named if resource.variants.iter().any(|all| std::ptr::eq(all, argument.within)) => {
            named(resource, argument.value, out);
        }
        Role::Script => script(resource, argument.value, out),
        Role::LogSink | Role::Backup => sink(id, argument, out),
        // a name is that of a cluster only where the type is one or a part of one
        Role::Cluster => {
            let service = catalog.service_by_type(&resource.kind);
            if service.is_none_or(|service| &*service.capability != "kubernetes") {
                return;
            }
            if let Some(text) = argument.value.text().filter(|text| !text.is_empty()) {
                out.attribute(id, key::CLUSTER, text, argument.value.at());
            }
        }
        _ => {}
    }
}

/// What a machine runs when it starts.
fn script(resource: &Resource<'_>, value: &Resolved<'_>, out: &mut Facts<'_>) {
    match (value.text(), value.value.unknown()) {
        (Some(text), _) if !text.trim().is_empty() => {
            let file = start::within(value.file, &text, value.span);
            start::read(&file, &Starter::machine(&resource.id), None, out);
        }
        (None, Some(reason)) => {
            let message = format!("what `{}` runs when it starts is not known: {reason}", resource.id.rest());
            out.problem(DiagnosticKind::Unresolved, value.file, Some(value.span), message);
        }
        _ => {}
    }
}

/// The cloud of somebody else that it runs on.
fn cloud(resource: &Resource<'_>, value: &Resolved<'_>, out: &mut Facts<'_>) {
    for value in scalars(value) {
        match (value.text(), value.value.unknown()) {
            (Some(text), _) if !text.is_empty() => out.attribute(&resource.id, key::CLOUD, text, value.at()),
            (None, Some(reason)) => unresolved("cloud", resource, value, reason, out),
            _ => {}
        }
    }
}

/// Writes on which clouds of others, and where there, parts of a resource lie: those that have blocks of their own.
pub(crate) fn parts_beneath(resource: &Resource<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    for properties in &resource.variants {
        let all = arguments(properties, &resource.kind, catalog);
        for argument in all.iter().filter(|argument| !std::ptr::eq(argument.within, properties)) {
            match argument.role {
                Role::Cloud => cloud(resource, argument.value, out),
                Role::Region => place::of_part(resource, argument.value, out),
                _ => {}
            }
        }
    }
}

/// Where logs or backups go: the resource that the argument names, else its text.
fn sink(id: &ComponentId, argument: &Argument<'_, '_>, out: &mut Facts<'_>) {
    let key = if argument.role == Role::LogSink { key::LOG_SINK } else { key::BACKUP };
    for value in scalars(argument.value) {
        let named = value.mentions.first().map(|mention| mention.to.rest().to_owned());
        if let Some(text) = named.or_else(|| value.text()).filter(|text| !text.is_empty()) {
            let text = crate::scan::package::toolkit::without_secrets(&text);
            out.attribute(id, key, text, value.at().without_excerpt());
        }
    }
}

/// Who holds the encryption keys.
fn custody(id: &ComponentId, value: &Resolved<'_>, out: &mut Facts<'_>) {
    let custody = match &value.value {
        Value::Text(text) if text.contains("alias/aws/") => "provider-managed",
        Value::Text(text) if !text.is_empty() => "customer-managed",
        // a key made or looked up elsewhere is a key all the same
        Value::Unknown(Reason::Elsewhere(_)) => "customer-managed",
        // what names a key by several words, such as a vault and a version
        Value::Map(entries) if !entries.is_empty() => "customer-managed",
        _ => return,
    };
    out.attribute(id, key::KEY_CUSTODY, custody, value.at().without_excerpt());
}

/// The address that is signed in at tells who operates an OpenStack-like cloud.
fn operator(resource: &Resource<'_>, out: &mut Facts<'_>) {
    let Some(operator) = &resource.operator else { return };
    if let Some(text) = operator.text().filter(|text| !text.is_empty()) {
        use crate::scan::package::toolkit;
        let host = toolkit::host_of(&text).unwrap_or_else(|| toolkit::without_secrets(&text));
        out.attribute(&resource.id, key::IDENTITY, format!("operator-host:{host}"), operator.at().without_excerpt());
    }
}

/// References between resources; the few arguments that mean a copy of data say so.
fn references(resource: &Resource<'_>, arguments: &[Vec<Argument<'_, '_>>], out: &mut Facts<'_>) {
    let id = &resource.id;
    let mut said: BTreeSet<(Span, ComponentId)> = BTreeSet::new();
    for argument in arguments.iter().flatten() {
        for mention in argument.value.all_mentions() {
            let (from, kind, to) = match argument.role {
                Role::CopiedFrom => (&mention.to, RelationKind::ReplicatesTo, id),
                Role::CopiedTo => (id, RelationKind::ReplicatesTo, &mention.to),
                Role::FailsOverTo => (id, RelationKind::FailsOverTo, &mention.to),
                _ => continue,
            };
            said.insert((mention.span, mention.to.clone()));
            out.relation(from, kind, to, mention.file.at(mention.span).without_excerpt());
        }
    }
    let inside = resource.variants.iter().flat_map(Resolved::all_mentions);
    for mention in inside.chain(&resource.needs) {
        if !said.contains(&(mention.span, mention.to.clone())) {
            // the words around a mention may be a password
            let seen = mention.file.at(mention.span).without_excerpt();
            out.relation(id, RelationKind::DependsOn, &mention.to, seen);
        }
    }
}

/// The name under which others speak of a cluster, where it is the resource's own.
fn cluster_name(resource: &Resource<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    let service = catalog.service_by_type(&resource.kind);
    let Some(name) = &resource.name else { return };
    let kind = resource.kind.to_ascii_lowercase();
    // not its pools of nodes and add-ons
    if !kind.ends_with("cluster") && !kind.ends_with("clusters") {
        return;
    }
    if service.is_some_and(|service| &*service.capability == "kubernetes")
        && let Some(text) = name.text()
    {
        out.attribute(&resource.id, key::CLUSTER, text, name.at());
    }
}

/// What conditions switch off is nothing that runs; the project says that it is there to be switched on.
pub(crate) fn switched_off(name: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
    let project = ComponentId::project(&file.folder());
    out.component(&project, ComponentKind::Project, file.whole());
    out.attribute(&project, key::SWITCHED_OFF, name, file.at(span));
}

/// A number as an attribute.
pub(super) fn count(id: &ComponentId, number: f64, at: &Resolved<'_>, out: &mut Facts<'_>) {
    out.attribute(id, key::COUNT, number_text(number), at.at());
}
