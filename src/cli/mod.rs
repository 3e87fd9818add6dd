//! The command line: types only, no logic.

mod rules;

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

pub use rules::{BundleArgs, ImportArgs, RulesAction, RulesArgs};

/// Auditor for the geopolitical resilience of AI infrastructure.
///
/// Reads files, offline, and executes nothing: what do we depend on and who controls it; are we
/// allowed to; what stops, and when, if a jurisdiction is lost; what do we change, in what order.
#[derive(Debug, Parser)]
#[command(name = "sovaudit", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Reads the command line. A variable of the environment that is empty is one that is not set: continuous integration sets
/// those that nobody filled in.
#[must_use]
pub fn parse() -> Cli {
    fn without_empty(command: clap::Command) -> clap::Command {
        let is_empty = |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        let command =
            command.mut_args(|arg| if is_empty(&arg) { arg.env(clap::builder::Resettable::Reset) } else { arg });
        command.mut_subcommands(without_empty)
    }
    let matches = without_empty(Cli::command()).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

const EXAMPLES: &str = "Examples:
  sovaudit scan .                              inventory, findings and gate for this folder
  sovaudit scan . --fail-on sanctioned,critical --output sarif=out.sarif
  sovaudit simulate --without US .             what stops, and when, if the US is cut off
  sovaudit plan .                              what to change, in what order, and what it buys
  sovaudit explain managed-ai-lock-in          why a rule matters and what to do

Exit codes: 0 passed, 1 the gate failed, 2 usage or configuration error,
3 something could not be read and --strict was given.";

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take stock, judge, and decide the gate
    Scan(ScanArgs),
    /// Show what stops, and when, if jurisdictions are lost
    Simulate(SimulateArgs),
    /// Show what to change, in what order, and what it buys
    Plan(PlanArgs),
    /// Explain a rule, or a finding by its fingerprint
    Explain(ExplainArgs),
    /// Screen names and identifiers against sanctions and control lists
    Screen(ScreenArgs),
    /// Compute the export-control class of an accelerator
    Classify(ClassifyArgs),
    /// List providers, or compare stacks on eight criteria
    Providers(ProvidersArgs),
    /// List, show, check and test the rule files
    Rules(RulesArgs),
    /// Write a commented sovaudit.toml
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page of the program, or of a command
    Man(ManArgs),
}

/// What every evaluating command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Folder, image reference, oci-layout:DIR, rootfs:DIR, image archive, or with --online k8s:CONTEXT
    #[arg(default_value = ".")]
    pub target: String,
    /// From whose chair to look: eu, eu-public-sector, fr-secnumcloud, de-c3a, us-defense, neutral
    #[arg(long, env = "SOVAUDIT_PROFILE")]
    pub profile: Option<String>,
    /// Home jurisdictions instead of the profile's: ISO codes or country groups
    #[arg(long, value_delimiter = ',')]
    pub home: Vec<String>,
    /// Judge by the law of this day, YYYY-MM-DD [default: today]
    #[arg(long)]
    pub as_of: Option<String>,
    /// Rule folder laid over the embedded rules; repeats
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Configuration file [default: sovaudit.toml in the target folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Glob of paths to leave out; repeats
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Only these scanners, by group or by name of docs/scanners.md: packages, sbom, images, programs,
    /// models, hardware, cloud, cluster, delivery, cargo-lock, …; the report says so
    #[arg(long, value_name = "SCANNERS", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Allow running `cargo metadata` in the target, which the target can make run other programs
    #[arg(long)]
    pub trust_workspace: bool,
    /// Where images come from.
    #[command(flatten)]
    pub images: ImageArgs,
    /// Allow asking the cluster that k8s:CONTEXT names: lists only, and no secrets
    #[arg(long)]
    pub online: bool,
    /// Package cache of this machine that tells who publishes what was found: ~/.cargo, a Go module cache, ~/.m2,
    /// ~/.nuget/packages, a gem home, site-packages, a folder of wheels, uv's or pip's cache, node_modules, vendor,
    /// Conda's pkgs; repeats
    #[arg(long, value_name = "DIR")]
    pub package_cache: Vec<PathBuf>,
    /// Worker threads, at least 1 [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Where imported lists are.
    #[command(flatten)]
    pub data: DataDir,
    /// End with exit code 2 when an imported list is older than so many days, or when none was imported [default: told
    /// after 7 days, exit code 2 after 30]
    #[arg(long, value_name = "DAYS")]
    pub max_data_age: Option<u32>,
}

