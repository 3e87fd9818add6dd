//! The command line of `sovaudit rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DataDir, RuleSources};
use crate::lists::format::FORMATS;

/// `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do with the rules.
    #[command(subcommand)]
    pub action: RulesAction,
}

/// Actions on rules.
#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// List every rule
    List {
        /// Rules besides the embedded ones.
        #[command(flatten)]
        sources: RuleSources,
    },
    /// Show a rule as a page
    Show {
        /// Rule id.
        id: String,
        /// Rules besides the embedded ones.
        #[command(flatten)]
        sources: RuleSources,
    },
    /// Check rule folders; without one, the embedded rules
    Check {
        /// Rule folders.
        folders: Vec<PathBuf>,
    },
    /// Run the examples of every rule
    Test {
        /// Rule folders.
        folders: Vec<PathBuf>,
    },
    /// Import official lists of parties, or a signed bundle of lists and rules
    Import(ImportArgs),
    /// Show the imported lists: what, how old, from which files, whether whole
    Lists {
        /// Where imported lists are.
        #[command(flatten)]
        data: DataDir,
        /// Count ages on this day, YYYY-MM-DD [default: today]
        #[arg(long)]
        as_of: Option<String>,
        /// table or json
        #[arg(long, default_value = "table")]
        format: String,
    },
    /// Write imported lists and rule folders into one file for a site without a network
    Bundle(BundleArgs),
    /// Print a JSON Schema: rule, catalog, profile, config or report
    Schema {
        /// Which.
        #[arg(default_value = "rule")]
        what: String,
    },
}

/// The formats that `rules import` reads, from their own registry.
fn formats() -> String {
    let lines = FORMATS.iter().map(|format| format!("  {:22} {}", format.id.as_str(), format.title));
    let examples = "Examples:\n  sovaudit rules import sdn.csv alt.csv add.csv sdn_comments.csv\n  sovaudit rules import \
                    consolidated.xml.gz --retrieved 2026-11-23\n  sovaudit rules import lists.tar --verify-key site.pub";
    format!("Formats:\n{}\n\n{examples}", lines.collect::<Vec<_>>().join("\n"))
}

/// `rules import`.
#[derive(Debug, Args)]
#[command(after_help = formats())]
pub struct ImportArgs {
    /// Files as the authority publishes them, plain or compressed (their format is recognised from their content), or
    /// one bundle
    #[arg(required_unless_present = "online")]
    pub files: Vec<PathBuf>,
    /// Fetch published lists from the network: names such as us-csl,un-sc, or `all`
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub online: Vec<String>,
    /// Where imported lists are.
    #[command(flatten)]
    pub data: DataDir,
    /// Day on which the files were fetched, YYYY-MM-DD [default: today, and ages count from the day of publication]
    #[arg(long, value_name = "DAY")]
    pub retrieved: Option<String>,
    /// Take editions that are older than the stored one, and lists that are no longer kept
    #[arg(long)]
    pub allow_stale: bool,
    /// Take lists with far fewer parties than before, or fewer than any edition has
    #[arg(long)]
    pub accept_shrink: bool,
    /// Take lists without a party: you know that the authority emptied them; the day is noted
    #[arg(long)]
    pub accept_empty: bool,
    /// Take a set of files of which some are missing, such as OFAC's CSV without alt.csv; every report tells it
    #[arg(long)]
    pub accept_incomplete: bool,
    /// Public key of minisign, or the file with it, that a bundle must be signed with
    #[arg(long, value_name = "KEY|FILE")]
    pub verify_key: Option<String>,
    /// Signature of the bundle [default: its name with .minisig]
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    /// Rule folder laid over the embedded rules; repeats
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
}

/// `rules bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// File to write; sign it with `minisign -Sm FILE`
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Rule folder to take along; repeats
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Where imported lists are.
    #[command(flatten)]
    pub data: DataDir,
    /// Number of the bundle, higher than that of every one before [default: the seconds since 1970]
    #[arg(long, value_name = "N")]
    pub number: Option<u64>,
    /// Day of making, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DAY")]
    pub made: Option<String>,
    /// Last day on which it is accepted, YYYY-MM-DD [default: 30 days after its making]
    #[arg(long, value_name = "DAY")]
    pub expires: Option<String>,
}
