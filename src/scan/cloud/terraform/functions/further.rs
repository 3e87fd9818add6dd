//! Functions that are seen less often: patterns, pieces of lists, sets, encodings.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex, RegexBuilder};

use super::{MAX_TEXT, unknown};
use crate::parse::{Node, Value as Json};
use crate::scan::cloud::terraform::value::{Reason, Value, number_text};

/// Most memory that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;
/// Most elements that `range` and `setproduct` may make.
const MOST_ELEMENTS: usize = 10_000;

/// Functions of texts with patterns and encodings.
pub(super) fn texts(name: &str, arguments: &[Value]) -> Option<Value> {
    let text = |at: usize| arguments.get(at).and_then(Value::text);
    let plain = |found: Option<String>| found.map_or_else(|| unknown(arguments, "wrong arguments"), Value::Text);
    Some(match name {
        "regex" | "regexall" => match (text(0), text(1)) {
            (Some(pattern), Some(whole)) => search(name, &pattern, &whole),
            _ => unknown(arguments, "wrong arguments"),
        },
        "replace" => match (text(0), text(1), text(2)) {
            (Some(whole), Some(pattern), Some(to)) => {
                let Some(pattern) = compiled(pattern.trim_matches('/')) else { return Some(no_pattern()) };
                let found = pattern.find_iter(&whole).count();
                if found.saturating_mul(to.len()).saturating_add(whole.len()) > MAX_TEXT {
                    return Some(Value::Unknown(Reason::Limit));
                }
                Value::Text(pattern.replace_all(&whole, to.as_str()).into_owned())
            }
            _ => unknown(arguments, "wrong arguments"),
        },
        "trim" => plain(text(0).zip(text(1)).map(|(whole, cut)| whole.trim_matches(|c| cut.contains(c)).to_owned())),
        "strrev" => plain(text(0).map(|text| text.chars().rev().collect())),
        "basename" => plain(text(0).map(|path| path.rsplit('/').next().unwrap_or("").to_owned())),
        "dirname" => plain(
            text(0).map(|path| path.rsplit_once('/').map_or_else(|| ".".to_owned(), |(above, _)| above.to_owned())),
        ),
        "base64encode" => plain(text(0).map(|text| STANDARD.encode(text))),
        "base64decode" => plain(text(0).and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok())),
        "jsonencode" => match arguments {
            [one] if one.is_known() => plain(serde_json::to_string(&encoded(one)).ok()),
            _ => unknown(arguments, "wrong arguments"),
        },
        "jsondecode" => match text(0).map(|text| crate::parse::json::json(&text)) {
            Some(Ok(root)) => decoded(&root),
            Some(Err(_)) => Value::invalid("no JSON"),
            None => unknown(arguments, "wrong arguments"),
        },
        "yamldecode" => match text(0).map(|text| crate::parse::yaml::yaml_of(&Arc::new(text))) {
            Some(yaml) if yaml.problems.is_empty() => match yaml.documents.as_slice() {
                [one] => decoded(one),
                _ => Value::invalid("not one YAML document"),
            },
            Some(_) => Value::invalid("no YAML"),
            None => unknown(arguments, "wrong arguments"),
        },
        "formatlist" => format_list(arguments),
        _ => return None,
    })
}

fn no_pattern() -> Value {
    Value::invalid("not a pattern that can be read")
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).build().ok()
}

/// `regex` gives the match, its groups or its named groups; `regexall` all of them.
fn search(name: &str, pattern: &str, whole: &str) -> Value {
    let Some(pattern) = compiled(pattern) else { return no_pattern() };
    let one = |found: &Captures<'_>| {
        let group = |at: usize| found.get(at).map_or(Value::Null, |group| Value::Text(group.as_str().to_owned()));
        let named: BTreeMap<String, Value> =
            pattern.capture_names().enumerate().filter_map(|(at, name)| Some((name?.to_owned(), group(at)))).collect();
        match found.len() {
            1 => group(0),
            _ if !named.is_empty() => Value::Object(named),
            count => Value::List((1..count).map(group).collect()),
        }
    };
    if name == "regexall" {
        return Value::List(pattern.captures_iter(whole).take(MOST_ELEMENTS).map(|found| one(&found)).collect());
    }
    pattern.captures(whole).map_or_else(|| Value::invalid("the pattern does not match"), |found| one(&found))
}

fn format_list(arguments: &[Value]) -> Value {
    let length = arguments.iter().filter_map(|value| match value {
        Value::List(items) => Some(items.len()),
        _ => None,
    });
    let Some(length) = length.max() else { return super::format(arguments) };
    let at = |value: &Value, index: usize| match value {
        Value::List(items) => items.get(index).cloned().unwrap_or_else(|| Value::invalid("lists of different length")),
        other => other.clone(),
    };
    let row = |index: usize| arguments.iter().map(|value| at(value, index)).collect::<Vec<_>>();
    Value::List((0..length).map(|index| super::format(&row(index))).collect())
}

fn encoded(value: &Value) -> serde_json::Value {
    match value {
        Value::Unknown(_) | Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => serde_json::Value::Bool(*truth),
        Value::Number(number) => {
            number_text(*number).parse().map_or(serde_json::Value::Null, serde_json::Value::Number)
        }
        Value::Text(text) => serde_json::Value::String(text.clone()),
        Value::List(items) => items.iter().map(encoded).collect(),
        Value::Object(entries) => {
            serde_json::Value::Object(entries.iter().map(|(key, value)| (key.clone(), encoded(value))).collect())
        }
    }
}

