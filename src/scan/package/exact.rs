//! The version that a constraint fixes alone, as each ecosystem writes that.

use super::javascript::spec;

/// The exact version that a constraint asks for: `==2.4.0`, `=1.2.3`, `1.2.3`, by the rules of its ecosystem. Nothing
/// where others would do as well, and where the text is not understood.
pub(crate) fn exact<'t>(ecosystem: &str, constraint: &'t str) -> Option<&'t str> {
    let text = constraint.trim();
    if matches!(ecosystem, "npm" | "jsr") {
        return spec::exact(text);
    }
    let form = Form::of(ecosystem);
    let marked = form.signs.iter().find_map(|sign| text.strip_prefix(sign));
    let version = match marked {
        Some(rest) => rest.trim(),
        None if form.is_bare_exact => text,
        None => return None,
    };
    // `@stable` says what else would do, and nothing else would
    let version = version.split('@').next().filter(|_| ecosystem == "composer").unwrap_or(version);
    let version_of_tag = version.strip_prefix('v').filter(|_| ecosystem == "composer").unwrap_or(version);
    (is_version(version_of_tag) && (marked.is_some() && !form.is_always_whole || numbers(version_of_tag) >= form.parts))
        .then_some(version)
}

/// How an ecosystem writes an exact version.
struct Form {
    /// Signs that say so; of those that begin alike the longer stands first.
    signs: &'static [&'static str],
    /// A version without a sign is exact too.
    is_bare_exact: bool,
    /// Numbers that it must have to be one version and not a series.
    parts: usize,
    /// Behind a sign as well.
    is_always_whole: bool,
}

impl Form {
    fn of(ecosystem: &str) -> Self {
        let form = |signs, is_bare_exact, parts, is_always_whole| Self { signs, is_bare_exact, parts, is_always_whole };
        match ecosystem {
            // conda's `=1.2` stands for every version that begins so
            "pypi" | "conda" => form(&["===", "=="], false, 1, false),
            "hackage" => form(&["=="], false, 1, false),
            // `1.0` of RubyGems is 1.0 and no other, as that of Composer
            "gem" | "cocoapods" => form(&["="], true, 1, false),
            "composer" => form(&["==", "="], true, 1, false),
            "hex" => form(&["=="], true, 3, true),
            // `=1.2` is a series
            "cargo" | "julia" => form(&["="], false, 3, true),
            "pub" => form(&[], true, 3, true),
            "bazel" => form(&["="], false, 1, false),
            _ => form(&["="], true, 3, false),
        }
    }
}

/// Parts of a version before its pre-release and build.
fn numbers(version: &str) -> usize {
    version.split(['-', '+']).next().unwrap_or(version).split('.').count()
}

/// True for what can be one version: `1.2.*` and `1.2.x` are series, `1.2-dev` is a branch.
fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
        && !text.contains(".x")
        && !text.contains(".X")
        && !text.ends_with("-dev")
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn constraints_that_one_version_meets() {
        for (ecosystem, constraint, version) in [
            ("gem", "7.0.0", "7.0.0"),
            ("gem", "= 7.0", "7.0"),
            ("cocoapods", "1.2", "1.2"),
            ("composer", "v1.2.3", "v1.2.3"),
            ("composer", "=1.2.3", "1.2.3"),
            ("composer", "==1.2.3-beta1", "1.2.3-beta1"),
            ("composer", "1.2.3@stable", "1.2.3"),
            ("hex", "1.7.10", "1.7.10"),
            ("hex", "== 1.7.10-rc.1", "1.7.10-rc.1"),
            ("hackage", "== 1.2", "1.2"),
            ("cargo", "=1.2.3", "1.2.3"),
            ("julia", "= 1.2.3", "1.2.3"),
            ("pub", "1.2.3+1", "1.2.3+1"),
            ("npm", "v1.2.3", "1.2.3"),
            ("pypi", "==2.4", "2.4"),
        ] {
            assert_eq!(exact(ecosystem, constraint), Some(version), "{ecosystem} {constraint}");
        }
        for (ecosystem, constraint) in [
            ("gem", "~> 7.0.0"),
            ("gem", ">= 1, < 2"),
            ("composer", "1.2.*"),
            ("composer", "1.2.x-dev"),
            ("composer", "1.X"),
            ("composer", "dev-main"),
            ("composer", "1.0 - 2.0"),
            ("composer", "1.2.3 as 1.0.0"),
            ("hex", "~> 1.7"),
            ("hex", "1.7"),
            ("hackage", "==1.2.*"),
            ("hackage", "==1.2 || ==1.3"),
            ("hackage", "1.2"),
            ("cargo", "1.2.3"),
            ("cargo", "=1.2"),
            ("julia", "1.2.3"),
            ("pub", "^1.2.3"),
            ("pub", "any"),
            ("npm", "1.2"),
            ("pypi", "2.4.0"),
        ] {
            assert_eq!(exact(ecosystem, constraint), None, "{ecosystem} {constraint}");
        }
    }
}
