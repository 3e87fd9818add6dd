//! `sovaudit.toml`: profile, home, waivers, excludes, gate. Read from the target folder or given.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::attribution::{Attestation, Environment};
use crate::catalog::RuleError;
use crate::model::{Date, Finding};
use crate::rules::gate::{self, Waiver};
use crate::scan::AssetMapping;
use crate::source::directory::{self, Folders, ReadError};
use crate::text::{RelPath, Span};

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
    /// Package caches that tell who publishes what was found.
    #[serde(default)]
    pub package_caches: Vec<String>,
    /// Registries that are asked in the place of others, as `docker.io=mirror.example:5000`.
    #[serde(default)]
    pub registry_mirrors: Vec<String>,
    /// Accepted findings.
    #[serde(default, rename = "waiver")]
    pub waivers: Vec<Waiver>,
    /// What no file shows: who the people are that can act on components.
    #[serde(default, rename = "attestation")]
    pub attestations: Vec<Attestation>,
    /// Lists of assets that name their columns in their own words.
    #[serde(default, rename = "asset-list")]
    pub asset_lists: Vec<AssetList>,
    /// Environments, where names and folders do not tell them.
    #[serde(default, rename = "environment")]
    pub environments: Vec<Environment>,
    /// Where it stands and what it says, for messages.
    #[serde(skip)]
    origin: (String, String),
}

/// How a list of assets (CSV) is read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AssetList {
    /// Glob of the files below the scanned folder.
    pub files: String,
    /// Our word for a column (`model`, `accelerator`, `manufacturer`, `pci`, `category`, `count`, `accelerators-each`,
    /// `site`, `country`, `owner`, `operator`, `purchased`, `refresh`, `status`, `spares`) and the list's own.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Where everything in the list stands that names no place itself.
    #[serde(default)]
    pub site: Option<String>,
    /// In which country: ISO code or name.
    #[serde(default)]
    pub country: Option<String>,
}

/// Name of the file in a scanned folder.
pub const NAME: &str = "sovaudit.toml";

/// Bytes that a configuration may have.
const LARGEST: u64 = 1 << 20;

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

# Package caches that tell who publishes what was found; those outside of this folder are given with --package-cache.
# package-caches = ["web/node_modules"]

# Registries asked in the place of others, for --pull and image references.
# registry-mirrors = ["docker.io=mirror.example:5000"]

# Lists of assets (CSV) whose columns have names of their own; what is not named here is recognised by its words.
# [[asset-list]]
# files = "lists/*.csv"
# columns = { accelerator = "Karte", count = "Menge", site = "Standort", refresh = "Ersatz ab" }
# country = "DE"

# Accepted findings. Reason, owner and expiry are mandatory; an expired waiver fails the gate again.
# [[waiver]]
# rule = "sanctioned-owner"
# subject = "npm/@example/*"   # id or shown name of the component, or a glob over these
# lists = ["US-SDN"]           # lists that the party is on: a further one asks again
# reason = "replacement is planned for the next release"
# owner = "platform team"
# expires = 2027-01-31

# Environments, where names and folders do not tell them: rules know prod, staging and dev. The first that fits counts.
# [[environment]]
# name = "prod"
# paths = ["live/**"]          # globs over the files that declare a component
# namespaces = ["shop-*"]      # Kubernetes namespaces
# workspaces = ["default"]     # Terraform workspaces (terraform.tfstate.d/NAME)
# labels = ["stage=live"]      # labels or tags environment, env, stage, tier

