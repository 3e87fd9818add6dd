//! SARIF 2.1.0 as code scanning services accept it: exact regions, stable fingerprints, rule help,
//! the witness path as related locations and as a code flow.

use std::io;

use serde_json::{Value, json};

use super::words::too_weak;
use super::{FindingRow, Format, OverrideRow, PlaceRow, Report, RuleRow, StepRow, WaiverRow};
use crate::model::Severity;

/// Places of an aggregated finding that are listed: code scanning services show no more.
const PLACES: usize = 100;

/// Format `sarif`.
pub struct Sarif;

impl Format for Sarif {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &log(report))?;
        out.write_all(b"\n")
    }
}

fn log(report: &Report) -> Value {
    let rules: Vec<Value> = report.rule_texts.iter().map(|row| rule(row, worst(report, row))).collect();
    let index = |id: &str| report.rule_texts.iter().position(|rule| rule.id == id).unwrap_or(0);
    let results: Vec<Value> = report.findings.iter().map(|finding| result(finding, index(&finding.rule))).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sovaudit",
                "semanticVersion": report.version,
                "informationUri": "https://github.com/sovaudit/sovaudit",
                "rules": rules,
            }},
            "automationDetails": { "id": format!("sovaudit/{}/", report.profile) },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "ROOT": { "description": { "text": "the scanned folder" } },
                "IMAGE": { "description": { "text": "the file system of an image, its configuration and its manifest" } },
            },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report),
            }],
            "results": results,
            "properties": properties(report),
        }],
    })
}

/// What holds for the run as a whole.
fn properties(report: &Report) -> Value {
    let mut said =
        json!({ "profile": report.profile, "asOf": report.as_of, "ruleSet": report.rules, "gate": gate(report) });
    if !report.coverage.only.is_empty() {
        said["only"] = json!(report.coverage.only);
    }
    said
}

/// The worst severity among a rule's results: profile and horizon may raise or lower the rule's own, and
/// services that sort by rule must not sort below what they show.
fn worst<'r>(report: &'r Report, rule: &'r RuleRow) -> &'r str {
    let own = report.findings.iter().filter(|finding| finding.rule == rule.id);
    own.map(|finding| finding.severity.as_str())
        .max_by_key(|severity| Severity::parse(severity))
        .unwrap_or(&rule.severity)
}

fn gate(report: &Report) -> Value {
    let gate = &report.gate;
    json!({
        "passed": gate.passed,
        "failOn": gate.fail_on,
        "failing": gate.failing,
        "waived": gate.waived,
        "lists": report.lists,
        "decided": gate.decided,
        "decisionNotes": gate.decision_notes,
        "baseline": gate.baseline,
    })
}

/// What was not understood, and what a reader of the gate must know: waivers that accept nothing, rules that
/// were replaced, findings too weak to count.
fn notifications(report: &Report) -> Vec<Value> {
    let mut found: Vec<Value> = report.diagnostics.iter().map(notification).collect();
    found.extend(report.gate.waivers.iter().filter(|row| row.state != "used").map(waiver));
    found.extend(report.overrides.iter().map(replaced));
    found.extend(too_weak(&report.gate).map(|words| note("gate/too-weak", "note", &words)));
    found
}

fn waiver(row: &WaiverRow) -> Value {
    let text = match row.state.as_str() {
        "expired" => "has expired and accepts nothing",
        "outgrown" => "accepts nothing: the party is on a list that it does not name",
        _ => "accepts nothing",
    };
    let text = format!(
        "the waiver of {} (owner {}, until {}, reason: {}) {text}",
        row.covers, row.owner, row.expires, row.reason
    );
    note(
        &format!("gate/waiver-{}", row.state),
        if matches!(row.state.as_str(), "expired" | "outgrown") { "warning" } else { "note" },
        &text,
    )
}

fn replaced(row: &OverrideRow) -> Value {
    let text = format!("{} is replaced by {} of the rules folder {}", row.entry, row.file, row.layer);
    note("rules/replaced", "warning", &text)
}

fn note(id: &str, level: &str, text: &str) -> Value {
    json!({ "descriptor": { "id": id }, "level": level, "message": { "text": text } })
}

fn rule(rule: &RuleRow, worst: &str) -> Value {
    let text = format!("{}\n\nWhat to do: {}\n\nSources: {}", rule.why, rule.remedy, rule.sources.join("; "));
    json!({
        "id": rule.id,
        "name": pascal(&rule.id),
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": text, "markdown": rule.page },
        "defaultConfiguration": { "level": level(worst) },
        "properties": {
            "tags": ["geopolitical-risk", rule.category],
            "security-severity": security_severity(worst),
            "precision": "high",
        },
    })
}

