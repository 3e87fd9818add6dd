//! What jobs of GitLab CI take over from others and from the whole file: `extends`, `default`, `inherit`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::parse::{Node, Value};
use crate::scan::image::build::Left;
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

/// The jobs of a file by name, as far as one needs them to say what others take over.
pub(super) struct Inherited<'n> {
    jobs: BTreeMap<&'n str, &'n Node>,
    /// Jobs that others name.
    bases: BTreeSet<&'n str>,
    left: Cell<usize>,
}

impl<'n> Inherited<'n> {
    pub(super) fn of(document: &'n Node) -> Self {
        let jobs: BTreeMap<&str, &Node> =
            document.entries().iter().filter(|job| job.value.is_map()).map(|job| (&*job.key, &job.value)).collect();
        let bases = jobs.values().flat_map(|job| extends(job)).chain([DEFAULT]).collect();
        Self { jobs, bases, left: Cell::new(MOST_TAKEN) }
    }

    /// True for what others take over from.
    pub(super) fn is_base(&self, name: &str) -> bool {
        self.bases.contains(name)
    }

    /// The jobs that one takes over from; what stands later counts before what stands earlier.
    pub(super) fn bases(&self, job: &'n Node) -> Vec<(&'n str, &'n Node)> {
        let mut found = Vec::new();
        self.add(job, MOST_LEVELS, &mut found);
        found
    }

    fn add(&self, job: &'n Node, levels: usize, found: &mut Vec<(&'n str, &'n Node)>) {
        if levels == 0 {
            return;
        }
        for name in extends(job) {
            let Some(base) = self.jobs.get(name).filter(|_| found.len() < MOST_BASES) else { continue };
            let cost = base.get("variables").map_or(0, |table| table.entries().len()) + 1;
            let Some(left) = self.left.get().checked_sub(cost) else { return };
            self.left.set(left);
            self.add(base, levels - 1, found);
            found.push((name, base));
        }
    }

    /// What was done before the script of a job that has no `before_script` of its own.
    pub(super) fn begun<'l>(
        &self,
        job: &'n Node,
        bases: &[(&'n str, &'n Node)],
        left: &'l Begun<'n>,
    ) -> Option<&'l (Left, RelPath)> {
        let of_base = bases.iter().rev().find(|(_, base)| base.entry(BEFORE).is_some());
        if let Some((name, _)) = of_base {
            return left.get(name);
        }
        let of_job = std::iter::once(job).chain(bases.iter().rev().map(|(_, base)| *base));
        let inherits = of_job.filter_map(|job| job.get("inherit")).find_map(|inherit| inherit.get("default"));
        let is_taken = inherits.is_none_or(|inherits| match inherits.value {
            Value::Bool(is_taken) => is_taken,
            _ => inherits.list().iter().any(|name| name.text() == Some(BEFORE)),
        });
        let default = self.jobs.get(DEFAULT).filter(|default| default.entry(BEFORE).is_some());
        left.get(if default.is_some() { DEFAULT } else { ALL }).filter(|_| is_taken)
    }
}

const BEFORE: &str = "before_script";

/// The jobs that one names, as many as are looked at.
fn extends(job: &Node) -> impl Iterator<Item = &str> {
    let list = match job.get("extends") {
        Some(one) if matches!(one.value, Value::Text(_)) => std::slice::from_ref(one),
        several => several.map_or(&[][..], Node::list),
    };
    list.iter().filter_map(Node::text).take(MOST_BASES)
}
