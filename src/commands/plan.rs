//! `sovaudit plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anyhow::bail;
use serde_json::json;

use super::prepare::{Screening, prepare};
use super::{Outcome, terminal_width};
use crate::cli::PlanArgs;
use crate::model::{Finding, Place, Severity};
use crate::plan::{Action, Inputs, Plan, State, plan};
use crate::simulate::units;
use crate::text::{clean_line, count, fill};

/// Runs the command.
pub(super) fn run(arguments: &PlanArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    if !matches!(arguments.format.as_str(), "table" | "markdown" | "json") {
        bail!("there is no format `{}` for plan; choose table, markdown or json", arguments.format);
    }
    let prepared = prepare(&arguments.common)?;
    let screening = Screening::open(&prepared)?;
    let screener = screening.screener(&prepared.knowledge.catalog, prepared.as_of)?;
    let plan = plan(&Inputs {
        screener: Some(&screener),
        inventory: &prepared.inventory,
        catalog: &prepared.knowledge.catalog,
        rules: &prepared.knowledge.rules,
        profile: &prepared.profile,
        as_of: prepared.as_of,
    });
    match arguments.format.as_str() {
        "json" => {
            serde_json::to_writer_pretty(&mut *out, &json_of(&plan))?;
            writeln!(out)?;
        }
        format => text(&plan, format == "markdown", out)?,
    }
    Ok(Outcome::Passed)
}

fn text(plan: &Plan, markdown: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let (heading, bullet) = if markdown { ("## ", "- ") } else { ("", "  ") };
    let columns = if markdown { usize::MAX } else { terminal_width() };
    let item = |text: &str, out: &mut dyn io::Write| write!(out, "{}", fill(text, bullet, "     ", columns));
    writeln!(out, "{heading}Today\n")?;
    item(&line(plan, &plan.states[0]), out)?;
    for (at, state) in plan.states.iter().enumerate().skip(1) {
        let actions: Vec<&Action> = plan.actions.iter().filter(|action| action.wave == at).collect();
        writeln!(out, "\n{heading}Wave {at} ({})\n", count(actions.len(), "change"))?;
        for same in alike(actions) {
            let action = same[0];
            let closes: Vec<&str> = action.closes.iter().map(String::as_str).collect();
            item(&format!("{:2} {} [{}]", action.effort, clean_line(&text_of(&same)), closes.join(", ")), out)?;
            if let Some(migration) = &action.migration {
                item(&format!("   data: {}", clean_line(migration)), out)?;
            }
            if let Some(lines) = lines_of(&same) {
                item(&format!("   where it is set: {}", clean_line(&lines)), out)?;
            }
        }
        writeln!(out)?;
        item(&format!("then: {}", line(plan, state)), out)?;
    }
    if !plan.left.is_empty() {
        writeln!(out, "\n{heading}Left ({})\n", count(plan.left.len(), "finding"))?;
        for (finding, reason) in &plan.left {
            let label = plan.label(&finding.subject).replace("%40", "@");
            let first = clean_line(&label);
            let subject = match finding.members.len() {
                0 => first.into_owned(),
                several => format!("{}, first {first}", count(several, "component")),
            };
            // a rule may say two things of one component
            let is_other =
                |other: &&(Finding, String)| (&other.0.rule, &other.0.subject) == (&finding.rule, &finding.subject);
            let why = match plan.left.iter().filter(is_other).count() {
                1 => String::new(),
                _ => format!(": {}", clean_line(&finding.message)),
            };
            item(&format!("{} {}: {subject}{why} ({reason})", finding.severity.as_str(), finding.rule), out)?;
        }
    }
    if !plan.still.is_empty() {
        let without = plan.without.map_or_else(String::new, |code| format!(" without {code}"));
        writeln!(out, "\n{heading}Still stopping{without} ({})\n", plan.still.len())?;
        for (label, horizon, steps) in &plan.still {
            let steps = steps.join(", ");
            item(&format!("{} ({}): {}", clean_line(label), horizon.as_str(), clean_line(&steps)), out)?;
        }
    }
    writeln!(out, "\nEffort: S under 1 week, M 1-4 weeks, L 1-3 months, XL more than 3 months.")?;
    writeln!(out, "Each state is computed by judging the changed system again.")
}

/// Changes of one sort that a line names one by one.
const FEW: usize = 3;

/// What a change says before and after the name of what it changes.
fn around(action: &Action) -> Option<(&str, &str, &str)> {
    let (before, rest) = action.text.split_once('`')?;
    let (name, after) = rest.split_once('`')?;
    Some((before, name, after))
}

