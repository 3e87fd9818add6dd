//! Templates that a template calls: evaluated with what they are given where they stand in the tree, else told where
//! they come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bicep::Bicep;
use super::evaluate::{Budget, Locals, Scope};
use super::expression::{Expr, Module, Node, Source, Template};
use super::template::{self, Made};
use super::{arm, bicep};
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::cloud::declared::value::{Reason, Resolved, Value};
use crate::scan::cloud::declared::write::{self, Resource};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner as _, SourceFile};
use crate::text::{RelPath, Span};

/// Modules in each other; real ones have four.
const DEEPEST: usize = 12;
/// Calls of one module that are entered.
const MOST_CALLS: usize = 16;
/// Name under which modules are written: what their files say by themselves gives way to it.
const MODULE: &str = "bicep-module";

/// Writes a template and everything that it calls.
/// Gives the resources that are its own.
pub(super) fn write(scope: &Scope<'_, '_>, input: &Input<'_>, out: &mut Facts<'_>) -> Vec<ComponentId> {
    let mut resources = scope.resources(out);
    template::tell(scope, &resources, out);
    for module in &scope.template.modules {
        resources.extend(call(scope, module, input, out));
    }
    write::all(&resources, input.catalog, out);
    resources.into_iter().map(|resource| resource.id).collect()
}

/// One call. A module of a registry whose name tells the resource is that resource.
fn call<'a>(scope: &Scope<'a, '_>, module: &Module, input: &Input<'_>, out: &mut Facts<'_>) -> Option<Resource<'a>> {
    let Made::Some(variants, instances) = scope.made(module.condition.as_ref(), &module.body) else { return None };
    match &module.source {
        Source::Inline(inner, is_alone) => {
            for variant in variants.iter().take(MOST_CALLS) {
                if !enter(scope.budget) {
                    break;
                }
                let mut nested = Scope::new(scope.file, inner, scope.budget);
                nested.input = scope.input;
                nested.home.clone_from(&scope.home);
                nested.given = given(variant);
                nested.outer = (!is_alone).then_some(scope);
                let name = variant.text_at("name").unwrap_or_else(|| module.symbol.clone());
                nested.prefix = format!("{}{name}/", scope.prefix);
                write(&nested, input, out);
            }
            None
        }
        Source::Text(address, span) => {
            if is_local(address) {
                local(scope, module, (address, *span), &variants, input, out);
                return None;
            }
            if let Some(host) = toolkit::host_of(address).filter(|_| address.contains("://")) {
                fetched(scope, &host, *span, out);
                return None;
            }
            let kind = registry(scope, address, *span, out);
            let params = variants.iter().filter_map(|variant| variant.get("params")).cloned().collect::<Vec<_>>();
            let first = params.first()?.clone();
            input.catalog.resource_type(&kind)?;
            let id = ComponentId::resource(scope.file.path(), &format!("{}{}", scope.prefix, module.symbol));
            let mut resource = Resource::new(id, kind, first, module.span);
            resource.file = scope.file;
            resource.variants = params;
            resource.instances = instances;
            Some(resource)
        }
        Source::Computed(node) => {
            linked(scope, node, out);
            None
        }
    }
}

fn enter(budget: &Budget) -> bool {
    let left = budget.modules.get();
    budget.modules.set(left.saturating_sub(1));
    left > 0
}

/// Opens the file of a module; nothing when it is open already, or lies too deep.
fn open(scope: &Scope<'_, '_>, path: &RelPath) -> bool {
    let mut open = scope.budget.open.borrow_mut();
    let may = path != scope.file.path() && !open.contains(path) && open.len() < DEEPEST;
    if may {
        open.push(path.clone());
    }
    may
}

/// What a call gives: `params`, by name in lower case.
fn given<'a>(call: &Resolved<'a>) -> BTreeMap<String, Resolved<'a>> {
    let entries = call.get("params").map_or(&[][..], Resolved::entries);
    let known = entries.iter().filter(|(_, value)| value.value != Value::Null);
    known.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

fn is_local(address: &str) -> bool {
    !address.contains("://") && !["br:", "br/", "ts:", "ts/"].iter().any(|start| address.starts_with(start))
}

/// A file of the tree that is called, with what stands in it.
struct Called(Option<(SourceFile, Template)>);

