//! Arithmetic and versions.

use semver::{Version, VersionReq};

use super::{Answer, Args};
use crate::scan::cluster::template::value::Value;

/// Longest row of numbers.
const LONGEST: i64 = 10_000;

pub(super) fn call(name: &str, args: &Args) -> Answer {
    let all = || args.0.iter().map(Value::as_int);
    let int = |number: Option<i64>| number.map(Value::Int).ok_or_else(|| "a number that cannot be computed".to_owned());
    Some(match name {
        "int" | "int64" | "atoi" => Ok(Value::Int(args.int(0))),
        "float64" => Ok(Value::Float(args.value(0).as_float())),
        "toDecimal" => Ok(Value::Int(i64::from_str_radix(&args.text(0), 8).unwrap_or(0))),
        "add" => int(all().try_fold(0_i64, i64::checked_add)),
        "add1" => int(args.int(0).checked_add(1)),
        "sub" => int(args.int(0).checked_sub(args.int(1))),
        "mul" => int(all().try_fold(1_i64, i64::checked_mul)),
        "div" => int(args.int(0).checked_div(args.int(1))),
        "mod" => int(args.int(0).checked_rem(args.int(1))),
        "max" | "biggest" => int(all().max()),
        "min" => int(all().min()),
        "addf" => Ok(Value::Float(args.0.iter().map(Value::as_float).sum())),
        "subf" => Ok(Value::Float(args.value(0).as_float() - args.value(1).as_float())),
        "mulf" => Ok(Value::Float(args.0.iter().map(Value::as_float).product())),
        "divf" => Ok(Value::Float(args.value(0).as_float() / args.value(1).as_float())),
        "maxf" => Ok(Value::Float(args.0.iter().map(Value::as_float).fold(f64::MIN, f64::max))),
        "minf" => Ok(Value::Float(args.0.iter().map(Value::as_float).fold(f64::MAX, f64::min))),
        "floor" => Ok(Value::Float(args.value(0).as_float().floor())),
        "ceil" => Ok(Value::Float(args.value(0).as_float().ceil())),
        "round" => {
            let scale = 10_f64.powi(args.int(1).clamp(0, 15) as i32);
            Ok(Value::Float((args.value(0).as_float() * scale).round() / scale))
        }
        "until" => Ok(row(0, args.int(0), 1)),
        "untilStep" => Ok(row(args.int(0), args.int(1), args.int(2))),
        "seq" => Ok(Value::text(sequence(args))),
        "semverCompare" => compare(&args.text(0), &args.text(1)).map(Value::Bool),
        "semver" => semver(&args.text(0)),
        _ => return None,
    })
}

fn row(start: i64, end: i64, step: i64) -> Value {
    let mut items = Vec::new();
    let mut at = start;
    while step != 0 && (step > 0 && at < end || step < 0 && at > end) && items.len() < LONGEST as usize {
        items.push(Value::Int(at));
        at += step;
    }
    Value::list(items)
}

fn sequence(args: &Args) -> String {
    let (start, step, end) = match args.len() {
        1 => (1, 1, args.int(0)),
        2 => (args.int(0), 1, args.int(1)),
        _ => (args.int(0), args.int(1), args.int(2)),
    };
    let end = if step >= 0 { end.saturating_add(1) } else { end.saturating_sub(1) };
    let items: Vec<String> = row(start, end, step).items().iter().map(Value::printed).collect();
    items.join(" ")
}

fn version(text: &str) -> Result<Version, String> {
    let text = text.trim().trim_start_matches('v');
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let mut parts: Vec<&str> = numbers.split('.').collect();
    parts.resize(3, "0");
    Version::parse(&format!("{}{rest}", parts.join("."))).map_err(|_| format!("`{text}` is no version"))
}

fn semver(text: &str) -> Result<Value, String> {
    let version = version(text)?;
    let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(0));
    Ok(Value::of([
        ("Major", number(version.major)),
        ("Minor", number(version.minor)),
        ("Patch", number(version.patch)),
        ("Prerelease", Value::text(version.pre.as_str())),
        ("Original", Value::text(text)),
    ]))
}

/// `>=1.21-0, <2 || ~1.19`
fn compare(constraint: &str, text: &str) -> Result<bool, String> {
    let version = version(text)?;
    for any in constraint.split("||") {
        let mut fits = true;
        // signs may stand apart from their version
        let joined =
            any.replace(">= ", ">=").replace("<= ", "<=").replace("> ", ">").replace("< ", "<").replace("= ", "=");
        for part in joined.split([',', ' ']).filter(|part| !part.trim().is_empty()) {
            fits &= one(part.trim(), &version)?;
        }
        if fits {
            return Ok(true);
        }
    }
    Ok(false)
}

fn one(part: &str, is: &Version) -> Result<bool, String> {
    let signs = part.find(|c: char| c.is_ascii_alphanumeric() || c == '*').unwrap_or(part.len());
    let (sign, text) = part.split_at(signs);
    // numbers that the constraint fixes: `1.2.x` has two
    let numbers = text.trim_start_matches('v').split(['-', '+']).next().unwrap_or("");
    let fixed = numbers.split('.').take_while(|part| part.parse::<u64>().is_ok()).count();
    let wanted = version(&text.replace(['*', 'x', 'X'], "0"))?;
    // a version before a release fits only where the constraint speaks of such
    if !is.pre.is_empty() && wanted.pre.is_empty() {
        return Ok(false);
    }
    let request = |sign: &str| VersionReq::parse(&format!("{sign}{wanted}")).map_err(|error| error.to_string());
    let plain = Version::new(is.major, is.minor, is.patch);
    Ok(match sign {
        ">" => *is > wanted,
        ">=" | "=>" => *is >= wanted,
        "<" => *is < wanted,
        "<=" | "=<" => *is <= wanted,
        "!=" => *is != wanted,
        "^" => *is >= wanted && request("^")?.matches(&plain),
        "~" | "~>" => *is >= wanted && plain.major == wanted.major && (fixed < 2 || plain.minor == wanted.minor),
        _ if fixed < 3 => {
            fixed == 0 || plain.major == wanted.major && (fixed == 1 || *is >= wanted && plain.minor == wanted.minor)
        }
        _ => *is == wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn versions_fit_constraints() {
        for (constraint, version, fits) in [
            (">=1.21-0", "v1.33.0", true),
            (">= 1.21.0-0", "1.20.4-gke.1", false),
            ("<1.14-0", "1.33.0", false),
            ("^1.2", "1.9.0", true),
            ("~1.2.3", "1.3.0", false),
            ("<1.0 || >=1.30", "1.33.0", true),
            (">1.2, <1.4", "1.3.9", true),
            ("1.x", "1.8.2", true),
        ] {
            assert_eq!(compare(constraint, version), Ok(fits), "{constraint} {version}");
        }
        assert!(compare(">=1", "none").is_err());
    }
}