/// How images are fetched and read.
#[derive(Clone, Debug, Default, Args)]
pub struct ImageArgs {
    /// Fetch the images that the folder or cluster names from their registries and scan them with it
    #[arg(long, help_heading = "Images")]
    pub pull: bool,
    /// Tell packages and models too that a later layer of an image removed; they count nowhere
    #[arg(long)]
    pub show_removed: bool,
    /// Platform to read of an image made for several, such as linux/amd64 [default: this machine's]
    #[arg(long, help_heading = "Images")]
    pub platform: Option<String>,
    /// Registry asked in the place of another, docker.io when none is named; repeats
    #[arg(long, help_heading = "Images", value_name = "[REGISTRY=]HOST[:PORT][/FOLDER]")]
    pub registry_mirror: Vec<String>,
    /// Registry that may be spoken to without encryption, or without proof of who it is, as this machine's own always may;
    /// repeats
    #[arg(long, help_heading = "Images", value_name = "HOST[:PORT]")]
    pub insecure_registry: Vec<String>,
    /// Allow running the credential helpers that the Docker and Podman configurations name, and the program by which a
    /// context of the kubeconfig signs in
    #[arg(long, help_heading = "Images")]
    pub trust_credential_helpers: bool,
    /// Neither use nor fill the cache of layers in $XDG_CACHE_HOME/sovaudit or ~/.cache/sovaudit
    #[arg(long, help_heading = "Images")]
    pub no_cache: bool,
    /// Another limit for images, such as layer-bytes=128G; docs/images.md lists them; repeats
    #[arg(long, help_heading = "Images", value_name = "NAME=NUMBER")]
    pub image_limit: Vec<String>,
}

