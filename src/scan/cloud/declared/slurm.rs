//! Slurm: nodes with accelerators, as `slurm.conf` and `gres.conf` declare them.

use std::collections::BTreeSet;

use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::lines;
use crate::scan::hardware::machine::{devices, named};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `slurm`.
pub struct Slurm;

static META: ScannerMeta = ScannerMeta {
    id: "slurm",
    title: "Slurm cluster configuration",
    summary: "Nodes with GPUs by the `Gres` of `NodeName` lines and by `gres.conf`: how many nodes, which type and how \
              many for each. A line of `gres.conf` speaks of the devices that the `slurm.conf` beside it gives the same nodes. \
              Included files are read where they lie; what `AutoDetect` finds on a node is not known.",
    files: &["**/slurm.conf", "**/gres.conf", "**/*slurm*.conf", "**/*gres.conf"],
    unit: Unit::Directory,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator],
    reference: "https://slurm.schedmd.com/gres.conf.html",
};

/// Most nodes that one expression may mean.
const MOST_NODES: usize = 1_000_000;

impl Scanner for Slurm {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let (mut nodes, mut devices) = (Vec::new(), Vec::new());
        for file in input.files {
            read(file, &mut nodes, &mut devices);
        }
        // a line for no nodes in particular tells the type of what nodes have without one
        let everywhere: BTreeSet<&str> =
            devices.iter().filter(|line| line.nodes.is_none()).filter_map(|line| line.kind).collect();
        let only = everywhere.iter().next().copied().filter(|_| everywhere.len() == 1);
        for line in &mut nodes {
            line.kind = line.kind.or(only);
        }
        let own: Vec<&Line<'_>> = devices.iter().filter(|line| !nodes.iter().any(|node| line.is_of(node))).collect();
        for line in nodes.iter().chain(own) {
            write(line, input, out);
        }
        Ok(())
    }
}

/// Devices of some nodes.
struct Line<'t> {
    file: &'t SourceFile,
    cluster: Option<&'t str>,
    nodes: Option<&'t str>,
    kind: Option<&'t str>,
    /// How many each node has.
    count: Option<usize>,
    span: Span,
}

impl Line<'_> {
    /// True for a line of `gres.conf` about devices that a node's own line has already: such lines tell how the devices
    /// are reached, and without a node's `Gres` Slurm gives none of them to anybody.
    fn is_of(&self, node: &Self) -> bool {
        let is_same = match (self.kind, node.kind) {
            (Some(own), Some(theirs)) => own.eq_ignore_ascii_case(theirs),
            (None, _) => true,
            (Some(_), None) => false,
        };
        is_same && self.nodes.is_none_or(|own| node.nodes.is_some_and(|theirs| overlap(own, theirs)))
    }
}

/// Lines of nodes with their `Gres`, and lines about devices; of these several may tell of one node's devices in turn.
fn read<'t>(file: &'t SourceFile, nodes: &mut Vec<Line<'t>>, devices: &mut Vec<Line<'t>>) {
    let cluster = lines(file.text()).find_map(|line| field(line.text, "ClusterName"));
    let first = devices.len();
    for line in lines(file.text()) {
        let text = line.text.split('#').next().unwrap_or_default();
        let name = field(text, "NodeName");
        if name.is_some_and(|name| name.eq_ignore_ascii_case("DEFAULT")) {
            continue;
        }
        let whole = |gpu: Gpu<'t>| {
            let Gpu { kind, count } = gpu;
            Line { file, cluster, nodes: name, kind, count, span: line.span }
        };
        if let Some(all) = field(text, "Gres").filter(|_| name.is_some()) {
            nodes.extend(all.split(',').filter_map(gres).map(whole));
            continue;
        }
        let Some(found) = device(text).map(whole) else { continue };
        let is_same = |other: &&mut Line<'t>| other.nodes == found.nodes && other.kind == found.kind;
        match devices[first..].iter_mut().find(is_same) {
            Some(known) => {
                known.count = known.count.zip(found.count).map(|(known, more)| known.saturating_add(more));
            }
            None => devices.push(found),
        }
    }
}

struct Gpu<'t> {
    kind: Option<&'t str>,
    count: Option<usize>,
}

/// The value of a key, in any case.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_matches('"'))
}

/// A line of `gres.conf`.
fn device(text: &str) -> Option<Gpu<'_>> {
    field(text, "Name").filter(|name| *name == "gpu")?;
    let files = field(text, "File").map(count_of);
    let count = field(text, "Count").and_then(|count| count.parse().ok()).or(files);
    Some(Gpu { kind: field(text, "Type"), count })
}

/// `gpu`, `gpu:8`, `gpu:h100:8`, each with `(S:0-1)` or not.
fn gres(text: &str) -> Option<Gpu<'_>> {
    let text = text.split('(').next().unwrap_or(text);
    let mut parts = text.split(':');
    if parts.next() != Some("gpu") {
        return None;
    }
    let rest: Vec<&str> = parts.filter(|part| !part.starts_with("no_consume")).collect();
    Some(match rest.as_slice() {
        [] => Gpu { kind: None, count: Some(1) },
        [one] => match one.parse() {
            Ok(count) => Gpu { kind: None, count: Some(count) },
            Err(_) => Gpu { kind: Some(one), count: Some(1) },
        },
        [kind, count, ..] => Gpu { kind: Some(kind), count: count.parse().ok() },
    })
}

