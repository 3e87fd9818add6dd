//! `sovaudit rules`.

use std::io;

use anyhow::{Context as _, bail};

use super::Outcome;
use super::prepare::knowledge;
use crate::cli::{RulesAction, RulesArgs};
use crate::rules::{example, page};

/// Runs the command.
pub(super) fn run(arguments: &RulesArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    match &arguments.action {
        RulesAction::List { rules } => {
            let knowledge = knowledge(rules)?;
            for rule in &knowledge.rules.rules {
                writeln!(out, "{:9} {:16} {:32} {}", rule.severity.as_str(), rule.category, rule.id, rule.title)?;
            }
        }
        RulesAction::Show { id, rules } => {
            let knowledge = knowledge(rules)?;
            let rule = knowledge
                .rules
                .rule(id)
                .with_context(|| format!("there is no rule `{id}`; `sovaudit rules list` shows all"))?;
            writeln!(out, "{}", page::markdown(rule))?;
        }
        RulesAction::Check { folders } => {
            let knowledge = knowledge(folders)?;
            let tables = knowledge.catalog.tables();
            writeln!(
                out,
                "{} rules, {} profiles, {} organisations, {} list entries, {} accelerators, {} services: no mistakes",
                knowledge.rules.rules.len(),
                knowledge.rules.profiles.len(),
                tables.organisation.len(),
                tables.listing.len(),
                tables.accelerator.len(),
                tables.service.len()
            )?;
            for entry in knowledge.catalog.overrides.iter().chain(&knowledge.rules.overrides) {
                writeln!(out, "replaced by {entry}")?;
            }
        }
        RulesAction::Test { folders } => {
            let knowledge = knowledge(folders)?;
            let (failures, count) = example::run_all(&knowledge.rules, &knowledge.catalog);
            for failure in &failures {
                writeln!(out, "{} / {}: {}", failure.rule, failure.example, failure.message)?;
            }
            writeln!(out, "{} of {count} examples hold", count - failures.len())?;
            if !failures.is_empty() {
                return Ok(Outcome::Failed);
            }
        }
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