fn result(finding: &FindingRow, rule_index: usize) -> Value {
    let mut related: Vec<Value> = Vec::new();
    for step in finding.witness.iter().filter(|step| step.place.is_some()) {
        related.push(related_location(step.place.as_ref(), &step_text(step), related.len()));
    }
    // what is accepted is told only where all of it is
    let is_left = |state: &str| state == "open";
    let has_left = finding.members.iter().any(|member| is_left(member.state));
    let members = finding.members.iter().filter(|member| !has_left || is_left(member.state));
    let members = members.filter(|member| member.member.seen.is_some()).take(PLACES);
    for member in members {
        related.push(related_location(member.place().as_ref(), &member.member.message(), related.len()));
    }
    // the places of an aggregated finding are those of its members
    for place in finding.related.iter().filter(|_| finding.members.is_empty()) {
        related.push(related_location(Some(place), "also seen here", related.len()));
    }
    let flow: Vec<Value> = finding
        .witness
        .iter()
        .map(|step| {
            let place = step.place.as_ref().unwrap_or(&finding.primary);
            let mut location = location(place);
            location["message"] = json!({ "text": step_text(step) });
            json!({ "location": location })
        })
        .collect();
    let mut text = finding.message.clone();
    if !finding.citations.is_empty() {
        text.push_str(&format!(". Basis: {}", finding.citations.join("; ")));
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": level(&finding.severity),
        "message": { "text": text },
        "locations": [location(&finding.primary)],
        "partialFingerprints": { "sovaudit/v2": finding.fingerprint },
        "properties": {
            "severity": finding.severity,
            "security-severity": security_severity(&finding.severity),
            "category": finding.category,
            "direct": finding.direct,
            "confidence": finding.confidence,
            "verification": finding.verification,
            "subject": finding.subject,
            "state": finding.state,
        },
    });
    if !finding.listed.is_empty() {
        result["properties"]["listed"] = json!(finding.listed);
    }
    if !finding.members.is_empty() {
        let components: Vec<&str> = finding.members.iter().map(|member| member.member.component.as_str()).collect();
        result["properties"]["components"] = json!(components);
    }
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    if flow.len() > 1 {
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": flow }] }]);
    }
    if finding.state == "baseline" {
        result["baselineState"] = json!("unchanged");
    }
    if finding.state == "waived" || finding.state == "decided" {
        let reason = finding.state_reason.clone().unwrap_or_default();
        result["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
    }
    result
}

fn step_text(step: &StepRow) -> String {
    match &step.relation {
        Some(relation) => format!("{} {}", relation.replace('-', " "), step.label),
        None => step.label.clone(),
    }
}

fn related_location(place: Option<&PlaceRow>, text: &str, id: usize) -> Value {
    let mut value = place.map_or_else(|| json!({}), location);
    value["id"] = json!(id);
    value["message"] = json!({ "text": text });
    value
}

fn location(place: &PlaceRow) -> Value {
    // a file of an image is none of the repository
    let base = if place.is_in_image { "IMAGE" } else { "ROOT" };
    let mut physical = json!({ "artifactLocation": { "uri": uri(&place.path), "uriBaseId": base } });
    if let (Some(line), Some(column)) = (place.line, place.column) {
        let mut region = json!({ "startLine": line, "startColumn": column });
        if let (Some(end_line), Some(end_column)) = (place.end_line, place.end_column) {
            region["endLine"] = json!(end_line);
            // an empty stretch still needs one column for viewers
            let least = if end_line == line { column + 1 } else { 1 };
            region["endColumn"] = json!(end_column.max(least));
        }
        if let Some(excerpt) = &place.excerpt {
            region["snippet"] = json!({ "text": excerpt });
        }
        physical["region"] = region;
    } else {
        // code scanning services want a region; a file as a whole is its first line
        physical["region"] = json!({ "startLine": 1 });
    }
    json!({ "physicalLocation": physical })
}

/// A relative URI reference: everything but unreserved characters and `/` percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn notification(problem: &super::DiagnosticRow) -> Value {
    let place = PlaceRow {
        path: problem.path.as_str().into(),
        line: problem.line,
        column: problem.column,
        end_line: None,
        end_column: None,
        excerpt: None,
        is_in_image: false,
    };
    let level = if matches!(problem.kind.as_str(), "unresolved" | "conflict" | "unsupported" | "left-out") {
        "note"
    } else {
        "warning"
    };
    json!({
        "descriptor": { "id": format!("diagnostic/{}", problem.kind) },
        "level": level,
        "message": { "text": format!("{}: {}", problem.scanner, problem.message) },
        "locations": [location(&place)],
    })
}

fn level(severity: &str) -> &'static str {
    match severity {
        "critical" | "high" => "error",
        "medium" | "low" => "warning",
        _ => "note",
    }
}

fn security_severity(severity: &str) -> &'static str {
    match severity {
        "critical" => "9.5",
        "high" => "8.0",
        "medium" => "5.0",
        "low" => "2.0",
        _ => "0.0",
    }
}

fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    };
    id.split('-').map(capital).collect()
}
