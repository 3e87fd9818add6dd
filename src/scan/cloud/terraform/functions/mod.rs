//! The functions that regions, names and counts are commonly put together with.

use std::collections::BTreeMap;
use std::sync::Arc;

mod further;

use super::value::{Reason, Value};

/// Longest text a function may give.
const MAX_TEXT: usize = 64 * 1024;

/// Calls a function; one that is not known, or whose answer depends on something unknown, is unknown.
pub(super) fn call(name: &str, arguments: &[Value]) -> Value {
    match name {
        // these three look at what is unknown, so they come before everything that passes it on
        "try" => first_valid(arguments),
        "can" => match arguments {
            [one] if one.fails() => Value::Bool(false),
            [one] if one.is_known() => Value::Bool(true),
            _ => unknown(arguments, "`can` takes one argument"),
        },
        "coalesce" => coalesce(arguments),
        _ => {
            let found = texts(name, arguments).or_else(|| collections(name, arguments));
            let found = found.or_else(|| numbers(name, arguments));
            let found = found.or_else(|| further::texts(name, arguments));
            let found = found.or_else(|| further::collections(name, arguments));
            let found = found.or_else(|| further::known_to_a_run(name));
            found.unwrap_or_else(|| Value::Unknown(Reason::Function(Arc::from(name))))
        }
    }
}

fn unknown(arguments: &[Value], otherwise: &str) -> Value {
    Value::because(&arguments.iter().collect::<Vec<_>>(), otherwise)
}

/// The first argument that a run could evaluate. One that is unknown may or may not fail: unknown.
fn first_valid(arguments: &[Value]) -> Value {
    arguments.iter().find(|argument| !argument.fails()).cloned().unwrap_or_else(|| Value::invalid("nothing to try"))
}

/// The first argument that is neither null nor empty text.
fn coalesce(arguments: &[Value]) -> Value {
    for argument in arguments {
        match argument {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            other => return other.clone(),
        }
    }
    Value::invalid("`coalesce` found nothing")
}

/// Functions of texts.
fn texts(name: &str, arguments: &[Value]) -> Option<Value> {
    let text = |at: usize| arguments.get(at).and_then(Value::text);
    let result = match name {
        "lower" => text(0).map(|text| text.to_lowercase()),
        "upper" => text(0).map(|text| text.to_uppercase()),
        "title" => text(0).map(|text| title(&text)),
        "trimspace" => text(0).map(|text| text.trim().to_owned()),
        "chomp" => text(0).map(|text| text.trim_end_matches(['\r', '\n']).to_owned()),
        "tostring" if arguments.first() == Some(&Value::Null) => return Some(Value::Null),
        "tostring" => text(0),
        "format" => return Some(format(arguments)),
        "join" => match (text(0), arguments.get(1)) {
            (Some(by), Some(Value::List(items))) => {
                items.iter().map(Value::text).collect::<Option<Vec<_>>>().map(|parts| parts.join(&by))
            }
            _ => None,
        },
        "replace" => match (text(0), text(1), text(2)) {
            // a pattern between slashes is a regular expression
            (Some(_), Some(from), Some(_)) if from.len() > 1 && from.starts_with('/') && from.ends_with('/') => {
                return None;
            }
            (Some(whole), Some(from), Some(to)) if !from.is_empty() => {
                if whole.matches(&from).count().saturating_mul(to.len()).saturating_add(whole.len()) > MAX_TEXT {
                    return Some(Value::Unknown(Reason::Limit));
                }
                Some(whole.replace(&from, &to))
            }
            _ => None,
        },
        "substr" => return Some(substr(arguments)),
        "trimprefix" => text(0).zip(text(1)).map(|(a, b)| a.strip_prefix(&b).unwrap_or(&a).to_owned()),
        "trimsuffix" => text(0).zip(text(1)).map(|(a, b)| a.strip_suffix(&b).unwrap_or(&a).to_owned()),
        "startswith" | "endswith" | "strcontains" => {
            let truth = text(0).zip(text(1)).map(|(a, b)| match name {
                "startswith" => a.starts_with(&b),
                "endswith" => a.ends_with(&b),
                _ => a.contains(&b),
            });
            return Some(truth.map_or_else(|| unknown(arguments, "wrong arguments"), Value::Bool));
        }
        "split" => {
            let parts = text(0)
                .zip(text(1))
                .filter(|(by, _)| !by.is_empty())
                .map(|(by, whole)| whole.split(&by).map(|part| Value::Text(part.to_owned())).collect());
            return Some(parts.map_or_else(|| unknown(arguments, "wrong arguments"), Value::List));
        }
        _ => return None,
    };
    Some(match result {
        Some(text) if text.len() > MAX_TEXT => Value::Unknown(Reason::Limit),
        Some(text) => Value::Text(text),
        None => unknown(arguments, "wrong arguments"),
    })
}