/// How many names `a[1-3,7],b` means.
fn count_of(text: &str) -> usize {
    let mut total: usize = 0;
    let mut product: usize = 1;
    let mut rest = text;
    loop {
        let Some(at) = rest.find(['[', ',']) else { return (total + product).min(MOST_NODES) };
        if rest[at..].starts_with(',') {
            total = total.saturating_add(product).min(MOST_NODES);
            product = 1;
            rest = &rest[at + 1..];
            continue;
        }
        let end = rest[at..].find(']').map_or(rest.len(), |end| at + end);
        let ranges = rest[at + 1..end].split(',').map(|range| match range.split_once('-') {
            Some((from, to)) => {
                let (from, to) = (from.parse::<usize>().unwrap_or(0), to.parse::<usize>().unwrap_or(0));
                to.saturating_sub(from).saturating_add(1)
            }
            None => 1,
        });
        let inside = ranges.fold(0_usize, usize::saturating_add);
        product = product.saturating_mul(inside).min(MOST_NODES);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
}

/// True when two expressions have a node in common.
fn overlap(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (names(one), names(other)) {
        (Some(one), Some(other)) => !one.is_disjoint(&other),
        _ => false,
    }
}

/// The names that an expression means; nothing for more than are compared.
fn names(text: &str) -> Option<BTreeSet<String>> {
    const MOST: usize = 10_000;
    if count_of(text) > MOST {
        return None;
    }
    let mut all = BTreeSet::new();
    let mut open = vec![String::new()];
    let mut rest = text;
    while let Some(at) = rest.find(['[', ',']) {
        open.iter_mut().for_each(|name| name.push_str(&rest[..at]));
        if rest[at..].starts_with(',') {
            all.extend(std::mem::replace(&mut open, vec![String::new()]));
            rest = &rest[at + 1..];
            continue;
        }
        let end = rest[at..].find(']').map_or(rest.len(), |end| at + end);
        let inside: Vec<String> = rest[at + 1..end].split(',').flat_map(range).collect();
        open = open.iter().flat_map(|name| inside.iter().map(move |part| format!("{name}{part}"))).collect();
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    all.extend(open.into_iter().map(|name| name + rest));
    Some(all)
}

/// `08-11` is `08`, `09`, `10`, `11`.
fn range(text: &str) -> Vec<String> {
    let ends = text.split_once('-').and_then(|(from, to)| Some((from, from.parse().ok()?, to.parse().ok()?)));
    match ends {
        Some((from, first, last)) => {
            (first..=last).map(|at: usize| format!("{at:0width$}", width = from.len().min(20))).collect()
        }
        None => vec![text.to_owned()],
    }
}

fn write(line: &Line<'_>, input: &Input<'_>, out: &mut Facts<'_>) {
    let Line { file, nodes, .. } = line;
    let machine = match nodes {
        Some(nodes) => ComponentId::of("machine", format_args!("{}/{nodes}", file.path())),
        None => ComponentId::of("machine", file.path()),
    };
    let seen = || file.at(line.span);
    out.component(&machine, ComponentKind::Cluster, seen());
    let number = nodes.map_or(1, count_of);
    if let Some(nodes) = nodes {
        out.attribute(&machine, key::NAME, *nodes, seen());
    }
    if let Some(cluster) = line.cluster {
        out.attribute(&machine, key::CLUSTER, cluster, seen());
    }
    if number != 1 {
        out.attribute(&machine, key::COUNT, number.to_string(), seen());
    }
    let Some(product) = named(line.kind.unwrap_or("gpu"), &seen(), input.catalog, out) else { return };
    out.relation(&machine, RelationKind::RunsOn, &product, seen());
    if let Some(count) = line.count {
        let all = count.saturating_mul(number);
        out.attribute(&machine, key::ACCELERATOR_COUNT, all.to_string(), seen());
        out.attribute(&machine, key::DEVICES, devices(&product, all as u64), seen());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted() {
        for (text, number) in [("a", 1), ("a[1-4]", 4), ("a[1-4,7],b", 6), ("a[1-2]b[1-3]", 6), ("/dev/nvidia[0-7]", 8)]
        {
            assert_eq!(count_of(text), number, "{text}");
        }
        assert_eq!(count_of("a[1-99999999999999999999]"), 1);
        assert_eq!(count_of("a[0-9999999]b[0-9999999]"), MOST_NODES);
        assert_eq!(gres("gpu:h100:8(S:0-1)").and_then(|gpu| gpu.count), Some(8));
        assert!(gres("mps:8").is_none());
        assert_eq!(
            names("a[08-10],b").map(|all| all.into_iter().collect::<Vec<_>>().join(" ")),
            Some("a08 a09 a10 b".into())
        );
        assert!(overlap("a[1-2]b[1-3]", "a2b3") && !overlap("a[1-2]", "a[3-4]"));
    }
}