/// Where imported lists are.
#[derive(Clone, Debug, Default, Args)]
pub struct DataDir {
    /// Data directory, where imported lists are kept [default: $XDG_DATA_HOME/sovaudit or ~/.local/share/sovaudit]
    #[arg(long, env = "SOVAUDIT_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Where rules come from besides the embedded ones.
#[derive(Clone, Debug, Default, Args)]
pub struct RuleSources {
    /// Rule folder laid over the embedded rules; repeats
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Where imported lists and the rules of a bundle are.
    #[command(flatten)]
    pub data: DataDir,
}

const MARKS: &str = "In the table every finding begins with a mark and the first digits of its fingerprint:
  !  fails the gate
  w  accepted by a waiver of sovaudit.toml
  d  decided by an analyst (--decisions)
  b  known from the baseline
  ~  asked to fail the gate, and resting on facts too weak for it
`sovaudit explain DIGITS TARGET` tells why it is there.

What rests on a fact that is only recalled, or on a name that only resembles, never fails the gate; below `Gate:` \
stands how many findings that left out.";

/// `scan`.
#[derive(Debug, Args)]
#[command(after_help = MARKS)]
pub struct ScanArgs {
    /// Shared arguments.
    #[command(flatten)]
    pub common: Common,
    /// What standard output gets: table, json, sarif, markdown, cyclonedx, spdx, spdx-tag-value
    #[arg(long, default_value = "table")]
    pub format: String,
    /// Write FORMAT=FILE as well; FILE `-` is standard output, instead of --format; repeats
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<String>,
    /// Time of making to write into bills of materials: `now`, or as 2026-11-23T12:00:00Z [default: none, so that the
    /// same facts give the same bytes; SPDX, which must have one, then says midnight of the --as-of day]
    #[arg(long, value_name = "TIME")]
    pub timestamp: Option<String>,
    /// Categories, rule ids or severities (and worse) that fail the gate; `none` for nothing
    #[arg(long, value_delimiter = ',', value_name = "WORD,…")]
    pub fail_on: Option<Vec<String>>,
    /// Findings of this earlier JSON report do not fail the gate
    #[arg(long, value_name = "REPORT.json")]
    pub baseline: Option<PathBuf>,
    /// Analysts' decisions about list entries (false positive, accepted risk), TOML or JSON lines; a file in the
    /// scanned tree is never taken by itself
    #[arg(long, value_name = "FILE", env = "SOVAUDIT_DECISIONS")]
    pub decisions: Option<PathBuf>,
    /// Exit 3 when something could not be read: a file, a layer or part of one, an image of --pull
    #[arg(long)]
    pub strict: bool,
    /// Colour in the table: auto (on a terminal, unless NO_COLOR is set), always, never
    #[arg(long, default_value = "auto", value_parser = ["auto", "always", "never"])]
    pub color: String,
}

/// `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Jurisdictions that are lost together: ISO codes or names
    #[arg(long, value_delimiter = ',', required = true)]
    pub without: Vec<String>,
    /// Shared arguments.
    #[command(flatten)]
    pub common: Common,
    /// table or json
    #[arg(long, default_value = "table")]
    pub format: String,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Shared arguments.
    #[command(flatten)]
    pub common: Common,
    /// table, markdown or json
    #[arg(long, default_value = "table")]
    pub format: String,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Rule id; fingerprint of a finding or its first digits (6 or more); component id or name (pkg:npm/…, torch)
    pub what: String,
    /// Ways to a component that are shown
    #[arg(long, default_value_t = 10)]
    pub paths: usize,
    /// Output of a component: table, json
    #[arg(long, default_value = "table")]
    pub format: String,
    /// Shared arguments; the target is read for fingerprints and components.
    #[command(flatten)]
    pub common: Common,
}

/// `classify`.
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// Product, PCI id, device name or cloud instance type; several words are one name
    #[arg(required = true)]
    pub what: Vec<String>,
    /// Destination: ISO code or name of a country
    #[arg(long, value_name = "CC")]
    pub to: Option<String>,
    /// Who gets it; screened against the entries of the rules and the imported lists
    #[arg(long, value_name = "NAME")]
    pub end_user: Option<String>,
    /// Where the last owner of the end user is headquartered: ISO code or name of a country
    #[arg(long, value_name = "CC")]
    pub end_user_parent: Option<String>,
    /// Law of this day, YYYY-MM-DD [default: today]
    #[arg(long)]
    pub as_of: Option<String>,
    /// text or json
    #[arg(long, default_value = "text")]
    pub format: String,
    /// Rules besides the embedded ones.
    #[command(flatten)]
    pub sources: RuleSources,
}

const SCREENING: &str = "Levels: confirmed (an identifier says so), probable (name, kind and country agree), possible \
(needs a person), weak (context only), info (something speaks against it). The gate fails on lists whose consequence is \
`block` at confirmed or probable; a name alone never fails it.

Exit codes: 0 passed, 1 a hit fails the gate, 2 a list is missing, empty or too old, or the usage is wrong.";

