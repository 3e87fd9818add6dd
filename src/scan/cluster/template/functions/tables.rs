//! Tables: Sprig changes them where they stand.

use super::{Answer, Args};
use crate::scan::cluster::template::value::{Held, Table, Value, merge};

const NAMES: [&str; 14] = [
    "dict",
    "get",
    "set",
    "unset",
    "hasKey",
    "keys",
    "values",
    "pluck",
    "dig",
    "pick",
    "omit",
    "merge",
    "mergeOverwrite",
    "deepCopy",
];

pub(super) fn call(name: &str, args: &Args) -> Answer {
    NAMES.contains(&name).then(|| answer(name, args))
}

fn answer(name: &str, args: &Args) -> Result<Value, String> {
    let table = |at: usize| match args.value(at) {
        Value::Table(table) => Ok(table),
        Value::Nil => Ok(Held::default()),
        other => Err(format!("`{name}` of a {}", other.kind())),
    };
    Ok(match name {
        "dict" => {
            let mut made = Table::default();
            for pair in args.0.chunks(2) {
                made.put(pair[0].printed(), pair.get(1).cloned().unwrap_or_else(|| Value::text("")));
            }
            Value::table(made)
        }
        "get" => table(0)?.borrow().get(&args.text(1)).cloned().unwrap_or_else(|| Value::text("")),
        "set" => {
            let found = table(0)?;
            found.borrow_mut().put(args.text(1), args.value(2));
            Value::Table(found)
        }
        "unset" => {
            let found = table(0)?;
            found.borrow_mut().entries.remove(&args.text(1));
            Value::Table(found)
        }
        "hasKey" => Value::Bool(table(0)?.borrow().entries.contains_key(&args.text(1))),
        "keys" => {
            let mut keys = Vec::new();
            for at in 0..args.len() {
                keys.extend(table(at)?.borrow().entries.keys().map(Value::text));
            }
            Value::list(keys)
        }
        "values" => Value::list(table(0)?.borrow().entries.values().map(|(value, _)| value.clone()).collect()),
        "pluck" => {
            let key = args.text(0);
            let mut found = Vec::new();
            for at in 1..args.len() {
                found.extend(table(at)?.borrow().get(&key).cloned());
            }
            Value::list(found)
        }
        "dig" => dig(args),
        "pick" | "omit" => {
            let keys: Vec<String> = args.0.iter().skip(1).flat_map(words).collect();
            let mut copy = table(0)?.borrow().clone();
            copy.entries.retain(|key, _| keys.contains(key) == (name == "pick"));
            Value::table(copy)
        }
        "merge" | "mergeOverwrite" => {
            let into = table(0)?;
            for at in 1..args.len() {
                merge(&into, &table(at)?, name == "mergeOverwrite", 0);
            }
            Value::Table(into)
        }
        "deepCopy" => args.value(0).deep_copy(0),
        _ => return Err(format!("the function `{name}` is not evaluated")),
    })
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().map(Value::printed).collect(),
        other => vec![other.printed()],
    }
}

/// `dig "a" "b" DEFAULT TABLE`
fn dig(args: &Args) -> Value {
    let Some(last) = args.len().checked_sub(2) else { return Value::Nil };
    let mut value = args.last();
    for key in &args.0[..last] {
        let next = match &value {
            Value::Table(table) => table.borrow().get(&key.printed()).cloned(),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return args.value(last),
        }
    }
    value
}
