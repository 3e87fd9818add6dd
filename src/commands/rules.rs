//! `sovaudit rules`.

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, bail};

use super::prepare::{knowledge, layered};
use super::{Outcome, lists, terminal_width};
use crate::cli::{RulesAction, RulesArgs};
use crate::model::Severity;
use crate::rules::{RuleSet, example, page};
use crate::text::{fill, fill_markdown};

/// Runs the command.
pub(super) fn run(arguments: &RulesArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    match &arguments.action {
        RulesAction::List { sources } => {
            list(&knowledge(&sources.data, &sources.rules)?.rules, out)?;
        }
        RulesAction::Show { id, sources } => {
            let knowledge = knowledge(&sources.data, &sources.rules)?;
            let rule = knowledge
                .rules
                .rule(id)
                .with_context(|| format!("there is no rule `{id}`; `sovaudit rules list` shows all"))?;
            write!(out, "{}", fill_markdown(&page::markdown(rule, &knowledge.rules.profiles), terminal_width()))?;
        }
        RulesAction::Check { folders } => {
            let knowledge = layered(Vec::new(), folders)?;
            let tables = knowledge.catalog.tables();
            let line = format!(
                "{} rules, {} profiles, {} organisations, {} list entries, {} accelerators, {} services: no mistakes",
                knowledge.rules.rules.len(),
                knowledge.rules.profiles.len(),
                tables.organisation.len(),
                tables.listing.len(),
                tables.accelerator.len(),
                tables.service.len()
            );
            write!(out, "{}", fill(&line, "", "  ", terminal_width()))?;
            for entry in knowledge.catalog.overrides.iter().chain(&knowledge.rules.overrides) {
                writeln!(out, "replaced by {entry}")?;
            }
        }
        RulesAction::Test { folders } => {
            let knowledge = layered(Vec::new(), folders)?;
            let (failures, count) = example::run_all(&knowledge.rules, &knowledge.catalog);
            for failure in &failures {
                writeln!(out, "{} / {}: {}", failure.rule, failure.example, failure.message)?;
            }
            writeln!(out, "{} of {count} examples hold", count - failures.len())?;
            if !failures.is_empty() {
                return Ok(Outcome::Failed);
            }
        }
        RulesAction::Import(arguments) => lists::import(arguments, out)?,
        RulesAction::Lists { data, as_of, format } => lists::lists(data, as_of.as_deref(), format, out)?,
        RulesAction::Bundle(arguments) => lists::bundle(arguments, out)?,
        RulesAction::Schema { what } => {
            let schema = match what.as_str() {
                "rule" => schemars::schema_for!(crate::rules::file::Rule),
                "profile" => schemars::schema_for!(crate::rules::profile::ProfileFile),
                "config" => schemars::schema_for!(crate::config::Config),
                "report" => schemars::schema_for!(crate::report::Report),
                "catalog" => schemars::schema_for!(crate::catalog::Tables),
                other => bail!("there is no schema `{other}`; choose rule, catalog, profile, config or report"),
            };
            serde_json::to_writer_pretty(&mut *out, &schema)?;
            writeln!(out)?;
        }
    }
    Ok(Outcome::Passed)
}

/// Two lines for every rule: the second is its title.
fn list(rules: &RuleSet, out: &mut dyn io::Write) -> io::Result<()> {
    const INDENT: &str = "                 ";
    let mut differs = false;
    for rule in &rules.rules {
        let others = page::other_severities(rule, &rules.profiles).into_iter().map(|(severity, _)| severity);
        let severities: BTreeSet<Severity> = others.chain([rule.severity]).collect();
        let words: Vec<&str> = severities.iter().map(|severity| severity.as_str()).collect();
        differs |= words.len() > 1;
        writeln!(out, "{:16} {} [{}]", words.join(".."), rule.id, rule.category)?;
        write!(out, "{}", fill(&rule.title, INDENT, INDENT, terminal_width()))?;
    }
    if differs {
        let note =
            "Two severities: the profile, or when the loss would be felt, chooses; `sovaudit explain RULE` says how.";
        write!(out, "\n{}", fill(note, "", "", terminal_width()))?;
    }
    Ok(())
}
