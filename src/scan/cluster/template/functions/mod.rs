//! Functions of templates: those of the language, of Sprig and of Helm, as far as charts commonly use them.

mod lists;
mod numbers;
mod tables;
mod texts;
mod written;

use super::machine::Machine;
use super::program::Failure;
use super::value::{Table, Value};

/// Values that a function is called with.
pub(super) struct Args(pub(super) Vec<Value>);

impl Args {
    fn value(&self, at: usize) -> Value {
        self.0.get(at).cloned().unwrap_or(Value::Nil)
    }

    fn text(&self, at: usize) -> String {
        self.0.get(at).map_or_else(String::new, Value::printed)
    }

    fn int(&self, at: usize) -> i64 {
        self.0.get(at).map_or(0, Value::as_int)
    }

    /// A count that is no less than nothing.
    fn count(&self, at: usize) -> usize {
        usize::try_from(self.int(at)).unwrap_or(0)
    }

    fn last(&self) -> Value {
        self.0.last().cloned().unwrap_or(Value::Nil)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// What a function of one kind gives: nothing when it is of another kind.
type Answer = Option<Result<Value, String>>;

/// Versions of interfaces that every cluster of the last years serves.
const INTERFACES: [&str; 21] = [
    "v1",
    "apps/v1",
    "batch/v1",
    "networking.k8s.io/v1",
    "policy/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "rbac.authorization.k8s.io/v1",
    "storage.k8s.io/v1",
    "admissionregistration.k8s.io/v1",
    "apiextensions.k8s.io/v1",
    "apiregistration.k8s.io/v1",
    "authentication.k8s.io/v1",
    "authorization.k8s.io/v1",
    "certificates.k8s.io/v1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "events.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1",
    "node.k8s.io/v1",
    "scheduling.k8s.io/v1",
];

/// Calls a function.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, args: &Args) -> Result<Value, Failure> {
    // `mustToYaml` differs from `toYaml` in how it fails
    let name = match name.strip_prefix("must") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_uppercase()) => {
            let (first, others) = rest.split_at(1);
            format!("{}{others}", first.to_ascii_lowercase())
        }
        _ => name.to_owned(),
    };
    if let Some(answer) = of_helm(machine, &name, args) {
        return answer;
    }
    let answer = texts::call(&name, args)
        .or_else(|| lists::call(&name, args))
        .or_else(|| tables::call(&name, args))
        .or_else(|| numbers::call(&name, args))
        .or_else(|| written::call(&name, args))
        .or_else(|| logic(&name, args));
    let value = match answer {
        Some(answer) => answer?,
        None => return Err(format!("the function `{name}` is not evaluated").into()),
    };
    machine.made(size(&value))?;
    if let ("get" | "index" | "dig", Value::Table(table)) = (name.as_str(), &args.value(0)) {
        let place = table.borrow().entries.get(&args.text(1)).and_then(|(_, place)| *place);
        machine.touch(&value, place);
    }
    Ok(value)
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(items) => items.len() * size_of::<Value>(),
        Value::Table(_) => 64,
        _ => 0,
    }
}

/// What only Helm has.
fn of_helm(machine: &mut Machine<'_>, name: &str, args: &Args) -> Option<Result<Value, Failure>> {
    Some(match name {
        "include" => machine.include(&args.text(0), args.value(1)),
        "tpl" => machine.template(&args.text(0), args.value(1)),
        "required" => {
            let value = args.value(1);
            if matches!(value, Value::Nil) || matches!(&value, Value::Text(text) if text.is_empty()) {
                machine.assumed.insert(format!("a value that must be given: {}", args.text(0)));
            }
            Ok(value)
        }
        "fail" => Err(format!("the chart refuses its values: {}", args.text(0)).into()),
        "lookup" => {
            machine.assumed.insert("`lookup`, which asks a cluster".to_owned());
            Ok(Value::table(Table::default()))
        }
        _ => return None,
    })
}