/// `screen`.
#[derive(Debug, Args)]
#[command(after_help = SCREENING)]
pub struct ScreenArgs {
    /// Names; each is one subject
    #[arg(required_unless_present_any = ["file", "pairs", "key"])]
    pub names: Vec<String>,
    /// File of subjects: one name a line, .csv or .tsv (columns name, country, kind, keys, born), .jsonl (the same fields);
    /// `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "names")]
    pub file: Option<PathBuf>,
    /// Country of the subjects, where the file does not say it; repeats
    #[arg(long, value_name = "CC", value_delimiter = ',')]
    pub country: Vec<String>,
    /// What the subjects are: organisation, person, vessel, aircraft [default: not known]
    #[arg(long)]
    pub kind: Option<String>,
    /// Day or year of birth of the subjects, for people, where the file does not say it; lists are compared by the year
    #[arg(long, value_name = "YYYY[-MM[-DD]]")]
    pub born: Option<String>,
    /// Identifier of the subject, kind:value, such as domain:example.com; repeats. Kinds: domain, mail, mail-domain,
    /// lei, uscc, inn, ogrn, imo, isin, duns, swift, ticker, un-reference, number; wallet, or the code of a currency
    /// (xbt, eth); and of the catalog github, npm, pypi, cargo, golang, maven, nuget, registry, huggingface, ollama,
    /// modelscope, terraform, conda, apk, gitcode, composer, pub
    #[arg(long, value_name = "KIND:VALUE", conflicts_with = "file")]
    pub key: Vec<String>,
    /// Lists to screen against, by id [default: all]
    #[arg(long, value_delimiter = ',', value_name = "ID,…")]
    pub lists: Vec<String>,
    /// Score from which a name is a hit, 0.7 to 1
    #[arg(long, default_value_t = crate::screening::THRESHOLD)]
    pub threshold: f32,
    /// table, json, csv, jsonl
    #[arg(long, default_value = "table")]
    pub format: String,
    /// From whose chair to look: what a list means
    #[arg(long, env = "SOVAUDIT_PROFILE", default_value = "eu")]
    pub profile: String,
    /// Entries that held on this day, YYYY-MM-DD [default: today]
    #[arg(long)]
    pub as_of: Option<String>,
    /// Rules besides the embedded ones.
    #[command(flatten)]
    pub sources: RuleSources,
    /// End with exit code 2 when an imported list is older than so many days, or when none was imported [default: told
    /// after 7 days, exit code 2 after 30]
    #[arg(long, value_name = "DAYS")]
    pub max_data_age: Option<u32>,
    /// Analysts' decisions about subjects and list entries, TOML or JSON lines
    #[arg(long, value_name = "FILE", env = "SOVAUDIT_DECISIONS")]
    pub decisions: Option<PathBuf>,
    /// `possible` fails on lists that block, too
    #[arg(long)]
    pub strict: bool,
    /// Show hits at level info, too
    #[arg(long)]
    pub all: bool,
    /// Score pairs of names of a CSV file (columns name1, name2, and schema for the kind): for tuning and tests
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "names", "key"])]
    pub pairs: Option<PathBuf>,
    /// Worker threads, at least 1 [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

/// `providers`.
#[derive(Debug, Args)]
pub struct ProvidersArgs {
    /// `compare` shows OVHcloud, Gaia-X, on-premise and hyperscaler on eight criteria
    pub action: Option<String>,
    /// Rules besides the embedded ones.
    #[command(flatten)]
    pub sources: RuleSources,
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to write into
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell: bash, elvish, fish, powershell, zsh
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Command, such as `scan` or `rules list`; without one, the program
    pub command: Vec<String>,
}

/// Writes the completion script of a shell.
///
/// # Errors
/// Only those of the writer.
pub fn completions(shell: Shell, out: &mut dyn io::Write) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sovaudit", &mut script);
    out.write_all(&script)
}

/// Writes the manual page of the program, or of the command that `words` name.
///
/// # Errors
/// The word that is no command, and those of the writer.
pub fn manual(words: &[String], out: &mut dyn io::Write) -> anyhow::Result<()> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut command = &program;
    for word in words {
        command = command.find_subcommand(word).with_context(|| format!("there is no command `{word}`"))?;
    }
    // filled text would run the examples together: they are set as they stand
    let page = clap_mangen::Man::new(command.clone().after_help(None::<&str>));
    page.render(out)?;
    if words.is_empty() {
        writeln!(out, ".SH EXAMPLES\n.nf\n{}\n.fi", EXAMPLES.replace('-', "\\-"))?;
    }
    Ok(())
}
