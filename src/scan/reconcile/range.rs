//! Whether a locked version is within what a manifest asks for, where the ecosystem's rules are read here.
//!
//! Only what is understood to the last word gives an answer: a claim that files contradict each other must hold.

use semver::Version;

/// Longest constraint that is read; real ones have a line.
const LONGEST: usize = 500;

/// True or false when both texts are understood; `None` when nothing can be said.
pub(super) fn holds(ecosystem: &str, constraint: &str, version: &str) -> Option<bool> {
    if constraint.len() > LONGEST || version.len() > LONGEST {
        return None;
    }
    match ecosystem {
        "cargo" => Some(semver::VersionReq::parse(constraint.trim()).ok()?.matches(&Version::parse(version).ok()?)),
        "npm" => npm(constraint, version),
        "pypi" => python(constraint, version),
        "gem" => all_of(constraint.split(','), version, gem_one),
        "composer" => composer(constraint, version),
        _ => None,
    }
}

/// Half-open stretch of versions: from the first, up to and without the second.
type Stretch = (Option<Version>, Option<Version>);

fn npm(constraint: &str, version: &str) -> Option<bool> {
    let version = Version::parse(version).ok()?;
    // whether a pre-release counts depends on how its range is written
    if !version.pre.is_empty() {
        return None;
    }
    let mut held = false;
    for alternative in constraint.split("||") {
        held |= npm_all(alternative.trim(), &version)?;
    }
    Some(held)
}

/// `>=1.2 <2`, `1.2 - 2.3`, `^1.2`: true when the version is within all parts.
fn npm_all(text: &str, version: &Version) -> Option<bool> {
    if let Some((low, high)) = text.split_once(" - ") {
        let (low, high) = (partial(low)?.0, partial(high)?.1);
        return Some(within(&(low, high), version));
    }
    let mut held = true;
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let at = word.find(|c: char| !matches!(c, '<' | '>' | '=' | '^' | '~')).unwrap_or(word.len());
        let (sign, mut rest) = word.split_at(at);
        if rest.is_empty() {
            rest = words.next()?;
        }
        held &= within(&npm_one(sign, rest)?, version);
    }
    Some(held)
}

fn npm_one(sign: &str, text: &str) -> Option<Stretch> {
    let (low, high) = partial(text)?;
    let least = || low.clone().unwrap_or(Version::new(0, 0, 0));
    Some(match sign {
        "" | "=" => (low, high),
        ">=" => (low, None),
        "<" => (None, Some(least())),
        // above every version that the words mean: `>1.2` is `>=1.3.0`
        ">" => (Some(high?), None),
        "<=" => (None, high),
        "~" | "~>" => {
            let is_major_only = !text.contains('.');
            let end = low.as_ref().map(|low| if is_major_only { next(low, 0) } else { next(low, 1) });
            (low, end)
        }
        "^" => {
            let parts = text.trim_start_matches('v').split('.').take_while(|part| part.parse::<u64>().is_ok()).count();
            let end = low.as_ref().map(|low| match (low.major, low.minor, parts) {
                (0, _, 0 | 1) => next(low, 0),
                (0, 0, 2) => next(low, 1),
                (0, 0, _) => next(low, 2),
                (0, _, _) => next(low, 1),
                _ => next(low, 0),
            });
            (low, end)
        }
        _ => return None,
    })
}

/// The versions that `1`, `1.2`, `1.x`, `*` or `1.2.3` mean.
fn partial(text: &str) -> Option<Stretch> {
    let text = text.trim().trim_start_matches(['v', '=']);
    if let Ok(version) = Version::parse(text) {
        // after it stands its next patch, or for a pre-release the release
        let mut after = version.clone();
        after.build = semver::BuildMetadata::EMPTY;
        if version.pre.is_empty() {
            after = next(&version, 2);
        } else {
            after.pre = semver::Prerelease::EMPTY;
        }
        return Some((Some(version), Some(after)));
    }
    let mut numbers = Vec::new();
    let mut open = false;
    for part in text.split('.') {
        match part {
            "x" | "X" | "*" | "" if numbers.len() < 3 => open = true,
            _ if open => return None,
            number => numbers.push(number.parse::<u64>().ok()?),
        }
    }
    Some(match numbers[..] {
        [] => (None, None),
        [major] => (Some(Version::new(major, 0, 0)), Some(Version::new(major.checked_add(1)?, 0, 0))),
        [major, minor] => (Some(Version::new(major, minor, 0)), Some(Version::new(major, minor.checked_add(1)?, 0))),
        _ => return None,
    })
}