/// Methods of the objects that Helm gives: files of the chart and interfaces of the cluster.
pub(super) fn method(machine: &mut Machine<'_>, holder: &Value, name: &str, args: &Args) -> Result<Value, Failure> {
    match name {
        "Get" | "GetBytes" => {
            let text = machine.file_of(&home(holder), &args.text(0));
            machine.made(text.len())?;
            Ok(Value::text(text))
        }
        "Lines" => {
            let text = machine.file_of(&home(holder), &args.text(0));
            machine.made(text.len())?;
            Ok(Value::list(text.lines().map(Value::text).collect()))
        }
        "Glob" => {
            let mut table = Table::default();
            for (path, text) in machine.files_of(&home(holder), &args.text(0)) {
                machine.made(text.len())?;
                table.put(path, Value::text(text));
            }
            Ok(Value::table(table))
        }
        "AsConfig" | "AsSecrets" => Ok(Value::text("")),
        "Has" => {
            let asked = args.text(0);
            let known = INTERFACES.iter().any(|known| {
                asked == *known
                    || asked.strip_prefix(known).is_some_and(|kind| kind.starts_with('/') && !kind.starts_with("/v"))
            });
            if !known {
                machine.assumed.insert(format!("whether the cluster serves `{asked}`"));
            }
            Ok(Value::Bool(known))
        }
        _ => match holder {
            Value::Table(table) if args.len() == 0 => Ok(table.borrow().get(name).cloned().unwrap_or(Value::Nil)),
            _ => Err(format!("the method `{name}` is not evaluated").into()),
        },
    }
}

/// Name under which `.Files` keeps the path of its chart: no file is called so.
pub(in crate::scan::cluster) const HOME: &str = "\0";

/// The chart whose files these are.
fn home(holder: &Value) -> String {
    match holder {
        Value::Table(table) => table.borrow().get(HOME).map_or_else(String::new, Value::printed),
        _ => String::new(),
    }
}

fn logic(name: &str, args: &Args) -> Answer {
    Some(Ok(match name {
        "not" => Value::Bool(!args.value(0).is_true()),
        "default" => {
            let given = args.value(1);
            if given.is_true() { given } else { args.value(0) }
        }
        "empty" => Value::Bool(!args.value(0).is_true()),
        "coalesce" => args.0.iter().find(|value| value.is_true()).cloned().unwrap_or(Value::Nil),
        "all" => Value::Bool(args.0.iter().all(Value::is_true)),
        "any" => Value::Bool(args.0.iter().any(Value::is_true)),
        "ternary" => args.value(if args.value(2).is_true() { 0 } else { 1 }),
        "eq" => Value::Bool(args.0.iter().skip(1).any(|other| args.value(0).equals(other, 0))),
        "ne" => Value::Bool(!args.value(0).equals(&args.value(1), 0)),
        "lt" => Value::Bool(order(args) == std::cmp::Ordering::Less),
        "le" => Value::Bool(order(args) != std::cmp::Ordering::Greater),
        "gt" => Value::Bool(order(args) == std::cmp::Ordering::Greater),
        "ge" => Value::Bool(order(args) != std::cmp::Ordering::Less),
        "deepEqual" => Value::Bool(args.value(0).equals(&args.value(1), 0)),
        "kindOf" => Value::text(args.value(0).kind()),
        "kindIs" => Value::Bool(is_kind(&args.text(0), &args.value(1))),
        "typeOf" => Value::text(type_of(&args.value(0))),
        "typeIs" | "typeIsLike" => {
            let wanted = args.text(0);
            Value::Bool(type_of(&args.value(1)) == wanted || is_kind(&wanted, &args.value(1)))
        }
        _ => return None,
    }))
}

fn is_kind(wanted: &str, value: &Value) -> bool {
    value.kind() == wanted || matches!((wanted, value), ("int" | "int64", Value::Int(_)))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::List(_) => "[]interface {}",
        Value::Table(_) => "map[string]interface {}",
        Value::Nil => "<nil>",
        other => other.kind(),
    }
}

fn order(args: &Args) -> std::cmp::Ordering {
    match (args.value(0), args.value(1)) {
        (Value::Text(a), Value::Text(b)) => a.cmp(&b),
        (a, b) => a.as_float().total_cmp(&b.as_float()),
    }
}