/// The template at an address, and where it lies. A path above the scanned folder is not ours to read.
fn called(folder: &RelPath, address: &str, input: &Input<'_>) -> Option<(RelPath, Arc<Called>)> {
    let path = RelPath::new(format!("{folder}/{address}").trim_start_matches('/'))?;
    let made = input.memo.of::<Called>(&path, || {
        let found = input.companion(&path).and_then(|file| {
            // what cannot be read of it is told where it is read by itself
            let mut unsaid = Facts::new(Bicep.meta(), "", 0);
            let template = if path.as_str().ends_with(".bicep") {
                bicep::template(&file, &mut unsaid)
            } else {
                arm::template(file.jsonc_root().ok()?, &mut unsaid, &file)
            };
            Some((file, template))
        });
        let bytes = found.as_ref().map_or(0, |(file, _)| file.text().len());
        (Called(found), bytes * 6)
    });
    Some((path, made))
}

/// Address of one of the calls of a module.
fn home(scope: &Scope<'_, '_>, module: &Module, at: usize, calls: usize) -> String {
    let index = if calls > 1 { format!("[{at}]") } else { String::new() };
    format!("{}/{}{}{index}", scope.base(), scope.prefix, module.symbol)
}

/// A template in the tree.
fn local(
    scope: &Scope<'_, '_>,
    module: &Module,
    (address, span): (&str, Span),
    calls: &[Resolved<'_>],
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let folder = scope.file.folder();
    let Some((path, found)) = called(&folder, address, input) else { return };
    let project = ComponentId::project(&folder);
    let other = ComponentId::project(&path.parent());
    let seen = || scope.file.at(span);
    out.component(&project, ComponentKind::Project, scope.file.whole());
    out.component(&other, ComponentKind::Project, seen());
    out.relation(&project, RelationKind::DependsOn, &other, seen());
    let Some((file, template)) = &found.0 else {
        let message = format!("the module `{address}` is not in the tree");
        out.problem(DiagnosticKind::Unresolved, scope.file, Some(span), message);
        return;
    };
    if !open(scope, &path) {
        let message = format!(
            "the module `{address}` is part of itself, or lies within more than {DEEPEST} others; it was not entered"
        );
        out.problem(DiagnosticKind::LimitReached, scope.file, Some(span), message);
        return;
    }
    for (at, call) in calls.iter().take(MOST_CALLS).enumerate() {
        if !enter(scope.budget) {
            let message = "the file calls too many modules; the rest of them was not entered";
            out.problem(DiagnosticKind::LimitReached, scope.file, Some(span), message);
            break;
        }
        let mut inner = Scope::new(file, template, scope.budget);
        inner.input = Some(input);
        inner.given = given(call);
        inner.home = Some(home(scope, module, at, calls.len()));
        let mut inside = Facts::new(out.meta(), MODULE, out.room());
        for resource in write(&inner, input, &mut inside) {
            // the call has a say in everything that the module makes
            inside.component(&resource, ComponentKind::Service, scope.file.at(span));
        }
        out.absorb(inside);
        out.attribute(&project, key::EVALUATED, path.as_str(), seen());
    }
    scope.budget.open.borrow_mut().pop();
}

impl<'a> Scope<'a, '_> {
    /// What `module.outputs.name` is: evaluated in the module's file with what the call gives.
    pub(super) fn given_back(
        &self,
        of: &Node,
        name: &str,
        node: &Node,
        locals: Locals<'_, 'a>,
        depth: usize,
    ) -> Option<Resolved<'a>> {
        let Expr::Member(of, word) = &of.expr else { return None };
        let (symbol, at) = match &of.expr {
            _ if word != "outputs" => return None,
            Expr::Name(symbol) => (symbol, None),
            Expr::Index(of, at) => match &of.expr {
                Expr::Name(symbol) => (symbol, Some(self.value_in(at, locals, depth).value.number()?)),
                _ => return None,
            },
            _ => return None,
        };
        let module = self.template.modules.iter().find(|module| module.symbol == *symbol)?;
        let (Source::Text(address, _), input) = (&module.source, self.input?) else { return None };
        if !is_local(address) {
            return None;
        }
        let key = format!("m:{symbol}:{at:?}:{name}");
        if let Some(known) = self.known.borrow().get(&key) {
            return Some(known.clone().used_at(self.file, node.span));
        }
        if !self.busy.borrow_mut().insert(format!("m:{symbol}")) {
            return Some(self.unknown(node, Reason::Cycle(Arc::from(symbol.as_str()))));
        }
        let found = self.output(module, (address, at), name, node, input, depth);
        self.busy.borrow_mut().remove(&format!("m:{symbol}"));
        let found = found?;
        self.keep(&key, &found, depth);
        Some(found)
    }

    fn output(
        &self,
        module: &Module,
        (address, at): (&str, Option<f64>),
        name: &str,
        node: &Node,
        input: &Input<'_>,
        depth: usize,
    ) -> Option<Resolved<'a>> {
        // modules whose parameters ask others for what they give back lie in each other as expressions do
        let made = self.made_at(module.condition.as_ref(), &module.body, depth);
        let Made::Some(variants, _) = made else { return None };
        let index = (0..variants.len()).find(|index| at.is_none_or(|at| at == *index as f64))?;
        let (path, found) = called(&self.file.folder(), address, input)?;
        let (file, template) = found.0.as_ref()?;
        let (_, output) = template.outputs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        if !enter(self.budget) || !open(self, &path) {
            return Some(self.unknown(node, Reason::Limit));
        }
        let mut inner = Scope::new(file, template, self.budget);
        inner.input = Some(input);
        inner.given = given(&variants[index]);
        inner.home = Some(home(self, module, index, variants.len()));
        let found = inner.value_in(output, None, depth).placed(self.file, node.span);
        self.budget.open.borrow_mut().pop();
        Some(found)
    }
}

