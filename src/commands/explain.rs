//! `sovaudit explain`.

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, bail};

use super::Outcome;
use super::prepare::{knowledge, prepare};
use crate::catalog::tables::nearest;
use crate::cli::ExplainArgs;
use crate::graph::{Graph, Roots};
use crate::model::{Finding, Fingerprint};
use crate::rules::page;
use crate::rules::run::{View, judge};
use crate::text::clean_line;

/// Runs the command.
pub(super) fn run(arguments: &ExplainArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    let what = arguments.what.as_str();
    if let Some(fingerprint) = Fingerprint::parse(what) {
        let prepared = prepare(&arguments.common)?;
        let graph = Graph::new(&prepared.inventory);
        let roots = Roots::new(&graph);
        let catalog = &prepared.knowledge.catalog;
        let view = View { graph: &graph, catalog, profile: &prepared.profile, as_of: prepared.as_of, roots: &roots };
        let judgement = judge(&view, &prepared.knowledge.rules.rules);
        let finding = judgement.findings.iter().find(|finding| finding.fingerprint == fingerprint);
        let finding = finding
            .with_context(|| format!("no finding with the fingerprint `{what}` in `{}`", arguments.common.target))?;
        return one(finding, out).map(|()| Outcome::Passed).map_err(Into::into);
    }
    let knowledge = knowledge(&arguments.common.rules)?;
    let Some(rule) = knowledge.rules.rule(what) else {
        let known: BTreeSet<&str> = knowledge.rules.rules.iter().map(|rule| rule.id.as_str()).collect();
        let hint = nearest(what, &known)
            .map_or_else(|| "`sovaudit rules list` shows all".to_owned(), |near| format!("did you mean `{near}`?"));
        bail!("`{what}` is neither a rule nor a fingerprint; {hint}");
    };
    write!(out, "{}", page::markdown(rule))?;
    writeln!(out)?;
    Ok(Outcome::Passed)
}

fn one(finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{} {}: {}\n", finding.severity.as_str(), finding.rule, clean_line(&finding.message))?;
    writeln!(out, "Path:")?;
    for step in &finding.witness {
        let relation = step.relation.map_or("", |kind| kind.as_str());
        let place = step.place.as_ref().map(|place| {
            place.region.map_or_else(
                || place.path.to_string(),
                |region| format!("{}:{}:{}", place.path, region.start.line, region.start.column),
            )
        });
        let basis = place.or_else(|| {
            let mark = step.verification.map_or("", |mark| mark.as_str());
            step.entry.as_ref().map(|entry| format!("{entry}, {mark}"))
        });
        writeln!(
            out,
            "  {relation:>16} {}{}",
            clean_line(&step.label),
            basis.map_or_else(String::new, |basis| format!("   ({})", clean_line(&basis)))
        )?;
    }
    writeln!(out, "\nBasis:")?;
    for citation in &finding.citations {
        writeln!(out, "  {}", clean_line(&citation.title))?;
    }
    writeln!(out, "\nWhat to do: {}", finding.remedy.text)?;
    for alternative in &finding.remedy.alternatives {
        writeln!(out, "  {}", clean_line(alternative))?;
    }
    for note in &finding.notes {
        writeln!(out, "Note: {}", clean_line(note))?;
    }
    writeln!(
        out,
        "\nConfidence {}, facts {}, fingerprint {}",
        finding.confidence.as_str(),
        finding.verification.as_str(),
        finding.fingerprint
    )
}