# Who the people are that can act on a component or work for an organisation: no scan can see it. T5 of the reach tests.
# [[attestation]]
# subject = "org:ovh"
# personnel = ["FR", "PL"]     # whose nationals or residents they are
# source = "staffing annex of the contract, 2026-05-01"
# by = "vendor management"
# date = 2026-05-10
# expires = 2027-05-10
"#;

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, with file, line and column.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        // a link that the user names is the user's choice
        let path = path.canonicalize().with_context(|| format!("cannot read configuration `{shown}`"))?;
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let name = path.file_name().and_then(|name| RelPath::new(&name.to_string_lossy()));
        let name = name.with_context(|| format!("`{shown}` is no file name"))?;
        let bytes = directory::read(folder, &name, LARGEST).map_err(|error| unreadable(&shown, error))?;
        Self::parse(&shown, bytes)
    }

    /// Reads the configuration of a scanned folder, if there is one. The folder is not trusted: the file
    /// must lie in it, and so must the rule folders and package caches it names.
    ///
    /// # Errors
    /// What is wrong, with file, line and column.
    pub fn of_target(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        if path.symlink_metadata().is_err() {
            return Ok(Self::default());
        }
        let shown = path.display().to_string();
        let name = RelPath::new(NAME).context("a constant path")?;
        let bytes = directory::read_without_links(folder, &name, LARGEST, &Folders::default())
            .map_err(|error| unreadable(&shown, error))?;
        let config = Self::parse(&shown, bytes)?;
        let is_inside = |path: &String| RelPath::new(path).is_some_and(|path| !has_link(folder, &path));
        if let Some(rules) = config.rules.iter().find(|path| !is_inside(path)) {
            anyhow::bail!("{shown}: the rules folder `{rules}` lies outside the scanned folder; give it with --rules");
        }
        if let Some(cache) = config.package_caches.iter().find(|path| !is_inside(path)) {
            anyhow::bail!(
                "{shown}: the package cache `{cache}` lies outside the scanned folder; give it with --package-cache"
            );
        }
        Ok(config)
    }

    fn parse(shown: &str, bytes: Vec<u8>) -> anyhow::Result<Self> {
        let text = String::from_utf8(bytes).with_context(|| format!("configuration `{shown}` is not UTF-8 text"))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}", RuleError::toml(shown, &text, &error)))?;
        config.origin = (shown.to_owned(), text);
        for attestation in &config.attestations {
            let blank = [&attestation.source, &attestation.by].iter().any(|text| text.trim().is_empty());
            anyhow::ensure!(!blank, "{shown}: an attestation needs a source and somebody who answers for it");
            globset::Glob::new(&attestation.subject)
                .with_context(|| format!("{shown}: the subject of an attestation is no glob"))?;
            let order = attestation.date <= attestation.expires;
            anyhow::ensure!(order, "{shown}: the attestation about `{}` expires before its day", attestation.subject);
        }
        if let Some(mistake) = config.environments.iter().find_map(Environment::mistake) {
            anyhow::bail!("{shown}: {mistake}");
        }
        for (at, waiver) in config.waivers.iter().enumerate() {
            for (key, text) in [("reason", &waiver.reason), ("owner", &waiver.owner)] {
                if text.trim().is_empty() {
                    return Err(config.mistake(at, key, "a waiver needs a reason and an owner that are not empty"));
                }
                if is_placeholder(text) {
                    let message = format!("`{}` stands for words that are still to be written", text.trim());
                    return Err(config.mistake(at, key, &message));
                }
            }
            if waiver.fingerprint.is_none() && waiver.rule.is_none() {
                return Err(config.mistake(at, "waiver", "a waiver needs `fingerprint` or `rule`"));
            }
        }
        Ok(config)
    }

    /// How lists of assets are read.
    ///
    /// # Errors
    /// A glob or a column that is none.
    pub fn asset_mappings(&self) -> anyhow::Result<Vec<AssetMapping>> {
        let one = |list: &AssetList| {
            let columns = list.columns.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str()));
            AssetMapping::new(&list.files, columns, list.site.as_deref(), list.country.as_deref())
                .map_err(|message| anyhow::anyhow!("{}: the asset list `{}`: {message}", self.origin.0, list.files))
        };
        self.asset_lists.iter().map(one).collect()
    }

    /// Checks the waivers against the rules there are.
    ///
    /// # Errors
    /// The first waiver that could never accept anything, with file, line and column.
    pub fn check_waivers(&self, rules: &[&str]) -> anyhow::Result<()> {
        gate::check(&self.waivers, rules).map_err(|(at, key, message)| self.mistake(at, key, &message))
    }

    /// Checks how long waivers accept findings about listed parties; days count from `from`.
    ///
    /// # Errors
    /// The first waiver that does so for too long, with file, line and column.
    pub fn check_terms(&self, findings: &[Finding], from: Date) -> anyhow::Result<()> {
        gate::check_terms(&self.waivers, findings, from).map_err(|(at, key, message)| self.mistake(at, key, &message))
    }

    /// A mistake at a key of a waiver, by the waiver's position.
    fn mistake(&self, at: usize, key: &str, message: &str) -> anyhow::Error {
        let (file, text) = &self.origin;
        let error = match waiver_key(text, at, key) {
            Some(span) => RuleError::at(file, text, span, message),
            None => RuleError::whole(file, format!("waiver {}: {message}", at + 1)),
        };
        anyhow::anyhow!("{error}")
    }
}

/// True for what stands where somebody has yet to write something: `…`, `TODO`.
fn is_placeholder(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    word.is_empty() || ["todo", "tbd", "tba", "fixme", "xxx"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Where a key of the nth `[[waiver]]` stands, or its heading; `None` for waivers written in another way.
fn waiver_key(text: &str, nth: usize, key: &str) -> Option<Span> {
    let mut start = 0;
    let mut seen = 0;
    let mut heading = None;
    for line in text.split_inclusive('\n') {
        let word = line.trim_start();
        let at = start + line.len() - word.len();
        start += line.len();
        if word.starts_with("[[waiver]]") {
            if heading.is_some() {
                break;
            }
            seen += 1;
            heading = (seen == nth + 1).then(|| Span::new(at, at + "[[waiver]]".len()));
        } else if heading.is_some() && word.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return Some(Span::new(at, at + key.len()));
        }
    }
    heading
}

fn unreadable(shown: &str, error: ReadError) -> anyhow::Error {
    match error {
        ReadError::Io(reason) => anyhow::anyhow!("cannot read configuration `{shown}`: {reason}"),
        ReadError::TooLarge { size, limit } => {
            anyhow::anyhow!("configuration `{shown}` has {size} bytes, the limit is {limit}")
        }
    }
}

/// True when a part of the path below `root` is a link.
fn has_link(root: &Path, path: &RelPath) -> bool {
    let mut at = root.to_path_buf();
    path.as_str().split('/').any(|part| {
        at.push(part);
        at.symlink_metadata().is_ok_and(|about| about.is_symlink())
    })
}
