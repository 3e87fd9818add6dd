//! Stacks within stacks: templates in the tree are evaluated with what they are given, and give back their outputs;
//! others are told with the host that they are fetched from.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::places::{Beside, beside_it};
use super::template::Template;
use super::{NESTED, root_of};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{self, Node};
use crate::scan::cloud::declared::value::{Reason, Resolved, Value};
use crate::scan::cloud::declared::write::{self, Resource};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// Types with the property that says where their template is.
pub(super) const KINDS: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];
/// Stacks in each other; real ones have three.
const DEEPEST: usize = 6;
/// Templates that one file may enter, for values and for resources.
pub(super) const MOST_CALLS: usize = 400;
/// What nothing but a called template knows of its files beside it.
static NOTHING: Beside = Beside { settings: None, manifest: None };

/// What a template needs to call others.
#[derive(Clone, Copy)]
pub(super) struct Calls<'a> {
    /// The tree.
    pub(super) input: &'a Input<'a>,
    /// Templates still to be entered.
    pub(super) left: &'a Cell<usize>,
    /// Stacks above this one.
    pub(super) depth: usize,
}

/// A template that others call.
struct Called(Option<SourceFile>);

/// Values of outputs by name.
pub(super) type Outputs<'a> = BTreeMap<String, Resolved<'a>>;

/// Where a stack's template lies.
enum Place {
    Tree(RelPath),
    Host(String),
    Nowhere(String),
    Unknown(Reason),
}

impl<'a> Template<'a> {
    /// The file of a stack's template.
    fn place(&self, stack: &'a Node) -> Option<Place> {
        let kind = stack.text_at("Type")?;
        let (_, property) = KINDS.iter().find(|(known, _)| *known == kind)?;
        let node = stack.at(&["Properties", property])?;
        let input = self.calls?.input;
        let here = self.file.folder();
        let is_there = |path: &RelPath| input.paths.binary_search(path).is_ok();
        // the CDK says it beside
        let asset = stack.at(&["Metadata", "aws:asset:path"]).and_then(Node::text);
        if let Some(path) = asset.and_then(|path| beside_it(&here, path)).filter(is_there) {
            return Some(Place::Tree(path));
        }
        let value = self.value(node, 0);
        let address = value.text().or_else(|| Some(self.shape(node)).filter(|shape| shape.contains('/')));
        let Some(address) = address else {
            let reason = value.reason().cloned();
            return Some(Place::Unknown(reason.unwrap_or_else(|| Reason::Invalid(Arc::from("it is no text")))));
        };
        let address = address.split(['?', '#']).next().unwrap_or_default();
        if let Some(path) = beside_it(&here, address).filter(is_there) {
            return Some(Place::Tree(path));
        }
        let host = toolkit::host_of(address).filter(|host| !host.contains('*'));
        // where the host is known, a file of that name is not yet that file
        if let Some(path) = by_tail(address, if host.is_some() { 2 } else { 1 }, input) {
            return Some(Place::Tree(path));
        }
        Some(match (host, value.reason()) {
            (Some(host), _) => Place::Host(host),
            (_, Some(reason)) => Place::Unknown(reason.clone()),
            _ => Place::Nowhere(address.to_owned()),
        })
    }

