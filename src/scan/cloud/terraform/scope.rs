//! Names of one module as one call of it sees them, and the tree of calls below a root module.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use hcl_edit::expr::Expression;

use super::facts::{Instances, address, provider_of, switched_off, written};
use super::folders::{Folder, Tree};
use super::syntax::{Inside, Item, Source};
use super::value::{Reason, Value};
use crate::model::{ComponentId, ComponentKind};
use crate::scan::{Facts, Seen};
use crate::text::RelPath;

/// Deepest chain of module calls.
const MOST_CALLS_DEEP: usize = 16;
/// Modules that one root may make in all: a module that calls another ten times, five levels down, ends here.
const MOST_MODULES: usize = 2_000;
/// Instances of one call that are evaluated one by one.
const MOST_INSTANCES: usize = 32;

/// Names bound by `for`, `for_each` and `count`, innermost first.
#[derive(Clone, Copy)]
pub(super) struct Bound<'b> {
    /// Name.
    pub(super) name: &'b str,
    /// Its value.
    pub(super) value: &'b Value,
    /// Names around it.
    pub(super) outer: Option<&'b Self>,
}

impl Bound<'_> {
    /// The value of a name.
    pub(super) fn find<'s>(bound: Option<&'s Bound<'s>>, name: &str) -> Option<&'s Value> {
        let mut next = bound;
        while let Some(bound) = next {
            if bound.name == name {
                return Some(bound.value);
            }
            next = bound.outer;
        }
        None
    }
}

/// A variable of the module.
#[derive(Default)]
pub(super) struct Variable<'a> {
    /// What the call gives it.
    pub(super) argument: Option<Source<'a>>,
    /// Value from a tfvars file, else the default.
    pub(super) value: Option<Source<'a>>,
    /// Type constraint, which may add defaults of its own.
    pub(super) kind: Option<&'a Expression>,
    /// True where `null` means the default.
    pub(super) never_null: bool,
}

/// Who calls a module.
pub(super) struct Caller<'a> {
    scope: Weak<Scope<'a>>,
    /// The call.
    item: &'a Item<'a>,
    /// `each` or `count` of this instance.
    pub(super) bound: Option<(&'static str, Value)>,
}

impl<'a> Caller<'a> {
    /// The calling module. It outlives what it calls.
    pub(super) fn scope(&self) -> Option<Rc<Scope<'a>>> {
        self.scope.upgrade()
    }
}

/// A call of a module whose folder is in the tree.
pub(super) struct Call<'a> {
    /// The call's block.
    pub(super) item: &'a Item<'a>,
    /// What it calls.
    pub(super) folder: &'a Folder<'a>,
    made: RefCell<Option<Made<'a>>>,
}

impl<'a> Call<'a> {
    /// A call that nothing asked for yet.
    pub(super) fn new(item: &'a Item<'a>, folder: &'a Folder<'a>) -> Self {
        Self { item, folder, made: RefCell::new(None) }
    }
}

