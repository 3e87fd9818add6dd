//! Lists.

use super::{Answer, Args};
use crate::scan::cluster::template::value::Value;

pub(super) fn call(name: &str, args: &Args) -> Answer {
    let items = |at: usize| args.value(at).items().to_vec();
    Some(Ok(match name {
        "list" | "tuple" => Value::list(args.0.clone()),
        "first" => items(0).first().cloned().unwrap_or(Value::Nil),
        "last" => items(0).last().cloned().unwrap_or(Value::Nil),
        "rest" => Value::list(items(0).into_iter().skip(1).collect()),
        "initial" => {
            let mut items = items(0);
            items.pop();
            Value::list(items)
        }
        "append" | "push" => {
            let mut items = items(0);
            items.push(args.value(1));
            Value::list(items)
        }
        "prepend" => {
            let mut items = items(0);
            items.insert(0, args.value(1));
            Value::list(items)
        }
        "concat" => Value::list(args.0.iter().flat_map(|list| list.items().to_vec()).collect()),
        "reverse" => Value::list(items(0).into_iter().rev().collect()),
        "uniq" => {
            let mut found: Vec<Value> = Vec::new();
            for item in items(0).into_iter().take(2_000) {
                if !found.iter().any(|known| known.equals(&item, 0)) {
                    found.push(item);
                }
            }
            Value::list(found)
        }
        "without" => Value::list(
            items(0).into_iter().filter(|item| !args.0[1..].iter().any(|other| other.equals(item, 0))).collect(),
        ),
        "has" => Value::Bool(args.value(1).items().iter().any(|item| item.equals(&args.value(0), 0))),
        "compact" => Value::list(items(0).into_iter().filter(Value::is_true).collect()),
        "slice" => return Some(slice(args)),
        "chunk" => {
            let size = args.count(0).max(1);
            Value::list(args.value(1).items().chunks(size).map(|part| Value::list(part.to_vec())).collect())
        }
        "len" => Value::Int(i64::try_from(length(&args.value(0))).unwrap_or(0)),
        "join" => Value::text(texts(&args.value(1)).join(&args.text(0))),
        "sortAlpha" => {
            let mut texts = texts(&args.value(0));
            texts.sort();
            Value::list(texts.iter().map(Value::text).collect())
        }
        "toStrings" => Value::list(texts(&args.value(0)).iter().map(Value::text).collect()),
        "index" => return Some(index(args)),
        _ => return None,
    }))
}

fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Table(table) => table.borrow().entries.len(),
        _ => 0,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().filter(|item| !matches!(item, Value::Nil)).map(Value::printed).collect(),
        Value::Nil => Vec::new(),
        other => vec![other.printed()],
    }
}

fn slice(args: &Args) -> Result<Value, String> {
    let value = args.value(0);
    let end = |length: usize| if args.len() > 2 { args.count(2).min(length) } else { length };
    Ok(match &value {
        Value::Text(text) => {
            let end = end(text.len());
            let start = args.count(1).min(end);
            Value::text(text.get(start..end).ok_or("a text that is cut within a character")?)
        }
        other => {
            let items = other.items();
            let end = end(items.len());
            Value::list(items[args.count(1).min(end)..end].to_vec())
        }
    })
}

fn index(args: &Args) -> Result<Value, String> {
    let mut value = args.value(0);
    for key in args.0.iter().skip(1) {
        let next = match &value {
            Value::List(items) => {
                let at = usize::try_from(key.as_int()).ok();
                at.and_then(|at| items.get(at)).cloned().ok_or("a list has no such element")?
            }
            Value::Table(table) => table.borrow().get(&key.printed()).cloned().unwrap_or(Value::Nil),
            _ => Value::Nil,
        };
        value = next;
    }
    Ok(value)
}
