//! The functions that regions, names and counts are commonly put together with.

use super::value::Value;

/// Calls a function; one that is not known, or whose answer depends on something unknown, is unknown.
pub(super) fn call(name: &str, arguments: &[Value]) -> Value {
    let text = |at: usize| arguments.get(at).and_then(Value::text);
    let unary = |apply: fn(&str) -> String| text(0).map_or(Value::Unknown, |text| Value::Text(apply(&text)));
    match name {
        "lower" => unary(|text| text.to_lowercase()),
        "upper" => unary(|text| text.to_uppercase()),
        "trimspace" => unary(|text| text.trim().to_owned()),
        "tostring" => text(0).map_or(Value::Unknown, Value::Text),
        "tonumber" => arguments.first().and_then(Value::number).map_or(Value::Unknown, Value::Number),
        "toset" | "tolist" | "distinct" | "compact" | "tomap" => arguments.first().cloned().unwrap_or(Value::Unknown),
        "length" => arguments.first().and_then(Value::len).map_or(Value::Unknown, |count| Value::Number(count as f64)),
        "format" => format(arguments),
        "join" => match (text(0), arguments.get(1)) {
            (Some(by), Some(Value::List(items))) => items
                .iter()
                .map(Value::text)
                .collect::<Option<Vec<_>>>()
                .map_or(Value::Unknown, |parts| Value::Text(parts.join(&by))),
            _ => Value::Unknown,
        },
        "split" => match (text(0), text(1)) {
            (Some(by), Some(whole)) if !by.is_empty() => {
                Value::List(whole.split(&by).map(|part| Value::Text(part.to_owned())).collect())
            }
            _ => Value::Unknown,
        },
        "replace" => match (text(0), text(1), text(2)) {
            // a pattern between slashes is a regular expression, which is not evaluated
            (Some(whole), Some(from), Some(to)) if !from.starts_with('/') && !from.is_empty() && to.len() < 1024 => {
                Value::Text(whole.replace(&from, &to))
            }
            _ => Value::Unknown,
        },
        "substr" => substr(arguments),
        "trimprefix" => {
            text(0).zip(text(1)).map_or(Value::Unknown, |(a, b)| Value::Text(a.trim_start_matches(&b).to_owned()))
        }
        "trimsuffix" => {
            text(0).zip(text(1)).map_or(Value::Unknown, |(a, b)| Value::Text(a.trim_end_matches(&b).to_owned()))
        }
        "concat" => {
            let mut all = Vec::new();
            for argument in arguments {
                match argument {
                    Value::List(items) => all.extend(items.iter().cloned()),
                    _ => return Value::Unknown,
                }
            }
            Value::List(all)
        }
        "merge" => {
            let mut all = std::collections::BTreeMap::new();
            for argument in arguments {
                match argument {
                    Value::Object(entries) => all.extend(entries.clone()),
                    Value::Null => {}
                    _ => return Value::Unknown,
                }
            }
            Value::Object(all)
        }
        "lookup" => match (arguments.first(), text(1)) {
            (Some(Value::Object(entries)), Some(key)) => {
                entries.get(&key).or(arguments.get(2)).cloned().unwrap_or(Value::Unknown)
            }
            _ => Value::Unknown,
        },
        "element" => match (arguments.first(), arguments.get(1).and_then(Value::number)) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "reduced to the list's length first"
            )]
            (Some(Value::List(items)), Some(at)) if !items.is_empty() && at >= 0.0 => {
                items[(at % items.len() as f64) as usize].clone()
            }
            _ => Value::Unknown,
        },
        // the first argument decides; when it is unknown, a run decides which one it is
        "coalesce" | "try" => match arguments.iter().find(|value| !matches!(value, Value::Null)) {
            Some(Value::Text(text)) if text.is_empty() && name == "coalesce" => Value::Unknown,
            Some(first) => first.clone(),
            None => Value::Null,
        },
        "keys" => match arguments.first() {
            Some(Value::Object(entries)) => Value::List(entries.keys().cloned().map(Value::Text).collect()),
            _ => Value::Unknown,
        },
        "values" => match arguments.first() {
            Some(Value::Object(entries)) => Value::List(entries.values().cloned().collect()),
            _ => Value::Unknown,
        },
        "max" | "min" => {
            let numbers: Option<Vec<f64>> = arguments.iter().map(Value::number).collect();
            let Some(numbers) = numbers else { return Value::Unknown };
            let chosen =
                if name == "max" { numbers.into_iter().reduce(f64::max) } else { numbers.into_iter().reduce(f64::min) };
            chosen.map_or(Value::Unknown, Value::Number)
        }
        _ => Value::Unknown,
    }
}

/// `%s`, `%d`, `%v` and `%%`.
fn format(arguments: &[Value]) -> Value {
    let Some(pattern) = arguments.first().and_then(Value::text) else { return Value::Unknown };
    let mut values = arguments[1..].iter();
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => out.push('%'),
            Some('s' | 'd' | 'v') => match values.next().and_then(Value::text) {
                Some(text) if out.len() < 64 * 1024 => out.push_str(&text),
                _ => return Value::Unknown,
            },
            _ => return Value::Unknown,
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
        return Value::Unknown;
    };
    if start < 0.0 {
        return Value::Unknown;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
    let (start, count) = (start as usize, if length < 0.0 { usize::MAX } else { length as usize });
    Value::Text(text.chars().skip(start).take(count).collect())
}
