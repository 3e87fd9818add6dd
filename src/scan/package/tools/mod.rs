//! Tools that a project fixes, whatever its language: compilers and runtimes, hooks, repositories within.

pub mod git_modules;
pub mod pre_commit;
pub mod terraform_settings;
pub mod tool_versions;
pub mod toolchain;

use crate::model::ComponentId;
use crate::scan::package::toolkit::{Package, scope};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// A tool of the build. Its version is exact when three numbers stand in it or a date; else it is a constraint.
/// What the machine has (`system`) or lies in the tree (`path:`) is no package of others.
fn tool(
    name: &str,
    written: &str,
    span: Span,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    if matches!(written, "system" | "") || written.starts_with("path:") {
        return None;
    }
    let name = match name {
        "nodejs" => "node",
        "golang" => "go",
        other => other,
    };
    let text = written.strip_prefix(name).unwrap_or(written).trim_start_matches('-');
    let text = text.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text);
    let package = Package::new("generic", name, exact(text), file, span);
    Some(package.require(written, scope::BUILD, project, out))
}

/// `1.2.3`, `temurin-21.0.2+13`, `nightly-2026-01-31`: three numbers in a row name one release.
fn exact(text: &str) -> Option<&str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    let numbers = |separator: char| {
        let mut run = 0;
        text.split(separator).any(|part| {
            // a number may have a name before it and a suffix behind it at the ends of the run
            let is_number = part.starts_with(|c: char| c.is_ascii_digit())
                || run == 0 && part.ends_with(|c: char| c.is_ascii_digit());
            run = if is_number { run + 1 } else { 0 };
            run >= 3
        })
    };
    (text.chars().all(allowed) && !text.contains(".x") && (numbers('.') || numbers('-'))).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn what_names_one_release() {
        for text in ["20.11.1", "temurin-21.0.2+13.0.LTS", "nightly-2026-01-31", "1.16.0-otp-26", "jruby-9.4.5.0"] {
            assert_eq!(exact(text), Some(text));
        }
        for text in ["20", "3.12", "lts/*", "stable", "latest", "temurin-17", "1.2.x", ">=1.2.3", "1.2"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }
}