/// Functions of lists and objects.
fn collections(name: &str, arguments: &[Value]) -> Option<Value> {
    let first = arguments.first();
    Some(match (name, first) {
        ("tolist" | "tomap" | "sensitive" | "nonsensitive", Some(value)) => value.clone(),
        ("toset" | "distinct" | "compact" | "sort" | "reverse" | "flatten", Some(Value::List(items))) => {
            rearranged(name, items)
        }
        ("length", Some(value)) => match value.len() {
            Some(count) => Value::Number(count as f64),
            None => unknown(arguments, "no length"),
        },
        ("concat", _) => {
            let mut all = Vec::new();
            for argument in arguments {
                match argument {
                    Value::List(items) => all.extend(items.iter().cloned()),
                    other => return Some(Value::because(&[other], "`concat` takes lists")),
                }
            }
            Value::List(all)
        }
        ("merge", _) => {
            let mut all = BTreeMap::new();
            for argument in arguments {
                match argument {
                    Value::Object(entries) => all.extend(entries.clone()),
                    Value::Null => {}
                    other => return Some(Value::because(&[other], "`merge` takes objects")),
                }
            }
            Value::Object(all)
        }
        ("lookup", Some(Value::Object(entries))) => match arguments.get(1).and_then(Value::text) {
            Some(key) => entries
                .get(&key)
                .or(arguments.get(2))
                .cloned()
                .unwrap_or_else(|| Value::invalid(format!("no key `{key}`"))),
            None => unknown(arguments, "a key must be text"),
        },
        ("element", Some(Value::List(items))) => match arguments.get(1).and_then(Value::number) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "reduced to the list's length")]
            Some(at) if !items.is_empty() && at >= 0.0 => items[(at % items.len() as f64) as usize].clone(),
            _ => unknown(&arguments[1..], "no such element"),
        },
        ("one", Some(Value::List(items))) => match items.as_slice() {
            [] => Value::Null,
            [one] => one.clone(),
            _ => Value::invalid("`one` takes at most one element"),
        },
        ("contains", Some(Value::List(items))) => match arguments.get(1) {
            Some(wanted) if wanted.is_known() && items.contains(wanted) => Value::Bool(true),
            Some(wanted) if wanted.is_known() && items.iter().all(Value::is_known) => Value::Bool(false),
            _ => unknown(arguments, "wrong arguments"),
        },
        ("keys", Some(Value::Object(entries))) => Value::List(entries.keys().cloned().map(Value::Text).collect()),
        ("values", Some(Value::Object(entries))) => Value::List(entries.values().cloned().collect()),
        ("zipmap", Some(Value::List(keys))) => match arguments.get(1) {
            Some(Value::List(values)) if keys.len() == values.len() => {
                let names: Option<Vec<String>> = keys.iter().map(Value::text).collect();
                match names {
                    Some(names) => Value::Object(names.into_iter().zip(values.iter().cloned()).collect()),
                    None => unknown(arguments, "keys must be text"),
                }
            }
            _ => unknown(arguments, "wrong arguments"),
        },
        (
            "toset" | "distinct" | "compact" | "sort" | "reverse" | "flatten" | "lookup" | "element" | "one"
            | "contains" | "keys" | "values" | "zipmap" | "tolist" | "tomap" | "length",
            _,
        ) => unknown(arguments, "wrong arguments"),
        _ => return None,
    })
}

