//! What jobs of GitLab CI take over from others and from the whole file: `extends`, `default`, `inherit`, `!reference`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::DiagnosticKind;
use crate::parse::yaml::Yaml;
use crate::parse::{Node, Value};
use crate::scan::image::build::Left;
use crate::scan::{Facts, SourceFile};
use crate::text::RelPath;

/// What the `before_script` of a job leaves, and the folder that it ends in, by the job.
pub(super) type Begun<'n> = BTreeMap<&'n str, (Left, RelPath)>;

/// The name under which that of the whole file stands, which no job can have.
pub(super) const ALL: &str = "";
const DEFAULT: &str = "default";

/// How far one job may extend another, and the jobs that one takes over from: GitLab allows eleven levels.
const MOST_LEVELS: usize = 11;
const MOST_BASES: usize = 32;
/// Variables of one file that are taken over, each time counted: real files have some hundred.
const MOST_TAKEN: usize = 200_000;
/// Lists within lists of a script, and references that lead on: GitLab allows ten.
const MOST_NESTED: usize = 10;
/// Bytes of scripts of one file, each time counted that a job takes one over.
const MOST_SCRIPTS: usize = 8 << 20;

/// The jobs of a file by name, as far as one needs them to say what others take over.
pub(super) struct Inherited<'n> {
    file: &'n SourceFile,
    yaml: &'n Yaml,
    document: &'n Node,
    jobs: BTreeMap<&'n str, &'n Node>,
    /// Jobs that others name.
    bases: BTreeSet<&'n str>,
    left: Cell<usize>,
    left_of_scripts: Cell<usize>,
}

/// A job with the jobs that it takes over from; what stands later counts before what stands earlier.
pub(super) struct Job<'n> {
    pub(super) name: &'n str,
    pub(super) node: &'n Node,
    pub(super) bases: Vec<(&'n str, &'n Node)>,
}

impl<'n> Job<'n> {
    /// The job and those that it takes over from, the one that counts before the others first.
    fn all(&self) -> impl Iterator<Item = &'n Node> {
        std::iter::once(self.node).chain(self.bases.iter().rev().map(|(_, base)| *base))
    }

    /// The job that it has its script from, where it has none of its own.
    pub(super) fn script_from(&self) -> Option<&'n str> {
        let has_own = self.node.entry(SCRIPT).is_some();
        let mut bases = self.bases.iter().rev().filter(|_| !has_own);
        bases.find(|(_, base)| base.entry(SCRIPT).is_some()).map(|(name, _)| *name)
    }

    /// Something of it that is its own or taken over.
    pub(super) fn part(&self, name: &str) -> Option<&'n Node> {
        self.all().find_map(|job| job.entry(name)).map(|entry| &entry.value)
    }
}

impl<'n> Inherited<'n> {
    pub(super) fn of(document: &'n Node, file: &'n SourceFile) -> Self {
        let jobs: BTreeMap<&str, &Node> =
            document.entries().iter().filter(|job| job.value.is_map()).map(|job| (&*job.key, &job.value)).collect();
        let bases = jobs.values().flat_map(|job| extends(job)).chain([DEFAULT]).collect();
        let (left, left_of_scripts) = (Cell::new(MOST_TAKEN), Cell::new(MOST_SCRIPTS));
        Self { file, yaml: file.yaml(), document, jobs, bases, left, left_of_scripts }
    }

    /// True for what others take over from.
    pub(super) fn is_base(&self, name: &str) -> bool {
        self.bases.contains(name)
    }

