//! `sovaudit explain`.

use std::collections::BTreeSet;
use std::io;

use anyhow::bail;

use super::prepare::{Screening, knowledge, prepare};
use super::{Outcome, component, terminal_width};
use crate::catalog::tables::nearest;
use crate::cli::ExplainArgs;
use crate::control::laws::Legal;
use crate::graph::{Graph, Roots};
use crate::model::{Finding, Place};
use crate::rules::page;
use crate::rules::run::judge;
use crate::text::{clean_line, count, fill, fill_markdown};

/// Digits of a fingerprint that are enough to name it.
const PREFIX: usize = 6;

/// Runs the command.
pub(super) fn run(arguments: &ExplainArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    if !matches!(arguments.format.as_str(), "table" | "json") {
        bail!("there is no format `{}` for explain; choose table or json", arguments.format);
    }
    let what = arguments.what.as_str();
    let knowledge = knowledge(&arguments.common.data, &arguments.common.rules)?;
    if let Some(rule) = knowledge.rules.rule(what) {
        let page = page::markdown(rule, &knowledge.rules.profiles);
        writeln!(out, "{}", fill_markdown(&page, terminal_width()).trim_end())?;
        return Ok(Outcome::Passed);
    }
    let is_print = (PREFIX..=32).contains(&what.len()) && what.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_component = what.contains([':', '/', '@', '.']);
    if !is_print && !is_component {
        let known: BTreeSet<&str> = knowledge.rules.rules.iter().map(|rule| rule.id.as_str()).collect();
        if let Some(near) = nearest(what, &known) {
            bail!("`{what}` is neither a rule, a fingerprint nor a component; did you mean `{near}`?");
        }
        // a short name such as `torch`
    }
    let prepared = prepare(&arguments.common)?;
    let graph = Graph::new(&prepared.inventory);
    if !is_print && !is_component && component::named(&graph, what).is_empty() {
        let near = component::similar(&graph, what);
        let hint = if near.is_empty() {
            "`sovaudit rules list` shows all rules".to_owned()
        } else {
            format!("names that hold it: {}", near.join(", "))
        };
        bail!("`{what}` is neither a rule nor a component of `{}`; {hint}", arguments.common.target);
    }
    if !is_print {
        let legal = Legal::new(&graph, &prepared.knowledge.catalog, prepared.as_of);
        return component::explain(&legal, arguments, out).map(|()| Outcome::Passed);
    }
    let roots = Roots::new(&graph);
    let catalog = &prepared.knowledge.catalog;
    let screening = Screening::open_for(&prepared, &graph)?;
    let screener = screening.as_ref().map(|screening| screening.screener(catalog, prepared.as_of)).transpose()?;
    let view = prepared.view(&graph, &roots, screener.as_ref());
    let judgement = judge(&view, &prepared.knowledge.rules.rules);
    let wanted = what.to_ascii_lowercase();
    let found: Vec<&Finding> =
        judgement.findings.iter().filter(|finding| finding.fingerprint.to_string().starts_with(&wanted)).collect();
    match found.as_slice() {
        [finding] => one(finding, &graph, out).map(|()| Outcome::Passed).map_err(Into::into),
        [] => bail!("no finding with the fingerprint `{what}` in `{}`", arguments.common.target),
        many => {
            bail!("{} have a fingerprint that begins with `{what}`; give more digits", count(many.len(), "finding"))
        }
    }
}

/// A place, with its layer and what made it behind a comma.
fn layered(place: &Place, graph: &Graph<'_>) -> String {
    let Some(blob) = place.blob() else { return place.to_string() };
    let step = place.layer.as_deref().and_then(|digest| graph.layer_step(digest));
    step.map_or_else(|| format!("{place}, {blob}"), |step| format!("{place}, {blob}, made by `{step}`"))
}

fn one(finding: &Finding, graph: &Graph<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let width = terminal_width();
    let mut told = |text: &str, first: &str, rest: &str| write!(out, "{}", fill(&clean_line(text), first, rest, width));
    told(&finding.message, &format!("{} {}: ", finding.severity.as_str(), finding.rule), "  ")?;
    for member in finding.members.iter().chain(&finding.counted) {
        let place =
            member.seen.as_ref().map_or_else(String::new, |seen| format!(" ({})", layered(&seen.place(), graph)));
        told(&format!("{}{place}", member.message()), "  ", "    ")?;
    }
    told("", "", "")?;
    told("Path:", "", "")?;
    for step in &finding.witness {
        let relation = step.relation.map_or("", |kind| kind.as_str());
        let basis = step.place.as_ref().map(|place| layered(place, graph)).or_else(|| {
            let mark = step.verification.map_or("", |mark| mark.as_str());
            step.entry.as_ref().map(|entry| format!("{entry}, {mark}"))
        });
        let basis = basis.map_or_else(String::new, |basis| format!("   ({basis})"));
        told(&format!("{}{basis}", step.label), &format!("  {relation:>16} "), &" ".repeat(21))?;
    }
    told("", "", "")?;
    told("Basis:", "", "")?;
    for citation in &finding.citations {
        told(&citation.title, "  ", "    ")?;
    }
    told("", "", "")?;
    told(&finding.remedy.text.replace('\n', " "), "What to do: ", "  ")?;
    for alternative in &finding.remedy.alternatives {
        told(alternative, "  ", "    ")?;
    }
    for note in &finding.notes {
        told(note, "Note: ", "  ")?;
    }
    told("", "", "")?;
    let (confidence, mark) = (finding.confidence.as_str(), finding.verification.as_str());
    told(&format!("Confidence {confidence}, facts {mark}, fingerprint\u{a0}{}", finding.fingerprint), "", "  ")
}
