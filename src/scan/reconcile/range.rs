//! Whether a locked version is within what a manifest asks for, where the ecosystem's rules are read here.
//!
//! Only what is understood to the last word gives an answer: a claim that files contradict each other must hold.

use semver::Version;

use super::release;

/// Longest constraint that is read; real ones have a line.
const LONGEST: usize = 500;

/// True or false when both texts are understood; `None` when nothing can be said.
pub(crate) fn holds(ecosystem: &str, constraint: &str, version: &str) -> Option<bool> {
    if constraint.len() > LONGEST || version.len() > LONGEST {
        return None;
    }
    match ecosystem {
        "cargo" => Some(semver::VersionReq::parse(constraint.trim()).ok()?.matches(&Version::parse(version).ok()?)),
        "npm" => npm(constraint, version),
        "pub" => pub_dev(constraint, version),
        "conan" => conan(constraint, version),
        "julia" => julia(constraint, version),
        // Helm reads ranges as npm does, and a comma as a space
        "helm" => npm(&constraint.replace(',', " "), version),
        "pypi" => release::python(constraint, version),
        "gem" | "cocoapods" => release::gem(constraint, version),
        "hex" => release::hex(constraint, version),
        "hackage" => release::hackage(constraint, version),
        "cran" => release::cran(constraint, version),
        "swift" => release::swift(constraint, version),
        "composer" => release::composer(constraint, version),
        _ => None,
    }
}

/// Ranges of Dart, whose `^0.0.3` goes up to 0.1.0.
fn pub_dev(constraint: &str, version: &str) -> Option<bool> {
    match constraint.trim().strip_prefix('^').filter(|low| low.starts_with("0.0.")) {
        Some(low) => npm(&format!(">={low} <0.1.0"), version),
        None => npm(constraint, version),
    }
}

/// Ranges of Conan. Versions are compared as they stand there: where npm takes a short one for a stretch, nothing is said.
fn conan(constraint: &str, version: &str) -> Option<bool> {
    let (ranges, options) = constraint.trim_matches(['[', ']']).split_once(',').unwrap_or((constraint, ""));
    let is_option = |word: &str| word.is_empty() || word.starts_with("include_prerelease") || word.starts_with("loose");
    let ranges = ranges.trim_matches(['[', ']']);
    let is_whole = |word: &str| word.matches('.').count() >= 2;
    let is_clear = |word: &str| {
        let above = word.strip_prefix("<=").or_else(|| word.strip_prefix('>').filter(|rest| !rest.starts_with('=')));
        above.is_none_or(is_whole)
    };
    let is_clear = options.split(',').map(str::trim).all(is_option) && ranges.split_whitespace().all(is_clear);
    if is_clear { npm(ranges, version) } else { None }
}

/// Ranges of Julia, of which one must hold; a version alone is one with `^`.
fn julia(constraint: &str, version: &str) -> Option<bool> {
    let mut held = false;
    for alternative in constraint.split(',').map(str::trim) {
        let is_bare = alternative.starts_with(|first: char| first.is_ascii_digit()) && !alternative.contains(" - ");
        held |= if is_bare { npm(&format!("^{alternative}"), version)? } else { npm(alternative, version)? };
    }
    Some(held)
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

/// What is said of constraints and versions.
#[cfg(test)]
pub(super) fn assert_holds(all: &[(&str, &str, &str, Option<bool>)]) {
    for (ecosystem, constraint, version, wanted) in all {
        assert_eq!(holds(ecosystem, constraint, version), *wanted, "{ecosystem} {constraint} {version}");
    }
}

#[cfg(test)]
mod tests {
    use super::{assert_holds, holds};

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
        held.iter().for_each(|(range, version)| assert_holds(&[("npm", range, version, Some(true))]));
        not_held.iter().for_each(|(range, version)| assert_holds(&[("npm", range, version, Some(false))]));
        unknown.iter().for_each(|(range, version)| assert_holds(&[("npm", range, version, None)]));
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
        held.iter().for_each(|(range, version)| assert_holds(&[("pypi", range, version, Some(true))]));
        not_held.iter().for_each(|(range, version)| assert_holds(&[("pypi", range, version, Some(false))]));
        unknown.iter().for_each(|(range, version)| assert_holds(&[("pypi", range, version, None)]));
    }

    #[test]
    fn ranges_of_cargo_and_of_others() {
        assert_eq!(holds("cargo", "1.2", "1.9.0"), Some(true));
        assert_eq!(holds("cargo", "0.2", "0.3.0"), Some(false));
        assert_eq!(holds("cargo", "path", "0.3.0"), None);
        assert_eq!(holds("terraform", "~> 2.1", "3.0"), None);
        let all = [
            ("pub", "^1.2.0", "1.9.0", Some(true)),
            ("pub", "^1.2.0", "0.13.6", Some(false)),
            ("pub", ">=1.0.0 <2.0.0", "2.0.0", Some(false)),
            ("pub", "any", "1.0.0", None),
            ("pub", "^0.0.3", "0.0.5", Some(true)),
            ("pub", "^0.0.3", "0.1.0", Some(false)),
            ("conan", "[>1 <2.0]", "1.5.0", None),
            ("conan", "[>1.2.0 <2.0]", "1.2.5", Some(true)),
            ("conan", "[>1.2.0,<2.0]", "3.0.0", None),
            ("conan", "[>=1.3 <2]", "1.2.11", Some(false)),
            ("conan", ">=1.3 <2, include_prerelease", "1.4.0", Some(true)),
            ("conan", "~10.1", "10.1.9", Some(true)),
            ("conan", "~10.1", "9.1.0", Some(false)),
            ("julia", "0.22", "0.21.4", Some(false)),
            ("julia", "0.20, 0.21", "0.21.4", Some(true)),
            ("julia", "1.2 - 1.5", "1.5.9", Some(true)),
            ("julia", "=1.2.3", "1.2.4", Some(false)),
            ("julia", "≥ 1", "1.2.4", None),
        ];
        assert_holds(&all);
    }
}
