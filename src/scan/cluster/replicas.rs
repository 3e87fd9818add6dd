//! How many pods of a template run at once in objects that have several templates, or that count pods in words of
//! their own.

use super::along::along;
use crate::catalog::rows::ObjectKind;
use crate::parse::{Node, Value};

/// Kinds of jobs and of groups of pods, whatever operator they are for.
const KINDS: [&str; 14] = [
    "Job",
    "CronJob",
    "JobSet",
    "LeaderWorkerSet",
    "RayCluster",
    "RayJob",
    "RayService",
    "PyTorchJob",
    "TFJob",
    "MPIJob",
    "XGBoostJob",
    "PaddleJob",
    "JAXJob",
    "MXJob",
];

/// True for a kind whose pods are counted here; `row` is what the rules know of it.
pub(super) fn is_counted(kind: &str, row: Option<&ObjectKind>) -> bool {
    KINDS.contains(&kind) || row.is_some_and(|row| !row.times.is_empty())
}

/// How many pods of a template there are at once: every number on the way to it multiplies, those at `times` too.
pub(super) fn of(object: &Node, pod: &Node, times: &[Box<str>]) -> u64 {
    let mut at = object.get("spec");
    let mut pods = 1_u64;
    while let Some(node) = at.filter(|node| !std::ptr::eq(*node, pod)) {
        pods = pods.saturating_mul(own(node, pod));
        let times = times.iter().filter(|_| node.is_map());
        let more = times.filter_map(|path| along(node, path).first()?.scalar()?.parse::<u64>().ok());
        pods = more.fold(pods, u64::saturating_mul);
        let below: Vec<&Node> = match &node.value {
            Value::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
            Value::List(items) => items.iter().collect(),
            _ => Vec::new(),
        };
        at = below.into_iter().find(|below| holds(below, pod));
    }
    pods
}

fn holds(node: &Node, pod: &Node) -> bool {
    node.walk().any(|below| std::ptr::eq(below, pod))
}

/// What one level says of the pods below it.
fn own(node: &Node, pod: &Node) -> u64 {
    let number = |key: &str| node.get(key).and_then(Node::scalar).and_then(|text| text.parse::<u64>().ok());
    let replicas = number("replicas").or_else(|| number("minReplicas")).unwrap_or(1);
    // a job never runs more pods than it has to complete
    let parallel = number("parallelism").unwrap_or(1).min(number("completions").unwrap_or(u64::MAX));
    let hosts = number("numOfHosts").unwrap_or(1);
    // a group of a leader and its workers: the size counts both
    let group = match (number("size"), node.get("workerTemplate")) {
        (Some(size), Some(workers)) if holds(workers, pod) => {
            size.saturating_sub(u64::from(node.get("leaderTemplate").is_some()))
        }
        _ => 1,
    };
    [replicas, parallel, hosts, group].into_iter().fold(1, u64::saturating_mul)
}
