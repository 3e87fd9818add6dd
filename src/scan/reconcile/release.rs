//! Constraints on versions that are numbers between dots, as Python, RubyGems and Composer have them.
//!
//! Only final releases are compared: where a pre-release stands differs from one to the other.

/// PEP 440 between final releases, and Poetry's `^` and `~`. A local part (`+cu124`) is of no weight there.
pub(super) fn python(constraint: &str, version: &str) -> Option<bool> {
    let version = version.split_once('+').map_or(version, |(public, _)| public);
    let mut held = false;
    for alternative in constraint.split("||") {
        held |= all_of(alternative.split(','), version, python_one)?;
    }
    Some(held)
}

fn python_one(sign: &str, text: &str, version: &[u64]) -> Option<bool> {
    if sign.is_empty() && text == "*" {
        return Some(true);
    }
    if let Some(series) = text.strip_suffix(".*") {
        let same = is_of_series(version, series)?;
        return match sign {
            "==" => Some(same),
            "!=" => Some(!same),
            _ => None,
        };
    }
    let stated = release(text)?;
    let order = compare(version, &stated);
    let below_next = |at: usize| is_below_next(version, &stated, at);
    Some(match sign {
        "~=" if stated.len() > 1 => order.is_ge() && below_next(stated.len() - 2),
        "~" => order.is_ge() && below_next(1),
        "^" => order.is_ge() && below_next(first_that_counts(&stated)),
        _ => return compared(sign, order),
    })
}

/// True for a version of Python that an exact pin means: missing parts are zero, and a pin without a local part (`+cu124`)
/// takes every one.
pub(super) fn is_pinned_python(pin: &str, version: &str) -> bool {
    let plain = |text: &str| text.trim().to_ascii_lowercase().replace("%2b", "+");
    let (pin, version) = (plain(pin), plain(version));
    let public = |text: &str| text.split('+').next().unwrap_or_default().to_owned();
    if pin.contains('+') {
        return pin == version;
    }
    match (release(&pin), release(&public(&version))) {
        (Some(pin), Some(version)) => compare(&pin, &version).is_eq(),
        _ => pin == public(&version),
    }
}

/// True when a version of numbers is held by every part of a constraint.
fn all_of<'c>(
    clauses: impl Iterator<Item = &'c str>,
    version: &str,
    one: fn(&str, &str, &[u64]) -> Option<bool>,
) -> Option<bool> {
    let version = release(version)?;
    let mut held = true;
    for clause in clauses.map(str::trim).filter(|clause| !clause.is_empty()) {
        let at = clause.find(|c: char| !matches!(c, '<' | '>' | '=' | '^' | '~' | '!')).unwrap_or(clause.len());
        let (sign, text) = clause.split_at(at);
        held &= one(sign, text.trim(), &version)?;
    }
    Some(held)
}

/// Requirements of RubyGems, all of which must hold.
pub(super) fn gem(constraint: &str, version: &str) -> Option<bool> {
    all_of(constraint.split(','), version, gem_one)
}

/// Requirements of Hex: `and` binds closer than `or`, a version alone is that version.
pub(super) fn hex(constraint: &str, version: &str) -> Option<bool> {
    let mut held = false;
    for alternative in constraint.split(" or ") {
        held |= all_of(alternative.split(" and "), version, gem_one)?;
    }
    Some(held)
}

/// Ranges of Cabal.
pub(super) fn hackage(constraint: &str, version: &str) -> Option<bool> {
    // sets and brackets are not read here
    if constraint.contains(['(', '{']) {
        return None;
    }
    let mut held = false;
    for alternative in constraint.split("||") {
        held |= all_of(alternative.split("&&"), version, hackage_one)?;
    }
    Some(held)
}

fn hackage_one(sign: &str, text: &str, version: &[u64]) -> Option<bool> {
    if let Some(series) = text.strip_suffix(".*") {
        return is_of_series(version, series).filter(|_| sign == "==");
    }
    let stated = release(text)?;
    let order = compare(version, &stated);
    // the order of Haskell takes 1.0 for less than 1.0.0
    if order.is_eq() && version != stated.as_slice() {
        return None;
    }
    match sign {
        // the first two numbers are the major version
        "^>=" if stated.len() < 2 => None,
        "^>=" => Some(order.is_ge() && is_below_next(version, &stated, 1)),
        _ => compared(sign, order),
    }
}