fn rearranged(name: &str, items: &[Value]) -> Value {
    let mut out: Vec<Value> = Vec::with_capacity(items.len());
    match name {
        "flatten" => {
            // from the back, so that nested lists keep their order
            let mut open: Vec<&Value> = items.iter().rev().collect();
            while let Some(item) = open.pop() {
                match item {
                    Value::List(inner) => open.extend(inner.iter().rev()),
                    other => out.push(other.clone()),
                }
            }
        }
        "reverse" => out.extend(items.iter().rev().cloned()),
        "compact" if items.iter().all(Value::is_known) => out.extend(
            items.iter().filter(|item| !matches!(item, Value::Null) && **item != Value::Text(String::new())).cloned(),
        ),
        _ => {
            // equal elements and order are known only when every element is
            if let Some(reason) = items.iter().find_map(Value::reason) {
                return Value::Unknown(reason.clone());
            }
            let mut seen = std::collections::BTreeSet::new();
            for item in items {
                if name == "sort" || seen.insert(format!("{item:?}")) {
                    out.push(item.clone());
                }
            }
            if matches!(name, "toset" | "sort") {
                out.sort_by_key(Value::text);
            }
        }
    }
    Value::List(out)
}

/// Functions of numbers and truths.
fn numbers(name: &str, arguments: &[Value]) -> Option<Value> {
    let number = |at: usize| arguments.get(at).and_then(Value::number);
    Some(match name {
        "tonumber" | "tobool" if arguments.first() == Some(&Value::Null) => Value::Null,
        "tonumber" => number(0).map_or_else(|| unknown(arguments, "not a number"), Value::Number),
        "tobool" => arguments
            .first()
            .and_then(Value::truth)
            .map_or_else(|| unknown(arguments, "neither true nor false"), Value::Bool),
        "ceil" | "floor" | "abs" => match (number(0), name) {
            (Some(number), "ceil") => Value::Number(number.ceil()),
            (Some(number), "floor") => Value::Number(number.floor()),
            (Some(number), _) => Value::Number(number.abs()),
            (None, _) => unknown(arguments, "not a number"),
        },
        "max" | "min" => {
            let numbers: Option<Vec<f64>> = arguments.iter().map(Value::number).collect();
            let chosen = numbers.and_then(|numbers| {
                if name == "max" { numbers.into_iter().reduce(f64::max) } else { numbers.into_iter().reduce(f64::min) }
            });
            chosen.map_or_else(|| unknown(arguments, "not numbers"), Value::Number)
        }
        _ => return None,
    })
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase())
        } else {
            out.push(c)
        }
        begins = !c.is_alphanumeric();
    }
    out
}

/// `%s`, `%d`, `%v` and `%%`.
fn format(arguments: &[Value]) -> Value {
    let Some(pattern) = arguments.first().and_then(Value::text) else { return unknown(arguments, "no pattern") };
    let mut values = arguments[1..].iter();
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if out.len() > MAX_TEXT {
            return Value::Unknown(Reason::Limit);
        }
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => out.push('%'),
            Some('s' | 'd' | 'v') => match values.next().map(|value| (value, value.text())) {
                Some((_, Some(text))) => out.push_str(&text),
                Some((value, None)) => return Value::because(&[value], "no text"),
                None => return Value::invalid("too few arguments for `format`"),
            },
            _ => return Value::Unknown(Reason::Function(Arc::from("format with widths or flags"))),
        }
    }
    Value::Text(out)
}

fn substr(arguments: &[Value]) -> Value {
    let (Some(text), Some(start), Some(length)) = (
        arguments.first().and_then(Value::text),
        arguments.get(1).and_then(Value::number),
        arguments.get(2).and_then(Value::number),
    ) else {
        return unknown(arguments, "wrong arguments");
    };
    if start < 0.0 {
        return Value::Unknown(Reason::Function(Arc::from("substr from the end")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
    let (start, count) = (start as usize, if length < 0.0 { usize::MAX } else { length as usize });
    Value::Text(text.chars().skip(start).take(count).collect())
}
