//! Clusters that Argo CD knows: secrets with a label, where they are in the tree.

use super::generators::Words;
use crate::parse::Node;
use crate::scan::Input;
use crate::text::RelPath;

/// Label of such a secret.
const LABEL: &str = "argocd.argoproj.io/secret-type";
/// Files that are looked at.
const MOST_FILES: usize = 4_000;
/// Bytes that are looked at.
const MOST_BYTES: usize = 64 << 20;
/// The cluster that the controller runs in.
const OWN: (&str, &str) = ("in-cluster", "https://kubernetes.default.svc");

/// A cluster by its secret.
struct Cluster {
    name: String,
    server: String,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
}

struct Known(Vec<Cluster>);

/// What a cluster generator gives as far as the tree says it: a set of words for each cluster that its selector chooses,
/// and how many secrets of clusters the tree has. Whoever registers a cluster elsewhere adds to what is given.
pub(super) fn all(generator: &Node, outer: &Words, input: &Input<'_>) -> (Vec<Words>, usize) {
    let known = input.memo.once::<Known>(|| read(input));
    let selector = generator.get("selector");
    let mut found = Vec::new();
    for cluster in known.0.iter().filter(|cluster| fits(selector, cluster, outer)) {
        let mut words = Words::default();
        words.set("name", &cluster.name);
        words.set("nameNormalized", cluster.name.replace(['_', '.'], "-").to_lowercase());
        words.set("server", &cluster.server);
        for (key, value) in &cluster.labels {
            words.set(format!("metadata.labels.{key}"), value);
        }
        for (key, value) in &cluster.annotations {
            words.set(format!("metadata.annotations.{key}"), value);
        }
        words.add(generator.get("values").map(|values| ("values", values)), outer);
        found.push(words);
    }
    // without a selector the controller's own cluster counts as well
    if selector.is_none_or(|selector| selector.entries().is_empty()) && known.0.iter().all(|one| one.server != OWN.1) {
        let mut words = Words::default();
        words.set("name", OWN.0);
        words.set("server", OWN.1);
        words.add(generator.get("values").map(|values| ("values", values)), outer);
        found.push(words);
    }
    (found, known.0.len())
}

/// True when a cluster has the labels that a selector asks for.
fn fits(selector: Option<&Node>, cluster: &Cluster, outer: &Words) -> bool {
    let Some(selector) = selector else { return true };
    let label = |key: &str| cluster.labels.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    let equal = selector.get("matchLabels").map_or(&[][..], Node::entries);
    let rules = selector.get("matchExpressions").map_or(&[][..], Node::list);
    equal.iter().all(|entry| entry.value.scalar().is_some_and(|text| label(&entry.key) == Some(&outer.fill(&text))))
        && rules.iter().all(|rule| {
            let is = rule.text_at("key").and_then(label);
            let values: Vec<String> = rule
                .get("values")
                .map_or(&[][..], Node::list)
                .iter()
                .filter_map(|value| Some(outer.fill(&value.scalar()?)))
                .collect();
            let among = is.is_some_and(|is| values.iter().any(|value| value == is));
            match rule.text_at("operator").unwrap_or_default() {
                "In" => among,
                "NotIn" => !among,
                "Exists" => is.is_some(),
                "DoesNotExist" => is.is_none(),
                _ => false,
            }
        })
}

/// Reads the secrets of the tree.
fn read(input: &Input<'_>) -> Known {
    let mut found = Vec::new();
    let mut bytes = 0;
    let may_be = |path: &&RelPath| path.as_str().ends_with(".yaml") || path.as_str().ends_with(".yml");
    for path in input.paths.iter().filter(may_be).take(MOST_FILES) {
        let Some(file) = input.companion(path) else { continue };
        bytes += file.text().len();
        if bytes > MOST_BYTES {
            break;
        }
        if file.text().contains(LABEL) {
            found.extend(file.yaml().documents.iter().filter_map(cluster));
        }
    }
    Known(found)
}

fn cluster(node: &Node) -> Option<Cluster> {
    let text = |path: &[&str]| node.at(path).and_then(Node::text).filter(|text| !text.contains("{{"));
    if text(&["kind"])? != "Secret" || text(&["metadata", "labels", LABEL])? != "cluster" {
        return None;
    }
    let pairs = |words: &str| -> Vec<(String, String)> {
        let all = node.at(&["metadata", words]).map_or(&[][..], Node::entries).iter();
        all.filter_map(|entry| Some((entry.key.to_string(), entry.value.scalar()?.into_owned()))).collect()
    };
    Some(Cluster {
        name: text(&["stringData", "name"]).or_else(|| text(&["metadata", "name"]))?.to_owned(),
        server: text(&["stringData", "server"])?.to_owned(),
        labels: pairs("labels"),
        annotations: pairs("annotations"),
    })
}