/// What a call makes.
#[derive(Clone)]
pub(super) enum Made<'a> {
    /// Instances, evaluated one by one or, where they are very many or not known, all as one.
    Modules(Rc<[Rc<Scope<'a>>]>),
    /// It calls itself, or is too deep or one too many.
    Refused(&'static str),
}

/// An instance of a call, or all as one.
struct Instance {
    /// As an address writes it.
    key: Option<String>,
    /// `each` or `count`.
    bound: Option<(&'static str, Value)>,
    /// How many.
    times: Option<f64>,
}

/// What all modules of one root share.
#[derive(Default)]
pub(super) struct Budget {
    /// Steps taken so far.
    pub(super) steps: Cell<usize>,
    /// Bytes of other files that were read.
    pub(super) read: Cell<usize>,
    modules: Cell<usize>,
}

/// Names of a module.
#[derive(Default)]
pub(super) struct Scope<'a> {
    /// Variables.
    pub(super) variables: BTreeMap<String, Variable<'a>>,
    /// Locals.
    pub(super) locals: BTreeMap<String, Source<'a>>,
    /// Outputs.
    pub(super) outputs: BTreeMap<String, Source<'a>>,
    /// Resources by address: an argument that is set is the value of the attribute of that name.
    pub(super) resources: BTreeMap<String, Inside<'a>>,
    /// Data sources by address below `data`.
    pub(super) data: BTreeMap<String, &'a Item<'a>>,
    /// Provider blocks by local name with alias.
    pub(super) providers: BTreeMap<String, &'a Item<'a>>,
    /// Calls of modules in the tree, by name.
    pub(super) calls: BTreeMap<String, Call<'a>>,
    /// Calls that are components, by address: what they give is known to a run only.
    pub(super) opaque: OnceCell<BTreeSet<String>>,
    /// Folder of the module.
    pub(super) folder: Option<&'a Folder<'a>>,
    /// All folders.
    pub(super) tree: Option<&'a Tree<'a>>,
    /// Who calls it; nobody calls a root.
    pub(super) caller: Option<Caller<'a>>,
    /// How many instances this one stands for; nothing when that is known to a run only.
    times: Option<f64>,
    /// Folder of the root module.
    root: Option<RelPath>,
    /// What its addresses begin with: `module.network.`.
    prefix: String,
    depth: usize,
    /// Itself, for what it calls.
    me: Weak<Self>,
    /// Shared by all modules of a root.
    pub(super) budget: Rc<Budget>,
    /// Values of names, once computed.
    pub(super) known: RefCell<BTreeMap<String, Value>>,
    /// Names that are being computed.
    pub(super) open: RefCell<BTreeSet<String>>,
    off: OnceCell<BTreeSet<String>>,
}

impl<'a> Scope<'a> {
    /// The names of a root module.
    pub(super) fn root(tree: &'a Tree<'a>, folder: &'a Folder<'a>) -> Rc<Self> {
        Rc::new_cyclic(|me| {
            let mut scope = tree.names(folder);
            folder.give(&mut scope);
            scope.folder = Some(folder);
            scope.root = Some(folder.path.clone());
            scope.times = Some(1.0);
            scope.me = me.clone();
            scope
        })
    }

    /// Names for resources that were computed elsewhere: none, and every resource that many times.
    pub(super) fn computed(folder: &RelPath, times: usize) -> Self {
        Self { root: Some(folder.clone()), times: Some(times as f64), ..Self::default() }
    }

    fn called(&self, call: &Call<'a>, instance: Instance) -> Rc<Self> {
        let Instance { key, bound, times } = instance;
        let name = call.item.label(0);
        Rc::new_cyclic(|me| {
            // files of values speak to roots only
            let mut scope = self.tree.map_or_else(Self::default, |tree| tree.names(call.folder));
            for (name, variable) in &mut scope.variables {
                variable.argument = call.item.inside.get(name);
            }
            scope.folder = Some(call.folder);
            scope.root.clone_from(&self.root);
            scope.caller = Some(Caller { scope: self.me.clone(), item: call.item, bound });
            let key = key.map_or_else(String::new, |key| format!("[{key}]"));
            scope.prefix = format!("{}module.{name}{key}.", self.prefix);
            scope.depth = self.depth + 1;
            scope.times = times;
            scope.budget = Rc::clone(&self.budget);
            scope.me = me.clone();
            scope
        })
    }

    /// Address under the root module: `module.network.aws_vpc.main`.
    pub(super) fn absolute(&self, address: &str) -> String {
        format!("{}{address}", self.prefix)
    }

    /// Id of a resource or call of this module.
    pub(super) fn id(&self, item: &Item<'_>) -> ComponentId {
        self.id_of(&self.absolute(&address(item)))
    }

    /// Id of what has an address under the root module.
    pub(super) fn id_of(&self, absolute: &str) -> ComponentId {
        ComponentId::resource(&self.root_folder(), absolute)
    }

    /// Folder of the root module.
    pub(super) fn root_folder(&self) -> RelPath {
        self.root.clone().unwrap_or_else(RelPath::root)
    }

    /// How many instances this one stands for; nothing when that is known to a run only.
    pub(super) fn times(&self) -> Option<f64> {
        if self.root.is_none() { Some(1.0) } else { self.times }
    }

    /// Resources and calls of which `count` or `for_each` make none with these values, by address.
    pub(super) fn off(&self) -> &BTreeSet<String> {
        self.off.get_or_init(|| self.folder.map_or_else(BTreeSet::new, |folder| switched_off(&folder.items, self)))
    }

    /// Writes an attribute at every place that its value is written.
    pub(super) fn write(
        &self,
        id: &ComponentId,
        key: &'static str,
        value: &str,
        source: &Source<'a>,
        out: &mut Facts<'_>,
    ) {
        for seen in self.places(source) {
            out.attribute(id, key, value, seen);
        }
    }

    /// Writes the calls that made this module as places of what is in it, from the inside out.
    pub(super) fn called_at(&self, id: &ComponentId, out: &mut Facts<'_>) {
        let Some(caller) = &self.caller else { return };
        out.component(id, ComponentKind::Service, caller.item.file.at(caller.item.span));
        if let Some(scope) = caller.scope() {
            scope.called_at(id, out);
        }
    }

    /// The workspace that the root module's settings name, where they name one.
    pub(super) fn workspace(&self) -> Option<&'a str> {
        if let Some(scope) = self.caller.as_ref().and_then(Caller::scope) {
            return scope.workspace();
        }
        let settings = self.folder?.items.iter().filter(|item| item.kind == "terraform");
        let mut blocks = settings.flat_map(|item| item.inside.below()).flat_map(|inside| inside.blocks("workspaces"));
        blocks.find_map(|block| match block.get("name")? {
            Source::Hcl(Expression::String(text), _) => Some(text.value().as_str()),
            Source::Json(node, _) => node.text(),
            Source::Hcl(..) => None,
        })
    }

    /// A resource of this module by its address under the root, with its type.
    pub(super) fn own<'s>(&'s self, absolute: &'s str) -> Option<(&'s str, &'s Inside<'a>)> {
        let address = absolute.strip_prefix(&*self.prefix)?;
        let inside = self.resources.get(address)?;
        Some((address.split('.').next().unwrap_or_default(), inside))
    }

    /// Where a value is written: the expression, and what callers give the variable that it is.
    fn places(&self, source: &Source<'a>) -> Vec<Seen> {
        let mut found = vec![source.at()];
        let argument = source.variable().and_then(|name| self.variables.get(name)?.argument);
        if let Some(argument) = argument
            && let Some(caller) = self.caller.as_ref().and_then(Caller::scope)
        {
            found.extend(caller.places(&argument));
        }
        found
    }

    /// Itself, to be kept.
    pub(super) fn itself(&self) -> Option<Rc<Self>> {
        self.me.upgrade()
    }

    /// The block that configures a provider of this module, with the module that it stands in: its own, else the
    /// one that the call hands over, else the caller's of the same name.
    pub(super) fn provider(&self, name: &str) -> Option<(Rc<Self>, &'a Item<'a>)> {
        if let Some(item) = self.providers.get(name).filter(|item| self.caller.is_none() || says_something(item)) {
            return Some((self.itself()?, item));
        }
        let caller = self.caller.as_ref()?;
        let handed = match caller.item.inside.get("providers") {
            Some(source) => source.entry(name).map(|source| written(&source)),
            None => {
                let blocks = caller.item.inside.blocks("providers");
                blocks.first().and_then(|block| block.get(name)).map(|source| written(&source))
            }
        };
        // only what has no alias is handed down unasked
        let name = handed.or_else(|| (!name.contains('.')).then(|| name.to_owned()))?;
        caller.scope()?.provider(&name)
    }

    /// The region that the provider block of a resource or data source says.
    pub(super) fn provider_region(&self, item: &Item<'a>, depth: usize) -> Option<Value> {
        let (scope, block) = self.provider(&provider_of(item))?;
        let source = block.inside.get("region").or_else(|| block.inside.get("zone"))?;
        Some(scope.source(&source, None, depth + 1))
    }

    /// What a call makes; nothing when it is no call of a module in the tree, or needs itself.
    pub(super) fn made(&self, name: &str) -> Option<Made<'a>> {
        let call = self.calls.get(name)?;
        if let Some(made) = &*call.made.borrow() {
            return Some(made.clone());
        }
        let open = format!("module.{name}");
        if !self.open.borrow_mut().insert(open.clone()) {
            return None;
        }
        let made = self.make(call);
        self.open.borrow_mut().remove(&open);
        *call.made.borrow_mut() = Some(made.clone());
        Some(made)
    }

    /// Folders from here up to the root's.
    fn is_below(&self, folder: &RelPath) -> bool {
        if self.folder.is_some_and(|own| own.path == *folder) {
            return true;
        }
        self.caller.as_ref().and_then(Caller::scope).is_some_and(|caller| caller.is_below(folder))
    }

    fn make(&self, call: &Call<'a>) -> Made<'a> {
        if self.is_below(&call.folder.path) {
            return Made::Refused("the module calls itself");
        }
        if self.depth >= MOST_CALLS_DEEP {
            return Made::Refused("modules call each other too deeply");
        }
        let instances = Instances::of(call.item, self);
        let own = self.times();
        let one = |key: String, bound| Instance { key: Some(key), bound: Some(bound), times: own };
        let each: Vec<Instance> = match instances {
            Instances::Each(all) if all.len() <= MOST_INSTANCES => {
                let key = |one: &Value| one.index(&Value::Text("key".to_owned())).text().unwrap_or_default();
                all.into_iter().map(|value| one(format!("{:?}", key(&value)), ("each", value))).collect()
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
            Instances::Count(number) if (0.0..=MOST_INSTANCES as f64).contains(&number) => {
                let index = |at: usize| BTreeMap::from([("index".to_owned(), Value::Number(at as f64))]);
                (0..number as usize).map(|at| one(at.to_string(), ("count", Value::Object(index(at))))).collect()
            }
            // what differs from instance to instance is unknown then, for all at once
            _ => {
                let times = instances.number().zip(own).map(|(number, own)| number * own);
                vec![Instance { key: None, bound: None, times }]
            }
        };
        if self.budget.modules.get() + each.len() > MOST_MODULES {
            return Made::Refused("the root module makes too many modules");
        }
        self.budget.modules.set(self.budget.modules.get() + each.len());
        Made::Modules(each.into_iter().map(|instance| self.called(call, instance)).collect())
    }

    /// What an output of a called module is, for one instance or all.
    pub(super) fn output(&self, name: &str, key: Option<&Value>, output: &str, depth: usize) -> Value {
        let elsewhere = || Value::Unknown(Reason::Elsewhere(Arc::from(format!("module.{name}.{output}"))));
        let Some(made) = self.made(name) else { return elsewhere() };
        let Made::Modules(modules) = made else { return elsewhere() };
        let found = match (&*modules, key) {
            ([one], None) => Some(one),
            (all, Some(key)) => {
                let wanted = key.text().map(|text| match key {
                    Value::Number(_) => format!("module.{name}[{text}]."),
                    _ => format!("module.{name}[{text:?}]."),
                });
                let exact = wanted.and_then(|wanted| all.iter().find(|module| module.prefix.ends_with(&wanted)));
                // one that stands for all
                exact.or(match all {
                    [one] if !one.prefix.ends_with("].") => Some(one),
                    _ => None,
                })
            }
            _ => None,
        };
        found.map_or_else(elsewhere, |module| module.own_output(output, depth))
    }
}

/// Older modules have empty provider blocks where they mean the caller's.
fn says_something(item: &Item<'_>) -> bool {
    item.inside.arguments().iter().any(|(name, _)| !matches!(name.as_str(), "alias" | "version"))
}
