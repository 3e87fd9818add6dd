//! Rules carry examples; this runs them through the whole path from files to findings.

use std::collections::BTreeSet;

use super::file::{Example, Rule};
use super::run::{Shared, View, judge};
use super::{Profile, RuleSet};
use crate::attribution::attribute;
use crate::catalog::Catalog;
use crate::graph::{Graph, Roots};
use crate::scan::{Options, scan_files};
use crate::screening::normalise::Lexicon;
use crate::screening::{Scope, Screener, THRESHOLD};
use crate::text::RelPath;

/// An example that did not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Rule id.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// What was expected and what came.
    pub message: String,
}

/// Runs every example of every rule; the second value counts them.
#[must_use]
pub fn run_all(set: &RuleSet, catalog: &Catalog) -> (Vec<Failure>, usize) {
    let lexicon = Lexicon::embedded();
    let mut failures = Vec::new();
    let mut count = 0;
    for rule in &set.rules {
        for example in &rule.examples {
            count += 1;
            if let Err(message) = run(rule, example, set, catalog, &lexicon) {
                failures.push(Failure { rule: rule.id.clone(), example: example.name.clone(), message });
            }
        }
    }
    (failures, count)
}

/// Runs one example.
///
/// # Errors
/// What was expected and what came.
pub fn run(rule: &Rule, example: &Example, set: &RuleSet, catalog: &Catalog, lexicon: &Lexicon) -> Result<(), String> {
    let profile = example.profile.as_deref().unwrap_or("eu");
    let file = set.profiles.get(profile).ok_or_else(|| format!("no profile `{profile}`"))?;
    let as_of = example.as_of.unwrap_or_else(|| catalog.date());
    let profile = Profile::resolve(file.clone(), catalog, as_of)?;
    let mut files = Vec::new();
    for (name, text) in &example.files {
        let path = RelPath::new(name).ok_or_else(|| format!("`{name}` is not a relative path"))?;
        files.push((path, text.clone().into_bytes(), None));
    }
    let inventory = attribute(scan_files(files, catalog, &Options::default()), catalog, as_of);
    let graph = Graph::new(&inventory);
    let roots = Roots::new(&graph);
    let lists = BTreeSet::new();
    let scope = Scope { catalog, lexicon, threshold: THRESHOLD, as_of, lists: &lists };
    let screener = Screener::new(scope, None).map_err(|error| error.to_string())?;
    let screener = Some(&screener);
    let shared = Shared::default();
    let view = View { graph: &graph, catalog, profile: &profile, as_of, roots: &roots, screener, shared };
    let judgement = judge(&view, std::slice::from_ref(rule));
    let mut came: Vec<String> = judgement
        .findings
        .iter()
        .map(|finding| {
            let line = finding.primary.region.map_or(0, |region| region.start.line);
            format!("{}:{line}", finding.primary.path)
        })
        .collect();
    came.sort();
    let mut wanted = example.flagged.clone();
    wanted.sort();
    if came == wanted {
        return Ok(());
    }
    let problems: Vec<String> = inventory.diagnostics.iter().map(ToString::to_string).collect();
    let more = if problems.is_empty() { String::new() } else { format!("; diagnostics: {}", problems.join("; ")) };
    Err(format!("expected {wanted:?}, got {came:?}{more}"))
}