/// Changes that differ only in what they change, together where they are many.
fn alike<'p>(actions: Vec<&'p Action>) -> Vec<Vec<&'p Action>> {
    let mut found: Vec<Vec<&'p Action>> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for action in actions {
        let Some((before, _, after)) = around(action).filter(|_| action.migration.is_none()) else {
            found.push(vec![action]);
            continue;
        };
        // nor do those belong together that are set in different places
        let set_at: Vec<_> = action.settings.iter().map(Place::with_layer).collect();
        let key = (before, after, &action.effort, &action.closes, set_at);
        let at = *places.entry(key).or_insert(found.len());
        match found.get_mut(at) {
            Some(same) => same.push(action),
            None => found.push(vec![action]),
        }
    }
    let apart = |same: Vec<&'p Action>| match same.len() {
        ..=FEW => same.into_iter().map(|action| vec![action]).collect(),
        _ => vec![same],
    };
    found.into_iter().flat_map(apart).collect()
}

/// One line for changes that are alike; JSON names each.
fn text_of(same: &[&Action]) -> String {
    match (same, around(same[0])) {
        ([_], _) | (_, None) => same[0].text.clone(),
        (_, Some((before, _, after))) => {
            let names: Vec<String> =
                same.iter().take(FEW).filter_map(|action| Some(format!("`{}`", around(action)?.1))).collect();
            let more = same.len() - names.len();
            format!("{before}each of {}{after}: {} and {more} more", count(same.len(), "component"), names.join(", "))
        }
    }
}

/// The lines to change: the first few of all.
fn lines_of(same: &[&Action]) -> Option<String> {
    let places = same.iter().flat_map(|action| &action.settings);
    let lines: BTreeSet<(&str, Option<u32>)> =
        places.map(|place| (place.path.as_str(), place.region.map(|region| region.start.line))).collect();
    let shown: Vec<String> = lines
        .iter()
        .take(FEW)
        .map(|(path, line)| line.map_or_else(|| (*path).to_owned(), |line| format!("{path}:{line}")))
        .collect();
    let more = lines.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}

/// `2 critical, 5 high; without US 3 of 9 stop at once, 9 by the next deploy`.
fn line(plan: &Plan, state: &State) -> String {
    let counts: Vec<String> = Severity::WORST_FIRST
        .iter()
        .filter_map(|severity| Some(format!("{} {}", state.findings.get(severity)?, severity.as_str())))
        .collect();
    let findings = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    match plan.without {
        // a share of nothing says nothing
        Some(code) if state.workloads > 0 => {
            let unknown = if state.undecided > 0 { format!(", {} not known", state.undecided) } else { String::new() };
            format!(
                "{findings}; without {code} {} of {} stop at once, {} by the next deploy{unknown}",
                state.stop_at_once,
                units(state.kinds.iter().map(|(kind, number)| (kind.as_str(), *number))),
                state.stop_by_deploy
            )
        }
        _ => findings,
    }
}

fn json_of(plan: &Plan) -> serde_json::Value {
    let state = |state: &State| {
        let findings: serde_json::Map<String, serde_json::Value> =
            state.findings.iter().rev().map(|(severity, count)| (severity.as_str().to_owned(), json!(count))).collect();
        json!({ "findings": findings, "workloads": state.workloads, "stop_at_once": state.stop_at_once, "stop_by_deploy": state.stop_by_deploy, "undecided": state.undecided })
    };
    json!({
        "schema": "sovaudit-plan/1",
        "without": plan.without.map(|code| code.to_string()),
        "before": state(&plan.states[0]),
        "waves": plan.states.iter().enumerate().skip(1).map(|(at, after)| json!({
            "wave": at,
            "actions": plan.actions.iter().filter(|action| action.wave == at).map(|action| json!({
                "subject": action.subject.as_str(),
                "action": serde_json::to_value(action.kind).unwrap_or_default(),
                "text": action.text,
                "effort": action.effort,
                "target": action.target,
                "alternatives": action.alternatives,
                "migration": action.migration,
                "settings": action.settings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "closes": action.closes,
            })).collect::<Vec<_>>(),
            "after": state(after),
        })).collect::<Vec<_>>(),
        "still": plan.still.iter().map(|(workload, horizon, steps)| json!({
            "workload": workload,
            "stops": horizon.as_str(),
            "witness": steps,
        })).collect::<Vec<_>>(),
        "left": plan.left.iter().map(|(finding, reason)| json!({
            "fingerprint": finding.fingerprint.to_string(),
            "rule": finding.rule,
            "subject": finding.subject.as_str(),
            "components": finding.members.iter().map(|member| member.component.as_str()).collect::<Vec<_>>(),
            "severity": finding.severity.as_str(),
            "reason": reason,
        })).collect::<Vec<_>>(),
    })
}
