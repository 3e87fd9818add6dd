//! A template: its parts, its values and its resources.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::nested::{self, Calls, Outputs};
use super::places::Beside;
use super::sam;
use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::parse::yaml::Yaml;
use crate::parse::{self, Node};
use crate::scan::cloud::declared::value::{MAX_WEIGHT, Mention, Reason, Resolved, Value};
use crate::scan::cloud::declared::write::{Resource, switched_off};
use crate::scan::{Facts, SourceFile};

/// Values that are evaluated in one template.
const STEPS: usize = 400_000;
/// Deepest expression.
const DEPTH: usize = 100;

/// What is read of a template.
pub(super) struct Template<'a> {
    /// The file.
    pub(super) file: &'a SourceFile,
    yaml: Option<&'a Yaml>,
    root: &'a Node,
    /// Values of parameters by name.
    pub(super) parameters: BTreeMap<&'a str, Resolved<'a>>,
    /// Conditions as written.
    pub(super) conditions: BTreeMap<&'a str, &'a Node>,
    /// `Mappings`.
    pub(super) mappings: Option<&'a Node>,
    resources: BTreeMap<&'a str, &'a Node>,
    /// Regions it is deployed to.
    pub(super) region: Resolved<'a>,
    /// What it needs to call other templates.
    pub(super) calls: Option<Calls<'a>>,
    /// Address of the stack that calls it.
    pub(super) home: Option<String>,
    /// What its stacks give back; one that is being evaluated is missing its value.
    pub(super) outputs: RefCell<BTreeMap<&'a str, Option<Arc<Outputs<'a>>>>>,
    steps: Cell<usize>,
    /// Conditions that are known; one that is being evaluated is missing its value.
    pub(super) known: RefCell<BTreeMap<&'a str, Option<Result<bool, Reason>>>>,
}

/// A function with its argument.
pub(super) struct Call<'a> {
    /// `Ref`, `Sub`, `GetAtt`: without `Fn::`.
    pub(super) name: &'a str,
    /// What it is given.
    pub(super) argument: &'a Node,
    /// The argument has the function as its tag.
    pub(super) is_tag: bool,
}

impl<'a> Template<'a> {
    /// Reads the parts.
    pub(super) fn new(file: &'a SourceFile, yaml: Option<&'a Yaml>, root: &'a Node, beside: &'a Beside) -> Self {
        let section = |name: &str| root.get(name).map_or(&[][..], Node::entries).iter();
        let named = |name: &str| section(name).map(|entry| (&*entry.key, &entry.value)).collect();
        let regions: Vec<Resolved<'a>> = beside
            .regions(file)
            .into_iter()
            .map(|told| Resolved::new(told.file, told.node.span, Value::Text(told.text)))
            .collect();
        let here = root.entry("Resources").map_or(root.span, |entry| entry.key_span);
        let region = match <[Resolved<'a>; 1]>::try_from(regions) {
            Ok([one]) => one,
            Err(none) if none.is_empty() => Resolved::unknown(file, here, Reason::Target(Arc::from("AWS::Region"))),
            Err(several) => Resolved::new(file, here, Value::List(several)),
        };
        let given: BTreeMap<String, _> = beside.parameters().into_iter().collect();
        let parameters = section("Parameters").map(|entry| {
            let value = match given.get(&*entry.key) {
                Some(told) => Resolved::new(told.file, told.node.span, Value::Text(told.text.clone())),
                None => default(file, &entry.key, &entry.value),
            };
            (&*entry.key, value)
        });
        Self {
            file,
            yaml,
            root,
            parameters: parameters.collect(),
            conditions: named("Conditions"),
            mappings: root.get("Mappings"),
            resources: named("Resources"),
            region,
            calls: None,
            home: None,
            outputs: RefCell::default(),
            steps: Cell::new(STEPS),
            known: RefCell::default(),
        }
    }

