//! Slurm: nodes with accelerators, as `slurm.conf` and `gres.conf` declare them.

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
              many for each. Included files are read where they lie; what `AutoDetect` finds on a node is not known.",
    files: &["**/slurm.conf", "**/gres.conf", "**/*slurm*.conf", "**/*gres.conf"],
    unit: Unit::File,
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
        let file = input.file();
        let cluster = lines(file.text()).find_map(|line| field(line.text, "ClusterName").map(str::to_owned));
        for line in lines(file.text()) {
            let text = line.text.split('#').next().unwrap_or_default();
            let is_default = field(text, "NodeName").is_some_and(|name| name.eq_ignore_ascii_case("DEFAULT"));
            if is_default || field(text, "NodeName").is_none() && field(text, "Name").is_none() {
                continue;
            }
            for gpu in gpus(text) {
                write(&gpu, field(text, "NodeName"), cluster.as_deref(), line.span, input, file, out);
            }
        }
        Ok(())
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

/// `Gres=gpu:h100:8,…` of a node, or the whole line of `gres.conf`.
fn gpus(text: &str) -> Vec<Gpu<'_>> {
    if let Some(all) = field(text, "Gres") {
        return all.split(',').filter_map(gres).collect();
    }
    match field(text, "Name") {
        Some("gpu") => {
            let files = field(text, "File").map(count_of);
            let count = field(text, "Count").and_then(|count| count.parse().ok()).or(files);
            vec![Gpu { kind: field(text, "Type"), count }]
        }
        _ => Vec::new(),
    }
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

fn write(
    gpu: &Gpu<'_>,
    nodes: Option<&str>,
    cluster: Option<&str>,
    span: Span,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let machine = match nodes {
        Some(nodes) => ComponentId::of("machine", format_args!("{}/{nodes}", file.path())),
        None => ComponentId::of("machine", file.path()),
    };
    let seen = || file.at(span);
    out.component(&machine, ComponentKind::Cluster, seen());
    let number = nodes.map_or(1, count_of);
    if let Some(nodes) = nodes {
        out.attribute(&machine, key::NAME, nodes, seen());
    }
    if let Some(cluster) = cluster {
        out.attribute(&machine, key::CLUSTER, cluster, seen());
    }
    if number != 1 {
        out.attribute(&machine, key::COUNT, number.to_string(), seen());
    }
    let name = gpu.kind.unwrap_or("gpu");
    let Some(product) = named(name, &seen(), input.catalog, out) else { return };
    out.relation(&machine, RelationKind::RunsOn, &product, seen());
    if let Some(count) = gpu.count {
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
    }
}
