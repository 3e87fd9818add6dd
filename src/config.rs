//! `sovaudit.toml`: profile, home, waivers, excludes, gate. Read from the target folder or given.

use std::path::Path;

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::gate::Waiver;

/// The configuration file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Profile id.
    #[serde(default)]
    pub profile: Option<String>,
    /// Home jurisdictions: ISO codes and country groups, instead of the profile's.
    #[serde(default)]
    pub home: Vec<String>,
    /// Globs of paths to leave out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Categories, rules and severities that fail the gate.
    #[serde(default)]
    pub fail_on: Option<Vec<String>>,
    /// Folders of rule files on top of the embedded ones.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Accepted findings.
    #[serde(default, rename = "waiver")]
    pub waivers: Vec<Waiver>,
}

/// What `sovaudit init` writes.
pub const TEMPLATE: &str = r#"# sovaudit configuration. Every key is optional; `sovaudit scan --help` tells the defaults.

# From whose chair to look: eu, eu-public-sector, fr-secnumcloud, de-c3a, us-defense, neutral.
profile = "eu"

# Your own legal orders, when they differ from the profile's: ISO codes and country groups.
# home = ["DE"]

# What fails the gate: categories (sanctioned, control, lock-in, ...), rule ids, severities (and worse).
fail-on = ["sanctioned", "critical"]

# Paths to leave out, as globs below the scanned folder.
exclude = []

# Rule folders of your own, laid over the embedded rules.
# rules = ["sovaudit-rules"]

# Accepted findings. Reason, owner and expiry are mandatory; an expired waiver fails the gate again.
# [[waiver]]
# rule = "sanctioned-owner"
# subject = "pkg:npm/*"
# reason = "replacement is planned for the next release"
# owner = "platform team"
# expires = 2027-01-31
"#;

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, with file, line and column.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read configuration `{shown}`"))?;
        let config: Self = toml::from_str(&text)
            .map_err(|error| anyhow::anyhow!("{}", crate::catalog::RuleError::toml(&shown, &text, &error)))?;
        for waiver in &config.waivers {
            if waiver.reason.trim().is_empty() || waiver.owner.trim().is_empty() {
                anyhow::bail!("{shown}: a waiver needs a reason and an owner that are not empty");
            }
            if waiver.fingerprint.is_none() && waiver.rule.is_none() {
                anyhow::bail!("{shown}: a waiver needs `fingerprint` or `rule`");
            }
        }
        Ok(config)
    }
}