    /// A job with the jobs that it takes over from. That some are left out is told.
    pub(super) fn job(&self, name: &'n str, node: &'n Node, out: &mut Facts<'_>) -> Job<'n> {
        let mut job = Job { name, node, bases: Vec::new() };
        let had = self.left.get();
        let is_whole = self.add(node, MOST_LEVELS, &mut job.bases);
        if let Some(extends) = node.get("extends").filter(|_| !is_whole) {
            let message = match self.left.get() {
                // said once
                0 if had == 0 => return job,
                0 => format!(
                    "jobs take over more than {MOST_TAKEN} variables of others; from here on nothing is taken over, and sources \
                     that are set so are not known"
                ),
                _ => format!(
                    "a job takes over from more than {MOST_BASES} others, or over more than {MOST_LEVELS} levels; the others \
                     were left out"
                ),
            };
            out.problem(DiagnosticKind::LimitReached, self.file, Some(extends.span), message);
        }
        job
    }

    /// Adds what a job takes over from; false where something is left out.
    fn add(&self, job: &'n Node, levels: usize, found: &mut Vec<(&'n str, &'n Node)>) -> bool {
        let mut is_whole = true;
        for (at, name) in extends(job).enumerate() {
            let Some(base) = self.jobs.get(name) else { continue };
            let cost = base.get("variables").map_or(0, |table| table.entries().len()) + 1;
            if levels == 0 || at >= MOST_BASES || found.len() >= MOST_BASES || self.left.get() == 0 {
                return false;
            }
            self.left.set(self.left.get().saturating_sub(cost));
            if self.left.get() == 0 {
                return false;
            }
            is_whole &= self.add(base, levels - 1, found);
            found.push((name, base));
        }
        is_whole
    }

    /// Which variables of the whole file a job sees: all, or those of a list.
    pub(super) fn sees(&self, job: &Job<'n>) -> Option<&'n [Node]> {
        let variables = job.all().find_map(|job| job.get("inherit")?.get("variables"))?;
        match &variables.value {
            Value::List(names) => Some(names),
            Value::Bool(false) => Some(&[]),
            _ => None,
        }
    }

    /// What a reference leads to: `!reference [job, script]`; a node that is none is itself.
    pub(super) fn referred(&self, node: &'n Node, out: &mut Facts<'_>) -> Option<&'n Node> {
        let mut found = node;
        for _ in 0..MOST_NESTED {
            if self.yaml.tag(found) != Some("reference") {
                return Some(found);
            }
            let mut path = found.list().iter();
            let target = path.try_fold(self.document, |within, name| within.get(name.text()?));
            let Some(target) = target else { break };
            found = target;
        }
        let message = "a `!reference` to what this file does not have";
        out.problem(DiagnosticKind::Unresolved, self.file, Some(node.span), message);
        None
    }

    /// The lines of a script, with those of lists in it and of what it refers to.
    pub(super) fn lines(&self, script: &'n Node, out: &mut Facts<'_>) -> Vec<&'n Node> {
        let mut lines = Vec::new();
        self.add_lines(script, MOST_NESTED, &mut lines, out);
        lines
    }

    fn add_lines(&self, script: &'n Node, levels: usize, lines: &mut Vec<&'n Node>, out: &mut Facts<'_>) {
        let had = self.left_of_scripts.get();
        self.left_of_scripts.set(had.saturating_sub(script.span.end.saturating_sub(script.span.start) + 1));
        if self.left_of_scripts.get() == 0 || levels == 0 {
            if had > 0 {
                let message =
                    "scripts that jobs take over are longer than is read; what is taken over from here on was left out";
                out.problem(DiagnosticKind::LimitReached, self.file, Some(script.span), message);
            }
            return;
        }
        let Some(script) = self.referred(script, out) else { return };
        match &script.value {
            Value::List(list) => list.iter().for_each(|line| self.add_lines(line, levels - 1, lines, out)),
            _ => lines.push(script),
        }
    }

    /// What was done before the script of a job that has no `before_script` of its own.
    pub(super) fn begun<'l>(&self, job: &Job<'n>, left: &'l Begun<'n>) -> Option<&'l (Left, RelPath)> {
        let of_base = job.bases.iter().rev().find(|(_, base)| base.entry(BEFORE).is_some());
        if let Some((name, _)) = of_base {
            return left.get(name);
        }
        let inherits = job.all().find_map(|job| job.get("inherit")?.get("default"));
        let is_taken = inherits.is_none_or(|inherits| match inherits.value {
            Value::Bool(is_taken) => is_taken,
            _ => inherits.list().iter().any(|name| name.text() == Some(BEFORE)),
        });
        let default = self.jobs.get(DEFAULT).filter(|default| default.entry(BEFORE).is_some());
        left.get(if default.is_some() { DEFAULT } else { ALL }).filter(|_| is_taken)
    }
}

const BEFORE: &str = "before_script";
const SCRIPT: &str = "script";

/// The jobs that one names.
fn extends(job: &Node) -> impl Iterator<Item = &str> {
    let list = match job.get("extends") {
        Some(one) if matches!(one.value, Value::Text(_)) => std::slice::from_ref(one),
        several => several.map_or(&[][..], Node::list),
    };
    list.iter().filter_map(Node::text)
}