    /// What `AWS::Region` is.
    pub(super) fn own_region(&self) -> Value<'a> {
        match &self.region.value {
            // deployed to several
            Value::List(_) => Value::Unknown(Reason::Target(Arc::from("AWS::Region"))),
            value => value.clone(),
        }
    }

    /// True for the name of a resource.
    pub(super) fn resource(&self, name: &str) -> Option<ComponentId> {
        self.resources.get(name).map(|_| self.id(name))
    }

    /// What stands before the names of its resources: the file, or the stack that calls it.
    pub(super) fn address(&self) -> &str {
        self.home.as_deref().unwrap_or(self.file.path().as_str())
    }

    fn id(&self, name: &str) -> ComponentId {
        ComponentId::of("resource", format_args!("{}/{name}", self.address()))
    }

    /// A resource that is a stack of its own.
    pub(super) fn stack(&self, name: &str) -> Option<(&'a str, &'a Node)> {
        let (name, declared) = self.resources.get_key_value(name)?;
        nested::is_stack(declared).then_some((*name, *declared))
    }

    /// Outputs that conditions do not switch off.
    pub(super) fn declared_outputs(&self) -> Vec<(&'a str, &'a Node)> {
        let all = self.root.get("Outputs").map_or(&[][..], Node::entries).iter();
        let is_on = |output: &Node| {
            output.text_at("Condition").is_none_or(|condition| self.condition(condition, 0) != Ok(false))
        };
        all.filter(|entry| is_on(&entry.value)).map(|entry| (&*entry.key, &entry.value)).collect()
    }

    /// The function that a value calls: as a tag, or as the only name of a map.
    pub(super) fn call(&self, node: &'a Node) -> Option<Call<'a>> {
        if let Some(name) = self.yaml.and_then(|yaml| yaml.tag(node)) {
            return Some(Call { name, argument: node, is_tag: true });
        }
        Self::named_call(node)
    }

    /// A function as the only name of a map.
    fn named_call(node: &'a Node) -> Option<Call<'a>> {
        let parse::Value::Map(entries) = &node.value else { return None };
        let [entry] = entries.as_slice() else { return None };
        let name = match &*entry.key {
            key @ ("Ref" | "Condition") => key,
            key => key.strip_prefix("Fn::")?,
        };
        Some(Call { name, argument: &entry.value, is_tag: false })
    }

    /// The argument of a function, evaluated.
    pub(super) fn argument(&self, call: &Call<'a>, depth: usize) -> Resolved<'a> {
        match Self::named_call(call.argument).filter(|_| call.is_tag) {
            // a tag before a function by name
            Some(inner) if depth < DEPTH => self.function(&inner, call.argument, depth + 1),
            _ if call.is_tag => self.plain(call.argument, depth),
            _ => self.value(call.argument, depth),
        }
    }

    /// As much of the argument of a function as is known, as [`Self::shape`].
    pub(super) fn shape_of_argument(&self, call: &Call<'a>) -> String {
        match Self::named_call(call.argument).filter(|_| call.is_tag) {
            Some(inner) => self.shape_of(Some(&inner), call.argument),
            None if call.is_tag => call.argument.scalar().map_or_else(|| "*".to_owned(), std::borrow::Cow::into_owned),
            None => self.shape(call.argument),
        }
    }

    /// The arguments of a function, not evaluated; an element alone is a list of one.
    pub(super) fn arguments(&self, call: &Call<'a>) -> &'a [Node] {
        match &call.argument.value {
            parse::Value::List(items) => items,
            _ => std::slice::from_ref(call.argument),
        }
    }

    /// What a node means.
    pub(super) fn value(&self, node: &'a Node, depth: usize) -> Resolved<'a> {
        if depth > DEPTH || !self.step(1) {
            return Resolved::unknown(self.file, node.span, Reason::Limit);
        }
        match self.call(node) {
            Some(call) => {
                let mut found = self.function(&call, node, depth + 1);
                let weight = found.weight();
                if !self.step(weight) || weight > MAX_WEIGHT {
                    found = Resolved::unknown(self.file, node.span, Reason::Limit);
                }
                // what stands there is the call
                (found.file, found.span) = (self.file, node.span);
                found
            }
            None => self.plain(node, depth),
        }
    }

    /// A node without looking at its tag.
    fn plain(&self, node: &'a Node, depth: usize) -> Resolved<'a> {
        let value = match &node.value {
            parse::Value::Null => Value::Null,
            parse::Value::Bool(truth) => Value::Bool(*truth),
            parse::Value::Number(text) => number(text),
            // looked up in a store when it is deployed
            parse::Value::Text(text) if text.contains("{{resolve:") => {
                Value::Unknown(Reason::Elsewhere(Arc::from("a value of a parameter or secret store")))
            }
            parse::Value::Text(text) => Value::Text(text.to_string()),
            parse::Value::List(items) => {
                let items = items.iter().map(|item| self.value(item, depth + 1));
                Value::List(items.filter(|item| item.value != Value::Null).collect())
            }
            parse::Value::Map(entries) => Value::Map(
                entries.iter().map(|entry| (entry.key.to_string(), self.value(&entry.value, depth + 1))).collect(),
            ),
        };
        Resolved::new(self.file, node.span, value)
    }

    pub(super) fn step(&self, cost: usize) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(cost));
        left > cost
    }

    /// Every resource that conditions do not switch off.
    pub(super) fn resources(&self, out: &mut Facts<'_>) -> Vec<Resource<'a>> {
        let globals = sam::Globals::of(self, self.root);
        let mut found = Vec::new();
        for entry in self.root.get("Resources").map_or(&[][..], Node::entries) {
            let node = &entry.value;
            if entry.key.starts_with("Fn::") {
                let message = format!("`{}` is not evaluated: what it makes is not known", entry.key);
                out.problem(DiagnosticKind::Unresolved, self.file, Some(entry.key_span), message);
                continue;
            }
            let Some(kind) = node.text_at("Type") else {
                let message = format!("`{}` of `Resources` names no type, and was not read", entry.key);
                out.problem(DiagnosticKind::Malformed, self.file, Some(entry.key_span), message);
                continue;
            };
            if let Some(condition) = node.get("Condition")
                && let Some(name) = condition.text()
                && self.condition(name, 0) == Ok(false)
            {
                switched_off(&entry.key, self.file, condition.span, out);
                continue;
            }
            let id = self.id(&entry.key);
            let mut properties = match node.get("Properties") {
                Some(properties) => {
                    if !properties.is_map() && properties.value != parse::Value::Null {
                        let message = format!("`Properties` of `{}` are no table, and were not read", entry.key);
                        out.problem(DiagnosticKind::Malformed, self.file, Some(properties.span), message);
                    }
                    self.value(properties, 0)
                }
                None => Resolved::new(self.file, entry.key_span, Value::Map(Vec::new())),
            };
            globals.apply(kind, &mut properties);
            let mut resource = Resource::new(id, kind, properties, entry.key_span);
            resource.file = self.file;
            resource.region = Some(self.region.clone());
            resource.needs = self.needs(node);
            found.push(resource);
        }
        if self.steps.get() == 0 {
            let message = "the template asks for too many steps; the rest of it was not evaluated";
            out.problem(DiagnosticKind::LimitReached, self.file, Some(self.root.span), message);
        }
        found
    }

    /// `DependsOn`.
    fn needs(&self, node: &'a Node) -> Vec<Mention<'a>> {
        let Some(needs) = node.get("DependsOn") else { return Vec::new() };
        let names = match &needs.value {
            parse::Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(needs),
        };
        let mention = |name: &'a Node| {
            let to = self.resource(name.text()?)?;
            Some(Mention { to, file: self.file, span: name.span })
        };
        names.iter().filter_map(mention).collect()
    }

    /// Says once that the region is not known, when anything is there to lie in one.
    pub(super) fn tell_region(&self, out: &mut Facts<'_>) {
        if self.region.value.unknown().is_some() && !self.resources.is_empty() {
            let message = "the region of the stack is known only to its deployment";
            out.problem(DiagnosticKind::Unresolved, self.file, Some(self.region.span), message);
        }
    }

    /// Sections that are not what they have to be, and macros.
    pub(super) fn tell_odd(&self, out: &mut Facts<'_>) {
        for name in ["Parameters", "Mappings", "Conditions", "Resources", "Globals"] {
            let Some(section) = self.root.get(name) else { continue };
            if !section.is_map() && section.value != parse::Value::Null {
                let message = format!("`{name}` of the template is no table, and was not read");
                out.problem(DiagnosticKind::Malformed, self.file, Some(section.span), message);
            }
        }
        self.tell_macros(out);
    }

    /// Macros change a template in ways that nobody sees, whoever calls it.
    pub(super) fn tell_macros(&self, out: &mut Facts<'_>) {
        let Some(transform) = self.root.get("Transform") else { return };
        let names = match &transform.value {
            parse::Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(transform),
        };
        for name in names {
            let known = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "AWS::SecretsManager-"];
            if let parse::Value::Text(text) = &name.value
                && !known.iter().any(|known| text.starts_with(known))
            {
                let message = format!("the macro `{text}` is not run: what it changes is not known");
                out.problem(DiagnosticKind::Unresolved, self.file, Some(name.span), message);
            }
        }
    }
}

/// A number; one that does not look the same when written again is a text, such as an account with leading zeros.
pub(super) fn number<'a>(text: &str) -> Value<'a> {
    use crate::scan::cloud::declared::value::number_text;
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number_text(number) == text => Value::Number(number),
        _ => Value::Text(text.to_owned()),
    }
}

/// The default of a parameter, as its type reads it.
fn default<'a>(file: &'a SourceFile, name: &str, parameter: &'a Node) -> Resolved<'a> {
    let kind = parameter.text_at("Type").unwrap_or("String");
    let Some(default) = parameter.get("Default") else {
        return Resolved::unknown(file, parameter.span, Reason::Parameter(Arc::from(name)));
    };
    let Some(text) = default.scalar() else {
        return Resolved::unknown(file, default.span, Reason::Parameter(Arc::from(name)));
    };
    let value = if kind.starts_with("AWS::SSM::Parameter::Value") {
        // the default is a name under which the value is looked up
        Value::Unknown(Reason::Elsewhere(Arc::from(&*text)))
    } else if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let item = |text: &str| Resolved::new(file, default.span, Value::Text(text.trim().to_owned()));
        Value::List(text.split(',').map(item).collect())
    } else {
        Value::Text(text.into_owned())
    };
    Resolved::new(file, default.span, value)
}
