//! Package formats of .NET.

pub mod deps_json;
pub mod dotnet_project;
pub mod dotnet_tools;
mod elements;
mod layered;
pub mod msbuild;
pub mod nuget_assets;
pub mod nuget_config;
mod nuget_layers;
pub mod nuget_lock;
pub mod packages_config;
pub mod paket_lock;
mod taken_in;

/// What a version text of NuGet asks for: `1.2.3` (at least, and what is restored unless something needs more) and
/// `[1.2.3]` are one version; ranges and floating versions are none.
pub(crate) fn exact(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let text = inner.map_or(text, str::trim);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    (text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(plain)).then_some(text)
}

/// `Name/1.0.0` of the keys of resolved files.
pub(crate) fn name_and_version(key: &str) -> (&str, Option<&str>) {
    key.split_once('/').map_or((key, None), |(name, version)| (name, Some(version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_versions() {
        assert_eq!(exact("1.2.3-rc.1+x"), Some("1.2.3-rc.1+x"));
        assert_eq!(exact("[1.2.3]"), Some("1.2.3"));
        for open in ["", "1.*", "[1.0,2.0)", "(,1.0]", "*", "$(X)", "1.2.3-*"] {
            assert_eq!(exact(open), None, "{open}");
        }
    }
}