/// The one comparison that a field of R's DESCRIPTION makes.
pub(super) fn cran(constraint: &str, version: &str) -> Option<bool> {
    all_of(std::iter::once(constraint), version, |sign, text, version| {
        compared(sign, compare(version, &release(text)?))
    })
}

/// `from 5.5.0` up to the next major version, as the scanner of Package.swift writes it; other words say nothing here.
pub(super) fn swift(constraint: &str, version: &str) -> Option<bool> {
    let stated = release(constraint.strip_prefix("from ")?)?;
    let version = release(version)?;
    Some(compare(&version, &stated).is_ge() && is_below_next(&version, &stated, 0))
}

/// A requirement of RubyGems on final releases; a version alone is that version.
fn gem_one(sign: &str, text: &str, version: &[u64]) -> Option<bool> {
    let stated = release(text)?;
    let order = compare(version, &stated);
    Some(match sign {
        "" | "=" => order.is_eq(),
        "~>" => order.is_ge() && is_below_next(version, &stated, stated.len().saturating_sub(2)),
        _ => return compared(sign, order),
    })
}

/// Composer's constraints on final releases.
pub(super) fn composer(constraint: &str, version: &str) -> Option<bool> {
    // ranges with a dash and marks of stability are not read here
    if constraint.contains(" - ") || constraint.contains(['@', '#']) {
        return None;
    }
    let mut held = false;
    for alternative in constraint.split('|').filter(|part| !part.trim().is_empty()) {
        // a sign may stand apart from its version
        let words: Vec<&str> = alternative.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| word.chars().all(|c| "<>=^~!".contains(c))) {
            return None;
        }
        held |= all_of(words.into_iter(), version, composer_one)?;
    }
    Some(held)
}

fn composer_one(sign: &str, text: &str, version: &[u64]) -> Option<bool> {
    if sign.is_empty() && text == "*" {
        return Some(true);
    }
    if let Some(series) = text.strip_suffix(".*") {
        return is_of_series(version, series).filter(|_| sign.is_empty());
    }
    let stated = release(text)?;
    let order = compare(version, &stated);
    Some(match sign {
        "" | "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "~" => order.is_ge() && is_below_next(version, &stated, stated.len().saturating_sub(2)),
        "^" => order.is_ge() && is_below_next(version, &stated, first_that_counts(&stated)),
        _ => return compared(sign, order),
    })
}

/// True for a version of the series `1.2` of `1.2.*`.
fn is_of_series(version: &[u64], series: &str) -> Option<bool> {
    let series = release(series)?;
    Some((0..series.len()).all(|at| part(version, at) == series[at]))
}

/// The part that `^` keeps: the first that is not zero, else the last.
fn first_that_counts(stated: &[u64]) -> usize {
    stated.iter().position(|part| *part > 0).unwrap_or(stated.len().saturating_sub(1))
}

/// The signs that all of them have.
fn compared(sign: &str, order: std::cmp::Ordering) -> Option<bool> {
    Some(match sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        _ => return None,
    })
}

/// True for a version before the next one of the part at this place.
fn is_below_next(version: &[u64], stated: &[u64], at: usize) -> bool {
    let mut end = stated[..=at.min(stated.len() - 1)].to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    compare(version, &end).is_lt()
}

/// True for a version that certainly comes after another one.
pub(super) fn is_later(version: &str, than: &str) -> bool {
    let both = release(version).zip(release(than));
    both.is_some_and(|(version, than)| compare(&version, &than) == std::cmp::Ordering::Greater)
}

/// Numbers of a final release of the first epoch.
fn release(text: &str) -> Option<Vec<u64>> {
    let text = text.trim();
    text.trim_start_matches('v').split('.').map(|part| part.parse().ok()).collect()
}

fn part(version: &[u64], at: usize) -> u64 {
    version.get(at).copied().unwrap_or(0)
}