/// The first version after those that share the parts up to this one.
fn next(version: &Version, part: usize) -> Version {
    let up = |number: u64| number.saturating_add(1);
    match part {
        0 => Version::new(up(version.major), 0, 0),
        1 => Version::new(version.major, up(version.minor), 0),
        _ => Version::new(version.major, version.minor, up(version.patch)),
    }
}

fn within((low, high): &Stretch, version: &Version) -> bool {
    low.as_ref().is_none_or(|low| version >= low) && high.as_ref().is_none_or(|high| version < high)
}

/// PEP 440 between final releases, and Poetry's `^` and `~`. A local part (`+cu124`) is of no weight there.
fn python(constraint: &str, version: &str) -> Option<bool> {
    let version = release(version.split_once('+').map_or(version, |(public, _)| public))?;
    let mut held = false;
    for alternative in constraint.split("||") {
        let mut all = true;
        for clause in alternative.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
            all &= python_one(clause, &version)?;
        }
        held |= all;
    }
    Some(held)
}

fn python_one(clause: &str, version: &[u64]) -> Option<bool> {
    let at = clause.find(|c: char| !matches!(c, '<' | '>' | '=' | '^' | '~' | '!')).unwrap_or(clause.len());
    let (sign, text) = clause.split_at(at);
    let text = text.trim();
    if sign.is_empty() && text == "*" {
        return Some(true);
    }
    if let Some(series) = text.strip_suffix(".*") {
        let series = release(series)?;
        let same = (0..series.len()).all(|at| part(version, at) == series[at]);
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
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        "~=" if stated.len() > 1 => order.is_ge() && below_next(stated.len() - 2),
        "~" => order.is_ge() && below_next(1),
        "^" => order.is_ge() && below_next(stated.iter().position(|part| *part > 0).unwrap_or(stated.len() - 1)),
        _ => return None,
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

/// A requirement of RubyGems on final releases; a version alone is that version.
fn gem_one(sign: &str, text: &str, version: &[u64]) -> Option<bool> {
    let stated = release(text)?;
    let order = compare(version, &stated);
    Some(match sign {
        "" | "=" => order.is_eq(),
        "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        "~>" => order.is_ge() && is_below_next(version, &stated, stated.len().saturating_sub(2)),
        _ => return None,
    })
}

/// Composer's constraints on final releases.
fn composer(constraint: &str, version: &str) -> Option<bool> {
    // ranges with a dash and marks of stability are not read here
    if constraint.contains([' ', '@', '#']) && (constraint.contains(" - ") || constraint.contains(['@', '#'])) {
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
        let series = release(series)?;
        return sign.is_empty().then(|| (0..series.len()).all(|at| part(version, at) == series[at]));
    }
    let stated = release(text)?;
    let order = compare(version, &stated);
    Some(match sign {
        "" | "=" | "==" => order.is_eq(),
        "!=" | "<>" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        "~" => order.is_ge() && is_below_next(version, &stated, stated.len().saturating_sub(2)),
        "^" => {
            let first = stated.iter().position(|part| *part > 0).unwrap_or(stated.len() - 1);
            order.is_ge() && is_below_next(version, &stated, first)
        }
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
    use super::{holds, is_pinned_python};

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
        ];
        for (ecosystem, constraint, version, wanted) in all {
            assert_eq!(holds(ecosystem, constraint, version), wanted, "{ecosystem} {constraint} {version}");
        }
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

    #[test]
    fn ranges_of_npm() {
        let held = [
            ("^1.2.3", "1.9.0"),
            ("~1.2.3", "1.2.9"),
            ("~1", "1.9.9"),
            ("1.x", "1.4.0"),
            ("*", "0.0.1"),
            ("", "3.0.0"),
            (">=1.2 <2", "1.9.9"),
            (">= 1.2", "4.0.0"),
            ("1.2 - 2.3", "2.3.9"),
            ("^0.0.3", "0.0.3"),
            ("^0.2", "0.2.9"),
            ("^1 || ^2", "2.1.0"),
            ("<=1.2", "1.2.9"),
            (">1.2", "1.3.0"),
            ("^0", "0.9.9"),
            ("=1.2.3", "1.2.3"),
            ("^0.x", "0.5.0"),
            ("^2.0.0-rc.1", "2.0.0"),
            ("v1.2.3", "1.2.3"),
            ("1.2.3", "1.2.3"),
        ];
        let not_held = [
            ("^1.2.3", "2.0.0"),
            ("~1.2.3", "1.3.0"),
            ("^0.2.3", "0.3.0"),
            ("^0.0.3", "0.0.4"),
            (">1.2", "1.2.9"),
            ("1.2 - 2.3", "2.4.0"),
            ("<2", "2.0.0"),
            ("1.2.3", "1.2.4"),
            ("^1 || ^2", "3.0.0"),
            ("<=1.2", "1.3.0"),
        ];
        let unknown = [
            ("latest", "1.0.0"),
            ("workspace:*", "1.0.0"),
            ("^1.0.0", "1.1.0-rc.1"),
            ("1.2.3.4", "1.0.0"),
            (">", "1.0.0"),
        ];
        for (range, version) in held {
            assert_eq!(holds("npm", range, version), Some(true), "{range} {version}");
        }
        for (range, version) in not_held {
            assert_eq!(holds("npm", range, version), Some(false), "{range} {version}");
        }
        for (range, version) in unknown {
            assert_eq!(holds("npm", range, version), None, "{range} {version}");
        }
    }

    #[test]
    fn ranges_of_python() {
        let held = [
            (">=2", "2.4.0"),
            ("~=2.2", "2.9"),
            ("~=2.2.1", "2.2.9"),
            ("==2.*", "2.4.0"),
            ("==2.4", "2.4.0"),
            ("==2.4.0", "2.4.0+cu124"),
            ("^1.2", "1.9"),
            ("^0.2.3", "0.2.9"),
            ("~1.2", "1.2.9"),
            ("<3,>=2", "2.4.0"),
            ("!=2.3", "2.4"),
            ("*", "1.0"),
            ("^1 || ^2", "2.1"),
            ("", "1.0"),
        ];
        let not_held = [
            (">=2", "1.9"),
            ("~=2.2", "3.0"),
            ("~=2.2.1", "2.3.0"),
            ("==2.*", "3.0"),
            ("^1.2", "2.0"),
            ("^0.2.3", "0.3.0"),
            ("<3,>=2", "3.0"),
            ("!=2.4", "2.4.0"),
            ("^0.0.3", "0.0.4"),
            ("<2", "2.0"),
        ];
        let unknown = [
            (">=2.0b1", "2.0"),
            (">=2", "2.1rc1"),
            ("===2.0", "2.0"),
            ("2.0", "2.0"),
            (">=1!2", "3.0"),
            ("~=2", "2.1"),
        ];
        for (range, version) in held {
            assert_eq!(holds("pypi", range, version), Some(true), "{range} {version}");
        }
        for (range, version) in not_held {
            assert_eq!(holds("pypi", range, version), Some(false), "{range} {version}");
        }
        for (range, version) in unknown {
            assert_eq!(holds("pypi", range, version), None, "{range} {version}");
        }
    }

    #[test]
    fn ranges_of_cargo_and_of_others() {
        assert_eq!(holds("cargo", "1.2", "1.9.0"), Some(true));
        assert_eq!(holds("cargo", "0.2", "0.3.0"), Some(false));
        assert_eq!(holds("cargo", "path", "0.3.0"), None);
        assert_eq!(holds("gem", "~> 2.1", "3.0"), None);
    }
}