/// A module of a registry: `br:host/path:tag`, `br/public:path:tag`, `br/alias:path:tag`. Gives the name of its kind.
fn registry(scope: &Scope<'_, '_>, address: &str, span: Span, out: &mut Facts<'_>) -> String {
    let (start, rest) = address.split_once(':').unwrap_or((address, ""));
    let reference = match start {
        "br" => rest.to_owned(),
        // defined by the language: the public registry
        "br/public" => format!("mcr.microsoft.com/bicep/{rest}"),
        _ => {
            let message =
                format!("the registry of the module `{address}` is named in a configuration file, which is not read");
            out.problem(DiagnosticKind::Unresolved, scope.file, Some(span), message);
            return address.to_owned();
        }
    };
    let project = ComponentId::project(&scope.file.folder());
    if let Some(found) = ImageReference::parse(&reference) {
        let id = found.id();
        let seen = || scope.file.at(span);
        out.component(&project, ComponentKind::Project, scope.file.whole());
        out.component(&id, ComponentKind::Package, seen());
        out.attribute(&id, key::ECOSYSTEM, "bicep", seen());
        out.attribute(&id, key::NAME, found.full_name(), seen());
        out.attribute(&id, key::RELATION, "direct", seen());
        out.attribute(&id, key::RESOLUTION, "locked", seen());
        if let Some(version) = found.digest.as_ref().or(found.tag.as_ref()) {
            out.attribute(&id, key::VERSION, version, seen());
        }
        out.relation(&project, RelationKind::DependsOn, &id, seen());
        if let Some(host) = reference.split('/').next() {
            toolkit::distributed_by(&id, host, &seen(), out);
        }
    }
    // the version is no part of the kind
    address.rsplit_once(':').map_or(address, |(kind, _)| kind).to_owned()
}

/// A template that is fetched from an address.
fn linked(scope: &Scope<'_, '_>, node: &Node, out: &mut Facts<'_>) {
    let value = scope.value(node);
    match (value.text().and_then(|text| toolkit::host_of(&text)), value.reason()) {
        (Some(host), _) => fetched(scope, &host, node.span, out),
        (None, Some(reason)) => {
            let message = format!("the address of a linked template is not known: {reason}");
            out.problem(DiagnosticKind::Unresolved, scope.file, Some(node.span), message);
        }
        (None, None) => {}
    }
}

fn fetched(scope: &Scope<'_, '_>, host: &str, span: Span, out: &mut Facts<'_>) {
    let project = ComponentId::project(&scope.file.folder());
    out.component(&project, ComponentKind::Project, scope.file.whole());
    toolkit::distributed_by(&project, host, &scope.file.at(span).without_excerpt(), out);
}