    /// Evaluates the template of a stack with what it is given.
    fn enter<T>(&self, name: &str, stack: &'a Node, read: impl FnOnce(&Template<'_>) -> T) -> Option<T> {
        let calls = self.calls.filter(|calls| calls.depth < DEEPEST)?;
        let Some(Place::Tree(path)) = self.place(stack) else { return None };
        if path == *self.file.path() || calls.left.get() == 0 {
            return None;
        }
        calls.left.set(calls.left.get() - 1);
        let called = calls.input.memo.of::<Called>(&path, || {
            let file = calls.input.companion(&path);
            let bytes = file.as_ref().map_or(0, |file| file.text().len());
            (Called(file), bytes * 4)
        });
        let file = called.0.as_ref()?;
        let (yaml, root) = root_of(file)?;
        let mut inner = Template::new(file, yaml, root, &NOTHING);
        inner.calls = Some(Calls { depth: calls.depth + 1, ..calls });
        inner.region = self.region.clone();
        inner.home = Some(format!("{}/{name}", self.address()));
        if let Some(given) = stack.at(&["Properties", "Parameters"]) {
            let given = self.value(given, 0);
            inner.give(given.entries(), root);
        }
        Some(read(&inner))
    }

    /// What `stack.Outputs.name` is; nothing when the name is no stack whose template is in the tree.
    pub(super) fn given_back(&self, stack: &str, output: &str, node: &'a Node) -> Option<Resolved<'a>> {
        let (name, declared) = self.stack(stack)?;
        let known = self.outputs.borrow().get(name).cloned();
        let outputs = match known {
            Some(Some(known)) => known,
            Some(None) => return Some(Resolved::unknown(self.file, node.span, Reason::Cycle(Arc::from(stack)))),
            None => {
                self.outputs.borrow_mut().insert(name, None);
                let found = self.enter(name, declared, |inner| inner.outputs(self.file, declared));
                let found = Arc::new(found.unwrap_or_default());
                self.outputs.borrow_mut().insert(name, Some(Arc::clone(&found)));
                found
            }
        };
        outputs.get(output).map(|value| value.clone().used_at(self.file, node.span))
    }

    /// Every output that conditions do not switch off, as seen from another file.
    fn outputs<'b>(&self, file: &'b SourceFile, at: &Node) -> Outputs<'b> {
        let mut found = Outputs::new();
        for (name, output) in self.declared_outputs() {
            if let Some(value) = output.get("Value") {
                found.insert(name.to_owned(), self.value(value, 0).placed(file, at.span));
            }
        }
        found
    }

    /// Gives parameters the values of a call.
    fn give(&mut self, values: &[(String, Resolved<'a>)], root: &'a Node) {
        for (name, value) in values {
            let Some(known) = self.parameters.get_mut(name.as_str()) else { continue };
            let kind = root.at(&["Parameters", name, "Type"]).and_then(Node::text).unwrap_or_default();
            let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
            *known = match &value.value {
                Value::Null => continue,
                Value::Text(text) if is_list => {
                    let item = |part: &str| Resolved::new(value.file, value.span, Value::Text(part.trim().to_owned()));
                    let items = text.split(',').map(item).collect();
                    Resolved::new(value.file, value.span, Value::List(items))
                }
                _ => value.clone(),
            };
        }
    }
}

/// Parts of an address that are compared with paths of the tree.
const PARTS: usize = 12;

/// The only file of the tree that the longest possible end of an address names, of so many parts at least.
fn by_tail(address: &str, least: usize, input: &Input<'_>) -> Option<RelPath> {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    // what is not known ends what can be compared
    let known = path.rsplit('*').next().unwrap_or(path);
    let known = known.trim_start_matches('/');
    if ![".yaml", ".yml", ".json", ".template"].iter().any(|end| known.ends_with(end)) {
        return None;
    }
    let starts = known.rmatch_indices('/').map(|(at, _)| at + 1).take(PARTS).chain([0]);
    let mut tails: Vec<&str> = starts.map(|start| &known[start..]).filter(|tail| !tail.is_empty()).collect();
    tails.drain(..(least - 1).min(tails.len()));
    // files that end with the shortest: all longer ones are among them
    let shortest = tails.first()?;
    let named: Vec<&RelPath> = input.files_at(shortest).collect();
    tails.iter().rev().find_map(|tail| {
        let mut found = named.iter().filter(|path| path.ends_with_parts(tail));
        found.next().filter(|_| found.next().is_none()).map(|path| (*path).clone())
    })
}

/// Writes what the nested stacks of a template make, and where templates outside of the tree come from.
pub(super) fn write(template: &Template<'_>, resources: &[Resource<'_>], out: &mut Facts<'_>) {
    for resource in resources.iter().filter(|resource| KINDS.iter().any(|(kind, _)| *kind == resource.kind)) {
        let name = resource.id.rest().rsplit('/').next().unwrap_or_default();
        let Some((name, declared)) = template.stack(name) else { continue };
        match template.place(declared) {
            Some(Place::Tree(path)) => {
                called(resource, &path, out);
                let mut inside = Facts::new(out.meta(), NESTED, out.room());
                let entered = template.enter(name, declared, |inner| inner.write(resource, &mut inside));
                out.absorb(inside);
                if entered.is_some() {
                    let project = ComponentId::project(&resource.file.folder());
                    out.attribute(&project, key::EVALUATED, path.as_str(), resource.file.at(resource.span));
                } else {
                    let message = format!("the nested stack `{name}` is part of itself, or one too many to be entered");
                    out.problem(DiagnosticKind::LimitReached, resource.file, Some(resource.span), message);
                }
            }
            Some(Place::Host(host)) => {
                let seen = resource.file.at(resource.span).without_excerpt();
                toolkit::distributed_by(&resource.id, &host, &seen, out);
            }
            Some(Place::Nowhere(address)) => {
                let address = toolkit::without_secrets(&address);
                let message = format!("the template `{address}` of the nested stack `{name}` is not in the tree");
                out.problem(DiagnosticKind::Unresolved, resource.file, Some(resource.span), message);
            }
            Some(Place::Unknown(reason)) => {
                let message = format!("the template of the nested stack `{name}` is not known: {reason}");
                out.problem(DiagnosticKind::Unresolved, resource.file, Some(resource.span), message);
            }
            None => {}
        }
    }
}

impl Template<'_> {
    /// Writes a template that another one calls.
    fn write(&self, stack: &Resource<'_>, out: &mut Facts<'_>) {
        self.tell_macros(out);
        let resources = self.resources(out);
        for resource in &resources {
            // the call has a say in everything that the template makes
            out.component(&resource.id, ComponentKind::Service, stack.file.at(stack.span));
        }
        write(self, &resources, out);
        if let Some(calls) = self.calls {
            write::all(&resources, calls.input.catalog, out);
        }
    }
}

/// The folder needs the folder of the template.
fn called(stack: &Resource<'_>, path: &RelPath, out: &mut Facts<'_>) {
    let project = ComponentId::project(&stack.file.folder());
    let called = ComponentId::project(&path.parent());
    let seen = || stack.file.at(stack.span);
    out.component(&project, ComponentKind::Project, stack.file.whole());
    out.component(&called, ComponentKind::Project, seen());
    out.relation(&project, RelationKind::DependsOn, &called, seen());
}

/// True for a resource that is a stack of its own.
pub(super) fn is_stack(declared: &Node) -> bool {
    let kind = declared.get("Type").filter(|kind| matches!(kind.value, parse::Value::Text(_)));
    kind.and_then(Node::text).is_some_and(|kind| KINDS.iter().any(|(known, _)| *known == kind))
}
