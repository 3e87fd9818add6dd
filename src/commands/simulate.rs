//! `sovaudit simulate`.

use std::io;

use anyhow::{Context as _, bail};

use super::Outcome;
use super::prepare::prepare;
use crate::cli::SimulateArgs;
use crate::graph::Graph;
use crate::model::{CountryCode, Horizon};
use crate::report::survival_row;
use crate::simulate::{Fate, simulate, units};
use crate::text::clean_line;

/// Runs the command.
pub(super) fn run(arguments: &SimulateArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    if !matches!(arguments.format.as_str(), "table" | "json") {
        bail!("there is no format `{}` for simulate; choose table or json", arguments.format);
    }
    let prepared = prepare(&arguments.common)?;
    let mut codes: Vec<CountryCode> = Vec::new();
    for word in &arguments.without {
        if let Some(code) = prepared.knowledge.catalog.country(word) {
            codes.push(code);
        } else {
            let group = prepared.knowledge.catalog.group_members(word, prepared.as_of);
            codes.extend(group.with_context(|| {
                format!("`--without {word}` is neither a country nor a country group; write an ISO code such as US")
            })?);
            // what lies somewhere in the group
            codes.extend(CountryCode::new(word));
        }
    }
    codes.sort_unstable();
    codes.dedup();
    let graph = Graph::new(&prepared.inventory);
    let simulation = simulate(&graph, &codes);
    if arguments.format == "json" {
        serde_json::to_writer_pretty(&mut *out, &survival_row(&graph, &simulation, true))?;
        writeln!(out)?;
        return Ok(Outcome::Passed);
    }
    let names: Vec<String> = codes.iter().map(ToString::to_string).collect();
    let kinds = simulation.kinds(&graph);
    let told = units(kinds.iter().map(|(kind, number)| (kind.as_str(), *number)));
    writeln!(out, "Without {}: {told}", names.join(", "))?;
    for horizon in Horizon::STOPS {
        let stopped = simulation.workloads.iter().filter(|fate| fate.stops == horizon);
        for (at, fate) in stopped.enumerate() {
            if at == 0 {
                writeln!(out, "\n{}:", heading(horizon))?;
            }
            writeln!(out, "  {}", clean_line(&graph.label(fate.node)))?;
            let steps: Vec<String> = fate
                .witness
                .steps
                .iter()
                .map(|(edge, node)| format!("{} {}", graph.edge(*edge).kind.as_str(), graph.label(*node)))
                .collect();
            for step in steps {
                writeln!(out, "      {}", clean_line(&step))?;
            }
        }
    }
    let names = |fates: Vec<&Fate>| fates.into_iter().map(|fate| graph.label(fate.node)).collect::<Vec<_>>();
    let undecided = names(simulation.undecided().collect());
    if !undecided.is_empty() {
        writeln!(out, "\nNot known: nothing says on which cluster or machine they run, or who operates a")?;
        writeln!(out, "service that they call:")?;
        for name in undecided {
            writeln!(out, "  {}", clean_line(&name))?;
        }
    }
    let survives = names(simulation.survivors().collect());
    writeln!(out, "\nSurvives: {} of {}", survives.len(), simulation.workloads.len())?;
    for name in survives {
        writeln!(out, "  {}", clean_line(&name))?;
    }
    Ok(Outcome::Passed)
}

fn heading(horizon: Horizon) -> &'static str {
    match horizon {
        Horizon::Immediate => "Stops at once",
        Horizon::NextDeploy => "Stops at the next deploy",
        Horizon::NextRenewal => "Stops at the next renewal",
        Horizon::NextRefresh => "Stops at the next hardware refresh",
        Horizon::None => "Survives",
    }
}
