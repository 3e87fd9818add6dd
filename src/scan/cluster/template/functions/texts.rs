//! Texts.

use regex::RegexBuilder;

use super::{Answer, Args};
use crate::scan::cluster::template::value::{Table, Value};

/// Longest text that a function may make by repeating or padding.
const LONGEST: usize = 1 << 20;

pub(super) fn call(name: &str, args: &Args) -> Answer {
    let text = |at: usize| args.text(at);
    let last = args.last().printed();
    let result = match name {
        "print" | "println" => {
            let words: Vec<String> = args.0.iter().map(Value::printed).collect();
            if name == "print" { words.concat() } else { format!("{}\n", words.join(" ")) }
        }
        "printf" => return Some(Ok(Value::text(printf(args)))),
        "toString" => text(0),
        "quote" | "squote" => {
            let words = args.0.iter().filter(|value| !matches!(value, Value::Nil));
            let words = words
                .map(|value| if name == "quote" { quoted(&value.printed()) } else { format!("'{}'", value.printed()) });
            words.collect::<Vec<_>>().join(" ")
        }
        "trim" => last.trim().to_owned(),
        "trimAll" => last.trim_matches(|c| text(0).contains(c)).to_owned(),
        "trimSuffix" => last.strip_suffix(&*text(0)).unwrap_or(&last).to_owned(),
        "trimPrefix" => last.strip_prefix(&*text(0)).unwrap_or(&last).to_owned(),
        "upper" => last.to_uppercase(),
        "lower" => last.to_lowercase(),
        "title" => cased(&last, true),
        "untitle" => cased(&last, false),
        "nospace" => last.chars().filter(|c| !c.is_whitespace()).collect(),
        "repeat" => {
            let times = args.count(0).min(LONGEST / last.len().max(1));
            last.repeat(times)
        }
        "substr" => part(&last, args.int(0), args.int(1)),
        "trunc" => {
            let count = args.int(0);
            if count >= 0 { part(&last, 0, count) } else { from_end(&last, count.unsigned_abs()) }
        }
        "abbrev" => {
            let width = args.count(0);
            if last.chars().count() <= width || width < 4 {
                last
            } else {
                last.chars().take(width - 3).chain("...".chars()).collect()
            }
        }
        "cat" => args.0.iter().filter(|value| value.is_true()).map(Value::printed).collect::<Vec<_>>().join(" "),
        "indent" | "nindent" => {
            let pad = " ".repeat(args.count(0).min(1_000));
            let body = format!("{pad}{}", last.replace('\n', &format!("\n{pad}")));
            if name == "nindent" { format!("\n{body}") } else { body }
        }
        "replace" => last.replace(&text(0), &text(1)),
        "plural" => {
            if args.int(2) == 1 {
                text(0)
            } else {
                text(1)
            }
        }
        "snakecase" => worded(&last, '_'),
        "kebabcase" => worded(&last, '-'),
        "camelcase" => last.split(['_', '-', ' ']).map(|word| cased(word, true)).collect(),
        "html" | "js" | "urlquery" => last,
        "split" | "splitn" => {
            let most = if name == "splitn" { args.count(1).max(1) } else { usize::MAX };
            let mut table = Table::default();
            for (at, part) in last.splitn(most, &*text(0)).enumerate() {
                table.put(format!("_{at}"), Value::text(part));
            }
            return Some(Ok(Value::table(table)));
        }
        "splitList" => return Some(Ok(Value::list(last.split(&*text(0)).map(Value::text).collect()))),
        "contains" => return Some(Ok(Value::Bool(last.contains(&*text(0))))),
        "hasPrefix" => return Some(Ok(Value::Bool(last.starts_with(&*text(0))))),
        "hasSuffix" => return Some(Ok(Value::Bool(last.ends_with(&*text(0))))),
        name if name.starts_with("regex") => return Some(regular(name, args)),
        _ => return None,
    };
    Some(Ok(Value::text(result)))
}