/// Missing parts count as zero.
fn compare(one: &[u64], other: &[u64]) -> std::cmp::Ordering {
    let longest = one.len().max(other.len());
    (0..longest)
        .map(|at| part(one, at).cmp(&part(other, at)))
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::{is_later, is_pinned_python};

    #[test]
    fn later_versions() {
        for (version, than) in [("2.0.13", "2.0.9"), ("13.0.1", "13.0"), ("1.10", "1.9.9"), ("v2", "1.9")] {
            assert!(is_later(version, than) && !is_later(than, version), "{version} {than}");
        }
        for (version, than) in [("1.0", "1.0.0"), ("2.0-RC1", "1.0"), ("2.0", "1.0.Final"), ("", "1"), ("a", "b")] {
            assert!(!is_later(version, than), "{version} {than}");
        }
    }
    use crate::scan::reconcile::range::assert_holds;

    #[test]
    fn ranges_of_gems_and_of_composer() {
        let all = [
            ("gem", "~> 7.1", "7.0.8", Some(false)),
            ("gem", "~> 7.1", "7.2.0", Some(true)),
            ("gem", "~> 7.1", "8.0", Some(false)),
            ("gem", "~> 7.1.2", "7.2.0", Some(false)),
            ("gem", "~> 7", "7.9", Some(true)),
            ("gem", "2.2.8", "2.2.9", Some(false)),
            ("gem", "1.0", "1.0.0", Some(true)),
            ("gem", ">= 1, < 2", "2.0", Some(false)),
            ("gem", "~> 7.1", "7.1.0.beta1", None),
            ("composer", "^7.0", "v6.4.8", Some(false)),
            ("composer", "^7.0", "7.4.8", Some(true)),
            ("composer", "^0.3", "0.4.0", Some(false)),
            ("composer", "~1.2", "1.9.0", Some(true)),
            ("composer", "~1.2.0", "1.3.0", Some(false)),
            ("composer", ">=3", "2.0.0", Some(false)),
            ("composer", ">=1.0 <2.0 || ^3", "3.1.0", Some(true)),
            ("composer", "1.2.*", "1.3.0", Some(false)),
            ("composer", "^1.0@dev", "2.0.0", None),
            ("composer", "1.0 - 2.0", "3.0.0", None),
            ("composer", ">= 1.0", "0.9", None),
            ("composer", "dev-main", "1.0.0", None),
            ("composer", "*", "1.0.0", Some(true)),
            ("cocoapods", "~> 5.9", "5.4.0", Some(false)),
            ("hex", "~> 1.7.12", "1.6.0", Some(false)),
            ("hex", "~> 1.7.12", "1.7.14", Some(true)),
            ("hex", ">= 1.0.0 and < 2.0.0 or == 3.0.0", "3.0.0", Some(true)),
            ("hex", "~> 1.0-rc", "1.0.0", None),
            ("hackage", ">= 5.3", "5.2.3", Some(false)),
            ("hackage", ">=4.7 && <5", "4.18.2", Some(true)),
            ("hackage", "^>=1.2.3", "1.3", Some(false)),
            ("hackage", "==1.2.*", "1.2.9", Some(true)),
            ("hackage", ">=1.2.0", "1.2.0.1", Some(true)),
            ("hackage", ">=1.2.0", "1.2", None),
            ("hackage", "{ 1.2 }", "1.2", None),
            ("cran", ">= 2.6", "2.5.1", Some(false)),
            ("cran", ">= 2.6", "2.6-1", None),
            ("swift", "from 5.5.0", "5.4.4", Some(false)),
            ("swift", "from 5.5.0", "5.9.1", Some(true)),
            ("swift", "branch main", "5.9.1", None),
        ];
        assert_holds(&all);
    }

    #[test]
    fn pins_of_python() {
        for (pin, version) in
            [("2.4.0", "2.4.0+cpu"), ("2.4.0", "2.4.0%2Bcpu"), ("1.0.0", "1.0"), ("1.0rc1", "1.0RC1"), ("1+a", "1+A")]
        {
            assert!(is_pinned_python(pin, version), "{pin} {version}");
        }
        for (pin, version) in [("2.4.0+cpu", "2.4.0"), ("2.4.0", "2.4.1+cpu"), ("1.0rc1", "1.0")] {
            assert!(!is_pinned_python(pin, version), "{pin} {version}");
        }
    }
}