fn decoded(node: &Node) -> Value {
    match &node.value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(text) => text.parse().map_or_else(|_| Value::invalid("not a number"), Value::Number),
        Json::Text(text) => Value::Text(text.to_string()),
        Json::List(items) => Value::List(items.iter().map(decoded).collect()),
        Json::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.to_string(), decoded(&entry.value))).collect())
        }
    }
}

/// Functions of lists, sets and truths.
pub(super) fn collections(name: &str, arguments: &[Value]) -> Option<Value> {
    let wrong = || unknown(arguments, "wrong arguments");
    let list = |at: usize| match arguments.get(at) {
        Some(Value::List(items)) => Some(items),
        _ => None,
    };
    Some(match name {
        "slice" => match (list(0), position(arguments.get(1)), position(arguments.get(2))) {
            (Some(items), Some(from), Some(to)) if from <= to && to <= items.len() => {
                Value::List(items[from..to].to_vec())
            }
            _ => wrong(),
        },
        "range" => range(arguments),
        "index" => match (list(0), arguments.get(1)) {
            (Some(items), Some(wanted)) if wanted.is_known() && items.iter().all(Value::is_known) => {
                let at = items.iter().position(|item| item == wanted);
                at.map_or_else(|| Value::invalid("not in the list"), |at| Value::Number(at as f64))
            }
            _ => wrong(),
        },
        "alltrue" | "anytrue" => match list(0) {
            Some(items) => truths(items, name == "alltrue"),
            None => wrong(),
        },
        "sum" => match list(0).map(|items| items.iter().map(Value::number).collect::<Option<Vec<f64>>>()) {
            Some(Some(numbers)) => Value::Number(numbers.into_iter().sum()),
            _ => wrong(),
        },
        "coalescelist" => match arguments.iter().find(|value| value.len() != Some(0)) {
            Some(found) => found.clone(),
            None => Value::List(Vec::new()),
        },
        "setunion" | "setintersection" | "setsubtract" => sets(name, arguments),
        "chunklist" => match (list(0), position(arguments.get(1)).filter(|size| *size > 0)) {
            (Some(items), Some(size)) => {
                Value::List(items.chunks(size).map(|chunk| Value::List(chunk.to_vec())).collect())
            }
            _ => wrong(),
        },
        "setproduct" => product(arguments),
        _ => return None,
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn position(value: Option<&Value>) -> Option<usize> {
    let number = value?.number()?;
    (0.0..=MOST_ELEMENTS as f64).contains(&number).then_some(number as usize)
}

fn range(arguments: &[Value]) -> Value {
    let numbers: Option<Vec<f64>> = arguments.iter().map(Value::number).collect();
    let (from, to, step) = match numbers.as_deref() {
        Some([to]) => (0.0, *to, if *to < 0.0 { -1.0 } else { 1.0 }),
        Some([from, to]) => (*from, *to, if to < from { -1.0 } else { 1.0 }),
        Some([from, to, step]) if *step != 0.0 => (*from, *to, *step),
        _ => return unknown(arguments, "wrong arguments"),
    };
    let count = ((to - from) / step).ceil().max(0.0);
    if count > MOST_ELEMENTS as f64 {
        return Value::Unknown(Reason::Limit);
    }
    let mut out = Vec::new();
    let mut at = from;
    while if step > 0.0 { at < to } else { at > to } {
        out.push(Value::Number(at));
        at += step;
    }
    Value::List(out)
}

/// One element decides alone; else all must be known.
fn truths(items: &[Value], all: bool) -> Value {
    let truths: Vec<Option<bool>> = items.iter().map(Value::truth).collect();
    if truths.contains(&Some(!all)) {
        return Value::Bool(!all);
    }
    match items.iter().zip(&truths).find(|(_, truth)| truth.is_none()) {
        Some((item, _)) => Value::because(&[item], "neither true nor false"),
        None => Value::Bool(all),
    }
}

fn sets(name: &str, arguments: &[Value]) -> Value {
    let lists: Option<Vec<&Vec<Value>>> = arguments
        .iter()
        .map(|value| match value {
            Value::List(items) if items.iter().all(Value::is_known) => Some(items),
            _ => None,
        })
        .collect();
    let Some([first, rest @ ..]) = lists.as_deref() else { return unknown(arguments, "wrong arguments") };
    let mut out: Vec<Value> = (*first).clone();
    match name {
        "setunion" => out.extend(rest.iter().flat_map(|items| items.iter().cloned())),
        "setintersection" => out.retain(|item| rest.iter().all(|items| items.contains(item))),
        _ => out.retain(|item| !rest.iter().any(|items| items.contains(item))),
    }
    super::rearranged("toset", &out)
}

fn product(arguments: &[Value]) -> Value {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for argument in arguments {
        let Value::List(items) = argument else { return Value::because(&[argument], "`setproduct` takes lists") };
        if rows.len().saturating_mul(items.len()) > MOST_ELEMENTS {
            return Value::Unknown(Reason::Limit);
        }
        let longer = |row: &Vec<Value>, item: &Value| row.iter().chain([item]).cloned().collect();
        rows = rows.iter().flat_map(|row| items.iter().map(move |item| longer(row, item))).collect();
    }
    Value::List(rows.into_iter().map(Value::List).collect())
}

/// Names of functions whose answer only a run knows.
pub(super) fn known_to_a_run(name: &str) -> Option<Value> {
    let is_one = matches!(name, "timestamp" | "uuid" | "bcrypt" | "plantimestamp");
    is_one.then(|| Value::Unknown(Reason::Elsewhere(Arc::from(format!("{name}()")))))
}