fn regular(name: &str, args: &Args) -> Result<Value, String> {
    if name == "regexQuoteMeta" {
        return Ok(Value::text(regex::escape(&args.text(0))));
    }
    let pattern = args.text(0);
    let regex = RegexBuilder::new(&pattern).size_limit(1 << 20).build();
    let regex = regex.map_err(|_| format!("`{pattern}` is no expression that is read"))?;
    let text = args.text(1);
    Ok(match name {
        "regexMatch" => Value::Bool(regex.is_match(&text)),
        "regexFind" => Value::text(regex.find(&text).map_or("", |found| found.as_str())),
        "regexFindAll" => {
            let most = usize::try_from(args.int(2)).unwrap_or(usize::MAX);
            Value::list(regex.find_iter(&text).take(most).map(|found| Value::text(found.as_str())).collect())
        }
        // Go writes groups as `${1}` and `$1`, as this library does
        "regexReplaceAll" => Value::text(regex.replace_all(&text, args.text(2).as_str())),
        "regexReplaceAllLiteral" => Value::text(regex.replace_all(&text, regex::NoExpand(&args.text(2)))),
        "regexSplit" => {
            let most = usize::try_from(args.int(2)).unwrap_or(usize::MAX);
            Value::list(regex.splitn(&text, most).map(Value::text).collect())
        }
        _ => return Err(format!("the function `{name}` is not evaluated")),
    })
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn cased(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut starts = true;
    for c in text.chars() {
        match (starts, upper) {
            (true, true) => out.extend(c.to_uppercase()),
            (true, false) => out.extend(c.to_lowercase()),
            _ => out.push(c),
        }
        starts = c.is_whitespace();
    }
    out
}

fn worded(text: &str, sign: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut was_lower = false;
    for c in text.chars() {
        if c.is_uppercase() && was_lower {
            out.push(sign);
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        if matches!(c, '_' | '-' | ' ') { out.push(sign) } else { out.extend(c.to_lowercase()) }
    }
    out
}

fn part(text: &str, start: i64, end: i64) -> String {
    let start = usize::try_from(start).unwrap_or(0);
    let chars = text.chars().skip(start);
    match usize::try_from(end) {
        Ok(end) => chars.take(end.saturating_sub(start)).collect(),
        Err(_) => chars.collect(),
    }
}

fn from_end(text: &str, count: u64) -> String {
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(usize::try_from(count).unwrap_or(usize::MAX))).collect()
}

/// `%s`, `%d`, `%q`, `%v`, `%t`, `%x`, `%f` with flags, width and precision.
fn printf(args: &Args) -> String {
    let format = args.text(0);
    let mut values = args.0.iter().skip(1);
    let mut out = String::with_capacity(format.len());
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        while let Some(c) = chars.next_if(|c| matches!(c, '-' | '+' | '#' | '0' | ' ' | '.' | '1'..='9')) {
            flags.push(c);
        }
        match chars.next() {
            Some('%') | None => out.push('%'),
            Some(verb) => {
                let value = values.next().cloned().unwrap_or(Value::Nil);
                out.push_str(&padded(&verbed(verb, &flags, &value), &flags));
            }
        }
    }
    out
}

fn verbed(verb: char, flags: &str, value: &Value) -> String {
    let precision =
        flags.split_once('.').and_then(|(_, digits)| digits.parse::<usize>().ok()).map(|digits| digits.min(50));
    match verb {
        'd' => value.as_int().to_string(),
        'q' => quoted(&value.printed()),
        'x' if matches!(value, Value::Int(_)) => format!("{:x}", value.as_int()),
        'f' | 'g' | 'e' => format!("{:.*}", precision.unwrap_or(6), value.as_float()),
        _ if matches!(value, Value::Nil) => {
            if verb == 's' {
                "%!s(<nil>)".to_owned()
            } else {
                "<nil>".to_owned()
            }
        }
        _ => match precision {
            Some(count) => value.printed().chars().take(count).collect(),
            None => value.printed(),
        },
    }
}

fn padded(text: &str, flags: &str) -> String {
    let width = flags.split('.').next().unwrap_or("").trim_start_matches(['-', '+', '#', ' ']);
    let zeros = width.starts_with('0');
    let width = width.parse::<usize>().unwrap_or(0).min(1_000);
    match (flags.contains('-'), zeros) {
        (true, _) => format!("{text:<width$}"),
        (false, true) => format!("{text:0>width$}"),
        (false, false) => format!("{text:>width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let args = |format: &str, values: Vec<Value>| {
            let mut all = vec![Value::text(format)];
            all.extend(values);
            printf(&Args(all))
        };
        assert_eq!(args("%s-%d%%", vec![Value::text("a"), Value::Int(7)]), "a-7%");
        assert_eq!(
            args(
                "%05d|%-4s|%4s|%.2f|%q",
                vec![Value::Int(42), Value::text("ab"), Value::text("cd"), Value::Float(1.5), Value::text("x\"y"),]
            ),
            "00042|ab  |  cd|1.50|\"x\\\"y\""
        );
    }

    #[test]
    fn cuts() {
        assert_eq!(part("hello", 0, 3), "hel");
        assert_eq!(part("hello", 2, -1), "llo");
        assert_eq!(from_end("hello", 2), "lo");
        assert_eq!(worded("someName-x", '_'), "some_name_x");
    }
}
